"""All entries of the catalogue."""

from __future__ import annotations

from asever.catalogue.checks import CHECKS
from asever.catalogue.entries import Entry
from asever.catalogue.facts import FACTS
from asever.catalogue.foreign import FOREIGN
from asever.catalogue.lint import LINT
from asever.catalogue.network import NETWORK
from asever.catalogue.syntax import SYNTAX

ENTRIES: dict[str, Entry] = {entry.code: entry for entry in (*SYNTAX, *NETWORK, *FOREIGN, *CHECKS, *LINT, *FACTS)}

__all__ = ["ENTRIES", "FACTS"]
