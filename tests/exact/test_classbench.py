"""Large filters as people write them (ClassBench's format): what they permit and deny, as few proved rectangles."""

from __future__ import annotations

from itertools import permutations

import pytest

from asever.exact import boxes
from asever.exact.regions import Space, rectangles
from asever.model.effective import Action
from asever.model.regions import FIELDS
from asever.solve.regions import holds
from asever.solve.rows import Rows
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, conjunction, negation
from tests.exact.classbench import FOLDER, NETWORK, decided, filters, queries

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
    permitted, denied = (rectangles(mine, [region], disjoint=True) for mine in (allowed, dropped))
    assert proved(one, region, permitted, denied)
    pairs = ((allowed, dropped, permitted), (dropped, allowed, denied))
    for mine, others, shown in pairs:
        assert len(shown) <= 2 * smallest_known(mine, others, region)


def proved(one, region, permitted, denied):
    """Whether Z3 finds no packet of the query that is listed wrongly, or not at all."""
    terms = Terms()
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
    switches = [terms.switch(f"goal {number}", goal) for number, goal in enumerate(goals)]
    session = Session(terms.text(), None)
    return not any(session.satisfiable([switch]) for switch in switches)


def smallest_known(parts, others, region):
    """The fewest of every merge order, and of coverings by maximal products from some of them."""
    space = Space(parts, others, [region])
    every, outside = space.boxes(parts), space.boxes(others)
    if not every:
        return 0
    merged = [boxes.merged_in(every, order) for order in permutations(range(len(FIELDS)))]
    covers = [boxes.cover(one, outside, space.box(region)) for one in merged[::24]]
    return min(map(len, (*merged, *covers)))
