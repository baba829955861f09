"""Claims about filters alone: two decide alike, one permits no more than the other, every rule of one decides something."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from asever.model.addresses import ALL_ADDRESSES
from asever.model.answers import Answer, DeadRows, FiltersDiffer, Proved, Undecided
from asever.model.effective import (
    Action,
    EffectiveNetwork,
    Filter,
    FilterContext,
    FilterQuestion,
    FilterRelation,
    FilterRow,
)
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOLS_WITH_PORTS, TCP, Packet
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Variables, conjunction, disjunction, negation

EPHEMERAL = 49152
_USUAL_PORTS = (443, 80)
_ANYWHERE = "VirtualNetwork"  # what it holds depends on where a filter stands
_FIELDS = ("protocol", "target_port", "source", "target", "source_port")


class _Text:
    """One context as text: tags of unknown content are free, but the same address has the same tags in both filters."""

    def __init__(self, network: EffectiveNetwork, context: FilterContext, fixed: Mapping[str, str]) -> None:
        self.network = network
        self.fixed = fixed
        self.variables = Variables()
        self.tags: dict[str, None] = {}
        self.readings: dict[str, None] = {}
        self.lines: list[str] = []
        self.left = [self.match(row) for row in context.left.rows]
        self.right = [self.match(row) for row in context.right.rows] if context.right is not None else []

        rows = (*context.left.rows, *(() if context.right is None else context.right.rows))
        # Target ports that look like real traffic: the usual ones, then those that rules begin with.
        self.ports = tuple(
            dict.fromkeys((*_USUAL_PORTS, *(row.target_port.first for row in rows if row.target_port != ANY_PORT)))
        )

    def match(self, row: FilterRow, *, perhaps: bool = False) -> str:
        """When a row matches. With `perhaps`, also where an address only may lie in a tag of unknown content.

        What VirtualNetwork holds is no secret: a filter that stands nowhere may come to stand anywhere, so it stays free.
        """
        parts = [
            self.variables.inside("protocol", row.protocol),
            self.variables.inside("source_port", row.source_port),
            self.variables.inside("target_port", row.target_port),
        ]
        for name, side in (("source", row.source), ("target", row.target)):
            member = [self.variables.inside(name, side.addresses)]
            for tag in sorted(side.unknown_tags):
                literal = f"|{name} in {tag}|"
                self.tags[literal] = None
                free = TRUE if perhaps and tag != _ANYWHERE else literal
                member.append(conjunction((free, self.space(name, tag))))
            parts.append(disjunction(member))
        for name, value in sorted(row.condition):
            self.readings[name] = None
            literal = f"|reading {name}|"
            parts.append(literal if value == self.network.assumptions[name][0] else negation(literal))
        return conjunction(parts)

    def space(self, name: str, tag: str) -> str:
        if tag == _ANYWHERE:
            return TRUE
        return self.variables.inside(name, self.network.tag_space)

    def decision(self, one: Filter, matches: Sequence[str]) -> str:
        result = TRUE if one.otherwise is not Action.DENY else FALSE
        for row, match in zip(reversed(one.rows), reversed(matches), strict=True):
            result = conjunction((negation(match), result)) if row.action is Action.DENY else disjunction((match, result))
            if len(result) > 200:
                name = f"f{len(self.lines)}"
                self.lines.append(f"(define-fun {name} () Bool {result})")
                result = name
        return result

    def bounds(self, one: Filter) -> tuple[str, str]:
        """When a filter surely lets a packet pass, and when it perhaps does."""
        sure = [self.match(row, perhaps=row.action is Action.DENY) for row in one.rows]
        perhaps = [self.match(row, perhaps=row.action is not Action.DENY) for row in one.rows]
        return self.decision(one, sure), self.decision(one, perhaps)

    def domain(self) -> str:
        with_ports = self.variables.inside("protocol", PROTOCOLS_WITH_PORTS)
        without = self.variables.inside("protocol", ANY_PROTOCOL - PROTOCOLS_WITH_PORTS)
        zero = NumberSet.single(0)
        return conjunction(
            (
                disjunction(
                    (
                        conjunction((with_ports, self.variables.inside("source_port", ANY_PORT))),
                        conjunction(
                            (without, self.variables.inside("source_port", zero), self.variables.inside("target_port", zero))
                        ),
                    )
                ),
                self.variables.inside("source", ALL_ADDRESSES),
                self.variables.inside("target", ALL_ADDRESSES),
            )
        )

    def session(self, goals: Mapping[str, str], seconds: float | None) -> Session:
        self.variables.inside("source_port", NumberSet.single(EPHEMERAL))
        self.variables.inside("protocol", NumberSet.single(TCP))
        for port in self.ports:
            self.variables.inside("target_port", NumberSet.single(port))
        domain = self.domain()
        lines = [
            *self.variables.declarations(),
            *(f"(declare-fun {tag} () Bool)" for tag in self.tags),
            *(f"(declare-fun |reading {name}| () Bool)" for name in self.readings),
            *self.lines,
            f"(assert {domain})" if domain != TRUE else "",
        ]
        for name, value in self.fixed.items():
            if name in self.readings:
                literal = f"|reading {name}|"
                lines.append(f"(assert {literal if value == self.network.assumptions[name][0] else negation(literal)})")
        for name, goal in goals.items():
            lines.extend((f"(declare-fun {name} () Bool)", f"(assert (= {name} {goal}))"))
        return Session("\n".join(lines), seconds)


def answer_filters(network: EffectiveNetwork, question: FilterQuestion, *, seconds: float | None, started: float) -> Answer:
    """The answer about filters, context by context."""
    if question.relation is FilterRelation.NO_DEAD_ROWS:
        return _dead(network, question, seconds, started)
    open_tags: tuple[str, ...] = ()
    for context in question.contexts:
        text = _Text(network, context, question.fixed)
        assert context.right is not None  # noqa: S101 - both relations compare two filters
        left, right = text.decision(context.left, text.left), text.decision(context.right, text.right)
        (sure_left, perhaps_left), (sure_right, perhaps_right) = text.bounds(context.left), text.bounds(context.right)
        wrong = conjunction((left, negation(right)))
        surely = conjunction((sure_left, negation(perhaps_right)))
        if question.relation is FilterRelation.EQUAL:
            wrong = disjunction((wrong, conjunction((negation(left), right))))
            surely = disjunction((surely, conjunction((negation(perhaps_left), sure_right))))
        session = text.session({"wrong": wrong, "surely": surely}, seconds)
        if not session.satisfiable(["wrong"]):
            continue
        if session.satisfiable(["surely"]):
            packet, readings = _packet(text, session, ["surely"])
            return FiltersDiffer(packet=packet, context=context, readings=readings, seconds=time.monotonic() - started)
        open_tags = open_tags or _tags(context)
    if open_tags:
        reasons = tuple(f"the addresses of service tag {tag} are not known" for tag in open_tags)
        return Undecided(reasons=reasons, seconds=time.monotonic() - started)
    return Proved(seconds=time.monotonic() - started)


def _tags(context: FilterContext) -> tuple[str, ...]:
    """The tags of unknown content that two filters name."""
    filters = (context.left, *(() if context.right is None else (context.right,)))
    sides = (side for one in filters for row in one.rows for side in (row.source, row.target))
    return tuple(sorted({tag for side in sides for tag in side.unknown_tags if tag != _ANYWHERE}))


def _rules(one: Filter) -> Iterator[list[int]]:
    """The rows of each of the user's rules: rows of one name and priority are one rule."""
    groups: dict[tuple[int, str], list[int]] = {}
    for index, row in enumerate(one.rows):
        if row.origin.azure is None:
            groups.setdefault((row.priority, row.name), []).append(index)
    yield from groups.values()


