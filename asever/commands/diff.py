"""`asever diff OLD NEW`: which flows become possible and which stop."""

from __future__ import annotations

import sys
from argparse import Namespace

from asever import __version__
from asever.azure.assumptions import ASSUMPTIONS
from asever.commands.console import Status, known_readings, load, progress, wants_color, write_result
from asever.explain.difference import compare
from asever.report.difference import difference_json, render_difference
from asever.report.json import dumped


def run(arguments: Namespace) -> int:
    """Compares two files; the exit status is 0 when no flow and no verdict differs."""
    old = load(arguments.old, arguments.color)
    new = load(arguments.new, arguments.color)
    if old is None or new is None:
        return Status.WRONG_INPUT
    values = {name: tuple(value for value, _ in one.values) for name, one in ASSUMPTIONS.items()}
    readings = known_readings(values, arguments.assume)
    with progress("comparing"):
        found = compare(old, new, readings)
    if arguments.format == "json":
        write_result(dumped(difference_json(found, version=__version__)), arguments.output)
    else:
        color = wants_color(arguments.color, sys.stdout, arguments.output)
        write_result(render_difference(found, color=color), arguments.output)
    if not found.is_empty:
        return Status.VIOLATED
    return Status.UNKNOWN if found.untold else Status.MET
