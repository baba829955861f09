"""How slow this machine is just now, for limits in seconds that are to catch mistakes and not busy machines."""

from __future__ import annotations

import time

# What the loop takes on the machine that the limits were set for, in seconds of CPU time.
_USUAL = 0.16


def slowness() -> float:
    """What a limit is to be multiplied with: 1 on a usual machine and on a faster one."""
    start = time.process_time()
    table: dict[int, int] = {}
    for number in range(1_600_000):
        table[number & 1023] = table.get(number & 511, 0) + number
    return max(1.0, (time.process_time() - start) / _USUAL)
