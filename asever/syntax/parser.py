"""From text to tree. The only module that knows lark; it never raises, and reports as many mistakes as there are.

A text without mistakes is parsed as a whole. Otherwise its items are parsed one by one; when one has a mistake, the line with
it is blanked out and the item is parsed again, so that the next mistake is found too and the names that the item defines
are still known.
"""

from __future__ import annotations

import re
from _thread import get_ident
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from asever.diagnostics import Diagnostic, Diagnostics, Label
from asever.source import SourceFile, Span
from asever.syntax import nodes
from asever.syntax.items import Piece, PieceKind, cut, is_balanced, no_item
from asever.syntax.kept import Known, keep, known

if TYPE_CHECKING:
    from lark import Lark

    from asever.syntax.reading import Reading

MOST_ERRORS = 50
MOST_IN_ITEM = 20
DEEPEST = 200
_LONG = 100_000  # characters
_BRACKET = re.compile(r"[{}()]")


def parse(file: SourceFile, diagnostics: Diagnostics) -> nodes.FileNode:
    """The tree of a file; what is wrong goes to `diagnostics`, and what can be understood is in the tree."""
    if "\0" in file.text:
        diagnostics.add(_at(file, "not-a-text", "this is not a text: it holds zero bytes", file.text.index("\0")))
        return nodes.FileNode(file=file, items=())
    before = known(file)
    tree = before.tree_of(file)
    if tree is not None:
        return tree
    found = Diagnostics()
    tree = _parsed(file, before, found)
    if not found.found:
        keep(tree, before)
    diagnostics.extend(found)
    return tree


def parse_once(file: SourceFile, diagnostics: Diagnostics) -> nodes.FileNode:
    """The same of a text that is made up to be read once: it does not take the place of what is kept of the file."""
    before = known(file)
    return before.tree_of(file) or _parsed(file, before, diagnostics)


def _parsed(file: SourceFile, before: Known, diagnostics: Diagnostics) -> nodes.FileNode:
    items = None if _is_deep(file.text) else _sound(file, before, diagnostics)
    return nodes.FileNode(file=file, items=tuple(items if items is not None else _piecewise(file, before, diagnostics)))


