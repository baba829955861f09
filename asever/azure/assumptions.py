"""The switches where Azure's documentation is silent or says two things, each with exactly two readings.

An *open* assumption is explored both ways: availability and security claims hold only if they hold in both readings. A
*granted* one is taken at its first value; the other value is only asked for to say what an answer rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from asever.model.effective import Condition
from asever.record import record


@record
class Assumption:
    """One switch: `values` are pairs of value and meaning, the recommended reading first."""

    name: str
    question: str
    values: tuple[tuple[str, str], ...]
    granted: bool
    sources: tuple[str, ...]


CROSS_CALL = Assumption(
    name="ase-v1-cross-call-source",
    question="which source does a call of a version 1 environment carry to the ILB address of another environment in its vnet?",
    values=(
        ("instance", "the address of the calling instance, as every call inside the virtual network"),
        ("vip", "the caller's VIP, as every call between environments"),
    ),
    granted=False,
    sources=("ase-network-semantics 4.1", "MicrosoftDocs/azure-docs issue 49744"),
)
PRIVATE_FRONT_ENDS = Assumption(
    name="private-front-ends",
    question="do the instances of an environment answer other machines on their private addresses?",
    values=(
        ("silent", "they answer on the VIP or the ILB address only"),
        ("answer", "they answer on their private addresses too, where the NSG lets the packet in"),
    ),
    granted=False,
    sources=("ase-network-semantics 12", "ase-network-semantics 10, A3"),
)
SAME_SUBNET = Assumption(
    name="same-subnet-to-environment",
    question="does a call from a machine inside an environment's subnet to that environment arrive?",
    values=(
        ("blocked", "the platform blocks it, as it blocks the other direction"),
        ("delivered", "it is delivered like a call from anywhere else"),
    ),
    granted=False,
    sources=("ase-network-semantics 5.1 (c)", "MicrosoftDocs/azure-docs issue 11938"),
)
INTERNET_MINUS_VNET = Assumption(
    name="internet-minus-vnet",
    question="are the addresses of VirtualNetwork taken out of the tag Internet?",
    values=(
        ("yes", "a public address inside VirtualNetwork is not Internet"),
        ("no", "it is in both tags at once"),
    ),
    granted=False,
    sources=("azure-network-semantics 3.2", "MicrosoftDocs/azure-docs issues 101300, 94454, 81801"),
)
ROUTE_WIDENS_VNET = Assumption(
    name="default-route-widens-virtual-network",
    question="does the prefix of a route to an appliance or a gateway enter the subnet's tag VirtualNetwork?",
    values=(
        ("yes", "it does: with a route for 0.0.0.0/0 the tag holds every IPv4 address"),
        ("no", "the tag holds the virtual network, its peers and what is connected by gateways"),
    ),
    granted=False,
    sources=("azure-network-semantics 3.1", "MicrosoftDocs/azure-docs issue 22178"),
)
PROBE_REQUIRED = Assumption(
    name="blocked-probe",
    question="does an environment still serve its apps while its NSG drops the load balancer's health probe?",
    values=(
        ("serves-on", "traffic goes on until the platform suspends the environment, which is a matter of its health"),
        ("stops-traffic", "nothing is handed to an instance whose probe is dropped"),
    ),
    granted=True,
    sources=("azure-network-semantics 8", "ase-network-semantics 3.4, 12", "MicrosoftDocs/azure-docs issue 115138"),
)
PLATFORM_ADDRESS = Assumption(
    name="platform-address",
    question="can anyone but the platform send from 168.63.129.16 or 169.254.169.254?",
    values=(("platform-only", "nobody else can"), ("anyone", "any sender may claim these addresses")),
    granted=True,
    sources=("azure-network-semantics 3.4",),
)
OWNED_ADDRESS = Assumption(
    name="owned-address",
    question="can anyone but its owner send from a public address that the file gives to one of its resources?",
    values=(("owner-only", "nobody else can"), ("anyone", "any sender may claim these addresses")),
    granted=True,
    sources=("language page, What a flow is",),
)
MANAGEMENT_ADDRESSES = Assumption(
    name="management-addresses",
    question="does Azure manage environments from the published addresses only?",
    values=(
        ("published", "calls come from the tag AppServiceManagement"),
        ("any-internet", "calls may come from any public address, as the articles on version 1 say"),
    ),
    granted=True,
    sources=("ase-network-semantics 2.1, 2.2, 13",),
)
IP_SSL_SOURCE = Assumption(
    name="ip-ssl-source",
    question="which source does an NSG see for traffic to an IP-SSL address?",
    values=(
        ("client", "the client's, as for all load-balanced traffic"),
        ("app", "the IP-SSL address of the app"),
    ),
    granted=True,
    sources=("ase-network-semantics 2.5",),
)

DEBUG_PLACEMENT = Assumption(
    name="ilb-debug-placement",
    question="where do remote debugging and Web Deploy arrive, if only the web or only FTP arrives on the ILB address?",
    values=(
        ("ilb", "on the ILB address, as in every ILB environment"),
        ("public", "on the public VIP, since the mode maps other ports inside"),
    ),
    granted=False,
    sources=("ase-network-semantics 1.1, 12",),
)
PROBE_REQUIRED_V1 = Assumption(
    name="ase-v1-probe-required",
    question="does the health of a version 1 environment need the load balancer's probe on port 16001?",
    values=(
        ("yes", "it does, as that of version 2"),
        ("no", "it does not: no article on version 1 names the port"),
    ),
    granted=True,
    sources=("ase-network-semantics 2.1, 12",),
)
VNET_NEXT_HOPS = Assumption(
    name="virtual-network-next-hops",
    question="which routes bring their prefix into the subnet's tag VirtualNetwork?",
    values=(
        ("appliance-and-gateway", "those whose next hop is an appliance or a gateway"),
        ("every", "all user-defined routes, those to Internet and None too"),
    ),
    granted=True,
    sources=("azure-network-semantics 3.1, 13", "ase-network-semantics 7, 12", "MicrosoftDocs/azure-docs issue 22178"),
)
PEERING_ACCESS = Assumption(
    name="peering-without-access",
    question="does a peering with `access off` carry packets where no NSG stands?",
    values=(
        ("blocks", "it carries nothing, as the setting's name says"),
        (
            "carries",
            "the setting only takes the remote network out of VirtualNetwork, and without an NSG nothing asks for that",
        ),
    ),
    granted=False,
    sources=("azure-network-semantics 6, 13",),
)
FORWARDED_DEFAULT = Assumption(
    name="forwarded-traffic-unless-said",
    question="does a peering that says nothing of forwarded traffic let it in?",
    values=(
        ("allowed", "it does, as the portal sets it today"),
        ("blocked", "it does not, as older portals and some tools set it"),
    ),
    granted=True,
    sources=("azure-network-semantics 6",),
)
FORWARDED_DIRECTION = Assumption(
    name="forwarded-traffic-direction",
    question="whose side of a peering lets forwarded traffic pass?",
    values=(
        ("receiver", "the side that it enters, as the documentation says"),
        ("sender", "the side that it leaves, as the schema says"),
    ),
    granted=True,
    sources=("azure-network-semantics 6, 13",),
)
INTERNAL_BALANCER_CLOSED = Assumption(
    name="internal-balancer-without-nsg",
    question="does a Standard internal load balancer hand traffic to a machine that no NSG guards?",
    values=(
        ("open", "it does, as everything inside a virtual network without an NSG"),
        ("closed", "it does not, as a public one"),
    ),
    granted=True,
    sources=("azure-network-semantics 2.9, 13",),
)
FLOATING_IP_TARGET = Assumption(
    name="floating-ip-target",
    question="which destination does the NSG of a machine see behind a load balancer with floating IP?",
    values=(("frontend", "the frontend address, which the packet keeps"), ("backend", "the address of the machine")),
    granted=False,
    sources=("azure-network-semantics 2.7, 13",),
)
SERVICE_ENDPOINT_FIRST = Assumption(
    name="service-endpoint-against-equal-route",
    question="which wins for one prefix, the route of a service endpoint or a user-defined one?",
    values=(("endpoint", "the service endpoint, as its page says"), ("user", "the user's, as the page on routes says")),
    granted=True,
    sources=("azure-network-semantics 5.4, 13",),
)
RESERVED_REMOVED_BY = Assumption(
    name="reserved-routes-removed-by",
    question="which default routes take away the routes that drop private ranges?",
    values=(
        ("any-default", "every user-defined or learned route for 0.0.0.0/0"),
        ("appliance-or-learned", "one to an appliance, as in the documented example, and a learned one"),
    ),
    granted=True,
    sources=("azure-network-semantics 5.1, 13",),
)
PORTLESS_RULES = Assumption(
    name="ports-without-ports",
    question="does a rule that names ports match protocols that have none (ICMP, ESP, AH)?",
    values=(("ignored", "its ports do not restrict them"), ("never-match", "it matches none of them")),
    granted=True,
    sources=("azure-network-semantics 2.2, 13",),
)
NAT_GATEWAY_FIRST = Assumption(
    name="nat-gateway-or-public-ip",
    question="which address do calls carry where a machine with a public address stands behind a NAT gateway?",
    values=(("nat-gateway", "the NAT gateway's"), ("public-ip", "the machine's own")),
    granted=True,
    sources=("azure-network-semantics 7, 13",),
)
DNAT_JUDGED = Assumption(
    name="firewall-dnat-then-network-rules",
    question="do an Azure Firewall's network rules judge what a DNAT rule has translated?",
    values=(
        ("no", "a DNAT rule that matches lets the traffic pass"),
        ("deny-rules", "a network rule that denies the translated traffic overrides it"),
    ),
    granted=True,
    sources=("azure-network-semantics 10.1, 13",),
)
DNAT_SOURCE = Assumption(
    name="firewall-dnat-source",
    question="which source does traffic carry that a DNAT rule of an Azure Firewall has translated?",
    values=(
        ("firewall", "an address of the firewall's subnet, so that the reply comes back through it"),
        ("client", "the client's own"),
    ),
    granted=True,
    sources=("azure-network-semantics 10.1", "Microsoft, Azure Firewall NAT behaviors (2023-05)"),
)
SEVERAL_MANAGERS = Assumption(
    name="several-admin-rules",
    question="in which order do several sets of security admin rules on one virtual network decide?",
    values=(
        ("set-by-set", "the first set in the file is that of the higher scope, and decides before the next"),
        ("by-priority", "all their rules together, by priority"),
    ),
    granted=True,
    sources=("azure-network-semantics 4, 13",),
)
GUEST_FORWARDING = Assumption(
    name="nva-guest-forwarding",
    question="does the guest of a machine with IP forwarding send on what is not meant for it?",
    values=(
        ("forward-all", "it sends everything on; what goes to the Internet carries its own address"),
        ("drop-all", "it sends nothing on"),
    ),
    granted=False,
    sources=("azure-network-semantics 10.2, 13",),
)

ASSUMPTIONS: Mapping[str, Assumption] = {
    one.name: one
    for one in (
        CROSS_CALL,
        PRIVATE_FRONT_ENDS,
        SAME_SUBNET,
        INTERNET_MINUS_VNET,
        ROUTE_WIDENS_VNET,
        PROBE_REQUIRED,
        PLATFORM_ADDRESS,
        OWNED_ADDRESS,
        MANAGEMENT_ADDRESSES,
        IP_SSL_SOURCE,
        DEBUG_PLACEMENT,
        PROBE_REQUIRED_V1,
        VNET_NEXT_HOPS,
        PEERING_ACCESS,
        FORWARDED_DEFAULT,
        FORWARDED_DIRECTION,
        INTERNAL_BALANCER_CLOSED,
        FLOATING_IP_TARGET,
        SERVICE_ENDPOINT_FIRST,
        RESERVED_REMOVED_BY,
        PORTLESS_RULES,
        NAT_GATEWAY_FIRST,
        DNAT_JUDGED,
        DNAT_SOURCE,
        SEVERAL_MANAGERS,
        GUEST_FORWARDING,
    )
}


@cache
def reading(assumption: Assumption, value: str) -> Condition:
    """The condition of a row that exists in one reading only; raises `ValueError` for a value that the switch lacks."""
    if value not in dict(assumption.values):
        raise ValueError(f"{assumption.name} has no value {value}")
    return frozenset({(assumption.name, value)})
