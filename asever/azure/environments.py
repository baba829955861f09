"""App Service Environments: which ports their versions listen on, at which address, and who answers.

The tables are those of ase-network-semantics 1.1 (placement) and 2.1 to 2.3 (ports by version).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asever.azure.assumptions import (
    DEBUG_PLACEMENT,
    IP_SSL_SOURCE,
    PRIVATE_FRONT_ENDS,
    PROBE_REQUIRED,
    SAME_SUBNET,
    reading,
)
from asever.azure.filters import surely_admits_probe
from asever.azure.inventory import Inventory, singles
from asever.model.addresses import format_addresses
from asever.model.effective import ALWAYS, Arrival, Condition, Filter, Origin, platform_site
from asever.model.numbers import NumberSet
from asever.model.packets import TCP
from asever.model.things import Environment, IpSsl
from asever.record import record, replace

_TCP_ONLY = NumberSet.single(TCP)


@record
class Front:
    """Ports that an environment's front ends serve.

    `kind` is web, publishing, ftp, debug or management; it decides the address they arrive on. `doubt` says why a version may
    not serve them, `closed` which setting keeps them shut. `probe` is the health probe of the ports, `firm` that without
    it they surely receive nothing.
    """

    kind: str
    use: str
    port: NumberSet
    doubt: str | None = None
    closed: str | None = None
    probe: int | None = None
    firm: bool = False


def _ports(*ranges: int | tuple[int, int]) -> NumberSet:
    return NumberSet.of((one, one) if isinstance(one, int) else one for one in ranges)


_WEB = _ports(80, 443)
# 10001-10020 in every article on environments; 10001-10300 is multi-tenant App Service (ase-network-semantics 2.4).
_FTP = _ports(21, 990, (10001, 10020))
_MANAGEMENT = _ports((454, 455))
_DEPLOY = _ports(8172)


def fronts(environment: Environment) -> tuple[Front, ...]:
    """What an environment's front ends serve, by version (ase-network-semantics 2.1, 2.2, 2.3)."""
    match environment.version:
        case 1:
            return _version_1()
        case 2:
            return _version_2()
        case _:
            return _version_3(environment)


def _version_1() -> tuple[Front, ...]:
    return (
        Front(kind="web", use="the web", port=_WEB, probe=16001),
        Front(kind="ftp", use="FTP", port=_FTP, probe=16001),
        Front(kind="debug", use="remote debugging", port=_ports(4016, 4018, 4020), probe=16001),
        Front(
            kind="publishing",
            use="Web Deploy",
            port=_DEPLOY,
            doubt="no article on version 1 mentions Web Deploy on port 8172",
            probe=16001,
        ),
        Front(kind="management", use="Azure's management", port=_MANAGEMENT),
    )


def _version_2() -> tuple[Front, ...]:
    return (
        Front(kind="web", use="the web", port=_WEB, probe=16001),
        Front(kind="ftp", use="FTP", port=_FTP, probe=16001),
        Front(kind="debug", use="remote debugging", port=_ports(4020, 4022, 4024), probe=16001),
        Front(
            kind="debug",
            use="remote debugging",
            port=_ports(4016, 4018),
            doubt="remote debugging on 4016 and 4018 ended with release ANT78",
            probe=16001,
        ),
        Front(kind="publishing", use="Web Deploy", port=_DEPLOY, probe=16001),
        Front(
            kind="management",
            use="the address echo",
            port=_ports(1221, 7564, 7654),
            doubt="the articles disagree on the ports that answer with an address: 1221 and 7654, or 1221 and 7564",
        ),
        Front(kind="management", use="Azure's management", port=_MANAGEMENT),
    )


def _version_3(one: Environment) -> tuple[Front, ...]:
    """Version 3: FTP and debugging only if the environment allows them, 80 and 21 probed (ase-network-semantics 2.3)."""
    off = "in version 3 it is off by default"
    ftp = None if one.ftp_enabled else f"FTP needs `ftp-enabled on`; {off}"
    debug = None if one.remote_debug_enabled else f"remote debugging needs `remote-debug-enabled on`; {off}"
    return (
        Front(kind="web", use="the web", port=_WEB, probe=80),
        Front(kind="publishing", use="Web Deploy", port=_DEPLOY, probe=80),
        Front(kind="ftp", use="FTP", port=_FTP, closed=ftp, probe=21, firm=True),
        Front(kind="debug", use="remote debugging", port=_ports(4022, 4024, 4026), closed=debug, probe=80),
    )


