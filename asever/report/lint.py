"""The findings of `lint` as text: each like a compiler's warning, and a line that counts them by code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from asever.diagnostics import Diagnostic
from asever.model.confirmed import Confirmed
from asever.report.diagnostics import diagnostic_lines, in_order
from asever.report.lines import BLANK, WIDTH, Line, Piece, Style, drawn, line, wrapped


def render_lint(
    findings: Sequence[Diagnostic],
    *,
    files: int,
    color: bool = False,
    width: int = WIDTH,
    quiet: bool = False,
    confirmed: Confirmed | None = None,
) -> str:
    """All findings in the order of their places. `quiet` keeps the first line of each, and leaves the counts out."""
    lines: list[Line] = []
    for one in in_order(findings):
        shown = diagnostic_lines(one, width)
        lines += shown[:1] if quiet else [*shown, BLANK]
    if not quiet:
        if confirmed is not None and confirmed.claims:
            lines += [line(one) for one in wrapped(_proofs(confirmed), first="", width=width)]
        lines += _summary(findings, files, width)
    return drawn(lines, color=color)


def _summary(findings: Sequence[Diagnostic], files: int, width: int) -> list[Line]:
    """`3 findings: 2 shadowed-rule, 1 unused-nsg`."""
    where = "1 file" if files == 1 else f"{files} files"
    if not findings:
        return [line(Piece(f"0 findings in {where}", Style.STRONG))]
    counts = Counter(one.code for one in findings)
    kinds = ", ".join(f"{number} {code}" for code, number in sorted(counts.items()))
    total = f"{len(findings)} finding{'' if len(findings) == 1 else 's'} in {where}"
    return [line(Piece(one, Style.STRONG)) for one in wrapped(f"{total}: {kinds}", first="", width=width)]


def _proofs(confirmed: Confirmed) -> str:
    """`36 claims about rules proved by exact sets, 8 of them confirmed by Z3`."""
    claims = f"{confirmed.claims} claim{'' if confirmed.claims == 1 else 's'} about rules proved by exact sets"
    alone = f"; {confirmed.solver} questions decided by Z3 alone" if confirmed.solver else ""
    return f"{claims}, {confirmed.confirmed} of them confirmed by Z3{alone}"
