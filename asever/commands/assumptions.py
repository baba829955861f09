"""`asever assumptions`: the switches where Azure's documentation is silent or says two things."""

from __future__ import annotations

import sys
from argparse import Namespace

from asever.azure.assumptions import ASSUMPTIONS
from asever.catalogue.every import ENTRIES
from asever.commands.console import Status, wants_color
from asever.report.catalogue import render_assumptions
from asever.report.json import dumped


def run(arguments: Namespace) -> int:
    """Lists every switch with its question and both readings, the recommended one first."""
    if arguments.format == "json":
        document = [
            {
                "assumption": one.name,
                "question": one.question,
                "values": [{"value": value, "meaning": meaning} for value, meaning in one.values],
                "granted": one.granted,
                "sources": list(one.sources),
            }
            for one in ASSUMPTIONS.values()
        ]
        sys.stdout.write(dumped({"assumptions": document}))
        return Status.MET

    switches = [
        (one.name, one.question, one.values, one.granted, ENTRIES[one.name].source or "") for one in ASSUMPTIONS.values()
    ]
    sys.stdout.write(render_assumptions(switches, color=wants_color(arguments.color, sys.stdout)))
    return Status.MET