def _dead(network: EffectiveNetwork, question: FilterQuestion, seconds: float | None, started: float) -> Answer:
    alive: set[tuple[str, int, str]] = set()
    dead: dict[tuple[str, int, str], tuple[FilterContext, FilterRow, tuple[FilterRow, ...]]] = {}
    for context in question.contexts:
        text = _Text(network, context, question.fixed)
        goals: dict[str, str] = {}
        order: list[tuple[str, list[int]]] = []
        for rows in _rules(context.left):
            first = [text.left[index] for index in range(rows[0])]
            earlier = disjunction(first)
            goals[f"decides{rows[0]}"] = conjunction((disjunction(text.left[index] for index in rows), negation(earlier)))
            order.append((f"decides{rows[0]}", rows))
        session = text.session(goals, seconds)
        for name, rows in order:
            row = context.left.rows[rows[0]]
            key = (context.left.direction.value, row.priority, row.name)
            if goals[name] != FALSE and session.satisfiable([name]):
                alive.add(key)
            else:
                dead.setdefault(key, (context, row, _shadows(context.left, rows)))
    left = [value for key, value in dead.items() if key not in alive]
    if not left:
        return Proved(seconds=time.monotonic() - started)
    return DeadRows(
        rows=tuple((row, shadows) for _, row, shadows in left), context=left[0][0], seconds=time.monotonic() - started
    )


