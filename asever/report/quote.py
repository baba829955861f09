"""Lines of the source with what matters underlined, in rustc's layout.

   |
14 | ase one { version v1  subnet corp/front-door  vip 192.23.1.2 }
   |                                               -------------- calls leave by this
...
22 |     200 "front door"       allow tcp from 10.0.1.0/26 to * port 80, 443
   |                                           ^^^^^^^^^^^ arrives from 192.23.1.2
   |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from asever.record import record
from asever.report.lines import WIDTH, Line, Piece, Style, line, printable, wrapped
from asever.source import SourceFile, Span

TAB = 4
# A line of megabytes is cut to this many characters around the span before anything is measured.
_BEFORE, _AFTER = 120, 200
_CUT = "..."


@record(kw_only=False)
class Mark:
    """A span to underline, with a few words: `^^^^` where to look, `----` (`primary` false) where else."""

    span: Span
    text: str = ""
    primary: bool = True


@record(kw_only=False)
class _Drawn:
    """A mark in columns of the shown line."""

    start: int
    end: int
    mark: Mark


@record(kw_only=False)
class _Shown:
    """A source line as shown: its text and its marks."""

    text: str
    marks: tuple[_Drawn, ...]


def quote(marks: Sequence[Mark], *, named: SourceFile | None = None, width: int = WIDTH) -> list[Line]:
    """The lines that the marks stand on. Files in the order of the marks; each but `named` is introduced by its place."""
    files: dict[str, list[Mark]] = {}
    for mark in marks:
        files.setdefault(mark.span.file.name, []).append(mark)
    gutter = max((len(str(mark.span.line)) for mark in marks), default=1)
    result: list[Line] = []
    for name, own in files.items():
        first = next((mark for mark in own if mark.primary), own[0])
        if named is None or name != named.name:
            result.append(line(Piece(" " * gutter + "--> ", Style.GUTTER), Piece(str(first.span), Style.PLACE)))
        result += _quoted_file(own, gutter, width)
    return result


def _quoted_file(marks: Sequence[Mark], gutter: int, width: int) -> list[Line]:
    bar = line(Piece(f"{'':{gutter}} |", Style.GUTTER))
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.span.line, []).append(mark)
    result: list[Line] = [bar]
    last: int | None = None
    for number in sorted(by_line):
        if last is not None and number > last + 1:
            result.append(line(Piece("...", Style.GUTTER)))
        last = number
        shown = _shown(by_line[number], number, room=max(width - gutter - 3, 40))
        result.append(line(Piece(f"{number:>{gutter}} |", Style.GUTTER), f" {shown.text}"))
        result += (
            line(Piece(f"{'':{gutter}} |", Style.GUTTER), " ", *one)
            for one in _underlines(shown.marks, room=max(width - gutter - 3, 40))
        )
    return [*result, bar]


def _shown(marks: Sequence[Mark], number: int, room: int) -> _Shown:
    """One source line with tabs expanded, cut to `room` columns around its first primary mark."""
    text = marks[0].span.file.line(number)
    spans = [(mark.span.column - 1, mark.span.column - 1 + _length_on_line(mark.span, text)) for mark in marks]
    focus = next((span for span, mark in zip(spans, marks, strict=True) if mark.primary), spans[0])
    low = max(focus[0] - _BEFORE, 0) if len(text) > _BEFORE + _AFTER else 0
    body, columns = _body(text[low : low + _BEFORE + _AFTER])
    total = columns[-1]

    def column(offset: int) -> int:
        return columns[min(max(offset - low, 0), len(columns) - 1)] + max(offset - low - len(columns) + 1, 0)

    drawn = [
        _Drawn(column(start), max(column(end), column(start) + 1), mark)
        for (start, end), mark in zip(spans, marks, strict=True)
    ]
    cut_after = low + _BEFORE + _AFTER < len(text)
    if low == 0 and not cut_after and total <= room:
        return _Shown(body, tuple(drawn))
    return _window(body, drawn, column(focus[0]), room, cut_before=low > 0, cut_after=cut_after)


def _window(body: str, drawn: Sequence[_Drawn], focus: int, room: int, *, cut_before: bool, cut_after: bool) -> _Shown:
    """The part of a long line that holds the focus, with dots where something is left out."""
    end = len(body)
    start = 0 if focus < room * 2 // 3 and not cut_before else max(min(focus - room // 3, end - room + len(_CUT)), 0)
    left = _CUT if start > 0 or cut_before else ""
    stop = start + room - len(left)
    right = _CUT if stop < end or cut_after else ""
    stop = min(stop - len(right), end)
    shift = len(left) - start
    limit = len(left) + stop - start
    kept = [
        _Drawn(max(one.start + shift, len(left)), min(one.end + shift, limit), one.mark)
        for one in drawn
        if one.start + shift < limit and one.end + shift > len(left)
    ]
    return _Shown(left + body[start:stop] + right, tuple(kept))


def _length_on_line(span: Span, text: str) -> int:
    """How many characters of the span stand on its first line; an empty span shows one mark."""
    return max(min(span.end - span.start, len(text) - span.column + 1), 0)


def _body(text: str) -> tuple[str, Sequence[int]]:
    """A text as shown; the column that each of its characters starts in, and the column after the last one."""
    if text.isascii() and text.isprintable():  # most are
        return text, range(len(text) + 1)
    cells = [_cell(letter) for letter in text]
    columns = [0]
    for cell in cells:
        columns.append(columns[-1] + (TAB - columns[-1] % TAB if cell == "\t" else _width(cell)))
    widths = zip(cells, columns, columns[1:], strict=False)
    return "".join(" " * (after - before) if cell == "\t" else cell for cell, before, after in widths), columns


def _cell(letter: str) -> str:
    return "\t" if letter == "\t" else printable(letter)


def _width(letter: str) -> int:
    if letter.isascii():
        return 1
    import unicodedata  # noqa: PLC0415 - most specifications are ASCII

    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _underlines(marks: Sequence[_Drawn], room: int) -> list[Line]:
    """The line of carets and dashes, the words of the last mark beside it, those of the others below."""
    if not marks:
        return []
    ordered = sorted(marks, key=lambda one: (one.start, one.end))
    cells = [(" ", Style.PLAIN)] * max(one.end for one in ordered)
    # Where marks overlap, the primary one is seen.
    for one in sorted(ordered, key=lambda one: one.mark.primary):
        cells[one.start : one.end] = [_stroke(one.mark)] * (one.end - one.start)
    row = [Piece(stroke * len(list(run)), style) for (stroke, style), run in groupby(cells)]
    last, below = ordered[-1], [one for one in ordered[:-1] if one.mark.text]
    lines: list[Line] = []
    if last.mark.text and len(cells) + 1 + len(last.mark.text) <= room:
        row += [Piece(" "), Piece(last.mark.text, _stroke(last.mark)[1])]
    elif last.mark.text:
        below.append(last)
    lines.append(tuple(row))
    for index in range(len(below) - 1, -1, -1):
        lines += _below(below[: index + 1], room)
    return lines


def _below(pending: Sequence[_Drawn], room: int) -> Iterable[Line]:
    """The words of the last pending mark, under its start, with bars that lead to the marks before it."""
    one = pending[-1]
    indent = min(one.start, max(room - len(one.mark.text), 0))
    bars = "".join("|" if any(other.start == index for other in pending[:-1]) else " " for index in range(indent))
    style = _stroke(one.mark)[1]
    for text in wrapped(one.mark.text, width=max(room - indent, 20)):
        yield line(Piece(bars, Style.SECOND), Piece(text, style))


def _stroke(mark: Mark) -> tuple[str, Style]:
    return ("^", Style.BAD) if mark.primary else ("-", Style.SECOND)
