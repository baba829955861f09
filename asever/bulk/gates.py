"""What a filter does between one end and every other, told by cells of the traffic (`asever.bulk.cells`).

A row may match only some of the addresses of an end, or exist in some readings only. So a verdict about a cell has bounds: see
`Profile`. They are all exact where rules hold whole ends or nothing of them, as most do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from asever.bulk.cells import Cells
from asever.bulk.crowd import Bits, Crowd, Side, numbers_of
from asever.model.effective import Action, AddressMatch, Condition, EffectiveNetwork, FilterRow, conditions_of, exists_in
from asever.record import record

_NARROW = 8
"""A row that meets no more ends than this is kept with each of them."""
_ALWAYS_THERE = (1.0,)
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
    * `sources`: everything passes from some address of the caller, `targets`: to some address of the called end;
    * `given`: in the readings with such a condition everything passes.

    `lists` are the rows behind it, for whoever has to look closer.
    """

    perhaps: int
    whole: int
    most: int
    some: int
    sources: int
    targets: int
    dropped: int
    given: tuple[tuple[Condition, int], ...] = ()
    lists: tuple[RowList, ...] = ()

    def meets(self, other: Profile) -> int:
        """The cells of which surely something passes both."""
        return (
            self.some & other.whole
            | self.whole & other.some
            | self.most & other.most
            | self.sources & other.targets
            | self.targets & other.sources
            | _together(self, other)
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
        tuple(_given(one, other)) if one.given or other.given else (),
        one.lists + other.lists,
    )


def _together(one: Profile, other: Profile) -> int:
    """The cells that pass both in some reading."""
    found = 0
    for condition, cells in one.given:
        for further, its in other.given:
            if cells & its and _agree(condition, further):
                found |= cells & its
    return found


def _given(one: Profile, other: Profile) -> Iterator[tuple[Condition, int]]:
    for mine, its in ((one, other), (other, one)):
        yield from ((condition, cells & its.whole) for condition, cells in mine.given if cells & its.whole)
    for condition, cells in one.given:
        yield from (
            (condition | further, cells & its) for further, its in other.given if cells & its and _agree(condition, further)
        )


def _agree(one: Condition, other: Condition) -> bool:
    """Whether some reading meets both conditions."""
    values = dict(one)
    return all(values.get(name, value) == value for name, value in other)


@record(kw_only=False, eq=False)
class Rule:
    """A row, or the rows that one rule is in different readings; `weights` are the shares of readings in which each exists.

    `meeting` and `within` are cells; a side is for all of the rows together: what some row meets, what every row holds.
    `sure`: there is one of them in each reading; `plain`: and it holds every cell that it meets.
    """

    allows: bool
    skips: bool
    meeting: int
    within: int
    source: Side
    target: Side
    rows: Sequence[FilterRow]
    weights: Sequence[float]
    sure: bool
    plain: bool
    open_source: Bits
    open_target: Bits


@record(kw_only=False, eq=False)
class RowList:
    """The rules of a filter that may match something between two ends, in order, and whether it passes what none matches."""

    rules: Sequence[Rule]
    passes: bool


