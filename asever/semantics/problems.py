"""Where every part of `semantics` says what is wrong: one place that keeps the list short and free of echoes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from asever.diagnostics import Diagnostic, Diagnostics, Edit, Label, Severity, nearest
from asever.source import Span

# Nobody reads more than this, and finding the nearest of thousands of names for each takes time.
MOST = 200
# From here on only names that start or end alike are compared letter by letter.
MANY_NAMES = 500


@dataclass
class Problems:
    """Adds diagnostics. The same one in a pack that is applied twice is kept once; past `MOST` errors none is kept."""

    diagnostics: Diagnostics
    _seen: set[tuple[str, str, str, int, int]] = field(default_factory=set)

    @property
    def full(self) -> bool:
        """Whether further errors would be left out; then there is no point in finding out what was meant."""
        return len(self._seen) >= MOST

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: str | None = None,  # noqa: A002 - the field's name
        edits: tuple[Edit, ...] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Adds one error, or a warning with `severity`."""
        place = (code, message, span.file.name, span.start, span.end)
        if place in self._seen or self.full:
            return
        self._seen.add(place)
        # The same diagnostic twice cannot happen here, and `Diagnostics.add` would compare it with every other one.
        self.diagnostics.found.append(
            Diagnostic(
                code=code,
                message=message,
                primary=Label(span, label),
                secondary=secondary,
                notes=notes,
                help=help,
                edits=edits,
                severity=severity,
            )
        )

    def unknown(
        self,
        code: str,
        message: str,
        span: Span,
        label: str,
        known: Mapping[str, Span | None],
        name: str,
        *,
        hint: str | None = None,
        replaces: Span | None = None,
    ) -> None:
        """Adds an error about a word that is none of `known`, with the nearest of them.

        `hint` is what to do when no known word is near; `replaces` is the span that the right word would stand in.
        """
        if self.full:
            return
        meant = closest(name, known)
        other = known[meant] if meant is not None else None
        self.error(
            code,
            message,
            span,
            label,
            secondary=(Label(other, "the nearest name is here"),) if other is not None else (),
            help=f"did you mean `{meant}`?" if meant is not None else hint,
            edits=(Edit(replaces or span, meant),) if meant is not None else (),
        )


def closest(name: str, known: Mapping[str, Span | None]) -> str | None:
    """The known name most like `name`, or None; quick for thousands of names too."""
    if name in known:
        return name
    if len(known) <= MANY_NAMES:
        return nearest(name, known)
    lower = name.casefold()
    alike = [
        one
        for one in known
        if abs(len(one) - len(name)) <= len(name) // 2
        and ((folded := one.casefold())[:3] == lower[:3] or folded[-3:] == lower[-3:])
    ]
    found = next((one for one in sorted(alike) if one.casefold() == lower), None)
    return found or next(iter(get_close_matches(name, sorted(alike)[:MANY_NAMES], n=1, cutoff=0.7)), None)


def listed(words: tuple[str, ...], last: str = "or") -> str:
    """Words in backticks as a sentence lists them: `a`, `b` or `c`."""
    named = [f"`{word}`" for word in words]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} {last} {named[-1]}"


def plural(number: int, word: str) -> str:
    """`1 address`, `2 addresses`."""
    if number == 1:
        return f"1 {word}"
    return f"{number} {word}{'es' if word.endswith('s') else 's'}"
