"""What an address term of a rule means at one place: `VirtualNetwork` and `Internet` differ from subnet to subnet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.azure.assumptions import INTERNET_MINUS_VNET, ROUTE_WIDENS_VNET, VNET_NEXT_HOPS, reading
from asever.azure.inventory import Inventory, singles
from asever.azure.neighbours import gateway_prefixes, learned_defaults
from asever.azure.platform import INTERNET_BASE, PROBE, app_service_management
from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import ALWAYS, AddressMatch, Condition
from asever.model.identity import Same
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.things import AddressTerm, Subnet, TermKind, UserRoute
from asever.record import record, replace

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


Perhaps = tuple[tuple[str, NumberSet], ...]
"""Addresses that may be in a set, each with what nobody knows."""


@record(kw_only=False)
class View:
    """What the computed tags mean at one place.

    `vnet` is the tag VirtualNetwork; `widened` is the same with the prefixes of routes to appliances and gateways, `widest`
    with those of every user route. All are None for an NSG that is attached nowhere: then the tag is not known. `tags` and
    `widest_tags` are the service tags of unknown content that routes bring into it likewise. `internet` is the tag Internet
    where the program has what Azure itself says of it. `perhaps` are the addresses of peers of which nobody knows whether they
    are let in, each with the reason: they may be in the tag.
    """

    vnet: NumberSet | None
    widened: NumberSet | None
    widest: NumberSet | None
    tags: frozenset[str] = frozenset()
    widest_tags: frozenset[str] = frozenset()
    internet: NumberSet | None = None
    perhaps: Perhaps = ()


NOWHERE = View(None, None, None)


def view(inventory: Inventory, subnet: Subnet) -> View:
    """The computed tags at a subnet (azure-network-semantics 3.1): they depend on its vnet and on its route table.

    Where they are alike, they are one value, so that what follows from them can be kept under it by identity.
    """
    key = ("view", subnet.vnet, subnet.route_table, subnet.virtual_network, subnet.internet)
    found = inventory.cache.get(key)
    if not isinstance(found, View):
        made = _view(inventory, subnet)
        found = inventory.cache[key] = inventory.cache.setdefault(made, made)
        assert isinstance(found, View)  # noqa: S101 - a view is kept under itself
    return found


def _view(inventory: Inventory, subnet: Subnet) -> View:
    derived = _derived(inventory, subnet)
    told = subnet.virtual_network
    if told is not None:
        return View(told, told, told, internet=subnet.internet)
    return replace(derived, internet=subnet.internet)


def _derived(inventory: Inventory, subnet: Subnet) -> View:
    table = inventory.network.route_tables.get(subnet.route_table or "")
    routes = table.routes if table else ()
    learned = learned_defaults(inventory, subnet.vnet) if table is None or table.bgp_propagation else ()
    plain = _virtual_network(inventory, subnet.vnet)
    addresses, tags = _brought(inventory, (one for one in routes if one.hop in _WIDENING))
    every, every_tags = _brought(inventory, routes)
    widened, widest = union((plain, addresses, *learned)), union((plain, every, *learned))
    perhaps = tuple(
        (f"whether VirtualNetwork holds vnet {link.remote.name} in vnet {subnet.vnet}", link.remote.address)
        for link in inventory.links(subnet.vnet)
        if "access" in link.own.unknown
    )
    more, most = _beyond(inventory, tags, widened), _beyond(inventory, every_tags, widest)
    return View(plain, widened, widest, more, most, perhaps=perhaps)


def _beyond(inventory: Inventory, tags: frozenset[str], addresses: NumberSet) -> frozenset[str]:
    """Those tags of unknown content that may hold more than these addresses: none, where they are every public one."""
    return tags if tags and not inventory.of_unknown_tags <= addresses else frozenset()


def _virtual_network(inventory: Inventory, vnet: str) -> NumberSet:
    """VirtualNetwork without what only routes bring.

    The vnet, its peers (as far as the own side grants access, azure-network-semantics 6), what its gateways lead to, and
    168.63.129.16 (azure-network-semantics 3.1, items 1 to 4).
    """
    peers = (link.remote.address for link in inventory.links(vnet) if link.own.access and "access" not in link.own.unknown)
    return union((inventory.network.vnets[vnet].address, *peers, *gateway_prefixes(inventory, vnet), PROBE))


# Next hops Internet and None: no source says that they enter the tag (azure-network-semantics 3.1, 13).
_WIDENING = ("appliance", "gateway")


def _brought(inventory: Inventory, routes: Iterable[UserRoute]) -> tuple[NumberSet, frozenset[str]]:
    """The prefixes of routes, those of service tags too (azure-network-semantics 3.1), and the tags of unknown content."""
    sets: list[NumberSet] = []
    unknown: list[str] = []
    for one in routes:
        addresses = one.prefix if one.tag is None else known_tag(inventory, one.tag)
        if addresses is not None:
            sets.append(addresses)
        elif one.tag is not None:
            unknown.append(canonical_tag(one.tag))
    return union(sets), frozenset(unknown)


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
            return defined.addresses if defined else app_service_management()
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


@record(kw_only=False)
class Meaning:
    """One reading of a rule's two sides, and the readings of assumptions in which it is the right one."""

    source: AddressMatch
    target: AddressMatch
    condition: Condition


