"""Claims about filters alone: two decide alike, one permits no more than the other, every rule of one decides something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from asever.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, V6_BASE, parse_address, parse_addresses
from asever.model.answers import Answer, Core, DeadRows, FiltersDiffer, Proved, Undecided
from asever.model.effective import (
    Action,
    EffectiveNetwork,
    Filter,
    FilterContext,
    FilterQuestion,
    FilterRelation,
    FilterRow,
    recommended,
)
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOLS_WITH_PORTS, TCP, Packet, outside
from asever.record import record, replace
from asever.solve.clauses import text_of
from asever.solve.paths import FIELDS
from asever.solve.rows import Hull, Rows
from asever.solve.search import Search, Wish
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, conjunction, disjunction, implication, meets, negation

EVERY_PACKET: Hull = {
    "protocol": ANY_PROTOCOL,
    "source": ALL_ADDRESSES,
    "source_port": ANY_PORT,
    "target": ALL_ADDRESSES,
    "target_port": ANY_PORT,
}
_ORDER = ("protocol", "target_port", "source", "target", "source_port")
_NO_PORT = NumberSet.single(0)
# What a packet looks like where nothing says otherwise.
_USUAL_ADDRESS = parse_address("10.0.0.4")
_USUAL_V6_ADDRESS = parse_address("fd00::4")
# The platform has names for addresses too, but few packets carry them.
_LINK_LOCAL = parse_addresses("169.254.0.0/16")
_USUAL_PORTS = (443, 80)
_USUAL_SOURCE_PORT = 49152
_PASSES = {Action.ALLOW: TRUE, Action.ALWAYS_ALLOW: TRUE, Action.DENY: FALSE}
# The tag of a place is unknown only to an NSG that is attached nowhere. It may come to stand anywhere, and then hold anything.
_TAGS_OF_PLACES = frozenset({"VirtualNetwork"})


class Tags:
    """The tags of unknown content that the rules of one text name.

    In `one_world` every address either is in such a tag or is not, the same for both filters: what is unsatisfiable then
    is so whatever the tags hold. In `any_world` a tag surely matches the packets that are known to lie in it (`known`), and
    perhaps all others. What the tag of a place holds is no secret, only the place is open: it stays a fact in both.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.spaces: dict[tuple[str, str], str] = {}

    def one_world(self, side: str, tag: str, in_tag_space: str) -> tuple[str, str]:
        """Membership as a fact."""
        inside = conjunction((self.terms.boolean(f"{side} in {tag}"), self._space(side, tag, in_tag_space)))
        return inside, inside

    def any_world(self, side: str, tag: str, in_tag_space: str) -> tuple[str, str]:
        """Membership as knowledge."""
        if tag in _TAGS_OF_PLACES:
            return self.one_world(side, tag, in_tag_space)
        return self.known(side, tag), self._space(side, tag, in_tag_space)

    def known(self, side: str, tag: str) -> str:
        """The literal that says that the packet is known to lie in the tag."""
        return self.terms.boolean(f"{side} {'in' if tag in _TAGS_OF_PLACES else 'known in'} {tag}")

    def _space(self, side: str, tag: str, in_tag_space: str) -> str:
        return self.spaces.setdefault((side, tag), TRUE if tag in _TAGS_OF_PLACES else in_tag_space)

    def facts(self) -> Iterator[str]:
        """What holds of every tag: where it may lie, and that the tag of a region lies in the tag of all regions."""
        for (side, tag), space in self.spaces.items():
            yield implication(self.known(side, tag), space)
            wider = tag.partition(".")[0]
            if wider != tag and (side, wider) in self.spaces:
                yield implication(self.terms.boolean(f"{side} in {tag}"), self.terms.boolean(f"{side} in {wider}"))
                yield implication(self.known(side, tag), self.known(side, wider))


