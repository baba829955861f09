"""What `asever explain` says: golden text and JSON of the layered example, and what it tells of other kinds of checks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from asever.cli import main
from asever.explain.exactly import explained as explained_check
from asever.explain.finding import Asked, Options
from asever.model.answers import Verdict
from asever.model.claims import Check, Endpoint, EndpointKind, Reachability, Verb
from asever.model.effective import Quantifier
from asever.report.json import dumped
from tests.differential.small_tables import networks, questions
from tests.differential.test_solver_against_every_flow import thorough
from tests.golden import assert_accepted

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
LAYERED = "examples/layered.asev"
SCHEMA = Draft202012Validator(json.loads((ROOT / "asever" / "report" / "schema.json").read_text(encoding="utf-8")))
CHECKS = {
    "front-door": ("front door calls the API", 1),
    "nobody-else": ("nobody else calls the API", 1),
    "hidden": ("API is hidden from the Internet", 0),
    "vip": ("calls out leave as the VIP", 0),
}
GROUPS = """\
vnet corp { address 10.0.0.0/16  subnet apps { address 10.0.1.0/24  nsg old } }
nsg old { inbound { 100 allow tcp from * to * port 80, 443
                    110 allow tcp from Storage to * port 22
                    4000 deny any from * to * } }
nsg new { inbound { 100 allow tcp from 10.0.0.0/8 to * port 443
                    4000 deny any from * to * } }
check "same" nsg old equals nsg new
check "less" nsg new permits no more than nsg old
check "dead" nsg old has no dead rules
"""
PARTLY = """\
import "std/services"
service remote = tcp 22, 23
service telnet = tcp 23
vnet corp { address 10.0.0.0/16
  subnet apps { address 10.0.1.0/24 }
  subnet data { address 10.0.2.0/24  nsg data-tier }
}
vm web { subnet corp/apps  ip 10.0.1.4 }
vm sql { subnet corp/data  ip 10.0.2.4 }
nsg data-tier { inbound {
  100 deny  tcp from * port 0-1023 to * port 22
  110 allow tcp from 10.0.1.4 to * port 22
  120 allow tcp from Storage to * port 1433
  4000 deny any from * to *
} }
check "partly" web reaches sql on remote
check "some" web can reach sql on ssh
check "none" web can reach sql on telnet
"""


def explained(capsys, *arguments):
    status = main(["explain", *map(str, arguments)])
    return status, capsys.readouterr().out


@pytest.mark.parametrize("form", ["txt", "json"])
@pytest.mark.parametrize("name", CHECKS)
def test_is_as_accepted(name, form, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    check, expected = CHECKS[name]
    status, text = explained(capsys, LAYERED, check, "--format", "json" if form == "json" else "text")
    assert status == expected
    if form == "json":
        document = json.loads(text)
        SCHEMA.validate(document)
        document["explanation"]["check"]["seconds"] = 0
        document["asever"] = ""
        text = dumped(document)
    assert_accepted(text, GOLDEN / f"{name}.{form}")


def test_every_golden_file_is_compared():
    assert {path.stem for path in GOLDEN.iterdir()} == set(CHECKS)


@pytest.fixture
def document(tmp_path, capsys):
    def run(program, check, *more):
        path = tmp_path / "x.asev"
        path.write_text(program)
        status, text = explained(capsys, path, check, "--format", "json", *more)
        found = json.loads(text)
        SCHEMA.validate(found)
        return status, found["explanation"]

    return run


def test_what_fails_is_told_apart_from_what_arrives(document):
    status, found = document(PARTLY, "partly")
    (lost,) = found["traffic"]
    assert (status, lost["fares"], found["proved"]) == (1, "lost", True)
    assert (lost["packets"], lost["covered"], lost["all"]) == (1024 + 65536, 2 * 65536, False)
    rectangles = [(one["source_ports"], one["destination_ports"]) for one in lost["groups"][0]["rectangles"]]
    assert sorted(rectangles) == [([[0, 1023]], [[22, 22]]), ([[0, 65535]], [[23, 23]])]
    assert {(one["priority"], one["location"]["line"]) for one in found["blockers"]} == {(100, 11), (4000, 14)}


def test_can_reach_tells_all_that_arrives_or_that_nothing_does(document):
    _, some = document(PARTLY, "some")
    assert [(one["fares"], one["packets"]) for one in some["traffic"]] == [("delivered", 65536 - 1024)]
    _, none = document(PARTLY, "none")
    assert [(one["fares"], one["all"]) for one in none["traffic"]] == [("lost", True)]
    assert [one["priority"] for one in none["blockers"]] == [4000]


def test_a_difference_of_groups_is_told_in_full_and_says_what_hangs_on_a_tag(document):
    status, found = document(GROUPS, "same")
    assert (status, found["proved"]) == (1, True)
    (difference,) = found["differences"]
    assert (difference["passes"], difference["drops"]) == ("old", "new")
    ssh = [one for one in difference["rectangles"] if one["destination_ports"] == [[22, 22]]]
    assert ssh
    assert all(one["if"] == ["the source is in Storage"] for one in ssh)
    assert all(one["if"] == [] for one in difference["rectangles"] if one not in ssh)


def test_what_holds_or_names_dead_rules_has_no_difference(document):
    assert document(GROUPS, "less")[1]["differences"] == []
    assert document(GROUPS, "dead")[1]["differences"] == []


def test_each_reading_of_an_assumption_is_told(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    check = CHECKS["nobody-else"][0]
    _, text = explained(capsys, LAYERED, check, "--format", "json")
    readings = {one["assumptions"][0]: one for one in json.loads(text)["explanation"]["readings"]}
    assert readings["private-front-ends=silent"]["verdict"] == "holds"
    assert readings["private-front-ends=answer"]["delivered"] == 1_941_045_248
    status, text = explained(capsys, LAYERED, check, "--assume", "private-front-ends=silent")
    assert status == 0
    assert "What each reading" not in text


def test_too_many_parts_are_said_to_be_so(document, monkeypatch):
    from asever.exact import boxes  # noqa: PLC0415 - to narrow its limit

    monkeypatch.setattr(boxes.Budget.__init__, "__defaults__", (2,))
    _, found = document(PARTLY, "partly")
    assert (found["traffic"], found["proved"]) == ([], None)
    assert "too many parts" in found["problem"]


def test_sets_that_z3_refutes_are_a_disagreement(capsys, monkeypatch):
    from asever.explain import exactly  # noqa: PLC0415 - to break it

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(exactly, "rectangles", lambda regions, _within=(), **_options: tuple(regions)[1:])
    assert explained(capsys, LAYERED, CHECKS["front-door"][0])[0] == 4


def test_what_is_listed_of_a_check_that_holds_is_proved_too(capsys, monkeypatch):
    from asever.explain import exactly  # noqa: PLC0415 - to break it

    monkeypatch.chdir(ROOT)
    check = CHECKS["vip"][0]
    assert explained(capsys, LAYERED, check)[0] == 0
    monkeypatch.setattr(exactly, "rectangles", lambda regions, _within=(), **_options: tuple(regions)[1:])
    assert explained(capsys, LAYERED, check)[0] == 4


def test_a_proof_that_takes_too_long_is_said_to_be_missing(capsys, monkeypatch):
    from asever.explain import exactly  # noqa: PLC0415 - to stop its clock
    from asever.solve.solver import TimeOut  # noqa: PLC0415

    def late(*_arguments, **_options):
        raise TimeOut

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(exactly, "disagreement", late)
    status, text = explained(capsys, LAYERED, CHECKS["front-door"][0])
    assert status == 1
    assert "not proved: the solver did not prove this set within 30 s" in text


def test_a_healthy_claim_explains_each_requirement(document):
    program = """\
