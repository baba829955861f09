"""Random hub-and-spoke networks in which every mechanism of the references occurs often."""

from __future__ import annotations

from dataclasses import replace

from asever.model.addresses import parse_address
from asever.model.packets import ANY_PROTOCOL
from asever.model.things import PortMapping
from tests.networks import (
    admin_rules,
    ase,
    asg,
    firewall,
    gateway,
    load_balancer,
    nat_gateway,
    network,
    nsg,
    on_premises,
    peer,
    private_endpoint,
    route,
    route_table,
    rule,
    subnet,
    tag,
    vm,
    vnet,
)

SPACES = {"hub": "10.0.0.0/16", "left": "10.1.0.0/16", "right": "10.2.0.0/16"}
SOURCES = (
    *(
        "*",
        "*",
        "10.0.0.0/8",
        "10.1.0.0/16",
        "10.2.1.4",
        "10.0.2.0/24",
        "10.0.0.0/26",
        "172.20.0.0/16",
        "40.2.0.1",
        "20.0.0.0/8",
    ),
    *("Internet", "Internet", "VirtualNetwork", "VirtualNetwork", "AzureLoadBalancer", "Known", "Storage", "asg:web"),
)
TARGETS = (
    *("*", "*", "*", "10.0.0.0/8", "10.1.1.0/24", "10.1.1.100", "10.2.0.0/16", "10.0.4.0/26", "172.20.0.0/16"),
    *("Internet", "VirtualNetwork", "Storage", "Known", "asg:web"),
)
PORTS = ("*", "*", "80", "443", "80,443", "8080", "1433", "1024-65535")
APPLIANCES = ("10.0.0.4", "10.0.0.4", "10.0.1.4", "10.0.1.4", "10.0.1.5", "10.0.1.100", "10.1.2.4", "10.2.1.4")
PREFIXES = (
    *("0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "10.0.2.0/24", "10.1.1.0/24"),
    *("10.0.4.5", "10.0.4.0/26", "10.0.0.0/16", "172.20.0.0/16", "20.1.0.0/16", "8.8.8.0/24", "Known", "Storage"),
)


def some_rule(draw, priority, access=("allow", "allow", "deny"), targets=TARGETS):
    return rule(
        priority,
        draw.choice(access),
        draw.choice(["tcp", "tcp", "any", "any", "udp", "icmp"]),
        draw.choice(SOURCES),
        draw.choice(targets),
        draw.choice(PORTS),
        source_port=draw.choice(["*", "*", "*", "*", "1024-65535"]),
    )


def some_rules(draw, most, **more):
    return [some_rule(draw, 100 + index, **more) for index in range(draw.randint(0, most))]


def some_group(draw, name):
    """Half of them open, so that packets come far enough to meet something."""
    everything = [rule(4000, "allow", "any", "*", "*", "*")] if draw.random() < 0.5 else []
    return nsg(name, inbound=[*some_rules(draw, 2), *everything], outbound=some_rules(draw, draw.choice([0, 0, 2])))


def some_routes(draw, name):
    hops = ("appliance", "appliance", "appliance", "appliance", "internet", "none", "vnet-local", "gateway")
    routes = {}
    for _ in range(draw.randint(1, 3)):
        hop, prefix = draw.choice(hops), draw.choice(PREFIXES)
        if prefix in ("Known", "Storage"):
            hop = draw.choice(["internet", "internet", "appliance", "none"])
        routes[prefix] = route(prefix, hop, draw.choice(APPLIANCES) if hop == "appliance" else None)
    if draw.random() < 0.5:
        routes["0.0.0.0/0"] = route("0.0.0.0/0", "appliance", draw.choice(APPLIANCES))
    if draw.random() < 0.5:  # the spokes talk through the hub
        hub = draw.choice(["10.0.0.4", "10.0.1.4", "10.0.1.100"])
        routes |= {prefix: route(prefix, "appliance", hub) for prefix in (SPACES["left"], SPACES["right"])}
    return route_table(name, *routes.values(), bgp_propagation=draw.random() < 0.7)


def some_peering(draw, one, other):
    """Both sides, rarely one alone."""
    sides = [[], []]
    for mine, remote in ((sides[0], other), (sides[1], one)):
        flags = {"access": draw.random() < 0.85, "forwarded_traffic": draw.choice([True, True, None, False])}
        flags |= {"gateway_transit": draw.random() < 0.7, "remote_gateway": draw.random() < 0.7}
        if draw.random() < 0.95:
            mine.append(peer(remote, **flags))
    return sides


def some_firewall(draw):
    rules = []
    for index in range(draw.randint(0, 3)):
        one = some_rule(draw, 100 + index, targets=("*", "*", "10.0.0.0/8", "10.1.1.0/24", "20.0.0.0/8", "Known"))
        source = draw.choice(["*", "*", "10.0.0.0/8", "10.1.0.0/16", "172.20.0.0/16", "20.0.0.0/8"])
        # Its network rules know no source ports.
        everywhere = rule(100, "allow", "any", source)
        rules.append(replace(one, sources=everywhere.sources, source_port=everywhere.source_port))
    if draw.random() < 0.6:
        rules.append(rule(4000, "allow", "any", "*", "*", "*"))
    for index in range(draw.choice([0, 1, 2, 2])):
        one = rule(
            200 + index,
            "dnat",
            draw.choice(["tcp", "tcp", "udp"]),
            draw.choice(["*", "*", "20.0.0.0/8"]),
            draw.choice(["40.2.0.9", "40.2.0.9", "10.0.0.4"]),
            draw.choice(["80", "443"]),
        )
        to = draw.choice(["10.1.1.4", "10.1.1.5", "10.2.1.4", "10.0.2.4", "10.1.1.100"])
        rules.append(replace(one, translated=parse_address(to), translated_port=draw.choice([None, 80, 8080])))
    made = firewall("wall", "hub/fw", "10.0.0.4", public_ip=draw.choice(["40.2.0.9", "40.2.0.9", "40.2.0.9", None]))
    return replace(made, snat=draw.choice(["public", "public", "public", "always", "never"]), rules=tuple(rules))


def some_appliance(draw, name, where, ip, group):
    made = vm(name, where, ip, nsg=group, public_ip=draw.choice([None, f"40.2.1.{ip[-1]}"]))
    ways = ["unchanged", "unchanged", "unchanged", "translated", "translated", "nothing", None, None]
    return replace(made, ip_forwarding=draw.random() < 0.9, forwards=draw.choice(ways))


def some_balancers(draw):
    def more(one):
        sku = draw.choice(["standard", "standard", "standard", "basic"])
        return replace(one, outbound=draw.random() < 0.6, sku=sku, floating_ip=draw.random() < 0.25)

    def ports():
        return draw.choice([[("tcp", 80, 8080)], [("tcp", 443, 443), ("udp", 53, 53)], [("tcp", 80, 80), ("tcp", 443, 443)]])

    backends = draw.choice([("a1", "a2"), ("a1",), ("a2",)])
    probe = draw.choice([None, 80, 8080])
    if draw.random() < 0.7:
        yield more(load_balancer("front", "40.2.0.50", rules=ports(), backends=backends, probe=probe))
    if draw.random() < 0.7:
        yield more(load_balancer("inner", "10.1.1.100", subnet="left/s", rules=ports(), backends=backends, probe=probe))
    if draw.random() < 0.7:
        ha = load_balancer("ha", "10.0.1.100", subnet="hub/nva", backends=draw.choice([("n1", "n2"), ("n1",)]), probe=probe)
        every = PortMapping(protocol=ANY_PROTOCOL, front=0, back=0)
        yield replace(ha, mappings=(every,) if draw.random() < 0.85 else ())


def wide_network(draw):
    """One hub with a firewall, appliances, an environment and endpoints, and two spokes with machines and load balancers."""

    def maybe(value, chance=0.5):
        return value if draw.random() < chance else None

    def in_subnet(name, prefixes, chance=0.5, **more):
        made = subnet(
            name,
            prefixes,
            nsg=maybe(draw.choice(["g1", "g2", "g3"]), chance),
            route_table=maybe(draw.choice(["r1", "r2", "r3"]), chance),
            nat_gateway=maybe("n", 0.15),
            service_endpoints=draw.choice([(), (), ("Storage",), ("Known",), ("Storage", "Known")]),
            default_outbound=draw.random() < 0.6,
        )
        return replace(made, **more)

    v6 = draw.random() < 0.25
    hub_left, left_hub = some_peering(draw, "hub", "left")
    hub_right, right_hub = some_peering(draw, "hub", "right")
    across = some_peering(draw, "left", "right") if draw.random() < 0.3 else ([], [])
    region = draw.choice(["west", "west", "east", None])
    inner, version = draw.random() < 0.4, draw.choice([1, 2, 3])
    balancers = list(some_balancers(draw))
    learns = draw.choice(["172.20.0.0/16", "172.20.0.0/16,0.0.0.0/0", "172.20.0.0/16,10.1.1.0/25"])
    extra = [
        maybe(gateway("gw", "hub", draw.choice(["vpn", "vpn", "expressroute"]), learns=learns, to="hq"), 0.6),
        maybe(private_endpoint("pe", "hub/pe", "10.0.4.5", "Storage"), 0.8),
        maybe(admin_rules("high", *draw.choice([("hub", "left"), ("left",)]), **some_admin_rules(draw)), 0.4),
        maybe(admin_rules("low", *draw.choice([("left", "right"), ("left",)]), **some_admin_rules(draw)), 0.3),
        maybe(tag("Known", "20.1.0.0/16,13.66.140.0"), 0.9),
    ]
    return network(
        vnet("hub", SPACES["hub"] + draw.choice(["", "", ",30.0.0.0/24"]), peers=[*hub_left, *hub_right], region="west"),
        vnet("left", SPACES["left"] + (",fd00:1::/48" if v6 else ""), peers=[*left_hub, *across[0]], region="west"),
        vnet("right", SPACES["right"] + (",fd00:2::/48" if v6 else ""), peers=[*right_hub, *across[1]], region=region),
        subnet("hub/fw", "10.0.0.0/26", route_table=maybe(draw.choice(["r1", "r4"]), 0.3)),
        *([subnet("hub/GatewaySubnet", "10.0.255.0/27", route_table=draw.choice([None, "r2"]))] if draw.random() < 0.5 else []),
        in_subnet("hub/nva", "10.0.1.0/24", 0.3),
        in_subnet("hub/work", "10.0.2.0/24"),
        in_subnet("hub/ase", "10.0.3.0/26", 0.4),
        in_subnet("hub/pe", "10.0.4.0/26", private_endpoint_policies=draw.choice(["off", "nsg", "routes", "on"])),
        in_subnet("left/s", "10.1.1.0/24" + (",fd00:1:0:1::/64" if v6 else "")),
        in_subnet("left/t", "10.1.2.0/24"),
        in_subnet("right/s", "10.2.1.0/24" + (",fd00:2:0:1::/64" if v6 else "")),
        some_firewall(draw),
        some_appliance(draw, "n1", "hub/nva", "10.0.1.4", maybe("g4", 0.3)),
        some_appliance(draw, "n2", "hub/nva", "10.0.1.5", maybe("g1", 0.3)),
        some_appliance(draw, "n3", "left/t", "10.1.2.4", None),
        vm("app", "hub/work", "10.0.2.4", public_ip=maybe("40.2.0.1"), nsg=maybe("g4", 0.3), asgs=("web",)),
        vm("a1", "left/s", "10.1.1.4", *(["fd00:1:0:1::4"] if v6 else []), public_ip=maybe("40.2.0.2", 0.3), asgs=("web",)),
        vm("a2", "left/s", "10.1.1.5", nsg=maybe("g4", 0.4)),
        vm("b1", "right/s", "10.2.1.4", *(["fd00:2:0:1::4"] if v6 else []), public_ip=maybe("40.2.0.3", 0.3)),
        ase(
            "one",
            "hub/ase",
            version,
            vip=None if version == 3 and inner else maybe("40.2.0.20", 0.9),
            ilb="10.0.3.10" if inner else None,
            ftp=draw.choice([None, "public", "ilb"]) if inner else None,
            outbound=draw.choice(["", "40.2.0.21,40.2.0.22"]) if version == 3 else "",
        ),
        asg("web"),
        nat_gateway("n", "40.2.0.30,40.2.0.31"),
        on_premises("hq", "172.20.0.0/16"),
        *(some_routes(draw, f"r{index}") for index in range(1, 5)),
        *(some_group(draw, f"g{index}") for index in range(1, 5)),
        *balancers,
        *(one for one in extra if one is not None),
        named="40.2.0.0/24",
    )


def some_admin_rules(draw):
    access = ("allow", "deny", "always-allow")
    return {"inbound": some_rules(draw, 2, access=access), "outbound": some_rules(draw, 1, access=access)}
