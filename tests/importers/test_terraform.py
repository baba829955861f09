"""Plans and states of Terraform: values, references that only applying settles, associations, and what stays open."""

import json

import pytest

from asever.importers import foreign
from asever.source import SourceFile
from tests.importers.azure import imported, verdicts, write
from tests.importers.plans import block, plan, refers

GROUP = {"resource_group_name": "rg", "location": "westeurope"}
ID = "/subscriptions/-/resourceGroups/rg/providers/"
NETWORK = f"{ID}Microsoft.Network/"


def azure(address, name, values=None, unknown=None, **written):
    """A resource of Azure's that is not made yet, with the expressions of what is unknown."""
    constants = {key: {"constant_value": value} for key, value in (values or {}).items()}
    return block(address, {"name": name, **GROUP, **(values or {})}, {"id": True, **(unknown or {})}, constants | written)


def unknown(**written):
    """What only applying tells, each with its expression."""
    return {"unknown": dict.fromkeys(written, True), **written}


def link(address, **written):
    return block(address, {}, {"id": True, **dict.fromkeys(written, True)}, written)


def vnet(address="azurerm_virtual_network.hub", name="hub", space="10.0.0.0/16"):
    return azure(address, name, {"address_space": [space]}, {"subnet": True, "guid": True})


def subnet(address="azurerm_subnet.a", name="a", prefix="10.0.1.0/24", network="hub"):
    return azure(address, name, {"virtual_network_name": network, "address_prefixes": [prefix]})


def nic(address, name, ip, expression):
    configuration = {"name": "c", "private_ip_address": ip, "private_ip_address_allocation": "Static"}
    written = [{"name": {"constant_value": "c"}, "subnet_id": expression}]
    values = {"ip_configuration": [configuration]}
    return azure(address, name, values, {"ip_configuration": [{"subnet_id": True}]}, ip_configuration=written)


def rule(address, name, priority=100, group="nsg", more=None, **written):
    values = {
        "network_security_group_name": group,
        "priority": priority,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "source_port_range": "*",
        "destination_port_range": "443",
        "destination_address_prefix": "*",
        "source_address_prefix": "*",
        "source_address_prefixes": [],
        "destination_port_ranges": None,
    }
    values = {key: value for key, value in values.items() if key not in written} | (more or {})
    return azure(address, name, values, dict.fromkeys(written, True), **written)


def read(text, **settings):
    return foreign.read(SourceFile("plan.json", text), None, settings, None)


def of(found, name):
    return next(one for one in found.resources if one.name == name)


def configuration(found, name):
    return of(found, name).properties.get("ipConfigurations").items[0]


# -- References ---------------------------------------------------------------------------------------------------------


def test_an_id_that_only_applying_tells_is_that_of_the_resource_which_is_referred_to():
    found = read(plan(vnet(), subnet(), nic("azurerm_network_interface.n", "n", "10.0.1.4", refers("azurerm_subnet.a.id"))))
    assert configuration(found, "n").at("properties", "subnet", "id").text == f"{NETWORK}virtualNetworks/hub/subnets/a"
    assert of(found, "hub/a").id == f"{NETWORK}virtualNetworks/hub/subnets/a"
    assert found.symbols == ()


@pytest.mark.parametrize("references", [["azurerm_subnet.a"], ["azurerm_subnet.a.id", "azurerm_subnet.a", "var.x"]])
def test_references_of_every_version_of_terraform_are_followed(references):
    found = read(
        plan(vnet(), subnet(), nic("azurerm_network_interface.n", "n", "10.0.1.4", {"references": references})),
    )
    assert configuration(found, "n").at("properties", "subnet", "id").text.endswith("/subnets/a")


