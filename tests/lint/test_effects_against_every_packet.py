"""What is said of dead and needless rules, against every class of packets in every reading, by another way of deciding."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from asever.azure.effective import effective
from asever.azure.questions import fixed_readings
from asever.evaluate.judge import matches
from asever.lint.effects import Effects
from asever.model.addresses import parse_address
from asever.model.effective import Action, EffectiveNetwork, Filter, FilterRow, exists_in
from asever.model.numbers import NumberSet
from asever.model.packets import ICMP, PROTOCOLS_WITH_PORTS, TCP, UDP, Packet, outside
from asever.model.rule_keys import Part, RuleKey, key_of, place_of
from asever.model.things import DeclaredRule
from tests.networks import network, nsg, route, route_table, rule, subnet, vnet

SOURCES = (
    "*",
    "10.0.0.0/24",
    "10.0.0.0/25",
    "10.0.0.128/25",
    "20.0.0.0/24",
    "Internet",
    "VirtualNetwork",
    "Storage",
    "Storage.X",
)
TARGETS = ("*", "10.0.0.0/25", "10.0.0.128/25")
PORTS = ("*", "443", "80,443", "400-500")

RULES = st.lists(
    st.tuples(
        st.sampled_from(["allow", "deny"]),
        st.sampled_from(["tcp", "any", "udp", "icmp"]),
        st.sampled_from(SOURCES),
        st.sampled_from(TARGETS),
        st.sampled_from(PORTS),
    ),
    min_size=1,
    max_size=5,
)


def filters(rules: Sequence[DeclaredRule]) -> tuple[EffectiveNetwork, list[Filter]]:
    """An NSG at two places that differ in VirtualNetwork, the second in two readings."""
    tables = effective(
        network(
            vnet("v", "10.0.0.0/16"),
            subnet("v/a", "10.0.0.0/24", nsg="g"),
            subnet("v/b", "10.0.1.0/24", nsg="g", route_table="r"),
            route_table("r", route("0.0.0.0/0", "appliance", "10.0.1.9")),
            nsg("g", inbound=list(rules)),
        )
    )
    found = [one for site in tables.sites.values() for one in site.inbound if one.resource == "g"]
    return tables, list({one.rows: one for one in found}.values())


def packets(rows: Sequence[FilterRow]) -> Iterator[Packet]:
    """One packet of every class that rules made of the words above can tell apart, with what tags may hold."""
    known = frozenset(outside(tag) for row in rows for tag in row.source.unknown_tags)
    inside = [frozenset({"Storage"}), frozenset({"Storage", "Storage.X"})]
    sources = [
        (parse_address(one), known)
        for one in ("10.0.0.5", "10.0.0.200", "10.0.9.9", "20.0.0.1", "30.1.1.1", "172.16.0.1", "168.63.129.16")
    ]
    sources += [
        (parse_address(one), held | (known - set(map(outside, held)))) for one in ("20.0.0.1", "30.1.1.1") for held in inside
    ]
    services = [*product((TCP, UDP), (9, 80, 443, 450)), (ICMP, 0)]
    for (source, tags), target, (protocol, port) in product(sources, ("10.0.0.9", "10.0.0.209", "10.0.5.9"), services):
        yield Packet(
            protocol=protocol,
            source=source,
            source_port=5 if protocol in PROTOCOLS_WITH_PORTS else 0,
            target=parse_address(target),
            target_port=port,
            source_tags=tags,
        )


Case = tuple[tuple[RuleKey, Action, bool], ...]


class Brute:
    """Every packet at every place in every reading, as the rules that match it: keys, actions, whether they are Azure's."""

    def __init__(self, drawn: Sequence[tuple[str, ...]]) -> None:
        self.rules = [rule(100 + index, *one) for index, one in enumerate(drawn)]
        self.every: list[RuleKey] = [(one.priority, one.name, place_of(one.span)) for one in self.rules]
        self.tables, self.places = filters(self.rules)
        self.fixed = fixed_readings(self.tables, {})
        names = sorted({name for one in self.places for row in one.rows for name, _ in row.condition} - set(self.fixed))
        combinations = list(product(*(self.tables.assumptions[name] for name in names)))
        self.cases: dict[Case, set[int]] = {}
        for one in self.places:
            every = list(packets(one.rows))
            found = [[row for row in one.rows if matches(row, packet, self.tables.tag_space)] for packet in every]
            for values in combinations:
                readings = self.fixed | dict(zip(names, values, strict=True))
                for packet, rows in zip(every, found, strict=True):
                    there = [row for row in rows if exists_in(row.condition, readings)]
                    case = tuple((key_of(row), row.action, row.origin.azure is not None) for row in there)
                    self.cases.setdefault(case, set()).add(
                        packet.target_port if packet.protocol in PROTOCOLS_WITH_PORTS else -1
                    )

    def effects(self, parts: Mapping[RuleKey, Sequence[Part]]) -> Effects:
        return Effects(self.tables, self.places, self.fixed, lambda key: parts.get(key, ()))

    def decides(self, key: RuleKey, gone: Collection[RuleKey] = (), port: int | None = None) -> bool:
        return any(
            next((its for its, _, _ in case if its not in gone), None) == key
            for case, ports in self.cases.items()
            if port is None or port in ports
        )

    def changes(self, rules: Collection[RuleKey], gone: Collection[RuleKey] = (), *, defaults: bool = False) -> bool:
        """Whether leaving rules out changes a decision; with `defaults` also, whether it leaves one to Azure's defaults."""
        for case in self.cases:
            before = next(one for one in case if one[0] not in gone)
            after = next(one for one in case if one[0] not in gone and one[0] not in rules)
            if before[1] is not after[1] or (defaults and before[0] in rules and after[2]):
                return True
        return False


@given(RULES)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_dead_rules_are_those_that_decide_no_packet(drawn):
    brute = Brute(drawn)
    effects = brute.effects({})
    assert {key: effects.decides(key) for key in brute.every} == {key: brute.decides(key) for key in brute.every}


@given(RULES)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_what_is_reported_may_go_and_what_is_not_may_not(drawn):
    brute = Brute(drawn)
    effects = brute.effects({})
    dead = [key for key in brute.every if not effects.decides(key)]
    reported = {*dead, *effects.redundant(dead)}

    assert not brute.changes(reported)
    for key in brute.every:
        if key in reported:
            assert not brute.changes({key})
        else:
            assert brute.changes({key}, defaults=True) or brute.changes({key}, reported, defaults=True)


@given(RULES)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_what_takes_a_dead_rule_is_enough_and_none_too_many(drawn):
    brute = Brute(drawn)
    effects = brute.effects({})
    for key in brute.every:
        if not effects.decides(key) and effects.matches(key):
            needed = {key_of(row) for row in effects.instead(key)}
            others = set(brute.every) - needed - {key}
            assert needed
            assert not brute.decides(key, others)
            assert all(brute.decides(key, {*others, one}) for one in needed)


@given(RULES)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_a_part_of_a_rule_is_dead_when_it_decides_no_packet(drawn):
    brute = Brute(drawn)
    part = Part(field="target_port", numbers=NumberSet.single(443))
    effects = brute.effects({key: [part] for key in brute.every})
    assert [effects.decides(key, part) for key in brute.every] == [brute.decides(key, port=443) for key in brute.every]
