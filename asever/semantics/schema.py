"""Which attributes each kind of thing takes: one table for errors, for completion in editors and for the reference page."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from asever.record import field, record


class Takes(Enum):
    """What stands after an attribute's word; the value is how a message names it."""

    ADDRESS = "one address"
    ADDRESSES = "addresses"
    PREFIXES = "address prefixes"
    WORD = "a word"
    WORDS = "words"
    NUMBER = "a number"
    SWITCH = "`on` or `off`"
    THING = "the name of one thing"
    THINGS = "names of things"
    TERMS = "addresses, tags or names of things"
    BLOCK = "a name and a block"


_LISTS = frozenset({Takes.ADDRESSES, Takes.PREFIXES, Takes.WORDS, Takes.THINGS, Takes.TERMS, Takes.BLOCK})


@record
class Attr:
    """One attribute. `words` are the admitted words, `of` the kinds that a name may stand for, `low` and `high` bounds."""

    takes: Takes
    about: str
    required: bool = False
    words: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    low: int = 0
    high: int = 65535

    @property
    def many(self) -> bool:
        """Whether it may be written more than once: what is a list may be continued."""
        return self.takes in _LISTS


@record
class Kind:
    """One kind of declaration; the flags say which items its body takes besides attributes."""

    about: str
    attributes: Mapping[str, Attr] = field(default_factory=dict)
    directions: bool = False  # inbound { … } and outbound { … }
    bare_rules: bool = False  # rules without a direction
    routes: bool = False
    mappings: bool = False  # rule PROTO PORT -> PORT

    @property
    def required(self) -> tuple[str, ...]:
        """The attributes that cannot be left out."""
        return tuple(word for word, one in self.attributes.items() if one.required)


def _address(about: str, *, required: bool = False) -> Attr:
    return Attr(takes=Takes.ADDRESS, about=about, required=required)


def _addresses(about: str, *, required: bool = False) -> Attr:
    return Attr(takes=Takes.ADDRESSES, about=about, required=required)


def _prefixes(about: str, *, required: bool = False) -> Attr:
    return Attr(takes=Takes.PREFIXES, about=about, required=required)


def _one_of(about: str, *words: str, required: bool = False) -> Attr:
    return Attr(takes=Takes.WORD, about=about, words=words, required=required)


def _switch(about: str) -> Attr:
    return Attr(takes=Takes.SWITCH, about=about, words=("on", "off"))


def _number(about: str, low: int, high: int, *, required: bool = False) -> Attr:
    return Attr(takes=Takes.NUMBER, about=about, low=low, high=high, required=required)


def _thing(about: str, *kinds: str, required: bool = False) -> Attr:
    return Attr(takes=Takes.THING, about=about, of=kinds, required=required)


def _things(about: str, *kinds: str, required: bool = False) -> Attr:
    return Attr(takes=Takes.THINGS, about=about, of=kinds, required=required)


def _block(about: str) -> Attr:
    return Attr(takes=Takes.BLOCK, about=about)


