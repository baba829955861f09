"""Who owns which address: the declared network, indexed once, for every table that is built from it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from asever.azure.platform import INTERNET_BASE, INTERNET_V4, PLATFORM, TAG_SPACE, app_service_management
from asever.model.addresses import ALL_V4, ALL_V6, is_v6, parse_prefix
from asever.model.effective import AddressMatch
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.things import (
    RESERVED_FIRST,
    AdminRules,
    Environment,
    Firewall,
    Guess,
    LoadBalancer,
    Machine,
    Network,
    Peering,
    PlatformService,
    PrivateEndpoint,
    Subnet,
    Tag,
    Vnet,
)
from asever.record import record

Placed = TypeVar("Placed", Environment, Machine, Firewall, PrivateEndpoint, LoadBalancer)

# Addresses for environments whose VIP the file does not give: networks for documentation, which nobody owns (RFC 5737).
_PLACEHOLDERS = ("203.0.113.0/24", "198.51.100.0/24")


@record(kw_only=False)
class PeeringLink:
    """One peering in effect, seen from one vnet: both sides exist (azure-network-semantics 6)."""

    own: Peering
    other: Peering
    remote: Vnet

    @property
    def doubt(self) -> str | None:
        """Why nobody knows whether packets cross it; None where they do."""
        for side in (self.own, self.other):
            for word, says in (("connected", "whether it is connected"), ("access", "whether it lets the other side in")):
                if word in side.unknown:
                    return f"the peering of {side.vnet} with {side.remote}: {says} is not known"
        return None

    def lends(self, *, perhaps: bool) -> bool:
        """Whether the own side uses the other side's gateway: both have to say so; with `perhaps` what is not known counts."""
        uses = self.own.remote_gateway or (perhaps and "remote-gateway" in self.own.unknown)
        return uses and (self.other.gateway_transit or (perhaps and "gateway-transit" in self.other.unknown))


@record
class Inside:
    """What the file declares in one vnet."""

    vnet: Vnet
    environments: tuple[Environment, ...]
    machines: tuple[Machine, ...]
    firewalls: tuple[Firewall, ...]
    subnets: tuple[Subnet, ...]
    private_endpoints: tuple[PrivateEndpoint, ...]
    load_balancers: tuple[LoadBalancer, ...]


