"""Sets of numbers against sets of Python's."""

from hypothesis import given
from hypothesis import strategies as st

from asever.model.numbers import NumberSet

LAST = 40
sets = st.lists(st.tuples(st.integers(0, LAST), st.integers(0, LAST)), max_size=6).map(NumberSet.of)


@given(sets, sets)
def test_the_operations_are_those_of_sets(one, other):
    left, right = set(one), set(other)
    assert set(one & other) == left & right
    assert set(one | other) == left | right
    assert set(one - other) == left - right
    assert (one <= other) is (left <= right)
    assert one.overlaps(other) is bool(left & right)
    assert all((number in one) is (number in left) for number in range(LAST + 1))


@given(sets, sets)
def test_equal_sets_are_equal_values(one, other):
    assert ((one & other) == (other & one)) is True
    assert (one - (one - other)) == (one & other)
    assert all(low <= high for low, high in (one & other).ranges)
