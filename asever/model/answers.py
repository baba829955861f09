"""What comes back: traces of single flows, answers of the solver, and findings, which are all that reports read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from asever.model.claims import Check
from asever.model.effective import Arrival, Filter, FilterContext, FilterRow, Redirect, Route, Scope, SourceTranslation
from asever.model.numbers import NumberSet
from asever.model.packets import Flow, Packet
from asever.record import field, record
from asever.source import Span

# -- One flow, walked ---------------------------------------------------------------------------------------------------


class Outcome(Enum):
    """How a walk ends. UNKNOWN: an unmodelled construct, an unknown tag, or a doubt stands in the way."""

    DELIVERED = "delivered"
    DROPPED = "dropped"
    REPLY_LOST = "reply-lost"
    UNKNOWN = "unknown"


class StepKind(Enum):
    """What a step does, in the words of the reports."""

    SEND = "send"
    PASS = "pass"  # noqa: S105 - a packet passes; no password
    DROP = "drop"
    ROUTE = "route"
    SOURCE_NAT = "source NAT"
    DESTINATION_NAT = "destination NAT"
    RELAY = "relay"
    HAND_OVER = "hand over"
    PROBE = "probe"
    DELIVER = "deliver"
    UNKNOWN = "unknown"


Row = FilterRow | Route | SourceTranslation | Arrival | Redirect


@record
class Step:
    """One stage of a walk. `at` is the resource (`one`, `back-end-lockdown`); `row` decided, None where a default did.

    `filter` is set when a filter decided. `before` and `after` differ where the step rewrote the packet. `reply` marks the
    way back.
    """

    at: str
    kind: StepKind
    detail: str
    because: str = ""
    row: Row | None = None
    filter: Filter | None = None
    before: Packet
    after: Packet
    reply: bool = False


@record
class Offer:
    """A choice that came up on a walk, and what it could have been. `unknown` is why nobody knows which one is true."""

    name: str
    numbers: NumberSet
    unknown: str | None = None


@record
class Trace:
    """A walked flow, there and back.

    `arrived` is the packet as the receiving site sees it, `site` that site's name; both are None when it is lost before.
    `passed` names every resource on the way, for `via`. `routes` are the routes taken, in order. `unknown` gives the
    reasons when the outcome is UNKNOWN. `assumed` are the assumptions that rows on the way (or skipped rows that would have
    matched) depend on. `offered` are the choices that came up, in order.
    """

    flow: Flow
    outcome: Outcome
    steps: tuple[Step, ...]
    site: str | None = None
    arrived: Packet | None = None
    passed: frozenset[str] = frozenset()
    routes: tuple[Route, ...] = ()
    unknown: tuple[str, ...] = ()
    assumed: frozenset[str] = frozenset()
    offered: tuple[Offer, ...] = ()


# -- The solver's answer ------------------------------------------------------------------------------------------------


@record(kw_only=False)
class CoreRow:
    """A filter row that a proof rests on, and the filter it stands in."""

    filter: Filter
    row: FilterRow


Way = Route | SourceTranslation | Arrival | Redirect
"""A row that decides where packets go, and as what."""


def is_written(row: Row) -> bool:
    """Whether somebody wrote this row as a rule or a route, rather than Azure making it of a setting or by itself."""
    return isinstance(row, FilterRow | Route | Redirect) and row.origin.span is not None and row.origin.azure is None


@record(kw_only=False)
class CoreWay:
    """A route, translation, arrival or redirect that a proof rests on, and the site or fabric whose it is."""

    at: str
    row: Way


@record
class Core:
    """What a proof rests on: it stands whatever anything else does, and `minimal` says that nothing can be left out.

    A row that is left out may do the worst with what it takes: a rule may decide either way, and what takes a route, a
    translation or an arrival may end anywhere. An assumption that is left out may be read either way.

    `settings` is whether it was asked which rows of Azure's own making and which assumptions (`readings`) are needed; if not,
    these are given, and `rows` and `ways` are of the user's rules and routes.
    """

    rows: tuple[CoreRow, ...] = ()
    ways: tuple[CoreWay, ...] = ()
    readings: tuple[tuple[str, str], ...] = ()
    minimal: bool = False
    settings: bool = False


@record
class Proved:
    """No counterexample exists; `core` suffices for the proof. `confirmed` here and below: as in `Finding`."""

    core: Core = field(default_factory=Core)
    confirmed: bool = False
    seconds: float = 0.0


@record
class Shown:
    """`can reach` holds: here is such a flow, for the recommended reading."""

    flow: Flow
    scope: Scope
    confirmed: bool = False
    seconds: float = 0.0


@record
class Refuted:
    """A flow that breaks the claim. `whole_scope` when every flow in scope breaks it (None: not asked)."""

    flow: Flow
    scope: Scope
    whole_scope: bool | None = None
    confirmed: bool = False
    seconds: float = 0.0


@record
class NoneArrives:
    """`can reach` is violated: in the readings given no flow of any scope arrives. `example` is one flow that is lost."""

    readings: Mapping[str, str]
    example: Flow
    scope: Scope
    core: Core = field(default_factory=Core)
    confirmed: bool = False
    seconds: float = 0.0


@record
class FiltersDiffer:
    """A packet on which two filters break their relation, and where."""

    packet: Packet
    context: FilterContext
    readings: Mapping[str, str]
    seconds: float = 0.0


@record
class DeadRows:
    """Rows that decide no packet, each with the rows that decide in its place."""

    rows: tuple[tuple[FilterRow, tuple[FilterRow, ...]], ...]
    context: FilterContext
    seconds: float = 0.0


@record
class Undecided:
    """No verdict, and why: an unmodelled construct, an unknown tag, a time-out. `flow` is one that hangs on it."""

    reasons: tuple[str, ...]
    flow: Flow | None = None
    scope: Scope | None = None
    seconds: float = 0.0


Answer = Proved | Shown | Refuted | NoneArrives | FiltersDiffer | DeadRows | Undecided

# -- Findings -----------------------------------------------------------------------------------------------------------


class Verdict(Enum):
    """The three verdicts of a check, before `expect violated` is applied."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


