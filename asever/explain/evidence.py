"""What a proof is about and rests on: the covered flows in words and numbers, the rules it needs, and flows walked besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asever.evaluate.classes import classes
from asever.explain.witness import replay
from asever.model.addresses import format_address, format_addresses, typical
from asever.model.answers import Core, Evidence
from asever.model.effective import (
    EffectiveNetwork,
    FilterQuestion,
    FlowQuestion,
    Packets,
    Quantifier,
    Scope,
    Site,
    SiteKind,
    may_exist,
    recommended,
)
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, TCP, Flow, Packet, format_ports, format_protocol

_MOST_FLOWS = 24
_MOST_LINES = 40
_FEW = 3
_EPHEMERAL = 49152


def evidence(network: EffectiveNetwork, question: FlowQuestion, core: Core) -> Evidence:
    """The evidence of a proved question.

    One flow for every class of flows that the tables can tell apart is walked, up to a limit; raises `ReadingsDisagree`
    when one of them comes to another verdict than the solver.
    """
    scopes = scopes_in(question)
    return Evidence(
        covered=tuple(covered(network, scopes)),
        rests_on=core,
        replayed=replayed(network, question),
        witness=next((witness(network, scope, question) for scope in scopes), None),
    )


def filter_evidence(question: FilterQuestion, core: Core) -> Evidence:
    """The evidence of a proved claim about NSGs: where they were compared."""
    places: dict[str, list[str]] = {}
    for context in question.contexts:
        places.setdefault(context.where, []).append(context.left.direction.value)
    lines = tuple(f"every packet, {' and '.join(directions)}, {where}" for where, directions in places.items())
    return Evidence(covered=lines, rests_on=core)


def scopes_in(question: FlowQuestion) -> tuple[Scope, ...]:
    """The scopes that exist in the readings that the question takes as given."""
    return tuple(scope for scope in question.scopes if may_exist(scope.condition, question.fixed))


def flows_beside(network: EffectiveNetwork, question: FlowQuestion) -> Iterator[tuple[Scope, Flow]]:
    """The flows that are walked beside a proof: every scope gets its share of the limit."""
    scopes = scopes_in(question)
    each = max(_MOST_FLOWS // max(len(scopes), 1), 1)
    for scope in scopes[:_MOST_FLOWS]:
        flows, _ = classes(network, scope, question.fixed, most=each)
        yield from ((scope, flow) for flow in flows)


def replayed(network: EffectiveNetwork, question: FlowQuestion) -> int:
    """How many flows were walked with the verdict of the solver."""
    wanted = question.quantifier is Quantifier.ALL_ARRIVE
    walked = 0
    for scope, flow in flows_beside(network, question):
        replay(network, question, scope, flow, solver=wanted)
        walked += 1
    return walked


def witness(network: EffectiveNetwork, scope: Scope, question: FlowQuestion) -> Flow:
    """A flow of a scope that looks like real traffic: the proof is about something."""
    packets = scope.packets
    protocol = TCP if TCP in packets.protocol else packets.protocol.first
    ports = protocol in PROTOCOLS_WITH_PORTS
    target_port = next((port for port in scope.preferred_ports if port in packets.target_port), packets.target_port.first)
    return Flow(
        origin=scope.origin,
        packet=Packet(
            protocol=protocol,
            source=_named_first(packets.source, network),
            source_port=_EPHEMERAL if ports and _EPHEMERAL in packets.source_port else packets.source_port.first,
            target=_named_first(packets.target, network),
            target_port=target_port,
            source_tags=packets.source_tags,
            target_tags=packets.target_tags,
        ),
        readings={**recommended(network), **question.fixed, **dict(scope.condition)},
    )


def _named_first(addresses: NumberSet, network: EffectiveNetwork) -> int:
    """An address that the program names, else a typical one."""
    return min((address for address in network.names if address in addresses), default=typical(addresses))


# -- The scope in words -------------------------------------------------------------------------------------------------


def covered(network: EffectiveNetwork, scopes: Iterable[Scope]) -> Iterator[str]:
    """One line for each group of flows that differ in protocol and port alone."""
    groups: dict[tuple[object, ...], list[Scope]] = {}
    for scope in scopes:
        packets = scope.packets
        key = (scope.origin, packets.source, packets.target, scope.arrives_at, scope.partial_source, scope.partial_target)
        groups.setdefault(key, []).append(scope)
    lines = [_line(network, members) for members in groups.values()]
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"and {len(lines) - _MOST_LINES:,} more groups of flows"


def _line(network: EffectiveNetwork, members: list[Scope]) -> str:
    scope = members[0]
    any_port = " and any source port" if any(one.packets.protocol.overlaps(PROTOCOLS_WITH_PORTS) for one in members) else ""
    answers = _answers(network, scope)
    return (
        f"from {_sources(network, scope)}{any_port}, to {_targets(network, scope)} on "
        f"{' and '.join(_traffic(one.packets) for one in members)}{answers}"
    )


def _sources(network: EffectiveNetwork, scope: Scope) -> str:
    site, sources = network.sites[scope.origin], scope.packets.source
    if scope.partial_source is not None:
        return f"any address of {scope.partial_source}, whatever its addresses are"
    if sources.size == 1:
        return _one(network, sources.first)
    return f"any of {sources.size:,} {_kind(site, whole=sources == site.addresses, name=scope.subject)}"


def _kind(site: Site, *, whole: bool, name: str) -> str:
    if not whole:
        return f"addresses of {name}"
    match site.kind:
        case SiteKind.ENVIRONMENT:
            return f"instance addresses of {site.name}"
        case SiteKind.INTERNET:
            return "Internet addresses"
        case SiteKind.UNLISTED:
            return f"other addresses of {site.subnet}"
        case _:
            return f"addresses of {site.name}"


def _targets(network: EffectiveNetwork, scope: Scope) -> str:
    targets = scope.packets.target
    if scope.partial_target is not None:
        return f"any address of {scope.partial_target}, whatever its addresses are"
    named = [address for address in sorted(network.names) if address in targets]
    if targets.size == len(named) <= _FEW:
        return " and ".join(_one(network, address) for address in named)
    if len(targets.ranges) <= _FEW and targets.size > 1 and not named:
        return f"any of {targets.size:,} addresses of {format_addresses(targets)}"
    if targets.size == 1:
        return _one(network, targets.first)
    rest = targets.size - len(named)
    if named and len(named) <= _FEW:
        return f"{', '.join(_one(network, address) for address in named)} and any of {rest:,} other addresses of {scope.target}"
    return f"any of {targets.size:,} addresses of {scope.target}"


def _one(network: EffectiveNetwork, address: int) -> str:
    name = network.names.get(address)
    return f"{format_address(address)} ({name})" if name else format_address(address)


def _traffic(packets: Packets) -> str:
    protocols = " and ".join(map(format_protocol, packets.protocol))
    if not packets.protocol.overlaps(PROTOCOLS_WITH_PORTS):
        return ", ".join(map(format_protocol, packets.protocol))
    if packets.target_port == ANY_PORT:
        return f"any {protocols} port"
    return f"{protocols} {format_ports(packets.target_port)}"


def _answers(network: EffectiveNetwork, scope: Scope) -> str:
    """Which instances may answer, where the called address is not already one of them."""
    sites = [network.sites[name] for name in sorted(scope.arrives_at)]
    if len(sites) != 1 or sites[0].kind is not SiteKind.ENVIRONMENT:
        return ""
    site = sites[0]
    if scope.packets.target <= site.addresses or site.addresses.size == 1:
        return ""
    return f", whichever of the {site.addresses.size:,} addresses of {site.subnet} answers"
