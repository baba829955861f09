"""Recordings are read alike whoever made them, and comparing tells a wrong answer from a right one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from asever.model.addresses import format_address, format_addresses
from tests.recorded.network import Recorded, recorded
from tests.recorded.rules import rule_name
from tests.recorded.sessions import Session, session
from tests.recorded.verdicts import Agreement, Finding, finding

SCOPE = "/subscriptions/s/resourceGroups/rg/providers"
NETWORK = f"{SCOPE}/Microsoft.Network"
Json = dict[str, Any]


def nested(name: str, kind: str, **properties: Any) -> Json:
    return {"name": name, "id": f"{NETWORK}/{kind}/{name}", "properties": properties}


def rule(name: str, priority: int, access: str, direction: str = "Inbound", **fields: Any) -> Json:
    written = {
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
    }
    return {
        "name": name,
        "properties": {**written, "priority": priority, "access": access, "direction": direction, **fields},
    }


WEB = rule("web", 200, "Allow", destinationPortRange=None, destinationPortRanges=["80", "443"])
NSG = nested("guard", "networkSecurityGroups", securityRules=[WEB])
TABLE = nested(
    "detour",
    "routeTables",
    routes=[
        {
            "name": "through",
            "properties": {"addressPrefix": "10.9.0.0/16", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.7"},
        }
    ],
)
VNET = nested(
    "corp",
    "virtualNetworks",
    addressSpace={"addressPrefixes": ["10.0.0.0/16"]},
    subnets=[
        {
            "name": "front",
            "properties": {
                "addressPrefix": "10.0.0.0/24",
                "networkSecurityGroup": {"id": NSG["id"]},
                "routeTable": {"id": TABLE["id"]},
            },
        }
    ],
)
VM = f"{SCOPE}/Microsoft.Compute/virtualMachines/vm"
PUBLIC = nested("pip", "publicIPAddresses", ipAddress="20.1.2.3")
NIC = nested(
    "nic",
    "networkInterfaces",
    virtualMachine={"id": VM},
    ipConfigurations=[
        {
            "name": "one",
            "properties": {
                "privateIPAddress": "10.0.0.4",
                "subnet": {"id": f"{VNET['id']}/subnets/front"},
                "publicIPAddress": {"id": PUBLIC["id"]},
            },
        }
    ],
)
ALL = (NSG, TABLE, VNET, PUBLIC, NIC)


def put(*bodies: Json) -> list[Json]:
    return [
        {"method": "PUT", "uri": f"https://h{one['id']}?api-version=1", "status": 201, "responseBody": one} for one in bodies
    ]


def session_of(*interactions: Json, verdicts: tuple[Json, ...] = ()) -> Session:
    numbered = [{"seq": seq, **one} for seq, one in enumerate(interactions)]
    return session("made", {"interactions": numbered, "verdicts": list(verdicts)})


def read(*interactions: Json) -> Recorded:
    found = recorded(session_of(*interactions), len(interactions))
    assert found is not None
    return found


def ask(operation: str, question: Json | None, answer: Json, *bodies: Json, target: str = "watcher") -> Finding:
    verdict = {"operation": operation, "target": target, "request": question, "post_seq": 99, "answer": answer}
    made = session_of(*put(*(bodies or ALL)), verdicts=(verdict,))
    return finding(made, made.verdicts[0])


# -- Reading -------------------------------------------------------------------------------------------------------------


def flattened(value: Any) -> Any:
    if isinstance(value, list):
        return [flattened(one) for one in value]
    if not isinstance(value, dict):
        return value
    parts = {key: flattened(one) for key, one in value.items()}
    return {**parts.pop("properties", {}), **parts}


def pascal(value: Any) -> Any:
    if isinstance(value, list):
        return [pascal(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key[0].upper() + key[1:]: pascal(one) for key, one in value.items()}


@pytest.mark.parametrize(
    "shape", [flattened, lambda one: pascal(flattened(one)), json.dumps, pascal], ids=["flat", "powershell", "text", "pascal"]
)
def test_every_shape_of_a_recording_is_the_same_network(shape: Any) -> None:
    shaped = [{**one, "responseBody": shape(one["responseBody"])} for one in put(*ALL)]
    assert read(*shaped).network == read(*put(*ALL)).network


def test_a_deployed_template_is_the_same_network_as_its_resources() -> None:
    types = {
        "guard": "networkSecurityGroups",
        "detour": "routeTables",
        "corp": "virtualNetworks",
        "pip": "publicIPAddresses",
        "nic": "networkInterfaces",
    }
    resources = [
        {"type": f"Microsoft.Network/{types[one['name']]}", "name": one["name"], "properties": one["properties"]} for one in ALL
    ]
    uri = f"https://h{SCOPE}/Microsoft.Resources/deployments/d"
    for wrapped in ({"resources": resources}, {"properties": {"template": {"resources": resources}}}):
        deployed = {"method": "PUT", "uri": uri, "status": 201, "requestBody": wrapped}
        assert read(deployed).network == read(*put(*ALL)).network


def test_a_rule_of_its_own_request_joins_its_group_and_leaves_it_when_deleted() -> None:
    identity = f"{NSG['id']}/securityRules/late"
    late = {**rule("late", 100, "Deny"), "id": identity}
    gone = {"method": "DELETE", "uri": f"https://h{identity.upper()}", "status": 202}
    names = [each.name for each in read(*put(*ALL, late)).network.groups["guard"].inbound]
    assert names == ["late", "web"]
    assert read(*put(*ALL, late), gone).network == read(*put(*ALL)).network


def test_what_is_read_later_counts_and_what_fails_does_not() -> None:
    changed = nested("guard", "networkSecurityGroups", securityRules=[])
    refused = {**put(changed)[0], "status": 400}
    assert read(*put(*ALL), refused).network.groups["guard"].inbound != ()
    assert read(*put(*ALL, changed)).network.groups["guard"].inbound == ()


def test_a_verdict_is_about_the_network_at_its_moment() -> None:
    made = session_of(*put(*ALL, nested("guard", "networkSecurityGroups", securityRules=[])))
    before, after = (recorded(made, seq) for seq in (len(ALL) - 1, len(ALL)))
    assert before is not None
    assert after is not None
    assert [len(one.network.groups["guard"].inbound) for one in (before, after)] == [1, 0]


def test_ports_addresses_and_members_of_a_rule_are_read_in_singular_and_plural() -> None:
    group = nested("web", "applicationSecurityGroups")
    written = rule(
        "mixed",
        100,
        "Deny",
        "Outbound",
        protocol="*",
        sourceAddressPrefix=None,
        sourceAddressPrefixes=[],
        sourceApplicationSecurityGroups=[{"id": group["id"]}],
        destinationAddressPrefix="10.1.0.0/16",
        destinationAddressPrefixes=["10.2.0.0/16"],
        destinationPortRange=None,
        destinationPortRanges=["80", "8000-8010"],
    )
    found = (
        read(*put(group, nested("guard", "networkSecurityGroups", securityRules=[written]))).network.groups["guard"].outbound[0]
    )
    assert [term.text for term in found.sources] == ["web"]
    assert {term.text for term in found.targets} == {"10.1.0.0/16", "10.2.0.0/16"}
    assert found.target_port.ranges == ((80, 80), (8000, 8010))
    assert found.any_protocol


def test_a_machine_has_its_address_its_public_address_and_its_subnets_things() -> None:
    found = read(*put(*ALL))
    machine = found.network.machines[found.machines_of[VM.casefold()][0]]
    assert [format_address(one) for one in machine.addresses] == ["10.0.0.4"]
    assert machine.public_ip is not None
    assert format_address(machine.public_ip) == "20.1.2.3"
    assert (found.network.subnets["corp/front"].nsg, found.network.subnets["corp/front"].route_table) == ("guard", "detour")


def test_a_peer_that_nobody_reads_has_the_address_space_of_the_peering() -> None:
    peering = {
        "name": "to-far",
        "properties": {
            "peeringState": "Connected",
            "remoteVirtualNetwork": {"id": f"{NETWORK}/virtualNetworks/far"},
            "remoteAddressSpace": {"addressPrefixes": ["10.5.0.0/16"]},
        },
    }
    vnet = {**VNET, "properties": {**VNET["properties"], "virtualNetworkPeerings": [peering]}}
    hop = ask("nextHop", next_hop("10.5.0.9"), {"nextHopType": "VnetPeering", "routeTableId": "System Route"}, *ALL, vnet)
    assert format_addresses(read(*put(*ALL, vnet)).network.vnets["far"].address) == "10.5.0.0/16"
    assert hop.agreement is Agreement.AGREE


def test_vnets_joined_by_their_gateways_are_walked_through_both() -> None:
    far = nested(
        "far",
        "virtualNetworks",
        addressSpace={"addressPrefixes": ["10.5.0.0/16"]},
        subnets=[{"name": "back", "properties": {"addressPrefix": "10.5.0.0/24"}}],
    )
    other = nested(
        "other",
        "networkInterfaces",
        ipConfigurations=[
            {"name": "one", "properties": {"privateIPAddress": "10.5.0.4", "subnet": {"id": f"{far['id']}/subnets/back"}}}
        ],
    )
    question = {"source": {"resourceId": VM}, "destination": {"address": "10.5.0.4", "port": 22}}
    gateways = [
        {"type": "VirtualNetworkGateway", "resourceId": f"{NETWORK}/virtualNetworkGateways/{name}"} for name in ("g1", "g2")
    ]
    ends = {"type": "Source", "address": "10.0.0.4"}, {"type": "VirtualNetwork", "address": "10.5.0.4"}
    joined = {"connectionStatus": "Reachable", "hops": [ends[0], *gateways, ends[1]]}
    apart = {"connectionStatus": "Reachable", "hops": [*ends]}
    assert ask("connectivityCheck", question, joined, *ALL, far, other).agreement is Agreement.AGREE
    assert ask("connectivityCheck", question, apart, *ALL, far, other).agreement is Agreement.DISAGREE


# -- Comparing -----------------------------------------------------------------------------------------------------------


def flow(port: int = 22, direction: str = "Inbound") -> Json:
    return {
        "targetResourceId": VM,
        "direction": direction,
        "protocol": "TCP",
        "localIPAddress": "10.0.0.4",
        "localPort": str(port),
        "remoteIPAddress": "100.1.2.3",
        "remotePort": "*",
    }


def next_hop(target: str) -> Json:
    return {"targetResourceId": VM, "sourceIPAddress": "10.0.0.4", "destinationIPAddress": target}


@pytest.mark.parametrize(
    ("port", "access", "name", "expected"),
    [
        (80, "Allow", "securityRules/web", Agreement.AGREE),
        (80, "Allow", "UserRule_web", Agreement.AGREE),
        (80, "Allow", "DefaultRule_web", Agreement.DISAGREE),
        (80, "Deny", "securityRules/web", Agreement.DISAGREE),
        (22, "Deny", "defaultSecurityRules/DefaultInboundDenyAll", Agreement.AGREE),
        (22, "Deny", "defaultSecurityRules/DenyAllInBound", Agreement.AGREE),
        (22, "Deny", "DefaultRule_DenyAllInBound", Agreement.AGREE),
        (22, "Deny", "securityRules/web", Agreement.DISAGREE),
        (22, "Allow", "defaultSecurityRules/AllowVnetInBound", Agreement.DISAGREE),
    ],
)
def test_ip_flow_verify_agrees_on_access_and_rule_only(port: int, access: str, name: str, expected: Agreement) -> None:
    assert ask("ipFlowVerify", flow(port), {"access": access, "ruleName": name}).agreement is expected


def test_a_star_for_the_clients_port_stands_for_every_port() -> None:
    picky = rule("picky", 100, "Deny", sourcePortRange="1-1024")
    group = nested("guard", "networkSecurityGroups", securityRules=[picky, WEB])
    answer = {"access": "Allow", "ruleName": "securityRules/web"}
    assert ask("ipFlowVerify", flow(80), answer, *ALL, group).agreement is Agreement.DISAGREE


def test_an_nsg_that_the_recording_never_shows_makes_the_answer_a_sample() -> None:
    elsewhere = f"{NETWORK}/networkSecurityGroups/theirs"
    named = {"access": "Deny", "ruleName": "securityRules/x", "ruleId": f"{elsewhere}/securityRules/x"}
    assert ask("ipFlowVerify", flow(), named).agreement is Agreement.SAMPLE
    nic = {**NIC, "properties": {**NIC["properties"], "networkSecurityGroup": {"id": elsewhere}}}
    allowed = {"access": "Allow", "ruleName": "securityRules/web"}
    assert ask("ipFlowVerify", flow(80), allowed, *ALL, nic).agreement is Agreement.SAMPLE


def test_of_a_network_that_only_a_nic_names_nothing_is_compared() -> None:
    nic = {**NIC, "properties": {**NIC["properties"], "networkSecurityGroup": {"id": NSG["id"]}}}
    public = ask("ipFlowVerify", flow(80), {"access": "Allow", "ruleName": "securityRules/web"}, NSG, nic)
    assert public.agreement is Agreement.SAMPLE
    routes = ask("effectiveRouteTable", None, table_of(*ROUTES), NSG, nic, target=f"{NIC['id']}/effectiveRouteTable")
    assert routes.agreement is Agreement.SAMPLE


TABLE_ID = TABLE["id"]


@pytest.mark.parametrize(
    ("target", "answer", "expected"),
    [
        ("10.0.0.9", {"nextHopType": "VirtualNetwork", "routeTableId": "System Route"}, Agreement.AGREE),
        ("10.0.0.9", {"nextHopType": "Internet", "routeTableId": "System Route"}, Agreement.DISAGREE),
        ("8.8.8.8", {"nextHopType": "Internet", "routeTableId": "System Route"}, Agreement.AGREE),
        ("172.16.1.1", {"nextHopType": "None", "routeTableId": "System Route"}, Agreement.AGREE),
        (
            "10.9.1.1",
            {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.7", "routeTableId": TABLE_ID},
            Agreement.AGREE,
        ),
        (
            "10.9.1.1",
            {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.8", "routeTableId": TABLE_ID},
            Agreement.DISAGREE,
        ),
        (
            "10.9.1.1",
            {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.7", "routeTableId": "System Route"},
            Agreement.DISAGREE,
        ),
    ],
)
def test_next_hop_agrees_on_type_address_and_table_only(target: str, answer: Json, expected: Agreement) -> None:
    assert ask("nextHop", next_hop(target), answer).agreement is expected


@pytest.mark.parametrize(
    ("port", "status", "issues", "expected"),
    [
        (443, "Reachable", [], Agreement.AGREE),
        (22, "Reachable", [], Agreement.DISAGREE),
        (22, "Unreachable", [("NetworkSecurityRule", "UserRule_closed")], Agreement.AGREE),
        (22, "Unreachable", [("NetworkSecurityRule", "UserRule_web")], Agreement.DISAGREE),
        (443, "Unreachable", [("NetworkSecurityRule", "UserRule_web")], Agreement.DISAGREE),
        (443, "Unreachable", [("GuestFirewall", "")], Agreement.EXPLAINED),
        (443, "Unknown", [], Agreement.EXPLAINED),
    ],
)
def test_connectivity_agrees_on_the_status_and_on_the_rule_that_denies(
    port: int, status: str, issues: list[tuple[str, str]], expected: Agreement
) -> None:
    group = nested("guard", "networkSecurityGroups", securityRules=[WEB, rule("closed", 4000, "Deny", protocol="*")])
    other = json.loads(json.dumps(NIC).replace("10.0.0.4", "10.0.0.5").replace("/nic", "/second"))
    other["name"] = "second"
    other["properties"].pop("virtualMachine")
    other["properties"]["ipConfigurations"][0]["properties"].pop("publicIPAddress")
    named = [{"type": kind, "context": [{"key": "RuleName", "value": name}]} for kind, name in issues]
    question = {"source": {"resourceId": VM}, "destination": {"address": "10.0.0.5", "port": port}}
    answer = {"connectionStatus": status, "hops": [{"type": "Source"}, {"type": "VirtualNetwork", "issues": named}]}
    assert ask("connectivityCheck", question, answer, *ALL, other, group).agreement is expected


ROUTES = (
    ("Default", "10.0.0.0/16", "VnetLocal"),
    ("Default", "0.0.0.0/0", "Internet"),
    ("User", "10.9.0.0/16", "VirtualAppliance"),
    *(("Default", text, "None") for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")),
)


def table_of(*rows: tuple[str, str, str]) -> Json:
    return {"value": [{"source": a, "state": "Active", "addressPrefix": [b], "nextHopType": c} for a, b, c in rows]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (table_of(*ROUTES), Agreement.AGREE),
        (table_of(*ROUTES, ("Default", "25.0.0.0/8", "None")), Agreement.EXPLAINED),
        (table_of(*(one for one in ROUTES if one[1] != "172.16.0.0/12")), Agreement.EXPLAINED),
        (table_of(*(one for one in ROUTES if one[1] != "192.168.0.0/16")), Agreement.DISAGREE),
        (table_of(*ROUTES, ("User", "25.0.0.0/8", "None")), Agreement.DISAGREE),
        (table_of(*(one for one in ROUTES if one[0] != "User")), Agreement.DISAGREE),
        (table_of(*ROUTES, ("VirtualNetworkGateway", "192.168.1.0/24", "VirtualNetworkGateway")), Agreement.DISAGREE),
    ],
)
def test_effective_routes_agree_on_the_next_hop_of_every_address(answer: Json, expected: Agreement) -> None:
    assert ask("effectiveRouteTable", None, answer, target=f"{NIC['id']}/effectiveRouteTable").agreement is expected


def effective_group(**change: Any) -> Json:
    """What Azure prints of the group; `change` replaces fields of its own rule."""
    inside, probe = "10.0.0.0/16", "168.63.129.16/32"
    widened = [inside, "10.9.0.0/16", probe]
    anywhere = {"sourcePortRange": "0-65535", "destinationPortRange": "0-65535", "protocol": "All"}
    every = {"sourceAddressPrefix": "0.0.0.0/0", "destinationAddressPrefix": "0.0.0.0/0"}
    vnet = {"sourceAddressPrefix": "VirtualNetwork", "destinationAddressPrefix": "VirtualNetwork"}
    own = {**anywhere, **every, "protocol": "Tcp", "destinationPortRanges": ["80-80", "443-443"], "priority": 200}
    own.pop("destinationPortRange")
    rows = [
        {"name": "securityRules/web", "access": "Allow", "direction": "Inbound", **own, **change},
        {"name": "defaultSecurityRules/AllowVnetInBound", "access": "Allow", "direction": "Inbound", "priority": 65000}
        | {**anywhere, **vnet},
        {"name": "defaultSecurityRules/AllowAzureLoadBalancerInBound", "access": "Allow", "direction": "Inbound"}
        | {**anywhere, **every, "sourceAddressPrefix": "AzureLoadBalancer", "priority": 65001},
        {"name": "defaultSecurityRules/DenyAllInBound", "access": "Deny", "direction": "Inbound", "priority": 65500}
        | {**anywhere, **every},
        {"name": "defaultSecurityRules/AllowVnetOutBound", "access": "Allow", "direction": "Outbound", "priority": 65000}
        | {**anywhere, **vnet},
        {"name": "defaultSecurityRules/AllowInternetOutBound", "access": "Allow", "direction": "Outbound", "priority": 65001}
        | {**anywhere, **every, "destinationAddressPrefix": "Internet"},
        {"name": "defaultSecurityRules/DenyAllOutBound", "access": "Deny", "direction": "Outbound", "priority": 65500}
        | {**anywhere, **every},
    ]
    tags = {"VirtualNetwork": widened, "AzureLoadBalancer": [probe]}
    association = {"subnet": {"id": f"{VNET['id']}/subnets/front"}}
    return {
        "networkSecurityGroup": {"id": NSG["id"]},
        "association": association,
        "effectiveSecurityRules": rows,
        "tagMap": tags,
    }


def rules_of(group: Json) -> Finding:
    target = f"{NIC['id']}/effectiveNetworkSecurityGroups"
    return ask("effectiveNetworkSecurityGroups", None, {"value": [group]}, target=target)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Agreement.AGREE),
        ({"access": "Deny"}, Agreement.DISAGREE),
        ({"priority": 101}, Agreement.DISAGREE),
        ({"protocol": "All"}, Agreement.DISAGREE),
        ({"destinationPortRanges": ["80-80"]}, Agreement.DISAGREE),
        ({"sourceAddressPrefix": "10.0.0.0/8"}, Agreement.DISAGREE),
        ({"name": "securityRules/other"}, Agreement.DISAGREE),
    ],
)
def test_effective_rules_agree_on_every_field(change: Mapping[str, Any], expected: Agreement) -> None:
    assert rules_of(effective_group(**change)).agreement is expected


def test_effective_rules_agree_on_what_virtual_network_holds_and_decide_the_assumption() -> None:
    group = effective_group()
    group["tagMap"]["VirtualNetwork"] = ["10.0.0.0/16", "168.63.129.16/32"]
    narrow = rules_of(group)
    assert narrow.agreement is Agreement.EXPLAINED
    assert "default-route-widens-virtual-network as no" in narrow.why
    group["tagMap"]["VirtualNetwork"] = ["10.0.0.0/16"]
    assert rules_of(group).agreement is Agreement.DISAGREE


def test_a_rule_that_azure_does_not_print_is_a_disagreement() -> None:
    group = effective_group()
    del group["effectiveSecurityRules"][2]
    assert rules_of(group).agreement is Agreement.DISAGREE


@pytest.mark.parametrize(
    ("azure", "expected"),
    [
        ("securityRules/Web", (False, "web")),
        ("UserRule_Web", (False, "web")),
        ("Web", (None, "web")),
        ("DefaultRule_DenyAllInBound", (True, "denyallinbound")),
        ("DefaultOutboundDenyAll", (True, "denyalloutbound")),
        ("defaultSecurityRules/DefaultOutboundDenyAll", (True, "denyalloutbound")),
    ],
)
def test_azures_spellings_of_a_rule_are_one(azure: str, expected: tuple[bool | None, str]) -> None:
    assert rule_name(azure) == expected
