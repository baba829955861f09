"""The model gives Azure's own recorded answers, wherever the recordings tell what was asked about which network."""

from __future__ import annotations

import pytest

from asever.azure.defaults import DEFAULT_RULES
from asever.model.things import DeclaredRule
from tests.recorded.fields import port_set, protocol_set, several
from tests.recorded.network import content_at, objects, recorded
from tests.recorded.routes import RESERVED, azure_hops
from tests.recorded.rules import azure_rule
from tests.recorded.sessions import ABSENT, Body, Session, Verdict, plain, sessions
from tests.recorded.table import PAGE, every_finding, page
from tests.recorded.verdicts import Agreement, finding

SESSIONS = tuple(sessions())
needs_corpus = pytest.mark.skipif(not SESSIONS, reason=ABSENT)


def each_verdict() -> list[object]:
    pairs = [(one, verdict) for one in SESSIONS for verdict in one.verdicts]
    names = [f"{one.name}-{verdict.operation}-{verdict.seq}" for one, verdict in pairs]
    return [pytest.param(*pair, id=name) for pair, name in zip(pairs, names, strict=True)] or [
        pytest.param(None, None, marks=pytest.mark.skip(reason=ABSENT), id="absent")
    ]


@pytest.mark.parametrize(("session", "verdict"), each_verdict())
def test_we_give_azures_verdict(session: Session, verdict: Verdict) -> None:
    found = finding(session, verdict)
    assert found.agreement is not Agreement.DISAGREE, f"{found.question}: Azure {found.azure}, we {found.ours}; {found.why}"


@needs_corpus
def test_every_session_is_imported_as_it_stands() -> None:
    for session in SESSIONS:
        assert all(content_at(session, verdict.seq) is session.content for verdict in session.verdicts), session.name


@needs_corpus
def test_a_verdict_with_its_question_and_its_network_is_no_mere_sample() -> None:
    for session in SESSIONS:
        for verdict in session.verdicts:
            found = recorded(session, verdict.seq, verdict)
            asks = verdict.question is not None or (found and verdict.target.rpartition("/")[0] in found.nics)
            if asks and found is not None and found.nics:
                assert finding(session, verdict).agreement is not Agreement.SAMPLE, (session.name, verdict.operation)


@needs_corpus
def test_the_default_rules_of_every_recorded_group_are_ours() -> None:
    ours = {rule.name: _said(rule) for rules in DEFAULT_RULES.values() for rule in rules}
    groups = [
        one["defaultsecurityrules"]
        for session in SESSIONS
        for one in objects(plain(session.content["interactions"]))
        if "/networksecuritygroups/" in str(one.get("id")).casefold() and one.get("defaultsecurityrules")
    ]
    assert groups
    for rules in groups:
        assert {each["name"]: _printed(each) for each in rules} == ours


def _said(rule: DeclaredRule) -> tuple[object, ...]:
    sides = ([term.text for term in side] for side in (rule.sources, rule.targets))
    return (rule.priority, rule.access, rule.protocol, rule.source_port, rule.target_port, *sides)


def _printed(rule: Body) -> tuple[object, ...]:
    def ports(side: str) -> object:
        return port_set(several(rule, f"{side}portrange", f"{side}portranges"))

    sides = (several(rule, f"{side}addressprefix", f"{side}addressprefixes") for side in ("source", "destination"))
    protocol = protocol_set(rule["protocol"])
    return (rule["priority"], rule["access"].casefold(), protocol, ports("source"), ports("destination"), *sides)


@needs_corpus
def test_what_azure_drops_for_everyone_it_does_not_count_as_internet() -> None:
    compared = 0
    for session in SESSIONS:
        by_operation = {verdict.operation: verdict.answer for verdict in session.verdicts}
        if not {"effectiveRouteTable", "effectiveNetworkSecurityGroups"} <= by_operation.keys():
            continue
        dropped = azure_hops(by_operation["effectiveRouteTable"]["value"])[RESERVED]
        for group in by_operation["effectiveNetworkSecurityGroups"]["value"]:
            for content in group["effectivesecurityrules"]:
                (_, _, name), rule = azure_rule(content, {})
                if name == "allowinternetoutbound":
                    assert rule.expanded_target is not None
                    assert not dropped.overlaps(rule.expanded_target), session.name
                    compared += 1
    assert compared


@needs_corpus
def test_the_page_of_verdicts_says_what_comparing_finds() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(every_finding()), "run python -m tests.recorded.table"
