"""The whole: sites, fabrics, what is behind gateways, and what is named as not modelled."""

from __future__ import annotations

import pytest

from asever.azure.assumptions import ASSUMPTIONS, reading
from asever.azure.effective import effective
from asever.catalogue.facts import FACTS
from asever.model.addresses import parse_address
from asever.model.effective import TO_DEVICE, EffectiveNetwork, SiteKind
from asever.model.things import Network
from tests.azure.tables import arrival, fate, named, route, translation
from tests.networks import (
    addresses,
    ase,
    firewall,
    gateway,
    layered,
    load_balancer,
    nat_gateway,
    network,
    nsg,
    on_premises,
    peer,
    platform_service,
    private_endpoint,
    rule,
    subnet,
    vm,
    vnet,
)


def everything() -> Network:
    """One network with a thing of every kind."""
    return network(
        vnet("hub", "10.9.0.0/16", region="westeurope", peers=[peer("corp", gateway_transit=True)]),
        vnet("corp", "10.0.0.0/16, 51.5.0.0/16", region="westeurope", peers=[peer("hub", remote_gateway=True)]),
        subnet("corp/apps", "10.0.1.0/26", nsg="own"),
        subnet("corp/inside", "10.0.2.0/26", nsg="own"),
        subnet("corp/data", "10.0.3.0/24", nsg="own", service_endpoints=("Sql",)),
        subnet("corp/out", "10.0.4.0/24", nat_gateway="nat"),
        subnet("hub/AzureFirewallSubnet", "10.9.1.0/26"),
        ase("one", "corp/apps", vip="192.23.1.2", ip_ssl=[("192.23.1.9", 20001, 20002)]),
        ase("two", "corp/inside", 2, ilb="10.0.2.11", ftp="public"),
        vm("sql", "corp/data", "10.0.3.4", public_ip="20.5.5.5"),
        vm("web", "corp/out", "10.0.4.4", public_ip="20.5.5.6"),
        nsg("own", inbound=[rule(100, "allow", "tcp", "Internet"), rule(200, "deny", "any", "*")]),
        gateway("vpn", "hub", learns="0.0.0.0/0", to="hq"),
        on_premises("hq", "192.168.0.0/16"),
        on_premises("office", "203.0.113.0/28"),
        nat_gateway("nat", "20.9.9.9"),
        firewall("fw", "hub/AzureFirewallSubnet", "10.9.1.4", public_ip="20.7.7.7"),
        load_balancer("front", "20.8.8.8", rules=[("tcp", 443, 443)], backends=("web",)),
        load_balancer("back", "10.0.4.9", subnet="corp/out", backends=("web",)),
        private_endpoint("db", "corp/data", "10.0.3.9", "Sql"),
        platform_service("store", "Storage", addresses="192.23.1.2"),
    )


@pytest.fixture(scope="module")
def whole() -> EffectiveNetwork:
    return effective(everything())


# -- Invariants of the tables -------------------------------------------------------------------------------------------


def test_every_reference_in_the_tables_resolves(whole: EffectiveNetwork) -> None:
    fabrics, sites = set(whole.fabrics), set(whole.sites)
    for site in whole.sites.values():
        assert site.home in fabrics
        assert {one.fabric for one in site.routes if one.fabric} <= fabrics
        assert {one.fabric for one in site.translations} <= fabrics | {TO_DEVICE}
        assert {one.site for route in site.routes for one in route.recipients} <= sites
    for fabric in whole.fabrics.values():
        for one in fabric.arrivals:
            assert (one.site is not None) + bool(one.recipients) + (one.continues is not None) + (one.drops is not None) == 1
            assert one.site is None or one.site in sites
            assert {each.site for each in one.recipients} <= sites
            assert one.continues is None or one.continues in fabrics
            assert one.callers is None or one.callers <= sites
            assert one.called


def test_every_site_s_addresses_arrive_at_it_in_its_home(whole: EffectiveNetwork) -> None:
    for site in whole.sites.values():
        if site.kind is SiteKind.ENVIRONMENT:
            continue  # by reading
        found = next(one for one in whole.fabrics[site.home].arrivals if one.called.overlaps(site.addresses))
        assert found.site == site.name


