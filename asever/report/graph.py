"""A picture as text for other programs to draw: Mermaid and Graphviz's DOT."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from asever.model.picture import Area, LinkKind, Node, Picture
from asever.report.lines import printable

_DASHED = (LinkKind.HALF_PEERING, LinkKind.PUBLIC)
_DIRECTED = (LinkKind.PUBLIC, LinkKind.BALANCER)
_ARROWS = {LinkKind.HALF_PEERING: "-.-", LinkKind.PUBLIC: "-.->", LinkKind.BALANCER: "-->"}


def _numbered(picture: Picture) -> dict[str, str]:
    """A short identifier for each key, in the order of the picture."""
    keys = [one.key for one in picture.outside]
    for area in picture.areas:
        keys.append(area.key)
        for cell in area.cells:
            keys += [cell.key, *(node.key for node in cell.nodes)]
    return {key: f"n{at}" for at, key in enumerate(keys, start=1)}


# -- Mermaid ------------------------------------------------------------------------------------------------------------


def render_mermaid(picture: Picture) -> str:
    """A Mermaid flowchart."""
    names = _numbered(picture)
    lines = ["flowchart TB", *(f"  {_mermaid_node(one, names)}" for one in picture.outside)]
    for area in picture.areas:
        lines += _mermaid_area(area, names)
    for link in picture.links:
        arrow = _ARROWS.get(link.kind, "---")
        words = f"{link.kind.value}: {link.label}" if link.label else link.kind.value
        lines.append(f'  {names[link.one]} {arrow}|"{_mermaid_text(words)}"| {names[link.other]}')
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    return escape(printable(text)).replace("&#x27;", "'").replace("#", "#35;")


def _mermaid_lines(title: str, details: tuple[str, ...]) -> str:
    return "<br/>".join(_mermaid_text(one.strip()) for one in (title, *details))


def _mermaid_node(node: Node, names: dict[str, str]) -> str:
    return f'{names[node.key]}["{_mermaid_lines(node.title, node.details)}"]'


def _mermaid_area(area: Area, names: dict[str, str]) -> Iterator[str]:
    yield f'  subgraph {names[area.key]}["{_mermaid_lines(area.title, area.details)}"]'
    for cell in area.cells:
        if not cell.title:
            yield from (f"    {_mermaid_node(node, names)}" for node in cell.nodes)
            continue
        label = _mermaid_lines(cell.title, cell.details)
        if not cell.nodes:
            yield f'    {names[cell.key]}["{label}"]'
            continue
        yield f'    subgraph {names[cell.key]}["{label}"]'
        yield from (f"      {_mermaid_node(node, names)}" for node in cell.nodes)
        yield "    end"
    yield "  end"


# -- DOT ----------------------------------------------------------------------------------------------------------------


def render_dot(picture: Picture) -> str:
    """A graph for Graphviz; a virtual network is a cluster with an invisible point for its peerings."""
    names = _numbered(picture)
    areas = {one.key for one in picture.areas}
    lines = [
        "digraph network {",
        "  compound=true",
        '  node [shape=box fontname="monospace"]',
        '  graph [fontname="monospace"]',
    ]
    lines += [f"  {_dot_node(one, names)}" for one in picture.outside]
    for area in picture.areas:
        lines += _dot_area(area, names)
    for link in picture.links:
        words = f"{link.kind.value}: {link.label}" if link.label else link.kind.value
        options = [f"label={_dot_text(words)}"]
        options += [] if link.kind in _DIRECTED else ["dir=none"]
        options += ["style=dashed"] if link.kind in _DASHED else []
        options += [f"{end}=cluster_{names[key]}" for end, key in (("ltail", link.one), ("lhead", link.other)) if key in areas]
        lines.append(f"  {names[link.one]} -> {names[link.other]} [{' '.join(options)}]")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_text(*lines: str) -> str:
    quoted = (printable(one.strip()).replace("\\", "\\\\").replace('"', '\\"') for one in lines)
    return '"' + "\\n".join(quoted) + '"'


def _dot_node(node: Node, names: dict[str, str]) -> str:
    return f"{names[node.key]} [label={_dot_text(node.title, *node.details)}]"


def _dot_area(area: Area, names: dict[str, str]) -> Iterator[str]:
    name = names[area.key]
    yield f"  subgraph cluster_{name} {{"
    yield f"    label={_dot_text(area.title, *area.details)}"
    yield f"    {name} [shape=point style=invis]"
    for cell in area.cells:
        if not cell.title:
            yield from (f"    {_dot_node(node, names)}" for node in cell.nodes)
            continue
        inner = names[cell.key]
        yield f"    subgraph cluster_{inner} {{"
        yield f"      label={_dot_text(cell.title, *cell.details)}"
        if not cell.nodes:
            yield f"      {inner} [shape=point style=invis]"
        yield from (f"      {_dot_node(node, names)}" for node in cell.nodes)
        yield "    }"
    yield "  }"
