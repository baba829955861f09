"""Moves one packet through the effective network, there and back: what we believe Azure does, in the order Azure does it.

The other reading is `asever.solve`. The two share the tables and nothing else, so that each can catch the other's mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asever.evaluate.judge import candidates
from asever.evaluate.lookup import lookup
from asever.model.addresses import format_address
from asever.model.answers import Offer, Outcome, Row, Step, StepKind, Trace
from asever.model.effective import (
    MOST_DEVICES,
    TO_DEVICE,
    Action,
    Arrival,
    EffectiveNetwork,
    Filter,
    Recipient,
    Redirect,
    Route,
    Site,
    SiteKind,
    exists_in,
    platform_site,
    recommended,
    unknown_rule,
)
from asever.model.numbers import NumberSet
from asever.model.packets import TCP, Flow, Packet, choice_name
from asever.record import record

# No probe cares about its source port; rules on source ports that could block one are nobody's.
PROBE_SOURCE_PORT = 49152
MAX_FABRICS = 4
_MEMBER = NumberSet.span(0, 1)


def walk(network: EffectiveNetwork, flow: Flow) -> Trace:
    """The journey of a flow, stage by stage, and of its reply. Raises `ValueError` for a choice that a row does not offer."""
    return _Walk(network, flow, carry_on=False).trace()


def walk_through(network: EffectiveNetwork, flow: Flow) -> tuple[Step, ...]:
    """Every step that would drop the flow if it were carried on after each drop: all that must change for it to live."""
    trace = _Walk(network, flow, carry_on=True).trace()
    return tuple(step for step in trace.steps if step.kind is StepKind.DROP)


class _Lost(Exception):  # noqa: N818 - no error: the packet goes no further
    """The packet goes no further."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.value)


@record
class _Leg:
    """A stretch of the way: who sent the packet, the source it came with, and what carried and translated it."""

    sender: Site
    forwarded: bool
    source: int
    source_tags: frozenset[str]
    fabrics: tuple[str, ...] = ()
    translated_in: str | None = None


@record
class _Probes:
    """Health probes that must pass before a site is handed anything."""

    address: int
    ports: tuple[int, ...]


