"""Answers questions: Z3 decides, and every flow that is handed out can be walked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from enum import Enum
from typing import assert_never

from asever.model.answers import Answer, Core, NoneArrives, Proved, Refuted, Shown, Undecided
from asever.model.effective import EffectiveNetwork, FilterQuestion, FlowQuestion, Quantifier, Question
from asever.record import replace
from asever.solve.cores import core_of, proof_of
from asever.solve.flows import Flows, Found
from asever.solve.guide import Guide
from asever.solve.queries import Queries, queries
from asever.solve.reasons import reasons, time_limit, unknown_constants
from asever.solve.solver import TimeOut


class Depth(Enum):
    """What a proof shall say it rests on: nothing, rules and routes, or all settings and assumptions too.

    Each costs more than the one before, and the first by far the least.
    """

    NOTHING = 0
    RULES = 1
    SETTINGS = 2


def answer(
    network: EffectiveNetwork,
    question: Question,
    *,
    seconds: float | None,
    core: Depth = Depth.RULES,
    guide: Guide | None = None,
) -> Answer:
    """The answer to a question. It takes `seconds` at most (None: as long as it takes); then it is `Undecided`.

    With a guide it is the same answer, found with fewer questions to the solver, and confirmed as far as the guide can tell;
    raises `EnginesDisagree` when it is not.
    """
    started = time.monotonic()
    deadline = None if seconds is None else started + seconds
    try:
        found = _answer(network, question, deadline, core=core, guide=guide)
    except TimeOut:
        found = Undecided(reasons=(time_limit(seconds),))
    return replace(found, seconds=time.monotonic() - started)


def holds(network: EffectiveNetwork, question: FlowQuestion, *, seconds: float | None, guide: Guide) -> bool | None:
    """Whether a claim about flows holds, without what shows it: the verdict of its answer. None when that is `Undecided`.

    Raises `EnginesDisagree` as `answer` does.
    """
    asks = queries(question.quantifier)
    flows = Flows(network, question, asks, None if seconds is None else time.monotonic() + seconds, guide)
    try:
        if question.quantifier is Quantifier.SOME_ARRIVES:
            return _holds_for_some(flows, asks)
        broken = flows.settles(asks)
        return not broken if broken is not False else (None if flows.exists(asks.open) else True)
    except TimeOut:
        return None


def _holds_for_some(flows: Flows, asks: Queries) -> bool | None:
    every: bool | None = True
    for readings in flows.combinations():
        shown = flows.settles(asks, readings)
        if shown is False and not flows.exists(asks.open, readings) and flows.exists(asks.settled, readings):
            return False
        every = every if shown else None
    return every


def _answer(
    network: EffectiveNetwork, question: Question, deadline: float | None, *, core: Depth, guide: Guide | None
) -> Answer:
    match question:
        case FilterQuestion():
            from asever.solve.groups import answer_about_filters  # noqa: PLC0415 - most questions are about flows

            return answer_about_filters(network, question, deadline)
        case FlowQuestion(quantifier=Quantifier.SOME_ARRIVES):
            return _exists(network, question, deadline, core=core, guide=guide)
        case FlowQuestion():
            return _for_all(network, question, deadline, core=core, guide=guide)
        case _:
            assert_never(question)


def _for_all(
    network: EffectiveNetwork, question: FlowQuestion, deadline: float | None, *, core: Depth, guide: Guide | None
) -> Answer:
    """Of every flow, in every reading: all arrive, or none does."""
    asks = queries(question.quantifier)
    flows = Flows(network, question, asks, deadline, guide)
    if core is Depth.RULES and flows.expects_none(asks.decisive, asks.open):
        proved = _proved_at_once(network, question, asks, deadline)
        if proved is not None:
            return proved
    found, doubtful = flows.settle(asks)
    if found is not None:
        whole = _whole_scope(flows, asks, found)
        return Refuted(flow=found.flow, scope=found.scope, whole_scope=whole, confirmed=flows.confirmed)
    if doubtful is not None:
        return _undecided(unknown_constants(doubtful), doubtful)
    doubtful = flows.find(asks.open)
    if doubtful is not None:
        return _undecided(reasons(network, question, doubtful), doubtful)
    return Proved(core=_core(network, question, asks, {}, deadline, core), confirmed=flows.confirmed)


def _proved_at_once(network: EffectiveNetwork, question: FlowQuestion, asks: Queries, deadline: float | None) -> Proved | None:
    """The proof of a claim of which the guide says that it holds, with what it rests on, from one text; None without one.

    Where no flow may break the claim, none surely does. That text has a switch for every rule, which can make it hard: half
    of the time is left for the other, which has none.
    """
    now = time.monotonic()
    try:
        core = proof_of(network, question, asks.open, None if deadline is None else (now + deadline) / 2)
    except TimeOut:
        return None
    return None if core is None else Proved(core=core, confirmed=True)


def _exists(
    network: EffectiveNetwork, question: FlowQuestion, deadline: float | None, *, core: Depth, guide: Guide | None
) -> Answer:
    """Of some flow, in each reading. A reading without one violates the claim, whatever the others say."""
    asks = queries(question.quantifier)
    flows = Flows(network, question, asks, deadline, guide)
    shown: Shown | None = None
    undecided: Undecided | None = None
    for readings in flows.combinations():
        found, doubtful = flows.settle(asks, readings)
        if found is not None:
            shown = shown or Shown(flow=found.flow, scope=found.scope)
        elif doubtful is not None:
            undecided = undecided or _undecided(unknown_constants(doubtful), doubtful)
        elif (open_one := flows.find(asks.open, readings)) is not None:
            undecided = undecided or _undecided(reasons(network, question, open_one), open_one)
        else:
            lost = flows.find(asks.settled, readings)
            if lost is None:
                reason = "in one reading of the assumptions the check covers no flow"
                undecided = undecided or Undecided(reasons=(reason,))
                continue
            needed = _core(network, question, asks, readings, deadline, core)
            return NoneArrives(
                readings=lost.flow.readings,
                example=lost.flow,
                scope=lost.scope,
                core=needed,
                confirmed=flows.confirmed,
            )
    found_some = undecided or (shown and replace(shown, confirmed=flows.confirmed))
    assert found_some is not None  # noqa: S101 - there is at least one combination
    return found_some


def _core(
    network: EffectiveNetwork,
    question: FlowQuestion,
    asks: Queries,
    readings: Mapping[str, str],
    deadline: float | None,
    depth: Depth,
) -> Core:
    if depth is Depth.NOTHING:
        return Core()
    return core_of(network, question, asks.open, readings, deadline, settings=depth is Depth.SETTINGS)


def _whole_scope(flows: Flows, asks: Queries, found: Found) -> bool | None:
    """Whether every flow breaks the claim in the readings in which this one does; None when that hangs on the unknown."""
    try:
        if flows.exists(asks.settled, found.flow.readings):
            return False
        return None if flows.exists(asks.otherwise, found.flow.readings) else True
    except TimeOut:
        return None


def _undecided(why: tuple[str, ...], found: Found) -> Undecided:
    return Undecided(reasons=why, flow=found.flow, scope=found.scope)
