"""Where every part of `semantics` says what is wrong: one place that keeps the list short and free of echoes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from asever.diagnostics import Diagnostic, Diagnostics, Edit, Label, Severity
from asever.source import Span

# Nobody reads more than this, and finding the nearest of thousands of names for each takes time.
MOST = 100
# Of more names than this, only the ones nearest in the alphabet are compared letter by letter.
MANY_NAMES = 200
LIKELIEST = 15
SHORT = 5


class Problems:
    """Adds diagnostics. The same one in a pack that is applied twice is kept once; past `MOST` errors none is kept."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self._seen: set[tuple[str, str, str, int, int]] = set()
        self._errors = 0
        self._said = False

    @property
    def full(self) -> bool:
        """Whether further errors would be left out; then there is no point in finding out what was meant."""
        return self._errors >= MOST

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
        place = (code, message, span.file.name, span.place, span.end - span.start)
        if place in self._seen:
            return
        if self.full:
            self._say_that_it_is_full(span)
            return
        self._seen.add(place)
        self._errors += severity is Severity.ERROR
        self.diagnostics.add(
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

    def _say_that_it_is_full(self, span: Span) -> None:
        if not self._said:
            self._said = True
            message = f"more than {MOST} errors; the rest is not shown"
            self.diagnostics.add(Diagnostic(code="too-many-errors", message=message, primary=Label(span, "and from here on")))

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
            self._say_that_it_is_full(span)
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
    """The known name most like `name`, or None; quick for thousands of names too.

    Like `diagnostics.nearest`, but two swapped letters of a short name (`tow` for `two`) are near enough.
    """
    if name in known:
        return name
    folded = name.casefold()
    from difflib import get_close_matches  # noqa: PLC0415 - most names are known

    same = next((one for one in sorted(known) if one.casefold() == folded), None)
    candidates = sorted(known) if len(known) <= MANY_NAMES else _neighbours(name, known)
    cutoff = 0.66 if len(name) <= SHORT else 0.7
    return same or next(iter(get_close_matches(name, candidates, n=1, cutoff=cutoff)), None)


def _neighbours(name: str, known: Iterable[str]) -> list[str]:
    """Of many names those that stand next to a name in the alphabet, read forwards and backwards."""
    forwards = sorted(known)
    backwards = sorted(one[::-1] for one in forwards)
    at, back = bisect_left(forwards, name), bisect_left(backwards, name[::-1])
    near = {*forwards[max(0, at - LIKELIEST) : at + LIKELIEST]}
    near |= {one[::-1] for one in backwards[max(0, back - LIKELIEST) : back + LIKELIEST]}
    return sorted(near)


def listed(words: tuple[str, ...], last: str = "or") -> str:
    """Words in backticks as a sentence lists them: `a`, `b` or `c`."""
    named = [f"`{word}`" for word in words]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} {last} {named[-1]}"


def plural(number: int, word: str) -> str:
    """`1 address`, `2 addresses`."""
    if number == 1:
        return f"1 {word}"
    return f"{number} {word}{'es' if word.endswith('s') else 's'}"
