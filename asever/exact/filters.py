"""What a filter does with every packet of a region: the region cut into parts with one outcome each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asever.exact.atoms import Atoms
from asever.exact.boxes import Box, Budget, Index, meet, peel
from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, FilterRow
from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import ANY_PORT

Field = str | int
"""What a filter sees in a field: the name of a variable, or a constant."""

Variables = Mapping[str, NumberSet]
"""A region by the names of its variables: header fields, choices, readings (`reading_name`)."""

Outcomes = frozenset[Action]
"""What a filter may do; more than one where a service tag of unknown content decides."""

_PROTOCOLS = NumberSet.span(0, 255)
_DOMAINS = (_PROTOCOLS, ALL_ADDRESSES, ANY_PORT, ALL_ADDRESSES, ANY_PORT)


def reading_name(assumption: str) -> str:
    """The variable that stands for the reading of an assumption; its numbers are positions in the list of its values."""
    return f"reading {assumption}"


class Table:
    """The rows of a filter in order, ready to be asked about any region.

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
        self.otherwise = otherwise
        existing = [row for row in rows if all(fixed.get(name, value) == value for name, value in row.condition)]
        self.readings = tuple(sorted({name for row in existing for name, _ in row.condition} - fixed.keys()))
        sure, perhaps = [], []
        for row in existing:
            source, target = (
                _sides(match, known, network.tag_space) for match, known in zip((row.source, row.target), tags, strict=True)
            )
            conditions = dict(row.condition)
            readings = tuple(
                NumberSet.single(network.assumptions[name].index(conditions[name]))
                if name in conditions
                else NumberSet.span(0, len(network.assumptions[name]) - 1)
                for name in self.readings
            )
            sure.append((row.protocol, source[0], row.source_port, target[0], row.target_port, *readings))
            perhaps.append((row.protocol, source[1], row.source_port, target[1], row.target_port, *readings))
        domains = (*_DOMAINS, *(NumberSet.span(0, len(network.assumptions[name]) - 1) for name in self.readings))
        self._lasts = [domain.ranges[-1][1] for domain in domains]
        self._domains = domains
        self._atoms = [
            Atoms((domain, *(one[number] for one in sure), *(one[number] for one in perhaps)))
            for number, domain in enumerate(domains)
        ]
        self._actions = [row.action for row in existing]
        self._sure = [self._box(one) for one in sure]
        self._index = Index([self._box(one) for one in perhaps])
        self._uniform = sum(1 << number for number, action in enumerate(self._actions) if action is otherwise)

    def _box(self, numbers: Sequence[NumberSet]) -> Box:
        return tuple(atoms.mask(one) for atoms, one in zip(self._atoms, numbers, strict=True))

    # -- Asking ---------------------------------------------------------------------------------------------------------

    def parts(self, view: Sequence[Field], region: Variables, budget: Budget) -> Iterator[tuple[Variables, Outcomes]]:
        """The disjoint parts of a region, each with what the filter may do with the packets of it."""
        names: list[Field] = [*view, *(reading_name(name) for name in self.readings)]
        asked = [
            NumberSet.single(now) if isinstance(now, int) else region.get(now, domain)
            for now, domain in zip(names, self._domains, strict=True)
        ]
        start = self._box(asked)
        for box, outcomes in self._decided(start, budget):
            part = dict(region)
            for number, now in enumerate(names):
                if isinstance(now, str) and box[number] != start[number]:
                    part[now] = asked[number] & self._atoms[number].numbers(box[number], self._lasts[number])
            yield part, outcomes

    def _decided(self, start: Box, budget: Budget) -> Iterator[tuple[Box, Outcomes]]:
        """Depth first over the rows: the first that a box meets takes its part, and the rest goes on."""
        nothing: Outcomes = frozenset()
        ahead = [(start, self._index.meeting(start), nothing)]
        rows = self._index.boxes
        while ahead:
            budget.spend()
            box, candidates, seen = ahead.pop()
            if not candidates & ~self._uniform and seen <= {self.otherwise}:
                yield box, frozenset({self.otherwise})
                continue
            if not candidates:
                yield box, seen | {self.otherwise}
                continue
            first = candidates & -candidates
            number, rest = first.bit_length() - 1, candidates ^ first
            action, sure = self._actions[number], self._sure[number]
            ahead.extend((part, left, seen) for part, left in self._index.peeled(box, rows[number], rest))
            mine = meet(box, rows[number])
            assert mine is not None  # noqa: S101 - a candidate meets the box
            surely = meet(mine, sure)
            if surely is not None:
                yield surely, seen | {action}
            ahead.extend((part, self._index.meeting(part) & rest, seen | {action}) for part in peel(mine, sure))


def _sides(match: AddressMatch, known: frozenset[str], tag_space: NumberSet) -> tuple[NumberSet, NumberSet]:
    """The addresses that one side of a rule surely, and perhaps, matches."""
    if match.unknown_tags & known:
        return ALL_ADDRESSES, ALL_ADDRESSES
    open_tags = match.open_tags(known)
    return match.addresses, match.addresses | (tag_space if open_tags else EMPTY)
