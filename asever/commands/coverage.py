"""`asever coverage FILE`: the rules, routes and settings that no check rests on."""

from __future__ import annotations

from argparse import Namespace

from asever import __version__
from asever.commands.console import Status, load, progress, refused, write_report
from asever.diagnostics import SpecError
from asever.pipeline import Options
from asever.report.scores import render_coverage
from asever.report.scores_json import coverage_json
from asever.score.coverage import coverage


def run(arguments: Namespace) -> int:
    """Writes what is not tested; exit status 1 only if less is tested than `--fail-under` asks for."""
    program = load(arguments.file, arguments.color, arguments.settings)
    if program is None:
        return Status.WRONG_INPUT
    try:
        with progress("looking for what no check rests on"):
            found = coverage(program, Options(seconds=arguments.timeout, readings=dict(arguments.assume)))
    except SpecError as error:
        return refused(error, arguments.color)
    write_report(
        arguments,
        text=lambda color: render_coverage(found, color=color, everything=arguments.all),
        document=lambda: coverage_json(found, version=__version__),
    )
    return Status.VIOLATED if found.percent < arguments.fail_under else Status.MET
