"""The covered flows in words, and the flows that are walked beside a proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asever.azure.effective import effective
from asever.azure.questions import question
from asever.explain.evidence import covered, evidence, witness
from asever.explain.witness import ReadingsDisagree, replay
from asever.model.answers import Core
from asever.model.claims import EndpointKind, Verb
from asever.model.effective import FlowQuestion, Quantifier
from asever.model.packets import ICMP, Packet, format_packet
from asever.model.things import Network
from tests.claims import INTERNET, MANAGEMENT, WEB, at, claim, on, the_ase, the_vm
from tests.networks import layered, network, subnet, vm, vnet


def asked(where: Network, asks) -> tuple:
    tables = effective(where)
    found = question(where, tables, asks, {})
    assert isinstance(found, FlowQuestion)
    return tables, found


def lines(where: Network, asks) -> list[str]:
    tables, found = asked(where, asks)
    return list(covered(tables, [scope for scope in found.scopes if not scope.condition]))


@pytest.mark.parametrize(
    ("asks", "text"),
    [
        (
            claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB),
            (
                "from any of 59 instance addresses of one and any source port, to 192.23.1.3 (two.vip) on tcp 80, 443, "
                "whichever of the 59 addresses of corp/back-end answers"
            ),
        ),
        (
            claim(Verb.NEVER_REACHES, INTERNET, the_ase("two"), on("tcp 443")),
            (
                "from any of 3,685,482,237 Internet addresses and any source port, to 192.23.1.3 (two.vip) on tcp 443, "
                "whichever of the 59 addresses of corp/back-end answers"
            ),
        ),
        (
            claim(Verb.REACHES, MANAGEMENT, the_ase("two"), on("tcp 454-455")),
            (
                "from any of 84 addresses of AzureManagement and any source port, to 192.23.1.3 (two.vip) on tcp 454-455, "
                "whichever of the 59 addresses of corp/back-end answers"
            ),
        ),
        (
            claim(Verb.REACHES, the_vm("sql"), at(EndpointKind.TAG, "Storage"), on("tcp 443")),
            "from 10.0.3.4 (sql.ip) and any source port, to any address of Storage, whatever its addresses are on tcp 443",
        ),
        (
            claim(Verb.REACHES, the_ase("one"), the_vm("sql")),
            (
                "from any of 59 instance addresses of one and any source port, to 10.0.3.4 (sql.ip) on any tcp and udp port "
                "and icmp, esp, ah"
            ),
        ),
        (
            claim(Verb.REACHES, the_vm("sql"), INTERNET, on("icmp")),
            "from 10.0.3.4 (sql.ip), to any of 3,685,482,237 addresses of the Internet on icmp",
        ),
    ],
)
def test_the_scope_is_said_in_numbers(asks, text):
    assert lines(layered(), asks) == [text]


def test_groups_of_flows_are_listed_up_to_a_limit():
    subnets = [subnet(f"corp/s{index}", f"10.0.{index}.0/24") for index in range(60)]
    where = network(vnet("corp", "10.0.0.0/16"), *subnets, vm("sql", "corp/s0", "10.0.0.4"), vm("app", "corp/s1", "10.0.1.4"))
    found = lines(where, claim(Verb.ONLY, the_vm("app"), the_vm("sql"), WEB))

    assert len(found) == 41
    assert found[-1] == "and 21 more groups of flows"


def test_the_witness_looks_like_real_traffic():
    tables, found = asked(layered(), claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB))

    assert format_packet(witness(tables, found.scopes[0], found).packet) == "tcp 10.0.1.4:49152 -> 192.23.1.3:80"


def test_flows_are_walked_beside_a_proof():
    tables, found = asked(layered(), claim(Verb.NEVER_REACHES, INTERNET, the_ase("two"), WEB))
    proof = evidence(tables, found, Core(minimal=True))

    assert 0 < proof.replayed <= 64
    assert proof.witness is not None


def test_a_wrong_proof_is_caught_by_the_walk():
    """What is violated in truth cannot pass as proved: the flows that are walked disagree."""
    tables, found = asked(layered(), claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB))

    with pytest.raises(ReadingsDisagree) as caught:
        evidence(tables, found, Core(minimal=True))
    for part in ("tcp 10.0.1.4:", "readings", "choices", "solver    the flow succeeds", "walk      the flow fails (dropped)"):
        assert part in caught.value.reproducer


def test_a_choice_that_no_row_offers_is_a_disagreement():
    tables, found = asked(layered(), claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB))
    scope = found.scopes[0]
    flow = replace(witness(tables, scope, found), choices={"instance": 1})

    with pytest.raises(ReadingsDisagree, match="not a possible instance address"):
        replay(tables, found, scope, flow, solver=False)


def test_a_security_claim_asks_for_no_reply():
    tables, found = asked(layered(), claim(Verb.NEVER_REACHES, MANAGEMENT, the_ase("two"), on("tcp 454")))

    assert found.quantifier is Quantifier.NONE_ARRIVES
    scope = found.scopes[0]
    assert replay(tables, found, scope, witness(tables, scope, found), solver=True).arrived is not None


def test_a_packet_without_ports_is_written_without():
    packet = Packet(protocol=ICMP, source=0x0A000001, source_port=0, target=0x0A000002, target_port=0)

    assert format_packet(packet) == "icmp 10.0.0.1 -> 10.0.0.2"
