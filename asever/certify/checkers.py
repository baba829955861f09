"""Who checks a proof: an independent program where one is installed, else our own checker."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from asever.certify import drat
from asever.certify.clauses import Clauses
from asever.certify.drat import NotProved

DRAT_TRIM = "drat-trim"
DRATIFY = "dratify"
OWN = "asever's own checker"


def checker() -> str:
    """The name of the checker that `check_proof` asks."""
    if shutil.which(DRAT_TRIM):
        return DRAT_TRIM
    return DRATIFY if find_spec(DRATIFY) else OWN


def check_proof(clauses: Clauses, proof: str, by: str) -> None:
    """Raises `NotProved` unless the checker accepts the proof."""
    if by == DRAT_TRIM:
        _drat_trim(clauses.dimacs(), proof)
    elif by == DRATIFY:
        _dratify(clauses.dimacs(), proof)
    else:
        drat.check_proof(clauses.variables, clauses.clauses, proof)


def _drat_trim(clauses: str, proof: str) -> None:
    program = shutil.which(DRAT_TRIM)
    assert program is not None  # noqa: S101 - `checker` found it
    with TemporaryDirectory() as folder:
        names = [Path(folder, "query.cnf"), Path(folder, "query.drat")]
        for name, text in zip(names, (clauses, proof), strict=True):
            name.write_text(text, encoding="utf-8")
        done = subprocess.run([program, *map(str, names)], capture_output=True, text=True, check=False)  # noqa: S603 - found on PATH
    if "s VERIFIED" not in done.stdout.splitlines():
        raise NotProved(f"{DRAT_TRIM} does not verify the proof")


def _dratify(clauses: str, proof: str) -> None:
    import dratify  # noqa: PLC0415 - an extra

    try:
        result = dratify.check_proof(dratify.parse_dimacs(clauses), proof)
    except ValueError as error:
        raise NotProved(f"{DRATIFY} cannot read the proof: {error}") from error
    if not (result.ok and result.reached_empty):
        raise NotProved(f"{DRATIFY} does not accept the proof")
