"""Which assumptions an answer hangs on: asked again in the other reading, and named only if the answer changes."""

from __future__ import annotations

from asever.azure.assumptions import ASSUMPTIONS
from asever.exact.oracle import Oracle
from asever.explain.witness import agreeing
from asever.model.answers import (
    Answer,
    DeadRows,
    Dependence,
    FiltersDiffer,
    NoneArrives,
    Proved,
    Refuted,
    Shown,
    Trace,
    Undecided,
    Verdict,
)
from asever.model.effective import EffectiveNetwork, FlowQuestion, conditions_of
from asever.record import replace
from asever.solve.answer import holds
from asever.solve.paths import Assumed, assumed


def verdict_of(found: Answer) -> Verdict:
    """The verdict that an answer amounts to."""
    match found:
        case Proved() | Shown():
            return Verdict.HOLDS
        case Undecided():
            return Verdict.UNKNOWN
        case Refuted() | NoneArrives() | FiltersDiffer() | DeadRows():
            return Verdict.VIOLATED


def dependences(
    network: EffectiveNetwork, question: FlowQuestion, found: Answer, trace: Trace | None, *, seconds: float | None
) -> tuple[Dependence, ...]:
    """The assumptions on which an answer hangs, in the order of the list of assumptions.

    A violated claim hangs on a reading if it would hold in the other one; a claim that holds hangs on what it takes for
    granted if it would not hold without. Raises `ReadingsDisagree` when the engines differ about that.
    """
    every = assumed(network, question) if isinstance(found, Proved | NoneArrives) else ()
    met = frozenset[str]().union(*(its for _, its in every))
    match found:
        case Proved():
            names = [name for name in question.fixed if name in met]
            readings = dict(question.fixed)
        case Refuted() if trace is not None:
            names = sorted(trace.assumed | conditions_of([found.scope.condition]))
            readings = dict(found.flow.readings)
        case Shown() if trace is not None:
            names = sorted(trace.assumed & question.fixed.keys())
            readings = dict(question.fixed)
        case NoneArrives():
            names = sorted(met)
            readings = dict(found.readings) | dict(question.fixed)
        case _:
            return ()
    order = {name: index for index, name in enumerate(ASSUMPTIONS)}
    known = [name for name in names if name in readings and len(network.assumptions.get(name, ())) > 1]
    result = []
    for name in sorted(known, key=lambda name: order.get(name, len(order))):
        value = readings[name]
        other = next(one for one in network.assumptions[name] if one != value)
        asks = _only_what_changes(question, every, name) if isinstance(found, Proved) else question
        otherwise = _verdict_with(network, asks, name, other, seconds=seconds)
        if otherwise is not verdict_of(found):
            text = ASSUMPTIONS[name].question if name in ASSUMPTIONS else ""
            result.append(Dependence(name=name, value=value, alternative=other, otherwise=otherwise, question=text))
    return tuple(result)


def _verdict_with(
    network: EffectiveNetwork, question: FlowQuestion, name: str, value: str, *, seconds: float | None
) -> Verdict:
    """The verdict with one more reading fixed."""
    changed = replace(question, fixed={**question.fixed, name: value})
    with agreeing(changed):
        answer = holds(network, changed, seconds=seconds, guide=Oracle(network, changed))
    return Verdict.UNKNOWN if answer is None else Verdict.HOLDS if answer else Verdict.VIOLATED


def _only_what_changes(question: FlowQuestion, every: Assumed, name: str) -> FlowQuestion:
    """A proved question without the scopes that no reading of this assumption changes."""
    return replace(question, scopes=tuple(scope for scope, its in every if name in its))
