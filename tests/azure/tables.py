"""Look-ups in effective tables, as naive as they can be: the first row that matches, by the definition of the contract."""

from __future__ import annotations

from pathlib import Path

from asever.azure.assumptions import ASSUMPTIONS
from asever.model.addresses import parse_address
from asever.model.effective import Arrival, EffectiveNetwork, Filter, FilterRow, Route, SourceTranslation, exists_in
from asever.model.packets import PROTOCOL_NUMBERS
from tests.claims import chosen_readings

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def readings(**chosen: str) -> dict[str, str]:
    """Every assumption at its recommended value, but for those chosen."""
    return {name: one.values[0][0] for name, one in ASSUMPTIONS.items()} | chosen_readings(**chosen)


def row(filter_: Filter, source: str, target: str, port: int = 443, protocol: str = "tcp", **chosen: str) -> FilterRow | None:
    """The row that decides a packet; unknown tags count as not matching. None where `otherwise` decides."""
    now = readings(**chosen)
    for one in filter_.rows:
        if (
            exists_in(one.condition, now)
            and PROTOCOL_NUMBERS[protocol] in one.protocol
            and parse_address(source) in one.source.addresses
            and parse_address(target) in one.target.addresses
            and port in one.target_port
        ):
            return one
    return None


def named(filter_: Filter, source: str, target: str, port: int = 443, protocol: str = "tcp", **chosen: str) -> str:
    """The name of the row that decides."""
    found = row(filter_, source, target, port, protocol, **chosen)
    assert found is not None
    return found.name


def route(network: EffectiveNetwork, site: str, target: str) -> Route:
    """The route a site takes to an address."""
    return next(one for one in network.sites[site].routes if parse_address(target) in one.destinations)


def hop(network: EffectiveNetwork, site: str, target: str) -> str:
    """The next hop of a site to an address: its type, and the fabric if there is one."""
    found = route(network, site, target)
    return found.hop.value if found.fabric is None else f"{found.hop.value}: {found.fabric}"


def translation(
    network: EffectiveNetwork, site: str, target: str, protocol: str = "tcp", fabric: str = "Internet", **chosen: str
) -> SourceTranslation | None:
    """How a site's source is translated on its way into a fabric."""
    now = readings(**chosen)
    for one in network.sites[site].translations:
        matches = parse_address(target) in one.destinations and PROTOCOL_NUMBERS[protocol] in one.protocol
        if one.fabric == fabric and matches and exists_in(one.condition, now):
            return one
    return None


def arrival(
    network: EffectiveNetwork,
    fabric: str,
    called: str,
    port: int = 443,
    protocol: str = "tcp",
    caller: str = "Internet",
    **chosen: str,
) -> Arrival | None:
    """What becomes of a packet in a fabric."""
    now = readings(**chosen)
    for one in network.fabrics[fabric].arrivals:
        if (
            parse_address(called) in one.called
            and PROTOCOL_NUMBERS[protocol] in one.protocol
            and port in one.called_port
            and (one.callers is None or caller in one.callers)
            and exists_in(one.condition, now)
        ):
            return one
    return None


def fate(
    network: EffectiveNetwork,
    fabric: str,
    called: str,
    port: int = 443,
    protocol: str = "tcp",
    caller: str = "Internet",
    **chosen: str,
) -> str:
    """Where a packet goes from a fabric: a site, another fabric, or why it is lost."""
    found = arrival(network, fabric, called, port, protocol, caller, **chosen)
    if found is None:
        return f"lost: {network.fabrics[fabric].otherwise}"
    return found.site or (f"on: {found.continues}" if found.continues else f"lost: {found.drops}")
