"""Product sets of packets in words: `tcp 80, 443 from any of 10.0.1.4-10.0.1.62, any source port, to 192.23.1.3 (two.vip)`."""

from __future__ import annotations

from asever.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, format_addresses
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, format_protocol, format_protocols
from asever.model.regions import Region
from asever.report.words import Vocabulary, ports_text, tags_text

_FEW = 4
_NO_PORT = NumberSet.single(0)


def region_text(
    region: Region,
    words: Vocabulary,
    *,
    within: Region | None = None,
    ends: tuple[str, str] = ("", ""),
    tags: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset()),
) -> str:
    """A region in one sentence. `within` is all that was asked about: what is all of a field there is told in fewer words.

    `ends` are the names of who sends and who is called, `tags` what is known of the two addresses.
    """
    protocol, source, source_port, target, target_port = region
    whole: tuple[NumberSet | None, ...] = within or (None,) * len(region)
    traffic = _traffic(protocol, target_port)
    sender = _addresses(source, words, whole[1], ends[0], tags[0])
    called = _addresses(target, words, whole[3], ends[1], tags[1])
    if source_port == _NO_PORT and not protocol.overlaps(PROTOCOLS_WITH_PORTS):
        ports = ""
    elif source_port in (whole[2], ANY_PORT):
        ports = ", any source port,"
    else:
        ports = f", source port {_some(ports_text(source_port))},"
    return f"{traffic} from {sender}{ports} to {called}"


def _traffic(protocol: NumberSet, target_port: NumberSet) -> str:
    names = format_protocols(protocol) if protocol.size < 9 else f"{protocol.size} protocols"
    if target_port == ANY_PORT:
        return "anything" if names == "any" else f"{names} on any port"
    if not protocol.overlaps(PROTOCOLS_WITH_PORTS):
        return ", ".join(format_protocol(one) for one in protocol)
    return f"{names} {_some(ports_text(target_port))}"


def _addresses(numbers: NumberSet, words: Vocabulary, whole: NumberSet | None, end: str, tags: frozenset[str]) -> str:
    known = f", {tags_text(tags)}" if tags else ""
    if numbers.size == 1:
        return f"{words.named(numbers.first)}{known}"
    named = [address for address in sorted(words.addresses) if address in numbers]
    if numbers.size == len(named) <= _FEW:
        return f"{' and '.join(map(words.named, named))}{known}"
    every = {ALL_ADDRESSES: "any address", ALL_V4: "any IPv4 address", ALL_V6: "any IPv6 address"}.get(numbers)
    if every is not None:
        return f"{every}{known}"
    text = format_addresses(numbers)
    if len(numbers.ranges) <= _FEW:
        return f"any of {text}{known}"
    if numbers == whole and end:
        return f"any of the {numbers.size:,} addresses of {end}{known}"
    return f"any of {numbers.size:,} addresses ({_some(text)}){known}"


def _some(text: str) -> str:
    """A list, or its beginning and how much follows."""
    parts = text.split(", ")
    if len(parts) <= 2 * _FEW:
        return text
    return f"{', '.join(parts[: 2 * _FEW])} and {len(parts) - 2 * _FEW} more ranges"
