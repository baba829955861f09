"""Finds the grammar and the shipped library, in a checkout or in an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_shipped"


def _first(*candidates: Path) -> Path:
    return next((one for one in candidates if one.exists()), candidates[-1])


def grammar_text() -> str:
    """The text of the lark grammar."""
    return _first(_SHIPPED / "grammar" / "asever.lark", _PACKAGE.parent / "grammar" / "asever.lark").read_text(encoding="utf-8")


def tables() -> Path:
    """The folder of the parser's tables that were made when the package was built."""
    return _SHIPPED / "tables"


def source(module: str) -> bytes:
    """The source of one of our modules (`syntax/nodes`). Raises `OSError` where only byte code was installed."""
    return (_PACKAGE / f"{module}.py").read_bytes()


def sources(package: str) -> list[bytes]:
    """The sources of the modules of one of our packages. Raises `OSError` where only byte code was installed."""
    found = [one.read_bytes() for one in sorted((_PACKAGE / package).glob("*.py"))]
    if not found:
        raise FileNotFoundError(package)
    return found


@cache
def library() -> Path:
    """The folder of the shipped library, which programs import as `std/…`; no symbolic link leads to it."""
    return _first(_SHIPPED / "std", _PACKAGE.parent / "specs").resolve()
