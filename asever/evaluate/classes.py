"""One flow for every class that the network can tell apart: representatives between all cut points of the tables in play."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import product

from asever.model.effective import EffectiveNetwork, Scope
from asever.model.numbers import NumberSet
from asever.model.packets import Flow, Packet

_FIELDS = ("protocol", "source", "source_port", "target", "target_port")


def classes(
    network: EffectiveNetwork, scope: Scope, readings: Mapping[str, str], *, most: int = 64, seed: int = 1
) -> tuple[tuple[Flow, ...], int]:
    """Flows of a scope, one a class, and the number of classes; more than `most` are sampled with the seed."""
    atoms = [_atoms(network, scope, name) for name in _FIELDS]
    total = 1
    for one in atoms:
        total *= len(one)
    if total <= most:
        chosen: Iterator[tuple[int, ...]] = product(*atoms)
    else:
        draw = random.Random(seed)  # noqa: S311 - a repeatable sample, no secret
        chosen = (tuple(draw.choice(one) for one in atoms) for _ in range(most))
    values = dict(network.assumptions)
    fixed = {**{name: both[0] for name, both in values.items()}, **readings, **dict(scope.condition)}
    flows = tuple(
        Flow(
            origin=scope.origin,
            packet=Packet(
                protocol=protocol,
                source=source,
                source_port=source_port,
                target=target,
                target_port=target_port,
                source_tags=scope.packets.source_tags,
                target_tags=scope.packets.target_tags,
            ),
            readings=fixed,
        )
        for protocol, source, source_port, target, target_port in chosen
    )
    return flows, total


def _atoms(network: EffectiveNetwork, scope: Scope, name: str) -> list[int]:
    numbers: NumberSet = getattr(scope.packets, name)
    return [numbers.first] if numbers.is_single else _representatives(numbers, _cuts(network, scope, name))


def _representatives(numbers: NumberSet, cuts: set[int]) -> list[int]:
    """The least number of the set in each stretch between two cuts."""
    found = []
    for low, high in numbers.ranges:
        found.append(low)
        found.extend(sorted(cut for cut in cuts if low < cut <= high))
    return found


def _cuts(network: EffectiveNetwork, scope: Scope, name: str) -> set[int]:
    origin = network.sites[scope.origin]
    sites = [origin, *(network.sites[site] for site in sorted(scope.arrives_at))]
    cuts: set[int] = set()
    for site in sites:
        for one in (*site.outbound, *site.inbound):
            for row in one.rows:
                numbers = {
                    "protocol": row.protocol,
                    "source": row.source.addresses,
                    "source_port": row.source_port,
                    "target": row.target.addresses,
                    "target_port": row.target_port,
                }[name]
                cuts.update(cut for low, high in numbers.ranges for cut in (low, high + 1))
    if name == "target":
        cuts.update(cut for route in origin.routes for low, high in route.destinations.ranges for cut in (low, high + 1))
    return cuts