def domain(terms: Terms) -> str:
    """Every packet: one family of addresses, and ports only where the protocol has them."""
    inside = terms.inside
    without = conjunction((inside("source_port", _NO_PORT), inside("target_port", _NO_PORT)))
    return conjunction(
        (
            inside("protocol", ANY_PROTOCOL),
            disjunction((inside("protocol", PROTOCOLS_WITH_PORTS), without)),
            disjunction(conjunction((inside("source", one), inside("target", one))) for one in (ALL_V4, ALL_V6)),
        )
    )


@record
class Comparison:
    """Two filters at one place. `perhaps`: they break the relation for some content of the tags. `surely`: for any content."""

    terms: Terms
    tags: Tags
    rows: Rows
    perhaps: str
    surely: str
    surely_not: str


def compare(network: EffectiveNetwork, question: FilterQuestion, context: FilterContext, terms: Terms) -> Comparison:
    """`perhaps` is unsatisfiable iff the relation holds for every packet, whatever the unknown tags hold."""
    assert context.right is not None  # noqa: S101 - only dead rules are about one filter
    tags = Tags(terms)
    one_world = Rows(terms, network, question.fixed, tags.one_world)
    left, right = (_decision(one_world, one, sure=True) for one in (context.left, context.right))
    perhaps = _breaks(question.relation, (left, left), (right, right))
    surely = perhaps
    if tags.spaces:
        any_world = Rows(terms, network, question.fixed, tags.any_world)
        both = [tuple(_decision(any_world, one, sure=sure) for sure in (True, False)) for one in (context.left, context.right)]
        surely = _breaks(question.relation, *both)
    every = domain(terms)
    terms.asserted.extend((every, *tags.facts()))
    return Comparison(terms=terms, tags=tags, rows=one_world, perhaps=perhaps, surely=surely, surely_not=negation(surely))


def _breaks(relation: FilterRelation, left: Sequence[str], right: Sequence[str]) -> str:
    """When a packet breaks a relation, of what surely and what perhaps passes on either side."""
    more = conjunction((left[0], negation(right[1])))
    if relation is FilterRelation.NO_MORE:
        return more
    return disjunction((more, conjunction((negation(left[1]), right[0]))))


def _decision(rows: Rows, one: Filter, *, sure: bool) -> str:
    matches = tuple(rows.matching(one.rows, FIELDS, EVERY_PACKET, frozenset(), frozenset()))
    return rows.decision(one.resource, matches, _PASSES, one.otherwise, sure=sure)


def answer_about_filters(network: EffectiveNetwork, question: FilterQuestion, deadline: float | None) -> Answer:
    """The answer to a claim about filters."""
    if question.relation is FilterRelation.NO_DEAD_ROWS:
        return _dead_rows(network, question, deadline)
    open_tags: dict[str, None] = {}
    for context in question.contexts:
        if context.right is not None and _same(context.left, context.right):
            continue
        comparison = compare(network, question, context, Terms())
        found = _difference(network, question, context, comparison, deadline)
        if isinstance(found, FiltersDiffer):
            return found
        open_tags.update(dict.fromkeys(found))
    if open_tags:
        return Undecided(reasons=tuple(f"the addresses of service tag {tag} are not known" for tag in sorted(open_tags)))
    return Proved(core=Core(minimal=True))


def _same(left: Filter, right: Filter) -> bool:
    return left.otherwise is right.otherwise and (left.rows is right.rows or left.rows == right.rows)


# -- Two filters --------------------------------------------------------------------------------------------------------


