"""What a filter does between one end and every other, told by cells of the traffic (`asever.bulk.cells`).

A row may match only some of the addresses of an end. So a verdict about a cell has bounds: see `Profile`. They are all exact
where rules hold whole ends or nothing of them, as most do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

from asever.bulk.cells import Cells
from asever.bulk.crowd import Bits, Crowd, Side, numbers_of
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, FilterRow, conditions_of
from asever.record import record

_NARROW = 8
"""A row that meets no more ends than this is kept with each of them."""
_UNKNOWN = -1.0
_UNTOLD = -0.5
"""A share between 0 and 1 that nobody asks for."""
_MOST_SHARED = 1 - 1e-6
_SURE = 1e-5
_HALF = 0.5 - _SURE
"""Shares are added up as floating-point numbers; a difference as small as this says nothing."""


@record(kw_only=False)
class Profile:
    """What passes between two ends, as cells of the traffic.

    * `perhaps`: of no other cell does anything pass;
    * `whole`: everything passes;
    * `most`: surely more than half passes;
    * `some`: surely something passes, `dropped`: surely something does not;
    * `sources`: everything passes from some address of the caller, `targets`: to some address of the called end.

    `lists` are the rows behind it, for whoever has to look closer.
    """

    perhaps: int
    whole: int
    most: int
    some: int
    sources: int
    targets: int
    dropped: int
    lists: tuple[RowList, ...] = ()

    def meets(self, other: Profile) -> int:
        """The cells of which surely something passes both."""
        return (
            self.some & other.whole
            | self.whole & other.some
            | self.most & other.most
            | self.sources & other.targets
            | self.targets & other.sources
        )


def both(one: Profile, other: Profile) -> Profile:
    """What passes two filters."""
    return Profile(
        one.perhaps & other.perhaps,
        one.whole & other.whole,
        one.most & other.whole | one.whole & other.most,
        one.meets(other),
        one.sources & other.whole | one.whole & other.sources,
        one.targets & other.whole | one.whole & other.targets,
        one.dropped | other.dropped,
        one.lists + other.lists,
    )


@record(kw_only=False, eq=False)
class Rule:
    """A row: the cells of which it matches something, and those that it holds, and the ends likewise.

    `open_source` and `open_target` are the ends of which nobody can say whether they match.
    """

    row: FilterRow
    allows: bool
    meeting: int
    within: int
    source: Side
    target: Side
    open_source: Bits
    open_target: Bits


@record(kw_only=False, eq=False)
class RowList:
    """The rules of a filter that may match something between two ends, in order, and whether it passes what none matches."""

    rules: Sequence[Rule]
    passes: bool


_Item = tuple[int, float, float]
"""The number of a rule, and the shares of the own end's and of the other's packets that it matches, or `_UNTOLD`."""


class Gate:
    """One list of rows for all ends."""

    def __init__(
        self,
        network: EffectiveNetwork,
        fixed: Mapping[str, str],
        crowd: Crowd,
        cells: Cells,
        rows: Sequence[FilterRow],
        otherwise: Action,
    ) -> None:
        self._network = network
        self._fixed = fixed
        self._crowd = crowd
        self._cells = cells
        self._rules = [one for row in rows if (one := self._rule(row)) is not None]
        self._passes = otherwise is not Action.DENY
        mentioned = conditions_of(rule.row.condition for rule in self._rules)
        self.untold = mentioned - fixed.keys() - cells.assumptions
        self._found: dict[object, list[Profile | None]] = {}
        self._lines: dict[tuple[int, bool], list[Profile | None]] = {}

    # -- Rules ----------------------------------------------------------------------------------------------------------

    def _rule(self, row: FilterRow) -> Rule | None:
        meeting, within = self._cells.of(row)
        if not meeting:
            return None
        source, open_source = self._side(row.source)
        target, open_target = self._side(row.target)
        if not ((source.meeting | open_source) and (target.meeting | open_target)):
            return None
        allows = row.action is not Action.DENY
        return Rule(row, allows, meeting, within, source, target, open_source, open_target)

    def _side(self, match: AddressMatch) -> tuple[Side, Bits]:
        """What a row holds, and the ends of which nobody can say whether they match."""
        side = self._crowd.side(match.addresses)
        unknown = 0
        for tag in match.unknown_tags:
            unknown |= self._crowd.side(match.space(tag, self._network.tag_space)).meeting
        return side, unknown & ~side.within

    # -- One end --------------------------------------------------------------------------------------------------------

    def between(self, end: int, *, calls: bool) -> list[Profile | None]:
        """What passes between an end, as the one that calls or as the called one, and each other; None where nobody knows."""
        line = self._lines.get((end, calls))
        if line is None:
            line = self._lines[end, calls] = self._line(end, calls=calls)
        return line

    def _line(self, end: int, *, calls: bool) -> list[Profile | None]:
        own = self._own(end, calls=calls)
        key = (calls, *own)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._between(own, calls=calls)
        return found

    def _own(self, end: int, *, calls: bool) -> tuple[tuple[int, float], ...]:
        """The rows that may match an end, each with the share of its addresses; `_UNKNOWN` where nobody knows."""
        bit = 1 << end
        found: list[tuple[int, float]] = []
        for number, row in enumerate(self._rules):
            side, unknown = (row.source, row.open_source) if calls else (row.target, row.open_target)
            if side.within & bit:
                found.append((number, 1.0))
            elif unknown & bit:
                found.append((number, _UNKNOWN))
            elif side.meeting & bit:
                found.append((number, self._share(end, row, source=calls)))
        return tuple(found)

    def _share(self, end: int, rule: Rule, *, source: bool) -> float:
        """How much of an end, as caller or called, a rule matches that does not hold all of it."""
        match = rule.row.source if source else rule.row.target
        return min(self._crowd.share(end, match.addresses), _MOST_SHARED)

    def _between(self, own: Sequence[tuple[int, float]], *, calls: bool) -> list[Profile | None]:
        unknown: Bits = 0
        wide: dict[Bits, list[_Item]] = {self._crowd.every: []}
        narrow: dict[int, list[_Item]] = defaultdict(list)
        for number, share in own:
            rule = self._rules[number]
            side, doubtful = (rule.target, rule.open_target) if calls else (rule.source, rule.open_source)
            unknown |= doubtful
            if share == _UNKNOWN or rule.row.action is Action.ALWAYS_ALLOW:
                unknown |= side.meeting
            elif side.meeting.bit_count() <= _NARROW:
                for other in numbers_of(side.meeting):
                    part = 1.0 if side.within >> other & 1 else self._share(other, rule, source=not calls)
                    narrow[other].append((number, share, part))
            else:
                wide = _split(wide, side.within, (number, share, 1.0))
                if partly := side.meeting & ~side.within:
                    wide = _split(wide, partly, (number, share, _UNTOLD))
        found: list[Profile | None] = [None] * len(self._crowd.ends)
        known: dict[tuple[_Item, ...], Profile] = {}
        for bits, items in wide.items():
            usual: Profile | None = None
            numbers, lefts = self._lefts(items)
            for other in numbers_of(bits & ~unknown):
                special = narrow.get(other)
                if special is not None:  # what earlier rules have decided matters to nobody
                    special = [one for one in special if self._rules[one[0]].meeting & lefts[bisect_left(numbers, one[0])]]
                if not special:
                    if usual is None:
                        usual = self._profile(items, calls=calls)
                    found[other] = usual
                    continue
                merged = tuple(sorted((*items, *special)))
                profile = known.get(merged)
                if profile is None:
                    profile = known[merged] = self._profile(merged, calls=calls)
                found[other] = profile
        return found

    def _lefts(self, items: Sequence[_Item]) -> tuple[Sequence[int], Sequence[int]]:
        """The numbers of rules, and the cells that those before each of them, and all of them, leave undecided."""
        left = self._cells.every
        lefts = [left]
        for number, own, other in items:
            rule = self._rules[number]
            if own == other == 1.0:
                left &= ~rule.within
            lefts.append(left)
        return [number for number, *_ in items], lefts

    def _profile(self, items: Sequence[_Item], *, calls: bool) -> Profile:
        """What rules do, first match first."""
        left = every = self._cells.every
        rules = self._rules
        passed = dropped = 0
        for place, (number, own, other) in enumerate(items):
            rule = rules[number]
            if own != 1.0 or other != 1.0 or rule.meeting != rule.within:
                return self._partly(items, place, left, passed, dropped, calls=calls)
            mine = rule.within & left
            if mine:
                if rule.allows:
                    passed |= mine
                else:
                    dropped |= mine
                left ^= mine
                if not left:
                    break
        if self._passes:
            passed |= left
        lists = (RowList([rules[number] for number, *_ in items], self._passes),)
        return Profile(passed, passed, passed, passed, passed, passed, every & ~passed, lists)

    def _partly(self, items: Sequence[_Item], start: int, left: int, passed: int, dropped: int, *, calls: bool) -> Profile:
        """The same from a rule on that may match only a part of the packets of a cell; what comes before has decided cells."""
        bounds = _Bounds(left, passed, dropped)
        for number, own, other in items[start:]:
            rule = self._rules[number]
            if rule.meeting & bounds.left:
                bounds.match(rule, *((own, other) if calls else (other, own)))
                if not bounds.left:
                    break
        lists = (RowList([self._rules[number] for number, *_ in items], self._passes),)
        return bounds.profile(self._cells.every, lists, passes=self._passes)


class _Bounds:
    """What rules that may match parts of the packets between two ends do, rule by rule; see `Profile`.

    `left` are the cells that no rule has surely decided. In `untouched` ones no rule has matched anything, in `clean` ones
    every rule so far matched the cell as a whole, if only some of the addresses.
    """

    def __init__(self, left: int, passed: int, dropped: int) -> None:
        self.left = self.untouched = self.clean = left
        self.perhaps = self.some = self.whole = self.most = self.sources = self.targets = passed
        self.dropped = dropped
        self.denied = 0
        self.spent, self.refused = _Shares(), _Shares()

    def match(self, rule: Rule, caller: float, called: float) -> None:
        """The next rule, by the shares of the ends that it matches."""
        mine = rule.meeting & self.left
        within = rule.within & self.left
        least, utmost = (0.0, 1.0) if caller < 0 or called < 0 else (caller * called, caller * called)
        first = mine & self.untouched
        surely = first | within & self.clean if least > self.spent.every + _SURE else first
        by_source, by_target = called == 1.0, caller == 1.0
        if not rule.allows:
            self.dropped |= surely
            self.denied |= mine
            self.refused.add(utmost, by_source=by_source, by_target=by_target)
        else:
            self.perhaps |= mine
            self.some |= surely
            if least == 1.0:
                self._all_pass(within)
            else:
                if by_source:
                    self.sources |= (surely if self.spent.leaves_sources() else first) & within
                if by_target:
                    self.targets |= (surely if self.spent.leaves_targets() else first) & within
        self.untouched &= ~mine
        self.clean &= ~(mine & ~within)
        if least == 1.0:
            self.left ^= within
        else:
            self.spent.add(utmost, by_source=by_source, by_target=by_target)

    def _all_pass(self, cells: int) -> None:
        """Everything passes that was not denied before."""
        self.whole |= cells & ~self.denied
        clean = cells & self.clean
        self.most |= clean if self.refused.every < _HALF else 0
        self.sources |= clean if self.refused.leaves_sources() else 0
        self.targets |= clean if self.refused.leaves_targets() else 0

    def profile(self, every: int, lists: tuple[RowList, ...], *, passes: bool) -> Profile:
        """The bounds after the last rule, where what is left passes or does not."""
        left = self.left
        surely = left & (self.untouched | self.clean if self.spent.every + _SURE < 1.0 else self.untouched)
        if passes:
            self.perhaps |= left
            self.some |= surely
            self._all_pass(left)
        else:
            self.dropped |= surely
        most = self.most | self.whole
        return Profile(
            self.perhaps,
            self.whole,
            most,
            self.some | most,
            self.sources | self.whole,
            self.targets | self.whole,
            self.dropped | every & ~self.perhaps,
            lists,
        )


class _Shares:
    """The shares of packets that rules match, added up, and apart: of those that do not hold all of one end with a part."""

    __slots__ = ("_not_by_source", "_not_by_target", "every")

    def __init__(self) -> None:
        self.every = self._not_by_source = self._not_by_target = 0.0

    def add(self, share: float, *, by_source: bool, by_target: bool) -> None:
        """A further rule."""
        self.every += share
        self._not_by_source += 0.0 if by_source else share
        self._not_by_target += 0.0 if by_target else share

    def leaves_sources(self) -> bool:
        """Whether the rules surely match nothing from some address of the caller."""
        return not self._not_by_source and self.every + _SURE < 1.0

    def leaves_targets(self) -> bool:
        """Whether the rules surely match nothing to some address of the called end."""
        return not self._not_by_target and self.every + _SURE < 1.0


def _split(wide: Mapping[Bits, list[_Item]], bits: Bits, item: _Item) -> dict[Bits, list[_Item]]:
    """The ends apart by whether a further rule matches them so."""
    found: dict[Bits, list[_Item]] = {}
    for every, items in wide.items():
        if inside := every & bits:
            found[inside] = [*items, item]
        if rest := every & ~bits:
            found[rest] = items
    return found
