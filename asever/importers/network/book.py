"""Finds resources by what references say: a resource id in any letter case, with whatever stands for subscription and group.

Children that are written inside their parents (`subnets` of a vnet, `securityRules` of an NSG) become resources of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from asever.importers.network.words import prop
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.record import replace
from asever.source import Span

_INLINE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "microsoft.network/virtualnetworks": (("subnets", "subnets"), ("virtualNetworkPeerings", "virtualNetworkPeerings")),
    "microsoft.network/networksecuritygroups": (("securityRules", "securityRules"),),
    "microsoft.network/routetables": (("routes", "routes"),),
    "microsoft.network/firewallpolicies": (("ruleCollectionGroups", "ruleCollectionGroups"),),
}
"""What stands inside a resource and may stand apart: the property, and the last word of the child's type."""

Key = tuple[str, str]


def key_of(kind: str, name: str) -> Key:
    """Type and name without regard to letter case, as Azure compares them."""
    return kind.casefold(), name.casefold()


def key_of_id(text: str) -> Key | None:
    """Type and name that a resource id ends with; None for a text that is no id."""
    _, found, tail = text.casefold().rpartition("/providers/")
    if not found:
        return None
    pieces = [one for one in tail.strip("/").split("/") if one]
    if len(pieces) < 3 or len(pieces) % 2 == 0:
        return None
    return "/".join((pieces[0], *pieces[1::2])), "/".join(pieces[2::2])


