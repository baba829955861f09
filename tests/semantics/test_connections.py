"""What Azure demands of peerings, gateways, their subnets and routes, and how many of a thing it takes."""

from __future__ import annotations

import pytest

from asever.diagnostics import Severity
from tests.semantics.programs import NET, codes, marked, problem, rules

GATEWAY = "gateway g {{ vnet v  kind {} }}\n"
TABLE = "route-table t {{\n  route {} -> {}\n}}\n"


def net(subnets: str, flags: str = "") -> str:
    return f"vnet v {{\n  address 10.0.0.0/16\n{flags}  {subnets}\n}}\n"


def hub(*, transit: str = "on", name: str = "w", address: str = "10.1.0.0/16") -> str:
    return f"vnet {name} {{\n  address {address}\n  peer v {{ gateway-transit {transit} }}\n}}\n"


SPOKE = net("", "  peer w { remote-gateway on }\n")


# -- Peerings -----------------------------------------------------------------------------------------------------------


def test_a_side_that_the_other_network_does_not_have_is_pointed_out():
    one = problem("vnet v { address 10.0.0.0/16  peer w { access on } }\nvnet w { address 10.1.0.0/16 }\n")
    assert (one.code, one.severity) == ("one-sided-peering", Severity.WARNING)
    assert marked(one) == "w"


def test_a_peer_s_gateway_needs_transit_on_its_side():
    assert codes(SPOKE + hub()) == []
    assert codes(SPOKE + hub(transit="off")) == ["remote-gateway"]


def test_a_vnet_with_a_gateway_uses_no_other():
    assert codes(SPOKE + hub() + GATEWAY.format("vpn")) == ["remote-gateway"]


def test_one_peering_uses_a_remote_gateway():
    two = net("", "  peer w { remote-gateway on }\n  peer u { remote-gateway on }\n")
    one = problem(two + hub() + hub(name="u", address="10.2.0.0/16"))
    assert (one.code, marked(one)) == ("remote-gateway", "u")


# -- Gateway subnets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribute", "more"),
    [
        ("nsg g", "nsg g { }\n"),
        ("nat-gateway n", "nat-gateway n { public-ip 20.1.1.1 }\n"),
        ("route-table t", "route-table t {\n  bgp-propagation off\n}\n"),
        ("route-table t", TABLE.format("0.0.0.0/0", "internet") + "gateway vpn { vnet v  kind vpn }\n"),
    ],
    ids=["nsg", "nat gateway", "no propagation", "default route"],
)
def test_what_a_gateway_s_subnet_does_not_take(attribute, more):
    one = problem(net(f"subnet GatewaySubnet {{ address 10.0.0.0/27  {attribute} }}") + more)
    assert (one.code, marked(one)) == ("gateway-subnet", attribute.split()[1])
    assert codes(net(f"subnet other {{ address 10.0.0.0/27  {attribute} }}") + more) == []


def test_an_expressroute_gateway_s_subnet_takes_a_default_route():
    text = net("subnet GatewaySubnet { address 10.0.0.0/27  route-table t }") + TABLE.format("0.0.0.0/0", "internet")
    assert codes(text + GATEWAY.format("expressroute")) == []


# -- Routes to a gateway ------------------------------------------------------------------------------------------------

ROUTED = net("subnet a { address 10.0.1.0/24  route-table t }") + TABLE.format("192.168.0.0/16", "gateway")


@pytest.mark.parametrize(
    ("gateways", "expected"),
    [
        ("", ["invalid-route"]),
        (GATEWAY.format("vpn"), []),
        (GATEWAY.format("expressroute"), ["invalid-route"]),
        (GATEWAY.format("vpn") + "gateway h { vnet v  kind expressroute }\n", ["invalid-route"]),
    ],
    ids=["none", "vpn", "expressroute", "both"],
)
def test_a_route_to_the_gateway_is_for_vpn(gateways, expected):
    assert codes(ROUTED + gateways) == expected


def test_a_shared_vpn_gateway_takes_a_route():
    spoke = ROUTED.replace("address 10.0.0.0/16\n", "address 10.0.0.0/16\n  peer w { remote-gateway on }\n", 1)
    assert codes(spoke + hub() + "gateway g { vnet w  kind vpn }\n") == []


# -- Limits -------------------------------------------------------------------------------------------------------------


def tag_routes(number: int) -> str:
    return "route-table t {\n" + "".join(f"  route Storage.R{n} -> internet\n" for n in range(number)) + "}\n"


def test_a_route_table_takes_25_routes_to_tags():
    assert codes(tag_routes(25)) == []
    one = problem(tag_routes(26))
    assert (one.code, one.severity, marked(one)) == ("azure-limit", Severity.ERROR, "route Storage.R25 -> internet")


def group(*, rules_: int = 1, source: str = "*") -> str:
    return rules(*(f"{100 + n} allow tcp from {source} to * port 443" for n in range(rules_)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (group(rules_=1001), "nsg `g` has 1,001 rules, and Azure takes 1,000"),
        (
            group(rules_=2, source=", ".join(f"10.{n // 250}.{n % 250}.0/24" for n in range(2001))),
            "the rules of nsg `g` name 4,002 addresses as their source, and Azure takes 4,000",
        ),
        (
            "".join(f"asg a{n}\n" for n in range(11)) + group(source=", ".join(f"a{n}" for n in range(11))),
            "rule 100 of nsg `g` names 11 application security groups as its source, and Azure takes 10",
        ),
    ],
    ids=["rules", "addresses", "groups"],
)
def test_a_group_has_limits_that_are_warned_of(text, message):
    one = problem(text)
    assert (one.code, one.severity, one.message) == ("azure-limit", Severity.WARNING, message)


def test_a_group_within_its_limits_is_fine():
    assert codes(group(rules_=1000)) == []


def test_a_rule_between_groups_is_for_one_vnet():
    text = (
        NET
        + "vnet w {\n  address 10.1.0.0/16\n  subnet c { address 10.1.1.0/24 }\n}\nasg here\nasg there\n"
        + "vm x { subnet v/a  ip 10.0.1.4  asg here }\nvm y { subnet w/c  ip 10.1.1.4  asg there }\n"
    )
    one = problem(text + rules("100 allow tcp from here to there"))
    assert (one.code, marked(one)) == ("asg-across-vnets", "there")
    assert codes(text + rules("100 allow tcp from here to 10.1.1.4")) == []
