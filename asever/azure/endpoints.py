"""Who stands at the ends of a check: sites, the addresses that stand for them, and service tags.

Who calls is in `asever.azure.callers`, what is called in `asever.azure.called`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from asever.azure.balancers import lends_frontend
from asever.azure.inventory import Inside, Inventory, singles
from asever.azure.platform import METADATA, PLATFORM, PROBE
from asever.azure.routes import INTERNET
from asever.azure.tags import canonical_tag, known_tag, view
from asever.model.claims import Endpoint, EndpointKind
from asever.model.effective import EffectiveNetwork, Site, SiteKind, platform_site
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.things import Environment, Firewall, Machine

# Tags that stand for the platform in each virtual network (azure-network-semantics 3.3).
PLATFORM_TAGS = {"AzureLoadBalancer": PROBE, "AzurePlatformDNS": PROBE, "AzurePlatformIMDS": METADATA}


def _named_in(inside: Inside) -> Iterator[tuple[str, str]]:
    """What a vnet may have sites for, in the order of the sites: the name, and the subnet that it stands in."""
    for things in (inside.environments, inside.machines, inside.firewalls):
        yield from ((one.name, one.subnet) for one in things)
    yield from ((one.name, one.name) for one in inside.subnets)
    yield from ((one.name, one.subnet) for one in inside.private_endpoints)


def _public(one: Machine | Firewall) -> NumberSet:
    """The public address of a machine or a firewall, if it has one."""
    return EMPTY if one.public_ip is None else NumberSet.single(one.public_ip)


def title(endpoint: Endpoint) -> str:
    """How messages call an endpoint: `ase two`, `subnet corp/data`, `the Internet`."""
    match endpoint.kind:
        case EndpointKind.INTERNET:
            return "the Internet"
        case EndpointKind.MANAGEMENT:
            return "AzureManagement"
        case EndpointKind.TAG | EndpointKind.ADDRESSES:
            return endpoint.name
        case _:
            return f"{endpoint.kind.value} {endpoint.name}"


def with_wider_tags(name: str) -> frozenset[str]:
    """A tag and the tag that holds it: an address of Storage.WestEurope is one of Storage (azure-network-semantics 3.3)."""
    return frozenset({name, name.partition(".")[0]})


class Endpoints:
    """The things that checks name, in one network."""

    def __init__(self, known: Inventory, tables: EffectiveNetwork) -> None:
        self.known = known
        self.tables = tables
        self.internet = tables.sites[INTERNET]
        self._inside: dict[str, tuple[Site, ...]] = {}
        self._having: dict[NumberSet, tuple[Site, ...]] = {}
        self._owning: dict[tuple[NumberSet, bool], tuple[tuple[Site, NumberSet], ...]] = {}

    # -- Sites ----------------------------------------------------------------------------------------------------------

    def inside(self, endpoint: Endpoint) -> tuple[Site, ...]:
        """The sites of a subnet or of a virtual network, the platform's own left out."""
        found = self._inside.get(endpoint.name)
        if found is None:
            found = self._inside[endpoint.name] = tuple(self._sites_in(endpoint.name))
        return found

    def _sites_in(self, name: str) -> Iterator[Site]:
        """Those of a virtual network, or of one of its subnets."""
        inside, sites = self.known.inside[name.partition("/")[0]], self.tables.sites
        for one, subnet in _named_in(inside):
            if name in (subnet, inside.vnet.name) and one in sites:
                yield sites[one]

    def connected(self, subnets: Iterable[str]) -> Iterator[Site]:
        """The sites inside the tag VirtualNetwork, as these subnets see it."""
        network = self.known.network
        inside = union(view(self.known, network.subnets[name]).vnet or EMPTY for name in subnets) - PLATFORM
        for site in self._near(inside):
            if site.kind is not SiteKind.INTERNET and site.addresses.overlaps(inside):
                yield site

    def owners(
        self, addresses: NumberSet, vnets: Iterable[str] = (), *, calling: bool = False
    ) -> Iterator[tuple[Site, NumberSet]]:
        """The sites that these addresses belong to, with their own addresses among them; a VIP stands for all of its site.

        With `calling` a frontend that no machine calls by stands for nobody.

        The platform's addresses are the same in every virtual network: they are meant only where nothing else is, and
        then those of `vnets`.
        """
        found = self._owning.get((addresses, calling))
        if found is None:
            found = self._owning[addresses, calling] = tuple(self._owners(addresses, calling=calling))
        yield from found
        if addresses <= PLATFORM:
            near = frozenset(vnets)
            for vnet in self.known.network.vnets:
                if vnet in near:
                    platform = self.tables.sites[platform_site(vnet)]
                    yield platform, platform.addresses & addresses

    def _owners(self, addresses: NumberSet, *, calling: bool) -> Iterator[tuple[Site, NumberSet]]:
        for site in self._near(addresses):
            others = self.other_addresses(site) - (self.silent_frontends(site) if calling else EMPTY)
            own = site.addresses if others.overlaps(addresses) else site.addresses & addresses
            if own:
                yield site, own

    def _near(self, addresses: NumberSet) -> tuple[Site, ...]:
        """The sites, but for the platform's, that may have one of these addresses, and others; in the order of all sites."""
        found = self._having.get(addresses)
        if found is None:
            found = self._having[addresses] = tuple(self._sites_near(addresses))
        return found

    def _sites_near(self, addresses: NumberSet) -> Iterator[Site]:
        network, sites = self.known.network, self.tables.sites
        names = {name for name, others in self._others.items() if others.overlaps(addresses)}
        for inside in self.known.inside.values():
            if inside.vnet.address.overlaps(addresses):
                subnets = {one.name for one in inside.subnets if any(prefix.overlaps(addresses) for prefix in one.prefixes)}
                names.update(one for one, subnet in _named_in(inside) if subnet in subnets)
        names.update(network.on_premises, network.platform_services, (INTERNET,))
        return (sites[name] for name in sorted(names & self._order.keys(), key=self._order.__getitem__))

    @cached_property
    def _order(self) -> Mapping[str, int]:
        return {name: number for number, name in enumerate(self.tables.sites)}

    def called_sites(self, endpoint: Endpoint, vnets: Iterable[str] = ()) -> tuple[Site, ...]:
        """The sites that an endpoint stands for when it is called; `vnets` are those that the callers are in."""
        match endpoint.kind:
            case EndpointKind.INTERNET | EndpointKind.MANAGEMENT:
                return (self.internet,)
            case EndpointKind.SUBNET | EndpointKind.VNET:
                return self.inside(endpoint)
            case EndpointKind.ADDRESSES:
                return tuple(site for site, _ in self.owners(endpoint.addresses, vnets))
            case EndpointKind.TAG:
                return self._tag_sites(endpoint, vnets)
            case EndpointKind.LOAD_BALANCER:
                return tuple(self.tables.sites[name] for name in self.known.network.load_balancers[endpoint.name].backends)
            case _:
                return (self.tables.sites[endpoint.name],)

    def _tag_sites(self, endpoint: Endpoint, vnets: Iterable[str]) -> tuple[Site, ...]:
        behind = self.reference(endpoint)
        if behind is not None:
            return (self.tables.sites[behind[0].name],)
        name = canonical_tag(endpoint.name)
        if name in PLATFORM_TAGS:
            return tuple(self.tables.sites[platform_site(vnet)] for vnet in vnets)
        if name == "VirtualNetwork":
            near = frozenset(vnets)
            return tuple(self.connected(one.name for one in self.known.network.subnets.values() if one.vnet in near))
        addresses = known_tag(self.known, endpoint.name)
        return (self.internet,) if addresses is None else tuple(site for site, _ in self.owners(addresses, vnets))

    # -- Addresses ------------------------------------------------------------------------------------------------------

    def other_addresses(self, site: Site) -> NumberSet:
        """Addresses that stand for a site without being its own: VIP, ILB, IP-SSL, outbound and public addresses."""
        return self._others.get(site.name, EMPTY)

    @cached_property
    def _others(self) -> Mapping[str, NumberSet]:
        """Those of each site that has some."""
        network = self.known.network
        sets = {
            **{name: self._leaves_by(name) for name in network.subnets},
            **{one.name: self._leaves_by(one.subnet) | self._machine_ways_in(one) for one in network.machines.values()},
            **{one.name: _public(one) for one in network.firewalls.values()},
            **{
                one.name: self._leaves_by(one.subnet) | one.outbound | self.fronts_of(one)
                for one in network.environments.values()
            },
        }
        return {name: addresses for name, addresses in sets.items() if addresses}

    def _leaves_by(self, subnet: str) -> NumberSet:
        """The public addresses by which what is in a subnet leaves through a NAT gateway."""
        gateway = self.known.network.nat_gateways.get(self.known.network.subnets[subnet].nat_gateway or "")
        return gateway.public_ip if gateway else EMPTY

    def ways_in(self, site: Site) -> NumberSet:
        """Addresses besides its own by which packets come to a site."""
        network = self.known.network
        match site.kind:
            case SiteKind.ENVIRONMENT:
                return self.fronts_of(network.environments[site.name])
            case SiteKind.MACHINE:
                return self._machine_ways_in(network.machines[site.name])
            case SiteKind.FIREWALL:
                return _public(network.firewalls[site.name])
            case _:
                return EMPTY

    def _machine_ways_in(self, one: Machine) -> NumberSet:
        return self.frontends(one.name) | _public(one)

    def frontends(self, machine: str) -> NumberSet:
        """The frontends of the load balancers before a machine."""
        return singles(one.frontend for one in self.known.balancers_before(machine))

    def silent_frontends(self, site: Site) -> NumberSet:
        """Those of them that nothing leaves by."""
        before = self.known.balancers_before(site.name)
        return self.frontends(site.name) - singles(one.frontend for one in before if lends_frontend(one))

    def behind(self, addresses: NumberSet) -> frozenset[str]:
        """The sites that the DNAT rules of firewalls at these addresses lead to."""
        translating = [
            (wall, singles(rule.translated for rule in wall.rules if rule.translated is not None))
            for wall in self.known.network.firewalls.values()
        ]
        translated = union(to for wall, to in translating if to and self._stands_at(wall, addresses))
        return frozenset(site.name for site, _ in self.owners(translated)) if translated else frozenset()

    def _stands_at(self, wall: Firewall, addresses: NumberSet) -> bool:
        return addresses.overlaps(self.tables.sites[wall.name].addresses) or addresses.overlaps(_public(wall))

    def fronts_of(self, one: Environment) -> NumberSet:
        """The addresses that an environment's front ends are called by."""
        candidates = (self.known.vip(one), one.ilb, *(each.address for each in one.ip_ssl))
        return singles([address for address in candidates if address is not None])

    def management(self) -> NumberSet:
        """Where Azure manages environments from."""
        return known_tag(self.known, "AppServiceManagement") or EMPTY

    def reference(self, endpoint: Endpoint) -> tuple[Environment, str] | None:
        """The environment behind a name such as `one.vip` that stands for an address the file does not give."""
        name, dot, word = endpoint.name.rpartition(".")
        if endpoint.kind is not EndpointKind.TAG or not dot or word not in {"vip", "outbound"}:
            return None
        one = self.known.network.environments.get(name)
        return None if one is None else (one, word)


_last: list[Endpoints] = []


def endpoints(known: Inventory, tables: EffectiveNetwork) -> Endpoints:
    """The endpoints of a network; the last ones are kept, since every question about one network asks them."""
    if not _last or _last[0].known is not known or _last[0].tables is not tables:
        _last[:] = [Endpoints(known, tables)]
    return _last[0]
