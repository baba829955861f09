"""The solver's answers against thousands of walked flows: a proof has no counterexample, a refutation is one."""

import random

import pytest

from asever.azure.effective import effective
from asever.azure.questions import Unanswerable, question
from asever.evaluate.judge import succeeds
from asever.evaluate.walk import walk
from asever.model.answers import NoneArrives, Proved, Refuted, Shown, Undecided
from asever.model.claims import Reachability
from asever.model.effective import Quantifier, exists_in
from asever.model.packets import Flow, Packet
from asever.solve.answer import answer
from tests.explain.test_random_networks import some_claim, some_network

FLOWS = 150


def some_member(draw, numbers):
    low, high = draw.choice(numbers.ranges)
    return draw.choice([low, high, draw.randint(low, high)])


def some_flow(draw, tables, asks, scope):
    """A random flow of a scope, in random readings and with random choices."""
    packets = scope.packets
    readings = {name: draw.choice(values) for name, values in tables.assumptions.items()} | dict(asks.fixed)
    packet = Packet(
        **{
            name: some_member(draw, getattr(packets, name))
            for name in ("protocol", "source", "source_port", "target", "target_port")
        },
        source_tags=packets.source_tags,
        target_tags=packets.target_tags,
    )
    return Flow(origin=scope.origin, packet=packet, readings=readings)


def chosen(draw, tables, flow):
    """The same flow with every choice on its way drawn anew."""
    choices = {}
    while offer := next((one for one in walk(tables, flow).offered if one.name not in choices), None):
        choices[offer.name] = some_member(draw, offer.numbers)
        flow = Flow(origin=flow.origin, packet=flow.packet, readings=flow.readings, choices=dict(choices))
    return flow


def some_question(seed):
    draw = random.Random(seed)
    where = some_network(draw)
    tables = effective(where)
    while True:
        asks = some_claim(draw)
        if isinstance(asks, Reachability):
            found = question(where, tables, asks, {})
            if not isinstance(found, Unanswerable):
                return draw, tables, found


@pytest.mark.parametrize("seed", range(120))
def test_no_walked_flow_contradicts_an_answer(seed):
    draw, tables, asks = some_question(seed)
    found = answer(tables, asks, seconds=20)
    with_reply = asks.quantifier is not Quantifier.NONE_ARRIVES
    scopes = [one for one in asks.scopes if exists_in(one.condition, asks.fixed)]
    outcomes = set()
    for _ in range(FLOWS):
        scope = draw.choice(scopes)
        flow = chosen(draw, tables, some_flow(draw, tables, asks, scope))
        outcomes.add(succeeds(walk(tables, flow), scope, asks.success, with_reply=with_reply))

    match asks.quantifier, found:
        case Quantifier.ALL_ARRIVE, Proved():
            assert outcomes == {True}
        case Quantifier.NONE_ARRIVES, Proved():
            assert outcomes == {False}
        case Quantifier.SOME_ARRIVES, NoneArrives():
            assert found.readings
        case ((Quantifier.ALL_ARRIVE | Quantifier.NONE_ARRIVES), Refuted()):
            said = succeeds(walk(tables, found.flow), found.scope, asks.success, with_reply=with_reply)
            assert said is (asks.quantifier is Quantifier.NONE_ARRIVES)
        case Quantifier.SOME_ARRIVES, Shown():
            assert succeeds(walk(tables, found.flow), found.scope, asks.success, with_reply=True) is True
        case _, Undecided():
            assert found.reasons


def test_none_arrives_means_none_in_that_reading():
    met = 0
    for seed in range(300, 420):
        draw, tables, asks = some_question(seed)
        found = answer(tables, asks, seconds=20) if asks.quantifier is Quantifier.SOME_ARRIVES else None
        if not isinstance(found, NoneArrives):
            continue
        met += 1
        for _ in range(FLOWS):
            scope = draw.choice(asks.scopes)
            flow = some_flow(draw, tables, asks, scope)
            here = {**flow.readings, **found.readings}
            flow = chosen(draw, tables, Flow(origin=flow.origin, packet=flow.packet, readings=here))

            assert succeeds(walk(tables, flow), scope, asks.success, with_reply=True) is False
    assert met > 5
