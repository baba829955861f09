"""From trees to a program: things with resolved references, and claims. What Azure would refuse is `validate`'s business."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from asever.diagnostics import Diagnostic, Diagnostics, Edit, Label, nearest
from asever.model import claims, things
from asever.model.addresses import ALL_V4, parse_prefix
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOL_NUMBERS
from asever.model.things import AddressTerm, DeclaredRule, TermKind
from asever.semantics.azure_tags import canonical_tag
from asever.semantics.names import Names, Resolved, Symbol, describe
from asever.semantics.packs import expand
from asever.semantics.schema import INNER, SCHEMA, Attr, Kind, Takes
from asever.source import Span, join
from asever.syntax import nodes
from asever.syntax.printer import claim_text

_ENDPOINTS: Mapping[str, claims.EndpointKind] = {
    "ase": claims.EndpointKind.ENVIRONMENT,
    "vm": claims.EndpointKind.MACHINE,
    "subnet": claims.EndpointKind.SUBNET,
    "vnet": claims.EndpointKind.VNET,
    "on-premises": claims.EndpointKind.ON_PREMISES,
    "load-balancer": claims.EndpointKind.LOAD_BALANCER,
    "private-endpoint": claims.EndpointKind.PRIVATE_ENDPOINT,
    "firewall": claims.EndpointKind.FIREWALL,
    "gateway": claims.EndpointKind.GATEWAY,
}
# A prefix of this many addresses or fewer belongs to somebody whom its author knows.
NAMED_AT_MOST = 1 << 16
_PRIVATE = union(map(parse_prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


@dataclass(frozen=True, slots=True)
class Item:
    """A top-level item and the prefix of the file it stands in (`prod.`, or nothing)."""

    node: nodes.Item
    prefix: str


@dataclass
class Values:
    """The attributes of one body, judged against the schema: what is there, where, and what was wrong."""

    found: dict[str, list[nodes.Attribute]] = field(default_factory=dict)
    rules: list[nodes.Rules] = field(default_factory=list)
    bare: list[nodes.Rule] = field(default_factory=list)
    routes: list[nodes.Route] = field(default_factory=list)
    mappings: list[nodes.PortMap] = field(default_factory=list)
    parts: dict[str, Span] = field(default_factory=dict)


class Builder:
    """Builds one program. Every method that finds something wrong says so in `diagnostics` and goes on."""

    def __init__(self, items: Sequence[Item], diagnostics: Diagnostics) -> None:
        self.items = items
        self.diagnostics = diagnostics
        self.names = Names(diagnostics)
        self.service_nodes: dict[str, tuple[nodes.Service, str]] = {}
        self.pack_nodes: dict[str, tuple[nodes.Pack, str]] = {}
        self.services: dict[str, tuple[claims.Service, ...] | None] = {}
        self.things: dict[str, things.Thing] = {}
        self.public_literals: list[NumberSet] = []
        self.later: list[Callable[[], None]] = []

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: str | None = None,  # noqa: A002 - the field's name
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Adds one error."""
        self.diagnostics.add(
            Diagnostic(
                code=code,
                message=message,
                primary=Label(span, label),
                secondary=secondary,
                notes=notes,
                help=help,
                edits=edits,
            )
        )

    # -- Definitions ----------------------------------------------------------------------------------------------------

    def define(self) -> None:
        """Collects every name before any reference is resolved."""
        for item in self.items:
            node, prefix = item.node, item.prefix
            if isinstance(node, nodes.Declaration):
                self._define_declaration(node, prefix)
            elif isinstance(node, nodes.Tag):
                self.names.define(self.names.things, Symbol("tag", prefix + node.name.text, node.name.span))
            elif isinstance(node, nodes.Service):
                if self.names.define(self.names.services, Symbol("service", prefix + node.name.text, node.name.span)):
                    self.service_nodes[prefix + node.name.text] = (node, prefix)
            elif isinstance(node, nodes.Pack) and self.names.define(
                self.names.packs, Symbol("pack", prefix + node.name.text, node.name.span)
            ):
                self.pack_nodes[prefix + node.name.text] = (node, prefix)

    def _define_declaration(self, node: nodes.Declaration, prefix: str) -> None:
        kinds = [kind for kind in SCHEMA if kind not in INNER]
        if node.kind.text not in kinds:
            meant = nearest(node.kind.text, [*kinds, "service", "tag", "pack", "apply", "check", "import"])
            inside = f"`{node.kind.text}` stands inside another declaration" if node.kind.text in INNER else ""
            self.error(
                "unknown-kind",
                inside or f"there is no kind of thing called `{node.kind.text}`",
                node.kind.span,
                "not a kind of declaration",
                help=f"did you mean `{meant}`?" if meant and not inside else None,
            )
            return
        name = prefix + node.name.text
        self.names.define(self.names.things, Symbol(node.kind.text, name, node.name.span))
        if node.kind.text == "vnet" and node.body is not None:
            for one in node.body.items:
                if isinstance(one, nodes.Attribute) and one.word.text == "subnet" and one.values:
                    inner = _word(one.values[0])
                    if inner is not None:
                        self.names.define(
                            self.names.things, Symbol("subnet", f"{name}/{inner}", one.values[0].span)
                        )

    # -- Attributes -----------------------------------------------------------------------------------------------------

    def values(self, kind: str, what: str, body: nodes.Body | None, at: Span) -> Values:
        """The attributes of a body: unknown words, repeated ones and missing ones are errors here."""
        schema = SCHEMA[kind]
        values = Values()
        for one in body.items if body is not None else ():
            self._sort_in(schema, kind, what, one, values)
        for word, attribute in schema.attributes.items():
            if attribute.required and word not in values.found:
                choices = f" ({', '.join(attribute.words[:-1])} or {attribute.words[-1]})" if attribute.words else ""
                self.error("missing-attribute", f"{what} needs {_article(word)} `{word}`{choices}", at, f"no `{word}` here")
        return values

    def _sort_in(self, schema: Kind, kind: str, what: str, one: nodes.Node, values: Values) -> None:
        if isinstance(one, nodes.Rules):
            if not schema.directions or one.direction is None:
                self.error("unexpected-rules", f"{what} takes no rules here", one.span, f"not in {describe(kind)}")
            elif any(other.direction == one.direction for other in values.rules):
                self.error("given-twice", f"{what} has two `{one.direction}` blocks", one.span, "the second one")
            else:
                values.rules.append(one)
        elif isinstance(one, nodes.Rule):
            if schema.bare_rules:
                values.bare.append(one)
            else:
                hint = "put it into `inbound { … }` or `outbound { … }`" if schema.directions else None
                self.error("unexpected-rules", f"{what} takes no rule here", one.span, "", help=hint)
        elif isinstance(one, nodes.Route):
            if schema.routes:
                values.routes.append(one)
            else:
                self.error("unexpected-route", f"{what} takes no routes", one.span, "routes stand in a route-table")
        elif isinstance(one, nodes.PortMap):
            if schema.mappings:
                values.mappings.append(one)
            else:
                self.error("unexpected-rules", f"{what} takes no port rules", one.span, "these stand in a load-balancer")
        elif isinstance(one, nodes.Attribute):
            self._attribute(schema, kind, what, one, values)

    def _attribute(self, schema: Kind, kind: str, what: str, one: nodes.Attribute, values: Values) -> None:
        word = one.word.text
        attribute = schema.attributes.get(word)
        if attribute is None:
            meant = nearest(word, schema.attributes)
            takes = ", ".join(schema.attributes)
            self.error(
                "unknown-attribute",
                f"{describe(kind)} has no attribute `{word}`",
                one.word.span,
                "not an attribute of it",
                help=f"did you mean `{meant}`?" if meant else (f"it takes {takes}" if takes else "it takes none"),
                edits=(Edit(one.word.span, meant),) if meant else (),
            )
            return
        if word in values.found and not attribute.many:
            first = values.found[word][0]
            self.error(
                "given-twice",
                f"{what} has two `{word}` attributes",
                one.word.span,
                "the second one",
                secondary=(Label(first.word.span, "the first one is here"),),
            )
            return
        if attribute.takes is not Takes.BLOCK and one.body is not None:
            self.error("unexpected-block", f"`{word}` takes no block", one.body.span, f"`{word}` is {attribute.takes.value}")
        values.found.setdefault(word, []).append(one)
        if one.values:
            values.parts[word] = join(one.values[0].span, one.values[-1].span)

    def _one(self, values: Values, word: str) -> nodes.Value | None:
        """The single value of an attribute."""
        found = values.found.get(word)
        if not found or not found[0].values:
            return None
        if len(found[0].values) > 1:
            self.error("one-value", f"`{word}` takes one value", found[0].values[1].span, "the second value")
        return found[0].values[0]

    def _wrong(self, word: str, wants: str, value: nodes.Value) -> None:
        self.error("wrong-value", f"`{word}` takes {wants}, not `{value.span.text}`", value.span, f"{wants} is needed")

    def address(self, values: Values, word: str) -> int | None:
        """The single address of an attribute."""
        value = self._one(values, word)
        if value is None:
            return None
        if isinstance(value, nodes.Addresses) and value.value.size == 1:
            self._public(value.value)
            return value.value.first
        self._wrong(word, "one address", value)
        return None

    def addresses(self, values: Values, word: str) -> tuple[NumberSet, ...]:
        """The addresses of an attribute, each value apart."""
        result = []
        for value in self._all(values, word):
            if isinstance(value, nodes.Addresses):
                self._public(value.value)
                result.append(value.value)
            else:
                self._wrong(word, "addresses", value)
        return tuple(result)

    def _all(self, values: Values, word: str) -> tuple[nodes.Value, ...]:
        return tuple(value for one in values.found.get(word, ()) for value in one.values)

    def word(self, kind: str, values: Values, word: str) -> str | None:
        """The word of an attribute, one of those the schema admits."""
        value = self._one(values, word)
        if value is None:
            return None
        text = _word(value)
        admitted = SCHEMA[kind].attributes[word].words
        if text is None:
            self._wrong(word, "a word", value)
        elif admitted and text not in admitted:
            meant = nearest(text, admitted)
            self.error(
                "unknown-word",
                f"`{word}` is {_or(admitted)}, not `{text}`",
                value.span,
                "not one of them",
                help=f"did you mean `{meant}`?" if meant else None,
                edits=(Edit(value.span, meant),) if meant else (),
            )
            return None
        return text

    def switch(self, values: Values, word: str, *, default: bool) -> bool:
        """`on` or `off`."""
        value = self._one(values, word)
        if value is None:
            return default
        text = _word(value)
        if text in ("on", "off"):
            return text == "on"
        self._wrong(word, "`on` or `off`", value)
        return default

    def number(self, values: Values, word: str, low: int, high: int) -> int | None:
        """A whole number within bounds."""
        value = self._one(values, word)
        if value is None:
            return None
        if not isinstance(value, nodes.Ports) or value.any or value.low != value.high:
            self._wrong(word, "a number", value)
            return None
        if not low <= value.low <= high:
            self.error("out-of-range", f"`{word}` is a number from {low} to {high}, not {value.low}", value.span, "out of range")
            return None
        return value.low

    def one_thing(self, kind: str, values: Values, word: str, prefix: str) -> str | None:
        """The name of the one thing an attribute refers to."""
        value = self._one(values, word)
        if value is None:
            return None
        found = self._thing(SCHEMA[kind].attributes[word], word, value, prefix)
        return found.name if found is not None else None

    def many_things(self, kind: str, values: Values, word: str, prefix: str) -> tuple[Symbol, ...]:
        """The things an attribute refers to."""
        attribute = SCHEMA[kind].attributes[word]
        found = (self._thing(attribute, word, value, prefix) for value in self._all(values, word))
        return tuple(one for one in found if one is not None)

    def _thing(self, attribute: Attr, word: str, value: nodes.Value, prefix: str) -> Symbol | None:
        if isinstance(value, nodes.Ref):
            return self.names.thing(value.text, value.span, attribute.of, prefix)
        self._wrong(word, "the name of " + " or ".join(describe(kind) for kind in attribute.of), value)
        return None

    def _public(self, numbers: NumberSet) -> None:
        if 0 < numbers.size <= NAMED_AT_MOST and not numbers & _PRIVATE:
            self.public_literals.append(numbers)

    # -- Things ---------------------------------------------------------------------------------------------------------

    def build_things(self) -> None:
        """Every declaration as a thing."""
        for item in self.items:
            if isinstance(item.node, nodes.Tag):
                self._tag(item.node, item.prefix)
        for item in self.items:
            if isinstance(item.node, nodes.Declaration):
                self._declaration(item.node, item.prefix)
        for step in self.later:
            step()

    def _tag(self, node: nodes.Tag, prefix: str) -> None:
        numbers = []
        for one in node.addresses:
            if isinstance(one, nodes.Addresses):
                self._public(one.value)
                numbers.append(one.value)
            else:
                self.error("wrong-value", f"tag `{node.name.text}` takes addresses, not names", one.span, "not an address")
        name = prefix + node.name.text
        self.things[name] = things.Tag(name=name, span=node.name.span, addresses=union(numbers))

    def _declaration(self, node: nodes.Declaration, prefix: str) -> None:
        kind = node.kind.text
        make = _MAKERS.get(kind)
        name = prefix + node.name.text
        symbol = self.names.things.get(name)
        if make is None or symbol is None or symbol.span != node.name.span:
            return
        values = self.values(kind, f"{kind} `{node.name.text}`", node.body, node.name.span)
        make(self, name, node, values, prefix)

    def add(self, thing: things.Thing) -> None:
        """Keeps a finished thing."""
        self.things[thing.name] = thing

    # -- Terms ----------------------------------------------------------------------------------------------------------

    def terms(self, written: Iterable[nodes.Addresses | nodes.Ref], prefix: str) -> tuple[AddressTerm, ...]:
        """The address terms of a rule or modifier. Needs every thing to be built."""
        found = (self._term(one, prefix) for one in written)
        return tuple(one for one in found if one is not None)

    def _term(self, one: nodes.Addresses | nodes.Ref, prefix: str) -> AddressTerm | None:
        if isinstance(one, nodes.Addresses):
            self._public(one.value)
            return AddressTerm(kind=TermKind.ADDRESSES, text=one.text, addresses=one.value, span=one.span)
        resolved = self.names.reference(one, prefix)
        if resolved is None:
            self.diagnostics.add(self.names.unknown_reference(one, "thing, tag or group"))
            return None
        symbol = resolved.symbol
        if symbol.kind == "tag":
            return AddressTerm(kind=TermKind.TAG, text=symbol.name, span=one.span)
        if symbol.kind == "asg":
            return AddressTerm(kind=TermKind.ASG, text=symbol.name, span=one.span)
        thing = self.things.get(symbol.name)
        if thing is None:
            return None  # it has errors of its own
        numbers = _addresses_of(self.things, thing, resolved.part)
        text = one.text
        if numbers is None:
            if resolved.part in ("vip", "outbound"):
                return AddressTerm(kind=TermKind.TAG, text=f"{symbol.name}.{resolved.part}", span=one.span)
            if resolved.part is not None:
                self.error("no-such-address", f"`{symbol.name}` has no {resolved.part}", one.span, "nothing to refer to")
                return None
            self.error(
                "no-addresses",
                f"`{text}` is {describe(symbol.kind)}; it stands for no addresses here",
                one.span,
                "name one of its addresses",
                help=_parts_help(symbol),
            )
            return None
        return AddressTerm(kind=TermKind.ADDRESSES, text=text, addresses=numbers, span=one.span)

    # -- Rules ----------------------------------------------------------------------------------------------------------

    def rules(
        self, written: Sequence[nodes.Rule], prefix: str, access: tuple[str, ...], low: int, high: int, where: str
    ) -> tuple[DeclaredRule, ...]:
        """Rules in ascending priority; repeated priorities are errors."""
        built: list[DeclaredRule] = []
        by_priority: dict[int, nodes.Rule] = {}
        for one in written:
            first = by_priority.get(one.priority.low)
            if first is not None:
                self.error(
                    "duplicate-priority",
                    f"two {where} have priority {one.priority.low}",
                    one.priority.span,
                    "the second one",
                    secondary=(Label(first.priority.span, "the first one is here"),),
                    notes=("Azure refuses two rules of one direction with the same priority",),
                )
            else:
                by_priority[one.priority.low] = one
            rule = self._rule(one, prefix, access, low, high)
            if rule is not None:
                built.append(rule)
        return tuple(sorted(built, key=lambda rule: rule.priority))

    def _rule(
        self, one: nodes.Rule, prefix: str, access: tuple[str, ...], low: int, high: int
    ) -> DeclaredRule | None:
        if not low <= one.priority.low <= high:
            self.error(
                "priority-out-of-range",
                f"a priority is a number from {low} to {high}, not {one.priority.low}",
                one.priority.span,
                "out of range",
            )
        decision = self._known_word(one.access, access, "access", "unknown-access")
        protocol = self._known_word(one.protocol, (*PROTOCOL_NUMBERS, "any"), "protocol", "unknown-protocol")
        sources, targets = self.terms(one.sources, prefix), self.terms(one.targets, prefix)
        self._one_family(one, (*sources, *targets))
        translated = self._translated(one, decision, prefix)
        if decision is None or protocol is None or not sources or not targets:
            return None
        name = one.name.text if one.name is not None else f"rule {one.priority.low}"
        parts = {
            "priority": one.priority.span,
            "access": one.access.span,
            "protocol": one.protocol.span,
            "source": join(one.sources[0].span, one.sources[-1].span),
            "target": join(one.targets[0].span, one.targets[-1].span),
        }
        if one.source_ports:
            parts["source_port"] = join(one.source_ports[0].span, one.source_ports[-1].span)
        if one.target_ports:
            parts["target_port"] = join(one.target_ports[0].span, one.target_ports[-1].span)
        return DeclaredRule(
            priority=one.priority.low,
            name=name,
            access=decision,
            protocol=ANY_PROTOCOL if protocol == "any" else NumberSet.single(PROTOCOL_NUMBERS[protocol]),
            any_protocol=protocol == "any",
            sources=sources,
            source_port=_ports(one.source_ports),
            targets=targets,
            target_port=_ports(one.target_ports),
            translated=translated,
            translated_port=one.translated_port.low if one.translated_port is not None else None,
            span=one.span,
            parts=parts,
        )

    def _translated(self, one: nodes.Rule, decision: str | None, prefix: str) -> int | None:
        if one.translated is None:
            if decision == "dnat":
                self.error("missing-translation", "a dnat rule needs `-> ADDRESS`", one.access.span, "translates to nothing")
            return None
        if decision not in (None, "dnat"):
            self.error("unexpected-translation", "only a dnat rule translates", one.translated.span, "not here")
            return None
        terms = self.terms((one.translated,), prefix)
        if terms and terms[0].addresses.size == 1:
            return terms[0].addresses.first
        if terms:
            self.error("wrong-value", "a dnat rule translates to one address", one.translated.span, "one address is needed")
        return None

    def _one_family(self, one: nodes.Rule, terms: Iterable[AddressTerm]) -> None:
        # IPv4 and IPv6 prefixes cannot be mixed in one rule (azure-network-semantics section 2.4).
        literal = [term for term in terms if term.kind is TermKind.ADDRESSES and term.text != "*"]
        four = [term for term in literal if term.addresses <= ALL_V4]
        six = [term for term in literal if not term.addresses & ALL_V4]
        if four and six and four[0].span is not None and six[0].span is not None:
            self.error(
                "mixed-families",
                f"rule {one.priority.low} mixes IPv4 and IPv6 addresses",
                six[0].span,
                "IPv6",
                secondary=(Label(four[0].span, "IPv4"),),
                notes=("Azure refuses a rule with both; write two rules",),
            )

    def _known_word(self, name: nodes.Name, admitted: tuple[str, ...], what: str, code: str) -> str | None:
        if name.text in admitted:
            return name.text
        if name.text.lower() in admitted:
            return name.text.lower()
        meant = nearest(name.text, admitted)
        self.error(
            code,
            f"a rule's {what} is {_or(admitted)}, not `{name.text}`",
            name.span,
            f"did you mean `{meant}`?" if meant else "not one of them",
            help=f"did you mean `{meant}`?" if meant else None,
            edits=(Edit(name.span, meant),) if meant else (),
        )
        return None

    # -- Services -------------------------------------------------------------------------------------------------------

    def service_parts(
        self, members: Iterable[nodes.ProtocolPorts | nodes.Ref], prefix: str, seen: tuple[str, ...] = ()
    ) -> tuple[claims.Service, ...]:
        """Protocols and ports of a service list, named services taken apart."""
        result: list[claims.Service] = []
        for one in members:
            if isinstance(one, nodes.ProtocolPorts):
                word = self._known_word(one.protocol, (*PROTOCOL_NUMBERS, "any"), "protocol", "unknown-protocol")
                if word is None:
                    continue
                protocol = ANY_PROTOCOL if word == "any" else NumberSet.single(PROTOCOL_NUMBERS[word])
                if one.ports and word in ("icmp", "esp", "ah") and not all(port.any for port in one.ports):
                    self.error("no-ports", f"{word} has no ports", one.ports[0].span, "leave this out")
                name = f"{word} {', '.join(_port_text(port) for port in one.ports)}".strip()
                result.append(claims.Service(name=name, protocol=protocol, port=_ports(one.ports)))
                continue
            symbol = self.names.service(one, prefix)
            if symbol is None:
                continue
            if symbol.name in seen:
                self.error("service-cycle", f"service `{symbol.name}` names itself", one.span, "this closes the circle")
                continue
            node, inner_prefix = self.service_nodes[symbol.name]
            parts = self.service_parts(node.members, inner_prefix, (*seen, symbol.name))
            result.extend(
                claims.Service(name=one.text, protocol=part.protocol, port=part.port) for part in parts
            )
        return tuple(result)

    # -- Checks ---------------------------------------------------------------------------------------------------------

    def build_checks(self) -> tuple[claims.Check, ...]:
        """Every check, packs applied, in the order of the program."""
        for node, prefix in self.service_nodes.values():
            self.service_parts(node.members, prefix, (prefix + node.name.text,))
        checks = [self._check(node, prefix) for node, prefix in self._check_nodes()]
        return tuple(one for one in checks if one is not None)

    def _check_nodes(self) -> Iterator[tuple[nodes.Check, str]]:
        for item in self.items:
            if isinstance(item.node, nodes.Check):
                yield item.node, item.prefix
            elif isinstance(item.node, nodes.Apply):
                yield from self._applied(item.node, item.prefix)

    def _applied(self, node: nodes.Apply, prefix: str) -> Iterator[tuple[nodes.Check, str]]:
        symbol = self.names.pack(node.pack, prefix)
        if symbol is None:
            return
        pack, inner = self.pack_nodes[symbol.name]
        if len(pack.parameters) != len(node.arguments):
            self.error(
                "wrong-arguments",
                f"pack `{pack.name.text}` takes {len(pack.parameters)} arguments, not {len(node.arguments)}",
                node.span,
                f"{len(node.arguments)} given",
                secondary=(Label(pack.name.span, f"takes {', '.join(one.text for one in pack.parameters) or 'none'}"),),
            )
            return
        arguments = {one.text: value for one, value in zip(pack.parameters, node.arguments, strict=True)}
        for check in expand(pack, arguments, node.span):
            yield check, prefix or inner

    def _check(self, node: nodes.Check, prefix: str) -> claims.Check | None:
        claim = self._claim(node, prefix)
        if claim is None:
            return None
        text = claim_text(node)
        name = node.name.text if node.name is not None else text
        return claims.Check(name=name, text=text, claim=claim, expect_violated=node.expect_violated, span=node.span)

    def _claim(self, node: nodes.Check, prefix: str) -> claims.Claim | None:
        written = node.claim
        if isinstance(written, nodes.Reach):
            return self._reachability(node, written, prefix)
        if node.services:
            self.error("unexpected-on", "`on` belongs to checks about reaching", node.services[0].span, "not here")
        if node.modifiers:
            self.error("unexpected-modifier", "this kind of check takes no modifiers", node.modifiers[0].span, "not here")
        match written:
            case nodes.IsHealthy():
                return self._healthy(node, written, prefix)
            case nodes.Equals():
                pair = self._groups(((written.left_kind, written.left), (written.right_kind, written.right)), prefix)
                return claims.GroupsEqual(left=pair[0], right=pair[1]) if len(pair) == 2 else None
            case nodes.PermitsNoMore():
                pair = self._groups(((written.left_kind, written.left), (written.right_kind, written.right)), prefix)
                return claims.GroupPermitsNoMore(left=pair[0], right=pair[1]) if len(pair) == 2 else None
            case nodes.HasNoDeadRules():
                one = self._groups(((written.kind, written.subject),), prefix)
                return claims.GroupHasNoDeadRules(group=one[0]) if one else None

    def _groups(self, written: Iterable[tuple[nodes.Name, nodes.Ref]], prefix: str) -> list[str]:
        found = []
        for kind, ref in written:
            if kind.text != "nsg":
                self.error("expected-nsg", f"this check is about nsgs, not `{kind.text}`", kind.span, "write `nsg`")
            symbol = self.names.thing(ref.text, ref.span, ("nsg",), prefix)
            if symbol is not None and symbol.name in self.things:
                found.append(symbol.name)
        return found

    def _healthy(self, node: nodes.Check, written: nodes.IsHealthy, prefix: str) -> claims.Healthy | None:
        symbol = self.names.thing(written.subject.text, written.subject.span, ("ase",), prefix)
        thing = self.things.get(symbol.name) if symbol is not None else None
        if not isinstance(thing, things.Environment):
            return None
        pack = self.pack_nodes.get(f"ase-v{thing.version}-health")
        if pack is None:
            self.error("no-health-pack", f"the library has no health pack for version {thing.version}", written.span, "")
            return None
        requirements = []
        for one in expand(pack[0], {pack[0].parameters[0].text: written.subject}, node.span):
            check = self._check(one, prefix)
            if check is not None:
                requirements.append(check)
        return claims.Healthy(environment=thing.name, requirements=tuple(requirements))

    def _reachability(self, node: nodes.Check, written: nodes.Reach, prefix: str) -> claims.Reachability | None:
        subjects = [self.endpoint(one, prefix) for one in written.subjects]
        target = self.endpoint(written.target, prefix)
        services = self.service_parts(node.services, prefix) if node.services else claims.ANY_SERVICE
        seen_as: tuple[AddressTerm, ...] = ()
        via: list[claims.Endpoint] = []
        not_via: list[claims.Endpoint] = []
        excepted: list[claims.Endpoint] = []
        within = False
        for one in node.modifiers:
            match one:
                case nodes.As():
                    if seen_as:
                        self.error("given-twice", "a check takes one `as`", one.span, "the second one")
                    seen_as = self.terms(one.addresses, prefix)
                case nodes.Via():
                    resource = self.endpoint(one.resource, prefix, passing=True)
                    if resource is not None:
                        (not_via if one.negated else via).append(resource)
                case nodes.WithinRegion():
                    within = True
                case nodes.ExceptFrom():
                    left_out = (self.endpoint(each, prefix) for each in one.endpoints)
                    excepted.extend(each for each in left_out if each is not None)
        if target is None or None in subjects or not services:
            return None
        return claims.Reachability(
            verb={verb.value: verb for verb in claims.Verb}.get(written.verb, claims.Verb.ONLY),
            subjects=tuple(one for one in subjects if one is not None),
            target=target,
            services=services,
            seen_as=seen_as,
            via=tuple(via),
            not_via=tuple(not_via),
            within_region=within,
            excepted=tuple(excepted),
        )

    def endpoint(
        self, one: nodes.Ref | nodes.Addresses, prefix: str, *, passing: bool = False
    ) -> claims.Endpoint | None:
        """What stands at an end of a flow, or (`passing`) on its way."""
        if isinstance(one, nodes.Addresses):
            self._public(one.value)
            return claims.Endpoint(kind=claims.EndpointKind.ADDRESSES, name=one.text, addresses=one.value, span=one.span)
        resolved = self.names.reference(one, prefix)
        if resolved is None:
            self.diagnostics.add(self.names.unknown_reference(one, "thing or tag"))
            return None
        return self._endpoint_of(one, resolved, passing=passing)

    def _endpoint_of(self, one: nodes.Ref, resolved: Resolved, *, passing: bool) -> claims.Endpoint | None:
        symbol = resolved.symbol
        if symbol.kind == "tag":
            special = {"Internet": claims.EndpointKind.INTERNET, "AzureManagement": claims.EndpointKind.MANAGEMENT}
            kind = special.get(symbol.name, claims.EndpointKind.TAG)
            return claims.Endpoint(kind=kind, name=symbol.name, span=one.span)
        thing = self.things.get(symbol.name)
        if thing is None:
            return None
        if resolved.part == "subnet":
            return claims.Endpoint(
                kind=claims.EndpointKind.SUBNET, name=str(getattr(thing, "subnet", "")), span=one.span
            )
        if resolved.part is not None:
            numbers = _addresses_of(self.things, thing, resolved.part)
            if numbers is None:
                self.error("no-such-address", f"`{symbol.name}` has no {resolved.part}", one.span, "nothing to refer to")
                return None
            return claims.Endpoint(kind=claims.EndpointKind.ADDRESSES, name=one.text, addresses=numbers, span=one.span)
        kind = _ENDPOINTS.get(symbol.kind)
        if kind is None or (kind is claims.EndpointKind.GATEWAY and not passing):
            self.error(
                "not-an-endpoint",
                f"{describe(symbol.kind)} neither sends nor receives packets",
                one.span,
                f"`{one.text}` is {describe(symbol.kind)}",
            )
            return None
        return claims.Endpoint(kind=kind, name=symbol.name, span=one.span)


