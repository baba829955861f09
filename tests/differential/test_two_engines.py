"""The solver and the exact search, on small networks: the same answers, whoever comes first, and confirmed ones."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from asever.exact import first_match, oracle
from asever.exact.oracle import Oracle
from asever.model.effective import Action
from asever.solve.answer import answer
from asever.solve.flows import Flows
from asever.solve.guide import EnginesDisagree
from asever.solve.queries import AIMS, queries
from tests.differential.small_tables import all_readings, networks, questions

EXAMPLES = int(os.environ.get("ASEVER_EXAMPLES", "60"))
PHASES = tuple(Phase) if "ASEVER_SHRINK" in os.environ else (Phase.explicit, Phase.reuse, Phase.generate)
many = settings(
    max_examples=EXAMPLES, deadline=None, phases=PHASES, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
)


def said(found):
    return repr(replace(found, seconds=0.0))


@many
@given(networks(), questions())
def test_the_answer_does_not_depend_on_who_comes_first(network, question):
    alone = answer(network, question, seconds=None)
    together = answer(network, question, seconds=None, guide=Oracle(network, question))
    assert said(together) == said(alone)


class Silent:
    """A guide that answers every other question only, and so leaves some to the solver."""

    def __init__(self, guide):
        self.guide = guide
        self.asked = 0

    def possible(self, *about):
        self.asked += 1
        return self.guide.possible(*about) if self.asked % 2 else None


@many
@given(networks(), questions())
def test_nor_on_how_much_of_it_the_guide_tells(network, question):
    alone = answer(network, question, seconds=None)
    assert said(answer(network, question, seconds=None, guide=Silent(Oracle(network, question)))) == said(alone)


@many
@given(networks(), questions())
def test_every_pick_exists_in_every_scope_and_reading_according_to_both_or_to_neither(network, question):
    asks = queries(question.quantifier)
    flows = Flows(network, question, asks, None)
    guide = Oracle(network, question)
    for pick in {asks.decisive, asks.open, asks.otherwise, asks.settled}:
        for one, switch in zip(flows.encoding.scopes, flows._literals[pick], strict=True):
            for readings in all_readings(question):
                told = guide.possible(one.index, AIMS[pick], {}, readings)
                solved = switch != "false" and flows.session.satisfiable([switch, *flows.reading(readings)])
                assert told in (solved, None)


# -- Mistakes that must be seen -----------------------------------------------------------------------------------------


def swapped(*arguments, **named):
    rows = REAL(*arguments, **named)
    rows._actions = [Action.DENY if one is not Action.DENY else Action.ALLOW for one in rows._actions]
    rows._doing = {action: sum(1 << place for place, mine in enumerate(rows._actions) if mine is action) for action in Action}
    return rows


def blind(*arguments, **named):
    """Rows of which the first is overlooked."""
    rows = REAL(*arguments, **named)
    rows._every &= ~1
    return rows


REAL = first_match.FirstMatch


@pytest.mark.parametrize("mistake", [swapped, blind])
def test_a_mistake_of_the_exact_search_is_seen(mistake, monkeypatch):
    monkeypatch.setattr(
        oracle,
        "first_match",
        lambda network, rows, otherwise, tags, *, surely: mistake(network, rows, otherwise, tags, surely=surely),
    )
    seen = []

    @settings(many, max_examples=300)
    @given(networks(), questions())
    def run(network, question):
        if not seen:
            try:
                answer(network, question, seconds=None, guide=Oracle(network, question))
            except EnginesDisagree:
                seen.append(question)

    run()
    assert seen
