"""Whole findings: verdicts, traces, blame and dependences, on networks small enough to judge by eye."""

from __future__ import annotations

import pytest

from asever.azure.effective import effective
from asever.explain.finding import Options, judge
from asever.model.answers import Finding, Outcome, Verdict
from asever.model.claims import Check, EndpointKind, GroupHasNoDeadRules, GroupPermitsNoMore, GroupsEqual, Healthy, Verb
from asever.model.things import Network
from tests.claims import INTERNET, MANAGEMENT, WEB, at, chosen_readings, claim, on, program, seen_as, the_ase, the_vm
from tests.networks import addresses, ase, layered, network, nsg, route, route_table, rule, subnet, vm, vnet


def found(where: Network, asks, **readings: str) -> Finding:
    one = program(where, asks)
    return judge(one, effective(where), one.checks[0], Options(readings=chosen_readings(**readings)))


def hangs_on(finding: Finding) -> dict[str, tuple[str, Verdict]]:
    return {one.name: (one.value, one.otherwise) for one in finding.dependences}


# -- The layered architecture, line by line -----------------------------------------------------------------------------


def test_the_front_door_does_not_get_through_and_the_near_miss_says_why():
    finding = found(layered(), claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB))

    assert finding.verdict is Verdict.VIOLATED
    assert finding.trace is not None
    assert finding.trace.outcome is Outcome.DROPPED
    assert finding.whole_scope is True
    assert [(one.resource, one.rule, one.priority) for one in finding.blockers] == [
        ("back-end-lockdown", "DenyAllInBound", 65500)
    ]
    [miss] = finding.near_misses
    assert (miss.priority, miss.rule, miss.field, miss.wants, miss.sees) == (
        *(200, "front door"),
        *("source", "10.0.1.0/26", "192.23.1.2"),
    )
    assert "Internet call" in miss.because
    assert finding.facts == ("call-between-environments",)
    assert (finding.origin_title, finding.target_title) == ("ase one", "ase two")


def test_the_api_is_hidden_as_long_as_the_platform_keeps_its_address():
    finding = found(layered(), claim(Verb.NEVER_REACHES, INTERNET, the_ase("two"), WEB))

    assert finding.verdict is Verdict.HOLDS
    assert hangs_on(finding) == {"platform-address": ("platform-only", Verdict.VIOLATED)}


def test_hosts_inside_may_call_the_api():
    finding = found(layered(), claim(Verb.ONLY, the_ase("one"), the_ase("two"), WEB))

    assert finding.verdict is Verdict.VIOLATED
    assert finding.trace is not None
    assert finding.trace.flow.origin in {"sql", "corp/data"}
    assert hangs_on(finding) == {"private-front-ends": ("answer", Verdict.HOLDS)}
    assert finding.blockers == ()


def test_the_fixed_architecture_hangs_on_who_may_send_from_a_vip():
    finding = found(layered(wrong=False), claim(Verb.NEVER_REACHES, INTERNET, the_ase("two"), WEB))

    assert hangs_on(finding)["owned-address"] == ("owner-only", Verdict.VIOLATED)


@pytest.mark.parametrize(
    "asks",
    [
        claim(Verb.REACHES, MANAGEMENT, the_ase("two"), on("tcp 454-455")),
        claim(Verb.REACHES, the_ase("one"), the_vm("sql"), on("tcp 1433"), seen_as=seen_as("10.0.1.0/26")),
        claim(Verb.REACHES, the_ase("one"), INTERNET, on("tcp 443"), seen_as=seen_as("192.23.1.2")),
    ],
)
def test_the_rest_holds(asks):
    finding = found(layered(), asks)

    assert finding.verdict is Verdict.HOLDS
    assert finding.evidence is not None
    assert finding.evidence.replayed > 0


def test_a_call_that_is_dropped_does_not_stay_in_the_region():
    finding = found(layered(), claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB, within_region=True))

    assert finding.verdict is Verdict.VIOLATED
    assert finding.trace is not None
    assert finding.trace.outcome is Outcome.DROPPED


def test_a_wrong_source_is_shown_by_a_delivered_flow():
    finding = found(layered(), claim(Verb.REACHES, the_ase("one"), INTERNET, on("tcp 443"), seen_as=seen_as("10.0.1.0/26")))

    assert finding.verdict is Verdict.VIOLATED
    assert finding.trace is not None
    assert finding.trace.outcome is Outcome.DELIVERED
    assert finding.blockers == ()
    assert "calls-leave-by-the-vip" in finding.facts


