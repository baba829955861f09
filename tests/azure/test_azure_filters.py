"""Effective rules: default rules, tags and groups, protocols without ports, the platform's exemptions (azure 2, 3.4)."""

from __future__ import annotations

import pytest

from asever.azure.effective import effective
from asever.azure.filters import group_filter, surely_admits_probe
from asever.model.addresses import parse_address
from asever.model.effective import Action, EffectiveNetwork, FilterKind
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT
from asever.model.things import DeclaredRule, Direction, SecurityGroup
from tests.azure.tables import named, row
from tests.networks import addresses, ase, layered, network, nsg, rule, subnet, vm, vnet


def one_subnet(group: SecurityGroup) -> EffectiveNetwork:
    """A vnet with one subnet behind a group, and a machine in it."""
    data = subnet("corp/data", "10.0.3.0/24", nsg=group.name)
    return effective(network(vnet("corp", "10.0.0.0/16"), data, vm("sql", "corp/data", "10.0.3.4"), group))


def test_the_default_rules_close_each_direction() -> None:
    machine = one_subnet(nsg("own")).sites["sql"]
    inbound, outbound = machine.inbound[0], machine.outbound[0]
    assert [(one.priority, one.name, one.action) for one in inbound.rows] == [
        (65000, "AllowVnetInBound", Action.ALLOW),
        (65001, "AllowAzureLoadBalancerInBound", Action.ALLOW),
        (65500, "DenyAllInBound", Action.DENY),
    ]
    assert [(one.priority, one.name, one.action) for one in outbound.rows] == [
        (65000, "AllowVnetOutBound", Action.ALLOW),
        (65001, "AllowInternetOutBound", Action.ALLOW),
        (65500, "DenyAllOutBound", Action.DENY),
    ]
    assert all(one.origin.azure == one.name for one in (*inbound.rows, *outbound.rows))


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("10.0.9.9", "10.0.3.4", "AllowVnetInBound"),
        ("168.63.129.16", "10.0.3.4", "AllowVnetInBound"),  # the tag holds the platform's address
        ("192.23.1.2", "10.0.3.4", "DenyAllInBound"),
    ],
)
def test_who_the_default_rules_let_in(source: str, target: str, expected: str) -> None:
    assert named(one_subnet(nsg("own")).sites["sql"].inbound[0], source, target) == expected


def test_outbound_to_a_private_address_outside_the_network_is_denied() -> None:
    """The example of Microsoft's diagnosis article: 10.0.0.4 to 172.31.0.100 (azure 2.3)."""
    outbound = one_subnet(nsg("own")).sites["sql"].outbound[0]
    assert named(outbound, "10.0.3.4", "172.31.0.100") == "DenyAllOutBound"
    assert named(outbound, "10.0.3.4", "8.8.8.8") == "AllowInternetOutBound"


def test_rules_decide_in_order_of_priority() -> None:
    group = nsg("own", inbound=[rule(300, "allow", "tcp", "*"), rule(200, "deny", "tcp", "10.0.9.0/24")])
    inbound = one_subnet(group).sites["sql"].inbound[0]
    assert named(inbound, "10.0.9.9", "10.0.3.4") == "rule 200"
    assert named(inbound, "10.0.8.9", "10.0.3.4") == "rule 300"


