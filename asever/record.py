"""`@record`: the frozen, slotted, keyword-only dataclass that most of our values are, made cheaply.

A dataclass compiles each of its methods on import, and our values are so many that this was a quarter of a whole command's
time (bench/whole_command.py). Here one function serves all classes wherever it can, and a constructor is compiled when the
first value of its class is made: most commands make few kinds of values. `dataclasses.replace` works as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field
from inspect import get_annotations
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Makes `cls` like a dataclass with `frozen=True, slots=True, kw_only=True`."""
    inherited: dict[str, Field[Any]] = dict(getattr(cls, "__dataclass_fields__", {}))
    own = {name: _field(cls, name) for name in get_annotations(cls)}
    every = {**inherited, **own}
    compared = tuple(name for name, one in every.items() if one.compare)
    values = attrgetter(*compared) if compared else _nothing

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: object) -> int:
        return hash(values(self))

    members = {name: one for name, one in cls.__dict__.items() if name not in own and name not in ("__dict__", "__weakref__")}
    members.update(
        __slots__=tuple(name for name in own if name not in inherited),
        __dataclass_fields__=every,
        __init__=_first_init,
        __setattr__=_frozen,
        __delattr__=_frozen,
        __eq__=equal,
        __hash__=digest,
        __repr__=_shown,
        __reduce__=_taken_apart,
    )
    of_its_kind: Any = type(cls)
    made: type[T] = of_its_kind(cls.__name__, cls.__bases__, members)
    return made


def fields(one: object) -> tuple[Field[Any], ...]:
    """The fields of a record, in order."""
    return tuple(one.__dataclass_fields__.values())  # type: ignore[attr-defined]


def _field(cls: type[Any], name: str) -> Field[Any]:
    default = cls.__dict__.get(name, MISSING)
    made: Field[Any] = default if isinstance(default, Field) else field(default=default)
    made.name = name
    return made


# -- Construction -------------------------------------------------------------------------------------------------------


def _first_init(self: Any, **values: object) -> None:  # noqa: ANN401 - any record
    """The constructor of every class until the first value of it is made."""
    cls = type(self)
    cls.__init__ = _compiled_init(cls)
    cls.__init__(self, **values)


def _compiled_init(cls: type[Any]) -> Callable[..., None]:
    """A constructor with keyword parameters, and defaults where the fields have them."""
    parameters, lines = [], []
    names: dict[str, Any] = {"_unset": MISSING}
    for name, one in cls.__dataclass_fields__.items():
        value = name
        if one.default_factory is not MISSING:
            names[f"_make_{name}"] = one.default_factory
            parameters.append(f"{name}=_unset")
            value = f"_make_{name}() if {name} is _unset else {name}"
        elif one.default is not MISSING:
            names[f"_default_{name}"] = one.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        names[f"_set_{name}"] = getattr(cls, name).__set__  # the slot itself: half the time of `object.__setattr__`
        lines.append(f"  _set_{name}(self, {value})")
    head = f"def __init__(self, *, {', '.join(parameters)}):" if parameters else "def __init__(self):"
    exec("\n".join([head, *(lines or ["  pass"])]), names)  # noqa: S102 - the text is made of the names of our own fields
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _frozen(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"cannot change {name!r} of a {type(self).__qualname__}")


def _taken_apart(self: object) -> tuple[object, ...]:
    """How a record is copied and pickled: by its constructor, since nothing else may set its fields."""
    return _put_together, (type(self), {one.name: getattr(self, one.name) for one in fields(self)})


def _put_together(cls: type[T], values: dict[str, object]) -> T:
    return cls(**values)


# -- Comparison and text ------------------------------------------------------------------------------------------------


def _nothing(_: object) -> None:
    return None


def _shown(self: object) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"
