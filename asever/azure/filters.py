"""NSGs as effective rules: tags and groups resolved for one place, Azure's default rules appended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from asever.azure.assumptions import PORTLESS_RULES, reading
from asever.azure.defaults import DEFAULT_RULES
from asever.azure.inventory import Inventory, inventory
from asever.azure.platform import DNS_EXEMPTION, METADATA_EXEMPTION, PROBE_SOURCE
from asever.azure.tags import (
    NOWHERE,
    PLATFORM_DNS,
    PLATFORM_METADATA,
    View,
    canonical_tag,
    depend_on_place,
    match_everywhere,
    meanings,
    name_tags,
    tags_of,
    view,
)
from asever.model.addresses import ALL_ADDRESSES
from asever.model.effective import (
    ALWAYS,
    Action,
    AddressMatch,
    Condition,
    Exemption,
    Filter,
    FilterKind,
    FilterRow,
    Origin,
    rows_later,
)
from asever.model.identity import Same
from asever.model.numbers import EMPTY, NumberSet, Range
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, TCP
from asever.model.things import (
    AddressTerm,
    DeclaredRule,
    Direction,
    Environment,
    Machine,
    Network,
    SecurityGroup,
    Subnet,
    TermKind,
)
from asever.record import record
from asever.source import Span

_ACTIONS = {"allow": Action.ALLOW, "deny": Action.DENY, "always-allow": Action.ALWAYS_ALLOW}


def group_filter(network: Network, group: str, direction: Direction, subnet: str | None, place: str) -> Filter:
    """An NSG in one direction as it takes effect at a subnet, or attached nowhere (`subnet` None).

    `place` is how answers call the place. Raises `KeyError` for a group or subnet that the network does not have.
    """
    known = inventory(network)
    at = NOWHERE if subnet is None else view(known, network.subnets[subnet])
    return filter_at(known, network.groups[group], direction, at, place)


def filter_at(known: Inventory, group: SecurityGroup, direction: Direction, at: View, place: str) -> Filter:
    """An NSG in one direction with the computed tags of one place."""
    found = Filter(
        resource=group.name,
        kind=FilterKind.NSG,
        direction=direction,
        place=place,
        rows=(),
        span=group.span,
    )
    return rows_later(found, lambda: _rows(known, group, direction, at))


def unmodelled_filter(one: Machine, direction: Direction) -> Filter:
    """What stands for a resource that the model does not know: perhaps it lets a packet pass, perhaps it does not."""
    what = f"what {one.name} does ({one.unmodelled} is not modelled)"
    row = FilterRow(
        priority=0,
        name=what,
        action=Action.ALLOW,
        source=AddressMatch(addresses=EMPTY, unknown_tags=frozenset({what}), text="anybody", spaces=((what, ALL_ADDRESSES),)),
        origin=Origin(span=one.span),
    )
    return Filter(resource=one.name, kind=FilterKind.SETTING, direction=direction, place=one.name, rows=(row,), span=one.span)


def _rows(known: Inventory, group: SecurityGroup, direction: Direction, at: View) -> tuple[FilterRow, ...]:
    """The rows of an NSG, made once for all places that are alike."""
    key = ("rows", group.name, direction, Same(at))
    found = known.cache.get(key)
    if not isinstance(found, tuple):
        rows: list[FilterRow] = []
        for one in _own_rows(known, group, direction):
            if isinstance(one, FilterRow):
                rows.append(one)
            else:
                rows.extend(rule_rows(known, one, at, _origin(one)))
        found = (*_platform_rows(known, group, direction, at), *rows, *_default_rows(known, direction, at))
        known.cache[key] = found
    return found


def _own_rows(known: Inventory, group: SecurityGroup, direction: Direction) -> tuple[FilterRow | DeclaredRule, ...]:
    """The rows of the user's rules, made once for all places; a rule that depends on the place stands for its own."""
    key = ("own rows", group.name, direction)
    found = known.cache.get(key)
    if not isinstance(found, tuple):
        rules = group.inbound if direction is Direction.INBOUND else group.outbound
        found = known.cache[key] = tuple(_everywhere(known, rules))
    return found


def _everywhere(known: Inventory, rules: Iterable[DeclaredRule]) -> Iterator[FilterRow | DeclaredRule]:
    for rule in rules:
        if name_tags(rule.sources) or name_tags(rule.targets):
            if all(_is_platform_tag(term) for term in rule.targets):
                continue  # `_platform_rows` says it all
            if depend_on_place(tags_of((*rule.sources, *rule.targets))):
                yield rule
                continue
        source, target = match_everywhere(known, rule.sources), match_everywhere(known, rule.targets)
        yield from _rows_of(rule, source, target, ALWAYS, _origin(rule))


def _origin(rule: DeclaredRule) -> Origin:
    return Origin(rule.span, None, rule.parts)


