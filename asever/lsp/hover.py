"""What is said of a word when somebody points at it: the thing it names, its meaning, a check's report, a rule's part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lsprotocol import types

from asever.azure.assumptions import ASSUMPTIONS
from asever.catalogue.entries import Entry
from asever.catalogue.every import ENTRIES
from asever.lsp.documents import Document
from asever.lsp.editor import Editor
from asever.lsp.shown import file_of
from asever.lsp.words import WORDS
from asever.model.answers import Finding, Report
from asever.pipeline import Examined
from asever.record import fields
from asever.report.text import render_report
from asever.report.words import outermost
from asever.semantics.names import describe
from asever.semantics.schema import SCHEMA, Kind
from asever.semantics.uses import Use
from asever.source import Span
from asever.syntax import nodes

MOST_LINES = 15
_MOST_NAMED = 8
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def hover(editor: Editor, document: Document, offset: int) -> types.Hover | None:
    """What there is to say at a place; None where that is nothing."""
    outline = editor.outlines(document.path)[0]
    item = outline.item_at(document.path, offset)
    use = outline.at(document.path, offset)
    parts: list[str] = []
    span: Span | None = None
    if use is not None:
        parts, span = [_thing(use)], use.span
    elif item is not None:
        around = list(_around(item, offset))
        span = _word(document, offset)
        parts = [*_meaning(around, span), *_of_rule(editor, document, around, offset), *_report(editor, document, item, around)]
    else:
        span = _word(document, offset)
    parts += _catalogued(editor, document, offset, span)
    if not parts:
        return None
    where = editor.places.range(span) if span is not None else None
    return types.Hover(contents=types.MarkupContent(kind=types.MarkupKind.Markdown, value="\n\n".join(parts)), range=where)


# -- Things -------------------------------------------------------------------------------------------------------------


def _thing(use: Use) -> str:
    symbol = use.symbol
    if symbol.whole is None:
        return f"`{symbol.name}` is a service tag of Azure's"
    if symbol.kind == "parameter":
        return f"`{symbol.name.partition('.')[2]}` is a parameter of pack `{symbol.name.partition('.')[0]}`"
    about = SCHEMA[symbol.kind].about if symbol.kind in SCHEMA else WORDS.get(symbol.kind, "")
    head = f"`{symbol.name}` is {describe(symbol.kind)}" + (f": {about}" if about else "")
    return f"{head}\n\n{_code(symbol.whole.text)}\n\n{symbol.span.file.name}:{symbol.span.line}"


def _code(text: str, language: str = "asev") -> str:
    lines = text.split("\n")
    shown = lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], f"// … {len(lines) - MOST_LINES} more lines"]
    return "\n".join([f"````{language}", *shown, "````"])


# -- Words --------------------------------------------------------------------------------------------------------------


def _around(node: nodes.Node, offset: int) -> Iterator[nodes.Node]:
    """The nodes around an offset, from the outermost in."""
    yield node
    for name in fields(node):
        value = getattr(node, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, nodes.Node) and one.span.place <= offset <= one.span.place + one.span.end - one.span.start:
                yield from _around(one, offset)
                return


def _word(document: Document, offset: int) -> Span | None:
    text = document.file.text
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : len(text) if end < 0 else end]
    found = next((one for one in _WORD.finditer(line) if one.start() <= offset - start <= one.end()), None)
    return None if found is None else Span(document.file, start + found.start(), start + found.end())


def _meaning(around: Sequence[nodes.Node], span: Span | None) -> list[str]:
    """What a word of the language means where it stands."""
    if span is None:
        return []
    word = span.text
    kind = ""
    for one in around:
        if isinstance(one, nodes.Declaration):
            kind = one.kind.text
            if one.kind.span.place == span.start and kind in SCHEMA:
                return [_kind(kind, SCHEMA[kind])]
        elif isinstance(one, nodes.Attribute):
            attributes = SCHEMA[kind].attributes if kind in SCHEMA else {}
            if one.word.span.place == span.start and word in attributes:
                found = attributes[word]
                words = f" ({', '.join(found.words)})" if found.words else ""
                return [f"`{word}` of {describe(kind)}: {found.about}\n\ntakes {found.takes.value}{words}"]
            kind = one.word.text
    names = [one for one in around if isinstance(one, nodes.Name) and one.quoted]
    return [f"`{word}`: {WORDS[word]}"] if word in WORDS and not names else []


def _kind(word: str, kind: Kind) -> str:
    lines = [f"`{word}`: {kind.about}", ""]
    lines += [f"- `{name}`{' (required)' if one.required else ''}: {one.about}" for name, one in kind.attributes.items()]
    return "\n".join(lines)


# -- Verdicts -----------------------------------------------------------------------------------------------------------


def _report(editor: Editor, document: Document, item: nodes.Item, around: Sequence[nodes.Node]) -> list[str]:
    """The report of a check, as `asever check` prints it; for an applied pack those of all its checks."""
    if not isinstance(item, nodes.Check | nodes.Apply) or isinstance(around[-1], nodes.Ref):
        return []
    with editor.holding() as held:
        for examined in _examined(editor, document) if held else ():
            mine = [one for one in examined.report.results if _stands(one, document.path, item.span.text)]
            if mine:
                report = Report(results=tuple(mine), names=examined.report.names)
                earlier = [] if editor.is_settled(document.path) else ["before the last edit:"]
                return [*earlier, _text(render_report(report, examined.program))]
    return []


def _text(text: str) -> str:
    return f"````text\n{text.rstrip()}\n````"


def _examined(editor: Editor, document: Document) -> list[Examined]:
    roots = editor.documents.roots_of(document.path)
    return [found for root in roots if (found := editor.judge.examined.get(root)) is not None]


def _stands(finding: Finding, path: str, text: str) -> bool:
    span = finding.check.span
    if span is None:
        return False
    at = outermost(span)
    return file_of(at) == path and at.text == text


def _of_rule(editor: Editor, document: Document, around: Sequence[nodes.Node], offset: int) -> list[str]:
    """What hangs on a rule: the checks that hold because of it, and those that it breaks."""
    rule = next((one for one in around if isinstance(one, nodes.Rule)), None)
    if rule is None or any(isinstance(one, nodes.Ref | nodes.Addresses) for one in around):
        return []
    if not editor.is_settled(document.path):  # the findings are of another text
        return []
    with editor.holding() as held:
        found = _examined(editor, document) if held else []
        needs = [
            one.name for each in found for one in _flat(each.report.results) if _rests_on(one, document.path, rule, offset)
        ]
        breaks = [
            one.name for each in found for one in _flat(each.report.results) if _decides(one, document.path, rule, offset)
        ]
        misses = [one.name for each in found for one in _flat(each.report.results) if _misses(one, document.path, rule, offset)]
    if not found:
        return []
    about = (("needed by", needs), ("decides the packet that is shown for", breaks), ("nearly matches the packet of", misses))
    lines = [f"- {words} {_some(names)}" for words, names in about if names]
    return ["\n".join([_code(rule.span.text), *(lines or ["- no check rests on it"])])]


def _flat(results: Sequence[Finding]) -> Iterator[Finding]:
    for one in results:
        yield one
        yield from _flat(one.requirements)


def _rests_on(finding: Finding, path: str, rule: nodes.Rule, offset: int) -> bool:
    rows = finding.evidence.rests_on.rows if finding.evidence is not None else ()
    return any(_is(one.row.origin.span, path, rule, offset) for one in rows)


def _decides(finding: Finding, path: str, rule: nodes.Rule, offset: int) -> bool:
    steps = finding.trace.steps if finding.trace is not None else ()
    return any(one.row is not None and _is(one.row.origin.span, path, rule, offset) for one in steps)


def _misses(finding: Finding, path: str, rule: nodes.Rule, offset: int) -> bool:
    return any(_is(one.location, path, rule, offset) for one in finding.near_misses)


def _is(span: Span | None, path: str, rule: nodes.Rule, offset: int) -> bool:
    return (
        span is not None
        and file_of(span) == path
        and span.place <= offset <= span.place + span.end - span.start
        and span.text == rule.span.text
    )


def _some(names: Sequence[str]) -> str:
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - _MOST_NAMED} more" if len(every) > _MOST_NAMED else ""
    return ", ".join(f"`{one}`" for one in every[:_MOST_NAMED]) + more


# -- The catalogue ------------------------------------------------------------------------------------------------------


def _catalogued(editor: Editor, document: Document, offset: int, span: Span | None) -> list[str]:
    """What `asever help` says of the diagnostics here, or of the word itself."""
    at = editor.places.position(document.file, offset)
    codes = [str(one.diagnostic.code) for one in editor.shown_in(document.path) if _holds(one.diagnostic.range, at)]
    words = [*codes, *([span.text] if span is not None else [])]
    found = [_entry(ENTRIES[one]) for one in dict.fromkeys(words) if one in ENTRIES]
    if span is not None and span.text in ASSUMPTIONS and span.text not in ENTRIES:
        found.append(f"**{span.text}**: {ASSUMPTIONS[span.text].question}")
    return found


def _entry(entry: Entry) -> str:
    source = f"\n\nSource: {entry.source}" if entry.source else ""
    return f"**{entry.code}**: {entry.title}\n\n{' '.join(entry.explanation.split())}{source}"


def _holds(where: types.Range, at: types.Position) -> bool:
    start, end = (where.start.line, where.start.character), (where.end.line, where.end.character)
    return start <= (at.line, at.character) <= end
