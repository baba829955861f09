"""Every flow that the solver shows is walked by the other reading before a person sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from asever.evaluate.judge import decides, succeeds
from asever.evaluate.walk import walk
from asever.model.addresses import format_address
from asever.model.answers import FiltersDiffer, Trace
from asever.model.effective import (
    Action,
    AddressMatch,
    EffectiveNetwork,
    Filter,
    FilterQuestion,
    FilterRelation,
    FlowQuestion,
    Quantifier,
    Question,
    Scope,
    recommended,
)
from asever.model.packets import Flow, Packet, format_packet
from asever.record import replace
from asever.solve.guide import EnginesDisagree

_WORDS = {True: "the flow succeeds", False: "the flow fails", None: "it is not known"}


class ReadingsDisagree(Exception):  # noqa: N818 - what happened, in the word that the exit status is documented by
    """The solver and the walk give different answers for one flow: a mistake of this program, never of the input.

    `reproducer` is everything needed to see it again: the flow, the readings and choices, both answers, the question.
    """

    def __init__(self, reproducer: str) -> None:
        self.reproducer = reproducer
        super().__init__(reproducer)


@contextmanager
def agreeing(question: Question) -> Iterator[None]:
    """Raises `ReadingsDisagree` when the two engines that are asked a question here give different answers."""
    try:
        yield
    except EnginesDisagree as problem:
        raise ReadingsDisagree(f"{problem}\nquestion    {question!r}") from problem


def wants_reply(question: FlowQuestion) -> bool:
    """Whether a flow of this question succeeds only if its reply returns; a security claim asks for no reply."""
    return question.quantifier is not Quantifier.NONE_ARRIVES


def replay(network: EffectiveNetwork, question: FlowQuestion, scope: Scope, flow: Flow, *, solver: bool) -> Trace:
    """The walked flow. `solver` is whether the flow succeeds according to the solver.

    Raises `ReadingsDisagree` when the walk comes to another answer, or cannot follow the flow at all.
    """
    try:
        trace = walk(network, flow)
    except ValueError as problem:
        raise ReadingsDisagree(_reproducer(question, scope, flow, solver=solver, walked=str(problem))) from problem
    answer = succeeds(trace, scope, question.success, with_reply=wants_reply(question))
    if answer is not solver:
        walked = f"{_WORDS[answer]} ({trace.outcome.value}{'; ' if trace.unknown else ''}{'; '.join(trace.unknown)})"
        raise ReadingsDisagree(_reproducer(question, scope, flow, solver=solver, walked=walked))
    return trace


def replay_difference(network: EffectiveNetwork, question: FilterQuestion, found: FiltersDiffer) -> None:
    """Raises `ReadingsDisagree` unless both filters, looked up row by row, break their relation on the packet found."""
    left = _decision(network, found.context.left, found)
    right = _decision(network, found.context.right, found) if found.context.right is not None else None
    if question.relation is FilterRelation.EQUAL:
        breaks = left is not None and right is not None and (left is Action.DENY) != (right is Action.DENY)
    else:
        breaks = left in (Action.ALLOW, Action.ALWAYS_ALLOW) and right is Action.DENY
    if not breaks:
        raise ReadingsDisagree(
            "\n".join(
                (
                    f"packet    {format_packet(found.packet)}",
                    f"readings  {_pairs(found.readings)}",
                    f"place     {found.context.where}",
                    f"solver    the packet breaks `{question.relation.value}`",
                    f"walk      left: {_action(left)}; right: {_action(right)}",
                    f"question  {question!r}",
                )
            )
        )


def _decision(network: EffectiveNetwork, one: Filter, found: FiltersDiffer) -> Action | None:
    readings = {**recommended(network), **found.readings}
    return decides(settled(one, found.packet), found.packet, readings, network.tag_space)


def settled(one: Filter, packet: Packet) -> Filter:
    """A filter that may stand anywhere, at a place where VirtualNetwork holds what the packet is said to have in it."""
    rows = (
        replace(
            row,
            source=_settled_side(row.source, packet.source_tags),
            target=_settled_side(row.target, packet.target_tags),
        )
        for row in one.rows
    )
    return replace(one, rows=tuple(rows))


def _settled_side(side: AddressMatch, carried: frozenset[str]) -> AddressMatch:
    return replace(side, unknown_tags=side.unknown_tags - ({"VirtualNetwork"} - carried))


def _action(action: Action | None) -> str:
    return "unknown" if action is None else action.value


def _pairs(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(pairs.items())) or "none"


def _reproducer(question: Question, scope: Scope, flow: Flow, *, solver: bool, walked: str) -> str:
    tags = sorted(flow.packet.source_tags | flow.packet.target_tags)
    lines = (
        f"flow      {format_packet(flow.packet)} from {flow.origin}{', in ' + ', '.join(tags) if tags else ''}",
        f"readings  {_pairs(flow.readings)}",
        f"choices   {_pairs({name: format_address(address) for name, address in flow.choices.items()})}",
        f"solver    {_WORDS[solver]}",
        f"walk      {walked}",
        f"scope     {scope!r}",
        f"question  {_short(question)}",
    )
    return "\n".join(lines)


def _short(question: Question) -> str:
    if isinstance(question, FlowQuestion):
        return f"{question.quantifier.value}, success {question.success!r}, fixed {_pairs(question.fixed)}"
    return repr(question)
