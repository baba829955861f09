"""Virtual hubs: what a network that is connected to one sends to others by it is unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from asever.importers.network import words
from asever.importers.network.book import last, reference_text
from asever.importers.network.gateways import space
from asever.importers.network.sheet import Making
from asever.importers.network.words import inner, prop
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.model.addresses import parse_prefix
from asever.model.numbers import union
from asever.record import record
from asever.source import Span

HUB = "Microsoft.Network/virtualHubs"
CONNECTION = f"{HUB}/hubVirtualNetworkConnections"
_VNET = "Microsoft.Network/virtualNetworks"
_OWN_PEERING = "remotevnettohubpeering"
"""What Azure calls the peering that it makes in a network which is connected to a hub."""

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""Where the networks behind a hub lie, as far as nobody says so: in all private addresses."""


_MOST = 100
"""Public address spaces that are listed one by one; of more of them all addresses may lie behind the hub."""


@record
class _Connection:
    """A network that is connected to a hub. `everything` says that the hub may bring a default route."""

    hub: str
    vnet: Resource
    everything: bool
    span: Span


def hubs(to: Making) -> None:
    """A gateway, of which nobody knows what stands behind it, for each network that is connected to a hub."""
    beside: dict[str, list[_Connection]] = defaultdict(list)
    found: dict[int, _Connection] = {}
    for one in _connections(to):
        if found.setdefault(id(one.vnet), one) is one:
            beside[one.hub.casefold()].append(one)
    apart_of = {hub: _beyond(connections) for hub, connections in beside.items()}
    for one in found.values():
        at = one.span
        learned = {prefix.text: prefix for text in _PRIVATE if (prefix := words.prefix(text, at)) is not None}
        apart = apart_of[one.hub.casefold()]
        texts = ("0.0.0.0/0",) if one.everything or len(apart) > _MOST else apart
        learned |= {text: prefix for text in texts if (prefix := words.prefix(text, at)) is not None}
        to.declare(
            "gateway",
            to.part_name(one.vnet, f"{last(one.hub)} of {last(one.vnet.name)}", "gateway"),
            at,
            [
                words.attribute("vnet", at, words.ref(to.name(one.vnet), at)),
                words.attribute("kind", at, words.ref("hub", at)),
                words.attribute("learns", at, *learned.values()),
                words.attribute("to", at, words.unknown(at)),
            ],
        )


def _beyond(connections: list[_Connection]) -> tuple[str, ...]:
    """The address spaces of the networks of a hub that are not private."""
    private = union(parse_prefix(text) for text in _PRIVATE)
    return tuple(each.text for one in connections for each in space(one.vnet, one.span) if not each.value <= private)


def is_own_peering(one: Resource) -> bool:
    """Whether a peering is the one that Azure makes with a hub."""
    return last(one.name).casefold().startswith(_OWN_PEERING)


def _connections(to: Making) -> Iterator[_Connection]:
    for one in to.book.of_kind(CONNECTION):
        yield from _connection(to, one, one.properties, one.name.rpartition("/")[0], to.at(one))
    for one in to.book.of_kind(HUB, existing=True):
        for each in to.members(one, one.properties, "virtualNetworkConnections"):
            yield from _connection(to, one, inner(each), one.name, each.span or to.at(one))
    for vnet in to.book.of_kind(_VNET, existing=True):
        for peering in to.book.children(vnet, "virtualNetworkPeerings"):
            if is_own_peering(peering):
                to.leave_out(peering, "a connection to a virtual hub: what the network sends there is unknown")
                hub = reference_text(prop(peering.properties, "remoteVirtualNetwork")) or peering.name
                yield _Connection(hub=hub, vnet=vnet, everything=True, span=to.at(peering))


def _connection(to: Making, one: Resource, content: Value, hub: str, span: Span) -> Iterator[_Connection]:
    vnet = to.book.find(prop(content, "remoteVirtualNetwork"), _VNET)
    if vnet is None:
        to.leave_out(one, "a network that is connected to the hub is not in the file", span)
        return
    to.leave_out(one, f"a connection to a virtual hub: what {last(vnet.name)} sends there is unknown", span)
    secured = prop(content, "enableInternetSecurity")
    everything = secured is not None and words.boolean(secured) is not False
    yield _Connection(hub=hub, vnet=vnet, everything=everything, span=span)
