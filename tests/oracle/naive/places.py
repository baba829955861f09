"""Who stands at which address."""

from __future__ import annotations

from asever.model.numbers import NumberSet
from asever.model.things import Environment, Firewall, Machine, OnPremises, PrivateEndpoint


class Places:
    """One network and the readings of its open points.

    `choose` makes the choices that are Azure's; `published` are the service tags whose content everybody knows; `met` are the
    mechanisms that the packet met. Whoever has a packet is a thing;
    the name of a subnet stands for somebody in it that is not declared, "Internet" for the rest.
    """

    def __init__(self, network, readings, choose, published):
        self.network = network
        self.readings = readings
        self.choose = choose
        self.tags = {**published, **{name: one.addresses for name, one in network.tags.items()}}
        self.met = set()

    def reading(self, name, value):
        return self.readings[name] == value

    def meet(self, mechanism):
        self.met.add(mechanism)

    def subnet_at(self, vnet, address):
        for name in self.network.vnets[vnet].subnets:
            if any(address in prefix for prefix in self.network.subnets[name].prefixes):
                return name
        return None

    def vnet_of(self, subnet):
        return self.network.vnets[self.network.subnets[subnet].vnet]

    def usable(self, subnet):
        """Without the first four addresses of each prefix and the last of an IPv4 one (azure-network-semantics 1)."""
        free = NumberSet()
        for prefix in self.network.subnets[subnet].prefixes:
            low, high = prefix.ranges[0]
            free |= NumberSet.span(low + 4, high - 1)
        return free

    def free(self, subnet):
        """Where a subnet's machines that are not declared may stand, or the instances of what fills it."""
        taken = [address for one in self.network.machines.values() for address in one.addresses]
        taken += [one.ilb for one in self.network.environments.values() if one.ilb is not None]
        taken += [one.frontend for one in self.network.load_balancers.values()]
        taken += [one.address for one in self.network.private_endpoints.values()]
        taken += [one.address for one in self.network.firewalls.values()]
        return self.usable(subnet) - NumberSet.of((one, one) for one in taken)

    def holder(self, vnet, address):
        """Who has a private address of a virtual network; None for nobody, the subnet's name for somebody not declared."""
        subnet = self.subnet_at(vnet, address)
        if subnet is None or address not in self.usable(subnet):
            return None
        things = (*self.network.machines.values(), *self.network.firewalls.values(), *self.network.private_endpoints.values())
        for one in things:
            if one.subnet == subnet and address in self.addresses(one):
                return one
        for environment in self.network.environments.values():
            if environment.subnet == subnet:
                return environment
        for firewall in self.network.firewalls.values():
            if firewall.subnet == subnet:
                return firewall
        return subnet

    def addresses(self, who):
        """The private addresses of one that is named by its address."""
        if isinstance(who, Machine):
            return who.addresses
        return (who.address,)

    def is_at(self, who, vnet, address):
        """Whether a packet to this address in this virtual network comes to that one."""
        if isinstance(who, OnPremises) or who == "Internet":
            return False
        found = self.holder(vnet, address)
        return found is not None and self.name(found) == self.name(who)

    def subnet(self, who):
        return who if isinstance(who, str) else who.subnet

    def name(self, who):
        return who if isinstance(who, str) else who.name

    def network_card_group(self, who):
        return who.nsg if isinstance(who, Machine) else None

    def is_in_network(self, who):
        return isinstance(who, Machine | Environment | Firewall | PrivateEndpoint) or (isinstance(who, str) and "/" in who)

    def peering(self, vnet, remote):
        """The local side of a peering that works: both sides must exist (azure-network-semantics 6)."""
        back = any(one.remote == vnet for one in self.network.vnets[remote].peerings)
        for one in self.network.vnets[vnet].peerings:
            if one.remote == remote and back:
                return one
        return None

    def peers(self, vnet):
        return [one for one in self.network.vnets[vnet].peerings if self.peering(vnet, one.remote)]

    def gateways(self, vnet):
        """Its own, or those that a peer lends it: both flags, and none of its own (azure-network-semantics 6)."""
        own = [one for one in self.network.gateways.values() if one.vnet == vnet]
        if own:
            return own
        lent = []
        for one in self.peers(vnet):
            if one.remote_gateway and self.peering(one.remote, vnet).gateway_transit:
                lent += [gateway for gateway in self.network.gateways.values() if gateway.vnet == one.remote]
        return lent

    def learned(self, gateway):
        return [*gateway.learns, *(self.network.on_premises[gateway.to].prefixes if gateway.to else ())]
