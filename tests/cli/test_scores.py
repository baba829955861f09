"""`asever coverage` and `asever mutate` on the command line."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from asever.cli import main

LAYERED = str(Path(__file__).resolve().parents[2] / "examples" / "layered.asev")
SCHEMA = Draft202012Validator(json.loads(files("asever.report").joinpath("scores-schema.json").read_text(encoding="utf-8")))
VACUOUS = "vnet a { address 10.0.0.0/16  subnet b { address 10.0.0.0/24 } }\ncheck 10.9.0.4 reaches a/b on tcp 80\n"


def test_coverage_lists_what_no_check_rests_on_and_is_content(capsys):
    assert main(["coverage", LAYERED]) == 0
    out = capsys.readouterr().out
    assert 'inbound rule 200 "front door"' in out
    assert "two stays manageable" not in out
    assert "50 % tested: 2 of 4 rules and 1 of 2 settings" in out
    assert main(["coverage", "--all", LAYERED]) == 0
    assert "by two stays manageable" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["coverage", "mutate"])
def test_the_number_may_be_asked_for(command, capsys):
    sample = ["--most", "4"] if command == "mutate" else []
    assert main([command, *sample, "--fail-under", "100", LAYERED]) == 1
    assert main([command, *sample, "--fail-under", "0", LAYERED]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("command", ["coverage", "mutate"])
def test_both_write_the_json_of_their_schema_and_the_same_again(command, capsys):
    sample = ["--most", "8"] if command == "mutate" else []
    texts = []
    for _ in range(2):
        assert main([command, *sample, "--format", "json", LAYERED]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    SCHEMA.validate(json.loads(texts[0]))


def test_mutate_draws_as_many_as_asked(capsys):
    assert main(["mutate", "--most", "5", "--seed", "7", "--all", LAYERED]) == 0
    out = capsys.readouterr().out
    assert sum(out.count(f"\n{word}") + out.startswith(word) for word in ("SURVIVED ", "CAUGHT ", "NONE ")) == 5


@pytest.mark.parametrize("command", ["coverage", "mutate"])
def test_a_check_that_covers_nothing_is_wrong_input(command, tmp_path, capsys):
    spec = tmp_path / "vacuous.asev"
    spec.write_text(VACUOUS, encoding="utf-8")
    assert main([command, str(spec)]) == 3
    shown = capsys.readouterr()
    assert "vacuous-check" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("wrong", [["--fail-under", "101"], ["--fail-under", "x"], ["--most", "0"]])
def test_numbers_that_are_none_are_a_wrong_command_line(wrong, capsys):
    assert main(["mutate", *wrong, LAYERED]) == 3
    assert wrong[1] in capsys.readouterr().err
