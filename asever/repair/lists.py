"""The lists of rules behind the filters: NSGs, admin rules and firewalls, as the file has them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from asever.diagnostics import Edit
from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import EffectiveNetwork, Filter, FilterKind, FilterRow
from asever.model.numbers import NumberSet, union
from asever.model.things import AddressTerm, DeclaredRule, Direction, Network
from asever.record import record, replace
from asever.repair.candidates import most
from asever.repair.places import NewRule, free_priority, new_rule
from asever.repair.wording import home_of
from asever.source import Span

_LOWEST = {FilterKind.NSG: 100, FilterKind.ADMIN: 1, FilterKind.FIREWALL: 100}
_HIGHEST = {FilterKind.NSG: 4096, FilterKind.ADMIN: 4096, FilterKind.FIREWALL: 65000}
ALLOWS = ("allow", "always-allow")
DENIES = ("deny",)
_MOST_NAME = 60
_HERE = NumberSet.single(0)


@record
class RuleList:
    """One direction of a declared list, where it is declared, and how names are written there.

    `guards` are the addresses that an NSG stands before: its rules about others match nothing.
    """

    resource: str
    kind: FilterKind
    name: Span
    rules: tuple[DeclaredRule, ...]
    direction: Direction | None
    home: str
    guards: NumberSet = ALL_ADDRESSES

    @property
    def title(self) -> str:
        """What a sentence calls it."""
        word = {FilterKind.NSG: "nsg", FilterKind.ADMIN: "admin-rules", FilterKind.FIREWALL: "firewall"}[self.kind]
        return f"{word} {self.resource}"

    def priority_before(self, decider: DeclaredRule | None) -> int | None:
        """A free priority for a rule that is to be asked before the one that decides; behind all, where none does."""
        taken = [one.priority for one in self.rules]
        if decider is not None:
            return free_priority(taken, decider.priority, _LOWEST[self.kind])
        after = max(taken, default=0) // 100 * 100 + 100
        highest = _HIGHEST[self.kind]
        return after if after <= highest else free_priority(taken, highest + 1, _LOWEST[self.kind])

    def added(self, priority: int, rule: NewRule) -> Edit | None:
        """The edit that writes a new rule."""
        direction = None if self.direction is None else self.direction.value
        return new_rule(self.name, self.rules, direction, priority, rule)


def list_of(network: Network, one: Filter) -> RuleList | None:
    """The list behind a filter; None for what nobody wrote, and for what the library holds."""
    direction: Direction | None
    match one.kind:
        case FilterKind.NSG if one.resource in network.groups:
            group = network.groups[one.resource]
            rules, name, direction = _directed(group.inbound, group.outbound, one.direction), group.span, one.direction
            thing = home_of(group)
        case FilterKind.ADMIN if one.resource in network.admin_rules:
            admin = network.admin_rules[one.resource]
            rules, name, direction = _directed(admin.inbound, admin.outbound, one.direction), admin.span, one.direction
            thing = home_of(admin)
        case FilterKind.FIREWALL if one.resource in network.firewalls:
            wall = network.firewalls[one.resource]
            rules = tuple(rule for rule in wall.rules if rule.access != "dnat")
            name, direction, thing = wall.span, None, home_of(wall)
        case _:
            return None
    if name is None or name.file.name.startswith("std/"):
        return None
    return RuleList(
        resource=one.resource,
        kind=one.kind,
        name=name,
        rules=rules,
        direction=direction,
        home=thing,
        guards=_guarded(network, one),
    )


def _guarded(network: Network, one: Filter) -> NumberSet:
    if one.kind is not FilterKind.NSG:
        return ALL_ADDRESSES
    subnets = (prefix for each in network.subnets.values() if each.nsg == one.resource for prefix in each.prefixes)
    machines = (
        NumberSet.of((address, address) for address in each.addresses)
        for each in network.machines.values()
        if each.nsg == one.resource
    )
    return union((*subnets, *machines))


def _directed(
    inbound: tuple[DeclaredRule, ...], outbound: tuple[DeclaredRule, ...], direction: Direction
) -> tuple[DeclaredRule, ...]:
    return inbound if direction is Direction.INBOUND else outbound


def rule_behind(listed: RuleList, row: object) -> DeclaredRule | None:
    """The declared rule of an effective row; None for Azure's own."""
    if not isinstance(row, FilterRow) or row.origin.azure is not None:
        return None
    return next((one for one in listed.rules if one.span == row.origin.span), None)


