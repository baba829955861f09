"""Two versions of the tables side by side: which part became which, and which rules of a filter are in one version only.

Everything but rules must be the same, apart from where it is written. Rules may come, go and change in the filters that are
lists of many (`slots`): NSGs, admin rules and the network rules of firewalls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from asever.model.effective import (
    Arrival,
    EffectiveNetwork,
    Fabric,
    Filter,
    FilterQuestion,
    FilterRow,
    Forwarding,
    Origin,
    Redirect,
    Route,
    Site,
    SourceTranslation,
)
from asever.source import Span

T = TypeVar("T")

_Way = Route | SourceTranslation | Arrival | Redirect

_MOST_UNLIKE = 2000
"""So many rows are matched one by one where two lists begin and end alike; of more, all count as changed."""


def slots(network: EffectiveNetwork) -> Iterator[Filter]:
    """The filters whose rules may differ, in an order that is the same as long as nothing but rules is changed."""
    for site in network.sites.values():
        yield from _slots_of(site)


def _slots_of(site: Site) -> Iterator[Filter]:
    yield from site.outbound
    yield from site.inbound
    if site.forwarding is not None:
        yield from site.forwarding.filters


class Differ(Exception):  # noqa: N818 - what was found, in a word
    """The versions differ in more than rules."""


class Pairs:
    """Parts of the old version with those of the new. `changed` are the rows in one version only, by slot (`slots`)."""

    def __init__(self) -> None:
        self.changed: dict[int, tuple[FilterRow, ...]] = {}
        self.other: set[int] = set()
        """The slots whose filter is another object, and perhaps an equal one."""
        self._shared = False  # whether the versions have parts in common, which are not gone through
        self._lost: set[int] = set()
        self._parts: dict[int, tuple[object, object]] = {}
        self._spans: dict[int, Span] = {}
        self._back: dict[int, Span] = {}
        self._gone_through: set[int] = set()
        self._filters: dict[tuple[int, int], tuple[FilterRow, ...]] = {}

    def part(self, old: object) -> object:
        """What a filter or row of the old version is in the new one; raises `Differ` for one that is not there."""
        found = self._parts.get(id(old))
        if found is not None:
            return found[1]
        if not self._shared or id(old) in self._lost:
            raise Differ
        return old

    def span(self, old: Span) -> Span:
        """Where something stands now; raises `Differ` for what is not part of the tables."""
        found = self._spans.get(id(old))
        if found is not None:
            return found
        if not self._shared or id(old) in self._lost:
            raise Differ
        return old

    # -- Building -------------------------------------------------------------------------------------------------------

    def networks(self, old: EffectiveNetwork, new: EffectiveNetwork) -> None:
        """Pairs two whole networks; raises `Differ`."""
        _same(_rest(old), _rest(new))
        _same(list(old.sites), list(new.sites))
        _same(list(old.fabrics), list(new.fabrics))
        for fabrics in zip(old.fabrics.values(), new.fabrics.values(), strict=True):
            if not self._is_shared(*fabrics):
                self._fabric(*fabrics)
        slot = 0
        for before, after in zip(old.sites.values(), new.sites.values(), strict=True):
            if self._is_shared(before, after):
                slot += sum(1 for _ in _slots_of(after))
                continue
            self._site(before, after)
            ours, theirs = list(_slots_of(before)), list(_slots_of(after))
            _same(len(ours), len(theirs))
            for number, filters in enumerate(zip(ours, theirs, strict=True), slot):
                self.other.add(number)
                rows = self._filter(*filters)
                if rows:
                    self.changed[number] = rows
                    self._lose(rows)
            slot += len(ours)

    def questions(self, old: FilterQuestion, new: FilterQuestion) -> None:
        """Pairs what two questions about filters are about, which must be the same; raises `Differ`."""
        for before, after in zip(old.contexts, new.contexts, strict=True):
            self._strictly(before.left, after.left)
            if before.right is not None and after.right is not None:
                self._strictly(before.right, after.right)

    def _is_shared(self, old: object, new: object) -> bool:
        """Whether a part of the tables is one and the same in both versions."""
        self._shared |= old is new
        return old is new

    def _lose(self, rows: Sequence[FilterRow]) -> None:
        """What only one version has is in none that both share."""
        for row in rows:
            self._lost |= {id(row), id(row.origin.span), *map(id, row.origin.parts.values())}

    def _site(self, old: Site, new: Site) -> None:
        _same(_head(old), _head(new))
        self._span(old.span, new.span)
        for routes in _zipped(old.routes, new.routes):
            self._row(*routes)
        for translations in _zipped(old.translations, new.translations):
            self._row(*translations)
        if old.forwarding is not None and new.forwarding is not None:
            _same(_forwarding(old.forwarding), _forwarding(new.forwarding))
            for redirects in _zipped(old.forwarding.redirects, new.forwarding.redirects):
                self._row(*redirects)
        else:
            _same(old.forwarding, new.forwarding)

    def _fabric(self, old: Fabric, new: Fabric) -> None:
        _same((old.name, old.otherwise, old.returns), (new.name, new.otherwise, new.returns))
        for arrivals in _zipped(old.arrivals, new.arrivals):
            self._row(*arrivals)

    def _row(self, old: _Way, new: _Way) -> None:
        """Pairs two rows that are no rules of a filter in a slot, with the filters that hang on them."""
        _same(old, new)
        self._put(old, new)
        self._origin(old.origin, new.origin)
        for filters in _zipped(_filters_at(old), _filters_at(new)):
            self._strictly(*filters)

    def _strictly(self, old: Filter, new: Filter) -> None:
        if self._filter(old, new):
            raise Differ

    def _filter(self, old: Filter, new: Filter) -> tuple[FilterRow, ...]:
        """Pairs two filters; the rows that only one of them has."""
        key = (id(old), id(new))
        if key not in self._filters:
            _same(_filter_head(old), _filter_head(new))
            self._span(old.span, new.span)
            self._put(old, new)
            self._filters[key] = self._rows(old.rows, new.rows)
        return self._filters[key]

    def _rows(self, old: Sequence[FilterRow], new: Sequence[FilterRow]) -> tuple[FilterRow, ...]:
        start, most = 0, min(len(old), len(new))
        while start < most and self._is_paired(old[start], new[start]):
            start += 1
        end = 0
        while end < most - start and self._is_paired(old[-1 - end], new[-1 - end]):
            end += 1
        ours, theirs = old[start : len(old) - end], new[start : len(new) - end]
        # Between the ends nothing can be alike where one rule was edited, or where rules only came or only went.
        if not ours or not theirs or len(ours) == len(theirs) == 1 or len(ours) + len(theirs) > _MOST_UNLIKE:
            return (*ours, *theirs)
        from difflib import SequenceMatcher  # noqa: PLC0415 - for edits at several places

        changed: list[FilterRow] = []
        for what, low, high, first, last in SequenceMatcher(
            a=list(map(_key, ours)), b=list(map(_key, theirs)), autojunk=False
        ).get_opcodes():
            if what == "equal":
                for rows in zip(ours[low:high], theirs[first:last], strict=True):
                    self._rule(*rows)
            else:
                changed += [*ours[low:high], *theirs[first:last]]
        return tuple(changed)

    def _is_paired(self, old: FilterRow, new: FilterRow) -> bool:
        """Pairs two rows if they are alike. Where the versions share parts, a row that both have is one of these."""
        if old is new and self._shared:
            return True
        if not _is_alike(old, new):
            return False
        self._rule(old, new)
        return True

    def _rule(self, old: FilterRow, new: FilterRow) -> None:
        self._parts[id(old)] = (old, new)
        self._origin(old.origin, new.origin)

    def _put(self, old: object, new: object) -> None:
        """A part that is one in the old version must be one in the new, wherever the tables have it."""
        found = self._parts.setdefault(id(old), (old, new))
        if found[1] is not new and found[1] != new:
            raise Differ

    def _origin(self, old: Origin, new: Origin) -> None:
        """Where a row is written. Its places are known by identity: what refers to them has them from the tables."""
        if old.azure != new.azure or old.parts.keys() != new.parts.keys():
            raise Differ
        self._span(old.span, new.span)
        if old.parts and id(old.parts) not in self._gone_through:
            self._gone_through.add(id(old.parts))
            for name, span in old.parts.items():
                self._span(span, new.parts[name])

    def _span(self, old: Span | None, new: Span | None) -> None:
        """Two places belong together: what is one place in a version is one in the other."""
        if old is None or new is None:
            _same(old, new)
            return
        there = self._spans.setdefault(id(old), new)
        back = self._back.setdefault(id(new), old)
        if (there is not new and there != new) or (back is not old and back != old):
            raise Differ
        if old.parent is not None or new.parent is not None:
            self._span(old.parent, new.parent)


def _same(old: object, new: object) -> None:
    if old != new:
        raise Differ


def _zipped(old: Sequence[T], new: Sequence[T]) -> Iterator[tuple[T, T]]:
    _same(len(old), len(new))
    return zip(old, new, strict=True)


def _rest(network: EffectiveNetwork) -> tuple[object, ...]:
    return network.assumptions, network.tag_space, network.probe_source, list(network.names.items())


def _head(site: Site) -> tuple[object, ...]:
    return (
        (site.name, site.title, site.kind, site.thing, site.addresses, site.home, site.vnet, site.subnet, site.exempt),
        (len(site.outbound), len(site.inbound)),
    )


def _forwarding(one: Forwarding) -> tuple[object, ...]:
    return one.translated, one.source_becomes, one.otherwise, len(one.filters)


def _filter_head(one: Filter) -> tuple[object, ...]:
    return one.resource, one.kind, one.direction, one.place, one.otherwise


def _filters_at(row: _Way) -> tuple[Filter, ...]:
    match row:
        case Route() | Redirect():
            return row.filters
        case Arrival():
            return row.guards
        case SourceTranslation():
            return ()


def _is_alike(old: FilterRow, new: FilterRow) -> bool:
    return old == new and _written(old) == _written(new)


def _key(row: FilterRow) -> tuple[object, ...]:
    return row, *_written(row)


def _written(row: FilterRow) -> tuple[object, ...]:
    """What counts of who wrote a row, besides where."""
    return row.origin.azure, row.origin.span is None, tuple(row.origin.parts)
