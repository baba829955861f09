"""How much of a program is read, built and judged again after an edit, counted (docs/performance.md)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from asever import judging, pipeline
from asever import session as session_module
from asever.azure import regrouped
from asever.pipeline import Options
from asever.report import blocks
from asever.report.text import render_report, render_reports
from asever.semantics.rules import RuleReader
from asever.session import Session
from asever.syntax import parser, retained, splicing
from tests.lsp.quiet import Quiet

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from generated import large_group, spokes

CHECKS = 60


@pytest.fixture
def counts(monkeypatch):
    """The calls of each step, by name."""
    found = {}
    for owner, name in (
        (parser, "_whole"),
        (retained, "sound_item"),
        (splicing, "sound_item"),
        (RuleReader, "_rule"),
        (regrouped, "filter_at"),
        (regrouped, "rule_rows"),
        (pipeline, "effective"),
        (regrouped, "effective"),
        (pipeline, "ask"),
        (session_module, "ask"),
        (judging, "judged"),
    ):
        monkeypatch.setattr(owner, name, counting(getattr(owner, name), name, found))
    return found


def counting(real, name, found):
    def counted(*arguments, **named):
        found[name] = found.get(name, 0) + 1
        return real(*arguments, **named)

    return counted


@pytest.fixture
def edited(tmp_path, counts):
    """Saves a text and checks it, in one session; what was called for that."""
    session = Session()
    path = tmp_path / "generated.asev"

    def check(text):
        counts.clear()
        path.write_text(text, encoding="utf-8")
        session.check([path], Options())
        return dict(counts)

    return check


def test_an_edit_of_one_rule_is_work_for_one_rule_and_few_checks(edited):
    text = large_group(300, CHECKS)
    assert edited(text)["judged"] == CHECKS
    found = edited(re.sub(r"(?m)^  200 (allow|deny) .*", "  200 deny udp from 10.9.0.0/24 to * port 9999", text))
    assert found.pop("judged", 0) <= CHECKS * 0.1
    assert found == {"sound_item": 1, "_rule": 1, "rule_rows": 1}


def test_an_edit_of_one_rule_among_many_nsgs_reads_the_rules_of_one(edited):
    text = spokes(200)
    edited(text)
    assert edited(text.replace("port 1433", "port 1434", 1)) == {"sound_item": 1, "_rule": 8, "filter_at": 10}


def test_what_moves_is_neither_read_nor_judged_again(edited):
    text = large_group(300, CHECKS)
    edited(text)
    assert edited(f"// a remark\n\n{text}") == {}


def test_a_new_check_is_all_that_is_judged(edited):
    text = large_group(300, CHECKS)
    edited(text)
    found = edited(f'{text}check "another" 10.0.3.9 reaches 10.16.0.9 on tcp 443\n')
    assert (found["sound_item"], found["judged"]) == (1, 1)


def test_a_report_after_an_edit_draws_few_of_the_rules_that_it_lists(tmp_path, counts, monkeypatch):
    """What a finding showed before is shown again; where lines moved or one rule is another, the other rules are."""
    for owner, name in ((blocks, "finding_lines"), (blocks, "rule_lines")):
        monkeypatch.setattr(owner, name, counting(getattr(owner, name), name, counts))
    session, remembered = Session(), blocks.Blocks()
    path = tmp_path / "generated.asev"

    def drawn(text):
        counts.clear()
        path.write_text(text, encoding="utf-8")
        (one,) = session.check([path], Options())
        assert render_report(one.report, one.program) == render_reports([(one.report, one.program)], blocks=remembered)
        return counts.get("finding_lines", 0), counts.get("rule_lines", 0)

    text = large_group(300, CHECKS)
    findings, rules = drawn(text)
    assert findings == CHECKS
    other = re.sub(r"(?m)^  200 (allow|deny) .*", "  200 deny udp from 10.9.0.0/24 to * port 9999", text)
    assert drawn(other)[0] <= CHECKS * 0.1
    assert drawn(f"// a remark\n{other}")[1] <= rules * 0.1


# -- The language server ------------------------------------------------------------------------------------------------

URI = "file:///nowhere/generated.asev"


@pytest.fixture
def typed(counts):
    """Types a text and waits for what the server says; what was called for that."""
    quiet = Quiet()

    def check(text):
        counts.clear()
        quiet.editor.changed(URI, text, None)
        quiet.settle()
        return dict(counts)

    quiet.editor.opened(URI, "", None)  # what lint says is about the text that was opened
    quiet.settle()
    return check


def test_in_an_editor_an_edit_of_one_rule_is_no_more_work_than_after_a_save(typed):
    text = large_group(300, CHECKS)
    assert typed(text)["judged"] == CHECKS
    found = typed(re.sub(r"(?m)^  200 (allow|deny) .*", "  200 deny udp from 10.9.0.0/24 to * port 9999", text))
    assert found.pop("judged", 0) <= CHECKS * 0.1
    assert found == {"sound_item": 1, "_rule": 1, "rule_rows": 1}


def test_in_an_editor_what_is_typed_on_the_way_judges_nothing(typed):
    """While a word is half written there is a mistake; when it is whole, all that is known before the mistake is known."""
    text = large_group(300, CHECKS)
    typed(text)
    for broken in (text.replace("  200 ", "  200 dney ", 1), text.replace("check ", "chec ", 1), f"{text}check"):
        assert "judged" not in typed(broken)
        found = typed(text)
        assert "judged" not in found
        assert "_rule" not in found


def test_in_an_editor_only_the_new_check_is_judged(typed):
    text = large_group(300, CHECKS)
    typed(text)
    assert typed(f'{text}check "another" 10.0.3.9 reaches 10.16.0.9 on tcp 443\n')["judged"] == 1
