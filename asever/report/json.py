"""Findings for machines: the documented, stable keys, and more beside them (`schema.json` describes both).

Text and JSON come from the same values. `seconds` is the only key whose value differs from run to run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from asever.diagnostics import Diagnostic, Label
from asever.model.addresses import format_address
from asever.model.answers import (
    Blocker,
    CoreRow,
    CoreWay,
    CrossCheck,
    DeadRows,
    Dependence,
    Evidence,
    FiltersDiffer,
    Finding,
    NearMiss,
    Step,
    StepKind,
    Trace,
    Verdict,
)
from asever.model.claims import Reachability
from asever.model.confirmed import Confirmed
from asever.model.effective import Action, Filter, FilterRow
from asever.model.packets import Packet, format_protocol, format_protocols, format_socket
from asever.report import diagnostics as places
from asever.report.rules import deciding_row, in_order, way_text, ways_in_order
from asever.report.words import has_ports, ports_text
from asever.source import Span

Json = dict[str, Any]


def report_text(
    checks: Sequence[str], verdict: Verdict, seconds: float, *, version: str = "", warnings: Sequence[Diagnostic] = ()
) -> str:
    """The whole report, laid out as by `dumped`; `checks` are texts of findings. `version` is the program's own.

    Keys and their order are fixed. Findings may come as text from other processes, and are of any number: a document of all of
    them would be built only to be written.
    """
    before = {"asever": version, "verdict": verdict.value}
    after = {"diagnostics": diagnostics_json(warnings), "seconds": round(seconds, 3)}
    return with_list(before, "checks", checks, after)


def with_list(before: Json, name: str, items: Iterable[str], after: Json | None = None) -> str:
    """A document with one long list, whose items are texts already, behind some keys and before others."""
    listed = ",\n".join(items)
    between = f"\n{listed}\n  " if listed else ""
    head = dumped(before).removesuffix("\n}\n")
    tail = ",\n" + dumped(after).removeprefix("{\n") if after else "\n}\n"
    return f'{head},\n  "{name}": [{between}]{tail}'


def finding_text(finding: Finding) -> str:
    """One check as it stands in a report. A line ends nowhere but between two values: strings hold it escaped."""
    return "    " + json.dumps(finding_json(finding), indent=2, ensure_ascii=False).replace("\n", "\n    ")


def dumped(document: object) -> str:
    """A document as text, laid out for people too."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def errors_json(diagnostics: Iterable[Diagnostic], *, version: str = "") -> Json:
    """What stands in the place of a report when the input is wrong: no verdict, and why."""
    return {"asever": version, "diagnostics": diagnostics_json(diagnostics)}


def lint_json(findings: Iterable[Diagnostic], confirmed: Confirmed, *, version: str = "") -> Json:
    """What `lint` found, in the order of the places, and how what it says of rules was proved."""
    proofs = {"claims": confirmed.claims, "confirmed": confirmed.confirmed, "solver": confirmed.solver}
    return {"asever": version, "findings": diagnostics_json(findings), "proofs": proofs}


def diagnostics_json(diagnostics: Iterable[Diagnostic]) -> list[Json]:
    """Every diagnostic in the order of its place, with spans as line and column."""
    return [_diagnostic(one) for one in places.in_order(diagnostics)]


def finding_json(finding: Finding) -> Json:
    """One check. `counterexample` is null unless the claim is violated, `example` unless a `can reach` holds."""
    trace = finding.trace
    violated, holds = finding.verdict is Verdict.VIOLATED, finding.verdict is Verdict.HOLDS
    return {
        "name": finding.check.name or finding.check.text,
        "text": finding.check.text,
        "location": location_json(finding.check.span),
        "applied_at": location_json(finding.check.span.parent if finding.check.span else None),
        "verdict": finding.verdict.value,
        "expected": finding.check.expect_violated,
        "met": finding.met,
        "assumptions": [f"{one.name}={one.value}" for one in finding.dependences],
        "seconds": round(finding.seconds, 3),
        "counterexample": _counterexample(finding, trace) if violated and trace is not None else None,
        "example": trace_json(trace) if holds and trace is not None else None,
        "undecided": trace_json(trace) if not violated and not holds and trace is not None else None,
        "reasons": list(finding.reasons),
        "dependences": [_dependence(one) for one in finding.dependences],
        "facts": list(finding.facts),
        "evidence": _evidence(finding.evidence) if finding.evidence else None,
        "difference": _difference(finding.difference) if finding.difference else None,
        "dead_rules": _dead(finding.dead_rows) if finding.dead_rows else None,
        "certificate": list(finding.certificate),
        "confirmed": finding.confirmed,
        "cross_check": _cross_check(finding.cross_check) if finding.cross_check else None,
        "requirements": [finding_json(one) for one in finding.requirements],
    }


