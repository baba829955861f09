"""Which rows of a filter can match packets with a field in a set: one bit a row, by the classes of each field."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import xor

from asever.model.addresses import ALL_ADDRESSES
from asever.model.bits import places
from asever.model.effective import FilterRow
from asever.model.identity import Same
from asever.model.numbers import NumberSet, union

FIELDS = ("protocol", "source", "source_port", "target", "target_port")
_KEPT = 4_000
_STRIDE = 16


def may_match(row: FilterRow, tag_space: NumberSet) -> Mapping[str, NumberSet]:
    """What a row perhaps matches, field by field: a tag of unknown content may hold anything where it may lie."""
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


def seen_at(
    view: Sequence[str | int], region: Mapping[str, NumberSet], source_tags: frozenset[str], target_tags: frozenset[str]
) -> Mapping[str, NumberSet]:
    """What the rows of a filter see of a region, field by field: any address where the packet is known to lie in a tag."""
    found = {
        field: NumberSet.single(now) if isinstance(now, int) else region[now] for field, now in zip(FIELDS, view, strict=True)
    }
    tagged = (("source", source_tags), ("target", target_tags))
    return found | {side: ALL_ADDRESSES for side, tags in tagged if tags}


class Classes:
    """The rows that may match each value of each field."""

    def __init__(self, rows: Sequence[FilterRow], tag_space: NumberSet) -> None:
        sets = [may_match(row, tag_space) for row in rows]
        self._shared: dict[tuple[int, NumberSet], int] = {}
        self.conditional = sum(1 << index for index, row in enumerate(rows) if row.condition)
        self.tagged = sum(1 << index for index, row in enumerate(rows) if row.source.unknown_tags | row.target.unknown_tags)
        self._fields = [_Classified([one[field] for one in sets]) for field in FIELDS]

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


def classes_of(rows: tuple[FilterRow, ...], tag_space: NumberSet) -> Classes:
    """The classes of a filter's rows; those of the last filters are kept, for the next check about them."""
    return _classes_of(Same(rows), tag_space)


@lru_cache(maxsize=64)
def _classes_of(same: Same[tuple[FilterRow, ...]], tag_space: NumberSet) -> Classes:
    return Classes(same.value, tag_space)


class _Classified:
    """Where the classes of a field begin (`starts`), and which of the sets that rows name begin or end there.

    Many rows may name one set, of thousands of ranges: a set has its rows as bits. The rows of every class would be as many
    bits as there are rows, times classes: they are kept for some, and for the others found from there.
    """

    def __init__(self, sets: Sequence[NumberSet]) -> None:
        owners = places(one.ranges for one in sets)
        self._rows = list(owners.values())
        events: dict[int, list[int]] = {0: []}
        for number, ranges in enumerate(owners):
            for low, high in ranges:
                events.setdefault(low, []).append(number)
                events.setdefault(high + 1, []).append(number)
        self.starts = sorted(events)
        self._changing = [events[start] for start in self.starts]
        self._kept: list[int] = []
        now = 0
        for place, changing in enumerate(self._changing):
            if place % _STRIDE == 0:
                self._kept.append(now)
            for number in changing:
                now ^= self._rows[number]

    def _before(self, place: int) -> int:
        """The rows of the class before the one that begins at this place."""
        block = min(place // _STRIDE, len(self._kept) - 1)
        found = self._kept[block]
        for changing in self._changing[block * _STRIDE : place]:
            for number in changing:
                found ^= self._rows[number]
        return found

    def meeting(self, numbers: NumberSet) -> int:
        """One bit for each row of some class that holds a number of the set."""
        found = 0
        for low, high in numbers.ranges:
            first, last = bisect_right(self.starts, low), bisect_right(self.starts, high)
            found |= self._before(first)
            for number in {number for changing in self._changing[first:last] for number in changing}:
                found |= self._rows[number]
        return found


def swept(sets: Iterable[NumberSet]) -> tuple[list[int], list[int]]:
    """Where the classes of a dimension begin, and the sets (as bits, by their places) that hold each."""
    events: dict[int, int] = {0: 0}
    for index, numbers in enumerate(sets):
        for low, high in numbers.ranges:
            events[low] = events.get(low, 0) ^ (1 << index)
            events[high + 1] = events.get(high + 1, 0) ^ (1 << index)
    starts = sorted(events)
    return starts, list(accumulate((events[start] for start in starts), xor))
