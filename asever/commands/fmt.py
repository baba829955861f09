"""`asever fmt FILE…`: the one canonical layout; comments kept, meaning never changed."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from asever.commands.console import STANDARD_INPUT, STANDARD_INPUT_NAME, Status, replace_file, show_diagnostics
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
            replace_file(Path(name), result)
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
