"""Where an edit goes in the user's own text, and how it looks there: aligned as the lines around it are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from asever.diagnostics import Edit
from asever.model.things import DeclaredRule
from asever.record import record
from asever.source import SourceFile, Span

INDENT = "  "
_ATOM = re.compile(r'//[^\n]*|#[^\n]*|/\*.*?\*/|"[^"\n]*"|\{|\}', re.DOTALL)
_GAP = re.compile(r"[ \t\n]*\{")


@lru_cache(maxsize=64)
def body_of(name: Span) -> Span | None:
    """What stands between the braces after a name; None where there are none."""
    text = name.file.text
    start = _GAP.match(text, name.end)
    if start is None:
        return None
    depth = 0
    for atom in _ATOM.finditer(text, start.end() - 1):
        depth += {"{": 1, "}": -1}.get(atom[0], 0)
        if depth == 0:
            return Span(name.file, start.end(), atom.start())
    return None


def line_start(file: SourceFile, offset: int) -> int:
    """Where the line of an offset begins."""
    return file.text.rfind("\n", 0, offset) + 1


def line_end(file: SourceFile, offset: int) -> int:
    """Where the line of an offset ends, before its line end."""
    end = file.text.find("\n", offset)
    return len(file.text) if end < 0 else end


def indent_of(file: SourceFile, offset: int) -> str:
    """The white space that the line of an offset begins with."""
    line = file.text[line_start(file, offset) : line_end(file, offset)]
    return line[: len(line) - len(line.lstrip())]


# -- Words of a line ----------------------------------------------------------------------------------------------------


def replaced(span: Span, new: str) -> Edit:
    """Other words in the place of a span. What stands behind them in a column keeps its column if there is room."""
    text = span.file.text
    spaces = len(text[span.end :]) - len(text[span.end :].lstrip(" "))
    behind = text[span.end + spaces : span.end + spaces + 1]
    if not spaces or behind in ("\n", "") or not (spaces > 1 or _in_column(span, spaces)):
        return Edit(span, new)
    room = span.end - span.start + spaces
    if len(new) + 1 > room:
        return Edit(Span(span.file, span.start, span.end + spaces - 1), new)
    if len(new) <= span.end - span.start:
        return Edit(span, new.ljust(span.end - span.start))
    return Edit(Span(span.file, span.start, span.start + len(new)), new)


def _in_column(span: Span, spaces: int) -> bool:
    """Whether what follows a span begins in the same column as a word of the line before or after."""
    file = span.file
    column = span.end + spaces - line_start(file, span.end)
    number = file.position(span.start)[0]
    others = [file.line(one) for one in (number - 1, number + 1) if 1 <= one <= file.line_count]
    return any(len(one) > column and one[column] != " " and one[column - 1] == " " for one in others)


def appended(span: Span, more: str) -> Edit:
    """One more member at the end of a list."""
    return replaced(span, f"{span.text}, {more}")


def without(span: Span, members: Sequence[Span], left_out: Span) -> Edit:
    """A list of several members without one of them."""
    return replaced(span, ", ".join(one.text for one in members if one != left_out))


def removed(span: Span) -> Edit:
    """Nothing in the place of a rule or a route: its line goes, where it has one for itself."""
    file = span.file
    start, end = line_start(file, span.start), line_end(file, span.end)
    before = file.text[start : span.start]
    behind = file.text[span.end : end].strip()
    if before.strip() or (behind and not behind.startswith(("//", "#"))):
        spaces = len(file.text[span.end :]) - len(file.text[span.end :].lstrip(" "))
        return Edit(Span(file, span.start, span.end + spaces), "")
    return Edit(Span(file, start, min(end + 1, len(file.text))), "")


# -- Attributes and declarations ----------------------------------------------------------------------------------------


def attribute(name: Span, parts: Mapping[str, Span], word: str, value: str) -> Edit | None:
    """An attribute of a thing set to a value, written anew if the thing does not have it yet; None where it has no body."""
    if word in parts and word not in ("peer", "subnet") and parts[word].file is name.file:
        return replaced(parts[word], value)
    return in_body(name, f"{word} {value}")


def in_body(name: Span, text: str) -> Edit | None:
    """One more item at the end of a body."""
    inside = body_of(name)
    if inside is None:
        if name.file.text[line_start(name.file, name.start) : name.start].split() != ["peer"]:
            return None
        return Edit(Span(name.file, name.end, name.end), f" {{ {text} }}")
    file = name.file
    if "\n" not in inside.text:
        end = inside.start + len(inside.text.rstrip())
        behind = "" if end < inside.end else " "
        return Edit(Span(file, end, end), f"{'  ' if inside.text.strip() else ' '}{text}{behind}")
    at = line_start(file, inside.end)
    indent = indent_of(file, inside.end) + INDENT
    return Edit(Span(file, at, at), f"{indent}{text}\n")


def after_declaration(name: Span, text: str) -> Edit | None:
    """A declaration behind the one that a name belongs to."""
    inside = body_of(name)
    if inside is None:
        return None
    at = line_end(name.file, inside.end)
    return Edit(Span(name.file, at, at), f"\n\n{text}")


# -- Rules --------------------------------------------------------------------------------------------------------------


@record
class NewRule:
    """A rule to be written; `ports` is empty for every port."""

    name: str
    access: str
    protocol: str
    source: str
    target: str
    ports: str = ""

    def text(self, priority: int, like: DeclaredRule | None = None) -> str:
        """The rule's line, in the columns of a rule beside it."""
        columns = _columns(like)
        cells = [
            ("", f'{priority} "{self.name}"' if self.name else str(priority)),
            ("access", self.access),
            ("protocol", self.protocol),
            ("source", f"from {self.source}"),
            ("target", f"to {self.target}"),
        ]
        if self.ports:
            cells.append(("target_port", f"port {self.ports}"))
        line = ""
        for field, cell in cells:
            line = f"{line} ".ljust(columns.get(field, 0)) + cell if line else cell
        return line


