"""The algebra of regions against sets of points."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asever.exact import regions
from asever.exact.boxes import Budget, TooMany
from asever.model.numbers import NumberSet
from asever.model.regions import total
from tests.differential.small_tables import sets

LINE = NumberSet.span(0, 3)
REGIONS = st.lists(st.tuples(*(sets(LINE) for _ in range(5))), max_size=5)


def points(every):
    return {point for region in every for point in product(*region)}


@given(REGIONS, REGIONS)
def test_union_difference_and_intersection_are_those_of_points(left, right):
    for found, expected in (
        (regions.union(left, right), points(left) | points(right)),
        (regions.difference(left, right), points(left) - points(right)),
        (regions.intersection(left, right), points(left) & points(right)),
    ):
        assert points(found) == expected
        assert total(found) == len(expected)


@given(REGIONS, REGIONS)
def test_rectangles_hold_the_set_and_are_no_more_than_the_disjoint_parts_given(left, rest):
    whole = regions.union(left, rest)
    apart = regions.union(left)
    found = regions.rectangles(apart, whole)
    assert points(found) == points(left)
    assert len(found) <= len(apart)


def test_overlapping_rectangles_are_shown_where_they_are_fewer():
    cross = [(LINE, NumberSet.single(1)), (NumberSet.single(1), LINE)]
    apart = regions.union(cross)
    assert len(apart) == 2
    plus = regions.union(
        [(LINE, NumberSet.span(1, 2), LINE), (NumberSet.span(1, 2), LINE, LINE), (LINE, LINE, NumberSet.span(1, 2))]
    )
    assert len(regions.rectangles(plus, [(LINE, LINE, LINE)])) == 3


def test_what_has_too_many_parts_is_refused_and_not_cut_short():
    with pytest.raises(TooMany):
        regions.union([(NumberSet.single(n), NumberSet.span(0, n)) for n in range(9)], budget=Budget(3))