def _cross_check(found: CrossCheck) -> Json:
    return {"solver": found.solver, "answer": found.answer, "agrees": found.agrees}


def trace_json(trace: Trace) -> Json:
    """One walked flow: the packet, what became of it, and every step there and back."""
    return {
        "packet": packet_json(trace.flow.packet),
        "origin": trace.flow.origin,
        "target": trace.site,
        "outcome": trace.outcome.value,
        "seen_as": None if trace.arrived is None else format_address(trace.arrived.source),
        "steps": [_step(one) for one in trace.steps],
        "readings": dict(sorted(trace.flow.readings.items())),
        "unknown": list(trace.unknown),
        "assumed": sorted(trace.assumed),
    }


def _counterexample(finding: Finding, trace: Trace) -> Json:
    """A walked flow with the blame. `seen_as` is the source that the last stage saw, also of a packet that is lost there."""
    claim, seen = finding.check.claim, trace.arrived or _last_packet(trace)
    return {
        **trace_json(trace),
        "target": claim.target.name if isinstance(claim, Reachability) else trace.site,
        "seen_as": format_address(seen.source),
        "whole_scope": finding.whole_scope,
        "blockers": [blocker_json(one) for one in finding.blockers],
        "near_misses": [near_miss_json(one) for one in finding.near_misses],
    }


def _last_packet(trace: Trace) -> Packet:
    """The packet after its last translation on the way there; a health probe on the way is another packet."""
    rewritten = [step.after for step in trace.steps if not step.reply and step.before != step.after]
    return rewritten[-1] if rewritten else trace.flow.packet


def packet_json(packet: Packet) -> Json:
    """Protocols without ports have null ports. Tags say which unknown addresses a number stands for."""
    ports = has_ports(packet)
    result: Json = {
        "protocol": format_protocol(packet.protocol),
        "source": format_address(packet.source),
        "source_port": packet.source_port if ports else None,
        "destination": format_address(packet.target),
        "destination_port": packet.target_port if ports else None,
    }
    if packet.source_tags:
        result["source_tags"] = sorted(packet.source_tags)
    if packet.target_tags:
        result["destination_tags"] = sorted(packet.target_tags)
    return result


def _step(step: Step) -> Json:
    return {
        "at": step.at,
        "does": step.kind.value,
        "detail": step_detail(step),
        "because": step.because,
        "location": location_json(_step_span(step)),
        "reply": step.reply,
        "rule": _rule(step.row) if isinstance(step.row, FilterRow) else None,
        "packet": packet_json(step.after),
    }


def step_detail(step: Step) -> str:
    """For a filter the name of the rule that decides; for a translation the change; else the step's own words."""
    if step.kind in {StepKind.PASS, StepKind.DROP} and isinstance(step.row, FilterRow):
        return step.row.name or str(step.row.priority)
    before, after = step.before, step.after
    changes = []
    if step.kind is not StepKind.SEND and before.source != after.source:
        changes.append(f"{format_address(before.source)} -> {format_address(after.source)}")
    if step.kind is not StepKind.SEND and (before.target, before.target_port) != (after.target, after.target_port):
        ports = has_ports(before) and before.target_port != after.target_port
        changes.append(
            f"{format_socket(before.target, before.target_port, with_port=ports)} -> "
            f"{format_socket(after.target, after.target_port, with_port=ports)}"
        )
    return ", ".join(changes) or step.detail


