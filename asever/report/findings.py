"""One finding as text. The counterexample is the message: what happens to the packet, where, and because of which line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from asever.model.answers import Core, CoreRow, Finding, Outcome, Trace, Verdict
from asever.model.claims import Reachability, Verb
from asever.model.effective import FilterRow
from asever.model.packets import format_packet
from asever.report.lines import BLANK, Line, Piece, Style, indented, length, line, wrapped
from asever.report.page import Page, dependence_text, listed
from asever.report.rules import in_order, rule_text, way_text, ways_in_order
from asever.report.steps import OUTCOMES, flow_lines, is_open, probed, rule_title, step_lines, unmodelled
from asever.report.why import blocker_lines, lost_at, note_lines, why_lines
from asever.report.words import filter_title, outermost, place

STYLES = {Verdict.HOLDS: Style.GOOD, Verdict.VIOLATED: Style.BAD, Verdict.UNKNOWN: Style.UNSURE}
_COLUMN = 10
# A line of evidence names this many rules of an nsg, and this many routes; `--evidence` names all.
_ROWS = 6
_ROUTES = 3


def finding_lines(finding: Finding, page: Page) -> list[Line]:
    """Everything about one check that the page asks for."""
    return [*_finding_lines(finding, page), *_others(finding, page)]


def _finding_lines(finding: Finding, page: Page) -> list[Line]:
    lines = [headline(finding, page), *_claim(finding, page)]
    if finding.requirements:
        return [*lines, *_healthy(finding, page)]
    match finding.verdict:
        case Verdict.HOLDS:
            return [*lines, *(_all_evidence(finding, page) if page.evidence else _some_evidence(finding, page))]
        case Verdict.VIOLATED:
            return [*lines, *_violated(finding, page)]
        case Verdict.UNKNOWN:
            return [*lines, *_unknown(finding, page)]
        case _:
            assert_never(finding.verdict)


def _others(finding: Finding, page: Page) -> list[Line]:
    """What a second solver says, and where proofs for others stand: under the claim, or set off from a longer text."""
    said: list[tuple[str, str]] = []
    second = finding.cross_check
    if second is not None:
        words = {True: "agrees", False: f"DISAGREES: {second.answer}", None: f"has no answer ({second.answer})"}
        said.append(("cross-check", f"{second.solver} {words[second.agrees]}"))
    if finding.certificate:
        first, *more = finding.certificate
        said.append(("certificate", f"{first}{f' and {len(more)} more' if more else ''}"))
    if finding.verdict is Verdict.HOLDS and not page.evidence:
        return [one for word, text in said for one in page.paragraph(f"{word}: {text}", _COLUMN)]
    return [*([BLANK] if said else []), *(one for word, text in said for one in page.remark(word, text))]


def headline(finding: Finding, page: Page) -> Line:
    """The verdict, the name, and where the check stands in the user's file (for a check of a pack, where it is applied)."""
    check, verdict = finding.check, finding.verdict
    style = STYLES[verdict]
    suffix = ""
    if check.expect_violated and verdict is not Verdict.UNKNOWN:
        style = Style.GOOD if finding.met else Style.BAD
        suffix = " (as expected)" if finding.met else " (but it is expected to be violated)"
    head = line(Piece(f"{verdict.value.upper():<8}", style), "  ", Piece((check.name or check.text) + suffix, Style.STRONG))
    if check.span is None:
        return head
    where = place(outermost(check.span))
    return (*head, Piece(" " * max(page.width - length(head) - len(where), 2)), Piece(where, Style.PLACE))


def _claim(finding: Finding, page: Page) -> list[Line]:
    """The claim in the language's own words, unless the name already is that; for a check of a pack, where that is."""
    check = finding.check
    lines = page.paragraph(check.text, _COLUMN) if check.name not in {"", check.text} else []
    if check.span is not None and check.span.parent is not None:
        lines += page.paragraph(f"written at {place(check.span)}", _COLUMN, Style.FAINT)
    return lines


# -- It holds -----------------------------------------------------------------------------------------------------------


def _some_evidence(finding: Finding, page: Page) -> list[Line]:
    """One line: what was proved, over how much, resting on what."""
    text = "; ".join(_evidence_parts(finding))
    return page.paragraph(text, _COLUMN, Style.FAINT) if text else []


