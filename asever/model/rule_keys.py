"""Which of the user's rules a row of a filter belongs to, and parts of what a rule matches."""

from __future__ import annotations

from asever.model.effective import FilterRow
from asever.model.numbers import NumberSet
from asever.record import record
from asever.source import SourceFile, Span

Place = tuple[SourceFile, int, int, Span | None] | None
"""Where a rule is written: its span as a plain tuple, which is hashed much faster."""

RuleKey = tuple[int, str, Place]
"""A rule of one filter: its priority, its name, and where it is written."""


def place_of(span: Span | None) -> Place:
    """A span as a place."""
    return None if span is None else (span.file, span.start, span.end, span.parent)


def key_of(row: FilterRow) -> RuleKey:
    """The rule that a row belongs to."""
    return row.priority, row.name, place_of(row.origin.span)


@record
class Part:
    """A part of what a rule matches: packets with this field in this set."""

    field: str
    numbers: NumberSet
