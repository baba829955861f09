"""What stands between the network and a machine of a subnet: admin rules, NSGs, and peerings with access off."""

from __future__ import annotations

from asever.azure.admin_rules import admin_filters
from asever.azure.filters import exemptions_left, filter_at, unmodelled_filter
from asever.azure.inventory import Inventory
from asever.azure.peerings import closed_to
from asever.azure.tags import view
from asever.model.effective import Exemption, Filter
from asever.model.things import Direction, Machine, SecurityGroup, Subnet


def groups_before(known: Inventory, subnet: Subnet, machine: Machine | None) -> tuple[tuple[SecurityGroup, str], ...]:
    """The NSGs between the network and a machine of a subnet, nearest to the machine first, with how to call their places."""
    groups = known.network.groups
    found: list[tuple[SecurityGroup, str]] = []
    if machine is not None and machine.nsg is not None:
        found.append((groups[machine.nsg], f"nic of {machine.name}"))
    if subnet.nsg is not None:
        found.append((groups[subnet.nsg], f"subnet {subnet.name}"))
    return tuple(found)


def exempt_at(known: Inventory, subnet: Subnet, machine: Machine | None) -> tuple[Exemption, ...]:
    """What of the platform's services no NSG of the place names, so that it is exempt from all of them."""
    return exemptions_left(known, (group for group, _ in groups_before(known, subnet, machine)))


def filters_before(known: Inventory, subnet: Subnet, machine: Machine | None, direction: Direction) -> tuple[Filter, ...]:
    """What a packet must pass between the network and a machine of a subnet, in order.

    Admin rules come first in both directions (azure-network-semantics 4). Outbound the NIC's NSG comes before the subnet's,
    inbound after it; no NSG means no filter (1, 2.9), but for what a peering's setting keeps out (6). They apply inside one
    subnet too.
    """
    at = view(known, subnet)
    unmodelled = known.unmodelled_in.get(subnet.name) if machine is None else machine
    if unmodelled is not None and unmodelled.unmodelled is not None:
        return (unmodelled_filter(unmodelled, direction),)
    groups = groups_before(known, subnet, machine)
    admin = admin_filters(known, subnet, direction, at, exempt_at(known, subnet, machine))
    if not groups:
        return admin if direction is Direction.OUTBOUND else (*admin, *closed_to(known, subnet))
    found = [filter_at(known, group, direction, at, where) for group, where in groups]
    return (*admin, *(found if direction is Direction.OUTBOUND else reversed(found)))
