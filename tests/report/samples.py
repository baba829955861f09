"""Findings made by hand, one for each shape of answer, so that the reports can be read and compared without a solver.

The places are real places in the text of the layered architecture; the answers are what the chain gives for it, or invented
where that file has no such case.
"""

from __future__ import annotations

from dataclasses import replace

from asever.diagnostics import Diagnostic, Edit, Label, Severity
from asever.model.addresses import ALL_ADDRESSES, parse_address, parse_addresses
from asever.model.answers import (
    Blocker,
    Core,
    CoreRow,
    DeadRows,
    Dependence,
    Evidence,
    FiltersDiffer,
    Finding,
    NearMiss,
    Outcome,
    Report,
    Step,
    StepKind,
    Trace,
    Verdict,
)
from asever.model.claims import (
    Check,
    Endpoint,
    EndpointKind,
    GroupHasNoDeadRules,
    GroupsEqual,
    Healthy,
    Reachability,
    Service,
    Verb,
)
from asever.model.effective import (
    Action,
    AddressMatch,
    Arrival,
    Filter,
    FilterContext,
    FilterKind,
    FilterRow,
    HopKind,
    Origin,
    Route,
    SourceTranslation,
)
from asever.model.numbers import NumberSet
from asever.model.packets import TCP, Flow, Packet
from asever.model.program import Program
from asever.model.repairs import Hunk, Proposal, Repair, Turn
from asever.model.things import AddressTerm, Direction, Environment, Machine, Network, SecurityGroup, TermKind
from asever.source import SourceFile, Span

TEXT = """\
vnet corp {
  region  westeurope
  address 10.0.0.0/16

  subnet front-door { address 10.0.1.0/26 }
  subnet back-end   { address 10.0.2.0/26  nsg back-end-lockdown }
  subnet data       { address 10.0.3.0/24  nsg data-tier }
}

ase one { version v1  subnet corp/front-door  vip 192.23.1.2 }
ase two { version v1  subnet corp/back-end    vip 192.23.1.3 }

vm sql  { subnet corp/data  ip 10.0.3.4 }

nsg back-end-lockdown {
  inbound {
    100 "Azure management" allow tcp from Internet    to * port 454-455
    200 "front door"       allow tcp from 10.0.1.0/26 to * port 80, 443
  }
}

nsg data-tier {
  inbound {
    100 "SQL from the apps" allow tcp from corp/front-door to * port 1433
    200 "nothing else"      deny  any from * to *
  }
}

check "front door calls the API"        one reaches two on web
check "API is hidden from the Internet" Internet never reaches two on web
check "nobody else calls the API"       only one reaches two on web
check "SQL sees the subnet range"       one reaches sql on mssql as corp/front-door
check "calls out leave as the VIP"      one reaches Internet on https as one.vip
check "a known mistake"                 one reaches sql on ssh expect violated
check "one is healthy"                  one is healthy
nsg data-tier equals nsg back-end-lockdown
nsg data-tier has no dead rules
one can reach sql on mssql
"""
FILE = SourceFile("layered.asev", TEXT)
PACKS = SourceFile(
    "std/ase-v1.asev", 'pack ase-v1-health(env) {\n  check "managed" AzureManagement reaches env on ase-management\n}\n'
)


def span(text: str, within: str = "", file: SourceFile = FILE, parent: Span | None = None) -> Span:
    """The place of a text, the first one after `within`."""
    start = file.text.index(text, file.text.index(within) if within else 0)
    return Span(file, start, start + len(text), parent)


ONE, TWO = span("ase one", ""), span("ase two")
ONE_VIP, TWO_VIP = span("192.23.1.2"), span("192.23.1.3")
NETWORK = Network(
    environments={
        "one": Environment(name="one", version=1, subnet="corp/front-door", vip=parse_address("192.23.1.2")),
        "two": Environment(name="two", version=1, subnet="corp/back-end", vip=parse_address("192.23.1.3")),
    },
    machines={"sql": Machine(name="sql", subnet="corp/data", addresses=(parse_address("10.0.3.4"),))},
    groups={name: SecurityGroup(name=name) for name in ("back-end-lockdown", "data-tier")},
)
PROGRAM = Program(network=NETWORK)
NAMES = {parse_address("192.23.1.2"): "one.vip", parse_address("192.23.1.3"): "two.vip", parse_address("10.0.3.4"): "sql.ip"}


