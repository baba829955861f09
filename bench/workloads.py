"""Filters of chosen kind and size, always the same for the same seed, each with the packets that a check asks about.

A filter is a list of rules in order, and the question is whether everything in a box of packets is permitted. The kinds are
those that engines for such questions are measured by; what each is hard for stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

Span = tuple[int, int]
Spans = tuple[Span, ...]
TCP, UDP = 6, 17
ANY_PROTOCOL, ANY_PORT, ANYWHERE = (0, 255), (0, 65535), (0, 2**32 - 1)
SOURCES, TARGETS = (10 << 24, (10 << 24) + 2**23 - 1), ((10 << 24) + 2**23, (11 << 24) - 1)
FIELDS = ("protocol", "source", "source_port", "target", "target_port")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it does with packets whose every field lies in its spans."""

    permits: bool
    protocol: Span = (TCP, TCP)
    source: Spans = (ANYWHERE,)
    source_port: Span = ANY_PORT
    target: Spans = (ANYWHERE,)
    target_port: Span = ANY_PORT

    def spans(self) -> tuple[Spans, ...]:
        """The fields in the order of `FIELDS`."""
        return ((self.protocol,), self.source, (self.source_port,), self.target, (self.target_port,))


@dataclass(frozen=True, slots=True)
class Workload:
    """Rules in order, and the box of packets that is asked about; what no rule decides is denied."""

    name: str
    rules: tuple[Rule, ...]
    asked: tuple[Span, ...] = ((TCP, TCP), SOURCES, ANY_PORT, TARGETS, ANY_PORT)


# -- Lists as people write them -----------------------------------------------------------------------------------------


def allowlist(count: int, seed: int, *, proved: bool) -> Workload:
    """A long list of partners, each with its prefixes and ports, in no order; then what opens the web to everyone.

    Some rules deny other ports than those asked about, so that nothing of the list can be skipped unseen. Without the last
    permission some partners get through and others do not.
    """
    draw = Random(seed)
    rules = [_partner(draw, port=draw.choice((22, 443, 1433, 3389, 8080))) for _ in range(count - 2)]
    rules.append(Rule(permits=proved, target_port=(443, 443)))
    rules.append(Rule(permits=False, protocol=ANY_PROTOCOL))
    return Workload(f"allowlist {_word(proved)}", tuple(rules), ((TCP, TCP), SOURCES, ANY_PORT, TARGETS, (443, 443)))


def _partner(draw: Random, port: int) -> Rule:
    permits = port == 443 or draw.random() < 0.5
    sources = tuple(_prefix(draw, SOURCES, draw.choice((24, 28, 32))) for _ in range(draw.randrange(1, 8)))
    return Rule(
        permits=permits, source=sources, target=(_prefix(draw, TARGETS, draw.choice((16, 24, 32))),), target_port=(port, port)
    )