_Item = tuple[int, float, float, int]
"""The number of a rule, the shares of the own end's and of the other's packets that it matches, or `_UNTOLD`.

Of a rule that is several rows, which of these hold all of the other end, as bits.
"""


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
        self._rules = [one for each in _rules(rows, fixed) if (one := self._rule(each)) is not None]
        self._passes = otherwise is not Action.DENY
        self.assumptions = conditions_of(row.condition for rule in self._rules for row in rule.rows) - fixed.keys()
        self._found: dict[object, list[Profile | None]] = {}
        self._lines: dict[tuple[int, bool], list[Profile | None]] = {}

    # -- Rules ----------------------------------------------------------------------------------------------------------

    def _rule(self, rows: Sequence[FilterRow]) -> Rule | None:
        first = rows[0]
        meeting, within = self._cells.of(first)
        if not meeting:
            return None
        if len(rows) == 1:
            source, open_source = self._side(first.source)
            target, open_target = self._side(first.target)
        else:
            source, open_source = self._sides([row.source for row in rows])
            target, open_target = self._sides([row.target for row in rows])
        if not ((source.meeting | open_source) and (target.meeting | open_target)):
            return None
        weights = [self._weight(row) for row in rows] if first.condition else _ALWAYS_THERE
        sure = weights is _ALWAYS_THERE or weights == [1.0] or self._in_every_reading(rows)
        return Rule(
            first.action is not Action.DENY,
            first.action is Action.ALWAYS_ALLOW,
            meeting,
            within,
            source,
            target,
            rows,
            weights,
            sure,
            sure and meeting == within,
            open_source,
            open_target,
        )

    def _weight(self, row: FilterRow) -> float:
        """The share of readings in which a row exists."""
        weight = 1.0
        for name, _ in row.condition:
            weight /= 1 if name in self._fixed else len(self._network.assumptions[name])
        return weight

    def _in_every_reading(self, rows: Sequence[FilterRow]) -> bool:
        """Whether one of the rows exists in each reading."""
        return all(any(exists_in(row.condition, one) for row in rows) for one in readings(self._network, self._fixed, rows))

    def _side(self, match: AddressMatch) -> tuple[Side, Bits]:
        """What a row holds, and the ends of which nobody can say whether they match."""
        side = self._crowd.side(match.addresses)
        unknown = 0
        for tag in match.unknown_tags:
            unknown |= self._crowd.side(match.space(tag, self._network.tag_space)).meeting
        return side, unknown & ~side.within

    def _sides(self, matches: Sequence[AddressMatch]) -> tuple[Side, Bits]:
        """The same for several rows: what some row meets, and what every row holds."""
        meeting, within, unknown = 0, self._crowd.every, 0
        for side, open_ends in map(self._side, matches):
            meeting |= side.meeting
            within &= side.within
            unknown |= open_ends
        return Side(meeting, within), unknown

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
        if len(rule.rows) > 1:
            return _UNTOLD
        match = rule.rows[0].source if source else rule.rows[0].target
        return min(self._crowd.share(end, match.addresses), _MOST_SHARED)

    def _between(self, own: Sequence[tuple[int, float]], *, calls: bool) -> list[Profile | None]:
        every = self._crowd.every
        unknown: Bits = 0
        wide: dict[Bits, list[_Item]] = {every: []}
        narrow: dict[int, list[_Item]] = defaultdict(list)
        for number, share in own:
            rule = self._rules[number]
            side, doubtful = (rule.target, rule.open_target) if calls else (rule.source, rule.open_source)
            unknown |= doubtful
            if share == _UNKNOWN or rule.skips:
                unknown |= side.meeting
            elif side.meeting.bit_count() <= _NARROW:
                conditional = bool(rule.rows[0].condition)
                for other in numbers_of(side.meeting):
                    part = 1.0 if side.within >> other & 1 else self._share(other, rule, source=not calls)
                    holding = self._holding(other, rule, source=not calls) if conditional else 0
                    narrow[other].append((number, share, part, holding))
            else:
                for apart, part, holding in self._parts(rule, side, calls=calls):
                    wide = _split(wide, apart, (number, share, part, holding))
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
        for number, own, other, _ in items:
            rule = self._rules[number]
            if own == other == 1.0 and rule.sure:
                left &= ~rule.within
            lefts.append(left)
        return [number for number, *_ in items], lefts

    def _holding(self, end: int, rule: Rule, *, source: bool) -> int:
        """Which of the rows that are one rule in different readings hold all of an end."""
        sides = [self._crowd.side((row.source if source else row.target).addresses) for row in rule.rows]
        return sum(1 << place for place, side in enumerate(sides) if side.within >> end & 1)

    def _parts(self, rule: Rule, side: Side, *, calls: bool) -> Iterator[tuple[Bits, float, int]]:
        """The ends that a rule meets, apart by how much of them it matches, and by which of its rows hold them."""
        partly = side.meeting & ~side.within
        every_row = (1 << len(rule.rows)) - 1
        yield side.within, 1.0, every_row if rule.rows[0].condition else 0
        if len(rule.rows) == 1:
            yield partly, _UNTOLD, 0
            return
        # In each reading a row of its own: an end may be in the one and not in the other.
        sides = [self._crowd.side((row.target if calls else row.source).addresses) for row in rule.rows]
        apart = [(partly, 0.0, 0)]
        for place, (one, weight) in enumerate(zip(sides, rule.weights, strict=True)):
            apart = [
                part
                for bits, share, holding in apart
                for part in (
                    (bits & one.within, _UNTOLD if share < 0 else share + weight, holding | 1 << place),
                    (bits & one.meeting & ~one.within, _UNTOLD, holding),
                    (bits & ~one.meeting, share, holding),
                )
                if part[0]
            ]
        yield from apart

    def _profile(self, items: Sequence[_Item], *, calls: bool) -> Profile:
        """What rules do, first match first."""
        left = every = self._cells.every
        rules = self._rules
        passed = dropped = 0
        for place, (number, own, other, _) in enumerate(items):
            rule = rules[number]
            if own != 1.0 or other != 1.0 or not rule.plain:
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
        return Profile(passed, passed, passed, passed, passed, passed, every & ~passed, (), lists)

    def _partly(self, items: Sequence[_Item], start: int, left: int, passed: int, dropped: int, *, calls: bool) -> Profile:
        """The same from a rule on that may match only a part of the packets of a cell; what comes before has decided cells."""
        bounds = _Bounds(left, passed, dropped)
        for number, own, other, holding in items[start:]:
            rule = self._rules[number]
            if rule.meeting & bounds.left:
                bounds.match(rule, *((own, other) if calls else (other, own)), holding if own == 1.0 else 0)
                if not bounds.left:
                    break
        lists = (RowList([self._rules[number] for number, *_ in items], self._passes),)
        return bounds.profile(self._cells.every, lists, passes=self._passes)


