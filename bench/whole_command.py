"""How long whole commands take, against floors that no program with these libraries can go under.

    python bench/whole_command.py [ROUNDS] [--every]

Start: help, `fmt` and specifications with syntax errors, against `import lark`. Small specifications: `check` of every example
(of six, unless `--every` is given), against `import z3, lark, rich`. A large file: ten thousand rules parsed for the first time
and again. The rounds are interleaved, so that a busy moment of the machine hits every command alike. Ratios of medians of one
run compare; times of two runs do not. Caches are in folders of their own, and filled, as for whoever runs a command twice.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from generated import large_group

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
FEW = (
    "layered",
    "layered-fixed",
    "tutorial/1-two-machines",
    "facts/06-ilb-target-is-open",
    "network/private-endpoint",
    "scenarios/a8-outbound",
)
ASEVER = (sys.executable, "-m", "asever")
LARK, ALL = "import lark", "import z3, lark, rich"
START_LIMIT, SPEC_LIMIT = 1.5, 1.3
RULES = 10_000
PARSE = """
import gc, sys, time
from pathlib import Path
from asever.diagnostics import Diagnostics
from asever.source import SourceFile
gc.disable()
started = time.process_time()
from asever.syntax.parser import parse
text = Path(sys.argv[1]).read_text()
assert parse(SourceFile(sys.argv[1], text), Diagnostics()).items
print(time.process_time() - started)
"""


def code(text):
    return (sys.executable, "-c", text)


def seconds(command, environment):
    start = perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return perf_counter() - start


def measured(commands, rounds, environment):
    """The median time of each command."""
    for command in commands.values():
        seconds(command, environment)  # fills the caches
    times = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds(command, environment))
    return {name: median(each) for name, each in times.items()}


def shown(title, floor, times, limit):
    print(f"{title:<64}      ms   ratio")
    for name, each in sorted(times.items(), key=lambda one: one[1]):
        ratio = each / times[floor]
        print(f"{name:<64} {each * 1000:7.1f} {ratio:7.2f}{'' if ratio <= limit else f'  OVER {limit}'}")
    print()


def examples(every):
    if every:
        return sorted(EXAMPLES.glob("**/*.asev"))
    return [EXAMPLES / f"{name}.asev" for name in FEW]


def parsing(folder, rounds, environment):
    """The median CPU seconds of reading a large file for the first time, and again."""

    def once(number):
        path = folder / f"rules {number}.asev"
        path.write_text(large_group(RULES, 0, number))
        done = subprocess.run((*code(PARSE), path), env=environment, check=True, capture_output=True, text=True)
        return float(done.stdout)

    numbers = range(rounds + 1)
    once(rounds)  # makes lark's tables
    return median(map(once, numbers[:-1])), median(map(once, numbers))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=11)
    parser.add_argument("--every", action="store_true", help="every example, not six")
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": str(folder / "code"),
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        errors = EXAMPLES / "errors"
        layered = str(EXAMPLES / "layered.asev")
        start = {
            "python -c pass": code("pass"),
            f'python -c "{LARK}"': code(LARK),
            "asever --help": (*ASEVER, "--help"),
            "asever fmt --check layered.asev": (*ASEVER, "fmt", "--check", layered),
            "asever check errors/syntax.asev": (*ASEVER, "check", str(errors / "syntax.asev")),
            "asever check errors/unclosed.asev": (*ASEVER, "check", str(errors / "unclosed.asev")),
        }
        shown("start", f'python -c "{LARK}"', measured(start, arguments.rounds, environment), START_LIMIT)
        floor = f'python -c "{ALL}"'
        checks = {
            f"asever check {path.relative_to(EXAMPLES)}": (*ASEVER, "check", str(path)) for path in examples(arguments.every)
        }
        shown("small specifications", floor, measured({floor: code(ALL), **checks}, arguments.rounds, environment), SPEC_LIMIT)
        first, again = parsing(folder, max(3, arguments.rounds // 3), environment)
        print(f"{RULES:,} rules: read in {first:.2f} s (at most 0.8), unchanged in {again:.3f} s (at most 0.1) of CPU time")


if __name__ == "__main__":
    main()
