"""Virtual networks with their subnets and peerings (azure-network-semantics 1, 6)."""

from __future__ import annotations

from collections.abc import Iterator

from asever.importers.effective import TAGS
from asever.importers.network import words
from asever.importers.network.book import last
from asever.importers.network.doubts import VNET, peerings, perhaps_peers
from asever.importers.network.sheet import Making, called
from asever.importers.network.words import inner, prop, several
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.source import Span
from asever.syntax import nodes

_POLICIES = {
    "disabled": None,
    "enabled": "on",
    "networksecuritygroupenabled": "nsg",
    "routetableenabled": "routes",
}


def _unknown_guards(to: Making, called_: str, span: Span) -> Iterator[nodes.Attribute]:
    """An NSG and a route table of which nobody knows anything: what may be on a subnet that the file only names."""
    if not called_.casefold().startswith(_PLATFORM):
        for word in ("nsg", "route-table"):
            given = to.stand_in(word, f"{word} of {called_}".replace("/", " "), span)
            yield words.attribute(word, span, words.ref(given, span))


_PLATFORM = ("gatewaysubnet", "azurefirewallsubnet")
"""Subnets that take no NSG, and no route of a user's but in few cases."""


def vnets(to: Making) -> None:
    """Every virtual network of the file."""
    doubtful = perhaps_peers(to)
    for one in to.book.of_kind(VNET, existing=True):
        peers = (_in_doubt(name, to.at(one)) for name in doubtful[id(one)])
        to.add("vnet", one, [*_vnet(to, one), *peers])


def _in_doubt(name: str, at: Span) -> nodes.Attribute:
    return words.block("peer", words.ref(name, at), [words.attribute("connected", at, words.unknown(at))])


def _vnet(to: Making, one: Resource) -> Iterator[nodes.Attribute | None]:
    whole = prop(one.properties, "addressSpace")
    written = [*several(whole or Value(plain={}), "addressPrefix", "addressPrefixes")]
    yield prefixes(to, one, "address", written or list(_of_subnets(to, one)), whole)
    for field in ("subnets", "virtualNetworkPeerings"):
        missing = to.book.unknown_children(one, field)
        if missing is not None:
            to.leave_out(one, f"its {field} are not known: {missing}")
    location = one.location or (found.text if (found := one.body.get("location")) is not None else None)
    if location and "{" not in location:  # else a symbol, and equal ones are no sign of one region
        span = to.place(one.body.get("location"), one)
        yield words.attribute(
            "region", span, nodes.Ref(span=span, names=(words.name(location.replace(" ", "").lower(), span),))
        )
    yield _name_servers(to, one)
    for child in to.book.children(one, "subnets"):
        yield _subnet(to, child)
    for child in peerings(to, one):
        yield _peering(to, one, child)
    yield from _named_subnets(to, to.name(one))


def stand_ins(to: Making) -> None:
    """Every virtual network that the file only names. The other side of a peering is taken to be there as well."""
    for name, one in to.vnets.items():
        known = [
            found
            for value in one.space.values()
            if (found := words.prefix(value.text or "", value.span or one.span)) is not None
        ]
        items = [
            words.attribute("address", one.span, *(known or (words.unknown(one.span),))),
            *(words.block("peer", words.ref(peer, one.span), ()) for peer in one.peers),
            *(_in_doubt(other, one.span) for other in _all(to) if one.anywhere and other not in (name, *one.peers)),
            *_named_subnets(to, name),
        ]
        to.declare("vnet", name, one.span, items)


def _all(to: Making) -> Iterator[str]:
    return (to.name(each) for each in to.book.of_kind(VNET, existing=True))


def _named_subnets(to: Making, vnet: str) -> Iterator[nodes.Attribute]:
    """The subnets that the file only names: nobody knows their addresses, nor which rules and routes are on them."""
    for name, span in to.extra_subnets.get(vnet, {}).values():
        items = [words.attribute("address", span, words.unknown(span)), *_unknown_guards(to, f"{name} of {vnet}", span)]
        yield words.block("subnet", nodes.Ref(span=span, names=(words.name(name, span),)), items)


