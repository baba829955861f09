"""`asever mutate FILE`: which seeded faults the checks catch."""

from __future__ import annotations

import sys
from argparse import Namespace

from asever import __version__
from asever.commands.console import Status, load, progress, refused, wants_color, write_result
from asever.diagnostics import SpecError
from asever.pipeline import Options
from asever.score.mutate import mutate


def run(arguments: Namespace) -> int:
    """Writes the survivors and the score; exit status 1 only if it is less than `--fail-under` asks for."""
    program = load(arguments.file, arguments.color, arguments.settings)
    if program is None:
        return Status.WRONG_INPUT
    options = Options(seconds=arguments.timeout, readings=dict(arguments.assume))
    try:
        with progress("seeding faults"):
            score = mutate(program, options, seed=arguments.seed, most=arguments.most)
    except SpecError as error:
        return refused(error, arguments.color)
    if arguments.format == "json":
        from asever.report.json import dumped  # noqa: PLC0415 - text output does not pay for it
        from asever.report.scores_json import score_json  # noqa: PLC0415

        text = dumped(score_json(score, version=__version__))
    else:
        from asever.report.scores import render_score  # noqa: PLC0415 - JSON output does not pay for it

        color = wants_color(arguments.color, sys.stdout, arguments.output)
        text = render_score(score, color=color, everything=arguments.all)
    write_result(text, arguments.output)
    return Status.VIOLATED if score.percent < arguments.fail_under else Status.MET
