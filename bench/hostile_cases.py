"""The files of each case of `hostile.py`: what was made to exhaust its reader, and what is only large.

    python bench/hostile_cases.py CASE FOLDER

writes the files of one case into a folder, in a process of its own, so that the memory it takes is nobody else's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SPECIFICATION = 'import "main.json" as p\n\ncheck "closed" Internet never reaches 10.0.0.4 on tcp 22\n'
CASES = {}


def case(function):
    """Keeps a function that gives a template, or files by name, under its own name as people read it."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


# -- Parts of templates --------------------------------------------------------------------------------------------------------


def template(*resources, variables=None, **others):
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "variables": variables or {},
        "resources": list(resources),
        **others,
    }


def network(name, **others):
    kind = "Microsoft.Network/virtualNetworks"
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    return {"type": kind, "apiVersion": "2023-04-01", "name": name, "properties": {"addressSpace": space}, **others}


def tagged(expression):
    """A template whose only resource has a text that must be computed."""
    return template(network("v", tags={"it": expression}))


def copied(expression, count=800, **variables):
    return template(
        network("[concat('v', copyIndex())]", copy={"name": "c", "count": count}, tags={"it": expression}), variables=variables
    )


def doubling(step, start, times=60):
    """A variable that is made of two of the one before, many times."""
    made = {"v0": start, **{f"v{n}": step.replace("V", f"variables('v{n - 1}')") for n in range(1, times)}}
    return template(network("v", tags={"it": f"[variables('v{times - 1}')]"}), variables=made)


def deployment(name, inner=None, link=None, **others):
    properties = {"mode": "Incremental"}
    properties |= {"template": inner} if inner is not None else {"templateLink": {"relativePath": link}}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": name,
        "properties": properties,
        **others,
    }


def rule(number, prefix="10.0.0.0/8"):
    return {
        "name": f"r{number}",
        "properties": {
            "priority": 100 + number % 3900,
            "direction": "Inbound" if number % 7800 < 3900 else "Outbound",
            "access": "Allow" if number % 2 else "Deny",
            "protocol": "Tcp",
            "sourceAddressPrefix": prefix,
            "sourcePortRange": "*",
            "destinationAddressPrefix": f"10.{number % 250}.{number // 250 % 250}.0/24",
            "destinationPortRange": str(number % 60000),
        },
    }


def group(name, rules):
    kind = "Microsoft.Network/networkSecurityGroups"
    return {"type": kind, "apiVersion": "2023-04-01", "name": name, "properties": {"securityRules": rules}}


# -- Expressions ---------------------------------------------------------------------------------------------------------------


def nested_lambdas(function, depth, body="1", last=""):
    made = body
    for level in range(depth):
        made = f"{function}(range(0, 10000), lambda('x{level}', {made}{last}))"
    return made


@case
def map_of_map_of_range():
    return tagged(f"[{nested_lambdas('map', 6)}]")


@case
def filter_of_filter_of_range():
    return tagged(f"[{nested_lambdas('filter', 4, 'true()').replace('true(), ', '')}]")


@case
def filters_that_are_empty():
    return tagged("[filter(range(0, 10000), lambda('x', empty(filter(range(0, 10000), lambda('y', false())))))]")


@case
def reduce_that_grows():
    return tagged("[reduce(range(0, 10000), createArray(), lambda('a', 'b', concat(lambdaVariables('a'), range(0, 1000))))]")


@case
def reduce_of_texts_that_grow():
    return tagged(
        "[reduce(range(0, 10000), '', lambda('a', 'b', concat(lambdaVariables('a'), 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')))]"
    )


@case
def to_object_of_to_object():
    return tagged(
        "[toObject(range(0, 10000), lambda('x', string(lambdaVariables('x'))), lambda('x', "
        "toObject(range(0, 10000), lambda('y', string(lambdaVariables('y'))))))]"
    )


@case
def sort_of_ranges():
    inner = "sort(range(0, 10000), lambda('a', 'b', less(lambdaVariables('b'), lambdaVariables('a'))))"
    return tagged(f"[map(range(0, 1000), lambda('x', {inner}))]")


@case
def group_by_of_ranges():
    return tagged("[map(range(0, 10000), lambda('x', groupBy(range(0, 10000), lambda('y', string(lambdaVariables('y'))))))]")


@case
def ranges_in_copies():
    return copied("[range(0, 10000)]")