def _step_span(step: Step) -> Span | None:
    """The line that decided; null where Azure itself did, as for its default rules."""
    return None if step.row is None else step.row.origin.span


def _rule(row: FilterRow) -> Json:
    return {
        "name": row.name,
        "priority": row.priority,
        "action": row.action.value,
        "protocol": format_protocols(row.protocol),
        "source": row.source.text,
        "source_port": ports_text(row.source_port),
        "destination": row.target.text,
        "destination_port": ports_text(row.target_port),
        "default": row.origin.azure is not None,
        "location": location_json(row.origin.span),
    }


def blocker_json(one: Blocker) -> Json:
    """One setting in a flow's way."""
    return {
        "resource": one.resource,
        "rule": one.rule,
        "priority": one.priority,
        "location": location_json(one.location),
        "detail": one.detail,
    }


def near_miss_json(one: NearMiss) -> Json:
    """A rule that nearly lets a flow pass."""
    return {
        "resource": one.resource,
        "rule": one.rule,
        "priority": one.priority,
        "field": one.field,
        "wants": one.wants,
        "sees": one.sees,
        "because": one.because,
        "location": location_json(one.location),
        "field_location": location_json(one.field_location),
        "cause": location_json(one.cause),
    }


def _dependence(one: Dependence) -> Json:
    return {
        "assumption": one.name,
        "value": one.value,
        "alternative": one.alternative,
        "otherwise": one.otherwise.value,
        "question": one.question,
    }


def _evidence(one: Evidence) -> Json:
    return {
        "covered": list(one.covered),
        "rests_on": [_core(row) for row in in_order(one.rests_on.rows)],
        "routes": [_way(way) for way in ways_in_order(one.rests_on.ways, written=True)],
        "settings": [_way(way) for way in ways_in_order(one.rests_on.ways, written=False)] if one.rests_on.settings else None,
        "assumes": [f"{name}={value}" for name, value in one.rests_on.readings] if one.rests_on.settings else None,
        "minimal": one.rests_on.minimal,
        "replayed": one.replayed,
        "witness": None if one.witness is None else packet_json(one.witness.packet),
    }


def _core(one: CoreRow) -> Json:
    return {"resource": one.filter.resource, "direction": one.filter.direction.value, **_rule(one.row)}


def _way(one: CoreWay) -> Json:
    return {"at": one.at, "text": way_text(one), "resource": one.row.resource, "location": location_json(one.row.origin.span)}


def _difference(one: FiltersDiffer) -> Json:
    return {
        "packet": packet_json(one.packet),
        "where": one.context.where,
        "decisions": [_decision(each, one) for each in (one.context.left, one.context.right) if each is not None],
    }


def _decision(one: Filter, difference: FiltersDiffer) -> Json:
    row = deciding_row(one, difference.packet, difference.readings)
    action = one.otherwise if row is None else row.action
    return {
        "resource": one.resource,
        "direction": one.direction.value,
        "allows": action is not Action.DENY,
        "rule": None if row is None else _rule(row),
    }


def _dead(one: DeadRows) -> list[Json]:
    return [{**_rule(row), "decided_by": [_rule(each) for each in instead]} for row, instead in one.rows]


def location_json(span: Span | None) -> Json | None:
    """`{"file", "line", "column"}`, counted from 1."""
    return None if span is None else {"file": span.file.name, "line": span.line, "column": span.column}


def _diagnostic(one: Diagnostic) -> Json:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "message": one.message,
        "location": location_json(one.primary.span if one.primary else None),
        "label": one.primary.text if one.primary else "",
        "related": [_label(label) for label in one.secondary],
        "notes": list(one.notes),
        "help": one.help,
        "edits": [
            {
                "location": location_json(edit.span),
                "start": edit.span.place,
                "end": edit.span.place + edit.span.end - edit.span.start,
                "replacement": edit.replacement,
            }
            for edit in one.edits
        ],
    }


def _label(label: Label) -> Json:
    return {"location": location_json(label.span), "text": label.text}
