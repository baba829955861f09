"""Changes of everything but rules: routes, peerings, switches, access lists, and an NSG where Azure asks for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.diagnostics import Edit
from asever.model.addresses import format_address, prefixes
from asever.model.answers import Step, StepKind
from asever.model.claims import EndpointKind
from asever.model.effective import Arrival, FilterKind, HopKind, Route, SiteKind
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, format_ports
from asever.model.things import Environment, Machine, Subnet, Thing, Vnet
from asever.repair.candidates import Candidate, Case, ports_at, protocol_at, source_terms, sources_at, target_terms
from asever.repair.lists import rule_name
from asever.repair.places import NewRule, after_declaration, appended, attribute, in_body, removed, replaced
from asever.repair.wording import home_of, quoted
from asever.source import Span

_MOST_PREFIXES = 2
_DEFAULT = "0.0.0.0/0"
_DETOURS = (HopKind.GATEWAY, HopKind.APPLIANCE)


def otherwise(one: Case, step: Step) -> Iterator[Candidate]:
    """What may be done where no list of rules drops the packet."""
    if step.filter is not None and step.filter.kind is FilterKind.SETTING:
        yield from _setting(one, step)
    elif step.filter is not None and step.filter.kind is FilterKind.PLATFORM:
        yield from _with_group(one, step)
    elif isinstance(step.row, Route) or step.reply:
        yield from _routes(one, step)
    elif isinstance(step.row, Arrival):
        yield from _arrival(one, step)
    elif step.detail.startswith("a Standard load balancer hands nothing"):
        yield from _with_group(one, step)
    else:
        yield from _way_out(one, step)
        yield from _without_routes(one)
        for subnet in _deciding_subnets(one, step):
            yield from _propagation(one, subnet, step)


def misrouted(one: Case) -> Iterator[Candidate]:
    """What may be done where a packet arrives, but not as the check demands."""
    origin = one.tables.sites[one.trace.flow.origin]
    subnet = one.network.subnets.get(origin.subnet or "")
    target = one.claim.target
    tag = target.name if target.kind is EndpointKind.TAG else None
    service = one.network.platform_services.get(target.name)
    tag = service.service if service is not None else tag
    if one.claim.seen_as and subnet is not None and subnet.span is not None and tag is not None:
        yield from _service_endpoint(subnet, tag)
    for step in one.trace.steps:
        if isinstance(step.row, Route) and not step.reply and step.row.hop in _DETOURS:
            yield from _routes(one, step)


def _service_endpoint(subnet: Subnet, tag: str) -> Iterator[Candidate]:
    span = subnet.parts.get("service-endpoints")
    if subnet.span is None:
        return
    if tag not in subnet.service_endpoints:
        edit = in_body(subnet.span, f"service-endpoints {tag}") if span is None else appended(span, tag)
        if edit is not None:
            yield Candidate(words=f"give subnet {subnet.name} a service endpoint for {tag}", edits=(edit,), fresh=True)
    elif span is not None and len(subnet.service_endpoints) == 1:
        whole = Span(span.file, span.file.text.rfind("service-endpoints", 0, span.start), span.end)
        yield Candidate(words=f"take the service endpoint for {tag} off subnet {subnet.name}", edits=(removed(whole),))


# -- Switches -----------------------------------------------------------------------------------------------------------


def _setting(one: Case, step: Step) -> Iterator[Candidate]:
    network, resource = one.network, step.filter.resource if step.filter is not None else ""
    machine = network.machines.get(resource)
    if machine is not None and machine.span is not None:
        yield from _forwarding(machine)
    service = network.platform_services.get(resource)
    if service is not None and service.span is not None and "allows" in service.parts:
        for term in source_terms(one, step.before, home_of(service)):
            yield Candidate(
                words=f"admit {term.text} to the access list of platform-service {service.name}",
                edits=(appended(service.parts["allows"], term.text),),
                widening=term.addresses.size,
                width=term.addresses.size,
                literal=not term.named,
            )
        subnet = network.subnets.get(one.tables.sites[one.trace.flow.origin].subnet or "")
        if subnet is not None:
            yield from _service_endpoint(subnet, service.service)
    place = None if step.row is None else step.row.origin.span
    for vnet in network.vnets.values():
        for peering in vnet.peerings:
            if peering.span is None or peering.span != place:
                continue
            word = "access" if not peering.access and step.detail == "access off" else "forwarded-traffic"
            edit = _flag(peering.span, word)
            if edit is not None:
                words = f"say `{word} on` in the peering of {peering.vnet} with {peering.remote}"
                yield Candidate(words=words, edits=(edit,))


def _forwarding(machine: Machine) -> Iterator[Candidate]:
    """What a machine needs to forward: the switch of its network interface, and a guest that does."""
    if machine.ip_forwarding:
        yield from _switched(machine, "forwards", "unchanged")
        return
    yield from _switched(machine, "ip-forwarding", "on")
    edit = in_body(machine.span, "ip-forwarding on  forwards unchanged") if machine.span is not None else None
    if edit is not None and not machine.parts.keys() & {"ip-forwarding", "forwards"}:
        yield Candidate(words=f"say `ip-forwarding on` and `forwards unchanged` of {machine.name}", edits=(edit,), left=1)


def _flag(name: Span, word: str) -> Edit | None:
    """A flag of a peering, set to on."""
    text = name.file.text
    at = text.find("{", name.end)
    close = text.find("}", at)
    found = text.find(f"{word} off", at, close) if 0 <= at < close and not text[name.end : at].strip() else -1
    if found >= 0:
        start = found + len(word) + 1
        return replaced(Span(name.file, start, start + len("off")), "on")
    return in_body(name, f"{word} on")


def _switched(thing: Thing, word: str, value: str) -> Iterator[Candidate]:
    edit = None if thing.span is None else attribute(thing.span, thing.parts, word, value)
    if edit is not None:
        yield Candidate(words=f"say `{word} {value}` of {thing.name}", edits=(edit,))


def _arrival(one: Case, step: Step) -> Iterator[Candidate]:
    """A port that an environment keeps closed, or machines that a load balancer hands nothing."""
    environment = one.network.environments.get(step.at)
    for word in ("ftp-enabled", "remote-debug-enabled"):
        if environment is not None and f"`{word} on`" in step.detail:
            yield from _switched(environment, word, "on")
    if "without an NSG" in step.detail:
        yield from _with_group(one, step)


# -- An NSG where there is none -----------------------------------------------------------------------------------------


def _with_group(one: Case, step: Step) -> Iterator[Candidate]:
    """Standard public addresses are closed to machines without an NSG (azure-network-semantics 2.9): attach one."""
    for thing in _bare(one, step):
        for group in one.network.groups.values():
            if group.span is not None and thing.span is not None and group.span.file is thing.span.file:
                name = quoted(group.name.removeprefix(home_of(group)))
                edit = attribute(thing.span, thing.parts, "nsg", name)
                if edit is not None:
                    yield Candidate(words=f"put nsg {group.name} on {thing.name}", edits=(edit,))
        yield from _new_group(one, step, thing)


def _bare(one: Case, step: Step) -> Iterator[Thing]:
    """The machines, and subnets of machines, that have no NSG."""
    named = {word.strip(",.") for word in step.detail.split()}
    for machine in one.network.machines.values():
        subnet = one.network.subnets[machine.subnet]
        about = machine.name in named or step.before.target in machine.addresses or step.at == machine.name
        if about and machine.nsg is None and subnet.nsg is None:
            yield machine
            yield subnet


def _new_group(one: Case, step: Step, thing: Thing) -> Iterator[Candidate]:
    packet = step.before
    top = _top(one.network.vnets, thing)
    if thing.span is None or top.span is None:
        return
    name = _fresh("for-" + thing.name.rpartition("/")[2].rpartition(".")[2], one.network.groups)
    terms = source_terms(one, packet, home_of(top))
    needed = ports_at(one, packet)
    protocol = protocol_at(one, packet)
    for term in terms[:1]:
        rule = NewRule(
            name=rule_name(one.title),
            access="allow",
            protocol=protocol,
            source=term.text,
            target="*",
            ports="" if needed == ANY_PORT or packet.protocol not in PROTOCOLS_WITH_PORTS else format_ports(needed),
        )
        group = f"nsg {name} {{\n  inbound {{\n    {rule.text(100)}\n  }}\n}}"
        edits = (attribute(thing.span, thing.parts, "nsg", name), after_declaration(top.span, group))
        if edits[0] is not None and edits[1] is not None:
            words = f"put a new nsg {name} on {thing.name}, which allows exactly these"
            yield Candidate(
                words=words, edits=(edits[0], edits[1]), widening=term.addresses.size, width=term.addresses.size, fresh=True
            )


def unguarded(one: Case) -> Iterator[Candidate]:
    """A delivered packet passes no list of rules: an NSG of its own, against exactly these, on the subnet that it leaves."""
    subnet = one.network.subnets.get(one.tables.sites[one.trace.flow.origin].subnet or "")
    if any(step.filter is not None and step.filter.kind.has_rules for step in one.trace.steps) or subnet is None:
        return
    if subnet.nsg is not None or subnet.span is None or subnet.span.file.name.startswith("std/"):
        return
    top = _top(one.network.vnets, subnet)
    packet = one.trace.flow.packet
    needed = ports_at(one, packet)
    name = _fresh("for-" + subnet.name.rpartition("/")[2], one.network.groups)
    for term in target_terms(one, packet, home_of(top))[:2]:
        rule = NewRule(
            name=rule_name(one.title),
            access="deny",
            protocol=protocol_at(one, packet),
            source="*",
            target=term.text,
            ports="" if needed == ANY_PORT or packet.protocol not in PROTOCOLS_WITH_PORTS else format_ports(needed),
        )
        group = f"nsg {name} {{\n  outbound {{\n    {rule.text(100)}\n  }}\n}}"
        attached = attribute(subnet.span, subnet.parts, "nsg", name)
        made = None if top.span is None else after_declaration(top.span, group)
        if attached is not None and made is not None:
            words = f"put a new nsg {name} on subnet {subnet.name}, which denies exactly these"
            yield Candidate(words=words, edits=(attached, made), fresh=True, left=term.addresses.size, literal=not term.named)


def _top(vnets: Mapping[str, Vnet], thing: Thing) -> Thing:
    """The declaration at the top of a file that holds a thing."""
    return vnets[thing.vnet] if isinstance(thing, Subnet) else thing


def _fresh(name: str, taken: Mapping[str, object]) -> str:
    number, found = 1, name
    while any(one == found or one.endswith(f".{found}") for one in taken):
        number += 1
        found = f"{name}-{number}"
    return found


# -- Routes -------------------------------------------------------------------------------------------------------------


def _routes(one: Case, step: Step) -> Iterator[Candidate]:
    """The route that loses or leads astray, changed or gone; and a longer one that leads where the packet must go."""
    yield from _route_itself(one, step)
    if step.reply:
        yield from _translating(one)
    for subnet in _deciding_subnets(one, step):
        destinations = _destinations(one, step)
        for hop in _hops(one):
            for destination in destinations:
                yield from _new_route(one, subnet, destination, hop)
        if isinstance(step.row, Route) and step.row.hop is HopKind.GATEWAY:
            yield from _no_propagation(one, subnet)
        yield from _propagation(one, subnet, step)


def _translating(one: Case) -> Iterator[Candidate]:
    """A device on the way that gives packets its own address, so that their replies come back to it."""
    for machine in one.network.machines.values():
        if machine.name in one.trace.passed and machine.ip_forwarding and machine.forwards != "translated":
            yield from _switched(machine, "forwards", "translated")


def _without_routes(one: Case) -> Iterator[Candidate]:
    """The user's routes on the way, each gone."""
    for step in one.trace.steps:
        if isinstance(step.row, Route) and not step.reply:
            yield from _route_itself(one, step)


