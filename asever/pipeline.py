"""From a program to a report: the tables, the questions, the verdicts, in this order and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from asever.azure.effective import effective
from asever.diagnostics import Diagnostic, SpecError, nearest
from asever.explain.finding import Asked, Options, ask, judge, vacuities
from asever.explain.witness import ReadingsDisagree
from asever.judging import Prepared, Questions, T, Telling, Vacuous, findings_by, is_named, jobs_for, told_by
from asever.model.answers import Finding, Report
from asever.model.claims import Check
from asever.model.effective import EffectiveNetwork
from asever.model.program import Program
from asever.record import record, replace
from asever.solve.answer import Depth

if TYPE_CHECKING:
    from asever.model.explanations import Explanation

__all__ = [
    "Depth",
    "Examined",
    "Options",
    "Prepared",
    "ReadingsDisagree",
    "examine",
    "examine_all",
    "explain",
    "judge",
    "prepare",
    "run",
    "selected",
    "told_all",
    "with_questions",
]


@record
class Examined:
    """A report with what it was made from; `asked` has an entry for every finding, and in the same order."""

    program: Program
    tables: EffectiveNetwork
    asked: Sequence[Asked]
    report: Report


S = TypeVar("S")

Waiting = Callable[[], AbstractContextManager[None]]
"""Says for as long as it is entered that something takes long."""


Judging = Callable[[Sequence[Prepared]], AbstractContextManager[Iterator[Finding]]]
"""Comes to the findings of all checks of these programs, in order."""


Preparing = Callable[[Program, Options], Prepared]
"""Does what `prepare` does."""


def run(program: Program, options: Options, *, jobs: int = 1, tables: EffectiveNetwork | None = None) -> Report:
    """Judges every check that the options select; raises as `examine_all` does. `tables` are the program's, if made already."""
    if tables is None:
        return examine(program, options, jobs=jobs).report

    def preparing(program: Program, options: Options) -> Prepared:
        return prepare(program, options, tables)

    return examine_all([(program, options)], jobs=jobs, preparing=preparing)[0].report


def examine(program: Program, options: Options, *, jobs: int = 1) -> Examined:
    """Judges every check that the options select, in the order of the file; raises as `examine_all` does."""
    return examine_all([(program, options)], jobs=jobs)[0]


def examine_all(
    pairs: Sequence[tuple[Program, Options]],
    *,
    jobs: int | None = 1,
    judging: Judging | None = None,
    preparing: Preparing | None = None,
    waiting: Waiting = nullcontext,
) -> list[Examined]:
    """Judges several programs, each with its options, and with `fail_fast` none after the first that is violated.

    With `jobs` above 1, or None for one a core, processes share the checks, if there is enough to do; what comes out is the
    same. `judging` and `preparing` are other ways to come to the same. `waiting` is entered for whatever takes long, and left
    while processes fork: it may have a thread.

    Raises `SpecError` for a check that covers nothing, an assumption or value that does not exist, and a name in `only`
    that no check has; raises `ReadingsDisagree` when the solver and the walk give different answers, and
    `asever.workers.WorkerLost` when one of the processes was killed.
    """
    every = _ready(pairs, preparing or prepare, waiting)
    with (judging or _judging(jobs))(_sound(every)) as findings, waiting():
        return [_examined(one, results, seconds) for one, results, seconds in _each(every, findings)]


def told_all(
    pairs: Sequence[tuple[Program, Options]],
    telling: Telling[T],
    *,
    jobs: int = 1,
    waiting: Waiting = nullcontext,
) -> tuple[list[T], float]:
    """What `telling` makes of the findings of `examine_all`, and the seconds it took; raises as that does.

    Each of `jobs` processes tells what it judges, however little there is to do.
    """
    every = _ready(pairs, prepare, waiting, early=jobs == 1)
    with told_by(_sound(every), jobs, telling) as outcomes, waiting():
        done = list(_each(every, outcomes))
    return [one for _, results, _ in done for one in results], sum(seconds for *_, seconds in done)


