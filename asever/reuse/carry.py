"""A finding of one version of the tables as the finding of the next: equal, with the rows and places of the next."""

from __future__ import annotations

from typing import TypeVar

from asever.explain.finding import Asked
from asever.model.answers import (
    Blocker,
    Core,
    CoreRow,
    CoreWay,
    DeadRows,
    Evidence,
    FiltersDiffer,
    Finding,
    NearMiss,
    Step,
    Trace,
)
from asever.model.effective import FilterContext
from asever.record import replace
from asever.reuse.pairs import Pairs
from asever.source import Span

T = TypeVar("T")


def carried(finding: Finding, asked: Asked, pairs: Pairs) -> Finding:
    """The finding with the parts of the new version; raises `asever.reuse.pairs.Differ` if some part is not there."""
    return _Carrier(pairs).finding(finding, asked)


class _Carrier:
    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    def finding(self, one: Finding, asked: Asked) -> Finding:
        """A finding, and those of the requirements of `is healthy`."""
        return replace(
            one,
            check=asked.check,
            trace=None if one.trace is None else self._trace(one.trace),
            blockers=tuple(map(self._blocker, one.blockers)),
            near_misses=tuple(map(self._near_miss, one.near_misses)),
            evidence=None if one.evidence is None else self._evidence(one.evidence),
            dead_rows=None if one.dead_rows is None else self._dead_rows(one.dead_rows),
            difference=None if one.difference is None else self._difference(one.difference),
            requirements=tuple(map(self.finding, one.requirements, asked.requirements)),
        )

    def _part(self, one: T) -> T:
        return one if one is None else self.pairs.part(one)  # type: ignore[return-value] # a part becomes one of its kind

    def _span(self, one: Span | None) -> Span | None:
        return None if one is None else self.pairs.span(one)

    def _trace(self, one: Trace) -> Trace:
        return replace(one, steps=tuple(map(self._step, one.steps)), routes=tuple(map(self._part, one.routes)))

    def _step(self, one: Step) -> Step:
        if one.row is None and one.filter is None:
            return one
        return replace(one, row=self._part(one.row), filter=self._part(one.filter))

    def _blocker(self, one: Blocker) -> Blocker:
        return one if one.location is None else replace(one, location=self._span(one.location))

    def _near_miss(self, one: NearMiss) -> NearMiss:
        return replace(
            one,
            location=self._span(one.location),
            field_location=self._span(one.field_location),
            cause=self._span(one.cause),
        )

    def _evidence(self, one: Evidence) -> Evidence:
        return replace(one, rests_on=self._core(one.rests_on))

    def _core(self, one: Core) -> Core:
        if not (one.rows or one.ways):
            return one
        return replace(
            one,
            rows=tuple(CoreRow(self._part(each.filter), self._part(each.row)) for each in one.rows),
            ways=tuple(CoreWay(at=each.at, row=self._part(each.row)) for each in one.ways),
        )

    def _dead_rows(self, one: DeadRows) -> DeadRows:
        rows = ((self._part(row), tuple(map(self._part, instead))) for row, instead in one.rows)
        return replace(one, rows=tuple(rows), context=self._context(one.context))

    def _difference(self, one: FiltersDiffer) -> FiltersDiffer:
        return replace(one, context=self._context(one.context))

    def _context(self, one: FilterContext) -> FilterContext:
        return replace(one, left=self._part(one.left), right=self._part(one.right))
