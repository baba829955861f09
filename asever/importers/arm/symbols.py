"""What is done with values that only a deployment knows: texts that hold one, and names for what is computed from one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from asever.importers.tree import Plain, Symbol
from asever.record import record

LONGEST_NAME: Final = 120
"""Letters of the longest name of a symbol. Longer ones end in a mark of the whole, so that other names stay other names."""

MOST_PARTS: Final = 500
"""Parts of a text that are kept apart; no name or address has a hundredth."""


@record
class Mixed(Symbol):
    """A text of which some parts are known only at deployment; `name` shows it to people."""

    parts: tuple[str | Symbol, ...]


def joined(*pieces: Plain) -> Plain:
    """Pieces of text, known or not, as one text: plain when all is known."""
    parts: list[str | Symbol] = []
    for piece in pieces:
        for part in piece.parts if isinstance(piece, Mixed) else (piece,):
            known = part if isinstance(part, Symbol) else text_of(part)
            if known == "":
                continue
            if parts and isinstance(known, str) and isinstance(parts[-1], str):
                parts[-1] += known
            else:
                parts.append(known)
    if len(parts) > 1:
        name = short("".join(map(_rendered, parts)))
        return Mixed(name=name, parts=tuple(parts)) if len(parts) <= MOST_PARTS else Symbol(name=name)
    return parts[0] if parts else ""


def text_of(plain: Plain) -> str:
    """A value inside a text. A symbol is its name in braces: not what Azure will put there, but equal where that is equal.

    Arrays and objects have no place in a text, and are not spelled: one may be of astronomical size.
    """
    match plain:
        case str():
            return plain
        case Mixed():
            return "".join(map(_rendered, plain.parts))
        case Symbol():
            return _rendered(plain)
        case bool():
            return "True" if plain else "False"
        case None:
            return ""
        case tuple():
            return "[\u2026]"
        case Mapping():
            return "{\u2026}"
        case _:
            return str(plain)


def _rendered(part: str | Symbol) -> str:
    # A name of a resource is taken apart at its slashes, which a symbol must not add to.
    return part if isinstance(part, str) else "{" + part.name.replace("/", ".") + "}"


def call_of(function: str, arguments: Iterable[Plain]) -> Symbol:
    """What a function would give at deployment: named after the call, so that equal calls are equal symbols."""
    return Symbol(name=short(_readable(f"{function}({', '.join(map(shown, arguments))})")))


# What the ids of the own group and subscription are spelled as, and what everyone writes for them.
_OWN_IDS: Final = (
    ("/subscriptions/{subscription().subscriptionId}/resourceGroups/{resourceGroup().name}", "resourceGroup().id"),
    ("/subscriptions/{subscription().subscriptionId}", "subscription().id"),
)


def _readable(name: str) -> str:
    for spelled, said in _OWN_IDS:
        name = name.replace(spelled, said)
    return name


def member_of(symbol: Symbol, step: Plain) -> str:
    """The name of a member or item of what is known only at deployment."""
    return short(f"{symbol.name}.{step}" if isinstance(step, str) else f"{symbol.name}[{shown(step)}]")


def shown(plain: Plain) -> str:
    """A value as an expression would write it."""
    match plain:
        case Mixed():
            return short(_readable(text_of(plain)))
        case Symbol():
            return plain.name
        case str():
            return short(f"'{plain}'")
        case bool():
            return "true" if plain else "false"
        case None:
            return "null"
        case tuple():
            return short("[" + ", ".join(shown(item.plain) for item in plain) + "]")
        case Mapping():
            return short("{" + ", ".join(f"{name}: {shown(member.plain)}" for name, member in plain.items()) + "}")
        case _:
            return str(plain)


def short(name: str) -> str:
    """A name as it is, or its beginning with a mark of the whole."""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 10]}\u2026{sha256(name.encode()).hexdigest()[:8]}"


def pieces(plain: Plain, separator: str) -> list[Plain]:
    """A text taken apart at a separator in its known parts; a symbol counts as a name without one."""
    found: list[Plain] = [""]
    for part in plain.parts if isinstance(plain, Mixed) else (plain,):
        if not isinstance(part, str):
            found[-1] = joined(found[-1], part)
            continue
        first, *others = part.split(separator)
        found[-1] = joined(found[-1], first)
        found.extend(others)
    return found
