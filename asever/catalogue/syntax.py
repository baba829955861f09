"""Codes of the parser."""

from __future__ import annotations

from asever.catalogue.entries import Entry

SYNTAX: tuple[Entry, ...] = ()
