"""Ends as bits, against the sets of addresses themselves."""

from __future__ import annotations

import random

import pytest

from asever.bulk.cells import Cells, Traffic
from asever.bulk.crowd import Crowd, numbers_of
from asever.model.effective import Action, EffectiveNetwork, FilterRow
from asever.model.numbers import NumberSet

NETWORK = EffectiveNetwork(sites={}, fabrics={}, assumptions={}, tag_space=NumberSet(), probe_source=0)


def some_set(draw, most):
    ranges = []
    for _ in range(draw.randint(1, most)):
        low = draw.randrange(120)
        ranges.append((low, low + draw.randrange(12)))
    return NumberSet.of(ranges)


@pytest.mark.parametrize("seed", range(30))
def test_sides_are_what_sets_say_of_every_end(seed):
    draw = random.Random(seed)
    ends = [some_set(draw, draw.choice([1, 1, 1, 3])) for _ in range(25)]
    crowd = Crowd(ends)
    for _ in range(40):
        addresses = some_set(draw, 4)
        side = crowd.side(addresses)
        assert numbers_of(side.meeting) == [number for number, end in enumerate(ends) if end.overlaps(addresses)]
        assert numbers_of(side.within) == [number for number, end in enumerate(ends) if end <= addresses]
        shares = {number: (end & addresses).size / end.size for number, end in enumerate(ends)}
        for number, share in shares.items():
            assert crowd.share(number, addresses) == pytest.approx(share, abs=1e-5)
        met = {number: pytest.approx(share, abs=1e-5) for number, share in shares.items() if share}
        assert dict(side.few) == met if side.few is not None else len(met) > 8
        assert all(share == 1.0 for number, share in side.few or () if ends[number] <= addresses)


@pytest.mark.parametrize("limit", [0, 3, 768])
@pytest.mark.parametrize("seed", range(10))
def test_cells_are_what_rows_ask_of_protocol_and_ports(seed, limit, monkeypatch):
    monkeypatch.setattr("asever.bulk.cells.MOST_CUTS", limit)
    draw = random.Random(seed)
    traffic = [
        Traffic(NumberSet.of(((6, 6), (17, 17))), NumberSet.span(0, 99), some_set(draw, 2)),
        Traffic(NumberSet.single(1), NumberSet.single(0), NumberSet.single(0)),
    ]
    rows = [
        FilterRow(
            priority=number,
            name="",
            action=Action.ALLOW,
            protocol=draw.choice([NumberSet.single(6), NumberSet.of(((1, 1), (17, 17))), NumberSet.span(0, 255)]),
            source_port=draw.choice([NumberSet.span(0, 65535), NumberSet.span(50, 60)]),
            target_port=draw.choice([some_set(draw, 3), NumberSet.span(0, 65535)]),
        )
        for number in range(8)
    ]
    cells = Cells(NETWORK, {}, traffic, [rows])
    points: dict[tuple[int, int, int], int] = {}
    for which, one in enumerate(traffic):
        for protocol in one.protocol:
            for port in one.target_port:
                exact = FilterRow(
                    priority=0,
                    name="",
                    action=Action.ALLOW,
                    protocol=NumberSet.single(protocol),
                    target_port=NumberSet.single(port),
                )
                met, _ = cells.of(exact)
                assert met.bit_count() == 1
                points[which, protocol, port] = met
    assert cells.every == sum(set(points.values()))
    for row in rows:
        meeting, within = cells.of(row)
        for (which, protocol, port), cell in points.items():
            one = traffic[which]
            if protocol in row.protocol and port in row.target_port and row.source_port.overlaps(one.source_port):
                assert meeting & cell
            elif within & cell:
                pytest.fail(f"{protocol} {port} is not in {row}")
        assert not within & ~meeting
