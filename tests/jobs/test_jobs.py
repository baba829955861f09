"""`--jobs`: the same answers from several processes, and an orderly end when one of them is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from asever.workers import Inside, WorkerFailed, WorkerLost, Workers

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from generated import large_group

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")

EVERY_EXAMPLE = """
import contextlib, io, pathlib, sys
import asever.judging
from asever.cli import main
asever.judging._WORTH_FORKING = 0
for path in sorted(pathlib.Path("examples").rglob("*.asev")):
    print(path, main(["check", "--jobs", sys.argv[1], str(path)]), flush=True)
several = list(map(str, sorted(pathlib.Path("examples").glob("*.asev"))))
for options in (["--evidence"], ["--fail-fast"], ["--format", "json"]):
    print(main(["check", "--jobs", sys.argv[1], *options, *several]))
"""
EAGER = """
import sys
import asever.judging
from asever.cli import main
asever.judging._WORTH_FORKING = 0
sys.exit(main(sys.argv[1:]))
"""
# Tells at the end how often the first process did what others are there for.
ALONE = """
import atexit
import asever.pipeline, asever.report.json, asever.report.text
counts = {"asked": 0, "judged": 0, "told": 0}
def counted(module, name, what):
    real = getattr(module, name)
    def count(*values, **more):
        counts[what] += 1
        return real(*values, **more)
    setattr(module, name, count)
counted(asever.pipeline, "ask", "asked")
counted(asever.judging, "judged", "judged")
counted(asever.report.text, "finding_lines", "told")
counted(asever.report.json, "finding_text", "told")
atexit.register(lambda: print("the parent " + ", ".join(f"{what} {count}" for what, count in counts.items())))
"""
# A program that answers a number of checks with two processes, and does something to itself when the second check is judged.
SABOTAGED = """
import os, signal, sys, time
import asever.judging as judging
from asever.cli import main
judging._WORTH_FORKING = 0
real, parent = judging.judged, os.getpid()
def judged(tables, asked, options):
    if os.getpid() != parent and asked.check.name == "2":
        {what}
    return real(tables, asked, options)
judging.judged = judged
sys.exit(main(["check", "--jobs", "2", sys.argv[1]]))
"""


def python(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def finished(*arguments):
    with python(*arguments) as run:
        out, err = run.communicate(timeout=300)
        return run.returncode, out, err


def children_of(group):
    """The processes of a process group that still are."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, _, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(entry.name))
    return found


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "spec.asev"
    path.write_text(large_group(40, 8), encoding="utf-8")
    return path


def test_two_processes_say_of_every_example_what_one_says():
    one, two = (finished("-c", EVERY_EXAMPLE, jobs) for jobs in ("1", "2"))
    without_time = [(code, re.sub(r'"seconds": [0-9.e-]+', "", out), err) for code, out, err in (one, two)]
    assert one[1].count("VIOLATED") > 50
    assert without_time[0] == without_time[1]


@pytest.mark.parametrize("options", [[], ["--all", "--most", "7"]])
def test_two_processes_find_the_same_faults(options):
    example = "examples/layered-fixed.asev"
    one, two = (finished("-m", "asever", "mutate", "--jobs", jobs, *options, example) for jobs in ("1", "2"))
    assert one == two
    assert one[0] == 0


VACUOUS = 'check "nothing" 10.200.0.4 never reaches 10.16.0.4 on tcp 22\n'


@pytest.mark.parametrize("options", [[], ["--fail-fast"], ["--format", "json"], ["--only", "[0-9]*", "--only", "none such"]])
def test_two_processes_refuse_what_one_refuses(spec, tmp_path, options):
    """Whoever judges a check asks it; what is wrong with the last one is said before anything of the others."""
    other = tmp_path / "other.asev"
    other.write_text(spec.read_text(encoding="utf-8") + VACUOUS, encoding="utf-8")
    for files in ([spec, other], [other, spec]):
        one, two = (finished("-c", EAGER, "check", "--jobs", jobs, *options, *files) for jobs in ("1", "2"))
        assert one == two
        assert one[0] == (1 if options == ["--fail-fast"] and files[0] == spec else 3)


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
def test_who_has_others_judge_neither_asks_nor_tells(spec, options):
    watched = EAGER.replace("sys.exit(", ALONE + "sys.exit(")
    code, out, _ = finished("-c", watched, "check", "--jobs", "2", *options, spec)
    assert code == 1
    assert out.endswith("the parent asked 0, judged 0, told 0\n")


def test_more_processes_than_checks_are_no_mistake(spec):
    one, many = (finished("-m", "asever", "check", "--jobs", jobs, spec) for jobs in ("1", "40"))
    assert one == many
    assert one[0] == 1


