"""The paths of a question as formulas: when each surely succeeds, and when it perhaps does.

Three values come from two formulas. What a service tag of unknown content, a doubt or an unmodelled construct leaves open
makes `perhaps` true and `sure` false; where nothing is open the two are one formula, and the text holds it once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from asever.model.answers import CoreRow, CoreWay, Way
from asever.model.effective import (
    Action,
    AddressMatch,
    EffectiveNetwork,
    Filter,
    FilterRow,
    FlowQuestion,
    Route,
    Scope,
    Success,
)
from asever.model.identity import Same
from asever.model.numbers import NumberSet, union
from asever.record import record, replace
from asever.solve.paths import FIELDS, Path, Place, Taken, existing_ways, fields_of
from asever.solve.rows import Hull, Match, Rows
from asever.solve.terms import FALSE, TRUE, Terms, conjunction, disjunction, negation


@record
class Branch:
    """One path. `where` is when a flow of the scope takes it.

    The others say when a flow that does is delivered as the claim wants it (`arrives`), and when its reply comes back as
    well (`succeeds`).
    """

    path: Path
    where: str
    surely_arrives: str = FALSE
    perhaps_arrives: str = FALSE
    surely_succeeds: str = FALSE
    perhaps_succeeds: str = FALSE


@record
class ScopeText:
    """One scope that exists: `domain` is when a flow lies in it, `branches` are its paths."""

    index: int
    scope: Scope
    domain: str
    branches: tuple[Branch, ...]


@record
class Encoding:
    """A question about flows as formulas over one text. `tracked` are the switches of rows (see `encode_within`)."""

    terms: Terms
    rows: Rows
    scopes: tuple[ScopeText, ...]
    tracked: Mapping[str, CoreRow | CoreWay]


Tracks = Callable[[Way], bool]
"""Which rows that decide the way of a packet get a switch."""


class TooManyRows(Exception):  # noqa: N818 - what happened, in words
    """More rows would get a switch than are wanted."""


def encode(network: EffectiveNetwork, question: FlowQuestion, terms: Terms | None = None) -> Encoding:
    """The formulas of a question, in a text of their own or added to `terms`; they say all about every number."""
    every = enumerate(existing_ways(network, question))
    return _Encoder(network, question, terms or Terms()).encoding(every)


def encode_within(
    network: EffectiveNetwork, question: FlowQuestion, tracks: Tracks | None = None, most: int | None = None
) -> Encoding:
    """The formulas of a question in a text of their own, where every number lies in its domain (`Terms`): that of its flows.

    With `tracks` there is a switch for every filter row that can meet the question, and for the other rows that it names.
    While the switch of a filter row is off, the row may decide either way (`Rows.tracked`). While that of a route, translation,
    arrival or redirect is off, whatever takes the row may end anywhere, as if the row were `unmodelled`. Raises `TooManyRows`
    where more than `most` rows of one filter would have one.
    """
    every = list(enumerate(existing_ways(network, question)))
    return _Encoder(network, question, Terms(_domains(every)), tracks, most).encoding(every)


def encode_way(network: EffectiveNetwork, question: FlowQuestion, index: int, scope: Scope, path: Path) -> Encoding:
    """The same of one path of a scope, which is the question's or a part of it."""
    every = [(index, (scope, (path,)))]
    return _Encoder(network, question, Terms(_domains(every))).encoding(every)


_Numbered = tuple[int, tuple[Scope, tuple[Path, ...]]]
"""A scope by its number, and its paths."""


def _domains(every: Iterable[_Numbered]) -> Mapping[str, NumberSet]:
    """Where the flows of some scopes have each variable."""
    found: dict[str, list[NumberSet]] = {}
    for _, (scope, its) in every:
        for name, numbers in zip(FIELDS, fields_of(scope.packets), strict=True):
            found.setdefault(name, []).append(numbers)
        for path in its:
            for name, numbers in path.region.items():
                if name not in FIELDS:
                    found.setdefault(name, []).append(numbers)
    return {name: _together(parts) for name, parts in found.items()}


_Key = tuple[int, int, tuple[str | int, ...], frozenset[str], frozenset[str]]


