"""What became of a certificate, for people and for programs (`certificate-schema.json` describes the latter)."""

from __future__ import annotations

from typing import Any

from asever.model.certificates import Accepted, Verification
from asever.report.lines import BLANK, NARROW, Line, Piece, Style, drawn, line, wrapped

Json = dict[str, Any]


def render_verification(found: Verification, *, color: bool = False) -> str:
    """One line for each check, then the verdict."""
    if found.refused is not None:
        text = wrapped(found.refused, first="REFUSED   ", width=NARROW)
        first, *others = text
        return drawn([line(Piece(first[:7], Style.BAD), first[7:]), *(line(one) for one in others)], color=color)
    lines: list[Line] = []
    for one in found.accepted:
        lines.append(line(Piece("ACCEPTED", Style.GOOD), "  ", Piece(one.name, Style.STRONG)))
        lines.append(line(f"          {_what(one)}"))
        if one.assumed:
            assumed = ", ".join(f"{name}={value}" for name, value in one.assumed.items())
            lines += [line(text) for text in wrapped(f"assumed: {assumed}", first=" " * 10, width=NARROW)]
    for name, verdict in found.without:
        lines.append(line(Piece("NO PROOF", Style.UNSURE), "  ", Piece(name, Style.STRONG), f" ({verdict})"))
    count = f"{len(found.accepted)} check{'' if len(found.accepted) == 1 else 's'} accepted"
    rest = f", {len(found.without)} without a certificate" if found.without else ""
    return drawn([*lines, *([BLANK] if lines else []), line(f"{count}{rest}; proofs checked by {found.checker}")], color=color)


def _what(one: Accepted) -> str:
    parts = [(one.proofs, "proof"), (one.witnesses, "witness")]
    plural = {"proof": "proofs", "witness": "witnesses"}
    return (
        ", ".join(f"{number} {word if number == 1 else plural[word]}" for number, word in parts if number) or "nothing to show"
    )


def verification_json(found: Verification, *, version: str = "") -> Json:
    """The same for programs; keys and their order are fixed."""
    return {
        "asever": version,
        "accepted": found.refused is None,
        "refused": found.refused,
        "checker": found.checker or None,
        "checks": [
            {"name": one.name, "proofs": one.proofs, "witnesses": one.witnesses, "assumed": dict(one.assumed)}
            for one in found.accepted
        ],
        "without_certificate": [{"name": name, "verdict": verdict} for name, verdict in found.without],
    }
