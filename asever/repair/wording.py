"""How a file may name addresses: the references that hold them, smallest first, and the numbers themselves at last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from asever.model.addresses import ALL_ADDRESSES, ALL_V4, prefixes
from asever.model.effective import EffectiveNetwork
from asever.model.numbers import NumberSet
from asever.model.things import Network, Thing
from asever.record import record
from asever.semantics.names import PARTS
from asever.semantics.terms import addresses_of

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*\Z")
_MOST_LITERALS = 3
_MOST_TERMS = 3


@record
class Term:
    """Words for a set of addresses; `named` unless they are numbers."""

    text: str
    addresses: NumberSet
    named: bool = True


def home_of(thing: Thing) -> str:
    """The prefix under which a top-level thing's file is known in the whole program: `net.` for an import `as net`."""
    own = thing.span.text.strip('"') if thing.span is not None else thing.name
    return thing.name.removesuffix(own)


def quoted(name: str) -> str:
    """A full name as it is written, quoted where it must be."""
    return "/".join(part if _BARE.match(part) else f'"{part}"' for part in name.split("/"))


def terms_for(
    network: Network, tables: EffectiveNetwork, needed: NumberSet, home: str, wider: Mapping[str, NumberSet]
) -> tuple[Term, ...]:
    """Words for addresses, those that hold the fewest others first, with `wider` (tags, say) among them.

    Only what holds all of them; numbers come in if they are few.
    """
    found = {text: addresses for text, addresses in _named(network, home) if needed <= addresses}
    found |= {text: addresses for text, addresses in wider.items() if needed <= addresses}
    if tables.probe_source in needed and needed.size == 1:
        found["AzureLoadBalancer"] = needed
    every = sorted((Term(text=text, addresses=one) for text, one in found.items()), key=_size)
    terms = tuple({one.addresses: one for one in reversed(every)}.values())[::-1]
    literal = prefixes(needed) if len(needed.ranges) <= _MOST_LITERALS else ()
    numbers = Term(text=", ".join(literal), addresses=needed, named=False)
    exact = [one for one in terms if one.addresses == needed]
    rest = [one for one in terms if one.addresses != needed][: _MOST_TERMS - len(exact)]
    with_numbers = [numbers] if literal and len(literal) <= _MOST_LITERALS and not exact and needed != ALL_ADDRESSES else []
    return tuple(exact[:_MOST_TERMS] + with_numbers + rest)


def _size(term: Term) -> tuple[int, int, str]:
    return (term.addresses & ALL_V4).size + min((term.addresses - ALL_V4).size, 1), len(term.text), term.text


def _named(network: Network, home: str) -> Iterator[tuple[str, NumberSet]]:
    """Every reference that a file of this home may write, and its addresses."""
    every: dict[str, Thing] = {}
    kinds: dict[str, str] = {}
    for kind, things in _things(network):
        for name, thing in things.items():
            every[name], kinds[name] = thing, kind
    for name, thing in every.items():
        if not name.startswith(home):
            continue
        written = quoted(name.removeprefix(home))
        for part in (None, *PARTS.get(kinds[name], ())):
            if part in ("subnet", "dns"):
                continue
            addresses = addresses_of(every, thing, part)
            if addresses:
                yield written if part is None else f"{written}.{part}", addresses
    for name, tag in network.tags.items():
        if name.startswith(home):
            yield quoted(name.removeprefix(home)), tag.addresses


def _things(network: Network) -> tuple[tuple[str, Mapping[str, Thing]], ...]:
    return (
        ("vnet", network.vnets),
        ("subnet", network.subnets),
        ("ase", network.environments),
        ("vm", network.machines),
        ("on-premises", network.on_premises),
        ("load-balancer", network.load_balancers),
        ("nat-gateway", network.nat_gateways),
        ("firewall", network.firewalls),
        ("private-endpoint", network.private_endpoints),
        ("platform-service", network.platform_services),
    )
