"""`asever explain FILE CHECK`: everything that is known about one check."""

from __future__ import annotations

from argparse import Namespace

from asever import __version__
from asever.commands.console import Status, load, progress, say_nothing_done, show_diagnostics, write_report
from asever.commands.smt import chosen
from asever.diagnostics import SpecError
from asever.pipeline import Options
from asever.pipeline import explain as explain_check
from asever.report.explanation import render_explanation
from asever.report.explanation_json import explanation_document


def run(arguments: Namespace) -> int:
    """Explains the check; the exit status is that of `asever check` for this check alone."""
    program = load(arguments.file, arguments.color, arguments.settings)
    if program is None:
        return Status.WRONG_INPUT
    check = chosen(program, arguments.check)
    options = Options(seconds=arguments.timeout, readings=dict(arguments.assume))
    try:
        with progress("explaining"):
            found, names = explain_check(program, check, options)
    except SpecError as error:
        new = [one for one in error.diagnostics if one not in program.warnings]
        show_diagnostics(new, arguments.color)
        say_nothing_done(new, "nothing was explained")
        return Status.WRONG_INPUT
    write_report(
        arguments,
        text=lambda color: render_explanation(found, program, names, color=color),
        document=lambda: explanation_document(found, version=__version__),
    )
    finding = found.finding
    if finding.met is None:
        return Status.UNKNOWN
    return Status.MET if finding.met else Status.VIOLATED
