"""What another engine may tell the solver: where flows are, sooner than the solver finds out.

The solver decides every verdict and every flow that is shown; a guide leads it there. Whatever the guide says, the answer is
the one that the solver alone would give, and where they differ on what both say, that is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from asever.model.numbers import NumberSet
from asever.record import record


class EnginesDisagree(Exception):  # noqa: N818 - what happened, in words
    """The solver and its guide give different answers: a mistake of this program, never of the input."""


@record
class Aim:
    """Flows that are asked for: those that are delivered as the claim wants it or, without `arrives`, those that are not.

    `surely`: a delivery counts if it is sure whatever is open, else if it is possible. `replies`: it counts if the reply
    comes back as well.
    """

    arrives: bool
    surely: bool
    replies: bool


@record
class Examples:
    """Flows of one path: where each of its variables lies, header fields and choices, and the readings in which they exist."""

    box: Mapping[str, NumberSet]
    readings: Mapping[str, str]


Told = Examples | Literal[False] | None
"""What a guide says when it is asked for flows: some, that there are none, or nothing."""


class Guide(Protocol):
    """Says of flows whether there are any, and where, if it can say so quickly."""

    def examples(self, scope: int, aim: Aim, box: Mapping[str, NumberSet], readings: Mapping[str, str]) -> Told:
        """Some flows of a scope with these numbers, in readings that agree with these; all of them are the aim's."""