@case
def huge_range():
    return tagged("[range(0, 2147483648)]")


@case
def concat_of_100000_arguments():
    return tagged(f"[concat({', '.join(['uniqueString()'] * 100_000)})]")


@case
def concat_of_100000_texts():
    return tagged("[concat(" + ", ".join(["'a'"] * 100_000) + ")]")


@case
def create_array_of_a_million():
    return tagged(f"[createArray({', '.join(['1'] * 1_000_000)})]")


@case
def a_megabyte_of_parentheses():
    return tagged("[" + "concat(" * 150_000 + "'a'" + ")" * 150_000 + "]")


@case
def a_megabyte_of_members():
    return tagged("[resourceGroup()" + ".tags" * 200_000 + "]")


@case
def a_megabyte_of_indexes():
    return tagged("[createArray(1)" + "[0]" * 300_000 + "]")


@case
def two_million_dots_in_a_function_s_name():
    return tagged("[a" + ".a" * 2_000_000 + "()]")


@case
def fifteen_megabytes_of_one_text():
    return tagged("[concat('" + "x" * 15_000_000 + "')]")


@case
def fifteen_megabytes_of_quotes():
    return tagged("[concat('" + "''" * 7_000_000 + "')]")


@case
def split_of_fifteen_megabytes():
    return tagged("[split('" + "x," * 7_000_000 + "', ',')]")


@case
def split_at_each_letter():
    return copied("[split(variables('long'), 'x')]", long="x" * 900_000)


@case
def split_at_100000_separators():
    return tagged("[split(padLeft('', 1000000, 'y'), map(range(0, 10000), lambda('x', string(lambdaVariables('x')))))]")


@case
def replace_that_doubles():
    return doubling("[replace(V, 'a', 'aa')]", "a")


@case
def replace_by_a_long_text():
    return copied("[replace(padLeft('', 1000, 'a'), 'a', padLeft('', 1000, 'b'))]")


@case
def texts_that_double():
    return doubling("[concat(V, V)]", "a")


@case
def symbols_that_double():
    return doubling("[concat(V, V)]", "[resourceGroup().location]")


@case
def named_symbols_that_double():
    return doubling("[add(V, V)]", "[resourceGroup().location]")


@case
def arrays_that_double():
    return doubling("[createArray(V, V)]", "a")


@case
def concatenated_arrays_that_double():
    return doubling("[concat(V, V)]", ["a"])


@case
def unions_that_double():
    return doubling("[union(createObject('a', V), createObject('b', V))]", {"x": 1})


@case
def intersections_of_doubles():
    return doubling("[intersection(createArray(V, V), createArray(V))]", {"x": 1})


@case
def strings_that_double():
    return doubling("[string(createArray(V, V))]", "a")


@case
def json_that_doubles():
    return doubling("[json(concat('[', string(V), ',', string(V), ']'))]", [1])


@case
def json_of_deep_arrays():
    return tagged("[json(concat(replace(padLeft('', 100000), ' ', '['), replace(padLeft('', 100000), ' ', ']')))]")


@case
def json_of_many_values():
    return copied("[json(concat('[', replace(padLeft('', 400000), ' ', '1,'), '1]'))]")


@case
def unique_strings_of_long_texts():
    return copied("[uniqueString(padLeft('', 900000, 'x'))]")


@case
def pad_left_in_copies():
    return copied("[padLeft(string(copyIndex()), 1000000, 'x')]")


@case
def pad_left_beyond_measure():
    return tagged("[padLeft('x', 99999999999, 'x')]")


@case
def format_with_many_holes():
    return tagged("[format('" + "{0,999}" * 100_000 + "', 'x')]")


@case
def format_with_a_long_value():
    return copied("[format('" + "{0}" * 1000 + "', padLeft('', 900, 'x'))]")


@case
def base64_in_a_chain():
    return doubling("[base64(V)]", "aaaaaaaaaaaaaaaaaaaaa", times=200)


@case
def uri_components_in_a_chain():
    return doubling("[uriComponent(V)]", "%%%%%%%%%%%%%%%%%%%%%", times=200)


@case
def substrings_of_a_long_text():
    return copied("[map(range(0, 10000), lambda('x', substring(variables('long'), 1, 899000)))]", long="x" * 900_000)


@case
def members_that_are_not_there():
    wide = {f"k{n}": n for n in range(90_000)}
    return copied("[map(range(0, 1000), lambda('x', tryGet(variables('wide'), 'none')))]", wide=wide)


