"""The table of who can reach whom, against the solver, against itself, and as accepted."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from asever.explain import matrix as subject
from asever.explain.matrix import Wanted, matrix
from asever.explain.parties import ANY_PORT_SERVICES
from asever.model.matrix import Reach
from asever.report import matrix as report
from asever.report.matrix import matrix_text, render_matrix
from tests.claims import WEB, on, program
from tests.explain.test_random_networks import some_network, with_services
from tests.golden import assert_accepted
from tests.networks import layered, network, nsg, route, route_table, rule, subnet, vm, vnet

HERE = Path(__file__).parent
KINDS = (Reach.ALL, Reach.SOME, Reach.NONE, Reach.UNKNOWN)
SCHEMA = Draft202012Validator(
    json.loads((HERE.parents[1] / "asever" / "report" / "matrix.schema.json").read_text(encoding="utf-8"))
)


def table(where, services=ANY_PORT_SERVICES, **more):
    return matrix(program(where), Wanted(services=services, **more))


def reach(found, origin, target):
    return next(one for one in found.cells if (one.origin, one.target) == (origin, target))


@pytest.mark.parametrize("seed", range(6))
def test_the_solver_decides_each_cell_of_a_sample_alike(seed):
    draw = random.Random(seed)
    where = some_network(draw)
    where = with_services(draw, where) if seed % 2 else where
    found = table(where, WEB, seed=seed, prove=20)  # raises ReadingsDisagree otherwise
    settled = [one for one in found.cells if one.reach is not Reach.UNKNOWN]
    assert found.proved or not settled


def test_a_machine_that_one_port_of_another_reaches_has_some_of_it():
    found = table(
        network(
            vnet("v", "10.0.0.0/16"),
            subnet("v/a", "10.0.1.0/24"),
            subnet("v/b", "10.0.2.0/24", nsg="door"),
            nsg(
                "door",
                inbound=[rule(100, "allow", "tcp", "10.0.1.4", "*", "443"), rule(200, "deny", "any", "*", "*", "*")],
            ),
            vm("web", "v/a", "10.0.1.4"),
            vm("sql", "v/b", "10.0.2.4"),
        )
    )
    cell = reach(found, "vm web", "vm sql")
    (part,) = cell.parts
    (region,) = part.regions
    assert (cell.reach, part.returns) == (Reach.SOME, True)
    assert [numbers.ranges for numbers in (region[0], region[4])] == [((6, 6),), ((443, 443),)]
    assert reach(found, "vm sql", "vm web").reach is Reach.ALL
    assert reach(found, "Internet", "vm sql").reach is Reach.NONE
    assert found.proved == sum(found.counts.values())


def test_packets_whose_reply_is_lost_are_told_apart():
    found = table(
        network(
            vnet("v", "10.0.0.0/16"),
            subnet("v/a", "10.0.1.0/24"),
            subnet("v/b", "10.0.2.0/24", route_table="nowhere"),
            route_table("nowhere", route("10.0.1.0/24", "none")),
            vm("web", "v/a", "10.0.1.4"),
            vm("sql", "v/b", "10.0.2.4"),
        ),
        on("tcp 443"),
    )
    cell = reach(found, "vm web", "vm sql")
    assert (cell.reach, [part.returns for part in cell.parts]) == (Reach.SOME, [False])


def test_a_cell_names_the_assumption_it_hangs_on():
    found = table(layered(), WEB)
    hinges = reach(found, "ase one", "ase two").hinges
    assert "private-front-ends" in [one.assumption for one in hinges]
    assert all(len(set(one.readings.values())) > 1 for one in hinges)


def many(number=30):
    return network(
        vnet("v", "10.0.0.0/16"),
        *(subnet(f"v/s{one}", f"10.0.{one}.0/24", nsg=f"n{one % 2}") for one in range(number)),
        nsg("n0", inbound=[rule(100, "deny", "tcp", "10.0.3.0/24", "*", "443")]),
        nsg("n1", inbound=[rule(100, "deny", "udp", "*", "*", "*")]),
        vm("lone", "v/s7", "10.0.7.4"),
    )


def test_subnets_that_nothing_tells_apart_share_a_row():
    found = table(many())
    assert len(found.rows) == 5  # the Internet, the machine, even subnets, odd ones, and the one that a rule names
    assert {len(others) for others in found.alike.values()} == {14, 12}
    assert not any("v/s3" in (*others, title) for title, others in found.alike.items())


@pytest.mark.parametrize("seed", [None, *range(4)])
def test_a_shared_row_says_of_everyone_in_it_what_its_own_row_would(seed, monkeypatch):
    monkeypatch.setattr(subject, "FEW", 0)
    where = many(9) if seed is None else some_network(random.Random(seed))
    services = on("tcp 443")
    together, apart = table(where, services, prove=0), table(where, services, prove=0, each=True)
    stands_for = {other: title for title, others in together.alike.items() for other in others}
    cells = {(one.origin, one.target): one.reach for one in together.cells}
    for one in apart.cells:
        if one.origin != one.target:
            assert cells[stands_for.get(one.origin, one.origin), stands_for.get(one.target, one.target)] is one.reach


def test_the_report_is_as_accepted():
    found = table(layered(), WEB)
    text = render_matrix(found)
    assert_accepted(text, HERE / "golden" / "layered.txt")
    assert max(map(len, text.splitlines())) <= 80
    assert text == render_matrix(table(layered(), WEB))


def test_a_wide_table_is_broken_into_several_of_80_columns():
    text = render_matrix(table(many(), on("tcp 443"), each=True))
    assert max(map(len, text.splitlines())) <= 80


def test_a_table_too_wide_to_read_is_summed_up(monkeypatch):
    monkeypatch.setattr(report, "_MOST_COLUMNS", 20)
    found = table(many(), on("tcp 443"), each=True)
    text = render_matrix(found)
    assert max(map(len, text.splitlines())) <= 80
    (line,) = (line for line in text.splitlines() if line.split()[1:3] == ["subnet", "v/s3"])
    calls = [found.reaches[found.rows.index("subnet v/s3")].count(kind) for kind in KINDS]
    answers = [[line[found.columns.index("subnet v/s3")] for line in found.reaches].count(kind) for kind in KINDS]
    assert list(map(int, line.split()[3:])) == [*calls, *answers]
    assert "--format json has every cell" in text


def test_the_json_is_as_its_schema_says():
    for where in (layered(), many()):
        SCHEMA.validate(json.loads(matrix_text(table(where), version="0.1.0")))
