"""Recorded sessions and examples of the REST API: every recorder's shape, the state at the end, places in the user's file."""

import json

import pytest

from asever.importers import foreign
from asever.pipeline import Options, run
from asever.source import SourceFile
from tests.importers.azure import identity, imported, loaded, nic, nsg, resource, rule, subnet, template, verdicts, vnet, write

HOST = "https://management.azure.com"
NSG = "Microsoft.Network/networkSecurityGroups"
DEPLOYMENT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Resources/deployments/d"
GUARDED = {"networkSecurityGroup": {"id": identity(NSG, "g")}}


def call(method, uri, got=None, sent=None, status=200):
    return {
        "method": method,
        "uri": f"{HOST}{uri}?api-version=2023-04-01",
        "status": status,
        "requestBody": sent,
        "responseBody": got,
    }


def put(*bodies):
    return [call("PUT", one["id"], one, status=201) for one in bodies]


def session(*calls):
    return {"interactions": list(calls)}


def read(content):
    text = content if isinstance(content, str) else json.dumps(content)
    return foreign.read(SourceFile("s.json", text), None, {}, None)


def names(content):
    return sorted(one.name for one in read(content).resources)


def vcr(one):
    request = {"method": one["method"], "uri": one["uri"], "body": json.dumps(one["requestBody"])}
    response = {"status": {"code": one["status"], "message": "x"}, "body": {"string": json.dumps(one["responseBody"])}}
    return {"request": request, "response": response}


def sdk(one):
    return {
        "RequestUri": one["uri"],
        "RequestMethod": one["method"],
        "RequestBody": one["requestBody"],
        "StatusCode": one["status"],
        "ResponseBody": one["responseBody"],
    }


def java(one):
    response = {"StatusCode": str(one["status"]), "Body": json.dumps(one["responseBody"])}
    return {"Method": one["method"], "Uri": one["uri"], "Response": response}


def browser(one):
    return {
        "request": {"method": one["method"], "url": one["uri"]},
        "response": {"status": one["status"], "content": {"mimeType": "json", "text": json.dumps(one["responseBody"])}},
    }


BODIES = [vnet("corp", subnet("apps", "10.0.1.0/24", **GUARDED)), nsg("g", rule("web", 100)), nic("x", "corp/apps")]


@pytest.mark.parametrize(
    "shape",
    [
        lambda calls: {"version": 1, "interactions": [vcr(one) for one in calls]},
        lambda calls: {"Entries": [sdk(one) for one in calls], "Names": {}},
        lambda calls: {"networkCallRecords": [java(one) for one in calls], "variables": []},
        lambda calls: {"log": {"version": "1.2", "entries": [browser(one) for one in calls]}},
    ],
    ids=["vcr", "sdk", "java", "browser"],
)
def test_every_recorders_session_is_the_network_that_az_would_print(tmp_path, shape):
    assert imported(tmp_path, shape(put(*BODIES))).network == imported(tmp_path, BODIES).network


def test_reports_point_into_an_answer_that_is_kept_as_a_text(tmp_path):
    odd = nsg("g", rule('say "web" \u20ac \\', 100))
    content = {"interactions": [vcr(one) for one in put(BODIES[0], odd)]}
    text = "vm x { subnet corp/apps  ip 10.0.1.4  public-ip 40.1.1.1 }\ncheck Internet never reaches x on tcp 443\n"
    program = imported(tmp_path, content, text=text)
    (finding,) = run(program, Options()).results
    span = next(one.row.origin.span for one in finding.trace.steps if "web" in getattr(one.row, "name", ""))
    assert span.file.name.endswith("f0.json")
    assert json.loads(f'"{span.text}"') == json.dumps('say "web" \u20ac \\')


