"""JSON as the REST API and `az` print it, one resource or many, nested or flattened, as resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asever.importers.network.book import key_of_id
from asever.importers.resources import Resource
from asever.importers.tree import Value

_SHAPES: Sequence[tuple[str, frozenset[str]]] = (
    ("Microsoft.Network/networkSecurityGroups", frozenset({"securityrules", "defaultsecurityrules"})),
    ("Microsoft.Network/virtualNetworks", frozenset({"addressspace", "subnets"})),
    ("Microsoft.Network/routeTables", frozenset({"routes", "disablebgproutepropagation"})),
    ("Microsoft.Network/loadBalancers", frozenset({"frontendipconfigurations", "loadbalancingrules"})),
    ("Microsoft.Network/networkInterfaces", frozenset({"ipconfigurations", "enableipforwarding"})),
    ("Microsoft.Network/publicIPAddresses", frozenset({"publicipallocationmethod"})),
    ("Microsoft.Network/networkSecurityGroups/securityRules", frozenset({"direction", "access", "priority"})),
    ("Microsoft.Network/routeTables/routes", frozenset({"nexthoptype", "addressprefix"})),
    ("Microsoft.Network/virtualNetworks/subnets", frozenset({"addressprefix", "purpose"})),
)
"""What tells the type of a resource that does not say it: members that only this type has."""


def resources(value: Value) -> tuple[Resource, ...]:
    """The resources of an answer of the REST API or of `az`; empty where it is none."""
    return tuple(_all(value))


def _all(value: Value) -> Iterator[Resource]:
    if isinstance(value.plain, tuple):
        for one in value.plain:
            yield from _all(one)
        return
    listed = value.get("value")
    if listed is not None and isinstance(listed.plain, tuple):
        yield from _all(listed)
        return
    # `az network vnet create` wraps what it made: {"newVNet": {…}}.
    members = list(value.plain.values()) if isinstance(value.plain, Mapping) else []
    if len(members) == 1 and isinstance(members[0].plain, Mapping) and kind_of(value) is None:
        yield from _all(members[0])
        return
    found = _resource(value)
    if found is not None:
        yield found


def _resource(value: Value) -> Resource | None:
    kind = kind_of(value)
    if kind is None:
        return None
    identity = _text(value, "id")
    key = key_of_id(identity) if identity is not None else None
    own = _text(value, "name")
    path = (identity or "").rsplit("/providers/", 1)[-1].strip("/").split("/")
    names = path[2::2] if key is not None and len(path) > 2 else [own] if own else []
    if not names:
        return None
    if own is not None and own.casefold() == names[-1].casefold():
        names[-1] = own  # ids do not keep the letter case of names
    name = "/".join(names)
    nested = value.get("properties")
    location = _text(value, "location")
    called = value.get("name")
    return Resource(
        kind=kind,
        name=name,
        id=identity,
        location=location,
        properties=nested if nested is not None and isinstance(nested.plain, Mapping) else value,
        body=value,
        span=called.span if called is not None else value.span,
    )


def kind_of(value: Value) -> str | None:
    """The type of a resource: as it says, by its id, or by what only one type has."""
    if not isinstance(value.plain, Mapping):
        return None
    written, identity = _text(value, "type"), _text(value, "id")
    if written is not None and "/" in written and "." in written.partition("/")[0]:
        return written
    if identity is not None and key_of_id(identity) is not None:
        pieces = identity.rsplit("/providers/", 1)[-1].strip("/").split("/")
        return "/".join((pieces[0], *pieces[1::2]))
    nested = value.get("properties")
    if value.get("expandedSourceAddressPrefix") is not None or value.get("expandedDestinationAddressPrefix") is not None:
        return None  # one line of an answer about effective rules
    names = {
        name.casefold() for name in (*value.plain, *(nested.plain if nested and isinstance(nested.plain, Mapping) else ()))
    }
    return next((kind for kind, members in _SHAPES if members <= names), None)


def _text(value: Value, name: str) -> str | None:
    found = value.get(name)
    return found.text if found is not None else None
