"""What route selection works on: a route with its prefix length and its rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from enum import IntEnum

from asever.model.addresses import V6_BASE, is_v6
from asever.model.effective import HopKind, Origin, Route
from asever.model.numbers import NumberSet
from asever.record import record, replace

INTERNET = "Internet"


def vnet_fabric(vnet: str) -> str:
    """The name of the fabric inside a vnet."""
    return f"vnet {vnet}"


def gateway_fabric(gateway: str) -> str:
    """The name of what is behind a gateway."""
    return f"gateway {gateway}"


def endpoint_fabric(subnet: str) -> str:
    """The name of what carries the calls of a subnet to the services that it has endpoints for."""
    return f"service endpoints of subnet {subnet}"


class Rank(IntEnum):
    """Which of two routes with one prefix wins, least first (azure-network-semantics 5.3, 5.4)."""

    SERVICE_ENDPOINT = 0
    USER = 1
    SERVICE_ENDPOINT_TAG = 2  # to a tag of unknown content, whose prefixes may be shorter than a user's
    USER_REGIONAL_TAG = 3
    USER_TAG = 4
    USER_CLOUD_REGIONAL = 5
    USER_CLOUD = 6
    SERVICE_ENDPOINT_LATE = 7  # in the reading where a user's route wins
    GATEWAY = 8
    SYSTEM = 9
    RESERVED = 10


@record(kw_only=False)
class Candidate:
    """A route with what its selection depends on."""

    length: int
    rank: Rank
    route: Route


def blocks(addresses: NumberSet) -> Iterator[tuple[int, NumberSet]]:
    """The CIDR blocks of a set, those of one prefix length together, with that length.

    Two neighbouring prefixes that were written apart have become one that is a bit shorter: the set does not remember.
    """
    by_length: dict[tuple[bool, int], list[tuple[int, int]]] = defaultdict(list)
    for first, last in addresses.ranges:
        low = first
        base, bits = (V6_BASE, 128) if is_v6(low) else (0, 32)
        while low <= last:
            at = low - base
            size = min((at & -at).bit_length() - 1 if at else bits, (last - low + 1).bit_length() - 1)
            by_length[base > 0, bits - size].append((low, low + (1 << size) - 1))
            low += 1 << size
    for (_, length), ranges in by_length.items():
        yield length, NumberSet.of(ranges)


def candidates_of(rank: Rank, destinations: NumberSet, route: Route) -> Iterator[Candidate]:
    """One candidate for each prefix length of a set of destinations."""
    for length, block in blocks(destinations):
        yield Candidate(length, rank, replace(route, destinations=block))


def to_internet(destinations: NumberSet, text: str) -> Route:
    """A route to the Internet that Azure itself makes."""
    return Route(
        destinations=destinations,
        hop=HopKind.INTERNET,
        fabric=INTERNET,
        text=text,
        regional=None,
        origin=Origin(azure="system route"),
    )
