"""Two filters side by side: every packet that one lets pass and the other drops.

What nobody knows is one more dimension here: whether an address lies in a service tag of unknown content, and how an
assumption is read. In each such world both filters decide every packet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product

from asever.exact.boxes import Budget
from asever.exact.filters import Cells, Line
from asever.exact.readings import HEADERS, reading_name, reading_values, readings_of
from asever.exact.regions import difference, intersection, union
from asever.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6
from asever.model.effective import Action, EffectiveNetwork, Filter, FilterRow, conditions_of, may_exist
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOLS_WITH_PORTS
from asever.model.regions import FIELDS, Region

_EITHER = NumberSet.span(0, 1)
_IN, _OUT = NumberSet.single(1), NumberSet.single(0)
_NO_PORT = NumberSet.single(0)
# The tag of a place is unknown only to an NSG that is attached nowhere, which may come to stand anywhere.
_ANYWHERE = "VirtualNetwork"


def _packets() -> Iterator[Region]:
    """Every packet: one family of addresses, and ports only where the protocol has them."""
    others = ANY_PROTOCOL - PROTOCOLS_WITH_PORTS
    for family in (ALL_V4, ALL_V6):
        yield (PROTOCOLS_WITH_PORTS, family, ANY_PORT, family, ANY_PORT)
        yield (others, family, _NO_PORT, family, _NO_PORT)


_PACKETS = tuple(_packets())


class World:
    """The dimensions of some filters: header fields, readings, and membership in tags of unknown content."""

    def __init__(self, network: EffectiveNetwork, filters: Sequence[Filter], fixed: Mapping[str, str]) -> None:
        self.network = network
        self.fixed = fixed
        rows = [row for one in filters for row in one.rows if may_exist(row.condition, fixed)]
        self.readings = tuple(sorted(conditions_of(row.condition for row in rows) - fixed.keys()))
        found = {("source", tag) for row in rows for tag in row.source.unknown_tags}
        found |= {("target", tag) for row in rows for tag in row.target.unknown_tags}
        self.tags = tuple(sorted(found))
        self.names = (*FIELDS, *map(reading_name, self.readings), *(f"{side} in {tag}" for side, tag in self.tags))
        self._further = (*(reading_values(network, name) for name in self.readings), *(_EITHER for _ in self.tags))
        self.packets = tuple((*one, *self._further) for one in _PACKETS)
        # The tag of a region lies in the wider one.
        self.impossible = tuple(
            self._where({(side, tag): _IN, (side, wider): _OUT})
            for side, tag in self.tags
            if (wider := tag.partition(".")[0]) != tag and (side, wider) in self.tags
        )

    @cached_property
    def domain(self) -> tuple[Region, ...]:
        """Every packet in every possible world."""
        return difference(self.packets, self.impossible) if self.impossible else self.packets

    def _where(self, members: Mapping[tuple[str, str], NumberSet]) -> Region:
        """The worlds in which tags hold the addresses, or do not."""
        tags = (members.get(one, _EITHER) for one in self.tags)
        return (*HEADERS, *self._further[: len(self.readings)], *tags)

    def cells(self, one: Filter) -> Cells:
        """A filter over these dimensions."""
        rows = (row for row in one.rows if may_exist(row.condition, self.fixed))
        return Cells((*HEADERS, *self._further), [line for row in rows for line in self.lines(row)], one.otherwise)

    def lines(self, row: FilterRow) -> Iterator[Line]:
        """A row for each way in which its two sides can match."""
        return (Line(action=row.action, sure=region, perhaps=region) for region in self.regions(row))

    def regions(self, row: FilterRow) -> Iterator[Region]:
        """What a row matches, for each way in which its two sides can match."""
        if not row.condition and not row.source.unknown_tags and not row.target.unknown_tags:  # as most
            source, target = row.source.addresses, row.target.addresses
            if source and target:
                yield (row.protocol, source, row.source_port, target, row.target_port, *self._further)
            return
        readings = readings_of(self.network, row, self.readings)
        for (source, source_tag), (target, target_tag) in product(self._ways(row, "source"), self._ways(row, "target")):
            tags = (
                _IN if (side, tag) in {("source", source_tag), ("target", target_tag)} else _EITHER for side, tag in self.tags
            )
            yield (row.protocol, source, row.source_port, target, row.target_port, *readings, *tags)

    def _ways(self, row: FilterRow, side: str) -> Iterator[tuple[NumberSet, str]]:
        match = row.source if side == "source" else row.target
        if match.addresses:
            yield match.addresses, ""
        for tag in sorted(match.unknown_tags):
            yield ALL_ADDRESSES if tag == _ANYWHERE else match.space(tag, self.network.tag_space), tag

    def conditions(self, region: Region) -> tuple[str, ...]:
        """What must hold for a region besides its header fields, in words: `X=Y`, `the source is in Sql`."""
        further = region[len(FIELDS) :]
        readings = zip(self.readings, further, strict=False)
        tags = zip(self.tags, further[len(self.readings) :], strict=True)
        return (
            *(
                f"{name}={self.network.assumptions[name][numbers.first]}"
                for name, numbers in readings
                if numbers != reading_values(self.network, name)
            ),
            *(
                _membership("source" if side == "source" else "destination", tag, inside=numbers == _IN)
                for (side, tag), numbers in tags
                if numbers != _EITHER
            ),
        )


def more(world: World, left: Filter, right: Filter, *, budget: Budget | None = None) -> tuple[Region, ...]:
    """The packets, in worlds, that the first filter lets pass and the second drops. Raises `TooMany` beyond the budget."""
    spent = budget or Budget()
    first, second = world.cells(left), world.cells(right)
    found: list[Region] = []
    for region in world.domain:
        passed = [part for part, outcomes in first.parts(region, spent) if Action.DENY not in outcomes]
        dropped = [part for part, outcomes in second.parts(region, spent) if Action.DENY in outcomes]
        found.extend(intersection(passed, dropped, disjoint=True))
    return union(found, disjoint=True)


def _membership(side: str, tag: str, *, inside: bool) -> str:
    """`the source is in Sql`; where an address is not known, what it would have to be."""
    if tag.startswith("whether "):
        return f"{tag.removeprefix('whether ')}: {'yes' if inside else 'no'}"
    return f"the {side} is {'' if inside else 'not '}in {tag}"
