"""Why a flow fails: every setting in its way, the rules that nearly let it in, and the facts of Azure behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from asever.azure.platform import PROBE, PROBE_SOURCE
from asever.evaluate.judge import matches_address
from asever.evaluate.lookup import each, lookup, of
from asever.evaluate.walk import walk_through
from asever.model.addresses import format_address
from asever.model.answers import Blocker, NearMiss, Outcome, Step, StepKind, Trace
from asever.model.effective import (
    Arrival,
    EffectiveNetwork,
    Filter,
    FilterKind,
    FilterRow,
    HopKind,
    Route,
    Site,
    SiteKind,
    SourceTranslation,
    exists_in,
    recommended,
)
from asever.model.numbers import NumberSet
from asever.model.packets import Packet, format_ports, format_protocol, format_protocols
from asever.record import record
from asever.source import Span

_MOST = 5
_MOST_FACTS = 3
_VNET = "VirtualNetwork"
_ADDRESS_FIELDS = ("source", "target")
# Fields as Azure calls them.
_FIELD_WORDS = {"source_port": "source port", "target": "destination", "target_port": "destination port"}
# The attributes that give a thing the address its packets carry, most telling first.
_CAUSES = ("outbound", "public-ip", "vip", "address")


@record(kw_only=False)
class Blame:
    """What stands in a flow's way, and the words for `asever help` that explain it."""

    blockers: tuple[Blocker, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    facts: tuple[str, ...] = ()


@record(kw_only=False)
class _Reason:
    """Why a packet carries what it carries, what in the program makes it so, and the fact behind it."""

    text: str = ""
    cause: Span | None = None
    fact: str | None = None


def blame(network: EffectiveNetwork, trace: Trace) -> Blame:
    """The blame for a walked flow that does not do what its claim wants."""
    drops = () if trace.outcome in (Outcome.DELIVERED, Outcome.UNKNOWN) else walk_through(network, trace.flow)
    misses = tuple(_near_misses(network, trace, drops))
    return Blame(
        blockers=tuple(dict.fromkeys(blocker(step) for step in drops)),
        near_misses=tuple(miss for miss, _ in misses),
        facts=facts(trace, tuple(fact for _, fact in misses if fact is not None)),
    )


# -- Blockers -----------------------------------------------------------------------------------------------------------


def blocker(step: Step) -> Blocker:
    """The setting behind a step that drops a packet, or lets it pass."""
    row = step.row
    location = None if row is None else row.origin.span
    if step.filter is not None:
        if isinstance(row, FilterRow):
            priority = row.priority if step.filter.kind.has_rules else None
            return Blocker(
                resource=step.filter.resource,
                rule=row.name,
                priority=priority,
                location=location,
                detail=f"{step.filter.direction.value} at {step.filter.place}",
            )
        return Blocker(resource=step.filter.resource, rule=step.detail, detail=step.filter.place)
    if isinstance(row, Route):
        return Blocker(resource=row.resource or step.at, rule=row.text, location=location, detail=_on_the_way(step))
    return Blocker(resource=step.at, rule=step.detail, location=location, detail=step.because)


def _on_the_way(step: Step) -> str:
    return "on the way back" if step.reply else ""


# -- Near misses --------------------------------------------------------------------------------------------------------


def _near_misses(network: EffectiveNetwork, trace: Trace, drops: Iterable[Step]) -> Iterator[tuple[NearMiss, str | None]]:
    """The user's allow rules that would have let the flow pass but for one field, in the filters that dropped it.

    Where no rule fails in one field alone, those that fail in the fewest. A rule that is about another service (its port
    fails) is named only if no rule fails by its addresses, and one about every port only if none names the port. With each
    comes the fact that explains it, if there is one.
    """
    for step in drops:
        if step.filter is None or not step.filter.kind.has_rules:
            continue
        # Inside a filter the packet is what the walk says it is there; the readings are those of the flow.
        for row in _nearest(network, trace, step.filter, step):
            fields = tuple(failing_fields(row, step.before, network.tag_space))
            yield _near_miss(network, trace, step, row, fields)


def _nearest(network: EffectiveNetwork, trace: Trace, one: Filter, step: Step) -> list[FilterRow]:
    """The rules that nearly let a packet in: of each the row that fails in the fewest fields."""
    readings = {**recommended(network), **trace.flow.readings}
    rules, packet = lookup(one.rows), step.before
    # No rule after the one that decides could let the packet in.
    permitting = rules.permitting & ((1 << rules.place(step.row)) - 1)
    for number in each(permitting & rules.conditional):
        if not exists_in(one.rows[number].condition, readings):
            permitting ^= 1 << number
    if packet.source == PROBE_SOURCE:  # a rule for other senders was never meant for probes
        permitting = of(number for number in each(permitting) if one.rows[number].source.addresses == PROBE)
    fitting = _fitting(one, packet, network.tag_space)
    _, *failing = _by_failures(permitting, fitting)
    best = next((rows for rows in failing if rows), 0)
    best = _one_of_each(one, best)
    _, source, _, target, _ = fitting
    by_address = best & ~(source & target)
    of_service = by_address & ~rules.to_any_port
    return [one.rows[number] for number in islice(each(of_service or by_address or best), _MOST)]


def _one_of_each(one: Filter, rows: int) -> int:
    """Of the rows of each rule the first; they stand one after the other."""
    parts = lookup(one.rows).parts
    kept, last = rows & ~parts, None
    for number in each(rows & parts):
        row = one.rows[number]
        if (row.priority, row.name) != last:
            last = (row.priority, row.name)
            kept |= 1 << number
    return kept


def _fitting(one: Filter, packet: Packet, tag_space: NumberSet) -> tuple[int, ...]:
    """For each field the rows, as bits, that do not fail in it; one that perhaps matches does not fail."""
    rules = lookup(one.rows)
    found = list(rules.by_field(packet))
    for field, rows, address, tags in (
        (1, rules.open_sources, packet.source, packet.source_tags),
        (3, rules.open_targets, packet.target, packet.target_tags),
    ):
        for number in each(rows):
            match = one.rows[number].source if field == 1 else one.rows[number].target
            if matches_address(match, address, tags, tag_space) is False:
                found[field] &= ~(1 << number)
    return tuple(found)


def _by_failures(rows: int, fitting: Iterable[int]) -> list[int]:
    """The rows by the number of fields in which they fail: none, one, two ..."""
    counted = [rows]
    for fits in fitting:
        counted = [(mine & fits) | (less & ~fits) for mine, less in zip((*counted, 0), (0, *counted), strict=True)]
    return counted


def failing_fields(row: FilterRow, packet: Packet, tag_space: NumberSet) -> Iterator[str]:
    """The names of the fields in which a row does not match a packet; one that perhaps matches does not fail."""
    if packet.protocol not in row.protocol:
        yield "protocol"
    if matches_address(row.source, packet.source, packet.source_tags, tag_space) is False:
        yield "source"
    if packet.source_port not in row.source_port:
        yield "source_port"
    if matches_address(row.target, packet.target, packet.target_tags, tag_space) is False:
        yield "target"
    if packet.target_port not in row.target_port:
        yield "target_port"


def _near_miss(
    network: EffectiveNetwork, trace: Trace, step: Step, row: FilterRow, fields: tuple[str, ...]
) -> tuple[NearMiss, str | None]:
    packet = step.before
    reason = _reason(network, trace, packet, row, fields)
    parts = row.origin.parts
    miss = NearMiss(
        kind="nsg" if step.filter is None else step.filter.kind.value,
        resource=step.at if step.filter is None else step.filter.resource,
        rule=row.name,
        priority=row.priority,
        field=" and ".join(_FIELD_WORDS.get(name, name) for name in fields),
        wants=" and ".join(_wants(row, name) for name in fields),
        sees=" and ".join(_sees(packet, name) for name in fields),
        because=reason.text,
        location=row.origin.span,
        field_location=next((parts[name] for name in fields if name in parts), None),
        cause=reason.cause,
    )
    return miss, reason.fact


def _wants(row: FilterRow, name: str) -> str:
    match name:
        case "protocol":
            return format_protocols(row.protocol)
        case "source":
            return row.source.text
        case "target":
            return row.target.text
        case "source_port":
            return format_ports(row.source_port)
        case _:
            return format_ports(row.target_port)


def _sees(packet: Packet, name: str) -> str:
    match name:
        case "protocol":
            return format_protocol(packet.protocol)
        case "source":
            return format_address(packet.source)
        case "target":
            return format_address(packet.target)
        case "source_port":
            return str(packet.source_port)
        case _:
            return str(packet.target_port)


def _reason(network: EffectiveNetwork, trace: Trace, packet: Packet, row: FilterRow, fields: tuple[str, ...]) -> _Reason:
    """Why the packet carries the address that the rule does not expect."""
    if "source" in fields:
        for step in trace.steps:
            rewritten = step.kind in (StepKind.SOURCE_NAT, StepKind.RELAY) and step.before.source != step.after.source
            if rewritten and step.after.source == packet.source and isinstance(step.row, (SourceTranslation, Arrival)):
                return _Reason(step.because, _cause(step.row), step.row.fact)
        if packet.source != trace.flow.packet.source:
            return _Reason("the load balancer's health probe comes from there", None, "health-probe")
        return _own_address(network, network.sites[trace.flow.origin], row)
    if "target" in fields and any(step.kind is StepKind.DESTINATION_NAT for step in trace.steps):
        return _Reason("an NSG sees the packet after destination translation", None, "translation-before-inbound-rules")
    return _Reason()


def _own_address(network: EffectiveNetwork, origin: Site, row: FilterRow) -> _Reason:
    """Why an untranslated call of an environment carries an address that the rule does not expect."""
    if origin.kind is not SiteKind.ENVIRONMENT:
        return _Reason()
    if row.source.addresses.overlaps(origin.addresses):
        text = f"an instance of {origin.name} may have any of {origin.addresses.size:,} addresses of {origin.subnet}"
        return _Reason(text, origin.span, "any-instance-address")
    public = (f"{origin.name}.vip", f"{origin.name}.outbound")
    if any(network.names.get(low) in public for low, _ in row.source.addresses.ranges):
        text = "inside the virtual network a call carries the address of the instance"
        return _Reason(text, origin.span, "calls-leave-by-the-vip")
    return _Reason()


def _cause(row: SourceTranslation | Arrival) -> Span | None:
    parts = row.origin.parts
    return next((parts[name] for name in _CAUSES if name in parts), row.origin.span)


# -- Facts --------------------------------------------------------------------------------------------------------------


def facts(trace: Trace, behind: Iterable[str] = (), *, let_in: bool = False) -> tuple[str, ...]:
    """Words of the catalogue that explain what became of a flow, the most telling first, and few.

    `behind` are the facts behind its near misses; `let_in` asks for those behind its delivery.
    """
    from asever.catalogue.facts import FACT_OF  # noqa: PLC0415 - what holds needs no facts

    way = tuple(_way_facts(trace))
    found = (*way, *_let_in_facts(trace)) if let_in else (*_lost_facts(trace), *behind, *way)
    return tuple(word for word in dict.fromkeys(found) if word in FACT_OF)[:_MOST_FACTS]


def _lost_facts(trace: Trace) -> Iterator[str]:
    last = next((step for step in trace.steps if step.kind is StepKind.DROP), None)
    if last is not None:
        yield from _drop_facts(last)


def _way_facts(trace: Trace) -> Iterator[str]:
    """What rewrote the source on the way, and what kept it as it was on the way to a public address."""
    for step in trace.steps:
        if isinstance(step.row, Route) and step.row.hop is HopKind.SERVICE_ENDPOINT and not step.reply:
            yield "service-endpoint"
        if isinstance(step.row, (SourceTranslation, Arrival)) and step.row.fact and step.before.source != step.after.source:
            yield step.row.fact


def _drop_facts(step: Step) -> Iterator[str]:
    if step.reply:
        yield "reply-path"
    if step.filter is not None and step.filter.kind is FilterKind.ADMIN:
        yield "admin-rules"
    if step.filter is not None and not step.filter.kind.has_rules and step.row is not None and step.row.origin.azure:
        yield step.row.origin.azure
    if isinstance(step.row, (SourceTranslation, Arrival)) and step.row.fact:
        yield step.row.fact
    if isinstance(step.row, Route) and step.row.origin.azure:
        yield step.row.origin.azure
    if step.filter is not None and isinstance(step.row, FilterRow):
        yield from _rule_facts(step.filter, step.row, step.before)


def _rule_facts(one: Filter, row: FilterRow, packet: Packet) -> Iterator[str]:
    """What an engineer overlooks in a rule that drops a probe, or something that a device is to send on."""
    if packet.source == PROBE_SOURCE and one.kind.has_rules:
        yield "health-probe"
        if _VNET in row.source.text:
            yield "virtual-network-tag"
    elif row.origin.azure is not None and any(_is_for_elsewhere(each, packet) for each in one.rows):
        yield "virtual-network-tag"


def _is_for_elsewhere(row: FilterRow, packet: Packet) -> bool:
    """Whether the default rule for VirtualNetwork lacks a packet only because it goes on to somewhere else."""
    return (
        row.origin.azure is not None
        and row.source.text == row.target.text == _VNET
        and packet.source in row.source.addresses
        and packet.target not in row.target.addresses
    )


def _let_in_facts(trace: Trace) -> Iterator[str]:
    """What lets a packet pass that should not: a default rule, or the width of VirtualNetwork."""
    for step in trace.steps:
        if step.kind is not StepKind.PASS or step.filter is None or not step.filter.kind.has_rules:
            continue
        if not isinstance(step.row, FilterRow):
            continue
        if _VNET in step.row.source.text:
            yield "virtual-network-tag"
        elif step.row.origin.azure is not None:
            yield "default-rules"
