"""Models as people would choose them: wishes kept while they can be, then the least number of every variable.

What comes out depends on the text alone, not on which model the solver happens to find first, nor on who says what can be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from asever.model.numbers import EMPTY, NumberSet
from asever.record import record
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, from_on, last, negation


@record
class Wish:
    """Literals that would be good to have together, and what they say: a variable lies in a set, one reading, one scope.

    One that says nothing of these is for the solver alone.
    """

    literals: tuple[str, ...] = ()
    variable: str = ""
    numbers: NumberSet = EMPTY
    reading: tuple[str, str] | None = None
    scope: int | None = None

    @property
    def is_said(self) -> bool:
        """Whether the literals are about something that is not only a literal."""
        return bool(self.variable) or self.reading is not None or self.scope is not None


@record
class Limits:
    """What has been granted so far: where variables lie, readings, and the scope if that is settled."""

    box: Mapping[str, NumberSet]
    readings: Mapping[str, str]
    scope: int | None = None
    contradictory: bool = False

    def with_(self, wishes: Sequence[Wish]) -> Limits:
        """These and some more."""
        box, readings, scope, contradictory = dict(self.box), dict(self.readings), self.scope, self.contradictory
        for one in wishes:
            if one.variable:
                box[one.variable] = box[one.variable] & one.numbers if one.variable in box else one.numbers
                contradictory |= not box[one.variable]
            if one.reading is not None:
                name, value = one.reading
                contradictory |= readings.setdefault(name, value) != value
            scope = scope if one.scope is None else one.scope
        return Limits(box=box, readings=readings, scope=scope, contradictory=contradictory)


Tells = Callable[[Limits], bool | None]
"""Whether there is a flow within limits, as far as somebody can tell sooner than the solver."""


class Search:
    """A set of literals that can be true together, made narrower step by step."""

    def __init__(
        self,
        session: Session,
        terms: Terms,
        literals: Sequence[str],
        tells: Tells | None = None,
        readings: Mapping[str, str] | None = None,
    ) -> None:
        self.session = session
        self.terms = terms
        self.literals = [one for one in literals if one != TRUE]
        self.values: dict[str, int] = {}
        self.pins: dict[str, tuple[str, ...]] = {}
        self.told = False
        self._tells = tells
        self._limits = Limits(box={}, readings=readings or {})

    # -- Wishes ---------------------------------------------------------------------------------------------------------

    def keep(self, *literals: str) -> bool:
        """Whether all the literals can be true together with what has been granted; if so they are from now on."""
        return self.grant(Wish(literals=literals))

    def grant(self, *wishes: Wish) -> bool:
        """Whether all the wishes can be granted together; if so they are from now on."""
        added = [one for wish in wishes for one in wish.literals if one != TRUE and one not in self.literals]
        if FALSE in added or (added and not self._can(added, wishes)):
            return False
        self.literals.extend(added)
        if all(wish.is_said for wish in wishes):
            self._limits = self._limits.with_(wishes)
        else:
            self._tells = None
        return True

    def grant_first(self, *groups: Sequence[Wish]) -> None:
        """Of each group the first wish that can be granted, group after group.

        Most often those are the first ones, so these are asked for together before anything is asked one by one.
        """
        asked = [group for group in groups if group]
        if self.grant(*(group[0] for group in asked)):
            granted = [group[0] for group in asked]
        else:
            found = (next((wish for wish in group if self.grant(wish)), None) for group in asked)
            granted = [wish for wish in found if wish is not None]
        for wish in granted:
            if wish.numbers.is_single:
                self.values[wish.variable] = wish.numbers.first
                self.pins[wish.variable] = wish.literals

    def number(self, variable: str, number: int) -> Wish:
        """The wish that a variable is a number; its cut points must be in the text."""
        both = (self.terms.at_least(variable, number), negation(self.terms.at_least(variable, number + 1)))
        literals = tuple(one for one in both if one != TRUE)
        return Wish(literals=literals, variable=variable, numbers=NumberSet.single(number))

    def _can(self, literals: Sequence[str], wishes: Sequence[Wish]) -> bool:
        if self._tells is not None and all(wish.is_said for wish in wishes):
            limits = self._limits.with_(wishes)
            told = False if limits.contradictory else self._tells(limits)
            if told is not None:
                self.told = True
                return told
        return self.session.satisfiable([*self.literals, *literals])

    # -- Least numbers --------------------------------------------------------------------------------------------------

    def least(self, domains: Mapping[str, NumberSet]) -> None:
        """Every variable at the least number of its domain that it can be, the first ones first, unless a wish made it one.

        All numbers between two cuts behave alike, so one in each stretch is enough; its stretch is found by halving.
        """
        starts = {name: self._starts(name, domain) for name, domain in domains.items() if name not in self.values}
        # Most often all of them can be the first together.
        self.grant(*(self._below(name, mine[1]) for name, mine in starts.items() if len(mine) > 1))
        for name, mine in starts.items():
            self._least(name, mine)

    def _starts(self, variable: str, domain: NumberSet) -> list[int]:
        """The first numbers of a domain from each cut of the text on: what lies between two of them, no formula tells apart."""
        cuts = self.terms.cuts.get(variable, ())
        return sorted({domain.first} | {start for cut in cuts if (start := from_on(domain, cut)) is not None})

    def _below(self, variable: str, number: int) -> Wish:
        below = negation(self.terms.at_least(variable, number))
        return Wish(literals=(below,), variable=variable, numbers=NumberSet.span(0, number - 1))

    def _least(self, variable: str, starts: Sequence[int]) -> None:
        low, high = 0, len(starts) - 1
        middle = 0  # most often it is the first one
        while low < high:
            below = self._below(variable, starts[middle + 1])
            if below.literals[0] in self.literals or self._can(below.literals, (below,)):
                high = middle
            else:
                low = middle + 1
            middle = (low + high) // 2
        above = self.terms.at_least(variable, starts[low])
        # The next cut may lie outside the domain: other paths of the same flow may be there.
        following = min((cut for cut in self.terms.cuts.get(variable, ()) if cut > starts[low]), default=None)
        below_next = TRUE if following is None else negation(self.terms.at_least(variable, following))
        self.pins[variable] = tuple(one for one in (above, below_next) if one != TRUE)
        self.literals.extend(self.pins[variable])
        stretch = NumberSet.span(starts[low], last(variable) if following is None else following - 1)
        self._limits = self._limits.with_((Wish(literals=(), variable=variable, numbers=stretch),))
        self.values[variable] = starts[low]
