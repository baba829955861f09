"""What the examination of a certificate comes to."""

from __future__ import annotations

from collections.abc import Mapping

from asever.record import record


@record
class Accepted:
    """A check that a certificate proves; `assumed` are readings that were chosen (not those granted for all checks)."""

    name: str
    proofs: int
    witnesses: int
    assumed: Mapping[str, str]


@record
class Verification:
    """What a certificate proves, by which checker, and of which checks (name, verdict) it proves nothing.

    `refused` says why it is refused; None: all of it is accepted.
    """

    accepted: tuple[Accepted, ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    checker: str = ""
    refused: str | None = None
