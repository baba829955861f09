"""Runs Z3: the only module that imports it, and only when a question is asked."""

from __future__ import annotations

import time
from collections.abc import Iterable
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
        self._context: Any = self._solver.ctx.ref()
        self._literals: dict[str, Any] = {}
        self._announced = -1.0

    def satisfiable(self, literals: Iterable[str]) -> bool:
        """Whether the text and all literals are satisfiable together; raises `TimeOut`."""
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeOut
            if left < self._announced - 1 or self._announced < 0:
                self._announced = left
                self._solver.set("timeout", max(1, int(left * 1000)))
        # z3py's own check() casts every literal anew; these are cached, and checking them is most of what a question costs.
        terms = [self._literal(one).as_ast() for one in literals]
        core = self._z3.z3core
        array = (self._z3.Ast * len(terms))(*terms)
        result = core.Z3_solver_check_assumptions(self._context, self._solver.solver, len(terms), array)
        if result == 0:
            raise TimeOut
        return bool(result == 1)

    def core(self) -> frozenset[str]:
        """The literals of the last unsatisfiable question that were needed."""
        return frozenset(str(one).strip("|") for one in self._solver.unsat_core())

    def true(self, names: Iterable[str]) -> frozenset[str]:
        """Those Booleans that are true in the last satisfiable question."""
        model = self._solver.model()
        return frozenset(name for name in names if self._z3.is_true(model.eval(self._literal(name))))

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
