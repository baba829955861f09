"""Foreign files in a program: what is read, what is refused in one sentence, service tags, and writing it all out."""

import json
import time

import pytest

from asever.cli import main
from asever.commands.import_ import text_of
from asever.semantics.loading import load_imports, load_program
from tests.importers.azure import imported, loaded, nsg, rule, subnet, template, verdicts, vnet, write
from tests.recorded.sessions import CORPUS
from tests.slowness import slowness

TAGS = {
    "changeNumber": 1,
    "cloud": "Public",
    "values": [
        {"name": name, "id": name, "properties": {"changeNumber": 1, "region": "", "addressPrefixes": prefixes}}
        for name, prefixes in (("Sql", ["40.1.0.0/16", "2603:1030::/32"]), ("Storage", ["40.2.0.0/16"]))
    ],
}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "parameters": {}},
            "parameter file",
        ),
        ([], "an empty list"),
        ({"a": 1}, "no resource of Azure's"),
        ({"parameters": {}, "responses": {}}, "example of the REST API"),
        ("{", "not JSON"),
        ("3", "a single value"),
    ],
)
def test_what_is_no_network_is_refused_in_one_sentence(tmp_path, content, says):
    write(tmp_path, "x.json", content)
    program, diagnostics = loaded(tmp_path, 'import "x.json"\n')
    assert program is None
    (only,) = diagnostics
    assert says in only.message


@pytest.mark.parametrize(("name", "advice"), [("main.bicep", "az bicep build"), ("main.tf", "terraform show -json")])
def test_what_has_to_be_compiled_first_is_said(tmp_path, name, advice):
    program, (only,) = loaded(tmp_path, f'import "{name}"\n')
    assert program is None
    assert advice in only.help


def test_a_missing_file_is_named(tmp_path):
    program, (only,) = loaded(tmp_path, 'import "no.json" with "p.json"\n')
    assert program is None
    assert only.code == "no-such-file"
    assert "no.json" in only.message


@pytest.fixture
def nested(tmp_path):
    """A folder with a program's folder in it, and files in both."""
    inside = tmp_path / "program"
    inside.mkdir()
    write(tmp_path, "out.json", nsg("g", rule("a", 100)))
    write(tmp_path, "out.asev", "asg outside\n")
    write(inside, "in.json", nsg("g", rule("a", 100)))
    return inside


@pytest.mark.parametrize("name", ["out.json", "out.asev"])
def test_a_symbolic_link_that_leads_out_of_the_folder_is_not_followed(nested, name):
    (nested / f"link.{name[4:]}").symlink_to(nested.parent / name)
    (nested / "folder").symlink_to(nested.parent, target_is_directory=True)
    for written in (f"link.{name[4:]}", f"folder/{name}"):
        program, (only,) = loaded(nested, f'import "{written}"\n')
        assert program is None
        assert only.code == "link-leads-out"


def test_a_parameter_file_behind_a_link_is_not_read(nested):
    write(nested, "t.json", template(nsg("g")))
    write(nested.parent, "p.json", {"parameters": {}})
    (nested / "p.json").symlink_to(nested.parent / "p.json")
    assert [one.code for one in loaded(nested, 'import "t.json" with "p.json"\n')[1]] == ["link-leads-out"]


def test_paths_may_climb_by_their_own_words_and_links_may_stay_inside(nested):
    (nested / "link.json").symlink_to("in.json")
    (nested / "sub").mkdir()
    (nested / "sub" / "back.json").symlink_to("../in.json")
    write(nested / "sub", "more.asev", 'import "back.json"\n')
    (nested / "here").symlink_to(nested, target_is_directory=True)
    for written in ("../out.json", (nested.parent / "out.json").as_posix(), "link.json", "sub/more.asev", "here/in.json"):
        program, _ = loaded(nested, f'import "{written}"\n')
        assert program is not None, written


def test_files_that_the_command_line_names_may_be_links(nested, tmp_path, capsys):
    (nested / "link.json").symlink_to(nested.parent / "out.json")
    write(nested.parent, "spec.asev", 'import "out.json"\ncheck nsg g equals nsg g\n')
    assert main(["import", str(nested / "link.json")]) == 0
    (nested.parent / "elsewhere").mkdir()
    (nested.parent / "elsewhere" / "spec.asev").symlink_to("../spec.asev")
    write(nested.parent / "elsewhere", "out.json", nsg("g", rule("b", 100)))
    assert main(["check", str(nested.parent / "elsewhere" / "spec.asev")]) == 0


def test_a_template_takes_its_parameters_from_the_file_after_with(tmp_path):
    group = nsg("g", rule("a", 100, sourceAddressPrefix="[parameters('p')]"))
    write(tmp_path, "t.json", template(group, parameters={"p": {"type": "string"}}))
    write(tmp_path, "one.json", {"parameters": {"p": {"value": "20.0.0.0/8"}}})
    write(tmp_path, "two.json", {"parameters": {"p": {"value": "30.0.0.0/8"}}})
    program, _ = loaded(tmp_path, 'import "t.json" as a with "one.json"\nimport "t.json" as b with "two.json"\n')
    sources = {name: group.inbound[0].sources[0].text for name, group in program.network.groups.items()}
    assert sources == {"a.g": "20.0.0.0/8", "b.g": "30.0.0.0/8"}


