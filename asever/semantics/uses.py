"""Where the names of a program stand, and what each stands for: for whoever looks a name up, lists its uses or changes it.

What a reference means is decided by `asever.semantics.names` alone, as for the program itself. A program with mistakes has
names too: those of the items that can be read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from asever.diagnostics import Diagnostics
from asever.record import field, record
from asever.semantics.build import Build
from asever.semantics.loading import load_names
from asever.semantics.memory import Memory
from asever.semantics.names import Names, Symbol
from asever.semantics.packs import references_in
from asever.semantics.problems import Problems
from asever.semantics.schema import SCHEMA, Takes
from asever.source import SourceFile, Span
from asever.syntax import nodes

_NAMES_THINGS = frozenset({Takes.THING, Takes.THINGS, Takes.TERMS})


@record
class Use:
    """One place where a name stands. `span` is the name alone: no quotes, no part after a dot, no prefix before it.

    `written` is the whole name as written, with quotes and parts; `defines` marks the place that gives the name its meaning.
    """

    span: Span
    written: Span
    symbol: Symbol
    defines: bool = False


@record
class Unit:
    """One file of a program with its items; its names begin with `prefix`."""

    file: SourceFile
    items: Sequence[nodes.Item] = field(repr=False)
    prefix: str = ""


class Outline:
    """The files of a program and the names in them."""

    def __init__(self, units: Sequence[Unit], names: Names) -> None:
        self.units = units
        self.names = names
        self.by_name: Mapping[str, Unit] = {one.file.name: one for one in units}

    @cached_property
    def uses(self) -> Sequence[Use]:
        """Every place where a name stands that means something."""
        return tuple(use for unit in self.units for item in unit.items for use in self._of(item))

    def at(self, name: str, offset: int) -> Use | None:
        """The use of a name at an offset of a file, its end included."""
        item = self.item_at(name, offset)
        found = [one for one in self._of(item) if _place(one.span, offset)] if item is not None else []
        return found[0] if found else None

    def item_at(self, name: str, offset: int) -> nodes.Item | None:
        """The item around an offset of a file."""
        unit = self.by_name.get(name)
        if unit is None:
            return None
        index = bisect_right(unit.items, offset, key=lambda one: one.span.place) - 1
        return unit.items[index] if index >= 0 and _place(unit.items[index].span, offset) else None

    def of(self, symbol: Symbol) -> Iterator[Use]:
        """Every place where this thing is named."""
        return (one for one in self.uses if is_same(one.symbol, symbol))

    # -- What stands where ----------------------------------------------------------------------------------------------

    def _of(self, item: nodes.Item) -> Iterator[Use]:
        match item:
            case nodes.Declaration():
                yield from self._defined(item.name, self.names.things)
                yield from self._body(item.kind.text, item.body, item.name.text)
            case nodes.Service():
                yield from self._defined(item.name, self.names.services)
                yield from (use for one in item.members if isinstance(one, nodes.Ref) for use in self._service(one))
            case nodes.Tag():
                yield from self._defined(item.name, self.names.things)
                yield from self._things(item.addresses)
            case nodes.Check():
                yield from self._check(item, {})
            case nodes.Pack():
                yield from self._defined(item.name, self.names.packs)
                parameters = {one.text: _parameter(item, one) for one in item.parameters}
                for one in item.parameters:
                    yield _use(one, parameters[one.text], one.text, defines=True)
                for check in item.checks:
                    yield from self._check(check, parameters)
            case nodes.Apply():
                pack = self.names.named(item.pack, self.names.packs)
                if pack is not None:
                    yield _use(item.pack, pack, item.pack.text)
                for each in item.arguments:
                    if isinstance(each, nodes.Ref):
                        yield from tuple(self._things((each,))) or self._service(each)
            case _:
                pass  # an import names a file

    def _defined(self, name: nodes.Name, table: Mapping[str, Symbol], text: str | None = None) -> Iterator[Use]:
        prefix = self.names.prefix(name.span)
        symbol = table.get(prefix + (text or name.text)) or next((one for one in table.values() if one.span == name.span), None)
        if symbol is not None and symbol.span == name.span:
            yield _use(name, symbol, name.text, defines=True)

    def _body(self, kind: str, body: nodes.Body | None, owner: str) -> Iterator[Use]:
        for one in body.items if body is not None else ():
            match one:
                case nodes.Attribute():
                    yield from self._attribute(kind, one, owner)
                case nodes.Rules():
                    for rule in one.rules:
                        yield from self._rule(rule)
                case nodes.Rule():
                    yield from self._rule(one)
                case nodes.Route():
                    yield from self._things((one.destination, one.appliance))
                case _:
                    pass

    def _attribute(self, kind: str, one: nodes.Attribute, owner: str) -> Iterator[Use]:
        schema = SCHEMA[kind].attributes.get(one.word.text) if kind in SCHEMA else None
        if schema is None:
            return
        if schema.takes in _NAMES_THINGS or one.word.text in ("to", "peer"):
            yield from self._things(one.values)
        if schema.takes is Takes.BLOCK:
            first = one.values[0] if one.values else None
            if one.word.text == "subnet" and isinstance(first, nodes.Ref) and len(first.names) == 1:
                yield from self._defined(first.names[0], self.names.things, f"{owner}/{first.text}")
            yield from self._body(one.word.text, one.body, owner)

    def _rule(self, rule: nodes.Rule) -> Iterator[Use]:
        yield from self._things((*rule.sources, *rule.targets, rule.translated))

    def _check(self, check: nodes.Check, parameters: Mapping[str, Symbol]) -> Iterator[Use]:
        services = {id(one) for one in check.services}
        for ref in references_in((check.claim, check.services, check.modifiers)):
            bound = parameters.get(ref.names[0].text.partition(".")[0])
            if bound is not None:
                yield _use(ref.names[0], bound, ref.names[0].text.partition(".")[0])
            elif id(ref) in services:
                yield from self._service(ref)
            else:
                yield from self._things((ref,))

    # -- References -----------------------------------------------------------------------------------------------------

    def _things(self, written: Sequence[object]) -> Iterator[Use]:
        for ref in written:
            if not isinstance(ref, nodes.Ref):
                continue
            if len(ref.names) > 1:
                yield from self._things((nodes.Ref(span=ref.names[0].span, names=ref.names[:1]),))
            found = self.names.find(ref)
            if found is not None:
                last = ref.names[-1]
                base = last.text[: -len(found.part) - 1] if found.part is not None else last.text
                yield _use(last, found.symbol, base)

    def _service(self, ref: nodes.Ref) -> Iterator[Use]:
        symbol = self.names.named(ref.names[-1], self.names.services)
        if symbol is not None:
            yield _use(ref.names[-1], symbol, ref.names[-1].text)


def outline(path: Path, texts: Mapping[str, str], settings: Mapping[str, str], memory: Memory) -> Outline:
    """The files and the names of a program, also of one with mistakes; arguments as those of `load_names`."""
    sources, files = load_names(path, texts=texts, settings=settings, memory=memory)
    names = Build(sources, Problems(Diagnostics())).define()
    units = [Unit(file=file, items=one.items, prefix=one.prefix) for file, one in zip(files, sources.files, strict=True)]
    return Outline(units, names)


def is_same(one: Symbol, other: Symbol) -> bool:
    """Whether two programs mean the same place by a name."""
    return one is other or (
        one.kind == other.kind and one.span.file.name == other.span.file.name and one.span.place == other.span.place
    )


def own_word(symbol: Symbol) -> str:
    """The name as its declaration writes it, without quotes."""
    return symbol.span.text.strip('"')


def _use(name: nodes.Name, symbol: Symbol, base: str, *, defines: bool = False) -> Use:
    """Where a name stands that is written `base` and stands for a symbol: after prefixes, before a part."""
    word = min(len(own_word(symbol)), len(base)) if symbol.span is not name.span else len(base)
    start = name.span.start + name.span.text.startswith('"') + len(base) - word
    span = Span(name.span.file, start, start + word, name.span.parent)
    return Use(span=span, written=name.span, symbol=symbol, defines=defines)


def _parameter(pack: nodes.Pack, name: nodes.Name) -> Symbol:
    return Symbol(kind="parameter", name=f"{pack.name.text}.{name.text}", span=name.span, whole=pack.span)


def _place(span: Span, offset: int) -> bool:
    return span.place <= offset <= span.place + span.end - span.start
