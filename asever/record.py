"""`@record`: the frozen, slotted, keyword-only dataclass that most of our values are, made cheaply.

A dataclass compiles each of its methods on import, and our values are so many that this was a quarter of a whole command's
time (bench/whole_command.py); `dataclasses` alone takes as long to import as two dozen of our modules. Here one function serves
all classes wherever it can, and a constructor is compiled when enough values of its class are made: most commands make few
kinds of values, and few of each. What reads dataclasses (`dataclasses.replace`, `dataclasses.fields`) reads records too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar, dataclass_transform, overload

__all__ = ["Field", "field", "fields", "has_field", "is_record", "record", "replace"]

T = TypeVar("T")

_RARE: Final = 24
"""So many values of a class are made without a constructor of its own; compiling one takes as long."""


class _Unset:
    """The default of a field that has none."""


_UNSET: Final = _Unset()


class Field:
    """A field of a record: its name, its default (or what makes one), whether it is compared and shown."""

    __slots__ = ("compare", "default", "default_factory", "name", "repr")

    def __init__(self, *, default: object, default_factory: object, compare: bool, repr: bool) -> None:  # noqa: A002
        self.name = ""
        self.default = default
        self.default_factory: Any = default_factory
        self.compare = compare
        self.repr = repr


if TYPE_CHECKING:
    # Checkers know what these two of dataclasses promise, down to the names that `replace` may change.
    from dataclasses import field, replace
else:

    def field(
        *,
        default: object = _UNSET,
        default_factory: object = _UNSET,
        compare: bool = True,
        hash: bool | None = None,  # noqa: A002, ARG001 - what is not compared is not hashed
        repr: bool = True,  # noqa: A002
    ) -> Field:
        """As `dataclasses.field`."""
        return Field(default=default, default_factory=default_factory, compare=compare, repr=repr)

    def replace(one: object, /, **changes: object) -> object:
        """The same record with other values in these fields."""
        for name in one.__record_fields__:
            if name not in changes:
                changes[name] = getattr(one, name)
        return type(one)(**changes)


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, kw_only: bool = True, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T] | None = None, /, *, kw_only: bool = True, eq: bool = True) -> type[T] | Callable[[type[T]], type[T]]:
    """Makes a class like a dataclass with `frozen=True, slots=True`; without `eq` two values are equal if they are one.

    With `kw_only=False` fields may be given in order as well.
    """
    if cls is None:
        return lambda one: _record(one, kw_only=kw_only, eq=eq)
    return _record(cls, kw_only=kw_only, eq=eq)


def _record(cls: type[T], *, kw_only: bool, eq: bool) -> type[T]:
    inherited: dict[str, Field] = dict(getattr(cls, "__record_fields__", {}))
    own = {name: _field(cls, name) for name in cls.__annotations__}
    members = {name: one for name, one in cls.__dict__.items() if name not in own and name not in ("__dict__", "__weakref__")}
    members.update(
        __slots__=tuple(name for name in own if name not in inherited),
        __record_fields__={**inherited, **own},
        __record_keywords__=kw_only,
        __dataclass_fields__=_DATACLASS_FIELDS,
        __init__=_init,
        __setattr__=_frozen,
        __delattr__=_frozen,
        __repr__=_shown,
        __reduce__=_taken_apart,
    )
    if eq:
        members.update(_comparison(tuple(name for name, one in members["__record_fields__"].items() if one.compare)))
    of_its_kind: Any = type(cls)
    made: type[T] = of_its_kind(cls.__name__, cls.__bases__, members)
    return made


def _comparison(compared: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    values = attrgetter(*compared) if compared else _nothing

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equal, "__hash__": digest}


def fields(one: object) -> tuple[Field, ...]:
    """The fields of a record, in order."""
    return tuple(one.__record_fields__.values())  # type: ignore[attr-defined]


def has_field(one: object, name: str) -> bool:
    """Whether a record has a field of this name."""
    return name in one.__record_fields__  # type: ignore[attr-defined]


def is_record(one: object) -> bool:
    """Whether this is a record."""
    return hasattr(one, "__record_fields__")


def _field(cls: type[Any], name: str) -> Field:
    default = cls.__dict__.get(name, _UNSET)
    made = default if isinstance(default, Field) else Field(default=default, default_factory=_UNSET, compare=True, repr=True)
    made.name = name
    return made


class _DataclassFields:
    """The fields of a record as `dataclasses` knows them, made for whoever asks."""

    def __get__(self, one: object, cls: type[Any]) -> dict[str, Any]:
        import dataclasses  # noqa: PLC0415 - this is what records do without

        return {name: self._made(each, dataclasses) for name, each in cls.__record_fields__.items()}

    def _made(self, one: Field, dataclasses: Any) -> Any:  # noqa: ANN401 - the module
        given = {name: getattr(one, name) for name in ("default", "default_factory") if getattr(one, name) is not _UNSET}
        made = dataclasses.field(**given, compare=one.compare, repr=one.repr)
        made.name = one.name
        made._field_type = dataclasses._FIELD  # noqa: SLF001 - what tells a field from a class variable
        return made


_DATACLASS_FIELDS: Final = _DataclassFields()

# -- Construction -------------------------------------------------------------------------------------------------------

_made: dict[type[Any], int] = {}


def _init(self: Any, *given: object, **values: object) -> None:  # noqa: ANN401 - any record
    """The constructor of every class until many values of it are made, or it is called wrongly."""
    cls = type(self)
    many = _made[cls] = _made.get(cls, 0) + 1
    if many > _RARE or not _filled(self, cls, given, values):
        cls.__init__ = _compiled_init(cls)
        cls.__init__(self, *given, **values)


def _filled(self: object, cls: type[Any], given: tuple[object, ...], values: dict[str, object]) -> bool:
    """Sets every field; False when the arguments are wrong, which the compiled constructor says best."""
    if given:
        if cls.__record_keywords__ or len(given) > len(cls.__record_fields__):
            return False
        ordered = dict(zip(cls.__record_fields__, given, strict=False))
        if not ordered.keys().isdisjoint(values):
            return False
        values = {**ordered, **values}
    known = 0
    for name, one in cls.__record_fields__.items():
        if name in values:
            value = values[name]
            known += 1
        elif one.default_factory is not _UNSET:
            value = one.default_factory()
        elif one.default is not _UNSET:
            value = one.default
        else:
            return False
        object.__setattr__(self, name, value)
    return known == len(values)


def _compiled_init(cls: type[Any]) -> Callable[..., None]:
    """A constructor with a parameter for each field, and defaults where the fields have them."""
    parameters = list(_parameters(cls))
    names: dict[str, Any] = {"_unset": _UNSET}
    lines = []
    for name, one in cls.__record_fields__.items():
        names[f"_set_{name}"] = getattr(cls, name).__set__
        names[f"_make_{name}"] = one.default_factory
        names[f"_default_{name}"] = one.default
        value = name if one.default_factory is _UNSET else f"_make_{name}() if {name} is _unset else {name}"
        lines.append(f"  _set_{name}(self, {value})")
    if parameters and cls.__record_keywords__:
        parameters.insert(0, "*")
    head = f"def __init__({', '.join(('self', *parameters))}):"
    exec("\n".join([head, *(lines or ["  pass"])]), names)  # noqa: S102 - the text is made of the names of our own fields
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _parameters(cls: type[Any]) -> Iterator[str]:
    for name, one in cls.__record_fields__.items():
        if one.default_factory is not _UNSET:
            yield f"{name}=_unset"
        elif one.default is not _UNSET:
            yield f"{name}=_default_{name}"
        else:
            yield name


def _frozen(self: object, name: str, *_: object) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 - nobody does this to a record

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
