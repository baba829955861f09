"""Which boxes of an ordered list leave something of a region: exact answers to yes-or-no questions, millions of them.

A region is a product of sets of atoms, one bit mask a dimension. Which of the list's boxes meet it is the conjunction of one
set of bits a dimension, read from a tree over the atoms. The rest is a search, depth first: the first box that meets the region
takes its part, and what is left is at most one product a dimension. A search that costs more than its budget raises `TooMany`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import accumulate
from operator import xor

from asever.exact.boxes import Box, Budget
from asever.model.numbers import NumberSet
from asever.model.regions import Region

# So many parts are looked at for one question before it is left to the solver.
STEPS = 2_000
# Below this many boxes it is faster to look at each than to ask the tree.
_FEW = 10
# More than these hold all of every dimension between them more often than not.
_MANY = 64


Bounds = tuple[tuple[int, int], ...]
"""Dimensions, and the atoms that are left of each."""


class Left(IntEnum):
    """What boxes leave of a box: nothing, what only later boxes take, or more."""

    NOTHING = 0
    FOR_OTHERS = 1
    SOMETHING = 2


class Axis:
    """One dimension: its atoms, and which boxes meet them."""

    def __init__(self, sets: Sequence[NumberSet], further: Iterable[NumberSet] = ()) -> None:
        """`sets` are what the boxes hold of the dimension, in their order; `further` sets shall be told apart too.

        `boxes` are the same as atoms.
        """
        cuts = {0}
        owners: dict[NumberSet, list[int]] = defaultdict(list)
        for number, one in enumerate(sets):
            owners[one].append(number)
        for numbers in (*owners, *further):
            for low, high in numbers.ranges:
                cuts.add(low)
                cuts.add(high + 1)
        self._starts = sorted(cuts)
        self._places = {start: place for place, start in enumerate(self._starts)}
        size = len(self._starts)
        self.full = (1 << size) - 1
        self.every = (1 << len(sets)) - 1
        self._masks: dict[NumberSet, int] = {}
        self.boxes = [0] * len(sets)
        changes = [0] * (size + 1)
        for numbers, its in owners.items():
            lines, mask = _bits(its), 0
            for low, high in numbers.ranges:
                first, end = self._places[low], self._places[high + 1]
                changes[first] ^= lines
                changes[end] ^= lines
                mask |= (1 << end) - (1 << first)
            self._masks[numbers] = mask
            for number in its:
                self.boxes[number] = mask
        # A binary tree: the leaves are the atoms, every node has what one of its two children has.
        self._size = size
        self._tree = [*([0] * size), *accumulate(changes[:size], xor)]
        for node in range(size - 1, 0, -1):
            self._tree[node] = self._tree[2 * node] | self._tree[2 * node + 1]
        self._meeting: dict[int, int] = {self.full: self._tree[1] if size > 1 else self._tree[size]}

    def mask(self, numbers: NumberSet) -> int:
        """The atoms that a set meets. Boxes cannot tell the numbers of an atom apart, so rounding changes no answer."""
        found = self._masks.get(numbers)
        if found is None:
            found = 0
            for low, high in numbers.ranges:
                found |= (1 << self._place(high) + 1) - (1 << self._place(low))
            self._masks[numbers] = found
        return found

    def _place(self, number: int) -> int:
        place = self._places.get(number)
        return bisect_right(self._starts, number) - 1 if place is None else place

    def meeting(self, mask: int) -> int:
        """The boxes that meet some of these atoms, as bits."""
        found = self._meeting.get(mask)
        if found is None:
            found = 0
            for first, end in _runs(mask):
                low, high = first + self._size, end + self._size
                while low < high:
                    if low & 1:
                        found |= self._tree[low]
                        low += 1
                    if high & 1:
                        high -= 1
                        found |= self._tree[high]
                    low >>= 1
                    high >>= 1
            self._meeting[mask] = found
        return found


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)


def each(bits: int) -> Iterator[int]:
    """The positions of the bits, in order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    """The runs of ones: where each begins, and where it has ended."""
    position = 0
    while mask:
        skip = (mask & -mask).bit_length() - 1
        mask >>= skip
        run = (~mask & (mask + 1)).bit_length() - 1
        yield position + skip, position + skip + run
        position += skip + run
        mask >>= run


