"""The lists of rules of a network with their effective filters: what `lint` looks at, list by list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from asever.diagnostics import Edit
from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import EffectiveNetwork, Filter, FilterKind, FilterRow, Site
from asever.model.numbers import NumberSet, union
from asever.model.rule_keys import RuleKey, key_of, place_of
from asever.model.things import DeclaredRule, Direction, Network
from asever.record import record, replace
from asever.source import Span


@record
class Book:
    """One list of rules, such as the inbound rules of an NSG.

    `title` is for people (`nsg web`), `filters` are what becomes of it at every place where it stands (places where it means
    the same count once), `sites` what stands there, `rules` its rules as written.
    """

    kind: FilterKind
    title: str
    direction: Direction
    filters: tuple[Filter, ...]
    sites: tuple[Site, ...]
    rules: Mapping[RuleKey, DeclaredRule]


_KINDS = {FilterKind.NSG: "nsg", FilterKind.ADMIN: "admin-rules", FilterKind.FIREWALL: "firewall"}


def books(network: Network, tables: EffectiveNetwork) -> tuple[Book, ...]:
    """Every list of rules that stands somewhere, in the order of the tables."""
    written = {place_of(rule.span): rule for rule in _written(network) if rule.span is not None}
    found: dict[tuple[FilterKind, str, Direction], dict[int, Filter]] = {}
    sites: dict[tuple[FilterKind, str, Direction], dict[str, Site]] = {}
    for site, one in _filters(tables):
        key = (one.kind, one.resource, one.direction)
        found.setdefault(key, {}).setdefault(id(one.rows), one)
        if site is not None:
            sites.setdefault(key, {})[site.name] = site
    result = []
    for (kind, resource, direction), by_rows in found.items():
        filters = _distinct(tuple(by_rows.values()))
        rows = [row for one in filters for row in one.rows if row.origin.azure is None]
        rules = {key_of(row): rule for row in rows if (rule := written.get(place_of(row.origin.span))) is not None}
        if rules:
            stands = tuple(sites.get((kind, resource, direction), {}).values())
            title = f"{_KINDS[kind]} `{resource}`"
            result.append(Book(kind=kind, title=title, direction=direction, filters=filters, sites=stands, rules=rules))
    return tuple(result)


def _distinct(filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """Of filters whose rows are the same, the first; most lists stand at one place, and then no row need be looked at."""
    if len(filters) == 1:
        return filters
    found: dict[tuple[FilterRow, ...], Filter] = {}
    for one in filters:
        found.setdefault(one.rows, one)
    return tuple(found.values())


def _written(network: Network) -> Iterator[DeclaredRule]:
    for group in network.groups.values():
        yield from (*group.inbound, *group.outbound)
    for one in network.admin_rules.values():
        yield from (*one.inbound, *one.outbound)
    for firewall in network.firewalls.values():
        yield from firewall.rules


def _filters(tables: EffectiveNetwork) -> Iterator[tuple[Site | None, Filter]]:
    """Every filter with rules, and the site before which it stands, where it stands before one."""
    for site in tables.sites.values():
        yield from ((site, one) for one in (*site.inbound, *site.outbound) if one.kind.has_rules)
        inner = [*(one for route in site.routes for one in route.filters)]
        if site.forwarding is not None:
            inner += [*site.forwarding.filters, *(one for each in site.forwarding.redirects for one in each.filters)]
        yield from ((None, one) for one in inner if one.kind.has_rules)
    for fabric in tables.fabrics.values():
        yield from ((None, one) for each in fabric.arrivals for one in each.guards if one.kind.has_rules)


# -- What comes to a place ----------------------------------------------------------------------------------------------


def own_addresses(network: Network, tables: EffectiveNetwork, book: Book) -> NumberSet:
    """The addresses that packets can have on the machines' side of an NSG: as destination inbound, as source outbound.

    Inbound it sees packets after every translation of the destination, outbound before any of the source
    (azure-network-semantics 1). What forwards packets that are not its own may have any address there.
    """
    handed = {one.site for site in tables.sites.values() for route in site.routes for one in route.recipients}
    sets: list[NumberSet] = []
    for site in book.sites:
        machine = network.machines.get(site.name)
        forwards = site.forwarding is not None if machine is None else machine.ip_forwarding
        if forwards or (book.direction is Direction.INBOUND and site.name in handed):
            return ALL_ADDRESSES
        sets.append(site.addresses)
    if book.direction is Direction.INBOUND:
        names = {site.name for site in book.sites}
        sets += [_handed_to(names, tables)]
    return union(sets)


def _handed_to(names: set[str], tables: EffectiveNetwork) -> NumberSet:
    """The destinations of packets that arrivals hand to these sites."""
    sets: list[NumberSet] = []
    for fabric in tables.fabrics.values():
        for one in fabric.arrivals:
            recipients = [each for each in one.recipients if each.site in names]
            if one.site in names:
                sets.append(one.instances or one.called)
            elif recipients:
                sets.append(one.called if one.keeps_target else NumberSet.of((each.address,) * 2 for each in recipients))
    return union(sets)


# -- Words and edits ----------------------------------------------------------------------------------------------------


def rule_words(rule: DeclaredRule) -> str:
    """`rule 200 "front door"`, or `rule 200` where it has no name of its own."""
    return f"rule {rule.priority}" if rule.name == f"rule {rule.priority}" else f'rule {rule.priority} "{rule.name}"'


def row_words(row: FilterRow) -> str:
    """The same of an effective row, Azure's default rules too."""
    if row.origin.azure is not None:
        return f"Azure's rule {row.priority} {row.name}" if row.priority else f"Azure's own rule ({row.name})"
    return f"rule {row.priority}" if row.name == f"rule {row.priority}" else f'rule {row.priority} "{row.name}"'


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    every = list(words)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}" if every else ""


def removal(span: Span) -> Edit:
    """Takes a declaration or a rule out, with its line where nothing else but a comment stands there."""
    text = span.file.text
    start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end) + 1 or len(text)
    rest = text[span.end : end].strip()
    alone = not text[start : span.start].strip() and (not rest or rest.startswith("//"))
    return Edit(replace(span, start=start, end=end), "") if alone else Edit(span, "")
