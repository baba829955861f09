"""Rules that no packet meets that a check is about: without them, the same checks have the same answers much sooner."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from asever.diagnostics import Edit
from asever.explain.finding import Asked, ask
from asever.model.bits import each
from asever.model.effective import EffectiveNetwork, FilterQuestion, FlowQuestion
from asever.model.program import Program
from asever.model.things import Network
from asever.solve.classes import classes_of, seen_at
from asever.solve.paths import paths
from asever.source import Span

# A program of fewer rules is loaded as it is.
_MANY = 100


def idle_rules(program: Program, tables: EffectiveNetwork, readings: Mapping[str, str]) -> tuple[Span, ...]:
    """Where the rules are written that match nothing on the ways of the flows that any check covers; none in a small program.

    Which ways these are hangs on no rule of a list, so an edit of such rules leaves them idle.
    """
    rules = list(_rules(program.network))
    if len(rules) < _MANY:
        return ()
    met: set[Span | None] = set()
    for check in program.checks:
        asked = ask(program, tables, check, readings)
        for one in asked.requirements or (asked,):
            met.update(_met(tables, one))
    return tuple(span for span in rules if span not in met)


def _rules(network: Network) -> Iterator[Span]:
    """Where the rules of the user's lists are written, those that translate left out."""
    lists = [each for group in network.groups.values() for each in (group.inbound, group.outbound)]
    lists += [each for admin in network.admin_rules.values() for each in (admin.inbound, admin.outbound)]
    lists += [firewall.rules for firewall in network.firewalls.values()]
    for rules in lists:
        for rule in rules:
            if rule.span is not None and rule.access != "dnat" and not rule.span.file.name.startswith("std/"):
                yield rule.span


def _met(tables: EffectiveNetwork, asked: Asked) -> Iterator[Span | None]:
    """Where the rows come from that a packet of a question may meet."""
    match asked.question:
        case FlowQuestion() as question:
            for scope in question.scopes:
                for way in paths(tables, scope, question.fixed, replies=True):
                    for place in way.places:
                        seen = seen_at(place.view, way.region, place.source_tags, place.target_tags)
                        for one in place.filters:
                            near = classes_of(one.rows, tables.tag_space).sharing(seen)
                            yield from (one.rows[index].origin.span for index in each(near))
        case FilterQuestion() as question:
            for context in question.contexts:
                filters = (context.left,) if context.right is None else (context.left, context.right)
                yield from (row.origin.span for one in filters for row in one.rows)
        case _:
            return


class Removals:
    """What takes idle rules away."""

    def __init__(self, idle: Iterable[Span]) -> None:
        self._edits: dict[str, list[Edit]] = {}
        for span in sorted(idle, key=_start):
            self._edits.setdefault(span.file.name, []).append(Edit(span, ""))

    def beside(self, edits: Iterable[Edit]) -> Iterator[Edit]:
        """All but for rules that edits touch."""
        left = {name: list(removals) for name, removals in self._edits.items()}
        for edit in edits:
            removals = left.get(edit.span.file.name, [])
            low = bisect_left(removals, edit.span.start, key=_end_of)
            high = bisect_right(removals, edit.span.end, key=_start_of)
            del removals[low:high]
        return chain(*left.values())


def _start(span: Span) -> int:
    return span.start


def _start_of(edit: Edit) -> int:
    return edit.span.start


def _end_of(edit: Edit) -> int:
    return edit.span.end
