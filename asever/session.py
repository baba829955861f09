"""Checks a program again and again while it is edited, and judges anew only what an edit can have changed.

A finding is made of a check's question and of the tables (`asever.explain.finding.judged`), and of nothing else. So that of the
version before is kept where the question is the same and the tables differ in nothing that it can notice (`asever.reuse`); it
is handed out with the places of the new version, and is what judging anew would give. Everything before the findings (reading,
the tables, the questions) is made anew for every version.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from asever import reads
from asever.azure.regrouped import changed_groups, regrouped
from asever.diagnostics import Diagnostic, SpecError
from asever.explain.finding import Asked, ask
from asever.judging import findings_by
from asever.model.answers import Finding
from asever.model.effective import FilterQuestion, FlowQuestion
from asever.model.program import Program
from asever.pipeline import Examined, Options, Prepared, Waiting, examine_all, prepare
from asever.reads import Stamp
from asever.record import record
from asever.reuse.carry import carried
from asever.reuse.notice import Footprint, Slots, footprint, notices, recounts, walks_as_many
from asever.reuse.pairs import Differ, Pairs
from asever.semantics.loading import load_program
from asever.semantics.memory import Memory


@record
class _Kept:
    """A check that was judged, with what each of its questions about flows rests on."""

    asked: Asked
    finding: Finding
    footprints: tuple[Footprint, ...]


@record
class _Version:
    """A version of a program: how it was asked, and what is known of its checks, by their texts."""

    prepared: Prepared
    kept: Mapping[str, Sequence[_Kept]]


def _unheard(_: Finding) -> None:
    pass


class Session:
    """One user at work on some files. `jobs` is as in `asever.pipeline.examine_all`.

    With several jobs the solver is never used by this process, so that it can fork whenever there is something to judge.
    `heard` is told each finding as it comes; what it raises ends the examination, and what was found until then is kept.
    """

    def __init__(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        jobs: int = 1,
        heard: Callable[[Finding], None] = _unheard,
    ) -> None:
        self.files: dict[str, Stamp] = {}
        """The files that were looked for since `begin`, each as it was before it was read (`asever.reads`)."""
        self.judged = 0
        """How many checks were judged since `begin`."""
        self.kept = 0
        """How many findings were those of the version before."""
        self._settings = dict(settings or {})
        self._jobs = jobs
        self._heard = heard
        self._versions: dict[str, _Version] = {}
        # Excerpts of texts are known by identity, which does not survive the way from one process to another.
        self._memory = Memory() if jobs == 1 else None

    @property
    def solves(self) -> bool:
        """Whether this process asks the solver."""
        return self._jobs == 1

    def begin(self) -> None:
        """Begins a new round: what the counts and `files` are about."""
        self.files = {}
        self.judged = self.kept = 0

    def check(self, paths: Sequence[Path], options: Options) -> list[Examined]:
        """Checks these programs as they are now; raises `SpecError` with every diagnostic, and as `examine_all` does."""
        self.begin()
        loaded = [self.load(path) for path in paths]
        programs = [program for program, _ in loaded if program is not None]
        if len(programs) < len(loaded):
            raise SpecError(one for _, found in loaded for one in found)
        return self.examine([(program, options) for program in programs])

    def load(self, path: Path, texts: Mapping[str, str] | None = None) -> tuple[Program | None, Sequence[Diagnostic]]:
        """The program of a file, None when there are errors; and its diagnostics.

        Files that `texts` has by name are not read: what they hold in an editor that has not saved them.
        """
        texts = texts or {}
        text = texts.get(str(path))
        with reads.noting() as noted:
            program, diagnostics = load_program(path, text=text, texts=texts, settings=self._settings, memory=self._memory)
        self.files = noted | self.files
        return program, tuple(diagnostics)

    def examine(self, pairs: Sequence[tuple[Program, Options]], *, waiting: Waiting = nullcontext) -> list[Examined]:
        """As `asever.pipeline.examine_all`, with what is known from the version before."""
        return examine_all(pairs, judging=self._judging, preparing=self._prepare, waiting=waiting)

    def _prepare(self, program: Program, options: Options) -> Prepared:
        """As `asever.pipeline.prepare`; where rules of NSGs alone are others than before, all else is taken from there."""
        version = self._versions.get(program.files[0].name)
        before = None if version is None else version.prepared
        if before is None or before.options != options or before.program.checks is not program.checks:
            return prepare(program, options)
        names = changed_groups(before.program.network, program.network)
        if names is None:
            return prepare(program, options)
        started = time.perf_counter()
        tables = regrouped(before.tables, before.program.network, program.network, names)
        asked = tuple(
            ask(program, tables, one.check, options.readings) if _is_about_groups(one) else one for one in before.asked
        )
        return Prepared(program=program, tables=tables, asked=asked, options=options, seconds=time.perf_counter() - started)

    @contextmanager
    def _judging(self, every: Sequence[Prepared]) -> Iterator[Iterator[Finding]]:
        """The findings in order; what is found is kept for the next version, as far as it comes."""
        rounds = [_Round(one, self._versions.get(_name(one))) for one in every]
        todo = [(one.prepared, asked) for one in rounds for asked in one.todo]
        self.kept += sum(len(one.known) for one in rounds)
        try:
            with findings_by(todo, self._jobs) as fresh:
                yield self._merged(rounds, fresh)
        finally:
            for one in rounds:
                self._versions[_name(one.prepared)] = one.version()

    def _merged(self, rounds: Sequence[_Round], fresh: Iterator[Finding]) -> Iterator[Finding]:
        for one in rounds:
            for number, asked in enumerate(one.prepared.asked):
                kept = one.known.get(number)
                if kept is None:
                    self.judged += 1
                    kept = one.learn(number, asked, next(fresh))
                self._heard(kept.finding)
                yield kept.finding


def _name(one: Prepared) -> str:
    return one.program.files[0].name


class _Round:
    """One version of a program on its way from the version before: `known` are the checks that need no judging, by number."""

    def __init__(self, prepared: Prepared, before: _Version | None) -> None:
        self.prepared = prepared
        self._slots = Slots(prepared.tables)
        self.known: dict[int, _Kept] = {}
        if before is not None and _alike(before.prepared.options, prepared.options):
            self._look_back(before)

    @property
    def todo(self) -> Iterator[Asked]:
        """What is to be judged."""
        return (asked for number, asked in enumerate(self.prepared.asked) if number not in self.known)

    def learn(self, number: int, asked: Asked, finding: Finding) -> _Kept:
        """Takes note of a finding."""
        questions = tuple(_questions(asked, finding))
        prints = tuple(
            footprint(self._slots, question, one) for question, one in questions if isinstance(question, FlowQuestion)
        )
        kept = self.known[number] = _Kept(asked=asked, finding=finding, footprints=prints)
        return kept

    def version(self) -> _Version:
        """What is known now."""
        found: dict[str, list[_Kept]] = {}
        for _, kept in sorted(self.known.items(), key=_number):
            found.setdefault(kept.asked.check.text, []).append(kept)
        return _Version(prepared=self.prepared, kept=found)

    def _look_back(self, before: _Version) -> None:
        pairs = Pairs()
        try:
            pairs.networks(before.prepared.tables, self.prepared.tables)
        except Differ:
            return
        left = {text: list(every) for text, every in before.kept.items()}
        for number, asked in enumerate(self.prepared.asked):
            candidates = left.get(asked.check.text, [])
            same = next((one for one in candidates if _asks_the_same(one.asked, asked)), None)
            if same is None:
                continue
            candidates.remove(same)
            kept = self._still_true(same, asked, pairs)
            if kept is not None:
                self.known[number] = kept

    def _still_true(self, kept: _Kept, asked: Asked, pairs: Pairs) -> _Kept | None:
        """What was kept of a check as it is in this version; None if it is to be judged anew."""
        if kept.asked is asked and all(pairs.other.isdisjoint(one.met) for one in kept.footprints) and kept.footprints:
            return kept
        questions = list(_questions(asked, kept.finding))
        about_flows = [(question, one) for question, one in questions if isinstance(question, FlowQuestion)]
        for one, (question, finding) in zip(kept.footprints, about_flows, strict=True):
            if notices(one, pairs.changed):
                return None
            if recounts(one, pairs.changed) and not walks_as_many(finding, self.prepared.tables, question):
                return None
        try:
            for (old, _), (new, _) in zip(_questions(kept.asked, kept.finding), questions, strict=True):
                if isinstance(old, FilterQuestion) and isinstance(new, FilterQuestion):
                    pairs.questions(old, new)
            return _Kept(asked=asked, finding=carried(kept.finding, asked, pairs), footprints=kept.footprints)
        except Differ:
            return None


def _number(entry: tuple[int, _Kept]) -> int:
    return entry[0]


def _alike(old: Options, new: Options) -> bool:
    """Whether the same check has the same finding; which checks are asked, and when to stop, does not matter."""
    return (old.seconds, old.readings, old.core) == (new.seconds, new.readings, new.core)


def _is_about_groups(asked: Asked) -> bool:
    """Whether a check asks about NSGs themselves, so that it asks something else when their rules change."""
    return not isinstance(asked.question, FlowQuestion) and not asked.requirements


def _asks_the_same(old: Asked, new: Asked) -> bool:
    return old is new or (
        old.question == new.question
        and len(old.requirements) == len(new.requirements)
        and all(map(_asks_the_same, old.requirements, new.requirements))
    )


def _questions(asked: Asked, finding: Finding) -> Iterator[tuple[object, Finding]]:
    """The questions of a check with the finding of each."""
    if asked.requirements:
        for one, found in zip(asked.requirements, finding.requirements, strict=True):
            yield from _questions(one, found)
    else:
        yield asked.question, finding
