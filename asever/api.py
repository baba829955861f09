"""The Python interface: `asever.load` and `asever.check`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from asever.diagnostics import SpecError
from asever.model.answers import Report
from asever.model.program import Program
from asever.pipeline import Options, run
from asever.semantics.loading import load_program


def load(path: str | os.PathLike[str], *, text: str | None = None, settings: Mapping[str, str] | None = None) -> Program:
    """The program of a file and of everything it imports; raises `SpecError`, which carries every diagnostic.

    With `text` the file is not read: `path` is what messages call it, and where its imports are looked for. `settings` are
    values for what imported files leave open, as `--set` gives them.
    """
    program, diagnostics = load_program(Path(path), text=text, settings=settings)
    if program is None:
        raise SpecError(diagnostics)
    return program


def check(
    program: Program,
    *,
    only: Sequence[str] = (),
    timeout: float | None = 30.0,
    assume: Mapping[str, str] | None = None,
    fail_fast: bool = False,
) -> Report:
    """Proves or refutes every check, with the options of `asever check`.

    Raises `SpecError` for a check that covers no packet, an unknown assumption, or a name in `only` that no check has.
    """
    options = Options(only=tuple(only), seconds=timeout, readings=dict(assume or {}), fail_fast=fail_fast)
    return run(program, options)
