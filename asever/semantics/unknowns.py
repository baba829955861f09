"""Addresses that a program leaves `unknown`: what stands for them until somebody says.

A private address becomes the first free one of its subnet, as Azure gives them out; a public one an address of a network for
documentation; the prefixes of a network lie in 240.0.0.0/4, where no network of Azure is. What the model then finds holds for
the true address as well, unless a rule or a route tells it from others: there the answer is unknown (asever.azure.tags).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from asever.model import things
from asever.model.addresses import ALL_V4, parse_prefix
from asever.model.numbers import EMPTY, NumberSet, union
from asever.record import replace

_MARK = 1 << 140
"""Numbers from here on stand for addresses that are not chosen yet; no address is as large."""

UNKNOWN_NETWORKS = parse_prefix("240.0.0.0/4").first
"""Where prefixes begin that stand for unknown ones."""

_PUBLIC = union(map(parse_prefix, ("198.51.100.0/24", "203.0.113.0/24")))
_MORE_PUBLIC = parse_prefix("100.0.0.0/10")
_NETWORK, _SUBNET = 1 << 16, 1 << 8


class Unknowns:
    """What was left unknown so far, and what stands for it."""

    def __init__(self) -> None:
        self.guesses: list[things.Guess] = []
        self._marks = 0
        self._blocks = 0
        self._within: dict[int, int] = {}
        self._same: dict[int, str] = {}

    @property
    def are_there(self) -> bool:
        """Whether anything stands for what is not known."""
        return bool(self._marks or self.guesses)

    def mark(self) -> int:
        """A stand-in for one address that will be chosen when everything else is known."""
        self._marks += 1
        return _MARK + self._marks

    def same_as(self, other: str) -> int:
        """A stand-in for the frontend that another load balancer has."""
        found = self.mark()
        self._same[found] = other
        return found

    def prefix(self, of: str, inside: NumberSet = EMPTY) -> NumberSet:
        """A prefix that stands for an unknown one: a network's, or a subnet's `inside` such a network's."""
        if inside and inside.first >= UNKNOWN_NETWORKS and inside <= ALL_V4:
            taken = self._within[inside.first] = self._within.get(inside.first, -1) + 1
            low = inside.first + taken * _SUBNET
            return NumberSet.span(low, low + _SUBNET - 1)
        low = UNKNOWN_NETWORKS + self._blocks * _NETWORK
        self._blocks += 1
        found = NumberSet.span(low, low + _NETWORK - 1)
        self.guesses.append(things.Guess(of=of, addresses=found))
        return found

    def settle(self, made: dict[str, things.Thing], written: Callable[[], NumberSet]) -> None:
        """Chooses every address that is left; `written` tells the single addresses that the program names anywhere."""
        if not self._marks:
            return
        free = _Free(made, written())
        for name, thing in list(made.items()):
            made[name] = self._settled(thing, free)
        for name, thing in list(made.items()):
            other = made.get(self._same.get(thing.frontend, "")) if isinstance(thing, things.LoadBalancer) else None
            if isinstance(thing, things.LoadBalancer) and isinstance(other, things.LoadBalancer):
                made[name] = replace(thing, frontend=other.frontend)

    def _settled(self, thing: things.Thing, free: _Free) -> things.Thing:
        match thing:
            case things.Machine():
                own = tuple(self._private(thing.name, "ip", thing.subnet, one, free) for one in thing.addresses)
                return replace(thing, addresses=own, public_ip=self._public(thing.name, "public-ip", thing.public_ip, free))
            case things.Firewall():
                own_ip = self._private(thing.name, "ip", thing.subnet, thing.address, free)
                return replace(thing, address=own_ip, public_ip=self._public(thing.name, "public-ip", thing.public_ip, free))
            case things.PrivateEndpoint():
                return replace(thing, address=self._private(thing.name, "ip", thing.subnet, thing.address, free))
            case things.LoadBalancer() if thing.frontend in self._same:
                return thing
            case things.LoadBalancer(subnet=None):
                return replace(thing, frontend=self._public(thing.name, "frontend", thing.frontend, free) or 0)
            case things.LoadBalancer(subnet=str() as subnet):
                return replace(thing, frontend=self._private(thing.name, "frontend", subnet, thing.frontend, free))
            case things.Environment(ilb=int() as ilb):
                return replace(thing, ilb=self._private(thing.name, "ilb", thing.subnet, ilb, free))
            case things.NatGateway():
                known = NumberSet.of(one for one in thing.public_ip.ranges if one[0] < _MARK)
                marks = [low for low, _ in thing.public_ip.ranges if low >= _MARK]
                chosen = [self._public(thing.name, "public-ip", one, free) for one in marks]
                return replace(thing, public_ip=union((known, *(NumberSet.single(one) for one in chosen if one is not None))))
            case _:
                return thing

    def _private(self, name: str, part: str, subnet: str, address: int, free: _Free) -> int:
        if address < _MARK:
            return address
        chosen = free.private(subnet)
        self.guesses.append(things.Guess(of=f"{name}.{part}", addresses=NumberSet.single(chosen), within=subnet))
        return chosen

    def _public(self, name: str, part: str, address: int | None, free: _Free) -> int | None:
        if address is None or address < _MARK:
            return address
        chosen = free.public()
        self.guesses.append(things.Guess(of=f"{name}.{part}", addresses=NumberSet.single(chosen), public=True))
        return chosen


class _Free:
    """Addresses that nothing in the program has or names."""

    def __init__(self, made: Mapping[str, things.Thing], written: NumberSet) -> None:
        self.made = made
        self.written = written
        self.used: set[int] = set()
        self._publics = self._all_public()

    def private(self, subnet: str) -> int:
        """The first free address of a subnet; one that the program names only where there is no other."""
        thing = self.made.get(subnet)
        usable = thing.usable if isinstance(thing, things.Subnet) else EMPTY
        rest = (usable - self.written, usable, NumberSet.span(_MARK, _MARK + len(self.used) + 1))
        chosen = next(one for numbers in rest for one in numbers if one not in self.used)
        self.used.add(chosen)
        return chosen

    def public(self) -> int:
        """The next address that stands for a public one."""
        return next(self._publics)

    def _all_public(self) -> Iterator[int]:
        # From the far end: the first ones stand for the addresses of environments.
        ends = (high for low, high in reversed(_PUBLIC.ranges))
        for high in ends:
            yield from (one for one in range(high - 1, high - 128, -1) if one not in self.written)
        yield from (one for one in _MORE_PUBLIC if one not in self.written and one % 256)
