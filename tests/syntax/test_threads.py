"""Several threads parse at once: the language server reads a text while it looks for names in another."""

from __future__ import annotations

import sys
from threading import Thread

import pytest

from asever.diagnostics import Diagnostics
from asever.source import SourceFile
from asever.syntax.parser import parse

RULES = (
    "nsg {0} {{ inbound {{\n"
    + "".join(f"  {number} allow tcp from 10.0.0.{{1}} to * port {number}\n" for number in range(100, 160))
    + "}} }}\n"
)


@pytest.fixture
def hurried():
    """Threads that take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_trees_and_places_are_those_of_the_own_text(hurried):
    found = {}

    def read(number):
        text = "\n" * number + RULES.format(f"group-{number}", number) + f"check group-{number} reachs\n"
        for _ in range(3):
            diagnostics = Diagnostics()
            tree = parse(SourceFile(f"{number}.asev", text), diagnostics)
            rules = tree.items[0].body.items[0].rules
            found.setdefault(number, set()).add(
                (
                    tree.items[0].name.span.text,
                    *(rule.sources[0].span.text for rule in rules),
                    *(rule.span.file.name for rule in rules),
                    *(one.primary.span.text for one in diagnostics),
                )
            )

    threads = [Thread(target=read, args=(number,)) for number in range(1, 5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 4
    for number, every in found.items():
        (mine,) = every
        assert mine[0] == f"group-{number}"
        assert set(mine[1:61]) == {f"10.0.0.{number}"}
        assert set(mine[61:121]) == {f"{number}.asev"}
        assert mine[121:] == ("s",)