def _difference(
    network: EffectiveNetwork,
    question: FilterQuestion,
    context: FilterContext,
    comparison: Comparison,
    deadline: float | None,
) -> FiltersDiffer | list[str]:
    """A packet on which the two break the relation; else the tags on which it hangs (none if it holds)."""
    terms, tags, rows = comparison.terms, comparison.tags, comparison.rows
    if comparison.perhaps == FALSE:
        return []
    perhaps = terms.switch("perhaps", comparison.perhaps)
    surely = terms.switch("surely", comparison.surely)
    surely_not = terms.switch("surely not", comparison.surely_not)
    ports = _usual_ports(context)
    _add_wishes(terms, network, ports)
    session = Session(text_of(terms), deadline)
    if not session.satisfiable([perhaps]):
        return []
    open_tags = [tag for _, tag in tags.spaces if tag not in _TAGS_OF_PLACES]
    if not session.satisfiable([surely]):
        return open_tags
    search = Search(session, terms, [surely])
    readings = _chosen_readings(network, question, rows, search)
    known = [one for one in tags.spaces if not search.keep(negation(tags.known(*one)))]
    _complete(search, network, ports)
    sides = {side for side, tag in known if tag not in _TAGS_OF_PLACES}
    if sides:
        # Nobody knows which addresses the tags hold, so the packet must break the relation with every one of them.
        pins = [pin for name, its in search.pins.items() if name not in sides for pin in its]
        pins += [tags.known(*one) if one in known else negation(tags.known(*one)) for one in tags.spaces]
        if session.satisfiable([surely_not, *pins, *_literals(rows, readings)]):
            return open_tags
    packet = Packet(
        protocol=search.values["protocol"],
        source=search.values["source"],
        source_port=search.values["source_port"],
        target=search.values["target"],
        target_port=search.values["target_port"],
        source_tags=frozenset(tag for side, tag in known if side == "source"),
        target_tags=frozenset(tag for side, tag in known if side == "target"),
    )
    return FiltersDiffer(packet=packet, context=context, readings=readings)


def _literals(rows: Rows, readings: Mapping[str, str]) -> list[str]:
    return [rows.reading(name, value) for name, value in readings.items() if name in rows.open]


def _chosen_readings(network: EffectiveNetwork, question: FilterQuestion, rows: Rows, search: Search) -> dict[str, str]:
    """The recommended reading of every assumption, as far as the packet still breaks the relation in it."""
    readings = {**recommended(network), **question.fixed}
    for name in network.assumptions:
        if name in rows.open and not search.keep(rows.reading(name, readings[name])):
            readings[name] = network.assumptions[name][1]
    return readings


def _named(network: EffectiveNetwork) -> NumberSet:
    return NumberSet.of((one, one) for one in network.names if one != network.probe_source) - _LINK_LOCAL


def _usual_ports(context: FilterContext) -> tuple[int, ...]:
    """Ports that look like real traffic: the usual ones, then those that rules begin with."""
    rows = (*context.left.rows, *(() if context.right is None else context.right.rows))
    firsts = dict.fromkeys(row.target_port.first for row in rows if row.target_port and row.target_port != ANY_PORT)
    return (*_USUAL_PORTS, *(port for port in firsts if port not in _USUAL_PORTS))


def _add_wishes(terms: Terms, network: EffectiveNetwork, ports: Sequence[int]) -> None:
    """Cut points for what a packet should look like."""
    numbers = [("protocol", TCP), ("source_port", _USUAL_SOURCE_PORT), *(("target_port", port) for port in ports)]
    for name, number in numbers:
        terms.at_least(name, number)
        terms.at_least(name, number + 1)
    named = _named(network)
    for side in ("target", "source"):
        for cut in (_USUAL_ADDRESS, V6_BASE, _USUAL_V6_ADDRESS):
            terms.at_least(side, cut)
        terms.switch(f"{side} has a name", terms.inside(side, named))


