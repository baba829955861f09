"""What the rules of one list do: which decide nothing, what decides in their place, and which make no difference.

Exact sets answer (`asever.exact.effects`), and Z3 where their search would go on for too long. What they found and is reported,
Z3 confirms by a seeded sample: a claim about a rule needs no other rows than those that the claim names.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from asever.exact.boxes import TooMany
from asever.exact.effects import Fate, RuleSets
from asever.explain.witness import ReadingsDisagree
from asever.model.confirmed import Confirmed
from asever.model.effective import EffectiveNetwork, Filter, FilterRow
from asever.model.numbers import Range
from asever.model.rule_keys import Part, RuleKey, key_of
from asever.record import record
from asever.solve.effects import Proofs

_SAMPLE = 8
# Claims about more rows than these are not in the sample: the solver's text would take longer than everything else.
_MOST_ROWS = 120


@record
class _Claim:
    """What the solver is to say too: at a place, `broken` is false of a text about no more than these rows."""

    place: _Place
    rows: tuple[int, ...]
    words: str
    broken: Callable[[Proofs], bool]
    part: Part | None


class Effects:
    """The rules of one filter, at all the places where it stands, in every reading of the assumptions that are open.

    Service tags of unknown content may hold anything that their names allow: what is said here holds whatever they hold.
    `parts` are the parts of a rule that will be asked about.
    """

    def __init__(
        self,
        network: EffectiveNetwork,
        filters: Sequence[Filter],
        fixed: Mapping[str, str],
        parts: Callable[[RuleKey], Sequence[Part]],
        deadline: float | None = None,
    ) -> None:
        self._places = [_Place(network, one, fixed, parts, deadline) for one in filters]
        self.rules = tuple(dict.fromkeys(rule for one in self._places for rule in one.sets.rules))
        self._claims: list[_Claim] = []

    def matches(self, rule: RuleKey) -> bool:
        """Whether a rule, by itself, matches any packet."""
        return any(one.sets.matches(rule) for one in self._places)

    def decides(self, rule: RuleKey, part: Part | None = None) -> bool:
        """Whether a rule decides a packet somewhere; of a part of what it matches, where one is given."""
        return any(one.decides(rule, part, None) for one in self._places)

    def decides_each(self, rule: RuleKey, field: str, ranges: Sequence[Range]) -> bool:
        """Whether it is plain that a rule decides something of each of these ranges of a field, at one place or another."""
        return any(one.sets.decides_each(rule, field, ranges) for one in self._places)

    def instead(self, rule: RuleKey, part: Part | None = None) -> tuple[FilterRow, ...]:
        """Earlier rules that take all of what a rule, or this part of it, matches; without any of them something is left.

        One row stands for each rule. There is none where Azure's own rows take all of it.
        """
        holders = (key for one in self._places for key in one.sets.holders(rule, part))
        holder = next((key for key in holders if all(one.sets.held_by(key, rule, part) for one in self._places)), None)
        if holder is not None:
            needed = [holder]
        elif self._taken(rule, part, []):
            needed = []
        else:
            takers = dict.fromkeys(key for one in self._places for key in one.takers(rule, part))
            needed = self._fewest(rule, part, [], list(takers))
        self._claim_taken(rule, part, needed)
        return tuple(self._row(key) for key in needed)

    def _row(self, rule: RuleKey) -> FilterRow:
        """The first row of a rule, wherever it has one."""
        return next(one.rows[one.sets.rows_of(rule)[0]] for one in self._places if rule in one.sets.rules)

    def _taken(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey]) -> bool:
        return not any(one.decides(rule, part, present) for one in self._places)

    def _fewest(self, rule: RuleKey, part: Part | None, given: list[RuleKey], rules: list[RuleKey]) -> list[RuleKey]:
        """The fewest of `rules` that leave nothing together with `given`, halving (QuickXplain, Junker 2004)."""
        if len(rules) <= 1:
            return rules
        middle = len(rules) // 2
        first, second = rules[:middle], rules[middle:]
        with_first = [*given, *first]
        from_second = [] if self._taken(rule, part, with_first) else self._fewest(rule, part, with_first, second)
        with_second = [*given, *from_second]
        from_first = [] if self._taken(rule, part, with_second) else self._fewest(rule, part, with_second, first)
        return [*from_first, *from_second]

    def redundant(self, dead: Sequence[RuleKey]) -> tuple[RuleKey, ...]:
        """Rules in whose place later rules decide alike: each may go by itself, and all may go together with `dead`.

        What Azure decides by default does not count: a rule that spells it out is there for its readers.
        """
        gone = set(dead)
        candidates = [rule for rule in self.rules if rule not in gone and not any(one.differs(rule) for one in self._places)]
        boxes = [one.sets.boxes(gone) for one in self._places]
        found: dict[RuleKey, None] = {}
        again = True
        while again:  # what goes may make another one needless
            again = False
            for rule in candidates:
                if rule not in found and not any(
                    one.differs(rule, gone, its) for one, its in zip(self._places, boxes, strict=True)
                ):
                    gone.add(rule)
                    boxes = [its | one.sets.boxes((rule,)) for one, its in zip(self._places, boxes, strict=True)]
                    found[rule] = None
                    again = True
        redundant = tuple(rule for rule in self.rules if rule in found)
        for rule in redundant:
            self._claim_needless(rule)
        return redundant

    def meets(self, earlier: RuleKey, later: RuleKey) -> bool:
        """Whether a rule decides a packet that a later one matches too."""
        return any(one.meets(earlier, later) for one in self._places)

    def contested(self, rule: RuleKey) -> bool:
        """Whether an earlier row, Azure's among them, shares a packet with a rule."""
        return any(one.sets.contested(rule) for one in self._places)

    def against(self, rule: RuleKey) -> frozenset[RuleKey]:
        """The earlier rules that decide otherwise and share a packet with a rule."""
        return frozenset(key for one in self._places for key in one.sets.against(rule))

    def after(self, rule: RuleKey, most: int) -> tuple[FilterRow, ...]:
        """The first rows, at `most` so many, that decide what a rule decides once it is gone; one for each rule."""
        found: dict[RuleKey, FilterRow] = {}
        for one in self._places:
            for row in islice(one.after(rule), most):
                found.setdefault(key_of(row), row)
        return tuple(islice(found.values(), most))

    # -- The sample -----------------------------------------------------------------------------------------------------

    def _claim_taken(self, rule: RuleKey, part: Part | None, by: Collection[RuleKey]) -> None:
        """That a rule decides nothing where these are the only rules besides Azure's."""
        for one in self._places:
            rows = one.azure.union(*(one.sets.rows_of(key) for key in (rule, *by)))
            self._claim(one, rows, f"rule {rule[0]} decides nothing", lambda proofs: proofs.decides(rule, part, None), part)

    def _claim_needless(self, rule: RuleKey) -> None:
        """That what a rule decides is decided alike without it."""
        for one in self._places:
            rows = {*one.sets.sharing(rule), *one.sets.rows_of(rule)}
            self._claim(one, rows, f"rule {rule[0]} makes no difference", lambda proofs: proofs.differs(rule, ()))

    def _claim(
        self, place: _Place, rows: Collection[int], words: str, broken: Callable[[Proofs], bool], part: Part | None = None
    ) -> None:
        self._claims.append(_Claim(place=place, rows=tuple(sorted(rows)), words=words, broken=broken, part=part))

    def confirm(self) -> Confirmed:
        """What was claimed, a sample of it confirmed. Raises `ReadingsDisagree` when the solver breaks a claim."""
        small = [one for one in self._claims if len(one.rows) <= _MOST_ROWS]
        draw = random.Random(len(self._claims))  # noqa: S311 - nothing here is secret
        sample = draw.sample(small, min(_SAMPLE, len(small)))
        for one in sample:
            if one.broken(one.place.proofs(one.rows, one.part)):
                raise ReadingsDisagree(f"lint        {one.words}\nexact sets  so it is\nsolver      it is not so")
        asked = sum(one.asked for one in self._places)
        return Confirmed(claims=len(self._claims), confirmed=len(sample), solver=asked)


