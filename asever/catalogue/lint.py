"""Codes of what `asever lint` finds: no error, but something that has no effect, or not the one that was meant."""

from __future__ import annotations

from asever.catalogue.entries import Entry

_NET = """vnet v {
  address 10.0.0.0/16

  subnet a { address 10.0.1.0/24  nsg g }
  subnet b { address 10.0.2.0/24 }
}
"""
_ROUTED = """vnet v {
  address 10.0.0.0/16

  subnet a { address 10.0.1.0/24  route-table r }
}
"""
_ENVIRONMENTS = """vnet v {
  address 10.0.0.0/16

  subnet a { address 10.0.1.0/24  nsg g }
  subnet b { address 10.0.2.0/24 }
}
ase one { version v1  subnet v/b  vip 40.1.1.1 }
ase two { version v1  subnet v/a  vip 40.1.1.2 }
"""


def _inbound(*rules: str) -> str:
    return "nsg g {\n  inbound {\n" + "".join(f"    {one}\n" for one in rules) + "  }\n}\n"


def _outbound(*rules: str) -> str:
    return _inbound(*rules).replace("inbound", "outbound")


def _routes(*routes: str) -> str:
    return "route-table r {\n" + "".join(f"  route {one}\n" for one in routes) + "}\n"


LINT: tuple[Entry, ...] = (
    # -- Rules among each other -----------------------------------------------------------------------------------------
    Entry(
        code="shadowed-rule",
        title="A rule whose packets earlier rules take",
        explanation="""The rule with the lowest number that matches a packet decides it. Everything that this rule
matches is decided by earlier rules, at every place where the list stands and in every reading of the assumptions, so
the rule decides nothing. Of several rules that take it together each takes a part that the others leave. Where they
do the opposite of the rule, it was probably meant as an exception and needs a lower number; where they do the same,
it can go.""",
        wrong=_NET
        + _inbound("100 deny  tcp from Internet      to * port 443", "200 allow tcp from 203.0.113.0/24 to * port 443"),
        right=_NET
        + _inbound("100 allow tcp from 203.0.113.0/24 to * port 443", "200 deny  tcp from Internet      to * port 443"),
    ),
    Entry(
        code="partly-shadowed-rule",
        title="A member of a rule's list that decides nothing",
        explanation="""One address of the rule's list, or one of its ports, decides no packet, since earlier rules take
all that the rule matches with it; the rest of the rule does decide something.""",
        wrong=_NET + _inbound("100 deny  tcp from * to * port 80", "200 allow tcp from * to * port 80, 443"),
        right=_NET + _inbound("100 deny  tcp from * to * port 80", "200 allow tcp from * to * port 443"),
    ),
    Entry(
        code="redundant-rule",
        title="A rule without which later rules decide alike",
        explanation="""The rule decides packets, and for each of them the next rule that matches does the same: without
the rule no packet fares otherwise. All rules of a list that are reported as redundant or shadowed can go together. A
rule that only repeats what Azure decides by default is not reported: it is there for its readers.""",
        wrong=_NET + _inbound("100 allow tcp from 203.0.113.7 to * port 443", "200 allow tcp from Internet    to * port 443"),
        right=_NET + _inbound("200 allow tcp from Internet    to * port 443"),
    ),
    Entry(
        code="late-exception",
        title="A rule for particular addresses, after one that decides a part of its packets",
        explanation="""The rule is about some of the addresses of an earlier one and does the opposite, so it reads like
an exception. But the earlier rule decides first, wherever the two agree in protocol and ports: this one decides what
is left. Here a deny of one network comes after the web was allowed to everybody.""",
        wrong=_NET + _inbound("100 allow tcp from Internet       to * port 443", "200 deny  any from 203.0.113.0/24 to *"),
        right=_NET + _inbound("100 deny  any from 203.0.113.0/24 to *", "200 allow tcp from Internet       to * port 443"),
    ),
    Entry(
        code="covered-member",
        title="A member of a list that another member holds",
        explanation="""The address or tag adds nothing to its list: another member of the same list holds all of it. The
tag of a region lies in that of all regions.""",
        wrong=_NET + _inbound("100 allow tcp from 203.0.113.0/24, 203.0.113.7 to * port 443"),
        right=_NET + _inbound("100 allow tcp from 203.0.113.0/24 to * port 443"),
    ),
    Entry(
        code="never-matching-rule",
        title="A rule that matches nothing where it stands",
        explanation="""No packet has what the rule asks for: an application security group without members, or an address
that no machine behind the NSG has. Inbound, the destination of a packet is the address of a machine that stands
there; outbound, the source is.""",
        wrong=_NET + _inbound("100 allow tcp from Internet to v/b port 443"),
        right=_NET + _inbound("100 allow tcp from Internet to v/a port 443"),
    ),
    # -- Addresses that the NSG does not see ----------------------------------------------------------------------------
    Entry(
        code="rule-targets-vip",
        title="An inbound rule for an address that is translated before",
        explanation="""Azure rewrites the destination before an inbound rule sees the packet: a VIP, a public IP or the
frontend of a load balancer has become the private address of an instance or a machine. A rule for the public side
matches nothing. Name the subnet, or `*`: the NSG stands before nothing else.""",
        wrong=_ENVIRONMENTS + _inbound("100 allow tcp from Internet to two.vip port 443"),
        right=_ENVIRONMENTS + _inbound("100 allow tcp from Internet to v/a port 443"),
    ),
    Entry(
        code="rule-from-vip",
        title="An outbound rule for a source that is translated later",
        explanation="""Azure rewrites the source after an outbound rule has seen the packet: there it still carries the
private address of an instance or a machine. A rule for the public side matches nothing.""",
        wrong=_ENVIRONMENTS + _outbound("100 deny tcp from two.vip to Internet port 25"),
        right=_ENVIRONMENTS + _outbound("100 deny tcp from v/a to Internet port 25"),
    ),
    Entry(
        code="environment-by-cidr",
        title="A rule that admits another environment by its subnet",
        explanation="""An environment calls another external one over the Internet, and such a call carries the caller's
VIP, never an address of its subnet. Proved with every NSG of the file open: no call of that environment on the rule's
ports arrives from the addresses that the rule names. The rule matches none of the calls that it seems to be for.
`NAME.vip` is what they carry.""",
        wrong=_ENVIRONMENTS + _inbound("100 allow tcp from v/b to * port 443"),
        right=_ENVIRONMENTS + _inbound("100 allow tcp from one.vip to * port 443"),
    ),
    Entry(
        code="half-covered-instances",
        title="A rule for a part of an environment's subnet",
        explanation="""The instances of an environment may have any free address of its subnet, and others after Azure
has moved them. The rule holds some of these addresses, and there is a packet that is decided otherwise when it comes
from, or goes to, another one: what works today may fail after the next move. Name the whole subnet.""",
        wrong=_NET
        + "ase e { version v1  subnet v/b  vip 40.1.1.1 }\n"
        + _inbound("100 allow tcp from 10.0.2.0/25 to * port 1433", "200 deny  any from *           to *"),
        right=_NET
        + "ase e { version v1  subnet v/b  vip 40.1.1.1 }\n"
        + _inbound("100 allow tcp from v/b to * port 1433", "200 deny  any from *   to *"),
    ),
    Entry(
        code="stale-prefix",
        title="A prefix that begins like a subnet and is wider",
        explanation="""The rule names a prefix that begins where a subnet begins and goes on beyond its end, where no
subnet is. The subnet may have been made smaller, or the prefix mistyped; a subnet that is put there later is let in
unasked. The subnet's name stays right whatever its prefix is.""",
        wrong=_NET + _inbound("100 allow tcp from 10.0.2.0/23 to * port 443"),
        right=_NET + _inbound("100 allow tcp from v/b to * port 443"),
    ),
    Entry(
        code="ftp-without-data",
        title="FTP's control connection without its data connections",
        explanation="""The rule lets port 21 or 990 of an environment in, and for the same client every port from 10001
to 10020 is closed. FTP opens a second connection to one of these for each listing and each file: a client logs in and
gets nothing.""",
        wrong=_ENVIRONMENTS + _inbound("100 allow tcp from 203.0.113.7 to * port 21"),
        right=_ENVIRONMENTS + _inbound("100 allow tcp from 203.0.113.7 to * port 21, 10001-10020"),
    ),
    # -- Routes ---------------------------------------------------------------------------------------------------------
    Entry(
        code="route-never-taken",
        title="A route that other routes hide",
        explanation="""The route with the longest prefix is taken. For every address of this route another one comes
before it, in every subnet that has the table, so no packet takes it. One to an appliance or a gateway may still count
for the tag VirtualNetwork.""",
        wrong=_ROUTED + _routes("198.51.100.0/24 -> none", "198.51.100.0/25 -> internet", "198.51.100.128/25 -> internet"),
        right=_ROUTED + _routes("198.51.100.0/24 -> none"),
    ),
    Entry(
        code="needless-route",
        title="A route without which packets go the same way",
        explanation="""Packets take the route, and without it they would go the same way: by Azure's own route, or by
another one of the table.""",
        wrong=_ROUTED + _routes("198.51.100.0/24 -> internet"),
        right=_ROUTED + _routes("198.51.100.0/24 -> none"),
    ),
    Entry(
        code="invalid-next-hop",
        title="A route to a next hop that Azure cannot reach",
        explanation="""The address of the appliance lies neither in the virtual network nor in a peer of it. Azure shows
such a route as invalid and loses what takes it.""",
        wrong=_ROUTED + _routes("198.51.100.0/24 -> appliance 10.9.0.4"),
        right=_ROUTED
        + "vm x { subnet v/a  ip 10.0.1.4  ip-forwarding on }\n"
        + _routes("198.51.100.0/24 -> appliance 10.0.1.4"),
    ),
    # -- Unused things --------------------------------------------------------------------------------------------------
    Entry(
        code="unused-nsg",
        title="An NSG that stands nowhere",
        explanation="No subnet and no machine has it, and no check compares it: it decides nothing. What it was to keep out "
        "comes in.",
        wrong=_NET.replace("  nsg g", "") + _inbound("100 deny any from Internet to *"),
        right=_NET + _inbound("100 deny any from Internet to *"),
    ),
    Entry(
        code="unused-route-table",
        title="A route table that no subnet has",
        explanation="Its routes are nobody's. A subnet takes it with `route-table NAME`.",
        wrong=_ROUTED.replace("  route-table r", "") + _routes("198.51.100.0/24 -> none"),
        right=_ROUTED + _routes("198.51.100.0/24 -> none"),
    ),
    Entry(
        code="unused-nat-gateway",
        title="A NAT gateway that no subnet has",
        explanation="Nobody's calls leave by it. A subnet takes it with `nat-gateway NAME`.",
        wrong=_ROUTED.replace("  route-table r", "") + "nat-gateway n { public-ip 40.1.1.1 }\n",
        right=_ROUTED.replace("  route-table r", "  nat-gateway n") + "nat-gateway n { public-ip 40.1.1.1 }\n",
    ),
    Entry(
        code="unused-asg",
        title="An application security group that no rule names",
        explanation="Membership in it changes nothing.",
        wrong=_NET.replace("  nsg g", "") + "asg web\nvm x { subnet v/a  ip 10.0.1.4  asg web }\n",
        right=_NET
        + "asg web\nvm x { subnet v/a  ip 10.0.1.4  asg web }\n"
        + _inbound("100 allow tcp from Internet to web port 443"),
    ),
    Entry(
        code="unused-service",
        title="A service that nothing names",
        explanation="The file declares a service, and neither it nor a file that it imports uses the name. What it imports may "
        "declare more than it uses: that is what libraries are for.",
        wrong=_ROUTED.replace("  route-table r", "") + "service postgres = tcp 5432\n",
        right=_ROUTED.replace("  route-table r", "")
        + "service postgres = tcp 5432\n"
        + 'vm x { subnet v/a  ip 10.0.1.4 }\nvm y { subnet v/a  ip 10.0.1.5 }\ncheck "data" x reaches y on postgres\n',
    ),
    Entry(
        code="unused-tag",
        title="A tag that nothing names",
        explanation="The file gives the prefixes of a service tag that neither it nor a file that it imports names.",
        wrong=_ROUTED.replace("  route-table r", "") + "tag Sql = 40.1.0.0/16\n",
        right=_NET + "tag Sql = 40.1.0.0/16\n" + _outbound("100 deny tcp from * to Sql port 1433"),
    ),
)
