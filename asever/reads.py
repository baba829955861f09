"""Which files somebody looked for while something was read: whoever watches a program must know all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_NOTED: ContextVar[set[Path] | None] = ContextVar("noted", default=None)


def note(path: Path) -> None:
    """Says that a file was looked for, whether it is there or not."""
    noted = _NOTED.get()
    if noted is not None:
        noted.add(path)


@contextmanager
def noting() -> Iterator[set[Path]]:
    """The files that are looked for inside this context, as they come."""
    noted: set[Path] = set()
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)
