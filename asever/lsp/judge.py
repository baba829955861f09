"""Reads and checks programs in the background, again after every edit, and tells what it finds as it comes.

One thread owns the session (`asever.session`), so that an edit costs what it changes. Newer work ends what is going on: what
was judged until then is kept, and the rest is judged with the new version.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Condition, RLock, Thread

from asever.diagnostics import Diagnostic, Severity, SpecError
from asever.lint.findings import lint
from asever.lsp.documents import Texts
from asever.lsp.places import Places
from asever.lsp.shown import Shown, file_of, shown, verdict_shown
from asever.model.answers import Finding, Verdict
from asever.model.program import Program
from asever.pipeline import Examined, Options
from asever.record import field, record
from asever.report.page import Page
from asever.report.words import Vocabulary, outermost
from asever.semantics.loading import load_program
from asever.session import Session
from asever.solve import solver
from asever.solve.library import Z3Error

EVERY = 0.3
"""Seconds after which what is known so far is told."""

MOST_FINDINGS = 500
"""Findings of lint that are shown; nobody reads more of them in a text, and editors become slow."""

_IDLE = 2.0
"""After so many seconds without work what is no longer needed is cleared away."""

Asked = tuple[str, str]
"""A check as an editor knows it: the file, and the text of the item that it stands in."""


@record
class Outcome:
    """A check's verdict, and whether that is as expected."""

    name: str
    verdict: Verdict
    met: bool | None


@record
class Account:
    """What is known of one version of a program, that of an `edition`; `texts` are its files as they were read, by path.

    `sound`: it could be read, so that `verdicts` and `outcomes` are its own. `done`: nothing more is to come.
    """

    root: str
    edition: int
    texts: Mapping[str, str] = field(repr=False)
    problems: tuple[Shown, ...] = ()
    verdicts: tuple[Shown, ...] = ()
    outcomes: Mapping[Asked, tuple[Outcome, ...]] = field(default_factory=dict)
    sound: bool = False
    done: bool = False
    judged: int = 0


@record
class Linted:
    """What `lint` has to say about one version of a program."""

    root: str
    texts: Mapping[str, str] = field(repr=False)
    findings: tuple[Shown, ...] = ()


class Superseded(Exception):  # noqa: N818 - what happened, in a word
    """Newer work has come."""


