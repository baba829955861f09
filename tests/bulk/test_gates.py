"""What bounds say of rules, against every packet and every reading of small networks."""

from __future__ import annotations

import random
from itertools import product

import pytest

from asever.bulk.cells import Cells, Traffic
from asever.bulk.closer import Pair
from asever.bulk.crowd import Crowd
from asever.bulk.gates import Gate, Sides, both
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, FilterRow
from asever.model.numbers import NumberSet

CALLER, CALLED, STRANGER = range(10, 16), range(30, 35), range(50, 53)
PORTS, SOURCE_PORTS = range(6), range(2)
ASSUMPTIONS = {"one": ("yes", "no"), "other": ("a", "b", "c")}
NETWORK = EffectiveNetwork(sites={}, fabrics={}, assumptions=ASSUMPTIONS, tag_space=NumberSet(), probe_source=0)
TCP = NumberSet.single(6)


def span(values):
    return NumberSet.span(values[0], values[-1])


def some(draw, values, chance=0.4):
    """Often all of some numbers, else a part of them that need not be one range."""
    if draw.random() < chance:
        return NumberSet.span(0, 99)
    return NumberSet.of((one, one) for one in draw.sample(values, draw.randint(1, len(values))))


def some_condition(draw):
    name = draw.choice([*ASSUMPTIONS, None, None, None])
    return frozenset() if name is None else frozenset({(name, draw.choice(ASSUMPTIONS[name]))})


def some_rows(draw):
    rows = []
    for priority in range(draw.randint(1, 6)):
        ends = [*CALLER, *CALLED, *STRANGER]
        row = {
            "priority": priority,
            "name": str(priority),
            "action": draw.choice([Action.ALLOW, Action.DENY]),
            "protocol": TCP,
            "source_port": some(draw, SOURCE_PORTS, 0.8),
            "target_port": some(draw, PORTS, 0.3),
        }
        conditions = [some_condition(draw)]
        if draw.random() < 0.3:  # one rule in every reading of an assumption
            name = draw.choice([*ASSUMPTIONS])
            conditions = [frozenset({(name, value)}) for value in ASSUMPTIONS[name]]
        for condition in conditions:
            sides = {side: AddressMatch(addresses=some(draw, ends)) for side in ("source", "target")}
            rows.append(FilterRow(**row, **sides, condition=condition))
    return tuple(rows)


def passes(rows, otherwise, packet, reading):
    source, source_port, target, port = packet
    for row in rows:
        if any(reading[name] != value for name, value in row.condition):
            continue
        ends = source in row.source.addresses and target in row.target.addresses
        if ends and source_port in row.source_port and port in row.target_port:
            return row.action is Action.ALLOW
    return otherwise is Action.ALLOW


READINGS = [dict(zip(ASSUMPTIONS, chosen, strict=True)) for chosen in product(*ASSUMPTIONS.values())]


class Case:
    """One or two lists of rows between the same ends, and what bounds and every packet say of them."""

    def __init__(self, seed):
        draw = random.Random(seed)
        self.lists = [(some_rows(draw), draw.choice([Action.ALLOW, Action.DENY])) for _ in range(2)]
        self.crowd = Crowd([span(CALLER), span(CALLED), span(STRANGER)])
        traffic = Traffic(TCP, span(SOURCE_PORTS), span(PORTS))
        self.cells = Cells(NETWORK, {}, [traffic], [rows for rows, _ in self.lists])
        sides = Sides(self.crowd, NETWORK.tag_space)
        gates = [Gate({}, sides, self.cells, *one) for one in self.lists]
        # The first list as the caller's own, the second as the called end's.
        self.profiles = [gates[0].between(0, calls=True)[1], gates[1].between(1, calls=False)[0]]

    def places(self):
        """Every cell of a port with the numbers of the readings that are in it."""
        found = {}
        for port in PORTS:
            for number, reading in enumerate(READINGS):
                row = FilterRow(
                    priority=0,
                    name="",
                    action=Action.ALLOW,
                    target_port=NumberSet.single(port),
                    condition=frozenset(reading.items()),
                )
                found.setdefault((port, self.cells.of(row)[0]), []).append(number)
        return [(port, cell, numbers) for (port, cell), numbers in found.items()]

    def through(self, lists, port, numbers):
        """Whether each packet of a port passes, by source, target, source port and reading."""
        return {
            (source, target, source_port, number): all(
                passes(*one, (source, source_port, target, port), READINGS[number]) for one in lists
            )
            for source, target, source_port in product(CALLER, CALLED, SOURCE_PORTS)
            for number in numbers
        }


