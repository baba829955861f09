"""Order encoding: numbers as Booleans, one for each cut point of each variable; nothing about Azure.

`|x>=c|` is one Boolean, and each cut implies the one below it. An interval is two literals, a product set a conjunction, and
a question over product sets needs nothing but assumption literals. Everything stays propositional, which is what makes it
fast: bounds propagate as units, and what the solver learns is about cuts, not about bits.

A formula is text. It is built once and parsed once, which costs a fraction of building terms object by object. It remembers
what it was made of, so that the solver can be given clauses (`asever.solve.clauses`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from asever.model.addresses import ALL_ADDRESSES
from asever.model.numbers import NumberSet

if TYPE_CHECKING:
    from asever.solve.alike import Sets

TRUE, FALSE = "true", "false"

LAST = {"protocol": 255, "source_port": 65535, "target_port": 65535}
LAST_ADDRESS = ALL_ADDRESSES.ranges[-1][1]
# A longer formula gets a name, so that text stays linear where formulas share parts.
_LONG = 120


class Formula(str):
    """A formula that is no symbol: its text, and the operator and the operands that it was made of."""

    __slots__ = ("operator", "parts")

    operator: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, operator: str, parts: Iterable[str]) -> Formula:
        """An operator with its operands."""
        operands = tuple(parts)
        made = cls(f"({operator} {' '.join(operands)})" if len(operands) != 1 else f"({operator} {operands[0]})")
        made.operator, made.parts = operator, operands
        return made


def conjunction(parts: Iterable[str]) -> str:
    """All of the parts; never `(and x)`, which not every solver reads."""
    kept = dict.fromkeys(parts)
    if FALSE in kept:
        return FALSE
    kept.pop(TRUE, None)
    if not kept:
        return TRUE
    return next(iter(kept)) if len(kept) == 1 else Formula.of("and", kept)


def disjunction(parts: Iterable[str]) -> str:
    """Any of the parts; never `(or x)`."""
    kept = dict.fromkeys(parts)
    if TRUE in kept:
        return TRUE
    kept.pop(FALSE, None)
    if not kept:
        return FALSE
    return next(iter(kept)) if len(kept) == 1 else Formula.of("or", kept)


def negation(part: str) -> str:
    """Not the part; a literal's negation is a literal."""
    if part in {TRUE, FALSE}:
        return FALSE if part == TRUE else TRUE
    return part.parts[0] if isinstance(part, Formula) and part.operator == "not" else Formula.of("not", (part,))


def bare(formula: str, *, holds: bool) -> tuple[str, bool]:
    """A formula that holds or does not without its negations, and whether that holds."""
    while isinstance(formula, Formula) and formula.operator == "not":
        formula, holds = formula.parts[0], not holds
    return formula, holds


def implication(one: str, other: str) -> str:
    """That the second holds where the first does."""
    return Formula.of("=>", (one, other))


def equivalence(one: str, other: str) -> str:
    """That both hold or neither does."""
    return Formula.of("=", (one, other))


def symbol(text: str) -> str:
    """A quoted SMT-LIB symbol; the two characters that it cannot hold become `_`."""
    return f"|{text.replace('|', '_').replace(chr(92), '_')}|"


