"""Where names are defined and used, what a file declares, and what it takes to call a thing by another name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lsprotocol import types

from asever.diagnostics import Edit
from asever.lsp.documents import Document
from asever.lsp.editor import Editor
from asever.lsp.judge import Account, Outcome
from asever.lsp.shown import file_of
from asever.repair.texts import applied
from asever.semantics.loading import load_program, located
from asever.semantics.uses import Outline, Use, own_word
from asever.source import SourceFile, Span
from asever.syntax import nodes
from asever.syntax.words import is_bare, port_text


class Refused(Exception):  # noqa: N818 - what happened, in a word
    """What was asked for cannot be done; the text says why."""


# -- Names --------------------------------------------------------------------------------------------------------------


def definition(editor: Editor, document: Document, offset: int) -> types.Location | None:
    """Where the thing is declared that is named here, or the file that is imported."""
    for outline in editor.outlines(document.path):
        item = outline.item_at(document.path, offset)
        if isinstance(item, nodes.Import):
            return _imported(editor, document, item)
        use = outline.at(document.path, offset)
        if use is not None and not _is_azures(use):
            return editor.location(use.symbol.span)
    return None


def _imported(editor: Editor, document: Document, item: nodes.Import) -> types.Location | None:
    uri = editor.documents.uri_of(str(located(Path(document.path), item.path.text)))
    start = types.Position(line=0, character=0)
    return None if uri is None else types.Location(uri=uri, range=types.Range(start=start, end=start))


def references(editor: Editor, document: Document, offset: int, *, declaration: bool) -> list[types.Location]:
    """Every place where the thing is named, in every program that this file belongs to."""
    found = (editor.location(one.span) for one in _uses(editor, document, offset) if declaration or not one.defines)
    every = [one for one in found if one is not None]
    return list({(one.uri, one.range.start.line, one.range.start.character): one for one in every}.values())


def highlights(editor: Editor, document: Document, offset: int) -> list[types.DocumentHighlight]:
    """The places in this file where the thing is named."""
    mine = [one for one in _uses(editor, document, offset) if file_of(one.span) == document.path]
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(range=editor.places.range(one.span), kind=kinds.Write if one.defines else kinds.Read)
        for one in mine
    ]


def _uses(editor: Editor, document: Document, offset: int) -> Iterator[Use]:
    for outline in editor.outlines(document.path):
        use = outline.at(document.path, offset)
        if use is None:
            continue
        if _is_azures(use):
            yield from (one for one in outline.uses if _is_azures(one) and one.symbol.name == use.symbol.name)
        else:
            yield from outline.of(use.symbol)


def _is_azures(use: Use) -> bool:
    """Whether a name is one of Azure's tags, which nobody declares."""
    return use.symbol.kind == "tag" and use.symbol.whole is None


# -- Another name -------------------------------------------------------------------------------------------------------


def renamed(editor: Editor, document: Document, offset: int, name: str) -> dict[str, list[types.TextEdit]]:
    """The edits that call the thing here by another name, by URI; raises `Refused` where that cannot be."""
    use = nameable(editor, document, offset)
    _can_be(name, use, editor.outlines(document.path))
    edits: dict[tuple[str, int], Edit] = {}
    for outline in editor.outlines(document.path):
        for one in outline.of(use.symbol):
            edit = _edit(one, name)
            edits[file_of(edit.span), edit.span.place] = edit
    for root in editor.documents.roots_of(document.path):
        _reads_as_before(editor, root, edits.values())
    found: dict[str, list[types.TextEdit]] = {}
    for edit in edits.values():
        uri = editor.documents.uri_of(file_of(edit.span))
        if uri is None:
            raise Refused("a file that names it cannot be edited")
        found.setdefault(uri, []).append(types.TextEdit(range=editor.places.range(edit.span), new_text=edit.replacement))
    return found


def nameable(editor: Editor, document: Document, offset: int) -> Use:
    """The name here, of a thing that the user's own files declare; raises `Refused` otherwise."""
    for outline in editor.outlines(document.path):
        use = outline.at(document.path, offset)
        if use is None:
            continue
        if _is_azures(use):
            raise Refused(f"`{use.symbol.name}` is a tag of Azure's")
        if not file_of(use.symbol.span).endswith(".asev") or use.symbol.span.file.name.startswith("std/"):
            raise Refused(f"`{own_word(use.symbol)}` is declared in a file that is not to be edited")
        return use
    raise Refused("there is no name here that the program declares")


