"""What an address term of a rule means at one place: `VirtualNetwork` and `Internet` differ from subnet to subnet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asever.azure.assumptions import INTERNET_MINUS_VNET, ROUTE_WIDENS_VNET, reading
from asever.azure.inventory import Inventory, singles
from asever.azure.neighbours import gateway_prefixes, learned_defaults
from asever.azure.platform import APP_SERVICE_MANAGEMENT, INTERNET_BASE, PROBE
from asever.model.effective import ALWAYS, AddressMatch, Condition
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.things import AddressTerm, Subnet, TermKind

# Azure's own spelling of the tags that rules name most (azure-network-semantics 3.3): tags compare without regard to case.
_SPELLINGS = {
    name.casefold(): name
    for name in (
        *("ActionGroup", "ApiManagement", "AppConfiguration", "AppService", "AppServiceManagement", "AzureActiveDirectory"),
        *("AzureAdvancedThreatProtection", "AzureBackup", "AzureCloud", "AzureConnectors", "AzureContainerRegistry"),
        *("AzureCosmosDB", "AzureDevOps", "AzureFrontDoor", "AzureIoTHub", "AzureKeyVault", "AzureMonitor"),
        *("AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM", "AzureResourceManager", "AzureTrafficManager"),
        *("AzureWebPubSub", "BatchNodeManagement", "CognitiveServicesManagement", "DataFactory", "EventHub"),
        *("GatewayManager", "HDInsight", "LogicApps", "LogicAppsManagement", "MicrosoftContainerRegistry", "PowerBI"),
        *("ServiceBus", "Sql", "SqlManagement", "Storage"),
    )
}
_COMPUTED = {
    "internet": "Internet",
    "virtualnetwork": "VirtualNetwork",
    "virtual_network": "VirtualNetwork",  # the classic spellings (azure-network-semantics 2.4)
    "azureloadbalancer": "AzureLoadBalancer",
    "azure_loadbalancer": "AzureLoadBalancer",
    "azuremanagement": "AppServiceManagement",
}
PLATFORM_DNS, PLATFORM_METADATA = "AzurePlatformDNS", "AzurePlatformIMDS"


def canonical_tag(name: str) -> str:
    """Azure's spelling of a service tag; an unknown name stays as it is, a region suffix too."""
    if name.casefold() in _COMPUTED:
        return _COMPUTED[name.casefold()]
    base, dot, region = name.partition(".")
    return f"{_SPELLINGS.get(base.casefold(), base)}{dot}{region}"


@dataclass(frozen=True, slots=True)
class View:
    """What the computed tags mean at one place.

    `vnet` is the tag VirtualNetwork; `widened` is the same with the prefixes of routes to appliances and gateways. Both are
    None for an NSG that is attached nowhere: then the tag is not known.
    """

    vnet: NumberSet | None
    widened: NumberSet | None


NOWHERE = View(None, None)


def view(inventory: Inventory, subnet: Subnet) -> View:
    """The computed tags at a subnet (azure-network-semantics 3.1): they depend on its vnet and on its route table."""
    key = ("view", subnet.vnet, subnet.route_table)
    found = inventory.cache.get(key)
    if not isinstance(found, View):
        plain = _virtual_network(inventory, subnet.vnet)
        found = inventory.cache[key] = View(plain, plain | _widening(inventory, subnet))
    return found


def _virtual_network(inventory: Inventory, vnet: str) -> NumberSet:
    """VirtualNetwork without what only routes bring.

    The vnet, its peers (as far as the own side grants access, azure-network-semantics 6), what its gateways lead to, and
    168.63.129.16 (azure-network-semantics 3.1, items 1 to 4).
    """
    peers = (link.remote.address for link in inventory.links(vnet) if link.own.access)
    return union((inventory.network.vnets[vnet].address, *peers, *gateway_prefixes(inventory, vnet), PROBE))


def _widening(inventory: Inventory, subnet: Subnet) -> NumberSet:
    """Prefixes that enter VirtualNetwork in one reading only: user routes to an appliance or a gateway, learned defaults."""
    table = inventory.network.route_tables.get(subnet.route_table or "")
    routes = table.routes if table else ()
    sets = [known_tag(inventory, one.tag) or EMPTY if one.tag else one.prefix for one in routes if one.hop in _WIDENING]
    if table is None or table.bgp_propagation:
        sets.extend(learned_defaults(inventory, subnet.vnet))
    return union(sets)


# Next hops Internet and None: no source says that they enter the tag (azure-network-semantics 3.1, 13).
_WIDENING = ("appliance", "gateway")


