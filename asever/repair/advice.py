"""What helps where no edit of a rule does, in words."""

from __future__ import annotations

from collections.abc import Iterator

from asever.model.answers import Finding, Step, StepKind, Verdict
from asever.model.claims import Reachability
from asever.model.effective import HopKind, Route


def advice(finding: Finding, *, fixed: bool = False) -> Iterator[str]:
    """What the answer hangs on, and unless edits have `fixed` the check, the cures that only a person can choose."""
    if finding.verdict is Verdict.UNKNOWN:
        yield "the check is unknown, so nothing can be proved to make it hold: settle what stands under its reasons first"
        return
    if finding.check.expect_violated:
        yield "the check holds although it is expected to be violated: take `expect violated` away, or ask for something else"
        return
    for one in finding.dependences:
        yield (
            f"the answer hangs on {one.name}: with {one.name}={one.alternative} it is {one.otherwise.value.upper()} "
            f"(asever help {one.name}); find out which is true of your network"
        )
    if fixed:
        return
    steps = finding.trace.steps if finding.trace is not None else ()
    lost = next((step for step in steps if step.kind is StepKind.DROP), None)
    if lost is not None:
        yield from _about_loss(finding, lost)
    elif isinstance(finding.check.claim, Reachability):
        yield from _about_arrival(finding, finding.check.claim)
    elif finding.difference is not None:
        yield "which of the two lists is right only a person knows: `asever explain` shows every packet on which they differ"


def _about_loss(finding: Finding, lost: Step) -> Iterator[str]:
    claim = finding.check.claim
    if lost.filter is not None and lost.row is not None and lost.row.origin.azure == "same-subnet-block":
        target = claim.target.name if isinstance(claim, Reachability) else "the target"
        yield (
            f"no rule and no route lifts this: an environment cannot talk to others in its own subnet. Move {target} "
            "to another subnet (asever help same-subnet-block)"
        )
    if isinstance(lost.row, Route) and lost.row.hop is HopKind.NONE and lost.row.origin.azure is not None:
        yield "nothing leads to that address: peer the two networks, or bring a gateway that learns it"
    if "does not answer over global peering" in lost.detail:
        yield "no rule and no route lifts this: peer within one region, or move to an environment of version 3"
    if "arrives on the" in lost.detail:
        yield "where an environment listens is settled when it is made: call the address that is named there"
    if "back to" in lost.detail and "sent it" in lost.detail:
        yield "a machine cannot call itself through the load balancer in front of it: call another one, or its own address"


def _about_arrival(finding: Finding, claim: Reachability) -> Iterator[str]:
    if claim.seen_as:
        seen = finding.trace.arrived if finding.trace is not None else None
        if seen is not None:
            yield "what a packet carries follows from where its sender stands and what translates it: no rule changes it"
    if claim.within_region:
        yield "a way over the Internet may leave the region whatever the rules are: call by a private address or a peering"
