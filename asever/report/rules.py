"""A filter and one packet, side by side: why each rule before the deciding one does not match.

This is wording, not judgement: which row decides is in the finding, and nothing here can change it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

from asever.model.addresses import ALL_ADDRESSES, format_address, format_addresses
from asever.model.answers import CoreRow, CoreWay, is_written
from asever.model.effective import (
    Action,
    AddressMatch,
    Arrival,
    Condition,
    Filter,
    FilterRow,
    Redirect,
    Route,
    SourceTranslation,
    conditions_of,
    exists_in,
)
from asever.model.identity import Same
from asever.model.packets import ANY_PORT, Packet, format_protocol, format_protocols
from asever.record import record
from asever.report.lines import Line, Piece, Style, line, shortened, wrapped
from asever.report.words import has_ports, ports_text

# Of a long list the near misses and this many rules at either end are shown.
_ENDS = 4
_MOST = 12
_NAME = 30
_MARKS = {"~": Style.UNSURE, ">": Style.BAD}


class _Rule:
    """One rule, which may be several rows; each with its place in the list. `listed` is what is shown of all of them."""

    def __init__(self, priority: int, name: str, shown: str) -> None:
        self.priority = priority
        self.name = name
        self.shown = shown
        self.rows: list[tuple[int, FilterRow]] = []
        self.listed: Listed | None = None


class _Listing:
    """The rules of a filter that exist in some readings, in order. Many reports show a few rules of the same thousand."""

    def __init__(self, rows: Sequence[FilterRow], readings: Mapping[str, str]) -> None:
        found: dict[tuple[int, str], _Rule] = {}
        for place, row in enumerate(rows):
            if _exists(row, readings):
                key = (row.priority, row.name)
                rule = found.get(key)
                if rule is None:
                    rule = found[key] = _Rule(row.priority, row.name, _name(row))
                rule.rows.append((place, row))
        self.rules = list(found.values())
        self.numbers = {key: number for number, key in enumerate(found)}
        self.starts = [rule.rows[0][0] for rule in self.rules]
        lengths = (len(rule.shown) for rule in self.rules)
        self.widest = list(accumulate((length if length <= _NAME else 0 for length in lengths), max))


def _listing(one: Filter, readings: Mapping[str, str]) -> _Listing:
    same = Same(one.rows)
    return _listed(same, frozenset((name, readings[name]) for name in _conditional(same) & readings.keys()))


@lru_cache(maxsize=64)
def _conditional(same: Same[tuple[FilterRow, ...]]) -> frozenset[str]:
    return conditions_of(row.condition for row in same.value)


@lru_cache(maxsize=64)
def _listed(same: Same[tuple[FilterRow, ...]], readings: Condition) -> _Listing:
    return _Listing(same.value, dict(readings))


def _name(row: FilterRow) -> str:
    """The name that somebody gave to a rule; one without a name is called by its number, which stands beside it anyway."""
    return "" if row.name == f"rule {row.priority}" else row.name


def mismatches(row: FilterRow, packet: Packet) -> tuple[str, ...]:
    """What the row wants and the packet does not have, one phrase for each field; empty when the row matches.

    A row that names a tag of unknown content counts as not matching unless the packet is known to lie in the tag.
    """
    return tuple(_mismatches(row, packet))


def _mismatches(row: FilterRow, packet: Packet) -> Iterator[str]:
    if packet.protocol not in row.protocol:
        yield f"protocol {format_protocol(packet.protocol)} is not {format_protocols(row.protocol)}"
        return
    if not _matches(row.source, packet.source, packet.source_tags):
        yield f"source {_address(packet.source)} {_is_not(row.source)}"
    if not _matches(row.target, packet.target, packet.target_tags):
        yield f"destination {_address(packet.target)} {_is_not(row.target)}"
    if has_ports(packet) and packet.target_port not in row.target_port:
        yield f"port {packet.target_port} is not {_in(ports_text(row.target_port), single=row.target_port.size == 1)}"
    if has_ports(packet) and packet.source_port not in row.source_port:
        yield f"source port {packet.source_port} is not {_in(ports_text(row.source_port), single=row.source_port.size == 1)}"


@lru_cache(maxsize=64)
def _address(number: int) -> str:
    """An address in words; the reasons of one list name the same two again and again."""
    return format_address(number)


def _matches(match: AddressMatch, address: int, tags: frozenset[str]) -> bool:
    return address in match.addresses or bool(match.unknown_tags & tags)


def _is_not(match: AddressMatch) -> str:
    return f"{'is not known to be' if match.unknown_tags else 'is not'} {wanted(match)}"


def wanted(match: AddressMatch) -> str:
    """`in 10.0.1.0/26`, `10.0.1.4`, `in VirtualNetwork`: what one side of a rule wants, in its own words.

    A word that stands for few addresses is followed by them: `VirtualNetwork (10.0.0.0/16)`; for one, it is that one.
    """
    return _wanted(Same(match))


@lru_cache(maxsize=1024)
def _wanted(same: Same[AddressMatch]) -> str:
    match = same.value
    single = match.addresses.size == 1 and not match.unknown_tags
    text = shortened(match.text, 44)
    plain = format_addresses(match.addresses) if len(match.addresses.ranges) <= 2 and match.addresses != ALL_ADDRESSES else ""
    if single:
        return plain
    if plain and plain != match.text and len(plain) <= 20 and not match.unknown_tags:
        text = f"{text} ({plain})"
    return f"in {text}"


def _in(text: str, *, single: bool) -> str:
    return text if single else f"in {text}"


def rule_text(row: FilterRow) -> str:
    """`allow tcp from 10.0.1.0/26 to * port 80, 443`: a row in the language's own form."""
    source_port = "" if row.source_port == ANY_PORT else f" port {ports_text(row.source_port)}"
    target_port = "" if row.target_port == ANY_PORT else f" port {shortened(ports_text(row.target_port), 44)}"
    source, target = shortened(row.source.text, 44), shortened(row.target.text, 44)
    return f"{row.action.value} {format_protocols(row.protocol)} from {source}{source_port} to {target}{target_port}"


