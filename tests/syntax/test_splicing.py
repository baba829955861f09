"""Edits inside long lists of rules: the tree and all its places are those of the text read anew, and little of it is parsed."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from random import Random

import pytest

from asever.diagnostics import Diagnostics
from asever.record import fields
from asever.source import SourceFile
from asever.syntax import nodes, splicing
from asever.syntax.parser import parse, parse_once
from asever.syntax.retained import Originals, Retained

sys.path += [str(Path(__file__).parents[2] / "bench"), str(Path(__file__).parents[1] / "session")]

from edits import edited_in_lists
from generated import rules

NUMBER = 40
FIRST = "\n".join(rules(NUMBER, 1))
SECOND = "\n".join(rules(NUMBER, 2))
ROUTES = '  route "out" 0.0.0.0/0 -> internet\n'
TWO_LISTS = f"""// of one
nsg one {{
 inbound {{
{FIRST}
 }}
 outbound {{
{SECOND}
 }}
}}
nsg two {{ inbound {{
{FIRST}
}} }}"""
TEXTS = {
    "one list": f"vnet corp {{ address 10.0.0.0/8 }}\nnsg one {{ inbound {{\n{FIRST}\n}} }}\ncheck corp reaches 10.0.0.1\n",
    "two lists": TWO_LISTS,
    "with comments": f"nsg one {{ /* {{ */ inbound {{ // }}\n{FIRST},}} inbound {{ {SECOND} }} }}\nasg a",
    "admin rules": f"admin-rules one {{ applies-to a, b\n inbound {{\n{FIRST}\n }}\n priority 1 }}\n",
}


def parts(one, path=""):
    """Every node of a tree with where it stands in the whole file."""
    if isinstance(one, nodes.Node):
        span = one.span
        yield path, type(one).__name__, span.place, span.end - span.start, span.text, str(span)
        for name in fields(one)[1:]:
            yield from parts(getattr(one, name), f"{path}.{name}")
    elif isinstance(one, tuple):
        for index, each in enumerate(one):
            yield from parts(each, f"{path}[{index}]")
    else:
        yield path, repr(one)


def read(text, how):
    found = Diagnostics()
    tree = how(SourceFile("one.asev", text), found)
    return [part for item in tree.items for part in parts(item)], [(one.code, str(one.primary.span)) for one in found]


@pytest.fixture
def lengths(monkeypatch):
    """How long the texts were that were parsed inside lists."""
    found = []

    def noting(file, start, end, real=splicing.sound_item):
        found.append(end - start)
        return real(file, start, end)

    monkeypatch.setattr(splicing, "sound_item", noting)
    return found


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("seed", range(2))
def test_a_text_edited_in_a_list_reads_as_it_does_anew(name, seed, lengths):
    chance, retained, text = Random(seed), Retained(), TEXTS[name]
    sound, before = 0, text
    for _ in range(20):
        told = read(text, retained.parse)
        assert told == read(text, parse), text
        sound += not told[1]
        text = before = before if told[1] else text
        for _ in range(chance.choice((1, 1, 1, 2))):
            text = edited_in_lists(text, chance)
    assert sound > 5
    assert len(lengths) > 5


def shape(told):
    """What was read, but for places."""
    return [part if len(part) == 2 else (*part[:2], part[4]) for part in told[0]], [code for code, _ in told[1]]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("seed", range(2))
def test_an_edit_that_is_tried_reads_as_it_does_anew_whatever_was_tried_before(name, seed, lengths):
    chance, originals = Random(seed), Originals(parse_once)
    first = read(TEXTS[name], originals.parse)
    sound = 0
    for _ in range(20):
        text = edited_in_lists(TEXTS[name], chance)
        told = read(text, originals.parse)
        assert shape(told) == shape(read(text, parse)), text
        sound += not told[1]
    assert sound > 5
    assert len(lengths) > 5
    assert read(TEXTS[name], originals.parse) == first == read(TEXTS[name], parse)


def test_an_edit_that_is_tried_leaves_other_rules_where_they_were(lengths):
    text = f"nsg one {{ inbound {{\n{FIRST}\n}} }}\n"
    originals = Originals()
    first = rule_nodes(originals.parse(SourceFile("one.asev", text), Diagnostics()))
    places = [(one.span.file, one.span.start) for one in first]
    for number in (20, 0, NUMBER - 2):
        again = re.sub(rf"(?m)^  {100 + number} .*", f"  {100 + number} deny udp from 10.9.0.0/24 to * port 9999", text)
        second = rule_nodes(originals.parse(SourceFile("one.asev", again), Diagnostics()))
        assert [one is other for one, other in zip(first, second, strict=True)] == [at != number for at in range(NUMBER)]
        assert second[number].span.file.text == again
        assert second[number].span.text.endswith("port 9999")
    assert [(one.span.file, one.span.start) for one in first] == places
    assert max(lengths) < 4 * len(max(text.split("\n"), key=len))


def rule_nodes(tree):
    return [rule for item in tree.items if isinstance(item, nodes.Declaration) for one in item.body.items for rule in one.rules]


def test_an_edit_of_one_rule_parses_it_and_its_neighbours(lengths):
    text = f"nsg one {{ inbound {{\n{FIRST}\n}} }}\n"
    retained = Retained()
    first = rule_nodes(retained.parse(SourceFile("one.asev", text), Diagnostics()))
    again = re.sub(r"(?m)^  120 .*", "  120 deny udp from 10.9.0.0/24 to * port 9999", text)
    second = rule_nodes(retained.parse(SourceFile("one.asev", again), Diagnostics()))
    (length,) = lengths
    assert length < 4 * len(max(text.split("\n"), key=len))
    assert [one is other for one, other in zip(first, second, strict=True)] == [number != 20 for number in range(NUMBER)]


def test_a_moved_rule_is_parsed_with_what_it_passed(lengths):
    lines = f"nsg one {{ inbound {{\n{FIRST}\n}} }}\n".split("\n")
    retained = Retained()
    first = rule_nodes(retained.parse(SourceFile("one.asev", "\n".join(lines)), Diagnostics()))
    lines.insert(10, lines.pop(13))
    second = rule_nodes(retained.parse(SourceFile("one.asev", "\n".join(lines)), Diagnostics()))
    assert len(lengths) == 1
    assert set(map(id, first)) == set(map(id, second))
    assert [one.priority.low for one in second[8:13]] == [108, 112, 109, 110, 111]


LOOKS_LIKE_AN_EDIT = pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  120 ", "  /* 120 "),  # the comment ends far behind
        ("  120 ", "  } outbound { 120 "),
        ("  120 ", "  } asg b nsg two { inbound { 120 "),
        ("  120 ", "  120 allow tcp from a to b port 1, "),  # goes on with the number of the rule behind it
        ("  120 ", "  120 allow tcp from a to b, /* } */ "),
        ("\n}", " // }"),
        ("\n}", " /* */ }"),
        ("\n}", ",}"),
        ("\n}", "\n101 allow tcp from a to b port 80, // }\n}"),
    ],
)


@LOOKS_LIKE_AN_EDIT
def test_what_only_looks_like_an_edit_of_a_rule_is_not_taken_for_one(old, new):
    retained, text = Retained(), f"nsg one {{ inbound {{\n{FIRST}\n}}\n /* a */ }}\n/* b */ check a reaches b\n"
    read(text, retained.parse)
    changed = text.replace(old, new, 1)
    assert changed != text
    assert read(changed, retained.parse) == read(changed, parse)
    assert read(text, retained.parse) == read(text, parse)


@LOOKS_LIKE_AN_EDIT
def test_what_only_looks_like_an_edit_of_a_rule_is_not_tried_as_one(old, new):
    originals, text = Originals(), f"nsg one {{ inbound {{\n{FIRST}\n}}\n /* a */ }}\n/* b */ check a reaches b\n"
    read(text, originals.parse)
    changed = text.replace(old, new, 1)
    assert shape(read(changed, originals.parse)) == shape(read(changed, parse))
