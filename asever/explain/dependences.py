"""Which assumptions an answer hangs on: asked again in the other reading, and named only if the answer changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from asever.azure.assumptions import ASSUMPTIONS
from asever.model.answers import (
    Answer,
    DeadRows,
    Dependence,
    FiltersDiffer,
    NoneArrives,
    Proved,
    Refuted,
    Shown,
    Trace,
    Undecided,
    Verdict,
)
from asever.model.effective import Arrival, Condition, EffectiveNetwork, FlowQuestion, Site, conditions_of
from asever.model.numbers import union
from asever.record import record, replace
from asever.solve.answer import Depth, answer


def verdict_of(found: Answer) -> Verdict:
    """The verdict that an answer amounts to."""
    match found:
        case Proved() | Shown():
            return Verdict.HOLDS
        case Undecided():
            return Verdict.UNKNOWN
        case Refuted() | NoneArrives() | FiltersDiffer() | DeadRows():
            return Verdict.VIOLATED


def dependences(
    network: EffectiveNetwork, question: FlowQuestion, found: Answer, trace: Trace | None, *, seconds: float | None
) -> tuple[Dependence, ...]:
    """The assumptions on which an answer hangs, in the order of the list of assumptions.

    A violated claim hangs on a reading if it would hold in the other one; a claim that holds hangs on what it takes for
    granted if it would not hold without.
    """
    match found:
        case Proved():
            names = sorted(question.fixed.keys() & _mentioned(network, question))
            readings = dict(question.fixed)
        case Refuted() if trace is not None:
            names = sorted(trace.assumed | conditions_of([found.scope.condition]))
            readings = dict(found.flow.readings)
        case Shown() if trace is not None:
            names = sorted(trace.assumed & question.fixed.keys())
            readings = dict(question.fixed)
        case NoneArrives():
            names = sorted(_mentioned(network, question))
            readings = dict(found.readings) | dict(question.fixed)
        case _:
            return ()
    order = {name: index for index, name in enumerate(ASSUMPTIONS)}
    known = [name for name in names if name in readings and len(network.assumptions.get(name, ())) > 1]
    result = []
    for name in sorted(known, key=lambda name: order.get(name, len(order))):
        value = readings[name]
        other = next(one for one in network.assumptions[name] if one != value)
        otherwise = _verdict_with(network, question, name, other, seconds=seconds)
        if otherwise is not verdict_of(found):
            asks = ASSUMPTIONS[name].question if name in ASSUMPTIONS else ""
            result.append(Dependence(name=name, value=value, alternative=other, otherwise=otherwise, question=asks))
    return tuple(result)


def _verdict_with(
    network: EffectiveNetwork, question: FlowQuestion, name: str, value: str, *, seconds: float | None
) -> Verdict:
    """The verdict with one more reading fixed."""
    changed = replace(question, fixed={**question.fixed, name: value})
    if question.fixed.get(name, value) != value:
        changed = _only_what_changes(network, changed, name, value)
    return verdict_of(answer(network, changed, seconds=seconds, core=Depth.NOTHING))


def _only_what_changes(network: EffectiveNetwork, question: FlowQuestion, name: str, value: str) -> FlowQuestion:
    """Where a proved question is asked again: without the scopes that the other reading leaves as they are."""
    if name in conditions_of(_row_conditions(network, question)):
        return question
    scopes = tuple(scope for scope in question.scopes if (name, value) in scope.condition)
    return replace(question, scopes=scopes) if scopes else question


def _mentioned(network: EffectiveNetwork, question: FlowQuestion) -> frozenset[str]:
    """The assumptions that the scopes of a question, or rows that they can meet, depend on."""
    own = conditions_of(scope.condition for scope in question.scopes)
    return own | conditions_of(_row_conditions(network, question))


def _row_conditions(network: EffectiveNetwork, question: FlowQuestion) -> Iterator[Condition]:
    targets = union(scope.packets.target for scope in question.scopes)
    arrivals = [row for fabric in network.fabrics.values() for row in fabric.arrivals if row.called.overlaps(targets)]
    for name in _met(network, question, arrivals):
        yield from _site_conditions(_Same(network.sites[name]))
    for row in arrivals:
        yield row.condition
        yield from (each.condition for one in row.guards for each in one.rows)


def _met(network: EffectiveNetwork, question: FlowQuestion, arrivals: Iterable[Arrival]) -> frozenset[str]:
    """The sites that a flow of the question may meet: its ends, and the devices between them."""
    found: set[str] = set()
    ahead = {name for scope in question.scopes for name in (scope.origin, *scope.arrives_at)}
    ahead |= {row.site for row in arrivals if row.forwards and row.site is not None}
    while ahead:
        found |= ahead
        routes = (route for name in ahead for route in network.sites[name].routes)
        ahead = {one.site for route in routes for one in route.recipients} - found
    return frozenset(found)


@record(kw_only=False, eq=False)
class _Same:
    """A site by identity: to compare all its rows would take as long as to read them."""

    site: Site

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.site is other.site

    def __hash__(self) -> int:
        return id(self.site)


@lru_cache(maxsize=256)
def _site_conditions(same: _Same) -> frozenset[Condition]:
    """The conditions of all rows of a site; many checks ask for those of the same sites."""
    return frozenset(_conditions_at(same.site))


def _conditions_at(site: Site) -> Iterator[Condition]:
    filters = [*site.outbound, *site.inbound, *(one for row in site.routes for one in row.filters)]
    redirects = site.forwarding.redirects if site.forwarding is not None else ()
    if site.forwarding is not None:
        filters += [*site.forwarding.filters, *(one for row in redirects for one in row.filters)]
    yield from (row.condition for row in site.routes)
    yield from (row.condition for row in site.translations)
    yield from (row.condition for row in redirects)
    yield from (row.condition for one in filters for row in one.rows)
