"""Azure's verdicts against ours: one finding for each recorded verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import product

from asever.azure.effective import effective
from asever.azure.platform import PLATFORM
from asever.evaluate.judge import decides, deciding_row
from asever.evaluate.walk import walk
from asever.model.addresses import format_address, parse_address
from asever.model.answers import Outcome, StepKind, Trace
from asever.model.effective import (
    Action,
    EffectiveNetwork,
    Filter,
    FilterRow,
    HopKind,
    Route,
    Site,
    conditions_of,
    exists_in,
)
from asever.model.packets import PROTOCOL_NUMBERS, Flow, Packet
from asever.record import record
from tests.recorded.fields import id_of, last, parent_of
from tests.recorded.network import Recorded, recorded
from tests.recorded.routes import azure_hops, compare_routes, hop_kind, our_hops
from tests.recorded.rules import azure_rule, compare_rules, our_rules, same_name
from tests.recorded.sessions import Body, Session, Verdict

CLIENT_PORT = 49152
SYSTEM_ROUTE = "System Route"

_NETWORK_UNKNOWN = "the network is not recorded"

Reading = tuple[tuple[str, str], ...]
Differences = tuple[list[str], list[str]]
"""What is different, and what is different and explained."""


class Agreement(Enum):
    """What comparing came to."""

    AGREE = "agree"
    EXPLAINED = "explained"  # it differs, and a fact says why
    DISAGREE = "disagree"
    SAMPLE = "sample"  # the recording has the answer without its question or without the network


@record
class Finding:
    """One verdict: the question and both answers, in words."""

    session: str
    operation: str
    question: str
    azure: str
    ours: str
    agreement: Agreement
    why: str = ""


@record
class _Asked:
    """A question about one network."""

    verdict: Verdict
    recorded: Recorded
    network: EffectiveNetwork

    @property
    def question(self) -> Body:
        return self.verdict.question or {}

    @property
    def notes(self) -> list[str]:
        return list(self.recorded.notes)


class _Untold(Exception):  # noqa: N818 - no error: the recording does not tell enough
    """The recording does not tell what was asked, or about what."""


@record
class _Compared:
    question: str
    azure: str
    ours: str
    wrong: Sequence[str] = ()
    explained: Sequence[str] = ()


def findings(session: Session) -> Iterator[Finding]:
    """A finding for each verdict of a session."""
    for verdict in session.verdicts:
        yield finding(session, verdict)


def finding(session: Session, verdict: Verdict) -> Finding:
    """What Azure says and what we say about the network at that moment, as the session imports."""
    try:
        asked = _asked(verdict, recorded(session, verdict.seq, verdict))
        compared = _compare(asked)
    except _Untold as untold:
        return Finding(
            session=session.name,
            operation=verdict.operation,
            question="",
            azure=summary(verdict),
            ours="",
            agreement=Agreement.SAMPLE,
            why=str(untold),
        )
    agreement = Agreement.DISAGREE if compared.wrong else Agreement.EXPLAINED if compared.explained else Agreement.AGREE
    return Finding(
        session=session.name,
        operation=verdict.operation,
        question=compared.question,
        azure=compared.azure,
        ours=compared.ours,
        agreement=agreement,
        why="; ".join((*compared.wrong, *compared.explained, *asked.notes)),
    )


def _asked(verdict: Verdict, known: Recorded | None) -> _Asked:
    if known is None:
        raise _Untold("the question is not recorded" if verdict.question is None and _asks(verdict) else _NETWORK_UNKNOWN)
    return _Asked(verdict=verdict, recorded=known, network=effective(known.network))


def _asks(verdict: Verdict) -> bool:
    """Whether an operation has a question in its body; the others ask for everything about a NIC or a machine."""
    return verdict.operation in ("ipFlowVerify", "nextHop", "connectivityCheck")


def _compare(asked: _Asked) -> _Compared:
    if "error" in asked.verdict.answer:
        raise _Untold("Azure refused to answer")
    if asked.verdict.operation not in _COMPARE:
        raise _Untold("there is no comparison for this operation")
    return _COMPARE[asked.verdict.operation](asked)


def summary(verdict: Verdict) -> str:
    """Azure's answer in a few words."""
    answer = verdict.answer
    if "error" in answer:
        return str(answer["error"])
    match verdict.operation:
        case "ipFlowVerify":
            return f"{answer['access']}, {answer.get('rulename')}"
        case "nextHop":
            return ", ".join(str(answer[key]) for key in ("nexthoptype", "nexthopipaddress", "routetableid") if answer.get(key))
        case "connectivityCheck":
            return f"{answer['connectionstatus']}: {' - '.join(str(hop.get('type')) for hop in answer.get('hops') or ())}"
        case "effectiveRouteTable":
            return f"{len(answer['value'])} routes"
        case "effectiveNetworkSecurityGroups":
            return f"{sum(len(one.get('effectivesecurityrules') or ()) for one in answer['value'])} rules"
        case "securityGroupView":
            return f"{sum(len(_view(nic)) for nic in answer.get('networkinterfaces') or ())} rules"
        case _:
            return ", ".join(answer)


