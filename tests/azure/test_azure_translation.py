"""Which source a packet carries when it leaves for the Internet (ase-network-semantics 4, azure-network-semantics 7)."""

from __future__ import annotations

import pytest

from asever.azure.effective import effective
from asever.model.addresses import parse_address
from asever.model.effective import EffectiveNetwork
from asever.model.numbers import NumberSet
from tests.azure.tables import translation
from tests.networks import (
    addresses,
    ase,
    layered,
    load_balancer,
    nat_gateway,
    network,
    nsg,
    on_premises,
    rule,
    subnet,
    vm,
    vnet,
)


def becomes(tables: EffectiveNetwork, site: str, target: str, **chosen: str) -> NumberSet:
    found = translation(tables, site, target, **chosen)
    assert found is not None
    return found.becomes


def environments(version: int, **more: str) -> EffectiveNetwork:
    """Two environments of a version in one vnet; the second has an ILB address."""
    return effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/a", "10.0.1.0/26"),
            subnet("corp/b", "10.0.2.0/26"),
            ase("one", "corp/a", version, vip="192.23.1.2", **more),  # type: ignore[arg-type]
            ase("two", "corp/b", version, vip=None if version == 3 else "192.23.1.3", ilb="10.0.2.11"),
        )
    )


# -- Environments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("target", "fact"),
    [("192.23.1.3", "call-between-environments"), ("192.23.1.2", "self-call"), ("8.8.8.8", "calls-leave-by-the-vip")],
)
def test_calls_to_public_addresses_carry_the_vip(version: int, target: str, fact: str) -> None:
    found = translation(effective(layered(version=version)), "one", target)
    assert found is not None
    assert (found.becomes, found.fact, found.unknown) == (addresses("192.23.1.2"), fact, None)


def test_the_reason_is_in_the_words_of_the_interface_page() -> None:
    found = translation(effective(layered()), "one", "192.23.1.3")
    assert found is not None
    assert found.because == "a call to another environment is an Internet call"


def test_version_3_carries_one_of_its_outbound_addresses_and_never_the_inbound_one() -> None:
    tables = environments(3, outbound="20.1.1.1, 20.1.1.9")
    assert becomes(tables, "one", "8.8.8.8") == addresses("20.1.1.1, 20.1.1.9")
    assert becomes(tables, "one", "192.23.1.2") == addresses("20.1.1.1, 20.1.1.9")


def test_version_3_without_a_list_carries_an_address_that_nobody_knows() -> None:
    found = translation(environments(3), "one", "8.8.8.8")
    assert found is not None
    assert found.tags == frozenset({"one.outbound"})
    assert found.unknown == "the outbound addresses of one are not in the file"
    assert not found.becomes.overlaps(addresses("192.23.1.2, 10.0.0.0/8, 168.63.129.16"))


def test_a_vip_that_the_file_does_not_give_may_be_one_that_a_rule_mentions() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/a", "10.0.1.0/26"),
            ase("one", "corp/a", 2),
            ase("two", "corp/a", 2, vip="192.23.1.3"),
            nsg("own", inbound=[rule(100, "allow", "tcp", "203.0.113.9")]),
        )
    )
    found = translation(tables, "one", "192.23.1.3")
    assert found is not None
    assert found.tags == frozenset({"one.vip"})
    assert found.unknown == "the VIP of one is not in the file"
    assert parse_address("203.0.113.9") in found.becomes
    assert parse_address("192.23.1.3") not in found.becomes


def test_calls_inside_keep_the_address_of_the_instance() -> None:
    assert translation(effective(layered()), "one", "10.0.3.4", fabric="vnet corp") is None


def test_version_1_to_another_environment_s_ilb_address_is_read_both_ways() -> None:
    tables = environments(1)
    assert translation(tables, "one", "10.0.2.11", fabric="vnet corp") is None  # the recommended reading
    found = translation(tables, "one", "10.0.2.11", fabric="vnet corp", ase_v1_cross_call_source="vip")
    assert found is not None
    assert found.becomes == addresses("192.23.1.2")
    # To its own ILB address it keeps the instance's, and so do later versions in any case.
    assert translation(tables, "two", "10.0.2.11", fabric="vnet corp", ase_v1_cross_call_source="vip") is None
    later = environments(2)
    assert translation(later, "one", "10.0.2.11", fabric="vnet corp", ase_v1_cross_call_source="vip") is None


def test_an_ilb_environment_calls_out_by_its_public_vip() -> None:
    assert becomes(environments(1), "two", "8.8.8.8") == addresses("192.23.1.3")


