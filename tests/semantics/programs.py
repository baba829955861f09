"""Programs in a few lines, for tests of what a text means and of what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from asever.diagnostics import Diagnostic
from asever.model.claims import Check
from asever.model.program import Program
from asever.model.things import Network
from asever.semantics.loading import load_program

NET = """
vnet v {
  address 10.0.0.0/16
  subnet a { address 10.0.1.0/24 }
  subnet b { address 10.0.2.0/24 }
}
"""
PAIR = NET + "vm x { subnet v/a  ip 10.0.1.4 }\nvm y { subnet v/b  ip 10.0.2.4 }\n"
ENVIRONMENT = NET + "ase e { version v2  subnet v/a  vip 40.1.1.1 }\n"


def program(text: str, *, name: str = "spec.asev") -> Program:
    """A program without errors."""
    loaded, diagnostics = load_program(Path(name), text=text)
    assert loaded is not None, [f"{one.primary.span if one.primary else ''} {one.message}" for one in diagnostics]
    return loaded


def network(text: str) -> Network:
    return program(text).network


def checks(text: str) -> tuple[Check, ...]:
    return program(text).checks


def problems(text: str) -> list[Diagnostic]:
    """What is wrong with a text, warnings included."""
    return list(load_program(Path("spec.asev"), text=text)[1])


def codes(text: str) -> list[str]:
    return [one.code for one in problems(text)]


def problem(text: str) -> Diagnostic:
    """The only thing that is wrong with a text."""
    (one,) = problems(text)
    return one


def marked(one: Diagnostic) -> str:
    """The text that a diagnostic points to."""
    assert one.primary is not None
    return one.primary.span.text


def rules(*written: str, direction: str = "inbound") -> str:
    """An nsg with these rules."""
    return f"nsg g {{\n  {direction} {{\n    " + "\n    ".join(written) + "\n  }\n}\n"
