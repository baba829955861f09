"""Source translation: which address a packet carries when it leaves for the Internet, by who sends it.

Nothing is translated inside a virtual network, between peers, or through a gateway (azure-network-semantics 7,
ase-network-semantics 4); the one exception is an open reading for environments of version 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from asever.azure.assumptions import CROSS_CALL, NAT_GATEWAY_FIRST, reading
from asever.azure.balancers import ways_out
from asever.azure.candidates import INTERNET, vnet_fabric
from asever.azure.inventory import Inventory, singles
from asever.azure.platform import INTERNET_BASE
from asever.azure.tags import canonical_tag
from asever.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, is_v6
from asever.model.effective import Origin, SourceTranslation
from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import ANY_PROTOCOL, ICMP, PROTOCOLS_WITH_PORTS
from asever.model.things import Environment, Machine, OnPremises, Subnet
from asever.record import replace

_NO_WAY_FOR_V6 = "it has no public IPv6 address to leave by"


# -- Environments -------------------------------------------------------------------------------------------------------


def environment_translations(known: Inventory, one: Environment, subnet: Subnet) -> tuple[SourceTranslation, ...]:
    """How an environment's calls leave (ase-network-semantics 4)."""
    rows = list(_cross_calls(known, one))
    if one.version >= 3 and subnet.nat_gateway is not None:
        rows.extend(_nat_gateway(known, subnet))
    elif subnet.nat_gateway is not None:
        construct = f"nat-gateway {subnet.nat_gateway} on the subnet of an environment of version {one.version}"
        rows.append(_not_followed(one, construct))
    else:
        rows.extend(_by_its_own(known, one))
    if _has_v6(subnet):
        rows.append(_no_v6(one))
    return tuple(rows)


def _cross_calls(known: Inventory, one: Environment) -> Iterator[SourceTranslation]:
    """Version 1 to the ILB address of another environment in its vnet: documented both ways (ase-network-semantics 4.1)."""
    if one.version != 1:
        return
    others = _ilb_addresses(known, known.vnet_of(one.subnet)) - singles(() if one.ilb is None else (one.ilb,))
    if not others:
        return
    becomes, tags, unknown = _vip(known, one)
    yield SourceTranslation(
        fabric=vnet_fabric(known.vnet_of(one.subnet)),
        destinations=others,
        becomes=becomes,
        tags=tags,
        unknown=unknown,
        because="a call to another environment's ILB address is taken as an Internet call",
        fact=CROSS_CALL.name,
        resource=one.name,
        condition=reading(CROSS_CALL, "vip"),
        origin=Origin(span=one.span, parts=one.parts),
    )


def _ilb_addresses(known: Inventory, vnet: str) -> NumberSet:
    key = ("ilb addresses", vnet)
    found = known.cache.get(key)
    if not isinstance(found, NumberSet):
        every = known.network.environments.values()
        found = singles(each.ilb for each in every if each.ilb is not None and known.vnet_of(each.subnet) == vnet)
        known.cache[key] = found
    return found


def _vip(known: Inventory, one: Environment) -> tuple[NumberSet, frozenset[str], str | None]:
    """The public VIP as a source: its address, or what is known of one that the file does not give."""
    if one.vip is not None:
        return singles([one.vip]) | one.outbound, frozenset(), None
    return known.untold, frozenset({canonical_tag(f"{one.name}.vip")}), f"the VIP of {one.name} is not in the file"


def _outbound(known: Inventory, one: Environment) -> tuple[NumberSet, frozenset[str], str | None]:
    """The outbound addresses of version 3: any of them, and never the inbound one (ase-network-semantics 4)."""
    if one.outbound:
        return one.outbound, frozenset(), None
    return (
        known.untold,
        frozenset({canonical_tag(f"{one.name}.outbound")}),
        f"the outbound addresses of {one.name} are not in the file",
    )


def _by_its_own(known: Inventory, one: Environment) -> Iterator[SourceTranslation]:
    becomes, tags, unknown = _outbound(known, one) if one.version >= 3 else _vip(known, one)
    way_out = "an outbound address" if one.version >= 3 else "the VIP or `outbound`" if one.outbound else "the VIP"
    own = singles([address for address in (known.vip(one), *(each.address for each in one.ip_ssl)) if address is not None])
    cases = (
        (own, "a call to its own VIP is an Internet call", "self-call"),
        (known.environment_addresses, "a call to another environment is an Internet call", "call-between-environments"),
        (
            ALL_V4,
            f"a call to a public address leaves by {way_out}",
            "outbound-addresses" if one.version >= 3 else "calls-leave-by-the-vip",
        ),
    )
    for destinations, because, fact in cases:
        if destinations:
            yield SourceTranslation(
                fabric=INTERNET,
                destinations=destinations,
                becomes=becomes,
                tags=tags,
                unknown=unknown,
                because=because,
                fact=fact,
                resource=one.name,
                origin=Origin(span=one.span, parts=one.parts),
            )


def _no_v6(one: Environment | Machine | Subnet) -> SourceTranslation:
    return SourceTranslation(
        fabric=INTERNET,
        destinations=ALL_V6,
        drops=_NO_WAY_FOR_V6,
        resource=one.name,
        origin=Origin(span=one.span),
    )


def _not_followed(one: Environment, construct: str) -> SourceTranslation:
    return SourceTranslation(fabric=INTERNET, unmodelled=construct, resource=one.name, origin=Origin(span=one.span))