def in_order(rows: Iterable[CoreRow]) -> list[CoreRow]:
    """The rules of a proof, group by group and by priority; a proof has no order of its own."""
    return sorted(rows, key=lambda one: (one.filter.resource, one.filter.direction.value, one.row.priority, one.row.name))


def ways_in_order(ways: Iterable[CoreWay], *, written: bool) -> list[CoreWay]:
    """Those ways of a proof that somebody wrote (or that Azure made), each once, in the order of their words."""
    each = {way_text(one): one for one in ways if is_written(one.row) is written}
    return [each[text] for text in sorted(each)]


def way_text(one: CoreWay) -> str:
    """A route, translation, arrival or redirect in words: `route 0.0.0.0/0 -> Internet (route of table)`."""
    row = one.row
    where = one.at.removeprefix("subnet ")
    match row:
        case Route():
            if is_written(row):
                return f"route {row.text}"
            return f"{row.text} at {where}" if "->" in row.text else f"{where} sends to {row.text}"
        case SourceTranslation():
            return f"{row.because or row.drops or _translated(row)} at {where}"
        case Redirect():
            name = row.name if row.name.startswith("rule ") else f'rule "{row.name or row.because}"'
            return f"{name} of {row.resource or where} translates the destination"
        case Arrival():
            return f"{row.because or row.drops or _arrives(row)}, in {where}"


def _translated(row: SourceTranslation) -> str:
    becomes = f"carries {shortened(format_addresses(row.becomes), 44)}" if row.becomes else "keeps its source"
    return f"what goes to {'a device' if row.fabric == 'a device' else row.fabric} {becomes}"


def _arrives(row: Arrival) -> str:
    called = shortened(format_addresses(row.called), 44)
    taker = row.site or row.continues or (row.recipients[0].site if row.recipients else row.resource)
    return f"{called} is taken by {taker}"


def deciding_row(one: Filter, packet: Packet, readings: Mapping[str, str]) -> FilterRow | None:
    """The first row that exists in these readings and surely matches; None where `otherwise` decides."""
    return next((row for row in one.rows if _exists(row, readings) and not mismatches(row, packet)), None)


def _exists(row: FilterRow, readings: Mapping[str, str]) -> bool:
    """A condition that the readings do not mention is shown as if it held: its row was looked at."""
    known = frozenset(pair for pair in row.condition if pair[0] in readings)
    return exists_in(known, readings)


@record(kw_only=False)
class Listed:
    """A rule that is listed, with those of its rows that stand before the deciding one."""

    priority: int
    name: str
    shown: str
    rows: tuple[FilterRow, ...]


@record
class Choice:
    """Which rules of a list are shown before the deciding one; None for those that are left out."""

    rules: tuple[Listed | None, ...]
    hidden: int
    label: int


def choice(
    one: Filter, decided_by: FilterRow | None, readings: Mapping[str, str], near: Collection[tuple[int, str]] = ()
) -> Choice:
    """The rules that `decision_lines` shows, and how wide their names are."""
    listing = _listing(one, readings)
    end = _end(one, decided_by)
    before = bisect_left(listing.starts, end)
    decider = listing.numbers.get((decided_by.priority, decided_by.name), before) if decided_by else before
    numbers: Sequence[int] = range(before) if decider >= before else [*range(decider), *range(decider + 1, before)]
    shown = _shown(numbers, {listing.numbers[key] for key in near if key in listing.numbers})
    name = _name(decided_by) if decided_by else ""
    return Choice(
        rules=tuple([None if number is None else _listed_rule(listing.rules[number], end) for number in shown]),
        hidden=len(numbers) - sum(1 for number in shown if number is not None),
        label=max(listing.widest[before - 1] if before else 0, min(len(name), _NAME), 8),
    )