def _shadows(one: Filter, rows: Sequence[int]) -> tuple[FilterRow, ...]:
    """The earlier rows that share packets with the dead ones."""
    dead = [one.rows[index] for index in rows]
    return tuple(
        row
        for row in one.rows[: rows[0]]
        if any(
            row.protocol.overlaps(other.protocol)
            and row.source_port.overlaps(other.source_port)
            and row.target_port.overlaps(other.target_port)
            and row.source.addresses.overlaps(other.source.addresses)
            and row.target.addresses.overlaps(other.target.addresses)
            for other in dead
        )
    )


def _packet(text: _Text, session: Session, literals: list[str]) -> tuple[Packet, Mapping[str, str]]:
    """The packet that looks most like real traffic, and the readings it belongs to."""
    chosen = list(literals)
    for name in text.readings:
        wish = f"|reading {name}|"
        chosen.append(wish if session.satisfiable([*chosen, wish]) else negation(wish))
    for tag in text.tags:
        if session.satisfiable([*chosen, negation(tag)]):
            chosen.append(negation(tag))
    for name, numbers in (("protocol", (TCP,)), ("source_port", (EPHEMERAL,)), ("target_port", text.ports)):
        for number in numbers:
            wishes = [text.variables.at_least(name, number), negation(text.variables.at_least(name, number + 1))]
            if session.satisfiable([*chosen, *wishes]):
                chosen.extend(wishes)
                break
    values = {name: _least(text, session, name, chosen) for name in _FIELDS}
    session.satisfiable(chosen)
    first = session.true(f"|reading {name}|" for name in text.readings)
    held = {tag.strip("|") for tag in session.true(text.tags)}
    packet = Packet(
        **values,
        source_tags=frozenset(tag.removeprefix("source in ") for tag in held if tag.startswith("source in ")),
        target_tags=frozenset(tag.removeprefix("target in ") for tag in held if tag.startswith("target in ")),
    )
    readings = {name: text.network.assumptions[name][0 if f"|reading {name}|" in first else 1] for name in text.readings}
    return packet, readings


def _least(text: _Text, session: Session, name: str, chosen: list[str]) -> int:
    cuts = sorted(text.variables.cuts.get(name, ()))
    value = 0
    for cut in cuts:
        below = negation(text.variables.at_least(name, cut))
        if session.satisfiable([*chosen, below]):
            chosen.append(below)
            break
        chosen.append(text.variables.at_least(name, cut))
        value = cut
    return value
