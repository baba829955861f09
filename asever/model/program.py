"""A whole program after loading: the declared network and the checks, in the order of the file."""

from __future__ import annotations

from collections.abc import Mapping

from asever.diagnostics import Diagnostic
from asever.model.claims import Check
from asever.model.things import Network
from asever.record import field, record
from asever.source import SourceFile


@record
class Program:
    """`files` are the main file and everything it imports; `warnings` are diagnostics that did not stop the load.

    `settings` are the values that it was loaded with, by name.
    """

    network: Network
    checks: tuple[Check, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    files: tuple[SourceFile, ...] = field(default=(), repr=False)
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
