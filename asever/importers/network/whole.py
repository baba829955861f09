"""All families in order: a list of resources becomes the items of a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asever.importers.budget import Budget
from asever.importers.network import groups, routes, vnets
from asever.importers.network.admin import admin_rules, connectivity
from asever.importers.network.balancers import balancers
from asever.importers.network.environments import environments
from asever.importers.network.firewalls import firewalls
from asever.importers.network.gateways import gateways, nat_gateways, private_endpoints
from asever.importers.network.hubs import hubs
from asever.importers.network.machines import machines
from asever.importers.network.sheet import Making, Part, Sheet
from asever.importers.network.unmodelled import unmodelled

_FAMILIES: Sequence[Callable[[Making], None]] = (
    groups.groups,
    routes.tables,
    nat_gateways,
    environments,
    machines,
    balancers,
    firewalls,
    private_endpoints,
    gateways,
    hubs,
    admin_rules,
    connectivity,
    unmodelled,
    # What the others only name is known now.
    vnets.vnets,
    vnets.stand_ins,
    groups.stand_ins,
    routes.stand_ins,
)
_ORDER = (
    *("vnet", "ase", "vm", "asg", "nsg", "route-table", "on-premises", "gateway", "nat-gateway", "load-balancer", "firewall"),
    *("private-endpoint", "admin-rules", "unmodelled"),
)
"""In which order people read a network: where things are, what is there, what may pass, how it goes on."""


def network(parts: Sequence[Part], budget: Budget | None = None) -> tuple[Sheet, ...]:
    """What the imports of a program are as items, a sheet for each part. What that takes is counted in their `budget`.

    Raises:
        MistakeError: the budget is spent.

    """
    to = Making(parts, budget or Budget())
    for family in _FAMILIES:
        family(to)
    to.items.sort(key=lambda item: _ORDER.index(item.kind.text))
    return to.sheets()
