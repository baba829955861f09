"""Recorded sessions with real Azure, as the corpus beside the checkout keeps them: what was asked, what Azure answered.

The corpus is no part of the project. `ASEVER_CORPUS` names another place for it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asever.record import record

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("ASEVER_CORPUS", ROOT.parent / "shared" / "corpus"))
ABSENT = "the corpus of recorded sessions (../shared/corpus) is not here"

Body = Mapping[str, Any]
"""A JSON object after `plain`: keys in lower case, `properties` merged into what holds them."""


def plain(value: Any) -> Any:
    """One shape for all recorders.

    The REST API nests `properties`, the SDKs and the CLI flatten them, PowerShell writes `AddressPrefix` for `addressPrefix`.
    """
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    lowered = {key.casefold(): plain(one) for key, one in value.items()}
    inner = lowered.pop("properties", None)
    return {**inner, **lowered} if isinstance(inner, dict) else lowered


def body(value: Any) -> Any:
    """A request's or an answer's body; some recorders keep it as text."""
    if isinstance(value, str) and value.lstrip("\ufeff \r\n\t").startswith(("{", "[")):
        return plain(json.loads(value.lstrip("\ufeff")))
    return plain(value)


@record
class Verdict:
    """What Azure itself said. `question` is the body of the request; None where the recording lacks it or it has none."""

    operation: str
    target: str
    question: Body | None
    answer: Body
    seq: int


@record
class Session:
    """One recorded session: its content as the file at `path` has it, and what Azure said in it."""

    name: str
    content: Mapping[str, Any]
    verdicts: tuple[Verdict, ...]
    path: Path | None = None


def path_of(address: str) -> str:
    """The path of an address, without host and query, in lower case: Azure's ids compare without regard to case."""
    start = address.casefold().find("/subscriptions/")
    return address[max(start, 0) :].partition("?")[0].rstrip("/").casefold()


def session(name: str, content: Mapping[str, Any], path: Path | None = None) -> Session:
    """A session as the corpus writes it."""
    posted = {one["seq"]: path_of(one["uri"]) for one in content["interactions"] if one["method"].upper() == "POST"}
    verdicts = (
        Verdict(
            operation=one["operation"],
            target=posted.get(one["post_seq"], one["target"].casefold()),
            question=body(one.get("request")),
            answer=body(one["answer"]),
            seq=one["post_seq"],
        )
        for one in content["verdicts"]
    )
    return Session(name=name, content=content, verdicts=tuple(verdicts), path=path)


def sessions() -> Iterator[Session]:
    """Every recorded session, in the order of their names; none where the corpus is absent."""
    folder = CORPUS / "azure_oracle"
    for path in sorted(folder.glob("*/*.json")):
        name = f"{path.parent.name.partition('__')[2]}/{path.name.removesuffix('.json').replace('.scenario', '')}"
        yield session(name, json.loads(path.read_text(encoding="utf-8-sig")), path)


def effective_answers(operation: str) -> Iterator[tuple[str, Body]]:
    """The single answers to one operation (`effectiveRouteTable`), with their names."""
    for path in sorted((CORPUS / "effective").glob(f"*/*.{operation}.*.json")):
        yield f"{path.parent.name.partition('__')[2]}/{path.stem}", body(json.loads(path.read_text(encoding="utf-8-sig")))
