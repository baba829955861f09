"""The verdict, and whether a flow exists, are the same with and without rows that are left out of the text."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from asever.model.answers import Proved, Refuted
from asever.model.effective import Action, AddressMatch, FilterRow, Quantifier
from asever.model.numbers import NumberSet
from asever.solve import shadows
from asever.solve.answer import Depth, answer

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from as_tables import network, question

ASKED = ((6, 6), (0, 63), (9, 9), (0, 63), (0, 7))


def some(draw, top):
    low, high = sorted((draw.randint(0, top), draw.randint(0, top)))
    return low, high


def rows(seed):
    """Denying boxes, most of them behind two permitting ones that hold them together; one of all where the seed is even."""
    draw = Random(seed)
    found = []
    for _ in range(12):
        source, target, port = some(draw, 63), some(draw, 63), some(draw, 7)
        middle = (source[0] + source[1]) // 2
        slack = draw.choice([0, 0, 0, 1])
        found += [
            box(Action.ALLOW, (source[0], middle), target, port),
            box(Action.ALLOW, (middle + slack, source[1]), target, port),
        ]
        found.append(box(Action.DENY, source, target, port))
    if seed % 2 == 0:
        found.append(box(Action.ALLOW, (0, 63), (0, 63), (0, 7)))
    return tuple(found)


def box(action, source, target, port):
    addresses = [AddressMatch(addresses=NumberSet.span(*one)) for one in (source, target)]
    return FilterRow(
        priority=100, name="a rule", action=action, source=addresses[0], target=addresses[1], target_port=NumberSet.span(*port)
    )


@pytest.mark.parametrize("quantifier", list(Quantifier))
def test_the_verdict_is_the_same(monkeypatch, quantifier):
    asks = question(ASKED, quantifier)
    left_out, seen, real = [], set(), shadows.shadowed
    for seed in range(16):
        tables = network(rows(seed))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shadows, "_MANY", 0)
            patch.setattr(shadows, "shadowed", lambda every: left_out.append(real(every)) or left_out[-1])
            quick = answer(tables, asks, seconds=None, core=Depth.NOTHING)
        slow = answer(tables, asks, seconds=None, core=Depth.NOTHING)
        assert type(quick) is type(slow)
        seen.add(type(slow))
    assert sum(map(len, left_out)) > 16
    assert quantifier is not Quantifier.ALL_ARRIVE or seen == {Proved, Refuted}
