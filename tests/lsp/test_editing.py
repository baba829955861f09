"""The language server as an editor meets it: a process, its standard input and output, and files that are not saved."""

from __future__ import annotations

import pytest

from tests.lsp.client import Client

SERVICES = 'import "std/services"\n'
NETWORK = """\
vnet corp {
  address 10.0.0.0/16

  subnet apps { address 10.0.1.0/24 }
  subnet data { address 10.0.2.0/24  nsg data-tier }
}

vm web { subnet corp/apps  ip 10.0.1.4 }
vm sql { subnet corp/data  ip 10.0.2.4 }

nsg data-tier {
  inbound {
    100 "SQL"  allow tcp from corp/apps to * port 1433
    200 "rest" deny any from * to *
  }
}

check "SQL arrives" web reaches sql on tcp 1433
check "nothing else" web never reaches sql on tcp 22
"""
EVERYTHING = {"start": {"line": 0, "character": 0}, "end": {"line": 10_000, "character": 0}}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One process for all tests: editors live long."""
    with Client(tmp_path_factory.mktemp("lsp")) as one:
        yield one


@pytest.fixture
def editor(server, tmp_path):
    with server.folder_of(tmp_path):
        yield server


def place(text, part, after=0):
    """Line and character of a part of a text."""
    before = text[: text.index(part) + after]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def applied(text, edits):
    """A text with the edits of an answer, all of them on it."""
    lines = text.split("\n")
    starts = [sum(len(one) + 1 for one in lines[:number]) for number in range(len(lines) + 1)]

    def offset(at):
        return min(len(text), starts[min(at["line"], len(lines))] + at["character"])

    for one in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        text = text[: offset(one["range"]["start"])] + one["newText"] + text[offset(one["range"]["end"]) :]
    return text


def hints(editor, name):
    return [one["label"] for one in editor.of("inlayHint", name, range=EVERYTHING)]


# -- Diagnostics --------------------------------------------------------------------------------------------------------


def test_a_text_is_checked_as_it_is_typed_and_nothing_is_saved(editor):
    editor.open("net.asev", NETWORK)
    assert editor.settled("net.asev") == []
    assert hints(editor, "net.asev") == ["holds", "holds"]
    editor.change("net.asev", NETWORK.replace("port 1433\n    200", "port 1434\n    200"))
    (violated,) = editor.settled("net.asev")
    assert (violated["code"], violated["severity"], violated["source"]) == ("violated", 1, "asever")
    assert violated["range"]["start"] == {"line": 17, "character": 0}
    assert "rule 100 SQL of nsg data-tier would allow the packet" in violated["message"]
    blamed = violated["relatedInformation"][0]
    assert blamed["location"]["range"]["start"]["line"] == 12
    assert hints(editor, "net.asev") == ["violated", "holds"]
    editor.change("net.asev", NETWORK)
    assert editor.settled("net.asev") == []
    assert list(editor.folder.iterdir()) == []


def test_mistakes_have_their_place_and_suggestion_and_verdicts_come_back_after_them(editor):
    editor.open("net.asev", NETWORK)
    editor.settled("net.asev")
    text = NETWORK.replace("nsg data-tier }", "nsg data-teir }")
    editor.change("net.asev", text)
    (error,) = editor.settled("net.asev")
    assert (error["code"], error["severity"]) == ("unknown-name", 1)
    line, character = place(text, "data-teir")
    assert error["range"] == {
        "start": {"line": line, "character": character},
        "end": {"line": line, "character": character + 9},
    }
    assert hints(editor, "net.asev") == ["holds (before the last edit)"] * 2
    (action,) = editor.of("codeAction", "net.asev", range=error["range"], context={"diagnostics": [error]})
    assert action["title"] == "Write `data-tier`"
    fixed = applied(text, action["edit"]["changes"][editor.uri("net.asev")])
    assert fixed == NETWORK
    editor.change("net.asev", fixed)
    assert editor.settled("net.asev") == []
    assert hints(editor, "net.asev") == ["holds", "holds"]


def test_an_unknown_verdict_is_a_warning_with_its_reason(editor):
    text = NETWORK.replace("    100 ", "    100 deny any from partners to *\n    110 ") + "tag partners\n"
    editor.open("net.asev", text)
    (found,) = editor.settled("net.asev")
    assert (found["code"], found["severity"]) == ("unknown", 2)
    assert "because" in found["message"]
    assert hints(editor, "net.asev") == ["unknown", "holds"]


def test_what_is_expected_is_not_shown_and_what_is_not_is(editor):
    text = NETWORK.replace("on tcp 22", "on tcp 1433 expect violated")
    editor.open("net.asev", text)
    assert editor.settled("net.asev") == []
    assert hints(editor, "net.asev") == ["holds", "violated, as expected"]
    editor.change("net.asev", text.replace("web never reaches sql on tcp 1433", "web never reaches sql on tcp 22"))
    (wrong,) = editor.settled("net.asev")
    assert wrong["message"].endswith("holds, and is expected to be violated")


def test_imports_are_read_as_they_are_in_the_editor(editor):
    rules = NETWORK[NETWORK.index("nsg data-tier {") : NETWORK.index("check")]
    main = 'import "rules"\n' + NETWORK.replace(rules, "")
    (editor.folder / "net.asev").write_text(main)
    (editor.folder / "rules.asev").write_text(rules)
    # The names of what imports it are known to it, though nobody has opened that file.
    editor.open("rules.asev")
    assert editor.settled("rules.asev") == []
    editor.change("rules.asev", rules.replace("1433", "1434"))
    assert editor.settled("rules.asev") == []
    editor.until(lambda: [one["code"] for one in editor.shown.get(editor.uri("net.asev"), [])] == ["violated"])
    editor.open("net.asev")
    assert editor.codes("net.asev") == ["violated"]
    editor.change("rules.asev", rules.replace("corp/apps", "corp/aps"))
    assert editor.codes("rules.asev") == ["unknown-name"]
    editor.close("rules.asev")
    editor.until(lambda: editor.shown[editor.uri("net.asev")] == [] and editor.shown[editor.uri("rules.asev")] == [])


def test_a_file_that_others_write_is_read_again(editor):
    (editor.folder / "rules.asev").write_text("tag partners = 20.1.1.1\n")
    editor.open("net.asev", 'import "rules"\n' + NETWORK.replace("from corp/apps", "from corp/apps, partners"))
    assert editor.codes("net.asev") == []
    (editor.folder / "rules.asev").write_text("tag patners = 20.1.1.1\n")
    event = {"uri": editor.uri("rules.asev"), "type": 2}
    editor.tell("workspace/didChangeWatchedFiles", changes=[event])
    editor.until(lambda: [one["code"] for one in editor.shown[editor.uri("net.asev")]] == ["unknown-name"])


def test_lint_speaks_when_a_file_is_opened_or_saved(editor):
    text = NETWORK.replace("200 ", '150 "again" allow tcp from 10.0.1.0/24 to * port 1433\n    200 ')
    editor.open("net.asev", text)
    editor.until(lambda: [one["code"] for one in editor.shown.get(editor.uri("net.asev"), [])] == ["shadowed-rule"])
    (found,) = editor.shown[editor.uri("net.asev")]
    assert (found["severity"], found["range"]["start"]["line"]) == (2, 13)
    editor.change("net.asev", "\n" + text)
    editor.until(lambda: editor.shown[editor.uri("net.asev")][0]["range"]["start"]["line"] == 14)
    actions = editor.of("codeAction", "net.asev", range=EVERYTHING, context={"diagnostics": []})
    assert not actions, "what lint suggested was about another text"
    editor.save("net.asev")
    editor.until(lambda: editor.shown[editor.uri("net.asev")][0].get("relatedInformation"))
    (action,) = editor.of("codeAction", "net.asev", range=EVERYTHING, context={"diagnostics": []})
    taken_out = applied("\n" + text, action["edit"]["changes"][editor.uri("net.asev")])
    assert taken_out == "\n" + NETWORK
    editor.change("net.asev", NETWORK)
    editor.until(lambda: editor.shown[editor.uri("net.asev")] == [])


# -- Questions ----------------------------------------------------------------------------------------------------------


def test_hover_says_what_is_declared_what_words_mean_and_what_was_found(editor):
    editor.open("net.asev", NETWORK)
    editor.settled("net.asev")

    def says(part, after=0):
        found = editor.at("hover", "net.asev", *place(NETWORK, part, after))
        return "" if found is None else found["contents"]["value"]

    assert "`web` is a vm: a virtual machine" in says("web reaches")
    assert "ip 10.0.1.4" in says("web reaches")
    assert "`corp/apps` is a subnet" in says("corp/apps to", 6)
    assert "`corp` is a vnet" in says("corp/apps to", 1)
    assert "`nsg` of a subnet: the network security group on it" in says("nsg data-tier }")
    assert "- `address` (required)" in says("vnet corp")
    assert "HOLDS     SQL arrives" in says("check")
    assert "every flow is delivered" in says("reaches sql on tcp 1433")
    assert "needed by `SQL arrives`" in says('100 "SQL"')
    assert "needed by `nothing else`" in says('200 "rest"')
    assert says("{\n  address 10.0.0.0/16", 1) == ""
    broken = NETWORK + "check"
    editor.change("net.asev", broken)
    editor.settled("net.asev")
    assert says("check").startswith("`check`")
    assert "before the last edit:" in says("check")
    assert "needed by" not in says('100 "SQL"')


def test_hover_on_a_diagnostic_says_what_help_says(editor):
    text = NETWORK.replace("10.0.1.0/24", "10.0.1.7/24")
    editor.open("net.asev", text)
    assert editor.codes("net.asev") == ["host-bits-set"]
    found = editor.at("hover", "net.asev", *place(text, "10.0.1.7", 2))
    assert "**host-bits-set**" in found["contents"]["value"]


def test_definitions_references_and_highlights(editor):
    (editor.folder / "names.asev").write_text("service sql-port = tcp 1433\n")
    text = 'import "names"\n' + NETWORK.replace("reaches sql on tcp 1433", "reaches sql on sql-port")
    editor.open("net.asev", text)
    found = editor.at("definition", "net.asev", *place(text, "corp/data", 7))
    assert found["range"]["start"] == dict(zip(("line", "character"), place(text, "data {"), strict=True))
    found = editor.at("definition", "net.asev", *place(text, "sql-port", 2))
    assert (found["uri"], found["range"]["start"]) == (editor.uri("names.asev"), {"line": 0, "character": 8})
    assert editor.at("definition", "net.asev", *place(text, '"names"', 2))["uri"] == editor.uri("names.asev")
    where = place(text, "vm sql", 4)
    every = editor.at("references", "net.asev", *where, context={"includeDeclaration": True})
    assert sorted(one["range"]["start"]["line"] for one in every) == [9, 18, 19]
    uses = editor.at("references", "net.asev", *where, context={"includeDeclaration": False})
    assert sorted(one["range"]["start"]["line"] for one in uses) == [18, 19]
    assert [one["kind"] for one in editor.at("documentHighlight", "net.asev", *where)].count(3) == 1
    assert editor.at("definition", "net.asev", 2, 0) is None


def test_symbols_are_nested_as_the_text_is(editor):
    editor.open("net.asev", NETWORK)
    found = editor.of("documentSymbol", "net.asev")
    assert [one["name"] for one in found] == ["corp", "web", "sql", "data-tier", "SQL arrives", "nothing else"]
    assert [one["name"] for one in found[0]["children"]] == ["apps", "data"]
    assert [one["name"] for one in found[3]["children"][0]["children"]] == ["100 SQL", "200 rest"]


def test_of_a_long_file_no_single_rule_is_a_symbol(editor):
    rules = "".join(f"    {number} allow tcp from * to * port {number}\n" for number in range(100, 3200))
    text = f"{NETWORK}nsg long {{\n  inbound {{\n{rules}  }}\n}}\n"
    editor.open("net.asev", text)
    found = editor.of("documentSymbol", "net.asev")
    assert [one["name"] for one in found][-1] == "long"
    assert "children" not in found[-1]
    assert [one["name"] for one in found[0]["children"]] == ["apps", "data"]


# -- Changes ------------------------------------------------------------------------------------------------------------


def renamed(editor, text, part, after, name):
    edit = editor.at("rename", "net.asev", *place(text, part, after), newName=name)
    return None if edit is None else applied(text, edit["changes"][editor.uri("net.asev")])


def test_a_renamed_thing_is_renamed_wherever_it_is_named(editor):
    text = NETWORK + 'check "parts" 10.0.1.4 never reaches sql on tcp 23\ncheck web.ip reaches sql.ip on tcp 1433\n'
    editor.open("net.asev", text)
    assert renamed(editor, text, "sql.ip", 1, "db") == text.replace(" sql", " db")
    assert renamed(editor, text, "corp/data", 6, "store") == text.replace("subnet data", "subnet store").replace(
        "corp/data", "corp/store"
    )
    assert renamed(editor, text, "corp {", 1, "my net") == text.replace("vnet corp", 'vnet "my net"').replace(
        "corp/", '"my net"/'
    )
    assert renamed(editor, text, "web.ip", 1, "my web") == text.replace(" web ", ' "my web" ').replace("web.ip", '"my web".ip')
    assert renamed(editor, text, "sql.ip", 1, "web") is None
    assert "there is vm `web` already" in editor.messages[-1]
    assert editor.at("prepareRename", "net.asev", *place(text, "tcp")) is None


def test_a_name_of_several_files_is_renamed_in_all_of_them(editor):
    (editor.folder / "names.asev").write_text("service sql-port = tcp 1433\n")
    text = 'import "names" as n\n' + NETWORK.replace("reaches sql on tcp 1433", "reaches sql on n.sql-port")
    editor.open("net.asev", text)
    edit = editor.at("rename", "net.asev", *place(text, "n.sql-port", 4), newName="db-port")["changes"]
    assert applied(text, edit[editor.uri("net.asev")]) == text.replace("sql-port", "db-port")
    assert applied("service sql-port = tcp 1433\n", edit[editor.uri("names.asev")]) == "service db-port = tcp 1433\n"


def test_formatting_is_that_of_fmt_and_touches_no_more_lines_than_it_must(editor):
    text = NETWORK.replace("vm web {", "vm   web   {").replace('100 "SQL"  allow', '100   "SQL" allow')
    editor.open("net.asev", text)
    (edit,) = editor.of("formatting", "net.asev", options={"tabSize": 8, "insertSpaces": False})
    assert edit["range"]["start"]["line"] == 7
    laid_out = applied(text, [edit])
    assert "vm web {" in laid_out
    editor.change("net.asev", laid_out)
    assert editor.of("formatting", "net.asev", options={"tabSize": 8, "insertSpaces": False}) == []
    editor.change("net.asev", "vnet {")
    assert editor.of("formatting", "net.asev", options={"tabSize": 8, "insertSpaces": False}) is None


def test_a_proved_fix_is_applied(editor):
    text = NETWORK.replace("port 1433\n", "port 1434\n")
    editor.open("net.asev", text)
    (violated,) = editor.settled("net.asev")
    found = editor.of("codeAction", "net.asev", range=violated["range"], context={"diagnostics": [violated]})
    command = next(one["command"] for one in found if "command" in one)
    editor.ask("workspace/executeCommand", command=command["command"], arguments=command["arguments"])
    editor.until(lambda: editor.edits)
    fixed = applied(text, editor.edits[0]["changes"][editor.uri("net.asev")])
    editor.change("net.asev", fixed)
    assert editor.settled("net.asev") == []


# -- Completion ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "there", "not_there"),
    [
        ("", {"check", "vnet", "nsg"}, {"from", "allow"}),
        ("vnet v { ", {"address", "subnet", "peers"}, {"vip", "check"}),
        ("vnet v { address 10.1.0.0/16  subnet a { ", {"address", "nsg", "route-table"}, {"peers"}),
        ("vnet v { address 10.1.0.0/16  subnet a { nsg ", {"data-tier"}, {"web", "corp"}),
        ("vm x { subnet ", {"corp/apps", "corp/data"}, {"web", "corp"}),
        ("vm x { subnet corp/", {"corp/apps"}, {"web"}),
        ("ase e { version ", {"v1", "v2", "v3"}, {"web"}),
        ("nsg g { ", {"inbound", "outbound"}, {"address"}),
        ("nsg g { inbound { 100 ", {"allow", "deny"}, {"dnat", "tcp"}),
        ('nsg g { inbound { 100 "x" allow ', {"tcp", "any"}, {"allow"}),
        ("nsg g { inbound { 100 allow tcp ", {"from"}, {"to", "corp"}),
        ("nsg g { inbound { 100 allow tcp from ", {"corp/apps", "Internet", "web"}, {"data-tier", "from"}),
        ("nsg g { inbound { 100 allow tcp from web.", {"web.ip"}, {"web.vip"}),
        ("nsg g { inbound { 100 allow tcp from corp/apps ", {"to", "port"}, {"from"}),
        ("check ", {"web", "corp/apps", "Internet", "only", "nsg"}, {"data-tier", "from"}),
        ("check web ", {"reaches", "can reach", "never reaches"}, {"on", "web"}),
        ("check web reaches ", {"sql", "Internet"}, {"data-tier", "reaches"}),
        ("check web reaches sql ", {"on", "within region", "expect violated"}, {"reaches", "sql"}),
        ("check web reaches sql on ", {"https", "tcp"}, {"sql"}),
        ("check nsg ", {"data-tier"}, {"web"}),
        ('import "', {"std/services"}, {"check"}),
        ("// ", set(), {"check"}),
        ("/* a ", set(), {"check"}),
        ("check web reaches sql\n  ", {"on", "check", "vnet"}, {"sql"}),
        ("check nsg data-tier ", {"equals nsg", "has no dead rules"}, {"reaches"}),
        ("tag t = ", {"corp/apps"}, {"data-tier"}),
        ("route-table r { route 10.9.0.0/16 -> ", {"internet", "appliance"}, {"web"}),
        ("check web reaches sql via ", {"web"}, {"data-tier", "corp"}),
        ('check "', set(), {"web"}),
    ],
)
def test_what_may_stand_there_is_offered(shared, before, there, not_there):
    text = SERVICES + NETWORK + before
    shared.change("net.asev", text)
    line, character = text.count("\n"), len(text) - text.rfind("\n") - 1
    labels = {one["label"] for one in shared.at("completion", "net.asev", line, character)["items"]}
    assert there <= labels
    assert not not_there & labels


@pytest.fixture
def shared(editor):
    editor.open("net.asev", SERVICES + NETWORK)
    return editor
