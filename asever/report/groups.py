"""Answers about security groups: a packet that two of them judge differently, and rules that decide nothing."""

from __future__ import annotations

from asever.model.answers import DeadRows, FiltersDiffer, Finding
from asever.model.claims import GroupPermitsNoMore, GroupsEqual
from asever.model.effective import Action, Filter, FilterRow
from asever.model.packets import format_packet
from asever.report.lines import BLANK, Line, Piece, Style, line
from asever.report.page import Page, listed
from asever.report.quote import Mark
from asever.report.rules import deciding_row, decision_lines
from asever.report.steps import rule_title
from asever.report.words import tags_text

_INSTEAD = 4


def difference_lines(finding: Finding, difference: FiltersDiffer, page: Page) -> list[Line]:
    """The packet, and the rules of each group down to the deciding one."""
    context, packet, claim = difference.context, difference.packet, finding.check.claim
    left, right = context.left, context.right
    says = "These groups judge this packet differently"
    if isinstance(claim, GroupsEqual):
        says = f"nsg {claim.left} and nsg {claim.right} judge this packet differently"
    elif isinstance(claim, GroupPermitsNoMore):
        says = f"nsg {claim.left} lets this packet pass, nsg {claim.right} does not"
    lines: list[Line] = [
        BLANK,
        *page.paragraph(f"{says} ({left.direction.value}, {context.where}):", indent=2),
        BLANK,
        line(Piece(f"      {format_packet(packet)}", Style.STRONG)),
    ]
    for word, tags in (("source", packet.source_tags), ("destination", packet.target_tags)):
        if tags:
            lines.append(line(f"      where the {word} stands for {tags_text(tags)}"))
    marks = []
    for one in (left, right) if right else (left,):
        row = deciding_row(one, packet, difference.readings)
        lines += [BLANK, line(f"    nsg {one.resource} {_does(one, row)}:")]
        lines += decision_lines(one, packet, row, difference.readings, width=page.width, indent=2)
        if row is not None and row.origin.span is not None:
            marks.append(Mark(row.origin.span, f"nsg {one.resource} {_does(one, row)}", primary=one is left))
    return [*lines, BLANK, *page.quoted(marks)] if marks else lines


def _does(one: Filter, row: FilterRow | None) -> str:
    action = one.otherwise if row is None else row.action
    return "drops it" if action is Action.DENY else "lets it pass"


def dead_lines(dead: DeadRows, page: Page) -> list[Line]:
    """Each rule that decides nothing, and the rules that decide in its place."""
    lines: list[Line] = [BLANK, *page.paragraph(f"These rules decide no packet ({dead.context.where}):", indent=2)]
    for row, instead in dead.rows:
        names = list(dict.fromkeys(rule_title(one.priority, one.name) for one in instead))
        by = f"every packet that it matches is decided by {listed(names)}" if names else "no packet matches it"
        marks = [Mark(row.origin.span, "decides nothing")] if row.origin.span else []
        spans = dict.fromkeys(one.origin.span for one in instead if one.origin.span is not None)
        marks += [Mark(span, "decides before it", primary=False) for span in list(spans)[:_INSTEAD]]
        lines += [BLANK, *page.remark("dead", f"{rule_title(row.priority, row.name)}: {by}"), *page.quoted(marks)]
    return lines
