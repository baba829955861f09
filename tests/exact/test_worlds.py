"""Two filters side by side, against every packet in every world of unknown tags and readings."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from asever.exact.regions import rectangles
from asever.exact.worlds import World, more
from asever.model.effective import Action, EffectiveNetwork, FilterContext, FilterQuestion, FilterRelation, exists_in
from asever.model.things import Direction
from asever.solve.regions import filters_disagree
from tests.differential.small_tables import ASSUMPTIONS, EVERY, PORTS, TAG_SPACE, filters

NETWORK = EffectiveNetwork(sites={}, fabrics={}, assumptions=ASSUMPTIONS, tag_space=TAG_SPACE, probe_source=15)
FILTERS = filters(Direction.INBOUND, tags=True, always=False)


def passes(one, packet, readings, members):
    protocol, source, source_port, target, target_port = packet
    for row in one.rows:
        sides = (("source", row.source, source), ("target", row.target, target))
        if (
            exists_in(row.condition, readings)
            and protocol in row.protocol
            and source_port in row.source_port
            and target_port in row.target_port
            and all(
                address in match.addresses
                or any(address in match.space(tag, TAG_SPACE) and (side, tag) in members for tag in match.unknown_tags)
                for side, match, address in sides
            )
        ):
            return row.action is not Action.DENY
    return one.otherwise is not Action.DENY


def worlds(world):
    for values in product(*(ASSUMPTIONS[name] for name in world.readings)):
        readings = dict(zip(world.readings, values, strict=True))
        for bits in product((0, 1), repeat=len(world.tags)):
            members = {tag for tag, bit in zip(world.tags, bits, strict=True) if bit}
            yield readings, members, (*(ASSUMPTIONS[name].index(value) for name, value in readings.items()), *bits)


def proved(pair, world, regions):
    context = FilterContext(where="", left=pair[0], right=pair[1])
    asks = FilterQuestion(relation=FilterRelation.NO_MORE, contexts=(context,))
    return filters_disagree(NETWORK, asks, pair, world.names, regions, seconds=None)


@settings(deadline=None, max_examples=15, database=None)
@given(FILTERS, FILTERS, st.randoms(use_true_random=False))
def test_what_one_passes_and_the_other_drops_is_exact_and_proved(left, right, draw):
    world = World(NETWORK, (left, right), {})
    regions = rectangles(more(world, left, right), world.domain)
    packets = list(product((6, 17), EVERY, PORTS, EVERY, PORTS))
    for readings, members, further in worlds(world):
        for packet in draw.sample(packets, 200):
            point = (*packet, *further)
            listed = any(all(n in numbers for n, numbers in zip(point, region, strict=True)) for region in regions)
            assert listed == (passes(left, packet, readings, members) and not passes(right, packet, readings, members))
    assert proved((left, right), world, regions) is None
    if regions:
        assert proved((left, right), world, regions[1:]) is not None or len(regions) > 1
    if len(regions) < 1:
        assert proved((left, right), world, [world.domain[0]]) is not None
