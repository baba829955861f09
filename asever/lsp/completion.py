"""What may be written at a place: keywords by the grammar, attributes by the schema, names by what they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lsprotocol import types

from asever import resources
from asever.lsp.documents import Document
from asever.lsp.editor import Editor
from asever.lsp.words import PHRASES, WORDS
from asever.model.azure_tags import BASE_TAGS, COMPUTED
from asever.record import record
from asever.semantics.loading import SUFFIX
from asever.semantics.names import PARTS, Names, Symbol
from asever.semantics.schema import DECLARATIONS, SCHEMA, Attr, Takes
from asever.syntax import nodes
from asever.syntax.items import STARTERS, Piece, PieceKind, cut
from asever.syntax.parser import begun
from asever.syntax.words import is_bare

_BEFORE = re.compile(r"[A-Za-z0-9_./-]*\Z")
_IN_STRING = re.compile(r'^[^"\n]*(?:"[^"\n]*"[^"\n]*)*"([^"\n]*)\Z')
_IMPORTING = re.compile(r'^[ \t]*import[ \t]+"([^"\n]*)\Z')
_MANY = 20_000  # characters of an item before the place that are read to the grammar

_ENDPOINTS = frozenset(
    {"ase", "vm", "subnet", "vnet", "on-premises", "load-balancer", "private-endpoint", "platform-service", "firewall", "tag"}
)
_TERMS = frozenset({"subnet", "vnet", "on-premises", "vm", "asg", "tag", "ase", "nat-gateway", "firewall", "private-endpoint"})
_PASSED = frozenset({"firewall", "vm", "gateway", "load-balancer"})
_PROTOCOLS = ("tcp", "udp", "icmp", "esp", "ah", "any")
_HOPS = ("internet", "vnet-local", "gateway", "appliance", "none", "unknown")
_ACCESS: Mapping[str, tuple[str, ...]] = {
    "nsg": ("allow", "deny"),
    "admin-rules": ("allow", "deny", "always-allow"),
    "firewall": ("allow", "deny", "dnat"),
}
_VERBS = ("reaches", "can reach", "never reaches", "is healthy")


@record(kw_only=False)
class _Word:
    """One thing to write: what it is, and a few words about it."""

    text: str
    kind: types.CompletionItemKind
    about: str = ""


def completions(editor: Editor, document: Document, position: types.Position) -> types.CompletionList:
    """Everything that may stand at a place; the editor chooses by what is written already."""
    offset = editor.places.offset(document.file, position)
    text = document.file.text
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    path = _IMPORTING.match(line)
    if path is not None:
        return _listed(editor, document, offset - len(path[1]), offset, _files(document, path[1]))
    if "//" in line or _IN_STRING.match(line):
        return types.CompletionList(is_incomplete=False, items=[])
    written = _BEFORE.search(line)
    start = offset - len(written[0]) if written is not None else offset
    words = _words(editor, document, text[:start], text[start:offset])
    return _listed(editor, document, start, offset, words)


def _listed(editor: Editor, document: Document, start: int, end: int, words: Iterable[_Word]) -> types.CompletionList:
    where = types.Range(start=editor.places.position(document.file, start), end=editor.places.position(document.file, end))
    every = {one.text: one for one in words}
    return types.CompletionList(
        is_incomplete=False,
        items=[
            types.CompletionItem(
                label=one.text,
                kind=one.kind,
                detail=one.about or None,
                filter_text=one.text,
                sort_text=f"{number:05}",
                text_edit=types.TextEdit(range=where, new_text=one.text),
            )
            for number, one in enumerate(every.values())
        ],
    )


def _words(editor: Editor, document: Document, before: str, begun_word: str) -> Iterator[_Word]:
    names = editor.outlines(document.path)[0].names
    last = _last_piece(before)
    if last is not None and last.kind is PieceKind.OPEN_COMMENT:
        return
    item = _item_before(before, last)
    if item is None:
        yield from _starters()
        return
    awaited, stack = begun(item)
    near = _after(awaited, stack, names, document)
    if "." in begun_word:
        yield from _parts(names, begun_word.rpartition(".")[0])
    yield from near
    if "$END" in awaited and "\n" in item[len(item.rstrip()) :]:
        yield from _starters()


def _last_piece(text: str) -> Piece | None:
    last = None
    for piece in cut(text):
        last = piece
    return last


def _item_before(text: str, last: Piece | None) -> str | None:
    """The beginning of the item in which a text ends, nothing but what matters; None where a new one begins."""
    if last is None or last.kind is not PieceKind.ITEM:
        return None
    item = text[last.start :]
    is_over = not last.unclosed and item.rstrip().endswith("}")
    if is_over:
        return None
    if len(item) <= _MANY:
        return item
    # Of a long item, what opens the brackets around the place, and its own line.
    heads = [text[max(text.rfind(mark, 0, one) for mark in "\n{}") + 1 : one + 1] for one in last.unclosed]
    return " ".join((*heads, text[text.rfind("\n") + 1 :]))


def _starters() -> Iterator[_Word]:
    for one in sorted(STARTERS):
        about = SCHEMA[one].about if one in SCHEMA else WORDS.get(one, "")
        yield _Word(one, types.CompletionItemKind.Keyword, about)
    for one in DECLARATIONS:
        yield _Word(one, types.CompletionItemKind.Keyword, SCHEMA[one].about)


# -- By what stands before ----------------------------------------------------------------------------------------------


def _after(awaited: frozenset[str], stack: Sequence[object], names: Names, document: Document) -> Iterator[_Word]:
    inner, heads = _open(stack)
    first = _type(stack[0]) if stack else ""
    if "NAME" not in awaited:
        yield from _keywords(awaited)
    elif first == "CHECK" or (first == "PACK" and "CHECK" in map(_type, inner)):
        yield from _in_check(awaited, inner, names, document)
    elif first in ("SERVICE", "TAG", "APPLY"):
        yield from _in_definition(first, names, document)
    elif heads:
        yield from _in_body(heads, inner, awaited, names, document)


def _open(stack: Sequence[object]) -> tuple[Sequence[object], list[str]]:
    """What stands after the last open brace, and the words that opened those around it."""
    heads: list[str] = []
    at = 0
    for index, one in enumerate(stack):
        if _type(one) == "LBRACE":
            opening = stack[at:index]
            heads.append(_head(opening))
            at = index + 1
    return stack[at:], heads


def _head(opening: Sequence[object]) -> str:
    """The kind or attribute before a brace: `vnet`, `subnet`, `inbound`."""
    names = [one for one in opening if isinstance(one, nodes.Name)]
    if len(names) >= 1 and _type(opening[-1]) not in ("INBOUND", "OUTBOUND"):
        return names[0].text if len(names) < 3 else names[-1].text
    return str(opening[-1]) if opening else ""


def _type(one: object) -> str:
    return str(getattr(one, "type", "")) or type(one).__name__


def _keywords(awaited: frozenset[str]) -> Iterator[_Word]:
    for terminal in sorted(awaited):
        word = terminal.lower()
        if word in WORDS and word != "ports":
            yield _Word(PHRASES.get(word, word), types.CompletionItemKind.Keyword, WORDS[word])


def _in_body(
    heads: Sequence[str], inner: Sequence[object], awaited: frozenset[str], names: Names, document: Document
) -> Iterator[_Word]:
    kind = next((one for one in reversed(heads) if one in SCHEMA), "")
    last = _type(inner[-1]) if inner else ""
    types_of = [_type(one) for one in inner]
    rule = max((index for index, one in enumerate(types_of) if one == "INT"), default=-1)
    if "RBRACE" in awaited and last not in ("NAME", "COMMA"):
        yield from _attributes(kind)
    elif rule >= 0 and ("FROM" in types_of[rule:] or last in ("FROM", "TO", "COMMA")):
        yield from _names(names, _TERMS, document)
        yield from _tags()
    elif rule >= 0 and not any(one in ("Name", "NAME") for one in types_of[rule + 1 :]):
        yield from (_Word(one, types.CompletionItemKind.Keyword, WORDS[one]) for one in _ACCESS.get(kind, ("allow", "deny")))
    elif rule >= 0:
        yield from (_Word(one, types.CompletionItemKind.Keyword, "protocol") for one in _PROTOCOLS)
    elif last == "ARROW":
        yield from (_Word(one, types.CompletionItemKind.Keyword, "next hop") for one in _HOPS)
    elif last in ("ROUTE", "APPLIANCE") or "ROUTE" in types_of:
        yield from _names(names, frozenset({"tag", "vm", "firewall"}), document)
        yield from _tags()
    else:
        yield from _values(kind, inner, names, document)


def _attributes(kind: str) -> Iterator[_Word]:
    schema = SCHEMA.get(kind)
    if schema is None:
        return
    for name, one in schema.attributes.items():
        yield _Word(name, types.CompletionItemKind.Property, one.about + (" (required)" if one.required else ""))
    flags = ((schema.directions, ("inbound", "outbound")), (schema.routes, ("route",)), (schema.mappings, ("rule",)))
    for wanted, words in flags:
        yield from (_Word(one, types.CompletionItemKind.Keyword, WORDS[one]) for one in words if wanted)


def _values(kind: str, inner: Sequence[object], names: Names, document: Document) -> Iterator[_Word]:
    """What an attribute takes, whose word stands before."""
    words = [str(one.text) if isinstance(one, nodes.Name) else str(one) for one in inner]
    attributes = SCHEMA[kind].attributes if kind in SCHEMA else {}
    word = next((one for one in reversed(words) if one in attributes), None)
    if word is None:
        return
    one = attributes[word]
    yield from (_Word(each, types.CompletionItemKind.EnumMember, one.about) for each in one.words)
    yield from _named_by(one, word, names, document)


def _named_by(one: Attr, word: str, names: Names, document: Document) -> Iterator[_Word]:
    if one.of:
        yield from _names(names, frozenset(one.of), document)
    elif one.takes is Takes.TERMS:
        yield from _names(names, _TERMS, document)
        yield from _tags()
    elif word == "peer":
        yield from _names(names, frozenset({"vnet"}), document)
    elif word == "to":
        yield from _names(names, frozenset({"platform-service", "ase"}), document)
        yield from _tags()
    elif word in ("service", "service-endpoints"):
        yield from _tags()


def _in_check(awaited: frozenset[str], inner: Sequence[object], names: Names, document: Document) -> Iterator[_Word]:
    before = [_type(one) for one in inner if _type(one) not in ("CHECK", "STRING", "COMMENT")]
    last = before[-1] if before else ""
    if not before or last == "ONLY":
        if not before:
            yield _Word("only", types.CompletionItemKind.Keyword, WORDS["only"])
            yield _Word("nsg", types.CompletionItemKind.Keyword, SCHEMA["nsg"].about)
        yield from _ends(names, document)
    elif "ON" in before and last in ("ON", "COMMA"):
        yield from _names(names, frozenset({"service"}), document, names.services)
        yield from (_Word(one, types.CompletionItemKind.Keyword, "protocol") for one in _PROTOCOLS)
    elif last == "VIA":
        yield from _names(names, _PASSED, document)
    elif last == "AS":
        yield from _names(names, _TERMS, document)
        yield from _tags()
    elif {"EQUALS", "PERMITS"} & set(before) or (last == "NAME" and str(inner[-1]) == "nsg"):
        if last in ("EQUALS", "THAN"):
            yield _Word("nsg", types.CompletionItemKind.Keyword, SCHEMA["nsg"].about)
        yield from _names(names, frozenset({"nsg"}), document)
    elif "REACHES" in awaited and "REACHES" not in before:
        yield from (_Word(one, types.CompletionItemKind.Keyword, WORDS[one.split()[0]]) for one in _VERBS)
    else:
        yield from _ends(names, document)


def _in_definition(first: str, names: Names, document: Document) -> Iterator[_Word]:
    if first == "SERVICE":
        yield from _names(names, frozenset({"service"}), document, names.services)
        yield from (_Word(one, types.CompletionItemKind.Keyword, "protocol") for one in _PROTOCOLS)
    elif first == "APPLY":
        yield from _names(names, frozenset({"pack"}), document, names.packs)
        yield from _ends(names, document)
    else:
        yield from _names(names, _TERMS, document)


# -- Names --------------------------------------------------------------------------------------------------------------


def _ends(names: Names, document: Document) -> Iterator[_Word]:
    yield from _names(names, _ENDPOINTS, document)
    yield from _tags()


def _names(
    names: Names, kinds: frozenset[str], document: Document, table: Mapping[str, Symbol] | None = None
) -> Iterator[_Word]:
    prefix = names.homes.get(document.path, "")
    for name, symbol in sorted((names.things if table is None else table).items()):
        if symbol.kind in kinds:
            yield _Word(_spelled(name.removeprefix(prefix)), types.CompletionItemKind.Variable, symbol.kind)


def _spelled(name: str) -> str:
    return "/".join(one if is_bare(one) else f'"{one}"' for one in name.split("/"))


def _parts(names: Names, base: str) -> Iterator[_Word]:
    symbol = names.things.get(base)
    if symbol is not None:
        for part in PARTS.get(symbol.kind, ()):
            yield _Word(f"{base}.{part}", types.CompletionItemKind.Field, f"of {symbol.kind} {base}")


def _tags() -> Iterator[_Word]:
    yield from (_Word(one, types.CompletionItemKind.Constant, "service tag") for one in (*COMPUTED, *BASE_TAGS))


def _files(document: Document, written: str) -> Iterator[_Word]:
    """What an import may name: the library, and what stands beside the file or below it."""
    for one in sorted(resources.library().glob(f"*{SUFFIX}")):
        yield _Word(f"std/{one.stem}", types.CompletionItemKind.Module, "the shipped library")
    folder = written.rpartition("/")[0]
    here = Path(document.path).parent / folder
    try:
        beside = sorted(one for one in here.iterdir() if not one.name.startswith("."))
    except (OSError, ValueError):
        return
    for each in beside:
        name = f"{folder}/{each.name}" if folder else each.name
        if each.is_dir():
            yield _Word(f"{name}/", types.CompletionItemKind.Folder)
        elif each.suffix == SUFFIX and str(each) != document.path:
            yield _Word(name.removesuffix(SUFFIX), types.CompletionItemKind.File)
        elif each.suffix == ".json":
            yield _Word(name, types.CompletionItemKind.File)
