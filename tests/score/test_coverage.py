"""Which parts of a network the checks rest on."""

from __future__ import annotations

from asever.api import load
from asever.model.scores import Coverage
from asever.pipeline import Options
from asever.score.coverage import coverage

NETWORK = """\
vnet hub   { address 10.0.0.0/16  peers spoke }
vnet spoke { address 10.1.0.0/16
  subnet apps { address 10.1.1.0/24  route-table through }
  subnet data { address 10.1.2.0/24  nsg data-tier }
}
subnet hub/nva { address 10.0.1.0/24 }

vm nva { subnet hub/nva     ip 10.0.1.4  ip-forwarding on  forwards unchanged }
vm web { subnet spoke/apps  ip 10.1.1.4 }
vm sql { subnet spoke/data  ip 10.1.2.4 }

nsg data-tier {
  inbound {
    100 "SQL"    allow tcp from spoke/apps to * port 1433
    110 "SSH"    allow tcp from spoke/apps to * port 22
    200 "nobody" deny  any from *          to *
  }
}

route-table through {
  route 10.0.0.0/16 -> none
  route 9.9.9.0/24  -> none
}

"""
NETWORK = NETWORK.replace("subnet hub/nva { address 10.0.1.0/24 }\n\n", "").replace(
    "vnet hub   { address 10.0.0.0/16  peers spoke }",
    "vnet hub {\n  address 10.0.0.0/16\n  peers spoke\n  subnet nva { address 10.0.1.0/24 }\n}",
)
SQL = 'check "SQL arrives" web reaches sql on tcp 1433\n'
HUB = 'check "not to the hub" web never reaches nva\n'


def found(checks: str) -> Coverage:
    return coverage(load("n.asev", text=NETWORK + checks), Options())


def by(checks: str) -> dict[str, tuple[str, ...]]:
    return {one.text: one.by for one in found(checks).parts}


SQL_RULE = 'inbound rule 100 "SQL": allow tcp from spoke/apps to * port 1433'
SSH_RULE = 'inbound rule 110 "SSH": allow tcp from spoke/apps to * port 22'
NOBODY = 'inbound rule 200 "nobody": deny any from * to *'


def test_a_rule_in_the_core_of_a_proof_is_covered_by_its_check():
    parts = by(SQL)
    assert parts[SQL_RULE] == ("SQL arrives",)
    assert parts[SSH_RULE] == parts[NOBODY] == ()


def test_a_route_in_the_core_of_a_proof_is_covered_by_its_check():
    parts = by(HUB)
    assert parts["route 10.0.0.0/16 -> none"] == ("not to the hub",)
    assert parts["route 9.9.9.0/24 -> none"] == ()


def test_a_rule_that_decides_the_counterexample_of_an_expected_violation_is_covered():
    parts = by('check "no HTTPS" web reaches sql on tcp 443 expect violated\n')
    assert parts[NOBODY] == ("no HTTPS",)
    assert parts[SQL_RULE] == ()


def test_a_rule_that_lets_the_shown_flow_pass_is_covered():
    parts = by('check "SSH can" web can reach sql on tcp 22\n')
    assert parts[SSH_RULE] == ("SSH can",)
    assert parts[SQL_RULE] == ()


def test_a_check_that_is_not_met_covers_nothing():
    whole = found('check "HTTPS arrives" web reaches sql on tcp 443\n')
    assert not whole.covered
    assert (whole.met, whole.checks) == (0, 1)


def test_a_setting_is_covered_if_a_check_is_no_longer_met_when_it_is_turned():
    parts = {(one.resource, one.text): one.by for one in found(SQL + HUB).parts}
    assert parts["subnet spoke/apps", "route-table through"] == ("not to the hub",)
    assert parts["subnet spoke/data", "nsg data-tier"] == ()
    only = {(one.resource, one.text): one.by for one in found('check "only" only spoke/apps reaches sql\n').parts}
    assert only["subnet spoke/data", "nsg data-tier"] == ("only",)


def test_settings_that_the_program_does_not_state_are_no_parts():
    texts = {(one.resource, one.text) for one in found(SQL).parts}
    assert ("vm nva", "ip-forwarding on") in texts
    assert ("vm web", "ip-forwarding off") not in texts


def test_a_claim_that_groups_are_equal_rests_on_all_their_rules():
    twin = NETWORK[NETWORK.index("nsg data-tier {") : NETWORK.index("route-table through {")].replace("data-tier", "as-meant")
    parts = [one for one in found(f"{twin}check nsg data-tier equals nsg as-meant\n").parts if one.kind.value == "rule"]
    assert len(parts) == 6
    assert all(one.by for one in parts)


def test_a_claim_that_a_group_has_no_dead_rules_rests_on_none():
    assert not any(one.by for one in found("check nsg data-tier has no dead rules\n").parts)


def test_the_percentage_is_of_all_parts():
    whole = found(SQL)
    assert whole.percent == 100 * whole.covered / len(whole.parts)
    assert Coverage(parts=(), met=0, checks=0).percent == 100
