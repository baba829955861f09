"""How long a whole command takes, against the floor that no program with these libraries can go under.

    python bench/whole_command.py [ROUNDS]

The rounds are interleaved, so that a busy moment of the machine hits every command alike; the least time of each counts, since
noise only ever adds. Ratios of one run compare; times of two runs do not. Byte code is cached in a folder of its own, as for
whoever runs a command twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
LAYERED = ROOT / "examples" / "layered.asev"
ASEVER = (sys.executable, "-m", "asever")
FLOOR = "import z3, lark, rich"
COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    f'python -c "{FLOOR}"': (sys.executable, "-c", FLOOR),
    "asever --help": (*ASEVER, "--help"),
    "asever fmt --check layered.asev": (*ASEVER, "fmt", "--check", str(LAYERED)),
    "asever check layered.asev": (*ASEVER, "check", str(LAYERED)),
    "asever check --format json layered.asev": (*ASEVER, "check", "--format", "json", str(LAYERED)),
}
LIMIT = 2.5


def seconds(command, environment):
    start = perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return perf_counter() - start


def measured(rounds, cache):
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    times = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        seconds(command, environment)  # fills the caches
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command, environment))
    return times


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with TemporaryDirectory() as cache:
        times = measured(rounds, cache)
    floor = min(times[f'python -c "{FLOOR}"'])
    print(f"{'least of ' + str(rounds) + ' rounds':<42}      ms   ratio")
    for name, each in times.items():
        print(f"{name:<42} {min(each) * 1000:7.1f} {min(each) / floor:7.2f}")
    ratio = min(times["asever check layered.asev"]) / floor
    print(f"check: {ratio:.2f} x the imports, {'within' if ratio <= LIMIT else 'OVER'} the limit of {LIMIT}")


if __name__ == "__main__":
    main()
