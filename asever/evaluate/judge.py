"""What one filter decides about one packet, and whether a walked flow is what a claim wants.

Three values throughout: yes, no, and None where a service tag of unknown content or an undocumented fact decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from asever.evaluate.lookup import near
from asever.model.answers import Outcome, StepKind, Trace
from asever.model.effective import (
    Action,
    AddressMatch,
    EffectiveNetwork,
    Filter,
    FilterRow,
    Scope,
    Success,
    exists_in,
)
from asever.model.numbers import NumberSet
from asever.model.packets import Packet


def matches_address(match: AddressMatch, address: int, tags: frozenset[str], tag_space: NumberSet) -> bool | None:
    """Whether an address matches one side of a rule; None when it is in the space of a tag that is unknown."""
    if address in match.addresses or match.unknown_tags & tags:
        return True
    open_tags = match.open_tags(tags)
    return None if open_tags and any(address in match.space(tag, tag_space) for tag in open_tags) else False


def matches(row: FilterRow, packet: Packet, tag_space: NumberSet) -> bool | None:
    """Whether a rule matches a packet: protocol, both addresses and both ports."""
    if (
        packet.protocol not in row.protocol
        or packet.source_port not in row.source_port
        or packet.target_port not in row.target_port
    ):
        return False
    sides = (
        matches_address(row.source, packet.source, packet.source_tags, tag_space),
        matches_address(row.target, packet.target, packet.target_tags, tag_space),
    )
    if False in sides:
        return False
    return None if None in sides else True


def candidates(
    one: Filter, packet: Packet, readings: Mapping[str, str], tag_space: NumberSet
) -> tuple[tuple[FilterRow, ...], FilterRow | None]:
    """The rows that perhaps match before the first that surely does, and that one (None: no row surely matches)."""
    perhaps: list[FilterRow] = []
    for row in near(one.rows, packet):
        if row.condition and not exists_in(row.condition, readings):
            continue
        answer = matches(row, packet, tag_space)
        if answer:
            return tuple(perhaps), row
        if answer is None:
            perhaps.append(row)
    return tuple(perhaps), None


def deciding_row(one: Filter, packet: Packet, readings: Mapping[str, str], network: EffectiveNetwork) -> FilterRow | None:
    """The first row that surely matches; rules are processed in order of priority and processing stops at the first match."""
    return candidates(one, packet, readings, network.tag_space)[1]


def decides(one: Filter, packet: Packet, readings: Mapping[str, str], tag_space: NumberSet) -> Action | None:
    """What a filter does with a packet; None when rows that only perhaps match could make it different."""
    perhaps, row = candidates(one, packet, readings, tag_space)
    action = row.action if row is not None else one.otherwise
    return action if all(other.action is action for other in perhaps) else None


def succeeds(trace: Trace, scope: Scope, success: Success, *, with_reply: bool) -> bool | None:
    """Whether the walked flow is delivered as the claim wants it; None is unknown."""
    delivered = trace.outcome is Outcome.DELIVERED or (not with_reply and trace.outcome is Outcome.REPLY_LOST)
    unknown = trace.outcome is Outcome.UNKNOWN and (with_reply or _open_there(trace))
    delivered = delivered or (trace.outcome is Outcome.UNKNOWN and not unknown)
    if not delivered and not unknown:
        return False
    if trace.arrived is None or trace.site is None:
        return None
    if trace.site not in scope.arrives_at or trace.arrived.target not in scope.arrives_as:
        return False
    if success.via - trace.passed or success.not_via & trace.passed:
        return False
    answers: list[bool | None] = [None if unknown else True]
    answers.append(_seen(trace, success))
    if success.within_region:
        answers.extend(scope.internet_regional if route.regional is None else route.regional for route in trace.routes)
    if False in answers:
        return False
    return None if None in answers else True


def _open_there(trace: Trace) -> bool:
    """Whether something on the way there is unknown; what is unknown of the reply alone is left out."""
    back = {step.detail for step in trace.steps if step.reply and step.kind is StepKind.UNKNOWN}
    there = any(step.kind is StepKind.UNKNOWN and not step.reply for step in trace.steps)
    return there or any(reason not in back for reason in trace.unknown)


def _seen(trace: Trace, success: Success) -> bool | None:
    assert trace.arrived is not None  # noqa: S101 - asked only of flows that arrived
    match = success.seen_as
    if trace.arrived.source in match.addresses or match.unknown_tags & trace.arrived.source_tags:
        return True
    return None if match.unknown_tags else False