def test_no_group_means_no_filter_and_two_mean_both() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/free", "10.0.1.0/24"),
            subnet("corp/data", "10.0.3.0/24", nsg="outer"),
            vm("open", "corp/free", "10.0.1.4"),
            vm("guarded", "corp/data", "10.0.3.4", nsg="inner"),
            nsg("outer"),
            nsg("inner"),
        )
    )
    assert (tables.sites["open"].inbound, tables.sites["open"].outbound) == ((), ())
    guarded = tables.sites["guarded"]
    assert [one.resource for one in guarded.inbound] == ["outer", "inner"]  # subnet first on the way in
    assert [one.resource for one in guarded.outbound] == ["inner", "outer"]  # NIC first on the way out
    assert [one.place for one in guarded.inbound] == ["subnet corp/data", "nic of guarded"]
    assert tables.sites["corp/data"].inbound[0].resource == "outer"


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (rule(100, "allow", "tcp", "*", "*", "443"), [({6}, "443")]),
        (rule(100, "allow", "any", "*", "*", "*"), [({1, 6, 17, 50, 51}, "*")]),
        (rule(100, "allow", "any", "*", "*", "443"), [({6, 17}, "443"), ({1, 50, 51}, "*")]),
        (rule(100, "allow", "icmp", "*", "*", "443"), [({1}, "*")]),
    ],
    ids=["tcp", "any", "any with ports", "icmp"],
)
def test_ports_restrict_only_protocols_that_have_them(declared: DeclaredRule, expected: list[tuple[set[int], str]]) -> None:
    group = nsg("own", inbound=[declared])
    rows = [one for one in one_subnet(group).sites["sql"].inbound[0].rows if one.priority == 100]
    assert [(set(one.protocol), "*" if one.target_port == ANY_PORT else str(one.target_port.first)) for one in rows] == expected


def test_a_rule_with_ports_may_never_match_protocols_without_them() -> None:
    tables = one_subnet(nsg("own", inbound=[rule(100, "allow", "any", "*", port="443")]))
    inbound = tables.sites["sql"].inbound[0]
    assert named(inbound, "8.8.8.8", "10.0.3.4", 0, "icmp") == "rule 100"
    assert named(inbound, "8.8.8.8", "10.0.3.4", 0, "icmp", ports_without_ports="never-match") == "DenyAllInBound"
    assert named(inbound, "8.8.8.8", "10.0.3.4", 443, ports_without_ports="never-match") == "rule 100"


def test_a_group_of_machines_stands_for_their_addresses() -> None:
    group = nsg("own", inbound=[rule(100, "allow", "tcp", "asg:web", "asg:data", "1433")])
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/data", "10.0.3.0/24", nsg="own"),
            vm("sql", "corp/data", "10.0.3.4", "10.0.3.5", asgs=("data",)),
            vm("web", "corp/data", "10.0.3.9", asgs=("web", "all")),
            group,
        )
    )
    found = row(tables.sites["sql"].inbound[0], "10.0.3.9", "10.0.3.5", 1433)
    assert found is not None
    assert found.name == "rule 100"
    assert found.target.addresses == addresses("10.0.3.4, 10.0.3.5")
    assert named(tables.sites["sql"].inbound[0], "10.0.3.9", "10.0.3.8", 1433) == "AllowVnetInBound"


def test_a_tag_of_unknown_content_stays_unknown() -> None:
    group = nsg("own", outbound=[rule(100, "allow", "tcp", "*", "sql, 10.1.0.0/16", "1433")])
    found = one_subnet(group).sites["sql"].outbound[0].rows[0]
    assert found.target.unknown_tags == frozenset({"Sql"})
    assert found.target.addresses == addresses("10.1.0.0/16")
    assert found.target.text == "sql, 10.1.0.0/16"


def test_a_group_attached_nowhere_knows_no_virtual_network() -> None:
    declared = network(nsg("own", inbound=[rule(100, "allow", "tcp", "Internet")]))
    alone = group_filter(declared, "own", Direction.INBOUND, None, "attached nowhere")
    by_name = {one.name: one for one in alone.rows}
    assert by_name["AllowVnetInBound"].source.unknown_tags == frozenset({"VirtualNetwork"})
    assert parse_address("8.8.8.8") in by_name["rule 100"].source.addresses
    assert alone.place == "attached nowhere"


def test_an_environment_is_kept_from_other_machines_of_its_subnet() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26", nsg="open"),
            ase("one", "corp/apps", vip="192.23.1.2"),
            vm("neighbour", "corp/apps", "10.0.1.20"),
            nsg("open", outbound=[rule(100, "allow", "any", "*")]),
        )
    )
    block = tables.sites["one"].outbound[0]
    assert block.kind is FilterKind.PLATFORM
    assert block.otherwise is Action.ALLOW
    found = row(block, "10.0.1.4", "10.0.1.20")
    assert found is not None
    assert found.action is Action.DENY
    assert row(block, "10.0.1.4", "10.0.1.21") is None  # one of its own
    assert all(one.kind is FilterKind.NSG for one in tables.sites["neighbour"].outbound)


