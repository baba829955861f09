"""Judges one check: asks, replays what is shown, and gathers everything there is to say about the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import assert_never

from asever.azure.questions import Unanswerable, question
from asever.diagnostics import Diagnostic, Label, SpecError
from asever.evaluate.walk import walk
from asever.exact.oracle import Oracle
from asever.explain.blame import Blame, blame, facts
from asever.explain.dependences import dependences, verdict_of
from asever.explain.evidence import evidence, filter_evidence, replayed
from asever.explain.witness import agreeing, replay, replay_difference, wants_reply
from asever.model.answers import (
    Answer,
    DeadRows,
    FiltersDiffer,
    Finding,
    NoneArrives,
    Proved,
    Refuted,
    Shown,
    StepKind,
    Trace,
    Undecided,
    Verdict,
)
from asever.model.claims import Check, Healthy
from asever.model.effective import EffectiveNetwork, FilterQuestion, FlowQuestion, Question, Scope
from asever.model.program import Program
from asever.record import field, record, replace
from asever.solve.answer import Depth, answer


@record
class Options:
    """How to check: the names of checks to judge (globs), the solver's limit for each, chosen readings of assumptions.

    `core` is how much each proof shall say about what it rests on; with `counts_parts` none for the parts of `is healthy`, of
    which a short report counts those that hold.
    """

    only: tuple[str, ...] = ()
    seconds: float | None = 30
    readings: Mapping[str, str] = field(default_factory=dict)
    core: Depth = Depth.RULES
    counts_parts: bool = False
    fail_fast: bool = False


@record
class Asked:
    """A check with the question that it asks; `is healthy` asks one for each requirement."""

    check: Check
    question: Question | Unanswerable | None = None
    requirements: tuple[Asked, ...] = ()


def judge(program: Program, tables: EffectiveNetwork, check: Check, options: Options) -> Finding:
    """Everything there is to say about one check.

    Raises `SpecError` for a check that covers nothing, and `ReadingsDisagree` when the solver and the walk differ.
    """
    asked = ask(program, tables, check, options.readings)
    vacuous = tuple(vacuities(asked))
    if vacuous:
        raise SpecError(vacuous)
    return judged(tables, asked, options)


# -- Asking -------------------------------------------------------------------------------------------------------------


def ask(program: Program, tables: EffectiveNetwork, check: Check, readings: Mapping[str, str]) -> Asked:
    """The questions that a check asks."""
    if isinstance(check.claim, Healthy):
        asked = (one for one in check.claim.requirements if _is_asked(one, readings))
        return Asked(check=check, requirements=tuple(ask(program, tables, one, readings) for one in asked))
    return Asked(check=check, question=question(program.network, tables, check.claim, readings))


def _is_asked(requirement: Check, readings: Mapping[str, str]) -> bool:
    """Whether the readings that the user chose leave a requirement in force."""
    name, value = getattr(requirement.claim, "asked_in", None) or ("", None)
    return readings.get(name, value) == value


def vacuities(asked: Asked) -> Iterator[Diagnostic]:
    """One diagnostic for a check that covers nothing: its verdict would say nothing."""
    for one in asked.requirements:
        yield from vacuities(one)
    if isinstance(asked.question, Unanswerable) and asked.question.vacuous:
        span = asked.check.span
        yield Diagnostic(
            code="vacuous-check",
            message=f"`{asked.check.text}` covers nothing: {'; '.join(asked.question.reasons)}",
            primary=None if span is None else Label(span, "there is nothing to prove here"),
            notes=("a check that covers no packet would hold whatever the network is",),
        )


# -- Judging ------------------------------------------------------------------------------------------------------------


def judged(tables: EffectiveNetwork, asked: Asked, options: Options) -> Finding:
    """The finding of a check whose questions are known. Raises `ReadingsDisagree` when the two readings differ."""
    started = time.perf_counter()
    match asked.question:
        case None:
            finding = _healthy(asked.check, tuple(_part(tables, one, options) for one in asked.requirements))
        case Unanswerable(reasons=reasons):
            finding = Finding(check=asked.check, verdict=Verdict.UNKNOWN, reasons=reasons)
        case FlowQuestion() as asks:
            finding = _Flows(tables, asked.check, asks, options).finding()
        case FilterQuestion() as asks:
            finding = _filters(tables, asked.check, asks, options)
        case _:
            assert_never(asked.question)
    return replace(finding, seconds=time.perf_counter() - started)


def _part(tables: EffectiveNetwork, asked: Asked, options: Options) -> Finding:
    """The finding of a requirement: if it is only counted when it holds, nobody reads what it rests on."""
    counted = options.counts_parts and not asked.check.expect_violated
    return judged(tables, asked, replace(options, core=Depth.NOTHING) if counted else options)


def verdict(tables: EffectiveNetwork, asked: Asked, options: Options) -> Verdict:
    """The verdict of that finding, replayed as it is, without what explains it. Raises as `judged` does."""
    match asked.question:
        case None:
            found = {verdict(tables, one, options) for one in asked.requirements}
            return next((one for one in (Verdict.VIOLATED, Verdict.UNKNOWN) if one in found), Verdict.HOLDS)
        case FlowQuestion() as asks:
            return _Flows(tables, asked.check, asks, options).verdict()
        case _:
            return judged(tables, asked, options).verdict


def _healthy(check: Check, requirements: tuple[Finding, ...]) -> Finding:
    """Healthy if every requirement holds; otherwise the first that does not is shown."""
    worst = next((one for one in requirements if one.verdict is Verdict.VIOLATED), None)
    worst = worst or next((one for one in requirements if one.verdict is Verdict.UNKNOWN), None)
    if worst is None:
        every = {one.name: one for finding in requirements for one in finding.dependences}
        return Finding(
            check=check,
            verdict=Verdict.HOLDS,
            requirements=requirements,
            dependences=tuple(every.values()),
            confirmed=all(one.confirmed for one in requirements),
        )
    return replace(worst, check=check, requirements=requirements)


def _filters(tables: EffectiveNetwork, check: Check, asks: FilterQuestion, options: Options) -> Finding:
    found = answer(tables, asks, seconds=options.seconds)
    finding = Finding(check=check, verdict=verdict_of(found))
    match found:
        case FiltersDiffer():
            replay_difference(tables, asks, found)
            return replace(finding, difference=found)
        case DeadRows():
            return replace(finding, dead_rows=found)
        case Undecided():
            return replace(finding, reasons=found.reasons)
        case Proved():
            return replace(finding, evidence=filter_evidence(asks, found.core))
        case _:
            raise AssertionError(f"a question about filters was answered by {type(found).__name__}")


@record(kw_only=False)
class _Flows:
    """One reachability claim."""

    tables: EffectiveNetwork
    check: Check
    asks: FlowQuestion
    options: Options

    def finding(self) -> Finding:
        found = self._answer()
        verdict = verdict_of(found)
        match found:
            case Proved():
                proof = evidence(self.tables, self.asks, found.core)
                finding = self._about(Finding(check=self.check, verdict=verdict, evidence=proof), self.asks.scopes[0])
                trace = None
            case Shown():
                trace = self._walked(found)
                finding = self._about(Finding(check=self.check, verdict=verdict, trace=trace), found.scope)
            case Refuted():
                trace = self._walked(found)
                finding = self._violated(trace, found.scope, found.whole_scope)
            case NoneArrives():
                trace = self._walked(found)
                proof = evidence(self.tables, self._settled(found), found.core)
                finding = replace(self._violated(trace, found.scope, whole_scope=True), evidence=proof)
            case Undecided():
                return self._undecided(found)
            case _:
                raise AssertionError(f"a question about flows was answered by {type(found).__name__}")
        hangs_on = dependences(self.tables, self.asks, found, trace, seconds=self.options.seconds)
        return replace(finding, dependences=hangs_on, confirmed=found.confirmed)

    def verdict(self) -> Verdict:
        found = self._answer()
        match found:
            case Proved():
                replayed(self.tables, self.asks)
            case NoneArrives():
                self._walked(found)
                replayed(self.tables, self._settled(found))
            case Shown() | Refuted():
                self._walked(found)
            case _:
                pass
        return verdict_of(found)

    def _walked(self, found: Shown | Refuted | NoneArrives) -> Trace:
        """The flow that an answer shows, replayed."""
        match found:
            case NoneArrives():
                return replay(self.tables, self.asks, found.scope, found.example, solver=False)
            case Shown():
                return replay(self.tables, self.asks, found.scope, found.flow, solver=True)
            case Refuted():
                # What breaks `reaches` is a flow that fails, what breaks `never` and `only` one that arrives.
                return replay(self.tables, self.asks, found.scope, found.flow, solver=not wants_reply(self.asks))

    def _settled(self, found: NoneArrives) -> FlowQuestion:
        """The question in the readings in which no flow arrives."""
        return replace(self.asks, fixed={**self.asks.fixed, **found.readings})

    def _answer(self) -> Answer:
        """The solver's answer, confirmed by exact search as far as that goes."""
        oracle = Oracle(self.tables, self.asks)
        with agreeing(self.asks):
            return answer(self.tables, self.asks, seconds=self.options.seconds, core=self.options.core, guide=oracle)

    def _about(self, finding: Finding, scope: Scope) -> Finding:
        return replace(finding, origin_title=scope.subject, target_title=scope.target)

    def _violated(self, trace: Trace, scope: Scope, whole_scope: bool | None) -> Finding:
        why = blame(self.tables, trace) if wants_reply(self.asks) else Blame(facts=facts(trace, let_in=True))
        finding = Finding(
            check=self.check,
            verdict=Verdict.VIOLATED,
            trace=trace,
            whole_scope=whole_scope,
            blockers=why.blockers,
            near_misses=why.near_misses,
            facts=why.facts,
        )
        return self._about(finding, scope)

    def _undecided(self, found: Undecided) -> Finding:
        finding = Finding(check=self.check, verdict=Verdict.UNKNOWN, reasons=found.reasons)
        if found.flow is not None:
            trace = walk(self.tables, found.flow)
            scope = found.scope
            of_tag = scope is not None and (scope.partial_source is not None or scope.partial_target is not None)
            of_rule = any(step.kind is StepKind.UNKNOWN and step.filter is not None for step in trace.steps)
            words = ("unknown-service-tag",) if of_tag or of_rule else ()
            finding = replace(finding, trace=trace, facts=tuple(dict.fromkeys((*words, *facts(trace)))))
        return finding if found.scope is None else self._about(finding, found.scope)
