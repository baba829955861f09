"""Items that were never text as text: what an import makes becomes a file that people read.

The layout is the formatter's (`asever.syntax.printer`); here stands only what it lays out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.diagnostics import Diagnostics
from asever.source import SourceFile, Span
from asever.syntax import nodes
from asever.syntax.parser import parse
from asever.syntax.printer import MeaningChanged, format_file, list_text, name_text, route_line, rule_line
from asever.syntax.words import port_text

_WRAP = 110


def written(items: Sequence[nodes.Item], remarks: Iterable[tuple[Span, str]], head: Iterable[str], tail: Iterable[str]) -> str:
    """Declarations and tags as a file. Each remark becomes a comment before what has its span, at the top where nothing has.

    Raises `MeaningChanged` when the text would mean something else than the items.
    """
    by_span: dict[Span, list[str]] = defaultdict(list)
    for span, text in remarks:
        if text not in by_span[span]:
            by_span[span].append(text)
    used: set[Span] = set()
    body = [line for item in items for line in _item(item, by_span, used)]
    loose = dict.fromkeys(text for span, texts in by_span.items() if span not in used for text in texts)
    lines = [*_comments("", [*head, *loose]), "", *body, *_comments("", tail)]
    file = SourceFile("imported", "\n".join(lines) + "\n")
    found = Diagnostics()
    tree = parse(file, found)
    if found.errors or tree.items != tuple(items):
        raise MeaningChanged("the written text would mean something else than what was imported")
    return format_file(tree)


def _comments(indent: str, texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        rest = text
        while len(rest) > _WRAP and " " in rest[:_WRAP]:
            at = rest.rindex(" ", 0, _WRAP)
            yield f"{indent}// {rest[:at]}"
            rest = rest[at + 1 :]
        yield f"{indent}// {rest}".rstrip()


def _item(item: nodes.Item, remarks: Mapping[Span, list[str]], used: set[Span]) -> Iterator[str]:
    yield from _before(item.span, "", remarks, used)
    match item:
        case nodes.Tag():
            content = f" = {list_text(item.addresses)}" if item.addresses else ""
            yield f"tag {name_text(item.name)}{content}"
        case nodes.Declaration(body=None):
            yield f"{item.kind.text} {name_text(item.name)}"
        case nodes.Declaration(body=nodes.Body() as body):
            yield f"{item.kind.text} {name_text(item.name)} {{"
            yield from _body(body, "  ", remarks, used)
            yield "}"
            yield ""
        case _:
            raise MeaningChanged("an import makes declarations and tags only")


def _before(span: Span, indent: str, remarks: Mapping[Span, list[str]], used: set[Span]) -> Iterator[str]:
    if span in remarks and span not in used:
        used.add(span)
        yield from _comments(indent, remarks[span])


def _body(body: nodes.Body, indent: str, remarks: Mapping[Span, list[str]], used: set[Span]) -> Iterator[str]:
    for one in body.items:
        match one:
            case nodes.Attribute(body=nodes.Body() as inner):
                yield from _before(one.span, indent, remarks, used)
                yield f"{indent}{one.word.text} {list_text(one.values)} {{"
                yield from _body(inner, indent + "  ", remarks, used)
                yield indent + "}"
            case nodes.Attribute():
                yield f"{indent}{one.word.text} {list_text(one.values)}"
            case nodes.Rules():
                yield f"{indent}{one.direction} {{" if one.direction is not None else ""
                for rule in one.rules:
                    yield from _before(rule.span, indent + "  ", remarks, used)
                    yield f"{indent}  {_joined(rule_line(rule, 0).cells)}"
                yield indent + "}" if one.direction is not None else ""
            case nodes.Rule():
                yield from _before(one.span, indent, remarks, used)
                yield indent + _joined(rule_line(one, 0).cells)
            case nodes.Route():
                yield from _before(one.span, indent, remarks, used)
                yield indent + _joined(route_line(one, 0).cells)
            case nodes.PortMap():
                yield f"{indent}rule {one.protocol.text} {port_text(one.front)} -> {port_text(one.back)}"


def _joined(cells: Iterable[str]) -> str:
    return " ".join(cell for cell in cells if cell)
