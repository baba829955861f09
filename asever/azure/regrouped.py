"""The tables of a network in which nothing but the rules of some NSGs differs: those of the other, with these filters anew.

What else Azure makes of an NSG than filters (which machines a load balancer and an environment find well, what a private
endpoint lets in, what of the platform is exempt) is left to `asever.azure.effective`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asever.azure.effective import effective
from asever.azure.filters import filter_at, platform_tags
from asever.azure.inventory import Inventory, inventory
from asever.azure.tags import view
from asever.model.effective import EffectiveNetwork, Filter, FilterKind, Site, SiteKind
from asever.model.things import Network
from asever.record import fields, replace

_FROM_SUBNETS = (SiteKind.MACHINE, SiteKind.FIREWALL, SiteKind.UNLISTED)


def changed_groups(old: Network, new: Network) -> frozenset[str] | None:
    """The NSGs that differ between two networks which share everything else; None if they do not."""
    for one in fields(old):
        before, after = getattr(old, one.name), getattr(new, one.name)
        if one.name != "groups" and before is not after:
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
    return replace(tables, sites={**tables.sites, **{name: _site(known, site, names) for name, site in anew.items()}})


def _filters(site: Site) -> tuple[Filter, ...]:
    return (*site.outbound, *site.inbound)


def _is_of(one: Filter, names: frozenset[str]) -> bool:
    return one.kind is FilterKind.NSG and one.resource in names


def _site(known: Inventory, site: Site, names: frozenset[str]) -> Site:
    return replace(site, outbound=_anew(known, site, site.outbound, names), inbound=_anew(known, site, site.inbound, names))


def _anew(known: Inventory, site: Site, filters: Sequence[Filter], names: frozenset[str]) -> tuple[Filter, ...]:
    at = view(known, known.network.subnets[site.subnet or ""])
    return tuple(
        filter_at(known, known.network.groups[one.resource], one.direction, at, one.place) if _is_of(one, names) else one
        for one in filters
    )