_PLACE_DEPENDENT = frozenset({"Internet", "VirtualNetwork"})
_TAG, _ADDRESSES = TermKind.TAG, TermKind.ADDRESSES  # every term of every rule is asked for these


def tags_of(terms: Iterable[AddressTerm]) -> frozenset[str]:
    """The service tags among these terms, as Azure spells them."""
    return frozenset([canonical_tag(term.text) for term in terms if term.kind is _TAG])


def name_tags(terms: Iterable[AddressTerm]) -> bool:
    """Whether there is a service tag among these terms."""
    return _TAG in [term.kind for term in terms]


def depend_on_place(tags: frozenset[str]) -> bool:
    """Whether these tags mean different things at different places."""
    return not tags.isdisjoint(_PLACE_DEPENDENT)


def meanings(
    inventory: Inventory,
    at: View,
    sources: Sequence[AddressTerm],
    targets: Sequence[AddressTerm],
) -> tuple[Meaning, ...]:
    """What two address lists match, in each reading that makes a difference."""
    names = tags_of((*sources, *targets))
    if not depend_on_place(names):
        return (Meaning(match_everywhere(inventory, sources), match_everywhere(inventory, targets), ALWAYS),)
    readings, contents = _readings(inventory, at, internet="Internet" in names)
    pairs = [(_match(inventory, sources, sets), _match(inventory, targets, sets)) for sets in contents]
    return tuple(_merged({one: pairs[index] for one, index in readings.items()}))


def match_everywhere(inventory: Inventory, terms: Sequence[AddressTerm]) -> AddressMatch:
    """What an address list matches whose tags do not depend on the place."""
    return _match(inventory, terms, _NO_SETS)


_Contents = tuple[NumberSet | None, frozenset[str]]


@record(kw_only=False)
class _Reading:
    """One reading of what the computed tags hold."""

    widens: str
    hops: str
    minus: str


def _merged(found: Mapping[_Reading, tuple[AddressMatch, AddressMatch]]) -> Iterable[Meaning]:
    """One meaning for each reading, with a condition on those assumptions only that make a difference."""
    first, *others = found.values()
    if all(other is first or other == first for other in others):
        return (Meaning(*first, ALWAYS),)
    on_route, on_hops, on_minus = (
        any(found[other] != pair for one, pair in found.items() for other in found if _differ_in(one, other, name))
        for name in ("widens", "hops", "minus")
    )
    result: dict[Meaning, None] = {}
    for one, (source, target) in found.items():
        condition = ALWAYS
        condition |= reading(ROUTE_WIDENS_VNET, one.widens) if on_route else ALWAYS
        # Where routes do not widen the tag it is of no interest which of them would.
        condition |= reading(VNET_NEXT_HOPS, one.hops) if on_hops and one.widens == "yes" else ALWAYS
        condition |= reading(INTERNET_MINUS_VNET, one.minus) if on_minus else ALWAYS
        result[Meaning(source, target, condition)] = None
    return result


