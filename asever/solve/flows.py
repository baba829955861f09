"""Questions about flows: put to the solver, and answered with flows that look like real traffic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from types import MappingProxyType

from asever.model.addresses import typical
from asever.model.effective import EffectiveNetwork, FlowQuestion, Packets, Scope
from asever.model.identity import Same
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.packets import TCP, Flow, Packet
from asever.record import record
from asever.solve.encode import Branch, Encoding, ScopeText, encode
from asever.solve.guide import EnginesDisagree, Guide
from asever.solve.paths import FIELDS
from asever.solve.queries import AIMS, Pick, Queries, somewhere
from asever.solve.search import Limits, Search, Tells, Wish
from asever.solve.solver import Session
from asever.solve.terms import FALSE, disjunction, last

# Where operating systems take source ports from (IANA's dynamic ports).
USUAL_SOURCE_PORTS = 49152
# What tells protocols, places and ports apart comes first; the choices that are not the sender's come last.
_ORDER = ("protocol", "target", "target_port", "source", "source_port")
# How often another header is tried when the first ones hang on what nobody knows.
_MOST_TRIES = 256
_SEARCH = "|search|"
ALL: Mapping[str, str] = MappingProxyType({})
"""All readings."""


@record
class Found:
    """A flow with the path that it takes. `pins` are the literals that hold each of its variables where it is."""

    flow: Flow
    text: ScopeText
    branch: Branch
    pins: Mapping[str, tuple[str, ...]]
    readings: tuple[str, ...]

    @property
    def scope(self) -> Scope:
        """The scope that the flow is in."""
        return self.text.scope

    def unknowns(self) -> dict[str, str]:
        """The variables whose one true value nobody knows, each with the reason."""
        return unknown_numbers(self.branch, self.scope)


def unknown_numbers(branch: Branch, scope: Scope) -> dict[str, str]:
    """The variables of a path whose one true value nobody knows, each with the reason."""
    found = dict(branch.path.unknowns)
    for name, tag in (("source", scope.partial_source), ("target", scope.partial_target)):
        if tag is not None:
            found[name] = f"the addresses of service tag {tag} are not known"
    return found


def branch_of(encoding: Encoding, index: int, flow: Flow, pick: Pick) -> Branch:
    """The path that a flow of a scope takes, of those for which the pick can hold. Raises `ValueError` if there is none."""
    values = {name: getattr(flow.packet, name) for name in FIELDS} | dict(flow.choices)
    mine = [
        one
        for one in encoding.scopes[index].branches
        if pick(one) != FALSE and set(one.path.region) <= set(values) and one.path.holds(values, flow.readings)
    ]
    if len(mine) != 1:
        raise ValueError("the flow takes no path of its scope")
    return mine[0]


def combinations(network: EffectiveNetwork, encoding: Encoding) -> Iterator[dict[str, str]]:
    """Every way to read the open assumptions that make a difference, the recommended way first."""
    names = [name for name in network.assumptions if name in encoding.rows.open]
    for values in product(*(network.assumptions[name] for name in names)):
        yield dict(zip(names, values, strict=True))


class Flows:
    """A question about flows over one solver."""

    def __init__(
        self,
        network: EffectiveNetwork,
        question: FlowQuestion,
        queries: Queries,
        deadline: float | None,
        guide: Guide | None = None,
    ) -> None:
        self.network = network
        self.question = question
        self.guide = guide
        self.confirmed = guide is not None
        self.encoding: Encoding = encode(network, question)
        self._literals: dict[Pick, list[str]] = {}
        self._named: dict[str, str] = {}
        self._refuted: set[tuple[str, ...]] = set()
        self._rules_out = False
        self._ruled_out: tuple[str, ...] = ()
        self._add_wishes()
        for pick in dict.fromkeys((queries.decisive, queries.open, queries.otherwise, queries.settled)):
            self._add(pick)
        self.encoding.terms.boolean(_SEARCH.strip("|"))
        self.session = Session(self.encoding.terms.text(), deadline)

    # -- The text -------------------------------------------------------------------------------------------------------

    def _add(self, pick: Pick) -> None:
        """A switch for every scope in which the pick can hold; equal formulas share one."""
        terms = self.encoding.terms
        switches = []
        for one in self.encoding.scopes:
            formula = somewhere(one, pick)
            if formula != FALSE and formula not in self._named:
                self._named[formula] = terms.switch(f"{pick.__name__} {one.index}", formula)
            switches.append(self._named.get(formula, FALSE))
        self._literals[pick] = switches
        anywhere = disjunction(switches)
        if len(set(switches) - {FALSE}) > 1 and anywhere not in self._named:
            self._named[anywhere] = terms.switch(pick.__name__, anywhere)

    def _add_wishes(self) -> None:
        """Cut points and names for what a flow should look like."""
        terms = self.encoding.terms
        named = _named(Same(self.network))
        for text in self.encoding.scopes:
            packets = text.scope.packets
            wishes = [("protocol", TCP), ("source_port", USUAL_SOURCE_PORTS)]
            wishes.extend(("target_port", port) for port in text.scope.preferred_ports)
            wishes.extend(_typical_ends(packets).items())
            for name, number in wishes:
                if number in getattr(packets, name):
                    terms.at_least(name, number)
                    terms.at_least(name, number + 1)
            for name in ("target", "source"):
                known = _known(named, getattr(packets, name))
                if known:
                    formula = terms.inside(name, known)
                    if formula not in self._named:
                        self._named[formula] = terms.switch(f"{name} has a name {len(self._named)}", formula)

    def _anywhere(self, pick: Pick) -> str:
        anywhere = disjunction(self._literals[pick])
        return self._named.get(anywhere, anywhere)

    # -- Asking ---------------------------------------------------------------------------------------------------------

    def exists(self, pick: Pick, readings: Mapping[str, str] = ALL) -> bool:
        """Whether the pick holds for some flow of the question in readings that agree with these.

        What `settle` has ruled out does not count while it searches. Raises `EnginesDisagree` when the guide knows better.
        """
        asked = (self._anywhere(pick), *self.reading(readings))
        if asked in self._refuted:
            return False
        found = asked[0] != FALSE and self.session.satisfiable([*asked, *self._ruled_out])
        if not self._ruled_out:
            # In every scope, also where the formula is false at a glance: the guide has a view of its own.
            told = self._told(range(len(self.encoding.scopes)), pick, Limits(box={}, readings=readings))
            self.confirmed &= told is not None
            if told is not None and told is not found:
                raise EnginesDisagree(f"solver      a flow of which `{pick.__name__}` is true: {found}\nexact sets  {told}")
            if not found:
                self._refuted.add(asked)
        return found

    def _tells(self, pick: Pick) -> Tells:
        """What the guide says about flows of which the pick holds."""
        scopes = [one.index for one, switch in zip(self.encoding.scopes, self._literals[pick], strict=True) if switch != FALSE]

        return lambda limits: self._told(scopes if limits.scope is None else [limits.scope], pick, limits)

    def _told(self, scopes: Iterable[int], pick: Pick, limits: Limits) -> bool | None:
        if self.guide is None or self._ruled_out:
            return None
        for scope in scopes:
            told = self.guide.possible(scope, AIMS[pick], limits.box, limits.readings)
            if told is not False:
                return told
        return False

    def reading(self, readings: Mapping[str, str]) -> tuple[str, ...]:
        """The literals of readings, as far as they are open and make a difference."""
        open_ones = self.encoding.rows.open
        return tuple(self.encoding.rows.reading(name, value) for name, value in readings.items() if name in open_ones)

    def combinations(self) -> Iterator[dict[str, str]]:
        """Every way to read the open assumptions that make a difference, the recommended way first."""
        return combinations(self.network, self.encoding)

    # -- Finding --------------------------------------------------------------------------------------------------------

    def find(self, pick: Pick, within: Mapping[str, str] = ALL) -> Found | None:
        """The flow for which the pick holds that looks most like real traffic, the same for the same text."""
        if not self.exists(pick, within):
            return None
        known = [self._anywhere(pick), *self._ruled_out, *self.reading(within)]
        search = Search(self.session, self.encoding.terms, known, self._tells(pick), within)
        readings = self._chosen_readings(search, pick)
        for text, switch in zip(self.encoding.scopes, self._literals[pick], strict=True):
            if search.grant(Wish(literals=(switch,), scope=text.index)):
                return self._flow(search, text, pick, readings)
        raise _misled(search, pick)

    def _chosen_readings(self, search: Search, pick: Pick) -> dict[str, str]:
        readings = {name: values[0] for name, values in self.network.assumptions.items()} | dict(self.question.fixed)
        for name in self.network.assumptions:
            if name in self.encoding.rows.open:
                reading = self.encoding.rows.reading
                wishes = {
                    value: Wish(literals=(reading(name, value),), reading=(name, value))
                    for value in self.network.assumptions[name]
                }
                granted = next((value for value, wish in wishes.items() if search.grant(wish)), None)
                if granted is None:
                    raise _misled(search, pick)
                readings[name] = granted
        return readings

    def _flow(self, search: Search, text: ScopeText, pick: Pick, readings: Mapping[str, str]) -> Found:
        packets = text.scope.packets
        self._wish(search, text.scope)
        search.least({field: getattr(packets, field) for field in _ORDER})
        mine = [one for one in text.branches if pick(one) != FALSE and one.path.holds(search.values, readings)]
        choices: list[str] = []
        while mine and (name := _next_choice(mine[0], choices)) is not None:
            search.least({name: union(one.path.region[name] for one in mine)})
            mine = [one for one in mine if one.path.holds(search.values, readings)]
            choices.append(name)
        if search.told and not (mine and self.session.satisfiable(search.literals)):
            raise _misled(search, pick)
        (branch,) = mine
        values = search.values
        flow = Flow(
            origin=text.scope.origin,
            packet=Packet(
                protocol=values["protocol"],
                source=values["source"],
                source_port=values["source_port"],
                target=values["target"],
                target_port=values["target_port"],
                source_tags=packets.source_tags,
                target_tags=packets.target_tags,
            ),
            choices={name: values[name] for name in choices},
            readings=readings,
        )
        return Found(flow=flow, text=text, branch=branch, pins=search.pins, readings=self.reading(readings))

    def _wish(self, search: Search, scope: Scope) -> None:
        """What real traffic looks like: TCP, the service's first port, a usual source port, addresses that have names."""
        packets, number = scope.packets, search.number
        named, ends = _named(Same(self.network)), _typical_ends(packets)
        groups: list[list[Wish]] = [
            [number("protocol", TCP)] if TCP in packets.protocol else [],
            [number("target_port", port) for port in scope.preferred_ports if port in packets.target_port],
        ]
        if USUAL_SOURCE_PORTS in packets.source_port:
            usual = self.encoding.terms.at_least("source_port", USUAL_SOURCE_PORTS)
            at_least = NumberSet.span(USUAL_SOURCE_PORTS, last("source_port"))
            wish = Wish(literals=(usual,), variable="source_port", numbers=at_least)
            groups.append([number("source_port", USUAL_SOURCE_PORTS), wish])
        for name in ("target", "source"):
            known = _known(named, getattr(packets, name))
            wishes = [number(name, ends[name])] if name in ends else []
            if known:
                has_name = self._named[self.encoding.terms.inside(name, known)]
                wishes.insert(0, Wish(literals=(has_name,), variable=name, numbers=known))
            groups.append(wishes)
        search.grant_first(*groups)

    # -- What nobody knows ----------------------------------------------------------------------------------------------

    def settle(self, queries: Queries, within: Mapping[str, str] = ALL) -> tuple[Found | None, Found | None]:
        """A flow that decides the claim whatever the addresses are that nobody knows, and else one that hangs on them.

        A header is settled if no value of the unknown addresses makes its flow do otherwise. One that is not rules out all
        headers that do otherwise for the same reason: those literals of it that the solver needs to see that.
        """
        self._ruled_out = (_SEARCH,) if self._rules_out else ()
        try:
            return self._settle(queries, within)
        finally:
            self._ruled_out = ()

    def _settle(self, queries: Queries, within: Mapping[str, str]) -> tuple[Found | None, Found | None]:
        doubtful: Found | None = None
        for _ in range(_MOST_TRIES):
            found = self.find(queries.decisive, within)
            if found is None:
                return None, doubtful
            unknowns = found.unknowns()
            known = [
                *self.reading(within),
                *found.readings,
                *(pin for name, pins in found.pins.items() if name not in unknowns for pin in pins),
            ]
            other = self._same_scope(found, queries.otherwise, known) if unknowns else None
            if other is None:
                return found, doubtful
            doubtful = doubtful or found
            decisive = self._literals[queries.decisive][found.text.index]
            pins = [*known, *(pin for pins in other.pins.values() for pin in pins)]
            contradicted = not self.session.satisfiable([decisive, *pins])
            assert contradicted  # noqa: S101 - a flow does one or the other
            reason = self.session.core(known)
            if not reason:
                return None, doubtful
            self.session.forbid([decisive, *reason], _SEARCH)
            self._rules_out, self._ruled_out = True, (_SEARCH,)
        return None, doubtful

    def _same_scope(self, found: Found, pick: Pick, literals: Sequence[str]) -> Found | None:
        switch = self._literals[pick][found.text.index]
        if switch == FALSE or not self.session.satisfiable([switch, *literals]):
            return None
        search = Search(self.session, self.encoding.terms, [switch, *literals])
        return self._flow(search, found.text, pick, found.flow.readings)