def packet(source: str, target: str, port: int = 443, source_port: int = 49152, protocol: int = TCP) -> Packet:
    return Packet(
        protocol=protocol,
        source=parse_address(source),
        source_port=source_port,
        target=parse_address(target),
        target_port=port,
    )


def match(text: str, addresses: str | None = None) -> AddressMatch:
    every = NumberSet.of(one for part in (addresses or text).split(",") for one in parse_addresses(part.strip()).ranges)
    return AddressMatch(addresses=every, text=text)


def ports(*pairs: tuple[int, int]) -> NumberSet:
    return NumberSet.of(pairs)


TCP_ONLY = NumberSet.single(TCP)
MANAGEMENT = FilterRow(
    priority=100,
    name="Azure management",
    action=Action.ALLOW,
    protocol=TCP_ONLY,
    source=match("Internet", "11.0.0.0-99.255.255.255, 192.1.0.0-192.167.255.255, 193.0.0.0-197.0.0.0"),
    target_port=ports((454, 455)),
    origin=Origin(span=span('100 "Azure management" allow tcp from Internet    to * port 454-455')),
)
FRONT_DOOR = FilterRow(
    priority=200,
    name="front door",
    action=Action.ALLOW,
    protocol=TCP_ONLY,
    source=match("10.0.1.0/26"),
    target_port=ports((80, 80), (443, 443)),
    origin=Origin(
        span=span('200 "front door"       allow tcp from 10.0.1.0/26 to * port 80, 443'),
        parts={"source": span("10.0.1.0/26", "200 ")},
    ),
)
VNET = FilterRow(
    priority=65000,
    name="AllowVnetInBound",
    action=Action.ALLOW,
    source=match("VirtualNetwork", "10.0.0.0/16"),
    target=match("VirtualNetwork", "10.0.0.0/16"),
    origin=Origin(azure="AllowVnetInBound"),
)
PROBE = FilterRow(
    priority=65001,
    name="AllowAzureLoadBalancerInBound",
    action=Action.ALLOW,
    source=match("AzureLoadBalancer", "168.63.129.16"),
    origin=Origin(azure="AllowAzureLoadBalancerInBound"),
)
CLOSE = FilterRow(priority=65500, name="DenyAllInBound", action=Action.DENY, origin=Origin(azure="DenyAllInBound"))
LOCKDOWN = Filter(
    resource="back-end-lockdown",
    kind=FilterKind.NSG,
    direction=Direction.INBOUND,
    place="subnet corp/back-end",
    rows=(MANAGEMENT, FRONT_DOOR, VNET, PROBE, CLOSE),
    span=span(TEXT[TEXT.index("nsg back-end-lockdown {") : TEXT.index("nsg data-tier {")].rstrip(), "nsg back-end-lockdown {"),
)
SQL_APPS = FilterRow(
    priority=100,
    name="SQL from the apps",
    action=Action.ALLOW,
    protocol=TCP_ONLY,
    source=match("corp/front-door", "10.0.1.0/26"),
    target_port=ports((1433, 1433)),
    origin=Origin(span=span('100 "SQL from the apps" allow tcp from corp/front-door to * port 1433')),
)
NOTHING_ELSE = FilterRow(
    priority=200,
    name="nothing else",
    action=Action.DENY,
    origin=Origin(span=span('200 "nothing else"      deny  any from * to *')),
)
DATA = Filter(
    resource="data-tier",
    kind=FilterKind.NSG,
    direction=Direction.INBOUND,
    place="subnet corp/data",
    rows=(SQL_APPS, NOTHING_ELSE, VNET, PROBE, CLOSE),
    span=span("nsg data-tier"),
)
DEFAULT_ROUTE = Route(
    destinations=ALL_ADDRESSES,
    hop=HopKind.INTERNET,
    fabric="Internet",
    text="0.0.0.0/0 -> Internet (system route)",
    regional=None,
    origin=Origin(azure="system route"),
)
LOCAL_ROUTE = replace(DEFAULT_ROUTE, hop=HopKind.VNET_LOCAL, fabric="vnet corp", text="10.0.0.0/16 -> VnetLocal (system route)")
LEAVES = SourceTranslation(
    fabric="Internet",
    becomes=NumberSet.single(parse_address("192.23.1.2")),
    because="a call to another environment is an Internet call",
    fact="call-between-environments",
    resource="one",
    origin=Origin(span=ONE_VIP),
)
HANDED = Arrival(
    called=NumberSet.single(parse_address("192.23.1.3")),
    site="two",
    because="two.vip hands it to an instance",
    resource="two",
    origin=Origin(span=TWO_VIP),
)

