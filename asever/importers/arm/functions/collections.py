"""The functions on arrays and objects that strings do not share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

from asever.importers.arm.functions import logic
from asever.importers.arm.functions.kinds import array, has_symbol, integer, members, text
from asever.importers.arm.mistakes import FailureError
from asever.importers.arm.symbols import call_of, text_of
from asever.importers.tree import Plain, Symbol, Value


def create_array(*items: Plain) -> Plain:
    """An array of the arguments."""
    return tuple(Value(plain=item) for item in items)


def create_object(*pairs: Plain) -> Plain:
    """An object of names and values in turn."""
    if len(pairs) % 2:
        raise FailureError("a name has no value")
    return {text_of(name): Value(plain=value) for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def as_array(value: Plain) -> Plain:
    """An array as it is, another value as the one item of an array."""
    if isinstance(value, Symbol):
        return call_of("array", (value,))
    return value if isinstance(value, tuple) else (Value(plain=value),)


def union(start: Plain, *others: Plain) -> Plain:
    """Arrays without what is repeated, or objects as one: of members with one name the last counts, objects are merged."""
    parts = (start, *others)
    if any(isinstance(part, Symbol) for part in parts):
        return call_of("union", parts)
    if isinstance(parts[0], Mapping):
        made: Mapping[str, Value] = {}
        for part in parts:
            made = _merged(made, members(part))
        return made
    return _once(item for part in parts for item in array(part))


def _once(items: Iterable[Value]) -> tuple[Value, ...]:
    """Items without those that were there before."""
    found: dict[Hashable, Value] = {}
    for item in items:
        found.setdefault(logic.key(item.plain), item)
    return tuple(found.values())


def _merged(first: Mapping[str, Value], second: Mapping[str, Value]) -> Mapping[str, Value]:
    made = dict(first)
    spelled = {name.casefold(): name for name in made}
    for name, value in second.items():
        known = spelled.setdefault(name.casefold(), name)
        before = made.get(known)
        if before is not None and isinstance(before.plain, Mapping) and isinstance(value.plain, Mapping):
            made[known] = Value(plain=_merged(before.plain, value.plain), span=value.span)
        else:
            made[known] = value
    return made


def shallow_merge(parts: Plain) -> Plain:
    """Objects as one; of members with one name, the last counts as it is."""
    made: dict[str, Value] = {}
    for part in array(parts):
        if isinstance(part.plain, Symbol):
            return call_of("shallowMerge", (parts,))
        made |= members(part.plain)
    return made


def intersection(start: Plain, *rest: Plain) -> Plain:
    """What arrays or objects have in common."""
    parts = (start, *rest)
    if any(has_symbol(part) for part in parts):
        return call_of("intersection", parts)
    if isinstance(parts[0], Mapping):
        rest_of = [members(part) for part in rest]
        return {
            name: value
            for name, value in members(start).items()
            if all(name in other and logic.same(other[name].plain, value.plain) for other in rest_of)
        }
    others = [{logic.key(item.plain) for item in array(part)} for part in parts[1:]]
    return _once(item for item in array(parts[0]) if all(logic.key(item.plain) in other for other in others))


def flatten(lists: Plain) -> Plain:
    """An array of arrays as one array."""
    if any(isinstance(one.plain, Symbol) for one in array(lists)):
        return call_of("flatten", (lists,))
    return tuple(item for one in array(lists) for item in array(one.plain))


def items(value: Plain) -> Plain:
    """The members of an object as an array of names and values, by name."""
    inner = members(value)
    return tuple(Value(plain={"key": Value(plain=name), "value": inner[name]}) for name in sorted(inner, key=str.casefold))


def index_from_end(value: Plain, index: Plain) -> Plain:
    """The item at a place counted from the end, from 1."""
    found = _from_end(value, index)
    if found is None:
        raise FailureError("there is no such item")
    return found.plain


def try_index_from_end(value: Plain, index: Plain) -> Plain:
    """The item at a place counted from the end, or null."""
    found = _from_end(value, index)
    return None if found is None else found.plain


def _from_end(value: Plain, index: Plain) -> Value | None:
    if value is None:
        return None
    listed, place = array(value), integer(index)
    return listed[-place] if 1 <= place <= len(listed) else None


def member(value: Plain, step: Plain) -> Plain:
    """The member of an object or the item of an array."""
    found = _member(value, step)
    if found is None:
        raise FailureError(f"there is no `{step}` in it")
    return found.plain


def try_get(value: Plain, *steps: Plain) -> Plain:
    """The member or item at the end of a path, or null."""
    for step in steps:
        found = None if value is None else _member(value, step)
        if found is None:
            return None
        value = found.plain
    return value


def _member(value: Plain, step: Plain) -> Value | None:
    if isinstance(value, tuple):
        place = integer(step)
        return value[place] if 0 <= place < len(value) else None
    return Value(plain=members(value)).get(text(step))


FUNCTIONS: Mapping[str, Callable[..., Plain]] = {
    "flatten": flatten,
    "items": items,
    "indexfromend": index_from_end,
    "tryindexfromend": try_index_from_end,
    "shallowmerge": shallow_merge,
}
AWARE: Mapping[str, Callable[..., Plain]] = {
    "createarray": create_array,
    "createobject": create_object,
    "array": as_array,
    "union": union,
    "intersection": intersection,
}
