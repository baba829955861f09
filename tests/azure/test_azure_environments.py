"""Which ports arrive where, and who answers (ase-network-semantics 1.1, 2, 5.1, 12)."""

from __future__ import annotations

import pytest

from asever.azure.effective import effective
from asever.model.effective import EffectiveNetwork, SiteKind
from asever.model.things import DeclaredRule
from tests.azure.tables import arrival, fate
from tests.networks import addresses, ase, layered, network, nsg, rule, subnet, vm, vnet

FTP = (21, 990, 10001, 10020)
VIP, ILB = "192.23.1.2", "10.0.1.11"


def environment(
    version: int, *, ilb: bool = False, web: str | None = None, ftp: str | None = None, flags: bool = False
) -> EffectiveNetwork:
    """One environment `e` with a machine beside it and one elsewhere; `flags` turns both features of version 3 on."""
    public = None if ilb and version == 3 else VIP
    inside = ILB if ilb else None
    one = ase(
        "e", "corp/apps", version, vip=public, ilb=inside, web=web, ftp=ftp, ftp_enabled=flags, remote_debug_enabled=flags
    )
    return effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26"),
            subnet("corp/other", "10.0.2.0/26"),
            one,
            vm("neighbour", "corp/apps", "10.0.1.20"),
            vm("far", "corp/other", "10.0.2.4"),
        )
    )


# -- Ports of an external environment -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "port", "doubtful"),
    [
        *((version, port, False) for version in (1, 2) for port in (80, 443, *FTP, 454, 455)),
        *((1, port, False) for port in (4016, 4018, 4020)),
        *((2, port, False) for port in (4020, 4022, 4024, 8172)),
        *((2, port, True) for port in (4016, 4018)),
        (1, 8172, True),
        *((3, port, False) for port in (80, 443, 8172)),
    ],
)
def test_ports_that_arrive_on_the_vip(version: int, port: int, doubtful: bool) -> None:
    found = arrival(environment(version), "Internet", VIP, port)
    assert found is not None
    assert found.site == "e"
    assert (found.doubt is not None) is doubtful
    assert found.port is None  # the port stays


@pytest.mark.parametrize(
    ("version", "port"),
    [(1, 4022), (1, 10021), (1, 16001), (2, 10300), (3, 454), (3, 455), (3, 4020), (2, 22), (1, 0)],
)
def test_nothing_listens_elsewhere(version: int, port: int) -> None:
    assert fate(environment(version), "Internet", VIP, port) == "lost: nothing listens on this port of e.vip"
    assert fate(environment(version), "Internet", VIP, 443, "udp") == "lost: nothing listens on this port of e.vip"


def test_the_doubt_about_old_debugging_names_the_release() -> None:
    found = arrival(environment(2), "Internet", VIP, 4018)
    assert found is not None
    assert "ANT78" in (found.doubt or "")


@pytest.mark.parametrize("port", [*FTP, 4022, 4024, 4026])
def test_version_3_needs_its_flags(port: int) -> None:
    closed = fate(environment(3), "Internet", VIP, port)
    assert "ftp-enabled" in closed or "remote-debug-enabled" in closed
    assert fate(environment(3, flags=True), "Internet", VIP, port) == "e"


# -- ILB ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("mode", "ftp_inside"), [(None, True), ("ilb", True), ("public", False)])
def test_what_arrives_inside_and_what_outside(version: int, mode: str | None, ftp_inside: bool) -> None:
    tables = environment(version, ilb=True, ftp=mode)
    for port in (80, 443, 4020):
        assert fate(tables, "vnet corp", ILB, port, caller="far") == "e"
        assert "arrives on the ILB address" in fate(tables, "Internet", VIP, port)
    for port in FTP:
        inside, outside = fate(tables, "vnet corp", ILB, port, caller="far"), fate(tables, "Internet", VIP, port)
        assert (inside == "e", outside == "e") == (ftp_inside, not ftp_inside)
    for port in (454, 455):
        assert "arrives on the public VIP" in fate(tables, "vnet corp", ILB, port, caller="far")
        assert fate(tables, "Internet", VIP, port) == "e"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("web", "ftp"), [("ilb", "ilb"), ("ilb", "public"), ("public", "ilb"), ("public", None)])
