"""Random networks and claims: the two readings agree on every answer, and the verbs keep to each other.

`run` raises `ReadingsDisagree` by itself when a shown flow, or one of the flows walked beside a proof, comes out otherwise.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from asever.diagnostics import SpecError
from asever.model.answers import Verdict
from asever.model.claims import (
    ANY_SERVICE,
    EndpointKind,
    GroupHasNoDeadRules,
    GroupPermitsNoMore,
    GroupsEqual,
    Reachability,
    Verb,
)
from asever.model.things import AdminRules, DeclaredRule, Network, SecurityGroup
from asever.pipeline import Options, run
from tests.claims import INTERNET, MANAGEMENT, PROBES, WEB, address, at, on, program, seen_as, the_ase, the_vm
from tests.networks import (
    admin_rules,
    ase,
    asg,
    gateway,
    load_balancer,
    nat_gateway,
    network,
    nsg,
    on_premises,
    peer,
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

SOURCES = (
    *("*", "10.0.1.0/26", "10.0.2.0/26", "10.0.1.0/27", "10.0.3.4", "192.23.1.2", "192.23.1.3", "172.20.0.0/16", "20.0.0.0/8"),
    *("Internet", "VirtualNetwork", "AzureLoadBalancer", "AppServiceManagement", "Storage", "Known", "asg:web"),
)
TARGETS = ("*", "*", "*", "10.0.2.0/26", "10.0.3.0/24", "10.0.3.4", "Internet", "Sql", "VirtualNetwork", "192.23.1.3")
PORTS = ("*", "*", "443", "80,443", "454-455", "1433", "16001", "21,990")
ROUTES = (
    *(("0.0.0.0/0", "internet"), ("0.0.0.0/0", "none"), ("0.0.0.0/0", "gateway"), ("8.8.8.0/24", "none")),
    *(("10.1.0.0/16", "none"), ("0.0.0.0/0", "appliance", "10.0.9.4"), ("20.0.0.0/8", "gateway")),
    *(("Known", "appliance", "10.0.9.4"), ("Known", "internet")),
)
ENDS = (
    *(the_ase("one"), the_ase("two"), the_vm("sql"), the_vm("far"), INTERNET, MANAGEMENT, PROBES),
    *(at(EndpointKind.SUBNET, "corp/c"), at(EndpointKind.VNET, "corp"), at(EndpointKind.ON_PREMISES, "hq")),
    *(the_vm("twin"), at(EndpointKind.LOAD_BALANCER, "front"), at(EndpointKind.LOAD_BALANCER, "inner"), address("40.2.2.2")),
    *(address("8.8.8.8"), address("192.23.1.2"), address("10.0.3.0/24")),
    *(at(EndpointKind.TAG, "Storage"), at(EndpointKind.TAG, "Known"), at(EndpointKind.TAG, "VirtualNetwork")),
)
SERVICE_ENDS = (
    *(at(EndpointKind.PRIVATE_ENDPOINT, "pe"), at(EndpointKind.PLATFORM_SERVICE, "db")),
    *(at(EndpointKind.TAG, "Sql"), at(EndpointKind.TAG, "AzureMonitor")),
)
SERVICES = (ANY_SERVICE, WEB, on("tcp 443"), on("tcp 454-455"), on("udp 53; tcp 53"), on("icmp"), on("tcp 21,990"))


def some_rule(draw: random.Random, priority: int) -> DeclaredRule:
    return rule(
        priority,
        draw.choice(["allow", "allow", "deny"]),
        draw.choice(["tcp", "tcp", "any", "udp", "icmp"]),
        draw.choice(SOURCES),
        draw.choice(TARGETS),
        draw.choice(PORTS),
        source_port=draw.choice(["*", "*", "*", "1024-65535"]),
    )


def some_group(draw: random.Random, name: str) -> SecurityGroup:
    inbound = [some_rule(draw, 100 + index) for index in range(draw.randrange(4))]
    outbound = [some_rule(draw, 100 + index) for index in range(draw.choice([0, 0, 1, 2]))]
    return nsg(name, inbound=inbound, outbound=outbound)


def some_admin_rules(draw: random.Random, name: str) -> AdminRules:
    def some(most: int) -> list[DeclaredRule]:
        priorities = draw.sample(range(1, 9), draw.randrange(most))
        return [replace(some_rule(draw, one), access=draw.choice(["allow", "deny", "always-allow"])) for one in priorities]

    return admin_rules(name, *draw.choice([["corp"], ["corp", "spoke"]]), inbound=some(4), outbound=some(3))


def some_network(draw: random.Random) -> Network:
    def maybe(value: str) -> str | None:
        return value if draw.random() < 0.6 else None

    inner, version = draw.random() < 0.4, draw.choice([1, 2, 3])
    ip_ssl = [("192.23.1.9", 10443, 10444)] if not inner and version < 3 and draw.random() < 0.4 else []
    routes = [route(*one) for one in draw.sample(ROUTES, draw.randrange(1, 3))]
    learns = "172.20.0.0/16,0.0.0.0/0" if draw.random() < 0.3 else "172.20.0.0/16"
    way = [gateway("er", "corp", draw.choice(["vpn", "expressroute"]), learns=learns, to="hq")]
    mode = draw.choice([(None, None), ("ilb", "public"), (None, "ilb"), ("public", None)])
    return network(
        vnet(
            "corp", draw.choice(["10.0.0.0/16", "10.0.0.0/16,30.0.0.0/24"]), peers=draw.choice([[], ["spoke"]]), region="west"
        ),
        vnet(
            "spoke", "10.1.0.0/16", peers=[peer("corp", access=draw.random() < 0.8)], region=draw.choice([None, "west", "east"])
        ),
        subnet("corp/a", "10.0.1.0/26", nsg=maybe("g1"), route_table=draw.choice([None, None, "rt"])),
        subnet("corp/b", "10.0.2.0/26", nsg=maybe("g2"), route_table=draw.choice([None, None, "rt"])),
        subnet(
            "corp/c", "10.0.3.0/24", nsg=maybe("g3"), default_outbound=draw.random() < 0.8, nat_gateway=draw.choice([None, "n"])
        ),
        subnet("spoke/s", "10.1.1.0/24", nsg=maybe("g1")),
        ase("one", "corp/a", draw.choice([1, 2, 3]), vip=maybe("192.23.1.2"), ftp_enabled=draw.random() < 0.5),
        ase(
            "two",
            "corp/b",
            version,
            vip=None if version == 3 and inner else "192.23.1.3",
            ilb="10.0.2.10" if inner else None,
            web=mode[0] if inner else None,
            ftp=mode[1] if inner else None,
            ip_ssl=ip_ssl,
        ),
        vm("sql", "corp/c", "10.0.3.4", public_ip=maybe("40.1.1.1"), nsg=draw.choice([None, "g4"]), asgs=("web",)),
        vm("far", "spoke/s", "10.1.1.4"),
        vm("twin", "spoke/s", "10.1.1.5", nsg=draw.choice([None, "g4"])),
        load_balancer(
            "front",
            "40.2.2.2",
            rules=[("tcp", 80, 443), ("udp", 53, 53)],
            backends=draw.choice([("sql",), ("far", "twin")]),
            probe=draw.choice([None, 443]),
            outbound=draw.random() < 0.6,
            floating_ip=draw.random() < 0.2,
            sku=draw.choice(["basic", "standard"]),
        ),
        load_balancer(
            "inner",
            "10.1.1.20",
            subnet="spoke/s",
            rules=draw.choice([[("any", 0, 0)], [("tcp", 443, 1433)]]),
            backends=draw.choice([("far",), ("twin",), ("far", "twin")]),
            probe=draw.choice([None, 443]),
            floating_ip=draw.random() < 0.2,
            sku=draw.choice(["basic", "standard", "standard"]),
        ),
        asg("web"),
        tag("Known", "20.1.0.0/16,13.66.140.0"),
        nat_gateway("n", "40.1.1.7,40.1.1.8"),
        route_table("rt", *routes, bgp_propagation=draw.random() < 0.7),
        on_premises("hq", "172.20.0.0/16"),
        *draw.choice([way, []]),
        *(some_group(draw, f"g{index}") for index in range(1, 5)),
        *(some_admin_rules(draw, f"set{index}") for index in range(draw.choice([0, 0, 1, 2]))),
    )


def with_services(draw: random.Random, where: Network) -> Network:
    """The same network with endpoints of services on its subnets, one resource of a service, and routes to tags."""
    apps = replace(
        where.subnets["corp/a"], service_endpoints=draw.choice([(), ("Sql",), ("Storage", "Sql"), ("Known",), ("Sql", "Known")])
    )
    data = replace(where.subnets["corp/c"], private_endpoint_policies=draw.choice(["off", "nsg", "routes", "on"]))
    tags = [route("AzureMonitor", "internet"), route("Storage", "none"), route("Sql", "internet"), route("10.0.3.0/24", "none")]
    table = where.route_tables["rt"]
    address, admits = draw.choice([None, "20.3.3.3", "20.1.3.3"]), draw.choice([None, "192.23.1.2", "Known"])
    database = platform_service("db", "Sql", address, subnets=draw.choice([[], [apps]]), addresses=admits)
    return replace(
        where,
        subnets={**where.subnets, apps.name: apps, data.name: data},
        route_tables={"rt": replace(table, routes=(*table.routes, *draw.sample(tags, draw.randrange(3))))},
        private_endpoints={"pe": private_endpoint("pe", "corp/c", "10.0.3.9", draw.choice(["Sql", "db"]))},
        platform_services={"db": database},
    )


def some_claim(draw: random.Random):
    left, right = (f"g{draw.randint(1, 4)}" for _ in range(2))
    about_groups = (
        GroupsEqual(left=left, right=right),
        GroupPermitsNoMore(left=left, right=right),
        GroupHasNoDeadRules(group=left),
    )
    if draw.random() < 0.2:
        return draw.choice(about_groups)
    verb = draw.choice(list(Verb))
    asks = Reachability(verb=verb, subjects=(draw.choice(ENDS),), target=draw.choice(ENDS), services=draw.choice(SERVICES))
    if draw.random() < 0.15:
        asks = replace(asks, excepted=(draw.choice(ENDS),))
    if verb in (Verb.REACHES, Verb.CAN_REACH):
        if draw.random() < 0.2:
            asks = replace(asks, seen_as=seen_as(draw.choice(["192.23.1.2", "10.0.1.0/26", "0.0.0.0/0"])))
        asks = replace(asks, within_region=draw.random() < 0.1)
    return asks


def verdict(where: Network, asks) -> Verdict | None:
    """The verdict; None for a claim about nothing."""
    try:
        return run(program(where, asks), Options()).results[0].verdict
    except SpecError as problem:
        if {one.code for one in problem.diagnostics} != {"vacuous-check"}:
            raise
        return None


@pytest.mark.parametrize("seed", range(30))
def test_the_readings_agree(seed):
    draw = random.Random(seed)
    where = some_network(draw)
    for _ in range(4):
        verdict(where, some_claim(draw))


@pytest.mark.parametrize("seed", range(300, 330))
def test_the_readings_agree_on_endpoints_of_services(seed):
    draw = random.Random(seed)
    where = with_services(draw, some_network(draw))
    for _ in range(4):
        asks = some_claim(draw)
        while not isinstance(asks, Reachability):
            asks = some_claim(draw)
        called = asks if draw.random() < 0.3 else replace(asks, target=draw.choice(SERVICE_ENDS))
        verdict(where, called)


@pytest.mark.parametrize("seed", range(100, 120))
def test_the_verbs_keep_to_each_other(seed):
    """What every flow does some flow does, and what no packet does no flow does."""
    draw = random.Random(seed)
    where = some_network(draw)
    asks = Reachability(
        verb=Verb.CAN_REACH, subjects=(draw.choice(ENDS),), target=draw.choice(ENDS), services=draw.choice(SERVICES)
    )
    some, every, none = (
        verdict(where, replace(asks, verb=verb)) for verb in (Verb.CAN_REACH, Verb.REACHES, Verb.NEVER_REACHES)
    )

    if every is Verdict.HOLDS:
        assert some is Verdict.HOLDS
    if none is Verdict.HOLDS:
        assert some is not Verdict.HOLDS
    assert (some is None) == (every is None) == (none is None)


@pytest.mark.parametrize("seed", range(200, 210))
def test_every_group_equals_itself(seed):
    where = some_network(random.Random(seed))

    for name in where.groups:
        assert verdict(where, GroupsEqual(left=name, right=name)) is Verdict.HOLDS
        assert verdict(where, GroupPermitsNoMore(left=name, right=name)) is Verdict.HOLDS
