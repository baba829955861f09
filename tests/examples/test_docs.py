"""The pages show what the tool really prints, and cite what exists."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from asever.diagnostics import Diagnostics
from asever.source import SourceFile
from asever.syntax.parser import parse

ROOT = Path(__file__).resolve().parents[2]


def headings(page: Path) -> set[str]:
    """The anchors of a page, as Markdown viewers make them."""
    lines = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_written_pages_are_up_to_date():
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    stale = [path.name for path, text in generate["pages"]().items() if not path.exists() or path.read_text() != text]
    assert not stale, "run `make docs`"


def test_links_lead_somewhere():
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            target, _, anchor = link.partition("#")
            if "://" in target:
                continue
            file = (page.parent / target).resolve() if target else page
            if not file.exists() or (anchor and anchor not in headings(file)):
                broken.append(f"{page.relative_to(ROOT)}: {link}")
    assert not broken


CITATION = re.compile(r"docs/semantics/(ase\.md|azure\.md),? (?:sections? )?([^(:.]*(?:\.\d[^(:.]*)*)")


def cited(text: str) -> set[tuple[str, str]]:
    """Pages and section numbers that the comments of an example cite."""
    prose = re.sub(r"\n// ?", " ", text)
    return {
        (page, number) for page, words in CITATION.findall(prose) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", words)
    }


def test_examples_cite_sections_that_exist():
    sections = {
        (name, number)
        for name in ("ase.md", "azure.md")
        for number in re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", (ROOT / "docs" / "semantics" / name).read_text(), re.MULTILINE)
    }
    files = [*(ROOT / "examples").rglob("*.asev"), *(ROOT / "specs").glob("*.asev")]
    assert sum(bool(cited(file.read_text())) for file in files) > 50
    assert not {(file.name, *one) for file in files for one in cited(file.read_text()) - sections}


def test_the_code_cites_sections_that_exist():
    cites = re.compile(r"(ase|azure)(?:-network-semantics|\.md),?(?: sections?)? ((?:\d+(?:\.\d+)?(?: to |, | and )?)+)")
    missing = set()
    for page in ("ase", "azure"):
        text = (ROOT / "docs" / "semantics" / f"{page}.md").read_text(encoding="utf-8")
        sections = set(re.findall(r"^#+ (\d+(?:\.\d+)?)", text, re.MULTILINE))
        for file in (ROOT / "asever").rglob("*.py"):
            prose = re.sub(r"\n\s*#? ?", " ", file.read_text(encoding="utf-8"))
            numbers = {
                n for cited_page, words in cites.findall(prose) if cited_page == page for n in re.findall(r"[\d.]*\d", words)
            }
            missing |= {f"{file.name}: {page}.md {number}" for number in numbers - sections}
    assert not missing


def test_blocks_of_the_language_are_in_the_language():
    for page in (ROOT / "README.md", ROOT / "docs" / "tutorial.md", ROOT / "docs" / "language.md"):
        blocks = re.findall(r"^```asev\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        assert blocks
        for block in blocks:
            diagnostics = Diagnostics()
            parse(SourceFile(page.name, block), diagnostics)
            assert not diagnostics.errors, block
