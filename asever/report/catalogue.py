"""The catalogue for people: one entry, the list of all words, the assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asever.catalogue.entries import Entry
from asever.report.lines import BLANK, WIDTH, Line, Piece, Style, drawn, line, wrapped

Switch = tuple[str, str, tuple[tuple[str, str], ...], bool, str]
"""Name, question, pairs of value and meaning, whether the first value is taken for granted, and the source (or nothing)."""


def render_entry(entry: Entry, *, color: bool = False) -> str:
    """One code or fact in full."""
    lines: list[Line] = [line(Piece(entry.code, Style.STRONG)), line(entry.title), BLANK]
    for paragraph in entry.explanation.strip().split("\n\n"):
        lines += [*(line(one) for one in wrapped(" ".join(paragraph.split()))), BLANK]
    for word, text in (("wrong", entry.wrong), ("right", entry.right)):
        if text:
            lines += [
                line(Piece(f"{word}:", Style.STRONG)),
                BLANK,
                *(line(f"    {one}") for one in text.strip("\n").split("\n")),
                BLANK,
            ]
    if entry.source:
        lines += [line(one) for one in wrapped(entry.source, first="source: ")] + [BLANK]
    return drawn(lines[:-1], color=color)


def render_assumptions(switches: Sequence[Switch], *, color: bool = False, named: bool = True) -> str:
    """Each switch with its question and its readings; without `named` below an entry that has said the name."""
    lines: list[Line] = []
    for name, question, values, granted, source in switches:
        lines += [line(Piece(name, Style.STRONG))] if named else []
        lines += [line(one) for one in wrapped(question, first="  ")]
        for index, (value, meaning) in enumerate(values):
            taken = " (taken for granted)" if granted and index == 0 else ""
            lines += [line(one) for one in wrapped(f"{meaning}{taken}", first=f"  --assume {name}={value}: ", rest=" " * 6)]
        if not granted:
            lines.append(line("  Both readings are explored unless one is chosen."))
        if source:
            lines += [line(one) for one in wrapped(source, first="  source: ", rest=" " * 6)]
        lines.append(BLANK)
    return drawn(lines[:-1], color=color)


def render_words(entries: Iterable[Entry], assumptions: Iterable[str], *, color: bool = False) -> str:
    """Every word that `asever help` knows, with its title."""
    known = set(assumptions)
    codes = [entry for entry in entries if entry.code not in known]
    groups = (
        ("Errors and warnings", [entry for entry in codes if entry.wrong]),
        ("Facts of Azure", [entry for entry in codes if not entry.wrong]),
    )
    lines: list[Line] = [line("asever help WORD explains one of these; asever COMMAND --help a command."), BLANK]
    for title, members in groups:
        if members:
            column = max(len(entry.code) for entry in members)
            lines.append(line(Piece(title, Style.STRONG)))
            for entry in members:
                lines += [line(one) for one in wrapped(entry.title, first=f"  {entry.code:<{column}}  ", width=WIDTH)]
            lines.append(BLANK)
    lines.append(line(Piece("Assumptions", Style.STRONG), " (asever assumptions says what each asks)"))
    lines += [line(f"  {name}") for name in sorted(known)]
    return drawn(lines, color=color)