# -- Who is asked about --------------------------------------------------------------------------------------------------


def _site(asked: _Asked, reference: object, address: object = None, nic: object = None) -> Site:
    """The site of a machine: by its NIC, by the machine, or by its address where the recording does not tie these."""
    network = asked.network
    names = asked.recorded.nics
    wanted = id_of(nic) or id_of(reference)
    if wanted is None:
        raise _Untold("the question is not recorded")
    candidates = [names[wanted]] if wanted in names else list(asked.recorded.machines_of.get(wanted, ()))
    if not candidates:
        candidates = [name for identity, name in names.items() if wanted.startswith(f"{identity}/")]
    at = parse_address(address) if isinstance(address, str) else None
    if not candidates:
        candidates = [name for name in names.values() if at is not None and at in network.sites[name].addresses]
    if len(candidates) > 1:
        candidates = [name for name in candidates if at is not None and at in network.sites[name].addresses]
    if len(candidates) != 1:
        raise _Untold(f"the recording has no NIC of {last(wanted)}")
    return _placed(asked, candidates[0])


def _placed(asked: _Asked, name: str) -> Site:
    """The site of a machine, if the recording shows the addresses of its network and its own."""
    site = asked.network.sites[name]
    if not asked.recorded.guessed.isdisjoint((f"{name}.ip", f"vnet `{site.vnet}`", f"subnet `{site.subnet}`")):
        raise _Untold(_NETWORK_UNKNOWN)
    return site


def _guarded(asked: _Asked, site: Site, *named: str | None) -> Site:
    """The site, if the recording shows the rules of every NSG there and of those that Azure's answer names by id."""
    unread = asked.recorded.unread
    hidden = [one.resource for one in (*site.inbound, *site.outbound) if one.resource in unread]
    hidden += [last(one) for one in named if one is not None and one not in asked.recorded.groups]
    if hidden:
        raise _Untold(f"the recording has no rules of NSG {hidden[0]}")
    return site


def _routed(asked: _Asked, site: Site) -> Site:
    """The site, if the recording shows the route table of its subnet."""
    table = asked.recorded.network.subnets[site.subnet or ""].route_table
    if table in asked.recorded.unread:
        raise _Untold(f"the recording has no routes of route table {table}")
    return site


def _readings(network: EffectiveNetwork, names: frozenset[str]) -> Iterator[Reading]:
    """The recommended reading first, then every other one that these assumptions allow."""
    recommended = {name: values[0] for name, values in network.assumptions.items()}
    open_names = sorted(names)
    for values in product(*(network.assumptions[name] for name in open_names)):
        yield tuple({**recommended, **dict(zip(open_names, values, strict=True))}.items())


def _best(readings: Iterable[Reading], compare: Callable[[Reading], Differences]) -> Differences:
    """The differences in the recommended reading, unless another reading has none that are wrong: then Azure decides so."""
    recommended: Reading = ()
    first: Differences = [], []
    for reading in readings:
        found = compare(reading)
        if not recommended:
            recommended, first = reading, found
        if not found[0]:
            other = [f"Azure reads {name} as {value}" for name, value in reading if (name, value) not in recommended]
            return [], [*found[1], *other]
    return first


