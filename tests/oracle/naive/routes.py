"""Where a subnet sends a destination (azure-network-semantics 5)."""

from __future__ import annotations

from dataclasses import dataclass

from asever.model.addresses import parse_addresses, prefixes
from asever.model.numbers import NumberSet
from tests.oracle.naive.facts import RESERVED, V4, Unsure, is_public, is_v4
from tests.oracle.naive.filters import Filters

# azure-network-semantics 5.1: prefixes dropped by routes that Microsoft does not document, or not everywhere.
DOUBTFUL = ("157.59.0.0/16", "104.147.0.0/16", "104.146.0.0/17", "40.108.0.0/17", "40.109.0.0/16", "23.103.0.0/18")
SYSTEM, BGP, USER, ENDPOINT = 0, 1, 2, 3


@dataclass(frozen=True)
class Hop:
    """One candidate: `kind` is local, internet, none, gateway, appliance, service or user-gateway; `to` says which."""

    kind: str
    to: object = ""


class Routes(Filters):
    """Route selection."""

    def next_hop(self, subnet, address, known=frozenset()):
        """Longest prefix; then user over BGP over system; the network's own routes over any BGP one (5.4)."""
        where = self.network.subnets[subnet]
        vnet = self.network.vnets[where.vnet]
        table = self.network.route_tables.get(where.route_table or "")
        found = []  # (length, rank, hop)

        def add(prefix, rank, hop):
            for low, high in prefix.ranges:
                if low <= address <= high:
                    found.append((low - high, rank, hop))

        # Azure's own: the virtual network, its peers, service endpoints, private endpoints.
        for low, high in vnet.address.ranges:
            add(NumberSet.span(low, high), SYSTEM, Hop("local", vnet.name))
        for one in self.peers(vnet.name):
            for low, high in self.network.vnets[one.remote].address.ranges:
                add(NumberSet.span(low, high), SYSTEM, Hop("local", one.remote))
        near = bool(found)
        services = list(self.service_routes(where, address, known, table))
        near = near or bool(services)
        found += services
        endpoint = self.endpoint_route(vnet, address, table)
        if endpoint is not None:
            found.append(endpoint)

        gateways = self.gateways(vnet.name) if table is None or table.bgp_propagation else []
        learned = [(prefix, gateway) for gateway in gateways for prefix in self.learned(gateway)]
        if not near:
            for prefix, gateway in learned:
                add(prefix, BGP, Hop("gateway", gateway.name))

        user = table.routes if table else ()
        prefixes_used = [route.prefix for route in user if not route.tag]
        if len(set(prefixes_used)) < len(prefixes_used):
            raise Unsure("two routes with one prefix, which Azure refuses")
        for route in user:
            if route.tag:
                self.add_tag_route(found, route, address, known)
            else:
                add(route.prefix, USER, self.user_hop(route, vnet))

        if not self.reserved_are_gone(user, learned):
            for prefix in RESERVED:
                if not prefix <= vnet.address:
                    add(prefix, SYSTEM, Hop("none", "reserved"))
        if is_v4(address):
            add(V4, SYSTEM, Hop("internet"))
        elif not found:
            raise Unsure("IPv6 and the Internet")
        return self.best(found, address)

    def best(self, found, address):
        length = max(one[0] for one in found)
        longest = [one for one in found if one[0] == length]
        rank = max(one[1] for one in longest)
        hops = {hop for _, its, hop in longest if its == rank}
        hops -= {Hop("none", "reserved")} if len(hops) > 1 else set()
        if len(hops) > 1:
            raise Unsure("routes of equal rank")
        hop = hops.pop()
        if hop == Hop("internet") and rank == SYSTEM and any(address in NumberSet.of(_ranges(one)) for one in DOUBTFUL):
            raise Unsure("a None route that is not documented")
        return hop

    def user_hop(self, route, vnet):
        if route.hop == "vnet-local":
            return Hop("local", vnet.name)
        if route.hop == "gateway":
            return Hop("user-gateway", vnet.name)
        return Hop(route.hop, route.appliance if route.hop == "appliance" else "")

    def add_tag_route(self, found, route, address, known):
        """A route to a tag is one route for each of its prefixes; an explicit prefix wins a tie (5.3)."""
        self.meet("route to a tag")
        hop = self.user_hop(route, None) if route.hop != "vnet-local" else None
        if hop is None or route.hop == "gateway":
            raise Unsure("a route to a tag with a next hop that is rare")
        if route.tag not in self.tags:
            if self.in_service(route.tag, address, known):
                # Its prefixes are unknown, but none is 0.0.0.0/0.
                found.append((-(1 << 31), USER - 0.5, hop))
                if any(V4.ranges[0][0] - V4.ranges[0][1] < one[0] and one[1] in (USER, ENDPOINT, BGP) for one in found[:-1]):
                    raise Unsure("how long the prefixes of a tag are")
            return
        for text in prefixes(self.tags[route.tag]):
            for low, high in _ranges(text):
                if low <= address <= high:
                    found.append((low - high, USER - 0.5, hop))

    def reserved_are_gone(self, user, learned):
        """A default route takes them away: whose, is an open point (5.1)."""
        if any(prefix == V4 for prefix, _ in learned):
            return True
        ways = [route.hop for route in user if not route.tag and route.prefix == V4]
        if self.reading("reserved-routes-removed-by", "any-default"):
            return bool(ways)
        return "appliance" in ways

    # -- Endpoints ------------------------------------------------------------------------------------------------------

    def service_routes(self, subnet, address, known, table):
        """The routes of service endpoints to their services' prefixes (9.2, 5.4)."""
        if not is_public(address):
            return
        rank = ENDPOINT if self.reading("service-endpoint-against-equal-route", "endpoint") else SYSTEM
        for tag in subnet.service_endpoints:
            if not self.in_service(tag, address, known):
                continue
            self.meet("service endpoint")
            hop = Hop("service", tag)
            if tag in self.tags:
                for text in prefixes(self.tags[tag]):
                    yield from ((low - high, rank, hop) for low, high in _ranges(text) if low <= address <= high)
                continue
            # Longer than 0.0.0.0/0, whatever it is.
            if any(
                not route.tag and address in route.prefix and route.prefix != V4 for route in (table.routes if table else ())
            ):
                raise Unsure("how long the prefixes of a service are")
            yield (-(1 << 31), rank, hop)

    def endpoint_route(self, vnet, address, table):
        """The /32 of a private endpoint, unless its policies let a user's route put it out of force (5.4, 9.1)."""
        for one in self.network.private_endpoints.values():
            if one.address != address:
                continue
            home = self.vnet_of(one.subnet)
            if home.name != vnet.name and not self.peering(vnet.name, home.name):
                continue
            hop = Hop("local", home.name)
            covering = [route for route in (table.routes if table else ()) if not route.tag and address in route.prefix]
            if home.name != vnet.name and covering:
                raise Unsure("the route of a private endpoint in a peered network")
            if self.network.subnets[one.subnet].private_endpoint_policies in ("routes", "on"):
                space = max(low - high for low, high in home.address.ranges if low <= address <= high)
                if any(low - high >= space for route in covering for low, high in route.prefix.ranges):
                    self.meet("private endpoint: route put out of force")
                    return None
            return (0, SYSTEM, hop)
        return None


def _ranges(text):
    return parse_addresses(text).ranges
