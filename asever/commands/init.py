"""`asever init [DIR]`: a commented specification to start from."""

from __future__ import annotations

import sys
from argparse import Namespace
from importlib.resources import files
from pathlib import Path

from asever.commands.console import Status, UsageError, reason

FILE = "network.asev"


def run(arguments: Namespace) -> int:
    """Writes `network.asev` into the directory, which is made if needed. A file that exists is never touched."""
    path = Path(arguments.directory) / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(starter())
    except FileExistsError:
        raise UsageError(f"{path} exists already, and init never overwrites", advice="name another directory") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {reason(error)}") from error
    sys.stdout.write(f"wrote {path}\nnext: asever check {path}\n")
    return Status.MET


def starter() -> str:
    """The text of the starting specification."""
    return files("asever.commands").joinpath("starter.asev").read_text(encoding="utf-8")
