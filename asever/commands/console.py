"""What every command shares: reading files, the two output streams, colour, and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import threading
    from argparse import Namespace

    from asever.diagnostics import Diagnostic, SpecError
    from asever.model.program import Program
    from asever.semantics.memory import Memory

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"
_PATIENCE = 1.0  # seconds


class Status(IntEnum):
    """The exit status; scripts lean on these numbers."""

    MET = 0
    VIOLATED = 1
    UNKNOWN = 2
    WRONG_INPUT = 3
    INTERNAL = 4


class UsageError(Exception):
    """The command line is wrong in a way that only the command itself can see; `help` says what to do."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        self.advice = advice
        super().__init__(message)


def wants_color(choice: str, stream: TextIO, output: Path | None = None) -> bool:
    """Whether to paint: as told, else only on a terminal (no file `output`) whose user has not set NO_COLOR (no-color.org)."""
    if choice != "auto" or output is not None:
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_result(text: str, output: Path | None = None) -> None:
    """The result: to standard output, or to a file; raises `UsageError` when the file cannot be written."""
    if output is None or str(output) == "-":
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {reason(error)}") from error


def write_report(arguments: Namespace, *, text: Callable[[bool], str], document: Callable[[], object]) -> None:
    """The result in the form that `--format` asks for, to where `--output` says; `text` is told whether to paint.

    A document of very many values may come as the text that it is written as.
    """
    if arguments.format == "json":
        from asever.report.json import dumped  # noqa: PLC0415 - text output does not pay for it

        made = document()
        write_result(made if isinstance(made, str) else dumped(made), arguments.output)
    else:
        write_result(text(wants_color(arguments.color, sys.stdout, arguments.output)), arguments.output)


def replace_file(path: Path, data: bytes) -> None:
    """Replaces a file in one move, with its permissions: a reader sees the old text or the new, never half of one."""
    import tempfile  # noqa: PLC0415 - most commands replace no file

    path = path.resolve()
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.chmod(file.name, path.stat().st_mode)  # noqa: PTH101 - the name of a file, no path
        os.replace(file.name, path)  # noqa: PTH105
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {reason(error)}") from error


def reason(error: OSError) -> str:
    """Why the operating system refused, in its words, small letter first."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def show_diagnostics(diagnostics: Sequence[Diagnostic], color: str) -> None:
    """Diagnostics in full on standard error."""
    if diagnostics:
        from asever.report.diagnostics import render_diagnostics  # noqa: PLC0415 - a clean run renders none

        sys.stderr.write(render_diagnostics(diagnostics, color=wants_color(color, sys.stderr)))


def need_processes(jobs: int | None) -> None:
    """Raises `UsageError` where several processes are asked for and the system cannot fork."""
    if jobs is None or jobs == 1:
        return
    from asever.workers import can_fork  # noqa: PLC0415 - most runs ask for none

    if not can_fork():
        raise UsageError(f"--jobs {jobs} needs a system that can fork processes", advice="leave --jobs out")


def known_readings(chosen: Mapping[str, str]) -> dict[str, str]:
    """The readings that were chosen; raises `UsageError` for one that does not exist."""
    from asever.azure.assumptions import ASSUMPTIONS  # noqa: PLC0415 - not for commands that assume nothing

    for name, value in chosen.items():
        known = [each for each, _ in ASSUMPTIONS[name].values] if name in ASSUMPTIONS else []
        if value not in known:
            values = " or ".join(known) or "none: asever assumptions lists those that exist"
            raise UsageError(f"there is no reading {name}={value}", advice=f"the values of {name} are {values}")
    return dict(chosen)


def load(name: str, color: str, settings: Mapping[str, str]) -> Program | None:
    """The program of a file or of standard input (`-`); its diagnostics go to standard error. None when there are errors."""
    program, diagnostics = loaded(name, settings)
    show_diagnostics(diagnostics, color)
    return program


def load_all(
    names: Sequence[str], load_one: Callable[[str], tuple[Program | None, Sequence[Diagnostic]]]
) -> tuple[list[Program] | None, list[Diagnostic]]:
    """The programs of several files, None when one of them has errors; and all their diagnostics."""
    programs: list[Program] = []
    diagnostics: list[Diagnostic] = []
    for name in names:
        program, found = load_one(name)
        diagnostics += found
        if program is not None:
            programs.append(program)
    return (programs if len(programs) == len(names) else None), diagnostics


def loaded(name: str, settings: Mapping[str, str], memory: Memory | None = None) -> tuple[Program | None, Sequence[Diagnostic]]:
    """The program of a file or of standard input (`-`) and all its diagnostics; `memory` is to know of it."""
    from asever.semantics import files  # noqa: PLC0415 - not for commands that read nothing
    from asever.semantics.loading import load_program  # noqa: PLC0415 - brings lark

    if name != STANDARD_INPUT:
        program, diagnostics = load_program(Path(name), settings=settings, memory=memory)
        return program, tuple(diagnostics)
    text = files.text_of(sys.stdin.buffer.read(files.LARGEST + 1), STANDARD_INPUT_NAME, None)
    if not isinstance(text, str):
        return None, (text,)
    program, diagnostics = load_program(Path(STANDARD_INPUT_NAME), text=text, settings=settings, memory=memory)
    return program, tuple(diagnostics)


def refused(error: SpecError, color: str) -> int:
    """Wrong input that only a closer look finds: its errors on standard error. What `load` has shown is not shown again."""
    from asever.diagnostics import Severity  # noqa: PLC0415 - nothing of the kind happens to a right program

    found = [one for one in error.diagnostics if one.severity is Severity.ERROR]
    show_diagnostics(found, color)
    say_nothing_done(found, "nothing was done")
    return Status.WRONG_INPUT


def refuse_all(diagnostics: Sequence[Diagnostic], what: str, arguments: Namespace, shown: Sequence[Diagnostic] = ()) -> int:
    """Wrong input: the diagnostics on standard error, but for those `shown` before, and for programs all as JSON."""
    show_diagnostics(diagnostics, arguments.color)
    say_nothing_done([*shown, *diagnostics], what)
    if arguments.format == "json":
        from asever import __version__  # noqa: PLC0415 - text output does not pay for it
        from asever.report.json import dumped, errors_json  # noqa: PLC0415

        write_result(dumped(errors_json([*shown, *diagnostics], version=__version__)), arguments.output)
    return Status.WRONG_INPUT


def say_nothing_done(diagnostics: Sequence[Diagnostic], what: str) -> None:
    """`2 errors, nothing was checked`."""
    from asever.report.diagnostics import count  # noqa: PLC0415 - a clean run counts none

    sys.stderr.write(f"{count(diagnostics)}, {what}\n")


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Says on a terminal what takes long, once it has taken a second; leaves nothing behind."""
    if not sys.stderr.isatty():
        yield
        return
    import threading  # noqa: PLC0415 - scripts and pipes wait in silence

    done = threading.Event()
    thread = threading.Thread(target=_tell, args=(text, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tell(text: str, done: threading.Event) -> None:
    """Writes the seconds that have gone by over and over on one line, and wipes it when done."""
    seconds = 0
    while not done.wait(_PATIENCE):
        seconds += 1
        sys.stderr.write(f"\r{text} ... {seconds} s")
        sys.stderr.flush()
    if seconds:
        sys.stderr.write(f"\r{'':{len(text) + 12}}\r")
        sys.stderr.flush()
