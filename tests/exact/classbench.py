"""Filters in ClassBench's format: `@source target sport : sport dport : dport protocol/mask ...`."""

from __future__ import annotations

import ipaddress
import os
import random
from pathlib import Path

from asever.exact.boxes import Budget
from asever.exact.filters import Table
from asever.model.addresses import ALL_V4
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, Filter, FilterKind, FilterRow
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT
from asever.model.regions import FIELDS
from asever.model.things import Direction

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(os.environ.get("ASEVER_CORPUS") or ROOT.parent / "shared" / "corpus") / "acl_bench"
NETWORK = EffectiveNetwork(sites={}, fabrics={}, assumptions={}, tag_space=NumberSet(), probe_source=0)
PROTOCOLS = NumberSet.span(0, 255)
EVERY = (PROTOCOLS, ALL_V4, ANY_PORT, ALL_V4, ANY_PORT)


def prefix(text):
    one = ipaddress.ip_network(text, strict=False)
    return NumberSet.span(int(one.network_address), int(one.broadcast_address))


def ports(text):
    low, high = text.split(":")
    return NumberSet.span(int(low), int(high))


def row(number, text):
    source, target, sport, dport, protocol, *_ = text.lstrip("@").replace(" : ", ":").split()
    value, mask = (int(part, 16) for part in protocol.split("/"))
    return FilterRow(
        priority=number,
        name=f"line {number}",
        action=Action.DENY if number % 3 == 0 else Action.ALLOW,
        protocol=NumberSet.single(value) if mask else PROTOCOLS,
        source=AddressMatch(addresses=prefix(source)),
        source_port=ports(sport),
        target=AddressMatch(addresses=prefix(target)),
        target_port=ports(dport),
    )


def read(path):
    lines = [line for line in path.read_text().splitlines() if line.startswith("@")]
    rows = tuple(row(number, line) for number, line in enumerate(lines, 1))
    return Filter(resource=path.name, kind=FilterKind.NSG, direction=Direction.INBOUND, place=path.name, rows=rows)


def filters(folder=FOLDER):
    """The filters of up to some thousand rules, in the order of their names."""
    for path in sorted(folder.rglob("*_1k")) + sorted(folder.rglob("*.rules")):
        one = read(path)
        if len(one.rows) <= 1500:
            yield path.name, one


def queries(one):
    """All packets, and narrower ones around rules that are there: a whole /8, a web service, all ports of one host."""
    yield "all", EVERY
    draw = random.Random(1)
    for title, length in (("from a /8", 8), ("from a /16", 16)):
        base = draw.choice(one.rows).source.addresses.first
        size = 1 << (32 - length)
        yield (
            title,
            (PROTOCOLS, NumberSet.span(base // size * size, base // size * size + size - 1), ANY_PORT, ALL_V4, ANY_PORT),
        )
    yield "web", (NumberSet.single(6), ALL_V4, ANY_PORT, ALL_V4, NumberSet.of(((80, 80), (443, 443))))
    host = draw.choice(one.rows).target.addresses.first
    yield "to a host", (PROTOCOLS, ALL_V4, ANY_PORT, NumberSet.single(host), ANY_PORT)


def decided(one, region):
    """What a filter permits and what it denies of a region, in disjoint regions."""
    table = Table(NETWORK, one.rows, one.otherwise, {})
    found = {Action.ALLOW: [], Action.DENY: []}
    for part, (action,) in table.parts(FIELDS, dict(zip(FIELDS, region, strict=True)), Budget()):
        found[action].append(tuple(part[name] for name in FIELDS))
    return found[Action.ALLOW], found[Action.DENY]
