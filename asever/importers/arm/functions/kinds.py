"""What kind of value an argument has to be."""

from __future__ import annotations

from collections.abc import Mapping

from asever.importers.arm.mistakes import FailureError
from asever.importers.tree import Plain, Symbol, Value


def kind_of(plain: Plain) -> str:
    """What Azure calls the kind of a value."""
    match plain:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a number"
        case str():
            return "a string"
        case Symbol():
            return "a value known only at deployment"
        case tuple():
            return "an array"
        case _:
            return "an object"


def text(plain: Plain) -> str:
    """A string."""
    if isinstance(plain, str):
        return plain
    raise FailureError(f"a string was expected, not {kind_of(plain)}")


def integer(plain: Plain) -> int:
    """An integer; a real number without fraction is one."""
    if isinstance(plain, int) and not isinstance(plain, bool):
        return plain
    if isinstance(plain, float) and plain.is_integer():
        return int(plain)
    raise FailureError(f"an integer was expected, not {kind_of(plain)}")


def boolean(plain: Plain) -> bool:
    """A boolean; Azure takes the words too."""
    if isinstance(plain, bool):
        return plain
    if isinstance(plain, str) and plain.lower() in ("true", "false"):
        return plain.lower() == "true"
    raise FailureError(f"a boolean was expected, not {kind_of(plain)}")


def array(plain: Plain) -> tuple[Value, ...]:
    """An array."""
    if isinstance(plain, tuple):
        return plain
    raise FailureError(f"an array was expected, not {kind_of(plain)}")


def members(plain: Plain) -> Mapping[str, Value]:
    """An object."""
    if isinstance(plain, Mapping):
        return plain
    raise FailureError(f"an object was expected, not {kind_of(plain)}")


def values(plains: tuple[Plain, ...] | list[Plain] | list[str] | list[int]) -> tuple[Value, ...]:
    """Computed values as the items of an array."""
    return tuple(Value(plain=plain) for plain in plains)


def has_symbol(plain: Plain) -> bool:
    """Whether a part of it is known only at deployment."""
    return any(True for _ in Value(plain=plain).symbols())
