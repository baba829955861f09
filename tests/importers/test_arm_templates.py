"""Templates give the resources that Azure would make of them: loops, conditions, children, deployments inside, parameters."""

import json
import time

import pytest

from tests.importers.arm import INNER, SCHEMA, deployment, evaluated, names, nsg, plain, template, value_of
from tests.slowness import slowness

SUBNETS = "Microsoft.Network/virtualNetworks/subnets"


def vnet(name="v", *children, **properties):
    made = {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2023-09-01", "name": name, "properties": properties}
    return {**made, "resources": list(children)} if children else made


# -- Parameters and variables ------------------------------------------------------------------------------------------------


def test_a_default_may_use_another_parameter():
    parameters = {"a": {"type": "string", "defaultValue": "x"}, "b": {"type": "string", "defaultValue": "[parameters('A')]"}}

    assert value_of("[parameters('b')]", parameters=parameters) == "x"


def test_a_parameter_file_goes_before_the_default_and_a_setting_before_both():
    content = template(nsg(it="[parameters('p')]"), parameters={"p": {"type": "int", "defaultValue": 1}})
    given = {"$schema": "deploymentParameters.json#", "parameters": {"p": {"value": 2}}}

    assert plain(evaluated(content, given).resources[0].properties) == {"it": 2}
    assert plain(evaluated(content, given, P="3").resources[0].properties) == {"it": 3}


def test_a_setting_gives_what_only_a_deployment_knows():
    content = template(nsg(it="[reference('vip').ipAddress]"))
    result = evaluated(content, **{"reference(vip).ipAddress": "20.1.2.3", "nothing": "x"})

    assert plain(result.resources[0].properties) == {"it": "20.1.2.3"}
    assert (result.symbols, result.unused) == ((), ("nothing",))


def test_a_secret_from_a_vault_is_a_symbol():
    given = {"parameters": {"p": {"reference": {"keyVault": {"id": "/x"}, "secretName": "s"}}}}
    content = template(nsg(it="[parameters('p')]"), parameters={"p": {"type": "securestring"}})

    assert evaluated(content, given).symbols == ("parameter p",)


def test_a_null_that_is_given_counts_as_nothing():
    content = template(nsg(it="[parameters('p')]"), parameters={"p": {"type": "array", "defaultValue": [1]}})

    assert plain(evaluated(content, {"parameters": {"p": {"value": None}}}).resources[0].properties) == {"it": [1]}


def test_a_value_that_is_not_allowed_is_shown_with_both_places():
    content = template(nsg(it="x"), parameters={"p": {"type": "string", "allowedValues": ["Yes", "No"]}})
    content["resources"][0]["properties"]["it"] = "[parameters('p')]"
    problem = evaluated(content, {"parameters": {"p": {"value": "Perhaps"}}}).problems[0]

    assert (problem.code, problem.primary.span.text) == ("parameter-value", '"Perhaps"')
    assert problem.secondary[0].span.text == '["Yes", "No"]'
    assert evaluated(content, {"parameters": {"p": {"value": "yes"}}}).problems == ()


def test_a_setting_of_another_kind_is_refused():
    content = template(nsg(it="[parameters('p')]"), parameters={"p": {"type": "int"}})

    assert evaluated(content, p="many").problems[0].code == "parameter-value"


@pytest.mark.parametrize("kind", ["parameter", "variable"])
def test_what_is_not_declared_is_an_error_with_the_nearest_name(kind):
    content = template(
        nsg(it=f"[{kind}s('subnetNmae')]"), **{f"{kind}s": {"subnetName": {"type": "string", "defaultValue": "a"}}}
    )
    problem = evaluated(content).problems[0]

    assert (problem.code, problem.help) == ("template-mistake", "did you mean `subnetName`?")
    assert problem.primary.span.text == f"\"[{kind}s('subnetNmae')]\""


def test_variables_and_properties_are_copied():
    variables = {
        "copy": [{"name": "all", "count": 2, "input": "[copyIndex('all', 1)]"}],
        "inside": {"copy": [{"name": "one", "count": 1, "input": {"n": "[copyIndex('one')]"}}], "other": 1},
    }

    assert value_of("[variables('all')]", variables=variables) == [1, 2]
    assert value_of("[variables('inside')]", variables=variables) == {"one": [{"n": 0}], "other": 1}


def test_a_loop_of_unknown_length_is_a_symbol():
    result = evaluated(
        template(
            nsg(copy=[{"name": "securityRules", "count": "[length(parameters('p'))]", "input": {}}]),
            parameters={"p": {"type": "array"}},
        )
    )

    assert plain(result.resources[0].properties) == {"securityRules": "<copy('securityRules', length(parameter p))>"}


def test_functions_of_the_template_see_their_own_parameters():
    functions = [
        {
            "namespace": "net",
            "members": {
                "named": {
                    "parameters": [{"name": "p", "type": "string"}],
                    "output": {"type": "string", "value": "[concat('nsg-', parameters('p'))]"},
                }
            },
        }
    ]

    assert value_of("[net.named('web')]", functions=functions) == "nsg-web"


def test_names_of_members_may_be_expressions():
    assert value_of({"[concat('a', 'b')]": 1}) == {"ab": 1}


# -- Resources -----------------------------------------------------------------------------------------------------------------


def test_a_resource_is_made_once_for_each_turn_of_its_loop():
    one = {**nsg("[concat('nsg', copyIndex(5))]", it="[copyIndex('n')]"), "copy": {"name": "n", "count": 3}}
    result = evaluated(template(one))

    assert names(result) == ["nsg5", "nsg6", "nsg7"]
    assert [plain(each.properties) for each in result.resources] == [{"it": 0}, {"it": 1}, {"it": 2}]


def test_the_loop_of_a_resource_is_meant_inside_the_loop_of_a_property():
    one = {
        **nsg("n", copy=[{"name": "rules", "count": 2, "input": "[add(mul(copyIndex(), 10), copyIndex('rules'))]"}]),
        "copy": {"name": "outer", "count": 2},
    }

    assert [plain(each.properties) for each in evaluated(template(one)).resources] == [{"rules": [0, 1]}, {"rules": [10, 11]}]


def test_a_condition_decides_or_leaves_a_doubt():
    resources = [
        {**nsg("yes"), "condition": "[equals(1, 1)]"},
        {**nsg("no"), "condition": "[equals(1, 2)]"},
        {**nsg("perhaps"), "condition": "[parameters('p')]"},
    ]
    result = evaluated(template(*resources, parameters={"p": {"type": "bool"}}))

    assert [(one.name, one.doubt) for one in result.resources] == [("yes", None), ("perhaps", "parameter p")]


def test_children_inside_and_apart_are_the_same():
    inside = evaluated(template(vnet("v", {"type": "subnets", "name": "s", "apiVersion": "1", "properties": {"a": 1}})))
    apart = evaluated(template(vnet("v"), {"type": SUBNETS, "name": "v/s", "apiVersion": "1", "properties": {"a": 1}}))

    assert inside.resources == apart.resources
    assert inside.resources[1].kind == SUBNETS
    assert inside.resources[1].id.endswith("/providers/Microsoft.Network/virtualNetworks/v/subnets/s")


def test_ids_that_are_equal_in_azure_are_equal_texts():
    content = template(
        vnet("[concat('v', uniqueString(resourceGroup().id))]"),
        nsg(id="[resourceId('Microsoft.Network/virtualNetworks', format('v{0}', uniqueString(resourceGroup().id)))]"),
    )
    result = evaluated(content)

    assert result.resources[1].properties.get("id").plain == result.resources[0].id
    assert result.symbols == ()


def test_an_extension_carries_the_id_of_what_it_extends():
    lock = {"type": "Microsoft.Authorization/locks", "apiVersion": "1", "name": "l", "properties": {}}
    result = evaluated(template(vnet("v"), {**lock, "scope": "[format('Microsoft.Network/virtualNetworks/{0}', 'v')]"}))

    assert result.resources[1].id == f"{result.resources[0].id}/providers/Microsoft.Authorization/locks/l"


def test_symbolic_names_give_the_same_resources_and_what_exists_is_marked():
    content = template(languageVersion="2.0")
    content["resources"] = {
        "known": {
            "existing": True,
            "type": "Microsoft.Network/virtualNetworks",
            "apiVersion": "1",
            "name": "v",
            "resourceGroup": "g",
        },
        "web": nsg(it="[reference('other').securityRules]", id="[resourceId('g', 'Microsoft.Network/virtualNetworks', 'v')]"),
        "other": nsg("other", securityRules=[1]),
    }
    known, web, _ = evaluated(content).resources

    assert known.existing
    assert plain(web.properties) == {"it": [1], "id": known.id}


def test_a_reference_gives_what_the_template_says_and_a_symbol_for_the_rest():
    subnet = {"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}
    content = template(
        vnet("v", subnets=[subnet], addressSpace={"addressPrefixes": ["10.0.0.0/16"]}),
        nsg(
            space="[reference('v').addressSpace.addressPrefixes[0]]",
            inside=f"[reference(resourceId('{SUBNETS}', 'v', 's'), '2023-09-01').addressPrefix]",
            full="[reference('v', '2023-09-01', 'Full').properties.subnets[0].name]",
            unsaid="[reference('v').subnets[0].properties.ipConfigurations]",
        ),
    )

    assert plain(evaluated(content).resources[1].properties) == {
        "space": "10.0.0.0/16",
        "inside": "10.0.0.0/24",
        "full": "s",
        "unsaid": "<reference(v).subnets[0].properties.ipConfigurations>",
    }


def test_a_resource_that_keeps_what_it_was_before_depends_on_the_deployment():
    subnet = {"type": SUBNETS, "apiVersion": "1", "name": "v/s"}
    subnet["properties"] = {"addressPrefix": f"[reference(resourceId('{SUBNETS}', 'v', 's'), '1').addressPrefix]"}

    assert evaluated(template(subnet)).symbols == ("reference(s).addressPrefix",)


def test_a_type_that_nobody_knows_is_passed_on():
    result = evaluated(
        template({"type": "Contoso.Net/things", "apiVersion": "1", "name": "t", "sku": {"name": "[toLower('X')]"}})
    )

    assert (result.resources[0].kind, plain(result.resources[0].body.get("sku"))) == ("Contoso.Net/things", {"name": "x"})


def test_values_point_to_the_expression_that_made_them():
    resource = evaluated(template(nsg(it="[createObject('a', createArray('b'))]"))).resources[0]

    assert resource.properties.at("it", "a").items[0].span.text == "\"[createObject('a', createArray('b'))]\""


# -- Deployments inside ---------------------------------------------------------------------------------------------------


PARAMETER = {"p": {"type": "string", "defaultValue": "own"}}


def test_the_inner_scope_sees_its_own_parameters_and_the_outer_those_around():
    inner = template(nsg("[parameters('p')]"), parameters=PARAMETER)
    around = {"p": {"type": "string", "defaultValue": "around"}}

    assert names(evaluated(template(deployment("d", inner, INNER), parameters=around))) == ["own"]
    assert names(evaluated(template(deployment("d", inner), parameters=around))) == ["around"]


def test_parameters_and_outputs_go_through_deployments_whatever_their_order():
    user = template(nsg("[parameters('p')]"), parameters=PARAMETER)
    giver = template(outputs={"name": {"type": "string", "value": "[toUpper(parameters('p'))]"}}, parameters=PARAMETER)
    content = template(
        deployment("user", user, INNER, parameters={"p": {"value": "[reference('giver').outputs.name.value]"}}),
        deployment("giver", giver, INNER, parameters={"p": {"value": "given"}}),
    )

    assert names(evaluated(content)) == ["GIVEN"]


def test_outputs_may_loop():
    loop = {"count": 2, "input": "[concat('n', copyIndex())]"}
    giver = template(outputs={"all": {"type": "array", "copy": loop}})
    content = template(deployment("d", giver, INNER), nsg(it="[reference('d').outputs.all.value[1]]"))

    assert plain(evaluated(content).resources[0].properties) == {"it": "n1"}


def test_a_deployment_into_another_group_makes_ids_there():
    content = template({**deployment("d", template(nsg("n")), INNER), "resourceGroup": "hub", "subscriptionId": "s"})

    assert evaluated(content).resources[0].id == (
        "/subscriptions/s/resourceGroups/hub/providers/Microsoft.Network/networkSecurityGroups/n"
    )


def test_a_doubt_about_a_deployment_is_one_about_what_it_makes():
    content = template({**deployment("d", template(nsg("n")), INNER), "condition": "[parameters('q')]"})
    content["parameters"] = {"q": {"type": "bool"}}

    assert evaluated(content).resources[0].doubt == "parameter q"


@pytest.mark.parametrize(
    "link",
    [
        {"relativePath": "nested/inner.json"},
        {"uri": "[uri(deployment().properties.templateLink.uri, 'nested/inner.json')]"},
        {"uri": "[concat(parameters('p'), '/nested/inner.json', parameters('p'))]"},
        {"uri": "https://example.org/repository/master/nested/inner.json?sas"},
    ],
)
def test_a_linked_template_is_read_beside_the_template(tmp_path, link):
    (tmp_path / "nested").mkdir()
    inner = template(nsg("[parameters('p')]"), parameters=PARAMETER)
    (tmp_path / "nested" / "inner.json").write_text(json.dumps(inner), encoding="utf-8")
    content = template(deployment("d", None, parameters={"p": {"value": "x"}}, templateLink=link))
    del content["resources"][0]["properties"]["template"]
    content["parameters"] = {"p": {"type": "string"}}
    result = evaluated(content, folder=tmp_path)

    assert names(result) == ["x"]
    assert result.resources[0].span.file.name == "nested/inner.json"


@pytest.mark.parametrize(
    "link", [{"relativePath": "../secret.json"}, {"uri": "https://x.org/none.json"}, {"uri": "[parameters('p')]"}]
)
def test_a_linked_template_elsewhere_is_named_and_the_deployment_passed_on(tmp_path, link):
    (tmp_path / "secret.json").write_text(json.dumps(template(nsg("secret"))), encoding="utf-8")
    folder = tmp_path / "inside"
    folder.mkdir()
    content = template(deployment("d", None, templateLink=link), parameters={"p": {"type": "string"}})
    del content["resources"][0]["properties"]["template"]
    result = evaluated(content, folder=folder)

    assert [one.kind for one in result.resources] == ["Microsoft.Resources/deployments"]
    assert result.notes[0].why == "it does not lie beside the template"


def test_a_link_of_the_file_system_does_not_lead_out_of_the_folder(tmp_path):
    (tmp_path / "secret.json").write_text(json.dumps(template(nsg("secret"))), encoding="utf-8")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "inner.json").symlink_to(tmp_path / "secret.json")
    content = template(deployment("d", None, templateLink={"relativePath": "inner.json"}))
    del content["resources"][0]["properties"]["template"]

    assert evaluated(content, folder=folder).notes[0].what == "linked template inner.json"


# -- What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ([], "a list or a single value"),
        ({"$schema": "https://x/deploymentParameters.json#", "parameters": {}}, "a parameter file"),
        (
            {"$schema": "https://x/0.1.2-preview/CreateUIDefinition.MultiVm.json#", "parameters": {}},
            "a definition of a page in Azure's portal",
        ),
        ({"parameters": {"buildingBlocks": {"value": []}}}, "a settings file of the template building blocks (azbb)"),
        (
            {"$schema": "https://x/deploymentParameters.json#", "parameters": {"virtualNetworkSettings": {"value": {}}}},
            "a settings file of the template building blocks (azbb)",
        ),
        ({"$schema": SCHEMA, "parameters": {}}, "a template without `resources`"),
        ({"analyzers": {}}, "JSON without `resources`"),
    ],
)
def test_what_only_looks_like_a_template_is_named(content, kind):
    problem = evaluated(content).problems[0]

    assert (problem.code, problem.message) == ("not-a-template", f"`main.json` is {kind}, not an ARM template")


