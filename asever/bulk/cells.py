"""The traffic of a question cut into cells by protocol and target port, so that what rules ask of these is a few bits.

Every cut that rules make is one of cells, up to a limit: then those that the fewest rules make are left out, and a rule may
hold a part of a cell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from asever.model.effective import FilterRow
from asever.model.numbers import NumberSet, Range
from asever.record import record

MOST_CUTS = 768
"""So many cuts for each protocol; more make every step longer."""


@record(kw_only=False, eq=False)
class Traffic:
    """A product set of protocols, source ports and target ports."""

    protocol: NumberSet
    source_port: NumberSet
    target_port: NumberSet


@record(kw_only=False, eq=False)
class _Line:
    """The cells of one protocol of one traffic: where each begins; `first` is the bit of the first."""

    traffic: Traffic
    protocol: int
    starts: Sequence[int]
    first: int


class Cells:
    """The cells of some traffic as these rows cut it."""

    def __init__(
        self, traffic: Iterable[Traffic], rows: Iterable[Sequence[FilterRow]], apart: Iterable[NumberSet] = ()
    ) -> None:
        """Ports that are told `apart` are so whatever the limit is."""
        cuts = Counter(cut for ports in {row.target_port for its in rows for row in its} for cut in _cuts(ports))
        kept = sorted({cut for cut, _ in cuts.most_common(MOST_CUTS)}.union(*map(_cuts, apart)))
        self._lines: list[_Line] = []
        first = 0
        for one in traffic:
            for protocol in one.protocol:
                starts = [
                    start
                    for low, high in one.target_port.ranges
                    for start in (low, *(cut for cut in kept if low < cut <= high))
                ]
                self._lines.append(_Line(one, protocol, starts, first))
                first += len(starts)
        self.every = (1 << first) - 1
        self._known: dict[tuple[tuple[Range, ...], ...], tuple[int, int]] = {}

    def exactly(self, wanted: Traffic) -> int | None:
        """The cells of a part of the traffic; None if it is no part, or not of whole cells."""
        found = 0
        for protocol in wanted.protocol:
            mine = [
                line
                for line in self._lines
                if line.protocol == protocol
                and line.traffic.source_port == wanted.source_port
                and wanted.target_port <= line.traffic.target_port
            ]
            if not mine:
                return None
            met, held = _on(mine[0], wanted.target_port)
            if met != held:
                return None
            found |= met
        return found

    def of(self, row: FilterRow) -> tuple[int, int]:
        """The cells of which a row matches something, and those of which it matches everything, whatever its addresses are."""
        key = (row.protocol.ranges, row.source_port.ranges, row.target_port.ranges)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._of(row)
        return found

    def _of(self, row: FilterRow) -> tuple[int, int]:
        meeting = within = 0
        for line in self._lines:
            if line.protocol not in row.protocol or not row.source_port.overlaps(line.traffic.source_port):
                continue
            met, held = _on(line, row.target_port)
            meeting |= met
            if line.traffic.source_port <= row.source_port:
                within |= held
        return meeting, within


def _cuts(ports: NumberSet) -> Iterator[int]:
    """Where a set of ports begins, and where it has ended."""
    for low, high in ports.ranges:
        yield low
        yield high + 1


def _on(line: _Line, ports: NumberSet) -> tuple[int, int]:
    met = 0
    partly = 0
    allowed = line.traffic.target_port & ports
    for low, high in allowed.ranges:
        begin, end = bisect_right(line.starts, low) - 1, bisect_right(line.starts, high)
        met |= (1 << end) - (1 << begin)
    for low, high in (line.traffic.target_port - ports).ranges:
        begin, end = bisect_right(line.starts, low) - 1, bisect_right(line.starts, high)
        partly |= (1 << end) - (1 << begin)
    return met << line.first, (met & ~partly) << line.first
