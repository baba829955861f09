"""Everything about one check: which packets exactly fare as the verdict says, proved, and every setting behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from asever.exact.boxes import TooMany
from asever.exact.flows import FlowSets, ScopeSets, flow_sets, reading_sets
from asever.exact.regions import difference, rectangles, union
from asever.exact.worlds import World, more
from asever.explain.blame import Blame, blame, blocker
from asever.explain.dependences import verdict_of
from asever.explain.finding import Asked, Options, judged
from asever.explain.witness import ReadingsDisagree, replay
from asever.model.answers import Finding, Step, StepKind, Trace, Verdict
from asever.model.effective import (
    EffectiveNetwork,
    FilterContext,
    FilterQuestion,
    FilterRelation,
    FilterRow,
    FlowQuestion,
    Quantifier,
    Scope,
    recommended,
)
from asever.model.explanations import Explanation, Group, InReading, RuleTraffic, Traffic
from asever.model.numbers import union as numbers_of
from asever.model.packets import Flow, Packet
from asever.model.regions import FIELDS, Region, total
from asever.record import field, record, replace
from asever.solve.answer import Depth, answer
from asever.solve.regions import Claimed, Shown, disagreement, filters_disagree
from asever.solve.solver import TimeOut

# A flow is walked for each part of a set, up to so many.
_MOST_WALKS = 200
# More open assumptions than these give more ways to read them than anybody reads.
_MOST_READINGS = 16

LOST, DELIVERED, OPEN = "lost", "delivered", "open"


def explained(tables: EffectiveNetwork, asked: Asked, options: Options) -> Explanation:
    """The explanation of a check. Raises `ReadingsDisagree` when solver, walk and exact sets do not all agree."""
    return _explained(tables, asked, judged(tables, asked, options), options)


def _explained(tables: EffectiveNetwork, asked: Asked, finding: Finding, options: Options) -> Explanation:
    match asked.question:
        case FlowQuestion() as asks:
            return _Traffic(tables, asks, finding, options).explanation()
        case FilterQuestion() as asks:
            return _about_filters(tables, asks, finding, options)
    parts = tuple(
        _explained(tables, one, found, options) for one, found in zip(asked.requirements, finding.requirements, strict=True)
    )
    return Explanation(finding=finding, requirements=parts)


@record(kw_only=False)
class _Traffic:
    """One claim about flows."""

    tables: EffectiveNetwork
    question: FlowQuestion
    finding: Finding
    options: Options

    def explanation(self) -> Explanation:
        try:
            return self._explanation()
        except TooMany:
            problem = "the set falls into too many parts to list; narrow the check"
            return Explanation(finding=self.finding, problem=problem)

    def _explanation(self) -> Explanation:
        every = flow_sets(self.tables, self.question)
        readings = tuple(self._in_readings(every))
        asks, sets = self.question, every
        if asks.quantifier is Quantifier.SOME_ARRIVES and every.readings:
            # Such a claim is about each reading by itself; this is the one that the finding shows.
            chosen = self._shown_reading(every)
            asks, sets = replace(asks, fixed={**asks.fixed, **chosen}), reading_sets(self.tables, asks, chosen)
        bundles = tuple(_bundles(sets, asks.quantifier))
        wanted = _wanted(asks.quantifier, self.finding.verdict)
        proved, problem = self._proof(asks, bundles)
        traffic = (
            Traffic(
                fares=fares,
                groups=tuple(_group(one, fares) for one in bundles),
                readings={name: value for name, value in asks.fixed.items() if name in every.readings},
            )
            for fares in wanted
        )
        lets_in = asks.quantifier is Quantifier.NONE_ARRIVES
        violated = self.finding.verdict is Verdict.VIOLATED
        why, walked = self._behind(asks, sets, lets_in=lets_in) if violated else (Blame(), 0)
        return Explanation(
            finding=self.finding,
            traffic=tuple(one for one in traffic if one.count),
            proved=proved,
            problem=problem,
            readings=readings,
            blockers=why.blockers,
            near_misses=why.near_misses,
            lets_in=lets_in,
            walked=walked,
        )

    # -- Readings -------------------------------------------------------------------------------------------------------

    def _shown_reading(self, every: FlowSets) -> Mapping[str, str]:
        shown = self.finding.trace.flow.readings if self.finding.trace is not None else {}
        return {name: shown.get(name, self.tables.assumptions[name][0]) for name in every.readings}

    def _in_readings(self, every: FlowSets) -> Iterator[InReading]:
        """What each way to read the assumptions gives, where that differs."""
        values = [self.tables.assumptions[name] for name in every.readings]
        ways = [dict(zip(every.readings, chosen, strict=True)) for chosen in product(*values)]
        if len(ways) < 2 or len(ways) > _MOST_READINGS:
            return
        found = [(readings, reading_sets(self.tables, self.question, readings)) for readings in ways]
        parts = [[(one.scope, one.lost, one.delivered, one.open) for one in sets.scopes] for _, sets in found]
        if all(one == parts[0] for one in parts):
            return
        for readings, sets in found:
            bundles = tuple(_bundles(sets, self.question.quantifier))
            lost, delivered, unsure = (sum(total(one.of(fares)) for one in bundles) for fares in (LOST, DELIVERED, OPEN))
            yield InReading(
                readings=readings,
                verdict=self._verdict(readings),
                lost=lost,
                delivered=delivered,
                open=unsure,
            )

    def _verdict(self, readings: Mapping[str, str]) -> Verdict:
        """What a check in these readings alone says, so that it is the same; the sets may tell more than its few tries."""
        asks = replace(self.question, fixed={**self.question.fixed, **readings})
        return verdict_of(answer(self.tables, asks, seconds=self.options.seconds, core=Depth.NOTHING))

    # -- Proof ----------------------------------------------------------------------------------------------------------

    def _proof(self, asks: FlowQuestion, bundles: Sequence[_Bundle]) -> tuple[bool, str]:
        """Whether Z3 proves the sets, and why not; raises `ReadingsDisagree` when it refutes them."""
        hit = LOST if asks.quantifier is Quantifier.ALL_ARRIVE else DELIVERED
        claims = [
            Claimed(
                scopes=[each.scope for each in one.sets],
                regions=one.shown(hit),
                open=one.shown(OPEN),
                rest=one.shown(DELIVERED if hit == LOST else LOST),
                shown=[
                    Shown(scope=each.scope, headers=shown.headers, choices=shown.choices, readings=shown.readings)
                    for each in one.sets
                    for shown in each.witnesses
                ],
            )
            for one in bundles
        ]
        try:
            wrong = disagreement(self.tables, asks, claims, seconds=self.options.seconds)
        except TimeOut:
            return False, f"the solver did not prove this set within {self.options.seconds:g} s"
        if wrong is not None:
            raise ReadingsDisagree(f"exact sets  {wrong}\nquestion    {asks!r}")
        return True, ""

    # -- Behind it ------------------------------------------------------------------------------------------------------

    def _behind(self, asks: FlowQuestion, sets: FlowSets, *, lets_in: bool) -> tuple[Blame, int]:
        """What stops the flows that fail, or lets the forbidden ones pass: of one flow for each part of the set.

        Each is walked, so that the solver-free reading has its say about every part.
        """
        flows = list(islice(self._flows(sets), _MOST_WALKS))
        traces = [replay(self.tables, asks, scope, flow, solver=lets_in) for scope, flow in flows]
        if asks.quantifier is Quantifier.SOME_ARRIVES and self.finding.trace is not None:
            traces = [self.finding.trace]
        every = [Blame(blockers=tuple(map(blocker, _passes(one)))) if lets_in else blame(self.tables, one) for one in traces]
        blockers = dict.fromkeys(each for one in every for each in one.blockers)
        misses = dict.fromkeys(each for one in every for each in one.near_misses)
        return Blame(blockers=tuple(blockers), near_misses=tuple(misses)), len(traces)

    def _flows(self, sets: FlowSets) -> Iterator[tuple[Scope, Flow]]:
        taken = {**recommended(self.tables), **self.question.fixed}
        for one in sets.scopes:
            for shown in one.witnesses:
                for region in shown.headers:
                    packets = one.scope.packets
                    values = {name: numbers.first for name, numbers in zip(FIELDS, region, strict=True)}
                    packet = Packet(**values, source_tags=packets.source_tags, target_tags=packets.target_tags)
                    # A witness may name any reading where none matters to its path; what is given stays.
                    readings = {**taken, **shown.readings, **dict(one.scope.condition), **self.question.fixed}
                    yield one.scope, Flow(origin=one.scope.origin, packet=packet, choices=shown.choices, readings=readings)


def _passes(trace: Trace) -> tuple[Step, ...]:
    """The rules that let a delivered packet pass."""
    return tuple(
        step for step in trace.steps if step.kind is StepKind.PASS and not step.reply and isinstance(step.row, FilterRow)
    )


# -- Sets ---------------------------------------------------------------------------------------------------------------


@record(kw_only=False)
class _Bundle:
    """Scopes between the same two ends as one set of packets."""

    sets: tuple[ScopeSets, ...]
    whole: tuple[Region, ...]
    lost: tuple[Region, ...]
    delivered: tuple[Region, ...]
    open: tuple[Region, ...]
    rectangles: dict[str, tuple[Region, ...]] = field(default_factory=dict)
    """Those that have been shown."""

    def of(self, fares: str) -> tuple[Region, ...]:
        """Disjoint regions."""
        return {LOST: self.lost, DELIVERED: self.delivered, OPEN: self.open}[fares]

    def shown(self, fares: str) -> tuple[Region, ...]:
        """The same as few regions."""
        found = self.rectangles.get(fares)
        if found is None:
            others = [region for other in (LOST, DELIVERED, OPEN) if other != fares for region in self.of(other)]
            found = self.rectangles[fares] = rectangles(self.of(fares), self.whole, outside=others, disjoint=True)
        return found


def _packets(scope: Scope) -> Region:
    return tuple(getattr(scope.packets, name) for name in FIELDS)


def _bundles(sets: FlowSets, quantifier: Quantifier) -> Iterator[_Bundle]:
    groups: dict[tuple[object, ...], list[ScopeSets]] = {}
    for one in sets.scopes:
        scope, packets = one.scope, one.scope.packets
        key = (scope.origin, scope.subject, scope.target, packets.source_tags, packets.target_tags)
        groups.setdefault(key, []).append(one)
    for members in groups.values():
        whole = union([_packets(one.scope) for one in members])
        # What decides the claim in one scope decides it for the packet.
        lost_decides = quantifier is Quantifier.ALL_ARRIVE
        sure = union(*((one.lost if lost_decides else one.delivered) for one in members))
        unsure = difference(union(*(one.open for one in members)), sure)
        rest = difference(whole, (*sure, *unsure))
        lost, delivered = (sure, rest) if lost_decides else (rest, sure)
        yield _Bundle(sets=tuple(members), whole=whole, lost=lost, delivered=delivered, open=unsure)


def _group(one: _Bundle, fares: str) -> Group:
    scope = one.sets[0].scope
    return Group(
        subject=scope.subject,
        target=scope.target,
        rectangles=one.shown(fares),
        count=total(one.of(fares)),
        covered=total(one.whole),
        within=tuple(numbers_of(column) for column in zip(*one.whole, strict=True)),
        source_tags=scope.packets.source_tags,
        target_tags=scope.packets.target_tags,
        bound=scope.partial_source is not None or scope.partial_target is not None,
    )


def _wanted(quantifier: Quantifier, verdict: Verdict) -> tuple[str, ...]:
    """Which sets tell the verdict."""
    good, bad = (LOST, DELIVERED) if quantifier is Quantifier.NONE_ARRIVES else (DELIVERED, LOST)
    return {Verdict.HOLDS: (good, OPEN), Verdict.VIOLATED: (bad, OPEN), Verdict.UNKNOWN: (OPEN,)}[verdict]


# -- Filters ------------------------------------------------------------------------------------------------------------


def _about_filters(tables: EffectiveNetwork, asks: FilterQuestion, finding: Finding, options: Options) -> Explanation:
    """Every packet on which two filters break their relation, at every place; of dead rules the finding tells all."""
    if asks.relation is FilterRelation.NO_DEAD_ROWS or finding.verdict is Verdict.HOLDS:
        return Explanation(finding=finding)
    try:
        parts = [one for context in asks.contexts for one in _more(tables, asks, context, options)]
    except TooMany:
        return Explanation(finding=finding, problem="the difference falls into too many parts to list")
    except TimeOut:
        return Explanation(finding=finding, problem=f"the solver did not prove the difference within {options.seconds:g} s")
    return Explanation(finding=finding, differences=tuple(parts), proved=True)


def _more(tables: EffectiveNetwork, asks: FilterQuestion, context: FilterContext, options: Options) -> Iterator[RuleTraffic]:
    """What one filter lets pass and the other drops, for both if they are to be equal; proved."""
    if context.right is None:
        return
    pairs = [(context.left, context.right)]
    if asks.relation is FilterRelation.EQUAL:
        pairs.append((context.right, context.left))
    for left, right in pairs:
        world = World(tables, (left, right), asks.fixed)
        regions = more(world, left, right)
        shown = rectangles(regions, world.domain, disjoint=True)
        wrong = filters_disagree(tables, asks, (left, right), world.names, shown, seconds=options.seconds)
        if wrong is not None:
            raise ReadingsDisagree(f"exact sets  {wrong}\nquestion    {asks!r}")
        if shown:
            yield RuleTraffic(
                where=f"{left.direction.value}, {context.where}",
                left=left.resource,
                right=right.resource,
                rectangles=tuple((region[: len(FIELDS)], world.conditions(region)) for region in shown),
                count=total(union([region[: len(FIELDS)] for region in regions])),
            )
