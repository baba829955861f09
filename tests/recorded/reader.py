"""Recorded resources as the model's declared network.

What the model has no word for, or the recording does not tell, is left out and named in `Recorded.notes`.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from asever.model.addresses import ALL_ADDRESSES, parse_address, parse_prefix
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOL_NUMBERS
from asever.model.things import (
    AddressTerm,
    ApplicationGroup,
    DeclaredRule,
    Gateway,
    LoadBalancer,
    Machine,
    NatGateway,
    Network,
    OnPremises,
    Peering,
    PortMapping,
    RouteTable,
    SecurityGroup,
    Subnet,
    TermKind,
    UserRoute,
    Vnet,
)
from asever.record import record
from tests.recorded.observed import with_observations
from tests.recorded.sessions import Body, Session
from tests.recorded.state import Resource, State, children, id_of, last, of_kind, parent_of, state_at

_HOPS = {
    "internet": "internet",
    "vnetlocal": "vnet-local",
    "virtualnetworkgateway": "gateway",
    "virtualappliance": "appliance",
    "none": "none",
    "null": "none",
}
# Azure's names of the services behind service endpoints, where the tag is called otherwise (azure-network-semantics 9.2).
_ENDPOINT_TAGS = {
    "microsoft.azurecosmosdb": "AzureCosmosDB",
    "microsoft.azureactivedirectory": "AzureActiveDirectory",
    "microsoft.containerregistry": "AzureContainerRegistry",
    "microsoft.keyvault": "AzureKeyVault",
    "microsoft.web": "AppService",
}
_READ = {
    *("virtualnetworks", "networksecuritygroups", "routetables", "networkinterfaces", "publicipaddresses", "natgateways"),
    *("loadbalancers", "applicationsecuritygroups", "virtualnetworkgateways", "localnetworkgateways", "connections"),
    *("virtualmachines", "networkwatchers"),  # these two have no part in the network
}


@record
class Recorded:
    """A network as read.

    `nics` maps the id of a NIC to its machine, `groups` the id of an NSG to its name; `machines_of` are the machines of a VM.
    `beyond` maps an on-premises network that stands for the other side of a gateway to the names of the vnets there. Of the
    NSGs and route tables in `unread` the recording has nothing but the names, of the subnets in `stand_ins` a NIC's address.
    """

    network: Network
    nics: Mapping[str, str]
    groups: Mapping[str, str]
    machines_of: Mapping[str, tuple[str, ...]]
    beyond: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
    unread: frozenset[str] = frozenset()
    stand_ins: frozenset[str] = frozenset()


def recorded(session: Session, seq: int, *, wide: bool = False) -> Recorded:
    """The network of a session as it stands when request `seq` is sent; `wide` is for virtual networks not recorded."""
    observed = with_observations(session, state_at(session, seq), wide=wide)
    names = _names(observed.state)
    return replace(
        read(observed.state, observed.notes),
        unread=frozenset(names[one] for one in observed.unread),
        stand_ins=frozenset(names[one] for one in observed.stand_ins),
    )


def read(state: State, notes: Iterable[str] = ()) -> Recorded:
    """The network that these resources make."""
    return _Reader(state, list(notes)).read()


def prefix(text: str) -> NumberSet:
    """The addresses of a prefix, whatever its host bits."""
    return parse_prefix(str(ipaddress.ip_network(text, strict=False)))


def port_set(texts: Iterable[str]) -> NumberSet:
    """The ports of `*`, `80`, `80-90` and lists of these."""
    parts = [part.strip() for text in texts for part in str(text).split(",")]
    if "*" in parts:
        return ANY_PORT
    pairs = (part.split("-") for part in parts)
    return NumberSet.of((int(pair[0]), int(pair[-1])) for pair in pairs)


def protocol_set(text: str) -> NumberSet:
    """The protocols of a rule: a name, a number, `*`, `All` or `Any`."""
    word = text.casefold()
    if word in ("*", "all", "any"):
        return ANY_PROTOCOL
    return NumberSet.single(PROTOCOL_NUMBERS[word] if word in PROTOCOL_NUMBERS else int(word))


def several(content: Body, one: str, many: str) -> list[str]:
    """A field of Azure's that may be single or plural: both, without empty ones and each once."""
    single = content.get(one)
    texts = [*(content.get(many) or ()), *(single if isinstance(single, list) else [single])]
    return list(dict.fromkeys(text for text in texts if isinstance(text, str) and text))


