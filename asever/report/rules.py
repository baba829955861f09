"""A filter and one packet, side by side: why each rule before the deciding one does not match.

This is wording, not judgement: which row decides is in the finding, and nothing here can change it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from asever.model.addresses import ALL_ADDRESSES, format_address, format_addresses
from asever.model.answers import CoreRow, CoreWay, is_written
from asever.model.effective import (
    Action,
    AddressMatch,
    Arrival,
    Filter,
    FilterRow,
    Redirect,
    Route,
    SourceTranslation,
    exists_in,
)
from asever.model.packets import ANY_PORT, Packet, format_protocol, format_protocols
from asever.record import record
from asever.report.lines import Line, Piece, Style, line, shortened, wrapped
from asever.report.words import has_ports, ports_text

# Of a long list the near misses and this many rules at either end are shown.
_ENDS = 4
_MOST = 12
_NAME = 30


_Key = tuple[int, str]
"""A rule of the user, which may be several rows: its priority and its name."""


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
        yield f"source {format_address(packet.source)} {_is_not(row.source)}"
    if not _matches(row.target, packet.target, packet.target_tags):
        yield f"destination {format_address(packet.target)} {_is_not(row.target)}"
    if has_ports(packet) and packet.target_port not in row.target_port:
        yield f"port {packet.target_port} is not {_in(ports_text(row.target_port), single=row.target_port.size == 1)}"
    if has_ports(packet) and packet.source_port not in row.source_port:
        yield f"source port {packet.source_port} is not {_in(ports_text(row.source_port), single=row.source_port.size == 1)}"


def _matches(match: AddressMatch, address: int, tags: frozenset[str]) -> bool:
    return address in match.addresses or bool(match.unknown_tags & tags)


def _is_not(match: AddressMatch) -> str:
    return f"{'is not known to be' if match.unknown_tags else 'is not'} {wanted(match)}"


def wanted(match: AddressMatch) -> str:
    """`in 10.0.1.0/26`, `10.0.1.4`, `in VirtualNetwork`: what one side of a rule wants, in its own words.

    A word that stands for few addresses is followed by them: `VirtualNetwork (10.0.0.0/16)`; for one, it is that one.
    """
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


def decision_lines(
    one: Filter,
    packet: Packet,
    decided_by: FilterRow | None,
    readings: Mapping[str, str],
    near: Collection[_Key] = (),
    *,
    width: int,
    indent: int = 4,
) -> list[Line]:
    """The rules in order up to the deciding one (`>`), each with its reason; `near` are the near misses (`~`)."""
    before = _before(_Same(one.rows, decided_by), tuple(readings.items()))
    decider = _name(decided_by) if decided_by else ""
    shown = _shown(before, near)
    hidden = len(before.rules) - sum(1 for key in shown if key)
    label = max(before.label, min(len(decider), _NAME), 8)
    lines: list[Line] = []
    for key in shown:
        if key is None:
            lines.append(line(" " * (indent + 8), Piece(f"... {hidden} more rules that do not match", Style.FAINT)))
            continue
        rows = before.rules[key]
        reasons = "; ".join(_reasons(rows, packet))
        head = (key[0], _name(rows[0]))
        lines += _row("~" if key in near else " ", head, reasons, label=label, indent=indent, width=width)
    if decided_by is None:
        lines.append(
            line(" " * indent, Piece(">", Style.BAD), "        no rule matches: ", _verb(one.otherwise, by_default=False))
        )
    else:
        by_default = decided_by.origin.azure is not None
        text = _verb(decided_by.action, by_default=by_default)
        lines += _row(">", (decided_by.priority, decider), text, label=label, indent=indent, width=width)
    return lines


def _verb(action: Action, *, by_default: bool) -> str:
    verb = "drops it" if action is Action.DENY else "lets it pass"
    return f"{verb} (Azure's default rule)" if by_default else verb


@record(kw_only=False, eq=False)
class _Same:
    """A list of rules and the one that decides, by identity: to compare them would take as long as to read them."""

    rows: Sequence[FilterRow]
    decided_by: FilterRow | None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.rows is other.rows and self.decided_by is other.decided_by

    def __hash__(self) -> int:
        return hash((id(self.rows), id(self.decided_by)))


@record
class _Before:
    """The rules before the deciding one, each with its rows, and where each stands; `label` is the longest name's length."""

    rules: Mapping[_Key, Sequence[FilterRow]]
    places: Mapping[_Key, int]
    label: int


@lru_cache(maxsize=16)
def _before(same: _Same, readings: tuple[tuple[str, str], ...]) -> _Before:
    """What a list of rules has before the one that decides; a report often shows the same list for many packets."""
    found: dict[_Key, list[FilterRow]] = {}
    decided_by, known = same.decided_by, dict(readings)
    decider = None if decided_by is None else (decided_by.priority, decided_by.name)
    for row in same.rows:
        key = (row.priority, row.name)
        if key == decider:
            if row == decided_by:
                break
        elif not row.condition or _exists(row, known):
            found.setdefault(key, []).append(row)
    lengths = {len(_name(rows[0])) for rows in found.values()}
    return _Before(
        rules=found,
        places={key: place for place, key in enumerate(found)},
        label=max((length for length in lengths if length <= _NAME), default=0),
    )


def _reasons(rows: Sequence[FilterRow], packet: Packet) -> tuple[str, ...]:
    """Why a rule does not match: the reasons of the row that lacks least."""
    each = (mismatches(row, packet) or ("it is not known whether it matches",) for row in rows)
    return min(each, key=len)


def _shown(before: _Before, near: Collection[_Key]) -> list[_Key | None]:
    """All of a short list; of a long one the ends and the near misses, with one None where rules are left out."""
    rules = list(before.rules)
    if len(rules) <= _MOST:
        return [*rules]
    ends = (*range(_ENDS), *range(len(rules) - _ENDS, len(rules)))
    places = sorted({*ends, *(before.places[key] for key in near if key in before.places)})
    gap = next((number for number, place in enumerate(places) if place != number), len(places))
    kept: list[_Key | None] = [rules[place] for place in places]
    return kept if gap == len(places) else [*kept[:gap], None, *kept[gap:]]


def _row(mark: str, rule: tuple[int, str], text: str, *, label: int, indent: int, width: int) -> list[Line]:
    style = {"~": Style.UNSURE, ">": Style.BAD}.get(mark, Style.PLAIN)
    head = f"{mark} {rule[0]:>5}  {rule[1]:<{label}}  "
    lines = wrapped(text, first=" " * indent + head, width=width)
    shown = line(" " * indent, Piece(lines[0][indent : indent + len(head)], style), lines[0][indent + len(head) :])
    return [shown, *(line(rest) for rest in lines[1:])]
