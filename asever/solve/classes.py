"""Which rows of a filter can match packets with a field in a set: one bit a row, one mask for each class of a field."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import xor

from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import FilterRow
from asever.model.identity import Same
from asever.model.numbers import NumberSet, union
from asever.model.packets import ANY_PORT

FIELDS = ("protocol", "source", "source_port", "target", "target_port")
_PLACES = {field: place for place, field in enumerate(FIELDS)}


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
        self._starts: list[list[int]] = []
        self._masks: list[list[int]] = []
        self._shared: dict[tuple[int, NumberSet], int] = {}
        self.conditional = sum(1 << index for index, row in enumerate(rows) if row.condition)
        self.from_some_ports = sum(1 << index for index, row in enumerate(rows) if row.source_port != ANY_PORT)
        for field in FIELDS:
            starts, masks = swept(one[field] for one in sets)
            self._starts.append(starts)
            self._masks.append(masks)

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


def swept(sets: Iterable[NumberSet]) -> tuple[list[int], list[int]]:
    """Where the classes of a dimension begin, and the sets (as bits, by their places) that hold each."""
    events: dict[int, int] = {0: 0}
    for index, numbers in enumerate(sets):
        for low, high in numbers.ranges:
            events[low] = events.get(low, 0) ^ (1 << index)
            events[high + 1] = events.get(high + 1, 0) ^ (1 << index)
    starts = sorted(events)
    return starts, list(accumulate((events[start] for start in starts), xor))
