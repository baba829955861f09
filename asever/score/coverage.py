"""Which rules, routes and settings of a program some check rests on; the others could be wrong and no check would tell.

A rule or route counts if it is in the minimal core of a check that holds, if it decides the flow that shows a `can reach`, or
if it decides the counterexample of a violation that is expected. A claim that two NSGs are equal, or one no wider than the
other, rests on all their rules; one that an NSG has no dead rules on none, since it does not say what they are to decide. A
setting counts if some check is no longer met with the setting turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asever.azure.effective import effective
from asever.evaluate.judge import deciding_row
from asever.explain.finding import Options
from asever.model.answers import Finding, Outcome, StepKind, Verdict
from asever.model.claims import GroupPermitsNoMore, GroupsEqual
from asever.model.effective import EffectiveNetwork
from asever.model.program import Program
from asever.model.scores import Coverage, Part, PartKind
from asever.model.things import DeclaredRule, Network
from asever.pipeline import run
from asever.record import replace
from asever.score.faults import route_text, rule_text, rule_title, settings
from asever.score.verdicts import Verdicts
from asever.solve.answer import Depth
from asever.solve.differ import changed_tables
from asever.source import Span

By = dict[Span, dict[str, None]]
"""The checks that rest on what is written at a place."""


def coverage(program: Program, options: Options) -> Coverage:
    """What the checks of a program rest on. Raises `SpecError` and `ReadingsDisagree` as `asever.pipeline.run` does."""
    report = run(program, replace(options, core=Depth.RULES))
    verdicts = Verdicts(program, report.results, options)
    by: By = {}
    for finding in report.results:
        for span in _rests_on(finding, program.network, verdicts.tables) if finding.met else ():
            by.setdefault(span, {})[finding.name] = None
    parts = (*_written(program.network, by), *_settings(program.network, verdicts))
    return Coverage(parts=parts, met=len(verdicts.met), checks=len(report.results))


# -- Rules and routes ---------------------------------------------------------------------------------------------------


def _rests_on(finding: Finding, network: Network, tables: EffectiveNetwork) -> Iterator[Span]:
    """The places of the rules and routes that a finding rests on."""
    if finding.requirements and finding.verdict is Verdict.HOLDS:
        for one in finding.requirements:
            yield from _rests_on(one, network, tables)
        return
    yield from _existing(_deciders(finding, tables))
    claim = finding.check.claim
    if finding.verdict is Verdict.HOLDS and isinstance(claim, GroupsEqual | GroupPermitsNoMore):
        for name in (claim.left, claim.right):
            group = network.groups[name]
            yield from _existing(rule.span for rule in (*group.inbound, *group.outbound))


def _deciders(finding: Finding, tables: EffectiveNetwork) -> Iterator[Span | None]:
    """Where the rows were written that a verdict hangs on; None for Azure's own."""
    if finding.evidence is not None:
        core = finding.evidence.rests_on
        yield from (one.row.origin.span for one in core.rows)
        yield from (way.row.origin.span for way in core.ways)
    if finding.trace is not None:
        lost = finding.trace.outcome is not Outcome.DELIVERED
        yield from (
            step.row.origin.span
            for step in finding.trace.steps
            if step.row is not None and (step.kind is StepKind.DROP or not lost)
        )
    if finding.difference is not None:
        found = finding.difference
        for one in (found.context.left, found.context.right):
            row = None if one is None else deciding_row(one, found.packet, found.readings, tables)
            yield None if row is None else row.origin.span
    if finding.dead_rows is not None:
        for dead, instead in finding.dead_rows.rows:
            yield from (row.origin.span for row in (dead, *instead))


def _existing(spans: Iterable[Span | None]) -> Iterator[Span]:
    return (one for one in spans if one is not None)


def _written(network: Network, by: By) -> Iterator[Part]:
    """Every rule and route that somebody wrote."""
    for group in network.groups.values():
        yield from _rules(f"nsg {group.name}", "inbound rule", group.inbound, by)
        yield from _rules(f"nsg {group.name}", "outbound rule", group.outbound, by)
    for admin in network.admin_rules.values():
        yield from _rules(f"admin-rules {admin.name}", "inbound rule", admin.inbound, by)
        yield from _rules(f"admin-rules {admin.name}", "outbound rule", admin.outbound, by)
    for firewall in network.firewalls.values():
        yield from _rules(f"firewall {firewall.name}", "rule", firewall.rules, by)
    for table in network.route_tables.values():
        for route in table.routes:
            yield Part(
                kind=PartKind.ROUTE,
                resource=f"route-table {table.name}",
                text=route_text(route),
                span=route.span,
                by=_names(by, route.span),
            )


def _rules(resource: str, what: str, rules: Iterable[DeclaredRule], by: By) -> Iterator[Part]:
    for rule in rules:
        text = f"{rule_title(what, rule)}: {rule_text(rule)}"
        yield Part(kind=PartKind.RULE, resource=resource, text=text, span=rule.span, by=_names(by, rule.span))


def _names(by: By, span: Span | None) -> tuple[str, ...]:
    return () if span is None else tuple(by.get(span, ()))


# -- Settings -----------------------------------------------------------------------------------------------------------


def _settings(network: Network, verdicts: Verdicts) -> Iterator[Part]:
    """Every setting that the program states, with the first check that is no longer met when it is turned."""
    for mutant in settings(network):
        if not mutant.stated:
            continue
        tables = effective(mutant.network)
        change = verdicts.first_change(mutant.network, tables, changed_tables(verdicts.tables, tables))
        yield Part(
            kind=PartKind.SETTING,
            resource=mutant.fault.resource,
            text=mutant.fault.before,
            span=mutant.fault.span,
            by=() if change is None else (change.check.name or change.check.text,),
        )
