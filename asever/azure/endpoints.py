"""Who stands at the ends of a check: sites, the addresses that stand for them, and service tags.

Who calls is in `asever.azure.callers`, what is called in `asever.azure.called`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from asever.azure.balancers import lends_frontend
from asever.azure.environments import platform_site
from asever.azure.inventory import Inventory, singles
from asever.azure.platform import METADATA, PLATFORM, PROBE
from asever.azure.routes import INTERNET
from asever.azure.tags import canonical_tag, known_tag, view
from asever.model.claims import Endpoint, EndpointKind
from asever.model.effective import EffectiveNetwork, Site, SiteKind
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.things import Environment

# Tags that stand for the platform in each virtual network (azure-network-semantics 3.3).
PLATFORM_TAGS = {"AzureLoadBalancer": PROBE, "AzurePlatformDNS": PROBE, "AzurePlatformIMDS": METADATA}


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
        self._others: dict[str, NumberSet] = {}

    # -- Sites ----------------------------------------------------------------------------------------------------------

    def inside(self, endpoint: Endpoint) -> tuple[Site, ...]:
        """The sites of a subnet or of a virtual network, the platform's own left out."""
        found = self._in_subnet if endpoint.kind is EndpointKind.SUBNET else self._in_vnet
        return found.get(endpoint.name, ())

    @cached_property
    def _in_subnet(self) -> Mapping[str | None, tuple[Site, ...]]:
        return self._sites_by(lambda site: site.subnet)

    @cached_property
    def _in_vnet(self) -> Mapping[str | None, tuple[Site, ...]]:
        return self._sites_by(lambda site: site.vnet)

    def _sites_by(self, place: Callable[[Site], str | None]) -> Mapping[str | None, tuple[Site, ...]]:
        found: dict[str | None, list[Site]] = defaultdict(list)
        for site in self.tables.sites.values():
            if site.kind is not SiteKind.PLATFORM:
                found[place(site)].append(site)
        return {name: tuple(sites) for name, sites in found.items()}

    def connected(self, subnets: Iterable[str]) -> Iterator[Site]:
        """The sites inside the tag VirtualNetwork, as these subnets see it."""
        network = self.known.network
        inside = union(view(self.known, network.subnets[name]).vnet or EMPTY for name in subnets) - PLATFORM
        for site in self.tables.sites.values():
            if site.kind not in (SiteKind.PLATFORM, SiteKind.INTERNET) and site.addresses.overlaps(inside):
                yield site

    def owners(
        self, addresses: NumberSet, vnets: Iterable[str] = (), *, calling: bool = False
    ) -> Iterator[tuple[Site, NumberSet]]:
        """The sites that these addresses belong to, with their own addresses among them; a VIP stands for all of its site.

        With `calling` a frontend that no machine calls by stands for nobody.

        The platform's addresses are the same in every virtual network: they are meant only where nothing else is, and
        then those of `vnets`.
        """
        platform, near = addresses <= PLATFORM, frozenset(vnets)
        for site in self.tables.sites.values():
            if site.kind is SiteKind.PLATFORM:
                if platform and site.vnet in near:
                    yield site, site.addresses & addresses
                continue
            others = self.other_addresses(site) - (self.silent_frontends(site) if calling else EMPTY)
            own = site.addresses if others.overlaps(addresses) else site.addresses & addresses
            if own:
                yield site, own

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
        found = self._others.get(site.name)
        if found is None:
            found = self._others[site.name] = self._other_addresses(site)
        return found

    def _other_addresses(self, site: Site) -> NumberSet:
        network = self.known.network
        leaves_by = EMPTY
        if site.kind in (SiteKind.MACHINE, SiteKind.UNLISTED, SiteKind.ENVIRONMENT) and site.subnet is not None:
            gateway = network.nat_gateways.get(network.subnets[site.subnet].nat_gateway or "")
            leaves_by = gateway.public_ip if gateway else EMPTY
        if site.kind is SiteKind.ENVIRONMENT:
            leaves_by |= network.environments[site.name].outbound
        return self.ways_in(site) | leaves_by

    def ways_in(self, site: Site) -> NumberSet:
        """Addresses besides its own by which packets come to a site."""
        network = self.known.network
        if site.kind is SiteKind.ENVIRONMENT:
            return self.fronts_of(network.environments[site.name])
        if site.kind is SiteKind.MACHINE:
            public = network.machines[site.name].public_ip
            return self.frontends(site) | (EMPTY if public is None else NumberSet.single(public))
        public = network.firewalls[site.name].public_ip if site.kind is SiteKind.FIREWALL else None
        return EMPTY if public is None else NumberSet.single(public)

    def frontends(self, site: Site) -> NumberSet:
        """The frontends of the load balancers before a machine."""
        return singles(one.frontend for one in self.known.balancers_before(site.name))

    def silent_frontends(self, site: Site) -> NumberSet:
        """Those of them that nothing leaves by."""
        before = self.known.balancers_before(site.name)
        return singles(one.frontend for one in before) - singles(one.frontend for one in before if lends_frontend(one))

    def behind(self, addresses: NumberSet) -> frozenset[str]:
        """The sites that the DNAT rules of firewalls at these addresses lead to."""
        walls = [
            wall for wall in self.known.network.firewalls.values() if self._stands_at(self.tables.sites[wall.name], addresses)
        ]
        translated = singles(rule.translated for wall in walls for rule in wall.rules if rule.translated is not None)
        return frozenset(site.name for site, _ in self.owners(translated)) if translated else frozenset()

    def _stands_at(self, site: Site, addresses: NumberSet) -> bool:
        return addresses.overlaps(site.addresses) or addresses.overlaps(self.ways_in(site))

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
