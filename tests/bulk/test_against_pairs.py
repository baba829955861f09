"""What is told of all ends at once, against what exact sets say of each pair alone."""

from __future__ import annotations

import random

import pytest

from asever.explain.matrix import Wanted, _Table
from asever.explain.parties import ANY_PORT_SERVICES
from asever.model.claims import EndpointKind
from tests.bulk.plain_networks import plain_network
from tests.claims import WEB, on, program

SERVICES = (WEB, ANY_PORT_SERVICES, on("tcp 443"), on("tcp 22; udp 53; icmp"))
OUTSIDE = {EndpointKind.INTERNET, EndpointKind.MANAGEMENT}
PAIRS = 150


def pairs_of(table):
    for origin in table.parties:
        for target in table.parties:
            itself = origin is target and origin.endpoint.kind is EndpointKind.MACHINE
            outside = {origin.endpoint.kind, target.endpoint.kind} <= OUTSIDE
            if origin.calls and target.answers and not itself and not outside:
                yield origin, target


@pytest.mark.parametrize("seed", [*range(24), 138, 148, 167, 214])
def test_a_pair_by_itself_comes_to_the_same(seed):
    draw = random.Random(seed)
    table = _Table(program(plain_network(draw)), Wanted(services=SERVICES[seed % len(SERVICES)]))
    pairs = list(pairs_of(table))
    told = 0
    for origin, target in random.Random(seed).sample(pairs, min(len(pairs), PAIRS)):
        ((among_plain,),) = table.plain.lines([origin], [target])
        if among_plain is not None:
            told += 1
            assert among_plain is table.reach(origin, target, None, {}), (origin.title, target.title)
    assert told > PAIRS // 6
