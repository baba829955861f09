"""Which way packets take between all ends at once, where that is simple: the same rows lead a whole set of ends to another.

Simple is what keeps source and destination as they are: a route to a fabric that holds the called end, or to one device that
sends it on. Everything else (translations, several recipients, readings, tags, what is not modelled) is left to whoever asks
about a pair alone. The stages are those of `asever.model.effective`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from asever.bulk.crowd import Bits, Crowd
from asever.model.effective import (
    ALWAYS,
    MOST_DEVICES,
    TO_DEVICE,
    Arrival,
    EffectiveNetwork,
    Filter,
    Route,
    Site,
)
from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import ANY_PORT, ANY_PROTOCOL
from asever.record import record, replace

_INTERNET = "Internet"


@record
class Way:
    """How every packet from each of `callers` to each of `called` goes, if no filter drops it.

    `filters` are those on the way that belong to neither end. `arrives`: it comes to the called end; else it is lost.
    `devices` send it on, in this order.
    """

    callers: Bits
    called: Bits
    filters: tuple[Filter, ...] = ()
    arrives: bool = False
    devices: tuple[Site, ...] = ()


@record
class Returns:
    """Which callers of a way get the replies of a called end, and of which that is not simple to tell."""

    back: Bits
    unclear: Bits


class Ways:
    """The ways between the ends of a crowd; end n stands at site n."""

    def __init__(self, network: EffectiveNetwork, crowd: Crowd, sites: Sequence[Site]) -> None:
        self._network = network
        self._crowd = crowd
        self._sites = sites
        self._number = {site.name: number for number, site in enumerate(sites)}
        self._arrivals: dict[str, tuple[Bits, Bits]] = {}
        self._homes: dict[tuple[int, str], Returns] = {}
        self._delivered: dict[str, Returns] = {}

    def ways(self) -> Iterator[Way]:
        """The ways, in disjoint products of callers and called; a pair in none of them is not simple."""
        groups: dict[Hashable, Bits] = defaultdict(int)
        for number, site in enumerate(self._sites):
            groups[id(site.routes), site.exempt, site.translations, site.home, site.vnet] |= 1 << number
        for callers in groups.values():
            one = self._sites[(callers & -callers).bit_length() - 1]
            called = self._crowd.every
            for exempt in one.exempt:
                called &= ~self._crowd.side(exempt.targets).meeting
            yield from _together(self._send(Way(callers=callers, called=called), one))

    def returned(self, way: Way, called: int) -> Returns:
        """What becomes of the replies of a called end to the callers of a way, leg by leg."""
        replier, back, unclear = self._sites[called], way.callers, 0
        for sender in (*reversed(way.devices), None):
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
            plain = called & ~self._translated(sender, row, way.callers)
            one = replace(way, called=plain, filters=(*filters, *row.filters))
            if plain and row.recipients:
                yield from self._to_device(one, row)
            elif plain and row.fabric is not None:
                yield from self._arrive(one, row.fabric)

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

    def _translated(self, sender: Site, row: Route, callers: Bits) -> Bits:
        """The called ends on whose way a sender may translate the source."""
        found = 0
        for one in sender.translations:
            if one.fabric == (TO_DEVICE if row.recipients else row.fabric) and self._crowd.side(one.sources).meeting & callers:
                found |= self._crowd.side(one.destinations).meeting
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
            rest, own = self._crowd.every, 0
            if fabric == _INTERNET or self._network.fabrics[fabric].returns:
                rest = 0  # replies come back in other ways
            for row in self._network.fabrics[fabric].arrivals:
                side = self._crowd.side(row.called)
                met = rest & side.meeting
                if met:
                    number = self._number.get(row.site or "")
                    if number is not None and met == 1 << number and side.within & met and _is_plain(row):
                        own |= met
                    rest &= ~met
            found = self._arrivals[fabric] = own, rest
        return found

    def _to_device(self, way: Way, row: Route) -> Iterator[Way]:
        """Through one device that sends on what it is handed, and that is neither end."""
        recipient, *others = row.recipients
        if others or recipient.probes:
            return
        site = self._network.sites[recipient.site]
        itself = self._crowd.side(site.addresses).meeting
        callers, called = way.callers & ~itself, way.called & ~itself
        forwarding = site.forwarding
        if forwarding is None or site in way.devices or len(way.devices) >= MOST_DEVICES:
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
                    unclear |= callers & self._standing(row)
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

    def _standing(self, row: Route) -> Bits:
        """The ends that a route hands packets to as devices."""
        return sum(1 << self._number[one.site] for one in row.recipients if one.site in self._number)

    def _delivering(self, fabric: str) -> Returns:
        """The ends to whom a fabric brings what is sent to their addresses."""
        found = self._delivered.get(fabric)
        if found is None:
            home = sum(1 << number for number, site in enumerate(self._sites) if site.home == fabric)
            reached: dict[int, NumberSet] = {}
            for row in self._network.fabrics[fabric].arrivals:
                number = self._number.get(row.site or "")
                if number is not None and not home >> number & 1:
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
        key = (one.callers, tuple(map(id, one.filters)), one.arrives, tuple(map(id, one.devices)))
        before = found.get(key)
        found[key] = one if before is None else replace(one, called=one.called | before.called)
    yield from found.values()


def _is_plain(row: Arrival) -> bool:
    """Whether a row hands packets to a site as they are, always."""
    return (
        row.condition == ALWAYS
        and row.callers is None
        and not (row.recipients or row.guards or row.probes or row.forwards)
        and row.continues is None
        and row.drops is None
        and row.doubt is None
        and row.port is None
        and row.instances == EMPTY
        and ANY_PROTOCOL <= row.protocol
        and row.called_port == ANY_PORT
    )


