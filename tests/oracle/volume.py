"""Random packets through random networks, read twice: `python -m tests.oracle.volume 100000` compares walk and naive oracle."""

from __future__ import annotations

import random
import sys
from collections import Counter

from asever.azure.effective import effective
from asever.evaluate.walk import walk
from asever.model.addresses import format_address, parse_address
from asever.model.answers import Outcome
from asever.model.packets import Flow, Packet
from tests.explain.test_random_networks import some_network
from tests.oracle.naive import UNKNOWN, Naive

ADDRESSES = tuple(
    parse_address(one)
    for one in (
        *(
            "10.0.1.4",
            "10.0.1.40",
            "10.0.2.4",
            "10.0.2.10",
            "10.0.2.33",
            "10.0.3.4",
            "10.0.3.77",
            "10.1.1.4",
            "10.1.1.9",
            "10.2.0.1",
        ),
        *("10.1.1.5", "10.1.1.20", "40.2.2.2"),
        *("192.23.1.2", "192.23.1.3", "40.1.1.1", "8.8.8.8", "20.1.2.3", "13.66.140.0", "172.20.0.9", "30.0.0.9", "40.1.1.7"),
    )
)
PORTS = (80, 443, 21, 990, 10005, 454, 455, 1433, 16001, 4018, 4020, 4024, 8172, 22, 53)


def some_flow(draw, network, tables):
    """A flow from a random site that starts calls, to a random address."""
    names = sorted(network.environments) + sorted(network.machines) + ["corp/c", "spoke/s", "Internet"]
    name = draw.choice([one for one in names if one in tables.sites])
    site = tables.sites[name]
    protocol = draw.choice([6, 6, 6, 17, 1])
    low, high = draw.choice(site.addresses.ranges)
    source = draw.randint(low, high)
    if name == "Internet" and draw.random() < 0.5:
        source = draw.choice([one for one in ADDRESSES if one in site.addresses])
    with_ports = protocol in (6, 17)
    packet = Packet(
        protocol=protocol,
        source=source,
        source_port=draw.choice([49152, 80, 5000]) if with_ports else 0,
        target=draw.choice(ADDRESSES),
        target_port=draw.choice(PORTS) if with_ports else 0,
    )
    readings = {one: draw.choice(values) for one, values in tables.assumptions.items()}
    readings |= {"blocked-probe": "serves-on", "ip-ssl-source": "client"}
    return Flow(origin=name, packet=packet, readings=readings)


def compare(draw, network, tables):
    """`agree`, `unsure` where one reading does not commit itself, or the contradiction in words."""
    flow = some_flow(draw, network, tables)
    if flow.packet.source == flow.packet.target:
        return "unsure"
    origin = network.environments.get(flow.origin) or network.machines.get(flow.origin) or flow.origin
    trace = walk(tables, flow)
    naive = Naive(network, flow.readings).send(origin, flow.packet)
    if naive.outcome == UNKNOWN or trace.outcome is Outcome.UNKNOWN:
        return "unsure"
    same = naive.outcome == trace.outcome.value
    if same and trace.arrived is not None:
        same = naive.at == trace.site and naive.seen == trace.arrived.source
    if same:
        return "agree"
    packet = flow.packet
    return (
        f"{flow.origin}: {packet.protocol} {format_address(packet.source)}:{packet.source_port} -> "
        f"{format_address(packet.target)}:{packet.target_port}: naive {naive}, walk {trace.outcome.value} at {trace.site}: "
        + "; ".join(f"{step.at} {step.kind.value} {step.detail}" for step in trace.steps)
    )


def run(pairs, seed=0, per_network=25):
    """Compares this many pairs; returns how many agreed, how many nobody committed to, and the contradictions."""
    counts: Counter[str] = Counter()
    contradictions = []
    for number in range(0, pairs, per_network):
        draw = random.Random(seed * 1_000_003 + number)
        network = some_network(draw)
        tables = effective(network)
        for _ in range(min(per_network, pairs - number)):
            found = compare(draw, network, tables)
            counts[found if found in ("agree", "unsure") else "contradict"] += 1
            if found not in ("agree", "unsure"):
                contradictions.append(f"network {number}: {found}")
    return counts, contradictions


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    counts, contradictions = run(pairs)
    for one in contradictions[:20]:
        print(one)
    agree, contradict, unsure = (counts[name] for name in ("agree", "contradict", "unsure"))
    print(f"{pairs} pairs: {agree} agree, {contradict} contradict, {unsure} left open by one reading")
    sys.exit(1 if contradictions else 0)


if __name__ == "__main__":
    main()
