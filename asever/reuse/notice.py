"""What a finding rests on in lists of rules, and so whether it could be another one with another rule.

A finding is made of the question and the tables alone (`asever.explain.finding.judged`). Of the rules of a filter it sees

* those that match some packet of the question when it comes to the filter: they decide, are named, and are walked;
* those that lack few fields of the packet that the filter drops: they are near misses;
* the bounds of all rules at the two ends of a flow, which tell how many flows are walked beside a proof;
* rules that hang on an assumption, and those of Azure's own, which is asked of all of them.

Whatever may be seen counts as seen; that the rest is not is what tests/reuse holds against random edits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.explain.evidence import flows_beside
from asever.explain.witness import wants_reply
from asever.model.addresses import ALL_ADDRESSES
from asever.model.answers import Finding, Verdict
from asever.model.effective import Action, AddressMatch, EffectiveNetwork, Filter, FilterRow, FlowQuestion, Packets
from asever.model.numbers import NumberSet
from asever.record import record
from asever.reuse.pairs import slots
from asever.solve.paths import FIELDS, Path, Place, paths

_View = tuple[NumberSet, ...]
"""Where each of `FIELDS` lies in the packets that come to a filter."""


@record
class Footprint:
    """Which rules a finding about flows can notice, by the slot of their filter.

    `met` are the packets that come there. A rule that lets pass and lacks at most `near` fields of them is a near miss.
    How many flows are walked beside a proof hangs on the bounds of rules in `ends` within these packets.
    """

    met: Mapping[int, tuple[_View, ...]]
    near: Mapping[int, int]
    ends: Mapping[int, tuple[Packets, ...]]


class Slots:
    """The filters of a version by identity, and where they stand."""

    def __init__(self, network: EffectiveNetwork) -> None:
        self.network = network
        self.filters = tuple(slots(network))
        self._numbers: dict[int, list[int]] = {}
        for number, one in enumerate(self.filters):
            self._numbers.setdefault(id(one), []).append(number)

    def of(self, one: Filter) -> Sequence[int]:
        """The slots of a filter; none if its rules may not differ."""
        return self._numbers.get(id(one), ())


def footprint(where: Slots, question: FlowQuestion, finding: Finding) -> Footprint:
    """What a finding about flows rests on."""
    met: dict[int, dict[_View, None]] = {}
    for path in _paths(where.network, question):
        for place in path.places:
            view = _view(place, path)
            for one in place.filters:
                for slot in where.of(one):
                    met.setdefault(slot, {})[view] = None
    ends: dict[int, list[Packets]] = {}
    if finding.evidence is not None:
        for slot, packets in _ends(where, question):
            ends.setdefault(slot, []).append(packets)
    return Footprint(
        met={slot: tuple(views) for slot, views in met.items()},
        near=dict(_near(where, met, question, finding)),
        ends={slot: tuple(every) for slot, every in ends.items()},
    )


def _paths(network: EffectiveNetwork, question: FlowQuestion) -> Iterator[Path]:
    """Every way in every reading: an answer is also compared with those in other readings."""
    for scope in question.scopes:
        yield from paths(network, scope, {}, replies=wants_reply(question))


def _view(place: Place, path: Path) -> _View:
    return tuple(NumberSet.single(now) if isinstance(now, int) else path.region[now] for now in place.view)


def _ends(where: Slots, question: FlowQuestion) -> Iterator[tuple[int, Packets]]:
    """The filters at the two ends of each scope (`asever.evaluate.classes`)."""
    for scope in question.scopes:
        for name in (scope.origin, *scope.arrives_at):
            site = where.network.sites[name]
            for one in (*site.outbound, *site.inbound):
                for slot in where.of(one):
                    yield slot, scope.packets


def _near(where: Slots, met: Iterable[int], question: FlowQuestion, finding: Finding) -> Iterator[tuple[int, int]]:
    """How many fields a near miss lacks in each filter that drops the flow: those that lack fewest are named."""
    if finding.verdict is not Verdict.VIOLATED or not wants_reply(question):
        return
    dropping = {one.resource for one in finding.blockers}
    fewest = {one.resource: one.field.count(" and ") + 1 for one in finding.near_misses}
    for slot in met:
        resource = where.filters[slot].resource
        if resource in dropping:
            yield slot, fewest.get(resource, len(FIELDS))


# -- Noticing -----------------------------------------------------------------------------------------------------------


def notices(one: Footprint, changed: Mapping[int, tuple[FilterRow, ...]]) -> bool:
    """Whether the finding sees one of these rules decide, or name itself; those `recounts` tells of are apart."""
    return any(
        bool(row.condition)
        or row.origin.azure is not None
        or any(_sees(row, view, one.near.get(slot, 0)) for view in one.met.get(slot, ()))
        for slot, rows in changed.items()
        for row in rows
    )


def recounts(one: Footprint, changed: Mapping[int, tuple[FilterRow, ...]]) -> bool:
    """Whether another number of flows may be walked beside the proof."""
    return any(_cuts(row, packets) for slot, rows in changed.items() for row in rows for packets in one.ends.get(slot, ()))


def walks_as_many(finding: Finding, network: EffectiveNetwork, question: FlowQuestion) -> bool:
    """Whether as many flows are walked beside a proof in the new version; not told of a claim that none arrives."""
    evidence = finding.evidence
    return (
        finding.verdict is Verdict.HOLDS
        and evidence is not None
        and evidence.replayed == sum(1 for _ in flows_beside(network, question))
    )


def _sees(row: FilterRow, view: _View, near: int) -> bool:
    protocol, source, source_port, target, target_port = view
    lacks = (
        not row.protocol.overlaps(protocol),
        not row.target_port.overlaps(target_port),
        not row.source_port.overlaps(source_port),
        not _meets(row.source, source),
        not _meets(row.target, target),
    )
    fields = sum(lacks)
    return fields == 0 or (fields <= near and row.action is not Action.DENY)


def _meets(match: AddressMatch, addresses: NumberSet) -> bool:
    return bool(match.unknown_tags) or match.addresses is ALL_ADDRESSES or match.addresses.overlaps(addresses)


def _cuts(row: FilterRow, packets: Packets) -> bool:
    """Whether a bound of the rule lies inside the packets in some field."""
    return (
        _parts(row.protocol, packets.protocol)
        or _parts(row.source_port, packets.source_port)
        or _parts(row.target_port, packets.target_port)
        or _parts(row.source.addresses, packets.source)
        or _parts(row.target.addresses, packets.target)
    )


def _parts(numbers: NumberSet, whole: NumberSet) -> bool:
    """Whether a range begins or ends inside a range of the whole, rather than at its borders or outside."""
    return not whole.is_single and any(
        low < cut <= high for low, high in whole.ranges for first, last in numbers.ranges for cut in (first, last + 1)
    )
