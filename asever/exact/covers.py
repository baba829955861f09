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
from itertools import starmap
from operator import and_, or_, xor

from asever.exact.boxes import Box, TooMany
from asever.model.bits import bits_of, each
from asever.model.numbers import NumberSet, Range
from asever.model.regions import Region
from asever.record import record

# So many parts are looked at for one question before it is left to the solver.
STEPS = 2_000
# Between two places of a dimension where the boxes are known, so many changes are looked at one by one.
_BLOCK = 8

Ranges = tuple[Range, ...]
"""A set of numbers as its ranges, which are compared faster than the set."""

Bounds = tuple[tuple[int, int], ...]
"""Dimensions, and the atoms that are left of each."""

Point = dict[int, int]
"""Dimensions, and one atom of each."""


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
        lists: dict[int, list[int]] = {}  # the same by identity: many rules share a set, and hashing one takes its time
        for number, one in enumerate(sets):
            its = lists.get(id(one))
            if its is None:
                its = lists[id(one)] = owners[one.ranges]
            its.append(number)
        for ranges in (*owners, *(one.ranges for one in further)):
            for low, high in ranges:
                cuts.add(low)
                cuts.add(high + 1)
        starts = sorted(cuts)
        self._places = places = {start: place for place, start in enumerate(starts)}
        # The last cut is where all sets have ended: no atom begins there.
        self._starts = starts[:-1]
        self.full = (1 << len(self._starts)) - 1
        self.boxes = [0] * len(sets)
        self.whole = 0
        kinds: list[tuple[int, list[tuple[int, int]]]] = []
        for ranges, its in owners.items():
            mask, runs = 0, [(places[low], places[high + 1]) for low, high in ranges]
            for first, end in runs:
                mask |= ((1 << end - first) - 1) << first
            lines = bits_of(its)
            if mask == self.full:
                self.whole = lines
            for number in its:
                self.boxes[number] = mask
            kinds.append((lines, runs))
        # For each box those that meet it.
        self.near = [0] * len(sets)
        for its, (_, runs), there in zip(owners.values(), kinds, self._sweep(kinds), strict=True):
            met = there
            for first, end in runs:
                if self._begun[first + 1] < self._begun[end]:  # nothing begins in most
                    met |= self._after(first, end)
            for number in its:
                self.near[number] = met
        self._meeting: dict[int, int] = {}

    def _sweep(self, kinds: Sequence[tuple[int, list[tuple[int, int]]]]) -> list[int]:
        """From the first atom to the last: which boxes begin and end at each, and which there are at some places.

        `kinds` are boxes with their runs of atoms. For each of them what there is where its runs begin.
        """
        size = len(kinds)
        lines = [its for its, _ in kinds] * 2
        changing: list[list[int]] = [[] for _ in range(len(self._starts) + 1)]
        for kind, (_, runs) in enumerate(kinds):
            for first, end in runs:
                changing[first].append(kind)
                changing[end].append(kind + size)
        there, found = 0, [0] * size
        self._changes, self._until, self._before = changes, until, before = list[int](), list[int](), [0]
        self._beginning, self._begun = beginning, begun = list[int](), [0]
        for its in changing:
            for one in its:
                there ^= lines[one]
                changes.append(lines[one])
                if not len(changes) % _BLOCK:
                    before.append(there)
            for one in its:
                if one < size:
                    found[one] |= there
                    beginning.append(lines[one])
            until.append(len(changes))
            begun.append(len(beginning))
        self._tree = _tree(beginning)
        return found

    def mask(self, numbers: NumberSet) -> int:
        """The atoms that a set meets. Boxes cannot tell the numbers of an atom apart, so rounding changes no answer."""
        return reduce(or_, starmap(self.run, numbers.ranges), 0)

    def run(self, low: int, high: int) -> int:
        """The same of the numbers from one to another."""
        first = self.place(low)
        return ((1 << self.place(high) + 1 - first) - 1) << first

    def place(self, number: int) -> int:
        """The atom that a number lies in."""
        place = self._places.get(number)
        return bisect_right(self._starts, number) - 1 if place is None else place

    def holding(self, atom: int) -> int:
        """The boxes that hold an atom, as bits."""
        until = self._until[atom]
        block = until // _BLOCK
        return reduce(xor, self._changes[block * _BLOCK : until], self._before[block])

    def _after(self, first: int, end: int) -> int:
        """The boxes that begin after one atom and before another."""
        start, stop = self._begun[first + 1], self._begun[end]
        low, high = -(-start // _BLOCK), stop // _BLOCK
        if low >= high:
            return reduce(or_, self._beginning[start:stop], 0)
        found = _united(self._tree, low, high)
        found = reduce(or_, self._beginning[start : low * _BLOCK], found)
        return reduce(or_, self._beginning[high * _BLOCK : stop], found)

    def meeting(self, mask: int) -> int:
        """The boxes that meet some of these atoms, as bits."""
        found = self._meeting.get(mask)
        if found is None:
            found = 0
            for first, end in _runs(mask):
                found |= self.holding(first) | self._after(first, end)
            self._meeting[mask] = found
        return found


def _tree(sets: Sequence[int]) -> list[int]:
    """A binary tree: its leaves have what blocks of some sets have, every node what one of its two children has."""
    leaves = [reduce(or_, sets[start : start + _BLOCK]) for start in range(0, len(sets), _BLOCK)]
    tree = [0] * len(leaves) + leaves
    for node in range(len(leaves) - 1, 0, -1):
        tree[node] = tree[2 * node] | tree[2 * node + 1]
    return tree


def _united(tree: Sequence[int], low: int, high: int) -> int:
    """What the leaves from one to before another have."""
    found = 0
    low, high = low + len(tree) // 2, high + len(tree) // 2
    while low < high:
        if low & 1:
            found |= tree[low]
            low += 1
        if high & 1:
            high -= 1
            found |= tree[high]
        low >>= 1
        high >>= 1
    return found


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


def lowest(mask: int) -> int:
    """The first atom of a mask that has some."""
    return (mask & -mask).bit_length() - 1


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
        # The dimensions that tell boxes apart, and which boxes do not hold all of them.
        self._telling: list[tuple[int, Axis, int]] = []
        for dimension, axis in enumerate(self.axes):
            bounded = self.every & ~axis.whole
            if bounded:
                self._telling.append((dimension, axis, bounded))
            for number in each(bounded):
                self._bounds[number] += ((dimension, axis.boxes[number]),)
        # The same, first those with few atoms, which are compared fastest.
        self._quick: list[Bounds] = [tuple(sorted(one, key=_mask)) for one in self._bounds]

    def box(self, region: Region) -> Box:
        """A region as a box."""
        return tuple(axis.mask(numbers) for axis, numbers in zip(self.axes, region, strict=True))

    def space(self, region: Region) -> Bounds:
        """A region as the dimensions that it does not hold all of."""
        box = enumerate(zip(self.axes, self.box(region), strict=True))
        return tuple((dimension, mask) for dimension, (axis, mask) in box if mask != axis.full)

    def within(self, number: int, space: Bounds) -> tuple[Box, int] | None:
        """What the box of this number shares with a space, and which boxes meet that; None where they share nothing."""
        box, cut = self.boxes[number], []
        for dimension, mask in space:
            mine = box[dimension]
            both = mine & mask
            if not both:
                return None
            if both != mine:
                cut.append((dimension, both))
        found = self._all
        for dimension, _ in self._bounds[number]:
            found &= self.axes[dimension].near[number]
        for dimension, mask in cut:
            found &= self.axes[dimension].meeting(mask)
            box = (*box[:dimension], mask, *box[dimension + 1 :])
        return (box, found) if found else None

    def meeting(self, box: Sequence[int], among: int = -1) -> int:
        """Which of these boxes meet a box, as bits."""
        found = self._all & among
        for axis, mask in zip(self.axes, box, strict=True):
            if mask != axis.full:
                found &= axis.meeting(mask)
                if not found:
                    break
        return found

    def point(self, box: Box, candidates: int) -> Point | None:
        """A point of a box that none of some boxes holds, as its atoms; None if a first look finds none.

        The first point of all is looked at, and then lines through it, each in one dimension. A dimension that does not tell
        these boxes apart has no atom.
        """
        point, left, holding = Point(), candidates, Point()
        for dimension, axis, bounded in self._telling:
            if not left:
                return point
            first = lowest(box[dimension])
            if candidates & bounded and box[dimension] >> first != 1:
                point[dimension] = first
                holding[dimension] = axis.holding(first)
                left &= holding[dimension]
        for dimension in point if left else ():
            others = (mask for other, mask in holding.items() if other != dimension)
            rest = self._lacking(dimension, box, reduce(and_, others, candidates))
            if rest:
                return {**point, dimension: lowest(rest)}
        return None if left else point

    def first(self, box: Box, candidates: int, point: Point) -> int | None:
        """The first of some boxes that holds a point of a box; where the point has no atom, its first one counts."""
        for dimension, axis, bounded in self._telling:
            if not candidates:
                return None
            if candidates & bounded:
                atom = point.get(dimension)
                candidates &= axis.holding(lowest(box[dimension]) if atom is None else atom)
        return lowest(candidates) if candidates else None

    def line(self, box: Box, candidates: int, point: Point, dimension: int) -> int:
        """The atoms of a dimension that some boxes leave of a box on the line through a point."""
        others = (self.axes[other].holding(atom) for other, atom in point.items() if other != dimension)
        return self._lacking(dimension, box, reduce(and_, others, candidates))

    def _lacking(self, dimension: int, box: Box, others: int) -> int:
        """The atoms that a box has in a dimension and none of some others has."""
        boxes, found = self.axes[dimension].boxes, box[dimension]
        while others and found:
            number = others.bit_length() - 1
            others ^= 1 << number
            found &= ~boxes[number]
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

    def holders(self, box: Box, candidates: int) -> Iterator[int]:
        """Those of these boxes that hold all of a box, in order."""
        for dimension, axis, bounded in self._telling:
            if candidates & bounded:
                candidates &= axis.holding(lowest(box[dimension]))
        for one in each(candidates):
            for dimension, mask in self._bounds[one]:
                if box[dimension] & ~mask:
                    break
            else:
                yield one

    def holder(self, box: Box, candidates: int) -> bool:
        """Whether one of these boxes holds all of a box."""
        return next(self.holders(box, candidates), None) is not None