def test_the_last_state_counts_and_what_is_deleted_is_gone():
    late = {**rule("late", 200), "id": identity(f"{NSG}/securityRules", "g/late")}
    path = late["id"]
    assert names(session(*put(nsg("g", rule("a", 100)), late))) == ["g", "g/a", "g/late"]
    assert names(session(*put(nsg("g", rule("a", 100)), late), call("DELETE", path.upper(), status=202))) == ["g", "g/a"]
    assert names(session(*put(late, nsg("g", rule("a", 100))))) == ["g", "g/a"]
    assert names(session(*put(*BODIES), call("DELETE", "/subscriptions/s/resourceGroups/rg"), *put(nsg("h")))) == ["h"]
    going = nsg("g")
    going["properties"]["provisioningState"] = "Deleting"
    assert names(session(*put(nsg("g"), nsg("h")), call("GET", going["id"], going))) == ["h"]
    assert names(session(*put(nsg("g"), nsg("h")), call("GET", identity(NSG, "g"), {"error": {}}, status=404))) == ["h"]
    assert names(session(*put(nsg("h")), call("PUT", identity(NSG, "g"), {"error": {}}, nsg("g"), status=409))) == ["h"]


def test_what_is_sent_counts_where_no_answer_shows_it_and_a_list_shows_all_in_it():
    sent = {"location": "westeurope", "properties": {"securityRules": [rule("a", 100)]}}
    assert names(session(call("PUT", identity(NSG, "g"), None, sent))) == ["g", "g/a"]
    assert names(session(call("GET", identity(NSG, "")[:-1], {"value": [nsg("g"), nsg("h")]}))) == ["g", "h"]


def test_a_change_whose_answer_is_not_recorded_is_told():
    found = read(session(*put(nsg("g")), call("PATCH", identity(NSG, "g"), None, {"tags": {}})))
    assert [(one.what, one.why) for one in found.left] == [("a change of g", "its answer is not recorded")]


def test_a_deployed_template_is_evaluated_with_its_parameters_where_it_is_deployed(tmp_path):
    group = nsg("g", rule("web", 100, sourceAddressPrefix="[parameters('from')]"))
    network = vnet("corp", subnet("apps", "10.0.1.0/24", networkSecurityGroup={"id": f"[resourceId('{NSG}', 'g')]"}))
    body = {
        "properties": {
            "mode": "Incremental",
            "template": template(group, network, parameters={"from": {"type": "string"}}),
            "parameters": {"from": {"value": "20.0.0.0/8"}},
        }
    }
    machine = nic("x", "corp/apps")
    content = session(call("PUT", DEPLOYMENT, None, body), call("GET", machine["id"], machine))
    network = imported(tmp_path, content).network
    assert network.groups["g"].inbound[0].sources[0].text == "20.0.0.0/8"
    assert network.subnets["corp/apps"].nsg == "g"
    assert network.machines["x"].subnet == "corp/apps"


def test_a_template_that_is_wrong_or_not_recorded_is_told_and_the_rest_is_read():
    wrong = {"properties": {"template": template(nsg("[parameters('gone')]"))}}
    found = read(
        session(call("PUT", DEPLOYMENT, None, wrong), call("PUT", DEPLOYMENT, None, {"properties": {}}), *put(nsg("g")))
    )
    assert [one.name for one in found.resources] == ["g"]
    assert [one.what for one in found.left] == ["deployment d", "deployment d"]
    assert "gone" in found.left[0].why


def test_a_picture_of_the_network_and_a_view_tell_which_nsg_is_where(tmp_path):
    bare = vnet("corp", subnet("apps", "10.0.1.0/24"))
    home = identity("Microsoft.Network/virtualNetworks/subnets", "corp/apps")
    group = identity(NSG, "theirs")
    shown = {"id": home, "securityRules": [{**rule("no", 100, "Deny"), "id": f"{group}/securityRules/no"}]}
    view = {"networkInterfaces": [{"id": "x", "securityRuleAssociations": {"subnetAssociation": shown}}]}
    picture = {"resources": [{"id": home, "associations": [{"resourceId": group, "associationType": "Associated"}]}]}
    watcher = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkWatchers/w"
    viewed = imported(tmp_path, session(*put(bare), call("POST", f"{watcher}/securityGroupView", view))).network
    assert (viewed.subnets["corp/apps"].nsg, [one.name for one in viewed.groups["theirs"].inbound]) == ("theirs", ["no"])
    text = "vm x { subnet corp/apps  ip 10.0.1.4  public-ip 40.1.1.1 }\ncheck Internet never reaches x on tcp 443\n"
    drawn = imported(tmp_path, session(*put(bare), call("POST", f"{watcher}/topology", picture)), text=text)
    assert drawn.network.subnets["corp/apps"].nsg == "theirs"
    assert verdicts(drawn) == ["unknown"]
    own = nsg("theirs", rule("yes", 100))
    made = imported(tmp_path, session(*put(bare, own), call("POST", f"{watcher}/securityGroupView", view))).network
    assert [one.name for one in made.groups["theirs"].inbound] == ["yes"]


