"""What must be shown for a claim to hold: queries that are unsatisfiable, or flows and packets that do what it says.

* Of every flow (`reaches`, `never reaches`, `only`): one query, that a flow perhaps breaks the claim, is unsatisfiable.
* `nsg A equals B`, `permits no more than`: such a query for each place where the two are compared.
* `can reach`: in each combination of readings a flow that succeeds when it is walked; and where nobody knows some number on its
  path, a query, that it perhaps does not for another number, is unsatisfiable.
* `nsg A has no dead rules`: for each rule, in each combination of readings, a packet that it decides.

Whoever makes a certificate and whoever verifies one both come here, so that they cannot speak of different things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asever.evaluate.judge import candidates
from asever.explain.witness import ReadingsDisagree, replay, settled
from asever.model.addresses import format_address, parse_address
from asever.model.effective import (
    EffectiveNetwork,
    Filter,
    FilterQuestion,
    FilterRelation,
    FlowQuestion,
    Quantifier,
    Question,
    Scope,
    exists_in,
)
from asever.model.packets import Flow, Packet
from asever.record import replace
from asever.solve.encode import encode
from asever.solve.flows import Flows, combinations
from asever.solve.groups import Decided, deciding_packets, rules_to_show
from asever.solve.paths import FIELDS
from asever.solve.queries import queries
from asever.solve.smtlib import pinned_text, proof_text, query_text

Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 - what happened, in a word
    """A certificate does not show what it should; the message says why."""


def is_shown(question: Question) -> bool:
    """Whether a claim holds because something exists, and not because something does not."""
    if isinstance(question, FlowQuestion):
        return question.quantifier is Quantifier.SOME_ARRIVES
    return question.relation is FilterRelation.NO_DEAD_ROWS


def to_refute(network: EffectiveNetwork, question: Question) -> tuple[str, ...]:
    """The queries that must be unsatisfiable for a claim of which nothing is shown."""
    if isinstance(question, FlowQuestion):
        return (proof_text(network, question),)
    return tuple(query_text(network, replace(question, contexts=(one,))) for one in question.contexts)


def witnesses(network: EffectiveNetwork, question: Question) -> list[Json]:
    """What shows a claim that `is_shown` and holds, ready for JSON."""
    if isinstance(question, FlowQuestion):
        return _flows(network, question)
    return [_decided_json(one) for one in deciding_packets(network, question)]


def examined(network: EffectiveNetwork, question: Question, shown: Sequence[Json]) -> tuple[str, ...]:
    """The queries that must be unsatisfiable besides. Raises `Refused` unless what is shown does what the claim says."""
    try:
        if isinstance(question, FlowQuestion):
            return _examined_flows(network, question, shown)
        _examine_packets(network, question, shown)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise Refused(f"its witness cannot be read ({type(error).__name__}: {error})") from error
    return ()


# -- Flows --------------------------------------------------------------------------------------------------------------


def _flows(network: EffectiveNetwork, question: FlowQuestion) -> list[Json]:
    asks = queries(question.quantifier)
    flows = Flows(network, question, asks, None)
    shown = []
    for readings in flows.combinations():
        found, _ = flows.settle(asks, readings)
        if found is not None:
            shown.append({"readings": readings, "scope": found.index, **_flow_json(found.flow)})
    return shown


def _flow_json(flow: Flow) -> Json:
    return {"origin": flow.origin, "packet": _packet_json(flow.packet), "choices": _choices_json(flow.choices)}


def _choices_json(choices: Mapping[str, int]) -> Json:
    return {name: value if name.startswith("member") else format_address(value) for name, value in choices.items()}


def _packet_json(packet: Packet) -> Json:
    values = {name: getattr(packet, name) for name in FIELDS}
    return values | {name: format_address(values[name]) for name in ("source", "target")}


def _examined_flows(network: EffectiveNetwork, question: FlowQuestion, shown: Sequence[Json]) -> tuple[str, ...]:
    encoding = encode(network, question)
    wanted = list(combinations(network, encoding))
    if [one["readings"] for one in shown] != wanted:
        raise Refused("it does not show one flow for each way to read the open assumptions")
    first = {name: values[0] for name, values in network.assumptions.items()} | dict(question.fixed)
    further: list[str] = []
    for one, readings in zip(shown, wanted, strict=True):
        index = one["scope"]
        scope = encoding.scopes[index].scope
        flow = Flow(
            origin=one["origin"],
            packet=replace(
                _packet(one["packet"]), source_tags=scope.packets.source_tags, target_tags=scope.packets.target_tags
            ),
            choices={name: value if isinstance(value, int) else parse_address(value) for name, value in one["choices"].items()},
            readings=first | readings,
        )
        if not _lies_in(scope, flow):
            raise Refused("the flow that it shows is none that the check covers")
        try:
            replay(network, question, scope, flow, solver=True)
        except ReadingsDisagree as error:
            raise Refused("the flow that it shows does not succeed when it is walked") from error
        text = pinned_text(network, question, index, flow)
        further.extend(() if text is None else (text,))
    return tuple(further)


def _packet(values: Json) -> Packet:
    return Packet(**values | {name: parse_address(values[name]) for name in ("source", "target")})


def _lies_in(scope: Scope, flow: Flow) -> bool:
    inside = all(getattr(flow.packet, name) in getattr(scope.packets, name) for name in FIELDS)
    return inside and flow.origin == scope.origin and exists_in(scope.condition, flow.readings)


# -- Packets at one filter ----------------------------------------------------------------------------------------------


def _decided_json(one: Decided) -> Json:
    assert one.packet is not None  # noqa: S101 - these have one
    direction, priority, name = one.rule
    return {
        "rule": {"direction": direction, "priority": priority, "name": name},
        "readings": one.readings,
        "place": one.context,
        "packet": _packet_json(one.packet)
        | {"source_tags": sorted(one.packet.source_tags), "target_tags": sorted(one.packet.target_tags)},
    }


def _examine_packets(network: EffectiveNetwork, question: FilterQuestion, shown: Sequence[Json]) -> None:
    wanted = rules_to_show(network, question)
    found = [
        Decided(rule=(one["rule"]["direction"], one["rule"]["priority"], one["rule"]["name"]), readings=one["readings"])
        for one in shown
    ]
    if found != wanted:
        raise Refused("it does not show one packet for each rule, in each way to read the open assumptions")
    first = {name: values[0] for name, values in network.assumptions.items()} | dict(question.fixed)
    filters: dict[tuple[int, frozenset[str], frozenset[str]], Filter] = {}
    for one, needed in zip(shown, wanted, strict=True):
        values = one["packet"]
        packet = _packet(values | {name: frozenset(values[name]) for name in ("source_tags", "target_tags")})
        key = (one["place"], packet.source_tags, packet.target_tags)
        if key not in filters:
            filters[key] = settled(question.contexts[one["place"]].left, packet)
        filter_ = filters[key]
        perhaps, row = candidates(filter_, packet, first | dict(needed.readings), network.tag_space)
        if perhaps or row is None or row.origin.azure is not None:
            raise Refused(f"rule {needed.rule[1]} does not decide the packet that it shows")
        if (filter_.direction.value, row.priority, row.name) != needed.rule:
            raise Refused(f"rule {needed.rule[1]} does not decide the packet that it shows")
