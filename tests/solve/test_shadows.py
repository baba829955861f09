"""Rows that are left out of a text, against every packet of a small space, and how many that are."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asever.model.effective import Action, AddressMatch, FilterRow
from asever.model.numbers import NumberSet
from asever.solve import shadows

SIDE = range(4)
NUMBERS = st.frozensets(st.sampled_from(SIDE), min_size=1).map(lambda numbers: NumberSet.of((one, one) for one in numbers))
ROW = st.tuples(st.sampled_from([Action.ALLOW, Action.DENY]), NUMBERS, NUMBERS, NUMBERS, st.booleans(), st.booleans())
WIDE = NumberSet.span(0, 3)


def row(action, source, target, port, conditional=False, tagged=False):
    return FilterRow(
        priority=100,
        name="a rule",
        action=action,
        source=AddressMatch(addresses=source, unknown_tags=frozenset({"Sql"} if tagged else ())),
        target=AddressMatch(addresses=target),
        target_port=port,
        condition=frozenset({("something", "so")} if conditional else ()),
    )


@pytest.fixture(autouse=True)
def in_lists_of_every_length(monkeypatch):
    monkeypatch.setattr(shadows, "_MANY", 0)
    monkeypatch.setattr(shadows, "_SAMPLE", 0)


@given(st.lists(ROW, max_size=8))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_every_packet_of_such_a_row_is_matched_before(drawn):
    rows = [row(*one) for one in drawn]
    for place in shadows.shadowed(rows):
        assert not rows[place].condition
        assert not rows[place].source.unknown_tags
        sure = [one for one in rows[:place] if not one.condition and not one.source.unknown_tags]
        for packet in product(SIDE, repeat=3):
            if holds(rows[place], packet):
                assert any(holds(one, packet) for one in sure)


def holds(one, packet):
    source, target, port = packet
    return source in one.source.addresses and target in one.target.addresses and port in one.target_port


def test_one_row_or_two_that_split_a_field_hold_a_row_and_what_they_leave_stays():
    low, high, middle = NumberSet.span(0, 1), NumberSet.span(2, 3), NumberSet.span(1, 2)
    halves = [row(Action.ALLOW, low, WIDE, WIDE), row(Action.ALLOW, high, WIDE, WIDE)]
    denied = row(Action.DENY, WIDE, middle, WIDE)
    narrow = [row(Action.DENY, low, middle, WIDE)]
    assert shadows.shadowed([*halves, denied]) == {2}
    assert shadows.shadowed([*halves, denied, *halves, *narrow]) == {2, 5}
    assert shadows.shadowed([halves[0], denied, halves[0]]) == set()
    assert shadows.shadowed([denied, *halves]) == set()
    # One of the halves lacks a port: only what holds all of every other field counts.
    assert shadows.shadowed([halves[0], row(Action.ALLOW, high, WIDE, middle), denied]) == set()


def test_where_hardly_a_row_is_held_nothing_is_left_out(monkeypatch):
    """To look for the few would cost more than they do."""
    monkeypatch.setattr(shadows, "_SAMPLE", 9)
    allowed = row(Action.ALLOW, NumberSet.span(0, 1), WIDE, WIDE)
    held = row(Action.DENY, NumberSet.single(0), WIDE, WIDE)
    free = [row(Action.DENY, NumberSet.single(3), *map(NumberSet.single, one)) for one in product(SIDE, repeat=2)]
    assert shadows.shadowed([*[allowed] * 3, held]) == {3}
    assert shadows.shadowed([*[allowed] * 20, *free, held]) == set()


@given(st.lists(ROW, max_size=8), st.sampled_from([Action.ALLOW, Action.DENY]), NUMBERS)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_what_is_needed_decides_every_packet_that_is_asked_about_as_all_do(drawn, otherwise, asked):
    rows = [row(*one) for one in drawn]
    packets = (rows[0].protocol if rows else WIDE, asked, rows[0].source_port if rows else WIDE, WIDE, WIDE)
    left = shadows.needed(rows, packets, otherwise)
    for packet in product(asked, SIDE, SIDE):
        for sure in (True, False):  # rows in doubt match, or do not
            assert decided(left, packet, otherwise, sure=sure) is decided(rows, packet, otherwise, sure=sure)


def decided(rows, packet, otherwise, *, sure):
    found = (one.action for one in rows if (sure or not doubtful(one)) and holds(one, packet))
    return next(found, otherwise)


def doubtful(one):
    return bool(one.condition or one.source.unknown_tags)


def test_rows_behind_which_all_do_the_same_are_not_needed():
    some, other = (NumberSet.span(0, 1), NumberSet.span(2, 3))
    first, permits, denies = (
        row(Action.DENY, some, some, WIDE),
        row(Action.ALLOW, other, some, WIDE),
        row(Action.DENY, other, WIDE, WIDE),
    )
    every = row(Action.ALLOW, WIDE, WIDE, WIDE)
    packets = (every.protocol, WIDE, every.source_port, WIDE, WIDE)
    assert shadows.needed([first, permits, every, denies], packets, Action.DENY) == [first, every]
    assert shadows.needed([first, permits, denies], packets, Action.DENY) == [first, permits]
    assert shadows.needed([permits, every], packets, Action.DENY) == [every]
    doubted = row(Action.ALLOW, other, some, WIDE, conditional=True)
    assert shadows.needed([doubted, every], packets, Action.DENY) == [doubted, every]


def test_a_row_that_holds_only_in_some_readings_or_with_some_tags_holds_nothing():
    low, high, denied = NumberSet.span(0, 1), NumberSet.span(2, 3), row(Action.DENY, WIDE, WIDE, WIDE)
    for doubt in ({"conditional": True}, {"tagged": True}):
        halves = [row(Action.ALLOW, one, WIDE, WIDE, **doubt) for one in (low, high)]
        assert shadows.shadowed([*halves, denied]) == set()


def test_short_lists_and_those_of_one_action_stay_as_they_are(monkeypatch):
    halves = [row(Action.ALLOW, NumberSet.span(*one), WIDE, WIDE) for one in ((0, 1), (2, 3))]
    assert shadows.shadowed([*halves, row(Action.ALLOW, WIDE, WIDE, WIDE)]) == set()
    assert shadows.shadowed([]) == set()
    monkeypatch.setattr(shadows, "_MANY", 4)
    assert shadows.shadowed([*halves, row(Action.DENY, WIDE, WIDE, WIDE)]) == set()
