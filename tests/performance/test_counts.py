"""How much work hot paths do, counted: the same on every machine, unlike seconds (docs/performance.md)."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from asever.azure.effective import effective
from asever.azure.questions import question
from asever.lint.findings import lint
from asever.pipeline import Options, run
from asever.report import rules as report
from asever.report.text import render_report
from asever.semantics.loading import load_program
from asever.solve import rows as subject
from asever.solve.encode import encode
from asever.solve.rows import Rows
from asever.solve.solver import Session

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from generated import large_group, spokes

RULES = 1000
WIDE = """
check corp/apps reaches corp/data on tcp 443
check corp/apps reaches corp/data on tcp 1-65535, udp 22
check 10.0.0.0/16 never reaches 10.16.0.9 on tcp 22
check 10.3.0.9 can reach corp/data on tcp 8080, udp 443
check only corp/apps reach corp/data on tcp 443
"""


def loaded(text):
    program, diagnostics = load_program(Path("generated.asev"), text=text)
    assert program is not None, [one.message for one in diagnostics]
    return program


def counted(monkeypatch, owner, name):
    """The calls of a function from now on."""
    calls = []
    real = getattr(owner, name)

    def counting(*arguments, **named):
        calls.append(name)
        return real(*arguments, **named)

    monkeypatch.setattr(owner, name, counting)
    return calls


def texts(program):
    tables = effective(program.network)
    return [encode(tables, question(program.network, tables, one.claim, {})).terms.text() for one in program.checks]


def test_a_check_of_single_machines_looks_at_few_of_a_thousand_rules(monkeypatch):
    program = loaded(large_group(RULES, 20))
    looked_at = counted(monkeypatch, Rows, "match")
    texts(program)
    assert len(looked_at) < 20 * RULES * 0.05


def test_passing_over_rules_leaves_the_text_for_the_solver_as_it_is(monkeypatch):
    program = loaded(large_group(RULES, 20) + WIDE)
    quick = texts(program)
    monkeypatch.setattr(subject, "_MANY", RULES * 2)
    assert texts(program) == quick


def test_a_report_words_only_the_rules_that_it_shows(monkeypatch):
    program = loaded(large_group(RULES, 6))
    found = run(program, Options())
    violated = [one for one in found.results if one.trace is not None]
    assert violated
    worded = counted(monkeypatch, report, "mismatches")
    render_report(found, program)
    assert len(worded) <= 30 * len(violated)


class Sites(dict):
    """The sites of a network, and how often somebody went through all of them."""

    scans = 0

    def values(self):
        self.scans += 1
        return super().values()


@pytest.mark.parametrize("subnets", [20, 60])
def test_a_second_question_about_subnets_goes_through_no_list_of_all_sites(subnets):
    program = loaded(spokes(subnets))
    tables = effective(program.network)
    sites = Sites(tables.sites)
    tables = replace(tables, sites=sites)
    (check,) = program.checks
    question(program.network, tables, check.claim, {})
    sites.scans = 0
    question(program.network, tables, check.claim, {})
    assert sites.scans == 0


def test_lint_asks_the_solver_about_few_of_a_thousand_rules(monkeypatch):
    program = loaded(large_group(RULES, 0))
    asked = counted(monkeypatch, Session, "satisfiable")
    assert lint(program).findings
    assert len(asked) < RULES * 0.1