# -- A call between environments, dropped -------------------------------------------------------------------------------

_SENT = packet("10.0.1.4", "192.23.1.3")
_OUT = _SENT.from_source(parse_address("192.23.1.2"))
_IN = _OUT.to_target(parse_address("10.0.2.4"))
CROSS_STEPS = (
    Step(at="one", kind=StepKind.SEND, detail="an instance calls two.vip", before=_SENT, after=_SENT),
    Step(at="corp/front-door", kind=StepKind.ROUTE, detail=DEFAULT_ROUTE.text, row=DEFAULT_ROUTE, before=_SENT, after=_SENT),
    Step(
        at="one",
        kind=StepKind.SOURCE_NAT,
        detail="10.0.1.4 -> 192.23.1.2",
        because=LEAVES.because,
        row=LEAVES,
        before=_SENT,
        after=_OUT,
    ),
    Step(
        at="two",
        kind=StepKind.DESTINATION_NAT,
        detail="192.23.1.3 -> 10.0.2.4",
        because=HANDED.because,
        row=HANDED,
        before=_OUT,
        after=_IN,
    ),
    Step(
        at="back-end-lockdown",
        kind=StepKind.DROP,
        detail="DenyAllInBound",
        row=CLOSE,
        filter=LOCKDOWN,
        before=_IN,
        after=_IN,
    ),
)
CROSS_CALL = Trace(
    flow=Flow(origin="one", packet=_SENT, choices={"instance": parse_address("10.0.2.4")}),
    outcome=Outcome.DROPPED,
    steps=CROSS_STEPS,
    passed=frozenset({"one"}),
    routes=(DEFAULT_ROUTE,),
)


def endpoint(name: str) -> Endpoint:
    kinds = {"Internet": EndpointKind.INTERNET, "sql": EndpointKind.MACHINE}
    return Endpoint(kind=kinds.get(name, EndpointKind.ENVIRONMENT), name=name)


def reach(verb: Verb, source: str, target: str, **more: object) -> Reachability:
    return Reachability(
        verb=verb,
        subjects=(endpoint(source),),
        target=endpoint(target),
        services=(Service(name="web", protocol=TCP_ONLY),),
        **more,  # type: ignore[arg-type]
    )


def check(line: str, claim: object, *, parent: Span | None = None, file: SourceFile = FILE) -> Check:
    """The check that a line of the file states."""
    body = line.removeprefix("check ")
    name = body.split('"')[1] if body.startswith('"') else ""
    text = body.split('"')[2].strip() if name else body
    expect = text.endswith(" expect violated")
    return Check(
        name=name or text,
        text=text.removesuffix(" expect violated"),
        claim=claim,  # type: ignore[arg-type]
        expect_violated=expect,
        span=span(line, file=file, parent=parent),
    )


