"""Devices on the way of a packet: machines that forward, and Azure Firewall.

A user-defined route hands a packet to a device with its source and destination as they are; what the device does with it, and
by which address it leaves, is here (azure-network-semantics 5.3 and 10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.azure.assumptions import (
    DNAT_JUDGED,
    DNAT_SOURCE,
    FORWARDED_DEFAULT,
    FORWARDED_DIRECTION,
    GUEST_FORWARDING,
    reading,
)
from asever.azure.candidates import INTERNET, endpoint_fabric, gateway_fabric, vnet_fabric
from asever.azure.filters import rule_rows
from asever.azure.inventory import Inventory, PeeringLink, singles
from asever.azure.neighbours import gateways_of
from asever.azure.peerings import guarded
from asever.azure.platform import RESERVED
from asever.azure.tags import View, meanings, view
from asever.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6
from asever.model.effective import (
    ALWAYS,
    TO_DEVICE,
    Action,
    AddressMatch,
    Arrival,
    Condition,
    Filter,
    FilterKind,
    FilterRow,
    Forwarding,
    Origin,
    Redirect,
    Route,
    SourceTranslation,
)
from asever.model.numbers import NumberSet, union
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS
from asever.model.things import DeclaredRule, Direction, Firewall, Machine, Subnet, Vnet
from asever.record import replace

# What a firewall does not translate unless it is told to: RFC 1918 and RFC 6598 (azure-network-semantics 10.1).
_PRIVATE = union(RESERVED)


# -- Machines -----------------------------------------------------------------------------------------------------------


def machine_forwarding(one: Machine) -> Forwarding:
    """What a machine does with packets that are not its own (azure-network-semantics 10.2)."""
    if not one.ip_forwarding:
        why = "ip-forwarding is off, so it loses what is not its own"
        return Forwarding(filters=(_gate(one, why, "ip-forwarding", ALWAYS),))
    match one.forwards:
        case "nothing":
            return Forwarding(filters=(_gate(one, "its guest forwards nothing", "nva", ALWAYS),))
        case None:
            why = "taking its guest as forwarding nothing"
            return Forwarding(filters=(_gate(one, why, "nva", reading(GUEST_FORWARDING, "drop-all")),))
        case "translated":
            own = singles(one.addresses) & ALL_V4
            return Forwarding(translated=ALL_V4 - own, source_becomes=singles([own.first])) if own else Forwarding()
        case _:
            return Forwarding()


def _gate(one: Machine, why: str, word: str, condition: Condition) -> Filter:
    """A filter that drops everything, in the readings of a condition."""
    at = one.parts.get("forwards" if word == "nva" else word, one.span)
    row = FilterRow(
        priority=0, name=why, action=Action.DENY, condition=condition, origin=Origin(span=at, azure=word, parts=one.parts)
    )
    return Filter(
        resource=one.name,
        kind=FilterKind.SETTING,
        direction=Direction.INBOUND,
        place=f"vm {one.name}",
        rows=(row,),
        otherwise=Action.ALLOW,
        span=one.span,
    )


def forwarded_translations(one: Machine) -> Iterator[SourceTranslation]:
    """What a machine sends on with `forwards unchanged` has no way to the Internet.

    An appliance must translate to its own address before Azure gives that a public one (azure-network-semantics 7).
    """
    if one.ip_forwarding and one.forwards == "unchanged":
        yield SourceTranslation(
            fabric=INTERNET,
            sources=ALL_ADDRESSES - singles(one.addresses),
            drops=f"{one.name} forwards it unchanged, and Azure gives a public address to its own packets only",
            fact="nva",
            resource=one.name,
            origin=Origin(span=one.parts.get("forwards", one.span), parts=one.parts),
        )


def _private_fabrics(known: Inventory, subnet: str) -> Iterator[str]:
    """The fabrics that a subnet can hand packets to, the Internet apart."""
    vnet = known.vnet_of(subnet)
    if known.network.subnets[subnet].service_endpoints:
        yield endpoint_fabric(subnet)
    yield vnet_fabric(vnet)
    yield from (vnet_fabric(link.remote.name) for link in known.links(vnet))
    yield from (gateway_fabric(gateway.name) for gateway in gateways_of(known, vnet))


# -- Azure Firewall -----------------------------------------------------------------------------------------------------


def firewall_addresses(known: Inventory, one: Firewall) -> NumberSet:
    """The addresses that a firewall's packets carry: its own, and any other of its subnet that is free, for its instances."""
    subnet = known.network.subnets[one.subnet]
    alone = known.firewall_in.get(one.subnet) is one
    return singles([one.address]) | (known.rest(subnet) & ALL_V4 if alone else NumberSet())


