"""Sets of small numbers as the bits of one: a number is in the set if the bit of that place is set."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")
_STRIDE = 16


def each(bits: int) -> Iterator[int]:
    """The numbers of a set, in order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def bits_of(numbers: Sequence[int]) -> int:
    """The bits of these numbers. They are set in one go, since each bit that is added to a number copies it."""
    if len(numbers) < 2:
        return 1 << numbers[0] if numbers else 0
    digits = bytearray(max(numbers, default=0) // 8 + 1)
    for one in numbers:
        digits[one >> 3] |= 1 << (one & 7)
    return int.from_bytes(digits, "little")


def places(keyed: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    """The places of each key, as bits."""
    found: dict[Key, list[int]] = {}
    for key, place in keyed:
        found.setdefault(key, []).append(place)
    return {key: bits_of(its) for key, its in found.items()}


class UpTo:
    """Places in a list in the order of a number that each has, at least one; those up to a number, as bits.

    Those of every number would be as many bits as there are places, times numbers: they are kept for some, and for the others
    found from there.
    """

    def __init__(self, numbered: Iterable[tuple[int, int]], size: int) -> None:
        """`numbered` are numbers with places below `size`."""
        # A number and a place as one number: those are sorted in a third of the time of pairs.
        width = size.bit_length()
        ordered = sorted([number << width | place for number, place in numbered])
        self._numbers = [one >> width for one in ordered]
        self._places = [one & (1 << width) - 1 for one in ordered]
        self._kept = [0]
        for first in range(0, len(ordered) - len(ordered) % _STRIDE, _STRIDE):
            self._kept.append(self._kept[-1] | bits_of(self._places[first : first + _STRIDE]))

    def bits(self, number: int) -> int:
        """The places with this number or a smaller one."""
        place = bisect_right(self._numbers, number)
        kept, further = divmod(place, _STRIDE)
        return self._kept[kept] | bits_of(self._places[place - further : place])


class Unions(Generic[T]):
    """What the items of any stretch of a list have together, as bits: of blocks it is known."""

    def __init__(self, items: Sequence[T], together: Callable[[Iterable[T]], int]) -> None:
        self._items = items
        self._together = together
        self._blocks = [together(items[first : first + _STRIDE]) for first in range(0, len(items), _STRIDE)]

    def between(self, first: int, last: int) -> int:
        """That of the items from one place to before another."""
        begin, end = -(-first // _STRIDE), last // _STRIDE
        if begin >= end:
            return self._together(self._items[first:last])
        at_ends = (*self._items[first : begin * _STRIDE], *self._items[end * _STRIDE : last])
        return reduce(or_, self._blocks[begin:end], self._together(at_ends))
