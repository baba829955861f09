"""Every way that the packets of a scope can take: the effective tables split, first row first; filters stay symbolic.

A path is a product set of flows that the same route, translation and arrival rows decide. The paths of a scope are disjoint
and together hold every flow of it, in every reading: a row takes its part of what the rows before it left over.

The other reading is `asever.evaluate.walk`. The two share the tables and nothing else, so that each can catch the other's
mistakes (tests/differential).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from operator import attrgetter, itemgetter

from asever.model.effective import (
    ALWAYS,
    MOST_DEVICES,
    TO_DEVICE,
    Arrival,
    Condition,
    EffectiveNetwork,
    Filter,
    FilterRow,
    FlowQuestion,
    Packets,
    Quantifier,
    Recipient,
    Redirect,
    Route,
    Scope,
    Site,
    SiteKind,
    SourceTranslation,
    conditions_of,
    platform_site,
)
from asever.model.identity import Same
from asever.model.numbers import NumberSet, union
from asever.model.packets import TCP, choice_name
from asever.record import record, replace
from asever.solve.terms import covers, last, meets

FIELDS = ("protocol", "source", "source_port", "target", "target_port")
fields_of: Callable[[Packets], tuple[NumberSet, ...]] = attrgetter(*FIELDS)
"""The numbers of each of `FIELDS`."""
_PROTOCOL, _SOURCE, _TARGET, _TARGET_PORT = 0, 1, 3, 4

# The fabric that is everybody's: what comes from there is answered through there.
INTERNET = "Internet"
# A health probe comes from a usual source port; no rule that anybody writes tells one from another.
PROBE_SOURCE_PORT = 49152
# A packet that is handed on more often goes round in circles.
MOST_FABRICS = 4

_Wanted = tuple[str | int, NumberSet]
"""A field as it is now (a variable or a constant), and the set that it must lie in."""

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
class Leg:
    """A stretch of the way: who sent the packet, the source it came with, and what carried and translated it.

    `forwarded`: the sender is a device, and not where the packet comes from.
    """

    sender: Site
    forwarded: bool
    source: str | int
    source_tags: frozenset[str]
    fabrics: tuple[str, ...]
    translated_in: str | None


@record
class Taken:
    """A row that decides the way of a path: what it is, whose it is, and how many places the packet had passed by then."""

    row: Route | SourceTranslation | Arrival | Redirect
    at: str
    places: int
    reply: bool = False


@record
class Path:
    """Flows on their way, and in the end.

    `region` says where each variable lies: the header fields as the sender makes them, and the choices made so far, in order.
    `legs` are the stretches behind it; `fabrics` and `translated_in` are about the one that it is on. `devices` are those that
    have forwarded it, each with the number of redirects before. `taken` are the rows that decided the way, in order, and
    `readings` are those that they demand. `view` and the tags are the packet as it is now. `unknowns` are choices that nobody
    knows although they are made once and for all, with the reasons.

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
    legs: tuple[Leg, ...] = ()
    fabrics: tuple[str, ...] = ()
    translated_in: str | None = None
    devices: tuple[tuple[str, int], ...] = ()
    redirects: int = 0
    taken: tuple[Taken, ...] = ()
    lost: bool = False
    site: str | None = None
    unmodelled: str | None = None
    returns: bool | None = False
    reply_doubt: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the way ended before the packet came anywhere."""
        return self.lost or self.unmodelled is not None

    def holds(self, values: Mapping[str, int], readings: Mapping[str, str]) -> bool:
        """Whether a flow, as far as its values are given, takes this path."""
        return all(readings.get(name, value) == value for name, value in self.readings.items()) and all(
            values[name] in numbers for name, numbers in self.region.items() if name in values
        )


Ways = tuple[tuple[Scope, tuple["Path", ...]], ...]
"""The scopes of a question, each with its paths."""

Assumed = tuple[tuple[Scope, frozenset[str]], ...]
"""The scopes of a question, each with names of assumptions."""


def existing_ways(network: EffectiveNetwork, question: FlowQuestion) -> Ways:
    """The paths of every scope of a question that a flow is in; all that is said of scopes by number counts these.

    The last ones are kept: an answer wants them, its core, and who confirms it.
    """
    return _existing(Same(network), Same(question))


def assumed(network: EffectiveNetwork, question: FlowQuestion) -> Assumed:
    """Every scope of a question with the assumptions that it, or what its flows meet, hangs on: those taken for granted too."""
    return tuple((one.scope, one.asked | one.ruled) for one in _found(Same(network), Same(question)))


def mentioned(network: EffectiveNetwork, question: FlowQuestion) -> frozenset[str]:
    """The assumptions that the paths of a question, or rules that are asked on them, depend on."""
    every = _found(Same(network), Same(question))
    return frozenset[str]().union(*(one.ruled for one in every), *(path.readings for one in every for path in one.paths))


def _of_rules(every: Iterable[Path]) -> frozenset[str]:
    filters = {id(one.rows): one.rows for path in every for place in path.places for one in place.filters}
    return frozenset[str]().union(*(_assumptions_of(Same(rows)) for rows in filters.values()))


@lru_cache(maxsize=256)
def _assumptions_of(same: Same[tuple[FilterRow, ...]]) -> frozenset[str]:
    return conditions_of(row.condition for row in same.value)


@record
class _Found:
    """The paths of a scope, the assumptions that were asked about on the way to them, and those of rules on them."""

    scope: Scope
    paths: tuple[Path, ...]
    asked: frozenset[str]
    ruled: frozenset[str]


@lru_cache(maxsize=4)
def _existing(network: Same[EffectiveNetwork], question: Same[FlowQuestion]) -> Ways:
    return tuple((one.scope, one.paths) for one in _found(network, question) if one.paths)


@lru_cache(maxsize=4)
def _found(network: Same[EffectiveNetwork], same: Same[FlowQuestion]) -> tuple[_Found, ...]:
    question = same.value
    replies = question.quantifier is not Quantifier.NONE_ARRIVES  # a security claim asks for no replies
    return tuple(_paths_of(network, scope, question.fixed, replies=replies) for scope in question.scopes)


def _paths_of(network: Same[EffectiveNetwork], scope: Scope, fixed: Mapping[str, str], *, replies: bool) -> _Found:
    """The paths of a scope: those of the last one like it, with its own packets, where the tables tell no difference."""
    tags = (scope.packets.source_tags, scope.packets.target_tags)
    known = _outlines(network, scope.origin, scope.arrives_at, tags, scope.condition, frozenset(fixed.items()), replies)
    if not known or not known[0].fits(scope.packets):
        journey, every = _paths(network.value, scope, fixed, replies=replies)
        mine = tuple(every)
        found = _Found(scope=scope, paths=mine, asked=frozenset(journey.asked), ruled=_of_rules(mine))
        repeats = journey.repeats and found.paths
        known[:] = [_Outline(tuple(journey.compared.values()), found)] if repeats else []
        return found
    numbers = dict(zip(FIELDS, fields_of(scope.packets), strict=True))
    last = known[0].found
    return replace(last, scope=scope, paths=tuple(replace(one, region={**one.region, **numbers}) for one in last.paths))


class _Outline:
    """Paths that hold all packets of their scope, and how its fields compared with the sets of the tables.

    Nothing else is asked of the packets on the way: others that compare alike take the same paths.
    """

    def __init__(self, compared: Iterable[tuple[str, NumberSet, bool]], found: _Found) -> None:
        """Of each comparison the field, the set, and whether all of the field lies in it, or nothing."""
        self._compared = compared
        self.found = found

    @cached_property
    def _within(self) -> Mapping[str, NumberSet]:
        """Where each field that was compared has to lie, to compare alike."""
        within: dict[str, NumberSet] = {}
        for name, numbers, inside in sorted(self._compared, key=itemgetter(2), reverse=True):
            known = within.get(name)
            if inside:
                within[name] = numbers if known is None else known & numbers
            else:
                within[name] = (NumberSet.span(0, last(name)) if known is None else known) - numbers
        return within

    def fits(self, packets: Packets) -> bool:
        """Whether packets compare alike."""
        return not packets.is_empty() and all(covers(numbers, getattr(packets, name)) for name, numbers in self._within.items())


@lru_cache(maxsize=64)
def _outlines(*_scope: object) -> list[_Outline]:
    """The outline of the last scope of this origin, of these sites and tags, in these readings, once there is one."""
    return []


def paths(network: EffectiveNetwork, scope: Scope, fixed: Mapping[str, str], *, replies: bool) -> Iterator[Path]:
    """The paths of a scope in the readings that agree with `fixed`; without `replies`, `returns` is None throughout."""
    return _paths(network, scope, fixed, replies=replies)[1]


def _paths(
    network: EffectiveNetwork, scope: Scope, fixed: Mapping[str, str], *, replies: bool
) -> tuple[_Journey, Iterator[Path]]:
    """The journey, and its paths, which are found as they are asked for."""
    packets = scope.packets
    start = Path(
        region=dict(zip(FIELDS, fields_of(packets), strict=True)),
        readings={},
        view=FIELDS,
        source_tags=packets.source_tags,
        target_tags=packets.target_tags,
        passed=frozenset({network.sites[scope.origin].thing}),
    )
    journey = _Journey(network, network.sites[scope.origin], fixed, replies=replies)
    here = None if packets.is_empty() else journey.assuming(start, scope.condition)
    return journey, iter(()) if here is None else journey.leave(here)


class _Journey:
    """The stages of `asever.model.effective`, in order."""

    def __init__(self, network: EffectiveNetwork, origin: Site, fixed: Mapping[str, str], *, replies: bool) -> None:
        self.network = network
        self.origin = origin
        self.fixed = fixed
        self.replies = replies
        self.compared: dict[tuple[str, int], tuple[str, NumberSet, bool]] = {}
        self.asked: set[str] = set()
        self.repeats = True
        """Whether no header field was split, so that its comparisons tell the way (`_Outline`)."""

    # -- Splitting ------------------------------------------------------------------------------------------------------

    def assuming(self, path: Path, condition: Condition) -> Path | None:
        """The part of a path in whose readings a row exists; None when there is none."""
        self.asked.update(name for name, _ in condition)
        wanted = {name: value for name, value in condition if name not in self.fixed}
        if any(self.fixed.get(name, value) != value for name, value in condition):
            return None
        if any(path.readings.get(name, value) != value for name, value in wanted.items()):
            return None
        return replace(path, readings={**path.readings, **wanted}) if wanted.keys() - path.readings.keys() else path

    def split(self, path: Path, wanted: Sequence[_Wanted], condition: Condition = ALWAYS) -> tuple[Path | None, list[Path]]:
        """The part that a row takes, and the disjoint parts that it leaves."""
        if any(self.outside(path, now, allowed) for now, allowed in wanted):
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
        for now, allowed in wanted:
            if isinstance(now, int):
                continue
            numbers = taken.region[now]
            rest = numbers - allowed
            if now in FIELDS:
                self.compared[now, id(allowed)] = (now, allowed, True)
                self.repeats &= not rest
            if rest:
                left.append(replace(taken, region={**taken.region, now: rest}))
                taken = replace(taken, region={**taken.region, now: numbers & allowed})
        return taken, left

    def outside(self, path: Path, now: str | int, allowed: NumberSet) -> bool:
        """Whether no flow of a path has this field in a set."""
        if isinstance(now, int):
            return now not in allowed
        away = not meets(path.region[now], allowed)
        if away and now in FIELDS:
            self.compared[now, id(allowed)] = (now, allowed, False)
        return away

    # -- There ----------------------------------------------------------------------------------------------------------

    def leave(self, path: Path) -> Iterator[Path]:
        """Stage 1: what nothing touches."""
        rest = [path]
        for row in self.origin.exempt:
            wanted = (
                (path.view[_TARGET], row.targets),
                (path.view[_PROTOCOL], row.protocol),
                (path.view[_TARGET_PORT], row.target_port),
            )
            rest, taken = self._first(rest, wanted)
            yield from (replace(one, site=self._platform(), returns=True) for one in taken)
        for one in rest:
            yield from self._send(one, self.origin)

    def _first(
        self, every: list[Path], wanted: Sequence[_Wanted], condition: Condition = ALWAYS
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
        own = platform_site(self.origin.vnet or "")
        return own if own in self.network.sites else None

    def _send(self, path: Path, sender: Site) -> Iterator[Path]:
        """Stages 2 and 3: the sender's own filters, and the first route that contains the destination."""
        here = replace(_filtered(path, sender.outbound), fabrics=(), translated_in=None)
        target, tags = here.view[_TARGET], here.target_tags
        for one, row in self._selected(here, sender, target, tags):
            if row is None:
                yield one
                continue
            went = replace(_took(one, row, sender.name), routes=(*one.routes, row))
            if row.unmodelled is not None:
                yield replace(went, unmodelled=row.unmodelled)
                continue
            if row.recipients:
                for sent in self._translate(went, sender, TO_DEVICE):
                    yield from self._to_device(_filtered(sent, row.filters), sender, row)
            elif row.fabric is not None:
                for sent in self._translate(went, sender, row.fabric):
                    yield from self._arrive(_filtered(sent, row.filters), sender, row.fabric)
            else:
                yield went

    def _selected(
        self, path: Path, site: Site, address: str | int, tags: frozenset[str]
    ) -> Iterator[tuple[Path, Route | None]]:
        """The parts of a path with the first route of a site for an address of which these tags are known."""
        rest = [path]
        for row in site.routes:
            takes = row.is_for(tags)
            if takes is False:
                continue
            rest, taken = self._first(rest, ((address, row.destinations),), row.condition)
            for one in taken:
                if takes:
                    yield one, row
                    continue
                name = choice_name("member", one.region)
                unknowns = (*one.unknowns, (name, f"the addresses of service tag {row.tag} are not known"))
                outsider, member = (
                    replace(one, region={**one.region, name: NumberSet.single(value)}, unknowns=unknowns) for value in (0, 1)
                )
                yield member, row
                rest.append(outsider)
            if not rest:
                return
        yield from ((one, None) for one in rest)

    def _translate(self, path: Path, sender: Site, fabric: str) -> Iterator[Path]:
        """Stage 4: what goes on into a fabric, or to a device, by the first translation for it; without one the source stays.

        What is lost here, or cannot be followed, ends here.
        """
        rest = [path]
        source, target, protocol = path.view[_SOURCE], path.view[_TARGET], path.view[_PROTOCOL]
        for row in sender.translations:
            if row.fabric != fabric:
                continue
            wanted = ((source, row.sources), (target, row.destinations), (protocol, row.protocol))
            rest, taken = self._first(rest, wanted, row.condition)
            for one in taken:
                went = _took(one, row, sender.name)
                if row.unmodelled is not None:
                    yield replace(went, unmodelled=row.unmodelled)
                elif row.drops is not None:
                    yield replace(went, lost=True)
                else:
                    yield _translated(went, row, fabric)
        yield from rest

    def _to_device(self, path: Path, sender: Site, row: Route) -> Iterator[Path]:
        """Handed to one of the devices that a route leads to; what is meant for the device itself stays there."""
        if path.ended:
            yield path
            return
        for one, chosen in _handed_to(path, row.recipients):
            site = self.network.sites[one.site]
            entered = self._enter(
                _through(chosen, one.resource), sender, site, (), _Probes(address=one.address, ports=one.probes)
            )
            forwarded, own = self._first([entered], ((entered.view[_TARGET], site.addresses),))
            for each in own:
                if site.kind is SiteKind.FIREWALL:
                    yield from self._forward(each, site, own=True)
                else:
                    yield from self._delivered(each, site)
            for each in forwarded:
                yield from self._forward(each, site, own=False)

    def _arrive(self, path: Path, sender: Site, fabric: str) -> Iterator[Path]:
        """Stage 5: the first arrival row; it may hand on to another fabric."""
        if path.ended:
            yield path
            return
        here = replace(path, fabrics=(*path.fabrics, fabric))
        if len(here.fabrics) > MOST_FABRICS:
            yield here
            return
        rest = [here]
        target = here.view[_TARGET]
        for row in self.network.fabrics[fabric].arrivals:
            if row.callers is not None and self.origin.name not in row.callers:
                continue
            if all(self.outside(one, target, row.called) for one in rest):
                continue
            wanted = (
                (target, row.called),
                (here.view[_PROTOCOL], row.protocol),
                (here.view[_TARGET_PORT], row.called_port),
            )
            rest, taken = self._first(rest, wanted, row.condition)
            for one in taken:
                yield from self._handed(_took(one, row, fabric), sender, row)
            if not rest:
                return
        yield from rest

    def _handed(self, path: Path, sender: Site, row: Arrival) -> Iterator[Path]:
        if row.drops is not None:
            yield path
            return
        doubtful = replace(path, doubts=(*path.doubts, row.doubt)) if row.doubt else path
        if row.recipients:
            yield from self._balanced(doubtful, sender, row)
        elif row.continues is None:
            yield from self._at_site(doubtful, sender, row)
        elif not row.source_becomes:
            yield from self._arrive(doubtful, sender, row.continues)
        else:
            relayed = replace(_with_source(doubtful, "relay", row.source_becomes, frozenset()), translated_in=row.continues)
            yield from self._arrive(relayed, sender, row.continues)

    def _balanced(self, path: Path, sender: Site, row: Arrival) -> Iterator[Path]:
        for one, chosen in _handed_to(path, row.recipients):
            site = self.network.sites[one.site]
            others, own = [chosen], list[Path]()
            if not row.hairpins:
                others, own = self._first(others, ((chosen.view[_SOURCE], site.addresses),))
            yield from own
            for other in others:
                here = other
                if not row.keeps_target or row.port is not None:
                    target = other.view[_TARGET] if row.keeps_target else one.address
                    here = _with_target(other, target, row.port)
                probes = _Probes(address=one.address, ports=one.probes)
                yield from self._delivered(self._enter(here, sender, site, row.guards, probes), site)

    def _at_site(self, path: Path, sender: Site, row: Arrival) -> Iterator[Path]:
        assert row.site is not None  # noqa: S101 - an arrival drops, continues or names a site
        site = self.network.sites[row.site]
        here = path
        if row.instances:
            name = choice_name("instance", path.region)
            chosen = replace(path, region={**path.region, name: row.instances})
            here = _with_target(chosen, name, row.port)
        elif row.port is not None:
            here = _with_target(path, path.view[_TARGET], row.port)
        entered = self._enter(here, sender, site, row.guards, _Probes(address=here.view[_TARGET], ports=row.probes))
        yield from self._forward(entered, site, own=True) if row.forwards else self._delivered(entered, site)

    def _enter(self, path: Path, sender: Site, site: Site, guards: tuple[Filter, ...], probes: _Probes) -> Path:
        """Stages 6 and 7: a site's probes and filters have their say, and a leg is done."""
        here = _through(path, site.thing)
        for port in probes.ports:
            probe = (TCP, self.network.probe_source, PROBE_SOURCE_PORT, probes.address, port)
            here = replace(here, places=(*here.places, Place(filters=site.inbound, view=probe)))
        leg = Leg(
            sender=sender,
            forwarded=bool(path.legs),
            source=path.view[_SOURCE],
            source_tags=path.source_tags,
            fabrics=path.fabrics,
            translated_in=path.translated_in,
        )
        return replace(_filtered(here, (*site.inbound, *guards)), legs=(*path.legs, leg))

    # -- On -------------------------------------------------------------------------------------------------------------

    def _forward(self, path: Path, site: Site, *, own: bool) -> Iterator[Path]:
        """Stage 8: what a device makes of a packet that it is to send on."""
        visit = (site.name, path.redirects)
        if site.forwarding is None or visit in path.devices or len(path.devices) >= MOST_DEVICES:
            yield path
            return
        here = replace(path, devices=(*path.devices, visit))
        rest = [here]
        protocol, source, _, target, port = here.view
        for row in site.forwarding.redirects:
            wanted = ((protocol, row.protocol), (source, row.source), (target, row.target), (port, row.target_port))
            rest, taken = self._first(rest, wanted, row.condition)
            for one in taken:
                yield from self._send(_redirected(_took(one, row, site.name), row), site)
        for one in rest:
            if own:
                yield one
            else:
                let_on = _filtered(one, site.forwarding.filters)
                kept, translated = self._first([let_on], ((let_on.view[_SOURCE], site.forwarding.translated),))
                for each in kept:
                    yield from self._send(each, site)
                for each in translated:
                    after = _with_source(each, "egress", site.forwarding.source_becomes, frozenset())
                    yield from self._send(after, site)

    def _delivered(self, path: Path, site: Site) -> Iterator[Path]:
        delivered = replace(path, site=site.name)
        if self.replies:
            yield from self._reply(site, delivered, delivered.legs)
        else:
            yield replace(delivered, returns=None)

    # -- And back -------------------------------------------------------------------------------------------------------

    def _reply(self, replier: Site, path: Path, legs: tuple[Leg, ...]) -> Iterator[Path]:
        """Stage 9: leg by leg, by the replier's first route to the source that it saw."""
        if not legs:
            yield replace(path, returns=True)
            return
        leg = legs[-1]
        if any(self.network.fabrics[one].returns for one in leg.fabrics):
            yield from self._reply(leg.sender, path, legs[:-1])
            return
        for one, row in self._selected(path, replier, leg.source, leg.source_tags):
            if row is None:
                yield one
                continue
            went = replace(one, taken=(*one.taken, Taken(row=row, at=replier.name, places=len(one.places), reply=True)))
            if row.unmodelled is not None:
                yield replace(went, returns=None, reply_doubt=row.unmodelled)
            else:
                lost, found = self._home(went, leg, row)
                yield from lost
                for each in found:
                    yield from self._reply(leg.sender, each, legs[:-1])

    def _home(self, path: Path, leg: Leg, row: Route) -> tuple[list[Path], list[Path]]:
        """What of a reply is lost on a route, and what comes back to where it is waited for.

        An address that was not translated must be the sender's in that fabric. A translation waits in its own fabric; one that
        was made inside a virtual network with a public address is found through the Internet too.
        """
        fabric = row.fabric
        if INTERNET in leg.fabrics and fabric != INTERNET:
            return [path], []
        if row.recipients:
            known = any(one.site == leg.sender.name for one in row.recipients)
            return ([], [path]) if known else ([path], [])
        if fabric is None:
            return [path], []
        if leg.translated_in is None:
            return self._at_sender(path, leg, fabric)
        # What a device translates to an address of its own is found like anything that it sends itself.
        away, own = self._first([path], ((leg.source, leg.sender.addresses),))
        rows = self.network.fabrics[fabric].arrivals if fabric == INTERNET else ()
        waits = ((leg.source, union(one.called for one in rows)),)
        lost, found = ([], away) if fabric == leg.translated_in else self._first(away, waits)
        for one in own:
            astray, back = self._at_sender(one, leg, fabric)
            lost, found = [*lost, *astray], [*found, *back]
        return lost, found

    def _at_sender(self, path: Path, leg: Leg, fabric: str) -> tuple[list[Path], list[Path]]:
        """What of a reply is lost in a fabric, and what comes to the sender by an address of its own."""
        lost: list[Path] = []
        mine = [path]
        if leg.forwarded:
            lost, mine = self._first([path], ((leg.source, leg.sender.addresses),))
        if fabric == leg.sender.home:
            return lost, mine
        rows = self.network.fabrics[fabric].arrivals
        elsewhere, found = self._first(mine, ((leg.source, union(one.called for one in rows if one.site == leg.sender.name)),))
        return [*lost, *elsewhere], found


