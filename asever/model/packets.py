"""Packets and flows: what a sender emits, and the free choices that Azure makes for it on the way."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import field, replace

from asever.model.numbers import NumberSet
from asever.record import record

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
