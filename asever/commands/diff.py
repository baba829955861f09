"""`asever diff OLD NEW`: which flows become possible and which stop."""

from __future__ import annotations

from argparse import Namespace

from asever import __version__
from asever.commands.console import Status, known_readings, load, progress, write_report
from asever.explain.difference import compare
from asever.report.difference import difference_json, render_difference


def run(arguments: Namespace) -> int:
    """Compares two files; the exit status is 0 when no flow and no verdict differs."""
    old = load(arguments.old, arguments.color, arguments.settings)
    new = load(arguments.new, arguments.color, arguments.settings)
    if old is None or new is None:
        return Status.WRONG_INPUT
    readings = known_readings(arguments.assume)
    with progress("comparing"):
        found = compare(old, new, readings)
    write_report(
        arguments,
        text=lambda color: render_difference(found, color=color),
        document=lambda: difference_json(found, version=__version__),
    )
    if not found.is_empty:
        return Status.VIOLATED
    return Status.UNKNOWN if found.untold else Status.MET
