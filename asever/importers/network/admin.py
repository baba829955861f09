"""Security admin rules of a network manager (azure-network-semantics 4)."""

from __future__ import annotations

from collections.abc import Iterator

from asever.importers.network import words
from asever.importers.network.book import last
from asever.importers.network.groups import two_lists
from asever.importers.network.sheet import Making, called
from asever.importers.network.words import prop
from asever.importers.resources import Resource
from asever.importers.tree import Value

COLLECTION = "Microsoft.Network/networkManagers/securityAdminConfigurations/ruleCollections"
CONNECTIVITY = "Microsoft.Network/networkManagers/connectivityConfigurations"
_VNET = "Microsoft.Network/virtualNetworks"
_GROUP = "Microsoft.Network/networkManagers/networkGroups"


def admin_rules(to: Making) -> None:
    """Every rule collection that applies to a virtual network of the file."""
    for one in to.book.of_kind(COLLECTION):
        vnets = tuple(dict.fromkeys(_vnets(to, one)))
        rules = [_as_security_rule(child) for child in to.book.children(one, "rules")]
        if not vnets:
            to.leave_out(one, "which virtual networks it applies to is not in the file")
            continue
        at = to.at(one)
        to.remark(at, "taken as deployed: a configuration has no effect before it is")
        applied = words.attribute("applies-to", at, *(words.ref(name, at) for name in vnets))
        to.add("admin-rules", one, [applied, *two_lists(to, one, rules)])


def connected(to: Making) -> list[list[Resource]]:
    """The virtual networks that each connectivity configuration may connect with each other."""
    return [_connected(to, one) for one in to.book.of_kind(CONNECTIVITY)]


def _connected(to: Making, one: Resource) -> list[Resource]:
    hubs = [prop(each, "resourceId") for each in to.members(one, one.properties, "hubs")]
    groups = [prop(each, "networkGroupId") for each in to.members(one, one.properties, "appliesToGroups")]
    found = [to.book.find(each, _VNET) for each in hubs]
    for reference in groups:
        group = to.book.find(reference, _GROUP)
        members = to.book.children(group, "staticMembers") if group is not None else ()
        if not members:
            return list(to.book.of_kind(_VNET, existing=True))  # a policy of Azure's says who is a member
        found += [to.book.find(prop(each.properties, "resourceId"), _VNET) for each in members]
    return [each for each in found if each is not None]


def connectivity(to: Making) -> None:
    """Lists every connectivity configuration."""
    for one in to.book.of_kind(CONNECTIVITY):
        to.leave_out(one, "what the networks send each other that it connects is unknown")


def _vnets(to: Making, one: Resource) -> Iterator[str]:
    for each in to.members(one, one.properties, "appliesToGroups"):
        reference = prop(each, "networkGroupId")
        group = to.book.find(reference, _GROUP)
        members = to.book.children(group, "staticMembers") if group is not None else ()
        if not members:
            to.leave_out(one, f"the members of network group {last(called(reference))}", to.place(reference, one))
        for member in members:
            target = prop(member.properties, "resourceId")
            vnet = to.book.find(target, _VNET)
            if vnet is not None:
                yield to.name(vnet)
            else:
                to.leave_out(one, f"a virtual network that is not in the file: {called(target)}", to.place(target, one))


def _as_security_rule(rule: Resource) -> Resource:
    """An admin rule with its two sides as NSG rules have them."""
    members = dict(rule.properties.plain) if isinstance(rule.properties.plain, dict) else {}
    for side, field in (("source", "sources"), ("destination", "destinations")):
        listed = prop(rule.properties, field)
        found = tuple(value for each in (listed.items if listed is not None else ()) if (value := prop(each, "addressPrefix")))
        members[f"{side}AddressPrefixes"] = Value(plain=found or (Value(plain="*"),), span=listed.span if listed else None)
    content = Value(plain=members, span=rule.properties.span)
    return Resource(
        kind=rule.kind,
        name=rule.name,
        id=rule.id,
        properties=content,
        body=rule.body,
        existing=rule.existing,
        doubt=rule.doubt,
        span=rule.span,
    )
