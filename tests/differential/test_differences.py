"""Where the solver sees no difference between two small networks, every flow fares the same in both."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from asever.model.effective import Action, Quantifier, Success
from asever.solve.differ import Reference, changed_tables, fingerprint
from tests.differential.small_tables import Every, networks, questions
from tests.differential.test_solver_against_every_flow import thorough

_OTHER = {Action.ALLOW: Action.DENY, Action.DENY: Action.ALLOW, Action.ALWAYS_ALLOW: Action.DENY}


@st.composite
def pairs(draw):
    """A network, and one that differs from it in a rule, a route, a translation or an arrival."""
    network = draw(networks())
    name = draw(st.sampled_from(("a", "a", "b", "d")))
    site = network.sites[name]
    kind = draw(st.sampled_from(("action", "drop-rule", "route", "translation", "arrival")))
    if kind == "arrival":
        fabric = network.fabrics[draw(st.sampled_from(sorted(network.fabrics)))]
        changed = replace(fabric, arrivals=without_one(draw, fabric.arrivals))
        return network, replace(network, fabrics={**network.fabrics, fabric.name: changed})
    if kind == "route":
        site = replace(site, routes=without_one(draw, site.routes))
    elif kind == "translation":
        site = replace(site, translations=without_one(draw, site.translations))
    else:
        field = draw(st.sampled_from(("outbound", "inbound")))
        filters = getattr(site, field)
        if filters and filters[0].rows:
            rows = list(filters[0].rows)
            at = draw(st.integers(0, len(rows) - 1))
            rows[at : at + 1] = [] if kind == "drop-rule" else [replace(rows[at], action=_OTHER[rows[at].action])]
            site = replace(site, **{field: (replace(filters[0], rows=tuple(rows)), *filters[1:])})
    return network, replace(network, sites={**network.sites, name: site})


def without_one(draw, rows):
    if not rows:
        return rows
    at = draw(st.integers(0, len(rows) - 1))
    return rows[:at] + rows[at + 1 :]


def fates(network, question):
    """What becomes of every packet in every reading: each fate, with the choices that lead to it unless it is lost anyway."""
    found = defaultdict(set)
    for quantifier in (Quantifier.ALL_ARRIVE, Quantifier.NONE_ARRIVES):
        for index, flow, _, verdict in Every(network, replace(question, quantifier=quantifier)).flows:
            key = (quantifier, index, flow.packet, tuple(sorted(flow.readings.items())))
            found[key].add((verdict, () if verdict is False else tuple(sorted(flow.choices.items()))))
    return found


@thorough
@given(pairs(), questions())
def test_networks_between_which_no_difference_is_seen_do_the_same(pair, question):
    one, other = pair
    asks = replace(question, quantifier=Quantifier.ALL_ARRIVE, success=Success())
    found = Reference(one, asks).difference(other, changed_tables(one, other), None)
    if found is None:
        assert fates(one, asks) == fates(other, asks)
    else:
        assert found.origin == "a"
        assert fingerprint(one, asks) != fingerprint(other, asks)


@thorough
@given(networks(), questions())
def test_a_network_does_not_differ_from_itself(network, question):
    assert changed_tables(network, network) == frozenset()
    assert Reference(network, question).difference(network, None, None) is None
