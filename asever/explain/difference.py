"""Compares what two networks do with every flow; what does not change any flow is no difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.azure.effective import effective
from asever.azure.questions import Unanswerable
from asever.evaluate.walk import walk
from asever.exact.boxes import TooMany
from asever.exact.flows import sets_by_quantifier
from asever.exact.regions import difference, intersection, rectangles, union
from asever.explain.evidence import witness
from asever.explain.finding import Asked, Options, ask, vacuities, verdict
from asever.explain.matrix import header
from asever.explain.parties import Party, asked, parties
from asever.explain.touched import Touched
from asever.explain.witness import ReadingsDisagree
from asever.model.answers import Proved, Refuted, Step, StepKind, Trace, Verdict
from asever.model.claims import ANY_SERVICE, Verb
from asever.model.difference import Change, Decider, Difference, Level, OtherVerdict
from asever.model.effective import (
    EffectiveNetwork,
    Filter,
    FilterRow,
    FlowQuestion,
    Packets,
    Quantifier,
    Scope,
    may_exist,
)
from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import Flow
from asever.model.program import Program
from asever.model.regions import FIELDS, Region, total
from asever.record import record, replace
from asever.solve.answer import Depth, answer

_SECONDS = 10.0


class Untold(Exception):  # noqa: N818 - what happened, in a word
    """Two ends have traffic that can be named in one of the files only."""


Key = tuple[str, frozenset[str], frozenset[str], str | None, str | None]
"""Which scopes of one pair speak about the same packets: the origin's site and what is known of the addresses."""


def compare(old: Program, new: Program, readings: Mapping[str, str]) -> Difference:
    """Everything that differs; raises `ReadingsDisagree` when the solver comes to another answer about what is shown."""
    sides = (_Side(old, readings), _Side(new, readings))
    names = [{one.title: one for one in side.parties} for side in sides]
    both = [title for title in names[0] if title in names[1]]
    comparison = _Comparison(*sides)
    changes: list[Change] = []
    untold: list[tuple[str, str]] = []
    pairs = 0
    for origin in both:
        for target in both:
            if not (names[0][origin].calls and names[0][target].answers):
                continue
            pairs += 1
            ends = [(side[origin], side[target]) for side in names]
            try:
                changes.extend(comparison.changes(*ends))
            except (TooMany, Untold):
                untold.append((origin, target))
    return Difference(
        changes=tuple(changes),
        only_old=tuple(title for title in names[0] if title not in names[1]),
        only_new=tuple(title for title in names[1] if title not in names[0]),
        moved=tuple(title for title in both if comparison.moved(names[0][title], names[1][title])),
        verdicts=tuple(_verdicts(comparison, readings)),
        untold=tuple(untold),
        pairs=pairs,
    )


# -- One file -----------------------------------------------------------------------------------------------------------


class _Side:
    """One of the two networks."""

    def __init__(self, program: Program, readings: Mapping[str, str]) -> None:
        self.program = program
        self.readings = readings
        self.tables = effective(program.network)
        self.parties = parties(program.network, self.tables, every_subnet=True)

    def question(self, origin: Party, target: Party) -> FlowQuestion | None:
        """Every packet from one to the other; None where there is none. Raises `Untold` where nobody can say which."""
        found = asked(self.program.network, self.tables, Verb.NEVER_REACHES, origin, target, ANY_SERVICE, self.readings)
        if isinstance(found, Unanswerable):
            if not found.vacuous:
                raise Untold
            return None
        return found

    def addresses(self, party: Party) -> NumberSet:
        """The addresses of an end that has a site of its own."""
        site = self.tables.sites.get(party.site or party.endpoint.name)
        return EMPTY if site is None else site.addresses


# -- Levels -------------------------------------------------------------------------------------------------------------


def key_of(scope: Scope) -> Key:
    """The key of a scope."""
    packets = scope.packets
    return (scope.origin, packets.source_tags, packets.target_tags, scope.partial_source, scope.partial_target)


Levels = Mapping[Level, tuple[Region, ...]]


