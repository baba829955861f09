"""Each entry's wrong program yields exactly its code, its right one nothing; every code in use has an entry."""

import re
from pathlib import Path

import pytest

from asever import pipeline
from asever.catalogue.every import ENTRIES
from asever.catalogue.lint import LINT
from asever.diagnostics import SpecError
from asever.lint.findings import lint
from asever.semantics.loading import load_program

LINTED = {entry.code for entry in LINT}
PACKAGE = Path(__file__).resolve().parents[2] / "asever"


def codes(text, code):
    program, diagnostics = load_program(Path("example.asev"), text=text)
    found = {one.code for one in diagnostics}
    if program is not None and code in LINTED:
        found |= {one.code for one in lint(program).findings}
    if program is not None:
        try:
            pipeline.run(program, pipeline.Options())
        except SpecError as wrong:
            found |= {one.code for one in wrong.diagnostics}
    return found


@pytest.mark.parametrize("code", [code for code, entry in ENTRIES.items() if entry.wrong])
def test_the_wrong_program_yields_exactly_its_code(code):
    assert codes(ENTRIES[code].wrong, code) == {code}


@pytest.mark.parametrize("code", [code for code, entry in ENTRIES.items() if entry.right])
def test_the_right_program_yields_nothing(code):
    assert codes(ENTRIES[code].right, code) == set()


def test_every_code_in_use_has_an_entry():
    folders = ("syntax", "semantics", "lint", "importers")
    texts = [path.read_text(encoding="utf-8") for folder in folders for path in (PACKAGE / folder).rglob("*.py")]
    used = {code for text in texts for code in re.findall(r'code="([a-z0-9-]+)"', text)}
    used |= {
        code for text in texts for code in re.findall(r'(?:error|_error|_problem|_say|_at)\(\s*(?:file, )?"([a-z0-9-]+)"', text)
    }
    used |= {code for text in texts for code in re.findall(r'warning\(\s*"([a-z0-9-]+)"', text)}
    used |= {code for text in texts for code in re.findall(r'\("[A-Z]+", "([a-z-]+)"', text)}

    assert used - set(ENTRIES) == set()
