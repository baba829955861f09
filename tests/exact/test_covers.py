"""What boxes leave of a box, against every point of a small space and against Z3."""

from __future__ import annotations

from functools import reduce
from itertools import product
from operator import or_

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asever.exact import covers as subject
from asever.exact.boxes import TooMany
from asever.exact.covers import Covers
from asever.model.numbers import NumberSet
from asever.solve.clauses import text_of
from asever.solve.solver import Session
from asever.solve.terms import Terms, conjunction, disjunction, negation

SIDE = range(4)
NUMBERS = st.frozensets(st.sampled_from(SIDE), min_size=1).map(lambda numbers: NumberSet.of((one, one) for one in numbers))
REGIONS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=7)
REGION = st.tuples(NUMBERS, NUMBERS, NUMBERS)
SPACE = (NumberSet.span(0, 3),) * 3
# The same variables as in a packet's header, so that Z3 is asked with the project's own text.
NAMES = ("protocol", "source_port", "target_port")


def points(region):
    return {point for point in product(SIDE, repeat=3) if all(map(NumberSet.__contains__, region, point))}


def covers(regions, start):
    return Covers(regions, [SPACE, start])


@given(REGIONS, REGION)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_something_is_left_when_a_point_is_in_none(regions, start):
    engine = covers(regions, start)
    box = engine.box(start)
    rest = points(start).difference(*map(points, regions))
    assert (engine.rest(box, engine.meeting(box)).part is not None) is bool(rest)


@given(REGIONS, REGION, st.integers(0, 127))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_who_comes_first_tells_what_is_left(regions, start, stopping):
    """What some of the boxes would be the first to take counts as left, and nothing of it is taken by one before these."""
    engine = covers(regions, start)
    box = engine.box(start)
    takers = {
        point: next((number for number, region in enumerate(regions) if point in points(region)), None)
        for point in points(start)
    }
    left = {point for point, taker in takers.items() if taker is None or stopping >> taker & 1}
    rest = engine.rest(box, engine.meeting(box), stopping)
    if rest.part is None:
        assert not left
        assert set(rest.takers) == set(takers.values())
    else:
        part = {point for point in points(start) if all(map(int.__and__, rest.part, engine.box(atom(point))))}
        assert part & left
        first = min((number for number in range(len(regions)) if stopping >> number & 1), default=len(regions))
        assert all(takers[point] is None or takers[point] >= first for point in part)


def atom(point):
    return tuple(map(NumberSet.single, point))


@given(REGIONS, REGION)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_tree_finds_the_boxes_that_share_a_point(regions, start):
    engine = covers(regions, start)
    box = engine.box(start)
    expected = sum(1 << number for number, region in enumerate(regions) if points(region) & points(start))
    assert engine.meeting(box) == expected


@given(REGIONS, REGION)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_each_space_is_met_by_the_boxes_that_share_a_point_of_it(regions, start):
    engine = covers(regions, start)
    space = engine.space(start)
    for number, region in enumerate(regions):
        shared = points(region) & points(start)
        expected = sum(1 << other for other, one in enumerate(regions) if points(one) & shared)
        found = engine.within(number, space)
        assert (found is not None) is bool(shared)
        assert found is None or found[1] == expected
        if found is not None:
            assert {point for point in points(start) if all(map(int.__and__, found[0], engine.box(atom(point))))} == shared


@given(REGIONS, REGION, st.integers(0, 127))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_point_that_is_seen_and_the_lines_through_it_are_in_none(regions, start, among):
    engine = covers(regions, start)
    box = engine.box(start)
    candidates = engine.meeting(box, among)
    taken = {point for number, region in enumerate(regions) if candidates >> number & 1 for point in points(region)}
    found = engine.point(box, candidates)
    if found is None:
        return
    free = {
        point
        for point in points(start) - taken
        if all(engine.box(atom(point))[dimension] == 1 << place for dimension, place in found.items())
    }
    assert free
    for dimension in range(3):
        line = engine.line(box, candidates, found, dimension)
        seen = {point for point in points(start) - taken if engine.box(atom(point))[dimension] & line}
        assert line == reduce(or_, (engine.box(atom(point))[dimension] for point in seen), 0)
        assert line & reduce(or_, (engine.box(atom(point))[dimension] for point in free), 0)


@given(REGIONS, REGION, st.integers(0, 127))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_first_box_at_a_point(regions, start, among):
    engine = covers(regions, start)
    box = engine.box(start)
    lowest = tuple(numbers.first for numbers in start)
    holding = [number for number, region in enumerate(regions) if among >> number & 1 and lowest in points(region)]
    assert engine.first(box, engine.meeting(box, among), {}) == next(iter(holding), None)


@given(REGIONS, REGION)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_holder_holds_every_point(regions, start):
    engine = covers(regions, start)
    box = engine.box(start)
    for number, region in enumerate(regions):
        assert engine.holder(box, 1 << number) is (points(start) <= points(region))


@given(REGIONS, REGION)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_z3_says_the_same(regions, start):
    terms = Terms()

    def formula(region):
        return conjunction(terms.inside(name, numbers) for name, numbers in zip(NAMES, region, strict=True))

    goal = terms.switch("left", conjunction((formula(start), negation(disjunction(map(formula, regions))))))
    engine = covers(regions, start)
    box = engine.box(start)
    found = engine.rest(box, engine.meeting(box)).part is not None
    assert Session(text_of(terms), None).satisfiable([goal]) is found


def test_a_search_that_goes_on_for_too_long_gives_up(monkeypatch):
    monkeypatch.setattr(subject, "STEPS", 3)
    regions = [(NumberSet.single(one), NumberSet.single(other), SPACE[2]) for one in SIDE for other in SIDE]
    engine = covers(regions, SPACE)
    box = engine.box(SPACE)
    with pytest.raises(TooMany):
        engine.rest(box, engine.meeting(box))


def test_a_set_that_ends_between_two_cuts_means_all_of_its_atom():
    engine = Covers([(NumberSet.span(10, 19),)], [(NumberSet.span(0, 99),)])
    assert engine.box((NumberSet.span(12, 13),)) == engine.box((NumberSet.span(10, 19),))
