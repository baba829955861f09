"""What stops an evaluation: one value that cannot be computed, or a template that cannot be read at all."""

from __future__ import annotations

from asever.diagnostics import Diagnostic


class FailureError(Exception):
    """One value cannot be computed, and why; Azure would refuse it too, or we do not know how. It becomes a symbol."""


class MistakeError(Exception):
    """The template is wrong or has no end; carries what is said about it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


class CircleError(MistakeError):
    """Something is defined by itself."""
