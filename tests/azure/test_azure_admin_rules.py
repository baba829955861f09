"""Security admin rules before NSGs (azure-network-semantics 4), and peerings with access off (6)."""

from __future__ import annotations

import pytest

from asever.azure.effective import effective
from asever.model.effective import Action, EffectiveNetwork, Filter, FilterKind
from asever.model.things import AdminRules, Direction, Thing
from tests.azure.tables import arrival, named, row
from tests.networks import (
    admin_rules,
    ase,
    firewall,
    network,
    nsg,
    peer,
    private_endpoint,
    route,
    route_table,
    rule,
    subnet,
    vm,
    vnet,
)

POLICY = admin_rules("policy", "a", inbound=[rule(1, "deny", "tcp", "*", "*", "3389")], outbound=[rule(1, "deny", "udp", "*")])


def governed(*more: Thing) -> EffectiveNetwork:
    """Vnet `a` with a machine behind two NSGs, its peer `b`, and more things."""
    return effective(
        network(
            vnet("a", "10.1.0.0/16", peers=["b"]),
            vnet("b", "10.2.0.0/16", peers=["a"]),
            subnet("a/s", "10.1.0.0/24", nsg="outer"),
            subnet("b/s", "10.2.0.0/24"),
            vm("m", "a/s", "10.1.0.4", nsg="inner"),
            vm("free", "b/s", "10.2.0.4"),
            nsg("outer"),
            nsg("inner"),
            *more,
        )
    )


def of(tables: EffectiveNetwork, site: str, direction: Direction = Direction.INBOUND) -> list[Filter]:
    """The filters of admin rules at a site."""
    at = tables.sites[site]
    return [one for one in (at.inbound if direction is Direction.INBOUND else at.outbound) if one.kind is FilterKind.ADMIN]


def test_admin_rules_come_first_in_both_directions_and_leave_the_rest_to_the_nsgs() -> None:
    site = governed(POLICY).sites["m"]
    assert [one.resource for one in site.inbound] == ["policy", "outer", "inner"]
    assert [one.resource for one in site.outbound] == ["policy", "inner", "outer"]
    first = site.inbound[0]
    assert (first.kind, first.otherwise, first.place) == (FilterKind.ADMIN, Action.ALLOW, "vnet a")
    assert row(first, "10.1.0.9", "10.1.0.4", 443) is None


def test_they_govern_the_vnets_they_apply_to_and_no_other() -> None:
    tables = governed(POLICY)
    assert of(tables, "a/s")
    assert not of(tables, "free")
    assert not of(tables, "b/s")


def test_they_work_where_no_nsg_stands() -> None:
    tables = governed(admin_rules("policy", "b", inbound=[rule(1, "deny", "any", "*")]))
    assert [one.kind for one in tables.sites["free"].inbound] == [FilterKind.ADMIN]


@pytest.mark.parametrize(
    "name", ["GatewaySubnet", "AzureFirewallSubnet", "AzureBastionSubnet", "RouteServerSubnet", "azurebastionsubnet"]
)
def test_azure_spares_its_own_subnets(name: str) -> None:
    assert not of(governed(POLICY, subnet(f"a/{name}", "10.1.9.0/24")), f"a/{name}")


def test_firewalls_and_private_endpoints_are_spared_wherever_they_stand() -> None:
    tables = governed(
        POLICY,
        subnet("a/edge", "10.1.8.0/24"),
        firewall("fw", "a/edge", "10.1.8.4"),
        private_endpoint("pe", "a/s", "10.1.0.9", "Sql"),
    )
    assert not of(tables, "fw")
    assert not of(tables, "pe")


def test_tags_are_those_of_the_subnet_where_the_rules_decide() -> None:
    policy = admin_rules("policy", "a", inbound=[rule(1, "deny", "any", "VirtualNetwork")])
    tables = governed(
        policy,
        subnet("a/forced", "10.1.7.0/24", route_table="forced"),
        route_table("forced", route("0.0.0.0/0", "appliance", "10.1.8.4")),
    )
    assert row(of(tables, "a/s")[0], "8.8.8.8", "10.1.0.4") is None
    assert named(of(tables, "a/forced")[0], "8.8.8.8", "10.1.7.4") == "rule 1"


BASE = admin_rules("base", "a", inbound=[rule(20, "allow", "tcp", "*", "*", "443", name="base")])
EXTRA = admin_rules("extra", "a", inbound=[rule(10, "deny", "tcp", "*", "*", "443", name="extra")])


@pytest.mark.parametrize(("reading", "decides"), [("set-by-set", "base"), ("by-priority", "extra")])
def test_of_several_sets_the_first_one_or_the_least_priority_decides(reading: str, decides: str) -> None:
    [found] = of(governed(BASE, EXTRA), "m")
    assert found.resource == "base and extra"
    assert named(found, "8.8.8.8", "10.1.0.4", several_admin_rules=reading) == decides


