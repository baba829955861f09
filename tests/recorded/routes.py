"""Effective routes: the next hop of every destination, by Azure's table and by ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.azure.platform import PLATFORM
from asever.model.addresses import ALL_V4, ALL_V6, is_v6, prefixes
from asever.model.effective import HopKind, Route, exists_in
from asever.model.numbers import EMPTY, NumberSet, union
from tests.recorded.fields import prefix, several
from tests.recorded.sessions import Body

# Azure's spellings of a next hop differ between the operations: next hop prints `VirtualNetwork`, effective routes `VnetLocal`.
_SPELLINGS = {
    "virtualnetwork": "vnetlocal",
    "vnetpeering": "vnetpeering",
    "virtualnetworkpeering": "vnetpeering",
    "vnetglobalpeering": "vnetpeering",
    "globalvnetpeering": "vnetpeering",
    "hypernetgateway": "virtualnetworkgateway",
}
LATE_RESERVED = prefix("172.16.0.0/12")
# What Azure documents to drop (azure-network-semantics 5.1): whoever lacks these is wrong.
DOCUMENTED = union(map(prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
# A system route to None, apart from a user's.
RESERVED = "none (reserved)"


def hop_kind(text: str) -> str:
    """One spelling for a next hop type."""
    return _SPELLINGS.get(text.casefold(), text.casefold())


Hops = Mapping[str, NumberSet]
"""The destinations of each next hop type."""


def azure_hops(rows: Iterable[Body]) -> Hops:
    """Azure's active routes as a function: of the routes that hold a destination the longest prefix decides.

    Of equal prefixes the user's comes before the gateway's, that before Azure's own (azure-network-semantics 5.4), and of the
    same source they are one route with several next hops. A route without a next hop type decides, and nobody says what.
    """
    ranks = {"user": 0, "virtualnetworkgateway": 1}
    found: list[tuple[int, int, NumberSet, str]] = []
    for row in rows:
        if str(row.get("state", "Active")).casefold() != "active":
            continue
        for destinations in _destinations(row):
            rank = ranks.get(str(row.get("source")).casefold(), 2)
            hop = hop_kind(row.get("nexthoptype") or "not printed")
            found.append((-_length(destinations), rank, destinations, RESERVED if hop == "none" and rank == 2 else hop))
    ordered = sorted(found, key=lambda one: one[:2])
    return _first_decides((destinations, hop) for _, _, destinations, hop in ordered)


def our_hops(routes: Sequence[Route], readings: Mapping[str, str]) -> Hops:
    """Our table as a function: the first row that holds a destination decides."""
    return _first_decides((one.destinations, _our_hop(one)) for one in routes if exists_in(one.condition, readings))


def _our_hop(route: Route) -> str:
    return RESERVED if route.hop is HopKind.NONE and route.origin.azure else hop_kind(route.hop.value)


def _destinations(row: Body) -> Iterator[NumberSet]:
    """The prefixes of a route; a service tag stands for what the route's own `tagMap` gives."""
    tags = row.get("tagmap") if isinstance(row.get("tagmap"), dict) else {}
    for text in several(row, "addressprefix", "addressprefixes"):
        try:
            yield prefix(text)
        except ValueError:
            yield from map(prefix, tags.get(text.casefold()) or ())


def _length(destinations: NumberSet) -> int:
    return (128 if is_v6(destinations.first) else 32) - (destinations.size.bit_length() - 1)


def _first_decides(rows: Iterable[tuple[NumberSet, str]]) -> Hops:
    found: dict[str, list[NumberSet]] = defaultdict(list)
    decided = EMPTY
    for destinations, hop in rows:
        found[hop].append(destinations - decided)
        decided |= destinations
    return {hop: union(sets) for hop, sets in found.items()}


def compare_routes(azure: Hops, ours: Hops) -> tuple[list[str], list[str]]:
    """Where the next hops differ, and where they differ for a known reason.

    The platform's own addresses are no matter of routes (azure-network-semantics 3.4); Azure prints no route for them.
    """
    printed = union(azure.values())
    compared = (ALL_V4 | (ALL_V6 if printed.overlaps(ALL_V6) else EMPTY)) - PLATFORM
    wrong: list[str] = []
    explained: list[str] = []
    for theirs, there in {**azure, "no route": compared - printed}.items():
        for mine, here in {**ours, "no route": compared - union(ours.values())}.items():
            both = there & here & compared
            if theirs == mine or not both or theirs == "not printed":
                continue
            text = f"{_some(prefixes(both))}: Azure {theirs}, we {mine}"
            if (theirs, mine) == (RESERVED, "internet") and not both.overlaps(DOCUMENTED):
                explained.append(f"Azure drops {_some(prefixes(both), 3)} too")
            elif (theirs, mine) == ("internet", RESERVED) and both <= LATE_RESERVED:
                explained.append("172.16.0.0/12 still goes to the Internet")
            else:
                wrong.append(text)
    return wrong, explained


def _some(texts: tuple[str, ...], most: int = 4) -> str:
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more ranges" if len(texts) > most else "")
