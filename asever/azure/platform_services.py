"""Declared resources of Azure's services, such as one storage account: where they stand and whom they admit.

The access list of such a resource is about its public endpoint; a private endpoint passes it by (azure-network-semantics 9).
"""

from __future__ import annotations

from collections.abc import Iterator

from asever.azure.candidates import INTERNET
from asever.azure.inventory import Inventory
from asever.azure.outside import internet_routes
from asever.azure.tags import NOWHERE, meanings
from asever.model.effective import Action, Arrival, Filter, FilterKind, FilterRow, Origin, Site, SiteKind
from asever.model.numbers import NumberSet
from asever.model.things import Admitted, Direction, PlatformService


def service_site(known: Inventory, one: PlatformService) -> Site:
    """A resource of a service; it answers and starts nothing."""
    return Site(
        name=one.name,
        title=f"platform-service {one.name}",
        kind=SiteKind.SERVICE,
        thing=one.name,
        addresses=NumberSet.single(known.service_address(one)),
        home=INTERNET,
        routes=internet_routes(),
        span=one.span,
    )


def service_arrivals(known: Inventory, subnet: str | None = None) -> Iterator[Arrival]:
    """What is called at the public endpoints: through the service endpoints of a subnet, or else over the Internet."""
    for one in known.network.platform_services.values():
        yield Arrival(
            called=NumberSet.single(known.service_address(one)),
            site=one.name,
            guards=_access_list(known, one, subnet),
            resource=one.name,
            fact="service-access-list" if one.allows is not None else None,
            origin=Origin(span=one.span, parts=one.parts),
        )


def _access_list(known: Inventory, one: PlatformService, subnet: str | None) -> tuple[Filter, ...]:
    """Subnets are admitted when the call comes through their own service endpoint, addresses when it carries them.

    Once a call comes through an endpoint, it carries a private address, and what admits public ones admits it no longer
    (azure-network-semantics 9.2).
    """
    if one.allows is None:
        return ()
    span = one.parts.get("allows", one.span)
    rows = [row for each in one.allows if each.subnet is None or each.subnet == subnet for row in _admits(known, one, each)]
    listed = ", ".join(each.term.text for each in one.allows)
    rest = FilterRow(
        priority=0,
        name=f"its access list admits {listed} only",
        action=Action.DENY,
        origin=Origin(span=span, azure="service-access-list", parts=one.parts),
    )
    guard = Filter(
        resource=one.name,
        kind=FilterKind.SETTING,
        direction=Direction.INBOUND,
        place=f"platform-service {one.name}",
        rows=(*rows, rest),
        span=one.span,
    )
    return (guard,)


def _admits(known: Inventory, one: PlatformService, admitted: Admitted) -> Iterator[FilterRow]:
    for meaning in meanings(known, NOWHERE, (admitted.term,), ()):
        yield FilterRow(
            priority=0,
            name=f"its access list admits {admitted.term.text}",
            action=Action.ALLOW,
            source=meaning.source,
            condition=meaning.condition,
            origin=Origin(span=admitted.term.span, azure="service-access-list", parts=one.parts),
        )