@pytest.mark.parametrize(
    "references",
    [
        ["azurerm_subnet.a.id", "azurerm_subnet.a", "azurerm_subnet.b.id", "azurerm_subnet.b"],
        ["azurerm_subnet.a.id", "azurerm_subnet.a", "local.other"],
        ["local.subnet"],
        ["azurerm_virtual_network.hub.subnet", "azurerm_virtual_network.hub"],
        ["data.azurerm_subnet.gone.id", "data.azurerm_subnet.gone"],
        [],
    ],
)
def test_a_reference_that_may_mean_several_things_is_a_symbol(references):
    other = subnet("azurerm_subnet.b", "b", "10.0.2.0/24")
    expression = {"references": references}
    found = read(plan(vnet(), subnet(), other, nic("azurerm_network_interface.n", "n", "10.0.1.4", expression)))
    assert found.symbols == ("azurerm_network_interface.n.ip_configuration[0].subnet_id",)


KEYS = [subnet(f'azurerm_subnet.s["{key}"]', key, f"10.0.{number}.0/24") for number, key in ((1, "a"), (2, "b"))]


def test_each_key_means_the_instance_of_the_same_key_only_where_both_have_the_same_keys():
    expression = {"references": ["azurerm_subnet.s", "each.key"]}
    cards = [
        nic(f'azurerm_network_interface.n["{key}"]', f"n{key}", f"10.0.{number}.4", expression)
        for number, key in ((1, "a"), (2, "b"))
    ]
    found = read(plan(vnet(), *KEYS, *cards))
    homes = [configuration(found, f"n{key}").at("properties", "subnet", "id").text[-2:] for key in "ab"]
    assert homes == ["/a", "/b"]
    assert len(read(plan(vnet(), *KEYS, cards[0])).symbols) == 1


def test_an_index_in_a_reference_means_that_instance():
    expression = refers('azurerm_subnet.s["b"].id')
    expression["references"].append("azurerm_subnet.s")
    found = read(plan(vnet(), *KEYS, nic("azurerm_network_interface.n", "n", "10.0.2.4", expression)))
    assert configuration(found, "n").at("properties", "subnet", "id").text.endswith("/b")


def test_references_are_followed_into_modules_and_out_of_them():
    inside = nic('module.vm["b"].azurerm_network_interface.n', "n", "10.0.2.4", {"references": ["var.subnet_id"]})
    twin = nic('module.vm["a"].azurerm_network_interface.n', "m", "10.0.1.4", {"references": ["var.subnet_id"]})
    group = azure("azurerm_network_security_group.g", "nsg", {}, {"security_rule": True})
    joined = link(
        "azurerm_network_interface_security_group_association.x",
        network_interface_id={"references": ['module.vm["b"].nic', 'module.vm["b"]', "module.vm"]},
        network_security_group_id=refers("azurerm_network_security_group.g.id"),
    )
    text = plan(
        *(vnet(), *KEYS, inside, twin, group, joined),
        calls={"vm": {"subnet_id": {"references": ["azurerm_subnet.s", "each.key"]}}},
        outputs={"vm": {"nic": refers("azurerm_network_interface.n.id")}},
    )
    found = read(text)
    assert configuration(found, "n").at("properties", "subnet", "id").text.endswith("/b")
    assert of(found, "n").properties.at("networkSecurityGroup", "id").text.endswith("/nsg")
    assert of(found, "m").properties.get("networkSecurityGroup") is None


def test_modules_that_refer_to_each_other_in_a_circle_end_as_a_symbol():
    inside = nic("module.a.azurerm_network_interface.n", "n", "10.0.1.4", {"references": ["var.x"]})
    circle = {"references": ["module.a.y", "module.a"]}
    found = read(plan(inside, calls={"a": {"x": circle}}, outputs={"a": {"y": {"references": ["var.x"]}}}))
    assert len(found.symbols) == 1


# -- Values -------------------------------------------------------------------------------------------------------------


def test_what_nobody_wrote_is_no_symbol_since_azure_chooses_it():
    found = read(plan(vnet(), azure("azurerm_public_ip.p", "p", {"allocation_method": "Static"}, {"ip_address": True})))
    assert found.symbols == ()
    assert of(found, "p").properties.get("ipAddress") is None


