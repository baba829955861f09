"""What hostile and enormous files cost: each must end within 5 s of CPU time and 1 GB, refused by a stated limit or imported.

    python bench/hostile.py [WORD …]

Each case writes its files into a folder of its own and runs one whole command there. With words, only the cases that have one
of them in their names run. The table shows CPU seconds (the interpreter's start included), the peak of memory, the exit code,
how much was printed, and the first line of it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hostile_cases import CASES

HERE = Path(__file__).resolve().parent
SECONDS = 5.0
MEGABYTES = 1000
# Where a case is given up: far beyond what it may take, and before the machine suffers.
MOST_SECONDS = 20
MOST_BYTES = 4_000_000_000


def limited():
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def run(folder):
    """CPU seconds, megabytes, exit code, printed bytes and first line of `asever check`."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "NO_COLOR": "1"}
    command = (sys.executable, "-m", "asever", "check", "spec.asev")
    output = folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file, preexec_fn=limited)  # noqa: PLW1509
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    with output.open(encoding="utf-8", errors="replace") as file:
        text = file.read(100_000)
    first = next((line for line in text.splitlines() if line.strip()), "")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode, output.stat().st_size, first


def main():
    wanted = [name for name in CASES if not sys.argv[1:] or any(word in name for word in sys.argv[1:])]
    over = 0
    for name in wanted:
        with TemporaryDirectory() as folder:
            subprocess.run((sys.executable, str(HERE / "hostile_cases.py"), name, folder), check=True)
            seconds, megabytes, status, size, first = run(Path(folder))
        wrong = seconds > SECONDS or megabytes > MEGABYTES or status not in (0, 1, 2, 3)
        over += wrong
        numbers = f"{seconds:6.2f} s {megabytes:5.0f} MB  exit {status:>3} {size:>8} B"
        print(f"{'OVER' if wrong else '':<5}{name:<44}{numbers}  {first[:100]}", flush=True)
    print(f"{len(wanted)} cases, {over} over {SECONDS:g} s or {MEGABYTES:,} MB")


if __name__ == "__main__":
    main()
