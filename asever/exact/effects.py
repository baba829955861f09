"""What the rules of one filter do, by product sets: which decide something, which make a difference, which meet.

The same questions as those of `asever.solve.effects.Proofs`, with the same answers, in microseconds. A question whose search
goes beyond its budget raises `TooMany`: then the solver is to be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import reduce
from itertools import chain
from operator import and_, or_

from asever.exact.boxes import Box, meet
from asever.exact.covers import Covers, Rest, bits
from asever.exact.worlds import World
from asever.model.bits import each
from asever.model.effective import EffectiveNetwork, Filter, may_exist
from asever.model.regions import FIELDS, Region
from asever.model.rule_keys import Part, RuleKey, key_of
from asever.record import record

# In the place of a row, for boxes before all rows that take what is no packet in any possible world.
_NOWHERE = -1


class Fate(Enum):
    """What becomes of a rule, and of its packets without it."""

    DEAD = "it decides nothing"
    NEEDLESS = "it decides something, and later rules of the user would decide all of that alike"
    NEEDED = "something that it decides would not be decided alike"


@record
class _Rule:
    """One of the user's rules: its place among them, its rows, its boxes as bits, and the boxes of all that decide like it."""

    place: int
    rows: tuple[int, ...]
    boxes: int
    alike: int


_NO_RULE = _Rule(place=-1, rows=(), boxes=0, alike=0)


