"""Rules that let FTP's control connection in and none of its data connections (ase-network-semantics 2.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.azure.environments import fronts
from asever.azure.platform import PROBE
from asever.diagnostics import Diagnostic
from asever.evaluate.judge import decides, deciding_row
from asever.lint.books import Book, rule_words
from asever.lint.warnings import warning
from asever.model.effective import Action, EffectiveNetwork, Filter, FilterKind, FilterRow, SiteKind
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, TCP, Packet
from asever.model.rule_keys import key_of
from asever.model.things import Direction, Network

_CONTROL = (21, 990)
_DATA = range(10001, 10021)
_SOURCE_PORT = 49152


def ftp_findings(network: Network, tables: EffectiveNetwork, book: Book, fixed: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Inbound rules before an environment that serves FTP."""
    if book.kind is not FilterKind.NSG or book.direction is not Direction.INBOUND:
        return
    here = [site for site in book.sites if site.kind is SiteKind.ENVIRONMENT]
    serving = [site for site in here if _serves(network, site.name)]
    if not serving:
        return
    readings = {name: values[0] for name, values in tables.assumptions.items()} | dict(fixed)
    for key, rule in book.rules.items():
        span = rule.parts.get("target_port")
        ports = [port for port in _CONTROL if port in rule.target_port]
        if span is None or not ports or rule.access != "allow" or rule.target_port == ANY_PORT:
            continue
        for site in serving:
            rows = ((one, row) for one in book.filters for row in one.rows if key_of(row) == key)
            if any(_lets_no_data_in(one, row, site.addresses, ports[0], readings, tables) for one, row in rows):
                yield warning(
                    "ftp-without-data",
                    f"{rule_words(rule)} of {book.title} lets FTP's control connection to ase {site.name} in, and no data",
                    span,
                    f"port {ports[0]} is allowed, and none of 10001-10020 from the same sources",
                    notes=("data connections come to ports 10001 to 10020: a client logs in, and cannot list a folder",),
                    advice="add 10001-10020 to the ports of the rule",
                )
                break


def _serves(network: Network, name: str) -> bool:
    return any(one.kind == "ftp" and one.closed is None for one in fronts(network.environments[name]))


def _lets_no_data_in(
    one: Filter, row: FilterRow, instances: NumberSet, port: int, readings: Mapping[str, str], tables: EffectiveNetwork
) -> bool:
    """Whether the row decides a control packet whose sender every data port is closed to."""
    targets = row.target.addresses & instances
    if not targets or row.condition or TCP not in row.protocol or port not in row.target_port:
        return False
    for low, _ in (row.source.addresses - PROBE).ranges:  # what pings is no client
        packet = Packet(protocol=TCP, source=low, source_port=_SOURCE_PORT, target=targets.first, target_port=port)
        if deciding_row(one, packet, readings, tables) is row:
            data = (packet.to_target(packet.target, number) for number in _DATA)
            return all(decides(one, each, readings, tables.tag_space) is Action.DENY for each in data)
    return False
