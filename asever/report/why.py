"""Why a flow fares as it does: the rule that nearly let it pass, the line that stops it, the rules that let it in."""

from __future__ import annotations

from collections.abc import Sequence

from asever.model.answers import Blocker, Finding, NearMiss, Step, StepKind, Trace
from asever.model.claims import Claim, Reachability, Verb
from asever.model.effective import FilterKind, FilterRow, Route
from asever.record import record
from asever.report.lines import BLANK, Line, line, wrapped
from asever.report.page import Page, dependence_text, head_of, listed
from asever.report.quote import Mark
from asever.report.steps import probed, rule_title, says_no_reason, unknown_source
from asever.report.words import PLATFORM, Vocabulary, filter_title, place

# More near misses than these are alternatives that the list of rules shows anyway.
_NEAR_MISSES = 2


@record(kw_only=False)
class Why:
    """A reason in a sentence, and the places in the source that matter; `follows` is that it goes on from the one before."""

    text: str
    marks: tuple[Mark, ...] = ()
    follows: bool = False


def why_lines(finding: Finding, page: Page) -> list[Line]:
    """The reasons, with the lines of the source that matter."""
    lines: list[Line] = []
    for one in whys(finding):
        lines += [*([] if one.follows else [BLANK]), *page.remark("why", one.text), *page.quoted(one.marks)]
    return lines


def whys(finding: Finding) -> list[Why]:
    """Why a check fails as it does."""
    trace, claim = finding.trace, finding.check.claim
    lost = lost_at(trace) if trace else None
    # A rule that misses by two fields was hardly meant for the packet: the list of rules shows it, and that is enough.
    near = [one for one in finding.near_misses if " and " not in one.field]
    if near:
        what = "health probe" if trace and lost and probed(trace, lost) else "packet"
        return [_near_miss(miss, what) for miss in near[:_NEAR_MISSES]]
    if trace is None:
        return []
    if trace.arrived is not None and isinstance(claim, Reachability) and claim.verb in {Verb.NEVER_REACHES, Verb.ONLY}:
        return [_why_let_in(trace)]
    if lost is not None:
        return [_why_lost(lost, of_probe=probed(trace, lost))]
    return _why_not_as_demanded(trace, claim) if trace.arrived is not None else []


def lost_at(trace: Trace) -> Step | None:
    """The step that drops the packet or its reply."""
    return next((step for step in trace.steps if step.kind is StepKind.DROP), None)


def _near_miss(miss: NearMiss, what: str) -> Why:
    because = f", because {miss.because}" if miss.because else ""
    rule = f"{rule_title(miss.priority, miss.rule)} of {miss.kind} {miss.resource}"
    text = (
        f"{rule} (~) would allow the {what}, but it wants {miss.field} {miss.wants} and the {what} carries {miss.sees}{because}"
    )
    marks = []
    span = miss.field_location or miss.location
    if span is not None:
        marks.append(Mark(span, f"the {what} carries {miss.sees}"))
    if miss.cause is not None:
        marks.append(Mark(miss.cause, f"{miss.sees} comes from here", primary=False))
    return Why(text, tuple(marks))


def _why_lost(step: Step, *, of_probe: bool) -> Why:
    span = None if step.row is None else step.row.origin.span
    what = "the health probe" if of_probe else "it"
    if step.filter is None or not step.filter.kind.has_rules:
        text = _lost_on_route(step) if isinstance(step.row, Route) else step.because or step.detail
        if step.filter is not None and step.filter.kind is FilterKind.PLATFORM:
            text = f"{PLATFORM} drops {step.detail}, whatever the rules say"
        return Why(text, (Mark(head_of(span), "what decides this"),) if span is not None else ())
    title = filter_title(step.filter)
    if isinstance(step.row, FilterRow) and step.row.origin.azure is None:
        text = f"{rule_title(step.row.priority, step.row.name)} of {title} drops {what}"
        return Why(text, (Mark(span, "the first rule that matches"),) if span else ())
    closes = (
        f"{step.row.name}, which Azure adds to every nsg, drops the rest"
        if isinstance(step.row, FilterRow)
        else "it drops the rest"
    )
    inside = step.filter.span
    marks = (Mark(head_of(inside), "no rule in here allows the packet"),) if inside is not None else ()
    return Why(f"no rule of {title} allows {what}, and {closes}", marks)


