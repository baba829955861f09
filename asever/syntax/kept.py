"""Trees of files that have been read before: an unchanged file is not parsed again, and of a changed one only what changed.

Only files without a mistake are kept, by their absolute name. An item is known by its text, wherever it stands now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from asever import cache, resources
from asever.record import field, record
from asever.source import SourceFile
from asever.syntax import nodes
from asever.syntax.stored import restored, stored

# What has a say in what the tree of a text is: when one of these changes, nothing that was kept counts.
_DECIDING = (
    "cache", "model/addresses", "model/numbers", "model/packets", "syntax/items", "syntax/kept", "syntax/lalr", "syntax/lexing",
    "syntax/nodes", "syntax/parser", "syntax/reading", "syntax/shifting", "syntax/stored",
)  # fmt: skip


@record
class Known:
    """What is known of a file: the text that it had (its digest), where its items stood, and each by the digest of its text.

    Each item is packed by itself, so that a large file is never there as plain data and as nodes at once.
    """

    text: bytes = b""
    places: Sequence[tuple[int, bytes]] = ()
    items: Mapping[bytes, bytes] = field(default_factory=dict)

    def tree_of(self, file: SourceFile) -> nodes.FileNode | None:
        """The tree of a file that still has this text; None when it has another."""
        if not self.places or self.text != cache.digest(file.text):
            return None
        return nodes.FileNode(file=file, items=tuple(self._restored(key, file, start) for start, key in self.places))

    def item(self, file: SourceFile, start: int, end: int) -> nodes.Item | None:
        """The item whose text stands there; None when it is not known."""
        key = cache.digest(file.text[start:end]) if self.items else b""
        return self._restored(key, file, start) if key in self.items else None

    def _restored(self, key: bytes, file: SourceFile, start: int) -> nodes.Item:
        item: nodes.Item = restored(cache.unpacked(self.items[key]), file, start)
        return item


def known(file: SourceFile) -> Known:
    """What is known of the file of this name."""
    key = _key(file)
    found = cache.load(key) if key is not None else None
    if not isinstance(found, tuple):
        return Known()
    text, places, items = found
    return Known(text=text, places=places, items=items)


def keep(tree: nodes.FileNode, before: Known) -> None:
    """Keeps a tree without mistakes for the next time; what was known `before` need not be taken apart again."""
    key = _key(tree.file)
    if key is None:
        return
    text = tree.file.text
    places = [(one.span.start, cache.digest(text[one.span.start : one.span.end])) for one in tree.items]
    pairs = zip(tree.items, places, strict=True)
    try:
        items = {each: before.items.get(each) or cache.packed(stored(one)) for one, (_, each) in pairs}
    except ValueError:  # nested too deep
        return
    cache.save(key, (cache.digest(text), places, items))


@lru_cache(maxsize=1)
def _deciding() -> bytes:
    return cache.digest(resources.grammar_text(), *map(resources.source, _DECIDING))


def _key(file: SourceFile) -> bytes | None:
    """What a file is kept under; None when it cannot be told whether what was kept is still right."""
    if cache.folder() is None:
        return None
    try:
        return cache.digest(str(Path(file.name).absolute()), _deciding())
    except (OSError, ValueError):  # our own source is not there, or we stand in a folder that is gone
        return None
