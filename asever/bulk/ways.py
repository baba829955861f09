"""Which way packets take between all ends at once, where that is simple: the same rows lead a whole set of ends to another.

Simple is what keeps source and destination as they are for every filter that sees them: a route to a fabric that holds the
called end, to one device that sends it on, or with a translated source to the Internet, where nothing filters. Everything else
(other translations, several recipients, readings, tags, what is not modelled) is left to whoever asks about a pair alone. The
stages are those of `asever.model.effective`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from asever.bulk.crowd import Bits, Crowd, numbers_of
from asever.model.effective import (
    ALWAYS,
    MOST_DEVICES,
    TO_DEVICE,
    Arrival,
    EffectiveNetwork,
    Filter,
    Route,
    Site,
    SiteKind,
    SourceTranslation,
)
from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import ANY_PORT
from asever.record import record, replace
from asever.solve.paths import INTERNET


@record(kw_only=False)
class End:
    """What stands at a site and calls from, or is called by, these of its addresses and no others."""

    site: Site
    addresses: NumberSet
    calls: bool = True
    answers: bool = True


@record
class Way:
    """How every packet from each of `callers` to each of `called` goes, if no filter drops it.

    `filters` are those on the way that belong to neither end. `arrives`: it comes to the called end; else it is lost.
    `devices` send it on, in this order. `translated`: it comes with the address of a translation that waits for the reply.
    """

    callers: Bits
    called: Bits
    filters: tuple[Filter, ...] = ()
    arrives: bool = False
    devices: tuple[Site, ...] = ()
    translated: bool = False


def leaving(site: Site) -> Hashable:
    """What decides by which way packets leave a site, filters apart; names for people left out."""
    return site.kind, id(site.routes), site.exempt, nameless(site.translations), site.home, site.vnet


def nameless(translations: Iterable[SourceTranslation]) -> tuple[SourceTranslation, ...]:
    """Translations without what they say to people."""
    return tuple(replace(one, resource="", because="") for one in translations)


@record
class Returns:
    """Which callers of a way get the replies of a called end, and of which that is not simple to tell."""

    back: Bits
    unclear: Bits


class Ways:
    """The ways between the ends of a crowd that packets of some protocols take."""

    def __init__(self, network: EffectiveNetwork, crowd: Crowd, ends: Sequence[End], protocol: NumberSet) -> None:
        self._network = network
        self._protocol = protocol
        self._crowd = crowd
        self._ends = ends
        self._calling = sum(1 << number for number, end in enumerate(ends) if end.calls)
        self._answering = sum(1 << number for number, end in enumerate(ends) if end.answers)
        self._standing: dict[str, Bits] = defaultdict(int)
        for number, end in enumerate(ends):
            self._standing[end.site.name] |= 1 << number
        self._arrivals: dict[str, tuple[Bits, Bits]] = {}
        self._homes: dict[tuple[int, str], Returns] = {}
        self._delivered: dict[str, Returns] = {}

    def ways(self) -> Iterator[Way]:
        """The ways, in disjoint products of callers and called; a pair in none of them is not simple."""
        groups: dict[Hashable, Bits] = defaultdict(int)
        for number in numbers_of(self._calling):
            site = self._ends[number].site
            groups[leaving(site)] |= 1 << number
        for callers in groups.values():
            one = self._ends[(callers & -callers).bit_length() - 1].site
            called = self._answering
            for exempt in one.exempt:
                called &= ~self._crowd.side(exempt.targets).meeting
            for way in _together(self._send(Way(callers=callers, called=called), one)):
                # Who on the Internet is meant hangs on the verb where something arrives (asever.azure.questions).
                if not (way.arrives and one.kind is SiteKind.INTERNET):
                    yield way

    def returned(self, way: Way, called: int) -> Returns:
        """What becomes of the replies of a called end to the callers of a way, leg by leg."""
        replier, back, unclear = self._ends[called].site, way.callers, 0
        senders: list[Site | None] = [*reversed(way.devices), None]
        if way.translated:
            # The Internet sends the reply to the translation, which knows where it belongs.
            replier = senders.pop(0) or replier
        for sender in senders:
            home = self._home(replier, sender)
            unclear |= home.unclear & back
            back &= home.back
            if sender is not None:
                replier = sender
        return Returns(back=back & ~unclear, unclear=unclear)

    # -- There ----------------------------------------------------------------------------------------------------------

    def _send(self, way: Way, sender: Site) -> Iterator[Way]:
        """By the routes of a sender: the caller, whose own filters are left to others, or the last device."""
        filters = (*way.filters, *sender.outbound) if way.devices else ()
        for called, row in self._by_route(sender, way.called):
            if row is None or (row.fabric is None and not row.recipients):
                yield replace(way, called=called)
                continue
            one = replace(way, called=called, filters=(*filters, *row.filters))
            if row.recipients:
                plain = called & ~self._translated(sender, TO_DEVICE, way.callers)
                yield from self._to_device(replace(one, called=plain), row)
            elif row.fabric == INTERNET:
                yield from self._to_internet(one, sender)
            elif row.fabric is not None:
                plain = called & ~self._translated(sender, row.fabric, way.callers)
                yield from self._arrive(replace(one, called=plain), row.fabric)

    def _by_route(self, sender: Site, called: Bits) -> Iterator[tuple[Bits, Route | None]]:
        """The called ends by the first route to them; those are left out of which that cannot be said so simply."""
        rest = called
        for row in sender.routes:
            side = self._crowd.side(row.destinations)
            if not rest & side.meeting:
                continue
            simple = row.tag is None and row.condition == ALWAYS and row.unmodelled is None
            if simple and rest & side.within:
                yield rest & side.within, row
            rest &= ~side.meeting
        if rest:
            yield rest, None

    def _translated(self, sender: Site, fabric: str, callers: Bits) -> Bits:
        """The called ends on whose way a sender may translate the source."""
        found = 0
        for one in sender.translations:
            if one.fabric == fabric and self._crowd.side(one.sources).meeting & callers:
                found |= self._crowd.side(one.destinations).meeting
        return found

    def _to_internet(self, way: Way, sender: Site) -> Iterator[Way]:
        """What leaves with the source of a translation for the Internet itself, and what goes there and is lost."""
        at_own, lost = self._arriving(INTERNET)
        rest = way.called & at_own
        for row in sender.translations:
            side, there = self._crowd.side(row.sources), self._crowd.side(row.destinations)
            if row.fabric != INTERNET or not (side.meeting & way.callers and there.meeting & rest):
                continue
            if not row.protocol.overlaps(self._protocol):
                continue
            simple = row.condition == ALWAYS and row.unmodelled is None and not way.callers & ~side.within
            taken = rest & there.within if simple and self._protocol <= row.protocol else 0
            if taken and row.drops is not None:
                yield replace(way, called=taken)
            elif taken and row.becomes and not row.becomes.overlaps(sender.addresses):
                yield replace(way, called=taken, arrives=True, translated=True)
            rest &= ~there.meeting
        # Without a translation it arrives, and its reply is another question; what is lost is so with any source.
        gone = way.called & lost & ~self._unfollowed(sender)
        if gone:
            yield replace(way, called=gone)

    def _unfollowed(self, sender: Site) -> Bits:
        """The ends of which a translation for the Internet may say that nobody can follow what is sent to them."""
        found = 0
        for row in sender.translations:
            if row.fabric == INTERNET and row.unmodelled is not None:
                found |= self._crowd.side(row.destinations).meeting
        return found

    def _arrive(self, way: Way, fabric: str) -> Iterator[Way]:
        at_own, lost = self._arriving(fabric)
        if way.called & at_own:
            yield replace(way, called=way.called & at_own, arrives=True)
        if way.called & lost:
            yield replace(way, called=way.called & lost)

    def _arriving(self, fabric: str) -> tuple[Bits, Bits]:
        """The ends to which a fabric simply hands what is sent to them, and those of which it knows nothing."""
        found = self._arrivals.get(fabric)
        if found is None:
            rest, own = self._answering, 0
            if self._network.fabrics[fabric].returns:
                rest = 0  # replies come back in other ways
            for row in self._network.fabrics[fabric].arrivals:
                side = self._crowd.side(row.called)
                met = rest & side.meeting
                if met:
                    # One end alone, all of it, at its own site.
                    alone = not met & (met - 1) and met & self._standing.get(row.site or "", 0) & side.within
                    own |= met if alone and self._is_plain(row, fabric) else 0
                    rest &= ~met
            found = self._arrivals[fabric] = own, rest
        return found

    def _is_plain(self, row: Arrival, fabric: str) -> bool:
        """Whether a row hands packets to a site as they are, always; on the Internet to whatever filters nothing."""
        on_internet = fabric == INTERNET
        return (
            row.condition == ALWAYS
            and row.callers is None
            and not (row.recipients or row.guards or row.probes or row.forwards)
            and row.continues is None
            and row.drops is None
            and row.doubt is None
            and row.port is None
            and row.instances == EMPTY
            and self._protocol <= row.protocol
            and row.called_port == ANY_PORT
            and (not on_internet or self._network.sites[row.site or ""].kind is SiteKind.INTERNET)
        )

    def _to_device(self, way: Way, row: Route) -> Iterator[Way]:
        """Through one device that sends on what it is handed, and that is neither end."""
        recipient, *others = row.recipients
        if others or recipient.probes or not way.called:
            return
        site = self._network.sites[recipient.site]
        itself = self._crowd.side(site.addresses).meeting
        callers, called = way.callers & ~itself, way.called & ~itself
        forwarding = site.forwarding
        if forwarding is None or any(one.name == site.name for one in way.devices) or len(way.devices) >= MOST_DEVICES:
            yield replace(way, callers=callers, called=called)
            return
        for redirect in forwarding.redirects:
            if self._crowd.side(redirect.source).meeting & callers:
                called &= ~self._crowd.side(redirect.target).meeting
        callers &= ~self._crowd.side(forwarding.translated).meeting
        if callers and called:
            filters = (*way.filters, *site.inbound, *forwarding.filters)
            there = replace(way, callers=callers, called=called, filters=filters, devices=(*way.devices, site))
            yield from self._send(there, site)

    # -- And back -------------------------------------------------------------------------------------------------------

    def _home(self, replier: Site, sender: Site | None) -> Returns:
        """The ends whose replies a replier's routes bring to whoever sent it the packet: a device, or the caller itself."""
        key = (id(replier.routes), "" if sender is None else sender.name)
        found = self._homes.get(key)
        if found is None:
            found = self._homes[key] = self._at_sender(replier, sender)
        return found

    def _at_sender(self, replier: Site, sender: Site | None) -> Returns:
        back = unclear = told = 0
        for callers, row in self._by_route(replier, self._crowd.every):
            told |= callers
            if row is None:
                continue
            if row.recipients:
                if sender is None:
                    unclear |= callers & self._handed(row)
                elif any(one.site == sender.name for one in row.recipients):
                    back |= callers
            elif row.fabric is not None:
                if sender is None:
                    there = self._delivering(row.fabric)
                    back |= callers & there.back
                    unclear |= callers & there.unclear
                else:
                    # A device sees what is sent to its own addresses, and no other reply that a fabric carries.
                    unclear |= callers & self._crowd.side(sender.addresses).meeting
        return Returns(back=back, unclear=unclear | self._crowd.every & ~told)

    def _handed(self, row: Route) -> Bits:
        """The ends that a route hands packets to as devices."""
        found = 0
        for one in row.recipients:
            found |= self._standing.get(one.site, 0)
        return found

    def _delivering(self, fabric: str) -> Returns:
        """The ends to whom a fabric brings what is sent to their addresses."""
        found = self._delivered.get(fabric)
        if found is None:
            home = sum(1 << number for number, end in enumerate(self._ends) if end.site.home == fabric)
            reached: dict[int, NumberSet] = {}
            for row in self._network.fabrics[fabric].arrivals:
                for number in numbers_of(self._standing.get(row.site or "", 0) & ~home):
                    reached[number] = reached.get(number, EMPTY) | row.called
            back = unclear = 0
            for number, called in reached.items():
                side = self._crowd.side(called)
                back |= side.within & 1 << number
                unclear |= side.meeting & ~side.within & 1 << number
            found = self._delivered[fabric] = Returns(back=home | back, unclear=unclear)
        return found


def _together(ways: Iterator[Way]) -> Iterator[Way]:
    """Disjoint ways, those that differ in the called ends alone as one."""
    found: dict[Hashable, Way] = {}
    for one in ways:
        key = (one.callers, one.arrives, one.translated, tuple(map(id, one.filters)), tuple(map(id, one.devices)))
        before = found.get(key)
        found[key] = one if before is None else replace(one, called=one.called | before.called)
    yield from found.values()
