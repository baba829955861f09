"""Cuts a text into its top-level items without parsing it, so that a mistake in one item does not hide those in others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from asever.diagnostics import Diagnostic, Edit, Label, nearest
from asever.record import record
from asever.source import Span

# Patterns are compiled when they are needed: a file that has not changed is not cut.
# A word that begins an item when it is the first on its line, or follows a closing brace.
STARTERS = frozenset(
    {
        "import", "service", "tag", "pack", "apply", "check", "vnet", "ase", "vm", "asg", "nsg", "route-table", "gateway",
        "on-premises", "load-balancer", "nat-gateway", "firewall", "private-endpoint",
        "platform-service", "admin-rules",
    }
)  # fmt: skip
_SPACE = r"[ \t\r\f\v\ufeff]"
_BLANK = rf"{_SPACE}+"
_WORD, _NUMBER = r"[A-Za-z][A-Za-z0-9_.-]*", r"[0-9][0-9A-Za-z.:/_-]*"
# What follows words and numbers in a rule changes nothing: more of them, stars and commas on the same line, and a number that
# begins another line. Some at once: a match remembers each.
_SAME_LINE = rf"(?:{_SPACE}*,)?{_BLANK}(?:{_WORD}|{_NUMBER}|\*)"
_MORE = rf"(?:{_SAME_LINE}|{_SPACE}*\n{_SPACE}*{_NUMBER}){{,200}}"
_LEXEME = (
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<open_comment>/\*)"
    r'|(?P<string>"[^"\n]*")'
    r'|(?P<open_string>")'
    r"|(?P<newline>\n)"
    rf"|(?P<blank>{_BLANK})"
    rf"|(?P<words>(?P<word>{_WORD}){_MORE})"
    rf"|(?P<numbers>(?P<number>{_NUMBER}){_MORE})"
    r"|(?P<open>[{(])"
    r"|(?P<close>[})])"
    r"|(?P<other>.)"
)
_FIRST = {"words": "word", "numbers": "number"}
# After these a word on a new line still belongs to the item before.
_CONTINUES = frozenset({",", "=", "-", ">", "/"})


# What a declaration looks like, known kind or not.
_DECLARATION = r'[A-Za-z][A-Za-z0-9_-]*\s+(?:"[^"\n]*"|[A-Za-z0-9_.-]+)\s*\{'
_NEXT = rf"^[ \t]*(?:{'|'.join(sorted(STARTERS, key=len, reverse=True))})(?![A-Za-z0-9_-])"


def no_item(span: Span) -> Diagnostic:
    """The diagnostic for something at the top of a file that begins no item."""
    meant = nearest(span.text[:40], STARTERS)
    return Diagnostic(
        code="unknown-item",
        message=f"`{span.text[:40]}` begins neither a declaration nor a check",
        primary=Label(span, f"did you mean `{meant}`?" if meant else "not known here"),
        edits=(Edit(span, meant),) if meant else (),
    )


class PieceKind(Enum):
    """What a piece of a text is."""

    ITEM = "item"
    COMMENT = "comment"
    OPEN_COMMENT = "a comment that never ends"
    NO_ITEM = "something that begins no item"


@record(kw_only=False)
class Piece:
    """A range of a text; for an item, with the brackets that were opened and not closed in it."""

    kind: PieceKind
    start: int
    end: int
    unclosed: tuple[int, ...] = ()


def cut(text: str) -> Iterator[Piece]:
    """The items and comments of a text, one after the other.

    At the start of a line outside brackets, a word that begins items begins one. What looks like no item at all is skipped up
    to the next line that does.
    """
    at = 0
    while at < len(text):
        skipped = None
        for piece in _until_nonsense(text, at):
            yield piece
            if piece.kind is PieceKind.NO_ITEM:
                skipped = piece
        if skipped is None:
            return
        following = re.compile(_NEXT, re.MULTILINE).search(text, skipped.end)
        at = following.start() if following is not None else len(text)


def is_balanced(text: str) -> bool:
    """Whether as many brackets are closed as are opened."""
    kinds = [kind for kind, *_ in _tokens(text, 0) if kind in ("open", "close")]
    return 2 * kinds.count("open") == len(kinds)


def _until_nonsense(text: str, at: int) -> Iterator[Piece]:
    brackets: list[int] = []
    start: int | None = None
    last_end = at
    fresh = True  # the next token is the first of its line, or follows a closing brace
    before = ""
    for kind, begin, end, last in _tokens(text, at):
        if kind == "comment":
            yield Piece(PieceKind.COMMENT, begin, end)
            continue
        if kind == "newline":
            fresh = True
            continue
        if kind == "blank":
            continue
        if kind == "open_comment":
            yield Piece(PieceKind.OPEN_COMMENT, begin, end)
            break
        value = text[begin:end]
        # An item keyword in the first column starts an item even inside brackets: a brace was forgotten.
        column_one = begin == 0 or text[begin - 1] == "\n"
        begins = kind == "word" and fresh and before not in _CONTINUES and (not brackets or column_one) and value in STARTERS
        if start is not None and (begins or (not brackets and fresh and before == "}")):
            yield Piece(PieceKind.ITEM, start, last_end, tuple(brackets))
            brackets, start = [], None
        if start is None:
            if value not in STARTERS and not re.compile(_DECLARATION).match(text, begin):
                yield Piece(PieceKind.NO_ITEM, begin, end)
                return
            start = begin
        if kind == "open":
            brackets.append(begin)
        elif kind == "close" and brackets:
            brackets.pop()
        fresh = kind == "close" and value == "}" and not brackets
        before, last_end = value, last
    if start is not None:
        yield Piece(PieceKind.ITEM, start, last_end, tuple(brackets))


def _tokens(text: str, at: int) -> Iterator[tuple[str, int, int, int]]:
    """The kind of each token, where it begins and ends, and where the words and numbers end that follow a word or a number."""
    for match in re.compile(_LEXEME, re.DOTALL).finditer(text, at):
        kind = _FIRST.get(match.lastgroup or "", match.lastgroup or "other")
        begin, last = match.span()
        yield kind, begin, match.end(kind), last
