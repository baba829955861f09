"""Programs to be fixed, and the proposals for one of their checks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from asever.model.answers import Finding, Report
from asever.model.program import Program
from asever.model.repairs import Proposal, Repair
from asever.pipeline import Options, run
from asever.repair.search import Limits, repair
from asever.repair.texts import applied
from asever.semantics.loading import load_program

FEW = Limits(tries=60, seconds=None)
OPTIONS = Options(seconds=None)


def loaded(text: str, path: Path = Path("spec.asev")) -> Program:
    program, diagnostics = load_program(path, text=text)
    assert program is not None, [one.message for one in diagnostics]
    return program


def fixed(text: str, check: str, limits: Limits = FEW) -> Repair:
    """What is found for the check of this name or text."""
    program = loaded(text)
    report = run(program, OPTIONS)
    [finding] = [one for one in report.results if one.name == check]
    return repair(Path("spec.asev"), program, report, finding, OPTIONS, limits)


def changes(proposal: Proposal) -> tuple[list[str], list[str]]:
    """The lines that go and those that come, without what they have around them."""
    old = [" ".join(line.split()) for hunk in proposal.hunks for line in hunk.old]
    return old, [" ".join(line.split()) for hunk in proposal.hunks for line in hunk.new]


def after(path: Path, program: Program, proposal: Proposal, edits: int | None = None) -> Program | None:
    """The program of the edited texts; with `edits`, without that one of them."""
    kept = [one for at, one in enumerate(proposal.edits) if at != edits]
    texts = {file.name: applied(file, kept) for file in program.files if not file.name.startswith("std/")}
    found, _ = load_program(path, text=texts.pop(program.files[0].name), texts=texts)
    return found


def demanding(report: Report, index: int) -> tuple[Report, Finding]:
    """The report as if one of its checks did not expect to be violated."""
    finding = report.results[index]
    asked = replace(finding, check=replace(finding.check, expect_violated=False))
    results = (*report.results[:index], asked, *report.results[index + 1 :])
    return replace(report, results=results), asked
