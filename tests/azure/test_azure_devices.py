"""Appliances and Azure Firewall: what they do with packets that are not their own (azure-network-semantics 5.3, 6, 10)."""

from __future__ import annotations

import pytest

from asever.model.answers import StepKind, Verdict
from asever.pipeline import Options, run
from tests.claims import chosen_readings
from tests.semantics.programs import program

HUB = """
import "std/services"
vnet hub {
  address 10.0.0.0/16
  subnet fw    { address 10.0.0.0/26 }
  subnet near  { address 10.0.1.0/24  route-table via }
  subnet aside { address 10.0.2.0/24 }
  subnet back  { address 10.0.3.0/24  route-table via }
}
route-table via { route 10.0.0.0/16 -> appliance 10.0.0.4  route 0.0.0.0/0 -> appliance 10.0.0.4 }
vm a { subnet hub/near  ip 10.0.1.4 }
vm b { subnet hub/back  ip 10.0.3.4 }
vm c { subnet hub/aside ip 10.0.2.4 }
"""
NVA = HUB + "vm n { subnet hub/fw  ip 10.0.0.4  ip-forwarding on  forwards unchanged }\n"


def firewall(*rules: str, more: str = "public-ip 20.1.1.1") -> str:
    return HUB + "firewall w { subnet hub/fw  ip 10.0.0.4  " + more + "\n" + "\n".join(rules) + "\n}\n"


def finding(text: str, check: str, **assume: str):
    (found,) = run(program(f'{text}\ncheck "it" {check}\n'), Options(readings=chosen_readings(**assume))).results
    return found


def verdict(text: str, check: str, **assume: str) -> Verdict:
    return finding(text, check, **assume).verdict


# -- Machines -----------------------------------------------------------------------------------------------------------


def test_a_machine_that_forwards_is_passed_in_both_directions():
    found = finding(NVA, "a reaches b on https via n")
    assert found.verdict is Verdict.HOLDS


def test_the_reply_must_come_back_through_the_device():
    """c answers a directly: the device, which is stateful, never sees the reply (5.6)."""
    found = finding(NVA, "a reaches c on https")
    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None
    assert found.trace.outcome.value == "reply-lost"
    assert "goes past vm n" in found.trace.steps[-1].because


def test_a_reply_into_a_device_that_has_not_seen_the_call_is_lost():
    found = finding(NVA, "c reaches b on https")
    assert found.verdict is Verdict.VIOLATED
    assert "vm n drops it, because it has not seen the call" in found.trace.steps[-1].because


def test_a_device_that_translates_gets_its_replies():
    text = NVA.replace("forwards unchanged", "forwards translated")
    assert verdict(text, "a reaches c on https as n") is Verdict.HOLDS


SPOKE = """
vnet spoke { address 10.1.0.0/16  peers hub  subnet s { address 10.1.1.0/24 } }
vm d { subnet spoke/s  ip 10.1.1.4 }
"""


def test_a_device_that_translates_is_answered_over_a_peering_too():
    """The address that it gives is its own: the reply comes to where it stands, not to where the packet went (5.6)."""
    text = NVA.replace("forwards unchanged", "forwards translated").replace("0.0.0.0/0 ->", "10.1.0.0/16 ->") + SPOKE
    assert verdict(text, "a reaches d on https as n") is Verdict.HOLDS
    assert verdict(text, "n reaches d on https") is Verdict.HOLDS


def test_an_appliance_that_forwards_unchanged_leads_nobody_to_the_internet():
    """It must give its own address before Azure gives that a public one (7); its own calls leave as any machine's."""
    public = NVA.replace("forwards unchanged", "forwards unchanged  public-ip 20.1.1.1")
    lost = finding(public, "a reaches 52.1.2.3 on https")
    assert lost.verdict is Verdict.VIOLATED
    assert "forwards it unchanged" in lost.trace.steps[-1].detail
    assert verdict(public, "n reaches 52.1.2.3 on https as 20.1.1.1") is Verdict.HOLDS
    translated = public.replace("forwards unchanged", "forwards translated")
    assert verdict(translated, "a reaches 52.1.2.3 on https as 20.1.1.1") is Verdict.HOLDS


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("", Verdict.VIOLATED),
        ("ip-forwarding on", Verdict.VIOLATED),
        ("ip-forwarding on  forwards nothing", Verdict.VIOLATED),
        ("forwards unchanged", Verdict.VIOLATED),
        ("ip-forwarding on  forwards unchanged", Verdict.HOLDS),
    ],
)
def test_what_a_machine_must_be_set_to(flags, expected):
    text = HUB + f"vm n {{ subnet hub/fw  ip 10.0.0.4  {flags} }}\n"
    assert verdict(text, "a reaches b on https") is expected


