"""From tree to canonical text: one layout, every comment kept, meaning unchanged.

A block that was written on one line stays on one when it fits. Lines that belong together (rules, checks, short declarations
of one kind) are aligned in columns. The result is parsed again before it is returned.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from asever.diagnostics import Diagnostics
from asever.source import SourceFile
from asever.syntax import nodes
from asever.syntax.parser import comments_of, parse
from asever.syntax.words import is_bare, port_text

WIDTH = 120
INDENT = "  "
# Words that begin a check's verb: a name like this keeps its quotes, so that it cannot be read as one.
_VERBS = frozenset({"reaches", "can", "never", "only", "is", "equals", "permits", "has"})


class MeaningChanged(Exception):  # noqa: N818 - says what happened
    """The formatter would have changed what a text means: our mistake; the text is left as it is."""


class Line:
    """One line to be: cells are aligned with those of neighbours of the same `group`."""

    def __init__(self, depth: int, cells: list[str], start: int, end: int, group: str = "") -> None:
        self.depth = depth
        self.cells = cells
        self.start = start
        self.end = end
        self.group = group
        self.before: list[nodes.Comment] = []
        self.after: list[nodes.Comment] = []
        self.gap = False
        self.last = 0  # where the line ends in the source, with the comments behind it


def format_file(tree: nodes.FileNode) -> str:
    """The canonical text of a file that has no errors. Raises `MeaningChanged` when the result would mean something else."""
    text = _layout(tree)
    if text == tree.file.text:
        return text
    again = parse(SourceFile(tree.file.name, text), Diagnostics())
    if again.items != tree.items or _comments(again.file) != _comments(tree.file) or _layout(again) != text:
        raise MeaningChanged(f"formatting {tree.file.name} would change it")
    return text


def _comments(file: SourceFile) -> list[str]:
    """All comments in an order that does not matter, without the white space that ends lines."""
    return sorted(_trimmed(one.text) for one in comments_of(file))


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def claim_text(check: nodes.Check) -> str:
    """The claim of a check with its services and modifiers, in canonical spelling."""
    return " ".join(_claim_cells(check))


# -- Words --------------------------------------------------------------------------------------------------------------


def name_text(name: nodes.Name, *, verb_near: bool = False) -> str:
    """A name as it has to be written: bare where it can be."""
    if is_bare(name.text) and not (verb_near and name.text in _VERBS):
        return name.text
    if name.quoted or '"' not in name.text:
        base, dot, part = name.text.rpartition(".")
        # A quoted name with a part after it: "My VM".ip
        if dot and is_bare(part) and not is_bare(name.text) and name.span.text.endswith("." + part):
            return f'"{base}".{part}'
        return f'"{name.text}"'
    return name.text


def _ref(ref: nodes.Ref, *, subject: bool = False) -> str:
    return "/".join(name_text(one, verb_near=subject and index == 0) for index, one in enumerate(ref.names))


def _value(value: nodes.Value, *, subject: bool = False) -> str:
    match value:
        case nodes.Ref():
            return _ref(value, subject=subject)
        case nodes.Addresses():
            return value.text
        case nodes.Ports():
            return port_text(value)


def list_text(values: Iterable[nodes.Value]) -> str:
    """Values with commas between them."""
    return ", ".join(_value(one) for one in values)


def _services(members: Sequence[nodes.ProtocolPorts | nodes.Ref]) -> list[str]:
    result = []
    for one in members:
        if isinstance(one, nodes.ProtocolPorts):
            ports = [port_text(port) for port in one.ports]
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
            parts = [
                f"{claim.left_kind.text} {_ref(claim.left, subject=True)} equals {claim.right_kind.text} {_ref(claim.right)}"
            ]
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
            return "as " + list_text(one.addresses)
        case nodes.Via():
            return ("not via " if one.negated else "via ") + _ref(one.resource)
        case nodes.WithinRegion():
            return "within region"
        case nodes.ExceptFrom():
            return "except from " + list_text(one.endpoints)


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
                cells.append("as " + name_text(item.alias))
            if item.parameters is not None:
                cells.append("with " + _quoted(item.parameters))
            yield Line(0, [" ".join(cells)], start, end)
        case nodes.Service():
            head = ["service", name_text(item.name), "="]
            yield Line(0, [*head, ", ".join(_services(item.members))], start, end, "service")
        case nodes.Tag() if not item.addresses:
            yield Line(0, [f"tag {name_text(item.name)}"], start, end)
        case nodes.Tag():
            yield from _long_list(f"tag {name_text(item.name)} =", item.addresses, 0, start, end, comments)
        case nodes.Pack():
            parameters = ", ".join(name_text(one) for one in item.parameters)
            yield Line(0, [f"pack {name_text(item.name)}({parameters}) {{"], start, _brace(item, comments))
            yield from (_check(one, 1) for one in item.checks)
            yield Line(0, ["}"], end - 1, end)
        case nodes.Apply():
            yield Line(0, [f"apply {name_text(item.pack)}({list_text(item.arguments)})"], start, end)
        case nodes.Check():
            yield _check(item, 0)
        case nodes.Declaration():
            yield from _declaration(item, comments)


def _brace(node: nodes.Node, comments: Sequence[nodes.Comment]) -> int:
    """Where the text of a node goes on after its opening brace."""
    at = node.span.file.text.find("{", node.span.start)
    while (index := _first_from(comments, at)) and at < comments[index - 1].span.end:
        at = node.span.file.text.find("{", at + 1)
    return at + 1


def _declaration(item: nodes.Declaration, comments: Sequence[nodes.Comment]) -> Iterator[Line]:
    head = f"{item.kind.text} {name_text(item.name)}"
    start, end = item.span.start, item.span.end
    if item.body is None:
        yield Line(0, [head], start, end)
        return
    short = _short(item.body, comments)
    if short is not None and len(head) + sum(len(one) + 2 for one in short) + 6 <= WIDTH:
        cells = [item.kind.text, name_text(item.name), "{", *short]
        yield Line(0, cells, start, end, f"{item.kind.text} block" if short else "")
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
        result.append(f"{one.word.text} {list_text(one.values)}{inner}")
    return result


def _within(comments: Sequence[nodes.Comment], start: int, end: int) -> bool:
    index = _first_from(comments, start)
    return index < len(comments) and comments[index].span.start < end


def _first_from(comments: Sequence[nodes.Comment], start: int) -> int:
    """The index of the first comment at a place or after it."""
    return bisect_left(comments, start, key=lambda one: one.span.start)


def _body(body: nodes.Body, depth: int, comments: Sequence[nodes.Comment]) -> Iterator[Line]:
    for one in body.items:
        match one:
            case nodes.Rules():
                yield Line(depth, [f"{one.direction} {{"], one.span.start, _brace(one, comments))
                yield from (rule_line(rule, depth + 1) for rule in one.rules)
                yield Line(depth, ["}"], one.span.end - 1, one.span.end)
            case nodes.Rule():
                yield rule_line(one, depth)
            case nodes.Route():
                yield route_line(one, depth)
            case nodes.PortMap():
                text = f"rule {one.protocol.text} {port_text(one.front)} -> {port_text(one.back)}"
                yield Line(depth, [text], one.span.start, one.span.end)
            case nodes.Attribute():
                yield from _attribute(one, depth, comments)


def _attribute(one: nodes.Attribute, depth: int, comments: Sequence[nodes.Comment]) -> Iterator[Line]:
    start, end = one.span.start, one.span.end
    if one.body is None:
        if len(list_text(one.values)) + len(one.word.text) + 2 * depth + 1 > WIDTH or _within(comments, start, end):
            yield from _long_list(one.word.text, one.values, depth, start, end, comments)
        else:
            yield Line(depth, [one.word.text, list_text(one.values)], start, end, "attribute")
        return
    short = _short(one.body, comments)
    if short is not None and 2 * depth + len(one.word.text) + sum(len(part) + 2 for part in short) + 30 <= WIDTH:
        yield Line(depth, [one.word.text, list_text(one.values), "{", *short], start, end, f"{one.word.text} block")
        return
    yield Line(depth, [f"{one.word.text} {list_text(one.values)} {{"], start, one.body.span.start + 1)
    yield from _body(one.body, depth + 1, comments)
    yield Line(depth, ["}"], end - 1, end)


def rule_line(rule: nodes.Rule, depth: int) -> Line:
    """A rule in columns."""
    source = list_text(rule.sources) + (" port " + list_text(rule.source_ports) if rule.source_ports else "")
    target = list_text(rule.targets) + (" port " + list_text(rule.target_ports) if rule.target_ports else "")
    translated = ""
    if rule.translated is not None:
        translated = f" -> {_value(rule.translated)}" + (
            f" port {port_text(rule.translated_port)}" if rule.translated_port else ""
        )
    name = _quoted(rule.name) if rule.name is not None else ""
    cells = [str(rule.priority.low), name, rule.access.text, rule.protocol.text, "from " + source, f"to {target}{translated}"]
    return Line(depth, cells, rule.span.start, rule.span.end, "rule")


def route_line(route: nodes.Route, depth: int) -> Line:
    """A route in columns."""
    name = _quoted(route.name) if route.name is not None else ""
    hop = route.hop.text + (f" {_value(route.appliance)}" if route.appliance is not None else "")
    cells = ["route", name, _value(route.destination), f"-> {hop}"]
    return Line(depth, cells, route.span.start, route.span.end, "route")


def _long_list(
    head: str, values: Sequence[nodes.Value], depth: int, start: int, end: int, comments: Sequence[nodes.Comment]
) -> Iterator[Line]:
    """A list on one line when it fits and has no comments inside, else wrapped, with a break at every comment."""
    text = list_text(values)
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
    return Line(depth, [list_text(row) + ("" if last else ",")], row[0].span.start, row[-1].span.end)


# -- Lines to text ------------------------------------------------------------------------------------------------------


def _layout(tree: nodes.FileNode) -> str:
    source = tree.file.text
    comments = comments_of(tree.file)
    lines = [line for item in tree.items for line in _item(item, comments)]
    loose = _attach(lines, comments, source)
    _gaps(lines, source)
    text: list[str] = []
    before = 0
    for group in _groups(lines):
        widths = _widths(group)
        for line in group:
            # What stands before a closing brace belongs to the block that it closes.
            indent = INDENT * (line.depth + (line.cells == ["}"]))
            for comment in line.before:
                text.extend([""] * (bool(text) and not text[-1].endswith("{") and _blank(source, before, comment.span.start)))
                text.append(indent + _trimmed(comment.text))
                before = comment.span.end
            if line.gap and text:
                text.append("")
            after = "".join("  " + comment.text for comment in line.after)
            text.append((INDENT * line.depth + _joined(line, widths) + after).rstrip())
            before = line.last
    for comment in loose:
        text.extend([""] * (bool(text) and _blank(source, before, comment.span.start)))
        text.append(_trimmed(comment.text))
        before = comment.span.end
    return "\n".join(text) + "\n" if text else ""


def _blank(source: str, start: int, end: int) -> bool:
    """Whether there is nothing but white space between two places, with an empty line in it."""
    between = source[start:end]
    return start <= end and not between.strip() and between.count("\n") > 1


def _attach(lines: list[Line], comments: Sequence[nodes.Comment], source: str) -> list[nodes.Comment]:
    """Puts each comment behind the line it stands on, or before the next one; those after the last line are returned."""
    loose: list[nodes.Comment] = []
    starts = [line.start for line in lines]
    for comment in comments:
        start = comment.span.start
        alone = not source[source.rfind("\n", 0, start) + 1 : start].strip()
        one_line = "\n" not in comment.text
        index = bisect_left(starts, start)
        if not alone and one_line and index:
            line = lines[index - 1]
            if not (line.after and line.after[-1].text.startswith("//")):
                line.after.append(comment)
                continue
            line.before.append(comment)
            continue
        (lines[index].before if index < len(lines) else loose).append(comment)
    return loose


def _gaps(lines: list[Line], source: str) -> None:
    """One blank line where the text had any; none after an opening or before a closing brace."""
    for line in lines:
        line.last = max([line.end, *(comment.span.end for comment in line.after)])
    for before, line in pairwise(lines):
        after = line.before[-1].span.end if line.before else before.last
        opens = before.cells[-1].endswith("{") and not line.before
        line.gap = _blank(source, after, line.start) and not opens and line.cells != ["}"]
    if lines and lines[0].before:
        lines[0].gap = _blank(source, lines[0].before[-1].span.end, lines[0].start)


def _groups(lines: list[Line]) -> Iterator[list[Line]]:
    """Neighbours that are aligned with each other."""
    group: list[Line] = []
    for line in lines:
        together = group and line.group and line.group == group[-1].group and line.depth == group[-1].depth
        together = (
            together and not line.gap and not line.before and ("{" in line.cells or len(line.cells) == len(group[-1].cells))
        )
        if group and not together:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _widths(group: list[Line]) -> list[int]:
    """How wide each column is: as wide as its widest cell that has something after it.

    Attributes in a block are a column only if they are the same attribute in every line.
    """
    columns = max(len(line.cells) for line in group)
    widths = []
    for index in range(columns):
        cells = [line.cells[index] for line in group if index < len(line.cells) - 1]
        there = [line.cells[index] for line in group if index < len(line.cells)]
        same = index < ATTRIBUTES or "{" not in group[0].cells or len({cell.split(" ", maxsplit=1)[0] for cell in there}) == 1
        widths.append(max((len(cell) for cell in cells), default=0) if same else 0)
    return widths


ATTRIBUTES = 3  # the cell of a block's first attribute, after kind, name and brace


def _joined(line: Line, widths: list[int]) -> str:
    last = len(line.cells) - 1
    padded = [cell if index == last else cell.ljust(widths[index]) for index, cell in enumerate(line.cells)]
    if "{" not in line.cells:
        return " ".join(cell for index, cell in enumerate(padded) if index == last or widths[index])
    at = line.cells.index("{")
    inner = "  ".join(padded[at + 1 :])
    return " ".join([*padded[: at + 1], *([inner] if inner else []), "}"])
