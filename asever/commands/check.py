"""`asever check FILE…`: proves or refutes every check."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from asever import __version__
from asever.commands.console import (
    Status,
    UsageError,
    load_all,
    loaded,
    need_processes,
    progress,
    reason,
    refuse_all,
    show_diagnostics,
    write_report,
)
from asever.diagnostics import Diagnostic, SpecError
from asever.model.answers import Report, Verdict

if TYPE_CHECKING:
    from asever.model.answers import Finding
    from asever.model.program import Program
    from asever.pipeline import Examined, Options
    from asever.report.blocks import Blocks
    from asever.session import Session
from asever.record import replace

_NOTHING_DONE = "nothing was checked"


def run(arguments: Namespace) -> int:
    """Checks once, or after every change."""
    _ready(arguments)
    if not arguments.watch:
        return _once(arguments, None)
    from asever.commands.watching import watch  # noqa: PLC0415 - most runs end
    from asever.report.blocks import Blocks  # noqa: PLC0415 - as above

    blocks = Blocks()
    return watch(arguments, lambda session: _once(arguments, session, blocks))


def _once(arguments: Namespace, session: Session | None, blocks: Blocks | None = None) -> int:
    """Loads every file, checks all of them, writes one report. Nothing is checked while a file has errors."""
    load_one = partial(loaded, settings=arguments.settings) if session is None else lambda name: session.load(Path(name))
    programs, diagnostics = load_all(arguments.files, load_one)
    if programs is None:
        return refuse_all(diagnostics, _NOTHING_DONE, arguments)
    show_diagnostics(diagnostics, arguments.color)
    try:
        every = _checked(programs, arguments, session)
    except SpecError as error:
        new = [one for one in error.diagnostics if one not in diagnostics]
        return refuse_all(new, _NOTHING_DONE, arguments, shown=diagnostics)
    reports = [one.report for one in every]
    if arguments.cross_check:
        reports = _cross_checked(every, arguments)
    if arguments.certificate is not None:
        reports = _certified(_with(every, reports), arguments)
    pairs = [(report, one.program) for report, one in zip(reports, every, strict=True)]
    return _report(pairs, diagnostics, arguments, blocks)


def _ready(arguments: Namespace) -> None:
    """Raises `UsageError` before anything is checked when an extra is missing, or the folder of certificates not empty."""
    if arguments.jobs > 1:
        need_processes(arguments.jobs)
    if arguments.cross_check:
        from asever.certify import second  # noqa: PLC0415 - most checks ask one solver

        _needs(second.is_installed, second.EXTRA, "a second solver is not installed")
    if arguments.certificate is not None:
        from asever.certify import prover  # noqa: PLC0415 - most checks write no certificates

        _needs(prover.is_installed, prover.EXTRA, "a solver that writes proofs is not installed")
        folder = arguments.certificate
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise UsageError(f"{folder} is not empty", advice="certificates are written to a folder of their own")


def _needs(is_installed: Callable[[], bool], extra: str, message: str) -> None:
    if not is_installed():
        raise UsageError(message, advice=f"pip install 'asever[{extra}]'")


def _with(every: Sequence[Examined], reports: Sequence[Report]) -> list[Examined]:
    return [replace(one, report=report) for one, report in zip(every, reports, strict=True)]


def _cross_checked(every: Sequence[Examined], arguments: Namespace) -> list[Report]:
    from asever.certify.cross_check import cross_checked  # noqa: PLC0415

    with progress("asking a second solver"):
        return [cross_checked(one, arguments.timeout) for one in every]


def _certified(every: Sequence[Examined], arguments: Namespace) -> list[Report]:
    from asever.certify.make import make  # noqa: PLC0415

    try:
        with progress("proving"):
            return make(arguments.certificate, every, arguments.assume, __version__)
    except OSError as error:
        raise UsageError(f"{arguments.certificate} cannot be written: {reason(error)}") from error


def _checked(programs: Sequence[Program], arguments: Namespace, session: Session | None) -> list[Examined]:
    """Every program's report and what it was made from. With `--only`, programs without a check of that name are left out."""
    from asever.pipeline import examine_all  # noqa: PLC0415 - a file with a mistake is not checked
    from asever.solve.solver import prepare  # noqa: PLC0415 - nor is Z3 needed for it

    if arguments.jobs == 1 and any(program.checks for program in programs):
        prepare()

    pairs = [(program, options_of(arguments, patterns)) for program, patterns in _asked(programs, arguments.only)]
    if session is not None:
        return session.examine(pairs, waiting=lambda: progress("checking"))
    return examine_all(pairs, jobs=arguments.jobs, waiting=lambda: progress("checking"))