def test_what_a_guest_does_is_an_assumption_that_the_answer_names():
    text = NVA.replace("forwards unchanged", "")
    found = finding(text, "a reaches b on https")
    assert [(one.name, one.value, one.otherwise) for one in found.dependences] == [
        ("nva-guest-forwarding", "drop-all", Verdict.HOLDS)
    ]
    assert verdict(text, "a reaches b on https", nva_guest_forwarding="forward-all") is Verdict.HOLDS
    assert verdict(text, "a never reaches b on https") is Verdict.VIOLATED
    possible = finding(text, "a can reach b on https")
    assert possible.verdict is Verdict.HOLDS
    assert [one.name for one in possible.dependences] == ["nva-guest-forwarding"]


def test_rules_at_a_device_see_the_packet_as_it_was_sent():
    """Neither address is the device's own; the Internet is not in its VirtualNetwork (10.2, #124192)."""
    text = NVA.replace("subnet fw    {", "subnet fw    { nsg g") + "nsg g { }\n"
    assert verdict(text, "a reaches b on https") is Verdict.HOLDS
    lost = finding(text, "a reaches 52.1.2.3 on https")
    assert lost.verdict is Verdict.VIOLATED
    assert lost.blockers[0].rule == "DenyAllInBound"


def test_a_device_that_meets_its_own_packet_again_loses_it():
    text = NVA.replace("subnet fw    {", "subnet fw    { route-table via")
    found = finding(text, "a reaches b on https")
    assert "round in circles" in found.trace.steps[-1].detail


def test_an_appliance_that_the_file_does_not_describe_is_unknown():
    found = finding(HUB, "a reaches b on https")
    assert found.verdict is Verdict.UNKNOWN
    assert "the appliance at 10.0.0.4" in found.reasons[0]


def test_a_next_hop_that_is_nowhere_near_makes_the_route_invalid():
    text = HUB.replace("10.0.0.0/16 -> appliance 10.0.0.4", "10.0.3.0/24 -> appliance 10.9.0.4")
    found = finding(text, "a reaches b on https")
    assert found.verdict is Verdict.VIOLATED
    assert "neither in vnet hub nor in a peer" in found.trace.steps[-1].detail


# -- Azure Firewall -----------------------------------------------------------------------------------------------------


def test_a_firewall_denies_what_no_rule_allows():
    assert verdict(firewall("100 allow tcp from hub/near to hub/back port 443"), "a reaches b on https") is Verdict.HOLDS
    assert verdict(firewall("100 allow tcp from hub/near to hub/back port 443"), "a never reaches b on ssh") is Verdict.HOLDS


def test_private_destinations_keep_their_source_and_public_ones_lose_it():
    rules = firewall("100 allow tcp from hub/near to * port 443")
    assert verdict(rules, "a reaches b on https as a") is Verdict.HOLDS
    assert verdict(rules, "a reaches Internet on https as w.public-ip") is Verdict.HOLDS


@pytest.mark.parametrize(
    ("snat", "check", "expected"),
    [
        ("always", "a reaches c on https as hub/fw", Verdict.HOLDS),
        ("always", "a reaches c on https as w", Verdict.VIOLATED),
        ("public", "a reaches c on https", Verdict.VIOLATED),
        ("never", "a reaches Internet on https", Verdict.VIOLATED),
    ],
)
def test_which_sources_a_firewall_translates(snat, check, expected):
    text = firewall("100 allow tcp from hub/near to * port 443", more=f"public-ip 20.1.1.1  snat {snat}")
    assert verdict(text, check) is expected


def test_any_protocol_with_a_port_means_tcp_and_udp():
    text = firewall("100 allow any from hub/near to hub/back port 443")
    assert verdict(text, "a reaches b on tcp 443, udp 443") is Verdict.HOLDS
    assert verdict(text, "a never reaches b on icmp") is Verdict.HOLDS
    assert verdict(firewall("100 allow any from hub/near to hub/back"), "a reaches b on icmp") is Verdict.HOLDS


DNAT = "100 dnat tcp from 52.0.0.0/8 to 20.1.1.1 port 443 -> 10.0.3.4 port 8443"


def test_dnat_translates_both_ends_and_lets_nothing_else_in():
    text = firewall(DNAT)
    assert verdict(text, "52.1.1.1 reaches 20.1.1.1 on https as hub/fw") is Verdict.HOLDS
    assert verdict(text, "53.1.1.1 never reaches b") is Verdict.HOLDS
    assert verdict(text, "52.1.1.1 never reaches b on http") is Verdict.HOLDS
    shown = finding(text, "52.1.1.1 can reach b on https")
    assert [step.after.target_port for step in shown.trace.steps if step.kind is StepKind.DESTINATION_NAT] == [8443]


def test_never_is_about_the_port_that_is_called_and_the_one_that_it_arrives_on():
    text = firewall(DNAT)
    assert verdict(text, "Internet never reaches b on tcp 8443") is Verdict.VIOLATED
    assert verdict(text, "Internet never reaches b on https") is Verdict.VIOLATED
    assert verdict(text, "Internet never reaches b on ssh") is Verdict.HOLDS


