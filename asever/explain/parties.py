"""Who stands at the ends of a table of the whole network, and the question that a pair of them is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import is_

from asever.azure.questions import Unanswerable, question
from asever.model.claims import Endpoint, EndpointKind, Reachability, Service, Verb
from asever.model.effective import EffectiveNetwork, FlowQuestion, Scope, Site, SiteKind
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, TCP, UDP
from asever.model.things import Network
from asever.record import record, replace

ANY_PORT_SERVICES = (Service(name="any TCP or UDP port", protocol=NumberSet.of(((TCP, TCP), (UDP, UDP))), port=ANY_PORT),)
_ANSWER_ONLY = (EndpointKind.LOAD_BALANCER, EndpointKind.PRIVATE_ENDPOINT, EndpointKind.PLATFORM_SERVICE)
_CALL_ONLY = (EndpointKind.MANAGEMENT,)
_GATEWAY_SUBNET = "GatewaySubnet"


@record
class Party:
    """An end: what a check would name, with the one site that is meant where the name stands for several."""

    endpoint: Endpoint
    title: str
    site: str | None = None

    @property
    def calls(self) -> bool:
        """Whether it starts connections."""
        return self.endpoint.kind not in _ANSWER_ONLY

    @property
    def answers(self) -> bool:
        """Whether it can be called."""
        return self.endpoint.kind not in _CALL_ONLY


def parties(network: Network, tables: EffectiveNetwork, *, every_subnet: bool = False) -> tuple[Party, ...]:
    """All ends in the order of the file, the Internet first.

    A subnet stands for the machines in it that the file does not declare; without `every_subnet` only one where it declares
    none.
    """
    return tuple(_parties(network, tables, every_subnet=every_subnet))


def _parties(network: Network, tables: EffectiveNetwork, *, every_subnet: bool) -> Iterator[Party]:
    yield Party(endpoint=Endpoint(kind=EndpointKind.INTERNET, name="Internet"), title="Internet")
    if network.environments:
        yield Party(endpoint=Endpoint(kind=EndpointKind.MANAGEMENT, name="AzureManagement"), title="AzureManagement")
    kinds: tuple[tuple[EndpointKind, Mapping[str, object]], ...] = (
        (EndpointKind.ON_PREMISES, network.on_premises),
        (EndpointKind.ENVIRONMENT, network.environments),
        (EndpointKind.MACHINE, network.machines),
    )
    for kind, things in kinds:
        yield from (_party(kind, name) for name in things)
    declared = {one.subnet for one in network.machines.values()}
    for site in tables.sites.values():
        if site.kind is SiteKind.UNLISTED and site.subnet is not None and _stands(site.subnet, declared, every_subnet):
            yield replace(_party(EndpointKind.SUBNET, site.subnet), site=site.name)
    others: tuple[tuple[EndpointKind, Mapping[str, object]], ...] = (
        (EndpointKind.LOAD_BALANCER, network.load_balancers),
        (EndpointKind.PRIVATE_ENDPOINT, network.private_endpoints),
        (EndpointKind.PLATFORM_SERVICE, network.platform_services),
    )
    for kind, things in others:
        yield from (_party(kind, name) for name in things)


def _stands(subnet: str, declared: set[str], every_subnet: bool) -> bool:
    """Whether a subnet is an end of its own: none for gateways, where nothing else may stand."""
    return not subnet.endswith(f"/{_GATEWAY_SUBNET}") and (every_subnet or subnet not in declared)


def _party(kind: EndpointKind, name: str) -> Party:
    return Party(endpoint=Endpoint(kind=kind, name=name), title=f"{kind.value} {name}")


def site_of(tables: EffectiveNetwork, one: Party) -> Site:
    """The site of a machine, or of the rest of a subnet."""
    return tables.sites[one.site or one.endpoint.name]


def is_private(network: Network, one: Party) -> bool:
    """Whether an end is a machine without a public address, or a subnet in which none is declared."""
    match one.endpoint.kind:
        case EndpointKind.MACHINE:
            return network.machines[one.endpoint.name].public_ip is None
        case EndpointKind.SUBNET:
            return one.site is not None
        case _:
            return False


def asked(
    network: Network,
    tables: EffectiveNetwork,
    verb: Verb,
    origin: Party,
    target: Party,
    services: tuple[Service, ...],
    readings: Mapping[str, str],
) -> FlowQuestion | Unanswerable:
    """What a check with this verb about the two asks, narrowed down to the sites that are meant."""
    claim = Reachability(verb=verb, subjects=(origin.endpoint,), target=target.endpoint, services=services)
    whole = question(network, tables, claim, readings)
    if isinstance(whole, Unanswerable):
        return whole
    if not isinstance(whole, FlowQuestion):
        raise TypeError(f"a question about flows became {type(whole).__name__}")
    scopes = tuple(one for scope in whole.scopes for one in _narrowed(tables, scope, origin, target))
    if len(scopes) == len(whole.scopes) and all(map(is_, scopes, whole.scopes)):
        return whole
    return replace(whole, scopes=scopes) if scopes else Unanswerable(vacuous=True, reasons=("there is no such packet",))


def _narrowed(tables: EffectiveNetwork, scope: Scope, origin: Party, target: Party) -> Iterator[Scope]:
    if origin.site is not None and scope.origin != origin.site:
        return
    if target.site is None:
        yield scope
        return
    site = tables.sites[target.site]
    called = scope.packets.target & site.addresses
    if site.name not in scope.arrives_at or not called:
        return
    if called == scope.packets.target and len(scope.arrives_at) == 1:
        yield scope
        return
    packets = replace(scope.packets, target=called)
    if not packets.is_empty():
        yield replace(scope, packets=packets, arrives_at=frozenset({site.name}))