def _of_subnets(to: Making, one: Resource) -> Iterator[Value]:
    """What is known of the address space of a network that the file does not tell: the prefixes of its subnets."""
    to.remark(to.at(one), f"the address space of {last(one.name)} is not in the file")
    for child in to.book.children(one, "subnets"):
        for value in several(child.properties, "addressPrefix", "addressPrefixes"):
            if value.text is not None and words.prefix(value.text, to.at(child)) is not None:
                yield value


def prefixes(to: Making, one: Resource, word: str, values: list[Value], whole: Value | None) -> nodes.Attribute:
    """An attribute with prefixes; `unknown` where only a deployment knows them."""
    span = to.place(whole, one)
    found: list[nodes.Value] = []
    for value in values:
        at = to.place(value, one)
        if value.symbol is not None:
            to.remark(at, f"{word} of {last(one.name)}: {value.symbol.name}")
            found.append(words.unknown(at))
            continue
        for text in (value.text or "").split(","):
            known = words.prefix(text, at)
            if known is not None:
                found.append(known)
            else:
                to.refuse(one, f"{word} of {one.name} is no prefix: {text.strip() or words.said(value)}", at)
    if not found:
        symbol = next((each for field in (whole,) if field is not None for each in field.symbols()), None)
        to.remark(span, f"{word} of {last(one.name)}: {symbol.name if symbol is not None else 'not in this file'}")
        found.append(words.unknown(span))
    return words.attribute(word, found[0].span, *found)


def _name_servers(to: Making, one: Resource) -> nodes.Attribute | None:
    found: list[nodes.Value] = []
    listed = prop(one.properties, "dhcpOptions", "dnsServers")
    symbol = next(listed.symbols(), None) if listed is not None else None
    if symbol is not None:
        at = to.place(listed, one)
        to.remark(at, f"name servers of {last(one.name)}: {symbol.name}")
        return words.attribute("dns", at, words.unknown(at))
    for value in listed.items if listed is not None else ():
        at = to.place(value, one)
        literal = words.addresses(value.text or "", at)
        if literal is not None:
            found.append(literal)
        elif value.text:
            to.leave_out(one, f"the name server {value.text} is no address", at)
    return words.attribute("dns", found[0].span, *found) if found else None


def _subnet(to: Making, one: Resource) -> nodes.Attribute:
    span = to.at(one)
    values = [*several(one.properties, "addressPrefix", "addressPrefixes")]
    if one.existing and not one.properties.plain:
        guards = _unknown_guards(to, one.name.replace("/", " "), span)
        return words.block(
            "subnet",
            nodes.Ref(span=span, names=(words.name(last(one.name), span),)),
            [prefixes(to, one, "address", values, None), *guards],
        )
    items = [
        prefixes(to, one, "address", values, prop(one.properties, "addressPrefix")),
        to.group(prop(one.properties, "networkSecurityGroup"), one),
        to.table(prop(one.properties, "routeTable"), one),
        to.reference("nat-gateway", prop(one.properties, "natGateway"), "Microsoft.Network/natGateways", one),
        _service_endpoints(to, one),
        _policies(to, one),
        to.switch(one, "default-outbound", prop(one.properties, "defaultOutboundAccess"), default=True),
        _delegation(to, one),
        *_told_tags(to, one),
    ]
    return words.block("subnet", nodes.Ref(span=span, names=(words.name(last(one.name), span),)), items)


def _told_tags(to: Making, one: Resource) -> Iterator[nodes.Attribute]:
    """What Azure says that the computed tags hold in a subnet, in an answer about the subnet or an interface in it."""
    for told in to.each(TAGS):
        place = prop(told.properties, "place")
        nic = to.book.find(place, "Microsoft.Network/networkInterfaces")
        subnets = (
            [to.subnet(place)]
            if nic is None
            else [to.subnet(prop(each, "subnet")) for each in to.members(nic, nic.properties, "ipConfigurations")]
        )
        if one not in subnets:
            continue
        for word, tag in (("virtual-network", "virtualnetwork"), ("internet", "internet")):
            listed = prop(told.properties, tag)
            found = [
                literal
                for each in (listed.items if listed is not None else ())
                if (literal := words.addresses(each.text or "", to.place(each, told)))
            ]
            if found:
                yield words.attribute(word, found[0].span, *found)
        return