class RuleSets:
    """The rows of a filter as boxes: packets, with what nobody knows as further dimensions (`asever.exact.worlds`).

    A row may be several boxes, one for each way in which its sides can match. `rules` has the rows of each of the user's rules.
    """

    def __init__(self, network: EffectiveNetwork, one: Filter, fixed: Mapping[str, str]) -> None:
        world = World(network, [one], fixed)
        self.rows = one.rows
        self.rules: dict[RuleKey, list[int]] = {}
        for index, row in enumerate(one.rows):
            if row.origin.azure is None:
                self.rules.setdefault(key_of(row), []).append(index)
        lines: list[tuple[int, Region]] = [(_NOWHERE, region) for region in world.impossible]
        for index, row in enumerate(one.rows):
            if may_exist(row.condition, fixed):
                lines += [(index, line.sure) for line in world.lines(row)]
        self._row_of = [index for index, _ in lines]
        self._covers = Covers([region for _, region in lines], world.packets)
        self._packets = [self._covers.box(region) for region in world.packets]
        self._boxes_of: dict[int, list[int]] = {}
        for number, index in enumerate(self._row_of):
            self._boxes_of.setdefault(index, []).append(number)
        self._rules = self._found_rules()
        self._azure = self._covers.every & ~self.boxes(self.rules)
        # Of a rule boxes that it decides, and whether those were looked for that are found at first sight.
        self._decided: dict[RuleKey, list[Sequence[int]]] = defaultdict(list)
        self._looked_at: set[RuleKey] = set()
        self._starts: dict[int, tuple[tuple[Box, int], ...]] = {}

    def _found_rules(self) -> dict[RuleKey, _Rule]:
        numbers = {key: [one for index in its for one in self._boxes_of.get(index, ())] for key, its in self.rules.items()}
        doing: dict[str, list[int]] = defaultdict(list)
        for key, its in self.rules.items():
            doing[self.rows[its[0]].action.value] += numbers[key]
        alike = {action: bits(every) for action, every in doing.items()}
        return {
            key: _Rule(place=place, rows=tuple(its), boxes=bits(numbers[key]), alike=alike[self.rows[its[0]].action.value])
            for place, (key, its) in enumerate(self.rules.items())
        }

    def _rule(self, key: RuleKey) -> _Rule:
        return self._rules.get(key, _NO_RULE)

    def boxes(self, rules: Iterable[RuleKey]) -> int:
        """The boxes of some rules, as bits."""
        return reduce(or_, (self._rule(one).boxes for one in rules), 0)

    def _before(self, index: int) -> int:
        """The boxes of the rows before one that has boxes."""
        return (1 << self._boxes_of[index][0]) - 1

    def _starting(self, index: int) -> tuple[tuple[Box, int], ...]:
        """What a row matches, as boxes that hold packets, each with the boxes of all rows that meet it."""
        found = self._starts.get(index)
        if found is None:
            boxes = [self._covers.boxes[number] for number in self._boxes_of.get(index, ())]
            shared = (tuple(map(and_, box, whole)) for box in boxes for whole in self._packets)
            found = self._starts[index] = tuple((part, self._covers.meeting(part)) for part in shared if all(part))
        return found

    def _before_in(self, index: int, part: Part | None) -> Iterator[tuple[Box, int]]:
        """A row, or a part of what it matches, as such boxes, each with the boxes of earlier rows that meet the row."""
        axis = None if part is None else FIELDS.index(part.field)
        for box, meeting in self._starting(index):
            candidates = meeting & self._before(index)
            if axis is None or part is None:
                yield box, candidates
            elif mine := box[axis] & self._covers.axes[axis].mask(part.numbers):
                yield (*box[:axis], mine, *box[axis + 1 :]), candidates

    def _before_rule(self, rule: RuleKey, part: Part | None) -> Iterator[tuple[Box, int]]:
        """The same of all rows of a rule."""
        return chain.from_iterable(self._before_in(index, part) for index in self._rule(rule).rows)

    # -- Questions ------------------------------------------------------------------------------------------------------

    def matches(self, rule: RuleKey) -> bool:
        """Whether a rule, by itself, matches any packet."""
        return any(self._starting(index) for index in self._rule(rule).rows)

    def decides(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey] | None) -> bool:
        """Whether a rule decides something; with `present`, where these are the only other rules."""
        if present is None:
            return self._surely_decides(rule, part) or any(
                self._left(rule, box, candidates).part is not None for box, candidates in self._before_rule(rule, part)
            )
        there = self._azure | self.boxes(present)
        return any(
            self._covers.rest(box, candidates & there).part is not None for box, candidates in self._before_rule(rule, part)
        )

    def _surely_decides(self, rule: RuleKey, part: Part | None) -> bool:
        """Whether something is known already that a rule decides of a part."""
        if part is None:
            return bool(self._decided[rule])
        if rule not in self._looked_at:
            self._looked_at.add(rule)
            for box, candidates in self._before_rule(rule, None):
                self._decided[rule].extend(self._covers.outside(box, candidates))
        axis = FIELDS.index(part.field)
        mask = self._covers.axes[axis].mask(part.numbers)
        return any(box[axis] & mask for box in self._decided[rule])

    def _left(self, rule: RuleKey, box: Box, candidates: int, stopping: int = 0) -> Rest:
        """What earlier boxes leave of a box of a rule. What is left is noted, for other questions about the rule."""
        rest = self._covers.rest(box, candidates, stopping)
        if rest.part is not None:
            self._decided[rule].append(rest.part)
        return rest

    def takers(self, rule: RuleKey, part: Part | None) -> Iterator[RuleKey]:
        """Earlier rules of the user that take all that Azure's own leave of a rule, or of this part, which decides nothing."""
        for box, candidates in self._before_rule(rule, part):
            rows = sorted({self._row_of[number] for number in self._covers.rest(box, candidates).takers} - {_NOWHERE})
            yield from (key_of(self.rows[row]) for row in rows if self.rows[row].origin.azure is None)

    def fate(self, rule: RuleKey, gone: int = 0) -> Fate:
        """What becomes of a rule and of its packets without it. `gone` are `boxes` of rules that are left out already."""
        own, found = self._rule(rule), Fate.DEAD
        for index in own.rows:
            for box, meeting in self._starting(index):
                before = self._before(index)
                candidates = meeting & ~(gone | own.boxes & ~before)
                stopping = ~(before | own.alike)
                rest = self._covers.rest(box, candidates, stopping) if gone else self._left(rule, box, candidates, stopping)
                if rest.part is not None:
                    return Fate.NEEDED
                if any(not before >> number & 1 for number in rest.takers):
                    found = Fate.NEEDLESS
        return found

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
            for number in self._boxes_of.get(other, ()):
                if meeting >> number & 1:
                    both = meet(box, self._covers.boxes[number])
                    if both is not None and self._covers.rest(both, meeting & taking).part is not None:
                        return True
        return False

    def follows(self, rule: RuleKey, other: int) -> bool:
        """Whether a row decides something that the rule decides, once that is gone."""
        if key_of(self.rows[other]) == rule or other not in self._boxes_of:
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
        return any(candidates for _, candidates in self._before_rule(rule, None))

    def against(self, rule: RuleKey) -> Iterator[RuleKey]:
        """The earlier rules of the user that decide otherwise and share a packet with a rule."""
        own = self._rule(rule)
        for _, candidates in self._before_rule(rule, None):
            others = each(candidates & ~(self._azure | own.alike))
            yield from (key_of(self.rows[self._row_of[number]]) for number in others)

    def earlier(self, rule: RuleKey) -> Iterator[RuleKey]:
        """Other rules of the user before the last row of a rule that share a packet with it."""
        last = max(self._rule(rule).rows, default=0)
        rows = (self.rows[index] for index in self.sharing(rule) if index < last)
        return (key_of(row) for row in rows if row.origin.azure is None)

    def holders(self, rule: RuleKey, part: Part | None) -> Iterator[RuleKey]:
        """The rules that hold a rule, or this part of it, as `held_by` says, in their order; none for one without packets."""
        first = next(self._before_rule(rule, part), None)
        if first is not None:
            box, candidates = first
            holding = self._covers.holders(box, candidates & ~(self._rule(rule).boxes | self._azure))
            keys = dict.fromkeys(key_of(self.rows[self._row_of[number]]) for number in holding)
            ordered = sorted(keys, key=lambda one: self._rule(one).place)
            yield from (key for key in ordered if self.held_by(key, rule, part))

    def held_by(self, holder: RuleKey, rule: RuleKey, part: Part | None) -> bool:
        """Whether another rule takes all of a rule, or of this part, by itself: each row of it lies in an earlier one."""
        own = [bits(self._boxes_of.get(index, ())) for index in self._rule(holder).rows]
        for index in self._rule(rule).rows:
            starts = list(self._before_in(index, part))
            if starts and not any(all(self._covers.holder(box, mine & its) for box, mine in starts) for its in own):
                return False
        return True
