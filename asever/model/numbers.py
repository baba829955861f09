"""Sets of whole numbers as ordered, disjoint, inclusive ranges: ports, protocols and addresses alike."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter

from asever.record import record

Range = tuple[int, int]
_low = itemgetter(0)


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

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        ranges = self.ranges
        if len(ranges) == 1:  # most sets are one range, and every rule asks this of every packet
            return ranges[0][0] <= number <= ranges[0][1]
        index = bisect_right(ranges, number, key=_low) - 1
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
        result: list[Range] = []
        left, right = iter(self.ranges), iter(other.ranges)
        one, two = next(left, None), next(right, None)
        while one is not None and two is not None:
            low = max(two[0], one[0])
            if one[1] < two[1]:
                if low <= one[1]:
                    result.append((low, one[1]))
                one = next(left, None)
            else:
                if low <= two[1]:
                    result.append((low, two[1]))
                two = next(right, None)
        return NumberSet(tuple(result))

    def __sub__(self, other: NumberSet) -> NumberSet:
        result: list[Range] = []
        j = 0
        right = other.ranges
        for start, high in self.ranges:
            low = start
            while j < len(right) and right[j][1] < low:
                j += 1
            k = j
            while k < len(right) and right[k][0] <= high:
                if low < right[k][0]:
                    result.append((low, right[k][0] - 1))
                low = max(low, right[k][1] + 1)
                k += 1
            if low <= high:
                result.append((low, high))
        return NumberSet(tuple(result))

    def __le__(self, other: NumberSet) -> bool:
        # Ranges are not adjacent, so each of ours lies within one of the other's.
        others = other.ranges
        for low, high in self.ranges:
            index = bisect_right(others, low, key=_low) - 1
            if index < 0 or others[index][1] < high:
                return False
        return True

    def overlaps(self, other: NumberSet) -> bool:
        """Whether the two sets share a number."""
        few, many = self.ranges, other.ranges
        if len(few) > len(many):
            few, many = many, few
        for low, high in few:
            index = bisect_right(many, high, key=_low) - 1  # the last that begins no later
            if index >= 0 and many[index][1] >= low:
                return True
        return False


EMPTY = NumberSet()


def union(sets: Iterable[NumberSet]) -> NumberSet:
    """The union of any number of sets, in one merge."""
    return NumberSet.of(one for each in sets for one in each.ranges)