def test_each_mode_places_the_web_and_ftp(version: int, web: str, ftp: str | None) -> None:
    tables = environment(version, ilb=True, web=web, ftp=ftp)
    for ports, public in (((80, 443), web == "public"), (FTP, ftp == "public")):
        for port in ports:
            inside, outside = fate(tables, "vnet corp", ILB, port, caller="far"), fate(tables, "Internet", VIP, port)
            assert (inside == "e", outside == "e") == (not public, public)
    for port in (454, 455):
        assert fate(tables, "Internet", VIP, port) == "e"


@pytest.mark.parametrize("mode", [{"ftp": "public"}, {"web": "public"}])
def test_debugging_of_a_half_internal_environment_arrives_in_one_place_in_each_reading(mode: dict[str, str]) -> None:
    tables = environment(2, ilb=True, **mode)  # type: ignore[arg-type]
    for port in (4022, 8172):
        for value in ("ilb", "public"):
            inside = fate(tables, "vnet corp", ILB, port, caller="far", ilb_debug_placement=value)
            outside = fate(tables, "Internet", VIP, port, ilb_debug_placement=value)
            assert (inside == "e", outside == "e") == (value == "ilb", value == "public")


def test_version_3_with_an_ilb_has_no_public_vip() -> None:
    tables = environment(3, ilb=True)
    assert fate(tables, "vnet corp", ILB, 443, caller="far") == "e"
    assert not any(one.site == "e" for one in tables.fabrics["Internet"].arrivals)
    assert "the VIP of e (not in the file)" not in tables.names.values()


def test_a_missing_vip_has_a_placeholder_with_a_name() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/a", "10.0.1.0/26"),
            subnet("corp/b", "10.0.2.0/26"),
            ase("one", "corp/a", 1),
            ase("two", "corp/b", 2, ilb="10.0.2.9"),
            nsg("own", inbound=[rule(100, "allow", "tcp", "203.0.113.1")]),
        )
    )
    names = {name: address for address, name in tables.names.items()}
    assert names["the VIP of one (not in the file)"] != names["the VIP of two (not in the file)"]
    # One that the program does not mention, out of the networks for documentation.
    assert all(address in addresses("203.0.113.2-203.0.113.255") for name, address in names.items() if "VIP" in name)
    assert fate(tables, "Internet", "203.0.113.2", 443) == "one"
    assert fate(tables, "Internet", "203.0.113.3", 454) == "two"


# -- Instances ----------------------------------------------------------------------------------------------------------


def test_any_usable_address_may_answer_but_no_machine_s_and_not_the_ilb_address() -> None:
    tables = environment(1, ilb=True)
    expected = addresses("10.0.1.4-10.0.1.10, 10.0.1.12-10.0.1.19, 10.0.1.21-10.0.1.62")
    assert tables.sites["e"].addresses == expected
    found = arrival(tables, "vnet corp", ILB, 443, caller="far")
    assert found is not None
    assert found.instances == expected


def test_no_other_machines_are_supposed_in_an_environment_s_subnet() -> None:
    kinds = {name: site.kind for name, site in effective(layered()).sites.items()}
    assert kinds["corp/data"] is SiteKind.UNLISTED
    assert "corp/front-door" not in kinds
    assert effective(layered()).sites["one"].addresses == addresses("10.0.1.4-10.0.1.62")


@pytest.mark.parametrize("caller", ["e", "platform of corp"])
def test_components_and_probes_reach_the_instances(caller: str) -> None:
    for reading in ("silent", "answer"):
        assert fate(environment(2), "vnet corp", "10.0.1.4", 16001, caller=caller, private_front_ends=reading) == "e"


