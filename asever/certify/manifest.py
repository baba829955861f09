"""What a certificate is about: the manifest beside the proofs, made anew from the specification whenever one is examined."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from asever.azure.questions import Unanswerable
from asever.explain.finding import Asked
from asever.model.answers import Finding
from asever.model.claims import Check, Healthy
from asever.model.effective import Question
from asever.model.program import Program
from asever.record import record

Json = dict[str, Any]
MANIFEST = "manifest.json"
FORMAT = 1


@record
class Part:
    """One question of a check, and the folder of what shows its answer. `is healthy` has one for each requirement."""

    check: Check
    question: Question
    folder: str


def digest(text: str) -> str:
    """The SHA-256 of a text in UTF-8, as `sha256sum` prints it."""
    return sha256(text.encode()).hexdigest()


def sources(program: Program) -> list[Json]:
    """Every file of a program, with the SHA-256 of its text; what it imports and the shipped library included."""
    return [{"file": one.name, "sha256": digest(one.text)} for one in program.files]


def parts(number: int, asked: Asked) -> list[Part]:
    """The questions of the check with this number, of which one cannot be asked if there are fewer than requirements."""
    leaves = list(_leaves(asked))
    several = isinstance(asked.check.claim, Healthy)
    return [
        Part(check=one.check, question=one.question, folder=_folder(number, index if several else 0, one.check))
        for index, one in enumerate(leaves, 1)
        if one.question is not None and not isinstance(one.question, Unanswerable)
    ]


def _leaves(asked: Asked) -> Iterator[Asked]:
    if asked.question is not None:
        yield asked
    for one in asked.requirements:
        yield from _leaves(one)


def _folder(number: int, index: int, check: Check) -> str:
    """`007-front-door-calls-the-api`, and `007.02-…` for the second requirement of a check."""
    words = re.sub(r"[^a-z0-9]+", "-", (check.name or check.text).lower()).strip("-")[:60].strip("-")
    return f"{number:03}{f'.{index:02}' if index else ''}{f'-{words}' if words else ''}"


def part_json(part: Part, files: Mapping[str, str]) -> Json:
    """What a part is about, and the SHA-256 of each of its files."""
    return {
        "name": part.check.name or part.check.text,
        "text": part.check.text,
        "assumptions": dict(sorted(part.question.fixed.items())),
        "folder": part.folder,
        "files": {name: digest(text) for name, text in files.items()},
    }


def check_json(finding_of: Finding, its: Sequence[Json]) -> Json:
    """One check with its verdict; only one that holds has parts."""
    check = finding_of.check
    return {"name": check.name or check.text, "text": check.text, "verdict": finding_of.verdict.value, "parts": list(its)}