@case
def members_in_capitals():
    wide = {f"k{n}": n for n in range(90_000)}
    return copied("[map(range(0, 1000), lambda('x', variables('wide').K89999))]", wide=wide)


@case
def contains_in_a_long_array():
    return copied("[map(range(0, 10000), lambda('x', contains(variables('long'), 'none')))]", long=list(range(100_000)))


@case
def cidr_subnets_in_loops():
    return copied("[map(range(0, 10000), lambda('x', cidrSubnet('10.0.0.0/8', 24, lambdaVariables('x'))))]")


@case
def numbers_without_end():
    return template(network("v", tags={"it": "[mul(1e308, 1e308)]", "then": "[int(padLeft('', 900000, '9'))]"}))


@case
def powers_of_numbers():
    return doubling("[mul(V, V)]", 3)


@case
def user_functions_that_call_each_other():
    members = {"f0": {"parameters": [], "output": {"type": "string", "value": "x"}}}
    members |= {
        f"f{n}": {"parameters": [], "output": {"type": "string", "value": f"[concat(a.f{n - 1}(), a.f{n - 1}())]"}}
        for n in range(1, 60)
    }
    return template(network("v", tags={"it": "[a.f59()]"}), functions=[{"namespace": "a", "members": members}])


@case
def a_user_function_that_calls_itself():
    members = {"f": {"parameters": [], "output": {"type": "string", "value": "[concat(a.f(), a.f())]"}}}
    return template(network("v", tags={"it": "[a.f()]"}), functions=[{"namespace": "a", "members": members}])


@case
def values_nested_by_variables():
    inner = "createArray(" * 50 + "V" + ")" * 50
    return doubling(f"[{inner}]", "a", times=20)


@case
def values_nested_beyond_the_stack():
    inner = "createArray(" * 50 + "V" + ")" * 50
    return doubling(f"[{inner}]", "a", times=200)


@case
def a_chain_of_100000_variables():
    return doubling("[V]", "a", times=100_000)


# -- Templates -----------------------------------------------------------------------------------------------------------------


@case
def copies_in_copies_in_copies():
    inner = network("[concat('v', copyIndex())]", copy={"name": "c", "count": 800})
    inner["properties"]["copy"] = [{"name": "subnets", "count": 800, "input": {"name": "[concat('s', copyIndex('subnets'))]"}}]
    middle = deployment("[concat('m', copyIndex())]", template(inner), copy={"name": "m", "count": 800})
    return template(deployment("[concat('d', copyIndex())]", template(middle), copy={"name": "d", "count": 800}))


@case
def copies_of_empty_things():
    return template(*({"copy": {"name": f"c{n}", "count": 800}} for n in range(10_000)))


@case
def copies_in_properties():
    inner = {"name": "a", "count": 800, "input": 1}
    for level in range(6):
        inner = {"name": f"a{level}", "count": 800, "input": {"copy": [inner]}}
    return template(network("v", tags={"copy": [inner]}))


@case
def copies_that_are_not_made():
    return template(
        network("[concat('v', copyIndex())]", condition=False, resources=[], copy={"name": "c", "count": 800}),
        *(
            network("[concat('v', copyIndex())]", condition="[equals(1, 2)]", copy={"name": f"c{n}", "count": 800})
            for n in range(1000)
        ),
    )


@case
def a_count_of_a_billion():
    return template(network("v", copy={"name": "c", "count": 1_000_000_000}))


@case
def children_of_children():
    inner = {"type": "a", "name": "a"}
    for _ in range(40):
        inner = {"type": "a", "name": "a", "copy": {"name": "c", "count": 2}, "resources": [inner]}
    return template({**network("v"), "resources": [inner]})


@case
def deployments_that_double():
    inner = template(network("v"))
    for _ in range(10):
        inner = template(deployment("a", inner, copy={"name": "c", "count": 2}), deployment("b", template()))
    return inner


def linked(depth, many):
    files = {
        f"t{level}.json": template(*(deployment(f"d{n}", link=f"t{level + 1}.json") for n in range(many)))
        for level in range(depth)
    }
    files[f"t{depth}.json"] = template(network("v"))
    return {"main.json": template(deployment("d", link="t0.json")), **files}


@case
def linked_templates_that_double():
    return linked(18, 2)


