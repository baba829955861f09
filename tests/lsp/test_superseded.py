"""What becomes of an examination when the text is edited in the middle of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from threading import Event

import pytest

from asever import judging
from asever.solve import solver
from tests.lsp.quiet import Quiet
from tests.puzzles import pigeons

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from generated import large_group

CHECKS = 30
URI = "file:///nowhere/generated.asev"


@pytest.fixture
def judged(monkeypatch):
    """Which checks were judged; judging waits from the fourth on until it is let go on."""
    names, go, waits = [], Event(), Event()
    real = judging.judged

    def slow(tables, asked, options):
        names.append(asked.check.name)
        if len(names) == 4:
            waits.set()
            assert go.wait(60)
        return real(tables, asked, options)

    monkeypatch.setattr(judging, "judged", slow)
    return names, waits, go


def test_an_edit_ends_what_is_going_on_and_keeps_what_was_judged(judged):
    names, waits, go = judged
    quiet, text = Quiet(), large_group(60, CHECKS)
    quiet.editor.opened(URI, text, 1)
    assert waits.wait(60)
    quiet.editor.changed(URI, f"// a remark\n{text}", 2)
    go.set()
    quiet.settle()
    assert len(names) == CHECKS, "a remark changes no check, so each is judged once"
    (account,) = quiet.editor.accounts.values()
    assert (account.sound, account.done) == (True, True)
    assert sum(map(len, account.outcomes.values())) == CHECKS


def test_another_program_goes_first_and_the_rest_follows(judged):
    names, waits, go = judged
    quiet = Quiet()
    quiet.editor.opened(URI, large_group(60, CHECKS), 1)
    assert waits.wait(60)
    quiet.editor.opened("file:///nowhere/else/other.asev", "vnet a { }", 1)
    go.set()
    quiet.settle()
    assert len(names) == CHECKS
    assert len(quiet.editor.accounts) == 2


def test_a_question_of_z3_that_takes_long_is_ended(monkeypatch):
    """A puzzle that Z3 does not solve in a minute stands in the way of the second version."""
    asked, real = Event(), judging.judged

    def hard(tables, one, options):
        if not asked.is_set():
            asked.set()
            solver.Session(pigeons(13), None).satisfiable([])
        return real(tables, one, options)

    monkeypatch.setattr(judging, "judged", hard)
    quiet, text = Quiet(), large_group(60, CHECKS)
    quiet.editor.opened(URI, text, 1)
    assert asked.wait(60)
    time.sleep(0.5)
    quiet.editor.changed(URI, f"// a remark\n{text}", 2)
    quiet.settle()
    (account,) = quiet.editor.accounts.values()
    assert sum(map(len, account.outcomes.values())) == CHECKS
