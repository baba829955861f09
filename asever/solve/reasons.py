"""Why a flow has no verdict, in words: what of its path nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.model.effective import (
    AddressMatch,
    EffectiveNetwork,
    Filter,
    FilterRow,
    FlowQuestion,
    Quantifier,
    exists_in,
    unknown_rule,
)
from asever.solve.encode import stays_in_region
from asever.solve.flows import Found
from asever.solve.paths import FIELDS, Place


def time_limit(seconds: float | None) -> str:
    """The reason of a time-out."""
    return "the solver gave up" if seconds is None else f"the solver stopped at the time limit of {seconds:g} s"


def reasons(network: EffectiveNetwork, question: FlowQuestion, found: Found) -> tuple[str, ...]:
    """Everything that leaves the flow's verdict open, in the order of its way."""
    every = tuple(dict.fromkeys(_reasons(network, question, found)))
    return every or ("whether this flow arrives is not documented",)


def unknown_constants(found: Found) -> tuple[str, ...]:
    """The reasons why the true value of some of the flow's addresses is not known."""
    return tuple(dict.fromkeys(found.unknowns().values()))


def _reasons(network: EffectiveNetwork, question: FlowQuestion, found: Found) -> Iterator[str]:
    path, success = found.path, question.success
    values = _values(found)
    for place in path.places:
        yield from _open_rules(network, place, values, found.flow.readings)
    if path.unmodelled is not None:
        yield path.unmodelled
        return
    yield from path.doubts
    if success.within_region and stays_in_region(path, found.scope) is None:
        yield "whether this path stays in the region is not documented"
    source = path.view[1]
    seen = values[source] if isinstance(source, str) else source
    wanted = success.seen_as
    if wanted.unknown_tags and seen not in wanted.addresses and wanted.unknown_tags.isdisjoint(path.source_tags):
        tags = ", ".join(sorted(success.seen_as.unknown_tags))
        yield f"whether the source that arrives is in {tags} is not known"
    if question.quantifier is not Quantifier.NONE_ARRIVES and path.reply_doubt is not None:
        yield path.reply_doubt


def _values(found: Found) -> dict[str, int]:
    return {name: getattr(found.flow.packet, name) for name in FIELDS} | dict(found.flow.choices)


def _open_rules(
    network: EffectiveNetwork, place: Place, values: Mapping[str, int], readings: Mapping[str, str]
) -> Iterator[str]:
    """The rules that perhaps match before one surely does, where that makes a difference."""
    packet = [values[now] if isinstance(now, str) else now for now in place.view]
    for one in place.filters:
        perhaps, action = [], one.otherwise
        for row in one.rows:
            answer = _matches(network, row, packet, place) if exists_in(row.condition, readings) else False
            if answer:
                action = row.action
                break
            if answer is None:
                perhaps.append(row)
        for row in perhaps:
            if row.action is not action:
                yield _rule_reason(one, row)


def _rule_reason(one: Filter, row: FilterRow) -> str:
    return unknown_rule(row, one.resource)


def _matches(network: EffectiveNetwork, row: FilterRow, packet: list[int], place: Place) -> bool | None:
    protocol, source, source_port, target, target_port = packet
    if protocol not in row.protocol or source_port not in row.source_port or target_port not in row.target_port:
        return False
    answer: bool | None = True
    for match, address, tags in ((row.source, source, place.source_tags), (row.target, target, place.target_tags)):
        if address in match.addresses or match.unknown_tags & tags:
            continue
        if not _is_open(network, match, address, tags):
            return False
        answer = None
    return answer


def _is_open(network: EffectiveNetwork, match: AddressMatch, address: int, tags: frozenset[str]) -> bool:
    """Whether nobody knows if an address is what a rule names."""
    known = address in match.addresses or bool(match.unknown_tags & tags)
    return not known and any(address in match.space(tag, network.tag_space) for tag in match.open_tags(tags))