def _prefix(draw: Random, within: Span, length: int) -> Span:
    size = 1 << 32 - length
    start = within[0] + draw.randrange((within[1] - within[0] + 1) // size) * size
    return start, start + size - 1


def _word(proved: bool) -> str:
    return "proved" if proved else "refuted"


# -- Lists as ClassBench draws them -------------------------------------------------------------------------------------

_CLASSBENCH: dict[str, tuple[tuple[int, ...], tuple[int, ...], float, float]] = {
    # lengths of source prefixes, of target prefixes, how often the source port and the target port are wide
    "acl": ((0, 16, 24, 27, 32, 32), (24, 28, 30, 32, 32, 32), 1.0, 0.2),
    "fw": ((0, 0, 8, 16, 24, 32), (0, 0, 16, 24, 28, 32), 0.7, 0.5),
    "ipc": ((0, 8, 16, 24, 32, 32), (0, 8, 16, 24, 32, 32), 0.8, 0.4),
}


def classbench(kind: str, count: int, seed: int) -> Workload:
    """Rules like those of ClassBench's `acl`, `fw` or `ipc` seeds: few prefixes that come up again and again, nested."""
    draw = Random(f"{kind} {seed}")
    source_lengths, target_lengths, wide_source, wide_target = _CLASSBENCH[kind]
    sources = [_prefix(draw, ANYWHERE, draw.choice(source_lengths)) for _ in range(max(8, count // 4))]
    targets = [_prefix(draw, ANYWHERE, draw.choice(target_lengths)) for _ in range(max(8, count // 3))]
    rules = [
        Rule(
            permits=number % 3 != 2,
            protocol=draw.choice(((TCP, TCP), (TCP, TCP), (UDP, UDP), (1, 1), ANY_PROTOCOL)),
            source=(draw.choice(sources),),
            source_port=ANY_PORT if draw.random() < wide_source else _ports(draw),
            target=(draw.choice(targets),),
            target_port=ANY_PORT if draw.random() < wide_target else _ports(draw),
        )
        for number in range(count)
    ]
    # Most specific first, as in a table that somebody keeps: else the first wide rule would decide nearly everything.
    rules.sort(key=_volume)
    return Workload(kind, tuple(rules), ((TCP, TCP), ANYWHERE, ANY_PORT, ANYWHERE, ANY_PORT))


def _ports(draw: Random) -> Span:
    if draw.random() < 0.7:
        port = draw.choice((22, 25, 53, 80, 123, 443, 1433, 1521, 3306, 8080))
        return port, port
    low = draw.randrange(60000)
    return low, draw.randrange(low, 65536)


def _volume(rule: Rule) -> int:
    volume = 1
    for spans in rule.spans():
        volume *= sum(high - low + 1 for low, high in spans)
    return volume


# -- Geometry -----------------------------------------------------------------------------------------------------------

_BOX = (SOURCES, ANY_PORT, TARGETS, ANY_PORT)
Box = tuple[Span, ...]
_PIECES, _THIN = 16, 64
"""So many boxes hold one together; one that is thinner in every field is not cut."""


def rectangles(count: int, seed: int) -> Workload:
    """Random boxes that overlap everywhere, permitting and denying at random; the last rule permits all."""
    draw = Random(seed)
    boxes = [_some(draw) for _ in range(count - 1)]
    rules = [_rule(box, permits=draw.random() < 0.5) for box in boxes]
    return Workload("rectangles", (*rules, _rule(_BOX, permits=True)))


def shadowed(count: int, seed: int) -> Workload:
    """The same, but each denying box comes behind two permitting ones that hold it together and neither alone: a proof.

    The hardest for a solver alone. Every denying rule is a cover problem of its own, over all the rules before it.
    """
    draw = Random(seed)
    rules: list[Rule] = []
    while len(rules) < count - 1:
        box = _some(draw)
        rules += [_rule(half, permits=True) for half in _overlapping(draw, box)]
        rules.append(_rule(box, permits=False))
    return Workload("shadowed", (*rules, _rule(_BOX, permits=True)))


def covered(count: int, seed: int) -> Workload:
    """Denying boxes, each within a box that sixteen permitting ones before it hold together: a proof, and the hardest known.

    No two or three of those hold a denying box, nor do several that differ in one field alone.
    """
    draw = Random(seed)
    rules: list[Rule] = []
    while len(rules) < count - 1:
        box = _some(draw)
        pieces = [box]
        while len(pieces) < _PIECES and max(high - low for low, high in pieces[0]) > _THIN:
            pieces[:1] = _halves(draw, pieces[0])
            draw.shuffle(pieces)
        rules += [_rule(one, permits=True) for one in pieces]
        rules += [_rule(_inside(draw, box), permits=False) for _ in range(_PIECES)]
    return Workload("covered", (*rules[: count - 1], _rule(_BOX, permits=True)))


def staircase(count: int, seed: int) -> Workload:
    """Permitting boxes from one corner, the longer in two fields the shorter in two; then denying ones, each within one.

    A proof: the last rule permits all.
    """
    draw = Random(seed)
    half = (count - 1) // 2
    places = [draw.random() for _ in range(half)]
    rules = [_rule(_step(place, place), permits=True) for place in places]
    rules += [_rule(_step(place * 0.999, place + (1 - place) * 0.001), permits=False) for place in places]
    return Workload("staircase", (*rules, _rule(_BOX, permits=True)))


def _step(up: float, down: float) -> Box:
    """The box from the corner to a part of two fields, and to what the other part leaves of the others."""
    ends = (up, 1 - down, up, 1 - down)
    return tuple((low, low + int((high - low) * end)) for (low, high), end in zip(_BOX, ends, strict=True))


def dense(count: int, seed: int) -> Workload:
    """Permitting boxes of one size anywhere, so large that sixteen hold a packet on average: next to none is in none."""
    draw = Random(seed)
    share = (16 / max(count, 100)) ** (1 / len(_BOX))
    part = share / (1 - share)
    rules = [_rule(tuple(_piece(draw, span, part) for span in _BOX), permits=True) for _ in range(count)]
    return Workload("dense", tuple(rules))


def _piece(draw: Random, span: Span, part: float) -> Span:
    """So large a part of a span, somewhere; what would lie outside is cut off."""
    low, high = span
    size = int((high - low) * part)
    start = draw.randint(low - size, high)
    return max(low, start), min(high, start + size)


def _inside(draw: Random, box: Box) -> Box:
    """A random box within a box that holds its middle."""
    middles = ((low, (low + high) // 2, high) for low, high in box)
    return tuple((draw.randint(low, middle), draw.randint(middle, high)) for low, middle, high in middles)


def _some(draw: Random) -> Box:
    """A random box within the box that is asked about."""
    spans = (sorted((draw.randint(*span), draw.randint(*span))) for span in _BOX)
    return tuple((low, high) for low, high in spans)


def _overlapping(draw: Random, box: Box) -> Iterator[Box]:
    """Two boxes that hold a box together, each somewhat larger than its half."""
    number = draw.randrange(len(box))
    low, high = box[number]
    middle = (low + high) // 2
    for half in ((low, middle), (middle, high)):
        yield tuple(
            half if other == number else (draw.randint(whole[0], span[0]), draw.randint(span[1], whole[1]))
            for other, (span, whole) in enumerate(zip(box, _BOX, strict=True))
        )


def _rule(box: Box, *, permits: bool) -> Rule:
    source, source_port, target, target_port = box
    return Rule(permits=permits, source=(source,), source_port=source_port, target=(target,), target_port=target_port)


def tiling(count: int, seed: int, *, proved: bool) -> Workload:
    """The box cut by planes (a k-d tree) into as many tiles, each permitted by a rule of its own, in no order: all are needed.

    Refuted: one of the tiles is missing. Nothing that is cut by looking at one field alone gets anywhere.
    """
    draw = Random(seed)
    tiles = _tiles(draw, count)
    draw.shuffle(tiles)
    kept = tiles if proved else tiles[:-1]
    return Workload(f"tiling {_word(proved)}", tuple(_rule(one, permits=True) for one in kept))


def _tiles(draw: Random, count: int) -> list[Box]:
    tiles: list[Box] = [_BOX]
    while len(tiles) < count:
        # The first half is cut first, so that no tile is much smaller than the others.
        tiles.extend(_halves(draw, tiles.pop(draw.randrange(1 + len(tiles) // 2))))
    return tiles


def _halves(draw: Random, box: Box) -> Iterator[Box]:
    number = draw.choice([number for number, (low, high) in enumerate(box) if high - low > 8])
    low, high = box[number]
    cut = draw.randrange(low + (high - low) // 4, high - (high - low) // 4)
    for half in ((low, cut), (cut + 1, high)):
        yield (*box[:number], half, *box[number + 1 :])


def holes(count: int, seed: int, *, proved: bool) -> Workload:
    """Every field has as many holes as the others: rules that permit all packets outside the holes of one field each.

    What is left is a grid of small boxes, as many as the product of the numbers of holes. Proved: the last rule permits them.
    """
    draw = Random(seed)
    rules = [_rule(box, permits=True) for box in _slabs(draw, count // len(_BOX))]
    draw.shuffle(rules)
    return Workload(f"holes {_word(proved)}", (*rules, _rule(_BOX, permits=proved)))


def _slabs(draw: Random, each: int) -> Iterator[Box]:
    """For every field what lies between its holes, a box for each stretch."""
    for number, (low, high) in enumerate(_BOX):
        edges = [low, *sorted(draw.sample(range(low + 1, high), 2 * each))[1:-1], high]
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            yield (*_BOX[:number], (first, last), *_BOX[number + 1 :])


def grid(count: int, seed: int, *, proved: bool) -> Workload:
    """Holes in every field, and a tiling for what they leave.

    A third of the rules leave a grid, a third are tiles that together permit it, and a third are random boxes that permit parts
    of both. Refuted: every rule is missing that holds a packet of the grid.
    """
    draw = Random(seed)
    slabs = list(_slabs(draw, count // 3 // len(_BOX)))
    boxes = [_some(draw) for _ in range(count // 3)]
    boxes += [*slabs, *_tiles(draw, count - len(slabs) - len(boxes))]
    draw.shuffle(boxes)
    if not proved:
        packet = tuple(draw.choice(_left_out(slabs, number)) for number in range(len(_BOX)))
        boxes = [one for one in boxes if not _lies_in(packet, one)]
    return Workload(f"grid {_word(proved)}", tuple(_rule(one, permits=True) for one in boxes))


def _left_out(slabs: list[Box], number: int) -> list[int]:
    """A number in each hole of a field."""
    return [slab[number][1] + 1 for slab in slabs if slab[number] != _BOX[number] and slab[number][1] < _BOX[number][1]]


def _lies_in(packet: tuple[int, ...], box: Box) -> bool:
    return all(low <= one <= high for one, (low, high) in zip(packet, box, strict=True))


Maker = Callable[[int, int], Workload]

KINDS: dict[str, Maker] = (
    {
        f"{kind.__name__} {_word(proved)}": partial(kind, proved=proved)
        for kind in (allowlist, tiling, holes, grid)
        for proved in (True, False)
    }
    | {kind: partial(classbench, kind) for kind in _CLASSBENCH}
    | {"rectangles": rectangles, "dense": dense, "staircase": staircase, "shadowed": shadowed, "covered": covered}
)
"""What makes a workload of a size with a seed."""
