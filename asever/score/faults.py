"""Faults that people make, seeded in a declared network one at a time: each gives a network that differs in one place.

They are made in memory. Which faults there are, and in which order, depends on the network alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from asever.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, format_addresses
from asever.model.numbers import NumberSet, union
from asever.model.packets import ANY_PORT, format_ports, format_protocol
from asever.model.scores import Fault
from asever.model.things import (
    AddressTerm,
    AdminRules,
    DeclaredRule,
    Environment,
    Firewall,
    Machine,
    Network,
    Peering,
    PlatformService,
    RouteTable,
    SecurityGroup,
    Subnet,
    TermKind,
    UserRoute,
    Vnet,
)
from asever.record import record, replace
from asever.source import Span

SETTINGS = ("detach", "flip-flag")
"""The kinds of faults that turn a setting."""

_FLIPPED = {"allow": "deny", "deny": "allow", "always-allow": "deny"}
_OTHER_HOP = {"internet": "none", "none": "internet", "appliance": "internet", "gateway": "internet", "vnet-local": "none"}
_LAST_PORT = 65535


@record(kw_only=False)
class Mutant:
    """A network with one fault. `stated` is whether the program writes what the fault changes, rather than leaving it out."""

    fault: Fault
    network: Network
    group: str | None = None
    stated: bool = True


def faults(network: Network) -> Iterator[Mutant]:
    """Every fault, in the order of the resources: rules, routes, then settings."""
    named = tuple(_names_of_environments(network))
    yield from _in_groups(network, named)
    yield from _in_admin_rules(network, named)
    yield from _in_firewalls(network, named)
    for table in network.route_tables.values():
        yield from _in_routes(network, table)
    yield from settings(network)


def settings(network: Network) -> Iterator[Mutant]:
    """The faults that turn a setting: an attachment removed, a flag flipped."""
    for subnet in network.subnets.values():
        yield from _of_subnet(network, subnet)
    for machine in network.machines.values():
        yield from _of_machine(network, machine)
    for one in network.environments.values():
        yield from _of_environment(network, one)
    for vnet in network.vnets.values():
        for peering in vnet.peerings:
            yield from _of_peering(network, vnet, peering)
    for table in network.route_tables.values():
        changed = replace(table, bgp_propagation=not table.bgp_propagation)
        yield Mutant(
            _flag("route-table", table.name, "bgp-propagation", table.parts, table.span, on=table.bgp_propagation),
            replace(network, route_tables={**network.route_tables, table.name: changed}),
            stated="bgp-propagation" in table.parts,
        )
    for service in network.platform_services.values():
        yield from _of_service(network, service)
    for rules in network.admin_rules.values():
        yield from _of_admin_rules(network, rules)


# -- Rules --------------------------------------------------------------------------------------------------------------

Named = tuple[tuple[str, NumberSet, str, NumberSet], ...]
"""For each environment what it is seen as and where it lives: two addresses that people take for each other."""

Rules = tuple[DeclaredRule, ...]
Terms = tuple[AddressTerm, ...]


def _names_of_environments(network: Network) -> Iterator[tuple[str, NumberSet, str, NumberSet]]:
    for one in network.environments.values():
        subnet = network.subnets[one.subnet]
        if one.vip is not None:
            yield f"{one.name}.vip", NumberSet.single(one.vip), subnet.name, union(subnet.prefixes)
        elif one.outbound:
            yield f"{one.name}.outbound", one.outbound, subnet.name, union(subnet.prefixes)


def _in_groups(network: Network, named: Named) -> Iterator[Mutant]:
    for group in network.groups.values():

        def inbound(rules: Rules, group: SecurityGroup = group) -> Network:
            return replace(network, groups={**network.groups, group.name: replace(group, inbound=rules)})

        def outbound(rules: Rules, group: SecurityGroup = group) -> Network:
            return replace(network, groups={**network.groups, group.name: replace(group, outbound=rules)})

        for direction, rules, build in (("inbound", group.inbound, inbound), ("outbound", group.outbound, outbound)):
            for one in _in_rules(f"nsg {group.name}", f"{direction} rule", rules, build, named):
                yield replace(one, group=group.name)


def _in_admin_rules(network: Network, named: Named) -> Iterator[Mutant]:
    for admin in network.admin_rules.values():

        def inbound(rules: Rules, admin: AdminRules = admin) -> Network:
            return replace(network, admin_rules={**network.admin_rules, admin.name: replace(admin, inbound=rules)})

        def outbound(rules: Rules, admin: AdminRules = admin) -> Network:
            return replace(network, admin_rules={**network.admin_rules, admin.name: replace(admin, outbound=rules)})

        for direction, rules, build in (("inbound", admin.inbound, inbound), ("outbound", admin.outbound, outbound)):
            yield from _in_rules(f"admin-rules {admin.name}", f"{direction} rule", rules, build, named)


def _in_firewalls(network: Network, named: Named) -> Iterator[Mutant]:
    for firewall in network.firewalls.values():

        def build(rules: Rules, firewall: Firewall = firewall) -> Network:
            return replace(network, firewalls={**network.firewalls, firewall.name: replace(firewall, rules=rules)})

        yield from _in_rules(f"firewall {firewall.name}", "rule", firewall.rules, build, named)


def rule_title(what: str, rule: DeclaredRule) -> str:
    """`inbound rule 200 "front door"`."""
    named = "" if rule.name in {"", f"rule {rule.priority}"} else f' "{rule.name}"'
    return f"{what} {rule.priority}{named}"


def _in_rules(resource: str, what: str, rules: Rules, build: Callable[[Rules], Network], named: Named) -> Iterator[Mutant]:
    for index, rule in enumerate(rules):
        title = rule_title(what, rule)

        def changed(
            kind: str, before: str, after: str, part: str, new: DeclaredRule, at: int = index, title: str = title
        ) -> Mutant:
            old = rules[at]
            fault = Fault(
                kind=kind, resource=resource, what=title, before=before, after=after, span=old.parts.get(part, old.span)
            )
            return Mutant(fault, build((*rules[:at], new, *rules[at + 1 :])))

        fault = Fault(kind="drop-rule", resource=resource, what=title, before=rule_text(rule), after="", span=rule.span)
        yield Mutant(fault, build((*rules[:index], *rules[index + 1 :])))
        if rule.access in _FLIPPED:
            access = _FLIPPED[rule.access]
            yield changed("flip-access", rule.access, access, "access", replace(rule, access=access))
        for kind, terms in _other_terms(rule.sources, named):
            before, after = (f"from {_terms_text(each)}" for each in (rule.sources, terms))
            yield changed(kind, before, after, "source", replace(rule, sources=terms))
        for kind, terms in _other_terms(rule.targets, named):
            before, after = (f"to {_terms_text(each)}" for each in (rule.targets, terms))
            yield changed(kind, before, after, "target", replace(rule, targets=terms))
        for kind, ports in _other_ports(rule.target_port):
            before, after = (f"port {format_ports(each)}" for each in (rule.target_port, ports))
            yield changed(kind, before, after, "target_port", replace(rule, target_port=ports))
        if index + 1 < len(rules):
            yield _reordered(resource, what, rules, index, build)


def _reordered(resource: str, what: str, rules: Rules, index: int, build: Callable[[Rules], Network]) -> Mutant:
    """Two neighbours with each other's priority."""
    first, second = rules[index], rules[index + 1]
    swapped = (replace(second, priority=first.priority), replace(first, priority=second.priority))
    fault = Fault(
        kind="reorder",
        resource=resource,
        what=f"{rule_title(what, first)} and {second.priority}",
        before=f"{first.priority}, then {second.priority}",
        after=f"{second.priority}, then {first.priority}",
        span=second.span,
    )
    return Mutant(fault, build((*rules[:index], *swapped, *rules[index + 2 :])))


