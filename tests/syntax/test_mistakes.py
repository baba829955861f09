"""Mistakes: each is said where it is, in words, and none hides another."""

import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asever.diagnostics import Diagnostics
from asever.source import SourceFile
from asever.syntax.parser import MOST_ERRORS, parse

LAYERED = (Path(__file__).resolve().parents[2] / "examples" / "layered.asev").read_text(encoding="utf-8")


def found(text):
    diagnostics = Diagnostics()
    parse(SourceFile("test.asev", text), diagnostics)
    return list(diagnostics)


CASES = {
    "nsg g { inbound {\n 100 allow tcp form * to *\n} }": ("expected-from", 2, "form", "did you mean `from`?"),
    "nsg g { inbound {\n 100 allow tcp from * port 80\n 200 deny any from * to *\n} }": ("expected-to", 2, "0", ""),
    "check one reach two": ("expected-verb", 1, "two", "did you mean `reaches`?"),
    "check my vm reaches two": ("expected-verb", 1, "reaches", "`vm` before it is no verb"),
    "chek a reaches b": ("unknown-item", 1, "chek", "did you mean `check`?"),
    "check a can reaches b": ("unknown-keyword", 1, "reaches", "did you mean `reach`?"),
    "check nsg a equals b": ("expected-nsg", 1, "b", ""),
    "route-table t {\n route 0.0.0.0/0 internet\n}": ("expected-arrow", 2, "internet", ""),
    "route-table t {\n route 0.0.0.0/0 -> appliance\n}": ("missing-appliance", 3, "}", ""),
    "vm 1x { ip 10.0.0.4 }": ("unexpected", 1, "1x", "a name is awaited"),
    'nsg g { inbound {\n 100 "web allow tcp from * to *\n} }': ("unclosed-string", 2, '"web allow tcp from * to *', ""),
    "vnet v {\n address 10.0.0.0/16\n": ("unclosed-block", 1, "{", ""),
    "/* never ends": ("unclosed-comment", 1, "/*", ""),
    "vnet v { address 10.0.0.5/16 }": ("host-bits-set", 1, "10.0.0.5/16", "write 10.0.0.0/16"),
    "service s = tcp 80, 99999": ("port-out-of-range", 1, "99999", ""),
    "service s = 80": ("port-without-protocol", 1, "80", ""),
}


@pytest.mark.parametrize("text", CASES)
def test_a_mistake_is_said_where_it_is(text):
    code, line, spot, label = CASES[text]
    first = found(text)[0]

    assert first.code == code
    assert first.primary.span.line == line
    assert first.primary.span.text == spot
    assert label in first.primary.text


def test_one_mistake_hides_no_other():
    text = LAYERED.replace("tcp from 10.0.1.0/26", "tcp form 10.0.1.0/26").replace("one reaches Internet", "one reach Internet")
    text = text.replace("ip 10.0.3.4", "ip 10.0.300.4")

    assert [one.code for one in found(text)] == ["bad-address", "expected-from", "expected-verb"]


def test_several_mistakes_in_one_block_are_all_said():
    text = (
        "nsg g {\n inbound {\n  100 allow tcp form * to *\n  110 allow tcp from * to * port 80\n  120 allow tcp from *\n }\n}\n"
    )

    assert [(one.code, one.primary.span.line) for one in found(text)] == [("expected-from", 3), ("expected-to", 5)]


def test_what_has_no_mistake_is_understood_beside_what_has():
    diagnostics = Diagnostics()
    tree = parse(SourceFile("test.asev", "vm x {\nservice s = tcp 80\ncheck a reach b\ncheck c reaches d\n"), diagnostics)

    assert [type(one).__name__ for one in tree.items if type(one).__name__ != "Declaration"] == ["Service", "Check"]


@given(st.text(alphabet=string.printable, max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_text_raises(text):
    found(text)


@given(st.integers(0, 10**9))
@settings(max_examples=150, deadline=None)
def test_no_damaged_program_raises(seed):
    draw = random.Random(seed)
    text = list(LAYERED)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(text))
        action = draw.choice(["cut", "drop", "put", "double"])
        if action == "cut":
            del text[at:]
            text = text or [" "]
        elif action == "drop":
            del text[at : at + draw.randint(1, 30)]
            text = text or [" "]
        elif action == "put":
            text[at:at] = draw.choice(["{", "}", '"', "/*", "//", ",", "->", "check ", "\n", "10.0.0.0/8", "€"])
        else:
            text[at:at] = text[at : at + draw.randint(1, 60)]
    found("".join(text))


@pytest.mark.parametrize(
    "text",
    [
        "x y z { } \n" * 900_000,
        "a " * 5_000_000,
        "vnet v " + "{ subnet a " * 10_000,
        "{" * 1_000_000,
        "apply x" + "(" * 100_000,
        '"' * 1_000_000,
        "/*" * 1_000_000,
        "nsg g { inbound {\n" + "100 alow tcp form * to *\n" * 100_000 + "} }",
        "vnet\0",
    ],
    ids=["lines", "words", "blocks", "braces", "brackets", "quotes", "comments", "rules", "zero"],
)
def test_hostile_input_is_refused_fast(text):
    started = time.perf_counter()
    errors = found(text)

    assert 0 < len(errors) <= MOST_ERRORS + 1
    assert time.perf_counter() - started < 8  # less than a second alone; busy machines test too
