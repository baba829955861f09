"""Virtual network gateways, what stands behind them, NAT gateways and private endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from asever.importers.network import words
from asever.importers.network.book import last
from asever.importers.network.machines import private_address, public_address
from asever.importers.network.sheet import Making, called, refers
from asever.importers.network.words import prop, several
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.syntax import nodes

_GATEWAY = "Microsoft.Network/virtualNetworkGateways"
_LOCAL = "Microsoft.Network/localNetworkGateways"
_CONNECTION = "Microsoft.Network/connections"
_ENDPOINT = "Microsoft.Network/privateEndpoints"


# -- Gateways -----------------------------------------------------------------------------------------------------------


def gateways(to: Making) -> None:
    """Every gateway with what its connections lead to, and every network on premises."""
    for one in to.book.of_kind(_LOCAL, existing=True):
        space = prop(one.properties, "localNetworkAddressSpace")
        values = list(several(space or Value(plain={}), "addressPrefix", "addressPrefixes"))
        parsed = (words.prefix(each.text or "", to.place(each, one)) for each in values)
        literals: list[nodes.Value] = [found for found in parsed if found is not None]
        if not literals:
            to.remark(to.at(one), f"the addresses of {last(one.name)} are not in the file")
        to.add("on-premises", one, [words.attribute("address", to.at(one), *(literals or [words.unknown(to.at(one))]))])
    for one in to.book.of_kind(_GATEWAY):
        to.add("gateway", one, _gateway(to, one))


def _gateway(to: Making, one: Resource) -> Iterator[nodes.Attribute | None]:
    configurations = prop(one.properties, "ipConfigurations")
    every = configurations.items if configurations is not None else ()
    subnet = next((found for each in every if refers(found := prop(each, "subnet"))), None)
    at = to.place(subnet, one)
    yield words.attribute("vnet", at, words.ref(to.home(subnet, one).rpartition("/")[0], at))
    kind = prop(one.properties, "gatewayType")
    spelled = "expressroute" if kind is not None and (kind.text or "").casefold() == "expressroute" else "vpn"
    yield words.attribute("kind", to.place(kind, one), words.ref(spelled, to.place(kind, one)))
    if refers(prop(one.properties, "vpnClientConfiguration")):
        to.leave_out(one, "its point-to-site clients")
    behind: list[nodes.Ref] = []
    for connection in to.each(_CONNECTION):
        ends = [prop(connection.properties, f"virtualNetworkGateway{number}") for number in (1, 2)]
        if one not in [to.book.find(end, _GATEWAY) for end in ends]:
            continue
        local = prop(connection.properties, "localNetworkGateway2")
        site = to.book.find(local, _LOCAL)
        span = to.at(connection)
        if site is not None:
            behind.append(words.ref(to.name(site), span))
        elif refers(local):
            to.leave_out(connection, f"the network behind it is not in the file: {called(local)}")
        elif refers(prop(connection.properties, "peer")):
            to.leave_out(connection, "what an ExpressRoute circuit brings is not in the file: write `learns` for it")
        else:
            to.leave_out(connection, "a connection of two virtual networks by their gateways is not modelled yet")
        if to.boolean(connection, "enableBgp", prop(connection.properties, "enableBgp")):
            to.leave_out(connection, "the prefixes that it learns by BGP are not in the file: write `learns` for them")
    if behind:
        yield words.attribute("to", behind[0].span, behind[0])
    for more in behind[1:]:
        to.leave_out(one, f"it leads to {more.text} as well, and the language has one network behind a gateway", more.span)


# -- NAT gateways -------------------------------------------------------------------------------------------------------


def nat_gateways(to: Making) -> None:
    """Every NAT gateway."""
    for one in to.book.of_kind("Microsoft.Network/natGateways", existing=True):
        given = several(one.properties, "publicIpAddress", "publicIpAddresses")
        values: list[nodes.Value] = [public_address(to, reference, one) for reference in given]
        for reference in several(one.properties, "publicIpPrefix", "publicIpPrefixes"):
            found = to.book.find(reference, "Microsoft.Network/publicIPPrefixes")
            text = prop(found.properties, "ipPrefix") if found is not None else None
            at = to.place(reference, one)
            values.append((words.prefix(text.text or "", at) if text is not None else None) or words.unknown(at))
        at = to.at(one)
        to.add("nat-gateway", one, [words.attribute("public-ip", at, *(values or [words.unknown(at)]))])


# -- Private endpoints --------------------------------------------------------------------------------------------------

_SERVICES = {
    "microsoft.storage/storageaccounts": "Storage",
    "microsoft.sql/servers": "Sql",
    "microsoft.keyvault/vaults": "AzureKeyVault",
    "microsoft.documentdb/databaseaccounts": "AzureCosmosDB",
    "microsoft.containerregistry/registries": "AzureContainerRegistry",
    "microsoft.eventhub/namespaces": "EventHub",
    "microsoft.servicebus/namespaces": "ServiceBus",
    "microsoft.web/sites": "AppService",
    "microsoft.cognitiveservices/accounts": "CognitiveServicesManagement",
    "microsoft.appconfiguration/configurationstores": "AppConfiguration",
    "microsoft.machinelearningservices/workspaces": "AzureMachineLearning",
}


def private_endpoints(to: Making) -> None:
    """Every private endpoint. What it leads to is known by the type of its target."""
    for one in to.book.of_kind(_ENDPOINT):
        subnet = prop(one.properties, "subnet")
        at = to.place(subnet, one)
        to.add(
            "private-endpoint",
            one,
            [
                words.attribute("subnet", at, words.ref(to.home(subnet, one), at)),
                words.attribute("ip", to.at(one), _endpoint_address(to, one)),
                _target(to, one),
            ],
        )


def _endpoint_address(to: Making, one: Resource) -> nodes.Addresses | nodes.Ref:
    given = prop(one.properties, "ipConfigurations")
    configurations = list(given.items) if given is not None else []
    for reference in to.members(one, one.properties, "networkInterfaces"):
        nic = to.book.find(reference, "Microsoft.Network/networkInterfaces")
        found = prop(nic.properties, "ipConfigurations") if nic is not None else None
        configurations.extend(found.items if found is not None else ())
    known = (private_address(to, one, each) for each in configurations)
    return next((each for each in known if isinstance(each, nodes.Addresses)), words.unknown(to.at(one)))


def _target(to: Making, one: Resource) -> nodes.Attribute:
    for field in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
        connections = prop(one.properties, field)
        for each in connections.items if connections is not None else ():
            target = prop(each, "privateLinkServiceId")
            at = to.place(target, one)
            environment = to.book.find(target, "Microsoft.Web/hostingEnvironments")
            if environment is not None:
                return words.attribute("to", at, words.ref(to.name(environment), at))
            text = called(target).casefold()
            service = next((tag for kind, tag in _SERVICES.items() if f"/providers/{kind}/" in text), None)
            if service is not None:
                return words.attribute("to", at, words.ref(service, at))
            to.leave_out(one, f"what it leads to: {called(target)}", at)
            return words.attribute("to", at, words.ref("PrivateLink", at))
    return words.attribute("to", to.at(one), words.ref("PrivateLink", to.at(one)))
