"""From a program to a report: the tables, the questions, the verdicts, in this order and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from asever.azure.effective import effective
from asever.diagnostics import Diagnostic, SpecError, nearest
from asever.explain.finding import Asked, Options, ask, judge, judged, vacuities
from asever.explain.witness import ReadingsDisagree
from asever.model.answers import Finding, Report
from asever.model.claims import Check
from asever.model.effective import EffectiveNetwork
from asever.model.program import Program
from asever.record import record
from asever.solve.answer import Depth

if TYPE_CHECKING:
    from asever.model.explanations import Explanation

__all__ = ["Depth", "Examined", "Options", "ReadingsDisagree", "examine", "explain", "judge", "run", "selected"]


@record
class Examined:
    """A report with what it was made from; `asked` has an entry for every finding, and in the same order."""

    program: Program
    tables: EffectiveNetwork
    asked: tuple[Asked, ...]
    report: Report


def run(program: Program, options: Options) -> Report:
    """Judges every check that the options select; raises as `examine` does."""
    return examine(program, options).report


def examine(program: Program, options: Options) -> Examined:
    """Judges every check that the options select, in the order of the file.

    Raises `SpecError` for a check that covers nothing, an assumption or value that does not exist, and a name in `only`
    that no check has; raises `ReadingsDisagree` when the solver and the walk give different answers.
    """
    started = time.perf_counter()
    checks = selected(program, options.only)
    tables = effective(program.network)
    _known_readings(tables, options)
    asked = [ask(program, tables, check, options.readings) for check in checks]
    vacuous = [one for each in asked for one in vacuities(each)]
    if vacuous:
        raise SpecError((*program.warnings, *vacuous))
    results = tuple(_findings(tables, asked, options))
    report = Report(results=results, names=tables.names, seconds=time.perf_counter() - started)
    return Examined(program=program, tables=tables, asked=tuple(asked[: len(results)]), report=report)


def explain(program: Program, check: Check, options: Options) -> tuple[Explanation, Mapping[int, str]]:
    """Everything known about one check, and names for addresses; raises as `run` does."""
    from asever.explain.exactly import explained  # noqa: PLC0415 - brings the exact engine

    tables = effective(program.network)
    _known_readings(tables, options)
    asked = ask(program, tables, check, options.readings)
    vacuous = tuple(vacuities(asked))
    if vacuous:
        raise SpecError((*program.warnings, *vacuous))
    return explained(tables, asked, options), tables.names


def _findings(tables: EffectiveNetwork, asked: list[Asked], options: Options) -> Iterator[Finding]:
    for one in asked:
        finding = judged(tables, one, options)
        yield finding
        if options.fail_fast and finding.met is False:
            return


def selected(program: Program, only: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks whose name or text is one of these globs; all of them without any.

    Raises `SpecError` for a glob that no check meets.
    """
    if not only:
        return program.checks
    unmet = [glob for glob in only if not any(_is_named(check, glob) for check in program.checks)]
    if unmet:
        raise SpecError((*program.warnings, *(_no_such_check(program, glob) for glob in unmet)))
    return tuple(check for check in program.checks if any(_is_named(check, glob) for glob in only))


def _is_named(check: Check, glob: str) -> bool:
    return any(glob == name or fnmatchcase(name, glob) for name in (check.name, check.text) if name)


def _no_such_check(program: Program, glob: str) -> Diagnostic:
    near = nearest(glob, [name for check in program.checks for name in (check.name, check.text) if name])
    return Diagnostic(
        code="no-such-check",
        message=f"no check is called `{glob}`",
        help=f"did you mean `{near}`?" if near else None,
    )


def _known_readings(tables: EffectiveNetwork, options: Options) -> None:
    """Raises `SpecError` for a chosen reading that does not exist."""
    wrong = [_wrong_reading(tables, name, value) for name, value in options.readings.items()]
    found = [one for one in wrong if one is not None]
    if found:
        raise SpecError(found)


def _wrong_reading(tables: EffectiveNetwork, name: str, value: str) -> Diagnostic | None:
    values = tables.assumptions.get(name)
    if values is None:
        near = nearest(name, tables.assumptions)
        return Diagnostic(
            code="unknown-assumption",
            message=f"there is no assumption called `{name}`",
            help=f"did you mean `{near}`?" if near else f"the assumptions are {', '.join(sorted(tables.assumptions))}",
        )
    if value not in values:
        listed = " or ".join(f"`{one}`" for one in values)
        return Diagnostic(
            code="unknown-assumption",
            message=f"`{value}` is no reading of assumption `{name}`",
            help=f"it is {listed}",
        )
    return None
