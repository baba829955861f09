"""`asever fmt FILE…`: the one canonical layout; comments kept, meaning never changed."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from pathlib import Path

from asever.commands.console import STANDARD_INPUT, STANDARD_INPUT_NAME, Status, UsageError, reason, show_diagnostics
from asever.diagnostics import Diagnostic, Diagnostics
from asever.semantics import files
from asever.source import SourceFile
from asever.syntax.parser import parse
from asever.syntax.printer import format_file


def run(arguments: Namespace) -> int:
    """Rewrites each file in place; `-` writes standard input to standard output. Files with errors are left alone."""
    changed, wrong = 0, False
    for name in arguments.files:
        data, result, diagnostics = _laid_out(name)
        show_diagnostics(diagnostics, arguments.color)
        if result is None:
            wrong = True
        elif arguments.check:
            if result != data:
                changed += 1
                sys.stdout.write(f"would reformat {name}\n")
        elif name == STANDARD_INPUT:
            sys.stdout.write(result.decode())
        elif result != data:
            _write(Path(name), result)
            sys.stderr.write(f"reformatted {name}\n")
    if wrong:
        return Status.WRONG_INPUT
    return Status.VIOLATED if changed else Status.MET


def formatted(name: str, text: str) -> tuple[str | None, Diagnostics]:
    """The canonical text, None when the text has errors."""
    diagnostics = Diagnostics()
    node = parse(SourceFile(name, text), diagnostics)
    return (None if diagnostics.errors else format_file(node)), diagnostics


def _laid_out(name: str) -> tuple[bytes, bytes | None, tuple[Diagnostic, ...]]:
    """What a file or standard input holds, what it should hold (None when it has errors), and what is wrong with it.

    Bytes are compared, since the layout has line ends of one kind and no byte order mark.
    """
    called = STANDARD_INPUT_NAME if name == STANDARD_INPUT else name
    data = sys.stdin.buffer.read(files.LARGEST + 1) if name == STANDARD_INPUT else files.read_bytes(Path(name), name, None)
    if not isinstance(data, bytes):
        return b"", None, (data,)
    text = files.text_of(data, called, None)
    if not isinstance(text, str):
        return data, None, (text,)
    result, diagnostics = formatted(called, text)
    return data, None if result is None else result.encode(), tuple(diagnostics)


def _write(path: Path, data: bytes) -> None:
    """Replaces the file in one move, with its permissions: a reader sees the old text or the new, never half of one."""
    path = path.resolve()
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.chmod(file.name, path.stat().st_mode)  # noqa: PTH101 - the name of a file, no path
        os.replace(file.name, path)  # noqa: PTH105
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {reason(error)}") from error
