"""The text that the solver reads: what is asserted, as clauses, each formula in the direction in which it is used and no other.

Z3 would make clauses too, but with a variable for each row of a filter, and clauses in both directions to say what that means.
Where a search is for packets that no row permits, a row is one clause over the cuts of its fields (Plaisted and Greenbaum
1986), and is decided in a quarter of the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise

from asever.solve.terms import FALSE, TRUE, Formula, Terms, disjunction, negation

_OTHER = {"and": "or", "or": "and"}


def text_of(terms: Terms, further: Iterable[str] = ()) -> str:
    """The whole text, with further formulas that are asserted, and without a command to solve it."""
    return "\n".join(_Clauses(terms).lines((*terms.asserted, *further)))


class _Clauses:
    """The clauses of one text. A formula that has to be a literal gets a new one, once for each direction."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._made: dict[tuple[str, bool], str] = {}
        self._waiting: deque[tuple[str, str, bool]] = deque()
        self._clauses: list[str] = []

    def lines(self, asserted: Iterable[str]) -> Iterator[str]:
        """Declarations and clauses."""
        for variable, cuts in self._terms.ordered_cuts():
            yield from [f"(declare-fun |{variable}>={cut}| () Bool)" for cut in cuts]
            yield from [f"(assert (=> |{variable}>={upper}| |{variable}>={lower}|))" for lower, upper in pairwise(cuts)]
        yield from [f"(declare-fun {literal} () Bool)" for literal in self._terms.booleans]
        for formula in asserted:
            self._add_unless((), formula, holds=True)
        while self._waiting:
            literal, formula, holds = self._waiting.popleft()
            self._add_unless((_opposite(literal),), formula, holds=holds)
        yield from [f"(declare-fun {literal} () Bool)" for literal in self._made.values()]
        yield from self._clauses

    def _add_unless(self, excuses: tuple[str, ...], formula: str, *, holds: bool) -> None:
        """Adds clauses: a formula holds (or does not), or else one of these literals is true."""
        operator, parts = self._operation(formula, holds=holds)
        if operator == "and":
            for one, its in parts:
                self._add_unless(excuses, one, holds=its)
            return
        literals = list(excuses)
        for one, its in parts:
            self._add_literals(literals, one, holds=its)
        kept = dict.fromkeys(literals)
        if TRUE not in kept:
            kept.pop(FALSE, None)
            self._clauses.append(f"(assert (or {' '.join(kept)}))" if len(kept) > 1 else f"(assert {next(iter(kept), FALSE)})")

    def _add_literals(self, found: list[str], formula: str, *, holds: bool) -> None:
        """Adds literals of which one must be true for a formula to hold (or not to)."""
        formula, holds = _bare(formula, holds=holds)
        if formula in self._terms.defined:
            found.append(self._literal(formula, holds=holds))
        elif not isinstance(formula, Formula):
            found.append(formula if holds else _opposite(formula))
        else:
            operator, parts = self._operation(formula, holds=holds)
            if operator == "and":
                found.append(self._literal(formula, holds=holds))
            else:
                for one, its in parts:
                    self._add_literals(found, one, holds=its)

    def _literal(self, formula: str, *, holds: bool) -> str:
        """A literal that is true only if a formula holds (or does not)."""
        found = self._made.get((formula, holds))
        if found is None:
            found = self._made[formula, holds] = f"|part {len(self._made)}|"
            self._waiting.append((found, formula, holds))
        return found

    def _operation(self, formula: str, *, holds: bool) -> tuple[str, Iterable[tuple[str, bool]]]:
        """The `and` or `or` of formulas that hold or do not which a formula, or its opposite, is; a symbol is itself alone."""
        formula, holds = _bare(self._terms.defined.get(formula, formula), holds=holds)
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


def _opposite(symbol: str) -> str:
    """The text of a negated symbol."""
    if symbol in (TRUE, FALSE):
        return FALSE if symbol == TRUE else TRUE
    return f"(not {symbol})"


def _bare(formula: str, *, holds: bool) -> tuple[str, bool]:
    """A formula without its negations."""
    while isinstance(formula, Formula) and formula.operator == "not":
        formula, holds = formula.parts[0], not holds
    return formula, holds