SCHEMA: Mapping[str, Kind] = {
    "vnet": Kind(
        about="a virtual network",
        attributes={
            "address": _prefixes("its address space", required=True),
            "region": Attr(takes=Takes.WORD, about="Azure's name of its region"),
            "dns": _addresses("its own name servers; without them it asks Azure's"),
            "peers": _things("vnets it is peered with, both sides at once", "vnet"),
            "peer": _block("one side of one peering, with its flags"),
            "subnet": _block("a subnet in it"),
        },
    ),
    "peer": Kind(
        about="one side of a peering",
        attributes={
            "access": _switch("whether the remote vnet counts as VirtualNetwork here"),
            "forwarded-traffic": _switch("whether packets that the remote side forwards may come in"),
            "gateway-transit": _switch("whether the remote side may use this vnet's gateway"),
            "remote-gateway": _switch("whether this vnet uses the remote side's gateway"),
        },
    ),
    "subnet": Kind(
        about="a subnet of a vnet",
        attributes={
            "address": _prefixes("its prefixes, inside those of the vnet", required=True),
            "nsg": _thing("the network security group on it", "nsg"),
            "route-table": _thing("its user-defined routes", "route-table"),
            "nat-gateway": _thing("what its calls to the Internet leave by", "nat-gateway"),
            "service-endpoints": Attr(takes=Takes.WORDS, about="services reached directly, with private source addresses"),
            "private-endpoint-policies": _one_of("what applies to its private endpoints", "off", "nsg", "routes", "on"),
            "default-outbound": _switch("Azure's default way out to the Internet"),
            "virtual-network": _addresses("what the tag VirtualNetwork holds here, as Azure shows it"),
            "internet": _addresses("what the tag Internet holds here, as Azure shows it"),
            "delegation": Attr(takes=Takes.WORD, about="the service that it is delegated to, or `none`"),
        },
    ),
    "ase": Kind(
        about="an App Service Environment",
        attributes={
            "version": _one_of("its version", "v1", "v2", "v3", required=True),
            "subnet": _thing("where it lives", "subnet", required=True),
            "vip": _address("its public address"),
            "ilb": _address("its internal address, which makes it an ILB environment"),
            "web": _one_of("where HTTP arrives on an ILB environment", "public", "ilb"),
            "ftp": _one_of("where FTP arrives on an ILB environment", "public", "ilb"),
            "outbound": _addresses("the addresses its calls to the Internet carry (version 3)"),
            "ip-ssl": _block("an address bought for one app, and the ports its traffic arrives on"),
            # The maximum of every version (ase-network-semantics 5.2).
            "instances": _number("how many instances it shall hold", 0, 201),
            "ftp-enabled": _switch("whether version 3 listens for FTP"),
            "remote-debug-enabled": _switch("whether version 3 listens for debuggers"),
            "allow-new-private-endpoint-connections": _switch("whether version 3 takes private endpoints"),
        },
    ),
    "ip-ssl": Kind(
        about="an IP-SSL address of an environment",
        attributes={
            "http": _number("the port that its HTTP traffic arrives on", 1, 65535, required=True),
            "https": _number("the port that its HTTPS traffic arrives on", 1, 65535, required=True),
        },
    ),
    "vm": Kind(
        about="a virtual machine with one network interface",
        attributes={
            "subnet": _thing("where its network interface stands", "subnet", required=True),
            "ip": _addresses("its private addresses", required=True),
            "public-ip": _address("its public address"),
            "nsg": _thing("the network security group on its network interface", "nsg"),
            "asg": _things("application security groups it belongs to", "asg"),
            "ip-forwarding": _switch("whether it may forward packets that are not its own"),
            "forwards": _one_of("what its guest does with such packets", "unchanged", "translated", "nothing"),
        },
    ),
    "unmodelled": Kind(
        about="a resource that the model does not know",
        attributes={
            "type": Attr(takes=Takes.WORD, about="its type, as Azure calls it", required=True),
            "subnet": _thing("where it stands", "subnet", required=True),
            "ip": _addresses("its private addresses; without them it may have any of its subnet"),
            "public-ip": _address("its public address"),
        },
    ),
    "asg": Kind(about="an application security group; its members name it"),
    "nsg": Kind(about="a network security group", directions=True),
    "route-table": Kind(
        about="user-defined routes",
        attributes={"bgp-propagation": _switch("whether the routes of gateways reach its subnets")},
        routes=True,
    ),
    "gateway": Kind(
        about="a virtual network gateway",
        attributes={
            "vnet": _thing("the vnet it belongs to", "vnet", required=True),
            "kind": _one_of("what it is", "vpn", "expressroute", required=True),
            "learns": _prefixes("prefixes it brings into the vnet's routes"),
            "to": _thing("the network behind it", "on-premises"),
        },
    ),
    "on-premises": Kind(
        about="a network that is not in Azure", attributes={"address": _prefixes("its prefixes", required=True)}
    ),
    "load-balancer": Kind(
        about="a load balancer",
        attributes={
            "frontend": _address("the address it is called at", required=True),
            "subnet": _thing("where its frontend stands, if it is internal", "subnet"),
            "backend": _things("the machines it hands traffic to", "vm", required=True),
            "probe": _number("the port it probes", 1, 65535),
            "outbound": _switch("whether its machines call out by its frontend"),
            "floating-ip": _switch("whether packets keep its frontend as their destination"),
            "sku": _one_of("its kind", "basic", "standard"),
        },
        mappings=True,
    ),
    "nat-gateway": Kind(about="a NAT gateway", attributes={"public-ip": _addresses("its public addresses", required=True)}),
    "firewall": Kind(
        about="an Azure Firewall",
        attributes={
            "subnet": _thing("where it stands", "subnet", required=True),
            "ip": _address("its private address", required=True),
            "public-ip": _address("its public address"),
            "snat": _one_of("for which destinations it translates sources", "public", "always", "never"),
        },
        bare_rules=True,
    ),
    "private-endpoint": Kind(
        about="an address in a subnet that leads to a service of Azure's",
        attributes={
            "subnet": _thing("where it stands", "subnet", required=True),
            "ip": _address("its private address", required=True),
            "to": Attr(takes=Takes.WORD, about="the service, by its tag or by the name of a platform-service", required=True),
        },
    ),
    "platform-service": Kind(
        about="one resource of a service of Azure's, such as a storage account or an SQL server",
        attributes={
            "service": Attr(takes=Takes.WORD, about="the service, by its tag", required=True),
            "address": _address("the public address it is called at"),
            "allows": Attr(takes=Takes.TERMS, about="subnets and public addresses that its access list admits"),
        },
    ),
    "admin-rules": Kind(
        about="security admin rules of Virtual Network Manager",
        attributes={"applies-to": _things("the vnets they apply to", "vnet", required=True)},
        directions=True,
    ),
}
"""Every kind, the blocks inside other kinds included."""

INNER = frozenset({"peer", "subnet", "ip-ssl"})
"""Kinds that stand inside another declaration only."""

DECLARATIONS = tuple(kind for kind in SCHEMA if kind not in INNER)
"""Kinds that stand at the top of a file."""