@record
class Placement:
    """Ports with the address that they arrive on, the ILB address or the VIP, in the readings that agree with `condition`."""

    front: Front
    inside: bool
    condition: Condition = ALWAYS


def placements(environment: Environment) -> tuple[Placement, ...]:
    """Where each port arrives, by ILB mode (ase-network-semantics 1.1); both readings where that is not documented."""
    return tuple(place for front in fronts(environment) for place in _placed(environment, front))


def _placed(one: Environment, front: Front) -> Iterator[Placement]:
    if one.ilb is None or front.kind == "management":
        # Management never arrives inside (ase-network-semantics 2.1, 2.2).
        yield Placement(front=front, inside=False)
        return
    split = one.version < 3 and "public" in (one.web, one.ftp)
    if split and front.kind in ("debug", "publishing"):
        # Documented for environments with web and FTP inside only (ase-network-semantics 1.1, 12).
        yield Placement(front=front, inside=True, condition=reading(DEBUG_PLACEMENT, "ilb"))
        yield Placement(front=front, inside=False, condition=reading(DEBUG_PLACEMENT, "public"))
        return
    yield Placement(front=front, inside=not (split and {"web": one.web, "ftp": one.ftp}.get(front.kind) == "public"))


# -- Arrivals -----------------------------------------------------------------------------------------------------------