@record
class _Probes:
    """Health probes that must pass before a site is handed anything."""

    address: str | int
    ports: tuple[int, ...]


def _handed_to(path: Path, recipients: Sequence[Recipient]) -> Iterator[tuple[Recipient, Path]]:
    """Every recipient, with the path on which it is the chosen one."""
    if len(recipients) == 1:
        yield recipients[0], path
        return
    name = choice_name("recipient", path.region)
    for one in recipients:
        yield one, replace(path, region={**path.region, name: NumberSet.single(one.address)})


def _redirected(path: Path, row: Redirect) -> Path:
    here = _with_target(path, row.becomes, row.port)
    here = replace(_filtered(here, row.filters), redirects=path.redirects + 1)
    return _with_source(here, "relay", row.source_becomes, frozenset()) if row.source_becomes else here


def _through(path: Path, resource: str) -> Path:
    return replace(path, passed=path.passed | {resource}) if resource else path


def _took(path: Path, row: Route | SourceTranslation | Arrival | Redirect, at: str) -> Path:
    """On the way there, by a row."""
    return _through(replace(path, taken=(*path.taken, Taken(row=row, at=at, places=len(path.places)))), row.resource)


def _filtered(path: Path, filters: tuple[Filter, ...]) -> Path:
    # What cannot be followed may look different to later filters: they decide nothing about it.
    if not filters or path.ended:
        return path
    place = Place(filters=filters, view=path.view, source_tags=path.source_tags, target_tags=path.target_tags)
    return replace(path, places=(*path.places, place), passed=path.passed | {one.resource for one in filters})


def _translated(path: Path, row: SourceTranslation, fabric: str) -> Path:
    if not row.becomes:
        return path
    name = choice_name("egress", path.region)
    after = replace(_with_source(path, "egress", row.becomes, row.tags), translated_in=None if fabric == TO_DEVICE else fabric)
    return after if row.unknown is None else replace(after, unknowns=(*after.unknowns, (name, row.unknown)))


def _with_source(path: Path, kind: str, offered: NumberSet, tags: frozenset[str]) -> Path:
    name = choice_name(kind, path.region)
    view = list(path.view)
    view[_SOURCE] = name
    return replace(path, view=tuple(view), region={**path.region, name: offered}, source_tags=tags)


def _with_target(path: Path, target: str | int, port: int | None) -> Path:
    view = list(path.view)
    view[_TARGET] = target
    if port is not None:
        view[_TARGET_PORT] = port
    return replace(path, view=tuple(view), target_tags=frozenset())
