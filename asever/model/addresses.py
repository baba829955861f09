"""IPv4 and IPv6 addresses as numbers of one line, and their text.

An IPv4 address is its 32-bit value; an IPv6 address is its 128-bit value plus 2**128. One number thus says which family it
belongs to, a `NumberSet` may hold both, and a comparison never mixes them up.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from asever.model.numbers import NumberSet, Range

V6_BASE = 1 << 128
ALL_V4 = NumberSet.span(0, (1 << 32) - 1)
ALL_V6 = NumberSet.span(V6_BASE, V6_BASE + (1 << 128) - 1)
ALL_ADDRESSES = ALL_V4 | ALL_V6
# What stands for "some public address" in an example: nobody's, since RFC 5737 keeps its range for documentation.
_SOME_PUBLIC = (203 << 24) + (113 << 8) + 7


def is_v6(address: int) -> bool:
    """Whether the number stands for an IPv6 address."""
    return address >= V6_BASE


def parse_address(text: str) -> int:
    """The number of an address; raises `ValueError` when the text is not one."""
    parsed = ipaddress.ip_address(text)
    return int(parsed) + (V6_BASE if parsed.version == 6 else 0)


def parse_prefix(text: str) -> NumberSet:
    """The addresses of a CIDR prefix or of one address; raises `ValueError` for host bits or bad text."""
    quick = _plain_v4(text)
    if quick is not None:
        return quick
    network = ipaddress.ip_network(text, strict=True)
    base = int(network.network_address) + (V6_BASE if network.version == 6 else 0)
    return NumberSet.span(base, base + network.num_addresses - 1)


_V4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:/(\d{1,2}))?", re.ASCII)


@lru_cache(maxsize=4096)  # a prefix is read where it stands, where it is checked, and in every rule that names it again
def _plain_v4(text: str) -> NumberSet | None:
    """The same for what most prefixes are, in a tenth of the time: tags hold thousands. None for the rest."""
    found = _V4.fullmatch(text)
    if found is None:
        return None
    parts = found.groups(default="32")
    octets = [int(one) for one in parts[:4]]
    size = 1 << max(32 - int(parts[4]), 0)
    base = (octets[0] << 24) + (octets[1] << 16) + (octets[2] << 8) + octets[3]
    plain = max(octets) < 256 and all(one == "0" or one[0] != "0" for one in parts[:4]) and int(parts[4]) <= 32
    return NumberSet.span(base, base + size - 1) if plain and not base % size else None


def parse_addresses(text: str) -> NumberSet:
    """The addresses of `A`, `A/N`, `A-B` or `*`; raises `ValueError` otherwise."""
    if text == "*":
        return ALL_ADDRESSES
    if "-" in text:
        low, high = (parse_address(part) for part in text.split("-", 1))
        if low > high or is_v6(low) != is_v6(high):
            raise ValueError(f"{text} is not a range")
        return NumberSet.span(low, high)
    return parse_prefix(text)


def typical(addresses: NumberSet) -> int:
    """The address of a set that a reader takes for a machine's: not the first of a prefix, which names the network."""
    if _SOME_PUBLIC in addresses:
        return _SOME_PUBLIC
    low, high = addresses.ranges[0]
    return low + 1 if low % 256 == 0 and high > low + 1 else low


def format_address(address: int) -> str:
    """The canonical text of one address."""
    if is_v6(address):
        return str(ipaddress.IPv6Address(address - V6_BASE))
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


def prefixes(addresses: NumberSet) -> tuple[str, ...]:
    """The fewest CIDR prefixes that cover the set exactly, as text; a single address has no `/32`."""
    return tuple(text for one in addresses.ranges for text in _prefixes_of(one))


def format_addresses(addresses: NumberSet) -> str:
    """Short text of a set: `*`, prefixes, or `first-last` where a range is not a prefix."""
    if addresses == ALL_ADDRESSES:
        return "*"
    return ", ".join(_format_range(one) for one in addresses.ranges)


def _format_range(one: Range) -> str:
    covering = _prefixes_of(one)
    return covering[0] if len(covering) == 1 else f"{format_address(one[0])}-{format_address(one[1])}"


def _prefixes_of(one: Range) -> tuple[str, ...]:
    low, high = one
    base, bits = (V6_BASE, 128) if is_v6(low) else (0, 32)
    low, high = low - base, high - base
    result = []
    while low <= high:
        size = min((low & -low).bit_length() - 1 if low else bits, (high - low + 1).bit_length() - 1)
        text = format_address(low + base)
        result.append(text if size == 0 else f"{text}/{bits - size}")
        low += 1 << size
    return tuple(result)
