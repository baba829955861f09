"""The network of a recorded session, through `import` as every user has it, and who is who in the session's questions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from asever.model.addresses import format_address, prefixes
from asever.model.program import Program
from asever.model.things import Network
from asever.record import record
from asever.semantics.loading import load_program
from tests.recorded.fields import id_of, last
from tests.recorded.sessions import Body, Session, Verdict, path_of, plain

NICS, GROUPS = "/providers/microsoft.network/networkinterfaces/", "/providers/microsoft.network/networksecuritygroups/"
MACHINES = "/providers/microsoft.compute/virtualmachines/"
FROM_VIEW = "read from the security group view"
FROM_HOPS = "the gateways and their connection are read from the hops: the recording has nothing else of them"


@record
class Recorded:
    """A network as imported.

    `nics` maps the id of a NIC to its machine, `groups` the id of an NSG to its name; `machines_of` are the machines of a VM.
    `beyond` maps an on-premises network that stands for the other side of a gateway to the names of the vnets there. Of the
    NSGs and route tables in `unread` the recording has nothing but the names, of what is in `guessed` no addresses.
    """

    network: Network
    nics: Mapping[str, str]
    groups: Mapping[str, str]
    machines_of: Mapping[str, tuple[str, ...]]
    beyond: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
    unread: frozenset[str]
    guessed: frozenset[str]


def recorded(session: Session, seq: int, verdict: Verdict | None = None) -> Recorded | None:
    """The network of a session as it stands when request `seq` is sent; None where the import is refused."""
    content = content_at(session, seq)
    found = _read(session, content, "")
    if found is None:
        return None
    text, beyond = _joined(verdict, found)
    return found if not text else _read(session, content, text, beyond)


def content_at(session: Session, seq: int) -> Mapping[str, Any]:
    """The recording without what is done to the network later; answers to questions change nothing."""
    every = session.content["interactions"]
    kept = [one for one in every if one["seq"] <= seq or one["method"].upper() == "POST" or "operationResults" in one["uri"]]
    return session.content if len(kept) == len(every) else {**session.content, "interactions": kept}


def imported(session: Session, content: Mapping[str, Any], text: str = "") -> Program | None:
    """The program that imports a recording: the file as it stands, unless something is cut away or there is no file."""
    if session.path is not None and content is session.content:
        return _program(session.path, text)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "session.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return _program(path, text)


def _program(path: Path, text: str) -> Program | None:
    program, _ = load_program(Path("spec.asev"), text=f'import "{path.as_posix()}"\n{text}')
    return program


def _read(
    session: Session, content: Mapping[str, Any], text: str, beyond: Mapping[str, tuple[str, ...]] | None = None
) -> Recorded | None:
    program = imported(session, content, text)
    if program is None:
        return None
    network = program.network
    every = list(objects(plain(content)))
    nics = _named(every, NICS, network.machines)
    groups = _named(every, GROUPS, network.groups)
    return Recorded(
        network=network,
        nics=nics,
        groups=groups,
        machines_of=_machines_of(every, nics),
        beyond=beyond or {},
        notes=(*_from_views(content, groups), *([FROM_HOPS] * bool(text))),
        unread=frozenset(_unread(network)),
        guessed=frozenset(one.of for one in network.guesses),
    )


def objects(value: Any) -> Iterator[Body]:
    """Every JSON object in a value."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(one)


def _named(every: list[Body], provider: str, things: Mapping[str, object]) -> dict[str, str]:
    """The names of things by the ids that a recording gives them: the last name of an id, or the group before it."""
    names = {name.casefold(): name for name in things}
    ids = {id_of(text) or "" for one in every for text in one.values() if isinstance(text, str) and "/providers/" in text}
    found: dict[str, str] = {}
    for identity in sorted(ids):
        before, own, name = identity.rpartition(provider)
        whole = f"{last(before)}.{name}"
        if own and "/" not in name and (whole in names or name in names):
            found[identity] = names[whole if whole in names else name]
    return found


def _machines_of(every: list[Body], nics: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The machines of each VM: an interface says whose it is, and so does a picture of the network."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for one in every:
        here = id_of(one) or ""
        owner = id_of(one.get("virtualmachine"))
        if here in nics and owner is not None:
            found[owner][nics[here]] = None
        for link in one.get("associations") or ():
            other = path_of(link.get("resourceid") or "") if isinstance(link, dict) else ""
            if MACHINES in here and other in nics:
                found[here][nics[other]] = None
    return {owner: tuple(names) for owner, names in found.items()}


def _from_views(content: Mapping[str, Any], groups: Mapping[str, str]) -> Iterator[str]:
    """The NSGs that no request makes or reads."""
    shown: set[str] = set()
    for one in content["interactions"]:
        if one["method"].upper() != "POST" and "operationResults" not in one["uri"]:
            bodies = plain([one.get("requestBody"), one.get("responseBody")])
            shown |= {str(each.get("name")).casefold() for each in objects(bodies)} | {last(path_of(one["uri"]))}
    yield from (f"NSG {name} is {FROM_VIEW}" for name in dict.fromkeys(groups.values()) if name.casefold() not in shown)


def _unread(network: Network) -> Iterator[str]:
    for group in network.groups.values():
        rules = (*group.inbound, *group.outbound)
        if any(term.text in network.open_tags for rule in rules for term in (*rule.sources, *rule.targets)):
            yield group.name
    yield from (table.name for table in network.route_tables.values() if any(one.hop == "unknown" for one in table.routes))


def _joined(verdict: Verdict | None, found: Recorded) -> tuple[str, Mapping[str, tuple[str, ...]]]:
    """Two gateways between two machines, that only the hops of a connectivity check name, as a user would write them.

    The language has no word for a connection of two virtual networks by their gateways: each side is a network on premises to
    the other, and the path is walked in two halves.
    """
    hops = (verdict.answer.get("hops") or []) if verdict is not None and verdict.operation == "connectivityCheck" else []
    names = [last(id_of(hop.get("resourceid")) or "") for hop in hops[1:-1] if hop.get("type") == "VirtualNetworkGateway"]
    ends = [_vnet_at(found, hops[index].get("address")) for index in (0, -1)] if hops else []
    if len(names) != 2 or None in ends or found.network.gateways:
        return "", {}
    lines: list[str] = []
    beyond: dict[str, tuple[str, ...]] = {}
    for name, here, there in zip(names, ends, reversed(ends), strict=True):
        behind, vnet = f"beyond {name}", found.network.vnets[str(there)]
        spaces = ", ".join(prefixes(vnet.address))
        lines.append(f'on-premises "{behind}" {{ address {spaces} }}')
        lines.append(f'gateway "{name}" {{ vnet "{here}"  kind vpn  to "{behind}" }}')
        beyond[behind] = (str(there),)
    return "\n".join((*lines, "")), beyond


def _vnet_at(found: Recorded, address: object) -> str | None:
    for machine in found.network.machines.values():
        if address in map(format_address, machine.addresses):
            return found.network.subnets[machine.subnet].vnet
    return None
