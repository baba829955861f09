"""The ends of a table that packets come to and leave by their own addresses alone: who of them reaches whom, all at once.

What such an end is asked about is told by asking once; what is between two of them is decided by `asever.bulk`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from asever.azure.endpoints import endpoints
from asever.azure.inventory import inventory
from asever.azure.routes import INTERNET
from asever.bulk.cells import Traffic
from asever.bulk.pairs import Column, reaches
from asever.bulk.shapes import Shape, shapes
from asever.bulk.ways import End, leaving
from asever.explain.parties import Party, asked, is_private, site_of
from asever.explain.twins import Relations
from asever.model.addresses import ALL_ADDRESSES, ALL_V4
from asever.model.claims import EndpointKind, Service, Verb
from asever.model.effective import ALWAYS, EffectiveNetwork, FlowQuestion, Scope, SiteKind, may_exist
from asever.model.matrix import Reach
from asever.model.numbers import NumberSet
from asever.model.things import Network
from asever.record import record, replace


@record(kw_only=False)
class Plain:
    """The places of callers and called in a table; None in it where only the pair alone can tell."""

    callers: Mapping[str, int]
    called: Mapping[str, int]
    reaches: Sequence[Sequence[Reach | None]]

    def lines(self, origins: Sequence[Party], targets: Sequence[Party]) -> list[list[Reach | None]]:
        """For each end what of the traffic to each of several arrives, where that can be told."""
        places = [self.called.get(one.title, -1) for one in targets]
        lines = (self.reaches[self.callers[one.title]] if one.title in self.callers else () for one in origins)
        return [[line[place] for place in places] if line else [None] * len(targets) for line in lines]


def plain(
    network: Network,
    tables: EffectiveNetwork,
    parties: Sequence[Party],
    services: tuple[Service, ...],
    readings: Mapping[str, str],
) -> Plain:
    """The plain ends among those of a table."""
    asks = _Asks(network, tables, services, readings)
    private = [one for one in parties if is_private(network, one) and site_of(tables, one).addresses <= ALL_V4]
    ends, about = _ends(asks, parties, private)
    if about is None:
        return Plain({}, {}, ())
    callers = {title: number for number, title in enumerate(ends)}
    alone = [one for one in parties if one.answers and not (one.title in ends and ends[one.title].answers)]
    others = {len(ends) + place: one for place, one in enumerate(alone)}
    calling = {callers[one.title]: one for one in private if one.title in ends and ends[one.title].calls}
    traffic = [Traffic(one.packets.protocol, one.packets.source_port, one.packets.target_port) for one in about.scopes]
    found = reaches(tables, list(ends.values()), traffic, about.fixed, list(_columns(asks, calling, others)), len(others))
    for line in found:
        line.append(None)  # the last place is for ends of which nothing is told
    return Plain(callers, callers | {one.title: place for place, one in others.items()}, found)


def _ends(asks: _Asks, parties: Sequence[Party], private: Sequence[Party]) -> tuple[Mapping[str, End], FlowQuestion | None]:
    """The ends that are plain as callers or as called ends, by their titles, and what is asked of some two of them."""
    if len(private) < 2:
        return {}, None
    questions: dict[str, FlowQuestion] = {}
    for one in parties:
        question = asks.plain(private[1] if one is private[0] else private[0], one)
        if question is not None:
            questions[one.title] = question
    called = [one for one in private if one.title in questions][:2]
    if len(called) < 2:
        return {}, None
    found: dict[str, End] = {}
    for one in parties:
        end = asks.end(one)
        answers = one.title in questions
        calls = asks.plain(one, called[1] if one is called[0] else called[0]) is not None
        if end is not None and (answers or calls):
            found[one.title] = replace(end, calls=calls, answers=answers)
    return found, questions[called[0].title]


@record(kw_only=False)
class _Asks:
    """What asks about pairs of ends in one network."""

    network: Network
    tables: EffectiveNetwork
    services: tuple[Service, ...]
    readings: Mapping[str, str]

    @property
    def management(self) -> NumberSet:
        """The addresses from which environments are managed."""
        return endpoints(inventory(self.network), self.tables).management()

    def about(self, caller: Party, called: Party, verb: Verb = Verb.NEVER_REACHES) -> FlowQuestion | None:
        """What a check of a pair asks."""
        if not (caller.calls and called.answers):
            return None
        found = asked(self.network, self.tables, verb, caller, called, self.services, self.readings)
        return found if isinstance(found, FlowQuestion) else None

    def shapes(self, verb: Verb, caller: Party, called: Party) -> tuple[Shape, ...] | None:
        """The ways of a pair; None if they are not simple."""
        found = self.about(caller, called, verb)
        return None if found is None else shapes(self.tables, found, site_of(self.tables, caller))

    def end(self, one: Party) -> End | None:
        """The IPv4 addresses of an end that stands at one site and has no others, or is on the Internet."""
        manages = one.endpoint.kind is EndpointKind.MANAGEMENT
        site = self.tables.sites.get(INTERNET if manages else one.site or one.endpoint.name)
        if site is None:
            return None
        addresses = self.management if manages else site.addresses
        if site.kind is not SiteKind.INTERNET and not addresses <= ALL_V4:
            return None
        return End(site, addresses & ALL_V4) if addresses & ALL_V4 else None

    def plain(self, caller: Party, called: Party) -> FlowQuestion | None:
        """What is asked of two, if that is everything between their addresses, whatever the reading, and nothing else."""
        one, other, found = self.end(caller), self.end(called), self.about(caller, called)
        if one is None or other is None or found is None:
            return None
        existing = [scope for scope in found.scopes if may_exist(scope.condition, found.fixed)]
        return found if all(_is_plain(scope, one, other) for scope in existing) else None


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


def _is_plain(scope: Scope, caller: End, called: End) -> bool:
    packets = scope.packets
    return (
        scope.origin == caller.site.name
        and scope.arrives_at == {called.site.name}
        and (packets.source, packets.target) == (caller.addresses, called.addresses)
        and not (packets.source_tags or packets.target_tags or scope.partial_source or scope.partial_target)
        and scope.arrives_as == ALL_ADDRESSES
        and scope.condition == ALWAYS
    )
