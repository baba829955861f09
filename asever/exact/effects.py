"""What the rules of one filter do, by product sets: which decide something, which make a difference, which meet.

The same questions as those of `asever.solve.effects.Proofs`, with the same answers, in microseconds. A question whose search
goes beyond its budget raises `TooMany`: then the solver is to be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import and_

from asever.exact.boxes import Box, meet
from asever.exact.covers import Covers, Left, each
from asever.exact.worlds import World
from asever.model.effective import Action, EffectiveNetwork, Filter, FilterRow, may_exist
from asever.model.regions import FIELDS, Region
from asever.model.rule_keys import Part, RuleKey, key_of

# In the place of a row, for boxes before all rows that take what is no packet in any possible world.
_NOWHERE = -1


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
        self._bits = {index: sum(1 << number for number in its) for index, its in self._boxes_of.items()}
        self._of_rules = {rule: self._bits_of_rows(its) for rule, its in self.rules.items()}
        self._places = {rule: place for place, rule in enumerate(self.rules)}
        self._azure = self._covers.every & ~sum(self._of_rules.values())
        self._alike: dict[Action, int] = defaultdict(int)
        for its in self.rules.values():
            self._alike[one.rows[its[0]].action] |= self._bits_of_rows(its)
        self._lacks: tuple[int, Sequence[Box]] | None = None
        self._starts: dict[int, tuple[tuple[Box, int], ...]] = {}

    def _bits_of_rows(self, indexes: Iterable[int]) -> int:
        return sum(self._bits.get(index, 0) for index in indexes)

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
        """A row, or a part of what it matches, as such boxes, each with the boxes of earlier rows that meet it."""
        axis = None if part is None else FIELDS.index(part.field)
        for box, meeting in self._starting(index):
            candidates = meeting & self._before(index)
            if axis is None or part is None:
                yield box, candidates
            elif mine := box[axis] & self._covers.axes[axis].mask(part.numbers):
                yield (*box[:axis], mine, *box[axis + 1 :]), self._covers.narrowed(candidates, axis, mine)

    # -- Questions ------------------------------------------------------------------------------------------------------

    def matches(self, rule: RuleKey) -> bool:
        """Whether a rule, by itself, matches any packet."""
        return any(self._starting(index) for index in self.rules.get(rule, ()))

    def decides(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey] | None) -> bool:
        """Whether a rule decides something; with `present`, where these are the only other rules."""
        if part is not None and present is None and any(self._plainly(index, part) for index in self.rules.get(rule, ())):
            return True
        there = -1 if present is None else self._azure | sum(self._of_rules.get(one, 0) for one in present)
        return any(
            self._covers.left(box, candidates & there) is Left.SOMETHING
            for index in self.rules.get(rule, ())
            for box, candidates in self._before_in(index, part)
        )

    def _plainly(self, index: int, part: Part) -> bool:
        """Whether all earlier rows together lack something of one field of a row, so that this part of it decides something."""
        axis = FIELDS.index(part.field)
        mask = self._covers.axes[axis].mask(part.numbers)
        return any(
            (mine := box[axis] & mask) and (mine & lacking[axis] or any(lacking[:axis]) or any(lacking[axis + 1 :]))
            for (box, _), lacking in zip(self._starting(index), self._lacking(index), strict=True)
        )

    def _lacking(self, index: int) -> Sequence[Box]:
        """Of each box of a row, the atoms of each field that no earlier row holds which meets the box."""
        if self._lacks is None or self._lacks[0] != index:
            pairs = self._before_in(index, None)
            self._lacks = (index, [self._covers.lacking(box, candidates) for box, candidates in pairs])
        return self._lacks[1]

    def fate(self, rule: RuleKey, gone: Collection[RuleKey] = ()) -> Left:
        """What is left of a rule by earlier ones, and of that by later ones of the user that decide alike.

        SOMETHING: a packet that it decides would not be decided alike without it. FOR_OTHERS: it decides something, and
        it makes no difference. `gone` are rules that are left out already.
        """
        there = ~sum(self._of_rules.get(one, 0) for one in gone)
        own = self._of_rules.get(rule, 0)
        found = Left.NOTHING
        for index in self.rules.get(rule, ()):
            for box, meeting in self._starting(index):
                before = self._before(index)
                stopping = ~(before | own | self._alike[self.rows[index].action])
                candidates = meeting & there & (before | ~own)
                found = max(found, self._covers.left(box, candidates, stopping, before))
                if found is Left.SOMETHING:
                    return found
        return found

    def meets(self, earlier: RuleKey, later: RuleKey) -> bool:
        """Whether a rule decides a packet that a later one matches too."""
        return any(
            self._share(index, other, self._before(index))
            for index in self.rules.get(earlier, ())
            if self._starting(index)
            for other in self.rules.get(later, ())
        )

    def _share(self, index: int, other: int, taking: int) -> bool:
        """Whether two rows share a packet that none of some boxes takes."""
        for box, meeting in self._starting(index):
            for number in self._boxes_of.get(other, ()):
                if meeting >> number & 1:
                    both = meet(box, self._covers.boxes[number])
                    if (
                        both is not None
                        and self._covers.left(both, self._covers.meeting(both, meeting & taking)) is Left.SOMETHING
                    ):
                        return True
        return False

    def follows(self, rule: RuleKey, other: int) -> bool:
        """Whether a row decides something that the rule decides, once that is gone."""
        if key_of(self.rows[other]) == rule or other not in self._boxes_of:
            return False
        taking = self._before(other) & ~self._of_rules.get(rule, 0)
        return any(index < other and self._share(index, other, taking) for index in self.rules.get(rule, ()))

    # -- Which rules to ask about ---------------------------------------------------------------------------------------

    def sharing(self, rule: RuleKey) -> list[int]:
        """The rows of other rules, Azure's too, that share a packet with a rule, in order."""
        met = 0
        for index in self.rules.get(rule, ()):
            for _, meeting in self._starting(index):
                met |= meeting
        others = met & ~(self._of_rules.get(rule, 0) | self._bits.get(_NOWHERE, 0))
        return list(dict.fromkeys(self._row_of[number] for number in each(others)))

    def contested(self, rule: RuleKey) -> bool:
        """Whether an earlier row, Azure's among them, shares a packet with a rule."""
        return any(candidates for index in self.rules.get(rule, ()) for _, candidates in self._before_in(index, None))

    def against(self, rule: RuleKey) -> Iterator[RuleKey]:
        """The earlier rules of the user that decide otherwise and share a packet with a rule."""
        for index in self.rules.get(rule, ()):
            alike = self._azure | self._alike[self.rows[index].action]
            for _, candidates in self._before_in(index, None):
                yield from (key_of(self.rows[self._row_of[number]]) for number in each(candidates & ~alike))

    def earlier(self, rule: RuleKey) -> Iterator[FilterRow]:
        """Rows of other rules of the user, before the last of the rule's, that share a packet with it."""
        last = max(self.rules.get(rule, (0,)))
        rows = (self.rows[index] for index in self.sharing(rule) if index < last)
        return (row for row in rows if row.origin.azure is None)

    def holders(self, rule: RuleKey, part: Part | None) -> Iterator[RuleKey]:
        """The rules that hold a rule, or this part of it, as `held_by` says, in their order; none for one without packets."""
        for index in self.rules.get(rule, ()):
            for _, candidates in self._before_in(index, part):
                rows = map(self._row_of.__getitem__, each(candidates & ~(self._of_rules[rule] | self._azure)))
                keys = dict.fromkeys(key_of(self.rows[row]) for row in dict.fromkeys(rows))
                yield from (key for key in sorted(keys, key=self._places.__getitem__) if self.held_by(key, rule, part))
                return

    def held_by(self, holder: RuleKey, rule: RuleKey, part: Part | None) -> bool:
        """Whether another rule takes all of a rule, or of this part, by itself: each row of it lies in an earlier one."""
        own = [self._bits[index] for index in self.rules.get(holder, ()) if index in self._bits]
        for index in self.rules.get(rule, ()):
            starts = list(self._before_in(index, part))
            if starts and not any(all(self._covers.holder(box, mine & bits) for box, mine in starts) for bits in own):
                return False
        return True
