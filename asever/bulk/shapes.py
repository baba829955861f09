"""The ways to one called end, as one caller takes them, in a form that is good for others like it: filters and views by role.

Callers are alike when no table but their own filters tells them apart; then they take the same ways, and what differs is what
their own filters let pass and what others make of their addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.bulk.cells import Traffic
from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import (
    ANYWHERE,
    EffectiveNetwork,
    Filter,
    FlowQuestion,
    Quantifier,
    Scope,
    Site,
    may_exist,
)
from asever.model.numbers import NumberSet
from asever.record import record
from asever.solve.encode import can_arrive, surely_arrives
from asever.solve.paths import FIELDS, Path, Place, paths


@record(kw_only=False)
class Stage:
    """Filters that packets from `source`, or from the caller's own addresses, to `target` must pass.

    Without `filters` they are the caller's own.
    """

    filters: tuple[Filter, ...] | None
    source: NumberSet | None
    target: NumberSet


@record(kw_only=False)
class Shape:
    """A part of the flows, by the fields that no two callers differ in, that takes one way.

    `arrives` if it passes every stage; then `returns` says whether the reply comes back. `readings` are those that the
    part exists in.
    """

    traffic: Traffic
    stages: tuple[Stage, ...]
    arrives: bool
    returns: bool
    readings: Mapping[str, str]


def shapes(network: EffectiveNetwork, question: FlowQuestion, caller: Site) -> tuple[Shape, ...] | None:
    """What becomes of the flows of a question about one caller; None if that is not simple."""
    success = question.success
    if success.seen_as != ANYWHERE or success.via or success.not_via or success.within_region:
        return None
    found: list[Shape] = []
    for scope in question.scopes:
        if not may_exist(scope.condition, question.fixed):
            continue
        if not _is_simple(scope, caller):
            return None
        replies = question.quantifier is not Quantifier.NONE_ARRIVES
        every = list(paths(network, scope, question.fixed, replies=replies))
        if _hangs_on_unknown(every):
            return None
        for path in every:
            one = _shape(path, scope, question, caller)
            if one is None:
                return None
            found.append(one)
    return tuple(found)


def _hangs_on_unknown(every: Sequence[Path]) -> bool:
    """Whether a value that nobody knows may decide which of the paths is taken."""
    values: dict[str, NumberSet] = {}
    return any(values.setdefault(name, path.region[name]) != path.region[name] for path in every for name, _ in path.unknowns)


def _is_simple(scope: Scope, caller: Site) -> bool:
    packets = scope.packets
    return (
        scope.origin == caller.name
        and packets.source == caller.addresses
        and not (packets.source_tags or packets.target_tags or scope.partial_source or scope.partial_target)
        and scope.arrives_as == ALL_ADDRESSES
    )


def _shape(path: Path, scope: Scope, question: FlowQuestion, caller: Site) -> Shape | None:
    arrives = can_arrive(path, scope, question.success)
    replies = question.quantifier is not Quantifier.NONE_ARRIVES
    if path.unmodelled is not None or path.region["source"] != caller.addresses:
        return None
    if arrives and (not surely_arrives(path, scope, question.success) or (replies and path.returns is None)):
        return None
    stages = list(_stages(path, caller)) if arrives else []
    if None in stages:
        return None
    return Shape(
        traffic=Traffic(path.region["protocol"], path.region["source_port"], path.region["target_port"]),
        stages=tuple(one for one in stages if one is not None),
        arrives=arrives,
        returns=path.returns is not False,
        readings=path.readings,
    )


def _stages(path: Path, caller: Site) -> Iterator[Stage | None]:
    """The filters of a path with what they see; None where they see something else than addresses translated."""
    unknown = {name for name, _ in path.unknowns}
    for place in path.places:
        filters = place.filters
        if not filters:
            continue
        protocol, source, source_port, target, target_port = place.view
        own = any(one is other for one in filters for other in caller.outbound)
        plain_ports = (protocol, source_port, target_port) == (FIELDS[0], FIELDS[2], FIELDS[4])
        whole = not own or (source == FIELDS[1] and _is_all_of(place, caller))
        if not plain_ports or not whole or place.source_tags or place.target_tags or {source, target} & unknown:
            yield None
        else:
            yield Stage(
                None if own else filters,
                None if source == FIELDS[1] else _numbers(path, source),
                _numbers(path, target),
            )


def _is_all_of(place: Place, caller: Site) -> bool:
    return len(place.filters) == len(caller.outbound) and all(
        one is other for one, other in zip(place.filters, caller.outbound, strict=True)
    )


def _numbers(path: Path, now: str | int) -> NumberSet:
    return NumberSet.single(now) if isinstance(now, int) else path.region[now]


def addresses(every: Iterable[Shape]) -> Iterator[NumberSet]:
    """The addresses that filters see, the callers' own apart."""
    for shape in every:
        for stage in shape.stages:
            yield stage.target
            if stage.source is not None:
                yield stage.source
