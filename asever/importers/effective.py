"""What Azure says of one interface: effective security rules, effective routes, the security group view.

Effective rules tell what the tags VirtualNetwork and Internet hold there; for the subnet of the interface that replaces what
the model derives (azure-network-semantics 3.1, 11). Effective routes become a route table: whose, the answer does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.importers.network.book import last, reference_text
from asever.importers.network.words import several
from asever.importers.resources import Resource
from asever.importers.tree import Value

TAGS = "effective tags"
"""What stands for a type where a resource tells the content of tags; no type of Azure's has a space."""

_GROUP = "Microsoft.Network/networkSecurityGroups"
_TABLE = "Microsoft.Network/routeTables"
_TOLD = ("virtualnetwork", "internet")
# Next hops of Azure's own routes: what the model derives by itself.
_DERIVED = ("vnetpeering", "vnetglobalpeering", "virtualnetworkserviceendpoint", "interfaceendpoint", "hypernetgateway")


def resources(value: Value, name: str) -> tuple[Resource, ...]:
    """The resources that an answer tells of; empty where it is no such answer. `name` is what a route table is called."""
    views = value.get("networkInterfaces")
    if views is not None:
        return tuple(found for view in views.items for found in _view(view))
    listed = value.get("value")
    every = listed.items if listed is not None else value.items
    if every and all(one.get("effectiveSecurityRules") is not None for one in every):
        return tuple(found for one in every for found in _group(one))
    if every and all(_is_route(one) for one in every):
        return tuple(_table(value, every, name))
    return ()


def _is_route(one: Value) -> bool:
    prefix = one.get("addressPrefix")
    return prefix is not None and isinstance(prefix.plain, tuple) and one.get("state") is not None


# -- Security rules -----------------------------------------------------------------------------------------------------


def _group(one: Value) -> Iterator[Resource]:
    identity = reference_text(one.get("networkSecurityGroup"))
    rules = one.get("effectiveSecurityRules")
    if identity is not None:
        whole = Value(plain={"securityRules": Value(plain=())}, span=one.span)
        yield _resource(_GROUP, last(identity), identity, whole, one)
        for rule in rules.items if rules is not None else ():
            named = rule.get("name")
            text = named.text or "" if named is not None else ""
            if not text.casefold().startswith(("defaultsecurityrules/", "default")):
                own = last(text)
                yield _resource(
                    f"{_GROUP}/securityRules", f"{last(identity)}/{own}", f"{identity}/securityRules/{own}", _plain(rule), rule
                )
    yield from _told(one, rules)


def _plain(rule: Value) -> Value:
    """A rule as NSGs have it: Azure prints both the single and the plural field, and every port as a range."""
    members = dict(rule.plain) if isinstance(rule.plain, Mapping) else {}
    kept = {name: value for name, value in members.items() if not _is_single(name, members)}
    return Value(plain=kept, span=rule.span)


def _is_single(name: str, members: Mapping[str, Value]) -> bool:
    many = {"prefix": "prefixes", "range": "ranges"}
    ending = next((one for one in many if name.casefold().endswith(one)), None)
    if ending is None:
        return False
    plural = name.casefold().removesuffix(ending) + many[ending]
    return any(other.casefold() == plural and value.items for other, value in members.items())


def _told(one: Value, rules: Value | None) -> Iterator[Resource]:
    """What the computed tags hold at the interface or the subnet that the answer is about."""
    at = one.get("association")
    place = (at.get("networkInterface") or at.get("subnet")) if at is not None else None
    identity = reference_text(place)
    content: dict[str, Value] = {}
    told = one.get("tagMap")
    if told is not None and isinstance(told.plain, Mapping):
        content = {name.casefold(): value for name, value in told.plain.items() if name.casefold() in _TOLD and value.items}
    for rule in rules.items if rules is not None else ():
        for side in ("Source", "Destination"):
            expanded = rule.get(f"expanded{side}AddressPrefix")
            named = [value.text for value in several(rule, f"{side}AddressPrefix", f"{side}AddressPrefixes")]
            tag = (named[0] or "").casefold() if len(named) == 1 else ""
            if tag in _TOLD and expanded is not None and expanded.items:
                content.setdefault(tag, expanded)
    if identity is not None and content:
        yield _resource(
            TAGS, last(identity), None, Value(plain={**content, "place": Value(plain=identity)}, span=one.span), one
        )


def _view(view: Value) -> Iterator[Resource]:
    associations = view.get("securityRuleAssociations")
    for name in ("networkInterfaceAssociation", "subnetAssociation"):
        rules = associations.at(name, "securityRules") if associations is not None else None
        for rule in rules.items if rules is not None else ():
            identity = reference_text(rule)
            if identity is not None and "/securityrules/" in identity.casefold():
                group = identity[: identity.casefold().rindex("/securityrules/")]
                yield _resource(_GROUP, last(group), group, Value(plain={}, span=rule.span), rule)
                nested = rule.get("properties") or rule
                yield _resource(f"{_GROUP}/securityRules", f"{last(group)}/{last(identity)}", identity, nested, rule)


# -- Routes -------------------------------------------------------------------------------------------------------------


def _table(value: Value, every: tuple[Value, ...], name: str) -> Iterator[Resource]:
    yield _resource(_TABLE, name, None, Value(plain={}, span=value.span), value)
    for index, one in enumerate(every):
        state, hop, address = one.get("state"), one.get("nextHopType"), one.get("nextHopIpAddress")
        kind = (hop.text or "") if hop is not None else ""
        if (state is not None and (state.text or "").casefold() != "active") or kind.casefold() in _DERIVED:
            continue
        prefixes = one.get("addressPrefix")
        named = one.get("name")
        own = named.text if named is not None and named.text else f"effective {index + 1}"
        first = address.items[0] if address is not None and address.items else address
        content = {
            "addressPrefixes": prefixes or Value(plain=()),
            # An answer without a type of next hop says that it is somewhere, and not where.
            "nextHopType": hop if hop is not None and hop.text else Value(plain="VirtualAppliance", span=one.span),
            "nextHopIpAddress": first if first is not None else Value(plain=None),
        }
        yield _resource(f"{_TABLE}/routes", f"{name}/{own}", None, Value(plain=content, span=one.span), one)


def _resource(kind: str, name: str, identity: str | None, properties: Value, body: Value) -> Resource:
    existing = kind in (_GROUP, f"{_GROUP}/securityRules")
    return Resource(kind=kind, name=name, id=identity, properties=properties, body=body, existing=existing, span=body.span)