def firewall_forwarding(known: Inventory, one: Firewall) -> Forwarding:
    """DNAT rules, then network rules, then nothing (azure-network-semantics 10.1)."""
    at = view(known, known.network.subnets[one.subnet])
    network_rules = [rule for rule in one.rules if rule.access != "dnat"]
    return Forwarding(
        redirects=tuple(row for rule in one.rules if rule.access == "dnat" for row in _redirects(known, one, rule, at)),
        filters=(_network_filter(known, one, network_rules, at),),
        otherwise=f"no DNAT rule of firewall {one.name} takes it",
    )


def _network_filter(known: Inventory, one: Firewall, rules: list[DeclaredRule], at: View) -> Filter:
    speaks_v6 = known.network.vnets[known.vnet_of(one.subnet)].address.overlaps(ALL_V6)
    rows = [_no_v6(one)] if speaks_v6 else []
    for rule in rules:
        rows.extend(rule_rows(known, _with_ports(rule), at, Origin(rule.span, None, rule.parts)))
    return _firewall_filter(one, tuple(rows), Action.DENY)


def _firewall_filter(one: Firewall, rows: tuple[FilterRow, ...], otherwise: Action) -> Filter:
    return Filter(
        resource=one.name,
        kind=FilterKind.FIREWALL,
        direction=Direction.INBOUND,
        place=f"firewall {one.name}",
        rows=rows,
        otherwise=otherwise,
        span=one.span,
    )


def _no_v6(one: Firewall) -> FilterRow:
    return FilterRow(
        priority=0,
        name="no IPv6",
        action=Action.DENY,
        target=AddressMatch(addresses=ALL_V6, text="::/0"),
        origin=Origin(azure="no IPv6", span=one.span),
    )


def _with_ports(rule: DeclaredRule) -> DeclaredRule:
    """A network rule for any protocol that names a destination port is about TCP and UDP (azure-network-semantics 10.1)."""
    if rule.any_protocol and rule.target_port != ANY_PORT:
        return replace(rule, protocol=PROTOCOLS_WITH_PORTS, any_protocol=False)
    return rule


def _redirects(known: Inventory, one: Firewall, rule: DeclaredRule, at: View) -> Iterator[Redirect]:
    """A DNAT rule, in each reading of the source that the packet then carries."""
    if rule.translated is None:
        return
    own = firewall_addresses(known, one) | singles(() if one.public_ip is None else (one.public_ip,))
    protocol = rule.protocol & PROTOCOLS_WITH_PORTS
    for meaning in meanings(known, at, rule.sources, rule.targets):
        row = Redirect(
            protocol=protocol,
            source=meaning.source.addresses,
            target=meaning.target.addresses & own,
            target_port=rule.target_port,
            becomes=rule.translated,
            port=rule.translated_port,
            filters=_judging(known, one, at),
            name=rule.name,
            resource=one.name,
            because=f"DNAT rule {rule.priority} {rule.name}" if rule.name != f"rule {rule.priority}" else f"DNAT {rule.name}",
            fact="firewall-dnat",
            condition=meaning.condition,
            origin=Origin(rule.span, None, rule.parts),
        )
        inside = firewall_addresses(known, one)
        yield replace(row, source_becomes=inside, condition=row.condition | reading(DNAT_SOURCE, "firewall"))
        yield replace(row, condition=row.condition | reading(DNAT_SOURCE, "client"))


def _judging(known: Inventory, one: Firewall, at: View) -> tuple[Filter, ...]:
    """The network rules that deny, in the reading where they override a DNAT rule (azure-network-semantics 10.1)."""
    rows = [
        replace(row, condition=row.condition | reading(DNAT_JUDGED, "deny-rules"))
        for rule in one.rules
        if rule.access in ("allow", "deny")
        for row in rule_rows(known, _with_ports(rule), at, Origin(rule.span, None, rule.parts))
    ]
    denies = any(row.action is Action.DENY for row in rows)
    return (_firewall_filter(one, tuple(rows), Action.ALLOW),) if denies else ()