class Covers:
    """Boxes in order, given as regions, and questions about what some of them leave of a region.

    `further` are regions besides the boxes that are to be told apart exactly, such as those that questions start from.
    """

    def __init__(self, regions: Sequence[Region], further: Sequence[Region]) -> None:
        columns = list(zip(*regions, strict=True)) or [()] * len(further[0])
        others = zip(*further, strict=True)
        self.axes = [Axis(column, set(other)) for column, other in zip(columns, others, strict=True)]
        self.boxes: list[Box] = list(zip(*(axis.boxes for axis in self.axes), strict=True))
        self.every = (1 << len(self.boxes)) - 1
        full = [axis.full for axis in self.axes]
        # Of each box the dimensions that it does not hold all of: most rules say nothing of most of them.
        self._bounds: list[Bounds] = [
            tuple((dimension, mask) for dimension, (mask, whole) in enumerate(zip(box, full, strict=True)) if mask != whole)
            for box in self.boxes
        ]

    def box(self, region: Region) -> Box:
        """A region as a box."""
        return tuple(axis.mask(numbers) for axis, numbers in zip(self.axes, region, strict=True))

    def meeting(self, box: Box, among: int = -1) -> int:
        """Which of these boxes meet a box, as bits."""
        found = self.every & among
        for axis, mask in zip(self.axes, box, strict=True):
            found &= axis.meeting(mask)
            if not found:
                break
        return found

    def narrowed(self, candidates: int, dimension: int, mask: int) -> int:
        """Those of the candidates that meet these atoms of a dimension."""
        if candidates.bit_count() > _FEW:
            return candidates & self.axes[dimension].meeting(mask)
        boxes, rest = self.boxes, candidates
        while rest:
            bit = rest & -rest
            if not boxes[bit.bit_length() - 1][dimension] & mask:
                candidates ^= bit
            rest ^= bit
        return candidates

    def left(self, box: Box, candidates: int, stopping: int = 0, before: int = -1) -> Left:
        """What some boxes, which all meet this one, leave of it, each taking its part in order.

        A part that one of `stopping` would be the first to take counts as left, as does what none takes. Of the others those
        outside of `before` take something that was left before them.
        """
        budget, found = Budget(STEPS), Left.NOTHING
        ahead: list[tuple[Box, int, Bounds]] = [(box, candidates, ())]
        while ahead:
            budget.spend()
            here, meeting, changed = ahead.pop()
            for dimension, mask in changed:
                meeting = self.narrowed(meeting, dimension, mask)
            bit = meeting & -meeting
            if not meeting or bit & stopping:
                return Left.SOMETHING
            if not bit & before:
                found = Left.FOR_OTHERS
            ahead.extend(self._peeled(here, bit.bit_length() - 1, meeting ^ bit))
        return found

    def _peeled(self, box: Box, taken: int, candidates: int) -> Iterator[tuple[Box, int, Bounds]]:
        """The disjoint parts of a box outside that of this number, each with what it has fewer of than the box.

        Most parts are never looked at, so it is left to whoever does which of the candidates meet them.
        """
        here = list(box)
        changed: Bounds = ()
        for dimension, allowed in self._bounds[taken]:
            mine = here[dimension]
            rest = mine & ~allowed
            if rest:
                here[dimension] = rest
                yield tuple(here), candidates, (*changed, (dimension, rest))
                here[dimension] = mine & allowed
                changed = (*changed, (dimension, here[dimension]))

    def lacking(self, box: Box, candidates: int) -> Box:
        """The atoms of each dimension of a box that none of some boxes holds; none of them where these are many."""
        if candidates.bit_count() > _MANY:
            return (0,) * len(box)
        left = list(box)
        for number in each(candidates):
            for dimension, mask in enumerate(self.boxes[number]):
                left[dimension] &= ~mask
        return tuple(left)

    def holder(self, box: Box, candidates: int) -> bool:
        """Whether one of these boxes holds all of a box."""
        return any(not any(box[dimension] & ~mask for dimension, mask in self._bounds[one]) for one in each(candidates))
