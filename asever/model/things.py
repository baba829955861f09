"""The network as its author declared it: resources with resolved references, and nothing that Azure derives from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from asever.model.numbers import EMPTY, NumberSet
from asever.record import field, record
from asever.source import Span

RESERVED_FIRST = 4
"""Of a subnet Azure keeps the first four addresses and the last one (azure-network-semantics section 1)."""


class Direction(Enum):
    """Seen from the machine that the filter guards."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class TermKind(Enum):
    """What an address term of a rule is made of."""

    ADDRESSES = "addresses"  # literal addresses, or a reference that resolved to some (`one.vip`, `corp/front-door`)
    TAG = "tag"
    ASG = "asg"


@record
class AddressTerm:
    """One member of a rule's or modifier's address list. `text` is as written; `addresses` is empty for tags and ASGs."""

    kind: TermKind
    text: str
    addresses: NumberSet = EMPTY
    span: Span | None = field(default=None, compare=False)


@record
class DeclaredRule:
    """A rule of an NSG, of admin rules or of a firewall, as written. `access` is allow, deny, always-allow or dnat.

    `protocol` is a set of protocol numbers (`any` is all of them). `translated` and `translated_port` belong to `dnat`.
    The spans are those of the whole rule and of its parts, for blame: "source", "source_port", "target", "target_port",
    "protocol", "access", "priority".
    """

    priority: int
    name: str
    access: str
    protocol: NumberSet
    any_protocol: bool
    sources: tuple[AddressTerm, ...]
    source_port: NumberSet
    targets: tuple[AddressTerm, ...]
    target_port: NumberSet
    translated: int | None = None
    translated_port: int | None = None
    span: Span | None = field(default=None, compare=False)
    parts: Mapping[str, Span] = field(default_factory=dict, compare=False, hash=False)


Rules = tuple[DeclaredRule, ...]


class _RulesLater:
    """An NSG may get its rules when somebody first asks for them: of a thousand NSGs a check meets two."""

    __slots__ = ("_make_rules",)
    _make_rules: tuple[int, Callable[[], tuple[Rules, Rules]]]

    if not TYPE_CHECKING:  # checkers know which fields there are

        def __getattr__(self, name: str) -> Rules:
            if name not in ("inbound", "outbound"):
                raise AttributeError(f"a {type(self).__name__} has no {name!r}")
            _, make = self._make_rules
            for field_, rules in zip(_LISTS, make(), strict=True):
                field_.__set__(self, rules)
            return object.__getattribute__(self, name)


@record
class Thing(_RulesLater):
    """What every declared resource has: its full name (`corp/back-end`, `prod.one`) and where it is declared.

    `parts` maps an attribute's name to the span of its values ("vip", "nsg", "address"), for messages.
    """

    name: str
    span: Span | None = field(default=None, compare=False)
    parts: Mapping[str, Span] = field(default_factory=dict, compare=False, hash=False)


@record
class Peering:
    """One side of a peering. `forwarded_traffic` None is not said: what that means depends on the tool that made it.

    `unknown` are the words of those settings that nobody knows (`connected`, `access` …); they stand here as if unsaid.
    """

    vnet: str
    remote: str
    access: bool = True
    forwarded_traffic: bool | None = None
    gateway_transit: bool = False
    remote_gateway: bool = False
    unknown: frozenset[str] = frozenset()
    span: Span | None = field(default=None, compare=False)


@record
class Vnet(Thing):
    """A virtual network. `address` may hold public ranges too.

    `dns` are its own name servers; without any it asks Azure's, and None says that nobody knows whom it asks.
    """

    address: NumberSet
    region: str | None = None
    dns: NumberSet | None = EMPTY
    subnets: tuple[str, ...] = ()
    peerings: tuple[Peering, ...] = ()


@record
class Subnet(Thing):
    """A subnet; `name` is `VNET/SUBNET`. `prefixes` keeps each prefix apart, since Azure reserves addresses in each.

    `delegation` is the service that it is delegated to, `none`, or None where the file does not say. `virtual_network` and
    `internet` are what these tags hold here as Azure shows it; None leaves it to the model.
    """

    vnet: str
    prefixes: tuple[NumberSet, ...]
    nsg: str | None = None
    route_table: str | None = None
    nat_gateway: str | None = None
    service_endpoints: tuple[str, ...] = ()
    private_endpoint_policies: str = "off"
    default_outbound: bool = True
    delegation: str | None = None
    virtual_network: NumberSet | None = None
    internet: NumberSet | None = None

    @property
    def usable(self) -> NumberSet:
        """The addresses that machines in it can have: Azure keeps five of each prefix (azure-network-semantics section 1)."""
        return NumberSet.of((low + RESERVED_FIRST, high - 1) for prefix in self.prefixes for low, high in prefix.ranges)


