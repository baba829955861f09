"""Which addresses a service tag holds, seen from one subnet (azure-network-semantics 3)."""

from __future__ import annotations

from asever.model.things import TermKind
from tests.oracle.naive.facts import HOST, V4, Unsure, is_public, is_v4
from tests.oracle.naive.places import Places


class Tags(Places):
    """Membership in tags."""

    def in_virtual_network(self, subnet, address):
        """azure-network-semantics 3.1, item by item."""
        vnet = self.vnet_of(subnet)
        if address in vnet.address or address == HOST:
            return True
        for one in self.peers(vnet.name):
            if one.access and address in self.network.vnets[one.remote].address:
                return True
        learned = [prefix for gateway in self.gateways(vnet.name) for prefix in self.learned(gateway)]
        if any(address in prefix for prefix in learned if prefix != V4):
            return True
        table = self.network.route_tables.get(self.network.subnets[subnet].route_table or "")
        perhaps = False
        for route in table.routes if table else ():
            if not self.reading("default-route-widens-virtual-network", "yes"):
                continue
            if route.hop not in ("appliance", "gateway") and not self.reading("virtual-network-next-hops", "every"):
                continue
            if route.tag:
                if route.tag not in self.tags:
                    perhaps = perhaps or is_public(address)
                elif address in self.tags[route.tag]:
                    return True
            elif address in route.prefix:
                return True
        if perhaps:
            raise Unsure("a route to a tag of unknown content and the tag VirtualNetwork")
        if any(prefix == V4 for prefix in learned) and is_v4(address):
            raise Unsure("a learned default route and the tag VirtualNetwork")
        return False

    def in_internet(self, subnet, address):
        """azure-network-semantics 3.2."""
        if not is_v4(address):
            if self.in_virtual_network(subnet, address):
                return False
            raise Unsure("the tag Internet in IPv6")
        if not is_public(address):
            return False
        if not self.in_virtual_network(subnet, address):
            return True
        if address == HOST:
            raise Unsure("168.63.129.16 and the tag Internet")
        return not self.reading("internet-minus-vnet", "yes")

    def in_service(self, tag, address, known):
        """A tag of a service; `known` is what is known of the address (`Storage`, `not Storage`)."""
        if tag in self.tags:
            return address in self.tags[tag]
        if tag in known:
            return True
        if f"not {tag}" in known or f"not {tag.partition('.')[0]}" in known or not is_public(address):
            return False
        raise Unsure(f"the tag {tag}")

    def term_matches(self, term, address, known, subnet):
        if term.kind is TermKind.ADDRESSES:
            return address in term.addresses
        if term.kind is TermKind.ASG:
            return any(address in one.addresses for one in self.network.machines.values() if term.text in one.asgs)
        if term.text == "VirtualNetwork":
            return self.in_virtual_network(subnet, address)
        if term.text == "Internet":
            return self.in_internet(subnet, address)
        if term.text == "AzureLoadBalancer":
            return address == HOST
        return self.in_service(term.text, address, known)
