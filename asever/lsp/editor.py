"""One editor at work: its files, what is known of the programs in them, and what it is told.

Knows nothing of how messages travel; `Client` is what it may send. Everything here runs in one thread, the judge in its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from lsprotocol import types

from asever.lsp.documents import Document, Documents, path_of
from asever.lsp.judge import Account, Judge, Linted
from asever.lsp.places import Places, Shift
from asever.lsp.shown import Shown, file_of
from asever.pipeline import Options
from asever.semantics.memory import Memory
from asever.semantics.uses import Outline, outline
from asever.source import Span

PAUSE = 0.15
"""Seconds without a key pressed after which a text is read and checked."""

_PATIENCE = 0.5
"""Seconds for which a question waits for a program that is just being read."""


class Client(Protocol):
    """What an editor can be told."""

    def publish(self, uri: str, version: int | None, diagnostics: list[types.Diagnostic]) -> None:
        """Shows these diagnostics in a file, and no others."""

    def refresh(self) -> None:
        """Has the verdicts beside the checks asked for again."""

    def later(self, seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        """Does something after a while; what is returned calls it off."""

    def soon(self, act: Callable[[], None]) -> None:
        """Does something in the editor's thread; may be called in any."""

    def fail(self, doing: str, error: BaseException, texts: Mapping[str, str]) -> None:
        """Tells of a mistake of ours; may be called in any thread."""


