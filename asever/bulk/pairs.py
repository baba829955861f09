"""Who of many ends reaches whom, pair by pair, from the ways between them and what the filters on these let pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import chain

from asever.bulk.cells import Cells, Traffic
from asever.bulk.closer import Pair
from asever.bulk.crowd import Crowd, numbers_of
from asever.bulk.gates import NOTHING, Gate, Profile, Sides, both
from asever.bulk.shapes import Shape, Stage, addresses
from asever.bulk.ways import End, Returns, Way, Ways
from asever.model.effective import Action, EffectiveNetwork, Filter, FilterRow
from asever.model.matrix import Reach
from asever.model.numbers import union
from asever.record import record

_Line = list[Profile | None]


@record(kw_only=False)
class Column:
    """A called end that is not plain, and callers that are alike: what `never` and what `reaches` asks about one of them.

    `called` is its place in the table.
    """

    called: int
    callers: Sequence[int]
    never: Sequence[Shape]
    reaches: Sequence[Shape]


def reaches(
    network: EffectiveNetwork,
    ends: Sequence[End],
    traffic: Sequence[Traffic],
    fixed: Mapping[str, str],
    columns: Sequence[Column] = (),
    more: int = 0,
) -> list[list[Reach | None]]:
    """For each end as caller the reach of each as called; None where that cannot be told for all at once.

    After the ends come `more` that the columns are about.
    """
    return _Pairs(network, ends, traffic, fixed, columns, more).reaches()


class _Pairs:
    def __init__(
        self,
        network: EffectiveNetwork,
        ends: Sequence[End],
        traffic: Sequence[Traffic],
        fixed: Mapping[str, str],
        columns: Sequence[Column],
        more: int,
    ) -> None:
        self._ends = ends
        self._fixed = fixed
        self._columns = columns
        self._more = more
        shaped = [one for column in columns for one in (*column.never, *column.reaches)]
        seen = dict.fromkeys(addresses(shaped))
        self._seen = {numbers: len(ends) + place for place, numbers in enumerate(seen)}
        self._crowd = Crowd([*(end.addresses for end in ends), *seen])
        self._ways = Ways(network, self._crowd, ends, union(one.protocol for one in traffic))
        self._products = list(self._ways.ways())
        lists = {id(one.rows): one.rows for one in chain(*(way.filters for way in self._products))}
        lists |= {id(one.rows): one.rows for end in ends for one in (*end.site.outbound, *end.site.inbound)}
        lists |= {id(one.rows): one.rows for shape in shaped for stage in shape.stages for one in stage.filters or ()}
        self._cells = Cells(network, fixed, traffic, list(lists.values()), (one.traffic.target_port for one in shaped))
        self._sides = Sides(self._crowd, network.tag_space)
        self._gates: dict[tuple[int, Action], Gate] = {}
        self._own: dict[int, _Line] = {}
        self._exactly: dict[int, int | None] = {}
        self._between: dict[tuple[int, ...], Sequence[Profile | None]] = {}
        every = self._cells.every
        self._passing = Profile(every, every, every, every, every, every, 0)

    def reaches(self) -> list[list[Reach | None]]:
        count = len(self._ends)
        entering = [self._through(end.site.inbound, number, calls=False) for number, end in enumerate(self._ends)]
        into = list(zip(*entering, strict=True))[:count]
        found: list[list[Reach | None]] = [[None] * (count + self._more) for _ in self._ends]
        for way in self._products:
            self._follow(way, into, found)
        for column in self._columns:
            for caller in column.callers:
                found[caller][column.called] = self._to(column, caller)
        return found

    # -- To ends that are not plain -------------------------------------------------------------------------------------

    def _to(self, column: Column, caller: int) -> Reach | None:
        """The reach of one caller of a column."""
        arrives: bool | None = False
        for shape in column.never:
            passing = self._passing_of(shape, caller) if shape.arrives else NOTHING
            if passing is None:
                return None
            arrives = True if passing.some else arrives or (None if passing.perhaps else arrives)
        if arrives is False:
            return Reach.NONE
        lost: bool | None = False
        for shape in column.reaches:
            cells = self._cells_of(shape)
            passing = self._passing_of(shape, caller) if shape.arrives else NOTHING
            if passing is None or cells is None:
                return None
            if not shape.arrives or not shape.returns or passing.dropped & cells:
                lost = True
            elif passing.whole != cells:
                lost = lost or None
        if lost is False:
            return Reach.ALL
        return Reach.SOME if arrives and lost else None

    def _cells_of(self, shape: Shape) -> int | None:
        if id(shape) not in self._exactly:
            self._exactly[id(shape)] = self._cells.exactly(shape.traffic, shape.readings)
        return self._exactly[id(shape)]

    def _passing_of(self, shape: Shape, caller: int) -> Profile | None:
        """What of a shape's flows passes its stages; None where that cannot be told."""
        cells = self._cells_of(shape)
        if cells is None:
            return None
        found = Profile(cells, cells, cells, cells, cells, cells, 0)
        for stage in shape.stages:
            passing = self._stage(stage, shape, caller)
            if passing is None:
                return None
            found = both(found, passing)
        return found

    def _stage(self, stage: Stage, shape: Shape, caller: int) -> Profile | None:
        target = self._seen[stage.target]
        source = caller if stage.source is None else self._seen[stage.source]
        filters = self._ends[caller].site.outbound if stage.filters is None else stage.filters
        found: Profile | None = self._passing
        for one in filters:
            gate = self._gate(one.rows, one.otherwise)
            if shape.readings.keys() & gate.untold:
                return None
            other = (
                gate.between(caller, calls=True)[target] if stage.filters is None else gate.between(target, calls=False)[source]
            )
            found = None if found is None or other is None else both(found, other)
        return found

    # -- Between plain ends ---------------------------------------------------------------------------------------------

    def _follow(self, way: Way, into: Sequence[Sequence[Profile | None]], found: list[list[Reach | None]]) -> None:
        targets = numbers_of(way.called)
        if not way.arrives:
            for caller in numbers_of(way.callers):
                line = found[caller]
                for called in targets:
                    line[called] = Reach.NONE
            return
        returned = self._returned(way, targets)
        apart = {id(one): one for one in returned}
        none, some = Reach.NONE, Reach.SOME
        for caller in numbers_of(way.callers):
            back = {key: _comes_back(one, caller) for key, one in apart.items()}
            line, entering = found[caller], into[caller]
            for called, one, returns in zip(targets, self._leaving(caller, way, targets), returned, strict=True):
                other = entering[called]
                if one is None or other is None:
                    continue
                if not one.perhaps & other.perhaps:
                    line[called] = none
                    continue
                comes_back = back[id(returns)]
                if comes_back is None:
                    continue
                if one.whole & other.whole and not (comes_back and not one.dropped and not other.dropped):
                    line[called] = some  # as most that pass something
                else:
                    line[called] = self._reach(one, other, comes_back) or self._closer(one, other, caller, called, comes_back)

    def _returned(self, way: Way, targets: Sequence[int]) -> list[Returns]:
        """What becomes of the replies of each called end, which hangs on its routes alone."""
        known: dict[int, Returns] = {}
        found = []
        for called in targets:
            routes = id(self._ends[called].site.routes)
            if routes not in known:
                known[routes] = self._ways.returned(way, called)
            found.append(known[routes])
        return found

    def _reach(self, one: Profile, other: Profile, back: bool) -> Reach | None:
        """What two profiles that perhaps let something pass, and the way of the reply, come to; None if they do not tell."""
        if back and one.whole & other.whole == self._cells.every:
            return Reach.ALL
        if (not back or one.dropped | other.dropped) and one.meets(other):
            return Reach.SOME
        return None

    def _closer(self, one: Profile, other: Profile, caller: int, called: int, back: bool) -> Reach | None:
        """The same, part by part."""
        pair = Pair(self._crowd, one.lists + other.lists, caller, called)
        passes = bool(one.meets(other)) or pair.passes(one.perhaps & other.perhaps)
        if passes is False:
            return Reach.NONE
        every = self._cells.every
        drops = not back or bool(one.dropped | other.dropped) or pair.drops(every & ~(one.whole & other.whole))
        if drops is False:
            return Reach.ALL
        return Reach.SOME if passes and drops else None

    def _leaving(self, caller: int, way: Way, targets: Sequence[int]) -> Sequence[Profile | None]:
        """What passes the filters of a caller and those on a way to each of the called ends."""
        line = self._own.get(caller)
        if line is None:
            line = self._own[caller] = self._through(self._ends[caller].site.outbound, caller, calls=True)
        own = list(map(line.__getitem__, targets))
        if not way.filters:
            return own
        lines = [self._gate(one.rows, one.otherwise).between(caller, calls=True) for one in way.filters]
        key = (id(way), *map(id, lines))
        between = self._between.get(key)
        if between is None:  # most callers are alike to those on the way
            between = self._between[key] = reduce(_both, ([other[called] for called in targets] for other in lines))
        return _both(own, between)

    def _through(self, filters: Sequence[Filter], end: int, *, calls: bool) -> _Line:
        """What passes filters between an end and each other."""
        line: _Line = [self._passing] * len(self._crowd.ends)
        for number, one in enumerate(filters):
            other = self._gate(one.rows, one.otherwise).between(end, calls=calls)
            line = _both(line, other) if number else other
        return line

    def _gate(self, rows: tuple[FilterRow, ...], otherwise: Action) -> Gate:
        key = (id(rows), otherwise)
        found = self._gates.get(key)
        if found is None:
            found = self._gates[key] = Gate(self._fixed, self._sides, self._cells, rows, otherwise)
        return found


def _comes_back(returns: Returns, caller: int) -> bool | None:
    """Whether replies come back to a caller; None where that is not simple to tell."""
    return None if returns.unclear >> caller & 1 else bool(returns.back >> caller & 1)


def _both(line: Sequence[Profile | None], other: Sequence[Profile | None]) -> _Line:
    """What passes both of two lists of filters; most pairs are like another."""
    pairs = list(zip(map(id, line), map(id, other), strict=True))
    different = dict(zip(pairs, zip(line, other, strict=True), strict=True))
    found = {key: None if mine is None or its is None else both(mine, its) for key, (mine, its) in different.items()}
    return list(map(found.__getitem__, pairs))
