"""Everything that `lint` has to say about a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from asever.azure.effective import effective
from asever.azure.questions import fixed_readings
from asever.diagnostics import Diagnostic
from asever.lint.books import Book, books
from asever.lint.ftp import ftp_findings
from asever.lint.prefixes import prefix_findings
from asever.lint.routes import route_findings
from asever.lint.rules import rule_findings
from asever.lint.translated import Opened, foreign_ranges, unowned_translations, unseen_terms
from asever.lint.unused import unused_findings
from asever.model.confirmed import Confirmed
from asever.model.program import Program
from asever.model.rule_keys import RuleKey
from asever.model.things import Direction
from asever.record import record


@record
class Linted:
    """The warnings of loading and everything else that can be said without a check, each once; and how rules were looked at."""

    findings: tuple[Diagnostic, ...]
    confirmed: Confirmed


def _unheard(_: Diagnostic) -> None:
    pass


def lint(program: Program, heard: Callable[[Diagnostic], None] = _unheard) -> Linted:
    """All that `lint` has to say. Raises `ReadingsDisagree` when solver and exact sets do not agree.

    `heard` is told each finding as it comes; what it raises ends the search.
    """
    confirmed: list[Confirmed] = []
    found = dict.fromkeys(program.warnings)
    for one in _findings(program, confirmed):
        heard(one)
        found[one] = None
    return Linted(findings=tuple(found), confirmed=sum(confirmed, Confirmed()))


def _findings(program: Program, confirmed: list[Confirmed]) -> Iterator[Diagnostic]:
    network = program.network
    tables = effective(network)
    fixed = fixed_readings(tables, {})
    lists = books(network, tables)
    yield from route_findings(network)
    yield from unused_findings(program)
    yield from unowned_translations(network, tables)
    opened = Opened(network)
    for book in lists:
        unseen = list(unseen_terms(network, tables, book))
        yield from (finding for _, _, finding in unseen)
        confirmed.append((yield from rule_findings(tables, book, fixed, _lost(book, Counter(key for key, _, _ in unseen)))))
        yield from prefix_findings(network, tables, book, fixed)
        yield from ftp_findings(network, tables, book, fixed)
    for book in lists:  # after the others: it needs tables of its own
        yield from foreign_ranges(network, book, fixed, opened)


def _lost(book: Book, unseen: Mapping[RuleKey, int]) -> frozenset[RuleKey]:
    """The rules that match nothing where they stand: no packet carries any member of one of their lists."""
    inbound = book.direction is Direction.INBOUND
    sides = {key: rule.targets if inbound else rule.sources for key, rule in book.rules.items()}
    return frozenset(key for key, number in unseen.items() if number == len(sides[key]))
