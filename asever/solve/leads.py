"""Flows that a guide leads to: the one that looks most like real traffic, found without a question to the solver.

What it should look like is what `flows` wants it to look like, in the same order, so that both come to the same flow. Whether
it is one is not said here: the solver is asked about every flow that is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from asever.model.effective import Scope
from asever.model.numbers import EMPTY, NumberSet, union
from asever.record import record, replace
from asever.solve.guide import Examples, Told
from asever.solve.paths import FIELDS, Path, Ways
from asever.solve.search import Limits, Wish

_JUMPS = 12
"""So often the least number is looked for below an example; then by halving."""

Asks = Callable[[int, Limits], Told]
"""Asks the guide for flows of a scope within limits."""


@record
class Lead:
    """A flow: its scope by number, its path, the number of every variable of the path, and its readings."""

    scope: int
    path: Path
    values: Mapping[str, int]
    readings: Mapping[str, str]


class Nowhere(Exception):  # noqa: N818 - what happened, in a word
    """The guide does not lead to a flow: it says nothing any more, or what cannot be."""


class Leads:
    """Flows that a guide says exist, made narrower step by step. Raises `Nowhere` when it says so no longer."""

    def __init__(self, asks: Asks, every: Ways, readings: Mapping[str, str], scope: int, found: Examples) -> None:
        """`found` is what the guide says when it is asked for any flow in these readings, and in which scope."""
        self._asks = asks
        self._ways = every
        self._limits = Limits(box={}, readings=readings)
        self._scope, self._found = scope, found

    # -- Any flow -------------------------------------------------------------------------------------------------------

    def any(self, readings: Mapping[str, str]) -> Lead:
        """The first flow that there is. `readings` are those of assumptions that nothing depends on."""
        values = {name: numbers.first for name, numbers in self._found.box.items()}
        return self._lead(values, {**readings, **self._found.readings})

    # -- The flow to show -----------------------------------------------------------------------------------------------

    def choose_readings(self, names: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Of each assumption the first value that can be, the first assumptions first."""
        if self._grant(*(Wish(reading=(name, values[0])) for name, values in names.items())):
            return {name: values[0] for name, values in names.items()}
        made = {}
        for name, values in names.items():
            made[name] = next((value for value in values if self._grant(Wish(reading=(name, value)))), "")
            if not made[name]:
                raise Nowhere
        return made

    def choose_scope(self) -> Scope:
        """The first scope that has such a flow."""
        for index, (scope, _) in enumerate(self._ways):
            if self._grant(Wish(scope=index)):
                return scope
        raise Nowhere

    def flow(self, wishes: Sequence[Sequence[Wish]], order: Sequence[str], readings: Mapping[str, str]) -> Lead:
        """The flow of the chosen scope by these wishes, and then with the least numbers, the first variables first."""
        self._grant_first(wishes)
        packets = self._ways[self._scope][0].packets
        self._least({name: getattr(packets, name) for name in order})
        values = {name: self._now(name) for name in FIELDS}
        mine = [one for one in self._ways[self._scope][1] if one.holds(values, readings)]
        while (name := next((one for path in mine for one in path.region if one not in values), None)) is not None:
            self._least({name: union(one.region[name] for one in mine if name in one.region)})
            values[name] = self._now(name)
            mine = [one for one in mine if one.holds(values, readings)]
        return self._lead(values, readings)

    def _lead(self, values: Mapping[str, int], readings: Mapping[str, str]) -> Lead:
        mine = [one for one in self._ways[self._scope][1] if one.holds(values, readings) and values.keys() == one.region.keys()]
        if len(mine) != 1:
            raise Nowhere
        return Lead(scope=self._scope, path=mine[0], values=values, readings=readings)

    # -- Granting -------------------------------------------------------------------------------------------------------

    def _grant_first(self, groups: Sequence[Sequence[Wish]]) -> None:
        """Of each group the first wish that can be, group after group; most often the first ones together."""
        asked = [group for group in groups if group]
        if not self._grant(*(group[0] for group in asked)):
            for group in asked:
                any(self._grant(wish) for wish in group)

    def _least(self, domains: Mapping[str, NumberSet]) -> None:
        """Every variable at the least number of its domain that it can be, unless a wish made it one."""
        limits = self._limits.box
        free = {name: domain for name, domain in domains.items() if name not in limits or not limits[name].is_single}
        if not self._grant(*(Wish(variable=name, numbers=NumberSet.single(one.first)) for name, one in free.items())):
            for name, domain in free.items():
                self._least_of(name, domain)

    def _least_of(self, name: str, domain: NumberSet) -> None:
        floor, jumps = domain.first, 0
        while (least := self._now(name)) > floor:
            jumps += 1
            highest = least - 1 if jumps <= _JUMPS else (floor + least) // 2
            if not self._grant(Wish(variable=name, numbers=NumberSet.span(floor, highest) & domain)):
                floor = highest + 1
        self._grant(Wish(variable=name, numbers=NumberSet.single(least)))

    def _now(self, name: str) -> int:
        """The least number that a variable has in the flows at hand."""
        if name not in self._found.box:
            raise Nowhere
        return self._found.box[name].first

    def _grant(self, *wishes: Wish) -> bool:
        """Whether all of these can be together with what has been granted; if so they are from now on."""
        limits = self._limits.with_(wishes)
        if limits.contradictory:
            return False
        found = self._known(wishes) or self._asked(limits)
        if found is None:
            return False
        self._limits, (self._scope, self._found) = limits, found
        return True

    def _known(self, wishes: Sequence[Wish]) -> tuple[int, Examples] | None:
        """Those of the flows at hand that are as wished."""
        box, readings = dict(self._found.box), dict(self._found.readings)
        for one in wishes:
            if one.scope not in (None, self._scope):
                return None
            if one.variable:
                box[one.variable] = box.get(one.variable, EMPTY) & one.numbers
                if not box[one.variable]:
                    return None
            if one.reading is not None and readings.setdefault(*one.reading) != one.reading[1]:
                return None
        return self._scope, replace(self._found, box=box, readings=readings)

    def _asked(self, limits: Limits) -> tuple[int, Examples] | None:
        for scope in range(len(self._ways)) if limits.scope is None else [limits.scope]:
            told = self._asks(scope, limits)
            if told is None:
                raise Nowhere
            if told:
                return scope, told
        return None