def test_a_killed_process_is_four_and_no_verdict(spec):
    code, out, err = finished("-c", SABOTAGED.format(what="os.kill(os.getpid(), signal.SIGKILL)"), spec)
    assert (code, out) == (4, "")
    assert "killed by SIGKILL" in err
    assert "Traceback" not in err


def test_a_mistake_in_a_process_is_told_as_in_one(spec):
    code, out, err = finished("-c", SABOTAGED.format(what="raise KeyError('lost')"), spec)
    assert (code, out) == (4, "")
    assert "internal error: KeyError: 'lost'" in err


def test_readings_that_disagree_in_a_process_come_with_their_reproducer(spec):
    what = "from asever.explain.witness import ReadingsDisagree; raise ReadingsDisagree('flow tcp 10.0.1.4')"
    code, out, err = finished("-c", SABOTAGED.format(what=what), spec)
    assert (code, out) == (4, "")
    assert "error[readings-disagree]" in err
    assert "flow tcp 10.0.1.4" in err


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="lists processes by /proc")
@pytest.mark.parametrize("whole_group", [True, False], ids=["as the terminal does", "to the first process alone"])
def test_an_interruption_ends_every_process(spec, whole_group):
    with python("-c", SABOTAGED.format(what="time.sleep(60)"), spec) as run:
        deadline = time.monotonic() + 60
        while len(children_of(run.pid)) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        (os.killpg if whole_group else os.kill)(run.pid, signal.SIGINT)
        out, err = run.communicate(timeout=20)
    assert (run.returncode, out, err) == (130, "", "\ninterrupted\n")
    assert children_of(run.pid) == []


def test_a_limit_holds_for_each_check_in_every_process(spec):
    one, two = (finished("-m", "asever", "check", "--jobs", jobs, "--timeout", "0.0000001", spec) for jobs in ("1", "2"))
    assert one == two
    assert one[0] == 2


@pytest.mark.parametrize("number", ["0", "-1", "two", "1000", "1.5"])
def test_what_is_no_number_of_processes_is_refused(number, spec):
    code, _, err = finished("-m", "asever", "check", f"--jobs={number}", spec)
    assert code == 3
    assert "not a number of processes (1 to 256, or auto)" in err


def test_auto_is_a_number_of_processes(spec):
    assert finished("-m", "asever", "check", "--jobs", "auto", spec)[0] == 1


# -- The processes themselves -------------------------------------------------------------------------------------------


def squares(count, jobs, work=lambda number: number * number):
    with Workers(count, work, jobs) as workers:
        return list(workers.results())


@pytest.mark.parametrize(("count", "jobs"), [(1, 1), (7, 2), (1000, 3), (3, 8)])
def test_results_come_in_order(count, jobs):
    assert squares(count, jobs) == [number * number for number in range(count)]


def test_what_both_sides_have_comes_back_as_the_own_one():
    known = [object() for _ in range(10)]
    with Workers(10, lambda number: (known[number], [known[0]]), 2, known) as workers:
        found = list(workers.results())
    assert all(one is known[number] and first is known[0] for number, (one, (first,)) in enumerate(found))


class Later:
    """Holds parts that are made when somebody wants them."""

    def __init__(self):
        self.parts = None

    def made(self):
        self.parts = self.parts or [object(), object()]
        return self.parts


def test_what_one_side_makes_of_what_both_have_comes_back_as_the_own_one():
    """And nobody makes what no result refers to."""
    known = [Later() for _ in range(6)]
    inside = Inside(so_far=lambda one: one.parts, made=lambda one: one.made())
    with Workers(3, lambda number: known[number].made()[1], 2, known, inside) as workers:
        found = list(workers.results())
    assert all(one is known[number].parts[1] for number, one in enumerate(found))
    assert [one.parts for one in known[3:]] == [None] * 3


def test_an_exception_comes_when_its_turn_does():
    def work(number):
        if number == 5:
            raise ValueError("five")
        return number

    with Workers(20, work, 2) as workers:
        results = workers.results()
        assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(ValueError, match="five"):
            next(results)


def test_an_exception_that_cannot_travel_is_told_in_words():
    class OurOwnError(Exception):
        pass

    def work(_):
        raise OurOwnError("what happened")

    with pytest.raises(WorkerFailed, match="OurOwnError: what happened"):
        squares(4, 2, work)


def test_a_process_that_ends_by_itself_is_lost():
    with pytest.raises(WorkerLost, match="ended with status 7"):
        squares(8, 2, lambda number: os._exit(7) if number == 6 else number)


def test_results_that_are_larger_than_a_pipe_come_whole():
    assert [len(one) for one in squares(6, 2, lambda number: "x" * 300_000 * number)] == [300_000 * n for n in range(6)]
