"""The tables after an edit of an NSG's rules are those that are made from scratch, in every example."""

from __future__ import annotations

from pathlib import Path

import pytest

from asever.azure import regrouped as subject
from asever.azure.effective import effective
from asever.azure.regrouped import changed_groups, regrouped
from asever.record import replace
from asever.semantics.loading import load_program

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {
    path.stem: program
    for path in sorted((ROOT / "examples").rglob("*.asev"))
    if "nsg" in path.read_text() and (program := load_program(path)[0]) is not None
}


def edits(group):
    """The group without a rule, one after the other, and with the opposite of one."""
    for direction in ("inbound", "outbound"):
        rules = getattr(group, direction)
        for index, rule in enumerate(rules):
            others = rules[:index], rules[index + 1 :]
            yield replace(group, **{direction: (*others[0], *others[1])})
            opposite = replace(rule, access="deny" if rule.access == "allow" else "allow")
            yield replace(group, **{direction: (*others[0], opposite, *others[1])})


@pytest.mark.parametrize("example", PROGRAMS)
def test_they_are_the_same(example):
    old = PROGRAMS[example].network
    tables = effective(old)
    for name, group in list(old.groups.items())[:6]:
        for changed in list(edits(group))[:6]:
            new = replace(old, groups={**old.groups, name: changed})
            assert changed_groups(old, new) == {name}
            assert regrouped(tables, old, new, {name}) == effective(new)


def test_other_sites_are_the_very_same(monkeypatch):
    old = PROGRAMS["firewall-hub"].network
    tables = effective(old)
    name, group = next((name, group) for name, group in old.groups.items() if group.inbound)
    new = replace(old, groups={**old.groups, name: replace(group, inbound=group.inbound[1:])})
    monkeypatch.setattr(subject, "effective", None)
    again = regrouped(tables, old, new, {name})
    kept = [one for one in again.sites if again.sites[one] is tables.sites[one]]
    assert 0 < len(kept) < len(again.sites)
    assert again.fabrics is tables.fabrics


def test_a_network_that_differs_in_more_is_told_apart():
    program = PROGRAMS["layered"]
    assert changed_groups(program.network, replace(program.network, machines={})) is None
    assert changed_groups(program.network, replace(program.network, groups={})) is None
    assert changed_groups(program.network, program.network) == frozenset()
