"""`asever lint FILE…`: what can be said of a network without a check."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from asever import __version__
from asever.commands.console import (
    Status,
    UsageError,
    loaded,
    progress,
    say_nothing_done,
    show_diagnostics,
    wants_color,
    write_result,
)
from asever.diagnostics import Diagnostic, nearest
from asever.model.program import Program


def run(arguments: Namespace) -> int:
    """Loads every file and writes the findings of all of them. Nothing is looked at while a file has errors."""
    _known_codes(arguments.only)
    programs: list[Program] = []
    diagnostics: list[Diagnostic] = []
    for file in arguments.files:
        program, found = loaded(file)
        diagnostics += found
        if program is not None:
            programs.append(program)
    if len(programs) < len(arguments.files):
        return _refuse(diagnostics, arguments)
    findings = [one for one in _found(programs) if not arguments.only or one.code in arguments.only]
    _write(findings, arguments)
    return Status.VIOLATED if findings else Status.MET


def _known_codes(codes: Sequence[str]) -> None:
    from asever.catalogue import ENTRIES, FACTS  # noqa: PLC0415 - only for --only

    known = {one.code for one in ENTRIES.values() if one not in FACTS}
    for code in codes:
        if code not in known:
            near = nearest(code, known)
            raise UsageError(
                f"no finding has the code `{code}`", advice=f"did you mean `{near}`?" if near else "docs/commands.md lists them"
            )


def _found(programs: Sequence[Program]) -> list[Diagnostic]:
    from asever.lint.findings import lint  # noqa: PLC0415 - brings the tables; a wrong file needs none

    with progress("looking"):
        return list(dict.fromkeys(one for program in programs for one in lint(program)))


def _refuse(diagnostics: Sequence[Diagnostic], arguments: Namespace) -> int:
    show_diagnostics(diagnostics, arguments.color)
    say_nothing_done(diagnostics, "nothing was looked at")
    if arguments.format == "json":
        from asever.report.json import dumped, errors_json  # noqa: PLC0415 - text output does not pay for it

        write_result(dumped(errors_json(diagnostics, version=__version__)), arguments.output)
    return Status.WRONG_INPUT


def _write(findings: Sequence[Diagnostic], arguments: Namespace) -> None:
    if arguments.format == "json":
        from asever.report.json import dumped, lint_json  # noqa: PLC0415 - text output does not pay for it

        text = dumped(lint_json(findings, version=__version__))
    else:
        from asever.report.lint import render_lint  # noqa: PLC0415 - JSON output does not pay for it

        color = wants_color(arguments.color, sys.stdout, arguments.output)
        text = render_lint(findings, files=len(arguments.files), color=color, quiet=arguments.quiet)
    write_result(text, arguments.output)