def _route_itself(one: Case, step: Step) -> Iterator[Candidate]:
    row = step.row
    for table in one.network.route_tables.values():
        for route in table.routes:
            if row is None or route.span is None or route.span != row.origin.span:
                continue
            what = f"route {route.span.text.partition('->')[0].removeprefix('route').strip()} of route-table {table.name}"
            yield Candidate(words=f"remove {what}", edits=(removed(route.span),))
            arrow = route.span.text.find("->")
            hop = Span(route.span.file, route.span.start + arrow + len("-> "), route.span.end)
            if route.hop != "internet":
                yield Candidate(words=f"lead {what} to the Internet", edits=(replaced(hop, "internet"),))
            yield from _forwarders(one, hop, what)


def _forwarders(one: Case, hop: Span, what: str) -> Iterator[Candidate]:
    """The same route by way of each device that forwards."""
    for name, address in _devices(one):
        text = f"appliance {format_address(address)}"
        if text != hop.text:
            yield Candidate(words=f"lead {what} to {name}", edits=(replaced(hop, text),), literal=True)


def _devices(one: Case) -> Iterator[tuple[str, int]]:
    for machine in one.network.machines.values():
        if machine.ip_forwarding:
            yield f"vm {machine.name}", machine.addresses[0]
    for firewall in one.network.firewalls.values():
        yield f"firewall {firewall.name}", firewall.address


