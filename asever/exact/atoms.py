"""Numbers as bits: a dimension is cut into atoms that every set in play holds whole or not at all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from asever.model.numbers import NumberSet, Range


class Atoms:
    """One dimension. `sets` are those that must come out exact; any other is rounded outward to whole atoms."""

    def __init__(self, sets: Iterable[NumberSet]) -> None:
        cuts = {0}
        for ranges in {one.ranges for one in sets}:
            for low, high in ranges:
                cuts.add(low)
                cuts.add(high + 1)
        self._starts = sorted(cuts)
        self.full = (1 << len(self._starts)) - 1
        self._masks: dict[tuple[Range, ...], int] = {}
        self._sets: dict[int, NumberSet] = {}

    def mask(self, numbers: NumberSet) -> int:
        """The atoms that a set meets."""
        found = self._masks.get(numbers.ranges)
        if found is None:
            found = 0
            for low, high in numbers.ranges:
                first = bisect_right(self._starts, low) - 1
                last = bisect_right(self._starts, high) - 1
                found |= (1 << (last + 1)) - (1 << first)
            self._masks[numbers.ranges] = found
        return found

    def numbers(self, mask: int, last: int) -> NumberSet:
        """What atoms hold, up to `last`, where the dimension ends."""
        found = self._sets.get(mask)
        if found is None:
            found = self._sets[mask] = NumberSet(tuple(self._ranges(mask, last)))
        return found

    def _ranges(self, mask: int, last: int) -> Iterator[tuple[int, int]]:
        position = 0
        rest = mask
        while rest:
            skip = (rest & -rest).bit_length() - 1
            position += skip
            rest >>= skip
            run = (~rest & (rest + 1)).bit_length() - 1
            end = position + run
            high = last if end >= len(self._starts) else self._starts[end] - 1
            yield self._starts[position], high
            position = end
            rest >>= run
