"""Azure's published list of service tags, read lazily: only the entries of the tags in use are parsed.

The list has 4 MB and most programs name three of its three thousand tags, so the text is searched and no tree is built of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from asever.diagnostics import Diagnostic, Diagnostics
from asever.importers import json_text
from asever.importers.network import words
from asever.importers.tree import Value
from asever.source import SourceFile, Span
from asever.syntax import nodes

_HEAD = 400
# The heads of an entry, in whichever order and with whatever white space.
_ENTRY = re.compile(
    r'\{\s*"name"\s*:\s*"([^"\\]+)"\s*,\s*"id"\s*:\s*"[^"\\]+"\s*,\s*(?:"serviceTagChangeNumber"[^,]*,\s*)?"properties"'
)


def is_list(text: str) -> bool:
    """Whether a text begins like Azure's list of service tags."""
    head = text[:_HEAD]
    return '"changeNumber"' in head and '"cloud"' in head and '"values"' in head


def tags(file: SourceFile, names: Collection[str], diagnostics: Diagnostics) -> tuple[nodes.Tag, ...]:
    """The tags of the list that are in `names` (in lower case), with their prefixes."""
    return tuple(_tags(file, names, diagnostics))


def _tags(file: SourceFile, names: Collection[str], diagnostics: Diagnostics) -> Iterator[nodes.Tag]:
    for found in _ENTRY.finditer(file.text):
        if found[1].casefold() not in names:
            continue
        start = found.start()
        end = _end(file.text, start)
        value = json_text.parse_part(file, start, end)
        if isinstance(value, Diagnostic):
            diagnostics.add(value)
            continue
        yield _tag(value, found[1], Span(file, *found.span(1)))


def _end(text: str, start: int) -> int:
    """Where the object that begins at a place ends: entries hold no braces in texts."""
    close = text.find("}", text.find("}", start) + 1)
    return close + 1 if close >= 0 else len(text)


def _tag(value: Value, name: str, span: Span) -> nodes.Tag:
    listed = value.at("properties", "addressPrefixes")
    found = (words.addresses(one.text or "", one.span or span) for one in (listed.items if listed is not None else ()))
    return nodes.Tag(span=span, name=words.name(name, span), addresses=tuple(one for one in found if one is not None))