NEAR = NearMiss(
    resource="back-end-lockdown",
    rule="front door",
    priority=200,
    field="source",
    wants="10.0.1.0/26",
    sees="192.23.1.2",
    because="a call to another environment is an Internet call",
    location=FRONT_DOOR.origin.span,
    field_location=FRONT_DOOR.origin.parts["source"],
    cause=ONE_VIP,
)
VIOLATED = Finding(
    check=check('check "front door calls the API"        one reaches two on web', reach(Verb.REACHES, "one", "two")),
    verdict=Verdict.VIOLATED,
    trace=CROSS_CALL,
    whole_scope=True,
    blockers=(Blocker(resource="back-end-lockdown", rule="DenyAllInBound", priority=65500),),
    near_misses=(NEAR,),
    facts=("call-between-environments",),
    origin_title="ase one",
    target_title="ase two",
    seconds=0.004,
)

PLATFORM_ADDRESS = Dependence(
    name="platform-address",
    value="platform-only",
    alternative="anyone",
    otherwise=Verdict.VIOLATED,
    question="can anyone but the platform send from 168.63.129.16 or 169.254.169.254?",
)
HOLDS = Finding(
    check=check(
        'check "API is hidden from the Internet" Internet never reaches two on web',
        reach(Verb.NEVER_REACHES, "Internet", "two"),
    ),
    verdict=Verdict.HOLDS,
    evidence=Evidence(
        covered=(
            "any of 3,685,482,237 addresses of the Internet and any source port to 192.23.1.3 on tcp 80, 443",
            "any of 3,685,482,237 addresses of the Internet and any source port to any of 59 addresses of ase two on tcp 80",
        ),
        rests_on=Core(rows=tuple(CoreRow(LOCKDOWN, row) for row in LOCKDOWN.rows), minimal=True),
        replayed=24,
        witness=Flow(origin="Internet", packet=packet("8.8.8.8", "192.23.1.3")),
    ),
    dependences=(PLATFORM_ADDRESS,),
    seconds=0.012,
)

# -- Let in although forbidden ------------------------------------------------------------------------------------------

_STRANGER = packet("10.0.3.5", "10.0.2.4")
LET_IN = Trace(
    flow=Flow(origin="corp/data", packet=_STRANGER, readings={"private-front-ends": "answer"}),
    outcome=Outcome.DELIVERED,
    steps=(
        Step(at="corp/data", kind=StepKind.SEND, detail="calls 10.0.2.4", before=_STRANGER, after=_STRANGER),
        Step(at="corp/data", kind=StepKind.ROUTE, detail=LOCAL_ROUTE.text, row=LOCAL_ROUTE, before=_STRANGER, after=_STRANGER),
        Step(
            at="back-end-lockdown",
            kind=StepKind.PASS,
            detail="AllowVnetInBound",
            row=VNET,
            filter=LOCKDOWN,
            before=_STRANGER,
            after=_STRANGER,
        ),
        Step(at="two", kind=StepKind.DELIVER, detail="delivered", before=_STRANGER, after=_STRANGER),
    ),
    site="two",
    arrived=_STRANGER,
    routes=(LOCAL_ROUTE,),
)
FORBIDDEN = Finding(
    check=check('check "nobody else calls the API"       only one reaches two on web', reach(Verb.ONLY, "one", "two")),
    verdict=Verdict.VIOLATED,
    trace=LET_IN,
    whole_scope=False,
    dependences=(
        Dependence(
            name="private-front-ends",
            value="answer",
            alternative="silent",
            otherwise=Verdict.HOLDS,
            question="do the instances of an environment answer other machines on their private addresses?",
        ),
    ),
    origin_title="other machines of subnet corp/data",
    target_title="ase two",
)

# -- Delivered, but not as demanded; a lost reply; unknown --------------------------------------------------------------