@pytest.mark.parametrize("sets", [(BASE,), (EXTRA, BASE)], ids=["one set", "in order of priority"])
def test_where_the_order_makes_no_difference_nothing_is_assumed(sets: tuple[AdminRules, ...]) -> None:
    [found] = of(governed(*sets), "m")
    assert all(not one.condition for one in found.rows)


def test_traffic_to_the_platform_meets_admin_rules_as_little_as_nsgs() -> None:
    # The rule of the NSG ends the exemption of DNS for the NSG, and the admin rules still do not touch it.
    names = nsg("names", outbound=[rule(100, "deny", "udp", "*", "AzurePlatformDNS")])
    tables = governed(POLICY, subnet("a/quiet", "10.1.6.0/24", nsg="names"), names)
    [found] = of(tables, "a/quiet", Direction.OUTBOUND)
    assert named(found, "10.1.6.4", "168.63.129.16", 53, "udp") == "AzurePlatformDNS by default"
    assert named(found, "10.1.6.4", "8.8.8.8", 53, "udp") == "rule 1"


def probed(*inbound: object) -> bool:
    """Whether an environment's tables still ask for the probe of its ports."""
    tables = governed(
        subnet("a/apps", "10.1.1.0/24", nsg="closed"),
        ase("e", "a/apps", 2, vip="192.23.1.2"),
        nsg("closed", inbound=[rule(100, "deny", "any", "*")]),
        admin_rules("policy", "a", inbound=inbound),  # type: ignore[arg-type]
    )
    found = arrival(tables, "Internet", "192.23.1.2", blocked_probe="stops-traffic")
    assert found is not None
    return bool(found.probes)


def test_an_environment_s_probe_meets_admin_rules_too() -> None:
    assert probed()
    assert probed(rule(1, "allow", "any", "AzureLoadBalancer"))  # goes on to the NSG, which drops it
    assert not probed(rule(1, "always-allow", "any", "AzureLoadBalancer"))
    assert probed(rule(1, "deny", "tcp", "AzureLoadBalancer", port="16001"), rule(2, "always-allow", "any", "*"))


# -- Peerings with access off -------------------------------------------------------------------------------------------


def closed(group: str | None) -> EffectiveNetwork:
    return effective(
        network(
            vnet("a", "10.1.0.0/16", peers=[peer("b", access=False)]),
            vnet("b", "10.2.0.0/16", peers=["a"]),
            subnet("a/s", "10.1.0.0/24", nsg=group),
            subnet("b/s", "10.2.0.0/24"),
            vm("m", "a/s", "10.1.0.4"),
            vm("far", "b/s", "10.2.0.4"),
            nsg("own"),
        )
    )


def test_access_off_without_an_nsg_blocks_both_ways_in_one_reading() -> None:
    site = closed(None).sites["m"]
    assert site.outbound == ()
    [outward] = [one for route in site.routes for one in route.filters]
    [inward] = site.inbound
    for setting, source, target in ((inward, "10.2.0.4", "10.1.0.4"), (outward, "10.1.0.4", "10.2.0.4")):
        assert (setting.kind, setting.place) == (FilterKind.SETTING, "peering of a with b")
        assert named(setting, source, target) == "access off"
        assert row(setting, source, target, peering_without_access="carries") is None
    assert row(inward, "8.8.8.8", "8.8.4.4") is None


def test_what_crosses_a_peering_with_access_off_is_blocked_whoever_it_is_meant_for() -> None:
    tables = effective(
        network(
            vnet("a", "10.1.0.0/16", peers=[peer("b", access=False)]),
            vnet("b", "10.2.0.0/16", peers=["a"]),
            subnet("a/s", "10.1.0.0/24", route_table="via"),
            subnet("b/s", "10.2.0.0/24"),
            vm("m", "a/s", "10.1.0.4"),
            vm("far", "b/s", "10.2.0.4"),
            route_table("via", route("0.0.0.0/0", "appliance", "10.2.0.4"), route("10.2.0.0/24", "appliance", "10.1.0.9")),
            vm("near", "a/s", "10.1.0.9"),
        )
    )
    guards = {one.text: [each.place for each in one.filters] for one in tables.sites["m"].routes}
    assert guards["0.0.0.0/0 -> VirtualAppliance 10.2.0.4 (route of via)"] == ["peering of a with b"]
    assert guards["10.2.0.0/24 -> VirtualAppliance 10.1.0.9 (route of via)"] == []


def test_access_off_is_a_matter_of_the_nsg_where_one_stands_and_of_the_own_side() -> None:
    assert [one.resource for one in closed("own").sites["m"].inbound] == ["own"]
    assert closed(None).sites["far"].inbound == ()
