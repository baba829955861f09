"""What a claim covers: one test for each sentence of the table in docs/language.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asever.azure.effective import effective
from asever.azure.platform import PROBE, app_service_management
from asever.azure.questions import Unanswerable, question
from asever.model.addresses import ALL_V4, ALL_V6
from asever.model.claims import (
    EndpointKind,
    GroupHasNoDeadRules,
    GroupPermitsNoMore,
    GroupsEqual,
    Reachability,
    Verb,
)
from asever.model.effective import FilterQuestion, FlowQuestion, Quantifier, Scope, exists_in
from asever.model.numbers import NumberSet, union
from asever.model.packets import ANY_PORT, ESP, TCP, UDP
from asever.model.things import AddressTerm, DeclaredRule, Network, TermKind
from tests.claims import INTERNET, MANAGEMENT, PROBES, WEB, address, at, chosen_readings, claim, on, the_ase, the_vm
from tests.networks import (
    addresses,
    ase,
    gateway,
    layered,
    load_balancer,
    nat_gateway,
    network,
    nsg,
    on_premises,
    ports,
    private_endpoint,
    rule,
    subnet,
    tag,
    vm,
    vnet,
)


def asked(where: Network, asks: Reachability, **readings: str) -> FlowQuestion:
    found = question(where, effective(where), asks, chosen_readings(**readings))
    assert isinstance(found, FlowQuestion), found
    return found


def plain(where: Network, asks: Reachability, **readings: str) -> list[Scope]:
    """The scopes that do not stand under a condition."""
    return [scope for scope in asked(where, asks, **readings).scopes if not scope.condition]


def refused(where: Network, asks: Reachability) -> Unanswerable:
    found = question(where, effective(where), asks, {})
    assert isinstance(found, Unanswerable)
    return found


def targets(scopes: list[Scope]) -> NumberSet:
    return union(scope.packets.target for scope in scopes)


@pytest.mark.parametrize(
    ("verb", "quantifier"),
    [
        (Verb.REACHES, Quantifier.ALL_ARRIVE),
        (Verb.CAN_REACH, Quantifier.SOME_ARRIVES),
        (Verb.NEVER_REACHES, Quantifier.NONE_ARRIVES),
        (Verb.ONLY, Quantifier.NONE_ARRIVES),
    ],
)
def test_each_verb_asks_for_its_quantifier(verb, quantifier):
    assert asked(layered(), claim(verb, the_ase("one"), the_ase("two"), WEB)).quantifier is quantifier


# -- Environments -------------------------------------------------------------------------------------------------------


def test_an_environment_calls_from_every_usable_address_that_is_free():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/26"),
        subnet("corp/data", "10.0.3.0/24"),
        ase("one", "corp/apps", vip="192.23.1.2", ilb="10.0.1.10"),
        vm("beside", "corp/apps", "10.0.1.20"),
        vm("sql", "corp/data", "10.0.3.4"),
    )
    [scope] = plain(where, claim(Verb.REACHES, the_ase("one"), the_vm("sql"), on("tcp 1433")))

    assert scope.packets.source == addresses("10.0.1.4-10.0.1.62") - addresses("10.0.1.10,10.0.1.20")
    assert scope.packets.source_port == ANY_PORT


def test_an_external_environment_is_called_by_its_vip_and_guarded_by_every_address():
    where = layered()
    reaches = plain(where, claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB))
    never = plain(where, claim(Verb.NEVER_REACHES, the_ase("one"), the_ase("two"), WEB))

    assert targets(reaches) == addresses("192.23.1.3")
    assert targets(never) == addresses("192.23.1.3,10.0.2.4-10.0.2.62")
    assert {site for scope in never for site in scope.arrives_at} == {"two"}


def inner(version: int, **more) -> Network:
    return network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/24"),
        subnet("corp/data", "10.0.3.0/24"),
        ase("one", "corp/apps", version, ilb="10.0.1.10", **more),
        vm("client", "corp/data", "10.0.3.4"),
    )


def test_an_ilb_environment_is_called_inside_but_for_management():
    where = inner(2, vip="192.23.1.2")
    scopes = plain(where, claim(Verb.REACHES, the_vm("client"), the_ase("one"), on("tcp 80,443,454")))

    called = {scope.packets.target_port: scope.packets.target for scope in scopes}
    assert called == {ports("80,443"): addresses("10.0.1.10"), ports("454"): addresses("192.23.1.2")}


def test_the_mode_places_ftp():
    public = plain(
        inner(2, vip="192.23.1.2", ftp="public"), claim(Verb.REACHES, the_vm("client"), the_ase("one"), on("tcp 21"))
    )
    inside = plain(inner(2, vip="192.23.1.2"), claim(Verb.REACHES, the_vm("client"), the_ase("one"), on("tcp 21")))

    assert targets(public) == addresses("192.23.1.2")
    assert targets(inside) == addresses("10.0.1.10")


def test_the_mode_places_the_web():
    where = inner(2, vip="192.23.1.2", web="public")
    scopes = plain(where, claim(Verb.REACHES, the_vm("client"), the_ase("one"), on("tcp 80,21,454")))

    called = {scope.packets.target_port: scope.packets.target for scope in scopes}
    assert called == {ports("80,454"): addresses("192.23.1.2"), ports("21"): addresses("10.0.1.10")}


def test_debugging_is_called_in_each_reading_where_it_arrives_there():
    where = inner(2, vip="192.23.1.2", ftp="public")
    found = asked(where, claim(Verb.REACHES, the_vm("client"), the_ase("one"), on("tcp 4022")))

    called = {scope.condition: scope.packets.target for scope in found.scopes}
    assert called == {
        frozenset({("ilb-debug-placement", "ilb")}): addresses("10.0.1.10"),
        frozenset({("ilb-debug-placement", "public")}): addresses("192.23.1.2"),
    }


def test_a_claim_that_is_asked_in_one_reading_is_asked_there_only():
    where = inner(1, vip="192.23.1.2")
    asks = replace(claim(Verb.REACHES, PROBES, the_ase("one"), on("tcp 16001")), asked_in=("ase-v1-probe-required", "yes"))

    assert {one.condition for one in asked(where, asks).scopes} == {frozenset({("ase-v1-probe-required", "yes")})}
    found = question(where, effective(where), asks, {"ase-v1-probe-required": "no"})
    assert isinstance(found, Unanswerable)


def test_an_ilb_environment_of_version_3_has_no_public_address():
    scopes = plain(inner(3), claim(Verb.REACHES, MANAGEMENT, the_ase("one"), on("tcp 443,454")))

    assert targets(scopes) == addresses("10.0.1.10")


@pytest.mark.parametrize("placed", ["ilb", "public"])
@pytest.mark.parametrize("mode", [{"ftp": "public"}, {"web": "public"}, {}])
def test_every_packet_is_covered_when_ports_are_placed_apart(mode, placed):
    """The address by port splits the service and loses nothing of it, whatever is read about debugging."""
    where = inner(1, vip="192.23.1.2", **mode)
    found = asked(where, claim(Verb.REACHES, the_vm("client"), the_ase("one")), ilb_debug_placement=placed)
    scopes = [scope for scope in found.scopes if exists_in(scope.condition, found.fixed)]

    covered = sum(scope.packets.protocol.size * scope.packets.target_port.size for scope in scopes)
    assert covered == 2 * 65536 + 3
    by_tcp = [scope for scope in scopes if TCP in scope.packets.protocol]
    assert union(scope.packets.target_port for scope in by_tcp) == ANY_PORT
    assert not any(one.packets.target_port.overlaps(by_tcp[0].packets.target_port) for one in by_tcp[1:])


def test_the_ways_in_include_ip_ssl_addresses():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/24"),
        ase("one", "corp/apps", vip="192.23.1.2", ip_ssl=[("192.23.1.9", 10443, 10444)]),
    )
    never = plain(where, claim(Verb.NEVER_REACHES, INTERNET, the_ase("one"), WEB))
    reaches = plain(where, claim(Verb.REACHES, INTERNET, the_ase("one"), WEB))

    assert targets(never) == addresses("192.23.1.2,192.23.1.9")
    assert targets(reaches) == addresses("192.23.1.2")


def test_a_private_endpoint_of_an_environment_is_a_way_in():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/26"),
        subnet("corp/data", "10.0.3.0/24"),
        ase("one", "corp/apps", 3, ilb="10.0.1.10"),
        vm("client", "corp/data", "10.0.3.4"),
        private_endpoint("way-in", "corp/data", "10.0.3.9", "one"),
    )
    guarded = plain(where, claim(Verb.NEVER_REACHES, the_vm("client"), the_ase("one"), on("tcp 443,21")))
    called = plain(where, claim(Verb.REACHES, the_vm("client"), the_ase("one"), WEB))

    (by_endpoint,) = (scope for scope in guarded if scope.arrives_at == {"way-in"})
    assert by_endpoint.packets.target == addresses("10.0.3.9")
    assert by_endpoint.packets.target_port == ports("443")
    assert targets(called) == addresses("10.0.1.10")


def test_a_probe_meets_the_instances():
    [scope] = plain(layered(), claim(Verb.REACHES, PROBES, the_ase("two"), on("tcp 16001")))

    assert scope.origin == "platform of corp"
    assert scope.packets.source == PROBE
    assert scope.packets.target == addresses("10.0.2.4-10.0.2.62")


def test_a_vip_that_the_file_does_not_give_has_a_placeholder():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/apps", "10.0.1.0/24"),
        ase("one", "corp/apps"),
    )
    [scope] = plain(where, claim(Verb.REACHES, INTERNET, the_ase("one"), WEB))

    assert scope.packets.target <= addresses("203.0.113.0/24")


# -- Machines and ranges ------------------------------------------------------------------------------------------------


def mixed() -> Network:
    return network(
        vnet("corp", "10.0.0.0/16", peers=["partner"]),
        vnet("partner", "10.1.0.0/16", peers=["corp"]),
        vnet("alone", "10.2.0.0/16"),
        subnet("corp/data", "10.0.3.0/24"),
        subnet("partner/data", "10.1.3.0/24"),
        subnet("alone/data", "10.2.3.0/24", nat_gateway="nat"),
        nat_gateway("nat", "40.1.1.9"),
        vm("sql", "corp/data", "10.0.3.4", "10.0.3.5", public_ip="40.1.1.1"),
        vm("near", "corp/data", "10.0.3.8"),
        vm("peered", "partner/data", "10.1.3.4"),
        vm("far", "alone/data", "10.2.3.4"),
        on_premises("hq", "172.20.0.0/16"),
        gateway("er", "corp", "expressroute", learns="172.20.0.0/16", to="hq"),
    )


@pytest.mark.parametrize(
    ("caller", "called"),
    [
        (the_vm("near"), "10.0.3.4-10.0.3.5"),
        (the_vm("peered"), "10.1.3.4"),
        (at(EndpointKind.ON_PREMISES, "hq"), "10.0.3.4-10.0.3.5"),
        (the_vm("far"), "40.1.1.1"),
        (INTERNET, "40.1.1.1"),
    ],
)
def test_a_machine_is_called_inside_where_the_caller_has_a_way_there(caller, called):
    target = the_vm("peered") if called == "10.1.3.4" else the_vm("sql")
    caller = the_vm("near") if called == "10.1.3.4" else caller

    assert targets(plain(mixed(), claim(Verb.REACHES, caller, target, on("tcp 1433")))) == addresses(called)


def test_a_machine_is_guarded_at_all_its_addresses():
    assert targets(plain(mixed(), claim(Verb.NEVER_REACHES, the_vm("far"), the_vm("sql")))) == addresses(
        "10.0.3.4,10.0.3.5,40.1.1.1"
    )


def test_a_load_balancer_before_a_machine_is_a_way_in():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/web", "10.0.1.0/24"),
        vm("web", "corp/web", "10.0.1.4"),
        load_balancer("front", "40.1.1.1", rules=[("tcp", 80, 8080)], backends=("web",)),
    )
    [scope] = plain(where, claim(Verb.NEVER_REACHES, INTERNET, the_vm("web"), on("tcp 80")))

    assert scope.packets.target == addresses("40.1.1.1")
    assert scope.arrives_at == {"web"}


def test_a_load_balancer_is_called_by_its_frontend_and_stands_for_the_machines_behind_it():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/web", "10.0.1.0/24"),
        vm("client", "corp/web", "10.0.1.9"),
        *(vm(name, "corp/web", f"10.0.1.{number}") for name, number in (("one", 4), ("two", 5))),
        load_balancer("inner", "10.0.1.100", subnet="corp/web", rules=[("tcp", 80, 8080)], backends=("one", "two")),
    )
    inner = at(EndpointKind.LOAD_BALANCER, "inner")
    for caller in ("client", "one"):
        [scope] = plain(where, claim(Verb.REACHES, the_vm(caller), inner, on("tcp 80")))
        assert (scope.packets.target, scope.arrives_at) == (addresses("10.0.1.100"), {"one", "two"})
    [probed] = plain(where, claim(Verb.REACHES, PROBES, inner, on("tcp 80")))
    assert probed.packets.target == addresses("10.0.1.4,10.0.1.5")
    # A machine reaches its neighbour behind the same frontend.
    [scope] = plain(where, claim(Verb.NEVER_REACHES, the_vm("one"), at(EndpointKind.SUBNET, "corp/web"), on("tcp 80")))
    assert addresses("10.0.1.100") <= scope.packets.target
    assert "one" not in scope.arrives_at


def test_a_load_balancer_starts_no_calls():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/web", "10.0.1.0/24"),
        vm("web", "corp/web", "10.0.1.4"),
        load_balancer("inner", "10.0.1.100", subnet="corp/web", rules=[("tcp", 80, 8080)], backends=("web",)),
        load_balancer("front", "40.1.1.1", rules=[("tcp", 80, 8080)], backends=("web",)),
    )
    for subject in (at(EndpointKind.LOAD_BALANCER, "inner"), address("10.0.1.100")):
        found = question(where, effective(where), claim(Verb.NEVER_REACHES, subject, INTERNET, on("tcp 80")), {})
        assert isinstance(found, Unanswerable)
        assert "starts no calls" in found.reasons[0]
    # What leaves by a frontend leaves from a machine behind it.
    [scope] = plain(where, claim(Verb.REACHES, address("40.1.1.1"), address("8.8.8.8"), on("tcp 80")))
    assert scope.origin == "web"


def test_a_subnet_stands_for_everybody_in_it_but_the_caller():
    scopes = plain(mixed(), claim(Verb.REACHES, at(EndpointKind.SUBNET, "corp/data"), the_vm("sql"), on("tcp 1433")))

    assert {scope.origin for scope in scopes} == {"near", "corp/data"}


def test_a_range_that_holds_the_target_means_the_others():
    corp = at(EndpointKind.VNET, "corp")
    scopes = plain(layered(), claim(Verb.REACHES, corp, the_ase("two"), WEB))

    assert {scope.origin for scope in scopes} == {"one", "sql", "corp/data"}


def test_a_machine_does_not_call_itself_in_its_own_subnet():
    scopes = plain(mixed(), claim(Verb.NEVER_REACHES, the_vm("sql"), at(EndpointKind.SUBNET, "corp/data"), on("tcp 1433")))

    assert targets(scopes) == addresses("10.0.3.6-10.0.3.254")
    assert scopes[0].arrives_at == {"near", "corp/data"}


def test_a_subnet_is_guarded_at_its_public_ways_in():
    scopes = plain(layered(), claim(Verb.NEVER_REACHES, INTERNET, at(EndpointKind.SUBNET, "corp/back-end"), WEB))

    assert targets(scopes) == addresses("192.23.1.3")


def test_an_environment_reaches_its_own_instances():
    [scope] = plain(layered(), claim(Verb.REACHES, the_ase("one"), at(EndpointKind.SUBNET, "corp/front-door"), WEB))

    assert scope.packets.target == addresses("10.0.1.4-10.0.1.62")
    assert scope.arrives_at == {"one"}


# -- The Internet, management, tags -------------------------------------------------------------------------------------


def test_the_internet_is_what_nobody_owns():
    [scope] = plain(mixed(), claim(Verb.NEVER_REACHES, INTERNET, the_vm("sql"), on("tcp 1433")))
    sources = scope.packets.source

    assert not sources.overlaps(addresses("40.1.1.1,40.1.1.9,10.0.0.0/8,168.63.129.16"))
    assert addresses("8.8.8.8") <= sources
    assert scope.packets.target == addresses("40.1.1.1")


def test_impostors_stand_under_the_assumption_that_rules_them_out():
    scopes = asked(layered(), claim(Verb.NEVER_REACHES, INTERNET, the_ase("two"), WEB)).scopes
    conditional = {pair: scope.packets.source for scope in scopes for pair in scope.condition}

    assert conditional == {
        ("platform-address", "anyone"): addresses("168.63.129.16,169.254.169.254"),
        ("owned-address", "anyone"): addresses("192.23.1.2,192.23.1.3"),
    }


def test_availability_needs_no_impostors():
    assert all(not scope.condition for scope in asked(layered(), claim(Verb.REACHES, INTERNET, the_ase("two"), WEB)).scopes)


def test_granted_assumptions_are_fixed_and_open_ones_are_not():
    fixed = asked(layered(), claim(Verb.REACHES, INTERNET, the_ase("two"), WEB)).fixed

    assert fixed["platform-address"] == "platform-only"
    assert "private-front-ends" not in fixed


def test_a_chosen_reading_is_fixed():
    fixed = asked(layered(), claim(Verb.REACHES, INTERNET, the_ase("two"), WEB), private_front_ends="answer").fixed

    assert fixed["private-front-ends"] == "answer"


def test_management_calls_from_the_published_addresses():
    scopes = asked(layered(), claim(Verb.REACHES, MANAGEMENT, the_ase("two"), on("tcp 454-455"))).scopes

    assert [scope.packets.source for scope in scopes if not scope.condition] == [app_service_management()]
    assert {pair for scope in scopes for pair in scope.condition} == {("management-addresses", "any-internet")}


def test_an_unknown_tag_is_some_address_of_it():
    where = layered()
    [scope] = plain(where, claim(Verb.REACHES, the_ase("one"), at(EndpointKind.TAG, "Storage.WestEurope"), on("tcp 443")))

    assert scope.partial_target == "Storage.WestEurope"
    assert scope.packets.target_tags == {"Storage.WestEurope", "Storage"}
    assert scope.packets.target <= effective(where).sites["Internet"].addresses
    assert scope.internet_regional is True


def test_a_tag_of_the_program_is_its_addresses():
    where = network(
        vnet("corp", "10.0.0.0/16"),
        subnet("corp/data", "10.0.3.0/24"),
        vm("sql", "corp/data", "10.0.3.4"),
        tag("Partner", "20.1.0.0/16"),
    )
    [scope] = plain(where, claim(Verb.REACHES, the_vm("sql"), at(EndpointKind.TAG, "Partner"), on("tcp 443")))

    assert scope.packets.target == addresses("20.1.0.0/16")
    assert scope.partial_target is None


# -- Addresses ----------------------------------------------------------------------------------------------------------


def test_addresses_call_as_the_things_that_own_them():
    scopes = plain(mixed(), claim(Verb.REACHES, address("10.0.3.0/29"), the_vm("peered"), on("tcp 22")))

    assert {scope.origin: scope.packets.source for scope in scopes} == {
        "sql": addresses("10.0.3.4-10.0.3.5"),
        "corp/data": addresses("10.0.3.6-10.0.3.7"),
    }


def test_a_vip_calls_as_its_environment():
    [scope] = plain(layered(), claim(Verb.REACHES, address("192.23.1.2"), the_vm("sql"), on("tcp 1433")))

    assert scope.origin == "one"
    assert scope.packets.source == addresses("10.0.1.4-10.0.1.62")


def test_an_address_behind_a_nat_gateway_calls_as_who_is_behind_it():
    scopes = plain(mixed(), claim(Verb.REACHES, address("40.1.1.9"), INTERNET, on("tcp 443")))

    assert {scope.origin for scope in scopes} == {"far", "alone/data"}


def test_called_addresses_are_exactly_these_as_far_as_somebody_has_them():
    [scope] = plain(layered(), claim(Verb.REACHES, the_ase("one"), address("10.0.3.0/24"), on("tcp 1433")))

    assert scope.packets.target == addresses("10.0.3.4-10.0.3.254")
    assert scope.arrives_at == {"sql", "corp/data"}


def test_a_call_to_an_address_that_nobody_has_is_covered_and_lost():
    [scope] = plain(layered(), claim(Verb.REACHES, the_ase("one"), address("10.0.3.1"), WEB))

    assert scope.packets.target == addresses("10.0.3.1")
    assert scope.arrives_at == frozenset()


# -- only, except from --------------------------------------------------------------------------------------------------


def test_only_is_about_everybody_else():
    scopes = plain(layered(), claim(Verb.ONLY, the_ase("one"), the_ase("two"), WEB))

    assert {scope.origin for scope in scopes} == {"sql", "corp/data", "Internet"}


def test_only_leaves_azure_its_management():
    scopes = plain(layered(), claim(Verb.ONLY, the_ase("one"), the_ase("two"), on("tcp 443-454")))
    strangers = [scope for scope in scopes if scope.origin == "Internet"]

    [management] = [scope for scope in strangers if 454 in scope.packets.target_port]
    [rest] = [scope for scope in strangers if 443 in scope.packets.target_port]
    assert management.packets.target_port == ports("454")
    assert not management.packets.source.overlaps(app_service_management())
    assert rest.packets.source >= app_service_management()


def test_only_for_a_machine_leaves_out_nothing_of_azure():
    scopes = plain(mixed(), claim(Verb.ONLY, the_vm("near"), the_vm("sql"), on("tcp 454")))
    [strangers] = [scope for scope in scopes if scope.origin == "Internet"]

    assert strangers.packets.source >= app_service_management()


def test_addresses_that_may_call_leave_their_neighbours():
    scopes = plain(
        mixed(), claim(Verb.ONLY, (address("10.0.3.8-10.0.3.20"), address("20.0.0.0/8")), the_vm("sql"), on("tcp 22"))
    )
    sources = {scope.origin: scope.packets.source for scope in scopes}

    assert "near" not in sources
    assert sources["corp/data"] == addresses("10.0.3.6-10.0.3.7,10.0.3.21-10.0.3.254")
    assert not sources["Internet"].overlaps(addresses("20.0.0.0/8"))


def test_exceptions_are_true_origins():
    asks = claim(Verb.NEVER_REACHES, INTERNET, the_ase("two"), on("tcp 454"), excepted=(MANAGEMENT,))
    [scope] = plain(layered(), asks)

    assert not scope.packets.source.overlaps(app_service_management())


def test_an_exception_for_an_unknown_tag_leaves_what_cannot_be_in_it():
    asks = claim(Verb.NEVER_REACHES, INTERNET, the_ase("two"), WEB, excepted=(at(EndpointKind.TAG, "Storage"),))
    sure, unsure = sorted(plain(layered(), asks), key=lambda scope: scope.partial_source or "")

    assert sure.packets.source == addresses("198.51.100.0/24,203.0.113.0/24")
    assert unsure.partial_source == "the Internet without Storage"


# -- Services, families, regions ----------------------------------------------------------------------------------------


def test_services_with_the_same_ports_are_one_scope():
    scopes = plain(layered(), claim(Verb.REACHES, the_ase("one"), the_vm("sql"), on("tcp 53; udp 53; tcp 88; udp 88")))

    assert [(scope.packets.protocol, scope.packets.target_port) for scope in scopes] == [
        (NumberSet.of([(TCP, TCP), (UDP, UDP)]), ports("53,88"))
    ]


def test_protocols_without_ports_carry_port_zero():
    scopes = plain(layered(), claim(Verb.REACHES, the_ase("one"), the_vm("sql")))
    [bare] = [scope for scope in scopes if ESP in scope.packets.protocol]

    assert (bare.packets.source_port, bare.packets.target_port) == (NumberSet.single(0), NumberSet.single(0))


def test_no_packet_goes_from_one_family_to_the_other():
    where = network(
        vnet("corp", "10.0.0.0/16,fd00::/48"),
        subnet("corp/data", "10.0.3.0/24,fd00:0:0:3::/64"),
        vm("both", "corp/data", "10.0.3.4", "fd00:0:0:3::4"),
        vm("old", "corp/data", "10.0.3.5"),
        vm("sql", "corp/data", "10.0.3.6", "fd00:0:0:3::6"),
    )
    both = plain(where, claim(Verb.REACHES, the_vm("both"), the_vm("sql"), on("tcp 22")))
    old = plain(where, claim(Verb.REACHES, the_vm("old"), the_vm("sql"), on("tcp 22")))

    assert [(scope.packets.source <= ALL_V4, scope.packets.target <= ALL_V4) for scope in both] == [
        (True, True),
        (False, False),
    ]
    assert not targets(old).overlaps(ALL_V6)


@pytest.mark.parametrize(
    ("regions", "regional"),
    [(("westeurope", "westeurope"), True), (("westeurope", "northeurope"), False), (("westeurope", None), None)],
)
def test_environments_of_one_region_stay_in_it(regions, regional):
    where = network(
        vnet("a", "10.0.0.0/16", region=regions[0]),
        vnet("b", "10.1.0.0/16", region=regions[1]),
        subnet("a/apps", "10.0.1.0/26"),
        subnet("b/apps", "10.1.1.0/26"),
        ase("one", "a/apps", vip="192.23.1.2"),
        ase("two", "b/apps", vip="192.23.1.3"),
    )
    found = asked(where, claim(Verb.REACHES, the_ase("one"), the_ase("two"), WEB, within_region=True))

    assert found.success.within_region
    assert {scope.internet_regional for scope in found.scopes} == {regional}


def test_the_internet_is_not_the_region():
    [scope] = plain(layered(), claim(Verb.REACHES, the_ase("one"), INTERNET, WEB))

    assert scope.internet_regional is False


def test_as_names_addresses_and_tags_of_unknown_content():
    terms = (
        AddressTerm(kind=TermKind.ADDRESSES, text="10.0.1.0/26", addresses=addresses("10.0.1.0/26")),
        AddressTerm(kind=TermKind.TAG, text="one.vip"),
        AddressTerm(kind=TermKind.TAG, text="AzureLoadBalancer"),
    )
    seen = asked(layered(), claim(Verb.REACHES, the_ase("one"), INTERNET, WEB, seen_as=terms)).success.seen_as

    assert seen.addresses == addresses("10.0.1.0/26,168.63.129.16")
    assert seen.unknown_tags == {"one.vip"}
    assert seen.text == "10.0.1.0/26, one.vip, AzureLoadBalancer"


def test_counterexamples_prefer_the_first_port_of_the_service():
    [scope] = plain(layered(), claim(Verb.REACHES, the_ase("one"), the_ase("two"), on("tcp 8443; tcp 80,443")))

    assert scope.preferred_ports[:2] == (8443, 80)


# -- Nothing is covered -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "why"),
    [
        (claim(Verb.REACHES, address("10.99.0.4"), the_ase("two"), WEB), "nobody in the file has the address 10.99.0.4"),
        (claim(Verb.NEVER_REACHES, INTERNET, the_ase("two"), WEB, excepted=(INTERNET,)), "`except from` leaves nothing"),
        (claim(Verb.REACHES, the_vm("sql"), the_vm("sql")), "sends to itself"),
        (claim(Verb.REACHES, PROBES, INTERNET, WEB), "probes what is in a virtual network"),
        (claim(Verb.REACHES, the_ase("one"), the_ase("two"), on("icmp 443")), "have no ports"),
    ],
)
def test_a_claim_about_nothing_is_vacuous_and_says_why(asks, why):
    found = refused(layered(), asks)

    assert found.vacuous
    assert why in found.reasons[0]


# -- Claims about NSGs --------------------------------------------------------------------------------------------------


def group_question(where: Network, asks) -> FilterQuestion:
    found = question(where, effective(where), asks, {})
    assert isinstance(found, FilterQuestion), found
    return found


def guarded(*extra: DeclaredRule) -> Network:
    return network(
        vnet("corp", "10.0.0.0/16"),
        vnet("other", "10.1.0.0/16"),
        subnet("corp/a", "10.0.1.0/24", nsg="left"),
        subnet("corp/b", "10.0.2.0/24", nsg="right"),
        subnet("other/c", "10.1.1.0/24"),
        vm("nic", "other/c", "10.1.1.4", nsg="left"),
        nsg("left", inbound=[rule(100, "allow", "tcp", "VirtualNetwork", "*", "443"), *extra]),
        nsg("right", inbound=[rule(100, "allow", "tcp", "10.0.0.0/16", "*", "443")]),
        nsg("loose", inbound=[rule(100, "deny", "tcp", "*")]),
        nsg("bare"),
    )


def test_groups_are_compared_at_every_place_where_they_mean_something_else():
    contexts = group_question(guarded(), GroupsEqual(left="left", right="right")).contexts

    assert [context.where for context in contexts] == ["subnet corp/a, subnet corp/b", "nic of nic"]
    assert all(context.left.resource == "left" and context.right.resource == "right" for context in contexts)


def test_a_group_that_stands_nowhere_is_compared_nowhere():
    [context] = group_question(guarded(), GroupPermitsNoMore(left="loose", right="bare")).contexts

    assert context.where == "attached nowhere"


def test_dead_rules_are_sought_where_the_group_stands():
    contexts = group_question(guarded(), GroupHasNoDeadRules(group="left")).contexts

    assert [context.right for context in contexts] == [None, None]


def test_a_group_without_rules_has_none_to_be_dead():
    where = guarded()
    found = question(where, effective(where), GroupHasNoDeadRules(group="bare"), {})

    assert isinstance(found, Unanswerable)
    assert found.vacuous


def test_scopes_stay_few_as_the_network_grows():
    """One scope an origin and service: `only` over many subnets is linear in them."""
    subnets = [subnet(f"corp/s{index}", f"10.0.{index}.0/24") for index in range(50)]
    where = network(vnet("corp", "10.0.0.0/16"), *subnets, vm("sql", "corp/s0", "10.0.0.4"))
    scopes = plain(where, claim(Verb.ONLY, address("10.0.1.4"), the_vm("sql"), WEB))

    assert len(scopes) == 51