def address_term(text: str) -> AddressTerm:
    """A member of a rule's address list."""
    if text in ("*", "Any"):
        return AddressTerm(kind=TermKind.ADDRESSES, text="*", addresses=ALL_ADDRESSES)
    try:
        return AddressTerm(kind=TermKind.ADDRESSES, text=text, addresses=prefix(text))
    except ValueError:
        return AddressTerm(kind=TermKind.TAG, text=text)


def declared_rule(name: str, content: Body, groups: Mapping[str, str]) -> DeclaredRule:
    """A security rule; `groups` maps the ids of application security groups to their names."""

    def side(which: str) -> tuple[AddressTerm, ...]:
        ids = (id_of(one) for one in content.get(f"{which}applicationsecuritygroups") or ())
        named = (AddressTerm(kind=TermKind.ASG, text=groups[one]) for one in ids if one in groups)
        written = several(content, f"{which}addressprefix", f"{which}addressprefixes")
        return (*(address_term(text) for text in written), *named)

    def ports(which: str) -> NumberSet:
        return port_set(several(content, f"{which}portrange", f"{which}portranges"))

    protocol = protocol_set(content["protocol"])
    return DeclaredRule(
        priority=int(content["priority"]),
        name=name,
        access=content["access"].casefold(),
        protocol=protocol,
        any_protocol=protocol == ANY_PROTOCOL,
        sources=side("source"),
        source_port=ports("source"),
        targets=side("destination"),
        target_port=ports("destination"),
    )


