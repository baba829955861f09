"""Which headers two networks can treat differently at all, where they differ in nothing but the rows of filters.

A packet that matches no row which only one of two lists has meets the same rows in the same order in both, and fares the same.
So what differs between two long lists is looked for among the packets of the few rows that changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import AddressMatch, EffectiveNetwork, Filter, FilterRow, FlowQuestion
from asever.model.numbers import NumberSet, union
from asever.model.regions import FIELDS, Region
from asever.solve.paths import Path, Place, paths

# More changed rows than these are no small edit: everything is compared then.
_MOST_ROWS = 200


class Touched:
    """Compares the ways of flows through two networks; filters that stand at many places are compared once."""

    def __init__(self, old: EffectiveNetwork, new: EffectiveNetwork) -> None:
        self._networks = (old, new)
        self._alike = old.tag_space == new.tag_space and old.assumptions == new.assumptions
        self._numbers: dict[Hashable, int] = {}
        self._lists: dict[int, tuple[tuple[FilterRow, ...], list[int]]] = {}
        self._changed: dict[tuple[int, int], tuple[FilterRow, ...] | None] = {}

    def headers(self, old: FlowQuestion, new: FlowQuestion, number: int) -> list[Region] | None:
        """Regions of the scope of this number outside of which nothing differs; they may overlap. None: it may be anywhere."""
        # Without their replies flows go the same ways, less finely told apart.
        ways = [
            list(paths(network, one.scopes[number], one.fixed, replies=True))
            for network, one in zip(self._networks, (old, new), strict=True)
        ]
        if not self._alike or [_but_rows(way) for way in ways[0]] != [_but_rows(way) for way in ways[1]]:
            return None
        found: list[Region] = []
        for one, other in zip(*ways, strict=True):
            for place, same_place in zip(one.places, other.places, strict=True):
                rows = self._rows(place.filters, same_place.filters)
                if rows is None:
                    return None
                found.extend(_headers(self._networks[0].tag_space, one, place, rows))
        return list(dict.fromkeys(found))

    def _rows(self, old: Sequence[Filter], new: Sequence[Filter]) -> list[FilterRow] | None:
        """The rows that only one of some filters has; None for too many of them."""
        found: list[FilterRow] = []
        for one, other in zip(old, new, strict=True):
            changed = self._between(one.rows, other.rows)
            if changed is None:
                return None
            found.extend(changed)
        return found

    def _between(self, old: tuple[FilterRow, ...], new: tuple[FilterRow, ...]) -> tuple[FilterRow, ...] | None:
        key = (id(old), id(new))
        if key not in self._changed:
            self._changed[key] = _outside_common(old, self._list(old), new, self._list(new))
        return self._changed[key]

    def _list(self, rows: tuple[FilterRow, ...]) -> list[int]:
        """A number for each row; rows that match and do the same, whatever they are called, have the same."""
        found = self._lists.get(id(rows))
        if found is None:
            numbers = [self._numbers.setdefault(_meaning(row), len(self._numbers)) for row in rows]
            found = self._lists[id(rows)] = (rows, numbers)  # the rows are kept, so that their identity is
        return found[1]


def _meaning(row: FilterRow) -> Hashable:
    # Ranges and not sets of numbers: the hash of a tuple takes a tenth of that of a record.
    source, target = row.source, row.target
    unknown = (source.unknown_tags, source.spaces, target.unknown_tags, target.spaces)
    ports = (row.protocol.ranges, row.source_port.ranges, row.target_port.ranges)
    return (row.action, row.condition, ports, source.addresses.ranges, target.addresses.ranges, unknown)


def _outside_common(
    old: Sequence[FilterRow], old_numbers: list[int], new: Sequence[FilterRow], new_numbers: list[int]
) -> tuple[FilterRow, ...] | None:
    """The rows of both lists outside a sequence that both have in common; None for more than a few."""
    matcher = SequenceMatcher(None, old_numbers, new_numbers, autojunk=False)
    found: list[FilterRow] = []
    for what, first, end, other_first, other_end in matcher.get_opcodes():
        if what != "equal":
            found += [*old[first:end], *new[other_first:other_end]]
    return tuple(found) if len(found) <= _MOST_ROWS else None


def _but_rows(way: Path) -> Hashable:
    """What becomes of the flows of a path, whatever the rows of its filters are."""
    return (
        tuple(way.region.items()),
        tuple(sorted(way.readings.items())),
        way.view,
        way.source_tags,
        way.target_tags,
        way.doubts,
        way.unknowns,
        way.passed,
        tuple(route.regional for route in way.routes),
        way.lost,
        way.site,
        way.unmodelled,
        way.returns,
        way.reply_doubt,
        tuple((place.view, place.source_tags, place.target_tags, _but_rows_of(place.filters)) for place in way.places),
    )


def _but_rows_of(filters: Sequence[Filter]) -> Hashable:
    return tuple((one.kind, one.direction, one.otherwise) for one in filters)


def _headers(tag_space: NumberSet, way: Path, place: Place, rows: Sequence[FilterRow]) -> Iterator[Region]:
    """What the flows of a path look like when they leave, as far as they may match one of these rows at a place."""
    for row in rows:
        sides = (_may_lie(row.source, place.source_tags, tag_space), _may_lie(row.target, place.target_tags, tag_space))
        wanted = (row.protocol, sides[0], row.source_port, sides[1], row.target_port)
        region = dict(way.region)
        for now, numbers in zip(place.view, wanted, strict=True):
            if isinstance(now, int):
                region[str(now)] = NumberSet.single(now) & numbers
            else:
                region[now] &= numbers
        if all(region.values()):
            yield tuple(region[name] for name in FIELDS)


def _may_lie(match: AddressMatch, known: frozenset[str], tag_space: NumberSet) -> NumberSet:
    """The addresses that one side of a row perhaps matches."""
    if match.unknown_tags & known:
        return ALL_ADDRESSES
    return union((match.addresses, *(match.space(tag, tag_space) for tag in match.open_tags(known))))
