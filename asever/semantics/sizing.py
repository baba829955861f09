"""How many addresses an App Service Environment takes from its subnet (ase-network-semantics section 5.2)."""

from __future__ import annotations

from collections.abc import Mapping

from asever.model.things import Environment
from asever.record import replace

KEPT_BY_AZURE = 5
SMALLEST_OF_VERSION_3 = 32
"""A /27."""
MOST_INSTANCES: Mapping[int, int] = {1: 55, 2: 201, 3: 200}
"""By version (VC, USE2)."""
INFRASTRUCTURE_OF_VERSION_3 = (4, 27)
"""What version 3 takes for itself: 4 to 27 in the articles of 2021 and 2023, 7 to 27 in the newest text."""


def need(one: Environment) -> tuple[int, int]:
    """The addresses that an environment with its instances needs: the least, and the most where the articles give a range.

    Versions 1 and 2 take 12 addresses when empty, 13 with an ILB, and one for each instance; version 2 grows by one more at
    every 15 and every 20 instances. Version 3 takes Azure's five, 4 to 27 of its own, and one for each instance. The least
    is what every article grants: where they disagree (4 or 7) a smaller subnet is no error, and the most is a warning.
    """
    instances = one.instances or 0
    if one.version == 3:
        least, most = INFRASTRUCTURE_OF_VERSION_3
        return KEPT_BY_AZURE + least + instances, KEPT_BY_AZURE + most + instances
    empty = 13 if one.ilb is not None else 12
    total = empty + instances + (instances // 15 + instances // 20 if one.version == 2 else 0)
    return total, total


def need_while_scaling(one: Environment) -> int | None:
    """What version 2 may need while it changes size, when its old and its new instances exist at once (NI20)."""
    return need(replace(one, instances=2 * one.instances))[0] if one.version == 2 and one.instances else None
