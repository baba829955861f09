"""Coverage and mutation scores as text: what is not tested, place by place, then one line with the number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asever.model.packets import format_packet
from asever.model.scores import Coverage, Fault, Harmless, Part, PartKind, Score, Survivor
from asever.report.lines import BLANK, NARROW, WIDTH, Line, Piece, Style, drawn, line
from asever.report.page import Page, listed
from asever.report.words import place
from asever.source import Span

_GOOD = 100.0


def render_coverage(found: Coverage, *, color: bool = False, width: int = WIDTH, everything: bool = False) -> str:
    """The parts that no check rests on, resource by resource; with `everything` the others too, with their checks."""
    page = Page(width=max(width, NARROW))
    lines: list[Line] = []
    for resource, parts in _by_resource(found.parts):
        shown = [one for one in parts if everything or not one.by]
        if shown:
            lines += [_resource_line(resource, parts), *(each for one in shown for each in _part_lines(one, page)), BLANK]
    return drawn([*lines, *_coverage_summary(found, page)], color=color)


def _by_resource(parts: Iterable[Part]) -> Iterator[tuple[str, list[Part]]]:
    found: dict[str, list[Part]] = {}
    for one in parts:
        found.setdefault(one.resource, []).append(one)
    yield from found.items()


def _resource_line(resource: str, parts: Sequence[Part]) -> Line:
    covered = sum(bool(one.by) for one in parts)
    return line(Piece(resource, Style.STRONG), f": {covered} of {len(parts)} tested")


def _part_lines(one: Part, page: Page) -> Iterator[Line]:
    sign = Piece("    " if one.by else "  - ", Style.BAD)
    for index, each in enumerate(page.paragraph(f"{_line_of(one.span)}{one.text}", 4)):
        yield (sign, Piece(each[0].text[4:])) if index == 0 else each
    if one.by:
        yield from page.paragraph(f"by {listed(one.by)}", 8, Style.FAINT)


def _line_of(span: Span | None) -> str:
    return "" if span is None else f"{place(span)}  "


def _coverage_summary(found: Coverage, page: Page) -> list[Line]:
    counts = [
        f"{sum(bool(one.by) for one in parts)} of {len(parts)} {kind.value}{'' if len(parts) == 1 else 's'}"
        for kind in PartKind
        if (parts := [one for one in found.parts if one.kind is kind])
    ]
    if not counts:
        return [line("there is no rule, route or setting to test")]
    style = Style.GOOD if found.covered == len(found.parts) else Style.UNSURE
    lines = [line(Piece(f"{percent(found.percent)} tested", style), f": {listed(counts)}")]
    return [*lines, *_not_met(found.met, found.checks, "covers nothing", page)]


def _not_met(met: int, checks: int, what: str, page: Page) -> list[Line]:
    """That checks which are not as expected say nothing here."""
    if met == checks:
        return []
    less = checks - met
    return page.remark("note", f"{less} of {checks} checks {'is' if less == 1 else 'are'} not as expected and {what}")


def percent(number: float) -> str:
    """`87 %`; never rounded up to all, nor down to nothing."""
    return f"{min(max(round(number), 1 if number > 0 else 0), 100 if number >= _GOOD else 99)} %"


# -- Mutation -----------------------------------------------------------------------------------------------------------


def render_score(score: Score, *, color: bool = False, width: int = WIDTH, everything: bool = False) -> str:
    """Every survivor with its reason, then the score; with `everything` the faults that are caught, and those that are none."""
    page = Page(width=max(width, NARROW))
    lines: list[Line] = []
    for one in score.survivors:
        lines += [*_survivor_lines(one, page), BLANK]
    if everything:
        for caught in score.caught:
            lines += _fault_lines("CAUGHT", Style.GOOD, caught.fault, page)
            lines += page.paragraph(f"by {caught.check}: {caught.verdict.value}", 10, Style.FAINT)
        for harmless in score.harmless:
            lines += _fault_lines("NONE", Style.FAINT, harmless.fault, page)
            lines += page.paragraph(harmless.why, 10, Style.FAINT)
        lines.append(BLANK)
    return drawn([*lines, *_score_summary(score, page)], color=color)


def _fault_lines(word: str, style: Style, fault: Fault, page: Page) -> Iterator[Line]:
    """`SURVIVED  layered.asev:31  nsg data-tier, inbound rule 100 "SQL"`, and the changed text."""
    head = f"{_line_of(fault.span)}{fault.resource}, {fault.what}"
    for index, each in enumerate(page.paragraph(head, 10)):
        yield (Piece(f"{word:<10}", style), Piece(each[0].text[10:])) if index == 0 else each
    yield from page.paragraph(change_text(fault), 10)


def change_text(fault: Fault) -> str:
    """`port 1433 -> port 1433-1434`, or that it is gone."""
    if fault.after:
        return f"{fault.before}  becomes  {fault.after}"
    return f"removed: {fault.before}"


def _survivor_lines(one: Survivor, page: Page) -> Iterator[Line]:
    yield from _fault_lines("SURVIVED", Style.BAD, one.fault, page)
    yield from page.paragraph(one.why, 10, Style.FAINT)
    if one.packet is not None:
        fares = f", {one.fares}" if one.fares else ""
        yield from page.paragraph(f"for example {format_packet(one.packet)}{fares}", 10, Style.FAINT)
    if one.checks:
        yield from page.paragraph(f"met all the same: {listed(one.checks)}", 10, Style.FAINT)


def _score_summary(score: Score, page: Page) -> list[Line]:
    counted = len(score.caught) + len(score.survivors)
    if not counted:
        return [line("there is no fault that changes anything"), *_harmless_lines(score, page)]
    style = Style.GOOD if not score.survivors else Style.UNSURE
    drawn_of = "" if score.tried == score.possible else f" ({score.tried} of {score.possible} possible faults were tried)"
    head = page.paragraph(f"{percent(score.percent)} caught: {len(score.caught)} of {counted} faults{drawn_of}")
    first = head[0][0].text
    number, colon, rest = first.partition(":")
    lines = [line(Piece(number, style), f"{colon}{rest}"), *head[1:]]
    return [*lines, *_harmless_lines(score, page), *_not_met(score.met, score.checks, "catches nothing", page)]


def _harmless_lines(score: Score, page: Page) -> Iterator[Line]:
    """The faults that do not count, by what was proved of them."""
    reasons: dict[str, list[Harmless]] = {}
    for one in score.harmless:
        reasons.setdefault(one.why, []).append(one)
    for why, those in reasons.items():
        number = f"{len(those)} more {'is' if len(those) == 1 else 'are'} not counted"
        yield from page.remark("note", f"{number}: {why}")
