"""Looks for edits that make a check met: the cheapest first, each judged, each counterexample of what was tried its own guide.

An edited program that fails in another way than before is a beginning: what may cure its counterexample is added to its edits
(counterexample-guided search). What is found is minimal, since every part of it is judged too, and proved by the whole
pipeline on the edited texts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import combinations
from pathlib import Path

from asever.diagnostics import Edit, SpecError
from asever.evaluate.walk import walk_through
from asever.explain.finding import ask
from asever.explain.witness import wants_reply
from asever.model.answers import Finding, Outcome, Report, Step, StepKind, Verdict
from asever.model.claims import Check
from asever.model.effective import FlowQuestion, Quantifier, Scope, Success
from asever.model.packets import Packet
from asever.model.program import Program
from asever.model.repairs import Proposal, Repair, Turn
from asever.pipeline import Depth, Options, run
from asever.record import record, replace
from asever.repair.admitting import admitting
from asever.repair.advice import advice
from asever.repair.candidates import Candidate, Case, case
from asever.repair.places import removed
from asever.repair.refusing import refusing
from asever.repair.texts import hunks, rebased
from asever.repair.trial import Counterexample, Edited, Judged, Trials, rank
from asever.repair.ways import environments_behind, misrouted, otherwise, unguarded
from asever.semantics.memory import Memory, originals

MOST_EDITS = 4
MOST_PROPOSALS = 3
_LARGE = 30_000  # characters
_MOST_BRANCHES = 8  # changes that are thought of for a counterexample of an edited program
_Reading = Callable[[Sequence[Edit]], Edited | None]


@record
class Limits:
    """How far to look: edited programs that are judged, and seconds in all (None: no matter)."""

    tries: int = 150
    seconds: float | None = 60.0


def repair(
    path: Path,
    program: Program,
    before: Report,
    finding: Finding,
    options: Options,
    limits: Limits,
    memory: Memory | None = None,
) -> Repair:
    """The proposals for one finding of a report, which judged every check of the program.

    `memory`, of originals, is what the program was loaded with, if it was.
    """
    if finding.verdict is Verdict.UNKNOWN or finding.check.expect_violated:
        return Repair(finding=finding, advice=tuple(advice(finding)))
    search = _Search(
        trials=Trials(path=path, original=program, options=options, memory=memory or originals(made_up=True)),
        before=before,
        index=next(index for index, one in enumerate(before.results) if one is finding),
        limits=limits,
    )
    proposals = tuple(search.proposals())
    return Repair(
        finding=finding,
        proposals=proposals,
        tried=search.trials.count,
        exhausted=not search.stopped,
        contradiction=search.contradiction,
        conflicts=tuple(sorted(search.conflicts.items(), key=lambda each: (-each[1], each[0]))),
        advice=(*advice(finding, fixed=bool(proposals)), *(search.unexpected if not proposals else ())),
    )


@record
class _State:
    """A set of edits to be judged, and the counterexample that it is to cure.

    `tried`: they do not suffice, as a sketch of the program told, and what is to be done besides is yet to be looked for.
    `otherwise` is to be judged if they do not suffice.
    """

    changes: tuple[Candidate, ...] = ()
    parent: Counterexample | None = None
    tried: bool = False
    otherwise: _State | None = None

    @property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(edit for one in self.changes for edit in one.edits)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(one.words for one in self.changes)

    @property
    def takes(self) -> frozenset[str]:
        return frozenset[str]().union(*(one.takes for one in self.changes))

    @property
    def cost(self) -> tuple[int, ...]:
        edits, *others = (sum(each) for each in zip(*(one.cost for one in self.changes), strict=True))
        return edits + self.tried, *others

    @property
    def listed(self) -> bool:
        """Whether every edit is in a list of rules."""
        return all(one.listed for one in self.changes)


@dataclass
class _Search:
    trials: Trials
    before: Report
    index: int
    limits: Limits
    stopped: bool = False
    contradiction: str | None = None
    conflicts: dict[str, int] = field(default_factory=dict)
    unexpected: tuple[str, ...] = ()
    counted: dict[tuple[str, frozenset[Edit]], Edited] = field(default_factory=dict)
    seen: set[tuple[frozenset[Edit], bool]] = field(default_factory=set)
    queue: list[tuple[tuple[int, ...], int, _State]] = field(default_factory=list)

    def proposals(self) -> Iterator[Proposal]:
        """The proposals, best first. Ends when there are enough, or when what is left has more edits than what was found."""
        started = time.monotonic()
        start = self.trials.start
        self._extend(start, _State(), self.trials.judge(start, self._check(start)).counterexample)
        found: list[Proposal] = []
        while self.queue and len(found) < self._most() and self.contradiction is None:
            _, _, state = heappop(self.queue)
            if found and state.cost[0] > len(found[0].edits):
                return
            seconds = self.limits.seconds
            if self.trials.count >= self.limits.tries or (seconds is not None and time.monotonic() - started > seconds):
                self.stopped = True
                return
            if state.tried:
                self._extend_sketched(state)
                continue
            if any(one.words == state.words for one in found) and not state.takes:
                continue  # the same at the same place, and more of it
            proposal = self._tried(state)
            if proposal is not None and not any(set(one.edits) <= set(proposal.edits) for one in found):
                found.append(proposal)
                yield proposal

    def _most(self) -> int:
        """How many proposals are wanted. In a large program each costs seconds, and the best one is enough."""
        return 1 if sum(len(file.text) for file in self.trials.files.values()) > _LARGE else MOST_PROPOSALS

    def _check(self, one: Edited) -> Check:
        return one.program.checks[self.index]

    # -- One set of edits -----------------------------------------------------------------------------------------------

    def _tried(self, state: _State) -> Proposal | None:
        sketch = state.listed and self.trials.sketches
        read = self.trials.sketched if sketch else self.trials.edited
        one = self._edited(state.edits, read)
        if one is None:
            return None
        shown = self._against(one, state)
        if shown is not None:
            if state.otherwise is not None:
                self._push(state.otherwise)
            if sketch:
                self._push(replace(state, tried=True))
            elif shown.counterexample is not None:
                self._extend(one, state, shown.counterexample)
            return None
        parts = (part for size in range(1, len(state.edits)) for part in combinations(state.edits, size))
        if any(self._suffices(part, read) for part in parts):
            return None
        whole = self._edited(state.edits, self.trials.whole) if sketch else one
        return None if whole is None else self._proved(whole, state)

    def _edited(self, edits: Sequence[Edit], read: _Reading) -> Edited | None:
        """The program with these edits; None where it has errors, or other checks than before."""
        one = read(edits)
        return None if one is None or len(one.program.checks) != len(self.before.results) else one

    def _against(self, one: Edited, state: _State) -> Judged | None:
        """What speaks against some edits: the check is not met, or another one is no longer. None: nothing does.

        Without a counterexample nothing more can be done about it: the check fails as it did before.
        """
        own = self._judged(one, state)
        if own.verdict is not Verdict.HOLDS:
            progress = own.counterexample is not None and _is_progress(state.parent, own.counterexample)
            return own if progress else Judged(verdict=own.verdict)
        broken = self._broken(one, state)
        if broken is not None:
            self.contradiction = self._contradiction(one, broken.counterexample)
            self.unexpected = self.unexpected or tuple(self._unexpected(one, state))
        return broken

    def _unexpected(self, one: Edited, state: _State) -> Iterator[str]:
        """That some edits would do, in words, if checks that expect to be violated did not: they hold with this one."""
        names: list[str] = []
        for index, (check, finding) in enumerate(zip(one.program.checks, self.before.results, strict=True)):
            was = rank(finding.check, finding.verdict)
            if index != self.index and was and rank(check, self.trials.judge(one, check).verdict) < was:
                if not check.expect_violated:
                    return
                names.append(f'"{finding.name}"')
        if names:
            it, them = ("it", "is") if len(names) == 1 else ("them", "are")
            yield (
                f"this would do: {'; '.join(state.words)}. Then {', '.join(names)} would hold too, which {them} expected to be "
                f"violated: take `expect violated` off {it} first"
            )

    def _judged(self, one: Edited, state: _State) -> Judged:
        if state.parent is not None:
            still = self.trials.still_broken(one, self._check(one), state.parent)
            if still is not None:
                return still
        return self.trials.judge(one, self._check(one))

    def _broken(self, one: Edited, state: _State) -> Judged | None:
        """The first other check that is worse off, or what the platform needs and no longer gets."""
        for index, (check, finding) in enumerate(zip(one.program.checks, self.before.results, strict=True)):
            was = rank(finding.check, finding.verdict)
            if index == self.index or was == 0:
                continue
            found = self.trials.judge(one, check)
            if rank(check, found.verdict) < was:
                self._note(finding.name, one)
                return found
        network = self.trials.original.network
        behind = environments_behind(network.environments, network.subnets, state.takes) if state.takes else []
        for _, shown in self.trials.guards(one, behind):
            return Judged(verdict=Verdict.VIOLATED, counterexample=shown)
        return None

    def _note(self, name: str, one: Edited) -> None:
        """That a check stands in the way of some edits; a sketch and the whole program with the same edits count once."""
        key = (name, frozenset(one.edits))
        if self.counted.get(key, one) is one:
            self.conflicts[name] = self.conflicts.get(name, 0) + 1
            self.counted[key] = one

    def _contradiction(self, one: Edited, shown: Counterexample | None) -> str | None:
        """The other check, if it demands of a flow what the check to be fixed forbids: no edit can meet both."""
        if shown is None or shown.question is None or shown.scope is None or shown.flow is None:
            return None
        asked = ask(one.program, one.tables, self._check(one), self.trials.options.readings)
        own = asked.question
        if not isinstance(own, FlowQuestion) or Quantifier.SOME_ARRIVES in (own.quantifier, shown.question.quantifier):
            return None
        demands, forbids = (own, shown.question) if wants_reply(own) else (shown.question, own)
        if wants_reply(forbids) or not wants_reply(demands) or forbids.success != Success():
            return None
        both = (scope for scope in own.scopes if scope.origin == shown.scope.origin and _covers(scope, shown.flow.packet))
        for scope in both:
            wanted, barred = (scope, shown.scope) if demands is own else (shown.scope, scope)
            if wanted.arrives_at <= barred.arrives_at and wanted.condition == barred.condition:
                name = shown.check.name or shown.check.text
                declared = shown.check in one.program.checks
                return name if declared else f"{name}, which the platform needs (is healthy)"
        return None

    def _suffices(self, edits: Sequence[Edit], read: _Reading) -> bool:
        """Whether a part of the edits would do."""
        one = self._edited(edits, read)
        return (
            one is not None
            and self.trials.judge(one, self._check(one)).verdict is Verdict.HOLDS
            and self._broken(one, _State()) is None
        )

    def _proved(self, one: Edited, state: _State) -> Proposal | None:
        """The proposal, if the whole pipeline says the same of the edited program."""
        mine = self.trials.options
        options = Options(seconds=mine.seconds, readings=mine.readings, core=Depth.NOTHING)
        try:
            after = run(one.program, options, tables=one.tables)
        except SpecError:
            return None
        pairs = list(zip(self.before.results, after.results, strict=True))
        others = [pair for index, pair in enumerate(pairs) if index != self.index]
        worse = any(rank(new.check, new.verdict) < rank(old.check, old.verdict) for old, new in others)
        if worse or after.results[self.index].verdict is not Verdict.HOLDS:
            return None
        turns = (
            Turn(name=new.name, before=old.verdict, after=new.verdict, expected=new.check.expect_violated) for old, new in pairs
        )
        return Proposal(
            words=state.words,
            edits=state.edits,
            hunks=hunks(self.trials.files.values(), state.edits),
            widening=sum(change.widening for change in state.changes),
            turns=tuple(turns),
        )

    # -- What to try next -----------------------------------------------------------------------------------------------

    def _push(self, state: _State) -> None:
        key = (frozenset(state.edits), state.tried)
        if key not in self.seen:
            self.seen.add(key)
            heappush(self.queue, (state.cost, len(self.seen), state))

    def _extend_sketched(self, state: _State) -> None:
        """Looks for what may be done besides some edits, in the whole program."""
        one = self._edited(state.edits, self.trials.edited)
        shown = None if one is None else self._against(one, state)
        if one is not None and shown is not None:
            self._extend(one, state, shown.counterexample)

    def _extend(self, one: Edited, state: _State, shown: Counterexample | None) -> None:
        if shown is None:
            return
        title = shown.check.name or shown.check.text
        found = sorted(_candidates(one, shown, title), key=lambda each: (each.cost, each.words))
        for change in found if not state.changes else found[:_MOST_BRANCHES]:
            more = self._with(state, change, shown)
            if more is not None:
                self._push(more)

    def _with(self, state: _State, change: Candidate, shown: Counterexample) -> _State | None:
        """A state with one change more, whose edits are about the text with the others; None if they do not go together."""
        edits = [
            rebased(edit, self.trials.files, state.edits) for edit in change.edits if edit.span.file.name in self.trials.files
        ]
        kept = tuple(edit for edit in edits if edit is not None)
        if len(kept) < len(change.edits) or len(kept) + len(state.edits) > MOST_EDITS:
            return None
        earlier = change.earlier
        otherwise = None if earlier is None else self._with(state, replace(earlier, listed=change.listed), shown)
        return _State(changes=(*state.changes, replace(change, edits=kept)), parent=shown, otherwise=otherwise)


def _covers(scope: Scope, packet: Packet) -> bool:
    packets = scope.packets
    return (
        packet.protocol in packets.protocol
        and packet.source in packets.source
        and packet.source_port in packets.source_port
        and packet.target in packets.target
        and packet.target_port in packets.target_port
        and packets.source_tags <= packet.source_tags
        and packets.target_tags <= packet.target_tags
    )


def _candidates(one: Edited, shown: Counterexample, title: str) -> Iterator[Candidate]:
    """Every change that may cure a counterexample."""
    if shown.dead is not None:
        for row, _ in shown.dead.rows:
            if row.origin.span is not None and row.origin.azure is None:
                yield Candidate(words=f"remove rule {row.priority}, which decides nothing", edits=(removed(row.origin.span),))
        return
    it = case(one, shown, title)
    if it is None or shown.question is None:
        return
    if not wants_reply(shown.question):
        yield from (replace(change, listed=True) for change in refusing(it))
        yield from unguarded(it)
        return
    trouble = _first_trouble(it)
    if trouble is None:
        yield from misrouted(it)
        return
    yield from (replace(change, listed=True) for change in admitting(it, trouble))
    yield from otherwise(it, trouble)


def _first_trouble(it: Case) -> Step | None:
    if it.trace.outcome in (Outcome.DELIVERED, Outcome.UNKNOWN):
        return None
    return next(iter(walk_through(it.tables, it.trace.flow)), None)


def _is_progress(before: Counterexample | None, after: Counterexample) -> bool:
    """Whether an edit changed how the check fails: another flow, or another place where it is lost."""
    if before is None or before.trace is None or after.trace is None:
        return True
    return before.trace.flow.packet != after.trace.flow.packet or _place(before) != _place(after)


def _place(shown: Counterexample) -> tuple[object, ...]:
    steps = shown.trace.steps if shown.trace is not None else ()
    drop = next((step for step in steps if step.kind is StepKind.DROP), None)
    if drop is None:
        return ()
    where = (drop.filter.place, drop.filter.direction) if drop.filter is not None else (drop.detail,)
    return (drop.at, *where, drop.before, drop.reply)
