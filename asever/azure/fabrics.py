"""The media that carry packets, and what becomes of a packet to each address there.

Different things have different addresses, so only the rows of one thing compete; they are kept together, and things are
sorted by their first address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from asever.azure import balancers
from asever.azure.candidates import INTERNET, endpoint_fabric, gateway_fabric, vnet_fabric
from asever.azure.devices import firewall_arrivals
from asever.azure.environments import Arrivals, ip_ssl_fabric
from asever.azure.filters import closed_without_group
from asever.azure.inventory import Inventory, of_family, singles
from asever.azure.neighbours import vnets_behind
from asever.azure.outside import gateways_to
from asever.azure.places import groups_before
from asever.azure.platform import INTERNET_BASE, METADATA, PLATFORM, PROBE
from asever.azure.platform_services import service_arrivals
from asever.azure.private_endpoints import endpoint_arrival
from asever.azure.service_endpoints import endpoints_of, with_endpoints
from asever.model.addresses import ALL_V4
from asever.model.effective import Action, Arrival, Fabric, Filter, FilterRow, Origin, Site, platform_site
from asever.model.numbers import NumberSet
from asever.model.things import Environment, Gateway, IpSsl, Machine, OnPremises
from asever.record import replace

_Block = tuple[Arrival, ...]


def fabrics(
    known: Inventory, sites: Mapping[str, Site], environments: Mapping[str, Arrivals]
) -> Iterator[tuple[str, Callable[[], Fabric]]]:
    """The names of the fabrics of a network, each with what makes it."""
    network = known.network
    yield INTERNET, partial(_internet, known, environments)
    yield from ((endpoint_fabric(one.name), partial(endpoints_of, known, one)) for one in with_endpoints(known))
    for name in network.vnets:
        yield vnet_fabric(name), partial(_inside, known, name, sites, environments)
    for gateway in network.gateways.values():
        yield gateway_fabric(gateway.name), partial(_gateway, known, gateway)
    for premises in network.on_premises.values():
        if home_of(known, premises) == _alone(premises):
            yield _alone(premises), partial(_on_premises, premises)
    for environment in network.environments.values():
        for address in environment.ip_ssl:
            yield ip_ssl_fabric(environment, address), partial(_ip_ssl, environment, address, environments)


def _internet(known: Inventory, environments: Mapping[str, Arrivals]) -> Fabric:
    return Fabric(
        name=INTERNET,
        arrivals=_sorted([*_public_blocks(known, environments), *_internet_blocks(known)]),
        otherwise="nobody answers at this address on the Internet",
    )


def _inside(known: Inventory, vnet: str, sites: Mapping[str, Site], environments: Mapping[str, Arrivals]) -> Fabric:
    return Fabric(
        name=vnet_fabric(vnet),
        arrivals=_sorted(list(_inside_blocks(known, vnet, sites, environments))),
        otherwise=f"nobody in vnet {vnet} has this address",
    )


def _gateway(known: Inventory, gateway: Gateway) -> Fabric:
    return Fabric(
        name=gateway_fabric(gateway.name),
        arrivals=_behind_gateway(known, gateway),
        otherwise=f"the file declares nobody behind gateway {gateway.name} who has this address",
    )


def _on_premises(network: OnPremises) -> Fabric:
    return Fabric(
        name=_alone(network),
        arrivals=(_to_on_premises(network),),
        otherwise=f"nobody on premises at {network.name} has this address",
    )


def _ip_ssl(environment: Environment, address: IpSsl, environments: Mapping[str, Arrivals]) -> Fabric:
    return Fabric(
        name=ip_ssl_fabric(environment, address),
        arrivals=environments[environment.name].by_ip_ssl(address),
        otherwise="only its own port pair is behind an IP-SSL address",
    )


def _sorted(blocks: list[_Block]) -> tuple[Arrival, ...]:
    ordered = sorted((block for block in blocks if block), key=lambda block: block[0].called.ranges)
    return tuple(row for block in ordered for row in block)


# -- The Internet -------------------------------------------------------------------------------------------------------


def _public_blocks(known: Inventory, environments: Mapping[str, Arrivals]) -> Iterator[_Block]:
    network = known.network
    for one in environments.values():
        rows = one.public()
        by_address: dict[NumberSet, list[Arrival]] = defaultdict(list)
        for row in rows:
            by_address[row.called].append(row)
        yield from (tuple(block) for block in by_address.values())
        yield from _no_listener(one.one.outbound - known.environment_addresses, one.one.name, "an outbound address")
    for machine in network.machines.values():
        if machine.public_ip is not None:
            yield (_to_public_ip(known, machine, machine.public_ip),)
    for gateway in network.nat_gateways.values():
        yield from _no_listener(gateway.public_ip, gateway.name, "a NAT gateway")
    for balancer in network.load_balancers.values():
        if balancer.subnet is None:
            rows = balancers.arrivals(known, balancer)
            if rows:
                yield rows
    for firewall in network.firewalls.values():
        yield from ((row,) for fabric, row in firewall_arrivals(known, firewall) if fabric == INTERNET)
    yield from ((row,) for row in service_arrivals(known))
    for premises in network.on_premises.values():
        public = premises.address & INTERNET_BASE
        if public:
            yield (replace(_to_on_premises(premises), called=public),)


def _internet_blocks(known: Inventory) -> Iterator[_Block]:
    """Everything public that nobody in the file owns."""
    yield (
        Arrival(
            called=known.internet,
            site=INTERNET,
            resource=INTERNET,
            origin=Origin(azure="Internet"),
        ),
    )


def _no_listener(addresses: NumberSet, resource: str, what: str) -> Iterator[_Block]:
    """Addresses that packets leave by and that admit none that nobody asked for (azure-network-semantics 7)."""
    if addresses:
        yield (
            Arrival(
                called=addresses,
                drops=f"nothing listens on {what}",
                resource=resource,
                origin=Origin(azure="no listener"),
            ),
        )


def _to_public_ip(known: Inventory, machine: Machine, public: int) -> Arrival:
    """A machine's own public address; without any NSG it admits nothing (azure-network-semantics 2.9)."""
    row = Arrival(
        called=NumberSet.single(public),
        resource=machine.name,
        fact="public-ip",
        origin=Origin(span=machine.parts.get("public-ip", machine.span), azure="public address", parts=machine.parts),
    )
    private = of_family(singles(machine.addresses), public)
    if not private:
        return replace(row, drops=f"{machine.name} has no private address of this family")
    subnet = known.network.subnets[machine.subnet]
    closed = not groups_before(known, subnet, machine)
    first = next(one for one in machine.addresses if one in private)
    return replace(
        row,
        site=machine.name,
        instances=NumberSet.single(first),
        guards=(_closed(machine),) if closed else (),
        because=f"{machine.name}.public-ip stands for its private address",
    )


