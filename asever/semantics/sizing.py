"""How many addresses an App Service Environment takes from its subnet (ase-network-semantics section 5.2)."""

from __future__ import annotations

from asever.model.things import Environment

KEPT_BY_AZURE = 5
SMALLEST_OF_VERSION_3 = 32
"""A /27."""


def need(one: Environment) -> tuple[int, int]:
    """The addresses that an environment with its instances needs: the least, and the most where the articles give a range.

    Versions 1 and 2 take 12 addresses when empty, 13 with an ILB, and one for each instance; version 2 grows by one more at
    every 15 and every 20 instances. Version 3 takes Azure's five, 4 to 27 of its own, and one for each instance.
    """
    instances = one.instances or 0
    if one.version == 3:
        return KEPT_BY_AZURE + 4 + instances, KEPT_BY_AZURE + 27 + instances
    empty = 13 if one.ilb is not None else 12
    total = empty + instances + (instances // 15 + instances // 20 if one.version == 2 else 0)
    return total, total