def options_of(arguments: Namespace, only: tuple[str, ...]) -> Options:
    """How to check a program of which these patterns are asked for."""
    from asever.pipeline import Depth, Options  # noqa: PLC0415

    return Options(
        only=only,
        seconds=arguments.timeout,
        readings=dict(arguments.assume),
        core=Depth.SETTINGS if arguments.evidence else Depth.RULES,
        counts_parts=arguments.format == "text" and not arguments.evidence,
        fail_fast=arguments.fail_fast,
    )


def _asked(programs: Sequence[Program], only: Sequence[str]) -> list[tuple[Program, tuple[str, ...]]]:
    """The programs to check, each with the patterns that concern it."""
    if not only:
        return [(program, ()) for program in programs]
    chosen = [(program, _patterns(program, only)) for program in programs]
    lost = tuple(one for one in only if not any(one in patterns for _, patterns in chosen))
    # A pattern that no file has a check for is left in for the first program to complain about.
    first, *others = chosen
    return [(first[0], (*first[1], *lost)), *others] if lost else [pair for pair in chosen if pair[1]]


def _patterns(program: Program, only: Sequence[str]) -> tuple[str, ...]:
    """Those patterns that a check of the program matches."""
    names = [name for check in program.checks for name in (check.name, check.text)]
    return tuple(one for one in only if any(name == one or fnmatchcase(name, one) for name in names))


def _report(
    pairs: Sequence[tuple[Report, Program]], warnings: Sequence[Diagnostic], arguments: Namespace, blocks: Blocks | None
) -> int:
    """Writes one document for all programs, and tells the verdict."""
    results = tuple(finding for report, _ in pairs for finding in report.results)
    whole = Report(results=results, seconds=sum(report.seconds for report, _ in pairs))

    def document() -> object:
        from asever.report.json import report_json  # noqa: PLC0415 - text output does not pay for it

        return report_json(whole, version=__version__, warnings=warnings)

    def text(color: bool) -> str:
        from asever.report.text import render_reports  # noqa: PLC0415 - JSON output does not pay for it

        return render_reports(
            pairs,
            color=color,
            evidence=arguments.evidence,
            quiet=arguments.quiet,
            timing=arguments.timing,
            blocks=blocks,
        )

    write_report(arguments, text=text, document=document)
    if arguments.cross_check and _say_disagreements(results):
        return Status.INTERNAL
    return {Verdict.HOLDS: Status.MET, Verdict.VIOLATED: Status.VIOLATED, Verdict.UNKNOWN: Status.UNKNOWN}[whole.verdict]


def _say_disagreements(results: Sequence[Finding]) -> bool:
    """Every check of which the two solvers say different things, with both answers and the query, on standard error."""
    from asever.certify.cross_check import disagreements  # noqa: PLC0415

    found = list(disagreements(results))
    for one in found:
        assert one.cross_check is not None  # noqa: S101 - these disagree
        sys.stderr.write(
            f"asever: error[solvers-disagree]: two solvers give different answers to one query\n"
            f"check  {one.name}\nz3     {one.verdict.value}\n{one.cross_check.solver:<6} {one.cross_check.answer}\n"
            f"{one.cross_check.reproducer}"
            "  help: this is a bug; please report it with the text above, which reproduces it\n"
        )
    return bool(found)
