"""Large and hard filters against plain Z3, and many questions about one: time, memory, and how both grow.

    python bench/filters.py [SIZE ...]
    python bench/filters.py FOLDER

With a folder, the filters in ClassBench's format in it; they name no action, and every third rule denies.

Each row is a process of its own that makes its workload (bench/workloads.py), answers whether everything is permitted, and
reports the CPU seconds of the answer alone and its largest memory. `ours` is all that a check asks of the engines: Z3, the
exact search beside it, the flow that is shown. `baseline` is one `check-sat` of the same question as text (bench/baseline.py),
without making the text; `-` where the process took more than two minutes. `growth` is the exponent since the size before.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import baseline
from as_tables import network, question, rows, workload
from generated import large_group
from workloads import KINDS

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))  # where what reads ClassBench's format is

SIZES = (1_000, 3_000, 10_000)
LIMIT = 120
MANY = (10, 1_000)


def made(name, size):
    """A workload of a kind, or the one that a file holds."""
    return KINDS[name](size, 1) if name in KINDS else workload(listed(Path(name)))


def listed(path):
    """The filter that a file in ClassBench's format holds."""
    from exact.classbench import read  # noqa: PLC0415 - only for such files

    return read(path)


def answered(name, size):
    """The answer of the tool, its CPU seconds, and the bytes that the process needed."""
    from asever.exact.oracle import Oracle  # noqa: PLC0415 - the baseline must not pay for it
    from asever.solve.answer import Depth, answer  # noqa: PLC0415

    one = made(name, size)
    tables, asks = network(rows(one)), question(one.asked)
    import z3  # noqa: F401, PLC0415 - both sides pay for it before the clock starts

    started = process_time()
    found = answer(tables, asks, seconds=None, core=Depth.NOTHING, guide=Oracle(tables, asks))
    return type(found).__name__ == "Refuted", process_time() - started


def answered_plainly(name, size):
    """The answer of plain Z3."""
    query = baseline.text(made(name, size))
    import z3  # noqa: F401, PLC0415

    started = process_time()
    refuted = baseline.refuted(query)
    return refuted, process_time() - started


def measured(side, name, size):
    """One row of one side in a process of its own; None when it took too long."""
    command = (sys.executable, __file__, side, name, str(size))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout)


def lists(folder):
    """The files of a folder, each with the number of its rules."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.read_text()[:1] == "@"):
        yield str(path), [len(listed(path).rows)]


def report(every):
    print(f"{'workload':<20} {'N':>6} {'ours':>8} {'baseline':>9} {'ratio':>6} {'memory':>8} {'growth':>7}")
    for kind, sizes in every:
        name, before = kind if kind in KINDS else Path(kind).name, None
        for size in sizes:
            mine, plain = (measured(side, kind, size) for side in ("ours", "baseline"))
            if mine is None:
                print(f"{name:<20} {size:>6} more than {LIMIT} s")
                continue
            if plain is not None and plain["refuted"] != mine["refuted"]:
                raise AssertionError(f"{name} of {size}: the two disagree")
            growth = f"{math.log(mine['seconds'] / before[1], size / before[0]):7.2f}" if before else f"{'':>7}"
            other, ratio = (f"{plain['seconds']:9.3f}", f"{mine['seconds'] / plain['seconds']:6.2f}") if plain else ("-", "")
            memory = f"{mine['bytes'] / 2**20:5.0f} MB"
            print(f"{name:<20} {size:>6} {mine['seconds']:8.3f} {other:>9} {ratio:>6} {memory} {growth}", flush=True)
            before = (size, mine["seconds"])


def many_questions():
    """Whole commands: so many checks on one network of a thousand rules."""
    with TemporaryDirectory() as folder:
        times = []
        for count in MANY:
            Path(folder, "many.asev").write_text(large_group(1_000, count), encoding="utf-8")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = (sys.executable, "-m", "asever", "check", "many.asev")
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            print(f"{count:>5} checks on 1,000 rules  {times[-1]:6.2f} s")
        print(f"      ratio                  {times[1] / times[0]:6.2f}")


def main():
    if sys.argv[1:2] in (["ours"], ["baseline"]):
        gc.disable()  # as for every command (asever.cli)
        side, name, size = sys.argv[1:]
        refuted, seconds = (answered if side == "ours" else answered_plainly)(name, int(size))
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"refuted": refuted, "seconds": seconds, "bytes": used}))
        return
    if sys.argv[1:] and Path(sys.argv[1]).is_dir():
        report(lists(Path(sys.argv[1])))
        return
    sizes = [int(one) for one in sys.argv[1:]] or SIZES
    report((kind, sizes) for kind in KINDS)
    many_questions()


if __name__ == "__main__":
    main()
