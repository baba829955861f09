"""Filters of chosen kind and size, always the same for the same seed, each with the packets that a check asks about.

A filter is a list of rules in order, and the question is whether everything in a box of packets is permitted. The kinds are
those that engines for such questions are measured by; what each is hard for stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

_KINDS: dict[str, tuple[tuple[int, ...], tuple[int, ...], float, float]] = {
    # lengths of source prefixes, of target prefixes, how often the source port and the target port are wide
    "acl": ((0, 16, 24, 27, 32, 32), (24, 28, 30, 32, 32, 32), 1.0, 0.2),
    "fw": ((0, 0, 8, 16, 24, 32), (0, 0, 16, 24, 28, 32), 0.7, 0.5),
    "ipc": ((0, 8, 16, 24, 32, 32), (0, 8, 16, 24, 32, 32), 0.8, 0.4),
}


def classbench(kind: str, count: int, seed: int) -> Workload:
    """Rules like those of ClassBench's `acl`, `fw` or `ipc` seeds: few prefixes that come up again and again, nested."""
    draw = Random(f"{kind} {seed}")
    source_lengths, target_lengths, wide_source, wide_target = _KINDS[kind]
    sources = [_prefix(draw, ANYWHERE, draw.choice(source_lengths)) for _ in range(max(8, count // 4))]
    targets = [_prefix(draw, ANYWHERE, draw.choice(target_lengths)) for _ in range(max(8, count // 3))]
    rules = []
    for number in range(count):
        rules.append(
            Rule(
                permits=number % 3 != 2,
                protocol=draw.choice(((TCP, TCP), (TCP, TCP), (UDP, UDP), (1, 1), ANY_PROTOCOL)),
                source=(draw.choice(sources),),
                source_port=ANY_PORT if draw.random() < wide_source else _ports(draw),
                target=(draw.choice(targets),),
                target_port=ANY_PORT if draw.random() < wide_target else _ports(draw),
            )
        )
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


def rectangles(count: int, seed: int, *, proved: bool) -> Workload:
    """Random boxes that overlap everywhere, permitting and denying by turns; a box over all is last.

    Proved: the denying ones come behind the permission of all.
    """
    draw = Random(seed)
    boxes = [tuple(_some(draw, span) for span in _BOX) for _ in range(count - 1)]
    permits = [proved or draw.random() < 0.5 for _ in boxes]
    rules = [_rule(box, permits=one) for box, one in zip(boxes, permits, strict=True)]
    return Workload(f"rectangles {_word(proved)}", (*rules, _rule(_BOX, permits=True)))


def _some(draw: Random, span: Span) -> Span:
    low, high = sorted((draw.randint(*span), draw.randint(*span)))
    return low, high


def _rule(box: tuple[Span, ...], *, permits: bool) -> Rule:
    source, source_port, target, target_port = box
    return Rule(permits=permits, source=(source,), source_port=source_port, target=(target,), target_port=target_port)


def tiling(count: int, seed: int, *, proved: bool, dimensions: int = 4) -> Workload:
    """The box cut by planes into `count` boxes, each permitted by a rule of its own, in no order: all are needed.

    Refuted: one of the tiles is missing. Nothing that is cut by looking at one field alone gets anywhere.
    """
    draw = Random(seed)
    tiles = [_BOX]
    while len(tiles) < count:
        # The largest is cut first, so that none is much smaller than the others.
        number = draw.randrange(min(len(tiles), 1 + len(tiles) // 2))
        tiles.extend(_halves(draw, tiles.pop(number), dimensions))
    draw.shuffle(tiles)
    kept = tiles if proved else tiles[:-1]
    return Workload(f"tiling {_word(proved)}", tuple(_rule(one, permits=True) for one in kept))


def _halves(draw: Random, box: tuple[Span, ...], dimensions: int) -> Iterator[tuple[Span, ...]]:
    wide = [number for number, (low, high) in enumerate(box) if high > low and number >= len(box) - dimensions]
    number = draw.choice(wide)
    low, high = box[number]
    cut = draw.randrange(low + (high - low) // 4, high - (high - low) // 4) if high - low > 3 else low
    for half in ((low, cut), (cut + 1, high)):
        yield (*box[:number], half, *box[number + 1 :])


def holes(count: int, seed: int, *, proved: bool) -> Workload:
    """Every field has as many holes as the others: rules that permit all packets outside of the holes of one field each.

    What is left is a grid of small boxes, as many as the product of the numbers of holes. Proved: one rule permits it whole.
    """
    draw = Random(seed)
    each = count // len(_BOX)
    rules = []
    for number, (low, high) in enumerate(_BOX):
        inner = sorted(draw.sample(range(low + 1, high), 2 * each))
        edges = [low, *inner[1:-1], high]
        # Between the holes: [low, a-1] hole [b, c-1] hole ...
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            rules.append(_rule((*_BOX[:number], (first, last), *_BOX[number + 1 :]), permits=True))
    draw.shuffle(rules)
    rules.append(_rule(_BOX, permits=proved))
    return Workload(f"holes {_word(proved)}", tuple(rules))


def grid(count: int, seed: int, *, proved: bool) -> Workload:
    """All holes of all fields, and boxes that cover the grid of them in some other way: the hardest that we know.

    A third of the rules leave a grid (`holes`), random boxes permit parts of it, and only the last permits the rest.
    """
    draw = Random(seed)
    outer = holes(count // 3, seed, proved=True).rules[:-1]
    boxes = [_rule(tuple(_some(draw, span) for span in _BOX), permits=True) for _ in range(count - len(outer) - 1)]
    rules = [*outer, *boxes]
    draw.shuffle(rules)
    tiles = tiling(max(2, count // 3), seed, proved=proved).rules
    return Workload(f"grid {_word(proved)}", (*rules[: count - len(tiles)], *tiles))


Maker = Callable[[int, int], Workload]

KINDS: dict[str, Maker] = {
    "allowlist proved": lambda count, seed: allowlist(count, seed, proved=True),
    "allowlist refuted": lambda count, seed: allowlist(count, seed, proved=False),
    "acl": lambda count, seed: classbench("acl", count, seed),
    "fw": lambda count, seed: classbench("fw", count, seed),
    "ipc": lambda count, seed: classbench("ipc", count, seed),
    "rectangles proved": lambda count, seed: rectangles(count, seed, proved=True),
    "rectangles refuted": lambda count, seed: rectangles(count, seed, proved=False),
    "tiling proved": lambda count, seed: tiling(count, seed, proved=True),
    "tiling refuted": lambda count, seed: tiling(count, seed, proved=False),
    "holes proved": lambda count, seed: holes(count, seed, proved=True),
    "holes refuted": lambda count, seed: holes(count, seed, proved=False),
    "grid proved": lambda count, seed: grid(count, seed, proved=True),
    "grid refuted": lambda count, seed: grid(count, seed, proved=False),
}