def firewall_translations(known: Inventory, one: Firewall) -> Iterator[SourceTranslation]:
    """Which source what a firewall sends on carries: by its setting and by the destination (azure-network-semantics 10.1)."""
    row = SourceTranslation(
        fabric=INTERNET,
        destinations=ALL_V4,
        fact="firewall-snat",
        resource=one.name,
        origin=Origin(span=one.span, parts=one.parts),
    )
    if one.public_ip is None:
        yield replace(row, drops=f"firewall {one.name} has no public address to leave by")
    elif one.snat == "never":
        yield replace(row, drops=f"with `snat never` firewall {one.name} has no way to the Internet")
    else:
        at = one.parts.get("public-ip", one.span)
        because = f"firewall {one.name} translates what goes to the Internet"
        public = NumberSet.single(one.public_ip)
        yield replace(row, becomes=public, because=because, origin=Origin(span=at, parts=one.parts))
    if one.snat == "never":
        return
    destinations = ALL_V4 if one.snat == "always" else ALL_V4 - _PRIVATE
    what = "everything" if one.snat == "always" else "what goes to a public address"
    for fabric in (TO_DEVICE, *_private_fabrics(known, one.subnet)):
        yield replace(
            row,
            fabric=fabric,
            sources=ALL_ADDRESSES - firewall_addresses(known, one),
            destinations=destinations,
            becomes=firewall_addresses(known, one),
            because=f"firewall {one.name} translates {what}",
        )


def firewall_arrivals(known: Inventory, one: Firewall) -> Iterator[tuple[str, Arrival]]:
    """What is sent to a firewall's own addresses: its DNAT rules take it, or nobody, by fabric."""
    row = Arrival(
        called=firewall_addresses(known, one),
        site=one.name,
        forwards=True,
        resource=one.name,
        fact="firewall-dnat",
        origin=Origin(span=one.span, parts=one.parts),
    )
    yield vnet_fabric(known.vnet_of(one.subnet)), row
    if one.public_ip is not None:
        at = Origin(span=one.parts.get("public-ip", one.span), parts=one.parts)
        yield INTERNET, replace(row, called=NumberSet.single(one.public_ip), origin=at)


# -- Routes to devices --------------------------------------------------------------------------------------------------


def device_at(known: Inventory, vnet: Vnet, address: int) -> str | None:
    """The site that takes what a route of a vnet hands to an appliance's address, in the vnet or in a peer."""
    holders = _holders(known)
    near = (vnet.name, *(link.remote.name for link in known.links(vnet.name)))
    return next((holders[name, address] for name in near if (name, address) in holders), None)


def may_be_next_hop(known: Inventory, vnet: Vnet, address: int) -> bool:
    """Whether a route may lead to an address: it has to be in the vnet or in a peer (azure-network-semantics 5.3)."""
    return address in vnet.address or any(address in link.remote.address for link in known.links(vnet.name))


def _holders(known: Inventory) -> Mapping[tuple[str, int], str]:
    """The machines and firewalls, by vnet and address."""
    found = known.cache.get("device holders")
    if not isinstance(found, dict):
        network = known.network
        pairs = [(one.subnet, address, one.name) for one in network.machines.values() for address in one.addresses]
        pairs += [(one.subnet, one.address, one.name) for one in network.firewalls.values()]
        found = known.cache["device holders"] = {(known.vnet_of(subnet), address): name for subnet, address, name in pairs}
    return found


def guarded_by_peerings(known: Inventory, subnet: Subnet, routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """The routes of a device: what it forwards into a peer has to be let in there (azure-network-semantics 6)."""
    vnet = known.network.vnets[subnet.vnet]
    filters = {link.remote.name: one for link in known.links(vnet.name) if (one := _forwarded_filter(vnet, link)) is not None}
    return guarded(known, routes, filters)


def _forwarded_filter(vnet: Vnet, link: PeeringLink) -> Filter | None:
    """Drops what does not come from the vnet itself where the peering lets no forwarded traffic pass."""
    rows = []
    strangers = AddressMatch(addresses=ALL_ADDRESSES - vnet.address, text=f"outside vnet {vnet.name}")
    for value, side in (("receiver", link.other), ("sender", link.own)):
        if side.forwarded_traffic:
            continue
        condition = reading(FORWARDED_DIRECTION, value)
        if side.forwarded_traffic is None:
            condition |= reading(FORWARDED_DEFAULT, "blocked")
        rows.append(
            FilterRow(
                priority=0,
                name=f"vnet {side.vnet} lets no forwarded traffic pass its peering with {side.remote}",
                action=Action.DENY,
                source=strangers,
                condition=condition,
                origin=Origin(span=side.span, azure="forwarded-traffic"),
            )
        )
    if not rows:
        return None
    return Filter(
        resource=link.remote.name,
        kind=FilterKind.SETTING,
        direction=Direction.INBOUND,
        place=f"peering of {link.remote.name} with {vnet.name}",
        rows=tuple(rows),
        otherwise=Action.ALLOW,
        span=link.other.span,
    )
