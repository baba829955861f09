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
        starts, end = [0], self.text.find("\n")
        while end >= 0:
            starts.append(end + 1)
            end = self.text.find("\n", end + 1)
        return tuple(starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def start_of(self, line: int) -> int:
        """The offset at which a line begins, counted from 1."""
        return self._line_starts[line - 1]

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without its line end."""
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    @property
    def line_count(self) -> int:
        """How many lines the file has; the empty file has one."""
        return len(self._line_starts)

    def place(self, offset: int) -> int:
        """An offset, counted from the beginning of the whole file."""
        return offset

    def is_of(self, other: SourceFile) -> bool:
        """Whether this is that file."""
        return self is other


class Excerpt(SourceFile):
    """A stretch of a file that is being edited. What was made of it keeps its spans, which count from its start.

    Whoever reads the file anew says where the stretch is now (`move`); from then on places in it are places of the new text.
    The file may be an excerpt itself.
    """

    def __init__(self, whole: SourceFile, start: int, end: int) -> None:
        super().__init__(whole.name, whole.text[start:end])
        self._whole = whole
        self.start = start

    def move(self, whole: SourceFile, start: int) -> None:
        """From now on the stretch stands there."""
        self._whole = whole
        self.start = start

    def is_of(self, other: SourceFile) -> bool:
        """Whether this is a stretch of that file, or the file."""
        return self is other or self._whole.is_of(other)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column in the whole file."""
        return self._whole.position(self.start + offset)

    def line(self, number: int) -> str:
        """The text of a line of the whole file."""
        return self._whole.line(number)

    @property
    def line_count(self) -> int:
        """How many lines the whole file has."""
        return self._whole.line_count

    def place(self, offset: int) -> int:
        """An offset of the stretch, counted from the beginning of the whole file."""
        return self._whole.place(self.start + offset)


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
    def place(self) -> int:
        """The offset of the first character in the whole file."""
        return self.file.place(self.start)

    @property
    def text(self) -> str:
        """The characters the span covers."""
        return self.file.text[self.start : self.end]

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}:{self.column}"


def join(first: Span, last: Span) -> Span:
    """The span from the start of one to the end of the other, in the same file."""
    return Span(first.file, first.start, last.end, first.parent)
