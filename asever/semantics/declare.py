"""Declarations as things. What stands for addresses of other things (rules, routes) is read once all things are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from asever.model import things
from asever.model.addresses import ALL_V4, parse_addresses, prefixes
from asever.model.azure_tags import BASE_TAGS, ENDPOINT_SERVICES, NOT_IN_ROUTES, canonical_tag, is_azure_tag
from asever.model.later import Later
from asever.model.numbers import EMPTY, NumberSet, union
from asever.record import replace
from asever.semantics.attributes import Reader, Values, is_unknown, plain_word, read
from asever.semantics.names import Names, Resolved
from asever.semantics.rules import ADMIN, FIREWALL, GROUP, Book, RuleReader, known_word, protocol_numbers
from asever.semantics.schema import SCHEMA
from asever.semantics.terms import addresses_of
from asever.semantics.unknowns import UNKNOWN_NETWORKS
from asever.syntax import nodes

HOPS = ("internet", "vnet-local", "gateway", "appliance", "none", "unknown")
_BALANCED = ("tcp", "udp", "any")


class Declarer:
    """Makes things and keeps them by full name in `made`. `later` holds the second half of those that have one.

    `quiet` are NSGs with nothing to say of their rules, by full name, with how many these are.
    """

    def __init__(
        self, reader: Reader, names: Names, rules: RuleReader, made: dict[str, things.Thing], quiet: Mapping[str, int]
    ) -> None:
        self.problems = reader.problems
        self.reader = reader
        self.names = names
        self.terms = rules.terms
        self.rules = rules
        self.made = made
        self.later: list[Callable[[], None]] = []
        self.both_sides: list[things.Peering] = []
        self.quiet = quiet
        self.lists: dict[str, Callable[[], tuple[things.Rules, things.Rules]]] = {}
        self.put_off = Later(self.lists)

    def declare(self, node: nodes.Declaration, name: str) -> None:
        """One declaration, under its full name."""
        kind = node.kind.text
        values = read(self.reader, kind, f"{kind} `{node.name.text}`", node.body, node.name.span)
        _MAKERS[kind](self, name, node, values)

    def finish(self) -> None:
        """Everything that needed all things to be known."""
        self._peer_both_sides()
        for step in self.later:
            step()

    def quietly(self, lists: Callable[[], tuple[things.Rules, things.Rules]]) -> tuple[things.Rules, things.Rules]:
        """The rules of a quiet NSG."""
        said = len(self.problems.diagnostics.found)
        found = lists()
        assert len(self.problems.diagnostics.found) == said  # noqa: S101 - all that they hang on is as it was
        return found

    def add(self, thing: things.Thing) -> None:
        """Keeps a thing; its second half replaces the first."""
        self.made[thing.name] = thing

    def one(self, values: Values, word: str) -> str | None:
        """The full name of the one thing that an attribute names."""
        ref = values.ref(word)
        symbol = self.names.thing(ref, _kinds(values, word)) if ref is not None else None
        return symbol.name if symbol is not None else None

    def many(self, values: Values, word: str) -> tuple[str, ...]:
        """The full names of the things that an attribute names, each once."""
        found = (self.names.thing(ref, _kinds(values, word)) for ref in values.refs(word))
        return tuple(dict.fromkeys(one.name for one in found if one is not None))

    def _peer_both_sides(self) -> None:
        """`peers` stands for both sides of a peering, unless a `peer` block says how a side is."""
        sides: dict[str, dict[str, things.Peering]] = {}
        for one in self.both_sides:
            for here, remote in ((one.vnet, one.remote), (one.remote, one.vnet)):
                sides.setdefault(here, {}).setdefault(remote, things.Peering(vnet=here, remote=remote, span=one.span))
        for name, found in sides.items():
            vnet = self.made.get(name)
            if isinstance(vnet, things.Vnet):
                own = {side.remote for side in vnet.peerings}
                more = (side for remote, side in found.items() if remote not in own)
                self.add(replace(vnet, peerings=(*vnet.peerings, *more)))


def _kinds(values: Values, word: str) -> tuple[str, ...]:
    return SCHEMA[values.kind].attributes[word].of


# -- Networks -----------------------------------------------------------------------------------------------------------


def _vnet(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    region = values.word("region")
    address = union(values.prefixes("address"))
    subnets = [found for one in values.blocks("subnet") if (found := _subnet(to, name, one, address)) is not None]
    inside = (part for one in subnets if isinstance(subnet := to.made[one], things.Subnet) for part in subnet.prefixes)
    beyond = [part for part in inside if part.first >= UNKNOWN_NETWORKS and part <= ALL_V4]
    sides = {side.remote: side for one in values.blocks("peer") if (side := _side(to, name, one)) is not None}
    for ref in values.refs("peers"):
        symbol = to.names.thing(ref, ("vnet",))
        if symbol is not None:
            to.both_sides.append(things.Peering(vnet=name, remote=symbol.name, span=ref.span))
    to.add(
        things.Vnet(
            name=name,
            span=node.name.span,
            parts=values.parts,
            address=union((address, *beyond)),
            # Azure shows "West Europe" and takes westeurope.
            region=region.replace(" ", "").lower() if region is not None else None,
            dns=None if values.says_unknown("dns") else union(values.addresses("dns")),
            subnets=tuple(subnets),
            peerings=tuple(sides.values()),
        )
    )


def _side(to: Declarer, vnet: str, node: nodes.Attribute) -> things.Peering | None:
    if len(node.values) != 1 or not isinstance(node.values[0], nodes.Ref):
        to.problems.error(
            "wrong-value", "`peer` takes the name of a vnet and a block", node.span, "the name of one vnet is needed"
        )
        return None
    ref = node.values[0]
    flags = read(to.reader, "peer", f"peer `{ref.text}`", node.body, ref.span)
    symbol = to.names.thing(ref, ("vnet",))
    if symbol is None or not flags.switch("connected", default=True):
        return None
    return things.Peering(
        vnet=vnet,
        remote=symbol.name,
        access=flags.switch("access", default=True),
        forwarded_traffic=flags.switch("forwarded-traffic", default=False) if "forwarded-traffic" in flags.parts else None,
        gateway_transit=flags.switch("gateway-transit", default=False),
        remote_gateway=flags.switch("remote-gateway", default=False),
        unknown=frozenset(word for word in SCHEMA["peer"].attributes if flags.says_unknown(word)),
        span=ref.span,
    )


def _subnet(to: Declarer, vnet: str, node: nodes.Attribute, around: NumberSet) -> str | None:
    inner = plain_word(node.values[0]) if len(node.values) == 1 else None
    if inner is None:
        to.problems.error("wrong-value", "`subnet` takes a name and a block", node.word.span, "a name is needed")
        return None
    at = node.values[0].span
    name = f"{vnet}/{inner}"
    values = read(to.reader, "subnet", f"subnet `{inner}`", node.body, at, around)
    if to.names.things[name].span != at:
        return None  # the second of two with this name
    to.add(
        things.Subnet(
            name=name,
            span=at,
            parts=values.parts,
            vnet=vnet,
            prefixes=values.prefixes("address"),
            nsg=to.one(values, "nsg"),
            route_table=to.one(values, "route-table"),
            nat_gateway=to.one(values, "nat-gateway"),
            service_endpoints=_endpoint_services(to, values),
            private_endpoint_policies=values.word("private-endpoint-policies") or "off",
            default_outbound=values.switch("default-outbound", default=True),
            virtual_network=_shown(values, "virtual-network"),
            internet=_shown(values, "internet"),
            delegation=delegation.text if (delegation := values.ref("delegation")) is not None else None,
        )
    )
    return name


def _shown(values: Values, word: str) -> NumberSet | None:
    """What a computed tag holds, where the file says so. These are no addresses that anybody names."""
    written = [one.value for one in values.all(word) if isinstance(one, nodes.Addresses)]
    return union(written) if written else None


def _endpoint_services(to: Declarer, values: Values) -> tuple[str, ...]:
    found = (_service_tag(to, values, "service-endpoints", value) for value in values.all("service-endpoints"))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _service_tag(to: Declarer, values: Values, attribute: str, value: nodes.Value) -> str | None:
    """The tag of a service, which may be written as Azure's service endpoints are: `Microsoft.Sql`."""
    word = plain_word(value)
    if word is None:
        values.wrong(attribute, value, "names of services")
        return None
    short = word.removeprefix("Microsoft.")
    tag = ENDPOINT_SERVICES.get(short.lower(), short)
    if is_azure_tag(tag):
        return canonical_tag(tag)
    to.problems.unknown(
        "unknown-word",
        f"Azure has no {'service endpoint' if attribute == 'service-endpoints' else 'service'} `{word}`",
        value.span,
        "not a service",
        dict.fromkeys((*ENDPOINT_SERVICES.values(), *BASE_TAGS)),
        short,
    )
    return None


