"""What the rules of one filter do, by product sets: which decide something, which make a difference, which meet.

The same questions as those of `asever.solve.effects.Proofs`, with the same answers, in microseconds. A question whose search
goes beyond its budget raises `TooMany`: then the solver is to be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import chain

from asever.exact.boxes import Box, meet
from asever.exact.covers import Covers
from asever.exact.worlds import World
from asever.model.bits import bits_of, each
from asever.model.effective import EffectiveNetwork, Filter, may_exist
from asever.model.numbers import Range
from asever.model.regions import FIELDS, Region
from asever.model.rule_keys import Part, RuleKey, key_of

# In the place of a row, for boxes before all rows that take what is no packet in any possible world.
_NOWHERE = -1


class Fate(Enum):
    """What becomes of a rule, and of its packets without it."""

    DEAD = "it decides nothing"
    NEEDLESS = "it decides something, and later rules of the user would decide all of that alike"
    NEEDED = "something that it decides would not be decided alike"


class _Rule:
    """One of the user's rules: its place among them, its rows, its boxes as bits, and the boxes of all that decide like it.

    `decided` has of some dimensions atoms at which it is known to decide something.
    """

    __slots__ = ("alike", "boxes", "decided", "place", "rows")

    def __init__(self, place: int) -> None:
        self.place = place
        self.rows: list[int] = []
        self.boxes = 0
        self.alike = 0
        self.decided: dict[int, int] = {}


_NO_RULE = _Rule(-1)


class RuleSets:
    """The rows of a filter as boxes: packets, with what nobody knows as further dimensions (`asever.exact.worlds`).

    A row may be several boxes, one for each way in which its sides can match. `rules` are the user's.
    """

    def __init__(self, network: EffectiveNetwork, one: Filter, fixed: Mapping[str, str]) -> None:
        world = World(network, [one], fixed)
        self.rows = one.rows
        self._keys = [key_of(row) if row.origin.azure is None else None for row in one.rows]
        self.rules: dict[RuleKey, _Rule] = {}
        for index, key in enumerate(self._keys):
            if key is not None:
                rule = self.rules.get(key)
                if rule is None:
                    rule = self.rules[key] = _Rule(len(self.rules))
                rule.rows.append(index)
        regions: list[Region] = list(world.impossible)
        self._row_of = [_NOWHERE] * len(regions)
        self._boxes_of: list[range] = []
        for index, row in enumerate(one.rows):
            first = len(regions)
            if may_exist(row.condition, fixed):
                regions += world.regions(row)
            self._boxes_of.append(range(first, len(regions)))
            self._row_of += [index] * (len(regions) - first)
        self._covers = Covers(regions, world.packets)
        self._packets = [self._covers.space(region) for region in world.packets]
        self._note_boxes()
        self._azure = self._covers.every & ~self.boxes(self.rules)
        self._starts: dict[int, tuple[tuple[Box, int], ...]] = {}

    def _note_boxes(self) -> None:
        """Tells every rule its boxes, and those of all that decide like it."""
        doing: dict[str, list[int]] = defaultdict(list)
        for rule in self.rules.values():
            numbers = [number for index in rule.rows for number in self._boxes_of[index]]
            rule.boxes = bits_of(numbers)
            doing[self.rows[rule.rows[0]].action.value] += numbers
        alike = {action: bits_of(every) for action, every in doing.items()}
        for rule in self.rules.values():
            rule.alike = alike[self.rows[rule.rows[0]].action.value]

    def _rule(self, key: RuleKey) -> _Rule:
        return self.rules.get(key) or _NO_RULE

    def rows_of(self, rule: RuleKey) -> Sequence[int]:
        """The rows of a rule."""
        return self._rule(rule).rows

    def boxes(self, rules: Iterable[RuleKey]) -> int:
        """The boxes of some rules, as bits."""
        return bits_of([number for one in rules for index in self._rule(one).rows for number in self._boxes_of[index]])

    def _before(self, index: int) -> int:
        """The boxes of the rows before one that has boxes."""
        return (1 << self._boxes_of[index][0]) - 1

    def _starting(self, index: int) -> tuple[tuple[Box, int], ...]:
        """What a row matches, as boxes that hold packets, each with the boxes of all rows that meet it."""
        found = self._starts.get(index)
        if found is None:
            parts = (self._covers.within(number, space) for number in self._boxes_of[index] for space in self._packets)
            found = self._starts[index] = tuple(one for one in parts if one is not None)
        return found

    def _before_in(self, index: int, part: Part | None) -> Iterator[tuple[Box, int]]:
        """A row, or a part of what it matches, as such boxes, each with the boxes of earlier rows that meet the row."""
        before = [(box, meeting & self._before(index)) for box, meeting in self._starting(index)]
        if part is None:
            yield from before
            return
        axis, numbers = FIELDS.index(part.field), self._mask(part)
        for box, candidates in before:
            if mine := box[axis] & numbers:
                yield (*box[:axis], mine, *box[axis + 1 :]), candidates

    def _before_rule(self, rule: _Rule, part: Part | None) -> Iterator[tuple[Box, int]]:
        """The same of all rows of a rule."""
        return chain.from_iterable(self._before_in(index, part) for index in rule.rows)

    # -- Questions ------------------------------------------------------------------------------------------------------

    def matches(self, rule: RuleKey) -> bool:
        """Whether a rule, by itself, matches any packet."""
        return any(self._starting(index) for index in self._rule(rule).rows)

    def decides(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey] | None) -> bool:
        """Whether a rule decides something; with `present`, where these are the only other rules."""
        own = self._rule(rule)
        if present is None:
            known = part is not None and self._decided(own, FIELDS.index(part.field)) & self._mask(part)
            return bool(known) or any(self._leaves(own, box, candidates) for box, candidates in self._before_rule(own, part))
        there = self._azure | self.boxes(present)
        return any(
            self._covers.rest(box, candidates & there).part is not None for box, candidates in self._before_rule(own, part)
        )

    def _mask(self, part: Part) -> int:
        """The atoms that a part has in its field."""
        return self._covers.axes[FIELDS.index(part.field)].mask(part.numbers)

    def decides_each(self, rule: RuleKey, field: str, ranges: Iterable[Range]) -> bool:
        """Whether a first look tells that a rule decides something of each of these ranges of a field."""
        axis = FIELDS.index(field)
        decided, dimension = self._decided(self._rule(rule), axis), self._covers.axes[axis]
        return all(decided >> dimension.place(low) & 1 or decided & dimension.run(low, high) for low, high in ranges)

    def _decided(self, rule: _Rule, axis: int) -> int:
        """Atoms of a field at which a rule decides something: those that are known, or found at first sight."""
        found = rule.decided.get(axis)
        if found is None:
            found = 0
            for box, candidates in self._before_rule(rule, None):
                point = self._covers.point(box, candidates)
                if point is not None:
                    found |= self._covers.line(box, candidates, point, axis)
            rule.decided[axis] = found
        return found

    def _leaves(self, rule: _Rule, box: Box, candidates: int) -> bool:
        """Whether earlier boxes leave something of a box of a rule. What a search finds is noted, for other questions."""
        if self._covers.point(box, candidates) is not None:
            return True
        if self._covers.holder(box, candidates):
            return False
        part = self._covers.rest(box, candidates).part
        if part is None:
            return False
        for axis in rule.decided:
            rule.decided[axis] |= part[axis]
        return True

    def takers(self, rule: RuleKey, part: Part | None) -> Iterator[RuleKey]:
        """Earlier rules of the user that take all that Azure's own leave of a rule, or of this part, which decides nothing."""
        for box, candidates in self._before_rule(self._rule(rule), part):
            rows = sorted({self._row_of[number] for number in self._covers.rest(box, candidates).takers} - {_NOWHERE})
            yield from (key_of(self.rows[row]) for row in rows if self.rows[row].origin.azure is None)

    def fate(self, rule: RuleKey, gone: int = 0) -> Fate:
        """What becomes of a rule and of its packets without it. `gone` are `boxes` of rules that are left out already."""
        own, found = self._rule(rule), Fate.DEAD
        for index in own.rows:
            for box, meeting in self._starting(index):
                before = self._before(index)
                candidates = meeting & ~(gone | own.boxes & ~before)
                if self._is_needed(own, box, candidates, before):
                    return Fate.NEEDED
                if self._covers.holder(box, candidates & before):
                    continue
                rest = self._covers.rest(box, candidates, ~(before | own.alike))
                if rest.part is not None:
                    return Fate.NEEDED
                if any(not before >> number & 1 for number in rest.takers):
                    found = Fate.NEEDLESS
        return found

    def _is_needed(self, rule: _Rule, box: Box, candidates: int, before: int) -> bool:
        """Whether a first look finds a point that no box before a rule holds, and that none like it is the next to hold."""
        point = self._covers.point(box, candidates & before)
        if point is None:
            return False
        then = self._covers.first(box, candidates & ~before, point)
        if then is None or not rule.alike >> then & 1:
            return True
        return self._covers.point(box, candidates & (before | rule.alike)) is not None

    def meets(self, earlier: RuleKey, later: RuleKey) -> bool:
        """Whether a rule decides a packet that a later one matches too."""
        return any(
            self._share(index, other, self._before(index))
            for index in self._rule(earlier).rows
            if self._starting(index)
            for other in self._rule(later).rows
        )

    def _share(self, index: int, other: int, taking: int) -> bool:
        """Whether two rows share a packet that none of some boxes takes."""
        for box, meeting in self._starting(index):
            for number in self._boxes_of[other]:
                if meeting >> number & 1:
                    both = meet(box, self._covers.boxes[number])
                    if both is not None and self._covers.rest(both, meeting & taking).part is not None:
                        return True
        return False

    def follows(self, rule: RuleKey, other: int) -> bool:
        """Whether a row decides something that the rule decides, once that is gone."""
        if self._keys[other] == rule or not self._boxes_of[other]:
            return False
        own = self._rule(rule)
        taking = self._before(other) & ~own.boxes
        return any(index < other and self._share(index, other, taking) for index in own.rows)

    # -- Which rules to ask about ---------------------------------------------------------------------------------------

    def sharing(self, rule: RuleKey) -> list[int]:
        """The rows of other rules, Azure's too, that share a packet with a rule, in order."""
        own, met = self._rule(rule), 0
        for index in own.rows:
            for _, meeting in self._starting(index):
                met |= meeting
        found = dict.fromkeys(self._row_of[number] for number in each(met & ~own.boxes))
        return [index for index in found if index != _NOWHERE]

    def contested(self, rule: RuleKey) -> bool:
        """Whether an earlier row, Azure's among them, shares a packet with a rule."""
        return any(candidates for _, candidates in self._before_rule(self._rule(rule), None))

    def against(self, rule: RuleKey) -> Iterator[RuleKey]:
        """The earlier rules of the user that decide otherwise and share a packet with a rule."""
        own = self._rule(rule)
        for _, candidates in self._before_rule(own, None):
            others = each(candidates & ~(self._azure | own.alike))
            yield from (key_of(self.rows[self._row_of[number]]) for number in others)

    def earlier(self, rule: RuleKey) -> Iterator[RuleKey]:
        """Other rules of the user before the last row of a rule that share a packet with it."""
        last = max(self._rule(rule).rows, default=0)
        rows = (self.rows[index] for index in self.sharing(rule) if index < last)
        return (key_of(row) for row in rows if row.origin.azure is None)

    def holders(self, rule: RuleKey, part: Part | None) -> Iterator[RuleKey]:
        """The rules that hold a rule, or this part of it, as `held_by` says, in their order; none for one without packets."""
        first = next(self._before_rule(self._rule(rule), part), None)
        if first is not None:
            box, candidates = first
            holding = self._covers.holders(box, candidates & ~(self._rule(rule).boxes | self._azure))
            keys = dict.fromkeys(key_of(self.rows[self._row_of[number]]) for number in holding)
            ordered = sorted(keys, key=lambda one: self._rule(one).place)
            yield from (key for key in ordered if self.held_by(key, rule, part))

    def held_by(self, holder: RuleKey, rule: RuleKey, part: Part | None) -> bool:
        """Whether another rule takes all of a rule, or of this part, by itself: each row of it lies in an earlier one."""
        own = [bits_of(self._boxes_of[index]) for index in self._rule(holder).rows]
        for index in self._rule(rule).rows:
            starts = list(self._before_in(index, part))
            if starts and not any(all(self._covers.holder(box, mine & its) for box, mine in starts) for its in own):
                return False
        return True
