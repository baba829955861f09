"""A close look at one pair of ends: every part of their addresses that rules tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from asever.bulk.crowd import Crowd, Side
from asever.bulk.gates import RowList, Rule
from asever.model.numbers import NumberSet

MOST_PARTS = 1_000
"""More parts than these are not looked at."""

_Some = Sequence[tuple[Sequence[Rule], bool]]
"""The rules that matter of each list, and whether it passes what none matches."""


class Pair:
    """A caller and a called end of a crowd, and the lists of rows between them."""

    def __init__(self, crowd: Crowd, lists: Sequence[RowList], caller: int, called: int) -> None:
        self._crowd = crowd
        self._lists = lists
        self._caller = caller
        self._called = called

    def passes(self, cells: int) -> bool | None:
        """Whether something of some cells passes all lists; None where that cannot be told."""
        return self._any(cells, lambda perhaps, surely: True if surely else (None if perhaps else False))

    def drops(self, cells: int) -> bool | None:
        """Whether some list drops something of some cells; None where that cannot be told."""
        return self._any(cells, lambda perhaps, surely: True if perhaps != cells else (None if surely != cells else False))

    def _any(self, cells: int, holds: Callable[[int, int], bool | None]) -> bool | None:
        """Whether something holds of a part, by the cells of it that perhaps pass all lists, and those that surely do."""
        lists = self._mattering(cells)
        found: bool | None = False
        for matching in self._parts(lists):
            here = None if matching is None else holds(*_through(lists, cells, matching))
            if here:
                return True
            found = None if here is None else found
        return found

    def _mattering(self, cells: int) -> _Some:
        return [(list(self._some(one.rules, cells)), one.passes) for one in self._lists]

    def _some(self, rules: Sequence[Rule], cells: int) -> Iterator[Rule]:
        """Those that meet the cells, up to one that surely decides all that is left of them."""
        for rule in rules:
            if rule.meeting & cells:
                yield rule
                if rule.source.within >> self._caller & rule.target.within >> self._called & 1:
                    cells &= ~rule.within

    def _parts(self, lists: _Some) -> Iterator[int | None]:
        """What rules match, as bits by their places in the lists: once for each way to match; None if these are too many."""
        rules = [rule for some, _ in lists for rule in some]
        callers = self._kinds(self._caller, [(rule.source, rule.row.source.addresses) for rule in rules])
        targets = self._kinds(self._called, [(rule.target, rule.row.target.addresses) for rule in rules])
        if len(callers) * len(targets) > MOST_PARTS:
            yield None
            return
        for one in callers:
            for other in targets:
                yield one & other

    def _kinds(self, number: int, sides: Sequence[tuple[Side, NumberSet]]) -> set[int]:
        """The addresses of an end by the sets that hold them."""
        end = self._crowd.ends[number]
        first = end.first
        points = {first}
        always = 0
        partly: list[tuple[int, NumberSet]] = []
        for place, (side, addresses) in enumerate(sides):
            if side.within >> number & 1:
                always |= 1 << place
                continue
            cuts = list(_cuts(end, addresses))
            if cuts:
                points.update(cuts)
                partly.append((1 << place, addresses))
            elif first in addresses:
                always |= 1 << place
        if not partly:
            return {always}
        return {always | sum(bit for bit, addresses in partly if point in addresses) for point in points}


def _through(lists: _Some, cells: int, matching: int) -> tuple[int, int]:
    """The cells of which perhaps something passes all lists, and of which everything does, if these rules match."""
    perhaps = surely = cells
    for rules, passes in lists:
        left = perhaps
        some = whole = denied = 0
        for rule in rules:
            matches = matching & 1
            matching >>= 1
            if not matches or not left:
                continue
            if rule.allows:
                some |= rule.meeting & left
                whole |= rule.within & left & ~denied
            else:
                denied |= rule.meeting & left
            left &= ~rule.within
        if passes:
            some |= left
            whole |= left & ~denied
        perhaps &= some
        surely &= whole
    return perhaps, surely


def _cuts(end: NumberSet, numbers: NumberSet) -> Iterator[int]:
    """Where in an end a set begins and ends."""
    for first, last in end.ranges:
        for low, high in numbers.ranges:
            if first < low <= last:
                yield low
            if first <= high < last:
                yield high + 1
