"""Private endpoints: addresses in a subnet that lead to a service of Azure's (azure-network-semantics 9.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asever.azure.candidates import Candidate, Rank, blocks, vnet_fabric
from asever.azure.filters import filter_at
from asever.azure.inventory import Inventory
from asever.azure.tags import view
from asever.model.addresses import format_addresses, is_v6
from asever.model.effective import Arrival, Filter, HopKind, Origin, Route, Site
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT
from asever.model.things import Direction, PrivateEndpoint, Vnet
from asever.record import replace

_WITH_RULES = ("nsg", "on")
_WITH_ROUTES = ("routes", "on")


def endpoint_filters(known: Inventory, one: PrivateEndpoint) -> tuple[Filter, ...]:
    """The inbound rules of its subnet, if that says so; a source port counts as any, and admin rules never apply."""
    subnet = known.network.subnets[one.subnet]
    if subnet.nsg is None or subnet.private_endpoint_policies not in _WITH_RULES:
        return ()
    group = known.network.groups[subnet.nsg]
    found = filter_at(known, group, Direction.INBOUND, view(known, subnet), f"subnet {subnet.name}")
    return (replace(found, rows=tuple(replace(row, source_port=ANY_PORT) for row in found.rows)),)


def endpoint_arrival(known: Inventory, site: Site) -> Arrival:
    """What is sent to its address is there: the platform carries it on."""
    one = known.network.private_endpoints[site.name]
    return Arrival(
        called=site.addresses,
        site=site.name,
        resource=site.name,
        fact="private-endpoint",
        origin=Origin(span=one.span, parts=one.parts),
    )


def private_endpoint_routes(known: Inventory, vnet: Vnet, user: Sequence[Candidate]) -> Iterator[Candidate]:
    """The route of each private endpoint for its one address, in its vnet and the peers (azure-network-semantics 5.2).

    `user` are the user-defined routes beside them: with network policies for routes they may take it away.
    """
    near = {vnet.name, *(link.remote.name for link in known.links(vnet.name))}
    for one in known.network.private_endpoints.values():
        home = known.vnet_of(one.subnet)
        if home in near and not _taken_away(known, one, user):
            alone = NumberSet.single(one.address)
            route = Route(
                destinations=alone,
                hop=HopKind.PRIVATE_ENDPOINT,
                fabric=vnet_fabric(home),
                text=f"{format_addresses(alone)} -> InterfaceEndpoint {one.name}",
                resource=one.name,
                origin=Origin(span=one.span, azure="private endpoint"),
            )
            yield Candidate(128 if is_v6(one.address) else 32, Rank.SYSTEM, route)


def _taken_away(known: Inventory, one: PrivateEndpoint, user: Sequence[Candidate]) -> bool:
    """Whether a user-defined route takes the endpoint's own away.

    Its subnet has to allow that, and the route's prefix must not be broader than that of the virtual network which holds the
    endpoint; a default route never does it (azure-network-semantics 5.4, point 5).
    """
    subnet = known.network.subnets[one.subnet]
    if subnet.private_endpoint_policies not in _WITH_ROUTES:
        return False
    lengths = (length for length, block in blocks(known.network.vnets[subnet.vnet].address) if one.address in block)
    least = max(next(lengths, 0), 1)
    return any(each.length >= least and one.address in each.route.destinations for each in user)
