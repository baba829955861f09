"""The tables of a network in which nothing but the rules of some NSGs differs: those of the other, with these filters anew.

What else Azure makes of an NSG than filters (which machines a load balancer and an environment find well, what a private
endpoint lets in, what of the platform is exempt) is left to `asever.azure.effective`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asever.azure.effective import effective
from asever.azure.filters import filter_at, platform_tags, rule_rows
from asever.azure.inventory import Inventory, inventory
from asever.azure.tags import View, view
from asever.model.effective import EffectiveNetwork, Filter, FilterKind, FilterRow, Origin, Site, SiteKind
from asever.model.things import DeclaredRule, Direction, Network, SecurityGroup
from asever.record import fields, replace

_FROM_SUBNETS = (SiteKind.MACHINE, SiteKind.FIREWALL, SiteKind.UNLISTED)


def changed_groups(old: Network, new: Network) -> frozenset[str] | None:
    """The NSGs that differ between two networks which share everything else; None if they do not."""
    for name in fields(old):
        before, after = getattr(old, name), getattr(new, name)
        if name != "groups" and before is not after:
            return None
    if old.groups.keys() != new.groups.keys():
        return None
    return frozenset(name for name, group in new.groups.items() if group is not old.groups[name])


def regrouped(tables: EffectiveNetwork, old: Network, new: Network, changed: Iterable[str]) -> EffectiveNetwork:
    """The tables of `new`, as `effective` makes them; `tables` are those of `old`, from which only these NSGs differ."""
    names = frozenset(changed)
    anew = {name: site for name, site in tables.sites.items() if any(_is_of(one, names) for one in _filters(site))}
    same = all(platform_tags(old.groups[name]) == platform_tags(new.groups[name]) for name in names)
    if not same or new.load_balancers or not all(site.kind in _FROM_SUBNETS for site in anew.values()):
        return effective(new)
    known = inventory(new)
    filters = _Filters(known, old, names)
    return replace(tables, sites={**tables.sites, **{name: filters.of_site(site) for name, site in anew.items()}})


def _filters(site: Site) -> tuple[Filter, ...]:
    return (*site.outbound, *site.inbound)


def _is_of(one: Filter, names: frozenset[str]) -> bool:
    return one.kind is FilterKind.NSG and one.resource in names


class _Filters:
    """The filters of the changed NSGs. Rows of rules that are the same as before are the same rows."""

    def __init__(self, known: Inventory, old: Network, names: frozenset[str]) -> None:
        self.known = known
        self.old = old
        self.names = names
        self._rows: dict[tuple[str, Direction, int], tuple[FilterRow, ...] | None] = {}

    def of_site(self, site: Site) -> Site:
        """A site with these filters anew."""
        return replace(site, outbound=self._anew(site, site.outbound), inbound=self._anew(site, site.inbound))

    def _anew(self, site: Site, filters: Sequence[Filter]) -> tuple[Filter, ...]:
        at = view(self.known, self.known.network.subnets[site.subnet or ""])
        return tuple(self._filter(one, at) if _is_of(one, self.names) else one for one in filters)

    def _filter(self, one: Filter, at: View) -> Filter:
        key = (one.resource, one.direction, id(one.rows))  # places that had the same rows have the same
        if key not in self._rows:
            self._rows[key] = self._rows_again(one, at)
        rows, group = self._rows[key], self.known.network.groups[one.resource]
        if rows is None:
            return filter_at(self.known, group, one.direction, at, one.place)
        return replace(one, rows=rows, span=group.span)

    def _rows_again(self, one: Filter, at: View) -> tuple[FilterRow, ...] | None:
        """The rows with those of changed rules anew; None where all are better made anew.

        That is where most rules have changed (they are made once for all places then), and where rows are of two rules.
        """
        old, group = self.old.groups[one.resource], self.known.network.groups[one.resource]
        before, after = _rules(old, one.direction), _rules(group, one.direction)
        ids = set(map(id, before)), set(map(id, after))
        fresh = [rule for rule in after if id(rule) not in ids[0]]
        gone = {id(rule.span) for rule in before if id(rule) not in ids[1]}
        is_plain = not platform_tags(replace(group, outbound=(*group.outbound, *fresh)))
        if 2 * len(fresh) > len(after) or not is_plain or len({id(rule.span) for rule in before}) < len(before):
            return None
        kept = (row for row in one.rows if row.origin.azure is not None or id(row.origin.span) not in gone)
        made = (row for rule in fresh for row in rule_rows(self.known, rule, at, Origin(rule.span, None, rule.parts)))
        return tuple(sorted((*kept, *made), key=_priority))


def _rules(group: SecurityGroup, direction: Direction) -> tuple[DeclaredRule, ...]:
    return group.inbound if direction is Direction.INBOUND else group.outbound


def _priority(row: FilterRow) -> int:
    return row.priority