def test_no_address_belongs_to_two_sites(whole: EffectiveNetwork) -> None:
    sites = [site for site in whole.sites.values() if site.kind is not SiteKind.PLATFORM]
    for index, first in enumerate(sites):
        for second in sites[index + 1 :]:
            assert not first.addresses.overlaps(second.addresses), (first.name, second.name)


def test_things_in_one_fabric_have_different_addresses(whole: EffectiveNetwork) -> None:
    for fabric in whole.fabrics.values():
        called = {one.called for one in fabric.arrivals}
        ordered = sorted(called, key=lambda one: one.ranges)
        if fabric.name.startswith("gateway"):
            continue  # behind a gateway the order decides
        for index, first in enumerate(ordered):
            for second in ordered[index + 1 :]:
                assert not first.overlaps(second), fabric.name


def test_conditions_name_known_readings_and_facts_have_entries(whole: EffectiveNetwork) -> None:
    entries = {one.code for one in FACTS}
    filters = [one for site in whole.sites.values() for one in (*site.inbound, *site.outbound)]
    translations = [one for site in whole.sites.values() for one in site.translations]
    arrivals = [one for fabric in whole.fabrics.values() for one in fabric.arrivals]
    conditions = [
        *(one.condition for each in filters for one in each.rows),
        *(one.condition for site in whole.sites.values() for one in site.routes),
        *(one.condition for one in translations),
        *(one.condition for one in arrivals),
    ]
    for condition in conditions:
        for name, value in condition:
            assert value in whole.assumptions[name]
    facts = [one.fact for one in translations] + [one.fact for one in arrivals]
    assert {fact for fact in facts if fact} <= entries


def test_the_tables_of_one_network_are_always_the_same() -> None:
    assert effective(everything()) == effective(everything())


# -- Assumptions and facts ----------------------------------------------------------------------------------------------


def test_every_assumption_has_two_readings_and_an_entry() -> None:
    entries = {one.code for one in FACTS}
    for name, one in ASSUMPTIONS.items():
        assert name == one.name
        assert len(one.values) == 2
        assert name in entries
        assert one.sources


def test_a_reading_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no value maybe"):
        reading(ASSUMPTIONS["private-front-ends"], "maybe")


def test_facts_have_a_title_an_explanation_and_a_source_each() -> None:
    assert len({one.code for one in FACTS}) == len(FACTS)
    for one in FACTS:
        assert one.title
        assert len(one.explanation) > 80
        assert one.source


# -- Who owns what ------------------------------------------------------------------------------------------------------


def test_the_internet_is_everyone_whom_the_file_does_not_own(whole: EffectiveNetwork) -> None:
    internet = whole.sites["Internet"].addresses
    for owned in (
        "192.23.1.2",
        "192.23.1.9",
        "20.5.5.5",
        "20.9.9.9",
        "20.7.7.7",
        "20.8.8.8",
        "51.5.1.1",
        "203.0.113.1",
        "168.63.129.16",
    ):
        assert parse_address(owned) not in internet
    for stranger in ("8.8.8.8", "13.66.140.0", "198.51.100.1"):
        assert parse_address(stranger) in internet
    assert not internet.overlaps(addresses("10.0.0.0/8, 224.0.0.0/3, 2000::/3"))


def test_the_internet_speaks_ipv6_only_where_the_file_does() -> None:
    declared = network(vnet("corp", "10.0.0.0/16, 2001:db8:1::/48"), subnet("corp/a", "10.0.1.0/24, 2001:db8:1:1::/64"))
    tables = effective(declared)
    assert tables.sites["Internet"].addresses.overlaps(addresses("2600::/16"))
    assert route(tables, "corp/a", "2600::1").text == "::/0 -> Internet (system route)"
    drop = translation(tables, "corp/a", "2600::1")
    assert drop is not None
    assert drop.drops is not None


def test_names_of_addresses(whole: EffectiveNetwork) -> None:
    named = {
        "192.23.1.2": "one.vip",
        "10.0.2.11": "two.ilb",
        "10.0.3.4": "sql.ip",
        "20.5.5.5": "sql.public-ip",
        "20.9.9.9": "nat.public-ip",
    }
    for address, name in named.items():
        assert whole.names[parse_address(address)] == name


