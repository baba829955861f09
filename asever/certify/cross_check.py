"""Puts the queries of a verdict to a second solver, and says whether it comes to the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asever.azure.questions import Unanswerable
from asever.certify import second
from asever.explain.finding import Asked
from asever.model.answers import CrossCheck, Finding, Report, Verdict
from asever.model.effective import EffectiveNetwork, FilterQuestion, FilterRelation, FlowQuestion, Quantifier
from asever.pipeline import Examined
from asever.record import record, replace
from asever.solve.encode import encode
from asever.solve.flows import combinations
from asever.solve.groups import Decided, rules_to_show
from asever.solve.smtlib import proof_text, query_text

_CONTRARY = {Verdict.HOLDS: "does not hold", Verdict.VIOLATED: "is not violated"}


@record
class _Asks:
    """A query and what it must be for the verdict to be right."""

    text: str
    satisfiable: bool


def cross_checked(one: Examined, seconds: float | None) -> Report:
    """The report with what the second solver says of each check."""
    pairs = zip(one.asked, one.report.results, strict=True)
    return replace(one.report, results=tuple(_with(one.tables, asked, finding, seconds) for asked, finding in pairs))


def disagreements(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, requirements included, of which the two solvers say different things."""
    for one in findings:
        inner = list(disagreements(one.requirements))
        yield from inner
        if not inner and one.cross_check is not None and one.cross_check.agrees is False:
            yield one


def _with(network: EffectiveNetwork, asked: Asked, finding: Finding, seconds: float | None) -> Finding:
    if asked.question is not None:
        return replace(finding, cross_check=_checked(network, asked, finding, seconds))
    pairs = zip(asked.requirements, finding.requirements, strict=True)
    inner = tuple(_with(network, one, its, seconds) for one, its in pairs)
    every = [one.cross_check for one in inner if one.cross_check is not None]
    return replace(finding, requirements=inner, cross_check=_worst(every, finding.verdict))


def _worst(every: list[CrossCheck], verdict: Verdict) -> CrossCheck:
    """Of a check that is several: no more than of the requirement of which least can be said."""
    for agrees in (False, None):
        found = next((one for one in every if one.agrees is agrees and one.answer != _not_asked().answer), None)
        if found is not None:
            return found
    return _not_asked() if verdict is Verdict.UNKNOWN else CrossCheck(solver=second.NAME, answer=verdict.value, agrees=True)


def _not_asked() -> CrossCheck:
    return CrossCheck(solver=second.NAME, answer="not asked", agrees=None)


def _checked(network: EffectiveNetwork, asked: Asked, finding: Finding, seconds: float | None) -> CrossCheck:
    """What is unknown claims nothing, so there is nothing to ask."""
    question = asked.question
    if finding.verdict is Verdict.UNKNOWN or question is None or isinstance(question, Unanswerable):
        return _not_asked()
    if isinstance(question, FilterQuestion) and question.relation is FilterRelation.NO_DEAD_ROWS:
        return _dead_rules(network, question, finding, seconds)
    if isinstance(question, FlowQuestion):
        asks = _of_flows(network, question, finding)
    else:
        asks = _of_filters(network, question, finding)
    for one in asks:
        said = second.answers(one.text, seconds)
        if said != ["sat" if one.satisfiable else "unsat"]:
            return _differs(finding.verdict, said, one.text)
    return CrossCheck(solver=second.NAME, answer=finding.verdict.value, agrees=True)


def _differs(verdict: Verdict, said: list[str], text: str) -> CrossCheck:
    if said in (["sat"], ["unsat"]):
        return CrossCheck(solver=second.NAME, answer=_CONTRARY[verdict], agrees=False, reproducer=text)
    return CrossCheck(solver=second.NAME, answer=_no_answer(said), agrees=None)


def _no_answer(said: list[str]) -> str:
    return next((one for one in said if one not in ("sat", "unsat", "unknown")), "no answer in time")


def _of_flows(network: EffectiveNetwork, question: FlowQuestion, finding: Finding) -> Iterator[_Asks]:
    holds = finding.verdict is Verdict.HOLDS
    if question.quantifier is not Quantifier.SOME_ARRIVES:
        yield _Asks(text=(proof_text if holds else query_text)(network, question), satisfiable=not holds)
    elif holds:
        for readings in combinations(network, encode(network, question)):
            settled = replace(question, fixed={**question.fixed, **readings})
            yield _Asks(text=query_text(network, settled), satisfiable=True)
    else:
        assert finding.trace is not None  # noqa: S101 - it shows a flow in the reading without one that arrives
        settled = replace(question, fixed={**question.fixed, **finding.trace.flow.readings})
        yield _Asks(text=proof_text(network, settled), satisfiable=False)


def _of_filters(network: EffectiveNetwork, question: FilterQuestion, finding: Finding) -> Iterator[_Asks]:
    """One query for each place; of a violated claim the one for the place that was shown."""
    shown = finding.difference
    for context in question.contexts if shown is None else (shown.context,):
        yield _Asks(text=query_text(network, replace(question, contexts=(context,))), satisfiable=shown is not None)


def _dead_rules(network: EffectiveNetwork, question: FilterQuestion, finding: Finding, seconds: float | None) -> CrossCheck:
    """The rules that decide nothing in some reading must be the dead ones that were found."""
    wanted = rules_to_show(network, question)
    alive: set[tuple[tuple[str, int, str], tuple[tuple[str, str], ...]]] = set()
    for readings in {_key(one): dict(one.readings) for one in wanted}.values():
        settled = replace(question, fixed={**question.fixed, **readings})
        for context in question.contexts:
            place = replace(settled, contexts=(context,))
            rules = [one.rule for one in rules_to_show(network, place)]
            said = second.answers(query_text(network, place), seconds)
            if len(said) != len(rules) or not set(said) <= {"sat", "unsat"}:
                return CrossCheck(solver=second.NAME, answer=_no_answer(said), agrees=None)
            alive.update((rule, tuple(sorted(readings.items()))) for rule, one in zip(rules, said, strict=True) if one == "sat")
    dead = {one.rule for one in wanted if (one.rule, _key(one)) not in alive}
    found = () if finding.dead_rows is None else finding.dead_rows.rows
    if {rule[1:] for rule in dead} == {(row.priority, row.name) for row, _ in found}:
        return CrossCheck(solver=second.NAME, answer=finding.verdict.value, agrees=True)
    text = query_text(network, question)
    return CrossCheck(solver=second.NAME, answer=_CONTRARY[finding.verdict], agrees=False, reproducer=text)


def _key(one: Decided) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(one.readings.items()))
