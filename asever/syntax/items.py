"""Cuts a text into its top-level items without parsing it, so that a mistake in one item does not hide those in others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A word that begins an item when it is the first on its line, or follows a closing brace.
STARTERS = frozenset(
    {
        "import", "service", "tag", "pack", "apply", "check", "vnet", "ase", "vm", "asg", "nsg", "route-table", "gateway",
        "on-premises", "load-balancer", "nat-gateway", "firewall", "private-endpoint", "admin-rules",
    }
)  # fmt: skip
_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<open_comment>/\*)"
    r'|(?P<string>"[^"\n]*")'
    r'|(?P<open_string>")'
    r"|(?P<newline>\n)"
    r"|(?P<blank>[ \t\r\f\v\ufeff]+)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_.-]*)"
    r"|(?P<number>[0-9][0-9A-Za-z.:/_-]*)"
    r"|(?P<open>[{(])"
    r"|(?P<close>[})])"
    r"|(?P<other>.)",
    re.DOTALL,
)
# After these a word on a new line still belongs to the item before.
_CONTINUES = frozenset({",", "=", "-", ">", "/"})


@dataclass(frozen=True, slots=True)
class Piece:
    """The range of one item, and the brackets that were opened and not closed in it."""

    start: int
    end: int
    unclosed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """A text, cut: items, comments, and where a comment or string never ends."""

    items: tuple[Piece, ...]
    comments: tuple[tuple[int, int], ...]
    open_comment: int | None = None
    open_strings: tuple[int, ...] = ()


def cut(text: str) -> Cut:
    """The items of a text. At the start of a line outside brackets, a word that begins items begins one."""
    comments: list[tuple[int, int]] = []
    open_strings: list[int] = []
    open_comment: int | None = None
    items: list[Piece] = []
    brackets: list[int] = []
    start: int | None = None
    last_end = 0
    fresh = True  # the next token is the first of its line, or follows a closing brace
    before = ""
    for found in _tokens(text):
        kind, begin, end = found
        if kind == "comment":
            comments.append((begin, end))
            continue
        if kind == "newline":
            fresh = True
            continue
        if kind == "blank":
            continue
        if kind == "open_comment":
            open_comment = begin
            break
        if kind == "open_string":
            open_strings.append(begin)
        value = text[begin:end]
        # An item keyword in the first column starts an item even inside brackets: a brace was forgotten.
        column_one = begin == 0 or text[begin - 1] == "\n"
        begins = kind == "word" and fresh and before not in _CONTINUES and (not brackets or column_one) and value in STARTERS
        if start is not None and (begins or (not brackets and fresh and before == "}")):
            items.append(Piece(start, last_end, tuple(brackets)))
            brackets, start = [], None
        if start is None:
            start = begin
        if kind == "open":
            brackets.append(begin)
        elif kind == "close" and brackets:
            brackets.pop()
        fresh = kind == "close" and value == "}" and not brackets
        before, last_end = value, end
    if start is not None:
        items.append(Piece(start, last_end, tuple(brackets)))
    return Cut(tuple(items), tuple(comments), open_comment, tuple(open_strings))


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _TOKEN.finditer(text):
        yield match.lastgroup or "other", match.start(), match.end()
