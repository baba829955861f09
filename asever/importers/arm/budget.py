"""How much work a template may cause: what has no end, or grows like a billion laughs, stops with an error in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asever.diagnostics import Diagnostic, Label
from asever.importers.arm.mistakes import MistakeError
from asever.importers.arm.symbols import Mixed
from asever.importers.tree import Plain, Symbol, Value
from asever.source import Span

MOST_STEPS: Final = 1_000_000
"""Values computed or walked over; a template of Azure's largest size takes a tenth of it."""

LETTERS: Final = 64
"""Letters of a text that count as one step."""


class Budget:
    """Counts the steps of one evaluation."""

    def __init__(self) -> None:
        self.left = MOST_STEPS
        # Values are shared, so a small text can spell a value of astronomical size: each has its size with it, and is
        # kept so that its number is not given to another.
        self._sizes: dict[int, tuple[Plain, int]] = {}

    def spend(self, steps: int, span: Span | None) -> None:
        """Counts some steps, and stops the evaluation after the last."""
        self.left -= steps
        if self.left < 0:
            label = "the evaluation stopped here"
            raise MistakeError(
                Diagnostic(
                    code="template-too-large",
                    message=f"the template makes more than {MOST_STEPS:,} values",
                    primary=Label(span, label) if span is not None else None,
                    help="import a template of a part of the network",
                )
            )

    def size(self, plain: Plain) -> int:
        """How many steps a walk over a value takes."""
        match plain:
            case str():
                return 1 + len(plain) // LETTERS
            case tuple():
                return self._known(plain) or self._keep(plain, plain)
            case Mixed():
                return 1 + sum(1 if isinstance(part, Symbol) else 1 + len(part) // LETTERS for part in plain.parts)
            case Symbol():
                return 1
            case Mapping():
                return self._known(plain) or self._keep(plain, tuple(plain.values()))
            case _:
                return 1

    def _known(self, plain: Plain) -> int | None:
        found = self._sizes.get(id(plain))
        return None if found is None else found[1]

    def _keep(self, plain: Plain, inner: tuple[Value, ...]) -> int:
        total = 1 + sum(self.size(one.plain) for one in inner)
        self._sizes[id(plain)] = (plain, total)
        return total
