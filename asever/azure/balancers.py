"""Load balancers: which machine a packet to a frontend is handed to and on which port, and how machines behind one call out.

A load balancer passes packets on as they are, but for their destination (azure-network-semantics 8): the client's address and
port stay, and the NSGs of the machine that gets a packet see the machine's own address and port (2.7). The machine answers
the client itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from asever.azure.assumptions import FLOATING_IP_TARGET, INTERNAL_BALANCER_CLOSED, reading
from asever.azure.candidates import INTERNET
from asever.azure.filters import (
    closed_without_group,
    surely_admits_probe,
    surely_denies_probe,
)
from asever.azure.inventory import Inventory, of_family, singles
from asever.azure.places import filters_before, groups_before
from asever.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, is_v6
from asever.model.effective import (
    ALWAYS,
    Action,
    AddressMatch,
    Arrival,
    Filter,
    FilterRow,
    Origin,
    Recipient,
    SourceTranslation,
)
from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import ANY_PORT, PROTOCOL_NAMES, PROTOCOLS_WITH_PORTS
from asever.model.things import Direction, LoadBalancer, Machine, PortMapping
from asever.record import replace

# -- Who gets a packet --------------------------------------------------------------------------------------------------


def recipients_of_balancer(known: Inventory, address: int, vnets: Collection[str]) -> tuple[Recipient, ...] | str | None:
    """The machines behind the internal load balancer at an address in one of these vnets, as the next hop of a route.

    None where no load balancer has the address; a text says why what it does as a next hop cannot be followed. It leaves the
    destination of a packet alone, and it takes a rule for every port at once to be a next hop (azure-network-semantics 5.3).
    """
    every = [one for one in known.network.load_balancers.values() if one.frontend == address and one.subnet is not None]
    every.sort(key=lambda one: not any(_is_every_port(mapping) for mapping in one.mappings))
    for one in every:
        if one.subnet is not None and known.vnet_of(one.subnet) in vnets:
            if not any(_is_every_port(mapping) for mapping in one.mappings):
                return f"load-balancer {one.name} as next hop, which has no rule `any * -> *`"
            return (
                recipients(known, one) or f"load-balancer {one.name} as next hop, which has no machine of this address family"
            )
    return None


def recipients(known: Inventory, one: LoadBalancer) -> tuple[Recipient, ...]:
    """The machines that a load balancer hands packets to: any that its probe finds well (azure-network-semantics 8).

    A machine whose NSGs drop the probe gets nothing. Where they drop it for all of them, all stay, with the probe: it is what
    keeps every packet out. Where that depends on a reading the machine stays, with the probe.
    """
    key = ("recipients", one.name)
    found = known.cache.get(key)
    if not isinstance(found, tuple):
        found = known.cache[key] = _recipients(known, one)
    return found


def _recipients(known: Inventory, one: LoadBalancer) -> tuple[Recipient, ...]:
    every: list[Recipient] = []
    well: list[Recipient] = []
    for machine, address in _members(known, one):
        here = Recipient(address=address, site=machine.name, resource=one.name)
        if one.probe is None or is_v6(address):
            every.append(here)
            well.append(here)
            continue
        filters = filters_before(known, known.network.subnets[machine.subnet], machine, Direction.INBOUND)
        probed = replace(here, probes=(one.probe,))
        at = NumberSet.single(address)
        every.append(probed)
        if surely_admits_probe(filters, at, one.probe):
            well.append(here)
        elif not surely_denies_probe(filters, at, one.probe):
            well.append(probed)
    return tuple(well or every)


def _members(known: Inventory, one: LoadBalancer) -> Iterator[tuple[Machine, int]]:
    """The machines behind a load balancer that have an address of its frontend's family, with the first such address."""
    for name in dict.fromkeys(one.backends):
        machine = known.network.machines[name]
        own = of_family(singles(machine.addresses), one.frontend)
        first = next((address for address in machine.addresses if address in own), None)
        if first is not None:
            yield machine, first


# -- What becomes of a packet to a frontend -----------------------------------------------------------------------------


