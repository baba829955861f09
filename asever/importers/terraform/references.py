"""Follows references of the configuration: which resource an expression means whose value only applying tells.

A plan does not have the expressions themselves, only what each of them refers to, and nothing at all of local values. An
expression is taken to mean a resource only if nothing else in it could be meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from asever.importers.budget import Budget
from asever.importers.terraform.blocks import NOTHING, Block, Path, called
from asever.importers.tree import Value
from asever.record import record

_RESOURCE = re.compile(r'((?:data\.)?[a-z][\w-]*\.[\w-]+)(?:\[("(?:[^"\\]|\\.)*"|\d+)\])?(?:\.(.+))?')
_KEY = r'(?:\[("(?:[^"\\]|\\.)*"|\d+)\])?'
_MODULE = re.compile(rf"module\.([\w-]+){_KEY}(?:\.([\w-]+){_KEY})?.*")
_VARIABLE = re.compile(rf"var\.([\w-]+){_KEY}.*")
_CUT = re.compile(r"[.\[]")
MOST: Final = 1000
"""Instances that one reference is taken to mean at once; what lists more of them is not known."""

MOST_PARTS: Final = 20
"""Parts of a reference that are looked at."""

_INDEXES = ("each.key", "count.index")
_KNOWN = ("path.", "terraform.", "each.key", "count.index", "self")
"""What planning knows and no resource stands behind."""


@record
class Target:
    """A resource and the attribute of it that is meant, None where the reference has none."""

    block: Block
    attribute: str | None


@record
class Meant:
    """What an expression may mean; with `more` also something that the file does not tell."""

    targets: tuple[Target, ...] = ()
    more: bool = False


@record
class _Own:
    """Which instance asks, and which others there are beside it."""

    index: str | None
    all: frozenset[str | None]


class References:
    """All references of one file."""

    def __init__(self, blocks: Iterable[Block], written: Value, budget: Budget) -> None:
        self.written = written
        self._budget = budget
        self._blocks: dict[tuple[Path, str], dict[str | None, Block]] = defaultdict(dict)
        self._paths: dict[tuple[Path, str], dict[str | None, Path]] = defaultdict(dict)
        self._found: dict[tuple[Path, str], Meant] = {}
        self._expressions: dict[tuple[Path, int], Meant] = {}
        self._indexes: dict[tuple[Path, str], frozenset[str | None]] = {}
        for one in blocks:
            self._blocks[one.module, _written_name(one)][one.index] = one
            for depth in range(len(one.module)):
                name, index = one.module[depth]
                self._paths[one.module[:depth], name][index] = one.module[: depth + 1]

    def meant(self, block: Block, expression: Value | None) -> Meant:
        """What an expression of a resource may mean."""
        key = (block.module, id(expression))
        if key in self._expressions:
            return self._expressions[key]
        texts = _references(expression)
        own = _Own(index=block.index, all=self._all_indexes(block.module, _written_name(block)))
        found = self._all(block.module, texts, own)
        by_each = any(one.startswith("each.value") for one in texts)
        each = self._of_each(block) if by_each else Meant()
        meant = Meant(targets=(*found.targets, *each.targets), more=found.more or each.more or not texts)
        if not by_each and not any(one.startswith(_INDEXES) for one in texts):
            self._expressions[key] = meant
        return meant

    def _of_each(self, block: Block) -> Meant:
        """What the value of a key may mean: the instance of the key, where all values are instances of one resource."""
        return _picked(self._all(block.module, _references(block.each), None), block.index)

    def _all_indexes(self, path: Path, name: str) -> frozenset[str | None]:
        key = (path, name)
        if key not in self._indexes:
            self._indexes[key] = frozenset(self._blocks.get(key, {}))
        return self._indexes[key]

    def _all(self, path: Path, texts: Sequence[str], own: _Own | None) -> Meant:
        """What several references mean. Each is followed by its own beginnings (`a.b.id`, `a.b`), which say no more."""
        indexed = any(one.startswith(_INDEXES) for one in texts)
        targets: dict[tuple[str, str | None], Target] = {}
        more = False
        beginnings = {one for text in texts for one in _beginnings(text)}
        for text in texts:
            if text in beginnings:
                continue
            found = self._one(path, text, own if indexed else None)
            more = more or found.more
            targets |= {(one.block.address, one.attribute): one for one in found.targets}
        return Meant(targets=tuple(targets.values()), more=more)

    def _one(self, path: Path, text: str, own: _Own | None) -> Meant:
        if text.startswith((*_KNOWN, "each.")):
            return Meant()
        variable = _VARIABLE.fullmatch(text)
        if variable is not None:
            return _chosen(self._variable(path, variable[1]), variable[2], own)
        if text.startswith("module."):
            return self._output(path, text, own)
        found = _RESOURCE.fullmatch(text)
        if found is None:
            return Meant(more=True)
        every = self._blocks.get((path, found[1]), {})
        index = found[2]
        if index is None and len(every) > 1 and own is not None and self._all_indexes(path, found[1]) == own.all:
            # `subnet[each.key]`: a plan says only that the key is used; with the same keys on both sides it is the same one.
            index = own.index
        meant = [every[index]] if index in every else list(every.values()) if index is None else []
        if len(meant) > MOST:
            return Meant(more=True)
        self._budget.spend(1 + len(meant), None)
        return Meant(targets=tuple(Target(block=one, attribute=found[3]) for one in meant), more=not meant)

    def _variable(self, path: Path, name: str) -> Meant:
        """A variable of a module means what its call gives it; those of the root are known."""
        if not path:
            return Meant()
        key = (path, f"var.{name}")
        if key not in self._found:
            self._found[key] = Meant(more=True)  # what a circle means
            call = (self._config(path[:-1]).get("module_calls") or NOTHING).get(path[-1][0]) or NOTHING
            given = call.at("expressions", name)
            texts = _references(given)
            own = _Own(index=path[-1][1], all=frozenset(self._paths[path[:-1], path[-1][0]]))
            found = self._all(path[:-1], texts, own)
            if any(one.startswith("each.value") for one in texts):
                each = _picked(self._all(path[:-1], _references(call.get("for_each_expression")), None), path[-1][1])
                found = Meant(targets=(*found.targets, *each.targets), more=found.more or each.more or not each.targets)
            self._found[key] = found
        return self._found[key]

    def _output(self, path: Path, text: str, own: _Own | None) -> Meant:
        found = _MODULE.fullmatch(text)
        if found is None or found[3] is None:
            return Meant(more=True)
        instances = self._paths.get((path, found[1]), {})
        index = found[2]
        if index is None and len(instances) > 1 and own is not None and own.all == set(instances):
            index = own.index
        inside = [one for key, one in instances.items() if index is None or key == index]
        if len(inside) != 1:
            return Meant(more=True)
        key = (inside[0], f"output.{found[3]}")
        if key not in self._found:
            self._found[key] = Meant(more=True)
            output = self._config(inside[0]).at("outputs", found[3], "expression")
            self._found[key] = self._all(inside[0], _references(output), None)
        return _chosen(self._found[key], found[4], own)

    def _config(self, path: Path) -> Value:
        here = self.written
        for name, _ in path:
            here = called(here, name)
        return here


def _chosen(meant: Meant, key: str | None, own: _Own | None) -> Meant:
    """One of what a map or a list holds: by the key that is written, or by the own one where there is one for each."""
    if key is not None:
        return _picked(meant, key)
    same = own is not None and own.all == {one.block.index for one in meant.targets}
    return _picked(meant, own.index) if same and own is not None else meant


def _picked(meant: Meant, key: str | None) -> Meant:
    """The instance of a key, if all that is meant are instances of one resource, called by their keys or by their names."""
    places = {(one.block.module, _written_name(one.block)) for one in meant.targets}
    if key is None or meant.more or len(places) != 1:
        return meant
    named = [one for one in meant.targets if one.block.index == key]
    text = key.strip('"')
    named = named or [one for one in meant.targets if (one.block.values.get("name") or NOTHING).text == text]
    return Meant(targets=tuple(named)) if len(named) == 1 else meant


def _references(expression: Value | None) -> list[str]:
    """The references of an expression, those in its parts too: an object has them by member."""
    if expression is None:
        return []
    own = expression.get("references")
    if own is not None:
        return list(dict.fromkeys(one.text for one in own.items if one.text is not None))
    parts = expression.items or (tuple(expression.plain.values()) if isinstance(expression.plain, dict) else ())
    return list(dict.fromkeys(text for one in parts for text in _references(one)))


def _beginnings(text: str) -> Iterator[str]:
    """What a reference begins with: `a.b` and `a.b[0]` of `a.b[0].id`."""
    for found in islice(_CUT.finditer(text), MOST_PARTS):
        yield text[: found.start()]


def _written_name(block: Block) -> str:
    return f"{'data.' if block.data else ''}{block.type}.{block.name}"
