"""Linked templates and parameter files: read where they lie beside the template, never fetched, never from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from asever import reads
from asever.importers import json_text
from asever.importers.arm.evaluator import Run
from asever.importers.arm.mistakes import MistakeError
from asever.importers.arm.symbols import Mixed, text_of
from asever.importers.tree import Plain, Symbol, Value
from asever.source import SourceFile, Span

DEEPEST: Final = 100
"""How many folders a path may lead through."""


def read(run: Run, folder: Path, link: Value | None) -> tuple[Value, Path] | None:
    """What a link points to, with its folder; None where it lies elsewhere, with a note that names it.

    `link` has a path relative to the template that holds it, or an address. Of an address that ends in the path of a file
    beside the template, that file is meant: templates are written so, to be fetched from where they were published.
    """
    relative, address = (link.get("relativePath"), link.get("uri")) if link is not None else (None, None)
    target = relative if relative is not None else address
    if target is None:
        return None
    paths = _candidates(folder, target.plain) if relative is not None else _candidates(run.folder, target.plain)
    run.budget.spend(len(paths) ** 2, target.span)  # a look for each, along each of its folders
    for path in paths:
        found = _inside(run.folder, path)
        if found is not None and not _holds(found, link):
            if found not in run.linked:
                run.linked[found] = _parsed(run, found, link)
            return run.linked[found], found.parent
    run.note(f"linked template {text_of(target.plain)}", "it does not lie beside the template", target.span)
    return None


def _candidates(folder: Path, target: Plain) -> list[Path]:
    """The paths that a link may mean: all of its known path, then ever less of its beginning."""
    known = _known_path(target)
    if known is None:
        return []
    segments = [one for one in known.split("/") if one]
    if len(segments) > DEEPEST:
        return []
    return [folder.joinpath(*segments[start:]) for start in range(len(segments))]


def _known_path(target: Plain) -> str | None:
    """The path in an address, without the host and what follows a question mark; symbols may stand around it."""
    parts = target.parts if isinstance(target, Mixed) else (target,)
    texts = [part for part in parts if isinstance(part, str) and re.search(r"\.json\b", part, re.IGNORECASE)]
    if not texts or (isinstance(target, Symbol) and not isinstance(target, Mixed)):
        return None
    return re.sub(r"^[A-Za-z][\w+.-]*://[^/]*", "", texts[-1]).partition("?")[0]


def _inside(root: Path, path: Path) -> Path | None:
    """A file that exists in the folder, links followed."""
    try:
        found = path.resolve()
        reads.note(found)
        return found if found.is_relative_to(root.resolve()) and found.is_file() else None
    except (OSError, ValueError):
        return None


def _holds(path: Path, link: Value | None) -> bool:
    """Whether a file is the one that the link stands in: nobody means a template to contain itself."""
    return link is not None and link.span is not None and Path(link.span.file.name).name == path.name


def _parsed(run: Run, path: Path, link: Value | None) -> Value:
    span = link.span if link is not None else None
    name = _shown_name(path, run.folder, span)
    with path.open("rb") as opened:
        file = json_text.source_file(name, opened.read(json_text.LARGEST + 1), span)
    value = json_text.parse(file, run.budget) if isinstance(file, SourceFile) else file
    if not isinstance(value, Value):
        raise MistakeError(value)
    return value


def _shown_name(path: Path, root: Path, span: Span | None) -> str:
    """The name of a linked file as the user would write it: beside the name of the template."""
    relative = path.relative_to(root.resolve()).as_posix()
    return relative if span is None else (Path(span.file.name).parent / relative).as_posix()
