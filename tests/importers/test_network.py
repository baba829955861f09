"""What Azure's resources become: one family after the other, and what is not known stays unknown."""

import pytest

from asever.model.addresses import parse_prefix
from asever.model.numbers import union
from asever.pipeline import Options, run
from tests.importers.azure import (
    identity,
    imported,
    loaded,
    nic,
    nsg,
    reference,
    resource,
    rule,
    subnet,
    template,
    verdicts,
    vnet,
    write,
)

NSG = "Microsoft.Network/networkSecurityGroups"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
PUBLIC = "Microsoft.Network/publicIPAddresses"


def guarded(*rules, **fields):
    return [vnet("corp", subnet("apps", "10.0.1.0/24", networkSecurityGroup=reference(NSG, "g"))), nsg("g", *rules)]


def test_a_rule_keeps_its_name_its_lists_and_its_letter_case_does_not_matter(tmp_path):
    odd = rule(
        "My Rule",
        200,
        "DENY",
        "outbound",
        protocol="UDP",
        destinationPortRange="",
        destinationPortRanges=["53", "100-200"],
        sourceAddressPrefixes=["10.0.0.0/8", "192.168.1.7"],
        sourceAddressPrefix="",
        destinationAddressPrefix="sql.westeurope",
    )
    group = imported(tmp_path, nsg("g", odd)).network.groups["g"]
    (found,) = group.outbound
    assert (found.name, found.priority, found.access) == ("My Rule", 200, "deny")
    assert found.target_port.ranges == ((53, 53), (100, 200))
    assert [term.text for term in found.sources] == ["10.0.0.0/8", "192.168.1.7"]
    assert [term.text for term in found.targets] == ["Sql.westeurope"]


def test_flattened_and_nested_exports_are_one_network(tmp_path):
    nested = nsg("g", rule("a", 100))
    flat = {key: value for key, value in nested.items() if key != "properties"}
    flat["securityRules"] = [{"name": "a", **one["properties"]} for one in nested["properties"]["securityRules"]]
    assert imported(tmp_path, nested).network == imported(tmp_path, [flat]).network
    assert imported(tmp_path, {"value": [nested]}).network == imported(tmp_path, nested).network


def test_children_apart_are_those_written_inside(tmp_path):
    inside = [vnet("corp", subnet("apps", "10.0.1.0/24")), nsg("g", rule("a", 100))]
    apart = [
        vnet("corp"),
        resource(SUBNET, "corp/apps", subnet("apps", "10.0.1.0/24")["properties"]),
        nsg("g"),
        resource(f"{NSG}/securityRules", "g/a", rule("a", 100)["properties"]),
    ]
    assert imported(tmp_path, inside).network == imported(tmp_path, apart).network


def test_files_of_one_program_refer_to_each_other_whatever_their_prefixes(tmp_path):
    network, group = guarded(rule("web", 100))
    write(tmp_path, "v.json", network)
    write(tmp_path, "g.json", group)
    program, _ = loaded(tmp_path, 'import "v.json" as net\nimport "g.json" as rules\n')
    assert program.network.subnets["net.corp/apps"].nsg == "rules.g"


def test_reports_point_into_the_file_of_the_user(tmp_path):
    text = "vm x { subnet corp/apps  ip 10.0.1.4  public-ip 40.1.1.1 }\ncheck Internet never reaches x on tcp 443\n"
    program = imported(tmp_path, guarded(rule("web", 100)), text=text)
    (finding,) = run(program, Options()).results
    span = next(one.row.origin.span for one in finding.trace.steps if getattr(one.row, "name", "") == "web")
    assert span.file.name.endswith("f0.json")
    assert span.text == '"web"'


def test_a_machine_has_the_name_of_the_vm_that_owns_its_only_interface(tmp_path):
    owner = resource(
        "Microsoft.Compute/virtualMachines",
        "web-vm",
        {"networkProfile": {"networkInterfaces": [reference("Microsoft.Network/networkInterfaces", "nic1")]}},
    )
    program = imported(tmp_path, [vnet("corp", subnet("apps", "10.0.1.0/24")), nic("nic1", "corp/apps"), owner])
    assert list(program.network.machines) == ["web-vm"]


