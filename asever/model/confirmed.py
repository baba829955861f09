"""How many of many claims two engines stand for."""

from __future__ import annotations

from asever.record import record


@record
class Confirmed:
    """Claims that exact sets proved, and how many of them, a seeded sample, the solver confirmed.

    `solver` are questions besides that exact sets would have taken too long for: the solver alone decided them.
    """

    claims: int = 0
    confirmed: int = 0
    solver: int = 0

    def __add__(self, other: Confirmed) -> Confirmed:
        return Confirmed(
            claims=self.claims + other.claims, confirmed=self.confirmed + other.confirmed, solver=self.solver + other.solver
        )
