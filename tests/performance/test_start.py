"""What a command loads and how often it asks, counted in a process of its own: what keeps its start short."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERED = ROOT / "examples" / "layered.asev"
# Runs a command, and tells on standard error what was loaded and what Z3 was asked.
COUNTING = """
import sys
before = set(sys.modules)  # whatever this installation loads on its own
from asever import cli
asked = {"texts": 0, "checks": 0}
def count(z3):
    def counted(name, function):
        def call(*arguments):
            asked[name] += 1
            return function(*arguments)
        return call
    z3.solver_from_string = counted("texts", z3.solver_from_string)
    z3.solver_check_assumptions = counted("checks", z3.solver_check_assumptions)
if sys.argv[1] == "check":
    from asever.solve import library
    count(library.library())
status = cli.main(sys.argv[1:])
loaded = sorted(set(sys.modules) - before)
import json
sys.stderr.write(json.dumps({"status": status, "modules": loaded, **asked}))
"""


def ran(cache, *words):
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(ROOT)}
    environment.pop("ASEVER_CACHE", None)
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return json.loads(done.stderr.rsplit("\n", 1)[-1])


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache that has seen the layered example."""
    folder = tmp_path_factory.mktemp("cache")
    assert "lark" in ran(folder, "check", LAYERED)["modules"]
    return folder


def test_a_check_of_an_unchanged_file_loads_no_parser_no_painter_and_no_library_it_can_do_without(cache):
    loaded = set(ran(cache, "check", LAYERED)["modules"])
    slow = {"z3", "lark", "rich", "dataclasses", "inspect", "logging", "hashlib", "tempfile", "difflib", "pickle", "json"}
    assert not loaded & {*slow, "locale", "textwrap"}
    assert not {one for one in loaded if one.startswith(("asever.importers.", "asever.lint", "asever.repair"))}
    # What compares two versions of a text, and what explains other things than facts of Azure.
    assert not loaded & {"asever.semantics.memory", "asever.semantics.rebuild", "asever.catalogue.every"}
    assert sum(one.startswith("asever.") for one in loaded) <= 136


def test_the_layered_example_is_settled_with_few_questions(cache):
    found = ran(cache, "check", LAYERED)
    assert found["texts"] <= 8
    assert found["checks"] <= 16


def test_what_the_parts_of_health_rest_on_is_asked_only_for_a_report_that_says_it(cache):
    healthy = ROOT / "examples" / "facts" / "10-healthy.asev"
    counted, told = (ran(cache, "check", healthy, "--format", form) for form in ("text", "json"))
    assert counted["texts"] <= 12
    assert counted["texts"] < told["texts"]


@pytest.mark.parametrize("words", [["--help"], ["lint", "--help"], ["fmt", "--check", LAYERED], ["help", "vacuous-check"]])
def test_what_asks_nothing_loads_no_solver_and_no_parser(cache, words):
    loaded = set(ran(cache, *words)["modules"])
    assert not loaded & {"z3", "ctypes", "lark", "rich", "dataclasses", "inspect", "locale"}
    assert not {one for one in loaded if one.startswith(("asever.solve", "asever.azure.filters", "asever.exact"))}


def test_a_file_with_a_mistake_needs_one_set_of_tables_and_nothing_of_a_check(cache, tmp_path):
    wrong = tmp_path / "wrong.asev"
    wrong.write_text("vnet corp { address 10.0.0.0/8 }\ncheck corp reaches\n")
    found = ran(cache, "fmt", wrong)
    assert found["status"] == 3
    assert "lark" in found["modules"]
    assert not {one for one in found["modules"] if one.startswith(("asever.solve", "asever.evaluate", "asever.explain"))}
