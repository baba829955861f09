"""A program built and validated again and again: where rules of NSGs alone differ, only these, as far as that may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asever.diagnostics import Diagnostic, Diagnostics
from asever.model import claims, things
from asever.record import record, replace
from asever.semantics.build import Build, Sources, is_group, somebodys
from asever.semantics.limits import LIMIT
from asever.semantics.problems import Problems
from asever.semantics.validate import validate, validate_groups
from asever.syntax import nodes

_Changes = Sequence[tuple[nodes.Declaration, nodes.Declaration]]


@record
class _Last:
    """A build of which nothing was said, and the warnings about its network."""

    sources: Sources
    build: Build
    network: things.Network
    checks: tuple[claims.Check, ...]
    warnings: tuple[Diagnostic, ...]


class LastBuild:
    """The builds of one program. In what is built again, the tables of other things and the checks are the very same ones."""

    def __init__(self) -> None:
        self._last: _Last | None = None

    def build(self, sources: Sources, diagnostics: Diagnostics) -> tuple[things.Network, tuple[claims.Check, ...]]:
        """As `asever.semantics.build.build` and `asever.semantics.validate.validate`, but for the order of diagnostics."""
        last, self._last = self._last, None
        changed = None if last is None else _changed_groups(last.sources, sources)
        again = None if last is None or changed is None else _regrouped(last.build, last.network, changed)
        found = Diagnostics()
        if last is None or changed is None or again is None:
            build = Build(sources, Problems(found))
            network, checks = build.run()
            is_clean = build.is_independent and not found.found  # what is said of a build would have to be said again
            validate(network, found)
        else:
            build, network, checks, is_clean = last.build, again, last.checks, True
            found.extend(_still_said(last, network, changed))
            validate_groups(network, _new_rules(last.network, network), found)
        diagnostics.extend(found)
        if is_clean and not found.errors:
            self._last = _Last(sources=sources, build=build, network=network, checks=checks, warnings=tuple(found))
        return network, checks


def _still_said(last: _Last, network: things.Network, changed: _Changes) -> Iterator[Diagnostic]:
    """The warnings that are about nothing in the changed NSGs, or about one of their rules that is the same."""
    texts = [one.span.file for pair in changed for one in pair]  # a rule that is the same stands in the new text
    same = {
        one.span.file
        for name, group in network.groups.items()
        if group is not last.network.groups[name]
        for one in _same_rules(last.network.groups[name], group)
        if one.span is not None
    }
    for one in last.warnings:
        file = one.primary.span.file if one.primary is not None else None
        if file is None or not any(map(file.is_of, texts)) or (file in same and one.code != LIMIT):
            yield one


def _new_rules(old: things.Network, new: things.Network) -> Iterator[things.SecurityGroup]:
    """The changed NSGs with those of their rules that are not the same as before."""
    for name, group in new.groups.items():
        if group is not old.groups[name]:
            same = set(map(id, _same_rules(old.groups[name], group)))
            inbound, outbound = (
                tuple(one for one in rules if id(one) not in same) for rules in (group.inbound, group.outbound)
            )
            yield replace(group, inbound=inbound, outbound=outbound)


def _same_rules(old: things.SecurityGroup, new: things.SecurityGroup) -> Iterator[things.DeclaredRule]:
    before = set(map(id, (*old.inbound, *old.outbound)))
    return (one for one in (*new.inbound, *new.outbound) if id(one) in before)


def _regrouped(build: Build, network: things.Network, changed: _Changes) -> things.Network | None:
    """The network with these NSGs declared anew; None if anything is to be said of them, or more hangs on them."""
    if not all(_name_alike(old, new) for old, new in changed):
        return None
    found = Diagnostics()
    again = build.regrouped(network, changed, found)
    return None if found.found else again


def _changed_groups(old: Sources, new: Sources) -> _Changes | None:
    """The NSGs that are other nodes now; None if anything else is."""
    about = [(one.homes, one.sealed, one.health, [(file.prefix, file.aliases) for file in one.files]) for one in (old, new)]
    if about[0] != about[1] or not (old.excuses.is_empty and new.excuses.is_empty):
        return None
    changed: list[tuple[nodes.Declaration, nodes.Declaration]] = []
    for ours, theirs in zip(old.files, new.files, strict=True):
        if len(ours.items) != len(theirs.items):
            return None
        for before, after in zip(ours.items, theirs.items, strict=True):
            if before is after:
                continue
            if not (is_group(before) and is_group(after) and before.name.text == after.name.text):
                return None
            changed.append((before, after))
    return changed


def _name_alike(old: nodes.Declaration, new: nodes.Declaration) -> bool:
    """Whether two declarations make the Internet smaller by the same addresses."""
    both = _rules(old) & _rules(new)
    return somebodys(old, both) == somebodys(new, both) or somebodys(old) == somebodys(new)


def _rules(node: nodes.Declaration) -> set[int]:
    """The identities of the rules in the lists of a declaration."""
    lists = (one for one in (node.body.items if node.body is not None else ()) if isinstance(one, nodes.Rules))
    return {id(rule) for one in lists for rule in one.rules}
