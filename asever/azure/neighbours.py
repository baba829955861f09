"""What a virtual network is connected with through gateways: its own, and those of a peer that shares them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from asever.azure.inventory import Inventory
from asever.model.addresses import ALL_V4, ALL_V6
from asever.model.numbers import NumberSet
from asever.model.things import Gateway
from asever.record import record

_DEFAULTS = (ALL_V4, ALL_V6)


@record(kw_only=False)
class _Gateways:
    """The gateways that serve each vnet, and the vnets that each gateway serves."""

    of_vnet: Mapping[str, tuple[Gateway, ...]]
    vnets: Mapping[str, tuple[str, ...]]


def _gateways(inventory: Inventory) -> _Gateways:
    found = inventory.cache.get("gateways")
    if isinstance(found, _Gateways):
        return found
    own: dict[str, list[Gateway]] = defaultdict(list)
    for gateway in inventory.network.gateways.values():
        own[gateway.vnet].append(gateway)
    of_vnet = {vnet: list(gateways) for vnet, gateways in own.items()}
    for vnet in inventory.network.vnets:
        # A spoke uses a peer's gateway only if both sides say so, and if it has none itself (azure-network-semantics 6).
        if vnet in own:
            continue
        for link in inventory.links(vnet):
            if link.own.remote_gateway and link.other.gateway_transit and link.remote.name in own:
                of_vnet.setdefault(vnet, []).extend(own[link.remote.name])
    vnets: dict[str, list[str]] = defaultdict(list)
    for vnet, gateways in of_vnet.items():
        for gateway in gateways:
            vnets[gateway.name].append(vnet)
    result = _Gateways(
        {vnet: tuple(gateways) for vnet, gateways in of_vnet.items()},
        {gateway: tuple(names) for gateway, names in vnets.items()},
    )
    inventory.cache["gateways"] = result
    return result


def gateways_of(inventory: Inventory, vnet: str) -> tuple[Gateway, ...]:
    """The gateways that serve a vnet: its own, or those of a peer by gateway transit."""
    return _gateways(inventory).of_vnet.get(vnet, ())


def vnets_behind(inventory: Inventory, gateway: Gateway) -> tuple[str, ...]:
    """The vnets that a gateway serves: its own and the spokes that use it by gateway transit."""
    return _gateways(inventory).vnets.get(gateway.name, ())


def learned(inventory: Inventory, gateway: Gateway) -> tuple[NumberSet, ...]:
    """The prefixes that a gateway brings: those it learns, and those of the network it leads to."""
    behind = inventory.network.on_premises.get(gateway.to or "")
    return (*gateway.learns, *(one for one in (behind.prefixes if behind else ()) if one not in gateway.learns))


def gateway_prefixes(inventory: Inventory, vnet: str) -> tuple[NumberSet, ...]:
    """The prefixes connected to a vnet by gateways, without learned default routes."""
    every = (one for gateway in gateways_of(inventory, vnet) for one in learned(inventory, gateway))
    return tuple(one for one in every if one not in _DEFAULTS)


def learned_defaults(inventory: Inventory, vnet: str) -> tuple[NumberSet, ...]:
    """The default routes that gateways bring to a vnet."""
    every = (one for gateway in gateways_of(inventory, vnet) for one in learned(inventory, gateway))
    return tuple(one for one in every if one in _DEFAULTS)
