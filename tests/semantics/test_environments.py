"""Attributes of environments and of what is around them: what they mean, and what Azure would refuse."""

from __future__ import annotations

import pytest

from asever.diagnostics import Severity
from asever.model.addresses import parse_addresses
from asever.model.answers import Verdict
from asever.model.claims import Healthy, Reachability
from asever.pipeline import Options, run
from tests.semantics.programs import NET, checks, network, problems, program

V3 = "ase e {{ version v3  subnet v/a  ilb 10.0.1.10  {} }}"
V2 = "ase e {{ version v2  subnet v/a  vip 40.1.1.1  ilb 10.0.1.10  {} }}"
IP_SSL = "ip-ssl 40.1.2.1 { http 20001  https 20002 }"


def codes(text: str) -> dict[str, Severity]:
    return {one.code: one.severity for one in problems(text)}


def sized(prefix: str, environment: str) -> dict[str, Severity]:
    return codes(f"vnet v {{ address 10.0.0.0/16  subnet a {{ address {prefix} }} }}\nase e {{ subnet v/a  {environment} }}")


# -- Placement ----------------------------------------------------------------------------------------------------------


def test_web_and_ftp_make_three_modes_of_an_ilb_environment():
    for words in ("", "web ilb", "web ilb  ftp public", "ftp public", "web public", "web public  ftp ilb"):
        assert codes(NET + V2.format(words)) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        V2.format("web public  ftp public"),
        V3.format("web public"),
        "ase e { version v2  subnet v/a  vip 40.1.1.1  web public }",
    ],
)
def test_web_has_to_decide_something(wrong):
    assert codes(NET + wrong) == {"web-without-ilb": Severity.ERROR}


def test_ip_ssl_addresses_belong_to_public_http():
    assert codes(NET + V2.format(f"web public  {IP_SSL}")) == {}
    assert codes(NET + V2.format(f"ftp public  {IP_SSL}")) == {"no-ip-ssl": Severity.ERROR}
    assert codes(NET + V2.format(IP_SSL)) == {"no-ip-ssl": Severity.ERROR}


def test_a_verdict_says_where_it_hangs_on_the_place_of_debugging():
    text = (
        NET
        + V2.format("web public")
        + """
    vm x { subnet v/b  ip 10.0.2.4 }
    check x reaches e on tcp 4022
    check x never reaches e.ilb on tcp 4022
    """
    )
    net = text.replace("subnet a { address 10.0.1.0/24 }", "subnet a { address 10.0.1.0/24  nsg g }")
    reaches, never = run(program(net + "nsg g { inbound { 100 allow any from * to * } }"), Options()).results

    # Called where it arrives in each reading, so it arrives in both.
    assert (reaches.verdict, reaches.dependences) == (Verdict.HOLDS, ())
    assert never.verdict is Verdict.VIOLATED
    assert [(one.name, one.value, one.otherwise) for one in never.dependences] == [
        ("ilb-debug-placement", "ilb", Verdict.HOLDS)
    ]


# -- The subnet ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delegation", "found"),
    [
        ("", {}),
        ("delegation Microsoft.Web/hostingEnvironments", {}),
        ("delegation microsoft.web/hostingenvironments", {}),
        ("delegation none", {"not-delegated": Severity.ERROR}),
        ("delegation Microsoft.Web/serverFarms", {"not-delegated": Severity.ERROR}),
    ],
)
def test_a_subnet_of_version_3_that_says_its_delegation_says_the_right_one(delegation, found):
    net = f"vnet v {{ address 10.0.0.0/16  subnet a {{ address 10.0.1.0/24  {delegation} }} }}\n"
    assert codes(net + V3.format("")) == found
    assert codes(net + V2.format("")) == {}


@pytest.mark.parametrize(
    ("prefix", "environment", "found"),
    [
        ("10.0.1.0/28", "version v2  vip 40.1.1.1  instances 2", {}),
        ("10.0.1.0/28", "version v2  vip 40.1.1.1  instances 4", {"no-room-to-scale": Severity.WARNING}),
        ("10.0.1.0/28", "version v2  vip 40.1.1.1  instances 5", {"subnet-too-small": Severity.ERROR}),
        ("10.0.1.0/25", "version v2  vip 40.1.1.1  instances 100", {"no-room-to-scale": Severity.WARNING}),
        ("10.0.1.0/24", "version v2  vip 40.1.1.1  instances 100", {}),
        ("10.0.1.0/26", "version v1  vip 40.1.1.1  instances 52", {}),
        ("10.0.1.0/25", "version v1  vip 40.1.1.1  instances 56", {"too-many-instances": Severity.ERROR}),
        ("10.0.0.0/23", "version v3  vip 40.1.1.1  instances 201", {"too-many-instances": Severity.ERROR}),
        ("10.0.1.0/27", "version v3  vip 40.1.1.1  instances 20", {"subnet-may-be-too-small": Severity.WARNING}),
        ("10.0.1.0/27", "version v3  vip 40.1.1.1  instances 24", {"subnet-too-small": Severity.ERROR}),
    ],
)
def test_the_subnet_has_to_hold_the_instances(prefix, environment, found):
    assert sized(prefix, environment) == found


# -- Flags of version 3 -------------------------------------------------------------------------------------------------


