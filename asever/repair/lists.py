"""The lists of rules behind the filters: NSGs, admin rules and firewalls, as the file has them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from asever.diagnostics import Edit
from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import EffectiveNetwork, Filter, FilterKind, FilterRow
from asever.model.numbers import NumberSet, union
from asever.model.things import AddressTerm, DeclaredRule, Direction, Network
from asever.record import record, replace
from asever.repair.candidates import Candidate, most
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


class NewRules:
    """Where rules of their own may stand in a list: before the rule that decides a packet, or before all that decide otherwise.

    `others` are the accesses of rules that decide otherwise than the new ones.
    """

    def __init__(
        self, listed: RuleList, one: Filter, decider: DeclaredRule | None, others: Container[str], tables: EffectiveNetwork
    ) -> None:
        rows = rows_by_rule(one)
        self._listed = listed
        self._tables = tables
        self._near = listed.priority_before(decider)
        self._before = [
            (rule, rows.get(rule.span, ()))
            for rule in listed.rules
            if (decider is None or rule.priority < decider.priority) and rule.access in others and rule.span is not None
        ]

    def candidates(self, rule: NewRule, extent: Extent, like: Candidate) -> Iterator[Candidate]:
        """The rule nearest to the one that decides, if there is room: like another candidate, whose words say what for."""
        found: Candidate | None = None
        for priority in self._priorities(extent):
            edit = self._listed.added(priority, rule)
            if edit is not None:
                words = f"add rule {priority} to {self._listed.title} {like.words}"
                found = replace(like, words=words, edits=(edit,), fresh=True, earlier=found)
        if found is not None:
            yield found

    def _priorities(self, extent: Extent) -> list[int]:
        """The nearest one last. If one of the others before it matches a packet of the extent, a place before all of these."""
        if self._near is None:
            return []
        first = next((rule for rule, rows in self._before if any(_meets(row, extent, self._tables) for row in rows)), None)
        early = None if first is None else self._listed.priority_before(first)
        return [self._near] if early is None or early == self._near else [early, self._near]


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
