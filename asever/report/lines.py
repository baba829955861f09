"""Lines of output as values: characters first, colour only on top.

Every report is a list of lines, each a tuple of pieces with a style. Without colour the styles vanish and nothing else changes,
so what the characters say never depends on the terminal (docs/decisions/007).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from io import StringIO

from asever.record import record

WIDTH = 100
NARROW = 80
# Control characters move the cursor, and bidirectional marks reorder what is read; a name of the input must do neither.
# Compiled when a line first needs them: few do.
_UNPRINTABLE = "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
_WORD = 60
_WALL = rf"[^\s`]{{{_WORD + 20},}}"


class Style(Enum):
    """What a piece is, and how rich paints it."""

    PLAIN = ""
    STRONG = "bold"
    GOOD = "bold green"
    BAD = "bold red"
    UNSURE = "bold yellow"
    PLACE = "cyan"
    GUTTER = "blue"
    SECOND = "bold blue"
    FAINT = "dim"


@record(kw_only=False)
class Piece:
    """Characters of one style."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Piece, ...]
BLANK: Line = ()


def line(*parts: str | Piece) -> Line:
    """A line of pieces; bare text is plain."""
    return tuple([part if isinstance(part, Piece) else Piece(part) for part in parts])


def printable(text: str) -> str:
    """The text with every character that would disturb a terminal replaced by the replacement character."""
    return text if text.isascii() and text.isprintable() else re.sub(_UNPRINTABLE, "\ufffd", text)


def length(pieces: Iterable[Piece]) -> int:
    """How many characters a line has."""
    return sum([len(piece.text) for piece in pieces])


def wrapped(text: str, *, first: str = "", rest: str | None = None, width: int = WIDTH) -> list[str]:
    """The text in lines of at most `width`; `first` stands before the first line, `rest` (spaces unless given) before others.

    Words longer than a line stay whole: an address that is broken cannot be copied.
    """
    indent = " " * len(first) if rest is None else rest
    room = max(width, len(first) + 20)
    if text and text.isprintable() and text[0] != " " != text[-1]:  # as most texts are
        if len(first) + len(text) <= room:
            return [first + text]
        if "  " not in text:
            return _filled(text.split(" "), first, indent, room)
    import textwrap  # noqa: PLC0415 - for texts with control characters or more than one blank, which hardly any has

    lines = textwrap.wrap(
        text,
        width=room,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [first.rstrip()]


def _filled(words: Sequence[str], first: str, rest: str, room: int) -> list[str]:
    """Words in lines of at most `room`, as `textwrap` breaks them in several times the time."""
    lines: list[str] = []
    now, space = first, ""
    for word in words:
        if space and len(now) + 1 + len(word) > room:
            lines.append(now)
            now, space = rest, ""
        now += space + word
        space = " "
    return [*lines, now]


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and three dots when it is longer than `most`."""
    return text if len(text) <= most else text[: most - 3].rstrip(", ") + "..."


def without_walls(text: str) -> str:
    """The text with every endless word cut: an input may hold a name of ten million letters, and a message may quote it."""
    return re.sub(_WALL, lambda word: word[0][:_WORD] + "...", text) if len(text) > _WORD else text


def drawn(lines: Iterable[Line], *, color: bool) -> str:
    """The lines as text; with `color` as ANSI, painted by rich."""
    if color:
        return _painted(tuple(Piece(printable(piece.text), piece.style) for piece in one) for one in lines)
    return "".join([printable("".join([piece.text for piece in one])).rstrip() + "\n" for one in lines])


def _painted(lines: Iterable[Line]) -> str:
    from rich.console import Console  # noqa: PLC0415 - plain output and --help must not pay for rich
    from rich.text import Text  # noqa: PLC0415

    out = StringIO()
    console = Console(
        file=out, force_terminal=True, color_system="standard", no_color=False, highlight=False, legacy_windows=False
    )
    for one in lines:
        text = Text.assemble(*((piece.text, piece.style.value) for piece in one))
        text.rstrip()
        console.print(text, soft_wrap=True)
    return out.getvalue()


def indented(lines: Iterable[Line], by: int) -> Iterator[Line]:
    """The lines moved to the right; blank ones stay blank."""
    for one in lines:
        yield (Piece(" " * by), *one) if one else one
