"""`@record`: the frozen, slotted, keyword-only dataclass that most of our values are, made cheaply.

A dataclass compiles each of its methods on import, and our values are so many that this was a quarter of a whole command's
time (bench/whole_command.py). Comparison, hash and representation need no code of their own: one function serves all classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Makes `cls` a dataclass with `frozen=True, slots=True, kw_only=True`, and everything that dataclasses can do."""
    made: Any = dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)(cls)
    compared = tuple(one.name for one in fields(made) if one.compare)
    values = attrgetter(*compared) if compared else _nothing

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: object) -> int:
        return hash(values(self))

    made.__eq__, made.__hash__, made.__repr__ = equal, digest, _shown
    finished: type[T] = made
    return finished


def _nothing(_: object) -> None:
    return None


def _shown(self: Any) -> str:  # noqa: ANN401 - any record
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"
