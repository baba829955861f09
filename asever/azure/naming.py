"""How the program calls single addresses, so that answers can say `one.vip` beside `192.23.1.2`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.azure.inventory import Inventory
from asever.azure.platform import METADATA, PROBE_SOURCE
from asever.model.numbers import NumberSet


def address_names(known: Inventory) -> Mapping[int, str]:
    """The name of every single address that belongs to something; the first name of an address counts."""
    names: dict[int, str] = {}
    for address, name in _names(known):
        names.setdefault(address, name)
    return names


def _names(known: Inventory) -> Iterator[tuple[int, str]]:
    network = known.network
    for name, placeholder in known.placeholder_vips.items():
        yield placeholder, f"the VIP of {name} (not in the file)"
    for environment in network.environments.values():
        if environment.vip is not None:
            yield environment.vip, f"{environment.name}.vip"
        if environment.ilb is not None:
            yield environment.ilb, f"{environment.name}.ilb"
        yield from ((one.address, f"{environment.name}.ip-ssl") for one in environment.ip_ssl)
        yield from _each(environment.outbound, f"{environment.name}.outbound")
    for machine in network.machines.values():
        yield from ((address, f"{machine.name}.ip") for address in machine.addresses)
        if machine.public_ip is not None:
            yield machine.public_ip, f"{machine.name}.public-ip"
    for firewall in network.firewalls.values():
        yield firewall.address, f"{firewall.name}.ip"
        if firewall.public_ip is not None:
            yield firewall.public_ip, f"{firewall.name}.public-ip"
    yield from ((one.frontend, f"{one.name}.frontend") for one in network.load_balancers.values())
    yield from ((one.address, f"{one.name}.ip") for one in network.private_endpoints.values())
    yield from ((known.service_address(one), one.name) for one in network.platform_services.values())
    for gateway in network.nat_gateways.values():
        yield from _each(gateway.public_ip, f"{gateway.name}.public-ip")
    yield PROBE_SOURCE, "AzureLoadBalancer"
    yield METADATA.first, "the instance metadata service"


def _each(addresses: NumberSet, name: str) -> Iterator[tuple[int, str]]:
    """The single addresses of a set; the members of a longer range have no name of their own."""
    return ((low, name) for low, high in addresses.ranges if low == high)
