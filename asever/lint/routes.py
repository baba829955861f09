"""Routes that no packet takes, that lead nowhere, or without which packets go the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asever.azure.assumptions import VNET_NEXT_HOPS
from asever.azure.inventory import inventory
from asever.azure.routes import subnet_routes
from asever.azure.tags import View, view
from asever.diagnostics import Diagnostic
from asever.lint.books import removal
from asever.lint.warnings import warning
from asever.model.addresses import format_addresses
from asever.model.effective import ALWAYS, HopKind, Route
from asever.model.numbers import NumberSet, union
from asever.model.things import Network, RouteTable, Subnet, UserRoute
from asever.record import replace
from asever.source import Span

_INVALID = "which is invalid: "


def route_findings(network: Network) -> Iterator[Diagnostic]:
    """What is to be said of the routes of every table that a subnet has."""
    for table in network.route_tables.values():
        subnets = [one for one in network.subnets.values() if one.route_table == table.name]
        rows = {one.name: subnet_routes(inventory(network), one) for one in subnets}
        for route in table.routes if subnets else ():
            if route.span is not None:
                yield from _route(network, table, route, route.span, rows)


def _route(
    network: Network, table: RouteTable, route: UserRoute, span: Span, rows: Mapping[str, Sequence[Route]]
) -> Iterator[Diagnostic]:
    words = f"the route to {route.tag or format_addresses(route.prefix)} of route-table `{table.name}`"
    own = [one for its in rows.values() for one in its if one.origin.span == span]
    why = {one.text.partition(_INVALID)[2] for one in own}
    # Of routes to gateways `invalid-route` speaks already.
    if route.hop == "appliance" and own and all(why) and all(one.fabric is None and not one.recipients for one in own):
        yield warning(
            "invalid-next-hop",
            f"{words} loses what takes it: its next hop is invalid",
            span,
            "leads nowhere",
            notes=sorted(why),
            advice="name a next hop that Azure can reach, or write `none` where packets are to be lost",
        )
        return
    if route.tag is not None:
        return  # which of two routes to tags is the longer one is for Azure to say
    if not any(_left(its, one) for its in rows.values() for one in its if one.origin.span == span):
        hiding = list(dict.fromkeys(one.text for its in rows.values() for one in _hiding(its, route.prefix, span)))
        yield warning(
            "route-never-taken",
            f"{words} is never taken",
            span,
            "no packet takes it",
            notes=[f"{text} comes before it" for text in hiding[:4]],
            advice="leave it out" if route.hop not in _WIDENING else None,
            edit=removal(span) if route.hop not in _WIDENING else None,
        )
    elif all(_may_go(its, span) for its in rows.values()):
        yield from _needless(network, table, route, span, words)


# Routes to these bring their prefix into VirtualNetwork, taken or not (azure-network-semantics 3.1).
_WIDENING = ("appliance", "gateway")


def _left(rows: Sequence[Route], one: Route) -> NumberSet:
    """The destinations that surely come to a row."""
    index = next(i for i, row in enumerate(rows) if row is one)
    return one.destinations - union(row.destinations for row in rows[:index] if row.condition == ALWAYS and row.tag is None)


def _hiding(rows: Sequence[Route], prefix: NumberSet, span: Span) -> Iterator[Route]:
    """The rows that take what a route is for, in its place."""
    left = prefix
    for row in rows:
        if row.origin.span != span and row.destinations.overlaps(left):
            yield row
            if row.condition == ALWAYS and row.tag is None:
                left -= row.destinations
        if not left:
            return


# -- The same way without it --------------------------------------------------------------------------------------------


def _may_go(rows: Sequence[Route], span: Span) -> bool:
    """Whether what takes a route would perhaps go the same way without it, as far as the rows after it tell."""
    for index, one in enumerate(rows):
        if one.origin.span == span:
            left = _left(rows, one)
            for row in rows[index + 1 :]:
                if row.origin.span != span and row.destinations.overlaps(left) and row.condition == ALWAYS:
                    if _way(row) != _way(one):
                        return False
                    left -= row.destinations
            if left:
                return False
    return True


def _way(row: Route) -> tuple[object, ...]:
    hop = HopKind.NONE if row.fabric is None and not row.recipients and row.unmodelled is None else row.hop
    return hop, row.fabric, row.recipients, row.filters, row.unmodelled, row.regional


def _needless(network: Network, table: RouteTable, route: UserRoute, span: Span, words: str) -> Iterator[Diagnostic]:
    """A route without which every packet goes the same way, shown by the tables of the network without it."""
    shorter = replace(table, routes=tuple(one for one in table.routes if one is not route))
    without = replace(network, route_tables={**network.route_tables, table.name: shorter})
    subnets = [one for one in network.subnets.values() if one.route_table == table.name]
    before = [_seen(network, one) for one in subnets]
    after = [_seen(without, one) for one in subnets]
    views = [(first[1], second[1]) for first, second in zip(before, after, strict=True)]
    if not all(_alike(first[0], second[0], route.prefix) for first, second in zip(before, after, strict=True)):
        return
    if any((one.vnet, one.widened, one.tags) != (other.vnet, other.widened, other.tags) for one, other in views):
        return
    notes = []
    if any(one != other for one, other in views):
        values = VNET_NEXT_HOPS.values
        notes = [f"with --assume {VNET_NEXT_HOPS.name}={values[1][0]} its prefix counts as a part of VirtualNetwork"]
    yield warning(
        "needless-route",
        f"{words} changes nothing: without it packets go the same way",
        span,
        "no packet's way hangs on it",
        notes=notes,
        advice="leave it out",
        edit=removal(span),
    )


def _seen(network: Network, subnet: Subnet) -> tuple[tuple[Route, ...], View]:
    known = inventory(network)
    return subnet_routes(known, subnet), view(known, subnet)


def _alike(one: Sequence[Route], other: Sequence[Route], prefix: NumberSet) -> bool:
    """Whether two lists of routes send every address of a prefix the same way, in every reading."""
    cuts = {prefix.first}
    for row in (*one, *other):
        for low, high in row.destinations.ranges:
            cuts.update((low, high + 1))
    return all(_ways(one, cut) == _ways(other, cut) for cut in cuts if cut in prefix)


def _ways(rows: Sequence[Route], address: int) -> list[object]:
    """What may become of an address: the rows that hold it, up to the first that does in every reading."""
    found: list[object] = []
    for row in rows:
        if address in row.destinations:
            found.append((row.condition, row.tag, _way(row)))
            if row.condition == ALWAYS and row.tag is None:
                break
    return found
