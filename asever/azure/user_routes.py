"""User-defined routes: what a route table adds, and where its hops lead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asever.azure.balancers import recipients_of_balancer
from asever.azure.candidates import INTERNET, Candidate, Rank, candidates_of, gateway_fabric, vnet_fabric
from asever.azure.devices import device_at, may_be_next_hop
from asever.azure.inventory import Inventory, same_region, singles
from asever.azure.neighbours import gateway_prefixes, gateways_of, learned_defaults
from asever.azure.platform import TAG_SPACE
from asever.azure.tags import known_tag
from asever.model.addresses import format_addresses
from asever.model.effective import HopKind, Origin, Recipient, Route
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.things import RouteTable, UserRoute, Vnet
from asever.record import replace


def user_routes(known: Inventory, vnet: Vnet, table: RouteTable, endpoints: Sequence[str] = ()) -> Iterator[Candidate]:
    """The routes of a table as they take effect in a vnet, in a subnet with these service endpoints.

    One to a tag of unknown content has `Route.tag` and no destinations yet (asever.azure.unknown_tags).
    """
    for one in table.routes:
        if one.tag is None:
            yield from _doubtful(known, table, one)
            yield from candidates_of(Rank.USER, one.prefix, _user_route(known, vnet, table, one, one.prefix))
            continue
        addresses = known_tag(known, one.tag)
        if addresses is not None:
            yield from candidates_of(_tag_rank(one.tag), addresses, _user_route(known, vnet, table, one, addresses))
        elif one.hop != "internet" or endpoints or not _leads_nowhere_else(known, vnet, table):
            yield Candidate(0, _tag_rank(one.tag), replace(_user_route(known, vnet, table, one, EMPTY), tag=one.tag))


def _doubtful(known: Inventory, table: RouteTable, one: UserRoute) -> Iterator[Candidate]:
    """What stands for addresses that may lie in the prefix of a route and may not: where they are led is unknown."""
    for guess in known.doubts(one.prefix):
        why = f"whether route {one.name} of {table.name} is for {guess.of}, whose address is not known"
        route = Route(
            destinations=guess.addresses,
            hop=HopKind.NONE,
            fabric=None,
            text=f"{guess.of} -> perhaps route {one.name} of {table.name}",
            resource=table.name,
            regional=None,
            unmodelled=why,
            origin=Origin(span=one.span),
        )
        # No other route is to be found before it.
        yield Candidate(_LONGER_THAN_ANY, Rank.USER, route)


_LONGER_THAN_ANY = 129


def _leads_nowhere_else(known: Inventory, vnet: Vnet, table: RouteTable) -> bool:
    """Whether every public address takes next hop Internet anyway, so that a tag's route to it changes nothing."""
    brought = (*gateway_prefixes(known, vnet.name), *learned_defaults(known, vnet.name)) if table.bgp_propagation else ()
    return all(one.hop == "internet" for one in table.routes) and not union(brought).overlaps(TAG_SPACE)


def _tag_rank(tag: str) -> Rank:
    """An explicit prefix wins over a regional tag, over a tag, over AzureCloud (azure-network-semantics 5.3)."""
    base, _, region = tag.casefold().partition(".")
    if base == "azurecloud":
        return Rank.USER_CLOUD_REGIONAL if region else Rank.USER_CLOUD
    return Rank.USER_REGIONAL_TAG if region else Rank.USER_TAG


