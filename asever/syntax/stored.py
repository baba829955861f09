"""Trees as plain data (tuples, lists, texts, numbers), to keep them between runs and to move them to another place in a text.

A node is a tuple: the number of its kind, where it starts and ends, and its other fields. A tuple of nodes is a list, and a
long one is packed by itself, as nobody asks for most of them; a `NumberSet` is a tuple of a kind of its own. Places count from
the start of the item, so that an item that moves need not be parsed again. What is restored is made piece by piece, as somebody
asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from asever import cache
from asever.model.numbers import NumberSet, Range
from asever.record import fields, maker
from asever.source import SourceFile, Span
from asever.syntax import nodes

Stored = tuple[Any, ...]
_Put = Callable[[object, object], None]

_KINDS: Final[tuple[type[nodes.Node], ...]] = (
    nodes.Name, nodes.Ref, nodes.Addresses, nodes.Ports, nodes.Rule, nodes.Rules, nodes.Route, nodes.PortMap, nodes.Attribute,
    nodes.Body, nodes.Declaration, nodes.Import, nodes.ProtocolPorts, nodes.Service, nodes.Tag, nodes.Reach, nodes.IsHealthy,
    nodes.Equals, nodes.PermitsNoMore, nodes.HasNoDeadRules, nodes.As, nodes.Via, nodes.WithinRegion, nodes.ExceptFrom,
    nodes.Check, nodes.Pack, nodes.Apply,
)  # fmt: skip
_NUMBERS: Final = len(_KINDS)
LONG: Final = 24
"""So many nodes make a list long."""

_NUMBER_OF: Final = {kind: number for number, kind in enumerate(_KINDS)}


def stored(node: nodes.Node, base: int | None = None) -> Stored:
    """A node as plain data. Places count from its own, or from `base`."""
    data: Stored = _taken(node, node.span.start if base is None else base)
    return data


def _taken(value: Any, base: int) -> Any:  # noqa: ANN401 - any part of a node
    kind = type(value)
    number = _NUMBER_OF.get(kind)
    if number is not None:
        span = value.span
        taken = [one if type(one) in _PLAIN else _taken(one, base) for one in _VALUES[number](value)]
        return (number, span.start - base, span.end - base, *taken)
    if kind is tuple:
        taken = [_taken(one, base) for one in value]
        return taken if len(taken) < LONG else cache.squeezed(taken)
    return (_NUMBERS, *value.ranges) if kind is NumberSet else value


def restored(data: Stored, file: SourceFile, base: int) -> Any:  # noqa: ANN401 - the kind is in the data
    """The node that was stored, where its places count from an offset of a file."""
    node = _new(_KINDS[data[0]])
    _PUT_LATER(node, (_fill, data, file, base))
    return node


def _fill(node: nodes.Node, name: str, data: Stored, file: SourceFile, base: int) -> None:
    """Sets the span of a node, or all its other fields; of long lists only that which is asked for."""
    if name == "span":
        _PUT_SPAN(node, _new_span(file, base + data[1], base + data[2]))
        return
    kind = data[0]
    is_large = kind in _LARGE
    for own, put, value in zip(_NAMES[kind], _PUTS[kind], data[3:]):  # noqa: B905 - as many as were taken
        what = type(value)
        if what is tuple:
            put(node, _made(value, file, base))
        elif what is list:
            one = restored if is_large else _made
            put(node, tuple([one(each, file, base) for each in value]))
        elif what is bytes:
            if name == own:
                put(node, tuple([restored(each, file, base) for each in cache.unsqueezed(value)]))
        else:
            put(node, value)


def _made(data: Stored, file: SourceFile, base: int) -> Any:  # noqa: ANN401 - a node or a set of numbers
    """A node with all its fields but the span."""
    kind = data[0]
    if kind == _NUMBERS:
        return _numbers(data[1:])
    node = _new(_KINDS[kind])
    _PUT_LATER(node, (_fill, data, file, base))
    if kind in _WORDS:  # most nodes of a rule
        for put, value in zip(_PUTS[kind], data[3:]):  # noqa: B905
            put(node, _made(value, file, base) if type(value) is tuple else value)
    else:
        _fill(node, "", data, file, base)
    return node


@lru_cache(maxsize=1 << 14)
def _numbers(ranges: tuple[Range, ...]) -> NumberSet:
    """A set of numbers: rules of a large network name the same prefixes over and over, and need one of each."""
    return NumberSet(ranges)


def _values(kind: type[nodes.Node]) -> Callable[[object], tuple[Any, ...]]:
    """What gives the fields of a node but its span."""
    names = fields(kind)[1:]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda node: tuple([getattr(node, name) for name in names])


_new: Final = object.__new__
_new_span: Final = maker(Span)
_PUT_LATER: Final[_Put] = vars(nodes.Node.__base__)["_later"].__set__
_PUT_SPAN: Final[_Put] = vars(nodes.Node)["span"].__set__
_PLAIN: Final = frozenset((str, int, bool, type(None)))
_NAMES: Final = tuple(fields(kind)[1:] for kind in _KINDS)
_PUTS: Final = tuple(tuple(getattr(kind, name).__set__ for name in fields(kind)[1:]) for kind in _KINDS)
_VALUES: Final = tuple(map(_values, _KINDS))
_WORDS: Final = frozenset(_NUMBER_OF[kind] for kind in (nodes.Name, nodes.Ports, nodes.Addresses))
"""Nodes that hold no others."""

_LARGE: Final = frozenset(_NUMBER_OF[kind] for kind in (nodes.Body, nodes.Rules, nodes.Pack))
"""Nodes that may hold very many others, which need not all be asked for."""
