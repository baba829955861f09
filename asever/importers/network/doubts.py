"""Which virtual networks of a file may be peers although it does not say so, and which may not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product

from asever.importers.network.admin import connected
from asever.importers.network.book import reference_text
from asever.importers.network.gateways import space
from asever.importers.network.hubs import is_own_peering
from asever.importers.network.sheet import Making
from asever.importers.network.words import prop
from asever.importers.resources import Resource
from asever.model.numbers import NumberSet, union

VNET = "Microsoft.Network/virtualNetworks"
MOST = 20_000
"""Pairs of networks that may be peers; a file with more of them says too little of its networks."""


def remote(to: Making, peering: Resource) -> Resource | None:
    """The network at the other end of a peering, where the file has it."""
    return to.book.find(prop(peering.properties, "remoteVirtualNetwork"), VNET)


def peerings(to: Making, vnet: Resource) -> tuple[Resource, ...]:
    """The peerings of a network, but for that which Azure makes with a virtual hub."""
    return tuple(each for each in to.book.children(vnet, "virtualNetworkPeerings") if not is_own_peering(each))


def perhaps_peers(to: Making) -> Mapping[int, tuple[str, ...]]:
    """For each network (by its identity) the names of those that nobody knows to be its peers or not.

    What stands in a network that nobody knows may stand in any; two networks that each have a peering with one that nobody
    knows may have it with each other; and a network manager connects networks with each other.
    """
    every = list(to.book.of_kind(VNET, existing=True))
    open_ = [one for one in every if is_open(to, one)]
    anybody = [one for one in every if _peers_anybody(to, one)]
    pairs = _Pairs(to)
    for some in (product(open_, every), combinations(anybody, 2), *(combinations(each, 2) for each in connected(to))):
        pairs.add(some)
    nowhere = [name for name, each in to.vnets.items() if each.anywhere]
    return {id(one): tuple(dict.fromkeys((*nowhere, *pairs.found[id(one)]))) for one in every}


def is_open(to: Making, one: Resource) -> bool:
    """Whether nobody knows which network it is that a file names something in."""
    return one.existing and one.name.startswith("{") and not to.is_made(one)


def _peers_anybody(to: Making, one: Resource) -> bool:
    """Whether it has a peering with a network that nobody knows."""
    return to.book.unknown_children(one, "virtualNetworkPeerings") is not None or any(
        remote(to, each) is None and reference_text(prop(each.properties, "remoteVirtualNetwork")) is None
        for each in peerings(to, one)
    )


class _Pairs:
    """Pairs of networks that may be peers: those that have no peering with each other, and no addresses in common."""

    def __init__(self, to: Making) -> None:
        self.to = to
        self.found: dict[int, list[str]] = defaultdict(list)
        self._spaces: dict[int, NumberSet] = {}
        self._known: dict[int, set[int]] = {}
        self._seen: set[frozenset[int]] = set()

    def add(self, pairs: Iterable[tuple[Resource, Resource]]) -> None:
        """Every pair that may be one."""
        for one, other in pairs:
            pair = frozenset((id(one), id(other)))
            if len(pair) < 2 or pair in self._seen:
                continue
            if len(self._seen) >= MOST:
                self.to.refuse(
                    one, "too many virtual networks may be connected: which ones are, the file does not say", self.to.at(one)
                )
                return
            self._seen.add(pair)
            if not self._space(one).overlaps(self._space(other)):
                for here, there in ((one, other), (other, one)):
                    if id(there) not in self._peers(here):
                        self.found[id(here)].append(self.to.name(there))

    def _space(self, one: Resource) -> NumberSet:
        if id(one) not in self._spaces:
            self._spaces[id(one)] = union(each.value for each in space(one, self.to.at(one)))
        return self._spaces[id(one)]

    def _peers(self, one: Resource) -> set[int]:
        if id(one) not in self._known:
            self._known[id(one)] = set(self._remotes(one))
        return self._known[id(one)]

    def _remotes(self, one: Resource) -> Iterator[int]:
        for each in peerings(self.to, one):
            found = remote(self.to, each)
            if found is not None:
                yield id(found)
