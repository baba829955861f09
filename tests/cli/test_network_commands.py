"""`matrix`, `diff` and `graph` as scripts see them."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_commands import LAYERED, NETWORK, ROOT, asever

FIXED = LAYERED.with_name("layered-fixed.asev")


def test_matrix_reads_a_service_of_the_library_that_the_file_does_not_import(tmp_path):
    file = tmp_path / "bare.asev"
    file.write_text(NETWORK.removeprefix('import "std/services"\n'), encoding="utf-8")
    run = asever("matrix", file, "--on", "mssql", "--format", "json")
    cells = {(one["origin"], one["target"]): one["reach"] for one in json.loads(run.stdout)["cells"]}
    assert run.returncode == 0
    assert (cells["vm web", "vm sql"], cells["Internet", "vm sql"]) == ("all", "none")


def test_matrix_names_the_service_that_was_meant():
    run = asever("matrix", LAYERED, "--on", "htps")
    assert (run.returncode, run.stdout) == (3, "")
    assert "did you mean `https`?" in run.stderr


@pytest.mark.parametrize(
    "command", [("matrix", LAYERED), ("diff", LAYERED, LAYERED), ("smt", LAYERED, "front door calls the API")]
)
def test_a_reading_that_does_not_exist_is_wrong(command):
    run = asever(*command, "--assume", "private-front-ends=perhaps")
    assert run.returncode == 3
    assert "silent or answer" in run.stderr


def test_matrix_reads_standard_input():
    assert asever("matrix", "-", "--on", "tcp 443", stdin=NETWORK).returncode == 0


def test_diff_of_a_file_with_itself_is_empty():
    run = asever("diff", LAYERED, LAYERED)
    assert (run.returncode, run.stdout) == (0, "no flow differs (30 pairs compared)\n")


def test_diff_tells_flows_and_verdicts_and_exits_with_1():
    run = asever("diff", LAYERED, FIXED)
    assert run.returncode == 1
    assert 'check "front door calls the API": violated -> holds' in run.stdout
    assert "rule 200 front door lets it pass" in run.stdout


def test_diff_in_json_names_the_lines_that_decided():
    document = json.loads(asever("diff", LAYERED, FIXED, "--format", "json").stdout)
    flows = [one for one in document["flows"] if one["change"] == "becomes possible"]
    assert [one["new"]["location"]["line"] for one in flows] == [22]
    assert document["differs"] is True


def test_diff_of_a_broken_file_says_so():
    run = asever("diff", LAYERED, ROOT / "examples" / "errors" / "names.asev")
    assert (run.returncode, run.stdout) == (3, "")


@pytest.mark.parametrize(("form", "start"), [("svg", "<svg "), ("mermaid", "flowchart TB\n"), ("dot", "digraph network {\n")])
def test_graph_draws(form, start, tmp_path):
    drawn = asever("graph", LAYERED, "--format", form)
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert drawn.stdout.startswith(start)
    assert all(name in drawn.stdout for name in ("front-door", "back-end-lockdown", "192.23.1.3"))
    asever("graph", LAYERED, "--format", form, "--output", tmp_path / "picture")
    assert (tmp_path / "picture").read_text(encoding="utf-8") == drawn.stdout
