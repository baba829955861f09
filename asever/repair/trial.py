"""Judges edited programs: loaded from the edited texts, asked the same questions, compared with the program as it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from asever.azure.effective import effective
from asever.azure.questions import Unanswerable
from asever.azure.regrouped import changed_groups, regrouped
from asever.diagnostics import Diagnostics, Edit
from asever.evaluate.judge import succeeds
from asever.evaluate.walk import walk
from asever.explain.dependences import verdict_of
from asever.explain.finding import Asked, ask, vacuities
from asever.explain.witness import wants_reply
from asever.model.answers import DeadRows, NoneArrives, Refuted, Trace, Verdict
from asever.model.claims import Check
from asever.model.effective import EffectiveNetwork, FlowQuestion, Quantifier, Scope
from asever.model.packets import Flow
from asever.model.program import Program
from asever.model.things import Network
from asever.pipeline import Options
from asever.record import record
from asever.repair.idle import Removals, idle_rules
from asever.repair.texts import applied
from asever.semantics.loading import load_program
from asever.semantics.memory import Memory, originals
from asever.solve.answer import Depth, answer
from asever.source import SourceFile, Span

_GUARD = "what the platform needs of {name}"


@record
class Counterexample:
    """What breaks one check of a program: a walked flow, or rules that decide nothing."""

    check: Check
    question: FlowQuestion | None = None
    scope: Scope | None = None
    trace: Trace | None = None
    dead: DeadRows | None = None

    @property
    def flow(self) -> Flow | None:
        """The flow, if there is one."""
        return None if self.trace is None else self.trace.flow


@record
class Judged:
    """One check's verdict, and what breaks it."""

    verdict: Verdict
    counterexample: Counterexample | None = None


@record
class Edited:
    """A program after some edits, with its tables."""

    program: Program
    tables: EffectiveNetwork
    edits: tuple[Edit, ...] = ()
    placed: bool = True
    """Whether everything stands where the edited texts have it; else what no edit touches stands where it did before."""


def rank(check: Check, verdict: Verdict) -> int:
    """How good a verdict is for a check: met 2, unknown 1, not met 0."""
    if verdict is Verdict.UNKNOWN:
        return 1
    return 2 if (verdict is Verdict.VIOLATED) == check.expect_violated else 0


@dataclass
class _Series:
    """Programs that are loaded one after the other: what the next one has in common with the first texts is made once.

    Where only rules of NSGs differ, its tables are those of the last one with these filters anew.
    """

    memory: Memory = field(default_factory=partial(originals, made_up=True))
    last: Edited | None = None
    placed: bool = False

    def load(
        self, path: Path, text: str, texts: Mapping[str, str], settings: Mapping[str, str], edits: Sequence[Edit]
    ) -> Edited | None:
        """The program of these texts, which some edits made; None when it has errors."""
        program, _ = load_program(path, text=text, texts=texts, settings=settings, memory=self.memory)
        if program is None:
            return None
        tables = self._tables(program.network)
        self.last = Edited(program=program, tables=tables, edits=tuple(edits), placed=self.placed)
        return self.last

    def _tables(self, network: Network) -> EffectiveNetwork:
        old = self.last
        names = None if old is None else changed_groups(old.program.network, network)
        if old is None or names is None:
            return effective(network)
        return regrouped(old.tables, old.program.network, network, names)