def test_only_the_service_tags_in_use_are_read(tmp_path):
    text = "nsg g { inbound { 100 allow tcp from sql to * port 443 } }\n"
    network = imported(tmp_path, TAGS, text=text).network
    assert list(network.tags) == ["Sql"]
    assert len(network.tags["Sql"].addresses.ranges) == 2


def test_a_rule_of_a_template_uses_the_tags_of_the_list(tmp_path):
    network = vnet("corp", subnet("apps", "10.0.1.0/24"))
    group = nsg("g", rule("a", 100, sourceAddressPrefix="Storage"))
    network["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] = {"id": group["id"]}
    text = (
        "vm x { subnet corp/apps  ip 10.0.1.4  public-ip 50.1.1.1 }\n"
        "check 40.2.0.1 reaches x on tcp 443\ncheck 40.3.0.1 never reaches x on tcp 443\n"
    )
    assert verdicts(imported(tmp_path, [network, group], TAGS, text=text)) == ["holds", "holds"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_three_tags_of_the_largest_list_cost_little(tmp_path):
    file = max((CORPUS / "service_tags").rglob("*.json"), key=lambda one: one.stat().st_size)
    text = f'import "{file}"\nnsg g {{ inbound {{ 100 allow tcp from Sql, AzureTrafficManager to Storage.WestEurope }} }}\n'
    started = time.process_time()
    program, _ = load_program(tmp_path / "x.asev", text=text)
    assert len(program.network.tags) == 3
    assert time.process_time() - started < 2 * slowness()  # 0.1 s where nothing else runs


def test_a_value_given_on_the_command_line_reaches_a_tag_without_addresses(tmp_path, capsys):
    spec = write(
        tmp_path,
        "s.asev",
        "tag partner\nvnet v { address 10.0.0.0/16  subnet a { address 10.0.1.0/24  nsg g } }\n"
        "nsg g { inbound { 100 allow tcp from partner to * port 443 } }\n"
        "vm x { subnet v/a  ip 10.0.1.4  public-ip 40.1.1.1 }\n"
        "check 20.1.1.1 reaches x on tcp 443\n",
    )
    assert main(["check", str(spec)]) == 2
    assert "partner" in capsys.readouterr().out
    assert main(["check", str(spec), "--set", "partner=20.0.0.0/8"]) == 0


def test_the_written_file_is_the_imported_network(tmp_path, capsys):
    group = nsg("My group", rule("first rule", 100, description="let them in"), rule("b", 200, "Deny", protocol="*"))
    source = write(
        tmp_path, "t.json", [vnet("corp", subnet("apps", "10.0.1.0/24", networkSecurityGroup={"id": group["id"]})), group]
    )
    assert main(["import", str(source), "-o", str(tmp_path / "t.asev")]) == 0
    text = (tmp_path / "t.asev").read_text()
    assert '100 "first rule"' in text
    assert "// let them in" in text
    assert 'nsg     "My group"' in text
    written, _ = load_program(tmp_path / "t.asev")
    read, _ = load_program(tmp_path / "s.asev", text='import "t.json"\n')
    assert written.network == read.network


def _corpus_files():
    kinds = ("nsg_arm", "ase_arm", "nsg_export", "effective")
    return [path for kind in kinds for path in sorted((CORPUS / kind).rglob("*.json"))] if CORPUS.is_dir() else []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_every_file_of_the_corpus_is_refused_in_a_sentence_or_written_as_the_same_network(tmp_path):
    imported_files = 0
    for path in _corpus_files():
        sheets, diagnostics = load_imports([path], None, {})
        if not sheets:
            assert [one for one in diagnostics if one.severity.value == "error"], path
            continue
        imported_files += 1
        text = text_of(sheets, [path])
        if not any(items for _, items in sheets):
            continue
        read, _ = load_program(tmp_path / "x.asev", text=f'import "{path}"\n')
        written, _ = load_program(tmp_path / "y.asev", text=text)
        assert written is not None, path
        assert written.network == read.network, path
    assert imported_files > 150


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_exported_groups_have_as_many_rules_as_the_export(tmp_path):
    counted = 0
    for path in sorted((CORPUS / "nsg_export").rglob("*.nsg.show.*.json")):
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        rules = (content.get("properties") or content).get("securityRules")
        if rules is None:
            continue
        program, _ = load_program(tmp_path / "x.asev", text=f'import "{path}"\n')
        (group,) = program.network.groups.values()
        assert len(group.inbound) + len(group.outbound) == len(rules), path
        counted += 1
    assert counted > 10


def _pairs():
    found = sorted((CORPUS / "nsg_arm").rglob("main.symbolicnames.json")) if CORPUS.is_dir() else []
    return [(one.with_name("main.json"), one) for one in found if one.with_name("main.json").is_file()]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_a_module_with_symbolic_names_is_the_same_network(tmp_path):
    pairs = _pairs()
    for plain, symbolic in pairs:
        one, _ = load_program(tmp_path / "x.asev", text=f'import "{plain}"\n')
        other, _ = load_program(tmp_path / "x.asev", text=f'import "{symbolic}"\n')
        assert one is not None, plain
        assert other is not None, symbolic
        assert one.network == other.network, plain
    assert pairs
