"""`asever import SOURCE…`: writes foreign files as a specification that people read, with names, references and remarks."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from asever.commands.console import Status, say_nothing_done, show_diagnostics, write_result
from asever.diagnostics import Severity
from asever.importers.network.sheet import Sheet
from asever.semantics.loading import load_imports
from asever.source import Span
from asever.syntax import nodes
from asever.syntax.writing import written


def run(arguments: Namespace) -> int:
    """Reads all sources as one program and writes it. Nothing is written while a source has errors."""
    sheets, diagnostics = load_imports(
        [one.absolute() for one in arguments.sources],
        arguments.parameters.absolute() if arguments.parameters is not None else None,
        arguments.settings,
    )
    found = tuple(diagnostics)
    if any(one.severity is Severity.ERROR for one in found):
        show_diagnostics(found, arguments.color)
        say_nothing_done(found, "nothing was imported")
        return Status.WRONG_INPUT
    untold = [one.message for one in found if one.code == "not-in-the-file"]
    write_result(text_of(sheets, arguments.sources, untold), arguments.output)
    return Status.MET


def text_of(sheets: Sequence[tuple[Sheet, tuple[nodes.Item, ...]]], sources: Sequence[Path], untold: Sequence[str] = ()) -> str:
    """What was imported as the text of a specification; `untold` is what the sources name and do not tell."""
    items = [item for _, own in sheets for item in own]
    remarks: list[tuple[Span, str]] = [(one.span, one.text) for sheet, _ in sheets for one in sheet.remarks]
    head = [f"Imported from {', '.join(one.name for one in sources)}."]
    return written(items, remarks, head, list(_left_out(sheets, untold)))


def _left_out(sheets: Sequence[tuple[Sheet, tuple[nodes.Item, ...]]], untold: Sequence[str]) -> Iterator[str]:
    lines = dict.fromkeys(f"{one.kind} {one.name}: {one.why}" for sheet, _ in sheets for one in sheet.left_out)
    lines |= dict.fromkeys(untold)
    if lines:
        yield "Left out:"
        yield from (f"- {line}" for line in lines)
