"""Looking for differences among the packets of changed rows alone finds what looking everywhere finds."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from asever.exact.regions import difference
from asever.explain.difference import compare
from asever.explain.touched import Touched
from tests.claims import program
from tests.explain.test_random_networks import some_network
from tests.networks import network, nsg, rule, subnet, vm, vnet


def edited(where, chance):
    """The same network after somebody worked on its rules: turned, gone, moved, new."""
    name = chance.choice(sorted(where.groups))
    group = where.groups[name]
    rules = list(group.inbound)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(rules)) if rules else 0
        match chance.randrange(4):
            case 0 if rules:
                rules[at] = replace(rules[at], access="deny" if rules[at].access == "allow" else "allow")
            case 1 if rules:
                del rules[at]
            case 2 if rules:
                rules.append(replace(rules.pop(at), priority=3000 + len(rules)))
            case _:
                port = chance.choice(("443", "22-80", "*"))
                rules.insert(at, rule(50 + at, chance.choice(("allow", "deny")), "tcp", "10.0.0.0/8", "*", port))
    return replace(where, groups={**where.groups, name: replace(group, inbound=tuple(rules))})


def found(old, new):
    return {(one.origin, one.target, one.before, one.after): one for one in compare(program(old), program(new), {}).changes}


@pytest.mark.parametrize("seed", range(3))
def test_the_packets_of_changed_rows_are_all_that_can_differ(seed, monkeypatch):
    chance = random.Random(seed)
    old = some_network(chance)
    if not old.groups:
        pytest.skip("no rules to change")
    new = edited(old, chance)
    near = found(old, new)
    monkeypatch.setattr(Touched, "headers", lambda *_: None)
    everywhere = found(old, new)
    assert near.keys() == everywhere.keys()
    for key, one in near.items():
        other = everywhere[key]
        assert one.packets == other.packets
        assert not difference(one.regions, other.regions)
        assert not difference(other.regions, one.regions)


def test_rules_before_a_service_that_is_translated_count_as_they_see_packets(monkeypatch):
    """A firewall's way in is one the filters behind it see translated: what changed there touches the header that was sent."""
    rules = [rule(100 + number, "allow", "tcp", f"10.0.1.{number}", "*", "443") for number in range(40)]
    where = [vnet("v", "10.0.0.0/16"), subnet("v/a", "10.0.1.0/24"), subnet("v/b", "10.0.2.0/24", nsg="door")]
    where += [vm("web", "v/a", "10.0.1.4", public_ip="20.0.0.4"), vm("sql", "v/b", "10.0.2.4", public_ip="20.0.0.9")]
    old = network(*where, nsg("door", inbound=[*rules, rule(4000, "deny", "any", "*", "*", "*")]))
    new = network(*where, nsg("door", inbound=[*rules, rule(3000, "allow", "tcp", "*", "10.0.2.4", "22"), *rules[:0]]))
    near = found(old, new)
    monkeypatch.setattr(Touched, "headers", lambda *_: None)
    everywhere = found(old, new)
    assert near
    assert {key: one.count for key, one in near.items()} == {key: one.count for key, one in everywhere.items()}
