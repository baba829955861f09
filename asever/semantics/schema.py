"""Which attributes each kind of thing takes: one table for errors, for completion in editors and for the reference page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Takes(Enum):
    """What stands after an attribute's word."""

    ADDRESS = "an address"
    ADDRESSES = "addresses"
    PREFIXES = "address prefixes"
    WORD = "a word"
    NUMBER = "a number"
    SWITCH = "`on` or `off`"
    THING = "a name"
    THINGS = "names"
    WORDS = "words"
    BLOCK = "a block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attr:
    """One attribute. `words` are the admitted words, `of` the kinds of thing that a name may stand for."""

    takes: Takes
    required: bool = False
    words: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    many: bool = False  # may be written more than once


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of declaration; the flags say which special items its body takes besides attributes."""

    attributes: Mapping[str, Attr]
    directions: bool = False
    bare_rules: bool = False
    routes: bool = False
    mappings: bool = False


def _a(takes: Takes, *, required: bool = False, words: tuple[str, ...] = (), of: tuple[str, ...] = (), many: bool = False) -> Attr:
    return Attr(takes=takes, required=required, words=words, of=of, many=many)


T = Takes
SCHEMA: Mapping[str, Kind] = {
    "vnet": Kind(
        attributes={
            "address": _a(T.PREFIXES, required=True),
            "region": _a(T.WORD),
            "peers": _a(T.THINGS, of=("vnet",)),
            "peer": _a(T.BLOCK, many=True),
            "subnet": _a(T.BLOCK, many=True),
        }
    ),
    "peer": Kind(
        attributes={
            "access": _a(T.SWITCH),
            "forwarded-traffic": _a(T.SWITCH),
            "gateway-transit": _a(T.SWITCH),
            "remote-gateway": _a(T.SWITCH),
        }
    ),
    "subnet": Kind(
        attributes={
            "address": _a(T.PREFIXES, required=True),
            "nsg": _a(T.THING, of=("nsg",)),
            "route-table": _a(T.THING, of=("route-table",)),
            "nat-gateway": _a(T.THING, of=("nat-gateway",)),
            "service-endpoints": _a(T.WORDS),
            "private-endpoint-policies": _a(T.WORD, words=("off", "nsg", "routes", "on")),
            "default-outbound": _a(T.SWITCH),
        }
    ),
    "ase": Kind(
        attributes={
            "version": _a(T.WORD, required=True, words=("v1", "v2", "v3")),
            "subnet": _a(T.THING, required=True, of=("subnet",)),
            "vip": _a(T.ADDRESS),
            "ilb": _a(T.ADDRESS),
            "ftp": _a(T.WORD, words=("public", "ilb")),
            "outbound": _a(T.ADDRESSES),
            "ip-ssl": _a(T.BLOCK, many=True),
            "instances": _a(T.NUMBER),
            "ftp-enabled": _a(T.SWITCH),
            "remote-debug-enabled": _a(T.SWITCH),
        }
    ),
    "ip-ssl": Kind(attributes={"http": _a(T.NUMBER, required=True), "https": _a(T.NUMBER, required=True)}),
    "vm": Kind(
        attributes={
            "subnet": _a(T.THING, required=True, of=("subnet",)),
            "ip": _a(T.ADDRESSES, required=True),
            "public-ip": _a(T.ADDRESS),
            "nsg": _a(T.THING, of=("nsg",)),
            "asg": _a(T.THINGS, of=("asg",)),
            "ip-forwarding": _a(T.SWITCH),
        }
    ),
    "asg": Kind(attributes={}),
    "nsg": Kind(attributes={}, directions=True),
    "route-table": Kind(attributes={"bgp-propagation": _a(T.SWITCH)}, routes=True),
    "gateway": Kind(
        attributes={
            "vnet": _a(T.THING, required=True, of=("vnet",)),
            "kind": _a(T.WORD, required=True, words=("vpn", "expressroute")),
            "learns": _a(T.PREFIXES),
            "to": _a(T.THING, of=("on-premises",)),
        }
    ),
    "on-premises": Kind(attributes={"address": _a(T.PREFIXES, required=True)}),
    "load-balancer": Kind(
        attributes={
            "frontend": _a(T.ADDRESS, required=True),
            "subnet": _a(T.THING, of=("subnet",)),
            "backend": _a(T.THINGS, required=True, of=("vm",)),
            "probe": _a(T.NUMBER),
            "outbound": _a(T.SWITCH),
            "sku": _a(T.WORD, words=("basic", "standard")),
        },
        mappings=True,
    ),
    "nat-gateway": Kind(attributes={"public-ip": _a(T.ADDRESSES, required=True)}),
    "firewall": Kind(
        attributes={
            "subnet": _a(T.THING, required=True, of=("subnet",)),
            "ip": _a(T.ADDRESS, required=True),
            "public-ip": _a(T.ADDRESS),
        },
        bare_rules=True,
    ),
    "private-endpoint": Kind(
        attributes={
            "subnet": _a(T.THING, required=True, of=("subnet",)),
            "ip": _a(T.ADDRESS, required=True),
            "to": _a(T.WORD, required=True),
        }
    ),
    "admin-rules": Kind(attributes={"applies-to": _a(T.THINGS, required=True, of=("vnet",))}, directions=True),
}
"""Every kind, the blocks inside other kinds included."""

INNER = frozenset({"peer", "subnet", "ip-ssl"})
"""Kinds that stand inside another declaration only."""
