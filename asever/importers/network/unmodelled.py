"""What the model does not know: it is listed, and where it owns an address or a subnet, paths through it are unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.importers.effective import TAGS
from asever.importers.network import words
from asever.importers.network.book import key_of_id, last
from asever.importers.network.machines import public_address
from asever.importers.network.sheet import KINDS, Making, refers
from asever.importers.network.words import prop
from asever.importers.resources import Resource
from asever.importers.tree import Value

_READ = {
    *KINDS,
    *("microsoft.network/virtualnetworks/subnets", "microsoft.network/virtualnetworks/virtualnetworkpeerings"),
    *("microsoft.network/networksecuritygroups/securityrules", "microsoft.network/networksecuritygroups/defaultsecurityrules"),
    *("microsoft.network/routetables/routes", "microsoft.network/publicipaddresses", "microsoft.network/publicipprefixes"),
    *("microsoft.network/loadbalancers/inboundnatrules", "microsoft.network/loadbalancers/backendaddresspools"),
    *("microsoft.network/firewallpolicies", "microsoft.network/firewallpolicies/rulecollectiongroups"),
    *("microsoft.network/ipgroups", "microsoft.network/connections", "microsoft.compute/virtualmachines"),
    "microsoft.network/virtualhubs/hubvirtualnetworkconnections",
    *("microsoft.network/networkmanagers", "microsoft.network/networkmanagers/connectivityconfigurations"),
    "microsoft.network/networkmanagers/networkgroups",
    *("microsoft.network/networkmanagers/networkgroups/staticmembers",),
    *("microsoft.network/networkmanagers/securityadminconfigurations",),
    *("microsoft.network/networkmanagers/securityadminconfigurations/rulecollections/rules",),
    "microsoft.web/hostingenvironments/configurations",
}
"""Types that other modules read, with those of their parts."""

_ACCESS_LISTS = (
    "networkacls",
    "networkruleset",
    "networkrulesets",
    "virtualnetworkrules",
    "networkrulecollection",
    "ipsecurityrestrictions",
)
"""Where a subnet is named because it is let in, not because something stands in it."""


NO_PART = "the model does not know this type, and it stands in no subnet of the file"


def unmodelled(to: Making) -> None:
    """Every resource of a type that no other module reads."""
    for one in to.book.resources:
        if one.kind.casefold() in _READ or one.kind == TAGS or one.existing:
            continue
        listed = one.kind.casefold().rpartition("/")[2] in _ACCESS_LISTS
        subnets = (
            {}
            if listed
            else {to.name(found): found for reference in _subnets(one) if (found := to.subnet(reference)) is not None}
        )
        if not subnets:
            to.leave_out(one, NO_PART)
            continue
        for index, name in enumerate(subnets):
            at = to.at(one)
            given = to.part_name(one, last(one.name) if index == 0 else f"{last(one.name)}-{index + 1}", "unmodelled")
            public = next(_public(to, one), None)
            items = [
                words.attribute("type", at, words.ref(one.kind, at)),
                words.attribute("subnet", at, words.ref(name, at)),
                words.attribute("public-ip", at, public_address(to, public, one))
                if public is not None and index == 0
                else None,
            ]
            to.declare("unmodelled", given, at, items)
            to.leave_out(one, "the model does not know this type: what comes to its subnet, or from there, is unknown")


def _subnets(one: Resource) -> Iterator[Value]:
    for value in _members(one.properties):
        text = value.text
        key = key_of_id(text) if text is not None and "/subnets/" in text.casefold() else None
        if key is not None and key[0] == "microsoft.network/virtualnetworks/subnets":
            yield value


def _public(to: Making, one: Resource) -> Iterator[Value]:
    fields = ("frontendIPConfigurations", "ipConfigurations")
    for each in (member for field in fields for member in to.members(one, one.properties, field)):
        found = prop(each, "publicIPAddress")
        if refers(found) and found is not None and to.book.find(found, "Microsoft.Network/publicIPAddresses") is not None:
            yield found


def _members(value: Value) -> Iterator[Value]:
    """Every value inside one, apart from access lists."""
    if isinstance(value.plain, Mapping):
        for name, member in value.plain.items():
            if name.casefold() not in _ACCESS_LISTS:
                yield from _members(member)
    elif isinstance(value.plain, tuple):
        for member in value.plain:
            yield from _members(member)
    else:
        yield value
