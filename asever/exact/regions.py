"""Sets of packets as regions: union, difference, intersection, and the fewest readable rectangles.

Every function takes and gives plain tuples of `NumberSet`s, one for each dimension, in an order that depends on the
arguments alone. All results but those of `rectangles` are disjoint, so that `asever.model.regions.total` counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asever.exact import algebra, boxes
from asever.exact.atoms import Atoms
from asever.exact.boxes import Box, Budget
from asever.model.regions import Region


class Space:
    """What turns regions into boxes of atoms and back; it must know every region that is to come out exact."""

    def __init__(self, *lists: Iterable[Region]) -> None:
        known = [region for one in lists for region in one]
        columns = list(zip(*known, strict=True))
        self._atoms = [Atoms(column) for column in columns]
        self._last = [max((numbers.ranges[-1][1] for numbers in column if numbers), default=0) for column in columns]
        self.full: Box = tuple(one.full for one in self._atoms)

    def box(self, region: Region) -> Box:
        """A region as a box."""
        return tuple(atoms.mask(numbers) for atoms, numbers in zip(self._atoms, region, strict=True))

    def boxes(self, regions: Iterable[Region]) -> list[Box]:
        """The regions that hold something as boxes."""
        return [self.box(one) for one in regions if all(one)]

    def region(self, box: Box) -> Region:
        """A box as a region."""
        return tuple(atoms.numbers(mask, last) for atoms, mask, last in zip(self._atoms, box, self._last, strict=True))

    def regions(self, every: Iterable[Box]) -> tuple[Region, ...]:
        """Boxes as regions, in the order of their numbers."""
        return tuple(sorted(map(self.region, every), key=order))


def order(region: Region) -> tuple[tuple[tuple[int, int], ...], ...]:
    """What regions are sorted by: the numbers of their dimensions."""
    return tuple(numbers.ranges for numbers in region)


def union(*lists: Sequence[Region], disjoint: bool = False, budget: Budget | None = None) -> tuple[Region, ...]:
    """The union of regions as few disjoint ones; `disjoint` says that they are so already."""
    space = Space(*lists)
    every = [box for one in lists for box in space.boxes(one)]
    apart = every if disjoint else algebra.disjoint(every, budget or Budget())
    return space.regions(boxes.merged(apart))


def difference(left: Sequence[Region], right: Sequence[Region], *, budget: Budget | None = None) -> tuple[Region, ...]:
    """What the first set holds and the second does not."""
    spent = budget or Budget()
    space = Space(left, right)
    apart = algebra.disjoint(space.boxes(left), spent)
    return space.regions(boxes.merged(algebra.subtract(apart, space.boxes(right), spent)))


def intersection(
    left: Sequence[Region], right: Sequence[Region], *, disjoint: bool = False, budget: Budget | None = None
) -> tuple[Region, ...]:
    """What both sets hold; `disjoint` says that the regions of each are so already."""
    spent = budget or Budget()
    space = Space(left, right)
    both = [space.boxes(one) for one in (left, right)]
    apart = both if disjoint else [algebra.disjoint(one, spent) for one in both]
    return space.regions(boxes.merged(boxes.intersect(*apart)))


def rectangles(
    regions: Sequence[Region],
    within: Sequence[Region] = (),
    *,
    outside: Sequence[Region] | None = None,
    disjoint: bool = False,
    budget: Budget | None = None,
) -> tuple[Region, ...]:
    """A set as few regions for people to read; they may overlap and together hold the set and nothing else.

    `within` is the whole that the set is a part of. Regions grow over what lies outside of it only as far as they lie in a
    single region of it, so that no rectangle promises anything about packets that were not asked about. `outside` is the rest
    of the whole, if it is known: a large set can then be covered too. `disjoint` says that the regions of the set are so.
    """
    spent = budget or Budget()
    whole = within or regions
    space = Space(regions, whole, outside or ())
    every = space.boxes(regions)
    apart = boxes.merged(every if disjoint else algebra.disjoint(every, spent))
    known = None if outside is None else space.boxes(outside)
    found: list[Box] = []
    for domain in algebra.disjoint(space.boxes(whole), spent):
        mine = boxes.intersect(apart, [domain])
        if boxes.coverable(mine, known=known is not None):
            others = algebra.subtract([domain], mine, spent) if known is None else boxes.intersect(known, [domain])
            found.extend(boxes.cover(mine, others, domain))
        else:
            found.extend(mine)
    covering = boxes.merged(found)
    return space.regions(covering if len(covering) < len(apart) else apart)