class _Place:
    """The filter at one place: exact sets first, and the solver where these would take too long."""

    def __init__(
        self,
        network: EffectiveNetwork,
        one: Filter,
        fixed: Mapping[str, str],
        parts: Callable[[RuleKey], Sequence[Part]],
        deadline: float | None,
    ) -> None:
        self._network = network
        self._filter = one
        self._fixed = fixed
        self._parts = parts
        self._deadline = deadline
        self.rows = one.rows
        self.sets = RuleSets(network, one, fixed)
        self.azure = frozenset(index for index, row in enumerate(one.rows) if row.origin.azure is not None)
        self.asked = 0
        self._fates: dict[RuleKey, Fate | None] = {}
        self._last: tuple[RuleKey, Proofs] | None = None

    def proofs(self, rows: Sequence[int], part: Part | None) -> Proofs:
        """A text about these rows alone."""
        parts = () if part is None else (part,)
        return Proofs(self._network, self._filter, self._fixed, rows, parts, self._deadline)

    @cached_property
    def _whole(self) -> Proofs:
        every = range(len(self.rows))
        parts = [part for rule in self.sets.rules for part in self._parts(rule)]
        return Proofs(self._network, self._filter, self._fixed, every, parts, self._deadline)

    def _solver(self, rule: RuleKey) -> Proofs:
        """A text that holds every row that shares a packet with a rule: of many rows, the one that holds all."""
        self.asked += 1
        if self._last is not None and self._last[0] == rule:
            return self._last[1]
        indexes = sorted((*self.sets.sharing(rule), *self.sets.rows_of(rule)))
        if len(indexes) > _MOST_ROWS:
            return self._whole
        proofs = Proofs(self._network, self._filter, self._fixed, indexes, self._parts(rule), self._deadline)
        self._last = (rule, proofs)
        return proofs

    def decides(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey] | None) -> bool:
        """Whether the rule decides something; with `present`, where these are the only rules before it."""
        if part is None and present is None and (fate := self._fate(rule)) is not None:
            return fate is not Fate.DEAD
        try:
            return self.sets.decides(rule, part, present)
        except TooMany:
            return self._solver(rule).decides(rule, part, present)

    def _fate(self, rule: RuleKey) -> Fate | None:
        """What becomes of a rule while all others are there; None if that takes too long to tell."""
        try:
            return self._fates[rule]
        except KeyError:
            found = self._fates[rule] = self._told(rule, 0)
            return found

    def _told(self, rule: RuleKey, gone: int) -> Fate | None:
        try:
            return self.sets.fate(rule, gone)
        except TooMany:
            return None

    def differs(self, rule: RuleKey, gone: Collection[RuleKey] = (), boxes: int = 0) -> bool:
        """Whether some packet would not be decided alike by a later rule.

        `gone` are rules that are left out already, `boxes` theirs.
        """
        indexes = self.sets.rows_of(rule)
        if not indexes:
            return False
        if indexes[-1] - indexes[0] >= len(indexes):
            return True  # its rows are apart from each other: what comes after them is not one thing
        fate = self._told(rule, boxes) if gone else self._fate(rule)
        return self._solver(rule).differs(rule, gone) if fate is None else fate is Fate.NEEDED

    def takers(self, rule: RuleKey, part: Part | None) -> list[RuleKey]:
        """Earlier rules of the user that leave nothing of a rule that decides nothing, or of such a part; more than needed."""
        try:
            return list(self.sets.takers(rule, part))
        except TooMany:
            return list(self.sets.earlier(rule))

    def meets(self, earlier: RuleKey, later: RuleKey) -> bool:
        """Whether a rule decides a packet that a later one matches too."""
        try:
            return self.sets.meets(earlier, later)
        except TooMany:
            return self._solver(earlier).meets(earlier, later)

    def after(self, rule: RuleKey) -> Iterator[FilterRow]:
        """The rows that decide what the rule decides, once it is gone; one for each rule."""
        found: set[RuleKey] = set()
        for index in self.sets.sharing(rule):
            key = key_of(self.rows[index])
            if key not in found and self._follows(rule, index):
                found.add(key)
                yield self.rows[index]

    def _follows(self, rule: RuleKey, index: int) -> bool:
        try:
            return self.sets.follows(rule, index)
        except TooMany:
            return self._solver(rule).follows(rule, index)