# -- Readings -----------------------------------------------------------------------------------------------------------


def cross_call(allowed: str) -> Network:
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/first", "10.0.1.0/26"),
        subnet("corp/second", "10.0.2.0/26", nsg="guard"),
        ase("first", "corp/first", vip="192.23.1.1"),
        ase("second", "corp/second", vip="192.23.1.2", ilb="10.0.2.10"),
        nsg(
            "guard",
            inbound=[
                rule(100, "allow", "tcp", allowed, "*", "80,443"),
                rule(200, "allow", "tcp", "AzureLoadBalancer", "*", "16001"),
                rule(300, "deny", "any", "*"),
            ],
        ),
    )


@pytest.mark.parametrize(
    ("allowed", "value"),
    [("10.0.1.0/26", "vip"), ("192.23.1.1", "instance")],
)
def test_a_violation_names_the_reading_it_needs(allowed, value):
    finding = found(cross_call(allowed), claim(Verb.REACHES, the_ase("first"), the_ase("second"), WEB))

    assert finding.verdict is Verdict.VIOLATED
    assert hangs_on(finding) == {"ase-v1-cross-call-source": (value, Verdict.HOLDS)}


def test_a_chosen_reading_settles_it():
    finding = found(
        cross_call("10.0.1.0/26"),
        claim(Verb.REACHES, the_ase("first"), the_ase("second"), WEB),
        ase_v1_cross_call_source="instance",
    )

    assert finding.verdict is Verdict.HOLDS


def test_both_rules_together_hang_on_nothing():
    finding = found(cross_call("10.0.1.0/26,192.23.1.1"), claim(Verb.REACHES, the_ase("first"), the_ase("second"), WEB))

    assert finding.verdict is Verdict.HOLDS
    assert "ase-v1-cross-call-source" not in hangs_on(finding)


# -- can reach ----------------------------------------------------------------------------------------------------------


def half() -> Network:
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/26"),
        subnet("corp/data", "10.0.3.0/24", nsg="half"),
        ase("one", "corp/apps", vip="192.23.1.2"),
        vm("app", "corp/data", "10.0.3.4"),
        nsg("half", inbound=[rule(100, "allow", "tcp", "10.0.1.0/27", "*", "8080"), rule(200, "deny", "any", "*")]),
    )


def test_some_flow_is_shown_where_not_every_flow_arrives():
    some = found(half(), claim(Verb.CAN_REACH, the_ase("one"), the_vm("app"), on("tcp 8080")))
    every = found(half(), claim(Verb.REACHES, the_ase("one"), the_vm("app"), on("tcp 8080")))

    assert some.verdict is Verdict.HOLDS
    assert some.trace is not None
    assert some.trace.outcome is Outcome.DELIVERED
    assert every.verdict is Verdict.VIOLATED
    assert every.whole_scope is False
    assert every.trace is not None
    assert every.trace.flow.packet.source in addresses("10.0.1.32/27")
    assert every.facts == ("any-instance-address",)


def test_a_claim_that_something_arrives_is_refuted_by_any_flow():
    finding = found(half(), claim(Verb.CAN_REACH, the_ase("one"), the_vm("app"), on("tcp 22")))

    assert finding.verdict is Verdict.VIOLATED
    assert finding.whole_scope is True
    assert finding.trace is not None
    assert [one.rule for one in finding.blockers] == ["rule 200"]


# -- Unknown ------------------------------------------------------------------------------------------------------------


def test_an_unmodelled_hop_is_unknown_and_says_what():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/26", route_table="forced"),
        route_table("forced", route("0.0.0.0/0", "appliance", "10.0.9.4")),
        ase("one", "corp/apps", vip="192.23.1.2"),
    )
    finding = found(where, claim(Verb.REACHES, the_ase("one"), INTERNET, on("tcp 443")))

    assert finding.verdict is Verdict.UNKNOWN
    assert finding.met is None
    assert any("appliance" in reason for reason in finding.reasons)
    assert finding.trace is not None
    assert finding.trace.outcome is Outcome.UNKNOWN


