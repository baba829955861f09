"""Which of the user's rules a row of a filter belongs to, and parts of what a rule matches."""

from __future__ import annotations

from asever.model.effective import FilterRow
from asever.model.numbers import NumberSet
from asever.record import record
from asever.source import Span

RuleKey = tuple[int, str, Span | None]
"""A rule of one filter: its priority, its name, and where it is written."""


def key_of(row: FilterRow) -> RuleKey:
    """The rule that a row belongs to."""
    return row.priority, row.name, row.origin.span


@record
class Part:
    """A part of what a rule matches: packets with this field in this set."""

    field: str
    numbers: NumberSet
