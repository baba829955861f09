"""Where everything in a picture stands: rows of boxes, and lines that run between boxes and never over text.

What is outside stands in the first rows, virtual networks below, hubs first. Lines run in the gaps alone: in *channels* between
two rows, in a *corridor* left of all rows, and in *gutters* left of each column of subnets. Links of one kind that meet in one
thing share a line (a *bus*), and every bus has a lane of its own in each gap, so that no two lines lie on each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt
from unicodedata import east_asian_width

from asever.model.picture import Area, Cell, LinkKind, Node, Picture
from asever.record import record, replace
from asever.report.lines import shortened

CHARACTER = 7.3  # the width of a monospaced character of 12 pixels
LINE = 16
LONGEST = 46  # characters
GRID = 10  # every box begins on a multiple of it; ports of what is outside are on multiples, other lines half way between
_PAD = 10
_GAP = 10
_WIDEST = 1600
_MOST_COLUMNS = 6
_SPACE = 30  # between two virtual networks


@record
class Box:
    """A rectangle with lines of text at its top from `text_x` on; `kind` is `vnet`, `subnet`, or the kind of a node."""

    key: str
    kind: str
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    text_x: int


@record
class Bus:
    """Links of one kind that meet in one thing: straight lines, the dots at their ends, and the one where all of them meet."""

    kind: LinkKind
    segments: tuple[tuple[int, int, int, int], ...]
    ends: tuple[tuple[int, int], ...]
    hub: tuple[int, int]


@record
class Layout:
    """A picture in pixels; boxes are ordered from the outer to the inner."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    buses: tuple[Bus, ...]
    kinds: tuple[LinkKind, ...]


def text_width(text: str) -> float:
    """How wide a text is; characters of East Asian scripts take two places."""
    return CHARACTER * sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def laid_out(picture: Picture) -> Layout:
    """The layout of a picture."""
    return _Layout(picture).layout()


# -- Which links share a line -------------------------------------------------------------------------------------------


@record(kw_only=False)
class _Group:
    """A bus before it has a place: its kind, the thing where its links meet, and the others."""

    kind: LinkKind
    hub: str
    others: tuple[str, ...]

    @property
    def members(self) -> tuple[str, ...]:
        return (self.hub, *self.others)


def _groups(picture: Picture) -> list[_Group]:
    """The links of each kind by the end that more of them have."""
    degrees: dict[tuple[LinkKind, str], int] = defaultdict(int)
    for link in picture.links:
        degrees[link.kind, link.one] += 1
        degrees[link.kind, link.other] += 1
    found: dict[tuple[LinkKind, str], list[str]] = defaultdict(list)
    for link in picture.links:
        one_is_hub = degrees[link.kind, link.one] >= degrees[link.kind, link.other]
        hub, other = (link.one, link.other) if one_is_hub else (link.other, link.one)
        found[link.kind, hub].append(other)
    return [_Group(kind, hub, tuple(dict.fromkeys(others))) for (kind, hub), others in found.items()]


# -- Sizes --------------------------------------------------------------------------------------------------------------


def _up(length: float) -> int:
    """The length, up to the next multiple of the grid."""
    return ceil(length / GRID) * GRID


def _lines(title: str, details: Sequence[str]) -> tuple[str, ...]:
    return tuple(shortened(one, LONGEST) for one in (title, *details) if one)


def _text_size(lines: Sequence[str]) -> tuple[int, int]:
    width = max((text_width(one) for one in lines), default=0)
    return _up(width + 2 * _PAD), LINE * len(lines) + (_PAD if lines else 0)


@record(kw_only=False)
class _Sized:
    """A cell with its size."""

    cell: Cell
    lines: tuple[str, ...]
    nodes: tuple[tuple[Node, tuple[str, ...], int], ...]
    width: int
    height: int


