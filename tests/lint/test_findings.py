"""What `asever lint` says of whole programs: of every example, of the catalogue's programs once fixed, and at the edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from asever.catalogue.lint import LINT
from asever.diagnostics import Diagnostic, Edit
from asever.lint.findings import lint
from asever.model.answers import Verdict
from asever.pipeline import Options, run
from asever.semantics.loading import load_program

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
UNFINISHED = {"tutorial/5-mistakes.asev"}
WHOLE = sorted(
    path.relative_to(EXAMPLES).as_posix()
    for path in EXAMPLES.rglob("*.asev")
    if "errors" not in path.parts and not path.stem.endswith("-network")
)

# What there is to find in the examples besides the warnings of loading: each is a mistake that the example shows.
FOUND = {
    "facts/03-any-address-of-the-subnet.asev": {(20, "half-covered-instances"), (21, "half-covered-instances")},
    "facts/05-call-to-another-environment.asev": {(23, "environment-by-cidr")},
    "facts/07-two-packets-at-two-groups.asev": {
        (32, "rule-from-vip"),
        (48, "rule-targets-vip"),
        (49, "rule-targets-vip"),
        (48, "environment-by-cidr"),
    },
    "front-door.asev": {(15, "environment-by-cidr")},
    "layered.asev": {(22, "environment-by-cidr")},
    "network/appliance.asev": {(21, "invalid-next-hop")},
    "properties/p12-ftp-pair.asev": {(24, "ftp-without-data")},
    "properties/p21-cidr-quantified.asev": {(30, "half-covered-instances")},
    "properties/p6-src-match.asev": {(32, "environment-by-cidr")},
    "scenarios/a1-cidr-instead.asev": {(10, "environment-by-cidr"), (11, "environment-by-cidr")},
    "scenarios/a2-half-the-range.asev": {(9, "half-covered-instances")},
    "scenarios/a3-cidr-of-fe1.asev": {(10, "environment-by-cidr"), (11, "environment-by-cidr")},
    "scenarios/a4-without-data-rule.asev": {(11, "ftp-without-data")},
    "tutorial/3-an-environment.asev": {(15, "half-covered-instances")},
}

NETWORK = """\
vnet v {
  address 10.0.0.0/16

  subnet a { address 10.0.1.0/24  nsg g }
  subnet b { address 10.0.2.0/24 }
}
"""


def found(text: str) -> list[Diagnostic]:
    program, diagnostics = load_program(Path("example.asev"), text=text)
    assert program is not None, [one.message for one in diagnostics.errors]
    return list(lint(program).findings)


def codes(text: str) -> list[str]:
    return [one.code for one in found(text)]


def inbound(*rules: str, network: str = NETWORK) -> str:
    return network + "nsg g {\n  inbound {\n" + "".join(f"    {one}\n" for one in rules) + "  }\n}\n"


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda one: one.span.start, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


# -- Examples and catalogue ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in WHOLE if name not in UNFINISHED])
def test_examples_hold_nothing_to_find_but_what_they_show(name):
    program, _ = load_program(EXAMPLES / name)
    assert program is not None
    new = [one for one in lint(program).findings if one not in program.warnings]
    assert {(one.primary.span.line, one.code) for one in new if one.primary is not None} == FOUND.get(name, set())


@pytest.mark.parametrize("code", [entry.code for entry in LINT])
def test_a_fix_is_one(code):
    wrong = next(entry.wrong for entry in LINT if entry.code == code)
    fixes = [one.edits for one in found(wrong) if one.edits]
    for edits in fixes:
        assert code not in codes(edited(wrong, edits))


def test_the_fix_of_the_layered_example_makes_its_check_hold():
    text = (EXAMPLES / "layered.asev").read_text(encoding="utf-8")
    (finding,) = found(text)
    fixed, _ = load_program(Path("fixed.asev"), text=edited(text, finding.edits))

    assert '200 "front door"       allow tcp from one.vip to * port 80, 443' in edited(text, finding.edits)
    assert fixed is not None
    verdicts = {one.check.name: one.verdict for one in run(fixed, Options()).results}
    assert verdicts["front door calls the API"] is Verdict.HOLDS


def test_the_same_program_gives_the_same_findings():
    text = (EXAMPLES / "facts" / "07-two-packets-at-two-groups.asev").read_text(encoding="utf-8")
    assert [one.message for one in found(text)] == [one.message for one in found(text)]


# -- Rules among each other ---------------------------------------------------------------------------------------------


def test_every_rule_that_a_shadow_needs_is_named_and_no_other():
    rules = (
        "100 deny  tcp from 20.0.0.0/24 to * port 80",
        "110 deny  tcp from * to * port 443",
        "120 deny  tcp from * to * port 80",
        "130 allow tcp from * to * port 80, 443",
    )
    (shadow,) = (one for one in found(inbound(*rules)) if one.code == "shadowed-rule")
    assert "rule 110 and rule 120 take everything" in shadow.message
    assert len(shadow.secondary) == 2
    assert shadow.notes == (
        "each of them takes a part that the others leave",
        "this rule allows what rule 110 and rule 120 deny before it",
    )
    assert not shadow.edits


def test_a_rule_that_decides_at_one_place_is_not_dead():
    two = NETWORK.replace("10.0.2.0/24 }", "10.0.2.0/24  nsg g  route-table r }")
    rules = ("100 allow tcp from VirtualNetwork to * port 443", "200 deny  tcp from 30.0.0.0/8 to * port 443")
    routed = inbound(*rules, network=two + "vm n { subnet v/b  ip 10.0.2.4  ip-forwarding on }\n")
    assert "shadowed-rule" not in codes(routed + "route-table r { route 30.0.0.0/8 -> appliance 10.0.2.4 }\n")


def test_what_azure_decides_by_default_makes_no_rule_needless():
    assert codes(inbound("100 allow tcp from VirtualNetwork to * port 443", "4096 deny any from Internet to *")) == []


def test_what_repeats_a_later_rule_may_go_and_the_later_one_stays():
    (finding,) = found(inbound("100 allow tcp from 20.0.0.0/24 to * port 443", "200 allow tcp from 20.0.0.0/8 to * port 443"))
    assert (finding.code, finding.primary.span.line) == ("redundant-rule", 9)
    assert "without it rule 200 decides alike" in finding.message


def test_of_two_rules_alike_only_the_second_is_found():
    assert codes(inbound("100 allow tcp from 20.0.0.0/24 to * port 443", "200 allow tcp from 20.0.0.0/24 to * port 443")) == [
        "shadowed-rule"
    ]


def test_a_wide_rule_after_its_exceptions_is_how_rules_are_written():
    assert codes(inbound("100 deny any from 20.0.0.0/24 to *", "200 allow tcp from Internet to * port 443")) == []


def test_tags_of_unknown_content_may_hold_anything():
    rules = ("100 deny tcp from Storage to * port 443", "200 allow tcp from 20.0.0.0/24 to * port 443")
    assert codes(inbound(*rules)) == []
    assert codes(inbound("100 deny tcp from Storage to * port 443", "200 allow tcp from Storage.WestEurope to * port 443")) == [
        "shadowed-rule"
    ]


def test_admin_rules_and_firewall_rules_are_looked_at_too():
    network = NETWORK.replace("  nsg g", "") + "vm x { subnet v/a  ip 10.0.1.4 }\n"
    admin = "admin-rules m { applies-to v\n inbound {\n 1 deny any from * to *\n 2 allow tcp from * to * port 22\n } }\n"
    assert codes(network + admin) == ["shadowed-rule"]
    hub = "vnet h { address 10.1.0.0/16\n subnet AzureFirewallSubnet { address 10.1.0.0/26 } }\n"
    rules = "  100 allow any from * to *\n  200 deny tcp from * to 20.0.0.1\n"
    firewall = "firewall f { subnet h/AzureFirewallSubnet  ip 10.1.0.4\n" + rules + "}\n"
    assert codes(network + hub + firewall) == ["shadowed-rule"]


def test_a_firewall_translates_nothing_to_an_address_that_is_not_its_own():
    hub = "vnet h { address 10.1.0.0/16\n subnet AzureFirewallSubnet { address 10.1.0.0/26 } }\n"
    firewall = "firewall f {{ subnet h/AzureFirewallSubnet  ip 10.1.0.4  public-ip 20.1.1.1\n{} }}\n"
    rule = "  100 dnat tcp from * to {} port 443 -> 10.1.1.4\n"
    assert codes(hub + firewall.format(rule.format("20.1.1.1"))) == []
    assert codes(hub + firewall.format(rule.format("20.1.1.2"))) == ["never-matching-rule"]


def test_ports_of_a_protocol_without_ports_are_no_part_that_is_taken():
    assert codes(inbound("100 deny icmp from Internet to * port 80, 443")) == []


def test_an_nsg_that_stands_nowhere_is_all_that_is_said_of_it():
    text = inbound("100 allow any from * to *", "200 deny tcp from * to *", network=NETWORK.replace("  nsg g", ""))
    assert codes(text) == ["unused-nsg"]
    assert codes(text + 'check "open" nsg g equals nsg g\n') == []


def test_a_group_without_members_matches_nothing():
    (finding,) = found(inbound("100 allow tcp from web to * port 443") + "asg web\n")
    assert finding.code == "never-matching-rule"
    assert finding.notes == ("no machine that stands here is a member of asg `web`",)


# -- Addresses ----------------------------------------------------------------------------------------------------------


def test_an_address_that_a_forwarding_machine_may_be_handed_is_no_mistake():
    forwarding = NETWORK + "vm n { subnet v/a  ip 10.0.1.4  ip-forwarding on }\n"
    assert codes(inbound("100 allow tcp from * to v/b port 443")) == ["never-matching-rule"]
    assert codes(inbound("100 allow tcp from * to v/b port 443", network=forwarding)) == []


def test_public_addresses_of_machines_and_load_balancers_are_translated_too():
    network = NETWORK + "vm x { subnet v/a  ip 10.0.1.4  public-ip 40.1.1.1 }\n"
    network += "load-balancer lb { frontend 40.2.2.2  rule tcp 80 -> 8080  backend x }\n"
    assert codes(inbound("100 deny tcp from Internet to x.public-ip port 443", network=network)) == ["rule-targets-vip"]
    assert codes(inbound("100 allow tcp from Internet to 10.0.1.4, 40.2.2.2 port 8080", network=network)) == [
        "rule-targets-vip"
    ]
    outbound = inbound("100 deny tcp from 40.1.1.1 to * port 25", network=network).replace("inbound", "outbound")
    assert codes(outbound) == ["rule-from-vip"]


def test_a_rule_with_one_address_that_is_never_seen_is_looked_at_all_the_same():
    network = NETWORK + "vm x { subnet v/a  ip 10.0.1.4  public-ip 40.1.1.1 }\n"
    rules = ("100 deny tcp from * to * port 443", "200 allow tcp from * to 10.0.1.4, 40.1.1.1 port 443")
    assert sorted(codes(inbound(*rules, network=network))) == ["rule-targets-vip", "shadowed-rule"]
    assert codes(inbound(rules[0], "200 allow tcp from * to 40.1.1.1 port 443", network=network)) == ["rule-targets-vip"]


def test_hundreds_of_warnings_are_no_error():
    rules = (f"{number} allow tcp from 10.0.9.{number - 100} to * port 443" for number in range(100, 300))
    assert codes(inbound(*rules)).count("rule-for-nobody") == 200


def test_a_call_to_an_environment_that_is_inside_carries_the_subnet():
    network = NETWORK + "ase one { version v1  subnet v/b  vip 40.1.1.1 }\nase two { version v1  subnet v/a  ilb 10.0.1.10 }\n"
    assert codes(inbound("100 allow tcp from v/b to * port 443", network=network)) == []


def test_half_of_the_instances_is_no_finding_where_all_fare_alike():
    network = NETWORK + "ase one { version v1  subnet v/b  vip 40.1.1.1 }\n"
    half = "100 allow tcp from 10.0.2.0/25 to * port 1433"
    assert (
        codes(inbound(half, "200 allow tcp from 10.0.2.128/25 to * port 1433", "300 deny any from * to *", network=network))
        == []
    )


# -- Routes -------------------------------------------------------------------------------------------------------------


def test_a_needless_route_says_on_which_assumption_it_hangs():
    network = NETWORK.replace("  nsg g", "  route-table r")
    (finding,) = found(network + "route-table r { route 198.51.100.0/24 -> internet }\n")
    assert finding.code == "needless-route"
    assert finding.notes == ("with --assume virtual-network-next-hops=every its prefix counts as a part of VirtualNetwork",)


def test_a_route_to_the_internet_that_takes_something_out_of_a_tunnel_is_not_needless():
    network = NETWORK.replace("  nsg g", "  route-table r") + "vm n { subnet v/b  ip 10.0.2.4  ip-forwarding on }\n"
    routes = "route-table r {\n  route 0.0.0.0/0 -> appliance 10.0.2.4\n  route 198.51.100.0/24 -> internet\n}\n"
    assert codes(network + routes) == []
