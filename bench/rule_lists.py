"""Lists of rules of several kinds and any length, the same for the same seed, and programs around them.

`corporate` is an NSG as large companies have them: service tags, lists of prefixes and of ports, and mistakes whose rules say
so in their names (`dead`, `split`, `needless`, `late`). `wildcards` name services and few addresses, `allowlist` nothing but
addresses, with lists of up to fifty; `pairs` are pairs of prefixes as ClassBench has them, and `rectangles` random ranges in
every dimension that overlap as they like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

_PORTS = (
    22,
    53,
    80,
    123,
    135,
    389,
    443,
    445,
    636,
    1433,
    1521,
    2049,
    3306,
    3389,
    5432,
    5671,
    5985,
    6379,
    8080,
    8443,
    9090,
    9200,
)
_TAGS = ("AzureMonitor", "Storage", "Sql.EastUS", "GatewayManager", "AzureDevOps", "AppServiceManagement", "AzureCloud.EastUS")
_MOST_OF_GROUP = 3_900  # priorities of an NSG are 100 to 4096
TARGET = "10.16.0.0/16"


def dotted(number: int) -> str:
    """An IPv4 address."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def _prefix(chance: Random, base: int, bits: int, widths: tuple[int, ...]) -> str:
    """A random prefix under `base`, whose last `bits` bits are free."""
    width = chance.choice(widths)
    first = base | chance.randrange(1 << bits) >> 32 - width << 32 - width
    return f"{dotted(first)}/{width}"


def _corporate_source(chance: Random) -> str:
    return _prefix(chance, 10 << 24, 20, (32, 32, 29, 28, 27, 26, 24, 24, 24, 23, 22, 20))


def _partner(chance: Random) -> str:
    return _prefix(chance, 203 << 24, 24, (32, 32, 32, 29, 28, 24))


def _own(chance: Random) -> str:
    return _prefix(chance, 10 << 24 | 16 << 16, 16, (32, 28, 28, 26, 24, 24, 24))


def _ports(chance: Random) -> str:
    kind = chance.random()
    if kind < 0.5:
        return str(chance.choice(_PORTS))
    if kind < 0.8:
        return ", ".join(str(one) for one in sorted(chance.sample(_PORTS, chance.randrange(2, 6))))
    low = chance.randrange(1024, 60000)
    return f"{low}-{low + chance.randrange(1, 2000)}"


def _list(chance: Random, draw: Callable[[Random], str], most: int) -> str:
    return ", ".join(dict.fromkeys(draw(chance) for _ in range(chance.randrange(1, most + 1))))


def corporate(count: int, seed: int) -> Iterator[str]:
    """Tags, lists, exceptions, mistakes, and a denial of everything else at the end."""
    chance = Random(seed)
    made: list[str] = []
    later: list[tuple[int, str]] = []
    while len(made) < count - 1:
        due = [one for one in later if one[0] <= len(made)]
        if due:
            later.remove(due[0])
            made.append(due[0][1])
            continue
        kind = chance.random()
        if kind < 0.10:
            made.append(f"allow tcp from {chance.choice(_TAGS)} to {_list(chance, _own, 2)} port {_ports(chance)}")
        elif kind < 0.12:
            made.append(f"{chance.choice(('allow', 'deny'))} any from {_corporate_source(chance)} to {_own(chance)}")
        elif kind < 0.16:
            made.append(f"deny tcp from {_list(chance, _partner, 3)} to * port {_ports(chance)}")
        elif kind < 0.30:
            made.append(f"allow tcp from {_list(chance, _partner, 8)} to {_own(chance)} port {_ports(chance)}")
        else:
            protocol = chance.choice(("tcp", "tcp", "tcp", "udp"))
            target = "*" if chance.random() < 0.2 else _list(chance, _own, 3)
            made.append(f"allow {protocol} from {_list(chance, _corporate_source, 12)} to {target} port {_ports(chance)}")
        if chance.random() < 0.05:
            made, planted = _mistake(chance, made, count)
            later += planted
    for number, text in enumerate(made[: count - 1]):
        name, _, rest = text.rpartition('" ')
        yield f"{100 + number} {f'{name} {number}{chr(34)} ' if name else ''}{rest}"
    yield f"{100 + count} deny any from * to *"


def _mistake(chance: Random, made: list[str], count: int) -> tuple[list[str], list[tuple[int, str]]]:
    """Rules with a mistake that ends with another rule some way below."""
    own, block, port = chance.randrange(256), chance.randrange(1 << 16), chance.choice(_PORTS)
    low, high, whole = (
        f"10.{32 + (block >> 8 & 31)}.{block & 255}.0/25",
        "128/25",
        f"10.{32 + (block >> 8 & 31)}.{block & 255}.0/24",
    )
    high = whole.removesuffix("0/24") + high
    target = f"10.16.{own}.0/24"
    at = min(len(made) + chance.randrange(2, 200), count - 2)
    match chance.randrange(4):
        case 0:
            first = [f"allow tcp from {whole} to {target} port {port}, 7000-7010"]
            last = f'"dead" allow tcp from {low} to {target} port {port}'
        case 1:
            first = [f"allow tcp from {one} to {target} port {port}" for one in (low, high)]
            last = f'"split" allow tcp from {whole} to {target} port {port}'
        case 2:
            first = [f'"needless" allow tcp from {low} to {target} port 7{own:03}']
            last = f"allow tcp from {whole} to {target} port 7000-7999"
        case _:
            first = [f"allow tcp from {whole} to {target} port {port}"]
            last = f'"late" deny tcp from {low} to {target} port {port}'
    return [*made, *first], [(at, last)]