# -- IP flow verify ------------------------------------------------------------------------------------------------------


def _ip_flow(asked: _Asked) -> _Compared:
    question, answer = asked.question, asked.verdict.answer
    if not question:
        raise _Untold("the question is not recorded")
    outbound = question["direction"].casefold() == "outbound"
    site = _site(asked, question["targetresourceid"], question["localipaddress"], question.get("targetnicresourceid"))
    blamed_rule = id_of(answer.get("ruleid"))
    group = parent_of(blamed_rule) if blamed_rule else None
    _guarded(asked, site, group)
    filters = site.outbound if outbound else site.inbound
    packets = [_flow_packet(question, port, outbound=outbound) for port in _client_ports(filters, question, outbound=outbound)]
    names = conditions_of(row.condition for one in filters for row in one.rows)
    said = [
        _verdict(asked.network, filters, packet, reading) for packet in packets for reading in _readings(asked.network, names)
    ]
    first = said[0]
    wrong = [] if all(one.text == first.text for one in said) else [f"in another reading or from another port {said[-1].text}"]
    if first.access != answer["access"]:
        wrong.append(f"we say {first.access}")
    rule = answer.get("rulename") or ""
    if rule or first.rows:
        resource = asked.recorded.groups.get(group or "")
        blamed = [one for one, row in first.rows if same_name(row, rule) and resource in (None, one.resource)]
        wrong += [f"we name {first.text}"] * (not blamed)
    words = f"{question['protocol']} {question['direction'].lower()}, {question['localipaddress']}:{question['localport']}"
    arrow = "to" if outbound else "from"
    return _Compared(
        question=f"{words} {arrow} {question['remoteipaddress']}:{question['remoteport']} at {site.name}",
        azure=summary(asked.verdict),
        ours=first.text,
        wrong=wrong,
    )


@record
class _Said:
    """What a chain of filters says: the access, and the rows that decide so, each with its filter."""

    access: str
    rows: tuple[tuple[Filter, FilterRow], ...]

    @property
    def text(self) -> str:
        named = dict.fromkeys(f"{row.name} of {one.resource} ({one.place})" for one, row in self.rows)
        return ", ".join((self.access, *named))


def _verdict(network: EffectiveNetwork, filters: Sequence[Filter], packet: Packet, reading: Reading) -> _Said:
    """All filters must let it pass. Of several that deny, or that allow, Azure names one; which, no source says."""
    readings = dict(reading)
    actions = [decides(one, packet, readings, network.tag_space) for one in filters]
    if None in actions and Action.DENY not in actions:
        return _Said(access="unknown", rows=())
    outcome = Action.DENY if Action.DENY in actions else Action.ALLOW
    rows = [
        (one, row)
        for one, action in zip(filters, actions, strict=True)
        if action is outcome and (row := deciding_row(one, packet, readings, network)) is not None
    ]
    return _Said(access=outcome.value.capitalize(), rows=tuple(rows))


def _flow_packet(question: Body, client_port: int, *, outbound: bool) -> Packet:
    local = parse_address(question["localipaddress"]), _port(question["localport"], client_port)
    remote = parse_address(question["remoteipaddress"]), _port(question["remoteport"], client_port)
    (source, source_port), (target, target_port) = (local, remote) if outbound else (remote, local)
    protocol = PROTOCOL_NUMBERS[question["protocol"].casefold()]
    return Packet(protocol=protocol, source=source, source_port=source_port, target=target, target_port=target_port)


def _port(text: object, otherwise: int) -> int:
    return otherwise if text in ("*", None, "") else int(str(text))


def _client_ports(filters: Sequence[Filter], question: Body, *, outbound: bool) -> list[int]:
    """The ports that `*` on the client's side stands for: one of each class that the rules tell apart."""
    if question["localport" if outbound else "remoteport"] not in ("*", None, ""):
        return [CLIENT_PORT]
    edges = (edge for one in filters for row in one.rows for low, high in row.source_port.ranges for edge in (low, high + 1))
    return list(dict.fromkeys((CLIENT_PORT, *(edge for edge in edges if edge <= 65535))))


