"""Literal prefixes in rules that do not agree with the subnets of the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from asever.azure.inventory import inventory
from asever.diagnostics import Diagnostic, Edit, Label
from asever.evaluate.judge import decides, deciding_row
from asever.lint.books import Book, rule_words
from asever.lint.warnings import warning
from asever.model.addresses import format_address, format_addresses
from asever.model.effective import EffectiveNetwork, Filter, FilterKind, FilterRow
from asever.model.numbers import NumberSet, union
from asever.model.packets import Packet
from asever.model.rule_keys import RuleKey, key_of
from asever.model.things import AddressTerm, DeclaredRule, Environment, Network, Subnet, TermKind


def prefix_findings(network: Network, tables: EffectiveNetwork, book: Book, fixed: Mapping[str, str]) -> Iterator[Diagnostic]:
    """What the literal prefixes of a list's rules hold more, or less, than the subnets that they are about."""
    if book.kind is not FilterKind.NSG:
        return
    beginning: dict[int, dict[str, Subnet]] = {}
    for subnet in network.subnets.values():
        for prefix in subnet.prefixes:
            beginning.setdefault(prefix.first, {})[subnet.name] = subnet
    for key, rule in book.rules.items():
        for side, terms in (("source", rule.sources), ("target", rule.targets)):
            for term in terms:
                ranges = term.addresses.ranges
                begun = beginning.get(ranges[0][0]) if ranges else None
                if (begun or network.environments) and ranges and term.kind is TermKind.ADDRESSES and term.span is not None:
                    if begun is not None:
                        yield from _wider(network, book, rule, term, begun.values())
                    if network.environments:
                        yield from _half(network, tables, book, (key, rule), side, term, fixed)


# -- Wider than the subnet ----------------------------------------------------------------------------------------------


def _wider(
    network: Network, book: Book, rule: DeclaredRule, term: AddressTerm, beginning: Iterable[Subnet]
) -> Iterator[Diagnostic]:
    """A prefix that begins where a subnet begins, goes on beyond it, and meets no other subnet there (P20: a resized one)."""
    for subnet in beginning:
        vnet = network.vnets[subnet.vnet]
        held = union(subnet.prefixes)
        beyond = term.addresses - held
        inside = term.addresses <= vnet.address and term.addresses != vnet.address
        if inside and held <= term.addresses and beyond and not _others(network, subnet).overlaps(beyond):
            yield _stale(book, rule, term, subnet, beyond)


def _others(network: Network, subnet: Subnet) -> NumberSet:
    return union(prefix for one in network.subnets.values() if one is not subnet for prefix in one.prefixes)


def _stale(book: Book, rule: DeclaredRule, term: AddressTerm, subnet: Subnet, beyond: NumberSet) -> Diagnostic:
    span = term.span
    assert span is not None  # noqa: S101 - the caller looks
    home = subnet.parts.get("address", subnet.span)
    return warning(
        "stale-prefix",
        f"{term.text} in {rule_words(rule)} of {book.title} is not the prefix of subnet `{subnet.name}`",
        span,
        f"no subnet holds {format_addresses(beyond)}",
        secondary=[Label(home, f"the subnet is {format_addresses(union(subnet.prefixes))}")] if home is not None else [],
        advice=f"write `{subnet.name}`, which stays right when the subnet changes",
        edit=Edit(span, subnet.name),
    )


# -- A part of an environment's instances -------------------------------------------------------------------------------


def _half(
    network: Network,
    tables: EffectiveNetwork,
    book: Book,
    keyed: tuple[RuleKey, DeclaredRule],
    side: str,
    term: AddressTerm,
    fixed: Mapping[str, str],
) -> Iterator[Diagnostic]:
    """A prefix that holds some of the addresses that an environment's instances may have, where others fare otherwise."""
    key, rule = keyed
    for one in network.environments.values():
        prefixes = union(network.subnets[one.subnet].prefixes)
        instances = inventory(network).instances(one)
        some = term.addresses & instances
        rest = instances - union(each.addresses for each in (rule.sources if side == "source" else rule.targets))
        if not (some and rest and term.addresses <= prefixes):
            continue
        apart = _fares_otherwise(tables, book, key, side, some, rest, fixed)
        if apart is not None:
            yield _half_covered(network, book, rule, term, one, apart)


def _half_covered(
    network: Network, book: Book, rule: DeclaredRule, term: AddressTerm, one: Environment, apart: tuple[int, int]
) -> Diagnostic:
    span = term.span
    assert span is not None  # noqa: S101 - the caller looks
    home = network.subnets[one.subnet]
    at = home.parts.get("address", home.span)
    inside, beyond = map(format_address, apart)
    return warning(
        "half-covered-instances",
        f"{term.text} in {rule_words(rule)} of {book.title} holds only some instances of ase {one.name}",
        span,
        f"an instance at {inside} fares otherwise than one at {beyond}",
        secondary=[Label(at, "an instance may have any address of its subnet")] if at is not None else [],
        notes=(
            "Azure gives instances any address of the subnet, and others when it moves them (asever help any-instance-address)",
        ),
        advice=f"write `{one.subnet}`",
        edit=Edit(span, one.subnet),
    )


def _fares_otherwise(
    tables: EffectiveNetwork,
    book: Book,
    key: RuleKey,
    side: str,
    some: NumberSet,
    rest: NumberSet,
    fixed: Mapping[str, str],
) -> tuple[int, int] | None:
    """An address of `some` that the rule decides, and one of `rest` that the filter judges otherwise in the same packet."""
    readings = {name: values[0] for name, values in tables.assumptions.items()} | dict(fixed)
    for one in book.filters:
        for row in one.rows:
            packet = _packet(row, side, some) if key_of(row) == key else None
            if packet is None or deciding_row(one, packet, readings, tables) is not row:
                continue
            own = decides(one, packet, readings, tables.tag_space)
            for address in _representatives(one, side, rest):
                other = packet.from_source(address) if side == "source" else packet.to_target(address)
                judged = decides(one, other, readings, tables.tag_space)
                if own is not None and judged is not None and judged is not own and _in_every_reading(one, packet, other):
                    return getattr(packet, side), address
    return None


def _in_every_reading(one: Filter, *packets: Packet) -> bool:
    """Whether no row that exists in some readings only can match one of these packets."""
    return not any(
        row.condition
        and packet.protocol in row.protocol
        and packet.target_port in row.target_port
        and packet.source in row.source.addresses
        and packet.target in row.target.addresses
        for row in one.rows
        for packet in packets
    )


def _packet(row: FilterRow, side: str, some: NumberSet) -> Packet | None:
    """A packet that the row matches, with one of these addresses on a side."""
    sides = {"source": row.source.addresses, "target": row.target.addresses}
    sides[side] &= some
    if not all((*sides.values(), row.protocol, row.source_port, row.target_port)):
        return None
    protocol = 6 if 6 in row.protocol else row.protocol.first
    ported = protocol in (6, 17)
    return Packet(
        protocol=protocol,
        source=sides["source"].first,
        source_port=49152 if ported and 49152 in row.source_port else row.source_port.first,
        target=sides["target"].first,
        target_port=443 if ported and 443 in row.target_port else row.target_port.first,
    )


def _representatives(one: Filter, side: str, rest: NumberSet) -> Iterator[int]:
    """One address of `rest` for each way in which the rows can tell its addresses apart."""
    cuts = {low for low, _ in rest.ranges}
    for row in one.rows:
        for low, high in getattr(row, side).addresses.ranges:
            cuts.update((low, high + 1))
    yield from sorted(cut for cut in cuts if cut in rest)
