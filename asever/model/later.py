"""Mappings whose values are made when somebody first asks for them: a check meets few of the tables of a large network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Later(Mapping[str, T], Generic[T]):
    """By name what makes each value; each is made once, and is the same from then on."""

    def __init__(self, makers: Mapping[str, Callable[[], T]]) -> None:
        self._makers = makers
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        found = self._made.get(name)
        if found is None:
            # Two threads may make it at once; both get the one that is kept.
            found = self._made.setdefault(name, self._makers[name]())
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