def _can_be(name: str, use: Use, outlines: Iterable[Outline]) -> None:
    if not name.strip() or any(letter in name for letter in '"\n\r/'):
        raise Refused(f"`{name}` cannot be a name")
    if use.symbol.kind == "parameter" and not is_bare(name):
        raise Refused(f"`{name}` cannot be the name of a parameter: it would need quotes")
    whole = use.symbol.name.removesuffix(own_word(use.symbol)) + name
    for outline in outlines:
        for table in (outline.names.things, outline.names.services, outline.names.packs):
            other = table.get(whole)
            if other is not None and table.get(use.symbol.name) is not None and use.symbol.kind != "parameter":
                raise Refused(f"there is {other.kind} `{whole}` already")


def _edit(one: Use, name: str) -> Edit:
    """What a name becomes where it is used: in quotes where it needs them, with the prefix and the part that stood there."""
    quoted = one.written.text.startswith('"')
    if quoted or is_bare(name):
        return Edit(one.span, name)
    file, before = one.span.file, one.span.file.text[one.written.start : one.span.start]
    after = file.text[one.span.end : one.written.end]
    return Edit(Span(file, one.written.start, one.written.end), f'"{before}{name}"{after}')


def _reads_as_before(editor: Editor, root: str, edits: Iterable[Edit]) -> None:
    """Raises `Refused` where a program that can be read could not be read with these edits."""
    texts = editor.documents.texts()
    before, _ = load_program(Path(root), text=texts.get(root), texts=texts, settings=editor.settings)
    if before is None:
        return
    wholes = {one.name: one for one in before.files}
    mine = [
        Edit(_in_whole(wholes[one.span.file.name], one.span), one.replacement) for one in edits if one.span.file.name in wholes
    ]
    after = {
        name: applied(file, mine) for name, file in wholes.items() if not name.startswith("std/") and name.endswith(".asev")
    }
    program, found = load_program(Path(root), text=after[root], texts=after, settings=editor.settings)
    if program is None:
        raise Refused(next((one.message for one in found.errors), "the program could not be read with that name"))


def _in_whole(file: SourceFile, span: Span) -> Span:
    start = span.place
    return Span(file, start, start + span.end - span.start)


# -- What a file declares -----------------------------------------------------------------------------------------------


MOST_LINES = 3000
"""Of a file with more lines, single rules and routes are no symbols: nobody picks one of thousands from a list."""


def symbols(editor: Editor, document: Document) -> list[types.DocumentSymbol]:
    """The items of a file, with what is inside them."""
    outline = editor.outlines(document.path)[0]
    unit = outline.by_name.get(document.path)
    every = [one for item in (unit.items if unit is not None else ()) if (one := _symbol(editor, item)) is not None]
    if document.file.line_count > MOST_LINES:
        for one in every:
            one.children = [each for each in one.children or () if each.kind is types.SymbolKind.Object] or None
    return every


def _symbol(editor: Editor, item: nodes.Item) -> types.DocumentSymbol | None:
    kinds = types.SymbolKind
    match item:
        case nodes.Declaration():
            inside = _inside(editor, item.body)
            return _made(
                editor, item.name.text, item.kind.text, _KINDS.get(item.kind.text, kinds.Object), item, item.name, inside
            )
        case nodes.Service():
            return _made(editor, item.name.text, "service", kinds.Constant, item, item.name)
        case nodes.Tag():
            return _made(editor, item.name.text, "tag", kinds.Constant, item, item.name)
        case nodes.Pack():
            inside = [one for check in item.checks if (one := _symbol(editor, check)) is not None]
            return _made(editor, item.name.text, "pack", kinds.Function, item, item.name, inside)
        case nodes.Check():
            claim = " ".join(item.claim.span.text.split())
            return _made(editor, item.name.text if item.name else claim, "check", kinds.Boolean, item, item.name or item.claim)
        case nodes.Apply():
            return _made(editor, item.pack.text, "apply", kinds.Event, item, item.pack)
        case nodes.Import():
            return _made(editor, item.path.text, "import", kinds.Module, item, item.path)


