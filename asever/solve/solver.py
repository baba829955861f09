"""Asks Z3: the only module that does, and only when there is a question."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection, Sequence
from threading import Thread

from asever.solve.terms import TRUE, disjunction, negation


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


_recent: OrderedDict[str, Session] = OrderedDict()
_MOST_RECENT = 32
_ENDLESS = 2**32 - 1  # milliseconds, for Z3
_SHORT = 50_000  # characters; a solver of a longer text holds more memory than time is won


def session(text: str, deadline: float | None) -> Session:
    """A session over a text, of the last ones if one of them has it: claims about one place often come to the same text."""
    found = _recent.pop(text, None)
    if found is None or found.has_changed:
        found = Session(text, deadline)
    found.until(deadline)
    if len(text) <= _SHORT:
        _recent[text] = found
        if len(_recent) > _MOST_RECENT:
            _recent.popitem(last=False)
    return found


class Session:
    """One solver over one text. Questions are literals of the text: a symbol, or `(not symbol)`.

    The text is read when the first question is asked: many claims are settled by what their formulas look like. Raises
    `Z3Error` then if Z3 cannot read it.
    """

    def __init__(self, text: str, deadline: float | None) -> None:
        self._text = text
        self.has_changed = False
        self._announced = float("inf")
        self.until(deadline)
        self._solver: int | None = None
        self._literals: dict[str, int] = {}
        self._satisfied: set[frozenset[str]] = set()

    def until(self, deadline: float | None) -> None:
        """From now on answers are due at this time (of the monotonic clock)."""
        if deadline is None and self._announced < float("inf"):
            self._limit(_ENDLESS)
        self._deadline = deadline
        self._announced = float("inf")

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
            self._z3.solver_dec_ref(self._solver)
            for literal in self._literals.values():
                self._z3.dec_ref(literal)

    def satisfiable(self, literals: Collection[str]) -> bool:
        """Whether some model of the text makes all literals true; raises `TimeOut` when it is not known in time."""
        asked = frozenset(literals)
        if asked in self._satisfied:
            return True
        if self._solver is None:
            self._begin()
        self._announce()
        terms = [self._literal(one) for one in literals if one != TRUE]
        array = self._library.handles(terms)
        result = self._z3.solver_check_assumptions(self._solver, len(terms), array)
        if result == self._library.UNKNOWN:
            self._library.raise_errors(self._z3)
            if b"interrupted" in self._z3.solver_get_reason_unknown(self._solver):
                raise KeyboardInterrupt  # Z3 takes the signal, so that Python never hears of it
            raise TimeOut
        if result != self._library.SATISFIABLE:
            return False
        self._satisfied.add(asked)
        return True

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
        if self._solver is None:
            self._begin()
        self.has_changed = True
        self._satisfied.clear()
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