def test_kinds_that_share_a_name_get_names_of_their_own_and_so_does_a_tag(tmp_path):
    program = imported(tmp_path, [vnet("web"), nsg("web", rule("a", 100)), nsg("Sql")])
    assert set(program.network.groups) == {"web-nsg", "Sql-nsg"}
    assert set(program.network.vnets) == {"web"}


def test_a_public_address_that_only_azure_knows_is_called_like_any_other(tmp_path):
    address = resource(PUBLIC, "pip", {"publicIPAllocationMethod": "Static"})
    machine = nic("x", "corp/apps", configuration={"publicIPAddress": reference(PUBLIC, "pip")})
    checks = "check Internet reaches x on tcp 443\ncheck Internet never reaches x on tcp 22\n"
    program = imported(tmp_path, [*guarded(rule("web", 100)), address, machine], text=checks)
    assert verdicts(program) == ["holds", "holds"]


def test_what_hangs_on_an_unknown_private_address_is_unknown_and_the_rest_is_proved(tmp_path):
    checks = "check Internet never reaches x on tcp 22\ncheck 10.0.2.5 never reaches x on tcp 443\n"
    one = rule("one machine", 100, destinationAddressPrefix="10.0.1.10")
    none = rule("nothing else", 200, "Deny", protocol="*", destinationPortRange="*")
    network, group = guarded(one, none)
    network["properties"]["subnets"].append(subnet("other", "10.0.2.0/24"))
    program = imported(tmp_path, [network, group, nic("x", "corp/apps", None)], text=checks)
    first, second = run(program, Options()).results
    assert first.verdict.value == "holds"
    assert second.verdict.value == "unknown"
    assert any("whether x.ip is in 10.0.1.10" in reason for reason in second.reasons)


def test_a_rule_for_a_whole_subnet_leaves_no_doubt_about_an_unknown_address_in_it(tmp_path):
    whole = rule("subnet", 100, destinationAddressPrefix="10.0.1.0/24")
    checks = "check 10.0.2.5 reaches x on tcp 443\n"
    network, group = guarded(whole)
    network["properties"]["subnets"].append(subnet("other", "10.0.2.0/24"))
    program = imported(tmp_path, [network, group, nic("x", "corp/apps", None)], text=checks)
    assert verdicts(program) == ["holds"]


def symbolic(prefix="[parameters('adminIp')]"):
    group = nsg("g", rule("admins", 100, sourceAddressPrefix=prefix), rule("rest", 4096, "Deny", protocol="*"))
    network = vnet("corp", subnet("apps", "10.0.1.0/24"))
    network["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] = {
        "id": f"[resourceId('{NSG}', 'g')]",
    }
    return template(network, group, parameters={"adminIp": {"type": "string"}})


MACHINE = "vm x { subnet corp/apps  ip 10.0.1.4  public-ip 40.1.1.1 }\n"


def test_a_parameter_without_a_value_leaves_open_only_what_depends_on_it(tmp_path):
    checks = MACHINE + "check Internet never reaches x on tcp 443\ncheck Internet never reaches x on tcp 22\n"
    first, second = run(imported(tmp_path, symbolic(), text=checks), Options()).results
    assert first.verdict.value == "unknown"
    assert any("adminIp" in reason for reason in first.reasons)
    assert second.verdict.value == "holds"


def test_a_setting_gives_a_parameter_its_value(tmp_path):
    checks = MACHINE + "check 20.1.1.1 reaches x on tcp 443\ncheck 20.1.1.2 never reaches x on tcp 443\n"
    program = imported(tmp_path, symbolic(), text=checks, adminIp="20.1.1.1")
    assert verdicts(program) == ["holds", "holds"]


def test_a_setting_that_nothing_asks_for_is_an_error(tmp_path):
    write(tmp_path, "t.json", symbolic())
    program, diagnostics = loaded(tmp_path, 'import "t.json"\n', adminIpp="20.1.1.1")
    assert program is None
    assert [one.code for one in diagnostics] == ["unknown-setting"]


@pytest.mark.parametrize("field", ["access", "priority", "direction"])
def test_an_unknown_order_or_access_makes_the_whole_group_unknown(tmp_path, field):
    one = rule("a", 100)
    one["properties"][field] = "[parameters('p')]"
    group = nsg("g", one)
    network = vnet("corp", subnet("apps", "10.0.1.0/24", networkSecurityGroup={"id": f"[resourceId('{NSG}', 'g')]"}))
    content = template(network, group, parameters={"p": {"type": "string"}})
    checks = MACHINE + "check Internet never reaches x on tcp 443\ncheck Internet can reach x on tcp 443\n"
    assert verdicts(imported(tmp_path, content, text=checks)) == ["unknown", "unknown"]


