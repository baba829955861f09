"""Files made to exhaust their reader stop at a stated limit, counted in steps: the same on every machine.

What they cost in seconds and megabytes, `bench/hostile.py` measures.
"""

import json

import pytest

from asever.diagnostics import Diagnostics
from asever.importers import budget, foreign, json_text, service_tags
from asever.importers.budget import Budget
from asever.importers.network.sheet import Part
from asever.importers.network.whole import network
from asever.source import SourceFile
from tests.importers import azure
from tests.importers.arm import INNER, deployment, evaluated, nsg, template
from tests.importers.azure import loaded, write

LAUGHING = {"v0": ["ha"] * 10, **{f"v{at}": [f"[variables('v{at - 1}')]"] * 10 for at in range(1, 30)}}
WIDE = {f"k{at}": at for at in range(2_000)}
NUMBERS = "range(0, 10000)"
HOSTILE = {
    "lambdas in lambdas": template(nsg(it=f"[map({NUMBERS}, lambda('x', map({NUMBERS}, lambda('y', 1))))]")),
    "filters in filters": template(
        nsg(it=f"[filter({NUMBERS}, lambda('x', empty(filter({NUMBERS}, lambda('y', false())))))]"),
    ),
    "members that are not there": template(
        nsg(it=f"[map({NUMBERS}, lambda('x', tryGet(variables('wide'), 'none')))]"), variables={"wide": WIDE}
    ),
    "parts of references that are not there": template(
        nsg(**WIDE), nsg("b", it=f"[map({NUMBERS}, lambda('x', reference('web').none))]")
    ),
    "misspelt names": template(*(nsg(f"g{at}", it=f"[variables('k{at}x')]") for at in range(50)), variables=WIDE),
    "many long expressions": template(*(nsg(f"g{at}", it=f"[createArray({at}{', 1' * 5000})]") for at in range(50))),
    "long expressions that cannot be read": template(
        {**nsg("[concat('g', copyIndex())]", it=f"[createArray({'1, ' * 5000}]"), "copy": {"name": "c", "count": 800}}
    ),
    "texts that are read as values": template(
        {**nsg(it="[json(concat('[', replace(padLeft('', 9000), ' ', '1,'), '1]'))]"), "copy": {"name": "c", "count": 800}}
    ),
    "deployments in deployments": template(
        {**deployment("[concat('d', copyIndex())]", template()), "copy": {"name": "c", "count": 800}}
    ),
    "links along many folders": template(
        *(
            {**deployment(f"d{at}", None), "properties": {"templateLink": {"relativePath": "a/" * 90 + "x.json"}}}
            for at in range(50)
        )
    ),
}


@pytest.fixture
def _little(monkeypatch):
    monkeypatch.setattr(budget, "MOST_STEPS", 100_000)


@pytest.mark.usefixtures("_little")
@pytest.mark.parametrize("name", HOSTILE)
def test_what_grows_without_end_stops_at_the_limit_and_says_where(name):
    last = evaluated(HOSTILE[name]).problems[-1]

    assert (last.code, last.message) == ("template-too-large", "the imported files hold and make more than 100,000 values")
    assert last.primary.span.file.name == "main.json"


@pytest.mark.parametrize(
    "content",
    [
        template(nsg("[variables('v29')]"), variables=LAUGHING),
        template(nsg(it="[reference(variables('v29'))]"), variables=LAUGHING),
        template(nsg(it="[reference('web', '2020-01-01', variables('v29'))]"), variables=LAUGHING),
    ],
)
def test_a_value_of_astronomical_size_is_not_spelled_where_a_name_should_stand(content):
    assert evaluated(content).resources


@pytest.mark.usefixtures("_little")
@pytest.mark.parametrize(
    "it", ["[listKeys(variables('v29'), '2020')]", "[coalesce(resourceGroup().tags, variables('v29'))]", "[parameters('p')]"]
)
def test_a_symbol_is_not_named_after_a_value_of_astronomical_size(it):
    declared = {"p": {"type": "array", "allowedValues": [1]}}
    inner = template(nsg(it=it), variables=LAUGHING, parameters=declared)
    given = {"p": {"value": "[variables('v29')]"}}
    outer = template(deployment("d", inner, INNER, parameters=given), variables=LAUGHING)

    assert [one.code for one in evaluated(outer).problems] == ["template-too-large"]


