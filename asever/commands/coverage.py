"""`asever coverage FILE`: the rules, routes and settings that no check rests on."""

from __future__ import annotations

import sys
from argparse import Namespace

from asever import __version__
from asever.commands.console import Status, load, progress, refused, wants_color, write_result
from asever.diagnostics import SpecError
from asever.pipeline import Options
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
    if arguments.format == "json":
        from asever.report.json import dumped  # noqa: PLC0415 - text output does not pay for it
        from asever.report.scores_json import coverage_json  # noqa: PLC0415

        text = dumped(coverage_json(found, version=__version__))
    else:
        from asever.report.scores import render_coverage  # noqa: PLC0415 - JSON output does not pay for it

        color = wants_color(arguments.color, sys.stdout, arguments.output)
        text = render_coverage(found, color=color, everything=arguments.all)
    write_result(text, arguments.output)
    return Status.VIOLATED if found.percent < arguments.fail_under else Status.MET