def test_dnat_skips_network_rules_unless_the_older_text_is_right():
    text = firewall(DNAT, "200 deny tcp from * to hub/back port 8443")
    assert verdict(text, "52.1.1.1 reaches 20.1.1.1 on https") is Verdict.HOLDS
    older = {"firewall_dnat_then_network_rules": "deny-rules"}
    assert verdict(text, "52.1.1.1 reaches 20.1.1.1 on https", **older) is Verdict.VIOLATED
    assert verdict(firewall(DNAT), "52.1.1.1 reaches 20.1.1.1 on https", **older) is Verdict.HOLDS


def test_a_client_that_keeps_its_address_is_answered_past_the_firewall():
    text = firewall(DNAT).replace(
        "subnet back  { address 10.0.3.0/24  route-table via }", "subnet back { address 10.0.3.0/24 }"
    )
    assert verdict(text, "52.1.1.1 reaches 20.1.1.1 on https") is Verdict.HOLDS
    found = finding(text, "52.1.1.1 reaches 20.1.1.1 on https", firewall_dnat_source="client")
    assert found.trace.outcome.value == "reply-lost"


def test_a_public_address_behind_the_firewall_gives_its_replies_to_nobody_who_waits_for_them():
    """The firewall called c's public address; an answer by the firewall's private route comes from another one (5.5)."""
    text = firewall("100 allow any from * to *").replace(
        "c { subnet hub/aside", "c { public-ip 20.1.1.9  nsg g  subnet hub/aside"
    )
    text += "nsg g { inbound { 100 allow tcp from 20.1.1.1 to * port 443 } }\n"
    assert verdict(text, "a reaches 20.1.1.9 on https") is Verdict.HOLDS
    back = text.replace("subnet aside {", "subnet aside { route-table via")
    found = finding(back, "a reaches 20.1.1.9 on https")
    assert found.verdict is Verdict.VIOLATED
    assert found.trace.outcome.value == "reply-lost"


def test_the_internet_cannot_be_reached_without_a_public_address():
    text = firewall("100 allow tcp from hub/near to * port 443", more="")
    found = finding(text, "a reaches Internet on https")
    assert "no public address" in found.trace.steps[-1].detail


# -- Forwarded traffic --------------------------------------------------------------------------------------------------

SPOKES = """
import "std/services"
vnet hub { address 10.0.0.0/16  subnet n { address 10.0.0.0/24 }  peers left  peer right { LEAVES } }
vnet left { address 10.1.0.0/16  subnet s { address 10.1.0.0/24  route-table t }  peer hub { forwarded-traffic on } }
vnet right { address 10.2.0.0/16  subnet s { address 10.2.0.0/24  route-table t }  peer hub { ENTERS } }
route-table t { route 10.0.0.0/8 -> appliance 10.0.0.4 }
vm n { subnet hub/n   ip 10.0.0.4  ip-forwarding on  forwards unchanged }
vm a { subnet left/s  ip 10.1.0.4 }
vm b { subnet right/s ip 10.2.0.4 }
"""
ON, OFF = "forwarded-traffic on", "forwarded-traffic off"


@pytest.mark.parametrize(
    ("leaves", "enters", "direction", "expected"),
    [
        (OFF, ON, "receiver", Verdict.HOLDS),
        (ON, OFF, "receiver", Verdict.VIOLATED),
        (OFF, ON, "sender", Verdict.VIOLATED),
        (ON, OFF, "sender", Verdict.HOLDS),
    ],
)
def test_which_side_lets_forwarded_traffic_pass(leaves, enters, direction, expected):
    text = SPOKES.replace("LEAVES", leaves).replace("ENTERS", enters)
    assert verdict(text, "a reaches b on https", forwarded_traffic_direction=direction) is expected
    assert verdict(text, "n reaches b on https", forwarded_traffic_direction=direction) is Verdict.HOLDS


def test_a_peering_sees_the_source_that_a_device_gives():
    """What carries an address of the hub is not forwarded traffic for its peers (6)."""
    text = SPOKES.replace("LEAVES", ON).replace("ENTERS", OFF)
    assert verdict(text, "a reaches b on https") is Verdict.VIOLATED
    assert verdict(text.replace("forwards unchanged", "forwards translated"), "a reaches b on https as n") is Verdict.HOLDS


def test_a_peering_that_says_nothing_is_taken_as_the_portal_sets_it():
    text = SPOKES.replace("LEAVES", ON).replace("ENTERS", "")
    found = finding(text, "a reaches b on https")
    assert found.verdict is Verdict.HOLDS
    assert ("forwarded-traffic-unless-said", "blocked") in {(one.name, one.alternative) for one in found.dependences}
