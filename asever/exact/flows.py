"""Which headers of a reachability question are delivered, which are lost, and of which nobody can say.

Each path of a scope (`asever.solve.paths`) is a product set of flows; the filters on it cut it into parts. A flow is a header
with every choice that Azure makes for it, in one reading of every open assumption. The claim asks about headers: choices and
readings are projected out, by the quantifier of the question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.exact import algebra, boxes
from asever.exact.boxes import Box, Budget
from asever.exact.filters import Table, Variables
from asever.exact.readings import reading_name
from asever.exact.regions import Space, order
from asever.model.bits import each
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, Filter, FlowQuestion, Quantifier, Scope
from asever.model.numbers import NumberSet, union
from asever.model.regions import FIELDS, Region
from asever.record import record, replace
from asever.solve.classes import classes_of, seen_at
from asever.solve.encode import can_arrive, surely_arrives
from asever.solve.paths import Path, Place, paths

Answer = bool | None
"""Whether a flow does what its claim is about: surely, surely not, or nobody knows."""

Part = tuple[Variables, Answer]


@record
class Witness:
    """Headers, and choices and readings with which every one of them surely fares as the set of them that it stands for.

    What the path knows no true value of is not among the choices: the headers fare so whatever it is.
    """

    headers: tuple[Region, ...]
    choices: Mapping[str, int]
    readings: Mapping[str, str]


@record
class ScopeSets:
    """The headers of a scope, in disjoint regions (the order of `FIELDS`), merged into few.

    `delivered` and `lost` are sure, `open` is what hangs on something that nobody knows. Where the claim is about all flows
    (`reaches`), a header is lost if it is for some choice in some reading, and delivered if it is for every one; else it is
    delivered if it is for some choice in some reading, and lost if it is for none. Replies count except for `never` and `only`.
    `witnesses` show the set that asks for some choice: `lost` of `reaches`, otherwise `delivered`.
    """

    scope: Scope
    delivered: tuple[Region, ...]
    lost: tuple[Region, ...]
    open: tuple[Region, ...]
    witnesses: tuple[Witness, ...] = ()


@record
class FlowSets:
    """Every scope of a question that exists. `readings` names the open assumptions that some part of a scope hangs on."""

    scopes: tuple[ScopeSets, ...]
    readings: tuple[str, ...] = ()


def flow_sets(
    network: EffectiveNetwork, question: FlowQuestion, *, budget: Budget | None = None, tables: Tables | None = None
) -> FlowSets:
    """The sets of a question. Raises `TooMany` when they fall into more parts than the budget (`boxes.BUDGET`) allows.

    With `tables` filters that were made ready for other questions serve again.
    """
    return _sets(_Engine(network, question, budget or Budget(), {} if tables is None else tables, whole=tables is not None))


def _sets(engine: _Engine) -> FlowSets:
    scopes = tuple(one for scope in engine.question.scopes if (one := engine.sets(scope)) is not None)
    return FlowSets(scopes=scopes, readings=tuple(name for name in engine.network.assumptions if name in engine.readings))


def sets_by_quantifier(network: EffectiveNetwork, question: FlowQuestion) -> Mapping[Quantifier, FlowSets]:
    """The sets of a question under each quantifier, whatever its own is; its filters are made ready once. Raises `TooMany`."""
    tables: Tables = {}
    return {
        one: _sets(_Engine(network, replace(question, quantifier=one), Budget(), tables, whole=False)) for one in Quantifier
    }


def reading_sets(network: EffectiveNetwork, question: FlowQuestion, readings: Mapping[str, str]) -> FlowSets:
    """The sets in one reading of some of the open assumptions."""
    return flow_sets(network, replace(question, fixed={**question.fixed, **readings}))


# A filter of fewer rows is one table, and so is a longer one if more than this part of its rows may match what is asked about.
_MANY = 32
_SHARE = 8

_TableKey = tuple[int, Action, frozenset[str], frozenset[str], int]
Tables = dict[_TableKey, Table]
"""The filters of one network in one choice of readings, made ready; good for every question about these."""


def breaks(network: EffectiveNetwork, question: FlowQuestion, tables: Tables, *, budget: Budget | None = None) -> bool | None:
    """Whether some flow surely breaks a claim about all or none of them; None when that hangs on what nobody knows.

    The answer of `flow_sets` without the sets: the first part that breaks the claim, whatever the unknown is, settles it.
    """
    engine = _Engine(network, question, budget or Budget(), tables, whole=True)
    wanted = question.quantifier is Quantifier.ALL_ARRIVE
    sure = True
    for scope in question.scopes:
        for path in engine.paths(scope):
            settled = not (path.unknowns or scope.partial_source or scope.partial_target)
            for _, answer in engine.parts(path, scope):
                if answer is not wanted:
                    if settled and answer is not None:
                        return True
                    sure = False
    if sure:
        return False
    sets = flow_sets(network, question, budget=budget).scopes
    return (
        True
        if any(one.lost if wanted else one.delivered for one in sets)
        else (None if any(one.open for one in sets) else False)
    )


class _Engine:
    """A question; the tables of its filters are kept from one path to the next. With `whole` they have all rows."""

    def __init__(
        self, network: EffectiveNetwork, question: FlowQuestion, budget: Budget, tables: Tables, *, whole: bool
    ) -> None:
        self.network = network
        self.question = question
        self.budget = budget
        self.readings: set[str] = set()
        self._tables = tables
        self._whole = whole

    def paths(self, scope: Scope) -> Iterator[Path]:
        """The paths of a scope; a security claim asks for no replies."""
        replies = self.question.quantifier is not Quantifier.NONE_ARRIVES
        return paths(self.network, scope, self.question.fixed, replies=replies)

    def sets(self, scope: Scope) -> ScopeSets | None:
        """The sets of one scope; None when it exists in no reading."""
        every = list(self.paths(scope))
        if not every:
            return None
        parts = [(path, list(self.parts(path, scope))) for path in every]
        return _Projection(self.network, self.question.quantifier, scope, parts, self.budget, self.readings).sets()

    # -- One path -------------------------------------------------------------------------------------------------------

    def parts(self, path: Path, scope: Scope) -> Iterator[Part]:
        """A path cut into parts, each with what becomes of its flows."""
        values = self.network.assumptions
        readings = {reading_name(name): NumberSet.single(values[name].index(value)) for name, value in path.readings.items()}
        start: Variables = {**path.region, **readings}
        if not can_arrive(path, scope, self.question.success):
            yield start, False
            return
        for region, passes in self._passing(path.places, start):
            if passes is False or path.unmodelled is not None:
                yield region, None if passes is not False else False
            else:
                yield from self._arriving(path, scope, region, passes)

    def _arriving(self, path: Path, scope: Scope, region: Variables, passes: Answer) -> Iterator[Part]:
        """What of a part is delivered as the claim wants it."""
        source, target = path.view[1], path.view[3]
        right, wrong = _split(region, target, scope.arrives_as)
        if wrong is not None:
            yield wrong, False
        if right is None:
            return
        seen, unseen = self._seen(right, source, path.source_tags)
        if unseen is not None:
            yield unseen, None if self.question.success.seen_as.unknown_tags else False
        if seen is not None:
            yield seen, self._in_the_end(path, scope, passes)

    def _seen(self, region: Variables, source: str | int, tags: frozenset[str]) -> tuple[Variables | None, Variables | None]:
        wanted: AddressMatch = self.question.success.seen_as
        return (region, None) if wanted.unknown_tags & tags else _split(region, source, wanted.addresses)

    def _in_the_end(self, path: Path, scope: Scope, passes: Answer) -> Answer:
        """What becomes of flows that arrive where they should if they pass every filter."""
        there = passes if surely_arrives(path, scope, self.question.success) else None
        if self.question.quantifier is Quantifier.NONE_ARRIVES or path.returns is True:
            return there
        return path.returns and there  # False: it does not return; None: nobody knows

    # -- Filters --------------------------------------------------------------------------------------------------------

    def _passing(self, places: tuple[Place, ...], region: Variables) -> Iterator[Part]:
        """The parts of a region, each with whether it passes all these places; what one drops meets no other."""
        ahead: list[tuple[int, Variables, Answer]] = [(0, region, True)]
        while ahead:
            number, here, passes = ahead.pop()
            if passes is False or number == len(places):
                yield here, passes
                continue
            place = places[number]
            for part, answer in self._place(place, place.filters, here):
                both = False if answer is False else passes and answer
                ahead.append((number + 1, part, both))

    def _place(self, place: Place, filters: tuple[Filter, ...], region: Variables) -> Iterator[Part]:
        """The parts of a region, each with whether it passes the filters of a place; what always allows skips the rest."""
        if not filters:
            yield region, True
            return
        first, *others = filters
        for part, outcomes in self._table(first, place, region).parts(place.view, region, self.budget):
            certain: set[Answer] = {action is Action.ALWAYS_ALLOW for action in outcomes if action is not Action.ALLOW}
            if Action.ALLOW not in outcomes:
                yield part, _only(certain)
                continue
            for smaller, passes in self._place(place, tuple(others), part):
                yield smaller, _only({*certain, passes})

    def _table(self, one: Filter, place: Place, region: Variables) -> Table:
        """The table of a filter: of the rows that may match something of a region alone, where these are few.

        A table for questions about other regions has all rows.
        """
        rows = one.rows
        mask = -1
        if not self._whole and len(rows) >= _MANY:
            seen = seen_at(place.view, region, place.source_tags, place.target_tags)
            near = classes_of(rows, self.network.tag_space).sharing(seen)
            if near.bit_count() * _SHARE <= len(rows):
                mask = near
        key = (id(one.rows), one.otherwise, place.source_tags, place.target_tags, mask)
        found = self._tables.get(key)
        if found is None:
            tags = (place.source_tags, place.target_tags)
            some = rows if mask == -1 else [rows[index] for index in each(mask)]
            found = self._tables[key] = Table(self.network, some, one.otherwise, self.question.fixed, tags)
        return found


def _only(answers: set[Answer]) -> Answer:
    """What several possibilities amount to."""
    return next(iter(answers)) if len(answers) == 1 else None


def _split(region: Variables, now: str | int, numbers: NumberSet) -> tuple[Variables | None, Variables | None]:
    """The part of a region where a field lies in a set, and the part where it does not."""
    if isinstance(now, int):
        return (region, None) if now in numbers else (None, region)
    inside, outside = region[now] & numbers, region[now] - numbers
    return ({**region, now: inside} if inside else None), ({**region, now: outside} if outside else None)


# -- Projection ---------------------------------------------------------------------------------------------------------


@record(kw_only=False)
class _Piece:
    """A part as a box over all variables of the scope, and the dimensions that its path knows the true value of."""

    box: Box
    answer: Answer
    known: tuple[bool, ...]
    settled: bool


class _Projection:
    """From flows to headers. What hangs on a value that nobody knows is open, unless every value gives the same."""

    def __init__(
        self,
        network: EffectiveNetwork,
        quantifier: Quantifier,
        scope: Scope,
        parts: list[tuple[Path, list[Part]]],
        budget: Budget,
        readings: set[str],
    ) -> None:
        self.scope = scope
        self.budget = budget
        self.assumptions = network.assumptions
        self.hit = quantifier is not Quantifier.ALL_ARRIVE
        packets = scope.packets
        self.domain: Region = tuple(getattr(packets, name) for name in FIELDS)
        universe: dict[str, NumberSet] = dict(zip(FIELDS, self.domain, strict=True))
        for path, _ in parts:
            for name in path.region:
                if name not in FIELDS:
                    offered = [path.region[name] for path, _ in parts if name in path.region]
                    universe.setdefault(name, union(offered))
        for name, values in network.assumptions.items():
            universe[reading_name(name)] = NumberSet.span(0, len(values) - 1)
        self.names = list(universe)
        partial = {"source"} if scope.partial_source else set()
        partial |= {"target"} if scope.partial_target else set()
        regions = [[tuple(region.get(name, universe[name]) for name in self.names) for region, _ in its] for _, its in parts]
        whole: Region = tuple(universe.values())
        self.space = Space([whole], *regions)
        self.whole = self.space.box(whole)
        readings.update(
            name
            for name in network.assumptions
            if any(
                region.get(reading_name(name), universe[reading_name(name)]) != universe[reading_name(name)]
                for _, its in parts
                for region, _ in its
            )
        )
        self.pieces = [
            _Piece(
                box=self.space.box(numbers),
                answer=answer,
                known=self._known(path, partial),
                settled=not partial and not path.unknowns,
            )
            for (path, its), boxed in zip(parts, regions, strict=True)
            for (_, answer), numbers in zip(its, boxed, strict=True)
        ]

    def _known(self, path: Path, partial: set[str]) -> tuple[bool, ...]:
        unknown = partial | {name for name, _ in path.unknowns}
        return tuple(name not in unknown and (name in path.region or name.startswith(reading_name(""))) for name in self.names)

    def sets(self) -> ScopeSets:
        """The three sets of headers."""
        sure: list[Box] = []
        maybe: list[Box] = []
        shown: dict[tuple[tuple[str, int], ...], list[Box]] = {}
        for one in self.pieces:
            if one.answer is None:
                maybe.append(one.box)
            elif one.answer is self.hit:
                settled, hanging = ([one.box], []) if one.settled else self._settled(one)
                sure.extend(settled)
                maybe.extend(hanging)
                for box in settled:
                    shown.setdefault(self._chosen(box, one.known), []).append(box)
        domain = self._header(self.whole)
        certain = self._headers(sure)
        unsure = algebra.subtract(self._headers(maybe), certain, self.budget)
        rest = algebra.subtract([domain], [*certain, *unsure], self.budget)
        delivered, lost = (certain, rest) if self.hit else (rest, certain)
        return ScopeSets(
            scope=self.scope,
            delivered=self._regions(delivered),
            lost=self._regions(lost),
            open=self._regions(unsure),
            witnesses=tuple(self._witnesses(shown)),
        )

    def _chosen(self, box: Box, known: tuple[bool, ...]) -> tuple[tuple[str, int], ...]:
        """The least choices and readings of a box."""
        region = self.space.region(box)
        return tuple(
            (name, region[number].first) for number, name in enumerate(self.names) if number >= len(FIELDS) and known[number]
        )

    def _witnesses(self, shown: Mapping[tuple[tuple[str, int], ...], list[Box]]) -> Iterator[Witness]:
        """One for each way to choose that adds headers."""
        done: list[Box] = []
        for chosen, mine in shown.items():
            new = algebra.subtract(self._headers(mine), done, self.budget)
            if new:
                done.extend(new)
                numbers = dict(chosen)
                yield Witness(
                    headers=self._regions(new),
                    choices={name: number for name, number in chosen if not name.startswith(reading_name(""))},
                    readings={
                        name: values[numbers[reading_name(name)]]
                        for name, values in self.assumptions.items()
                        if reading_name(name) in numbers
                    },
                )

    def _settled(self, one: _Piece) -> tuple[list[Box], list[Box]]:
        """What of a piece does the same whatever the values are that nobody knows, and what does not."""
        mine = self._as_known(one.box, one.known)
        others = [self._as_known(other.box, one.known) for other in self.pieces if other.answer is not one.answer]
        settled = algebra.subtract([mine], others, self.budget)
        return settled, algebra.subtract([mine], settled, self.budget)

    def _as_known(self, box: Box, known: tuple[bool, ...]) -> Box:
        return tuple(mine if is_known else whole for mine, is_known, whole in zip(box, known, self.whole, strict=True))

    def _header(self, box: Box) -> Box:
        return box[: len(FIELDS)]

    def _headers(self, every: list[Box]) -> list[Box]:
        return boxes.merged(algebra.disjoint(boxes.merged(map(self._header, every)), self.budget))

    def _regions(self, headers: list[Box]) -> tuple[Region, ...]:
        apart = boxes.merged(headers)
        choices = self.whole[len(FIELDS) :]
        return tuple(sorted((self.space.region((*one, *choices))[: len(FIELDS)] for one in apart), key=order))