@record
class IpSsl:
    """An address bought for one app of a v1 or v2 external environment, and the ports its traffic arrives on."""

    address: int
    http: int
    https: int
    span: Span | None = field(default=None, compare=False)


@record
class Environment(Thing):
    """An App Service Environment. `ilb` set means HTTP and FTP arrive inside, unless `web` or `ftp` say `public`.

    `outbound` are extra outbound addresses (v3). `instances` is the number of plan instances, for sizing. The feature flags
    are those of v3 (ftpEnabled, remoteDebugEnabled, allowNewPrivateEndpointConnections; ase-network-semantics section 2.3), all
    false by default there.
    """

    version: int
    subnet: str
    vip: int | None = None
    ilb: int | None = None
    web: str | None = None
    ftp: str | None = None
    outbound: NumberSet = EMPTY
    ip_ssl: tuple[IpSsl, ...] = ()
    instances: int | None = None
    ftp_enabled: bool = False
    remote_debug_enabled: bool = False
    new_private_endpoints: bool = False


@record
class Machine(Thing):
    """A virtual machine with one NIC. `addresses` are private, in the order written.

    `ip_forwarding` is the NIC's setting; `forwards` what its guest does with packets that are not its own: `unchanged`,
    `translated` (they get its own address as source), `nothing`, or None, which nobody can say from outside.
    `unmodelled` is the type of a resource that the model does not know: what it does with a packet is unknown.
    """

    subnet: str
    addresses: tuple[int, ...]
    public_ip: int | None = None
    nsg: str | None = None
    asgs: tuple[str, ...] = ()
    ip_forwarding: bool = False
    forwards: str | None = None
    unmodelled: str | None = None


@record
class SecurityGroup(Thing):
    """A network security group as written, without Azure's default rules; each list ascends by priority."""

    inbound: Rules = ()
    outbound: Rules = ()

    @property
    def size(self) -> int:
        """How many rules it has; they are not read for that."""
        return self._make_rules[0] if _are_put_off(self) else len(self.inbound) + len(self.outbound)


_LISTS: Final[tuple[Any, Any]] = (vars(SecurityGroup)["inbound"], vars(SecurityGroup)["outbound"])
_MAKE_RULES: Final[Any] = vars(_RulesLater)["_make_rules"]


def rules_later(one: SecurityGroup, size: int, make: Callable[[], tuple[Rules, Rules]]) -> SecurityGroup:
    """An NSG that nobody else has seen yet, with the lists of rules that this makes when one of them is first read.

    They are `size` rules. Asked again, by another thread, it must give the same lists.
    """
    _MAKE_RULES.__set__(one, (size, make))
    for rules in _LISTS:
        rules.__delete__(one)
    return one


def rules_so_far(one: SecurityGroup) -> Rules:
    """The rules of an NSG; none where they are read later and nobody has asked for them."""
    return () if _are_put_off(one) else (*one.inbound, *one.outbound)


def _are_put_off(one: SecurityGroup) -> bool:
    try:
        _LISTS[-1].__get__(one)
    except AttributeError:
        return True
    return False


@record
class ApplicationGroup(Thing):
    """An application security group; its members name it."""


@record
class UserRoute:
    """A user-defined route to `prefix` or to the prefixes of `tag`.

    `hop` is internet, vnet-local, gateway, appliance or none.
    """

    name: str
    prefix: NumberSet
    tag: str | None
    hop: str
    appliance: int | None = None
    span: Span | None = field(default=None, compare=False)


@record
class RouteTable(Thing):
    """User-defined routes of a subnet. `bgp_propagation` off removes every gateway route from it."""

    routes: tuple[UserRoute, ...] = ()
    bgp_propagation: bool = True


