"""What the rules of one filter do: which decide nothing, what decides in their place, and which make no difference.

Most answers need no solver: a packet that a rule decides is soon found (`asever.solve.classes`), and what one earlier rule
holds is seen in the sets. The rest is asked of Z3, over the rows that may share a packet with the rule. There every rule has
a switch: the filter without a rule is the same text with that switch off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice, takewhile

from asever.model.addresses import ALL_V4, ALL_V6
from asever.model.effective import ALWAYS, EffectiveNetwork, Filter, FilterRow
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PROTOCOL, PROTOCOLS_WITH_PORTS
from asever.record import record
from asever.solve.classes import Classes, bits, may_match
from asever.solve.groups import EVERY_PACKET, Tags, domain
from asever.solve.paths import FIELDS
from asever.solve.rows import Rows
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, conjunction, covers, disjunction, negation
from asever.source import Span

RuleKey = tuple[int, str, Span | None]
"""A rule of one filter: its priority, its name, and where it is written."""

_ALL = "every rule is there"
# A question about more rows than these is asked of one text about all rows, which costs much to make and is made once.
_MOST_ROWS = 120


def key_of(row: FilterRow) -> RuleKey:
    """The rule that a row belongs to."""
    return row.priority, row.name, row.origin.span


@record
class Part:
    """A part of what a rule matches: packets with this field in this set."""

    field: str
    numbers: NumberSet


class Effects:
    """The rules of one filter, at all the places where it stands, in every reading of the assumptions that are open.

    Service tags of unknown content may hold anything that their names allow: what is said here holds whatever they hold.
    """

    def __init__(
        self,
        network: EffectiveNetwork,
        filters: Sequence[Filter],
        fixed: Mapping[str, str],
        parts: Mapping[RuleKey, Sequence[Part]],
        deadline: float | None = None,
    ) -> None:
        self._places = [_Place(network, one, fixed, parts, deadline) for one in filters]
        self.rules = tuple(dict.fromkeys(rule for one in self._places for rule in one.rules))

    def matches(self, rule: RuleKey) -> bool:
        """Whether a rule, by itself, matches any packet."""
        return any(one.matches(rule) for one in self._places)

    def decides(self, rule: RuleKey, part: Part | None = None) -> bool:
        """Whether a rule decides a packet somewhere; of a part of what it matches, where one is given."""
        return any(one.decides(rule, part) for one in self._places)

    def instead(self, rule: RuleKey, part: Part | None = None) -> tuple[FilterRow, ...]:
        """Earlier rules that take all of what a rule, or this part of it, matches; without any of them something is left.

        One row stands for each rule. There is none where Azure's own rows take all of it.
        """
        found: dict[RuleKey, FilterRow] = {}
        holder = next((key for key in self.rules if all(one.holds(key, rule, part) for one in self._places)), None)
        for one in self._places:
            for row in one.earlier(rule) if holder is None else one.of(holder):
                found.setdefault(key_of(row), row)
        if holder is not None:
            return (found[holder],)
        if self._taken(rule, part, []):
            return ()
        every = list(found)
        needed = self._fewest(rule, part, [], every)
        return tuple(found[key] for key in every if key in needed)

    def _taken(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey]) -> bool:
        return not any(one.decides_after(rule, part, present) for one in self._places)

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
        candidates = [
            rule for rule in self.rules if rule not in gone and not any(one.differs(rule, ()) for one in self._places)
        ]
        found: list[RuleKey] = []
        again = True
        while again:  # what goes may make another one needless
            again = False
            for rule in candidates:
                if rule not in gone and not any(one.differs(rule, gone) for one in self._places):
                    gone.add(rule)
                    found.append(rule)
                    again = True
        return tuple(rule for rule in self.rules if rule in found)

    def meets(self, earlier: RuleKey, later: RuleKey) -> bool:
        """Whether a rule decides a packet that a later one matches too."""
        return any(one.meets(earlier, later) for one in self._places)

    def after(self, rule: RuleKey, most: int) -> tuple[FilterRow, ...]:
        """The first rows, at `most` so many, that decide what a rule decides once it is gone; one for each rule."""
        found: dict[RuleKey, FilterRow] = {}
        for one in self._places:
            for row in islice(one.after(rule), most):
                found.setdefault(key_of(row), row)
        return tuple(islice(found.values(), most))


class _Place:
    """The filter at one place: quick answers from sets and samples, and the solver where these do not tell."""

    def __init__(
        self,
        network: EffectiveNetwork,
        one: Filter,
        fixed: Mapping[str, str],
        parts: Mapping[RuleKey, Sequence[Part]],
        deadline: float | None,
    ) -> None:
        self.network = network
        self.rows = one.rows
        self.fixed = fixed
        self.parts = parts
        self.deadline = deadline
        self.rules: dict[RuleKey, list[int]] = {}
        for index, row in enumerate(one.rows):
            if row.origin.azure is None:
                self.rules.setdefault(key_of(row), []).append(index)
        self._classes = Classes(one.rows, network.tag_space)
        self._may = [may_match(row, network.tag_space) for row in one.rows]
        self._full: _Text | None = None
        self._last: tuple[RuleKey, _Text] | None = None

    def of(self, rule: RuleKey) -> Iterator[FilterRow]:
        """The rows of a rule."""
        return (self.rows[index] for index in self.rules.get(rule, ()))

    # -- Sets and samples -----------------------------------------------------------------------------------------------

    def _exists(self, row: FilterRow) -> bool:
        """Whether a row is there in some of the readings that are asked about."""
        return all(self.fixed.get(name, value) == value for name, value in row.condition)

    def matches(self, rule: RuleKey) -> bool:
        return any(self._exists(self.rows[index]) and _holds_packets(self._may[index]) for index in self.rules.get(rule, ()))

    def sharing(self, index: int) -> int:
        """The rows that may share a packet with a row, as far as their fields tell, and the row itself."""
        return self._classes.sharing(self._may[index])

    def earlier(self, rule: RuleKey) -> Iterator[FilterRow]:
        """Rows of other rules, before the last of the rule's, that may share a packet with it."""
        own = self.rules.get(rule, [])
        mask = 0
        for index in own:
            mask |= self.sharing(index) & ((1 << index) - 1)
        return (self.rows[one] for one in bits(mask) if one not in own and self.rows[one].origin.azure is None)

    def holds(self, earlier: RuleKey, rule: RuleKey, part: Part | None) -> bool:
        """Whether every row of a rule, or this part of it, lies in one row of an earlier rule, as their sets tell."""
        before = self.rules.get(earlier, ())
        return all(any(one < index and self._lies_in(index, one, part) for one in before) for index in self.rules.get(rule, ()))

    def _lies_in(self, inner: int, outer: int, part: Part | None) -> bool:
        one, other = self.rows[inner], self.rows[outer]
        if not other.condition <= one.condition:
            return False
        for field in ("protocol", "source_port", "target_port"):
            numbers = getattr(one, field) & part.numbers if part is not None and part.field == field else getattr(one, field)
            if not covers(getattr(other, field), numbers):
                return False
        for field in ("source", "target"):
            mine, its = getattr(one, field), getattr(other, field)
            cut = part is not None and part.field == field
            numbers = mine.addresses & part.numbers if part is not None and cut else mine.addresses
            if not covers(its.addresses, numbers) or not (
                mine.unknown_tags <= its.unknown_tags or self._all_tags(its.addresses)
            ):
                return False
        return True

    def _all_tags(self, addresses: NumberSet) -> bool:
        return covers(addresses, self.network.tag_space)

    def _samples(self, rule: RuleKey, part: Part | None) -> Iterator[tuple[int, int]]:
        """Packets that a row of the rule surely matches: the row, and the rows that may match them."""
        for index in self.rules.get(rule, ()):
            row = self.rows[index]
            if self._exists(row):
                field, numbers = (None, None) if part is None else (part.field, part.numbers)
                for values in self._classes.samples(row, field, numbers, index):
                    yield index, self._classes.matching(values)

    def _decides_a_sample(self, rule: RuleKey, part: Part | None) -> bool:
        return any(mask & -mask == 1 << index for index, mask in self._samples(rule, part))

    def _differs_in_a_sample(self, rule: RuleKey, gone: Collection[RuleKey]) -> bool:
        own = sum(1 << index for index in self.rules.get(rule, ()))
        left_out = sum(1 << index for one in gone for index in self.rules.get(one, ()))
        for index, mask in self._samples(rule, None):
            there = mask & ~left_out
            if there & -there == 1 << index and self._unlike(index, there & ~own):
                return True
        return False

    def _unlike(self, index: int, rest: int) -> bool:
        """Whether none of the rows that may decide instead is a user's that decides alike, up to one that surely matches."""
        action = self.rows[index].action
        for other in bits(rest):
            row = self.rows[other]
            if row.action is action and row.origin.azure is None:
                return False
            if row.condition == ALWAYS and not row.source.unknown_tags | row.target.unknown_tags:
                return True
        return True

    def _one_decides_alike(self, rule: RuleKey, gone: Collection[RuleKey]) -> bool:
        """Whether a later row holds each row of a rule, decides alike, and nothing that decides otherwise comes between."""
        left_out = sum(1 << index for one in (rule, *gone) for index in self.rules.get(one, ()))
        return all(self._next_alike(index, left_out) for index in self.rules.get(rule, ()))

    def _next_alike(self, index: int, left_out: int) -> bool:
        after = self.sharing(index) & ~left_out & -(1 << index)
        for other in bits(after):
            row = self.rows[other]
            if row.action is not self.rows[index].action or row.origin.azure is not None:
                return False
            if self._lies_in(index, other, None):
                return True
        return False

    # -- The solver -----------------------------------------------------------------------------------------------------

    def _text(self, rule: RuleKey) -> _Text:
        """A text that holds every row that may share a packet with the rule."""
        if self._last is not None and self._last[0] == rule:
            return self._last[1]
        mask = 0
        for index in self.rules[rule]:
            mask |= self.sharing(index) | 1 << index
        indexes = list(bits(mask))
        if len(indexes) > _MOST_ROWS:
            if self._full is None:
                self._full = _Text(self, range(len(self.rows)), self.rules)
            return self._full
        self._last = (rule, _Text(self, indexes, (rule,)))
        return self._last[1]

    def decides(self, rule: RuleKey, part: Part | None) -> bool:
        if rule not in self.rules or not self.matches(rule):
            return False
        if self._decides_a_sample(rule, part):
            return True
        if any(self.holds(one, rule, part) for one in self._candidates(rule)):
            return False
        return self._text(rule).decides(rule, part, None)

    def _candidates(self, rule: RuleKey) -> Iterator[RuleKey]:
        last = max(self.rules[rule])
        return takewhile(lambda one: self.rules[one][0] < last, (one for one in self.rules if one != rule))

    def decides_after(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey]) -> bool:
        """Whether the rule decides something where these are the only rules before it."""
        return rule in self.rules and self._text(rule).decides(rule, part, present)

    def differs(self, rule: RuleKey, gone: Collection[RuleKey]) -> bool:
        """Whether some packet would not be decided alike by a later rule; `gone` are rules that are left out already."""
        indexes = self.rules.get(rule, [])
        if not indexes:
            return False
        if indexes[-1] - indexes[0] >= len(indexes):
            return True  # its rows are apart from each other: what comes after them is not one thing
        if self._one_decides_alike(rule, gone):
            return False
        return self._differs_in_a_sample(rule, gone) or self._text(rule).differs(rule, gone)

    def meets(self, earlier: RuleKey, later: RuleKey) -> bool:
        if earlier not in self.rules or later not in self.rules:
            return False
        bits = sum(1 << index for index in self.rules[later])
        return any(mask & -mask == 1 << index and mask & bits for index, mask in self._samples(earlier, None)) or self._text(
            earlier
        ).meets(earlier, later)

    def after(self, rule: RuleKey) -> Iterator[FilterRow]:
        if rule not in self.rules:
            return iter(())
        sole = self._sole_successor(rule)
        return self._text(rule).after(rule) if sole is None else iter((sole,))

    def _sole_successor(self, rule: RuleKey) -> FilterRow | None:
        """The row that decides all of what a rule of one row decides, once it is gone, where sets and samples tell."""
        if len(self.rules[rule]) != 1:
            return None
        index = self.rules[rule][0]
        other = next(bits(self.sharing(index) & -(2 << index)), None)
        if other is None or not self._lies_in(index, other, None) or not self._decides_a_sample(rule, None):
            return None
        return self.rows[other]


