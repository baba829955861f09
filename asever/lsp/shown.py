"""What is shown in a text: diagnostics and verdicts, in the words of the reports and the form of the protocol.

Whoever calls this holds the program still: the places of its parts move with the next version (`asever.source.Excerpt`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types

from asever.diagnostics import Diagnostic, Edit, Label, Severity
from asever.lsp.documents import named_path, uri_of
from asever.lsp.places import Places
from asever.model.answers import Finding, Verdict
from asever.record import record
from asever.report.findings import in_brief
from asever.report.page import Page, head_of
from asever.report.why import whys
from asever.report.words import outermost
from asever.source import Span

SOURCE = "asever"
_NOWHERE = types.Range(start=types.Position(line=0, character=0), end=types.Position(line=0, character=0))


@record
class Change:
    """An edit of the user's file that a diagnostic suggests: what it is called, and what it does, by file."""

    title: str
    edits: tuple[tuple[str, types.TextEdit], ...]


@record
class Shown:
    """A diagnostic in a file, with what it suggests; `check` is the name of the check whose verdict it is."""

    path: str
    diagnostic: types.Diagnostic
    change: Change | None = None
    check: str | None = None


def file_of(span: Span) -> str:
    """The path of the file that a span is in."""
    return named_path(span.file.name)


def shown(one: Diagnostic, root: str, places: Places) -> Shown:
    """A diagnostic; one without a place is shown at the top of the main file."""
    span = None if one.primary is None or not one.primary.span.file.text else one.primary.span
    path = file_of(one.primary.span) if one.primary is not None else root
    label = one.primary.text if one.primary is not None else ""
    parts = [one.message + (f" ({label})" if label else ""), *(f"note: {note}" for note in one.notes)]
    if one.help:
        parts.append(f"help: {one.help}")
    return Shown(
        path=path,
        diagnostic=types.Diagnostic(
            range=places.range(span) if span is not None else _NOWHERE,
            message="\n".join(parts),
            severity=_SEVERITIES[one.severity],
            code=one.code,
            source=SOURCE,
            related_information=_related((*one.secondary, *_causes(span)), places) or None,
            tags=[types.DiagnosticTag.Unnecessary] if one.code in _UNNECESSARY else None,
        ),
        change=_change(one.edits, places),
    )


def verdict_shown(finding: Finding, page: Page, places: Places) -> Shown | None:
    """What is to be seen at a check; nothing where it is as its author expects."""
    if finding.met or finding.check.span is None:
        return None
    at = outermost(finding.check.span)
    written = () if at is finding.check.span else (Label(finding.check.span, "the check is written here"),)
    unknown = finding.verdict is Verdict.UNKNOWN
    return Shown(
        path=file_of(at),
        diagnostic=types.Diagnostic(
            range=places.range(head_of(at)),
            message="\n".join(_verdict_lines(finding, page)),
            severity=types.DiagnosticSeverity.Warning if unknown else types.DiagnosticSeverity.Error,
            code=finding.verdict.value,
            source=SOURCE,
            related_information=_related((*written, *_blamed(finding)), places) or None,
        ),
        check=finding.name,
    )


_SEVERITIES = {Severity.ERROR: types.DiagnosticSeverity.Error, Severity.WARNING: types.DiagnosticSeverity.Warning}
_UNNECESSARY = frozenset(
    {"shadowed-rule", "never-matching-rule", "redundant-rule", "unused-nsg", "unused-asg", "unused-route-table"}
    | {"unused-nat-gateway", "unused-service", "unused-tag", "needless-route", "route-never-taken"}
)


def _verdict_lines(finding: Finding, page: Page) -> Iterator[str]:
    named = f"{finding.name}: " if finding.check.name and finding.check.name != finding.check.text else ""
    if finding.verdict is Verdict.HOLDS:
        yield f"{named}{finding.check.text} holds, and is expected to be violated"
        return
    yield f"{named}{finding.check.text} is {finding.verdict.value}"
    for one in finding.requirements:
        if not one.met:
            yield from (f"  {text}" for text in _verdict_lines(one, page))
    if finding.verdict is Verdict.UNKNOWN:
        yield from (f"because {reason}" for reason in finding.reasons)
        return
    brief = in_brief(finding, page)
    if brief:
        yield brief
    yield from (_plain(one.text) for one in whys(finding))


def _plain(text: str) -> str:
    """A reason without the mark that leads to a line of the report."""
    return text.replace(" (~)", "")


def _blamed(finding: Finding) -> Iterator[Label]:
    """The places that a counterexample leads to: the rule that nearly let it pass, the line that stops it, what lets it in."""
    for one in finding.requirements:
        if not one.met:
            yield from _blamed(one)
    if finding.verdict is not Verdict.VIOLATED:
        return
    for why in whys(finding):
        for mark in why.marks:
            yield Label(mark.span, mark.text if not mark.primary else f"{mark.text}: {_plain(why.text)}")
    if finding.dead_rows is not None:
        for row, _ in finding.dead_rows.rows:
            if row.origin.span is not None:
                yield Label(row.origin.span, "decides no packet")


def _causes(span: Span | None) -> Iterator[Label]:
    parent = None if span is None else span.parent
    while parent is not None:
        yield Label(parent, "while applying this")
        parent = parent.parent


def _related(labels: Iterable[Label], places: Places) -> list[types.DiagnosticRelatedInformation]:
    found = []
    for one in labels:
        uri = uri_of(file_of(one.span))
        if uri is not None and one.span.file.text:
            location = types.Location(uri=uri, range=places.range(one.span))
            found.append(types.DiagnosticRelatedInformation(location=location, message=one.text or "see here"))
    return found


def _change(edits: Sequence[Edit], places: Places) -> Change | None:
    if not edits:
        return None
    words = " ".join(edits[0].replacement.split())
    title = f"Write `{words}`" if words else "Take it out"
    return Change(
        title=title,
        edits=tuple(
            (file_of(one.span), types.TextEdit(range=places.range(one.span), new_text=one.replacement)) for one in edits
        ),
    )
