"""One solver over one text: what it answers, what it does not ask twice, and what it says when it cannot."""

import os
import signal
import time
from itertools import product
from threading import Timer

import pytest

from asever.solve import library, solver
from asever.solve.library import Z3Error
from asever.solve.solver import Session, TimeOut, session

TEXT = """(declare-fun |a b| () Bool)
(declare-fun c () Bool)
(declare-fun |é| () Bool)
(assert (=> |a b| c))
(assert (=> c |é|))"""


@pytest.fixture
def calls(monkeypatch):
    """The names of Z3's functions that are called from now on."""
    made = []
    z3 = library.library()
    for name in ("solver_from_string", "solver_check_assumptions"):
        real = getattr(z3, name)
        monkeypatch.setattr(z3, name, lambda *given, real=real, name=name: made.append(name) or real(*given))
    monkeypatch.setattr(solver, "_recent", type(solver._recent)())  # noqa: SLF001 - nothing from other tests
    return made


def test_answers_are_those_of_the_text():
    asks = Session(TEXT, None)
    for a, c, e in product((True, False), repeat=3):
        literals = [one if true else f"(not {one})" for one, true in (("|a b|", a), ("c", c), ("|é|", e))]
        assert asks.satisfiable(literals) is ((not a or c) and (not c or e))
    assert asks.satisfiable(["true"])


def test_a_core_is_unsatisfiable_and_of_what_was_asked():
    asks = Session(TEXT, None)
    asked = ["c", "|a b|", "(not |é|)"]
    assert not asks.satisfiable(asked)
    core = asks.core(asked)
    assert set(core) <= set(asked)
    assert not Session(TEXT, None).satisfiable(core)


def test_what_is_forbidden_is_so_under_its_switch_alone():
    asks = Session(TEXT + "\n(declare-fun s () Bool)", None)
    assert asks.satisfiable(["s", "c"])
    asks.forbid(["c"], "s")
    assert not asks.satisfiable(["s", "c"])
    assert asks.satisfiable(["c"])


def test_a_text_is_read_with_the_first_question_and_no_satisfiable_one_is_asked_twice(calls):
    asks = Session(TEXT, None)
    assert calls == []
    assert asks.satisfiable(["c", "|é|"])
    assert asks.satisfiable(["|é|", "c"])
    assert calls == ["solver_from_string", "solver_check_assumptions"]


def test_claims_of_one_text_share_a_solver_until_something_is_forbidden(calls):
    one = session(TEXT, None)
    assert session(TEXT, None) is one
    one.forbid(["c"], "|a b|")
    other = session(TEXT, None)
    assert other is not one
    assert other.satisfiable(["c", "|a b|"])
    assert not one.satisfiable(["c", "|a b|"])


def test_few_sessions_are_kept_and_none_of_a_long_text(calls):
    for number in range(100):
        session(f"(declare-fun x{number} () Bool)", None)
    assert len(solver._recent) <= 32  # noqa: SLF001
    long = TEXT + "\n" + "; a comment\n" * 10_000
    assert session(long, None) is not session(long, None)


def test_a_text_that_z3_cannot_read_is_an_error():
    with pytest.raises(Z3Error, match="unknown"):
        Session("(assert nowhere)", None).satisfiable(["true"])


def test_no_time_is_a_time_out_and_a_shared_session_gets_the_time_of_its_user(calls):
    with pytest.raises(TimeOut):
        session(TEXT, time.monotonic() - 1).satisfiable(["c"])
    assert session(TEXT, time.monotonic() + 60).satisfiable(["c"])


def test_z3_gives_up_in_time():
    holes = 11  # pigeons that do not fit: no solver of clauses is quick with these
    pigeons = range(holes + 1)
    lines = [f"(declare-fun p{one}_{hole} () Bool)" for one in pigeons for hole in range(holes)]
    lines += [f"(assert (or {' '.join(f'p{one}_{hole}' for hole in range(holes))}))" for one in pigeons]
    lines += [
        f"(assert (or (not p{one}_{hole}) (not p{other}_{hole})))"
        for hole in range(holes)
        for one in pigeons
        for other in range(one)
    ]
    started = time.monotonic()
    with pytest.raises(TimeOut):
        Session("\n".join(lines), started + 0.5).satisfiable(["true"])
    assert time.monotonic() - started < 10


def test_an_interrupt_while_z3_works_is_no_answer():
    holes = range(11)
    pigeons = range(12)
    lines = [f"(declare-fun |{pigeon} {hole}| () Bool)" for pigeon in pigeons for hole in holes]
    lines += [f"(assert (or {' '.join(f'|{pigeon} {hole}|' for hole in holes)}))" for pigeon in pigeons]
    pairs = [(pigeon, other) for pigeon in pigeons for other in range(pigeon)]
    lines += [f"(assert (or (not |{one} {hole}|) (not |{other} {hole}|)))" for hole in holes for one, other in pairs]
    asked = Session("\n".join([*lines, "(declare-fun |goal| () Bool)"]), time.monotonic() + 60)
    Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        asked.satisfiable(["|goal|"])
