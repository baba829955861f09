"""`asever lint FILE…`: what can be said of a network without a check."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from functools import partial

from asever import __version__
from asever.commands.console import Status, UsageError, load_all, loaded, progress, refuse_all, write_report
from asever.diagnostics import Diagnostic, nearest
from asever.model.confirmed import Confirmed
from asever.model.program import Program


def run(arguments: Namespace) -> int:
    """Loads every file and writes the findings of all of them. Nothing is looked at while a file has errors."""
    _known_codes(arguments.only)
    programs, diagnostics = load_all(arguments.files, partial(loaded, settings=arguments.settings))
    if programs is None:
        return refuse_all(diagnostics, "nothing was looked at", arguments)
    every, confirmed = _found(programs)
    findings = [one for one in every if not arguments.only or one.code in arguments.only]
    _write(findings, confirmed, arguments)
    return Status.VIOLATED if findings else Status.MET


def _known_codes(codes: Sequence[str]) -> None:
    from asever.catalogue.every import ENTRIES, FACTS  # noqa: PLC0415 - only for --only

    known = {one.code for one in ENTRIES.values() if one not in FACTS}
    for code in codes:
        if code not in known:
            near = nearest(code, known)
            raise UsageError(
                f"no finding has the code `{code}`", advice=f"did you mean `{near}`?" if near else "docs/commands.md lists them"
            )


def _found(programs: Sequence[Program]) -> tuple[list[Diagnostic], Confirmed]:
    from asever.lint.findings import lint  # noqa: PLC0415 - brings the tables; a wrong file needs none

    with progress("looking"):
        found = [lint(program) for program in programs]
    return list(dict.fromkeys(each for one in found for each in one.findings)), sum(
        (one.confirmed for one in found), Confirmed()
    )


def _write(findings: Sequence[Diagnostic], confirmed: Confirmed, arguments: Namespace) -> None:
    from asever.report.json import lint_json  # noqa: PLC0415 - a wrong file needs neither
    from asever.report.lint import render_lint  # noqa: PLC0415

    write_report(
        arguments,
        text=lambda color: render_lint(
            findings, files=len(arguments.files), color=color, quiet=arguments.quiet, confirmed=confirmed
        ),
        document=lambda: lint_json(findings, confirmed, version=__version__),
    )
