"""Which rows of a filter may match a packet: a list of a thousand rows is walked for every flow, and few of them are near it.

It decides nothing: each row that it names is looked at as if there were no index. What it leaves out lacks a field of the
packet for certain; a side of a rule that names a tag of unknown content leaves nothing out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

from asever.model.effective import Action, FilterRow
from asever.model.identity import Same
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, Packet

_MANY = 32
"""So many rows are looked at one by one."""
_LOOKS = 8
"""Finding out the rows of all values of a field takes about as long as looking at all rows so many times."""
_LOOKED = 100
"""So many of these looks are kept: flows that are walked beside a proof share most of their values."""
_STRIDE = 16
"""Between two places where the rows are known, so many steps are taken anew each time."""


class _Field:
    """The rows that each value of one field may match, as bits. `open_rows` may match any value.

    A few packets look at the rows one by one. Where that comes to more than it takes, the rows of all values are found out.
    """

    def __init__(self, sets: Sequence[NumberSet], open_rows: int = 0) -> None:
        self._sets = sets
        self._open = open_rows
        self._left = _LOOKS * len(sets)
        self._looked: dict[tuple[int, int], int] = {}
        self._held: dict[int, int] = {}

    def among(self, rows: int, value: int) -> int:
        """Those of some rows that a value may match."""
        found = self._looked.get((rows, value))
        if found is None:
            if self._left <= 0:
                return rows & self.holding(value)
            self._left -= max(rows.bit_count(), 1)
            if len(self._looked) >= _LOOKED:
                self._looked.clear()
            found = of(row for row in each(rows) if value in self._sets[row]) | rows & self._open
            self._looked[rows, value] = found
        return found

    @cached_property
    def _changes(self) -> tuple[list[int], list[int], list[int]]:
        """Where rows begin and end, which rows these are, and the rows at every so many of these places."""
        # A cut and a row as one number: those are sorted in a third of the time of pairs.
        bits = len(self._sets).bit_length()
        ends = ((cut, row) for row, one in enumerate(self._sets) for low, high in one.ranges for cut in (low, high + 1))
        changes = sorted([cut << bits | row for cut, row in ends])
        rows = [one & (1 << bits) - 1 for one in changes]
        known: list[int] = []
        now = 0
        for place, row in enumerate(rows):
            if place % _STRIDE == 0:
                known.append(now)
            now ^= 1 << row
        return [one >> bits for one in changes], rows, [*known, now]

    def holding(self, value: int) -> int:
        """The rows that a value may match."""
        found = self._held.get(value)
        if found is None:
            if len(self._held) >= _LOOKED:
                self._held.clear()
            found = self._held[value] = self._known_to_hold(value) | self._open
        return found

    def _known_to_hold(self, value: int) -> int:
        cuts, rows, known = self._changes
        place = bisect_right(cuts, value)
        block = place // _STRIDE
        found = known[block]
        for row in rows[block * _STRIDE : place]:
            found ^= 1 << row
        return found


class Lookup:
    """The rows of a filter by the values of the fields of packets."""

    def __init__(self, rows: Sequence[FilterRow]) -> None:
        self.rows = rows
        self.assumptions = frozenset(name for row in rows for name, _ in row.condition)

        self.conditional = of(number for number, row in enumerate(rows) if row.condition)
        self.open_sources = of(number for number, row in enumerate(rows) if row.source.unknown_tags)
        self.open_targets = of(number for number, row in enumerate(rows) if row.target.unknown_tags)

    @cached_property
    def permitting(self) -> int:
        """The rows that somebody wrote to let packets pass."""
        rows = enumerate(self.rows)
        return of(number for number, row in rows if row.action is not Action.DENY and row.origin.azure is None)

    @cached_property
    def to_any_port(self) -> int:
        """The rows that name no destination port."""
        return of(number for number, row in enumerate(self.rows) if row.target_port == ANY_PORT)

    @cached_property
    def parts(self) -> int:
        """The rows of rules that have several."""
        rules = [(row.priority, row.name) for row in self.rows]
        several = {rule for rule, number in Counter(rules).items() if number > 1}
        return of(number for number, rule in enumerate(rules) if rule in several)

    @cached_property
    def _fields(self) -> tuple[_Field, _Field, _Field, _Field, _Field]:
        rows = self.rows
        return (
            _Field([row.protocol for row in rows]),
            _Field([row.source.addresses for row in rows], self.open_sources),
            _Field([row.source_port for row in rows]),
            _Field([row.target.addresses for row in rows], self.open_targets),
            _Field([row.target_port for row in rows]),
        )

    @cached_property
    def _places(self) -> dict[int, int]:
        return {id(row): place for place, row in reversed(list(enumerate(self.rows)))}

    def by_field(self, packet: Packet) -> tuple[int, int, int, int, int]:
        """For each field the rows that may match the packet in it: protocol, source and its port, target and its port."""
        protocol, source, source_port, target, target_port = self._fields
        return (
            protocol.holding(packet.protocol),
            source.holding(packet.source),
            source_port.holding(packet.source_port),
            target.holding(packet.target),
            target_port.holding(packet.target_port),
        )

    def place(self, row: object) -> int:
        """Where a row stands, or how many there are if it is none of these."""
        return self._places.get(id(row), len(self.rows))

    def near(self, packet: Packet) -> Iterator[FilterRow]:
        """The rows that may match a packet, in order."""
        protocol, source, source_port, target, target_port = self._fields
        # Sources are often long lists: they are asked last.
        found = target_port.among((1 << len(self.rows)) - 1, packet.target_port)
        found = protocol.among(found, packet.protocol)
        found = source_port.among(found, packet.source_port)
        found = target.among(found, packet.target)
        found = source.among(found, packet.source)
        return (self.rows[row] for row in each(found))


def of(numbers: Iterable[int]) -> int:
    """The bits that stand for rows."""
    return sum(1 << number for number in numbers)


def each(bits: int) -> Iterator[int]:
    """The numbers of the rows that some bits stand for, in order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def lookup(rows: tuple[FilterRow, ...]) -> Lookup:
    """The rows of a filter by the fields of packets; those of the last filters are kept, for the next packet."""
    return _lookup(Same(rows))


def near(rows: tuple[FilterRow, ...], packet: Packet) -> Iterator[FilterRow]:
    """The rows that may match a packet, in order, and perhaps others."""
    return iter(rows) if len(rows) < _MANY else lookup(rows).near(packet)


@lru_cache(maxsize=256)
def _lookup(same: Same[tuple[FilterRow, ...]]) -> Lookup:
    return Lookup(same.value)
