"""Which seeded faults the checks of a program catch, and why the others survive."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from random import Random

from asever.azure.effective import effective
from asever.azure.questions import Unanswerable, question
from asever.evaluate.walk import walk
from asever.explain.finding import Options
from asever.judging import findings_by
from asever.model.answers import FiltersDiffer, Outcome, Proved
from asever.model.claims import GroupsEqual
from asever.model.packets import Flow
from asever.model.program import Program
from asever.model.scores import Caught, Harmless, Score, Survivor
from asever.pipeline import Waiting, prepare, with_questions
from asever.record import replace
from asever.score.faults import Mutant, faults
from asever.score.verdicts import Verdicts
from asever.solve.answer import Depth, answer
from asever.solve.differ import Difference, Reference, changed_tables
from asever.solve.solver import TimeOut, load_for_children

_OUTCOMES = {
    Outcome.DELIVERED: "delivered",
    Outcome.DROPPED: "dropped",
    Outcome.REPLY_LOST: "delivered, but its reply is lost",
    Outcome.UNKNOWN: "unknown",
}


_Result = Caught | Survivor | Harmless


def mutate(
    program: Program,
    options: Options,
    *,
    seed: int = 0,
    most: int | None = None,
    jobs: int = 1,
    waiting: Waiting = nullcontext,
) -> Score:
    """The score of a program's checks. With `most`, that many faults are drawn; the same seed draws the same.

    With `jobs` above 1 that many processes share the faults; `waiting` is entered for whatever takes long, and left while they
    fork. Raises what `asever.pipeline.examine_all` does.
    """
    with waiting():
        ready = with_questions(prepare(program, replace(options, core=Depth.NOTHING)))
        every = list(faults(program.network))
    with findings_by([(ready, asked) for asked in ready.asked], jobs) as found, waiting():
        results = tuple(found)
    verdicts = Verdicts(program, results, options)
    with _judging(program, verdicts, _drawn(every, seed, most), jobs) as each, waiting():
        judged = list(each)
    return Score(
        caught=tuple(one for one in judged if isinstance(one, Caught)),
        survivors=tuple(one for one in judged if isinstance(one, Survivor)),
        harmless=tuple(one for one in judged if isinstance(one, Harmless)),
        possible=len(every),
        met=len(verdicts.met),
        checks=len(results),
    )


@contextmanager
def _judging(program: Program, verdicts: Verdicts, mutants: Sequence[Mutant], jobs: int) -> Iterator[Iterator[_Result]]:
    """What becomes of each fault, in order: by this process, or by `jobs` others."""

    def result(number: int) -> _Result:
        return _Judge(program, verdicts, mutants[number]).result()

    if jobs == 1 or not mutants:
        yield map(result, range(len(mutants)))
        return
    from asever.workers import Workers  # noqa: PLC0415 - for runs that fork

    load_for_children()
    shared = (*program.files, *(one.fault for one in mutants))
    with Workers(len(mutants), result, jobs, shared) as workers:
        yield workers.results()


def _drawn(every: Sequence[Mutant], seed: int, most: int | None) -> Sequence[Mutant]:
    """Some of the faults, in their order."""
    if most is None or most >= len(every):
        return every
    chosen = sorted(Random(seed).sample(range(len(every)), most))  # noqa: S311 - a sample, no secret
    return [every[index] for index in chosen]


class _Judge:
    """One fault: caught, harmless, or survived."""

    def __init__(self, program: Program, verdicts: Verdicts, mutant: Mutant) -> None:
        self.program = program
        self.verdicts = verdicts
        self.mutant = mutant
        self.tables = effective(mutant.network)
        self.changed = changed_tables(verdicts.tables, self.tables)
        seconds = verdicts.options.seconds
        self.deadline = None if seconds is None else time.monotonic() + seconds

    def result(self) -> Caught | Survivor | Harmless:
        fault = self.mutant.fault
        if self.tables == self.verdicts.tables:
            return Harmless(fault=fault, why="Azure makes the same of the network with it")
        change = self.verdicts.first_change(self.mutant.network, self.tables, self.changed)
        if change is not None:
            return Caught(fault=fault, check=change.check.name or change.check.text, verdict=change.verdict)
        alike = self._groups_differ()
        if isinstance(alike, Proved):
            return Harmless(fault=fault, why=f"{fault.resource} decides every packet as before")
        try:
            return self._survived(alike)
        except TimeOut:
            return Survivor(fault=fault, why="whether it changes anything was not found out in time")

    def _survived(self, differs: FiltersDiffer | None) -> Survivor | Harmless:
        fault = self.mutant.fault
        if not self.verdicts.met:
            return Survivor(fault=fault, why="no check is met, so none can notice")
        covering = {
            asked.check.name or asked.check.text: found
            for asked, references in zip(self.verdicts.asked, self.verdicts.references, strict=True)
            if (found := self._difference(references)) is not None
        }
        if covering:
            why = "flows that checks cover fare otherwise, and the checks are met all the same"
            return self._shown(next(iter(covering.values())), why, tuple(covering))
        found = self._difference(self.verdicts.pairs)
        if found is not None:
            return self._shown(found, "a flow between ends of checks fares otherwise, but no check asks about such traffic")
        if self.verdicts.pairs:
            return Harmless(fault=fault, why="no flow between two ends that a check names fares otherwise")
        if differs is None:
            return Survivor(fault=fault, why="no check is about flows")
        return Survivor(fault=fault, why="no check is about flows", packet=differs.packet, fares=f"at {differs.context.where}")

    def _difference(self, references: Sequence[Reference]) -> Difference | None:
        """A packet of these questions that fares otherwise with the fault."""
        every = (one.difference(self.tables, self.changed, self.deadline) for one in references)
        return next((found for found in every if found is not None), None)

    def _shown(self, found: Difference, why: str, checks: tuple[str, ...] = ()) -> Survivor:
        """A survivor with what becomes of one flow. Where a choice on the way makes the difference, it may not show it."""
        flow = Flow(origin=found.origin, packet=found.packet, readings=found.readings)
        before, after = (walk(tables, flow) for tables in (self.verdicts.tables, self.tables))
        fares = ""
        if before.outcome is not after.outcome:
            fares = f"{_OUTCOMES[before.outcome]}, and {_OUTCOMES[after.outcome]} with the fault"
        elif before.arrived != after.arrived:
            fares = "arrives as another packet with the fault"
        return Survivor(fault=self.mutant.fault, why=why, checks=checks, packet=found.packet, fares=fares)

    def _groups_differ(self) -> Proved | FiltersDiffer | None:
        """Whether the NSG with the fault decides some packet otherwise, wherever it is attached."""
        name = self.mutant.group
        if name is None:
            return None
        groups = self.program.network.groups
        faulty = f"{name} with the fault"
        both = replace(
            self.program.network,
            groups={**groups, faulty: replace(self.mutant.network.groups[name], name=faulty)},
        )
        asks = question(both, self.verdicts.tables, GroupsEqual(left=name, right=faulty), self.verdicts.options.readings)
        if isinstance(asks, Unanswerable):
            return None
        found = answer(self.verdicts.tables, asks, seconds=self.verdicts.options.seconds, core=Depth.NOTHING)
        return found if isinstance(found, Proved | FiltersDiffer) else None
