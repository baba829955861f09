"""The lines of findings, kept from one version of a program to the next: an edit of one rule changes few of a thousand.

A finding of the version before comes back with the rows and places of the new one (`asever.reuse.carry`). What else it says is
the same objects, so its lines are the same if the rows that they show are, and stand where they stood.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache

from asever.model.answers import Finding, Step
from asever.model.effective import Filter, FilterRow
from asever.model.identity import Same
from asever.model.packets import Packet
from asever.record import record, replace
from asever.report.findings import finding_lines
from asever.report.lines import Line, drawn
from asever.report.page import Page
from asever.report.rules import Listed, choice, rule_lines
from asever.report.steps import near_at, shows_rules
from asever.report.words import Vocabulary, outermost
from asever.source import Span

_QUOTED = 300
"""A span is quoted by its first line, and its head by less than so many characters (`asever.report.page.head_of`)."""


@record
class _Block:
    """The text of a finding: what it shows, and each listed rule by itself. What is known by identity is kept alive."""

    finding: Finding
    words: Vocabulary
    shown: tuple[Hashable, ...]
    text: str
    rules: Mapping[Hashable, list[Line]]


class Blocks:
    """What the last report showed of each finding."""

    def __init__(self) -> None:
        self._before: dict[Hashable, _Block] = {}
        self._now: dict[Hashable, _Block] = {}
        self._places = _Places()

    def begin(self) -> None:
        """Begins another report: what the one before showed is remembered, and nothing older."""
        self._before, self._now = self._now, {}
        self._places = _Places()

    def text(self, finding: Finding, page: Page, *, color: bool) -> str:
        """What `finding_lines` comes to, drawn; as far as it is the same it is that of the report before."""
        if not _is_plain(finding, page):
            return drawn(finding_lines(finding, page), color=color)
        judgement, shown = _judgement(finding), (color, page.width, *_shown(finding, self._places))
        before = self._before.get(judgement)
        if before is not None and not _alike(Same(before.words), Same(page.words)):
            before = None
        if before is not None and before.shown == shown:
            text, rules = before.text, before.rules
        else:
            ready = _Rules({} if before is None else before.rules)
            text, rules = drawn(finding_lines(finding, replace(page, of_rule=ready.lines)), color=color), ready.now
        self._now[judgement] = _Block(finding=finding, words=page.words, shown=shown, text=text, rules=rules)
        return text


class _Rules:
    """The listed rules of a finding: those that were listed before, beside the same packet, are drawn already."""

    def __init__(self, before: Mapping[Hashable, list[Line]]) -> None:
        self._before = before
        self.now: dict[Hashable, list[Line]] = {}

    def lines(self, rule: Listed, packet: Packet, is_near: bool, label: int, indent: int, width: int) -> list[Line]:
        """As `asever.report.rules.rule_lines`."""
        key = (id(packet), *map(id, rule.rows), is_near, label, indent, width)
        found = self._before.get(key)
        lines = self.now[key] = rule_lines(rule, packet, is_near, label, indent, width) if found is None else found
        return lines


def _judgement(finding: Finding) -> Hashable:
    """What one judgement found, by identity: whatever a finding says but rows and places is of one with it."""
    trace, evidence = finding.trace, finding.evidence
    return (
        *map(id, (finding.check, finding.facts, finding.dependences, finding.reasons)),
        None if trace is None else id(trace.flow),
        None if evidence is None else id(evidence.covered),
        finding.verdict,
    )


@lru_cache(maxsize=8)
def _alike(old: Same[Vocabulary], new: Same[Vocabulary]) -> bool:
    """Whether all things and addresses are called the same."""
    kinds = zip(old.value.kinds(), new.value.kinds(), strict=True)
    return old.value.addresses == new.value.addresses and all(mine.keys() == its.keys() for (_, mine), (_, its) in kinds)


def _is_plain(finding: Finding, page: Page) -> bool:
    """Whether a finding is about flows, and told in short: what most are, and what `_shown` knows all of."""
    more = (finding.requirements, finding.difference, finding.dead_rows, finding.certificate, finding.cross_check)
    return not page.evidence and not any(more)


class _Places:
    """Where spans stand now, each with the line that is quoted of it; many findings show the same ones."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Span, Hashable]] = {}

    def of(self, span: Span | None) -> Hashable:
        """The place of a span, or of no span."""
        if span is None:
            return None
        found = self._known.get(id(span))
        if found is None:
            line, column = span.file.position(span.start)
            place = (span.file.name, line, column, min(span.end - span.start, _QUOTED), span.file.line(line))
            found = self._known[id(span)] = (span, place)
        return found[1]


def _shown(finding: Finding, places: _Places) -> Iterator[Hashable]:
    """Which rows the text of a finding shows, and the places, each with the line that stands there."""
    trace, evidence, span = finding.trace, finding.evidence, finding.check.span
    if span is not None:
        yield places.of(span)
        yield places.of(outermost(span))
    if evidence is not None:
        for row in evidence.rests_on.rows:
            yield from (_title(row.filter), id(row.row))
        for way in evidence.rests_on.ways:
            yield from (way.at, id(way.row))
    for step in () if trace is None else trace.steps:
        if step.row is not None:
            yield from (id(step.row), places.of(step.row.origin.span))
        if step.filter is not None:
            yield from (_title(step.filter), places.of(step.filter.span))
        if shows_rules(step):
            yield from _listed(finding, step)
    for miss in finding.near_misses:
        yield from map(places.of, (miss.location, miss.field_location, miss.cause))
    for blocker in finding.blockers:
        yield places.of(blocker.location)


def _listed(finding: Finding, step: Step) -> Iterator[Hashable]:
    """The rules that are listed at a step."""
    one, trace = step.filter, finding.trace
    if one is not None and trace is not None:
        row = step.row if isinstance(step.row, FilterRow) else None
        listed = choice(one, row, trace.flow.readings, near_at(finding.near_misses, one.resource))
        yield from (listed.hidden, listed.label)
        for rule in listed.rules:
            yield None if rule is None else tuple(map(id, rule.rows))


def _title(one: Filter) -> Hashable:
    return one.kind, one.resource, one.place, one.direction, one.otherwise
