"""Every way a scope's packets can take, as product sets: the effective tables split, first row first; filters stay symbolic.

The other reading is `asever.evaluate.walk`. The two share the tables and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from asever.model.effective import (
    Arrival,
    Condition,
    EffectiveNetwork,
    Filter,
    Route,
    Scope,
    Site,
    SourceTranslation,
    Success,
)
from asever.model.numbers import NumberSet
from asever.model.packets import TCP

Field = str
FIELDS = ("protocol", "source", "source_port", "target", "target_port")
MAX_RELAYS = 4
INTERNET = "Internet"
# No probe cares about its source port; the usual ones are these.
PROBE_PORT = 49152


@dataclass(frozen=True, slots=True)
class Var:
    """A header field of the first packet, or a free choice."""

    name: str


View = tuple[tuple[Field, Var | int], ...]
"""What each field is at one stage: a variable or a constant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A product set of flows in progress. `where` is keyed by variable name."""

    where: Mapping[str, NumberSet]
    readings: Mapping[str, str]
    fields: Mapping[Field, Var | int]
    source_tags: frozenset[str]
    target_tags: frozenset[str]
    filters: tuple[tuple[tuple[Filter, ...], View, frozenset[str], frozenset[str]], ...] = ()
    doubts: tuple[str, ...] = ()
    passed: frozenset[str] = frozenset()
    routes: tuple[Route, ...] = ()
    unknown_constants: frozenset[str] = frozenset()
    unknown_because: tuple[str, ...] = ()
    translated_in: str | None = None
    fabrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A finished case: how it ends. `site` is set when it is delivered; `unmodelled` when nobody can say."""

    case: Case
    site: str | None = None
    unmodelled: str | None = None
    returns: bool | None = None


def only(values: NumberSet | int, case: Case, name: Field) -> Case | None:
    """The part of a case in which a field lies in a set; None when it is empty."""
    wanted = NumberSet.single(values) if isinstance(values, int) else values
    now = case.fields[name]
    if isinstance(now, int):
        return case if now in wanted else None
    narrowed = case.where[now.name] & wanted
    if not narrowed:
        return None
    if narrowed == case.where[now.name]:
        return case
    return replace(case, where={**case.where, now.name: narrowed})


def assuming(case: Case, condition: Condition) -> Case | None:
    """The part of a case in whose readings a row exists."""
    readings = dict(case.readings)
    for name, value in sorted(condition):
        if readings.setdefault(name, value) != value:
            return None
    return case if len(readings) == len(case.readings) else replace(case, readings=readings)


def split(
    case: Case, wanted: Sequence[tuple[Field, NumberSet]], condition: Condition, values: Mapping[str, tuple[str, ...]]
) -> tuple[Case | None, list[Case]]:
    """The part of a case that a row takes, and the disjoint parts that it leaves."""
    rest: list[Case] = []
    current: Case = case
    for name, value in sorted(condition):
        for other in values[name]:
            if other != value:
                left = assuming(current, frozenset({(name, other)}))
                if left is not None:
                    rest.append(left)
        narrowed = assuming(current, frozenset({(name, value)}))
        if narrowed is None:
            return None, [case]
        current = narrowed
    for name, allowed in wanted:
        now = current.fields[name]
        if isinstance(now, int):
            if now not in allowed:
                return None, [case]
            continue
        outside = current.where[now.name] - allowed
        if outside:
            rest.append(replace(current, where={**current.where, now.name: outside}))
        inside = only(allowed, current, name)
        if inside is None:
            return None, [case]
        current = inside
    return current, rest