def _differ_in(one: _Reading, other: _Reading, name: str) -> bool:
    """Whether two readings differ in this assumption and in no other."""
    differ = {"widens": one.widens != other.widens, "hops": one.hops != other.hops, "minus": one.minus != other.minus}
    return differ.pop(name) and not any(differ.values())


@record(kw_only=False)
class _Sets:
    """The computed tags in one reading; `tags` are service tags of unknown content that VirtualNetwork holds too."""

    vnet: NumberSet | None
    tags: frozenset[str]
    minus: bool
    shown: NumberSet | None = None
    perhaps: Perhaps = ()

    def open(self, name: str, addresses: NumberSet) -> Iterator[tuple[str, NumberSet]]:
        """What may be in a computed tag and may not; `addresses` are in it, as far as they are not among these."""
        if name == "VirtualNetwork" and self.vnet is not None:
            yield from ((why, one - addresses) for why, one in self.perhaps if not one <= addresses)
        if name == "Internet" and self.vnet is not None and self.minus and self.shown is None:
            yield from ((f"{why}, and not Internet", one & addresses) for why, one in self.perhaps if one.overlaps(addresses))

    def internet(self, inventory: Inventory) -> _Contents:
        """The tag Internet (azure-network-semantics 3.2).

        168.63.129.16 is in it although it is in VirtualNetwork too: every recorded answer of Azure has it in both.
        """
        if self.shown is not None:
            return self.shown, frozenset()
        if self.vnet is None:
            return INTERNET_BASE, frozenset()
        key = ("internet", self)
        found = inventory.cache.get(key)
        if not isinstance(found, tuple):
            found = inventory.cache[key] = self._internet(inventory, self.vnet)
        return found

    def _internet(self, inventory: Inventory, vnet: NumberSet) -> _Contents:
        if not self.minus:
            return INTERNET_BASE, frozenset()
        addresses = INTERNET_BASE - (vnet - PROBE)
        if not self.tags:
            return addresses, frozenset()
        # Which addresses a service tag takes out of it nobody knows, so Internet is of unknown content itself.
        return addresses - inventory.of_unknown_tags, frozenset({f"Internet without {' and '.join(sorted(self.tags))}"})


_NO_SETS = _Sets(None, frozenset(), minus=True)
"""What stands for the computed tags where no term names one that depends on the place."""

_APPLIANCES, _EVERY = "appliance-and-gateway", "every"
_Readings = tuple[Mapping[_Reading, int], Sequence[_Sets]]


def _readings(inventory: Inventory, at: View, *, internet: bool) -> _Readings:
    """The readings of the computed tags at a place, and what these hold: which of the second each of the first takes.

    Whether Internet holds what VirtualNetwork does matters where somebody names it.
    """
    key = ("readings", Same(at), internet)
    found: _Readings | None = inventory.cache.get(key)  # type: ignore[assignment] # what we put there
    if found is None:
        contents: dict[_Sets, int] = {}
        readings: dict[_Reading, int] = {}
        for (widens, hops), (vnet, tags) in _virtual_networks(at).items():
            for minus in ("yes", "no") if internet else ("yes",):
                sets = _Sets(vnet, tags, minus == "yes", at.internet, at.perhaps)
                readings[_Reading(widens, hops, minus)] = contents.setdefault(sets, len(contents))
        found = inventory.cache[key] = (readings, tuple(contents))
    return found


