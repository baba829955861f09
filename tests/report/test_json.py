"""The machine format: the documented keys are there, with the documented values, and the schema describes all of it."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from asever.model.answers import Report
from asever.model.packets import ICMP
from asever.report.json import dumped, errors_json, packet_json, trace_json
from tests.documents import report_document, report_json
from tests.report.samples import CROSS_CALL, DIAGNOSTICS, REPORTS, VIOLATED

SCHEMA = json.loads(files("asever.report").joinpath("schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_as_the_schema_says(name):
    VALIDATOR.validate(report_json(REPORTS[name], version="0.1.0", warnings=DIAGNOSTICS))


@pytest.mark.parametrize("report", [*REPORTS.values(), Report(results=())], ids=[*REPORTS, "none"])
def test_findings_that_come_as_text_make_the_document_that_they_would_make_at_once(report):
    text = report_document(report, version="0.1.0", warnings=DIAGNOSTICS)
    assert text == dumped(json.loads(text))
    assert list(json.loads(text)) == ["asever", "verdict", "checks", "diagnostics", "seconds"]


def test_errors_and_traces_are_as_the_schema_says():
    VALIDATOR.validate(errors_json(DIAGNOSTICS, version="0.1.0"))
    VALIDATOR.validate({"asever": "0.1.0", "trace": trace_json(CROSS_CALL)})


@pytest.mark.parametrize(
    "wrong",
    [
        {"verdict": "fine"},
        {"checks": [{"name": "x"}]},
        {"asever": 1},
        {"seconds": -1},
    ],
)
def test_the_schema_refuses_what_is_not_documented(wrong):
    assert not VALIDATOR.is_valid({**report_json(REPORTS["violated"], version="0.1.0"), **wrong})


def test_the_documented_example_comes_out():
    check = report_json(REPORTS["violated"], version="0.1.0")["checks"][0]
    assert check["name"] == "front door calls the API"
    assert check["text"] == "one reaches two on web"
    assert check["location"] == {"file": "layered.asev", "line": 29, "column": 1}
    assert (check["verdict"], check["expected"]) == ("violated", False)
    found = check["counterexample"]
    assert found["packet"] == {
        "protocol": "tcp",
        "source": "10.0.1.4",
        "source_port": 49152,
        "destination": "192.23.1.3",
        "destination_port": 443,
    }
    assert (found["origin"], found["target"], found["outcome"], found["seen_as"]) == ("one", "two", "dropped", "192.23.1.2")
    translated = next(step for step in found["steps"] if step["does"] == "source NAT")
    assert (translated["at"], translated["detail"]) == ("one", "10.0.1.4 -> 192.23.1.2")
    assert translated["location"] == {"file": "layered.asev", "line": 10, "column": 51}
    last = found["steps"][-1]
    assert (last["at"], last["does"], last["detail"], last["location"]) == (
        "back-end-lockdown",
        "drop",
        "DenyAllInBound",
        None,
    )
    (blocker,) = found["blockers"]
    assert (blocker["resource"], blocker["rule"], blocker["priority"], blocker["location"]) == (
        "back-end-lockdown",
        "DenyAllInBound",
        65500,
        None,
    )
    (miss,) = found["near_misses"]
    assert (miss["rule"], miss["priority"], miss["field"]) == ("front door", 200, "source")
    assert (miss["wants"], miss["sees"]) == ("10.0.1.0/26", "192.23.1.2")
    assert miss["location"] == {"file": "layered.asev", "line": 18, "column": 5}


def test_assumptions_are_named_with_their_values():
    assert report_json(REPORTS["holds"])["checks"][0]["assumptions"] == ["platform-address=platform-only"]


def test_expected_is_what_the_check_says_and_the_verdict_what_is_true():
    expected, unexpected = report_json(REPORTS["expected"])["checks"]
    assert (expected["verdict"], expected["expected"], expected["met"]) == ("violated", True, True)
    assert (unexpected["verdict"], unexpected["expected"], unexpected["met"]) == ("holds", True, False)
    assert report_json(REPORTS["expected"])["verdict"] == "violated"


def test_only_a_violated_check_has_a_counterexample():
    for report in REPORTS.values():
        for check in report_json(report)["checks"]:
            assert check["counterexample"] is None or check["verdict"] == "violated"
            assert check["example"] is None or check["verdict"] == "holds"


def test_a_protocol_without_ports_has_none():
    packet = packet_json(replace(CROSS_CALL.flow.packet, protocol=ICMP, source_port=0, target_port=0))
    assert (packet["protocol"], packet["source_port"], packet["destination_port"]) == ("icmp", None, None)


def test_a_probe_is_not_what_the_target_sees():
    """The health probe that a filter drops is another packet than the one that waits behind it."""
    *way, drop = CROSS_CALL.steps
    probe = replace(drop.before, source=0xA83F8110, target_port=16001)
    trace = replace(CROSS_CALL, steps=(*way, replace(drop, before=probe, after=probe)))
    finding = replace(VIOLATED, trace=trace)
    found = report_json(Report(results=(finding,)))["checks"][0]["counterexample"]
    assert found["seen_as"] == "192.23.1.2"
