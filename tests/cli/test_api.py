"""The Python interface as its page shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

import asever

LAYERED = Path(__file__).resolve().parents[2] / "examples" / "layered.asev"


def test_the_documented_loop_runs():
    network = asever.load(LAYERED)
    report = asever.check(network)
    first = report.results[0]
    assert first.name == "front door calls the API"
    assert first.verdict is asever.Verdict.VIOLATED
    assert isinstance(first.counterexample, asever.Trace)
    assert report.results[1].counterexample is None


def test_errors_are_carried_by_the_exception():
    with pytest.raises(asever.SpecError) as caught:
        asever.load("memory.asev", text="vnet corp { address 10.0.0.1/16 }\nvnet { }\n")
    assert all(isinstance(one, asever.Diagnostic) for one in caught.value.diagnostics)
    assert "host-bits-set" in {one.code for one in caught.value.diagnostics}


def test_options_are_those_of_the_command():
    network = asever.load(LAYERED)
    report = asever.check(network, only=["front door*"], timeout=10, assume={"private-front-ends": "silent"})
    assert len(report.results) == 1
    with pytest.raises(asever.SpecError):
        asever.check(network, assume={"private-front-ends": "perhaps"})


def test_every_public_name_is_there():
    assert set(asever.__all__) <= set(dir(asever))
    for name in asever.__all__:
        assert getattr(asever, name) is not None
    with pytest.raises(AttributeError):
        asever.nonsense  # noqa: B018 - the access is the test
