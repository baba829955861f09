"""Places as editors count them: lines from 0, and in a line the units of the encoding that both sides agreed on."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol.types import Position, Range

from asever.source import SourceFile, Span


class Places:
    """Offsets as positions and back, for one encoding: `utf-8`, `utf-16` or `utf-32`."""

    def __init__(self, encoding: str = "utf-16") -> None:
        self._unit = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
        self._codec = {1: "utf-8", 2: "utf-16-le", 4: "utf-32-le"}[self._unit]

    def position(self, file: SourceFile, offset: int) -> Position:
        """Where an offset of a file is; the file may be an excerpt."""
        line, column = file.position(min(offset, len(file.text)))
        return Position(line=line - 1, character=self._units(file.line(line)[: column - 1]))

    def range(self, span: Span) -> Range:
        """Where a span is."""
        return Range(start=self.position(span.file, span.start), end=self.position(span.file, span.end))

    def offset(self, file: SourceFile, position: Position) -> int:
        """The offset of a position; one that lies behind the end of its line, or of the file, is that end."""
        if position.line >= file.line_count:
            return len(file.text)
        line = file.line(position.line + 1)
        return file.start_of(position.line + 1) + self._index(line, position.character)

    def _units(self, text: str) -> int:
        return len(text) if text.isascii() else len(text.encode(self._codec)) // self._unit

    def _index(self, line: str, units: int) -> int:
        if line.isascii():
            return min(units, len(line))
        return len(line.encode(self._codec)[: units * self._unit].decode(self._codec, errors="ignore"))


class Shift:
    """Where ranges of an old text are in a new one: those in lines that an edit left alone, above it or below."""

    def __init__(self, old: str, new: str) -> None:
        before, after = old.split("\n"), new.split("\n")
        shorter = min(len(before), len(after))
        self._above = _alike(before, after, shorter)
        below = _alike(before[::-1], after[::-1], shorter - self._above)
        self._below = len(before) - below
        self._lines = len(after) - len(before)

    def __call__(self, one: Range) -> Range | None:
        """The range in the new text; None where the edit touched its lines."""
        if one.end.line < self._above:
            return one
        if one.start.line < self._below:
            return None
        return Range(start=self._moved(one.start), end=self._moved(one.end))

    def _moved(self, one: Position) -> Position:
        return Position(line=one.line + self._lines, character=one.character)


def _alike(some: Sequence[str], others: Sequence[str], most: int) -> int:
    for index in range(most):
        if some[index] != others[index]:
            return index
    return most
