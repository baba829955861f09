"""Pictures: no text lies on text, no line on text, no two lines on each other, whatever the network is."""

from __future__ import annotations

import random
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from asever.explain.picture import picture
from asever.model.picture import LinkKind
from asever.report.graph import render_dot, render_mermaid
from asever.report.layout import LINE, laid_out, text_width
from asever.report.svg import render_svg
from tests.explain.test_random_networks import some_network, with_services
from tests.networks import (
    ase,
    firewall,
    gateway,
    layered,
    load_balancer,
    network,
    nsg,
    on_premises,
    peer,
    platform_service,
    private_endpoint,
    route,
    route_table,
    subnet,
    vm,
    vnet,
)


def hub(spokes=7, machines=6):
    """A hub with everything, and spokes with much in them."""
    things = [
        vnet("hub", "10.0.0.0/16", peers=[peer(f"s{one}") for one in range(spokes)]),
        subnet("hub/GatewaySubnet", "10.0.0.0/24"),
        subnet("hub/AzureFirewallSubnet", "10.0.1.0/24"),
        firewall("wall", "hub/AzureFirewallSubnet", "10.0.1.4", public_ip="20.1.1.1"),
        on_premises("dc", "192.168.0.0/16"),
        gateway("gw", "hub", "vpn", learns="192.168.0.0/16", to="dc"),
        platform_service("store", "Storage"),
        route_table("rt", route("0.0.0.0/0", "appliance", "10.0.1.4")),
        nsg("locked"),
    ]
    for one in range(spokes):
        backends = [f"m{one}-{each}" for each in range(machines)]
        things += [
            vnet(f"s{one}", f"10.{one + 1}.0.0/16", peers=["hub", *([f"s{one - 1}"] if one % 3 == 2 else [])]),
            subnet(f"s{one}/web", f"10.{one + 1}.1.0/24", nsg="locked", route_table="rt"),
            subnet(f"s{one}/empty", f"10.{one + 1}.2.0/24"),
            *(vm(name, f"s{one}/web", f"10.{one + 1}.1.{each + 10}") for each, name in enumerate(backends)),
            load_balancer(f"lb{one}", f"20.2.2.{one + 1}", backends=tuple(backends)),
            private_endpoint(f"pe{one}", f"s{one}/empty", f"10.{one + 1}.2.9", "store"),
        ]
    return network(*things)


def some(seed):
    draw = random.Random(seed)
    where = some_network(draw)
    return with_services(draw, where) if seed % 2 else where


NETWORKS = {
    "empty": network(),
    "layered": layered(),
    "hub": hub(),
    "many balancers before one": network(
        vnet("v", "10.0.0.0/16"),
        subnet("v/s", "10.0.0.0/24"),
        vm("m", "v/s", "10.0.0.4"),
        *(load_balancer(f"lb{one}", f"20.2.2.{one + 1}", backends=("m",)) for one in range(14)),
    ),
    "endless names": network(vnet("v" * 90, "10.0.0.0/16"), subnet(f"{'v' * 90}/{'網' * 60}", "10.0.0.0/24")),
    **{f"random {seed}": some(seed) for seed in range(12)},
}


@pytest.fixture(params=NETWORKS)
def layout(request):
    return laid_out(picture(NETWORKS[request.param]))


def texts(layout):
    """The rectangles that text covers."""
    for box in layout.boxes:
        for at, text in enumerate(box.lines):
            bottom = box.y + LINE * (at + 1) + 3
            yield (box.text_x, bottom - LINE + 2, box.text_x + text_width(text), bottom), box, text


def meet(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_no_text_lies_on_text(layout):
    for (one, _, text), (other, _, more) in combinations(texts(layout), 2):
        assert not meet(one, other), (text, more)


def test_text_lies_in_its_box_and_on_the_page(layout):
    for (left, top, right, bottom), box, text in texts(layout):
        assert box.x <= left, text
        assert right <= box.x + box.width <= layout.width, text
        assert box.y <= top, text
        assert bottom <= box.y + box.height <= layout.height, text


def test_no_line_runs_through_text(layout):
    for bus in layout.buses:
        for x1, y1, x2, y2 in bus.segments:
            line = (min(x1, x2), min(y1, y2), max(x1, x2) + 0.1, max(y1, y2) + 0.1)
            assert not [text for place, _, text in texts(layout) if meet(line, place)]


def test_lines_of_two_buses_only_cross(layout):
    for one, other in combinations(layout.buses, 2):
        for mine in one.segments:
            for theirs in other.segments:
                for across, along in ((0, 1), (1, 0)):
                    flat = all(part[across] == part[across + 2] for part in (mine, theirs))
                    if flat and mine[across] == theirs[across]:
                        spans = sorted(tuple(sorted((part[along], part[along + 2]))) for part in (mine, theirs))
                        assert spans[0][1] <= spans[1][0] or spans[0][0] == spans[0][1], (one.kind, other.kind, mine, theirs)


def test_every_end_of_a_bus_is_on_one_of_its_lines(layout):
    for bus in layout.buses:
        for x, y in (bus.hub, *bus.ends):
            assert any(x1 <= x <= x2 or x2 <= x <= x1 for x1, y1, x2, y2 in bus.segments if min(y1, y2) <= y <= max(y1, y2))


def test_boxes_of_one_kind_are_apart(layout):
    for kind in ("vnet", "subnet"):
        places = sorted((one.x, one.y, one.x + one.width, one.y + one.height) for one in layout.boxes if one.kind == kind)
        assert all(not meet(one, other) for one, other in combinations(places, 2))
        assert all(one != other for one, other in pairwise(places))


@pytest.mark.parametrize("where", NETWORKS.values(), ids=NETWORKS)
def test_the_svg_is_well_formed_and_always_the_same(where):
    text = render_svg(picture(where), "a <network> & more")
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own text
    assert text == render_svg(picture(where), "a <network> & more")
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_peering_of_one_side_is_shown_as_such():
    shown = picture(network(vnet("a", "10.0.0.0/16", peers=["b"]), vnet("b", "10.1.0.0/16")))
    assert [link.kind for link in shown.links] == [LinkKind.HALF_PEERING]


def test_a_route_table_names_the_device_it_leads_to():
    shown = picture(hub(spokes=1))
    details = [line for area in shown.areas for cell in area.cells for line in cell.details]
    assert "  0.0.0.0/0 -> wall" in details


def test_a_private_address_makes_no_public_link():
    where = network(vnet("v", "10.0.0.0/16"), subnet("v/s", "10.0.0.0/24"), ase("inner", "v/s", version=3, ilb="10.0.0.11"))
    assert not picture(where).links


def test_mermaid_and_dot_quote_what_a_name_may_hold():
    where = network(vnet('a"b<c>#d', "10.0.0.0/16"))
    assert '"vnet a&quot;b&lt;c&gt;#35;d' in render_mermaid(picture(where))
    assert 'label="vnet a\\"b<c>#d' in render_dot(picture(where))