def prepare(program: Program, options: Options, tables: EffectiveNetwork | None = None) -> Prepared:
    """Makes the tables of a program, if they are not given; its checks are yet to ask (`with_questions`).

    Raises `SpecError` as `examine_all` does, but for checks that cover nothing.
    """
    started = time.perf_counter()
    checks = selected(program, options.only)
    made = effective(program.network) if tables is None else tables
    _known_readings(made, options)
    asked = Questions(checks, lambda check: ask(program, made, check, options.readings))
    return Prepared(program=program, tables=made, asked=asked, options=options, seconds=time.perf_counter() - started)


def with_questions(one: Prepared) -> Prepared:
    """The program, whose checks have asked now; raises `SpecError` for those that cover nothing."""
    started = time.perf_counter()
    asked = tuple(one.asked)
    vacuous = [found for each in asked for found in vacuities(each)]
    if vacuous:
        raise SpecError((*one.program.warnings, *vacuous))
    return replace(one, asked=asked, seconds=one.seconds + time.perf_counter() - started)


# -- In order -----------------------------------------------------------------------------------------------------------


def _ready(
    pairs: Sequence[tuple[Program, Options]], preparing: Preparing, waiting: Waiting, *, early: bool = True
) -> list[Prepared | SpecError]:
    """Every program, ready to be judged; what is wrong with one counts when its turn comes, as `fail_fast` may end before.

    Unless they are early, checks have asked only if that may be what is wrong with the input.
    """
    with waiting():
        every = [_attempt(lambda pair: preparing(*pair), pair) for pair in pairs]
        fail_fast = any(options.fail_fast for _, options in pairs)
        if early or fail_fast or any(isinstance(one, SpecError) for one in every):
            every = [_attempt(with_questions, one) if isinstance(one, Prepared) else one for one in every]
    wrong = next((one for one in every if isinstance(one, SpecError)), None)
    if wrong is not None and (not fail_fast or wrong is every[0]):
        raise wrong
    return every


def _attempt(prepared: Callable[[S], Prepared], one: S) -> Prepared | SpecError:
    try:
        return prepared(one)
    except SpecError as error:
        return error


def _sound(every: Iterable[Prepared | SpecError]) -> list[Prepared]:
    return [one for one in every if isinstance(one, Prepared)]


def _each(
    every: Iterable[Prepared | SpecError], outcomes: Iterator[T | Vacuous]
) -> Iterator[tuple[Prepared, tuple[T, ...], float]]:
    """Each program with what came of its checks, the next ones of all, and the seconds they took."""
    for one in every:
        if isinstance(one, SpecError):
            raise one
        started = time.perf_counter()
        results: list[T] = []
        vacuous: list[Diagnostic] = []
        for outcome in islice(outcomes, len(one.asked)):
            if isinstance(outcome, Vacuous):
                vacuous += outcome.diagnostics
                continue
            results.append(outcome)
            if one.options.fail_fast and outcome.met is False:
                break
        if vacuous:
            raise SpecError((*one.program.warnings, *vacuous))
        yield one, tuple(results), one.seconds + time.perf_counter() - started
        if one.options.fail_fast and any(outcome.met is False for outcome in results):
            return


def _examined(one: Prepared, results: tuple[Finding, ...], seconds: float) -> Examined:
    report = Report(results=results, names=one.tables.names, seconds=seconds)
    return Examined(program=one.program, tables=one.tables, asked=one.asked[: len(results)], report=report)


def _judging(jobs: int | None) -> Judging:
    """By as many processes as are worth it."""

    def judging(every: Sequence[Prepared]) -> AbstractContextManager[Iterator[Finding]]:
        worth = jobs_for(((one.program, one.options) for one in every), jobs)
        return findings_by([(one, asked) for one in every for asked in one.asked], worth)

    return judging


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


def selected(program: Program, only: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks whose name or text is one of these globs; all of them without any.

    Raises `SpecError` for a glob that no check meets.
    """
    if not only:
        return program.checks
    unmet = [glob for glob in only if not any(is_named(check, glob) for check in program.checks)]
    if unmet:
        raise SpecError((*program.warnings, *(_no_such_check(program, glob) for glob in unmet)))
    return tuple(check for check in program.checks if any(is_named(check, glob) for glob in only))


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