def test_a_group_that_a_template_only_refers_to_has_unknown_rules(tmp_path):
    apart = resource(f"{NSG}/securityRules", "g/a", rule("a", 100)["properties"])
    apart["name"] = "g/a"
    network = vnet("corp", subnet("apps", "10.0.1.0/24", networkSecurityGroup={"id": f"[resourceId('{NSG}', 'g')]"}))
    program = imported(tmp_path, template(network, apart), text=MACHINE + "check Internet never reaches x on tcp 22\n")
    assert verdicts(program) == ["unknown"]


def test_rules_for_unknown_ports_match_perhaps(tmp_path):
    group = nsg("g", rule("a", 100, destinationPortRange="[parameters('p')]"))
    network = vnet("corp", subnet("apps", "10.0.1.0/24", networkSecurityGroup={"id": f"[resourceId('{NSG}', 'g')]"}))
    content = template(network, group, parameters={"p": {"type": "string"}})
    checks = MACHINE + "check Internet never reaches x on tcp 22\ncheck Internet never reaches x on udp 53\n"
    assert verdicts(imported(tmp_path, content, text=checks)) == ["unknown", "holds"]


def test_a_group_that_the_file_only_names_lets_pass_what_nobody_knows(tmp_path):
    network = vnet("corp", subnet("apps", "10.0.1.0/24", networkSecurityGroup=reference(NSG, "elsewhere")))
    program = imported(tmp_path, network, text=MACHINE + "check Internet never reaches x on tcp 443\n")
    assert verdicts(program) == ["unknown"]


def test_a_next_hop_that_nobody_knows_makes_its_paths_unknown(tmp_path):
    table = "Microsoft.Network/routeTables"
    routes = resource(
        table,
        "rt",
        {
            "routes": [
                {
                    "name": "out",
                    "properties": {
                        "addressPrefix": "0.0.0.0/0",
                        "nextHopType": "VirtualAppliance",
                        "nextHopIpAddress": "[parameters('p')]",
                    },
                }
            ]
        },
    )
    network = vnet("corp", subnet("apps", "10.0.1.0/24", routeTable={"id": f"[resourceId('{table}', 'rt')]"}))
    content = template(network, routes, parameters={"p": {"type": "string"}})
    checks = MACHINE + "check x can reach Internet on tcp 443\ncheck x can reach corp on tcp 443\n"
    assert verdicts(imported(tmp_path, content, text=checks)) == ["unknown", "holds"]


def test_what_the_model_does_not_know_is_listed_and_its_subnet_is_unknown(tmp_path):
    gateway = resource(
        "Microsoft.Network/applicationGateways",
        "agw",
        {"gatewayIPConfigurations": [{"name": "c", "properties": {"subnet": reference(SUBNET, "corp/front")}}]},
    )
    network = vnet("corp", subnet("apps", "10.0.1.0/24"), subnet("front", "10.0.2.0/24"))
    write(tmp_path, "t.json", [network, gateway])
    checks = "check corp/front never reaches x on tcp 443\ncheck x never reaches corp/front on tcp 443\n"
    program, diagnostics = loaded(tmp_path, 'import "t.json"\n' + MACHINE + checks)
    assert verdicts(program) == ["unknown", "unknown"]
    (told,) = diagnostics
    assert told.code == "not-modelled"
    assert "Microsoft.Network/applicationGateways agw" in told.notes[0]


