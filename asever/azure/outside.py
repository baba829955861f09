"""How those route who are not in a subnet: the Internet, the platform, and networks on premises."""

from __future__ import annotations

from collections.abc import Iterator

from asever.azure.candidates import Candidate, Rank, blocks, to_internet, vnet_fabric
from asever.azure.inventory import Inventory
from asever.azure.neighbours import vnets_behind
from asever.azure.private_endpoints import private_endpoint_routes
from asever.azure.user_routes import user_routes
from asever.model.addresses import ALL_ADDRESSES, format_addresses
from asever.model.effective import HopKind, Origin, Route
from asever.model.things import Gateway, OnPremises, Vnet
from asever.record import replace


def internet_routes() -> tuple[Route, ...]:
    """How the Internet routes: to itself, and to nothing private."""
    return (to_internet(ALL_ADDRESSES, "the Internet"),)


def platform_routes(vnet: Vnet) -> tuple[Route, ...]:
    """How the platform's probes travel: into the vnet."""
    route = Route(
        destinations=vnet.address,
        hop=HopKind.VNET_LOCAL,
        fabric=vnet_fabric(vnet.name),
        text=f"{format_addresses(vnet.address)} -> VnetLocal (platform)",
        origin=Origin(azure="platform-address"),
    )
    return (route,)


def gateways_to(known: Inventory, network: OnPremises) -> tuple[Gateway, ...]:
    """The gateways that lead to an on-premises network."""
    return tuple(one for one in known.network.gateways.values() if one.to == network.name)


def on_premises_routes(known: Inventory, network: OnPremises, home: str) -> tuple[Route, ...]:
    """How an on-premises network routes: within itself, to the vnets its gateways serve, else to the Internet."""
    rows = [
        Route(
            destinations=network.address,
            hop=HopKind.VNET_LOCAL,
            fabric=home,
            text=f"{format_addresses(network.address)} -> {network.name} itself",
            regional=False,
            origin=Origin(span=network.span, parts=network.parts),
        )
    ]
    for gateway in gateways_to(known, network):
        for name in vnets_behind(known, gateway):
            rows.extend(_into_vnet(known, gateway, known.network.vnets[name]))
    out = to_internet(ALL_ADDRESSES, "everything else -> the Internet connection on premises")
    return (*rows, replace(out, regional=False))


def _into_vnet(known: Inventory, gateway: Gateway, vnet: Vnet) -> Iterator[Route]:
    """From a gateway into a vnet, by the routes of its GatewaySubnet if that has a table (azure-network-semantics 3.5, 5.4)."""
    subnet = known.network.subnets.get(f"{gateway.vnet}/GatewaySubnet")
    table = known.network.route_tables.get(subnet.route_table or "") if subnet else None
    home = known.network.vnets[gateway.vnet]
    user = list(user_routes(known, home, table)) if table else []
    candidates = [*user, *private_endpoint_routes(known, home, user)]
    for length, block in blocks(vnet.address):
        route = Route(
            destinations=block,
            hop=HopKind.GATEWAY,
            fabric=vnet_fabric(vnet.name),
            text=f"{format_addresses(block)} -> gateway {gateway.name} into vnet {vnet.name}",
            resource=gateway.name,
            origin=Origin(span=gateway.span, parts=gateway.parts),
        )
        candidates.append(Candidate(length, Rank.SYSTEM, route))
    candidates.sort(key=lambda one: (-one.length, one.rank))
    for one in candidates:
        inside = one.route.destinations & vnet.address
        if inside:
            yield replace(one.route, destinations=inside, regional=False)