class Shelf:
    """The resources that may refer to each other by name: those of one template, or of all that Azure printed."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        chosen: dict[object, Resource] = {}
        for one in _with_parents(list(_with_children(resources))):
            same: object = _path(one.id) if one.id is not None else key_of(one.kind, one.name)
            # What is made wins over what is only referred to; of two that are made Azure has the later one.
            if same not in chosen or chosen[same].existing or not one.existing:
                chosen[same] = one
        self.resources = tuple(chosen.values())
        self.by_id = {_path(one.id): one for one in self.resources if one.id is not None}
        self.by_key: dict[Key, Resource] = {}
        for one in self.resources:
            self.by_key.setdefault(key_of(one.kind, one.name), one)
        self.children: dict[tuple[str, int], list[Resource]] = defaultdict(list)
        for one in self.resources:
            parent = self.parent(one)
            if parent is not None:
                self.children[one.kind.casefold().rpartition("/")[2], id(parent)].append(one)

    def find(self, text: str) -> Resource | None:
        """The resource of an id: with its group, or where that says nothing, by type and name."""
        found = self.by_id.get(_path(text))
        if found is None:
            key = key_of_id(text)
            found = self.by_key.get(key) if key is not None else None
        return found

    def parent(self, one: Resource) -> Resource | None:
        """The resource that one is a child of."""
        kind, _, _ = one.kind.rpartition("/")
        name, _, _ = one.name.rpartition("/")
        if one.id is not None:
            by_id = self.by_id.get(_path(one.id).rsplit("/", 2)[0])
            if by_id is not None and by_id.kind.casefold() == kind.casefold():
                return by_id
        return self.by_key.get(key_of(kind, name)) if name else None


class Book:
    """All resources of all imports. A reference means what stands on its own shelf, and else what stands on another one."""

    def __init__(self, shelves: Sequence[Iterable[Resource]], shelf_of: Callable[[Span], int]) -> None:
        self.shelves = tuple(map(Shelf, shelves))
        self.resources = tuple(one for shelf in self.shelves for one in shelf.resources)
        self._shelf_of = shelf_of
        self._home = {id(one): shelf for shelf in self.shelves for one in shelf.resources}

    def of_kind(self, kind: str, *, existing: bool = False) -> Iterator[Resource]:
        """The resources of a type, in order; with `existing` those too that are only referred to."""
        lower = kind.casefold()
        return (one for one in self.resources if one.kind.casefold() == lower and (existing or not one.existing))

    def near(self, span: Span | None) -> Iterator[Shelf]:
        """The shelves, that of a place first."""
        first = self.shelves[self._shelf_of(span)] if span is not None else None
        yield from (first,) if first is not None else ()
        yield from (shelf for shelf in self.shelves if shelf is not first)

    def at(self, kind: str, name: str, span: Span | None) -> Resource | None:
        """The resource of a type and a name."""
        return next((found for shelf in self.near(span) if (found := shelf.by_key.get(key_of(kind, name)))), None)

    def find(self, reference: Value | None, kind: str | None = None) -> Resource | None:
        """The resource that a reference means, an object with an `id` or the id itself; `kind` is the type it has to have."""
        text = reference_text(reference)
        if reference is None or text is None:
            return None
        inner = reference.get("id")
        span = reference.span or (inner.span if inner is not None else None)
        found = next((one for shelf in self.near(span) if (one := shelf.find(text))), None)
        return found if found is None or kind is None or found.kind.casefold() == kind.casefold() else None

    def unknown_children(self, one: Resource, field: str) -> str | None:
        """The symbol that stands for the children of a resource, or for one of them; None where the file has them all."""
        found = prop(one.properties, field)
        every = (found, *found.items) if found is not None else ()
        return next((each.symbol.name for each in every if each.symbol is not None), None)

    def parent(self, one: Resource) -> Resource | None:
        """The resource that one is a child of."""
        return self._home[id(one)].parent(one)

    def children(self, one: Resource, suffix: str) -> tuple[Resource, ...]:
        """The children of a resource whose type ends with a word."""
        return tuple(self._home[id(one)].children.get((suffix.casefold(), id(one)), ()))


def reference_text(reference: Value | None) -> str | None:
    """The text of a reference: its id."""
    if reference is None:
        return None
    own = _id_text(reference)
    if own is not None:
        return own
    found = reference.get("id") or reference.get("resourceId")
    return _id_text(found) if found is not None else None


def _id_text(value: Value) -> str | None:
    """A text, or a symbol whose name shows the path of an id: only a part of it is known at deployment."""
    if value.symbol is not None and "/providers/" in value.symbol.name.casefold():
        return value.symbol.name
    return value.text


def last(text: str) -> str:
    """The last name of an id or of a path of names."""
    return text.rstrip("/").rpartition("/")[2]


def _path(identity: str) -> str:
    return identity.casefold().rstrip("/")


def _with_parents(resources: Sequence[Resource]) -> Iterator[Resource]:
    """The resources, and the parent of each child that stands without one: it is only named."""
    known = {key_of(one.kind, one.name) for one in resources}
    for one in resources:
        kind, _, suffix = one.kind.rpartition("/")
        parts = [each for _, each in _INLINE.get(kind.casefold(), ())]
        name = one.name.rpartition("/")[0]
        if name and suffix.casefold() in map(str.casefold, parts) and key_of(kind, name) not in known:
            known.add(key_of(kind, name))
            parent = one.id.rsplit("/", 2)[0] if one.id is not None else None
            nothing = Value(plain={}, span=one.span)
            yield replace(one, kind=kind, name=name, id=parent, properties=nothing, body=nothing, existing=True)
        yield one


def _with_children(resources: Iterable[Resource]) -> Iterator[Resource]:
    for one in resources:
        yield one
        for field, suffix in _INLINE.get(one.kind.casefold(), ()):
            found = prop(one.properties, field)
            for child in found.items if found is not None else ():
                named = child.get("name")
                text = named.text if named is not None else last(reference_text(child) or "")
                if not text:
                    continue
                given = child.get("id")
                own = given.text if given is not None else None
                nested = child.get("properties")
                yield replace(
                    one,
                    kind=f"{one.kind}/{suffix}",
                    name=f"{one.name}/{text}",
                    id=own or (f"{one.id}/{suffix}/{text}" if one.id is not None else None),
                    properties=nested if nested is not None and nested.plain is not None else child,
                    body=child,
                    span=(named.span if named is not None else None) or child.span or one.span,
                )
