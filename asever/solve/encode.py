"""The paths of a question as one propositional text: what is in scope, what surely succeeds, what perhaps succeeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asever.model.effective import (
    Action,
    AddressMatch,
    EffectiveNetwork,
    Filter,
    FilterRow,
    FlowQuestion,
    Scope,
    Success,
)
from asever.model.numbers import NumberSet
from asever.solve.paths import Case, Path, Var, View, paths
from asever.solve.terms import FALSE, TRUE, Variables, conjunction, disjunction, negation


@dataclass(frozen=True, slots=True)
class Branch:
    """One path in the text. `case` is where it applies; `sure` and `perhaps` say when it succeeds there, with its reply
    (`*_and_back`) or without."""

    index: int
    scope: Scope
    path: Path
    case: str
    sure: str
    perhaps: str
    sure_and_back: str
    perhaps_and_back: str


@dataclass
class Encoding:
    """Everything that a query needs: definitions, branches, and the literals of assumptions and tracked rows."""

    variables: Variables = field(default_factory=Variables)
    definitions: list[str] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    readings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tracked: dict[str, tuple[Filter, FilterRow]] = field(default_factory=dict)
    track: bool = False
    free: list[str] = field(default_factory=list)
    _filters: dict[object, str] = field(default_factory=dict)


def encode(network: EffectiveNetwork, question: FlowQuestion) -> Encoding:
    """The branches of all scopes, over one set of variables."""
    text = Encoding()
    for scope in question.scopes:
        for path in paths(network, scope, question.fixed):
            _add(text, network, question, scope, path)
    return text


def tracked(network: EffectiveNetwork, question: FlowQuestion, text: Encoding) -> Encoding:
    """The same branches once more, every filter row hanging on a literal."""
    again = Encoding(track=True)
    for branch in text.branches:
        _add(again, network, question, branch.scope, branch.path)
    return again


def reading_literal(text: Encoding, network: EffectiveNetwork, name: str, value: str) -> str:
    """The literal that says that an assumption has a value; assumptions have two."""
    values = network.assumptions[name]
    text.readings[name] = values
    literal = f"|reading {name}|"
    return literal if value == values[0] else negation(literal)


def _add(text: Encoding, network: EffectiveNetwork, question: FlowQuestion, scope: Scope, path: Path) -> None:
    case = path.case
    free = {name: value for name, value in case.readings.items() if name not in question.fixed}
    where = conjunction(
        [
            *(text.variables.inside(name, numbers) for name, numbers in case.where.items()),
            *(reading_literal(text, network, name, value) for name, value in free.items()),
        ]
    )
    if where == FALSE:
        return
    sure, perhaps = _succeeds(text, network, question.success, scope, path)
    doubtful = bool(case.doubts)
    sure_back = sure if path.returns is True else FALSE
    perhaps_back = FALSE if path.returns is False else perhaps
    text.branches.append(
        Branch(
            index=len(text.branches),
            scope=scope,
            path=path,
            case=where,
            sure=FALSE if doubtful else sure,
            perhaps=perhaps,
            sure_and_back=FALSE if doubtful else sure_back,
            perhaps_and_back=perhaps_back,
        )
    )


def _succeeds(
    text: Encoding, network: EffectiveNetwork, success: Success, scope: Scope, path: Path
) -> tuple[str, str]:
    """When the path surely, and perhaps, delivers its packets as the claim wants."""
    case = path.case
    passes = [
        _pass(text, network, filters, view, case.readings, source_tags, target_tags)
        for filters, view, source_tags, target_tags in case.filters
    ]
    if path.unmodelled is not None:
        return FALSE, conjunction(perhaps for _, perhaps in passes)
    if path.site is None or path.site not in scope.arrives_at:
        return FALSE, FALSE
    if success.via - case.passed or success.not_via & case.passed:
        return FALSE, FALSE
    target = _inside(text, case.fields["target"], scope.arrives_as)
    seen_sure = _matches(text, network, case.fields["source"], success.seen_as, case.source_tags, perhaps=False)
    seen_perhaps = _matches(text, network, case.fields["source"], success.seen_as, case.source_tags, perhaps=True)
    regional = _regional(case, scope) if success.within_region else True
    if regional is False:
        return FALSE, FALSE
    sure = conjunction([target, seen_sure, *(sure for sure, _ in passes)])
    perhaps = conjunction([target, seen_perhaps, *(perhaps for _, perhaps in passes)])
    return (sure if regional else FALSE), perhaps


def _regional(case: Case, scope: Scope) -> bool | None:
    stays = [scope.internet_regional if route.regional is None else route.regional for route in case.routes]
    if False in stays:
        return False
    return None if None in stays else True


def _inside(text: Encoding, now: Var | int, numbers: NumberSet) -> str:
    if isinstance(now, int):
        return TRUE if now in numbers else FALSE
    return text.variables.inside(now.name, numbers)


def _matches(
    text: Encoding, network: EffectiveNetwork, now: Var | int, match: AddressMatch, tags: frozenset[str], *, perhaps: bool
) -> str:
    """Whether an address surely, or perhaps, matches one side of a rule."""
    if match.unknown_tags & tags:
        return TRUE
    numbers = match.addresses | network.tag_space if perhaps and match.open_tags(tags) else match.addresses
    return _inside(text, now, numbers)


def _pass(
    text: Encoding,
    network: EffectiveNetwork,
    filters: Sequence[Filter],
    view: View,
    readings: Mapping[str, str],
    source_tags: frozenset[str],
    target_tags: frozenset[str],
) -> tuple[str, str]:
    """When every filter of one place surely, and perhaps, lets the packet pass."""
    sure = perhaps = TRUE
    for one in reversed(filters):
        sure = _fold(text, network, one, view, source_tags, target_tags, sure, perhaps=False)
        perhaps = _fold(text, network, one, view, source_tags, target_tags, perhaps, perhaps=True)
    return sure, perhaps


def _fold(
    text: Encoding,
    network: EffectiveNetwork,
    one: Filter,
    view: View,
    source_tags: frozenset[str],
    target_tags: frozenset[str],
    then: str,
    *,
    perhaps: bool,
) -> str:
    """One filter, the last row first so that the first one wins; `then` is what an allowed packet still has to pass."""
    perhaps = perhaps and any(row.source.unknown_tags or row.target.unknown_tags for row in one.rows)
    key = (one.resource, one.place, one.direction, id(one.rows), view, source_tags, target_tags, then, perhaps)
    if key in text._filters:  # noqa: SLF001 - the encoding is this module's own record
        return text._filters[key]  # noqa: SLF001
    fields = dict(view)
    outcome = {Action.ALLOW: then, Action.ALWAYS_ALLOW: TRUE, Action.DENY: FALSE}
    result = outcome[one.otherwise]
    for row in reversed(one.rows):
        value = outcome[row.action]
        # An unknown tag may match or not: what is sure must not need it, what is possible may use it.
        generous = perhaps if row.action is not Action.DENY else not perhaps
        match = _row(text, network, one, row, fields, source_tags, target_tags, perhaps=generous)
        if match == FALSE or value == result:
            continue
        result = _choose(match, value, result)
        if text.track:
            result = _tracked(text, one, row, result)
        if len(result) > 200:
            name = f"f{len(text.definitions)}"
            text.definitions.append(f"(define-fun {name} () Bool {result})")
            result = name
    text._filters[key] = result  # noqa: SLF001
    return result


def _tracked(text: Encoding, one: Filter, row: FilterRow, result: str) -> str:
    """The row's outcome only if its literal is on; otherwise anything, so that an unsat core names the rows it needs."""
    literal = next((name for name, (f, r) in text.tracked.items() if f.rows is one.rows and r is row), None)
    if literal is None:
        literal = f"row{len(text.tracked)}"
        text.tracked[literal] = (one, row)
    free = f"free{len(text.free)}"
    text.free.append(free)
    return f"(ite {literal} {result} {free})"


def _choose(match: str, value: str, otherwise: str) -> str:
    if value == TRUE:
        return disjunction((match, otherwise))
    if value == FALSE:
        return conjunction((negation(match), otherwise))
    return disjunction((conjunction((match, value)), conjunction((negation(match), otherwise))))


def _row(
    text: Encoding,
    network: EffectiveNetwork,
    one: Filter,
    row: FilterRow,
    fields: Mapping[str, Var | int],
    source_tags: frozenset[str],
    target_tags: frozenset[str],
    *,
    perhaps: bool,
) -> str:
    parts = [
        _inside(text, fields["protocol"], row.protocol),
        _inside(text, fields["source_port"], row.source_port),
        _inside(text, fields["target_port"], row.target_port),
        _matches(text, network, fields["source"], row.source, source_tags, perhaps=perhaps),
        _matches(text, network, fields["target"], row.target, target_tags, perhaps=perhaps),
        *(reading_literal(text, network, name, value) for name, value in sorted(row.condition)),
    ]
    return conjunction(parts)