def _laughing():
    variables = {f"v{at}": [f"[variables('v{at - 1}')]"] * 10 for at in range(1, 30)}
    return {"v0": ["ha"] * 10, **variables}


def _nested_loops():
    loop = {"name": "a", "count": 800, "input": "x"}
    for _ in range(6):
        loop = {"name": "a", "count": 800, "input": {"copy": [loop]}}
    return loop


def _nested_deployments():
    content = template()
    for _ in range(5):
        content = template({**deployment("[concat('d', copyIndex())]", content, INNER), "copy": {"name": "c", "count": 800}})
    return content


RANGES = "map(range(0, 10000), lambda('x', map(range(0, 10000), lambda('y', map(range(0, 10000), lambda('z', 'q'))))))"
HOSTILE = [
    (template(nsg(it="[variables('v29')]"), variables=_laughing()), "template-too-large"),
    (template(nsg(it="[string(variables('v29'))]"), variables=_laughing()), "template-too-large"),
    (template(nsg(it="[equals(variables('v29'), variables('v28'))]"), variables=_laughing()), "template-too-large"),
    (template(nsg(it="[uniqueString(variables('v29'))]"), variables=_laughing()), "template-too-large"),
    (template(nsg(copy=[_nested_loops()])), "template-too-large"),
    (_nested_deployments(), "template-too-large"),
    (template(nsg(it=f"[{RANGES}]")), "template-too-large"),
    (template({**nsg(), "copy": {"name": "c", "count": 10**9}}), "template-mistake"),
    (template(nsg(it="[variables('a')]"), variables={"a": "[variables('b')]", "b": "[variables('a')]"}), "template-mistake"),
    (
        template(
            nsg(it="[variables('v4999')]"),
            variables={"v0": 1, **{f"v{at}": f"[variables('v{at - 1}')]" for at in range(1, 5000)}},
        ),
        "template-too-large",
    ),
]