class Arrivals:
    """Every way in which packets arrive at one environment."""

    def __init__(self, known: Inventory, environment: Environment, inbound: Sequence[Filter]) -> None:
        self.known = known
        self.one = environment
        self.instances = known.instances(environment)
        self.probes_pass = {port: surely_admits_probe(inbound, self.instances, port) for port in (16001, 80, 21)}
        self.origin = Origin(span=environment.span, azure="load balancer", parts=environment.parts)
        self.neighbours = frozenset(one.name for one in known.machines_in.get(environment.subnet, ()))

    def public(self) -> tuple[Arrival, ...]:
        """What becomes of packets to its public addresses, in the fabric `Internet`."""
        rows: list[Arrival] = []
        vip = self.known.vip(self.one)
        if vip is not None:
            rows.extend(self._frontend(vip, f"{self.one.name}.vip", "the ILB address", inside=False))
        for address in self.one.ip_ssl:
            rows.extend(self._ip_ssl(address))
        return tuple(rows)

    def inside(self) -> tuple[Arrival, ...]:
        """What becomes of packets to its addresses in the vnet: the ILB address and the instances."""
        return (*self._ilb(), *self._instances())

    def by_ip_ssl(self, address: IpSsl) -> tuple[Arrival, ...]:
        """What becomes of packets to an IP-SSL address in the reading where they carry that address as their source."""
        return tuple(self._ip_ssl_ports(address, ALWAYS))

    def _ilb(self) -> Iterator[Arrival]:
        if self.one.ilb is None:
            return
        yield from self._frontend(self.one.ilb, f"{self.one.name}.ilb", "the public VIP", inside=True)

    def _frontend(self, address: int, name: str, other: str, *, inside: bool) -> Iterator[Arrival]:
        called = NumberSet.single(address)
        yield from self._from_own_subnet(called)
        every = placements(self.one)
        for place in every:
            if place.inside is inside:
                yield from self._served(called, name, place)
        for place in every:
            if place.inside is not inside:
                elsewhere = f"{place.front.use} arrives on {other} of {self.one.name}"
                # Where nobody says which address it is, the answer points to the assumption.
                fact = DEBUG_PLACEMENT.name if place.condition else "ilb-placement"
                lost = self._lost(called, elsewhere, fact, place.front.port)
                yield replace(lost, condition=place.condition)
        yield self._lost(called, f"nothing listens on this port of {name}", "environment-ports")

    def _served(self, called: NumberSet, name: str, place: Placement) -> Iterator[Arrival]:
        front = place.front
        if front.closed is not None:
            yield self._lost(called, front.closed, "feature-flags", front.port)
            return
        handed = Arrival(
            called=called,
            protocol=_TCP_ONLY,
            called_port=front.port,
            site=self.one.name,
            instances=self.instances,
            doubt=front.doubt,
            because=f"{name} hands it to an instance",
            fact="any-instance-address",
            resource=self.one.name,
            condition=place.condition,
            origin=self.origin,
        )
        yield from self._probed(handed, front)

    def _probed(self, handed: Arrival, front: Front) -> Iterator[Arrival]:
        """The row, or one for each reading of what a blocked probe does."""
        if front.probe is None or self.probes_pass[front.probe]:
            yield handed
        elif front.firm:
            yield replace(handed, probes=(front.probe,))
        else:
            stops = handed.condition | reading(PROBE_REQUIRED, "stops-traffic")
            yield replace(handed, condition=handed.condition | reading(PROBE_REQUIRED, "serves-on"))
            yield replace(handed, probes=(front.probe,), condition=stops)

    def _lost(self, called: NumberSet, why: str, fact: str, port: NumberSet | None = None) -> Arrival:
        """A row that says why a packet is lost: on these TCP ports, or on whatever no row before it took."""
        row = Arrival(called=called, drops=why, fact=fact, resource=self.one.name, origin=self.origin)
        return row if port is None else replace(row, protocol=_TCP_ONLY, called_port=port)

    def _from_own_subnet(self, called: NumberSet) -> Iterator[Arrival]:
        """Machines inside the environment's own subnet: not documented (ase-network-semantics 5.1 (c))."""
        if self.neighbours:
            yield Arrival(
                called=called,
                callers=self.neighbours,
                drops="the platform keeps an environment and other machines of its subnet apart",
                fact="same-subnet-block",
                resource=self.one.name,
                condition=reading(SAME_SUBNET, "blocked"),
                origin=self.origin,
            )

    def _ip_ssl(self, address: IpSsl) -> Iterator[Arrival]:
        """An IP-SSL address: clients call 80 and 443, instances see its own pair of ports (ase-network-semantics 2.5)."""
        called = NumberSet.single(address.address)
        yield from self._from_own_subnet(called)
        yield from self._ip_ssl_ports(address, reading(IP_SSL_SOURCE, "client"))
        yield Arrival(
            called=called,
            protocol=_TCP_ONLY,
            called_port=_WEB,
            continues=ip_ssl_fabric(self.one, address),
            source_becomes=called,
            because="taking the IP-SSL address as the source that the NSG sees",
            fact=IP_SSL_SOURCE.name,
            resource=self.one.name,
            condition=reading(IP_SSL_SOURCE, "app"),
            origin=self.origin,
        )
        yield self._lost(called, "an IP-SSL address answers on 80 and 443 only", "ip-ssl-ports")

    def _ip_ssl_ports(self, address: IpSsl, condition: Condition) -> Iterator[Arrival]:
        for port, pair in ((80, address.http), (443, address.https)):
            row = Arrival(
                called=NumberSet.single(address.address),
                protocol=_TCP_ONLY,
                called_port=NumberSet.single(port),
                site=self.one.name,
                instances=self.instances,
                port=pair,
                because=f"the IP-SSL address hands port {port} to an instance on port {pair}",
                fact="ip-ssl-ports",
                resource=self.one.name,
                condition=condition,
                origin=Origin(span=address.span or self.one.span, azure="load balancer", parts=self.one.parts),
            )
            yield from self._probed(row, Front(kind="web", use="the web", port=_WEB, probe=16001))

    def _instances(self) -> Iterator[Arrival]:
        """Packets to an instance's own address.

        Its own components and the platform's probes are served (ase-network-semantics 2.2); whether others are answered is
        not documented (12).
        """
        vnet = self.known.vnet_of(self.one.subnet)
        called = self.instances
        arrives = Arrival(
            called=called,
            site=self.one.name,
            resource=self.one.name,
            origin=self.origin,
        )
        yield replace(
            arrives,
            callers=frozenset({self.one.name, platform_site(vnet)}),
            because="the environment's own components and the platform's probes reach the instances themselves",
            fact="instances-inside",
        )
        yield from self._from_own_subnet(called)
        # What a setting keeps shut is shut on every address.
        for front in fronts(self.one):
            if front.closed is not None:
                yield self._lost(called, front.closed, "feature-flags", front.port)
        yield replace(
            arrives,
            because="taking the instances as answering on their private addresses",
            fact=PRIVATE_FRONT_ENDS.name,
            condition=reading(PRIVATE_FRONT_ENDS, "answer"),
        )
        main = "its ILB address" if self.one.ilb is not None else "its VIP"
        yield replace(
            self._lost(called, f"an environment answers on {main}, not on its instances' addresses", PRIVATE_FRONT_ENDS.name),
            condition=reading(PRIVATE_FRONT_ENDS, "silent"),
        )


def ip_ssl_fabric(environment: Environment, address: IpSsl) -> str:
    """The name of the fabric behind an IP-SSL address, for the reading where it translates the source."""
    return f"IP-SSL of {environment.name} at {format_addresses(singles([address.address]))}"