# -- The platform -------------------------------------------------------------------------------------------------------


def exempt(tables: EffectiveNetwork, site: str) -> set[tuple[str, int]]:
    """The exempt ports of a site, by protocol name."""
    names = {6: "tcp", 17: "udp"}
    return {
        (names[protocol], port)
        for one in tables.sites[site].exempt
        if parse_address("168.63.129.16") in one.targets
        for protocol in one.protocol
        for port in one.target_port
    }


def test_agent_names_and_metadata_are_exempt() -> None:
    tables = one_subnet(nsg("own", outbound=[rule(100, "deny", "any", "*")]))
    assert exempt(tables, "sql") == {("tcp", 80), ("tcp", 32526), ("tcp", 53), ("udp", 53)}
    assert any(parse_address("169.254.169.254") in one.targets for one in tables.sites["sql"].exempt)


def test_a_rule_that_names_the_platform_s_tag_ends_the_exemption() -> None:
    group = nsg(
        "own",
        outbound=[rule(100, "deny", "any", "*"), rule(200, "deny", "udp", "*", "AzurePlatformDNS")],
    )
    tables = one_subnet(group)
    assert exempt(tables, "sql") == {("tcp", 80), ("tcp", 32526)}
    outbound = tables.sites["sql"].outbound[0]
    # Only rules that name the tag touch the traffic: rule 100 does not, rule 200 does.
    assert named(outbound, "10.0.3.4", "168.63.129.16", 53, "udp") == "rule 200"
    assert named(outbound, "10.0.3.4", "168.63.129.16", 53, "tcp") == "AzurePlatformDNS by default"
    assert named(outbound, "10.0.3.4", "168.63.129.16", 443) == "rule 100"
    assert named(outbound, "10.0.3.4", "8.8.8.8", 53, "udp") == "rule 100"


@pytest.mark.parametrize(
    ("rules", "passes"),
    [
        ([], True),
        ([rule(4000, "deny", "any", "*")], False),
        ([rule(1000, "deny", "any", "VirtualNetwork")], False),  # the tag holds 168.63.129.16: azure 3.1
        ([rule(1000, "deny", "any", "Internet")], False),  # and so does this one: azure 3.2
        ([rule(100, "allow", "any", "AzureLoadBalancer", "*", "16001"), rule(4000, "deny", "any", "*")], True),
        ([rule(100, "allow", "any", "AzureLoadBalancer", "10.0.2.0/27", "16001"), rule(4000, "deny", "any", "*")], False),
        ([rule(100, "deny", "udp", "*"), rule(200, "deny", "tcp", "*", "*", "80")], True),
    ],
)
def test_whether_a_probe_surely_passes(rules: list[DeclaredRule], passes: bool) -> None:
    inbound = one_subnet(nsg("own", inbound=rules)).sites["sql"].inbound
    instances = addresses("10.0.2.4-10.0.2.62")
    assert surely_admits_probe(inbound, instances, 16001) is passes


def test_layered_has_the_rules_of_the_language_page() -> None:
    inbound = effective(layered()).sites["two"].inbound[0]
    assert named(inbound, "192.23.1.2", "10.0.2.4", 443) == "DenyAllInBound"
    assert named(inbound, "10.0.1.4", "10.0.2.4", 443) == "front door"
    assert named(inbound, "13.66.140.0", "10.0.2.4", 454) == "Azure management"
    right = effective(layered(wrong=False)).sites["two"].inbound[0]
    assert named(right, "192.23.1.2", "10.0.2.4", 443) == "front door"
    assert NumberSet.single(parse_address("192.23.1.2")) == right.rows[1].source.addresses
