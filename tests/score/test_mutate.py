"""Which faults are seeded, which of them the checks catch, and what is said about the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from asever.api import load
from asever.azure.effective import effective
from asever.model.answers import Verdict
from asever.model.scores import Score
from asever.pipeline import Options
from asever.score.faults import faults
from asever.score.mutate import mutate

NETWORK = """\
vnet corp {
  address 10.0.0.0/16

  subnet apps { address 10.0.1.0/24 }
  subnet data { address 10.0.2.0/24  nsg data-tier  route-table out }
}

vm web { subnet corp/apps  ip 10.0.1.4 }
vm sql { subnet corp/data  ip 10.0.2.4 }

nsg data-tier {
  inbound {
    100 "SQL"    allow tcp from 10.0.1.4    to * port 1433
    110 "again"  allow tcp from 10.0.1.4/32 to * port 1433
    200 "nobody" deny  any from *           to *
  }
}

route-table out {
  route 8.8.8.0/24 -> none
}

"""
SQL = 'check "SQL arrives" web reaches sql on tcp 1433\n'
ONLY = 'check "nobody else" only web reaches sql\n'


def score(checks: str, **options) -> Score:
    return mutate(load("n.asev", text=NETWORK + checks), Options(), **options)


def said(found) -> set[tuple[str, str]]:
    return {(one.fault.kind, one.fault.what) for one in found}


def test_every_kind_of_fault_is_seeded_in_its_place():
    network = load("n.asev", text=NETWORK + SQL).network
    seeded = {(one.fault.kind, one.fault.before, one.fault.after) for one in faults(network)}
    assert {
        ("flip-access", "allow", "deny"),
        ("widen-prefix", "from 10.0.1.4", "from 10.0.1.4/31"),
        ("widen-ports", "port 1433", "port 1433-1434"),
        ("reorder", "100, then 110", "110, then 100"),
        ("drop-rule", "deny any from * to *", ""),
        ("drop-route", "route 8.8.8.0/24 -> none", ""),
        ("next-hop", "route 8.8.8.0/24 -> none", "route 8.8.8.0/24 -> internet"),
        ("narrow-prefix", "route 8.8.8.0/24 -> none", "route 8.8.8.0/25 -> none"),
        ("detach", "nsg data-tier", ""),
        ("detach", "route-table out", ""),
        ("flip-flag", "ip-forwarding off", "ip-forwarding on"),
        ("flip-flag", "default-outbound on", "default-outbound off"),
    } <= seeded


def test_a_vip_and_the_range_behind_it_are_taken_for_each_other():
    text = """\
vnet corp { address 10.0.0.0/16  subnet a { address 10.0.1.0/26 }  subnet b { address 10.0.2.0/26  nsg g } }
ase one { version v1  subnet corp/a  vip 192.23.1.2 }
ase two { version v1  subnet corp/b  vip 192.23.1.3 }
nsg g { inbound { 100 allow tcp from one.vip to * port 80  200 allow tcp from 10.0.1.0/26 to * port 443 } }
check one reaches two on tcp 80
"""
    swaps = [one.fault for one in faults(load("n.asev", text=text).network) if one.fault.kind == "swap-vip-and-cidr"]
    assert [(one.before, one.after) for one in swaps] == [
        ("from one.vip", "from corp/a"),
        ("from 10.0.1.0/26", "from one.vip"),
    ]
    found = mutate(load("n.asev", text=text), Options())
    assert ("swap-vip-and-cidr", "inbound rule 100") in said(found.caught)


def test_each_fault_changes_one_place_of_the_network():
    network = load("n.asev", text=NETWORK + SQL).network
    for one in faults(network):
        assert one.network != network, one.fault
        effective(one.network)


def test_a_fault_is_caught_if_a_check_is_no_longer_met():
    found = score(SQL + ONLY)
    by = {(one.fault.kind, one.fault.what): (one.check, one.verdict) for one in found.caught}
    assert by["drop-rule", 'inbound rule 200 "nobody"'] == ("nobody else", Verdict.VIOLATED)
    assert by["detach", "nsg data-tier"] == ("nobody else", Verdict.VIOLATED)


def test_rules_that_stand_for_each_other_survive_and_their_check_is_named():
    found = score(SQL + ONLY)
    assert ("drop-rule", 'inbound rule 100 "SQL"') in said(found.harmless)
    assert ("flip-access", 'inbound rule 110 "again"') in said(found.harmless)
    assert ("flip-access", 'inbound rule 100 "SQL"') in said(found.caught)


def test_what_no_check_asks_about_survives_with_a_packet_that_shows_it():
    survivor = next(one for one in score(SQL).survivors if one.fault.kind == "drop-rule" and "nobody" in one.fault.what)
    assert survivor.packet is not None
    assert survivor.packet.target_port != 1433
    assert survivor.fares == "dropped, and delivered with the fault"
    assert survivor.checks == ()


def test_a_check_that_covers_what_changes_and_is_met_all_the_same_is_named():
    can = 'check "something arrives" web can reach sql\n'
    survivor = next(one for one in score(can).survivors if one.fault.kind == "drop-rule" and "nobody" in one.fault.what)
    assert survivor.checks == ("something arrives",)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ('inbound rule 110 "again"', "nsg data-tier decides every packet as before"),
        ("route 8.8.8.0/24", "no flow between two ends that a check names fares otherwise"),
    ],
)
def test_a_fault_that_changes_nothing_is_none_and_does_not_count(what, why):
    found = score(SQL)
    assert why in {one.why for one in found.harmless if one.fault.what == what}
    assert len(found.caught) + len(found.survivors) + len(found.harmless) == found.tried == found.possible


def test_checks_that_are_not_met_catch_nothing():
    found = score('check "SSH arrives" web reaches sql on tcp 22\n')
    assert not found.caught
    assert (found.met, found.checks) == (0, 1)
    assert {one.why for one in found.survivors} == {"no check is met, so none can notice"}


def test_claims_about_groups_catch_faults_of_their_rules():
    twin = NETWORK[NETWORK.index("nsg data-tier {") : NETWORK.index("route-table out {")].replace("data-tier", "as-meant")
    found = score(f"{twin}check nsg data-tier equals nsg as-meant\n")
    assert ("flip-access", 'inbound rule 100 "SQL"') in said(found.caught)


def test_an_expected_violation_catches_what_mends_it():
    found = score('check "no SSH" web reaches sql on tcp 22 expect violated\n')
    assert ("drop-rule", 'inbound rule 200 "nobody"') in said(found.caught)


def test_a_requirement_of_health_catches_as_a_check_does():
    found = mutate(load(Path(__file__).parent / "packs" / "v3.asev"), Options())
    assert {one.check for one in found.caught} == {"one is healthy"}
    assert ("drop-rule", 'inbound rule 110 "ping"') in said(found.caught)


def test_a_sample_is_drawn_by_its_seed_alone():
    first, again, other = (score(SQL + ONLY, seed=seed, most=6) for seed in (1, 1, 2))
    assert first == again
    assert first.tried == 6
    assert first.possible > 6
    assert said((*first.caught, *first.survivors, *first.harmless)) != said((*other.caught, *other.survivors, *other.harmless))


def test_the_score_counts_what_changes_something():
    found = score(SQL)
    assert found.percent == 100 * len(found.caught) / (len(found.caught) + len(found.survivors))
    assert Score(caught=(), survivors=(), harmless=(), possible=0, met=0, checks=0).percent == 100
