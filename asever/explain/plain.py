"""The ends of a table that packets come to and leave by their own addresses alone: who of them reaches whom, all at once.

What such an end is asked about is told by asking once; what is between two of them is decided by `asever.bulk`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asever.azure.questions import Unanswerable
from asever.bulk.cells import Traffic
from asever.bulk.pairs import reaches
from asever.explain.parties import Party, asked
from asever.model.addresses import ALL_ADDRESSES, ALL_V4
from asever.model.claims import EndpointKind, Service, Verb
from asever.model.effective import ALWAYS, EffectiveNetwork, FlowQuestion, Scope, Site
from asever.model.matrix import Reach
from asever.model.things import Network
from asever.record import record


@record(kw_only=False)
class Plain:
    """The numbers of the plain ends by their titles, and for each what it reaches; None where only the pair alone can tell."""

    numbers: Mapping[str, int]
    reaches: Sequence[Sequence[Reach | None]]

    def reach(self, origin: Party, target: Party) -> Reach | None:
        """What of the traffic between two ends arrives, if they are plain and it can be told."""
        one, other = self.numbers.get(origin.title), self.numbers.get(target.title)
        return None if one is None or other is None else self.reaches[one][other]


def plain(
    network: Network,
    tables: EffectiveNetwork,
    parties: Sequence[Party],
    services: tuple[Service, ...],
    readings: Mapping[str, str],
) -> Plain:
    """The plain ends among those of a table."""
    candidates = [one for one in parties if _is_candidate(network, tables, one)]
    if len(candidates) < 2:
        return Plain({}, ())
    first, second = candidates[:2]
    ends: list[Party] = []
    traffic: tuple[Traffic, ...] = ()
    fixed: Mapping[str, str] = {}
    for one in candidates:
        stranger = second if one is first else first
        found = asked(network, tables, Verb.NEVER_REACHES, stranger, one, services, readings)
        if isinstance(found, Unanswerable) or not all(
            _is_plain(scope, _site(tables, stranger), _site(tables, one)) for scope in found.scopes
        ):
            continue
        ends.append(one)
        traffic, fixed = tuple(_traffic(found)), found.fixed
    found_reaches = reaches(tables, [_site(tables, one) for one in ends], traffic, fixed)
    return Plain({one.title: number for number, one in enumerate(ends)}, found_reaches)


def _site(tables: EffectiveNetwork, one: Party) -> Site:
    return tables.sites[one.site or one.endpoint.name]


def _is_candidate(network: Network, tables: EffectiveNetwork, one: Party) -> bool:
    """Whether an end may be plain: machines of one address family without a public address, or a subnet of such."""
    match one.endpoint.kind:
        case EndpointKind.MACHINE:
            private = network.machines[one.endpoint.name].public_ip is None
        case EndpointKind.SUBNET:
            private = one.site is not None
        case _:
            return False
    addresses = _site(tables, one).addresses
    return private and bool(addresses) and addresses <= ALL_V4


def _is_plain(scope: Scope, caller: Site, called: Site) -> bool:
    """Whether a scope is about everything between two sites, whatever the reading, and nothing else."""
    packets = scope.packets
    return (
        scope.origin == caller.name
        and scope.arrives_at == {called.name}
        and (packets.source, packets.target) == (caller.addresses, called.addresses)
        and not (packets.source_tags or packets.target_tags or scope.partial_source or scope.partial_target)
        and scope.arrives_as == ALL_ADDRESSES
        and scope.condition == ALWAYS
    )


def _traffic(question: FlowQuestion) -> Iterator[Traffic]:
    for scope in question.scopes:
        yield Traffic(scope.packets.protocol, scope.packets.source_port, scope.packets.target_port)
