"""Changes of rules that let a dropped packet pass: the near miss widened, the order changed, or a rule of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from asever.diagnostics import Edit
from asever.explain.blame import failing_fields
from asever.model.addresses import ALL_ADDRESSES
from asever.model.answers import Step
from asever.model.effective import Filter, FilterKind, FilterRow
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, format_ports
from asever.model.things import AddressTerm, DeclaredRule, Direction
from asever.record import record, replace
from asever.repair.candidates import (
    Candidate,
    Case,
    ports_at,
    protocol_at,
    source_terms,
    target_terms,
)
from asever.repair.lists import (
    ALLOWS,
    DENIES,
    Extent,
    NewRules,
    RuleList,
    counted,
    extent_of,
    list_of,
    rows_by_rule,
    rows_of,
    rule_behind,
    rule_name,
    term_extent,
    width,
)
from asever.repair.places import NewRule, appended, replaced
from asever.repair.wording import Term
from asever.semantics.rules import protocol_numbers
from asever.source import Span

_MOST_MISSES = 6
_MOST_FIELDS = 2
_ADDRESSES = frozenset({"source", "target"})


def admitting(one: Case, step: Step) -> Iterator[Candidate]:
    """What may be done at the filter that drops a packet."""
    if step.filter is None or not step.filter.kind.has_rules:
        return
    listed = list_of(one.network, step.filter)
    if listed is None:
        return
    decider = rule_behind(listed, step.row)
    yield from _near_misses(one, step, step.filter, listed, decider)
    if decider is not None:
        yield from _reordered(one, step, step.filter, listed, decider)
        yield from _turned(one, step.filter, listed, decider)
    yield from _added(one, step, step.filter, listed, decider)


# -- Rules that nearly match --------------------------------------------------------------------------------------------


def _near_misses(one: Case, step: Step, filter_: Filter, listed: RuleList, decider: DeclaredRule | None) -> Iterator[Candidate]:
    """Those rules before the decision that fail in the fewest fields, with the fields widened."""
    found: list[tuple[tuple[str, ...], DeclaredRule, tuple[FilterRow, ...]]] = []
    every = rows_by_rule(filter_)
    for rule in listed.rules:
        if decider is not None and rule.priority >= decider.priority:
            break
        if rule.access not in ALLOWS or rule.span is None:
            continue
        rows = tuple(every.get(rule.span, ()))
        fields = min((tuple(_failing(one, step, row)) for row in rows), key=len, default=())
        if 0 < len(fields) <= _MOST_FIELDS:
            found.append((fields, rule, rows))
    found.sort(key=lambda each: (len(each[0]), _ADDRESSES.isdisjoint(each[0]), not _is_about(one, each[2]), each[1].priority))
    for fields, rule, rows in found[:_MOST_MISSES]:
        yield from _widened(one, step, listed, rule, rows, fields)


def _failing(one: Case, step: Step, row: FilterRow) -> Iterator[str]:
    """The fields in which a row fails the packet, or its like on another port of the check."""
    found = list(failing_fields(row, step.before, one.tables.tag_space))
    yield from found
    if "target_port" not in found and not ports_at(one, step.before) <= row.target_port:
        yield "target_port"


def _is_about(one: Case, rows: Sequence[FilterRow]) -> bool:
    """Whether a rule names the sender, by an address that the packet does not carry."""
    own = one.tables.sites[one.trace.flow.origin].addresses
    return any(row.source.addresses.overlaps(own) and row.source.addresses != ALL_ADDRESSES for row in rows)


@record
class _Change:
    """One field of a rule, written anew."""

    edit: Edit
    extent: Extent
    words: str
    literal: bool = False
    order: int = 0


def _widened(
    one: Case, step: Step, listed: RuleList, rule: DeclaredRule, rows: Sequence[FilterRow], fields: tuple[str, ...]
) -> Iterator[Candidate]:
    before = extent_of(listed, rows, rule, one.tables)
    choices = [tuple(_changes(one, step, listed, rule, rows, before, field)) for field in fields]
    for changes in product(*choices):
        after = before
        for change, field in zip(changes, fields, strict=True):
            after = replace(after, **{field: getattr(change.extent, field)})
        words = " and ".join(change.words for change in changes)
        yield Candidate(
            words=f"let rule {rule.priority} of {listed.title} {words}",
            edits=tuple(change.edit for change in changes),
            widening=counted(listed, after).beyond(before),
            width=width(listed, after, before),
            literal=any(change.literal for change in changes),
            order=sum(change.order for change in changes),
            left=counted(listed, after).size,
            takes=frozenset({listed.resource}) if before.beyond(counted(listed, after)) else frozenset(),
        )


def _changes(
    one: Case,
    step: Step,
    listed: RuleList,
    rule: DeclaredRule,
    rows: Sequence[FilterRow],
    before: Extent,
    field: str,
) -> Iterator[_Change]:
    packet = step.before
    span = rule.parts.get(field)
    match field:
        case "source" | "target":
            by_source = field == "source"
            terms = (source_terms if by_source else target_terms)(one, packet, listed.home)
            written = rule.sources if by_source else rule.targets
            if span is None:
                return
            for term in terms:
                yield from _addresses(rows, written, field, span, term, before, one)
        case "protocol":
            if span is None:
                return
            for word in dict.fromkeys((protocol_at(one, packet), "any")):
                after = replace(before, protocol=protocol_numbers(word))
                yield _Change(edit=replaced(span, word), extent=after, words=f"be about {word}")
        case "source_port":
            if span is not None:
                after = replace(before, source_port=ANY_PORT)
                yield _Change(edit=replaced(span, "*"), extent=after, words="take any source port")
        case _:
            needed = ports_at(one, packet)
            if span is None:
                return
            more = needed - before.target_port
            after = replace(before, target_port=before.target_port | needed)
            yield _Change(edit=appended(span, format_ports(more)), extent=after, words=f"name port {format_ports(more)} too")
            text = "*" if needed == ANY_PORT else format_ports(needed)
            after = replace(before, target_port=needed)
            yield _Change(edit=replaced(span, text), extent=after, words=f"name port {text} instead", order=1)


def _addresses(
    rows: Sequence[FilterRow],
    written: Sequence[AddressTerm],
    field: str,
    span: Span,
    term: Term,
    before: Extent,
    one: Case,
) -> Iterator[_Change]:
    """A list of addresses with another in the place of one, or one more."""
    noun = "source" if field == "source" else "destination"
    members = [each for each in written if each.span is not None]
    had: NumberSet = getattr(before, field)
    narrower = [each for each in members if each.addresses and each.addresses <= term.addresses]
    if len(members) == 1 or (len(narrower) == 1 and narrower[0].span is not None):
        old = members[0] if len(members) == 1 else narrower[0]
        others = NumberSet() if len(members) == 1 else had - term_extent(rows, old, field, one.tables)
        after = replace(before, **{field: others | term.addresses})
        if old.span is not None:
            yield _Change(
                edit=replaced(old.span, term.text),
                extent=after,
                words=f"name the {noun} {term.text} instead of {old.text}",
                literal=not term.named,
            )
    if had != ALL_ADDRESSES:
        after = replace(before, **{field: had | term.addresses})
        yield _Change(
            edit=appended(span, term.text),
            extent=after,
            words=f"name the {noun} {term.text} too",
            literal=not term.named,
            order=1,
        )


# -- The order ----------------------------------------------------------------------------------------------------------


def _reordered(one: Case, step: Step, filter_: Filter, listed: RuleList, decider: DeclaredRule) -> Iterator[Candidate]:
    """A rule behind the one that decides would let the packet pass: it is asked before."""
    priority = listed.priority_before(decider)
    if priority is None:
        return
    every = rows_by_rule(filter_)
    behind = [rule for rule in listed.rules if rule.priority > decider.priority and rule.access in ALLOWS]
    for rule in behind:
        rows = () if rule.span is None else tuple(every.get(rule.span, ()))
        if not any(not tuple(failing_fields(row, step.before, one.tables.tag_space)) for row in rows):
            continue
        span = rule.parts.get("priority")
        if span is not None:
            yield Candidate(
                words=f"ask rule {rule.priority} of {listed.title} before rule {decider.priority}, which shadows it",
                edits=(replaced(span, str(priority)),),
                widening=extent_of(listed, rows, rule, one.tables).size,
                width=width(listed, extent_of(listed, rows, rule, one.tables)),
            )
            return


def _turned(one: Case, filter_: Filter, listed: RuleList, decider: DeclaredRule) -> Iterator[Candidate]:
    """The rule that drops the packet lets it pass."""
    span = decider.parts.get("access")
    if span is not None and decider.access == "deny":
        rows = tuple(rows_of(filter_, decider))
        yield Candidate(
            words=f"let rule {decider.priority} of {listed.title} allow what it denies",
            edits=(replaced(span, "allow"),),
            widening=extent_of(listed, rows, decider, one.tables).size,
            width=width(listed, extent_of(listed, rows, decider, one.tables)),
        )


# -- A rule of its own --------------------------------------------------------------------------------------------------


def _added(one: Case, step: Step, filter_: Filter, listed: RuleList, decider: DeclaredRule | None) -> Iterator[Candidate]:
    """A rule for exactly these flows, asked before the one that decides, or before each that denies one of them."""
    new, packet = NewRules(listed, filter_, decider, DENIES, one.tables), step.before
    needed = ports_at(one, packet)
    protocol = protocol_at(one, packet)
    sources = source_terms(one, packet, listed.home)
    targets = list(target_terms(one, packet, listed.home))
    if listed.kind is FilterKind.NSG:
        # At a place everything inbound goes to that place; what comes from there comes from there.
        here = Term(text="*", addresses=ALL_ADDRESSES)
        if listed.direction is Direction.INBOUND:
            targets = [*targets[:1], here]
        else:
            sources = (*sources[:1], here)
    for source, target in product(sources, targets):
        extent = Extent(
            protocol=protocol_numbers(protocol),
            source=source.addresses,
            source_port=ANY_PORT,
            target=target.addresses,
            target_port=needed,
        )
        rule = NewRule(
            name=rule_name(one.title),
            access="allow",
            protocol=protocol,
            source=source.text,
            target=target.text,
            ports="" if needed == ANY_PORT or not protocol_numbers(protocol) & PROTOCOLS_WITH_PORTS else format_ports(needed),
        )
        size = counted(listed, extent).size
        like = Candidate(
            words="for exactly these packets",
            edits=(),
            widening=size,
            width=width(listed, extent),
            left=size,
            literal=not (source.named and target.named),
        )
        yield from new.candidates(rule, extent, like)
