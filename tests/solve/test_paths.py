"""Paths that are taken over from a scope of the same ends, against paths that are found anew, on small networks."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asever.model.effective import FlowQuestion, Quantifier
from asever.model.numbers import NumberSet
from asever.solve.paths import FIELDS, existing_ways, paths
from tests.differential.small_tables import networks, scope_texts

EXAMPLES = int(os.environ.get("ASEVER_EXAMPLES", "60"))


def single(packets, places):
    """One packet of a set, with any tags."""
    every = [(name, list(getattr(packets, name))) for name in FIELDS]
    chosen = {name: NumberSet.single(of[at % len(of)]) for (name, of), at in zip(every, places, strict=True)}
    return replace(packets, **chosen)


@settings(max_examples=EXAMPLES, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(
    networks(),
    scope_texts(),
    st.lists(scope_texts(), min_size=1, max_size=3),
    st.lists(st.tuples(*[st.integers(0, 15)] * len(FIELDS)), min_size=2, max_size=4),
    st.sampled_from(({}, {"first": "no"}, {"second": "one"})),
    st.sampled_from(tuple(Quantifier)),
)
def test_paths_of_a_scope_like_the_last_are_those_that_would_be_found(network, first, others, singles, fixed, quantifier):
    replies = quantifier is not Quantifier.NONE_ARRIVES
    tags = {"source_tags": first.packets.source_tags, "target_tags": first.packets.target_tags}
    for packets in (first.packets, *(single(first.packets, one) for one in singles), *(one.packets for one in others)):
        scope = replace(first, packets=replace(packets, **tags))
        found = existing_ways(network, FlowQuestion(quantifier=quantifier, scopes=(scope,), fixed=fixed))
        anew = tuple(paths(network, scope, fixed, replies=replies))
        assert found == (((scope, anew),) if anew else ())