def _listed_rule(rule: _Rule, end: int) -> Listed:
    last, _ = rule.rows[-1]
    if last >= end:
        return Listed(rule.priority, rule.name, rule.shown, tuple(row for place, row in rule.rows if place < end))
    if rule.listed is None:
        rule.listed = Listed(rule.priority, rule.name, rule.shown, tuple(row for _, row in rule.rows))
    return rule.listed


RuleLines = Callable[[Listed, Packet, bool, int, int, int], list[Line]]
"""Does what `rule_lines` does."""


def rule_lines(rule: Listed, packet: Packet, is_near: bool, label: int, indent: int, width: int) -> list[Line]:
    """A rule that does not match a packet, and why; `label` is the width of its name."""
    reasons = "; ".join(_reasons(rule.rows, packet))
    return _row("~" if is_near else " ", (rule.priority, rule.shown), reasons, label=label, indent=indent, width=width)


def decision_lines(
    one: Filter,
    packet: Packet,
    decided_by: FilterRow | None,
    readings: Mapping[str, str],
    near: Collection[tuple[int, str]] = (),
    *,
    width: int,
    indent: int = 4,
    of_rule: RuleLines = rule_lines,
) -> list[Line]:
    """The rules in order up to the deciding one (`>`), each with its reason; `near` are the near misses (`~`)."""
    chosen = choice(one, decided_by, readings, near)
    label = chosen.label
    lines: list[Line] = []
    for rule in chosen.rules:
        if rule is None:
            lines.append(line(" " * (indent + 8), Piece(f"... {chosen.hidden} more rules that do not match", Style.FAINT)))
            continue
        lines += of_rule(rule, packet, (rule.priority, rule.name) in near, label, indent, width)
    if decided_by is None:
        lines.append(
            line(" " * indent, Piece(">", Style.BAD), "        no rule matches: ", _verb(one.otherwise, by_default=False))
        )
    else:
        by_default = decided_by.origin.azure is not None
        text = _verb(decided_by.action, by_default=by_default)
        lines += _row(">", (decided_by.priority, _name(decided_by)), text, label=label, indent=indent, width=width)
    return lines


def _verb(action: Action, *, by_default: bool) -> str:
    verb = "drops it" if action is Action.DENY else "lets it pass"
    return f"{verb} (Azure's default rule)" if by_default else verb


def _end(one: Filter, decided_by: FilterRow | None) -> int:
    """How many rows stand before the deciding one."""
    if decided_by is None:
        return len(one.rows)
    places = _places(Same(one.rows))
    found = places.get(id(decided_by))
    return next(place for place, row in enumerate(one.rows) if row == decided_by) if found is None else found


@lru_cache(maxsize=64)
def _places(same: Same[tuple[FilterRow, ...]]) -> Mapping[int, int]:
    return {id(row): place for place, row in enumerate(same.value)}


def _reasons(rows: Iterable[FilterRow], packet: Packet) -> tuple[str, ...]:
    """Why a rule does not match: the reasons of the row that lacks least."""
    each = (mismatches(row, packet) or ("it is not known whether it matches",) for row in rows)
    return min(each, key=len)


def _shown(rules: Sequence[int], near: Collection[int]) -> list[int | None]:
    """All of a short list; of a long one the ends and the near misses, with one None where rules are left out."""
    if len(rules) <= _MOST:
        return list(rules)
    middle = rules[_ENDS:-_ENDS]
    kept: list[int | None] = [number for number in sorted(near) if _is_in(middle, number)]
    first = next((index for index, number in enumerate(kept) if number != middle[index]), len(kept))
    if len(kept) < len(middle):
        kept.insert(first, None)
    return [*rules[:_ENDS], *kept, *rules[-_ENDS:]]


def _is_in(ascending: Sequence[int], number: int) -> bool:
    place = bisect_left(ascending, number)
    return place < len(ascending) and ascending[place] == number


def _row(mark: str, rule: tuple[int, str], text: str, *, label: int, indent: int, width: int) -> list[Line]:
    style = _MARKS.get(mark, Style.PLAIN)
    head = f"{mark} {rule[0]:>5}  {rule[1]:<{label}}  "
    lines = wrapped(text, first=" " * indent + head, width=width)
    shown = line(" " * indent, Piece(lines[0][indent : indent + len(head)], style), lines[0][indent + len(head) :])
    return [shown, *(line(rest) for rest in lines[1:])]
