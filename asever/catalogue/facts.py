"""Facts of Azure that answers point to.

`asever help WORD` prints an entry. The explanations are for an engineer who has not read the documentation; `source`
names the page of this project that quotes it, and the article.
"""

from __future__ import annotations

from asever.catalogue.entries import Entry
from asever.catalogue.switches import ASSUMPTION_ENTRIES

_LAYERED = "Microsoft, 'Implementing a layered security architecture with App Service Environments'"
_ARCHITECTURE = "Microsoft, 'Network architecture overview of App Service Environments'"
_INBOUND = "Microsoft, 'How to control inbound traffic to an App Service Environment'"
_CONSIDERATIONS = "Microsoft, 'Networking considerations for an App Service Environment'"
_NETWORKING = "Microsoft, 'App Service Environment networking' (version 3)"
_NSG = "Microsoft, 'Network security groups'"
_TAGS = "Microsoft, 'Virtual network service tags'"
_ROUTES = "Microsoft, 'Virtual network traffic routing'"
_ENDPOINTS = "Microsoft, 'Virtual network service endpoints'"

_ENVIRONMENTS = (
    Entry(
        code="call-between-environments",
        title="A call between environments is an Internet call",
        explanation="""When an app on one App Service Environment calls an app on another through its public VIP, the call
leaves the virtual network and comes back, even if both environments are in the same one. It carries
the caller's VIP as its source (version 3: one of its outbound addresses), not the address of the
instance that made it.
So a rule before the called environment has to allow the caller's VIP; a rule that allows the
caller's subnet never matches.""",
        source=f"docs/semantics/ase.md section 4; {_ARCHITECTURE}",
    ),
    Entry(
        code="self-call",
        title="A call to one's own VIP is an Internet call too",
        explanation="""An app that calls its own environment by its public VIP leaves the virtual network and comes back,
with the VIP as source. If the environment's NSG restricts who may call, the environment's own VIP
has to be among them.""",
        source=f"docs/semantics/ase.md section 4; {_LAYERED}",
    ),
    Entry(
        code="calls-leave-by-the-vip",
        title="Calls to public addresses carry the VIP",
        explanation="""An environment of version 1 or 2 has one public VIP, an ILB environment too. Every call to a public
address leaves by it: that is the source which the other side sees. Calls that stay in the virtual
network, go to a peer, or go through a gateway keep the address of the instance.""",
        source=f"docs/semantics/ase.md sections 1 and 4; {_ARCHITECTURE}",
    ),
    Entry(
        code="outbound-addresses",
        title="Version 3 calls out from its outbound addresses",
        explanation="""An environment of version 3 receives on one public address and calls from others: its outbound
addresses, any of which a call may carry. They are not the inbound address. A NAT gateway on the
subnet takes their place.""",
        source=f"docs/semantics/ase.md sections 1 and 4; {_NETWORKING}",
    ),
    Entry(
        code="any-instance-address",
        title="Any instance may call, and any instance may answer",
        explanation="""The instances of an environment have no fixed addresses: an instance may get any usable address of
the subnet (all but the first four and the last), and there is no map from apps to addresses. A call
may therefore start from any of them, and traffic to the VIP or the ILB address may be handed to any
of them. A rule that covers half of the subnet works half of the time, which is not what "reaches"
means.""",
        source=f"docs/semantics/ase.md section 1; {_ARCHITECTURE}",
    ),
    Entry(
        code="translation-before-inbound-rules",
        title="NSG rules see inbound traffic after translation, and outbound traffic before",
        explanation="""On the way in, Azure first replaces the VIP by the address (and port) of the instance that answers,
then asks the NSG. On the way out it asks the NSG first and replaces the source afterwards. One call
between two environments is thus two different packets at two NSGs. A rule whose destination is a
VIP matches nothing inbound; a rule whose source is a VIP matches nothing outbound. Source and
source port of a client are kept: the load balancer does not hide them.""",
        source=f"docs/semantics/azure.md section 2.7; {_NSG}",
    ),
    Entry(
        code="environment-ports",
        title="The ports an environment listens on",
        explanation="""Version 1: 80, 443; FTP on 21, 990, 10001-10020; remote debugging on 4016, 4018, 4020; management on
454-455.
Version 2: the same with debugging on 4020, 4022, 4024 (4016 and 4018 until release ANT78), and Web
Deploy on 8172.
Version 3: 80, 443, 8172; FTP and debugging (4022, 4024, 4026) only if the environment allows them;
no management ports.
All are TCP. Nothing listens on other ports of the VIP or the ILB address.""",
        source=f"docs/semantics/ase.md section 2; {_INBOUND}; {_CONSIDERATIONS}; {_NETWORKING}",
    ),
    Entry(
        code="ilb-placement",
        title="What arrives on the ILB address, and what on the public VIP",
        explanation="""An environment with an internal load balancer takes HTTP, HTTPS, Web Deploy and remote debugging on
its ILB address, inside the virtual network, and FTP too. In versions 1 and 2 `web public` leaves HTTP
on the public VIP, and `ftp public` FTP. Azure's management on 454-455 (versions 1 and 2) always arrives
on the public VIP, which an ILB environment of theirs has as well.""",
        source=f"docs/semantics/ase.md section 1.1; {_INBOUND}",
    ),
    Entry(
        code="feature-flags",
        title="FTP, remote debugging and private endpoints of version 3 are off by default",
        explanation="""In version 3 the environment itself has to allow FTP (`ftp-enabled on`), remote debugging
(`remote-debug-enabled on`) and private endpoints (`allow-new-private-endpoint-connections on`).
Opening ports in an NSG is not enough. Updating one flag with `az appservice ase update` sets the
others that are not named back to off.""",
        source="docs/semantics/ase.md section 2.3; Microsoft, 'Configure App Service Environment network settings'",
    ),
    Entry(
        code="health-probe",
        title="The load balancer probes the instances",
        explanation="""Azure's load balancer asks each instance whether it lives, from 168.63.129.16: on port 16001 in
versions 1 and 2, on port 80 in version 3, and on port 21 where version 3 serves FTP. NSG rules
apply to these probes. The default rule AllowAzureLoadBalancerInBound admits them; a custom rule
that denies everything, or that denies VirtualNetwork, comes before it and drops them, unless a rule
before that one allows AzureLoadBalancer. A `load-balancer` asks its machines on its `probe` port in
the same way, and hands nothing to one whose rules drop the question.""",
        source=f"docs/semantics/ase.md section 2; docs/semantics/azure.md section 8; {_CONSIDERATIONS}",
    ),
    Entry(
        code="instances-inside",
        title="Inside the environment",
        explanation="""The components of an environment talk to each other on their private addresses, on ports that
change, and the load balancer's probes go to them directly. The subnet's NSG applies to both, also
inside one subnet. Version 2 requires that all traffic inside the subnet passes; version 3 does not.""",
        source=f"docs/semantics/ase.md sections 2.2 and 2.3; {_CONSIDERATIONS}",
    ),
    Entry(
        code="same-subnet-block",
        title="An environment cannot reach other machines in its own subnet",
        explanation="""The platform blocks calls from an environment to anything else in the environment's subnet. No NSG
rule changes that. Moved to another subnet of the same virtual network, the machine is reachable
without further configuration.""",
        source=f"docs/semantics/ase.md section 5.1; {_ARCHITECTURE}",
    ),
    Entry(
        code="ip-ssl-ports",
        title="An IP-SSL address has a port pair of its own",
        explanation="""Traffic to an app with an IP-SSL address goes to that address on ports 80 and 443, and Azure hands
it to an instance on a pair of ports that belongs to the address. The NSG sees the pair: rules for
80 and 443 do not open an IP-SSL app.""",
        source=f"docs/semantics/ase.md section 2.5; {_INBOUND}",
    ),
    Entry(
        code="regional-path",
        title="Calls between environments of one region stay in the region",
        explanation="""A call from one environment to another in the same region travels on Azure's regional network
although it is an Internet call: it never touches the public Internet. That says where the packets
travel, not what they carry: the source is still the VIP. For environments in different regions no
article promises it.""",
        source=f"docs/semantics/ase.md section 4.2; {_ARCHITECTURE}",
    ),
    Entry(
        code="global-peering",
        title="ILB environments of versions 1 and 2 do not answer over global peering",
        explanation="""The ILB address of a version 1 or 2 environment belongs to a Basic load balancer, which machines in
a peered virtual network of another region cannot reach. Version 3 can be reached so.""",
        source="docs/semantics/ase.md section 8; Microsoft, 'App Service Environment version comparison'",
    ),
)