@pytest.mark.usefixtures("_little")
def test_a_file_of_too_many_values_is_refused_while_it_is_read():
    problem = json_text.parse(SourceFile("main.json", "[" + "0," * 60_000 + "0]"))

    assert problem.code == "template-too-large"
    assert problem.primary.span.start == 2 * 50_000 - 1  # each value counts for two steps


@pytest.mark.usefixtures("_little")
def test_all_files_of_a_program_share_one_budget_and_the_first_that_goes_beyond_is_named(tmp_path):
    for at in range(5):
        write(tmp_path, f"f{at}.json", template(nsg(f"g{at}"), metadata=list(range(20_000))))
    program, diagnostics = loaded(tmp_path, "".join(f'import "f{at}.json" as f{at}\n' for at in range(5)))

    assert program is None
    (only,) = diagnostics
    assert only.code == "template-too-large"
    assert only.primary.span.file.name.endswith("f2.json")


@pytest.mark.usefixtures("_little")
def test_what_azure_printed_is_counted_as_well(tmp_path):
    write(tmp_path, "x.json", [azure.nsg(f"g{at}") for at in range(3_000)])
    program, (only,) = loaded(tmp_path, 'import "x.json"\n')

    assert program is None
    assert (only.code, only.primary.span.file.name) == ("template-too-large", str(tmp_path / "x.json"))


def _spent(content, folder):
    left = Budget()
    before = left.left
    assert not foreign.read(SourceFile("main.json", json.dumps(content)), None, {}, folder, budget=left).problems
    return before - left.left


def test_a_linked_template_is_read_once_however_often_it_is_linked(tmp_path):
    write(tmp_path, "inner.json", template(nsg(), metadata=list(range(10_000))))

    def content(links):
        options = {"templateLink": {"relativePath": "inner.json"}}
        return template(*({**deployment(f"d{at}", None), "properties": options} for at in range(links)))

    assert _spent(content(20), tmp_path) < _spent(content(1), tmp_path) + 19 * 500


@pytest.mark.parametrize("many", [100, 1_000])
def test_an_honest_template_takes_steps_in_proportion_to_its_size(tmp_path, many):
    names = (f"v{at}" for at in range(many))
    content = template(*(azure.vnet(name, azure.subnet("s", "10.0.0.0/24")) for name in names))
    left = Budget()
    before = left.left
    file = SourceFile("main.json", json.dumps(content))
    read = foreign.read(file, None, {}, tmp_path, budget=left)
    (sheet,) = network([Part(file=file, resources=read.resources, made=True)], left)

    assert len(sheet.items) == many
    assert before - left.left < 150 * many  # twenty thousand networks fit


def test_many_resources_of_one_name_get_names_of_their_own():
    kind = "Microsoft.Network/virtualNetworks"
    content = [
        {**azure.resource(kind, "v", {}), "id": f"/subscriptions/s/resourceGroups/g/providers/{kind}/v{at}/x/v"}
        for at in range(300)
    ]
    file = SourceFile("x.json", json.dumps(content))
    read = foreign.read(file, None, {}, file)
    (sheet,) = network([Part(file=file, resources=read.resources)])

    assert len({item.name.text for item in sheet.items}) == len(sheet.items)


HEAD = '{"changeNumber": 1, "cloud": "Public", "values": ['
ENTRY = '{"name": "Sql", "id": "Sql", "properties": {"changeNumber": 1, "addressPrefixes": ["40.1.0.0/16"]}}'


@pytest.mark.usefixtures("_little")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HEAD + ",".join([ENTRY] * 10_000) + "]}", "template-too-large"),
        (HEAD + '{"name": "Sql", "id": "Sql", "properties": ' * 50_000, "json-too-deep"),
        (HEAD + ENTRY.replace('"40.1.0.0/16"', ",".join(['"40.1.0.0/16"'] * 60_000)), "template-too-large"),
    ],
)
def test_a_hostile_list_of_service_tags_is_refused_once(tmp_path, text, code):
    (tmp_path / "tags.json").write_text(text)
    program, diagnostics = loaded(tmp_path, 'import "tags.json"\nnsg g { inbound { 100 allow tcp from Sql to * port 443 } }\n')

    assert program is None
    assert [one.code for one in diagnostics].count(code) == 1


def test_a_tag_is_read_whatever_letters_stand_in_its_entry():
    entry = ENTRY.replace('"changeNumber": 1', '"region": "a } b"')
    (tag,) = service_tags.tags(SourceFile("t.json", HEAD + entry + "]}"), {"sql"}, Diagnostics(), Budget())

    assert [one.text for one in tag.addresses] == ["40.1.0.0/16"]
