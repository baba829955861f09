"""The dimensions that exact sets have: the header fields, and the readings of assumptions."""

from __future__ import annotations

from collections.abc import Sequence

from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import EffectiveNetwork, FilterRow
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT
from asever.model.regions import Region

_PROTOCOLS = NumberSet.span(0, 255)
HEADERS: Region = (_PROTOCOLS, ALL_ADDRESSES, ANY_PORT, ALL_ADDRESSES, ANY_PORT)


def reading_name(assumption: str) -> str:
    """The variable that stands for the reading of an assumption; its numbers are positions in the list of its values."""
    return f"reading {assumption}"


def reading_values(network: EffectiveNetwork, assumption: str) -> NumberSet:
    """Every position in the list of an assumption's values."""
    return NumberSet.span(0, len(network.assumptions[assumption]) - 1)


def readings_of(network: EffectiveNetwork, row: FilterRow, names: Sequence[str]) -> Region:
    """The readings of these assumptions in which a row exists."""
    conditions = dict(row.condition)
    return tuple(
        NumberSet.single(network.assumptions[name].index(conditions[name]))
        if name in conditions
        else reading_values(network, name)
        for name in names
    )