def _complete(search: Search, network: EffectiveNetwork, ports: Sequence[int]) -> None:
    """The packet that looks most like real traffic."""
    terms = search.terms
    number = search.number
    sides: list[list[Wish]] = []
    for side in ("target", "source"):
        usual = (terms.at_least(side, _USUAL_ADDRESS), negation(terms.at_least(side, V6_BASE)))
        wishes = [usual, (terms.at_least(side, _USUAL_V6_ADDRESS),)]
        if _named(network):
            wishes.insert(0, (terms.boolean(f"{side} has a name"),))
        sides.append([Wish(literals=one) for one in wishes])
    search.grant_first(
        [number("protocol", TCP)],
        [number("source_port", _USUAL_SOURCE_PORT)],
        [number("target_port", port) for port in ports],
        *sides,
    )
    search.least({name: EVERY_PACKET[name] for name in _ORDER})


# -- Dead rules ---------------------------------------------------------------------------------------------------------


class Deciders:
    """The rows of one filter at one place, each with a switch for `it decides` and one for `it matches`."""

    def __init__(self, network: EffectiveNetwork, question: FilterQuestion, context: FilterContext) -> None:
        self.context = context
        self.terms = terms = Terms()
        self.tags = tags = Tags(terms)
        self.rows = Rows(terms, network, question.fixed, tags.one_world)
        self.decides: dict[int, str] = {}
        self.matches: dict[int, str] = {}
        earlier = FALSE
        for index, row in enumerate(context.left.rows):
            match = self.rows.match(row, FIELDS, EVERY_PACKET)
            if match is None:
                continue
            self.matches[index] = terms.switch(f"matches {index}", match.must)
            formula = conjunction((match.must, negation(earlier)))
            if formula != FALSE:
                self.decides[index] = terms.switch(f"decides {index}", formula)
            earlier = terms.equal(f"a row up to {index} matches", disjunction((earlier, match.must)))
        every = domain(terms)
        terms.asserted.extend((every, *tags.facts()))

    def rules(self) -> dict[tuple[str, int, str], list[int]]:
        """The rows of each of the user's rules: rows of one name and priority are one rule."""
        found: dict[tuple[str, int, str], list[int]] = {}
        for index, row in enumerate(self.context.left.rows):
            if row.origin.azure is None:
                found.setdefault((self.context.left.direction.value, row.priority, row.name), []).append(index)
        return found


class _Dead:
    """Asks which rows decide anything, and what decides in place of those that do not."""

    def __init__(self, deciders: Deciders, deadline: float | None) -> None:
        self.deciders = deciders
        self.context = deciders.context
        self.session = Session(text_of(deciders.terms), deadline)

    def decide(self, indexes: Sequence[int], readings: Mapping[str, str]) -> bool:
        """Whether one of these rows decides some packet."""
        literals = _literals(self.deciders.rows, readings)
        decides = self.deciders.decides
        return any(index in decides and self.session.satisfiable([decides[index], *literals]) for index in indexes)

    def packet(self, indexes: Sequence[int], readings: Mapping[str, str]) -> Packet | None:
        """A packet that one of these rows decides, with every tag of unknown content that it is in or outside of."""
        literals = _literals(self.deciders.rows, readings)
        terms, decides = self.deciders.terms, self.deciders.decides
        found = (index for index in indexes if index in decides and self.session.satisfiable([decides[index], *literals]))
        index = next(found, None)
        if index is None:
            return None
        search = Search(self.session, terms, [decides[index], *literals])
        tags: dict[str, set[str]] = {"source": set(), "target": set()}
        for side, tag in self.deciders.tags.spaces:
            without = search.keep(negation(terms.boolean(f"{side} in {tag}")))
            tags[side].add(outside(tag) if without else tag)
        search.least(self._matched(index))
        return Packet(**search.values, source_tags=frozenset(tags["source"]), target_tags=frozenset(tags["target"]))

    def _matched(self, index: int) -> dict[str, NumberSet]:
        """Where the packets lie that a row can match."""
        row = self.context.left.rows[index]
        found = {name: EVERY_PACKET[name] & getattr(row, name) for name in ("protocol", "target_port", "source_port")}
        for name, match in (("source", row.source), ("target", row.target)):
            found[name] = EVERY_PACKET[name] if match.unknown_tags else match.addresses
        return {name: found[name] for name in _ORDER}

    def instead(self, indexes: Sequence[int], readings: Mapping[str, str]) -> tuple[FilterRow, ...]:
        """The rows that decide what these rows match."""
        literals = _literals(self.deciders.rows, readings)
        rows, matches = self.context.left.rows, self.deciders.matches
        found = [
            rows[other]
            for other, decides in self.deciders.decides.items()
            if any(
                other < index
                and index in matches
                and overlap(rows[other], rows[index])
                and self.session.satisfiable([decides, matches[index], *literals])
                for index in indexes
            )
        ]
        return tuple(dict.fromkeys(found))


