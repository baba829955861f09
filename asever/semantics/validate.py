"""What Azure itself would refuse to deploy, said before it is tried, each with Azure's reason.

The network may have holes where other errors are: what is missing is not validated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.diagnostics import Diagnostics, Label, Severity
from asever.model.addresses import format_address, format_addresses, is_v6, parse_prefix
from asever.model.azure_tags import COMPUTED
from asever.model.numbers import NumberSet, union
from asever.model.things import Environment, LoadBalancer, Network, SecurityGroup, Subnet, TermKind, Thing, Vnet, rules_so_far
from asever.record import replace
from asever.semantics.connections import validate_connections
from asever.semantics.limits import validate_group_limits, validate_limits
from asever.semantics.problems import Problems, plural
from asever.semantics.rule_names import contradiction
from asever.semantics.sizing import MOST_INSTANCES, SMALLEST_OF_VERSION_3, need, need_while_scaling
from asever.source import Span

_SPECIAL = union(map(parse_prefix, ("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32", "168.63.129.16/32")))
# Addresses that are nobody's on the Internet. The documentation networks stay out of it: examples are written with them.
_NOT_PUBLIC = union(
    map(
        parse_prefix,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8",
         "224.0.0.0/3", "168.63.129.16/32", "fc00::/7", "fe80::/10", "ff00::/8", "::1/128"),
    )
)  # fmt: skip

_DELEGATION = "Microsoft.Web/hostingEnvironments"


def validate(network: Network, diagnostics: Diagnostics) -> None:
    """Adds a diagnostic for everything that Azure would refuse, and warnings for what it admits and does not support.

    Of rules that are read later there is nothing to say (`asever.semantics.quiet`).
    """
    problems = Problems(diagnostics)
    _Validation(network, problems).run()
    validate_connections(network, problems)
    validate_limits(network, problems)


def validate_groups(network: Network, new: Iterable[SecurityGroup], diagnostics: Diagnostics) -> None:
    """What `validate` adds of some NSGs, for a network where it has nothing to say of anything else.

    `new` are these NSGs with those of their rules that it is to speak of.
    """
    problems = Problems(diagnostics)
    groups = {one.name: one for one in new}
    _Validation(replace(network, groups=groups), problems).of_groups()
    validate_group_limits(replace(network, groups={name: network.groups[name] for name in groups}), problems)


class _Validation:
    """One network and where its problems go."""

    def __init__(self, network: Network, problems: Problems) -> None:
        self.network = network
        self.problems = problems

    def run(self) -> None:
        """All validations."""
        for vnet in self.network.vnets.values():
            self._vnet(vnet)
        self._peerings()
        self.of_groups()
        self._load_balancers()
        self._translations()
        self._route_tables()
        self._private_addresses()
        self._public_addresses()
        self._environments()

    def of_groups(self) -> None:
        """Those of NSGs and their rules; none is about two NSGs, or two rules."""
        self._groups()
        self._rule_names()

    def _error(
        self,
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
    ) -> None:
        """An error at an attribute of a thing, or at its name where it has no such attribute."""
        span = thing.parts.get(part, thing.span)
        if span is not None:
            secondary = (Label(other[0], other[1]),) if other is not None and other[0] is not None else ()
            self.problems.error(
                code, message, span, label, secondary=secondary, notes=(note,) if note else (), help=help, severity=severity
            )

    # -- Subnets --------------------------------------------------------------------------------------------------------

    def _vnet(self, vnet: Vnet) -> None:
        special = vnet.address & _SPECIAL
        if special:
            self._error(
                "reserved-range",
                f"vnet `{vnet.name}` cannot hold {format_addresses(special)}",
                vnet,
                "address",
                "reserved",
                note="Azure refuses loopback, link-local, multicast and broadcast addresses in a vnet, and 168.63.129.16",
            )
        inside = [self.network.subnets[name] for name in vnet.subnets if name in self.network.subnets]
        for subnet in inside:
            self._subnet(vnet, subnet)
        self._overlaps(inside)

    def _subnet(self, vnet: Vnet, subnet: Subnet) -> None:
        for prefix in subnet.prefixes:
            if vnet.address and not prefix <= vnet.address:
                self._error(
                    "subnet-outside-vnet",
                    f"{format_addresses(prefix)} of subnet `{subnet.name}` is outside vnet `{vnet.name}`",
                    subnet,
                    "address",
                    "outside the vnet",
                    other=(vnet.parts.get("address"), f"the vnet holds {format_addresses(vnet.address)}"),
                )
            if is_v6(prefix.first):
                if prefix.size != 1 << 64:
                    message = f"{format_addresses(prefix)} is not a /64, and an IPv6 subnet has to be one"
                    self._error("subnet-size", message, subnet, "address", "not a /64")
            elif prefix.size < 8:
                self._error(
                    "subnet-size",
                    f"{format_addresses(prefix)} is too small for a subnet; the smallest is a /29",
                    subnet,
                    "address",
                    f"{plural(prefix.size, 'address')}, and Azure keeps five",
                )

    def _overlaps(self, subnets: Sequence[Subnet]) -> None:
        ordered = sorted(
            ((prefix.ranges[0], subnet) for subnet in subnets for prefix in subnet.prefixes), key=lambda one: one[0]
        )
        # The range that reaches furthest so far; what begins before its end overlaps it.
        furthest: tuple[int, Subnet] | None = None
        for (low, high), subnet in ordered:
            if furthest is not None and low <= furthest[0]:
                self._overlap(furthest[1], subnet, low)
            if furthest is None or high > furthest[0]:
                furthest = (high, subnet)

    def _overlap(self, one: Subnet, other: Subnet, address: int) -> None:
        # The later one in the file is the one to look at.
        first, second = sorted((one, other), key=lambda subnet: subnet.span.place if subnet.span is not None else 0)
        message = f"subnets `{first.name}` and `{second.name}` overlap"
        if first is second:
            message = f"subnet `{first.name}` has prefixes that overlap"
        self._error(
            "overlapping-subnets",
            message,
            second,
            "address",
            f"{format_address(address)} is in both",
            other=(first.parts.get("address", first.span), "the other one") if first is not second else None,
            note="each address of a vnet belongs to one subnet at most",
        )

    def _peerings(self) -> None:
        seen: set[frozenset[str]] = set()
        for vnet in self.network.vnets.values():
            for side in vnet.peerings:
                remote, pair = self.network.vnets.get(side.remote), frozenset((vnet.name, side.remote))
                if remote is None or pair in seen:
                    continue
                seen.add(pair)
                if remote is vnet:
                    if side.span is not None:
                        self.problems.error("peers-itself", f"vnet `{vnet.name}` cannot be its own peer", side.span, "itself")
                elif vnet.address.overlaps(remote.address):
                    self._error(
                        "overlapping-vnets",
                        f"vnets `{vnet.name}` and `{remote.name}` overlap, so they cannot be peers",
                        remote,
                        "address",
                        f"both hold {format_address((vnet.address & remote.address).first)}",
                        other=(vnet.parts.get("address", vnet.span), "the other one"),
                        note="Azure peers vnets whose address spaces are apart",
                    )

    # -- Groups and routes ----------------------------------------------------------------------------------------------

    def _groups(self) -> None:
        # All members of an asg are in the vnet of its first member (azure-network-semantics section 2.5).
        first: dict[str, Thing] = {}
        for machine in self.network.machines.values():
            subnet = self.network.subnets.get(machine.subnet)
            for name in machine.asgs if subnet is not None else ():
                other = first.setdefault(name, machine)
                home = self.network.subnets[getattr(other, "subnet", "")].vnet
                if subnet is not None and home != subnet.vnet:
                    self._error(
                        "asg-across-vnets",
                        f"the members of asg `{name}` are in two vnets, `{home}` and `{subnet.vnet}`",
                        machine,
                        "asg",
                        f"in vnet `{subnet.vnet}`",
                        other=(other.span, f"this member is in vnet `{home}`"),
                        note="Azure takes the members of an application security group from one vnet",
                    )
        self._rules_between(first)

    def _rules_between(self, members: Mapping[str, Thing]) -> None:
        """A rule from groups to groups is for members in one vnet (azure-network-semantics section 2.5)."""
        homes = {name: self.network.subnets[getattr(one, "subnet", "")].vnet for name, one in members.items()}
        for group in self.network.groups.values() if homes else ():
            for rule in rules_so_far(group):
                sides = [[term.text for term in side if term.text in homes] for side in (rule.sources, rule.targets)]
                vnets = sorted({homes[name] for side in sides for name in side})
                span = rule.parts.get("target", rule.span)
                if all(sides) and len(vnets) > 1 and span is not None:
                    self.problems.error(
                        "asg-across-vnets",
                        f"rule {rule.priority} of nsg `{group.name}` is between asgs of `{vnets[0]}` and of `{vnets[1]}`",
                        span,
                        "in another vnet than the source",
                        notes=("Azure takes asgs as source and destination of one rule from one vnet",),
                    )

    def _rule_names(self) -> None:
        for group in self.network.groups.values():
            for rule in rules_so_far(group):
                said = contradiction(rule)
                if said is not None and rule.span is not None:
                    self.problems.error(
                        "rule-name",
                        f'the name of rule {rule.priority} "{rule.name}" says {said}, and the rule does not',
                        rule.span,
                        "the rule decides, not its name",
                        severity=Severity.WARNING,
                    )
        self._stale_rules()

    def _stale_rules(self) -> None:
        """Rules for a part of a vnet where no subnet is: a subnet may have moved (ase-network-semantics section 9, P20)."""
        network = self.network
        space = union(vnet.address for vnet in network.vnets.values())
        held = union(prefix for subnet in network.subnets.values() for prefix in subnet.prefixes)
        nobody = space - held
        for group in network.groups.values():
            for rule in rules_so_far(group):
                for term in (*rule.sources, *rule.targets):
                    if term.span is not None and term.addresses and term.addresses <= nobody:
                        self.problems.error(
                            "rule-for-nobody",
                            f"no subnet holds an address of {term.text}, which lies in a vnet of this program",
                            term.span,
                            "nobody is there",
                            severity=Severity.WARNING,
                        )

    def _translations(self) -> None:
        """Azure Firewall takes service tags as destinations of network rules only (azure-network-semantics 10.1).

        A DNAT rule may name one all the same if its addresses are known: what it translates would be a guess otherwise.
        """
        known = {name.casefold() for name in (*COMPUTED, *self.network.tags, "AppServiceManagement")}
        for firewall in self.network.firewalls.values():
            for rule in firewall.rules:
                for term in (*rule.sources, *rule.targets) if rule.access == "dnat" else ():
                    at = term.span or rule.span
                    if term.kind is TermKind.TAG and term.text.casefold() not in known and at is not None:
                        what = f"DNAT rule {rule.priority} of firewall `{firewall.name}` names `{term.text}`"
                        message = f"{what}, whose addresses are not known"
                        self.problems.error("dnat-tag", message, at, "addresses are needed here")

    def _load_balancers(self) -> None:
        """A load balancer's frontend and machines are in one vnet (azure-network-semantics section 8)."""
        network = self.network
        for balancer in network.load_balancers.values():
            homes = [(balancer, balancer.subnet)] if balancer.subnet is not None else []
            machines = (network.machines[name] for name in balancer.backends if name in network.machines)
            places = [*homes, *((one, one.subnet) for one in machines)]
            found = [(thing, network.subnets[subnet].vnet) for thing, subnet in places if subnet in network.subnets]
            for thing, home in found:
                first, vnet = found[0]
                if home != vnet:
                    self._error(
                        "backend-across-vnets",
                        f"load-balancer `{balancer.name}` stands in vnet `{vnet}`, and `{thing.name}` behind it in `{home}`",
                        balancer,
                        "backend",
                        f"`{thing.name}` is in vnet `{home}`",
                        other=(first.span, f"this is in vnet `{vnet}`"),
                        note="the frontend of a load balancer and the machines behind it are in one vnet",
                    )
                    break

    def _route_tables(self) -> None:
        for table in self.network.route_tables.values():
            taken: dict[tuple[NumberSet, str | None], Span | None] = {}
            for route in table.routes:
                key = (route.prefix, route.tag)
                if key not in taken:
                    taken[key] = route.span
                elif route.span is not None and taken[key] is not route.span:
                    before = taken[key]
                    to = route.tag or format_addresses(route.prefix)
                    self.problems.error(
                        "duplicate-route",
                        f"route-table `{table.name}` has two routes to {to}",
                        route.span,
                        "the second one",
                        secondary=(Label(before, "the first one is here"),) if before is not None else (),
                        notes=("Azure takes one route for each prefix of a route table",),
                    )

    # -- Private addresses ----------------------------------------------------------------------------------------------

    def _held(self) -> Iterator[tuple[Thing, str, str, int]]:
        """Every private address that a thing in a subnet has: the thing, the attribute, the subnet, the address."""
        network = self.network
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

    def _private_addresses(self) -> None:
        taken: dict[tuple[str, int], tuple[Thing, str]] = {}
        for thing, part, name, address in self._held():
            subnet = self.network.subnets.get(name)
            vnet = self.network.vnets.get(subnet.vnet) if subnet is not None else None
            if subnet is None or vnet is None or not subnet.prefixes:
                continue
            self._in_its_subnet(thing, part, subnet, vnet, address)
            self._once((taken.get((vnet.name, address))), thing, part, address)
            taken.setdefault((vnet.name, address), (thing, part))

    def _in_its_subnet(self, thing: Thing, part: str, subnet: Subnet, vnet: Vnet, address: int) -> None:
        text = format_address(address)
        # The ILB address of version 1 is one of the vnet; of versions 2 and 3 one of the subnet (ase-network-semantics 1).
        anywhere = part == "ilb" and isinstance(thing, Environment) and thing.version == 1
        room = vnet.address if anywhere else union(subnet.prefixes)
        if address not in room:
            whole, held = (f"vnet `{vnet.name}`", vnet) if anywhere else (f"subnet `{subnet.name}`", subnet)
            others = (one for one in vnet.subnets if one in self.network.subnets)
            right = next((one for one in others if address in union(self.network.subnets[one].prefixes)), None)
            self._error(
                "address-outside-subnet",
                f"{text} of `{thing.name}` is not in {whole}",
                thing,
                part,
                f"outside the {'vnet' if anywhere else 'subnet'}",
                other=(held.parts.get("address"), f"this is {format_addresses(room)}"),
                help=f"{text} is in subnet `{right}`" if right is not None else None,
            )
            return
        homes = [self.network.subnets[one] for one in vnet.subnets if one in self.network.subnets] if anywhere else [subnet]
        kept = next((home for home in homes for prefix in home.prefixes if _is_kept(prefix, address)), None)
        if kept is not None:
            self._error(
                "reserved-address",
                f"{text} is one of the five addresses that Azure keeps in subnet `{kept.name}`",
                thing,
                part,
                "Azure's own",
                other=(kept.parts.get("address"), "the subnet"),
                note="Azure keeps the first four addresses and the last one of each prefix",
            )

    def _once(self, first: tuple[Thing, str] | None, thing: Thing, part: str, address: int) -> None:
        if first is None:
            return
        other, other_part = first
        if isinstance(thing, LoadBalancer) and isinstance(other, LoadBalancer) and thing is not other:
            return  # rules of one frontend that lead to other machines, or by other probes
        text = format_address(address)
        message = f"{text} belongs to `{other.name}` and to `{thing.name}`"
        if other is thing:
            message = f"`{thing.name}` has {text} twice"
        self._error(
            "address-used-twice",
            message,
            thing,
            part,
            "used again here",
            other=(other.parts.get(other_part, other.span), "first used here") if first != (thing, part) else None,
        )

    # -- Public addresses -----------------------------------------------------------------------------------------------

    def _public(self) -> Iterator[tuple[Thing, str, int]]:
        """Every public address of a thing: the thing, the attribute, the address."""
        network = self.network
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

    def _public_sets(self) -> Iterator[tuple[Thing, str, NumberSet]]:
        """Public addresses that a thing may have as prefixes."""
        for environment in self.network.environments.values():
            if environment.outbound:
                yield environment, "outbound", environment.outbound
        for nat in self.network.nat_gateways.values():
            yield nat, "public-ip", nat.public_ip
        for service in self.network.platform_services.values():
            if service.address is not None:
                yield service, "address", NumberSet.single(service.address)

    def _public_addresses(self) -> None:
        inside = union(vnet.address for vnet in self.network.vnets.values())
        taken: dict[int, tuple[Thing, str]] = {}
        for thing, part, address in self._public():
            self._is_public(thing, part, NumberSet.single(address), inside)
            self._once(taken.get(address), thing, part, address)
            taken.setdefault(address, (thing, part))
        sets: list[tuple[Thing, NumberSet]] = []
        for thing, part, numbers in self._public_sets():
            self._is_public(thing, part, numbers, inside)
            # What an environment calls out by may be its own VIP.
            single = next((one for one in taken if one in numbers and taken[one][0] is not thing), None)
            if single is not None:
                self._once(taken[single], thing, part, single)
            other = next((before for before, had in sets if had.overlaps(numbers)), None)
            if other is not None:
                shared = next((numbers & had).first for before, had in sets if before is other)
                self._once((other, part), thing, part, shared)
            sets.append((thing, numbers))

    def _is_public(self, thing: Thing, part: str, numbers: NumberSet, inside: NumberSet) -> None:
        private = numbers & _NOT_PUBLIC
        if private:
            self._error(
                "private-vip" if part == "vip" else "not-public",
                f"the {part} of `{thing.name}` is public, and {format_address(private.first)} is a private address",
                thing,
                part,
                "not a public address",
                help="the internal address of an ILB environment is written `ilb`" if part == "vip" else None,
            )
        elif numbers.overlaps(inside):
            self._error(
                "vip-inside-vnet",
                f"the {part} of `{thing.name}` is public, and {format_address((numbers & inside).first)} lies in a vnet",
                thing,
                part,
                "an address of a vnet",
                help="a load balancer inside a vnet needs its `subnet`" if part == "frontend" else None,
            )

    # -- Environments ---------------------------------------------------------------------------------------------------

    def _environments(self) -> None:
        by_subnet: dict[str, Environment] = {}
        for one in self.network.environments.values():
            self._settings(one)
            subnet = self.network.subnets.get(one.subnet)
            if subnet is None:
                continue
            first = by_subnet.setdefault(one.subnet, one)
            if first is not one:
                self._error(
                    "environment-shares-subnet",
                    f"environments `{first.name}` and `{one.name}` are in one subnet",
                    one,
                    "subnet",
                    "already taken",
                    other=(first.parts.get("subnet", first.span), "by this one"),
                    note="each environment needs a subnet of its own",
                )
            elif subnet.prefixes:
                self._size(one, subnet)
            self._delegated(one, subnet)
        self._alone(by_subnet)
        self._private_endpoints()

    def _alone(self, by_subnet: dict[str, Environment]) -> None:
        network = self.network
        others: list[tuple[Thing, str | None]] = []
        others += [(one, one.subnet) for one in network.machines.values()]
        others += [(one, one.subnet) for one in network.firewalls.values()]
        others += [(one, one.subnet) for one in network.private_endpoints.values()]
        others += [(one, one.subnet) for one in network.load_balancers.values()]
        for thing, subnet in others:
            environment = by_subnet.get(subnet or "")
            if environment is None:
                continue
            # The subnet of version 3 is delegated to it; of versions 1 and 2 the articles only say to leave it alone, and
            # what happens to a machine in it is known (ase-network-semantics section 5.1).
            delegated = environment.version == 3
            self._error(
                "subnet-not-empty",
                f"`{thing.name}` is in the subnet of environment `{environment.name}`",
                thing,
                "subnet",
                "nothing else may be in it" if delegated else "the environment cannot reach it here",
                other=(environment.parts.get("subnet", environment.span), "the environment's subnet"),
                note="the subnet of a version 3 environment is delegated to it"
                if delegated
                else "the platform blocks what an environment sends to other machines in its own subnet, whatever an nsg says",
                help="move it to another subnet of the vnet",
                severity=Severity.ERROR if delegated else Severity.WARNING,
            )

    def _size(self, one: Environment, subnet: Subnet) -> None:
        room = sum(prefix.size for prefix in subnet.prefixes if not is_v6(prefix.first))
        least, most = need(one)
        with_instances = f" with {plural(one.instances, 'instance')}" if one.instances else ""
        part = "instances" if one.instances else "subnet"
        other = (subnet.parts.get("address"), f"{plural(room, 'address')}")
        if one.version == 3 and room < SMALLEST_OF_VERSION_3:
            message = f"a version 3 environment needs a /27 or larger, and subnet `{subnet.name}` has {plural(room, 'address')}"
            self._error("subnet-too-small", message, one, "subnet", "too small", other=other)
        elif least > room:
            message = f"environment `{one.name}`{with_instances} needs {least} addresses, and subnet `{subnet.name}` has {room}"
            label = f"{least}, with the five that Azure keeps"
            self._error(
                "subnet-too-small",
                message,
                one,
                part,
                label,
                other=other,
                note="the subnet of an environment cannot be resized",
            )
        elif one.instances and most > room:
            self._error(
                "subnet-may-be-too-small",
                f"environment `{one.name}`{with_instances} may need {most} addresses; subnet `{subnet.name}` has {room}",
                one,
                part,
                f"needs {least} to {most}",
                other=other,
                note="version 3 takes 4 to 27 addresses for itself (7 to 27 by the newest text); its subnet cannot be resized",
                severity=Severity.WARNING,
            )
        else:
            self._room_to_scale(one, subnet, room)

    def _room_to_scale(self, one: Environment, subnet: Subnet, room: int) -> None:
        most = need_while_scaling(one)
        if most is not None and most > room:
            self._error(
                "no-room-to-scale",
                f"environment `{one.name}` may need {most} addresses while it scales; subnet `{subnet.name}` has {room}",
                one,
                "instances",
                f"up to {2 * (one.instances or 0)} for a while",
                other=(subnet.parts.get("address"), f"{plural(room, 'address')}"),
                note="while version 2 scales, its old and its new instances exist at once, and its subnet cannot be resized",
                severity=Severity.WARNING,
            )

    def _delegated(self, one: Environment, subnet: Subnet) -> None:
        # A subnet that does not say what it is delegated to is taken as right (ase-network-semantics section 2.3, 5.1: NET23).
        if one.version == 3 and subnet.delegation is not None and subnet.delegation.casefold() != _DELEGATION.casefold():
            self._error(
                "not-delegated",
                f"version 3 of `{one.name}` needs subnet `{subnet.name}` delegated to {_DELEGATION}",
                one,
                "subnet",
                "not delegated to environments",
                other=(subnet.parts.get("delegation"), "this delegation"),
                help=f"write `delegation {_DELEGATION}`",
            )

    def _private_endpoints(self) -> None:
        # Turning the flag off later keeps the endpoints that are there (ase-network-semantics section 2.3: CNS3).
        for endpoint in self.network.private_endpoints.values():
            one = self.network.environments.get(endpoint.to)
            if one is not None and one.version == 3 and not one.new_private_endpoints:
                self._error(
                    "private-endpoint-not-allowed",
                    f"`{endpoint.name}` leads to `{one.name}`, which takes no new private endpoints",
                    endpoint,
                    "to",
                    "off unless it is set",
                    other=(one.parts.get("allow-new-private-endpoint-connections", one.span), "the environment"),
                    note="turning the flag off keeps the private endpoints that are there already",
                    help="write `allow-new-private-endpoint-connections on` in the environment",
                    severity=Severity.WARNING,
                )

    def _settings(self, one: Environment) -> None:
        # With `web public` HTTP stays on public addresses, so IP-SSL does too (ase-network-semantics section 1.1).
        if one.ip_ssl and (one.version == 3 or (one.ilb is not None and one.web != "public")):
            why = "version 3 does not support them" if one.version == 3 else "HTTP arrives on its ILB address"
            self._error("no-ip-ssl", f"`{one.name}` cannot have IP-SSL addresses: {why}", one, "ip-ssl", "not here")
        self._ip_ssl_ports(one)
        self._web_placement(one)
        most = MOST_INSTANCES.get(one.version, 0)
        if one.instances is not None and one.instances > most:
            self._error(
                "too-many-instances",
                f"version {one.version} has {most} instances at most, and `{one.name}` shall hold {one.instances}",
                one,
                "instances",
                "more than there can be",
            )
        if one.ftp is not None and one.ilb is None:
            self._error(
                "ftp-without-ilb",
                f"`ftp` says where FTP of an ILB environment arrives, and `{one.name}` has no `ilb`",
                one,
                "ftp",
                "only with `ilb`",
            )
        elif one.ftp == "public" and one.version == 3:
            self._error(
                "ftp-without-ilb",
                f"`{one.name}` is version 3, where FTP arrives on the address that the web arrives on",
                one,
                "ftp",
                "only in versions 1 and 2",
            )
        flags = (
            (one.ftp_enabled, "ftp-enabled"),
            (one.remote_debug_enabled, "remote-debug-enabled"),
            (one.new_private_endpoints, "allow-new-private-endpoint-connections"),
        )
        for is_set, word in flags:
            if is_set and one.version != 3:
                message = f"`{word}` is a setting of version 3, and `{one.name}` is version {one.version}"
                self._error("flag-of-version-3", message, one, word, "only in version 3")

    def _web_placement(self, one: Environment) -> None:
        """Of the four ILB modes the one with nothing inside is that of an external environment."""
        if one.web is None:
            return
        if one.ilb is None:
            message = f"`web` says where HTTP of an ILB environment arrives, and `{one.name}` has no `ilb`"
            self._error("web-without-ilb", message, one, "web", "only with `ilb`")
        elif one.web == "public" and one.version == 3:
            message = f"`{one.name}` is version 3, whose `ilb` is the address that everything arrives on"
            self._error("web-without-ilb", message, one, "web", "only in versions 1 and 2")
        elif one.web == "public" and one.ftp == "public":
            message = f"HTTP and FTP of `{one.name}` are both public, so nothing arrives on its `ilb`"
            self._error("web-without-ilb", message, one, "web", "without `ilb` it is an external environment")

    def _ip_ssl_ports(self, one: Environment) -> None:
        # Each IP-SSL address has a pair of ports to itself (ase-network-semantics section 2.5).
        taken: dict[int, Span | None] = {}
        for address in one.ip_ssl:
            for port in (address.http, address.https):
                if port in taken and address.span is not None:
                    before = taken[port]
                    self.problems.error(
                        "ip-ssl-ports",
                        f"port {port} of `{one.name}` is given to IP-SSL traffic twice",
                        address.span,
                        f"{port} again" if before is not address.span else f"{port} for both",
                        secondary=(Label(before, "first here"),) if before is not None and before is not address.span else (),
                        notes=("each IP-SSL address has two ports of its own, one for HTTP and one for HTTPS",),
                    )
                taken.setdefault(port, address.span)


def _is_kept(prefix: NumberSet, address: int) -> bool:
    """Whether Azure keeps an address of a prefix for itself: the first four and the last one."""
    low, high = prefix.ranges[0]
    return low <= address <= high and (address < low + 4 or address == high)