# -- Next hop ------------------------------------------------------------------------------------------------------------


def _next_hop(asked: _Asked) -> _Compared:
    question, answer = asked.question, asked.verdict.answer
    if not question:
        raise _Untold("the question is not recorded")
    site = _site(asked, question["targetresourceid"], question["sourceipaddress"], question.get("targetnicresourceid"))
    _routed(asked, site)
    target = parse_address(question["destinationipaddress"])
    names = conditions_of(route.condition for route in site.routes)
    taken = {reading: _route_taken(asked, site, target, reading) for reading in _readings(asked.network, names)}
    wrong, explained = _best(taken, lambda reading: (_hop_differences(answer, taken[reading]), []))
    first = next(iter(taken.values()))
    return _Compared(
        question=f"{question['sourceipaddress']} to {question['destinationipaddress']} at {site.name}",
        azure=summary(asked.verdict),
        ours=first.text,
        wrong=wrong,
        explained=explained,
    )


@record
class _Taken:
    """The route that decides, the address of its appliance, and the name of the route table that it stands in."""

    route: Route | None
    appliance: str | None
    table: str | None

    @property
    def hop(self) -> str:
        """Its next hop; what no route holds is dropped."""
        return HopKind.NONE.value if self.route is None else self.route.hop.value

    @property
    def text(self) -> str:
        """What a reader sees of it."""
        return "no route" if self.route is None else self.route.text


def _route_taken(asked: _Asked, site: Site, target: int, reading: Reading) -> _Taken:
    every = (one for one in site.routes if target in one.destinations and exists_in(one.condition, dict(reading)))
    route = next(every, None)
    if route is None:
        return _Taken(route=None, appliance=None, table=None)
    table = asked.recorded.network.route_tables.get(route.resource)
    holding = [one for one in table.routes if target in one.prefix and one.appliance is not None] if table is not None else []
    longest = min(holding, key=lambda one: one.prefix.size, default=None)
    shown = route.hop is HopKind.APPLIANCE and longest is not None and longest.appliance is not None
    return _Taken(
        route=route,
        appliance=format_address(longest.appliance) if shown else None,
        table=table.name if table is not None else None,
    )


def _hop_differences(answer: Body, ours: _Taken) -> list[str]:
    wrong = []
    if hop_kind(answer["nexthoptype"]) != hop_kind(ours.hop):
        wrong.append("another next hop")
    if ours.appliance is not None and answer.get("nexthopipaddress") != ours.appliance:
        wrong.append("another address of the appliance")
    said = last(str(answer.get("routetableid", SYSTEM_ROUTE)))
    if said.casefold() != (ours.table or SYSTEM_ROUTE).casefold():
        wrong.append("another route table")
    return wrong


# -- Connectivity --------------------------------------------------------------------------------------------------------

_BY_GUEST = {"guestfirewall", "agentstopped", "dnsresolution", "socketbind", "cpu", "memory", "portthrottled", "platform"}
_STEPS = (HopKind.GATEWAY, HopKind.APPLIANCE)


