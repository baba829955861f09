"""The algebra of regions against sets of points."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from asever.exact import regions
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
def test_rectangles_hold_the_set_and_are_no_more_than_its_disjoint_parts(left, rest):
    whole = regions.union(left, rest)
    found = regions.rectangles(left, whole)
    assert points(found) == points(left)
    assert len(found) <= len(regions.union(left))
