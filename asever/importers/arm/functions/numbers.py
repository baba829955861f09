"""The numeric functions, and `range`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite

from asever.importers.arm.functions.kinds import array, integer, text, values
from asever.importers.arm.mistakes import FailureError
from asever.importers.tree import Plain

LARGEST = 2**63 - 1
LONGEST_RANGE = 10_000
"""Azure's own limit."""


def _whole(number: int) -> int:
    if -LARGEST - 1 <= number <= LARGEST:
        return number
    raise FailureError("the number does not fit into 64 bits")


def add(first: Plain, second: Plain) -> Plain:
    """The sum."""
    return _whole(integer(first) + integer(second))


def sub(first: Plain, second: Plain) -> Plain:
    """The difference."""
    return _whole(integer(first) - integer(second))


def mul(first: Plain, second: Plain) -> Plain:
    """The product."""
    return _whole(integer(first) * integer(second))


def div(first: Plain, second: Plain) -> Plain:
    """The quotient without its fraction: -7 by 2 is -3."""
    by = integer(second)
    if by == 0:
        raise FailureError("division by zero")
    quotient = abs(integer(first)) // abs(by)
    return quotient if (integer(first) < 0) == (by < 0) else -quotient


def mod(first: Plain, second: Plain) -> Plain:
    """What is left of a division; it has the sign of the dividend."""
    by = integer(second)
    if by == 0:
        raise FailureError("division by zero")
    rest = abs(integer(first)) % abs(by)
    return -rest if integer(first) < 0 else rest


def least(start: Plain, *others: Plain) -> Plain:
    """The smallest of some integers, or of the integers in one array."""
    return min(_listed((start, *others)))


def greatest(start: Plain, *others: Plain) -> Plain:
    """The largest of some integers, or of the integers in one array."""
    return max(_listed((start, *others)))


def _listed(numbers: tuple[Plain, ...]) -> list[int]:
    given = tuple(item.plain for item in array(numbers[0])) if len(numbers) == 1 and isinstance(numbers[0], tuple) else numbers
    if not given:
        raise FailureError("there is no number to choose from")
    return [integer(number) for number in given]


def whole(value: Plain) -> Plain:
    """An integer from an integer or a string."""
    if isinstance(value, str):
        try:
            return _whole(int(value)) if len(value) <= len(str(LARGEST)) + 1 else _whole(LARGEST + 1)
        except ValueError:
            raise FailureError("the string is no integer") from None
    return int(value) if isinstance(value, float) and isfinite(value) else integer(value)


def real(value: Plain) -> Plain:
    """A real number from a number or a string."""
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return float(_whole(value))
    try:
        number = float(text(value))
    except ValueError:
        raise FailureError("the string is no number") from None
    if not isfinite(number):
        raise FailureError("the string is no number")
    return number


def numbers_from(start: Plain, count: Plain) -> Plain:
    """As many integers as asked for, one after the other."""
    first, many = integer(start), integer(count)
    if not 0 <= many <= LONGEST_RANGE:
        raise FailureError(f"a range has 0 to {LONGEST_RANGE} numbers")
    _whole(first + many)
    return values([first + index for index in range(many)])


FUNCTIONS: Mapping[str, Callable[..., Plain]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "div": div,
    "mod": mod,
    "min": least,
    "max": greatest,
    "int": whole,
    "float": real,
    "range": numbers_from,
}