# -- Machines -----------------------------------------------------------------------------------------------------------


def machine_translations(known: Inventory, one: Machine, subnet: Subnet) -> tuple[SourceTranslation, ...]:
    """How a machine's packets leave: NAT gateway, its own public address, load balancer, default.

    In this order (azure-network-semantics 7).
    """
    rows = list(_nat_gateway(known, subnet))
    led_out = EMPTY if subnet.nat_gateway is None else ALL_V4
    if one.public_ip is not None:
        family = ALL_V6 if is_v6(one.public_ip) else ALL_V4
        if rows and family == ALL_V4:
            rows = [replace(row, condition=reading(NAT_GATEWAY_FIRST, "nat-gateway")) for row in rows]
        rows.append(_own_public_ip(one, one.public_ip, family))
        led_out |= family
    rows.extend(ways_out(known, one, ALL_ADDRESSES - led_out))
    if one.public_ip is not None and not ALL_V4.overlaps(led_out):
        rows.append(_no_default_outbound(one))
    return (*rows, *_default_outbound(known, subnet))


def rest_translations(known: Inventory, subnet: Subnet) -> tuple[SourceTranslation, ...]:
    """How packets of machines that the file does not list leave: without a public address of their own."""
    return (*_nat_gateway(known, subnet), *_default_outbound(known, subnet))


def _has_v6(subnet: Subnet) -> bool:
    return any(ALL_V6.overlaps(prefix) for prefix in subnet.prefixes)


def _nat_gateway(known: Inventory, subnet: Subnet) -> Iterator[SourceTranslation]:
    """A NAT gateway comes before a machine's own address, and carries TCP and UDP only (azure-network-semantics 7)."""
    if subnet.nat_gateway is None:
        return
    gateway = known.network.nat_gateways[subnet.nat_gateway]
    yield SourceTranslation(
        fabric=INTERNET,
        destinations=ALL_V4,
        protocol=PROTOCOLS_WITH_PORTS,
        becomes=gateway.public_ip,
        because=f"the subnet has nat-gateway {gateway.name}",
        fact="nat-gateway",
        resource=gateway.name,
        origin=Origin(span=gateway.span, parts=gateway.parts),
    )


def _own_public_ip(one: Machine, public: int, family: NumberSet) -> SourceTranslation:
    return SourceTranslation(
        fabric=INTERNET,
        destinations=family,
        becomes=NumberSet.single(public),
        because="it has a public address of its own",
        fact="public-ip",
        resource=one.name,
        origin=Origin(span=one.parts.get("public-ip", one.span), parts=one.parts),
    )


def _no_default_outbound(one: Machine) -> SourceTranslation:
    """A Standard public address ends default outbound access, also that of the other family (azure-network-semantics 7)."""
    return SourceTranslation(
        fabric=INTERNET,
        destinations=ALL_V4,
        drops="a machine with a public IPv6 address has no default outbound access over IPv4",
        fact="default-outbound",
        resource=one.name,
        origin=Origin(span=one.parts.get("public-ip", one.span), parts=one.parts),
    )


def _default_outbound(known: Inventory, subnet: Subnet) -> Iterator[SourceTranslation]:
    """Default outbound access: an address that Azure picks, IPv4 only, no ICMP (azure-network-semantics 7)."""
    origin = Origin(span=subnet.span, azure="default outbound access", parts=subnet.parts)
    if subnet.nat_gateway is not None:
        yield SourceTranslation(
            fabric=INTERNET,
            drops=f"nat-gateway {subnet.nat_gateway} carries TCP and UDP over IPv4 only",
            fact="nat-gateway",
            resource=subnet.nat_gateway,
            origin=origin,
        )
        return
    if not subnet.default_outbound:
        yield SourceTranslation(
            fabric=INTERNET,
            drops=f"subnet {subnet.name} is private (default-outbound off), and nothing else leads out",
            fact="default-outbound",
            resource=subnet.name,
            origin=origin,
        )
        return
    yield SourceTranslation(
        fabric=INTERNET,
        destinations=ALL_V4,
        protocol=NumberSet.single(ICMP),
        drops="default outbound access carries no ICMP",
        fact="default-outbound",
        resource=subnet.name,
        origin=origin,
    )
    yield SourceTranslation(
        fabric=INTERNET,
        destinations=ALL_V4,
        protocol=ANY_PROTOCOL,
        becomes=known.strangers,
        unknown="default outbound access: Azure picks the public address",
        because="without a public address of its own it leaves by one that Azure picks",
        fact="default-outbound",
        resource=subnet.name,
        origin=origin,
    )
    if _has_v6(subnet):
        yield _no_v6(subnet)


# -- Outside Azure ------------------------------------------------------------------------------------------------------


def on_premises_translations(known: Inventory, one: OnPremises) -> tuple[SourceTranslation, ...]:
    """How an on-premises network's packets go to the Internet.

    A network that has public addresses only sends from them; one with private addresses is translated, and the file does
    not say to what.
    """
    if one.address <= INTERNET_BASE:
        return ()
    return (
        SourceTranslation(
            fabric=INTERNET,
            destinations=ALL_ADDRESSES,
            becomes=known.untold,
            unknown=f"the public address of on-premises network {one.name} is not in the file",
            because=f"on-premises network {one.name} translates what it sends to the Internet",
            fact="on-premises-address",
            resource=one.name,
            origin=Origin(span=one.span, parts=one.parts),
        ),
    )
