"""`asever smt FILE CHECK`: the query of one check as standard SMT-LIB 2, for any solver."""

from __future__ import annotations

from argparse import Namespace

from asever.azure.effective import effective
from asever.azure.questions import Unanswerable, question
from asever.commands.console import Status, UsageError, known_readings, load, write_result
from asever.diagnostics import nearest
from asever.model.claims import Check, Healthy
from asever.model.program import Program
from asever.solve.smtlib import query_text


def run(arguments: Namespace) -> int:
    """Writes the query. Unsatisfiable means that the check holds; a model is a counterexample."""
    program = load(arguments.file, arguments.color, arguments.settings)
    if program is None:
        return Status.WRONG_INPUT
    check = chosen(program, arguments.check)
    if isinstance(check.claim, Healthy):
        names = "; ".join(f"`{one.name or one.text}`" for one in check.claim.requirements)
        raise UsageError(f"`{check.name or check.text}` is several checks", advice=f"name one of them: {names}")
    tables = effective(program.network)
    asked = question(program.network, tables, check.claim, known_readings(arguments.assume))
    if isinstance(asked, Unanswerable):
        raise UsageError(f"there is no query for `{check.name or check.text}`: {'; '.join(asked.reasons)}")
    write_result(query_text(tables, asked), arguments.output)
    return Status.MET


def chosen(program: Program, name: str) -> Check:
    """The check of this name or text, requirements of `is healthy` included; raises `UsageError` with the nearest name."""
    inner = (one for check in program.checks if isinstance(check.claim, Healthy) for one in check.claim.requirements)
    checks = [*program.checks, *inner]
    for check in checks:
        if name in {check.name, check.text}:
            return check
    names = [known for check in checks for known in (check.name, check.text) if known]
    meant = nearest(name, names)
    advice = (
        f"did you mean `{meant}`?" if meant else f"the checks are: {', '.join(f'`{one.name or one.text}`' for one in checks)}"
    )
    raise UsageError(f"there is no check called `{name}`", advice=advice)
