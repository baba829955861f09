"""Puts the tables together: everything Azure makes of a declared network, for the two readings to work on.

Each table is made when it is first asked for, so that a check costs what is on its way, however large the network is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from asever.azure.assumptions import ASSUMPTIONS
from asever.azure.candidates import INTERNET, vnet_fabric
from asever.azure.devices import (
    firewall_addresses,
    firewall_forwarding,
    firewall_translations,
    forwarded_translations,
    guarded_by_peerings,
    machine_forwarding,
)
from asever.azure.environments import Arrivals
from asever.azure.fabrics import fabrics, home_of
from asever.azure.filters import same_subnet_filter
from asever.azure.inventory import Inventory, inventory
from asever.azure.naming import address_names
from asever.azure.outside import internet_routes, on_premises_routes, platform_routes
from asever.azure.peerings import closed_routes
from asever.azure.places import exempt_at, filters_before, groups_before
from asever.azure.platform import AGENT_EXEMPTION, PLATFORM, PROBE_SOURCE, TAG_SPACE
from asever.azure.platform_services import service_site
from asever.azure.private_endpoints import endpoint_filters
from asever.azure.routes import subnet_routes
from asever.azure.translation import (
    environment_translations,
    machine_translations,
    on_premises_translations,
    rest_translations,
)
from asever.model.effective import EffectiveNetwork, Site, SiteKind, platform_site
from asever.model.later import Later
from asever.model.numbers import NumberSet
from asever.model.things import (
    Direction,
    Environment,
    Firewall,
    Machine,
    Network,
    OnPremises,
    PrivateEndpoint,
    Subnet,
    Vnet,
)
from asever.record import replace


def effective(network: Network) -> EffectiveNetwork:
    """The effective tables of a whole network.

    The network must be valid (references resolve, addresses lie in their subnets); loading has seen to that.
    """
    known = inventory(network)
    sites = Later(dict(_sites(known)))
    arrivals = Later({name: partial(_arrivals, known, one, sites) for name, one in network.environments.items()})
    return EffectiveNetwork(
        sites=sites,
        fabrics=Later(dict(fabrics(known, sites, arrivals))),
        assumptions={name: tuple(value for value, _ in one.values) for name, one in ASSUMPTIONS.items()},
        tag_space=TAG_SPACE | known.service_addresses,
        probe_source=PROBE_SOURCE,
        names=address_names(known),
    )


def _sites(known: Inventory) -> Iterator[tuple[str, Callable[[], Site]]]:
    network = known.network
    yield from ((name, partial(_environment_site, known, one)) for name, one in network.environments.items())
    yield from ((name, partial(_machine_site, known, one)) for name, one in network.machines.items())
    yield from ((name, partial(_firewall_site, known, one)) for name, one in network.firewalls.items())
    yield from (
        (name, partial(_rest_site, known, one))
        for name, one in network.subnets.items()
        if name not in known.environment_in and name not in known.firewall_in and known.has_rest(one)
    )
    yield from ((name, partial(_on_premises_site, known, one)) for name, one in network.on_premises.items())
    yield from ((name, partial(_private_endpoint_site, known, one)) for name, one in network.private_endpoints.items())
    yield from ((name, partial(service_site, known, one)) for name, one in network.platform_services.items())
    yield from ((platform_site(name), partial(_platform_site, one)) for name, one in network.vnets.items())
    yield INTERNET, partial(_internet_site, known)


def _arrivals(known: Inventory, one: Environment, sites: Mapping[str, Site]) -> Arrivals:
    return Arrivals(known, one, sites[one.name].inbound)


# -- Sites in a subnet --------------------------------------------------------------------------------------------------


def _environment_site(known: Inventory, one: Environment) -> Site:
    subnet = known.network.subnets[one.subnet]
    others = known.taken(subnet.name)
    blocked = (same_subnet_filter(one, subnet, others),) if others else ()
    site = _in_subnet(known, subnet, None)
    return replace(
        site,
        name=one.name,
        title=f"ase {one.name}",
        kind=SiteKind.ENVIRONMENT,
        thing=one.name,
        addresses=known.instances(one),
        outbound=(*blocked, *site.outbound),
        translations=environment_translations(known, one, subnet),
        span=one.span,
    )


def _machine_site(known: Inventory, one: Machine) -> Site:
    subnet = known.network.subnets[one.subnet]
    site = replace(
        _in_subnet(known, subnet, one),
        name=one.name,
        title=f"vm {one.name}",
        kind=SiteKind.MACHINE,
        thing=one.name,
        addresses=NumberSet.of((address, address) for address in one.addresses),
        translations=(*forwarded_translations(one), *machine_translations(known, one, subnet)),
        forwarding=machine_forwarding(one),
        span=one.span,
    )
    return replace(site, routes=guarded_by_peerings(known, subnet, site.routes)) if one.ip_forwarding else site


def _firewall_site(known: Inventory, one: Firewall) -> Site:
    subnet = known.network.subnets[one.subnet]
    site = _in_subnet(known, subnet, None)
    return replace(
        site,
        name=one.name,
        title=f"firewall {one.name}",
        kind=SiteKind.FIREWALL,
        thing=one.name,
        addresses=firewall_addresses(known, one),
        routes=guarded_by_peerings(known, subnet, site.routes),
        translations=tuple(firewall_translations(known, one)),
        forwarding=firewall_forwarding(known, one),
        span=one.span,
    )


def _rest_site(known: Inventory, subnet: Subnet) -> Site:
    return replace(_in_subnet(known, subnet, None), addresses=known.rest(subnet), translations=rest_translations(known, subnet))


def _in_subnet(known: Inventory, subnet: Subnet, machine: Machine | None) -> Site:
    """What every machine in a subnet shares: filters, routes and what is exempt from them."""
    routes = subnet_routes(known, subnet)
    return Site(
        name=subnet.name,
        title=f"other machines of subnet {subnet.name}",
        kind=SiteKind.UNLISTED,
        thing=subnet.name,
        addresses=NumberSet(),
        home=vnet_fabric(subnet.vnet),
        vnet=subnet.vnet,
        subnet=subnet.name,
        exempt=(AGENT_EXEMPTION, *exempt_at(known, subnet, machine)),
        outbound=filters_before(known, subnet, machine, Direction.OUTBOUND),
        inbound=filters_before(known, subnet, machine, Direction.INBOUND),
        routes=routes if groups_before(known, subnet, machine) else closed_routes(known, subnet, routes),
        span=subnet.span,
    )


# -- Sites elsewhere ----------------------------------------------------------------------------------------------------


def _internet_site(known: Inventory) -> Site:
    return Site(
        name=INTERNET,
        title="the Internet",
        kind=SiteKind.INTERNET,
        thing=INTERNET,
        addresses=known.internet,
        home=INTERNET,
        routes=internet_routes(),
    )


def _on_premises_site(known: Inventory, one: OnPremises) -> Site:
    home = home_of(known, one)
    return Site(
        name=one.name,
        title=f"on-premises {one.name}",
        kind=SiteKind.ON_PREMISES,
        thing=one.name,
        addresses=one.address,
        home=home,
        routes=on_premises_routes(known, one, home),
        translations=on_premises_translations(known, one),
        span=one.span,
    )


def _private_endpoint_site(known: Inventory, one: PrivateEndpoint) -> Site:
    """It answers and starts nothing (azure-network-semantics 9.1); its replies take no user's routes.

    So a call that came through a stateful device which kept the caller's address loses its reply (azure-network-semantics 5.6).
    """
    subnet = known.network.subnets[one.subnet]
    return Site(
        name=one.name,
        title=f"private-endpoint {one.name}",
        kind=SiteKind.SERVICE,
        thing=one.name,
        addresses=NumberSet.single(one.address),
        home=vnet_fabric(subnet.vnet),
        vnet=subnet.vnet,
        subnet=subnet.name,
        inbound=endpoint_filters(known, one),
        routes=subnet_routes(known, replace(subnet, route_table=None, service_endpoints=())),
        span=one.span,
    )


def _platform_site(vnet: Vnet) -> Site:
    """The platform, seen from a vnet: where probes come from and where exempt traffic goes (azure-network-semantics 3.4)."""
    return Site(
        name=platform_site(vnet.name),
        title=f"Azure's platform in vnet {vnet.name}",
        kind=SiteKind.PLATFORM,
        thing=vnet.name,
        addresses=PLATFORM,
        home=vnet_fabric(vnet.name),
        vnet=vnet.name,
        routes=platform_routes(vnet),
        span=vnet.span,
    )
