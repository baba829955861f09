"""Finds resources by what references say: a resource id in any letter case, with whatever stands for subscription and group.

Children that are written inside their parents (`subnets` of a vnet, `securityRules` of an NSG) become resources of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from asever.importers.network.words import prop
from asever.importers.resources import Resource
from asever.importers.tree import Value

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


class Book:
    """All resources of one import, by id and by type and name."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        found: dict[Key, Resource] = {}
        self.twins: dict[Key, list[Resource]] = defaultdict(list)
        self._by_id: dict[str, Resource] = {}
        for one in _with_children(resources):
            key = key_of(one.kind, one.name)
            earlier = found.get(key)
            if earlier is not None and _differ(earlier, one):
                self.twins[key].append(one)
            elif earlier is None or earlier.existing or not one.existing:
                found[key] = one
            if one.id is not None:
                self._by_id.setdefault(_path(one.id), one)
        self.resources = (*found.values(), *(one for twins in self.twins.values() for one in twins))
        self._by_key = found
        self._children: dict[tuple[str, int], list[Resource]] = defaultdict(list)
        for one in self.resources:
            parent = self.parent(one)
            if parent is not None:
                self._children[one.kind.casefold().rpartition("/")[2], id(parent)].append(one)

    def of_kind(self, kind: str) -> Iterator[Resource]:
        """The resources of a type, in order."""
        lower = kind.casefold()
        return (one for one in self.resources if one.kind.casefold() == lower)

    def at(self, kind: str, name: str) -> Resource | None:
        """The resource of a type and a name."""
        return self._by_key.get(key_of(kind, name))

    def find(self, reference: Value | None, kind: str | None = None) -> Resource | None:
        """The resource that a reference means, an object with an `id` or the id itself; `kind` is the type it has to have."""
        text = reference_text(reference)
        if text is None:
            return None
        found = self._by_id.get(_path(text))
        if found is None:
            key = key_of_id(text)
            found = self._by_key.get(key) if key is not None else None
        return found if found is None or kind is None or found.kind.casefold() == kind.casefold() else None

    def parent(self, one: Resource) -> Resource | None:
        """The resource that one is a child of."""
        kind, _, _ = one.kind.rpartition("/")
        name, _, _ = one.name.rpartition("/")
        if one.id is not None:
            by_id = self._by_id.get(_path(one.id).rsplit("/", 2)[0])
            if by_id is not None and by_id.kind.casefold() == kind.casefold():
                return by_id
        return self._by_key.get(key_of(kind, name)) if name else None

    def children(self, one: Resource, suffix: str) -> tuple[Resource, ...]:
        """The children of a resource whose type ends with a word."""
        return tuple(self._children.get((suffix.casefold(), id(one)), ()))


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


def _differ(one: Resource, other: Resource) -> bool:
    """Whether two resources of one type and name are two: they have ids of different groups."""
    return one.id is not None and other.id is not None and _path(one.id) != _path(other.id)


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
