"""Private endpoints, service endpoints and access lists of services (azure-network-semantics 9, ase-network-semantics 6.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asever.azure.effective import effective
from asever.explain.finding import Options, judge
from asever.model.answers import Finding, Outcome, StepKind, Verdict
from asever.model.claims import EndpointKind, Reachability, Verb
from asever.model.effective import SiteKind
from asever.model.things import Network, PrivateEndpoint, Thing
from tests.azure.tables import arrival, named
from tests.claims import INTERNET, address, at, chosen_readings, claim, on, program, seen_as, the_ase, the_vm
from tests.networks import (
    ase,
    gateway,
    network,
    nsg,
    on_premises,
    platform_service,
    private_endpoint,
    route,
    route_table,
    rule,
    subnet,
    tag,
    vm,
    vnet,
)

DB = at(EndpointKind.PLATFORM_SERVICE, "db")
PRIVATE = at(EndpointKind.PRIVATE_ENDPOINT, "pe")
SQL = at(EndpointKind.TAG, "Sql")
ON_SQL = on("tcp 1433")


def found(where: Network, asks: Reachability, **readings: str) -> Finding:
    one = program(where, asks)
    return judge(one, effective(where), one.checks[0], Options(readings=chosen_readings(**readings)))


def verdict(where: Network, asks: Reachability, **readings: str) -> Verdict:
    return found(where, asks, **readings).verdict


# -- Service endpoints --------------------------------------------------------------------------------------------------


def tunnelled(*more: Thing, endpoints: tuple[str, ...] = ("Sql",), own: tuple[str, ...] = ()) -> Network:
    """An environment of version 2 behind a forced tunnel, with service endpoints on its subnet."""
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/26", service_endpoints=endpoints, route_table="own" if own else None),
        ase("one", "corp/apps", 2, vip="192.23.1.2"),
        gateway("er", "corp", "expressroute", learns="0.0.0.0/0, 172.20.0.0/16", to="hq"),
        on_premises("hq", "172.20.0.0/16"),
        *((route_table("own", *(route(one, "internet") for one in own)),) if own else ()),
        *more,
    )


def test_a_service_endpoint_carries_the_private_address_past_the_tunnel_and_the_reply_back() -> None:
    by_tag = claim(Verb.REACHES, the_ase("one"), SQL, ON_SQL, seen_as=seen_as("10.0.1.0/26"))
    assert verdict(tunnelled(), by_tag) is Verdict.HOLDS
    assert verdict(tunnelled(tag("Sql", "40.1.0.0/16")), by_tag) is Verdict.HOLDS
    assert verdict(tunnelled(endpoints=("Storage",)), by_tag) is not Verdict.HOLDS
    by_vip = claim(Verb.REACHES, the_ase("one"), SQL, ON_SQL, seen_as=seen_as("192.23.1.2"))
    finding = found(tunnelled(), by_vip)
    assert finding.verdict is Verdict.VIOLATED
    assert "service-endpoint" in finding.facts


def test_outbound_rules_still_see_the_public_address() -> None:
    def with_rule(target: str) -> Network:
        return network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26", service_endpoints=("Sql",), nsg="out"),
            vm("m", "corp/apps", "10.0.1.4"),
            nsg("out", outbound=[rule(100, "allow", "tcp", "*", target), rule(200, "deny", "any", "*")]),
        )

    asks = claim(Verb.REACHES, the_vm("m"), SQL, ON_SQL)
    assert verdict(with_rule("Sql"), asks) is Verdict.HOLDS
    assert verdict(with_rule("Internet"), asks) is Verdict.HOLDS
    assert verdict(with_rule("VirtualNetwork"), asks) is Verdict.VIOLATED


def test_clients_on_the_internet_are_not_taken_for_the_service() -> None:
    def where(*more: Thing) -> Network:
        return network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26", service_endpoints=("Sql",)),
            ase("one", "corp/apps", 2, vip="192.23.1.2"),
            *more,
        )

    known = where(tag("Sql", "40.1.0.0/16"))
    assert verdict(where(), claim(Verb.REACHES, INTERNET, the_ase("one"), on("tcp 443"))) is Verdict.HOLDS
    assert verdict(known, claim(Verb.REACHES, INTERNET, the_ase("one"), on("tcp 443"))) is Verdict.HOLDS
    assert verdict(known, claim(Verb.REACHES, address("40.1.2.3"), the_ase("one"), on("tcp 443"))) is Verdict.VIOLATED
    locked = claim(Verb.NEVER_REACHES, INTERNET, the_ase("one"), on("tcp 22"), excepted=(address("40.1.0.0/16"),))
    assert verdict(known, locked) is Verdict.HOLDS
    assert verdict(tunnelled(), claim(Verb.REACHES, INTERNET, the_ase("one"), on("tcp 443"))) is Verdict.VIOLATED


def test_a_peer_has_no_use_of_a_service_endpoint() -> None:
    where = network(
        vnet("hub", "10.9.0.0/16", peers=["corp"]),
        subnet("hub/s", "10.9.0.0/24", service_endpoints=("Sql",)),
        vnet("corp", "10.0.0.0/16", peers=["hub"]),
        subnet("corp/s", "10.0.0.0/24"),
        vm("m", "corp/s", "10.0.0.4", public_ip="20.5.5.5"),
        platform_service("db", "Sql", subnets=[subnet("hub/s", "10.9.0.0/24"), subnet("corp/s", "10.0.0.0/24")]),
    )
    assert verdict(where, claim(Verb.REACHES, the_vm("m"), SQL, ON_SQL, seen_as=seen_as("20.5.5.5"))) is Verdict.HOLDS
    assert verdict(where, claim(Verb.NEVER_REACHES, the_vm("m"), DB, ON_SQL)) is Verdict.HOLDS


@pytest.mark.parametrize(("reading", "expected"), [("endpoint", Verdict.HOLDS), ("user", Verdict.VIOLATED)])
@pytest.mark.parametrize("known", [True, False])
def test_a_user_route_to_the_service_s_own_tag_is_a_matter_of_the_reading(
    reading: str, expected: Verdict, *, known: bool
) -> None:
    where = tunnelled(*([tag("Sql", "40.1.0.0/16")] if known else []), own=("Sql",))
    asks = claim(Verb.REACHES, the_ase("one"), SQL, ON_SQL, seen_as=seen_as("10.0.1.0/26"))
    assert verdict(where, asks, service_endpoint_against_equal_route=reading) is expected


# -- Routes to tags of unknown content ----------------------------------------------------------------------------------


def test_a_route_to_a_tag_takes_its_members_out_of_the_tunnel() -> None:
    where = tunnelled(endpoints=(), own=("AzureMonitor",))
    seen = seen_as("192.23.1.2")
    monitor = at(EndpointKind.TAG, "AzureMonitor")
    assert verdict(where, claim(Verb.REACHES, the_ase("one"), monitor, on("tcp 443"), seen_as=seen)) is Verdict.HOLDS
    assert verdict(where, claim(Verb.REACHES, the_ase("one"), SQL, on("tcp 443"), seen_as=seen)) is Verdict.UNKNOWN


# -- Access lists -------------------------------------------------------------------------------------------------------


def with_list(*, endpoint: bool, addresses: str | None = None, by_subnet: bool = False, address: str | None = None) -> Network:
    apps = subnet("corp/apps", "10.0.1.0/26", service_endpoints=("Sql",) if endpoint else ())
    return network(
        vnet("corp", "10.0.0.0/16"),
        apps,
        subnet("corp/other", "10.0.2.0/26", service_endpoints=("Sql",)),
        ase("one", "corp/apps", 2, vip="192.23.1.2"),
        vm("stranger", "corp/other", "10.0.2.4"),
        platform_service("db", "Sql", address, subnets=[apps] if by_subnet else [], addresses=addresses),
    )


@pytest.mark.parametrize("address", [None, "40.1.2.3"])
@pytest.mark.parametrize(
    ("endpoint", "addresses", "by_subnet", "expected"),
    [
        (False, None, False, Verdict.HOLDS),
        (False, "192.23.1.2", False, Verdict.HOLDS),
        (True, "192.23.1.2", False, Verdict.VIOLATED),  # the endpoint hides the VIP (P16)
        (True, "192.23.1.2", True, Verdict.HOLDS),
        (True, None, True, Verdict.HOLDS),
        (False, None, True, Verdict.VIOLATED),  # a subnet is admitted through its endpoint only
    ],
)
def test_who_is_admitted(address: str | None, addresses: str | None, expected: Verdict, *, endpoint: bool, by_subnet: bool):
    where = with_list(endpoint=endpoint, addresses=addresses, by_subnet=by_subnet, address=address)
    finding = found(where, claim(Verb.REACHES, the_ase("one"), DB, ON_SQL))
    assert finding.verdict is expected
    if expected is Verdict.VIOLATED:
        assert "service-access-list" in finding.facts
        assert finding.trace is not None
        assert finding.trace.steps[-1].kind is StepKind.DROP
        assert finding.trace.steps[-1].at == "db"


def test_an_access_list_closes_the_door_to_everybody_else() -> None:
    where = with_list(endpoint=True, by_subnet=True)
    assert verdict(where, claim(Verb.ONLY, the_ase("one"), DB, ON_SQL)) is Verdict.HOLDS
    assert verdict(with_list(endpoint=True), claim(Verb.NEVER_REACHES, the_vm("stranger"), DB)) is Verdict.VIOLATED


def test_one_range_in_two_networks_is_told_apart_by_the_endpoint() -> None:
    apps = subnet("a/s", "10.0.0.0/24", service_endpoints=("Sql",))
    where = network(
        vnet("a", "10.0.0.0/16"),
        vnet("b", "10.0.0.0/16"),
        apps,
        subnet("b/s", "10.0.0.0/24", service_endpoints=("Sql",)),
        vm("mine", "a/s", "10.0.0.4"),
        vm("theirs", "b/s", "10.0.0.4"),
        platform_service("db", "Sql", subnets=[apps]),
    )
    assert verdict(where, claim(Verb.REACHES, the_vm("mine"), DB, ON_SQL)) is Verdict.HOLDS
    assert verdict(where, claim(Verb.NEVER_REACHES, the_vm("theirs"), DB, ON_SQL)) is Verdict.HOLDS


def test_a_service_without_an_address_stands_inside_the_prefixes_of_its_tag() -> None:
    apps = subnet("corp/apps", "10.0.1.0/26", service_endpoints=("Sql",))
    where = network(
        vnet("corp", "10.0.0.0/16"),
        apps,
        vm("m", "corp/apps", "10.0.1.4"),
        tag("Sql", "40.1.0.0/16"),
        platform_service("db", "Sql", subnets=[apps]),
        platform_service("other", "Sql"),
    )
    tables = effective(where)
    assert tables.sites["db"].addresses != tables.sites["other"].addresses
    assert tables.sites["db"].addresses <= where.tags["Sql"].addresses
    assert verdict(where, claim(Verb.REACHES, the_vm("m"), DB, ON_SQL)) is Verdict.HOLDS


# -- Private endpoints --------------------------------------------------------------------------------------------------


def with_private_endpoint(*more: Thing, policies: str = "off", leads_to: str = "Sql", routes: str | None = None) -> Network:
    return network(
        vnet("corp", "10.0.0.0/16", peers=["spoke"]),
        vnet("spoke", "10.1.0.0/16", peers=["corp"]),
        subnet("corp/data", "10.0.3.0/24", nsg="locked", private_endpoint_policies=policies, route_table=routes),
        subnet("corp/apps", "10.0.1.0/24"),
        subnet("spoke/s", "10.1.0.0/24"),
        vm("near", "corp/apps", "10.0.1.4"),
        vm("far", "spoke/s", "10.1.0.4"),
        gateway("vpn", "corp", to="hq"),
        on_premises("hq", "192.168.0.0/16"),
        private_endpoint("pe", "corp/data", "10.0.3.9", leads_to),
        nsg(
            "locked",
            inbound=[
                rule(100, "allow", "tcp", "10.0.1.0/24", "*", "1433", source_port="1000"),
                rule(200, "deny", "any", "*"),
            ],
            outbound=[rule(100, "deny", "any", "*")],
        ),
        *more,
    )


@pytest.mark.parametrize("who", [the_vm("near"), the_vm("far"), at(EndpointKind.ON_PREMISES, "hq")])
def test_a_private_endpoint_is_reached_from_its_vnet_from_peers_and_from_on_premises(who) -> None:
    assert verdict(with_private_endpoint(), claim(Verb.REACHES, who, PRIVATE, ON_SQL)) is Verdict.HOLDS


def test_its_subnet_s_rules_apply_only_with_network_policies_and_without_source_ports() -> None:
    near, far = (claim(Verb.REACHES, the_vm(one), PRIVATE, ON_SQL) for one in ("near", "far"))
    for policies in ("off", "routes"):
        assert verdict(with_private_endpoint(policies=policies), far) is Verdict.HOLDS
    for policies in ("nsg", "on"):
        assert verdict(with_private_endpoint(policies=policies), near) is Verdict.HOLDS
        assert verdict(with_private_endpoint(policies=policies), far) is Verdict.VIOLATED
    site = effective(with_private_endpoint(policies="on")).sites["pe"]
    assert named(site.inbound[0], "10.0.1.4", "10.0.3.9", 1433) == "rule 100"
    assert site.outbound == ()


def test_its_replies_take_no_route_of_a_user() -> None:
    where = with_private_endpoint(route_table("lost", route("0.0.0.0/0", "none"), route("10.0.0.0/15", "none")), routes="lost")
    assert verdict(where, claim(Verb.REACHES, the_vm("far"), PRIVATE, ON_SQL)) is Verdict.HOLDS


def test_a_device_that_keeps_the_caller_s_address_never_sees_the_reply() -> None:
    def through(forwards: str) -> Finding:
        device = replace(vm("nva", "corp/hub", "10.0.9.4"), ip_forwarding=True, forwards=forwards)
        where = network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/data", "10.0.3.0/24"),
            subnet("corp/hub", "10.0.9.0/24"),
            subnet("corp/apps", "10.0.1.0/24", route_table="own"),
            vm("m", "corp/apps", "10.0.1.4"),
            device,
            private_endpoint("pe", "corp/data", "10.0.3.9", "Sql"),
            route_table("own", route("10.0.3.9/32", "appliance", "10.0.9.4")),
        )
        return found(where, claim(Verb.REACHES, the_vm("m"), PRIVATE, ON_SQL))

    kept = through("unchanged")
    assert kept.verdict is Verdict.VIOLATED
    assert kept.trace is not None
    assert kept.trace.outcome is Outcome.REPLY_LOST
    assert through("translated").verdict is Verdict.HOLDS


def test_a_private_endpoint_passes_the_access_list_by_and_leaves_the_public_endpoint_open() -> None:
    closed = platform_service("db", "Sql", addresses="203.0.113.7")
    where = with_private_endpoint(closed, leads_to="db")
    assert verdict(where, claim(Verb.REACHES, the_vm("near"), PRIVATE, ON_SQL)) is Verdict.HOLDS
    assert verdict(where, claim(Verb.REACHES, the_vm("near"), DB, ON_SQL)) is Verdict.VIOLATED
    assert verdict(where, claim(Verb.NEVER_REACHES, the_vm("near"), DB, ON_SQL)) is Verdict.VIOLATED  # by the private one
    still_public = with_private_endpoint(platform_service("db", "Sql"), leads_to="db")
    assert verdict(still_public, claim(Verb.NEVER_REACHES, INTERNET, DB, ON_SQL)) is Verdict.VIOLATED


def test_nothing_starts_from_an_endpoint_or_a_service() -> None:
    tables = effective(with_private_endpoint(platform_service("db", "Sql")))
    assert {tables.sites[name].kind for name in ("pe", "db")} == {SiteKind.SERVICE}
    assert isinstance(with_private_endpoint().private_endpoints["pe"], PrivateEndpoint)
    row = arrival(tables, "vnet corp", "10.0.3.9")
    assert row is not None
    assert (row.site, row.doubt, row.fact) == ("pe", None, "private-endpoint")
