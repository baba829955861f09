"""The ends of a table that packets come to and leave by their own addresses alone: who of them reaches whom, all at once.

What such an end is asked about is told by asking once; what is between two of them is decided by `asever.bulk`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asever.bulk.cells import Traffic
from asever.bulk.pairs import reaches
from asever.bulk.ways import End
from asever.explain.parties import Party, asked
from asever.model.addresses import ALL_ADDRESSES, ALL_V4
from asever.model.claims import EndpointKind, Service, Verb
from asever.model.effective import ALWAYS, EffectiveNetwork, FlowQuestion, Scope, may_exist
from asever.model.matrix import Reach
from asever.model.numbers import EMPTY
from asever.model.things import Network
from asever.record import record, replace


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
    private = [one for one in parties if _is_private(network, tables, one)]
    if len(private) < 2:
        return Plain({}, ())
    ends: dict[str, End] = {}
    traffic: tuple[Traffic, ...] = ()
    fixed: Mapping[str, str] = {}
    for one in parties:
        stranger = private[1] if one is private[0] else private[0]
        about = [
            asked(network, tables, Verb.NEVER_REACHES, *pair, services, readings) if able else None
            for pair, able in (((one, stranger), one.calls), ((stranger, one), one.answers))
        ]
        end, other = _end(tables, one, about[0]), _end(tables, stranger, None)
        if end is None or other is None:
            continue
        calls, answers = (
            isinstance(found, FlowQuestion) and all(_is_plain(scope, *pair, found.fixed) for scope in found.scopes)
            for found, pair in zip(about, ((end, other), (other, end)), strict=True)
        )
        if calls or answers:
            ends[one.title] = replace(end, calls=calls, answers=answers)
        if one is private[0] and isinstance(about[0], FlowQuestion):
            traffic, fixed = tuple(_traffic(about[0])), about[0].fixed
    found_reaches = reaches(tables, list(ends.values()), traffic, fixed)
    return Plain({title: number for number, title in enumerate(ends)}, found_reaches)


def _end(tables: EffectiveNetwork, one: Party, calling: object) -> End | None:
    """The IPv4 addresses of an end, if it stands at one site: those are all that a private end of that family is called by."""
    if one.endpoint.kind is EndpointKind.MANAGEMENT:
        scope = calling.scopes[0] if isinstance(calling, FlowQuestion) else None
        return None if scope is None else End(tables.sites[scope.origin], scope.packets.source & ALL_V4)
    site = tables.sites.get(one.site or one.endpoint.name)
    addresses = EMPTY if site is None else site.addresses & ALL_V4
    return End(site, addresses) if site is not None and addresses else None


def _is_private(network: Network, tables: EffectiveNetwork, one: Party) -> bool:
    """Whether an end is a machine without a public address, or a subnet of such, with IPv4 addresses alone."""
    match one.endpoint.kind:
        case EndpointKind.MACHINE:
            private = network.machines[one.endpoint.name].public_ip is None
        case EndpointKind.SUBNET:
            private = one.site is not None
        case _:
            return False
    return private and tables.sites[one.site or one.endpoint.name].addresses <= ALL_V4


def _is_plain(scope: Scope, caller: End, called: End, fixed: Mapping[str, str]) -> bool:
    """Whether a scope, if it exists, is about everything between two ends, whatever the reading, and nothing else."""
    if not may_exist(scope.condition, fixed):
        return True
    packets = scope.packets
    return (
        scope.origin == caller.site.name
        and scope.arrives_at == {called.site.name}
        and (packets.source, packets.target) == (caller.addresses, called.addresses)
        and not (packets.source_tags or packets.target_tags or scope.partial_source or scope.partial_target)
        and scope.arrives_as == ALL_ADDRESSES
        and scope.condition == ALWAYS
    )


def _traffic(question: FlowQuestion) -> Iterator[Traffic]:
    for scope in question.scopes:
        yield Traffic(scope.packets.protocol, scope.packets.source_port, scope.packets.target_port)
