"""Sets as literals of a text: Z3 finds a number that lies in some and not in others exactly where there is one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asever.model.numbers import NumberSet
from asever.solve.alike import SetTerms
from asever.solve.clauses import text_of
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, conjunction, disjunction, last, negation

NUMBERS = range(12)
SETS = st.sets(st.sampled_from(NUMBERS)).map(lambda some: NumberSet.of((one, one) for one in some))
SIGNED = st.tuples(SETS, st.booleans())


def possible(terms, formula):
    return Session(text_of(terms, [formula]), None).satisfiable([])


def said(terms, signed, variable="source_port"):
    numbers, holds = signed
    literal = terms.inside(variable, numbers)
    return literal if holds else negation(literal)


@given(st.lists(st.lists(SIGNED, min_size=1, max_size=4), min_size=1, max_size=5))
def test_clauses_over_sets_can_be_true_where_some_number_makes_them_so(clauses):
    terms = SetTerms()
    formula = conjunction(disjunction(said(terms, one) for one in clause) for clause in clauses)
    some = (*NUMBERS, last("source_port"))
    assert possible(terms, formula) == any(
        all(any((n in s) is holds for s, holds in clause) for clause in clauses) for n in some
    )


@given(SETS, SETS)
def test_variables_are_apart(one, other):
    terms = SetTerms()
    both = conjunction((terms.inside("source", one), terms.inside("target", other)))
    assert possible(terms, both) == bool(one and other)


def test_no_number_lies_beyond_the_last():
    terms = SetTerms()
    assert terms.inside("protocol", NumberSet.span(0, 255)) == TRUE
    assert terms.at_least("protocol", 256) == FALSE
    low, high = NumberSet.span(0, 99), NumberSet.span(100, 255)
    assert not possible(terms, conjunction(negation(terms.inside("protocol", one)) for one in (low, high)))


def test_what_is_known_of_a_variable_is_not_said_again():
    terms = SetTerms()
    assert terms.inside("source_port", NumberSet.span(5, 90), 10, 20) == TRUE
    assert terms.inside("source_port", NumberSet.span(5, 90), 91, 99) == FALSE
    assert terms.inside("source_port", NumberSet.span(5, 90), 50, 99) == terms.inside("source_port", NumberSet.span(50, 90))


def test_a_text_grows_with_what_sets_tell_apart_and_not_with_their_ranges():
    def clauses(ranges):
        terms = SetTerms()
        even, odd = (NumberSet.of((one, one) for one in range(first, ranges, 2)) for first in (0, 1))
        formula = disjunction((terms.inside("source", even), negation(terms.inside("source", odd))))
        return len(text_of(terms, [formula]).clauses.splitlines())

    assert clauses(1_000) == clauses(10)