class _Encoder:
    def __init__(
        self,
        network: EffectiveNetwork,
        question: FlowQuestion,
        terms: Terms,
        tracks: Tracks | None = None,
        most: int | None = None,
    ) -> None:
        self.network = network
        self.question = question
        self.terms = terms
        self.rows = Rows(self.terms, network, question.fixed)
        self.tracks = tracks
        self.most = most
        self.tracked: dict[str, CoreRow | CoreWay] = {}
        self._switches: dict[Hashable, str] = {}
        self._hulls: dict[_Key, Hull] = {}
        self._matches: dict[_Key, tuple[Match, ...]] = {}
        self._decisions: dict[tuple[_Key, str, bool], str] = {}

    def encoding(self, numbered: Iterable[_Numbered]) -> Encoding:
        every = list(numbered)
        self._hulls = self._measured(
            path
            for _, (scope, its) in every
            for path in its
            if self._switched(path) or can_arrive(path, scope, self.question.success)
        )
        scopes = tuple(
            ScopeText(
                index=index,
                scope=scope,
                domain=self._domain(scope),
                branches=tuple(self._branch(scope, path) for path in its),
            )
            for index, (scope, its) in every
        )
        return Encoding(terms=self.terms, rows=self.rows, scopes=scopes, tracked=self.tracked)

    def _measured(self, every: Iterator[Path]) -> dict[_Key, Hull]:
        """What each filter can meet, over all paths that ask it: one formula then serves them all."""
        found: dict[_Key, dict[str, list[NumberSet]]] = defaultdict(lambda: defaultdict(list))
        for path in every:
            for place in path.places:
                for one in place.filters:
                    sets = found[_key(one, place)]
                    for now in place.view:
                        if isinstance(now, str):
                            sets[now].append(path.region[now])
        return {key: {name: _together(parts) for name, parts in sets.items()} for key, sets in found.items()}

    # -- Scopes and paths -----------------------------------------------------------------------------------------------

    def _domain(self, scope: Scope) -> str:
        return conjunction(map(self.terms.inside, FIELDS, fields_of(scope.packets)))

    def _where(self, scope: Scope, path: Path) -> str:
        """When a flow of the scope takes the path."""
        packets = dict(zip(FIELDS, fields_of(scope.packets), strict=True))
        parts = [
            self.rows.lies(name, numbers, packets) if name in packets else self.terms.inside(name, numbers)
            for name, numbers in path.region.items()
        ]
        parts.extend(self.rows.reading(name, value) for name, value in sorted(path.readings.items()))
        return conjunction(parts)

    def _branch(self, scope: Scope, path: Path) -> Branch:
        """A path with its switches: what takes a row that is off may end anywhere, from there on."""
        branch = self._whole(scope, path)
        switched = self._switched(path)
        if not switched:
            return branch
        there, back = ([one for one in switched if one.reply is reply] for reply in (False, True))
        stays = conjunction(map(self._way_switch, there))
        astray = disjunction(
            conjunction((negation(self._way_switch(one)), self._passes(path, sure=False, places=one.places))) for one in there
        )
        returns = conjunction(map(self._way_switch, back))
        return replace(
            branch,
            surely_arrives=conjunction((branch.surely_arrives, stays)),
            perhaps_arrives=disjunction((branch.perhaps_arrives, astray)),
            surely_succeeds=conjunction((branch.surely_succeeds, stays, returns)),
            perhaps_succeeds=disjunction(
                (branch.perhaps_succeeds, astray, conjunction((branch.perhaps_arrives, negation(returns))))
            ),
        )

    def _switched(self, path: Path) -> list[Taken]:
        """The rows that decided the way of a path and have a switch."""
        return [] if self.tracks is None else [one for one in path.taken if self.tracks(one.row)]

    def _way_switch(self, one: Taken) -> str:
        """The switch of a row: one for all the rows that Azure makes of one route or setting."""
        origin, row = one.row.origin, one.row
        said = row.text if isinstance(row, Route) else row.because
        key = (type(row), id(row) if origin.span is None else (origin.span, origin.azure, said))
        return self._switched_by(key, CoreWay(one.at, row))

    def _whole(self, scope: Scope, path: Path) -> Branch:
        where = self._where(scope, path)
        success = self.question.success
        if not can_arrive(path, scope, success):
            return Branch(path=path, where=where)
        perhaps = self._passes(path, sure=False)
        if path.unmodelled is not None:
            return Branch(path=path, where=where, perhaps_arrives=perhaps, perhaps_succeeds=perhaps)
        sure = self._passes(path, sure=True) if surely_arrives(path, scope, success) else FALSE
        source, target = path.view[1], path.view[3]
        seen_must, seen_may = self._seen(success.seen_as, source, path)
        as_wanted = self.rows.lies(target, scope.arrives_as, path.region)
        sure, perhaps = conjunction((sure, seen_must, as_wanted)), conjunction((perhaps, seen_may, as_wanted))
        return Branch(
            path=path,
            where=where,
            surely_arrives=sure,
            perhaps_arrives=perhaps,
            surely_succeeds=sure if path.returns is True else FALSE,
            perhaps_succeeds=FALSE if path.returns is False else perhaps,
        )

    def _seen(self, match: AddressMatch, source: str | int, path: Path) -> tuple[str, str]:
        """When the source that arrives surely, and perhaps, is what the claim demands.

        What the claim names may be any address, not a service tag's alone: the VIP of an environment that the file does not
        give, or VirtualNetwork.
        """
        must, _ = self.rows.address("source", match, source, path.source_tags, path.region)
        return must, TRUE if match.unknown_tags else must

    # -- Filters --------------------------------------------------------------------------------------------------------

    def _passes(self, path: Path, *, sure: bool, places: int | None = None) -> str:
        return conjunction(self._place(place, sure=sure) for place in path.places[:places])

    def _place(self, place: Place, *, sure: bool) -> str:
        """Every filter of one place, the last first: what always allows skips those after it."""
        rest = TRUE
        for one in reversed(place.filters):
            key = _key(one, place)
            matches = self._matching(key, one, place)
            # While a row is switched off it may decide as any other of its filter does.
            always = _always(match.row for match in matches) if self.tracks is None else _may_always(Same(one.rows))
            worth = rest if always else TRUE
            passes = self._decision(key, one, worth, sure=sure)
            rest = passes if always else conjunction((passes, rest))
        return rest

    def _matching(self, key: _Key, one: Filter, place: Place) -> tuple[Match, ...]:
        found = self._matches.get(key)
        if found is None:
            asked = (one.rows, place.view, self._hulls[key], place.source_tags, place.target_tags)
            if self.tracks is None:
                found = tuple(self.rows.needed(*asked, one.otherwise))
            else:  # a row that is switched off holds nothing, so that all are needed
                found = tuple(islice(self.rows.matching(*asked), None if self.most is None else self.most + 1))
                if self.most is not None and len(found) > self.most:
                    raise TooManyRows
            self._matches[key] = found
        return found

    def _decision(self, key: _Key, one: Filter, worth: str, *, sure: bool) -> str:
        matches = self._matches[key]
        # Nothing is open: what surely passes and what perhaps passes are one formula.
        sure = sure or (self.tracks is None and all(match.must == match.may for match in matches))
        found = self._decisions.get((key, worth, sure))
        if found is None:
            values = {Action.ALLOW: worth, Action.ALWAYS_ALLOW: TRUE, Action.DENY: FALSE}
            what = f"{one.resource} {one.direction.value}"
            if self.tracks is not None:
                switched = [(match, self._switch(one, match)) for match in matches]
                found = self.rows.tracked(what, switched, values, one.otherwise, sure=sure)
            else:
                found = self.rows.decision(what, matches, values, one.otherwise, sure=sure)
            self._decisions[key, worth, sure] = found
        return found

    def _switch(self, one: Filter, match: Match) -> str:
        """The switch of a rule: one for all packets that meet it at this filter."""
        row = match.row
        return self._switched_by((id(one.rows), row.priority, row.origin.span or id(row)), CoreRow(one, row))

    def _switched_by(self, key: Hashable, what: CoreRow | CoreWay) -> str:
        found = self._switches.get(key)
        if found is None:
            found = self._switches[key] = self.terms.boolean(f"row {len(self._switches)}")
            self.tracked[found] = what
        return found