def test_a_private_endpoint_of_version_3_needs_its_flag():
    endpoint = "\nprivate-endpoint p { subnet v/b  ip 10.0.2.9  to e }"
    assert codes(NET + V3.format("") + endpoint) == {"private-endpoint-not-allowed": Severity.WARNING}
    assert codes(NET + V3.format("allow-new-private-endpoint-connections on") + endpoint) == {}


def test_the_flag_of_private_endpoints_is_version_3_s():
    assert codes(NET + V2.format("allow-new-private-endpoint-connections on")) == {"flag-of-version-3": Severity.ERROR}


# -- Names --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["e", "x", "v"])
@pytest.mark.parametrize(
    ("dns", "servers"), [("", "168.63.129.16"), ("dns 172.20.0.10, 172.20.0.11", "172.20.0.10-172.20.0.11")]
)
def test_dns_of_a_thing_is_what_its_network_asks(whose, dns, servers):
    text = f"""vnet v {{ address 10.0.0.0/16  {dns}  subnet a {{ address 10.0.1.0/24 }}  subnet b {{ address 10.0.2.0/24 }} }}
    {V3.format("")}
    vm x {{ subnet v/b  ip 10.0.2.4 }}
    check x reaches {whose}.dns on udp 53"""
    claim = checks(text)[0].claim
    assert isinstance(claim, Reachability)
    assert claim.target.addresses == parse_addresses(servers)


def test_a_network_behind_a_gateway_has_no_dns_here():
    assert "unknown-part" in codes(NET + "on-premises hq { address 172.20.0.0/16 }\ncheck v reaches hq.dns on udp 53")


# -- Health -------------------------------------------------------------------------------------------------------------


def test_the_probe_of_version_1_is_asked_for_in_one_reading():
    text = """vnet v { address 10.0.0.0/16  subnet a { address 10.0.1.0/24  nsg g } }
    ase e { version v1  subnet v/a  vip 40.1.1.1 }
    nsg g {
      inbound {
        100 allow tcp from AppServiceManagement to * port 454-455
        200 deny any from AzureLoadBalancer to *
      }
    }
    check e is healthy"""
    required = run(program(text), Options()).results[0]
    spared = run(program(text), Options(readings={"ase-v1-probe-required": "no"})).results[0]

    assert required.verdict is Verdict.VIOLATED
    assert [(one.name, one.otherwise) for one in required.dependences] == [("ase-v1-probe-required", Verdict.HOLDS)]
    assert spared.verdict is Verdict.HOLDS
    assert len(spared.requirements) == len(required.requirements) - 1


def test_a_probe_check_of_one_s_own_is_asked_in_every_reading():
    text = (
        NET
        + "ase e { version v1  subnet v/a  vip 40.1.1.1 }\ncheck AzureLoadBalancer reaches e on tcp 16001\ncheck e is healthy"
    )
    own, health = (one.claim for one in checks(text))
    assert isinstance(own, Reachability)
    assert isinstance(health, Healthy)
    assert own.asked_in is None
    asked = [one.claim.asked_in for one in health.requirements if isinstance(one.claim, Reachability) and one.claim.asked_in]
    assert asked == [("ase-v1-probe-required", "yes")]


# -- Names of rules -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "warned"),
    [
        ('"80-443" allow tcp from * to * port 443', True),
        ('"80-443" allow tcp from * to * port 80, 443', False),
        ('"management 454-455" allow tcp from * to * port 444-445', True),
        ('"allow_443_in" allow tcp from * to * port 80', True),
        ('"from 10.0.2.0/24" allow tcp from 10.0.3.0/24 to *', True),
        ('"from 10.0.2.0/25" allow tcp from 10.0.2.0/24 to *', False),
        ('"to 10.0.1.4" allow tcp from Internet to 10.0.1.4', False),
        ('"from 10.0.2.0/24" allow tcp from VirtualNetwork to *', False),
        ('"rule 100 of 2022" allow tcp from * to * port 8443', False),
        ('"VS2012 and TLS443" allow tcp from * to * port 4016', False),
        ('"80 and more" allow any from * to *', False),
    ],
)
def test_the_name_of_a_rule_is_held_against_the_rule(rule, warned):
    found = codes(f"nsg g {{ inbound {{ 100 {rule} }} }}")
    assert found == ({"rule-name": Severity.WARNING} if warned else {})


@pytest.mark.parametrize(
    ("where", "warned"),
    [
        ("10.0.9.0/24", True),
        ("10.0.1.0/24", False),
        ("10.0.0.0/16", False),
        ("10.0.1.128-10.0.9.4", False),
        ("192.168.1.0/24", False),
        ("v/a", False),
    ],
)
def test_a_rule_for_a_part_of_the_network_where_nobody_is_is_found(where, warned):
    found = codes(NET + f"nsg g {{ outbound {{ 100 allow tcp from * to {where} }} }}")
    assert found == ({"rule-for-nobody": Severity.WARNING} if warned else {})


def test_a_rule_that_is_called_by_its_priority_says_nothing_of_ports():
    assert codes("nsg g { inbound { 443 allow tcp from * to * port 80 } }") == {}


def test_a_network_knows_what_it_was_told():
    one = network(NET + V3.format("allow-new-private-endpoint-connections on")).environments["e"]
    assert one.new_private_endpoints
    assert not one.ftp_enabled
