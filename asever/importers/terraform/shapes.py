"""How attributes of the azurerm provider become properties of ARM: one table a resource, and the few ways to turn a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from asever.importers.tree import Value
from asever.record import record

Turn = Callable[[Value], Value | None]
Shape = Mapping[str, tuple[str, Turn]]
"""For each attribute the path of the property (names with dots) and what its value becomes; None where it says nothing."""


@record
class Type:
    """One type of the provider.

    `parent` is the attribute that names the parent, by its id or by its name, and `above` the parent's type. `inside` is the
    property of the parent that lists it, for children that ARM writes inside their parents.
    """

    kind: str
    shape: Shape
    parent: str | None = None
    above: str | None = None
    inside: str | None = None


# -- Ways to turn a value -----------------------------------------------------------------------------------------------


def same(value: Value) -> Value | None:
    """The value itself; the provider writes an empty text or an empty list for what is not set."""
    return None if value.plain in (None, "", ()) else value


def ref(value: Value) -> Value | None:
    """The id of a resource as a reference to it."""
    return None if value.plain in (None, "") else Value(plain={"id": value}, span=value.span)


def refs(value: Value) -> Value | None:
    """Ids of resources as references to them."""
    if value.symbol is not None:
        return value
    return _several(value, [found for one in value.items if (found := ref(one)) is not None])


def not_(value: Value) -> Value | None:
    """The opposite of a switch."""
    return Value(plain=not value.plain, span=value.span) if isinstance(value.plain, bool) else same(value)


def switched(on: str, off: str) -> Turn:
    """A switch as the words that ARM has for it."""
    return lambda value: (
        Value(plain=on if value.plain else off, span=value.span) if isinstance(value.plain, bool) else same(value)
    )


def named(field: str) -> Turn:
    """Texts, each as an object with one member."""

    def turn(value: Value) -> Value | None:
        if value.symbol is not None:
            return value
        return _several(value, [Value(plain={field: one}, span=one.span) for one in value.items if one.plain is not None])

    return turn


def blocks(shape: Shape) -> Turn:
    """Blocks, each as a resource inside the resource: its name, its id and its properties."""

    def turn(value: Value) -> Value | None:
        if value.symbol is not None:
            return value
        return _several(value, [inner(one, shape) for one in value.items if isinstance(one.plain, Mapping)])

    return turn


def block(shape: Shape) -> Turn:
    """The one block of a list as an object."""

    def turn(value: Value) -> Value | None:
        first = value.items[0] if value.items else value
        return properties(first, shape) if isinstance(first.plain, Mapping) else (value if value.symbol is not None else None)

    return turn


def constant(word: str) -> Turn:
    """A block whose kind ARM says with a word: the same for every value."""
    return lambda value: Value(plain=word, span=value.span)


def inner(value: Value, shape: Shape) -> Value:
    """One block as a resource inside a resource."""
    own: dict[str, Value] = {}
    for name in ("name", "id"):
        found = value.get(name)
        if found is not None and found.plain not in (None, ""):
            own[name] = found
    return Value(plain={**own, "properties": properties(value, shape)}, span=value.span)


def properties(value: Value, shape: Shape) -> Value:
    """The properties that the attributes of a resource or a block become."""
    flat: dict[tuple[str, ...], Value] = {}
    for name, (path, turn) in shape.items():
        found = value.get(name)
        turned = turn(found) if found is not None else None
        if turned is not None:
            key = tuple(path.split("."))
            flat[key] = joined(flat.get(key), turned)
    return Value(plain=_nested(flat), span=value.span)


def joined(earlier: Value | None, later: Value) -> Value:
    """What two attributes say of one property: both lists, or the later one."""
    if earlier is None or not isinstance(earlier.plain, tuple) or not isinstance(later.plain, tuple):
        return later
    return Value(plain=(*earlier.plain, *later.plain), span=earlier.span)


def _nested(flat: Mapping[tuple[str, ...], Value]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for first in dict.fromkeys(path[0] for path in flat):
        below = {path[1:]: one for path, one in flat.items() if path[0] == first and len(path) > 1}
        found[first] = Value(plain=_nested(below)) if below else flat[(first,)]
    return found


def _several(value: Value, found: list[Value]) -> Value | None:
    return Value(plain=tuple(found), span=value.span) if found else None