def arrivals(known: Inventory, one: LoadBalancer) -> tuple[Arrival, ...]:
    """What becomes of packets to the frontend of a load balancer, in the Internet or in its vnet.

    Several that share a frontend are one of Azure's, whose rules lead to different machines: the first one tells for all.
    """
    sharing = [other for other in known.network.load_balancers.values() if _shares_frontend(known, one, other)]
    if sharing[0] is not one:
        return ()
    handed_to = {each.name: recipients(known, each) for each in sharing}
    if not any(handed_to.values()):
        return (_lost(one, f"no machine behind load-balancer {one.name} has an address of this family"),)
    # A rule for one port is more specific than one for every port.
    mappings = sorted(
        ((each, mapping) for each in sharing for mapping in each.mappings), key=lambda pair: _is_every_port(pair[1])
    )
    rows = [
        row for each, mapping in mappings if handed_to[each.name] for row in _handed(known, each, mapping, handed_to[each.name])
    ]
    others = replace(_lost(one, "a load balancer carries TCP and UDP only"), protocol=_WITHOUT_PORTS)
    return (*rows, others, _lost(one, _no_rule(one.name, [mapping for _, mapping in mappings])))


def _shares_frontend(known: Inventory, one: LoadBalancer, other: LoadBalancer) -> bool:
    if one.frontend != other.frontend or (one.subnet is None) != (other.subnet is None):
        return False
    return one.subnet is None or other.subnet is None or known.vnet_of(one.subnet) == known.vnet_of(other.subnet)


_WITHOUT_PORTS = NumberSet.span(0, 255) - PROTOCOLS_WITH_PORTS


def _is_every_port(mapping: PortMapping) -> bool:
    return mapping.front == 0


def _no_rule(name: str, mappings: Sequence[PortMapping]) -> str:
    if not mappings:
        return f"load-balancer {name} has no rule"
    fronts = ", ".join(f"{_protocol(mapping)} {mapping.front}" for mapping in mappings)
    return f"load-balancer {name} has no rule for this port, only for {fronts}"


def _protocol(mapping: PortMapping) -> str:
    carried = mapping.protocol & PROTOCOLS_WITH_PORTS
    return PROTOCOL_NAMES.get(carried.first, "any") if carried.size == 1 else "any"


def _lost(one: LoadBalancer, why: str) -> Arrival:
    origin = Origin(span=one.span, azure="load balancer", parts=one.parts)
    return Arrival(
        called=NumberSet.single(one.frontend), drops=why, fact="load-balancer-ports", resource=one.name, origin=origin
    )


def _handed(known: Inventory, one: LoadBalancer, mapping: PortMapping, handed_to: tuple[Recipient, ...]) -> Iterator[Arrival]:
    port = "every port to one of its machines"
    if not _is_every_port(mapping):
        port = f"{_protocol(mapping)} {mapping.front} to one of its machines, on port {mapping.back}"
    row = Arrival(
        called=NumberSet.single(one.frontend),
        protocol=mapping.protocol & PROTOCOLS_WITH_PORTS,
        called_port=ANY_PORT if _is_every_port(mapping) else NumberSet.single(mapping.front),
        recipients=handed_to,
        # A machine that calls its own internal load balancer and is handed its own call gets no answer; the public one sees
        # the address that the machine leaves by (azure-network-semantics 8).
        hairpins=one.subnet is None,
        guards=_guards(known, one),
        port=mapping.back or None,
        doubt=_doubt(one),
        because=f"{one.name} hands {port}",
        fact="load-balancer",
        resource=one.name,
        origin=Origin(span=mapping.span or one.span, azure="load balancer", parts=one.parts),
    )
    if not one.floating_ip:
        yield row
        return
    # With floating IP the packet keeps the frontend as its destination; what an NSG compares is not stated (2.7).
    yield replace(
        row,
        keeps_target=True,
        doubt=row.doubt or _mixed(known, one),
        because=f"{row.because}; with floating IP the packet keeps the frontend as its destination",
        condition=reading(FLOATING_IP_TARGET, "frontend"),
    )
    yield replace(row, condition=reading(FLOATING_IP_TARGET, "backend"))


def _doubt(one: LoadBalancer) -> str | None:
    if one.probe is not None and is_v6(one.frontend):
        return f"the health probe of load-balancer {one.name} over IPv6, which comes from another address, is not modelled yet"
    return None


# -- Standard load balancers are closed where no NSG opens them (azure-network-semantics 2.9) ----------------------------


