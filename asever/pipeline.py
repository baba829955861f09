"""From a program to a report: the tables, the questions, the verdicts, in this order and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from asever.azure.effective import effective
from asever.diagnostics import Diagnostic, SpecError, nearest
from asever.explain.finding import Asked, Options, ask, judge, judged, vacuities
from asever.explain.witness import ReadingsDisagree
from asever.model.answers import Finding, Report, Verdict
from asever.model.claims import Check
from asever.model.effective import EffectiveNetwork, Filter, FilterQuestion, FlowQuestion, parts_of, rows_so_far
from asever.model.program import Program
from asever.record import record
from asever.solve.answer import Depth
from asever.solve.solver import load_for_children

if TYPE_CHECKING:
    from asever.model.explanations import Explanation
    from asever.workers import Inside

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
]


@record
class Examined:
    """A report with what it was made from; `asked` has an entry for every finding, and in the same order."""

    program: Program
    tables: EffectiveNetwork
    asked: tuple[Asked, ...]
    report: Report


Waiting = Callable[[], AbstractContextManager[None]]
"""Says for as long as it is entered that something takes long."""


@record
class Prepared:
    """A program with its tables and what its checks ask, ready to be judged. `seconds` is what that took."""

    program: Program
    tables: EffectiveNetwork
    asked: tuple[Asked, ...]
    options: Options
    seconds: float


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
    pairs: Iterable[tuple[Program, Options]],
    *,
    jobs: int = 1,
    judging: Judging | None = None,
    preparing: Preparing | None = None,
    waiting: Waiting = nullcontext,
) -> list[Examined]:
    """Judges several programs, each with its options, and with `fail_fast` none after the first that is violated.

    With `jobs` above 1 that many processes share the checks, if there is enough to do; what comes out is the same. `judging`
    and `preparing` are other ways to come to the same. `waiting` is entered for whatever takes long, and left while processes
    fork: it may have a thread.

    Raises `SpecError` for a check that covers nothing, an assumption or value that does not exist, and a name in `only`
    that no check has; raises `ReadingsDisagree` when the solver and the walk give different answers, and
    `asever.workers.WorkerLost` when one of the processes was killed.
    """
    with waiting():
        every = [_prepared(program, options, preparing or prepare) for program, options in pairs]
    wrong = next((one for one in every if isinstance(one, SpecError)), None)
    if wrong is not None and not (isinstance(every[0], Prepared) and every[0].options.fail_fast):
        raise wrong
    done: list[Examined] = []
    ready = [one for one in every if isinstance(one, Prepared)]
    with judging(ready) if judging is not None else _judging(ready, jobs) as findings, waiting():
        for one in every:
            if isinstance(one, SpecError):
                raise one
            done.append(_examined(one, findings))
            if one.options.fail_fast and done[-1].report.verdict is Verdict.VIOLATED:
                break
    return done


def prepare(program: Program, options: Options, tables: EffectiveNetwork | None = None) -> Prepared:
    """Makes the tables of a program, if they are not given, and asks its checks; raises `SpecError` as `examine_all` does."""
    started = time.perf_counter()
    checks = selected(program, options.only)
    tables = effective(program.network) if tables is None else tables
    _known_readings(tables, options)
    asked = tuple(ask(program, tables, check, options.readings) for check in checks)
    return prepared(program, tables, asked, options, time.perf_counter() - started)


def prepared(
    program: Program, tables: EffectiveNetwork, asked: tuple[Asked, ...], options: Options, seconds: float
) -> Prepared:
    """A program with what its checks ask; raises `SpecError` for a check that covers nothing."""
    vacuous = [one for each in asked for one in vacuities(each)]
    if vacuous:
        raise SpecError((*program.warnings, *vacuous))
    return Prepared(program=program, tables=tables, asked=asked, options=options, seconds=seconds)


def _prepared(program: Program, options: Options, preparing: Preparing) -> Prepared | SpecError:
    """What is wrong with a program counts when its turn comes: `fail_fast` may end before."""
    try:
        return preparing(program, options)
    except SpecError as error:
        return error


def _examined(one: Prepared, findings: Iterator[Finding]) -> Examined:
    """The next program with its findings, the next ones of all."""
    started = time.perf_counter()
    results: list[Finding] = []
    for _ in one.asked:
        results.append(next(findings))
        if one.options.fail_fast and results[-1].met is False:
            break
    seconds = one.seconds + time.perf_counter() - started
    report = Report(results=tuple(results), names=one.tables.names, seconds=seconds)
    return Examined(program=one.program, tables=one.tables, asked=one.asked[: len(results)], report=report)


def _judging(every: Sequence[Prepared], jobs: int) -> AbstractContextManager[Iterator[Finding]]:
    """The findings of all checks, in order, by as many processes as are worth it."""
    each = [(one, asked) for one in every for asked in one.asked]
    worth = jobs > 1 and sum(_seconds_of(one.tables, asked) for one, asked in each) >= _WORTH_FORKING
    return findings_by(each, jobs if worth else 1)


@contextmanager
def findings_by(each: Sequence[tuple[Prepared, Asked]], jobs: int) -> Iterator[Iterator[Finding]]:
    """The findings of these checks, in order: by this process, or by `jobs` others. Raises as `examine_all` does."""
    if jobs == 1 or not each:
        yield (judged(one.tables, asked, one.options) for one, asked in each)
        return
    from asever.workers import Workers  # noqa: PLC0415 - for runs that fork

    load_for_children()

    def work(number: int) -> Finding:
        one, asked = each[number]
        return judged(one.tables, asked, one.options)

    with Workers(len(each), work, jobs, tuple(_shared(each)), _rows_inside()) as workers:
        yield workers.results()


_WORTH_FORKING = 0.1
_SECONDS_A_QUESTION = 0.002
_SECONDS_A_ROW = 0.000005


def _seconds_of(tables: EffectiveNetwork, asked: Asked) -> float:
    """About how long judging takes one process: a guess by the numbers of questions and of rules that they meet."""
    match asked.question:
        case FlowQuestion(scopes=scopes):
            sites = {name for scope in scopes for name in (scope.origin, *scope.arrives_at)}
            filters = [each for name in sites for each in (*tables.sites[name].outbound, *tables.sites[name].inbound)]
        case FilterQuestion(contexts=contexts):
            filters = [each for context in contexts for each in (context.left, context.right) if each is not None]
        case _:
            return sum(_seconds_of(tables, one) for one in asked.requirements)
    return _SECONDS_A_QUESTION + _SECONDS_A_ROW * sum(len(each.rows) for each in filters)


def _shared(each: Sequence[tuple[Prepared, Asked]]) -> Iterator[object]:
    """What findings refer to and need not carry: sources, filters (with what is inside), other rows, checks."""
    for one in {id(one): one for one, _ in each}.values():
        yield from one.program.files
        yield from parts_of(one.tables)
    for _, asked in each:
        yield from _asked_parts(asked)


def _rows_inside() -> Inside:
    """The rows of filters, made where a check meets them: of a thousand NSGs most are met by none."""
    from asever.workers import Inside  # noqa: PLC0415 - for runs that fork

    return Inside(
        so_far=lambda one: rows_so_far(one) if isinstance(one, Filter) else (),
        made=lambda one: one.rows if isinstance(one, Filter) else (),
    )


def _asked_parts(asked: Asked) -> Iterator[object]:
    yield asked.check
    for one in asked.requirements:
        yield from _asked_parts(one)
    match asked.question:
        case FlowQuestion(scopes=scopes):
            yield from scopes
        case FilterQuestion(contexts=contexts):
            for context in contexts:
                yield context
                yield from (each for each in (context.left, context.right) if each is not None)
        case _:
            pass


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