def paths(network: EffectiveNetwork, scope: Scope, fixed: Mapping[str, str]) -> Iterator[Path]:
    """Every way that the packets of a scope can take; the cases of the paths partition them in every reading."""
    packets = scope.packets
    origin = network.sites[scope.origin]
    start = Case(
        where={
            "protocol": packets.protocol,
            "source": packets.source,
            "source_port": packets.source_port,
            "target": packets.target,
            "target_port": packets.target_port,
        },
        readings=dict(fixed),
        fields={name: Var(name) for name in FIELDS},
        source_tags=packets.source_tags,
        target_tags=packets.target_tags,
        passed=frozenset({origin.thing}),
    )
    first = assuming(start, scope.condition)
    if first is None or packets.is_empty():
        return
    yield from _leave(network, origin, first)


def _leave(network: EffectiveNetwork, origin: Site, case: Case) -> Iterator[Path]:
    cases = [case]
    for exemption in origin.exempt:
        left: list[Case] = []
        for one in cases:
            taken, rest = split(
                one,
                (("target", exemption.targets), ("protocol", exemption.protocol), ("target_port", exemption.target_port)),
                frozenset(),
                network.assumptions,
            )
            left.extend(rest)
            if taken is not None:
                platform = next(
                    site.name for site in network.sites.values() if site.kind.value == "platform" and site.vnet == origin.vnet
                )
                yield Path(case=taken, site=platform, returns=True)
        cases = left
    for one in cases:
        yield from _route(network, origin, _filtered(one, origin.outbound))


def _filtered(case: Case, filters: tuple[Filter, ...]) -> Case:
    if not filters:
        return case
    view = tuple((name, case.fields[name]) for name in FIELDS)
    return replace(
        case,
        filters=(*case.filters, (filters, view, case.source_tags, case.target_tags)),
        passed=case.passed | {one.resource for one in filters},
    )


def _route(network: EffectiveNetwork, origin: Site, case: Case) -> Iterator[Path]:
    cases = [case]
    for row in origin.routes:
        left: list[Case] = []
        for one in cases:
            taken, rest = split(one, (("target", row.destinations),), row.condition, network.assumptions)
            left.extend(rest)
            if taken is None:
                continue
            went = replace(taken, routes=(*taken.routes, row), passed=taken.passed | ({row.resource} if row.resource else set()))
            if row.unmodelled is not None:
                yield Path(case=went, unmodelled=row.unmodelled)
            elif row.fabric is None:
                yield Path(case=went)
            else:
                yield from _translate(network, origin, went, row.fabric)
        cases = left
        if not cases:
            return
    yield from (Path(case=one) for one in cases)


def _translate(network: EffectiveNetwork, origin: Site, case: Case, fabric: str) -> Iterator[Path]:
    cases = [case]
    for row in origin.translations:
        if row.fabric != fabric:
            continue
        left: list[Case] = []
        for one in cases:
            taken, rest = split(
                one, (("target", row.destinations), ("protocol", row.protocol)), row.condition, network.assumptions
            )
            left.extend(rest)
            if taken is None:
                continue
            if row.unmodelled is not None:
                yield Path(case=taken, unmodelled=row.unmodelled)
            elif row.drops is not None:
                yield Path(case=taken)
            else:
                yield from _arrive(network, origin, _from(taken, row, fabric), fabric)
        cases = left
    for one in cases:
        yield from _arrive(network, origin, one, fabric)


def _from(case: Case, row: SourceTranslation, fabric: str) -> Case:
    if not row.becomes:
        return case
    return replace(
        case,
        where={**case.where, "egress": row.becomes},
        fields={**case.fields, "source": Var("egress")},
        source_tags=row.tags,
        passed=case.passed | ({row.resource} if row.resource else set()),
        unknown_constants=case.unknown_constants | ({"egress"} if row.unknown else set()),
        unknown_because=(*case.unknown_because, row.unknown) if row.unknown else case.unknown_because,
        translated_in=fabric,
    )


def _target_range(case: Case) -> NumberSet:
    now = case.fields["target"]
    return NumberSet.single(now) if isinstance(now, int) else case.where[now.name]