# What stands before a part's own span in a rule.
_WORDS_BEFORE = {"source": len("from "), "target": len("to "), "target_port": len("port ")}


def _columns(like: DeclaredRule | None) -> Mapping[str, int]:
    """The column of each cell, counted from the beginning of the rule; nothing for a rule of several lines."""
    if like is None or like.span is None or "\n" in like.span.text:
        return {}
    start = like.span.start
    return {field: span.start - start - _WORDS_BEFORE.get(field, 0) for field, span in like.parts.items()}


def new_rule(name: Span, rules: Sequence[DeclaredRule], direction: str | None, priority: int, rule: NewRule) -> Edit | None:
    """A new rule in a declaration's list, among the others by its priority. `direction` None is a firewall's bare list."""
    inside = body_of(name)
    if inside is None:
        return None
    here = [one for one in rules if one.span is not None and one.span.file is name.file]
    before = [one for one in here if one.priority < priority]
    after = [one for one in here if one.priority > priority]
    if before and before[-1].span is not None:
        last = before[-1].span
        at = line_end(name.file, last.end)
        if name.file.text[last.end : at].strip().startswith("}"):
            return Edit(Span(name.file, last.end, last.end), f" {rule.text(priority)}")
        return Edit(Span(name.file, at, at), f"\n{indent_of(name.file, last.start)}{rule.text(priority, before[-1])}")
    if after and after[0].span is not None:
        first = after[0].span
        at = line_start(name.file, first.start)
        if name.file.text[at : first.start].strip():
            return Edit(Span(name.file, first.start, first.start), f"{rule.text(priority)} ")
        return Edit(Span(name.file, at, at), f"{indent_of(name.file, first.start)}{rule.text(priority, after[0])}\n")
    return _first_rule(name, inside, direction, rule.text(priority))


def _first_rule(name: Span, inside: Span, direction: str | None, text: str) -> Edit | None:
    if direction is None:
        return in_body(name, text)
    block = re.compile(rf"\b{direction}\s*\{{").search(name.file.text, inside.start, inside.end)
    if block is not None:
        file, at = name.file, block.end()
        laid = f"\n{indent_of(file, at)}{INDENT}{text}" if file.text[at : line_end(file, at)].strip() == "" else f" {text} "
        return Edit(Span(file, at, at), laid)
    if not inside.text.strip():
        outer = indent_of(name.file, name.start)
        lines = (f"{INDENT}{direction} {{", f"{INDENT * 2}{text}", f"{INDENT}}}")
        laid = "".join(f"\n{outer}{one}" for one in lines)
        return Edit(inside, f"{laid}\n{outer}")
    return in_body(name, f"{direction} {{ {text} }}")


def free_priority(taken: Iterable[int], before: int, lowest: int) -> int | None:
    """A round number that no rule has, just before the rule that decides; None when there is none."""
    used = sorted({one for one in taken if one < before})
    bound = before
    for previous in (*reversed(used), lowest - 1):
        if bound - previous > 1:
            steps = (100, 10, 1)
            return next((at for step in steps if (at := (previous // step + 1) * step) < bound), previous + 1)
        bound = previous
    return None
