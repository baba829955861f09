"""Diagnostics for people: `file:line:column: error[CODE]: message`, the line underlined, notes, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asever.diagnostics import Diagnostic, Label, Severity
from asever.report.lines import BLANK, WIDTH, Line, Piece, Style, drawn, line, without_walls, wrapped
from asever.report.quote import Mark, quote
from asever.source import Span

# A binary file may be wrong in every byte; beyond these a reader learns nothing more.
MOST = 50


def render_diagnostics(diagnostics: Iterable[Diagnostic], *, color: bool = False, width: int = WIDTH) -> str:
    """All diagnostics as text, in the order of their places; at most `MOST` of them, and how many are left out."""
    found = in_order(diagnostics)
    lines: list[Line] = []
    for one in found[:MOST]:
        lines += [*diagnostic_lines(one, width), BLANK]
    if len(found) > MOST:
        lines += [line(f"... and {len(found) - MOST} more"), BLANK]
    return drawn(lines, color=color)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """File by file as they first appear, and by place in each; those without a place come first."""
    found = tuple(diagnostics)
    files: dict[str, int] = {}
    for one in found:
        if one.primary:
            files.setdefault(one.primary.span.file.name, len(files))

    def place(one: Diagnostic) -> tuple[int, int, int]:
        if one.primary is None:
            return (-1, 0, 0)
        return (files[one.primary.span.file.name], one.primary.span.place, one.primary.span.end - one.primary.span.start)

    return tuple(sorted(found, key=place))


def count(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    found = tuple(diagnostics)
    parts = []
    for severity in Severity:
        number = sum(one.severity is severity for one in found)
        if number:
            parts.append(f"{number} {severity.value}{'' if number == 1 else 's'}")
    return ", ".join(parts)


def diagnostic_lines(one: Diagnostic, width: int = WIDTH) -> list[Line]:
    """One diagnostic, without a blank line after it."""
    place = (Piece(f"{one.primary.span}: ", Style.PLACE),) if one.primary else ()
    style = Style.BAD if one.severity is Severity.ERROR else Style.UNSURE
    lines: list[Line] = [
        line(*place, Piece(f"{one.severity.value}[{one.code}]", style), Piece(f": {without_walls(one.message)}", Style.STRONG))
    ]
    if one.primary and one.primary.span.file.text:
        marks = [_mark(one.primary, primary=True), *(_mark(label, primary=False) for label in one.secondary)]
        lines += quote(marks, named=one.primary.span.file, width=width)
        lines += _parents(one.primary.span, width)
    for note in one.notes:
        lines += _remark("note", note, width)
    if one.help:
        lines += _remark("help", one.help, width)
    return lines


def _mark(label: Label, *, primary: bool) -> Mark:
    return Mark(label.span, without_walls(label.text), primary)


def _parents(span: Span, width: int) -> Sequence[Line]:
    """The places that caused this one: the `apply` of a pack, the check that a health pack came from."""
    lines: list[Line] = []
    parent = span.parent
    while parent is not None:
        lines += [
            line("  while applying this, at ", Piece(f"{parent}", Style.PLACE)),
            *quote([Mark(parent, "", primary=False)], named=parent.file, width=width),
        ]
        parent = parent.parent
    return lines


def _remark(word: str, text: str, width: int) -> list[Line]:
    """A note or a help; line ends inside it are kept, since a help may show how something reads."""
    head = f"  {word}: "
    lines: list[Line] = []
    for index, paragraph in enumerate(without_walls(text).split("\n")):
        before = head if index == 0 else " " * len(head)
        if index and paragraph.startswith(" "):
            lines.append(line(before + paragraph))
            continue
        for number, one in enumerate(wrapped(paragraph, first=before, width=width)):
            first = index == 0 and number == 0
            lines.append(line(Piece(one[: len(head)], Style.STRONG), one[len(head) :]) if first else line(one))
    return lines
