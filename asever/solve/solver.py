"""Asks Z3: the only module that does, and only when there is a question."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from threading import Thread

from asever.solve.clauses import Text, clause
from asever.solve.terms import TRUE, bare


class TimeOut(Exception):  # noqa: N818 - what happened, in a word
    """The solver did not decide within its time."""


def prepare() -> None:
    """Loads Z3 in the background, for questions that are about to come: half of that time no Python is run."""
    Thread(target=_load, daemon=True).start()


def load_for_children() -> None:
    """Loads Z3 for processes that are about to fork, and makes nothing in it: what they use is made by each."""
    from asever.solve.library import loaded  # noqa: PLC0415 - ctypes and Z3 are loaded for a question only

    loaded()


def _load() -> None:
    from asever.solve.library import library  # noqa: PLC0415

    library()


def interrupt() -> None:
    """Ends the question that another thread is asking, if it is: there `KeyboardInterrupt` is raised, or `Z3Error`."""
    from asever.solve.library import library  # noqa: PLC0415 - as above

    library().interrupt()


_ENDLESS = 2**32 - 1  # milliseconds, for Z3
_CANCELED = "canceled"  # what Z3 says of what was interrupted
_SHORT = 50_000  # characters; a solver of a longer text holds more memory than time is won
# Order-encoded text is propositional, and both solvers keep what they learn from one question to the next. They are one solver
# of clauses behind two front ends: the first is made in less time, the second takes a fifth of the time for each clause.
_FOR_SHORT, _FOR_LONG = b"QF_FD", b"QF_BV"
# What a long text is asked with. To try each cut before the search (probing) finds nothing there. A conflict often undoes
# hundreds of decisions, which would only be taken again: with chronological backtracking they stay.
_SETTINGS: Sequence[tuple[str, bool | int | str]] = (
    ("ignore_solver1", True),  # its front end has a second solver, for questions without literals
    ("probing", False),
    ("backtrack.conflicts", 0),
    ("phase", "basic_caching"),
)


class Session:
    """Questions about one text. They are literals of it: a symbol, or `(not symbol)`.

    The text is read when the first question is asked: many claims are settled by what their formulas look like. Raises
    `Z3Error` then if Z3 cannot read it.

    Texts with the same clauses share a solver, and what it has answered, whatever their symbols are called. Claims about
    machines that rules treat alike come to such texts.
    """

    def __init__(self, text: Text, deadline: float | None) -> None:
        self._text = text
        self._solver = _shared(text.clauses) if len(text.clauses) <= _SHORT else _Solver(text.clauses)
        self._deadline = deadline
        self._forbids = False
        self._further: dict[str, int] = {}

    def satisfiable(self, literals: Iterable[str]) -> bool:
        """Whether some model of the text makes all literals true; raises `TimeOut` when it is not known in time."""
        return self._solver.satisfiable(self._numbered(literals), self._deadline)

    def core(self, literals: Sequence[str]) -> list[str]:
        """Which of these literals, that cannot all be true, are enough for that, in their order."""
        needed = self._solver.core(self._numbered(literals), self._deadline)
        return [one for one in literals if one != TRUE and self._number(one) in needed]

    def forbid(self, literals: Iterable[str], switch: str) -> None:
        """From now on not all of these literals together, while `switch` is assumed; other sessions do not notice."""
        if not self._forbids:
            self._solver, self._forbids = _Solver(self._text.clauses), True
        self._solver.add(clause([-one for one in self._numbered((*literals, switch))]))

    def _numbered(self, literals: Iterable[str]) -> frozenset[int]:
        return frozenset(self._number(one) for one in literals if one != TRUE)

    def _number(self, literal: str) -> int:
        """The number of a literal, negative for the opposite of a symbol; what the text does not have gets one too."""
        symbol, holds = bare(literal, holds=True)
        number = self._text.numbers.get(symbol)
        if number is None:
            number = self._further.setdefault(symbol, self._text.symbols + len(self._further) + 1)
        return number if holds else -number


class _Solver:
    """One solver of Z3 over one text. It answers no question twice."""

    def __init__(self, clauses: str) -> None:
        self._clauses = clauses
        self._is_long = len(clauses) > _SHORT
        self._known: dict[frozenset[int], bool] = _answers(clauses) if self._is_long else {}
        self._last: frozenset[int] | None = None
        self._solver: int | None = None
        self._literals: dict[int, int] = {}
        self._limit = _ENDLESS

    def _begun(self) -> int:
        """The solver, which has read the text."""
        if self._solver is not None:
            return self._solver
        from asever.solve import library  # noqa: PLC0415 - ctypes and Z3 are loaded for a question only

        self._library = library
        self._z3 = z3 = library.library()
        solver: int = z3.mk_solver_for_logic(z3.mk_string_symbol(_FOR_LONG if self._is_long else _FOR_SHORT))
        z3.solver_inc_ref(solver)
        if self._is_long:
            self._set(solver, _SETTINGS)
        self._read(solver, self._clauses)
        self._solver = solver
        return solver

    def __del__(self) -> None:
        if self._solver is not None:
            self._z3.solver_dec_ref(self._solver)
            for literal in self._literals.values():
                self._z3.dec_ref(literal)

    def satisfiable(self, asked: frozenset[int], deadline: float | None) -> bool:
        """Whether some model of the text makes these literals true; raises `TimeOut` when it is not known in time."""
        found = self._known.get(asked)
        if found is None:
            found = self._known[asked] = self._check(asked, deadline)
        return found

    def _check(self, asked: frozenset[int], deadline: float | None) -> bool:
        solver = self._begun()
        self._announce(deadline)
        self._last = asked
        terms = [self._literal(one) for one in sorted(asked, key=abs)]
        result = self._z3.solver_check_assumptions(solver, len(terms), self._library.handles(terms))
        if result == self._library.UNKNOWN:
            self._library.raise_errors(self._z3)
            if b"interrupted" in self._z3.solver_get_reason_unknown(solver):
                raise KeyboardInterrupt  # Z3 takes the signal, so that Python never hears of it
            raise TimeOut
        return bool(result == self._library.SATISFIABLE)

    def _announce(self, deadline: float | None) -> None:
        """Tells Z3 how long it may take: whole seconds, so that it need not be told anew for each of many claims."""
        limit = _ENDLESS
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeOut
            limit = max(1, math.ceil(left) * 1000 if left > 1 else int(left * 1000))
        if limit != self._limit:
            self._limit = limit
            self._set(self._solver, [("timeout", limit)])

    def _set(self, solver: int | None, settings: Sequence[tuple[str, bool | int | str]]) -> None:
        """Sets parameters of a solver; others stay what they are."""
        z3 = self._z3
        parameters = z3.mk_params()
        z3.params_inc_ref(parameters)
        for name, value in settings:
            symbol = z3.mk_string_symbol(name.encode())
            match value:
                case bool():
                    z3.params_set_bool(parameters, symbol, value)
                case int():
                    z3.params_set_uint(parameters, symbol, value)
                case str():
                    z3.params_set_symbol(parameters, symbol, z3.mk_string_symbol(value.encode()))
        z3.solver_set_params(solver, parameters)
        z3.params_dec_ref(parameters)
        self._library.raise_errors(z3)

    def core(self, asked: frozenset[int], deadline: float | None) -> frozenset[int]:
        """Literals of an unsatisfiable question that are enough to make it so."""
        if self._last != asked:
            self._check(asked, deadline)
        z3 = self._z3
        vector = z3.solver_get_unsat_core(self._solver)
        z3.ast_vector_inc_ref(vector)
        needed = {z3.ast_vector_get(vector, index) for index in range(z3.ast_vector_size(vector))}
        z3.ast_vector_dec_ref(vector)
        return frozenset(one for one in asked if self._literal(one) in needed)

    def add(self, clauses: str) -> None:
        """From now on these hold as well."""
        solver = self._begun()
        self._known = {}
        self._last = None
        self._read(solver, clauses)

    def _read(self, solver: int, clauses: str) -> None:
        """Adds clauses to the solver, past an interruption that came when nothing was asked: Z3 heeds it until something is."""
        text = clauses.encode()
        self._z3.solver_from_string(solver, text)
        try:
            self._library.raise_errors(self._z3)
        except self._library.Z3Error as error:
            if str(error) != _CANCELED:
                raise
            self._ask_nothing()
            self._z3.solver_from_string(solver, text)  # what it has of them already says the same twice
            self._library.raise_errors(self._z3)

    def _ask_nothing(self) -> None:
        nothing = self._z3.mk_solver_for_logic(self._z3.mk_string_symbol(_FOR_SHORT))
        self._z3.solver_inc_ref(nothing)
        self._z3.solver_check_assumptions(nothing, 0, self._library.handles([]))
        self._z3.solver_dec_ref(nothing)

    def _literal(self, number: int) -> int:
        """The handle of a literal; equal terms of Z3 are one."""
        found = self._literals.get(number)
        if found is None:
            z3 = self._z3
            found = z3.mk_const(z3.mk_int_symbol(abs(number)), z3.mk_bool_sort())
            z3.inc_ref(found)
            if number < 0:
                positive, found = found, z3.mk_not(found)
                z3.inc_ref(found)
                z3.dec_ref(positive)
            self._literals[number] = found
        return int(found)


_shared = lru_cache(maxsize=32)(_Solver)
"""The solver of a text, if it is one of the last."""


@lru_cache(maxsize=8)
def _answers(_clauses: str) -> dict[frozenset[int], bool]:
    """What is known of a text, if it is one of the last; another reading of an assumption often comes to the same long text."""
    return {}
