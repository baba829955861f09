"""Service endpoints: routes of one subnet to a service of Azure's, which sees private addresses (azure-network-semantics 9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asever.azure.assumptions import SERVICE_ENDPOINT_FIRST, reading
from asever.azure.candidates import INTERNET, Candidate, Rank, candidates_of, endpoint_fabric
from asever.azure.inventory import Inventory
from asever.azure.platform_services import service_arrivals
from asever.azure.tags import known_tag
from asever.azure.unknown_tags import may_share_a_prefix, spread
from asever.model.addresses import ALL_V4
from asever.model.effective import Arrival, Fabric, HopKind, Origin, Route
from asever.model.numbers import EMPTY, NumberSet
from asever.model.things import Subnet
from asever.record import replace


def endpoint_routes(known: Inventory, subnet: Subnet, user: Sequence[Candidate]) -> Iterator[Candidate]:
    """The routes that service endpoints bring to their own subnet, beside the user's routes.

    They are for the service's public prefixes and win over a gateway's routes of any length; which wins for one and the same
    prefix, such a route or a user's, is an assumption (azure-network-semantics 5.4).
    """
    for name in subnet.service_endpoints:
        route = Route(
            destinations=EMPTY,
            hop=HopKind.SERVICE_ENDPOINT,
            fabric=endpoint_fabric(subnet.name),
            text=f"{name} -> VirtualNetworkServiceEndpoint (subnet {subnet.name})",
            resource=subnet.name,
            regional=None,
            origin=Origin(azure="service endpoint", span=subnet.parts.get("service-endpoints", subnet.span)),
        )
        addresses = known_tag(known, name)
        if addresses is not None:
            yield from _to_known_prefixes(_services_only(known, addresses), route, user)
        else:
            yield from _to_unknown_prefixes(known, replace(route, tag=name), user)


def _services_only(known: Inventory, addresses: NumberSet) -> NumberSet:
    """Endpoints speak IPv4; what another resource of the file owns is no service, whatever the tag's prefixes are."""
    return (addresses & ALL_V4) - (known.owned - known.service_addresses)


def _to_known_prefixes(addresses: NumberSet, route: Route, user: Sequence[Candidate]) -> Iterator[Candidate]:
    for one in candidates_of(Rank.SERVICE_ENDPOINT, addresses, route):
        equal = (
            other.length == one.length and other.route.destinations.overlaps(one.route.destinations)
            for other in user
            if other.route.tag is None
        )
        yield from _in_both_readings([one], contested=any(equal))


def _to_unknown_prefixes(known: Inventory, route: Route, user: Sequence[Candidate]) -> Iterator[Candidate]:
    tag = route.tag or ""
    explicit = [one for one in user if one.route.tag is None]
    contested = any(one.route.tag is not None and may_share_a_prefix(one.route.tag, tag) for one in user)
    mine = spread(known, Candidate(0, Rank.SERVICE_ENDPOINT_TAG, route), explicit, within=ALL_V4)
    yield from _in_both_readings(mine, contested=contested)


def _in_both_readings(candidates: Iterable[Candidate], *, contested: bool) -> Iterator[Candidate]:
    """Before the user's routes in one reading, after them in the other."""
    for one in candidates:
        if not contested:
            yield one
            continue
        yield replace(one, route=replace(one.route, condition=reading(SERVICE_ENDPOINT_FIRST, "endpoint")))
        yield replace(one, rank=Rank.SERVICE_ENDPOINT_LATE)


def with_endpoints(known: Inventory) -> Iterator[Subnet]:
    """The subnets that have service endpoints."""
    return (subnet for subnet in known.network.subnets.values() if subnet.service_endpoints)


def endpoints_of(known: Inventory, subnet: Subnet) -> Fabric:
    """What carries a subnet's calls through its service endpoints: to the platform's services, declared or not.

    Replies come back by it.
    """
    return Fabric(
        name=endpoint_fabric(subnet.name),
        arrivals=(*service_arrivals(known, subnet.name), _to_any_service(known, subnet)),
        otherwise="no service of Azure's has this address",
        returns=True,
    )


def _to_any_service(known: Inventory, subnet: Subnet) -> Arrival:
    return Arrival(
        called=known.internet & ALL_V4,
        site=INTERNET,
        because=f"through a service endpoint of subnet {subnet.name}",
        fact="service-endpoint",
        origin=Origin(azure="service endpoint", span=subnet.parts.get("service-endpoints", subnet.span)),
    )