def _evidence_parts(finding: Finding) -> Iterator[str]:
    if finding.trace is not None:
        yield f"shown by {format_packet(finding.trace.flow.packet)}"
    if finding.evidence is not None:
        covered, rests_on = finding.evidence.covered, finding.evidence.rests_on
        if covered:
            more = f", and {len(covered) - 1} more such group{'s' if len(covered) > 2 else ''}" if len(covered) > 1 else ""
            yield f"proved for {_flows(covered[0])}{more}"
        routes = _written(rests_on)
        others = [f"{len(routes) - _ROUTES} more"] if len(routes) > _ROUTES else []
        needed = [*([_rows_by_group(rests_on.rows)] if rests_on.rows else []), *routes[:_ROUTES], *others]
        if needed:
            yield f"rests on {listed(needed)}"
    if finding.dependences:
        yield f"assumes {', '.join(f'{one.name}={one.value}' for one in finding.dependences)}"


def _flows(covered: str) -> str:
    """A line of what is covered begins with who calls; as part of a sentence it needs its noun."""
    return f"flows {covered}" if covered.startswith("from ") else covered


def _rows_by_group(rows: Sequence[CoreRow]) -> str:
    """`nsg back-end-lockdown 100, 200, 65500`: each group once, its rules by number."""
    groups: dict[str, dict[int, None]] = {}
    for one in in_order(rows):
        numbers = groups.setdefault(filter_title(one.filter), {})
        if one.filter.kind.has_rules:
            numbers[one.row.priority] = None
    return " and ".join(
        title if not numbers else f"{title} rule{'s' if len(numbers) > 1 else ''} {_numbers(sorted(numbers))}"
        for title, numbers in groups.items()
    )


def _written(core: Core) -> list[str]:
    """`route 0.0.0.0/0 -> Internet (route of table)`: the routes that somebody wrote and that a proof needs."""
    return [way_text(one) for one in ways_in_order(core.ways, written=True)]


def _numbers(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - _ROWS} more" if len(numbers) > _ROWS else ""
    return ", ".join(map(str, numbers[:_ROWS])) + more


def row_texts(rows: Sequence[CoreRow]) -> list[str]:
    """`back-end-lockdown 200 "front door": allow tcp from 10.0.1.0/26 to * port 80, 443`, each rule once."""
    texts: dict[tuple[str, int, str], str] = {}
    for one in in_order(rows):
        row = one.row
        title = f"{one.filter.resource} {rule_title(row.priority, row.name).removeprefix('rule ')}: {rule_text(row)}"
        text = title if one.filter.kind.has_rules else f"{filter_title(one.filter)} keeps out {row.name}"
        texts.setdefault((one.filter.resource, row.priority, row.name), text)
    return list(texts.values())


def _all_evidence(finding: Finding, page: Page) -> list[Line]:
    lines: list[Line] = []
    if finding.trace is not None:
        lines += _example(finding, "This flow shows it:", page)
    evidence = finding.evidence
    if evidence is not None or finding.dependences:
        lines.append(BLANK)
    if evidence is not None:
        lines += _facts("proved for", [_flows(one) for one in evidence.covered], page)
        lines += _needed(finding, evidence.rests_on, page)
        proof = ["the solver finds no counterexample, and none exists"]
        if evidence.replayed:
            flows = "the flow" if evidence.replayed == 1 else f"{evidence.replayed} flows"
            proof.append(f"the solver-free reading agrees on {flows} that it tried")
        if finding.confirmed:
            proof.append("exact search, without the solver, comes to the same verdict")
        if evidence.witness is not None:
            proof.append(f"not vacuous: {format_packet(evidence.witness.packet)} is covered")
        lines += _facts("evidence", proof, page)
    for one in finding.dependences:
        lines += _facts("assumes", [dependence_text(one)], page)
    return lines


def _needed(finding: Finding, core: Core, page: Page) -> Iterator[Line]:
    """What the proof cannot do without: rules and routes, then what Azure makes of settings, then assumptions."""
    rows = [*row_texts(core.rows), *_written(core)]
    settings = [way_text(one) for one in ways_in_order(core.ways, written=False)]
    taken = [f"{name}={value}" for name, value in core.readings]
    if not rows and isinstance(finding.check.claim, Reachability):
        without = "no rule and no route of yours is needed"
        rows = [without if settings or taken else f"of addresses and ports alone: {without}"]
    yield from _facts("because", rows, page)
    yield from _facts("and since", settings, page)
    yield from _facts("assuming", taken, page)
    if core.rows or core.ways or core.readings:
        enough = "none of these can be left out" if core.minimal else "these suffice for the proof"
        yield from _facts("", [f"({enough})"], page)