def test_a_rule_with_an_unknown_source_is_open_until_a_setting_gives_it(tmp_path):
    group = azure("azurerm_network_security_group.g", "nsg", {}, {"security_rule": True})
    open_rule = rule("azurerm_network_security_rule.r", "r", source_address_prefix=refers("azurerm_public_ip.p.ip_address"))
    joined = link(
        "azurerm_subnet_network_security_group_association.x",
        subnet_id=refers("azurerm_subnet.a.id"),
        network_security_group_id=refers("azurerm_network_security_group.g.id"),
    )
    card = nic("azurerm_network_interface.n", "n", "10.0.1.4", refers("azurerm_subnet.a.id"))
    address = azure("azurerm_public_ip.n", "n-ip", {"ip_address": "20.1.2.3"})
    card["values"]["ip_configuration"][0]["public_ip_address_id"] = f"{NETWORK}publicIPAddresses/n-ip"
    text = plan(vnet(), subnet(), group, open_rule, joined, card, address)
    check = 'check "x" 8.8.8.8 never reaches n on tcp 443\n'
    name = "azurerm_network_security_rule.r.source_address_prefix"
    assert verdicts(imported(tmp_path, text, text=check)) == ["unknown"]
    assert verdicts(imported(tmp_path, text, text=check, **{name: "9.9.9.9"})) == ["holds"]
    assert verdicts(imported(tmp_path, text, text=check, **{name: "8.8.8.0/24"})) == ["violated"]
    assert read(text, **{name: "9.9.9.9"}).unused == ()
    assert read(text, nothing="1").unused == ("nothing",)


def test_a_next_hop_is_the_address_of_the_machine_or_the_firewall_that_it_refers_to():
    machine = nic("azurerm_network_interface.nva", "nva", "10.0.1.9", refers("azurerm_subnet.a.id"))
    firewall = azure("azurerm_firewall.fw", "hub-fw", {"ip_configuration": [{"name": "c"}]})
    table = azure("azurerm_route_table.t", "t", {"bgp_route_propagation_enabled": False}, {"route": True})
    routes = [
        azure(
            f"azurerm_route.{name}",
            name,
            {"route_table_name": "t", "address_prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance"},
            **unknown(next_hop_in_ip_address=refers(reference)),
        )
        for name, reference in (
            ("one", "azurerm_network_interface.nva.private_ip_address"),
            ("two", "azurerm_firewall.fw.ip_configuration[0].private_ip_address"),
        )
    ]
    found = read(plan(vnet(), subnet(), machine, firewall, table, *routes))
    assert of(found, "t/one").properties.get("nextHopIpAddress").text == "10.0.1.9"
    assert of(found, "t/two").properties.get("nextHopIpAddress").symbol.name == "privateIPAddress of firewall hub-fw"
    assert of(found, "t").properties.get("disableBgpRoutePropagation").plain is True


def test_blocks_of_a_set_get_the_expression_of_the_block_with_their_name():
    rules = [{"name": name, "priority": number} for name, number in (("z", 100), ("y", 110))]
    written = [
        {
            "name": {"constant_value": name},
            "source_application_security_group_ids": refers(f"azurerm_application_security_group.{name}.id"),
        }
        for name in ("y", "z")
    ]
    marks = {"security_rule": [{"source_application_security_group_ids": True}] * 2}
    group = azure("azurerm_network_security_group.g", "nsg", {"security_rule": rules}, marks, security_rule=written)
    groups = [azure(f"azurerm_application_security_group.{name}", name) for name in "yz"]
    found = read(plan(group, *groups))
    shown = {
        one.get("name").text: one.at("properties", "sourceApplicationSecurityGroups").items[0].get("id").text[-2:]
        for one in of(found, "nsg").properties.get("securityRules").items
    }
    assert shown == {"z": "/z", "y": "/y"}


# -- Shapes -------------------------------------------------------------------------------------------------------------


