"""What Azure's own answers tell of resources that a session never reads: NSGs of others, machines, gateways.

Another service may attach an NSG to a subnet between two requests; a topology or a view of security groups shows it. These
answers add resources; none of them is a verdict about a packet, except that the hops of a connectivity check name gateways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from asever.record import record
from tests.recorded.sessions import Body, Session
from tests.recorded.state import NETWORK, Resource, State, id_of, last, of_kind, parent_of, resource

_GROUP = f"{NETWORK}networksecuritygroups/"


@record
class Observed:
    """The state with what the answers add; `notes` say what was added.

    Of the NSGs and route tables in `unread` only the names are known. `stand_ins` are subnets (by id) that only a NIC names.
    """

    state: State
    notes: tuple[str, ...]
    unread: frozenset[str]
    stand_ins: frozenset[str]


def with_observations(session: Session, state: State, *, wide: bool = False) -> Observed:
    """The state, completed by the session's own topology, security group views and connectivity checks.

    A virtual network that is not recorded is as small as its recorded machines allow, or `wide`: the whole private block.
    """
    known = dict(state)
    stand_ins = frozenset(_subnets_of_nics(known, wide=wide))
    notes = list(_from_views(session, known))
    unread = frozenset((*_from_topology(session, known), *_dangling(known)))
    notes += _gateways(session, known)
    return Observed(state=known, notes=tuple(dict.fromkeys(notes)), unread=unread, stand_ins=stand_ins)


_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def _subnets_of_nics(known: State, *, wide: bool) -> Iterator[str]:
    """Subnets, and their virtual networks, that a NIC names and no request shows."""
    members: dict[str, list[IPv4Address]] = {}
    for nic in of_kind(known, "networkinterfaces"):
        for each in nic.body.get("ipconfigurations") or ():
            subnet, address = id_of(each.get("subnet")), each.get("privateipaddress")
            if subnet is not None and subnet not in known and address and ":" not in address:
                members.setdefault(subnet, []).append(IPv4Address(address))
    spaces: dict[str, list[str]] = {}
    for subnet, addresses in members.items():
        smallest = _around(addresses)
        made = resource(subnet, {"name": last(subnet), "addressprefix": str(smallest)})
        if made is None:
            continue
        known[made.id] = made
        yield made.id
        if parent_of(subnet) not in known:
            space = spaces.setdefault(parent_of(subnet), [])
            space += [str(smallest), *(str(block) for block in _PRIVATE if wide and smallest.subnet_of(block))]
    for vnet, space in spaces.items():
        whole = resource(vnet, {"name": last(vnet), "addressspace": {"addressprefixes": space}})
        if whole is not None:
            known[whole.id] = whole


def _around(addresses: list[IPv4Address]) -> IPv4Network:
    """The smallest prefix of a subnet that may hold these addresses: a /29 or larger (azure-network-semantics 1)."""
    found = IPv4Network((addresses[0], 29), strict=False)
    while not all(one in found for one in addresses):
        found = found.supernet()
    return found


def _dangling(known: State) -> Iterator[str]:
    """The NSGs and route tables that a subnet or a NIC names and no request shows."""
    for one in list(known.values()):
        if one.kind not in ("networkinterfaces", "virtualnetworks/subnets"):
            continue
        for key in ("networksecuritygroup", "routetable"):
            named = id_of(one.body.get(key))
            stub = resource(named, {"name": last(named)}) if named is not None and named not in known else None
            if stub is not None:
                known[stub.id] = stub
                yield stub.id


def _attach(known: State, identity: str, key: str, group: str) -> bool:
    """Attaches an NSG to a subnet or a NIC that shows none."""
    one = known.get(identity)
    if one is None or id_of(one.body.get(key)):
        return False
    known[identity] = replace(one, body={**one.body, key: {"id": group}})
    return True


def _from_views(session: Session, known: State) -> Iterator[str]:
    """The rules of the NSGs that a security group view finds at a NIC and at its subnet."""
    for verdict in session.verdicts:
        if verdict.operation != "securityGroupView":
            continue
        for nic in verdict.answer.get("networkinterfaces") or ():
            found = nic.get("securityruleassociations") or {}
            for key in ("networkinterfaceassociation", "subnetassociation"):
                place = found.get(key) or {}
                for group, rules in _by_group(place.get("securityrules") or ()).items():
                    if group not in known:
                        known.update(_group(group, rules))
                        yield f"NSG {last(group)} is read from the security group view"
                    _attach(known, id_of(place) or "", "networksecuritygroup", group)


def _by_group(rules: list[Body]) -> Mapping[str, list[Body]]:
    found: dict[str, list[Body]] = {}
    for rule in rules:
        identity = id_of(rule)
        if identity and _GROUP in identity:
            found.setdefault(parent_of(identity), []).append(rule)
    return found


def _group(identity: str, rules: list[Body]) -> State:
    made = [resource(identity, {"name": last(identity)}), *(resource(str(id_of(rule)), rule) for rule in rules)]
    return {one.id: one for one in made if one is not None}


def _is_group(identity: str) -> bool:
    _, found, name = identity.rpartition(_GROUP)
    return bool(found) and "/" not in name


def _from_topology(session: Session, known: State) -> Iterator[str]:
    """Which NSG a subnet has, and which NIC a machine has, in Azure's picture of a resource group: the NSGs without rules."""
    for one in session.exchanges:
        if not one.path.endswith("/topology") or not isinstance(one.answer, dict):
            continue
        for each in one.answer.get("resources") or ():
            for link in each.get("associations") or ():
                here, other = id_of(each), id_of(link.get("resourceid"))
                if here is None or other is None:
                    continue
                if _is_group(other):
                    attached = _attach(known, here, "networksecuritygroup", other)
                    if attached and other not in known:
                        known.update(_group(other, []))
                        yield other
                elif "/virtualmachines/" in here and "/networkinterfaces/" in other:
                    _attach(known, other, "virtualmachine", here)


