"""Everything known about one check: its finding, and the exact sets of traffic behind the verdict."""

from __future__ import annotations

from collections.abc import Mapping

from asever.model.answers import Blocker, Finding, NearMiss, Verdict
from asever.model.regions import Region
from asever.record import record


@record
class Group:
    """What of the packets between two ends fares one way.

    `rectangles` hold these packets and no others, in the order of `asever.model.regions.FIELDS`; they may overlap. `count` is
    how many packets they hold, `covered` how many the check covers between these ends, and `within` the smallest product that
    holds all of those. `tags` are what is known of the addresses besides. `bound`: the addresses of a service tag are not
    known, so the counts are upper bounds.
    """

    subject: str
    target: str
    rectangles: tuple[Region, ...]
    count: int
    covered: int
    within: Region
    source_tags: frozenset[str] = frozenset()
    target_tags: frozenset[str] = frozenset()
    bound: bool = False


@record
class Traffic:
    """All packets of a check that fare one way: `lost`, `delivered` or `open`, in these readings of assumptions."""

    fares: str
    groups: tuple[Group, ...]
    readings: Mapping[str, str]

    @property
    def count(self) -> int:
        """How many packets."""
        return sum(one.count for one in self.groups)

    @property
    def covered(self) -> int:
        """How many packets the check covers."""
        return sum(one.covered for one in self.groups)


@record
class InReading:
    """What one way to read the open assumptions gives."""

    readings: Mapping[str, str]
    verdict: Verdict
    lost: int
    delivered: int
    open: int


@record
class RuleTraffic:
    """The packets on which two filters differ at one place, in one world of unknown tags and open assumptions.

    `rectangles` are regions of packets, each with what must hold for it: `source in Sql`, `X=Y`.
    """

    where: str
    left: str
    right: str
    rectangles: tuple[tuple[Region, tuple[str, ...]], ...]
    count: int


@record
class Explanation:
    """An explained check.

    `proved` is whether Z3 proved the sets in both directions; None when there was nothing to prove. `problem` says why there
    are no sets, or no proof. `blockers` stop the lost traffic (`lets_in`: let the forbidden traffic pass), found by walking
    `walked` flows, one for each part of the set. `near_misses` are rules that would let one of
    these flows pass but for what they say of few fields. `requirements` are those of `is healthy`.
    """

    finding: Finding
    traffic: tuple[Traffic, ...] = ()
    differences: tuple[RuleTraffic, ...] = ()
    proved: bool | None = None
    problem: str = ""
    readings: tuple[InReading, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    lets_in: bool = False
    walked: int = 0
    requirements: tuple[Explanation, ...] = ()
