"""Large filters as people write them (ClassBench's format): what they permit and deny, as few proved rectangles."""

from __future__ import annotations

from itertools import permutations

import pytest

from asever.exact import boxes
from asever.exact.regions import Space, rectangles
from asever.model.effective import Action
from asever.model.regions import FIELDS
from asever.solve.alike import SetTerms
from asever.solve.clauses import text_of
from asever.solve.regions import holds
from asever.solve.rows import Rows
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, conjunction, negation
from tests.exact.classbench import EVERY, FOLDER, NETWORK, decided, filters, queries

# Z3 takes minutes for the thousands of rectangles of whole filters; a check asks about ends and services.
NARROW = ("from a /16", "web", "to a host")
CASES = {
    f"{name}, {title}": (one, region)
    for name, one in (filters() if FOLDER.is_dir() else ())
    for title, region in queries(one)
    if title in NARROW
}
pytestmark = pytest.mark.skipif(not CASES, reason="the corpus of filters (../shared/corpus/acl_bench) is not here")


@pytest.mark.parametrize("case", CASES)
def test_the_rectangles_of_a_query_are_proved_and_few(case):
    one, region = CASES[case]
    allowed, dropped = decided(one, region)
    permitted = rectangles(allowed, [region], outside=dropped, disjoint=True)
    denied = rectangles(dropped, [region], outside=allowed, disjoint=True)
    assert proved(one, region, permitted, denied)
    pairs = ((allowed, dropped, permitted), (dropped, allowed, denied))
    for mine, others, shown in pairs:
        assert len(shown) <= 2 * smallest_known(mine, others, region)


@pytest.mark.parametrize("name", ["acl1_1k", "fw4_1k"])
def test_the_rectangles_of_a_whole_filter_are_at_most_twice_the_fewest_known(name):
    (one,) = (one for title, one in filters() if title == name)
    sets = decided(one, EVERY)
    for mine, others in (sets, sets[::-1]):
        shown = rectangles(mine, [EVERY], outside=others, disjoint=True)
        space = Space(mine, others)
        found, outside = space.boxes(mine), space.boxes(others)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(boxes, "_CHEAP", len(found) * len(outside) * 50)
            slow = boxes.cover(found, outside, space.full)
        assert len(slow) <= len(shown) <= 2 * len(slow)
        listed = space.boxes(shown)
        assert not boxes.subtract(found, listed, boxes.Budget(1_000_000))
        assert not boxes.intersect(listed, outside)


def proved(one, region, permitted, denied):
    """Whether Z3 finds no packet of the query that is listed wrongly, or not at all."""
    terms = SetTerms()
    hull = dict(zip(FIELDS, region, strict=True))
    rows = Rows(terms, NETWORK, {})
    matches = tuple(rows.matching(one.rows, FIELDS, hull, frozenset(), frozenset()))
    passes = rows.decision("filter", matches, {Action.ALLOW: TRUE, Action.DENY: FALSE}, one.otherwise, sure=True)
    asked, allowed, dropped = (holds(terms, regions) for regions in ([region], permitted, denied))
    goals = [
        conjunction((asked, passes, negation(allowed))),
        conjunction((asked, negation(passes), negation(dropped))),
        conjunction((asked, allowed, negation(passes))),
        conjunction((asked, dropped, passes)),
        conjunction((allowed, negation(asked))),
        conjunction((dropped, negation(asked))),
    ]
    return not any(Session(text_of(terms, [goal]), None).satisfiable([]) for goal in goals)


def smallest_known(parts, others, region):
    """The fewest of every merge order, and of coverings by maximal products from some of them."""
    space = Space(parts, others, [region])
    every, outside = space.boxes(parts), space.boxes(others)
    if not every:
        return 0
    merged = [boxes.merged_in(every, order) for order in permutations(range(len(FIELDS)))]
    covers = [boxes.cover(one, outside, space.box(region)) for one in merged[::24]]
    return min(map(len, (*merged, *covers)))