def test_others_reach_the_instances_in_one_reading_only() -> None:
    tables = environment(1)
    assert fate(tables, "vnet corp", "10.0.1.4", caller="far", private_front_ends="answer") == "e"
    assert (
        fate(tables, "vnet corp", "10.0.1.4", caller="far")
        == "lost: an environment answers on its VIP, not on its instances' addresses"
    )


@pytest.mark.parametrize(("fabric", "called"), [("Internet", VIP), ("vnet corp", ILB), ("vnet corp", "10.0.1.4")])
def test_a_machine_in_the_environment_s_subnet_gets_through_in_one_reading_only(fabric: str, called: str) -> None:
    tables = environment(1, ilb=True)
    port = 454 if called == VIP else 443
    blocked = fate(tables, fabric, called, port, caller="neighbour", private_front_ends="answer")
    assert blocked == "lost: the platform keeps an environment and other machines of its subnet apart"
    through = fate(
        tables, fabric, called, port, caller="neighbour", private_front_ends="answer", same_subnet_to_environment="delivered"
    )
    assert through == "e"


# -- Probes -------------------------------------------------------------------------------------------------------------


def guarded(version: int, *rules: DeclaredRule) -> EffectiveNetwork:
    return effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/24", nsg="own"),
            ase("e", "corp/apps", version, vip=VIP, ftp_enabled=True),
            nsg("own", inbound=rules),
        )
    )


CLOSED = (rule(100, "allow", "tcp", "Internet", "*", "443"), rule(4000, "deny", "any", "*"))


@pytest.mark.parametrize(("version", "probe"), [(1, 16001), (2, 16001), (3, 80)])
def test_a_blocked_probe_stops_apps_in_one_reading(version: int, probe: int) -> None:
    tables = guarded(version, *CLOSED)
    first = arrival(tables, "Internet", VIP, 443, blocked_probe="stops-traffic")
    second = arrival(tables, "Internet", VIP, 443)
    assert first is not None
    assert second is not None
    assert (first.probes, second.probes) == ((probe,), ())


def test_a_probe_that_surely_passes_needs_no_row() -> None:
    found = arrival(guarded(2), "Internet", VIP, 443)
    assert found is not None
    assert (found.probes, found.condition) == ((), frozenset())


def test_version_3_s_ftp_surely_needs_its_own_probe() -> None:
    """LB to 21 must pass even when clients are refused port 21 (ase 2.3, scenario A11)."""
    for reading in ("stops-traffic", "serves-on"):
        found = arrival(guarded(3, *CLOSED), "Internet", VIP, 990, blocked_probe=reading)
        assert found is not None
        assert found.probes == (21,)


def test_management_does_not_wait_for_the_probe() -> None:
    found = arrival(guarded(2, *CLOSED), "Internet", VIP, 454)
    assert found is not None
    assert found.probes == ()


# -- IP-SSL -------------------------------------------------------------------------------------------------------------


def test_an_ip_ssl_address_hands_over_on_its_pair() -> None:
    tables = effective(
        network(
            vnet("corp", "10.0.0.0/16"),
            subnet("corp/apps", "10.0.1.0/26"),
            ase("e", "corp/apps", vip=VIP, ip_ssl=[("192.23.1.9", 20001, 20002)]),
        )
    )
    for port, pair in ((80, 20001), (443, 20002)):
        found = arrival(tables, "Internet", "192.23.1.9", port)
        assert found is not None
        assert (found.site, found.port) == ("e", pair)
    assert fate(tables, "Internet", "192.23.1.9", 21) == "lost: an IP-SSL address answers on 80 and 443 only"
    # In the other reading the NSG sees the app's own address as the source.
    relayed = arrival(tables, "Internet", "192.23.1.9", 443, ip_ssl_source="app")
    assert relayed is not None
    assert relayed.source_becomes == addresses("192.23.1.9")
    assert fate(tables, relayed.continues or "", "192.23.1.9", 443) == "e"
    assert tables.names[addresses("192.23.1.9").first] == "e.ip-ssl"
