"""What `asever fix` answers: sets of edits, each proved, in the order in which a reader should consider them."""

from __future__ import annotations

from asever.diagnostics import Edit
from asever.model.answers import Finding, Verdict
from asever.record import record


@record(kw_only=False)
class Turn:
    """What becomes of one check by the edits: its claim's verdict before and after. `expected` is that it is to be violated."""

    name: str
    before: Verdict
    after: Verdict
    expected: bool = False


@record
class Hunk:
    """Lines of a file before and after the edits; `line` is where they begin, counted from 1."""

    file: str
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@record
class Proposal:
    """Edits that make the check met and leave every other check at least as well. No part of them suffices.

    `words` says each change in a sentence. `edits` are on the texts as they were read, `hunks` the same as lines. `widening`
    counts packets that filters newly let pass, each rule for itself. `turns` are all checks of the program, in order.
    """

    words: tuple[str, ...]
    edits: tuple[Edit, ...]
    hunks: tuple[Hunk, ...] = ()
    widening: int = 0
    turns: tuple[Turn, ...] = ()

    @property
    def to_holds(self) -> int:
        """How many checks turn to HOLDS."""
        return sum(one.before is not Verdict.HOLDS and one.after is Verdict.HOLDS for one in self.turns)

    @property
    def to_violated(self) -> int:
        """How many checks turn to VIOLATED, those that are expected to be left out."""
        return sum(
            one.before is not Verdict.VIOLATED and one.after is Verdict.VIOLATED and not one.expected for one in self.turns
        )


@record
class Repair:
    """The proposals for one check that is not met, best first; without any, why, and what else would help.

    `tried` is how many edited programs were judged; `exhausted` that all that were thought of are among them. `conflicts` are
    checks that edits would have broken which make this one met, each with how many; `contradiction` is
    one that forbids what this one demands, or the other way about. `advice` is for a person: no edit of a
    rule is behind it.
    """

    finding: Finding
    proposals: tuple[Proposal, ...] = ()
    tried: int = 0
    exhausted: bool = True
    contradiction: str | None = None
    conflicts: tuple[tuple[str, int], ...] = ()
    advice: tuple[str, ...] = ()