def test_rules_of_one_frontend_keep_their_machines_and_probes(tmp_path):
    balancer = identity("Microsoft.Network/loadBalancers", "lb")
    front = {"id": f"{balancer}/frontendIPConfigurations/f"}

    def pooled(name, address):
        pool = {"id": f"{balancer}/backendAddressPools/{name}"}
        return nic(name, "corp/apps", address, configuration={"loadBalancerBackendAddressPools": [pool]})

    def balanced(name, port):
        pool = {"id": f"{balancer}/backendAddressPools/{name}"}
        fields = {"protocol": "Tcp", "frontendPort": port, "backendPort": port, "backendAddressPool": pool}
        return {"name": name, "properties": {"frontendIPConfiguration": front, **fields}}

    one = resource(
        "Microsoft.Network/loadBalancers",
        "lb",
        {
            "frontendIPConfigurations": [
                {"name": "f", "properties": {"privateIPAddress": "10.0.1.9", "subnet": reference(SUBNET, "corp/apps")}}
            ],
            "loadBalancingRules": [balanced("a", 80), balanced("b", 443)],
        },
        sku={"name": "Standard"},
    )
    checks = (
        "check caller reaches a on tcp 80\ncheck caller can reach 10.0.1.9 on tcp 443\n"
        "check caller reaches 10.0.1.9 on tcp 22 expect violated\n"
    )
    text = "vm caller { subnet corp/other  ip 10.0.2.4 }\n" + checks
    network = vnet("corp", subnet("apps", "10.0.1.0/24"), subnet("other", "10.0.2.0/24"))
    program = imported(tmp_path, [network, pooled("a", "10.0.1.4"), pooled("b", "10.0.1.5"), one], text=text)
    assert verdicts(program) == ["holds", "holds", "violated"]


@pytest.mark.parametrize(
    ("mode", "written"),
    [(0, (None, None)), (1, (None, "public")), ("Web", (None, "public")), (2, ("public", None)), (3, (None, None))],
)
def test_the_modes_of_an_environment_are_numbers_or_words(tmp_path, mode, written):
    one = resource(
        "Microsoft.Web/hostingEnvironments",
        "env",
        {
            "virtualNetwork": {"id": identity("Microsoft.Network/virtualNetworks", "corp"), "subnet": "apps"},
            "internalLoadBalancingMode": mode,
        },
        kind="ASEV2",
    )
    network = vnet("corp", subnet("apps", "10.0.1.0/24"))
    found = imported(tmp_path, [network, one]).network.environments["env"]
    assert (found.web, found.ftp) == written
    assert (found.ilb is not None) == (mode != 0)
    assert (found.version, found.subnet) == (2, "corp/apps")


def test_of_an_environment_in_a_network_elsewhere_nobody_knows_what_is_on_its_subnet(tmp_path):
    one = resource(
        "Microsoft.Web/hostingEnvironments", "env", {"virtualNetwork": reference(SUBNET, "elsewhere/apps")}, kind="ASEV3"
    )
    checks = "check Internet reaches env on tcp 443\ncheck Internet never reaches env on tcp 80\n"
    assert verdicts(imported(tmp_path, one, text=checks)) == ["unknown", "unknown"]
    home = vnet("elsewhere", subnet("apps", "10.0.1.0/24"))
    assert verdicts(imported(tmp_path, [home, one], text=checks)) == ["holds", "violated"]


def test_both_sides_of_a_peering_are_as_given(tmp_path):
    def side(remote, **fields):
        there = reference("Microsoft.Network/virtualNetworks", remote)
        return {"name": f"to-{remote}", "properties": {"remoteVirtualNetwork": there, **fields}}

    left = vnet("a", virtualNetworkPeerings=[side("b", allowForwardedTraffic=True, allowGatewayTransit=True)])
    right = vnet(
        "b", space="10.1.0.0/16", virtualNetworkPeerings=[side("a", useRemoteGateways=True, allowVirtualNetworkAccess=False)]
    )
    network = imported(tmp_path, [left, right]).network
    (one,), (other,) = network.vnets["a"].peerings, network.vnets["b"].peerings
    assert (one.remote, one.forwarded_traffic, one.gateway_transit, one.access) == ("b", True, True, True)
    assert (other.remote, other.forwarded_traffic, other.remote_gateway, other.access) == ("a", False, True, False)


def test_effective_rules_tell_what_the_computed_tags_hold_in_the_subnet(tmp_path):
    answer = {
        "value": [
            {
                "networkSecurityGroup": reference(NSG, "g"),
                "association": {"networkInterface": reference("Microsoft.Network/networkInterfaces", "x")},
                "effectiveSecurityRules": [
                    {
                        "name": "defaultSecurityRules/AllowVnetInBound",
                        "sourceAddressPrefix": "VirtualNetwork",
                        "expandedSourceAddressPrefix": ["10.0.0.0/16", "172.20.0.0/16"],
                        "access": "Allow",
                        "priority": 65000,
                        "direction": "Inbound",
                        "protocol": "All",
                    }
                ],
            }
        ]
    }
    content = [*guarded(), nic("x", "corp/apps")]
    shown = imported(tmp_path, content, answer).network.subnets["corp/apps"].virtual_network
    assert shown == union((parse_prefix("10.0.0.0/16"), parse_prefix("172.20.0.0/16")))
    assert imported(tmp_path, content).network.subnets["corp/apps"].virtual_network is None


