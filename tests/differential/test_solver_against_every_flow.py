"""The solver against the walk of every single flow, on small networks: verdicts are compared exactly, not sampled."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from asever.evaluate.walk import walk
from asever.model.answers import NoneArrives, Outcome, Proved, Refuted, Shown, Undecided, is_written
from asever.model.effective import Action, Quantifier, exists_in
from asever.solve.answer import Depth, answer
from asever.solve.paths import paths
from tests.differential.small_tables import (
    Adverse,
    Every,
    all_readings,
    networks,
    questions,
    same_line,
    with_worst,
    written_networks,
)

# More with ASEVER_EXAMPLES=5000. A smaller example costs thousands of walks for every step: it is looked for when asked only.
EXAMPLES = int(os.environ.get("ASEVER_EXAMPLES", "15"))
PHASES = tuple(Phase) if "ASEVER_SHRINK" in os.environ else (Phase.explicit, Phase.reuse, Phase.generate)
thorough = settings(
    max_examples=EXAMPLES, deadline=None, phases=PHASES, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
)
FIELDS = ("protocol", "source", "source_port", "target", "target_port")


def unknowns(scope, trace):
    """The variables of a walked flow whose true value nobody knows."""
    found = {"source"} if scope.partial_source else set()
    found |= {"target"} if scope.partial_target else set()
    return found | {one.name for one in trace.offered if one.unknown}


class Verdicts:
    """What every flow does, grouped by what is known of it."""

    def __init__(self, network, question):
        self.every = Every(network, question)
        self.question = question
        self.entries = []
        for index, flow, trace, verdict in self.every.flows:
            values = {name: getattr(flow.packet, name) for name in FIELDS} | {
                one.name: flow.choices[one.name] for one in trace.offered
            }
            readings = tuple(sorted(flow.readings.items()))
            self.entries.append((index, readings, values, unknowns(question.scopes[index], trace), verdict))

    def certain(self, wanted, readings=None):
        """Whether some flow does what is wanted whatever the values are that nobody knows, and whether any does at all."""
        groups = defaultdict(list)
        for entry in self.entries:
            if readings is None or entry[1] == readings:
                groups[entry[0], entry[1]].append(entry)
        some = False
        for members in groups.values():
            for _, _, values, unknown, verdict in members:
                if verdict is not wanted:
                    continue
                some = True
                known = {name: value for name, value in values.items() if name not in unknown}
                if not unknown or all(
                    other is wanted
                    for _, _, others, _, other in members
                    if all(others.get(name, value) == value for name, value in known.items())
                ):
                    return True, True
        return False, some

    def expected(self):
        """The kinds of answer that are right."""
        match self.question.quantifier:
            case Quantifier.ALL_ARRIVE:
                return self._for_all(wanted=False)
            case Quantifier.NONE_ARRIVES:
                return self._for_all(wanted=True)
            case Quantifier.SOME_ARRIVES:
                return self._exists()

    def _for_all(self, *, wanted):
        sure, some = self.certain(wanted)
        if sure:
            return Refuted
        open_ones = some or any(verdict is None for *_, verdict in self.entries)
        return Undecided if open_ones else Proved

    def _exists(self):
        kinds = set()
        for readings in sorted({entry[1] for entry in self.entries}):
            sure, some = self.certain(True, readings)
            open_ones = some or any(entry[1] == readings and entry[4] is None for entry in self.entries)
            kinds.add(Shown if sure else Undecided if open_ones else NoneArrives)
        for kind in (NoneArrives, Undecided, Shown):
            if kind in kinds:
                return kind
        return Undecided


def every_reading_has_a_flow(question):
    return all(exists_in(scope.condition, one) for one in all_readings(question) for scope in question.scopes)


@thorough
@given(networks(), questions())
def test_the_verdict_is_that_of_all_flows(network, question):
    verdicts = Verdicts(network, question)
    found = answer(network, question, seconds=None)
    # Where later choices depend on whether an address is in a tag, the solver may leave open what every way to choose settles.
    modest = isinstance(found, Undecided) and any("member" in unknown for *_, unknown, _ in verdicts.entries)
    assert type(found) is verdicts.expected() or modest or not every_reading_has_a_flow(question)
    if isinstance(found, Refuted | Shown | NoneArrives):
        flow = found.example if isinstance(found, NoneArrives) else found.flow
        wanted = isinstance(found, Shown) or (isinstance(found, Refuted) and question.quantifier is Quantifier.NONE_ARRIVES)
        trace = walk(network, flow)
        assert verdicts.every.verdict(found.scope, trace) is wanted
        assert flow.readings.keys() == network.assumptions.keys()
        assert {one.name for one in trace.offered} <= flow.choices.keys()
    if isinstance(found, Refuted):
        here = tuple(sorted(found.flow.readings.items()))
        others = {entry[4] for entry in verdicts.entries if entry[1] == here}
        good = question.quantifier is Quantifier.ALL_ARRIVE
        assert found.whole_scope is (False if good in others else None if None in others else True)
    if isinstance(found, Undecided) and found.flow is not None:
        assert found.reasons
        assert found.scope in question.scopes


@thorough
@given(networks(), questions())
def test_every_flow_takes_exactly_one_path(network, question):
    every = Every(network, question)
    ways = [tuple(paths(network, scope, question.fixed, replies=True)) for scope in question.scopes]
    for index, flow, trace, _ in every.flows:
        values = {name: getattr(flow.packet, name) for name in FIELDS} | dict(flow.choices)
        taken = [path for path in ways[index] if path.holds(values, flow.readings)]
        # A packet that is dropped early has made none of its later choices.
        if trace.outcome in (Outcome.DELIVERED, Outcome.REPLY_LOST):
            assert [path.site for path in taken] == [trace.site]
            assert taken[0].returns is (trace.outcome is Outcome.DELIVERED)


@thorough
@given(networks(), questions())
def test_a_proof_rests_on_its_core_and_on_nothing_else(network, question):
    found = answer(network, question, seconds=None)
    if not isinstance(found, Proved):
        return
    assert found.core.minimal
    worst = Action.DENY if question.quantifier is Quantifier.ALL_ARRIVE else Action.ALWAYS_ALLOW
    kept = {id(one.row) for one in found.core.rows}
    assert isinstance(answer(with_worst(network, kept, worst), question, seconds=None, core=Depth.NOTHING), Proved)
    for row in kept:
        weaker = answer(with_worst(network, kept - {row}, worst), question, seconds=None, core=Depth.NOTHING)
        assert not isinstance(weaker, Proved)


@thorough
@given(written_networks(), questions())
def test_with_everything_outside_its_core_adverse_a_proof_stands_and_without_any_part_of_it_it_falls(network, question):
    found = answer(network, question, seconds=None, core=Depth.SETTINGS)
    if not isinstance(found, Proved):
        return
    core = found.core
    assert core.minimal
    units = [{id(one.row)} | same_line(network, one.row) for one in (*core.rows, *core.ways)]
    rows = set().union(*units)
    readings = dict(core.readings)
    assert readings.items() <= question.fixed.items()
    assert stands(network, question, rows, readings)
    for unit in units:
        assert not stands(network, question, rows - unit, readings)
    for name in readings:
        assert not stands(network, question, rows, {one: value for one, value in readings.items() if one != name})


@thorough
@given(written_networks(), questions())
def test_the_rules_and_routes_of_a_proof_are_the_same_with_and_without_its_settings(network, question):
    few, all_ = (answer(network, question, seconds=None, core=depth) for depth in (Depth.RULES, Depth.SETTINGS))
    if isinstance(few, Proved):
        assert few.core.rows == all_.core.rows
        assert few.core.ways == tuple(one for one in all_.core.ways if is_written(one.row))


def stands(network, question, rows, readings):
    """Whether every flow still does what is claimed while only these rows and readings are what they are."""
    wanted = question.quantifier is Quantifier.ALL_ARRIVE
    worst = Action.DENY if wanted else Action.ALWAYS_ALLOW
    changed = replace(question, fixed=readings)
    return all(verdict is wanted for *_, verdict in Adverse(network, changed, rows, worst).flows)


@thorough
@given(networks(), questions(), st.integers(0, 3))
def test_the_same_question_gives_the_same_answer(network, question, _again):
    first, second = (answer(network, question, seconds=None) for _ in range(2))
    assert repr(first).split("seconds=")[0] == repr(second).split("seconds=")[0]
