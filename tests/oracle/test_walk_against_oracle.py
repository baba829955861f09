"""The tables and the walk through them agree with a naive reading of the declared network, packet by packet."""

import pytest

from tests.oracle.volume import run

# What a run of a few seconds has to come across, and how the packets that met it ended.
MECHANISMS = (
    *("admin rules: allow", "admin rules: always-allow", "admin rules: deny", "appliance: translated", "appliance: unchanged"),
    *("environment", "exit: load balancer", "exit: nat gateway", "exit: public address", "exit: vip", "firewall: allowed"),
    *("firewall: denied", "firewall: dnat", "floating ip", "from on-premises", "gateway", "hop: none", "hop: service", "loop"),
    *(
        "internal load balancer",
        "internal load balancer: hairpin",
        "ipv6",
        "load balancer: closed without NSG",
        "nsg",
        "peering",
    ),
    *("load balancer as next hop", "peering: forwarded, refused", "private endpoint", "public load balancer", "route to a tag"),
    *("gateway subnet with routes", "platform", "reply: appliance", "public address", "peering without access", "ipv6"),
)


@pytest.fixture(scope="module")
def found():
    return run(8_000, seed=7)


def test_no_packet_is_read_two_ways(found):
    assert found.contradictions == []


def test_the_walk_follows_nearly_everything(found):
    assert found.verdicts["walk unknown"] < found.compared / 200


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_mechanism_is_met(found, mechanism):
    assert sum(found.mechanisms[mechanism, outcome] for outcome in ("delivered", "reply-lost", "dropped")) > 0