def _default_rows(known: Inventory, direction: Direction, at: View) -> tuple[FilterRow, ...]:
    """The rows of Azure's default rules, which every NSG of a place has."""
    key = ("default rows", direction, Same(at))
    found = known.cache.get(key)
    if not isinstance(found, tuple):
        rules = DEFAULT_RULES[direction]
        found = known.cache[key] = tuple(row for one in rules for row in rule_rows(known, one, at, Origin(azure=one.name)))
    return found


def rule_rows(known: Inventory, rule: DeclaredRule, at: View, origin: Origin) -> Iterator[FilterRow]:
    """One rule as effective rows: one for each reading of its tags, split where only some of its protocols have ports."""
    for one in meanings(known, at, rule.sources, rule.targets):
        yield from _rows_of(rule, one.source, one.target, one.condition, origin)


def _rows_of(
    rule: DeclaredRule, source: AddressMatch, target: AddressMatch, condition: Condition, origin: Origin
) -> Iterator[FilterRow]:
    for part in _parts(rule.protocol.ranges, rule.source_port.ranges, rule.target_port.ranges):
        yield FilterRow(
            priority=rule.priority,
            name=rule.name,
            action=_ACTIONS[rule.access],
            protocol=part.protocol,
            source=source,
            source_port=part.source_port,
            target=target,
            target_port=part.target_port,
            condition=condition | part.condition if part.condition else condition,
            origin=origin,
        )


_Ranges = tuple[Range, ...]


@record(kw_only=False)
class _Part:
    """Protocols with the ports that a rule asks of them."""

    protocol: NumberSet
    source_port: NumberSet = ANY_PORT
    target_port: NumberSet = ANY_PORT
    condition: Condition = ALWAYS


@lru_cache(maxsize=4096)
def _parts(protocol: _Ranges, source_port: _Ranges, target_port: _Ranges) -> tuple[_Part, ...]:
    """What a rule asks of protocols with ports and of those without; many rules ask the same.

    ICMP, ESP and AH have no ports: a rule with ports either does not restrict them or never matches them.
    (azure-network-semantics 2.2 and 13)
    """
    if source_port == target_port == ANY_PORT.ranges:
        return (_Part(NumberSet(protocol)),)
    every = NumberSet(protocol)
    parts = (
        _Part(every & PROTOCOLS_WITH_PORTS, NumberSet(source_port), NumberSet(target_port)),
        _Part(every - PROTOCOLS_WITH_PORTS, condition=reading(PORTLESS_RULES, "ignored")),
    )
    return tuple(part for part in parts if part.protocol)


# -- The platform's own services ----------------------------------------------------------------------------------------

_PLATFORM_TAGS = {PLATFORM_DNS: DNS_EXEMPTION, PLATFORM_METADATA: METADATA_EXEMPTION}


def _platform_rows(known: Inventory, group: SecurityGroup, direction: Direction, at: View) -> list[FilterRow]:
    """The rules that name AzurePlatformDNS or AzurePlatformIMDS, ahead of all others.

    Only such rules touch that traffic (azure-network-semantics 3.4): what none of them decides passes, so a row that lets
    it pass follows them.
    """
    named = _named_once(known, group) if direction is Direction.OUTBOUND else frozenset[str]()
    rows: list[FilterRow] = []
    for tag, exemption in _PLATFORM_TAGS.items():
        if tag in named:
            for rule in group.outbound:
                if tag in tags_of(rule.targets):
                    rows.extend(_narrowed(row, exemption, tag) for row in rule_rows(known, rule, at, _origin(rule)))
            rows.append(_lets_pass(exemption, tag))
    return [row for row in rows if row.protocol and row.target_port]


def _is_platform_tag(term: AddressTerm) -> bool:
    return term.kind is TermKind.TAG and canonical_tag(term.text) in _PLATFORM_TAGS


def _narrowed(row: FilterRow, exemption: Exemption, tag: str) -> FilterRow:
    return FilterRow(
        priority=row.priority,
        name=row.name,
        action=row.action,
        protocol=row.protocol & exemption.protocol,
        source=row.source,
        source_port=row.source_port,
        target=AddressMatch(addresses=exemption.targets, text=tag),
        target_port=row.target_port & exemption.target_port,
        condition=row.condition,
        origin=row.origin,
    )


def _lets_pass(exemption: Exemption, tag: str) -> FilterRow:
    return FilterRow(
        priority=0,
        name=f"{tag} by default",
        action=Action.ALLOW,
        protocol=exemption.protocol,
        target=AddressMatch(addresses=exemption.targets, text=tag),
        target_port=exemption.target_port,
        origin=Origin(azure=exemption.because),
    )


def platform_passes(left: Sequence[Exemption]) -> tuple[FilterRow, ...]:
    """Rows that let pass what is exempt by itself, but for the exemptions that are `left` and need no row."""
    return tuple(_lets_pass(exemption, tag) for tag, exemption in _PLATFORM_TAGS.items() if exemption not in left)


