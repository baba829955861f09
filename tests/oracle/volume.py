"""Random packets through random networks, read twice: `python -m tests.oracle.volume 100000` compares walk and naive oracle.

It prints how many pairs of network and packet agree, and how often each mechanism was met with which outcome. A pair that one
of the two leaves open, since the references or the file do, is drawn but not compared.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace

from asever.azure.effective import effective
from asever.azure.platform import app_service_management
from asever.evaluate.walk import walk
from asever.model.addresses import format_address
from asever.model.answers import Outcome
from asever.model.packets import choice_name
from tests.explain.test_random_networks import some_network
from tests.oracle.flows import interesting, some_flow
from tests.oracle.naive import UNKNOWN, Naive
from tests.oracle.wide_networks import wide_network

PAIRS = 100_000
PER_NETWORK = 25
SMALL = 0.3  # the share of networks with two environments and little else
PUBLISHED = {"AppServiceManagement": app_service_management()}
AGREE, CONTRADICT, WALK_UNKNOWN, ORACLE_UNKNOWN = "agree", "contradict", "walk unknown", "oracle unknown"
OUTCOMES = ("delivered", "reply-lost", "dropped", WALK_UNKNOWN, CONTRADICT)


@dataclass
class Found:
    """What a run came across."""

    verdicts: Counter = field(default_factory=Counter)
    mechanisms: Counter = field(default_factory=Counter)  # (mechanism, outcome)
    unsure: Counter = field(default_factory=Counter)  # why the oracle does not commit itself
    open: Counter = field(default_factory=Counter)  # why the walk does not
    contradictions: list = field(default_factory=list)

    @property
    def drawn(self):
        return sum(self.verdicts.values())

    @property
    def compared(self):
        """The pairs that both readings decide."""
        return self.verdicts[AGREE] + self.verdicts[CONTRADICT]


class Choices:
    """Makes Azure's choices at random, and keeps them under the names that flows give them."""

    def __init__(self, draw):
        self.draw = draw
        self.made = {}

    def __call__(self, kind, numbers):
        low, high = self.draw.choice(numbers.ranges)
        chosen = self.draw.randint(low, high)
        self.made[choice_name(kind, self.made)] = chosen
        return chosen


def compare(draw, network, tables, targets, found):
    """One flow, read by both."""
    flow = None
    while flow is None:
        flow = some_flow(draw, network, tables, targets)
    choices = Choices(draw)
    oracle = Naive(network, flow.readings, choices, PUBLISHED)
    origin = next(
        (these[flow.origin] for these in (network.environments, network.machines, network.on_premises) if flow.origin in these),
        flow.origin,
    )
    answer = oracle.send(origin, flow.packet)
    flow = replace(flow, choices=choices.made)
    try:
        trace = walk(tables, flow)
    except ValueError as problem:
        found.verdicts[CONTRADICT] += 1
        found.contradictions.append(f"{describe(flow, answer)} walk: {problem}")
        return
    verdict = judge(answer, trace)
    found.verdicts[verdict] += 1
    if verdict == ORACLE_UNKNOWN:
        found.unsure[oracle.why] += 1
        return
    if verdict == WALK_UNKNOWN:
        found.open[trace.unknown[0] if trace.unknown else "?"] += 1
    if verdict == CONTRADICT:
        steps = "; ".join(f"{step.at} {step.kind.value} {step.detail}" for step in trace.steps)
        found.contradictions.append(f"{describe(flow, answer)} walk: {trace.outcome.value} at {trace.site}: {steps}")
    for one in oracle.met or {"nothing"}:
        found.mechanisms[one, answer.outcome if verdict == AGREE else verdict] += 1


def judge(answer, trace):
    """Whether the two say the same: outcome, receiver, and the packet that it receives."""
    if answer.outcome == UNKNOWN:
        return ORACLE_UNKNOWN
    # A reply is lost for sure only where the packet surely arrives.
    if trace.outcome is Outcome.UNKNOWN or (trace.outcome is Outcome.REPLY_LOST and trace.unknown):
        return WALK_UNKNOWN
    if answer.outcome != trace.outcome.value:
        return CONTRADICT
    arrived = trace.arrived
    if arrived is None or answer.outcome == "dropped":
        return AGREE
    pairs = (
        (answer.at, trace.site),
        (answer.seen, arrived.source),
        (answer.target, arrived.target),
        (answer.port, arrived.target_port),
    )
    return AGREE if all(said in (None, found) for said, found in pairs) else CONTRADICT


def describe(flow, answer):
    packet = flow.packet
    tags = ",".join(sorted(packet.source_tags | packet.target_tags))
    chosen = ", ".join(f"{name} {format_address(one)}" for name, one in flow.choices.items())
    seen = "" if answer.seen is None else f" as {format_address(answer.seen)}"
    return (
        f"{flow.origin}: {packet.protocol} {format_address(packet.source)}:{packet.source_port} -> "
        f"{format_address(packet.target)}:{packet.target_port} [{tags}] ({chosen}): "
        f"naive {answer.outcome} at {answer.at}{seen},"
    )


def run(pairs, seed=0):
    """Compares this many pairs that both decide, in small networks around environments and in wide ones."""
    found = Found()
    number = 0
    while found.compared < pairs:
        number += 1
        draw = random.Random(seed * 1_000_003 + number)
        network = some_network(draw) if draw.random() < SMALL else wide_network(draw)
        tables = effective(network)
        targets = interesting(network)
        for _ in range(PER_NETWORK):
            before = len(found.contradictions)
            compare(draw, network, tables, targets, found)
            found.contradictions[before:] = [f"network {number}: {one}" for one in found.contradictions[before:]]
            if found.compared == pairs:
                break
    return found


def histogram(found):
    """How often each mechanism was met, and with which outcome."""
    yield f"{'mechanism':42}" + "".join(f"{one:>15}" for one in OUTCOMES)
    for mechanism in sorted({one for one, _ in found.mechanisms}):
        yield f"{mechanism:42}" + "".join(f"{found.mechanisms[mechanism, one]:>15}" for one in OUTCOMES)
    for title, reasons in (("left open by the oracle", found.unsure), ("left open by the walk", found.open)):
        yield f"{title}:"
        yield from (f"  {count:>8}  {reason}" for reason, count in reasons.most_common(20))


def main():
    start = time.perf_counter()
    found = run(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print("\n".join(histogram(found)))
    for one in found.contradictions[:20]:
        print(one)
    counts = found.verdicts
    seconds = time.perf_counter() - start
    print(f"{found.compared} pairs compared in {seconds:.0f} s: {counts[AGREE]} agree, {counts[CONTRADICT]} contradict")
    print(f"{found.drawn} drawn; left open: {counts[WALK_UNKNOWN]} by the walk, {counts[ORACLE_UNKNOWN]} by the oracle")
    sys.exit(1 if found.contradictions else 0)


if __name__ == "__main__":
    main()
