"""Rows in order over regions: the parts of a region that the first row which holds them lets pass, or drops.

No solver and no diagram: a depth-first search over product sets that looks at few of the rows. It takes the first row that
meets a region; what the row leaves over falls into at most one disjoint product a dimension, and those are next.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial, reduce
from operator import or_

from asever.exact.boxes import Budget
from asever.exact.readings import HEADERS, reading_name, reading_values, readings_of
from asever.model.addresses import ALL_ADDRESSES
from asever.model.bits import Unions, UpTo, bits_of, each, places
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, FilterRow, conditions_of
from asever.model.identity import Same
from asever.model.numbers import NumberSet
from asever.model.numbers import union as union_of_numbers
from asever.model.regions import Region

Tags = tuple[frozenset[str], frozenset[str]]
"""What is known of the two addresses that a filter sees."""

_ORDER = (4, 0, 3, 1, 2)
"""Ports tell most rows apart for the least work."""
_MANY = 48
"""So many rows are looked at one by one."""
_STRIDE = 16
_RANGES, _LONG = 16, 3_000
"""So many ranges of a region cost as much to look at as one more row, and so do so many rows in which the row stands."""
_KEPT = 1_000
_CLOSE = 16
"""Of a set of more ranges only the first and the last number are looked at."""
_WIDE = 32_000
"""A set that more of those of rows than these begin or end in tells them apart too slowly to be worth it."""


class NotTold(Exception):  # noqa: N818 - what happened, in words
    """Rows that perhaps match stand before rows that skip later filters: not decided here."""


class _Dimension:
    """The rows that meet a set of numbers in one dimension, as bits: those with one range, which most are, and the others."""

    def __init__(self, sets: Sequence[NumberSet]) -> None:
        one_range = [(row, one.ranges[0]) for row, one in enumerate(sets) if len(one.ranges) == 1]
        self._begun = UpTo([(low, row) for row, (low, _) in one_range], len(sets))
        self._ended = UpTo([(high, row) for row, (_, high) in one_range], len(sets))
        self._several = _Several({row: one for row, one in enumerate(sets) if len(one.ranges) > 1})
        self._found: dict[NumberSet, tuple[int, int]] = {}

    def around(self, numbers: NumberSet) -> tuple[int, int]:
        """The rows that share a number with the set, and perhaps more; those that hold all of it, and perhaps fewer."""
        found = self._found.get(numbers)
        if found is None:
            if len(self._found) >= _KEPT:
                self._found.clear()
            found = self._found[numbers] = self._looked_up(numbers)
        return found

    def _looked_up(self, numbers: NumberSet) -> tuple[int, int]:
        ranges = numbers.ranges
        first, last = ranges[0][0], ranges[-1][1]
        meeting, holding = self._several.around(numbers)
        holding |= self._begun.bits(first) & ~self._ended.bits(last - 1)
        for low, high in ranges if len(ranges) <= _CLOSE else [(first, last)]:
            meeting |= self._begun.bits(high) & ~self._ended.bits(low - 1)
        return meeting, holding


class _Several:
    """The same of rows with several ranges."""

    def __init__(self, sets: Mapping[int, NumberSet]) -> None:
        # Many rows may name one set, of thousands of ranges: a set has its rows as bits.
        owners = places((one.ranges, row) for row, one in sets.items())
        self._rows = list(owners.values())
        # A cut and a set as one number: those are sorted in a third of the time of pairs.
        bits = len(owners).bit_length()
        changes = sorted(
            cut << bits | number for number, ranges in enumerate(owners) for low, high in ranges for cut in (low, high + 1)
        )
        self._cuts = [one >> bits for one in changes]
        self._changing = [one & (1 << bits) - 1 for one in changes]
        self._sets = sets
        self._known: list[int] = []
        self._changed = Unions(self._changing, partial(_any_of, self._rows))
        self._every = bits_of([*sets])
        now = 0
        for place, number in enumerate(self._changing):
            if place % _STRIDE == 0:
                self._known.append(now)
            now ^= self._rows[number]
        self._known.append(now)

    def around(self, numbers: NumberSet) -> tuple[int, int]:
        """The rows of these that share a number with the set, and those that hold all of it."""
        if not self._every:
            return 0, 0
        stretches = [(bisect_right(self._cuts, low), bisect_right(self._cuts, high)) for low, high in numbers.ranges]
        if sum(last - first for first, last in stretches) > _WIDE:
            few = self._at(stretches[0][0])
            holding = [row for row in each(few) if _holds(self._sets[row], numbers)] if few.bit_count() <= _MANY else []
            return self._every, bits_of(holding)
        meeting, holding_all = 0, self._every
        for first, last in stretches:
            changing = self._changed.between(first, last)
            holding_here = self._at(first)
            meeting |= holding_here | changing
            holding_all &= holding_here & ~changing
        return meeting, holding_all

    def _at(self, place: int) -> int:
        """The rows that hold the numbers between two cuts."""
        block = place // _STRIDE
        found = self._known[block]
        for number in self._changing[block * _STRIDE : place]:
            found ^= self._rows[number]
        return found


def _any_of(rows: Sequence[int], numbers: Iterable[int]) -> int:
    """The rows of some sets, by the numbers of these."""
    return reduce(or_, [rows[number] for number in set(numbers)], 0)


class FirstMatch:
    """Rows over the header fields and the readings that they mention.

    A row that matches perhaps counts against what is looked for: with `surely` a permission that is in doubt is none, and a
    refusal that is in doubt is one; else the other way round.
    """

    def __init__(
        self, network: EffectiveNetwork, rows: Sequence[FilterRow], otherwise: Action, tags: Tags, *, surely: bool
    ) -> None:
        self.readings = tuple(sorted(conditions_of(row.condition for row in rows)))
        self.domain: Region = (*HEADERS, *(reading_values(network, name) for name in self.readings))
        self.names = tuple(map(reading_name, self.readings))
        self._regions: list[Region] = []
        self.is_doubtful = False
        """Whether some row matches perhaps, so that it makes a difference what that counts for."""
        for row in rows:
            sources = _sides(row.source, tags[0], network.tag_space)
            targets = _sides(row.target, tags[1], network.tag_space)
            counts = 0 if (row.action is Action.DENY) is not surely else 1
            if sources[0] is not sources[1] or targets[0] is not targets[1]:
                self.is_doubtful = True
            readings = readings_of(network, row, self.readings) if self.readings else ()
            self._regions.append((row.protocol, sources[counts], row.source_port, targets[counts], row.target_port, *readings))
        self.skips = any(row.action is Action.ALWAYS_ALLOW for row in rows)
        if self.is_doubtful and self.skips:
            raise NotTold
        # What no row decides is decided by a last one that holds everything.
        self._regions.append(self.domain)
        self._actions = [*(row.action for row in rows), otherwise]
        self._doing = {
            action: sum(1 << place for place, mine in enumerate(self._actions) if mine is action) for action in Action
        }
        self._columns = list(zip(*self._regions, strict=True))
        self._dimensions: dict[int, _Dimension] = {}
        self._look = 1 + len(rows) // _LONG
        self._every = (1 << len(self._regions)) - 1

    def parts(self, region: Region, wanted: Sequence[Action], budget: Budget) -> Iterator[tuple[Region, Action]]:
        """Disjoint parts of a region that rows of a wanted action decide; together all of what they decide of it."""
        doing = 0
        for action in wanted:
            doing |= self._doing[action]
        ahead = [(region, self._narrowed(self._every, region))]
        while ahead:
            here, rows = ahead.pop()
            look = self._look + sum([len(one.ranges) for one in here]) // _RANGES
            while True:
                rows &= (1 << (rows & doing).bit_length()) - 1  # what comes after the last wanted row is not asked about
                if not rows:
                    break
                budget.spend(look)
                low = rows & -rows
                rows ^= low
                place = low.bit_length() - 1
                shared = _shared(here, self._regions[place])
                if shared is None:
                    continue
                if low & doing:
                    yield shared, self._actions[place]
                ahead.extend(self._left(here, shared, rows))
                break

    def _left(self, region: Region, taken: Region, rows: int) -> Iterator[tuple[Region, int]]:
        """The disjoint parts of a region outside another that it holds, with the rows that may meet them."""
        for number, (whole, mine) in enumerate(zip(region, taken, strict=True)):
            if mine is whole:
                continue
            rest = whole - mine
            if rest:
                part = (*taken[:number], rest, *region[number + 1 :])
                yield part, self._narrowed(rows, part)

    def _narrowed(self, rows: int, region: Region) -> int:
        """Those of the rows that may meet a region, up to the first that holds all of it; few rows are left as they are."""
        holding = rows
        for number in (*_ORDER, *range(len(_ORDER), len(region))):
            if rows.bit_count() <= _MANY:
                return rows
            meeting, holding_here = self._dimension(number).around(region[number])
            rows &= meeting
            holding &= holding_here
        first = holding & -holding
        return rows & ((first << 1) - 1) if first else rows

    def _dimension(self, number: int) -> _Dimension:
        found = self._dimensions.get(number)
        if found is None:
            found = self._dimensions[number] = _Dimension(self._columns[number])
        return found


def _shared(one: Region, other: Region) -> Region | None:
    """What two regions share; what the first keeps whole is the same object."""
    found = []
    for mine, its in zip(one, other, strict=True):
        both = mine if its.ranges == mine.ranges or _holds(its, mine) else mine & its
        if not both:
            return None
        found.append(both)
    return tuple(found)


def _holds(one: NumberSet, other: NumberSet) -> bool:
    """Whether one range of the first set holds all of the other."""
    if not other.ranges:
        return True
    first, last = other.ranges[0][0], other.ranges[-1][1]
    place = bisect_right(one.ranges, (first, 1 << 200)) - 1
    return place >= 0 and one.ranges[place][1] >= last


def _sides(match: AddressMatch, known: frozenset[str], tag_space: NumberSet) -> tuple[NumberSet, NumberSet]:
    """The addresses that one side of a rule surely, and perhaps, matches; one object where they are the same."""
    if not match.unknown_tags:
        return match.addresses, match.addresses
    if match.unknown_tags & known:
        return ALL_ADDRESSES, ALL_ADDRESSES
    open_tags = match.open_tags(known)
    if not open_tags:
        return match.addresses, match.addresses
    return match.addresses, union_of_numbers((match.addresses, *(match.space(tag, tag_space) for tag in open_tags)))


def first_match(
    network: EffectiveNetwork, rows: tuple[FilterRow, ...], otherwise: Action, tags: Tags, *, surely: bool
) -> FirstMatch:
    """The rows of a filter, made ready; those of the last filters are kept. Raises `NotTold`."""
    found = _first_match(Same(network), Same(rows), otherwise, tags, surely=True)
    if surely or not found.is_doubtful:
        return found
    return _first_match(Same(network), Same(rows), otherwise, tags, surely=False)


@lru_cache(maxsize=64)
def _first_match(
    network: Same[EffectiveNetwork], rows: Same[tuple[FilterRow, ...]], otherwise: Action, tags: Tags, *, surely: bool
) -> FirstMatch:
    return FirstMatch(network.value, rows.value, otherwise, tags, surely=surely)


Variables = Mapping[str, NumberSet]
"""A region by the names of its variables: header fields, choices, readings."""


def seen(one: FirstMatch, view: Sequence[str | int], region: Variables) -> tuple[tuple[str | int, ...], Region]:
    """The names of what a filter sees in each of its dimensions, and the numbers there."""
    names = (*view, *one.names)
    return names, tuple(
        NumberSet.single(now) if isinstance(now, int) else region.get(now, domain)
        for now, domain in zip(names, one.domain, strict=True)
    )


def changed(names: Sequence[str | int], part: Region, region: Variables) -> Variables:
    """A region where its variables are as in a part of it."""
    return {**region, **{name: mine for name, mine in zip(names, part, strict=True) if isinstance(name, str)}}
