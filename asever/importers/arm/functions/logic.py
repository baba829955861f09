"""The logical and comparison functions. `if`, `and`, `or` and `coalesce` choose what is computed: the evaluator has them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeGuard

from asever.importers.arm.functions.kinds import boolean, has_symbol, kind_of
from asever.importers.arm.mistakes import FailureError
from asever.importers.arm.symbols import call_of
from asever.importers.tree import Plain, Symbol


def equals(first: Plain, second: Plain) -> Plain:
    """Whether two values are equal; strings by letter case too. What holds a symbol is equal to itself, else unknown."""
    if same(first, second):
        return True
    if has_symbol(first) or has_symbol(second):
        return call_of("equals", (first, second))
    return False


def same(first: Plain, second: Plain) -> bool:
    """Whether two values are the same; 1 and true are not, 1 and 1.0 are."""
    match first, second:
        case (tuple(), tuple()):
            return len(first) == len(second) and all(
                same(one.plain, other.plain) for one, other in zip(first, second, strict=True)
            )
        case (Mapping(), Mapping()):
            return first.keys() == second.keys() and all(same(first[name].plain, second[name].plain) for name in first)
        case _:
            return isinstance(first, bool) == isinstance(second, bool) and first == second


def key(plain: Plain) -> Hashable:
    """What two values have in common exactly when they are the same: for finding one among thousands."""
    match plain:
        case tuple():
            return ("array", *(key(item.plain) for item in plain))
        case Mapping():
            return ("object", frozenset((name, key(member.plain)) for name, member in plain.items()))
        case bool():
            return ("boolean", plain)
        case Symbol():
            return ("symbol", plain.name)
        case _:
            return plain


def _order(first: Plain, second: Plain) -> int:
    """-1, 0 or 1: whether the first of two numbers or two strings is smaller, equal or larger."""
    if isinstance(first, str) and isinstance(second, str):
        return (first > second) - (first < second)
    if _is_number(first) and _is_number(second):
        return (first > second) - (first < second)
    raise FailureError(f"{kind_of(first)} cannot be compared with {kind_of(second)}")


def _is_number(plain: Plain) -> TypeGuard[int | float]:
    return isinstance(plain, int | float) and not isinstance(plain, bool)


def less(first: Plain, second: Plain) -> Plain:
    """Whether the first is smaller."""
    return _order(first, second) < 0


def less_or_equals(first: Plain, second: Plain) -> Plain:
    """Whether the first is not larger."""
    return _order(first, second) <= 0


def greater(first: Plain, second: Plain) -> Plain:
    """Whether the first is larger."""
    return _order(first, second) > 0


def greater_or_equals(first: Plain, second: Plain) -> Plain:
    """Whether the first is not smaller."""
    return _order(first, second) >= 0


def negation(value: Plain) -> Plain:
    """The other truth value."""
    return call_of("not", (value,)) if isinstance(value, Symbol) else not boolean(value)


def truth(value: Plain) -> Plain:
    """A boolean from a boolean, an integer or a string."""
    return value != 0 if isinstance(value, int) else boolean(value)


FUNCTIONS: Mapping[str, Callable[..., Plain]] = {
    "less": less,
    "lessorequals": less_or_equals,
    "greater": greater,
    "greaterorequals": greater_or_equals,
    "bool": truth,
    "true": lambda: True,
    "false": lambda: False,
    "null": lambda: None,
}
AWARE: Mapping[str, Callable[..., Plain]] = {"equals": equals, "not": negation}
