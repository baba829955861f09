"""Things that are declared and that nothing uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from asever.diagnostics import Diagnostic, Diagnostics
from asever.lint.books import removal
from asever.lint.warnings import warning
from asever.model.claims import GroupHasNoDeadRules, GroupPermitsNoMore, GroupsEqual
from asever.model.program import Program
from asever.model.things import Network, TermKind, Thing
from asever.syntax import nodes
from asever.syntax.parser import parse

_NAMES_A_WORD = re.compile(r"\b(?:service|tag)\b")


def unused_findings(program: Program) -> Iterator[Diagnostic]:
    """What the main file declares and nothing uses; what it imports may be there for others."""
    network = program.network
    kinds: tuple[tuple[str, Mapping[str, Thing], set[str | None], str], ...] = (
        ("nsg", network.groups, _groups(program), "it stands before no subnet and no machine, and no check names it"),
        ("route-table", network.route_tables, {one.route_table for one in network.subnets.values()}, "no subnet has it"),
        ("nat-gateway", network.nat_gateways, {one.nat_gateway for one in network.subnets.values()}, "no subnet has it"),
        ("asg", network.application_groups, _application_groups(network), "no rule names it"),
    )
    for word, declared, used, why in kinds:
        for name, thing in declared.items():
            if name not in used and thing.span is not None and program.files and thing.span.file is program.files[0]:
                yield warning(
                    f"unused-{word}", f"{word} `{name}` is not used: {why}", thing.span, "not used", advice="leave it out"
                )
    yield from _words(program)


def _groups(program: Program) -> set[str | None]:
    network = program.network
    attached = {one.nsg for one in network.subnets.values()} | {one.nsg for one in network.machines.values()}
    for check in program.checks:
        match check.claim:
            case GroupsEqual(left=left, right=right) | GroupPermitsNoMore(left=left, right=right):
                attached |= {left, right}
            case GroupHasNoDeadRules(group=group):
                attached.add(group)
    return attached


def _application_groups(network: Network) -> set[str | None]:
    rules = [rule for one in network.groups.values() for rule in (*one.inbound, *one.outbound)]
    rules += [rule for one in network.admin_rules.values() for rule in (*one.inbound, *one.outbound)]
    terms = [term for rule in rules for term in (*rule.sources, *rule.targets)]
    return {term.text for term in terms if term.kind is TermKind.ASG}


def _words(program: Program) -> Iterator[Diagnostic]:
    """Services and tags of the main file whose name stands nowhere else in the program."""
    if not program.files:
        return
    main = program.files[0]
    if not any(word in main.text for word in ("service", "tag")) or not _NAMES_A_WORD.search(main.text):
        return  # the file need not be read again
    tree = parse(main, Diagnostics())
    texts = [re.sub(r"//[^\n]*", "", file.text) for file in program.files]
    for item in tree.items:
        if isinstance(item, nodes.Service | nodes.Tag):
            name, word = item.name.text, "service" if isinstance(item, nodes.Service) else "tag"
            if sum(len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE)) for text in texts) == 1:
                yield warning(
                    f"unused-{word}",
                    f"{word} `{name}` is not used: its name stands nowhere else",
                    item.name.span,
                    "not used",
                    advice="leave it out",
                    edit=removal(item.span),
                )