@case
def linked_templates_of_megabytes():
    big = template(network("v"), metadata={"x": "x" * 15_000_000})
    return {"main.json": template(*(deployment(f"d{n}", link="big.json") for n in range(10_000))), "big.json": big}


@case
def linked_templates_of_many_values():
    files = {f"t{n}.json": template(network("v"), metadata=list(range(900_000))) for n in range(20)}
    return {"main.json": template(*(deployment(f"d{n}", link=f"t{n}.json") for n in range(20))), **files}


@case
def linked_templates_in_a_circle():
    return {
        "main.json": template(deployment("d", link="a.json")),
        "a.json": template(deployment("d", link="b.json")),
        "b.json": template(deployment("d", link="a.json"), deployment("e", link="a.json")),
    }


@case
def linked_templates_outside():
    return template(
        *(
            deployment("d", link=link)
            for link in ("../../../../etc/passwd.json", "/etc/passwd.json", "a/../../x.json", "\0.json")
        )
    )


@case
def long_links():
    return template(*(deployment(f"d{n}", link="a/" * 5000 + "x.json") for n in range(200)))


@case
def parameters_that_refer_to_themselves():
    return template(
        network("[parameters('a')]"),
        parameters={
            "a": {"type": "string", "defaultValue": "[parameters('b')]"},
            "b": {"type": "string", "defaultValue": "[parameters('a')]"},
        },
    )


@case
def outputs_that_ask_for_each_other():
    ask = "[reference('d{}').outputs.o.value]"
    made = [
        deployment(f"d{n}", template(outputs={"o": {"type": "string", "value": ask.format((n + 1) % 500)}})) for n in range(500)
    ]
    return template(*made, network("[reference('d0').outputs.o.value]"))


@case
def resources_that_ask_for_all():
    many = [network(f"v{n}", tags={"it": f"[reference('v{(n + 1) % 300}', '2020', 'full').tags.it]"}) for n in range(300)]
    return template(*many)


@case
def misspelt_variables():
    variables = {f"variable{n}": n for n in range(20_000)}
    return template(*(network(f"v{n}", tags={"it": f"[variables('variabel{n}')]"}) for n in range(5000)), variables=variables)


@case
def mistakes_in_20000_resources():
    return template(*(network(f"v{n}", tags={"it": "[nothing(]"}) for n in range(20_000)))


@case
def unknown_functions():
    return template(*(network(f"v{n}", tags={"it": f"[f{n}()]"}) for n in range(20_000)))


# -- Large and honest ----------------------------------------------------------------------------------------------------------


@case
def honest_20000_networks():
    made = []
    for n in range(20_000):
        one = network(f"v{n}")
        one["properties"] = {
            "addressSpace": {"addressPrefixes": [f"10.{n // 250}.{n % 250}.0/24"]},
            "subnets": [{"name": "s", "properties": {"addressPrefix": f"10.{n // 250}.{n % 250}.0/25"}}],
        }
        made.append(one)
    return template(*made)


@case
def honest_40000_rules_in_40_groups():
    return template(*(group(f"g{n}", [rule(m) for m in range(1000)]) for n in range(40)))


@case
def honest_40000_rules_in_one_group():
    return template(group("g", [rule(m) for m in range(40_000)]))


@case
def honest_7800_rules_apart():
    kind = "Microsoft.Network/networkSecurityGroups/securityRules"
    apart = [{"type": kind, "apiVersion": "2023-04-01", **rule(n), "name": f"g/r{n}"} for n in range(7800)]
    return template(group("g", []), *apart)


@case
def honest_10000_subnets_with_rules():
    nets = []
    for v in range(10):
        subnets = [
            {
                "name": f"s{n}",
                "properties": {
                    "addressPrefix": f"10.{v * 10 + n // 250}.{n % 250}.0/24",
                    "networkSecurityGroup": {"id": f"[resourceId('Microsoft.Network/networkSecurityGroups', 'g{n % 40}')]"},
                },
            }
            for n in range(1000)
        ]
        one = network(f"v{v}")
        one["properties"] = {
            "addressSpace": {"addressPrefixes": [f"10.{v * 10}.0.0/16", *(f"10.{v * 10 + k}.0.0/16" for k in range(1, 10))]},
            "subnets": subnets,
        }
        nets.append(one)
    return template(*(group(f"g{n}", [rule(m) for m in range(100)]) for n in range(40)), *nets)


