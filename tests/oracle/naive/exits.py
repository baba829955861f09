"""Which source a call to the Internet carries (azure-network-semantics 7, ase-network-semantics 4)."""

from __future__ import annotations

from asever.model.numbers import NumberSet
from asever.model.things import Environment, Firewall, Machine
from tests.oracle.naive.facts import ESP, PUBLIC, TCP, UDP, Lost, Unsure
from tests.oracle.naive.routes import Routes


class Exits(Routes):
    """Source translation on the way to the Internet."""

    def leave(self, who, packet):
        """The packet as the Internet sees it."""
        if isinstance(who, Environment):
            return self.environment_leaves(who, packet)
        if isinstance(who, Firewall):
            return packet  # it has translated by itself, or cannot
        if isinstance(who, Machine) and packet.source not in who.addresses:
            raise Lost  # an appliance must give it its own address before Azure gives it a public one (7)
        return packet.from_source(self.egress(who, packet))

    def environment_leaves(self, one, packet):
        if self.network.subnets[one.subnet].nat_gateway:
            if one.version < 3:
                raise Unsure("a NAT gateway behind an environment")
            self.meet("exit: nat gateway")
            if packet.protocol not in (TCP, UDP):
                raise Unsure("what a version 3 sends besides TCP and UDP behind a NAT gateway")
            return packet.from_source(self.choose("egress", self.nat(one.subnet)))
        if one.version == 3:
            if not one.outbound:
                raise Unsure("outbound addresses that the file does not give")
            self.meet("exit: outbound addresses")
            return packet.from_source(self.choose("egress", one.outbound))
        if one.vip is None:
            raise Unsure("a VIP that the file does not give")
        self.meet("exit: vip")
        return packet.from_source(self.choose("egress", NumberSet.single(one.vip)))

    def nat(self, subnet):
        return self.network.nat_gateways[self.network.subnets[subnet].nat_gateway].public_ip

    def egress(self, who, packet):
        """The methods by their rank: NAT gateway, own public address, load balancer, default (7)."""
        subnet = self.network.subnets[self.subnet(who)]
        with_ports = packet.protocol in (TCP, UDP)
        public = who.public_ip if isinstance(who, Machine) else None
        if isinstance(who, Machine) and packet.source != who.addresses[0]:
            raise Unsure("a second address of a machine")
        balancers = self.balancers_of(who)
        ways = [("nat gateway", with_ports, lambda: self.nat(subnet.name))] if subnet.nat_gateway else []
        if public is not None:
            own = ("public address", True, lambda: NumberSet.single(public))
            ways.insert(0 if self.reading("nat-gateway-or-public-ip", "public-ip") else len(ways), own)
        public_ones = [one for one in balancers if one.subnet is None]
        if any(one.sku == "basic" and not one.outbound for one in public_ones):
            raise Unsure("whether a basic load balancer can be kept from letting its machines out")
        fronts = [one.frontend for one in public_ones if one.outbound]
        if fronts:
            ways.append(("load balancer", with_ports, lambda: NumberSet.of((one, one) for one in fronts)))
        for name, takes, addresses in ways:
            if takes:
                self.meet(f"exit: {name}")
                return self.choose("egress", addresses())
        if ways:
            self.meet("exit: none for this protocol")
            raise Lost  # default outbound access is there for those without another way
        if not subnet.default_outbound:
            self.meet("exit: private subnet")
            raise Lost
        if any(one.sku == "standard" for one in balancers):
            self.meet("exit: balanced, without a way")
            raise Lost
        if not with_ports:
            if packet.protocol == ESP:
                raise Unsure("ESP and default outbound access")
            raise Lost
        self.meet("exit: default outbound access")
        return self.choose("egress", self.lent())

    def balancers_of(self, who):
        return [one for one in self.network.load_balancers.values() if self.name(who) in one.backends]

    def lent(self):
        """What default outbound access may lend: any public address that is not somebody's."""
        lent = PUBLIC - self.network.named_addresses
        for vnet in self.network.vnets.values():
            lent -= vnet.address
        return lent
