"""Whole reports as text: every finding, then one line of counts.

ASCII, at most 100 columns, readable at 80. The same report gives the same bytes: no times unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from asever.model.answers import Finding, Report, Standing, Told, Trace, Verdict
from asever.model.program import Program
from asever.report.blocks import Blocks
from asever.report.findings import finding_lines, headline, reason_lines
from asever.report.lines import BLANK, NARROW, WIDTH, Line, Piece, Style, drawn, line
from asever.report.page import Page, listed
from asever.report.steps import OUTCOMES, flow_lines, step_lines
from asever.report.words import Vocabulary

__all__ = ["render_report", "render_reports", "render_trace"]


def render_report(
    report: Report,
    program: Program,
    *,
    color: bool = False,
    width: int = WIDTH,
    evidence: bool = False,
    quiet: bool = False,
    timing: bool = False,
) -> str:
    """One report as text; the options as in `render_reports`."""
    pair = (report, program)
    return render_reports([pair], color=color, width=width, evidence=evidence, quiet=quiet, timing=timing)


def render_reports(
    pairs: Sequence[tuple[Report, Program]],
    *,
    color: bool = False,
    width: int = WIDTH,
    evidence: bool = False,
    quiet: bool = False,
    timing: bool = False,
    blocks: Blocks | None = None,
) -> str:
    """The reports of several programs under one count.

    `evidence` says more of what holds; `quiet` only names the checks that are not as expected; nothing but `timing` makes the
    text depend on anything besides the reports. `blocks` remembers the lines of findings for the next report.
    """
    if blocks is not None:
        blocks.begin()
    told: list[Told] = []
    for report, program in pairs:
        words = Vocabulary(report.names, program.network)
        told += map(telling(words, color=color, width=width, evidence=evidence, quiet=quiet, blocks=blocks), report.results)
    seconds = sum(report.seconds for report, _ in pairs) if timing else None
    return report_text(told, seconds, color=color, quiet=quiet)


def telling(
    words: Vocabulary,
    *,
    color: bool = False,
    width: int = WIDTH,
    evidence: bool = False,
    quiet: bool = False,
    blocks: Blocks | None = None,
) -> Callable[[Finding], Told]:
    """What puts findings of a program into words; the options as in `render_reports`."""
    page = Page(words=words, width=max(width, NARROW), evidence=evidence)

    def text(finding: Finding) -> str:
        if quiet:
            return "" if finding.met else drawn([headline(finding, page)], color=color)
        if blocks is None:
            return drawn(finding_lines(finding, page), color=color) + "\n"
        return blocks.text(finding, page, color=color) + "\n"

    return lambda finding: Told(finding.standing, text(finding))


def report_text(told: Sequence[Told], seconds: float | None, *, color: bool, quiet: bool) -> str:
    """The whole report of findings that are told, with how long it took if that is to be said."""
    last = "" if quiet else drawn([summary([one.standing for one in told], seconds)], color=color)
    return "".join((*(one.text for one in told), last))


def summary(standings: Sequence[Standing], seconds: float | None = None) -> Line:
    """`7 checks: 4 holds, 2 violated, 1 violated as expected`, and how long it took if that is to be said."""
    kinds = (
        ("holds", Style.GOOD, Verdict.HOLDS, False),
        ("violated", Style.BAD, Verdict.VIOLATED, False),
        ("unknown", Style.UNSURE, Verdict.UNKNOWN, None),
        ("violated as expected", Style.GOOD, Verdict.VIOLATED, True),
        ("holds but expected to be violated", Style.BAD, Verdict.HOLDS, True),
    )
    if not standings:
        return line(Piece("0 checks: nothing was asked", Style.STRONG))
    parts: list[Piece] = []
    for word, style, verdict, expected in kinds:
        number = sum(one.verdict is verdict and expected in {None, one.expect_violated} for one in standings)
        if number:
            parts += [Piece(", " if parts else ""), Piece(f"{number} {word}", style)]
    time = "" if seconds is None else f" in {seconds:.1f} s"
    return line(Piece(f"{len(standings)} check{'' if len(standings) == 1 else 's'}: ", Style.STRONG), *parts, time)


def render_trace(
    trace: Trace,
    program: Program,
    names: Mapping[int, str] | None = None,
    *,
    color: bool = False,
    width: int = WIDTH,
    origin: str = "",
    target: str = "",
) -> str:
    """One walked flow as text: the packet, every step there and back, and how it ends."""
    page = Page(words=Vocabulary(names or {}, program.network), width=max(width, NARROW))
    verb, style = OUTCOMES[trace.outcome]
    lines = [
        line("This flow ", Piece(verb, style), ":"),
        BLANK,
        *flow_lines(trace, page.words, origin=origin, target=target, width=page.width),
        BLANK,
        *step_lines(trace, page.words, width=page.width),
    ]
    if trace.unknown:
        lines += [BLANK, *reason_lines(trace.unknown, page, trace)]
    open_choices = list(dict.fromkeys(one.unknown for one in trace.offered if one.unknown is not None))
    if open_choices:
        lines += [BLANK, *page.remark("note", f"this is one of several ways that it may go: {'; '.join(open_choices)}")]
    taken = [f"{name}={trace.flow.readings[name]}" for name in sorted(trace.assumed) if name in trace.flow.readings]
    if taken:
        lines += [BLANK, *page.remark("note", f"taking {listed(taken)} (asever assumptions; --assume picks another reading)")]
    return drawn(lines, color=color)
