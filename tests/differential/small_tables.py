"""Small effective networks, drawn at random, and what becomes of every single flow of them.

Sixteen addresses, four ports, two protocols: few enough to walk every flow, and enough for every kind of row to matter. The
tables need not be Azure's; they use everything that `asever.model.effective` allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product

from hypothesis import assume
from hypothesis import strategies as st

from asever.evaluate.judge import succeeds
from asever.evaluate.walk import MAX_FABRICS, _Lost, _Walk, walk
from asever.model.answers import Outcome, Trace
from asever.model.effective import (
    ALWAYS,
    TO_DEVICE,
    Action,
    AddressMatch,
    Arrival,
    EffectiveNetwork,
    Exemption,
    Fabric,
    Filter,
    FilterKind,
    FilterRow,
    FlowQuestion,
    Forwarding,
    HopKind,
    Origin,
    Packets,
    Quantifier,
    Recipient,
    Redirect,
    Route,
    Scope,
    Site,
    SiteKind,
    SourceTranslation,
    Success,
    exists_in,
    platform_site,
)
from asever.model.numbers import NumberSet
from asever.model.packets import TCP, UDP, Flow, Packet
from asever.model.things import Direction
from asever.source import SourceFile, Span

EVERY = NumberSet.span(0, 15)
PORTS = NumberSet.span(0, 3)
HERE, THERE = NumberSet.span(0, 4), NumberSet.span(5, 9)  # the addresses of the two sites; the rest is nobody's
TAG_SPACE = NumberSet.span(2, 12)
PROBE_SOURCE = 15
ASSUMPTIONS = {"first": ("yes", "no"), "second": ("one", "two")}
FABRICS = ("vnet v", "Internet", "tunnel")
DEVICES = ((11, "d"), (12, "e"))  # where routes may lead to, and who is there
TAGS = ("Sql", "Storage")
DOUBT = ("parameter adminIp", NumberSet.of(((0, 3), (13, 15))))  # a tag that lies elsewhere than service tags do
WRITTEN = SourceFile("small.asev", "three\n")
OFF = "it is switched off"


def sets(within: NumberSet, most: int = 2) -> st.SearchStrategy[NumberSet]:
    """A set of up to `most` ranges, not empty."""
    low, high = within.first, within.ranges[-1][1]
    edge = st.integers(low, high)
    one = st.tuples(edge, edge).map(lambda pair: (min(pair), max(pair)))
    return st.lists(one, min_size=1, max_size=most).map(NumberSet.of)


def few(within: NumberSet) -> st.SearchStrategy[NumberSet]:
    """Up to three numbers in a row."""
    low, high = within.first, within.ranges[-1][1]
    return st.tuples(st.integers(low, high), st.integers(0, 2)).map(lambda one: NumberSet.span(one[0], min(sum(one), high)))


def mostly(common, rare, *, one_in: int = 4):
    """The common value, now and then the rare one."""
    return st.integers(1, one_in).flatmap(lambda n: rare if n == one_in else common)


CONDITIONS = mostly(
    st.just(ALWAYS),
    st.sampled_from(sorted(ASSUMPTIONS)).flatmap(
        lambda name: st.sampled_from(ASSUMPTIONS[name]).map(lambda value: frozenset({(name, value)}))
    ),
)
PROTOCOLS = mostly(st.just(NumberSet.of(((TCP, TCP), (UDP, UDP)))), st.sampled_from((TCP, UDP)).map(NumberSet.single), one_in=3)


def address_matches(*, tags: bool) -> st.SearchStrategy[AddressMatch]:
    known = mostly(sets(EVERY), st.just(EVERY)).map(lambda addresses: AddressMatch(addresses=addresses))
    if not tags:
        return known
    unknown = st.tuples(st.sampled_from(TAGS), st.booleans(), sets(EVERY)).map(
        lambda drawn: AddressMatch(addresses=drawn[2] if drawn[1] else NumberSet(), unknown_tags=frozenset({drawn[0]}))
    )
    elsewhere = st.tuples(st.booleans(), sets(EVERY)).map(
        lambda drawn: AddressMatch(
            addresses=drawn[1] if drawn[0] else NumberSet(), unknown_tags=frozenset({DOUBT[0]}), spaces=(DOUBT,)
        )
    )
    return mostly(known, mostly(unknown, elsewhere, one_in=3))


@st.composite
def rows(draw, *, tags: bool, always: bool):
    actions = [Action.ALLOW, Action.DENY, *([Action.ALWAYS_ALLOW] if always else [])]
    return FilterRow(
        priority=draw(st.integers(100, 4096)),
        name=draw(st.sampled_from("abcdef")),
        action=draw(st.sampled_from(actions)),
        protocol=draw(PROTOCOLS),
        source=draw(address_matches(tags=tags)),
        source_port=draw(mostly(st.just(PORTS), sets(PORTS, 1))),
        target=draw(address_matches(tags=tags)),
        target_port=draw(mostly(st.just(PORTS), sets(PORTS, 1), one_in=2)),
        condition=draw(CONDITIONS),
    )


@st.composite
def filters(draw, direction: Direction, *, tags: bool, always: bool):
    return Filter(
        resource=draw(st.sampled_from(("one", "two"))),
        kind=FilterKind.NSG,
        direction=direction,
        place="somewhere",
        rows=tuple(draw(st.lists(rows(tags=tags, always=always), max_size=4))),
        otherwise=draw(st.sampled_from((Action.ALLOW, Action.DENY))),
    )


@st.composite
def recipients(draw, among):
    """One or two of these machines."""
    chosen = draw(st.lists(st.sampled_from(among), min_size=1, max_size=2, unique=True))
    return tuple(
        Recipient(
            address=address,
            site=site,
            probes=draw(mostly(st.just(()), st.just((1,)), one_in=6)),
            resource=draw(st.sampled_from(("", "balancer"))),
        )
        for address, site in chosen
    )


@st.composite
def routes(draw, *, devices: bool, tags: bool):
    fabric = draw(mostly(st.sampled_from(FABRICS), st.none(), one_in=8))
    onward = draw(mostly(st.just(()), recipients(DEVICES), one_in=2)) if devices else ()
    return Route(
        recipients=onward,
        filters=tuple(draw(mostly(st.just([]), st.lists(filters(Direction.OUTBOUND, tags=tags, always=False), max_size=1)))),
        tag=draw(mostly(st.none(), st.sampled_from(TAGS), one_in=6)) if tags else None,
        destinations=draw(mostly(st.just(EVERY), sets(EVERY), one_in=2)),
        hop=HopKind.INTERNET,
        fabric=None if onward else fabric,
        text="a route",
        resource=draw(st.sampled_from(("", "table"))),
        regional=draw(st.sampled_from((True, True, False, None))),
        unmodelled=draw(mostly(st.none(), st.just("an appliance"), one_in=8)),
        condition=draw(CONDITIONS),
    )


@st.composite
def translations(draw):
    drops = draw(mostly(st.none(), st.just("it cannot leave"), one_in=8))
    return SourceTranslation(
        fabric=draw(st.sampled_from((*FABRICS, TO_DEVICE))),
        sources=draw(mostly(st.just(EVERY), sets(EVERY))),
        destinations=draw(mostly(st.just(EVERY), sets(EVERY))),
        protocol=draw(PROTOCOLS),
        becomes=draw(mostly(few(EVERY), st.just(NumberSet()), one_in=5)),
        tags=draw(mostly(st.just(frozenset()), st.sampled_from(TAGS).map(lambda tag: frozenset({tag})))),
        unknown=draw(mostly(st.none(), st.just("who knows the address"), one_in=3)),
        drops=drops,
        unmodelled=draw(mostly(st.none(), st.just("a NAT gateway"), one_in=8)) if drops is None else None,
        resource=draw(st.sampled_from(("", "gate"))),
        condition=draw(CONDITIONS),
    )


@st.composite
def arrivals(draw, onward: tuple[str, ...], *, devices: bool, tags: bool):
    common = {
        "called": draw(mostly(sets(EVERY), st.just(EVERY), one_in=3)),
        "protocol": draw(PROTOCOLS),
        "called_port": draw(mostly(st.just(PORTS), sets(PORTS, 1), one_in=2)),
        "callers": draw(mostly(st.none(), st.sampled_from((frozenset({"a"}), frozenset({"b"}))), one_in=5)),
        "doubt": draw(mostly(st.none(), st.just("it may be blocked"), one_in=8)),
        "resource": draw(st.sampled_from(("", "front"))),
        "condition": draw(CONDITIONS),
    }
    kinds = ("site", "site", "site", "balanced", "drops", *(("continues",) if onward else ()))
    kind = draw(st.sampled_from(kinds if devices else tuple(one for one in kinds if one != "balanced")))
    if kind == "drops":
        return Arrival(drops="nobody listens", **common)
    if kind == "continues":
        source = draw(mostly(few(EVERY), st.just(NumberSet()), one_in=3))
        return Arrival(continues=draw(st.sampled_from(onward)), source_becomes=source, **common)
    guard = filters(Direction.INBOUND, tags=tags, always=False)
    if kind == "balanced":
        return Arrival(
            recipients=draw(recipients(((5, "b"), (8, "b"), (0, "a"), *DEVICES))),
            keeps_target=draw(st.booleans()),
            hairpins=draw(st.booleans()),
            port=draw(mostly(st.none(), st.integers(0, 3), one_in=3)),
            guards=tuple(draw(mostly(st.just([]), st.lists(guard, max_size=1)))),
            **common,
        )
    forwards = devices and draw(mostly(st.just(False), st.just(True), one_in=4))
    return Arrival(
        site=draw(st.sampled_from(("d", "e") if forwards else ("b", "b", "b", "a"))),
        forwards=forwards,
        instances=draw(mostly(st.just(NumberSet()), few(THERE), one_in=2)),
        port=draw(mostly(st.none(), st.integers(0, 3), one_in=3)),
        probes=draw(mostly(st.just(()), st.just((1,)), one_in=5)),
        **common,
    )


@st.composite
def networks(draw):
    """Two sites, two devices and the platform, three fabrics."""
    tags = draw(st.booleans())
    always = draw(st.booleans())
    devices = draw(st.booleans())

    def site(
        name: str, addresses: NumberSet, home: str, forwarding: Forwarding | None = None, *, kind=SiteKind.MACHINE
    ) -> Site:
        return Site(
            name=name,
            title=f"site {name}",
            kind=kind,
            thing=f"thing {name}",
            addresses=addresses,
            home=home,
            vnet="v",
            exempt=draw(mostly(st.just(()), st.builds(exemption, sets(EVERY)).map(lambda one: (one,)), one_in=6)),
            outbound=tuple(draw(st.lists(filters(Direction.OUTBOUND, tags=tags, always=always), max_size=2))),
            inbound=tuple(draw(st.lists(filters(Direction.INBOUND, tags=tags, always=always), max_size=2))),
            routes=tuple(draw(st.lists(routes(devices=devices, tags=tags), min_size=1, max_size=3))),
            translations=tuple(draw(st.lists(translations(), max_size=2))),
            forwarding=forwarding,
        )

    def device(address: int, name: str) -> Site:
        kind = draw(st.sampled_from((SiteKind.MACHINE, SiteKind.FIREWALL)))
        forwarding = draw(mostly(forwardings(tags=tags), st.none(), one_in=8))
        return site(name, NumberSet.single(address), draw(st.sampled_from(FABRICS)), forwarding, kind=kind)

    def fabric(name: str, *onward: str) -> Fabric:
        own = [Arrival(called=HERE, site="a")] if draw(st.booleans()) else []
        there = draw(st.lists(arrivals(onward, devices=devices, tags=tags), max_size=4))
        returns = draw(mostly(st.just(False), st.just(True), one_in=8))
        return Fabric(name=name, arrivals=(*there, *own), otherwise="nobody is there", returns=returns)

    sites = (
        site("a", HERE, draw(st.sampled_from(FABRICS))),
        site("b", THERE, draw(st.sampled_from(FABRICS))),
        *(device(address, name) for address, name in DEVICES),
        Site(
            name=platform_site("v"),
            title="the platform",
            kind=SiteKind.PLATFORM,
            thing="platform",
            addresses=NumberSet.single(PROBE_SOURCE),
            home="vnet v",
            vnet="v",
        ),
    )
    fabrics = (fabric("vnet v", "Internet"), fabric("Internet"), fabric("tunnel", "Internet", "vnet v", "tunnel"))
    return EffectiveNetwork(
        sites={one.name: one for one in sites},
        fabrics={one.name: one for one in fabrics},
        assumptions=ASSUMPTIONS,
        tag_space=TAG_SPACE,
        probe_source=PROBE_SOURCE,
        names=draw(st.sampled_from(({}, {3: "three", 7: "seven"}))),
    )


@st.composite
def written_networks(draw):
    """A network in which somebody wrote some of the routes, the same line several of them."""
    network = draw(networks())
    lines = st.sampled_from((None, *(Span(WRITTEN, at, at + 1) for at in range(3))))
    sites = {
        name: replace(site, routes=tuple(replace(row, origin=Origin(span=draw(lines))) for row in site.routes))
        for name, site in network.sites.items()
    }
    return replace(network, sites=sites)


def same_line(network: EffectiveNetwork, row: Route) -> set[int]:
    """The identities of all routes that the line of one made."""
    every = (one for site in network.sites.values() for one in site.routes)
    return {id(one) for one in every if one.origin.span is not None and one.origin.span == row.origin.span}


@st.composite
def redirects(draw, *, tags: bool):
    return Redirect(
        protocol=draw(PROTOCOLS),
        source=draw(mostly(st.just(EVERY), sets(EVERY))),
        target=draw(sets(EVERY)),
        target_port=draw(mostly(st.just(PORTS), sets(PORTS, 1), one_in=2)),
        becomes=draw(st.integers(0, 15)),
        port=draw(mostly(st.none(), st.integers(0, 3), one_in=3)),
        source_becomes=draw(mostly(st.just(NumberSet()), few(EVERY), one_in=3)),
        filters=tuple(draw(mostly(st.just([]), st.lists(filters(Direction.INBOUND, tags=tags, always=False), max_size=1)))),
        resource=draw(st.sampled_from(("", "gate"))),
        condition=draw(CONDITIONS),
    )


@st.composite
def forwardings(draw, *, tags: bool):
    translates = draw(mostly(st.just(False), st.just(True), one_in=3))
    return Forwarding(
        translated=draw(sets(EVERY)) if translates else NumberSet(),
        source_becomes=draw(few(EVERY)) if translates else NumberSet(),
        redirects=tuple(draw(st.lists(redirects(tags=tags), max_size=2))),
        filters=tuple(draw(mostly(st.just([]), st.lists(filters(Direction.INBOUND, tags=tags, always=False), max_size=1)))),
    )


def exemption(targets: NumberSet) -> Exemption:
    return Exemption(targets=targets, protocol=NumberSet.single(TCP), target_port=NumberSet.single(1), because="it is exempt")


@st.composite
def questions(draw):
    """A question about flows from `a`, in one or two scopes."""
    scopes = draw(st.lists(scope_texts(), min_size=1, max_size=2))
    success = Success(
        seen_as=draw(mostly(st.just(AddressMatch(addresses=EVERY)), address_matches(tags=True))),
        via=draw(
            mostly(
                st.just(frozenset()),
                st.sampled_from(("front", "table", "gate", "thing b")).map(lambda one: frozenset({one})),
                one_in=8,
            )
        ),
        not_via=draw(
            mostly(
                st.just(frozenset()), st.sampled_from(("front", "table", "gate")).map(lambda one: frozenset({one})), one_in=8
            )
        ),
        within_region=draw(mostly(st.just(False), st.just(True), one_in=5)),
    )
    fixed = draw(st.sampled_from(({}, {}, {"first": "no"}, {"second": "one"})))
    return FlowQuestion(quantifier=draw(st.sampled_from(tuple(Quantifier))), scopes=tuple(scopes), success=success, fixed=fixed)


@st.composite
def scope_texts(draw):
    partial = st.sampled_from((None, None, None, "Sql"))
    source, target = draw(partial), draw(partial)
    known = st.sampled_from((frozenset(), frozenset(), frozenset({"Sql"}), frozenset({"not Sql"}), frozenset({"not Storage"})))
    return Scope(
        origin="a",
        packets=Packets(
            protocol=draw(PROTOCOLS),
            source=draw(few(HERE)),
            source_port=draw(sets(NumberSet.span(0, 1), 1)),
            target=draw(mostly(few(EVERY), sets(EVERY))),
            target_port=draw(few(NumberSet.span(0, 2))),
            source_tags=frozenset({source}) if source else draw(known),
            target_tags=frozenset({target}) if target else draw(known),
        ),
        arrives_at=frozenset(draw(st.sampled_from(("b", "b", "ab", (platform_site("v"),))))),
        arrives_as=draw(mostly(st.just(EVERY), sets(EVERY))),
        internet_regional=draw(st.sampled_from((True, False, None))),
        partial_source=source,
        partial_target=target,
        preferred_ports=draw(st.sampled_from(((), (2, 1)))),
        condition=draw(mostly(st.just(ALWAYS), CONDITIONS, one_in=4)),
    )


# -- Every flow ---------------------------------------------------------------------------------------------------------


def all_readings(question: FlowQuestion) -> Iterator[dict[str, str]]:
    for values in product(*ASSUMPTIONS.values()):
        readings = dict(zip(ASSUMPTIONS, values, strict=True))
        if all(readings[name] == value for name, value in question.fixed.items()):
            yield readings


MOST_FLOWS = 50_000
"""So many are walked at most: a draw in which choice after choice is free has millions."""


class Every:
    """Every flow of a question, with its verdict. A question of too many is drawn anew."""

    def __init__(self, network: EffectiveNetwork, question: FlowQuestion) -> None:
        self.network = network
        self.question = question
        self.with_reply = question.quantifier is not Quantifier.NONE_ARRIVES
        self.flows = list(islice(self._flows(), MOST_FLOWS + 1))
        assume(len(self.flows) <= MOST_FLOWS)

    def _flows(self) -> Iterator[tuple[int, Flow, Trace, bool | None]]:
        for index, scope in enumerate(self.question.scopes):
            for readings in all_readings(self.question):
                if exists_in(scope.condition, readings):
                    for packet in packets_of(scope.packets):
                        flow = Flow(origin=scope.origin, packet=packet, readings=readings)
                        for one, trace in self._chosen(flow):
                            yield index, one, trace, self.verdict(scope, trace)

    def _chosen(self, flow: Flow) -> Iterator[tuple[Flow, Trace]]:
        """The flow with every choice that its way offers, in turn."""
        trace = self.walk(flow)
        offer = next((one for one in trace.offered if one.name not in flow.choices), None)
        if offer is None:
            yield flow, trace
            return
        for number in offer.numbers:
            yield from self._chosen(replace(flow, choices={**flow.choices, offer.name: number}))

    def walk(self, flow: Flow) -> Trace:
        return walk(self.network, flow)

    def verdict(self, scope: Scope, trace: Trace) -> bool | None:
        return succeeds(trace, scope, self.question.success, with_reply=self.with_reply)


class Adverse(Every):
    """Every flow of a network in which nothing but what is kept (by identity) can be relied on (see `with_worst`)."""

    def __init__(self, network: EffectiveNetwork, question: FlowQuestion, kept: set[int], worst: Action) -> None:
        super().__init__(with_worst(network, kept, worst, ways=True), question)

    def walk(self, flow: Flow) -> Trace:
        return _Astray(self.network, flow, carry_on=False).trace()


class _Astray(_Walk):
    """A walk that ends in the unknown where it takes an arrival or a redirect that is off; neither row can say so itself."""

    def _arrival(self, packet: Packet, fabric: str) -> Arrival | None:
        row = super()._arrival(packet, fabric)
        if len(self.fabrics) <= MAX_FABRICS:
            self._end_at(row)
        return row

    def _redirect(self, rows, packet: Packet) -> Redirect | None:
        row = super()._redirect(rows, packet)
        self._end_at(row)
        return row

    def _end_at(self, row: Arrival | Redirect | None) -> None:
        if row is not None and row.because == OFF:
            self.unknown.append(OFF)
            raise _Lost(Outcome.UNKNOWN)


def packets_of(packets: Packets) -> Iterator[Packet]:
    fields = ("protocol", "source", "source_port", "target", "target_port")
    for values in product(*(getattr(packets, name) for name in fields)):
        yield Packet(**dict(zip(fields, values, strict=True)), source_tags=packets.source_tags, target_tags=packets.target_tags)


def with_worst(network: EffectiveNetwork, kept: set[int], worst: Action, *, ways: bool = False) -> EffectiveNetwork:
    """The network with every filter row, but those kept (by identity), doing the worst that rows of its filter do.

    With `ways` the routes, translations, arrivals and redirects that are not kept lead into the unknown.
    """

    def led(row, **changes):
        off = ways and id(row) not in kept
        if off and isinstance(row, Route):
            changes["unmodelled"] = OFF
        elif off and isinstance(row, SourceTranslation):
            changes |= {"unmodelled": OFF, "drops": None}
        elif off:
            changes["because"] = OFF
        return replace(row, **changes)

    def changed(one: Filter) -> Filter:
        always = any(row.action is Action.ALWAYS_ALLOW for row in one.rows)
        action = Action.ALLOW if worst is Action.ALWAYS_ALLOW and not always else worst
        return replace(one, rows=tuple(row if id(row) in kept else replace(row, action=action) for row in one.rows))

    def all_changed(filters):
        return tuple(map(changed, filters))

    def forwarding(one: Forwarding) -> Forwarding:
        redirected = tuple(led(row, filters=all_changed(row.filters)) for row in one.redirects)
        return replace(one, redirects=redirected, filters=all_changed(one.filters))

    sites = {
        name: replace(
            site,
            outbound=all_changed(site.outbound),
            inbound=all_changed(site.inbound),
            routes=tuple(led(row, filters=all_changed(row.filters)) for row in site.routes),
            translations=tuple(map(led, site.translations)),
            forwarding=forwarding(site.forwarding) if site.forwarding else None,
        )
        for name, site in network.sites.items()
    }
    fabrics = {
        name: replace(one, arrivals=tuple(led(row, guards=all_changed(row.guards)) for row in one.arrivals))
        for name, one in network.fabrics.items()
    }
    return replace(network, sites=sites, fabrics=fabrics)
