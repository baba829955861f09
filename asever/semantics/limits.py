"""Azure's numbers: how many of a thing it takes (azure-network-semantics 2.8, 5.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asever.diagnostics import Severity
from asever.model.addresses import ALL_ADDRESSES
from asever.model.things import AddressTerm, DeclaredRule, Network, RouteTable, SecurityGroup, TermKind, Thing, rules_so_far
from asever.record import record
from asever.semantics.problems import Problems
from asever.source import Span

LIMIT = "azure-limit"
"""The code of what is said of them."""

RULES_OF_GROUP = 1_000
ADDRESSES_OF_GROUP = 4_000  # of all sources, and of all destinations
ASGS_OF_SIDE = 10
ASGS_OF_GROUP = 100
ASGS_OF_NIC = 20
ROUTES_OF_TABLE = 400
TAG_ROUTES_OF_TABLE = 25
PEERINGS_OF_VNET = 500


@record(kw_only=False)
class _Excess:
    """More of something than Azure takes. `hard` limits stand in the documentation without a way to raise them."""

    span: Span | None
    what: str
    found: int
    most: int
    hard: bool = False


def validate_limits(network: Network, problems: Problems) -> None:
    """Warns of what is beyond Azure's limits, which it raises now and then; those that it never raised are errors."""
    _say((*_group_excesses(network), *_excesses(network)), problems)


def validate_group_limits(network: Network, problems: Problems) -> None:
    """As `validate_limits`, of NSGs alone."""
    _say(_group_excesses(network), problems)


def _say(excesses: Iterable[_Excess], problems: Problems) -> None:
    for one in excesses:
        if one.found > one.most and one.span is not None:
            problems.error(
                LIMIT,
                f"{one.what}, and Azure takes {one.most:,}",
                one.span,
                f"{one.found:,}",
                severity=Severity.ERROR if one.hard else Severity.WARNING,
            )


def _group_excesses(network: Network) -> Iterator[_Excess]:
    for group in network.groups.values():
        yield from _of_group(group)


def _excesses(network: Network) -> Iterator[_Excess]:
    for table in network.route_tables.values():
        yield from _of_table(table)
    for machine in network.machines.values():
        what = f"`{machine.name}` is in {len(machine.asgs):,} application security groups"
        yield _Excess(_span(machine, "asg"), what, len(machine.asgs), ASGS_OF_NIC)
    for vnet in network.vnets.values():
        number = len({side.remote for side in vnet.peerings})
        yield _Excess(vnet.span, f"vnet `{vnet.name}` has {number:,} peerings", number, PEERINGS_OF_VNET)


def _span(thing: Thing, part: str) -> Span | None:
    return thing.parts.get(part, thing.span)


def _of_group(group: SecurityGroup) -> Iterator[_Excess]:
    rules = rules_so_far(group)
    yield _Excess(group.span, f"nsg `{group.name}` has {len(rules):,} rules", len(rules), RULES_OF_GROUP)
    named: set[str] = set()
    for side, of_rule in (("source", _sources), ("target", _targets)):
        terms = [term for rule in rules for term in of_rule(rule)]
        named |= _asgs(terms)
        if len(terms) > ADDRESSES_OF_GROUP:  # only then can it be too many
            number = _addresses(terms)
            what = f"the rules of nsg `{group.name}` name {number:,} addresses as their {side}"
            yield _Excess(group.span, what, number, ADDRESSES_OF_GROUP)
        for rule in rules:
            if len(of_rule(rule)) > ASGS_OF_SIDE:
                found = len(_asgs(of_rule(rule)))
                what = f"rule {rule.priority} of nsg `{group.name}` names {found:,} application security groups as its {side}"
                yield _Excess(rule.parts.get(side, rule.span), what, found, ASGS_OF_SIDE)
    what = f"the rules of nsg `{group.name}` name {len(named):,} application security groups"
    yield _Excess(group.span, what, len(named), ASGS_OF_GROUP)


def _sources(rule: DeclaredRule) -> Sequence[AddressTerm]:
    return rule.sources


def _targets(rule: DeclaredRule) -> Sequence[AddressTerm]:
    return rule.targets


def _addresses(terms: Iterable[AddressTerm]) -> int:
    everything = ALL_ADDRESSES.ranges
    return sum([term.kind is TermKind.ADDRESSES and term.addresses.ranges != everything for term in terms])


def _asgs(terms: Iterable[AddressTerm]) -> set[str]:
    return {term.text for term in terms if term.kind is TermKind.ASG}


def _of_table(table: RouteTable) -> Iterator[_Excess]:
    tags = [one for one in table.routes if one.tag is not None]
    every, with_tags = len(table.routes), len(tags)
    yield _Excess(table.span, f"route-table `{table.name}` has {every:,} routes", every, ROUTES_OF_TABLE)
    at = tags[TAG_ROUTES_OF_TABLE].span if with_tags > TAG_ROUTES_OF_TABLE else table.span
    what = f"route-table `{table.name}` has {with_tags:,} routes to service tags"
    yield _Excess(at, what, with_tags, TAG_ROUTES_OF_TABLE, hard=True)
