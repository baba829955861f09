"""What is called: the addresses of the target of a check, by verb and caller, and where such packets count as arrived.

`reaches` is about the address that a thing is meant to be called by, the other verbs are about every address that it has
(docs/decisions/009).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from asever.azure.callers import Caller
from asever.azure.endpoints import PLATFORM_TAGS, Endpoints, with_wider_tags
from asever.azure.environments import placements
from asever.azure.inventory import singles
from asever.azure.neighbours import gateways_of, vnets_behind
from asever.azure.routes import gateways_to
from asever.azure.tags import canonical_tag, known_tag
from asever.azure.unknown_tags import space
from asever.azure.ways_in import ways_in
from asever.model.claims import Endpoint, EndpointKind
from asever.model.effective import ALWAYS, Condition, Site, SiteKind
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOLS_WITH_PORTS, TCP
from asever.model.things import Environment, LoadBalancer, Machine
from asever.record import record, replace

TCP_ONLY = NumberSet.single(TCP)
_APPS = NumberSet.of([(80, 80), (443, 443)])
_NO_PORT = NumberSet.single(0)


@record
class Traffic:
    """Protocols and ports that a check covers; protocols without ports have port 0."""

    protocol: NumberSet
    source_port: NumberSet
    target_port: NumberSet

    @staticmethod
    def with_ports(protocol: NumberSet, ports: NumberSet) -> Traffic:
        """TCP or UDP from any port."""
        return Traffic(protocol=protocol, source_port=ANY_PORT, target_port=ports)

    @staticmethod
    def without_ports(protocol: NumberSet) -> Traffic:
        """ICMP, ESP and AH."""
        return Traffic(protocol=protocol, source_port=_NO_PORT, target_port=_NO_PORT)


@record
class Called:
    """Addresses that are called on some service, and the sites where such a packet counts as arrived.

    They are called in the readings that agree with `condition`.
    """

    traffic: Traffic
    addresses: NumberSet
    sites: frozenset[str]
    tags: frozenset[str] = frozenset()
    partial: str | None = None
    condition: Condition = ALWAYS


class Targets:
    """The targets of checks in one network."""

    def __init__(self, ends: Endpoints) -> None:
        self.ends = ends

    def called(self, endpoint: Endpoint, caller: Caller, traffics: Iterable[Traffic], *, every: bool) -> Iterator[Called]:
        """What a caller calls when it calls `endpoint`; with `every`, all the ways in."""
        for one in self._called(endpoint, caller, traffics, every=every):
            yield one
            if every:
                yield from self._on_other_ports(one)

    def _on_other_ports(self, called: Called) -> Iterator[Called]:
        """Calls to other ports that arrive on those that are asked for: what translates ports leads to both."""
        for way in ways_in(self.ends.known, called.addresses):
            protocol = way.protocol & called.traffic.protocol
            ports = way.ports - called.traffic.target_port
            if protocol and ports and way.arrives_on is not None and way.arrives_on in called.traffic.target_port:
                traffic = Traffic(protocol=protocol, source_port=called.traffic.source_port, target_port=ports)
                yield Called(traffic=traffic, addresses=way.addresses, sites=called.sites)

    def _called(self, endpoint: Endpoint, caller: Caller, traffics: Iterable[Traffic], *, every: bool) -> Iterator[Called]:
        origins = () if caller.site.vnet is None else (caller.site.vnet,)
        sites = frozenset(site.name for site in self.ends.called_sites(endpoint, origins))
        for traffic in traffics:
            match endpoint.kind:
                case EndpointKind.ENVIRONMENT:
                    one = self.ends.known.network.environments[endpoint.name]
                    yield from self._environment(one, caller, traffic, every=every)
                case EndpointKind.MACHINE:
                    yield self._machine(self.ends.known.network.machines[endpoint.name], caller, traffic, every=every)
                case EndpointKind.TAG:
                    yield from self._tag(endpoint, traffic, sites)
                case EndpointKind.ADDRESSES:
                    # A call to an address that nobody has is a call all the same: it is lost, and the answer says where.
                    somebody = self._somebody(endpoint.addresses, sites) or endpoint.addresses
                    yield Called(traffic=traffic, addresses=somebody, sites=sites | self.ends.behind(somebody))
                case EndpointKind.SUBNET | EndpointKind.VNET:
                    yield self._all_in(endpoint, traffic, every=every)
                case EndpointKind.PLATFORM_SERVICE:
                    yield self._platform_service(endpoint, traffic, sites, every=every)
                case EndpointKind.INTERNET:
                    yield Called(traffic=traffic, addresses=self.ends.internet.addresses, sites=sites)
                case EndpointKind.LOAD_BALANCER:
                    yield self._balancer(self.ends.known.network.load_balancers[endpoint.name], caller, traffic, sites)
                case EndpointKind.MANAGEMENT:
                    yield Called(traffic=traffic, addresses=self.ends.management(), sites=sites)
                case _:
                    site = self.ends.tables.sites[endpoint.name]
                    addresses = site.addresses | (self.ends.ways_in(site) if every else EMPTY)
                    yield Called(traffic=traffic, addresses=addresses, sites=sites | self.ends.behind(addresses))

    def _environment(self, one: Environment, caller: Caller, traffic: Traffic, *, every: bool) -> Iterator[Called]:
        """By `reaches` the address that each port arrives on; by other verbs every address (ase-network-semantics 1.1)."""
        site = self.ends.tables.sites[one.name]
        here = frozenset({one.name})
        if caller.site.kind is SiteKind.PLATFORM:
            # Probes do not go through the front address: they meet each instance (ase-network-semantics 2.2, 8).
            yield Called(traffic=traffic, addresses=site.addresses, sites=here)
        elif every:
            yield self._also_translated(
                Called(traffic=traffic, addresses=self.ends.fronts_of(one) | site.addresses, sites=here)
            )
            yield from self._by_private_endpoint(one, traffic)
        else:
            yield from (replace(called, sites=here) for called in self._by_port(one, traffic))

    def _by_private_endpoint(self, one: Environment, traffic: Traffic) -> Iterator[Called]:
        """Its private endpoints lead to its apps, and stay when the flag is turned off (ase-network-semantics 2.3)."""
        private = [each for each in self.ends.known.network.private_endpoints.values() if each.to == one.name]
        ports = traffic.target_port & _APPS
        if private and ports and TCP in traffic.protocol:
            apps = replace(traffic, protocol=TCP_ONLY, target_port=ports)
            sites = frozenset(each.name for each in private)
            yield Called(traffic=apps, addresses=singles(each.address for each in private), sites=sites)

    def _by_port(self, one: Environment, traffic: Traffic) -> Iterator[Called]:
        vip, nobody = self.ends.known.vip(one), frozenset[str]()
        if one.ilb is None or vip is None:
            address = one.ilb if one.ilb is not None else vip
            yield Called(traffic=traffic, addresses=EMPTY if address is None else NumberSet.single(address), sites=nobody)
            return
        inner = NumberSet.single(one.ilb)
        placed = EMPTY
        for ports, address, condition in self._apart(one, vip, traffic):
            placed |= ports
            tcp = replace(traffic, protocol=TCP_ONLY, target_port=ports)
            yield Called(traffic=tcp, addresses=NumberSet.single(address), sites=nobody, condition=condition)
        if placed and traffic.protocol != TCP_ONLY:
            yield Called(traffic=replace(traffic, protocol=traffic.protocol - TCP_ONLY), addresses=inner, sites=nobody)
        rest = traffic.target_port - placed
        if rest:
            protocol = traffic.protocol & TCP_ONLY if placed else traffic.protocol
            yield Called(traffic=replace(traffic, protocol=protocol, target_port=rest), addresses=inner, sites=nobody)

    def _apart(self, one: Environment, vip: int, traffic: Traffic) -> Iterator[tuple[NumberSet, int, Condition]]:
        """TCP ports that do not simply arrive on the ILB address: those of the VIP, and those whose place is not documented."""
        if TCP not in traffic.protocol or one.ilb is None:
            return
        found: dict[tuple[bool, Condition], NumberSet] = {}
        for place in placements(one):
            ports = place.front.port & traffic.target_port
            if ports and (place.condition or not place.inside):
                key = (place.inside, place.condition)
                found[key] = found.get(key, EMPTY) | ports
        for (inside, condition), ports in found.items():
            yield ports, one.ilb if inside else vip, condition

    def _platform_service(self, endpoint: Endpoint, traffic: Traffic, sites: frozenset[str], *, every: bool) -> Called:
        """Its public endpoint; by verbs other than `reaches` the private endpoints that lead to it as well."""
        private = [one for one in self.ends.known.network.private_endpoints.values() if every and one.to == endpoint.name]
        names = sites | {one.name for one in private}
        return Called(traffic=traffic, addresses=union(self.ends.tables.sites[name].addresses for name in names), sites=names)

    def _machine(self, one: Machine, caller: Caller, traffic: Traffic, *, every: bool) -> Called:
        """By `reaches` the private address where the caller has a way to it, else the public one; else all."""
        private, here = singles(one.addresses), frozenset({one.name})
        public = EMPTY if one.public_ip is None else NumberSet.single(one.public_ip)
        if every:
            ways_in = self.ends.ways_in(self.ends.tables.sites[one.name])
            return self._also_translated(Called(traffic=traffic, addresses=private | ways_in, sites=here))
        inside = self._has_way_into(caller.site, self.ends.known.vnet_of(one.subnet))
        return Called(traffic=traffic, addresses=private if inside or not public else public, sites=here)

    def _also_translated(self, called: Called) -> Called:
        """Translating firewalls and load balancers before a machine are ways in, too."""
        ways = union(one.addresses for one in ways_in(self.ends.known, called.addresses))
        return replace(called, addresses=called.addresses | ways)

    def _balancer(self, one: LoadBalancer, caller: Caller, traffic: Traffic, sites: frozenset[str]) -> Called:
        """The frontend; probes meet each machine behind it instead (azure-network-semantics 8)."""
        addresses = NumberSet.single(one.frontend)
        if caller.site.kind is SiteKind.PLATFORM:
            addresses = union(self.ends.tables.sites[name].addresses for name in sites)
        return Called(traffic=traffic, addresses=addresses, sites=sites)

    def _has_way_into(self, site: Site, vnet: str) -> bool:
        """Whether a site's own network is connected to a virtual network: the same, a peer, or by a gateway."""
        network = self.ends.known.network
        if site.kind is SiteKind.ON_PREMISES:
            gateways = gateways_to(self.ends.known, network.on_premises[site.thing])
            return any(vnet in vnets_behind(self.ends.known, gateway) for gateway in gateways)
        if site.vnet is None:
            return False
        if site.vnet == vnet or any(link.remote.name == vnet for link in self.ends.known.links(site.vnet)):
            return True
        return any(
            gateway.kind == "vpn" and vnet in vnets_behind(self.ends.known, gateway)
            for gateway in gateways_of(self.ends.known, site.vnet)
        )

    def _all_in(self, endpoint: Endpoint, traffic: Traffic, *, every: bool) -> Called:
        """Every address of a subnet or a virtual network; for claims that nothing comes in, the public ways in as well."""
        sites = self.ends.inside(endpoint)
        addresses = union(site.addresses for site in sites)
        called = Called(traffic=traffic, addresses=addresses, sites=frozenset(site.name for site in sites))
        if not every:
            return called
        for site in sites:
            called = self._also_translated(replace(called, addresses=called.addresses | self.ends.ways_in(site)))
        return called

    def _tag(self, endpoint: Endpoint, traffic: Traffic, sites: frozenset[str]) -> Iterator[Called]:
        behind = self.ends.reference(endpoint)
        if behind is not None:
            one, word = behind
            vip = self.ends.known.vip(one)
            addresses = NumberSet.single(vip) if word == "vip" and vip is not None else one.outbound
            yield Called(traffic=traffic, addresses=addresses, sites=sites)
            return
        name = canonical_tag(endpoint.name)
        if name in PLATFORM_TAGS:
            yield Called(traffic=traffic, addresses=PLATFORM_TAGS[name] if sites else EMPTY, sites=sites)
        elif name == "Internet":
            yield Called(traffic=traffic, addresses=self.ends.internet.addresses, sites=sites)
        elif name == "VirtualNetwork":
            yield Called(
                traffic=traffic, addresses=union(self.ends.tables.sites[site].addresses for site in sites), sites=sites
            )
        elif (prefixes := known_tag(self.ends.known, endpoint.name)) is not None:
            yield Called(traffic=traffic, addresses=self._somebody(prefixes, sites), sites=sites)
        else:
            yield Called(
                traffic=traffic,
                addresses=space(self.ends.known, name) & self.ends.internet.addresses,
                sites=sites,
                tags=with_wider_tags(name),
                partial=name,
            )

    def _somebody(self, addresses: NumberSet, sites: Iterable[str]) -> NumberSet:
        """Those addresses that belong to one of these sites: a packet to an address that nobody has says nothing."""
        found = (self.ends.tables.sites[name] for name in sites)
        return addresses & union(site.addresses | self.ends.other_addresses(site) for site in found)


@lru_cache(maxsize=64)
def merged(pairs: tuple[tuple[NumberSet, NumberSet], ...]) -> tuple[Traffic, ...]:
    """Protocols with their ports as few services: protocols with the same ports together, and those without ports apart.

    Ports that are asked of a protocol which has none (`any 443`) leave that protocol out.
    """
    ports: dict[int, NumberSet] = {}
    portless: set[int] = set()
    for protocols, wanted in pairs:
        for protocol in protocols & ANY_PROTOCOL:
            if protocol in PROTOCOLS_WITH_PORTS:
                ports[protocol] = ports.get(protocol, EMPTY) | wanted
            elif wanted == ANY_PORT:
                portless.add(protocol)
    together: dict[NumberSet, list[int]] = {}
    for protocol, wanted in sorted(ports.items()):
        together.setdefault(wanted, []).append(protocol)
    result = [Traffic.with_ports(singles(protocols), wanted) for wanted, protocols in together.items() if wanted]
    if portless:
        result.append(Traffic.without_ports(singles(portless)))
    return tuple(result)