@pytest.mark.parametrize(("content", "code"), HOSTILE)
def test_what_has_no_end_ends_in_an_error_within_seconds(content, code):
    start = time.process_time()

    assert evaluated(content).problems[0].code == code
    assert time.process_time() - start < 10 * slowness()  # most take one to five


def test_texts_that_double_stay_small():
    texts = {f"v{at}": f"[concat({', '.join([f'''variables('v{at - 1}')'''] * 10)})]" for at in range(1, 40)}

    for first in ("aaaaaaaaaa", "[utcNow()]"):
        assert evaluated(template(nsg(it="[variables('v39')]"), variables={"v0": first, **texts})).resources


def test_a_template_that_links_itself_ends(tmp_path):
    content = template(deployment("d", None, templateLink={"relativePath": "other.json"}))
    del content["resources"][0]["properties"]["template"]
    (tmp_path / "other.json").write_text(json.dumps(content).replace("other", "another"), encoding="utf-8")
    (tmp_path / "another.json").write_text(json.dumps(content), encoding="utf-8")

    assert evaluated(content, folder=tmp_path).problems[0].code == "template-mistake"


def test_a_nested_template_of_three_megabytes_is_evaluated_within_two_seconds():
    rule = {
        "name": "[concat('r', '1')]",
        "properties": {"priority": 100, "sourceAddressPrefix": "[parameters('p')]", "access": "Allow"},
    }
    inner = template(*(nsg(f"n{at}", securityRules=[rule] * 20) for at in range(1_250)), parameters=PARAMETER)
    content = template(deployment("d", inner, INNER))
    assert len(json.dumps(content)) > 3_000_000
    start = time.process_time()

    assert len(evaluated(content).resources) == 1_250
    assert time.process_time() - start < 4 * slowness()  # half of it on a machine with nothing else to do