# -- Helpers ------------------------------------------------------------------------------------------------------------


def _word(value: nodes.Value) -> str | None:
    return value.text if isinstance(value, nodes.Ref) and len(value.names) == 1 else None


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _or(words: Sequence[str]) -> str:
    named = [f"`{word}`" for word in words]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"


def _ports(written: Sequence[nodes.Ports]) -> NumberSet:
    if not written or any(one.any for one in written):
        return ANY_PORT
    return NumberSet.of((one.low, one.high) for one in written)


def _port_text(port: nodes.Ports) -> str:
    if port.any:
        return "*"
    return str(port.low) if port.low == port.high else f"{port.low}-{port.high}"


def _parts_help(symbol: Symbol) -> str | None:
    from asever.semantics.names import PARTS  # noqa: PLC0415 - only for the message

    parts = PARTS.get(symbol.kind, ())
    return f"for example `{symbol.name}.{parts[0]}`" if parts else None


def _addresses_of(every: Mapping[str, things.Thing], thing: things.Thing, part: str | None) -> NumberSet | None:
    """The addresses that a thing, or a part of it, stands for; None when it stands for none."""
    single: int | None = None
    match thing, part:
        case things.Subnet(), None:
            return union(thing.prefixes)
        case (things.Vnet() | things.OnPremises()), None:
            return thing.address
        case things.Machine(), (None | "ip"):
            return NumberSet.of((one, one) for one in thing.addresses)
        case things.Environment(), "outbound":
            return thing.outbound or None
        case things.Environment(), "ip-ssl":
            return NumberSet.of((one.address, one.address) for one in thing.ip_ssl) or None
        case things.Environment(), "vip":
            single = thing.vip
        case things.Environment(), "ilb":
            single = thing.ilb
        case (things.Machine() | things.Firewall()), "public-ip":
            single = thing.public_ip
        case things.NatGateway(), "public-ip":
            return thing.public_ip
        case (things.Firewall() | things.PrivateEndpoint()), (None | "ip"):
            single = thing.address
        case things.LoadBalancer(), (None | "frontend"):
            single = thing.frontend
        case _, "subnet":
            subnet = every.get(str(getattr(thing, "subnet", "")))
            return union(subnet.prefixes) if isinstance(subnet, things.Subnet) else None
    return NumberSet.single(single) if single is not None else None


