"""Applies packs: the checks of a pack with its parameters replaced, every span remembering where it was applied.

Names that the pack itself uses stay names of the pack's file; names of an argument stay names of the file that applies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from asever.record import fields, replace
from asever.source import Span
from asever.syntax import nodes

Argument = nodes.Ref | nodes.Addresses


def expand(pack: nodes.Pack, arguments: Mapping[str, Argument], applied_at: Span) -> Iterator[nodes.Check]:
    """The checks of a pack for these arguments. The parent of each span is `applied_at`."""
    for check in pack.checks:
        substituted: nodes.Check = _substitute(check, arguments, applied_at)
        yield substituted


def references(pack: nodes.Pack) -> Iterator[tuple[nodes.Ref, bool]]:
    """Every reference in a pack that is not one of its parameters, and whether it names a service."""
    parameters = {one.text for one in pack.parameters}
    for check in pack.checks:
        services = {id(one) for one in check.services}
        for ref in references_in(check):
            if ref.names[0].text.partition(".")[0] not in parameters:
                yield ref, id(ref) in services


def parts_used(pack: nodes.Pack) -> Iterator[tuple[nodes.Ref, str]]:
    """The references of a pack to a part of a parameter (`env.vip`, `net/apps`), each with the parameter."""
    parameters = {one.text for one in pack.parameters}
    for check in pack.checks:
        for ref in references_in(check):
            base = ref.names[0].text.partition(".")[0]
            if base in parameters and ref.text != base:
                yield ref, base


def references_in(node: object) -> Iterator[nodes.Ref]:
    """Every reference in a node, at whatever depth."""
    if isinstance(node, nodes.Ref):
        yield node
    elif isinstance(node, tuple):
        for one in node:
            yield from references_in(one)
    elif isinstance(node, nodes.Node):
        for name in fields(node):
            yield from references_in(getattr(node, name))


def _substitute(node: Any, arguments: Mapping[str, Argument], applied_at: Span) -> Any:  # noqa: ANN401 - any part of a node
    if isinstance(node, nodes.Ref):
        return _replaced(node, arguments, applied_at)
    if isinstance(node, tuple):
        return tuple(_substitute(one, arguments, applied_at) for one in node)
    if isinstance(node, Span):
        return _inside(node, applied_at)
    if isinstance(node, nodes.Node):
        changes = {name: _substitute(getattr(node, name), arguments, applied_at) for name in fields(node)}
        return replace(node, **changes)
    return node


def _inside(span: Span, applied_at: Span) -> Span:
    return replace(span, parent=applied_at)


def _replaced(ref: nodes.Ref, arguments: Mapping[str, Argument], applied_at: Span) -> Argument:
    """A reference with its parameter replaced: alone, with a part after a dot (`env.vip`), or with a subnet (`net/apps`).

    It stands where the parameter stood; its names stay where the argument was written.
    """
    span = _inside(ref.span, applied_at)
    first, *more = ref.names
    found = arguments.get(first.text)
    if found is None:
        base, _, part = first.text.partition(".")
        bound = arguments.get(base)
        if not isinstance(bound, nodes.Ref):
            return replace(ref, span=span)
        last = bound.names[-1]
        return replace(bound, span=span, names=(*bound.names[:-1], replace(last, text=f"{last.text}.{part}"), *more))
    if isinstance(found, nodes.Ref):
        return replace(found, span=span, names=(*found.names, *more))
    return replace(found, span=span)
