"""What Azure demands of peerings, of gateways, and of their subnets and routes (azure-network-semantics 3.5, 5.3, 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from asever.diagnostics import Label, Severity
from asever.model.addresses import ALL_V4
from asever.model.things import Gateway, Network, Peering, RouteTable, Subnet, Thing, UserRoute, Vnet
from asever.semantics.problems import Problems, listed
from asever.source import Span

_GATEWAY_SUBNET = "gatewaysubnet"  # Azure's names know no case


def validate_connections(network: Network, problems: Problems) -> None:
    """Adds a diagnostic for every peering, gateway subnet and route to a gateway that Azure refuses or that has no effect."""
    _Connections(network, problems).run()


class _Connections:
    """One network and where its problems go."""

    def __init__(self, network: Network, problems: Problems) -> None:
        self.network = network
        self.problems = problems
        self.sides: Mapping[tuple[str, str], Peering] = {
            (vnet.name, side.remote): side for vnet in network.vnets.values() for side in vnet.peerings
        }
        own: dict[str, list[Gateway]] = defaultdict(list)
        for gateway in network.gateways.values():
            own[gateway.vnet].append(gateway)
        self.gateways: Mapping[str, list[Gateway]] = own

    def run(self) -> None:
        """All validations."""
        for vnet in self.network.vnets.values():
            self._peerings(vnet)
        for subnet in self.network.subnets.values():
            if subnet.name.partition("/")[2].casefold() == _GATEWAY_SUBNET:
                self._gateway_subnet(subnet)
            table = self.network.route_tables.get(subnet.route_table or "")
            if table is not None:
                self._routes_to_gateway(subnet, table)

    # -- Peerings -------------------------------------------------------------------------------------------------------

    def _peerings(self, vnet: Vnet) -> None:
        remote = [side for side in vnet.peerings if side.remote_gateway]
        for side in vnet.peerings:
            if side.remote in self.network.vnets and (side.remote, vnet.name) not in self.sides and side.span is not None:
                self.problems.error(
                    "one-sided-peering",
                    f"vnet `{vnet.name}` peers with `{side.remote}`, and `{side.remote}` does not peer with `{vnet.name}`",
                    side.span,
                    "only this side exists",
                    notes=("a peering carries nothing until both sides exist",),
                    help=f"write a `peer {vnet.name}` block in vnet `{side.remote}`",
                    severity=Severity.WARNING,
                )
        for side in remote:
            self._remote_gateway(vnet, side, remote[0])

    def _remote_gateway(self, vnet: Vnet, side: Peering, first: Peering) -> None:
        """`remote-gateway` needs a peer that shares its gateway, no gateway here, and no second peering that asks for one."""
        other = self.sides.get((side.remote, vnet.name))
        own = self.gateways.get(vnet.name, [])
        if own:
            label = Label(own[0].span, "its own gateway") if own[0].span is not None else None
            self._refused(side, f"vnet `{vnet.name}` has a gateway of its own and cannot use that of `{side.remote}`", label)
        elif side is not first:
            label = Label(first.span, "the first one") if first.span is not None else None
            self._refused(side, f"vnet `{vnet.name}` uses the gateways of two peers, and one peering may do so", label)
        elif other is not None and not other.gateway_transit and "gateway-transit" not in other.unknown:
            label = Label(other.span, "without `gateway-transit on`") if other.span is not None else None
            self._refused(side, f"vnet `{side.remote}` does not share its gateway with `{vnet.name}`", label)

    def _refused(self, side: Peering, message: str, other: Label | None) -> None:
        if side.span is not None:
            secondary = () if other is None else (other,)
            self.problems.error("remote-gateway", message, side.span, "`remote-gateway on` is refused", secondary=secondary)

    # -- Gateway subnets ------------------------------------------------------------------------------------------------

    def _gateway_subnet(self, subnet: Subnet) -> None:
        for part, given in (("nsg", subnet.nsg), ("nat-gateway", subnet.nat_gateway)):
            if given is not None:
                message = f"the subnet of a gateway takes no {part}, and `{subnet.name}` has `{given}`"
                self._at(subnet, part, message, "not here")
        table = self.network.route_tables.get(subnet.route_table or "")
        if table is None:
            return
        vpn = next((one for one in self.gateways.get(subnet.vnet, ()) if one.kind == "vpn"), None)
        default = next((one for one in table.routes if one.prefix == ALL_V4), None)
        if vpn is not None and default is not None:
            message = f"a route for 0.0.0.0/0 cannot be on the subnet of the VPN gateway `{vpn.name}`"
            self._at(subnet, "route-table", message, "not with this route", (default.span, "the default route"))
        if not table.bgp_propagation:
            message = f"`{table.name}` keeps gateway routes from `{subnet.name}`, the subnet of a gateway"
            where = (table.parts.get("bgp-propagation", table.span), "`bgp-propagation off`")
            self._at(subnet, "route-table", message, "the gateway stops working with it", where)

    def _at(self, thing: Thing, part: str, message: str, label: str, other: tuple[Span | None, str] = (None, "")) -> None:
        span = thing.parts.get(part, thing.span)
        if span is not None:
            secondary = () if other[0] is None else (Label(other[0], other[1]),)
            self.problems.error("gateway-subnet", message, span, label, secondary=secondary)

    # -- Routes to a gateway --------------------------------------------------------------------------------------------

    def _routes_to_gateway(self, subnet: Subnet, table: RouteTable) -> None:
        """A user route to the gateway is valid for VPN gateways only (azure-network-semantics 5.3)."""
        to_gateway = [one for one in table.routes if one.hop == "gateway"]
        if not to_gateway or subnet.vnet not in self.network.vnets:
            return
        serving = list(self._serving(self.network.vnets[subnet.vnet]))
        wrong = [one for one in serving if one.kind not in ("vpn", "hub")]
        for route in to_gateway:
            if not serving:
                self._invalid(route, subnet, f"vnet `{subnet.vnet}` has no gateway, so what takes this route is lost")
            elif wrong:
                names = listed(tuple(one.name for one in wrong), last="and")
                self._invalid(route, subnet, f"Azure takes routes to a VPN gateway only, and {names} is for ExpressRoute")

    def _serving(self, vnet: Vnet) -> Iterator[Gateway]:
        """The gateways of a vnet: its own, or those of a peer that shares them."""
        yield from self.gateways.get(vnet.name, ())
        for side in vnet.peerings:
            other = self.sides.get((side.remote, vnet.name))
            if side.remote_gateway and other is not None and other.gateway_transit and vnet.name not in self.gateways:
                yield from self.gateways.get(side.remote, ())

    def _invalid(self, route: UserRoute, subnet: Subnet, why: str) -> None:
        if route.span is None:
            return
        at = subnet.parts.get("route-table", subnet.span)
        self.problems.error(
            "invalid-route",
            f"the route to the gateway is invalid in subnet `{subnet.name}`",
            route.span,
            "leads nowhere",
            secondary=(Label(at, "used here"),) if at is not None else (),
            notes=(why,),
            severity=Severity.WARNING,
        )
