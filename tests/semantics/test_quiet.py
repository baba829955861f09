"""NSGs of which nothing was said are read when they are met, and what is known of them holds while nothing else changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from asever import cache
from asever.model.things import rules_so_far
from asever.pipeline import Options, run
from asever.report.text import render_report
from asever.semantics import loading, quiet
from asever.semantics.loading import load_program
from asever.semantics.memory import Memory
from asever.semantics.rules import RuleReader

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from networks import hubs_and_spokes

NETWORK = hubs_and_spokes(12, rules=(30, 60))
LISTS = 2 * 12 + 1
"""Those of its NSGs, and of its firewall."""

OTHERS = """
tag partners = 10.0.0.4
asg web
vnet more { address 10.200.0.0/16  subnet here { address 10.200.1.0/24  nsg special } }
nsg special { inbound {
  100 "from partners" allow tcp from partners to web port 443
  200 allow tcp from 10.200.1.0/24 to * port 22
  300 deny any from 20.7.7.7 to *
} }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(cache.SWITCH, raising=False)
    monkeypatch.setattr(loading, "LARGE", 10_000)


@pytest.fixture
def lists(monkeypatch):
    """The lists of rules that are read from now on, as messages call them."""
    read = []
    real = RuleReader.read

    def reading(self, written, book, where):
        read.append(where)
        return real(self, written, book, where)

    monkeypatch.setattr(RuleReader, "read", reading)
    return read


@pytest.fixture
def load(tmp_path, lists):
    """Loads the program that a text is; the lists that are read for that are the only ones in `lists`."""

    def load(text, /, **settings):
        path = tmp_path / "net.asev"
        path.write_text(text)
        lists.clear()
        program, diagnostics = load_program(path, **settings)
        return program, tuple(diagnostics)

    return load


def said(diagnostics):
    return [(one.code, one.message, one.severity, str(one.primary.span), one.help) for one in diagnostics]


def anew(load, text, monkeypatch):
    """What a text is and what is said of it where nothing is kept."""
    with monkeypatch.context() as here:
        here.setenv(cache.SWITCH, "off")
        return load(text)


def test_rules_are_read_when_they_are_asked_for_and_are_the_same(load, lists):
    first, before = load(NETWORK + OTHERS)
    assert len(lists) == LISTS + 1
    again, after = load(NETWORK + OTHERS)
    assert lists == ["rules of `wall0`"]
    assert said(after) == said(before)
    group = again.network.groups["group3"]
    assert group.size == len(first.network.groups["group3"].inbound) + len(first.network.groups["group3"].outbound)
    assert not rules_so_far(group)
    assert group.inbound[0].parts["priority"].text == str(group.inbound[0].priority)
    assert lists[1:] == ["inbound rules of `group3`", "outbound rules of `group3`"]
    assert group.outbound is group.outbound
    assert rules_so_far(group) == (*group.inbound, *group.outbound)
    assert again.network == first.network
    assert again.network.named_addresses == first.network.named_addresses
    assert 20 << 24 | 7 << 16 | 7 << 8 | 7 in again.network.named_addresses
    assert len(lists) == LISTS + 1


def test_a_check_reads_the_rules_that_it_meets_and_finds_the_same(load, lists):
    reports = []
    for _ in range(2):
        program, _ = load(NETWORK)
        reports.append(render_report(run(program, Options()), program))
    assert reports[0] == reports[1]
    # Those of its virtual network, whose subnets may name the platform's tags; there is another one.
    assert sorted({one.split("`")[1] for one in lists}) == [*(f"group{number}" for number in range(10)), "wall0"]


def test_of_an_edited_nsg_the_rules_are_read(load, lists):
    load(NETWORK + OTHERS)
    _, diagnostics = load(NETWORK + OTHERS.replace("port 22", "port 23"))
    assert lists == ["rules of `wall0`", "inbound rules of `special`"]
    assert not diagnostics
    load(NETWORK + OTHERS.replace("port 22", "port 23"))
    assert lists == ["rules of `wall0`"]
    _, diagnostics = load(NETWORK + OTHERS.replace("port 22", "prot 23"))
    assert [one.code for one in diagnostics] == ["unexpected"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("tag partners = 10.0.0.4", "", "unknown-name"),
        ("asg web", "nsg web { }", "no-addresses"),
        ("tag partners = 10.0.0.4", "tag partners = 10.0.0.4, fd00::4", None),
        ("10.200.0.0/16", "10.200.0.0/15, 10.199.0.0/16", None),
        ("subnet here { address 10.200.1.0/24", "subnet here { address 10.200.2.0/24", "rule-for-nobody"),
        ("asg web", "asg web asg partners-of-web", None),
    ],
)
def test_what_names_mean_decides_about_rules_too(old, new, code, load, lists, monkeypatch):
    load(NETWORK + OTHERS)
    edited = NETWORK + OTHERS.replace(old, new)
    _, diagnostics = load(edited)
    assert len(lists) >= LISTS
    assert code is None or code in [one.code for one in diagnostics]
    assert said(diagnostics) == said(anew(load, edited, monkeypatch)[1])


def test_an_edited_check_decides_about_no_rule(load, lists):
    load(NETWORK + "check spoke0/s0 reaches spoke0/s1 on tcp 22\n")
    load(NETWORK + 'check "another" spoke0/s0 reaches spoke0/s2 on tcp 22\nservice web = tcp 443\n')
    assert lists == ["rules of `wall0`"]


def test_what_is_said_of_a_rule_is_said_each_time(load, lists):
    text = NETWORK + OTHERS.replace("10.200.1.0/24 to *", "10.200.7.0/24 to *")
    _, first = load(text)
    _, again = load(text)
    assert "rule-for-nobody" in [one.code for one in again]
    assert said(again) == said(first)
    assert lists == ["rules of `wall0`", "inbound rules of `special`"]


def test_nsgs_of_imported_files_are_known_under_their_names(load, lists, tmp_path):
    (tmp_path / "network.asev").write_text(NETWORK + OTHERS)
    text = 'import "network.asev" as prod\ncheck prod.spoke0/s0 reaches prod.spoke0/s1 on tcp 22\n'
    first, _ = load(text)
    again, _ = load(text)
    assert lists == ["rules of `wall0`"]
    assert again.network == first.network
    load(text.replace("prod", "test"))
    assert len(lists) == LISTS + 1


@pytest.mark.parametrize(
    "change",
    [
        lambda monkeypatch: monkeypatch.setattr(quiet, "_deciding", lambda: b"another version"),
        lambda monkeypatch: monkeypatch.setenv(cache.SWITCH, "off"),
        lambda monkeypatch: monkeypatch.setattr(loading, "LARGE", 1_000_000),
        lambda monkeypatch: monkeypatch.setattr(cache, "load", lambda _: None),
    ],
    ids=["version", "off", "small", "damaged"],
)
def test_all_rules_are_read_where_nothing_is_known(change, load, lists, monkeypatch):
    load(NETWORK)
    change(monkeypatch)
    load(NETWORK)
    assert len(lists) == LISTS


def test_texts_that_are_not_on_disk_are_read(load, lists):
    load(NETWORK)
    load(NETWORK, text=NETWORK)
    assert len(lists) == LISTS
    load(NETWORK, memory=Memory())
    assert len(lists) == LISTS


def test_nothing_is_kept_while_addresses_are_chosen(load, lists):
    text = NETWORK + OTHERS + "vm somewhere { subnet more/here  ip unknown }\n"
    load(text)
    load(text)
    assert len(lists) == LISTS + 1
