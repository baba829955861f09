"""Rows that decide nothing, as intervals tell: they can be left out of a text for the solver.

A row can only decide a packet that no row before it matches. Where earlier rows match everything that it does, it is never the
first, so a formula says the same of every packet with and without it; yet each such row is a cover problem of its own for the
solver. Only covers that are plain are looked for: one row that holds another in every field, or several that hold it in every
field but one and together in that. What is not found stays in the text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from asever.model.effective import ALWAYS, FilterRow
from asever.model.numbers import NumberSet, Range, union
from asever.solve.classes import FIELDS

_MANY = 512
"""In shorter lists the solver finds out as fast."""
_MOST = 64
"""So many rows, the last ones, may hold a field together."""
_STRIDE = 16
_COMMON = 16
"""So many sets of several ranges are known to a field, such as all addresses, which are of two families."""
_SAMPLE, _OFTEN = 128, 8
"""Of so many rows one in so many must be held by several, or the rest is not looked at."""


def shadowed(rows: Sequence[FilterRow]) -> frozenset[int]:
    """Places of rows that earlier ones hold plainly; of the action that fewer rows have, since only these split the list."""
    actions = Counter(row.action.value for row in rows)
    if len(rows) < _MANY or len(actions) < 2:
        return frozenset()
    rarer = min(actions, key=lambda one: (actions[one], one))
    wanted = [place for place, row in enumerate(rows) if row.action.value == rarer and _is_plain(row) and all(_sets(row))]
    held = _Held(rows)
    # What one row holds costs the solver nothing; it is what several hold together that does.
    if sum(held.by_earlier(place) > 1 for place in wanted[:_SAMPLE]) * _OFTEN < len(wanted[:_SAMPLE]):
        return frozenset()
    return frozenset(place for place in wanted if held.by_earlier(place))


def _is_plain(row: FilterRow) -> bool:
    """Whether a row is one product set, whatever is assumed and whatever unknown tags hold."""
    return row.condition == ALWAYS and not row.source.unknown_tags and not row.target.unknown_tags


def _sets(row: FilterRow) -> tuple[NumberSet, ...]:
    addresses = {"source": row.source.addresses, "target": row.target.addresses}
    return tuple(addresses[field] if field in addresses else getattr(row, field) for field in FIELDS)


class _Held:
    """Which plain rows hold what others have in each field."""

    def __init__(self, rows: Sequence[FilterRow]) -> None:
        self._sets = [_sets(row) for row in rows]
        plain = [place for place, row in enumerate(rows) if _is_plain(row)]
        self._fields = [_Field([(self._sets[place][number], place) for place in plain]) for number in range(len(FIELDS))]

    def by_earlier(self, place: int) -> int:
        """How many of the rows before one hold it: none as far as is plain, one, or several (two)."""
        before = (1 << place) - 1
        mine = self._sets[place]
        holding = [field.holding(numbers) & before for field, numbers in zip(self._fields, mine, strict=True)]
        for number, numbers in enumerate(mine):
            others = before
            for other, rows in enumerate(holding):
                if other != number:
                    others &= rows
            if others & holding[number]:
                return 1
            if others and numbers <= union(self._sets[one][number] for one in _last(others)):
                return 2
        return 0


def _last(rows: int) -> Iterator[int]:
    """The last places of these, not more than are looked at."""
    for _ in range(_MOST):
        if not rows:
            return
        place = rows.bit_length() - 1
        yield place
        rows ^= 1 << place


class _Field:
    """The sets of one field, each with the place of its row: those of one range, and the commonest of several."""

    def __init__(self, sets: Sequence[tuple[NumberSet, int]]) -> None:
        single = [(one.ranges[0], place) for one, place in sets if len(one.ranges) == 1]
        self._begun = _UpTo([(low, place) for (low, _), place in single])
        self._ended = _UpTo([(high, place) for (_, high), place in single])
        common = Counter(one for one, _ in sets if len(one.ranges) > 1).most_common(_COMMON)
        self._several = [(one, sum(1 << place for other, place in sets if other == one)) for one, _ in common]
        self._known: dict[tuple[Range, ...], int] = {}

    def holding(self, numbers: NumberSet) -> int:
        """The rows that hold all of these numbers, as bits."""
        found = self._known.get(numbers.ranges)
        if found is None:
            low, high = numbers.ranges[0][0], numbers.ranges[-1][1]
            found = self._begun.rows(low) & ~self._ended.rows(high - 1)
            for one, rows in self._several:
                if numbers <= one:
                    found |= rows
            self._known[numbers.ranges] = found
        return found


class _UpTo:
    """Rows in the order of a number that each has; those of every number would be too many bits, so some are kept."""

    def __init__(self, numbered: Sequence[tuple[int, int]]) -> None:
        ordered = sorted(numbered)
        self._numbers = [number for number, _ in ordered]
        self._rows = [place for _, place in ordered]
        self._kept = [0]
        for first in range(0, len(ordered), _STRIDE):
            self._kept.append(self._with(self._kept[-1], first, first + _STRIDE))

    def _with(self, rows: int, first: int, end: int) -> int:
        """These rows and those between two places of the order."""
        for place in self._rows[first:end]:
            rows |= 1 << place
        return rows

    def rows(self, number: int) -> int:
        """The rows with this number or a smaller one, as bits."""
        place = bisect_right(self._numbers, number)
        return self._with(self._kept[place // _STRIDE], place - place % _STRIDE, place)
