"""Puts definitions that name each other into an order in which what one needs comes before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from asever.source import Span

Uses = Callable[[str], Sequence[tuple[str, Span]]]


def in_order(names: Iterable[str], uses: Uses, closes: Callable[[Sequence[str], Span], None]) -> tuple[str, ...]:
    """The names, each after all that it uses. `closes` is told every circle, and the place that closes it.

    It does not recurse: a chain of definitions may be as long as a file.
    """
    done: dict[str, None] = {}
    for first in names:
        if first in done:
            continue
        path: dict[str, Iterator[tuple[str, Span]]] = {first: iter(uses(first))}
        while path:
            name = next(reversed(path))
            for other, place in path[name]:
                if other in path:
                    chain = list(path)
                    closes((*chain[chain.index(other) :], other), place)
                elif other not in done:
                    path[other] = iter(uses(other))
                    break
            else:
                del path[name]
                done[name] = None
    return tuple(done)
