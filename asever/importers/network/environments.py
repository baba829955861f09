"""App Service Environments, versions 1 to 3, in every shape that templates give them (ase-network-semantics 2)."""

from __future__ import annotations

from collections.abc import Iterator

from asever.importers.network import words
from asever.importers.network.book import last
from asever.importers.network.machines import public_address
from asever.importers.network.sheet import Making, refers
from asever.importers.network.words import prop
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.syntax import nodes

ENVIRONMENT = "Microsoft.Web/hostingEnvironments"
_MODES = {"none": 0, "web": 1, "publishing": 2, "web,publishing": 3, "publishing,web": 3}
_KINDS = {"asev1": "v1", "asev2": "v2", "asev3": "v3"}


def environments(to: Making) -> None:
    """Every environment."""
    for one in to.book.of_kind(ENVIRONMENT):
        unknown = _undecided(one)
        if unknown is None:
            to.add("ase", one, _environment(to, one))
        else:
            # Which ports arrive where hangs on it: whatever comes to its subnet is unknown.
            at = to.at(one)
            to.leave_out(one, f"{unknown}: what comes to its subnet, or from there, is unknown", at)
            to.declare(
                "unmodelled", to.name(one), at, [words.attribute("type", at, words.ref(ENVIRONMENT, at)), _subnet(to, one)]
            )


def _undecided(one: Resource) -> str | None:
    """Why nobody can say what kind of environment it is, or whether there is one."""
    if one.doubt is not None:
        return f"whether it exists is not known ({one.doubt})"
    kind, mode = one.body.get("kind"), prop(one.properties, "internalLoadBalancingMode")
    for what, value in (("its version", kind), ("its internalLoadBalancingMode", mode)):
        if value is not None and value.symbol is not None:
            return f"{what} is not known ({value.symbol.name})"
    return None


def _environment(to: Making, one: Resource) -> Iterator[nodes.Attribute | None]:
    kind = one.body.get("kind")
    version = _version(one)
    yield words.attribute("version", to.place(kind, one), words.ref(version, to.place(kind, one)))
    yield _subnet(to, one)
    yield from _addresses(to, one, version)
    settings = _settings(one, to)
    for word, field in (
        ("ftp-enabled", "ftpEnabled"),
        ("remote-debug-enabled", "remoteDebugEnabled"),
        ("allow-new-private-endpoint-connections", "allowNewPrivateEndpointConnections"),
    ):
        if version == "v3":
            yield next((found for each in settings if (found := to.switch(one, word, prop(each, field), default=False))), None)


def _version(one: Resource) -> str:
    """By `kind`; without it the template is of version 1, which had none (ase-network-semantics 2)."""
    kind = one.body.get("kind")
    return _KINDS.get((kind.text or "").strip().casefold(), "v1") if kind is not None else "v1"


def _subnet(to: Making, one: Resource) -> nodes.Attribute:
    vnet = prop(one.properties, "virtualNetwork")
    name = prop(vnet, "subnet") if vnet is not None else None
    name = name if name is not None and name.text else prop(one.properties, "vnetSubnetName")
    identity = prop(vnet, "id") if vnet is not None else None
    at = to.place(identity if identity is not None else vnet, one)
    text = identity.text if identity is not None else None
    if text is not None and "/subnets/" not in text.casefold() and name is not None and name.text:
        # Version 1 gives the network and the name of the subnet, versions 2 and 3 the id of the subnet too.
        return words.attribute(
            "subnet", at, words.ref(to.home(Value(plain=f"{text.rstrip('/')}/subnets/{name.text}", span=at), one), at)
        )
    if text is None and identity is None:
        group, network = prop(one.properties, "vnetResourceGroupName"), prop(one.properties, "vnetName")
        if network is not None and network.text and name is not None and name.text:
            within = f"/subscriptions/-/resourceGroups/{group.text if group is not None and group.text else '-'}"
            whole = f"{within}/providers/Microsoft.Network/virtualNetworks/{network.text}/subnets/{name.text}"
            return words.attribute("subnet", at, words.ref(to.home(Value(plain=whole, span=at), one), at))
    return words.attribute("subnet", at, words.ref(to.home(identity or vnet, one), at))


def _mode(to: Making, one: Resource) -> int:
    """The ILB mode, a number or words: 1 is HTTP inside, 2 is FTP and publishing inside (ase-network-semantics 1.1)."""
    value = prop(one.properties, "internalLoadBalancingMode")
    if value is None:
        return 0
    number = words.whole(value)
    if number is not None:
        return number & 3
    text = (value.text or "").replace(" ", "").casefold()
    if text not in _MODES:
        to.refuse(one, f"internalLoadBalancingMode of {one.name} is none of Azure's: {value.text}", to.place(value, one))
    return _MODES.get(text, 0)


def _settings(one: Resource, to: Making) -> list[Value]:
    """Where the settings of a version 3 environment stand: in it, or in its configuration, which may stand apart."""
    found = [one.properties]
    inside = prop(one.properties, "networkingConfiguration")
    if inside is not None:
        found.insert(0, inside)
    found[:0] = [
        child.properties for child in to.book.children(one, "configurations") if last(child.name).casefold() == "networking"
    ]
    return found


def _addresses(to: Making, one: Resource, version: str) -> Iterator[nodes.Attribute | None]:
    mode, at = _mode(to, one), to.at(one)
    settings = _settings(one, to)
    inside = _first_address(
        to, one, settings, ("internalInboundIpAddresses", "internalIpAddress", "ilbIpAddress", "inboundIpAddressOverride")
    )
    outside = _first_address(to, one, settings, ("externalInboundIpAddresses", "serviceIpAddress"))
    vips = prop(one.properties, "vipMappings")
    for each in vips.items if vips is not None else ():
        address = prop(each, "virtualIP")
        literal = words.addresses(address.text, to.place(address, one)) if address is not None and address.text else None
        if literal is not None and not to.boolean(one, "inUse", prop(each, "inUse")):
            outside = outside or literal
    if mode:
        yield words.attribute("ilb", at, inside or words.unknown(at))
        if version != "v3" and mode != 3:
            yield words.attribute("ftp" if mode == 1 else "web", at, words.ref("public", at))
    if version != "v3" or not mode:
        reference = prop(one.properties, "publicIPAddress")
        if outside is None and refers(reference):
            found = public_address(to, reference, one)
            outside = found if isinstance(found, nodes.Addresses) else None
        if outside is not None:
            yield words.attribute("vip", outside.span, outside)
    outbound = _all_addresses(
        to, one, settings, ("windowsOutboundIpAddresses", "linuxOutboundIpAddresses", "outboundIpAddresses")
    )
    if version == "v3" and outbound:
        yield words.attribute("outbound", outbound[0].span, *outbound)


def _all_addresses(to: Making, one: Resource, settings: list[Value], fields: tuple[str, ...]) -> list[nodes.Addresses]:
    found: dict[str, nodes.Addresses] = {}
    for each in settings:
        for field in fields:
            value = prop(each, field)
            members = value.items if value is not None and isinstance(value.plain, tuple) else (value,)
            for member in members:
                literal = words.addresses(member.text, to.place(member, one)) if member is not None and member.text else None
                if literal is not None and literal.value.size == 1:
                    found.setdefault(literal.text, literal)
    return list(found.values())


def _first_address(to: Making, one: Resource, settings: list[Value], fields: tuple[str, ...]) -> nodes.Addresses | None:
    return next(iter(_all_addresses(to, one, settings, fields)), None)
