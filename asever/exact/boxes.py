"""Product sets of atoms: a bitmask for each dimension. Difference by peeling, depth first, and merging.

The difference of two products is at most one disjoint product a dimension. Everything counts what it does against a budget,
since sets exist whose parts nobody could read or wait for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from math import factorial
from typing import TypeVar

Box = tuple[int, ...]

# Some seconds' worth.
BUDGET = 40_000
# Below this many candidates it is faster to look at each than to look their atoms up.
_FEW = 48
# How often a set is merged anew, its dimensions in another order; a large one less often, since it must be quick too.
_MOST_ORDERS = 24
_MOST_MERGED = 12_000
# Covered are sets of up to so many boxes; more of them where what is outside is known.
_MOST_COVERED, _MOST_KNOWN = 600, 3_000
# Up to so many comparisons several ways to grow are tried, the fewer of them the larger the set is; beyond it one.
_CHEAP = 800_000
# So many parts of a box are looked at to tell whether others hold it; in a large set fewer.
_FAR, _NEAR = 1_000, 4
# Ways to grow a box: which dimension first.
_GROWTHS = ((4, 3, 2, 1, 0), (0, 1, 2, 3, 4), (2, 4, 3, 1, 0), (1, 2, 0, 3, 4), (3, 1, 4, 2, 0))


class TooMany(Exception):  # noqa: N818 - what happened, in a word
    """The set falls into more parts than the budget allows."""


class Budget:
    """How many parts may still be looked at."""

    def __init__(self, left: int = BUDGET) -> None:
        self.left = left

    def spend(self, number: int = 1) -> None:
        """Uses up some; raises `TooMany` when there is nothing left."""
        self.left -= number
        if self.left < 0:
            raise TooMany


def meet(one: Box, other: Box) -> Box | None:
    """What two boxes share; None for nothing."""
    found = tuple(a & b for a, b in zip(one, other, strict=True))
    return found if all(found) else None


def peel(box: Box, taken: Box) -> Iterator[Box]:
    """The disjoint parts of a box outside another, one dimension after the other."""
    here = list(box)
    for dimension, allowed in enumerate(taken):
        rest = here[dimension] & ~allowed
        if rest:
            yield (*here[:dimension], rest, *here[dimension + 1 :])
            here[dimension] &= allowed
            if not here[dimension]:
                return


def within(one: Box, other: Box) -> bool:
    """Whether the second box holds all of the first."""
    return not any(a & ~b for a, b in zip(one, other, strict=True))


Key = TypeVar("Key", bound=Hashable)


def positions(keys: Sequence[Key]) -> dict[Key, int]:
    """The positions of each key, as bits."""
    found: dict[Key, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        found[key].append(number)
    return {key: sum(1 << number for number in numbers) for key, numbers in found.items()}


class Index:
    """Boxes in order, and which of them meet a box."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = boxes
        self.every = (1 << len(boxes)) - 1
        self._columns = [positions(column) for column in zip(*boxes, strict=True)]
        self._meeting: dict[tuple[int, int], int] = {}

    def meeting(self, box: Box) -> int:
        """The numbers of the boxes that meet a box, as bits."""
        found = self.every
        for dimension, mask in enumerate(box):
            found = self.narrowed(found, dimension, mask)
            if not found:
                return 0
        return found

    def narrowed(self, candidates: int, dimension: int, mask: int) -> int:
        """Those of the candidates that meet these atoms of a dimension."""
        if candidates.bit_count() <= _FEW:
            boxes, found, rest = self.boxes, candidates, candidates
            while rest:
                low = rest & -rest
                if not boxes[low.bit_length() - 1][dimension] & mask:
                    found ^= low
                rest ^= low
            return found
        key = (dimension, mask)
        known = self._meeting.get(key)
        if known is None:
            known = 0
            for atoms, mine in self._columns[dimension].items():
                if atoms & mask:
                    known |= mine
            self._meeting[key] = known
        return candidates & known

    def atoms(self, candidates: int, dimension: int) -> int:
        """All that the candidates hold of a dimension."""
        found = 0
        if candidates.bit_count() <= _FEW:
            while candidates:
                low = candidates & -candidates
                found |= self.boxes[low.bit_length() - 1][dimension]
                candidates ^= low
            return found
        for atoms, mine in self._columns[dimension].items():
            if mine & candidates:
                found |= atoms
        return found

    def within(self, box: Box, full: Box) -> int:
        """The numbers of the boxes that lie in a box of a space, as bits."""
        found = self.every
        for dimension, (mask, whole) in enumerate(zip(box, full, strict=True)):
            if mask != whole:
                found ^= self.narrowed(found, dimension, whole & ~mask)
        return found

    def peeled(self, box: Box, taken: Box, candidates: int) -> Iterator[tuple[Box, int]]:
        """The parts of a box outside another, each with those of the candidates that it meets."""
        for part in peel(box, taken):
            found = candidates
            for dimension, (mine, whole) in enumerate(zip(part, box, strict=True)):
                if mine != whole:
                    found = self.narrowed(found, dimension, mine)
            yield part, found


def subtract(boxes: Iterable[Box], taken: Sequence[Box], budget: Budget) -> list[Box]:
    """The disjoint parts of disjoint boxes that none of `taken` holds."""
    index = Index(taken)
    left: list[Box] = []
    ahead = [(box, index.meeting(box)) for box in boxes]
    while ahead:
        budget.spend()
        box, candidates = ahead.pop()
        if not candidates:
            left.append(box)
            continue
        first = candidates & -candidates
        ahead.extend(index.peeled(box, taken[first.bit_length() - 1], candidates ^ first))
    return left