_CALL = packet("10.0.1.4", "10.0.3.4", port=1433)
_STEPS = (
    Step(at="one", kind=StepKind.SEND, detail="an instance calls sql.ip", before=_CALL, after=_CALL),
    Step(at="corp/front-door", kind=StepKind.ROUTE, detail=LOCAL_ROUTE.text, row=LOCAL_ROUTE, before=_CALL, after=_CALL),
    Step(at="data-tier", kind=StepKind.PASS, detail="SQL from the apps", row=SQL_APPS, filter=DATA, before=_CALL, after=_CALL),
    Step(at="sql", kind=StepKind.DELIVER, detail="delivered to vm sql", before=_CALL, after=_CALL),
)
_SQL_CHECK = 'check "SQL sees the subnet range"       one reaches sql on mssql as corp/front-door'
_VIP_TERM = AddressTerm(kind=TermKind.ADDRESSES, text="one.vip", addresses=NumberSet.single(parse_address("192.23.1.2")))
SEEN_AS = Finding(
    check=check(_SQL_CHECK, reach(Verb.REACHES, "one", "sql", seen_as=(_VIP_TERM,))),
    verdict=Verdict.VIOLATED,
    trace=Trace(flow=Flow(origin="one", packet=_CALL), outcome=Outcome.DELIVERED, steps=_STEPS, site="sql", arrived=_CALL),
    whole_scope=True,
    origin_title="ase one",
    target_title="vm sql",
)
_BACK = packet("10.0.3.4", "10.0.1.4", port=49152, source_port=1433)
NO_ROUTE = Route(
    destinations=ALL_ADDRESSES,
    hop=HopKind.NONE,
    fabric=None,
    text="10.0.0.0/8 -> None (route of locked)",
    resource="locked",
    origin=Origin(span=span("subnet data")),
)
REPLY_LOST = Finding(
    check=check(_SQL_CHECK, reach(Verb.REACHES, "one", "sql")),
    verdict=Verdict.VIOLATED,
    trace=Trace(
        flow=Flow(origin="one", packet=_CALL),
        outcome=Outcome.REPLY_LOST,
        steps=(
            *_STEPS,
            Step(
                at="locked",
                kind=StepKind.DROP,
                detail="10.0.0.0/8 -> None (route of locked)",
                because="the route of the answering machine drops the reply",
                row=NO_ROUTE,
                before=_BACK,
                after=_BACK,
                reply=True,
            ),
        ),
        site="sql",
        arrived=_CALL,
    ),
    blockers=(
        Blocker(resource="locked", rule="10.0.0.0/8 -> None (route of locked)"),
        Blocker(resource="data-tier", rule="nothing else", priority=200, location=NOTHING_ELSE.origin.span, detail="drops it"),
    ),
    origin_title="ase one",
    target_title="vm sql",
)
_PROBE = packet("168.63.129.16", "10.0.2.4", port=16001)
UNPROBED = replace(
    VIOLATED,
    trace=replace(
        CROSS_CALL,
        steps=(
            *CROSS_STEPS[:-1],
            Step(at="two", kind=StepKind.PROBE, detail="health probe on port 16001", before=_PROBE, after=_PROBE),
            replace(CROSS_STEPS[-1], row=NOTHING_ELSE, filter=DATA, before=_PROBE, after=_PROBE),
        ),
    ),
    near_misses=(),
    whole_scope=None,
)
UNKNOWN = Finding(
    check=check(
        'check "calls out leave as the VIP"      one reaches Internet on https as one.vip',
        reach(Verb.REACHES, "one", "Internet"),
    ),
    verdict=Verdict.UNKNOWN,
    reasons=("the solver stopped at the time limit of 30 s",),
)
UNMODELLED = replace(
    UNKNOWN,
    reasons=("firewall hub stands on the way, which this version cannot follow",),
    trace=Trace(
        flow=Flow(origin="one", packet=_SENT),
        outcome=Outcome.UNKNOWN,
        steps=(
            CROSS_STEPS[0],
            Step(at="hub", kind=StepKind.UNKNOWN, detail="firewall hub is not modelled", before=_SENT, after=_SENT),
        ),
        unknown=("firewall hub stands on the way, which this version cannot follow",),
    ),
    origin_title="ase one",
)
EXPECTED = Finding(
    check=check(
        'check "a known mistake"                 one reaches sql on ssh expect violated', reach(Verb.REACHES, "one", "sql")
    ),
    verdict=Verdict.VIOLATED,
    trace=CROSS_CALL,
)
UNEXPECTED = replace(HOLDS, check=EXPECTED.check, dependences=())
SHOWN = Finding(
    check=check("one can reach sql on mssql", reach(Verb.CAN_REACH, "one", "sql")),
    verdict=Verdict.HOLDS,
    trace=Trace(flow=Flow(origin="one", packet=_CALL), outcome=Outcome.DELIVERED, steps=_STEPS, site="sql", arrived=_CALL),
    origin_title="ase one",
)