class _Walk:
    def __init__(self, network: EffectiveNetwork, flow: Flow, carry_on: bool) -> None:
        self.network = network
        self.flow = flow
        self.carry_on = carry_on
        self.steps: list[Step] = []
        self.unknown: list[str] = []
        self.passed: set[str] = set()
        self.routes: list[Route] = []
        self.assumed: set[str] = set()
        self.offered: dict[str, Offer] = {}
        self.legs: list[_Leg] = []
        self.devices: list[tuple[str, int]] = []
        self.redirects = 0
        self.origin = self.network.sites[self.flow.origin]
        self.readings: Mapping[str, str] = {
            **recommended(self.network),
            **self.flow.readings,
        }
        self.translated_in: str | None = None
        self.fabrics: list[str] = []
        self.site: Site | None = None
        self.arrived: Packet | None = None

    def trace(self) -> Trace:
        outcome = Outcome.DELIVERED
        try:
            self._there()
        except _Lost as lost:
            outcome = lost.outcome
        if outcome is Outcome.DELIVERED and self.unknown:
            outcome = Outcome.UNKNOWN
        return Trace(
            flow=self.flow,
            outcome=outcome,
            steps=tuple(self.steps),
            site=self.site.name if self.site is not None and self.arrived is not None else None,
            arrived=self.arrived,
            passed=frozenset(self.passed),
            routes=tuple(self.routes),
            unknown=tuple(dict.fromkeys(self.unknown)),
            assumed=frozenset(self.assumed),
            offered=tuple(self.offered.values()),
        )

    # -- Steps ----------------------------------------------------------------------------------------------------------

    def _step(
        self,
        at: str,
        kind: StepKind,
        detail: str,
        before: Packet,
        after: Packet | None = None,
        *,
        because: str = "",
        row: Row | None = None,
        one: Filter | None = None,
        reply: bool = False,
    ) -> None:
        self.steps.append(
            Step(
                at=at,
                kind=kind,
                detail=detail,
                because=because,
                row=row,
                filter=one,
                before=before,
                after=after if after is not None else before,
                reply=reply,
            )
        )

    def _exists(self, row: Row) -> bool:
        if not row.condition:
            return True
        self.assumed.update(name for name, _ in row.condition)
        return exists_in(row.condition, self.readings)

    def _drop(self, outcome: Outcome = Outcome.DROPPED) -> None:
        if not self.carry_on:
            raise _Lost(outcome)

    # -- There ----------------------------------------------------------------------------------------------------------

    def _there(self) -> None:
        packet = self.flow.packet
        self.passed.add(self.origin.thing)
        self._step(self.origin.name, StepKind.SEND, self.origin.title, packet)
        if self._exempt(packet):
            return
        sender = self.origin
        while True:
            site, packet, is_device, own = self._send(sender, packet)
            if not is_device:
                break
            packet = self._forward(site, packet, own=own)
            sender = site
        self.site, self.arrived = site, packet
        self._step(site.name, StepKind.DELIVER, f"delivered to {site.title}", packet)
        self._back(site, packet)

    def _send(self, sender: Site, packet: Packet) -> tuple[Site, Packet, bool, bool]:
        """To the next site, with the packet that comes there; whether the site is to send it on, and was called itself."""
        self.fabrics, self.translated_in = [], None
        self._filters(sender.outbound, packet)
        route = self._route(sender, packet)
        if route.recipients:
            packet = self._translate(sender, packet, TO_DEVICE)
            self._filters(route.filters, packet)
            one = self._recipient(route.recipients)
            site = self.network.sites[one.site]
            self._hand_to(one, site, route, packet)
            own = packet.target in site.addresses
            is_device = not own or site.kind is SiteKind.FIREWALL
            probes, guards = _Probes(address=one.address, ports=one.probes), tuple[Filter, ...]()
        else:
            assert route.fabric is not None  # noqa: S101 - a route without one has dropped the packet
            packet = self._translate(sender, packet, route.fabric)
            self._filters(route.filters, packet)
            row, packet = self._arrive(packet, route.fabric)
            site, packet, probes = self._hand_over(row, packet)
            is_device = own = row.forwards
            guards = row.guards
        self.passed.add(site.thing)
        self._probe(site, probes)
        self._filters((*site.inbound, *guards), packet)
        leg = _Leg(
            sender=sender,
            forwarded=bool(self.legs),
            source=packet.source,
            source_tags=packet.source_tags,
            fabrics=tuple(self.fabrics),
            translated_in=self.translated_in,
        )
        self.legs.append(leg)
        return site, packet, is_device, own

    def _recipient(self, offered: tuple[Recipient, ...]) -> Recipient:
        if len(offered) == 1:
            return offered[0]
        chosen = self._choice("recipient", NumberSet.of((one.address, one.address) for one in offered))
        return next(one for one in offered if one.address == chosen)

    def _hand_to(self, one: Recipient, site: Site, route: Route, packet: Packet) -> None:
        if one.resource:
            self.passed.add(one.resource)
            self._step(one.resource, StepKind.HAND_OVER, f"hands it to {site.title}", packet, row=route)

    def _forward(self, site: Site, packet: Packet, *, own: bool) -> Packet:
        """What a device makes of a packet that it is to send on."""
        forwarding = site.forwarding
        if forwarding is None:
            self._step(site.name, StepKind.DROP, f"{site.title} forwards nothing", packet)
            raise _Lost(Outcome.DROPPED)
        visit = (site.name, self.redirects)
        if visit in self.devices or len(self.devices) >= MOST_DEVICES:
            self._step(site.name, StepKind.DROP, f"goes round in circles: it is back at {site.title}", packet)
            raise _Lost(Outcome.DROPPED)
        self.devices.append(visit)
        redirect = self._redirect(forwarding.redirects, packet)
        if redirect is not None:
            return self._redirected(site, redirect, packet)
        if own:
            self._step(site.name, StepKind.DROP, forwarding.otherwise, packet)
            raise _Lost(Outcome.DROPPED)
        self._filters(forwarding.filters, packet)
        if packet.source in forwarding.translated:
            return self._forwarded_as_its_own(site, packet, forwarding.source_becomes)
        if site.kind is SiteKind.MACHINE:
            self._step(site.name, StepKind.HAND_OVER, "sends it on", packet)
        return packet

    def _forwarded_as_its_own(self, site: Site, packet: Packet, becomes: NumberSet) -> Packet:
        after = packet.from_source(self._choice("egress", becomes))
        detail = f"{format_address(packet.source)} -> {format_address(after.source)}"
        because = f"{site.name} forwards with its own address"
        self._step(site.name, StepKind.SOURCE_NAT, detail, packet, after, because=because)
        return after

    def _redirect(self, rows: Iterable[Redirect], packet: Packet) -> Redirect | None:
        for row in rows:
            if (
                packet.protocol in row.protocol
                and packet.source in row.source
                and packet.target in row.target
                and packet.target_port in row.target_port
                and self._exists(row)
            ):
                return row
        return None

    def _redirected(self, site: Site, row: Redirect, packet: Packet) -> Packet:
        self.redirects += 1
        if row.resource:
            self.passed.add(row.resource)
        after = packet.to_target(row.becomes, row.port)
        self._filters(row.filters, after)
        if row.source_becomes:
            after = after.from_source(self._choice("relay", row.source_becomes))
        detail = f"{format_address(packet.target)} -> {format_address(after.target)}"
        self._step(site.name, StepKind.DESTINATION_NAT, detail, packet, after, because=row.because, row=row)
        return after

    def _exempt(self, packet: Packet) -> bool:
        for one in self.origin.exempt:
            if packet.target in one.targets and packet.protocol in one.protocol and packet.target_port in one.target_port:
                platform = self.network.sites[platform_site(self.origin.vnet or "")]
                self.site, self.arrived = platform, packet
                self._step(platform.name, StepKind.DELIVER, f"delivered to {platform.title}", packet, because=one.because)
                return True
        return False

    def _filters(self, filters: Iterable[Filter], packet: Packet) -> None:
        """One place: every filter decides, until one lets the packet past all others.

        Where nobody knows whether one does, it makes a difference only if a later one drops the packet.
        """
        perhaps_past: list[str] = []
        for one in filters:
            self.passed.add(one.resource)
            self.assumed |= lookup(one.rows).assumptions
            perhaps, row = candidates(one, packet, self.readings, self.network.tag_space)
            action = row.action if row is not None else one.otherwise
            name = row.name if row is not None else "no rule matches"
            others = [other for other in perhaps if other.action is not action]
            if others and Action.DENY not in (action, *(other.action for other in others)):
                perhaps_past.append(unknown_rule(others[0], one.resource))
                self._step(one.resource, StepKind.PASS, name, packet, row=row, one=one)
                continue
            if others or (action is Action.DENY and perhaps_past):
                self.unknown.append(unknown_rule(others[0], one.resource) if others else perhaps_past[0])
                either = f"{others[0].name} or {name}" if others else f"{name}, unless it is let past"
                self._step(one.resource, StepKind.UNKNOWN, either, packet, row=row, one=one)
                continue
            if action is Action.DENY:
                self._step(one.resource, StepKind.DROP, name, packet, row=row, one=one)
                self._drop()
                continue
            self._step(one.resource, StepKind.PASS, name, packet, row=row, one=one)
            if action is Action.ALWAYS_ALLOW:
                return

    def _selected(self, site: Site, address: int, tags: frozenset[str]) -> Route | None:
        """The first route of a site that is for an address of which these tags are known."""
        for row in site.routes:
            if address in row.destinations and self._exists(row):
                takes = row.is_for(tags)
                if takes is None:
                    takes = self._choice("member", _MEMBER, f"the addresses of service tag {row.tag} are not known") == 1
                if takes:
                    return row
        return None

    def _route(self, sender: Site, packet: Packet) -> Route:
        row = self._selected(sender, packet.target, packet.target_tags)
        if row is not None:
            self.routes.append(row)
            if row.resource:
                self.passed.add(row.resource)
            if row.unmodelled is not None:
                self.unknown.append(row.unmodelled)
                self._step(row.resource or "route", StepKind.UNKNOWN, row.unmodelled, packet, row=row)
                raise _Lost(Outcome.UNKNOWN)
            if row.fabric is None and not row.recipients:
                self._step(row.resource or "route", StepKind.DROP, row.text, packet, row=row)
                raise _Lost(Outcome.DROPPED)
            self._step(row.resource or "route", StepKind.ROUTE, row.text, packet, row=row)
            return row
        self._step("route", StepKind.DROP, "no route contains the destination", packet)
        raise _Lost(Outcome.DROPPED)

    def _translate(self, sender: Site, packet: Packet, fabric: str) -> Packet:
        for row in sender.translations:
            if (
                row.fabric != fabric
                or packet.source not in row.sources
                or packet.target not in row.destinations
                or packet.protocol not in row.protocol
                or not self._exists(row)
            ):
                continue
            if row.resource:
                self.passed.add(row.resource)
            if row.unmodelled is not None:
                self.unknown.append(row.unmodelled)
                self._step(sender.name, StepKind.UNKNOWN, row.unmodelled, packet, row=row)
                raise _Lost(Outcome.UNKNOWN)
            if row.drops is not None:
                self._step(sender.name, StepKind.DROP, row.drops, packet, because=row.because, row=row)
                raise _Lost(Outcome.DROPPED)
            if not row.becomes:
                return packet
            after = packet.from_source(self._choice("egress", row.becomes, row.unknown), row.tags)
            self._step(
                sender.name,
                StepKind.SOURCE_NAT,
                f"{format_address(packet.source)} -> {format_address(after.source)}",
                packet,
                after,
                because=row.because,
                row=row,
            )
            self.translated_in = None if fabric == TO_DEVICE else fabric
            return after
        return packet

    def _choice(self, kind: str, offered: NumberSet, unknown: str | None = None) -> int:
        name = choice_name(kind, self.offered)
        chosen = self.flow.choices.get(name, offered.first)
        if chosen not in offered:
            raise ValueError(f"{format_address(chosen)} is not a possible {name} address here")
        self.offered[name] = Offer(name=name, numbers=offered, unknown=unknown)
        return chosen

    def _arrive(self, packet: Packet, fabric: str) -> tuple[Arrival, Packet]:
        while True:
            self.fabrics.append(fabric)
            row = self._arrival(packet, fabric)
            if row is None or len(self.fabrics) > MAX_FABRICS:
                self._step(fabric, StepKind.DROP, self.network.fabrics[fabric].otherwise, packet)
                raise _Lost(Outcome.DROPPED)
            if row.resource:
                self.passed.add(row.resource)
            if row.drops is not None:
                self._step(row.resource or fabric, StepKind.DROP, row.drops, packet, because=row.because, row=row)
                raise _Lost(Outcome.DROPPED)
            if row.doubt is not None:
                self.unknown.append(row.doubt)
            if row.continues is None:
                return row, packet
            before = packet
            if row.source_becomes:
                packet = packet.from_source(self._choice("relay", row.source_becomes))
                self.translated_in = row.continues
            self._step(
                row.resource or fabric,
                StepKind.RELAY,
                f"{format_address(before.source)} -> {format_address(packet.source)}",
                before,
                packet,
                because=row.because or row.doubt or "",
                row=row,
            )
            fabric = row.continues

    def _arrival(self, packet: Packet, fabric: str) -> Arrival | None:
        for row in self.network.fabrics[fabric].arrivals:
            if (
                packet.target in row.called
                and packet.protocol in row.protocol
                and packet.target_port in row.called_port
                and (row.callers is None or self.origin.name in row.callers)
                and self._exists(row)
            ):
                return row
        return None

    def _hand_over(self, row: Arrival, packet: Packet) -> tuple[Site, Packet, _Probes]:
        """The site that the packet is handed to, the packet there, and what must be probed before."""
        if row.recipients:
            one = self._recipient(row.recipients)
            site = self.network.sites[one.site]
            if not row.hairpins and packet.source in site.addresses:
                detail = f"hands it back to {site.title}, which sent it and gets no answer"
                self._step(row.resource, StepKind.DROP, detail, packet, row=row)
                raise _Lost(Outcome.DROPPED)
            target = packet.target if row.keeps_target else one.address
            return site, self._rewritten(row, site, packet, target), _Probes(address=one.address, ports=one.probes)
        assert row.site is not None  # noqa: S101 - _arrive ends at a site
        site = self.network.sites[row.site]
        target = self._choice("instance", row.instances) if row.instances else packet.target
        return site, self._rewritten(row, site, packet, target), _Probes(address=target, ports=row.probes)

    def _rewritten(self, row: Arrival, site: Site, packet: Packet, target: int) -> Packet:
        if target == packet.target and row.port in (None, packet.target_port):
            if row.keeps_target:
                self._step(row.resource, StepKind.HAND_OVER, f"hands it to {site.title}", packet, because=row.because, row=row)
            return packet
        after = packet.to_target(target, row.port)
        old, new = format_address(packet.target), format_address(after.target)
        ports = "" if after.target_port == packet.target_port else f", port {packet.target_port} -> {after.target_port}"
        self._step(
            row.resource or site.name,
            StepKind.DESTINATION_NAT,
            f"{old} -> {new}{ports}",
            packet,
            after,
            because=row.because,
            row=row,
        )
        return after

    def _probe(self, site: Site, probes: _Probes) -> None:
        for port in probes.ports:
            probe = Packet(
                protocol=TCP,
                source=self.network.probe_source,
                source_port=PROBE_SOURCE_PORT,
                target=probes.address,
                target_port=port,
            )
            self._step(site.name, StepKind.PROBE, f"health probe on port {port}", probe)
            self._filters(site.inbound, probe)

    # -- And back -------------------------------------------------------------------------------------------------------

    def _back(self, site: Site, packet: Packet) -> None:
        """The reply, leg by leg: each is routed on its own by whoever has it, to the source that it saw."""
        replier = site
        for leg in reversed(self.legs):
            if any(self.network.fabrics[one].returns for one in leg.fabrics):
                replier = leg.sender
                continue
            seen = packet.from_source(leg.source, leg.source_tags)
            row = self._selected(replier, seen.source, seen.source_tags)
            if row is None:
                self._step("route", StepKind.DROP, "no route contains the caller's address", seen, reply=True)
                self._drop(Outcome.REPLY_LOST)
            elif row.unmodelled is not None:
                self.unknown.append(row.unmodelled)
                self._step(row.resource or "route", StepKind.UNKNOWN, row.unmodelled, seen, row=row, reply=True)
                return
            elif self._leads_home(row, leg):
                self._step(row.resource or "route", StepKind.ROUTE, row.text, seen, row=row, reply=True)
            else:
                because = self._astray(row, leg)
                self._step(row.resource or "route", StepKind.DROP, row.text, seen, because=because, row=row, reply=True)
                self._drop(Outcome.REPLY_LOST)
            replier = leg.sender

    def _leads_home(self, row: Route, leg: _Leg) -> bool:
        """Whether a reply that takes this route comes back to where the translation, or the sender, waits for it."""
        if "Internet" in leg.fabrics and row.fabric != "Internet":
            return False  # a device may be the caller, but the reply would come to it from another address than it called
        if row.recipients:
            return any(one.site == leg.sender.name for one in row.recipients)
        if row.fabric is None:
            return False
        arrivals = self.network.fabrics[row.fabric].arrivals
        if leg.translated_in is not None and leg.source not in leg.sender.addresses:
            # A translation waits in its own fabric. One made inside a virtual network gave a public address: its owner is on
            # the Internet.
            return row.fabric == leg.translated_in or (
                row.fabric == "Internet" and any(leg.source in one.called for one in arrivals)
            )
        if leg.forwarded and leg.source not in leg.sender.addresses:
            return False  # the packet carries its first sender's address: the reply goes there, past the device
        return row.fabric == leg.sender.home or any(
            one.site == leg.sender.name and leg.source in one.called for one in arrivals
        )

    def _astray(self, row: Route, leg: _Leg) -> str:
        """Why a reply that takes this route is lost."""
        if row.recipients and all(one.site != leg.sender.name for one in row.recipients):
            return f"{self.network.sites[row.recipients[0].site].title} drops it, because it has not seen the call"
        if row.fabric is not None and leg.forwarded and leg.translated_in is None:
            return f"the reply goes past {leg.sender.title}, which has to see it"
        if "Internet" in leg.fabrics and (row.fabric is not None or row.recipients):
            return "the reply must leave by the Internet, by the address that was called"
        return ""