def _user_route(known: Inventory, vnet: Vnet, table: RouteTable, one: UserRoute, destinations: NumberSet) -> Route:
    wanted = one.tag or format_addresses(destinations)
    where = f"route {one.name} of {table.name}" if one.name not in ("", wanted) else f"route of {table.name}"
    route = Route(
        destinations=destinations,
        hop=HopKind.NONE,
        fabric=None,
        text=f"{wanted} -> {_hop_text(one)} ({where})",
        resource=table.name,
        origin=Origin(span=one.span),
    )
    match one.hop:
        case "appliance":
            return _to_appliance(known, vnet, one, route, where)
        case "gateway":
            return _to_gateway(known, vnet, route, where)
        case "internet":
            return replace(route, hop=HopKind.INTERNET, fabric=INTERNET, regional=None)
        case "unknown":
            return replace(route, regional=None, unmodelled=f"the next hop, which is not known ({where})")
        case "vnet-local":
            return replace(route, hop=HopKind.VNET_LOCAL, fabric=vnet_fabric(vnet.name))
        case _:
            return route


def _to_appliance(known: Inventory, vnet: Vnet, one: UserRoute, route: Route, where: str) -> Route:
    """A route to a device: to who has the address, to nobody where it cannot be a next hop (azure-network-semantics 5.3)."""
    address = one.appliance
    if address is None:
        return replace(route, hop=HopKind.APPLIANCE, unmodelled=f"an appliance without an address ({where})")
    if not may_be_next_hop(known, vnet, address):
        text = f"{route.text}, which is invalid: the next hop is neither in vnet {vnet.name} nor in a peer"
        return replace(route, hop=HopKind.APPLIANCE, text=text)
    site = device_at(known, vnet, address)
    if site is not None:
        same = known.home_vnet(site) == vnet.name
        region = True if same else same_region(vnet, known.network.vnets[known.home_vnet(site)])
        recipients = (Recipient(address=address, site=site),)
        return replace(route, hop=HopKind.APPLIANCE, recipients=recipients, regional=region)
    return _to_balancer(known, vnet, address, replace(route, hop=HopKind.APPLIANCE), where)


def _to_balancer(known: Inventory, vnet: Vnet, address: int, route: Route, where: str) -> Route:
    """A route to a load balancer before several devices: to any of them that is well (azure-network-semantics 5.3)."""
    handed_to = recipients_of_balancer(known, address, (vnet.name, *(link.remote.name for link in known.links(vnet.name))))
    if isinstance(handed_to, str):
        return replace(route, regional=None, unmodelled=f"{handed_to} ({where})")
    if handed_to is None:
        at = format_addresses(singles([address]))
        return replace(route, regional=None, unmodelled=f"the appliance at {at} ({where})")
    # A load balancer and its machines stand in one vnet (azure-network-semantics 8).
    home = known.home_vnet(handed_to[0].site)
    region = True if home == vnet.name else same_region(vnet, known.network.vnets[home])
    return replace(route, recipients=handed_to, regional=region)


def _hop_text(one: UserRoute) -> str:
    match one.hop:
        case "internet":
            return "Internet"
        case "vnet-local":
            return "VnetLocal"
        case "gateway":
            return "VirtualNetworkGateway"
        case "unknown":
            return "an unknown next hop"
        case "appliance":
            return f"VirtualAppliance {format_addresses(singles([one.appliance]))}" if one.appliance else "VirtualAppliance"
        case _:
            return "None"


def _to_gateway(known: Inventory, vnet: Vnet, route: Route, where: str) -> Route:
    """A route to the gateway. It is valid for a VPN gateway that stands alone (azure-network-semantics 5.3)."""
    gateways = gateways_of(known, vnet.name)
    names = ", ".join(one.name for one in gateways)
    gone = replace(route, hop=HopKind.GATEWAY)
    if not gateways:
        return replace(gone, text=f"{route.text}, which is invalid: no gateway serves vnet {vnet.name}")
    if any(one.kind != "vpn" for one in gateways):
        why = "a route leads to a VPN gateway that stands alone, not to ExpressRoute"
        return replace(gone, text=f"{route.text}, which is invalid: {why} ({names})")
    if len(gateways) > 1:
        return replace(gone, unmodelled=f"a user route to the gateways {names}: which takes it is not said ({where})")
    return replace(gone, fabric=gateway_fabric(gateways[0].name), resource=gateways[0].name, regional=False)