@record
class Gateway(Thing):
    """A virtual network gateway, or the connection of its vnet to a virtual hub, by `kind`.

    `learns` keeps each advertised prefix apart, since route selection compares lengths. `unknown` says that nobody knows what
    stands behind it and where that leads.
    """

    vnet: str
    kind: str
    learns: tuple[NumberSet, ...] = ()
    to: str | None = None
    unknown: bool = False


@record
class OnPremises(Thing):
    """A network that is not in Azure."""

    prefixes: tuple[NumberSet, ...]

    @property
    def address(self) -> NumberSet:
        """All its addresses."""
        return NumberSet.of(one for each in self.prefixes for one in each.ranges)


@record
class PortMapping:
    """A load-balancing rule: `protocol` on `front` goes to `back`."""

    protocol: NumberSet
    front: int
    back: int
    span: Span | None = field(default=None, compare=False)


@record
class LoadBalancer(Thing):
    """A load balancer; `subnet` set means internal. With `floating_ip` packets keep the frontend as their destination."""

    frontend: int
    subnet: str | None = None
    mappings: tuple[PortMapping, ...] = ()
    backends: tuple[str, ...] = ()
    probe: int | None = None
    outbound: bool = True
    floating_ip: bool = False
    sku: str = "standard"


@record
class NatGateway(Thing):
    """A NAT gateway with its public addresses."""

    public_ip: NumberSet


@record
class Firewall(Thing):
    """An Azure Firewall, static and layer 4. `rules` are network and DNAT rules in ascending priority.

    `snat` says for which destinations it translates sources: `public` ones, `always` or `never`.
    """

    subnet: str
    address: int
    public_ip: int | None = None
    snat: str = "public"
    rules: tuple[DeclaredRule, ...] = ()


@record
class PrivateEndpoint(Thing):
    """A private endpoint: an address in a subnet that leads to a service (`to`: its tag, or a `platform-service`)."""

    subnet: str
    address: int
    to: str


@record
class Admitted:
    """One member of what a platform service allows; `subnet` is set where it names a subnet, and then admits no address."""

    term: AddressTerm
    subnet: str | None = None


@record
class PlatformService(Thing):
    """One resource of a service of Azure's, such as a storage account: `service` is its tag.

    `allows` None admits everybody.
    """

    service: str
    address: int | None = None
    allows: tuple[Admitted, ...] | None = None


@record
class AdminRules(Thing):
    """Security admin rules of a Virtual Network Manager, applied to whole virtual networks."""

    applies_to: tuple[str, ...]
    inbound: tuple[DeclaredRule, ...] = ()
    outbound: tuple[DeclaredRule, ...] = ()


@record
class Tag(Thing):
    """A service tag whose prefixes the program gives."""

    addresses: NumberSet


@record
class Guess:
    """Addresses that stand for those of `of`, which the program does not tell.

    In truth they lie somewhere in the subnet `within`; without one, anywhere in public where `public`, else anywhere at all.
    """

    of: str
    addresses: NumberSet
    within: str | None = None
    public: bool = False


@record
class Network:
    """Everything declared, by full name.

    `named_addresses` are the public addresses and prefixes (of at most 65,536 addresses) that the program writes anywhere: they
    belong to somebody, so no address that Azure lends to a machine is one of them. `open_tags` are tags whose addresses nobody
    knows, and that may be any address; `guesses` are addresses that stand for unknown ones.
    """

    vnets: Mapping[str, Vnet] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    environments: Mapping[str, Environment] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)
    groups: Mapping[str, SecurityGroup] = field(default_factory=dict)
    application_groups: Mapping[str, ApplicationGroup] = field(default_factory=dict)
    route_tables: Mapping[str, RouteTable] = field(default_factory=dict)
    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    on_premises: Mapping[str, OnPremises] = field(default_factory=dict)
    load_balancers: Mapping[str, LoadBalancer] = field(default_factory=dict)
    nat_gateways: Mapping[str, NatGateway] = field(default_factory=dict)
    firewalls: Mapping[str, Firewall] = field(default_factory=dict)
    private_endpoints: Mapping[str, PrivateEndpoint] = field(default_factory=dict)
    platform_services: Mapping[str, PlatformService] = field(default_factory=dict)
    admin_rules: Mapping[str, AdminRules] = field(default_factory=dict)
    tags: Mapping[str, Tag] = field(default_factory=dict)
    open_tags: frozenset[str] = frozenset()
    guesses: tuple[Guess, ...] = ()
    named_addresses: NumberSet = EMPTY
