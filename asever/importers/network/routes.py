"""Route tables and their routes (azure-network-semantics 5)."""

from __future__ import annotations

from collections.abc import Iterator

from asever.importers.network import words
from asever.importers.network.book import last
from asever.importers.network.groups import term
from asever.importers.network.sheet import Making
from asever.importers.network.words import prop, several
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.source import Span
from asever.syntax import nodes

_HOPS = {
    "internet": "internet",
    "vnetlocal": "vnet-local",
    "virtualnetworkgateway": "gateway",
    "virtualappliance": "appliance",
    "none": "none",
    "null": "none",
}
_EVERYWHERE = ("0.0.0.0/0", "::/0")


def tables(to: Making) -> None:
    """Every route table."""
    for one in to.book.of_kind("Microsoft.Network/routeTables", existing=True):
        to.add("route-table", one, _table(to, one))


def _table(to: Making, one: Resource) -> Iterator[nodes.Attribute | nodes.Route | None]:
    disabled = prop(one.properties, "disableBgpRoutePropagation")
    if to.boolean(one, "disableBgpRoutePropagation", disabled):
        at = to.place(disabled, one)
        yield words.attribute("bgp-propagation", at, words.ref("off", at))
    whole = to.book.unknown_children(one, "routes") or one.doubt or to.elsewhere(one, "routes")
    if whole is not None:
        to.leave_out(one, f"all its routes: they are not known: {whole}")
        yield from unknown_routes(to, to.at(one))
        return
    for child in to.book.children(one, "routes"):
        yield from _routes(to, child)


def _routes(to: Making, one: Resource) -> Iterator[nodes.Route]:
    at, kind = to.at(one), prop(one.properties, "nextHopType")
    hop = _HOPS.get((kind.text or "").strip().casefold()) if kind is not None else None
    if kind is None or (hop is None and kind.symbol is None):
        to.refuse(one, f"route {one.name} has no next hop that Azure knows", to.place(kind, one))
        return
    hop, appliance = _hop(to, one, hop or "unknown")
    if one.doubt is not None:
        to.remark(at, f"whether route {last(one.name)} exists is not known: {one.doubt}")
        hop, appliance = "unknown", None
    written = [*several(one.properties, "addressPrefix", "addressPrefixes")]
    if not written:
        to.refuse(one, f"route {one.name} leads nowhere: it has no address prefix", at)
    for value in written:
        span = to.place(value, one)
        yield nodes.Route(
            span=at,
            name=words.label(last(one.name), at),
            destination=_destination(to, value, span),
            hop=words.word(hop, to.place(kind, one)),
            appliance=appliance,
        )


def _destination(to: Making, value: Value, span: Span) -> nodes.Addresses | nodes.Ref:
    if value.symbol is not None:
        return to.tag(value.symbol.name, span)
    text = (value.text or "").strip()
    return words.prefix(text, span) or term(to, text, span)


def _hop(to: Making, one: Resource, hop: str) -> tuple[str, nodes.Addresses | nodes.Ref | None]:
    """The next hop with its address; an address that nobody knows makes the hop unknown."""
    if hop != "appliance":
        return hop, None
    value = prop(one.properties, "nextHopIpAddress")
    span = to.place(value, one)
    literal = words.addresses(value.text or "", span) if value is not None else None
    if literal is not None and literal.value.size == 1:
        return hop, literal
    device = to.device(value)
    if device is not None:
        return hop, device
    what = value.symbol.name if value is not None and value.symbol is not None else "not in the file"
    to.remark(to.at(one), f"the next hop of {last(one.name)}: {what}")
    return "unknown", None


def stand_ins(to: Making) -> None:
    """Every route table that the file only names."""
    for kind, name, span in to.missing:
        if kind == "route-table":
            to.declare("route-table", name, span, unknown_routes(to, span))


def unknown_routes(to: Making, span: Span) -> Iterator[nodes.Route]:
    """Routes that nobody knows: they may lead whatever leaves a subnet anywhere."""
    spaces = [
        found
        for vnet in to.each("Microsoft.Network/virtualNetworks", existing=True)
        for value in several(prop(vnet.properties, "addressSpace") or Value(plain={}), "addressPrefix", "addressPrefixes")
        if (found := words.prefix(value.text or "", to.place(value, vnet))) is not None
    ]
    everywhere = [found for text in _EVERYWHERE if (found := words.prefix(text, span)) is not None]
    for one in {found.text: found for found in (*everywhere, *spaces)}.values():
        hop = words.word("unknown", span)
        yield nodes.Route(span=span, name=None, destination=one, hop=hop, appliance=None)
