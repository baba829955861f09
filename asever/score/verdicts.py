"""The verdicts of a program's checks on networks that differ a little from its own, as fast as can be.

A check is asked only if it is met on the program's own network, and only until its verdict is known: no evidence, no blame. A
question that comes to formulas that were solved before has their verdict.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cached_property

from asever.azure.effective import effective
from asever.azure.questions import Unanswerable
from asever.explain.dependences import verdict_of
from asever.explain.finding import Asked, Options, ask
from asever.model.answers import Finding, Verdict
from asever.model.claims import Check
from asever.model.effective import EffectiveNetwork, FilterQuestion, FlowQuestion
from asever.model.program import Program
from asever.model.things import Network
from asever.record import record, replace
from asever.solve.answer import Depth, answer
from asever.solve.differ import Reference, every_traffic, fingerprint


@record(kw_only=False)
class Change:
    """A check that is no longer met."""

    check: Check
    verdict: Verdict


class Verdicts:
    """The checks that are met on the program's own network, which `findings` tell, and what becomes of them on others."""

    def __init__(self, program: Program, findings: tuple[Finding, ...], options: Options) -> None:
        self.program = program
        self.options = options
        self.tables = effective(program.network)
        self.met = [one.check for one in findings if one.met]
        self.asked = [ask(program, self.tables, check, options.readings) for check in self.met]
        self.references = [[Reference(self.tables, one) for one in _questions(asked)] for asked in self.asked]
        self._solved: dict[Hashable, Verdict] = {}

    @cached_property
    def pairs(self) -> list[Reference]:
        """Everything that the ends of the checks can send to each other, each pair once."""
        every = every_traffic(one.question for each in self.references for one in each)
        return [Reference(self.tables, one) for one in every]

    def first_change(self, network: Network, tables: EffectiveNetwork, changed: frozenset[str] | None) -> Change | None:
        """The first check that is met here no longer. `changed` are the tables that differ (`changed_tables`)."""
        program = replace(self.program, network=network)
        for check, before, references in zip(self.met, self.asked, self.references, strict=True):
            asked = ask(program, tables, check, self.options.readings)
            if asked == before and _is_about_flows(asked) and not any(one.may_change(changed) for one in references):
                continue
            verdict = self._verdict(tables, asked)
            if verdict is not (Verdict.VIOLATED if check.expect_violated else Verdict.HOLDS):
                return Change(check, verdict)
        return None

    def _verdict(self, tables: EffectiveNetwork, asked: Asked) -> Verdict:
        match asked.question:
            case None:
                verdicts = {self._verdict(tables, one) for one in asked.requirements}
                return next((one for one in (Verdict.VIOLATED, Verdict.UNKNOWN) if one in verdicts), Verdict.HOLDS)
            case Unanswerable():
                return Verdict.UNKNOWN
            case FlowQuestion() as asks:
                key = fingerprint(tables, asks)
                if key not in self._solved:
                    self._solved[key] = self._answer(tables, asks)
                return self._solved[key]
            case FilterQuestion() as asks:
                return self._answer(tables, asks)

    def _answer(self, tables: EffectiveNetwork, asks: FlowQuestion | FilterQuestion) -> Verdict:
        return verdict_of(answer(tables, asks, seconds=self.options.seconds, core=Depth.NOTHING))


def _questions(asked: Asked) -> Iterator[FlowQuestion]:
    """The questions about flows that a check asks."""
    for one in asked.requirements:
        yield from _questions(one)
    if isinstance(asked.question, FlowQuestion):
        yield asked.question


def _is_about_flows(asked: Asked) -> bool:
    """Whether everything that a check asks is about flows, rather than about NSGs."""
    return all(map(_is_about_flows, asked.requirements)) and (
        bool(asked.requirements) or isinstance(asked.question, FlowQuestion)
    )
