"""Rules that decide nothing, that make no difference, or of which a part decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence

from asever.diagnostics import Diagnostic, Label
from asever.lint.books import Book, listed, removal, row_words, rule_words
from asever.lint.effects import Effects
from asever.lint.warnings import warning
from asever.model.confirmed import Confirmed
from asever.model.effective import ALWAYS, Action, EffectiveNetwork, FilterRow
from asever.model.numbers import NumberSet, Range
from asever.model.rule_keys import Part, RuleKey, key_of
from asever.model.things import AddressTerm, DeclaredRule, TermKind
from asever.record import record
from asever.solve.terms import covers
from asever.source import Span

_MOST_NAMED = 4
_DO = {Action.ALLOW: "allow", Action.DENY: "deny", Action.ALWAYS_ALLOW: "always allow"}
_DOES = {Action.ALLOW: "allows", Action.DENY: "denies", Action.ALWAYS_ALLOW: "always allows"}


def rule_findings(
    tables: EffectiveNetwork, book: Book, fixed: Mapping[str, str], known: frozenset[RuleKey], deadline: float | None = None
) -> Generator[Diagnostic, None, Confirmed]:
    """What the rules of one list do to each other; nothing is said of rules that are `known` to match nothing.

    Returns how it was proved. Raises `ReadingsDisagree` when the solver comes to another answer.
    """
    effects = Effects(tables, book.filters, fixed, lambda key: [one.part for one in _members(book.rules[key])], deadline)
    dead = [key for key in effects.rules if key in book.rules and not effects.decides(key)]
    for key in dead:
        if key not in known:
            yield _dead(book, book.rules[key], effects, key)
    redundant = effects.redundant(dead)
    for key in redundant:
        if key in book.rules and key not in known:
            yield _redundant(book, book.rules[key], effects.after(key, _MOST_NAMED + 1))
    gone = {*dead, *redundant, *known}
    left = [key for key in book.rules if key not in gone]
    for key in left:
        yield from _partly(book, book.rules[key], effects, key)
    for key in left:
        yield from _covered(book, book.rules[key])
    yield from _too_late(book, effects, left)
    return effects.confirm()


def _span(rule: DeclaredRule) -> Span:
    assert rule.span is not None  # noqa: S101 - books keep rules that are written somewhere
    return rule.span


# -- Whole rules --------------------------------------------------------------------------------------------------------


def _dead(book: Book, rule: DeclaredRule, effects: Effects, key: RuleKey) -> Diagnostic:
    span = _span(rule)
    if not effects.matches(key):
        return warning(
            "never-matching-rule",
            f"{rule_words(rule)} of {book.title} matches no packet",
            span,
            "nothing is in it",
            notes=_memberless(rule),
            advice="leave it out",
            edit=removal(span),
        )
    rows = effects.instead(key)
    own = _action(rule)
    unlike = [row for row in rows if row.action is not own]
    names = listed(row_words(row) for row in rows) if rows else "Azure's own rules"
    notes = ["each of them takes a part that the others leave"] if len(rows) > 1 else []
    notes += _opposed(unlike, own)
    return warning(
        "shadowed-rule",
        f"{rule_words(rule)} of {book.title} decides no packet: {names} {_take(rows)} everything that it matches",
        span,
        "decides nothing",
        secondary=_labels(rows, "takes all of it" if len(rows) == 1 else "takes a part of it"),
        notes=notes,
        advice="if it is an exception, give it a lower number than theirs; otherwise leave it out"
        if unlike
        else "leave it out",
        edit=None if unlike else removal(span),
    )


def _take(rows: Sequence[FilterRow]) -> str:
    return "takes" if len(rows) == 1 else "take"


def _memberless(rule: DeclaredRule) -> list[str]:
    groups = dict.fromkeys(term.text for term in (*rule.sources, *rule.targets) if term.kind is TermKind.ASG)
    return [f"no machine that stands here is a member of {listed(f'asg `{one}`' for one in groups)}"] if groups else []


def _action(rule: DeclaredRule) -> Action:
    return Action(rule.access)


def _opposed(unlike: Sequence[FilterRow], own: Action) -> list[str]:
    if not unlike:
        return []
    words = dict.fromkeys((_DOES if len(unlike) == 1 else _DO)[row.action] for row in unlike)
    return [f"this rule {_DOES[own]} what {listed(row_words(row) for row in unlike)} {listed(words)} before it"]


def _labels(rows: Sequence[FilterRow], text: str) -> list[Label]:
    return [
        Label(row.origin.span, text) for row in rows[:_MOST_NAMED] if row.origin.span is not None and row.origin.azure is None
    ]


def _redundant(book: Book, rule: DeclaredRule, after: Sequence[FilterRow]) -> Diagnostic:
    span = _span(rule)
    names = [row_words(row) for row in after]
    some = listed(names) if len(names) <= _MOST_NAMED else f"{', '.join(names[:_MOST_NAMED])} and others"
    decide = "decides" if len(names) == 1 else "decide"
    return warning(
        "redundant-rule",
        f"{rule_words(rule)} of {book.title} makes no difference: without it {some} {decide} alike",
        span,
        "no decision hangs on it",
        secondary=_labels(after, "decides alike"),
        advice="leave it out",
        edit=removal(span),
    )


# -- Parts of rules -----------------------------------------------------------------------------------------------------


@record(kw_only=False)
class _Member:
    """One member of a list of a rule, that may decide nothing; `side` and `text` are for people."""

    part: Part
    side: str
    text: str
    span: Span


def _members(rule: DeclaredRule) -> Iterator[_Member]:
    """The members of a rule's lists that have several; of address lists those that mean the same everywhere."""
    for field, _ in _lists(rule):
        yield from _members_of(rule, field)


