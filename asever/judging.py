"""Judges checks whose programs are prepared: by this process, or shared among several, in order and with the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, overload

from asever.diagnostics import Diagnostic
from asever.explain.finding import Asked, Options, judged, vacuities
from asever.model.answers import Finding
from asever.model.claims import Check, Healthy
from asever.model.effective import EffectiveNetwork, Filter, FilterQuestion, FlowQuestion, parts_of, rows_so_far
from asever.model.program import Program
from asever.record import record
from asever.solve.solver import load_for_children

if TYPE_CHECKING:
    from asever.workers import Inside


@record
class Prepared:
    """A program with its tables and what its checks ask, ready to be judged. `seconds` is what that took."""

    program: Program
    tables: EffectiveNetwork
    asked: Sequence[Asked]
    options: Options
    seconds: float


class Questions(Sequence[Asked]):
    """What checks ask, each asked whenever somebody wants it: of many checks whoever judges them asks for his own."""

    def __init__(self, checks: Sequence[Check], asking: Callable[[Check], Asked]) -> None:
        self._checks = checks
        self._asking = asking

    @overload
    def __getitem__(self, number: int) -> Asked: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Asked]: ...
    def __getitem__(self, number: int | slice) -> Asked | Sequence[Asked]:
        if isinstance(number, slice):
            return tuple(map(self._asking, self._checks[number]))
        return self._asking(self._checks[number])

    def __len__(self) -> int:
        return len(self._checks)


class Result(Protocol):
    """What comes of a check: its finding, or what is told of it."""

    @property
    def met(self) -> bool | None:
        """Whether the check is as its author expects; None when unknown."""


R = TypeVar("R")
T = TypeVar("T", bound=Result)

Telling = Callable[[Program, EffectiveNetwork], Callable[[Finding], T]]
"""For a program and its tables what makes of a finding what is wanted of it, in the process that judged the check."""


def is_named(check: Check, glob: str) -> bool:
    """Whether a glob meets the name or the text of a check."""
    return any(glob == name or fnmatchcase(name, glob) for name in (check.name, check.text) if name)


class Vacuous(NamedTuple):
    """In the place of a result: the check covers nothing."""

    diagnostics: tuple[Diagnostic, ...]


def jobs_for(pairs: Iterable[tuple[Program, Options]], jobs: int | None) -> int:
    """So many processes are worth it: one if there is little to do, else `jobs`, or without a number one for each core.

    How long judging takes is guessed by the numbers of checks and of rules.
    """
    if jobs == 1 or sum(_seconds_of(program, options) for program, options in pairs) < _WORTH_FORKING:
        return 1
    if jobs is not None:
        return jobs
    from asever.workers import processes  # noqa: PLC0415 - for runs that fork

    return processes()


_WORTH_FORKING = 0.1
_SECONDS_A_QUESTION = 0.002
_SECONDS_A_RULE = 0.000005


def _seconds_of(program: Program, options: Options) -> float:
    """About how long judging takes one process."""
    largest = max((one.size for one in program.network.groups.values()), default=0)
    checks = (one for one in program.checks if not options.only or any(is_named(one, glob) for glob in options.only))
    questions = sum(len(one.claim.requirements) if isinstance(one.claim, Healthy) else 1 for one in checks)
    return questions * (_SECONDS_A_QUESTION + _SECONDS_A_RULE * largest)


def findings_by(each: Sequence[tuple[Prepared, Asked]], jobs: int) -> AbstractContextManager[Iterator[Finding]]:
    """The findings of these checks, in order: by this process, or by `jobs` others. Raises as `examine_all` does."""

    def work(number: int) -> Finding:
        one, asked = each[number]
        return judged(one.tables, asked, one.options)

    return _by(len(each), work, jobs, lambda: _shared(each))


def told_by(every: Sequence[Prepared], jobs: int, telling: Telling[T]) -> AbstractContextManager[Iterator[T | Vacuous]]:
    """What is told of all checks: each is asked, judged and told by the same process, and only words travel."""
    each = [
        (one, tell, number) for one in every for tell in (telling(one.program, one.tables),) for number in range(len(one.asked))
    ]

    def work(number: int) -> T | Vacuous:
        one, tell, place = each[number]
        asked = one.asked[place]
        vacuous = tuple(vacuities(asked))
        return Vacuous(vacuous) if vacuous else tell(judged(one.tables, asked, one.options))

    return _by(len(each), work, jobs)


@contextmanager
def _by(
    count: int, work: Callable[[int], R], jobs: int, shared: Callable[[], Iterable[object]] = tuple
) -> Iterator[Iterator[R]]:
    """What work comes to for each number: done by this process, or by `jobs` others, which need not send what is `shared`."""
    if jobs == 1 or not count:
        yield map(work, range(count))
        return
    from asever.workers import Workers  # noqa: PLC0415 - for runs that fork

    load_for_children()
    with Workers(count, work, jobs, tuple(shared()), _rows_inside()) as workers:
        yield workers.results()


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