def _facts(word: str, texts: Sequence[str], page: Page) -> list[Line]:
    """A labelled list: the label stands on its first line only."""
    lines: list[Line] = []
    for index, text in enumerate(texts):
        head = f"  {word if index == 0 else '':<10}  "
        shown = wrapped(text, first=head, width=page.width)
        lines += [line(Piece(one[: len(head)], Style.FAINT), one[len(head) :]) for one in shown]
    return lines


# -- It does not --------------------------------------------------------------------------------------------------------


def _violated(finding: Finding, page: Page) -> list[Line]:
    if finding.check.expect_violated and not page.evidence:
        return _expected(finding, page)
    if finding.difference is not None or finding.dead_rows is not None:
        return _about_filters(finding, page)
    lines = _example(finding, _sentence(finding, page), page)
    if finding.reasons:
        lines += [BLANK, *reason_lines(finding.reasons, page)]
    return [*lines, *why_lines(finding, page), *blocker_lines(finding.blockers, page), *note_lines(finding, page)]


def _about_filters(finding: Finding, page: Page) -> list[Line]:
    from asever.report.groups import dead_lines, difference_lines  # noqa: PLC0415 - most checks are about flows

    if finding.difference is not None:
        return [*difference_lines(finding, finding.difference, page), *note_lines(finding, page)]
    assert finding.dead_rows is not None  # noqa: S101 - it is one or the other
    return dead_lines(finding.dead_rows, page)


def _expected(finding: Finding, page: Page) -> list[Line]:
    """A known failure in one line: it is a regression test, not news."""
    text = in_brief(finding, page)
    return page.paragraph(text, _COLUMN) if text else []


def in_brief(finding: Finding, page: Page) -> str:
    """What breaks a check, in one sentence; nothing where nothing is shown."""
    if finding.difference is not None:
        return f"for example {format_packet(finding.difference.packet)} is judged differently"
    if finding.dead_rows is not None:
        rows = [rule_title(row.priority, row.name) for row, _ in finding.dead_rows.rows]
        return f"{listed(rows)} decide{'s' if len(rows) == 1 else ''} no packet"
    if finding.trace is None:
        return ""
    verb = OUTCOMES[finding.trace.outcome][0]
    return f"for example {format_packet(finding.trace.flow.packet)} {verb}{_lost_where(finding.trace, page)}"


def _lost_where(trace: Trace, page: Page) -> str:
    """` by nsg back-end-lockdown, rule 65500 DenyAllInBound` where a flow is dropped."""
    lost = lost_at(trace)
    if lost is None:
        return ""
    if lost.filter is not None and isinstance(lost.row, FilterRow) and lost.filter.kind.has_rules:
        probe = ", since its health probe is dropped" if probed(trace, lost) else ""
        return f"{probe} by {filter_title(lost.filter)}, {rule_title(lost.row.priority, lost.row.name)}"
    return f" at {page.words.title(lost.at)}: {lost.detail}"


def _example(finding: Finding, sentence: str, page: Page) -> list[Line]:
    """A sentence, the flow, and its way."""
    trace = finding.trace
    if trace is None:
        return []
    flow = flow_lines(trace, page.words, origin=finding.origin_title, target=finding.target_title, width=page.width)
    steps = step_lines(trace, page.words, finding.near_misses, width=page.width, of_rule=page.of_rule)
    return [BLANK, *page.paragraph(sentence, 2), BLANK, *flow, BLANK, *steps]