def test_an_nsg_with_two_rules_of_one_priority_has_rules_that_nobody_knows(tmp_path):
    content = guarded(rule("a", 100), rule("b", 100, "Deny"), rule("c", 200))
    program = imported(tmp_path, content, text=MACHINE + "check Internet never reaches x on tcp 22\n")
    assert verdicts(program) == ["unknown"]
    assert any(
        "two inbound rules have priority 100, which Azure refuses" in note for one in program.warnings for note in one.notes
    )


def test_a_subnet_that_a_template_refers_to_has_rules_that_nobody_knows(tmp_path):
    named = resource(SUBNET, "corp/apps", {}, existing=True)
    named["name"] = "corp/apps"
    del named["properties"]
    network = vnet("corp")
    content = template(network, named)
    content["languageVersion"] = "2.0"
    content["resources"] = {f"r{number}": one for number, one in enumerate(content["resources"])}
    program = imported(
        tmp_path, content, text="vm x { subnet corp/apps  ip unknown  public-ip 40.1.1.1 }\ncheck Internet reaches x\n"
    )
    assert verdicts(program) == ["unknown"]


POLICY = "Microsoft.Network/firewallPolicies"
WALL = "Microsoft.Network/azureFirewalls"


def walled(policy, *more):
    """A firewall with a policy between two subnets, and a machine in each."""
    collection = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": "c",
        "priority": 100,
        "action": {"type": "Allow"},
        "rules": [
            {
                "ruleType": "NetworkRule",
                "name": "web",
                "ipProtocols": ["TCP"],
                "sourceAddresses": ["*"],
                "destinationAddresses": ["*"],
                "destinationPorts": ["443"],
            }
        ],
    }
    group = resource(f"{POLICY}/ruleCollectionGroups", "p/r", {"priority": 100, "ruleCollections": [collection]})
    through = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.4"}
    tables = [
        resource(
            "Microsoft.Network/routeTables",
            name,
            {"routes": [{"name": "d", "properties": {"addressPrefix": f"10.0.{number}.0/24", **through}}]},
        )
        for name, number in (("to-b", 2), ("to-a", 1))
    ]
    hub = vnet(
        "hub",
        subnet("AzureFirewallSubnet", "10.0.0.0/26"),
        *(
            subnet(name, f"10.0.{number}.0/24", routeTable={"id": table["id"]})
            for name, number, table in zip("ab", (1, 2), tables, strict=True)
        ),
    )
    home = {"privateIPAddress": "10.0.0.4", "subnet": reference(SUBNET, "hub/AzureFirewallSubnet")}
    wall = resource(
        WALL, "fw", {"firewallPolicy": {"id": policy["id"]}, "ipConfigurations": [{"name": "c", "properties": home}]}
    )
    return [hub, *tables, wall, nic("x", "hub/a", "10.0.1.4"), nic("y", "hub/b", "10.0.2.4"), policy, *more], group


def test_a_policy_that_only_lists_its_groups_has_their_rules_wherever_they_stand(tmp_path):
    listing = resource(POLICY, "p", {"ruleCollectionGroups": [reference(f"{POLICY}/ruleCollectionGroups", "p/r")]})
    content, group = walled(listing)
    checks = "check x reaches y on tcp 443\ncheck x never reaches y on tcp 22\n"
    for every in ([*content, group], [group, *content]):
        assert verdicts(imported(tmp_path, every, text=checks)) == ["holds", "holds"]
    assert verdicts(imported(tmp_path, content, text=checks)) == ["unknown", "unknown"]


def test_a_policy_above_that_is_not_in_the_file_may_allow_or_deny_anything(tmp_path):
    content, group = walled(resource(POLICY, "p", {"basePolicy": reference(POLICY, "above")}))
    checks = "check x reaches y on tcp 443\ncheck x never reaches y on tcp 22\n"
    assert verdicts(imported(tmp_path, [*content, group], text=checks)) == ["unknown", "unknown"]
