"""Terraform plans and states as `terraform show -json` prints them, one for each way in which people write a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.importers.plans import Json, block, plan, refers

GROUP = {"resource_group_name": "rg", "location": "westeurope"}
ID = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/"
KEYS = {"web": "10.0.1.0/24", "app": "10.0.2.0/24", "db": "10.0.3.0/24"}
SAMPLES: dict[str, Callable[[], str]] = {}


def sample(make: Callable[[], str]) -> Callable[[], str]:
    """Puts a sample into the list, under the name of its function."""
    SAMPLES[make.__name__.replace("_", "-")] = make
    return make


# -- Words --------------------------------------------------------------------------------------------------------------


def made(address: str, name: str, values: Json | None = None, unknown: Json | None = None, **written: Any) -> Json:
    """A resource that is not made yet; `written` are the expressions of what is unknown."""
    constants = {key: {"constant_value": value} for key, value in (values or {}).items()}
    return block(address, {"name": name, **GROUP, **(values or {})}, {"id": True, **(unknown or {})}, constants | written)


def open_(address: str, name: str, values: Json | None = None, **written: Any) -> Json:
    """A resource some attributes of which only applying tells."""
    return made(address, name, values, dict.fromkeys(written, True), **written)


def link(address: str, **written: Any) -> Json:
    """An association."""
    return block(address, {}, {"id": True, **dict.fromkeys(written, True)}, written)


def meant(*references: str) -> Json:
    return {"references": list(references)}


def vnet(name: str = "hub", space: str = "10.0.0.0/16", address: str | None = None, **values: Any) -> Json:
    known = {"address_space": [space], **values}
    return made(address or f"azurerm_virtual_network.{name}", name, known, {"subnet": True, "guid": True})


def subnet(name: str, prefix: str, network: str = "hub", address: str | None = None, **values: Any) -> Json:
    own = address or f"azurerm_subnet.{name}"
    return made(own, name, {"virtual_network_name": network, "address_prefixes": [prefix], "delegation": [], **values})


def subnets(address: str = "azurerm_subnet.s") -> list[Json]:
    return [subnet(key, prefix, address=f'{address}["{key}"]') for key, prefix in KEYS.items()]


def nic(name: str, ip: str | None, home: Json, address: str | None = None, public: Json | None = None, **values: Any) -> Json:
    known: Json = {"name": "c", "private_ip_address": ip, "public_ip_address_id": None}
    unknown: Json = {"subnet_id": True, "primary": True}
    written: Json = {"name": {"constant_value": "c"}, "subnet_id": home}
    if ip is None:
        del known["private_ip_address"]
        unknown["private_ip_address"] = True
    if public is not None:
        del known["public_ip_address_id"]
        unknown["public_ip_address_id"] = True
        written["public_ip_address_id"] = public
    return made(
        address or f"azurerm_network_interface.{name}",
        name,
        {"ip_configuration": [known], **values},
        {"ip_configuration": [unknown], "private_ip_address": True},
        ip_configuration=[written],
    )


def rule(name: str, priority: int, access: str = "Allow", **fields: Any) -> Json:
    """An inline rule as the provider writes it: both forms of every field, the other one empty."""
    sides = {f"{side}_address_prefix{end}": "*" if not end else [] for side in ("source", "destination") for end in ("", "es")}
    ports = {"source_port_range": "*", "source_port_ranges": [], "destination_port_range": "443", "destination_port_ranges": []}
    head = {"name": name, "priority": priority, "access": access, "direction": "Inbound", "protocol": "Tcp", "description": ""}
    return {**head, **sides, **ports, **fields}


def nsg(name: str, *rules: Json, address: str | None = None) -> Json:
    own = address or f"azurerm_network_security_group.{name}"
    return made(own, name, {"security_rule": list(rules)}) if rules else made(own, name, {}, {"security_rule": True})


def apart(name: str, priority: int, group: str | None, unknown: Json | None = None, **fields: Any) -> Json:
    """A rule that is a resource of its own; `unknown` are expressions by attribute."""
    known = {key: value for key, value in rule(name, priority, **fields).items() if value not in ("", []) and key != "name"}
    known |= {"network_security_group_name": group} if group is not None else {}
    known = {key: value for key, value in known.items() if key not in (unknown or {})}
    return open_(f"azurerm_network_security_rule.{name}", name, known, **(unknown or {}))


def public(name: str = "pip") -> Json:
    return made("azurerm_public_ip.p", name, {"allocation_method": "Static", "sku": "Standard"}, {"ip_address": True})


def placed(address: str, name: str, subnet_: str, values: Json | None = None, public_: str | None = None) -> Json:
    """A resource with one IP configuration in a subnet."""
    unknown = {"subnet_id": True, "private_ip_address": True} | ({"public_ip_address_id": True} if public_ else {})
    written: Json = {"name": {"constant_value": "c"}, "subnet_id": refers(f"{subnet_}.id")}
    if public_ is not None:
        written["public_ip_address_id"] = refers(f"{public_}.id")
    known = {"ip_configuration": [{"name": "c"}], **(values or {})}
    return made(address, name, known, {"ip_configuration": [unknown]}, ip_configuration=[written])


A = refers("azurerm_subnet.a.id")
HERE = (vnet(), subnet("a", "10.0.1.0/24"), nic("n", "10.0.1.4", A))


def changed(text: str, change: Callable[[Json], None]) -> str:
    """A plan with the configuration of some resources changed by hand."""
    content = json.loads(text)
    for one in content["configuration"]["root_module"]["resources"]:
        change(one)
    return json.dumps(content, indent=1)


# -- Networks and rules -------------------------------------------------------------------------------------------------


@sample
def inline_subnets() -> str:
    own = [
        {"name": "a", "address_prefix": "10.0.1.0/24"},
        {"name": "b", "address_prefixes": ["10.0.2.0/24"], "security_group": "", "default_outbound_access_enabled": False},
    ]
    written = [
        {"name": {"constant_value": "a"}, "security_group": refers("azurerm_network_security_group.web.id")},
        {"name": {"constant_value": "b"}, "route_table_id": refers("azurerm_route_table.rt.id")},
    ]
    marks = [{"id": True, "security_group": True}, {"id": True, "route_table_id": True}]
    home = made(
        "azurerm_virtual_network.v", "v", {"address_space": ["10.0.0.0/16"], "subnet": own}, {"subnet": marks}, subnet=written
    )
    route = {
        "name": "d",
        "address_prefix": "0.0.0.0/0",
        "next_hop_type": "VirtualAppliance",
        "next_hop_in_ip_address": "10.0.9.4",
    }
    table = made("azurerm_route_table.rt", "rt", {"route": [route], "bgp_route_propagation_enabled": False})
    return plan(nsg("web", rule("https", 100), rule("no", 4000, "Deny", protocol="*", destination_port_range="*")), table, home)


@sample
def delegation_and_endpoints() -> str:
    service = {"name": "d", "service_delegation": [{"name": "Microsoft.Web/serverFarms", "actions": ["x"]}]}
    fields = {
        "service_endpoints": ["Microsoft.Storage", "Microsoft.Sql"],
        "private_endpoint_network_policies": "RouteTableEnabled",
    }
    return plan(vnet(), subnet("a", "10.0.1.0/24", delegation=[service], **fields))


@sample
def count() -> str:
    many = [subnet(f"s{number}", f"10.0.{number}.0/24", address=f"azurerm_subnet.s[{number}]") for number in range(3)]
    group = refers("azurerm_network_security_group.g.id")
    links = [
        link(
            f"azurerm_subnet_network_security_group_association.a[{number}]",
            subnet_id=meant("azurerm_subnet.s", "count.index"),
            network_security_group_id=group,
        )
        for number in range(3)
    ]
    return plan(vnet(), *many, nsg("g"), apart("r", 100, "g", source_address_prefix="Internet"), *links)


def each(key: str, *subnet_: str, **more: Json) -> Json:
    return link(
        f'azurerm_subnet_network_security_group_association.a["{key}"]',
        subnet_id=meant(*subnet_),
        network_security_group_id=more.get("group", refers("azurerm_network_security_group.g.id")),
    )


@sample
def for_each() -> str:
    groups = [nsg(f"nsg-{key}", rule("x", 100), address=f'azurerm_network_security_group.g["{key}"]') for key in KEYS]
    own = meant("azurerm_network_security_group.g", "each.key")
    return plan(vnet(), *subnets(), *groups, *(each(key, "azurerm_subnet.s", "each.key", group=own) for key in KEYS))


@sample
def for_each_of_a_resource() -> str:
    text = plan(vnet(), *subnets(), nsg("g", rule("x", 100)), *(each(key, "each.value.id", "each.value") for key in KEYS))

    def over(one: Json) -> None:
        if one["type"].endswith("association"):
            one["for_each_expression"] = meant("azurerm_subnet.s")

    return changed(text, over)


@sample
def dynamic_rules() -> str:
    half = {key: value for key, value in rule("two", 110).items() if key != "source_address_prefix"}
    group = made(
        "azurerm_network_security_group.g",
        "g",
        {"security_rule": [rule("one", 100), half]},
        {"security_rule": [{}, {"source_address_prefix": True}]},
    )
    del group["written"]["security_rule"]
    return plan(*HERE, public(), group, each("x", "azurerm_subnet.a.id", "azurerm_subnet.a"))


@sample
def rules_known_only_after_apply() -> str:
    group = open_("azurerm_network_security_group.g", "g", security_rule=refers("azurerm_public_ip.p.ip_address"))
    return plan(*HERE, public(), group, each("x", "azurerm_subnet.a.id", "azurerm_subnet.a"))


@sample
def names_and_prefixes_known_only_after_apply() -> str:
    home = block(
        "azurerm_virtual_network.v",
        {**GROUP, "address_space": ["10.0.0.0/16"]},
        {"name": True, "id": True},
        {"name": meant("random_string.r.result", "random_string.r")},
    )
    name = refers("azurerm_virtual_network.v.name")
    one = open_("azurerm_subnet.a", "a", {"address_prefixes": ["10.0.1.0/24"]}, virtual_network_name=name)
    two = open_(
        "azurerm_subnet.b", "b", virtual_network_name=name, address_prefixes=refers("azurerm_virtual_network.v.address_space")
    )
    card = nic("m", None, refers("azurerm_subnet.b.id"))
    random = block("random_string.r", {"length": 8}, {"result": True})
    return plan(random, home, one, two, nic("n", "10.0.1.4", A), card)


@sample
def machines() -> str:
    owners = [
        open_(f"azurerm_{kind}.{name}", name, network_interface_ids=refers(f"azurerm_network_interface.{card}.id"))
        for kind, name, card in (
            ("windows_virtual_machine", "win", "n1"),
            ("virtual_machine", "old", "n2"),
            ("linux_virtual_machine", "lin", "n3"),
        )
    ]
    two = refers("azurerm_network_interface.n4.id", "azurerm_network_interface.n5.id")
    cards = [
        nic("n1", "10.0.1.11", A, public=refers("azurerm_public_ip.p.id")),
        nic("n2", None, A, enable_ip_forwarding=True),
        *(nic(f"n{number}", f"10.0.1.1{number}", A) for number in (3, 4, 5)),
    ]
    group, member = "azurerm_network_security_group.g", "azurerm_application_security_group.asg"
    return plan(
        *HERE[:2],
        *cards,
        *owners,
        open_("azurerm_linux_virtual_machine.both", "both", network_interface_ids=two),
        public(),
        made(member, "asg"),
        nsg("g", rule("ssh", 100, destination_port_range="22")),
        apart(
            "to-asg",
            200,
            "g",
            {"destination_application_security_group_ids": refers(f"{member}.id")},
            destination_address_prefix="",
        ),
        link(
            "azurerm_network_interface_security_group_association.x",
            network_interface_id=refers("azurerm_network_interface.n1.id"),
            network_security_group_id=refers(f"{group}.id"),
        ),
        link(
            "azurerm_network_interface_application_security_group_association.x",
            network_interface_id=refers("azurerm_network_interface.n3.id"),
            application_security_group_id=refers(f"{member}.id"),
        ),
    )


# -- Modules ------------------------------------------------------------------------------------------------------------


def _networks(address: str = "azurerm_subnet.s") -> Iterator[Json]:
    yield vnet(address="module.net.azurerm_virtual_network.v")
    yield from subnets(f"module.net.{address}")


@sample
def a_map_out_of_a_module() -> str:
    card = nic("n", "10.0.1.4", meant("var.subnet_id"), "module.vm.azurerm_network_interface.n")
    given = {"subnet_id": meant('module.net.ids["web"]', "module.net.ids", "module.net")}
    return plan(*_networks(), card, calls={"vm": given}, outputs={"net": {"ids": meant("azurerm_subnet.s")}})


@sample
def a_list_out_of_a_module() -> str:
    many = [
        subnet(f"s{number}", f"10.0.{number}.0/24", address=f"module.net.azurerm_subnet.s[{number}]") for number in range(3)
    ]
    home = vnet(address="module.net.azurerm_virtual_network.v")
    card = nic("n", "10.0.1.4", meant("module.net.ids[1]", "module.net.ids", "module.net"))
    return plan(home, *many, card, outputs={"net": {"ids": meant("azurerm_subnet.s")}})


@sample
def a_module_for_each_key() -> str:
    cards = [
        nic(f"n-{key}", prefix.replace("0/24", "4"), meant("var.subnet_id"), f'module.vm["{key}"].azurerm_network_interface.n')
        for key, prefix in KEYS.items()
    ]
    given = {"subnet_id": meant("module.net.ids", "module.net", "each.key")}
    return plan(*_networks(), *cards, calls={"vm": given}, outputs={"net": {"ids": meant("azurerm_subnet.s")}})


@sample
def modules_in_a_module() -> str:
    text = plan(
        vnet(address="module.all.module.net.azurerm_virtual_network.v"),
        subnet("web", "10.0.1.0/24", address="module.all.module.net.azurerm_subnet.s"),
        nic("n", "10.0.1.4", meant("var.subnet"), "module.all.module.vm.azurerm_network_interface.n"),
    )
    content = json.loads(text)
    calls = content["configuration"]["root_module"]["module_calls"]["all"]["module"]["module_calls"]
    calls["net"]["module"]["outputs"] = {"id": {"expression": refers("azurerm_subnet.s.id")}}
    calls["vm"]["expressions"] = {"subnet": meant("module.net.id", "module.net")}
    return json.dumps(content)


# -- What may mean several things ---------------------------------------------------------------------------------------

ANY_SUBNET = meant("azurerm_subnet.s", "each.value.subnet", "each.value")
TWO_CARDS = (
    nic("n", "10.0.1.4", refers('azurerm_subnet.s["web"].id')),
    nic("m", "10.0.2.4", refers('azurerm_subnet.s["app"].id')),
)


@sample
def a_group_on_one_of_several_subnets() -> str:
    group = refers("azurerm_network_security_group.g.id")
    one = link("azurerm_subnet_network_security_group_association.a", subnet_id=ANY_SUBNET, network_security_group_id=group)
    return plan(vnet(), *subnets(), *TWO_CARDS, nsg("g", rule("x", 100)), one)


@sample
def a_rule_of_one_of_several_groups() -> str:
    groups = [nsg(f"nsg-{key}", address=f'azurerm_network_security_group.g["{key}"]') for key in KEYS]
    own = meant("azurerm_network_security_group.g", "each.value.nsg", "each.value")
    links = [
        each(key, "azurerm_subnet.s", "each.key", group=meant("azurerm_network_security_group.g", "each.key")) for key in KEYS
    ]
    return plan(vnet(), *subnets(), *TWO_CARDS, *groups, *links, apart("r", 100, None, {"network_security_group_name": own}))


@sample
def a_member_of_a_group_that_nobody_knows() -> str:
    member = "azurerm_application_security_group.asg"
    joined = link(
        "azurerm_network_interface_application_security_group_association.x",
        network_interface_id=meant("local.card"),
        application_security_group_id=refers(f"{member}.id"),
    )
    to_asg = apart(
        "r", 100, "g", {"destination_application_security_group_ids": refers(f"{member}.id")}, destination_address_prefix=""
    )
    return plan(*HERE, made(member, "asg"), nsg("g"), to_asg, each("x", "azurerm_subnet.a.id", "azurerm_subnet.a"), joined)


@sample
def a_machine_in_a_subnet_that_nobody_knows() -> str:
    return plan(*HERE, nic("m", None, meant("local.subnet_id")))


@sample
def a_subnet_of_one_of_several_networks() -> str:
    networks = [vnet(key, f"10.{number}.0.0/16", f'azurerm_virtual_network.v["{key}"]') for number, key in enumerate("ab", 1)]
    name = meant("azurerm_virtual_network.v", "var.which")
    inside = open_("azurerm_subnet.s", "s", {"address_prefixes": ["10.1.1.0/24"]}, virtual_network_name=name)
    anywhere = open_("azurerm_subnet.t", "t", virtual_network_name=name, address_prefixes=meant("local.prefix"))
    cards = (nic("n", "10.1.1.4", refers("azurerm_subnet.s.id")), nic("m", None, refers("azurerm_subnet.t.id")))
    return plan(*networks, inside, anywhere, *cards)


def _peered(keys: str, sides: str) -> str:
    networks = [vnet(key, f"10.{number}.0.0/16", f'azurerm_virtual_network.v["{key}"]') for number, key in enumerate(keys, 1)]
    remote = meant("azurerm_virtual_network.v", "each.value")
    peerings = [
        open_(
            f'azurerm_virtual_network_peering.p["{key}"]',
            f"p{key}",
            {"virtual_network_name": key, "allow_virtual_network_access": True, "allow_forwarded_traffic": False},
            remote_virtual_network_id=remote,
        )
        for key in sides
    ]
    return plan(*networks, *peerings)


@sample
def peerings_of_two_networks() -> str:
    return _peered("ab", "ab")


@sample
def peerings_of_three_networks() -> str:
    return _peered("abc", "ab")


@sample
def one_name_in_two_subscriptions() -> str:
    names = {"one": "10.1", "two": "10.2"}
    networks = [vnet("hub", f"{start}.0.0/16", f"azurerm_virtual_network.{key}") for key, start in names.items()]
    homes = [subnet("s", f"{start}.1.0/24", address=f"azurerm_subnet.{key}") for key, start in names.items()]
    cards = [nic(f"n-{key}", f"{start}.1.4", refers(f"azurerm_subnet.{key}.id")) for key, start in names.items()]

    def own(one: Json) -> None:
        if one["type"] == "azurerm_subnet":
            one["expressions"]["virtual_network_name"] = refers(f"azurerm_virtual_network.{one['name']}.name")

    return changed(plan(*networks, *homes, *cards), own)


# -- Ways through and out -----------------------------------------------------------------------------------------------


@sample
def routes_apart() -> str:
    hop = refers("azurerm_network_interface.nva.private_ip_address")
    known = {"route_table_name": "rt", "address_prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance"}
    return plan(
        *HERE,
        subnet("dmz", "10.0.2.0/24"),
        nic("nva", "10.0.2.4", refers("azurerm_subnet.dmz.id"), ip_forwarding_enabled=True),
        made("azurerm_route_table.rt", "rt", {"disable_bgp_route_propagation": True}, {"route": True}),
        open_("azurerm_route.r", "out", known, next_hop_in_ip_address=hop),
        link("azurerm_subnet_route_table_association.x", subnet_id=A, route_table_id=refers("azurerm_route_table.rt.id")),
    )


@sample
def nat_gateway() -> str:
    nat = refers("azurerm_nat_gateway.n.id")
    return plan(
        *HERE,
        public(),
        made("azurerm_nat_gateway.n", "nat", {"sku_name": "Standard"}),
        link(
            "azurerm_nat_gateway_public_ip_association.x",
            nat_gateway_id=nat,
            public_ip_address_id=refers("azurerm_public_ip.p.id"),
        ),
        link("azurerm_subnet_nat_gateway_association.x", nat_gateway_id=nat, subnet_id=A),
    )


BALANCER = refers("azurerm_lb.l.id")
POOL = refers("azurerm_lb_backend_address_pool.p.id")


def _balanced(name: str, front: int, back: int) -> Json:
    known = {"protocol": "Tcp", "frontend_port": front, "backend_port": back, "frontend_ip_configuration_name": "front"}
    probe = refers("azurerm_lb_probe.p.id")
    return open_(
        f"azurerm_lb_rule.{name}", name, known, loadbalancer_id=BALANCER, probe_id=probe, backend_address_pool_ids=POOL
    )


def _balancer(**frontend: Any) -> Iterator[Json]:
    written = [{"name": {"constant_value": "front"}, **frontend}]
    known = {"sku": "Standard", "frontend_ip_configuration": [{"name": "front"}]}
    marks = {"frontend_ip_configuration": [dict.fromkeys(frontend, True)]}
    yield made("azurerm_lb.l", "lb", known, marks, frontend_ip_configuration=written)
    yield open_("azurerm_lb_backend_address_pool.p", "pool", loadbalancer_id=BALANCER)
    yield open_("azurerm_lb_probe.p", "probe", {"port": 80, "protocol": "Tcp"}, loadbalancer_id=BALANCER)
    yield _balanced("http", 80, 8080)


@sample
def scale_sets_behind_a_load_balancer() -> str:
    def scaled(kind: str, block_: str) -> Json:
        inside = [{"name": "nic", "ip_configuration": [{"name": "c", "primary": True}]}]
        marks = [{"ip_configuration": [{"subnet_id": True, "load_balancer_backend_address_pool_ids": True}]}]
        own = {"name": {"constant_value": "c"}, "subnet_id": A, "load_balancer_backend_address_pool_ids": POOL}
        written = [{"name": {"constant_value": "nic"}, "ip_configuration": [own]}]
        return made(f"azurerm_{kind}.s", kind.replace("_", "-"), {block_: inside}, {block_: marks}, **{block_: written})

    sets = [scaled(f"{kind}_virtual_machine_scale_set", "network_interface") for kind in ("linux", "windows", "orchestrated")]
    return plan(*HERE[:2], *_balancer(subnet_id=A), *sets, scaled("virtual_machine_scale_set", "network_profile"))


@sample
def public_load_balancer() -> str:
    ssh = {"protocol": "Tcp", "frontend_port": 2222, "backend_port": 22, "frontend_ip_configuration_name": "front"}
    card = refers("azurerm_network_interface.n.id")
    return plan(
        *HERE,
        public(),
        *_balancer(public_ip_address_id=refers("azurerm_public_ip.p.id")),
        open_("azurerm_lb_nat_rule.n", "ssh", ssh, loadbalancer_id=BALANCER),
        open_("azurerm_lb_outbound_rule.o", "out", {"protocol": "All"}, loadbalancer_id=BALANCER, backend_address_pool_id=POOL),
        link(
            "azurerm_network_interface_backend_address_pool_association.x",
            network_interface_id=card,
            backend_address_pool_id=POOL,
        ),
        link(
            "azurerm_network_interface_nat_rule_association.x",
            network_interface_id=card,
            nat_rule_id=refers("azurerm_lb_nat_rule.n.id"),
        ),
    )


FIREWALL_HOME = (*HERE, subnet("AzureFirewallSubnet", "10.0.0.0/26", address="azurerm_subnet.fw"), public())


@sample
def firewall_with_rules_of_its_own() -> str:
    dns = {
        "name": "dns",
        "source_addresses": ["10.0.0.0/16"],
        "destination_addresses": ["8.8.8.8"],
        "destination_ports": ["53"],
    }
    web = {"name": "ms", "source_addresses": ["10.0.0.0/16"], "target_fqdns": ["*.example.com"], "protocol": [{"port": 443}]}
    rdp = {"name": "rdp", "source_addresses": ["*"], "destination_ports": ["3389"], "protocols": ["TCP"]}
    inward = {"translated_address": "10.0.1.4", "translated_port": "3389"}
    address = refers("azurerm_public_ip.p.ip_address")

    def collection(kind: str, number: int, action: str, one: Json, **more: Any) -> Json:
        known = {"priority": number, "action": action, "azure_firewall_name": "fw", "rule": [one]}
        return made(f"azurerm_firewall_{kind}_rule_collection.c", kind, known, **more)

    hop = "azurerm_firewall.fw.ip_configuration"
    table = made(
        "azurerm_route_table.rt",
        "rt",
        {"route": [{"name": "d", "address_prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance"}]},
        {"route": [{"next_hop_in_ip_address": True}]},
        route=[
            {"name": {"constant_value": "d"}, "next_hop_in_ip_address": meant(f"{hop}[0].private_ip_address", f"{hop}[0]", hop)}
        ],
    )
    return plan(
        *FIREWALL_HOME,
        placed("azurerm_firewall.fw", "fw", "azurerm_subnet.fw", public_="azurerm_public_ip.p"),
        collection("network", 100, "Allow", {**dns, "protocols": ["UDP", "TCP"]}),
        collection("application", 200, "Allow", web),
        collection(
            "nat",
            100,
            "Dnat",
            {**rdp, **inward},
            unknown={"rule": [{"destination_addresses": True}]},
            rule=[{"name": {"constant_value": "rdp"}, "destination_addresses": address}],
        ),
        table,
        link("azurerm_subnet_route_table_association.x", subnet_id=A, route_table_id=refers("azurerm_route_table.rt.id")),
    )


@sample
def firewall_with_a_policy() -> str:
    policy = refers("azurerm_firewall_policy.p.id")
    network = {"name": "a", "protocols": ["TCP"], "destination_addresses": ["20.0.0.0/8"], "destination_ports": ["80", "90-99"]}
    names = {"name": "x", "protocols": [{"type": "Https", "port": 443}], "source_addresses": ["10.0.0.1"]}
    inward = {"name": "d", "protocols": ["TCP"], "source_addresses": ["*"], "destination_address": "20.1.1.1"}
    group = made(
        "azurerm_firewall_policy_rule_collection_group.r",
        "rcg",
        {
            "priority": 500,
            "network_rule_collection": [{"name": "n", "priority": 400, "action": "Allow", "rule": [network]}],
            "application_rule_collection": [
                {"name": "ap", "priority": 500, "action": "Deny", "rule": [{**names, "destination_fqdns": ["*.example.com"]}]}
            ],
            "nat_rule_collection": [
                {
                    "name": "nat",
                    "priority": 300,
                    "action": "Dnat",
                    "rule": [
                        {**inward, "destination_ports": ["80"], "translated_address": "10.0.1.4", "translated_port": 8080}
                    ],
                }
            ],
        },
        {"firewall_policy_id": True, "network_rule_collection": [{"rule": [{"source_ip_groups": True}]}]},
        firewall_policy_id=policy,
        network_rule_collection=[{"rule": [{"source_ip_groups": refers("azurerm_ip_group.g.id")}]}],
    )
    wall = placed("azurerm_firewall.fw", "fw", "azurerm_subnet.fw", public_="azurerm_public_ip.p")
    wall["unknown"]["firewall_policy_id"] = True
    wall["written"]["firewall_policy_id"] = policy
    groups = made("azurerm_ip_group.g", "grp", {"cidrs": ["10.0.0.0/16", "10.1.0.0/16"]})
    return plan(
        *FIREWALL_HOME, wall, made("azurerm_firewall_policy.p", "pol", {"private_ip_ranges": ["0.0.0.0/0"]}), groups, group
    )


@sample
def private_endpoint() -> str:
    target = refers("azurerm_storage_account.s.id")
    endpoint = made(
        "azurerm_private_endpoint.pe",
        "pe",
        {"private_service_connection": [{"name": "c", "subresource_names": ["blob"]}]},
        {
            "subnet_id": True,
            "private_service_connection": [{"private_connection_resource_id": True}],
            "network_interface": True,
        },
        subnet_id=A,
        private_service_connection=[{"name": {"constant_value": "c"}, "private_connection_resource_id": target}],
    )
    return plan(*HERE, made("azurerm_storage_account.s", "stor"), endpoint)


def _gateway(key: str, network: str) -> Json:
    return placed(f"azurerm_virtual_network_gateway.{key}", f"gw-{network}", f"azurerm_subnet.g{key}", {"type": "Vpn"})


def _gateway_subnet(key: str, network: str, prefix: str) -> Json:
    return subnet("GatewaySubnet", prefix, network, f"azurerm_subnet.g{key}")


@sample
def gateway_to_two_sites() -> str:
    own = refers("azurerm_virtual_network_gateway.g.id")
    sites = [made(f"azurerm_local_network_gateway.l{n}", f"site{n}", {"address_space": [f"192.168.{n}.0/24"]}) for n in (1, 2)]
    joined = [
        open_(
            f"azurerm_virtual_network_gateway_connection.c{n}",
            f"conn{n}",
            {"type": "IPsec", "enable_bgp": False},
            virtual_network_gateway_id=own,
            local_network_gateway_id=refers(f"azurerm_local_network_gateway.l{n}.id"),
        )
        for n in (1, 2)
    ]
    return plan(*HERE, _gateway_subnet("g", "hub", "10.0.255.0/27"), _gateway("g", "hub"), *sites, *joined)


@sample
def two_networks_by_their_gateways() -> str:
    joined = open_(
        "azurerm_virtual_network_gateway_connection.c",
        "conn",
        {"type": "Vnet2Vnet"},
        virtual_network_gateway_id=refers("azurerm_virtual_network_gateway.a.id"),
        peer_virtual_network_gateway_id=refers("azurerm_virtual_network_gateway.b.id"),
    )
    networks = [vnet(key, f"10.{n}.0.0/16") for n, key in enumerate("ab", 1)]
    places = [_gateway_subnet(key, key, f"10.{n}.255.0/27") for n, key in enumerate("ab", 1)]
    return plan(*networks, *places, _gateway("a", "a"), _gateway("b", "b"), joined)


@sample
def virtual_hub() -> str:
    networks = [vnet(key, f"10.{n}.0.0/16") for n, key in enumerate("ab", 1)]
    joined = [
        open_(
            f"azurerm_virtual_hub_connection.{key}",
            f"to-{key}",
            {"internet_security_enabled": key == "a"},
            virtual_hub_id=refers("azurerm_virtual_hub.h.id"),
            remote_virtual_network_id=refers(f"azurerm_virtual_network.{key}.id"),
        )
        for key in "ab"
    ]
    return plan(*networks, made("azurerm_virtual_hub.h", "hub", {"address_prefix": "10.9.0.0/24"}), *joined)


# -- Environments, managers, and what the model does not have -----------------------------------------------------------


@sample
def environments() -> str:
    service = {"name": "d", "service_delegation": [{"name": "Microsoft.Web/hostingEnvironments", "actions": ["x"]}]}
    three = {"internal_load_balancing_mode": "Web, Publishing", "allow_new_private_endpoint_connections": True}
    return plan(
        vnet(),
        subnet("v3", "10.0.1.0/24", delegation=[service]),
        subnet("v2", "10.0.2.0/24"),
        open_("azurerm_app_service_environment_v3.e", "e3", three, subnet_id=refers("azurerm_subnet.v3.id")),
        open_(
            "azurerm_app_service_environment.e",
            "e2",
            {"internal_load_balancing_mode": "None"},
            subnet_id=refers("azurerm_subnet.v2.id"),
        ),
    )


def _managed(*networks: str) -> Iterator[Json]:
    yield made("azurerm_network_manager.m", "nm")
    yield open_("azurerm_network_manager_network_group.g", "grp", network_manager_id=refers("azurerm_network_manager.m.id"))
    for name in networks:
        yield open_(
            f"azurerm_network_manager_static_member.{name}",
            name,
            network_group_id=refers("azurerm_network_manager_network_group.g.id"),
            target_virtual_network_id=refers(f"azurerm_virtual_network.{name}.id"),
        )


@sample
def admin_rules() -> str:
    start = "azurerm_network_manager"
    sides = {"source": [{"address_prefix": "Internet"}], "destination": [{"address_prefix": "*"}]}
    known = {
        "action": "Deny",
        "direction": "Inbound",
        "priority": 1,
        "protocol": "Tcp",
        "destination_port_ranges": ["22"],
        **sides,
    }
    return plan(
        vnet(),
        *_managed("hub"),
        open_(f"{start}_security_admin_configuration.c", "cfg", network_manager_id=refers(f"{start}.m.id")),
        open_(
            f"{start}_admin_rule_collection.r",
            "rules",
            security_admin_configuration_id=refers(f"{start}_security_admin_configuration.c.id"),
            network_group_ids=refers(f"{start}_network_group.g.id"),
        ),
        open_(f"{start}_admin_rule.r", "no-ssh", known, admin_rule_collection_id=refers(f"{start}_admin_rule_collection.r.id")),
    )


@sample
def networks_that_a_manager_connects() -> str:
    mesh = made(
        "azurerm_network_manager_connectivity_configuration.c",
        "mesh",
        {"connectivity_topology": "Mesh", "applies_to_group": [{"group_connectivity": "None"}]},
        {"network_manager_id": True, "applies_to_group": [{"network_group_id": True}]},
        network_manager_id=refers("azurerm_network_manager.m.id"),
        applies_to_group=[{"network_group_id": refers("azurerm_network_manager_network_group.g.id")}],
    )
    return plan(*(vnet(key, f"10.{n}.0.0/16") for n, key in enumerate("abc", 1)), *_managed("a", "b"), mesh)


@sample
def name_servers() -> str:
    own = link("azurerm_virtual_network_dns_servers.x", virtual_network_id=refers("azurerm_virtual_network.hub.id"))
    own["values"] = {"dns_servers": ["10.0.1.4"]}
    other = made(
        "azurerm_virtual_network.far",
        "far",
        {"address_space": ["10.9.0.0/16"]},
        {"dns_servers": True},
        dns_servers=refers("azurerm_network_interface.n.private_ip_address"),
    )
    return plan(*HERE, own, other)


@sample
def what_the_model_does_not_have() -> str:
    cluster = made(
        "azurerm_kubernetes_cluster.k",
        "aks",
        {"default_node_pool": [{"name": "d"}]},
        {"default_node_pool": [{"vnet_subnet_id": True}]},
        default_node_pool=[{"name": {"constant_value": "d"}, "vnet_subnet_id": A}],
    )
    kind = {"type": "Microsoft.Network/virtualNetworks/subnets@2023-11-01"}
    return plan(
        *HERE, cluster, block("azapi_resource.s", kind, {"id": True}), block("random_id.r", {}), made("azurerm_new.x", "new")
    )


# -- States and data sources --------------------------------------------------------------------------------------------


@sample
def data_sources() -> str:
    corp = f"{ID}virtualNetworks/corp"
    home = {"name": "apps", "virtual_network_name": "corp", "resource_group_name": "rg", "id": f"{corp}/subnets/apps"}
    central = {"network_security_group_id": f"{ID}networkSecurityGroups/central", "route_table_id": ""}
    known = {"name": "corp", "resource_group_name": "rg", "id": corp, "address_space": ["10.0.0.0/8"], "vnet_peerings": {}}
    card = {"ip_configuration": [{"name": "c", "private_ip_address": "10.0.1.4", "subnet_id": home["id"]}]}
    return plan(
        block("data.azurerm_virtual_network.v", known),
        block("data.azurerm_subnet.s", {**home, **central, "address_prefixes": ["10.0.1.0/24"]}),
        made("azurerm_network_interface.n", "n", card),
    )


def _applied() -> Iterator[tuple[str, Json]]:
    home, balancer = f"{ID}virtualNetworks/v/subnets/a", f"{ID}loadBalancers/l"
    inside = {"name": "a", "id": home, "address_prefix": "10.0.1.0/24", "security_group": f"{ID}networkSecurityGroups/g"}
    yield "virtual_network", {"name": "v", "id": f"{ID}virtualNetworks/v", "address_space": ["10.0.0.0/16"], "subnet": [inside]}
    yield (
        "subnet",
        {"name": "a", "id": home, "virtual_network_name": "v", "address_prefixes": ["10.0.1.0/24"], "delegation": []},
    )
    yield "network_security_group", {"name": "g", "id": f"{ID}networkSecurityGroups/g", "security_rule": [rule("x", 100)]}
    own = {key: value for key, value in rule("x", 100).items() if value not in ("", [])}
    yield (
        "network_security_rule",
        {**own, "id": f"{ID}networkSecurityGroups/g/securityRules/x", "network_security_group_name": "g"},
    )
    yield (
        "subnet_network_security_group_association",
        {"id": home, "subnet_id": home, "network_security_group_id": f"{ID}networkSecurityGroups/g"},
    )
    yield "public_ip", {"name": "p", "id": f"{ID}publicIPAddresses/p", "ip_address": "20.1.2.3"}
    place = {
        "name": "c",
        "subnet_id": home,
        "private_ip_address": "10.0.1.4",
        "public_ip_address_id": f"{ID}publicIPAddresses/p",
    }
    yield "network_interface", {"name": "n", "id": f"{ID}networkInterfaces/n", "ip_configuration": [place]}
    front = {"name": "f", "private_ip_address": "10.0.1.10", "subnet_id": home, "public_ip_address_id": ""}
    yield "lb", {"name": "l", "id": balancer, "sku": "Standard", "frontend_ip_configuration": [front]}
    pool = f"{balancer}/backendAddressPools/p"
    yield "lb_backend_address_pool", {"name": "p", "id": pool, "loadbalancer_id": balancer}
    ports = {"protocol": "Tcp", "frontend_port": 80, "backend_port": 80, "frontend_ip_configuration_name": "f"}
    yield (
        "lb_rule",
        {"name": "r", "id": f"{balancer}/r", "loadbalancer_id": balancer, "backend_address_pool_ids": [pool], **ports},
    )
    yield (
        "network_interface_backend_address_pool_association",
        {
            "id": "x",
            "network_interface_id": f"{ID}networkInterfaces/n",
            "ip_configuration_name": "c",
            "backend_address_pool_id": pool,
        },
    )


@sample
def state() -> str:
    resources = [
        {
            "address": f"azurerm_{kind}.x",
            "mode": "managed",
            "type": f"azurerm_{kind}",
            "name": "x",
            "values": {**GROUP, **values},
        }
        for kind, values in _applied()
    ]
    return json.dumps(
        {"format_version": "1.0", "terraform_version": "1.9", "values": {"root_module": {"resources": resources}}}
    )


@sample
def state_file() -> str:
    resources = [
        {
            "module": "module.net",
            "mode": "managed",
            "type": f"azurerm_{kind}",
            "name": "x",
            "provider": 'module.net.provider["registry.terraform.io/hashicorp/azurerm"]',
            "instances": [{"index_key": "k", "attributes": {**GROUP, **values}}],
        }
        for kind, values in _applied()
    ]
    return json.dumps({"version": 4, "terraform_version": "1.9", "serial": 1, "lineage": "l", "resources": resources})
