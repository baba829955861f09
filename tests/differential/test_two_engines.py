"""The solver and the exact search, on small networks: the same answers, whoever comes first, and confirmed ones."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from asever.evaluate.judge import decides, matches
from asever.evaluate.lookup import near
from asever.exact.boxes import Budget
from asever.exact.first_match import FirstMatch
from asever.exact.oracle import Oracle
from asever.explain.dependences import verdict_of
from asever.model.answers import Undecided, Verdict
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, Filter, FilterKind, FilterRow
from asever.model.numbers import NumberSet
from asever.model.packets import TCP, UDP, Packet
from asever.model.things import Direction
from asever.solve.answer import Depth, answer, holds
from asever.solve.flows import Flows
from asever.solve.guide import EnginesDisagree, Examples
from asever.solve.paths import FIELDS, existing_ways
from asever.solve.queries import AIMS, queries
from asever.solve.rows import Rows
from asever.solve.terms import Terms
from tests.differential.small_tables import (
    ASSUMPTIONS,
    DOUBT,
    PROBE_SOURCE,
    TAG_SPACE,
    all_readings,
    filters,
    networks,
    questions,
    rows,
)

EXAMPLES = int(os.environ.get("ASEVER_EXAMPLES", "15"))
PHASES = tuple(Phase) if "ASEVER_SHRINK" in os.environ else (Phase.explicit, Phase.reuse, Phase.generate)
many = settings(
    max_examples=EXAMPLES, deadline=None, phases=PHASES, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
)


def said(found):
    """The answer, without how long it took and whether it was confirmed."""
    return repr(replace(found, seconds=0.0) if isinstance(found, Undecided) else replace(found, seconds=0.0, confirmed=False))


@many
@given(networks(), questions())
def test_the_answer_does_not_depend_on_who_comes_first(network, question):
    alone = answer(network, question, seconds=None)
    together = answer(network, question, seconds=None, guide=Oracle(network, question))
    assert said(together) == said(alone)


@settings(many, max_examples=4 * EXAMPLES)
@given(networks(), questions())
def test_a_verdict_alone_is_that_of_the_answer(network, question):
    verdict = {True: Verdict.HOLDS, False: Verdict.VIOLATED, None: Verdict.UNKNOWN}
    expected = verdict_of(answer(network, question, seconds=None, core=Depth.NOTHING))
    assert verdict[holds(network, question, seconds=None, guide=Oracle(network, question))] is expected


class Silent:
    """A guide that answers every other question only, and so leaves some to the solver."""

    def __init__(self, guide):
        self.guide = guide
        self.asked = 0

    def examples(self, *about):
        self.asked += 1
        return self.guide.examples(*about) if self.asked % 2 else None


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
    for pick in (asks.decisive, asks.open, asks.otherwise, asks.settled):
        for readings in all_readings(question):
            told = [guide.examples(one.index, AIMS[pick], {}, readings) for one in flows.encoding.scopes]
            assert None in told or any(told) is flows.exists(pick, readings)


# -- One filter ---------------------------------------------------------------------------------------------------------

NETWORK = EffectiveNetwork(sites={}, fabrics={}, assumptions=ASSUMPTIONS, tag_space=TAG_SPACE, probe_source=PROBE_SOURCE)
NO_TAGS = (frozenset(), frozenset())
HEADERS = tuple(product((TCP, UDP), range(0, 16, 3), (0, 2), range(0, 16, 3), range(4)))


def packet(header):
    protocol, source, source_port, target, target_port = header
    return Packet(protocol=protocol, source=source, source_port=source_port, target=target, target_port=target_port)


def point(header, readings, names):
    return (*header, *(ASSUMPTIONS[name].index(readings[name]) for name in names))


def parts_agree(one, surely):
    """Whether the parts that the exact search finds hold exactly the headers that rows in order decide so."""
    rows = FirstMatch(NETWORK, one.rows, one.otherwise, NO_TAGS, surely=surely)
    passing = [part for part, _ in rows.parts(rows.domain, (Action.ALLOW,), Budget())]
    dropping = [part for part, _ in rows.parts(rows.domain, (Action.DENY,), Budget())]
    for values in product(*ASSUMPTIONS.values()):
        readings = dict(zip(ASSUMPTIONS, values, strict=True))
        for header in HEADERS:
            decided = decides(one, packet(header), readings, TAG_SPACE)
            expected = decided is Action.ALLOW if surely else decided is not Action.DENY
            here = point(header, readings, rows.readings)
            for parts, wanted in ((passing, expected), (dropping, not expected)):
                found = sum(all(number in numbers for number, numbers in zip(here, part, strict=True)) for part in parts)
                if found != wanted:
                    return False
    return True


@many
@given(filters(Direction.INBOUND, tags=True, always=False), st.booleans())
def test_the_parts_of_a_region_are_what_rows_in_order_decide(one, surely):
    assert parts_agree(one, surely)


@many
@given(st.lists(rows(tags=True, always=False), min_size=33, max_size=40).map(tuple))
def test_a_row_that_the_walk_passes_over_does_not_match(every):
    for header in HEADERS[::3]:
        near_it = {id(row) for row in near(every, packet(header))}
        for row in every:
            assert id(row) in near_it or matches(row, packet(header), TAG_SPACE) is False


def test_a_rule_for_an_unknown_address_outside_of_all_tags_is_not_passed_over():
    name, space = DOUBT
    doubtful = AddressMatch(addresses=NumberSet(), unknown_tags=frozenset({name}), spaces=((name, space),))
    others = tuple(row(number, target=AddressMatch(addresses=NumberSet.single(1))) for number in range(40))
    every = (*others, row(40, target=doubtful))
    hull = dict(zip(FIELDS, map(NumberSet.single, (TCP, 1, 0, 14, 2)), strict=True))
    found = list(Rows(Terms(), NETWORK, {}).matching(every, FIELDS, hull, *NO_TAGS))
    assert [match.row.name for match in found] == ["rule 40"]


def row(number, **fields):
    return FilterRow(priority=number, name=f"rule {number}", action=Action.DENY, **fields)


# -- Mistakes that must be seen -----------------------------------------------------------------------------------------


class Swapped(FirstMatch):
    """Takes what refuses for what permits."""

    def parts(self, region, wanted, budget):
        others = tuple(action for action in Action if action not in wanted)
        return super().parts(region, others, budget)


class Blind(FirstMatch):
    """Overlooks the first row."""

    def __init__(self, network, rows, otherwise, tags, *, surely):
        super().__init__(network, rows[1:], otherwise, tags, surely=surely)


class Whole(FirstMatch):
    """Forgets what a row leaves over."""

    def _left(self, region, taken, rows):
        return iter(())


DECIDED = Filter(
    resource="group",
    kind=FilterKind.NSG,
    direction=Direction.INBOUND,
    place="subnet",
    rows=(
        replace(row(1, target_port=NumberSet.span(1, 2)), action=Action.DENY),
        replace(row(2, source=AddressMatch(addresses=NumberSet.span(3, 9))), action=Action.ALLOW),
    ),
)


@pytest.mark.parametrize("mistake", [Swapped, Blind, Whole])
def test_a_mistake_of_the_exact_search_is_seen(mistake, monkeypatch):
    assert parts_agree(DECIDED, surely=True)
    monkeypatch.setitem(globals(), "FirstMatch", mistake)
    assert not parts_agree(DECIDED, surely=True)


class Contrary:
    """A guide that says the opposite: that there is nothing, or that everything is so."""

    def __init__(self, network, question):
        self.guide = Oracle(network, question)
        self.ways = existing_ways(network, question)
        self.has_said = False

    def examples(self, scope, aim, box, readings):
        told = self.guide.examples(scope, aim, box, readings)
        self.has_said |= told is not None
        if told is not False:
            return told and False
        path = self.ways[scope][1][0]
        return Examples(box=path.region, readings=path.readings)


@many
@given(networks(), questions())
def test_a_guide_that_says_the_opposite_is_found_out(network, question):
    guide = Contrary(network, question)
    try:
        answer(network, question, seconds=None, guide=guide)
    except EnginesDisagree:
        return
    assert not guide.has_said
