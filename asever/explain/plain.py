"""The ends of a table that packets come to and leave by their own addresses alone: who of them reaches whom, all at once.

What such an end is asked about is told by asking once; what is between two of them is decided by `asever.bulk`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from asever.bulk.cells import Traffic
from asever.bulk.pairs import Column, reaches
from asever.bulk.shapes import Shape, shapes
from asever.bulk.ways import End, leaving
from asever.explain.parties import Party, asked
from asever.explain.twins import Relations
from asever.model.addresses import ALL_ADDRESSES, ALL_V4
from asever.model.claims import EndpointKind, Service, Verb
from asever.model.effective import ALWAYS, EffectiveNetwork, FlowQuestion, Scope, Site, SiteKind, may_exist
from asever.model.matrix import Reach
from asever.model.numbers import EMPTY
from asever.model.things import Network
from asever.record import record, replace


@record(kw_only=False)
class Plain:
    """The places of callers and called in a table; None in it where only the pair alone can tell."""

    callers: Mapping[str, int]
    called: Mapping[str, int]
    reaches: Sequence[Sequence[Reach | None]]

    def line(self, origin: Party, targets: Sequence[Party]) -> list[Reach | None]:
        """What of the traffic to each of several ends arrives, where that can be told."""
        caller = self.callers.get(origin.title)
        if caller is None:
            return [None] * len(targets)
        line = self.reaches[caller]
        return [line[self.called[one.title]] if one.title in self.called else None for one in targets]


def plain(
    network: Network,
    tables: EffectiveNetwork,
    parties: Sequence[Party],
    services: tuple[Service, ...],
    readings: Mapping[str, str],
) -> Plain:
    """The plain ends among those of a table."""
    private = [one for one in parties if _is_private(network, tables, one)]
    if len(private) < 2:
        return Plain({}, {}, ())
    ends: dict[str, End] = {}
    traffic: tuple[Traffic, ...] = ()
    fixed: Mapping[str, str] = {}
    for one in parties:
        stranger = private[1] if one is private[0] else private[0]
        about = [
            asked(network, tables, Verb.NEVER_REACHES, *pair, services, readings) if able else None
            for pair, able in (((one, stranger), one.calls), ((stranger, one), one.answers))
        ]
        end, other = _end(tables, one, about[0]), _end(tables, stranger, None)
        if end is None or other is None:
            continue
        calls, answers = (
            isinstance(found, FlowQuestion) and all(_is_plain(scope, *pair, found.fixed) for scope in found.scopes)
            for found, pair in zip(about, ((end, other), (other, end)), strict=True)
        )
        if calls or answers:
            ends[one.title] = replace(end, calls=calls, answers=answers)
        if one is private[0] and isinstance(about[0], FlowQuestion):
            traffic, fixed = tuple(_traffic(about[0])), about[0].fixed
    numbers = {title: number for number, title in enumerate(ends)}
    others = [one for one in parties if one.answers and not (one.title in ends and ends[one.title].answers)]
    callers = {numbers[one.title]: one for one in private if one.title in ends and ends[one.title].calls}
    asks = _Asks(network, tables, services, readings)
    columns = list(_columns(asks, callers, {len(ends) + place: one for place, one in enumerate(others)}))
    found = reaches(tables, list(ends.values()), traffic, fixed, columns, len(others))
    called = numbers | {one.title: len(ends) + place for place, one in enumerate(others)}
    return Plain(numbers, called, found)


@record(kw_only=False)
class _Asks:
    """What asks about pairs of ends in one network."""

    network: Network
    tables: EffectiveNetwork
    services: tuple[Service, ...]
    readings: Mapping[str, str]

    def shapes(self, verb: Verb, caller: Party, called: Party) -> tuple[Shape, ...] | None:
        """The ways of a pair; None if they are not simple."""
        found = asked(self.network, self.tables, verb, caller, called, self.services, self.readings)
        return shapes(self.tables, found, site_of(self.tables, caller)) if isinstance(found, FlowQuestion) else None


def _columns(asks: _Asks, callers: Mapping[int, Party], others: Mapping[int, Party]) -> Iterator[Column]:
    """The ends that are not plain as the private ends call them, those together that filters alone tell apart."""
    if not others:
        return
    sites = {number: site_of(asks.tables, one) for number, one in callers.items()}
    related = Relations(asks.tables, sites, filters=False)
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number, site in sites.items():
        groups[leaving(site), related.of(number)].append(number)
    for called, other in others.items():
        for alike in groups.values():
            one = callers[alike[0]]
            never = asks.shapes(Verb.NEVER_REACHES, one, other)
            reached = None if never is None else asks.shapes(Verb.REACHES, one, other)
            if never is not None and reached is not None:
                yield Column(called, alike, never, reached)


def _end(tables: EffectiveNetwork, one: Party, calling: object) -> End | None:
    """The IPv4 addresses of an end, if it stands at one site: those are all that a private end of that family is called by."""
    if one.endpoint.kind is EndpointKind.MANAGEMENT:
        scope = calling.scopes[0] if isinstance(calling, FlowQuestion) else None
        return None if scope is None else End(tables.sites[scope.origin], scope.packets.source & ALL_V4)
    site = tables.sites.get(one.site or one.endpoint.name)
    addresses = EMPTY if site is None else site.addresses & ALL_V4
    if site is None or not addresses or not (site.kind is SiteKind.INTERNET or site.addresses <= ALL_V4):
        return None
    return End(site, addresses)


def site_of(tables: EffectiveNetwork, one: Party) -> Site:
    """The site of a machine or of the rest of a subnet."""
    return tables.sites[one.site or one.endpoint.name]


def _is_private(network: Network, tables: EffectiveNetwork, one: Party) -> bool:
    """Whether an end is a machine without a public address, or a subnet of such, with IPv4 addresses alone."""
    match one.endpoint.kind:
        case EndpointKind.MACHINE:
            private = network.machines[one.endpoint.name].public_ip is None
        case EndpointKind.SUBNET:
            private = one.site is not None
        case _:
            return False
    return private and site_of(tables, one).addresses <= ALL_V4


def _is_plain(scope: Scope, caller: End, called: End, fixed: Mapping[str, str]) -> bool:
    """Whether a scope, if it exists, is about everything between two ends, whatever the reading, and nothing else."""
    if not may_exist(scope.condition, fixed):
        return True
    packets = scope.packets
    return (
        scope.origin == caller.site.name
        and scope.arrives_at == {called.site.name}
        and (packets.source, packets.target) == (caller.addresses, called.addresses)
        and not (packets.source_tags or packets.target_tags or scope.partial_source or scope.partial_target)
        and scope.arrives_as == ALL_ADDRESSES
        and scope.condition == ALWAYS
    )


def _traffic(question: FlowQuestion) -> Iterator[Traffic]:
    for scope in question.scopes:
        yield Traffic(scope.packets.protocol, scope.packets.source_port, scope.packets.target_port)