def _arrive(network: EffectiveNetwork, origin: Site, case: Case, fabric: str) -> Iterator[Path]:
    case = replace(case, fabrics=(*case.fabrics, fabric))
    if len(case.fabrics) > MAX_RELAYS:
        yield Path(case=case)
        return
    cases = [case]
    called = _target_range(case)
    for row in network.fabrics[fabric].arrivals:
        if row.callers is not None and origin.name not in row.callers:
            continue
        if not row.called.overlaps(called):
            continue
        left: list[Case] = []
        for one in cases:
            taken, rest = split(
                one,
                (("target", row.called), ("protocol", row.protocol), ("target_port", row.called_port)),
                row.condition,
                network.assumptions,
            )
            left.extend(rest)
            if taken is not None:
                yield from _handed(network, origin, taken, row)
        cases = left
        if not cases:
            return
    yield from (Path(case=one) for one in cases)


def _handed(network: EffectiveNetwork, origin: Site, case: Case, row: Arrival) -> Iterator[Path]:
    passed = case.passed | ({row.resource} if row.resource else set())
    case = replace(case, doubts=(*case.doubts, row.doubt) if row.doubt else case.doubts, passed=passed)
    if row.drops is not None:
        yield Path(case=case)
    elif row.continues is not None:
        if row.source_becomes:
            case = replace(
                case,
                where={**case.where, "relay": row.source_becomes},
                fields={**case.fields, "source": Var("relay")},
                source_tags=frozenset(),
                translated_in=row.continues,
            )
        yield from _arrive(network, origin, case, row.continues)
    else:
        yield from _enter(network, origin, case, row)


def _enter(network: EffectiveNetwork, origin: Site, case: Case, row: Arrival) -> Iterator[Path]:
    assert row.site is not None  # noqa: S101 - an arrival drops, continues or names a site
    site = network.sites[row.site]
    fields = dict(case.fields)
    where = dict(case.where)
    target_tags = case.target_tags
    if row.instances:
        where["instance"] = row.instances
        fields["target"] = Var("instance")
        target_tags = frozenset()
    if row.port is not None:
        fields["target_port"] = row.port
    case = replace(case, fields=fields, where=where, target_tags=target_tags, passed=case.passed | {site.thing})
    for port in row.probes:
        probe = {
            "protocol": TCP,
            "source": network.probe_source,
            "source_port": PROBE_PORT,
            "target": fields["target"],
            "target_port": port,
        }
        view = tuple((name, probe[name]) for name in FIELDS)
        case = replace(case, filters=(*case.filters, (site.inbound, view, frozenset(), frozenset())))
    case = _filtered(case, site.inbound)
    yield from _reply(network, origin, site, case)


def _leads_home(network: EffectiveNetwork, origin: Site, case: Case, row: Route) -> bool:
    """Whether a reply on this route comes back to whoever waits for it: the translation that was made, or the caller."""
    if row.fabric is None:
        return False
    if case.translated_in is not None:
        # A translated source is a public address: its owner is found where it was translated, and on the Internet.
        return row.fabric in (case.translated_in, INTERNET)
    return row.fabric == origin.home or any(
        one.site == origin.name and one.continues is None for one in network.fabrics[row.fabric].arrivals
    )


def _reply(network: EffectiveNetwork, origin: Site, site: Site, case: Case) -> Iterator[Path]:
    cases = [case]
    needs_internet = INTERNET in case.fabrics
    for row in site.routes:
        left: list[Case] = []
        for one in cases:
            taken, rest = split(one, (("source", row.destinations),), row.condition, network.assumptions)
            left.extend(rest)
            if taken is None:
                continue
            if row.unmodelled is not None:
                yield Path(case=taken, site=site.name, returns=None)
                continue
            back = _leads_home(network, origin, case, row) and (not needs_internet or row.fabric == INTERNET)
            yield Path(case=taken, site=site.name, returns=back)
        cases = left
    yield from (Path(case=one, site=site.name, returns=False) for one in cases)
