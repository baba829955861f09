"""The assumptions that a proof is said to hang on, against asking again in the other reading of each, on small networks."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asever.explain.dependences import dependences, verdict_of
from asever.model.answers import NoneArrives, Proved
from asever.solve.answer import Depth, answer
from tests.differential.small_tables import ASSUMPTIONS, networks, questions

EXAMPLES = int(os.environ.get("ASEVER_EXAMPLES", "60"))
FIXED = ({"first": "no"}, {"second": "one"}, {"first": "yes", "second": "two"}, {"first": "no", "second": "one"})


def _other(name, value):
    return next(one for one in ASSUMPTIONS[name] if one != value)


@settings(max_examples=EXAMPLES, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(networks(), questions(), st.sampled_from(FIXED), st.booleans())
def test_a_proof_hangs_on_what_it_takes_for_granted_and_would_fail_without(network, question, fixed, alone):
    name, value = next(iter(fixed.items()))
    otherwise = replace(question.scopes[0], condition=frozenset({(name, _other(name, value))}))
    asks = replace(question, scopes=(otherwise,) if alone else (*question.scopes, otherwise), fixed=fixed)
    found = answer(network, asks, seconds=None, core=Depth.NOTHING)
    if not isinstance(found, Proved | NoneArrives):
        return
    given = fixed if isinstance(found, Proved) else {**found.readings, **fixed}
    named = {one.name: one.otherwise for one in dependences(network, asks, found, None, seconds=None)}
    for name, value in given.items():
        again = answer(network, replace(asks, fixed={**fixed, name: _other(name, value)}), seconds=None, core=Depth.NOTHING)
        assert named.get(name, verdict_of(found)) is verdict_of(again)
