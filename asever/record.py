"""`@record`: the frozen, slotted, keyword-only dataclass that most of our values are, made cheaply.

A dataclass compiles each of its methods on import, and our values are so many that this was a quarter of a whole command's
time (bench/whole_command.py). Comparison, hash, representation and being frozen need no code of their own: one function serves
all classes. What is left to compile is `__init__`.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Makes `cls` what `dataclass(frozen=True, slots=True, kw_only=True)` would; `fields` and `replace` know it."""
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(cls)
    members = fields(made)
    compared = tuple(one.name for one in members if one.compare)
    values = attrgetter(*compared) if compared else _nothing

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: object) -> int:
        return hash(values(self))

    made.__init__ = _initializer(members)
    made.__eq__, made.__hash__, made.__repr__ = equal, digest, _shown
    made.__setattr__ = made.__delattr__ = _frozen
    made.__getstate__, made.__setstate__ = _state, _restore
    finished: type[T] = made
    return finished


def _initializer(members: tuple[Field[Any], ...]) -> Any:  # noqa: ANN401 - a function of any parameters
    """`__init__` with a keyword for every field, as dataclasses would write it."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": MISSING}
    parameters, body = [], []
    for one in members:
        name, value = one.name, one.name
        if one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            parameters.append(f"{name}=_missing")
            value = f"_make_{name}() if {name} is _missing else {name}"
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        body.append(f"_set(self, {name!r}, {value})")
    head = f"def __init__(self{', *, ' if parameters else ''}{', '.join(parameters)}):"
    exec("\n ".join([head, *(body or ["pass"])]), known)  # noqa: S102 - the text is made of the names of fields
    return known["__init__"]


def _frozen(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"{name} of a {type(self).__qualname__} cannot be changed")


def _state(self: Any) -> list[Any]:  # noqa: ANN401 - any record
    return [getattr(self, one.name) for one in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:  # noqa: ANN401 - any record
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


def _nothing(_: object) -> None:
    return None


def _shown(self: Any) -> str:  # noqa: ANN401 - any record
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"
