"""Azure's published list of service tags, read lazily: only the entries of the tags in use are parsed.

The list has 4 MB and most programs name three of its three thousand tags, so the text is searched and no tree is built of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from asever.diagnostics import Diagnostic, Diagnostics
from asever.importers import json_text
from asever.importers.arm.mistakes import MistakeError
from asever.importers.budget import Budget
from asever.importers.network import words
from asever.importers.tree import Value
from asever.source import SourceFile, Span
from asever.syntax import nodes

COST: Final = 8
"""Steps that a prefix counts for, and a tag: both are read again by whoever asks what the tag holds."""

_HEAD = 400
# The heads of an entry, in whichever order and with whatever white space.
_ENTRY = re.compile(
    r'\{\s*"name"\s*:\s*"([^"\\]+)"\s*,\s*"id"\s*:\s*"[^"\\]+"\s*,\s*(?:"serviceTagChangeNumber"[^,]*,\s*)?"properties"'
)


def is_list(text: str) -> bool:
    """Whether a text begins like Azure's list of service tags."""
    head = text[:_HEAD]
    return '"changeNumber"' in head and '"cloud"' in head and '"values"' in head


def tags(file: SourceFile, names: Collection[str], diagnostics: Diagnostics, budget: Budget) -> tuple[nodes.Tag, ...]:
    """The tags of the list that are in `names` (in lower case), with their prefixes."""
    return tuple(_tags(file, names, diagnostics, budget))


def _tags(file: SourceFile, names: Collection[str], diagnostics: Diagnostics, budget: Budget) -> Iterator[nodes.Tag]:
    at = 0
    while (found := _ENTRY.search(file.text, at)) is not None:
        at = found.end()
        if found[1].casefold() not in names:
            continue
        value = json_text.parse_from(file, found.start(), budget)
        if isinstance(value, Diagnostic):
            diagnostics.add(value)
            return
        at = value.span.end if value.span is not None else at
        try:
            yield _tag(value, found[1], Span(file, *found.span(1)), budget)
        except MistakeError as wrong:
            diagnostics.add(wrong.diagnostic)
            return


def _tag(value: Value, name: str, span: Span, budget: Budget) -> nodes.Tag:
    listed = value.at("properties", "addressPrefixes")
    budget.spend(COST * (1 + len(listed.items) if listed is not None else 1), span)
    found = (words.addresses(one.text or "", one.span or span) for one in (listed.items if listed is not None else ()))
    return nodes.Tag(span=span, name=words.name(name, span), addresses=tuple(one for one in found if one is not None))
