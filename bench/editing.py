"""What checking again costs after one rule was edited, against the first check, in CPU seconds of one process.

    python bench/editing.py

Each network of bench/generated.py is checked and rendered in a session, then once more after each of three edits: another port
in a rule, a new rule, a remark on top (which moves every line). `judged` is how many checks were judged anew. The second
table is the same in the language server, from the text that was typed to the diagnostics that are shown (wants `asever[lsp]`).
"""

from __future__ import annotations

import gc
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from generated import large_group, many_groups, spokes  # noqa: E402

from asever.pipeline import Options  # noqa: E402
from asever.report.blocks import Blocks  # noqa: E402
from asever.report.text import render_reports  # noqa: E402
from asever.session import Session  # noqa: E402

NETWORKS = {
    "1 NSG of 1,000 rules, 100 checks": large_group(1000, 100),
    "1 NSG of 1,000 rules, 1,000 checks": large_group(1000, 1000),
    "10 NSGs of 100 rules, 100 checks": many_groups(10, 100, 100),
    "10 NSGs of 1,000 rules, 100 checks": many_groups(10, 1000, 100),
    "10 NSGs of 1,000 rules, 1,000 checks": many_groups(10, 1000, 1000),
    "1,000 subnets, 1 check": spokes(1000),
    "3,000 subnets, 1 check": spokes(3000),
}
EDITS = {
    "port": lambda text: re.sub(r"(?m)^(  103 .*)$", "  103 allow tcp from 10.3.7.0/24 to * port 4444", text, count=1),
    "rule": lambda text: re.sub(r"(?m)^(  105 .*)$", "\\1\n  4001 deny udp from 10.3.7.0/24 to * port 4444", text, count=1),
    "lines": lambda text: f"// a remark\n{text}",
}


def seconds(session, path, blocks):
    started = process_time()
    examined = session.check([path], Options())
    render_reports([(one.report, one.program) for one in examined], blocks=blocks)
    return process_time() - started


def row(name, first, edit):
    """One network: the first time, and again after each edit. `edit` takes a text, and gives seconds and checks judged."""
    text, cells = first, []
    whole, _ = edit(text)
    for change in EDITS.values():
        text = change(text)
        again, judged = edit(text)
        cells.append(f"{again:8.3f} {again / whole:7.1%} {judged:7}")
    print(f"{name:<38} {whole:8.3f}", *cells, flush=True)


def head(title):
    print(f"{title:<38} {'first':>8}", *(f"{name:>8}   ratio  judged" for name in EDITS))


def in_sessions(path):
    head("check --watch")
    for name, first in NETWORKS.items():
        session, blocks = Session(), Blocks()

        def edit(text, session=session, blocks=blocks):
            path.write_text(text, encoding="utf-8")
            return seconds(session, path, blocks), session.judged

        row(name, first, edit)


def in_an_editor():
    from tests.lsp.quiet import Quiet  # noqa: PLC0415 - wants what is not always installed

    quiet = Quiet()
    head("lsp")
    for number, (name, first) in enumerate(NETWORKS.items()):
        uri = f"file:///nowhere/{number}/edited.asev"
        quiet.editor.opened(uri, "", None)
        quiet.settle()

        def edit(text, uri=uri):
            started = process_time()
            quiet.editor.changed(uri, text, None)
            quiet.settle()
            (account,) = quiet.editor.accounts.values()
            return process_time() - started, account.judged

        row(name, first, edit)
        quiet.editor.closed(uri)


def main():
    gc.disable()  # as for every command (asever.cli)
    with TemporaryDirectory() as folder:
        path = Path(folder, "edited.asev")
        path.write_text(large_group(40, 4), encoding="utf-8")
        seconds(Session(), path, Blocks())  # loads what every check needs
        in_sessions(path)
    if find_spec("pygls") is not None:
        in_an_editor()


if __name__ == "__main__":
    main()