@dataclass
class Trials:
    """Edited programs by their edits, each loaded once. `path` is the main file; nothing is read again but the library.

    `memory` may hold what the program was read with (`asever.semantics.memory.Memory` of originals).
    """

    path: Path
    original: Program
    options: Options
    memory: Memory
    count: int = 0
    _loaded: dict[frozenset[Edit], dict[str, Edited | None]] = field(default_factory=dict)
    _guards: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _guarded: dict[str, _Series] = field(default_factory=dict)

    @property
    def files(self) -> Mapping[str, SourceFile]:
        """The user's files by name; the library's are nobody's to edit."""
        return {one.name: one for one in self.original.files if not one.name.startswith("std/")}

    def edited(self, edits: Sequence[Edit]) -> Edited | None:
        """The program with these edits, read from the edited texts; None when it has errors."""
        return self._once(edits, "read", lambda: self._load(edits, _Series(placed=True)))

    def sketched(self, edits: Sequence[Edit]) -> Edited | None:
        """The same without the rules that no check can meet, for edits in lists of rules: every check has the same answer.

        What is to be edited besides is thought of with what `edited` gives, where everything is in its place.
        """
        return self._once(edits, "sketch", lambda: self._load(edits, self._sketches, besides=self._removals.beside(edits)))

    def whole(self, edits: Sequence[Edit]) -> Edited | None:
        """The program with these edits in lists of rules, with what they leave alone taken from the program as it was read."""
        return self._once(edits, "whole", lambda: self._load(edits, self._wholes))

    @property
    def sketches(self) -> bool:
        """Whether a sketch is less than the whole program."""
        return bool(self._idle)

    @cached_property
    def start(self) -> Edited:
        """The program as it was read."""
        return Edited(program=self.original, tables=effective(self.original.network))

    @cached_property
    def _idle(self) -> tuple[Span, ...]:
        return idle_rules(self.original, self.start.tables, self.options.readings)

    @cached_property
    def _removals(self) -> Removals:
        return Removals(self._idle)

    @cached_property
    def _sketches(self) -> _Series:
        series = _Series()
        for file in self.files.values():
            series.memory.trees.parse(SourceFile(file.name, applied(file, self._removals.beside(()))), Diagnostics())
        return series

    @cached_property
    def _wholes(self) -> _Series:
        return _Series(memory=self.memory, last=self.start)

    def _once(self, edits: Sequence[Edit], how: str, load: Callable[[], Edited | None]) -> Edited | None:
        """What is loaded, the first time."""
        known = self._loaded.setdefault(frozenset(edits), {})
        self.count += not known
        if how not in known:
            known[how] = load()
        return known[how]

    def _load(self, edits: Sequence[Edit], series: _Series, *, more: str = "", besides: Iterable[Edit] = ()) -> Edited | None:
        """The program after some edits; `besides` them its text is without what these take away, and with more at its end."""
        every = (*besides, *edits)
        texts = {name: applied(file, every) for name, file in self.files.items()}
        text = texts.pop(self.original.files[0].name) + more
        return series.load(self.path, text, texts, self.original.settings, edits)

    # -- Checks ---------------------------------------------------------------------------------------------------------

    def judge(self, one: Edited, check: Check) -> Judged:
        """The verdict of a check of an edited program."""
        asked = ask(one.program, one.tables, check, self.options.readings)
        if any(vacuities(asked)):
            return Judged(verdict=Verdict.UNKNOWN)
        return self._judged(one.tables, asked)

    def _judged(self, tables: EffectiveNetwork, asked: Asked) -> Judged:
        match asked.question:
            case None:
                worst = Judged(verdict=Verdict.HOLDS)
                for requirement in asked.requirements:
                    found = self._judged(tables, requirement)
                    if found.verdict is Verdict.VIOLATED:
                        return found
                    worst = found if found.verdict is Verdict.UNKNOWN else worst
                return worst
            case Unanswerable():
                return Judged(verdict=Verdict.UNKNOWN)
            case FlowQuestion() as question:
                return self._flows(tables, asked.check, question)
            case question:
                answered = answer(tables, question, seconds=self.options.seconds, core=Depth.NOTHING)
                dead = answered if isinstance(answered, DeadRows) else None
                return Judged(verdict=verdict_of(answered), counterexample=Counterexample(check=asked.check, dead=dead))

    def _flows(self, tables: EffectiveNetwork, check: Check, question: FlowQuestion) -> Judged:
        found = answer(tables, question, seconds=self.options.seconds, core=Depth.NOTHING)
        verdict = verdict_of(found)
        match found:
            case Refuted(flow=flow, scope=scope) | NoneArrives(example=flow, scope=scope):
                shown = Counterexample(check=check, question=question, scope=scope, trace=walk(tables, flow))
                return Judged(verdict=verdict, counterexample=shown)
            case _:
                return Judged(verdict=verdict)

    def still_broken(self, one: Edited, check: Check, shown: Counterexample) -> Judged | None:
        """The verdict if the flow that broke the check breaks it still, which needs no solver; None is not known."""
        asked = ask(one.program, one.tables, check, self.options.readings)
        for requirement in asked.requirements or (asked,):
            question = requirement.question
            if requirement.check != shown.check or not isinstance(question, FlowQuestion) or shown.flow is None:
                continue
            scope = next((each for each in question.scopes if shown.scope is not None and _like(each, shown.scope)), None)
            if scope is None or question.quantifier is Quantifier.SOME_ARRIVES:
                return None
            try:
                trace = walk(one.tables, shown.flow)
            except (ValueError, KeyError):
                return None
            succeeded = succeeds(trace, scope, question.success, with_reply=wants_reply(question))
            if succeeded is None or succeeded == wants_reply(question):
                return None
            again = Counterexample(check=requirement.check, question=question, scope=scope, trace=trace)
            return Judged(verdict=Verdict.VIOLATED, counterexample=again)
        return None

    # -- What no check says ---------------------------------------------------------------------------------------------

    def guards(self, one: Edited, environments: Sequence[str]) -> Iterator[tuple[Edited, Counterexample | None]]:
        """What the platform needs of these environments, was met before, and is no longer met after the edits.

        An edit that takes something away must leave the probe, the management and the instances among themselves alone, even
        if no check of the program says so.
        """
        for name in environments:
            if name not in self._guards:
                self._guards[name] = tuple(self._met(self._with_guard((), name, self._guarding(name))))
            after = self._with_guard(one.edits, name, _Series(placed=True) if one.placed else self._guarding(name))
            if after is None:
                continue
            needed = self._guards[name]
            asked = ask(after.program, after.tables, after.program.checks[-1], self.options.readings)
            for index, requirement in enumerate(asked.requirements):
                found = self._judged(after.tables, requirement) if index in needed else Judged(verdict=Verdict.HOLDS)
                if found.verdict is not Verdict.HOLDS:
                    yield after, found.counterexample

    def _guarding(self, name: str) -> _Series:
        return self._guarded.setdefault(name, _Series())

    def _with_guard(self, edits: Sequence[Edit], name: str, series: _Series) -> Edited | None:
        return self._load(edits, series, more=f'\ncheck "{_GUARD.format(name=name)}" {name} is healthy\n')

    def _met(self, one: Edited | None) -> Iterator[int]:
        if one is None:
            return
        asked = ask(one.program, one.tables, one.program.checks[-1], self.options.readings)
        for index, requirement in enumerate(asked.requirements):
            if self._judged(one.tables, requirement).verdict is Verdict.HOLDS:
                yield index


def _like(first: Scope, second: Scope) -> bool:
    """Whether two scopes are about the same packets, whatever the edits made of the sites where they arrive."""
    return first.origin == second.origin and first.packets == second.packets and first.condition == second.condition
