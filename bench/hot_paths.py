"""What the commands cost that ask many questions of one network, or one question of a large one, in CPU seconds.

    python bench/hot_paths.py [ROUNDS] [OTHER CHECKOUT]

Whole commands in interleaved rounds, with a second checkout beside this one where it is named; the median of user and system
time counts, which a busy machine moves less than the clock. The networks are those of bench/generated.py.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from generated import large_group, spokes

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "checks10.asev": large_group(1000, 10),
    "checks100.asev": large_group(1000, 100),
    "checks1000.asev": large_group(1000, 1000),
    "subnets100.asev": spokes(100),
    "subnets300.asev": spokes(300),
    "subnets1000.asev": spokes(1000),
    "subnets10000.asev": spokes(10000),
}
COMMANDS = (
    ("--help",),
    ("check", "checks10.asev"),
    ("check", "checks100.asev"),
    ("check", "checks1000.asev"),
    ("check", "subnets1000.asev"),
    ("check", "subnets10000.asev"),
    ("fmt", "--check", "subnets10000.asev"),
    ("lint", "checks10.asev"),
    ("matrix", "subnets100.asev"),
    ("matrix", "--each", "subnets100.asev"),
    ("matrix", "subnets300.asev"),
)


def seconds(arguments, folder, checkout):
    """The CPU time of one command; its byte code and the parser's tables are cached for each checkout."""
    own = Path(folder, checkout.name)
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONPYCACHEPREFIX": str(own), "XDG_CACHE_HOME": str(own)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = (sys.executable, "-m", "asever", *arguments)
    subprocess.run(command, cwd=folder, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    checkouts = [ROOT, *(Path(one).resolve() for one in sys.argv[2:3])]
    with TemporaryDirectory() as folder:
        for name, text in FILES.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        for checkout in checkouts:
            seconds(("check", "checks10.asev"), folder, checkout)  # fills the caches
        print(f"{'median of ' + str(rounds) + ' rounds, CPU seconds':<36}", *(f"{one.name:>12}" for one in checkouts))
        for arguments in COMMANDS:
            times = [[seconds(arguments, folder, one) for one in checkouts] for _ in range(rounds)]
            middle = [median(each) for each in zip(*times, strict=True)]
            ratio = f"  ratio {middle[0] / middle[1]:.2f}" if len(middle) > 1 else ""
            print(f"{' '.join(arguments):<36}", *(f"{one:12.2f}" for one in middle), ratio, flush=True)


if __name__ == "__main__":
    main()
