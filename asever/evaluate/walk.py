"""Moves one packet through the effective network, there and back: what we believe Azure does, in the order Azure does it.

The other reading is `asever.solve`. The two share the tables and nothing else, so that each can catch the other's mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asever.evaluate.judge import candidates
from asever.model.addresses import format_address
from asever.model.answers import Outcome, Row, Step, StepKind, Trace
from asever.model.effective import (
    Action,
    Arrival,
    EffectiveNetwork,
    Filter,
    Route,
    Site,
    SiteKind,
    exists_in,
)
from asever.model.numbers import NumberSet
from asever.model.packets import TCP, Flow, Packet

# No probe cares about its source port; rules on source ports that could block one are nobody's.
PROBE_SOURCE_PORT = 49152
MAX_FABRICS = 4


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


@dataclass
class _Walk:
    network: EffectiveNetwork
    flow: Flow
    carry_on: bool
    steps: list[Step] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    routes: list[Route] = field(default_factory=list)
    assumed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.origin = self.network.sites[self.flow.origin]
        self.readings: Mapping[str, str] = {
            **{name: values[0] for name, values in self.network.assumptions.items()},
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
        self._filters(self.origin.outbound, packet)
        route = self._route(packet)
        assert route.fabric is not None  # noqa: S101 - a route without one has dropped the packet
        packet = self._translate(packet, route.fabric)
        row, packet = self._arrive(packet, route.fabric)
        assert row.site is not None  # noqa: S101 - _arrive ends at a site
        site = self.network.sites[row.site]
        packet = self._hand_over(row, packet)
        self.passed.add(site.thing)
        for port in row.probes:
            self._probe(site, packet, port)
        self._filters(site.inbound, packet)
        self.site, self.arrived = site, packet
        self._step(site.name, StepKind.DELIVER, f"delivered to {site.title}", packet)
        self._back(site, packet)

    def _exempt(self, packet: Packet) -> bool:
        for one in self.origin.exempt:
            if packet.target in one.targets and packet.protocol in one.protocol and packet.target_port in one.target_port:
                platform = next(
                    site
                    for site in self.network.sites.values()
                    if site.kind is SiteKind.PLATFORM and site.vnet == self.origin.vnet
                )
                self.site, self.arrived = platform, packet
                self._step(platform.name, StepKind.DELIVER, f"delivered to {platform.title}", packet, because=one.because)
                return True
        return False

    def _filters(self, filters: Iterable[Filter], packet: Packet) -> None:
        for one in filters:
            self.passed.add(one.resource)
            self.assumed.update(name for row in one.rows for name, _ in row.condition)
            perhaps, row = candidates(one, packet, self.readings, self.network.tag_space)
            action = row.action if row is not None else one.otherwise
            name = row.name if row is not None else "no rule matches"
            others = [other for other in perhaps if other.action is not action]
            if others:
                tags = sorted(tag for other in others for tag in (*other.source.unknown_tags, *other.target.unknown_tags))
                self.unknown.append(
                    f"rule {others[0].priority} of {one.resource} names {', '.join(tags)}, whose addresses are not known"
                )
                self._step(one.resource, StepKind.UNKNOWN, f"{others[0].name} or {name}", packet, row=row, one=one)
                continue
            if action is Action.DENY:
                self._step(one.resource, StepKind.DROP, name, packet, row=row, one=one)
                self._drop()
                continue
            self._step(one.resource, StepKind.PASS, name, packet, row=row, one=one)
            if action is Action.ALWAYS_ALLOW:
                return

    def _route(self, packet: Packet) -> Route:
        for row in self.origin.routes:
            if packet.target not in row.destinations or not self._exists(row):
                continue
            self.routes.append(row)
            if row.resource:
                self.passed.add(row.resource)
            if row.unmodelled is not None:
                self.unknown.append(row.unmodelled)
                self._step(row.resource or "route", StepKind.UNKNOWN, row.unmodelled, packet, row=row)
                raise _Lost(Outcome.UNKNOWN)
            if row.fabric is None:
                self._step(row.resource or "route", StepKind.DROP, row.text, packet, row=row)
                raise _Lost(Outcome.DROPPED)
            self._step(row.resource or "route", StepKind.ROUTE, row.text, packet, row=row)
            return row
        self._step("route", StepKind.DROP, "no route contains the destination", packet)
        raise _Lost(Outcome.DROPPED)

    def _translate(self, packet: Packet, fabric: str) -> Packet:
        for row in self.origin.translations:
            if (
                row.fabric != fabric
                or packet.target not in row.destinations
                or packet.protocol not in row.protocol
                or not self._exists(row)
            ):
                continue
            if row.resource:
                self.passed.add(row.resource)
            if row.unmodelled is not None:
                self.unknown.append(row.unmodelled)
                self._step(self.origin.name, StepKind.UNKNOWN, row.unmodelled, packet, row=row)
                raise _Lost(Outcome.UNKNOWN)
            if row.drops is not None:
                self._step(self.origin.name, StepKind.DROP, row.drops, packet, because=row.because, row=row)
                raise _Lost(Outcome.DROPPED)
            if not row.becomes:
                return packet
            after = packet.from_source(self._choice("egress", row.becomes), row.tags)
            self._step(
                self.origin.name,
                StepKind.SOURCE_NAT,
                f"{format_address(packet.source)} -> {format_address(after.source)}",
                packet,
                after,
                because=row.because,
                row=row,
            )
            self.translated_in = fabric
            return after
        return packet

    def _choice(self, name: str, offered: NumberSet) -> int:
        chosen = self.flow.choices.get(name, offered.first)
        if chosen not in offered:
            raise ValueError(f"{format_address(chosen)} is not a possible {name} address here")
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

    def _hand_over(self, row: Arrival, packet: Packet) -> Packet:
        target = self._choice("instance", row.instances) if row.instances else packet.target
        if target == packet.target and row.port in (None, packet.target_port):
            return packet
        after = packet.to_target(target, row.port)
        old, new = format_address(packet.target), format_address(after.target)
        ports = "" if after.target_port == packet.target_port else f", port {packet.target_port} -> {after.target_port}"
        self._step(
            row.resource or str(row.site),
            StepKind.DESTINATION_NAT,
            f"{old} -> {new}{ports}",
            packet,
            after,
            because=row.because,
            row=row,
        )
        return after

    def _probe(self, site: Site, packet: Packet, port: int) -> None:
        probe = Packet(
            protocol=TCP,
            source=self.network.probe_source,
            source_port=PROBE_SOURCE_PORT,
            target=packet.target,
            target_port=port,
        )
        self._step(site.name, StepKind.PROBE, f"health probe on port {port}", probe)
        self._filters(site.inbound, probe)

    # -- And back -------------------------------------------------------------------------------------------------------

    def _back(self, site: Site, packet: Packet) -> None:
        """The reply is routed on its own by the receiving site, to the source that it saw."""
        for row in site.routes:
            if packet.source not in row.destinations or not self._exists(row):
                continue
            if row.unmodelled is not None:
                self.unknown.append(row.unmodelled)
                self._step(row.resource or "route", StepKind.UNKNOWN, row.unmodelled, packet, row=row, reply=True)
                return
            if self._leads_home(row, packet.source):
                self._step(row.resource or "route", StepKind.ROUTE, row.text, packet, row=row, reply=True)
                return
            self._step(row.resource or "route", StepKind.DROP, row.text, packet, row=row, reply=True)
            self._drop(Outcome.REPLY_LOST)
            return
        self._step("route", StepKind.DROP, "no route contains the caller's address", packet, reply=True)
        self._drop(Outcome.REPLY_LOST)

    def _leads_home(self, row: Route, source: int) -> bool:
        """Whether a reply that takes this route comes back to where the translation, or the caller, waits for it."""
        if row.fabric is None or ("Internet" in self.fabrics and row.fabric != "Internet"):
            return False
        arrivals = self.network.fabrics[row.fabric].arrivals
        if self.translated_in is not None:
            # A translation waits in its own fabric. One made inside a virtual network gave a public address: its owner is on
            # the Internet.
            return row.fabric == self.translated_in or (
                row.fabric == "Internet" and any(source in one.called for one in arrivals)
            )
        return row.fabric == self.origin.home or any(one.site == self.origin.name and source in one.called for one in arrivals)
