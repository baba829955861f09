"""Who of many ends reaches whom, pair by pair, from the ways between them and what the filters on these let pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from asever.bulk.cells import Cells, Traffic
from asever.bulk.closer import Pair
from asever.bulk.crowd import Crowd, numbers_of
from asever.bulk.gates import Gate, Profile, both
from asever.bulk.ways import End, Returns, Way, Ways
from asever.model.effective import Action, EffectiveNetwork, Filter, FilterRow
from asever.model.matrix import Reach

_Line = list[Profile | None]


def reaches(
    network: EffectiveNetwork, ends: Sequence[End], traffic: Iterable[Traffic], fixed: Mapping[str, str]
) -> list[list[Reach | None]]:
    """For each end as caller the reach of each as called; None where that cannot be told for all at once."""
    return _Pairs(network, ends, traffic, fixed).reaches()


class _Pairs:
    def __init__(
        self, network: EffectiveNetwork, ends: Sequence[End], traffic: Iterable[Traffic], fixed: Mapping[str, str]
    ) -> None:
        self._network = network
        self._ends = ends
        self._fixed = fixed
        self._crowd = Crowd([end.addresses for end in ends])
        self._ways = Ways(network, self._crowd, ends)
        self._products = list(self._ways.ways())
        lists = {id(one.rows): one.rows for one in chain(*(way.filters for way in self._products))}
        lists |= {id(one.rows): one.rows for end in ends for one in (*end.site.outbound, *end.site.inbound)}
        self._cells = Cells(traffic, lists.values())
        self._gates: dict[tuple[int, Action], Gate] = {}
        self._own: dict[int, _Line] = {}
        every = self._cells.every
        self._passing = Profile(every, every, every, every, every, every, 0)

    def reaches(self) -> list[list[Reach | None]]:
        count = len(self._ends)
        entering = [self._through(end.site.inbound, number, calls=False) for number, end in enumerate(self._ends)]
        into = list(zip(*entering, strict=True))
        found: list[list[Reach | None]] = [[None] * count for _ in self._ends]
        for way in self._products:
            self._follow(way, into, found)
        return found

    def _follow(self, way: Way, into: Sequence[Sequence[Profile | None]], found: list[list[Reach | None]]) -> None:
        targets = list(numbers_of(way.called))
        if not way.arrives:
            for caller in numbers_of(way.callers):
                line = found[caller]
                for called in targets:
                    line[called] = Reach.NONE
            return
        returned = self._returned(way, targets)
        for caller in numbers_of(way.callers):
            bit = 1 << caller
            leaving = self._leaving(caller, way.filters, targets)
            line, entering = found[caller], into[caller]
            for called, one, returns in zip(targets, leaving, returned, strict=True):
                other = entering[called]
                if one is None or other is None or returns.unclear & bit:
                    continue
                back = returns.back & bit != 0
                line[called] = self._reach(one, other, back) or self._closer(one, other, caller, called, back)

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
        """What two profiles and the way of the reply come to, if they tell."""
        if not one.perhaps & other.perhaps:
            return Reach.NONE
        if back and one.whole & other.whole == self._cells.every:
            return Reach.ALL
        if (not back or one.dropped | other.dropped) and one.meets(other):
            return Reach.SOME
        return None

    def _closer(self, one: Profile, other: Profile, caller: int, called: int, back: bool) -> Reach | None:
        """The same, part by part."""
        pair = Pair(self._network, self._fixed, self._crowd, one.lists + other.lists, caller, called)
        passes = bool(one.meets(other)) or pair.passes(one.perhaps & other.perhaps)
        if passes is False:
            return Reach.NONE
        every = self._cells.every
        drops = not back or bool(one.dropped | other.dropped) or pair.drops(every & ~(one.whole & other.whole))
        if drops is False:
            return Reach.ALL
        return Reach.SOME if passes and drops else None

    def _leaving(self, caller: int, filters: Sequence[Filter], targets: Sequence[int]) -> Sequence[Profile | None]:
        """What passes the filters of a caller and these on the way to each of some ends."""
        line = self._own.get(caller)
        if line is None:
            line = self._own[caller] = self._through(self._ends[caller].site.outbound, caller, calls=True)
        found = [line[called] for called in targets]
        for one in filters:
            other = self._gate(one.rows, one.otherwise).between(caller, calls=True)
            found = _both(found, [other[called] for called in targets])
        return found

    def _through(self, filters: Sequence[Filter], end: int, *, calls: bool) -> _Line:
        """What passes filters between an end and each other."""
        line: _Line = [self._passing] * len(self._ends)
        for number, one in enumerate(filters):
            other = self._gate(one.rows, one.otherwise).between(end, calls=calls)
            line = _both(line, other) if number else other
        return line

    def _gate(self, rows: tuple[FilterRow, ...], otherwise: Action) -> Gate:
        key = (id(rows), otherwise)
        found = self._gates.get(key)
        if found is None:
            found = self._gates[key] = Gate(self._network, self._fixed, self._crowd, self._cells, rows, otherwise)
        return found


def _both(line: Sequence[Profile | None], other: Sequence[Profile | None]) -> _Line:
    """What passes both of two lists of filters; most pairs are like another."""
    known: dict[tuple[int, int], Profile | None] = {}
    found: _Line = []
    for mine, its in zip(line, other, strict=True):
        key = (id(mine), id(its))
        if key not in known:
            known[key] = None if mine is None or its is None else both(mine, its)
        found.append(known[key])
    return found
