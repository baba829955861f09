"""One solver over one text: what it answers, what it does not ask twice, and what it says when it cannot."""

import os
import signal
import time
from itertools import product
from threading import Timer

import pytest

from asever.solve import library, solver
from asever.solve.library import Z3Error
from asever.solve.solver import Session, TimeOut

TEXT = """(declare-fun |a b| () Bool)
(declare-fun |c| () Bool)
(declare-fun |é| () Bool)
(assert (=> |a b| |c|))
(assert (=> |c| |é|))"""


@pytest.fixture
def calls(monkeypatch):
    """The names of Z3's functions that are called from now on."""
    made = []
    z3 = library.library()
    for name in ("solver_from_string", "solver_check_assumptions"):
        real = getattr(z3, name)
        monkeypatch.setattr(z3, name, lambda *given, real=real, name=name: made.append(name) or real(*given))
    solver._shared.cache_clear()  # noqa: SLF001 - nothing from other tests
    return made


def test_answers_are_those_of_the_text():
    asks = Session(TEXT, None)
    for a, c, e in product((True, False), repeat=3):
        literals = [one if true else f"(not {one})" for one, true in (("|a b|", a), ("|c|", c), ("|é|", e))]
        assert asks.satisfiable(literals) is ((not a or c) and (not c or e))
    assert asks.satisfiable(["true"])


def test_a_core_is_unsatisfiable_and_of_what_was_asked():
    asks = Session(TEXT, None)
    asked = ["|c|", "|a b|", "(not |é|)"]
    assert not asks.satisfiable(asked)
    core = asks.core(asked)
    assert set(core) <= set(asked)
    assert not Session(TEXT, None).satisfiable(core)


def test_what_is_forbidden_is_so_under_its_switch_alone():
    asks = Session(TEXT + "\n(declare-fun |s| () Bool)", None)
    assert asks.satisfiable(["|s|", "|c|"])
    asks.forbid(["|c|"], "|s|")
    assert not asks.satisfiable(["|s|", "|c|"])
    assert asks.satisfiable(["|c|"])


def test_a_text_is_read_with_the_first_question_and_no_satisfiable_one_is_asked_twice(calls):
    asks = Session(TEXT, None)
    assert calls == []
    assert asks.satisfiable(["|c|", "|é|"])
    assert asks.satisfiable(["|é|", "|c|"])
    assert calls == ["solver_from_string", "solver_check_assumptions"]


def renamed(text):
    return text.replace("|a b|", "|another|").replace("|c|", "|b|")


def test_texts_that_differ_in_names_alone_share_a_solver_and_its_answers(calls):
    one, other = Session(TEXT, None), Session(renamed(TEXT), None)
    assert not one.satisfiable(["|a b|", "(not |c|)"])
    assert not other.satisfiable(["|another|", "(not |b|)"])
    assert calls == ["solver_from_string", "solver_check_assumptions"]
    assert other.core(["|another|", "(not |b|)"]) == ["|another|", "(not |b|)"]
    assert other.satisfiable(["(not |another|)", "|b|"])


def test_a_core_is_that_of_the_question_also_when_another_was_asked_in_between():
    one, other = Session(TEXT, None), Session(renamed(TEXT), None)
    asked = ["|a b|", "(not |é|)"]
    assert not one.satisfiable(asked)
    assert not other.satisfiable(["|b|", "(not |é|)"])
    assert not one.satisfiable(asked)
    assert one.core(asked) == asked


def test_what_one_claim_forbids_no_other_notices():
    one, other = Session(TEXT, None), Session(TEXT, None)
    one.forbid(["|c|"], "|a b|")
    for asks in (other, Session(TEXT, None)):
        assert asks.satisfiable(["|c|", "|a b|"])
    assert not one.satisfiable(["|c|", "|a b|"])
    one.forbid(["|é|"], "|é|")
    assert not one.satisfiable(["|é|"])


def test_few_solvers_are_kept_and_none_of_a_long_text(calls):
    kept = solver._shared.cache_info  # noqa: SLF001
    for number in range(100):
        Session(f"(declare-fun |x| () Bool){'(assert |x|)' * number}", None)
    assert kept().currsize <= 32
    before = kept().currsize, kept().misses
    Session(TEXT + "\n" + "; a comment\n" * 10_000, None)
    assert (kept().currsize, kept().misses) == before


def test_a_text_that_z3_cannot_read_is_an_error():
    with pytest.raises(Z3Error, match="unknown"):
        Session("(assert nowhere)", None).satisfiable(["true"])


def test_no_time_is_a_time_out_and_a_shared_solver_takes_the_time_of_its_user(calls):
    with pytest.raises(TimeOut):
        Session(TEXT, time.monotonic() - 1).satisfiable(["|c|"])
    assert Session(TEXT, time.monotonic() + 60).satisfiable(["|c|"])


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
