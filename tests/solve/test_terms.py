"""Order encoding where variables have domains: what a formula says of each number of a domain, and how many cuts it takes."""

from hypothesis import given
from hypothesis import strategies as st

from asever.model.numbers import NumberSet
from asever.solve.terms import FALSE, TRUE, Formula, Terms, from_on

LAST = 40
sets = st.lists(st.tuples(st.integers(0, LAST), st.integers(0, 5)), max_size=6).map(
    lambda pairs: NumberSet.of((low, low + more) for low, more in pairs)
)
some = sets.filter(bool)


def true(terms, formula, number):
    """Whether a formula about `source` is true of a number: as its cuts say, whatever else is known."""
    formula = terms.defined.get(formula, formula)
    if isinstance(formula, Formula):
        parts = [true(terms, part, number) for part in formula.parts]
        return {"and": all(parts), "or": any(parts), "not": not parts[0]}[formula.operator]
    return formula == TRUE if formula in (TRUE, FALSE) else number >= int(formula.strip("|").removeprefix("source>="))


@given(some, sets)
def test_a_formula_says_of_each_number_of_the_domain_whether_it_lies_in_the_set(domain, numbers):
    terms = Terms({"source": domain})
    formula = terms.inside("source", numbers)
    assert [true(terms, formula, number) for number in domain] == [number in numbers for number in domain]
    assert terms.cuts.get("source", set()) <= set(domain)


@given(some, sets)
def test_a_set_that_holds_all_of_the_domain_or_nothing_takes_no_cut(domain, more):
    for numbers in (domain, domain | more, more - domain):
        terms = Terms({"source": domain})
        assert terms.inside("source", numbers) in (TRUE, FALSE)
        assert not terms.cuts


@given(some, sets, some)
def test_within_a_range_that_is_known_a_formula_says_the_same(domain, numbers, known):
    here = known & domain
    if here:
        terms = Terms({"source": domain})
        formula = terms.inside("source", numbers, here.ranges[0][0], here.ranges[-1][1])
        assert [true(terms, formula, number) for number in here] == [number in numbers for number in here]


@given(sets, st.integers(0, LAST + 10))
def test_the_first_number_from_one_on(numbers, number):
    assert from_on(numbers, number) == next((one for one in numbers if one >= number), None)
