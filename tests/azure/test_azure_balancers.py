"""Load balancers (azure-network-semantics 2.7, 2.9, 5.3, 7, 8): who gets a packet to a frontend, and who leaves by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asever.azure.balancers import recipients_of_balancer
from asever.azure.effective import effective
from asever.azure.inventory import inventory
from asever.evaluate.walk import walk
from asever.model.addresses import parse_address
from asever.model.answers import Outcome, StepKind, Trace
from asever.model.effective import EffectiveNetwork, Recipient
from asever.model.packets import PROTOCOL_NUMBERS, Flow, Packet
from asever.model.things import LoadBalancer, Machine, Network
from tests.azure.tables import arrival, fate, readings, translation
from tests.networks import addresses, load_balancer, nat_gateway, network, nsg, route, route_table, rule, subnet, vm, vnet

HTTP = [("tcp", 80, 8080)]
FRONT, INNER = "20.8.8.8", "10.0.1.100"


def behind(*balancers: LoadBalancer, **settings: str | None) -> Network:
    """Two machines behind load balancers: `a` in a subnet with NSG `first`, `b` in one with NSG `second`; and a client."""
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/one", "10.0.1.0/24", nsg=settings.get("first", "open")),
        subnet("corp/two", "10.0.2.0/24", nsg=settings.get("second", "open")),
        vm("client", "corp/one", "10.0.1.9"),
        vm("a", "corp/one", "10.0.1.4"),
        vm("b", "corp/two", "10.0.2.4"),
        nsg("open", inbound=[rule(100, "allow", "any", "*")]),
        nsg("web", inbound=[rule(100, "allow", "tcp", "*", "*", "8080"), rule(200, "deny", "any", "*")]),
        nsg("frontend", inbound=[rule(100, "allow", "tcp", "*", "*", "80"), rule(200, "deny", "any", "*")]),
        nsg("perhaps", inbound=[rule(100, "allow", "tcp", "VirtualNetwork", "*", "8080"), rule(200, "deny", "any", "Storage")]),
        *balancers,
    )


def public(**more: object) -> LoadBalancer:
    return load_balancer("front", FRONT, rules=HTTP, backends=("a", "b"), **more)  # type: ignore[arg-type]


def inner(**more: object) -> LoadBalancer:
    return load_balancer("back", INNER, subnet="corp/one", rules=HTTP, backends=("a", "b"), **more)  # type: ignore[arg-type]


def sent(
    where: Network,
    origin: str,
    source: str,
    target: str,
    port: int = 80,
    protocol: str = "tcp",
    to: str = "10.0.1.4",
    **chosen: str,
) -> Trace:
    tables = effective(where)
    ports = (49152, port) if protocol in ("tcp", "udp") else (0, 0)
    packet = Packet(
        protocol=PROTOCOL_NUMBERS[protocol],
        source=parse_address(source),
        source_port=ports[0],
        target=parse_address(target),
        target_port=ports[1],
    )
    taken = readings(**chosen)
    flow = Flow(origin=origin, packet=packet, readings=taken)
    if any(one.name == "recipient" for one in walk(tables, flow).offered):
        flow = Flow(origin=origin, packet=packet, readings=taken, choices={"recipient": parse_address(to)})
    return walk(tables, flow)


def lost(trace: Trace) -> str:
    assert trace.outcome is Outcome.DROPPED
    return next(one.detail for one in trace.steps if one.kind is StepKind.DROP)


# -- A packet to a frontend ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("to", "site"), [("10.0.1.4", "a"), ("10.0.2.4", "b")])
def test_a_machine_sees_the_client_and_its_own_address_and_port(to: str, site: str) -> None:
    found = sent(behind(public()), "Internet", "8.8.8.8", FRONT, to=to)
    assert (found.outcome, found.site) == (Outcome.DELIVERED, site)
    assert found.arrived is not None
    assert (found.arrived.source, found.arrived.target, found.arrived.target_port) == (
        parse_address("8.8.8.8"),
        parse_address(to),
        8080,
    )
    assert "front" in found.passed


def test_a_rule_for_the_port_of_the_frontend_admits_nothing() -> None:
    assert sent(behind(public(), first="frontend"), "Internet", "8.8.8.8", FRONT).outcome is Outcome.DROPPED
    assert sent(behind(public(), first="web"), "Internet", "8.8.8.8", FRONT).outcome is Outcome.DELIVERED


def test_what_no_rule_is_for_is_lost() -> None:
    where = behind(public(), inner())
    assert lost(sent(where, "Internet", "8.8.8.8", FRONT, 8080)).endswith("has no rule for this port, only for tcp 80")
    assert lost(sent(where, "Internet", "8.8.8.8", FRONT, 80, "udp")).endswith("only for tcp 80")
    assert lost(sent(where, "client", "10.0.1.9", INNER, protocol="icmp")) == "a load balancer carries TCP and UDP only"


def test_a_rule_for_every_port_keeps_the_port_and_comes_after_those_for_one() -> None:
    every = load_balancer("back", INNER, subnet="corp/one", rules=[("any", 0, 0), *HTTP], backends=("a",))
    for port, protocol, there in ((22, "tcp", 22), (53, "udp", 53), (80, "tcp", 8080), (80, "udp", 80)):
        found = sent(behind(every), "client", "10.0.1.9", INNER, port, protocol)
        assert found.arrived is not None
        assert found.arrived.target_port == there
    assert sent(behind(every), "client", "10.0.1.9", INNER, protocol="icmp").outcome is Outcome.DROPPED


def test_without_a_machine_of_the_family_there_is_nobody() -> None:
    six = load_balancer("front", "2a01::1", rules=HTTP, backends=("a",))
    assert "no machine behind load-balancer front" in fate(effective(behind(six)), "Internet", "2a01::1", 80)


def test_nobody_knows_where_probes_over_ipv6_come_from() -> None:
    where = network(
        vnet("corp", "10.0.0.0/16,fd00::/48"),
        subnet("corp/one", "10.0.1.0/24,fd00::/64", nsg="open"),
        vm("a", "corp/one", "10.0.1.4", "fd00::4"),
        nsg("open", inbound=[rule(100, "allow", "any", "*")]),
        load_balancer("front", "2a01::1", rules=HTTP, backends=("a",), probe=8080),
    )
    assert sent(where, "Internet", "2a02::1", "2a01::1").outcome is Outcome.UNKNOWN


def test_a_machine_that_is_handed_its_own_call_gets_no_answer() -> None:
    where = behind(inner())
    assert "which sent it" in lost(sent(where, "a", "10.0.1.4", INNER, to="10.0.1.4"))
    assert sent(where, "a", "10.0.1.4", INNER, to="10.0.2.4").outcome is Outcome.DELIVERED
    # By a public frontend it comes back from the Internet, from the address that it left by.
    assert sent(behind(public()), "a", "10.0.1.4", FRONT, to="10.0.1.4").outcome is Outcome.DELIVERED


# -- Without an NSG -----------------------------------------------------------------------------------------------------


def test_a_standard_public_one_is_closed_to_each_machine_without_an_nsg() -> None:
    where = behind(public(), first=None)
    assert lost(sent(where, "Internet", "8.8.8.8", FRONT, to="10.0.1.4")).endswith("a machine without an NSG: a")
    assert sent(where, "Internet", "8.8.8.8", FRONT, to="10.0.2.4").outcome is Outcome.DELIVERED
    assert sent(where, "client", "10.0.1.9", "10.0.1.4", 8080).outcome is Outcome.DELIVERED


def test_a_basic_one_is_open() -> None:
    where = behind(public(sku="basic"), first=None, second=None)
    assert sent(where, "Internet", "8.8.8.8", FRONT).outcome is Outcome.DELIVERED


def test_whether_a_standard_internal_one_is_closed_is_an_assumption() -> None:
    where = behind(inner(), first=None)
    closed = {"internal_balancer_without_nsg": "closed"}
    assert sent(where, "client", "10.0.1.9", INNER).outcome is Outcome.DELIVERED
    assert sent(where, "client", "10.0.1.9", INNER, **closed).outcome is Outcome.DROPPED
    assert sent(where, "client", "10.0.1.9", INNER, to="10.0.2.4", **closed).outcome is Outcome.DELIVERED
    basic = behind(inner(sku="basic"), first=None)
    assert sent(basic, "client", "10.0.1.9", INNER, **closed).outcome is Outcome.DELIVERED


# -- Probes -------------------------------------------------------------------------------------------------------------


def handed_to(tables: EffectiveNetwork, **chosen: str) -> tuple[Recipient, ...]:
    found = arrival(tables, "vnet corp", INNER, 80, **chosen)
    assert found is not None
    return found.recipients


def recipient(name: str, address: str, *probes: int) -> Recipient:
    return Recipient(address=parse_address(address), site=name, probes=probes, resource="back")


def test_a_machine_whose_nsg_drops_the_probe_gets_nothing_while_another_is_well() -> None:
    tables = effective(behind(inner(probe=9000), first="web"))
    assert handed_to(tables) == (recipient("b", "10.0.2.4"),)


def test_where_none_is_well_the_probe_is_to_blame() -> None:
    where = behind(inner(probe=9000), first="web", second="web")
    assert handed_to(effective(where)) == (recipient("a", "10.0.1.4", 9000), recipient("b", "10.0.2.4", 9000))
    found = sent(where, "client", "10.0.1.9", INNER)
    assert found.outcome is Outcome.DROPPED
    assert any(one.kind is StepKind.PROBE for one in found.steps)


def test_a_machine_without_a_filter_or_a_probe_is_well() -> None:
    every = (recipient("a", "10.0.1.4"), recipient("b", "10.0.2.4"))
    assert handed_to(effective(behind(inner(probe=9000), first=None))) == every
    assert handed_to(effective(behind(inner(), first="web"))) == every


def test_a_machine_whose_probe_hangs_on_a_reading_stays_with_its_probe() -> None:
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/one", "10.0.1.0/24", nsg="mixed"),
        vm("a", "corp/one", "10.0.1.4"),
        # 168.63.129.16 is in Internet in one reading only, for VirtualNetwork holds it.
        nsg("mixed", inbound=[rule(100, "deny", "any", "Internet")]),
        load_balancer("back", INNER, subnet="corp/one", rules=HTTP, backends=("a",), probe=9000),
    )
    assert handed_to(effective(where)) == (recipient("a", "10.0.1.4", 9000),)


# -- Floating IP --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reading", "target"), [("frontend", INNER), ("backend", "10.0.1.4")])
def test_with_floating_ip_the_destination_stays_in_one_reading(reading: str, target: str) -> None:
    found = sent(behind(inner(floating_ip=True)), "client", "10.0.1.9", INNER, floating_ip_target=reading)
    assert (found.outcome, found.site) == (Outcome.DELIVERED, "a")
    assert found.arrived is not None
    assert (found.arrived.target, found.arrived.target_port) == (parse_address(target), 8080)


def test_with_floating_ip_nobody_knows_to_which_of_several_machines_a_balancer_is_closed() -> None:
    assert sent(behind(public(floating_ip=True), first=None), "Internet", "8.8.8.8", FRONT).outcome is Outcome.UNKNOWN
    closed = behind(public(floating_ip=True), first=None, second=None)
    assert sent(closed, "Internet", "8.8.8.8", FRONT).outcome is Outcome.DROPPED


# -- Peers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sku", "region", "outcome"),
    [
        ("standard", "eastus", Outcome.DELIVERED),
        ("basic", "eastus", Outcome.DROPPED),
        ("basic", "westeurope", Outcome.DELIVERED),
    ],
)
def test_a_basic_frontend_does_not_answer_over_global_peering(sku: str, region: str, outcome: Outcome) -> None:
    where = network(
        vnet("corp", "10.0.0.0/16", region="westeurope", peers=["far"]),
        vnet("far", "10.1.0.0/16", region=region, peers=["corp"]),
        subnet("corp/one", "10.0.1.0/24"),
        subnet("far/one", "10.1.1.0/24"),
        vm("a", "corp/one", "10.0.1.4"),
        vm("b", "corp/one", "10.0.1.5"),
        vm("peer", "far/one", "10.1.1.4"),
        inner(sku=sku),
    )
    assert sent(where, "peer", "10.1.1.4", INNER).outcome is outcome
    assert sent(where, "peer", "10.1.1.4", "10.0.1.4").outcome is Outcome.DELIVERED


# -- As a next hop ------------------------------------------------------------------------------------------------------


def appliance(name: str, where: str, address: str) -> Machine:
    return replace(vm(name, where, address), ip_forwarding=True, forwards="unchanged")


def spoke(*rules: tuple[str, int, int], probe: int | None = None) -> Network:
    """A subnet that sends everything to an internal load balancer before two appliances."""
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/one", "10.0.1.0/24"),
        subnet("corp/two", "10.0.2.0/24", nsg="web"),
        subnet("corp/apps", "10.0.3.0/24", route_table="rt"),
        appliance("a", "corp/one", "10.0.1.4"),
        appliance("b", "corp/two", "10.0.2.4"),
        vm("app", "corp/apps", "10.0.3.4"),
        vm("other", "corp/one", "10.0.1.9"),
        nsg("web", inbound=[rule(100, "deny", "any", "AzureLoadBalancer")]),
        route_table("rt", route("10.0.1.9/32", "appliance", INNER)),
        load_balancer("back", INNER, subnet="corp/one", rules=rules, backends=("a", "b"), probe=probe),
    )


def test_as_a_next_hop_it_hands_packets_to_devices_that_are_well_and_leaves_them_alone() -> None:
    where = spoke(("any", 0, 0))
    both = (recipient("a", "10.0.1.4"), recipient("b", "10.0.2.4"))
    assert recipients_of_balancer(inventory(where), parse_address(INNER), ("corp",)) == both
    found = sent(where, "app", "10.0.3.4", "10.0.1.9")
    assert {"back", "a"} <= found.passed
    assert found.arrived is not None
    assert found.arrived.target == parse_address("10.0.1.9")
    probed = inventory(spoke(("any", 0, 0), probe=22))
    assert recipients_of_balancer(probed, parse_address(INNER), ("corp",)) == both[:1]


def test_as_a_next_hop_it_needs_a_rule_for_every_port() -> None:
    where = spoke(("tcp", 80, 80))
    assert "no rule `any * -> *`" in str(recipients_of_balancer(inventory(where), parse_address(INNER), ("corp",)))
    assert sent(where, "app", "10.0.3.4", "10.0.1.9").outcome is Outcome.UNKNOWN


def test_it_is_no_next_hop_elsewhere() -> None:
    known = inventory(spoke(("any", 0, 0)))
    assert recipients_of_balancer(known, parse_address(INNER), ("hub",)) is None
    assert recipients_of_balancer(known, parse_address("10.0.1.4"), ("corp",)) is None


# -- Calls to the Internet ----------------------------------------------------------------------------------------------


def leaving(
    *balancers: LoadBalancer, public_ip: str | None = None, nat: bool = False, private: bool = False
) -> EffectiveNetwork:
    return effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/one", "10.0.1.0/24", nat_gateway="nat" if nat else None, default_outbound=not private),
            vm("a", "corp/one", "10.0.1.4", public_ip=public_ip),
            *([nat_gateway("nat", "20.9.9.9")] if nat else []),
            *balancers,
        )
    )


def way(tables: EffectiveNetwork, protocol: str = "tcp", **chosen: str) -> str:
    found = translation(tables, "a", "8.8.4.4", protocol, **chosen)
    assert found is not None
    if found.drops is not None or found.unknown is not None:
        return found.drops or found.unknown or ""
    return next(name for name in (FRONT, "20.5.5.5", "20.9.9.9") if found.becomes == addresses(name))


def balancing(**more: object) -> LoadBalancer:
    return load_balancer("front", FRONT, rules=HTTP, backends=("a",), **more)  # type: ignore[arg-type]


def balancing_inside(**more: object) -> LoadBalancer:
    return load_balancer("back", INNER, subnet="corp/one", rules=HTTP, backends=("a",), **more)  # type: ignore[arg-type]


def test_a_public_balancer_lends_its_frontend_for_tcp_and_udp() -> None:
    for tables in (leaving(balancing()), leaving(balancing(sku="basic")), leaving(balancing(sku="basic", outbound=False))):
        assert [way(tables), way(tables, "udp")] == [FRONT, FRONT]
        assert way(tables, "icmp") == "load-balancer front carries TCP and UDP only"


def test_behind_a_standard_balancer_that_lends_nothing_there_is_no_way_out() -> None:
    assert "has `outbound off`, ends default outbound access" in way(leaving(balancing(outbound=False)))
    assert "is internal, ends default outbound access" in way(leaving(balancing_inside()))
    assert way(leaving(balancing_inside(), balancing())) == FRONT


def test_behind_a_basic_internal_balancer_there_is_default_outbound_access() -> None:
    assert way(leaving(balancing_inside(sku="basic"))).startswith("default outbound access")
    assert "default-outbound off" in way(leaving(balancing_inside(sku="basic"), private=True))


def test_a_nat_gateway_and_a_public_address_come_before_a_balancer() -> None:
    assert way(leaving(balancing(), public_ip="20.5.5.5")) == "20.5.5.5"
    assert way(leaving(balancing_inside(), public_ip="20.5.5.5"), "icmp") == "20.5.5.5"
    assert way(leaving(balancing_inside(), nat=True)) == "20.9.9.9"
    assert "nat-gateway nat carries" in way(leaving(balancing(), nat=True), "icmp")


def test_which_of_a_nat_gateway_and_a_public_address_comes_first_is_an_assumption() -> None:
    tables = leaving(nat=True, public_ip="20.5.5.5")
    assert way(tables) == "20.9.9.9"
    assert way(tables, nat_gateway_or_public_ip="public-ip") == "20.5.5.5"


def test_a_public_address_of_one_family_ends_default_outbound_access_over_the_other() -> None:
    assert "no default outbound access" in way(leaving(public_ip="2a01::5"))
    assert way(leaving(balancing(), public_ip="2a01::5")) == FRONT


def test_a_balancer_over_ipv6_lends_its_frontend_over_ipv6() -> None:
    tables = leaving(load_balancer("front", "2a01::1", rules=HTTP, backends=("a",)), nat=True)
    found = translation(tables, "a", "2a02::1")
    assert found is not None
    assert found.becomes == addresses("2a01::1")
    assert way(tables) == "20.9.9.9"
