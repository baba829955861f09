"""Numbers that no set of a text tells apart are one: a class. A set is a few runs of classes, however many ranges it has.

The rectangles of an exact set are cut from a few dozen sets that rules name: forty of them may have two hundred ranges of
sources each, and yet no more than fifty kinds of sources are told apart. Cuts are between classes then, in the order of their
first numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asever.model.bits import each
from asever.model.numbers import NumberSet
from asever.solve.classes import swept
from asever.solve.terms import FALSE, LAST_ADDRESS, TRUE, Terms, last


class Sets:
    """The sets of one variable, each a literal of a text."""

    def __init__(self, variable: str) -> None:
        self.variable = variable
        self._literals: dict[NumberSet, str] = {}
        self._classes: list[int] = []

    @property
    def literals(self) -> Sequence[str]:
        """The literals; the place of each is the place of its set."""
        return tuple(self._literals.values())

    def literal(self, numbers: NumberSet) -> str:
        """The literal that says that the variable lies in a set."""
        found = self._literals.get(numbers)
        if found is None:
            found = self._literals[numbers] = f"|{self.variable} in set {len(self._literals)}|"
            self._classes.clear()
        return found

    def classes(self, sets: int) -> list[int]:
        """The classes that some of the sets tell apart, each as those of them that hold it; sets are bits, by their places."""
        if not self._classes:
            starts, held = swept(self._literals)
            end = last(self.variable)
            self._classes.extend(dict.fromkeys(mask for start, mask in zip(starts, held, strict=True) if start <= end))
        return list(dict.fromkeys(mask & sets for mask in self._classes))

    @staticmethod
    def runs(classes: Sequence[int], sets: int) -> Iterator[tuple[int, int, int, bool]]:
        """The classes of each set in runs: its place, the first class, the one after the last, whether the set holds them.

        Those of a run that are not held are a gap of the set.
        """
        begun = dict.fromkeys(each(sets), 0)
        before = classes[0]
        for place, holding in enumerate(classes):
            for changed, held in ((before & ~holding, True), (holding & ~before, False)):
                for one in each(changed):
                    yield one, begun[one], place, held
                    begun[one] = place
            before = holding
        for one, first in begun.items():
            yield one, first, len(classes), bool(before >> one & 1)


class SetTerms(Terms):
    """The same text with a literal for each set, whose meaning is made when all sets are known (`Sets`); it has no cuts.

    It pays where sets have many ranges and few of them are told apart. What is asked of such a text are formulas, not cuts.
    """

    def at_least(self, variable: str, number: int) -> str:
        """The literal `variable >= number`."""
        return self.inside(variable, NumberSet.span(number, last(variable)))

    def inside(self, variable: str, numbers: NumberSet, low: int = 0, high: int = LAST_ADDRESS) -> str:
        """That the variable lies in the set, for a variable that is known to lie between `low` and `high`."""
        key = (variable, numbers, low, high)
        found = self._inside.get(key)
        if found is None:
            found = self._inside[key] = self._literal(variable, numbers, NumberSet.span(low, min(high, last(variable))))
        return found

    def _literal(self, variable: str, numbers: NumberSet, known: NumberSet) -> str:
        within = numbers & known
        if not within or within == known:
            return TRUE if within else FALSE
        sets = self.sets.setdefault(variable, Sets(variable))
        return sets.literal(within)
