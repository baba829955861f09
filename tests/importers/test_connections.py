"""Peerings, gateways and hubs of which a file leaves something open: what takes them is unknown, and the rest is proved."""

import pytest

from tests.importers.azure import (
    imported,
    loaded,
    nic,
    nsg,
    reference,
    resource,
    rule,
    subnet,
    template,
    verdicts,
    vnet,
    write,
)

VNET = "Microsoft.Network/virtualNetworks"
GATEWAY = "Microsoft.Network/virtualNetworkGateways"
LOCAL = "Microsoft.Network/localNetworkGateways"
HUB = "Microsoft.Network/virtualHubs"
CHECKS = "check x never reaches y\ncheck y never reaches x\ncheck x reaches y\ncheck x reaches Internet on tcp 443\n"
OPEN = ["unknown", "unknown", "unknown", "holds"]


def side(remote, **fields):
    return {"name": f"to-{remote}", "properties": {"remoteVirtualNetwork": reference(VNET, remote), **fields}}


def network(name, number, *peerings):
    inside = [subnet("s", f"10.{number}.1.0/24"), subnet("GatewaySubnet", f"10.{number}.255.0/27")]
    return vnet(name, *inside, space=f"10.{number}.0.0/16", virtualNetworkPeerings=list(peerings))


def two(left=None, right=None):
    return [
        network("a", 1, *([side("b", **left)] if left is not None else [])),
        network("b", 2, *([side("a", **right)] if right is not None else [])),
        nic("x", "a/s", "10.1.1.4"),
        nic("y", "b/s", "10.2.1.4"),
    ]


# -- Peerings -----------------------------------------------------------------------------------------------------------


def test_two_peerings_of_which_everything_is_known_are_walked(tmp_path):
    known = {"peeringState": "Connected", "peeringSyncLevel": "FullyInSync", "peerCompleteVnets": True}
    assert verdicts(imported(tmp_path, two(known, known), text=CHECKS)) == ["violated", "violated", "holds", "holds"]


@pytest.mark.parametrize(
    "doubt",
    [
        {"peeringState": "Initiated"},
        {"peeringState": "Disconnected"},
        {"peeringSyncLevel": "RemoteNotInSync"},
        {"peerCompleteVnets": False},
    ],
)
def test_what_crosses_a_peering_that_may_not_be_in_effect_is_unknown(tmp_path, doubt):
    assert verdicts(imported(tmp_path, two(doubt, {}), text=CHECKS)) == OPEN
    assert verdicts(imported(tmp_path, two({}, doubt), text=CHECKS)) == OPEN


def test_a_peering_whose_condition_nobody_knows_is_in_doubt(tmp_path):
    peering = resource(f"{VNET}/virtualNetworkPeerings", "a/to-b", side("b")["properties"], condition="[parameters('on')]")
    peering["name"] = "a/to-b"
    peering["properties"]["remoteVirtualNetwork"]["id"] = f"[resourceId('{VNET}', 'b')]"
    nets = [network("a", 1), network("b", 2, side("a"))]
    nets[1]["properties"]["virtualNetworkPeerings"][0]["properties"]["remoteVirtualNetwork"]["id"] = (
        f"[resourceId('{VNET}', 'a')]"
    )
    content = template(*nets, peering, parameters={"on": {"type": "bool"}})
    machines = "vm x { subnet a/s  ip 10.1.1.4 }\nvm y { subnet b/s  ip 10.2.1.4 }\n"
    assert verdicts(imported(tmp_path, content, text=machines + CHECKS)) == OPEN