class Editor:
    """The files and programs of one editor."""

    def __init__(self, client: Client, options: Options, settings: Mapping[str, str]) -> None:
        self.client = client
        self.options = options
        self.settings = dict(settings)
        self.documents = Documents()
        self.judge = Judge(options, settings, self._told, client.fail)
        self.accounts: dict[str, Account] = {}
        self.pending: set[str] = set()
        self._sound: dict[str, Account] = {}
        self._linted: dict[str, Linted] = {}
        self._published: dict[str, list[types.Diagnostic]] = {}
        self._call_off: Callable[[], None] | None = None
        self._memory = Memory()
        self._outlines: dict[str, Outline] = {}
        self._wanted_lints: set[str] = set()

    def begin(self, places: Places, folders: Iterable[str]) -> None:
        """The editor has said how it counts, and which folders it has."""
        self.judge.places = places
        self.documents.folders.update(folders)
        self.documents.look_around()
        self.judge.start()

    @property
    def places(self) -> Places:
        """How the editor counts."""
        return self.judge.places

    # -- What the editor does -------------------------------------------------------------------------------------------

    def opened(self, uri: str, text: str, version: int | None) -> None:
        """A file is open from now on, and its text is the editor's business."""
        document = Document(uri, text, version)
        self.documents.open[document.path] = document
        self.documents.look_around()
        self._wanted_lints.add(document.path)
        self._changed(0)

    def changed(self, uri: str, text: str, version: int | None) -> None:
        """The text of a file is another."""
        document = self.documents.open.get(path_of(uri))
        if document is None:
            self.opened(uri, text, version)
            return
        document.become(text, version)
        self._changed(PAUSE)

    def saved(self, uri: str) -> None:
        """A file is saved: time to lint it."""
        self._wanted_lints.add(path_of(uri))
        self.documents.look_around()
        self._changed(0)

    def closed(self, uri: str) -> None:
        """A file is closed, and is again what is on the disk."""
        document = self.documents.open.pop(path_of(uri), None)
        if document is not None:
            self.documents.look_around()
            self._changed(0)

    def files_changed(self) -> None:
        """Files were changed by somebody else."""
        self.documents.look_around()
        self._changed(PAUSE)

    def _changed(self, pause: float) -> None:
        self._outlines.clear()
        self.documents.edition += 1
        self.pending = set(self._roots())
        if self._call_off is not None:
            self._call_off()
        self._call_off = self.client.later(pause, self._check)

    def _check(self) -> None:
        """Has every program checked that an open file belongs to; those that are no longer wanted are forgotten."""
        self._call_off = None
        texts = self.documents.texts()
        roots = self._roots()
        gone_roots = [one for one in self.accounts if one not in roots]
        for gone in gone_roots:
            for known in (self.accounts, self._sound, self._linted):
                known.pop(gone, None)
            self.judge.forget(gone)
        for root in reversed(roots):
            self.judge.check(root, texts)
        for path in self._wanted_lints:
            if path in self.documents.open:
                for root in self.documents.roots_of(path):
                    self.judge.lint(root, texts)
        self._wanted_lints.clear()
        if gone_roots:
            self._show()

    def _roots(self) -> list[str]:
        return list(dict.fromkeys(root for path in self.documents.open for root in self.documents.roots_of(path)))

    # -- What is found --------------------------------------------------------------------------------------------------

    def _told(self, news: Account | Linted) -> None:
        self.client.soon(lambda: self._take(news))

    def _take(self, news: Account | Linted) -> None:
        if isinstance(news, Linted):
            self._linted[news.root] = news
            self._show()
            return
        if news.root not in self._roots():
            return
        self.accounts[news.root] = news
        if news.sound and news.done:
            self._sound[news.root] = news
        if news.done and news.edition == self.documents.edition:
            self.pending.discard(news.root)
        self._show(always=self.documents.open if news.done else ())
        self.client.refresh()

    def shown_in(self, path: str) -> list[Shown]:
        """Everything that is shown in a file, where it is in the text of now."""
        every = list(self._every_shown(path))
        if len(self.accounts) < 2:
            return every
        # Two programs say the same of a file that both import.
        return list({repr(one.diagnostic): one for one in every}.values())

    def _every_shown(self, path: str) -> Iterator[Shown]:
        for root, account in self.accounts.items():
            yield from self._moved(path, account.problems, account.texts)
            yield from self._moved(path, account.verdicts, account.texts)
            earlier = self._sound.get(root)
            if not account.sound and earlier is not None:
                yield from map(_earlier, self._moved(path, earlier.verdicts, earlier.texts))
        for linted in self._linted.values():
            yield from self._moved(path, linted.findings, linted.texts)

    def _moved(self, path: str, every: Iterable[Shown], texts: Mapping[str, str]) -> Iterator[Shown]:
        mine = [one for one in every if one.path == path]
        document = self.documents.open.get(path)
        read = texts.get(path)
        if not mine or document is None or read is None or read == document.file.text:
            yield from mine
            return
        shift = Shift(read, document.file.text)
        for one in mine:
            moved = shift(one.diagnostic.range)
            if moved is not None:
                yield Shown(path=path, diagnostic=_at(one.diagnostic, moved), check=one.check)

    def _show(self, always: Iterable[str] = ()) -> None:
        """Publishes what has changed."""
        paths = dict.fromkeys((*self._published, *self.documents.open))
        for account in self.accounts.values():
            paths.update(dict.fromkeys(one.path for one in (*account.problems, *account.verdicts)))
        for linted in self._linted.values():
            paths.update(dict.fromkeys(one.path for one in linted.findings))
        for path in paths:
            now = [one.diagnostic for one in self.shown_in(path)]
            known = self._published.get(path)
            document = self.documents.open.get(path)
            uri = self.documents.uri_of(path)
            if uri is None or (now == (known or []) and path not in always):
                continue
            if now:
                self._published[path] = now
            else:
                self._published.pop(path, None)
            # A version says that this is all there is to say of it; what is moved from an earlier one has none.
            settled = document is not None and self.pending.isdisjoint(self.documents.roots_of(path))
            self.client.publish(uri, document.version if document is not None and settled else None, now)

    def is_settled(self, path: str) -> bool:
        """Whether what is known of the programs of a file is about the texts of now."""
        roots = self.documents.roots_of(path)
        return self.pending.isdisjoint(roots) and all(root in self.accounts and self.accounts[root].sound for root in roots)

    def outcomes_of(self, path: str, text: str) -> tuple[tuple[str, Account], ...]:
        """The programs that have a verdict on an item of a file, each with what is known of it."""
        return tuple(
            (root, judged)
            for root, account in self.accounts.items()
            if (judged := account if account.sound else self._sound.get(root)) is not None and (path, text) in judged.outcomes
        )

    # -- What is asked of texts -----------------------------------------------------------------------------------------

    def document(self, uri: str) -> Document | None:
        """The open file of a URI."""
        return self.documents.open.get(path_of(uri))

    def outlines(self, path: str) -> list[Outline]:
        """The names of every program that a file belongs to, as the texts are now."""
        return [self._outline(root) for root in self.documents.roots_of(path)]

    def _outline(self, root: str) -> Outline:
        found = self._outlines.get(root)
        if found is None:
            found = self._outlines[root] = outline(Path(root), self.documents.texts(), self.settings, self._memory)
        return found

    @contextmanager
    def holding(self) -> Iterator[bool]:
        """Keeps the places of what was judged still; False if it is just being read and takes long."""
        held = self.judge.held.acquire(timeout=_PATIENCE)
        try:
            yield held
        finally:
            if held:
                self.judge.held.release()

    def location(self, span: Span) -> types.Location | None:
        """A place as the editor knows it."""
        uri = self.documents.uri_of(file_of(span))
        return None if uri is None or not span.file.text else types.Location(uri=uri, range=self.places.range(span))


def _earlier(one: Shown) -> Shown:
    """A verdict of a version before this one, which cannot be read."""
    message = f"{one.diagnostic.message}\n(before the last edit)"
    return Shown(path=one.path, diagnostic=_at(one.diagnostic, one.diagnostic.range, message), check=one.check)


def _at(one: types.Diagnostic, where: types.Range, message: str | None = None) -> types.Diagnostic:
    """A diagnostic at another place; what it points at besides may have moved too, and is left out."""
    return types.Diagnostic(
        range=where, message=message or one.message, severity=one.severity, code=one.code, source=one.source, tags=one.tags
    )
