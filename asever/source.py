"""Where a piece of a program was written: files, spans in them, and the origin of a value."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from asever.record import record


class SourceFile:
    """One file as the user named it, with its text; `name` is what every message shows. Two files are never equal."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def __repr__(self) -> str:
        return f"SourceFile(name={self.name!r})"

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        starts = [0]
        starts.extend(index + 1 for index, letter in enumerate(self.text) if letter == "\n")
        return tuple(starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without its line end."""
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    @property
    def line_count(self) -> int:
        """How many lines the file has; the empty file has one."""
        return len(self._line_starts)


@record(kw_only=False)
class Span:
    """Half-open range of offsets in one file; `parent` is the span that caused this one (an applied pack)."""

    file: SourceFile
    start: int
    end: int
    parent: Span | None = None

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1."""
        return self.file.position(self.start)[1]

    @property
    def text(self) -> str:
        """The characters the span covers."""
        return self.file.text[self.start : self.end]

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}:{self.column}"


def join(first: Span, last: Span) -> Span:
    """The span from the start of one to the end of the other, in the same file."""
    return Span(first.file, first.start, last.end, first.parent)
