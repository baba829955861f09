"""`asever trace FILE --from A --to B`: walks one packet through the network with the solver-free reading."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import suppress

from asever import __version__
from asever.azure.effective import effective
from asever.azure.questions import Unanswerable, question
from asever.commands.console import Status, UsageError, known_readings, load, write_report
from asever.diagnostics import nearest
from asever.evaluate.walk import walk
from asever.model.addresses import format_address, is_v6, parse_address, parse_addresses, typical
from asever.model.answers import Outcome
from asever.model.azure_tags import canonical_tag, is_azure_tag
from asever.model.claims import Endpoint, EndpointKind, Reachability, Service, Verb
from asever.model.effective import EffectiveNetwork, FlowQuestion, Scope, exists_in
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, ICMP, PROTOCOLS_WITH_PORTS, TCP, UDP, Flow, Packet
from asever.model.program import Program
from asever.model.things import Network
from asever.report.json import trace_json
from asever.report.text import render_trace

USUAL_SOURCE_PORT = 49152  # the first ephemeral port (RFC 6335)
USUAL_TARGET_PORT = 443
_EXAMPLES = 5


def run(arguments: Namespace) -> int:
    """Walks the flow; the exit status is 0 when it is delivered and its reply returns, 1 when not, 2 when nobody can say."""
    program = load(arguments.file, arguments.color, arguments.settings)
    if program is None:
        return Status.WRONG_INPUT
    tables = effective(program.network)
    flow, scope = chosen_flow(program, tables, arguments)
    trace = walk(tables, flow)
    write_report(
        arguments,
        text=lambda color: render_trace(trace, program, tables.names, color=color, origin=scope.subject, target=scope.target),
        document=lambda: {"asever": __version__, "trace": trace_json(trace)},
    )
    return {Outcome.DELIVERED: Status.MET, Outcome.UNKNOWN: Status.UNKNOWN}.get(trace.outcome, Status.VIOLATED)


def chosen_flow(program: Program, tables: EffectiveNetwork, arguments: Namespace) -> tuple[Flow, Scope]:
    """The flow that the command line describes: of what a check of these two ends covers, the part that it narrows down to.

    Raises `UsageError` for an end that does not exist, an address that is not the sender's, and ends without a packet.
    """
    asked = _question(program, tables, arguments)
    source, target = (_address(text) for text in (arguments.source_address, arguments.destination_address))
    scope = _scope(asked, tables, source, target, arguments)
    packets = scope.packets
    protocol = packets.protocol.first
    ports = protocol in PROTOCOLS_WITH_PORTS
    packet = Packet(
        protocol=protocol,
        source=_preferred(packets.source, tables) if source is None else source,
        source_port=(USUAL_SOURCE_PORT if arguments.source_port is None else arguments.source_port) if ports else 0,
        target=_preferred(packets.target, tables) if target is None else target,
        target_port=packets.target_port.first if ports else 0,
        source_tags=packets.source_tags,
        target_tags=packets.target_tags if target is None else frozenset(),
    )
    taken = {name: values[0] for name, values in tables.assumptions.items()} | dict(asked.fixed)
    return Flow(origin=scope.origin, packet=packet, readings=taken), scope


def _question(program: Program, tables: EffectiveNetwork, arguments: Namespace) -> FlowQuestion:
    """What a check of these two ends covers. A called address of one's own choice may be any that the target has."""
    chosen = known_readings(arguments.assume)
    protocol, port = TCP, USUAL_TARGET_PORT if arguments.tcp is None else arguments.tcp
    if arguments.udp is not None:
        protocol, port = UDP, arguments.udp
    service = Service(name="", protocol=NumberSet.single(protocol), port=NumberSet.single(port))
    if arguments.icmp:
        service = Service(name="", protocol=NumberSet.single(ICMP), port=ANY_PORT)
    claim = Reachability(
        verb=Verb.REACHES if arguments.destination_address is None else Verb.CAN_REACH,
        subjects=(endpoint(program.network, tables, arguments.origin),),
        target=endpoint(program.network, tables, arguments.target),
        services=(service,),
    )
    asked = question(program.network, tables, claim, chosen)
    if isinstance(asked, Unanswerable):
        raise UsageError(f"there is no such packet: {'; '.join(asked.reasons)}")
    if not isinstance(asked, FlowQuestion):
        raise TypeError(f"a question about flows became {type(asked).__name__}")
    return asked


def _scope(
    asked: FlowQuestion, tables: EffectiveNetwork, source: int | None, target: int | None, arguments: Namespace
) -> Scope:
    """The first part of the question that agrees with the addresses given."""
    taken = {name: values[0] for name, values in tables.assumptions.items()} | dict(asked.fixed)
    scopes = [scope for scope in asked.scopes if exists_in(scope.condition, taken)]
    if target is not None:
        scopes = [scope for scope in scopes if is_v6(scope.packets.target.first) == is_v6(target)]
    if source is not None and not any(source in scope.packets.source for scope in scopes):
        raise UsageError(f"{format_address(source)} is no address that {arguments.origin} calls from")
    fitting = [scope for scope in scopes if source is None or source in scope.packets.source]
    if not fitting:
        raise UsageError("there is no such packet: the two ends have no address family in common")
    return fitting[0]


def _preferred(addresses: NumberSet, tables: EffectiveNetwork) -> int:
    """An address that the file names, if there is one; else a typical one."""
    return next((address for address in sorted(tables.names) if address in addresses), typical(addresses))


def _address(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_address(text)
    except ValueError:
        raise UsageError(f"`{text}` is no address") from None


def endpoint(network: Network, tables: EffectiveNetwork, text: str) -> Endpoint:
    """The end of a flow that a word on the command line names: a thing, `one.vip`, a tag, an address or a prefix.

    Raises `UsageError` with the nearest name.
    """
    things = dict(_things(network))
    if text in things:
        return Endpoint(kind=things[text], name=text)
    addresses = {name: address for address, name in tables.names.items()}
    if text in addresses:
        return Endpoint(kind=EndpointKind.ADDRESSES, name=text, addresses=NumberSet.single(addresses[text]))
    if is_azure_tag(text):
        return Endpoint(kind=EndpointKind.TAG, name=canonical_tag(text))
    with suppress(ValueError):
        return Endpoint(kind=EndpointKind.ADDRESSES, name=text, addresses=parse_addresses(text))
    meant = nearest(text, [*things, *addresses])
    advice = f"did you mean `{meant}`?" if meant else f"for example {', '.join(list(things)[-_EXAMPLES:])}"
    raise UsageError(f"the file has nothing called `{text}`", advice=advice)


def _things(network: Network) -> Iterator[tuple[str, EndpointKind]]:
    """Every name that may stand at an end, with its kind."""
    yield "Internet", EndpointKind.INTERNET
    yield "AzureManagement", EndpointKind.MANAGEMENT
    yield from ((name, EndpointKind.TAG) for name in network.tags)
    kinds: tuple[tuple[EndpointKind, Mapping[str, object]], ...] = (
        (EndpointKind.ENVIRONMENT, network.environments),
        (EndpointKind.MACHINE, network.machines),
        (EndpointKind.SUBNET, network.subnets),
        (EndpointKind.VNET, network.vnets),
        (EndpointKind.ON_PREMISES, network.on_premises),
        (EndpointKind.LOAD_BALANCER, network.load_balancers),
        (EndpointKind.PRIVATE_ENDPOINT, network.private_endpoints),
        (EndpointKind.PLATFORM_SERVICE, network.platform_services),
        (EndpointKind.FIREWALL, network.firewalls),
    )
    for kind, things in kinds:
        yield from ((name, kind) for name in things)
