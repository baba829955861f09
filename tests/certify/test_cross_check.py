"""A second solver is asked the same, and what it says is told whatever it is."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.certify.test_certificates import SEVERAL
from tests.cli.test_commands import HOLDS, SCHEMA, UNKNOWN, VIOLATED, asever

needs_solver = pytest.mark.skipif(find_spec("cvc5") is None, reason="needs asever[cross-check]")
ROOT = Path(__file__).resolve().parents[2]
UNARY = re.compile(r"\((?:and|or) (?:\|[^|]*\||[^()| ]+|\([^()]*\))\)")


DEAD_RULE = f"""\
{HOLDS}
nsg web-tier {{ inbound {{
  100 allow tcp from * to * port 80-90
  110 allow tcp from Internet to * port 85
}} }}
check "all decide" nsg web-tier has no dead rules
"""
NO_WAY = f"""\
{HOLDS}
nsg shut {{ inbound {{ 100 deny any from * to * }} }}
vm shut-in {{ subnet corp/apps  ip 10.0.1.9  nsg shut }}
check "no way in" web can reach shut-in on ssh
"""


@pytest.fixture
def spec(tmp_path):
    def write(text):
        (tmp_path / "spec.asev").write_text(text, encoding="utf-8")
        return str(tmp_path / "spec.asev")

    return write


@pytest.fixture
def says(monkeypatch):
    """What a second solver says to each query in turn, and what it was asked."""
    asked = []

    def install(*answers):
        monkeypatch.setattr("asever.certify.second.is_installed", lambda: True)

        def answer(query, seconds):
            asked.append((query, seconds))
            return list(answers)

        monkeypatch.setattr("asever.certify.second.answers", answer)
        return asked

    return install


def cross_check(run):
    document = json.loads(run.stdout)
    SCHEMA.validate(document)
    return [one["cross_check"] for one in document["checks"]]


@needs_solver
@pytest.mark.parametrize(
    "text",
    [
        SEVERAL,
        SEVERAL.replace('"all decide"   nsg wider', '"all decide" nsg data-tier').replace("1433-1434", "1400"),
        DEAD_RULE,
        NO_WAY,
    ],
)
def test_the_second_solver_agrees_with_each_kind_of_verdict(spec, text):
    run = asever("check", spec(text), "--cross-check", "--format", "json")
    assert run.returncode in {0, 1}
    found = json.loads(run.stdout)["checks"]
    assert {one["verdict"] for one in found} == {"holds", "violated"}
    assert cross_check(run) == [{"solver": "cvc5", "answer": one["verdict"], "agrees": True} for one in found]


@needs_solver
def test_an_example_with_a_health_pack_is_agreed_on():
    run = asever("check", str(ROOT / "examples" / "layered-fixed.asev"), "--cross-check")
    assert run.returncode == 0
    assert run.stdout.count("cross-check: cvc5 agrees") == run.stdout.count("HOLDS ")


@pytest.mark.parametrize(("text", "wrong"), [(HOLDS, "sat"), (VIOLATED, "unsat")])
def test_a_disagreement_is_four_with_both_answers_and_the_query(spec, says, text, wrong):
    asked = says(wrong)
    run = asever("check", spec(text), "--cross-check")
    assert run.returncode == 4
    assert "DISAGREES" in run.stdout
    assert "solvers-disagree" in run.stderr
    verdict, contrary = ("holds", "does not hold") if text == HOLDS else ("violated", "is not violated")
    assert f"z3     {verdict}\ncvc5   {contrary}\n" in run.stderr
    assert asked[0][0] in run.stderr
    (found,) = cross_check(asever("check", spec(text), "--cross-check", "--format", "json"))
    assert found == {"solver": "cvc5", "answer": contrary, "agrees": False}


@pytest.mark.parametrize(
    ("answers", "words"), [(("unknown",), "no answer in time"), (("(error no)",), "(error no)"), ((), "no answer in time")]
)
def test_no_answer_is_said_and_is_no_disagreement(spec, says, answers, words):
    says(*answers)
    run = asever("check", spec(HOLDS), "--cross-check")
    assert run.returncode == 0
    assert f"cross-check: cvc5 has no answer ({words})" in run.stdout
    assert cross_check(asever("check", spec(HOLDS), "--cross-check", "--format", "json"))[0]["agrees"] is None


def test_it_gets_the_query_that_smt_writes_and_the_time_that_the_first_has(spec, says):
    asked = says("unsat")
    assert asever("check", spec(HOLDS), "--cross-check", "--timeout", "7").returncode == 0
    assert asked == [(asever("smt", spec(HOLDS), "SQL arrives").stdout, 7.0)]


def test_what_is_unknown_is_not_asked(spec, says):
    asked = says("sat")
    run = asever("check", spec(UNKNOWN), "--cross-check", "--format", "json")
    assert run.returncode == 2
    assert cross_check(run) == [{"solver": "cvc5", "answer": "not asked", "agrees": None}]
    assert not asked


def test_without_the_extra_it_says_what_to_install(spec, monkeypatch):
    monkeypatch.setattr("asever.certify.second.is_installed", lambda: False)
    run = asever("check", spec(HOLDS), "--cross-check")
    assert (run.returncode, run.stdout) == (3, "")
    assert "pip install 'asever[cross-check]'" in run.stderr


def test_queries_say_and_and_or_of_two_things_or_more(spec):
    text = asever("smt", str(ROOT / "examples" / "layered.asev"), "one reaches two on web").stdout
    assert UNARY.search("(assert (or |x|))")
    for one in ("SQL arrives", "no SSH", "SSH", "some port", "narrower", "all decide"):
        text += asever("smt", spec(SEVERAL), one).stdout
    assert "(or " in text
    assert not UNARY.search(text)