def _holds_packets(sets: Mapping[str, NumberSet]) -> bool:
    """Whether there is a packet with its fields in these sets: one family, and ports only where the protocol has them."""
    families = any(sets["source"].overlaps(one) and sets["target"].overlaps(one) for one in (ALL_V4, ALL_V6))
    protocols = sets["protocol"] & ANY_PROTOCOL
    ports = bool(sets["source_port"] and sets["target_port"])
    portless = 0 in sets["source_port"] and 0 in sets["target_port"]
    return families and (
        bool(protocols & PROTOCOLS_WITH_PORTS and ports) or bool(protocols - PROTOCOLS_WITH_PORTS and portless)
    )


class _Text:
    """Some rows of a filter as one text for the solver, which may be asked about parts of some of the rules."""

    def __init__(self, place: _Place, indexes: Sequence[int], about: Collection[RuleKey]) -> None:
        self.place = place
        self.terms = Terms()
        self.tags = Tags(self.terms)
        rows = Rows(self.terms, place.network, place.fixed, self.tags.one_world)
        self.match: dict[int, str] = {}
        for index in indexes:
            found = rows.match(place.rows[index], FIELDS, EVERY_PACKET)
            if found is not None:
                self.match[index] = self.terms.equal(f"matches {index}", found.must)
        rules = dict.fromkeys(key_of(row) for row in map(place.rows.__getitem__, indexes) if row.origin.azure is None)
        self.present: dict[RuleKey, str] = {rule: self.terms.boolean(f"rule {n}") for n, rule in enumerate(rules)}
        self.all = self.terms.switch(_ALL, conjunction(self.present.values()))
        self.takes = {index: conjunction((self.match[index], self._present(index))) for index in self.match}
        self.first: dict[int, str] = {}
        self.differ: dict[int, str] = {}
        self._encode_deciders()
        self._encode_differences()
        parts = dict.fromkeys(part for rule in about for part in place.parts.get(rule, ()))
        self.inside = {
            part: self.terms.switch(f"{part.field} in part {n}", self.terms.inside(part.field, part.numbers))
            for n, part in enumerate(parts)
        }
        every = domain(self.terms)
        self.terms.assertions.extend(f"(assert {each})" for each in (every, *self.tags.facts()))
        self._session: Session | None = None

    def _present(self, index: int) -> str:
        row = self.place.rows[index]
        return self.present[key_of(row)] if row.origin.azure is None else TRUE

    def _encode_deciders(self) -> None:
        """A switch for `this row matches, and none before it does`, whether or not its own rule is there."""
        earlier = FALSE
        for index, takes in self.takes.items():
            self.first[index] = self.terms.switch(f"first {index}", conjunction((self.match[index], negation(earlier))))
            earlier = self.terms.equal(f"taken up to {index}", disjunction((earlier, takes)))

    def _encode_differences(self) -> None:
        """A switch for `this row decides, and no rule after its own would decide alike`."""
        rows = self.place.rows
        after = dict.fromkeys(dict.fromkeys(row.action for row in rows), FALSE)
        behind, last = dict(after), None
        for index in reversed(self.match):
            row = rows[index]
            if last != key_of(row):
                behind, last = dict(after), key_of(row)  # the rows of one rule all have the same after it
            unlike = negation(behind[row.action])
            self.differ[index] = self.terms.switch(f"differs {index}", conjunction((self.first[index], unlike)))
            takes = self.takes[index]
            own = row.action if row.origin.azure is None else None
            after = {
                action: self.terms.equal(
                    f"{action.value} from {index}",
                    disjunction((takes, what)) if action is own else conjunction((negation(takes), what)),
                )
                for action, what in after.items()
            }

    def _satisfiable(self, literals: Sequence[str]) -> bool:
        if self._session is None:
            self._session = Session(self.terms.text(), self.place.deadline)
        return self._session.satisfiable(literals)

    def _indexes(self, rule: RuleKey) -> Iterator[int]:
        return (index for index in self.place.rules[rule] if index in self.match)

    # -- Questions ------------------------------------------------------------------------------------------------------

    def decides(self, rule: RuleKey, part: Part | None, present: Sequence[RuleKey] | None) -> bool:
        """Whether a rule decides something; with `present`, where these are the only other rules."""
        there = [self.all] if present is None else self._only(present, rule)
        inside = [] if part is None else [self.inside[part]]
        return any(self._satisfiable([self.first[index], *there, *inside]) for index in self._indexes(rule))

    def _only(self, present: Sequence[RuleKey], rule: RuleKey) -> list[str]:
        """These rules are there. All others may be there or not; the one asked about is not, for the sake of its other rows."""
        return [*(self.present[one] for one in present if one in self.present), negation(self.present[rule])]

    def differs(self, rule: RuleKey, gone: Collection[RuleKey]) -> bool:
        there = [negation(literal) if one in gone else literal for one, literal in self.present.items()] if gone else [self.all]
        return any(self._satisfiable([self.differ[index], *there]) for index in self._indexes(rule))

    def meets(self, earlier: RuleKey, later: RuleKey) -> bool:
        pairs = ((index, other) for index in self._indexes(earlier) for other in self._indexes(later))
        return any(self._satisfiable([self.first[index], self.match[other], self.all]) for index, other in pairs)

    def after(self, rule: RuleKey) -> Iterator[FilterRow]:
        """The rows that decide what the rule decides, once it is gone."""
        rows = self.place.rows
        there = [negation(literal) if one == rule else literal for one, literal in self.present.items()]
        found: set[RuleKey] = set()
        for index in self._indexes(rule):
            for other in bits(self.place.sharing(index)):
                its = key_of(rows[other])
                may = other > index and its != rule and its not in found
                if may and self._satisfiable([self.first[index], self.first[other], *there]):
                    found.add(its)
                    yield rows[other]
