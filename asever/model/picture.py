"""What a picture of a network shows: things in subnets, subnets in virtual networks, what is outside, and the links."""

from __future__ import annotations

from enum import Enum

from asever.record import record


class LinkKind(Enum):
    """Why two things are linked, in the words of the legend."""

    PEERING = "peering"
    HALF_PEERING = "peering that one side alone declares"
    GATEWAY = "gateway to a network on premises"
    PUBLIC = "public address"
    BALANCER = "load balancer to the machines behind it"
    PRIVATE_ENDPOINT = "private endpoint to its service"


@record
class Node:
    """One thing. `kind` is its word in the language (`vm`); `details` are lines that say more."""

    key: str
    kind: str
    title: str
    details: tuple[str, ...] = ()


@record
class Cell:
    """A subnet with what stands in it; without a title what a virtual network holds outside of its subnets (gateways)."""

    key: str
    title: str = ""
    details: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()


@record
class Area:
    """A virtual network."""

    key: str
    title: str
    details: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()


@record
class Link:
    """A link between two keys; `label` says more than the kind."""

    kind: LinkKind
    one: str
    other: str
    label: str = ""


@record
class Picture:
    """A whole network, everything in the order of the file."""

    outside: tuple[Node, ...] = ()
    areas: tuple[Area, ...] = ()
    links: tuple[Link, ...] = ()
