"""What differs between two networks: nothing where nothing does, and the very flows where something does."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from asever.exact.flows import flow_sets
from asever.explain.difference import apart, compare, different, key_of, levels_of
from asever.explain.touched import Touched
from asever.model.claims import Verb
from asever.model.difference import Level
from asever.model.effective import Quantifier
from asever.model.numbers import NumberSet
from asever.report.difference import difference_json, render_difference
from tests.claims import INTERNET, claim, on, program, the_vm
from tests.differential.small_tables import networks, questions
from tests.differential.test_solver_against_every_flow import thorough
from tests.explain.test_random_networks import some_network
from tests.golden import assert_accepted
from tests.networks import layered, network, nsg, route, route_table, rule, subnet, vm, vnet

HERE = Path(__file__).parent
SCHEMA = Draft202012Validator(
    json.loads((HERE.parents[1] / "asever" / "report" / "difference.schema.json").read_text(encoding="utf-8"))
)


def two(*rules, table=(), extra=()):
    return network(
        vnet("v", "10.0.0.0/16"),
        subnet("v/a", "10.0.1.0/24"),
        subnet("v/b", "10.0.2.0/24", nsg="door", route_table="rt"),
        route_table("rt", *table),
        nsg("door", inbound=[*rules, rule(4000, "deny", "any", "*", "*", "*", name="shut")]),
        vm("web", "v/a", "10.0.1.4"),
        vm("sql", "v/b", "10.0.2.4"),
        *extra,
    )


HTTPS = rule(100, "allow", "tcp", "10.0.1.0/24", "*", "443", name="https")
MSSQL = rule(200, "allow", "tcp", "10.0.1.0/24", "*", "1433", name="mssql")


def differences(old, new):
    return compare(program(old), program(new), {})


def of(found, origin, target):
    return [one for one in found.changes if (one.origin, one.target) == (origin, target)]


@pytest.mark.parametrize("seed", range(4))
def test_a_network_does_not_differ_from_itself(seed, monkeypatch):
    monkeypatch.setattr(Touched, "headers", lambda *_: None)  # every set is computed
    where = some_network(random.Random(seed)) if seed else layered()
    found = differences(where, where)
    assert found.is_empty
    assert not found.moved


@pytest.mark.parametrize(
    "rules",
    [
        (rule(100, "allow", "tcp", "10.0.1.0/24", "*", "443", name="renamed"), MSSQL),
        (
            rule(100, "allow", "tcp", "10.0.1.0/25", "*", "443"),
            rule(101, "allow", "tcp", "10.0.1.128/25", "*", "443"),
            MSSQL,
        ),
        (rule(100, "allow", "tcp", "10.0.1.0/24", "*", "1433"), rule(200, "allow", "tcp", "10.0.1.0/24", "*", "443")),
        (rule(100, "allow", "tcp", "10.0.1.0/24", "*", "443,1433"), rule(150, "deny", "udp", "10.0.1.0/24", "*", "*")),
    ],
    ids=["renamed", "split", "reordered", "merged, with a rule that changes nothing"],
)
def test_what_changes_no_flow_is_no_difference(rules):
    assert differences(two(HTTPS, MSSQL), two(*rules)).is_empty


def test_a_new_rule_makes_its_own_flows_possible_and_no_others():
    found = differences(two(HTTPS), two(HTTPS, MSSQL))
    (change,) = of(found, "vm web", "vm sql")
    assert (change.before, change.after, change.proved) == (Level.NEVER, Level.ALWAYS, True)
    assert [numbers.ranges for numbers in (change.regions[0][0], change.regions[0][4])] == [((6, 6),), ((1433, 1433),)]
    assert "rule 4000 shut drops it" in change.old.text
    assert "rule 200 mssql lets it pass" in change.new.text
    assert not of(found, "vm sql", "vm web")
    assert not of(found, "Internet", "vm sql")


def test_the_other_way_round_the_same_flows_stop():
    (change,) = of(differences(two(HTTPS, MSSQL), two(HTTPS)), "vm web", "vm sql")
    assert (change.before, change.after) == (Level.ALWAYS, Level.NEVER)


def test_a_lost_reply_is_a_flow_that_stops_though_its_packets_arrive():
    found = differences(two(HTTPS), two(HTTPS, table=[route("10.0.1.0/24", "none")]))
    (change,) = of(found, "vm web", "vm sql")
    assert (change.before, change.after, change.proved) == (Level.ALWAYS, Level.ONE_WAY, True)


def test_things_of_one_file_are_listed_and_nothing_is_said_of_addresses_that_changed_hands():
    found = differences(two(HTTPS), two(HTTPS, extra=[vm("new", "v/a", "10.0.1.9")]))
    assert (found.only_old, found.only_new) == ((), ("vm new",))
    assert found.moved == ("subnet v/a",)
    assert not found.changes


def test_a_check_of_both_files_with_another_verdict_is_told():
    asks = claim(Verb.REACHES, the_vm("web"), the_vm("sql"), on("tcp 1433"))
    kept = claim(Verb.NEVER_REACHES, INTERNET, the_vm("sql"))
    found = compare(program(two(HTTPS), asks, kept), program(two(HTTPS, MSSQL), asks, kept), {})
    (one,) = found.verdicts
    assert (one.before.value, one.after.value) == ("violated", "holds")


# -- Against brute force ------------------------------------------------------------------------------------------------

NUMBERS = st.frozensets(st.integers(0, 3), min_size=1).map(lambda numbers: NumberSet.of((one, one) for one in numbers))
REGIONS = st.lists(st.tuples(*[NUMBERS] * 5), max_size=3)


def holds(regions, point):
    return any(all(number in numbers for number, numbers in zip(point, one, strict=True)) for one in regions)


def level(levels, point):
    found = [one for one, regions in levels.items() if holds(regions, point)]
    assert len(found) < 2
    return found[0] if found else Level.NEVER


def agree(before, after, points):
    told = list(different(before, after))
    for point in points:
        mine = [(one, other) for one, other, regions in told if holds(regions, point)]
        one, other = level(before, point), level(after, point)
        assert mine == ([] if one is other else [(one, other)])


@thorough
@given(st.tuples(*[REGIONS] * 8))
def test_every_header_is_told_with_its_levels_or_has_the_same_one_in_both(sets):
    before, after = apart(*sets[:4]), apart(*sets[4:])
    for levels, given_sets in ((before, sets[:4]), (after, sets[4:])):
        for point in product(range(0, 4, 3), repeat=5):
            order = (Level.ALWAYS, Level.SOMETIMES, Level.ONE_WAY, Level.OPEN)
            wanted = next((one for one, regions in zip(order, given_sets, strict=True) if holds(regions, point)), Level.NEVER)
            assert level(levels, point) is wanted
    agree(before, after, product(range(4), repeat=5))


@thorough
@given(networks(), networks(), questions())
def test_two_small_networks_differ_in_the_headers_that_their_sets_tell_apart(old, new, question):
    before, after = (levels_of(one, question) for one in (old, new))
    for key in dict.fromkeys((*before, *after)):
        points = list(product((6, 17), range(0, 16, 5), (1,), range(16), range(4)))
        agree(before.get(key, {}), after.get(key, {}), points)
    for one, levels in ((old, before), (new, after)):
        sets = flow_sets(one, replace(question, quantifier=Quantifier.ALL_ARRIVE)).scopes
        for each in sets:
            for region in each.delivered:
                assert level(levels[key_of(each.scope)], tuple(numbers.first for numbers in region)) is Level.ALWAYS


# -- Reports ------------------------------------------------------------------------------------------------------------


def test_the_report_is_as_accepted():
    found = differences(two(HTTPS, table=[route("0.0.0.0/0", "none")]), two(MSSQL, extra=[vm("new", "v/a", "10.0.1.9")]))
    text = render_difference(found)
    assert_accepted(text, HERE / "golden" / "difference.txt")
    assert max(map(len, text.splitlines())) <= 80
    SCHEMA.validate(difference_json(found, version="0.1.0"))
