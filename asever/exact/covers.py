"""Which boxes of an ordered list leave something of a region: exact answers to yes-or-no questions, millions of them.

A region is a product of sets of atoms, one bit mask a dimension. Which of the list's boxes meet it is the conjunction of one
set of bits a dimension, read from a tree over the atoms. The rest is a search among these, depth first: the first box that
meets a part takes what it holds, and what is left is at most one product a dimension. A search that takes too long raises
`TooMany`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from itertools import accumulate
from operator import and_, or_, xor

from asever.exact.boxes import Box, TooMany
from asever.model.bits import each
from asever.model.numbers import NumberSet, Range
from asever.model.regions import Region
from asever.record import record

# So many parts are looked at for one question before it is left to the solver.
STEPS = 2_000
# More than these hold all of every dimension between them more often than not.
_MANY = 64

Ranges = tuple[Range, ...]
"""A set of numbers as its ranges, which are compared faster than the set."""

Bounds = tuple[tuple[int, int], ...]
"""Dimensions, and the atoms that are left of each."""


@record
class Rest:
    """What boxes leave of a box: a part of it, or nothing. `takers` are some that take a part; all, where nothing is left."""

    part: Sequence[int] | None
    takers: Collection[int]


class Axis:
    """One dimension: its atoms, and which boxes meet them."""

    def __init__(self, sets: Sequence[NumberSet], further: Iterable[NumberSet] = ()) -> None:
        """`sets` are what the boxes hold of the dimension, in their order; `further` sets shall be told apart too.

        `boxes` are the same as atoms.
        """
        cuts = {0}
        owners: dict[Ranges, list[int]] = defaultdict(list)
        for number, one in enumerate(sets):
            owners[one.ranges].append(number)
        for ranges in (*owners, *(one.ranges for one in further)):
            for low, high in ranges:
                cuts.add(low)
                cuts.add(high + 1)
        # The last cut is where all sets have ended: no atom begins there.
        *self._starts, _ = sorted(cuts)
        self._places = places = {start: place for place, start in enumerate(sorted(cuts))}
        size = len(self._starts)
        self.full = (1 << size) - 1
        self._masks: dict[Ranges, int] = {}
        self._runs: dict[int, list[tuple[int, int]]] = {}
        self.boxes = [0] * len(sets)
        changes = [0] * (size + 1)
        for ranges, its in owners.items():
            lines, mask = bits(its), 0
            runs = [(places[low], places[high + 1]) for low, high in ranges]
            for first, end in runs:
                changes[first] ^= lines
                changes[end] ^= lines
                mask |= (1 << end) - (1 << first)
            self._masks[ranges] = mask
            self._runs[mask] = runs
            for number in its:
                self.boxes[number] = mask
        # A binary tree: the leaves are the atoms, every node has what one of its two children has.
        self._size = size
        self._tree = tree = [*([0] * size), *accumulate(changes[:size], xor)]
        for node in range(size - 1, 0, -1):
            tree[node] = tree[2 * node] | tree[2 * node + 1]
        self._meeting: dict[int, int] = {self.full: tree[1]}
        self.whole = bits(number for number, mask in enumerate(self.boxes) if mask == self.full)

    def mask(self, numbers: NumberSet) -> int:
        """The atoms that a set meets. Boxes cannot tell the numbers of an atom apart, so rounding changes no answer."""
        found = self._masks.get(numbers.ranges)
        if found is None:
            found = 0
            for low, high in numbers.ranges:
                found |= (1 << self._place(high) + 1) - (1 << self._place(low))
            self._masks[numbers.ranges] = found
        return found

    def _place(self, number: int) -> int:
        place = self._places.get(number)
        return bisect_right(self._starts, number) - 1 if place is None else place

    def meeting(self, mask: int) -> int:
        """The boxes that meet some of these atoms, as bits."""
        found = self._meeting.get(mask)
        if found is None:
            found, tree = 0, self._tree
            for first, end in self._runs.get(mask) or _runs(mask):
                low, high = first + self._size, end + self._size
                while low < high:
                    if low & 1:
                        found |= tree[low]
                        low += 1
                    if high & 1:
                        high -= 1
                        found |= tree[high]
                    low >>= 1
                    high >>= 1
            self._meeting[mask] = found
        return found


def bits(numbers: Iterable[int]) -> int:
    """Positions as bits."""
    every = list(numbers)
    if not every:
        return 0
    if len(every) == 1:
        return 1 << every[0]
    digits = bytearray(max(every) // 8 + 1)
    for number in every:
        digits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(digits, "little")


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


def _mask(bound: tuple[int, int]) -> int:
    return bound[1]


class Covers:
    """Boxes in order, given as regions, and questions about what some of them leave of a region.

    `further` are regions besides the boxes that are to be told apart exactly, such as those that questions start from.
    """

    def __init__(self, regions: Sequence[Region], further: Sequence[Region]) -> None:
        columns = list(zip(*regions, strict=True)) or [()] * len(further[0])
        others = zip(*further, strict=True)
        self.axes = [Axis(column, other) for column, other in zip(columns, others, strict=True)]
        self.boxes: list[Box] = list(zip(*(axis.boxes for axis in self.axes), strict=True))
        self.every = (1 << len(self.boxes)) - 1
        self._all = reduce(and_, (axis.meeting(axis.full) for axis in self.axes))
        # Of each box the dimensions that it does not hold all of: most rules say nothing of most of them.
        self._bounds: list[Bounds] = [()] * len(self.boxes)
        for dimension, axis in enumerate(self.axes):
            for number, mask in enumerate(axis.boxes) if axis.whole != self.every else ():
                if mask != axis.full:
                    self._bounds[number] += ((dimension, mask),)
        # The same, first those with few atoms, which are compared fastest.
        self._quick: list[Bounds] = [tuple(sorted(one, key=_mask)) for one in self._bounds]

    def box(self, region: Region) -> Box:
        """A region as a box."""
        return tuple(axis.mask(numbers) for axis, numbers in zip(self.axes, region, strict=True))

    def meeting(self, box: Sequence[int], among: int = -1) -> int:
        """Which of these boxes meet a box, as bits."""
        found = self._all & among
        for axis, mask in zip(self.axes, box, strict=True):
            if mask != axis.full:
                found &= axis.meeting(mask)
                if not found:
                    break
        return found

    def rest(self, box: Box, candidates: int, stopping: int = 0) -> Rest:
        """What some boxes leave of one, each taking its part in order.

        What one of `stopping` would be the first to take counts as left, as does what none takes; nothing before that one
        takes anything of such a part.
        """
        steps, takers = 0, set[int]()
        numbers: list[int] = []
        further = each(candidates)
        ahead = [(list(box), 0)]
        while ahead:
            steps += 1
            if steps > STEPS:
                raise TooMany
            here, place = ahead.pop()
            # What comes before the first box that meets a part meets no part of that: it goes on where the whole has come to.
            place = self._first(here, numbers, further, place)
            if place == len(numbers) or stopping >> numbers[place] & 1:
                return Rest(part=here, takers=takers)
            takers.add(numbers[place])
            ahead.extend([(part, place + 1) for part in self._parts(here, numbers[place])])
        return Rest(part=None, takers=takers)

    def _first(self, box: list[int], numbers: list[int], further: Iterator[int], place: int) -> int:
        """Where the first box that meets one stands among `numbers` and what `further` adds; at their end if none does."""
        while True:
            if place == len(numbers):
                number = next(further, None)
                if number is None:
                    return place
                numbers.append(number)
            for dimension, mask in self._quick[numbers[place]]:
                if not box[dimension] & mask:
                    break
            else:
                return place
            place += 1

    def _parts(self, box: list[int], taken: int) -> list[list[int]]:
        """The disjoint parts of a box outside that of this number."""
        parts, here = [], box
        for dimension, allowed in self._bounds[taken]:
            mine = here[dimension]
            rest = mine & ~allowed
            if rest:
                part = here.copy()
                part[dimension] = rest
                parts.append(part)
                here = here.copy()
                here[dimension] = mine & allowed
        return parts

    def outside(self, box: Box, candidates: int) -> Iterator[Box]:
        """Parts of a box that none of some boxes meets: what they all lack of one dimension. None where they are many."""
        if candidates.bit_count() > _MANY:
            return
        numbers = list(each(candidates))
        for dimension, (axis, mask) in enumerate(zip(self.axes, box, strict=True)):
            if not candidates & axis.whole:
                rest = mask & ~reduce(or_, (axis.boxes[number] for number in numbers), 0)
                if rest:
                    yield (*box[:dimension], rest, *box[dimension + 1 :])

    def holders(self, box: Box, candidates: int) -> Iterator[int]:
        """Those of these boxes that hold all of a box, in order."""
        for one in each(candidates):
            for dimension, mask in self._bounds[one]:
                if box[dimension] & ~mask:
                    break
            else:
                yield one

    def holder(self, box: Box, candidates: int) -> bool:
        """Whether one of these boxes holds all of a box."""
        return next(self.holders(box, candidates), None) is not None
