"""Filter rows as formulas: which packets a row matches, what a filter decides, and which rows a proof needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from asever.model.bits import each
from asever.model.effective import Action, AddressMatch, Condition, EffectiveNetwork, FilterRow
from asever.model.numbers import NumberSet
from asever.record import record
from asever.solve.classes import classes_of
from asever.solve.paths import FIELDS, View
from asever.solve.shadows import needed
from asever.solve.terms import FALSE, TRUE, Terms, conjunction, covers, disjunction, meets, negation

_MANY = 32
"""So many rows are looked at one by one sooner than their classes are found."""

Hull = Mapping[str, NumberSet]
"""Where each variable lies in everything that is asked; a row that cannot meet it decides nothing."""

Membership = Callable[[str, str, str], tuple[str, str]]
"""When an address surely, and perhaps, lies in a tag of unknown content: of the side, the tag, and `it is where tags lie`."""


def nobody_knows(_side: str, _tag: str, in_tag_space: str) -> tuple[str, str]:
    """A tag of unknown content: never surely, perhaps wherever such tags lie."""
    return FALSE, in_tag_space


@record
class Match:
    """A row that can match: when it surely does, and when it perhaps does (the same formula unless a tag is unknown)."""

    row: FilterRow
    must: str
    may: str


class Rows:
    """Rules over one text; `fixed` are readings that are given, `open` collects the others that make a difference."""

    def __init__(
        self, terms: Terms, network: EffectiveNetwork, fixed: Mapping[str, str], member: Membership = nobody_knows
    ) -> None:
        self.terms = terms
        self.network = network
        self.fixed = fixed
        self.member = member
        self.open: dict[str, None] = {}

    # -- Matching -------------------------------------------------------------------------------------------------------

    def reading(self, name: str, value: str) -> str:
        """The literal for one reading of an assumption; each has two values, the first is the recommended one."""
        if name in self.fixed:
            return TRUE if self.fixed[name] == value else FALSE
        self.open[name] = None
        literal = self.terms.boolean(f"reading {name}")
        return literal if value == self.network.assumptions[name][0] else negation(literal)

    def readings(self, condition: Condition) -> str:
        """The readings in which a row exists."""
        return conjunction(self.reading(name, value) for name, value in sorted(condition))

    def lies(self, now: str | int, numbers: NumberSet, hull: Hull) -> str:
        """That a field lies in a set."""
        if isinstance(now, int):
            return TRUE if now in numbers else FALSE
        within = hull[now]
        if numbers is within:
            return TRUE if numbers else FALSE
        if len(numbers.ranges) == 1 == len(within.ranges):  # as most are
            ((first, final),), ((low, high),) = numbers.ranges, within.ranges
            if first <= low and high <= final:
                return TRUE
            return FALSE if high < first or final < low else self.terms.inside(now, numbers, low, high)
        if not meets(numbers, within):
            return FALSE
        if covers(numbers, within):
            return TRUE
        return self.terms.inside(now, numbers, within.ranges[0][0], within.ranges[-1][1])

    def address(self, side: str, match: AddressMatch, now: str | int, tags: frozenset[str], hull: Hull) -> tuple[str, str]:
        """When an address surely, and perhaps, is what one side of a rule names."""
        if match.unknown_tags & tags:
            return TRUE, TRUE
        known = self.lies(now, match.addresses, hull)
        if not match.unknown_tags:  # as most
            return known, known
        open_tags = sorted(match.open_tags(tags))
        if not open_tags or known == TRUE:
            return known, known
        spaces = ((tag, self.lies(now, match.space(tag, self.network.tag_space), hull)) for tag in open_tags)
        members = [self.member(side, tag, in_space) for tag, in_space in spaces]
        return disjunction((known, *(must for must, _ in members))), disjunction((known, *(may for _, may in members)))

    def match(
        self,
        row: FilterRow,
        view: View,
        hull: Hull,
        source_tags: frozenset[str] = frozenset(),
        target_tags: frozenset[str] = frozenset(),
    ) -> Match | None:
        """When a row matches; None when nothing in the hull can."""
        protocol, source, source_port, target, target_port = view
        fields: list[str] = [self.readings(row.condition) if row.condition else TRUE]
        for now, numbers in ((protocol, row.protocol), (target_port, row.target_port), (source_port, row.source_port)):
            if FALSE in fields:
                return None
            fields.append(self.lies(now, numbers, hull))
        source_must, source_may = self.address("source", row.source, source, source_tags, hull)
        target_must, target_may = self.address("target", row.target, target, target_tags, hull)
        may = conjunction((*fields, source_may, target_may))
        if may == FALSE:
            return None
        alike = source_must is source_may and target_must is target_may
        return Match(row=row, must=may if alike else conjunction((*fields, source_must, target_must)), may=may)

    def matching(
        self, rows: tuple[FilterRow, ...], view: View, hull: Hull, source_tags: frozenset[str], target_tags: frozenset[str]
    ) -> Iterator[Match]:
        """The rows that can match, up to the first that always does."""
        return self._matching(
            self._worth_a_look(rows, view, hull, source_tags, target_tags), view, hull, source_tags, target_tags
        )

    def needed(
        self,
        rows: tuple[FilterRow, ...],
        view: View,
        hull: Hull,
        source_tags: frozenset[str],
        target_tags: frozenset[str],
        otherwise: Action,
    ) -> Iterator[Match]:
        """The same without some that make no difference to what the first that matches decides, and else `otherwise`."""
        every = list(self._worth_a_look(rows, view, hull, source_tags, target_tags))
        left = needed(every, [*_packets(view, hull).values()], otherwise)
        return self._matching(left, view, hull, source_tags, target_tags)

    def _matching(
        self, rows: Iterable[FilterRow], view: View, hull: Hull, source_tags: frozenset[str], target_tags: frozenset[str]
    ) -> Iterator[Match]:
        for row in rows:
            found = self.match(row, view, hull, source_tags, target_tags)
            if found is not None:
                yield found
                if found.must == TRUE:
                    return

    def _worth_a_look(
        self, rows: tuple[FilterRow, ...], view: View, hull: Hull, source_tags: frozenset[str], target_tags: frozenset[str]
    ) -> Iterable[FilterRow]:
        """Without rows of which `match` would say nothing and note nothing, as the classes of a long filter tell."""
        if len(rows) < _MANY:
            return rows
        classes = classes_of(rows, self.network.tag_space)
        mask = classes.sharing(_packets(view, hull)) | classes.conditional
        # A packet that is known to lie in a tag matches a rule that names it, wherever its address is.
        return (rows[index] for index in each(mask | classes.tagged if source_tags or target_tags else mask))

    # -- Deciding -------------------------------------------------------------------------------------------------------

    def decision(
        self, what: str, matches: Sequence[Match], values: Mapping[Action, str], otherwise: Action, *, sure: bool
    ) -> str:
        """What the first matching row is worth: the last run of equal rows first, so that the first one wins.

        With `must` and `may` for when a row matches, `v` for what it is worth and `next` for what follows,
        surely = must ? v : may ? v and next : next, and perhaps = must ? v : may ? v or next : next.
        """
        result = values[otherwise]
        for action, run in groupby(reversed(matches), key=lambda one: one.row.action):
            members = list(run)
            must, may = (disjunction(parts) for parts in (map(_must, members), map(_may, members)))
            result = self.terms.named(_first(must, may, values[action], result, sure=sure), what)
        return result

    def tracked(
        self, what: str, matches: Sequence[tuple[Match, str]], values: Mapping[Action, str], otherwise: Action, *, sure: bool
    ) -> str:
        """The same, with a switch for every row: while it is off, what the row decides is anybody's guess.

        The guess is worth nothing to a claim that must surely hold, and everything to one that perhaps fails.
        """
        guess = FALSE if sure else TRUE
        result = values[otherwise]
        for one, switch in reversed(matches):
            value = values[one.row.action]
            worth = conjunction((switch, value)) if sure else disjunction((negation(switch), value))
            if value == guess:
                worth = guess
            result = self.terms.named(_first(one.must, one.may, worth, result, sure=sure), what)
        return result


def _packets(view: View, hull: Hull) -> dict[str, NumberSet]:
    """What a filter sees of a hull, field by field."""
    return {
        field: NumberSet.single(now) if isinstance(now, int) else hull[now] for field, now in zip(FIELDS, view, strict=True)
    }


def _must(one: Match) -> str:
    return one.must


def _may(one: Match) -> str:
    return one.may


def _first(must: str, may: str, value: str, after: str, *, sure: bool) -> str:
    """The worth of a row or of what follows it; see `Rows.decision`."""
    if value == after:
        return value
    if value == TRUE:
        return disjunction((must if sure else may, after))
    if value == FALSE:
        return conjunction((negation(may if sure else must), after))
    matched = conjunction((must, value))
    if must == may:
        return disjunction((matched, conjunction((negation(must), after))))
    perhaps = conjunction((may, value, after)) if sure else conjunction((may, disjunction((value, after))))
    return disjunction((matched, conjunction((negation(must), disjunction((perhaps, conjunction((negation(may), after))))))))