def _connectivity(asked: _Asked) -> _Compared:
    question, answer = asked.question, asked.verdict.answer
    if not question:
        raise _Untold("the question is not recorded")
    hops = answer.get("hops") or [{}]
    source = question.get("source") or {}
    site = _site(asked, source.get("resourceid"), hops[0].get("address"))
    _routed(asked, _guarded(asked, site))
    target, where = _destination(asked, hops[-1])
    protocol = str(question.get("protocol") or "tcp").casefold()
    number = PROTOCOL_NUMBERS["tcp" if protocol in ("http", "https") else protocol]
    port = int((question.get("destination") or {}).get("port") or 0)
    packet = Packet(
        protocol=number,
        source=site.addresses.first,
        source_port=int(source.get("port") or CLIENT_PORT),
        target=target,
        target_port=port,
    )
    traces = list(_walked(asked, site, packet))
    outcome = next((one.outcome for one in traces if one.outcome is not Outcome.DELIVERED), Outcome.DELIVERED)
    status = {Outcome.DELIVERED: "Reachable", Outcome.UNKNOWN: "unknown"}.get(outcome, "Unreachable")
    between = [route.hop.value for trace in traces for route in trace.routes if route.hop in _STEPS]
    wrong, explained = _connection_differences(answer, status, traces)
    theirs = [hop_kind(str(hop.get("type"))) for hop in hops[1:-1]]
    if theirs != [hop_kind(one) for one in between]:
        wrong.append(f"between the ends Azure has {', '.join(theirs) or 'nothing'}")
    end = traces[-1].site or "nowhere"
    return _Compared(
        question=f"{site.name} to {where}, {number_name(number)} {port}",
        azure=summary(asked.verdict),
        ours=f"{status}: {' - '.join((site.name, *between, end))}",
        wrong=wrong,
        explained=explained,
    )


def number_name(number: int) -> str:
    """The name of a protocol."""
    return next(name for name, one in PROTOCOL_NUMBERS.items() if one == number)


def _destination(asked: _Asked, hop: Body) -> tuple[int, str]:
    """The address that is called and what the question calls it; a name is what Azure's last hop resolved it to."""
    destination = asked.question.get("destination") or {}
    if destination.get("resourceid"):
        site = _guarded(asked, _site(asked, destination["resourceid"], hop.get("address")))
        return site.addresses.first, site.name
    text = str(destination.get("address"))
    try:
        return parse_address(text), text
    except ValueError:
        if not hop.get("address"):
            raise _Untold(f"the recording does not tell the address of {text}") from None
        return parse_address(hop["address"]), f"{text} ({hop['address']})"


def _walked(asked: _Asked, site: Site, packet: Packet) -> Iterator[Trace]:
    """The path; where two virtual networks are joined by their gateways, the half up to the gateway and the half after."""
    trace = walk(asked.network, Flow(origin=site.name, packet=packet))
    yield trace
    beyond = asked.recorded.beyond
    if trace.outcome is not Outcome.DELIVERED or trace.site not in beyond:
        return
    for name, vnets in beyond.items():
        home = next(one.vnet for one in asked.recorded.network.gateways.values() if one.to == name)
        if home in beyond[trace.site] and site.vnet in vnets:
            yield walk(asked.network, Flow(origin=name, packet=packet))


def _connection_differences(answer: Body, status: str, traces: Sequence[Trace]) -> tuple[list[str], list[str]]:
    said = answer["connectionstatus"]
    issues = [issue for hop in answer.get("hops") or () for issue in hop.get("issues") or ()]
    kinds = {str(issue.get("type")).casefold() for issue in issues}
    if said == "Unknown":
        return [], ["Azure could not tell"]
    if said == "Unreachable" and status == "Reachable":
        network = kinds - _BY_GUEST
        text = f"nothing in the network blocks it ({', '.join(sorted(kinds)) or 'no issue named'}): the guest does"
        return (["Azure says Unreachable"], []) if network else ([], [text])
    wrong = [] if said == status else [f"we say {status}"]
    texts = [str(value) for issue in issues for each in issue.get("context") or () for value in each.values()]
    dropped = [step.row for trace in traces for step in trace.steps if step.kind is StepKind.DROP]
    if "networksecurityrule" in kinds and status == "Unreachable":
        rows = [row for row in dropped if isinstance(row, FilterRow)]
        if not any(same_name(row, text) for row in rows for text in texts):
            wrong.append("another rule denies it")
    return wrong, []


# -- Effective rules and routes -------------------------------------------------------------------------------------------


def _nic_site(asked: _Asked) -> Site:
    nic = asked.verdict.target.rpartition("/")[0]
    if nic not in asked.recorded.nics:
        raise _Untold(_NETWORK_UNKNOWN)
    return _placed(asked, asked.recorded.nics[nic])


