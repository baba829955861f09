"""Reports compared with what a person has read and accepted: `make accept` rewrites the files of `golden/`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from asever.model.confirmed import Confirmed
from asever.report.diagnostics import render_diagnostics
from asever.report.json import diagnostics_json, dumped, lint_json
from asever.report.lint import render_lint
from asever.report.repairs import render_repairs, repairs_json
from asever.report.scores import render_coverage, render_score
from asever.report.scores_json import coverage_json, score_json
from asever.report.text import render_report, render_trace
from tests.documents import report_document
from tests.golden import assert_accepted
from tests.report.samples import CROSS_CALL, DIAGNOSTICS, FILE, NAMES, PROGRAM, REPAIRS, REPORTS
from tests.report.score_samples import COVERAGE, EMPTY, SCORE

PROGRAM_OF_FILE = replace(PROGRAM, files=(FILE,))
GOLDEN = Path(__file__).parent / "golden"


TEXTS = {
    **{f"{name}.txt": lambda report=report: render_report(report, PROGRAM) for name, report in REPORTS.items()},
    **{
        f"{name}-evidence.txt": lambda report=report: render_report(report, PROGRAM, evidence=True)
        for name, report in REPORTS.items()
        if name in {"holds", "expected"}
    },
    **{f"{name}.json": lambda report=report: report_document(report, version="0.1.0") for name, report in REPORTS.items()},
    "violated-80-columns.txt": lambda: render_report(REPORTS["violated"], PROGRAM, width=80),
    "violated-color.txt": lambda: render_report(REPORTS["violated"], PROGRAM, color=True),
    "quiet.txt": lambda: render_report(REPORTS["expected"], PROGRAM, quiet=True),
    "fix.txt": lambda: render_repairs(REPAIRS, PROGRAM_OF_FILE, REPORTS["violated"], file="layered.asev"),
    "fix-80-columns.txt": lambda: render_repairs(REPAIRS, PROGRAM_OF_FILE, REPORTS["violated"], file="layered.asev", width=80),
    "fix-written.txt": lambda: render_repairs(
        REPAIRS[:1], PROGRAM_OF_FILE, REPORTS["violated"], file="layered.asev", written=REPAIRS[:1], now=REPORTS["holds"]
    ),
    "fix.json": lambda: dumped(repairs_json(REPAIRS, version="0.1.0")),
    "trace.txt": lambda: render_trace(CROSS_CALL, PROGRAM, NAMES, origin="ase one"),
    "coverage.txt": lambda: render_coverage(COVERAGE),
    "coverage-all-80-columns.txt": lambda: render_coverage(COVERAGE, width=80, everything=True),
    "coverage.json": lambda: dumped(coverage_json(COVERAGE, version="0.1.0")),
    "mutate.txt": lambda: render_score(SCORE),
    "mutate-all-80-columns.txt": lambda: render_score(SCORE, width=80, everything=True),
    "mutate-empty.txt": lambda: render_score(EMPTY),
    "mutate.json": lambda: dumped(score_json(SCORE, version="0.1.0")),
    "diagnostics.txt": lambda: render_diagnostics(DIAGNOSTICS),
    "diagnostics-80-columns.txt": lambda: render_diagnostics(DIAGNOSTICS, width=80),
    "lint.txt": lambda: render_lint(DIAGNOSTICS, files=2),
    "lint-quiet.txt": lambda: render_lint(DIAGNOSTICS, files=2, quiet=True),
    "lint.json": lambda: dumped(lint_json(DIAGNOSTICS, Confirmed(claims=3, confirmed=2), version="0.1.0")),
    "diagnostics.json": lambda: dumped(diagnostics_json(DIAGNOSTICS)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_is_as_accepted(name):
    assert_accepted(TEXTS[name](), GOLDEN / name)


def test_every_golden_file_is_compared():
    assert {path.name for path in GOLDEN.iterdir()} == set(TEXTS)
