"""Whether two networks do the same with the same flows: the two encodings side by side in one text."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property

from asever.model.addresses import typical
from asever.model.effective import Arrival, EffectiveNetwork, FlowQuestion, Packets, Quantifier, Route, Scope, Success
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOLS_WITH_PORTS, TCP, Packet
from asever.record import record, replace
from asever.solve.clauses import text_of
from asever.solve.encode import Branch, Encoding, encode
from asever.solve.paths import Taken, paths
from asever.solve.queries import Pick, arrives, asked, fails, perhaps_arrives, perhaps_succeeds, succeeds
from asever.solve.search import Search
from asever.solve.solver import Session
from asever.solve.terms import FALSE, Terms, conjunction, disjunction, negation

_NO_PORT = NumberSet.single(0)
_USUAL_SOURCE_PORT = 49152
_USUAL_PORTS = (443, 80, 22, 3389)
_ORDER = ("protocol", "target", "target_port", "source", "source_port")
# Where each of these is the same set of flows, with the choices made on their way, the two do the same with every flow.
_PICKS: tuple[Pick, ...] = (arrives, perhaps_arrives, succeeds, perhaps_succeeds, fails)


def fingerprint(network: EffectiveNetwork, question: FlowQuestion) -> Hashable:
    """What the verdict of a question depends on: equal ones have equal verdicts."""
    encoding = encode(network, question)
    scopes = tuple((one.domain, tuple(map(_formulas, one.branches)), _partial(one.scope)) for one in encoding.scopes)
    return question.quantifier, tuple(encoding.terms.definitions()), tuple(encoding.rows.open), scopes


def _formulas(one: Branch) -> Hashable:
    return (
        one.where,
        one.surely_arrives,
        one.perhaps_arrives,
        one.surely_succeeds,
        one.perhaps_succeeds,
        one.path.unknowns,
        tuple(one.path.region),
    )


def _partial(scope: Scope) -> Hashable:
    return scope.partial_source, scope.partial_target


def every_traffic(questions: Iterable[FlowQuestion]) -> Iterator[FlowQuestion]:
    """The same callers and called ones, and everything that they can send to each other; every pair once."""
    seen: set[Hashable] = set()
    for question in questions:
        for scope in question.scopes:
            packets = scope.packets
            pair = (scope.origin, scope.arrives_at, scope.arrives_as, scope.condition, tuple(sorted(question.fixed.items())))
            ends = (packets.source, packets.target, packets.source_tags, packets.target_tags)
            if (pair, ends) in seen:
                continue
            seen.add((pair, ends))
            wide = tuple(replace(scope, packets=each) for each in _all_packets(packets))
            yield FlowQuestion(quantifier=Quantifier.ALL_ARRIVE, scopes=wide, success=Success(), fixed=question.fixed)


def _all_packets(packets: Packets) -> Iterator[Packets]:
    without = ANY_PROTOCOL - PROTOCOLS_WITH_PORTS
    yield replace(packets, protocol=PROTOCOLS_WITH_PORTS, source_port=ANY_PORT, target_port=ANY_PORT)
    yield replace(packets, protocol=without, source_port=_NO_PORT, target_port=_NO_PORT)


@record
class Difference:
    """A packet that two networks do not treat alike, who sends it, and in which readings."""

    origin: str
    packet: Packet
    readings: Mapping[str, str]


def changed_tables(one: EffectiveNetwork, other: EffectiveNetwork) -> frozenset[str] | None:
    """The sites and fabrics whose tables differ; None where something differs that all of them share."""
    if (one.tag_space, one.probe_source, one.assumptions) != (other.tag_space, other.probe_source, other.assumptions):
        return None
    pairs = ((one.sites, other.sites), (one.fabrics, other.fabrics))
    return frozenset(name for here, there in pairs for name in here.keys() | there.keys() if here.get(name) != there.get(name))


class Reference:
    """A question on one network, to be compared with the same question on networks that differ from it a little."""

    def __init__(self, network: EffectiveNetwork, question: FlowQuestion) -> None:
        self.network = network
        self.question = question
        self.scopes = [_Scope(network, replace(question, scopes=(scope,))) for scope in question.scopes]

    def may_change(self, changed: frozenset[str] | None) -> bool:
        """Whether a flow of the question meets a table that changed."""
        return changed is None or any(one.met & changed for one in self.scopes)

    def difference(self, other: EffectiveNetwork, changed: frozenset[str] | None, deadline: float | None) -> Difference | None:
        """A packet that the two networks do not treat alike, None where there is none.

        What is compared is whether it arrives, whether its reply comes back, and every choice on the way.
        """
        for one in self.scopes:
            if changed is not None and not one.met & changed:
                continue
            if fingerprint(other, one.question) == one.fingerprint:
                continue
            found = _different(self.network, other, one.question, deadline)
            if found is not None:
                return found
        return None


class _Scope:
    """A question about one scope, and the tables that its flows meet."""

    def __init__(self, network: EffectiveNetwork, question: FlowQuestion) -> None:
        self.network = network
        self.question = question

    @cached_property
    def met(self) -> frozenset[str]:
        """The sites and fabrics whose tables decide what becomes of a flow of the scope."""
        (scope,) = self.question.scopes
        found = {scope.origin}
        for path in paths(self.network, scope, self.question.fixed, replies=True):
            for taken in path.taken:
                found.update(_named_by(taken))
            found.update(one.sender.name for one in path.legs)
        return frozenset(found - {""})

    @cached_property
    def fingerprint(self) -> Hashable:
        return fingerprint(self.network, self.question)


def _named_by(taken: Taken) -> Iterator[str]:
    """The site or fabric that has a row, and those that it leads to."""
    yield taken.at
    match taken.row:
        case Route(fabric=fabric, recipients=recipients):
            yield fabric or ""
            yield from (one.site for one in recipients)
        case Arrival(site=site, recipients=recipients, continues=continues):
            yield from (site or "", continues or "")
            yield from (one.site for one in recipients)
        case _:
            pass


def _different(one: EffectiveNetwork, other: EffectiveNetwork, asks: FlowQuestion, deadline: float | None) -> Difference | None:
    """A packet for which the two come to different formulas, and which looks like real traffic as far as one does."""
    terms = Terms()
    both = [encode(each, asks, terms) for each in (one, other)]
    formula = disjunction(_unlike(*(_named(terms, each, pick) for each in both)) for pick in _PICKS)
    if formula == FALSE:
        return None
    differs = terms.switch("differs", formula)
    (scope,) = asks.scopes
    packets = scope.packets
    wishes = [
        ("protocol", TCP),
        ("source_port", _USUAL_SOURCE_PORT),
        *(("target_port", port) for port in (*scope.preferred_ports, *_USUAL_PORTS)),
    ]
    wishes += [("target", typical(packets.target)), ("source", typical(packets.source))]
    wishes = [(name, number) for name, number in wishes if number in getattr(packets, name)]
    for name, number in wishes:
        terms.at_least(name, number)
        terms.at_least(name, number + 1)
    session = Session(text_of(terms), deadline)
    if not session.satisfiable([differs]):
        return None
    search = Search(session, terms, [differs])
    readings = {name: values[0] for name, values in one.assumptions.items()} | dict(asks.fixed)
    rows = both[1].rows
    for name, (recommended, alternative) in one.assumptions.items():
        if name in rows.open and not search.keep(rows.reading(name, recommended)):
            readings[name] = alternative
    wished = dict.fromkeys(name for name, _ in wishes)
    search.grant_first(*([search.number(name, each) for other, each in wishes if other == name] for name in wished))
    search.least({name: getattr(packets, name) for name in _ORDER})
    packet = Packet(
        **{name: search.values[name] for name in _ORDER}, source_tags=packets.source_tags, target_tags=packets.target_tags
    )
    return Difference(origin=scope.origin, packet=packet, readings=readings)


def _named(terms: Terms, encoding: Encoding, pick: Pick) -> str:
    return terms.named(asked(encoding, pick), pick.__name__)


def _unlike(one: str, other: str) -> str:
    if one == other:
        return FALSE
    return disjunction((conjunction((one, negation(other))), conjunction((negation(one), other))))
