"""What route selection works on: a route with its prefix length and its rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from asever.azure.inventory import Inventory
from asever.model.addresses import ALL_V4, ALL_V6, V6_BASE, is_v6
from asever.model.effective import HopKind, Origin, Route
from asever.model.numbers import NumberSet

INTERNET = "Internet"


def vnet_fabric(vnet: str) -> str:
    """The name of the fabric inside a vnet."""
    return f"vnet {vnet}"


def gateway_fabric(gateway: str) -> str:
    """The name of what is behind a gateway."""
    return f"gateway {gateway}"


class Rank(IntEnum):
    """Which of two routes with one prefix wins, least first (azure-network-semantics 5.3, 5.4)."""

    SERVICE_ENDPOINT = 0
    USER = 1
    USER_REGIONAL_TAG = 2
    USER_TAG = 3
    USER_CLOUD_REGIONAL = 4
    USER_CLOUD = 5
    GATEWAY = 6
    SYSTEM = 7
    RESERVED = 8
    LAST_OF_LENGTH = 9


@dataclass(frozen=True, slots=True)
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


def perhaps(known: Inventory, route: Route) -> Iterator[Candidate]:
    """A route for destinations that may lie in a service tag of unknown content.

    Its prefixes are not known to be longer or shorter than a user's, except that nothing is longer than a single address.
    """
    space = known.of_unknown_tags
    for length, part in ((32, space & ALL_V4), (128, space & ALL_V6)):
        yield Candidate(length, Rank.LAST_OF_LENGTH, replace(route, destinations=part))


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