def _is_deep(text: str) -> bool:
    """Whether brackets seem to nest deeper than an item may (some may stand in comments): read as a whole, that takes long."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = depth + 1 if bracket.group() in "{(" else max(0, depth - 1)
        if depth > DEEPEST:
            return True
    return False


def comments_of(file: SourceFile) -> tuple[nodes.Comment, ...]:
    """The comments of a text, in order; they are not part of its tree."""
    spans = (Span(file, one.start, one.end) for one in cut(file.text) if one.kind is PieceKind.COMMENT)
    return tuple(nodes.Comment(span=span, text=span.text) for span in spans)


def _sound(file: SourceFile, before: Known, diagnostics: Diagnostics) -> list[nodes.Item] | None:
    """All items of a text without syntax errors; None for one with some."""
    # To cut a long text takes a tenth of parsing it, which only pays when some of it need not be parsed.
    if before.items or len(file.text) < _LONG:
        try:
            return _by_item(file, before)
        except _MayBeSound:
            pass
    return _whole(file, diagnostics)


def _by_item(file: SourceFile, before: Known) -> list[nodes.Item] | None:
    """All items, parsing only those that are new; None when one has a syntax error.

    Where no item has a mistake, the items are those of the whole text: after a complete item, the grammar never waits for a
    word that begins one. Raises `_MayBeSound` where cutting the text may be what went wrong.
    """
    items: list[nodes.Item] = []
    for piece in cut(file.text):
        if piece.kind is PieceKind.COMMENT:
            continue
        if piece.unclosed and not is_balanced(file.text):
            return None
        if piece.kind is not PieceKind.ITEM or piece.unclosed:
            raise _MayBeSound
        item = before.item(file, piece.start, piece.end) or _sound_item(file, piece.start, piece.end)
        if item is None:
            return None
        items.append(item)
    return items


def sound_item(file: SourceFile, start: int, end: int) -> nodes.Item | None:
    """The one item that stands there; None when it has a mistake, or may have one."""
    try:
        return _sound_item(file, start, end)
    except _MayBeSound:
        return None


def begun(text: str) -> tuple[frozenset[str], Sequence[object]]:
    """What may follow the beginning of an item: kinds of tokens by their names in the grammar; and what stands before.

    That is tokens and nodes, a node where the grammar has put tokens together. There is nothing after a mistake.
    """
    from lark.exceptions import UnexpectedInput, VisitError  # noqa: PLC0415 - lark is loaded for a parse only

    parser, reading = _parser("one")
    reading.begin(SourceFile("", text), 0)
    state: Any = parser.parse_interactive(text)
    try:
        state.exhaust_lexer()
        return frozenset(state.accepts()), tuple(state.parser_state.value_stack)
    except (UnexpectedInput, VisitError, RecursionError):
        return frozenset(), ()


class _MayBeSound(Exception):  # noqa: N818 - what is known, in a word
    """The text may have no mistake although one of its pieces has."""


def _sound_item(file: SourceFile, start: int, end: int) -> nodes.Item | None:
    """One item; None when it has a syntax error that it would have as a part of the whole text too."""
    from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError  # noqa: PLC0415 - lark is loaded for a parse only

    parser, reading = _parser("one")
    reading.begin(file, start)
    try:
        item: Any = parser.parse(file.text[start:end])
    except UnexpectedInput as problem:
        if isinstance(problem, UnexpectedToken):
            # Where the item might have ended, another may begin in its line; where it breaks off, it may go on with the name
            # of a thing that is called `check`.
            breaks_off = problem.token.type == "$END" and bool(file.text[end:].strip())
            if "$END" in problem.expected or breaks_off:
                raise _MayBeSound from None
        return None
    except (VisitError, RecursionError):
        raise _MayBeSound from None
    if reading.problems:
        raise _MayBeSound
    found: nodes.Item = item
    return found


def _whole(file: SourceFile, diagnostics: Diagnostics) -> list[nodes.Item] | None:
    """All items in one parse; None when there is a mistake somewhere."""
    from lark.exceptions import UnexpectedInput, VisitError  # noqa: PLC0415 - lark is loaded for a parse only

    parser, reading = _parser("start")
    reading.begin(file, 0)
    try:
        items: Any = parser.parse(file.text)
    except (UnexpectedInput, VisitError, RecursionError):
        return None
    diagnostics.extend(reading.problems)
    return list(items)


def _piecewise(file: SourceFile, before: Known, diagnostics: Diagnostics) -> Iterator[nodes.Item]:
    """The items that can be understood, one by one; every mistake is reported."""
    errors = 0
    for piece in cut(file.text):
        span = Span(file, piece.start, piece.end)
        match piece.kind:
            case PieceKind.COMMENT:
                pass
            case PieceKind.OPEN_COMMENT:
                diagnostics.add(
                    _at(file, "unclosed-comment", "this comment never ends", piece.start, 2, help="end it with `*/`")
                )
                errors += 1
            case PieceKind.NO_ITEM:
                diagnostics.add(no_item(span))
                errors += 1
            case PieceKind.ITEM:
                item, found = None if piece.unclosed else before.item(file, piece.start, piece.end), 0
                if item is None:
                    item, found = _parse_item(file, piece, diagnostics)
                errors += found
                if item is not None:
                    yield item
        if errors >= MOST_ERRORS:
            message = f"more than {MOST_ERRORS} errors; the rest of the file is not read"
            diagnostics.add(_at(file, "too-many-errors", message, piece.start))
            return


def _at(
    file: SourceFile,
    code: str,
    message: str,
    start: int,
    length: int = 1,
    *,
    label: str = "",
    help: str | None = None,  # noqa: A002
) -> Diagnostic:
    return Diagnostic(code=code, message=message, primary=Label(Span(file, start, start + length), label), help=help)


def _parse_item(file: SourceFile, piece: Piece, diagnostics: Diagnostics) -> tuple[nodes.Item | None, int]:
    """One item, and how many mistakes it has."""
    from lark.exceptions import UnexpectedInput, VisitError  # noqa: PLC0415 - lark is loaded for a parse only

    from asever.syntax.mistakes import describe  # noqa: PLC0415

    text = file.text[piece.start : piece.end]
    if len(piece.unclosed) > DEEPEST:
        diagnostics.add(
            _at(file, "nested-too-deep", f"more than {DEEPEST} brackets inside each other", piece.unclosed[DEEPEST])
        )
        return None, 1
    found = 0
    if piece.unclosed:
        diagnostics.add(
            _at(
                file,
                "unclosed-block",
                f"this `{file.text[piece.unclosed[-1]]}` is never closed",
                piece.unclosed[-1],
                help="close it with `}`" if file.text[piece.unclosed[-1]] == "{" else "close it with `)`",
            )
        )
        found += 1
        text += "".join(" }" if file.text[one] == "{" else " )" for one in reversed(piece.unclosed))
    parser, reading = _parser("one")
    while True:
        reading.begin(file, piece.start)
        try:
            parsed: Any = parser.parse(text)
        except UnexpectedInput as problem:
            found += 1
            offset = problem.pos_in_stream if problem.pos_in_stream is not None and problem.pos_in_stream >= 0 else len(text)
            said = describe(file, piece.start, text, min(offset, len(text)), problem)
            diagnostics.add(said)
            at = said.primary.span.start - piece.start if said.primary is not None else offset
            blanked = _without_line(text, min(at, max(0, len(text) - 1))) if "{" in text else text
            if found >= MOST_IN_ITEM or blanked == text:
                return None, found
            text = blanked
        except (VisitError, RecursionError) as problem:
            diagnostics.add(_at(file, "nested-too-deep", f"this item cannot be read: {type(problem).__name__}", piece.start))
            return None, found + 1
        else:
            diagnostics.extend(reading.problems)
            return parsed, found + len(reading.problems)


def _without_line(text: str, offset: int) -> str:
    """The text with the line around an offset blanked out; its brackets stay where others would be left open.

    The first line keeps what stands before its brace. Unchanged text means that nothing more can be left out.
    """
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : len(text) if end < 0 else end]
    if start == 0 and "{" in line:
        head = line.index("{") + 1
        if offset < head:
            return text
        start, line = head, line[head:]
    balanced = line.count("{") == line.count("}")
    kept = "".join(letter if letter in ("{}" if balanced else "}") else " " for letter in line)
    return text[:start] + kept + text[start + len(kept) :]


def _parser(start: str) -> tuple[Lark, Reading]:
    """The parser for whole files (`start`) or one item (`one`), with its embedded transformer.

    They are two, since one parser for both would know less well what it waits for; and others in each thread, since the
    transformer knows the text that is parsed.
    """
    from asever.syntax.lalr import parser  # noqa: PLC0415 - lark is loaded for a parse only

    return parser(start, get_ident())
