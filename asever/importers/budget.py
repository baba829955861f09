"""How much work the imports of a program may cause: what has no end, or grows like a billion laughs, stops in seconds.

Work is counted in steps, so that a program that is refused on one machine is refused on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asever.diagnostics import Diagnostic, Label
from asever.importers.arm.mistakes import MistakeError
from asever.importers.arm.symbols import Mixed
from asever.importers.tree import Plain, Symbol, Value
from asever.source import Span

MOST_STEPS: Final = 3_000_000
"""Values read, computed or walked over, in all files of one program: twenty thousand networks, or forty thousand rules."""

LETTERS: Final = 64
"""Letters of a text that count as one step."""

LONGEST: Final = 1_000_000
"""Letters of the longest text that a function may make; Resource Manager itself stops at 131,072."""


class Budget:
    """Counts the steps of all imports of one program."""

    def __init__(self) -> None:
        self.left = MOST_STEPS
        self.place: Span | None = None  # the file that is being read, for what has no place of its own
        # Values are shared, so a small text can spell a value of astronomical size: each has its size with it, and is
        # kept so that its number is not given to another.
        self._sizes: dict[int, tuple[Plain, int]] = {}

    def spend(self, steps: int, span: Span | None) -> None:
        """Counts some steps, and stops the evaluation after the last."""
        self.left -= steps
        if self.left < 0:
            raise MistakeError(too_large(span or self.place))

    @property
    def spent(self) -> bool:
        """Whether there is nothing left, so that nothing more is to be read."""
        return self.left < 0

    def read(self, steps: int) -> None:
        """Counts what the text of a file took, whose reader stopped in time."""
        self.left -= steps

    def text(self, made: str, span: Span | None) -> None:
        """Counts a text that a function made: one beyond all measure takes all that is left."""
        self.spend(self.size(made) if len(made) <= LONGEST else self.left + 1, span)

    def size(self, plain: Plain) -> int:
        """How many steps a walk over a value takes."""
        match plain:
            case str():
                return 1 + len(plain) // LETTERS
            case tuple():
                return self._known(plain) or self._keep(plain, plain)
            case Mixed():
                return 1 + sum(map(self.size, plain.parts))
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


def too_large(span: Span | None) -> Diagnostic:
    """What is said when there are no steps left."""
    return Diagnostic(
        code="template-too-large",
        message=f"the imported files hold and make more than {MOST_STEPS:,} values",
        primary=Label(span, "the import stopped here") if span is not None else None,
        help="import a part of the network",
    )
