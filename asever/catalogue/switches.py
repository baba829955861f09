"""The assumptions where Azure's documentation leaves a choice, explained for `asever help`."""

from __future__ import annotations

from asever.catalogue.entries import Entry

_ARCHITECTURE = "Microsoft, 'Network architecture overview of App Service Environments'"
_CONSIDERATIONS = "Microsoft, 'Networking considerations for an App Service Environment'"
_NSG = "Microsoft, 'Network security groups'"
_TAGS = "Microsoft, 'Virtual network service tags'"
_PEERING = "Microsoft, 'Create, change, or delete a virtual network peering'"
_BALANCER = "Microsoft, 'What is Azure Load Balancer?'"
_ROUTES = "Microsoft, 'Virtual network traffic routing'"
_FIREWALL = "Microsoft, 'Azure Firewall rule processing logic'"

ASSUMPTION_ENTRIES = (
    Entry(
        code="ase-v1-cross-call-source",
        title="Assumption: the source of a version 1 call to another environment's ILB address",
        explanation="""The article on version 1 says that every call between environments of one virtual network carries
the caller's VIP; it also says that calls inside the virtual network carry the instance's address.
For a call to another environment's ILB address the two disagree. Readings: `instance`
(recommended), `vip`. A safe NSG allows both.""",
        source=f"docs/semantics/ase.md section 4.1; {_ARCHITECTURE}; MicrosoftDocs/azure-docs issue 49744",
    ),
    Entry(
        code="private-front-ends",
        title="Assumption: whether instances answer on their private addresses",
        explanation="""No article says whether a machine inside the network can meet an environment's instances on their
private addresses instead of its VIP or ILB address. If it can, the default rule AllowVnetInBound
lets it in, and `only A reaches B` fails for an NSG that does not deny VirtualNetwork. Readings:
`silent` (recommended), `answer`.""",
        source="docs/semantics/ase.md section 12",
    ),
    Entry(
        code="same-subnet-to-environment",
        title="Assumption: calls to an environment from inside its subnet",
        explanation="""An environment cannot reach other machines in its own subnet. Whether such a machine reaches the
environment is not documented, and reports differ. Readings: `blocked` (recommended), `delivered`.""",
        source="docs/semantics/ase.md section 5.1; MicrosoftDocs/azure-docs issue 11938",
    ),
    Entry(
        code="internet-minus-vnet",
        title="Assumption: whether VirtualNetwork is taken out of Internet",
        explanation="""A virtual network, or a network behind a gateway, may hold public addresses. The documentation calls
Internet what is outside the virtual network; users report that such addresses are in both tags.
Readings: `yes` (recommended: VirtualNetwork is taken out), `no`.""",
        source=f"docs/semantics/azure.md section 3.2; {_TAGS}; MicrosoftDocs/azure-docs issues 81801, 94454, 101300",
    ),
    Entry(
        code="default-route-widens-virtual-network",
        title="Assumption: whether routes widen VirtualNetwork",
        explanation="""The tag VirtualNetwork of a subnet is said to hold the prefixes of its user-defined routes, and
users report that a route for 0.0.0.0/0 to an appliance makes it match every address: then "allow
VirtualNetwork" admits the Internet. Asked of routes to an appliance or to a gateway. Readings:
`yes` (recommended), `no`.""",
        source=f"docs/semantics/azure.md section 3.1; {_TAGS}; MicrosoftDocs/azure-docs issue 22178",
    ),
    Entry(
        code="blocked-probe",
        title="Assumption: what a blocked health probe does",
        explanation="""A load balancer hands nothing to a machine whose probe fails. For environments the articles say something
else: a blocked probe makes them unhealthy and gets them suspended later; a user reports that apps
went on for about a week. Granted: `serves-on`, and `is healthy` fails. With `stops-traffic` the apps
receive nothing as soon as the NSG drops the probe. FTP of version 3 surely needs its probe on port 21.""",
        source="docs/semantics/ase.md section 2; docs/semantics/azure.md section 8; MicrosoftDocs/azure-docs issue 115138",
    ),
    Entry(
        code="platform-address",
        title="Assumption: only the platform sends from its addresses",
        explanation="""168.63.129.16 and 169.254.169.254 belong to the platform, and the documentation says that only it
can send from them.
Granted: `platform-only`. With `anyone`, a packet from the Internet could claim 168.63.129.16, which
the default rules admit.""",
        source=f"docs/semantics/azure.md section 3.4; {_NSG}",
    ),
    Entry(
        code="owned-address",
        title="Assumption: nobody else sends from the file's public addresses",
        explanation="""The public addresses that the file gives to its resources are taken as used by them alone; "the
Internet" is everyone else. Granted: `owner-only`. With `anyone`, a packet from the Internet could
claim another environment's VIP.""",
        source="docs/language.md, What a flow is",
    ),
    Entry(
        code="management-addresses",
        title="Assumption: where Azure manages environments from",
        explanation="""Articles on version 1 let management in from the whole Internet; since version 2 Azure publishes the
addresses it comes from, as the tag AppServiceManagement. Granted: `published`. With `any-internet`,
a rule that allows the tag alone is not enough.""",
        source="docs/semantics/ase.md sections 2.1, 2.2 and 13; Microsoft, 'App Service Environment management addresses'",
    ),
    Entry(
        code="ip-ssl-source",
        title="Assumption: the source of IP-SSL traffic at an NSG",
        explanation="""Load-balanced traffic keeps the client's address, and IP-SSL traffic is load-balanced; one article
also speaks of traffic whose source is the app's own address. Granted: `client`. The other reading
is `app`.""",
        source=f"docs/semantics/ase.md section 2.5; {_CONSIDERATIONS}",
    ),
    Entry(
        code="ilb-debug-placement",
        title="Assumption: debugging and Web Deploy of a half-internal environment",
        explanation="""Environments of versions 1 and 2 may have only the web (`ftp public`) or only FTP (`web public`) on
their ILB address. Which address remote debugging and Web Deploy arrive on then is not documented; with
both inside it is the ILB address. Readings: `ilb` (recommended), `public`.""",
        source=f"docs/semantics/ase.md section 1.1; {_ARCHITECTURE}",
    ),
    Entry(
        code="ase-v1-probe-required",
        title="Assumption: the probe of version 1",
        explanation="""Articles on version 1 do not name port 16001; one text for versions 1 and 2 together lets the load
balancer in. Granted: `yes`, `is healthy` asks for the probe. With `no` it does not.""",
        source=f"docs/semantics/ase.md section 2.1; {_CONSIDERATIONS} (2017-05)",
    ),
    Entry(
        code="virtual-network-next-hops",
        title="Assumption: which routes widen VirtualNetwork",
        explanation="""The tag VirtualNetwork is said to hold the prefixes of user-defined routes. Reports name routes to
appliances only; of next hops Internet and None no source speaks. Granted: `appliance-and-gateway`.
With `every`, a route for 0.0.0.0/0 to the Internet would make the tag hold every address.""",
        source=f"docs/semantics/azure.md section 3.1; {_TAGS}; MicrosoftDocs/azure-docs issue 22178",
    ),
    Entry(
        code="peering-without-access",
        title="Assumption: a peering with `access off` and no NSG",
        explanation="""With `access off` the remote network leaves the tag VirtualNetwork, and the documentation adds that
traffic may still flow where a rule allows its addresses. What happens where no NSG asks for the tag
is not said. Readings: `blocks` (recommended), `carries`.""",
        source=f"docs/semantics/azure.md section 6; {_PEERING}",
    ),
    Entry(
        code="forwarded-traffic-unless-said",
        title="Assumption: forwarded traffic, where a peering does not say",
        explanation="""The portal lets forwarded traffic in by default today; older portals and other tools did not. Write
`forwarded-traffic on` or `off` in the `peer` block to leave no doubt. Granted: `allowed`; the other
reading is `blocked`.""",
        source=f"docs/semantics/azure.md section 6; {_PEERING}",
    ),
    Entry(
        code="forwarded-traffic-direction",
        title="Assumption: whose flag lets forwarded traffic pass",
        explanation="""The documentation says that a side's flag lets in what an appliance on the other side forwards; the
schema of the API describes it the other way round. Granted: `receiver`; the other reading is
`sender`.""",
        source=f"docs/semantics/azure.md section 6; {_PEERING}; the REST schema of virtual network peerings",
    ),
    Entry(
        code="internal-balancer-without-nsg",
        title="Assumption: a Standard internal load balancer without an NSG",
        explanation="""Standard load balancers are closed until an NSG opens them; whether that goes for internal ones too
is not said. Granted: `open`. With `closed` a machine that no NSG guards receives nothing from an
internal load balancer either.""",
        source=f"docs/semantics/azure.md sections 2.9 and 8; {_BALANCER}",
    ),
    Entry(
        code="floating-ip-target",
        title="Assumption: the destination that an NSG sees with floating IP",
        explanation="""With floating IP the packet comes to the machine with the frontend address as its destination. Which
of the two addresses the machine's NSG compares is not said. Readings: `frontend` (recommended),
`backend`. Rules that allow both are safe.""",
        source="docs/semantics/azure.md sections 2.7 and 8; Microsoft, 'Azure Load Balancer floating IP configuration'",
    ),
    Entry(
        code="service-endpoint-against-equal-route",
        title="Assumption: a service endpoint against a route for the same prefix",
        explanation="""The page on service endpoints says that their routes override user-defined ones; the page on routes
puts user-defined routes before all others of the same prefix. Granted: `endpoint`; the other reading
is `user`. A longer prefix wins either way.""",
        source=f"docs/semantics/azure.md section 5.4; {_ROUTES}; Microsoft, 'Virtual network service endpoints'",
    ),
    Entry(
        code="reserved-routes-removed-by",
        title="Assumption: what takes the None routes of private ranges away",
        explanation="""Every subnet drops private ranges that its network does not hold, until it has a default route of its
own; the documented example leads to an appliance. Granted: `any-default`. With
`appliance-or-learned` a default route to the Internet or to nowhere leaves them in place.""",
        source=f"docs/semantics/azure.md section 5.1; {_ROUTES}",
    ),
    Entry(
        code="ports-without-ports",
        title="Assumption: rules with ports, and protocols without",
        explanation="""ICMP, ESP and AH have no ports; what a rule for any protocol and some ports does with them is not
said. Granted: `ignored`, the ports do not restrict them. With `never-match` such a rule leaves them
to the rules after it.""",
        source=f"docs/semantics/azure.md section 2.2; {_NSG}",
    ),
    Entry(
        code="nat-gateway-or-public-ip",
        title="Assumption: a NAT gateway and a public address at once",
        explanation="""The newer page puts the NAT gateway of a subnet before the public address of a machine in it; an older
page puts the machine's address first. Granted: `nat-gateway`; the other reading is `public-ip`.""",
        source="docs/semantics/azure.md section 7; Microsoft, 'Azure NAT Gateway'; Microsoft, 'Outbound connections'",
    ),
    Entry(
        code="firewall-dnat-then-network-rules",
        title="Assumption: network rules after a DNAT rule",
        explanation="""Since 2023 the documentation says that what a DNAT rule translates is allowed and meets no network
rule; before, that a network rule which denies the translated traffic overrides it. Granted: `no`;
the other reading is `deny-rules`.""",
        source=f"docs/semantics/azure.md section 10.1; {_FIREWALL}",
    ),
    Entry(
        code="firewall-dnat-source",
        title="Assumption: the source after a DNAT rule",
        explanation="""Microsoft describes that a DNAT rule also gives the packet an address of the firewall's subnet as its
source, so that the reply comes back through the firewall; other texts say that the client's address
stays. Granted: `firewall`; the other reading is `client`.""",
        source="docs/semantics/azure.md section 10.1; Microsoft, 'Azure Firewall NAT behaviors' (2023-05)",
    ),
    Entry(
        code="several-admin-rules",
        title="Assumption: several sets of admin rules on one network",
        explanation="""Of several network managers the one with the higher scope wins; whether all of its rules come first,
or only where two rules conflict, is not said. Granted: `set-by-set`, in the order of the file; the
other reading is `by-priority`.""",
        source="docs/semantics/azure.md section 4; Microsoft, 'Virtual Network Manager scope'",
    ),
    Entry(
        code="nva-guest-forwarding",
        title="Assumption: whether an appliance's guest forwards",
        explanation="""IP forwarding on a network interface lets a machine send on what is not its own; whether its guest
does so nobody can see from outside. Readings: `forward-all` (recommended), `drop-all`. Write
`forwards unchanged`, `translated` or `nothing` at the `vm` to leave no doubt.""",
        source=f"docs/semantics/azure.md section 10.2; {_ROUTES}",
    ),
)
