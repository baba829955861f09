"""What a peering with `access off` keeps out where no NSG stands, and how a peering guards the routes that cross it.

The setting takes the remote network out of this side's tag VirtualNetwork, so that the default rules of an NSG no longer let
it pass (azure-network-semantics 6). Where no NSG asks for the tag, no source says what happens: both readings are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.azure.assumptions import PEERING_ACCESS, reading
from asever.azure.candidates import vnet_fabric
from asever.azure.inventory import Inventory, PeeringLink
from asever.model.effective import ANYWHERE, Action, AddressMatch, Filter, FilterKind, FilterRow, Origin, Route
from asever.model.things import Direction, Subnet
from asever.record import replace


def closed_to(known: Inventory, subnet: Subnet) -> Iterator[Filter]:
    """What the peerings whose own side has `access off` keep from a subnet's machines, as they act where no NSG stands."""
    for link in known.links(subnet.vnet):
        if not link.own.access:
            remote = AddressMatch(addresses=link.remote.address, text=f"vnet {link.remote.name}")
            yield _closed(link, Direction.INBOUND, remote)


def closed_routes(known: Inventory, subnet: Subnet, routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """The routes of a subnet's machines before which no NSG stands: what crosses a peering with `access off` is kept in."""
    links = [link for link in known.links(subnet.vnet) if not link.own.access]
    return guarded(known, routes, {link.remote.name: _closed(link, Direction.OUTBOUND, ANYWHERE) for link in links})


def guarded(known: Inventory, routes: tuple[Route, ...], filters: Mapping[str, Filter]) -> tuple[Route, ...]:
    """The routes with a filter, by remote vnet, on each that crosses a peering: into the remote vnet, or to a device there."""
    if not filters:
        return routes
    key = ("guarded", tuple(filters.items()), routes)
    found = known.cache.get(key)
    if not isinstance(found, tuple):
        found = known.cache[key] = tuple(_guarded(known, route, filters) for route in routes)
    return found


def _guarded(known: Inventory, route: Route, filters: Mapping[str, Filter]) -> Route:
    for remote, one in filters.items():
        sites = [known.home_vnet(recipient.site) for recipient in route.recipients]
        if route.fabric == vnet_fabric(remote) or remote in sites:
            return replace(route, filters=(*route.filters, one))
    return route


def _closed(link: PeeringLink, direction: Direction, source: AddressMatch) -> Filter:
    row = FilterRow(
        priority=0,
        name="access off",
        action=Action.DENY,
        source=source,
        condition=reading(PEERING_ACCESS, "blocks"),
        origin=Origin(span=link.own.span, azure=PEERING_ACCESS.name),
    )
    return Filter(
        resource=link.own.vnet,
        kind=FilterKind.SETTING,
        direction=direction,
        place=f"peering of {link.own.vnet} with {link.remote.name}",
        rows=(row,),
        otherwise=Action.ALLOW,
        span=link.own.span,
    )