class _Bounds:
    """What rules that may match parts of the packets between two ends do, rule by rule; see `Profile`.

    `left` are the cells that no rule has surely decided. In `untouched` ones no rule has matched anything, in `clean` ones
    every rule so far matched the cell as a whole, if only some of the addresses or readings.
    """

    def __init__(self, left: int, passed: int, dropped: int) -> None:
        self.left = self.untouched = self.clean = left
        self.perhaps = self.some = self.whole = self.most = self.sources = self.targets = passed
        self.dropped = dropped
        self.denied = 0
        self.given: tuple[tuple[Condition, int], ...] = ()
        self.spent, self.refused = _Shares(), _Shares()

    def match(self, rule: Rule, caller: float, called: float, holding: int) -> None:
        """The next rule, by the shares of the ends that it matches; `holding` are those of its rows that match everything."""
        mine = rule.meeting & self.left
        within = rule.within & self.left
        least, utmost = _share_of(rule, caller, called)
        first = mine & self.untouched
        surely = first | within & self.clean if least > self.spent.every + _SURE else first
        by_source = rule.weights[0] == 1.0 == called
        by_target = rule.weights[0] == 1.0 == caller
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
                if holding:
                    self.given += _holds(rule, holding, within & ~self.denied)
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
            self.given,
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


def _holds(rule: Rule, holding: int, cells: int) -> tuple[tuple[Condition, int], ...]:
    """The conditions of the rows of a rule that hold everything, for the cells in which nothing is denied before them."""
    return tuple((row.condition, cells) for place, row in enumerate(rule.rows) if holding >> place & 1 and cells)


def _share_of(rule: Rule, caller: float, called: float) -> tuple[float, float]:
    """The share of the packets and readings between two ends that a rule matches, at least and at most."""
    if caller == called == 1.0:
        return (1.0, 1.0) if rule.sure else (sum(rule.weights), sum(rule.weights))
    several = len(rule.rows) > 1
    if caller < 0 or called < 0 or (several and 1.0 not in (caller, called)):
        return 0.0, 1.0
    share = caller * called if several else caller * called * rule.weights[0]
    return share, share


def readings(network: EffectiveNetwork, fixed: Mapping[str, str], rows: Iterable[FilterRow]) -> Iterator[Mapping[str, str]]:
    """Every way to read the assumptions that rows mention."""
    names = sorted(name for name in conditions_of(row.condition for row in rows) if name not in fixed)
    for chosen in product(*(network.assumptions[name] for name in names)):
        yield {**fixed, **dict(zip(names, chosen, strict=True))}


def _split(wide: Mapping[Bits, list[_Item]], bits: Bits, item: _Item) -> dict[Bits, list[_Item]]:
    """The ends apart by whether a further rule matches them so."""
    found: dict[Bits, list[_Item]] = {}
    for every, items in wide.items():
        if inside := every & bits:
            found[inside] = [*items, item]
        if rest := every & ~bits:
            found[rest] = items
    return found


def _rules(rows: Sequence[FilterRow], fixed: Mapping[str, str]) -> Iterator[Sequence[FilterRow]]:
    """The rows that exist, those together that one rule is in different readings."""
    together: list[FilterRow] = []
    for row in rows:
        if row.condition and any(fixed.get(name, value) != value for name, value in row.condition):
            continue
        if together and row.condition and _same_rule(together[-1], row):
            together.append(row)
            continue
        if together:
            yield together
        together = [row]
    if together:
        yield together


def _same_rule(one: FilterRow, other: FilterRow) -> bool:
    return (
        one.condition != frozenset()
        and (one.priority, one.name, one.action) == (other.priority, other.name, other.action)
        and (one.protocol, one.source_port, one.target_port) == (other.protocol, other.source_port, other.target_port)
    )