# -- The Internet fabric ------------------------------------------------------------------------------------------------


def test_a_public_address_of_a_machine_needs_a_group(whole: EffectiveNetwork) -> None:
    found = arrival(whole, "Internet", "20.5.5.5", 22)
    assert found is not None
    assert (found.site, found.instances) == ("sql", addresses("10.0.3.4"))
    assert found.guards == ()
    closed = arrival(whole, "Internet", "20.5.5.6", 22)
    assert closed is not None
    [guard] = closed.guards
    assert named(guard, "8.8.8.8", "10.0.4.4", 22) == "a Standard public IP admits nothing without an NSG"


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("8.8.8.8", "Internet"),
        ("203.0.113.1", "office"),
        ("20.9.9.9", "lost: nothing listens on a NAT gateway"),
        ("10.0.3.4", "lost: nobody answers at this address on the Internet"),
        ("51.5.1.1", "lost: nobody answers at this address on the Internet"),
    ],
)
def test_where_public_packets_end(whole: EffectiveNetwork, called: str, expected: str) -> None:
    assert fate(whole, "Internet", called) == expected


def test_inside_a_vnet(whole: EffectiveNetwork) -> None:
    assert fate(whole, "vnet corp", "10.0.3.4") == "sql"
    assert fate(whole, "vnet corp", "10.0.3.77") == "corp/data"
    assert fate(whole, "vnet corp", "10.0.99.1") == "lost: nobody in vnet corp has this address"
    assert fate(whole, "vnet corp", "10.0.3.1") == "lost: nobody in vnet corp has this address"  # Azure's own


# -- Behind a gateway ---------------------------------------------------------------------------------------------------


def test_what_is_behind_a_gateway(whole: EffectiveNetwork) -> None:
    assert fate(whole, "gateway vpn", "192.168.1.1") == "hq"
    assert fate(whole, "gateway vpn", "10.0.3.4") == "on: vnet corp"
    assert fate(whole, "gateway vpn", "172.30.0.1") == "lost: the file declares nobody behind gateway vpn who has this address"
    tunnel = arrival(whole, "gateway vpn", "8.8.8.8")
    assert tunnel is not None
    assert tunnel.continues == "Internet"
    assert "on-premises network hq" in (tunnel.doubt or "")
    # Whatever address it gets there, it is not one that the file owns: the VIP is lost for sure.
    assert not tunnel.source_becomes.overlaps(addresses("192.23.1.2, 20.9.9.9"))


def test_express_route_does_not_join_virtual_networks() -> None:
    tables = effective(
        network(vnet("corp", "10.0.0.0/16"), subnet("corp/a", "10.0.1.0/24"), gateway("er", "corp", "expressroute"))
    )
    assert "does not lead from one virtual network to another" in fate(tables, "gateway er", "10.0.1.4")


def test_homes_of_networks_on_premises() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/a", "10.0.1.0/24"),
            gateway("vpn", "corp", to="hq"),
            on_premises("hq", "192.168.0.0/16"),
            on_premises("lone", "172.20.0.0/16"),
            on_premises("office", "203.0.113.0/28"),
        )
    )
    assert [tables.sites[name].home for name in ("hq", "lone", "office")] == ["gateway vpn", "on-premises lone", "Internet"]


# -- What is not modelled -----------------------------------------------------------------------------------------------


# -- Size ---------------------------------------------------------------------------------------------------------------


def test_subnets_of_one_kind_share_their_tables() -> None:
    things = [subnet(f"corp/s{index}", f"10.0.{index}.0/24", nsg="own") for index in range(100)]
    tables = effective(
        network(vnet("corp", "10.0.0.0/16"), nsg("own", inbound=[rule(100, "allow", "tcp", "Internet")]), *things)
    )
    first, last = tables.sites["corp/s0"], tables.sites["corp/s99"]
    assert first.routes is last.routes
    assert first.inbound[0].rows is last.inbound[0].rows
    assert len(tables.fabrics["vnet corp"].arrivals) == 102


def test_the_layered_network_is_small() -> None:
    tables = effective(layered())
    assert list(tables.sites) == ["one", "two", "sql", "corp/data", "platform of corp", "Internet"]
    assert list(tables.fabrics) == ["Internet", "vnet corp"]
