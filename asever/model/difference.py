"""What differs between two networks: flows, things and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from asever.model.answers import Verdict
from asever.model.packets import Flow
from asever.model.regions import Region
from asever.record import field, record
from asever.source import Span


class Level(IntEnum):
    """What becomes of a header, over every choice of Azure's and every reading of the assumptions."""

    NEVER = 0  # no packet arrives
    ONE_WAY = 1  # packets arrive, no reply returns
    SOMETIMES = 2  # by some choice or in some reading the flow arrives and its reply returns
    ALWAYS = 3
    OPEN = 4  # it hangs on what nobody knows


@record
class Decider:
    """What decided a flow in one of the files: the step in words and the place of its rule or route."""

    text: str
    location: Span | None = None


@record
class Change:
    """Headers between two ends whose level differs. `whole` is all that is asked about the two.

    `example` is one of the flows, `old` and `new` what decided it, and `readings` the assumptions that it does not take at
    their recommended value. `proved`: the solver agrees about
    both levels of all regions.
    """

    origin: str
    target: str
    before: Level
    after: Level
    regions: tuple[Region, ...]
    whole: Region
    example: Flow | None = None
    old: Decider | None = None
    new: Decider | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    proved: bool = False


@record
class OtherVerdict:
    """A check of both files whose verdict differs."""

    name: str
    before: Verdict
    after: Verdict
    location: Span | None = None


@record
class Difference:
    """Everything that differs. `moved` are ends of both files whose addresses differ; what they do not share is not compared.

    `untold` are pairs that were not compared: their flows fall into too many parts, or one of the files cannot name them.
    """

    changes: tuple[Change, ...] = ()
    only_old: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    verdicts: tuple[OtherVerdict, ...] = ()
    untold: tuple[tuple[str, str], ...] = ()
    pairs: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.changes or self.only_old or self.only_new or self.verdicts)
