"""`asever lsp`: the language server, for an editor to start."""

from __future__ import annotations

import gc
from argparse import Namespace
from importlib.util import find_spec

from asever.commands.console import Status, UsageError, known_readings

EXTRA = "lsp"


def run(arguments: Namespace) -> int:
    """Serves until the editor leaves."""
    if find_spec("pygls") is None or find_spec("lsprotocol") is None:
        raise UsageError("what speaks with editors is not installed", advice=f"pip install 'asever[{EXTRA}]'")
    from asever.lsp.server import serve  # noqa: PLC0415 - for the server only, and not always installed
    from asever.pipeline import Options  # noqa: PLC0415

    gc.disable()  # the judge collects when there is nothing to do
    options = Options(seconds=arguments.timeout, readings=known_readings(arguments.assume))
    return Status.MET if serve(options, arguments.settings, arguments.tcp) else Status.VIOLATED
