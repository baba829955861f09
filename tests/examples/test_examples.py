"""Every example says what it expects; here it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from asever.diagnostics import Diagnostic, Diagnostics, SpecError
from asever.model.answers import Verdict
from asever.pipeline import Options, run
from asever.semantics.loading import load_program
from asever.source import SourceFile
from asever.syntax.parser import parse
from asever.syntax.printer import format_file

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def is_piece(path: Path) -> bool:
    """Pieces are imported by their neighbours and are no whole programs."""
    return path.stem.endswith("-network")


WHOLE = sorted(path for path in EXAMPLES.glob("*/*.asev") if path.parent.name != "errors" and not is_piece(path))
ERRORS = sorted((EXAMPLES / "errors").glob("*.asev"))

ALL = sorted([*EXAMPLES.rglob("*.asev"), *(ROOT / "specs").glob("*.asev")])

# Steps of the tutorial that show a failure.
UNMET = {"2-a-rule", "3-an-environment", "5-mistakes"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def verdicts(path: Path) -> dict[str, Verdict]:
    program, diagnostics = load_program(path)
    assert program is not None, [f"{one.primary.span if one.primary else ''} {one.message}" for one in diagnostics.errors]
    return {finding.check.name: finding.verdict for finding in run(program, Options()).results}


def problems(path: Path) -> list[Diagnostic]:
    """The errors of loading, or of asking, if loading finds none."""
    program, diagnostics = load_program(path)
    if program is None:
        return list(diagnostics.errors)
    try:
        run(program, Options())
    except SpecError as error:
        return list(error.diagnostics)
    return []


def announced(word: str, *files: Path) -> set[tuple[str, int, str]]:
    """What the comments `// error: CODE` or `// warning: CODE` at the ends of lines announce: file, line, code."""
    return {
        (file.name, number, code)
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if (comment := re.search(rf"// {word}: ([\w-]+(?:, [\w-]+)*)$", line))
        for code in comment[1].split(", ")
    }


def places(diagnostics: Iterable[Diagnostic]) -> set[tuple[str, int, str]]:
    found = {(one.primary.span, one.code) for one in diagnostics if one.primary}
    return {(Path(span.file.name).name, span.line, code) for span, code in found}


@pytest.mark.parametrize("path", [path for path in WHOLE if path.stem not in UNMET], ids=name)
def test_every_check_is_met(path):
    program, diagnostics = load_program(path)
    assert program is not None, [f"{one.primary.span if one.primary else ''} {one.message}" for one in diagnostics.errors]
    assert places(diagnostics) == announced("warning", path)
    unmet = [
        f"{finding.check.name}: {finding.check.text}: {finding.verdict.value} {finding.reasons}"
        for finding in run(program, Options()).results
        if not finding.met
    ]
    assert not unmet


@pytest.mark.parametrize("path", ERRORS, ids=name)
def test_every_error_is_found_at_its_line(path):
    expected = announced("error", path, *(path.parent / "pieces").glob(f"{path.stem}-*.asev"))
    assert expected
    assert places(problems(path)) == expected


@pytest.mark.parametrize("path", [path for path in ALL if "errors" not in path.parts and path.stem != "5-mistakes"], ids=name)
def test_every_file_has_the_canonical_layout(path):
    text = path.read_text(encoding="utf-8")
    diagnostics = Diagnostics()
    node = parse(SourceFile(path.name, text), diagnostics)
    assert not diagnostics.errors
    assert format_file(node) == text


def failing_packs() -> list[tuple[Path, str]]:
    """The applications that the comments `// violated: apply …` of the properties announce."""
    return [
        (path, found)
        for path in WHOLE
        if path.parent.name == "properties"
        for found in re.findall(r"^// violated: (apply .+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


@pytest.mark.parametrize(("path", "apply"), failing_packs(), ids=lambda one: one if isinstance(one, str) else name(one))
def test_a_pack_fails_where_its_property_does(path, apply, tmp_path):
    copy = tmp_path / path.name
    copy.write_text(f"{path.read_text(encoding='utf-8')}\n{apply}\n", encoding="utf-8")
    program, diagnostics = load_program(copy)
    assert program is not None, [one.message for one in diagnostics.errors]
    applied = program.checks[-sum(check.name.startswith(apply[6:].split("-")[0].upper()) for check in program.checks) :]
    judged = run(program, Options()).results
    verdicts = [finding.verdict for finding in judged if finding.check in applied and not finding.check.expect_violated]
    assert Verdict.VIOLATED in verdicts


def test_every_property_has_its_packs_and_its_example():
    packs = set(
        re.findall(r"^pack (\S+)\(", (ROOT / "specs" / "ase-properties.asev").read_text(encoding="utf-8"), re.MULTILINE)
    )
    texts = [path.read_text(encoding="utf-8") for path in WHOLE if path.parent.name == "properties"]
    applied = set(re.findall(r"apply (\S+)\(", "\n".join(texts)))
    assert applied == packs
    assert {path.stem.split("-")[0] for path in WHOLE if path.parent.name == "properties"} == {
        f"p{one}" for one in range(1, 22)
    }


def test_the_layered_architecture_is_judged_as_on_the_page():
    assert verdicts(EXAMPLES / "layered.asev") == {
        "front door calls the API": Verdict.VIOLATED,
        "API is hidden from the Internet": Verdict.HOLDS,
        "nobody else calls the API": Verdict.VIOLATED,
        "two stays manageable": Verdict.HOLDS,
        "SQL sees the subnet range": Verdict.HOLDS,
        "calls out leave as the VIP": Verdict.HOLDS,
        "the call stays in the region": Verdict.VIOLATED,
    }


def test_the_fixed_architecture_holds_throughout():
    assert set(verdicts(EXAMPLES / "layered-fixed.asev").values()) == {Verdict.HOLDS}


def test_every_fact_and_every_scenario_has_its_examples():
    facts = {path.name[:2] for path in WHOLE if path.parent.name == "facts"}
    scenarios = {path.name.split("-")[0] for path in WHOLE if path.parent.name == "scenarios"}
    assert facts == {f"{number:02}" for number in range(1, 11)}
    assert scenarios == {"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a11", "a12", "a13"}