vnet corp { address 10.0.0.0/16  subnet front { address 10.0.1.0/26 } }
ase one { version v2  subnet corp/front  vip 192.23.1.2 }
check one is healthy
"""
    _, found = document(program, "one is healthy")
    assert found["requirements"]
    assert found["requirements"][0]["traffic"]


@thorough
@given(networks(), questions())
def test_explained_sets_are_proved_walked_and_make_up_what_is_covered(network, question):
    claim = Reachability(verb=Verb.REACHES, subjects=(), target=Endpoint(kind=EndpointKind.INTERNET, name="x"))
    asked = Asked(check=Check(name="x", text="x", claim=claim), question=question)
    found = explained_check(network, asked, Options(seconds=None))  # raises ReadingsDisagree
    assert not found.problem
    for one in found.readings:
        settled = replace(asked, question=replace(question, fixed={**question.fixed, **one.readings}))
        assert explained_check(network, settled, Options(seconds=None)).finding.verdict is one.verdict
    shown = [traffic.count for traffic in found.traffic]
    assert sum(shown) <= max((one.covered for one in found.traffic), default=0)
    if found.finding.verdict is Verdict.VIOLATED:
        assert shown


@thorough
@given(networks(), questions())
def test_a_reading_in_which_nothing_is_covered_violates_nothing(network, question):
    scopes = tuple(replace(one, condition=(("first", "yes"),)) for one in question.scopes)
    question = replace(question, quantifier=Quantifier.SOME_ARRIVES, scopes=scopes, fixed={})
    claim = Reachability(verb=Verb.CAN_REACH, subjects=(), target=Endpoint(kind=EndpointKind.INTERNET, name="x"))
    asked = Asked(check=Check(name="x", text="x", claim=claim), question=question)
    for one in explained_check(network, asked, Options(seconds=None)).readings:
        if one.readings.get("first") == "no":
            assert (one.lost, one.delivered, one.open) == (0, 0, 0)
            assert one.verdict is Verdict.UNKNOWN


def test_how_many_packets_two_groups_differ_in_is_told(tmp_path, capsys, document):
    program = GROUPS.replace("110 allow tcp from Storage to * port 22", "").replace(
        "allow tcp from * to *", "allow tcp from 10.0.0.0/24 to 10.0.1.4"
    )
    _, found = document(program, "same")
    assert {(one["passes"], one["packets"]) for one in found["differences"]} >= {("old", 256 * 65536)}
    _, text = explained(capsys, tmp_path / "x.asev", "same")
    assert "nsg new drops (inbound, subnet corp/apps): 16,777,216 packets" in " ".join(text.split())
