"""How long the effective tables of a large network take: hub and spokes, an NSG and a route table on every subnet.

    python bench/tables.py [SUBNETS]

The network is made here, always the same: ten subnets a spoke, thirty rules an NSG, a table with routes to an appliance, to
nowhere and to service tags, and admin rules on every second spoke.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from networks import admin_rules, network, nsg, route, route_table, rule, subnet, vm, vnet  # noqa: E402

from asever.azure.effective import effective  # noqa: E402

PER_SPOKE = 10
LIMIT = 5.0  # seconds for a thousand subnets


def group(name):
    own = [rule(100 + n, "allow", "tcp", f"10.{n}.0.0/16", "*", str(1000 + n)) for n in range(24)]
    tags = [rule(200, "allow", "tcp", "Internet", port="443"), rule(210, "deny", "any", "VirtualNetwork")]
    out = [
        rule(100 + n, "allow", "tcp", "VirtualNetwork", where) for n, where in enumerate(("Internet", "Storage", "Sql", "*"))
    ]
    return nsg(name, [*own, *tags], out)


def table(name, spoke):
    return route_table(
        name,
        route("0.0.0.0/0", "appliance", "10.0.1.4"),
        route("Storage", "internet"),
        route(f"20.{spoke % 200}.0.0/16", "none"),
        route(f"10.{spoke % 200 + 1}.0.0/16", "appliance", "10.0.1.4"),
    )


def generated(subnets):
    spokes = range(subnets // PER_SPOKE)
    names = [f"spoke{spoke}" for spoke in spokes]
    things = [
        vnet("hub", "10.0.0.0/16", peers=names),
        subnet("hub/nva", "10.0.1.0/24"),
        vm("nva", "hub/nva", "10.0.1.4"),
    ]
    for spoke, name in zip(spokes, names, strict=True):
        things += [vnet(name, f"10.{spoke + 1}.0.0/16", peers=["hub"]), table(f"table{spoke}", spoke), group(f"group{spoke}")]
        things += [
            subnet(f"{name}/{n}", f"10.{spoke + 1}.{n}.0/24", nsg=f"group{spoke}", route_table=f"table{spoke}")
            for n in range(PER_SPOKE)
        ]
    governed = names[::2]
    things.append(
        admin_rules("policy", *governed, inbound=[rule(n, "deny", "tcp", "Internet", port=str(n)) for n in range(1, 31)])
    )
    return network(*things)


def main():
    subnets = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    declared = generated(subnets)
    start = perf_counter()
    tables = effective(declared)
    seconds = perf_counter() - start
    rows = sum(len(filter_.rows) for site in tables.sites.values() for filter_ in (*site.inbound, *site.outbound))
    routes = sum(len(site.routes) for site in tables.sites.values())
    print(f"{subnets} subnets: {seconds:.2f} s for {len(tables.sites)} sites, {rows} rule rows, {routes} routes")
    verdict = "within" if seconds * 1000 / subnets <= LIMIT else "OVER"
    print(f"{verdict} the limit of {LIMIT:.0f} s for a thousand subnets")


if __name__ == "__main__":
    main()