def _gateways(session: Session, known: State) -> Iterator[str]:
    """Two virtual network gateways between two machines, that only the hops of a connectivity check name."""
    for verdict in session.verdicts:
        hops = verdict.answer.get("hops") or []
        if verdict.operation != "connectivityCheck" or len(hops) < 3:
            continue
        ends = [_vnet_at(known, hops[index].get("address"), hops[index].get("resourceid")) for index in (0, -1)]
        names = [id_of(hop.get("resourceid")) for hop in hops[1:-1] if hop.get("type") == "VirtualNetworkGateway"]
        if len(names) != 2 or None in names or None in ends or any(name in known for name in names):
            continue
        for name, vnet in zip(names, ends, strict=True):
            subnet = {"id": f"{vnet}/subnets/gatewaysubnet"}
            made = resource(str(name), {"gatewaytype": "Vpn", "ipconfigurations": [{"subnet": subnet}]})
            if made is not None:
                known[made.id] = made
        link = _connection(str(names[0]), str(names[1]))
        if link is not None:
            known[link.id] = link
        yield "the gateways and their connection are read from the hops: the recording has nothing else of them"


def _connection(first: str, second: str) -> Resource | None:
    content = {
        "connectiontype": "Vnet2Vnet",
        "virtualnetworkgateway1": {"id": first},
        "virtualnetworkgateway2": {"id": second},
    }
    return resource(f"{parent_of(first)}/connections/of-{last(first)}", content)


def _vnet_at(known: State, address: Any, identity: Any) -> str | None:
    """The vnet of the NIC at the end of a path: by its id where the hop tells it, else by its address."""
    nics = [one for one in of_kind(known, "networkinterfaces") if address in _addresses(one)]
    named = [one for one in nics if (id_of(identity) or "").startswith(one.id)]
    for one in named or nics:
        subnet = id_of(one.body["ipconfigurations"][0].get("subnet"))
        if subnet is not None:
            return parent_of(subnet)
    return None


def _addresses(nic: Resource) -> list[Any]:
    return [one.get("privateipaddress") for one in nic.body.get("ipconfigurations") or ()]
