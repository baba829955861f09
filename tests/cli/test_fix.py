"""`asever fix` on the command line: what it shows, what it writes, and what it refuses to write."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from asever.cli import main
from asever.commands import fix

ROOT = Path(__file__).resolve().parents[2]
LAYERED = (ROOT / "examples" / "layered.asev").read_text(encoding="utf-8")
SCHEMA = Draft202012Validator(json.loads(files("asever.report").joinpath("fix-schema.json").read_text(encoding="utf-8")))
NAME = "front door calls the API"


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "spec.asev"
    path.write_text(LAYERED, encoding="utf-8")
    return path


def test_a_fix_is_shown_as_a_diff_and_nothing_is_written(spec, capsys):
    assert main(["fix", "spec.asev", NAME]) == 1
    shown = capsys.readouterr().out
    assert '    22 -     200 "front door"       allow tcp from 10.0.1.0/26 to * port 80, 443' in shown
    assert '    22 +     200 "front door"       allow tcp from one.vip     to * port 80, 443' in shown
    assert "With this edit 2 checks turn to HOLDS and none turns to VIOLATED." in shown
    assert spec.read_text(encoding="utf-8") == LAYERED


def test_what_is_written_holds_afterwards(spec, capsys):
    assert main(["fix", "spec.asev", NAME, "--write"]) == 0
    assert "from one.vip     to * port 80, 443" in spec.read_text(encoding="utf-8")
    assert "the files were read again: 7 checks: 6 holds, 1 violated" in capsys.readouterr().out
    assert main(["check", "spec.asev", "--only", NAME]) == 0


def test_all_checks_are_fixed_one_after_the_other(spec):
    assert main(["fix", "spec.asev", "--write"]) == 0
    assert main(["check", "spec.asev"]) == 0
    assert main(["fix", "spec.asev"]) == 0


def test_the_rest_of_the_file_stays_as_it_is(spec):
    main(["fix", "spec.asev", NAME, "--write"])
    pairs = zip(LAYERED.split("\n"), spec.read_text(encoding="utf-8").split("\n"), strict=True)
    assert sum(old != new for old, new in pairs) == 1


def test_line_ends_and_the_byte_order_mark_are_kept(spec):
    spec.write_bytes(b"\xef\xbb\xbf" + LAYERED.replace("\n", "\r\n").encode())
    assert main(["fix", "spec.asev", NAME, "--write"]) == 0
    data = spec.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == LAYERED.count("\n")


def test_a_file_that_changed_meanwhile_is_not_written(spec, capsys, monkeypatch):
    def meanwhile(*arguments):
        found = genuine(*arguments)
        spec.write_text(f"{LAYERED}// somebody else\n", encoding="utf-8")
        return found

    genuine = fix.repair
    monkeypatch.setattr(fix, "repair", meanwhile)
    assert main(["fix", "spec.asev", NAME, "--write"]) == 3
    assert "has changed since it was read" in capsys.readouterr().err
    assert spec.read_text(encoding="utf-8") == f"{LAYERED}// somebody else\n"


def test_a_rule_of_an_imported_file_is_fixed_there(spec, capsys):
    head, _, tail = LAYERED.partition("nsg back-end-lockdown {")
    rules, _, rest = tail.partition("\nnsg data-tier")
    (spec.parent / "rules.asev").write_text(f"nsg back-end-lockdown {{{rules}", encoding="utf-8")
    main_text = f'import "rules.asev"\n{head}nsg data-tier{rest}'
    spec.write_text(main_text, encoding="utf-8")
    assert main(["fix", "spec.asev", NAME, "--write"]) == 0
    assert "in rules.asev, which is imported:" in capsys.readouterr().out
    assert "from one.vip     to" in (spec.parent / "rules.asev").read_text(encoding="utf-8")
    assert spec.read_text(encoding="utf-8") == main_text


def test_json_is_as_the_schema_says_and_its_edits_make_the_fix(spec, capsys):
    assert main(["fix", "spec.asev", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    SCHEMA.validate(document)
    check = document["checks"][0]
    [edit] = check["fixes"][0]["edits"]
    assert (edit["file"], edit["line"], edit["column"], edit["old"]) == ("spec.asev", 22, 43, "10.0.1.0/26")
    turned = [one["name"] for one in check["fixes"][0]["checks"] if (one["before"], one["after"]) == ("violated", "holds")]
    assert turned == [NAME, "the call stays in the region"]


def test_a_reading_may_be_chosen(spec, capsys):
    assert main(["fix", "spec.asev", "nobody*", "--assume", "private-front-ends=silent"]) == 0
    assert "nothing to fix" in capsys.readouterr().out


def test_standard_input_is_not_written(monkeypatch, capsys):
    assert main(["fix", "-", "--write"]) == 3
    assert "--write needs a file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["spec.asev", "no such check"], ["missing.asev"], ["spec.asev", "--assume", "x=y"]])
def test_wrong_input_is_refused(spec, arguments):
    assert main(["fix", *arguments]) == 3
