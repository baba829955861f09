"""Product sets of packets: one set of numbers for each header field."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from asever.model.numbers import NumberSet

FIELDS = ("protocol", "source", "source_port", "target", "target_port")
"""The header fields, in the order of every `Region` of packets."""

Region = tuple[NumberSet, ...]
"""A product set: a set for each dimension. It is empty when one of them is."""


def size(region: Region) -> int:
    """How many points a region holds."""
    return prod(numbers.size for numbers in region)


def total(regions: Iterable[Region]) -> int:
    """How many points disjoint regions hold."""
    return sum(map(size, regions))
