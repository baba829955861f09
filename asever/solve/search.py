"""Models as people would choose them: wishes kept while they can be, then the least number of every variable.

What comes out depends on the text alone, not on which model the solver happens to find first.
"""

from __future__ import annotations

from collections.abc import Sequence

from asever.model.numbers import NumberSet
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, negation


class Search:
    """A set of literals that can be true together, made narrower step by step."""

    def __init__(self, session: Session, terms: Terms, literals: Sequence[str]) -> None:
        self.session = session
        self.terms = terms
        self.literals = [one for one in literals if one != TRUE]
        self.values: dict[str, int] = {}
        self.pins: dict[str, tuple[str, ...]] = {}

    def keep(self, *wish: str) -> bool:
        """Whether the wish can be granted; if so it is from now on."""
        added = [one for one in wish if one != TRUE]
        if FALSE in added or not self.session.satisfiable([*self.literals, *added]):
            return False
        self.literals.extend(added)
        return True

    def keep_number(self, variable: str, number: int) -> bool:
        """The wish that a variable is a number; its cut points must be in the text."""
        return self.keep(self.terms.at_least(variable, number), negation(self.terms.at_least(variable, number + 1)))

    def least(self, variable: str, domain: NumberSet) -> int:
        """The least number of the domain that the variable can be, which it is from now on.

        All numbers between two cuts behave alike, so one in each stretch is enough; its stretch is found by halving.
        """
        cuts = self.terms.cuts.get(variable, ())
        starts = sorted({low for low, _ in domain.ranges} | {cut for cut in cuts if cut in domain})
        low, high = 0, len(starts) - 1
        middle = 0  # most often it is the first one
        while low < high:
            if self.session.satisfiable([*self.literals, negation(self.terms.at_least(variable, starts[middle + 1]))]):
                high = middle
            else:
                low = middle + 1
            middle = (low + high) // 2
        above = self.terms.at_least(variable, starts[low])
        # The next cut may lie outside the domain: other paths of the same flow may be there.
        following = min((cut for cut in cuts if cut > starts[low]), default=None)
        below = TRUE if following is None else negation(self.terms.at_least(variable, following))
        self.pins[variable] = tuple(one for one in (above, below) if one != TRUE)
        self.literals.extend(self.pins[variable])
        self.values[variable] = starts[low]
        return starts[low]
