"""What a picture of a declared network shows, whatever it is drawn with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from asever.model.addresses import format_address, format_addresses
from asever.model.numbers import NumberSet
from asever.model.picture import Area, Cell, Link, LinkKind, Node, Picture
from asever.model.things import (
    Environment,
    Firewall,
    Gateway,
    LoadBalancer,
    Machine,
    Network,
    Peering,
    PlatformService,
    PrivateEndpoint,
    RouteTable,
    Subnet,
    UserRoute,
    Vnet,
)

INTERNET = "Internet"
_GATEWAY_SUBNET = "GatewaySubnet"
_MOST_LISTED = 3


def picture(network: Network) -> Picture:
    """The picture of a network."""
    return Picture(
        outside=tuple(_outside(network)),
        areas=tuple(_area(network, one) for one in network.vnets.values()),
        links=tuple(_links(network)),
    )


def _key(kind: str, name: str) -> str:
    return f"{kind} {name}"


def _node(kind: str, name: str, *details: str) -> Node:
    return Node(key=_key(kind, name), kind=kind, title=_key(kind, name), details=tuple(one for one in details if one))


def _some(texts: list[str]) -> str:
    """The texts, or the first of them and how many there are besides."""
    if len(texts) <= _MOST_LISTED:
        return ", ".join(texts)
    return f"{', '.join(texts[: _MOST_LISTED - 1])} and {len(texts) - _MOST_LISTED + 1} more"


def _prefixes(sets: tuple[NumberSet, ...]) -> str:
    return _some([format_addresses(one) for one in sets])


# -- Outside ------------------------------------------------------------------------------------------------------------


def _outside(network: Network) -> Iterator[Node]:
    yield Node(key=INTERNET, kind=INTERNET, title=INTERNET)
    for site in network.on_premises.values():
        yield _node("on-premises", site.name, _prefixes(site.prefixes))
    for balancer in network.load_balancers.values():
        if balancer.subnet is None:
            yield _balancer(balancer)
    for service in network.platform_services.values():
        yield _service(service)


def _service(one: PlatformService) -> Node:
    allows = "" if one.allows is None else f"allows {_some([each.term.text for each in one.allows]) or 'nobody'}"
    return _node("platform-service", one.name, f"of {one.service}", allows)


# -- Inside -------------------------------------------------------------------------------------------------------------


def _area(network: Network, vnet: Vnet) -> Area:
    subnets = [network.subnets[name] for name in vnet.subnets]
    gateways = tuple(_gateway(one) for one in network.gateways.values() if one.vnet == vnet.name)
    theirs = next((one.name for one in subnets if one.name.endswith(f"/{_GATEWAY_SUBNET}")), None)
    inside = _inside(network)
    cells = [_cell(network, one, (*(gateways if one.name == theirs else ()), *inside.get(one.name, ()))) for one in subnets]
    if gateways and theirs is None:
        cells.insert(0, Cell(key=_key("gateways of", vnet.name), nodes=gateways))
    details = (_prefixes(tuple(NumberSet((one,)) for one in vnet.address.ranges)), vnet.region or "", *_admin(network, vnet))
    return Area(
        key=_key("vnet", vnet.name),
        title=_key("vnet", vnet.name),
        details=tuple(one for one in details if one),
        cells=tuple(cells),
    )


def _admin(network: Network, vnet: Vnet) -> Iterator[str]:
    for one in network.admin_rules.values():
        if vnet.name in one.applies_to:
            yield f"admin-rules {one.name}"


def _inside(network: Network) -> Mapping[str, list[Node]]:
    """What stands in each subnet."""
    found: dict[str, list[Node]] = defaultdict(list)
    for environment in network.environments.values():
        found[environment.subnet].append(_environment(environment))
    for machine in network.machines.values():
        found[machine.subnet].append(_machine(machine))
    for wall in network.firewalls.values():
        found[wall.subnet].append(_firewall(wall))
    for balancer in network.load_balancers.values():
        if balancer.subnet is not None:
            found[balancer.subnet].append(_balancer(balancer))
    for endpoint in network.private_endpoints.values():
        found[endpoint.subnet].append(_node("private-endpoint", endpoint.name, format_address(endpoint.address)))
    return found


def _cell(network: Network, one: Subnet, nodes: tuple[Node, ...]) -> Cell:
    details = [_prefixes(one.prefixes)]
    if one.nsg is not None:
        details.append(f"nsg {one.nsg}")
    if one.route_table is not None:
        details += [f"route-table {one.route_table}", *_routes(network, network.route_tables[one.route_table])]
    if one.nat_gateway is not None:
        details.append(f"nat-gateway {one.nat_gateway}")
    if one.service_endpoints:
        details.append(f"service endpoints {_some(list(one.service_endpoints))}")
    name = one.name.partition("/")[2]
    return Cell(key=_key("subnet", one.name), title=_key("subnet", name), details=tuple(details), nodes=nodes)


def _routes(network: Network, table: RouteTable) -> Iterator[str]:
    """The first routes of a table: where they lead is what a picture of a hub is about."""
    for one in table.routes[:_MOST_LISTED]:
        yield f"  {one.tag or format_addresses(one.prefix)} -> {_hop(network, one)}"
    if len(table.routes) > _MOST_LISTED:
        yield f"  and {len(table.routes) - _MOST_LISTED} more"


def _hop(network: Network, route: UserRoute) -> str:
    if route.appliance is None:
        return route.hop
    owner = (
        *(one.name for one in network.firewalls.values() if one.address == route.appliance),
        *(one.name for one in network.load_balancers.values() if one.frontend == route.appliance),
        *(one.name for one in network.machines.values() if route.appliance in one.addresses),
    )
    return owner[0] if owner else format_address(route.appliance)


def _environment(one: Environment) -> Node:
    inner = f"ilb {format_address(one.ilb)}" if one.ilb is not None else ""
    public = f"vip {format_address(one.vip)}" if one.vip is not None else ""
    return _node(
        "ase",
        one.name,
        f"version v{one.version}",
        inner,
        public,
        *(f"ip-ssl {format_address(each.address)}" for each in one.ip_ssl),
    )


def _machine(one: Machine) -> Node:
    public = f"public-ip {format_address(one.public_ip)}" if one.public_ip is not None else ""
    group = f"nsg {one.nsg}" if one.nsg is not None else ""
    groups = f"asgs {_some(list(one.asgs))}" if one.asgs else ""
    return _node("vm", one.name, _some([format_address(each) for each in one.addresses]), public, group, groups)


def _firewall(one: Firewall) -> Node:
    public = f"public-ip {format_address(one.public_ip)}" if one.public_ip is not None else ""
    return _node("firewall", one.name, format_address(one.address), public)


def _balancer(one: LoadBalancer) -> Node:
    return _node("load-balancer", one.name, format_address(one.frontend))


def _gateway(one: Gateway) -> Node:
    learns = f"learns {_prefixes(one.learns)}" if one.learns else ""
    return _node("gateway", one.name, one.kind, learns)


# -- Links --------------------------------------------------------------------------------------------------------------


def _links(network: Network) -> Iterator[Link]:
    yield from _peerings(network)
    for gateway in network.gateways.values():
        if gateway.to is not None:
            yield Link(
                kind=LinkKind.GATEWAY,
                one=_key("on-premises", gateway.to),
                other=_key("gateway", gateway.name),
                label=gateway.kind,
            )
    for key in _public(network):
        yield Link(kind=LinkKind.PUBLIC, one=INTERNET, other=key)
    for balancer in network.load_balancers.values():
        for name in dict.fromkeys(balancer.backends):
            yield Link(kind=LinkKind.BALANCER, one=_key("load-balancer", balancer.name), other=_key("vm", name))
    for endpoint in network.private_endpoints.values():
        service = _serves(network, endpoint)
        if service is not None:
            yield Link(kind=LinkKind.PRIVATE_ENDPOINT, one=service, other=_key("private-endpoint", endpoint.name))


def _peerings(network: Network) -> Iterator[Link]:
    sides = {(one.vnet, one.remote): one for vnet in network.vnets.values() for one in vnet.peerings}
    for (vnet, remote), own in sides.items():
        other = sides.get((remote, vnet))
        if remote not in network.vnets or (other is not None and (remote, vnet) < (vnet, remote)):
            continue
        yield Link(
            kind=LinkKind.HALF_PEERING if other is None else LinkKind.PEERING,
            one=_key("vnet", vnet),
            other=_key("vnet", remote),
            label=", ".join(_settings(own, other)),
        )


def _settings(own: Peering, other: Peering | None) -> Iterator[str]:
    sides = [one for one in (own, other) if one is not None]
    if not all(one.access for one in sides):
        yield "no access"
    if any(one.forwarded_traffic for one in sides):
        yield "forwarded traffic"
    if any(one.gateway_transit for one in sides):
        yield "gateway transit"
    for word in sorted(frozenset().union(*(one.unknown for one in sides))):
        yield f"{word} unknown"


def _public(network: Network) -> Iterator[str]:
    """What the Internet can address."""
    for environment in network.environments.values():
        if environment.ilb is None or environment.vip is not None or environment.ip_ssl:
            yield _key("ase", environment.name)
    yield from (_key("vm", one.name) for one in network.machines.values() if one.public_ip is not None)
    yield from (_key("firewall", one.name) for one in network.firewalls.values() if one.public_ip is not None)
    yield from (_key("load-balancer", one.name) for one in network.load_balancers.values() if one.subnet is None)
    yield from (_key("platform-service", one.name) for one in network.platform_services.values())


def _serves(network: Network, endpoint: PrivateEndpoint) -> str | None:
    """What a private endpoint leads to, where the picture has it: a tag is not in it."""
    if endpoint.to in network.platform_services:
        return _key("platform-service", endpoint.to)
    return _key("ase", endpoint.to) if endpoint.to in network.environments else None
