"""What Azure itself would refuse to deploy, said before it is tried, each with Azure's reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from asever.diagnostics import Diagnostic, Diagnostics, Label, Severity
from asever.model.addresses import format_address, format_addresses, is_v6, parse_prefix
from asever.model.numbers import NumberSet, union
from asever.model.things import Environment, Network, Subnet, Thing, Vnet
from asever.source import Span

_NOT_PUBLIC = union(
    map(
        parse_prefix,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8",
         "224.0.0.0/3", "fc00::/7", "fe80::/10"),
    )
)  # fmt: skip
RESERVED = 5


def validate(network: Network, diagnostics: Diagnostics) -> None:
    """Adds a diagnostic for everything that Azure would refuse."""
    for one in (
        *_subnets(network),
        *_peerings(network),
        *_private_addresses(network),
        *_public_addresses(network),
        *_environments(network),
    ):
        diagnostics.add(one)


def _error(
    code: str,
    message: str,
    thing: Thing,
    part: str,
    label: str,
    *,
    other: tuple[Span | None, str] | None = None,
    note: str = "",
    help: str | None = None,  # noqa: A002 - the field's name
    severity: Severity = Severity.ERROR,
) -> Diagnostic:
    span = thing.parts.get(part, thing.span)
    secondary = (Label(other[0], other[1]),) if other is not None and other[0] is not None else ()
    return Diagnostic(
        code=code,
        message=message,
        primary=Label(span, label) if span is not None else None,
        secondary=secondary,
        notes=(note,) if note else (),
        help=help,
        severity=severity,
    )


# -- Subnets ------------------------------------------------------------------------------------------------------------


def _subnets(network: Network) -> Iterator[Diagnostic]:
    for vnet in network.vnets.values():
        inside = [network.subnets[name] for name in vnet.subnets if name in network.subnets]
        for subnet in inside:
            yield from _one_subnet(vnet, subnet)
        yield from _overlaps(inside)


def _one_subnet(vnet: Vnet, subnet: Subnet) -> Iterator[Diagnostic]:
    for prefix in subnet.prefixes:
        if not prefix <= vnet.address:
            yield _error(
                "subnet-outside-vnet",
                f"{format_addresses(prefix)} of subnet `{subnet.name}` is outside vnet `{vnet.name}`",
                subnet,
                "address",
                "outside the vnet",
                other=(vnet.parts.get("address"), f"the vnet holds {format_addresses(vnet.address)}"),
            )
        if is_v6(prefix.first):
            if prefix.size != 1 << 64:
                yield _error(
                    "subnet-size",
                    f"an IPv6 subnet is exactly a /64, and {format_addresses(prefix)} is not",
                    subnet,
                    "address",
                    "not a /64",
                )
        elif prefix.size < 8:
            yield _error(
                "subnet-size",
                f"{format_addresses(prefix)} is too small for a subnet; the smallest is a /29",
                subnet,
                "address",
                f"{prefix.size} addresses, five of which Azure keeps",
            )


def _overlaps(subnets: list[Subnet]) -> Iterator[Diagnostic]:
    ordered = sorted(
        ((low, high, subnet) for subnet in subnets for prefix in subnet.prefixes for low, high in prefix.ranges),
        key=lambda one: one[:2],
    )
    for (_, high, first), (low, _, second) in pairwise(ordered):
        if low <= high:
            yield _error(
                "overlapping-subnets",
                f"subnets `{first.name}` and `{second.name}` overlap",
                second,
                "address",
                f"{format_address(low)} is in both",
                other=(first.parts.get("address", first.span), "the other one"),
            )


def _peerings(network: Network) -> Iterator[Diagnostic]:
    for vnet in network.vnets.values():
        for one in vnet.peerings:
            remote = network.vnets.get(one.remote)
            if remote is None or vnet.name > remote.name:
                continue
            if remote.name == vnet.name:
                yield _error("peers-itself", f"vnet `{vnet.name}` cannot peer with itself", vnet, "peers", "itself")
            elif vnet.address.overlaps(remote.address):
                yield _error(
                    "overlapping-vnets",
                    f"vnets `{vnet.name}` and `{remote.name}` overlap and cannot be peered",
                    vnet,
                    "address",
                    f"both hold {format_address((vnet.address & remote.address).first)}",
                    other=(remote.parts.get("address", remote.span), "the other one"),
                )


# -- Addresses ----------------------------------------------------------------------------------------------------------


def _held(network: Network) -> Iterator[tuple[Thing, str, str, int]]:
    """Every private address that a thing in a subnet has: the thing, the attribute, the subnet, the address."""
    for machine in network.machines.values():
        yield from ((machine, "ip", machine.subnet, address) for address in machine.addresses)
    for firewall in network.firewalls.values():
        yield firewall, "ip", firewall.subnet, firewall.address
    for endpoint in network.private_endpoints.values():
        yield endpoint, "ip", endpoint.subnet, endpoint.address
    for balancer in network.load_balancers.values():
        if balancer.subnet is not None:
            yield balancer, "frontend", balancer.subnet, balancer.frontend
    for environment in network.environments.values():
        if environment.ilb is not None:
            yield environment, "ilb", environment.subnet, environment.ilb


def _private_addresses(network: Network) -> Iterator[Diagnostic]:
    taken: dict[tuple[str, int], tuple[Thing, str]] = {}
    for thing, part, name, address in _held(network):
        subnet = network.subnets.get(name)
        if subnet is None:
            continue
        vnet = network.vnets.get(subnet.vnet)
        # Version 1 environments may have their ILB address anywhere in the vnet (ase-network-semantics section 1).
        anywhere = isinstance(thing, Environment) and thing.version == 1
        room = vnet.address if anywhere and vnet is not None else union(subnet.prefixes)
        text = format_address(address)
        if address not in room:
            yield _error(
                "address-outside-subnet",
                f"{text} is not in subnet `{name}`",
                thing,
                part,
                "outside the subnet",
                other=(subnet.parts.get("address"), f"the subnet holds {format_addresses(union(subnet.prefixes))}"),
            )
        elif any(_is_reserved(prefix, address) for prefix in subnet.prefixes):
            yield _error(
                "reserved-address",
                f"{text} is one of the five addresses that Azure keeps in subnet `{name}`",
                thing,
                part,
                "Azure's own",
                note="Azure keeps the first four addresses of a subnet and its last one",
            )
        first = taken.setdefault((subnet.vnet, address), (thing, part))
        if first[0] is not thing or first[1] != part:
            yield _error(
                "address-used-twice",
                f"{text} belongs to `{first[0].name}` and to `{thing.name}`",
                thing,
                part,
                "used again here",
                other=(first[0].parts.get(first[1], first[0].span), "first used here"),
            )


def _is_reserved(prefix: NumberSet, address: int) -> bool:
    low, high = prefix.ranges[0]
    return low <= address <= high and (address < low + 4 or address == high)


def _public(network: Network) -> Iterator[tuple[Thing, str, int]]:
    for environment in network.environments.values():
        if environment.vip is not None:
            yield environment, "vip", environment.vip
        yield from ((environment, "ip-ssl", one.address) for one in environment.ip_ssl)
    for machine in network.machines.values():
        if machine.public_ip is not None:
            yield machine, "public-ip", machine.public_ip
    for firewall in network.firewalls.values():
        if firewall.public_ip is not None:
            yield firewall, "public-ip", firewall.public_ip
    for balancer in network.load_balancers.values():
        if balancer.subnet is None:
            yield balancer, "frontend", balancer.frontend


def _public_addresses(network: Network) -> Iterator[Diagnostic]:
    inside = union(vnet.address for vnet in network.vnets.values())
    taken: dict[int, tuple[Thing, str]] = {}
    for thing, part, address in _public(network):
        text = format_address(address)
        if address in _NOT_PUBLIC:
            yield _error(
                "private-vip" if part == "vip" else "not-public",
                f"{text} is a private address, and the {part} of `{thing.name}` is public",
                thing,
                part,
                "not a public address",
                help="an internal address is written with `ilb`" if part == "vip" else None,
            )
        elif address in inside:
            yield _error("vip-inside-vnet", f"{text} lies inside a vnet", thing, part, "a public address is needed")
        first = taken.setdefault(address, (thing, part))
        if first[0] is not thing or first[1] != part:
            yield _error(
                "address-used-twice",
                f"{text} belongs to `{first[0].name}` and to `{thing.name}`",
                thing,
                part,
                "used again here",
                other=(first[0].parts.get(first[1], first[0].span), "first used here"),
            )


# -- Environments -------------------------------------------------------------------------------------------------------


def _environments(network: Network) -> Iterator[Diagnostic]:
    by_subnet: dict[str, Environment] = {}
    for one in network.environments.values():
        subnet = network.subnets.get(one.subnet)
        if subnet is None:
            continue
        first = by_subnet.setdefault(one.subnet, one)
        if first is not one:
            yield _error(
                "environment-shares-subnet",
                f"environments `{first.name}` and `{one.name}` are in one subnet",
                one,
                "subnet",
                "already taken",
                other=(first.parts.get("subnet", first.span), "by this one"),
                note="each environment needs a subnet of its own",
            )
        yield from _size(one, subnet)
        yield from _settings(one)
    for machine in network.machines.values():
        environment = by_subnet.get(machine.subnet)
        if environment is not None:
            dedicated = environment.version == 3
            yield _error(
                "subnet-not-empty",
                f"machine `{machine.name}` is in the subnet of environment `{environment.name}`",
                machine,
                "subnet",
                "nothing else may be in it" if dedicated else "the environment will not reach it",
                other=(environment.parts.get("subnet", environment.span), "the environment's subnet"),
                note="the subnet of a version 3 environment is delegated to it"
                if dedicated
                else "an environment's calls to other machines in its own subnet are blocked by the platform",
                severity=Severity.ERROR if dedicated else Severity.WARNING,
            )


@dataclass(frozen=True, slots=True)
class Need:
    """How many addresses an environment takes, Azure's five included; `most` where the articles give a range."""

    least: int
    most: int


