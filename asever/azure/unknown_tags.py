"""Routes to service tags of unknown content: who may take them, and where nobody knows which of two routes is the longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asever.azure.candidates import Candidate, Rank
from asever.azure.inventory import Inventory
from asever.azure.platform import PLATFORM, TAG_SPACE, app_service_management
from asever.azure.tags import members
from asever.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6
from asever.model.effective import Route
from asever.model.numbers import NumberSet, union
from asever.record import replace

_LONGEST = ((32, ALL_V4), (128, ALL_V6))
_CLOUD = "azurecloud"


def space(known: Inventory, tag: str) -> NumberSet:
    """Where an address of such a tag may lie: not where a resource stands that is no service, nor at Azure's management.

    AzureCloud holds those too, but no address of a virtual network or of a network on premises (azure-network-semantics 3.3).
    """
    if tag in known.network.open_tags:
        return ALL_ADDRESSES - PLATFORM
    places = TAG_SPACE | known.service_addresses
    if tag.casefold().partition(".")[0] == _CLOUD:
        network = known.network
        inside = [one.address for one in network.vnets.values()]
        return places - union((*inside, *(one.address for one in network.on_premises.values())))
    return places - (known.owned - known.service_addresses) - app_service_management()


def spread(
    known: Inventory, candidate: Candidate, rivals: Iterable[Candidate], within: NumberSet = ALL_ADDRESSES
) -> Iterator[Candidate]:
    """A route to a tag (`Route.tag`) with the addresses that it may be for.

    Its prefixes are longer than a default route, and none is longer than a single address. Where another route holds the same
    address, nobody knows which of the two is longer: the route is for a part of the tag only, and that part is not known.
    """
    tag = candidate.route.tag or ""
    rest = space(known, tag) & within
    for rival in rivals:
        part = rest & rival.route.destinations
        if part and _contests(rival, candidate):
            longer = f"{tag}.longer-than-{rival.route.text.partition(' -> ')[0]}"
            yield from _rows(candidate, part, longer)
            rest -= part
    its_own = members(known, tag)
    yield from _rows(candidate, rest & its_own, None)
    yield from _rows(candidate, rest - its_own, tag)


def _rows(candidate: Candidate, addresses: NumberSet, tag: str | None) -> Iterator[Candidate]:
    for length, family in _LONGEST:
        if addresses.overlaps(family):
            route = replace(candidate.route, destinations=addresses & family, tag=tag)
            yield Candidate(length, candidate.rank, route)


def _contests(rival: Candidate, candidate: Candidate) -> bool:
    """Whether it matters which of two routes is the longer, and nobody knows."""
    if rival.length == 0 or _same_way(rival.route, candidate.route):
        return False
    single = any(rival.length == length and rival.route.destinations.overlaps(family) for length, family in _LONGEST)
    return not (single and rival.rank is Rank.USER)


def _same_way(one: Route, other: Route) -> bool:
    return one.unmodelled is None and other.unmodelled is None and _way(one) == _way(other)


def _way(one: Route) -> tuple[object, ...]:
    return one.fabric, one.recipients, one.filters


def may_share_a_prefix(first: str, second: str) -> bool:
    """Whether two service tags may hold one and the same prefix.

    A regional tag is a part of the general one, and AzureCloud holds all others (azure-network-semantics 3.3).
    """
    bases = {first.casefold().partition(".")[0], second.casefold().partition(".")[0]}
    return len(bases) == 1 or _CLOUD in bases
