"""Makes certificates: for every check that holds, the files that show it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from asever.certify.clauses import clauses_of
from asever.certify.manifest import FORMAT, MANIFEST, Json, Part, check_json, part_json, parts, sources
from asever.certify.obligations import Refused, examined, is_shown, to_refute, witnesses
from asever.certify.prover import proof_of
from asever.model.answers import Finding, Report, Verdict
from asever.model.effective import EffectiveNetwork
from asever.pipeline import Examined
from asever.record import replace

WITNESS = "witness.json"


class NotCertified(Exception):  # noqa: N818 - what happened, in words
    """What one solver decided the other did not: a mistake of a program, never of the input. `reproducer` is the query."""

    def __init__(self, check: str, why: str, reproducer: str = "") -> None:
        self.reproducer = reproducer
        super().__init__(f"`{check}` holds, but no certificate can be made: {why}")


def stem(index: int) -> str:
    """The name of the files of a query: `query`, `query-2` and so on."""
    return "query" if index == 0 else f"query-{index + 1}"


def make(directory: Path, every: Sequence[Examined], chosen: Mapping[str, str], version: str) -> list[Report]:
    """Writes the certificates; the reports, with the folder of each finding's certificate.

    Raises `OSError`, and `NotCertified` when the solvers disagree.
    """
    directory.mkdir(parents=True, exist_ok=True)
    reports, specifications = [], []
    number = 0
    for one in every:
        findings, checks = [], []
        for asked, finding in zip(one.asked, one.report.results, strict=True):
            number += 1
            its = parts(number, asked) if finding.verdict is Verdict.HOLDS else []
            written = [_written(directory, one.tables, part) for part in its]
            checks.append(check_json(finding, written))
            findings.append(_certified(finding, directory, its))
        reports.append(replace(one.report, results=tuple(findings)))
        about = {"file": one.program.files[0].name, "sources": sources(one.program), "chosen": dict(sorted(chosen.items()))}
        specifications.append(about | {"checks": checks})
    manifest = {"certificate": FORMAT, "asever": version, "specifications": specifications}
    (directory / MANIFEST).write_bytes(dumped(manifest).encode())
    return reports


def dumped(document: object) -> str:
    """A document as text, laid out for people too."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _certified(finding: Finding, directory: Path, its: Sequence[Part]) -> Finding:
    """The finding with its folders; each requirement of `is healthy` with its own."""
    folders = tuple(str(directory / part.folder) for part in its)
    if not finding.requirements or not folders:
        return replace(finding, certificate=folders)
    pairs = zip(finding.requirements, folders, strict=True)
    return replace(finding, certificate=folders, requirements=tuple(replace(one, certificate=(at,)) for one, at in pairs))


def _written(directory: Path, network: EffectiveNetwork, part: Part) -> Json:
    files = files_of(network, part)
    folder = directory / part.folder
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return part_json(part, files)


def files_of(network: EffectiveNetwork, part: Part) -> dict[str, str]:
    """The files that show that the claim holds. Raises `NotCertified` where they cannot be made."""
    files: dict[str, str] = {}
    if is_shown(part.question):
        shown = witnesses(network, part.question)
        files[WITNESS] = dumped(shown)
        try:
            queries = examined(network, part.question, json.loads(files[WITNESS]))
        except Refused as error:
            raise NotCertified(part.check.name or part.check.text, str(error)) from error
    else:
        queries = to_refute(network, part.question)
    for index, text in enumerate(queries):
        clauses = clauses_of(text)
        proof = proof_of(clauses)
        if proof is None:
            raise NotCertified(part.check.name or part.check.text, "the second solver finds a model of its query", text)
        files |= {f"{stem(index)}.smt2": text, f"{stem(index)}.cnf": clauses.dimacs(), f"{stem(index)}.drat": proof}
    return files