def levels_of(tables: EffectiveNetwork, question: FlowQuestion) -> dict[Key, Levels]:
    """The headers of each key by their level; those that no packet of arrives are left out."""
    delivered: dict[Quantifier, dict[Key, list[Region]]] = {}
    unsure: dict[Key, list[Region]] = defaultdict(list)
    for quantifier, sets in sets_by_quantifier(tables, question).items():
        found = delivered[quantifier] = defaultdict(list)
        for one in sets.scopes:
            found[key_of(one.scope)].extend(one.delivered)
            if quantifier is not Quantifier.ALL_ARRIVE:
                unsure[key_of(one.scope)].extend(one.open)
    keys = dict.fromkeys(key_of(scope) for scope in question.scopes)
    always, sometimes, arriving = (
        delivered[one] for one in (Quantifier.ALL_ARRIVE, Quantifier.SOME_ARRIVES, Quantifier.NONE_ARRIVES)
    )
    return {key: apart(always[key], sometimes[key], arriving[key], unsure[key]) for key in keys}


def apart(
    always: Sequence[Region], sometimes: Sequence[Region], arriving: Sequence[Region], unsure: Sequence[Region]
) -> Levels:
    """Disjoint levels: each header at the highest that it has."""
    found: dict[Level, tuple[Region, ...]] = {}
    taken: tuple[Region, ...] = ()
    ordered = ((Level.ALWAYS, always), (Level.SOMETIMES, sometimes), (Level.ONE_WAY, arriving), (Level.OPEN, unsure))
    for level, regions in ordered:
        found[level] = difference(regions, taken)
        taken = union(taken, found[level])
    return found


@record(kw_only=False)
class _Ends:
    """A pair of ends in one of the networks, with what is asked about it."""

    side: _Side
    question: FlowQuestion

    def scopes(self, key: Key) -> Iterator[Scope]:
        """The scopes of a key that exist."""
        for scope in self.question.scopes:
            if key_of(scope) == key and may_exist(scope.condition, self.question.fixed):
                yield scope


class _Comparison:
    """Two networks, pair by pair."""

    def __init__(self, old: _Side, new: _Side) -> None:
        self.sides = (old, new)
        self._ways = Touched(old.tables, new.tables)

    def touched(self, old: FlowQuestion, new: FlowQuestion) -> list[list[Scope]]:
        """The parts of both questions' scopes in which something may differ: none, all, or what changed rows match."""
        whole = [list(old.scopes), list(new.scopes)]
        if [_bare(one) for one in whole[0]] != [_bare(one) for one in whole[1]]:
            return whole
        found: list[list[Scope]] = [[], []]
        for number, pair in enumerate(zip(*whole, strict=True)):
            headers = self._ways.headers(old, new, number)
            for scope, parts in zip(pair, found, strict=True):
                if headers is None:
                    parts.append(scope)
                else:
                    parts.extend(part for region in union(headers) if (part := _within(scope, region)) is not None)
        return found if any(found) else []

    def moved(self, old: Party, new: Party) -> bool:
        """Whether an end has other addresses than before."""
        return self.sides[0].addresses(old) != self.sides[1].addresses(new)

    def changes(self, old: tuple[Party, Party], new: tuple[Party, Party]) -> Iterator[Change]:
        """What differs between two ends. Raises `TooMany` and `Untold`."""
        asks = [side.question(*pair) for side, pair in zip(self.sides, (old, new), strict=True)]
        ends = [_Ends(side, one) for side, one in zip(self.sides, asks, strict=True) if one is not None]
        if len(ends) == 1:
            raise Untold
        if not ends:
            return
        scopes = self.touched(*(one.question for one in ends))
        if not scopes:
            return
        before, after = (
            levels_of(one.side.tables, replace(one.question, scopes=tuple(its))) for one, its in zip(ends, scopes, strict=True)
        )
        left_out = [self._not_shared(one, other) for one, other in zip(old, new, strict=True)]
        for key in dict.fromkeys((*before, *after)):
            for one, other, regions in different(before.get(key, {}), after.get(key, {})):
                compared = _without(regions, *left_out)
                if compared:
                    yield self._change((old[0].title, old[1].title), (one, other), compared, key, ends)

    def _not_shared(self, old: Party, new: Party) -> NumberSet:
        """The addresses that an end has in one of the networks alone."""
        one, other = self.sides[0].addresses(old), self.sides[1].addresses(new)
        return (one | other) - (one & other)

    def _change(
        self, titles: tuple[str, str], levels: tuple[Level, Level], regions: tuple[Region, ...], key: Key, ends: Sequence[_Ends]
    ) -> Change:
        scopes = [scope for one in ends for scope in one.scopes(key)]
        whole = _hull(scopes)
        shown = rectangles(regions)
        flow = _example(ends, key, levels, shown[0])
        traces = [_walked(one.side.tables, flow) for one in ends]
        old, new = _deciders(*traces)
        assumed = sorted({name for trace in traces for name in trace.assumed})
        usual = ends[1].side.tables.assumptions
        proved = [_proved(one, key, level, shown) for one, level in zip(ends, levels, strict=True)]
        return Change(
            origin=titles[0],
            target=titles[1],
            before=levels[0],
            after=levels[1],
            regions=shown,
            whole=whole,
            count=total(regions),
            bound=key[3] is not None or key[4] is not None,
            example=flow,
            old=old,
            new=new,
            readings={
                name: flow.readings[name] for name in assumed if flow.readings.get(name, usual[name][0]) != usual[name][0]
            },
            proved=all(proved),
        )


