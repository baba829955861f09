"""What checking again costs after one rule was edited, against the first check, in CPU seconds of one process.

    python bench/editing.py

Each network of bench/generated.py is checked and rendered in a session, then once more after each of three edits: another port
in a rule, a new rule, a remark on top (which moves every line). `judged` is how many checks were judged anew.
"""

from __future__ import annotations

import gc
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from generated import large_group, many_groups, spokes  # noqa: E402

from asever.pipeline import Options  # noqa: E402
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


def seconds(session, path):
    started = process_time()
    examined = session.check([path], Options())
    render_reports([(one.report, one.program) for one in examined])
    return process_time() - started


def main():
    gc.disable()  # as for every command (asever.cli)
    with TemporaryDirectory() as folder:
        path = Path(folder, "edited.asev")
        path.write_text(large_group(40, 4), encoding="utf-8")
        seconds(Session(), path)  # loads what every check needs
        print(f"{'':<38} {'first':>8}", *(f"{name:>8}   ratio  judged" for name in EDITS))
        for name, first in NETWORKS.items():
            text, session, cells = first, Session(), []
            path.write_text(text, encoding="utf-8")
            whole = seconds(session, path)
            for edit in EDITS.values():
                text = edit(text)
                path.write_text(text, encoding="utf-8")
                again = seconds(session, path)
                cells.append(f"{again:8.3f} {again / whole:7.1%} {session.judged:7}")
            print(f"{name:<38} {whole:8.3f}", *cells, flush=True)


if __name__ == "__main__":
    main()
