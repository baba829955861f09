"""The text that the solver reads: what is asserted, as clauses, each formula in the direction in which it is used and no other.

Z3 would make clauses too, but with a variable for each row of a filter, and clauses in both directions to say what that means.
Where a search is for packets that no row permits, a row is one clause over the cuts of its fields (Plaisted and Greenbaum
1986), and is decided in a quarter of the time.

Symbols are numbered in the order in which they come up, and the text is in the format of SAT solvers (DIMACS), which has
nothing but numbers. So texts that say the same of symbols of other names are one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from asever.model.bits import bits_of
from asever.record import record
from asever.solve.terms import FALSE, TRUE, Formula, Terms, bare, disjunction, negation

if TYPE_CHECKING:
    from asever.solve.alike import Sets

_OTHER = {"and": "or", "or": "and"}


@record
class Text:
    """Clauses, and the number of each symbol that formulas have; `symbols` is how many numbers there are in all."""

    clauses: str
    numbers: Mapping[str, int]
    symbols: int


def text_of(terms: Terms, further: Iterable[str] = ()) -> Text:
    """The whole text, with further formulas that are asserted."""
    return _Clauses(terms).text((*terms.asserted, *further))


def clause(literals: Sequence[int]) -> str:
    """A text of one clause."""
    return f"p cnf {max(map(abs, literals))} 1\n{' '.join(map(str, literals))} 0\n"


class _Clauses:
    """The clauses of one text. A formula that has to be a literal gets a number, once for each direction."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._numbers: dict[str, int] = {}
        self._symbols = 0
        self._made: dict[tuple[str, bool], int] = {}
        self._waiting: deque[tuple[int, str, bool]] = deque()
        self._lines: list[str] = []

    def text(self, asserted: Iterable[str]) -> Text:
        for variable, cuts in self._terms.ordered_cuts():
            literals = [self._number(f"|{variable}>={cut}|") for cut in cuts]
            self._lines += [f"-{upper} {lower} 0" for lower, upper in pairwise(literals)]
        for literal in self._terms.booleans:
            self._number(literal)
        for formula in asserted:
            self._add_unless((), formula, holds=True)
        while self._waiting:
            number, formula, holds = self._waiting.popleft()
            self._add_unless((-number,), formula, holds=holds)
        if self._terms.sets:
            used = frozenset(map(int, " ".join(self._lines).split()))
            for sets in self._terms.sets.values():
                self._add_meaning(sets, used)
        head = f"p cnf {self._symbols} {len(self._lines)}"
        return Text(clauses="\n".join([head, *self._lines, ""]), numbers=self._numbers, symbols=self._symbols)

    def _number(self, symbol: str) -> int:
        found = self._numbers.get(symbol)
        if found is None:
            self._symbols += 1
            found = self._numbers[symbol] = self._symbols
        return found

    def _add_unless(self, excuses: tuple[int, ...], formula: str, *, holds: bool) -> None:
        """Adds clauses: a formula holds (or does not), or else one of these literals is true."""
        operator, parts = self._operation(formula, holds=holds)
        if operator == "and":
            for one, its in parts:
                self._add_unless(excuses, one, holds=its)
            return
        literals: dict[int | None, None] = dict.fromkeys(excuses)
        for one, its in parts:
            self._gather(literals, one, holds=its)
        if None not in literals:
            self._lines.append(" ".join(map(str, (*literals, 0))))

    def _gather(self, literals: dict[int | None, None], formula: str, *, holds: bool) -> None:
        """Adds literals of which one must be true for a formula to hold (or not to); None for what is true."""
        formula, holds = bare(formula, holds=holds)
        number = self._numbers.get(formula)
        if number is not None:  # as most are: a symbol that has come up
            literals[number if holds else -number] = None
        elif formula in self._terms.defined:
            literals[self._literal(formula, holds=holds)] = None
        elif formula in (TRUE, FALSE):
            if (formula == TRUE) is holds:
                literals[None] = None
        elif not isinstance(formula, Formula):
            literals[self._number(formula) if holds else -self._number(formula)] = None
        elif formula.operator == ("or" if holds else "and"):  # as nearly all that are left
            for one in formula.parts:
                self._gather(literals, one, holds=holds)
        else:
            operator, parts = self._operation(formula, holds=holds)
            if operator == "and":
                literals[self._literal(formula, holds=holds)] = None
            else:
                for one, its in parts:
                    self._gather(literals, one, holds=its)

    def _add_meaning(self, sets: Sets, literals: frozenset[int]) -> None:
        """Adds what these literals mean of sets: that the variable is in no gap of a set, or in no run of it."""
        numbers = [self._numbers.get(literal, 0) for literal in sets.literals]
        used = bits_of([place for place, number in enumerate(numbers) if number])
        classes = sets.classes(used)
        cuts = [self._number(f"|{sets.variable} in class {place} or a later one|") for place in range(1, len(classes))]
        self._lines += [f"-{upper} {lower} 0" for lower, upper in pairwise(cuts)]
        before, behind = ["", *(f" -{cut}" for cut in cuts)], [*(f" {cut}" for cut in cuts), ""]
        for place, first, after, held in sets.runs(classes, used):
            literal = numbers[place] if held else -numbers[place]
            if -literal in literals:
                self._lines.append(f"{literal}{before[first]}{behind[after - 1]} 0")

    def _literal(self, formula: str, *, holds: bool) -> int:
        """A literal that is true only if a formula holds (or does not)."""
        found = self._made.get((formula, holds))
        if found is None:
            self._symbols += 1
            found = self._made[formula, holds] = self._symbols
            self._waiting.append((found, formula, holds))
        return found

    def _operation(self, formula: str, *, holds: bool) -> tuple[str, Iterable[tuple[str, bool]]]:
        """The `and` or `or` of formulas that hold or do not which a formula, or its opposite, is; a symbol is itself alone."""
        formula, holds = bare(self._terms.defined.get(formula, formula), holds=holds)
        if not isinstance(formula, Formula):
            return "", ((formula, holds),)
        match formula.operator:
            case "=>":
                one, other = formula.parts
                return "or" if holds else "and", ((one, not holds), (other, holds))
            case "=":
                one, other = formula.parts
                same = other if holds else negation(other)
                return "and", ((disjunction((negation(one), same)), True), (disjunction((one, negation(same))), True))
            case operator:
                return operator if holds else _OTHER[operator], [(one, holds) for one in formula.parts]
