"""Load balancers: each frontend with the rules that share machines, probe and settings is one (azure-network-semantics 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from asever.importers.network import words
from asever.importers.network.book import last, reference_text
from asever.importers.network.groups import protocol_word
from asever.importers.network.machines import SCALE_SET, private_address, public_address, scale_set_interfaces
from asever.importers.network.sheet import Making, called, refers
from asever.importers.network.words import inner, prop, several
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.record import record
from asever.source import Span
from asever.syntax import nodes

BALANCER = "Microsoft.Network/loadBalancers"
_NIC = "Microsoft.Network/networkInterfaces"

_Pool = tuple[str, str]
"""A pool, or an inbound NAT rule, by the names of its load balancer and its own, in lower case."""


@record
class _Rule:
    """One rule: who gets what comes to which port of which frontend."""

    frontend: str
    members: tuple[str, ...]
    probe: int | None
    floating: bool
    outbound: bool
    mapping: nodes.PortMap


class _Members:
    """The machines of every pool and of every inbound NAT rule, as interfaces and scale sets name them."""

    def __init__(self, to: Making) -> None:
        self.found: dict[_Pool, list[str]] = defaultdict(list)
        self.by_nic: dict[int, str] = {}
        for one in to.book.of_kind(_NIC):
            self.by_nic[id(one)] = to.name(one)
            self._join(to.name(one), one.properties)
        for one in to.book.of_kind(SCALE_SET):
            for name, configuration in scale_set_interfaces(to, one):
                self._join(name, inner(configuration))

    def _join(self, name: str, content: Value) -> None:
        configurations = prop(content, "ipConfigurations")
        for each in configurations.items if configurations is not None else ():
            for field in ("loadBalancerBackendAddressPools", "loadBalancerInboundNatRules", "loadBalancerInboundNatPools"):
                listed = prop(each, field)
                for reference in listed.items if listed is not None else ():
                    key = _pool_key(reference)
                    if key is not None:
                        self.found[key].append(name)


def _pool_key(reference: Value | None) -> _Pool | None:
    text = reference_text(reference)
    pieces = (text or "").strip("/").casefold().split("/")
    return (pieces[-3], pieces[-1]) if len(pieces) >= 3 else None


def balancers(to: Making) -> None:
    """Every load balancer."""
    members = _Members(to)
    for one in to.book.of_kind(BALANCER):
        _balancer(to, one, members)


def _balancer(to: Making, one: Resource, members: _Members) -> None:
    frontends = {_named(each).casefold(): each for each in to.members(one, one.properties, "frontendIPConfigurations")}
    rules = [*_rules(to, one, members)]
    sku = prop(one.body, "sku", "name") or prop(one.body, "sku")
    outbound = to.members(one, one.properties, "outboundRules")
    grouped: dict[tuple[str, tuple[str, ...], int | None, bool], list[_Rule]] = defaultdict(list)
    for rule in rules:
        grouped[rule.frontend, rule.members, rule.probe, rule.floating].append(rule)
    first: dict[str, str] = {}
    used = {rule.frontend for rule in rules}
    for (name, machines, probe, floating), same in grouped.items():
        frontend = frontends.get(name)
        if frontend is None:
            to.leave_out(one, f"a rule whose frontend is not in the file: {name}")
            continue
        if not machines:
            to.leave_out(one, f"the rules of frontend {_named(frontend)}, which lead to no machine of the file")
            continue
        lends = any(rule.outbound for rule in same) or bool(outbound)
        given = (
            to.name(one)
            if not first
            else to.part_name(one, f"{last(one.name)}.{_named(frontend)}-{'-'.join(_ports(same))}", "load-balancer")
        )
        shared = first.setdefault(name, given)
        to.declare(
            "load-balancer",
            given,
            to.at(one),
            [
                *_frontend(to, one, frontend, None if shared == given else shared),
                *_attributes(to, one, frontend, machines, probe, same, sku, floating=floating, lends=lends),
            ],
        )
    for name, frontend in frontends.items():
        if name not in used:
            to.leave_out(one, f"frontend {_named(frontend)}, which has no rule", frontend.span)


def _ports(rules: Iterable[_Rule]) -> list[str]:
    return [str(rule.mapping.front.low) for rule in rules][:3]


def _frontend(to: Making, one: Resource, frontend: Value, shared: str | None) -> Iterator[nodes.Attribute]:
    """Where it is called; `shared` is the declaration that has the other rules of this frontend."""
    at = frontend.span or to.at(one)
    subnet = prop(frontend, "subnet")
    address: nodes.Value
    if shared is not None:
        address = words.ref(shared, at)
    elif refers(subnet):
        address = private_address(to, one, frontend)
    else:
        address = public_address(to, prop(frontend, "publicIPAddress"), one)
    yield words.attribute("frontend", at, address)
    if refers(subnet):
        yield words.attribute("subnet", to.place(subnet, one), words.ref(to.home(subnet, one), to.place(subnet, one)))


def _attributes(
    to: Making,
    one: Resource,
    frontend: Value,
    machines: tuple[str, ...],
    probe: int | None,
    rules: list[_Rule],
    sku: Value | None,
    *,
    floating: bool,
    lends: bool,
) -> Iterator[nodes.Attribute | nodes.PortMap | None]:
    at = frontend.span or to.at(one)
    yield from (rule.mapping for rule in rules)
    yield words.attribute("backend", at, *(words.ref(name, at) for name in machines))
    if probe is not None:
        yield words.attribute("probe", at, words.number(probe, at))
    if not lends:
        yield words.attribute("outbound", at, words.ref("off", at))
    if floating:
        yield words.attribute("floating-ip", at, words.ref("on", at))
    # A load balancer without a SKU is Basic (azure-network-semantics 8).
    if sku is None or (sku.text or "").casefold() == "basic":
        yield words.attribute("sku", to.place(sku, one), words.ref("basic", to.place(sku, one)))


def _rules(to: Making, one: Resource, members: _Members) -> Iterator[_Rule]:
    own = last(one.name).casefold()
    probes = {_named(each).casefold(): prop(each, "port") for each in to.members(one, one.properties, "probes")}
    for each in to.members(one, one.properties, "loadBalancingRules"):
        machines: list[str] = []
        for reference in several(inner(each), "backendAddressPool", "backendAddressPools"):
            machines.extend(_pool(to, one, reference, members))
        disabled = to.boolean(one, "disableOutboundSnat", prop(each, "disableOutboundSnat"))
        probe = prop(each, "probe")
        port = words.whole(probes.get(_last_name(probe).casefold())) if refers(probe) else None
        yield from _rule(to, one, each, tuple(dict.fromkeys(machines)), port, outbound=not disabled)
    apart = to.book.children(one, "inboundNatRules")
    every = [*to.members(one, one.properties, "inboundNatRules"), *(child.body for child in apart)]
    for each in every:
        key = (own, _named(each).rpartition("/")[2].casefold())
        machines = [*members.found.get(key, ()), *_configured(to, prop(each, "backendIPConfiguration"), members)]
        yield from _rule(to, one, each, tuple(dict.fromkeys(machines)), None, outbound=False)
    for each in to.members(one, one.properties, "inboundNatPools"):
        to.leave_out(one, f"inbound NAT pool {_named(each)}: which port leads to which instance is not known", each.span)


def _rule(
    to: Making, one: Resource, each: Value, machines: tuple[str, ...], probe: int | None, *, outbound: bool
) -> Iterator[_Rule]:
    span = each.span or to.at(one)
    protocol = protocol_word(prop(each, "protocol")) or "tcp"
    front, back = words.whole(prop(each, "frontendPort")), words.whole(prop(each, "backendPort"))
    if front is None:
        to.leave_out(one, f"rule {_named(each)}: its port is not known", span)
        return
    every = front == 0
    yield _Rule(
        frontend=_last_name(prop(each, "frontendIPConfiguration")).casefold(),
        members=machines,
        probe=probe,
        floating=bool(words.boolean(prop(each, "enableFloatingIP"))),
        outbound=outbound,
        mapping=nodes.PortMap(
            span=span,
            protocol=words.word("any" if every or protocol == "any" else protocol, span),
            front=_port(front, span),
            back=_port(front if back is None else back, span),
        ),
    )


def _port(number: int, span: Span) -> nodes.Ports:
    return nodes.Ports(span=span, low=0, high=65535, any=True) if number == 0 else words.number(number, span)


def _pool(to: Making, one: Resource, reference: Value, members: _Members) -> Iterator[str]:
    key = _pool_key(reference)
    if key is None:
        to.leave_out(one, f"a pool that is known only at deployment: {called(reference)}", reference.span)
        return
    yield from members.found.get(key, ())
    inline = [each for each in to.members(one, one.properties, "backendAddressPools") if _named(each).casefold() == key[1]]
    apart = to.book.at(f"{BALANCER}/backendAddressPools", f"{last(one.name)}/{key[1]}", to.at(one))
    for pool in (*inline, *([apart.body] if apart is not None else [])):
        for each in to.members(one, pool, "backendIPConfigurations"):
            yield from _configured(to, each, members)
        for each in to.members(one, pool, "loadBalancerBackendAddresses"):
            yield from _by_address(to, one, each)


def _configured(to: Making, reference: Value | None, members: _Members) -> Iterator[str]:
    """The machine whose interface has a configuration, by the id of the configuration."""
    text = reference_text(reference)
    if text and "/ipconfigurations/" in text.casefold():
        nic = to.book.find(
            Value(
                plain=text[: text.casefold().rindex("/ipconfigurations/")],
                span=reference.span if reference is not None else None,
            ),
            _NIC,
        )
        if nic is not None:
            yield members.by_nic[id(nic)]


def _by_address(to: Making, one: Resource, each: Value) -> Iterator[str]:
    value = prop(each, "ipAddress")
    for nic in to.each(_NIC):
        configurations = prop(nic.properties, "ipConfigurations")
        for configuration in configurations.items if configurations is not None else ():
            address = prop(configuration, "privateIPAddress")
            if value is not None and value.text and address is not None and address.text == value.text:
                yield to.name(nic)
                return
    if value is not None:
        to.leave_out(one, f"a member of its pool that is no machine of the file: {value.text or called(value)}", value.span)


def _named(value: Value) -> str:
    found = value.get("name")
    return found.text or "" if found is not None else last(reference_text(value) or "")


def _last_name(reference: Value | None) -> str:
    return last(reference_text(reference) or "")
