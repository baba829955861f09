"""The shipped packs against faults of networks that meet them: what survives asks for nothing that Azure requires.

Reviewed by eye against ase-network-semantics sections 2 and 3: health is about what must get through, so what lets more through
survives it; `web-locked-down` and `hidden-from-internet` catch that from outside, and no pack is about what may leave.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from asever.api import load
from asever.pipeline import Options
from asever.score.mutate import mutate

PACKS = Path(__file__).parent / "packs"

# What lets more through than before: nothing that an environment needs is lost.
WIDER = {"widen-ports", "widen-prefix"}
SURVIVORS = {
    "v1": {
        ("drop-rule", "inbound rule 4096"),
        ("flip-access", "inbound rule 4096"),
        ("drop-rule", "outbound rule 4096"),
        ("flip-access", "outbound rule 4096"),
        ("detach", "nsg lockdown"),
    },
    "v2": {
        ("drop-rule", "inbound rule 4096"),
        ("flip-access", "inbound rule 4096"),
        ("drop-rule", "outbound rule 4096"),
        ("flip-access", "outbound rule 4096"),
        ("detach", "nsg lockdown"),
    },
    # Without the service endpoints the default route of the table leads to the services too, and they see the VIP.
    "v2-tunnelled": {
        ("drop-rule", "inbound rule 4096"),
        ("flip-access", "inbound rule 4096"),
        ("detach", "nsg lockdown"),
        ("detach", "service-endpoints Sql"),
        ("detach", "service-endpoints Storage"),
    },
    "v3": {("drop-rule", "inbound rule 4096"), ("flip-access", "inbound rule 4096"), ("detach", "nsg lockdown")},
    # No pack asks what may leave; the flag is about how others would call, who are refused either way.
    "v1-locked": {
        ("drop-rule", "outbound rule 4096"),
        ("flip-access", "outbound rule 4096"),
        ("flip-flag", "default-outbound"),
    },
}


@pytest.fixture(scope="module", params=SURVIVORS)
def scored(request):
    return request.param, mutate(load(PACKS / f"{request.param}.asev"), Options())


def test_only_what_lets_more_through_survives(scored):
    name, score = scored
    assert score.met == score.checks
    assert {(one.fault.kind, one.fault.what) for one in score.survivors if one.fault.kind not in WIDER} == SURVIVORS[name]
    assert all("lost" not in one.fares and not one.fares.startswith("delivered") for one in score.survivors)


def test_every_rule_that_lets_in_or_out_what_health_needs_is_caught_when_it_is_gone(scored):
    name, score = scored
    # Version 1: no article requires that the instances reach each other (std/ase-v1: advice). Version 3: clients are no health.
    of_no_health = {"v1": ("instances",), "v1-locked": ("instances",), "v3": ("clients",)}.get(name, ())
    gone = {one.fault.what for one in (*score.survivors, *score.harmless) if one.fault.kind == "drop-rule"}
    assert all("rule 4096" in what or any(word in what for word in of_no_health) for what in gone)