def check(profile, cell, flows):
    """Every bound that a profile gives of a cell, against its flows."""
    passed = [key for key, value in flows.items() if value]
    assert profile.perhaps & cell or not passed
    assert not profile.some & cell or passed
    assert not profile.whole & cell or all(flows.values())
    assert not profile.most & cell or 2 * len(passed) > len(flows)
    assert not profile.dropped & cell or not all(flows.values())
    by_source = [all(value for key, value in flows.items() if key[0] == one) for one in CALLER]
    by_target = [all(value for key, value in flows.items() if key[1] == one) for one in CALLED]
    assert not profile.sources & cell or any(by_source)
    assert not profile.targets & cell or any(by_target)


@pytest.mark.parametrize("limit", [8, 2])
@pytest.mark.parametrize("seed", range(100))
def test_bounds_hold_for_every_packet_in_every_reading(seed, limit, monkeypatch):
    monkeypatch.setattr("asever.bulk.cells.MOST_READINGS", limit)
    case = Case(seed)
    for port, cell, numbers in case.places():
        assert cell.bit_count() == 1
        for one, profile in zip(case.lists, case.profiles, strict=True):
            check(profile, cell, case.through([one], port, numbers))
        flows = case.through(case.lists, port, numbers)
        check(both(*case.profiles), cell, flows)
        assert not case.profiles[0].meets(case.profiles[1]) & cell or any(flows.values())


@pytest.mark.parametrize("limit", [8, 2])
@pytest.mark.parametrize("seed", range(100))
def test_a_close_look_tells_what_every_packet_does(seed, limit, monkeypatch):
    monkeypatch.setattr("asever.bulk.cells.MOST_READINGS", limit)
    case = Case(seed)
    lists = tuple(one for profile in case.profiles for one in profile.lists)
    pair = Pair(case.crowd, lists, 0, 1)
    for port, cell, numbers in case.places():
        flows = case.through(case.lists, port, numbers)
        assert pair.passes(cell) in (any(flows.values()), None)
        assert pair.drops(cell) in (not all(flows.values()), None)
        plain = all(row.source_port == NumberSet.span(0, 99) for rows, _ in case.lists for row in rows)
        if plain and limit == 8:
            assert None not in (pair.passes(cell), pair.drops(cell))


def test_bounds_are_exact_where_rules_hold_whole_ends():
    rows = (
        FilterRow(priority=1, name="1", action=Action.DENY, target_port=NumberSet.span(2, 3)),
        FilterRow(priority=2, name="2", action=Action.ALLOW, target_port=NumberSet.span(0, 4)),
    )
    cells = Cells(NETWORK, {}, [Traffic(TCP, span(SOURCE_PORTS), span(PORTS))], [rows])
    sides = Sides(Crowd([span(CALLER), span(CALLED)]), NETWORK.tag_space)
    profile = Gate({}, sides, cells, rows, Action.DENY).between(0, calls=True)[1]
    assert profile.perhaps == profile.whole == profile.some == profile.most
    assert profile.dropped == cells.every & ~profile.perhaps


def test_a_rule_of_unknown_content_makes_a_pair_unknown():
    space = NumberSet.span(30, 40)
    doubtful = AddressMatch(addresses=NumberSet(), unknown_tags=frozenset({"Sql"}), spaces=(("Sql", space),))
    rows = (FilterRow(priority=1, name="1", action=Action.ALLOW, target=doubtful),)
    crowd = Crowd([span(CALLER), span(CALLED), span(STRANGER)])
    cells = Cells(NETWORK, {}, [Traffic(TCP, span(SOURCE_PORTS), span(PORTS))], [rows])
    line = Gate({}, Sides(crowd, NETWORK.tag_space), cells, rows, Action.DENY).between(0, calls=True)
    assert line[1] is None
    assert line[2] is not None