def test_an_unknown_tag_that_decides_is_unknown():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/26", nsg="out"),
        ase("one", "corp/apps", vip="192.23.1.2"),
        nsg(
            "out",
            outbound=[rule(100, "deny", "tcp", "*", "Storage", "443")],
        ),
    )
    one_address = found(where, claim(Verb.REACHES, the_ase("one"), at(EndpointKind.TAG, "Sql"), on("tcp 443")))
    by_name = found(where, claim(Verb.REACHES, the_ase("one"), at(EndpointKind.TAG, "Storage"), on("tcp 443")))

    assert one_address.verdict is Verdict.UNKNOWN
    assert any("Storage" in reason for reason in one_address.reasons)
    assert by_name.verdict is Verdict.VIOLATED


@pytest.mark.parametrize(
    ("allowed", "verdict"),
    [
        ("Storage", Verdict.HOLDS),
        ("Storage.WestEurope", Verdict.HOLDS),
        ("Internet", Verdict.VIOLATED),
        ("Sql", Verdict.UNKNOWN),
    ],
)
def test_nobody_outside_an_unknown_tag(allowed, verdict):
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/web", "10.0.1.0/24", nsg="in", default_outbound=False),
        vm("web", "corp/web", "10.0.1.4", public_ip="40.1.1.1"),
        nsg("in", inbound=[rule(100, "allow", "tcp", allowed, "*", "443"), rule(4000, "deny", "any", "*")]),
    )
    finding = found(where, claim(Verb.ONLY, at(EndpointKind.TAG, "Storage"), the_vm("web"), on("tcp 443")))

    assert finding.verdict is verdict


# -- Health -------------------------------------------------------------------------------------------------------------


def healthy(where: Network, *requirements) -> Finding:
    parts = program(where, *requirements).checks
    check = Check(name="", text="two is healthy", claim=Healthy(environment="two", requirements=parts))
    return judge(program(where), effective(where), check, Options())


def test_health_is_every_requirement_and_shows_the_first_that_fails():
    good = claim(Verb.REACHES, MANAGEMENT, the_ase("two"), on("tcp 454-455"))
    bad = claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB)
    finding = healthy(layered(), good, bad, good)

    assert finding.verdict is Verdict.VIOLATED
    assert [one.verdict for one in finding.requirements] == [Verdict.HOLDS, Verdict.VIOLATED, Verdict.HOLDS]
    assert finding.trace == finding.requirements[1].trace
    assert finding.near_misses == finding.requirements[1].near_misses
    assert finding.check.text == "two is healthy"


def test_health_holds_if_everything_does():
    good = claim(Verb.REACHES, MANAGEMENT, the_ase("two"), on("tcp 454-455"))

    assert healthy(layered(), good, good).verdict is Verdict.HOLDS


# -- NSGs ---------------------------------------------------------------------------------------------------------------


def groups() -> Network:
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/a", "10.0.1.0/24", nsg="tight"),
        subnet("corp/b", "10.0.2.0/24", nsg="wide"),
        nsg("tight", inbound=[rule(100, "allow", "tcp", "10.0.0.0/24", "*", "443"), rule(4000, "deny", "any", "*")]),
        nsg("wide", inbound=[rule(100, "allow", "tcp", "10.0.0.0/16", "*", "443"), rule(4000, "deny", "any", "*")]),
        nsg(
            "dead",
            inbound=[rule(100, "deny", "tcp", "10.0.0.0/16"), rule(200, "allow", "tcp", "10.0.1.0/24", "*", "443")],
        ),
    )


def test_a_difference_is_one_packet():
    finding = found(groups(), GroupsEqual(left="tight", right="wide"))

    assert finding.verdict is Verdict.VIOLATED
    assert finding.difference is not None
    assert finding.difference.packet.source in addresses("10.0.0.0/16")
    assert finding.difference.packet.source not in addresses("10.0.0.0/24")


def test_permitting_no_more_is_proved_at_every_place():
    finding = found(groups(), GroupPermitsNoMore(left="tight", right="wide"))

    assert finding.verdict is Verdict.HOLDS
    assert finding.evidence is not None
    assert finding.evidence.covered == ("every packet, inbound, subnet corp/a, subnet corp/b",)


def test_a_dead_rule_is_named():
    finding = found(groups(), GroupHasNoDeadRules(group="dead"))

    assert finding.verdict is Verdict.VIOLATED
    assert finding.dead_rows is not None
    assert [row.name for row, _ in finding.dead_rows.rows] == ["rule 200"]
