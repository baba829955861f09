"""lark's embedded transformer: one method a grammar rule, each makes the node of that name.

Values that the grammar admits and the language does not (host bits, ports out of range) become diagnostics here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from lark import Token, Transformer

from asever.diagnostics import Diagnostic, Edit, Label
from asever.model.addresses import parse_address, parse_addresses, prefixes
from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import PROTOCOL_NUMBERS
from asever.record import maker
from asever.source import SourceFile, Span
from asever.syntax import nodes

Children = list[Any]
# An IPv4 address or prefix that is written as it is printed.
_CANONICAL = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}(?:/(?:0|[1-9]\d?))?", re.ASCII)
_PROTOCOLS = frozenset((*PROTOCOL_NUMBERS, "any"))


class Reading(Transformer[Token, Any]):
    """Makes nodes while lark parses. `begin` says which text the offsets belong to."""

    def __init__(self) -> None:
        super().__init__()
        self.file = SourceFile("", "")
        self.base = 0
        self.limit = 0
        self.problems: list[Diagnostic] = []

    def begin(self, file: SourceFile, base: int) -> None:
        """The next parse is of `file` from offset `base` on."""
        self.file, self.base, self.limit, self.problems = file, base, len(file.text), []

    # -- Places ---------------------------------------------------------------------------------------------------------

    def _at(self, token: Token) -> Span:
        """Where one token stands, which is in the text."""
        return _new_span(self.file, self.base + (token.start_pos or 0), self.base + (token.end_pos or 0))

    def _span(self, children: Sequence[Any]) -> Span:
        """From the first thing to the last; what `mistakes` closes a text with lies behind its end."""
        first, last = _outermost(children, 1), _outermost(children, -1)
        start = self.base + (first.start_pos or 0) if isinstance(first, Token) else first.span.start
        end = self.base + (last.end_pos or 0) if isinstance(last, Token) else last.span.end
        limit = self.limit
        return _new_span(self.file, min(limit, start), min(limit, end))

    def _problem(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help: str | None = None,  # noqa: A002 - the field's name
        edit: str | None = None,
    ) -> None:
        edits = (Edit(span, edit),) if edit is not None else ()
        self.problems.append(Diagnostic(code=code, message=message, primary=Label(span, label), help=help, edits=edits))

    # -- Words ----------------------------------------------------------------------------------------------------------

    def word(self, c: Children) -> nodes.Name:
        return _new_name(span=self._at(c[0]), text=str(c[0]))

    subject_word = kind = kind_word = attribute_word = word

    def name(self, c: Children) -> nodes.Name:
        if isinstance(c[0], nodes.Name):
            return c[0]
        return nodes.Name(span=self._span(c), text=str(c[0])[1:-1] + (str(c[1]) if len(c) > 1 and c[1] else ""), quoted=True)

    subject_name = name

    def ref(self, c: Children) -> nodes.Ref:
        names = tuple(one for one in c if isinstance(one, nodes.Name))
        return nodes.Ref(span=self._span(c), names=names)

    subject_ref = ref

    def _string(self, token: Token | None) -> nodes.Name | None:
        if token is None:
            return None
        return nodes.Name(span=self._span([token]), text=str(token)[1:-1], quoted=True)

    # -- Addresses and ports --------------------------------------------------------------------------------------------

    def addresses_literal(self, c: Children) -> nodes.Addresses:
        text, span = str(c[0]), self._at(c[0])
        canonical, value = _addresses(text) or (text, EMPTY)
        if not value.ranges:
            value = self._nearest(text, span)
            canonical = _canonical(text, value)
        return _new_addresses(span=span, text=canonical, value=value)

    def _nearest(self, text: str, span: Span) -> NumberSet:
        """What may be meant by a text that is no address, with a diagnostic."""
        if "/" in text:
            try:
                start = ipaddress.ip_network(text, strict=False)
            except ValueError:
                pass
            else:
                self._problem(
                    "host-bits-set",
                    f"{text} is not the start of its range; the range starts at {start}",
                    span,
                    f"write {start}, or {text.split('/', maxsplit=1)[0]} for the one address",
                    edit=str(start),
                )
                return parse_addresses(str(start))
        if "-" in text and text.count("-") == 1:
            low, high = text.split("-")
            try:
                first, last = parse_address(low), parse_address(high)
            except ValueError:
                pass
            else:
                self._problem(
                    "reversed-range",
                    f"{text} ends before it starts" if first > last else f"{text} mixes IPv4 and IPv6",
                    span,
                    "not a range",
                    help=f"did you mean {high}-{low}?" if first > last else None,
                )
                return EMPTY
        self._problem("bad-address", f"{text} is not an address", span, _why_not(text))
        return EMPTY

    def addresses(self, c: Children) -> tuple[Any, ...]:
        if len(c) == 1:  # as most are
            return (c[0],)
        return tuple([one for one in c if not isinstance(one, Token)])

    values = addresses

    def port(self, c: Children) -> nodes.Ports:
        text, span = str(c[0]), self._at(c[0])
        if text == "*":
            return nodes.Ports(span=span, low=0, high=65535, any=True)
        numbers = self._numbers(text, span)
        if numbers[1] > 65535:
            self._problem("port-out-of-range", f"{text} is not a port; ports go from 0 to 65535", span, "too large")
            return nodes.Ports(span=span, low=min(numbers[0], 65535), high=65535)
        return _new_ports(span=span, low=numbers[0], high=numbers[1])

    def number(self, c: Children) -> nodes.Ports:
        span = self._span(c)
        numbers = self._numbers(str(c[0]), span)
        return nodes.Ports(span=span, low=numbers[0], high=numbers[1])

    def _numbers(self, text: str, span: Span) -> tuple[int, int]:
        parts = [int(part[:12]) for part in text.split("-")]
        low, high = parts[0], parts[-1]
        if low > high:
            self._problem(
                "reversed-range", f"{text} ends before it starts", span, "not a range", help=f"did you mean {high}-{low}?"
            )
            return high, low
        return low, high

    def ports(self, c: Children) -> tuple[nodes.Ports, ...]:
        if len(c) == 1:
            return (c[0],)
        return tuple([one for one in c if isinstance(one, nodes.Ports)])

    def ports_of(self, c: Children) -> tuple[nodes.Ports, ...]:
        ports: tuple[nodes.Ports, ...] = c[1]
        return ports

    # -- Declarations ---------------------------------------------------------------------------------------------------

    def import_(self, c: Children) -> nodes.Import:
        path = self._string(c[1])
        assert path is not None  # noqa: S101 - the grammar has it
        return nodes.Import(span=self._span(c), path=path, alias=c[3], parameters=self._string(c[5]))

    def service_member(self, c: Children) -> Any:  # noqa: ANN401
        return c[0]

    def protocol_port(self, c: Children) -> nodes.ProtocolPorts:
        name = nodes.Name(span=self._span(c[:1]), text=str(c[0]))
        return nodes.ProtocolPorts(span=self._span(c), protocol=name, ports=(c[1],))

    def services(self, c: Children) -> tuple[nodes.ProtocolPorts | nodes.Ref, ...]:
        """A flat list: bare ports belong to the protocol before them."""
        members: list[nodes.ProtocolPorts | nodes.Ref] = []
        for one in c:
            if isinstance(one, nodes.Ports):
                last = members[-1] if members else None
                if isinstance(last, nodes.ProtocolPorts):
                    members[-1] = nodes.ProtocolPorts(
                        span=Span(self.file, last.span.start, one.span.end),
                        protocol=last.protocol,
                        ports=(*last.ports, one),
                    )
                else:
                    self._problem(
                        "port-without-protocol",
                        f"{one.span.text} is a port, and no protocol stands before it",
                        one.span,
                        "of which protocol?",
                        help=f"write `tcp {one.span.text}`",
                    )
            elif isinstance(one, nodes.Ref) and one.text in _PROTOCOLS:
                members.append(nodes.ProtocolPorts(span=one.span, protocol=one.names[0], ports=()))
            elif not isinstance(one, Token):
                members.append(one)
        return tuple(members)

    service_members = services

    def service(self, c: Children) -> nodes.Service:
        return nodes.Service(span=self._span(c), name=c[1], members=c[3])

    def tag(self, c: Children) -> nodes.Tag:
        return nodes.Tag(span=self._span(c), name=c[1], addresses=c[3] or ())

    def pack(self, c: Children) -> nodes.Pack:
        names = [one for one in c if isinstance(one, nodes.Name)]
        checks = tuple(one for one in c if isinstance(one, nodes.Check))
        return nodes.Pack(span=self._span(c), name=names[0], parameters=tuple(names[1:]), checks=checks)

    def apply(self, c: Children) -> nodes.Apply:
        arguments = tuple(one for one in c if isinstance(one, nodes.Ref | nodes.Addresses))
        return nodes.Apply(span=self._span(c), pack=c[1], arguments=arguments)

    def declaration(self, c: Children) -> nodes.Declaration:
        kind = c[0] if isinstance(c[0], nodes.Name) else nodes.Name(span=self._span(c[:1]), text=str(c[0]))
        return nodes.Declaration(span=self._span(c), kind=kind, name=c[1], body=c[2])

    def body(self, c: Children) -> nodes.Body:
        return nodes.Body(span=self._span(c), items=tuple(one for one in c if not isinstance(one, Token)))

    def attribute(self, c: Children) -> nodes.Attribute:
        return nodes.Attribute(span=self._span(c), word=c[0], values=c[1], body=c[2])

    def rules(self, c: Children) -> nodes.Rules:
        found = tuple(one for one in c if isinstance(one, nodes.Rule))
        return nodes.Rules(span=self._span(c), direction=str(c[0]), rules=found)

    def translated(self, c: Children) -> tuple[Any, nodes.Ports | None]:
        port = next((one for one in c if isinstance(one, nodes.Ports)), None)
        return c[1], port

    def rule(self, c: Children) -> nodes.Rule:
        priority, name, access, protocol, _, sources, source_ports, _, targets, target_ports, translated = c
        figure = int(str(priority)[:12])
        number = _new_ports(span=self._at(priority), low=figure, high=figure)
        return _new_rule(
            span=self._span(c),
            priority=number,
            name=self._string(name),
            access=access,
            protocol=protocol,
            sources=sources,
            source_ports=source_ports or (),
            targets=targets,
            target_ports=target_ports or (),
            translated=translated[0] if translated else None,
            translated_port=translated[1] if translated else None,
        )

    def route(self, c: Children) -> nodes.Route:
        hop, appliance = c[4]
        return nodes.Route(span=self._span(c), name=self._string(c[1]), destination=c[2], hop=hop, appliance=appliance)

    def hop(self, c: Children) -> tuple[nodes.Name, nodes.Addresses | nodes.Ref | None]:
        return nodes.Name(span=self._span(c[:1]), text=str(c[0])), c[1] if len(c) > 1 else None

    def port_map(self, c: Children) -> nodes.PortMap:
        return nodes.PortMap(span=self._span(c), protocol=c[1], front=c[2], back=c[4])

    # -- Checks ---------------------------------------------------------------------------------------------------------

    def check(self, c: Children) -> nodes.Check:
        _, name, claim, _, services, *rest = c
        modifiers = tuple(one for one in rest if isinstance(one, nodes.As | nodes.Via | nodes.WithinRegion | nodes.ExceptFrom))
        expects = any(isinstance(one, Token) and one.type == "VIOLATED" for one in rest)
        return nodes.Check(
            span=self._span(c),
            name=self._string(name),
            claim=claim,
            services=services or (),
            modifiers=modifiers,
            expect_violated=expects,
        )

    def _reach(self, verb: str, c: Children) -> nodes.Reach:
        ends = [one for one in c if not isinstance(one, Token)]
        return nodes.Reach(span=self._span(c), verb=verb, subjects=tuple(ends[:-1]), target=ends[-1])

    def reaches(self, c: Children) -> nodes.Reach:
        return self._reach("reaches", c)

    def can_reach(self, c: Children) -> nodes.Reach:
        return self._reach("can reach", c)

    def never_reaches(self, c: Children) -> nodes.Reach:
        return self._reach("never reaches", c)

    def only(self, c: Children) -> nodes.Reach:
        return self._reach("only", c)

    def healthy(self, c: Children) -> nodes.IsHealthy:
        return nodes.IsHealthy(span=self._span(c), subject=c[0])

    def equals(self, c: Children) -> nodes.Equals:
        parts = [one for one in c if not isinstance(one, Token)]
        return nodes.Equals(span=self._span(c), left_kind=parts[0], left=parts[1], right_kind=parts[2], right=parts[3])

    def permits_no_more(self, c: Children) -> nodes.PermitsNoMore:
        parts = [one for one in c if not isinstance(one, Token)]
        return nodes.PermitsNoMore(span=self._span(c), left_kind=parts[0], left=parts[1], right_kind=parts[2], right=parts[3])

    def no_dead_rules(self, c: Children) -> nodes.HasNoDeadRules:
        return nodes.HasNoDeadRules(span=self._span(c), kind=c[0], subject=c[1])

    def as_(self, c: Children) -> nodes.As:
        return nodes.As(span=self._span(c), addresses=c[1])

    def via(self, c: Children) -> nodes.Via:
        return nodes.Via(span=self._span(c), resource=c[-1], negated=False)

    def not_via(self, c: Children) -> nodes.Via:
        return nodes.Via(span=self._span(c), resource=c[-1], negated=True)

    def within_region(self, c: Children) -> nodes.WithinRegion:
        return nodes.WithinRegion(span=self._span(c))

    def except_from(self, c: Children) -> nodes.ExceptFrom:
        return nodes.ExceptFrom(span=self._span(c), endpoints=tuple(one for one in c if not isinstance(one, Token)))

    def start(self, c: Children) -> list[nodes.Item]:
        return c

    def one(self, c: Children) -> nodes.Item:
        item: nodes.Item = c[0]
        return item


# Of these a large network has very many.
_new_span = maker(Span)
_new_name, _new_addresses = maker(nodes.Name), maker(nodes.Addresses)
_new_ports, _new_rule = maker(nodes.Ports), maker(nodes.Rule)


@lru_cache(maxsize=1 << 14)  # rules of a large network name the same prefixes over and over
def _addresses(text: str) -> tuple[str, NumberSet] | None:
    """The canonical text and the addresses of a literal; None if it is none."""
    try:
        value = parse_addresses(text)
    except ValueError:
        return None
    return _canonical(text, value), value


def _canonical(text: str, value: NumberSet) -> str:
    if text == "*" or not value or "-" in text or _CANONICAL.fullmatch(text):
        return text
    canonical = prefixes(value)[0]
    return text if "/" in text and "/" not in canonical else canonical


def _outermost(children: Sequence[Any], step: int) -> Any:  # noqa: ANN401 - a token or a node
    """The first (step 1) or last (step -1) token or node of these; None when there is none."""
    for one in children if step == 1 else reversed(children):
        found = _outermost(one, step) if type(one) is tuple else one
        if found is not None:
            return found
    return None


def _why_not(text: str) -> str:
    head = text.split("/", maxsplit=1)[0].split("-", maxsplit=1)[0]
    try:
        parse_address(head)
    except ValueError:
        parts = head.split(".")
        if ":" not in head and len(parts) != 4:
            return f"an IPv4 address has four numbers, this has {len([part for part in parts if part])}"
        large = next((part for part in parts if part.isdigit() and int(part[:12]) > 255), None)
        return f"{large} is larger than 255" if large else "not an address"
    return "a prefix length goes from 0 to 32" if ":" not in head else "a prefix length goes from 0 to 128"
