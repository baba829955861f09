"""`@record`: the frozen, slotted, keyword-only dataclass that most of our values are, made cheaply.

A dataclass compiles each of its methods on import, and our values are so many that this was a quarter of a whole command's
time (bench/whole_command.py); `dataclasses` alone takes as long to import as two dozen of our modules. Here one function serves
all classes wherever it can, and classes with as many fields share the code of their constructors. What reads dataclasses
(`dataclasses.replace`, `dataclasses.fields`) reads records too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, TypeVar, dataclass_transform, overload

__all__ = ["compared_fields", "field", "fields", "has_field", "is_record", "maker", "record", "replace"]

T = TypeVar("T")
_Put = Callable[[object, object], None]


class _Unset:
    """The default of a field that has none."""


_UNSET: Final = _Unset()


class _Field:
    """What `field` says of a field: its default (or what makes one), whether it is compared and shown."""

    __slots__ = ("compare", "default", "default_factory", "repr")

    def __init__(self, *, default: object, default_factory: object, compare: bool, repr: bool) -> None:  # noqa: A002
        self.default = default
        self.default_factory: Any = default_factory
        self.compare = compare
        self.repr = repr

    @property
    def has_default(self) -> bool:
        """Whether the field may be left out."""
        return self.default is not _UNSET or self.default_factory is not _UNSET


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
    ) -> _Field:
        """As `dataclasses.field`."""
        return _Field(default=default, default_factory=default_factory, compare=compare, repr=repr)

    def replace(one: object, /, **changes: object) -> object:
        """The same record with other values in these fields."""
        cls = type(one)
        made = object.__new__(cls)
        # Most changes are to one field of many, and a call takes longer to sort them by name.
        for name, put in _setters(cls).items():
            put(made, changes.pop(name) if name in changes else getattr(one, name))
        if changes:
            raise TypeError(f"a {cls.__qualname__} has no {', '.join(changes)}")
        return made


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
    inherited: Mapping[str, object] = getattr(cls, "__record_fields__", {})
    own = {name: cls.__dict__.get(name, _UNSET) for name in cls.__annotations__}
    members = {name: one for name, one in cls.__dict__.items() if name not in own and name not in ("__dict__", "__weakref__")}
    every = {**inherited, **own}
    members.update(_SHARED)
    members["__slots__"] = tuple(name for name in own if name not in inherited)
    members["__record_fields__"] = every
    members["__record_keywords__"] = kw_only
    if eq:
        members["__eq__"], members["__hash__"] = _comparison(_compared(every))
    of_its_kind: Any = type(cls)
    made: type[T] = of_its_kind(cls.__name__, cls.__bases__, members)
    return made


def _comparison(compared: Iterable[str]) -> tuple[Callable[[object, object], bool], Callable[[object], int]]:
    names = tuple(compared)
    values = attrgetter(*names) if names else _nothing

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: object) -> int:
        return hash(values(self))

    return equal, digest


def fields(one: object) -> tuple[str, ...]:
    """The names of the fields of a record, or of a class of records, in order."""
    return tuple(one.__record_fields__)  # type: ignore[attr-defined]


def compared_fields(one: object) -> Iterator[str]:
    """The names of the fields that two equal records agree in."""
    return _compared(one.__record_fields__)  # type: ignore[attr-defined]


def _compared(every: Mapping[str, object]) -> Iterator[str]:
    return (name for name, one in every.items() if not isinstance(one, _Field) or one.compare)


def has_field(one: object, name: str) -> bool:
    """Whether a record has a field of this name."""
    return name in one.__record_fields__  # type: ignore[attr-defined]


def is_record(one: object) -> bool:
    """Whether this is a record."""
    return hasattr(one, "__record_fields__")


def _said(one: object) -> _Field:
    """What is said of a field for which this stands in the class: what `field` gave, a default, or nothing."""
    return one if isinstance(one, _Field) else _Field(default=one, default_factory=_UNSET, compare=True, repr=True)


class _DataclassFields:
    """The fields of a record as `dataclasses` knows them, made for whoever asks."""

    def __get__(self, one: object, cls: type[Any]) -> dict[str, Any]:
        import dataclasses  # noqa: PLC0415 - this is what records do without

        return {name: self._made(name, _said(one), dataclasses) for name, one in cls.__record_fields__.items()}

    def _made(self, name: str, said: _Field, dataclasses: Any) -> Any:  # noqa: ANN401 - the module
        given = {which: getattr(said, which) for which in ("default", "default_factory") if getattr(said, which) is not _UNSET}
        made = dataclasses.field(**given, compare=said.compare, repr=said.repr)
        made.name = name
        made._field_type = dataclasses._FIELD  # noqa: SLF001 - what tells a field from a class variable
        return made


# -- Construction -------------------------------------------------------------------------------------------------------


def _init(self: Any, *given: object, **values: object) -> None:  # noqa: ANN401 - any record
    """The constructor of every class until the first value of it is made."""
    cls = type(self)
    cls.__init__ = _constructor(cls)
    cls.__init__(self, *given, **values)


def _constructor(cls: Any) -> Callable[..., None]:  # noqa: ANN401 - a class; mypy takes type[Any] for one without a hash
    """A constructor with a parameter for each field, and defaults where the fields have them."""
    made: Callable[..., None] = _with_fields(cls, _pattern(len(cls.__record_fields__)), "self")
    return made


def maker(cls: type[T]) -> type[T]:
    """What makes values of a class of records as the class does, in two thirds of the time: for who makes them by thousands.

    A class that is called by names puts them into a dictionary, twice.
    """
    of: Any = cls
    make: Any = _with_fields(of, _making_pattern(len(of.__record_fields__)))
    made: type[T] = make
    return made


def _with_fields(cls: Any, pattern: CodeType, *first: str) -> Any:  # noqa: ANN401 - a function
    """The function that a pattern is, for the fields of a class.

    It is the pattern for so many fields with names and defaults of its own: compiling one takes as long as making a hundred
    values, and most commands make fewer of a class.
    """
    every = {name: _said(one) for name, one in cls.__record_fields__.items()}
    by_name = cls.__record_keywords__
    code = pattern.replace(
        co_varnames=(*first, *every, *pattern.co_varnames[len(first) + len(every) :]),
        co_argcount=len(first) if by_name else len(first) + len(every),
        co_kwonlyargcount=len(every) if by_name else 0,
    )
    sets = [_set_or_make(put, every[name].default_factory) for name, put in _setters(cls).items()]
    names = {f"set_{number}": one for number, one in enumerate(sets)}
    made = FunctionType(code, {**names, "new": object.__new__, "cls": cls})
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    defaults = {name: one.default for name, one in every.items() if one.has_default}
    if by_name:
        made.__kwdefaults__ = defaults
    else:
        made.__defaults__ = tuple(defaults.values())
    return made


@cache
def _pattern(number: int) -> CodeType:
    """The code of a constructor for so many fields."""
    parameters = ", ".join(["self", *(f"field_{each}" for each in range(number))])
    body = "".join(f"\n  set_{each}(self, field_{each})" for each in range(number))
    return _code(f"def __init__({parameters}):{body or ' pass'}")


@cache
def _making_pattern(number: int) -> CodeType:
    """The code of what makes a value with so many fields."""
    parameters = ", ".join(f"field_{each}" for each in range(number))
    body = "".join(f"\n  set_{each}(self, field_{each})" for each in range(number))
    return _code(f"def __init__({parameters}):\n  self = new(cls){body}\n  return self")


def _code(text: str) -> CodeType:
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102 - the text is made of numbers
    code: CodeType = names["__init__"].__code__
    return code


@cache
def _setters(cls: type[Any]) -> dict[str, _Put]:
    """What sets each field, past the guard of frozen records."""
    return {name: getattr(cls, name).__set__ for name in cls.__record_fields__}


def _set_or_make(put: _Put, make: Any) -> _Put:  # noqa: ANN401 - any function, or `_UNSET`
    """What sets a field to what is given, or to a default that is made for it."""
    return put if make is _UNSET else lambda self, value: put(self, make() if value is _UNSET else value)


def _frozen(self: object, name: str, *_: object) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 - nobody does this to a record

    raise FrozenInstanceError(f"cannot change {name!r} of a {type(self).__qualname__}")


def _taken_apart(self: object) -> tuple[object, ...]:
    """How a record is copied and pickled: by its constructor, since nothing else may set its fields."""
    return _put_together, (type(self), {name: getattr(self, name) for name in fields(self)})


def _put_together(cls: type[T], values: dict[str, object]) -> T:
    return cls(**values)


# -- Comparison and text ------------------------------------------------------------------------------------------------


def _nothing(_: object) -> None:
    return None


def _shown(self: object) -> str:
    every: Mapping[str, object] = type(self).__record_fields__  # type: ignore[attr-defined]
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, one in every.items() if _said(one).repr)
    return f"{type(self).__qualname__}({shown})"


_SHARED: Final[dict[str, Any]] = {
    "__dataclass_fields__": _DataclassFields(),
    "__init__": _init,
    "__setattr__": _frozen,
    "__delattr__": _frozen,
    "__repr__": _shown,
    "__reduce__": _taken_apart,
}
"""What all records have in common."""
