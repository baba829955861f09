"""Models as people would choose them: wishes kept while they can be, then the least number of every variable.

What comes out depends on the text alone, not on which model the solver happens to find first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asever.model.numbers import NumberSet
from asever.record import record
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, negation


@record
class Wish:
    """Literals that would be good to have together. `number`: they say that the variable is this number."""

    literals: tuple[str, ...]
    variable: str = ""
    number: int | None = None


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
        added = [one for one in wish if one != TRUE and one not in self.literals]
        if FALSE in added or (added and not self.session.satisfiable([*self.literals, *added])):
            return False
        self.literals.extend(added)
        return True

    def keep_first(self, *groups: Sequence[Wish]) -> None:
        """Of each group the first wish that can be granted, group after group.

        Most often those are the first ones, so these are asked for together before anything is asked one by one.
        """
        asked = [group for group in groups if group]
        if self.keep(*(one for group in asked for one in group[0].literals)):
            granted = [group[0] for group in asked]
        else:
            found = (next((wish for wish in group if self.keep(*wish.literals)), None) for group in asked)
            granted = [wish for wish in found if wish is not None]
        for wish in granted:
            if wish.number is not None:
                self.values[wish.variable] = wish.number
                self.pins[wish.variable] = wish.literals

    def number(self, variable: str, number: int) -> Wish:
        """The wish that a variable is a number; its cut points must be in the text."""
        both = (self.terms.at_least(variable, number), negation(self.terms.at_least(variable, number + 1)))
        return Wish(literals=tuple(one for one in both if one != TRUE), variable=variable, number=number)

    def least(self, domains: Mapping[str, NumberSet]) -> None:
        """Every variable at the least number of its domain that it can be, the first ones first, unless a wish made it one.

        All numbers between two cuts behave alike, so one in each stretch is enough; its stretch is found by halving.
        """
        starts = {name: self._starts(name, domain) for name, domain in domains.items() if name not in self.values}
        # Most often all of them can be the first together.
        self.keep(*(self._below(name, mine, 1) for name, mine in starts.items()))
        for name, mine in starts.items():
            self._least(name, mine)

    def _starts(self, variable: str, domain: NumberSet) -> list[int]:
        cuts = self.terms.cuts.get(variable, ())
        return sorted({low for low, _ in domain.ranges} | {cut for cut in cuts if cut in domain})

    def _below(self, variable: str, starts: Sequence[int], index: int) -> str:
        return negation(self.terms.at_least(variable, starts[index])) if index < len(starts) else TRUE

    def _least(self, variable: str, starts: Sequence[int]) -> None:
        low, high = 0, len(starts) - 1
        middle = 0  # most often it is the first one
        while low < high:
            below = self._below(variable, starts, middle + 1)
            if below in self.literals or self.session.satisfiable([*self.literals, below]):
                high = middle
            else:
                low = middle + 1
            middle = (low + high) // 2
        above = self.terms.at_least(variable, starts[low])
        # The next cut may lie outside the domain: other paths of the same flow may be there.
        following = min((cut for cut in self.terms.cuts.get(variable, ()) if cut > starts[low]), default=None)
        below = TRUE if following is None else negation(self.terms.at_least(variable, following))
        self.pins[variable] = tuple(one for one in (above, below) if one != TRUE)
        self.literals.extend(self.pins[variable])
        self.values[variable] = starts[low]