def _together(parts: Sequence[NumberSet]) -> NumberSet:
    """The union of sets, of which most are one and the same."""
    return parts[0] if all(one is parts[0] for one in parts) else union(dict.fromkeys(parts))


def _always(rows: Iterable[FilterRow]) -> bool:
    return any(row.action is Action.ALWAYS_ALLOW for row in rows)


@lru_cache(maxsize=256)
def _may_always(same: Same[tuple[FilterRow, ...]]) -> bool:
    """Whether a row of a filter always allows; many questions ask this of the same filters."""
    return _always(same.value)


def _key(one: Filter, place: Place) -> _Key:
    """What a filter's formula depends on; rows by identity, since a table holds them once, and actions too."""
    return id(one.rows), id(one.otherwise), place.view, place.source_tags, place.target_tags


# -- What needs no solver -----------------------------------------------------------------------------------------------


def can_arrive(path: Path, scope: Scope, success: Success) -> bool:
    """Whether flows of a path may succeed, as far as the path alone tells."""
    if path.unmodelled is not None:
        return True
    if path.site not in scope.arrives_at or success.via - path.passed or success.not_via & path.passed:
        return False
    return not success.within_region or stays_in_region(path, scope) is not False


def surely_arrives(path: Path, scope: Scope, success: Success) -> bool:
    """Whether nothing on a path that can arrive leaves it open, filters apart."""
    return not path.doubts and (not success.within_region or stays_in_region(path, scope) is True)


def stays_in_region(path: Path, scope: Scope) -> bool | None:
    """Whether a path never leaves the regional network; None is not documented."""
    stays = [scope.internet_regional if route.regional is None else route.regional for route in path.routes]
    if False in stays:
        return False
    return None if None in stays else True
