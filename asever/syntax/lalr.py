"""The LALR parser that lark makes of the grammar. Its tables take half a second to make, so that they are there before.

They are made when the package is built (hatch_build.py), and lie beside the grammar: also who runs once in a container, or has
no folder to keep anything in, does not wait for them. Where Python, lark or the grammar is another one than at the build, they
are kept for the user, in his cache folder.
"""

from __future__ import annotations

import os
import sys
from contextlib import chdir
from functools import lru_cache
from pathlib import Path
from typing import Any

import lark

from asever import cache, resources
from asever.syntax.lexing import QuickLexer
from asever.syntax.reading import Reading
from asever.syntax.shifting import QuickParser

STARTS = ("start", "one")


@lru_cache(maxsize=16)
def parser(start: str, _thread: int) -> tuple[lark.Lark, Reading]:
    """The parser for a rule of the grammar, with the transformer that is part of it, for one thread."""
    reading = Reading()
    tables = _tables(start)
    try:
        return _made(start, reading, tables), reading
    except OSError:
        return _made(start, reading, None), reading


def generate(folder: Path) -> None:
    """Writes the tables into a folder, as lark keeps them, and removes older ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.pickle"):
        old.unlink()
    with chdir(folder):  # lark writes into the tables where they are: not where on the machine that builds
        for start in STARTS:
            _made(start, Reading(), _name(start))


def _made(start: str, reading: Reading, tables: str | None) -> lark.Lark:
    """The parser, from tables if there are any; if not, they are written there. lark looks whether they are right."""
    options: dict[str, Any] = {
        "parser": "lalr",
        "lexer": "basic",
        "start": start,
        "maybe_placeholders": True,
        "transformer": reading,
        "_plugins": {"BasicLexer": QuickLexer, "LALR_Parser": QuickParser},
    }
    return lark.Lark(resources.grammar_text(), cache=tables or False, **options)


def _name(start: str) -> str:
    """The name of tables beside the grammar: of what they are made, so that nobody takes others, and replaces them."""
    made_of = cache.digest(resources.grammar_text(), lark.__version__, repr(sys.version_info[:2])).hex()
    return f"{start}-{made_of[:12]}.pickle"


def _tables(start: str) -> str | None:
    """Where lark finds its tables, or is to keep them; None for nowhere.

    They are a pickle, which may run code as it is read: one that others can have written is not read, but for what came with
    the program.
    """
    built = resources.tables() / _name(start)
    if built.exists():
        return str(built)
    where = cache.folder()
    if where is None:
        return None
    path = f"{where}/grammar-{start}-{lark.__version__}.pickle"
    try:
        return path if cache.is_ours(os.lstat(path)) else None
    except FileNotFoundError:
        return path
    except OSError:
        return None
