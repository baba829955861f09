"""Sets of small numbers as the bits of one: a number is in the set if the bit of that place is set."""

from __future__ import annotations

from collections.abc import Iterator


def each(bits: int) -> Iterator[int]:
    """The numbers of a set, in order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
