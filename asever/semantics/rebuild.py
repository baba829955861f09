"""A program built and validated again and again: where an edit touches the rules of NSGs alone, only those NSGs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from asever.diagnostics import Diagnostic, Diagnostics
from asever.model import claims, things
from asever.model.numbers import NumberSet
from asever.record import record
from asever.semantics.build import Build, Sources, addresses_in, is_somebodys
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
            gone = [old.span.file for old, _ in changed]
            found.extend(one for one in last.warnings if one.primary is None or one.primary.span.file not in gone)
            validate_groups(network, _changed_names(last.network, network), found)
        diagnostics.extend(found)
        if is_clean and not found.errors:
            self._last = _Last(sources=sources, build=build, network=network, checks=checks, warnings=tuple(found))
        return network, checks


def _changed_names(old: things.Network, new: things.Network) -> list[str]:
    return [name for name, group in new.groups.items() if group is not old.groups[name]]


def _regrouped(build: Build, network: things.Network, changed: _Changes) -> things.Network | None:
    """The network with these NSGs declared anew; None if anything is to be said of them, or more hangs on them."""
    if not all(_named_in(old) == _named_in(new) for old, new in changed):
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
            if not (_is_group(before) and _is_group(after) and before.name.text == after.name.text):
                return None
            changed.append((before, after))
    return changed


def _is_group(item: nodes.Item) -> TypeGuard[nodes.Declaration]:
    return isinstance(item, nodes.Declaration) and item.kind.text == "nsg"


def _named_in(node: nodes.Declaration) -> set[NumberSet]:
    """The addresses in a declaration that make the Internet smaller, since their author knows whose they are."""
    return {one.value for one in addresses_in(node.body) if is_somebodys(one.value)}
