"""How packets, flows and things are called in a report."""

from __future__ import annotations

from collections.abc import Mapping

from asever.model.addresses import format_address
from asever.model.effective import Filter, FilterKind
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, Packet, format_ports
from asever.model.things import Direction, Network
from asever.record import field, record
from asever.source import Span

PLATFORM = "Azure's platform"
# More than all IPv4 packets that there are: the digits of what holds IPv6 fill more than a line.
_MANY = 1 << 104


@record(kw_only=False)
class Vocabulary:
    """The names that a report uses: of single addresses (`192.23.1.2` is `one.vip`) and of the declared things."""

    addresses: Mapping[int, str] = field(default_factory=dict)
    network: Network = field(default_factory=Network)

    def named(self, address: int) -> str:
        """`192.23.1.2 (one.vip)`, or the bare address where it has no name."""
        name = self.addresses.get(address)
        return f"{format_address(address)} ({name})" if name else format_address(address)

    def title(self, name: str) -> str:
        """`ase one` for `one`: the thing with its kind, or the name as it is where it names no declared thing."""
        return next((f"{kind} {name}" for kind, things in self.kinds() if name in things), name)

    def kinds(self) -> tuple[tuple[str, Mapping[str, object]], ...]:
        """The declared things of each kind that has a word."""
        network = self.network
        return (
            ("ase", network.environments),
            ("vm", network.machines),
            ("subnet", network.subnets),
            ("vnet", network.vnets),
            ("nsg", network.groups),
            ("route-table", network.route_tables),
            ("gateway", network.gateways),
            ("on-premises", network.on_premises),
            ("load-balancer", network.load_balancers),
            ("nat-gateway", network.nat_gateways),
            ("firewall", network.firewalls),
            ("private-endpoint", network.private_endpoints),
            ("platform-service", network.platform_services),
            ("admin-rules", network.admin_rules),
        )


def has_ports(packet: Packet) -> bool:
    """Whether the packet's protocol has ports."""
    return packet.protocol in PROTOCOLS_WITH_PORTS


def ports_text(ports: NumberSet) -> str:
    """`80, 443, 10001-10020`, or `*`."""
    return "*" if ports == ANY_PORT else format_ports(ports)


def tags_text(tags: frozenset[str]) -> str:
    """`an address of Sql`: what is known of an address beyond its number. A region's tag implies the whole service's."""
    narrowest = [tag for tag in sorted(tags) if not any(other.startswith(f"{tag}.") for other in tags)]
    others = [tag.removeprefix("not ") for tag in narrowest if tag.startswith("not ")]
    inside = [tag for tag in narrowest if not tag.startswith("not ")]
    if not others:
        return f"an address of {' and '.join(inside)}"
    return f"an address {'of ' + ' and '.join(inside) + ', ' if inside else ''}outside of {' and '.join(others)}"


def filter_title(one: Filter) -> str:
    """`nsg back-end-lockdown`, the place of a setting, or what the platform does where no resource filters."""
    if one.kind is FilterKind.PLATFORM:
        return PLATFORM
    if one.kind is FilterKind.SETTING:
        return one.place
    return f"{one.kind.value} {one.resource}"


def direction_text(direction: Direction) -> str:
    """`inbound` or `outbound`."""
    return direction.value


def place(span: Span) -> str:
    """`layered.asev:33`: file and line."""
    return f"{span.file.name}:{span.line}"


def outermost(span: Span) -> Span:
    """The place in the user's file that caused a span: for a check of a pack, the `apply`."""
    while span.parent is not None:
        span = span.parent
    return span


def packets(count: int) -> str:
    """`1 packet`, `3,000 packets`; where IPv6 makes the number longer than a line it is rounded (JSON has all its digits)."""
    if count > _MANY:
        return f"about {float(count):.3g} packets"
    return f"{count:,} packet{'' if count == 1 else 's'}"