_NETWORK = (
    Entry(
        code="default-rules",
        title="The six default rules",
        explanation="""Every NSG ends with rules that nobody can remove. Inbound: 65000 AllowVnetInBound (VirtualNetwork to
VirtualNetwork), 65001 AllowAzureLoadBalancerInBound, 65500 DenyAllInBound. Outbound: 65000
AllowVnetOutBound, 65001 AllowInternetOutBound, 65500 DenyAllOutBound. Any rule of your own comes
before them. Where no NSG is attached there are no default rules either, and everything passes.""",
        source=f"docs/semantics/azure.md section 2.3; {_NSG}",
    ),
    Entry(
        code="admin-rules",
        title="Security admin rules come before NSGs",
        explanation="""A Virtual Network Manager puts rules before all NSGs of a virtual network, in both directions. `deny`
drops whatever the NSGs say, `always-allow` lets pass whatever they say, `allow` and no match leave it
to them. An always-allow at one end does not open the other. They do not apply to private endpoints,
nor in the subnets of gateways, Azure Firewall, Bastion and Route Server.""",
        source="docs/semantics/azure.md section 4; Microsoft, 'Security admin rules in Azure Virtual Network Manager'",
    ),
    Entry(
        code="virtual-network-tag",
        title="VirtualNetwork is wider than the virtual network",
        explanation="""The tag VirtualNetwork holds the address space of the virtual network, of its peers, everything that
its gateways lead to, and 168.63.129.16. It is computed for each subnet: prefixes of routes to an
appliance or a gateway may enter it too, those of service tags as well. A rule that allows VirtualNetwork, like the default one,
therefore admits machines on premises and in peered networks.""",
        source=f"docs/semantics/azure.md section 3.1; {_TAGS}",
    ),
    Entry(
        code="internet-tag",
        title="Internet includes Azure's own public addresses",
        explanation="""The tag Internet holds every public IPv4 address, those of Azure's services and of other environments'
VIPs included, and 168.63.129.16, from where health probes come: a rule that denies Internet drops
them unless a rule before it allows AzureLoadBalancer. Private ranges are not in it, nor (in one
reading) the public addresses that VirtualNetwork holds.""",
        source=f"docs/semantics/azure.md section 3.2; {_TAGS}",
    ),
    Entry(
        code="unknown-service-tag",
        title="A service tag whose prefixes are not in the program",
        explanation="""Service tags such as Sql or Storage.WestEurope stand for address lists that change every week.
Without them the tool knows neither which addresses a rule with the tag matches nor which it does
not, and an answer that depends on it is unknown. Import Azure's ServiceTags file, or write `tag
NAME = PREFIXES`.""",
        source=f"docs/semantics/azure.md section 3.3; {_TAGS}",
    ),
    Entry(
        code="platform-services",
        title="Traffic to the platform that NSGs and routes do not touch",
        explanation="""A machine reaches the platform's agent endpoint (168.63.129.16, TCP 80 and 32526), Azure's DNS
(168.63.129.16, port 53) and the metadata service (169.254.169.254) whatever the NSGs and route
tables say. Only rules that name the tags AzurePlatformDNS and AzurePlatformIMDS touch the latter
two.""",
        source="docs/semantics/azure.md section 3.4; Microsoft, 'What is IP address 168.63.129.16?'",
    ),
    Entry(
        code="protocols-without-ports",
        title="Port numbers do not restrict ICMP, ESP and AH",
        explanation="""ICMP, ESP and AH have no ports. A rule for `any` protocol with ports is taken to match all of their
packets.
The documentation does not say so in as many words.""",
        source=f"docs/semantics/azure.md section 2.2; {_NSG}",
    ),
    Entry(
        code="route-selection",
        title="Which route a packet takes",
        explanation="""The longest prefix that contains the destination wins. Of routes with the same prefix a user-defined
one beats one that a gateway brings, and that beats Azure's own. Routes for the virtual network and
for its peers beat a gateway's even where the gateway's is longer. A default route of your own, or
one learned from a gateway, removes Azure's routes that drop the private ranges.""",
        source=f"docs/semantics/azure.md section 5; {_ROUTES}",
    ),
    Entry(
        code="reply-path",
        title="The reply is routed on its own",
        explanation="""A reply needs no NSG rule, but it needs a route: the receiving subnet's own routes decide where it
goes. Replies to what came in through a public address have to leave through the Internet hop. With
a default route to an appliance or to a network on premises they do not, and the connection never
comes up although the first packet arrived.""",
        source=f"docs/semantics/azure.md sections 5.5 and 5.6; docs/semantics/ase.md section 6.4; {_ROUTES}",
    ),
    Entry(
        code="forced-tunnel",
        title="Forced tunnelling",
        explanation="""A route for 0.0.0.0/0 to a gateway sends what would go to the Internet through a network on
premises. That network may block it, and where it lets it out the packet carries that network's
address, not the environment's VIP. Environments of versions 1 and 2 do not work so without further
configuration: their own database admits the VIP alone, and management replies have to leave by the
VIP.""",
        source="docs/semantics/ase.md section 6; Microsoft, 'Configure your App Service Environment with forced tunnelling'",
    ),
    Entry(
        code="gateway-transit",
        title="Through a peer's gateway",
        explanation="""A virtual network uses a peer's gateway if it says `remote-gateway on` and the peer says
`gateway-transit on`, and if it has no gateway itself. It then gets the gateway's routes, and the
other side gets its prefixes. From one virtual network to another the way leads through a VPN
gateway, not through ExpressRoute.""",
        source="docs/semantics/azure.md section 6; Microsoft, 'Create, change, or delete a virtual network peering'",
    ),
    Entry(
        code="on-premises-address",
        title="What a network on premises looks like from the Internet",
        explanation="""A network on premises with private addresses translates what it sends to the Internet, and the file
does not say to which address. An answer that depends on it is unknown. A network that is declared
with public addresses only sends from them.""",
        source="docs/semantics/azure.md section 7",
    ),
    Entry(
        code="public-ip",
        title="A public address of one machine",
        explanation="""A public address on a NIC stands for its private address in both directions, on every port. What the
machine sends to the Internet carries it, unless the subnet has a NAT gateway: that comes first.""",
        source="docs/semantics/azure.md section 7; Microsoft, 'Use Source Network Address Translation (SNAT)'",
    ),
    Entry(
        code="public-ip-closed",
        title="A Standard public IP admits nothing without an NSG",
        explanation="""Basic public addresses, which were open by default, are retired. A Standard one is closed: without
an NSG on the subnet or on the NIC nothing comes in from the Internet. So is a Standard public load
balancer: it hands nothing to a machine without an NSG.""",
        source="docs/semantics/azure.md section 2.9; Microsoft, 'Public IP addresses', 'What is Azure Load Balancer?'",
    ),
    Entry(
        code="load-balancer",
        title="What a load balancer changes",
        explanation="""A load balancer rewrites the destination of a packet, address and port, and nothing else. NSGs of the
machine that gets it compare the client's address and the machine's own port: a rule that allows the
frontend's address or port admits nothing. Which machine gets it is anybody's guess, so `reaches`
asks for all of them that the probe finds well. AllowAzureLoadBalancerInBound is for probes, not for
clients. A machine that calls its own internal load balancer and is handed its own call gets no
answer.""",
        source="docs/semantics/azure.md sections 2.7 and 8; Microsoft, 'Azure Load Balancer concepts'",
    ),
    Entry(
        code="load-balancer-ports",
        title="A load balancer carries what it has rules for",
        explanation="""A rule leads from one port of the frontend to one port of the machines; `any * -> *` leads from
every port to the same one, on an internal Standard load balancer. What no rule is for is lost, and
so is everything but TCP and UDP.""",
        source="docs/semantics/azure.md section 8; Microsoft, 'Azure Load Balancer components'",
    ),
    Entry(
        code="load-balancer-outbound",
        title="How machines behind a load balancer call the Internet",
        explanation="""A NAT gateway and a machine's own public address come first. Then a public load balancer lends its
frontend, for TCP and UDP. Behind a Standard one that does not (an internal one, or with `outbound
off`) a machine has no default outbound access and so no way out.""",
        source="docs/semantics/azure.md section 7; Microsoft, 'Use Source Network Address Translation (SNAT)'",
    ),
    Entry(
        code="nat-gateway",
        title="A NAT gateway",
        explanation="""What machines of its subnet send to the Internet carries one of its public addresses, and comes
before a machine's own public address. It carries TCP and UDP only, and admits nothing that was not
asked for.""",
        source="docs/semantics/azure.md section 7; Microsoft, 'What is Azure NAT Gateway?'",
    ),
    Entry(
        code="default-outbound",
        title="Default outbound access",
        explanation="""A machine without a public address, NAT gateway or load balancer still reaches the Internet, from an
address that Azure picks and may change: IPv4 only, and no ICMP. Rules elsewhere cannot name it.
`default-outbound off` on the subnet ends it.""",
        source="docs/semantics/azure.md section 7; Microsoft, 'Default outbound access in Azure'",
    ),
    Entry(
        code="service-endpoint",
        title="Through a service endpoint the service sees the private address",
        explanation="""A service endpoint of a subnet gives the service's public addresses a route of their own, past a default
route to a firewall or a gateway. The service then sees the private address of the caller: what
admits the caller's public address at the service admits it no longer, and the subnet has to be named
there. The outbound rules of the subnet see the public address as before. Peers and networks on
premises cannot use it, and it opens every account of the service, not one's own alone.""",
        source=f"docs/semantics/azure.md section 9.2; {_ENDPOINTS}",
    ),
    Entry(
        code="service-access-list",
        title="The access list of a service's public endpoint",
        explanation="""What a `platform-service` allows is a list of subnets and public addresses. A subnet is admitted when the
call comes through its own service endpoint, an address when the call carries it. A private endpoint
passes the list by, and does not close the public endpoint.""",
        source=f"docs/semantics/azure.md section 9; {_ENDPOINTS}",
    ),
    Entry(
        code="private-endpoint",
        title="A private endpoint is an address that a service answers at",
        explanation="""It stands in a subnet and is reached from its virtual network, from peers, and from on premises. The NSG
of its subnet applies only with `private-endpoint-policies nsg` or `on`, and user-defined routes take
its own route away only with `routes` or `on`, if their prefix is no broader than the network's. Its
replies take no user-defined route: a firewall on the way has to translate the source.""",
        source="docs/semantics/azure.md section 9.1; Microsoft, 'Manage network policies for private endpoints'",
    ),
    Entry(
        code="nva",
        title="A device sees packets that are not its own",
        explanation="""A route to an appliance hands it packets as they are: neither source nor destination is its own. The NSGs
at the appliance judge them like that, so the default rules there admit only what the appliance's own
subnet has in VirtualNetwork. Then the guest decides, and the packet leaves by the rules and routes of
the appliance's subnet. The reply has to come back through the same device.""",
        source=f"docs/semantics/azure.md section 10.2; {_ROUTES}",
    ),
    Entry(
        code="ip-forwarding",
        title="Without IP forwarding a machine loses what is not its own",
        explanation="""Azure drops a packet at a network interface that is neither its source nor its destination, unless IP
forwarding is on there. Write `ip-forwarding on` at a `vm` that a route names as appliance.""",
        source=f"docs/semantics/azure.md sections 5.3 and 10.2; {_ROUTES}",
    ),
    Entry(
        code="forwarded-traffic",
        title="A peering lets in what an appliance forwards only if it says so",
        explanation="""A packet that crosses a peering without coming from the peered network itself was forwarded there, by an
appliance or a firewall. It is let in only where `forwarded-traffic on` stands at the side that it
enters. What a VPN gateway sends on needs no flag.""",
        source="docs/semantics/azure.md section 6; Microsoft, 'Create, change, or delete a virtual network peering'",
    ),
    Entry(
        code="firewall-dnat",
        title="What a DNAT rule of an Azure Firewall does",
        explanation="""Packets to the firewall's own addresses are translated by its DNAT rules, or lost: nothing else listens
there. A packet that one of them takes meets no network rule any more, and carries an address of the
firewall's subnet as its source, any of it: rules behind the firewall have to allow the subnet.""",
        source="docs/semantics/azure.md section 10.1; Microsoft, 'Azure Firewall rule processing logic'",
    ),
    Entry(
        code="firewall-snat",
        title="An Azure Firewall translates sources by destination",
        explanation="""What a firewall sends to a public address carries its public address, or an address of its subnet where
the packet does not leave by the Internet. What it sends to a private address keeps its source.""",
        source="docs/semantics/azure.md section 10.1; Microsoft, 'Azure Firewall SNAT private IP address ranges'",
    ),
)

FACTS: tuple[Entry, ...] = (*_ENVIRONMENTS, *_NETWORK, *ASSUMPTION_ENTRIES)
FACT_OF: dict[str, Entry] = {entry.code: entry for entry in FACTS}