def _lists(rule: DeclaredRule) -> Iterator[tuple[str, Sequence[Range]]]:
    """The lists of a rule that have several members, with all that these hold."""
    for field, terms in (("source", rule.sources), ("target", rule.targets)):
        if len(terms) > 1:
            yield field, [each for one in terms if one.kind is TermKind.ADDRESSES for each in one.addresses.ranges]
    for field, numbers in (("target_port", rule.target_port), ("source_port", rule.source_port)):
        if len(numbers.ranges) > 1:
            yield field, numbers.ranges


def _members_of(rule: DeclaredRule, field: str) -> Iterator[_Member]:
    if field in ("source", "target"):
        side, terms = ("source", rule.sources) if field == "source" else ("destination", rule.targets)
        for term in terms:
            if term.kind is TermKind.ADDRESSES and term.span is not None and term.addresses:
                yield _Member(Part(field=field, numbers=term.addresses), side, term.text, term.span)
        return
    side, numbers = ("port", rule.target_port) if field == "target_port" else ("source port", rule.source_port)
    span = rule.parts.get(field)
    for low, high in numbers.ranges if span is not None else ():
        text = f"{low}" if low == high else f"{low}-{high}"
        yield _Member(Part(field=field, numbers=NumberSet.span(low, high)), side, text, span or _span(rule))


def _partly(book: Book, rule: DeclaredRule, effects: Effects, key: RuleKey) -> Iterator[Diagnostic]:
    contested = effects.contested(key)
    doubtful = [field for field, ranges in _lists(rule) if not effects.decides_each(key, field, ranges)] if contested else ()
    for one in (member for field in doubtful for member in _members_of(rule, field)):
        if effects.decides(key, one.part):
            continue
        rows = effects.instead(key, one.part)
        if not rows:
            continue  # nothing takes it: the rule itself has no packets there, as ICMP has no ports
        own, words = _action(rule), f"{one.side} {one.text}"
        names = listed(row_words(row) for row in rows)
        yield warning(
            "partly-shadowed-rule",
            f"{words} of {rule_words(rule)} of {book.title} decides nothing: {names} {_take(rows)} it",
            one.span,
            f"{words} decides nothing",
            secondary=_labels(rows, "takes it" if len(rows) == 1 else "takes a part of it"),
            notes=_opposed([row for row in rows if row.action is not own], own),
            advice=f"leave {words} out, or give the rule a lower number than that of what takes it",
        )


def _covered(book: Book, rule: DeclaredRule) -> Iterator[Diagnostic]:
    """Members of address lists that other members of the same list hold already."""
    for side, terms in (("source", rule.sources), ("destination", rule.targets)):
        overlapping = _overlapping(terms) if len(terms) > 1 else ()
        for index, term in overlapping:
            holder = next((one for place, one in overlapping if place != index and _holds(one, term, place < index)), None)
            if holder is not None and term.span is not None:
                labels = [Label(holder.span, "holds it already")] if holder.span is not None else []
                yield warning(
                    "covered-member",
                    f"{side} {term.text} of {rule_words(rule)} of {book.title} adds nothing: {holder.text} holds it",
                    term.span,
                    "adds nothing",
                    secondary=labels,
                    advice=f"leave {term.text} out",
                )


