"""What is wrong with an input, as a value: built where it is known, shown by `asever.report`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from asever.record import record
from asever.source import Span


class Severity(Enum):
    """An error stops the run with exit status 3; a warning is shown and the run goes on."""

    ERROR = "error"
    WARNING = "warning"


@record(kw_only=False)
class Label:
    """A span to look at, with a few words."""

    span: Span
    text: str = ""


@record(kw_only=False)
class Edit:
    """Replace the text of a span; the machine form of a help."""

    span: Span
    replacement: str


@record
class Diagnostic:
    """One finding about the input. `code` is a word of `asever.catalogue`; `message` stands alone in a list."""

    code: str
    message: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    edits: tuple[Edit, ...] = ()
    severity: Severity = Severity.ERROR


class Diagnostics:
    """Collects diagnostics; no phase prints, and no phase stops at the first error."""

    def __init__(self) -> None:
        self.found: dict[Diagnostic, None] = {}

    def add(self, diagnostic: Diagnostic) -> None:
        """Keeps one diagnostic; the same one at the same place is kept once."""
        self.found[diagnostic] = None

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keeps several diagnostics."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that stop the run."""
        return tuple(one for one in self.found if one.severity is Severity.ERROR)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.found)


class SpecError(Exception):
    """Raised by `asever.load` for a wrong input; carries every diagnostic, warnings included."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(one.message for one in self.diagnostics))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`: same letters in another case first, then the closest spelling."""
    names = sorted(set(known))
    for candidate in names:
        if candidate.lower() == name.lower():
            return candidate
    from difflib import get_close_matches  # noqa: PLC0415 - most inputs are right

    close = get_close_matches(name, names, n=1, cutoff=0.7)
    return close[0] if close else None
