"""What `lint`, `diff` and `fix` cost on long lists of rules once the file is read, in CPU seconds.

    python bench/lint_diff_fix.py [SIZE …]

The lists are those of bench/rule_lists.py, one column for each phase: reading the text, making the effective tables, then lint
without these tables; diff against the list after three edits, its own tables included; and fix of one check, without reading
edited texts, which is told apart. Sizes are 1,000 and 10,000 unless others are given; diff and fix are about lists of 1,000
at most.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from time import process_time

import z3  # noqa: F401 - its import is no part of any phase
from rule_lists import KINDS, edited, program

from asever.azure.effective import effective
from asever.explain.difference import compare
from asever.lint.findings import lint
from asever.pipeline import Options, run
from asever.repair import trial
from asever.repair.search import Limits, repair
from asever.semantics.loading import load_program
from asever.semantics.memory import originals

SIZES = (1_000, 10_000)
LARGE = 1_000
# Random ranges in every dimension take minutes in lists longer than this, and nobody writes them.
LONGEST = {"rectangles": 1_000, "wildcards": 5_000}
CHECK = 'check "apps" corp/apps reaches corp/data on tcp 9999\n'
PATH = Path("generated.asev")


def timed(work):
    started = process_time()
    result = work()
    return result, process_time() - started


def read(text, memory=None):
    found, diagnostics = load_program(PATH, text=text, memory=memory)
    if found is None:
        raise SystemExit([one.message for one in diagnostics])
    return found


def main():
    sizes = [int(one) for one in sys.argv[1:]] or SIZES
    gc.disable()  # as in the command
    print(f"{'rules':<20} {'read':>7} {'tables':>7} {'lint':>7} {'diff':>7} {'fix':>7} {'re-read':>8}  findings")
    for size in sizes:
        for kind in KINDS:
            if size <= LONGEST.get(kind, size):
                row(kind, size)
                gc.collect()


def row(kind, size):
    rules = list(KINDS[kind](size, 1))
    memory = originals()  # as in `asever fix`
    source, reading = timed(lambda: read(program(rules, CHECK), memory))
    _, tables = timed(lambda: effective(source.network))
    found, linting = timed(lambda: lint(source))
    cells = [f"{kind + ' ' + str(size):<20} {reading:7.2f} {tables:7.3f} {linting - tables:7.3f}"]
    if size <= LARGE:
        other = read(program(edited(rules, 2), CHECK))
        _, comparing = timed(lambda: compare(source, other, {}))
        cells += [f"{comparing:7.3f}", *fixed(source, memory)]
    else:
        cells.append(f"{'':>24}")
    print(*cells, f" {len(found.findings)}", flush=True)


def fixed(source, memory):
    """What it takes to find one fix, and what reading edited texts takes besides."""
    report = run(source, Options())
    finding = report.results[0]
    if finding.met:
        return [f"{'met':>7}", f"{'':>8}"]
    spent = 0.0
    real = trial.load_program

    def reading(*arguments, **named):
        nonlocal spent
        loaded, seconds = timed(lambda: real(*arguments, **named))
        spent += seconds
        return loaded

    trial.load_program = reading
    _, seconds = timed(lambda: repair(PATH, source, report, finding, Options(), Limits(), memory))
    trial.load_program = real
    return [f"{seconds - spent:7.3f}", f"{spent:8.3f}"]


if __name__ == "__main__":
    main()