def intersect(boxes: Iterable[Box], others: Sequence[Box]) -> list[Box]:
    """What boxes share with others; disjoint when both are."""
    index = Index(others)
    found: list[Box] = []
    for box in boxes:
        rest = index.meeting(box)
        while rest:
            low = rest & -rest
            shared = meet(box, others[low.bit_length() - 1])
            if shared is not None:
                found.append(shared)
            rest ^= low
    return found


def disjoint(boxes: Iterable[Box], budget: Budget) -> list[Box]:
    """The same set as disjoint boxes; the largest are kept whole."""
    kept: list[Box] = []
    for box in sorted(dict.fromkeys(boxes), key=_weight, reverse=True):
        kept.extend(subtract([box], kept, budget))
    return kept


def _weight(box: Box) -> tuple[int, Box]:
    bits = 1
    for mask in box:
        bits *= mask.bit_count()
    return bits, box


# -- Fewer --------------------------------------------------------------------------------------------------------------


def merged(boxes: Iterable[Box]) -> list[Box]:
    """The same set with fewer boxes, disjoint when these are: two that differ in one dimension become one.

    Which dimension goes first makes a difference; the order that leaves the fewest is taken.
    """
    kept = list(dict.fromkeys(boxes))
    if len(kept) < 2 or not _mergeable(kept):
        return kept
    orders = factorial(len(kept[0]))
    step = -(-orders // max(2, min(_MOST_ORDERS, _MOST_MERGED // len(kept))))
    return min((merged_in(kept, _permutation(number, len(kept[0]))) for number in range(0, orders, step)), key=len)


def _permutation(number: int, size: int) -> list[int]:
    """The permutation with a number in lexicographic order: of eleven dimensions nobody could list them all."""
    rest, found = list(range(size)), []
    for left in range(size - 1, -1, -1):
        place, number = divmod(number, factorial(left))
        found.append(rest.pop(place))
    return found


def _mergeable(boxes: list[Box]) -> bool:
    """Whether two boxes differ in one dimension; where none do, no order merges anything."""
    number = len(boxes)
    return any(len({(*box[:dimension], *box[dimension + 1 :]) for box in boxes}) < number for dimension in range(len(boxes[0])))


def merged_in(boxes: list[Box], order: Sequence[int]) -> list[Box]:
    """The same, one dimension after the other, until nothing changes."""
    while True:
        before = len(boxes)
        for dimension in order:
            groups: dict[Box, int] = defaultdict(int)
            for box in boxes:
                groups[*box[:dimension], *box[dimension + 1 :]] |= box[dimension]
            boxes = [(*rest[:dimension], mask, *rest[dimension:]) for rest, mask in groups.items()]
        if len(boxes) == before:
            return boxes


def coverable(boxes: Sequence[Box], *, known: bool) -> bool:
    """Whether it is worth it to cover the set by boxes that overlap; `known` says that what is outside need not be found."""
    return 1 < len(boxes) <= (_MOST_KNOWN if known else _MOST_COVERED)


def cover(boxes: Sequence[Box], outside: Sequence[Box], full: Box) -> list[Box]:
    """A set as few boxes, which may overlap: each is grown as far as nothing outside is met, and held ones are dropped.

    `boxes` are disjoint, and `outside` with them makes up all of `full`.
    """
    size = len(boxes) * len(outside) * len(full)
    growths = max(1, min(len(_GROWTHS), _CHEAP // max(size, 1)))
    others = Index(outside)
    orders = [[one for one in order if one < len(full)] for order in _GROWTHS[:growths]]
    pieces = Index(sorted(boxes, key=_weight, reverse=True))
    left = pieces.every
    chosen: list[Box] = []
    while left:
        first = pieces.boxes[(left & -left).bit_length() - 1]
        grown = dict.fromkeys(_grown(first, others, full, order) for order in orders)
        best, held = max(((box, pieces.within(box, full)) for box in grown), key=lambda one: (one[1] & left).bit_count())
        chosen.append(best)
        left &= ~held
    return _needed(chosen, _FAR if size <= _CHEAP else _NEAR)


def _grown(box: Box, outside: Index, full: Box, order: Sequence[int]) -> Box:
    """A box as large as it can be, one dimension after the other."""
    here = list(box)
    for dimension in order:
        candidates = outside.every
        for other, mask in enumerate(here):
            if other != dimension and mask != full[other]:
                candidates = outside.narrowed(candidates, other, mask)
        here[dimension] = full[dimension] & ~outside.atoms(candidates, dimension)
    return tuple(here)


def _needed(chosen: list[Box], far: int) -> list[Box]:
    """Without those that others hold together."""
    index = Index(chosen)
    kept = index.every
    for number in reversed(range(len(chosen))):
        others = kept ^ (1 << number)
        if _covered(chosen[number], index, others, far):
            kept = others
    return [box for number, box in enumerate(chosen) if kept >> number & 1]


def _covered(box: Box, index: Index, candidates: int, far: int) -> bool:
    """Whether some of the boxes hold all of a box together; what would take long to tell counts as no."""
    ahead = [(box, index.meeting(box) & candidates)]
    for _ in range(far):
        here, meeting = ahead.pop()
        if not meeting:
            return False
        first = meeting & -meeting
        for part, others in index.peeled(here, index.boxes[first.bit_length() - 1], meeting ^ first):
            if not others:
                return False
            ahead.append((part, others))
        if not ahead:
            return True
    return False
