"""`asever fmt FILE…`: the one canonical layout; comments kept, meaning never changed."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from pathlib import Path

from asever.commands.console import STANDARD_INPUT, STANDARD_INPUT_NAME, Status, UsageError, read_text, reason, show_diagnostics
from asever.diagnostics import Diagnostics
from asever.source import SourceFile
from asever.syntax.parser import parse
from asever.syntax.printer import format_file


class MeaningChangedError(Exception):
    """The formatted text does not mean what the text meant: our mistake, and the file is left alone."""


def run(arguments: Namespace) -> int:
    """Rewrites each file in place; `-` writes standard input to standard output. Files with errors are left alone."""
    changed, wrong = 0, False
    for name in arguments.files:
        text = _read(name)
        result, diagnostics = formatted(STANDARD_INPUT_NAME if name == STANDARD_INPUT else name, text)
        show_diagnostics(tuple(diagnostics), arguments.color)
        if result is None:
            wrong = True
        elif arguments.check:
            if result != text:
                changed += 1
                sys.stdout.write(f"would reformat {name}\n")
        elif name == STANDARD_INPUT:
            sys.stdout.write(result)
        elif result != text:
            _write(Path(name), result)
            sys.stderr.write(f"reformatted {name}\n")
    if wrong:
        return Status.WRONG_INPUT
    return Status.VIOLATED if changed else Status.MET


def formatted(name: str, text: str) -> tuple[str | None, Diagnostics]:
    """The canonical text, None when the text has errors; raises `MeaningChangedError` when the two do not mean the same.

    The comparison is made on every run: a formatter that loses a rule would be worse than none.
    """
    diagnostics = Diagnostics()
    node = parse(SourceFile(name, text), diagnostics)
    if diagnostics.errors:
        return None, diagnostics
    result = format_file(node)
    again = Diagnostics()
    if result != text and (parse(SourceFile(name, result), again).items != node.items or again.errors):
        raise MeaningChangedError(f"the layout of {name} would change its meaning; the file is as it was")
    return result, diagnostics


def _read(name: str) -> str:
    try:
        return read_text(name)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {reason(error)}") from error


def _write(path: Path, text: str) -> None:
    """Replaces the file in one move, with its permissions: a reader sees the old text or the new, never half of one."""
    path = path.resolve()
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
            file.write(text)
        os.chmod(file.name, path.stat().st_mode)  # noqa: PTH101 - the name of a file, no path
        os.replace(file.name, path)  # noqa: PTH105
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {reason(error)}") from error
