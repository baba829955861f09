"""Workloads (bench/workloads.py) as the tool meets them: as tables ready to be asked about, and as a file."""

from __future__ import annotations

import ipaddress

from workloads import ANY_PORT, ANY_PROTOCOL, ANYWHERE, SOURCES, TARGETS, TCP, UDP, Rule, Span, Spans, Workload

from asever.model.effective import (
    Action,
    AddressMatch,
    Arrival,
    EffectiveNetwork,
    Fabric,
    Filter,
    FilterKind,
    FilterRow,
    FlowQuestion,
    HopKind,
    Packets,
    Quantifier,
    Route,
    Scope,
    Site,
    SiteKind,
    Success,
)
from asever.model.numbers import NumberSet
from asever.model.things import Direction

_PROTOCOLS = {(TCP, TCP): "tcp", (UDP, UDP): "udp", (1, 1): "icmp", ANY_PROTOCOL: "any"}
_LOWEST, _HIGHEST = 100, 4096


def workload(one: Filter) -> Workload:
    """A filter of plain rows as a workload: whether all IPv4 packets are permitted."""
    rules = tuple(
        Rule(
            permits=row.action is Action.ALLOW,
            protocol=row.protocol.ranges[0],
            source=row.source.addresses.ranges,
            source_port=row.source_port.ranges[0],
            target=row.target.addresses.ranges,
            target_port=row.target_port.ranges[0],
        )
        for row in one.rows
    )
    return Workload(one.resource, rules, (ANY_PROTOCOL, ANYWHERE, ANY_PORT, ANYWHERE, ANY_PORT))


def rows(workload: Workload) -> tuple[FilterRow, ...]:
    """The rules as rows of a filter."""
    return tuple(_row(number, rule) for number, rule in enumerate(workload.rules))


def _row(number: int, rule: Rule) -> FilterRow:
    return FilterRow(
        priority=_LOWEST + number,
        name=f"rule {number}",
        action=Action.ALLOW if rule.permits else Action.DENY,
        protocol=NumberSet.of([rule.protocol]),
        source=AddressMatch(addresses=NumberSet.of(rule.source)),
        source_port=NumberSet.of([rule.source_port]),
        target=AddressMatch(addresses=NumberSet.of(rule.target)),
        target_port=NumberSet.of([rule.target_port]),
    )


def network(every: tuple[FilterRow, ...]) -> EffectiveNetwork:
    """Two sites of one fabric, everywhere both of them; the rules stand before the second."""
    whole = NumberSet.of([ANYWHERE])
    here = Filter(resource="entering", kind=FilterKind.NSG, direction=Direction.INBOUND, place="subnet there", rows=every)
    back = Route(destinations=whole, hop=HopKind.VNET_LOCAL, fabric="vnet", text="everywhere")
    sites = [
        Site(
            name=name,
            title=name,
            kind=SiteKind.MACHINE,
            thing=name,
            addresses=whole,
            home="vnet",
            vnet="vnet",
            routes=(back,),
            inbound=(here,) if name == "there" else (),
        )
        for name in ("here", "there")
    ]
    fabric = Fabric(name="vnet", arrivals=(Arrival(called=whole, site="there"),), otherwise="nobody is there", returns=True)
    return EffectiveNetwork(
        sites={one.name: one for one in sites}, fabrics={"vnet": fabric}, assumptions={}, tag_space=NumberSet(), probe_source=0
    )


def question(asked: tuple[Span, ...], quantifier: Quantifier = Quantifier.ALL_ARRIVE) -> FlowQuestion:
    """Whether everything in the box gets through."""
    protocol, source, source_port, target, target_port = (NumberSet.of([span]) for span in asked)
    packets = Packets(protocol=protocol, source=source, source_port=source_port, target=target, target_port=target_port)
    scope = Scope(origin="here", packets=packets, arrives_at=frozenset({"there"}), arrives_as=target)
    return FlowQuestion(quantifier=quantifier, scopes=(scope,), success=Success())


# -- Files --------------------------------------------------------------------------------------------------------------


def program(workload: Workload) -> str:
    """A file with one network security group. Raises `ValueError` when the rules are more than a group has numbers for."""
    body = [f"  {_LOWEST + number} {_line(rule)}" for number, rule in enumerate(workload.rules)]
    if len(body) > _HIGHEST - _LOWEST:
        raise ValueError("a group has no room for so many rules")
    source, target = (_prefixes(one)[0] for one in (SOURCES, TARGETS))
    lines = (
        "vnet corp {",
        "  address 10.0.0.0/8",
        f"  subnet apps {{ address {source} }}",
        f"  subnet data {{ address {target}  nsg entering }}",
        "}",
        "nsg entering { inbound {",
        *body,
        "} }",
        f"check corp/apps reaches corp/data on tcp {_port(workload.asked[4])}",
    )
    return "\n".join(lines) + "\n"


def _line(rule: Rule) -> str:
    access = "allow" if rule.permits else "deny"
    source, target = (_side(spans, port) for spans, port in ((rule.source, rule.source_port), (rule.target, rule.target_port)))
    return f"{access} {_PROTOCOLS[rule.protocol]} from {source} to {target}"


def _side(spans: Spans, port: Span) -> str:
    places = ", ".join(_place(span) for span in spans)
    return places if port == ANY_PORT else f"{places} port {_port(port)}"


def _port(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _place(span: Span) -> str:
    if span == ANYWHERE:
        return "*"
    low, high = (ipaddress.IPv4Address(one) for one in span)
    return f"{low}-{high}"


def _prefixes(span: Span) -> list[str]:
    return [str(one) for one in ipaddress.summarize_address_range(*(ipaddress.IPv4Address(one) for one in span))]
