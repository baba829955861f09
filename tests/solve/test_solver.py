"""One solver over one text: what it answers, what it does not ask twice, and what it says when it cannot."""

import os
import signal
import time
from itertools import product
from threading import Timer

import pytest

from asever.solve import library, solver
from asever.solve.clauses import Text, text_of
from asever.solve.library import Z3Error
from asever.solve.solver import Session, TimeOut
from asever.solve.terms import Terms, implication, negation
from tests.puzzles import pigeons


def said(first, second, third, *others):
    """The text that the first implies the second, and the second the third."""
    terms = Terms()
    one, two, three, *_ = [terms.boolean(name) for name in (first, second, third, *others)]
    return text_of(terms, [implication(one, two), implication(two, three)])


TEXT = said("a b", "c", "é")
RENAMED = said("another", "b", "é")


def literal(name, *, true=True):
    return f"|{name}|" if true else negation(f"|{name}|")


@pytest.fixture
def calls(monkeypatch):
    """The names of Z3's functions that are called from now on."""
    made = []
    z3 = library.library()
    for name in ("solver_from_string", "solver_check_assumptions"):
        real = getattr(z3, name)
        monkeypatch.setattr(z3, name, lambda *given, real=real, name=name: made.append(name) or real(*given))
    for one in (solver._shared, solver._answers):  # noqa: SLF001
        one.cache_clear()  # nothing from other tests
    return made


def test_answers_are_those_of_the_text():
    asks = Session(TEXT, None)
    for a, c, e in product((True, False), repeat=3):
        literals = [literal(one, true=true) for one, true in (("a b", a), ("c", c), ("é", e))]
        assert asks.satisfiable(literals) is ((not a or c) and (not c or e))
    assert asks.satisfiable(["true"])


def test_a_core_is_unsatisfiable_and_of_what_was_asked():
    asks = Session(TEXT, None)
    asked = ["|c|", "|a b|", literal("é", true=False)]
    assert not asks.satisfiable(asked)
    core = asks.core(asked)
    assert set(core) <= set(asked)
    assert not Session(TEXT, None).satisfiable(core)


def test_what_is_forbidden_is_so_under_its_switch_alone():
    asks = Session(said("a b", "c", "é", "s"), None)
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


def test_texts_that_differ_in_names_alone_share_a_solver_and_its_answers(calls):
    one, other = Session(TEXT, None), Session(RENAMED, None)
    assert not one.satisfiable(["|a b|", literal("c", true=False)])
    asked = ["|another|", literal("b", true=False)]
    assert not other.satisfiable(asked)
    assert calls == ["solver_from_string", "solver_check_assumptions"]
    assert other.core(asked) == asked
    assert other.satisfiable([literal("another", true=False), "|b|"])


def test_a_core_is_that_of_the_question_also_when_another_was_asked_in_between():
    one, other = Session(TEXT, None), Session(RENAMED, None)
    asked = ["|a b|", literal("é", true=False)]
    assert not one.satisfiable(asked)
    assert not other.satisfiable(["|b|", literal("é", true=False)])
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
        Session(text_of(Terms(), [f"|{one}|" for one in range(number)]), None)
    assert kept().currsize <= 32
    before = kept().currsize, kept().misses
    Session(text_of(Terms(), [f"|{one}|" for one in range(10_000)]), None)
    assert (kept().currsize, kept().misses) == before


def test_a_text_that_z3_cannot_read_is_an_error():
    with pytest.raises(Z3Error, match="unexpected"):
        Session(Text(clauses="p cnf 1 1\nnowhere 0\n", numbers={}, symbols=0), None).satisfiable(["true"])


def test_a_symbol_that_the_text_says_nothing_about_is_true_or_not_but_not_both():
    asks = Session(TEXT, None)
    assert asks.satisfiable(["|c|", "|x|", literal("y", true=False)])
    asked = ["|c|", "|x|", literal("x", true=False)]
    assert not asks.satisfiable(asked)
    assert asks.core(asked) == asked[1:]


def test_no_time_is_a_time_out_and_a_shared_solver_takes_the_time_of_its_user(calls):
    with pytest.raises(TimeOut):
        Session(TEXT, time.monotonic() - 1).satisfiable(["|c|"])
    assert Session(TEXT, time.monotonic() + 60).satisfiable(["|c|"])


def test_z3_gives_up_in_time():
    text = pigeons(11)
    started = time.monotonic()
    with pytest.raises(TimeOut):
        Session(text, started + 0.5).satisfiable(["true"])
    assert time.monotonic() - started < 10


def test_an_interrupt_while_z3_works_is_no_answer():
    asked = Session(pigeons(11), time.monotonic() + 60)
    Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        asked.satisfiable(["|goal|"])


def test_an_interrupt_when_nothing_is_asked_ends_no_later_question():
    """Z3 heeds it until something is asked, and reads no text before that."""
    solver.interrupt()
    later = Session(said("not", "yet", "asked", "interrupted"), None)
    assert later.satisfiable([literal("not")])
    solver.interrupt()
    later.forbid([literal("not")], literal("switch"))
    assert not later.satisfiable([literal("not"), literal("switch")])


def test_a_long_text_is_not_asked_again_what_another_solver_of_it_was_asked(calls, monkeypatch):
    """Its solver is not kept, since that would be much memory; what it answered is."""
    monkeypatch.setattr(solver, "_SHORT", 0)
    for _ in range(2):
        asks = Session(TEXT, None)
        assert not asks.satisfiable(["|a b|", literal("é", true=False)])
    assert calls == ["solver_from_string", "solver_check_assumptions"]
    asks.forbid(["|c|"], "|search|")
    assert not asks.satisfiable(["|c|", "|search|"])
    assert Session(TEXT, None).satisfiable(["|c|"])


def test_a_long_text_is_asked_as_a_short_one_is(monkeypatch):
    """Literals or none, in time or not: the other front end has a second solver, which must not be asked."""
    monkeypatch.setattr(solver, "_SHORT", 0)
    solver._answers.cache_clear()  # noqa: SLF001 - nothing from other tests
    asks = Session(TEXT, time.monotonic() + 100)
    assert asks.satisfiable([])
    assert not asks.satisfiable(["|a b|", literal("é", true=False)])
    assert set(asks.core(["|a b|", "|c|", literal("é", true=False)])) <= {"|a b|", "|c|", literal("é", true=False)}
    with pytest.raises(TimeOut):
        Session(pigeons(11), time.monotonic() + 0.3).satisfiable([])