def _closed(machine: Machine) -> Filter:
    row = FilterRow(
        priority=0,
        name="a Standard public IP admits nothing without an NSG",
        action=Action.DENY,
        origin=Origin(span=machine.parts.get("public-ip", machine.span), azure="public-ip-closed", parts=machine.parts),
    )
    return closed_without_group(machine.name, machine.span, f"the public address of {machine.name}", (row,))


# -- Inside a vnet ------------------------------------------------------------------------------------------------------


def _inside_blocks(
    known: Inventory, vnet: str, sites: Mapping[str, Site], environments: Mapping[str, Arrivals]
) -> Iterator[_Block]:
    inside = known.inside[vnet]
    for environment in inside.environments:
        by_address: dict[NumberSet, list[Arrival]] = defaultdict(list)
        for row in environments[environment.name].inside():
            by_address[row.called].append(row)
        yield from (tuple(block) for block in by_address.values())
    for balancer in inside.load_balancers:
        found = balancers.arrivals(known, balancer)
        if found:
            yield found
    for firewall in inside.firewalls:
        yield from ((row,) for fabric, row in firewall_arrivals(known, firewall) if fabric != INTERNET)
    for machine in inside.machines:
        yield (_to_site(sites[machine.name]),)
    for subnet in inside.subnets:
        if subnet.name in sites:
            yield (_to_site(sites[subnet.name]),)
    for endpoint in inside.private_endpoints:
        yield (endpoint_arrival(known, sites[endpoint.name]),)
    yield (_to_platform(vnet, METADATA),)
    yield (_to_platform(vnet, PROBE),)


def _to_site(site: Site) -> Arrival:
    return Arrival(
        called=site.addresses,
        site=site.name,
        resource=site.thing,
        origin=Origin(span=site.span),
    )


def _to_platform(vnet: str, addresses: NumberSet) -> Arrival:
    return Arrival(
        called=addresses,
        site=platform_site(vnet),
        resource=platform_site(vnet),
        fact="platform-address",
        origin=Origin(azure="platform-address"),
    )


# -- Behind gateways ----------------------------------------------------------------------------------------------------


def _alone(network: OnPremises) -> str:
    return f"on-premises {network.name}"


def home_of(known: Inventory, network: OnPremises) -> str:
    """The fabric in which an on-premises network's addresses live: behind its first gateway, or by itself.

    A network with public addresses only and no gateway is a part of the Internet that has a name.
    """
    gateways = gateways_to(known, network)
    if gateways:
        return gateway_fabric(gateways[0].name)
    return INTERNET if network.address <= INTERNET_BASE else _alone(network)


def _to_on_premises(network: OnPremises) -> Arrival:
    return Arrival(
        called=network.address,
        site=network.name,
        resource=network.name,
        origin=Origin(span=network.span, parts=network.parts),
    )


def _behind_gateway(known: Inventory, gateway: Gateway) -> _Block:
    """What is behind a gateway: its on-premises network, the vnets that it joins, and the Internet beyond.

    Traffic to the Internet that a gateway takes is forced through the network on premises, which may lose it and gives it an
    address of its own (ase-network-semantics 4 and 6.2).
    """
    rows: list[Arrival] = []
    network = known.network.on_premises.get(gateway.to or "")
    if network is not None:
        rows.append(_to_on_premises(network))
    where = f"on-premises network {network.name}" if network is not None else f"the network behind gateway {gateway.name}"
    rows.extend(_back_into(known, gateway, name) for name in vnets_behind(known, gateway))
    public = (INTERNET_BASE & ALL_V4) - PLATFORM
    rows.append(
        Arrival(
            called=public,
            continues=INTERNET,
            source_becomes=known.strangers,
            doubt=f"it leaves through {where}, which may block it and gives it an address of its own",
            because=f"forced through {where}",
            fact="forced-tunnel",
            resource=gateway.name,
            origin=Origin(span=gateway.span, parts=gateway.parts),
        )
    )
    return tuple(rows)


def _back_into(known: Inventory, gateway: Gateway, vnet: str) -> Arrival:
    """From one vnet of a gateway to another: through a VPN gateway, not through ExpressRoute (azure-network-semantics 6)."""
    row = Arrival(
        called=known.network.vnets[vnet].address,
        resource=gateway.name,
        fact="gateway-transit",
        origin=Origin(span=gateway.span, parts=gateway.parts),
    )
    if gateway.kind == "vpn":
        return replace(row, continues=vnet_fabric(vnet), because=f"gateway {gateway.name} joins its virtual networks")
    return replace(row, drops=f"ExpressRoute gateway {gateway.name} does not lead from one virtual network to another")
