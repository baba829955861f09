"""`asever check FILE…`: proves or refutes every check."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from fnmatch import fnmatchcase

from asever import __version__
from asever.commands.console import (
    Status,
    loaded,
    progress,
    say_nothing_done,
    show_diagnostics,
    wants_color,
    write_result,
)
from asever.diagnostics import Diagnostic, SpecError
from asever.model.answers import Report, Verdict
from asever.model.program import Program
from asever.pipeline import Options
from asever.pipeline import run as judge_all


def run(arguments: Namespace) -> int:
    """Loads every file, checks all of them, writes one report. Nothing is checked while a file has errors."""
    programs: list[Program] = []
    diagnostics: list[Diagnostic] = []
    for file in arguments.files:
        program, found = loaded(file, arguments.settings)
        diagnostics += found
        if program is not None:
            programs.append(program)
    if len(programs) < len(arguments.files):
        return _refuse(diagnostics, arguments)
    show_diagnostics(diagnostics, arguments.color)
    try:
        pairs = _checked(programs, arguments)
    except SpecError as error:
        new = [one for one in error.diagnostics if one not in diagnostics]
        return _refuse(new, arguments, shown=diagnostics)
    return _report(pairs, diagnostics, arguments)


def _refuse(found: Sequence[Diagnostic], arguments: Namespace, shown: Sequence[Diagnostic] = ()) -> int:
    """Wrong input: the diagnostics on standard error, and for programs as JSON on standard output."""
    show_diagnostics(found, arguments.color)
    say_nothing_done([*shown, *found], "nothing was checked")
    if arguments.format == "json":
        from asever.report.json import dumped, errors_json  # noqa: PLC0415 - text output does not pay for it

        write_result(dumped(errors_json([*shown, *found], version=__version__)), arguments.output)
    return Status.WRONG_INPUT


def _checked(programs: Sequence[Program], arguments: Namespace) -> list[tuple[Report, Program]]:
    """Every program's report. With `--only`, programs without a check of that name are left out."""
    pairs: list[tuple[Report, Program]] = []
    for program, patterns in _asked(programs, arguments.only):
        options = Options(
            only=patterns, seconds=arguments.timeout, readings=dict(arguments.assume), fail_fast=arguments.fail_fast
        )
        with progress("checking"):
            report = judge_all(program, options)
        pairs.append((report, program))
        if arguments.fail_fast and report.verdict is Verdict.VIOLATED:
            break
    return pairs


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


def _report(pairs: Sequence[tuple[Report, Program]], warnings: Sequence[Diagnostic], arguments: Namespace) -> int:
    """Writes one document for all programs, and tells the verdict."""
    results = tuple(finding for report, _ in pairs for finding in report.results)
    whole = Report(results=results, seconds=sum(report.seconds for report, _ in pairs))
    if arguments.format == "json":
        from asever.report.json import dumped, report_json  # noqa: PLC0415 - text output does not pay for it

        text = dumped(report_json(whole, version=__version__, warnings=warnings))
    else:
        from asever.report.text import render_reports  # noqa: PLC0415 - JSON output does not pay for it

        text = render_reports(
            pairs,
            color=wants_color(arguments.color, sys.stdout, arguments.output),
            evidence=arguments.evidence,
            quiet=arguments.quiet,
            timing=arguments.timing,
        )
    write_result(text, arguments.output)
    return {Verdict.HOLDS: Status.MET, Verdict.VIOLATED: Status.VIOLATED, Verdict.UNKNOWN: Status.UNKNOWN}[whole.verdict]
