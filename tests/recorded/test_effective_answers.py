"""Effective routes and rules, one answer a file: the default routes and the content of the computed tags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from asever.azure.effective import effective
from asever.azure.platform import INTERNET_V4, PROBE
from asever.model.addresses import ALL_V4, prefixes
from asever.model.numbers import NumberSet, union
from asever.model.things import Network
from tests.networks import network, nsg, subnet, vm, vnet
from tests.recorded.fields import prefix
from tests.recorded.routes import RESERVED, azure_hops, compare_routes, our_hops
from tests.recorded.rules import INTERNET_MOVES, LINK_LOCAL, azure_rule, compare_rules, our_rules
from tests.recorded.sessions import ABSENT, Body, effective_answers

ROUTES = tuple(effective_answers("effectiveRouteTable"))
RULES = tuple(effective_answers("effectiveNetworkSecurityGroups"))
VIEWS = tuple(effective_answers("securityGroupView"))


def each(answers: tuple[tuple[str, Body], ...]) -> list[object]:
    return [pytest.param(answer, id=name) for name, answer in answers] or [
        pytest.param(None, marks=pytest.mark.skip(reason=ABSENT), id="absent")
    ]


def tags_of(answer: Body) -> Iterator[tuple[str, NumberSet]]:
    """Every tag that an answer expands, by `tagMap` and by the rules."""
    for group in answer["value"]:
        written = group.get("tagmap") if isinstance(group.get("tagmap"), dict) else {}
        yield from ((tag, union(map(prefix, texts))) for tag, texts in written.items())
        for content in group["effectivesecurityrules"]:
            for side in ("source", "destination"):
                printed = content.get(f"expanded{side}addressprefix")
                if printed:
                    yield content[f"{side}addressprefix"].casefold(), union(map(prefix, printed))


@pytest.mark.parametrize("answer", each(ROUTES))
def test_a_subnet_without_route_table_has_azures_default_routes(answer: Body) -> None:
    """The virtual network is read from the answer, so this is about the other routes."""
    azure = azure_hops(answer["value"])
    assert set(azure) == {"vnetlocal", "internet", RESERVED}
    inside = prefixes(azure["vnetlocal"])
    tables = effective(network(vnet("corp", ", ".join(inside)), subnet("corp/all", inside[0])))
    recommended = {name: values[0] for name, values in tables.assumptions.items()}
    wrong, _ = compare_routes(azure, our_hops(tables.sites["corp/all"].routes, recommended))
    assert wrong == []


@pytest.mark.parametrize("answer", each(RULES))
def test_internet_is_what_azure_prints_but_for_the_ranges_that_come_and_go(answer: Body) -> None:
    sets = [addresses for tag, addresses in tags_of(answer) if tag == "internet"]
    assert sets
    for addresses in sets:
        differing = (addresses - INTERNET_V4) | (INTERNET_V4 - addresses)
        assert differing <= INTERNET_MOVES, prefixes(differing - INTERNET_MOVES)


@pytest.mark.parametrize("answer", each(RULES))
def test_the_platforms_address_is_in_virtual_network_and_in_internet_and_alone_in_load_balancer(answer: Body) -> None:
    for tag, addresses in tags_of(answer):
        if tag == "azureloadbalancer":
            assert addresses - LINK_LOCAL == PROBE
        else:
            assert addresses >= PROBE, tag


@pytest.mark.parametrize("answer", each(RULES))
def test_a_tag_expands_alike_in_the_map_and_in_every_rule(answer: Body) -> None:
    first: dict[str, NumberSet] = {}
    for tag, addresses in tags_of(answer):
        assert first.setdefault(tag, addresses) == addresses


@pytest.mark.parametrize("answer", each(RULES))
def test_virtual_network_is_the_network_and_the_platforms_address(answer: Body) -> None:
    """All recorded networks are alone: no peer, no gateway, no route table, and `VirtualNetwork` has nothing more."""
    (addresses,) = {one for tag, one in tags_of(answer) if tag == "virtualnetwork"}
    (inside,) = prefixes(addresses - PROBE)
    tables = effective(_with_group(inside))
    readings = {name: values[0] for name, values in tables.assumptions.items()}
    site = tables.sites["vm"]
    for rule in our_rules(site.inbound[0], readings).values():
        if rule.name == "AllowVnetInBound":
            assert rule.expanded_source is not None
            assert rule.expanded_source & ALL_V4 == addresses


def _with_group(inside: str) -> Network:
    first = f"{inside.split('/', maxsplit=1)[0].rsplit('.', 1)[0]}.4"
    return network(vnet("corp", inside), subnet("corp/all", inside, nsg="none"), vm("vm", "corp/all", first), nsg("none"))


@pytest.mark.parametrize("answer", each(VIEWS))
def test_the_default_rules_of_a_view_are_ours(answer: Body) -> None:
    tables = effective(_with_group("10.0.0.0/16"))
    readings = {name: values[0] for name, values in tables.assumptions.items()}
    site = tables.sites["vm"]
    ours = {key: rule for one in (*site.inbound, *site.outbound) for key, rule in our_rules(one, readings).items()}
    for nic in answer["networkinterfaces"]:
        printed = nic["securityruleassociations"]["effectivesecurityrules"]
        defaults = [azure_rule(one, {}) for one in printed if one["name"].startswith("Default")]
        assert compare_rules(defaults, ours, doubled=True) == ([], [])
