"""Trees of texts that are edited: an item that an edit leaves alone is the same node as before, wherever it stands now.

Unlike what is kept between runs (`asever.syntax.kept`), nodes are known by identity, so whatever was made of them may be used
again. Their spans are in excerpts (`asever.source.Excerpt`), which move with the text. So are rules of a long list, where an
edit touches others of the list (`asever.syntax.splicing`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from asever.diagnostics import Diagnostics
from asever.record import record
from asever.source import Excerpt, SourceFile
from asever.syntax import nodes
from asever.syntax.items import PieceKind, cut
from asever.syntax.parser import parse, parse_once, sound_item
from asever.syntax.splicing import alike_ends, placed, spliced, with_edit


@record
class _Item:
    """One item where it stands."""

    node: nodes.Item
    excerpt: Excerpt
    start: int
    end: int


class Retained:
    """The texts that were read last, by name, with their items. Only texts without a mistake are retained."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, tuple[_Item, ...]]] = {}

    def parse(self, file: SourceFile, diagnostics: Diagnostics) -> nodes.FileNode:
        """As `asever.syntax.parser.parse`."""
        last = self._last.get(file.name)
        items = None if last is None else _edited(file, *last)
        if items is None:
            found = Diagnostics()
            tree = parse(file, found)
            diagnostics.extend(found)
            if found.found:
                return tree
            items = tuple(_excerpt(file, one) for one in tree.items)
        for one in items:
            one.excerpt.move(file, one.start)
        self._last[file.name] = (file.text, items)
        return nodes.FileNode(file=file, items=tuple(one.node for one in items))


class Originals:
    """The texts that were read first, by name, for somebody who tries edits of them, each on its own.

    Nothing moves: what an edited text has in common with the first is the same nodes, and their places are those in the first.
    `read` reads the first texts.
    """

    def __init__(self, read: Callable[[SourceFile, Diagnostics], nodes.FileNode] = parse) -> None:
        self._read = read
        self._first: dict[str, nodes.FileNode] = {}

    def parse(self, file: SourceFile, diagnostics: Diagnostics) -> nodes.FileNode:
        """As `asever.syntax.parser.parse`, but for places."""
        first = self._first.get(file.name)
        if first is not None:
            return with_edit(first, file) or parse_once(file, diagnostics)
        found = Diagnostics()
        tree = self._read(file, found)
        if not found.found:
            self._first[file.name] = tree
        diagnostics.extend(found)
        return tree


def _excerpt(file: SourceFile, node: nodes.Item) -> _Item:
    """An item that was parsed as part of a file, in an excerpt of its own."""
    excerpt = Excerpt(file, node.span.start, node.span.end)
    return _Item(node=placed(node, excerpt), excerpt=excerpt, start=node.span.start, end=node.span.end)


def _edited(file: SourceFile, before: str, items: tuple[_Item, ...]) -> tuple[_Item, ...] | None:
    """The items after an edit; None if they must be found in the whole text.

    What the edit touches is cut into items anew, together with the item on either side. These must come out as they were: so
    what stands before and behind is read as before, since an item is read by itself.
    """
    text = file.text
    if "\0" in text:
        return None
    shift = len(text) - len(before)
    same_before, same_behind = alike_ends(before, text)
    inside = _inside(file, len(before), items, same_before, same_behind)
    if inside is not None:
        return inside
    first = sum(one.end < same_before for one in items) - 1
    last = len(items) - sum(one.start > len(before) - same_behind for one in items)
    start = items[first].start if first >= 0 else 0
    end = items[last].end + shift if last < len(items) else len(text)
    middle = _cut(file, start, end, items[max(first, 0) : last + 1])
    if not middle or (first >= 0 and middle[0].node is not items[first].node):
        return None
    if last < len(items) and middle[-1].node is not items[last].node:
        return None
    behind = (_moved(one, shift) for one in items[last + 1 :])
    return (*items[: max(first, 0)], *middle, *behind)


def _inside(
    file: SourceFile, length: int, items: tuple[_Item, ...], same_before: int, same_behind: int
) -> tuple[_Item, ...] | None:
    """The items after an edit inside one list of rules; None if it is not surely that. The text had this `length` before."""
    number = bisect_left(items, same_before, key=_start) - 1
    if number < 0 or items[number].end <= length - same_behind:
        return None
    one, shift = items[number], len(file.text) - length
    excerpt = Excerpt(file, one.start, one.end + shift)
    node = spliced(one.node, excerpt, same_before - one.start, same_behind - (length - one.end))
    if node is None:
        return None
    edited = _Item(node=node, excerpt=excerpt, start=one.start, end=one.end + shift)
    return (*items[:number], edited, *(_moved(each, shift) for each in items[number + 1 :]))


def _start(one: _Item) -> int:
    return one.start


def _moved(one: _Item, shift: int) -> _Item:
    return _Item(node=one.node, excerpt=one.excerpt, start=one.start + shift, end=one.end + shift) if shift else one


def _cut(file: SourceFile, start: int, end: int, known: Sequence[_Item]) -> list[_Item] | None:
    """The items of a stretch of a text; None if there is a mistake in it."""
    left: dict[str, list[_Item]] = {}
    for one in known:
        left.setdefault(one.excerpt.text, []).append(one)
    found: list[_Item] = []
    for piece in cut(file.text[start:end]):
        if piece.kind is PieceKind.COMMENT:
            continue
        if piece.kind is not PieceKind.ITEM or piece.unclosed:
            return None
        low, high = start + piece.start, start + piece.end
        same = left.get(file.text[low:high])
        if same:
            one = same.pop(0)
            found.append(_Item(node=one.node, excerpt=one.excerpt, start=low, end=high))
            continue
        excerpt = Excerpt(file, low, high)
        node = sound_item(excerpt, 0, high - low)
        if node is None:
            return None
        found.append(_Item(node=placed(node, excerpt), excerpt=excerpt, start=low, end=high))
    return found