def _misled(search: Search, pick: Pick) -> EnginesDisagree:
    """What was granted because exact search said so cannot be had together."""
    return EnginesDisagree(f"exact sets  a flow of which `{pick.__name__}` is true: {search.values}\nsolver      not so")


def _next_choice(one: Branch, made: Sequence[str]) -> str | None:
    """The next choice on a way; it is the same on every way that has the same flow and the same choices behind it."""
    return next((name for name in one.path.region if name not in FIELDS and name not in made), None)


def _typical_ends(packets: Packets) -> dict[str, int]:
    """Addresses that both ends may well have, where these are not the least ones, which are tried anyway."""
    target, source = typical(packets.target), typical(packets.source)
    if source == target and source + 1 in packets.source:
        source += 1  # an instance that calls its own address would be an odd example
    return {
        name: number
        for name, number, domain in (("target", target, packets.target), ("source", source, packets.source))
        if number != domain.first
    }


@lru_cache(maxsize=4)
def _named(same: Same[EffectiveNetwork]) -> NumberSet:
    return NumberSet.of((address, address) for address in same.value.names)


def _known(named: NumberSet, domain: NumberSet) -> NumberSet:
    """The addresses of a domain that have names, unless that is all of it."""
    known = named & domain
    return EMPTY if known == domain else known