def known_tag(inventory: Inventory, name: str) -> NumberSet | None:
    """The addresses of a service tag that is the same everywhere; None when the program does not give them."""
    defined = inventory.tags.get(name.casefold())
    if defined is not None:
        return defined.addresses
    match canonical_tag(name):
        case "AzureLoadBalancer":
            return PROBE
        case "AppServiceManagement":
            defined = inventory.tags.get("appservicemanagement")
            return defined.addresses if defined else APP_SERVICE_MANAGEMENT
        case "AzurePlatformDNS" | "AzurePlatformIMDS":
            return EMPTY  # rules that name them have rows of their own (asever.azure.filters)
        case _:
            return None


def members(inventory: Inventory, name: str) -> NumberSet:
    """What is known to lie in a service tag whose prefixes the program does not give: the resources of that service."""
    tag = name.casefold()
    every = inventory.network.platform_services.values()
    return singles(
        inventory.service_address(one)
        for one in every
        if tag in (one.service.casefold(), one.service.casefold().partition(".")[0])
    )


@dataclass(frozen=True, slots=True)
class Meaning:
    """One reading of a rule's two sides, and the readings of assumptions in which it is the right one."""

    source: AddressMatch
    target: AddressMatch
    condition: Condition


_PLACE_DEPENDENT = frozenset({"Internet", "VirtualNetwork"})


def _tags_of(terms: Iterable[AddressTerm]) -> set[str]:
    return {canonical_tag(term.text) for term in terms if term.kind is TermKind.TAG}


def depends_on_place(terms: Iterable[AddressTerm]) -> bool:
    """Whether these terms mean different things at different places."""
    return not _tags_of(terms).isdisjoint(_PLACE_DEPENDENT)


def meanings(
    inventory: Inventory,
    at: View,
    sources: Sequence[AddressTerm],
    targets: Sequence[AddressTerm],
) -> tuple[Meaning, ...]:
    """What two address lists match, in each reading that makes a difference."""
    names = _tags_of((*sources, *targets))
    depends = not names.isdisjoint(_PLACE_DEPENDENT)
    found: dict[tuple[str, str], tuple[AddressMatch, AddressMatch]] = {}
    for widens in ("yes", "no") if depends and at.vnet != at.widened else ("no",):
        for minus in ("yes", "no") if "Internet" in names else ("yes",):
            sets = _Sets(at.widened if widens == "yes" else at.vnet, minus == "yes")
            found[widens, minus] = (_match(inventory, sources, sets), _match(inventory, targets, sets))
    return tuple(_merged(found))


def _merged(found: dict[tuple[str, str], tuple[AddressMatch, AddressMatch]]) -> dict[Meaning, None]:
    """One meaning for each reading, with a condition on those assumptions only that make a difference."""
    on_route = any(found[other, minus] != pair for (_, minus), pair in found.items() for other, _ in found)
    on_minus = any(found[widens, other] != pair for (widens, _), pair in found.items() for _, other in found)
    result: dict[Meaning, None] = {}
    for (widens, minus), (source, target) in found.items():
        condition = ALWAYS
        condition |= reading(ROUTE_WIDENS_VNET, widens) if on_route else ALWAYS
        condition |= reading(INTERNET_MINUS_VNET, minus) if on_minus else ALWAYS
        result[Meaning(source, target, condition)] = None
    return result


@dataclass(frozen=True, slots=True)
class _Sets:
    """The computed tags in one reading."""

    vnet: NumberSet | None
    minus: bool

    def internet(self, inventory: Inventory) -> NumberSet:
        """The tag Internet (azure-network-semantics 3.2).

        168.63.129.16 is in it although it is in VirtualNetwork too: every recorded answer of Azure has it in both.
        """
        if self.vnet is None:
            return INTERNET_BASE
        key = ("internet", self)
        found = inventory.cache.get(key)
        if not isinstance(found, NumberSet):
            found = inventory.cache[key] = self._internet(self.vnet)
        return found

    def _internet(self, vnet: NumberSet) -> NumberSet:
        return INTERNET_BASE - (vnet - PROBE) if self.minus else INTERNET_BASE


def _match(inventory: Inventory, terms: Sequence[AddressTerm], sets: _Sets) -> AddressMatch:
    known: list[NumberSet] = []
    unknown: list[str] = []
    for term in terms:
        match term.kind:
            case TermKind.ADDRESSES:
                known.append(term.addresses)
            case TermKind.ASG:
                known.append(inventory.group_members.get(term.text, EMPTY))
            case TermKind.TAG:
                name = canonical_tag(term.text)
                addresses = _tag(inventory, name, sets)
                if addresses is None:
                    unknown.append(name)
                    known.append(members(inventory, name))
                else:
                    known.append(addresses)
    addresses = known[0] if len(known) == 1 else union(known)
    return AddressMatch(addresses=addresses, unknown_tags=frozenset(unknown), text=", ".join(term.text for term in terms))


def _tag(inventory: Inventory, name: str, sets: _Sets) -> NumberSet | None:
    if name == "Internet":
        return sets.internet(inventory)
    if name == "VirtualNetwork":
        return sets.vnet
    return known_tag(inventory, name)