def wildcards(count: int, seed: int) -> Iterator[str]:
    """Most rules name one side or none: a service open to all, a range closed to all."""
    chance = Random(seed)
    for number in range(count - 1):
        access = "deny" if chance.random() < 0.3 else "allow"
        source = chance.choice(("*", "*", "Internet", "VirtualNetwork", chance.choice(_TAGS), _corporate_source(chance)))
        target = chance.choice(("*", "*", _own(chance)))
        yield f"{100 + number} {access} {chance.choice(('tcp', 'tcp', 'udp'))} from {source} to {target} port {_ports(chance)}"
    yield f"{100 + count} deny any from * to *"


def allowlist(count: int, seed: int) -> Iterator[str]:
    """Nothing but particular rules with long lists, and a closing denial."""
    chance = Random(seed)
    for number in range(count - 1):
        sources = _list(chance, _corporate_source, 50 if chance.random() < 0.3 else 6)
        yield f"{100 + number} allow tcp from {sources} to {_list(chance, _own, 3)} port {_ports(chance)}"
    yield f"{100 + count} deny any from * to *"


def pairs(count: int, seed: int) -> Iterator[str]:
    """Pairs of prefixes of all lengths, a few of them anything."""
    chance = Random(seed)
    for number in range(count - 1):
        widths = (32, 32, 30, 28, 27, 26, 24, 24, 22, 20)
        source = "*" if chance.random() < 0.1 else _prefix(chance, 172 << 24 | 16 << 16, 20, widths)
        target = "*" if chance.random() < 0.05 else _prefix(chance, 10 << 24 | 16 << 16, 16, widths)
        access, protocol = chance.choice(("allow", "deny")), chance.choice(("tcp", "tcp", "udp", "any"))
        port = "" if protocol == "any" else f" port {_ports(chance)}"
        yield f"{100 + number} {access} {protocol} from {source} to {target}{port}"
    yield f"{100 + count} deny any from * to *"


def rectangles(count: int, seed: int) -> Iterator[str]:
    """Random ranges in every dimension."""
    chance = Random(seed)
    for number in range(count):
        source, target = (_span(chance, base) for base in (10 << 24, 10 << 24 | 16 << 16))
        low, high = sorted(chance.randrange(1, 65536) for _ in range(2))
        from_low, from_high = sorted(chance.randrange(1, 65536) for _ in range(2))
        access, protocol = chance.choice(("allow", "deny")), chance.choice(("tcp", "udp"))
        yield f"{100 + number} {access} {protocol} from {source} port {from_low}-{from_high} to {target} port {low}-{high}"


def _span(chance: Random, base: int) -> str:
    """A range of addresses as the prefixes that it is made of, in steps of sixteenths."""
    low, high = sorted(chance.sample(range(17), 2))
    return ", ".join(f"{dotted(base + (one << 12))}/20" for one in range(low, high))


KINDS: dict[str, Callable[[int, int], Iterator[str]]] = {
    "corporate": corporate,
    "wildcards": wildcards,
    "allowlist": allowlist,
    "pairs": pairs,
    "rectangles": rectangles,
}


def program(rules: list[str], checks: str = "") -> str:
    """The rules before one subnet: an NSG, or a firewall where an NSG has no priorities for so many."""
    network = ["vnet corp {", "  address 10.0.0.0/8", "  subnet apps { address 10.0.0.0/12 }"]
    if len(rules) <= _MOST_OF_GROUP:
        network += [f"  subnet data {{ address {TARGET}  nsg entering }}", "}", "nsg entering { inbound {", *rules, "} }"]
    else:
        network += [f"  subnet data {{ address {TARGET} }}", "  subnet edge { address 10.255.0.0/24 }", "}"]
        network += ["firewall entering { subnet corp/edge  ip 10.255.0.4  snat never", *rules, "}"]
    return "\n".join((*network, checks)) + "\n"


def edited(rules: list[str], seed: int, changes: int = 3) -> list[str]:
    """The same list after someone worked on it: some rules turned, gone, or new."""
    chance = Random(seed)
    new = list(rules)
    for _ in range(changes):
        at = chance.randrange(len(new) - 1)
        match chance.randrange(3):
            case 0:
                new[at] = new[at].replace(" allow ", " deny ") if " allow " in new[at] else new[at].replace(" deny ", " allow ")
            case 1:
                del new[at]
            case _:
                number = int(new[at].split()[0])
                new[at] = f"{number} allow tcp from {_corporate_source(chance)} to {_own(chance)} port {_ports(chance)}"
    return new
