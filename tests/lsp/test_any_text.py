"""Whatever a text holds and however it is edited: the server lives, and says what a fresh one says of the same text."""

from __future__ import annotations

import string
from random import Random

import pytest

from tests.lsp.client import Client
from tests.session.edits import edited, edited_in_lists
from tests.session.test_same_as_fresh import BASES, LISTS

LETTERS = string.printable + '\0\x0c\x85\u2028äß漢😀\ufeff{}"/*'
PIECES = [
    '"',
    "{",
    "}",
    "/*",
    "*/",
    "//",
    "\n",
    "\r\n",
    "\x0c",
    "nsg g {",
    "check ",
    " reaches ",
    "10.0.0.0/33",
    "99999",
    "😀",
    "\u2028",
]
QUESTIONS = ("hover", "definition", "documentHighlight", "completion", "prepareRename")
EARLIER = "(before the last edit)"
EVERYTHING = {"start": {"line": 0, "character": 0}, "end": {"line": 10_000, "character": 0}}


def mangled(text, chance):
    """A text with something typed, pasted or deleted, most likely a mistake."""
    start = chance.randrange(len(text) + 1)
    end = min(len(text), start + chance.choice((0, 0, 1, 3, 40)))
    new = chance.choice((chance.choice(PIECES), chance.choice(LETTERS), text[start : start + 30], ""))
    return text[:start] + new + text[end:]


def told(diagnostics):
    return sorted(repr(one) for one in diagnostics)


@pytest.mark.parametrize("base", [*BASES, "lists"])
def test_after_any_edits_is_shown_what_a_fresh_server_shows(tmp_path, base):
    chance = Random(base)
    change = edited_in_lists if base == "lists" else edited
    files = dict(LISTS if base == "lists" else BASES[base])
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Client(tmp_path) as old, Client(tmp_path) as new:
        for name in files:
            old.open(name)
        for _ in range(8):
            for _ in range(chance.choice((1, 1, 2, 5))):
                name = chance.choice(list(files))
                before = files[name]
                files[name] = mangled(before, chance) if chance.random() < 0.4 else change(before, chance)
                old.change(name, files[name])
                if chance.random() < 0.3:
                    files[name] = before
                    old.change(name, before)
                while old.take(chance.choice((0, 0.1, 0.3))):
                    pass
            for name, text in files.items():
                new.open(name, text)
            # What is shown for the last version of a file may yet be about earlier texts of others: for this one it is not.
            for name, text in files.items():
                old.change(name, text)
                new.change(name, text)
            for name in files:
                mine, fresh = old.settled(name), new.settled(name)
                # What lint says is said once a file is opened or saved, and only then.
                assert told(verdicts(mine)) == told(verdicts(fresh)), (name, files)
            for name in files:
                new.close(name)
        assert old.messages == new.messages == []


def verdicts(diagnostics):
    from asever.catalogue.lint import LINT  # noqa: PLC0415

    lint = {one.code for one in LINT}
    return [one for one in diagnostics if one["code"] not in lint and not one["message"].endswith(EARLIER)]


HOSTILE = {
    "nothing": "",
    "blank": " \n\t\n",
    "zero bytes": "vnet a\0 { }\n\0",
    "a byte order mark": "\ufeffvnet a { address 10.0.0.0/8 }\ncheck b reaches a",
    "half of a pair": "vnet \ud800 { address 10.0.0.0/8 }\ncheck \udc00 reaches a",
    "form feeds": "vnet a {\x0c address\x85 10.0.0.0/8 \u2028}\n\x0ccheck a reaches b",
    "deep": "vnet a " + "{ subnet b " * 3000,
    "brackets": "(" * 5000 + "}" * 5000,
    "one long line": "nsg g { inbound { " + "100 allow tcp from * to * " * 3000,
    "open comment": "vnet a { address 10.0.0.0/8 } /* ",
    "open string": 'check "a reaches b\ncheck "b',
    "imports itself": 'import "hostile"\nvnet a { address 10.0.0.0/8 }',
    "imports anything": 'import "/dev/zero"\nimport "\0"\nimport "..\\..//"\nimport "std/"\nimport ""\n',
    "line ends": "vnet a { address 10.0.0.0/8 }\r\nvm b { subnet a/c ip 10.0.0.4 }\rcheck a reaches b\n",
    "a digit of another script": "nsg g { inbound { ١٠٠ allow tcp from * to * port ٤٤٣ } }",  # noqa: RUF001
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Client(tmp_path_factory.mktemp("hostile")) as one:
        yield one


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_harms_the_server(server, tmp_path, name):
    text = HOSTILE[name]
    chance = Random(name)
    with server.folder_of(tmp_path):
        server.open("hostile.asev", text)
        for _ in range(12):
            line, character = chance.randrange(text.count("\n") + 3), chance.randrange(80)
            server.at(chance.choice(QUESTIONS), "hostile.asev", line, character)
        server.at("references", "hostile.asev", 0, 6, context={"includeDeclaration": True})
        server.at("rename", "hostile.asev", 0, 6, newName="other")
        server.of("documentSymbol", "hostile.asev")
        server.of("inlayHint", "hostile.asev", range=EVERYTHING)
        server.of("codeAction", "hostile.asev", range=EVERYTHING, context={"diagnostics": []})
        server.of("formatting", "hostile.asev", options={"tabSize": 2, "insertSpaces": True})
        server.settled("hostile.asev")
        assert not [one for one in server.messages if "internal error" in one]


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1), (None, 2)])
def test_columns_are_counted_as_the_editor_counts(tmp_path, encoding, units):
    text = 'vnet "😀" { address 10.0.0.0/16  subnet a { address 10.0.1.0/24 } }\ncheck "😀"/a reaches "😀"/b on tcp 1\n'
    with Client(tmp_path, encodings=[encoding] if encoding else None) as editor:
        assert editor.can["positionEncoding"] == (encoding or "utf-16")
        editor.open("net.asev", text)
        (wrong,) = editor.settled("net.asev")
        assert wrong["code"] == "unknown-name"
        start = len('check ""/a reaches ') + units
        assert wrong["range"]["start"] == {"line": 1, "character": start}
        assert wrong["range"]["end"] == {"line": 1, "character": start + 4 + units}
        found = editor.at("definition", "net.asev", 1, len('check ""/') + units)
        assert found["range"]["start"] == {"line": 0, "character": len('vnet "" { address 10.0.0.0/16  subnet ') + units}


def test_a_place_beyond_the_text_is_its_end(tmp_path):
    with Client(tmp_path) as editor:
        editor.open("net.asev", "vnet a { address 10.0.0.0/16 }")
        assert editor.at("hover", "net.asev", 999, 999) is None
        assert editor.at("hover", "net.asev", 0, 999) is None


def test_what_is_not_a_file_is_checked_too(tmp_path):
    with Client(tmp_path) as editor:
        item = {"uri": "untitled:Untitled-1", "languageId": "asev", "version": 1, "text": "vnet a { }"}
        editor.tell("textDocument/didOpen", textDocument=item)
        editor.until(lambda: "untitled:Untitled-1" in editor.shown)
        assert [one["code"] for one in editor.shown["untitled:Untitled-1"]] == ["missing-attribute"]
