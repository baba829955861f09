"""The table of `make bench`: every kind of work, ours beside what it is compared with, in one run.

    python bench/table.py [--quick] [WORD …]

With words, only the rows that have one of them in their names; `--quick` takes the smaller sizes. Each figure is the CPU
time of a process of its own, so that memory can be told and nothing is warm; `growth` is the exponent of the time between
a size and the one before. The baseline of filters is plain Z3 on SMT-LIB text (baseline.py), of commands the imports without
which they could not be, of an unchanged file its first parse, of a thousand questions ten.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING

import workloads
from filters import measured as filter_measured
from generated import large_group, spokes
from networks import hubs_and_spokes
from rule_lists import KINDS as LISTS
from rule_lists import edited
from rule_lists import program as listed

if TYPE_CHECKING:
    from asever.semantics.memory import Memory

ROOT = Path(__file__).resolve().parent.parent
PATH = Path("generated.asev")
LIMIT = 300
ROUNDS = 5
WIDE = "check corp/apps reaches corp/data on tcp 443\n"
APART = 'check "apps" corp/apps reaches corp/data on tcp 9999\n'

Work = Callable[[], object]
Network = Callable[[int], str]


@dataclass(frozen=True)
class Cost:
    """CPU seconds, and bytes that the process needed at most; those are not told for commands."""

    seconds: float
    bytes: int = 0


# -- Work in a process of its own: what is prepared is not timed ----------------------------------------------------------


def read(text: str, memory: Memory | None = None) -> object:
    from asever.semantics.loading import load_program  # noqa: PLC0415 - a row imports what it needs, before its clock starts

    found, diagnostics = load_program(PATH, text=text, memory=memory)
    if found is None:
        raise SystemExit([one.message for one in diagnostics])
    return found


def parsing(size: int) -> Work:
    from asever.diagnostics import Diagnostics  # noqa: PLC0415
    from asever.source import SourceFile  # noqa: PLC0415
    from asever.syntax.parser import parse  # noqa: PLC0415

    parse(SourceFile("small.asev", large_group(10, 0)), Diagnostics())  # loads lark and its tables
    file = SourceFile(str(PATH), large_group(size, 0))
    return lambda: parse(file, Diagnostics())


def parsing_again(size: int) -> Work:
    work = parsing(size)
    work()
    return work


def checking(checks: int) -> Work:
    from asever.pipeline import Options, run  # noqa: PLC0415

    program = read(large_group(1_000, checks))
    return lambda: run(program, Options())


def loading(network: Network) -> Callable[[int], Work]:
    def prepared(subnets: int) -> Work:
        text = network(subnets)
        return lambda: read(text)

    return prepared


def loading_again(subnets: int) -> Work:
    """Of a file on disk, as only of those everything is kept that can be; another process has read it first."""
    from asever.semantics.loading import load_program  # noqa: PLC0415

    path = Path(os.environ["XDG_CACHE_HOME"]) / f"{subnets}.asev"
    path.parent.mkdir(exist_ok=True)
    path.write_text(hubs_and_spokes(subnets), encoding="utf-8")
    subprocess.run((*ASEVER, "check", path), check=False, capture_output=True)
    return lambda: load_program(path)


def one_check(network: Network) -> Callable[[int], Work]:
    def prepared(subnets: int) -> Work:
        from asever.pipeline import Options, run  # noqa: PLC0415

        program = read(network(subnets))
        return lambda: run(program, Options())

    return prepared


def all_tables(subnets: int) -> Work:
    from asever.azure.effective import effective  # noqa: PLC0415
    from asever.model.effective import Filter, parts_of  # noqa: PLC0415

    program = read(hubs_and_spokes(subnets))
    return lambda: sum(len(one.rows) for one in parts_of(effective(program.network)) if isinstance(one, Filter))


def whole_matrix(network: Network) -> Callable[[int], Work]:
    def prepared(subnets: int) -> Work:
        from asever.explain.matrix import Wanted, matrix  # noqa: PLC0415
        from asever.explain.parties import ANY_PORT_SERVICES  # noqa: PLC0415

        program = read(network(subnets))
        return lambda: matrix(program, Wanted(services=ANY_PORT_SERVICES))

    return prepared


def exact_set(size: int) -> Work:
    from asever.pipeline import Options, explain  # noqa: PLC0415

    program = read(listed([*LISTS["corporate"](size, 1)], WIDE))
    return lambda: explain(program, program.checks[0], Options())


def linting(size: int) -> Work:
    from asever.lint.findings import lint  # noqa: PLC0415

    program = read(listed([*LISTS["corporate"](size, 1)]))
    return lambda: lint(program)


def comparing(size: int) -> Work:
    from asever.explain.difference import compare  # noqa: PLC0415

    rules = [*LISTS["corporate"](size, 1)]
    old, new = read(listed(rules)), read(listed(edited(rules, 2)))
    return lambda: compare(old, new, {})


def fixing(size: int) -> Work:
    from asever.pipeline import Options, run  # noqa: PLC0415
    from asever.repair.search import Limits, repair  # noqa: PLC0415
    from asever.semantics.memory import originals  # noqa: PLC0415

    memory = originals()
    program = read(listed([*LISTS["corporate"](size, 1)], APART), memory)
    report = run(program, Options())
    return lambda: repair(PATH, program, report, report.results[0], Options(), Limits(), memory)


PREPARED: dict[str, Callable[[int], Work]] = {
    "parse": parsing,
    "parse, unchanged": parsing_again,
    "many questions": checking,
    "network: load": loading(spokes),
    "network: one check": one_check(spokes),
    "network: matrix": whole_matrix(spokes),
    "hubs: load": loading(hubs_and_spokes),
    "hubs: load, unchanged": loading_again,
    "hubs: one check": one_check(hubs_and_spokes),
    "hubs: all tables": all_tables,
    "hubs: matrix": whole_matrix(hubs_and_spokes),
    "hubs: matrix, 250 rules": whole_matrix(partial(hubs_and_spokes, rules=(100, 400))),
    "explain": exact_set,
    "lint": linting,
    "diff": comparing,
    "fix": fixing,
}
SIZES = {
    "parse": (1_000, 10_000),
    "parse, unchanged": (1_000, 10_000),
    "many questions": (10, 1_000),
    "network: load": (10, 100, 1_000, 10_000),
    "network: one check": (10, 100, 1_000, 10_000),
    "network: matrix": (10, 100, 1_000),
    "hubs: load": (10, 100, 1_000),
    "hubs: load, unchanged": (10, 100, 1_000),
    "hubs: one check": (10, 100, 1_000),
    "hubs: all tables": (10, 100, 1_000),
    "hubs: matrix": (10, 100, 1_000),
    "hubs: matrix, 250 rules": (100, 1_000),
    "explain": (100, 1_000),
    "lint": (1_000, 10_000),
    "diff": (100, 1_000),
    "fix": (100, 1_000),
}
# Rows whose last size is compared with the first of another row, or of their own.
BESIDE = {"parse, unchanged": "parse", "many questions": "many questions"}


def measured(name: str, size: int, environment: dict[str, str]) -> Cost | None:
    """One row in a process of its own; None when it takes too long."""
    command = (sys.executable, __file__, "--row", name, str(size))
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None
    return Cost(**json.loads(done.stdout))


def measure_here(name: str, size: int) -> None:
    """What the process of a row does."""
    import resource  # noqa: PLC0415 - not on every system

    gc.disable()  # as for every command (asever.cli)
    work = PREPARED[name](size)
    started = process_time()
    work()
    seconds = process_time() - started
    print(json.dumps({"seconds": seconds, "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


# -- Commands -----------------------------------------------------------------------------------------------------------

LARK, ALL = "import lark", "import z3, lark, rich"
ASEVER = (sys.executable, "-m", "asever")
COMMANDS = {
    "start: --help": ((*ASEVER, "--help"), LARK),
    "start: fmt": ((*ASEVER, "fmt", "--check", "examples/layered.asev"), LARK),
    "start: a syntax error": ((*ASEVER, "check", "examples/errors/unclosed.asev"), LARK),
    "small: layered": ((*ASEVER, "check", "examples/layered.asev"), ALL),
    "small: two machines": ((*ASEVER, "check", "examples/tutorial/1-two-machines.asev"), ALL),
    "small: outbound": ((*ASEVER, "check", "examples/scenarios/a8-outbound.asev"), ALL),
}


def command_seconds(command: tuple[str, ...], environment: dict[str, str]) -> float:
    before = os.times()
    subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def command_pair(name: str, environment: dict[str, str]) -> tuple[float, float]:
    """The median times of a command and of its floor, by turns."""
    command, imports = COMMANDS[name]
    floor = (sys.executable, "-c", imports)
    for one in (command, floor):
        command_seconds(one, environment)  # fills the caches
    pairs = [(command_seconds(command, environment), command_seconds(floor, environment)) for _ in range(ROUNDS)]
    return median(one for one, _ in pairs), median(other for _, other in pairs)


# -- The table ----------------------------------------------------------------------------------------------------------


def line(name: str, size: str, ours: Cost | None, other: float | None, growth: float | None) -> None:
    if ours is None:
        print(f"{name:<24} {size:>7} more than {LIMIT} s", flush=True)
        return
    baseline = f"{'':>9} {'':>6}" if other is None else f"{other:9.3f} {ours.seconds / other:6.2f}"
    memory = f"{ours.bytes / 2**20:6.0f} MB" if ours.bytes else f"{'':>9}"
    print(
        f"{name:<24} {size:>7} {ours.seconds:8.3f} {baseline} {memory} {'' if growth is None else f'{growth:7.2f}'}", flush=True
    )


def rows_of_filters(wanted: Callable[[str], bool], sizes: tuple[int, ...]) -> None:
    for kind in filter(lambda one: wanted(f"filter: {one}"), workloads.KINDS):
        before = None
        for size in sizes:
            mine, plain = (filter_measured(side, kind, size) for side in ("ours", "baseline"))
            if mine is not None and plain is not None and mine["refuted"] != plain["refuted"]:
                raise AssertionError(f"{kind} of {size}: the two disagree")
            cost = None if mine is None else Cost(mine["seconds"], mine["bytes"])
            line(f"filter: {kind}", f"{size:,}", cost, plain and plain["seconds"], growth_of(before, (size, cost)))
            before = (size, cost)


def rows_of_work(wanted: Callable[[str], bool], environment: dict[str, str], *, quick: bool) -> None:
    for name, sizes in SIZES.items():
        if not wanted(name):
            continue
        before = None
        for size in sizes[:-1] if quick else sizes:
            cost = measured(name, size, environment)
            beside = BESIDE.get(name)
            other = None
            if beside is not None and size == sizes[-1] and not quick:
                first = measured(beside, size if beside != name else sizes[0], environment)
                other = first.seconds if first is not None else None
            line(name, f"{size:,}", cost, other, growth_of(before, (size, cost)))
            before = (size, cost)


def growth_of(before: tuple[int, Cost | None] | None, now: tuple[int, Cost | None]) -> float | None:
    if before is None or before[1] is None or now[1] is None or min(before[1].seconds, now[1].seconds) <= 0:
        return None
    return math.log(now[1].seconds / before[1].seconds, now[0] / before[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--quick", action="store_true", help="the smaller sizes only")
    parser.add_argument("--row", nargs=2, metavar=("NAME", "SIZE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.row:
        measure_here(arguments.row[0], int(arguments.row[1]))
        return

    def wanted(name: str) -> bool:
        return not arguments.words or any(word in name for word in arguments.words)

    with TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": f"{folder}/code",
            "XDG_CACHE_HOME": f"{folder}/cache",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        print(f"{'workload':<24} {'N':>7} {'ours s':>8} {'baseline':>9} {'ratio':>6} {'memory':>9} {'growth':>7}")
        for name in filter(wanted, COMMANDS):
            mine, floor = command_pair(name, environment)
            line(name, "", Cost(mine), floor, None)
        rows_of_filters(wanted, (1_000,) if arguments.quick else (1_000, 10_000))
        rows_of_work(wanted, environment, quick=arguments.quick)


if __name__ == "__main__":
    main()