def needed(one: Environment) -> Need:
    """The addresses an environment needs (ase-network-semantics section 5.2).

    Versions 1 and 2 take 12 when empty, 13 with an ILB, and one an instance; version 2 grows by one more at every 15 and
    every 20 instances. Version 3 takes Azure's five, 4 to 27 of its own, and one an instance.
    """
    instances = one.instances or 0
    if one.version == 3:
        return Need(RESERVED + 4 + instances, RESERVED + 27 + instances)
    base = 13 if one.ilb is not None else 12
    total = base + instances + (instances // 15 + instances // 20 if one.version == 2 else 0)
    return Need(total, total)


def _size(one: Environment, subnet: Subnet) -> Iterator[Diagnostic]:
    room = sum(prefix.size for prefix in subnet.prefixes if not is_v6(prefix.first))
    need = needed(one)
    other = (subnet.parts.get("address"), f"{room} addresses")
    part = "instances" if one.instances else "subnet"
    extra = f" with {one.instances} instance{'s' if one.instances != 1 else ''}" if one.instances else ""
    if one.version == 3 and room < 32:
        message = f"a version 3 environment needs a /27 or larger; subnet `{subnet.name}` has {room} addresses"
        yield _error("subnet-too-small", message, one, "subnet", "too small", other=other)
    elif need.least > room:
        message = f"environment `{one.name}`{extra} needs {need.least} addresses; subnet `{subnet.name}` has {room}"
        yield _error(
            "subnet-too-small", message, one, part, f"needs {need.least}, with the five that Azure keeps", other=other
        )
    elif one.instances and need.most > room:
        yield _error(
            "subnet-may-be-too-small",
            f"environment `{one.name}`{extra} may need up to {need.most} addresses; subnet `{subnet.name}` has {room}",
            one,
            part,
            f"needs {need.least} to {need.most}",
            other=other,
            note="version 3 takes 4 to 27 addresses for itself, and a subnet cannot be resized later",
            severity=Severity.WARNING,
        )


def _settings(one: Environment) -> Iterator[Diagnostic]:
    if one.ip_ssl and (one.version == 3 or one.ilb is not None):
        why = "version 3 does not support it" if one.version == 3 else "an ILB environment has none"
        yield _error("no-ip-ssl", f"environment `{one.name}` cannot have IP-SSL addresses: {why}", one, "ip-ssl", "not here")
    if one.ftp is not None and one.ilb is None:
        yield _error(
            "ftp-without-ilb",
            f"`ftp` says where FTP of an ILB environment arrives, and `{one.name}` is external",
            one,
            "ftp",
            "only with `ilb`",
        )
    for flag, word in ((one.ftp_enabled, "ftp-enabled"), (one.remote_debug_enabled, "remote-debug-enabled")):
        if flag and one.version != 3:
            yield _error(
                "flag-of-version-3", f"`{word}` is a setting of version 3, and `{one.name}` is version {one.version}", one,
                word, "only for version 3",
            )  # fmt: skip