def overlap(one: FilterRow, other: FilterRow) -> bool:
    """Whether two rows may share a packet, at a glance."""
    return (
        meets(one.protocol, other.protocol)
        and meets(one.target_port, other.target_port)
        and meets(one.source_port, other.source_port)
        and (meets(one.source.addresses, other.source.addresses) or bool(one.source.unknown_tags | other.source.unknown_tags))
        and (meets(one.target.addresses, other.target.addresses) or bool(one.target.unknown_tags | other.target.unknown_tags))
    )


def _dead_rows(network: EffectiveNetwork, question: FilterQuestion, deadline: float | None) -> Answer:
    """A rule is dead iff in some reading, in every context, `one of its rows matches and none before` is unsatisfiable.

    Tags of unknown content are taken for what their names say: different things, of which none holds another.
    """
    every = [_Dead(Deciders(network, question, context), deadline) for context in question.contexts]
    rules: dict[tuple[str, int, str], list[tuple[_Dead, list[int]]]] = {}
    for one in every:
        for rule, indexes in one.deciders.rules().items():
            rules.setdefault(rule, []).append((one, indexes))
    combinations = _combinations(network, [one.deciders for one in every])
    dead: list[tuple[FilterRow, tuple[FilterRow, ...]]] = []
    where: FilterContext | None = None
    for places in rules.values():
        for readings in combinations:
            if not any(one.decide(indexes, readings) for one, indexes in places):
                first, indexes = places[0]
                dead.append((first.context.left.rows[indexes[0]], first.instead(indexes, readings)))
                where = where or first.context
                break
    return Proved(core=Core(minimal=True)) if where is None else DeadRows(rows=tuple(dead), context=where)


def _combinations(network: EffectiveNetwork, every: Sequence[Deciders]) -> list[dict[str, str]]:
    names = [name for name in network.assumptions if any(name in one.rows.open for one in every)]
    return [dict(zip(names, values, strict=True)) for values in product(*(network.assumptions[name] for name in names))]


@record
class Decided:
    """In these readings a rule (`direction`, `priority`, `name`) decides a packet, in the context of this number."""

    rule: tuple[str, int, str]
    readings: Mapping[str, str]
    context: int = 0
    packet: Packet | None = None


def rules_to_show(network: EffectiveNetwork, question: FilterQuestion) -> list[Decided]:
    """Each of the user's rules in each combination of readings: what needs a packet for no rule to be dead."""
    every = [Deciders(network, question, context) for context in question.contexts]
    rules = dict.fromkeys(rule for one in every for rule in one.rules())
    return [Decided(rule=rule, readings=readings) for rule in rules for readings in _combinations(network, every)]


def deciding_packets(network: EffectiveNetwork, question: FilterQuestion) -> list[Decided]:
    """A packet for each of `rules_to_show`, as far as there is one."""
    every = [_Dead(Deciders(network, question, context), None) for context in question.contexts]
    found = []
    for wanted in rules_to_show(network, question):
        for number, one in enumerate(every):
            packet = one.packet(one.deciders.rules().get(wanted.rule, ()), wanted.readings)
            if packet is not None:
                found.append(replace(wanted, context=number, packet=packet))
                break
    return found
