"""The server as the protocol sees it: which messages there are, what each leads to, and what becomes of our own mistakes.

Editors send texts whole at every change: pygls cuts lines where neither editors nor we do (at form feeds, for example), so that
a change of a part would end up elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from asever import __version__
from asever.lsp import actions, completion, hover, lookup
from asever.lsp.documents import Document, path_of
from asever.lsp.editor import Editor
from asever.lsp.places import Places
from asever.lsp.shown import SOURCE
from asever.pipeline import Options, ReadingsDisagree

_WATCHED = ("**/*.asev", "**/*.json")


class Server(LanguageServer):
    """The server of one editor."""

    def __init__(self, options: Options, settings: Mapping[str, str]) -> None:
        super().__init__(SOURCE, __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.editor = Editor(self, options, settings)
        self.said_goodbye = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._complained: set[str] = set()

    # -- What the editor is told ----------------------------------------------------------------------------------------

    def publish(self, uri: str, version: int | None, diagnostics: list[types.Diagnostic]) -> None:
        """As `asever.lsp.editor.Client`."""
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=diagnostics)
        )

    def refresh(self) -> None:
        """As `asever.lsp.editor.Client`."""
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.inlay_hint is not None and workspace.inlay_hint.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    def later(self, seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        """As `asever.lsp.editor.Client`."""
        return asyncio.get_running_loop().call_later(seconds, self._guarded(act)).cancel

    def soon(self, act: Callable[[], None]) -> None:
        """As `asever.lsp.editor.Client`."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._guarded(act))

    def _guarded(self, act: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - a server lives on
                self.fail("showing what was found", error, {})

        return guarded

    def begin(self, params: types.InitializeParams) -> None:
        """The editor has introduced itself."""
        self._loop = asyncio.get_running_loop()
        encoding = self.workspace.position_encoding
        folders = [path_of(one.uri) for one in params.workspace_folders or ()]
        if not folders and params.root_uri:
            folders = [path_of(params.root_uri)]
        self.editor.begin(Places(getattr(encoding, "value", encoding) or "utf-16"), folders)

    def watch(self) -> None:
        """Asks to be told of files that others change, where the editor can do that."""
        workspace = self.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace is not None else None
        if watched is None or not watched.dynamic_registration:
            return
        watchers = [types.FileSystemWatcher(glob_pattern=one) for one in _WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registration = types.Registration(id="files", method=method, register_options=options)
        self.client_register_capability(types.RegistrationParams(registrations=[registration]))

    def say(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Shows a sentence."""
        self.window_show_message(types.ShowMessageParams(type=kind, message=text))

    # -- Our own mistakes -----------------------------------------------------------------------------------------------

    def fail(self, doing: str, error: BaseException, texts: Mapping[str, str]) -> None:
        """As `asever.lsp.editor.Client`. The same mistake is told once; what reproduces it is kept in a file."""
        what = "the solver and the interpreter give different answers" if isinstance(error, ReadingsDisagree) else ""
        what = what or f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(": ")
        key = f"{doing}: {what}"
        if key in self._complained:
            return
        self._complained.add(key)
        where = _kept(doing, error, texts or dict(self.editor.documents.texts()))
        advice = f"what reproduces it is in {where}" if where else "it could not be written down"
        text = f"asever: internal error while {doing}: {what}. This is a bug in asever; please report it: {advice}"
        self.soon(lambda: self.say(text, types.MessageType.Error))

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ANN401 - pygls'
        """What pygls cannot make of a message."""
        self.fail(f"reading a message ({getattr(source, '__name__', source)})", error, {})


def _kept(doing: str, error: BaseException, texts: Mapping[str, str]) -> str | None:
    """A file with everything about a mistake; its path, None where it cannot be written."""
    told = {
        "asever": __version__,
        "while": doing,
        "error": "".join(traceback.format_exception(error)),
        "texts": dict(texts),
    }
    try:
        with tempfile.NamedTemporaryFile("w", prefix="asever-lsp-", suffix=".json", delete=False, encoding="utf-8") as file:
            json.dump(told, file, indent=1)
    except OSError:
        return None
    return file.name


# -- Messages -----------------------------------------------------------------------------------------------------------


def made(options: Options, settings: Mapping[str, str]) -> Server:
    """A server with everything that it can do."""
    server = Server(options, settings)
    _add_files(server)
    _add_questions(server)
    _add_changes(server)
    return server


def serve(options: Options, settings: Mapping[str, str], port: int | None) -> bool:
    """Serves one editor until it leaves: over standard input and output, or over a port. Whether it has said goodbye."""
    logging.getLogger("pygls").addHandler(logging.NullHandler())
    logging.getLogger("pygls").propagate = False
    server = made(options, settings)
    if port is not None:
        server.start_tcp("127.0.0.1", port)
        return server.said_goodbye
    stream = sys.stdout.buffer
    sys.stdout = sys.stderr  # what is printed by mistake must not get between the messages
    server.start_io(sys.stdin.buffer, stream)
    return server.said_goodbye


def _feature(server: Server, method: str, options: object = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a handler that answers nothing after a mistake of ours, which is told elsewhere."""

    @contextmanager
    def guard() -> Iterator[None]:
        try:
            yield
        except lookup.Refused as reason:
            server.say(f"asever: {reason}", types.MessageType.Warning)
        except Exception as error:  # noqa: BLE001 - a server lives on
            server.fail(method, error, {})

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(handler)
        def guarded(params: Any) -> Any:  # noqa: ANN401 - any message
            with guard():
                return handler(params)
            return None

        @wraps(handler)
        async def guarded_later(params: Any) -> Any:  # noqa: ANN401 - any message
            with guard():
                return await handler(params)
            return None

        server.feature(method, options)(guarded_later if iscoroutinefunction(handler) else guarded)
        return handler

    return register


def _add_files(server: Server) -> None:
    editor = server.editor

    @_feature(server, types.INITIALIZE)
    def _(params: types.InitializeParams) -> None:
        server.begin(params)

    @_feature(server, types.INITIALIZED)
    def _(_: types.InitializedParams) -> None:
        server.watch()

    @_feature(server, types.SHUTDOWN)
    def _(_: None) -> None:
        server.said_goodbye = True

    @_feature(server, types.TEXT_DOCUMENT_DID_OPEN)
    def _(params: types.DidOpenTextDocumentParams) -> None:
        one = params.text_document
        editor.opened(one.uri, one.text, one.version)

    @_feature(server, types.TEXT_DOCUMENT_DID_CHANGE)
    def _(params: types.DidChangeTextDocumentParams) -> None:
        one = params.text_document
        editor.changed(one.uri, server.workspace.get_text_document(one.uri).source, one.version)

    @_feature(server, types.TEXT_DOCUMENT_DID_SAVE)
    def _(params: types.DidSaveTextDocumentParams) -> None:
        editor.saved(params.text_document.uri)

    @_feature(server, types.TEXT_DOCUMENT_DID_CLOSE)
    def _(params: types.DidCloseTextDocumentParams) -> None:
        editor.closed(params.text_document.uri)

    @_feature(server, types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def _(_: types.DidChangeWatchedFilesParams) -> None:
        editor.files_changed()

    @_feature(server, types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def _(params: types.DidChangeWorkspaceFoldersParams) -> None:
        editor.documents.folders.update(path_of(one.uri) for one in params.event.added)
        editor.documents.folders.difference_update(path_of(one.uri) for one in params.event.removed)
        editor.files_changed()


def _add_questions(server: Server) -> None:
    editor = server.editor

    def at(params: Any) -> tuple[Document, int] | None:  # noqa: ANN401 - whatever has a document and a position
        document = editor.document(params.text_document.uri)
        return None if document is None else (document, editor.places.offset(document.file, params.position))

    @_feature(server, types.TEXT_DOCUMENT_HOVER)
    def _(params: types.HoverParams) -> types.Hover | None:
        place = at(params)
        return hover.hover(editor, *place) if place else None

    @_feature(server, types.TEXT_DOCUMENT_DEFINITION)
    def _(params: types.DefinitionParams) -> types.Location | None:
        place = at(params)
        return lookup.definition(editor, *place) if place else None

    @_feature(server, types.TEXT_DOCUMENT_REFERENCES)
    def _(params: types.ReferenceParams) -> list[types.Location]:
        place = at(params)
        return lookup.references(editor, *place, declaration=params.context.include_declaration) if place else []

    @_feature(server, types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def _(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        place = at(params)
        return lookup.highlights(editor, *place) if place else []

    @_feature(server, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def _(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = editor.document(params.text_document.uri)
        return lookup.symbols(editor, document) if document else []

    @_feature(server, types.TEXT_DOCUMENT_INLAY_HINT)
    def _(params: types.InlayHintParams) -> list[types.InlayHint]:
        document = editor.document(params.text_document.uri)
        return lookup.hints(editor, document, params.range) if document else []

    @_feature(server, types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", "/", '"']))
    def _(params: types.CompletionParams) -> types.CompletionList | None:
        document = editor.document(params.text_document.uri)
        return completion.completions(editor, document, params.position) if document else None


def _add_changes(server: Server) -> None:
    editor = server.editor

    @_feature(server, types.TEXT_DOCUMENT_FORMATTING)
    async def _(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        document = editor.document(params.text_document.uri)
        # Of ten thousand rules this takes seconds; other questions need not wait for it.
        return await asyncio.to_thread(actions.layout, editor.places, document.file) if document else None

    @_feature(server, types.TEXT_DOCUMENT_PREPARE_RENAME)
    def _(params: types.PrepareRenameParams) -> types.Range | None:
        document = editor.document(params.text_document.uri)
        if document is None:
            return None
        try:
            use = lookup.nameable(editor, document, editor.places.offset(document.file, params.position))
        except lookup.Refused:
            return None
        return editor.places.range(use.span)

    @_feature(server, types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def _(params: types.RenameParams) -> types.WorkspaceEdit | None:
        document = editor.document(params.text_document.uri)
        if document is None:
            return None
        offset = editor.places.offset(document.file, params.position)
        return types.WorkspaceEdit(changes=lookup.renamed(editor, document, offset, params.new_name))

    quick = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @_feature(server, types.TEXT_DOCUMENT_CODE_ACTION, quick)
    def _(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = editor.document(params.text_document.uri)
        return actions.actions(editor, document, params.range) if document else []

    @server.command(actions.FIX)
    def _(root: str, check: str) -> None:
        server.say(f"asever: looking for the smallest fix of `{check}`")
        actions.fix(editor, root, check, lambda text, edits: _apply(server, text, edits))


def _apply(server: Server, text: str, edits: Mapping[str, Sequence[types.TextEdit]]) -> None:
    """Has a proved repair applied, and says what it is."""
    if edits:
        changes = {uri: list(each) for uri, each in edits.items()}
        server.workspace_apply_edit(
            types.ApplyWorkspaceEditParams(edit=types.WorkspaceEdit(changes=changes), label="asever fix")
        )
    server.say(f"asever: {text}")
