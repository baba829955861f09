"""What is kept between runs, in the user's cache folder: plain data, which costs time when it is lost and nothing else.

Nothing that is read here can run code, unlike a pickle. The folder and its files must belong to the user, and nobody else may
write to them; a file is replaced in one move, so two runs never see half of one, and what is damaged is as good as missing.
`ASEVER_CACHE=off` keeps and reads nothing.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from collections.abc import Iterable
from typing import Any

try:  # as `random` does: hashlib loads all of OpenSSL, which takes as long as twenty modules of ours
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

SWITCH = "ASEVER_CACHE"
MOST_FILES = 500
MOST_BYTES = 100_000_000
_SUFFIX = ".kept"
_HEAD = b"asever kept 1\n"
_WIDTH = 16


def digest(*parts: bytes | str) -> bytes:
    """A short name for some bytes and texts: two that differ have different ones."""
    made = blake2b(digest_size=_WIDTH)
    for one in parts:
        data = one.encode("utf-8", "surrogatepass") if isinstance(one, str) else one
        made.update(len(data).to_bytes(8))
        made.update(data)
    return made.digest()


def folder() -> str | None:
    """The folder of what is kept, None when nothing shall be kept or the folder is not ours alone to write."""
    if os.environ.get(SWITCH, "").lower() == "off":
        return None
    base = os.environ.get("XDG_CACHE_HOME", "")
    found = (base if os.path.isabs(base) else os.path.expanduser("~/.cache")) + "/asever"
    if not os.path.isabs(found):  # nobody is at home
        return None
    try:
        os.makedirs(found, mode=0o700, exist_ok=True)
        about = os.stat(found)
        if _belongs_to_us(about) and not is_ours(about):
            os.chmod(found, 0o700)
            about = os.stat(found)
        return found if is_ours(about) and os.access(found, os.W_OK) else None
    except (OSError, ValueError):
        return None


def load(key: bytes) -> object:
    """What was kept under a key; None when there is nothing, or something is wrong with it."""
    where = folder()
    if where is None:
        return None
    try:
        with open(_path(where, key), "rb", opener=_without_links) as file:
            if not is_ours(os.fstat(file.fileno())):
                return None
            data = file.read()
    except OSError:
        return None
    start = len(_HEAD) + _WIDTH
    if not data.startswith(_HEAD) or data[len(_HEAD) : start] != digest(data[start:]):
        return None
    try:
        found: object = unpacked(data[start:])
    except (EOFError, TypeError, ValueError):  # another version of Python wrote it
        return None
    return found


def packed(value: object) -> bytes:
    """Plain data as bytes; raises `ValueError` where it is nested too deep."""
    return marshal.dumps(value)  # type: ignore[arg-type]  # what is no plain data raises


def unpacked(data: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """What was packed by this version of Python."""
    return marshal.loads(data)  # noqa: S302 - it is what we wrote: plain data of ours


def squeezed(value: object) -> bytes:
    """Plain data as a third of the bytes, for much of it: raises as `packed`."""
    import zlib  # noqa: PLC0415 - most of what is kept is small

    return zlib.compress(packed(value), 1)


def unsqueezed(data: bytes) -> Any:  # noqa: ANN401 - whatever was squeezed
    """What was squeezed by this version of Python."""
    import zlib  # noqa: PLC0415

    return unpacked(zlib.decompress(data))


def save(key: bytes, value: object) -> None:
    """Keeps plain data under a key; what cannot be written is not kept."""
    where = folder()
    if where is None:
        return
    try:
        data = packed(value)
    except ValueError:  # nested too deep
        return
    path = _path(where, key)
    new = f"{path}.{os.getpid()}.{os.urandom(4).hex()}{_SUFFIX}"
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(b"".join((_HEAD, digest(data), data)))
        os.replace(new, path)
        _drop_the_oldest(where)
    except OSError:
        _forget([new])


def _path(where: str, key: bytes) -> str:
    return f"{where}/{digest(sys.implementation.cache_tag or sys.version, key).hex()}{_SUFFIX}"


def is_ours(found: os.stat_result) -> bool:
    """Whether nobody but the user can have written this. On Windows the folders of users are their own."""
    return os.name == "nt" or (_belongs_to_us(found) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _belongs_to_us(found: os.stat_result) -> bool:
    return os.name != "nt" and found.st_uid == os.geteuid()


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _drop_the_oldest(where: str) -> None:
    """Keeps the folder small: the files that were written last, up to a number and a size."""
    with os.scandir(where) as entries:
        every = [(one.stat(follow_symlinks=False), one.path) for one in entries if one.name.endswith(_SUFFIX)]
    every.sort(key=lambda one: one[0].st_mtime_ns, reverse=True)
    size, kept = 0, 0
    for found, _ in every:
        size += found.st_size
        if size > MOST_BYTES or kept == MOST_FILES:
            break
        kept += 1
    _forget(path for _, path in every[kept:])


def _forget(paths: Iterable[str]) -> None:
    for one in paths:
        try:
            os.unlink(one)
        except OSError:  # another run was quicker, or it never was
            continue
