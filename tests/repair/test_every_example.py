"""Every failing check of every example, as if it did not expect to fail: each fix is true, minimal and loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from asever.model.answers import Verdict
from asever.model.repairs import Repair
from asever.pipeline import run
from asever.repair.search import Limits, repair
from asever.repair.trial import rank
from asever.semantics.loading import load_program
from tests.repair.programs import OPTIONS, after, demanding

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = sorted(path for path in EXAMPLES.rglob("*.asev") if "errors" not in path.parts)
LIMITS = Limits(tries=25, seconds=None)


@dataclass
class Count:
    """How the checks fared, over all files."""

    asked: int = 0
    fixed: int = 0
    contradicted: int = 0
    advised: int = 0

    def add(self, found: Repair) -> None:
        self.asked += 1
        self.fixed += bool(found.proposals)
        self.contradicted += not found.proposals and bool(found.contradiction or found.conflicts)
        self.advised += not found.proposals and not found.contradiction and not found.conflicts and bool(found.advice)


@pytest.fixture(scope="module")
def count():
    found = Count()
    yield found
    print(
        f"\nfixed {found.fixed} of {found.asked} failing checks of the examples; of the others, another check of the same file"
        f" forbids it for {found.contradicted}, and {found.advised} have advice in words"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_every_fix_is_true_and_minimal_and_loses_no_check(path, count):
    program, _ = load_program(path)
    if program is None:
        pytest.skip("no program of its own: it lacks what another file declares, or shows mistakes")
    report = run(program, OPTIONS)
    for index, finding in enumerate(report.results):
        if finding.verdict is not Verdict.VIOLATED:
            continue
        before, asked = demanding(report, index)
        found = repair(path, program, before, asked, OPTIONS, LIMITS)
        count.add(found)
        for proposal in found.proposals[:1]:
            edited = after(path, program, proposal)
            assert edited is not None
            results = run(edited, OPTIONS).results
            assert results[index].verdict is Verdict.HOLDS
            pairs = list(zip(before.results, results, strict=True))
            others = [(old, new) for at, (old, new) in enumerate(pairs) if at != index]
            assert not [old.name for old, new in others if rank(old.check, new.verdict) < rank(old.check, old.verdict)]
            for left_out in range(len(proposal.edits) if len(proposal.edits) > 1 else 0):
                part = after(path, program, proposal, left_out)
                assert part is None or not _is_enough(part, pairs, index)


def _is_enough(part, pairs, index) -> bool:
    """Whether a part of a proposal does as well as all of it, and keeps every other check."""
    results = run(part, OPTIONS).results
    kept = all(
        rank(old.check, new.verdict) >= rank(old.check, old.verdict)
        for at, ((old, _), new) in enumerate(zip(pairs, results, strict=True))
        if at != index
    )
    return kept and results[index].verdict is Verdict.HOLDS


def test_most_of_what_can_be_fixed_is(count):
    """Half of what fails is what an example is about, said twice: `reaches … expect violated` and `never reaches`."""
    if count.asked < 100:
        pytest.skip("only after all examples")
    assert count.fixed + count.contradicted + count.advised > 0.85 * count.asked
    assert count.fixed > 0.4 * count.asked