class _Reader:
    def __init__(self, state: State, notes: list[str]) -> None:
        self.state = state
        self.notes = notes
        self.names = _names(state)
        self.beyond: dict[str, tuple[str, ...]] = {}
        self.on_premises: dict[str, OnPremises] = {}

    def read(self) -> Recorded:
        for kind in sorted({one.kind.partition("/")[0] for one in self.state.values()} - _READ):
            self.notes.append(f"{kind} is not read")
        machines = dict(self._machines())
        by_vm: dict[str, list[str]] = defaultdict(list)
        for identity, machine in machines.items():
            owner = id_of(self.state[identity].body.get("virtualmachine")) or self._owner(identity)
            if owner is not None:
                by_vm[owner].append(machine.name)
        vnets = {one.name: one for one in self._vnets()}
        gateways = {one.name: one for one in self._gateways(vnets)}
        network = Network(
            vnets=vnets,
            subnets={one.name: one for one in self._subnets()},
            machines={one.name: one for one in machines.values()},
            groups={one.name: one for one in self._groups()},
            application_groups={name: ApplicationGroup(name=name) for name in self._application_groups().values()},
            route_tables={one.name: one for one in self._route_tables()},
            gateways=gateways,
            on_premises=self.on_premises,
            load_balancers={one.name: one for one in self._load_balancers(machines)},
            nat_gateways={one.name: one for one in self._nat_gateways()},
        )
        return Recorded(
            network=network,
            nics={identity: machine.name for identity, machine in machines.items()},
            groups={one.id: self.names[one.id] for one in of_kind(self.state, "networksecuritygroups")},
            machines_of={vm: tuple(names) for vm, names in by_vm.items()},
            beyond=self.beyond,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _name(self, reference: Any, kind: str) -> str | None:
        """The model's name for a referenced resource, if the state has it."""
        one = self.state.get(id_of(reference) or "")
        return self.names[one.id] if one is not None and one.kind == kind else None

    # -- Virtual networks -----------------------------------------------------------------------------------------------

    def _vnets(self) -> Iterator[Vnet]:
        strangers: dict[str, tuple[NumberSet, list[Peering]]] = {}
        for one in of_kind(self.state, "virtualnetworks"):
            name = self.names[one.id]
            peerings: list[Peering] = []
            for each in children(self.state, one, "virtualnetworkpeerings"):
                remote = id_of(each.body.get("remotevirtualnetwork"))
                if remote is None or each.body.get("peeringstate", "Connected") != "Connected":
                    continue
                peerings.append(_peering(each.body, name, self.names.get(remote, last(remote))))
                if remote not in self.state:
                    space = each.body.get("remoteaddressspace") or each.body.get("remotevirtualnetworkaddressspace") or {}
                    backs = strangers.setdefault(last(remote), (_space(space), []))[1]
                    backs.append(Peering(vnet=last(remote), remote=name, gateway_transit=True, forwarded_traffic=True))
                    self.notes.append(f"peer {last(remote)} is known by its address space only")
            yield Vnet(
                name=name,
                address=_space(one.body.get("addressspace") or {}),
                region=one.body.get("location"),
                subnets=tuple(self.names[each.id] for each in children(self.state, one, "subnets")),
                peerings=tuple(peerings),
            )
        for name, (address, backs) in strangers.items():
            yield Vnet(name=name, address=address, peerings=tuple(backs))

    def _subnets(self) -> Iterator[Subnet]:
        for one in self._known_subnets():
            written = several(one.body, "addressprefix", "addressprefixes")
            services = (str(each.get("service", "")) for each in one.body.get("serviceendpoints") or ())
            yield Subnet(
                name=self.names[one.id],
                vnet=self.names[parent_of(one.id)],
                prefixes=tuple(map(prefix, written)),
                nsg=self._name(one.body.get("networksecuritygroup"), "networksecuritygroups"),
                route_table=self._name(one.body.get("routetable"), "routetables"),
                nat_gateway=self._name(one.body.get("natgateway"), "natgateways"),
                service_endpoints=tuple(_endpoint_tag(service) for service in services),
                default_outbound=one.body.get("defaultoutboundaccess") is not False,
            )

    def _known_subnets(self) -> Iterator[Resource]:
        """The subnets whose virtual network is recorded too."""
        return (one for one in of_kind(self.state, "virtualnetworks/subnets") if parent_of(one.id) in self.state)

    # -- Machines -------------------------------------------------------------------------------------------------------

    def _machines(self) -> Iterator[tuple[str, Machine]]:
        groups = self._application_groups()
        for one in of_kind(self.state, "networkinterfaces"):
            configurations = one.body.get("ipconfigurations") or []
            subnet = next((name for each in configurations if (name := self._subnet_of(each))), None)
            if subnet is None:
                self.notes.append(f"NIC {one.name} is left out: its subnet is not recorded")
                continue
            members = (id_of(each) for all_ in configurations for each in all_.get("applicationsecuritygroups") or ())
            yield (
                one.id,
                Machine(
                    name=self.names[one.id],
                    subnet=subnet,
                    addresses=tuple(self._addresses(one, configurations, subnet)),
                    public_ip=next((ip for each in configurations if (ip := self._public_ip(each)) is not None), None),
                    nsg=self._name(one.body.get("networksecuritygroup"), "networksecuritygroups"),
                    asgs=tuple(dict.fromkeys(groups[member] for member in members if member in groups)),
                    ip_forwarding=bool(one.body.get("enableipforwarding")),
                ),
            )

    def _subnet_of(self, configuration: Body) -> str | None:
        identity = id_of(configuration.get("subnet")) or ""
        return next((self.names[one.id] for one in self._known_subnets() if one.id == identity), None)

    def _addresses(self, nic: Resource, configurations: list[Body], subnet: str) -> Iterator[int]:
        texts = [each.get("privateipaddress") for each in configurations]
        written = [parse_address(text) for text in texts if text]
        if written:
            yield from written
            return
        self.notes.append(f"NIC {nic.name} has no address in the recording: the first free one of {subnet} stands for it")
        ranges = next(one for one in self._subnets() if one.name == subnet).prefixes
        yield ranges[0].first + 4  # Azure keeps the first four (azure-network-semantics 1)

    def _public_ip(self, configuration: Body) -> int | None:
        one = self.state.get(id_of(configuration.get("publicipaddress")) or "")
        text = one.body.get("ipaddress") if one is not None else None
        return parse_address(text) if text else None

    def _owner(self, nic: str) -> str | None:
        for vm in of_kind(self.state, "virtualmachines"):
            profile = vm.body.get("networkprofile") or {}
            if nic in (id_of(each) for each in profile.get("networkinterfaces") or ()):
                return vm.id
        return None

    # -- Rules and routes -----------------------------------------------------------------------------------------------

    def _application_groups(self) -> dict[str, str]:
        return {one.id: self.names[one.id] for one in of_kind(self.state, "applicationsecuritygroups")}

    def _groups(self) -> Iterator[SecurityGroup]:
        asgs = self._application_groups()
        for one in of_kind(self.state, "networksecuritygroups"):
            rules: dict[str, list[DeclaredRule]] = defaultdict(list)
            for each in children(self.state, one, "securityrules"):
                rules[each.body["direction"].casefold()].append(declared_rule(each.name, each.body, asgs))
            inbound, outbound = (
                tuple(sorted(rules[direction], key=lambda rule: rule.priority)) for direction in ("inbound", "outbound")
            )
            yield SecurityGroup(name=self.names[one.id], inbound=inbound, outbound=outbound)

    def _route_tables(self) -> Iterator[RouteTable]:
        for one in of_kind(self.state, "routetables"):
            yield RouteTable(
                name=self.names[one.id],
                routes=tuple(user_route(each.name, each.body) for each in children(self.state, one, "routes")),
                bgp_propagation=not one.body.get("disablebgproutepropagation"),
            )

    # -- Gateways -------------------------------------------------------------------------------------------------------

    def _gateways(self, vnets: Mapping[str, Vnet]) -> Iterator[Gateway]:
        for one in of_kind(self.state, "virtualnetworkgateways"):
            vnet = self._gateway_vnet(one.id)
            if vnet is None:
                self.notes.append(f"gateway {one.name} is left out: its virtual network is not recorded")
                continue
            name, (prefixes, others) = self.names[one.id], self._beyond(one, vnets)
            behind = f"beyond {name}"
            if prefixes:
                self.on_premises[behind] = OnPremises(name=behind, prefixes=prefixes)
                self.beyond[behind] = others
            kind = "expressroute" if str(one.body.get("gatewaytype")).casefold() == "expressroute" else "vpn"
            yield Gateway(name=name, vnet=vnet, kind=kind, to=behind if prefixes else None)

    def _gateway_vnet(self, identity: str) -> str | None:
        one = self.state.get(identity)
        configurations = (one.body.get("ipconfigurations") or ()) if one is not None else ()
        subnets = (id_of(each.get("subnet")) for each in configurations)
        return next((self.names[parent_of(each)] for each in subnets if each and parent_of(each) in self.state), None)

    def _beyond(self, gateway: Resource, vnets: Mapping[str, Vnet]) -> tuple[tuple[NumberSet, ...], tuple[str, ...]]:
        """What the connections of a gateway lead to: prefixes of local network gateways, and other virtual networks.

        The model has no word for a connection of two virtual networks by their gateways: each side is a network on
        premises to the other, and a path through both is walked in two halves.
        """
        found: list[NumberSet] = []
        others: list[str] = []
        for one in of_kind(self.state, "connections"):
            ends = [id_of(one.body.get(key)) for key in ("virtualnetworkgateway1", "virtualnetworkgateway2")]
            if gateway.id not in ends:
                continue
            local = self.state.get(id_of(one.body.get("localnetworkgateway2")) or "")
            if local is not None:
                found.extend(_prefixes(local.body.get("localnetworkaddressspace") or {}))
            for end in ends:
                other = self._gateway_vnet(end) if end and end != gateway.id else None
                if other is not None:
                    others.append(other)
                    found.extend(NumberSet((each,)) for each in vnets[other].address.ranges)
        return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(others))

    # -- Translation ----------------------------------------------------------------------------------------------------

    def _nat_gateways(self) -> Iterator[NatGateway]:
        for one in of_kind(self.state, "natgateways"):
            given = (self._public_ip({"publicipaddress": each}) for each in one.body.get("publicipaddresses") or ())
            yield NatGateway(
                name=self.names[one.id],
                public_ip=NumberSet.of((ip, ip) for ip in given if ip is not None),
            )

    def _load_balancers(self, machines: Mapping[str, Machine]) -> Iterator[LoadBalancer]:
        for one in of_kind(self.state, "loadbalancers"):
            frontends = one.body.get("frontendipconfigurations") or []
            if len(frontends) != 1:
                self.notes.append(f"load balancer {one.name} is left out: it has {len(frontends)} frontends")
                continue
            private, public = frontends[0].get("privateipaddress"), self._public_ip(frontends[0])
            frontend = parse_address(private) if private else public
            if frontend is None:
                self.notes.append(f"load balancer {one.name} is left out: its frontend has no address in the recording")
                continue
            yield LoadBalancer(
                name=self.names[one.id],
                frontend=frontend,
                subnet=self._subnet_of(frontends[0]),
                mappings=tuple(map(_mapping, one.body.get("loadbalancingrules") or ())),
                backends=tuple(self._backends(one, machines)),
                sku=str((one.body.get("sku") or {}).get("name", "Basic")).casefold(),
            )

    def _backends(self, balancer: Resource, machines: Mapping[str, Machine]) -> Iterator[str]:
        for pool in balancer.body.get("backendaddresspools") or ():
            for each in pool.get("backendipconfigurations") or ():
                nic = machines.get(parent_of(id_of(each) or "//"))
                if nic is not None:
                    yield nic.name


