"""How a finding is put: a warning at a place."""

from __future__ import annotations

from collections.abc import Sequence

from asever.diagnostics import Diagnostic, Edit, Label, Severity
from asever.source import Span


def warning(
    code: str,
    message: str,
    span: Span,
    label: str,
    *,
    secondary: Sequence[Label] = (),
    notes: Sequence[str] = (),
    advice: str | None = None,
    edit: Edit | None = None,
) -> Diagnostic:
    """One finding."""
    return Diagnostic(
        code=code,
        message=message,
        primary=Label(span, label),
        secondary=tuple(secondary),
        notes=tuple(notes),
        help=advice,
        edits=(edit,) if edit is not None else (),
        severity=Severity.WARNING,
    )
