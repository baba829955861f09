"""Random flows through a network: whose they are, where they go, and which readings they are read in."""

from __future__ import annotations

from asever.model.addresses import is_v6, parse_address, parse_addresses
from asever.model.packets import Flow, Packet

UNKNOWN_TAGS = ("Storage", "Sql", "AzureMonitor")
ADDRESSES = (
    *("10.0.1.40", "10.0.2.33", "10.0.3.77", "10.1.1.9", "10.3.0.1", "172.20.0.9", "172.21.0.1", "30.0.0.9", "8.8.8.8"),
    *("20.1.2.3", "13.66.140.0", "52.1.1.1", "52.1.1.1", "168.63.129.16"),
)
MANAGES = parse_address("13.66.140.0")
OWNED = parse_addresses("20.1.0.0/16") | parse_addresses("40.0.0.0/8")
PORTS = (*[80] * 5, *[443] * 5, 8080, 1433, 22, 53, 21, 990, 10005, 454, 455, 16001, 4018, 4020, 4024, 8172)
# Without these a flow means something else than its first packet's way.
FIXED = {"blocked-probe": "serves-on", "ip-ssl-source": "client"}


def interesting(network):
    """The addresses that belong to something, several times, and some that belong to nobody."""
    found = []
    for machine in network.machines.values():
        found += [*machine.addresses, *machine.addresses, machine.public_ip]
    for environment in network.environments.values():
        found += [environment.vip, environment.vip, environment.ilb]
    for firewall in network.firewalls.values():
        found += [firewall.address, firewall.public_ip, firewall.public_ip, firewall.public_ip]
    for balancer in network.load_balancers.values():
        found += [balancer.frontend] * 3
    for endpoint in network.private_endpoints.values():
        found += [endpoint.address] * 2
    for gateway in network.nat_gateways.values():
        found.append(gateway.public_ip.first)
    return [one for one in found if one is not None] + [parse_address(one) for one in ADDRESSES]


def origins(network, tables):
    """What starts calls: things, somebody in a subnet (but a firewall's is its own), a network outside Azure, the Internet."""
    machines = [name for name in network.machines if name in tables.sites]
    firewalled = {one.subnet for one in network.firewalls.values()}
    subnets = [one for one in network.subnets if one not in firewalled and not one.endswith("/GatewaySubnet")]
    connected = [one.to for one in network.gateways.values() if one.to is not None]
    others = [*network.environments, *connected, *subnets, "Internet", "Internet", "Internet"]
    return machines + [one for one in others if one in tables.sites]


def reachable(draw, network, tables, name, targets):
    """Mostly what leads somewhere: no private addresses from the Internet, nor what networks outside Azure do not know."""
    if name == "Internet":
        return [one for one in targets if one in tables.tag_space and one not in tables.sites[name].addresses]
    if name in network.on_premises and draw.random() < 0.95:
        known = [network.vnets[one.vnet].address for one in network.gateways.values() if one.to == name]
        return [one for one in targets if any(one in space for space in known)] or targets
    return targets


def some_flow(draw, network, tables, targets):
    """A flow from a random origin to a random address; None where the two are of different families."""
    name = draw.choice(origins(network, tables))
    site = tables.sites[name]
    protocol = draw.choice([*[6] * 14, *[17] * 4, 1, 1, 50])
    low, high = draw.choice(site.addresses.ranges)
    source = draw.randint(low, high)
    if name == "Internet" and draw.random() < 0.5:
        wanted = [one for one in (parse_address(each) for each in ADDRESSES) if one in site.addresses]
        source = draw.choice(wanted or [source])
    target = draw.choice(reachable(draw, network, tables, name, targets))
    if is_v6(source) != is_v6(target) or source == target:
        return None
    with_ports = protocol in (6, 17)
    packet = Packet(
        protocol=protocol,
        source=source,
        source_port=draw.choice([49152, 80, 5000]) if with_ports else 0,
        target=target,
        target_port=draw.choice(PORTS) if with_ports else 0,
        source_tags=some_knowledge(draw, network, tables, source) if name == "Internet" else frozenset(),
        target_tags=some_knowledge(draw, network, tables, target),
    )
    readings = {one: values[0] if draw.random() < 0.5 else draw.choice(values) for one, values in tables.assumptions.items()}
    return Flow(origin=name, packet=packet, readings=readings | FIXED)


def some_knowledge(draw, network, tables, address):
    """Which service tags of unknown content the address is known to lie in, or not to; rarely nothing is known.

    What the file names anywhere lies in none of them; an address that Azure manages environments from speaks for itself.
    """
    if address not in tables.tag_space or address == MANAGES or draw.random() < 0.05:
        return frozenset()
    inside = draw.choice([None, *UNKNOWN_TAGS])
    if (
        address in network.named_addresses
        or address in OWNED
        or any(address in vnet.address for vnet in network.vnets.values())
    ):
        inside = None
    return frozenset(one if one == inside else f"not {one}" for one in UNKNOWN_TAGS)
