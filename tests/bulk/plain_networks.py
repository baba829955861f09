"""Random networks in which many ends are plain: machines without public addresses, and subnets where none is declared."""

from __future__ import annotations

from dataclasses import replace

from tests.networks import nsg, rule, subnet
from tests.oracle.wide_networks import some_rule, wide_network

_SPACES = {"hub": "10.0", "left": "10.1", "right": "10.2"}
_SOURCES = (
    *("*", "*", "*", "10.0.0.0/8", "10.1.0.0/16", "10.1.20.0/24", "10.2.21.0/24", "10.0.20.0/24", "VirtualNetwork", "Internet"),
    *("10.1.20.4", "10.2.21.7", "10.1.20.0/25", "10.1.20.64/26", "10.0.20.5", "10.1.1.4", "Storage", "10.0.0.4"),
)
_PORTS = ("*", "*", "443", "443", "80,443", "1000-2000", "1500-1600", "53")


def plain_network(draw):
    """A hub and two spokes with subnets of which nobody knows what is in them, and NSGs that tell parts of these apart."""
    made = wide_network(draw)
    groups = {f"p{number}": _group(draw, f"p{number}") for number in range(4)}
    subnets = {one.name: one for one in (_subnet(draw, vnet, 20 + place) for vnet in _SPACES for place in range(2))}
    private = {
        name: replace(one, public_ip=one.public_ip if draw.random() < 0.2 else None) for name, one in made.machines.items()
    }
    return replace(
        made,
        subnets={**made.subnets, **subnets},
        groups={**made.groups, **groups},
        machines=private,
        load_balancers=made.load_balancers if draw.random() < 0.2 else {},
    )


def _subnet(draw, vnet, third):
    group = draw.choice(["p0", "p1", "p2", "p3", "g1", None])
    table = draw.choice(["r1", "r2", "r3", None])
    return subnet(f"{vnet}/p{third}", f"{_SPACES[vnet]}.{third}.0/24", nsg=group, route_table=table)


def _group(draw, name):
    last = [rule(4000, draw.choice(["allow", "allow", "deny"]), "any", "*", "*", "*")] if draw.random() < 0.6 else []
    return nsg(name, inbound=[*_rules(draw), *last], outbound=_rules(draw) if draw.random() < 0.5 else [])


def _rules(draw):
    return [
        some_rule(draw, 100 + number)
        if draw.random() < 0.1
        else rule(
            100 + number,
            draw.choice(["allow", "allow", "deny"]),
            draw.choice(["tcp", "tcp", "any", "udp"]),
            draw.choice(_SOURCES),
            draw.choice(_SOURCES),
            draw.choice(_PORTS),
            source_port=draw.choice(["*", "*", "*", "*", "1024-65535"]),
        )
        for number in range(draw.randrange(6))
    ]
