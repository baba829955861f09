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
EXAMPLES = [
    path for path in sorted((ROOT / "examples").rglob("*.asev")) if "nsg" in path.read_text() and "errors" not in path.parts
]


def edits(group):
    """The group without a rule, one after the other, and with the opposite of one."""
    for direction in ("inbound", "outbound"):
        rules = getattr(group, direction)
        for index, rule in enumerate(rules):
            others = rules[:index], rules[index + 1 :]
            yield replace(group, **{direction: (*others[0], *others[1])})
            opposite = replace(rule, access="deny" if rule.access == "allow" else "allow")
            yield replace(group, **{direction: (*others[0], opposite, *others[1])})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_they_are_the_same(path):
    program, _ = load_program(path)
    old = program.network
    tables = effective(old)
    for name, group in list(old.groups.items())[:6]:
        for changed in list(edits(group))[:6]:
            new = replace(old, groups={**old.groups, name: changed})
            assert changed_groups(old, new) == {name}
            assert regrouped(tables, old, new, {name}) == effective(new)


def test_other_sites_are_the_very_same(monkeypatch):
    program, _ = load_program(ROOT / "examples" / "network" / "firewall-hub.asev")
    old = program.network
    tables = effective(old)
    name, group = next((name, group) for name, group in old.groups.items() if group.inbound)
    new = replace(old, groups={**old.groups, name: replace(group, inbound=group.inbound[1:])})
    monkeypatch.setattr(subject, "effective", None)
    again = regrouped(tables, old, new, {name})
    kept = [one for one in again.sites if again.sites[one] is tables.sites[one]]
    assert 0 < len(kept) < len(again.sites)
    assert again.fabrics is tables.fabrics


def test_a_network_that_differs_in_more_is_told_apart():
    program, _ = load_program(ROOT / "examples" / "layered.asev")
    assert changed_groups(program.network, replace(program.network, machines={})) is None
    assert changed_groups(program.network, replace(program.network, groups={})) is None
    assert changed_groups(program.network, program.network) == frozenset()
