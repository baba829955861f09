"""From a program to a report: which checks are judged, and what stops the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asever.diagnostics import SpecError
from asever.model.answers import Verdict
from asever.model.claims import Verb
from asever.model.program import Program
from asever.pipeline import Options, run
from asever.source import SourceFile, Span
from tests.claims import INTERNET, MANAGEMENT, WEB, address, claim, on, program, the_ase
from tests.networks import layered

FAILS = claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB)
HOLDS = claim(Verb.REACHES, MANAGEMENT, the_ase("two"), on("tcp 454-455"))
NOTHING = claim(Verb.REACHES, address("10.99.0.4"), the_ase("two"), WEB)


def codes(one: Program, options: Options) -> list[str]:
    with pytest.raises(SpecError) as caught:
        run(one, options)
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


def test_findings_come_in_the_order_of_the_file():
    report = run(program(layered(), FAILS, HOLDS), Options())

    assert [(finding.check.name, finding.verdict) for finding in report.results] == [
        ("1", Verdict.VIOLATED),
        ("2", Verdict.HOLDS),
    ]
    assert report.verdict is Verdict.VIOLATED
    assert report.names[0xC0170102] == "one.vip"
    assert all(finding.seconds > 0 for finding in report.results)


def test_an_expected_violation_is_met():
    report = run(program(layered(), FAILS, HOLDS, violated=(1,)), Options())

    assert [finding.met for finding in report.results] == [True, True]
    assert report.verdict is Verdict.HOLDS


def test_an_expected_violation_that_holds_is_not_met():
    assert run(program(layered(), HOLDS, violated=(1,)), Options()).verdict is Verdict.VIOLATED


def test_fail_fast_stops_at_the_first_that_is_not_met():
    report = run(program(layered(), HOLDS, FAILS, HOLDS), Options(fail_fast=True))

    assert [finding.check.name for finding in report.results] == ["1", "2"]


@pytest.mark.parametrize(("only", "names"), [(("2",), ["2"]), (("[13]",), ["1", "3"]), (("claim 3", "1"), ["1", "3"])])
def test_only_selects_by_name_or_text(only, names):
    report = run(program(layered(), HOLDS, FAILS, HOLDS), Options(only=only))

    assert [finding.check.name for finding in report.results] == names


def test_a_name_that_no_check_has_is_an_error_with_the_nearest():
    named = program(layered(), HOLDS)
    named = replace(named, checks=(replace(named.checks[0], name="two stays manageable"),))
    with pytest.raises(SpecError) as caught:
        run(named, Options(only=("two stays managable",)))

    [found] = caught.value.diagnostics
    assert found.code == "no-such-check"
    assert found.help == "did you mean `two stays manageable`?"


def test_every_vacuous_check_stops_the_run_at_its_place():
    file = SourceFile("x.asev", "check 10.99.0.4 reaches two\n" * 3)
    one = program(layered(), NOTHING, HOLDS, NOTHING)
    places = [Span(file, start, start + 5) for start in (0, 28, 56)]
    one = replace(one, checks=tuple(replace(check, span=span) for check, span in zip(one.checks, places, strict=True)))
    with pytest.raises(SpecError) as caught:
        run(one, Options())

    assert [(found.code, found.primary and found.primary.span.line) for found in caught.value.diagnostics] == [
        ("vacuous-check", 1),
        ("vacuous-check", 3),
    ]


def test_a_vacuous_check_that_is_not_selected_does_not():
    assert run(program(layered(), NOTHING, HOLDS), Options(only=("2",))).verdict is Verdict.HOLDS


@pytest.mark.parametrize("readings", [{"private-frontends": "silent"}, {"private-front-ends": "quiet"}])
def test_a_reading_that_does_not_exist_is_an_error(readings):
    assert codes(program(layered(), HOLDS), Options(readings=readings)) == ["unknown-assumption"]


def test_a_chosen_reading_changes_the_verdict():
    asks = claim(Verb.ONLY, the_ase("one"), the_ase("two"), WEB)

    assert run(program(layered(), asks), Options()).verdict is Verdict.VIOLATED
    assert run(program(layered(), asks), Options(readings={"private-front-ends": "silent"})).verdict is Verdict.HOLDS


def test_the_same_input_gives_the_same_report():
    asks = (FAILS, claim(Verb.ONLY, the_ase("one"), the_ase("two")), claim(Verb.NEVER_REACHES, INTERNET, the_ase("two")))
    first, second = (run(program(layered(), *asks), Options()) for _ in range(2))

    assert [replace(one, seconds=0.0) for one in first.results] == [replace(one, seconds=0.0) for one in second.results]
