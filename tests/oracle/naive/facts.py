"""What the references call private, public and reserved, and what an answer of the oracle is."""

from __future__ import annotations

from dataclasses import dataclass

from asever.model.addresses import parse_address, parse_addresses
from asever.model.numbers import NumberSet

DELIVERED, REPLY_LOST, DROPPED, UNKNOWN = "delivered", "reply-lost", "dropped", "unknown"
ICMP, TCP, UDP, ESP, AH = 1, 6, 17, 50, 51
V4 = parse_addresses("0.0.0.0/0")
# azure-network-semantics 5.1: the reserved prefixes that system routes drop.
RESERVED = [parse_addresses(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
# azure-network-semantics 3.2: the tag Internet is all of IPv4 without these.
NOT_INTERNET = [
    parse_addresses(one)
    for one in (
        *("0.0.0.0/8", "10.0.0.0/8", "25.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
    )
]
PUBLIC = NumberSet(V4.ranges)
for _one in NOT_INTERNET:
    PUBLIC -= _one
HOST = parse_address("168.63.129.16")
METADATA = parse_address("169.254.169.254")


@dataclass(frozen=True)
class Answer:
    """What becomes of the packet; `at` is the name of who received it, `seen` and the rest are the packet there.

    An `at` of None stands for a receiver that the references do not name (a platform service somewhere).
    """

    outcome: str
    at: str | None = ""
    seen: int | None = None
    target: int | None = None
    port: int | None = None


class Unsure(Exception):  # noqa: N818
    """The references or the file leave it open."""


class Lost(Exception):  # noqa: N818
    """The packet goes no further."""


def is_public(address):
    return address in PUBLIC


def is_v4(address):
    return address in V4


def is_private(address):
    """RFC 1918 and 100.64.0.0/10: what an Azure Firewall does not translate (azure-network-semantics 10.1)."""
    return any(address in one for one in RESERVED)


def has_ports(protocol):
    return protocol in (TCP, UDP)
