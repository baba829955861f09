"""Regions of packets in words: what is narrower than the whole is said, the rest is not."""

from __future__ import annotations

from collections.abc import Iterator

from asever.model.addresses import format_addresses
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, format_protocols
from asever.model.regions import FIELDS, Region
from asever.report.words import ports_text

_MOST_RANGES = 4


def region_text(region: Region, whole: Region | None = None) -> str:
    """`tcp 443, 8443 from 10.1.1.0/24 to 10.2.1.4`; a side that is all of `whole` is left out."""
    return " ".join(_words(region, whole))


def _words(region: Region, whole: Region | None) -> Iterator[str]:
    protocol, source, source_port, target, target_port = region
    yield format_protocols(protocol)
    if protocol.overlaps(PROTOCOLS_WITH_PORTS):
        yield "any port" if target_port in (ANY_PORT, _PORTS_FROM_1) else _ranges(ports_text(target_port), target_port)
    if whole is None or source != whole[1]:
        yield f"from {_addresses(source)}"
    if source_port not in (ANY_PORT, NumberSet.single(0)):
        yield f"port {_ranges(ports_text(source_port), source_port)}"
    if whole is None or target != whole[3]:
        yield f"to {_addresses(target)}"


_PORTS_FROM_1 = NumberSet.span(1, 65535)


def _addresses(addresses: NumberSet) -> str:
    return _ranges(format_addresses(addresses), addresses)


def _ranges(text: str, numbers: NumberSet) -> str:
    """The text of a set, cut where it has many parts."""
    if len(numbers.ranges) <= _MOST_RANGES:
        return text
    return f"{', '.join(text.split(', ')[:_MOST_RANGES])} and {len(numbers.ranges) - _MOST_RANGES} more"


def region_json(region: Region) -> dict[str, object]:
    """A region by its fields, each as inclusive ranges: addresses as text, the rest as numbers."""
    return {
        name: [format_addresses(NumberSet((one,))) for one in numbers.ranges]
        if name in ("source", "target")
        else [list(one) for one in numbers.ranges]
        for name, numbers in zip(FIELDS, region, strict=True)
    }
