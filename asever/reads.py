"""Which files somebody looked for while something was read, and what they were like then: what to watch, and for what."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Stamp = tuple[int, int, int, int] | None
"""When a file was written, its size, and which file it is: an editor may put another in its place. None: there is none."""

_NOTED: ContextVar[dict[str, Stamp] | None] = ContextVar("noted", default=None)


def stamp(path: str | os.PathLike[str]) -> Stamp:
    """What a file is like now."""
    try:
        found = os.stat(path)  # noqa: PTH116 - many times a second
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_dev, found.st_ino


def note(path: str | os.PathLike[str]) -> None:
    """Says that a file is about to be read, whether it is there or not."""
    noted = _NOTED.get()
    if noted is not None:
        noted.setdefault(os.path.abspath(path), stamp(path))  # noqa: PTH100 - a link may come to lead elsewhere


@contextmanager
def noting() -> Iterator[dict[str, Stamp]]:
    """The files that are looked for inside this context, as they come, each as it was before it was read first."""
    noted: dict[str, Stamp] = {}
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)
