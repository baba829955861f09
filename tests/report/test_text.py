"""What the text says beyond its accepted form: nothing is lost in a narrow window, and no input can disturb a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from asever.diagnostics import Diagnostic, Label
from asever.model.answers import Report
from asever.model.effective import AddressMatch
from asever.model.numbers import NumberSet
from asever.report.diagnostics import MOST, in_order, render_diagnostics
from asever.report.quote import Mark, quote
from asever.report.rules import deciding_row, decision_lines, mismatches
from asever.report.text import render_report
from asever.source import SourceFile, Span
from tests.report.samples import (
    CLOSE,
    CROSS_STEPS,
    DIAGNOSTICS,
    FRONT_DOOR,
    LOCKDOWN,
    NEAR,
    PROGRAM,
    REPORTS,
    VIOLATED,
    wrong,
)


def text_of(lines) -> list[str]:
    return ["".join(piece.text for piece in one) for one in lines]


@pytest.mark.parametrize("width", [80, 100, 132])
@pytest.mark.parametrize("name", REPORTS)
def test_no_line_is_wider_than_the_page(name, width):
    for line in render_report(REPORTS[name], PROGRAM, width=width, evidence=True).splitlines():
        assert len(line) <= width, line


@pytest.mark.parametrize("name", REPORTS)
def test_colour_changes_no_character(name):
    painted = render_report(REPORTS[name], PROGRAM, color=True)
    plain = render_report(REPORTS[name], PROGRAM)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", painted)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


@pytest.mark.parametrize("name", REPORTS)
def test_plain_text_is_ascii_without_trailing_space(name):
    text = render_report(REPORTS[name], PROGRAM)
    assert text.isascii()
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
    assert "\n\n\n" not in text


def test_times_are_told_only_when_asked():
    slow = replace(REPORTS["violated"], seconds=12.3)
    assert "12.3" not in render_report(slow, PROGRAM)
    assert "1 check: 1 violated in 12.3 s" in render_report(slow, PROGRAM, timing=True)


def test_a_hostile_name_cannot_reach_the_terminal():
    check = replace(VIOLATED.check, name="x\x1b]0;title\x07\x1b[2J\u202egnp.exe\nHOLDS")
    text = render_report(Report(results=(replace(VIOLATED, check=check),)), PROGRAM)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)
    assert not re.search("^HOLDS", text, re.MULTILINE)


def test_quiet_names_only_what_is_not_as_expected():
    assert render_report(REPORTS["holds"], PROGRAM, quiet=True) == ""
    assert render_report(REPORTS["violated"], PROGRAM, quiet=True).splitlines()[0].startswith("VIOLATED  front door")


def test_every_rule_before_the_deciding_one_says_why_it_does_not_match():
    packet = CROSS_STEPS[-1].before
    lines = text_of(decision_lines(LOCKDOWN, packet, CLOSE, {}, {(200, "front door")}, width=100))
    assert [line.split()[0] for line in lines] == ["100", "~", "65000", "65001", ">"]
    assert "port 443 is not in 454-455" in lines[0]
    assert "source 192.23.1.2 is not in 10.0.1.0/26" in lines[1]


def test_a_long_list_of_rules_keeps_its_ends_and_the_near_miss():
    rows = tuple(
        replace(FRONT_DOOR, priority=100 + n, name=f"r{n}", target_port=NumberSet.single(1000 + n)) for n in range(500)
    )
    long = replace(LOCKDOWN, rows=(*rows, CLOSE))
    lines = text_of(decision_lines(long, CROSS_STEPS[-1].before, CLOSE, {}, {(300, "r200")}, width=100))
    assert len(lines) < 15
    assert any(line.startswith("    ~   300  r200") for line in lines)
    assert any("491 more rules that do not match" in line for line in lines)


def test_a_tag_of_unknown_content_is_not_said_to_differ():
    row = replace(FRONT_DOOR, source=AddressMatch(addresses=NumberSet(), unknown_tags=frozenset({"Sql"}), text="Sql"))
    packet = CROSS_STEPS[-1].before
    assert mismatches(row, packet) == ("source 192.23.1.2 is not known to be in Sql",)
    assert mismatches(row, replace(packet, source_tags=frozenset({"Sql"}))) == ()


def test_rows_of_other_readings_are_left_out():
    row = replace(FRONT_DOOR, source=AddressMatch(), condition=frozenset({("internet-minus-vnet", "no")}))
    both = replace(LOCKDOWN, rows=(row, CLOSE))
    packet = CROSS_STEPS[-1].before
    assert deciding_row(both, packet, {"internet-minus-vnet": "yes"}) is CLOSE
    assert deciding_row(both, packet, {"internet-minus-vnet": "no"}) is row
    assert len(decision_lines(both, packet, CLOSE, {"internet-minus-vnet": "yes"}, width=100)) == 1


def test_the_near_miss_is_marked_where_it_is_listed_and_quoted():
    text = render_report(REPORTS["violated"], PROGRAM)
    assert NEAR.wants in text
    assert re.search(r"^    ~   200  front door", text, re.MULTILINE)
    quoted, carets = re.search(r"^ *18 \|(.*)\n *\|( +)\^{11} ", text, re.MULTILINE).groups()
    assert quoted[len(carets) :].startswith("10.0.1.0/26")


# -- Quotes -------------------------------------------------------------------------------------------------------------


def mark(text: str, word: str) -> Mark:
    start = text.index(word)
    return Mark(Span(SourceFile("x.asev", text), start, start + len(word)), "here")


@pytest.mark.parametrize("text", ["a word", "\ta\tword", "漢字 word", "e\u0301 word", "x" * 500 + " word " + "y" * 500])
def test_carets_stand_under_the_word(text):
    file = mark(text, "word").span.file
    _, shown, carets, _ = text_of(quote([mark(text, "word")], named=file, width=80))
    assert len(shown) <= 80
    # What stands to the left of the word takes as many columns as what stands to the left of the carets.
    before = shown[: shown.index("word")]
    columns = len(before) + sum(letter in "漢字" for letter in before) - before.count("\u0301")
    assert carets.index("^^^^") == columns


def test_ten_megabytes_in_one_line_are_quoted_at_once():
    text = "a" * 5_000_000 + "!" + "b" * 5_000_000
    _, shown, carets, _ = text_of(quote([mark(text, "!")], named=SourceFile("x.asev", text), width=100))
    assert len(shown) <= 100
    assert shown.startswith("1 | ...")
    assert shown.endswith("...")
    assert shown[carets.index("^")] == "!"


def test_files_are_told_apart():
    one, two = SourceFile("one.asev", "vnet a { }"), SourceFile("two.asev", "vnet a { }")
    lines = text_of(quote([Mark(Span(one, 5, 6)), Mark(Span(two, 5, 6), "before", primary=False)], named=one))
    assert lines.index(" --> two.asev:1:6") == 4


# -- Diagnostics --------------------------------------------------------------------------------------------------------


def test_a_diagnostic_begins_with_its_place_and_code():
    text = render_diagnostics(DIAGNOSTICS)
    assert "wrong.asev:2:24: error[unknown-name]: there is no nsg called `back-end-lokdown`\n" in text


def test_diagnostics_come_in_the_order_of_their_places():
    ordered = in_order([DIAGNOSTICS[1], DIAGNOSTICS[0]])
    assert ordered == (DIAGNOSTICS[0], DIAGNOSTICS[1])


def test_thousands_of_errors_are_counted_not_shown():
    many = [Diagnostic(code="x", message=f"m{n}", primary=Label(wrong("vnet"))) for n in range(5000)]
    text = render_diagnostics(many)
    assert text.count("error[x]") == MOST
    assert f"... and {5000 - MOST} more" in text


def test_an_endless_word_is_cut():
    one = Diagnostic(code="x", message=f"`{'a' * 10_000_000}` is no kind of thing", help=f"say {'b' * 500}")
    text = render_diagnostics([one])
    assert text.startswith(f"error[x]: `{'a' * 60}...` is no kind of thing\n")
    assert len(text) < 300


def test_a_file_without_text_has_a_place_but_no_line():
    nowhere = Span(SourceFile("nowhere.asev", ""), 0, 0)
    text = render_diagnostics([Diagnostic(code="unreadable-file", message="not there", primary=Label(nowhere))])
    assert text == "nowhere.asev:1:1: error[unreadable-file]: not there\n\n"