def _lost_on_route(step: Step) -> str:
    """Which route loses a packet, or sends a reply astray."""
    if isinstance(step.row, Route) and not says_no_reason(step.row):
        taken = "the reply" if step.reply else "it"
        return f"{taken} takes the route {step.detail}" if "->" in step.detail else step.detail
    if not step.reply:
        return f"the route {step.detail} drops it"
    if isinstance(step.row, Route) and step.row.fabric is None and not step.row.recipients:
        return f"the route {step.detail} drops the reply"
    where = f"the reply takes the route {step.detail}"
    return f"{where}; {step.because}" if step.because else where


def _why_let_in(trace: Trace) -> Why:
    """Which rules let a packet pass that should not."""
    parts, marks = [], []
    for step in trace.steps:
        if step.reply or step.filter is None or not step.filter.kind.has_rules or not isinstance(step.row, FilterRow):
            continue
        span = step.row.origin.span
        default = " (Azure's default)" if step.row.origin.azure is not None else ""
        parts.append(f"{rule_title(step.row.priority, step.row.name)} of {filter_title(step.filter)}{default}")
        if span:
            marks.append(Mark(span, "lets the packet pass"))
    if not parts:
        return Why("no nsg stands on its way, so nothing filters it")
    verb = "let" if len(parts) > 1 else "lets"
    return Why(f"{listed(parts)} {verb} it pass", tuple(marks))


def _why_not_as_demanded(trace: Trace, claim: Claim) -> list[Why]:
    """What gave the packet its source, or which route led it astray."""
    found: list[Why] = []
    if isinstance(claim, Reachability) and claim.seen_as:
        rewrites = [step for step in trace.steps if not step.reply and step.before.source != step.after.source]
        if not rewrites:
            found.append(Why("nothing on the way translates the source"))
        for step in rewrites:
            span = None if step.row is None else step.row.origin.span
            marks = (Mark(head_of(span), "the source comes from here"),) if span else ()
            found.append(Why(unknown_source(step) or step.because or step.detail, marks, follows=bool(found)))
    if isinstance(claim, Reachability) and claim.within_region:
        for route in (route for route in trace.routes if not route.regional):
            way = f"the route {route.text}" if "->" in route.text else f"the way over {route.text}"
            marks = (Mark(head_of(route.origin.span), "the route"),) if route.origin.span else ()
            found.append(Why(f"{way} leaves the region", marks, follows=bool(found)))
    return found


def _title(fact: str) -> str:
    from asever.catalogue.facts import FACT_OF  # noqa: PLC0415 - what holds needs no facts

    return f"{FACT_OF[fact].title} " if fact in FACT_OF else ""


def blocker_lines(blockers: Sequence[Blocker], page: Page) -> list[Line]:
    """What would stop the flow once the first obstacle is gone."""
    if len(blockers) < 2:
        return []
    lines: list[Line] = [BLANK, line("  Past that, it would be stopped again:")]
    for one in blockers[1:]:
        lines += [line(text) for text in wrapped(blocker_text(one, page.words), first="    - ", rest=" " * 6, width=page.width)]
    return lines


def blocker_text(one: Blocker, words: Vocabulary) -> str:
    """`nsg back-end-lockdown, rule 65500 DenyAllInBound: inbound at subnet corp/back-end`, with the line."""
    rule = rule_title(one.priority, one.rule) if one.priority is not None else one.rule
    parts = [words.title(one.resource), *([rule] if rule else [])]
    where = f" ({place(one.location)})" if one.location else ""
    detail = f": {one.detail}" if one.detail and one.detail != one.rule else ""
    return f"{', '.join(parts)}{where}{detail}"


def note_lines(finding: Finding, page: Page) -> list[Line]:
    """The assumptions that the answer depends on, and the facts of Azure that explain it."""
    lines: list[Line] = []
    for one in finding.dependences:
        lines += page.remark("note", dependence_text(one))
    told = {one.name for one in finding.dependences}
    for fact in finding.facts:
        if fact not in told:
            lines += page.remark("note", f"{_title(fact)}(asever help {fact})")
    return [BLANK, *lines] if lines else []