def _names(state: State) -> dict[str, str]:
    """The model's names: the last name in the id, with the resource group before it where two would be the same."""
    taken: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for one in state.values():
        taken[one.kind, one.name.casefold()].append(one)
    names: dict[str, str] = {}
    for (kind, _), same in taken.items():
        for one in same:
            if "/" not in kind:
                names[one.id] = one.name if len(same) == 1 else f"{one.id.split('/')[4]}.{one.name}"
    for one in state.values():
        if one.kind == "virtualnetworks/subnets":
            names[one.id] = f"{names.get(parent_of(one.id), last(parent_of(one.id)))}/{one.name}"
    return names


def _space(content: Body) -> NumberSet:
    return union(_prefixes(content)) if content.get("addressprefixes") else EMPTY


def _prefixes(content: Body) -> tuple[NumberSet, ...]:
    return tuple(map(prefix, content.get("addressprefixes") or ()))


def _peering(content: Body, vnet: str, remote: str) -> Peering:
    return Peering(
        vnet=vnet,
        remote=remote,
        access=content.get("allowvirtualnetworkaccess") is not False,
        forwarded_traffic=bool(content.get("allowforwardedtraffic")),
        gateway_transit=bool(content.get("allowgatewaytransit")),
        remote_gateway=bool(content.get("useremotegateways")),
    )


def user_route(name: str, content: Body) -> UserRoute:
    """A route of a route table."""
    destination = address_term(content["addressprefix"])
    appliance = content.get("nexthopipaddress")
    return UserRoute(
        name=name,
        prefix=destination.addresses,
        tag=destination.text if destination.kind is TermKind.TAG else None,
        hop=_HOPS[content["nexthoptype"].casefold()],
        appliance=parse_address(appliance) if appliance else None,
    )


def _endpoint_tag(service: str) -> str:
    return _ENDPOINT_TAGS.get(service.casefold(), service.partition(".")[2])


def _mapping(content: Body) -> PortMapping:
    return PortMapping(
        protocol=protocol_set(content["protocol"]),
        front=int(content["frontendport"]),
        back=int(content.get("backendport") or content["frontendport"]),
    )
