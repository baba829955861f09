"""A proof about many regions, taken apart: packets in blocks that every region holds whole or not at all in one dimension.

What is asked about sets of packets is asked about each packet, so that it may be asked block by block. In a block the dimension
is gone from all regions, most of which are then the same or empty; and few rows of a filter meet it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from asever.model.numbers import NumberSet
from asever.model.regions import FIELDS, Region
from asever.record import record
from asever.solve.classes import swept
from asever.solve.terms import last

# Regions of so many ranges are quicker proved in one go than in blocks.
_FEW = 60_000


@record
class Block:
    """The packets whose field of this number lies in a set."""

    number: int
    numbers: NumberSet

    def within(self, regions: Sequence[Region]) -> tuple[Region, ...]:
        """What regions hold of the block, each once; each holds all of it in its field or none."""
        number, numbers, first = self.number, self.numbers, self.numbers.first
        return tuple(
            dict.fromkeys((*region[:number], numbers, *region[number + 1 :]) for region in regions if first in region[number])
        )


def blocks(regions: Sequence[Region]) -> Iterator[Block | None]:
    """Blocks that hold every packet once; None stands for all packets, where the regions are few."""
    columns = list(zip(*(region[: len(FIELDS)] for region in regions), strict=True))
    if sum(len(numbers.ranges) for column in columns for numbers in column) <= _FEW:
        yield None
        return
    classes = [swept(column) for column in columns]
    number = max(range(len(FIELDS)), key=lambda one: len(classes[one][0]))
    alike: dict[int, list[tuple[int, int]]] = defaultdict(list)
    starts, held = classes[number]
    for low, after, mask in zip(starts, (*starts[1:], last(FIELDS[number]) + 1), held, strict=True):
        alike[mask].append((low, after - 1))
    for ranges in alike.values():
        yield Block(number=number, numbers=NumberSet.of(ranges))