def _bare(scope: Scope) -> Scope:
    return replace(scope, subject="", target="")


def different(before: Levels, after: Levels) -> Iterator[tuple[Level, Level, tuple[Region, ...]]]:
    """The headers whose level differs, by both levels."""
    known = [tuple(region for regions in levels.values() for region in regions) for levels in (before, after)]
    for one, old in before.items():
        for other, new in after.items():
            if one is not other and (both := intersection(old, new)):
                yield one, other, both
        if gone := difference(old, known[1]):
            yield one, Level.NEVER, gone
    for other, new in after.items():
        if come := difference(new, known[0]):
            yield Level.NEVER, other, come


def _without(regions: Sequence[Region], sources: NumberSet, targets: NumberSet) -> tuple[Region, ...]:
    """The regions without these addresses."""
    kept = (
        (protocol, source - sources, source_port, target - targets, target_port)
        for protocol, source, source_port, target, target_port in regions
    )
    return tuple(one for one in kept if all(one))


def _hull(scopes: Iterable[Scope]) -> Region:
    """The smallest product that holds all these packets."""
    regions = [header(scope.packets) for scope in scopes]
    return tuple(NumberSet.of(one for numbers in column for one in numbers.ranges) for column in zip(*regions, strict=True))


# -- What is shown ------------------------------------------------------------------------------------------------------


def _within(scope: Scope, region: Region) -> Scope | None:
    """The part of a scope in a region."""
    numbers = {name: getattr(scope.packets, name) & each for name, each in zip(FIELDS, region, strict=True)}
    packets: Packets = replace(scope.packets, **numbers)
    return None if packets.is_empty() else replace(scope, packets=packets)


def _example(ends: Sequence[_Ends], key: Key, levels: tuple[Level, Level], region: Region) -> Flow:
    """A flow of a region, one that arrives in one of the networks if there is such a level."""
    arriving = (Level.ONE_WAY, Level.SOMETIMES, Level.ALWAYS)
    flows = []
    for one, level in sorted(zip(ends, levels, strict=True), key=lambda pair: pair[1] not in arriving):
        scopes = tuple(part for scope in one.scopes(key) if (part := _within(scope, region)) is not None)
        if scopes and level in arriving:
            question = replace(one.question, scopes=scopes)
            found = answer(one.side.tables, question, seconds=_SECONDS, core=Depth.NOTHING)
            if isinstance(found, Refuted):
                return found.flow
        flows += [witness(one.side.tables, part, one.question) for part in scopes]
    return flows[0]


def _walked(tables: EffectiveNetwork, flow: Flow) -> Trace:
    """The flow in one of the networks; what Azure chooses in the other may not be on offer here."""
    try:
        return walk(tables, flow)
    except ValueError:
        return walk(tables, replace(flow, choices={}))


_ASKS = {
    Level.NEVER: (Quantifier.NONE_ARRIVES, Proved),
    Level.ONE_WAY: (Quantifier.NONE_ARRIVES, Refuted),
    Level.SOMETIMES: (Quantifier.NONE_ARRIVES, Refuted),
    Level.ALWAYS: (Quantifier.ALL_ARRIVE, Proved),
}


