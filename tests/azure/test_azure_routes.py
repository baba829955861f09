"""Effective routes (azure-network-semantics 5, 6; ase-network-semantics 6.1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asever.azure.candidates import blocks
from asever.azure.effective import effective
from asever.model.addresses import parse_address, parse_prefix, prefixes
from asever.model.effective import EffectiveNetwork
from asever.model.packets import outside
from asever.model.things import Gateway, OnPremises, RouteTable, UserRoute
from tests.azure.tables import CORPUS, hop, route
from tests.networks import (
    addresses,
    ase,
    gateway,
    network,
    on_premises,
    peer,
    private_endpoint,
    route_table,
    subnet,
    tag,
    vm,
    vnet,
)
from tests.networks import route as user

DUMPS = sorted((CORPUS / "effective").glob("*/*effectiveRouteTable*.json"))


def with_routes(
    *routes: UserRoute, bgp_propagation: bool = True, more: tuple[Gateway | OnPremises, ...] = ()
) -> EffectiveNetwork:
    """A vnet 10.0.0.0/16 with one machine whose subnet has these routes."""
    table: RouteTable = route_table("own", *routes, bgp_propagation=bgp_propagation)
    return effective(
        network(
            vnet("corp", "10.0.0.0/16", region="westeurope"),
            subnet("corp/data", "10.0.3.0/24", route_table="own"),
            vm("sql", "corp/data", "10.0.3.4"),
            table,
            *more,
        )
    )


# -- Azure's own routes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("10.0.9.9", "VnetLocal: vnet corp"),
        ("10.0.3.9", "VnetLocal: vnet corp"),  # no route for the subnet itself
        ("10.1.0.1", "None"),
        ("172.16.0.1", "None"),
        ("192.168.0.1", "None"),
        ("100.64.0.1", "None"),
        ("8.8.8.8", "Internet: Internet"),
        ("168.63.129.16", "VnetLocal: vnet corp"),
    ],
)
def test_system_routes(target: str, expected: str) -> None:
    assert hop(with_routes(), "sql", target) == expected


def test_a_route_says_where_it_comes_from() -> None:
    tables = with_routes(user("8.8.0.0/16", "none", name="no DNS"))
    assert route(tables, "sql", "10.0.9.9").text == "10.0.0.0/16 -> VnetLocal (system route)"
    assert route(tables, "sql", "1.1.1.1").text == "0.0.0.0/0 -> Internet (system route)"
    assert route(tables, "sql", "8.8.8.8").text == "8.8.0.0/16 -> None (route no DNS of own)"
    assert route(tables, "sql", "8.8.8.8").resource == "own"


def test_a_vnet_that_holds_a_reserved_range_has_no_route_that_drops_it() -> None:
    tables = effective(
        network(vnet("wide", "10.0.0.0/8, 192.168.0.0/15"), subnet("wide/a", "10.1.0.0/24"), vm("a", "wide/a", "10.1.0.4"))
    )
    texts = [one.text for one in tables.sites["a"].routes]
    assert "10.0.0.0/8 -> None (system route)" not in texts
    assert "192.168.0.0/16 -> None (system route)" not in texts
    assert "172.16.0.0/12 -> None (system route)" in texts


def test_a_default_route_to_an_appliance_removes_the_reserved_ranges() -> None:
    tables = with_routes(user("0.0.0.0/0", "appliance", "10.0.9.4"))
    assert not any("None (system route)" in one.text for one in tables.sites["sql"].routes)


@pytest.mark.parametrize("hop_type", ["internet", "none"])
def test_a_default_route_to_elsewhere_removes_them_in_one_reading(hop_type: str) -> None:
    tables = with_routes(user("0.0.0.0/0", hop_type))
    kept = [one for one in tables.sites["sql"].routes if "None (system route)" in one.text]
    assert {next(iter(one.destinations.ranges))[0] >> 24 for one in kept} == {10, 100, 172, 192}
    assert {one.condition for one in kept} == {frozenset({("reserved-routes-removed-by", "appliance-or-learned")})}


def test_a_learned_default_route_removes_them_too_unless_it_is_not_propagated() -> None:
    learned = gateway("er", "corp", "expressroute", learns="0.0.0.0/0")
    assert hop(with_routes(more=(learned,)), "sql", "192.168.0.1") == "VirtualNetworkGateway: gateway er"
    assert hop(with_routes(more=(learned,), bgp_propagation=False), "sql", "192.168.0.1") == "None"


# -- Selection ----------------------------------------------------------------------------------------------------------


def test_the_longest_prefix_wins() -> None:
    tables = with_routes(user("0.0.0.0/0", "none"), user("40.0.0.0/8", "internet"), user("40.1.0.0/16", "none"))
    assert hop(tables, "sql", "40.1.2.3") == "None"
    assert hop(tables, "sql", "40.2.2.3") == "Internet: Internet"
    assert hop(tables, "sql", "50.2.2.3") == "None"


def test_of_equal_prefixes_the_user_s_beats_the_gateway_s_beats_azure_s() -> None:
    learned = gateway("er", "corp", "expressroute", learns="0.0.0.0/0, 40.0.0.0/8")
    assert hop(with_routes(more=(learned,)), "sql", "8.8.8.8") == "VirtualNetworkGateway: gateway er"
    fixed = with_routes(user("0.0.0.0/0", "internet"), more=(learned,))
    assert hop(fixed, "sql", "8.8.8.8") == "Internet: Internet"
    # A more specific learned prefix defeats the user's default route (ase 6.3 A).
    assert hop(fixed, "sql", "40.1.2.3") == "VirtualNetworkGateway: gateway er"


def test_a_user_route_overrides_the_vnet_s_own_even_inside_the_subnet() -> None:
    tables = with_routes(user("10.0.0.0/16", "none"))
    assert hop(tables, "sql", "10.0.3.9") == "None"
    restored = with_routes(user("10.0.0.0/16", "none"), user("10.0.3.0/24", "vnet-local"))
    assert hop(restored, "sql", "10.0.3.9") == "VnetLocal: vnet corp"


def test_vnet_and_peering_routes_beat_more_specific_learned_ones() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16", peers=["hub"]),
            vnet("hub", "10.9.0.0/16", peers=["corp"]),
            subnet("corp/data", "10.0.3.0/24"),
            vm("sql", "corp/data", "10.0.3.4"),
            gateway("er", "corp", "expressroute", learns="10.0.5.0/24, 10.9.5.0/24, 10.8.0.0/24"),
        )
    )
    assert hop(tables, "sql", "10.0.5.1") == "VnetLocal: vnet corp"
    assert hop(tables, "sql", "10.9.5.1") == "VNetPeering: vnet hub"
    assert hop(tables, "sql", "10.8.0.1") == "VirtualNetworkGateway: gateway er"


def test_of_equal_user_prefixes_the_explicit_one_beats_the_tag_s() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/data", "10.0.3.0/24", route_table="own"),
            vm("sql", "corp/data", "10.0.3.4"),
            tag("Storage", "40.1.0.0/16, 40.2.0.0/16"),
            tag("Storage.EastUS", "40.2.0.0/16, 40.5.0.0/16"),
            route_table("own", user("Storage", "none"), user("Storage.EastUS", "internet"), user("40.5.0.0/16", "none")),
        )
    )
    assert hop(tables, "sql", "40.1.0.1") == "None"
    assert hop(tables, "sql", "40.2.0.1") == "Internet: Internet"
    assert hop(tables, "sql", "40.5.0.1") == "None"


def test_a_route_to_a_tag_of_unknown_content_matters_only_where_it_leads_elsewhere() -> None:
    harmless = with_routes(user("AppService", "internet"))
    assert hop(harmless, "sql", "8.8.8.8") == "Internet: Internet"
    harmful = with_routes(user("AppService", "none"), user("8.8.8.8/32", "internet"))
    perhaps = route(harmful, "sql", "9.9.9.9")
    assert (perhaps.tag, perhaps.hop.value) == ("AppService", "None")
    assert perhaps.is_for(frozenset({"AppService"}))
    assert perhaps.is_for(frozenset()) is None
    assert hop(harmful, "sql", "8.8.8.8") == "Internet: Internet"  # nothing is longer than one address
    assert hop(harmful, "sql", "10.0.9.9") == "VnetLocal: vnet corp"


def test_management_addresses_can_be_routed_by_their_tag() -> None:
    learned = gateway("er", "corp", "expressroute", learns="0.0.0.0/0")
    tables = with_routes(user("AppServiceManagement", "internet"), more=(learned,))
    assert hop(tables, "sql", "13.66.140.0") == "Internet: Internet"
    assert hop(tables, "sql", "13.66.140.1") == "VirtualNetworkGateway: gateway er"


# -- Hops ---------------------------------------------------------------------------------------------------------------


def test_an_appliance_is_not_followed_and_named() -> None:
    found = route(with_routes(user("0.0.0.0/0", "appliance", "10.0.9.4", name="all")), "sql", "8.8.8.8")
    assert found.unmodelled == "the appliance at 10.0.9.4 (route all of own)"
    assert found.hop.value == "VirtualAppliance"


def test_a_user_route_to_the_gateway_needs_exactly_one_of_vpn() -> None:
    target = user("192.168.0.0/16", "gateway")
    vpn, circuit = gateway("vpn", "corp"), gateway("er", "corp", "expressroute")
    assert hop(with_routes(target, more=(vpn,)), "sql", "192.168.0.1") == "VirtualNetworkGateway: gateway vpn"
    for gateways in ((), (circuit,), (vpn, circuit)):
        invalid = route(with_routes(target, more=gateways), "sql", "192.168.0.1")
        assert invalid.fabric is None
        assert not invalid.recipients
        assert invalid.unmodelled is None
        assert "which is invalid" in invalid.text


def test_a_user_route_to_the_gateway_passes_the_gateway() -> None:
    found = route(with_routes(user("192.168.0.0/16", "gateway"), more=(gateway("vpn", "corp"),)), "sql", "192.168.0.1")
    assert found.resource == "vpn"
    assert "of own" in found.text


def test_a_gateway_brings_what_it_learns_and_what_it_leads_to() -> None:
    tables = with_routes(more=(gateway("vpn", "corp", learns="192.168.0.0/17", to="hq"), on_premises("hq", "172.20.0.0/16")))
    assert hop(tables, "sql", "192.168.0.1") == "VirtualNetworkGateway: gateway vpn"
    assert hop(tables, "sql", "172.20.0.1") == "VirtualNetworkGateway: gateway vpn"
    assert hop(tables, "sql", "172.21.0.1") == "None"
    assert route(tables, "sql", "172.20.0.1").regional is False
    assert route(tables, "sql", "172.20.0.1").resource == "vpn"


# -- Peering ------------------------------------------------------------------------------------------------------------


def peered(first_region: str | None, second_region: str | None, *, back: bool = True, access: bool = True) -> EffectiveNetwork:
    return effective(
        network(
            vnet("a", "10.1.0.0/16", region=first_region, peers=[peer("b", access=access)]),
            vnet("b", "10.2.0.0/16", region=second_region, peers=["a"] if back else []),
            subnet("a/s", "10.1.0.0/24"),
            subnet("b/s", "10.2.0.0/24"),
            vm("m", "a/s", "10.1.0.4"),
            ase("old", "b/s", 2, vip="192.23.1.2", ilb="10.2.0.11"),
        )
    )


def test_peering_needs_both_sides() -> None:
    assert hop(peered(None, None), "m", "10.2.0.5") == "VNetPeering: vnet b"
    assert hop(peered(None, None, back=False), "m", "10.2.0.5") == "None"


@pytest.mark.parametrize(
    ("first", "second", "kind", "regional"),
    [
        ("westeurope", "WestEurope", "VNetPeering", True),
        ("westeurope", "eastus", "VNetGlobalPeering", False),
        ("westeurope", None, "VNetPeering", None),
    ],
)
def test_peering_stays_in_the_region_or_not(first: str | None, second: str | None, kind: str, regional: bool | None) -> None:
    found = route(peered(first, second), "m", "10.2.0.5")
    assert (found.hop.value, found.regional) == (kind, regional)


def test_an_old_ilb_environment_does_not_answer_over_global_peering() -> None:
    assert hop(peered("westeurope", "westeurope"), "m", "10.2.0.11") == "VNetPeering: vnet b"
    assert hop(peered("westeurope", "eastus"), "m", "10.2.0.11") == "VNetGlobalPeering"


def test_access_off_leaves_the_routes_as_they_are() -> None:
    assert hop(peered(None, None, access=False), "m", "10.2.0.5") == "VNetPeering: vnet b"


def test_peering_is_not_transitive() -> None:
    tables = effective(
        network(
            vnet("a", "10.1.0.0/16", peers=["hub"]),
            vnet("hub", "10.9.0.0/16", peers=["a", "b"]),
            vnet("b", "10.2.0.0/16", peers=["hub"]),
            subnet("a/s", "10.1.0.0/24"),
            vm("m", "a/s", "10.1.0.4"),
        )
    )
    assert hop(tables, "m", "10.2.0.5") == "None"


def test_a_spoke_uses_the_hub_s_gateway_only_if_both_say_so() -> None:
    def spoke(*, transit: bool, remote: bool) -> str:
        tables = effective(
            network(
                vnet("hub", "10.9.0.0/16", peers=[peer("a", gateway_transit=transit)]),
                vnet("a", "10.1.0.0/16", peers=[peer("hub", remote_gateway=remote)]),
                subnet("a/s", "10.1.0.0/24"),
                vm("m", "a/s", "10.1.0.4"),
                gateway("vpn", "hub", to="hq"),
                on_premises("hq", "192.168.0.0/16"),
            )
        )
        back = route(tables, "hq", "10.1.0.4").fabric
        assert (back == "vnet a") is (transit and remote)
        return hop(tables, "m", "192.168.0.1")

    assert spoke(transit=True, remote=True) == "VirtualNetworkGateway: gateway vpn"
    assert spoke(transit=True, remote=False) == "None"
    assert spoke(transit=False, remote=True) == "None"


# -- Endpoints ----------------------------------------------------------------------------------------------------------


def test_which_of_two_routes_is_longer_is_not_known_where_one_is_to_a_tag_of_unknown_content() -> None:
    tables = with_routes(user("AppService", "none"), user("40.0.0.0/8", "internet"), user("0.0.0.0/0", "internet"))
    found = route(tables, "sql", "40.1.2.3")
    assert (found.tag, found.hop.value) == ("AppService.longer-than-40.0.0.0/8", "None")
    assert found.is_for(frozenset({"AppService"})) is None
    assert found.is_for(frozenset({outside("AppService")})) is False
    same_way = with_routes(user("AppService", "internet"), user("40.0.0.0/8", "internet"), user("0.0.0.0/0", "none"))
    assert route(same_way, "sql", "40.1.2.3").tag == "AppService"


def test_the_tag_of_all_of_azure_holds_the_addresses_of_the_file_s_own_resources() -> None:
    def others(tag_name: str) -> str | None:
        tables = effective(
            network(
                vnet("corp", "10.0.0.0/16, 51.5.0.0/16"),
                subnet("corp/apps", "10.0.1.0/26", route_table="own"),
                subnet("corp/back", "10.0.2.0/26"),
                ase("one", "corp/apps", vip="192.23.1.2"),
                ase("two", "corp/back", vip="192.23.1.3"),
                route_table("own", user(tag_name, "none")),
            )
        )
        assert route(tables, "one", "51.5.0.4").tag is None  # inside the virtual network
        return route(tables, "one", "192.23.1.3").tag

    assert others("AzureCloud") == "AzureCloud"
    assert others("Storage") is None


def test_a_service_endpoint_leads_where_its_service_may_be_meant_and_nowhere_else() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26", service_endpoints=("Sql",)),
            subnet("corp/back", "10.0.2.0/26"),
            ase("one", "corp/apps", vip="192.23.1.2"),
            ase("two", "corp/back", vip="192.23.1.3"),
        )
    )
    leads = "VirtualNetworkServiceEndpoint: service endpoints of subnet corp/apps"
    assert (route(tables, "one", "40.1.2.3").tag, hop(tables, "one", "40.1.2.3")) == ("Sql", leads)
    assert hop(tables, "one", "192.23.1.3") == "Internet: Internet"  # another environment is no database
    assert hop(tables, "one", "13.66.140.0") == "Internet: Internet"  # nor is Azure's management
    assert hop(tables, "one", "10.0.2.4") == "VnetLocal: vnet corp"
    assert hop(tables, "two", "40.1.2.3") == "Internet: Internet"


def test_a_service_endpoint_with_known_prefixes_leads_to_these_only() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26", service_endpoints=("Sql",), route_table="own"),
            vm("m", "corp/apps", "10.0.1.4"),
            tag("Sql", "40.1.0.0/16"),
            route_table("own", user("40.1.0.0/16", "none"), user("40.1.5.0/24", "none")),
        )
    )
    on_equal_prefixes = [one for one in tables.sites["m"].routes if parse_address("40.1.2.3") in one.destinations]
    assert [(one.hop.value, dict(one.condition)) for one in on_equal_prefixes[:2]] == [
        ("VirtualNetworkServiceEndpoint", {"service-endpoint-against-equal-route": "endpoint"}),
        ("None", {}),
    ]
    assert hop(tables, "m", "40.1.5.3") == "None"  # a longer user route wins
    assert hop(tables, "m", "40.2.2.3") == "Internet: Internet"


def test_a_service_endpoint_wins_over_a_gateway_s_longer_route_and_speaks_ipv4() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16, fd00::/56"),
            subnet("corp/apps", "10.0.1.0/26, fd00::/64", service_endpoints=("Sql", "Storage")),
            vm("m", "corp/apps", "10.0.1.4", "fd00::4"),
            tag("Sql", "40.1.0.0/16, 2603::/32"),
            gateway("vpn", "corp", learns="0.0.0.0/0, 40.1.5.0/24, 52.0.0.0/8"),
        )
    )
    leads = "VirtualNetworkServiceEndpoint: service endpoints of subnet corp/apps"
    known = [one for one in tables.sites["m"].routes if parse_address("40.1.5.3") in one.destinations and one.tag is None]
    assert known[0].fabric == "service endpoints of subnet corp/apps"
    assert (route(tables, "m", "52.1.2.3").tag, hop(tables, "m", "52.1.2.3")) == ("Storage", leads)
    assert hop(tables, "m", "2603::1") == "Internet: Internet"


@pytest.mark.parametrize(
    ("policies", "prefix", "expected"),
    [
        ("off", "10.0.1.0/24", "InterfaceEndpoint"),
        ("nsg", "10.0.1.0/24", "InterfaceEndpoint"),
        ("routes", "10.0.1.0/24", "None"),
        ("on", "10.0.0.0/16", "None"),
        ("on", "10.0.0.0/15", "InterfaceEndpoint"),  # broader than the virtual network
        ("on", "0.0.0.0/0", "InterfaceEndpoint"),
        ("on", "10.0.2.0/24", "InterfaceEndpoint"),
        ("off", "10.0.1.9/32", "None"),
    ],
)
def test_user_routes_against_that_of_a_private_endpoint(policies: str, prefix: str, expected: str) -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26", private_endpoint_policies=policies),
            subnet("corp/front", "10.0.3.0/26", route_table="own"),
            subnet("corp/GatewaySubnet", "10.0.255.0/27", route_table="own"),
            vm("m", "corp/front", "10.0.3.4"),
            private_endpoint("db", "corp/apps", "10.0.1.9", "Sql"),
            route_table("own", user(prefix, "none")),
            gateway("vpn", "corp", to="hq"),
            on_premises("hq", "192.168.0.0/16"),
        )
    )
    assert route(tables, "m", "10.0.1.9").hop.value == expected
    if prefix not in {"10.0.0.0/15", "0.0.0.0/0"}:
        assert route(tables, "hq", "10.0.1.9").hop.value == expected  # by the gateway's own route table


def test_a_private_endpoint_has_a_route_of_its_own_in_its_vnet_and_the_peers() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26", route_table="own"),
            vm("m", "corp/apps", "10.0.1.4"),
            private_endpoint("db", "corp/apps", "10.0.1.9", "Sql"),
            route_table("own", user("10.0.0.0/16", "none")),
        )
    )
    assert hop(tables, "m", "10.0.1.9") == "InterfaceEndpoint: vnet corp"
    assert hop(tables, "m", "10.0.1.8") == "None"


# -- Outside ------------------------------------------------------------------------------------------------------------


def test_on_premises_routes_lead_where_its_gateways_are() -> None:
    tables = with_routes(
        more=(gateway("vpn", "corp", to="hq"), on_premises("hq", "192.168.0.0/16"), on_premises("lone", "172.20.0.0/16"))
    )
    assert hop(tables, "hq", "10.0.3.4") == "VirtualNetworkGateway: vnet corp"
    assert hop(tables, "hq", "192.168.7.7") == "VnetLocal: gateway vpn"
    assert hop(tables, "hq", "8.8.8.8") == "Internet: Internet"
    assert hop(tables, "lone", "10.0.3.4") == "Internet: Internet"
    assert hop(tables, "lone", "172.20.7.7") == "VnetLocal: on-premises lone"


def test_the_gateway_subnet_s_route_table_counts_on_the_way_in() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/GatewaySubnet", "10.0.255.0/27", route_table="in"),
            subnet("corp/data", "10.0.3.0/24"),
            vm("sql", "corp/data", "10.0.3.4"),
            route_table("in", user("10.0.3.0/24", "appliance", "10.0.9.4"), user("0.0.0.0/0", "none")),
            gateway("vpn", "corp", to="hq"),
            on_premises("hq", "192.168.0.0/16"),
        )
    )
    assert "10.0.9.4" in (route(tables, "hq", "10.0.3.4").unmodelled or "")
    # A default route is shorter than the vnet's own (azure-network-semantics 5.4).
    assert hop(tables, "hq", "10.0.4.4") == "VirtualNetworkGateway: vnet corp"


# -- Details ------------------------------------------------------------------------------------------------------------


def test_blocks_keep_the_lengths_of_prefixes() -> None:
    found = dict(blocks(addresses("10.0.0.0/16, 10.2.0.0/16, 192.168.0.0/24, 2001:db8::/32")))
    assert set(found) == {16, 24, 32}
    assert found[16] == addresses("10.0.0.0/16, 10.2.0.0/16")
    assert found[32] == addresses("2001:db8::/32")


@pytest.mark.skipif(not DUMPS, reason="the recorded answers are not here")
@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.name.split(".")[-2])
def test_system_routes_are_what_azure_printed(path: Path) -> None:
    """Every route of ours is in the recorded table, but for 172.16.0.0/12 in old ones; theirs may drop more ranges."""
    tables = effective(network(vnet("v", "10.0.0.0/16"), subnet("v/s", "10.0.0.0/24"), vm("m", "v/s", "10.0.0.4")))
    recorded = {
        (prefix, one["nextHopType"]) for one in json.loads(path.read_text())["value"] for prefix in one["addressPrefix"]
    }
    ours = {(prefix, one.hop.value) for one in tables.sites["m"].routes[1:] for prefix in prefixes(one.destinations)}
    assert ours - recorded <= {("172.16.0.0/12", "None")}
    reserved = {"None"}
    assert {kind for prefix, kind in recorded - ours} <= reserved
    assert parse_prefix("0.0.0.0/0") in [one.destinations for one in tables.sites["m"].routes]
