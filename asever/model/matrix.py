"""Who can reach whom: the cells of a table of the whole network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from asever.model.claims import Service
from asever.model.regions import Region
from asever.record import field, record


class Reach(Enum):
    """What of the traffic between two ends arrives."""

    ALL = "all"  # `reaches` holds: every flow, with its reply, in every reading
    SOME = "some"
    NONE = "none"  # `never reaches` holds: no packet, in any reading
    UNKNOWN = "unknown"


@record
class Part:
    """Packets from one site: what may arrive (in some reading, by some choice of Azure's) of `whole`, as disjoint regions.

    With `returns` off no reply to them comes back.
    """

    origin: str
    whole: Region
    regions: tuple[Region, ...]
    returns: bool = True


@record
class Hinge:
    """What a cell is in each reading of an assumption, where they are not the same."""

    assumption: str
    readings: Mapping[str, Reach]


@record
class Cell:
    """One pair of ends, by their titles.

    `parts` are what of a cell that is SOME may arrive; None where that was not asked for, or falls into too many parts.
    `reasons` say why a cell is UNKNOWN. `proved`: the solver came to the same answer.
    """

    origin: str
    target: str
    reach: Reach
    parts: tuple[Part, ...] | None = None
    hinges: tuple[Hinge, ...] = ()
    reasons: tuple[str, ...] = ()
    proved: bool = False


@record
class Matrix:
    """The table.

    `reaches` are its rows. None in it stands for a pair without traffic: a machine with itself, an IPv4 end with an IPv6 one.
    `told` are the cells of which there is more to say, by row and column. `alike` are ends without a row of their own, by the
    one that stands for them: nothing tells them apart.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    services: tuple[Service, ...]
    reaches: Sequence[Sequence[Reach | None]]
    told: Mapping[tuple[int, int], Cell] = field(default_factory=dict)
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: int = 0

    def cell(self, row: int, column: int) -> Cell | None:
        """One cell of the table; None where there is no traffic."""
        reach = self.reaches[row][column]
        if reach is None:
            return None
        found = self.told.get((row, column))
        return found or Cell(origin=self.rows[row], target=self.columns[column], reach=reach)

    @property
    def cells(self) -> Iterator[Cell]:
        """Every cell, row by row; there may be millions."""
        for row in range(len(self.rows)):
            for column in range(len(self.columns)):
                cell = self.cell(row, column)
                if cell is not None:
                    yield cell

    @property
    def counts(self) -> Mapping[Reach, int]:
        """How many cells there are of each kind."""
        return Counter(reach for line in self.reaches for reach in line if reach is not None)

    @property
    def proved(self) -> int:
        """How many cells the solver confirmed."""
        return sum(one.proved for one in self.told.values())