def test_a_load_balancer_gathers_its_rules_probes_and_pools_and_their_members(tmp_path):
    balancer = azure(
        "azurerm_lb.l",
        "lb",
        {"sku": "Standard", "frontend_ip_configuration": [{"name": "front", "private_ip_address": "10.0.1.100"}]},
        {"frontend_ip_configuration": [{"subnet_id": True}]},
        frontend_ip_configuration=[{"name": {"constant_value": "front"}, "subnet_id": refers("azurerm_subnet.a.id")}],
    )
    own = {"loadbalancer_id": refers("azurerm_lb.l.id")}
    pool = azure("azurerm_lb_backend_address_pool.p", "pool", {}, **unknown(**own))
    probe = azure("azurerm_lb_probe.p", "probe", {"port": 80, "protocol": "Tcp"}, **unknown(**own))
    more = {"probe_id": refers("azurerm_lb_probe.p.id")}
    pools = {"backend_address_pool_ids": [True]}
    balanced = azure(
        "azurerm_lb_rule.r",
        "rule",
        {"protocol": "Tcp", "frontend_port": 80, "backend_port": 8080, "frontend_ip_configuration_name": "front"},
        {"loadbalancer_id": True, "probe_id": True, **pools},
        **own,
        **more,
        backend_address_pool_ids=refers("azurerm_lb_backend_address_pool.p.id"),
    )
    card = nic("azurerm_network_interface.n", "n", "10.0.1.4", refers("azurerm_subnet.a.id"))
    client = nic("azurerm_network_interface.c", "c", "10.0.1.5", refers("azurerm_subnet.a.id"))
    member = link(
        "azurerm_network_interface_backend_address_pool_association.m",
        network_interface_id=refers("azurerm_network_interface.n.id"),
        backend_address_pool_id=refers("azurerm_lb_backend_address_pool.p.id"),
    )
    text = plan(vnet(), subnet(), balancer, pool, probe, balanced, card, client, member)
    checks = 'check "front" c reaches lb on tcp 80\ncheck "other" c never reaches lb on tcp 81\n'
    assert verdicts(imported(tmp_path, text, text=checks)) == ["holds", "holds"]


def test_a_firewall_policy_lets_through_what_its_collections_allow():
    rules = [{"name": "web", "protocols": ["TCP"], "source_addresses": ["*"], "destination_ports": ["443"]}]
    collection = {"name": "net", "priority": 200, "action": "Allow", "rule": rules}
    group = azure(
        "azurerm_firewall_policy_rule_collection_group.g",
        "g",
        {"priority": 100, "network_rule_collection": [collection], "nat_rule_collection": []},
        **unknown(firewall_policy_id=refers("azurerm_firewall_policy.p.id")),
    )
    found = read(plan(azure("azurerm_firewall_policy.p", "p"), group))
    made = of(found, "p/g").properties.get("ruleCollections").items[0]
    assert made.at("properties", "action", "type").text == "Allow"
    assert made.at("properties", "rules").items[0].at("properties", "ruleType").text == "NetworkRule"


def test_what_the_model_does_not_know_is_listed_and_other_providers_are_counted(tmp_path):
    cluster = azure(
        "azurerm_kubernetes_cluster.k",
        "k8s",
        {"default_node_pool": [{"name": "d"}]},
        {"default_node_pool": [{"vnet_subnet_id": True}], "kube_config": True},
        default_node_pool=[{"vnet_subnet_id": refers("azurerm_subnet.a.id")}],
    )
    strange = azure("azurerm_something_new.x", "x", {"a": 1})
    text = plan(vnet(), subnet(), cluster, strange, block("random_id.r", {}), block("random_id.s", {}))
    found = read(text)
    assert of(found, "k8s").kind == "Microsoft.ContainerService/managedClusters"
    assert of(found, "x").kind == "Terraform/azurerm_something_new"
    assert [one.what for one in found.left] == ["resources of other providers (2 of random)"]
    program = imported(tmp_path, text)
    assert [one.message for one in program.warnings if one.code == "not-modelled"]


