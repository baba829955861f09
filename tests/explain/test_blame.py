"""Near misses, blockers and facts of single walked flows."""

from __future__ import annotations

from dataclasses import replace

from asever.azure.effective import effective
from asever.catalogue.facts import FACT_OF
from asever.evaluate.walk import walk
from asever.explain.blame import Blame, blame
from asever.model.addresses import parse_address
from asever.model.packets import TCP, UDP, Flow, Packet
from asever.model.things import Network
from asever.source import SourceFile, Span
from tests.networks import ase, layered, network, nsg, route, route_table, rule, subnet, vm, vnet


def flow(origin: str, source: str, target: str, port: int, protocol: int = TCP) -> Flow:
    packet = Packet(
        protocol=protocol,
        source=parse_address(source),
        source_port=49152,
        target=parse_address(target),
        target_port=port,
    )
    return Flow(origin=origin, packet=packet)


def blamed(where: Network, one: Flow) -> Blame:
    tables = effective(where)
    return blame(tables, walk(tables, one))


def machines(*rules, outbound=(), **more) -> Network:
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/24", nsg="out", **more),
        subnet("corp/data", "10.0.3.0/24", nsg="in"),
        vm("app", "corp/apps", "10.0.1.4"),
        vm("sql", "corp/data", "10.0.3.4"),
        nsg("out", outbound=outbound),
        nsg("in", inbound=[*rules, rule(4000, "deny", "any", "*", name="nothing else")]),
        *([route_table("lost", route("10.0.3.0/24", "none"))] if more else []),
    )


CALL = flow("app", "10.0.1.4", "10.0.3.4", 1433)


def fields(where: Network, one: Flow = CALL) -> list[tuple[str, str, str, str]]:
    return [(miss.rule, miss.field, miss.wants, miss.sees) for miss in blamed(where, one).near_misses]


def test_a_rule_that_fails_in_one_field_is_a_near_miss():
    assert fields(machines(rule(100, "allow", "tcp", "10.0.1.5", "*", "1433", name="SQL"))) == [
        ("SQL", "source", "10.0.1.5", "10.0.1.4")
    ]


def test_the_field_may_be_any():
    assert fields(machines(rule(100, "allow", "udp", "*", name="a"))) == [("a", "protocol", "udp", "tcp")]
    assert fields(machines(rule(100, "allow", "tcp", "*", "10.0.3.5", name="b"))) == [
        ("b", "destination", "10.0.3.5", "10.0.3.4")
    ]
    assert fields(machines(rule(100, "allow", "tcp", "*", "*", "1434-1500", name="c"))) == [
        ("c", "destination port", "1434-1500", "1433")
    ]
    assert fields(machines(rule(100, "allow", "tcp", "*", "*", "1433", source_port="1-1024", name="d"))) == [
        ("d", "source port", "1-1024", "49152")
    ]


def test_a_rule_about_another_service_is_none_beside_one_about_this():
    found = fields(
        machines(
            rule(100, "allow", "tcp", "*", "*", "22", name="administration"),
            rule(200, "allow", "tcp", "10.0.1.5", "*", "1433", name="SQL"),
        )
    )

    assert [name for name, *_ in found] == ["SQL"]


def test_a_rule_about_every_port_is_none_beside_one_that_names_this():
    found = fields(
        machines(
            rule(100, "allow", "any", "10.0.1.5", name="a friend"),
            rule(200, "allow", "tcp", "10.0.1.5", "*", "1433", name="SQL"),
        )
    )

    assert [name for name, *_ in found] == ["SQL"]


def test_a_rule_for_other_senders_was_never_meant_for_probes():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/24", nsg="in"),
        ase("one", "corp/apps", version=2, vip="192.23.1.2"),
        nsg(
            "in",
            inbound=[
                rule(100, "allow", "any", "10.0.1.0/24", name="ourselves"),
                rule(110, "allow", "tcp", "AzureLoadBalancer", "*", "80", name="another probe"),
                rule(200, "deny", "any", "VirtualNetwork", name="nobody inside"),
            ],
        ),
    )
    found = blamed(where, flow("platform of corp", "168.63.129.16", "10.0.1.4", 16001))

    assert [miss.rule for miss in found.near_misses] == ["another probe"]
    assert found.facts == ("health-probe", "virtual-network-tag")


