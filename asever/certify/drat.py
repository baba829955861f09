"""A checker of proofs in DRAT format: every clause that a proof adds must follow from what is there, up to the empty clause.

It reads nothing but clauses and knows nothing of networks. Checking is forward with watched literals. A clause may be added if
assuming its negation runs into a conflict by unit propagation (RUP); or if the clause resolved on its first literal with every
clause that has the opposite one does (RAT: Wetzler, Heule and Hunt, "DRAT-trim", SAT 2014). A deleted clause is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_LINE = re.compile(r"(d )?((?:-?[1-9][0-9]* )*)0")


class NotProved(Exception):  # noqa: N818 - what is wrong, in words
    """The proof does not show that the clauses are unsatisfiable."""


def check_proof(variables: int, clauses: Iterable[Sequence[int]], proof: str) -> None:
    """Raises `NotProved` unless the proof derives the empty clause."""
    checker = _Checker(variables)
    for clause in clauses:
        checker.add(clause)
    for number, deletes, literals in _steps(proof):
        if checker.refuted:
            return
        if any(abs(one) > variables for one in literals):
            raise NotProved(f"line {number} of the proof names a variable that the clauses do not have")
        if deletes:
            if not checker.delete(literals):
                raise NotProved(f"line {number} of the proof deletes a clause that is not there")
        elif checker.follows(literals):
            checker.add(literals)
        else:
            raise NotProved(f"line {number} of the proof does not follow from the clauses before it")
    if not checker.refuted:
        raise NotProved("the proof ends before the empty clause")


def _steps(proof: str) -> Iterator[tuple[int, bool, list[int]]]:
    for number, line in enumerate(proof.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise NotProved(f"line {number} of the proof is no list of literals that ends in 0")
        yield number, found[1] is not None, [int(one) for one in found[2].split()]


class _Checker:
    """Clauses with two watched literals each, and what follows from the units among them.

    `true` says of every literal whether it is assigned true; index -n is literal -n, as Python counts from the end. `reason` is
    the clause that made a literal true.
    """

    def __init__(self, variables: int) -> None:
        self.refuted = False
        self.true = bytearray(2 * variables + 1)
        self.reason: list[list[int] | None] = [None] * (2 * variables + 1)
        self.trail: list[int] = []
        self._done = 0
        self._watches: list[list[list[int]]] = [[] for _ in range(2 * variables + 1)]
        self._there: dict[frozenset[int], list[list[int]]] = {}

    def add(self, literals: Sequence[int]) -> None:
        """Takes a clause as given."""
        clause = list(dict.fromkeys(literals))
        self._there.setdefault(frozenset(clause), []).append(clause)
        if self.refuted:
            return
        true = self.true
        # Literals that can still come true are watched; a clause with fewer than two of them is decided for good.
        clause.sort(key=lambda one: true[-one])
        if len(clause) > 1:
            self._watches[clause[0]].append(clause)
            self._watches[clause[1]].append(clause)
        if not clause or true[-clause[0]]:
            self.refuted = True
        elif len(clause) == 1 or true[-clause[1]]:
            if not true[clause[0]]:
                self._assign(clause[0], clause)
                self.refuted = self._conflict()
            elif len(clause) == 1:  # it is true without the clause that made it so
                self.reason[clause[0]] = clause

    def delete(self, literals: Sequence[int]) -> bool:
        """Forgets a clause; whether it was there. What it made true at its time is worked out anew."""
        same = self._there.get(frozenset(literals))
        if not same:
            return False
        clause = same.pop()
        if len(clause) > 1:
            for one in clause[:2]:
                watching = self._watches[one]
                del watching[next(index for index, other in enumerate(watching) if other is clause)]
        if any(self.true[one] and self.reason[one] is clause for one in clause):
            self._anew()
        return True

    def follows(self, literals: Sequence[int]) -> bool:
        """Whether the clause may be added."""
        if self._runs_into_conflict(literals):
            return True
        if not literals:
            return False
        pivot = literals[0]
        with_opposite = [one for same in self._there.values() for one in same if -pivot in one]
        return all(self._runs_into_conflict([*literals, *(other for other in one if other != -pivot)]) for one in with_opposite)

    def _runs_into_conflict(self, literals: Sequence[int]) -> bool:
        """Whether the negation of a clause is refuted by unit propagation."""
        true, trail = self.true, self.trail
        start = len(trail)
        conflict = False
        for one in literals:
            if true[one]:
                conflict = True
                break
            if not true[-one]:
                self._assign(-one, None)
        conflict = conflict or self._conflict()
        for one in trail[start:]:
            true[one] = 0
        del trail[start:]
        self._done = start
        return conflict

    def _assign(self, literal: int, clause: list[int] | None) -> None:
        self.true[literal] = 1
        self.reason[literal] = clause
        self.trail.append(literal)

    def _conflict(self) -> bool:
        """Unit propagation of what is new on the trail; whether some clause has become false."""
        true, trail, watches, reason = self.true, self.trail, self._watches, self.reason
        while self._done < len(trail):
            false = -trail[self._done]
            self._done += 1
            watching = watches[false]
            kept: list[list[int]] = []
            for index, clause in enumerate(watching):
                if clause[0] == false:
                    clause[0], clause[1] = clause[1], false
                first = clause[0]
                if true[first]:
                    kept.append(clause)
                    continue
                for place in range(2, len(clause)):
                    other = clause[place]
                    if not true[-other]:
                        clause[1], clause[place] = other, false
                        watches[other].append(clause)
                        break
                else:
                    kept.append(clause)
                    if true[-first]:
                        kept.extend(watching[index + 1 :])
                        watches[false] = kept
                        return True
                    true[first] = 1
                    reason[first] = clause
                    trail.append(first)
            watches[false] = kept
        return False

    def _anew(self) -> None:
        """Everything that follows by unit propagation, from the clauses that are left."""
        for one in self.trail:
            self.true[one] = 0
        self.trail.clear()
        self._done = 0
        for same in self._there.values():
            for clause in same:
                if len(clause) == 1 and not self.true[clause[0]]:
                    self._assign(clause[0], clause)
        self.refuted = self._conflict()