# -- One maker for each kind --------------------------------------------------------------------------------------------


def _vnet(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    address = b.addresses(values, "address")
    subnets: list[str] = []
    for one in values.found.get("subnet", ()):
        inner = _subnet(b, name, one, prefix)
        if inner is not None:
            subnets.append(inner)
    peerings = {
        symbol.name: things.Peering(vnet=name, remote=symbol.name, span=symbol.span)
        for symbol in b.many_things("vnet", values, "peers", prefix)
    }
    for one in values.found.get("peer", ()):
        if len(one.values) != 1 or not isinstance(one.values[0], nodes.Ref):
            b.error("wrong-value", "`peer` takes the name of a vnet", one.word.span, "the name of a vnet is needed")
            continue
        ref = one.values[0]
        symbol = b.names.thing(ref.text, ref.span, ("vnet",), prefix)
        flags = b.values("peer", f"peer `{ref.text}`", one.body, ref.span)
        if symbol is not None:
            peerings[symbol.name] = things.Peering(
                vnet=name,
                remote=symbol.name,
                access=b.switch(flags, "access", default=True),
                forwarded_traffic=b.switch(flags, "forwarded-traffic", default=False),
                gateway_transit=b.switch(flags, "gateway-transit", default=False),
                remote_gateway=b.switch(flags, "remote-gateway", default=False),
                span=one.span,
            )
    b.add(
        things.Vnet(
            name=name,
            span=node.name.span,
            parts=values.parts,
            address=union(address),
            region=b.word("vnet", values, "region"),
            subnets=tuple(subnets),
            peerings=tuple(peerings.values()),
        )
    )


def _subnet(b: Builder, vnet: str, node: nodes.Attribute, prefix: str) -> str | None:
    if len(node.values) != 1 or _word(node.values[0]) is None:
        b.error("wrong-value", "`subnet` takes a name and a block", node.word.span, "a name is needed")
        return None
    inner = _word(node.values[0])
    name = f"{vnet}/{inner}"
    values = b.values("subnet", f"subnet `{inner}`", node.body, node.values[0].span)
    services = []
    for value in values.found.get("service-endpoints", ()):
        for each in value.values:
            word = _word(each)
            if word is None:
                b._wrong("service-endpoints", "names of services", each)  # noqa: SLF001 - one module
            else:
                services.append(canonical_tag(word))
    b.add(
        things.Subnet(
            name=name,
            span=node.values[0].span,
            parts=values.parts,
            vnet=vnet,
            prefixes=b.addresses(values, "address"),
            nsg=b.one_thing("subnet", values, "nsg", prefix),
            route_table=b.one_thing("subnet", values, "route-table", prefix),
            nat_gateway=b.one_thing("subnet", values, "nat-gateway", prefix),
            service_endpoints=tuple(services),
            private_endpoint_policies=b.word("subnet", values, "private-endpoint-policies") or "off",
            default_outbound=b.switch(values, "default-outbound", default=True),
        )
    )
    return name


def _environment(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    version = b.word("ase", values, "version")
    subnet = b.one_thing("ase", values, "subnet", prefix)
    addresses = []
    for one in values.found.get("ip-ssl", ()):
        value = one.values[0] if one.values else None
        inner = b.values("ip-ssl", "ip-ssl", one.body, one.word.span)
        http, https = b.number(inner, "http", 1, 65535), b.number(inner, "https", 1, 65535)
        if not isinstance(value, nodes.Addresses) or value.value.size != 1:
            b.error("wrong-value", "`ip-ssl` takes one address and a block", one.word.span, "one address is needed")
        elif http is not None and https is not None:
            b._public(value.value)  # noqa: SLF001 - one module
            addresses.append(things.IpSsl(address=value.value.first, http=http, https=https, span=one.span))
    environment = (
        things.Environment(
            name=name,
            span=node.name.span,
            parts=values.parts,
            version=int(version[1]) if version else 2,
            subnet=subnet or "",
            vip=b.address(values, "vip"),
            ilb=b.address(values, "ilb"),
            ftp=b.word("ase", values, "ftp"),
            outbound=union(b.addresses(values, "outbound")),
            ip_ssl=tuple(addresses),
            instances=b.number(values, "instances", 0, 1000),
            ftp_enabled=b.switch(values, "ftp-enabled", default=False),
            remote_debug_enabled=b.switch(values, "remote-debug-enabled", default=False),
        )
    )
    if subnet is not None and version is not None:
        b.add(environment)


def _machine(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    subnet = b.one_thing("vm", values, "subnet", prefix)
    addresses = b.addresses(values, "ip")
    for written, numbers in zip(values.found["ip"][0].values if "ip" in values.found else (), addresses, strict=False):
        if numbers.size != 1:
            b.error("wrong-value", "`ip` takes single addresses", written.span, "one address is needed")
    if subnet is None or not addresses:
        return
    b.add(
        things.Machine(
            name=name,
            span=node.name.span,
            parts=values.parts,
            subnet=subnet,
            addresses=tuple(one.first for one in addresses if one.size == 1),
            public_ip=b.address(values, "public-ip"),
            nsg=b.one_thing("vm", values, "nsg", prefix),
            asgs=tuple(one.name for one in b.many_things("vm", values, "asg", prefix)),
            ip_forwarding=b.switch(values, "ip-forwarding", default=False),
        )
    )


def _group(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    b.add(things.SecurityGroup(name=name, span=node.name.span))

    def with_rules() -> None:
        found = {one.direction: one.rules for one in values.rules}
        lists = {
            direction: b.rules(
                rules, prefix, ("allow", "deny"), 100, 4096, f"{direction} rules of `{node.name.text}`"
            )
            for direction, rules in found.items()
        }
        b.add(
            things.SecurityGroup(
                name=name,
                span=node.name.span,
                inbound=lists.get("inbound", ()),
                outbound=lists.get("outbound", ()),
            )
        )

    b.later.append(with_rules)


def _admin(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    applies = tuple(one.name for one in b.many_things("admin-rules", values, "applies-to", prefix))
    b.add(things.AdminRules(name=name, span=node.name.span, parts=values.parts, applies_to=applies))

    def with_rules() -> None:
        lists = {
            one.direction: b.rules(
                one.rules, prefix, ("allow", "deny", "always-allow"), 1, 4096, f"{one.direction} rules of `{node.name.text}`"
            )
            for one in values.rules
        }
        b.add(
            things.AdminRules(
                name=name,
                span=node.name.span,
                parts=values.parts,
                applies_to=applies,
                inbound=lists.get("inbound", ()),
                outbound=lists.get("outbound", ()),
            )
        )

    b.later.append(with_rules)


def _application_group(b: Builder, name: str, node: nodes.Declaration, _: Values, __: str) -> None:
    b.add(things.ApplicationGroup(name=name, span=node.name.span))


_FORBIDDEN_ROUTE_TAGS = {
    "AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM", "VirtualNetwork", "AzureLoadBalancer", "Internet",
}  # fmt: skip


def _route_table(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    routes = []
    for one in values.routes:
        hop = b._known_word(one.hop, ("internet", "vnet-local", "gateway", "appliance", "none"), "next hop", "unknown-hop")  # noqa: SLF001
        tag, numbers = None, EMPTY
        if isinstance(one.destination, nodes.Addresses):
            numbers = one.destination.value
        else:
            resolved = b.names.reference(one.destination, prefix)
            if resolved is not None and resolved.symbol.kind == "tag":
                tag = resolved.symbol.name
                if tag in _FORBIDDEN_ROUTE_TAGS:
                    b.error("tag-not-in-routes", f"Azure refuses the tag {tag} in a route", one.destination.span, "not here")
            elif resolved is not None and resolved.part is None:
                thing = b.things.get(resolved.symbol.name)
                numbers = (_addresses_of(b.things, thing, None) if thing is not None else None) or EMPTY
            if tag is None and not numbers:
                b.error(
                    "wrong-value", "a route leads to a prefix or a service tag", one.destination.span, "neither of them"
                )
                continue
        appliance = None
        if isinstance(one.appliance, nodes.Addresses) and one.appliance.value.size == 1:
            appliance = one.appliance.value.first
        elif isinstance(one.appliance, nodes.Ref):
            terms = b.terms((one.appliance,), prefix)
            appliance = terms[0].addresses.first if terms and terms[0].addresses.size == 1 else None
        if hop == "appliance" and one.appliance is None:
            b.error("missing-appliance", "a route to an appliance needs its address", one.hop.span, "no address here")
        if hop is not None:
            routes.append(
                things.UserRoute(
                    name=one.name.text if one.name is not None else one.destination.span.text,
                    prefix=numbers,
                    tag=tag,
                    hop=hop,
                    appliance=appliance,
                    span=one.span,
                )
            )
    b.add(
        things.RouteTable(
            name=name,
            span=node.name.span,
            parts=values.parts,
            routes=tuple(routes),
            bgp_propagation=b.switch(values, "bgp-propagation", default=True),
        )
    )


def _gateway(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    vnet = b.one_thing("gateway", values, "vnet", prefix)
    kind = b.word("gateway", values, "kind")
    if vnet is not None and kind is not None:
        b.add(
            things.Gateway(
                name=name,
                span=node.name.span,
                parts=values.parts,
                vnet=vnet,
                kind=kind,
                learns=b.addresses(values, "learns"),
                to=b.one_thing("gateway", values, "to", prefix),
            )
        )


def _on_premises(b: Builder, name: str, node: nodes.Declaration, values: Values, _: str) -> None:
    b.add(
        things.OnPremises(
            name=name, span=node.name.span, parts=values.parts, prefixes=b.addresses(values, "address")
        )
    )


def _load_balancer(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    mappings = []
    for one in values.mappings:
        word = b._known_word(one.protocol, ("tcp", "udp", "any"), "protocol", "unknown-protocol")  # noqa: SLF001
        if word is not None:
            protocol = ANY_PROTOCOL if word == "any" else NumberSet.single(PROTOCOL_NUMBERS[word])
            mappings.append(
                things.PortMapping(protocol=protocol, front=one.front.low, back=one.back.low, span=one.span)
            )
    frontend = b.address(values, "frontend")
    if frontend is not None:
        b.add(
            things.LoadBalancer(
                name=name,
                span=node.name.span,
                parts=values.parts,
                frontend=frontend,
                subnet=b.one_thing("load-balancer", values, "subnet", prefix),
                mappings=tuple(mappings),
                backends=tuple(one.name for one in b.many_things("load-balancer", values, "backend", prefix)),
                probe=b.number(values, "probe", 1, 65535),
                outbound=b.switch(values, "outbound", default=True),
                sku=b.word("load-balancer", values, "sku") or "standard",
            )
        )


def _nat_gateway(b: Builder, name: str, node: nodes.Declaration, values: Values, _: str) -> None:
    b.add(
        things.NatGateway(
            name=name, span=node.name.span, parts=values.parts, public_ip=union(b.addresses(values, "public-ip"))
        )
    )


def _firewall(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    subnet, address = b.one_thing("firewall", values, "subnet", prefix), b.address(values, "ip")
    public = b.address(values, "public-ip")
    if subnet is None or address is None:
        return
    b.add(things.Firewall(name=name, span=node.name.span, parts=values.parts, subnet=subnet, address=address, public_ip=public))

    def with_rules() -> None:
        rules = b.rules(values.bare, prefix, ("allow", "deny", "dnat"), 100, 65000, f"rules of `{node.name.text}`")
        b.add(
            things.Firewall(
                name=name,
                span=node.name.span,
                parts=values.parts,
                subnet=subnet,
                address=address,
                public_ip=public,
                rules=rules,
            )
        )

    b.later.append(with_rules)


def _private_endpoint(b: Builder, name: str, node: nodes.Declaration, values: Values, prefix: str) -> None:
    subnet, address = b.one_thing("private-endpoint", values, "subnet", prefix), b.address(values, "ip")
    to = b.word("private-endpoint", values, "to")
    if subnet is not None and address is not None and to is not None:
        b.add(
            things.PrivateEndpoint(
                name=name, span=node.name.span, parts=values.parts, subnet=subnet, address=address, to=canonical_tag(to)
            )
        )


_MAKERS: Mapping[str, Callable[[Builder, str, nodes.Declaration, Values, str], None]] = {
    "vnet": _vnet,
    "ase": _environment,
    "vm": _machine,
    "asg": _application_group,
    "nsg": _group,
    "route-table": _route_table,
    "gateway": _gateway,
    "on-premises": _on_premises,
    "load-balancer": _load_balancer,
    "nat-gateway": _nat_gateway,
    "firewall": _firewall,
    "private-endpoint": _private_endpoint,
    "admin-rules": _admin,
}