def _virtual_networks(at: View) -> Mapping[tuple[str, str], _Contents]:
    """VirtualNetwork by ROUTE_WIDENS_VNET and VNET_NEXT_HOPS, the latter only where it matters."""
    plain, widened, widest = (at.vnet, frozenset[str]()), (at.widened, at.tags), (at.widest, at.widest_tags)
    found = {("yes", _APPLIANCES): widened, ("no", _APPLIANCES): plain}
    if widest != widened:
        found |= {("yes", _EVERY): widest, ("no", _EVERY): plain}
    return found if widest != plain else {("no", _APPLIANCES): plain}


def _match(inventory: Inventory, terms: Sequence[AddressTerm], sets: _Sets) -> AddressMatch:
    term = terms[0] if len(terms) == 1 else None
    if term is None or term.kind is not _ADDRESSES:
        return _match_of_list(inventory, terms, sets)
    # Most sides of most rules are one prefix, and many are written alike.
    found = inventory.prefixes.get(term.text)
    if found is None or (found[0] is not term.addresses and found[0] != term.addresses):
        found = inventory.prefixes[term.text] = term.addresses, _match_of_list(inventory, terms, sets)
    return found[1]


def _match_of_list(inventory: Inventory, terms: Sequence[AddressTerm], sets: _Sets) -> AddressMatch:
    if not inventory.network.guesses and all(term.kind is _ADDRESSES for term in terms):
        return AddressMatch(addresses=_union([term.addresses for term in terms]), text=_text(terms))
    known: list[NumberSet] = []
    unknown: list[str] = []
    spaces: dict[str, NumberSet] = {}
    for term in terms:
        match term.kind:
            case TermKind.ADDRESSES:
                known.append(_without_doubt(inventory, term.text, term.addresses, spaces))
            case TermKind.ASG:
                known.append(inventory.group_members.get(term.text, EMPTY))
            case TermKind.TAG:
                name = canonical_tag(term.text)
                if term.text in inventory.network.open_tags:
                    unknown.append(term.text)
                    spaces[term.text] = ALL_ADDRESSES
                    continue
                addresses, tags = _tag(inventory, name, sets)
                unknown.extend(tags)
                known.extend(members(inventory, one) for one in tags)
                if addresses is not None and name in _PLACE_DEPENDENT:
                    doubtful = dict(sets.open(name, addresses))
                    spaces |= doubtful
                    known.append(addresses - union(doubtful.values()) if doubtful else addresses)
                elif addresses is not None:
                    known.append(_without_doubt(inventory, term.text, addresses, spaces))
    return AddressMatch(
        addresses=_union(known),
        unknown_tags=frozenset((*unknown, *spaces)),
        text=_text(terms),
        spaces=tuple(spaces.items()),
    )


def _union(sets: Sequence[NumberSet]) -> NumberSet:
    return sets[0] if len(sets) == 1 else union(sets)


def _text(terms: Sequence[AddressTerm]) -> str:
    return ", ".join([term.text for term in terms])


def _without_doubt(inventory: Inventory, text: str, addresses: NumberSet, spaces: dict[str, NumberSet]) -> NumberSet:
    """A set without what stands for addresses that may lie in it and may not; `spaces` is told of these.

    `text` is how the set is written: whether an address lies in one set says nothing about another one.
    """
    if not inventory.network.guesses:
        return addresses
    for guess in inventory.doubts(addresses):
        spaces[f"whether {guess.of} is in {text}"] = guess.addresses
        addresses -= guess.addresses
    return addresses


def _tag(inventory: Inventory, name: str, sets: _Sets) -> _Contents:
    """The addresses of a tag as far as they are known, and the tags of unknown content that it is or holds."""
    if name == "Internet":
        return sets.internet(inventory)
    if name == "VirtualNetwork" and sets.vnet is not None:
        return sets.vnet, sets.tags
    addresses = known_tag(inventory, name) if name != "VirtualNetwork" else None
    return addresses, frozenset() if addresses is not None else frozenset({name})
