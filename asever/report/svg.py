"""A picture as SVG: one file that needs nothing else, readable on light and on dark."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from asever.model.picture import LinkKind, Picture
from asever.report.layout import LINE, Box, Bus, Layout, laid_out, text_width
from asever.report.lines import printable

_STYLE = """\
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; white-space: pre; }
.title { font-weight: bold; }
.page { fill: #ffffff; }
.vnet { fill: #eef3f9; stroke: #6b86a6; }
.subnet { fill: #ffffff; stroke: #9aa7b5; }
.node { fill: #f8f9fb; stroke: #57606a; stroke-width: 1.5; }
.ase { stroke: #0969da; } .firewall { stroke: #bc4c00; } .gateway { stroke: #8250df; }
.load-balancer { stroke: #1a7f37; } .private-endpoint, .platform-service { stroke: #0b7285; }
.line { fill: none; stroke-width: 1.5; } .end { stroke: none; } .hub { stroke-width: 1.5; fill: #ffffff; }
.l0 { stroke: #0969da; } .l1 { stroke: #cf222e; } .line.l1 { stroke-dasharray: 5 3; } .l2 { stroke: #8250df; }
.l3 { stroke: #9a6700; } .l4 { stroke: #1a7f37; } .l5 { stroke: #0b7285; }
.e0 { fill: #0969da; } .e1 { fill: #cf222e; } .e2 { fill: #8250df; }
.e3 { fill: #9a6700; } .e4 { fill: #1a7f37; } .e5 { fill: #0b7285; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .page { fill: #0d1117; }
  .vnet { fill: #151d28; stroke: #58708c; }
  .subnet { fill: #0d1117; stroke: #565f69; }
  .node { fill: #1b222b; stroke: #9aa4af; }
  .ase { stroke: #58a6ff; } .firewall { stroke: #f0883e; } .gateway { stroke: #bc8cff; }
  .load-balancer { stroke: #56d364; } .private-endpoint, .platform-service { stroke: #3bc9db; }
  .hub { fill: #0d1117; }
  .l0 { stroke: #58a6ff; } .l1 { stroke: #ff7b72; } .l2 { stroke: #bc8cff; }
  .l3 { stroke: #e3b341; } .l4 { stroke: #56d364; } .l5 { stroke: #3bc9db; }
  .e0 { fill: #58a6ff; } .e1 { fill: #ff7b72; } .e2 { fill: #bc8cff; }
  .e3 { fill: #e3b341; } .e4 { fill: #56d364; } .e5 { fill: #3bc9db; }
}
"""
_NUMBER = {kind: at for at, kind in enumerate(LinkKind)}
_LEGEND = 20


def render_svg(picture: Picture, title: str) -> str:
    """The picture as an SVG document; the title is for readers who hear it."""
    layout = laid_out(picture)
    width = max(layout.width, *(_legend_width(kind) for kind in LinkKind if kind in layout.kinds), 0)
    height = layout.height + LINE * (len(layout.kinds) + 1) if layout.kinds else layout.height
    size = f'width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img" xml:space="preserve">',
        f"<title>{_text(title)}</title>",
        f"<style>\n{_STYLE}</style>",
        f'<rect class="page" {size}/>',
        *(_rectangle(one) for one in layout.boxes),
        *(line for bus in layout.buses for line in _bus(bus)),
        *(line for one in layout.boxes for line in _words(one)),
        *_legend(layout),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return escape(printable(text))


def _rectangle(box: Box) -> str:
    shape = box.kind if box.kind in ("vnet", "subnet") else f"node {box.kind}"
    return f'<rect class="{shape}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="4"/>'


def _words(box: Box) -> Iterator[str]:
    for at, text in enumerate(box.lines):
        style = ' class="title"' if at == 0 else ""
        yield f'<text{style} x="{box.text_x}" y="{box.y + LINE * (at + 1)}">{_text(text)}</text>'


def _bus(bus: Bus) -> Iterator[str]:
    number = _NUMBER[bus.kind]
    path = " ".join(f"M{x1} {y1}L{x2} {y2}" for x1, y1, x2, y2 in bus.segments)
    yield f'<path class="line l{number}" d="{path}"/>'
    yield from (f'<circle class="end e{number}" cx="{x}" cy="{y}" r="2.5"/>' for x, y in bus.ends)
    yield f'<circle class="hub l{number}" cx="{bus.hub[0]}" cy="{bus.hub[1]}" r="4"/>'


def _legend_width(kind: LinkKind) -> int:
    return round(text_width(kind.value)) + 4 * _LEGEND


def _legend(layout: Layout) -> Iterator[str]:
    """A line of each kind; where it branches, it links the ring with each dot."""
    for at, kind in enumerate(layout.kinds):
        y = layout.height + LINE * at
        number = _NUMBER[kind]
        yield f'<path class="line l{number}" d="M{_LEGEND} {y}L{2 * _LEGEND} {y}"/>'
        yield f'<circle class="hub l{number}" cx="{_LEGEND}" cy="{y}" r="4"/>'
        yield f'<circle class="end e{number}" cx="{2 * _LEGEND}" cy="{y}" r="2.5"/>'
        yield f'<text x="{3 * _LEGEND - 8}" y="{y + 4}">{_text(kind.value)}</text>'