# -- Health and groups --------------------------------------------------------------------------------------------------

_HEALTH = 'check "one is healthy"                  one is healthy'
_MANAGED = check(
    'check "managed" AzureManagement reaches env on ase-management',
    reach(Verb.REACHES, "AzureManagement", "two"),
    parent=span(_HEALTH),
    file=PACKS,
)
HEALTHY = Finding(
    check=check(_HEALTH, Healthy(environment="one", requirements=(_MANAGED,))),
    verdict=Verdict.VIOLATED,
    requirements=(
        replace(VIOLATED, check=_MANAGED, near_misses=()),
        replace(HOLDS, check=replace(_MANAGED, name="probed", text="AzureLoadBalancer reaches two on ase-probe")),
    ),
)
ALL_HEALTHY = replace(HEALTHY, verdict=Verdict.HOLDS, requirements=HEALTHY.requirements[1:])
DIFFERENT = Finding(
    check=check("nsg data-tier equals nsg back-end-lockdown", GroupsEqual(left="data-tier", right="back-end-lockdown")),
    verdict=Verdict.VIOLATED,
    difference=FiltersDiffer(
        packet=packet("10.0.1.4", "10.0.2.4", port=80),
        context=FilterContext(where="subnet corp/back-end", left=DATA, right=LOCKDOWN),
        readings={},
    ),
)
DEAD = Finding(
    check=check("nsg data-tier has no dead rules", GroupHasNoDeadRules(group="data-tier")),
    verdict=Verdict.VIOLATED,
    dead_rows=DeadRows(
        rows=((NOTHING_ELSE, (SQL_APPS, SQL_APPS)), (SQL_APPS, ())),
        context=FilterContext(where="attached nowhere", left=DATA),
    ),
)

REPORTS = {
    "violated": Report(results=(VIOLATED,), names=NAMES),
    "holds": Report(results=(HOLDS, SHOWN), names=NAMES),
    "forbidden": Report(results=(FORBIDDEN,), names=NAMES),
    "modifiers": Report(results=(SEEN_AS, REPLY_LOST), names=NAMES),
    "unprobed": Report(results=(UNPROBED,), names=NAMES),
    "unknown": Report(results=(UNKNOWN, UNMODELLED), names=NAMES),
    "expected": Report(results=(EXPECTED, UNEXPECTED), names=NAMES),
    "healthy": Report(results=(HEALTHY, ALL_HEALTHY), names=NAMES),
    "groups": Report(results=(DIFFERENT, DEAD), names=NAMES),
    "empty": Report(results=()),
}

# -- Diagnostics --------------------------------------------------------------------------------------------------------

WRONG = SourceFile(
    "wrong.asev",
    "vnet corp {\n"
    "\tsubnet back-end\t{ nsg back-end-lokdown }\n"
    "}\n"
    "nsg back-end-lockdown { }\n"
    "nsg back-end-lockdown { }\n"
    f"tag long = {', '.join(f'10.0.{number}.0/24' for number in range(60))}, nonsense\n"
    "check “x” one reaches two\x1b[31m\n",
)


# What `asever fix` may find for the violated check: an edit of the given file, two of which one is in an imported file, and
# for others nothing.

_RULES = SourceFile("net/rules.asev", "nsg shared {\n  inbound {\n    100 deny any from * to *\n  }\n}\n")
_ADDRESS = span("10.0.1.0/26", within="200 ")
_DENY = span("deny any from * to *", file=_RULES)

