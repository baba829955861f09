"""A walked flow as numbered lines: where the packet is, what happens to it there, and which line of which resource decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from asever.model.addresses import format_address
from asever.model.answers import NearMiss, Outcome, Step, StepKind, Trace
from asever.model.effective import Action, Arrival, FilterKind, FilterRow, Route, SourceTranslation
from asever.model.packets import Packet, format_packet
from asever.report.lines import WIDTH, Line, Piece, Style, line, wrapped
from asever.report.rules import RuleLines, decision_lines, rule_lines
from asever.report.words import PLATFORM, Vocabulary, direction_text, filter_title, has_ports, tags_text
from asever.source import Span

_PLACE = 28
_STYLES = {StepKind.DROP: Style.BAD, StepKind.UNKNOWN: Style.UNSURE, StepKind.DELIVER: Style.GOOD}
_STOPPING = (StepKind.DROP, StepKind.UNKNOWN)
_NUMBER = 5

OUTCOMES: Mapping[Outcome, tuple[str, Style]] = {
    Outcome.DELIVERED: ("is delivered", Style.GOOD),
    Outcome.DROPPED: ("is dropped", Style.BAD),
    Outcome.REPLY_LOST: ("is delivered, but its reply is lost", Style.BAD),
    Outcome.UNKNOWN: ("has an unknown fate", Style.UNSURE),
}


def flow_lines(trace: Trace, words: Vocabulary, *, origin: str = "", target: str = "", width: int = WIDTH) -> list[Line]:
    """The packet as it is sent, who sends it and whom it calls."""
    packet = trace.flow.packet
    source = origin or words.title(trace.flow.origin)
    called = words.addresses.get(packet.target) or target
    ends = f"from {source} to {called}" if called else f"from {source}"
    text = f"      {format_packet(packet)}"
    lines: list[Line] = []
    if len(text) + 4 + len(ends) <= width:
        lines.append(line(Piece(text, Style.STRONG), f"    {ends}"))
    else:
        lines += [line(Piece(text, Style.STRONG)), *(line(one) for one in wrapped(ends, first="      ", width=width))]
    for address, tags in (("the source", packet.source_tags), ("the destination", packet.target_tags)):
        if tags:
            lines.append(line(f"      where {address} stands for {tags_text(tags)}"))
    return lines


def step_lines(
    trace: Trace,
    words: Vocabulary,
    near: Sequence[NearMiss] = (),
    *,
    width: int = WIDTH,
    elaborate: bool = True,
    of_rule: RuleLines = rule_lines,
) -> list[Line]:
    """Every step there and back, numbered. With `elaborate` a filter that drops the packet shows its rules."""
    column = min(max((len(_where(step, words)) for step in trace.steps), default=0), _PLACE)
    lines: list[Line] = []
    returning = False
    for number, step in enumerate(trace.steps, start=1):
        if step.reply and not returning:
            returning = True
            lines.append(line("    the reply:"))
        lines += _step(number, step, words, column, width)
        if elaborate and step.filter is not None and shows_rules(step):
            row = step.row if isinstance(step.row, FilterRow) else None
            misses = near_at(near, step.filter.resource)
            readings = trace.flow.readings
            lines += decision_lines(step.filter, step.before, row, readings, misses, width=width, of_rule=of_rule)
    return lines


def shows_rules(step: Step) -> bool:
    """Whether the rules of the filter at a step are listed: one of them stops the packet, or may."""
    return step.kind in _STOPPING and step.filter is not None and step.filter.kind.has_rules


def near_at(near: Sequence[NearMiss], resource: str) -> Collection[tuple[int, str]]:
    """The near misses among the rules of a resource, by priority and name."""
    return {(one.priority, one.rule) for one in near if one.resource == resource}


def _step(number: int, step: Step, words: Vocabulary, column: int, width: int) -> list[Line]:
    where, what = _where(step, words), step_text(step, words)
    indent = " " * (_NUMBER + 2 + column + 2)
    style = _STYLES.get(step.kind, Style.PLAIN)
    head = f"{number:>{_NUMBER}}  {where:<{column}}  "
    fits = len(where) <= column
    because = f" ({step.because})" if step.because and step.because not in what else ""
    one_line = len(indent) + len(what) + len(because) <= width
    texts = wrapped(what + because if one_line else what, first=indent, width=width)
    first = texts[0][len(indent) :]
    lines: list[Line] = []
    if fits:
        lines.append(line(Piece(head), Piece(first, style)))
    else:
        lines += [line(Piece(head.rstrip())), line(indent, Piece(first, style))]
    lines += [line(Piece(text, style)) for text in texts[1:]]
    if because and not one_line:
        lines += [line(Piece(text)) for text in wrapped(because.strip(), first=indent, width=width)]
    return lines


def _where(step: Step, words: Vocabulary) -> str:
    if step.filter is not None:
        return filter_title(step.filter)
    if step.kind is StepKind.ROUTE:
        return "route"
    if step.kind is StepKind.SEND and step.detail.startswith(PLATFORM):
        return PLATFORM
    return words.title(step.at)


def step_text(step: Step, words: Vocabulary) -> str:
    """What happens at a step, in one sentence without the reason."""
    if step.filter is not None:
        return _filter_text(step)
    if step.kind is StepKind.SEND:
        who = "an instance calls" if step.at in words.network.environments else "calls"
        return f"{who} {words.addresses.get(step.before.target) or format_address(step.before.target)}"
    if step.kind is StepKind.DELIVER:
        return f"delivered; it sees the source {words.named(step.after.source)}"
    if step.kind is StepKind.ROUTE and "->" not in step.detail:
        return f"over {step.detail}"
    if step.kind is StepKind.DROP and isinstance(step.row, Route) and not step.because and says_no_reason(step.row):
        return f"{step.detail}: drops it"
    if step.kind is StepKind.UNKNOWN and step.detail == unmodelled(step):
        return step.detail if is_open(step) else f"{step.detail}: not modelled yet"
    change = _change(step.before, step.after, words)
    if unknown_source(step):
        change = f"source {words.named(step.before.source)} -> an unknown address (say {words.named(step.after.source)})"
    if step.kind in {StepKind.SOURCE_NAT, StepKind.DESTINATION_NAT, StepKind.RELAY} and change:
        return change
    return step.detail or step.kind.value


def unmodelled(step: Step) -> str | None:
    """The construct that this version cannot follow, where a step meets one."""
    return step.row.unmodelled if isinstance(step.row, (Route, SourceTranslation)) else None


def is_open(step: Step) -> bool:
    """Whether a step says of what it meets that nobody knows it; else it is a construct that the model does not have."""
    return (unmodelled(step) or "").endswith("is not known")


def says_no_reason(route: Route) -> bool:
    """Whether the text of a route that drops a packet is a plain route: prefix, hop, and where it comes from."""
    return "->" in route.text and ", which is invalid" not in route.text


def unknown_source(step: Step) -> str | None:
    """Why nobody knows the source that a step gives to the packet, None where it is known or kept."""
    if isinstance(step.row, Arrival):
        return step.row.doubt if step.row.source_becomes else None
    return step.row.unknown if isinstance(step.row, SourceTranslation) else None


def probed(trace: Trace, step: Step) -> bool:
    """Whether a step is about a health probe and not about the flow itself, which waits for it."""
    probe = next((one for one in trace.steps if one.kind is StepKind.PROBE and one.before == step.before), None)
    return probe is not None and step is not probe


def _filter_text(step: Step) -> str:
    one = step.filter
    if one is not None and one.kind is FilterKind.PLATFORM and step.kind is StepKind.DROP:
        return f"drops {step.detail}"
    if one is None or not one.kind.has_rules:
        return step.detail
    direction = "network rules" if one.kind is FilterKind.FIREWALL else direction_text(one.direction)
    if step.kind is StepKind.UNKNOWN:
        return f"{direction}: which rule decides is not known"
    if step.kind is StepKind.DROP:
        return f"{direction}: drops it (the first rule that matches decides)"
    if isinstance(step.row, FilterRow):
        past = ", and past the NSGs here" if step.row.action is Action.ALWAYS_ALLOW else ""
        return f"{direction}: {rule_title(step.row.priority, step.row.name)} lets it pass{past}"
    if one.otherwise is Action.DENY:
        return f"{direction}: {step.detail}"
    return f"{direction}: no rule drops it"


def rule_title(priority: int | None, name: str) -> str:
    """`rule 200 "front door"`; Azure's own names stand without quotes."""
    number = "" if priority is None else f" {priority}"
    if not name or name == f"rule {priority}":
        return f"rule{number}"
    bare = name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return f"rule{number} {name}" if bare else f'rule{number} "{name}"'


def _change(before: Packet, after: Packet, words: Vocabulary) -> str:
    """`source 10.0.1.4 -> 192.23.1.2 (one.vip)`, empty where nothing changes."""
    parts = []
    if before.source != after.source:
        tags = f", {tags_text(after.source_tags)}" if after.source_tags else ""
        parts.append(f"source {words.named(before.source)} -> {words.named(after.source)}{tags}")
    if before.target != after.target:
        parts.append(f"destination {words.named(before.target)} -> {words.named(after.target)}")
    if has_ports(before) and before.target_port != after.target_port:
        parts.append(f"port {before.target_port} -> {after.target_port}")
    if has_ports(before) and before.source_port != after.source_port:
        parts.append(f"source port {before.source_port} -> {after.source_port}")
    return ", ".join(parts)


def location(step: Step) -> Span | None:
    """The line of the program behind a step: that of the row that decided, else that of the filter."""
    if step.row is not None:
        return step.row.origin.span
    return step.filter.span if step.filter is not None else None