def _gateway(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    vnet, kind = to.one(values, "vnet"), values.word("kind")
    learns, unknown = values.prefixes("learns"), values.says_unknown("to")
    behind = None if unknown else to.one(values, "to")
    if vnet is not None and kind is not None:
        to.add(
            things.Gateway(
                name=name,
                span=node.name.span,
                parts=values.parts,
                vnet=vnet,
                kind=kind,
                learns=learns,
                to=behind,
                unknown=unknown,
            )
        )


def _on_premises(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    to.add(things.OnPremises(name=name, span=node.name.span, parts=values.parts, prefixes=values.prefixes("address")))


# -- Environments and machines ------------------------------------------------------------------------------------------


def _environment(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    version, subnet = values.word("version"), to.one(values, "subnet")
    addresses = [found for one in values.blocks("ip-ssl") if (found := _ip_ssl(to, one)) is not None]
    environment = things.Environment(
        name=name,
        span=node.name.span,
        parts=values.parts,
        version=int(version[1]) if version is not None else 0,
        subnet=subnet or "",
        vip=values.address("vip"),
        ilb=values.address("ilb"),
        web=values.word("web"),
        ftp=values.word("ftp"),
        outbound=union(values.addresses("outbound")),
        ip_ssl=tuple(addresses),
        instances=values.number("instances"),
        ftp_enabled=values.switch("ftp-enabled", default=False),
        remote_debug_enabled=values.switch("remote-debug-enabled", default=False),
        new_private_endpoints=values.switch("allow-new-private-endpoint-connections", default=False),
    )
    if version is not None and subnet is not None:
        to.add(environment)


def _ip_ssl(to: Declarer, node: nodes.Attribute) -> things.IpSsl | None:
    value = node.values[0] if len(node.values) == 1 else None
    at = value.span if value is not None else node.word.span
    ports = read(to.reader, "ip-ssl", "`ip-ssl`", node.body, at)
    http, https = ports.number("http"), ports.number("https")
    if not isinstance(value, nodes.Addresses) or value.value.size > 1:
        to.problems.error("wrong-value", "`ip-ssl` takes one address and a block", at, "one address is needed here")
        return None
    if not value.value or http is None or https is None:
        return None
    to.reader.named(value.value)
    return things.IpSsl(address=value.value.first, http=http, https=https, span=node.span)


def _machine(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    subnet, addresses = to.one(values, "subnet"), values.single_addresses("ip")
    machine = things.Machine(
        name=name,
        span=node.name.span,
        parts=values.parts,
        subnet=subnet or "",
        addresses=addresses,
        public_ip=values.address("public-ip"),
        nsg=to.one(values, "nsg"),
        asgs=to.many(values, "asg"),
        ip_forwarding=values.switch("ip-forwarding", default=False),
        forwards=values.word("forwards"),
    )
    if subnet is not None and addresses:
        to.add(machine)


def _unmodelled(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    """A resource that the model does not know: it may forward whatever comes to it."""
    subnet, kind = to.one(values, "subnet"), values.ref("type")
    machine = things.Machine(
        name=name,
        span=node.name.span,
        parts=values.parts,
        subnet=subnet or "",
        addresses=values.single_addresses("ip") or (to.reader.unknowns.mark(),),
        public_ip=values.address("public-ip"),
        ip_forwarding=True,
        unmodelled=kind.text if kind is not None else "",
    )
    if subnet is not None and kind is not None:
        to.add(machine)


def _application_group(to: Declarer, name: str, node: nodes.Declaration, _: Values) -> None:
    to.add(things.ApplicationGroup(name=name, span=node.name.span))


# -- Rules --------------------------------------------------------------------------------------------------------------


def _two_lists(to: Declarer, values: Values, book: Book, name: str) -> tuple[things.Rules, things.Rules]:
    """The inbound and the outbound rules."""
    lists = {
        direction: to.rules.read(rules.rules, book, f"{direction} rules of `{name}`")
        for direction, rules in values.rules.items()
    }
    return lists.get("inbound", ()), lists.get("outbound", ())


def _group(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    to.add(things.SecurityGroup(name=name, span=node.name.span))

    def lists() -> tuple[things.Rules, things.Rules]:
        return _two_lists(to, values, GROUP, node.name.text)

    def with_rules() -> None:
        size = to.quiet.get(name)
        if size is None:
            inbound, outbound = lists()
            to.add(things.SecurityGroup(name=name, span=node.name.span, inbound=inbound, outbound=outbound))
        else:
            to.lists[name] = lambda: to.quietly(lists)
            put_off = things.SecurityGroup(name=name, span=node.name.span)
            to.add(things.rules_later(put_off, size, lambda: to.put_off[name]))

    to.later.append(with_rules)


def _admin_rules(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    applies_to = to.many(values, "applies-to")

    def with_rules() -> None:
        inbound, outbound = _two_lists(to, values, ADMIN, node.name.text)
        to.add(
            things.AdminRules(
                name=name,
                span=node.name.span,
                parts=values.parts,
                applies_to=applies_to,
                inbound=inbound,
                outbound=outbound,
            )
        )

    to.add(things.AdminRules(name=name, span=node.name.span, parts=values.parts, applies_to=applies_to))
    to.later.append(with_rules)


def _firewall(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    subnet, address, public_ip = to.one(values, "subnet"), values.address("ip"), values.address("public-ip")
    if subnet is not None and address is not None:
        to.add(
            things.Firewall(
                name=name,
                span=node.name.span,
                parts=values.parts,
                subnet=subnet,
                address=address,
                public_ip=public_ip,
                snat=values.word("snat") or "public",
            )
        )

    def with_rules() -> None:
        rules = to.rules.read(values.bare, FIREWALL, f"rules of `{node.name.text}`")
        firewall = to.made.get(name)
        if isinstance(firewall, things.Firewall):
            to.add(replace(firewall, rules=rules))

    to.later.append(with_rules)


# -- Routes -------------------------------------------------------------------------------------------------------------


def _route_table(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    propagation = values.switch("bgp-propagation", default=True)

    def table(routes: Sequence[things.UserRoute]) -> None:
        to.add(
            things.RouteTable(
                name=name, span=node.name.span, parts=values.parts, routes=tuple(routes), bgp_propagation=propagation
            )
        )

    def with_routes() -> None:
        table([route for one in values.routes for route in _routes(to, one)])

    table(())
    to.later.append(with_routes)


def _routes(to: Declarer, node: nodes.Route) -> list[things.UserRoute]:
    """The routes that one line stands for: one for each prefix of what it leads to."""
    hop = known_word(to.problems, node.hop, HOPS, "a route leads to", "unknown-hop")
    appliance = _appliance(to, node, hop)
    tag, leads_to = _destination(to, node.destination)
    name = node.name.text if node.name is not None else node.destination.text
    if hop is None or (tag is None and not leads_to):
        return []
    return [
        things.UserRoute(name=name, prefix=prefix, tag=tag, hop=hop, appliance=appliance, span=node.span)
        for prefix in (leads_to or (EMPTY,))
    ]


def _destination(to: Declarer, node: nodes.Addresses | nodes.Ref) -> tuple[str | None, tuple[NumberSet, ...]]:
    """The tag or the prefixes that a route leads to; neither, after a diagnostic, when it is wrong."""
    if isinstance(node, nodes.Addresses):
        whole = node.text == "*"
        if node.value and (whole or len(prefixes(node.value)) > 1):
            meant = "0.0.0.0/0" if whole else ", ".join(prefixes(node.value)[:4])
            to.problems.error(
                "wrong-value",
                "a route leads to one prefix or to a service tag",
                node.span,
                "not a prefix",
                help=f"write {meant}",
            )
            return None, ()
        to.reader.named(node.value)
        return None, (node.value,) if node.value else ()
    resolved = to.names.reference(node, "thing or tag")
    if resolved is None:
        return None, ()
    symbol = resolved.symbol
    if symbol.kind == "tag":
        if canonical_tag(symbol.name) in NOT_IN_ROUTES:
            to.problems.error(
                "tag-not-in-routes",
                f"a route cannot lead to the service tag {symbol.name}",
                node.span,
                "not in a route table",
                notes=("Azure refuses the computed tags and those of the platform in user-defined routes",),
            )
            return None, ()
        return symbol.name, ()
    thing = to.made.get(symbol.name)
    numbers = addresses_of(to.made, thing, resolved.part) if thing is not None else None
    if thing is not None and not numbers:
        to.terms.addresses(node, resolved)
    return None, tuple(parse_addresses(one) for one in prefixes(numbers)) if numbers else ()


def _appliance(to: Declarer, node: nodes.Route, hop: str | None) -> int | None:
    if hop != "appliance":
        return None  # the grammar admits an address after `appliance` only
    if node.appliance is not None:
        return to.terms.single(node.appliance, "the appliance of a route")
    hint = "write `-> appliance ADDRESS`"
    message = "a route to an appliance needs its address"
    to.problems.error("missing-appliance", message, node.hop.span, "no address after it", help=hint)
    return None


# -- What stands in the way ---------------------------------------------------------------------------------------------


def _load_balancer(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    frontend = _frontend(to, values)
    balancer = things.LoadBalancer(
        name=name,
        span=node.name.span,
        parts=values.parts,
        frontend=frontend or 0,
        subnet=to.one(values, "subnet"),
        mappings=tuple(found for one in values.mappings if (found := _mapping(to, one)) is not None),
        backends=to.many(values, "backend"),
        probe=values.number("probe"),
        outbound=values.switch("outbound", default=True),
        floating_ip=values.switch("floating-ip", default=False),
        sku=values.word("sku") or "standard",
    )
    _every_port(to, balancer)
    if frontend is not None:
        to.add(balancer)


def _frontend(to: Declarer, values: Values) -> int | None:
    """The address of a frontend; the name of another load balancer stands for the same frontend with other rules."""
    written = values.all("frontend")
    if len(written) == 1 and isinstance(written[0], nodes.Ref) and not is_unknown(written[0]):
        other = to.names.thing(written[0], ("load-balancer",))
        return to.reader.unknowns.same_as(other.name) if other is not None else None
    return values.address("frontend")


def _every_port(to: Declarer, balancer: things.LoadBalancer) -> None:
    """A rule for every port stands on internal Standard load balancers only (azure-network-semantics 8, HA ports)."""
    if balancer.subnet is not None and balancer.sku == "standard":
        return
    for one in balancer.mappings:
        if one.front == 0 and one.span is not None:
            to.problems.error(
                "wrong-value",
                f"load-balancer `{balancer.name}` takes no rule for every port",
                one.span,
                "Azure has these on internal Standard load balancers only",
            )


def _mapping(to: Declarer, node: nodes.PortMap) -> things.PortMapping | None:
    word = known_word(to.problems, node.protocol, _BALANCED, "the protocol of a load-balancing rule is", "unknown-protocol")
    for port in (node.front, node.back):
        # `any * -> *` is every port at once (azure-network-semantics 8, HA ports).
        if port.low != port.high and not (port.any and word == "any"):
            to.problems.error(
                "wrong-value", "a load-balancing rule leads from one port to one port", port.span, "one port is needed here"
            )
            return None
    if node.front.any != node.back.any:
        to.problems.error(
            "wrong-value",
            "a load-balancing rule for every port leaves the port as it is",
            node.back.span,
            "`*` on both sides is needed here",
            help="write `any * -> *`",
        )
        return None
    if word is None:
        return None
    front, back = (0 if port.any else port.low for port in (node.front, node.back))
    return things.PortMapping(protocol=protocol_numbers(word), front=front, back=back, span=node.span)


def _nat_gateway(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    public_ip = union(values.addresses("public-ip"))
    to.add(things.NatGateway(name=name, span=node.name.span, parts=values.parts, public_ip=public_ip))


def _private_endpoint(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    subnet, address, leads_to = to.one(values, "subnet"), values.address("ip"), _leads_to(to, values)
    if subnet is not None and address is not None and leads_to is not None:
        to.add(
            things.PrivateEndpoint(
                name=name, span=node.name.span, parts=values.parts, subnet=subnet, address=address, to=leads_to
            )
        )


def _leads_to(to: Declarer, values: Values) -> str | None:
    """What a private endpoint leads to: a platform service of the program, or a service by its tag."""
    ref = values.ref("to")
    found = to.names.find(ref) if ref is not None else None
    if found is not None and found.symbol.kind == "platform-service" and found.part is None:
        return found.symbol.name
    leads_to = values.word("to") if ref is not None else None
    return None if leads_to is None else canonical_tag(leads_to)


def _platform_service(to: Declarer, name: str, node: nodes.Declaration, values: Values) -> None:
    written = values.all("service")
    service = _service_tag(to, values, "service", written[0]) if values.ref("service") is not None else None
    address = values.address("address")

    def resource(allows: tuple[things.Admitted, ...] | None) -> None:
        if service is not None:
            to.add(
                things.PlatformService(
                    name=name, span=node.name.span, parts=values.parts, service=service, address=address, allows=allows
                )
            )

    resource(None)
    if "allows" in values.found:
        to.later.append(lambda: resource(tuple(_admitted(to, values))))


def _admitted(to: Declarer, values: Values) -> Iterator[things.Admitted]:
    """What an access list admits: subnets, and public addresses (azure-network-semantics 9.2)."""
    for value in values.all("allows"):
        if not isinstance(value, (nodes.Addresses, nodes.Ref)):
            values.wrong("allows", value)
            continue
        found = to.names.find(value) if isinstance(value, nodes.Ref) else None
        if found is not None and found.symbol.kind == "vnet":
            to.names.wrong_kind(value, found.symbol, "a subnet or a public address")
            continue
        term = to.terms.term(value)
        if term is not None:
            yield things.Admitted(term=term, subnet=None if found is None else _subnet_meant(to, found))


def _subnet_meant(to: Declarer, found: Resolved) -> str | None:
    """The subnet that a reference stands for: by its name, or as the subnet of a thing in it."""
    if found.symbol.kind == "subnet":
        return found.symbol.name
    subnet = getattr(to.made.get(found.symbol.name), "subnet", None)
    return subnet if found.part == "subnet" and isinstance(subnet, str) else None


_MAKERS: Mapping[str, Callable[[Declarer, str, nodes.Declaration, Values], None]] = {
    "vnet": _vnet,
    "ase": _environment,
    "vm": _machine,
    "unmodelled": _unmodelled,
    "asg": _application_group,
    "nsg": _group,
    "route-table": _route_table,
    "gateway": _gateway,
    "on-premises": _on_premises,
    "load-balancer": _load_balancer,
    "nat-gateway": _nat_gateway,
    "firewall": _firewall,
    "private-endpoint": _private_endpoint,
    "platform-service": _platform_service,
    "admin-rules": _admin_rules,
}
