"""One flow for every class that the network can tell apart: representatives between all cut points of the tables in play."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from operator import attrgetter

from asever.model.effective import EffectiveNetwork, FilterRow, Scope, recommended
from asever.model.identity import Same
from asever.model.numbers import NumberSet
from asever.model.packets import Flow, Packet

_SIDES = ("source", "target")
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
    fixed = {**recommended(network), **readings, **dict(scope.condition)}
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


def _representatives(numbers: NumberSet, cuts: Sequence[Sequence[int]]) -> list[int]:
    """The least number of the set in each stretch between two cuts; each list of cuts is in order."""
    return sorted({low for low, _ in numbers.ranges}.union(*(_among(numbers, one) for one in cuts)))


def _among(numbers: NumberSet, cuts: Sequence[int]) -> Iterable[int]:
    """Those of some cuts that lie in a set."""
    if len(cuts) < len(numbers.ranges):
        return [cut for cut in cuts if cut in numbers]
    return [cut for low, high in numbers.ranges for cut in cuts[bisect_left(cuts, low) : bisect_right(cuts, high)]]


def _cuts(network: EffectiveNetwork, scope: Scope, name: str) -> list[Sequence[int]]:
    origin = network.sites[scope.origin]
    sites = [origin, *(network.sites[site] for site in sorted(scope.arrives_at))]
    cuts = [_of_rows(Same(one.rows), name) for site in sites for one in (*site.outbound, *site.inbound)]
    if name == "target":
        cuts.append(_ends(route.destinations for route in origin.routes))
    return cuts


@lru_cache(maxsize=512)
def _of_rows(same: Same[tuple[FilterRow, ...]], name: str) -> Sequence[int]:
    """Where the rows of a filter begin and end to match in a field; many checks ask for those of the same filters."""
    numbers: Callable[[FilterRow], NumberSet] = attrgetter(f"{name}.addresses" if name in _SIDES else name)
    return _ends(map(numbers, same.value))


def _ends(sets: Iterable[NumberSet]) -> list[int]:
    return sorted({cut for one in sets for low, high in one.ranges for cut in (low, high + 1)})
