"""Declared networks in a few words, for tests that must not depend on the parser.

    network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/data", "10.0.3.0/24", nsg="data-tier"),
        vm("sql", "corp/data", "10.0.3.4"),
        nsg("data-tier", inbound=[rule(100, "allow", "tcp", "10.0.1.0/26", "*", "1433")]),
    )

An address list is one text with commas; a member that is no address is a service tag, `asg:web` is a group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from asever.model.addresses import ALL_ADDRESSES, ALL_V4, parse_address, parse_addresses, parse_prefix
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOL_NUMBERS
from asever.model.things import (
    AddressTerm,
    AdminRules,
    Admitted,
    ApplicationGroup,
    DeclaredRule,
    Environment,
    Firewall,
    Gateway,
    IpSsl,
    LoadBalancer,
    Machine,
    NatGateway,
    Network,
    OnPremises,
    Peering,
    PlatformService,
    PortMapping,
    PrivateEndpoint,
    RouteTable,
    SecurityGroup,
    Subnet,
    Tag,
    TermKind,
    Thing,
    UserRoute,
    Vnet,
)

_PRIVATE = union(map(parse_prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


def addresses(text: str) -> NumberSet:
    """The union of a comma-separated list."""
    return union(parse_addresses(part.strip()) for part in text.split(",") if part.strip())


def ports(text: str) -> NumberSet:
    """`*`, or ports and ranges with commas."""
    if text == "*":
        return ANY_PORT
    pairs = (part.split("-") for part in text.split(","))
    return NumberSet.of((int(pair[0]), int(pair[-1])) for pair in pairs)


def terms(text: str) -> tuple[AddressTerm, ...]:
    """The address terms of a rule's side."""
    return tuple(_term(part.strip()) for part in text.split(","))


def _term(text: str) -> AddressTerm:
    if text == "*":
        return AddressTerm(kind=TermKind.ADDRESSES, text=text, addresses=ALL_ADDRESSES)
    if text.startswith("asg:"):
        return AddressTerm(kind=TermKind.ASG, text=text.removeprefix("asg:"))
    try:
        return AddressTerm(kind=TermKind.ADDRESSES, text=text, addresses=parse_addresses(text))
    except ValueError:
        return AddressTerm(kind=TermKind.TAG, text=text)


def rule(
    priority: int,
    access: str,
    protocol: str,
    source: str,
    target: str = "*",
    port: str = "*",
    *,
    source_port: str = "*",
    name: str = "",
) -> DeclaredRule:
    """One rule; without a name it is called `rule PRIORITY`."""
    return DeclaredRule(
        priority=priority,
        name=name or f"rule {priority}",
        access=access,
        protocol=ANY_PROTOCOL if protocol == "any" else NumberSet.single(PROTOCOL_NUMBERS[protocol]),
        any_protocol=protocol == "any",
        sources=terms(source),
        source_port=ports(source_port),
        targets=terms(target),
        target_port=ports(port),
    )


def vnet(name: str, address: str, *, region: str | None = None, peers: Iterable[str | Peering] = ()) -> Vnet:
    """A virtual network; a peer is a name or a `peer(...)`."""
    sides = tuple(Peering(vnet=name, remote=side) if isinstance(side, str) else replace(side, vnet=name) for side in peers)
    return Vnet(name=name, address=addresses(address), region=region, peerings=sides)


def peer(remote: str, **flags: bool) -> Peering:
    """One side of a peering with flags."""
    return Peering(vnet="", remote=remote, **flags)  # type: ignore[arg-type]


def subnet(
    name: str,
    prefixes: str,
    *,
    nsg: str | None = None,
    route_table: str | None = None,
    nat_gateway: str | None = None,
    service_endpoints: tuple[str, ...] = (),
    private_endpoint_policies: str = "off",
    default_outbound: bool = True,
) -> Subnet:
    """A subnet by its full name."""
    return Subnet(
        name=name,
        vnet=name.split("/", maxsplit=1)[0],
        prefixes=tuple(parse_prefix(part.strip()) for part in prefixes.split(",")),
        nsg=nsg,
        route_table=route_table,
        nat_gateway=nat_gateway,
        service_endpoints=service_endpoints,
        private_endpoint_policies=private_endpoint_policies,
        default_outbound=default_outbound,
    )


