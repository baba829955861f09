"""Which rows of a filter match a packet, for many packets quickly: one bit a row, one mask for each class of a field.

It answers nothing by itself; it finds packets that make asking the solver needless.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import xor

from asever.model.addresses import ALL_V4, ALL_V6
from asever.model.effective import FilterRow
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS
from asever.record import record

FIELDS = ("protocol", "source", "source_port", "target", "target_port")
_PLACES = {field: place for place, field in enumerate(FIELDS)}
_TRIES = 60
_PICKS = 4
_NO_PORT = NumberSet.single(0)

Values = tuple[int, int, int, int, int]


def may_match(row: FilterRow, tag_space: NumberSet) -> Mapping[str, NumberSet]:
    """What a row perhaps matches, field by field: a tag of unknown content may hold anything that tags may hold."""
    source, target = (side.addresses | tag_space if side.unknown_tags else side.addresses for side in (row.source, row.target))
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
        self._starts: list[list[int]] = []
        self._masks: list[list[int]] = []
        self._shared: dict[tuple[int, NumberSet], int] = {}
        self.conditional = sum(1 << index for index, row in enumerate(rows) if row.condition)
        self.from_some_ports = sum(1 << index for index, row in enumerate(rows) if row.source_port != ANY_PORT)
        for field in FIELDS:
            starts, masks = _swept(one[field] for one in sets)
            self._starts.append(starts)
            self._masks.append(masks)

    def matching(self, values: Values) -> int:
        """One bit for each row that may match."""
        found = -1
        for value, starts, masks in zip(values, self._starts, self._masks, strict=True):
            found &= masks[bisect_right(starts, value) - 1]
        return found

    def sharing(self, sets: Mapping[str, NumberSet]) -> int:
        """One bit for each row that may match some value of each of these sets; no packet need have them all."""
        found = -1
        for field in FIELDS:
            found &= self.meeting(field, sets[field])
        return found

    def meeting(self, field: str, numbers: NumberSet) -> int:
        """One bit for each row that may match some value of one field."""
        place = _PLACES[field]
        found = self._shared.get((place, numbers))
        if found is None:
            found = self._shared[place, numbers] = self._any(place, numbers)
        return found

    def _any(self, place: int, numbers: NumberSet) -> int:
        starts, masks = self._starts[place], self._masks[place]
        found = 0
        for low, high in numbers.ranges:
            for mask in masks[bisect_right(starts, low) - 1 : bisect_right(starts, high)]:
                found |= mask
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
        starts = self._starts[place]
        ranges = numbers.ranges if len(numbers.ranges) <= _PICKS else draw.sample(numbers.ranges, _PICKS)
        found: list[int] = []
        for low, high in ranges:
            first, last = bisect_right(starts, low), bisect_right(starts, high)
            inner = range(first, last)
            some = draw.sample(inner, _PICKS * 2) if len(inner) > _PICKS * 2 else inner
            found += [low, high, *(starts[index] for index in some)]
        return list(dict.fromkeys(found))


@record(kw_only=False, eq=False)
class _Same:
    """Rows by identity: a table holds them once, and comparing a thousand of them costs what the classes save."""

    rows: tuple[FilterRow, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.rows is other.rows

    def __hash__(self) -> int:
        return id(self.rows)


def classes_of(rows: tuple[FilterRow, ...], tag_space: NumberSet) -> Classes:
    """The classes of a filter's rows; those of the last filters are kept, for the next check about them."""
    return _classes_of(_Same(rows), tag_space)


@lru_cache(maxsize=64)
def _classes_of(same: _Same, tag_space: NumberSet) -> Classes:
    return Classes(same.rows, tag_space)


def bits(mask: int) -> Iterator[int]:
    """The rows of a mask, in order."""
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


def _swept(sets: Iterable[NumberSet]) -> tuple[list[int], list[int]]:
    """Where the classes of a field begin, and the rows of each."""
    events: dict[int, int] = {0: 0}
    for index, numbers in enumerate(sets):
        for low, high in numbers.ranges:
            events[low] = events.get(low, 0) ^ (1 << index)
            events[high + 1] = events.get(high + 1, 0) ^ (1 << index)
    starts = sorted(events)
    return starts, list(accumulate((events[start] for start in starts), xor))