def test_what_azure_answers_about_effective_rules_does_not_replace_what_the_model_derives(tmp_path):
    rules = [{"name": "defaultSecurityRules/AllowVnetInBound", "expandedSourceAddressPrefix": ["10.0.0.0/8"]}]
    answer = {"networkSecurityGroup": {"id": identity(NSG, "g")}, "effectiveSecurityRules": rules}
    answer["association"] = {"subnet": {"id": identity("Microsoft.Network/virtualNetworks/subnets", "corp/apps")}}
    path = identity("Microsoft.Network/networkInterfaces", "x")
    content = session(*put(*BODIES), call("POST", f"{path}/effectiveNetworkSecurityGroups", {"value": [answer]}))
    assert imported(tmp_path, content).network == imported(tmp_path, BODIES).network


def test_rules_of_a_load_balancer_that_are_made_apart_count_once():
    kind = "Microsoft.Network/loadBalancers"
    one = {"name": "ssh", "id": identity(f"{kind}/inboundNatRules", "lb/ssh"), "properties": {"frontendPort": 22}}
    whole = resource(kind, "lb", {"inboundNatRules": [one]})
    assert names(session(*put(one, whole))) == ["lb", "lb/ssh"]
    assert names(session(*put(whole), call("DELETE", one["id"]))) == ["lb"]


def test_a_session_without_a_network_is_refused_in_one_sentence(tmp_path):
    answer = {"access": "Allow", "ruleName": "defaultSecurityRules/AllowVnetInBound"}
    write(tmp_path, "s.json", session(call("POST", "/subscriptions/s/x/ipFlowVerify", answer)))
    program, (only,) = loaded(tmp_path, 'import "s.json"\n')
    assert program is None
    assert only.message.endswith("s.json` is a recorded session of one request that shows no resource of a network")


def test_a_session_that_deploys_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("asever.importers.recording.MOST", 50)
    many = resource(NSG, "[concat('g', copyIndex())]", {}, copy={"name": "c", "count": 40})
    many["name"] = "[concat('g', copyIndex())]"
    body = {"properties": {"template": template(many)}}
    calls = [call("PUT", DEPLOYMENT.replace("rg", f"rg{number}"), None, body) for number in range(3)]
    write(tmp_path, "s.json", session(*calls))
    program, (only,) = loaded(tmp_path, 'import "s.json"\n')
    assert program is None
    assert only.code == "json-too-large"


# -- Examples of the REST API -------------------------------------------------------------------------------------------


def example(answer=None, status="200", **parameters):
    responses = {status: {"body": answer} if answer is not None else {"description": "accepted"}}
    return {
        "parameters": {"api-version": "1", "subscriptionId": "s", "resourceGroupName": "rg", **parameters},
        "responses": responses,
    }


@pytest.mark.parametrize("status", ["200", "201"])
def test_an_example_is_the_body_of_its_answer(tmp_path, status):
    assert (
        imported(tmp_path, example(nsg("g", rule("a", 100)), status)).network
        == imported(tmp_path, nsg("g", rule("a", 100))).network
    )


def test_an_example_without_an_answer_is_what_it_sends():
    body = {"location": "westeurope", "properties": {"securityRules": [rule("a", 100)], "defaultSecurityRules": []}}
    found = read(example(networkSecurityGroupName="g", parameters=body))
    assert [(one.kind, one.name) for one in found.resources] == [(NSG, "g")]
    inside = {"properties": {"addressPrefix": "10.0.1.0/24", "purpose": "x"}}
    found = read(example(subnetName="a", virtualNetworkName="v", subnetParameters=inside))
    assert [one.name for one in found.resources] == ["v/a"]


def test_an_example_of_a_question_is_refused_in_one_sentence():
    (only,) = read(example({"nextHopType": "VnetLocal"}, parameters={"sourceIPAddress": "10.0.0.5"})).problems
    assert only.message == "`s.json` is an example of the REST API's documentation that holds no resource of a network"