@case
def honest_subnets_apart():
    kind = "Microsoft.Network/virtualNetworks/subnets"
    one = network("v")
    one["properties"]["addressSpace"]["addressPrefixes"] = ["10.0.0.0/8"]
    return template(
        one,
        *(
            {
                "type": kind,
                "apiVersion": "2023-04-01",
                "name": f"v/s{n}",
                "properties": {"addressPrefix": f"10.{n // 250}.{n % 250}.0/24"},
            }
            for n in range(10_000)
        ),
    )


# -- JSON ----------------------------------------------------------------------------------------------------------------------


@case
def brackets_100000_deep():
    return {"main.json": "[" * 100_000 + "]" * 100_000}


@case
def fifteen_megabytes_of_zeros():
    return {"main.json": "[" + "0," * 7_499_999 + "0]"}


@case
def fifteen_megabytes_of_empty_objects():
    return {"main.json": "[" + "{}," * 4_999_999 + "{}]"}


@case
def fifteen_megabytes_of_members():
    return {"main.json": "{" + ",".join(f'"{n}":0' for n in range(1_400_000)) + "}"}


@case
def fifteen_megabytes_in_one_text():
    return {"main.json": json.dumps(template(network("x" * 15_000_000)))}


@case
def fifteen_megabytes_of_line_ends():
    return {"main.json": "\r\n" * 7_000_000 + json.dumps(template(network("v"))) + "\n" * 900_000}


@case
def fifteen_megabytes_of_comments():
    return {"main.json": "//\n" * 2_500_000 + "/**/" * 1_800_000 + json.dumps(template(network("v")))}


@case
def fifteen_megabytes_of_escapes():
    return {"main.json": '"' + "\\u0041" * 2_500_000 + '"'}


@case
def fifteen_megabytes_in_utf_16():
    return {"main.json": json.dumps(template(network("v"), metadata=list(range(900_000)))).encode("utf-16")}


@case
def half_a_gigabyte():
    return {"main.json": b" " * 500_000_000}


@case
def numbers_of_a_million_digits():
    return {"main.json": '{"a": ' + "9" * 1_000_000 + "}"}


@case
def numbers_with_huge_exponents():
    return {"main.json": '{"a": 1e999999}'}


@case
def az_100000_rules():
    made = [
        {
            "id": f"/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n/securityRules/r{n}",
            "priority": n % 4000,
        }
        for n in range(100_000)
    ]
    return {"main.json": json.dumps(made)}


@case
def az_45000_whole_rules():
    made = [
        {
            "type": "Microsoft.Network/networkSecurityGroups/securityRules",
            "name": f"n/r{n}",
            "properties": rule(n)["properties"],
        }
        for n in range(45_000)
    ]
    return {
        "main.json": json.dumps(
            [{"type": "Microsoft.Network/networkSecurityGroups", "name": "n", "properties": {"securityRules": []}}, *made],
            separators=(",", ":"),
        )
    }


