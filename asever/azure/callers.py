"""Who calls: the sites behind the subject of a check, from which addresses, and whom a check leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asever.azure.assumptions import MANAGEMENT_ADDRESSES, OWNED_ADDRESS, PLATFORM_ADDRESS, reading
from asever.azure.endpoints import Endpoints, with_wider_tags
from asever.azure.platform import PLATFORM, PROBE
from asever.azure.routes import INTERNET
from asever.azure.tags import canonical_tag, known_tag
from asever.azure.unknown_tags import space
from asever.model.claims import Endpoint, EndpointKind
from asever.model.effective import ALWAYS, Condition, Site, SiteKind, platform_site
from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import outside
from asever.record import record, replace

# Machines that a virtual network or a subnet stands for; what stands for a service of the platform starts no connection.
_STARTS_CALLS = (SiteKind.ENVIRONMENT, SiteKind.MACHINE, SiteKind.UNLISTED)


@record
class Caller:
    """A site that calls, and the addresses that it calls from. `partial` and `tags` as in `Scope` and `Packets`."""

    site: Site
    sources: NumberSet
    title: str
    tags: frozenset[str] = frozenset()
    partial: str | None = None
    condition: Condition = ALWAYS


@record
class LeftOut:
    """Origins that a check leaves out: whole sites, addresses of the Internet, and service tags of unknown content."""

    sites: frozenset[str] = frozenset()
    addresses: NumberSet = EMPTY
    tags: tuple[str, ...] = ()
    strangers: bool = False
    claimed: NumberSet = EMPTY


class Callers:
    """The callers of checks in one network."""

    def __init__(self, ends: Endpoints) -> None:
        self.ends = ends

    def callers(self, endpoint: Endpoint, called: Iterable[Site], *, what_if: bool) -> Iterator[Caller]:
        """The sites that call as `endpoint`.

        `called` are the sites at the other end: probes come from the platform of their virtual network. `what_if` adds what
        would call too if a granted assumption did not hold (condition).
        """
        near = sorted({site.vnet for site in called if site.vnet is not None})
        match endpoint.kind:
            case EndpointKind.INTERNET:
                yield self._whole(self.ends.internet)
                if what_if:
                    yield from self._impostors()
            case EndpointKind.MANAGEMENT:
                yield from self._management()
            case EndpointKind.SUBNET | EndpointKind.VNET:
                yield from (self._whole(site) for site in self.ends.inside(endpoint) if site.kind in _STARTS_CALLS)
            case EndpointKind.TAG:
                subnets = sorted({site.subnet for site in called if site.subnet is not None})
                yield from self._tag_callers(endpoint, near, subnets)
            case EndpointKind.ADDRESSES:
                yield from self._address_callers(endpoint.addresses, near, endpoint)
            case EndpointKind.PRIVATE_ENDPOINT | EndpointKind.PLATFORM_SERVICE:
                return  # they answer, and start no connection (azure-network-semantics 9.1)
            case EndpointKind.LOAD_BALANCER:
                return  # it passes on what others call; the machines behind it call by themselves
            case _:
                yield self._whole(self.ends.tables.sites[endpoint.name])

    def everyone(self) -> Iterator[Caller]:
        """Every site but the platform, and what would call too if a granted assumption did not hold."""
        for site in self.ends.tables.sites.values():
            if site.kind not in (SiteKind.PLATFORM, SiteKind.SERVICE, SiteKind.FIREWALL):
                yield self._whole(site)
        yield from self._impostors()

    def _whole(self, site: Site) -> Caller:
        return Caller(site=site, sources=site.addresses, title=site.title)

    def _impostors(self) -> Iterator[Caller]:
        """Packets that claim an address which by a granted assumption only its owner sends from."""
        claims = ((PLATFORM_ADDRESS, PLATFORM, "the platform"), (OWNED_ADDRESS, self.ends.known.owned, "somebody else"))
        for assumption, addresses, whose in claims:
            if addresses:
                yield Caller(
                    site=self.ends.internet,
                    sources=addresses,
                    title=f"the Internet, claiming an address of {whose}",
                    condition=reading(assumption, assumption.values[1][0]),
                )

    def _management(self) -> Iterator[Caller]:
        yield Caller(site=self.ends.internet, sources=self.ends.management(), title="AzureManagement")
        yield Caller(
            site=self.ends.internet,
            sources=self.ends.internet.addresses,
            title="AzureManagement from any public address",
            condition=reading(MANAGEMENT_ADDRESSES, MANAGEMENT_ADDRESSES.values[1][0]),
        )

    def _tag_callers(self, endpoint: Endpoint, near: list[str], subnets: list[str]) -> Iterator[Caller]:
        behind = self.ends.reference(endpoint)
        if behind is not None:
            yield self._whole(self.ends.tables.sites[behind[0].name])
            return
        match canonical_tag(endpoint.name):
            case "Internet":
                yield self._whole(self.ends.internet)
            case "VirtualNetwork":
                yield from (self._whole(site) for site in self.ends.connected(subnets) if site.kind in _STARTS_CALLS)
            case "AzureLoadBalancer":
                yield from self._platform_callers(PROBE, near, "AzureLoadBalancer")
            case "AppServiceManagement":
                yield from self._management()
            case name:
                addresses = known_tag(self.ends.known, endpoint.name)
                if addresses is not None:
                    yield from self._address_callers(addresses, near, endpoint)
                    return
                yield Caller(
                    site=self.ends.internet,
                    sources=space(self.ends.known, name) & self.ends.internet.addresses,
                    title=name,
                    tags=with_wider_tags(name),
                    partial=name,
                )

    def _platform_callers(self, sources: NumberSet, near: list[str], name: str) -> Iterator[Caller]:
        for vnet in near:
            yield Caller(site=self.ends.tables.sites[platform_site(vnet)], sources=sources, title=name)

    def _address_callers(self, addresses: NumberSet, near: list[str], endpoint: Endpoint) -> Iterator[Caller]:
        for site, own in self.ends.owners(addresses, near, calling=True):
            caller = self._whole(site)
            yield caller if own == site.addresses else replace(caller, sources=own, title=endpoint.name)

    # -- Origins that are left out --------------------------------------------------------------------------------------

    def left_out(self, endpoints: Iterable[Endpoint]) -> LeftOut:
        """The origins of these endpoints, to be left out of what a check covers."""
        result = LeftOut()
        for endpoint in endpoints:
            one = self._left_out(endpoint)
            result = LeftOut(
                sites=result.sites | one.sites,
                addresses=result.addresses | one.addresses,
                tags=result.tags + one.tags,
                strangers=result.strangers or one.strangers,
                claimed=result.claimed | one.claimed,
            )
        return result

    def _left_out(self, endpoint: Endpoint) -> LeftOut:
        match endpoint.kind:
            case EndpointKind.INTERNET:
                return LeftOut(sites=frozenset({INTERNET}), strangers=True)
            case EndpointKind.SUBNET | EndpointKind.VNET:
                return LeftOut(sites=frozenset(site.name for site in self.ends.inside(endpoint)))
            case EndpointKind.MANAGEMENT:
                return LeftOut(addresses=self.ends.management())
            case EndpointKind.ADDRESSES:
                return self._addresses_left_out(endpoint.addresses)
            case EndpointKind.TAG:
                return self._tag_left_out(endpoint)
            case _:
                return LeftOut(sites=frozenset({endpoint.name}))

    def _tag_left_out(self, endpoint: Endpoint) -> LeftOut:
        behind = self.ends.reference(endpoint)
        if behind is not None:
            return LeftOut(sites=frozenset({behind[0].name}))
        match canonical_tag(endpoint.name):
            case "Internet":
                return LeftOut(sites=frozenset({INTERNET}), strangers=True)
            case "VirtualNetwork":
                subnets = sorted(self.ends.known.network.subnets)
                return LeftOut(sites=frozenset(site.name for site in self.ends.connected(subnets)))
            case "AzureLoadBalancer":
                return LeftOut(claimed=PROBE)
            case name:
                addresses = known_tag(self.ends.known, endpoint.name)
                return LeftOut(tags=(name,)) if addresses is None else self._addresses_left_out(addresses)

    def _addresses_left_out(self, addresses: NumberSet) -> LeftOut:
        whole = frozenset(site.name for site, own in self.ends.owners(addresses, calling=True) if own == site.addresses)
        return LeftOut(sites=whole, addresses=addresses)

    def without(self, callers: Iterable[Caller], out: LeftOut) -> Iterator[Caller]:
        """The callers that remain."""
        for caller in callers:
            if caller.condition != ALWAYS:
                sources = EMPTY if out.strangers else caller.sources - out.claimed - out.addresses
                if sources:
                    yield replace(caller, sources=sources)
            elif caller.site.name not in out.sites:
                yield from self._without_addresses(caller, out)

    def _without_addresses(self, caller: Caller, out: LeftOut) -> Iterator[Caller]:
        sources = caller.sources - out.addresses
        if not sources:
            return
        tags = tuple(tag for tag in out.tags if caller.site.name == INTERNET)
        if not tags:
            yield caller if sources == caller.sources else replace(caller, sources=sources)
            return
        # Outside the space of service tags nothing can be in one; inside it nobody knows.
        beyond, within = sources - self.ends.tables.tag_space, sources & self.ends.tables.tag_space
        if beyond:
            yield replace(caller, sources=beyond)
        if within and not set(tags) & set(caller.tags):
            listed = ", ".join(tags)
            yield replace(
                caller,
                sources=within,
                tags=caller.tags | {outside(tag) for tag in tags},
                partial=f"{caller.partial or 'the Internet'} without {listed}",
            )
