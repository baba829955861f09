"""Networks of chosen size as people build them: hubs, spokes behind a firewall, an NSG for every subnet, environments.

Every fourth spoke has no route table, so that its calls go over the peering; the others send what leaves them through the
firewall of their hub. Each NSG is its own: rules between hosts, subnets and spokes, some wide, ports and ranges of a pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

SUBNETS_PER_SPOKE = 10
SPOKES_PER_HUB = 32
ENVIRONMENT_EVERY = 200
_PORTS = (22, 25, 53, 80, 123, 443, 1433, 1521, 3306, 3389, 5432, 6379, 8080, 8443, 9090, 27017)


def hubs_and_spokes(subnets: int, *, seed: int = 1, rules: tuple[int, int] = (50, 200), ranges: int = 100) -> str:
    """A network of about `subnets` subnets; each NSG has a number of rules between those given, half of them inbound.

    `ranges` is how many different ranges of ports the rules draw from.
    """
    return "\n".join(_lines(subnets, Random(seed), rules, ranges)) + "\n"


def _lines(subnets: int, draw: Random, rules: tuple[int, int], ranges: int) -> Iterator[str]:
    spokes = -(-subnets // SUBNETS_PER_SPOKE)
    hubs = -(-spokes // SPOKES_PER_HUB)
    pool = [*map(str, _PORTS), *(_range(draw) for _ in range(ranges))]
    for hub in range(hubs):
        yield from _hub(hub, hubs, range(hub * SPOKES_PER_HUB, min(spokes, (hub + 1) * SPOKES_PER_HUB)))
    for spoke in range(spokes):
        yield from _spoke(spoke, min(SUBNETS_PER_SPOKE, subnets - spoke * SUBNETS_PER_SPOKE))
    for number in range(subnets):
        yield from _group(number, subnets, draw, draw.randint(*rules), pool)
    for number in range(-(-subnets // ENVIRONMENT_EVERY)):
        yield from _environment(number)
    yield f'check "in a spoke" {_subnet(0)} reaches {_subnet(min(1, subnets - 1))} on tcp 443'


def _range(draw: Random) -> str:
    low = draw.randrange(1024, 60000)
    return f"{low}-{low + draw.randrange(1, 5000)}"


def _hub(hub: int, hubs: int, spokes: range) -> Iterator[str]:
    yield f"vnet hub{hub} {{ address 192.168.{hub * 4}.0/22"
    yield f"  subnet AzureFirewallSubnet {{ address 192.168.{hub * 4}.0/26  route-table beyond-hub{hub} }}"
    yield f"  subnet shared {{ address 192.168.{hub * 4 + 1}.0/24 }}"
    yield from (f"  peer hub{other} {{ forwarded-traffic on }}" for other in range(hubs) if other != hub)
    yield from (f"  peer spoke{spoke} {{ forwarded-traffic on }}" for spoke in spokes)
    environments = {spoke * SUBNETS_PER_SPOKE // ENVIRONMENT_EVERY for spoke in spokes}
    yield from (f"  peer apps{number}" for number in sorted(environments))
    yield "}"
    yield f"firewall wall{hub} {{ subnet hub{hub}/AzureFirewallSubnet  ip 192.168.{hub * 4}.4  public-ip 20.1.{hub}.1"
    yield '  100 "spokes" allow tcp from 10.0.0.0/8 to 10.0.0.0/8 port 443, 1433, 8080'
    yield '  200 "out" allow tcp from 10.0.0.0/8 to Internet port 443'
    yield "}"
    yield f"route-table beyond-hub{hub} {{"
    yield from (
        f"  route {_address(other * SPOKES_PER_HUB * 16)}/15 -> appliance 192.168.{other * 4}.4"
        for other in range(hubs)
        if other != hub
    )
    yield "}"
    yield f"route-table by-hub{hub} {{ route 0.0.0.0/0 -> appliance 192.168.{hub * 4}.4 }}"


def _spoke(spoke: int, subnets: int) -> Iterator[str]:
    hub = spoke // SPOKES_PER_HUB
    yield f"vnet spoke{spoke} {{ region westeurope  address {_address(spoke * 16)}/20  peer hub{hub} {{ forwarded-traffic on }}"
    for place in range(subnets):
        table = "" if spoke % 4 == 3 else f"  route-table by-hub{hub}"
        number = spoke * SUBNETS_PER_SPOKE + place
        yield f"  subnet s{place} {{ address {_prefix(number)}  nsg group{number}{table} }}"
    yield "}"


def _subnet(number: int) -> str:
    return f"spoke{number // SUBNETS_PER_SPOKE}/s{number % SUBNETS_PER_SPOKE}"


def _address(third: int) -> str:
    return f"10.{third >> 8}.{third & 255}.0"


def _prefix(number: int) -> str:
    return f"{_address(number // SUBNETS_PER_SPOKE * 16 + number % SUBNETS_PER_SPOKE)}/24"


def _group(number: int, subnets: int, draw: Random, count: int, pool: list[str]) -> Iterator[str]:
    yield f"nsg group{number} {{"
    for direction in ("inbound", "outbound"):
        yield f"{direction} {{"
        for priority in range(100, 100 + count // 2):
            here = draw.choice(("*", "*", "*", _prefix(number), _prefix(number), _host(draw, number)))
            there = _there(draw, subnets)
            source, target = (there, here) if direction == "inbound" else (here, there)
            protocol = draw.choice(("tcp", "tcp", "tcp", "udp", "any"))
            port = f" port {draw.choice(pool)}" if protocol != "any" else ""
            access = "deny" if draw.random() < 0.3 else "allow"
            yield f"  {priority} {access} {protocol} from {source} to {target}{port}"
        if draw.random() < 0.7:
            yield "  4096 deny any from * to *"
        yield "}"
    yield "}"


def _there(draw: Random, subnets: int) -> str:
    number = draw.randrange(subnets)
    kind = draw.random()
    if kind < 0.1:
        return draw.choice(("*", "VirtualNetwork", "10.0.0.0/8"))
    if kind < 0.2:
        return f"{_address(number // SUBNETS_PER_SPOKE * 16)}/20"
    return _prefix(number) if kind < 0.75 else _host(draw, number)


def _host(draw: Random, number: int) -> str:
    return f"{_prefix(number)[:-4]}{draw.randrange(4, 250)}/32"


def _environment(number: int) -> Iterator[str]:
    hub = number * ENVIRONMENT_EVERY // SUBNETS_PER_SPOKE // SPOKES_PER_HUB
    yield f"vnet apps{number} {{ region westeurope  address 172.16.{number}.0/24  peer hub{hub}"
    yield f"  subnet apps {{ address 172.16.{number}.0/26 }} }}"
    yield f"ase ase{number} {{ version v3  subnet apps{number}/apps  vip 20.2.{number}.1 }}"
