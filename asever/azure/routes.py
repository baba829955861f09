"""Effective routes of a subnet: rows in order, the first that contains the destination decides.

Azure chooses the longest prefix; of equal ones a user route before a gateway's before its own (azure-network-semantics 5.4).
The rows here are sorted by that order, so that a reader needs no prefix arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asever.azure.assumptions import RESERVED_REMOVED_BY, reading
from asever.azure.candidates import (
    INTERNET,
    Candidate,
    Rank,
    blocks,
    candidates_of,
    gateway_fabric,
    to_internet,
    vnet_fabric,
)
from asever.azure.inventory import Inventory, PeeringLink, same_region
from asever.azure.neighbours import gateways_of, learned
from asever.azure.outside import gateways_to
from asever.azure.platform import PLATFORM, RESERVED
from asever.azure.private_endpoints import private_endpoint_routes
from asever.azure.service_endpoints import endpoint_routes
from asever.azure.unknown_tags import spread
from asever.azure.user_routes import user_routes
from asever.model.addresses import ALL_V4, ALL_V6, format_addresses
from asever.model.effective import ALWAYS, HopKind, Origin, Route
from asever.model.numbers import NumberSet, union
from asever.model.things import Subnet, Vnet
from asever.record import replace

__all__ = ["INTERNET", "gateway_fabric", "gateways_to", "subnet_routes", "vnet_fabric"]


def subnet_routes(known: Inventory, subnet: Subnet) -> tuple[Route, ...]:
    """The effective routes of a subnet."""
    vnet = known.network.vnets[subnet.vnet]
    key = ("routes", vnet.name, subnet.route_table, subnet.service_endpoints and subnet.name)
    found = known.cache.get(key)
    if not isinstance(found, tuple):
        found = known.cache[key] = _subnet_routes(known, subnet, vnet)
    return found


def _subnet_routes(known: Inventory, subnet: Subnet, vnet: Vnet) -> tuple[Route, ...]:
    table = known.network.route_tables.get(subnet.route_table or "")
    user = list(user_routes(known, vnet, table, subnet.service_endpoints)) if table else []
    endpoints = list(endpoint_routes(known, subnet, user))
    inside = list(_inside(known, vnet))
    gateways = list(_gateway_routes(known, vnet)) if table is None or table.bgp_propagation else []
    # System routes of vnet, peering and service endpoint beat a gateway's even where that is more specific
    # (azure-network-semantics 5.4, exception 3), so a gateway's route loses what they contain.
    prefixes = [one for one in endpoints if one.rank is Rank.SERVICE_ENDPOINT]
    stronger = union(one.route.destinations for one in (*inside, *prefixes))
    gateways = [_without(one, stronger) for one in gateways]
    reserved = _reserved_beside(vnet, user, gateways)
    user = list(_spread(known, user, (*prefixes, *gateways)))
    private = private_endpoint_routes(known, vnet, user)
    candidates = [*endpoints, *user, *inside, *gateways, *_way_out(vnet), *private, *reserved]
    candidates.sort(key=lambda one: (-one.length, one.rank))
    return (_to_platform(vnet), *(one.route for one in candidates if one.route.destinations))


def _spread(known: Inventory, user: Sequence[Candidate], others: Sequence[Candidate]) -> Iterator[Candidate]:
    """The user's routes, those to service tags of unknown content with the addresses that they may be for."""
    explicit = [one for one in user if one.route.tag is None]
    yield from explicit
    for one in user:
        if one.route.tag is not None:
            yield from spread(known, one, (*explicit, *others))


def _without(candidate: Candidate, addresses: NumberSet) -> Candidate:
    return replace(candidate, route=replace(candidate.route, destinations=candidate.route.destinations - addresses))


# -- Azure's own routes -------------------------------------------------------------------------------------------------


def _to_platform(vnet: Vnet) -> Route:
    """The host answers on its virtual addresses itself; no route table changes that (azure-network-semantics 3.4)."""
    return Route(
        destinations=PLATFORM,
        hop=HopKind.VNET_LOCAL,
        fabric=vnet_fabric(vnet.name),
        text="168.63.129.16, 169.254.169.254 -> the host itself",
        origin=Origin(azure="platform-address"),
    )


def _inside(known: Inventory, vnet: Vnet) -> Iterator[Candidate]:
    """The vnet's own prefixes and those of its peers (azure-network-semantics 5.1, 5.2)."""
    for length, block in blocks(vnet.address):
        route = Route(
            destinations=block,
            hop=HopKind.VNET_LOCAL,
            fabric=vnet_fabric(vnet.name),
            text=f"{format_addresses(block)} -> VnetLocal (system route)",
            origin=Origin(azure="system route", span=vnet.span, parts=vnet.parts),
        )
        yield Candidate(length, Rank.SYSTEM, route)
    for link in known.links(vnet.name):
        yield from _peer_routes(known, vnet, link)


