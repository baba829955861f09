"""Order encoding: packets as Booleans, one for each cut point of each variable; nothing about Azure.

`x>=c` is one Boolean. Consecutive cuts imply each other, so an interval is two literals and a product set a conjunction;
everything is propositional, which is what makes it fast (docs/decisions).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from asever.model.addresses import V6_BASE
from asever.model.numbers import NumberSet

TRUE, FALSE = "true", "false"
_LAST_ADDRESS = V6_BASE + (1 << 128) - 1
_LAST = {"protocol": 255, "source_port": 65535, "target_port": 65535}


def conjunction(parts: Iterable[str]) -> str:
    """All of the parts; never a unary `and`, which not every solver reads."""
    kept = list(dict.fromkeys(part for part in parts if part != TRUE))
    if FALSE in kept:
        return FALSE
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else f"(and {' '.join(kept)})"


def disjunction(parts: Iterable[str]) -> str:
    """Any of the parts."""
    kept = list(dict.fromkeys(part for part in parts if part != FALSE))
    if TRUE in kept:
        return TRUE
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else f"(or {' '.join(kept)})"


def negation(part: str) -> str:
    """Not the part."""
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    return f"(not {part})"


class Variables:
    """The cut points that a text has mentioned so far, for each variable."""

    def __init__(self) -> None:
        self.cuts: dict[str, set[int]] = {}

    def at_least(self, variable: str, number: int) -> str:
        """The literal `variable >= number`."""
        if number <= 0:
            return TRUE
        if number > _LAST.get(variable, _LAST_ADDRESS):
            return FALSE
        self.cuts.setdefault(variable, set()).add(number)
        return f"|{variable}>={number}|"

    def inside(self, variable: str, numbers: NumberSet) -> str:
        """That the variable lies in the set."""
        return disjunction(
            conjunction((self.at_least(variable, low), negation(self.at_least(variable, high + 1))))
            for low, high in numbers.ranges
        )

    def declarations(self) -> list[str]:
        """The Booleans and the order among them."""
        lines = []
        for variable in sorted(self.cuts):
            ordered = sorted(self.cuts[variable])
            lines.extend(f"(declare-fun |{variable}>={cut}| () Bool)" for cut in ordered)
            lines.extend(
                f"(assert (=> |{variable}>={high}| |{variable}>={low}|))"
                for low, high in zip(ordered, ordered[1:], strict=False)
            )
        return lines

    def atom(self, variable: str, true: Mapping[str, bool]) -> tuple[int, int]:
        """The range between two cuts that a model places the variable in."""
        ordered = sorted(self.cuts.get(variable, ()))
        held = [cut for cut in ordered if true.get(f"{variable}>={cut}", False)]
        low = held[-1] if held else 0
        index = bisect_left(ordered, low + 1)
        return low, (ordered[index] - 1 if index < len(ordered) else _LAST.get(variable, _LAST_ADDRESS))
