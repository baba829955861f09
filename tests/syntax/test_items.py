"""Texts are cut into items without parsing them."""

from __future__ import annotations

from asever.syntax.items import PieceKind, cut, is_balanced


def pieces(text):
    return [(one.kind, text[one.start : one.end]) for one in cut(text)]


def test_an_item_begins_with_the_first_word_of_a_line_and_no_other():
    words = " ".join(["to", "nsg", "10"] * 50)
    first = f"vnet a {words},\nnsg b {{\n1 {words} vnet\n}}"
    second = f"tag c d\nnonsense {words}"
    assert pieces(f"{first} {second}\ncheck e") == [
        (PieceKind.ITEM, first),
        (PieceKind.ITEM, second),
        (PieceKind.ITEM, "check e"),
    ]


def test_what_begins_no_item_is_its_first_word():
    assert pieces("what is this 10\ncheck e") == [(PieceKind.NO_ITEM, "what"), (PieceKind.ITEM, "check e")]


def test_brackets_count_between_words():
    assert is_balanced("a 1 b (c 2 { d } e) f")
    assert not is_balanced("a 1 b (c 2 { d e) f")
