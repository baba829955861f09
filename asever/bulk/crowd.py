"""Many ends by number, and sets of them as bits: which of them a set of addresses meets, and which lie in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence

from asever.model.bits import each
from asever.model.numbers import NumberSet, Range
from asever.record import record

# Where one in so many is in a set, looking at every digit is faster than finding the ones.
_DENSE = 8

Bits = int
"""A set of ends: bit n is the end of number n."""


def numbers_of(bits: Bits) -> list[int]:
    """The numbers of the ends in a set, in order."""
    if bits.bit_count() * _DENSE >= bits.bit_length():
        return [number for number, digit in enumerate(bin(bits)[:1:-1]) if digit == "1"]
    return list(each(bits))


_FEW = 8
_MOST_SHARED = 1 - 1e-6
"""A part is no whole, however the numbers are rounded."""


@record(kw_only=False)
class Side:
    """The ends of which a set of addresses holds something (`meeting`), and those that it holds all of (`within`).

    Where they are few, they are named, each with the share of its addresses that the set holds. `open` are those of which
    nobody can say.
    """

    meeting: Bits
    within: Bits
    few: tuple[tuple[int, float], ...] | None
    open: Bits = 0


class Crowd:
    """Ends by their addresses, which may overlap."""

    def __init__(self, ends: Sequence[NumberSet]) -> None:
        self.ends = ends
        self.every: Bits = (1 << len(ends)) - 1
        single = [(*numbers.ranges[0], number) for number, numbers in enumerate(ends) if len(numbers.ranges) == 1]
        self._scattered = [number for number, numbers in enumerate(ends) if len(numbers.ranges) != 1]
        by_low = sorted((low, number) for low, _, number in single)
        by_high = sorted((high, number) for _, high, number in single)
        self._lows = [low for low, _ in by_low]
        self._highs = [high for high, _ in by_high]
        # By how many of the lows, or highs, come before: the ends that begin, or end, there or before, and all the others.
        self._begun, self._ended = (_gathered([number for _, number in order]) for order in (by_low, by_high))
        self._beginning, self._ending = ([one[-1] & ~bits for bits in one] for one in (self._begun, self._ended))
        self._starts, self._there = _stretches(ends)
        self._sizes = [numbers.size for numbers in ends]
        self._known: dict[tuple[Range, ...], Side] = {}

    def side(self, addresses: NumberSet) -> Side:
        """What a set of addresses is for every end."""
        found = self._known.get(addresses.ranges)
        if found is None:
            found = self._known[addresses.ranges] = self._side(addresses)
        return found

    def _side(self, addresses: NumberSet) -> Side:
        if len(addresses.ranges) == 1:
            low, high = addresses.ranges[0]
            place = bisect_right(self._starts, low) - 1
            if place + 1 == len(self._starts) or high < self._starts[place + 1]:  # as of most rules: a host, or one subnet
                there = self._there[place]
                alone = sum(1 << one for one in there if self._sizes[one] == high - low + 1)
                return self._named(sum(1 << one for one in there), alone, addresses)
        meeting = within = 0
        for low, high in addresses.ranges:
            from_low, to_low = bisect_left(self._lows, low), bisect_right(self._lows, high)
            from_high, to_high = bisect_left(self._highs, low), bisect_right(self._highs, high)
            # Ranges of a set are not adjacent, so that what lies in the set lies in one of them.
            meeting |= self._begun[to_low] & self._ending[from_high]
            within |= self._beginning[from_low] & self._ended[to_high]
        for number in self._scattered:
            if self.ends[number].overlaps(addresses):
                meeting |= 1 << number
                if self.ends[number] <= addresses:
                    within |= 1 << number
        return self._named(meeting, within, addresses)

    def _named(self, meeting: Bits, within: Bits, addresses: NumberSet) -> Side:
        """A side with the share of each of the ends that it meets, where they are few."""
        if meeting.bit_count() > _FEW:
            return Side(meeting, within, None)
        few = [(one, 1.0 if within >> one & 1 else self.share(one, addresses)) for one in each(meeting)]
        return Side(meeting, within, tuple(few))

    def share(self, end: int, addresses: NumberSet) -> float:
        """How much of an end's addresses a set holds that does not hold all: between 0 and 1, not exactly."""
        held = 0
        for low, high in self.ends[end].ranges:
            for first, last in addresses.ranges:
                if first <= high and last >= low:
                    held += min(high, last) - max(low, first) + 1
        return min(held / self._sizes[end], _MOST_SHARED)


def _gathered(numbers: Sequence[int]) -> list[Bits]:
    """For every count the first so many numbers as a set."""
    found = [0]
    for number in numbers:
        found.append(found[-1] | 1 << number)
    return found


def _stretches(ends: Sequence[NumberSet]) -> tuple[Sequence[int], Sequence[Sequence[int]]]:
    """The numbers cut where an end begins or ends: where each stretch starts, and the ends that hold it, in order."""
    begin: dict[int, list[int]] = defaultdict(list)
    end: dict[int, list[int]] = defaultdict(list)
    for number, numbers in enumerate(ends):
        for low, high in numbers.ranges:
            begin[low].append(number)
            end[high + 1].append(number)
    starts = sorted({-1, *begin, *end})
    there: list[Sequence[int]] = []
    now: set[int] = set()
    for start in starts:
        now.difference_update(end[start])
        now.update(begin[start])
        there.append(tuple(sorted(now)))
    return starts, there