def _peer_routes(known: Inventory, vnet: Vnet, link: PeeringLink) -> Iterator[Candidate]:
    """The routes of a peering. They stay where access is off (azure-network-semantics 6; asever.azure.peerings)."""
    regional = same_region(vnet, link.remote)
    hop = HopKind.GLOBAL_PEERING if regional is False else HopKind.PEERING
    unanswered = list(_basic_load_balancers(known, link.remote)) if regional is False else []
    for length, block in blocks(link.remote.address):
        # They are a part of the peering's route, so a user's route of the same length leads past it.
        yield from (Candidate(length, Rank.SYSTEM, one) for one in unanswered if one.destinations <= block)
        route = Route(
            destinations=block,
            hop=hop,
            fabric=vnet_fabric(link.remote.name),
            text=f"{format_addresses(block)} -> {hop.value} {link.remote.name} (system route)",
            regional=regional,
            origin=Origin(azure="system route", span=link.own.span),
        )
        yield Candidate(length, Rank.SYSTEM, route)


def _basic_load_balancers(known: Inventory, remote: Vnet) -> Iterator[Route]:
    """What does not answer over global peering: the frontends of Basic load balancers (azure-network-semantics 6).

    The ILB addresses of environments of versions 1 and 2 are such frontends (ase-network-semantics 8).
    """
    for balancer in known.network.load_balancers.values():
        if balancer.sku == "basic" and balancer.subnet is not None and known.vnet_of(balancer.subnet) == remote.name:
            yield Route(
                destinations=NumberSet.single(balancer.frontend),
                hop=HopKind.GLOBAL_PEERING,
                fabric=None,
                text=f"{balancer.name}.frontend does not answer over global peering (Basic load balancer)",
                regional=False,
                origin=Origin(azure="global-peering", span=balancer.span, parts=balancer.parts),
            )
    for one in known.network.environments.values():
        if one.ilb is not None and one.version < 3 and known.vnet_of(one.subnet) == remote.name:
            yield Route(
                destinations=NumberSet.single(one.ilb),
                hop=HopKind.GLOBAL_PEERING,
                fabric=None,
                text=f"{one.name}.ilb does not answer over global peering: its environment is of version {one.version}",
                resource=one.name,
                regional=False,
                origin=Origin(azure="global-peering", span=one.span, parts=one.parts),
            )


def _way_out(vnet: Vnet) -> Iterator[Candidate]:
    for everything, text in ((ALL_V4, "0.0.0.0/0"), (ALL_V6, "::/0")):
        if everything == ALL_V4 or everything.overlaps(vnet.address):
            yield Candidate(0, Rank.SYSTEM, to_internet(everything, f"{text} -> Internet (system route)"))


def _reserved_beside(vnet: Vnet, user: Iterable[Candidate], gateways: Iterable[Candidate]) -> Iterator[Candidate]:
    """The reserved ranges' own routes, which a default route takes away (azure-network-semantics 5.1).

    Azure's example is a route to an appliance, and a learned one does so as well; of other next hops nothing is said (13).
    """
    if any(_is_default(one) for one in gateways):
        return
    defaults = [one.route for one in user if _is_default(one)]
    if any(one.hop is HopKind.APPLIANCE for one in defaults):
        return
    condition = reading(RESERVED_REMOVED_BY, "appliance-or-learned") if defaults else ALWAYS
    for one in _reserved(vnet):
        yield replace(one, route=replace(one.route, condition=condition))


def _is_default(candidate: Candidate) -> bool:
    return candidate.length == 0 and candidate.route.destinations.overlaps(ALL_V4)


def _reserved(vnet: Vnet) -> Iterator[Candidate]:
    for prefix in RESERVED:
        if not prefix <= vnet.address:
            route = Route(
                destinations=prefix,
                hop=HopKind.NONE,
                fabric=None,
                text=f"{format_addresses(prefix)} -> None (system route)",
                origin=Origin(azure="system route"),
            )
            yield from candidates_of(Rank.RESERVED, prefix, route)


# -- Gateways -----------------------------------------------------------------------------------------------------------


def _gateway_routes(known: Inventory, vnet: Vnet) -> Iterator[Candidate]:
    for gateway in gateways_of(known, vnet.name):
        for prefix in learned(known, gateway):
            route = Route(
                destinations=prefix,
                hop=HopKind.GATEWAY,
                fabric=gateway_fabric(gateway.name),
                text=f"{format_addresses(prefix)} -> VirtualNetworkGateway {gateway.name} (learned)",
                resource=gateway.name,
                regional=False,
                origin=Origin(span=gateway.span, azure="gateway route", parts=gateway.parts),
            )
            yield from candidates_of(Rank.GATEWAY, prefix, route)