def _effective_routes(asked: _Asked) -> _Compared:
    site = _routed(asked, _nic_site(asked))
    names = conditions_of(route.condition for route in site.routes)
    azure = azure_hops(asked.verdict.answer["value"])
    wrong, explained = _best(
        _readings(asked.network, names), lambda reading: compare_routes(azure, our_hops(site.routes, dict(reading)))
    )
    routes = [route for route in site.routes if not route.destinations <= PLATFORM]
    return _Compared(
        question=f"routes of {site.name}",
        azure=summary(asked.verdict),
        ours=f"{len(routes)} routes",
        wrong=wrong,
        explained=explained,
    )


def _effective_rules(asked: _Asked) -> _Compared:
    site = _guarded(asked, _nic_site(asked), *(id_of(one.get("networksecuritygroup")) for one in asked.verdict.answer["value"]))
    filters = (*site.inbound, *site.outbound)
    names = conditions_of(row.condition for one in filters for row in one.rows)
    wrong, explained = _best(_readings(asked.network, names), lambda reading: _rule_differences(asked, filters, reading))
    return _Compared(
        question=f"rules at {site.name}",
        azure=summary(asked.verdict),
        ours=f"{_count(filters)} rules",
        wrong=wrong,
        explained=explained,
    )


def _count(filters: Sequence[Filter]) -> int:
    return sum(len({(row.priority, row.name) for row in one.rows}) for one in filters)


def _rule_differences(asked: _Asked, filters: Sequence[Filter], reading: Reading) -> Differences:
    wrong: list[str] = []
    explained: list[str] = []
    left = {(one.resource.casefold(), one.place) for one in filters}
    for group in asked.verdict.answer["value"]:
        name = asked.recorded.groups[id_of(group["networksecuritygroup"]) or ""].casefold()
        at_nic = bool((group.get("association") or {}).get("networkinterface"))
        mine = [one for one in filters if one.resource.casefold() == name and one.place.startswith("nic of") == at_nic]
        if not mine:
            wrong.append(f"we have no {name} there")
        left -= {(one.resource.casefold(), one.place) for one in mine}
        ours = {key: rule for one in mine for key, rule in our_rules(one, dict(reading)).items()}
        tags = group.get("tagmap") if isinstance(group.get("tagmap"), dict) else {}
        printed = (azure_rule(rule, tags) for rule in group["effectivesecurityrules"])
        more_wrong, more_explained = compare_rules(printed, ours, doubled=False)
        wrong += more_wrong
        explained += more_explained
    wrong += [f"Azure does not print {name} ({place})" for name, place in sorted(left)]
    return wrong, list(dict.fromkeys(explained))


def _view(nic: Body) -> list[Body]:
    return (nic.get("securityruleassociations") or {}).get("effectivesecurityrules") or []


def _group_view(asked: _Asked) -> _Compared:
    """The older view: the rules of all NSGs of a NIC in one list, without expansions."""
    wrong: list[str] = []
    count = 0
    recommended = {name: values[0] for name, values in asked.network.assumptions.items()}
    nics = asked.verdict.answer.get("networkinterfaces") or []
    for nic in nics:
        identity = id_of(nic)
        if identity not in asked.recorded.nics:
            raise _Untold(_NETWORK_UNKNOWN)
        site = _guarded(asked, _placed(asked, asked.recorded.nics[identity]))
        filters = (*site.inbound, *site.outbound)
        ours = {key: rule for one in filters for key, rule in our_rules(one, recommended).items()}
        count += _count(filters)
        wrong += compare_rules((azure_rule(rule, {}) for rule in _view(nic)), ours, doubled=True)[0]
    return _Compared(
        question=f"rules at {', '.join(asked.recorded.nics[str(id_of(nic))] for nic in nics)}",
        azure=summary(asked.verdict),
        ours=f"{count} rules",
        wrong=wrong,
    )


_COMPARE: Mapping[str, Callable[[_Asked], _Compared]] = {
    "ipFlowVerify": _ip_flow,
    "nextHop": _next_hop,
    "connectivityCheck": _connectivity,
    "effectiveRouteTable": _effective_routes,
    "effectiveNetworkSecurityGroups": _effective_rules,
    "securityGroupView": _group_view,
}
