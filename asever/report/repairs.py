"""What `asever fix` found, as text and as JSON: each proposal a diff of the specification and what it does to the checks."""

from __future__ import annotations

from collections.abc import Sequence

from asever.diagnostics import Edit
from asever.model.answers import Finding, Report
from asever.model.program import Program
from asever.model.repairs import Hunk, Proposal, Repair
from asever.report.findings import headline
from asever.report.json import Json, location_json
from asever.report.lines import BLANK, NARROW, WIDTH, Line, Piece, Style, drawn, line
from asever.report.page import Page, listed
from asever.report.text import summary
from asever.report.words import Vocabulary

_COLUMN = 10
_MOST_CONFLICTS = 3


def render_repairs(
    repairs: Sequence[Repair],
    program: Program,
    report: Report,
    *,
    file: str,
    color: bool = False,
    width: int = WIDTH,
    written: Sequence[Repair] = (),
    now: Report | None = None,
) -> str:
    """Every check that is not met, with its proposals.

    `written` are those whose first proposal is in the files now, and `now` is what the whole program then comes to.
    """
    page = Page(words=Vocabulary(report.names, program.network), width=max(width, NARROW))
    lines: list[Line] = []
    for one in repairs:
        lines += [headline(one.finding, page), *_claim(one.finding, page), BLANK]
        lines += _of_one(one, page, main=program.files[0].name, written=any(one is each for each in written))
    lines.append(_count(repairs, written))
    if now is not None:
        lines.append(line("the files were read again: ", *summary([one.standing for one in now.results])))
    first = next((one for one in repairs if one.proposals), None)
    if first is not None and not written:
        lines += page.paragraph(f'asever fix {file} "{first.finding.name}" --write applies its first fix')
    return drawn(lines, color=color)


def _claim(finding: Finding, page: Page) -> list[Line]:
    return page.paragraph(finding.check.text, _COLUMN) if finding.check.name not in ("", finding.check.text) else []


def _of_one(one: Repair, page: Page, *, main: str, written: bool) -> list[Line]:
    lines: list[Line] = []
    shown = one.proposals[:1] if written else one.proposals
    for number, proposal in enumerate(shown, 1):
        word = "written" if written else "fix" if len(shown) == 1 else f"fix {number}"
        lines += [*page.remark(word, "; ".join(proposal.words)), *_diff(proposal, page, main), *_effect(proposal, page), BLANK]
    if not one.proposals:
        lines += [*page.remark("no fix", _why_none(one)), BLANK]
    for text in one.advice:
        lines += [*page.remark("advice", text), BLANK]
    return lines


def _diff(proposal: Proposal, page: Page, main: str) -> list[Line]:
    """The lines before and after, with their numbers; the file where it is not the one that was given."""
    gutter = max(len(str(hunk.line + max(len(hunk.old), len(hunk.new)))) for hunk in proposal.hunks)
    lines: list[Line] = []
    shown = main
    for hunk in proposal.hunks:
        if hunk.file != shown:
            lines += page.paragraph(f"in {hunk.file}, which is imported:", 4, Style.PLACE)
            shown = hunk.file
        lines += [*_side(hunk, hunk.old, "-", Style.BAD, gutter), *_side(hunk, hunk.new, "+", Style.GOOD, gutter)]
    return lines


def _side(hunk: Hunk, texts: Sequence[str], sign: str, style: Style, gutter: int) -> list[Line]:
    return [
        line("    ", Piece(f"{hunk.line + at:>{gutter}}", Style.GUTTER), " ", Piece(f"{sign} {text}".rstrip(), style))
        for at, text in enumerate(texts)
    ]


def _effect(proposal: Proposal, page: Page) -> list[Line]:
    """How many checks turn to HOLDS and to VIOLATED."""
    edits = "this edit" if len(proposal.edits) == 1 else f"these {len(proposal.edits)} edits"
    held, broken = proposal.to_holds, proposal.to_violated
    turns = f"{held} checks turn" if held != 1 else "1 check turns"
    none = "none turns" if broken == 0 else f"{broken} turn"
    return page.paragraph(f"With {edits} {turns} to HOLDS and {none} to VIOLATED.", 4)


def _why_none(one: Repair) -> str:
    """Why nothing is proposed."""
    if one.contradiction is not None:
        return (
            f'the check "{one.contradiction}" says the opposite of this one about the same packets, so no edit of the network '
            "can meet both"
        )
    if one.tried == 0:
        return "no rule, route or switch of the file is known that would change this"
    tried = f"{one.tried} edited program{'s were' if one.tried > 1 else ' was'} judged"
    limits = "and all that was thought of is among them" if one.exhausted else "and there may be others"
    if one.conflicts:
        names = listed([f'"{name}"' for name, _ in one.conflicts[:_MOST_CONFLICTS]])
        return f"{tried}, {limits}; what makes this check met would change others that are met now: {names}"
    return f"{tried}, {limits}; none makes this check met"


def _count(repairs: Sequence[Repair], written: Sequence[Repair]) -> Line:
    """How many checks are not met, and how many of them have a fix or were fixed."""
    if not repairs:
        return line(Piece("every check is met: there is nothing to fix", Style.STRONG))
    number, fixed = len(repairs), sum(bool(one.proposals) for one in repairs)
    head = "1 check is not met" if number == 1 else f"{number} checks are not met"
    what = f"{len(written)} {'was' if len(written) == 1 else 'were'} fixed" if written else _have(fixed)
    return line(Piece(f"{head}: ", Style.STRONG), what)


def _have(fixed: int) -> str:
    return {0: "none has a fix", 1: "1 has a fix"}.get(fixed, f"{fixed} have a fix")


# -- JSON ---------------------------------------------------------------------------------------------------------------


def repairs_json(repairs: Sequence[Repair], *, version: str = "", written: Sequence[Repair] = ()) -> Json:
    """Everything for machines (`fix-schema.json`): an edit is the text `old` at a place, to be replaced by `new`."""
    return {"asever": version, "checks": [_repair_json(one, written=any(one is each for each in written)) for one in repairs]}


def _repair_json(one: Repair, *, written: bool) -> Json:
    finding = one.finding
    return {
        "name": finding.name,
        "text": finding.check.text,
        "location": location_json(finding.check.span),
        "verdict": finding.verdict.value,
        "expected": finding.check.expect_violated,
        "written": written,
        "fixes": [_proposal_json(each) for each in one.proposals],
        "tried": one.tried,
        "exhausted": one.exhausted,
        "contradiction": one.contradiction,
        "conflicts": [{"name": name, "edited_programs": number} for name, number in one.conflicts],
        "advice": list(one.advice),
    }


def _proposal_json(one: Proposal) -> Json:
    return {
        "words": list(one.words),
        "edits": [_edit_json(edit) for edit in one.edits],
        "newly_permitted": str(one.widening),  # a number that many readers of JSON could not hold
        "checks": [
            {"name": turn.name, "before": turn.before.value, "after": turn.after.value, "expected": turn.expected}
            for turn in one.turns
        ],
    }


def _edit_json(edit: Edit) -> Json:
    span = edit.span
    return {"file": span.file.name, "line": span.line, "column": span.column, "old": span.text, "new": edit.replacement}