def test_a_nat_gateway_takes_the_place_of_version_3_s_addresses() -> None:
    def tables(version: int) -> EffectiveNetwork:
        return effective(
            network(
                vnet("corp", "10.0.0.0/16"),
                subnet("corp/a", "10.0.1.0/24", nat_gateway="nat"),
                ase("one", "corp/a", version, vip="192.23.1.2", outbound="20.1.1.1"),
                nat_gateway("nat", "20.9.9.9"),
            )
        )

    assert becomes(tables(3), "one", "8.8.8.8") == addresses("20.9.9.9")
    older = translation(tables(2), "one", "8.8.8.8")
    assert older is not None
    assert "nat-gateway nat" in (older.unmodelled or "")


# -- Machines -----------------------------------------------------------------------------------------------------------


def machine(
    *, public_ip: str | None = None, nat: bool = False, default_outbound: bool = True, balanced: bool = False
) -> EffectiveNetwork:
    """One machine with the ways out that it has."""
    things = [
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/data", "10.0.3.0/24", nat_gateway="nat" if nat else None, default_outbound=default_outbound),
        vm("m", "corp/data", "10.0.3.4", public_ip=public_ip),
        nsg("rules", inbound=[rule(100, "allow", "tcp", "1.2.3.4")]),
    ]
    if nat:
        things.append(nat_gateway("nat", "20.9.9.8/31"))
    if balanced:
        things.append(load_balancer("front", "20.8.8.8", backends=("m",)))
    return effective(network(*things))


def test_a_machine_s_own_public_address() -> None:
    assert becomes(machine(public_ip="20.5.5.5"), "m", "8.8.8.8") == addresses("20.5.5.5")
    assert becomes(machine(public_ip="20.5.5.5"), "m", "8.8.8.8", protocol="icmp") == addresses("20.5.5.5")


def test_a_nat_gateway_comes_first_and_carries_no_icmp() -> None:
    tables = machine(nat=True)
    assert becomes(tables, "m", "8.8.8.8") == addresses("20.9.9.8/31")
    icmp = translation(tables, "m", "8.8.8.8", protocol="icmp")
    assert icmp is not None
    assert icmp.drops == "nat-gateway nat carries TCP and UDP over IPv4 only"
    both = machine(nat=True, public_ip="20.5.5.5")
    assert becomes(both, "m", "8.8.8.8") == addresses("20.9.9.8/31")
    assert becomes(both, "m", "8.8.8.8", protocol="icmp") == addresses("20.5.5.5")


def test_default_outbound_access_is_an_address_of_azure_s_choice() -> None:
    found = translation(machine(), "m", "8.8.8.8")
    assert found is not None
    assert found.unknown == "default outbound access: Azure picks the public address"
    # Not one that the file owns or mentions, nor a private one.
    assert not found.becomes.overlaps(addresses("1.2.3.4, 10.0.0.0/8, 168.63.129.16, 203.0.113.0/24"))
    icmp = translation(machine(), "m", "8.8.8.8", protocol="icmp")
    assert icmp is not None
    assert icmp.drops == "default outbound access carries no ICMP"


def test_a_private_subnet_has_no_way_out() -> None:
    tables = machine(default_outbound=False)
    for site in ("m", "corp/data"):
        found = translation(tables, site, "8.8.8.8")
        assert found is not None
        assert "default-outbound off" in (found.drops or "")
    assert becomes(machine(default_outbound=False, public_ip="20.5.5.5"), "m", "8.8.8.8") == addresses("20.5.5.5")


def test_a_machine_behind_a_load_balancer_leaves_by_its_frontend_and_its_neighbours_do_not() -> None:
    assert becomes(machine(balanced=True), "m", "8.8.8.8") == addresses("20.8.8.8")
    other = translation(machine(balanced=True), "corp/data", "8.8.8.8")
    assert other is not None
    assert other.unknown == "default outbound access: Azure picks the public address"


# -- On premises --------------------------------------------------------------------------------------------------------


def test_a_private_network_on_premises_is_translated_to_an_unknown_address() -> None:
    tables = effective(network(on_premises("hq", "192.168.0.0/16"), on_premises("office", "203.0.113.0/28")))
    found = translation(tables, "hq", "8.8.8.8")
    assert found is not None
    assert found.unknown == "the public address of on-premises network hq is not in the file"
    assert not found.becomes.overlaps(addresses("203.0.113.0/28"))
    assert translation(tables, "office", "8.8.8.8") is None  # it has public addresses of its own