_KINDS = {
    "vnet": types.SymbolKind.Namespace,
    "nsg": types.SymbolKind.Class,
    "admin-rules": types.SymbolKind.Class,
    "firewall": types.SymbolKind.Class,
    "route-table": types.SymbolKind.Class,
}


def _inside(editor: Editor, body: nodes.Body | None) -> list[types.DocumentSymbol]:
    found: list[types.DocumentSymbol] = []
    for one in body.items if body is not None else ():
        match one:
            case nodes.Rules():
                rules = [_rule(editor, rule) for rule in one.rules]
                found.append(_made(editor, one.direction or "rules", "", types.SymbolKind.Array, one, one, rules))
            case nodes.Rule():
                found.append(_rule(editor, one))
            case nodes.Route():
                name = one.name.text if one.name is not None else one.destination.text
                found.append(_made(editor, name, "route", types.SymbolKind.Field, one, one.destination))
            case nodes.PortMap():
                name = f"{one.protocol.text} {port_text(one.front)}"
                found.append(_made(editor, name, "rule", types.SymbolKind.Field, one, one.front))
            case nodes.Attribute(body=nodes.Body() as inner) if one.values:
                name = one.values[0].text if isinstance(one.values[0], nodes.Ref) else one.values[0].span.text
                kind = types.SymbolKind.Object
                found.append(_made(editor, name, one.word.text, kind, one, one.values[0], _inside(editor, inner)))
            case _:
                pass
    return found


def _rule(editor: Editor, rule: nodes.Rule) -> types.DocumentSymbol:
    name = f"{rule.priority.low} {rule.name.text}" if rule.name is not None else str(rule.priority.low)
    return _made(editor, name, rule.access.text, types.SymbolKind.Field, rule, rule.priority)


def _made(
    editor: Editor,
    name: str,
    detail: str,
    kind: types.SymbolKind,
    node: nodes.Node,
    at: nodes.Node,
    inside: Sequence[types.DocumentSymbol] = (),
) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=name.strip() or "(no name)",
        detail=detail,
        kind=kind,
        range=editor.places.range(node.span),
        selection_range=editor.places.range(at.span),
        children=list(inside) or None,
    )


# -- Verdicts beside the checks -----------------------------------------------------------------------------------------


def hints(editor: Editor, document: Document, around: types.Range) -> list[types.InlayHint]:
    """The verdict behind each check and each applied pack."""
    outline = editor.outlines(document.path)[0]
    unit = outline.by_name.get(document.path)
    found = []
    for item in unit.items if unit is not None else ():
        if not isinstance(item, nodes.Check | nodes.Apply):
            continue
        end = editor.places.position(item.span.file, item.span.end)
        label = _label(editor, document.path, item.span.text)
        if label and around.start.line <= end.line <= around.end.line:
            found.append(types.InlayHint(position=end, label=label, padding_left=True))
    return found


def _label(editor: Editor, path: str, text: str) -> str:
    known = editor.outcomes_of(path, text)
    pending = any(root in editor.pending for root in editor.documents.roots_of(path))
    if not known:
        return "checking" if pending else ""
    words = " / ".join(dict.fromkeys(_in_words(account.outcomes[path, text]) for _, account in known))
    return f"{words} (before the last edit)" if any(_is_old(editor, root, account) for root, account in known) else words


def _is_old(editor: Editor, root: str, account: Account) -> bool:
    return root in editor.pending or account is not editor.accounts.get(root)


def _in_words(outcomes: Sequence[Outcome]) -> str:
    if len(outcomes) == 1:
        (one,) = outcomes
        suffix = (
            ""
            if one.met is None or one.met is (one.verdict.value == "holds")
            else ", as expected"
            if one.met
            else ", not as expected"
        )
        return one.verdict.value + suffix
    counts: dict[str, int] = {}
    for one in outcomes:
        word = "unknown" if one.met is None else "as expected" if one.met else "not as expected"
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{number} {word}" for word, number in counts.items())