def _other_terms(terms: Terms, named: Named) -> Iterator[tuple[str, Terms]]:
    """An address list with one member changed, and the kind of the change."""
    for index, term in enumerate(terms):
        if term.kind is not TermKind.ADDRESSES or term.addresses == ALL_ADDRESSES:
            continue
        for kind, new in _other_addresses(term, named):
            yield kind, (*terms[:index], new, *terms[index + 1 :])


def _other_addresses(term: AddressTerm, named: Named) -> Iterator[tuple[str, AddressTerm]]:
    for seen, public, home, inside in named:
        for here, text, there in ((public, home, inside), (inside, seen, public)):
            if term.addresses == here:
                yield "swap-vip-and-cidr", replace(term, text=text, addresses=there)
    for kind, addresses in _other_prefixes(term.addresses):
        yield kind, replace(term, text=format_addresses(addresses), addresses=addresses)


def _other_prefixes(addresses: NumberSet) -> Iterator[tuple[str, NumberSet]]:
    """A prefix with one bit more or less of length."""
    if len(addresses.ranges) != 1:
        return
    ((low, high),) = addresses.ranges
    size = high - low + 1
    if size & (size - 1) or low % size:
        return
    if size > 1:
        yield "narrow-prefix", NumberSet.span(low, low + size // 2 - 1)
    wide = NumberSet.span(low - low % (2 * size), low - low % (2 * size) + 2 * size - 1)
    if wide <= ALL_V4 or wide <= ALL_V6:
        yield "widen-prefix", wide


def _other_ports(ports: NumberSet) -> Iterator[tuple[str, NumberSet]]:
    """A list of ports without its last one, and with one more."""
    if ports == ANY_PORT or not ports:
        return
    last = ports.ranges[-1][1]
    if ports.size > 1:
        yield "narrow-ports", ports - NumberSet.single(last)
    if last < _LAST_PORT:
        yield "widen-ports", ports | NumberSet.single(last + 1)


# -- Routes -------------------------------------------------------------------------------------------------------------


def _in_routes(network: Network, table: RouteTable) -> Iterator[Mutant]:
    def built(routes: tuple[UserRoute, ...]) -> Network:
        return replace(network, route_tables={**network.route_tables, table.name: replace(table, routes=routes)})

    for index, route in enumerate(table.routes):
        before, after = table.routes[:index], table.routes[index + 1 :]

        def changed(
            kind: str,
            new: UserRoute | None,
            route: UserRoute = route,
            around: tuple[tuple[UserRoute, ...], ...] = (before, after),
        ) -> Mutant:
            fault = Fault(
                kind=kind,
                resource=f"route-table {table.name}",
                what=route_title(route),
                before=route_text(route),
                after="" if new is None else route_text(new),
                span=route.span,
            )
            return Mutant(fault, built((*around[0], *(() if new is None else (new,)), *around[1])))

        yield changed("drop-route", None)
        yield changed("next-hop", replace(route, hop=_OTHER_HOP[route.hop], appliance=None))
        if route.tag is None:
            for kind, prefix in _other_prefixes(route.prefix):
                if not any(other.prefix == prefix and other.tag is None for other in table.routes):
                    yield changed(kind, replace(route, prefix=prefix))


def route_title(route: UserRoute) -> str:
    """`route 0.0.0.0/0`."""
    return f"route {route.tag or format_addresses(route.prefix)}"


def route_text(route: UserRoute) -> str:
    """`route 0.0.0.0/0 -> internet`."""
    appliance = "" if route.appliance is None else f" {format_addresses(NumberSet.single(route.appliance))}"
    return f"route {route.tag or format_addresses(route.prefix)} -> {route.hop}{appliance}"


# -- Settings -----------------------------------------------------------------------------------------------------------


def _flag(kind: str, name: str, word: str, parts: Mapping[str, Span], span: Span | None, *, on: bool) -> Fault:
    before, after = (f"{word} {'on' if one else 'off'}" for one in (on, not on))
    return Fault(kind="flip-flag", resource=f"{kind} {name}", what=word, before=before, after=after, span=parts.get(word, span))


def _detached(kind: str, name: str, word: str, what: str, parts: Mapping[str, Span], span: Span | None) -> Fault:
    return Fault(
        kind="detach",
        resource=f"{kind} {name}",
        what=f"{word} {what}",
        before=f"{word} {what}",
        after="",
        span=parts.get(word, span),
    )


def _of_subnet(network: Network, subnet: Subnet) -> Iterator[Mutant]:
    def built(new: Subnet) -> Network:
        return replace(network, subnets={**network.subnets, subnet.name: new})

    attached = (
        ("nsg", subnet.nsg, replace(subnet, nsg=None)),
        ("route-table", subnet.route_table, replace(subnet, route_table=None)),
        ("nat-gateway", subnet.nat_gateway, replace(subnet, nat_gateway=None)),
    )
    for word, what, new in attached:
        if what is not None:
            yield Mutant(_detached("subnet", subnet.name, word, what, subnet.parts, subnet.span), built(new))
    for one in subnet.service_endpoints:
        rest = tuple(other for other in subnet.service_endpoints if other != one)
        fault = _detached("subnet", subnet.name, "service-endpoints", one, subnet.parts, subnet.span)
        yield Mutant(fault, built(replace(subnet, service_endpoints=rest)))
    if subnet.private_endpoint_policies != "off":
        word = "private-endpoint-policies"
        fault = replace(
            _flag("subnet", subnet.name, word, subnet.parts, subnet.span, on=True),
            before=f"{word} {subnet.private_endpoint_policies}",
        )
        yield Mutant(fault, built(replace(subnet, private_endpoint_policies="off")))
    fault = _flag("subnet", subnet.name, "default-outbound", subnet.parts, subnet.span, on=subnet.default_outbound)
    new = replace(subnet, default_outbound=not subnet.default_outbound)
    yield Mutant(fault, built(new), stated="default-outbound" in subnet.parts)


def _of_machine(network: Network, one: Machine) -> Iterator[Mutant]:
    def built(new: Machine) -> Network:
        return replace(network, machines={**network.machines, one.name: new})

    if one.nsg is not None:
        yield Mutant(_detached("vm", one.name, "nsg", one.nsg, one.parts, one.span), built(replace(one, nsg=None)))
    if one.public_ip is not None:
        public = format_addresses(NumberSet.single(one.public_ip))
        fault = _detached("vm", one.name, "public-ip", public, one.parts, one.span)
        yield Mutant(fault, built(replace(one, public_ip=None)))
    for group in one.asgs:
        rest = tuple(other for other in one.asgs if other != group)
        yield Mutant(_detached("vm", one.name, "asg", group, one.parts, one.span), built(replace(one, asgs=rest)))
    fault = _flag("vm", one.name, "ip-forwarding", one.parts, one.span, on=one.ip_forwarding)
    yield Mutant(fault, built(replace(one, ip_forwarding=not one.ip_forwarding)), stated="ip-forwarding" in one.parts)


def _of_environment(network: Network, one: Environment) -> Iterator[Mutant]:
    if one.version != 3:
        return
    flags = (
        ("ftp-enabled", one.ftp_enabled, replace(one, ftp_enabled=not one.ftp_enabled)),
        (
            "remote-debug-enabled",
            one.remote_debug_enabled,
            replace(one, remote_debug_enabled=not one.remote_debug_enabled),
        ),
    )
    for word, on, new in flags:
        changed = replace(network, environments={**network.environments, one.name: new})
        yield Mutant(_flag("ase", one.name, word, one.parts, one.span, on=on), changed, stated=word in one.parts)


def _of_peering(network: Network, vnet: Vnet, one: Peering) -> Iterator[Mutant]:
    forwarded = one.forwarded_traffic is not False
    flags = (
        ("access", one.access, replace(one, access=not one.access), not one.access),
        ("forwarded-traffic", forwarded, replace(one, forwarded_traffic=not forwarded), one.forwarded_traffic is not None),
        ("gateway-transit", one.gateway_transit, replace(one, gateway_transit=not one.gateway_transit), one.gateway_transit),
        ("remote-gateway", one.remote_gateway, replace(one, remote_gateway=not one.remote_gateway), one.remote_gateway),
    )
    for word, on, new, stated in flags:
        peerings = tuple(new if other is one else other for other in vnet.peerings)
        changed = replace(network, vnets={**network.vnets, vnet.name: replace(vnet, peerings=peerings)})
        fault = _flag("vnet", vnet.name, word, {}, one.span, on=on)
        yield Mutant(replace(fault, what=f"{word} of the peering with {one.remote}"), changed, stated=stated)


def _of_service(network: Network, one: PlatformService) -> Iterator[Mutant]:
    for admitted in one.allows or ():
        rest = tuple(other for other in one.allows or () if other is not admitted)
        changed = replace(network, platform_services={**network.platform_services, one.name: replace(one, allows=rest)})
        fault = _detached("platform-service", one.name, "allows", admitted.term.text, one.parts, one.span)
        yield Mutant(replace(fault, span=admitted.term.span or fault.span), changed)


def _of_admin_rules(network: Network, one: AdminRules) -> Iterator[Mutant]:
    for vnet in one.applies_to:
        rest = tuple(other for other in one.applies_to if other != vnet)
        changed = replace(network, admin_rules={**network.admin_rules, one.name: replace(one, applies_to=rest)})
        yield Mutant(_detached("admin-rules", one.name, "applies-to", vnet, one.parts, one.span), changed)


# -- The language's own words -------------------------------------------------------------------------------------------


def rule_text(rule: DeclaredRule) -> str:
    """`allow tcp from 10.0.1.0/26 to * port 80, 443`."""
    protocol = "any" if rule.any_protocol else ", ".join(map(format_protocol, rule.protocol))
    source = "" if rule.source_port == ANY_PORT else f" port {format_ports(rule.source_port)}"
    target = "" if rule.target_port == ANY_PORT else f" port {format_ports(rule.target_port)}"
    return f"{rule.access} {protocol} from {_terms_text(rule.sources)}{source} to {_terms_text(rule.targets)}{target}"


def _terms_text(terms: Sequence[AddressTerm]) -> str:
    return ", ".join(one.text for one in terms)