def _deciding_subnets(one: Case, step: Step) -> Iterator[Subnet]:
    """Whose routes decide there: on the way back those of whoever answers, or of a device in between."""
    sites = one.tables.sites
    first = sites[one.trace.flow.origin]
    last = sites.get(one.trace.site or "")
    devices = [site for site in sites.values() if site.forwarding is not None and site.thing in one.trace.passed]
    order = [last, *devices] if step.reply else [first, *devices]
    names = dict.fromkeys(site.subnet for site in order if site is not None and site.subnet)
    for name in names:
        subnet = one.network.subnets.get(name)
        if subnet is not None and subnet.span is not None and not subnet.span.file.name.startswith("std/"):
            yield subnet


def _destinations(one: Case, step: Step) -> list[str]:
    """What a new route may be for: those addresses, or everything."""
    packet = step.before
    tags = {EndpointKind.MANAGEMENT: "AppServiceManagement"}
    ends = one.claim.subjects if step.reply else (one.claim.target,)
    found = [tags[end.kind] for end in ends if end.kind in tags]
    found += [end.name for end in ends if end.kind is EndpointKind.TAG and end.name not in one.network.tags]
    if step.reply:
        needed = sources_at(one, packet)
    else:
        needed = one.scope.packets.target if packet.target in one.scope.packets.target else one.scope.packets.source
    site = one.tables.sites[one.trace.flow.origin]
    if step.reply and site.subnet in one.network.subnets and site.kind is not SiteKind.INTERNET:
        needed = one.network.subnets[site.subnet or ""].prefixes[0]
    texts = prefixes(needed) if len(needed.ranges) <= _MOST_PREFIXES else ()
    if 0 < len(texts) <= _MOST_PREFIXES:
        found += texts[:1]
    return [*dict.fromkeys(one if "/" in one or not one[0].isdigit() else f"{one}/32" for one in found), _DEFAULT]


