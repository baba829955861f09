"""Codes of names, attributes, values and of what Azure would refuse to deploy."""

from __future__ import annotations

from asever.catalogue.entries import Entry

_NET = """vnet v {
  address 10.0.0.0/16

  subnet a { address 10.0.1.0/24 }
  subnet b { address 10.0.2.0/24 }
}
"""
_PAIR = _NET + "vm x { subnet v/a  ip 10.0.1.4 }\nvm y { subnet v/b  ip 10.0.2.4 }\n"
_ENVIRONMENT = _NET + "ase e { version v2  subnet v/a  vip 40.1.1.1 }\n"
_GROUP = "nsg g {{\n  inbound {{\n    {}\n  }}\n}}\n"
_RULE = _GROUP.format("100 allow tcp from * to * port 443")
_ELEVEN = "".join(f"asg g{number}\n" for number in range(1, 12))


def _small(prefix: str, environment: str) -> str:
    return f"vnet v {{\n  address 10.0.0.0/16\n\n  subnet a {{ address {prefix} }}\n}}\nase e {{ {environment}  subnet v/a }}\n"


NETWORK: tuple[Entry, ...] = (
    # -- Files ----------------------------------------------------------------------------------------------------------
    Entry(
        code="no-such-file",
        title="A file that is not there",
        explanation="Imports are relative to the file that imports; `std/…` is the shipped library. The ending .asev may be "
        "left out.",
        wrong='import "std/servces"\n',
        right='import "std/services"\n',
    ),
    Entry(
        code="unreadable-file",
        title="A file that cannot be read",
        explanation="The file is a folder, or not yours to read.",
    ),
    Entry(
        code="link-leads-out",
        title="A symbolic link that leads out of the folder",
        explanation="An import leads where its words say: `../net.json` leaves the folder, and so does a path in full. A "
        "symbolic link that leads elsewhere is not followed, since nobody who reads the program would know. Linked templates "
        "are read below the folder of their template likewise. Files that the command line names may be links.",
    ),
    Entry(
        code="import-cycle",
        title="Files that import each other",
        explanation="A file imports itself, directly or through others. Move what both need into a third file.",
    ),
    Entry(
        code="unsupported-import",
        title="An import that is neither a specification nor JSON",
        explanation="Imported are `.asev` files and JSON: templates, what Azure and `az` print, Terraform plans, lists of "
        "service tags. Bicep and Terraform's own language are compiled to JSON by their tools. Only a template takes "
        "parameters.",
        wrong='import "main.bicep" as prod\n',
        right='import "std/services"\n',
    ),
    Entry(
        code="too-many-imports",
        title="More imports than anybody writes",
        explanation="Imports are followed a hundred files deep and two thousand times in all. A file that is imported under "
        "several "
        "names is reached once for each of them, so a few files that import each other under many names can come to any "
        "number.",
    ),
    Entry(
        code="file-too-large",
        title="A file that is too large",
        explanation="Files are read up to 32 MB, which is some half a million rules. Larger networks are several files.",
    ),
    # -- Names ----------------------------------------------------------------------------------------------------------
    Entry(
        code="unknown-name",
        title="A name that nothing defines",
        explanation="Names are looked up in the whole program, before or after their use. A subnet is named with its vnet: "
        "`v/a`.",
        wrong=_NET + "vm x { subnet v/c  ip 10.0.1.4 }\n",
        right=_PAIR,
    ),
    Entry(
        code="unknown-part",
        title="A part that the thing does not have",
        explanation="After the dot stands an address of the thing: `.vip`, `.ilb`, `.outbound`, `.ip-ssl` of an ase, `.ip` and "
        "`.public-ip` of a vm, and `.subnet` of both.",
        wrong=_ENVIRONMENT + _GROUP.format("100 allow tcp from e.vp to *"),
        right=_ENVIRONMENT + _GROUP.format("100 allow tcp from e.vip to *"),
    ),
    Entry(
        code="no-such-address",
        title="An address that the thing was not given",
        explanation="The thing could have this address, and the program does not give it one.",
        wrong=_ENVIRONMENT + _GROUP.format("100 allow tcp from * to e.ilb"),
        right=_ENVIRONMENT + _GROUP.format("100 allow tcp from e.vip to *"),
    ),
    Entry(
        code="no-addresses",
        title="A thing that stands for no addresses",
        explanation="An environment's instances have no fixed addresses: name its `vip`, its `ilb` address or its `subnet`.",
        wrong=_ENVIRONMENT + _GROUP.format("100 allow tcp from e to *"),
        right=_ENVIRONMENT + _GROUP.format("100 allow tcp from e.vip to *"),
    ),
    Entry(
        code="defined-twice",
        title="A name defined twice",
        explanation="Things and tags share one space of names; services and packs have their own.",
        wrong=_PAIR + "vm x { subnet v/b  ip 10.0.2.5 }\n",
        right=_PAIR,
    ),
    Entry(
        code="wrong-kind",
        title="A thing of another kind than needed",
        explanation="The name is defined, and stands for a thing that does not belong here.",
        wrong="vnet v {\n  address 10.0.0.0/16\n\n  subnet a { address 10.0.1.0/24  nsg v }\n}\n",
        right=_NET,
    ),
    Entry(
        code="unknown-kind",
        title="A kind of thing that the language does not have",
        explanation="Declarations begin with vnet, ase, vm, asg, nsg, route-table, gateway, on-premises, load-balancer, "
        "nat-gateway, firewall, private-endpoint, platform-service or admin-rules. "
        "A subnet stands inside its vnet.",
        wrong="vmet v { address 10.0.0.0/16 }\n",
        right="vnet v { address 10.0.0.0/16 }\n",
    ),
    Entry(
        code="computed-tag",
        title="A tag that cannot be defined",
        explanation="What Internet, VirtualNetwork and AzureLoadBalancer stand for follows from the network, and "
        "AzureManagement is "
        "the tag AppServiceManagement as a caller.",
        wrong="tag Internet = 0.0.0.0/0\n",
        right="tag AppServiceManagement = 13.66.140.0\n",
    ),
    Entry(
        code="tag-cycle",
        title="A tag that contains itself",
        explanation="Tags may name other tags of the program, but not in a circle.",
        wrong="tag a = b\ntag b = 20.1.1.1, a\n",
        right="tag a = b\ntag b = 20.1.1.1\n",
    ),
    Entry(
        code="not-an-endpoint",
        title="A thing that sends and receives nothing",
        explanation="The ends of a check are environments, machines, subnets, vnets, on-premises networks, load balancers, "
        "private "
        "endpoints, tags and addresses.",
        wrong=_PAIR + _RULE + "check g reaches x on tcp 22\n",
        right=_PAIR + _RULE + "check y reaches x on tcp 22\n",
    ),
    # -- Attributes -----------------------------------------------------------------------------------------------------
    Entry(
        code="unknown-attribute",
        title="An attribute that this kind of thing does not have",
        explanation="Each kind of thing has its own attributes; docs/language.md has the table.",
        wrong=_NET + "vm x { subnet v/a  ip 10.0.1.4  publc-ip 20.1.1.1 }\n",
        right=_PAIR,
    ),
    Entry(
        code="missing-attribute",
        title="A required attribute is missing",
        explanation="The thing cannot be without this attribute.",
        wrong=_NET + "ase e { subnet v/a  vip 40.1.1.1 }\n",
        right=_ENVIRONMENT,
    ),
    Entry(
        code="given-twice",
        title="An attribute given twice",
        explanation="An attribute that takes one value stands once; one that takes a list may be continued.",
        wrong=_NET + "vm x { subnet v/a  subnet v/b  ip 10.0.1.4 }\n",
        right=_PAIR,
    ),
    Entry(
        code="one-value",
        title="Several values where one belongs",
        explanation="This attribute takes one value, not a list.",
        wrong=_NET + "ase e { version v2  subnet v/a  vip 40.1.1.1, 40.1.1.2 }\n",
        right=_ENVIRONMENT,
    ),
    Entry(
        code="wrong-value",
        title="A value of the wrong kind",
        explanation="The message says what kind of value the place takes.",
        wrong=_NET + "vm x { subnet v/a  ip 10.0.1.0/28 }\n",
        right=_PAIR,
    ),
    Entry(
        code="unknown-word",
        title="A word that the attribute does not admit",
        explanation="The attribute takes one of a few words.",
        wrong=_NET + "ase e { version v4  subnet v/a  vip 40.1.1.1 }\n",
        right=_ENVIRONMENT,
    ),
    Entry(
        code="out-of-range",
        title="A number out of range",
        explanation="The message gives the bounds.",
        wrong=_NET + "load-balancer l { frontend 20.1.1.1  backend x  probe 0 }\nvm x { subnet v/a  ip 10.0.1.4 }\n",
        right=_NET + "load-balancer l { frontend 20.1.1.1  backend x  probe 80 }\nvm x { subnet v/a  ip 10.0.1.4 }\n",
    ),
    Entry(
        code="unexpected-block",
        title="A block that the attribute does not take",
        explanation="Only `subnet`, `peer` and `ip-ssl` take a block of attributes.",
        wrong=_NET + "vm x { subnet v/a  ip 10.0.1.4 { } }\n",
        right=_PAIR,
    ),
    Entry(
        code="unexpected-rules",
        title="Rules where none belong",
        explanation="Rules stand in `inbound { … }` and `outbound { … }` of an nsg or of admin-rules, and bare in a firewall.",
        wrong="nsg g {\n  100 allow tcp from * to * port 443\n}\n",
        right=_RULE,
    ),
    Entry(
        code="unexpected-route",
        title="A route where none belongs",
        explanation="Routes stand in a route-table, which a subnet names.",
        wrong="nsg g {\n  route 0.0.0.0/0 -> internet\n}\n",
        right="route-table t {\n  route 0.0.0.0/0 -> internet\n}\n",
    ),
    # -- Rules ----------------------------------------------------------------------------------------------------------
    Entry(
        code="unknown-access",
        title="Neither allow nor deny",
        explanation="A rule of an nsg allows or denies; admin rules may also `always-allow`, and a firewall's may `dnat`.",
        wrong=_GROUP.format("100 alow tcp from * to * port 443"),
        right=_RULE,
    ),
    Entry(
        code="unknown-protocol",
        title="A protocol that the language does not have",
        explanation="Protocols are tcp, udp, icmp, esp, ah and any.",
        wrong=_GROUP.format("100 allow tpc from * to * port 443"),
        right=_RULE,
    ),
    Entry(
        code="priority-out-of-range",
        title="A priority that Azure does not admit",
        explanation="Priorities of an nsg go from 100 to 4096, of admin rules from 1 to 4096, of a firewall from 100 to 65000.",
        wrong=_GROUP.format("99 allow tcp from * to * port 443"),
        right=_RULE,
    ),
    Entry(
        code="duplicate-priority",
        title="Two rules with one priority",
        explanation="Azure refuses two rules of one direction with the same priority; the same number may stand once in "
        "each direction.",
        wrong=_GROUP.format("100 allow tcp from * to * port 443\n    100 allow tcp from * to * port 80"),
        right=_GROUP.format("100 allow tcp from * to * port 443\n    110 allow tcp from * to * port 80"),
    ),
    Entry(
        code="mixed-families",
        title="IPv4 and IPv6 in one rule",
        explanation="Azure refuses a rule that names prefixes of both families. Write two rules.",
        wrong=_GROUP.format("100 allow tcp from 10.0.0.0/8, 2001:db9::/32 to *"),
        right=_GROUP.format("100 allow tcp from 10.0.0.0/8 to *\n    110 allow tcp from 2001:db9::/32 to *"),
    ),
    Entry(
        code="missing-translation",
        title="A dnat rule without its target",
        explanation="A dnat rule of a firewall ends with `-> ADDRESS [port PORT]`.",
        wrong=_NET + "firewall f {\n  subnet v/b\n  ip     10.0.2.4\n  100 dnat tcp from * to 20.1.1.1 port 443\n}\n",
        right=_NET
        + "firewall f {\n  subnet v/b\n  ip     10.0.2.4\n  100 dnat tcp from * to 20.1.1.1 port 443 -> 10.0.1.4\n}\n",
    ),
    Entry(
        code="unexpected-translation",
        title="A translation in a rule that does not translate",
        explanation="Only dnat rules of a firewall end with `-> ADDRESS`.",
        wrong=_GROUP.format("100 allow tcp from * to * port 443 -> 10.0.1.4"),
        right=_RULE,
    ),
    Entry(
        code="no-ports",
        title="Ports of a protocol without ports",
        explanation="ICMP, ESP and AH have no ports.",
        wrong=_PAIR + "check x reaches y on icmp 8\n",
        right=_PAIR + "check x reaches y on icmp\n",
    ),
    # -- Routes ---------------------------------------------------------------------------------------------------------
    Entry(
        code="unknown-hop",
        title="A next hop that Azure does not have",
        explanation="A route leads to internet, vnet-local, gateway, appliance ADDRESS, or none.",
        wrong="route-table t {\n  route 0.0.0.0/0 -> intrnet\n}\n",
        right="route-table t {\n  route 0.0.0.0/0 -> internet\n}\n",
    ),
    Entry(
        code="missing-appliance",
        title="A route to an appliance without its address",
        explanation="The next hop `appliance` is followed by the appliance's private address.",
        wrong="route-table t {\n  route 0.0.0.0/0 -> appliance\n}\n",
        right="route-table t {\n  route 0.0.0.0/0 -> appliance 10.0.2.4\n}\n",
    ),
    Entry(
        code="duplicate-route",
        title="Two routes to one prefix",
        explanation="A route table has one route for each prefix and for each tag; Azure refuses a second one.",
        wrong="route-table t {\n  route 10.9.0.0/16 -> none\n  route 10.9.0.0/16 -> internet\n}\n",
        right="route-table t {\n  route 10.9.0.0/16 -> none\n  route 10.9.0.0/24 -> internet\n}\n",
    ),
    Entry(
        code="tag-not-in-routes",
        title="A tag that routes cannot use",
        explanation="Azure refuses AzurePlatformDNS, AzurePlatformIMDS, AzurePlatformLKM, VirtualNetwork, AzureLoadBalancer "
        "and "
        "Internet in routes.",
        wrong="route-table t {\n  route Internet -> none\n}\n",
        right="route-table t {\n  route Storage -> internet\n}\n",
    ),
    # -- Services, packs, checks ----------------------------------------------------------------------------------------
    Entry(
        code="service-cycle",
        title="A service made of itself",
        explanation="Services may name other services, but not in a circle.",
        wrong="service a = b\nservice b = a\n",
        right="service a = tcp 80\nservice b = a\n",
    ),
    Entry(
        code="wrong-arguments",
        title="More or fewer arguments than parameters",
        explanation="`apply` gives a pack one argument for each of its parameters.",
        wrong=_PAIR + "pack p(a) {\n  check a reaches y on tcp 22\n}\napply p(x, y)\n",
        right=_PAIR + "pack p(a) {\n  check a reaches y on tcp 22\n}\napply p(x)\n",
    ),
    Entry(
        code="unexpected-on",
        title="`on` in a check that is not about reaching",
        explanation="`is healthy` and the checks about nsgs cover what they cover.",
        wrong=_ENVIRONMENT + "check e is healthy on tcp 80\n",
        right=_ENVIRONMENT + "check e is healthy\n",
    ),
    Entry(
        code="unexpected-modifier",
        title="A modifier in a check that is not about reaching",
        explanation="`as`, `via`, `within region` and `except from` belong to checks about reaching.",
        wrong=_ENVIRONMENT + "check e is healthy within region\n",
        right=_ENVIRONMENT + "check e is healthy\n",
    ),
    Entry(
        code="no-health-pack",
        title="No health pack for this version",
        explanation="The shipped library has a pack for each version of App Service Environments; this installation lacks one.",
    ),
    # -- What Azure refuses ---------------------------------------------------------------------------------------------
    Entry(
        code="subnet-outside-vnet",
        title="A subnet outside its vnet",
        explanation="Every prefix of a subnet lies inside the address space of its vnet.",
        wrong="vnet v {\n  address 10.0.0.0/16\n\n  subnet a { address 10.1.1.0/24 }\n}\n",
        right=_NET,
    ),
    Entry(
        code="overlapping-subnets",
        title="Subnets that overlap",
        explanation="The subnets of a vnet share no address.",
        wrong="vnet v {\n  address 10.0.0.0/16\n\n  subnet a { address 10.0.1.0/24 }\n  subnet b { address 10.0.1.0/25 }\n}\n",
        right=_NET,
    ),
    Entry(
        code="subnet-size",
        title="A subnet of a size that Azure does not admit",
        explanation="The smallest IPv4 subnet is a /29; an IPv6 subnet is exactly a /64.",
        wrong="vnet v {\n  address 10.0.0.0/16\n\n  subnet a { address 10.0.1.0/30 }\n}\n",
        right=_NET,
    ),
    Entry(
        code="reserved-range",
        title="A vnet with addresses that no machine can have",
        explanation="Azure refuses loopback, link-local, multicast and broadcast addresses in a vnet, and 168.63.129.16, "
        "which is the "
        "platform's own.",
        wrong="vnet v { address 169.254.0.0/16 }\n",
        right="vnet v { address 10.0.0.0/16 }\n",
    ),
    Entry(
        code="overlapping-vnets",
        title="Peered vnets that overlap",
        explanation="Peered virtual networks share no address.",
        wrong="vnet v { address 10.0.0.0/16  peers w }\nvnet w { address 10.0.0.0/24  peers v }\n",
        right="vnet v { address 10.0.0.0/16  peers w }\nvnet w { address 10.1.0.0/24  peers v }\n",
    ),
    Entry(
        code="peers-itself",
        title="A vnet that peers with itself",
        explanation="A peering is between two virtual networks.",
        wrong="vnet v { address 10.0.0.0/16  peers v }\n",
        right="vnet v { address 10.0.0.0/16 }\n",
    ),
    Entry(
        code="one-sided-peering",
        title="A peering that one side does not know",
        explanation="A peering works only when both virtual networks declare it; until then it carries nothing. `peers` "
        "declares both ends, `peer` the one of the network that it stands in.",
        wrong="vnet v { address 10.0.0.0/16  peer w { forwarded-traffic on } }\nvnet w { address 10.1.0.0/16 }\n",
        right="vnet v { address 10.0.0.0/16  peer w { forwarded-traffic on } }\n"
        "vnet w { address 10.1.0.0/16  peer v { forwarded-traffic on } }\n",
    ),
    Entry(
        code="remote-gateway",
        title="A peer's gateway that cannot be used",
        explanation="`remote-gateway on` needs `gateway-transit on` on the other side and no gateway in the own network, and "
        "one peering of a network may have it.",
        wrong="vnet v { address 10.0.0.0/16  peer w { remote-gateway on } }\n"
        "vnet w { address 10.1.0.0/16  peer v { access on } }\n",
        right="vnet v { address 10.0.0.0/16  peer w { remote-gateway on } }\n"
        "vnet w { address 10.1.0.0/16  peer v { gateway-transit on } }\n",
    ),
    Entry(
        code="gateway-subnet",
        title="What the subnet of a gateway does not take",
        explanation="GatewaySubnet takes no NSG and no NAT gateway. Its route table must let gateway routes in, and of a VPN "
        "gateway it holds no route for 0.0.0.0/0.",
        wrong="vnet v {\n  address 10.0.0.0/16\n\n  subnet GatewaySubnet { address 10.0.0.0/27  nsg g }\n}\nnsg g { }\n",
        right="vnet v {\n  address 10.0.0.0/16\n\n  subnet GatewaySubnet { address 10.0.0.0/27 }\n}\n",
    ),
    Entry(
        code="invalid-route",
        title="A route to a gateway that does not take it",
        explanation="The next hop `gateway` is for VPN gateways: Azure takes no such route to an ExpressRoute gateway, nor "
        "where both are. Without any gateway what takes the route is lost.",
        wrong="route-table t {\n  route 192.168.0.0/16 -> gateway\n}\n"
        "vnet v {\n  address 10.0.0.0/16\n\n  subnet a { address 10.0.1.0/24  route-table t }\n}\n",
        right="route-table t {\n  route 192.168.0.0/16 -> gateway\n}\n"
        "vnet v {\n  address 10.0.0.0/16\n\n  subnet a { address 10.0.1.0/24  route-table t }\n}\n"
        "gateway g { vnet v  kind vpn }\n",
    ),
    Entry(
        code="dnat-tag",
        title="A DNAT rule for addresses that nobody knows",
        explanation="Azure Firewall takes service tags as destinations of network rules only. A DNAT rule may name a tag here "
        "if the program gives its addresses, and Internet or VirtualNetwork; otherwise nobody could say what it translates.",
        wrong="vnet v {\n  address 10.0.0.0/16\n\n  subnet fw { address 10.0.0.0/26 }\n}\n"
        "firewall f {\n  subnet    v/fw\n  ip        10.0.0.4\n  public-ip 20.1.1.1\n"
        "  100 dnat tcp from AzureFrontDoor.Backend to 20.1.1.1 port 443 -> 10.0.1.4 port 443\n}\n",
        right="vnet v {\n  address 10.0.0.0/16\n\n  subnet fw { address 10.0.0.0/26 }\n}\n"
        "firewall f {\n  subnet    v/fw\n  ip        10.0.0.4\n  public-ip 20.1.1.1\n"
        "  100 dnat tcp from Internet to 20.1.1.1 port 443 -> 10.0.1.4 port 443\n}\n",
    ),
    Entry(
        code="azure-limit",
        title="More than Azure takes",
        explanation="An NSG has at most 1,000 rules, 4,000 addresses as sources and as many as destinations, and 100 "
        "application security groups, 10 on one side of a rule; a network interface is in 20 of these. A route table has at "
        "most 400 routes, 25 of them to service tags; a virtual network has 500 peerings. Azure raises some of these numbers "
        "now and then, so most are warnings.",
        wrong=_ELEVEN + _GROUP.format("100 allow tcp from g1, g2, g3, g4, g5, g6, g7, g8, g9, g10, g11 to * port 443"),
        right=_ELEVEN + _GROUP.format("100 allow tcp from g1, g2, g3, g4, g5, g6, g7, g8, g9, g10 to * port 443"),
    ),
    Entry(
        code="asg-across-vnets",
        title="An application security group in two vnets",
        explanation="All members of an application security group are in the vnet of its first member, and a rule from groups "
        "to groups is for members in one vnet.",
        wrong=_NET
        + "vnet w {\n  address 10.1.0.0/16\n\n  subnet c { address 10.1.1.0/24 }\n}\nasg g\n"
        + "vm x { subnet v/a  ip 10.0.1.4  asg g }\nvm y { subnet w/c  ip 10.1.1.4  asg g }\n",
        right=_NET + "asg g\nvm x { subnet v/a  ip 10.0.1.4  asg g }\nvm y { subnet v/b  ip 10.0.2.4  asg g }\n",
    ),
    Entry(
        code="backend-across-vnets",
        title="A load balancer over two vnets",
        explanation="The frontend of an internal load balancer and the machines behind any load balancer are in one vnet.",
        wrong=_NET
        + "vnet w {\n  address 10.1.0.0/16\n\n  subnet c { address 10.1.1.0/24 }\n}\n"
        + "vm x { subnet v/a  ip 10.0.1.4 }\nvm y { subnet w/c  ip 10.1.1.4 }\n"
        + "load-balancer l { frontend 20.1.1.1  rule tcp 80 -> 80  backend x, y }\n",
        right=_NET
        + "vm x { subnet v/a  ip 10.0.1.4 }\nvm y { subnet v/b  ip 10.0.2.4 }\n"
        + "load-balancer l { frontend 20.1.1.1  rule tcp 80 -> 80  backend x, y }\n",
    ),
    Entry(
        code="address-outside-subnet",
        title="An address outside the subnet",
        explanation="A private address lies in the subnet that the thing is in.",
        wrong=_NET + "vm x { subnet v/a  ip 10.0.2.4 }\n",
        right=_PAIR,
    ),
    Entry(
        code="reserved-address",
        title="An address that Azure keeps for itself",
        explanation="Azure keeps the first four addresses of every subnet and its last one.",
        wrong=_NET + "vm x { subnet v/a  ip 10.0.1.3 }\n",
        right=_PAIR,
    ),
    Entry(
        code="address-used-twice",
        title="One address for two things",
        explanation="Within a vnet, and among public addresses, an address belongs to one thing.",
        wrong=_PAIR + "vm z { subnet v/a  ip 10.0.1.4 }\n",
        right=_PAIR,
    ),
    Entry(
        code="private-vip",
        title="A VIP that is private",
        explanation="The VIP of an environment is public. The internal address of an ILB environment is written with `ilb`.",
        wrong=_NET + "ase e { version v2  subnet v/a  vip 10.0.1.10 }\n",
        right=_ENVIRONMENT,
    ),
    Entry(
        code="not-public",
        title="A public address that is private",
        explanation="A `public-ip`, an IP-SSL address and the frontend of a public load balancer are public addresses.",
        wrong=_NET + "vm x { subnet v/a  ip 10.0.1.4  public-ip 192.168.1.1 }\n",
        right=_NET + "vm x { subnet v/a  ip 10.0.1.4  public-ip 20.1.1.1 }\n",
    ),
    Entry(
        code="vip-inside-vnet",
        title="A public address inside a vnet",
        explanation="A vnet may use public ranges for its own machines; an address in them is not on the Internet.",
        wrong="vnet v {\n  address 40.1.0.0/16\n\n  subnet a { address 40.1.1.0/24 }\n}\n"
        "ase e { version v2  subnet v/a  vip 40.1.2.1 }\n",
        right=_ENVIRONMENT,
    ),
    Entry(
        code="environment-shares-subnet",
        title="Two environments in one subnet",
        explanation="Each environment needs a subnet of its own.",
        wrong=_ENVIRONMENT + "ase f { version v2  subnet v/a  vip 40.1.1.2 }\n",
        right=_ENVIRONMENT + "ase f { version v2  subnet v/b  vip 40.1.1.2 }\n",
    ),
    Entry(
        code="rule-name",
        title="A rule that does not do what its name says",
        explanation="The name of a rule decides nothing. When it speaks of a port or an address that the rule leaves out, one "
        "of them is wrong.",
        wrong=_GROUP.format('100 "allow 80-443" allow tcp from * to * port 443'),
        right=_GROUP.format('100 "allow 80-443" allow tcp from * to * port 80, 443'),
    ),
    Entry(
        code="subnet-too-small",
        title="A subnet too small for its environment",
        explanation="Azure keeps five addresses. An environment of version 1 or 2 takes 12 with these, 13 with an ILB, and "
        "one for "
        "each instance; version 2 one more at every 15 and 20 instances. Version 3 needs a /27 or larger.",
        wrong=_small("10.0.1.0/28", "version v2  vip 40.1.1.1  instances 5"),
        right=_small("10.0.1.0/27", "version v2  vip 40.1.1.1  instances 5"),
    ),
    Entry(
        code="subnet-may-be-too-small",
        title="A subnet that may be too small for its environment",
        explanation="Version 3 takes 4 to 27 addresses for itself besides one for each instance, and a subnet cannot be "
        "resized.",
        wrong=_small("10.0.1.0/27", "version v3  vip 40.1.1.1  instances 1"),
        right=_small("10.0.1.0/24", "version v3  vip 40.1.1.1  instances 1"),
    ),
    Entry(
        code="rule-for-nobody",
        title="A rule for a part of a vnet where no subnet is",
        explanation="The rule names addresses inside a vnet of the program that belong to none of its subnets: a subnet may "
        "have moved, or is missing in the file.",
        wrong=_NET + _GROUP.format("100 allow tcp from 10.0.9.0/24 to * port 443"),
        right=_NET + _GROUP.format("100 allow tcp from 10.0.2.0/24 to * port 443"),
    ),
    Entry(
        code="no-room-to-scale",
        title="A subnet without room for scaling",
        explanation="While an environment of version 2 changes its size, its old and its new instances exist at once: it may "
        "need up to twice their addresses, and a subnet cannot be resized.",
        wrong=_small("10.0.1.0/28", "version v2  vip 40.1.1.1  instances 4"),
        right=_small("10.0.1.0/27", "version v2  vip 40.1.1.1  instances 4"),
    ),
    Entry(
        code="too-many-instances",
        title="More instances than an environment can have",
        explanation="Version 1 has 55 hosts at most, version 2 holds 201 instances, version 3 holds 200.",
        wrong=_small("10.0.0.0/23", "version v3  vip 40.1.1.1  instances 201"),
        right=_small("10.0.0.0/23", "version v3  vip 40.1.1.1  instances 200"),
    ),
    Entry(
        code="not-delegated",
        title="A subnet that is delegated to something else",
        explanation="The subnet of a version 3 environment is delegated to Microsoft.Web/hostingEnvironments. A subnet that "
        "does not say what it is delegated to is taken as right; `delegation none` says that it is not delegated.",
        wrong="vnet v {\n  address 10.0.0.0/16\n\n  subnet a { address 10.0.1.0/24  delegation none }\n}\n"
        "ase e { version v3  subnet v/a  vip 40.1.1.1 }\n",
        right="vnet v {\n  address 10.0.0.0/16\n\n"
        "  subnet a { address 10.0.1.0/24  delegation Microsoft.Web/hostingEnvironments }\n}\n"
        "ase e { version v3  subnet v/a  vip 40.1.1.1 }\n",
    ),
    Entry(
        code="private-endpoint-not-allowed",
        title="A private endpoint of an environment that takes none",
        explanation="Version 3 takes new private endpoints only with `allow-new-private-endpoint-connections on`, which is off "
        "unless it is set. Turning it off later keeps those that are there.",
        wrong=_NET + "ase e { version v3  subnet v/a  vip 40.1.1.1 }\nprivate-endpoint p { subnet v/b  ip 10.0.2.9  to e }\n",
        right=_NET + "ase e { version v3  subnet v/a  vip 40.1.1.1  allow-new-private-endpoint-connections on }\n"
        "private-endpoint p { subnet v/b  ip 10.0.2.9  to e }\n",
    ),
    Entry(
        code="subnet-not-empty",
        title="A machine in an environment's subnet",
        explanation="The subnet of a version 3 environment is delegated to it. In that of version 1 or 2 a machine can "
        "stand, and the "
        "environment's calls to it are blocked by the platform, whatever the NSG says.",
        wrong=_NET + "ase e { version v1  subnet v/a  vip 40.1.1.1 }\nvm x { subnet v/a  ip 10.0.1.20 }\n",
        right=_NET + "ase e { version v1  subnet v/a  vip 40.1.1.1 }\nvm x { subnet v/b  ip 10.0.2.20 }\n",
    ),
    Entry(
        code="no-ip-ssl",
        title="IP-SSL where it does not exist",
        explanation="IP-SSL addresses belong to environments of versions 1 and 2 whose HTTP is public: external ones, and "
        "those with `web public`.",
        wrong=_NET + "ase e { version v3  subnet v/a  vip 40.1.1.1  ip-ssl 40.1.1.2 { http 20001  https 20002 } }\n",
        right=_NET + "ase e { version v2  subnet v/a  vip 40.1.1.1  ip-ssl 40.1.1.2 { http 20001  https 20002 } }\n",
    ),
    Entry(
        code="ip-ssl-ports",
        title="A port for two kinds of IP-SSL traffic",
        explanation="Each IP-SSL address has two ports of its own, on which its HTTP and HTTPS traffic reaches the "
        "instances. The "
        "portal shows them.",
        wrong=_NET
        + "ase e {\n  version v1\n  subnet  v/a\n  vip     40.1.1.1\n  ip-ssl 40.1.1.2 { http 20001  https 20001 }\n}\n",
        right=_NET
        + "ase e {\n  version v1\n  subnet  v/a\n  vip     40.1.1.1\n  ip-ssl 40.1.1.2 { http 20001  https 20002 }\n}\n",
    ),
    Entry(
        code="ftp-without-ilb",
        title="`ftp` of an external environment",
        explanation="`ftp` says where FTP of an ILB environment arrives; an external one has it on its VIP.",
        wrong=_NET + "ase e { version v2  subnet v/a  vip 40.1.1.1  ftp public }\n",
        right=_NET + "ase e { version v2  subnet v/a  vip 40.1.1.1  ilb 10.0.1.10  ftp public }\n",
    ),
    Entry(
        code="web-without-ilb",
        title="`web` where it decides nothing",
        explanation="`web` says where HTTP of an ILB environment of version 1 or 2 arrives. Without `ilb` everything is "
        "public; and where both the web and FTP are public nothing is left for the ILB address.",
        wrong=_NET + "ase e { version v2  subnet v/a  vip 40.1.1.1  web public }\n",
        right=_NET + "ase e { version v2  subnet v/a  vip 40.1.1.1  ilb 10.0.1.10  web public }\n",
    ),
    Entry(
        code="flag-of-version-3",
        title="A setting that only version 3 has",
        explanation="`ftp-enabled`, `remote-debug-enabled` and `allow-new-private-endpoint-connections` are settings of "
        "version 3; versions 1 and 2 always serve FTP and debuggers.",
        wrong=_NET + "ase e { version v2  subnet v/a  vip 40.1.1.1  ftp-enabled on }\n",
        right=_NET + "ase e { version v3  subnet v/a  vip 40.1.1.1  ftp-enabled on }\n",
    ),
)