def _unguarded(known: Inventory, one: LoadBalancer) -> Mapping[str, int]:
    """The machines behind a Standard load balancer before which no NSG stands, with their addresses."""
    if one.sku == "basic":
        return {}
    at = {machine.name: known.network.subnets[machine.subnet] for machine, _ in _members(known, one)}
    return {
        machine.name: address
        for machine, address in _members(known, one)
        if not groups_before(known, at[machine.name], machine)
    }


def _mixed(known: Inventory, one: LoadBalancer) -> str | None:
    """Why nobody can say who gets what keeps the frontend as its destination, where the load balancer is closed to some."""
    closed = _unguarded(known, one)
    if not closed or len(closed) == len(recipients(known, one)):
        return None
    return f"only some of the machines behind load-balancer {one.name} have an NSG, and with floating IP that matters"


def _guards(known: Inventory, one: LoadBalancer) -> tuple[Filter, ...]:
    """For a public one a fact; whether it holds for an internal one is an assumption. Basic ones are open."""
    closed = _unguarded(known, one)
    if not closed:
        return ()
    everyone = all(each.site in closed for each in recipients(known, one))
    names = ", ".join(closed)
    row = FilterRow(
        priority=0,
        name=f"a Standard load balancer hands nothing to a machine without an NSG: {names}",
        action=Action.DENY,
        target=AddressMatch(addresses=ALL_ADDRESSES if everyone else singles(closed.values()), text=names),
        condition=ALWAYS if one.subnet is None else reading(INTERNAL_BALANCER_CLOSED, "closed"),
        origin=Origin(span=one.span, azure="public-ip-closed", parts=one.parts),
    )
    otherwise = FilterRow(
        priority=1,
        name="taking an internal load balancer as open without an NSG" if one.subnet else "an NSG stands before the machine",
        action=Action.ALLOW,
        origin=Origin(azure="public-ip-closed"),
    )
    return (closed_without_group(one.name, one.span, f"the machines behind {one.name}", (row, otherwise)),)


# -- How machines behind a load balancer call the Internet ---------------------------------------------------------------


def lends_frontend(one: LoadBalancer) -> bool:
    """Whether its machines leave by its frontend: a Basic public one always lends it (azure-network-semantics 7)."""
    return one.subnet is None and (one.outbound or one.sku == "basic")


def ways_out(known: Inventory, machine: Machine, destinations: NumberSet) -> Iterator[SourceTranslation]:
    """How the load balancers before a machine let it call these destinations on the Internet, or keep it from that.

    A public one lends its frontend, for TCP and UDP; a Standard one that does not leaves the machine without default outbound
    access (azure-network-semantics 7, 8).
    """
    before = known.balancers_before(machine.name)
    lending = [one for one in before if lends_frontend(one)]
    for family in (ALL_V4, ALL_V6):
        called = family & destinations
        lenders = [one for one in lending if one.frontend in family]
        if called and lenders:
            yield from _by_frontend(lenders, called)
    standard = [one for one in before if one.sku == "standard"]
    rest = EMPTY if any(not is_v6(one.frontend) for one in lending) else ALL_V4 & destinations
    if standard and rest:
        yield _no_way_out(standard, rest)


def _by_frontend(lenders: list[LoadBalancer], called: NumberSet) -> Iterator[SourceTranslation]:
    first = lenders[0]
    origin = Origin(span=first.parts.get("outbound", first.span), parts=first.parts)
    row = SourceTranslation(
        fabric=INTERNET, destinations=called, fact="load-balancer-outbound", resource=first.name, origin=origin
    )
    names = " and ".join(f"load-balancer {one.name}" for one in lenders)
    yield replace(
        row,
        protocol=PROTOCOLS_WITH_PORTS,
        becomes=singles(one.frontend for one in lenders),
        because=f"a machine behind {names} leaves by the frontend",
    )
    yield replace(row, drops=f"{names} carries TCP and UDP only")


def _no_way_out(standard: list[LoadBalancer], called: NumberSet) -> SourceTranslation:
    one = next((one for one in standard if one.subnet is None), standard[0])
    why = "is internal" if one.subnet is not None else "has `outbound off`"
    return SourceTranslation(
        fabric=INTERNET,
        destinations=called,
        drops=f"Standard load-balancer {one.name} {why}, ends default outbound access, and nothing else leads out",
        fact="load-balancer-outbound",
        resource=one.name,
        origin=Origin(span=one.parts.get("outbound", one.span), parts=one.parts),
    )