def exemptions_left(known: Inventory, groups: Iterable[SecurityGroup]) -> tuple[Exemption, ...]:
    """DNS and metadata, unless one of these outbound NSGs names the platform's tag for it."""
    named = [_named_once(known, group) for group in groups]
    return tuple(exemption for tag, exemption in _PLATFORM_TAGS.items() if not any(tag in tags for tags in named))


def _named_once(known: Inventory, group: SecurityGroup) -> frozenset[str]:
    key = ("platform tags", group.name)
    found = known.cache.get(key)
    if not isinstance(found, frozenset):
        found = known.cache[key] = platform_tags(group)
    return found


def platform_tags(group: SecurityGroup) -> frozenset[str]:
    """The platform's tags that the outbound rules of an NSG name: what it decides itself is not exempt from it."""
    return tags_of(term for rule in group.outbound for term in rule.targets) & _PLATFORM_TAGS.keys()


# -- Filters that Azure itself puts in place ----------------------------------------------------------------------------


def same_subnet_filter(environment: Environment, subnet: Subnet, others: NumberSet) -> Filter:
    """What keeps an environment from other machines in its own subnet, whatever the NSG says (ase-network-semantics 5.1).

    Documented for version 1; for versions 2 and 3 nothing else may be in the subnet at all, and the same holds if something is.
    """
    row = FilterRow(
        priority=0,
        name="calls to other machines of the environment's own subnet",
        action=Action.DENY,
        target=AddressMatch(addresses=others, text=f"other machines in {subnet.name}"),
        origin=Origin(span=environment.span, azure="same-subnet-block", parts=environment.parts),
    )
    return Filter(
        resource=environment.name,
        kind=FilterKind.PLATFORM,
        direction=Direction.OUTBOUND,
        place=f"subnet {subnet.name}",
        rows=(row,),
        otherwise=Action.ALLOW,
        span=environment.span,
    )


def closed_without_group(resource: str, span: Span | None, place: str, rows: Iterable[FilterRow]) -> Filter:
    """What keeps a Standard public address closed to machines without an NSG (azure-network-semantics 2.9).

    It comes after what stands before the machine: an admin rule that lets packets pass for good lets them pass here too.
    """
    return Filter(
        resource=resource,
        kind=FilterKind.PLATFORM,
        direction=Direction.INBOUND,
        place=place,
        rows=tuple(rows),
        otherwise=Action.ALLOW,
        span=span,
    )


# -- Health probes ------------------------------------------------------------------------------------------------------


def surely_admits_probe(filters: Sequence[Filter], instances: NumberSet, port: int) -> bool:
    """Whether a health probe from 168.63.129.16 passes these filters at every instance, in every reading.

    It may say no although it is so; then the tables leave the question to whoever reads them.
    """
    for one in filters:
        action = _sure_action(one, instances, port)
        if action is Action.DENY:
            return False
        if action is Action.ALWAYS_ALLOW:
            return True
    return True


def _sure_action(one: Filter, instances: NumberSet, port: int) -> Action:
    """What a filter surely does with every such probe; where some may be dropped, that."""
    passes = Action.ALWAYS_ALLOW  # as long as no row that may match says less
    for row in one.rows:
        if not _may_match_probe(row, instances, port):
            continue
        if row.action is Action.DENY:
            return Action.DENY
        if row.action is Action.ALLOW:
            passes = Action.ALLOW
        if _surely_matches_probe(row, instances):
            return passes
    return one.otherwise


def surely_denies_probe(filters: Sequence[Filter], instances: NumberSet, port: int) -> bool:
    """Whether one of these filters drops a health probe at every instance, in every reading; it may say no although so."""
    for one in filters:
        rows = [row for row in one.rows if _may_match_probe(row, instances, port)]
        sure = next((index for index, row in enumerate(rows) if _surely_matches_probe(row, instances)), None)
        decisive = rows if sure is None else rows[: sure + 1]
        last = one.otherwise if sure is None else Action.DENY
        if all(row.action is Action.DENY for row in decisive) and last is Action.DENY:
            return True
        if any(row.action is Action.ALWAYS_ALLOW for row in decisive):
            return False  # it may skip the filters after it
    return False


def _may_match_probe(row: FilterRow, instances: NumberSet, port: int) -> bool:
    return bool(
        TCP in row.protocol
        and PROBE_SOURCE in row.source.addresses
        and port in row.target_port
        and (row.target.unknown_tags or row.target.addresses.overlaps(instances))
    )


def _surely_matches_probe(row: FilterRow, instances: NumberSet) -> bool:
    """Whether a row that may match a probe does so whatever the reading is."""
    return row.source_port == ANY_PORT and instances <= row.target.addresses and row.condition == ALWAYS
