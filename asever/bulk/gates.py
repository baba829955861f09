"""What a filter does between one end and every other, told by cells of the traffic (`asever.bulk.cells`).

A row may match only some of the addresses of an end. So a verdict about a cell has bounds: see `Profile`. They are all exact
where rules hold whole ends or nothing of them, as most do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from asever.bulk.cells import Cells
from asever.bulk.crowd import Bits, Crowd, Side, numbers_of
from asever.model.effective import Action, AddressMatch, FilterRow, conditions_of
from asever.model.numbers import NumberSet
from asever.record import replace

_UNKNOWN = -1.0
_UNTOLD = -0.5
"""A share between 0 and 1 that nobody asks for."""
_SURE = 1e-5
_HALF = 0.5 - _SURE
"""Shares are added up as floating-point numbers; a difference as small as this says nothing."""


class Profile:
    """What passes between two ends, as cells of the traffic.

    * `perhaps`: of no other cell does anything pass;
    * `whole`: everything passes;
    * `most`: surely more than half passes;
    * `some`: surely something passes, `dropped`: surely something does not;
    * `sources`: everything passes from some address of the caller, `targets`: to some address of the called end.

    `lists` are the rows behind it, for whoever has to look closer. Profiles and rules are made by the hundred thousand, and
    records take twice as long to make.
    """

    __slots__ = ("dropped", "lists", "most", "perhaps", "some", "sources", "targets", "whole")

    def __init__(
        self,
        perhaps: int,
        whole: int,
        most: int,
        some: int,
        sources: int,
        targets: int,
        dropped: int,
        lists: tuple[RowList, ...] = (),
    ) -> None:
        self.perhaps = perhaps
        self.whole = whole
        self.most = most
        self.some = some
        self.sources = sources
        self.targets = targets
        self.dropped = dropped
        self.lists = lists

    def meets(self, other: Profile) -> int:
        """The cells of which surely something passes both."""
        return (
            self.some & other.whole
            | self.whole & other.some
            | self.most & other.most
            | self.sources & other.targets
            | self.targets & other.sources
        )


NOTHING = Profile(0, 0, 0, 0, 0, 0, 0)
"""No cell at all."""


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


class Rule:
    """A row: the cells of which it matches something, and those that it holds, and the ends likewise."""

    __slots__ = ("allows", "meeting", "row", "source", "target", "within")

    def __init__(self, row: FilterRow, meeting: int, within: int, source: Side, target: Side) -> None:
        self.row = row
        self.allows = row.action is not Action.DENY
        self.meeting = meeting
        self.within = within
        self.source = source
        self.target = target


_Item = tuple[int, float, float]
"""The number of a rule, and the shares of the own end's and of the other's packets that it matches, or `_UNTOLD`."""


class RowList:
    """The rules of a filter that may match something between two ends, and whether it passes what none matches.

    `every` are all its rules; those that matter here are `usual`, for many ends, and `special`, for the one end.
    """

    __slots__ = ("every", "passes", "special", "usual")

    def __init__(self, every: Sequence[Rule], passes: bool, usual: Sequence[_Item], special: Sequence[_Item] = ()) -> None:
        self.every = every
        self.passes = passes
        self.usual = usual
        self.special = special

    @property
    def rules(self) -> list[Rule]:
        """Those that matter, in order."""
        return [self.every[number] for number, *_ in sorted((*self.usual, *self.special))]


class Sides:
    """The sides of rules for a crowd, each made once: most rules share what they match with others."""

    def __init__(self, crowd: Crowd, tag_space: NumberSet) -> None:
        self.crowd = crowd
        self._tag_space = tag_space
        self._known: dict[int, tuple[AddressMatch, Side]] = {}

    def of(self, match: AddressMatch) -> Side:
        """What a side of a rule is for every end."""
        found = self._known.get(id(match))  # what a match is would have to be read for any other key
        if found is None:
            found = self._known[id(match)] = match, self._side(match)
        return found[1]

    def _side(self, match: AddressMatch) -> Side:
        side = self.crowd.side(match.addresses)
        if not match.unknown_tags:
            return side
        unknown = 0
        for tag in match.unknown_tags:
            unknown |= self.crowd.side(match.space(tag, self._tag_space)).meeting
        return replace(side, open=unknown & ~side.within)


class Gate:
    """One list of rows for all ends."""

    def __init__(
        self, fixed: Mapping[str, str], sides: Sides, cells: Cells, rows: Sequence[FilterRow], otherwise: Action
    ) -> None:
        self._sides = sides
        self._crowd = sides.crowd
        self._cells = cells
        self._rules = list(self._rules_of(rows))
        self._passes = otherwise is not Action.DENY
        mentioned = conditions_of(rule.row.condition for rule in self._rules)
        self.untold = mentioned - fixed.keys() - cells.assumptions
        self._found: dict[object, list[Profile | None]] = {}
        self._lines: dict[tuple[int, bool], list[Profile | None]] = {}

    # -- Rules ----------------------------------------------------------------------------------------------------------

    def _rules_of(self, rows: Sequence[FilterRow]) -> Iterator[Rule]:
        cells, side = self._cells.of, self._sides.of
        for row in rows:
            meeting, within = cells(row)
            if not meeting:
                continue
            source, target = side(row.source), side(row.target)
            if (source.meeting or source.open) and (target.meeting or target.open):
                yield Rule(row, meeting, within, source, target)

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
        for number, rule in enumerate(self._rules):
            side = rule.source if calls else rule.target
            if side.within & bit:
                found.append((number, 1.0))
            elif side.open & bit:
                found.append((number, _UNKNOWN))
            elif side.meeting & bit:
                match = rule.row.source if calls else rule.row.target
                found.append((number, self._crowd.share(end, match.addresses)))
        return tuple(found)

    def _between(self, own: Sequence[tuple[int, float]], *, calls: bool) -> list[Profile | None]:
        unknown: Bits = 0
        wide: dict[Bits, list[_Item]] = {self._crowd.every: []}
        narrow: dict[int, list[_Item]] = defaultdict(list)
        for number, share in own:
            rule = self._rules[number]
            side = rule.target if calls else rule.source
            unknown |= side.open
            if share == _UNKNOWN or rule.row.action is Action.ALWAYS_ALLOW:
                unknown |= side.meeting
            elif side.few is not None:
                for other, part in side.few:
                    narrow[other].append((number, share, part))
            else:
                wide = _split(wide, side.within, (number, share, 1.0))
                if partly := side.meeting & ~side.within:
                    wide = _split(wide, partly, (number, share, _UNTOLD))
        special = sum(1 << other for other in narrow)
        found: list[Profile | None] = [None] * len(self._crowd.ends)
        for bits, items in wide.items():
            usual = _Usual(self._rules, items, self._cells.every, passes=self._passes, calls=calls)
            alike = bits & ~unknown
            for other in numbers_of(alike):
                found[other] = usual.profile
            for other in numbers_of(alike & special):
                found[other] = usual.beside(narrow[other])
        return found


class _Usual:
    """What rules do to all ends of which they match the same, and to one of them that has rules of its own besides.

    A cell is decided by the first rule that matches all of it, if no rule before matched a part; else there are bounds.
    """

    def __init__(self, rules: Sequence[Rule], items: Sequence[_Item], every: int, *, passes: bool, calls: bool) -> None:
        self._rules = rules
        self._items = items
        self._every = every
        self._passes = passes
        self._calls = calls
        self._numbers = [number for number, *_ in items]
        # Before each rule, and after the last: the cells that are undecided, and those of which a part was matched.
        self._left, self._parted = [every], [0]
        self.profile = self._alone()

    def _alone(self) -> Profile:
        left, parted = self._every, 0
        passed = 0
        for number, own, other in self._items:
            rule = self._rules[number]
            mine = rule.meeting & left
            if own == other == 1.0:
                whole = rule.within & left
                if rule.allows:
                    passed |= whole & ~parted
                parted |= mine ^ whole
                left ^= whole
            else:
                parted |= mine
            self._left.append(left)
            self._parted.append(parted)
        if self._passes:
            passed |= left & ~parted
        lists = (RowList(self._rules, self._passes, self._items),)
        if not parted:
            return _exact(passed, self._every, lists)
        return _together(NOTHING, 0, passed, self._every & ~(passed | parted), self._bounds(parted, ()), lists)

    def beside(self, special: Sequence[_Item]) -> Profile:
        """What passes where one end has rules of its own."""
        usual = self.profile
        passed = dropped = parted = differing = 0
        for number, own, other in special:
            rule = self._rules[number]
            at = bisect_left(self._numbers, number)
            mine = rule.meeting & self._left[at]
            if not mine:
                continue  # earlier rules have decided it
            mine &= ~(passed | dropped)
            differing |= mine & ~usual.whole if rule.allows else mine & usual.perhaps
            if own != 1.0 or other != 1.0 or rule.meeting != rule.within:
                parted |= mine
                continue
            if doubtful := mine & (parted | self._parted[at]):
                parted |= doubtful
                mine ^= doubtful
            if rule.allows:
                passed |= mine
            else:
                dropped |= mine
        # Where all of these do what is done as a rule they change nothing.
        if not differing:
            return usual
        kept = self._every ^ differing
        passed, dropped, parted = passed & differing, dropped & differing, parted & differing
        lists = (RowList(self._rules, self._passes, self._items, special),)
        if not parted and usual.perhaps == usual.whole:
            return _exact(usual.whole & kept | passed, self._every, lists)
        bounds = self._bounds(parted, special) if parted else NOTHING
        return _together(usual, kept, passed, dropped, bounds, lists)

    def _bounds(self, cells: int, special: Sequence[_Item]) -> Profile:
        """What passes of cells of which rules match parts."""
        bounds = _Bounds(cells)
        rules = self._rules
        for number, own, other in sorted([one for one in chain(self._items, special) if rules[one[0]].meeting & cells]):
            if rules[number].meeting & bounds.left:
                bounds.match(rules[number], *((own, other) if self._calls else (other, own)))
                if not bounds.left:
                    break
        return bounds.profile(passes=self._passes)


def _together(usual: Profile, kept: int, passed: int, dropped: int, bounds: Profile, lists: tuple[RowList, ...]) -> Profile:
    """The cells that are `kept` as usual, those that pass or are dropped as a whole, and others within bounds."""
    return Profile(
        usual.perhaps & kept | passed | bounds.perhaps,
        usual.whole & kept | passed | bounds.whole,
        usual.most & kept | passed | bounds.most,
        usual.some & kept | passed | bounds.some,
        usual.sources & kept | passed | bounds.sources,
        usual.targets & kept | passed | bounds.targets,
        usual.dropped & kept | dropped | bounds.dropped,
        lists,
    )


def _exact(passed: int, every: int, lists: tuple[RowList, ...]) -> Profile:
    """The profile of filters that pass or drop each cell as a whole."""
    return Profile(passed, passed, passed, passed, passed, passed, every ^ passed, lists)


class _Bounds:
    """What rules that may match parts of the packets between two ends do with some cells, rule by rule; see `Profile`.

    `left` are the cells that no rule has surely decided. In `untouched` ones no rule has matched anything, in `clean` ones
    every rule so far matched the cell as a whole, if only some of the addresses.
    """

    def __init__(self, cells: int) -> None:
        self.cells = self.left = self.untouched = self.clean = cells
        self.perhaps = self.some = self.whole = self.most = self.sources = self.targets = 0
        self.dropped = self.denied = 0
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

    def profile(self, *, passes: bool) -> Profile:
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
            self.dropped | self.cells & ~self.perhaps,
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