def ase(
    name: str,
    where: str,
    version: int = 1,
    *,
    vip: str | None = None,
    ilb: str | None = None,
    web: str | None = None,
    ftp: str | None = None,
    outbound: str = "",
    ip_ssl: Iterable[tuple[str, int, int]] = (),
    ftp_enabled: bool = False,
    remote_debug_enabled: bool = False,
) -> Environment:
    """An environment."""
    return Environment(
        name=name,
        version=version,
        subnet=where,
        vip=parse_address(vip) if vip else None,
        ilb=parse_address(ilb) if ilb else None,
        web=web,
        ftp=ftp,
        outbound=addresses(outbound) if outbound else EMPTY,
        ip_ssl=tuple(IpSsl(address=parse_address(at), http=http, https=https) for at, http, https in ip_ssl),
        ftp_enabled=ftp_enabled,
        remote_debug_enabled=remote_debug_enabled,
    )


def vm(
    name: str,
    where: str,
    *ips: str,
    public_ip: str | None = None,
    nsg: str | None = None,
    asgs: tuple[str, ...] = (),
) -> Machine:
    """A machine."""
    return Machine(
        name=name,
        subnet=where,
        addresses=tuple(parse_address(ip) for ip in ips),
        public_ip=parse_address(public_ip) if public_ip else None,
        nsg=nsg,
        asgs=asgs,
    )


def nsg(name: str, inbound: Iterable[DeclaredRule] = (), outbound: Iterable[DeclaredRule] = ()) -> SecurityGroup:
    """A security group; rules may come in any order."""
    return SecurityGroup(name=name, inbound=_ascending(inbound), outbound=_ascending(outbound))


def _ascending(rules: Iterable[DeclaredRule]) -> tuple[DeclaredRule, ...]:
    return tuple(sorted(rules, key=lambda each: each.priority))


def asg(name: str) -> ApplicationGroup:
    """An application security group."""
    return ApplicationGroup(name=name)


def route(target: str, hop: str, appliance: str | None = None, *, name: str = "") -> UserRoute:
    """A user route to a prefix or to a service tag."""
    try:
        prefix, tag = parse_prefix(target), None
    except ValueError:
        prefix, tag = EMPTY, target
    at = parse_address(appliance) if appliance else None
    return UserRoute(name=name or target, prefix=prefix, tag=tag, hop=hop, appliance=at)


def route_table(name: str, *routes: UserRoute, bgp_propagation: bool = True) -> RouteTable:
    """A route table."""
    return RouteTable(name=name, routes=routes, bgp_propagation=bgp_propagation)


def gateway(name: str, where: str, kind: str = "vpn", *, learns: str = "", to: str | None = None) -> Gateway:
    """A gateway of a virtual network."""
    prefixes = tuple(parse_prefix(part.strip()) for part in learns.split(",") if part.strip())
    return Gateway(name=name, vnet=where, kind=kind, learns=prefixes, to=to)


def on_premises(name: str, prefixes: str) -> OnPremises:
    """A network outside Azure."""
    return OnPremises(name=name, prefixes=tuple(parse_prefix(part.strip()) for part in prefixes.split(",")))


def tag(name: str, members: str) -> Tag:
    """A service tag with its prefixes."""
    return Tag(name=name, addresses=addresses(members))


def nat_gateway(name: str, public_ip: str) -> NatGateway:
    """A NAT gateway."""
    return NatGateway(name=name, public_ip=addresses(public_ip))


def load_balancer(
    name: str,
    frontend: str,
    *,
    subnet: str | None = None,
    rules: Iterable[tuple[str, int, int]] = (),
    backends: tuple[str, ...] = (),
    probe: int | None = None,
    outbound: bool = True,
    floating_ip: bool = False,
    sku: str = "standard",
) -> LoadBalancer:
    """A load balancer; a rule is (protocol, front port, back port), and ("any", 0, 0) is every port."""
    return LoadBalancer(
        name=name,
        frontend=parse_address(frontend),
        subnet=subnet,
        mappings=tuple(
            PortMapping(
                protocol=ANY_PROTOCOL if protocol == "any" else NumberSet.single(PROTOCOL_NUMBERS[protocol]),
                front=front,
                back=back,
            )
            for protocol, front, back in rules
        ),
        backends=backends,
        probe=probe,
        outbound=outbound,
        floating_ip=floating_ip,
        sku=sku,
    )


def firewall(name: str, where: str, ip: str, *, public_ip: str | None = None) -> Firewall:
    """A firewall without rules."""
    return Firewall(
        name=name,
        subnet=where,
        address=parse_address(ip),
        public_ip=parse_address(public_ip) if public_ip else None,
    )


def private_endpoint(name: str, where: str, ip: str, to: str) -> PrivateEndpoint:
    """A private endpoint."""
    return PrivateEndpoint(name=name, subnet=where, address=parse_address(ip), to=to)


