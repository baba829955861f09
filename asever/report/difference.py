"""What differs between two files: text in 80 columns, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asever.model.difference import Change, Decider, Difference, Level
from asever.report.flows import region_json, region_text
from asever.report.json import Json
from asever.report.lines import BLANK, NARROW, Line, Piece, Style, drawn, line
from asever.report.page import Page
from asever.report.words import packets, place

_MOST_REGIONS = 8
_WORKS = (Level.SOMETIMES, Level.ALWAYS)
_STATES = {
    Level.NEVER: "nothing arrives",
    Level.ONE_WAY: "packets arrive without a reply",
    Level.SOMETIMES: "works by some choice of Azure's or in some reading",
    Level.ALWAYS: "works",
    Level.OPEN: "nobody can say",
}


def headline(change: Change) -> str:
    """`becomes possible`, `stops`, or what it was and what it is."""
    if change.before in (Level.NEVER, Level.ONE_WAY) and change.after in _WORKS:
        return "becomes possible"
    if change.before in _WORKS and change.after in (Level.NEVER, Level.ONE_WAY):
        return "stops"
    return f"{_STATES[change.before]} -> {_STATES[change.after]}"


def render_difference(found: Difference, *, color: bool = False) -> str:
    """The report: changes of flows, then things and verdicts."""
    page = Page(width=NARROW)
    lines: list[Line] = []
    for alike in _alike(found.changes):
        lines += [*_changes(alike, page), BLANK]
    for title in found.only_old:
        lines += page.paragraph(f"only in OLD: {title}")
    for title in found.only_new:
        lines += page.paragraph(f"only in NEW: {title}")
    for title in found.moved:
        lines += page.paragraph(f"other addresses: {title} (what both have is compared)")
    for one in found.verdicts:
        where = f" ({place(one.location)})" if one.location is not None else ""
        lines += page.paragraph(f'check "{one.name}": {one.before.value} -> {one.after.value}{where}', style=Style.STRONG)
    for origin, target in found.untold:
        lines += page.paragraph(f"not compared: {origin} -> {target}")
    lines += page.paragraph(_summary(found))
    return drawn(lines, color=color)


def _alike(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes that read the same, in the order of the first of each kind."""
    found: dict[tuple[object, ...], list[Change]] = {}
    for one in changes:
        key = (headline(one), tuple(_regions(one)), one.old, one.new, tuple(one.readings.items()), one.proved)
        found.setdefault(key, []).append(one)
    return list(found.values())


def _regions(change: Change) -> Iterator[str]:
    for region in change.regions[:_MOST_REGIONS]:
        yield region_text(region, change.whole)
    if len(change.regions) > _MOST_REGIONS:
        yield f"and {len(change.regions) - _MOST_REGIONS} more (--format json has all)"


def _changes(alike: Sequence[Change], page: Page) -> Iterator[Line]:
    """Several pairs of ends with one difference."""
    words = headline(alike[0])
    style = Style.GOOD if words == "becomes possible" else Style.BAD if words == "stops" else Style.UNSURE
    for one in alike:
        bound = "at most " if one.bound else ""
        yield line(Piece(f"{one.origin} -> {one.target}", Style.STRONG), f", {bound}{packets(one.count)}")
    yield line("  ", Piece(words, style), ":")
    for text in _regions(alike[0]):
        yield from page.paragraph(text, indent=4)
    for word, decider in (("old", alike[0].old), ("new", alike[0].new)):
        if decider is not None:
            yield from page.remark(word, _decider(decider))
    if alike[0].readings:
        chosen = ", ".join(f"{name}={value}" for name, value in alike[0].readings.items())
        yield from page.remark("note", f"this is so with {chosen} (asever help {next(iter(alike[0].readings))})")
    if not alike[0].proved:
        yield from page.remark("note", "the solver did not confirm all of this")


def _decider(decider: Decider) -> str:
    return decider.text if decider.location is None else f"{decider.text} ({place(decider.location)})"


def _summary(found: Difference) -> str:
    if found.is_empty and not found.untold:
        return f"no flow differs ({found.pairs} pairs compared)"
    proved = sum(one.proved for one in found.changes)
    parts = [f"{len(found.changes)} differences of flows, {proved} confirmed by Z3" if found.changes else "no flow differs"]
    if found.verdicts:
        parts.append(f"{len(found.verdicts)} verdicts differ")
    return f"{'; '.join(parts)} ({found.pairs} pairs compared)"


def difference_json(found: Difference, *, version: str) -> Json:
    """The differences for machines."""
    return {
        "asever": version,
        "differs": not found.is_empty,
        "flows": [_change_json(one) for one in found.changes],
        "only_old": list(found.only_old),
        "only_new": list(found.only_new),
        "moved": list(found.moved),
        "verdicts": [{"name": one.name, "old": one.before.value, "new": one.after.value} for one in found.verdicts],
        "not_compared": [list(one) for one in found.untold],
    }


def _change_json(change: Change) -> Json:
    return {
        "origin": change.origin,
        "target": change.target,
        "change": headline(change),
        "old": {"level": change.before.name.lower(), **_decider_json(change.old)},
        "new": {"level": change.after.name.lower(), **_decider_json(change.new)},
        "packets": change.count,
        "bound": change.bound,
        "regions": [region_json(one) for one in change.regions],
        "readings": dict(change.readings),
        "proved": change.proved,
    }


def _decider_json(decider: Decider | None) -> Json:
    if decider is None:
        return {}
    span = decider.location
    where = None if span is None else {"file": span.file.name, "line": span.line, "column": span.column}
    return {"decided": decider.text, "location": where}
