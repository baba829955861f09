"""Security admin rules of a Virtual Network Manager as effective rules: they come before the NSGs, in both directions.

They govern whole virtual networks (azure-network-semantics 4). `allow` goes on to the NSGs, `always-allow` skips them, `deny`
drops, and what no rule matches goes on to the NSGs as if there were none. The tags that they name are those of the subnet
where they decide, as for NSGs: no source says whose they are (4, last row).
"""

from __future__ import annotations

from collections.abc import Sequence

from asever.azure.assumptions import SEVERAL_MANAGERS, reading
from asever.azure.filters import platform_passes, rule_rows
from asever.azure.inventory import Inventory
from asever.azure.tags import View
from asever.model.effective import ALWAYS, Action, Exemption, Filter, FilterKind, FilterRow, Origin
from asever.model.things import AdminRules, DeclaredRule, Direction, Subnet
from asever.record import replace

# Subnets that admin rules leave alone (azure-network-semantics 4), by the names that Azure demands of them.
_SPARED = frozenset(
    name.casefold()
    for name in (
        *("GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet"),
        *("AzureBastionSubnet", "RouteServerSubnet"),
    )
)


def admin_filters(
    known: Inventory, subnet: Subnet, direction: Direction, at: View, exempt: Sequence[Exemption]
) -> tuple[Filter, ...]:
    """The filter of the admin rules at a subnet: none where no set applies, or where Azure leaves the subnet alone.

    Traffic of the platform meets them as little as it meets NSGs (1, stage E0). `exempt` is what of it the site already
    excepts; what the NSGs of the place decide themselves still has to come past the admin rules.
    """
    sets = known.admin_rules.get(subnet.vnet, ())
    if not sets or is_spared(known, subnet):
        return ()
    key = ("admin rules", subnet.vnet, direction, at, tuple(exempt))
    found = known.cache.get(key)
    if not isinstance(found, tuple):
        passes = platform_passes(exempt) if direction is Direction.OUTBOUND else ()
        found = known.cache[key] = (*passes, *_rows(known, sets, direction, at))
    return (
        Filter(
            resource=" and ".join(one.name for one in sets),
            kind=FilterKind.ADMIN,
            direction=direction,
            place=f"vnet {subnet.vnet}",
            rows=found,
            otherwise=Action.ALLOW,
            span=sets[0].span,
        ),
    )


def is_spared(known: Inventory, subnet: Subnet) -> bool:
    """Whether admin rules do not apply in a subnet: that of a gateway, a firewall, Bastion or a Route Server."""
    return subnet.name.partition("/")[2].casefold() in _SPARED or subnet.name in known.firewall_in


def _rows(known: Inventory, sets: Sequence[AdminRules], direction: Direction, at: View) -> tuple[FilterRow, ...]:
    """The rules of all sets as one list, of which the first that matches decides.

    One set after the other, or all of them by priority: no source says which (azure-network-semantics 4, 13).
    """
    one_by_one = [rule for each in sets for rule in _rules(each, direction)]
    by_priority = sorted(one_by_one, key=lambda rule: rule.priority)
    if by_priority == one_by_one:
        return _effective(known, one_by_one, at)
    return (
        *_effective(known, one_by_one, at, "set-by-set"),
        *_effective(known, by_priority, at, "by-priority"),
    )


def _rules(one: AdminRules, direction: Direction) -> tuple[DeclaredRule, ...]:
    return one.inbound if direction is Direction.INBOUND else one.outbound


def _effective(known: Inventory, rules: Sequence[DeclaredRule], at: View, order: str | None = None) -> tuple[FilterRow, ...]:
    only = reading(SEVERAL_MANAGERS, order) if order is not None else ALWAYS
    rows = (row for rule in rules for row in rule_rows(known, rule, at, Origin(rule.span, None, rule.parts)))
    return tuple(replace(row, condition=row.condition | only) for row in rows)
