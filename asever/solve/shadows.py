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


def shadowed(rows: Sequence[FilterRow]) -> frozenset[int]:
    """Places of rows that earlier ones hold plainly; of the action that fewer rows have, since only these split the list."""
    actions = Counter(row.action.value for row in rows)
    if len(rows) < _MANY or len(actions) < 2:
        return frozenset()
    rarer = min(actions, key=lambda one: (actions[one], one))
    wanted = [place for place, row in enumerate(rows) if row.action.value == rarer and _is_plain(row)]
    held = _Held(rows)
    return frozenset(place for place in wanted if held.by_earlier(place))


def _is_plain(row: FilterRow) -> bool:
    """Whether a row is one product set, whatever is assumed and whatever unknown tags hold."""
    return row.condition == ALWAYS and not row.source.unknown_tags and not row.target.unknown_tags


def _sets(row: FilterRow) -> tuple[NumberSet, ...]:
    addresses = {"source": row.source.addresses, "target": row.target.addresses}
    return tuple(addresses[field] if field in addresses else getattr(row, field) for field in FIELDS)


class _Held:
    """Which plain rows, whose every field is one range, hold what others have there."""

    def __init__(self, rows: Sequence[FilterRow]) -> None:
        self._sets = [_sets(row) for row in rows]
        holding = [
            place
            for place, (row, sets) in enumerate(zip(rows, self._sets, strict=True))
            if _is_plain(row) and all(len(one.ranges) == 1 for one in sets)
        ]
        self._fields = [
            _Field([(self._sets[place][number].ranges[0], place) for place in holding]) for number in range(len(FIELDS))
        ]

    def by_earlier(self, place: int) -> bool:
        """Whether the rows before one hold it."""
        before = (1 << place) - 1
        mine = self._sets[place]
        holding = [field.holding(numbers) & before for field, numbers in zip(self._fields, mine, strict=True)]
        for number, numbers in enumerate(mine):
            others = before
            for other, rows in enumerate(holding):
                if other != number:
                    others &= rows
            if others & holding[number]:
                return True
            if others and numbers <= union(self._sets[one][number] for one in _last(others)):
                return True
        return False


def _last(rows: int) -> Iterator[int]:
    """The last places of these, not more than are looked at."""
    for _ in range(_MOST):
        if not rows:
            return
        place = rows.bit_length() - 1
        yield place
        rows ^= 1 << place


class _Field:
    """The ranges of one field, each with the place of its row."""

    def __init__(self, ranges: Sequence[tuple[Range, int]]) -> None:
        self._begun = _UpTo([(low, place) for (low, _), place in ranges])
        self._ended = _UpTo([(high, place) for (_, high), place in ranges])
        self._known: dict[Range, int] = {}

    def holding(self, numbers: NumberSet) -> int:
        """The rows that hold all of these numbers, as bits."""
        found = -1
        for one in numbers.ranges:
            rows = self._known.get(one)
            if rows is None:
                low, high = one
                rows = self._known[one] = self._begun.rows(low) & ~self._ended.rows(high - 1)
            found &= rows
        return found


class _UpTo:
    """Rows in the order of a number that each has; those of every number would be too many bits, so some are kept."""

    def __init__(self, numbered: Sequence[tuple[int, int]]) -> None:
        ordered = sorted(numbered)
        self._numbers = [number for number, _ in ordered]
        self._rows = [1 << place for _, place in ordered]
        self._kept = [0]
        now = 0
        for count, row in enumerate(self._rows, start=1):
            now |= row
            if count % _STRIDE == 0:
                self._kept.append(now)

    def rows(self, number: int) -> int:
        """The rows with this number or a smaller one, as bits."""
        place = bisect_right(self._numbers, number)
        found = self._kept[place // _STRIDE]
        for row in self._rows[place - place % _STRIDE : place]:
            found |= row
        return found
