"""`asever mutate FILE`: which seeded faults the checks catch."""

from __future__ import annotations

from argparse import Namespace

from asever import __version__
from asever.commands.console import Status, load, need_processes, progress, refused, write_report
from asever.diagnostics import SpecError
from asever.pipeline import Options
from asever.report.scores import render_score
from asever.report.scores_json import score_json
from asever.score.mutate import mutate
from asever.workers import processes


def run(arguments: Namespace) -> int:
    """Writes the survivors and the score; exit status 1 only if it is less than `--fail-under` asks for."""
    need_processes(arguments.jobs)
    program = load(arguments.file, arguments.color, arguments.settings)
    if program is None:
        return Status.WRONG_INPUT
    options = Options(seconds=arguments.timeout, readings=dict(arguments.assume))
    try:
        score = mutate(
            program,
            options,
            seed=arguments.seed,
            most=arguments.most,
            jobs=arguments.jobs or processes(),
            waiting=lambda: progress("seeding faults"),
        )
    except SpecError as error:
        return refused(error, arguments.color)
    write_report(
        arguments,
        text=lambda color: render_score(score, color=color, everything=arguments.all),
        document=lambda: score_json(score, version=__version__),
    )
    return Status.VIOLATED if score.percent < arguments.fail_under else Status.MET
