"""What VirtualNetwork, Internet and the other tags mean at one place (azure-network-semantics 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from asever.azure.inventory import inventory
from asever.azure.platform import INTERNET_BASE, PROBE, PROBE_SOURCE, TAG_SPACE, app_service_management
from asever.azure.tags import View, canonical_tag, known_tag, meanings, view
from asever.model.addresses import ALL_V4, parse_address, parse_prefix
from asever.model.numbers import NumberSet, union
from asever.model.things import Network, Thing, UserRoute
from tests.azure.tables import CORPUS
from tests.networks import (
    addresses,
    gateway,
    layered,
    network,
    on_premises,
    peer,
    route,
    route_table,
    subnet,
    tag,
    terms,
    vnet,
)

DUMPS = sorted((CORPUS / "effective").glob("*/*NetworkSecurityGroups*.json"))


def tags_at(declared: Network, name: str = "corp/data") -> View:
    return view(inventory(declared), declared.subnets[name])


def match(declared: Network, text: str, name: str = "corp/data") -> dict[frozenset[tuple[str, str]], NumberSet]:
    """The addresses of a source list at a subnet, by condition."""
    found = meanings(inventory(declared), tags_at(declared, name), terms(text), terms("*"))
    return {one.condition: one.source.addresses for one in found}


# -- VirtualNetwork -----------------------------------------------------------------------------------------------------


def test_virtual_network_is_the_vnet_and_the_platform_address() -> None:
    assert tags_at(layered()).vnet == addresses("10.0.0.0/16, 168.63.129.16")


def test_peers_are_in_virtual_network_only_if_both_sides_exist() -> None:
    both = network(
        vnet("corp", "10.0.0.0/16", peers=["hub"]),
        vnet("hub", "10.9.0.0/16", peers=["corp"]),
        subnet("corp/data", "10.0.3.0/24"),
    )
    one = network(vnet("corp", "10.0.0.0/16", peers=["hub"]), vnet("hub", "10.9.0.0/16"), subnet("corp/data", "10.0.3.0/24"))
    assert tags_at(both).vnet == addresses("10.0.0.0/16, 10.9.0.0/16, 168.63.129.16")
    assert tags_at(one).vnet == addresses("10.0.0.0/16, 168.63.129.16")


def test_access_off_takes_the_peer_out_of_the_own_tag_only() -> None:
    declared = network(
        vnet("corp", "10.0.0.0/16", peers=[peer("hub", access=False)]),
        vnet("hub", "10.9.0.0/16", peers=["corp"]),
        subnet("corp/data", "10.0.3.0/24"),
        subnet("hub/shared", "10.9.1.0/24"),
    )
    assert tags_at(declared).vnet == addresses("10.0.0.0/16, 168.63.129.16")
    assert tags_at(declared, "hub/shared").vnet == addresses("10.0.0.0/16, 10.9.0.0/16, 168.63.129.16")


def test_what_gateways_lead_to_is_in_virtual_network_also_through_a_peer() -> None:
    declared = network(
        vnet("hub", "10.9.0.0/16", peers=[peer("corp", gateway_transit=True)]),
        vnet("corp", "10.0.0.0/16", peers=[peer("hub", remote_gateway=True)]),
        vnet("other", "10.8.0.0/16"),
        subnet("hub/shared", "10.9.1.0/24"),
        subnet("corp/data", "10.0.3.0/24"),
        gateway("er", "hub", "expressroute", learns="192.168.0.0/17", to="hq"),
        on_premises("hq", "172.20.0.0/16"),
    )
    behind = addresses("192.168.0.0/17, 172.20.0.0/16")
    assert tags_at(declared, "hub/shared").vnet == addresses("10.9.0.0/16, 10.0.0.0/16, 168.63.129.16") | behind
    assert tags_at(declared).vnet == addresses("10.9.0.0/16, 10.0.0.0/16, 168.63.129.16") | behind


def test_a_default_route_to_an_appliance_widens_the_tag_in_one_reading_and_on_its_subnet_only() -> None:
    declared = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/data", "10.0.3.0/24", route_table="forced"),
        subnet("corp/free", "10.0.4.0/24"),
        route_table("forced", route("0.0.0.0/0", "appliance", "10.0.9.4")),
    )
    narrow = addresses("10.0.0.0/16, 168.63.129.16")
    assert match(declared, "VirtualNetwork") == {
        frozenset({("default-route-widens-virtual-network", "yes")}): ALL_V4,
        frozenset({("default-route-widens-virtual-network", "no")}): narrow,
    }
    assert match(declared, "VirtualNetwork", "corp/free") == {frozenset(): narrow}


YES, NO = (("default-route-widens-virtual-network", one) for one in ("yes", "no"))
APPLIANCES, EVERY = (("virtual-network-next-hops", one) for one in ("appliance-and-gateway", "every"))
MINUS, PLUS = (("internet-minus-vnet", one) for one in ("yes", "no"))


def routed(*routes: UserRoute, more: tuple[Thing, ...] = ()) -> Network:
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/data", "10.0.3.0/24", route_table="own"),
        route_table("own", *routes),
        *more,
    )


@pytest.mark.parametrize("hop", ["internet", "none", "vnet-local"])
def test_routes_to_other_next_hops_widen_the_tag_in_a_reading_of_their_own(hop: str) -> None:
    declared = routed(route("0.0.0.0/0", hop))
    narrow = addresses("10.0.0.0/16, 168.63.129.16")
    assert tags_at(declared).widened == narrow
    assert match(declared, "VirtualNetwork") == {
        frozenset({YES, EVERY}): ALL_V4,
        frozenset({YES, APPLIANCES}): narrow,
        frozenset({NO}): narrow,
    }


def test_next_hops_are_of_no_interest_where_an_appliance_brings_as_much() -> None:
    declared = routed(route("0.0.0.0/0", "appliance", "10.0.9.4"), route("8.8.8.0/24", "none"))
    assert set(match(declared, "VirtualNetwork")) == {frozenset({YES}), frozenset({NO})}


def test_the_prefixes_of_a_routed_service_tag_leave_internet_for_virtual_network() -> None:
    declared = routed(route("Storage", "appliance", "10.0.9.4"), more=(tag("Storage", "40.1.0.0/16"),))
    storage = parse_prefix("40.1.0.0/16")
    assert match(declared, "VirtualNetwork")[frozenset({YES})] == addresses("10.0.0.0/16, 168.63.129.16") | storage
    internet = match(declared, "Internet")
    assert internet[frozenset({YES, MINUS})] == INTERNET_BASE - storage
    assert {internet[frozenset(one)] for one in ({YES, PLUS}, {NO, MINUS}, {NO, PLUS})} == {INTERNET_BASE}


def test_a_routed_service_tag_of_unknown_content_makes_both_tags_unknown_where_it_may_lie() -> None:
    declared = routed(route("Storage", "appliance", "10.0.9.4"))
    known = inventory(declared)
    found = {one.condition: one.source for one in meanings(known, tags_at(declared), terms("VirtualNetwork"), terms("*"))}
    assert found[frozenset({YES})].unknown_tags == {"Storage"}
    assert found[frozenset({NO})].unknown_tags == frozenset()
    found = {one.condition: one.source for one in meanings(known, tags_at(declared), terms("Internet"), terms("*"))}
    assert found[frozenset({YES, MINUS})].unknown_tags == {"Internet without Storage"}
    assert not found[frozenset({YES, MINUS})].addresses.overlaps(known.of_unknown_tags)
    assert found[frozenset({NO, MINUS})].addresses == INTERNET_BASE


def test_a_service_tag_adds_nothing_to_every_address() -> None:
    declared = routed(route("0.0.0.0/0", "appliance", "10.0.9.4"), route("Storage", "internet"))
    assert tags_at(declared).widest_tags == frozenset()
    assert set(match(declared, "VirtualNetwork")) == {frozenset({YES}), frozenset({NO})}


def test_a_learned_default_route_widens_the_tag_unless_it_does_not_reach_the_subnet() -> None:
    declared = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/data", "10.0.3.0/24"),
        subnet("corp/deaf", "10.0.4.0/24", route_table="no-bgp"),
        route_table("no-bgp", bgp_propagation=False),
        gateway("er", "corp", "expressroute", learns="0.0.0.0/0"),
    )
    assert tags_at(declared).widened == ALL_V4
    assert tags_at(declared, "corp/deaf").widened == addresses("10.0.0.0/16, 168.63.129.16")


# -- Internet -----------------------------------------------------------------------------------------------------------


def test_internet_is_one_set_where_virtual_network_is_private() -> None:
    assert match(layered(), "Internet") == {frozenset(): INTERNET_BASE}
    assert PROBE_SOURCE in INTERNET_BASE  # as Azure itself prints it


def test_a_public_range_of_the_vnet_is_internet_in_one_reading_only() -> None:
    declared = network(vnet("corp", "10.0.0.0/16, 51.5.0.0/16"), subnet("corp/data", "51.5.3.0/24"))
    assert match(declared, "Internet") == {
        frozenset({("internet-minus-vnet", "yes")}): INTERNET_BASE - parse_prefix("51.5.0.0/16"),
        frozenset({("internet-minus-vnet", "no")}): INTERNET_BASE,
    }


def test_a_widened_virtual_network_leaves_internet_nothing_in_one_reading() -> None:
    declared = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/data", "10.0.3.0/24", route_table="forced"),
        route_table("forced", route("0.0.0.0/0", "appliance", "10.0.9.4")),
    )
    found = match(declared, "Internet")
    assert len(found) == 4
    both = frozenset({("internet-minus-vnet", "yes"), ("default-route-widens-virtual-network", "yes")})
    assert found[both] == (INTERNET_BASE - ALL_V4) | PROBE


# -- Other tags ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("INTERNET", "Internet"),
        ("VIRTUAL_NETWORK", "VirtualNetwork"),
        ("AZURE_LOADBALANCER", "AzureLoadBalancer"),
        ("sql", "Sql"),
        ("storage.WestEurope", "Storage.WestEurope"),
        ("AzureManagement", "AppServiceManagement"),
        ("Unheard", "Unheard"),
    ],
)
def test_tags_compare_without_regard_to_case_and_have_classic_spellings(written: str, canonical: str) -> None:
    assert canonical_tag(written) == canonical


def test_the_program_s_own_prefixes_of_a_tag_count_whatever_the_case() -> None:
    known = inventory(network(tag("Sql", "40.1.0.0/16"), tag("appservicemanagement", "40.2.0.0/16")))
    assert known_tag(known, "SQL") == parse_prefix("40.1.0.0/16")
    assert known_tag(known, "AppServiceManagement") == parse_prefix("40.2.0.0/16")
    assert known_tag(known, "AzureManagement") == parse_prefix("40.2.0.0/16")
    assert known_tag(known, "Storage") is None


def test_management_addresses_are_those_published() -> None:
    known = inventory(network())
    assert known_tag(known, "AppServiceManagement") == app_service_management()
    assert app_service_management().size == 72 + 10 + 2
    assert app_service_management() <= TAG_SPACE


def test_no_service_tag_holds_private_platform_or_documentation_addresses() -> None:
    for text in ("10.0.0.1", "168.63.129.16", "203.0.113.7", "198.51.100.7", "192.0.2.7"):
        assert parse_address(text) not in TAG_SPACE
    assert parse_address("203.0.113.7") in INTERNET_BASE


# -- What Azure itself printed ------------------------------------------------------------------------------------------


def printed(path: Path, name: str) -> Iterator[NumberSet]:
    """Every expansion of a tag in a recorded answer."""
    for group in json.loads(path.read_text())["value"]:
        for one in group["effectiveSecurityRules"]:
            for side, expanded in (
                ("source", "expandedSourceAddressPrefix"),
                ("destination", "expandedDestinationAddressPrefix"),
            ):
                if one[f"{side}AddressPrefix"] == name and one.get(expanded):
                    yield union(map(parse_prefix, one[expanded])) & ALL_V4


@pytest.mark.skipif(not DUMPS, reason="the recorded answers are not here")
@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.name.split(".")[-2])
def test_the_tags_are_what_azure_printed(path: Path) -> None:
    """VirtualNetwork and AzureLoadBalancer exactly; Internet holds all that Azure printed, 168.63.129.16 included."""
    declared = network(vnet("vnet", "10.0.0.0/16"), subnet("vnet/subnet", "10.0.0.0/24"))
    at = tags_at(declared, "vnet/subnet")
    seen = 0
    for expansion in printed(path, "VirtualNetwork"):
        assert at.vnet == expansion
        seen += 1
    for expansion in printed(path, "AzureLoadBalancer"):
        assert known_tag(inventory(declared), "AzureLoadBalancer") == expansion
    for expansion in printed(path, "Internet"):
        assert expansion - parse_prefix("25.0.0.0/8") <= INTERNET_BASE  # newer answers print parts of it, older ones none
        assert PROBE <= expansion  # noqa: SIM300 - a set, and its subset
        seen += 1
    assert seen > 2


@pytest.mark.skipif(not DUMPS, reason="the recorded answers are not here")
def test_some_recorded_internet_tag_is_exactly_the_base() -> None:
    assert any(expansion == INTERNET_BASE & ALL_V4 for path in DUMPS for expansion in printed(path, "Internet"))
