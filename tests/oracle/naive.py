"""A third reading, as naive as can be: what becomes of one packet, straight from the declared things and the references.

It shares nothing with `asever.azure`, `asever.evaluate` or `asever.solve` but the sets of numbers. It looks everything up anew
for every packet, in the order in which the articles tell the story, and answers one of

    delivered to NAME as SOURCE, reply lost, dropped, unknown

where unknown is whatever the references leave open or the file does not say. Where `asever` knows better than unknown, the
two are not compared; they must never contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from asever.model.addresses import parse_addresses
from asever.model.numbers import NumberSet
from asever.model.packets import TCP, Packet
from asever.model.things import Direction, Environment, Machine, Network, TermKind

DELIVERED, REPLY_LOST, DROPPED, UNKNOWN = "delivered", "reply-lost", "dropped", "unknown"
V4 = parse_addresses("0.0.0.0/0")
RESERVED = [parse_addresses(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
NOT_INTERNET = [
    parse_addresses(one)
    for one in (
        *("0.0.0.0/8", "10.0.0.0/8", "25.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
    )
]
HOST = parse_addresses("168.63.129.16").first
METADATA = parse_addresses("169.254.169.254").first


@dataclass(frozen=True)
class Answer:
    """What becomes of the packet; `seen` is the source at the receiving end, `at` the name of who received it."""

    outcome: str
    at: str = ""
    seen: int | None = None


class Unsure(Exception):  # noqa: N818
    """The references or the file leave it open."""


class Lost(Exception):  # noqa: N818
    """The packet goes no further."""


def is_public(address):
    return address in V4 and not any(address in one for one in NOT_INTERNET)


class Naive:
    """One network. `readings` fixes the open points."""

    def __init__(self, network: Network, readings):
        self.network = network
        self.readings = readings

    # -- Who is where ---------------------------------------------------------------------------------------------------

    def subnet_of(self, vnet, address):
        for name in self.network.vnets[vnet].subnets:
            if any(address in prefix for prefix in self.network.subnets[name].prefixes):
                return name
        return None

    def usable(self, subnet, address):
        for prefix in self.network.subnets[subnet].prefixes:
            low, high = prefix.ranges[0]
            if low <= address <= high:
                return low + 4 <= address < high
        return False

    def holder(self, vnet, address):
        """The machine or environment that has a private address; the subnet's name for somebody not declared."""
        subnet = self.subnet_of(vnet, address)
        if subnet is None or not self.usable(subnet, address):
            return None
        for machine in self.network.machines.values():
            if machine.subnet == subnet and address in machine.addresses:
                return machine
        for environment in self.network.environments.values():
            if environment.subnet == subnet:
                return environment
        return subnet

    def vip_owner(self, address):
        for environment in self.network.environments.values():
            if environment.vip == address:
                return environment
        return None

    # -- Tags -----------------------------------------------------------------------------------------------------------

    def on_premises_prefixes(self, vnet):
        found = []
        for gateway in self.network.gateways.values():
            if gateway.vnet == vnet:
                found += gateway.learns
                if gateway.to:
                    found += self.network.on_premises[gateway.to].prefixes
        return [one for one in found if one != V4]

    def in_virtual_network(self, subnet, address):
        vnet = self.network.vnets[self.network.subnets[subnet].vnet]
        if address in vnet.address or address == HOST:
            return True
        if any(one.access and address in remote.address for one, remote in self.peers(vnet.name)):
            return True
        if any(address in one for one in self.on_premises_prefixes(vnet.name)):
            return True
        table = self.network.route_tables.get(self.network.subnets[subnet].route_table or "")
        widens = self.readings.get("default-route-widens-virtual-network", "yes") == "yes"
        every = self.readings.get("virtual-network-next-hops", "appliance-and-gateway") == "every"
        for route in table.routes if table and widens else ():
            if not every and route.hop not in ("appliance", "gateway"):
                continue
            if address in (self.network.tags[route.tag].addresses if route.tag in self.network.tags else route.prefix):
                return True
            if route.tag and route.tag not in self.network.tags and is_public(address):
                raise Unsure("a route to a tag")
        if any(
            address in one for gateway in self.network.gateways.values() if gateway.vnet == vnet.name for one in gateway.learns
        ):
            raise Unsure("a learned default route and the tag VirtualNetwork")
        return False

    def term_matches(self, term, address, subnet):
        if term.kind is TermKind.ADDRESSES:
            return address in term.addresses
        if term.kind is TermKind.ASG:
            return any(address in one.addresses for one in self.network.machines.values() if term.text in one.asgs)
        if term.text == "VirtualNetwork":
            return self.in_virtual_network(subnet, address)
        if term.text == "Internet":
            if not is_public(address):
                return False
            if self.in_virtual_network(subnet, address):
                if address == HOST:
                    raise Unsure("168.63.129.16 and the tag Internet")
                return self.readings.get("internet-minus-vnet", "yes") != "yes"
            return True
        if term.text == "AzureLoadBalancer":
            return address == HOST
        if term.text in self.network.tags:
            return address in self.network.tags[term.text].addresses
        if is_public(address):
            raise Unsure(f"the tag {term.text}")
        return False

    # -- Rules --------------------------------------------------------------------------------------------------------

    def matches(self, rule, packet, subnet):
        if packet.protocol not in rule.protocol:
            return False
        if packet.protocol in (6, 17):
            if packet.source_port not in rule.source_port or packet.target_port not in rule.target_port:
                return False
        elif self.readings.get("ports-without-ports", "ignored") == "never-match" and any(
            one.size < 65536 for one in (rule.source_port, rule.target_port)
        ):
            return False
        return any(self.term_matches(one, packet.source, subnet) for one in rule.sources) and any(
            self.term_matches(one, packet.target, subnet) for one in rule.targets
        )

    def admin_access(self, direction, packet, subnet):
        """What admin rules say of a packet: the access of the first rule that matches, or None (azure-network-semantics 4)."""
        where = self.network.subnets[subnet]
        sets = [one for one in self.network.admin_rules.values() if where.vnet in one.applies_to]
        rules = [rule for one in sets for rule in (one.inbound if direction is Direction.INBOUND else one.outbound)]
        if self.readings.get("several-admin-rules", "set-by-set") == "by-priority":
            rules.sort(key=lambda one: one.priority)
        return next((rule.access for rule in rules if self.matches(rule, packet, subnet)), None)

    def admitted(self, direction, packet, subnet, nic_group):
        """Admin rules, then the NSGs, or the peering's setting where there is none (azure-network-semantics 1, 4, 6)."""
        where = self.network.subnets[subnet]
        access = self.admin_access(direction, packet, subnet)
        if access in ("deny", "always-allow"):
            return access == "always-allow"
        if nic_group is None and where.nsg is None:
            other = packet.source if direction is Direction.INBOUND else packet.target
            blocks = self.readings.get("peering-without-access", "blocks") == "blocks"
            return not (blocks and any(not one.access and other in remote.address for one, remote in self.peers(where.vnet)))
        return all(self.lets_pass(group, direction, packet, subnet) for group in (nic_group, where.nsg))

    def peers(self, vnet):
        for one in self.network.vnets[vnet].peerings:
            remote = self.network.vnets[one.remote]
            if any(back.remote == vnet for back in remote.peerings):
                yield one, remote

    # -- NSGs -----------------------------------------------------------------------------------------------------------

    def lets_pass(self, group, direction, packet, subnet):
        """First match decides; then Azure's own three rules (azure-network-semantics 2)."""
        if group is None:
            return True
        declared = self.network.groups[group]
        rules = declared.inbound if direction is Direction.INBOUND else declared.outbound
        for rule in sorted(rules, key=lambda one: one.priority):
            if self.matches(rule, packet, subnet):
                return rule.access == "allow"
        if self.in_virtual_network(subnet, packet.source) and self.in_virtual_network(subnet, packet.target):
            return True
        if direction is Direction.INBOUND:
            return packet.source == HOST
        return is_public(packet.target) and not (
            self.in_virtual_network(subnet, packet.target) and self.readings.get("internet-minus-vnet", "yes") == "yes"
        )

    # -- Routes ---------------------------------------------------------------------------------------------------------

    def next_hop(self, subnet, address):
        """Longest prefix; user over gateway over system; the vnet's own routes over more specific gateway ones (5.4)."""
        where = self.network.subnets[subnet]
        vnet = self.network.vnets[where.vnet]
        table = self.network.route_tables.get(where.route_table or "")
        candidates = []  # (length, rank, hop)

        def add(prefix, rank, hop):
            for low, high in prefix.ranges:
                if low <= address <= high:
                    candidates.append((-(high - low), rank, hop))

        user = table.routes if table else ()
        if len({route.prefix for route in user}) < len(user):
            raise Unsure("two routes with one prefix, which Azure refuses")
        for route in user:
            if route.tag:
                raise Unsure("a route to a tag")
            add(route.prefix, 3, ("user", route.hop))
        for low, high in vnet.address.ranges:
            add(NumberSet.span(low, high), 1, ("local", vnet.name))
        for _, remote in self.peers(vnet.name):
            for low, high in remote.address.ranges:
                add(NumberSet.span(low, high), 1, ("local", remote.name))
        inside = any(hop[0] == "local" for _, _, hop in candidates)
        any_default = self.readings.get("reserved-routes-removed-by", "any-default") == "any-default"
        default_gone = any(route.prefix == V4 and (any_default or route.hop == "appliance") for route in user)
        if (table is None or table.bgp_propagation) and not inside:
            for gateway in self.network.gateways.values():
                if gateway.vnet == vnet.name:
                    learned = [*gateway.learns, *(self.network.on_premises[gateway.to].prefixes if gateway.to else ())]
                    for prefix in learned:
                        add(prefix, 2, ("gateway", gateway.name))
                        default_gone = default_gone or prefix == V4
        elif table is None or table.bgp_propagation:
            default_gone = default_gone or any(
                V4 in gateway.learns for gateway in self.network.gateways.values() if gateway.vnet == vnet.name
            )
        if not default_gone:
            for prefix in RESERVED:
                add(prefix, 0, ("none", ""))
        add(V4, 0, ("internet", ""))
        return max(candidates)[2]

    # -- The journey ----------------------------------------------------------------------------------------------------

    def send(self, origin, packet: Packet) -> Answer:
        """`origin` is an environment, a machine, or the name of a subnet for somebody not declared in it, or `Internet`."""
        try:
            if origin == "Internet":
                return self.from_internet(packet)
            return self.from_subnet(origin, packet)
        except Unsure:
            return Answer(UNKNOWN)
        except Lost:
            return Answer(DROPPED)

    def from_internet(self, packet):
        if not is_public(packet.target):
            return Answer(DROPPED)
        return self.at_public(packet, "Internet", packet.source)

    def from_subnet(self, origin, packet):
        subnet = origin.subnet if not isinstance(origin, str) else origin
        vnet = self.network.subnets[subnet].vnet
        if packet.target in (HOST, METADATA):
            raise Unsure("the platform")
        if isinstance(origin, Environment):
            near = self.subnet_of(vnet, packet.target) == subnet and self.holder(vnet, packet.target)
            if isinstance(near, Machine):
                return Answer(DROPPED)  # ase-network-semantics 5.1
        nic_group = origin.nsg if isinstance(origin, Machine) else None
        if not self.admitted(Direction.OUTBOUND, packet, subnet, nic_group):
            return Answer(DROPPED)
        kind, name = self.next_hop(subnet, packet.target)
        if kind == "user":
            if name == "none":
                return Answer(DROPPED)
            if name in ("appliance", "gateway"):
                raise Unsure("an appliance or a gateway")
            kind, name = ("local", vnet) if name == "vnet-local" else ("internet", "")
        if kind == "none":
            return Answer(DROPPED)
        if kind == "gateway":
            return self.behind_gateway(name, packet, subnet)
        if kind == "local":
            return self.inside(name, packet, origin, subnet)
        return self.at_public(self.leaves(origin, subnet, packet), origin, None)

    def leaves(self, origin, subnet, packet):
        """The source on the Internet (ase-network-semantics 4, azure-network-semantics 7)."""
        if isinstance(origin, Environment):
            if origin.version == 3 or origin.vip is None:
                raise Unsure("outbound addresses that the file does not give")
            if self.network.subnets[subnet].nat_gateway:
                raise Unsure("a NAT gateway")
            return packet.from_source(origin.vip)
        if self.network.subnets[subnet].nat_gateway:
            raise Unsure("a NAT gateway")
        if isinstance(origin, Machine) and origin.public_ip is not None:
            return packet.from_source(origin.public_ip)
        before = [
            one for one in self.network.load_balancers.values() if isinstance(origin, Machine) and origin.name in one.backends
        ]
        lending = [one for one in before if one.subnet is None and (one.outbound or one.sku == "basic")]
        if lending and packet.protocol in (6, 17):
            return packet.from_source(lending[0].frontend)
        if lending or any(one.sku == "standard" for one in before):
            raise Lost
        if not self.network.subnets[subnet].default_outbound:
            raise Unsure("a private subnet")
        raise Unsure("default outbound access")

    def behind_gateway(self, name, packet, subnet):
        gateway = self.network.gateways[name]
        behind = self.network.on_premises.get(gateway.to or "")
        if behind is None or packet.target not in behind.address:
            raise Unsure("forced tunnelling")
        return Answer(DELIVERED, behind.name, packet.source)

    def at_public(self, packet, origin, internet_source):
        if not is_public(packet.target):
            return Answer(DROPPED)
        for vnet in self.network.vnets.values():
            if packet.target in vnet.address:
                return Answer(UNKNOWN)
        environment = self.vip_owner(packet.target)
        if environment is not None:
            return self.at_environment(environment, packet, on_vip=True, came_by_internet=True)
        for balancer in self.network.load_balancers.values():
            if balancer.subnet is None and balancer.frontend == packet.target:
                return self.at_balancer(balancer, packet, None)
        for machine in self.network.machines.values():
            if machine.public_ip == packet.target:
                inside = packet.to_target(machine.addresses[0])
                if machine.nsg is None and self.network.subnets[machine.subnet].nsg is None:
                    return self.closed(machine, inside)
                return self.at_machine(machine, inside, internet=True)
        for other in self.network.environments.values():
            if packet.target in other.outbound or any(one.address == packet.target for one in other.ip_ssl):
                return Answer(UNKNOWN)
        for nat in self.network.nat_gateways.values():
            if packet.target in nat.public_ip:
                return Answer(DROPPED)
        for one in self.network.on_premises.values():
            if packet.target in one.address:
                return Answer(UNKNOWN)
        return Answer(DELIVERED, "Internet", packet.source) if origin != "Internet" else Answer(UNKNOWN)

    def inside(self, vnet, packet, origin, subnet):
        for environment in self.network.environments.values():
            if environment.ilb == packet.target and self.network.subnets[environment.subnet].vnet == vnet:
                here, there = self.network.vnets[self.network.subnets[subnet].vnet], self.network.vnets[vnet]
                if here is not there and environment.version < 3:  # basic load balancers: azure-network-semantics 6
                    if here.region is None or there.region is None:
                        raise Unsure("whether the peering is global")
                    if here.region != there.region:
                        return Answer(DROPPED)
                cross = isinstance(origin, Environment) and origin.version == 1 and origin.name != environment.name
                by_vip = self.readings.get("ase-v1-cross-call-source", "instance") == "vip"
                if cross and by_vip and self.network.subnets[origin.subnet].vnet == vnet:
                    raise Unsure("a version 1 cross call")
                return self.at_environment(environment, packet, on_vip=False, came_by_internet=False, origin=origin)
        for balancer in self.network.load_balancers.values():
            if balancer.frontend == packet.target and self.network.subnets[balancer.subnet or subnet].vnet == vnet:
                here, there = self.network.vnets[self.network.subnets[subnet].vnet], self.network.vnets[vnet]
                if here is not there and balancer.sku == "basic":
                    if here.region is None or there.region is None:
                        raise Unsure("whether the peering is global")
                    if here.region != there.region:
                        return Answer(DROPPED)
                return self.at_balancer(balancer, packet, origin)
        holder = self.holder(vnet, packet.target)
        if holder is None:
            return Answer(DROPPED)
        if isinstance(holder, Environment):
            if isinstance(origin, Environment) and origin.name == holder.name:
                return self.received(holder.name, holder.subnet, None, packet, internet=False)
            if isinstance(origin, Machine) and origin.subnet == holder.subnet:
                raise Unsure("a machine in the environment's subnet")
            if self.readings.get("private-front-ends", "silent") == "silent":
                return Answer(DROPPED)
            raise Unsure("front ends on private addresses")
        if isinstance(holder, Machine):
            return self.at_machine(holder, packet, internet=False)
        return self.received(holder, holder, None, packet, internet=False)

    def at_machine(self, machine, packet, *, internet):
        return self.received(machine.name, machine.subnet, machine.nsg, packet, internet=internet)

    def at_balancer(self, one, packet, origin):
        """Whichever machine the probe finds well may get it; unsure where they do not all do the same with it (8)."""
        internal = one.subnet is not None
        carried = [each for each in one.mappings if packet.protocol in each.protocol and each.front in (0, packet.target_port)]
        if packet.protocol not in (6, 17) or not carried:
            return Answer(DROPPED)
        machines = [self.network.machines[name] for name in one.backends]
        if one.probe is not None:
            probes = [packet.from_source(HOST).to_target(each.addresses[0], one.probe) for each in machines]
            probes = [replace(each, protocol=TCP, source_port=49152) for each in probes]
            machines = [each for each, probe in zip(machines, probes, strict=True) if self.admits(each, probe)]
        if not machines:
            return Answer(DROPPED)
        answers = set()
        for each in machines:
            keeps = one.floating_ip and self.readings["floating-ip-target"] == "frontend"
            there = packet.to_target(packet.target if keeps else each.addresses[0], carried[0].back or packet.target_port)
            guarded = each.nsg is not None or self.network.subnets[each.subnet].nsg is not None
            closed = not internal or self.readings["internal-balancer-without-nsg"] == "closed"
            if internal and origin is each:
                answers.add(Answer(DROPPED))
            elif one.sku == "standard" and not guarded and closed:
                answers.add(self.closed(each, there))
            else:
                answers.add(self.at_machine(each, there, internet=not internal))
        return answers.pop() if len(answers) == 1 else Answer(UNKNOWN)

    def admits(self, machine, packet):
        return self.admitted(Direction.INBOUND, packet, machine.subnet, machine.nsg)

    def closed(self, machine, packet):
        """A Standard address that no NSG opens (azure-network-semantics 2.9); whether an always-allow does is not said."""
        if self.admin_access(Direction.INBOUND, packet, machine.subnet) == "always-allow":
            raise Unsure("an always-allow without an NSG")
        return Answer(DROPPED)

    def listens(self, one, port, *, on_vip):
        """Whether ports arrive at this address (ase-network-semantics 1.1, 2.1 to 2.3); Unsure where articles differ."""
        web, ftp = port in (80, 443), port in (21, 990) or 10001 <= port <= 10020
        if one.version == 3:
            if ftp and not one.ftp_enabled:
                return False
            if port in (4022, 4024, 4026):
                return one.remote_debug_enabled and on_vip == (one.ilb is None)
            if ftp and one.ftp_enabled:
                raise Unsure("the FTP probe")
            return (web or port == 8172) and on_vip == (one.ilb is None)
        if port in (454, 455):
            return on_vip
        if port in (1221, 7564, 7654) or (port == 8172 and one.version == 1) or (port in (4016, 4018) and one.version == 2):
            raise Unsure("articles differ")
        debug = (4016, 4018, 4020) if one.version == 1 else (4020, 4022, 4024)
        if one.ilb is not None and "public" in (one.web, one.ftp) and (port in debug or port == 8172):
            raise Unsure("debugging of a half-internal environment")
        if ftp:
            return on_vip == (one.ilb is None or one.ftp == "public")
        if web:
            return on_vip == (one.ilb is None or one.web == "public")
        if port in debug or (port == 8172 and one.version == 2):
            return on_vip == (one.ilb is None)
        return False

    def at_environment(self, one, packet, *, on_vip, came_by_internet, origin=None):
        if isinstance(origin, Machine) and origin.subnet == one.subnet:
            raise Unsure("a machine in the environment's subnet")
        if packet.protocol != TCP or not self.listens(one, packet.target_port, on_vip=on_vip):
            return Answer(DROPPED)
        # Any instance may answer: the NSG must say the same of all for an answer to be sure.
        answers = set()
        subnet = self.network.subnets[one.subnet]
        low, high = subnet.prefixes[0].ranges[0]
        for instance in range(low + 4, high):
            taken = any(instance in machine.addresses for machine in self.network.machines.values()) or instance == one.ilb
            if not taken:
                answers.add(self.received(one.name, one.subnet, None, packet.to_target(instance), internet=came_by_internet))
        return answers.pop() if len(answers) == 1 else Answer(UNKNOWN)

    def received(self, name, subnet, nic_group, packet, *, internet):
        if not self.admitted(Direction.INBOUND, packet, subnet, nic_group):
            return Answer(DROPPED)
        kind, hop = self.next_hop(subnet, packet.source)
        if kind == "user" and hop in ("appliance", "gateway"):
            return Answer(UNKNOWN, name, packet.source)
        returns = (
            (kind, hop) in (("internet", ""), ("user", "internet")) if internet else kind == "local" or hop == "vnet-local"
        )
        if not internet and not returns and kind == "gateway":
            return Answer(UNKNOWN, name, packet.source)
        return Answer(DELIVERED if returns else REPLY_LOST, name, packet.source)
