"""Verifies certificates: everything but the proofs and witnesses is made anew from the specification and compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asever.azure.effective import effective
from asever.certify.checkers import check_proof, checker
from asever.certify.clauses import clauses_of
from asever.certify.drat import NotProved
from asever.certify.make import WITNESS, stem
from asever.certify.manifest import FORMAT, Json, Part, digest, part_json, parts, sources
from asever.certify.obligations import Refused, examined, is_shown, to_refute
from asever.explain.finding import Asked, ask
from asever.model.certificates import Accepted, Verification
from asever.model.claims import Check, Healthy
from asever.model.effective import EffectiveNetwork
from asever.model.program import Program

_WITHOUT = ("violated", "unknown")


def files_named(manifest: Json) -> list[str]:
    """The specifications that a certificate says it is about."""
    return [str(one["file"]) for one in _specifications(manifest)]


def manifest_of(text: str) -> Json:
    """The manifest that a text is. Raises `Refused`."""
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise Refused("its manifest is no JSON") from error
    if not isinstance(manifest, dict) or manifest.get("certificate") != FORMAT:
        raise Refused(f"its manifest is not of format {FORMAT}")
    for one in _specifications(manifest):
        _has(one, {"file": str, "sources": list, "chosen": dict, "checks": list})
        for check in one["checks"]:
            _has(check, {"name": str, "text": str, "verdict": str, "parts": list})
    return manifest


def verify(directory: Path, manifest: Json, programs: Sequence[Program], demanded: Mapping[str, str] | None) -> Verification:
    """Raises `Refused` unless everything that the certificate claims of these programs is so.

    `demanded` are the readings that must have been chosen, and no others (None: whatever was chosen).
    """
    specifications = _specifications(manifest)
    if len(specifications) != len(programs):
        raise Refused(f"it is about {len(specifications)} specifications, and {len(programs)} are given")
    by = checker()
    accepted: list[Accepted] = []
    without: list[tuple[str, str]] = []
    number = 0
    for about, program in zip(specifications, programs, strict=True):
        _same_sources(about["sources"], sources(program))
        chosen = _chosen(about["chosen"], demanded)
        tables = effective(program.network)
        _known(tables, chosen)
        for claimed in about["checks"]:
            number += 1
            check = _check(program, claimed)
            if claimed["verdict"] == "holds":
                accepted.append(_accepted(directory, tables, number, ask(program, tables, check, chosen), claimed, by, chosen))
            elif claimed["verdict"] in _WITHOUT and not claimed["parts"]:
                without.append((claimed["name"], claimed["verdict"]))
            else:
                raise Refused(f"`{claimed['name']}` is certified as `{claimed['verdict']}`, which has no certificate")
    return Verification(accepted=tuple(accepted), without=tuple(without), checker=by)


# -- What it is about ---------------------------------------------------------------------------------------------------


def _specifications(manifest: Json) -> list[Json]:
    found = manifest.get("specifications")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refused("its manifest does not say what it is about")
    return found


def _has(one: Any, kinds: Mapping[str, type]) -> None:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(one, dict) or any(not isinstance(one.get(name), kind) for name, kind in kinds.items()):
        raise Refused(f"its manifest lacks one of {', '.join(kinds)}")


def _same_sources(claimed: Sequence[Any], found: Sequence[Json]) -> None:
    if len(claimed) != len(found):
        raise Refused(f"it is about {len(claimed)} files, and the specification has {len(found)}")
    for one, other in zip(claimed, found, strict=True):
        if not isinstance(one, dict) or one.get("sha256") != other["sha256"]:
            raise Refused(f"it is about another text than that of {other['file']}")


def _chosen(claimed: Mapping[str, Any], demanded: Mapping[str, str] | None) -> dict[str, str]:
    chosen = {str(name): str(value) for name, value in claimed.items()}
    if demanded is not None and chosen != demanded:
        words = ", ".join(f"{name}={value}" for name, value in sorted(chosen.items()))
        raise Refused(f"it assumes {words or 'nothing'}, which is not what --assume says")
    return chosen


def _known(tables: EffectiveNetwork, chosen: Mapping[str, str]) -> None:
    for name, value in chosen.items():
        if value not in tables.assumptions.get(name, ()):
            raise Refused(f"it assumes {name}={value}, and there is no such assumption")


def _check(program: Program, claimed: Json) -> Check:
    for one in program.checks:
        if (one.name or one.text, one.text) == (claimed["name"], claimed["text"]):
            return one
    raise Refused(f"the specification has no check `{claimed['name']}` that says `{claimed['text']}`")


# -- What shows it ------------------------------------------------------------------------------------------------------


def _accepted(
    directory: Path,
    tables: EffectiveNetwork,
    number: int,
    asked: Asked,
    claimed: Json,
    by: str,
    chosen: Mapping[str, str],
) -> Accepted:
    its = parts(number, asked)
    wanted = len(asked.requirements) if isinstance(asked.check.claim, Healthy) else 1
    if len(its) != wanted or len(claimed["parts"]) != wanted:
        raise Refused(f"`{claimed['name']}` asks {wanted} questions, and not all of them are certified")
    counts = [_examine(directory, tables, part, its_json, by) for part, its_json in zip(its, claimed["parts"], strict=True)]
    return Accepted(
        name=claimed["name"],
        proofs=sum(proofs for proofs, _ in counts),
        witnesses=sum(shown for _, shown in counts),
        assumed=dict(sorted(chosen.items())),
    )


def _examine(directory: Path, tables: EffectiveNetwork, part: Part, claimed: Json, by: str) -> tuple[int, int]:
    """How many proofs and witnesses the files of a part hold, all of them good."""
    files = _files(directory / part.folder, claimed, part)
    shown: list[Json] = []
    if is_shown(part.question):
        shown = _witness(files, part)
        queries = examined(tables, part.question, shown)
    else:
        queries = to_refute(tables, part.question)
    for index, text in enumerate(queries):
        name = f"{part.folder}/{stem(index)}"
        clauses = clauses_of(text)
        _same(files.get(f"{stem(index)}.smt2"), text, f"{name}.smt2", "the query of this check")
        _same(files.get(f"{stem(index)}.cnf"), clauses.dimacs(), f"{name}.cnf", "the clauses of its query")
        try:
            check_proof(clauses, files.get(f"{stem(index)}.drat", ""), by)
        except NotProved as error:
            raise Refused(f"{name}.drat: {error}") from error
    names = {f"{stem(index)}.{suffix}" for index in range(len(queries)) for suffix in ("smt2", "cnf", "drat")}
    if set(files) != names | ({WITNESS} if is_shown(part.question) else set()):
        raise Refused(f"{part.folder} holds files that do not belong to it, or lacks some")
    if claimed != part_json(part, {name: files[name] for name in claimed["files"]}):
        raise Refused(f"the manifest says of {part.folder} what is not so")
    return len(queries), len(shown)


def _files(folder: Path, claimed: Any, part: Part) -> dict[str, str]:  # noqa: ANN401 - whatever JSON holds
    """The files of a part, with the bytes that the manifest promises."""
    _has(claimed, {"name": str, "text": str, "folder": str, "files": dict})
    if claimed["folder"] != part.folder:
        raise Refused(f"`{part.check.name or part.check.text}` is not certified in {part.folder}")
    files = {}
    try:
        for path in sorted(folder.iterdir()):
            files[path.name] = path.read_bytes().decode()
            if claimed["files"].get(path.name) != digest(files[path.name]):
                raise Refused(f"{part.folder}/{path.name} has other bytes than the manifest says")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{part.folder} cannot be read ({error})") from error
    missing = sorted(set(claimed["files"]) - set(files))
    if missing:
        raise Refused(f"{part.folder}/{missing[0]} is missing")
    return files


def _witness(files: Mapping[str, str], part: Part) -> list[Json]:
    try:
        shown = json.loads(files.get(WITNESS, ""))
    except ValueError as error:
        raise Refused(f"{part.folder}/{WITNESS} is no JSON") from error
    if not isinstance(shown, list):
        raise Refused(f"{part.folder}/{WITNESS} is no list")
    return shown


def _same(found: str | None, made: str, name: str, what: str) -> None:
    if found != made:
        raise Refused(f"{name} is not {what}")