def _sized(cell: Cell, touching: Mapping[str, int]) -> _Sized:
    """A cell with its size; `touching` is how many buses come to each node, which must all find room at its side."""
    lines = _lines(cell.title, cell.details)
    width, height = _text_size(lines)
    nodes = []
    for node in cell.nodes:
        texts = _lines(node.title, node.details)
        node_width, node_height = _text_size(texts)
        width = max(width, node_width + 2 * _PAD)
        nodes.append((node, texts, max(node_height, _up(LINE + touching.get(node.key, 0) * GRID // 2))))
    height += sum(one + _GAP for _, _, one in nodes) + (0 if cell.title else -_GAP)
    return _Sized(cell, lines, tuple(nodes), width, height)


@dataclass(slots=True)
class _Placed:
    """An area with its columns of cells; gutters and the place on the page come later."""

    area: Area
    lines: tuple[str, ...]
    rows: list[list[_Sized]]
    widths: list[int]
    gutters: list[int] = field(default_factory=list)
    x: int = 0
    y: int = 0

    @property
    def width(self) -> int:
        return sum(self.gutters) + sum(self.widths) + GRID

    @property
    def height(self) -> int:
        rows = sum(max(one.height for one in row) + _GAP for row in self.rows)
        return _text_size(self.lines)[1] + rows

    def column_x(self, column: int) -> int:
        """Where the boxes of a column begin."""
        return self.x + sum(self.gutters[: column + 1]) + sum(self.widths[:column])

    def gutter_x(self, column: int, lane: int) -> int:
        """Where a lane of the gutter left of a column is."""
        return self.column_x(column) - self.gutters[column] + GRID * lane + GRID // 2


def _placed(area: Area, touching: Mapping[str, int]) -> _Placed:
    cells = [_sized(one, touching) for one in area.cells]
    columns = max(1, min(_MOST_COLUMNS, len(cells) if len(cells) <= 3 else ceil(sqrt(len(cells) * 1.3))))
    rows = [cells[at : at + columns] for at in range(0, len(cells), columns)]
    widths = [max((row[at].width for row in rows if at < len(row)), default=0) for at in range(columns)]
    lines = _lines(area.title, area.details)
    # No gutter runs through the title of the area: it is all over the first column.
    widths[0] = max(widths[0], _text_size(lines)[0])
    return _Placed(area, lines, rows, widths)


def _levels(picture: Picture) -> list[list[str]]:
    """Areas by their distance from the hub of what is peered with each other."""
    peers: dict[str, list[str]] = {one.key: [] for one in picture.areas}
    for link in picture.links:
        if link.one in peers and link.other in peers:
            peers[link.one].append(link.other)
            peers[link.other].append(link.one)
    level: dict[str, int] = {}
    for key in sorted(peers, key=lambda one: -len(peers[one])):  # stable: the file's order among equals
        if key in level:
            continue
        level[key], queue = 0, [key]
        for one in queue:
            for other in peers[one]:
                if other not in level:
                    level[other] = level[one] + 1
                    queue.append(other)
    found: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for key in peers:
        found[level[key]].append(key)
    return found


def _filled(widths: Iterable[tuple[str, int]], space: int) -> list[list[str]]:
    """Rows of things that fit the page."""
    rows: list[list[str]] = []
    used = _WIDEST
    for key, width in widths:
        if used + width > _WIDEST:
            rows.append([])
            used = 0
        rows[-1].append(key)
        used += width + space
    return rows


# -- Places -------------------------------------------------------------------------------------------------------------


@record(kw_only=False)
class _Gutter:
    """The gap left of a column of an area."""

    area: str
    column: int


class _Layout:
    """Places boxes first, then lines."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.groups = _groups(picture)
        touching = Counter(key for group in self.groups for key in group.members)
        self.areas = {one.key: _placed(one, touching) for one in picture.areas}
        self.outside = {one.key: _lines(one.title, one.details) for one in picture.outside}
        self.kinds = {one.key: one.kind for one in picture.outside}
        self.gutter_of = {
            node.key: _Gutter(key, column)
            for key, placed in self.areas.items()
            for row in placed.rows
            for column, sized in enumerate(row)
            for node in sized.cell.nodes
        }
        self.ports = self._ports()
        self.gutter_lanes = self._gutter_lanes()
        for key, placed in self.areas.items():
            used = (len(self.gutter_lanes[_Gutter(key, at)]) for at in range(len(placed.widths)))
            placed.gutters = [GRID * max(lanes, 1) + GRID for lanes in used]
            # Its own lines come in over the first column, so that no gutter is in their way.
            placed.widths[0] = max(placed.widths[0], GRID * (len(self.ports[key]) + 1))
        self.rows, self.first_area_row = self._rows()
        self.row_of = {key: at for at, row in enumerate(self.rows) for key in row}
        self.boxes: dict[str, Box] = {}

    def _ports(self) -> Mapping[str, list[int]]:
        """The buses at each area and at each thing outside, in order."""
        found: dict[str, list[int]] = defaultdict(list)
        for at, group in enumerate(self.groups):
            for key in group.members:
                if key not in self.gutter_of:
                    found[key].append(at)
        return found

    def _gutter_lanes(self) -> Mapping[_Gutter, list[int]]:
        found: dict[_Gutter, list[int]] = defaultdict(list)
        for at, group in enumerate(self.groups):
            for gutter in dict.fromkeys(self.gutter_of[key] for key in group.members if key in self.gutter_of):
                found[gutter].append(at)
        return found

    def _outside_width(self, key: str) -> int:
        return max(_text_size(self.outside[key])[0], GRID * (len(self.ports[key]) + 2))

    def _rows(self) -> tuple[list[list[str]], int]:
        above = _filled(((key, self._outside_width(key)) for key in self.outside), _SPACE)
        below = [
            row for level in _levels(self.picture) for row in _filled(((key, self.areas[key].width) for key in level), _SPACE)
        ]
        return above + below, len(above)

    def _channel(self, key: str) -> int:
        """The channel that a thing is reached from: the one below what is outside, the one above an area."""
        if key in self.gutter_of:
            key = self.gutter_of[key].area
        row = self.row_of[key]
        return row if row < self.first_area_row else row - 1

    def _in_one_gutter(self, group: _Group) -> bool:
        return len({self.gutter_of.get(key) for key in group.members}) == 1 and group.hub in self.gutter_of

    def layout(self) -> Layout:
        channels: dict[int, list[int]] = defaultdict(list)
        corridor: list[int] = []
        for at, group in enumerate(self.groups):
            if self._in_one_gutter(group):
                continue
            touched = sorted({self._channel(key) for key in group.members})
            for one in touched:
                channels[one].append(at)
            if len(touched) > 1:
                corridor.append(at)
        left = _up(_SPACE / 2 + GRID * len(corridor))
        tops = self._place_boxes(channels, left)
        buses = tuple(self._bus(at, channels, tops, corridor) for at in range(len(self.groups)))
        boxes = tuple(self.boxes.values())
        right = max(one.x + one.width for one in boxes)
        bottom = max(one.y + one.height for one in boxes)
        kinds = tuple(kind for kind in LinkKind if any(one.kind is kind for one in buses))
        return Layout(width=right + _SPACE // 2, height=bottom + _SPACE // 2, boxes=boxes, buses=buses, kinds=kinds)

    def _place_boxes(self, channels: Mapping[int, list[int]], left: int) -> Mapping[int, int]:
        """Puts every box on the page; returns where each channel begins."""
        y, tops = _SPACE // 2, {}
        for at, row in enumerate(self.rows):
            x, height = left, 0
            for key in row:
                width, tall = self._place(key, x, y)
                x += width + _SPACE
                height = max(height, tall)
            if at < self.first_area_row:
                self._stretch(row, height)
            y += height
            tops[at] = y
            y += GRID * len(channels.get(at, ())) + 2 * GRID
        return tops

    def _stretch(self, row: Sequence[str], height: int) -> None:
        """What is outside ends on one line, so that nothing is between it and the channel below."""
        for key in row:
            one = self.boxes[key]
            self.boxes[key] = replace(one, height=height)

    def _place(self, key: str, x: int, y: int) -> tuple[int, int]:
        if key in self.outside:
            width, height = self._outside_width(key), _text_size(self.outside[key])[1]
            self._box(key, self.kinds[key], x, y, width, height, self.outside[key])
            return width, height
        placed = self.areas[key]
        placed.x, placed.y = x, y
        self._box(key, "vnet", x, y, placed.width, placed.height, placed.lines)
        self.boxes[key] = replace(self.boxes[key], text_x=placed.column_x(0))
        top = y + _text_size(placed.lines)[1]
        for row in placed.rows:
            height = max(one.height for one in row)
            for column, sized in enumerate(row):
                self._place_cell(sized, placed.column_x(column), top, placed.widths[column], height)
            top += height + _GAP
        return placed.width, placed.height

    def _place_cell(self, sized: _Sized, x: int, y: int, width: int, height: int) -> None:
        if sized.cell.title:
            self._box(sized.cell.key, "subnet", x, y, width, height, sized.lines)
            y += _text_size(sized.lines)[1]
        for node, lines, tall in sized.nodes:
            self._box(node.key, node.kind, x + _PAD, y, width - 2 * _PAD, tall, lines)
            y += tall + _GAP

    def _box(self, key: str, kind: str, x: int, y: int, width: int, height: int, lines: tuple[str, ...]) -> None:
        self.boxes[key] = Box(key=key, kind=kind, x=x, y=y, width=width, height=height, lines=lines, text_x=x + _PAD)

    # -- Lines ----------------------------------------------------------------------------------------------------------

    def _bus(self, at: int, channels: Mapping[int, list[int]], tops: Mapping[int, int], corridor: Sequence[int]) -> Bus:
        group = self.groups[at]
        ends = {key: self._end(at, key) for key in group.members}
        segments = [] if self._in_one_gutter(group) else list(self._on_channels(at, ends, channels, tops, corridor))
        segments += self._in_gutters(at, ends, None if self._in_one_gutter(group) else (channels, tops))
        return Bus(
            kind=group.kind, segments=tuple(segments), ends=tuple(ends[key] for key in group.others), hub=ends[group.hub]
        )

    def _end(self, at: int, key: str) -> tuple[int, int]:
        """Where the line of a bus touches a thing."""
        box = self.boxes[key]
        if key in self.gutter_of:
            touching = [one for one, group in enumerate(self.groups) if key in group.members]
            return box.x, box.y + LINE // 2 + touching.index(at) * (GRID // 2)
        port = self.ports[key].index(at)
        if key in self.outside:
            return box.x + GRID * (port + 1), box.y + box.height
        return self.areas[key].column_x(0) + GRID * port + GRID // 2, box.y

    def _drop_x(self, at: int, key: str, end: tuple[int, int]) -> int:
        """Where the line to a thing leaves its channel."""
        gutter = self.gutter_of.get(key)
        if gutter is None:
            return end[0]
        return self.areas[gutter.area].gutter_x(gutter.column, self.gutter_lanes[gutter].index(at))

    def _on_channels(
        self,
        at: int,
        ends: Mapping[str, tuple[int, int]],
        channels: Mapping[int, list[int]],
        tops: Mapping[int, int],
        corridor: Sequence[int],
    ) -> Iterator[tuple[int, int, int, int]]:
        drops: dict[int, list[int]] = defaultdict(list)
        for key, end in ends.items():
            channel, x = self._channel(key), self._drop_x(at, key, end)
            y = self._lane_y(at, channel, channels, tops)
            drops[channel].append(x)
            if key not in self.gutter_of:
                yield (x, y, x, end[1])
        if at in corridor:
            x = GRID * corridor.index(at) + GRID // 2
            ys = [self._lane_y(at, channel, channels, tops) for channel in drops]
            yield (x, min(ys), x, max(ys))
            for xs in drops.values():
                xs.append(x)
        for channel, xs in drops.items():
            y = self._lane_y(at, channel, channels, tops)
            yield (min(xs), y, max(xs), y)

    def _lane_y(self, at: int, channel: int, channels: Mapping[int, list[int]], tops: Mapping[int, int]) -> int:
        return tops[channel] + GRID + GRID * channels[channel].index(at)

    def _in_gutters(
        self,
        at: int,
        ends: Mapping[str, tuple[int, int]],
        above: tuple[Mapping[int, list[int]], Mapping[int, int]] | None,
    ) -> Iterator[tuple[int, int, int, int]]:
        """From the channel down the gutter, and from the gutter to each thing."""
        found: dict[_Gutter, list[tuple[str, tuple[int, int]]]] = defaultdict(list)
        for key, end in ends.items():
            if key in self.gutter_of:
                found[self.gutter_of[key]].append((key, end))
        for inside in found.values():
            x = self._drop_x(at, *inside[0])
            ys = [end[1] for _, end in inside]
            if above is not None:
                ys.append(self._lane_y(at, self._channel(inside[0][0]), *above))
            yield (x, min(ys), x, max(ys))
            yield from ((x, end[1], end[0], end[1]) for _, end in inside)