class Judge:
    """The thread and its work. `tell` and `fail` are called in it; `held` keeps places still while somebody reads them."""

    def __init__(
        self,
        options: Options,
        settings: Mapping[str, str],
        tell: Callable[[Account | Linted], None],
        fail: Callable[[str, BaseException, Mapping[str, str]], None],
    ) -> None:
        self.places = Places()
        self.held = RLock()
        self.examined: dict[str, Examined] = {}
        self._options = options
        self._settings = dict(settings)
        self._tell = tell
        self._fail = fail
        self._session = Session(settings=settings, heard=self._hear)
        self._news = Condition()
        self._programs: dict[str, Texts] = {}
        self._lints: dict[str, Texts] = {}
        self._tasks: deque[Callable[[], None]] = deque()
        self._at_work = False
        self._newer = False
        self._round: _Round | None = None
        self._texts: Mapping[str, str] = {}

    def start(self) -> None:
        """Begins to work."""
        Thread(target=self._work, daemon=True, name="judge").start()

    # -- What there is to do --------------------------------------------------------------------------------------------

    def check(self, root: str, texts: Texts) -> None:
        """Asks for a program as it is in these texts; whatever is going on makes way."""
        with self._news:
            self._programs = {root: texts, **{one: other for one, other in self._programs.items() if one != root}}
            self._make_way()

    def lint(self, root: str, texts: Texts) -> None:
        """Asks for the findings of `lint` about a program, when there is nothing to check."""
        with self._news:
            self._lints[root] = texts
            self._news.notify()

    def task(self, work: Callable[[], None]) -> None:
        """Asks for something else to be done, when there is nothing to check; it ends with `Superseded` at the next edit."""
        with self._news:
            self._tasks.append(work)
            self._news.notify()

    def forget(self, root: str) -> None:
        """Drops a program that is of no more interest."""
        with self._news:
            self._programs.pop(root, None)
            self._lints.pop(root, None)
            self.examined.pop(root, None)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        with self._news:
            return not (self._at_work or self._programs or self._lints or self._tasks)

    def _make_way(self) -> None:
        self._newer = True
        if self._at_work:
            solver.interrupt()
        self._news.notify()

    # -- Doing it -------------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            work, again = self._next()
            try:
                work()
            except (Superseded, KeyboardInterrupt):
                again()
            except Z3Error as error:
                if self._newer:
                    again()
                else:
                    self._fail("judging", error, dict(self._texts))
            except Exception as error:  # noqa: BLE001 - a server lives on
                self._fail("judging", error, dict(self._texts))
            finally:
                with self._news:
                    self._at_work = False
                    self._round = None

    def _next(self) -> tuple[Callable[[], None], Callable[[], None]]:
        """The next piece of work, and what to do about it when it is superseded."""
        with self._news:
            while not (self._programs or self._lints or self._tasks):
                if not self._news.wait(_IDLE):
                    gc.collect()
                    self._news.wait()
            self._at_work, self._newer = True, False
            if self._programs:
                root = next(iter(self._programs))
                texts = self._programs.pop(root)
                return lambda: self._check(root, texts), lambda: self._again(self._programs, root, texts)
            if self._tasks:
                return self._tasks.popleft(), lambda: None
            root = next(iter(self._lints))
            texts = self._lints.pop(root)
            return lambda: self._lint(root, texts), lambda: self._again(self._lints, root, texts)

    def _again(self, todo: dict[str, Texts], root: str, texts: Texts) -> None:
        with self._news:
            if root not in self._programs:
                todo.setdefault(root, texts)

    def _check(self, root: str, texts: Texts) -> None:
        self._texts = texts
        self._session.begin()
        with self.held:
            program, found = self._session.load(Path(root), texts)
        if program is None:
            self._tell(self._broken(root, texts, found))
            return
        with self.held:
            self._round = _Round(root, texts.edition, program, found, self.places)
        try:
            examined = self._session.examine([(program, self._options)])
        except SpecError as error:
            self._tell(self._broken(root, texts, tuple(dict.fromkeys((*found, *error.diagnostics)))))
            return
        with self.held:
            self.examined[root] = examined[0]
        self._tell(self._round.account(done=True, judged=self._session.judged))

    def _broken(self, root: str, texts: Texts, found: Sequence[Diagnostic]) -> Account:
        problems = tuple(shown(one, root, self.places) for one in found)
        return Account(root=root, edition=texts.edition, texts=dict(texts), problems=problems, done=True)

    def _still_wanted(self) -> None:
        if self._newer:
            raise Superseded

    def _hear(self, finding: Finding) -> None:
        """Takes a finding as it comes."""
        self._still_wanted()
        if self._round is not None and self._round.hear(finding):
            self._tell(self._round.account(done=False, judged=self._session.judged))

    def _lint(self, root: str, texts: Texts) -> None:
        self._texts = texts
        # Lint knows files by identity, which what is remembered of edited texts has lost (asever.source.Excerpt).
        program, _ = load_program(Path(root), text=texts.get(root), texts=texts, settings=self._settings)
        if program is None:
            return
        warned = set(program.warnings)
        new = [one for one in lint(program, lambda _: self._still_wanted()).findings if one not in warned]
        findings = tuple(shown(one, root, self.places) for one in new[:MOST_FINDINGS])
        self._tell(Linted(root=root, texts={one.name: one.text for one in program.files}, findings=findings))


class _Round:
    """One version of a program on its way through its checks."""

    def __init__(self, root: str, edition: int, program: Program, found: Sequence[Diagnostic], places: Places) -> None:
        self._root, self._edition = root, edition
        self.texts = {one.name: one.text for one in program.files}
        self._problems = tuple(shown(one, root, places) for one in found if one.severity is Severity.WARNING)
        self._page = Page(words=Vocabulary({}, program.network))
        self._places = places
        self._verdicts: list[Shown] = []
        self._outcomes: dict[Asked, list[Outcome]] = {}
        self._told = time.monotonic()

    def hear(self, finding: Finding) -> bool:
        """Takes a finding; whether it is time to tell what is known so far."""
        span = finding.check.span
        if span is not None:
            at = outermost(span)
            outcome = Outcome(name=finding.name, verdict=finding.verdict, met=finding.met)
            self._outcomes.setdefault((file_of(at), at.text), []).append(outcome)
        seen = verdict_shown(finding, self._page, self._places)
        if seen is not None:
            self._verdicts.append(seen)
        if time.monotonic() - self._told < EVERY:
            return False
        self._told = time.monotonic()
        return True

    def account(self, *, done: bool, judged: int) -> Account:
        """What is known so far."""
        return Account(
            root=self._root,
            edition=self._edition,
            texts=self.texts,
            problems=self._problems,
            verdicts=tuple(self._verdicts),
            outcomes={key: tuple(every) for key, every in self._outcomes.items()},
            sound=True,
            done=done,
            judged=judged,
        )
