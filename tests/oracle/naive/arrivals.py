"""Who is handed a packet that was sent to an address, and as what."""

from __future__ import annotations

from dataclasses import dataclass

from asever.model.numbers import NumberSet
from asever.model.things import Environment, Firewall, Machine, PrivateEndpoint
from tests.oracle.naive.exits import Exits
from tests.oracle.naive.facts import ICMP, TCP, Lost, Unsure, has_ports, is_public, is_v4


@dataclass(frozen=True)
class Handed:
    """The packet and who is handed it; `called` is set where the address called was that one's, so it need not forward.

    `seen_target` is the destination that filters compare, if it is another than the packet's.
    """

    who: object
    packet: object
    called: bool = True
    seen_target: int | None = None


class Arrivals(Exits):
    """Destination translation and delivery."""

    # -- From the Internet's side ---------------------------------------------------------------------------------------

    def at_public(self, packet, sender):
        """Who answers at a public address."""
        target = packet.target
        if not is_v4(target):
            raise Unsure("IPv6 and the Internet")
        if not is_public(target):
            raise Lost
        if any(target in vnet.address for vnet in self.network.vnets.values()):
            raise Unsure("a public address inside a virtual network, called from outside")
        for environment in self.network.environments.values():
            if environment.vip == target:
                return self.at_environment(environment, packet, on_vip=True, sender=sender)
        for machine in self.network.machines.values():
            if machine.public_ip == target:
                if not self.has_group(machine):
                    self.stay_closed(machine)
                self.meet("public address")
                chosen = self.choose("instance", NumberSet.single(machine.addresses[0]))
                return Handed(machine, packet.to_target(chosen))
        for balancer in self.network.load_balancers.values():
            if balancer.subnet is None and balancer.frontend == target:
                return self.at_balancer(balancer, packet)
        for firewall in self.network.firewalls.values():
            if firewall.public_ip == target:
                return Handed(firewall, packet)
        for other in self.network.environments.values():
            if target in other.outbound or any(one.address == target for one in other.ip_ssl):
                raise Unsure("an outbound or IP-SSL address, called from outside")
        for nat in self.network.nat_gateways.values():
            if target in nat.public_ip:
                raise Lost  # it admits nothing unsolicited (7)
        if any(target in one.address for one in self.network.on_premises.values()):
            raise Unsure("a public address on-premises")
        if sender == "Internet":
            raise Unsure("the Internet calls itself")
        return Handed("Internet", packet)

    def stay_closed(self, machine):
        """What Standard addresses do without an NSG (azure-network-semantics 2.9)."""
        vnet = self.vnet_of(machine.subnet).name
        if any(vnet in one.applies_to and one.inbound for one in self.network.admin_rules.values()):
            raise Unsure("an admin rule that allows, and no NSG at a Standard address")
        raise Lost

    # -- Inside a virtual network ---------------------------------------------------------------------------------------

    def at_private(self, vnet, packet, sender, from_vnet):
        """Who answers at an address of a virtual network. `from_vnet` is None for what comes through a gateway."""
        for balancer in self.network.load_balancers.values():
            if balancer.subnet and balancer.frontend == packet.target and self.vnet_of(balancer.subnet).name == vnet:
                if balancer.sku == "basic" and from_vnet and self.is_global(from_vnet, vnet):
                    raise Lost
                return self.at_balancer(balancer, packet)
        for environment in self.network.environments.values():
            if environment.ilb == packet.target and self.vnet_of(environment.subnet).name == vnet:
                if environment.version < 3 and from_vnet and self.is_global(from_vnet, vnet):
                    raise Lost
                self.cross_call(environment, sender, vnet)
                return self.at_environment(environment, packet, on_vip=False, sender=sender)
        holder = self.holder(vnet, packet.target)
        if holder is None:
            raise Lost
        if isinstance(holder, Environment):
            return self.at_instance(holder, packet, sender)
        if isinstance(holder, PrivateEndpoint):
            self.meet("private endpoint")
            if packet.protocol != TCP:
                raise Unsure("what a private endpoint takes besides TCP")
        if isinstance(holder, Firewall) and packet.target != holder.address:
            raise Unsure("an instance of the firewall")
        return Handed(holder, packet)

    def is_global(self, one, other):
        here, there = self.network.vnets[one], self.network.vnets[other]
        if here is there:
            return False
        if here.region is None or there.region is None:
            raise Unsure("whether the peering is global")
        return here.region != there.region

    def cross_call(self, environment, sender, vnet):
        if not isinstance(sender, Environment) or sender.version != 1 or sender.name == environment.name:
            return
        if self.reading("ase-v1-cross-call-source", "vip") and self.vnet_of(sender.subnet).name == vnet:
            raise Unsure("a version 1 cross call")

    def at_instance(self, holder, packet, sender):
        """The private address of an instance (ase-network-semantics 12)."""
        if isinstance(sender, Environment) and sender.name == holder.name:
            return Handed(holder, packet)
        if isinstance(sender, Machine) and sender.subnet == holder.subnet:
            raise Unsure("a machine in the environment's subnet")
        if self.reading("private-front-ends", "silent"):
            raise Lost
        raise Unsure("front ends on private addresses")

    # -- Environments ---------------------------------------------------------------------------------------------------

    def at_environment(self, one, packet, *, on_vip, sender):
        if isinstance(sender, Machine) and sender.subnet == one.subnet:
            raise Unsure("a machine in the environment's subnet")
        if packet.protocol != TCP or not self.listens(one, packet.target_port, on_vip=on_vip):
            raise Lost
        self.meet("environment")
        return Handed(one, packet.to_target(self.choose("instance", self.free(one.subnet))))

    def listens(self, one, port, *, on_vip):
        """Whether a port arrives at this address (ase-network-semantics 1.1, 2.1 to 2.3); Unsure where articles differ."""
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
        if ftp:
            return on_vip == (one.ilb is None or one.ftp == "public")
        if web:
            return on_vip == (one.ilb is None or one.web == "public")
        if one.ilb is not None and "public" in (one.web, one.ftp) and (port in debug or port == 8172):
            raise Unsure("debugging and Web Deploy in modes 1 and 2")
        return (port in debug or (port == 8172 and one.version == 2)) and on_vip == (one.ilb is None)

    # -- Load balancers (azure-network-semantics 8) ---------------------------------------------------------------------

    def mapping_of(self, balancer, packet):
        for one in balancer.mappings:
            if one.front == 0:  # HA ports
                if balancer.subnet is None:
                    raise Unsure("HA ports on a public load balancer")
                if not has_ports(packet.protocol):
                    raise Unsure("HA ports and what has no ports")
                return one
            if packet.protocol in one.protocol and packet.target_port == one.front:
                return one
        return None

    def at_balancer(self, balancer, packet):
        mapping = None if packet.protocol == ICMP else self.mapping_of(balancer, packet)
        if mapping is None:
            raise Lost
        kind = "public" if balancer.subnet is None else "internal"
        self.meet(f"{kind} load balancer")
        machine = self.backend_of(balancer)
        closed = balancer.subnet is None or self.reading("internal-balancer-without-nsg", "closed")
        if balancer.sku == "standard" and closed and not self.has_group(machine):
            self.meet("load balancer: closed without NSG")
            self.stay_closed(machine)
        # A backend that calls its own frontend and is handed the call finds its own address as the source.
        if balancer.subnet is not None and packet.source in machine.addresses:
            self.meet("internal load balancer: hairpin")
            raise Lost
        port = mapping.back or packet.target_port
        if not balancer.floating_ip:
            return Handed(machine, packet.to_target(machine.addresses[0], port))
        self.meet("floating ip")
        if port != packet.target_port:
            raise Unsure("floating IP and another port")
        seen = machine.addresses[0] if self.reading("floating-ip-target", "backend") else None
        return Handed(machine, packet, seen_target=seen)

    def backend_of(self, balancer):
        """One of the machines that its probe finds alive."""
        machines = [self.network.machines[name] for name in balancer.backends]
        alive = machines
        if balancer.probe is not None:
            alive = [one for one in machines if self.answers_probe(one, balancer.probe)]
            if len(alive) < len(machines):
                self.meet("load balancer: probe blocked")
        if not alive:
            raise Lost
        machine = alive[0]
        if len(machines) > 1:
            chosen = self.choose("recipient", NumberSet.of((one.addresses[0],) * 2 for one in alive))
            machine = next(one for one in alive if one.addresses[0] == chosen)
        return machine

    def behind_balancer(self, balancer, packet):
        """A load balancer as the next hop of a route: a backend gets the packet as it is, by HA ports (5.3)."""
        self.meet("load balancer as next hop")
        if not any(one.front == 0 for one in balancer.mappings):
            raise Unsure("a load balancer without HA ports as next hop")
        if not has_ports(packet.protocol):
            raise Unsure("HA ports and what has no ports")
        chosen = self.backend_of(balancer)
        closed = balancer.sku == "standard" and self.reading("internal-balancer-without-nsg", "closed")
        if closed and not self.has_group(chosen):
            # 2.9 speaks of frontends, and nobody calls this one.
            raise Unsure("whether a closed load balancer is closed as a next hop")
        return chosen
