"""A change that may help, as a value; and what whoever proposes one may look at."""

from __future__ import annotations

from collections.abc import Mapping

from asever.diagnostics import Edit
from asever.model.addresses import ALL_V4
from asever.model.answers import Trace
from asever.model.claims import Endpoint, EndpointKind, Reachability
from asever.model.effective import AddressMatch, EffectiveNetwork, Scope
from asever.model.numbers import NumberSet, union
from asever.model.packets import ANY_PORT, PROTOCOL_NAMES, PROTOCOLS_WITH_PORTS, Packet
from asever.model.program import Program
from asever.model.things import Network
from asever.record import record
from asever.repair.trial import Counterexample, Edited
from asever.repair.wording import Term, terms_for


@record
class Candidate:
    """Edits that belong together, and how much they change. `takes` are the resources that let less pass with them.

    `widening` counts packets that filters newly let pass. `width` is the same without the side on which an NSG stands: `to *`
    in a rule of the file is how its author writes "here", and no reason to write a rule of its own. `literal` when it writes
    numbers where names would do; `fresh` when it writes a new rule or thing; `order` and then `left`, the packets that may
    pass in all, rank what is alike otherwise. `listed` when every edit is in a list of rules, which changes no flow's way.
    `earlier` is the same in front of more rules, if this is not enough.
    """

    words: str
    edits: tuple[Edit, ...]
    widening: int = 0
    width: int = 0
    literal: bool = False
    fresh: bool = False
    order: int = 0
    left: int = 0
    takes: frozenset[str] = frozenset()
    listed: bool = False
    earlier: Candidate | None = None

    @property
    def cost(self) -> tuple[int, ...]:
        """Few edits, little let in, names over numbers, existing rules over new ones."""
        return len(self.edits), self.width, self.literal, self.fresh, self.order, self.left


@record
class Case:
    """A counterexample in the program that it breaks."""

    program: Program
    tables: EffectiveNetwork
    shown: Counterexample
    trace: Trace
    scope: Scope
    scopes: tuple[Scope, ...]
    claim: Reachability
    title: str = ""

    @property
    def network(self) -> Network:
        """What is declared."""
        return self.program.network


def case(one: Edited, shown: Counterexample, title: str) -> Case | None:
    """The case of a counterexample that is a flow."""
    claim = shown.check.claim
    if shown.trace is None or shown.scope is None or shown.question is None or not isinstance(claim, Reachability):
        return None
    scopes = tuple(each for each in shown.question.scopes if each.origin == shown.scope.origin)
    return Case(
        program=one.program,
        tables=one.tables,
        shown=shown,
        trace=shown.trace,
        scope=shown.scope,
        scopes=scopes,
        claim=claim,
        title=title,
    )


# -- The flows of a scope, as they are at one place ---------------------------------------------------------------------


def sources_at(one: Case, packet: Packet) -> NumberSet:
    """The sources that flows like this one have where the packet looks like that."""
    if packet.source == one.trace.flow.packet.source:
        return one.scope.packets.source
    for step in one.trace.steps:
        becomes = getattr(step.row, "becomes", None) or getattr(step.row, "source_becomes", None)
        if isinstance(becomes, NumberSet) and step.after.source == packet.source and packet.source in becomes:
            return becomes
    return NumberSet.single(packet.source)


def targets_at(one: Case, packet: Packet) -> NumberSet:
    """The destinations that flows like this one have there."""
    if packet.target == one.trace.flow.packet.target:
        return one.scope.packets.target
    for step in one.trace.steps:
        instances = getattr(step.row, "instances", None)
        if isinstance(instances, NumberSet) and packet.target in instances:
            return instances
        recipients = getattr(step.row, "recipients", ())
        if any(packet.target == each.address for each in recipients):
            return NumberSet.of((each.address, each.address) for each in recipients)
    return NumberSet.single(packet.target)


def ports_at(one: Case, packet: Packet) -> NumberSet:
    """The destination ports that flows like this one have there."""
    if packet.protocol not in PROTOCOLS_WITH_PORTS:
        return ANY_PORT
    called = one.trace.flow.packet
    if packet.target_port != called.target_port or packet.source == one.tables.probe_source:
        return NumberSet.single(packet.target_port)
    alike = [each.packets.target_port for each in one.scopes if packet.protocol in each.packets.protocol]
    return union(alike) or NumberSet.single(packet.target_port)


def protocol_at(one: Case, packet: Packet) -> str:
    """The word for the protocols that flows like this one have there."""
    several = one.scope.packets.protocol.size > 1 and packet.source != one.tables.probe_source
    return "any" if several else PROTOCOL_NAMES[packet.protocol]


def source_terms(one: Case, packet: Packet, home: str) -> tuple[Term, ...]:
    """Words for those sources in a file of that home."""
    own = packet.source == one.trace.flow.packet.source
    subjects = one.claim.subjects if own and len(one.claim.subjects) == 1 else ()
    tags = _tags(one, packet.source_tags, subjects)
    return terms_for(one.network, one.tables, sources_at(one, packet), home, tags)


def target_terms(one: Case, packet: Packet, home: str) -> tuple[Term, ...]:
    """Words for those destinations in a file of that home."""
    own = packet.target == one.trace.flow.packet.target
    tags = _tags(one, packet.target_tags, (one.claim.target,) if own else ())
    return terms_for(one.network, one.tables, targets_at(one, packet), home, tags)


def _tags(one: Case, carried: frozenset[str], ends: tuple[Endpoint, ...]) -> Mapping[str, NumberSet]:
    """The service tags that hold an end of a flow: those that the packet lies in, and the one that the check names."""
    space = one.tables.tag_space
    found = {tag: space for tag in sorted(carried) if not tag.startswith("not ")}
    for end in ends:
        if end.kind is EndpointKind.MANAGEMENT:
            found["AppServiceManagement"] = space
        elif end.kind is EndpointKind.INTERNET:
            found["Internet"] = ALL_V4
        elif end.kind is EndpointKind.TAG and end.name not in one.network.tags:
            found[end.name] = space
    return found


def most(match: AddressMatch, tables: EffectiveNetwork) -> NumberSet:
    """The most that one side of a rule may hold."""
    return match.addresses | tables.tag_space if match.unknown_tags else match.addresses