class Terms:
    """The text in the making: cut points of each variable, plain Booleans, definitions, assertions.

    `domains` are the numbers that variables can be, where these are not all: cuts that no number of the domain lies between
    are one cut then, and the first number of the domain after them stands for it. Nothing in the text says that a variable
    lies in its domain: between two cuts it may as well be a number that does.
    """

    def __init__(self, domains: Mapping[str, NumberSet] | None = None) -> None:
        self.domains: Mapping[str, NumberSet] = {} if domains is None else domains
        self.cuts: dict[str, set[int]] = {}
        self.booleans: dict[str, None] = {}
        self.defined: dict[str, str] = {}
        self.asserted: list[str] = []
        self.sets: dict[str, Sets] = {}
        self._inside: dict[tuple[str, NumberSet, int, int], str] = {}

    def copy(self) -> Terms:
        """The same text, which others may add to."""
        other = Terms(self.domains)
        other.cuts = {variable: set(cuts) for variable, cuts in self.cuts.items()}
        other.booleans = dict(self.booleans)
        other.defined = dict(self.defined)
        other.asserted = list(self.asserted)
        other._inside = dict(self._inside)
        return other

    # -- Numbers --------------------------------------------------------------------------------------------------------

    def at_least(self, variable: str, number: int) -> str:
        """The literal `variable >= number`."""
        domain = self._domain(variable)
        cut = from_on(domain, number)
        if cut is None:
            return FALSE
        return TRUE if cut == domain.first else self._cut(variable, cut)

    def _cut(self, variable: str, cut: int) -> str:
        """The literal of a cut within the domain of a variable."""
        self.cuts.setdefault(variable, set()).add(cut)
        return f"|{variable}>={cut}|"

    def _domain(self, variable: str) -> NumberSet:
        found = self.domains.get(variable)
        return found if found is not None and found.ranges else _WHOLE.get(variable, ALL_ADDRESSES)

    def inside(self, variable: str, numbers: NumberSet, low: int = 0, high: int = LAST_ADDRESS) -> str:
        """That the variable lies in the set, for a variable that is known to lie between `low` and `high`."""
        if numbers is self.domains.get(variable):
            return TRUE
        if len(numbers.ranges) == 1:  # as most, and seldom two alike
            every = self._domain(variable).ranges
            if len(every) == 1:
                ((first, final),) = every
                return self.named(self._range(variable, *numbers.ranges[0], max(low, first), min(high, final)), variable)
        key = (variable, numbers, low, high)
        found = self._inside.get(key)
        if found is None:
            found = self._inside[key] = self.named(disjunction(self._ranges(variable, numbers, low, high)), variable)
        return found

    def _range(self, variable: str, first: int, final: int, low: int, high: int) -> str:
        """That the variable, one of the numbers from `low` to `high`, which its domain has, lies from `first` to `final`."""
        if first > high or final < low:
            return FALSE
        start = TRUE if first <= low else self._cut(variable, first)
        if final >= high:
            return start
        below = Formula.of("not", (self._cut(variable, final + 1),))
        return below if start == TRUE else Formula.of("and", (start, below))

    def _ranges(self, variable: str, numbers: NumberSet, low: int, high: int) -> Iterator[str]:
        for start, after in self._stretches(self._domain(variable), numbers, low, high):
            below = TRUE if after is None else negation(self.at_least(variable, after))
            yield conjunction((self.at_least(variable, start), below))

    def _stretches(self, domain: NumberSet, numbers: NumberSet, low: int, high: int) -> Iterator[tuple[int, int | None]]:
        """The stretches of a domain, without gaps in it, that lie in a set: the first number of each, and the next after it."""
        ranges = numbers.ranges
        first = max(bisect_right(ranges, (low, LAST_ADDRESS)) - 1, 0)
        begun, until = None, None
        for low_end, high_end in ranges[first:]:
            start = domain.first if low_end <= low else from_on(domain, low_end)
            if low_end > high or start is None:
                break
            after = None if high_end >= high else from_on(domain, high_end + 1)
            if high_end < low or start == after:
                continue
            if begun is not None and until != start:
                yield begun, until
                begun = None
            begun, until = start if begun is None else begun, after
        if begun is not None:
            yield begun, until

    # -- Names ----------------------------------------------------------------------------------------------------------

    def boolean(self, name: str) -> str:
        """The literal of a plain Boolean."""
        literal = symbol(name)
        self.booleans[literal] = None
        return literal

    def named(self, formula: str, what: str) -> str:
        """The formula, or a name for it if it is long; `what` makes the name readable."""
        if len(formula) < _LONG:
            return formula
        name = symbol(f"{what} #{len(self.defined) + 1}")
        self.defined[name] = formula
        return name

    def switch(self, name: str, formula: str) -> str:
        """A literal that, when assumed, makes the formula hold."""
        literal = self.boolean(name)
        self.asserted.append(implication(literal, formula))
        return literal

    def equal(self, name: str, formula: str) -> str:
        """A literal that means the formula; unlike a definition it is not unfolded where it is used."""
        literal = self.boolean(name)
        self.asserted.append(equivalence(literal, formula))
        return literal

    # -- The text -------------------------------------------------------------------------------------------------------

    def ordered_cuts(self) -> Iterator[tuple[str, list[int]]]:
        """Every variable with its cuts, in their order."""
        return ((variable, sorted(self.cuts[variable])) for variable in sorted(self.cuts))

    def definitions(self) -> Iterator[str]:
        """The commands that give names to formulas."""
        return (f"(define-fun {name} () Bool {formula})" for name, formula in self.defined.items())

    def assertions(self) -> Iterator[str]:
        """The commands that assert what is asserted, the order of the cuts apart."""
        return (f"(assert {formula})" for formula in self.asserted)


def last(variable: str) -> int:
    """The greatest number that a variable can hold."""
    return LAST.get(variable, LAST_ADDRESS)


_WHOLE = {variable: NumberSet.span(0, number) for variable, number in LAST.items()}


# -- Sets ---------------------------------------------------------------------------------------------------------------


def from_on(numbers: NumberSet, number: int) -> int | None:
    """The first number of a set that is no less than this one."""
    ranges = numbers.ranges
    index = bisect_right(ranges, (number, -1)) if len(ranges) > 1 else 0
    for low, high in ranges[max(index - 1, 0) : index + 1]:
        if high >= number:
            return max(low, number)
    return None


def meets(one: NumberSet, other: NumberSet) -> bool:
    """Whether two sets share a number, in time of the smaller one."""
    small, large = (one, other) if len(one.ranges) <= len(other.ranges) else (other, one)
    starts = large.ranges
    for low, high in small.ranges:
        index = bisect_right(starts, (high, LAST_ADDRESS + 1)) - 1
        if index >= 0 and starts[index][1] >= low:
            return True
    return False


def covers(one: NumberSet, other: NumberSet) -> bool:
    """Whether the first set holds all of the other; stops at the first number that it lacks."""
    starts = one.ranges
    for low, high in other.ranges:
        index = bisect_left(starts, (low + 1, -1)) - 1
        if index < 0 or starts[index][1] < high:
            return False
    return True
