"""Rows that make no difference, as intervals tell: they can be left out of a text for the solver.

A row can only decide a packet that no row before it matches. Where earlier rows match everything that it does, it is never the
first, so a formula says the same of every packet with and without it; yet each such row is a cover problem of its own for the
solver. Only covers that are plain are looked for: one row that holds another in every field, or several that hold it in every
field but one and together in that. What is not found stays in the text.

Nor does a row make a difference behind which all rows do as it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from asever.model.bits import UpTo, places
from asever.model.effective import ALWAYS, Action, FilterRow
from asever.model.numbers import NumberSet, Range, union
from asever.solve.classes import FIELDS
from asever.solve.terms import covers

_MANY = 512
"""In shorter lists the solver finds out as fast."""
_MOST = 64
"""So many rows, the last ones, may hold a field together."""
_COMMON = 16
"""So many sets of several ranges are known to a field, such as all addresses, which are of two families."""
_SAMPLE, _OFTEN = 128, 8
"""Of so many rows one in so many must be held, or the rest is not looked at."""


def needed(rows: Sequence[FilterRow], packets: Sequence[NumberSet], otherwise: Action) -> Sequence[FilterRow]:
    """The rows without some that make no difference to packets with these fields, where nothing else decides `otherwise`."""
    last = next((place for place, row in enumerate(rows) if _is_plain(row) and _holds_all(row, packets)), None)
    reached, final = (rows, otherwise) if last is None else (rows[: last + 1], rows[last].action)
    hidden = shadowed(reached)
    left = [row for place, row in enumerate(reached) if place not in hidden] if hidden else reached
    end = len(left)
    while end and left[end - 1].action is final and _is_plain(left[end - 1]):
        end -= 1
    return left[:end] if last is None else [*left[:end], rows[last]]


def _holds_all(row: FilterRow, packets: Sequence[NumberSet]) -> bool:
    return all(covers(mine, asked) for mine, asked in zip(_sets(row), packets, strict=True))


def shadowed(rows: Sequence[FilterRow]) -> frozenset[int]:
    """Places of rows that earlier ones hold plainly; of the action that fewer rows have, since only these split the list."""
    actions = Counter(row.action.value for row in rows)
    if len(rows) < _MANY or len(actions) < 2:
        return frozenset()
    rarer = min(actions, key=lambda one: (actions[one], one))
    wanted = [place for place, row in enumerate(rows) if row.action.value == rarer and _is_plain(row) and all(_sets(row))]
    held = _Held(rows)
    sample = [wanted[number * len(wanted) // _SAMPLE] for number in range(_SAMPLE if wanted else 0)]
    if sum(map(held.by_earlier, sample)) * _OFTEN < len(sample):
        return frozenset()
    return frozenset(filter(held.by_earlier, wanted))


def _is_plain(row: FilterRow) -> bool:
    """Whether a row is one product set, whatever is assumed and whatever unknown tags hold."""
    return row.condition == ALWAYS and not row.source.unknown_tags and not row.target.unknown_tags


def _sets(row: FilterRow) -> tuple[NumberSet, ...]:
    """What a row holds of each of `FIELDS`."""
    return row.protocol, row.source.addresses, row.source_port, row.target.addresses, row.target_port


class _Held:
    """Which plain rows hold what others have in each field."""

    def __init__(self, rows: Sequence[FilterRow]) -> None:
        self._sets = [_sets(row) for row in rows]
        plain = [place for place, row in enumerate(rows) if _is_plain(row)]
        self._fields = [
            _Field([(self._sets[place][number], place) for place in plain], len(rows)) for number in range(len(FIELDS))
        ]

    def by_earlier(self, place: int) -> bool:
        """Whether rows before one hold it, as far as is plain."""
        before = (1 << place) - 1
        mine = self._sets[place]
        holding = [field.holding(numbers) & before for field, numbers in zip(self._fields, mine, strict=True)]
        for number, numbers in enumerate(mine):
            others = before
            for other, rows in enumerate(holding):
                if other != number:
                    others &= rows
            if others and (others & holding[number] or numbers <= union(self._sets[one][number] for one in _last(others))):
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
    """The sets of one field, each with the place of its row: those of one range, and the commonest of several."""

    def __init__(self, sets: Sequence[tuple[NumberSet, int]], size: int) -> None:
        single = [(one.ranges[0], place) for one, place in sets if len(one.ranges) == 1]
        self._begun = UpTo([(low, place) for (low, _), place in single], size)
        self._ended = UpTo([(high, place) for (_, high), place in single], size)
        several = places((one, place) for one, place in sets if len(one.ranges) > 1)
        self._several = sorted(several.items(), key=lambda its: its[1].bit_count(), reverse=True)[:_COMMON]
        self._known: dict[tuple[Range, ...], int] = {}

    def holding(self, numbers: NumberSet) -> int:
        """The rows that hold all of these numbers, as bits."""
        found = self._known.get(numbers.ranges)
        if found is None:
            low, high = numbers.ranges[0][0], numbers.ranges[-1][1]
            found = self._begun.bits(low) & ~self._ended.bits(high - 1)
            for one, rows in self._several:
                if numbers <= one:
                    found |= rows
            self._known[numbers.ranges] = found
        return found
