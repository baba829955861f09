"""Which rows of a filter match a packet, for many packets quickly: one bit a row, one mask for each class of a field.

It answers nothing by itself; it finds packets that make asking the solver needless.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from asever.model.addresses import ALL_V4, ALL_V6
from asever.model.effective import FilterRow
from asever.model.identity import Same
from asever.model.numbers import NumberSet, union
from asever.model.packets import PROTOCOLS_WITH_PORTS

FIELDS = ("protocol", "source", "source_port", "target", "target_port")
_PLACES = {field: place for place, field in enumerate(FIELDS)}
_TRIES = 60
_PICKS = 4
_NO_PORT = NumberSet.single(0)
_KEPT = 4_000
_STRIDE = 16
_FEW = 16

Values = tuple[int, int, int, int, int]


def may_match(row: FilterRow, tag_space: NumberSet) -> Mapping[str, NumberSet]:
    """What a row perhaps matches, field by field: a tag of unknown content may hold anything that tags may hold."""
    source, target = (
        union((side.addresses, *(side.space(tag, tag_space) for tag in side.unknown_tags)))
        if side.unknown_tags
        else side.addresses
        for side in (row.source, row.target)
    )
    return {
        "protocol": row.protocol,
        "source": source,
        "source_port": row.source_port,
        "target": target,
        "target_port": row.target_port,
    }


class Classes:
    """The rows that may match each value of each field."""

    def __init__(self, rows: Sequence[FilterRow], tag_space: NumberSet) -> None:
        sets = [may_match(row, tag_space) for row in rows]
        self._shared: dict[tuple[int, NumberSet], int] = {}
        self.conditional = sum(1 << index for index, row in enumerate(rows) if row.condition)
        self.tagged = sum(1 << index for index, row in enumerate(rows) if row.source.unknown_tags | row.target.unknown_tags)
        self._fields = [_Classified([one[field] for one in sets]) for field in FIELDS]

    def matching(self, values: Values) -> int:
        """One bit for each row that may match."""
        found = -1
        for value, field in zip(values, self._fields, strict=True):
            found &= field.holding(value)
        return found

    def sharing(self, sets: Mapping[str, NumberSet]) -> int:
        """One bit for each row that may match some value of each of these sets; no packet need have them all."""
        found = -1
        for place, field in enumerate(FIELDS):
            found &= self._meeting(place, sets[field])
        return found

    def _meeting(self, place: int, numbers: NumberSet) -> int:
        """One bit for each row that may match some value of one field."""
        found = self._shared.get((place, numbers))
        if found is None:
            if len(self._shared) >= _KEPT:
                self._shared.clear()
            found = self._shared[place, numbers] = self._fields[place].meeting(numbers)
        return found

    def samples(self, row: FilterRow, field: str | None, part: NumberSet | None, seed: int) -> Iterator[Values]:
        """Packets that a row surely matches, from as many classes as a few tries find; the same ones every time."""
        draw = random.Random(seed)  # noqa: S311 - nothing here is secret
        sets = {
            "protocol": row.protocol,
            "source": row.source.addresses,
            "source_port": row.source_port,
            "target": row.target.addresses,
            "target_port": row.target_port,
        }
        if field is not None and part is not None:
            sets[field] &= part
        for family in (ALL_V4, ALL_V6):
            sides = (sets["source"] & family, sets["target"] & family)
            yield from self._of_family({**sets, "source": sides[0], "target": sides[1]}, draw)

    def _of_family(self, sets: Mapping[str, NumberSet], draw: random.Random) -> Iterator[Values]:
        for protocols, ported in (
            (sets["protocol"] & PROTOCOLS_WITH_PORTS, True),
            (sets["protocol"] - PROTOCOLS_WITH_PORTS, False),
        ):
            these = {**sets, "protocol": protocols}
            if not ported:
                these |= {"source_port": sets["source_port"] & _NO_PORT, "target_port": sets["target_port"] & _NO_PORT}
            if not all(these.values()):
                continue
            picks = [self._picks(place, these[field], draw) for place, field in enumerate(FIELDS)]
            for turn in range(_TRIES):
                yield tuple(one[0] if turn == 0 else draw.choice(one) for one in picks)  # type: ignore[misc]

    def _picks(self, place: int, numbers: NumberSet, draw: random.Random) -> list[int]:
        """Some values of a set: the ends of some of its ranges, and values where other rows begin to match."""
        starts = self._fields[place].starts
        ranges = numbers.ranges if len(numbers.ranges) <= _PICKS else draw.sample(numbers.ranges, _PICKS)
        found: list[int] = []
        for low, high in ranges:
            first, last = bisect_right(starts, low), bisect_right(starts, high)
            inner = range(first, last)
            some = draw.sample(inner, _PICKS * 2) if len(inner) > _PICKS * 2 else inner
            found += [low, high, *(starts[index] for index in some)]
        return list(dict.fromkeys(found))


def classes_of(rows: tuple[FilterRow, ...], tag_space: NumberSet) -> Classes:
    """The classes of a filter's rows; those of the last filters are kept, for the next check about them."""
    return _classes_of(Same(rows), tag_space)


@lru_cache(maxsize=64)
def _classes_of(same: Same[tuple[FilterRow, ...]], tag_space: NumberSet) -> Classes:
    return Classes(same.value, tag_space)


def bits(mask: int) -> Iterator[int]:
    """The rows of a mask, in order."""
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


class _Classified:
    """Where the classes of a field begin (`starts`), and the rows that begin or end there.

    The rows of every class would be as many bits as there are rows, times classes: they are kept for some, and for the others
    found from there.
    """

    def __init__(self, sets: Sequence[NumberSet]) -> None:
        events: dict[int, list[int]] = {0: []}
        for index, numbers in enumerate(sets):
            for low, high in numbers.ranges:
                events.setdefault(low, []).append(index)
                events.setdefault(high + 1, []).append(index)
        self.starts = sorted(events)
        self._changing = [events[start] for start in self.starts]
        self._kept: list[int] = []
        now = 0
        for place, rows in enumerate(self._changing):
            if place % _STRIDE == 0:
                self._kept.append(now)
            for row in rows:
                now ^= 1 << row

    def _before(self, place: int) -> int:
        """The rows of the class before the one that begins at this place."""
        block = min(place // _STRIDE, len(self._kept) - 1)
        found = self._kept[block]
        for rows in self._changing[block * _STRIDE : place]:
            for row in rows:
                found ^= 1 << row
        return found

    def holding(self, value: int) -> int:
        """One bit for each row of the class of a value."""
        return self._before(bisect_right(self.starts, value))

    def meeting(self, numbers: NumberSet) -> int:
        """One bit for each row of some class that holds a number of the set."""
        found = 0
        for low, high in numbers.ranges:
            first, last = bisect_right(self.starts, low), bisect_right(self.starts, high)
            found |= self._before(first)
            rows = {row for changing in self._changing[first:last] for row in changing}
            found |= _of(rows)
        return found


def _of(rows: set[int]) -> int:
    """The bits of rows; of many, set in one go, since each bit that is added copies the number."""
    if len(rows) <= _FEW:
        return sum(1 << row for row in rows)
    digits = bytearray(max(rows) // 8 + 1)
    for row in rows:
        digits[row >> 3] |= 1 << (row & 7)
    return int.from_bytes(digits, "little")
