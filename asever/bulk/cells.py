"""The traffic of a question cut into cells by protocol, target port and reading, so that what rules ask of these is a few bits.

Every cut that rules make is one of cells, up to a limit: then those that the fewest rules make are left out, and a rule may
hold a part of a cell. So it is with the readings of the assumptions that rules mention.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from asever.model.effective import EffectiveNetwork, FilterRow
from asever.model.numbers import NumberSet, union
from asever.record import record

MOST_CUTS = 768
"""So many cuts for each protocol; more make every step longer."""
MOST_READINGS = 8
"""So many ways to read assumptions are told apart."""


@record(kw_only=False, eq=False)
class Traffic:
    """A product set of protocols, source ports and target ports."""

    protocol: NumberSet
    source_port: NumberSet
    target_port: NumberSet


@record(kw_only=False, eq=False)
class _Line:
    """The cells of one protocol of one traffic in one reading: where each begins; `first` is the bit of the first."""

    traffic: Traffic
    protocol: int
    reading: Mapping[str, str]
    starts: Sequence[int]
    first: int


class Cells:
    """The cells of some traffic as these rows cut it, in the readings that agree with `fixed`.

    Ports that are told `apart` are so whatever the limit is. `assumptions` are those whose readings are told apart.
    """

    def __init__(
        self,
        network: EffectiveNetwork,
        fixed: Mapping[str, str],
        traffic: Sequence[Traffic],
        rows: Sequence[Sequence[FilterRow]],
        apart: Iterable[NumberSet] = (),
    ) -> None:
        cuts = Counter(cut for ports in {row.target_port for its in rows for row in its} for cut in _cuts(ports))
        kept = sorted({cut for cut, _ in cuts.most_common(MOST_CUTS)}.union(*map(_cuts, apart)))
        self._fixed = fixed
        self.assumptions, readings = _readings(network, fixed, traffic, rows)
        self._lines: list[_Line] = []
        first = 0
        for reading, one in product(readings, traffic):
            for protocol in one.protocol:
                starts = [
                    start
                    for low, high in one.target_port.ranges
                    for start in (low, *(cut for cut in kept if low < cut <= high))
                ]
                self._lines.append(_Line(one, protocol, reading, starts, first))
                first += len(starts)
        self.every = (1 << first) - 1
        self._known: dict[tuple[object, ...], tuple[int, int]] = {}

    def exactly(self, wanted: Traffic, readings: Mapping[str, str]) -> int | None:
        """The cells of a part of the traffic in some readings; None if it is no part, or not of whole cells."""
        found = 0
        for protocol in wanted.protocol:
            mine = [
                line
                for line in self._lines
                if line.protocol == protocol
                and line.traffic.source_port == wanted.source_port
                and wanted.target_port <= line.traffic.target_port
                and all(line.reading.get(name, value) == value for name, value in readings.items())
            ]
            # In each reading one line: two services may share their ports.
            lines = {tuple(line.reading.items()): line for line in mine}.values()
            if not lines:
                return None
            for line in lines:
                met, held = _on(line, wanted.target_port)
                if met != held:
                    return None
                found |= met
        return found

    def of(self, row: FilterRow) -> tuple[int, int]:
        """The cells of which a row matches something, and those of which it matches everything, whatever its addresses are."""
        key = (row.protocol.ranges, row.source_port.ranges, row.target_port.ranges, row.condition)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._of(row)
        return found

    def _of(self, row: FilterRow) -> tuple[int, int]:
        meeting = within = 0
        for line in self._lines:
            reading = {**line.reading, **self._fixed}
            if any(reading.get(name, value) != value for name, value in row.condition):
                continue
            if line.protocol not in row.protocol or not row.source_port.overlaps(line.traffic.source_port):
                continue
            met, held = _on(line, row.target_port)
            meeting |= met
            if line.traffic.source_port <= row.source_port and all(name in reading for name, _ in row.condition):
                within |= held
        return meeting, within


def _readings(
    network: EffectiveNetwork, fixed: Mapping[str, str], traffic: Sequence[Traffic], rows: Sequence[Sequence[FilterRow]]
) -> tuple[frozenset[str], Sequence[Mapping[str, str]]]:
    """The assumptions that rows mention most, as many as the limit lets, and every way to read these."""
    protocol = union(one.protocol for one in traffic)
    named = Counter(
        name for its in rows for row in its if row.condition and row.protocol.overlaps(protocol) for name, _ in row.condition
    )
    found: list[Mapping[str, str]] = [{}]
    told: set[str] = set()
    for name in sorted(named, key=lambda one: (-named[one], one)):
        values = network.assumptions[name]
        if name not in fixed and len(found) * len(values) <= MOST_READINGS:
            found = [{**reading, name: value} for reading in found for value in values]
            told.add(name)
    return frozenset(told), found


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
