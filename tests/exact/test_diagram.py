"""Decision diagrams, and the algebra of many boxes on top of them, against every point of small spaces."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asever.exact import algebra
from asever.exact.boxes import Budget, TooMany
from asever.exact.diagram import Diagram, Lines, fewest

DIMENSIONS, ATOMS = 4, 3
FULL = ((1 << ATOMS) - 1,) * DIMENSIONS
POINTS = list(product(*([1 << atom for atom in range(ATOMS)] for _ in range(DIMENSIONS))))
MASKS = st.integers(1, FULL[0])
BOXES = st.tuples(*[MASKS] * DIMENSIONS)
MANY = st.lists(BOXES, min_size=70, max_size=120, unique=True)
varied = settings(deadline=None, max_examples=40, database=None)


def within(point, box):
    return all(atom & mask for atom, mask in zip(point, box, strict=True))


def holding(point, boxes):
    return sum(within(point, box) for box in boxes)


def expected(point, perhaps, sure, labels, otherwise):
    """What lines may do with a point, line by line."""
    found = set()
    for most, least, label in zip(perhaps, sure, labels, strict=True):
        if within(point, most):
            found.add(label)
            if within(point, least):
                return found
    return found | {otherwise}


@varied
@given(st.lists(st.tuples(BOXES, BOXES, st.sampled_from("abc")), max_size=40), BOXES, st.permutations(range(DIMENSIONS)))
def test_every_order_labels_every_point_as_the_lines_do(lines, start, order):
    perhaps = [most for most, _, _ in lines]
    sure = [tuple(a & b for a, b in zip(most, least, strict=True)) for most, least, _ in lines]
    labels = [label for _, _, label in lines]
    made = Lines(DIMENSIONS, perhaps, sure, labels, "a")
    for parts in (Diagram(made, start, tuple(order)).parts(10_000), fewest(made, start, Budget())):
        every = [(box, outcome) for outcome, boxes in parts.items() for box in boxes]
        for point in POINTS:
            found = [outcome for box, outcome in every if within(point, box)]
            assert found == ([frozenset(expected(point, perhaps, sure, labels, "a"))] if within(point, start) else [])


def test_what_was_given_up_goes_on_where_it_stopped():
    lines = [tuple(1 << (number * step) % 7 for step in (1, 2, 3)) for number in range(7)]
    made = Lines(3, lines, lines, ["hit"] * 7, "miss")
    diagram = Diagram(made, (127, 127, 127), (0, 1, 2))
    assert diagram.parts(2) is None
    assert diagram.parts(1_000) == Diagram(made, (127, 127, 127), (0, 1, 2)).parts(1_000)


@varied
@given(MANY)
def test_many_boxes_become_disjoint_ones_with_the_same_points(every):
    found = algebra.disjoint(every, Budget())
    assert all(holding(point, found) == bool(holding(point, every)) for point in POINTS)


@varied
@given(MANY, MANY)
def test_what_many_boxes_leave_of_others_is_what_they_do_not_hold(every, taken):
    apart = algebra.disjoint(every, Budget())
    found = algebra.subtract(apart, taken, Budget())
    for point in POINTS:
        assert holding(point, found) == (bool(holding(point, every)) and not holding(point, taken))


def test_the_parts_of_many_boxes_count_against_the_budget():
    squares = [(1 << number, 1 << number) for number in range(100)]
    with pytest.raises(TooMany):
        algebra.subtract([((1 << 100) - 1,) * 2], squares, Budget(3))
