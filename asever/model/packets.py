"""Packets and flows: what a sender emits, and the free choices that Azure makes for it on the way."""

from __future__ import annotations

from collections.abc import Container, Mapping

from asever.model.addresses import format_address, is_v6
from asever.model.numbers import NumberSet
from asever.record import field, record, replace

ICMP, TCP, UDP, ESP, AH = 1, 6, 17, 50, 51
PROTOCOL_NUMBERS: Mapping[str, int] = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "esp": ESP, "ah": AH}
PROTOCOL_NAMES: Mapping[int, str] = {number: name for name, number in PROTOCOL_NUMBERS.items()}
# A virtual network carries these and drops the rest (multicast, GRE, IP-in-IP): azure-network-semantics section 1.
ANY_PROTOCOL = NumberSet.of((number, number) for number in PROTOCOL_NAMES)
PROTOCOLS_WITH_PORTS = NumberSet.of(((TCP, TCP), (UDP, UDP)))
ANY_PORT = NumberSet.span(0, 65535)


def outside(tag: str) -> str:
    """What `Packet.source_tags` holds for an address that is known *not* to lie in a tag of unknown content."""
    return f"not {tag}"


def choice_name(kind: str, made: Container[str]) -> str:
    """The name of the next choice of a kind on a way where these choices were made already: `egress`, `egress 2`."""
    name, number = kind, 1
    while name in made:
        number += 1
        name = f"{kind} {number}"
    return name


@record
class Packet:
    """One packet. Protocols without ports carry port 0.

    `source_tags` and `target_tags` name service tags *of unknown content* that the address is known to lie in (a check
    about `Sql` is about an address of `Sql`, whatever its prefixes are), or not to lie in (`outside`). A rewritten address
    loses its tags.
    """

    protocol: int
    source: int
    source_port: int
    target: int
    target_port: int
    source_tags: frozenset[str] = frozenset()
    target_tags: frozenset[str] = frozenset()

    def from_source(self, source: int, tags: frozenset[str] = frozenset()) -> Packet:
        """The packet after source translation to an address that lies in `tags`."""
        return replace(self, source=source, source_tags=tags)

    def to_target(self, target: int, port: int | None = None) -> Packet:
        """The packet after destination translation; without `port` the port stays."""
        return replace(self, target=target, target_port=self.target_port if port is None else port, target_tags=frozenset())


@record
class Flow:
    """The first packet of a connection, who sends it, and every choice that is not the sender's.

    `choices` maps the name of a free choice ("egress": which outbound address, "instance": which machine answers) to the
    address that was chosen; a choice not named takes the least possible one. `readings` fixes named assumptions.
    """

    origin: str
    packet: Packet
    choices: Mapping[str, int] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)


# -- As text ------------------------------------------------------------------------------------------------------------


def format_protocol(number: int) -> str:
    """`tcp`, or `protocol 47` for a number without a name in the language."""
    return PROTOCOL_NAMES.get(number, f"protocol {number}")


def format_protocols(protocols: NumberSet) -> str:
    """`tcp`, `tcp, udp`, or `any`."""
    return "any" if protocols == ANY_PROTOCOL else ", ".join(map(format_protocol, protocols))


def format_ports(ports: NumberSet) -> str:
    """`80, 443, 10001-10020`."""
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ports.ranges)


def format_socket(address: int, port: int, *, with_port: bool) -> str:
    """`10.0.1.4:443`, `[2001:db8::1]:443`, or the bare address."""
    text = format_address(address)
    if not with_port:
        return text
    return f"[{text}]:{port}" if is_v6(address) else f"{text}:{port}"


def format_packet(packet: Packet) -> str:
    """`tcp 10.0.1.4:49152 -> 192.23.1.3:443`."""
    ports = packet.protocol in PROTOCOLS_WITH_PORTS
    source = format_socket(packet.source, packet.source_port, with_port=ports)
    target = format_socket(packet.target, packet.target_port, with_port=ports)
    return f"{format_protocol(packet.protocol)} {source} -> {target}"
