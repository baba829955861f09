"""What a peering with `access off` keeps out where no NSG stands.

The setting takes the remote network out of this side's tag VirtualNetwork, so that the default rules of an NSG no longer let
it pass (azure-network-semantics 6). Where no NSG asks for the tag, no source says what happens: both readings are taken.
"""

from __future__ import annotations

from collections.abc import Iterator

from asever.azure.assumptions import PEERING_ACCESS, reading
from asever.azure.inventory import Inventory, PeeringLink
from asever.model.effective import ANYWHERE, Action, AddressMatch, Filter, FilterKind, FilterRow, Origin
from asever.model.things import Direction, Subnet


def access_filters(known: Inventory, subnet: Subnet, direction: Direction) -> Iterator[Filter]:
    """The peerings of a subnet's vnet whose own side has `access off`, as they act where no NSG stands."""
    for link in known.links(subnet.vnet):
        if not link.own.access:
            yield _closed(link, direction)


def _closed(link: PeeringLink, direction: Direction) -> Filter:
    remote = AddressMatch(addresses=link.remote.address, text=f"vnet {link.remote.name}")
    row = FilterRow(
        priority=0,
        name="access off",
        action=Action.DENY,
        source=remote if direction is Direction.INBOUND else ANYWHERE,
        target=remote if direction is Direction.OUTBOUND else ANYWHERE,
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