def _proved(ends: _Ends, key: Key, level: Level, regions: Sequence[Region]) -> bool:
    """Whether the solver agrees about every region; raises `ReadingsDisagree` when it refutes one.

    NEVER and ALWAYS are proved for every flow, the levels between by one that arrives.
    """
    if level not in _ASKS:
        return False
    quantifier, expected = _ASKS[level]
    answers = []
    for region in regions:
        scopes = tuple(part for scope in ends.scopes(key) if (part := _within(scope, region)) is not None)
        if not scopes:
            answers.append(level is Level.NEVER)  # nobody sends such a packet
            continue
        question = replace(ends.question, quantifier=quantifier, scopes=scopes)
        found = answer(ends.side.tables, question, seconds=_SECONDS, core=Depth.NOTHING)
        if isinstance(found, Proved | Refuted) and not isinstance(found, expected) and len(scopes) == 1:
            raise ReadingsDisagree(f"diff      {region!r} of {scopes[0]!r}\nexact     {level.name}\nsolver    {found!r}")
        answers.append(isinstance(found, expected))
    return all(answers)


def _deciders(old: Trace, new: Trace) -> tuple[Decider, Decider]:
    """The steps of two walks of one flow at which they part."""
    drop = next((step for trace in (old, new) for step in trace.steps if step.kind is StepKind.DROP and step.filter), None)
    if drop is not None:
        found = [next((step for step in trace.steps if _same_place(step, drop)), None) for trace in (old, new)]
        if found[0] is not None and found[1] is not None:
            return _decider(found[0]), _decider(found[1])
    for one, other in zip(old.steps, new.steps, strict=False):
        if (one.kind, one.detail) != (other.kind, other.detail):
            return _decider(one), _decider(other)
    return _decider(old.steps[-1]), _decider(new.steps[-1])


def _same_place(step: Step, drop: Step) -> bool:
    if step.filter is None or drop.filter is None:
        return False
    here, there = step.filter, drop.filter
    return (here.place, here.direction, here.kind, step.reply) == (there.place, there.direction, there.kind, drop.reply)


def _decider(step: Step) -> Decider:
    span = step.row.origin.span if step.row is not None else None
    if step.filter is None:
        return Decider(text=f"{step.at}: {step.detail}", location=span)
    does = "drops it" if step.kind is StepKind.DROP else "lets it pass"
    rule = f"rule {step.row.priority} {step.row.name}".rstrip() if isinstance(step.row, FilterRow) else "no rule matches, which"
    return Decider(text=f"{filter_name(step.filter)} {step.filter.direction.value}: {rule} {does}", location=span)


def filter_name(one: Filter) -> str:
    """`nsg sql-only`, or where the filter stands if no rules were written."""
    return f"{one.kind.value} {one.resource}" if one.kind.has_rules else one.place


# -- Verdicts -----------------------------------------------------------------------------------------------------------


def _verdicts(comparison: _Comparison, readings: Mapping[str, str]) -> Iterator[OtherVerdict]:
    """The checks of both files whose verdicts differ."""
    old, new = comparison.sides
    theirs = {check.name or check.text: check for check in old.program.checks}
    for check in new.program.checks:
        name = check.name or check.text
        if name not in theirs:
            continue
        pair = [ask(side.program, side.tables, one, readings) for side, one in ((old, theirs[name]), (new, check))]
        if _meet_the_same(comparison, *pair):
            continue
        before, after = (_verdict(side, one, readings) for side, one in zip(comparison.sides, pair, strict=True))
        if before is not after:
            yield OtherVerdict(name=name, before=before, after=after, location=check.span)


def _meet_the_same(comparison: _Comparison, old: Asked, new: Asked) -> bool:
    """Whether two checks ask the same about flows that fare the same in both networks."""
    if len(old.requirements) != len(new.requirements):
        return False
    if old.requirements:
        return all(_meet_the_same(comparison, *pair) for pair in zip(old.requirements, new.requirements, strict=True))
    one, other = old.question, new.question
    if not isinstance(one, FlowQuestion) or not isinstance(other, FlowQuestion):
        return False
    return replace(one, scopes=()) == replace(other, scopes=()) and not comparison.touched(one, other)


def _verdict(side: _Side, one: Asked, readings: Mapping[str, str]) -> Verdict:
    """The verdict of a check; unknown where it covers nothing."""
    if any(True for _ in vacuities(one)):
        return Verdict.UNKNOWN
    return verdict(side.tables, one, Options(seconds=_SECONDS, readings=readings, core=Depth.NOTHING))
