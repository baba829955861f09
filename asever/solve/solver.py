"""Runs Z3: the only module that names it, and only when a question is asked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from asever.solve.terms import TRUE, disjunction, negation


class TimeOut(Exception):  # noqa: N818 - what happened, in a word
    """The solver did not decide within its time."""


def load() -> None:
    """Loads the solver, which the first question would do otherwise; it makes nothing of its own yet."""
    import z3  # noqa: F401, PLC0415


class Session:
    """One solver over one text. Questions are literals of the text: a symbol, or `(not symbol)`."""

    def __init__(self, text: str, deadline: float | None) -> None:
        import z3  # noqa: PLC0415 - importing z3 takes longer than most commands

        self._z3: Any = z3
        # Order-encoded text is propositional, and this solver keeps what it learns from one question to the next.
        self._solver: Any = z3.SolverFor("QF_FD")
        self._solver.from_string(text)
        self._context: Any = self._solver.ctx.ref()
        self._deadline = deadline
        self._announced = float("inf")
        self._literals: dict[str, Any] = {}

    def satisfiable(self, literals: Iterable[str]) -> bool:
        """Whether some model of the text makes all literals true; raises `TimeOut` when it is not known in time."""
        self._announce()
        # What z3py's `check` does, without casting every literal anew: most questions take less time than that.
        terms = [self._literal(one).as_ast() for one in literals if one != TRUE]
        array = (self._z3.Ast * len(terms))(*terms)
        result = self._z3.z3core.Z3_solver_check_assumptions(self._context, self._solver.solver, len(terms), array)
        if result == self._z3.unknown.r:
            raise TimeOut
        return bool(result == self._z3.sat.r)

    def _announce(self) -> None:
        """Tells the solver how long it may take, when that has changed by more than a second."""
        if self._deadline is None:
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeOut
        if left < self._announced - 1:
            self._announced = left
            self._solver.set("timeout", max(1, int(left * 1000)))

    def core(self, literals: Sequence[str]) -> list[str]:
        """Which of the literals of the last question made it unsatisfiable, in their order."""
        needed = {one.get_id() for one in self._solver.unsat_core()}
        return [one for one in literals if one != TRUE and self._literal(one).get_id() in needed]

    def forbid(self, literals: Sequence[str], switch: str) -> None:
        """From now on not all of these literals together, while `switch` is assumed."""
        clause = disjunction((negation(switch), *map(negation, literals)))
        self._solver.from_string(f"(assert {clause})")

    def _literal(self, text: str) -> Any:  # noqa: ANN401 - z3 has no types
        found = self._literals.get(text)
        if found is None:
            negative = text.startswith("(not ")
            symbol = self._z3.Bool((text[5:-1] if negative else text).strip("|"))
            found = self._literals[text] = self._z3.Not(symbol) if negative else symbol
        return found
