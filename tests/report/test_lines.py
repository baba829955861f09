"""Lines are broken as `textwrap` breaks them."""

from __future__ import annotations

import textwrap
from random import Random

import pytest

from asever.report.lines import wrapped

LETTERS = "ab-—é.,/\t \u00a0"


@pytest.mark.parametrize("seed", range(3))
def test_a_text_is_broken_where_textwrap_breaks_it(seed):
    chance = Random(seed)
    for _ in range(500):
        words = ["".join(chance.choices(LETTERS, k=chance.choice((1, 2, 3, 5, 9, 30)))) for _ in range(chance.randrange(1, 25))]
        text = " ".join(words).strip()
        first, width = " " * chance.randrange(12) + chance.choice(("", "x: ", ">  100  ")), chance.randrange(1, 90)
        rest = chance.choice((" " * len(first), " " * chance.randrange(30), "// "))
        expected = textwrap.wrap(
            text,
            width=max(width, len(first) + 20),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        assert wrapped(text, first=first, rest=rest, width=width) == (expected or [first.rstrip()])