def test_without_one_the_rules_that_fail_in_the_fewest_fields():
    found = fields(
        machines(
            rule(100, "allow", "udp", "10.0.9.9", "*", "53", name="far off"),
            rule(200, "allow", "tcp", "10.0.1.5", "*", "1434", name="nearer"),
        )
    )

    assert found == [("nearer", "source and destination port", "10.0.1.5 and 1434", "10.0.1.4 and 1433")]


def test_a_rule_after_the_deny_is_no_near_miss():
    where = machines(rule(100, "deny", "tcp", "*"), rule(200, "allow", "tcp", "10.0.1.5", "*", "1433"))

    assert fields(where) == []


def test_a_rule_over_all_protocols_misses_by_the_half_that_is_nearest():
    assert fields(machines(rule(100, "allow", "any", "*", "*", "22", name="both"))) == [
        ("both", "destination port", "22", "1433")
    ]


def test_every_setting_in_the_way_is_named():
    """The caller's own rule, and behind it the called side's: changing one of them alone changes nothing."""
    where = machines(outbound=[rule(100, "deny", "any", "*", name="stay in")])
    found = blamed(where, CALL).blockers

    assert [(one.resource, one.rule, one.priority) for one in found] == [("out", "stay in", 100), ("in", "nothing else", 4000)]


def test_a_route_in_the_way_is_named():
    [blocker] = blamed(machines(rule(100, "allow", "any", "*"), route_table="lost"), CALL).blockers

    assert blocker.resource == "lost"
    assert "None" in blocker.rule


def test_a_port_that_nobody_listens_on_is_the_blocker():
    [blocker] = blamed(layered(), flow("one", "10.0.1.4", "192.23.1.3", 22)).blockers

    assert blocker.resource == "two"
    assert "nothing listens" in blocker.rule


def test_the_cause_is_where_the_address_comes_from():
    file = SourceFile("x.asev", "ase one { vip 192.23.1.2 } 10.0.1.0/26")
    vip, source, whole = Span(file, 10, 24), Span(file, 27, 38), Span(file, 0, 38)
    where = layered()
    guard = where.groups["back-end-lockdown"]
    wrong = replace(guard.inbound[1], span=whole, parts={"source": source})
    where = replace(
        where,
        environments={**where.environments, "one": replace(where.environments["one"], parts={"vip": vip})},
        groups={**where.groups, guard.name: replace(guard, inbound=(guard.inbound[0], wrong))},
    )
    [miss] = blamed(where, flow("one", "10.0.1.4", "192.23.1.3", 443)).near_misses

    assert (miss.location, miss.field_location, miss.cause) == (whole, source, vip)


def test_facts_are_words_of_the_catalogue():
    flows = [
        flow("one", "10.0.1.4", "192.23.1.3", 443),
        flow("one", "10.0.1.4", "192.23.1.3", 22),
        flow("sql", "10.0.3.4", "10.0.2.9", 443, UDP),
    ]
    for one in flows:
        found = blamed(layered(), one).facts
        assert found
        assert set(found) <= set(FACT_OF)


def test_a_target_that_was_translated_explains_itself():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/24", nsg="in"),
        ase("one", "corp/apps", vip="192.23.1.2"),
        nsg("in", inbound=[rule(100, "allow", "tcp", "Internet", "192.23.1.2", "443", name="to the VIP")]),
    )
    found = blamed(where, flow("Internet", "8.8.8.8", "192.23.1.2", 443))

    assert [(miss.field, miss.wants, miss.sees) for miss in found.near_misses] == [("destination", "192.23.1.2", "10.0.1.4")]
    assert "translation-before-inbound-rules" in found.facts
