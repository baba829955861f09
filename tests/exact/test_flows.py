"""The exact sets of a question against the walk of every flow of small networks, header by header."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from hypothesis import given

from asever.exact.flows import flow_sets, reading_sets
from asever.exact.regions import difference, union
from asever.model.effective import Quantifier
from asever.model.numbers import NumberSet
from asever.model.regions import FIELDS
from asever.solve.regions import Claimed, Shown, disagreement
from tests.differential.small_tables import all_readings, networks, packets_of, questions
from tests.differential.test_solver_against_every_flow import Verdicts, thorough

OUTSIDE = (NumberSet.single(99), *(NumberSet.single(1) for _ in FIELDS[1:]))  # no check of small networks covers its protocol


def expected(verdicts, index, wanted):
    """What each header of a scope surely does, of what is wanted for some choice in some reading; None is open."""
    groups = defaultdict(list)
    found = {}
    for entry in verdicts.entries:
        if entry[0] == index:
            groups[entry[1]].append(entry)
            found.setdefault(header(entry[2]), False)
    for members in groups.values():
        for _, _, values, unknown, verdict in members:
            mine = header(values)
            if verdict is not wanted:
                if verdict is None and found[mine] is False:
                    found[mine] = None
                continue
            known = {name: value for name, value in values.items() if name not in unknown}
            others = [
                (other_values, other)
                for _, _, other_values, _, other in members
                if all(other_values.get(name, value) == value for name, value in known.items())
            ]
            settled = not unknown or all(other is wanted for _, other in others)
            touched = {header(other_values) for other_values, _ in others} if unknown else {mine}
            for one in touched:
                if settled:
                    found[one] = True
                elif found[one] is False:
                    found[one] = None
    return found


def header(values):
    return tuple(values[name] for name in FIELDS)


def holding(regions, point):
    return [one for one in regions if all(number in numbers for number, numbers in zip(point, one, strict=True))]


def agree(verdicts, sets, question):
    wanted = question.quantifier is not Quantifier.ALL_ARRIVE
    for one in sets.scopes:
        index = next(number for number, scope in enumerate(question.scopes) if scope is one.scope)
        hit, miss = (one.delivered, one.lost) if wanted else (one.lost, one.delivered)
        outcome = expected(verdicts, index, wanted)
        for packet in packets_of(one.scope.packets):
            point = tuple(getattr(packet, name) for name in FIELDS)
            where = [holding(part, point) for part in (hit, miss, one.open)]
            assert sum(map(len, where)) == 1, point
            assert (bool(where[0]), bool(where[2])) == (outcome[point] is True, outcome[point] is None), point


@thorough
@given(networks(), questions())
def test_every_header_lies_in_the_set_that_the_walks_of_its_flows_say(network, question):
    agree(Verdicts(network, question), flow_sets(network, question), question)


@thorough
@given(networks(), questions())
def test_the_solver_proves_the_sets_and_refuses_any_others(network, question):
    sets = flow_sets(network, question)
    wanted = question.quantifier is not Quantifier.ALL_ARRIVE
    for one in sets.scopes:
        hit = one.delivered if wanted else one.lost
        shown = [
            Shown(scope=one.scope, headers=each.headers, choices=each.choices, readings=each.readings) for each in one.witnesses
        ]
        others = one.lost if wanted else one.delivered
        for rest in (None, others):
            claim = Claimed(scopes=[one.scope], regions=hit, open=one.open, rest=rest, shown=shown)
            wrong = [replace(claim, regions=hit[1:])] if hit else []
            wrong += [replace(claim, regions=(*hit, others[0]))] if others else []
            if rest is not None:
                wrong += [replace(claim, rest=others[1:])] if others else []
                wrong += [replace(claim, rest=(*others, other)) for other in (*hit[:1], *one.open[:1], OUTSIDE)]
            assert disagreement(network, question, [claim], seconds=None) is None
            for each in wrong:
                assert disagreement(network, question, [each], seconds=None) is not None


@thorough
@given(networks(), questions())
def test_what_decides_in_some_reading_is_what_decides_in_one_of_them(network, question):
    sets = flow_sets(network, question)
    wanted = question.quantifier is not Quantifier.ALL_ARRIVE
    each = [reading_sets(network, question, readings) for readings in all_readings(question)]
    for one in sets.scopes:
        hit = one.delivered if wanted else one.lost
        parts = [other for settled in each for other in settled.scopes if other.scope is one.scope]
        in_some = union(*((other.delivered if wanted else other.lost) for other in parts))
        assert not difference(hit, in_some)
        assert not difference(in_some, hit)
