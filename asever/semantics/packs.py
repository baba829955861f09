"""Applies packs: the checks of a pack with its parameters replaced, every span remembering where it was applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from asever.source import Span
from asever.syntax import nodes

Argument = nodes.Ref | nodes.Addresses


def expand(pack: nodes.Pack, arguments: Mapping[str, Argument], applied_at: Span) -> Iterator[nodes.Check]:
    """The checks of a pack for these arguments."""
    for check in pack.checks:
        substituted = _substitute(check, arguments, applied_at)
        assert isinstance(substituted, nodes.Check)  # noqa: S101 - a check stays a check
        yield substituted


def _substitute(node: Any, arguments: Mapping[str, Argument], applied_at: Span) -> Any:  # noqa: ANN401 - any node
    if isinstance(node, nodes.Ref):
        replaced = _argument(node, arguments)
        if replaced is not None:
            return replaced
    if isinstance(node, tuple):
        return tuple(_substitute(one, arguments, applied_at) for one in node)
    if isinstance(node, Span):
        return replace(node, parent=applied_at) if node.parent is None else node
    if is_dataclass(node) and isinstance(node, nodes.Node):
        changes = {one.name: _substitute(getattr(node, one.name), arguments, applied_at) for one in fields(node)}
        return replace(node, **changes)
    return node


def _argument(ref: nodes.Ref, arguments: Mapping[str, Argument]) -> Argument | None:
    """The argument for a parameter, alone or with a part after a dot (`env.vip`)."""
    first = ref.names[0]
    if len(ref.names) > 1:
        return None
    if first.text in arguments:
        return arguments[first.text]
    base, dot, part = first.text.partition(".")
    bound = arguments.get(base) if dot else None
    if not isinstance(bound, nodes.Ref):
        return None
    last = bound.names[-1]
    return replace(bound, names=(*bound.names[:-1], replace(last, text=f"{last.text}.{part}")))
