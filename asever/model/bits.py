"""Sets of small numbers as the bits of one: a number is in the set if the bit of that place is set."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


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


def places(keys: Iterable[Key]) -> dict[Key, int]:
    """The places of each key in a list, as bits."""
    found: dict[Key, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return {key: bits_of(its) for key, its in found.items()}