class Standing(NamedTuple):
    """The verdict of a check beside what its author expects."""

    verdict: Verdict
    expect_violated: bool

    @property
    def met(self) -> bool | None:
        """Whether the check is as its author expects; None when unknown."""
        if self.verdict is Verdict.UNKNOWN:
            return None
        return (self.verdict is Verdict.VIOLATED) == self.expect_violated


class Told(NamedTuple):
    """A finding in words, with what is counted of it: all that a report needs, and all that whoever judged hands over."""

    standing: Standing
    text: str

    @property
    def met(self) -> bool | None:
        """As of the finding."""
        return self.standing.met


def together(every: Iterable[Standing]) -> Verdict:
    """The verdict of several checks: violated when one is not met, else unknown when one is unknown, else holds."""
    met = {one.met for one in every}
    if False in met:
        return Verdict.VIOLATED
    return Verdict.UNKNOWN if None in met else Verdict.HOLDS


@record
class Dependence:
    """The verdict rests on `name` being `value`; under `alternative` it would be `otherwise`."""

    name: str
    value: str
    alternative: str
    otherwise: Verdict
    question: str = ""


@record
class Blocker:
    """One setting that would have to change for the flow to live. `row` is None where a default decides."""

    resource: str
    rule: str
    priority: int | None = None
    location: Span | None = None
    detail: str = ""


@record
class NearMiss:
    """An allow rule that all but one field of the packet meets: `wants` is what it says, `sees` what the packet carries.

    `kind` is what the rule stands in (nsg, firewall, admin-rules). `because` says why the packet carries that; `cause` is the
    span that made it so (the ase's vip).
    """

    resource: str
    rule: str
    priority: int
    field: str
    kind: str = "nsg"
    wants: str
    sees: str
    because: str = ""
    location: Span | None = None
    field_location: Span | None = None
    cause: Span | None = None


@record
class Evidence:
    """What a proof says and rests on.

    `covered` is the scope in words and numbers, one line each. `rests_on` is what the proof needs;
    `replayed` how many flows the solver-free evaluator walked with the same verdict; `witness` is a flow in scope.
    """

    covered: tuple[str, ...]
    rests_on: Core = field(default_factory=Core)
    replayed: int = 0
    witness: Flow | None = None


@record
class CrossCheck:
    """What a second solver says of a check: `answer` in words, and whether that agrees (None: it came to no answer)."""

    solver: str
    answer: str
    agrees: bool | None
    reproducer: str = field(default="", repr=False)


@record
class Finding:
    """Everything there is to say about one check. `verdict` is the claim's own; `met` also heeds `expect violated`.

    `facts` are words for `asever help` that explain the counterexample. `requirements` are the findings of `is healthy`.
    `certificate` are the folders with the proofs of it, where they were asked for. `confirmed`: exact search, which uses no
    solver, came to the same verdict in the same run; where not, it was not asked or gave up.
    """

    check: Check
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    trace: Trace | None = None
    whole_scope: bool | None = None
    blockers: tuple[Blocker, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    evidence: Evidence | None = None
    dependences: tuple[Dependence, ...] = ()
    dead_rows: DeadRows | None = None
    difference: FiltersDiffer | None = None
    facts: tuple[str, ...] = ()
    requirements: tuple[Finding, ...] = ()
    origin_title: str = ""
    target_title: str = ""
    certificate: tuple[str, ...] = ()
    cross_check: CrossCheck | None = None
    confirmed: bool = False
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The name of the check, or its text where it has none."""
        return self.check.name or self.check.text

    @property
    def counterexample(self) -> Trace | FiltersDiffer | DeadRows | None:
        """What breaks the claim, None where nothing does."""
        if self.verdict is not Verdict.VIOLATED:
            return None
        return self.trace or self.difference or self.dead_rows

    @property
    def standing(self) -> Standing:
        """The verdict beside what the author expects."""
        return Standing(self.verdict, self.check.expect_violated)

    @property
    def met(self) -> bool | None:
        """Whether the check is as its author expects; None when unknown."""
        return self.standing.met


@record
class Report:
    """All findings of a run, in the order of the file. `names` makes addresses readable (`192.23.1.2` is `one.vip`)."""

    results: tuple[Finding, ...]
    names: Mapping[int, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """The verdict of all checks together."""
        return together(finding.standing for finding in self.results)