class Inventory:
    """Indexes of one declared network. Every property is computed at most once."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.cache: dict[object, object] = {}
        # What rules match that name one prefix, by the text of it, with the addresses that it stood for.
        self.prefixes: dict[str, tuple[NumberSet, AddressMatch]] = {}

    @cached_property
    def machines_in(self) -> Mapping[str, tuple[Machine, ...]]:
        """The declared machines of each subnet."""
        found: dict[str, list[Machine]] = defaultdict(list)
        for machine in self.network.machines.values():
            found[machine.subnet].append(machine)
        return {subnet: tuple(machines) for subnet, machines in found.items()}

    @cached_property
    def inside(self) -> Mapping[str, Inside]:
        """What is in each vnet."""
        network = self.network
        environments = self._by_vnet(network.environments.values())
        machines = self._by_vnet(network.machines.values())
        firewalls = self._by_vnet(network.firewalls.values())
        private_endpoints = self._by_vnet(network.private_endpoints.values())
        load_balancers = self._by_vnet(network.load_balancers.values())
        subnets: dict[str, list[Subnet]] = defaultdict(list)
        for subnet in network.subnets.values():
            subnets[subnet.vnet].append(subnet)
        return {
            name: Inside(
                vnet=vnet,
                environments=environments.get(name, ()),
                machines=machines.get(name, ()),
                firewalls=firewalls.get(name, ()),
                subnets=tuple(subnets[name]),
                private_endpoints=private_endpoints.get(name, ()),
                load_balancers=load_balancers.get(name, ()),
            )
            for name, vnet in network.vnets.items()
        }

    def _by_vnet(self, things: Iterable[Placed]) -> Mapping[str, tuple[Placed, ...]]:
        """Those of these things that stand in a subnet, by its vnet."""
        found: dict[str, list[Placed]] = defaultdict(list)
        for one in things:
            if one.subnet is not None:
                found[self.vnet_of(one.subnet)].append(one)
        return {vnet: tuple(each) for vnet, each in found.items()}

    @cached_property
    def environment_in(self) -> Mapping[str, Environment]:
        """The environment of each subnet that has one; a subnet has at most one (ase-network-semantics 5.1)."""
        return {one.subnet: one for one in self.network.environments.values()}

    @cached_property
    def firewall_in(self) -> Mapping[str, Firewall]:
        """The firewall that a subnet is for; a second one in it has its own address only."""
        found: dict[str, Firewall] = {}
        for one in self.network.firewalls.values():
            found.setdefault(one.subnet, one)
        return found

    @cached_property
    def _taken(self) -> Mapping[str, NumberSet]:
        network = self.network
        pairs = [(one.subnet, address) for one in network.machines.values() for address in one.addresses]
        pairs += [(one.subnet, one.address) for one in network.firewalls.values()]
        pairs += [(one.subnet, one.address) for one in network.private_endpoints.values()]
        pairs += [(one.subnet, one.frontend) for one in network.load_balancers.values() if one.subnet is not None]
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for subnet, address in pairs:
            found[subnet].append((address, address))
        return {subnet: NumberSet.of(ranges) for subnet, ranges in found.items()}

    @cached_property
    def _internal_addresses(self) -> Mapping[str, NumberSet]:
        """The ILB addresses inside each subnet; version 1 may have its own in another subnet of the vnet."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for one in self.network.environments.values():
            if one.ilb is not None:
                found[self.subnet_at(self.vnet_of(one.subnet), one.ilb) or one.subnet].append((one.ilb, one.ilb))
        return {subnet: NumberSet.of(ranges) for subnet, ranges in found.items()}

    @cached_property
    def _subnet_starts(self) -> Mapping[str, list[tuple[int, int, str]]]:
        found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for subnet in self.network.subnets.values():
            found[subnet.vnet].extend((low, high, subnet.name) for prefix in subnet.prefixes for low, high in prefix.ranges)
        return {vnet: sorted(ranges) for vnet, ranges in found.items()}

    def subnet_at(self, vnet: str, address: int) -> str | None:
        """The subnet of a vnet that an address lies in."""
        ranges = self._subnet_starts.get(vnet, [])
        index = bisect_right(ranges, address, key=lambda one: one[0]) - 1
        return ranges[index][2] if index >= 0 and address <= ranges[index][1] else None

    def vnet_of(self, subnet: str) -> str:
        """The vnet of a subnet."""
        return self.network.subnets[subnet].vnet

    def home_vnet(self, device: str) -> str:
        """The vnet of a machine or a firewall."""
        thing = self.network.machines.get(device) or self.network.firewalls[device]
        return self.vnet_of(thing.subnet)

    def taken(self, subnet: str) -> NumberSet:
        """The addresses in a subnet that the file gives to machines, firewalls, load balancers and private endpoints."""
        return self._taken.get(subnet, EMPTY)

    def rest(self, subnet: Subnet) -> NumberSet:
        """The usable addresses of a subnet that no declared resource has."""
        free = subnet.usable - self.taken(subnet.name)
        return free - self._internal_addresses.get(subnet.name, EMPTY)

    def has_rest(self, subnet: Subnet) -> bool:
        """Whether there are such addresses."""
        if subnet.name in self._taken or subnet.name in self._internal_addresses:
            return bool(self.rest(subnet))
        return any(low + RESERVED_FIRST < high for prefix in subnet.prefixes for low, high in prefix.ranges)

    def instances(self, environment: Environment) -> NumberSet:
        """The addresses an instance may have: any of the subnet's that is free (ase-network-semantics 1).

        An environment speaks IPv4; the IPv6 part of a dual-stack subnet is nobody's.
        """
        free = self.rest(self.network.subnets[environment.subnet])
        return free & ALL_V4 or free

    # -- Public addresses -----------------------------------------------------------------------------------------------

    def _single_public(self) -> Iterator[int]:
        """The public addresses of all resources, as far as the file gives them."""
        network = self.network
        for environment in network.environments.values():
            if environment.vip is not None:
                yield environment.vip
            yield from (one.address for one in environment.ip_ssl)
        yield from (one.public_ip for one in network.machines.values() if one.public_ip is not None)
        yield from (one.public_ip for one in network.firewalls.values() if one.public_ip is not None)
        yield from (one.frontend for one in network.load_balancers.values() if one.subnet is None)
        yield from (one.address for one in network.platform_services.values() if one.address is not None)

    @cached_property
    def _declared_public(self) -> NumberSet:
        network = self.network
        sets: list[NumberSet] = [NumberSet.of((address, address) for address in self._single_public())]
        sets.extend(one.outbound for one in network.environments.values())
        sets.extend(one.public_ip for one in network.nat_gateways.values())
        sets.extend(one.address & INTERNET_BASE for one in network.vnets.values())
        sets.extend(one.address & INTERNET_BASE for one in network.on_premises.values())
        return union(sets)

    @cached_property
    def placeholder_vips(self) -> Mapping[str, int]:
        """Addresses that stand for the public VIPs that the file does not give, by environment.

        A version 3 environment with an ILB has no public VIP (ase-network-semantics 1).
        """
        missing = [
            one.name for one in self.network.environments.values() if one.vip is None and (one.version < 3 or one.ilb is None)
        ]
        if not missing:
            return {}
        return dict(zip(missing, self._free_addresses(), strict=False))

    def _free_addresses(self) -> Iterator[int]:
        avoid = self._declared_public | self.network.named_addresses | PLATFORM
        ranges = [parse_prefix(text) for text in _PLACEHOLDERS]
        for one in (*ranges, INTERNET_V4 - union(ranges)):
            yield from (address for address in one if address not in avoid and address % 256)

    def vip(self, environment: Environment) -> int | None:
        """The public VIP, a placeholder where the file does not give it; None for an ILB environment of version 3."""
        if environment.version >= 3 and environment.ilb is not None:
            return None
        return environment.vip if environment.vip is not None else self.placeholder_vips[environment.name]

    @cached_property
    def environment_addresses(self) -> NumberSet:
        """The public addresses on which environments are called: VIPs and IP-SSL addresses."""
        vips = (self.vip(one) for one in self.network.environments.values())
        singles = [address for address in vips if address is not None]
        singles += [one.address for each in self.network.environments.values() for one in each.ip_ssl]
        return NumberSet.of((address, address) for address in singles)

    @cached_property
    def _placeholder_services(self) -> Mapping[str, int]:
        """Addresses that stand for those of platform services that the file does not give.

        Where the program gives the prefixes of the service, it is the first address of them that the file does not mention.
        """
        taken = set(self.placeholder_vips.values())
        free = (address for address in self._free_addresses() if address not in taken)
        avoid = self._declared_public | self.network.named_addresses | PLATFORM
        found: dict[str, int] = {}
        for one in self.network.platform_services.values():
            if one.address is None:
                tag = self.tags.get(one.service.casefold())
                inside = (tag.addresses - avoid - singles(found.values())) & INTERNET_V4 if tag is not None else EMPTY
                found[one.name] = inside.first if inside else next(free)
        return found

    def service_address(self, one: PlatformService) -> int:
        """The public address of a platform service, a placeholder where the file does not give it."""
        return one.address if one.address is not None else self._placeholder_services[one.name]

    @cached_property
    def service_addresses(self) -> NumberSet:
        """The public addresses of all platform services."""
        return singles(self.service_address(one) for one in self.network.platform_services.values())

    @cached_property
    def owned(self) -> NumberSet:
        """Every public address that belongs to a resource of the file, or stands for one."""
        return self._declared_public | self.environment_addresses | self.service_addresses

    @cached_property
    def internet(self) -> NumberSet:
        """The addresses of the Internet that no resource of the file owns and that are not the platform's.

        IPv6 is in it only where the file has an IPv6 address at all: no packet goes from one family to the other.
        """
        return (INTERNET_BASE if self.speaks_v6 else INTERNET_V4) - self.owned - PLATFORM

    @cached_property
    def speaks_v6(self) -> bool:
        """Whether anybody in the file has an IPv6 address."""
        inside = (one.address for one in self.network.vnets.values())
        outside = (one.address for one in self.network.on_premises.values())
        return union((*inside, *outside, self.owned)).overlaps(ALL_V6)

    @cached_property
    def strangers(self) -> NumberSet:
        """Where an address of Azure's own choice may lie: a public address that the file neither gives away nor mentions."""
        return (TAG_SPACE - self.owned - self.network.named_addresses - app_service_management()) & ALL_V4

    @cached_property
    def of_unknown_tags(self) -> NumberSet:
        """Where the addresses of a service tag of unknown content may lie."""
        space = TAG_SPACE - self.owned - app_service_management()
        return space if self.speaks_v6 else space & ALL_V4

    @cached_property
    def untold(self) -> NumberSet:
        """Where an address may lie that its author knows and the file does not say: any that belongs to nobody else.

        Addresses that rules mention are in it, networks for documentation too: the author may well mean this one.
        """
        return INTERNET_V4 - self.owned - PLATFORM

    @cached_property
    def guesses(self) -> tuple[tuple[Guess, NumberSet], ...]:
        """The addresses that stand for unknown ones, each with where the true one may lie."""
        return tuple((one, self._possible(one)) for one in self.network.guesses)

    def _possible(self, one: Guess) -> NumberSet:
        if one.within is not None:
            subnet = self.network.subnets[one.within]
            return (subnet.usable - self.taken(subnet.name)) | one.addresses
        return (self.untold if one.public else ALL_V4 - PLATFORM) | one.addresses

    def doubts(self, addresses: NumberSet) -> tuple[Guess, ...]:
        """Those guesses whose true address may lie in a set and may lie outside it.

        A set inside a guess is a reference to the very thing, and a set around all that is possible leaves no doubt.
        """
        return tuple(
            one
            for one, possible in self.guesses
            if addresses.overlaps(possible) and not addresses <= one.addresses and not possible <= addresses
        )

    @cached_property
    def unmodelled_in(self) -> Mapping[str, Machine]:
        """A resource that the model does not know, for each subnet where one may have any address."""
        guessed = {one.of for one in self.network.guesses}
        every = self.network.machines.values()
        return {one.subnet: one for one in every if one.unmodelled is not None and f"{one.name}.ip" in guessed}

    # -- Names ----------------------------------------------------------------------------------------------------------

    @cached_property
    def tags(self) -> Mapping[str, Tag]:
        """The tags that the program defines, by lower-case name: tags compare without regard to case."""
        return {name.casefold(): one for name, one in self.network.tags.items()}

    @cached_property
    def group_members(self) -> Mapping[str, NumberSet]:
        """The addresses of the members of each application security group (azure-network-semantics 2.5)."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for machine in self.network.machines.values():
            for group in machine.asgs:
                found[group].extend((address, address) for address in machine.addresses)
        return {group: NumberSet.of(ranges) for group, ranges in found.items()}

    # -- Neighbours -----------------------------------------------------------------------------------------------------

    @cached_property
    def _links(self) -> Mapping[str, tuple[PeeringLink, ...]]:
        sides = {(one.vnet, one.remote): one for vnet in self.network.vnets.values() for one in vnet.peerings}
        found: dict[str, list[PeeringLink]] = defaultdict(list)
        for (vnet, remote), own in sides.items():
            other = sides.get((remote, vnet))
            if other is not None and remote in self.network.vnets:
                found[vnet].append(PeeringLink(own, other, self.network.vnets[remote]))
        return {vnet: tuple(links) for vnet, links in found.items()}

    def links(self, vnet: str) -> tuple[PeeringLink, ...]:
        """The peerings of a vnet that are in effect; a peering that only one side declares is not."""
        return self._links.get(vnet, ())

    @cached_property
    def admin_rules(self) -> Mapping[str, tuple[AdminRules, ...]]:
        """The sets of security admin rules that apply to each vnet, in the order of the file."""
        found: dict[str, list[AdminRules]] = defaultdict(list)
        for one in self.network.admin_rules.values():
            for vnet in dict.fromkeys(one.applies_to):
                found[vnet].append(one)
        return {vnet: tuple(rules) for vnet, rules in found.items()}

    @cached_property
    def _balancers(self) -> Mapping[str, tuple[LoadBalancer, ...]]:
        found: dict[str, list[LoadBalancer]] = defaultdict(list)
        for balancer in self.network.load_balancers.values():
            for name in dict.fromkeys(balancer.backends):
                found[name].append(balancer)
        return {name: tuple(balancers) for name, balancers in found.items()}

    def balancers_before(self, machine: str) -> tuple[LoadBalancer, ...]:
        """The load balancers that hand traffic to a machine."""
        return self._balancers.get(machine, ())


_last: list[Inventory] = []


def inventory(network: Network) -> Inventory:
    """The inventory of a network; the last one is kept, since every table of one network is built from it."""
    if not _last or _last[0].network is not network:
        _last[:] = [Inventory(network)]
    return _last[0]


def same_region(first: Vnet, second: Vnet) -> bool | None:
    """Whether two vnets are in one region; None when the file does not say."""
    if first.name == second.name:
        return True
    if first.region is None or second.region is None:
        return None
    return first.region.casefold() == second.region.casefold()


def singles(addresses: Iterable[int]) -> NumberSet:
    """The set of these addresses."""
    return NumberSet.of((one, one) for one in addresses)


def of_family(addresses: NumberSet, like: int) -> NumberSet:
    """Those addresses that are of the family of `like`."""
    return addresses - ALL_V4 if is_v6(like) else addresses & ALL_V4
