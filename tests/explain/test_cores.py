"""What a proof rests on, in networks as people write them: rules, routes, what Azure makes of settings, and assumptions."""

from __future__ import annotations

from asever.api import load
from asever.model.answers import Core
from asever.pipeline import Depth, Options, run
from asever.report.rules import way_text, ways_in_order

NETWORK = """\
vnet corp {
  address 10.0.0.0/16
  subnet apps { address 10.0.1.0/24  route-table out }
  subnet more { address 10.0.3.0/24  route-table out }
  subnet data { address 10.0.2.0/24  nsg data-tier }
}
vm web { subnet corp/apps  ip 10.0.1.4  public-ip 20.1.1.1 }
vm job { subnet corp/more  ip 10.0.3.4 }
vm sql { subnet corp/data  ip 10.0.2.4  public-ip 20.1.1.2 }
nsg data-tier { inbound {
  100 "SQL" allow tcp from corp/apps to * port 1433
  110 "too" allow tcp from 10.0.1.4  to * port 1433
  200       deny  any from *         to *
} }
route-table out {
  route 9.9.9.0/24 -> none
  route 9.9.0.0/16 -> internet
}
"""


def core(check: str, depth: Depth = Depth.SETTINGS) -> Core:
    (finding,) = run(load("n.asev", text=f"{NETWORK}check {check}\n"), Options(core=depth)).results
    assert finding.evidence is not None
    assert finding.evidence.rests_on.minimal
    return finding.evidence.rests_on


def ways(found: Core, *, written: bool) -> list[str]:
    return [way_text(one) for one in ways_in_order(found.ways, written=written)]


def test_a_call_rests_on_its_rule_its_route_and_on_who_takes_it():
    found = core("web reaches sql on tcp 1433")
    assert [one.row.name for one in found.rows] == ["SQL"]
    assert ways(found, written=True) == []
    settings = ways(found, written=False)
    assert "10.0.0.0/16 -> VnetLocal (system route) at web" in settings
    assert "10.0.2.4 is taken by sql, in vnet corp" in settings
    assert not found.readings


def test_of_two_rules_that_stand_for_each_other_one_is_named():
    assert len(core("10.0.1.4 reaches sql on tcp 1433").rows) == 1


def test_a_written_route_is_named_once_whatever_subnets_it_is_in():
    found = core("corp/apps never reaches 9.9.9.9 on tcp 443", Depth.RULES)
    assert ways(found, written=True) == ["route 9.9.9.0/24 -> None (route of out)"]
    assert found.rows == ()


def test_without_being_asked_for_settings_none_are_named():
    found = core("web reaches sql on tcp 1433", Depth.RULES)
    assert (found.ways, found.readings, found.settings) == ((), (), False)


def test_a_source_rests_on_what_gives_it():
    found = core("web reaches 8.8.8.8 on tcp 443 as 20.1.1.1")
    assert "it has a public address of its own at web" in ways(found, written=False)


def test_an_assumption_that_a_proof_needs_is_named_and_one_that_it_does_not_is_not():
    closed = "Internet never reaches sql on tcp 22"
    assert core(closed).readings == ()  # rule 200 comes before Azure's rule for its load balancer
    without = NETWORK.replace("  200       deny  any from *         to *\n", "")
    (finding,) = run(load("n.asev", text=f"{without}check {closed}\n"), Options(core=Depth.SETTINGS)).results
    assert finding.evidence is not None
    assert ("platform-address", "platform-only") in finding.evidence.rests_on.readings
