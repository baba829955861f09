"""Every way that the packets of a scope can take: the effective tables split, first row first; filters stay symbolic.

A path is a product set of flows that the same route, translation and arrival rows decide. The paths of a scope are disjoint
and together hold every flow of it, in every reading: a row takes its part of what the rows before it left over.

The other reading is `asever.evaluate.walk`. The two share the tables and nothing else, so that each can catch the other's
mistakes (tests/differential).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from asever.model.effective import (
    ALWAYS,
    Arrival,
    Condition,
    EffectiveNetwork,
    Filter,
    Route,
    Scope,
    Site,
    SiteKind,
    SourceTranslation,
)
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.packets import TCP
from asever.record import record
from asever.solve.terms import meets

FIELDS = ("protocol", "source", "source_port", "target", "target_port")
CHOICES = ("egress", "relay", "instance")
_SOURCE, _TARGET, _TARGET_PORT = 1, 3, 4

# The fabric that is everybody's: what comes from there is answered through there.
INTERNET = "Internet"
# A health probe comes from a usual source port; no rule that anybody writes tells one from another.
PROBE_SOURCE_PORT = 49152
# A packet that is handed on more often goes round in circles.
MOST_FABRICS = 4

View = tuple[str | int, ...]
"""What each of `FIELDS` is at one stage: the name of a variable, or a constant."""


@record
class Place:
    """Filters that a packet must pass one after the other, and the packet that they see."""

    filters: tuple[Filter, ...]
    view: View
    source_tags: frozenset[str] = frozenset()
    target_tags: frozenset[str] = frozenset()


@record
class Path:
    """Flows on their way, and in the end.

    `region` says where each variable lies: the header fields as the sender makes them, and the choices made so far.
    `readings` are those that the rows taken demand. `view` and the tags are the packet as it is now. `unknowns` are
    choices that nobody knows although they are made once and for all, each with the reason.

    At the end exactly one of these: `site` (delivered), `unmodelled` (nobody can say), or neither (lost). `returns` is
    whether the reply comes back, `reply_doubt` why nobody can say.
    """

    region: Mapping[str, NumberSet]
    readings: Mapping[str, str]
    view: View
    source_tags: frozenset[str]
    target_tags: frozenset[str]
    places: tuple[Place, ...] = ()
    doubts: tuple[str, ...] = ()
    unknowns: tuple[tuple[str, str], ...] = ()
    passed: frozenset[str] = frozenset()
    routes: tuple[Route, ...] = ()
    fabrics: tuple[str, ...] = ()
    translated_in: str | None = None
    site: str | None = None
    unmodelled: str | None = None
    returns: bool | None = False
    reply_doubt: str | None = None

    def holds(self, values: Mapping[str, int], readings: Mapping[str, str]) -> bool:
        """Whether a flow, as far as its values are given, takes this path."""
        return all(readings.get(name, value) == value for name, value in self.readings.items()) and all(
            values[name] in numbers for name, numbers in self.region.items() if name in values
        )


def paths(network: EffectiveNetwork, scope: Scope, fixed: Mapping[str, str], *, replies: bool) -> Iterator[Path]:
    """The paths of a scope in the readings that agree with `fixed`; without `replies`, `returns` is None throughout."""
    packets = scope.packets
    start = Path(
        region={name: getattr(packets, name) for name in FIELDS},
        readings={},
        view=FIELDS,
        source_tags=packets.source_tags,
        target_tags=packets.target_tags,
        passed=frozenset({network.sites[scope.origin].thing}),
    )
    journey = _Journey(network, network.sites[scope.origin], fixed, replies=replies)
    here = None if packets.is_empty() else journey.assuming(start, scope.condition)
    if here is not None:
        yield from journey.leave(here)


class _Journey:
    """The stages of `asever.model.effective`, in order."""

    def __init__(self, network: EffectiveNetwork, origin: Site, fixed: Mapping[str, str], *, replies: bool) -> None:
        self.network = network
        self.origin = origin
        self.fixed = fixed
        self.replies = replies

    # -- Splitting ------------------------------------------------------------------------------------------------------

    def assuming(self, path: Path, condition: Condition) -> Path | None:
        """The part of a path in whose readings a row exists; None when there is none."""
        wanted = {name: value for name, value in condition if name not in self.fixed}
        if any(self.fixed.get(name, value) != value for name, value in condition):
            return None
        if any(path.readings.get(name, value) != value for name, value in wanted.items()):
            return None
        return replace(path, readings={**path.readings, **wanted}) if wanted.keys() - path.readings.keys() else path

    def split(
        self, path: Path, wanted: Sequence[tuple[int, NumberSet]], condition: Condition = ALWAYS
    ) -> tuple[Path | None, list[Path]]:
        """The part that a row takes (fields by their index in `FIELDS`), and the disjoint parts that it leaves."""
        if any(_outside(path, field, allowed) for field, allowed in wanted):
            return None, [path]
        taken: Path = path
        left: list[Path] = []
        for name, value in sorted(condition):
            for other in self.network.assumptions[name]:
                elsewhere = None if other == value else self.assuming(taken, frozenset({(name, other)}))
                if elsewhere is not None:
                    left.append(elsewhere)
            agrees = self.assuming(taken, frozenset({(name, value)}))
            if agrees is None:
                return None, [path]
            taken = agrees
        for field, allowed in wanted:
            variable = taken.view[field]
            if isinstance(variable, int):
                continue
            numbers = taken.region[variable]
            rest = numbers - allowed
            if rest:
                left.append(replace(taken, region={**taken.region, variable: rest}))
                taken = replace(taken, region={**taken.region, variable: numbers & allowed})
        return taken, left

    # -- There ----------------------------------------------------------------------------------------------------------

    def leave(self, path: Path) -> Iterator[Path]:
        """Stages 1 and 2: what nothing touches, and the origin's own filters."""
        rest = [path]
        for row in self.origin.exempt:
            rest, taken = self._first(rest, ((_TARGET, row.targets), (0, row.protocol), (_TARGET_PORT, row.target_port)))
            yield from (replace(one, site=self._platform(), returns=True) for one in taken)
        for one in rest:
            yield from self._route(_filtered(one, self.origin.outbound))

    def _first(
        self, every: list[Path], wanted: Sequence[tuple[int, NumberSet]], condition: Condition = ALWAYS
    ) -> tuple[list[Path], list[Path]]:
        """What a row leaves of several paths, and what it takes."""
        rest: list[Path] = []
        taken: list[Path] = []
        for one in every:
            mine, left = self.split(one, wanted, condition)
            rest.extend(left)
            if mine is not None:
                taken.append(mine)
        return rest, taken

    def _platform(self) -> str | None:
        own = (
            one.name for one in self.network.sites.values() if one.kind is SiteKind.PLATFORM and one.vnet == self.origin.vnet
        )
        return next(own, None)

    def _route(self, path: Path) -> Iterator[Path]:
        """Stage 3: the first route that contains the destination."""
        rest = [path]
        for row in self.origin.routes:
            rest, taken = self._first(rest, ((_TARGET, row.destinations),), row.condition)
            for one in taken:
                went = replace(_through(one, row.resource), routes=(*one.routes, row))
                if row.unmodelled is not None:
                    yield replace(went, unmodelled=row.unmodelled)
                elif row.fabric is None:
                    yield went
                else:
                    yield from self._translate(went, row.fabric)
            if not rest:
                return
        yield from rest

    def _translate(self, path: Path, fabric: str) -> Iterator[Path]:
        """Stage 4: the first translation for this fabric; without one the source stays."""
        rest = [path]
        for row in self.origin.translations:
            if row.fabric != fabric:
                continue
            rest, taken = self._first(rest, ((_TARGET, row.destinations), (0, row.protocol)), row.condition)
            for one in taken:
                went = _through(one, row.resource)
                if row.unmodelled is not None:
                    yield replace(went, unmodelled=row.unmodelled)
                elif row.drops is not None:
                    yield went
                else:
                    yield from self._arrive(_translated(went, row, fabric), fabric)
        for one in rest:
            yield from self._arrive(one, fabric)

    def _arrive(self, path: Path, fabric: str) -> Iterator[Path]:
        """Stage 5: the first arrival row; it may hand on to another fabric."""
        here = replace(path, fabrics=(*path.fabrics, fabric))
        if len(here.fabrics) > MOST_FABRICS:
            yield here
            return
        rest = [here]
        for row in self.network.fabrics[fabric].arrivals:
            if row.callers is not None and self.origin.name not in row.callers:
                continue
            if all(_outside(one, _TARGET, row.called) for one in rest):
                continue
            wanted = ((_TARGET, row.called), (0, row.protocol), (_TARGET_PORT, row.called_port))
            rest, taken = self._first(rest, wanted, row.condition)
            for one in taken:
                yield from self._handed(_through(one, row.resource), row)
            if not rest:
                return
        yield from rest

    def _handed(self, path: Path, row: Arrival) -> Iterator[Path]:
        if row.drops is not None:
            yield path
            return
        doubtful = replace(path, doubts=(*path.doubts, row.doubt)) if row.doubt else path
        if row.continues is None:
            yield from self._enter(doubtful, row)
        elif not row.source_becomes:
            yield from self._arrive(doubtful, row.continues)
        else:
            # One choice serves every relay of a way, so a second relay must offer what the first one chose.
            offered = row.source_becomes & doubtful.region.get("relay", row.source_becomes)
            if not offered:
                yield replace(doubtful, unmodelled="the packet is relayed twice, with different sources")
                return
            relayed = replace(_with_source(doubtful, "relay", offered, frozenset()), translated_in=row.continues)
            yield from self._arrive(relayed, row.continues)

    def _enter(self, path: Path, row: Arrival) -> Iterator[Path]:
        """Stages 5 to 7: handed to a site, whose probes and filters have their say."""
        assert row.site is not None  # noqa: S101 - an arrival drops, continues or names a site
        site = self.network.sites[row.site]
        view = list(path.view)
        region = dict(path.region)
        if row.instances:
            view[_TARGET], region["instance"] = "instance", row.instances
        if row.port is not None:
            view[_TARGET_PORT] = row.port
        rewritten = bool(row.instances) or row.port is not None
        here = replace(
            _through(path, site.thing),
            view=tuple(view),
            region=region,
            target_tags=frozenset() if rewritten else path.target_tags,
            site=site.name,
        )
        for port in row.probes:
            probe = (TCP, self.network.probe_source, PROBE_SOURCE_PORT, here.view[_TARGET], port)
            here = replace(here, places=(*here.places, Place(filters=site.inbound, view=probe)))
        delivered = _filtered(here, site.inbound)
        if self.replies:
            yield from self._reply(site, delivered)
        else:
            yield replace(delivered, returns=None)

    # -- And back -------------------------------------------------------------------------------------------------------

    def _reply(self, site: Site, path: Path) -> Iterator[Path]:
        """Stage 8: the receiving site's first route to the source that it saw."""
        rest = [path]
        for row in site.routes:
            rest, taken = self._first(rest, ((_SOURCE, row.destinations),), row.condition)
            for one in taken:
                if row.unmodelled is not None:
                    yield replace(one, returns=None, reply_doubt=row.unmodelled)
                else:
                    yield from self._home(one, row.fabric)
            if not rest:
                return
        yield from rest

    def _home(self, path: Path, fabric: str | None) -> Iterator[Path]:
        """Whether a reply that is handed to a fabric comes back to where it is waited for.

        An address that was not translated must be the origin's in that fabric. A translation waits in its own fabric; one that
        was made inside a virtual network with a public address is found through the Internet too.
        """
        if fabric is None or (INTERNET in path.fabrics and fabric != INTERNET):
            lost, found = [path], []
        elif fabric == (path.translated_in or self.origin.home):
            lost, found = [], [path]
        else:
            lost, found = self._first([path], ((_SOURCE, self._answering(path.translated_in, fabric)),))
        yield from lost
        yield from (replace(one, returns=True) for one in found)

    def _answering(self, translated_in: str | None, fabric: str) -> NumberSet:
        rows = self.network.fabrics[fabric].arrivals
        if translated_in is None:
            return union(row.called for row in rows if row.site == self.origin.name)
        return union(row.called for row in rows) if fabric == INTERNET else EMPTY


def _outside(path: Path, field: int, allowed: NumberSet) -> bool:
    """Whether no flow of a path has this field in a set."""
    now = path.view[field]
    return now not in allowed if isinstance(now, int) else not meets(path.region[now], allowed)


def _through(path: Path, resource: str) -> Path:
    return replace(path, passed=path.passed | {resource}) if resource else path


def _filtered(path: Path, filters: tuple[Filter, ...]) -> Path:
    if not filters:
        return path
    place = Place(filters=filters, view=path.view, source_tags=path.source_tags, target_tags=path.target_tags)
    return replace(path, places=(*path.places, place), passed=path.passed | {one.resource for one in filters})


def _translated(path: Path, row: SourceTranslation, fabric: str) -> Path:
    if not row.becomes:
        return path
    after = replace(_with_source(path, "egress", row.becomes, row.tags), translated_in=fabric)
    return after if row.unknown is None else replace(after, unknowns=(*after.unknowns, ("egress", row.unknown)))


def _with_source(path: Path, choice: str, offered: NumberSet, tags: frozenset[str]) -> Path:
    view = list(path.view)
    view[_SOURCE] = choice
    return replace(path, view=tuple(view), region={**path.region, choice: offered}, source_tags=tags)
