"""The whole way of a packet, stage by stage (azure-network-semantics 1), and of its reply (5.6, ase-network-semantics 6.4)."""

from __future__ import annotations

from dataclasses import dataclass

from asever.model.things import Environment, Firewall, Machine, OnPremises, PrivateEndpoint
from tests.oracle.naive.arrivals import Handed
from tests.oracle.naive.devices import Devices
from tests.oracle.naive.facts import (
    DELIVERED,
    DROPPED,
    HOST,
    METADATA,
    REPLY_LOST,
    TCP,
    UNKNOWN,
    Answer,
    Lost,
    Unsure,
    is_v4,
)

MOST_HOPS = 8


@dataclass(frozen=True)
class Leg:
    """One stretch: who sent the packet, who got it and as what; `way` is internet, private, gateway or service."""

    sender: object
    receiver: object
    packet: object
    way: str


class Naive(Devices):
    """One network, read packet by packet. `why` is the reason of an answer `unknown`."""

    why = ""

    def send(self, origin, packet):
        """`origin` is a thing, the name of a subnet for somebody not declared in it, or `Internet`."""
        try:
            return self.travel(origin, packet)
        except Unsure as unsure:
            self.why = str(unsure)
            return Answer(UNKNOWN)
        except Lost:
            return Answer(DROPPED)

    def travel(self, origin, packet):
        if self.is_in_network(origin) and self.is_exempt(packet):
            self.meet("platform")
            return Answer(DELIVERED, f"platform of {self.vnet_of(self.subnet(origin)).name}", packet.source, packet.target)
        if not is_v4(packet.target):
            self.meet("ipv6")
        legs, visits, sender = [], set(), origin
        while True:
            leg, handed = self.stretch(sender, packet, forwarded=bool(legs))
            legs.append(leg)
            receiver, packet = leg.receiver, leg.packet
            if not self.must_forward(handed):
                break
            visit = (self.name(receiver), packet)
            if visit in visits or len(visits) >= MOST_HOPS:
                self.meet("loop")
                raise Lost
            visits.add(visit)
            packet = self.forward(receiver, packet, called=handed.called)
            sender = receiver
        outcome = DELIVERED if self.returns(legs) else REPLY_LOST
        if leg.way == "service":
            return Answer(outcome, None, packet.source, packet.target, packet.target_port)
        # Where an open point gives the destination that rules see, the packet's own is nobody's to say.
        target = packet.target if handed.seen_target is None else None
        return Answer(outcome, self.name(receiver), packet.source, target, packet.target_port)

    def is_exempt(self, packet):
        """azure-network-semantics 3.4."""
        if packet.target == HOST and packet.protocol == TCP and packet.target_port in (80, 32526):
            return True
        if packet.target in (HOST, METADATA):
            raise Unsure("the platform")
        return False

    def must_forward(self, handed):
        who = handed.who
        if isinstance(who, Firewall):
            return True
        if isinstance(who, Machine):
            return not handed.called and handed.packet.target not in who.addresses
        if not handed.called and not isinstance(who, str) and not self.is_own(who, handed.packet.target):
            raise Unsure("a route to something that is no appliance")
        return False

    def is_own(self, who, address):
        return isinstance(who, PrivateEndpoint) and who.address == address

    # -- One stretch ----------------------------------------------------------------------------------------------------

    def stretch(self, sender, packet, *, forwarded):
        """From one that has the packet to the next one that gets it."""
        if sender == "Internet":
            return self.deliver(sender, self.at_public(packet, sender), "internet")
        if isinstance(sender, OnPremises):
            return self.from_gateway(sender, packet)
        subnet = self.subnet(sender)
        here = self.vnet_of(subnet).name
        if isinstance(sender, Environment):
            near = self.holder(here, packet.target)
            if self.subnet_at(here, packet.target) == subnet and isinstance(near, Machine):
                raise Lost  # ase-network-semantics 5.1
        self.pass_out(sender, packet)
        hop = self.next_hop(subnet, packet.target, packet.target_tags)
        self.meet(f"hop: {hop.kind}")
        if hop.kind == "none":
            raise Lost
        if hop.kind == "appliance":
            who, there = self.device_at(hop.to, subnet, packet)
            self.cross(here, there, packet, sender, who)
            return self.deliver(sender, Handed(who, packet, called=False), "private")
        if hop.kind == "local":
            handed = self.at_private(hop.to, packet, sender if not forwarded else None, here)
            self.cross(here, hop.to, packet, sender, handed.who)
            return self.deliver(sender, handed, "private")
        if hop.kind == "service":
            if forwarded and packet.source not in self.addresses(sender):
                raise Unsure("a service endpoint that a device uses for others")
            return Leg(sender, "service", packet, "service"), Handed("service", packet)
        if hop.kind in ("gateway", "user-gateway"):
            return self.through_gateway(sender, hop, packet, here)
        after = self.leave(sender, packet)
        return self.deliver(sender, self.at_public(after, sender), "internet")

    def deliver(self, sender, handed, way):
        """Admin rules and NSGs of the one that gets it (I1 to I3)."""
        if handed.who != "Internet":
            seen = handed.packet if handed.seen_target is None else handed.packet.to_target(handed.seen_target)
            self.pass_in(handed.who, seen)
            self.not_closed_to(handed.who, seen)
        return Leg(sender, handed.who, handed.packet, way), handed

    def not_closed_to(self, who, packet):
        """Whether a side without access keeps out its peer's packets that come another way, no source says (6)."""
        if isinstance(who, PrivateEndpoint) or self.has_group(who) or self.reading("peering-without-access", "carries"):
            return
        for side in self.peers(self.vnet_of(self.subnet(who)).name):
            if not side.access and packet.source in self.network.vnets[side.remote].address:
                raise Unsure("a peering whose far side has no access")

    def cross(self, here, there, packet, sender, receiver):
        """A peering: its access, and whether it lets in what others forward (azure-network-semantics 6)."""
        if here == there:
            return
        self.meet("peering")
        local, remote = self.peering(here, there), self.peering(there, here)
        for side, one in ((local, sender), (remote, receiver)):
            if not side.access:
                self.meet("peering without access")
            if not side.access and not self.has_group(one) and self.reading("peering-without-access", "blocks"):
                if side is remote:
                    raise Unsure("a peering whose far side has no access")
                raise Lost
        if packet.source in self.network.vnets[here].address:
            return
        self.meet("peering: forwarded")
        side = remote if self.reading("forwarded-traffic-direction", "receiver") else local
        allowed = side.forwarded_traffic
        if allowed is None:
            allowed = self.reading("forwarded-traffic-unless-said", "allowed")
        if not allowed:
            self.meet("peering: forwarded, refused")
            raise Lost

    def through_gateway(self, sender, hop, packet, here):
        gateways = [self.network.gateways[hop.to]] if hop.kind == "gateway" else self.gateways(here)
        if hop.kind == "user-gateway":
            self.meet("route to a gateway")
            if len(gateways) != 1 or gateways[0].kind != "vpn":
                raise Unsure("a route to a gateway that is none, or of ExpressRoute")
        gateway = gateways[0]
        behind = self.network.on_premises.get(gateway.to or "")
        if behind is None or packet.target not in behind.address:
            self.meet("forced tunnelling")
            raise Unsure("forced tunnelling")
        self.meet("gateway")
        return Leg(sender, behind, packet, "gateway"), Handed(behind, packet)

    def from_gateway(self, sender, packet):
        """From on-premises: by its gateway into that network, or into one that borrows the gateway."""
        gateway, vnet = self.into_azure(sender, packet.target)
        if vnet is None:
            raise Unsure("where on-premises sends it")
        self.meet("from on-premises")
        entry = f"{gateway.vnet}/GatewaySubnet"
        hop = self.next_hop(entry, packet.target) if entry in self.network.subnets else None
        if hop is None or hop.kind == "local":
            there = vnet if hop is None else hop.to
            return self.deliver(sender, self.at_private(there, packet, sender, None), "gateway")
        # The route table of the gateway's subnet governs what comes in (azure-network-semantics 3.5).
        self.meet("gateway subnet with routes")
        if hop.kind == "none":
            raise Lost
        if hop.kind != "appliance":
            raise Unsure("a gateway's subnet that sends elsewhere")
        who, _ = self.device_at(hop.to, entry, packet)
        return self.deliver(sender, Handed(who, packet, called=False), "gateway")

    def into_azure(self, behind, address):
        """By which gateway a network outside Azure knows an address, and in which virtual network that is (6)."""
        for gateway in self.network.gateways.values():
            for vnet in self.network.vnets.values():
                if gateway.to == behind.name and address in vnet.address and gateway in self.gateways(vnet.name):
                    return gateway, vnet.name
        return None, None

    # -- The reply ------------------------------------------------------------------------------------------------------

    def returns(self, legs):
        """Backwards: each must get the reply from the one it sent to, since it knows its own connections only."""
        return all(self.comes_back(leg) for leg in reversed(legs))

    def comes_back(self, leg):
        replier, seen = leg.receiver, leg.packet
        if leg.way == "service" or replier == "Internet":
            return True
        if isinstance(replier, OnPremises):
            return self.on_premises_returns(leg)
        if isinstance(replier, PrivateEndpoint):
            return self.endpoint_returns(leg)
        hop = self.next_hop(replier.subnet if not isinstance(replier, str) else replier, seen.source, seen.source_tags)
        self.meet(f"reply: {hop.kind}")
        if hop.kind == "appliance":
            return leg.way != "internet" and self.is_device(hop.to, replier, leg.sender)
        if leg.way == "internet":
            return hop.kind == "internet"
        if hop.kind == "local":
            return leg.way != "gateway" and self.is_at(leg.sender, hop.to, seen.source)
        if hop.kind in ("gateway", "user-gateway"):
            return self.gateway_returns(leg, hop)
        return False

    def is_device(self, address, replier, sender):
        """Whether the appliance of the reply's route is the one that it came from."""
        if sender == "Internet" or isinstance(sender, OnPremises | str | Environment):
            return False
        for balancer in self.network.load_balancers.values():
            if balancer.subnet and balancer.frontend == address:
                return sender.name in balancer.backends
        vnets = [self.vnet_of(self.subnet(replier)).name]
        vnets += [one.remote for one in self.peers(vnets[0])]
        return self.vnet_of(sender.subnet).name in vnets and address in self.addresses(sender)

    def on_premises_returns(self, leg):
        """It knows the networks that its gateways tell it of; what comes in goes to whoever holds the address."""
        gateway, vnet = self.into_azure(leg.receiver, leg.packet.source)
        if vnet is None:
            return False
        entry = f"{gateway.vnet}/GatewaySubnet"
        hop = self.next_hop(entry, leg.packet.source) if entry in self.network.subnets else None
        if hop is None or hop.kind == "local":
            return self.is_at(leg.sender, vnet if hop is None else hop.to, leg.packet.source)
        if hop.kind == "appliance":
            return self.is_device(hop.to, entry, leg.sender)
        return False

    def endpoint_returns(self, leg):
        home = self.vnet_of(leg.receiver.subnet)
        if isinstance(leg.sender, OnPremises):
            return True
        there = self.vnet_of(self.subnet(leg.sender)).name
        return (there == home.name or self.peering(home.name, there) is not None) and self.is_at(
            leg.sender, there, leg.packet.source
        )

    def gateway_returns(self, leg, hop):
        if not isinstance(leg.sender, OnPremises):
            return False
        if hop.kind == "gateway":
            return self.network.gateways[hop.to].to == leg.sender.name
        gateways = self.gateways(self.vnet_of(self.subnet(leg.receiver)).name)
        if len(gateways) != 1 or gateways[0].kind != "vpn":
            raise Unsure("a route to a gateway that is none, or of ExpressRoute")
        return gateways[0].to == leg.sender.name