def test_an_association_of_something_elsewhere_is_told():
    elsewhere = "/subscriptions/1/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    joined = block("azurerm_subnet_route_table_association.x", {"subnet_id": elsewhere, "route_table_id": "/t"})
    found = read(plan(vnet(), joined))
    assert [(one.what, one.why) for one in found.left] == [
        ("azurerm_subnet_route_table_association.x", f"what it belongs to is not in the file: {elsewhere}")
    ]


# -- States -------------------------------------------------------------------------------------------------------------


def test_a_state_shows_children_twice_and_they_are_taken_once():
    network = f"{ID}Microsoft.Network/virtualNetworks/hub"
    inside = {"name": "a", "id": f"{network}/subnets/a", "address_prefixes": ["10.0.1.0/24"], "security_group": ""}
    hub = {"name": "hub", **GROUP, "id": network, "address_space": ["10.0.0.0/16"], "subnet": [inside]}
    home = {"virtual_network_name": "hub", "address_prefixes": ["10.0.1.0/24"]}
    apart = {"name": "a", **GROUP, "id": f"{network}/subnets/a", **home}
    table = {"name": "t", **GROUP, "id": f"{NETWORK}routeTables/t", "route": []}
    resources = [
        {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "values": values}
        for kind, values in (
            ("azurerm_virtual_network", hub),
            ("azurerm_subnet", apart),
            ("azurerm_route_table", table),
            ("azurerm_subnet_route_table_association", {"subnet_id": apart["id"], "route_table_id": table["id"]}),
        )
    ]
    shown = {"format_version": "1.0", "terraform_version": "1.9", "values": {"root_module": {"resources": resources}}}
    found = read(json.dumps(shown))
    assert of(found, "hub").properties.get("subnets").items == ()
    assert of(found, "hub/a").properties.at("routeTable", "id").text == table["id"]

    own = [
        {
            "mode": "managed",
            "type": one["type"],
            "name": "x",
            "provider": 'provider["registry.terraform.io/hashicorp/azurerm"]',
            "instances": [{"attributes": one["values"]}],
        }
        for one in resources
    ]
    kept = {"version": 4, "terraform_version": "1.9", "lineage": "l", "resources": own}
    assert [(one.kind, one.name, one.properties) for one in read(json.dumps(kept)).resources] == [
        (one.kind, one.name, one.properties) for one in found.resources
    ]


def test_a_plan_without_azure_is_refused_in_one_sentence(tmp_path):
    found = read(plan(block("aws_vpc.v", {})))
    assert [one.message for one in found.problems] == [
        "`plan.json` is a plan or a state of Terraform's without a resource of the azurerm provider"
    ]


def test_places_lead_into_the_plan(tmp_path):
    path = write(tmp_path, "plan.json", plan(vnet()))
    found = read(path.read_text())
    span = of(found, "hub").span
    assert span is not None
    assert span.file.text[span.start : span.end] == '"hub"'


def test_modules_that_hand_a_value_on_without_end_are_refused_not_followed():
    count = 3000
    calls = {
        f"m{index}": {
            "expressions": {"x": {"references": [f"module.m{index - 1}.y"]}},
            "module": {"outputs": {"y": {"expression": {"references": ["var.x"]}}}},
        }
        for index in range(count)
    }
    start = json.loads(plan(link("azurerm_network_interface.n", network_security_group_id=refers(f"module.m{count - 1}.y"))))
    start["configuration"]["root_module"]["module_calls"] = calls
    start["planned_values"]["root_module"]["child_modules"] = [
        {
            "address": f"module.m{index}",
            "resources": [{"address": f"module.m{index}.random_id.x", "type": "random_id", "name": "x"}],
        }
        for index in range(count)
    ]
    assert [one.code for one in read(json.dumps(start)).problems] == ["template-too-large"]
