"""The functions on address ranges: `parseCidr`, `cidrSubnet`, `cidrHost`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network

from asever.importers.arm.functions.kinds import integer, text
from asever.importers.arm.mistakes import FailureError
from asever.importers.tree import Plain, Value

Network = IPv4Network | IPv6Network


def _network(plain: Plain) -> Network:
    try:
        return ip_network(text(plain), strict=False)
    except ValueError:
        raise FailureError(f"`{plain}` is no address range") from None


def _usable(network: Network) -> tuple[int, int]:
    """The first and last host: without the network's own address and the broadcast address, where the range has them."""
    first, last = int(network.network_address), int(network.broadcast_address)
    if last - first < 2:
        return first, last
    return first + 1, last - 1 if network.version == 4 else last


def _address(network: Network, number: int) -> str:
    return str(type(network.network_address)(number))


def parse_cidr(cidr: Plain) -> Plain:
    """The parts of an address range."""
    network = _network(cidr)
    first, last = _usable(network)
    parts: dict[str, Plain] = {"network": str(network.network_address), "netmask": str(network.netmask)}
    if network.version == 4:
        parts["broadcast"] = str(network.broadcast_address)
    parts |= {"firstUsable": _address(network, first), "lastUsable": _address(network, last), "cidr": network.prefixlen}
    return {name: Value(plain=part) for name, part in parts.items()}


def cidr_subnet(cidr: Plain, length: Plain, index: Plain) -> Plain:
    """The subnet of some length at an index in an address range."""
    network, new, number = _network(cidr), integer(length), integer(index)
    if not network.prefixlen <= new <= network.max_prefixlen:
        raise FailureError(f"a subnet of `{network}` has a length of {network.prefixlen} to {network.max_prefixlen}")
    if not 0 <= number < 1 << (new - network.prefixlen):
        raise FailureError(f"`{network}` has no /{new} with the index {number}")
    start = int(network.network_address) + (number << (network.max_prefixlen - new))
    return f"{_address(network, start)}/{new}"


def cidr_host(cidr: Plain, index: Plain) -> Plain:
    """The usable address at an index in an address range: index 0 is the first after the network's own address."""
    network, number = _network(cidr), integer(index)
    first, last = _usable(network)
    if number < 0 or first + number > last:
        raise FailureError(f"`{network}` has no host with the index {number}")
    return _address(network, first + number)


FUNCTIONS: Mapping[str, Callable[..., Plain]] = {"parsecidr": parse_cidr, "cidrsubnet": cidr_subnet, "cidrhost": cidr_host}