def _service_endpoints(to: Making, one: Resource) -> nodes.Attribute | None:
    found: list[nodes.Value] = []
    for each in to.members(one, one.properties, "serviceEndpoints"):
        service = prop(each, "service")
        at = to.place(service, one)
        if service is not None and service.text is not None:
            found.append(nodes.Ref(span=at, names=(words.name(service.text, at),)))
        else:
            to.leave_out(one, "a service endpoint is known only at deployment", at)
    return words.attribute("service-endpoints", found[0].span, *found) if found else None


def _policies(to: Making, one: Resource) -> nodes.Attribute | None:
    policies = prop(one.properties, "privateEndpointNetworkPolicies")
    if policies is None:
        return None
    at = to.place(policies, one)
    text = (policies.text or "").casefold()
    if text not in _POLICIES:
        to.leave_out(one, "privateEndpointNetworkPolicies is not known", at)
        return None
    spelled = _POLICIES[text]
    return words.attribute("private-endpoint-policies", at, words.ref(spelled, at)) if spelled is not None else None


def _delegation(to: Making, one: Resource) -> nodes.Attribute | None:
    for each in to.members(one, one.properties, "delegations"):
        service = prop(each, "serviceName")
        if service is not None and service.text is not None:
            at = to.place(service, one)
            pieces = tuple(words.name(piece, at) for piece in service.text.split("/"))
            return words.attribute("delegation", at, nodes.Ref(span=at, names=pieces))
    return None


def _peering(to: Making, vnet: Resource, one: Resource) -> nodes.Attribute | None:
    """One side of a peering, with its flags as they are when nobody sets them (azure-network-semantics 6)."""
    span = to.at(one)
    remote = prop(one.properties, "remoteVirtualNetwork")
    found = to.book.find(remote, VNET)
    if found is not None:
        name = to.name(found)
    else:
        space = prop(one.properties, "remoteVirtualNetworkAddressSpace") or prop(one.properties, "remoteAddressSpace")
        known = tuple(several(space, "addressPrefix", "addressPrefixes")) if space is not None else ()
        name = to.stand_in_vnet(called(remote), to.place(remote, one), known, to.name(vnet))
    content = inner(one.properties)
    items = [
        _connected(to, one),
        _flag(to, one, "access", content.get("allowVirtualNetworkAccess"), default=True),
        # Resource Manager takes a flag that is not there as false; only tools differ (azure-network-semantics 6).
        _flag(to, one, "forwarded-traffic", content.get("allowForwardedTraffic"), default=None)
        or words.attribute("forwarded-traffic", span, words.ref("off", span)),
        _flag(to, one, "gateway-transit", content.get("allowGatewayTransit"), default=False),
        _flag(to, one, "remote-gateway", content.get("useRemoteGateways"), default=False),
    ]
    return words.block("peer", words.ref(name, to.place(remote, one)), items)


_IN_EFFECT = {
    "peeringState": "connected",
    "peeringSyncLevel": "fullyinsync",
    "peerCompleteVnets": "true",
    "enableOnlyIPv6Peering": "false",
}
"""What Azure says of a peering of whole networks that carries packets, by property."""


def _connected(to: Making, one: Resource) -> nodes.Attribute | None:
    """`connected unknown` where Azure, or a condition of a template, leaves open what the peering carries."""
    for field, usual in _IN_EFFECT.items():
        value = prop(one.properties, field)
        if value is not None and (value.text or str(value.plain)).casefold() != usual:
            text = value.symbol.name if value.symbol is not None else value.text or str(value.plain).lower()
            return _unknown(to, one, "connected", f"{field} is {text}", to.place(value, one))
    if one.doubt is not None:
        return _unknown(to, one, "connected", f"whether it exists is not known: {one.doubt}", to.at(one))
    return None


def _flag(to: Making, one: Resource, word: str, value: Value | None, *, default: bool | None) -> nodes.Attribute | None:
    """A flag, written only where it is not what it is without being written."""
    if value is not None and value.symbol is not None:
        return _unknown(to, one, word, f"{word} is not known: {value.symbol.name}", to.place(value, one))
    return to.switch(one, word, value, default=default)


def _unknown(to: Making, one: Resource, word: str, why: str, span: Span) -> nodes.Attribute:
    to.leave_out(one, f"what crosses the peering is unknown: {why}", span)
    return words.attribute(word, span, words.unknown(span))
