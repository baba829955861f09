"""Union and difference of lists of boxes: peeled one from the other where they are few, by a diagram where they are many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asever.exact import boxes
from asever.exact.boxes import Box, Budget, Index
from asever.exact.diagram import Lines, labelled

# So many are peeled sooner than a diagram is begun.
_FEW = 64


def disjoint(every: Iterable[Box], budget: Budget) -> list[Box]:
    """The same set as disjoint boxes; as they are if they are disjoint already."""
    kept = list(dict.fromkeys(every))
    if len(kept) <= _FEW:
        return boxes.disjoint(kept, budget)
    index = Index(kept)
    if all(index.meeting(box).bit_count() == 1 for box in kept):
        return kept
    return _labelled(kept, [True] * len(kept), _hull(kept), budget)


def subtract(every: Sequence[Box], taken: Sequence[Box], budget: Budget) -> list[Box]:
    """The disjoint parts of disjoint boxes that none of `taken` holds."""
    if not every or not taken:
        return list(every)
    if len(every) + len(taken) <= _FEW:
        return boxes.subtract(every, taken, budget)
    labels = [False] * len(taken) + [True] * len(every)
    return _labelled([*taken, *every], labels, _hull(every), budget)


def _hull(every: Sequence[Box]) -> Box:
    found = list(every[0])
    for box in every:
        for dimension, mask in enumerate(box):
            found[dimension] |= mask
    return tuple(found)


def _labelled(every: Sequence[Box], labels: Sequence[bool], start: Box, budget: Budget) -> list[Box]:
    return labelled(Lines(len(start), every, every, labels, otherwise=False), start, label=True, budget=budget)
