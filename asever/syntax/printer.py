"""From tree to canonical text: one layout, every comment kept, meaning unchanged.

A block that was written on one line stays on one when it fits. Lines that belong together (rules, checks, short declarations
of one kind) are aligned in columns. The result is parsed again before it is returned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from asever.diagnostics import Diagnostics
from asever.source import SourceFile
from asever.syntax import nodes
from asever.syntax.parser import comments_of, parse

WIDTH = 120
INDENT = "  "
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*\Z")
# Words that begin a check's verb: a name like this keeps its quotes, so that it cannot be read as one.
_VERBS = frozenset({"reaches", "can", "never", "only", "is", "equals", "permits", "has"})


class MeaningChanged(Exception):
    """The formatter would have changed what a text means: our mistake; the text is left as it is."""


@dataclass
class Line:
    """One line to be: cells are aligned with those of neighbours of the same `group`."""

    depth: int
    cells: list[str]
    start: int
    end: int
    group: str = ""
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    gap: bool = False


def format_file(tree: nodes.FileNode) -> str:
    """The canonical text of a file that has no errors. Raises `MeaningChanged` when the result would mean something else."""
    text = _layout(tree)
    again = parse(SourceFile(tree.file.name, text), Diagnostics())
    kept = len(comments_of(again.file)) == len(comments_of(tree.file))
    if again.items != tree.items or not kept or _layout(again) != text:
        raise MeaningChanged(f"formatting {tree.file.name} would change it")
    return text


def claim_text(check: nodes.Check) -> str:
    """The claim of a check with its services and modifiers, in canonical spelling."""
    return " ".join(_claim_cells(check))


# -- Words --------------------------------------------------------------------------------------------------------------


def _name(name: nodes.Name, *, verb_near: bool = False) -> str:
    if _BARE.match(name.text) and not (verb_near and name.text in _VERBS):
        return name.text
    if name.quoted or '"' not in name.text:
        base, dot, part = name.text.rpartition(".")
        # A quoted name with a part after it: "My VM".ip
        if dot and _BARE.match(part) and not _BARE.match(name.text) and name.span.text.endswith("." + part):
            return f'"{base}".{part}'
        return f'"{name.text}"'
    return name.text


def _ref(ref: nodes.Ref, *, subject: bool = False) -> str:
    return "/".join(_name(one, verb_near=subject and index == 0) for index, one in enumerate(ref.names))


def _value(value: nodes.Value, *, subject: bool = False) -> str:
    match value:
        case nodes.Ref():
            return _ref(value, subject=subject)
        case nodes.Addresses():
            return value.text
        case nodes.Ports():
            return _port(value)


def _port(port: nodes.Ports) -> str:
    if port.any:
        return "*"
    return str(port.low) if port.low == port.high else f"{port.low}-{port.high}"


def _list(values: Iterable[nodes.Value]) -> str:
    return ", ".join(_value(one) for one in values)


def _services(members: Sequence[nodes.ProtocolPorts | nodes.Ref]) -> list[str]:
    result = []
    for one in members:
        if isinstance(one, nodes.ProtocolPorts):
            ports = [_port(port) for port in one.ports]
            result.append(" ".join([one.protocol.text, ports[0]]) if ports else one.protocol.text)
            result.extend(ports[1:])
        else:
            result.append(_ref(one))
    return result


def _quoted(name: nodes.Name) -> str:
    return f'"{name.text}"'


# -- Checks -------------------------------------------------------------------------------------------------------------


def _claim_cells(check: nodes.Check) -> list[str]:
    claim = check.claim
    match claim:
        case nodes.Reach(verb="only"):
            subjects = ", ".join(_value(one, subject=True) for one in claim.subjects)
            verb = "reaches" if len(claim.subjects) == 1 else "reach"
            parts = [f"only {subjects} {verb} {_value(claim.target)}"]
        case nodes.Reach():
            parts = [f"{_value(claim.subjects[0], subject=True)} {claim.verb} {_value(claim.target)}"]
        case nodes.IsHealthy():
            parts = [f"{_ref(claim.subject, subject=True)} is healthy"]
        case nodes.Equals():
            parts = [f"{claim.left_kind.text} {_ref(claim.left, subject=True)} equals {claim.right_kind.text} {_ref(claim.right)}"]
        case nodes.PermitsNoMore():
            left = f"{claim.left_kind.text} {_ref(claim.left, subject=True)}"
            parts = [f"{left} permits no more than {claim.right_kind.text} {_ref(claim.right)}"]
        case nodes.HasNoDeadRules():
            parts = [f"{claim.kind.text} {_ref(claim.subject, subject=True)} has no dead rules"]
    if check.services:
        parts.append("on " + ", ".join(_services(check.services)))
    parts.extend(_modifier(one) for one in check.modifiers)
    return parts


def _modifier(one: nodes.Modifier) -> str:
    match one:
        case nodes.As():
            return "as " + _list(one.addresses)
        case nodes.Via():
            return ("not via " if one.negated else "via ") + _ref(one.resource)
        case nodes.WithinRegion():
            return "within region"
        case nodes.ExceptFrom():
            return "except from " + _list(one.endpoints)


def _check(check: nodes.Check, depth: int) -> Line:
    tail = " ".join([*_claim_cells(check), *(["expect violated"] if check.expect_violated else [])])
    name = _quoted(check.name) if check.name is not None else None
    cells = ["check", name, tail] if name is not None else ["check", tail]
    group = "check" if name is not None else ""
    return Line(depth, cells, check.span.start, check.span.end, group)


# -- Items --------------------------------------------------------------------------------------------------------------


def _item(item: nodes.Item, comments: Sequence[nodes.Comment]) -> Iterator[Line]:
    start, end = item.span.start, item.span.end
    match item:
        case nodes.Import():
            cells = ["import", _quoted(item.path)]
            if item.alias is not None:
                cells.append("as " + _name(item.alias))
            if item.parameters is not None:
                cells.append("with " + _quoted(item.parameters))
            yield Line(0, [" ".join(cells)], start, end)
        case nodes.Service():
            head = ["service", _name(item.name), "="]
            yield Line(0, [*head, ", ".join(_services(item.members))], start, end, "service")
        case nodes.Tag():
            yield from _long_list(f"tag {_name(item.name)} =", item.addresses, 0, start, end, comments)
        case nodes.Pack():
            parameters = ", ".join(_name(one) for one in item.parameters)
            yield Line(0, [f"pack {_name(item.name)}({parameters}) {{"], start, item.checks[0].span.start - 1 if item.checks else end)
            yield from (_check(one, 1) for one in item.checks)
            yield Line(0, ["}"], end - 1, end)
        case nodes.Apply():
            yield Line(0, [f"apply {_name(item.pack)}({_list(item.arguments)})"], start, end)
        case nodes.Check():
            yield _check(item, 0)
        case nodes.Declaration():
            yield from _declaration(item, comments)


def _declaration(item: nodes.Declaration, comments: Sequence[nodes.Comment]) -> Iterator[Line]:
    head = f"{item.kind.text} {_name(item.name)}"
    start, end = item.span.start, item.span.end
    if item.body is None:
        yield Line(0, [head], start, end)
        return
    short = _short(item.body, comments)
    if short is not None and len(head) + sum(len(one) + 2 for one in short) + 6 <= WIDTH:
        words = " ".join(one.word.text for one in item.body.items if isinstance(one, nodes.Attribute))
        cells = [item.kind.text, _name(item.name), "{", *short]
        yield Line(0, cells, start, end, f"{item.kind.text} {words}" if short else "")
        return
    yield Line(0, [head + " {"], start, item.body.span.start + 1)
    yield from _body(item.body, 1, comments)
    yield Line(0, ["}"], end - 1, end)


def _short(body: nodes.Body, comments: Sequence[nodes.Comment]) -> list[str] | None:
    """The attributes of a body that was written on one line, without comments in it; else None."""
    if "\n" in body.span.text or _within(comments, body.span.start, body.span.end):
        return None
    result = []
    for one in body.items:
        if not isinstance(one, nodes.Attribute):
            return None
        inner = ""
        if one.body is not None:
            deeper = _short(one.body, comments)
            if deeper is None:
                return None
            inner = " { " + "  ".join(deeper) + " }" if deeper else " { }"
        result.append(f"{one.word.text} {_list(one.values)}{inner}")
    return result


def _within(comments: Sequence[nodes.Comment], start: int, end: int) -> bool:
    return any(start <= one.span.start < end for one in comments)


def _body(body: nodes.Body, depth: int, comments: Sequence[nodes.Comment]) -> Iterator[Line]:
    for one in body.items:
        match one:
            case nodes.Rules():
                yield Line(depth, [f"{one.direction} {{"], one.span.start, one.rules[0].span.start - 1 if one.rules else one.span.end)
                yield from (_rule(rule, depth + 1) for rule in one.rules)
                yield Line(depth, ["}"], one.span.end - 1, one.span.end)
            case nodes.Rule():
                yield _rule(one, depth)
            case nodes.Route():
                yield _route(one, depth)
            case nodes.PortMap():
                text = f"rule {one.protocol.text} {_port(one.front)} -> {_port(one.back)}"
                yield Line(depth, [text], one.span.start, one.span.end)
            case nodes.Attribute():
                yield from _attribute(one, depth, comments)


def _attribute(one: nodes.Attribute, depth: int, comments: Sequence[nodes.Comment]) -> Iterator[Line]:
    start, end = one.span.start, one.span.end
    if one.body is None:
        if len(_list(one.values)) + len(one.word.text) + 2 * depth + 1 > WIDTH or _within(comments, start, end):
            yield from _long_list(one.word.text, one.values, depth, start, end, comments)
        else:
            yield Line(depth, [one.word.text, _list(one.values)], start, end, "attribute")
        return
    short = _short(one.body, comments)
    if short is not None and 2 * depth + len(one.word.text) + sum(len(part) + 2 for part in short) + 30 <= WIDTH:
        words = " ".join(each.word.text for each in one.body.items if isinstance(each, nodes.Attribute))
        yield Line(depth, [one.word.text, _list(one.values), "{", *short], start, end, f"{one.word.text} {words}")
        return
    yield Line(depth, [f"{one.word.text} {_list(one.values)} {{"], start, one.body.span.start + 1)
    yield from _body(one.body, depth + 1, comments)
    yield Line(depth, ["}"], end - 1, end)


def _rule(rule: nodes.Rule, depth: int) -> Line:
    source = _list(rule.sources) + (" port " + _list(rule.source_ports) if rule.source_ports else "")
    target = _list(rule.targets) + (" port " + _list(rule.target_ports) if rule.target_ports else "")
    translated = ""
    if rule.translated is not None:
        translated = f" -> {_value(rule.translated)}" + (f" port {_port(rule.translated_port)}" if rule.translated_port else "")
    name = _quoted(rule.name) if rule.name is not None else ""
    cells = [str(rule.priority.low), name, rule.access.text, rule.protocol.text, "from " + source, f"to {target}{translated}"]
    return Line(depth, cells, rule.span.start, rule.span.end, "rule")


def _route(route: nodes.Route, depth: int) -> Line:
    name = _quoted(route.name) if route.name is not None else ""
    hop = route.hop.text + (f" {_value(route.appliance)}" if route.appliance is not None else "")
    cells = ["route", name, _value(route.destination), f"-> {hop}"]
    return Line(depth, cells, route.span.start, route.span.end, "route")


def _long_list(
    head: str, values: Sequence[nodes.Value], depth: int, start: int, end: int, comments: Sequence[nodes.Comment]
) -> Iterator[Line]:
    """A list on one line when it fits and has no comments inside, else wrapped, with a break at every comment."""
    text = _list(values)
    if len(head) + 1 + len(text) + 2 * depth <= WIDTH and not _within(comments, start, end):
        yield Line(depth, [f"{head} {text}"], start, end)
        return
    yield Line(depth, [head], start, values[0].span.start - 1)
    row: list[nodes.Value] = []
    for index, one in enumerate(values):
        length = sum(len(_value(each)) + 2 for each in row) + len(_value(one)) + 2 * depth + 2
        if row and (length > WIDTH or _within(comments, row[-1].span.end, one.span.start)):
            yield _row(row, depth + 1, last=False)
            row = []
        row.append(one)
        if index == len(values) - 1:
            yield _row(row, depth + 1, last=True)


def _row(row: Sequence[nodes.Value], depth: int, *, last: bool) -> Line:
    return Line(depth, [_list(row) + ("" if last else ",")], row[0].span.start, row[-1].span.end)


# -- Lines to text ------------------------------------------------------------------------------------------------------


def _layout(tree: nodes.FileNode) -> str:
    comments = comments_of(tree.file)
    lines = [line for item in tree.items for line in _item(item, comments)]
    source = tree.file.text
    loose = _attach(lines, comments, source)
    _gaps(lines, source)
    text: list[str] = []
    for group in _groups(lines):
        widths = _widths(group)
        for line in group:
            if line.gap and text:
                text.append("")
            indent = INDENT * line.depth
            text.extend(indent + one if one else "" for one in line.before)
            body = indent + _joined(line, widths)
            text.append(body + "".join("  " + one for one in line.after))
    if loose:
        if text:
            text.append("")
        text.extend(loose)
    return "\n".join(one.rstrip() for one in text) + "\n" if text else ""


def _attach(lines: list[Line], comments: Sequence[nodes.Comment], source: str) -> list[str]:
    """Puts each comment before or behind a line; the last ones of a file are returned."""
    loose: list[str] = []
    for comment in comments:
        start = comment.span.start
        line_start = source.rfind("\n", 0, start) + 1
        alone = not source[line_start:start].strip()
        text = comment.text.rstrip()
        if not alone and "\n" not in text:
            behind = [line for line in lines if line.start < start]
            if behind:
                behind[-1].after.append(text)
                continue
        following = next((line for line in lines if line.start >= start), None)
        blank = "\n\n" in source[comment.span.end : following.start if following is not None else len(source)].replace(" ", "")[:2]
        target = following.before if following is not None else loose
        before = source[:start].rstrip(" \t")
        if target and before.endswith("\n\n"):
            target.append("")
        target.append(text)
        if blank and following is not None:
            target.append("")
    return _single_blanks(loose)


def _single_blanks(texts: list[str]) -> list[str]:
    return [one for index, one in enumerate(texts) if one or (index and texts[index - 1])]


def _gaps(lines: list[Line], source: str) -> None:
    """One blank line where the text had any; none after an opening or before a closing brace."""
    for before, line in zip(lines, lines[1:], strict=False):
        line.before = _single_blanks(line.before)
        between = source[before.end : line.start]
        head = between
        if "//" in between or "/*" in between:
            head = between[: min(position for position in (between.find("//"), between.find("/*")) if position >= 0)]
            if "\n" not in head:  # a comment behind the line before; what follows it counts
                rest = between[len(head) :]
                rest = rest[rest.find("\n") :] if "\n" in rest else ""
                head = rest[: len(rest) - len(rest.lstrip())]
        blank = head.count("\n") > 1
        line.gap = blank and not before.cells[-1].endswith("{") and line.cells != ["}"]
    if lines:
        lines[0].before = _single_blanks(lines[0].before)


def _groups(lines: list[Line]) -> Iterator[list[Line]]:
    """Neighbours that are aligned with each other."""
    group: list[Line] = []
    for line in lines:
        together = group and line.group and line.group == group[-1].group and line.depth == group[-1].depth
        together = together and len(line.cells) == len(group[-1].cells) and not line.gap
        if group and not together:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _widths(group: list[Line]) -> list[int]:
    columns = max(len(line.cells) for line in group)
    return [max(len(line.cells[index]) for line in group) for index in range(columns)]


def _joined(line: Line, widths: list[int]) -> str:
    block = "{" in line.cells
    parts = []
    for index, cell in enumerate(line.cells):
        if not widths[index]:
            continue
        right = line.group == "rule" and index == 0
        last = index == len(line.cells) - 1
        parts.append(cell if (last and not block) or right and False else cell.ljust(widths[index]))
    if not block:
        return " ".join(parts)
    at = line.cells.index("{")
    inner = "  ".join(parts[at + 1 :])
    return " ".join([*parts[: at + 1], *([inner] if inner else []), "}"])


