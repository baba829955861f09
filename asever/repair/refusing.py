"""Changes of rules that stop a delivered packet: the rule that lets it in narrowed or gone, or a denial before it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from asever.model.addresses import ALL_ADDRESSES
from asever.model.answers import Step, StepKind
from asever.model.effective import Filter, FilterKind
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, format_ports
from asever.model.things import DeclaredRule, Direction
from asever.record import replace
from asever.repair.candidates import Candidate, Case, ports_at, protocol_at, source_terms, target_terms
from asever.repair.lists import (
    ALLOWS,
    Extent,
    NewRules,
    RuleList,
    counted,
    extent_of,
    list_of,
    rows_of,
    rule_behind,
    rule_name,
)
from asever.repair.places import NewRule, removed, replaced, without
from asever.repair.wording import Term
from asever.semantics.rules import protocol_numbers

_TAGS_OF_DEFAULTS = {"AllowVnetInBound": "VirtualNetwork", "AllowVnetOutBound": "VirtualNetwork"}


def refusing(one: Case) -> Iterator[Candidate]:
    """What may be done at each filter that lets the packet pass; nearest to the target first."""
    for step in reversed(one.trace.steps):
        if step.kind is StepKind.PASS and not step.reply and step.filter is not None and step.filter.kind.has_rules:
            listed = list_of(one.network, step.filter)
            if listed is not None and step.before.source != one.tables.probe_source:
                yield from _at(one, step, step.filter, listed)


def _at(one: Case, step: Step, filter_: Filter, listed: RuleList) -> Iterator[Candidate]:
    admits = rule_behind(listed, step.row)
    if admits is not None:
        yield from _narrowed(one, step, listed, admits)
    yield from _denied(one, step, filter_, listed, admits)


def _narrowed(one: Case, step: Step, listed: RuleList, rule: DeclaredRule) -> Iterator[Candidate]:
    """The rule that lets the packet in, without what is about it, or gone."""
    if rule.span is None or step.filter is None:
        return
    rows = tuple(rows_of(step.filter, rule))
    size = extent_of(listed, rows, rule, one.tables).size
    takes = frozenset({listed.resource})
    span = rule.parts.get("source")
    members = [each.span for each in rule.sources if each.span is not None]
    if span is not None and len(members) > 1:
        for term in rule.sources:
            if term.span is not None and step.before.source in term.addresses:
                yield Candidate(
                    words=f"take {term.text} out of rule {rule.priority} of {listed.title}",
                    edits=(without(span, members, term.span),),
                    left=term.addresses.size,
                    takes=takes,
                )
    yield Candidate(
        words=f"remove rule {rule.priority} of {listed.title}",
        edits=(removed(rule.span),),
        left=size,
        takes=takes,
    )
    access = rule.parts.get("access")
    if access is not None:
        yield Candidate(
            words=f"let rule {rule.priority} of {listed.title} deny what it allows",
            edits=(replaced(access, "deny"),),
            left=size + 1,
            takes=takes,
        )


def _denied(one: Case, step: Step, filter_: Filter, listed: RuleList, admits: DeclaredRule | None) -> Iterator[Candidate]:
    """A rule that denies exactly these flows, or all of the tag by which a default rule lets them in.

    It is asked before the rule that lets the packet in, or before each that lets in one of them.
    """
    new, packet = NewRules(listed, filter_, admits, ALLOWS, one.tables), step.before
    needed, protocol = ports_at(one, packet), protocol_at(one, packet)
    sources = list(source_terms(one, packet, listed.home)[:2])
    targets = list(target_terms(one, packet, listed.home)[:1])
    anywhere = Term(text="*", addresses=ALL_ADDRESSES)
    tag = _TAGS_OF_DEFAULTS.get(getattr(step.row, "name", "")) if admits is None else None
    if listed.kind is FilterKind.NSG and listed.direction is Direction.INBOUND:
        targets.append(anywhere)
        if tag is not None:
            row = getattr(step.row, "source", None)
            sources.append(Term(text=tag, addresses=getattr(row, "addresses", ALL_ADDRESSES)))
    ports = "" if needed == ANY_PORT or not protocol_numbers(protocol) & PROTOCOLS_WITH_PORTS else format_ports(needed)
    exact = NewRule(name=rule_name(one.title), access="deny", protocol=protocol, source="", target="", ports=ports)
    shapes = [(exact, needed)]
    if ports or protocol != "any":
        shapes.append((replace(exact, protocol="any", ports=""), ANY_PORT))
    for source, target, (shape, numbers) in product(sources, targets, shapes):
        rule = replace(shape, source=source.text, target=target.text)
        extent = Extent(
            protocol=protocol_numbers(rule.protocol),
            source=source.addresses,
            source_port=ANY_PORT,
            target=target.addresses,
            target_port=numbers,
        )
        like = Candidate(
            words="against exactly these packets" if shape is exact else "against these packets and more",
            edits=(),
            literal=not (source.named and target.named),
            left=counted(listed, extent).size,
            takes=frozenset({listed.resource}),
        )
        yield from new.candidates(rule, extent, like)
