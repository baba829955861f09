"""Ordered lines over boxes as a decision diagram: one dimension after the other is cut into the atoms that lines tell apart.

What is left to decide hangs on nothing but the lines that are still candidates, so that equal candidates are decided once; and
atoms that lead to the same decision become one part, however different the lines are that lead there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from asever.exact.boxes import BUDGET, Box, Budget, TooMany
from asever.record import record

# Which dimension is cut first. Addresses first suits lists whose rules differ in their ends; protocol and ports first those in
# which a rule of one wide end meets all those of the other (bench/rectangles.py has both).
_ORDERS = ((3, 1, 4, 0, 2), (0, 4, 2, 3, 1))
_QUICK = 3_000
# One that rarely is quick, but where it is often gives the fewest.
_LAST, _SHORT = (1, 0, 2, 4, 3), 1_500

Label = TypeVar("Label", bound=Hashable)


@record(kw_only=False)
class _Group:
    """Atoms of a dimension that the same lines meet, and of these the ones that hold them surely."""

    atoms: int
    meeting: int
    sure: int


@record(kw_only=False, eq=False)
class Node(Generic[Label]):
    """A dimension cut into parts; two nodes that decide alike are one object."""

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
        self.perhaps = perhaps
        self.sure = sure
        self.labels = labels
        self.otherwise = otherwise
        self.every = (1 << len(labels)) - 1
        self.labelled: dict[Label, int] = _bits(labels)
        self.meeting = [_bits([box[dimension] for box in perhaps]) for dimension in range(dimensions)]
        self.holding = [_bits([box[dimension] for box in sure]) for dimension in range(dimensions)]
        self.groups = [_groups(*pair) for pair in zip(self.meeting, self.holding, strict=True)]


Key = TypeVar("Key", bound=Hashable)


def _bits(keys: Sequence[Key]) -> dict[Key, int]:
    """The positions of each key, as bits."""
    found: dict[Key, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        found[key].append(number)
    return {key: sum(1 << number for number in numbers) for key, numbers in found.items()}


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
        self._groups = [
            [_Group(atoms=mine, meeting=one.meeting, sure=one.sure) for one in groups if (mine := one.atoms & whole)]
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

    def decision(self, steps: int) -> Decision[Label] | None:
        """All of it; None when that takes more steps than these with those taken before, which need not be taken again."""
        self.budget.left = steps - self.spent
        self.spent = steps
        try:
            return self._all()
        except TooMany:
            return None

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
        final, last = lines.otherwise, 0
        holding = sure & self._rest[level]
        if holding:
            last = holding & -holding
            candidates &= (last << 1) - 1
            final = lines.labels[last.bit_length() - 1]
        others = candidates & ~lines.labelled.get(final, 0)
        if not others:
            return frozenset((final,))
        # What decides as the end does, and before which nothing else follows, can go.
        candidates = candidates & ((1 << others.bit_length()) - 1) | last
        if level == len(self.order):
            return frozenset((final, *(label for label, mine in lines.labelled.items() if mine & candidates)))
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
            for one in groups:
                found[one.meeting & candidates, one.sure & sure] |= one.atoms
            return found
        pieces = [(self.start[dimension], 0, 0)]
        for line in _each(candidates):
            bit = 1 << line
            meeting = self.lines.perhaps[line][dimension]
            holding = self.lines.sure[line][dimension] if sure & bit else 0
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
        left: dict[frozenset[Label], int] = {frozenset(): self.start[dimension]}
        for line in _each(candidates):
            meeting = self.lines.perhaps[line][dimension]
            holding = self.lines.sure[line][dimension] if sure >> line & 1 else 0
            for seen, atoms in list(left.items()):
                if atoms & meeting:
                    labels = seen | {self.lines.labels[line]}
                    if surely := atoms & holding:
                        parts[labels] |= surely
                    left[seen] = left[seen] & ~(atoms & meeting)
                    if perhaps := atoms & meeting & ~holding:
                        left[labels] = left.get(labels, 0) | perhaps
        for seen, atoms in left.items():
            if atoms:
                parts[seen | {self.lines.otherwise}] |= atoms


def _whole(by_atoms: dict[int, int], atoms: int) -> int:
    """The lines that hold all of some atoms."""
    found = 0
    for mask, lines in by_atoms.items():
        if not atoms & ~mask:
            found |= lines
    return found


def _each(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


# -- Reading one --------------------------------------------------------------------------------------------------------


def parts_of(decision: Decision[Label], start: Box) -> Iterator[tuple[Box, frozenset[Label]]]:
    """The disjoint parts of a box by what is decided."""
    if isinstance(decision, frozenset):
        yield start, decision
        return
    number = decision.dimension
    for atoms, below in decision.parts:
        yield from parts_of(below, (*start[:number], atoms, *start[number + 1 :]))


def count(decision: Decision[Label], known: dict[Node[Label], int] | None = None) -> int:
    """How many parts there are."""
    if isinstance(decision, frozenset):
        return 1
    counted = {} if known is None else known
    found = counted.get(decision)
    if found is None:
        found = counted[decision] = sum(count(below, counted) for _, below in decision.parts)
    return found


def fewest(lines: Lines[Label], start: Box, budget: Budget) -> Decision[Label]:
    """What lines do with a box of headers (and anything further), by the order of dimensions that gives the fewest parts.

    Where every order is quick, all are followed through. Else they take turns, each further than before, until one is done.
    """
    further = tuple(range(len(_ORDERS[0]), len(start)))
    orders = [tuple(one for one in (*order, *further) if one < len(start)) for order in (*_ORDERS, _LAST)]
    *diagrams, short = (Diagram(lines, start, order) for order in orders)
    steps = _QUICK
    while steps <= BUDGET:
        found: list[Decision[Label]] = []
        for diagram in diagrams:
            decision = diagram.decision(steps)
            if decision is not None:
                found.append(decision)
                if steps > _QUICK:
                    break
        if found:
            if steps == _QUICK and (decision := short.decision(_SHORT)) is not None:
                found.append(decision)
            best = min(found, key=count)
            budget.spend(count(best))
            return best
        steps *= 2
    raise TooMany


def outside(box: Box, taken: Sequence[Box], budget: Budget) -> list[Box]:
    """The disjoint parts of a box that none of `taken` holds."""
    lines = Lines(len(box), taken, taken, [False] * len(taken), otherwise=True)
    return [part for part, labels in parts_of(fewest(lines, box, budget), box) if True in labels]
