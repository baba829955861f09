"""Network security groups with their rules, and application security groups (azure-network-semantics 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asever.importers.network import words
from asever.importers.network.book import last
from asever.importers.network.sheet import Making
from asever.importers.network.words import prop, several
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.source import Span
from asever.syntax import nodes

_GROUP = "Microsoft.Network/networkSecurityGroups"
_PROTOCOLS = {
    "*": "any",
    "all": "any",
    "any": "any",
    "tcp": "tcp",
    "udp": "udp",
    "icmp": "icmp",
    "icmpv6": "icmp",
    "esp": "esp",
    "ah": "ah",
}
_ACCESSES = {"allow": "allow", "deny": "deny", "alwaysallow": "always-allow"}
_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "50": "esp", "51": "ah"}


def groups(to: Making) -> None:
    """Every NSG and ASG."""
    for one in to.book.of_kind("Microsoft.Network/applicationSecurityGroups", existing=True):
        to.add("asg", one, ())
    for one in to.book.of_kind(_GROUP, existing=True):
        rules = to.book.children(one, "securityRules")
        to.add("nsg", one, two_lists(to, one, rules))


def two_lists(to: Making, group: Resource, rules: Sequence[Resource]) -> Iterator[nodes.Rules]:
    """`inbound { … }` and `outbound { … }`, each if it has rules."""
    sides: dict[str, list[nodes.Rule]] = {"inbound": [], "outbound": []}
    whole = to.book.unknown_children(group, "securityRules") or group.doubt or to.elsewhere(group, "securityRules")
    if whole is not None:
        to.leave_out(group, f"all its rules: they are not known: {whole}")
        yield from unknown_rules(to, whole, to.at(group))
        return
    for one in rules:
        unknown = _decisive_symbol(one)
        if unknown is not None:
            why = f"{unknown[0]} of rule {last(one.name)} is not known: {unknown[1]}"
            to.remark(to.at(group), why)
            to.leave_out(group, f"all its rules: {why}")
            yield from unknown_rules(to, unknown[1], to.at(group))
            return
        direction = prop(one.properties, "direction")
        side = (direction.text or "").strip().casefold() if direction is not None else ""
        rule = security_rule(to, one)
        if side not in sides:
            to.refuse(one, f"rule {one.name} is neither inbound nor outbound", to.place(direction, one))
        elif rule is not None:
            sides[side].append(rule)
    twice = next((one for one in (_twice(side, found) for side, found in sides.items()) if one is not None), None)
    if twice is not None and group.kind.casefold() == _GROUP.casefold():
        to.leave_out(group, f"all its rules: {twice}, which Azure refuses")
        yield from unknown_rules(to, last(group.name), to.at(group))
        return
    for side, found in sides.items():
        if found:
            ordered = sorted(found, key=lambda rule: rule.priority.low)
            yield nodes.Rules(span=to.at(group), direction=side, rules=tuple(ordered))


def _twice(side: str, rules: Sequence[nodes.Rule]) -> str | None:
    """What two rules have in common that only one may have: which of them decides nobody can say."""
    numbers = [rule.priority.low for rule in rules]
    number = next((one for one in sorted(numbers) if numbers.count(one) > 1), None)
    return f"two {side} rules have priority {number}" if number is not None else None


def _decisive_symbol(one: Resource) -> tuple[str, str] | None:
    """What says in which place of the order a rule stands and what it does, if only a deployment knows it."""
    if one.doubt is not None:
        return "the existence", one.doubt
    for field in ("direction", "priority", "access"):
        value = prop(one.properties, field)
        if value is not None and value.symbol is not None:
            return field, value.symbol.name
    return None


def unknown_rules(to: Making, symbol: str, span: Span) -> Iterator[nodes.Rules]:
    """Rules that nobody knows: they let through perhaps everything, perhaps nothing."""
    for direction in ("inbound", "outbound"):
        perhaps = _whole_rule(span, 100, "allow", to.tag(f"rules of {symbol}", span))
        nothing = _whole_rule(span, 200, "deny", words.every_address(span))
        yield nodes.Rules(span=span, direction=direction, rules=(perhaps, nothing))


def _whole_rule(span: Span, priority: int, access: str, source: nodes.Addresses | nodes.Ref) -> nodes.Rule:
    return nodes.Rule(
        span=span,
        priority=nodes.Ports(span=span, low=priority, high=priority),
        name=words.label("what nobody knows", span),
        access=words.word(access, span),
        protocol=words.word("any", span),
        sources=(source,),
        source_ports=(),
        targets=(words.every_address(span),),
        target_ports=(),
    )


def stand_ins(to: Making) -> None:
    """Every group that the file only names."""
    for kind, name, span in to.missing:
        if kind == "nsg":
            to.declare("nsg", name, span, unknown_rules(to, name, span))


def security_rule(to: Making, one: Resource) -> nodes.Rule | None:
    """One rule; None, with a word about it, where it cannot be read."""
    content, at = one.properties, to.at(one)
    priority, access, protocol = (prop(content, field) for field in ("priority", "access", "protocol"))
    number, spelled = words.whole(priority), protocol_word(protocol)
    does = _ACCESSES.get((access.text or "").strip().casefold()) if access is not None else None
    for field, value, known in (("priority", priority, number), ("access", access, does), ("protocol", protocol, spelled)):
        if known is None and (value is None or value.symbol is None):
            to.refuse(one, f"rule {one.name} has no {field} that Azure knows", to.place(value, one))
            return None
    described = prop(content, "description")
    if described is not None and described.text:
        to.remark(at, described.text)
    sources, targets = (tuple(_side(to, one, side)) for side in ("source", "destination"))
    source_ports, target_ports = (_ports(to, one, side) for side in ("source", "destination"))
    if not sources or not targets or number is None or does is None:
        return None
    doubts = [*_symbols(content, "protocol"), *_symbols(content, "sourcePortRange"), *_symbols(content, "destinationPortRange")]
    if doubts:
        # Which packets it is for nobody knows, so it may be for every one of these addresses.
        sources = tuple(to.tag(symbol, to.at(one)) for symbol in dict.fromkeys(doubts))
    return nodes.Rule(
        span=at,
        priority=nodes.Ports(span=to.place(priority, one), low=number, high=number),
        name=words.label(last(one.name), at),
        access=words.word(does, to.place(access, one)),
        protocol=words.word(spelled or "any", to.place(protocol, one)),
        sources=sources,
        source_ports=source_ports,
        targets=targets,
        target_ports=target_ports,
    )


def _symbols(content: Value, field: str) -> Iterator[str]:
    for name in (field, f"{field}s"):
        value = prop(content, name)
        if value is not None:
            yield from (symbol.name for symbol in value.symbols())


def protocol_word(value: Value | None) -> str | None:
    """The language's word for a protocol of Azure's."""
    if value is None:
        return None
    text = value.text.strip().casefold() if value.text is not None else str(value.plain)
    return _PROTOCOLS.get(text) or _NUMBERS.get(text)


def _side(to: Making, one: Resource, side: str) -> Iterator[nodes.Addresses | nodes.Ref]:
    content, found = one.properties, 0
    for value in several(content, f"{side}AddressPrefix", f"{side}AddressPrefixes"):
        found += 1
        yield from address(to, one, value)
    groups_of = prop(content, f"{side}ApplicationSecurityGroups")
    for value in groups_of.items if groups_of is not None else ():
        found += 1
        group = to.book.find(value, "Microsoft.Network/applicationSecurityGroups")
        span = to.place(value.get("id") or value, one)
        if group is not None:
            yield words.ref(to.name(group), span)
        else:
            yield to.tag(f"asg {_described(value)}", span)
    if groups_of is not None and groups_of.symbol is not None:
        found += 1
        yield to.tag(groups_of.symbol.name, to.place(groups_of, one))
    if not found:
        to.refuse(one, f"rule {one.name} has no {side} addresses", to.at(one))


def _described(value: Value) -> str:
    identity = value.get("id")
    if identity is None:
        return "of unknown name"
    return identity.symbol.name if identity.symbol is not None else (identity.text or "").rpartition("/")[2]


def address(to: Making, one: Resource, value: Value) -> Iterator[nodes.Addresses | nodes.Ref]:
    """What one text in an address position stands for: addresses, a tag, several of them with commas, or a symbol."""
    span = to.place(value, one)
    if value.symbol is not None:
        yield to.tag(value.symbol.name, span)
        return
    if value.text is None:
        to.refuse(one, f"{one.name} has something else where addresses stand", span)
        return
    for text in value.text.split(","):
        if text.strip():
            yield term(to, text.strip(), span)


def term(to: Making, text: str, span: Span) -> nodes.Addresses | nodes.Ref:
    """Addresses or a tag."""
    found = words.addresses(text, span)
    return found if found is not None else to.tag(text, span)


def _ports(to: Making, one: Resource, side: str) -> tuple[nodes.Ports, ...]:
    """The ports of one side; none written, or one that nobody knows, is every port."""
    found: list[nodes.Ports] = []
    for value in several(one.properties, f"{side}PortRange", f"{side}PortRanges"):
        span = to.place(value, one)
        if value.symbol is not None:
            return ()
        text = value.text if value.text is not None else words.said(value)
        for port in words.ports(text, span):
            if port is None:
                to.refuse(one, f"{side} ports of rule {one.name} are no ports: {text}", span)
            else:
                found.append(port)
    return () if any(one.any for one in found) else tuple(found)