def _overlapping(terms: Sequence[AddressTerm]) -> list[tuple[int, AddressTerm]]:
    """The members, with their places, that may share something with another one; most lists have none."""
    ranges = [(*each, place) for place, one in enumerate(terms) for each in one.addresses.ranges]
    found = {place for place, one in enumerate(terms) if one.kind is not TermKind.ADDRESSES}
    last, holder = -1, 0
    for low, high, place in sorted(ranges):
        if low <= last:
            found |= {place, holder}
        if high > last:
            last, holder = high, place
    return [(place, terms[place]) for place in sorted(found)]


def _holds(one: AddressTerm, other: AddressTerm, before: bool) -> bool:
    """Whether a member holds all of another one, whatever the place; of two alike the first holds the second.

    The tag of a region lies in that of all regions (azure-network-semantics 3.3).
    """
    if one.kind is not other.kind:
        return False
    if one.kind is TermKind.ADDRESSES:
        return bool(other.addresses) and covers(one.addresses, other.addresses) and (before or one.addresses != other.addresses)
    wider, name = one.text.casefold(), other.text.casefold()
    return (wider == name and before) or (one.kind is TermKind.TAG and "." in name and wider == name.partition(".")[0])


# -- Exceptions that come too late --------------------------------------------------------------------------------------


@record
class _Plain:
    """A rule as one product set that is the same in every reading; `place` is where it stands in the list."""

    place: int
    key: RuleKey
    rule: DeclaredRule
    row: FilterRow


def _too_late(book: Book, effects: Effects, keys: Sequence[RuleKey]) -> Iterator[Diagnostic]:
    """A rule about particular addresses, after one that decides a part of its packets otherwise, for these addresses too.

    A later rule that is wider than what precedes it is how rules are written; a narrower one was meant as an exception.
    """
    against = {key: before for key in keys if _is_particular(book.rules[key]) and (before := effects.against(key))}
    plain = {one.key: one for one in _plain(book, {*against}.union(*against.values()).intersection(keys))} if against else {}
    for later in plain.values():
        before = against.get(later.key, frozenset()) & plain.keys()
        for earlier in sorted((plain[key] for key in before), key=lambda one: one.place):
            if earlier.place < later.place and _is_cut_by(later.row, earlier.row) and effects.meets(earlier.key, later.key):
                yield _contradiction(book, later.rule, earlier.rule)
                break


def _plain(book: Book, wanted: Collection[RuleKey]) -> Iterator[_Plain]:
    rows: dict[RuleKey, FilterRow] = {}
    for row in book.filters[0].rows:
        if row.condition == ALWAYS and not row.source.unknown_tags | row.target.unknown_tags:
            rows.setdefault(key_of(row), row)
    for place, (key, row) in enumerate(rows.items()):
        if key in wanted:
            yield _Plain(place=place, key=key, rule=book.rules[key], row=row)


def _is_particular(rule: DeclaredRule) -> bool:
    """Whether a side of it names addresses or groups and nothing else."""
    sides = (rule.sources, rule.targets)
    return any(all(term.kind is not TermKind.TAG and term.text != "*" for term in side) for side in sides)


def _is_cut_by(later: FilterRow, earlier: FilterRow) -> bool:
    """Whether the later row is about some of the earlier one's addresses, and overlaps it in everything else."""
    return (
        later.action is not earlier.action
        and covers(earlier.source.addresses, later.source.addresses)
        and covers(earlier.target.addresses, later.target.addresses)
        and (later.source.addresses, later.target.addresses) != (earlier.source.addresses, earlier.target.addresses)
        and later.target_port.overlaps(earlier.target_port)
        and later.protocol.overlaps(earlier.protocol)
        and later.source_port.overlaps(earlier.source_port)
    )


def _contradiction(book: Book, later: DeclaredRule, earlier: DeclaredRule) -> Diagnostic:
    span = _span(later)
    return warning(
        "late-exception",
        f"{rule_words(later)} of {book.title} comes too late for a part of what it {_DOES[_action(later)]}: "
        f"{rule_words(earlier)} {_DOES[_action(earlier)]} it",
        span,
        f"{_DOES[_action(later)]} only what is left",
        secondary=[Label(_span(earlier), f"{_DOES[_action(earlier)]} a part of it")],
        advice=f"if it is an exception, give it a lower number than {earlier.priority}",
    )
