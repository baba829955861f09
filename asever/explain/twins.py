"""Ends that no table tells apart: exchanging the two leaves every table as it is, so whatever reaches one reaches the other.

A large network has many such: subnets of one virtual network with one NSG and one route table. Two ends are twins when

* their own tables are the same, and so is all that is declared of them but their names and addresses;
* every set of addresses that a table holds has all of both or nothing of either, but for the rows that hand each of them
  what is sent to its own addresses, which are the same for both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from enum import Enum

from asever.bulk.crowd import Crowd, numbers_of
from asever.bulk.ways import nameless
from asever.explain.parties import Party, is_private, site_of
from asever.model.addresses import is_v6
from asever.model.claims import EndpointKind
from asever.model.effective import Arrival, EffectiveNetwork, Filter, FilterRow, Site
from asever.model.numbers import NumberSet
from asever.model.things import Network
from asever.record import compared_fields, is_record, replace
from asever.source import Span

_LAST_PORT = 65535


def twins(network: Network, tables: EffectiveNetwork, parties: Iterable[Party]) -> tuple[tuple[Party, ...], ...]:
    """The ends in groups of twins, in the order of the first of each group."""
    every = tuple(parties)
    sites = {number: site_of(tables, one) for number, one in enumerate(every) if is_private(network, one)}
    related = Relations(tables, {number: sites[number] for number in _perhaps_alike(sites)})
    groups: dict[Hashable, list[Party]] = defaultdict(list)
    for number, one in enumerate(every):
        groups[_key(network, tables, related.of(number), one) if number in related else number].append(one)
    return tuple(map(tuple, groups.values()))


def _perhaps_alike(sites: Mapping[int, Site]) -> Iterator[int]:
    """Those that their network and the names of their filters do not tell from all others: what is quickly seen."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for number, site in sites.items():
        names = tuple((one.resource, len(one.rows)) for one in (*site.outbound, *site.inbound))
        found[site.kind, site.vnet, site.home, names, len(site.routes)].append(number)
    for alike in found.values():
        if len(alike) > 1:
            yield from alike


# -- What tables hold ---------------------------------------------------------------------------------------------------


class Relations:
    """How every set of addresses in a table, or in one that is no filter, lies to the addresses of some sites."""

    def __init__(self, tables: EffectiveNetwork, sites: Mapping[int, Site], *, filters: bool = True) -> None:
        self._places = {number: place for place, number in enumerate(sites)}
        self._crowd = Crowd([site.addresses for site in sites.values()])
        # What a set has nothing of tells nothing, and most sets have something of few.
        self._found: list[list[Hashable]] = [[] for _ in sites]
        names = {site.name for site in sites.values()}
        for number, constant in enumerate(dict.fromkeys(_constants(tables, names, filters=filters)) if sites else ()):
            side = self._crowd.side(constant)
            for place in numbers_of(side.meeting):
                # Any other part than the whole tells a site from all others.
                whole = side.within >> place & 1
                self._found[place].append(number if whole else (number, self._crowd.ends[place].ranges))

    def __contains__(self, number: int) -> bool:
        return number in self._places

    def of(self, number: int) -> Hashable:
        """What tells a site from others."""
        return tuple(self._found[self._places[number]])


def _constants(tables: EffectiveNetwork, candidates: set[str], *, filters: bool) -> Iterator[NumberSet]:
    """Every set of addresses in a table but those that are a candidate's own; what rules share with others once."""
    seen: set[int] = set()
    for site in tables.sites.values():
        for one in (*site.outbound, *site.inbound) if filters else ():
            if id(one.rows) not in seen:
                seen.add(id(one.rows))
                yield from _matched(one.rows, seen)
        own = NumberSet() if site.name in candidates else site.addresses
        if id(site.routes) not in seen:
            seen.add(id(site.routes))
            yield from _numbers(site.routes)
        yield from _numbers(replace(site, addresses=own, outbound=(), inbound=(), routes=()))
    for fabric in tables.fabrics.values():
        for row in fabric.arrivals:
            if row.site not in candidates or not row.called <= tables.sites[row.site].addresses:
                yield from _numbers(row)


def _matched(rows: Iterable[FilterRow], seen: set[int]) -> Iterator[NumberSet]:
    """The sets of addresses that rows match; most rows share what they match with others, which are told once."""
    for row in rows:
        for match in (row.source, row.target):
            if id(match) not in seen:
                seen.add(id(match))
                yield match.addresses
                yield from (space for _, space in match.spaces)


def _numbers(value: object) -> Iterator[NumberSet]:
    """The sets of numbers in a record, and single addresses as sets."""
    match value:
        case NumberSet():
            yield value
        case FilterRow():
            yield from _matched((value,), set())
        case bool() | str() | Enum() | Span() | None:
            return
        case int():
            if value > _LAST_PORT:
                yield NumberSet.single(value)
        case tuple() | frozenset():
            for one in value:
                yield from _numbers(one)
        case _ if is_record(value):
            for name in compared_fields(value):
                yield from _numbers(getattr(value, name))
        case _:
            raise TypeError(f"a table holds a {type(value).__name__}")


# -- What tells ends apart ----------------------------------------------------------------------------------------------


def _key(network: Network, tables: EffectiveNetwork, relations: Hashable, one: Party) -> Hashable:
    site = site_of(tables, one)
    return (
        one.endpoint.kind,
        _declared(network, one),
        is_v6(site.addresses.first),
        replace(
            site,
            name="",
            title="",
            thing="",
            subnet=None,
            addresses=NumberSet(),
            outbound=tuple(map(_anywhere, site.outbound)),
            inbound=tuple(map(_anywhere, site.inbound)),
            translations=nameless(site.translations),
        ),
        relations,
        tuple(_own_arrivals(tables, site)),
    )


def _declared(network: Network, one: Party) -> Hashable:
    """What is declared of an end but its name and its addresses."""
    if one.endpoint.kind is EndpointKind.SUBNET:
        return replace(network.subnets[one.endpoint.name], name="", prefixes=())
    machine = network.machines[one.endpoint.name]
    subnet = replace(network.subnets[machine.subnet], name="", prefixes=())
    return replace(machine, name="", addresses=(), subnet=""), subnet


def _anywhere(one: Filter) -> Filter:
    return replace(one, place="")


def _own_arrivals(tables: EffectiveNetwork, site: Site) -> Iterator[Hashable]:
    """The rows that hand a site what is sent to it, each with how many before it take some of that for something else."""
    for fabric in tables.fabrics.values():
        before = 0
        for row in fabric.arrivals:
            if row.callers is not None:
                yield fabric.name, site.name in row.callers
            if row.site == site.name:
                whole = row.called == site.addresses
                yield fabric.name, before, _nameless(row, whole=whole), None if whole else row.called
            elif row.called.overlaps(site.addresses):
                before += 1


def _nameless(row: Arrival, *, whole: bool) -> Arrival:
    return replace(row, site="", called=NumberSet() if whole else row.called, because="", resource="")
