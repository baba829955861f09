"""Values as keys by identity: a table holds its rows once, and comparing a thousand of them costs what a cache saves."""

from __future__ import annotations

from typing import Generic, TypeVar

from asever.record import record

T = TypeVar("T")


@record(kw_only=False, eq=False)
class Same(Generic[T]):
    """A value that equals itself alone. It keeps the value alive, so that no other comes to stand where it stood."""

    value: T

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)
