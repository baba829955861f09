"""Trees that are kept between runs are those that a parse gives; whatever happens to what is kept, only time is lost."""

import marshal
import os
import stat
from pathlib import Path

import pytest
from lark.lexer import BasicLexer

from asever import cache
from asever.diagnostics import Diagnostics
from asever.record import fields
from asever.source import SourceFile
from asever.syntax import lexing, nodes, parser
from asever.syntax.parser import parse

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted([*ROOT.glob("examples/**/*.asev"), *ROOT.glob("specs/*.asev")])
TEXT = """
// a comment before
vnet corp { address 10.0.0.0/8  subnet data { address 10.16.0.0/24  nsg entering } }
nsg entering { inbound {
  100 "from the web" allow tcp from 10.1.0.0/16, 10.2.0.4 to * port 443, 8000-8080
} }
check corp/data can reach 10.1.0.4 on tcp 443
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(cache.SWITCH, raising=False)
    return tmp_path / "asever"


@pytest.fixture
def parses(monkeypatch):
    """Every start symbol that lark is asked for from now on."""
    asked = []
    real = parser._parser  # noqa: SLF001 - what is counted

    def counting(start):
        asked.append(start)
        return real(start)

    monkeypatch.setattr(parser, "_parser", counting)
    return asked


def tree(text, name="net.asev"):
    found = Diagnostics()
    return parse(SourceFile(name, text), found), tuple(found)


def places(node):
    """Every node of a tree with its place, in order."""
    if isinstance(node, nodes.Node):
        yield type(node), node.span.file.name, node.span.start, node.span.end
        for name in fields(node):
            yield from places(getattr(node, name))
    elif isinstance(node, tuple):
        for one in node:
            yield from places(one)


def same(one, other):
    return one == other and repr(one) == repr(other) and list(places(one.items)) == list(places(other.items))


def kept(folder):
    return sorted(folder.glob("*.kept"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_file_that_is_read_again_has_the_same_tree_and_the_same_mistakes(path, parses):
    text = path.read_text()
    first, mistakes = tree(text)
    before = len(parses)
    again, still = tree(text)
    assert same(first, again)
    assert [one.message for one in mistakes] == [one.message for one in still]
    assert mistakes or len(parses) == before


@pytest.fixture
def slow(monkeypatch):
    """From when it is called: lark with the lexer that it brings, and no piece of a text parsed before the whole."""

    def begin():
        monkeypatch.setenv(cache.SWITCH, "off")
        monkeypatch.setattr(lexing.QuickLexer, "lex", BasicLexer.lex)
        monkeypatch.setattr(parser, "_LONG", 0)

    return begin


def said(mistakes):
    return [(one.code, one.message, one.help, one.primary.span.start, one.primary.span.end) for one in mistakes]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_quick_way_gives_the_tree_and_the_mistakes_that_lark_gives(path, slow):
    text = path.read_text()
    quick, mistakes = tree(text)
    slow()
    whole, others = tree(text)
    assert same(quick, whole)
    assert said(mistakes) == said(others)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "\ufeff",
        "\x0b// a\n",
        "asg a // b",
        "asg a /* b",
        "asg a %",
        "% asg a",
        "asg a\n\f",
        "asg \u00e4",
        "asg a asg b",
        "check a reaches\ncheck on tcp 80\nasg a",
        "check a reaches\ncheck",
        "check a reaches // b\n",
        "asg a\ttag b = 10.0.0.1 }",
        "vnet a {\nservice b\n}",
        "vnet a { address 10.0.0.0/8 } check a",
        'tag a = 10.0.0.1\ncheck "x',
        "tag a = 10.0.0.0/33",
        "tag a = 10.0.0.1,\ntag b = 10.0.0.2",
    ],
)
def test_the_quick_way_ends_where_lark_does(text, slow):
    quick, mistakes = tree(text)
    slow()
    whole, others = tree(text)
    assert quick == whole
    assert said(mistakes) == said(others)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_file_with_new_items_has_the_tree_of_a_whole_parse(path, monkeypatch):
    text = path.read_text()
    tree("vnet other { address 10.0.0.0/8 }")  # something is known of the file, and nothing of these items
    by_item, mistakes = tree(text)
    monkeypatch.setenv(cache.SWITCH, "off")
    monkeypatch.setattr(parser, "_LONG", 0)
    whole, others = tree(text)
    assert same(by_item, whole)
    assert [one.message for one in mistakes] == [one.message for one in others]


def test_only_the_item_that_changed_is_parsed_and_others_move(parses):
    tree(TEXT)
    parses.clear()
    changed = "tag new = 10.9.0.0/16\n" + TEXT.replace("port 443,", "port 444,")
    found, _ = tree(changed)
    assert parses == ["one", "one"]
    parses.clear()
    assert same(found, tree(changed, "elsewhere.asev")[0].__class__(file=found.file, items=found.items))
    fresh, _ = tree(changed, "elsewhere.asev")
    assert found == fresh
    assert [place[2:] for place in places(found.items)] == [place[2:] for place in places(fresh.items)]


def test_rules_of_a_long_list_are_made_when_one_is_asked_for(monkeypatch):
    rules = "".join(
        f'  {number} "rule {number}" deny any from * to 10.0.0.{number} port {number}\n' for number in range(100, 200)
    )
    text = TEXT + f"nsg long {{ outbound {{\n{rules}}} inbound {{ 100 deny any from * to * }} }}\n"
    first, _ = tree(text)
    unpacked = []
    real = cache.unsqueezed
    monkeypatch.setattr(cache, "unsqueezed", lambda data: unpacked.append(len(data)) or real(data))
    again, _ = tree(text)
    lists = again.items[-1].body.items
    assert [one.direction for one in lists] == ["outbound", "inbound"]
    assert [len(lists[1].rules), lists[0].span.text[:10]] == [1, "outbound {"]
    assert not unpacked
    assert lists[0].rules[7] is lists[0].rules[7]
    assert same(first, again)
    assert len(unpacked) == 1


def test_a_file_with_a_mistake_is_not_kept(folder):
    _, mistakes = tree(TEXT + "check data reaches\n")
    assert mistakes
    _, mistakes = tree("tag x = 10.0.0.1/8\n")  # the grammar admits it, the language does not
    assert mistakes
    assert not kept(folder)


def test_two_items_in_a_line_are_found_after_a_change():
    tree(TEXT)
    found, mistakes = tree(TEXT + "asg a asg b\n")
    assert not mistakes
    assert [type(one).__name__ for one in found.items][-2:] == ["Declaration", "Declaration"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"\x80\x04cos\nsystem\n" + data,
        lambda data: data[: len(b"asever kept 1\n")] + cache.digest(b"no marshal") + b"no marshal",
        lambda data: data[: len(b"asever kept 1\n")] + cache.digest(marshal.dumps(7)) + marshal.dumps(7),
    ],
)
def test_what_is_damaged_is_as_good_as_missing(folder, damage):
    first, _ = tree(TEXT)
    (path,) = kept(folder)
    path.write_bytes(damage(path.read_bytes()))
    again, mistakes = tree(TEXT)
    assert same(first, again)
    assert not mistakes


@pytest.mark.skipif(os.name == "nt", reason="there, folders of users are their own")
def test_what_others_can_write_is_not_read(folder, parses):
    tree(TEXT)
    (path,) = kept(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    path.chmod(0o666)
    parses.clear()
    tree(TEXT)
    assert parses
    assert stat.S_IMODE(kept(folder)[0].stat().st_mode) == 0o600
    folder.chmod(0o777)
    tree(TEXT)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_not_followed(folder, tmp_path, parses):
    tree(TEXT)
    (path,) = kept(folder)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    parses.clear()
    tree(TEXT)
    assert parses


def test_nothing_is_kept_when_it_is_switched_off(folder, monkeypatch):
    monkeypatch.setenv(cache.SWITCH, "off")
    tree(TEXT)
    assert not folder.exists()


@pytest.mark.parametrize("base", ["/dev/null", "relative", "\0"])
def test_without_a_folder_everything_is_parsed(base, monkeypatch):
    monkeypatch.setattr(cache.os, "environ", {"XDG_CACHE_HOME": base, "HOME": "/dev/null"})
    first, _ = tree(TEXT)
    again, _ = tree(TEXT)
    assert same(first, again)


def test_the_folder_stays_small(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_FILES", 3)
    for number in range(8):
        tree(TEXT, f"{number}.asev")
    assert len(kept(folder)) == 3


def test_a_change_of_what_decides_about_trees_forgets_them(monkeypatch, parses):
    tree(TEXT)
    monkeypatch.setattr("asever.syntax.kept._deciding", lambda: b"another version")
    parses.clear()
    tree(TEXT)
    assert parses