def platform_service(
    name: str, service: str, address: str | None = None, *, subnets: Iterable[Subnet] = (), addresses: str | None = None
) -> PlatformService:
    """A resource of a service, with an access list of subnets and addresses if either is given."""
    allows = [
        Admitted(term=AddressTerm(kind=TermKind.ADDRESSES, text=one.name, addresses=union(one.prefixes)), subnet=one.name)
        for one in subnets
    ]
    allows += [Admitted(term=one) for one in (terms(addresses) if addresses else ())]
    return PlatformService(
        name=name,
        service=service,
        address=parse_address(address) if address else None,
        allows=tuple(allows) if allows else None,
    )


def admin_rules(
    name: str,
    *applies_to: str,
    inbound: Iterable[DeclaredRule] = (),
    outbound: Iterable[DeclaredRule] = (),
) -> AdminRules:
    """Security admin rules."""
    return AdminRules(name=name, applies_to=applies_to, inbound=_ascending(inbound), outbound=_ascending(outbound))


_FIELDS: dict[type[Thing], str] = {
    Vnet: "vnets",
    Subnet: "subnets",
    Environment: "environments",
    Machine: "machines",
    SecurityGroup: "groups",
    ApplicationGroup: "application_groups",
    RouteTable: "route_tables",
    Gateway: "gateways",
    OnPremises: "on_premises",
    LoadBalancer: "load_balancers",
    NatGateway: "nat_gateways",
    Firewall: "firewalls",
    PrivateEndpoint: "private_endpoints",
    PlatformService: "platform_services",
    AdminRules: "admin_rules",
    Tag: "tags",
}


def network(*things: Thing, named: str = "") -> Network:
    """The network of these things; `named` are further public addresses that the program mentions."""
    tables: dict[str, dict[str, Thing]] = defaultdict(dict)
    members: dict[str, list[str]] = defaultdict(list)
    for thing in things:
        tables[_FIELDS[type(thing)]][thing.name] = thing
        if isinstance(thing, Subnet):
            members[thing.vnet].append(thing.name)
    for name, one in tables["vnets"].items():
        assert isinstance(one, Vnet)
        tables["vnets"][name] = replace(one, subnets=tuple(members[name]))
    return Network(**tables, named_addresses=_named(things) | addresses(named))  # type: ignore[arg-type]


def _named(things: Iterable[Thing]) -> NumberSet:
    """Single public IPv4 addresses in rules and attributes, as loading collects them."""
    sets: list[NumberSet] = []
    for thing in things:
        if isinstance(thing, Environment):
            sets.extend(NumberSet.single(one) for one in (thing.vip, thing.ilb) if one is not None)
            sets.append(thing.outbound)
            sets.extend(NumberSet.single(one.address) for one in thing.ip_ssl)
        elif isinstance(thing, Machine) and thing.public_ip is not None:
            sets.append(NumberSet.single(thing.public_ip))
        elif isinstance(thing, SecurityGroup):
            both = (*thing.inbound, *thing.outbound)
            sets.extend(term.addresses for one in both for term in (*one.sources, *one.targets))
    singles = NumberSet.of(pair for each in sets for pair in each.ranges if pair[0] == pair[1])
    return (singles & ALL_V4) - _PRIVATE


def layered(*, wrong: bool = True, version: int = 1) -> Network:
    """The layered architecture of the language page, with its mistake (rule 200 names the subnet) or without it."""
    return network(
        vnet("corp", "10.0.0.0/16", region="westeurope"),
        subnet("corp/front-door", "10.0.1.0/26"),
        subnet("corp/back-end", "10.0.2.0/26", nsg="back-end-lockdown"),
        subnet("corp/data", "10.0.3.0/24", nsg="data-tier"),
        ase("one", "corp/front-door", version, vip="192.23.1.2"),
        ase("two", "corp/back-end", version, vip="192.23.1.3"),
        vm("sql", "corp/data", "10.0.3.4"),
        nsg(
            "back-end-lockdown",
            inbound=[
                rule(100, "allow", "tcp", "Internet", "*", "454-455", name="Azure management"),
                rule(200, "allow", "tcp", "10.0.1.0/26" if wrong else "192.23.1.2", "*", "80,443", name="front door"),
            ],
        ),
        nsg(
            "data-tier",
            inbound=[
                rule(100, "allow", "tcp", "10.0.1.0/26", "*", "1433", name="SQL from the apps"),
                rule(200, "deny", "any", "*", "*", name="nothing else"),
            ],
        ),
    )
