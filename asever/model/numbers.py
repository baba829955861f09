"""Sets of whole numbers as ordered, disjoint, inclusive ranges: ports, protocols and addresses alike."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from asever.record import record

Range = tuple[int, int]


@record(kw_only=False)
class NumberSet:
    """A set of whole numbers. `ranges` are inclusive, ascending, disjoint and not adjacent, so equality is equality of sets."""

    ranges: tuple[Range, ...] = ()

    @staticmethod
    def of(ranges: Iterable[Range]) -> NumberSet:
        """The union of inclusive ranges given in any order."""
        merged: list[Range] = []
        for low, high in sorted(ranges):
            if low > high:
                continue
            if merged and low <= merged[-1][1] + 1:
                if high > merged[-1][1]:
                    merged[-1] = (merged[-1][0], high)
            else:
                merged.append((low, high))
        return NumberSet(tuple(merged))

    @staticmethod
    def single(number: int) -> NumberSet:
        """The set of one number."""
        return NumberSet(((number, number),))

    @staticmethod
    def span(low: int, high: int) -> NumberSet:
        """All numbers from `low` to `high`, both included."""
        return NumberSet(((low, high),)) if low <= high else EMPTY

    def __contains__(self, number: int) -> bool:
        ranges = self.ranges
        if len(ranges) == 1:  # most sets are one range, and every rule asks this of every packet
            return ranges[0][0] <= number <= ranges[0][1]
        index = bisect_left(ranges, (number + 1,)) - 1
        return index >= 0 and number <= ranges[index][1]

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __len__(self) -> int:
        raise TypeError("a NumberSet may hold more numbers than len() can return; use .size")

    @property
    def is_single(self) -> bool:
        """Whether the set holds one number."""
        return len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1]

    @property
    def size(self) -> int:
        """How many numbers the set holds."""
        size = 0
        for low, high in self.ranges:
            size += high - low + 1
        return size

    @property
    def first(self) -> int:
        """The least number; raises `ValueError` for the empty set."""
        if not self.ranges:
            raise ValueError("the empty set has no first number")
        return self.ranges[0][0]

    def __iter__(self) -> Iterator[int]:
        for low, high in self.ranges:
            yield from range(low, high + 1)

    def __or__(self, other: NumberSet) -> NumberSet:
        if not self.ranges:
            return other
        if not other.ranges:
            return self
        return NumberSet.of(self.ranges + other.ranges)

    def __and__(self, other: NumberSet) -> NumberSet:
        if len(self.ranges) == len(other.ranges) == 1:  # as most are
            ((low, high),), ((start, end),) = self.ranges, other.ranges
            if start <= low and high <= end:
                return self
            return NumberSet.span(max(low, start), min(high, end))
        if self.ranges == other.ranges:
            return self
        few, many = (self.ranges, other.ranges) if len(self.ranges) <= len(other.ranges) else (other.ranges, self.ranges)
        result: list[Range] = []
        for low, high in few:
            first, after = _meeting(many, low, high)
            if first < after:
                place = len(result)
                result += many[first:after]
                result[place] = (max(low, many[first][0]), result[place][1])
                result[-1] = (result[-1][0], min(high, many[after - 1][1]))
        found = tuple(result)
        return self if found == self.ranges else NumberSet(found)

    def __sub__(self, other: NumberSet) -> NumberSet:
        if not self.ranges or not other.ranges:
            return self
        # Of many ranges most lie before or behind all of a few others.
        begin, until = _meeting(other.ranges, self.ranges[0][0], self.ranges[-1][1])
        if begin == until:
            return self
        right = other.ranges[begin:until]
        first, after = _meeting(self.ranges, right[0][0], right[-1][1])
        result = [*self.ranges[:first]]
        place, several = 0, len(right)
        for start, high in self.ranges[first:after]:
            low = start
            while place < several and right[place][1] < low:
                place += 1
            while place < several and right[place][0] <= high:
                taken, end = right[place]
                if low < taken:
                    result.append((low, taken - 1))
                low = end + 1
                if low > high:
                    break
                place += 1
            if low <= high:
                result.append((low, high))
        return NumberSet((*result, *self.ranges[after:]))

    def __le__(self, other: NumberSet) -> bool:
        # Ranges are not adjacent, so each of ours lies within one of the other's.
        others = other.ranges
        for low, high in self.ranges:
            index = bisect_left(others, (low + 1,)) - 1
            if index < 0 or others[index][1] < high:
                return False
        return True

    def overlaps(self, other: NumberSet) -> bool:
        """Whether the two sets share a number."""
        few, many = self.ranges, other.ranges
        if len(few) > len(many):
            few, many = many, few
        for low, high in few:
            index = bisect_left(many, (high + 1,)) - 1  # the last that begins no later
            if index >= 0 and many[index][1] >= low:
                return True
        return False


def _meeting(ranges: tuple[Range, ...], low: int, high: int) -> tuple[int, int]:
    """Which of some ordered ranges meet one: the place of the first of them, and of the first behind them."""
    first = bisect_left(ranges, (low,))
    if first and ranges[first - 1][1] >= low:
        first -= 1
    return first, bisect_left(ranges, (high + 1,), first)


EMPTY = NumberSet()


def union(sets: Iterable[NumberSet]) -> NumberSet:
    """The union of any number of sets, in one merge."""
    return NumberSet.of(one for each in sets for one in each.ranges)
