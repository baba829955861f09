"""What a session keeps from one version to the next is what judging anew gives, byte for byte, over random edits."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from random import Random

import pytest

from asever.diagnostics import SpecError
from asever.model.answers import Report
from asever.pipeline import Depth, Options, examine
from asever.report.blocks import Blocks
from asever.report.diagnostics import in_order, render_diagnostics
from asever.report.text import render_reports
from asever.semantics.loading import load_program
from asever.session import Session
from tests.documents import report_json

sys.path += [str(Path(__file__).parents[2] / "bench"), str(Path(__file__).parent)]

from edits import RULE_EDITS, edited, edited_in_lists
from generated import large_group

ROOT = Path(__file__).resolve().parents[2]
PLACES = """
vnet corp {
  address 10.0.0.0/16
  subnet apps { address 10.0.1.0/24  nsg apps-tier }
  subnet data { address 10.0.2.0/24  nsg data-tier }
  subnet spare { address 10.0.3.0/24 }
}
vm web { subnet corp/apps  ip 10.0.1.4  public-ip 40.1.1.1 }
vm sql { subnet corp/data  ip 10.0.2.4 }
import "rules"
check "SQL" corp/apps reaches corp/data on tcp 1433
check "SSH" corp/apps never reaches corp/data on tcp 22
check "HTTPS" Internet reaches web on tcp 443
check "out" web reaches 8.8.8.8 on tcp 443
check "some" corp/spare can reach sql on tcp 1-65535
check "none" corp/spare can reach sql on tcp 3389
check only corp/apps reach corp/data on tcp 1433
check "storage" web reaches Storage on tcp 443
check nsg apps-tier equals nsg data-tier
check nsg data-tier permits no more than nsg apps-tier
check nsg apps-tier has no dead rules
check nsg data-tier has no dead rules
"""
RULES = """
nsg apps-tier {
  inbound {
    100 "HTTPS" allow tcp from Internet to * port 443
    200         allow tcp from 10.0.3.0/24 to * port 22, 443
    300         deny  any from * to *
  }
  outbound {
    100         allow tcp from * to VirtualNetwork
    200         deny  tcp from * to Storage port 80
  }
}
nsg data-tier {
  inbound {
    100 "SQL"   allow tcp from 10.0.1.0/24 to * port 1433
    150         allow udp from 10.0.1.0/25 to * port 53
    160         allow tcp from 10.0.1.4 to 10.0.2.4 port 3000-4000
    200         deny  tcp from * to * port 22
    300         deny  any from VirtualNetwork to *
  }
}
"""
BASES = {
    "places": {"main.asev": PLACES, "rules.asev": RULES},
    "generated": {"main.asev": large_group(60, 25)},
    "layered": {"main.asev": (ROOT / "examples" / "layered.asev").read_text()},
    **{
        path.stem: {"main.asev": path.read_text()}
        for path in (
            ROOT / "examples" / "network" / "firewall-hub.asev",
            ROOT / "examples" / "network" / "peering.asev",
        )
        if path.exists()
    },
}


# Long lists in both directions, and what warnings are about: a tag, a name that says something else, nobody's address.
LISTS = {
    "main.asev": large_group(30, 12).replace(
        "\n} }",
        """
} outbound {
  100 "HTTPS 443" allow tcp from 10.16.0.0/24 to Internet port 8443
  110 allow any from 10.16.0.0/24 to VirtualNetwork
  120 allow tcp from * to 11.0.0.0/24, 20.1.2.3 port 443
  130 deny any from * to 10.200.0.0/24
"""
        + "\n".join(f"  {number} allow tcp from * to 10.{number}.0.0/24 port {number}" for number in range(140, 170))
        + "\n} }",
    )
    + "check nsg entering has no dead rules\n",
}


def told(check, blocks=None):
    """What comes of a check: the reports as text, or the diagnostics; and every value in them."""
    try:
        one = check()
    except SpecError as error:
        return [render_diagnostics(error.diagnostics)], ""
    bare = Report(results=one.report.results, names=one.report.names)
    pairs = [(bare, one.program)]
    texts = [render_reports(pairs, blocks=blocks), render_reports(pairs, evidence=True)]
    document = without_time(report_json(bare, warnings=in_order(one.program.warnings)))
    return [*texts, document], without_time(one.report.results)


def without_time(value):
    return re.sub(r"'?seconds'?[=:] ?[0-9.e-]+", "", repr(value))


def told_by(session, path, options, blocks=None):
    return told(lambda: session.check([path], options)[0], blocks)


def told_without_session(path, options):
    def check():
        program, diagnostics = load_program(path)
        if program is None:
            raise SpecError(diagnostics)
        return examine(program, options)

    return told(check)


def followed(folder, files, seed, edits, options, change=edited):
    """Edits a program step by step; what was judged anew and what was kept on the way."""
    chance = Random(seed)
    session, blocks = Session(), Blocks()
    judged = kept = 0
    texts = dict(files)
    for name, text in texts.items():
        (folder / name).write_text(text)
    for step in range(edits):
        if step:
            name = chance.choice(list(texts))
            before = texts[name]
            for _ in range(chance.choice((1, 1, 1, 2))):
                texts[name] = change(texts[name], chance)
            if chance.random() < 0.15:
                texts[name] = before  # undone before it was saved
            (folder / name).write_text(texts[name])
        path = folder / "main.asev"
        mine, values = told_by(session, path, options, blocks)
        where = (seed, step, name if step else "", texts)
        assert mine == told_without_session(path, options)[0], where
        # Every place and row that the findings refer to; places count from the start of an item (asever.source.Excerpt).
        assert values == told_by(Session(), path, options)[1], where
        if not values:
            assert step, "the first version has a mistake"
            texts[name] = before  # people undo it
            continue
        judged, kept = judged + session.judged, kept + session.kept
    return judged, kept


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_session_says_what_a_fresh_check_says(tmp_path, base, seed):
    judged, kept = followed(tmp_path, BASES[base], seed, 12, Options())
    assert judged
    assert kept


@pytest.mark.parametrize("seed", [3, 4])
def test_so_it_does_with_all_evidence_and_a_chosen_reading(tmp_path, seed):
    options = Options(core=Depth.SETTINGS)
    assert followed(tmp_path, BASES["places"], seed, 8, options)[1]


@pytest.mark.parametrize("seed", [5, 6])
def test_so_it_does_when_rules_alone_change(tmp_path, seed):
    def change(text, chance):
        return chance.choice(RULE_EDITS)(text, chance)

    judged, kept = followed(tmp_path, BASES["generated"], seed, 25, Options(), change)
    assert kept > judged


@pytest.mark.parametrize("seed", [7, 8])
def test_so_it_does_while_lists_are_edited(tmp_path, seed):
    """Rules come, go, move, become comments and back, and are broken in the middle of a word."""
    judged, kept = followed(tmp_path, LISTS, seed, 20, Options(), edited_in_lists)
    assert judged
    assert kept
