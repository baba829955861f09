"""What can be done about what is shown: the suggestion of a diagnostic, a proved repair, the canonical layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lsprotocol import types

from asever.diagnostics import Diagnostics, SpecError
from asever.lsp.documents import Document
from asever.lsp.editor import Editor
from asever.lsp.places import Places
from asever.lsp.shown import Shown, file_of
from asever.model.answers import Finding
from asever.pipeline import run, selected
from asever.repair.search import Limits, repair
from asever.semantics.loading import load_program
from asever.semantics.memory import originals
from asever.source import SourceFile, Span
from asever.syntax.parser import parse
from asever.syntax.printer import format_file

FIX = "asever.fix"
"""The command that looks for a repair: of a program, for the check of this name."""

_LIMITS = Limits(seconds=5.0)

Edits = Mapping[str, Sequence[types.TextEdit]]


def actions(editor: Editor, document: Document, around: types.Range) -> list[types.CodeAction]:
    """What can be done in a range of lines."""
    found: list[types.CodeAction] = []
    for one in editor.shown_in(document.path):
        where = one.diagnostic.range
        if where.start.line <= around.end.line and around.start.line <= where.end.line:
            found += _suggested(editor, one)
            found += _repairs(editor, document, one)
    return found


def _suggested(editor: Editor, one: Shown) -> list[types.CodeAction]:
    if one.change is None:
        return []
    edits: dict[str, list[types.TextEdit]] = {}
    for path, edit in one.change.edits:
        uri = editor.documents.uri_of(path)
        if uri is None or path.startswith("std/"):
            return []
        edits.setdefault(uri, []).append(edit)
    return [
        types.CodeAction(
            title=one.change.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[one.diagnostic],
            is_preferred=True,
            edit=types.WorkspaceEdit(changes=dict(edits)),
        )
    ]


def _repairs(editor: Editor, document: Document, one: Shown) -> list[types.CodeAction]:
    if one.check is None or one.diagnostic.code != "violated":
        return []
    title = f"Find the smallest proved fix of `{one.check}`"
    return [
        types.CodeAction(
            title=title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[one.diagnostic],
            command=types.Command(title=title, command=FIX, arguments=[root, one.check]),
        )
        for root in editor.documents.roots_of(document.path)
        if root in editor.accounts
    ][:1]


def fix(editor: Editor, root: str, check: str, done: Callable[[str, Edits], None]) -> None:
    """Looks for a repair in the background; `done` is told in words, with the edits by URI, none where there is nothing."""
    texts = editor.documents.texts()

    def tell(text: str, edits: Edits) -> None:
        if editor.documents.edition == texts.edition:
            done(text, edits)
        else:
            done("the text has changed since, so nothing was fixed", {})

    def look() -> None:
        text, edits = _repaired(editor, root, check, texts)
        editor.client.soon(lambda: tell(text, edits))

    editor.judge.task(look)


def _repaired(editor: Editor, root: str, check: str, texts: Mapping[str, str]) -> tuple[str, Edits]:
    # Edits are on whole files: what is remembered of edited texts stands in excerpts.
    memory = originals(made_up=True)
    program, _ = load_program(Path(root), text=texts.get(root), texts=texts, settings=editor.settings, memory=memory)
    if program is None:
        return "the program has errors, so nothing was looked for", {}
    try:
        report = run(program, editor.options)
        wanted = selected(program, (check,))
    except SpecError as error:
        return str(error), {}
    finding = next((one for one in report.results if one.met is False and _is_one(one, wanted)), None)
    if finding is None:
        return f"`{check}` is as expected by now", {}
    found = repair(Path(root), program, report, finding, editor.options, _LIMITS, memory)
    if not found.proposals:
        why = [found.contradiction and f"`{found.contradiction}` demands the opposite", *found.advice]
        return f"no edit makes `{check}` hold and breaks no other check{_because(why)}", {}
    best = found.proposals[0]
    edits: dict[str, list[types.TextEdit]] = {}
    for one in best.edits:
        uri = editor.documents.uri_of(file_of(one.span))
        if uri is None:
            return "the fix is in a file that cannot be edited", {}
        edits.setdefault(uri, []).append(types.TextEdit(range=editor.places.range(one.span), new_text=one.replacement))
    others = len(found.proposals) - 1
    more = f" ({others} more: asever fix)" if others else ""
    return f"{'; '.join(best.words)}: proved, and no other check breaks{more}", edits


def _is_one(finding: Finding, wanted: Sequence[object]) -> bool:
    return any(finding.check is one for one in wanted)


def _because(why: Sequence[str | None]) -> str:
    said = [one for one in why if one]
    return f": {'; '.join(said)}" if said else ""


def layout(places: Places, file: SourceFile) -> list[types.TextEdit] | None:
    """The edit that gives a file its one layout, as `asever fmt` does; None where the file has errors."""
    diagnostics = Diagnostics()
    tree = parse(file, diagnostics)
    if diagnostics.errors:
        return None
    new = format_file(tree)
    if new == file.text:
        return []
    start, end = _differing(file.text, new)
    span = Span(file, start, len(file.text) - end)
    return [types.TextEdit(range=places.range(span), new_text=new[start : len(new) - end])]


def _differing(old: str, new: str) -> tuple[int, int]:
    """How many letters two texts share at either end, in whole lines."""
    before, after = old.split("\n"), new.split("\n")
    most = min(len(before), len(after)) - 1
    first = next((index for index in range(most) if before[index] != after[index]), most)
    last = next((index for index in range(most - first) if before[-1 - index] != after[-1 - index]), most - first)
    return sum(len(one) + 1 for one in before[:first]), sum(len(one) + 1 for one in before[len(before) - last :]) if last else 0
