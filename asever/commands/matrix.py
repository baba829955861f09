"""`asever matrix FILE`: who can reach whom, all ends of the network with all others."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from asever import __version__
from asever.commands.console import Status, UsageError, known_readings, load, progress, write_report
from asever.explain.matrix import Wanted, matrix
from asever.explain.parties import ANY_PORT_SERVICES
from asever.model.claims import Reachability, Service
from asever.model.program import Program
from asever.report.matrix import matrix_text, render_matrix
from asever.semantics.loading import load_program


def run(arguments: Namespace) -> int:
    """Prints the table; it demands nothing, so the exit status says only whether the file could be read."""
    program = load(arguments.file, arguments.color, arguments.settings)
    if program is None:
        return Status.WRONG_INPUT
    services = tuple(one for text in arguments.on for one in service(program, text)) or ANY_PORT_SERVICES
    readings = known_readings(arguments.assume)
    with progress("deciding who can reach whom"):
        wanted = Wanted(services=services, readings=readings, seed=arguments.seed, each=arguments.each)
        found = matrix(program, wanted)
    write_report(
        arguments,
        text=lambda color: render_matrix(found, color=color),
        document=lambda: matrix_text(found, version=__version__),
    )
    return Status.MET


def service(program: Program, text: str) -> tuple[Service, ...]:
    """The services that `on TEXT` names in the file, or in the library where the file does not import it.

    Raises `UsageError` with what a check would be told.
    """
    question = f"check Internet reaches Internet on {text}\n"
    file = program.files[0]
    attempts = (f"{file.text}\n{question}", f'import "std/services"\n{question}')
    problem = None
    for attempt in attempts:
        found, diagnostics = load_program(Path(file.name), text=attempt, settings=program.settings)
        if found is not None:
            claim = found.checks[-1].claim
            return claim.services if isinstance(claim, Reachability) else ()
        problem = problem or next(iter(diagnostics))
    message, advice = (problem.message, problem.help) if problem is not None else ("it is no service", None)
    raise UsageError(f"--on {text}: {message}", advice=advice or "for example `--on https` or `--on 'tcp 443'`")
