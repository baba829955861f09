"""What a filter does with every packet of a region: the region cut into parts with one outcome each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asever.exact.atoms import Atoms
from asever.exact.boxes import Box, Budget
from asever.exact.diagram import Lines, Parts, fewest
from asever.exact.readings import HEADERS, reading_name, reading_values, readings_of
from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, FilterRow, conditions_of, may_exist
from asever.model.numbers import NumberSet
from asever.model.numbers import union as union_of_numbers
from asever.model.regions import Region
from asever.record import record

Field = str | int
"""What a filter sees in a field: the name of a variable, or a constant."""

Variables = Mapping[str, NumberSet]
"""A region by the names of its variables: header fields, choices, readings (`reading_name`)."""

_KEPT = 64
"""The parts of so many regions are kept: a question is asked under several quantifiers, often about the same ones."""

Outcomes = frozenset[Action]
"""What a filter may do; more than one where a service tag of unknown content decides."""


@record
class Line:
    """A row as product sets over the dimensions of a table: where it surely matches, and where it perhaps does."""

    action: Action
    sure: Region
    perhaps: Region


class Cells:
    """Rows in order over any dimensions, the header fields first: the first that matches decides."""

    def __init__(self, domain: Region, lines: Sequence[Line], otherwise: Action) -> None:
        self._lasts = [numbers.ranges[-1][1] for numbers in domain]
        self._atoms = [
            Atoms((numbers, *(one.sure[number] for one in lines), *(one.perhaps[number] for one in lines)))
            for number, numbers in enumerate(domain)
        ]
        perhaps = [self._box(one.perhaps) for one in lines]
        sure = [self._box(one.sure) for one in lines]
        self._lines = Lines(len(domain), perhaps, sure, [one.action for one in lines], otherwise)
        self._found: dict[Box, Parts[Action]] = {}

    def _box(self, numbers: Sequence[NumberSet]) -> Box:
        return tuple(atoms.mask(one) for atoms, one in zip(self._atoms, numbers, strict=True))

    def parts(self, region: Region, budget: Budget) -> Iterator[tuple[Region, Outcomes]]:
        """The disjoint parts of a region, each with what the rows may do with it."""
        start = self._box(region)
        found = self._found.get(start)
        if found is None:
            if len(self._found) >= _KEPT:
                self._found.clear()
            found = self._found[start] = fewest(self._lines, start, budget)
        else:
            budget.spend(sum(map(len, found.values())))
        known: list[dict[int, NumberSet]] = [{whole: numbers} for whole, numbers in zip(start, region, strict=True)]
        for outcomes, every in found.items():
            for box in every:
                yield tuple(self._numbers(number, mine, region, known) for number, mine in enumerate(box)), outcomes

    def _numbers(self, dimension: int, mask: int, region: Region, known: Sequence[dict[int, NumberSet]]) -> NumberSet:
        """What the atoms of a dimension hold of a region; many parts ask for the same."""
        found = known[dimension].get(mask)
        if found is None:
            atoms = self._atoms[dimension].numbers(mask, self._lasts[dimension])
            found = known[dimension][mask] = region[dimension] & atoms
        return found


class Table:
    """The rows of a filter, ready to be asked about any region.

    `tags` are what is known of the two addresses that it sees (`Packet.source_tags`); `fixed` are readings that are given.
    """

    def __init__(
        self,
        network: EffectiveNetwork,
        rows: Sequence[FilterRow],
        otherwise: Action,
        fixed: Mapping[str, str],
        tags: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset()),
    ) -> None:
        existing = [row for row in rows if may_exist(row.condition, fixed)]
        self.readings = tuple(sorted(conditions_of(row.condition for row in existing) - fixed.keys()))
        self.domain = (*HEADERS, *(reading_values(network, name) for name in self.readings))
        self._cells = Cells(self.domain, [_line(network, row, self.readings, tags) for row in existing], otherwise)

    def parts(self, view: Sequence[Field], region: Variables, budget: Budget) -> Iterator[tuple[Variables, Outcomes]]:
        """The disjoint parts of a region, each with what the filter may do with the packets of it."""
        names: list[Field] = [*view, *map(reading_name, self.readings)]
        asked = tuple(
            NumberSet.single(now) if isinstance(now, int) else region.get(now, domain)
            for now, domain in zip(names, self.domain, strict=True)
        )
        for part, outcomes in self._cells.parts(asked, budget):
            changed = {
                now: mine
                for now, mine, whole in zip(names, part, asked, strict=True)
                if isinstance(now, str) and mine is not whole
            }
            yield {**region, **changed}, outcomes


def _line(network: EffectiveNetwork, row: FilterRow, names: Sequence[str], tags: tuple[frozenset[str], frozenset[str]]) -> Line:
    source, target = (
        _sides(match, known, network.tag_space) for match, known in zip((row.source, row.target), tags, strict=True)
    )
    readings = readings_of(network, row, names)
    sure, perhaps = (
        (row.protocol, source[number], row.source_port, target[number], row.target_port, *readings) for number in (0, 1)
    )
    return Line(action=row.action, sure=sure, perhaps=perhaps)


def _sides(match: AddressMatch, known: frozenset[str], tag_space: NumberSet) -> tuple[NumberSet, NumberSet]:
    """The addresses that one side of a rule surely, and perhaps, matches."""
    if match.unknown_tags & known:
        return ALL_ADDRESSES, ALL_ADDRESSES
    open_tags = match.open_tags(known)
    return match.addresses, union_of_numbers((match.addresses, *(match.space(tag, tag_space) for tag in open_tags)))
