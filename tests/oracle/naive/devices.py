"""What firewalls and appliances make of packets that are not theirs (azure-network-semantics 10)."""

from __future__ import annotations

from asever.model.numbers import NumberSet
from asever.model.things import Firewall
from tests.oracle.naive.arrivals import Arrivals
from tests.oracle.naive.facts import Lost, Unsure, is_private


class Devices(Arrivals):
    """Forwarding."""

    def device_at(self, address, subnet, packet):
        """Who a route to this appliance hands the packet to; it must stand here or in a peered network (5.3)."""
        here = self.vnet_of(subnet)
        homes = [here.name, *(one.remote for one in self.peers(here.name))]
        for vnet in homes:
            if address not in self.network.vnets[vnet].address:
                continue
            for balancer in self.network.load_balancers.values():
                if balancer.subnet and balancer.frontend == address:
                    return self.behind_balancer(balancer, packet), vnet
            holder = self.holder(vnet, address)
            if holder is None or isinstance(holder, str):
                raise Unsure("an appliance that is not declared")
            return holder, vnet
        raise Unsure("an appliance that is not in reach")

    def forward(self, who, packet, *, called):
        """The packet that the device sends on."""
        if isinstance(who, Firewall):
            return self.firewall_forwards(who, packet, called=called)
        if not who.ip_forwarding:
            self.meet("appliance without ip forwarding")
            raise Lost
        way = who.forwards or self.readings["nva-guest-forwarding"]
        self.meet(f"appliance: {way}")
        if way in ("nothing", "drop-all"):
            raise Lost
        own = NumberSet.single(who.addresses[0])
        if way == "translated":
            return packet.from_source(self.choose("egress", own))
        if way == "forward-all" and self.next_hop(who.subnet, packet.target, packet.target_tags).kind == "internet":
            after = packet.from_source(own.first)
            if self.lets_out(who, packet) != self.lets_out(who, after):
                raise Unsure("which source the NSG of an appliance sees of what goes to the Internet")
            return after
        return packet

    def lets_out(self, who, packet):
        try:
            self.pass_out(who, packet)
        except Lost:
            return False
        return True

    def firewall_forwards(self, firewall, packet, *, called):
        translated = self.firewall_rules(firewall, ("dnat",), packet)
        if translated is not None:
            self.meet("firewall: dnat")
            after = packet.to_target(translated.translated, translated.translated_port)
            if self.reading("firewall-dnat-then-network-rules", "deny-rules"):
                judged = self.firewall_rules(firewall, ("allow", "deny"), after)
                if judged is not None and judged.access == "deny":
                    raise Lost
            if self.reading("firewall-dnat-source", "firewall"):
                return after.from_source(self.choose("relay", self.inner(firewall)))
            if firewall.snat == "always" or not is_private(after.target):
                raise Unsure("which of two rules of a firewall gives the source")
            return after
        if called or packet.target in (firewall.address, firewall.public_ip):
            raise Lost
        rule = self.firewall_rules(firewall, ("allow", "deny"), packet)
        if rule is None or rule.access == "deny":
            self.meet("firewall: denied")
            raise Lost
        self.meet("firewall: allowed")
        return self.firewall_translates(firewall, packet)

    def firewall_translates(self, firewall, packet):
        """SNAT by network rules: for public destinations, unless told otherwise (10.1)."""
        private = is_private(packet.target)
        if firewall.snat == "never" or (firewall.snat == "public" and private):
            if self.next_hop(firewall.subnet, packet.target, packet.target_tags).kind == "internet":
                raise Lost  # nothing gives it a public source
            return packet
        hop = self.next_hop(firewall.subnet, packet.target, packet.target_tags)
        self.meet("firewall: source translated")
        if hop.kind == "internet":
            if firewall.public_ip is None:
                raise Unsure("a firewall without a public address")
            return packet.from_source(self.choose("egress", NumberSet.single(firewall.public_ip)))
        if not private and hop.kind == "local":
            raise Unsure("a public destination inside, behind a firewall")
        return packet.from_source(self.choose("egress", self.inner(firewall)))

    def inner(self, firewall):
        """The addresses that its instances may have."""
        return self.free(firewall.subnet) | NumberSet.single(firewall.address)
