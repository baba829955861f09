"""Asks Z3: the only module that does, and only when there is a question."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from threading import Thread

from asever.solve.terms import TRUE, disjunction, negation


class TimeOut(Exception):  # noqa: N818 - what happened, in a word
    """The solver did not decide within its time."""


def prepare() -> None:
    """Loads Z3 in the background, for questions that are about to come: half of that time no Python is run."""
    Thread(target=_load, daemon=True).start()


def _load() -> None:
    from asever.solve.library import library  # noqa: PLC0415 - ctypes and Z3 are loaded for a question only

    library()


class Session:
    """One solver over one text. Questions are literals of the text: a symbol, or `(not symbol)`.

    The text is read when the first question is asked: many claims are settled by what their formulas look like. Raises
    `Z3Error` then if Z3 cannot read it.
    """

    def __init__(self, text: str, deadline: float | None) -> None:
        self._text = text
        self._deadline = deadline
        self._announced = float("inf")
        self._solver: int | None = None
        self._literals: dict[str, int] = {}
        self._satisfied: set[frozenset[str]] = set()
        self._model: int | None = None
        self._of_model: frozenset[str] | None = None  # the literals for which it was found

    def _begin(self) -> None:
        from asever.solve import library  # noqa: PLC0415 - ctypes and Z3 are loaded for a question only

        self._library = library
        self._z3 = z3 = library.library()
        # Order-encoded text is propositional, and this solver keeps what it learns from one question to the next.
        self._solver = z3.mk_solver_for_logic(z3.mk_string_symbol(b"QF_FD"))
        z3.solver_inc_ref(self._solver)
        self._read(self._text)

    def __del__(self) -> None:
        if self._solver is not None:
            self._forget_the_model()
            self._z3.solver_dec_ref(self._solver)
            for literal in self._literals.values():
                self._z3.dec_ref(literal)

    def satisfiable(self, literals: Collection[str]) -> bool:
        """Whether some model of the text makes all literals true; raises `TimeOut` when it is not known in time."""
        asked = frozenset(literals)
        if asked in self._satisfied or self._holds_in_the_model(asked):
            self._satisfied.add(asked)
            return True
        if self._solver is None:
            self._begin()
        self._announce()
        terms = [self._literal(one) for one in literals if one != TRUE]
        array = self._library.handles(terms)
        result = self._z3.solver_check_assumptions(self._solver, len(terms), array)
        if result == self._library.UNKNOWN:
            self._library.raise_errors(self._z3)
            raise TimeOut
        found = bool(result == self._library.SATISFIABLE)
        self._forget_the_model()
        if found:
            self._satisfied.add(asked)
            self._of_model = asked
        return found

    def _holds_in_the_model(self, asked: frozenset[str]) -> bool:
        """Whether the model that the solver found last, for some of these literals, makes the others true as well."""
        if self._of_model is None or not self._of_model <= asked:
            return False
        if self._model is None:
            self._model = self._z3.solver_get_model(self._solver)
            self._z3.model_inc_ref(self._model)
        others = (self._literal(one) for one in asked - self._of_model if one != TRUE)
        return all(self._library.is_true(self._z3, self._model, one) for one in others)

    def _forget_the_model(self) -> None:
        if self._model is not None:
            self._z3.model_dec_ref(self._model)
        self._model = self._of_model = None

    def _announce(self) -> None:
        """Tells the solver how long it may take, when that has changed by more than a second."""
        if self._deadline is None:
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeOut
        if left < self._announced - 1:
            self._announced = left
            self._limit(max(1, int(left * 1000)))

    def _limit(self, milliseconds: int) -> None:
        z3 = self._z3
        parameters = z3.mk_params()
        z3.params_inc_ref(parameters)
        z3.params_set_uint(parameters, z3.mk_string_symbol(b"timeout"), milliseconds)
        z3.solver_set_params(self._solver, parameters)
        z3.params_dec_ref(parameters)

    def core(self, literals: Sequence[str]) -> list[str]:
        """Which of the literals of the last question made it unsatisfiable, in their order."""
        z3 = self._z3
        vector = z3.solver_get_unsat_core(self._solver)
        z3.ast_vector_inc_ref(vector)
        needed = {z3.ast_vector_get(vector, index) for index in range(z3.ast_vector_size(vector))}
        z3.ast_vector_dec_ref(vector)
        return [one for one in literals if one != TRUE and self._literal(one) in needed]

    def forbid(self, literals: Sequence[str], switch: str) -> None:
        """From now on not all of these literals together, while `switch` is assumed."""
        self._satisfied.clear()
        self._forget_the_model()
        clause = disjunction((negation(switch), *map(negation, literals)))
        self._read(f"(assert {clause})")

    def _read(self, text: str) -> None:
        self._z3.solver_from_string(self._solver, text.encode())
        self._library.raise_errors(self._z3)

    def _literal(self, text: str) -> int:
        """The handle of a literal; equal terms of Z3 are one."""
        found = self._literals.get(text)
        if found is None:
            z3 = self._z3
            negative = text.startswith("(not ")
            symbol = (text[5:-1] if negative else text).strip("|")
            found = z3.mk_const(z3.mk_string_symbol(symbol.encode()), z3.mk_bool_sort())
            z3.inc_ref(found)
            if negative:
                positive, found = found, z3.mk_not(found)
                z3.inc_ref(found)
                z3.dec_ref(positive)
            self._literals[text] = found
        return int(found)
