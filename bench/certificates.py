"""How long it takes to make and to verify the certificate of a proof over 4,096 rules, against the check alone.

    python bench/certificates.py [ROUNDS]

Whole commands, in interleaved rounds; the least time of each counts, as in whole_command.py. The check is a claim that holds
because of the rules of two NSGs together: each divides all sources and ports among 2,048 rules in an order of chance, so that
no rule may be left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 2.0


def tiles(sources, ports, seed):
    """Rules for every combination of a part of 10.0.0.0/20 and a part of the ports."""
    places = [(source, port) for source in range(sources) for port in range(ports)]
    Random(seed).shuffle(places)
    size = 4096 // sources
    for number, (source, port) in enumerate(places):
        first = source * size
        prefix = f"10.0.{first // 256}.{first % 256}/{33 - size.bit_length()}"
        yield f"{100 + number} allow tcp from {prefix} to * port {port * 65536 // ports}-{(port + 1) * 65536 // ports - 1}"


def specification():
    """4,096 rules that allow everything together, and the check that they do."""
    return f"""vnet corp {{
  address 10.0.0.0/16
  subnet apps {{ address 10.0.0.0/20   nsg leaving }}
  subnet data {{ address 10.0.32.0/20  nsg entering }}
}}
nsg leaving {{ outbound {{
{chr(10).join(tiles(32, 64, 1))}
4096 deny any from * to *
}} }}
nsg entering {{ inbound {{
{chr(10).join(tiles(64, 32, 2))}
4096 deny any from * to *
}} }}
check "all of it" corp/apps reaches corp/data on tcp 1-65535
"""


def seconds(arguments, folder, environment):
    start = perf_counter()
    command = (sys.executable, "-m", "asever", *arguments)
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return perf_counter() - start


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    commands = {
        "check": ("check", "tiles.asev"),
        "check --certificate": ("check", "tiles.asev", "--certificate", "proofs"),
        "certificate verify": ("certificate", "verify", "proofs", "tiles.asev"),
    }
    times = {name: [] for name in commands}
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/cache", "PYTHONPATH": str(ROOT)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        Path(folder, "tiles.asev").write_text(specification(), encoding="utf-8")
        for number in range(rounds + 1):
            shutil.rmtree(Path(folder, "proofs"), ignore_errors=True)
            for name, arguments in commands.items():
                took = seconds(arguments, folder, environment)
                if number:  # the first round fills the caches
                    times[name].append(took)
    plain = min(times["check"])
    print(f"{'least of ' + str(rounds) + ' rounds':<24}      ms   ratio")
    for name, each in times.items():
        print(f"{name:<24} {min(each) * 1000:7.0f} {min(each) / plain:7.2f}")
    made, verified = min(times["check --certificate"]), min(times["certificate verify"])
    ratio = (made - plain + verified) / plain
    print(f"{'both commands':<24} {(made + verified) * 1000:7.0f} {(made + verified) / plain:7.2f}")
    print(f"made and verified: {ratio:.2f} x the check, {'within' if ratio <= LIMIT else 'OVER'} the limit of {LIMIT}")


if __name__ == "__main__":
    main()
