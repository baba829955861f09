"""What a proof rests on: rules, routes, settings and assumptions that are enough for it, and none too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asever.model.answers import Core, CoreRow, CoreWay, is_written
from asever.model.effective import EffectiveNetwork, FlowQuestion, Route
from asever.record import replace
from asever.solve.clauses import text_of
from asever.solve.encode import TooManyRows, encode_within
from asever.solve.queries import Pick, asked
from asever.solve.solver import Session, TimeOut
from asever.solve.terms import FALSE

# Beyond these, a list of rules says nothing to a person and costs more than the proof. Settings are asked for on purpose.
MOST_ROWS, MOST_SETTINGS = 400, 5000
MOST_CHECKS, MOST_SETTING_CHECKS = 150, 1500


class _Enough(Exception):  # noqa: N818 - what happened, in a word
    """The checks that minimising may use are used up."""


def core_of(
    network: EffectiveNetwork,
    question: FlowQuestion,
    pick: Pick,
    readings: Mapping[str, str],
    deadline: float | None,
    *,
    settings: bool,
) -> Core:
    """What suffices to prove that `pick` holds for no flow in `readings` (see `asever.model.answers.Core`).

    The rules and routes that somebody wrote are found first, with everything else as it is; with `settings` the rest is then
    reduced as well, so that both ways name the same rules. Without an answer in reasonable time nothing is named. The same
    question gives the same core, whatever the solver finds first.
    """
    try:
        return _Minimal(network, question, pick, readings, deadline, settings=settings).core()
    except (TimeOut, TooManyRows):
        return Core(settings=settings)


def proof_of(network: EffectiveNetwork, question: FlowQuestion, pick: Pick, deadline: float | None) -> Core | None:
    """The same core of a question of which it is yet to be proved that `pick` holds for no flow: the proof comes with it.

    None if that is not so, or if there are too many rules to name. Raises `TimeOut` when it is not known in time.
    """
    try:
        minimal = _Minimal(network, question, pick, {}, deadline, settings=False)
    except TooManyRows:
        return None
    if not minimal.proves():
        return None
    try:
        return minimal.core()
    except TimeOut:
        return Core()


class _Minimal:
    """Everything that may be left out has a switch; while that is off, it does the worst for the proof (`encode_within`).

    Raises `TooManyRows` where more would have one than are named.
    """

    def __init__(
        self,
        network: EffectiveNetwork,
        question: FlowQuestion,
        pick: Pick,
        readings: Mapping[str, str],
        deadline: float | None,
        *,
        settings: bool,
    ) -> None:
        self.settings = settings
        asks = replace(question, fixed={}) if settings else question
        most = MOST_SETTINGS if settings else MOST_ROWS
        encoding = encode_within(network, asks, _every_row if settings else is_written, most)
        self.tracked = encoding.tracked
        self.checks = 0
        formula = asked(encoding, pick)
        made = {
            encoding.rows.reading(name, value): (name, value)
            for name, value in question.fixed.items()
            if settings and name in encoding.rows.open
        }
        self.readings = made
        self.impossible = formula == FALSE
        self.needs_none = self.impossible or not (self.tracked or made)
        if not self.impossible:
            if len(self.tracked) > most:
                raise TooManyRows
            taken = [encoding.rows.reading(name, value) for name, value in readings.items() if name in encoding.rows.open]
            self.literals = [encoding.terms.switch("goal", formula), *(one for one in taken if one not in made)]
            self.session = Session(text_of(encoding.terms), deadline)

    def proves(self) -> bool:
        """Whether the claim holds with everything as it is."""
        return self.impossible or not self.session.satisfiable([*self.literals, *self.tracked, *self.readings])

    def core(self) -> Core:
        """The core, by name where there is one."""
        if self.needs_none:
            return Core(minimal=True, settings=self.settings)
        ordered = sorted(self.tracked, key=self._place)
        written = [one for one in ordered if _is_first(self.tracked[one])]
        others = [*(one for one in ordered if not _is_first(self.tracked[one])), *self.readings]
        try:
            needed = self._fewest_beside(others, written)
            needed += self._fewest_beside(needed, others)
            minimal = True
        except _Enough:
            needed, minimal = [*written, *others], False
        kept = [self.tracked[one] for one in ordered if one in set(needed)]
        return Core(
            rows=tuple(one for one in kept if isinstance(one, CoreRow)),
            ways=tuple(one for one in kept if isinstance(one, CoreWay)),
            readings=tuple(pair for literal, pair in self.readings.items() if literal in needed),
            minimal=minimal,
            settings=self.settings,
        )

    def _place(self, switch: str) -> tuple[str, str, int, str]:
        """The order in which rows are given up: that of a list of rules, whatever the solver's text begins with."""
        match self.tracked[switch]:
            case CoreRow(filter=one, row=row):
                return one.resource, one.direction.value, row.priority, row.name
            case CoreWay(at=at, row=row):
                return row.resource, at, 0, row.text if isinstance(row, Route) else row.because

    def _fewest_beside(self, given: list[str], rows: list[str]) -> list[str]:
        return self._fewest(given, rows) if rows and self._open(given) else []

    def _open(self, switches: Sequence[str]) -> bool:
        """Whether the proof fails when these alone are what they are."""
        self.checks += 1
        if self.checks > (MOST_SETTING_CHECKS if self.settings else MOST_CHECKS):
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


def _every_row(_: object) -> bool:
    return True


def _is_first(one: CoreRow | CoreWay) -> bool:
    """Whether it is given up first: rules, Azure's default ones too, and routes that somebody wrote."""
    return isinstance(one, CoreRow) or is_written(one.row)