def _hops(one: Case) -> list[tuple[str, str]]:
    """Where it may lead, with what that is called: the Internet, or the devices that the packet met."""
    devices = [(f"appliance {format_address(address)}", name) for name, address in _devices(one)]
    met = [each for each in devices if each[1].partition(" ")[2] in one.trace.passed]
    return [("internet", "the Internet"), *(met or devices[:1])]


def _new_route(one: Case, subnet: Subnet, destination: str, hop: tuple[str, str]) -> Iterator[Candidate]:
    table = one.network.route_tables.get(subnet.route_table or "")
    text = f"route {destination} -> {hop[0]}"
    wide = destination == _DEFAULT
    words = f"lead {'what has no other way' if wide else destination} to {hop[1]}"
    if table is not None and table.span is not None:
        edit = in_body(table.span, text)
        if edit is not None:
            yield Candidate(words=f"{words} in route-table {table.name}", edits=(edit,), fresh=True, left=wide)
        return
    yield from _new_table(one, subnet, text, f"{words}: a new route-table on subnet {subnet.name}", wide=wide)


def _new_table(one: Case, subnet: Subnet, text: str, words: str, *, wide: bool = False) -> Iterator[Candidate]:
    vnet = one.network.vnets[subnet.vnet]
    if subnet.span is None or vnet.span is None:
        return
    name = _fresh(f"{subnet.name.rpartition('/')[2]}-routes", one.network.route_tables)
    attached = attribute(subnet.span, subnet.parts, "route-table", quoted(name))
    table = after_declaration(vnet.span, f"route-table {quoted(name)} {{\n  {text}\n}}")
    if attached is not None and table is not None:
        yield Candidate(words=words, edits=(attached, table), fresh=True, left=wide)


def _no_propagation(one: Case, subnet: Subnet) -> Iterator[Candidate]:
    """What a gateway learns does not reach the subnet."""
    table = one.network.route_tables.get(subnet.route_table or "")
    if table is not None:
        yield from _switched(table, "bgp-propagation", "off")
    else:
        words = f"keep the gateway's routes from subnet {subnet.name}: a new route-table with `bgp-propagation off`"
        yield from _new_table(one, subnet, "bgp-propagation off", words)


def _propagation(one: Case, subnet: Subnet, step: Step) -> Iterator[Candidate]:
    """What a gateway learns reaches the subnet again, where it learned the way that is missing."""
    table = one.network.route_tables.get(subnet.route_table or "")
    wanted = step.before.source if step.reply else step.before.target
    gateways = (each for each in one.network.gateways.values() if each.vnet == subnet.vnet)
    if table is not None and not table.bgp_propagation and any(wanted in prefix for each in gateways for prefix in each.learns):
        yield from _switched(table, "bgp-propagation", "on")


def _way_out(one: Case, step: Step) -> Iterator[Candidate]:
    """A way out for a packet that has none: a NAT gateway of the file, or the load balancer's own."""
    site = one.tables.sites.get(step.at)
    subnet = one.network.subnets.get(site.subnet or "") if site is not None else None
    if step.kind is not StepKind.DROP or subnet is None or subnet.span is None or site is None:
        return
    for balancer in one.network.load_balancers.values():
        if site.thing in balancer.backends and not balancer.outbound:
            yield from _switched(balancer, "outbound", "on")
    for gateway in one.network.nat_gateways.values():
        edit = attribute(subnet.span, subnet.parts, "nat-gateway", quoted(gateway.name))
        if edit is not None:
            yield Candidate(words=f"put nat-gateway {gateway.name} on subnet {subnet.name}", edits=(edit,))


def environments_behind(one: Mapping[str, Environment], subnets: Mapping[str, Subnet], resources: frozenset[str]) -> list[str]:
    """The environments whose NSG is among some resources."""
    return sorted(name for name, env in one.items() if subnets[env.subnet].nsg in resources)
