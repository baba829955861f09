"""Codes of names, attributes, values, the network and checks."""

from __future__ import annotations

from asever.catalogue.entries import Entry

NETWORK: tuple[Entry, ...] = ()
