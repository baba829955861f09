"""Questions about flows: put to the solver, and answered with flows that look like real traffic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import product
from types import MappingProxyType

from asever.model.addresses import typical
from asever.model.effective import EffectiveNetwork, FlowQuestion, Packets, Scope, recommended
from asever.model.identity import Same
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.packets import TCP, Flow, Packet
from asever.record import field, record, replace
from asever.solve.clauses import text_of
from asever.solve.encode import Branch, Encoding, ScopeText, encode_way, encode_within
from asever.solve.guide import EnginesDisagree, Guide, Told
from asever.solve.leads import Lead, Leads, Nowhere
from asever.solve.paths import FIELDS, Path, existing_ways, mentioned
from asever.solve.queries import AIMS, Pick, Queries, somewhere
from asever.solve.search import Limits, Search, Tells, Wish
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, disjunction, implication, last, negation

# Where operating systems take source ports from (IANA's dynamic ports).
USUAL_SOURCE_PORTS = 49152
# What tells protocols, places and ports apart comes first; the choices that are not the sender's come last.
_ORDER = ("protocol", "target", "target_port", "source", "source_port")
# What tells the packets between two addresses apart.
_TRAFFIC = ("protocol", "source_port", "target_port")
# How often another header is tried when the first ones hang on what nobody knows.
_MOST_TRIES = 256
_SEARCH = "|search|"
ALL: Mapping[str, str] = MappingProxyType({})
"""All readings."""


@record
class Found:
    """A flow with its scope and the path that it takes.

    If the whole text was searched for it, `pins` are the literals that hold each of its variables where it is, and `readings`
    those of its readings.
    """

    flow: Flow
    scope: Scope
    index: int
    path: Path
    pins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    readings: tuple[str, ...] = ()

    def unknowns(self) -> dict[str, str]:
        """The variables whose one true value nobody knows, each with the reason."""
        return unknown_numbers(self.path, self.scope)


def unknown_numbers(path: Path, scope: Scope) -> dict[str, str]:
    """The variables of a path whose one true value nobody knows, each with the reason."""
    found = dict(path.unknowns)
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


class _Whole:
    """The text of all flows of a question, with a literal for each of its queries, and solvers over it.

    One solver is asked for flows that may break the claim, the other for those that may not: each has the formulas in one
    direction.
    """

    def __init__(self, network: EffectiveNetwork, question: FlowQuestion, queries: Queries, deadline: float | None) -> None:
        self.encoding: Encoding = encode_within(network, question)
        self._network = network
        self._queries = queries
        self._deadline = deadline
        self._literals: dict[Pick, list[str]] = {}
        self._named: dict[str, str] = {}
        self._means: dict[str, str] = {}

    def session(self, pick: Pick) -> Session:
        """The solver that is asked about a pick; many a formula is seen to be false without it."""
        asks = self._queries
        return self._for if pick in (asks.otherwise, asks.settled) else self._against

    @cached_property
    def _against(self) -> Session:
        return self._session(self._queries.decisive, self._queries.open)

    @cached_property
    def _for(self) -> Session:
        return self._session(self._queries.otherwise, self._queries.settled)

    def _session(self, *picks: Pick) -> Session:
        goals = [switch for pick in picks for switch in (*self.literals(pick), self.anywhere(pick))]
        means = [self._means[one] for one in dict.fromkeys((*goals, *self._usual)) if one in self._means]
        self.encoding.terms.boolean(_SEARCH.strip("|"))
        return Session(text_of(self.encoding.terms, means), self._deadline)

    def literals(self, pick: Pick) -> list[str]:
        """A switch for every scope in which the pick can hold; equal formulas share one."""
        if pick in self._literals:
            return self._literals[pick]
        switches = [self._switch(f"{pick.__name__} {one.index}", somewhere(one, pick)) for one in self.encoding.scopes]
        if len(set(switches) - {FALSE}) > 1:
            self._switch(pick.__name__, disjunction(switches))
        self._literals[pick] = switches
        return switches

    def _switch(self, name: str, formula: str) -> str:
        """The literal of a formula; that it means this is said in the texts that ask about it."""
        if formula == FALSE:
            return FALSE
        if formula not in self._named:
            literal = self._named[formula] = self.encoding.terms.boolean(name)
            self._means[literal] = implication(literal, formula)
        return self._named[formula]

    @cached_property
    def _usual(self) -> list[str]:
        """Cut points and literals for what a flow should look like."""
        terms = self.encoding.terms
        found = []
        for text in self.encoding.scopes:
            for group in wishes(self._network, text.scope):
                for name, numbers in group:
                    formula = terms.inside(name, numbers)
                    if not numbers.is_single:
                        found.append(self._switch(f"{name} is usual {len(self._named)}", formula))
        return found

    def wish(self, name: str, numbers: NumberSet) -> Wish:
        """A wish with its literals."""
        terms = self.encoding.terms
        if numbers.is_single:
            both = (terms.at_least(name, numbers.first), negation(terms.at_least(name, numbers.first + 1)))
            literals = tuple(one for one in both if one != TRUE)
        else:
            literals = (self._named[terms.inside(name, numbers)],)
        return Wish(literals=literals, variable=name, numbers=numbers)

    def anywhere(self, pick: Pick) -> str:
        """A switch for all scopes together."""
        anywhere = disjunction(self.literals(pick))
        return self._named.get(anywhere, anywhere)


class Flows:
    """A question about flows: the solver decides, about the two ends of a flow where a guide leads to one, else about all."""

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
        self._queries = queries
        self._deadline = deadline
        self._ways = existing_ways(network, question)
        self._refuted: set[tuple[str, ...]] = set()
        self._started: dict[tuple[Pick, tuple[tuple[str, str], ...]], tuple[int, Told]] = {}
        self._rules_out = False
        self._ruled_out: tuple[str, ...] = ()

    @cached_property
    def _whole(self) -> _Whole:
        return _Whole(self.network, self.question, self._queries, self._deadline)

    @property
    def encoding(self) -> Encoding:
        """The formulas of all flows of the question."""
        return self._whole.encoding

    # -- Asking ---------------------------------------------------------------------------------------------------------

    def exists(self, pick: Pick, readings: Mapping[str, str] = ALL) -> bool:
        """Whether the pick holds for some flow of the question in readings that agree with these.

        What `settle` has ruled out does not count while it searches. Raises `EnginesDisagree` when the guide knows better.
        """
        lead = self._lead(pick, readings)
        if lead is not None:
            self._examined(pick, lead)
            return True
        return self._exists(pick, readings)

    def _exists(self, pick: Pick, readings: Mapping[str, str]) -> bool:
        """The same of the whole text."""
        asked = (self._whole.anywhere(pick), *self.reading(readings))
        if asked in self._refuted:
            return False
        found = asked[0] != FALSE and self._whole.session(pick).satisfiable([*asked, *self._ruled_out])
        if not self._ruled_out:
            _, told = self._start(pick, readings)
            self.confirmed &= told is not None
            if told is not None and bool(told) is not found:
                said = f"solver      a flow of which `{pick.__name__}` is true: {found}\nexact sets  {bool(told)}"
                raise EnginesDisagree(said)
            if not found:
                self._refuted.add(asked)
        return found

    def expects_none(self, *picks: Pick) -> bool:
        """Whether the guide says of each of these that it holds for no flow of the question."""
        return self.guide is not None and all(self._start(pick, ALL)[1] is False for pick in picks)

    def _tells(self, pick: Pick) -> Tells:
        """What the guide says about flows of which the pick holds."""
        whole = self._whole
        scopes = [one.index for one, switch in zip(whole.encoding.scopes, whole.literals(pick), strict=True) if switch != FALSE]

        def tells(limits: Limits) -> bool | None:
            _, told = self._told(scopes if limits.scope is None else [limits.scope], pick, limits)
            return None if told is None else bool(told)

        return tells

    def _told(self, scopes: Iterable[int], pick: Pick, limits: Limits) -> tuple[int, Told]:
        """What the guide says, of the first of these scopes of which it does not say that there is nothing."""
        if self.guide is None or self._ruled_out:
            return 0, None
        for scope in scopes:
            told = self.guide.examples(scope, AIMS[pick], limits.box, limits.readings)
            if told is not False:
                return scope, told
        return 0, False

    def _start(self, pick: Pick, readings: Mapping[str, str]) -> tuple[int, Told]:
        """What the guide says of all flows, in every scope, also where a formula is false at a glance: it has its own view."""
        key = (pick, tuple(readings.items()))
        if self._ruled_out:
            return 0, None
        if key not in self._started:
            self._started[key] = self._told(range(len(self._ways)), pick, Limits(box={}, readings=readings))
        return self._started[key]

    def reading(self, readings: Mapping[str, str]) -> tuple[str, ...]:
        """The literals of readings, as far as they are open and make a difference."""
        open_ones = self.encoding.rows.open
        return tuple(self.encoding.rows.reading(name, value) for name, value in readings.items() if name in open_ones)

    def combinations(self) -> Iterator[dict[str, str]]:
        """Every way to read the open assumptions that make a difference, the recommended way first."""
        return combinations(self.network, self.encoding) if self._mentioned else iter([{}])

    @cached_property
    def _mentioned(self) -> frozenset[str]:
        """The open assumptions that may make a difference."""
        return mentioned(self.network, self.question) - self.question.fixed.keys()

    # -- Finding --------------------------------------------------------------------------------------------------------

    def find(self, pick: Pick, within: Mapping[str, str] = ALL) -> Found | None:
        """The flow for which the pick holds that looks most like real traffic, the same for the same text."""
        lead = self._lead(pick, within, best=True)
        if lead is not None:
            return self._examined(pick, lead)
        if not self._exists(pick, within):
            return None
        whole = self._whole
        known = [whole.anywhere(pick), *self._ruled_out, *self.reading(within)]
        search = Search(whole.session(pick), whole.encoding.terms, known, self._tells(pick), within)
        readings = self._chosen_readings(search, pick)
        for text, switch in zip(whole.encoding.scopes, whole.literals(pick), strict=True):
            if search.grant(Wish(literals=(switch,), scope=text.index)):
                return self._flow(search, text, pick, readings)
        raise _misled(search.values, pick)

    def _lead(self, pick: Pick, within: Mapping[str, str], *, best: bool = False) -> Lead | None:
        """A flow that the guide leads to, the best one or any; None if it does not, or if what nobody knows decides."""
        scope, told = self._start(pick, within)
        if not told:
            return None
        assumptions = self.network.assumptions
        given = {**recommended(self.network), **self.question.fixed, **within}
        leads = Leads(lambda one, limits: self._told([one], pick, limits)[1], self._ways, within, scope, told)
        try:
            if not best:
                return leads.any(given)
            free = {name: assumptions[name] for name in assumptions if name in self._mentioned and name not in within}
            chosen = leads.choose_readings(free)
            its = leads.choose_scope()
            wished = [[Wish(variable=name, numbers=numbers) for name, numbers in group] for group in wishes(self.network, its)]
            found = leads.flow(wished, _ORDER, given | chosen)
        except Nowhere:
            return None
        return None if unknown_numbers(found.path, its) else found

    def _examined(self, pick: Pick, lead: Lead) -> Found:
        """The flow that the guide leads to, if the solver agrees: it is asked about the flow's path between its addresses.

        What holds of a flow there holds of it in the text of all flows, which is larger by what cannot meet it.
        """
        encoding = self._between(lead)
        terms, rows = encoding.terms, encoding.rows
        goal = terms.switch(pick.__name__, somewhere(encoding.scopes[0], pick))
        pins = [
            literal
            for name, number in lead.values.items()
            if name in _TRAFFIC
            for literal in (terms.at_least(name, number), negation(terms.at_least(name, number + 1)))
        ]
        readings = [rows.reading(name, value) for name, value in lead.readings.items() if name in rows.open]
        if not Session(text_of(terms), self._deadline).satisfiable([goal, *pins, *readings]):
            raise _misled(lead.values, pick)
        choices = {name: number for name, number in lead.values.items() if name not in FIELDS}
        scope = self._ways[lead.scope][0]
        flow = _flow_of(scope, lead.values, choices, lead.readings)
        return Found(flow=flow, scope=scope, index=lead.scope, path=lead.path)

    def _between(self, lead: Lead) -> Encoding:
        """The formulas of a flow's path between its two ends, and by what is chosen on the way; else for all of its packets.

        They are those of the question if it is about nothing else.
        """
        scope, its = self._ways[lead.scope]
        region = lead.path.region
        here = {name: NumberSet.single(number) for name, number in lead.values.items() if name not in _TRAFFIC}
        if len(self._ways) == len(its) == 1 and all(region[name] == number for name, number in here.items()):
            return replace(self.encoding, terms=self.encoding.terms.copy())
        ends = replace(scope.packets, source=here["source"], target=here["target"])
        path = replace(lead.path, region={**region, **here})
        return encode_way(self.network, self.question, lead.scope, replace(scope, packets=ends), path)

    def _chosen_readings(self, search: Search, pick: Pick) -> dict[str, str]:
        readings = {**recommended(self.network), **self.question.fixed}
        for name in self.network.assumptions:
            if name in self.encoding.rows.open:
                reading = self.encoding.rows.reading
                wishes = {
                    value: Wish(literals=(reading(name, value),), reading=(name, value))
                    for value in self.network.assumptions[name]
                }
                granted = next((value for value, wish in wishes.items() if search.grant(wish)), None)
                if granted is None:
                    raise _misled(search.values, pick)
                readings[name] = granted
        return readings

    def _flow(self, search: Search, text: ScopeText, pick: Pick, readings: Mapping[str, str]) -> Found:
        packets = text.scope.packets
        search.grant_first(*([self._whole.wish(*one) for one in group] for group in wishes(self.network, text.scope)))
        search.least({field: getattr(packets, field) for field in _ORDER})
        mine = [one for one in text.branches if pick(one) != FALSE and one.path.holds(search.values, readings)]
        choices: list[str] = []
        while mine and (name := _next_choice(mine[0], choices)) is not None:
            search.least({name: union(one.path.region[name] for one in mine)})
            mine = [one for one in mine if one.path.holds(search.values, readings)]
            choices.append(name)
        if search.told and not (mine and search.session.satisfiable(search.literals)):
            raise _misled(search.values, pick)
        (branch,) = mine
        choice_numbers = {name: search.values[name] for name in choices}
        return Found(
            flow=_flow_of(text.scope, search.values, choice_numbers, readings),
            scope=text.scope,
            index=text.index,
            path=branch.path,
            pins=search.pins,
            readings=self.reading(readings),
        )

    # -- What nobody knows ----------------------------------------------------------------------------------------------

    def settles(self, queries: Queries, within: Mapping[str, str] = ALL) -> bool | None:
        """Whether some flow decides the claim whatever the addresses are that nobody knows; None if one hangs on them."""
        if not self.exists(queries.decisive, within):
            return False
        if not any(unknown_numbers(path, scope) for scope, its in self._ways for path in its):
            return True
        found, doubtful = self.settle(queries, within)
        return True if found is not None else (None if doubtful is not None else False)

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
            if not unknowns:
                return found, doubtful
            known = [
                *self.reading(within),
                *found.readings,
                *(pin for name, pins in found.pins.items() if name not in unknowns for pin in pins),
            ]
            other = self._same_scope(found, queries.otherwise, known)
            if other is None:
                return found, doubtful
            doubtful = doubtful or found
            decisive = self._whole.literals(queries.decisive)[found.index]
            pins = [*known, *(pin for pins in other.pins.values() for pin in pins)]
            session = self._whole.session(queries.decisive)
            contradicted = not session.satisfiable([decisive, *pins])
            assert contradicted  # noqa: S101 - a flow does one or the other
            reason = session.core(known)
            if not reason:
                return None, doubtful
            session.forbid([decisive, *reason], _SEARCH)
            self._rules_out, self._ruled_out = True, (_SEARCH,)
        return None, doubtful

    def _same_scope(self, found: Found, pick: Pick, literals: Sequence[str]) -> Found | None:
        switch = self._whole.literals(pick)[found.index]
        if switch == FALSE or not self._whole.session(pick).satisfiable([switch, *literals]):
            return None
        search = Search(self._whole.session(pick), self.encoding.terms, [switch, *literals])
        return self._flow(search, self._whole.encoding.scopes[found.index], pick, found.flow.readings)


def _misled(values: Mapping[str, int], pick: Pick) -> EnginesDisagree:
    """What was granted because exact search said so cannot be had together."""
    return EnginesDisagree(f"exact sets  a flow of which `{pick.__name__}` is true: {dict(values)}\nsolver      not so")


def _flow_of(scope: Scope, values: Mapping[str, int], choices: Mapping[str, int], readings: Mapping[str, str]) -> Flow:
    packet = Packet(
        protocol=values["protocol"],
        source=values["source"],
        source_port=values["source_port"],
        target=values["target"],
        target_port=values["target_port"],
        source_tags=scope.packets.source_tags,
        target_tags=scope.packets.target_tags,
    )
    return Flow(origin=scope.origin, packet=packet, choices=choices, readings=readings)


def wishes(network: EffectiveNetwork, scope: Scope) -> list[list[tuple[str, NumberSet]]]:
    """What real traffic looks like: TCP, the service's first port, a usual source port, addresses that have names.

    Of each group the first that can be is granted, if it can be together with what was granted before.
    """
    packets, single = scope.packets, NumberSet.single
    named, ends = _named(Same(network)), _typical_ends(packets)
    groups = [
        [("protocol", single(TCP))] if TCP in packets.protocol else [],
        [("target_port", single(port)) for port in scope.preferred_ports if port in packets.target_port],
    ]
    if USUAL_SOURCE_PORTS in packets.source_port:
        at_least = NumberSet.span(USUAL_SOURCE_PORTS, last("source_port"))
        groups.append([("source_port", single(USUAL_SOURCE_PORTS)), ("source_port", at_least)])
    for name in ("target", "source"):
        known = _known(named, getattr(packets, name))
        group = [(name, known)] if known else []
        groups.append([*group, (name, single(ends[name]))] if name in ends else group)
    return groups


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
