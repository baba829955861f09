"""Which rows of a filter can match packets with a field in a set: one bit a row, by the classes of each field."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache, reduce
from itertools import accumulate, chain
from operator import or_, xor

from asever.model.addresses import ALL_ADDRESSES
from asever.model.bits import Unions, bits_of, each, places
from asever.model.effective import FilterRow
from asever.model.identity import Same
from asever.model.numbers import NumberSet, union

FIELDS = ("protocol", "source", "source_port", "target", "target_port")
_ORDER = ("target_port", "protocol", "source_port", "target", "source")
"""Fields of few ranges first: sources are often long lists."""
_KEPT = 1_000
_LOOKS = 4
"""The classes of a field take about as long as looking at all rows so many times."""
_LOOKED = 100
"""So many of these looks are kept: questions of one check, and checks one after the other, are often about the same ports."""
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
        self._every = (1 << len(rows)) - 1
        self.conditional = sum(1 << index for index, row in enumerate(rows) if row.condition)
        self.tagged = sum(1 << index for index, row in enumerate(rows) if row.source.unknown_tags | row.target.unknown_tags)
        self._fields = {field: _Classified([one[field] for one in sets]) for field in _ORDER}

    def sharing(self, sets: Mapping[str, NumberSet]) -> int:
        """One bit for each row that may match some value of each of these sets; no packet need have them all."""
        found = self._every
        for field, classified in self._fields.items():
            found = classified.among(found, sets[field])
        return found


def classes_of(rows: tuple[FilterRow, ...], tag_space: NumberSet) -> Classes:
    """The classes of a filter's rows; those of the last filters are kept, for the next check about them."""
    return _classes_of(Same(rows), tag_space)


@lru_cache(maxsize=64)
def _classes_of(same: Same[tuple[FilterRow, ...]], tag_space: NumberSet) -> Classes:
    return Classes(same.value, tag_space)


class _Classified:
    """The rows that may match the values of a field, whose sets of values are given.

    A few questions look at the rows one by one. Where that comes to more than it takes, the classes of the field are made:
    where they begin, and which of the sets that rows name begin or end there. Many rows may name one set, of thousands of
    ranges: a set has its rows as bits. The rows of every class would be as many bits as there are rows, times classes: they
    are kept for some, and for the others found from there.
    """

    def __init__(self, sets: Sequence[NumberSet]) -> None:
        self._sets = sets
        self._left = _LOOKS * len(sets)
        self._looked: dict[tuple[int, NumberSet], int] = {}
        self._found: dict[NumberSet, int] = {}

    def among(self, rows: int, numbers: NumberSet) -> int:
        """Those of some rows that may match a value of a set."""
        found = self._looked.get((rows, numbers))
        if found is not None:
            return found
        if self._left > 0:
            self._left -= max(rows.bit_count(), 1)
            if len(self._looked) >= _LOOKED:
                self._looked.clear()
            found = self._looked[rows, numbers] = bits_of([row for row in each(rows) if self._sets[row].overlaps(numbers)])
            return found
        meeting = self._found.get(numbers)
        if meeting is None:
            if len(self._found) >= _KEPT:
                self._found.clear()
            meeting = self._found[numbers] = self._meeting(numbers)
        return rows & meeting

    @cached_property
    def _classes(self) -> tuple[list[int], list[list[int]], list[int], Unions[list[int]]]:
        """Where the classes begin, the rows of sets that change there, those of every so many classes, and all that change."""
        events: dict[int, list[int]] = {0: []}
        for ranges, rows in places((one.ranges, row) for row, one in enumerate(self._sets)).items():
            for low, high in ranges:
                events.setdefault(low, []).append(rows)
                events.setdefault(high + 1, []).append(rows)
        starts = sorted(events)
        changes = [events[start] for start in starts]
        kept: list[int] = []
        now = 0
        for place, changing in enumerate(changes):
            if place % _STRIDE == 0:
                kept.append(now)
            for rows in changing:
                now ^= rows
        return starts, changes, kept, Unions(changes, _any_of)

    def _before(self, place: int) -> int:
        """The rows of the class before the one that begins at this place."""
        _, changes, kept, _ = self._classes
        block = min(place // _STRIDE, len(kept) - 1)
        found = kept[block]
        for changing in changes[block * _STRIDE : place]:
            for rows in changing:
                found ^= rows
        return found

    def _meeting(self, numbers: NumberSet) -> int:
        """One bit for each row of some class that holds a number of the set."""
        starts, _, _, changed = self._classes
        found = 0
        for low, high in numbers.ranges:
            first, last = bisect_right(starts, low), bisect_right(starts, high)
            found |= self._before(first) | changed.between(first, last)
        return found


def _any_of(changes: Iterable[Iterable[int]]) -> int:
    return reduce(or_, chain.from_iterable(changes), 0)


def swept(sets: Iterable[NumberSet]) -> tuple[list[int], list[int]]:
    """Where the classes of a dimension begin, and the sets (as bits, by their places) that hold each."""
    events: dict[int, int] = {0: 0}
    for index, numbers in enumerate(sets):
        for low, high in numbers.ranges:
            events[low] = events.get(low, 0) ^ (1 << index)
            events[high + 1] = events.get(high + 1, 0) ^ (1 << index)
    starts = sorted(events)
    return starts, list(accumulate((events[start] for start in starts), xor))
