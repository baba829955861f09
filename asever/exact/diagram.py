"""Ordered lines over boxes as a decision diagram: one dimension after the other is cut into the atoms that lines tell apart.

What is left to decide hangs on nothing but the lines that are still candidates, so that equal candidates are decided once; and
atoms that lead to the same decision become one part, however different the lines are that lead there. The parts are merged in
the diagram, where equal ones meet, and never listed one by one: a diagram of a thousand nodes may stand for a million parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from asever.exact.boxes import BUDGET, Box, Budget, TooMany, positions
from asever.model.bits import each
from asever.record import record

# Orders take turns of so many steps. In the first each is followed through, later the first that comes to an end is taken.
_TURNS = (1_500, 4_500, 13_500, BUDGET)
# So few parts are hardly fewer in another order.
_SMALL = 4
# Orders that often give fewer parts than those by measure, tried where they take no longer.
_FURTHER = ((0, 4, 2, 3, 1), (1, 0, 2, 4, 3))
# The last dimension goes line by line; so many lines take as long as a step.
_LINES_A_STEP = 24
# So many parts of nodes are merged in the time of a step.
_MERGES_A_STEP = 32

Label = TypeVar("Label", bound=Hashable)


@record(kw_only=False)
class _Group:
    """Atoms of a dimension that the same lines meet, and of these the ones that hold them surely."""

    atoms: int
    meeting: int
    sure: int


@record(kw_only=False, eq=False)
class Node(Generic[Label]):
    """A dimension cut into parts; two nodes that decide alike are one object of their diagram."""

    dimension: int
    parts: tuple[tuple[int, Decision[Label]], ...]


Decision = Node[Label] | frozenset[Label]
"""What becomes of a packet: the labels that it may get, or a further dimension that tells."""


class Lines(Generic[Label]):
    """Lines in order: the first that surely holds a point labels it, and those before it that perhaps do may.

    Every line is a box that it surely holds in a box that it perhaps does.
    """

    def __init__(
        self, dimensions: int, perhaps: Sequence[Box], sure: Sequence[Box], labels: Sequence[Label], otherwise: Label
    ) -> None:
        self.columns = [[box[dimension] for box in perhaps] for dimension in range(dimensions)]
        self.sure_columns = [[box[dimension] for box in sure] for dimension in range(dimensions)]
        self.every = (1 << len(labels)) - 1
        # What a line decides by itself, and the lines that decide otherwise; the last of each stands for no line at all.
        alone = {label: frozenset((label,)) for label in (*labels, otherwise)}
        self.alone = [alone[label] for label in (*labels, otherwise)]
        self.labelled = {alone[label]: lines for label, lines in positions(labels).items()}
        unlike = {label: self.every & ~self.labelled.get(label, 0) for label in alone.values()}
        self.unlike = [unlike[label] for label in self.alone]
        self.meeting = [positions(column) for column in self.columns]
        # Mostly nothing is open, and then one list serves for both.
        self.holding = self.meeting if sure == perhaps else [positions(column) for column in self.sure_columns]
        self.groups = [_groups(*pair) for pair in zip(self.meeting, self.holding, strict=True)]


def _groups(meeting: dict[int, int], holding: dict[int, int]) -> list[_Group]:
    """The atoms by the lines that meet and surely hold them; lines begin and end at few of the atoms."""
    changes: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for which, by_atoms in enumerate((meeting, holding)):
        for atoms, lines in by_atoms.items():
            edges = atoms ^ (atoms << 1)
            while edges:
                low = edges & -edges
                changes[low.bit_length() - 1][which] ^= lines
                edges ^= low
    found: dict[tuple[int, int], int] = defaultdict(int)
    now, last = (0, 0), 0
    for position in sorted(changes):
        found[now] |= (1 << position) - (1 << last)
        now = (now[0] ^ changes[position][0], now[1] ^ changes[position][1])
        last = position
    # Beyond the last edge no line reaches; the dimension may be wider than any.
    found[now] |= -1 << last
    return [_Group(atoms=atoms, meeting=lines, sure=surely) for (lines, surely), atoms in found.items() if atoms]


class Diagram(Generic[Label]):
    """What some lines do with the points of a box, the dimensions in an order."""

    def __init__(self, lines: Lines[Label], start: Box, order: Sequence[int]) -> None:
        self.lines = lines
        self.start = start
        self.order = order
        self.budget = Budget(0)
        self.spent = 0
        self._merged: dict[Node[Label], Mapping[frozenset[Label], Sequence[int]]] = {}
        self._tails: dict[tuple[int, int, int], int] = {}
        self._groups = [
            [(mine, one.meeting, one.sure) for one in groups if (mine := one.atoms & whole)]
            for groups, whole in zip(lines.groups, start, strict=True)
        ]
        whole = [_whole(by_atoms, atoms) for by_atoms, atoms in zip(lines.holding, start, strict=True)]
        self._whole = whole
        # The lines that surely hold everything from a level on.
        self._rest = [lines.every]
        for dimension in reversed(order):
            self._rest.append(self._rest[-1] & whole[dimension])
        self._rest.reverse()
        self._known: list[dict[tuple[int, int], Decision[Label]]] = [{} for _ in order]
        self._nodes: dict[tuple[int, frozenset[tuple[int, Decision[Label]]]], Node[Label]] = {}

    def parts(self, steps: int) -> Parts[Label] | None:
        """The box in disjoint parts, by the labels of each.

        None when that takes more steps than these with those taken before, which need not be taken again.
        """
        self.budget.left = steps - self.spent
        try:
            merged = self._tails_of(self._all())
        except TooMany:
            self.spent = steps
            return None
        self.spent = steps - self.budget.left
        tails = list(self._tails)
        return {labels: [self._box(tails, one) for one in mine] for labels, mine in merged.items()}

    def _all(self) -> Decision[Label]:
        candidates = self.lines.every
        for dimension, atoms in enumerate(self.start):
            met = 0
            for mask, lines in self.lines.meeting[dimension].items():
                if mask & atoms:
                    met |= lines
            candidates &= met
        return self._decided(0, candidates, candidates)

    def _decided(self, level: int, candidates: int, sure: int) -> Decision[Label]:
        """What these lines decide from a level on; `sure` are those that surely hold what has been seen so far."""
        lines = self.lines
        final, last = -1, 0
        holding = sure & self._rest[level]
        if holding:
            last = holding & -holding
            candidates &= (last << 1) - 1
            final = last.bit_length() - 1
        others = candidates & lines.unlike[final]
        if not others:
            return lines.alone[final]
        # What decides as the end does, and before which nothing else follows, can go.
        candidates = candidates & ((1 << others.bit_length()) - 1) | last
        if level == len(self.order):
            return lines.alone[final].union(*(label for label, mine in lines.labelled.items() if mine & candidates))
        sure &= candidates
        key = (candidates, sure)
        known = self._known[level].get(key)
        if known is None:
            self.budget.spend()
            known = self._known[level][key] = self._cut(level, candidates, sure)
        return known

    def _cut(self, level: int, candidates: int, sure: int) -> Decision[Label]:
        dimension = self.order[level]
        if not (sure ^ candidates) and not candidates & ~self._whole[dimension]:
            return self._decided(level + 1, candidates, sure)
        parts: dict[Decision[Label], int] = defaultdict(int)
        if level == len(self.order) - 1:
            self._in_order(dimension, candidates, sure, parts)
        else:
            for (mine, surely), atoms in self._apart(dimension, candidates, sure).items():
                parts[self._decided(level + 1, mine, surely)] |= atoms
        if len(parts) == 1:
            return next(iter(parts))
        shape = (dimension, frozenset((atoms, decision) for decision, atoms in parts.items()))
        node = self._nodes.get(shape)
        if node is None:
            ordered = sorted(((atoms, decision) for decision, atoms in parts.items()), key=lambda one: one[0] & -one[0])
            node = self._nodes[shape] = Node(dimension, tuple(ordered))
        return node

    def _apart(self, dimension: int, candidates: int, sure: int) -> dict[tuple[int, int], int]:
        """The atoms by the candidates that meet them."""
        found: dict[tuple[int, int], int] = defaultdict(int)
        groups = self._groups[dimension]
        number = candidates.bit_count()
        if number * number >= len(groups):
            for atoms, meeting, holding in groups:
                found[meeting & candidates, holding & sure] |= atoms
            return found
        pieces = [(self.start[dimension], 0, 0)]
        for line in each(candidates):
            bit = 1 << line
            meeting = self.lines.columns[dimension][line]
            holding = self.lines.sure_columns[dimension][line] if sure & bit else 0
            pieces = [
                piece
                for atoms, mine, surely in pieces
                for piece in (
                    (atoms & holding, mine | bit, surely | bit),
                    (atoms & meeting & ~holding, mine | bit, surely),
                    (atoms & ~meeting, mine, surely),
                )
                if piece[0]
            ]
        for atoms, mine, surely in pieces:
            found[mine, surely] |= atoms
        return found

    def _in_order(self, dimension: int, candidates: int, sure: int, parts: dict[Decision[Label], int]) -> None:
        """The last dimension needs no candidates apart: each line takes its atoms from what those before it left."""
        lines = self.lines
        meeting, holding, alone = lines.columns[dimension], lines.sure_columns[dimension], lines.alone
        untouched = self.start[dimension]
        touched: dict[frozenset[Label], int] = {}
        looked_at = 0
        while candidates and (untouched or touched):
            looked_at += 1
            low = candidates & -candidates
            candidates ^= low
            line = low.bit_length() - 1
            met, held = meeting[line], holding[line] if sure & low else 0
            mine = untouched & met
            if not touched and not mine & ~held:
                if mine:
                    parts[alone[line]] |= mine
                    untouched ^= mine
                continue
            for seen, atoms in [(frozenset[Label](), untouched), *touched.items()]:
                mine = atoms & met
                if not mine:
                    continue
                labelled = seen | alone[line]
                if surely := mine & held:
                    parts[labelled] |= surely
                if seen:
                    touched[seen] ^= mine
                else:
                    untouched ^= mine
                if perhaps := mine & ~held:
                    touched[labelled] = touched.get(labelled, 0) | perhaps
            touched = {seen: atoms for seen, atoms in touched.items() if atoms}
        self.budget.spend(looked_at // _LINES_A_STEP)
        if untouched:
            parts[alone[-1]] |= untouched
        for seen, atoms in touched.items():
            parts[seen | alone[-1]] |= atoms

    # -- Merging --------------------------------------------------------------------------------------------------------

    def _tails_of(self, decision: Decision[Label]) -> Mapping[frozenset[Label], Sequence[int]]:
        """The parts below a decision, as numbers of tails: atoms of one dimension, and the tail of the rest; 0 is everything.

        Parts with the same tail are one, whatever node they come from.
        """
        if isinstance(decision, frozenset):
            return {decision: (0,)}
        found = self._merged.get(decision)
        if found is None:
            found = self._merged[decision] = self._merge(decision)
        return found

    def _merge(self, node: Node[Label]) -> dict[frozenset[Label], list[int]]:
        by_tail: dict[frozenset[Label], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for atoms, below in node.parts:
            for labels, tails in self._tails_of(below).items():
                self.budget.spend(len(tails) // _MERGES_A_STEP)
                mine = by_tail[labels]
                for tail in tails:
                    mine[tail] |= atoms
        number, whole, known = node.dimension, self.start[node.dimension], self._tails
        return {
            labels: [
                tail if atoms == whole else known.setdefault((number, atoms, tail), len(known) + 1)
                for tail, atoms in mine.items()
            ]
            for labels, mine in by_tail.items()
        }

    def _box(self, tails: Sequence[tuple[int, int, int]], tail: int) -> Box:
        box = list(self.start)
        while tail:
            dimension, atoms, tail = tails[tail - 1]
            box[dimension] = atoms
        return tuple(box)


def _whole(by_atoms: dict[int, int], atoms: int) -> int:
    """The lines that hold all of some atoms."""
    found = 0
    for mask, lines in by_atoms.items():
        if not atoms & ~mask:
            found |= lines
    return found


# -- The fewest parts ---------------------------------------------------------------------------------------------------

Parts = Mapping[frozenset[Label], Sequence[Box]]
"""Disjoint boxes by the labels that a point of them may get."""


def fewest(lines: Lines[Label], start: Box, budget: Budget) -> Parts[Label]:
    """What lines do with a box, by the order of dimensions that gives the fewest parts. Raises `TooMany`.

    Two orders by measure take turns, each further than before. Where one is quick, others are tried that may give fewer.
    """
    diagrams = [Diagram(lines, start, order) for order in dict.fromkeys(_measured(lines, start))]
    for steps in _TURNS:
        found: list[Parts[Label]] = []
        quickest = steps
        for diagram in diagrams:
            parts = diagram.parts(steps)
            if parts is not None:
                found.append(parts)
                quickest = min(quickest, diagram.spent)
                if steps > _TURNS[0] or _number(parts) <= _SMALL:
                    break
        if found:
            if steps == _TURNS[0] and min(map(_number, found)) > _SMALL:
                found.extend(_further(lines, start, {one.order for one in diagrams}, quickest))
            best = min(found, key=_number)
            budget.spend(_number(best))
            return best
    raise TooMany


def _measured(lines: Lines[Label], start: Box) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two orders: first what leaves the fewest lines to each of its groups of atoms, or what spreads lines over the fewest."""
    groups, lying = zip(*(_spread(one, atoms) for one, atoms in zip(lines.groups, start, strict=True)), strict=True)
    dimensions = range(len(start))
    return (
        tuple(sorted(dimensions, key=lambda one: lying[one] / groups[one])),
        tuple(sorted(dimensions, key=lambda one: lying[one])),
    )


def _spread(groups: Sequence[_Group], atoms: int) -> tuple[int, int]:
    """How many groups there are among these atoms, and how often lines lie in one."""
    mine = [one.meeting.bit_count() for one in groups if one.atoms & atoms]
    return len(mine), sum(mine)


def _further(lines: Lines[Label], start: Box, known: set[Sequence[int]], steps: int) -> Iterator[Parts[Label]]:
    more = tuple(range(len(_FURTHER[0]), len(start)))
    orders = (tuple(one for one in (*order, *more) if one < len(start)) for order in _FURTHER)
    for order in dict.fromkeys(orders):
        if order not in known and (parts := Diagram(lines, start, order).parts(steps)) is not None:
            yield parts


def _number(parts: Parts[Label]) -> int:
    return sum(map(len, parts.values()))


def labelled(lines: Lines[Label], start: Box, *, label: Label, budget: Budget) -> list[Box]:
    """The disjoint parts of a box that surely get a label."""
    return list(fewest(lines, start, budget).get(frozenset((label,)), ()))