def _sentence(finding: Finding, page: Page) -> str:
    """What becomes of the flow below, and of the others that the check covers."""
    trace, claim = finding.trace, finding.check.claim
    if trace is None or not isinstance(claim, Reachability):
        return "This flow breaks the check:"
    verb = OUTCOMES[trace.outcome][0]
    lost = lost_at(trace)
    if lost is not None and probed(trace, lost):
        verb += " because a health probe is"
    every = ", and so is every other flow that the check covers"
    if claim.verb is Verb.CAN_REACH:
        return f"No flow that the check covers arrives as it should. This one, for example, {verb}:"
    if claim.verb in {Verb.NEVER_REACHES, Verb.ONLY}:
        lost_too = "; that its reply is lost does not matter here" if trace.outcome is Outcome.REPLY_LOST else ""
        arrives = OUTCOMES[Outcome.DELIVERED][0] if lost_too else verb
        return f"This flow {arrives}, although the check forbids it{every if finding.whole_scope else ''}{lost_too}:"
    if trace.outcome is Outcome.UNKNOWN and finding.verdict is Verdict.VIOLATED:
        return f"Whatever becomes of this flow, {listed(list(_lacks(trace, claim, page))) or 'it is not as the check demands'}:"
    if trace.outcome is Outcome.DELIVERED:
        return f"This flow is delivered, but {listed(list(_lacks(trace, claim, page))) or 'not as the check demands'}:"
    if finding.whole_scope:
        return f"This flow {verb}{every if trace.outcome is Outcome.DROPPED else ', and no other flow fares better'}:"
    if finding.whole_scope is False:
        return f"This flow {verb}, while others that the check covers get through:"
    return f"This flow {verb}:"


def _lacks(trace: Trace, claim: Reachability, page: Page) -> Iterator[str]:
    """What a delivered flow lacks of what the modifiers demand."""
    seen = trace.arrived
    if (
        seen
        and claim.seen_as
        and not any(seen.source in one.addresses or one.text in seen.source_tags for one in claim.seen_as)
    ):
        demanded = " or ".join(term.text for term in claim.seen_as)
        sees = "another source" if trace.outcome is Outcome.UNKNOWN else f"the source {page.words.named(seen.source)}"
        yield f"{claim.target.name} sees {sees}, not {demanded}"
    for endpoint in claim.via:
        if endpoint.name not in trace.passed:
            yield f"it does not pass {endpoint.name}"
    for endpoint in claim.not_via:
        if endpoint.name in trace.passed:
            yield f"it passes {endpoint.name}"
    if claim.within_region and not all(route.regional for route in trace.routes):
        yield "it leaves the region"


# -- Unknown ------------------------------------------------------------------------------------------------------------


def _unknown(finding: Finding, page: Page) -> list[Line]:
    """Why there is no verdict, the flow that hangs on it, and what to do."""
    lines = [BLANK, *reason_lines(finding.reasons, page, finding.trace)] if finding.reasons else []
    if finding.trace is not None:
        lines += _example(finding, "This flow, for example, hangs on it:", page)
    act = _way_on(finding)
    return [*lines, BLANK, *page.remark("help", act), *note_lines(finding, page)]


def _way_on(finding: Finding) -> str:
    """What to do about an unknown answer."""
    if any("time limit" in reason for reason in finding.reasons):
        return "raise the limit with --timeout SECONDS, or split the check"
    if finding.trace is not None and any(unmodelled(step) for step in finding.trace.steps):
        return "the answer is left open rather than guessed: narrow the check to flows that do not need it"
    return "the answer is left open rather than guessed: state what is missing in the file, or narrow the check"


def reason_lines(reasons: Sequence[str], page: Page, trace: Trace | None = None) -> list[Line]:
    """One paragraph for each reason; a construct that `trace` meets and cannot follow is said to be one."""
    met = {unmodelled(step) for step in trace.steps if not is_open(step)} if trace else set()
    texts = (f"{reason}, which is not modelled yet" if reason in met else reason for reason in reasons)
    return [one for text in texts for one in page.remark("because", text)]


# -- Health -------------------------------------------------------------------------------------------------------------


def _healthy(finding: Finding, page: Page) -> list[Line]:
    """The requirements in a list; those that are not met follow in full."""
    met, total = sum(one.met is True for one in finding.requirements), len(finding.requirements)
    count = f"{met} of {total} requirements are met" if total > 1 else f"its requirement is {'' if met else 'not '}met"
    lines = page.paragraph(count, _COLUMN)
    if met == total and not page.evidence:
        names = "; ".join(one.check.name or one.check.text for one in finding.requirements)
        return [*lines, *page.paragraph(names, _COLUMN, Style.FAINT)]
    for one in finding.requirements:
        style = Style.GOOD if one.met else STYLES[one.verdict]
        lines.append(line(" " * _COLUMN, Piece(f"{one.verdict.value:<8}", style), f"  {one.check.name or one.check.text}"))
    if finding.check.expect_violated and not page.evidence:
        return lines
    for one in finding.requirements:
        if not one.met or page.evidence:
            lines += [BLANK, *indented(finding_lines(one, page.narrower(4)), 4)]
    return [*lines, *note_lines(finding, page)]
