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
    wants_color,
    write_result,
)
from asever.diagnostics import Diagnostic, SpecError
from asever.model.answers import Told, Verdict, together
from asever.record import replace

if TYPE_CHECKING:
    from asever.judging import Telling
    from asever.model.answers import Finding, Report
    from asever.model.effective import EffectiveNetwork
    from asever.model.program import Program
    from asever.pipeline import Examined, Options
    from asever.report.blocks import Blocks
    from asever.session import Session

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
    pairs = [(program, options_of(arguments, patterns)) for program, patterns in _asked(programs, arguments.only)]
    found: Sequence[Finding] = ()
    try:
        if session is None and not arguments.cross_check and arguments.certificate is None:
            told, seconds = _told(pairs, arguments)
        else:
            every = _examined(pairs, arguments, session)
            found = [finding for one in every for finding in one.report.results]
            told, seconds = _told_after(every, arguments, blocks), sum(one.report.seconds for one in every)
    except SpecError as error:
        new = [one for one in error.diagnostics if one not in diagnostics]
        return refuse_all(new, _NOTHING_DONE, arguments, shown=diagnostics)
    return _report(told, seconds, diagnostics, arguments, found)


def _ready(arguments: Namespace) -> None:
    """Raises `UsageError` before anything is checked when an extra is missing, or the folder of certificates not empty."""
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


def _told(pairs: Sequence[tuple[Program, Options]], arguments: Namespace) -> tuple[list[Told], float]:
    """What is to be said of every check, and the seconds that took."""
    from asever.pipeline import told_all  # noqa: PLC0415 - a file with a mistake is not checked

    jobs = _load_solver(pairs, arguments.jobs)
    return told_all(pairs, _telling(arguments, None), jobs=jobs, waiting=lambda: progress("checking"))


def _told_after(every: Sequence[Examined], arguments: Namespace, blocks: Blocks | None) -> list[Told]:
    """What is to be said of findings that were needed whole."""
    telling = _telling(arguments, blocks)
    if blocks is not None:
        blocks.begin()
    return [tell(finding) for one in every for tell in (telling(one.program, one.tables),) for finding in one.report.results]


def _examined(pairs: Sequence[tuple[Program, Options]], arguments: Namespace, session: Session | None) -> Sequence[Examined]:
    """Every program's report and what it was made from, for what needs more of a finding than its words."""
    from asever.pipeline import examine_all  # noqa: PLC0415 - a file with a mistake is not checked

    if session is not None:
        if session.solves:
            _load_solver(pairs, 1)
        return session.examine(pairs, waiting=lambda: progress("checking"))
    jobs = _load_solver(pairs, arguments.jobs)
    every = examine_all(pairs, jobs=jobs, waiting=lambda: progress("checking"))
    if arguments.cross_check:
        every = _with(every, _cross_checked(every, arguments))
    if arguments.certificate is not None:
        every = _with(every, _certified(every, arguments))
    return every


def _load_solver(pairs: Sequence[tuple[Program, Options]], jobs: int | None) -> int:
    """How many processes are to judge; begins to load the solver for this one, if it is the one that will ask."""
    from asever.judging import jobs_for  # noqa: PLC0415 - a file with a mistake is not checked
    from asever.solve.solver import prepare  # noqa: PLC0415 - nor is Z3 needed for it

    worth = jobs_for(pairs, jobs)
    if worth == 1 and any(program.checks for program, _ in pairs):
        prepare()
    return worth


def _telling(arguments: Namespace, blocks: Blocks | None) -> Telling[Told]:
    """Tells findings in the form that `--format` asks for."""
    if arguments.format == "json":
        return _telling_as_json
    color = wants_color(arguments.color, sys.stdout, arguments.output)

    def as_text(program: Program, tables: EffectiveNetwork) -> Callable[[Finding], Told]:
        from asever.report.text import telling  # noqa: PLC0415 - JSON output does not pay for it
        from asever.report.words import Vocabulary  # noqa: PLC0415

        words = Vocabulary(tables.names, program.network)
        return telling(words, color=color, evidence=arguments.evidence, quiet=arguments.quiet, blocks=blocks)

    return as_text


def _telling_as_json(_program: Program, _tables: EffectiveNetwork) -> Callable[[Finding], Told]:
    from asever.report.json import finding_text  # noqa: PLC0415 - text output does not pay for it

    return lambda finding: Told(finding.standing, finding_text(finding))


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
    told: Sequence[Told], seconds: float, warnings: Sequence[Diagnostic], arguments: Namespace, found: Sequence[Finding]
) -> int:
    """Writes one document for all programs, and tells the verdict."""
    verdict = together(one.standing for one in told)
    if arguments.format == "json":
        from asever.report.json import report_text  # noqa: PLC0415 - text output does not pay for it

        text = report_text([one.text for one in told], verdict, seconds, version=__version__, warnings=warnings)
    else:
        from asever.report import text as texts  # noqa: PLC0415 - JSON output does not pay for it

        color = wants_color(arguments.color, sys.stdout, arguments.output)
        text = texts.report_text(told, seconds if arguments.timing else None, color=color, quiet=arguments.quiet)
    write_result(text, arguments.output)
    if arguments.cross_check and _say_disagreements(found):
        return Status.INTERNAL
    return {Verdict.HOLDS: Status.MET, Verdict.VIOLATED: Status.VIOLATED, Verdict.UNKNOWN: Status.UNKNOWN}[verdict]


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
