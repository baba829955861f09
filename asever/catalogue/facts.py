"""Facts of Azure that answers point to."""

from __future__ import annotations

from asever.catalogue.entries import Entry

FACTS: tuple[Entry, ...] = ()
