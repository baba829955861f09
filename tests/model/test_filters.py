"""Filters whose rows are made when they are first read."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import pytest

from asever.model.effective import Action, Filter, FilterKind, FilterRow, rows_later
from asever.model.things import Direction

ROWS = (FilterRow(priority=100, name="all", action=Action.ALLOW),)


def some(rows):
    return Filter(resource="web", kind=FilterKind.NSG, direction=Direction.INBOUND, place="subnet corp/web", rows=rows)


def later():
    asked = []

    def make():
        asked.append(True)
        return ROWS

    return rows_later(some(()), make), asked


def test_rows_are_made_once_and_when_they_are_read():
    one, asked = later()
    assert (one.resource, asked) == ("web", [])
    assert one.rows is ROWS
    assert one.rows is ROWS
    assert asked == [True]


@pytest.mark.parametrize("same", [lambda one: one, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301
def test_such_a_filter_is_equal_to_one_that_had_its_rows_from_the_start(same):
    one, _ = later()
    assert same(one) == some(ROWS)
    assert hash(later()[0]) == hash(some(ROWS))
    assert repr(later()[0]) == repr(some(ROWS))


def test_nobody_can_give_it_other_rows_and_it_has_no_other_fields():
    one, _ = later()
    with pytest.raises(FrozenInstanceError):
        one.rows = ()
    with pytest.raises(AttributeError, match="has no 'row'"):
        one.row  # noqa: B018
    assert one.rows is ROWS


def test_what_goes_wrong_while_they_are_made_is_told_each_time():
    def make():
        raise KeyError("group")

    one = rows_later(some(()), make)
    for _ in range(2):
        with pytest.raises(KeyError):
            one.rows  # noqa: B018
