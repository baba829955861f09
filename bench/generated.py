"""Specifications of chosen size, always the same for the same seed: what the benchmarks and their tests read."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

_PORTS = (22, 80, 443, 1433, 3389, 5432, 8080, 8443)
_PER_SPOKE = 10


def rules(count: int, seed: int, *, last: bool = True) -> Iterator[str]:
    """Rules as people write them: small prefixes, usual ports, some ranges, every fourth one a refusal."""
    chance = Random(seed)
    for number in range(count - last):
        access = "deny" if chance.random() < 0.25 else "allow"
        protocol = chance.choice(("tcp", "tcp", "tcp", "udp", "any"))
        width = chance.choice((32, 32, 28, 24, 24, 22))
        first = 10 << 24 | chance.randrange(1 << 20) >> 32 - width << 32 - width
        source = f"{first >> 24}.{first >> 16 & 255}.{first >> 8 & 255}.{first & 255}/{width}"
        port = f" port {_port(chance)}" if protocol != "any" else ""
        yield f"  {100 + number} {access} {protocol} from {source} to {_target(chance)}{port}"
    if last:
        yield "  4096 deny any from * to *"


def _port(chance: Random) -> str:
    if chance.random() < 0.2:
        low = chance.randrange(1024, 60000)
        return f"{low}-{low + chance.randrange(1, 2000)}"
    return str(chance.choice(_PORTS))


def _target(chance: Random) -> str:
    return chance.choice(("*", "10.16.0.0/24", f"10.16.0.{chance.randrange(256) & 0xF0}/28"))


def large_group(count: int, checks: int, seed: int = 1) -> str:
    """One NSG of `count` rules before a subnet, and `checks` checks of single callers and ports."""
    chance = Random(seed + 1)
    lines = [
        "vnet corp {",
        "  address 10.0.0.0/8",
        "  subnet apps { address 10.0.0.0/12 }",
        "  subnet data { address 10.16.0.0/24  nsg entering }",
        "}",
        "nsg entering { inbound {",
        *rules(count, seed),
        "} }",
    ]
    for number in range(checks):
        caller = f"10.0.{chance.randrange(256)}.{chance.randrange(4, 250)}"
        target = f"10.16.0.{chance.randrange(4, 250)}"
        claim = chance.choice(("reaches", "never reaches"))
        lines.append(f'check "{number}" {caller} {claim} {target} on tcp {chance.choice(_PORTS)}')
    return "\n".join(lines) + "\n"


def many_groups(groups: int, count: int, checks: int, seed: int = 1) -> str:
    """As `large_group`, with several NSGs of `count` rules, each before a subnet of its own, and checks of all of them."""
    chance = Random(seed + 1)
    lines = ["vnet corp {", "  address 10.0.0.0/8", "  subnet apps { address 10.0.0.0/12 }"]
    lines += [f"  subnet data{one} {{ address 10.{16 + one}.0.0/24  nsg entering{one} }}" for one in range(groups)]
    lines.append("}")
    for one in range(groups):
        lines += [f"nsg entering{one} {{ inbound {{", *rules(count, seed + one), "} }"]
    for number in range(checks):
        caller = f"10.0.{chance.randrange(256)}.{chance.randrange(4, 250)}"
        target = f"10.{16 + chance.randrange(groups)}.0.{chance.randrange(4, 250)}"
        claim = chance.choice(("reaches", "never reaches"))
        lines.append(f'check "{number}" {caller} {claim} {target} on tcp {chance.choice(_PORTS)}')
    return "\n".join(lines) + "\n"


def spokes(subnets: int) -> str:
    """A hub with a firewall's place and `subnets` subnets in spokes of ten, each spoke with an NSG, and one check in it."""
    count = -(-subnets // _PER_SPOKE)
    lines = ["vnet hub {", "  address 10.255.0.0/16", "  subnet shared { address 10.255.0.0/24 }"]
    lines += [f"  peer spoke{spoke}" for spoke in range(count)]
    lines.append("}")
    for spoke in range(count):
        high, middle = divmod(spoke * 16, 256)
        lines += [f"vnet spoke{spoke} {{", f"  address 10.{high}.{middle}.0/20", "  peer hub"]
        for number in range(min(_PER_SPOKE, subnets - spoke * _PER_SPOKE)):
            lines.append(f"  subnet s{number} {{ address 10.{high}.{middle + number}.0/24  nsg group{spoke} }}")
        lines += ["}", f"nsg group{spoke} {{ inbound {{", *rules(8, spoke, last=False), "} }"]
    lines.append('check "in a spoke" spoke0/s0 reaches spoke0/s1 on tcp 443')
    return "\n".join(lines) + "\n"
