"""Says whether a flow exists by exact search along the paths: the second engine beside the solver, which confirms its verdicts.

It shares the paths with the solver (docs/decisions/013) and no formula: what filters do comes from `first_match`, what a
delivery takes is read off the path here. It may run out of its budget; then it says nothing, and the solver stands alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain

from asever.exact.boxes import Budget, TooMany
from asever.exact.first_match import FirstMatch, NotTold, Variables, changed, first_match, seen
from asever.exact.readings import reading_name
from asever.model.effective import Action, EffectiveNetwork, Filter, FlowQuestion, Quantifier, Scope
from asever.model.numbers import NumberSet
from asever.solve.encode import can_arrive, surely_arrives
from asever.solve.guide import Aim, Examples, Told
from asever.solve.paths import Path, Place, existing_ways, mentioned

VISITS = 10_000
"""How many rows may be looked at for one question: some tens of milliseconds."""

_PASSING = (Action.ALLOW, Action.ALWAYS_ALLOW)
_Limit = tuple[str | int, NumberSet]


class Oracle:
    """One question. `visits` are what may be spent on flows that arrive, and again on flows that do not."""

    def __init__(self, network: EffectiveNetwork, question: FlowQuestion, visits: int = VISITS) -> None:
        self._network = network
        self._question = question
        self._scopes = existing_ways(network, question)
        self._replies = question.quantifier is not Quantifier.NONE_ARRIVES
        self._budgets = {arrives: Budget(visits) for arrives in (True, False)}
        names = sorted(mentioned(network, question))
        self._values = {name: values for name in names if (values := network.assumptions.get(name))}
        """The assumptions that make a difference, with their values."""
        self._told: dict[Hashable, Told] = {}
        self._doubts: dict[int, bool] = {}

    def examples(self, scope: int, aim: Aim, box: Mapping[str, NumberSet], readings: Mapping[str, str]) -> Told:
        """Some flows of a scope with these numbers, in readings that agree with these, all of them the aim's.

        None: the search is too long, or the rows are of a kind that it cannot follow.
        """
        try:
            if box:
                return self._examples(scope, aim, box, readings)
            # Where nothing is in doubt, what surely fares so and what perhaps does are the same flows.
            asked = (scope, aim.arrives, aim.replies, aim.surely and self._is_doubtful(scope), tuple(readings.items()))
            if asked not in self._told:
                self._told[asked] = self._examples(scope, aim, box, readings)
            return self._told[asked]
        except (TooMany, NotTold):
            return None

    def _examples(self, scope: int, aim: Aim, box: Mapping[str, NumberSet], readings: Mapping[str, str]) -> Told:
        its, paths = self._scopes[scope]
        given = {**self._question.fixed, **readings}
        for path in paths:
            found = self._on(path, its, aim, box, given)
            if found is not None:
                return self._named(path, found, readings)
        return False

    def _is_doubtful(self, scope: int) -> bool:
        """Whether some flow of a scope fares so perhaps: by its path, by what the claim wants, or by a row that it can meet."""
        if scope not in self._doubts:
            success = self._question.success
            wanted = bool(success.seen_as.unknown_tags) or success.within_region
            self._doubts[scope] = wanted or any(map(self._may_be_doubtful, self._scopes[scope][1]))
        return self._doubts[scope]

    def _may_be_doubtful(self, path: Path) -> bool:
        if path.doubts or path.unmodelled is not None or (self._replies and path.returns is None):
            return True
        try:
            return any(self._ready(one, place, surely=True).is_doubtful for place in path.places for one in place.filters)
        except NotTold:
            return True

    def _named(self, path: Path, region: Variables, readings: Mapping[str, str]) -> Examples:
        """A region with its readings by name: those that it needs."""
        needed = {**path.readings, **readings}
        for name, values in self._values.items():
            numbers = region.get(reading_name(name))
            if numbers is not None and name not in self._question.fixed and numbers.size < len(values):
                needed[name] = values[numbers.first]
        return Examples(box={name: region[name] for name in path.region}, readings=needed)

    def _on(
        self, path: Path, scope: Scope, aim: Aim, box: Mapping[str, NumberSet], given: Mapping[str, str]
    ) -> Variables | None:
        """The part of a path in a box of which the search first sees that it is the aim's."""
        region = self._region(path, box, given)
        if region is None:
            return None
        limits = self._limits(path, scope, aim)
        if aim.arrives:
            within = None if limits is None else _within(region, limits)
            return None if within is None else self._passes(path.places, within, surely=aim.surely)
        if limits is None:
            return region
        missed = (_outside(region, limit) for limit in limits)
        dropped = (self._drops(place, place.filters, region, surely=aim.surely) for place in path.places)
        return next((one for one in chain(missed, dropped) if one is not None), None)

    def _region(self, path: Path, box: Mapping[str, NumberSet], given: Mapping[str, str]) -> Variables | None:
        """The flows of a path in a box, with the readings as further variables; None if there are none."""
        if any(given.get(name, value) != value for name, value in path.readings.items()):
            return None
        region = {name: numbers & box[name] if name in box else numbers for name, numbers in path.region.items()}
        if not all(region.values()):
            return None
        for name, values in self._values.items():
            value = given.get(name, path.readings.get(name))
            if value in values:
                region[reading_name(name)] = NumberSet.single(values.index(value))
        return region

    def _limits(self, path: Path, scope: Scope, aim: Aim) -> list[_Limit] | None:
        """Where the fields that arrive must lie for a delivery, apart from what filters do; None if there is none."""
        success = self._question.success
        if not can_arrive(path, scope, success):
            return None
        if path.unmodelled is not None:  # nobody can say where it ends, nor what becomes of the reply
            return None if aim.surely else []
        if aim.replies and path.returns is False:
            return None
        if aim.surely and (not surely_arrives(path, scope, success) or (aim.replies and path.returns is not True)):
            return None
        wanted = success.seen_as
        limits: list[_Limit] = [(path.view[3], scope.arrives_as)]
        doubtful = bool(wanted.unknown_tags) and not aim.surely
        if not doubtful and not wanted.unknown_tags & path.source_tags:
            limits.append((path.view[1], wanted.addresses))
        return limits

    # -- Filters --------------------------------------------------------------------------------------------------------

    def _ready(self, one: Filter, place: Place, *, surely: bool) -> FirstMatch:
        tags = (place.source_tags, place.target_tags)
        return first_match(self._network, one.rows, one.otherwise, tags, surely=surely)

    def _passes(self, places: Sequence[Place], region: Variables, *, surely: bool) -> Variables | None:
        """Some of a region that passes all places; None if nothing does."""
        ahead = next((number for number, place in enumerate(places) if place.filters), None)
        if ahead is None:
            return region
        return self._through(places[ahead], places[ahead].filters, places[ahead + 1 :], region, surely=surely)

    def _through(
        self, place: Place, filters: Sequence[Filter], others: Sequence[Place], region: Variables, *, surely: bool
    ) -> Variables | None:
        if not filters:
            return self._passes(others, region, surely=surely)
        rows = self._ready(filters[0], place, surely=surely)
        names, numbers = seen(rows, place.view, region)
        for part, action in rows.parts(numbers, _PASSING, self._budgets[True]):
            rest = () if action is Action.ALWAYS_ALLOW else filters[1:]
            found = self._through(place, rest, others, changed(names, part, region), surely=surely)
            if found is not None:
                return found
        return None

    def _drops(self, place: Place, filters: Sequence[Filter], region: Variables, *, surely: bool) -> Variables | None:
        """Some of a region that does not pass a place; None if everything does."""
        if not filters:
            return None
        rows = self._ready(filters[0], place, surely=surely)
        names, numbers = seen(rows, place.view, region)
        for part, _ in rows.parts(numbers, (Action.DENY,), self._budgets[False]):
            return changed(names, part, region)
        if not rows.skips:
            return self._drops(place, filters[1:], region, surely=surely)
        for part, _ in rows.parts(numbers, (Action.ALLOW,), self._budgets[False]):
            found = self._drops(place, filters[1:], changed(names, part, region), surely=surely)
            if found is not None:
                return found
        return None


def _within(region: Variables, limits: Sequence[_Limit]) -> Variables | None:
    """The part of a region that keeps to the limits; None for nothing."""
    found = dict(region)
    for now, numbers in limits:
        if isinstance(now, int):
            if now not in numbers:
                return None
            continue
        found[now] = found[now] & numbers
        if not found[now]:
            return None
    return found


def _outside(region: Variables, limit: _Limit) -> Variables | None:
    """The part of a region that does not keep to a limit; None for nothing."""
    now, numbers = limit
    if isinstance(now, int):
        return None if now in numbers else region
    rest = region[now] - numbers
    return {**region, now: rest} if rest else None
