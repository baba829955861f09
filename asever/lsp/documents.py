"""The files of an editor: those that are open, with texts that may not be saved, and which program each belongs to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from pygls.uris import from_fs_path, to_fs_path

from asever import reads, resources
from asever.semantics import files
from asever.semantics.loading import SUFFIX, located
from asever.source import SourceFile

MOST_FILES = 2000
"""Specifications in the folders of an editor that are looked at for imports."""

MOST_PROGRAMS = 4
"""Programs that are checked for the sake of one open file which several import."""

_IMPORT = re.compile(r'^[ \t]*import[ \t]+"([^"\n]+)"', re.MULTILINE)
_SKIPPED = frozenset({"node_modules", "__pycache__"})


class Document:
    """One open file. `file` has the text as the parser sees it; lines and columns are those of the editor's."""

    def __init__(self, uri: str, text: str, version: int | None) -> None:
        self.uri = uri
        self.path = path_of(uri)
        self.become(text, version)

    def become(self, text: str, version: int | None) -> None:
        """Takes a new text."""
        self.version = version
        # A half of a surrogate pair is no letter; it counts as one unit, and so does what stands for it.
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        mark = " " if whole.startswith("\ufeff") else ""  # keeps the columns of the first line
        self.file = SourceFile(self.path, mark + files.clean(whole))


class Texts(Mapping[str, str]):
    """The texts of the open files at one time, by whatever path leads to them. `edition` counts these times."""

    def __init__(self, documents: Iterable[Document], edition: int) -> None:
        self.edition = edition
        self._texts = {_real(one.path): one.file.text for one in documents}

    def __getitem__(self, name: str) -> str:
        return self._texts[_real(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


class Documents:
    """All open files of one editor, and the specifications in its folders."""

    def __init__(self) -> None:
        self.open: dict[str, Document] = {}
        self.edition = 0
        self.folders: set[str] = set()
        self._disk: tuple[str, ...] = ()
        self._imports: dict[str, tuple[object, frozenset[str]]] = {}

    def uri_of(self, path: str) -> str | None:
        """The URI of a file, as the editor writes it where the file is open."""
        document = self.open.get(path)
        return uri_of(path) if document is None else document.uri

    def texts(self) -> Texts:
        """The texts of all open files as they are now."""
        return Texts(self.open.values(), self.edition)

    def text_of(self, path: str) -> str | None:
        """The text of a file, as the editor has it or else as it is saved; None where it cannot be read."""
        document = self.open.get(path)
        if document is not None:
            return document.file.text
        found = files.read(Path(path), path, None)
        return found if isinstance(found, str) else None

    def look_around(self) -> None:
        """Looks for the specifications that there are: in the folders of the editor, and beside its open files."""
        found: dict[str, None] = {}
        for folder in sorted(self.folders):
            for path in _specifications(folder):
                found[path] = None
                if len(found) >= MOST_FILES:
                    break
        for document in self.open.values():
            found.update(dict.fromkeys(_beside(document.path)))
        self._disk = tuple(found)

    def roots_of(self, path: str) -> list[str]:
        """The programs that a file belongs to, by their main files: those that import it and are imported by nobody.

        A file that nobody imports is a program of its own.
        """
        importers = self._importers()
        seen, todo, roots = {_real(path)}, [path], []
        while todo:
            one = todo.pop()
            above = importers.get(_real(one), [])
            if not above:
                roots.append(one)
            for other in above:
                if _real(other) not in seen:
                    seen.add(_real(other))
                    todo.append(other)
        roots.sort(key=lambda one: (one not in self.open, one))
        return roots[:MOST_PROGRAMS] or [path]

    def _importers(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in dict.fromkeys((*self.open, *self._disk)):
            for imported in self._imported_by(path):
                found.setdefault(imported, []).append(path)
        return found

    def _imported_by(self, path: str) -> frozenset[str]:
        document = self.open.get(path)
        state: object = document.file if document is not None else reads.stamp(path)
        known = self._imports.get(path)
        if known is not None and known[0] == state:
            return known[1]
        text = self.text_of(path) or ""
        found = frozenset(_real(str(located(Path(path), one))) for one in _IMPORT.findall(text))
        self._imports[path] = (state, found)
        return found


def path_of(uri: str) -> str:
    """The path of a file; of what is no file (a new buffer without a name) the URI itself."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return os.path.normpath(path) if path else uri


def named_path(name: str) -> str:
    """The path of a file that a program names: of the library, or a template that is told from itself by its parameters."""
    if name.startswith("std/"):
        return str(resources.library() / f"{name.removeprefix('std/')}{SUFFIX}")
    template, given, _ = name.rpartition(" with ")
    return template if given and not Path(name).exists() else name


def uri_of(path: str) -> str | None:
    """The URI of a file; None for one that no editor can open."""
    if not Path(path).is_absolute():
        return path if ":" in path else None
    uri: str | None = from_fs_path(path)
    return uri


@lru_cache(maxsize=4096)
def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def _specifications(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and one not in _SKIPPED)
        yield from (str(Path(parent, one)) for one in sorted(names) if one.endswith(SUFFIX))


def _beside(path: str) -> list[str]:
    folder = Path(path).parent
    try:
        return sorted(str(one) for one in folder.iterdir() if one.suffix == SUFFIX)[:MOST_FILES] if folder.is_absolute() else []
    except OSError:
        return []
