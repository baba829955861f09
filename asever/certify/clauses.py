"""From the text of a query to clauses: reads the SMT-LIB that `asever.solve.smtlib` writes, and nothing else.

The clauses are a function of the text alone: whoever has the text can make them again and compare byte for byte. They are
satisfiable if and only if the assertions are (Tseitin 1968; where only one direction of an equivalence is needed the other is
left out: Plaisted and Greenbaum 1986).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from asever.record import record

_TOKEN = re.compile(r"\|[^|]*\||[()]|;[^\n]*|[^\s()|;]+|\|")
_SAY_NOTHING = frozenset({"set-option", "set-logic", "get-model"})

Literal = int
"""A variable or gate by its number, negative where it is negated; `_TRUE` and `_FALSE` are constants."""
_TRUE, _FALSE = 1, -1
_Part = str | int | tuple["_Part", ...]


class NotOurs(Exception):  # noqa: N818 - what is wrong, in words
    """The text is no query of one `check-sat` over Booleans."""


@record
class Clauses:
    """Clauses over variables that are counted from 1. `names` are the symbols of the query: the first is variable 1."""

    names: tuple[str, ...]
    variables: int
    clauses: tuple[tuple[int, ...], ...]

    def dimacs(self) -> str:
        """The text in DIMACS CNF, with the names as comments."""
        names = (f"c {number} {' '.join(name.split())}\n" for number, name in enumerate(self.names, 1))
        clauses = (f"{' '.join(map(str, one))} 0\n" for one in self.clauses)
        return "".join((*names, f"p cnf {self.variables} {len(self.clauses)}\n", *clauses))


def clauses_of(query: str) -> Clauses:
    """The clauses of a query. Raises `NotOurs` when it is none that this program writes."""
    reader = _Reader()
    reader.read(query)
    return _written(reader)


# -- Reading ------------------------------------------------------------------------------------------------------------


class _Reader:
    """What has been declared, defined and asserted. Every gate is the conjunction of literals that came before it."""

    def __init__(self) -> None:
        self.asked = False
        self.asserted: list[Literal] = []
        self.declared: dict[str, Literal] = {}
        # What each number stands for: nothing but itself, or a conjunction. 0 is never used, 1 is the constant.
        self.inputs: list[tuple[Literal, ...] | None] = [None, ()]
        self._gates: dict[tuple[Literal, ...], Literal] = {}
        self._named: dict[str, Literal] = {"true": _TRUE, "false": _FALSE}

    def read(self, text: str) -> None:
        """Every command, without recursion: a formula may be deep."""
        open_ones: list[list[_Part]] = []
        named = self._named
        for word in _TOKEN.findall(text):
            if word == "(":
                open_ones.append([])
            elif word == ")":
                if not open_ones:
                    raise NotOurs("a parenthesis is closed that was not opened")
                done = open_ones.pop()
                if open_ones:
                    open_ones[-1].append(self._formula(done))
                else:
                    self._command(done)
            elif word[0] == ";":
                continue
            elif open_ones:
                open_ones[-1].append(named.get(word, word))
            else:
                raise NotOurs(f"`{word}` stands outside of any command")
        if open_ones:
            raise NotOurs("a parenthesis is not closed")
        if not self.asked:
            raise NotOurs("it asks nothing: there is no check-sat")

    def _command(self, command: list[_Part]) -> None:
        match command:
            case [str(word), *_] if word in _SAY_NOTHING:
                return
            case ["push", "1"] if not self.asked:
                return
            case ["pop", "1"] if self.asked:
                return
            case ["declare-fun", str(name), (), "Bool"] if not self.asked:
                self.inputs.append(None)
                self._named[name] = self.declared[name] = len(self.inputs) - 1
            case ["define-fun", str(name), (), "Bool", int(value)] if not self.asked:
                self._named[name] = value
            case ["assert", int(value)] if not self.asked:
                self.asserted.append(value)
            case ["check-sat"] if not self.asked:
                self.asked = True
            case _:
                raise NotOurs(f"it holds a command that is not understood here: {str(command)[:60]}")

    def _formula(self, parts: list[_Part]) -> _Part:
        """The literal that an operator and its operands come to; what is no formula stays as it is."""
        if not parts:
            return ()
        word, *operands = parts
        literals = [one for one in operands if isinstance(one, int)]
        if len(literals) < len(operands) or not literals:
            raise NotOurs(f"a symbol is not declared, or an operator not known: {str(parts)[:60]}")
        match word:
            case "and":
                return self._all(literals)
            case "or":
                return -self._all([-one for one in literals])
            case "not" if len(literals) == 1:
                return -literals[0]
            case "=>" if len(literals) == 2:
                return -self._all([literals[0], -literals[1]])
            case "=" if len(literals) == 2:
                one, other = literals
                return self._all([-self._all([one, -other]), -self._all([-one, other])])
            case _:
                raise NotOurs(f"it holds an operator that is not understood here: {str(parts)[:60]}")

    def _all(self, literals: Sequence[Literal]) -> Literal:
        """The conjunction: one gate for each, however often it is written."""
        kept = tuple(dict.fromkeys(one for one in literals if one != _TRUE))
        if _FALSE in kept:
            return _FALSE
        if not kept:
            return _TRUE
        if len(kept) == 1:
            return kept[0]
        found = self._gates.get(kept)
        if found is None:
            self.inputs.append(kept)
            found = self._gates[kept] = len(self.inputs) - 1
        return found


# -- Writing ------------------------------------------------------------------------------------------------------------


def _written(reader: _Reader) -> Clauses:
    """Clauses for what is asserted and for the gates that it needs."""
    facts = list(_facts(reader))
    inputs = reader.inputs
    needed = _needed(inputs, facts)
    numbers = {old: new for new, old in enumerate(reader.declared.values(), 1)}
    for gate, parts in enumerate(inputs):
        if parts and needed[gate]:
            numbers[gate] = len(numbers) + 1
    new = [0] * len(inputs)
    for old, number in numbers.items():
        new[old] = number
    clauses: list[tuple[int, ...]] = []
    for gate in numbers:
        parts = inputs[gate]
        if parts:
            mine = new[gate]
            literals = [new[one] if one > 0 else -new[-one] for one in parts]
            if needed[gate] & 1:
                clauses.extend((-mine, one) for one in literals)
            if needed[gate] & 2:
                clauses.append((mine, *(-one for one in literals)))
    variables = len(numbers)
    for fact in facts:
        if fact:
            clauses.append(tuple(new[one] if one > 0 else -new[-one] for one in fact))
        else:  # a variable of its own, since not every checker takes a clause without literals
            variables += 1
            clauses.extend(((variables,), (-variables,)))
    return Clauses(names=tuple(reader.declared), variables=variables, clauses=tuple(clauses))


def _facts(reader: _Reader) -> Iterator[tuple[Literal, ...]]:
    """What is asserted, as clauses over symbols and gates: the parts of a conjunction; a disjunction is one clause."""
    waiting = list(reversed(reader.asserted))
    while waiting:
        literal = waiting.pop()
        parts = reader.inputs[abs(literal)]
        if literal == _TRUE:
            continue
        if literal == _FALSE:
            yield ()
        elif not parts:
            yield (literal,)
        elif literal > 0:
            waiting.extend(reversed(parts))
        else:
            yield tuple(-one for one in parts)


def _needed(inputs: Sequence[tuple[Literal, ...] | None], facts: Sequence[tuple[Literal, ...]]) -> bytearray:
    """For each gate: 1 if being true must make its parts true, 2 if being false must make one of them false, 3 for both."""
    needed = bytearray(len(inputs))
    for fact in facts:
        for one in fact:
            needed[abs(one)] |= 1 if one > 0 else 2
    for gate in range(len(inputs) - 1, 0, -1):
        parts, how = inputs[gate], needed[gate]
        if parts and how:
            other = (how >> 1) | ((how & 1) << 1)
            for one in parts:
                needed[abs(one)] |= how if one > 0 else other
    return needed
