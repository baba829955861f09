"""Runs Z3: the only module that imports it, and only when a question is asked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any


class TimeOut(Exception):
    """The solver did not decide within its time."""


class Session:
    """One Z3 solver over one text; questions are sets of literals, given as names, `(not name)` for the negative."""

    def __init__(self, text: str, seconds: float | None) -> None:
        import z3  # noqa: PLC0415 - importing z3 takes longer than most commands

        self._z3: Any = z3
        self._solver: Any = z3.SolverFor("QF_FD")
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._solver.from_string(text)
        self._literals: dict[str, Any] = {}

    def satisfiable(self, literals: Iterable[str]) -> bool:
        """Whether the text and all literals are satisfiable together; raises `TimeOut`."""
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeOut
            self._solver.set("timeout", max(1, int(left * 1000)))
        result = self._solver.check(*[self._literal(one) for one in literals])
        if result == self._z3.unknown:
            raise TimeOut
        return bool(result == self._z3.sat)

    def core(self) -> frozenset[str]:
        """The literals of the last unsatisfiable question that were needed."""
        return frozenset(str(one).strip("|") for one in self._solver.unsat_core())

    def model(self) -> dict[str, bool]:
        """The Booleans of the last satisfiable question."""
        model = self._solver.model()
        return {one.name(): bool(model[one]) for one in model.decls()}

    def _literal(self, text: str) -> Any:  # noqa: ANN401 - z3 has no types
        found = self._literals.get(text)
        if found is None:
            if text.startswith("(not "):
                found = self._z3.Not(self._literal(text[5:-1]))
            elif text in ("true", "false"):
                found = self._z3.BoolVal(text == "true")
            else:
                found = self._z3.Bool(text.strip("|"))
            self._literals[text] = found
        return found


def script(lines: Sequence[str]) -> str:
    """A text for a session."""
    return "\n".join(lines)