REPAIRS = (
    Repair(
        finding=VIOLATED,
        proposals=(
            Proposal(
                words=("let rule 200 of nsg back-end-lockdown name the source one.vip instead of 10.0.1.0/26",),
                edits=(Edit(_ADDRESS, "one.vip    "),),
                hunks=(
                    Hunk(
                        file="layered.asev",
                        line=_ADDRESS.line,
                        old=(FILE.line(_ADDRESS.line),),
                        new=(FILE.line(_ADDRESS.line).replace("10.0.1.0/26", "one.vip    "),),
                    ),
                ),
                widening=131072,
                turns=(
                    Turn(name="front door calls the API", before=Verdict.VIOLATED, after=Verdict.HOLDS),
                    Turn(name="hidden", before=Verdict.HOLDS, after=Verdict.HOLDS),
                    Turn(name="as before", before=Verdict.VIOLATED, after=Verdict.VIOLATED, expected=True),
                ),
            ),
            Proposal(
                words=("let rule 100 of nsg shared allow what it denies", "name the source one.vip too"),
                edits=(Edit(_DENY, "allow any from * to *"), Edit(_ADDRESS, "10.0.1.0/26, one.vip")),
                hunks=(
                    Hunk(
                        file="net/rules.asev",
                        line=3,
                        old=("    100 deny any from * to *",),
                        new=("    100 allow any from * to *",),
                    ),
                ),
                turns=(Turn(name="front door calls the API", before=Verdict.VIOLATED, after=Verdict.HOLDS),),
            ),
        ),
        tried=7,
    ),
    Repair(finding=VIOLATED, tried=1, contradiction="not one call"),
    Repair(finding=VIOLATED, tried=40, exhausted=False, conflicts=(("hidden", 3), ("as before", 1))),
    Repair(finding=VIOLATED, advice=("move the machine to another subnet (asever help same-subnet-block)",)),
)


def wrong(text: str, nth: int = 1) -> Span:
    start = -1
    for _ in range(nth):
        start = WRONG.text.index(text, start + 1)
    return Span(WRONG, start, start + len(text))


DIAGNOSTICS = (
    Diagnostic(
        code="unknown-name",
        message="there is no nsg called `back-end-lokdown`",
        primary=Label(wrong("back-end-lokdown"), "not defined in this program"),
        secondary=(Label(wrong("back-end-lockdown"), "the nearest name is here"),),
        help="did you mean `back-end-lockdown`?",
        edits=(Edit(wrong("back-end-lokdown"), "back-end-lockdown"),),
    ),
    Diagnostic(
        code="defined-twice",
        message="nsg `back-end-lockdown` is defined twice",
        primary=Label(wrong("back-end-lockdown", 2), "the second time"),
        secondary=(Label(wrong("back-end-lockdown"), "the first time"),),
        notes=(
            "a name stands for one thing in the whole program, its imports included, whatever kind of thing it is, and " * 2,
        ),
    ),
    Diagnostic(code="expected-address", message="`nonsense` is no address", primary=Label(wrong("nonsense"), "here")),
    Diagnostic(
        code="expected-from",
        message="a rule needs `from` after its protocol",
        primary=Label(wrong("reaches"), "a text that is far too long to stand beside its caret, " * 3),
        secondary=(Label(wrong("one"), "who"), Label(wrong("two"), "whom")),
        help='a rule reads\n  PRIORITY ["name"] allow|deny PROTOCOL from WHERE',
    ),
    Diagnostic(code="no-place", message="the check `x` covers no packet", severity=Severity.WARNING),
    Diagnostic(
        code="vacuous-check",
        message="this covers no packet",
        primary=Label(span("AzureManagement reaches env", file=PACKS, parent=span(_HEALTH)), "nobody calls"),
    ),
    Diagnostic(
        code="unclosed-block", message="the file ends here", primary=Label(Span(WRONG, len(WRONG.text), len(WRONG.text)))
    ),
)