def rows_by_rule(one: Filter) -> Mapping[Span, list[FilterRow]]:
    """The effective rows of each declared rule, by where it is written."""
    found: dict[Span, list[FilterRow]] = {}
    for row in one.rows:
        if row.origin.azure is None and row.origin.span is not None:
            found.setdefault(row.origin.span, []).append(row)
    return found


def rows_of(one: Filter, rule: DeclaredRule) -> Sequence[FilterRow]:
    """The effective rows of a declared rule."""
    return rows_by_rule(one).get(rule.span, ()) if rule.span is not None else ()


# -- How much a rule matches --------------------------------------------------------------------------------------------


@record
class Extent:
    """The most that a rule may match, as a product of sets."""

    protocol: NumberSet
    source: NumberSet
    source_port: NumberSet
    target: NumberSet
    target_port: NumberSet

    @property
    def size(self) -> int:
        """How many packets."""
        sides = (self.protocol, self.source, self.source_port, self.target, self.target_port)
        size = 1
        for one in sides:
            size *= one.size
        return size

    def beyond(self, other: Extent) -> int:
        """How many packets are in this and not in the other."""
        both = Extent(
            protocol=self.protocol & other.protocol,
            source=self.source & other.source,
            source_port=self.source_port & other.source_port,
            target=self.target & other.target,
            target_port=self.target_port & other.target_port,
        )
        return self.size - both.size


def counted(listed: RuleList, extent: Extent) -> Extent:
    """What a rule matches where its list stands."""
    side = "target" if listed.direction is Direction.INBOUND else "source"
    return replace(extent, **{side: getattr(extent, side) & listed.guards})


def width(listed: RuleList, extent: Extent, before: Extent | None = None) -> int:
    """How much an extent lets pass beyond another, the side where an NSG stands left out."""
    if listed.kind is FilterKind.NSG:
        here = {"target" if listed.direction is Direction.INBOUND else "source": _HERE}
        extent = replace(extent, **here)
        before = None if before is None else replace(before, **here)
    return extent.size if before is None else extent.beyond(before)


def extent_of(listed: RuleList, rows: Sequence[FilterRow], rule: DeclaredRule, tables: EffectiveNetwork) -> Extent:
    """What a rule matches at one place."""
    extent = Extent(
        protocol=rule.protocol,
        source=union(most(row.source, tables) for row in rows),
        source_port=rule.source_port,
        target=union(most(row.target, tables) for row in rows),
        target_port=rule.target_port,
    )
    return counted(listed, extent)


def priorities_for(
    listed: RuleList,
    one: Filter,
    extent: Extent,
    decider: DeclaredRule | None,
    others: Container[str],
    tables: EffectiveNetwork,
) -> Iterator[int]:
    """Where a rule for the packets of an extent may stand, the last one nearest to the rule that decides one of them.

    If one of the `others` matches any of them before that, the next packet would meet it: first a place before all of these.
    """
    near = listed.priority_before(decider)
    first = _first_of(listed, one, extent, decider, others, tables)
    early = None if first is None else listed.priority_before(first)
    yield from (priority for priority in dict.fromkeys((early, near)) if priority is not None)


def _first_of(
    listed: RuleList,
    one: Filter,
    extent: Extent,
    decider: DeclaredRule | None,
    access: Container[str],
    tables: EffectiveNetwork,
) -> DeclaredRule | None:
    """The first rule with such an access, before the one that decides, that matches any packet of an extent."""
    every = rows_by_rule(one)
    for rule in listed.rules:
        if decider is not None and rule.priority >= decider.priority:
            break
        rows = () if rule.span is None or rule.access not in access else every.get(rule.span, ())
        if any(_meets(row, extent, tables) for row in rows):
            return rule
    return None


def _meets(row: FilterRow, extent: Extent, tables: EffectiveNetwork) -> bool:
    return (
        row.target_port.overlaps(extent.target_port)
        and row.protocol.overlaps(extent.protocol)
        and most(row.source, tables).overlaps(extent.source)
        and most(row.target, tables).overlaps(extent.target)
    )


def term_extent(rows: Sequence[FilterRow], term: AddressTerm, side: str, tables: EffectiveNetwork) -> NumberSet:
    """What one member of a list stands for; a tag alone in its list stands for all of that side."""
    if term.addresses:
        return term.addresses
    return union(most(row.source if side == "source" else row.target, tables) for row in rows)


def rule_name(title: str) -> str:
    """A name for a new rule, from the check that needs it."""
    clean = " ".join(title.replace('"', " ").split())
    return clean if len(clean) <= _MOST_NAME else f"{clean[: _MOST_NAME - 3].rstrip()}..."