def flagged(name, *rules):
    """Two networks of a template with a peering flag that is a parameter, and an NSG before the first."""
    left = side("b", **{name: "[parameters('flag')]"})
    right = side("a", allowForwardedTraffic=True, allowGatewayTransit=True)
    for one, remote in ((left, "b"), (right, "a")):
        one["properties"]["remoteVirtualNetwork"]["id"] = f"[resourceId('{VNET}', '{remote}')]"
    first = network("a", 1, left)
    kind = "Microsoft.Network/networkSecurityGroups"
    first["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] = {"id": f"[resourceId('{kind}', 'g')]"}
    return template(first, network("b", 2, right), nsg("g", *rules), parameters={"flag": {"type": "bool"}})


MACHINES = "vm x { subnet a/s  ip 10.1.1.4 }\nvm y { subnet b/s  ip 10.2.1.4 }\n"


def test_access_that_nobody_knows_leaves_open_who_counts_as_virtual_network(tmp_path):
    rules = [rule("no", 100, "Deny", sourceAddressPrefix="VirtualNetwork", protocol="*", destinationPortRange="*")]
    rules.append(rule("yes", 200, sourceAddressPrefix="10.2.0.0/16"))
    text = MACHINES + "check y never reaches x on tcp 443\ncheck x reaches Internet on tcp 443\n"
    content = flagged("allowVirtualNetworkAccess", *rules)
    assert verdicts(imported(tmp_path, content, text=text)) == ["unknown", "holds"]
    assert verdicts(imported(tmp_path, content, text=text, flag="true")) == ["holds", "holds"]
    assert verdicts(imported(tmp_path, content, text=text, flag="false")) == ["violated", "holds"]


def test_forwarded_traffic_that_nobody_knows_leaves_open_only_what_is_forwarded(tmp_path):
    text = (
        "vm nva { subnet b/s  ip 10.2.1.9  ip-forwarding on  forwards unchanged }\n"
        "vnet c { address 10.3.0.0/16  subnet s { address 10.3.1.0/24  route-table t }  peers b }\n"
        "vm z { subnet c/s  ip 10.3.1.4 }\nroute-table t { route 10.1.0.0/16 -> appliance 10.2.1.9 }\n"
        "check z never reaches x on tcp 443\ncheck y can reach x on tcp 443\n"
    )
    allow = rule("all", 100, protocol="*", destinationPortRange="*")
    content = flagged("allowForwardedTraffic", allow)
    assert verdicts(imported(tmp_path, content, text=MACHINES + text)) == ["unknown", "holds"]


def test_a_gateway_that_a_network_perhaps_uses_makes_its_paths_unknown(tmp_path):
    text = (
        "on-premises office { address 192.168.0.0/16 }\ngateway gw { vnet b  kind vpn  to office }\n"
        "check x never reaches office\ncheck office never reaches x\ncheck y can reach office\ncheck y can reach x\n"
    )
    allow = [rule("in", 100, protocol="*", destinationPortRange="*")]
    content = flagged("useRemoteGateways", *allow)
    assert verdicts(imported(tmp_path, content, text=MACHINES + text)) == ["unknown", "unknown", "holds", "holds"]
    assert verdicts(imported(tmp_path, content, text=MACHINES + text, flag="false")) == ["holds", "holds", "holds", "holds"]


def test_the_written_file_says_unknown_too(tmp_path):
    write(tmp_path, "t.json", two({"peeringState": "Initiated"}, {}))
    program, _ = loaded(tmp_path, 'import "t.json"\n')
    assert program.network.vnets["a"].peerings[0].unknown == {"connected"}


# -- Gateways -----------------------------------------------------------------------------------------------------------


def gateway(name, home, kind="Vpn"):
    place = reference(f"{VNET}/subnets", f"{home}/GatewaySubnet")
    return resource(GATEWAY, name, {"gatewayType": kind, "ipConfigurations": [{"name": "c", "properties": {"subnet": place}}]})


def connection(name, one, **other):
    content = {"connectionType": "IPsec", "virtualNetworkGateway1": reference(GATEWAY, one), **other}
    return resource("Microsoft.Network/connections", name, content)


def test_two_networks_connected_by_their_gateways_may_reach_each_other(tmp_path):
    joined = connection("c", "g", virtualNetworkGateway2=reference(GATEWAY, "h"))
    program = imported(tmp_path, [*two(), gateway("g", "a"), gateway("h", "b"), joined], text=CHECKS)
    assert verdicts(program) == OPEN
    assert any("what one sends to the other is unknown" in note for one in program.warnings for note in one.notes)


def test_every_site_behind_a_gateway_is_reached(tmp_path):
    sites = [resource(LOCAL, f"l{n}", {"localNetworkAddressSpace": {"addressPrefixes": [f"192.168.{n}.0/24"]}}) for n in (1, 2)]
    joined = [connection(f"c{n}", "g", localNetworkGateway2=reference(LOCAL, f"l{n}")) for n in (1, 2)]
    text = "check x can reach l1\ncheck x can reach l2\ncheck l2 can reach x\n"
    program = imported(tmp_path, [*two(), gateway("g", "a"), *sites, *joined], text=text)
    assert verdicts(program) == ["holds", "holds", "holds"]


# -- Hubs ---------------------------------------------------------------------------------------------------------------


def hubbed(name, **fields):
    return resource(
        f"{HUB}/hubVirtualNetworkConnections", f"hub/{name}", {"remoteVirtualNetwork": reference(VNET, name), **fields}
    )


@pytest.mark.parametrize("inside", [False, True])
def test_what_networks_send_each_other_through_a_hub_is_unknown(tmp_path, inside):
    connections = [hubbed("a"), hubbed("b")]
    hub = resource(HUB, "hub", {"virtualNetworkConnections": connections} if inside else {})
    assert verdicts(imported(tmp_path, [*two(), hub, *([] if inside else connections)], text=CHECKS)) == OPEN


def test_a_hub_that_may_bring_a_default_route_leaves_the_internet_open(tmp_path):
    content = [*two(), resource(HUB, "hub", {}), hubbed("a", enableInternetSecurity=True), hubbed("b")]
    text = "check x reaches Internet on tcp 443\ncheck y reaches Internet on tcp 443\ncheck x can reach a/s\n"
    assert verdicts(imported(tmp_path, content, text=text)) == ["unknown", "holds", "holds"]


def test_the_peering_that_azure_makes_with_a_hub_is_a_connection_to_one(tmp_path):
    made = {"name": "RemoteVnetToHubPeering_1", "properties": {"remoteVirtualNetwork": reference(VNET, "HV_hub_1")}}
    content = two()
    content[0]["properties"]["virtualNetworkPeerings"] = [made]
    program = imported(tmp_path, content, text="check x never reaches y\ncheck x can reach a/s\n")
    assert verdicts(program) == ["unknown", "holds"]
    assert set(program.network.vnets) == {"a", "b"}


# -- Name servers -------------------------------------------------------------------------------------------------------


def test_name_servers_that_nobody_knows_are_not_taken_for_azures(tmp_path):
    one = network("a", 1)
    one["properties"]["dhcpOptions"] = {"dnsServers": "[parameters('servers')]"}
    content = template(one, parameters={"servers": {"type": "array"}})
    write(tmp_path, "t.json", content)
    text = 'import "t.json"\nvm x { subnet a/s  ip 10.1.1.4 }\n'
    assert loaded(tmp_path, text)[0] is not None
    program, (only,) = loaded(tmp_path, f"{text}check x reaches x.dns on udp 53\n")
    assert program is None
    assert only.message == "nobody knows the name servers of vm `x`"
