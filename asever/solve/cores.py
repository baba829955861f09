"""The filter rows that a proof rests on: enough for it, and none too many."""

from __future__ import annotations

from collections.abc import Sequence

from asever.model.answers import CoreRow
from asever.model.effective import EffectiveNetwork, FlowQuestion
from asever.solve.encode import encode_tracked
from asever.solve.queries import Pick, asked
from asever.solve.solver import Session, TimeOut
from asever.solve.terms import FALSE

# Beyond these, a list of rules says nothing to a person and costs more than the proof.
MOST_ROWS = 400
MOST_CHECKS = 150


class _Enough(Exception):  # noqa: N818 - what happened, in a word
    """The checks that minimising may use are used up."""


def core_rows(
    network: EffectiveNetwork, question: FlowQuestion, pick: Pick, readings: dict[str, str], deadline: float | None
) -> tuple[tuple[CoreRow, ...], bool]:
    """Rows that suffice to prove that `pick` holds for no flow, and whether none of them can be left out.

    With all other rows deciding anything whatever, the proof still stands. Without an answer in reasonable time there are
    no rows. The same question gives the same rows, whatever the solver finds first.
    """
    try:
        return _Core(network, question, pick, readings, deadline).rows()
    except TimeOut:
        return (), False


class _Core:
    """Rows are tried with every row left out deciding the worst for the proof (see `Rows.tracked`)."""

    def __init__(
        self, network: EffectiveNetwork, question: FlowQuestion, pick: Pick, readings: dict[str, str], deadline: float | None
    ) -> None:
        encoding = encode_tracked(network, question)
        self.tracked = encoding.tracked
        self.checks = 0
        formula = asked(encoding, pick)
        self.needs_none = formula == FALSE or not self.tracked
        self.too_many = len(self.tracked) > MOST_ROWS
        if not self.needs_none and not self.too_many:
            taken = [encoding.rows.reading(name, value) for name, value in readings.items() if name in encoding.rows.open]
            self.literals = [encoding.terms.switch("goal", formula), *taken]
            self.session = Session(encoding.terms.text(), deadline)

    def rows(self) -> tuple[tuple[CoreRow, ...], bool]:
        """The rows, and whether none of them can be left out."""
        if self.needs_none or self.too_many:
            return (), self.needs_none
        every = list(self.tracked)
        try:
            needed, minimal = (self._fewest([], every) if self._open([]) else []), True
        except _Enough:
            needed, minimal = every, False
        kept = set(needed)
        return tuple(row for switch, row in self.tracked.items() if switch in kept), minimal

    def _open(self, switches: Sequence[str]) -> bool:
        """Whether the proof fails when these rows alone are what they are."""
        self.checks += 1
        if self.checks > MOST_CHECKS:
            raise _Enough
        return self.session.satisfiable([*self.literals, *switches])

    def _fewest(self, given: list[str], rows: list[str]) -> list[str]:
        """The fewest of `rows` that close the proof together with `given`, halving (QuickXplain, Junker 2004)."""
        if len(rows) == 1:
            return rows
        middle = len(rows) // 2
        first, second = rows[:middle], rows[middle:]
        from_second = self._fewest([*given, *first], second) if self._open([*given, *first]) else []
        from_first = self._fewest([*given, *from_second], first) if self._open([*given, *from_second]) else []
        return [*from_first, *from_second]