@case
def az_100000_networks():
    made = [
        {"type": "Microsoft.Network/virtualNetworks", "name": f"v{n}", "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
        for n in range(100_000)
    ]
    return {"main.json": json.dumps(made, separators=(",", ":"))}


@case
def az_100000_networks_of_one_name():
    made = [
        {"type": "Microsoft.Network/virtualNetworks", "name": "v", "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
        for n in range(100_000)
    ]
    return {"main.json": json.dumps(made, separators=(",", ":"))}


@case
def az_unknown_resources():
    made = [{"type": "Microsoft.None/nothing", "name": f"v{n}", "id": f"/x/{n}"} for n in range(150_000)]
    return {"main.json": json.dumps(made, separators=(",", ":"))}


@case
def az_lists_of_lists():
    made = []
    for _ in range(90):
        made = [made]
    return {"main.json": json.dumps(made)}


@case
def az_peerings_of_all_with_all():
    ids = [f"/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v{n}" for n in range(300)]
    made = [
        {
            "id": id_,
            "name": f"v{n}",
            "type": "Microsoft.Network/virtualNetworks",
            "addressSpace": {"addressPrefixes": [f"10.{n // 250}.{n % 250}.0/24"]},
            "virtualNetworkPeerings": [
                {"name": f"p{m}", "remoteVirtualNetwork": {"id": other}, "allowVirtualNetworkAccess": True}
                for m, other in enumerate(ids)
                if m != n
            ],
        }
        for n, id_ in enumerate(ids)
    ]
    return {"main.json": json.dumps(made, separators=(",", ":"))}


@case
def az_one_rule_with_200000_prefixes():
    one = rule(1)
    del one["properties"]["sourceAddressPrefix"]
    one["properties"]["sourceAddressPrefixes"] = [
        f"{10 + n // 65536}.{n // 256 % 256}.{n % 256}.{n % 199}" for n in range(200_000)
    ]
    return {
        "main.json": json.dumps(
            [{"type": "Microsoft.Network/networkSecurityGroups", "name": "n", "properties": {"securityRules": [one]}}]
        )
    }


@case
def az_one_rule_with_a_million_ports():
    one = rule(1)
    del one["properties"]["destinationPortRange"]
    one["properties"]["destinationPortRange"] = ",".join(str(n % 65535) for n in range(1_000_000))
    return {
        "main.json": json.dumps(
            [{"type": "Microsoft.Network/networkSecurityGroups", "name": "n", "properties": {"securityRules": [one]}}]
        )
    }


# -- Terraform -----------------------------------------------------------------------------------------------------------------


def plan(resources, **others):
    return {
        "format_version": "1.2",
        "terraform_version": "1.5.0",
        "planned_values": {"root_module": {"resources": resources}},
        **others,
    }


def azurerm(kind, name, /, **values):
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/azurerm",
        "values": values,
    }


@case
def terraform_60000_networks():
    return {
        "main.json": json.dumps(
            plan(
                [
                    azurerm("azurerm_virtual_network", f"v{n}", name=f"v{n}", address_space=["10.0.0.0/16"])
                    for n in range(60_000)
                ]
            ),
            separators=(",", ":"),
        )
    }


@case
def terraform_small_values():
    return {
        "main.json": json.dumps(
            plan(
                [azurerm("azurerm_virtual_network", "v", name="v", address_space=["10.0.0.0/16"], tags=list(range(2_000_000)))]
            ),
            separators=(",", ":"),
        )[:15_999_999]
    }


@case
def terraform_200_megabytes():
    return {"main.json": b'{"format_version":"1.2","planned_values":[' + b"0," * 100_000_000}


@case
def terraform_rules():
    rules = [
        azurerm(
            "azurerm_network_security_rule",
            f"r{n}",
            name=f"r{n}",
            network_security_group_name="g",
            resource_group_name="x",
            priority=100 + n % 3900,
            direction="Inbound",
            access="Allow",
            protocol="Tcp",
            source_address_prefix="*",
            source_port_range="*",
            destination_address_prefix="*",
            destination_port_range="22",
        )
        for n in range(25_000)
    ]
    return {
        "main.json": json.dumps(
            plan([azurerm("azurerm_network_security_group", "g", name="g", resource_group_name="x"), *rules]),
            separators=(",", ":"),
        )
    }


@case
def terraform_modules_that_nest():
    inner = {"resources": [azurerm("azurerm_virtual_network", "v", name="v", address_space=["10.0.0.0/16"])]}
    for n in range(40):
        inner = {"address": f"module.m{n}", "child_modules": [inner]}
    return {
        "main.json": json.dumps(
            {"format_version": "1.2", "terraform_version": "1.5.0", "planned_values": {"root_module": inner}}
        )
    }


@case
def terraform_references_that_double():
    """Outputs of modules that refer to two outputs each, and again."""

    def module(level):
        if level == 20:
            return {"outputs": {"o": {"expression": {"references": ["azurerm_subnet.s.id", "azurerm_subnet.s"]}}}}
        calls = {"a": {"module": module(level + 1)}} if level < 20 else {}
        return {
            "module_calls": calls,
            "outputs": {"o": {"expression": {"references": ["module.a.o", "module.a.o", "module.a"]}}},
        }

    nic = azurerm("azurerm_network_interface", "n", name="n", ip_configuration=[{"name": "i"}])
    root = module(0)
    root["resources"] = [
        {
            "address": "azurerm_network_interface.n",
            "mode": "managed",
            "type": "azurerm_network_interface",
            "name": "n",
            "expressions": {
                "ip_configuration": [{"name": {"constant_value": "i"}, "subnet_id": {"references": ["module.a.o", "module.a"]}}]
            },
        }
    ]
    return {"main.json": json.dumps(plan([nic], configuration={"root_module": root}))}


# -- Service tags --------------------------------------------------------------------------------------------------------------


def tag_list(entries):
    return '{"changeNumber": 1, "cloud": "Public", "values": [' + ",".join(entries) + "]}"


def entry(name, prefixes):
    return json.dumps({"name": name, "id": name, "properties": {"changeNumber": 1, "addressPrefixes": prefixes}})


TAGGED = 'import "main.json"\n\nvnet v {\n  address 10.0.0.0/16\n}\n\ncheck "closed" Sql never reaches 10.0.0.4 on tcp 22\n'


@case
def service_tags_with_a_million_prefixes():
    return {
        "main.json": tag_list([entry("Sql", [f"{n // 65536 + 20}.{n // 256 % 256}.{n % 256}.0" for n in range(900_000)])]),
        "spec.asev": TAGGED,
    }


@case
def service_tags_of_one_name():
    return {"main.json": tag_list([entry("Sql", ["20.0.0.0/16"])] * 150_000), "spec.asev": TAGGED}


@case
def service_tags_without_ends():
    head = '{"name": "Sql", "id": "Sql", "properties": '
    return {"main.json": '{"changeNumber": 1, "cloud": "Public", "values": [' + head * 350_000, "spec.asev": TAGGED}


@case
def service_tags_that_are_all_in_use():
    names = [f"T{n}" for n in range(60_000)]
    listed = tag_list([entry(name, ["20.0.0.0/16"]) for name in names])
    checks = "".join(f'check "c{n}" {name} never reaches 10.0.0.4 on tcp 22\n' for n, name in enumerate(names[:2000]))
    return {"main.json": listed, "spec.asev": 'import "main.json"\n\nvnet v {\n  address 10.0.0.0/16\n}\n\n' + checks}


# -- Specifications ------------------------------------------------------------------------------------------------------------


@case
def specifications_that_import_each_other():
    files = {f"t{n}.asev": f'import "t{n + 1}.asev" as a\nimport "t{n + 1}.asev" as b\n' for n in range(50)}
    return {"spec.asev": 'import "t0.asev" as a\n', **files, "t50.asev": "vnet v {\n  address 10.0.0.0/16\n}\n"}


@case
def specifications_in_a_tree_with_a_template():
    files = {f"t{n}.asev": f'import "t{n + 1}.asev" as a\nimport "t{n + 1}.asev" as b\n' for n in range(50)}
    return {
        "spec.asev": 'import "t0.asev" as a\n',
        **files,
        "t50.asev": 'import "main.json"',
        "main.json": json.dumps(template(*(network(f"v{n}") for n in range(1000)))),
    }


@case
def a_template_with_many_parameter_files():
    spent = "[map(range(0, 10000), lambda('x', parameters('a')))]"
    main = template(network("[parameters('a')]", tags={"it": spent}), parameters={"a": {"type": "string"}})
    files = {f"p{n}.json": json.dumps({"parameters": {"a": {"value": f"v{n}"}}}) for n in range(500)}
    text = "".join(f'import "main.json" as a{n} with "p{n}.json"\n' for n in range(500))
    return {
        "spec.asev": text + 'check "closed" Internet never reaches 10.0.0.4 on tcp 22\n',
        "main.json": json.dumps(main),
        **files,
    }


@case
def fifty_files_of_many_values():
    text = "".join(f'import "f{n}.json" as a{n}\n' for n in range(50))
    files = {f"f{n}.json": json.dumps(template(network("v"), metadata=list(range(900_000)))) for n in range(50)}
    return {"spec.asev": text + 'check "closed" Internet never reaches 10.0.0.4 on tcp 22\n', **files}


@case
def a_parameter_file_that_is_the_template():
    return {
        "spec.asev": 'import "main.json" as p with "main.json"\n',
        "main.json": json.dumps(template(network("v"), parameters={"a": {"type": "string"}})),
    }


# -- Writing -------------------------------------------------------------------------------------------------------------------


def write(files, folder):
    """The files of a case; a template alone is the file that the usual specification imports."""
    every = files if any(name.endswith((".json", ".asev")) for name in files) else {"main.json": files}
    for name, content in {"spec.asev": SPECIFICATION, **every}.items():
        made = content if isinstance(content, str | bytes) else json.dumps(content)
        (folder / name).write_bytes(made if isinstance(made, bytes) else made.encode())


if __name__ == "__main__":
    write(CASES[sys.argv[1]](), Path(sys.argv[2]))
