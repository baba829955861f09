"""Prints what becomes of every real file: imported, imported with symbols, or refused and why.

python -m tests.importers.table [KIND or PATH …]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from asever.diagnostics import Diagnostic, Severity
from asever.importers import foreign, json_text, service_tags
from asever.record import record
from asever.semantics.loading import load_imports
from tests.recorded.sessions import CORPUS

KINDS = ("ase_arm", "nsg_arm", "nsg_export", "tf_plan", "rest_examples", "effective", "azure_oracle")


@record
class Row:
    """What became of one file. `outcome` is `imported`, `with symbols` or `refused`; `why` says what is refused or open."""

    path: Path
    outcome: str
    why: str
    seconds: float
    resources: int = 0
    items: int = 0
    left_out: int = 0


def files(wanted: Sequence[str] = KINDS, corpus: Path = CORPUS) -> Iterator[Path]:
    """The real files of some kinds that are no parameter files of others, in order."""
    for kind in wanted:
        start = Path(kind) if Path(kind).exists() else corpus / kind
        yield from sorted(start.rglob("*.json*")) if start.is_dir() else [start]


def row(path: Path) -> Row:
    """What becomes of one file that a program imports. Templates get no parameters: what they ask for are symbols."""
    start = time.perf_counter()
    imported, diagnostics = load_imports([path], None, {})
    seconds = time.perf_counter() - start
    if not imported:
        why = next(one.message for one in diagnostics if one.severity is Severity.ERROR)
        return Row(path=path, outcome="refused", why=why.replace(str(path), path.name), seconds=seconds)
    symbols, resources = _symbols(path)
    missing = [one.message for one in diagnostics if one.code == "not-in-the-file"]
    why = "; ".join([*([f"{len(symbols)} symbols, {symbols[0]}"] if symbols else []), *missing[:2]])
    return Row(
        path=path,
        outcome="with symbols" if symbols or missing else "imported",
        why=why,
        seconds=seconds,
        resources=resources,
        items=sum(len(items) for _, items in imported),
        left_out=sum(len(sheet.left_out) for sheet, _ in imported),
    )


def _symbols(path: Path) -> tuple[tuple[str, ...], int]:
    """The symbols in a file that imports, and how many resources it has; of a list of service tags none."""
    file = json_text.source_file(path.name, path.read_bytes())
    if isinstance(file, Diagnostic) or service_tags.is_list(file.text):
        return (), 0
    found = foreign.read(file, None, {}, path.parent)
    return found.symbols, len(found.resources)


def main(arguments: Sequence[str]) -> None:
    """Prints the table and the totals of each kind."""
    totals: dict[str, Counter[str]] = {}
    for path in files(arguments or KINDS):
        one = row(path)
        shown = path.relative_to(CORPUS) if path.is_relative_to(CORPUS) else path
        totals.setdefault(shown.parts[0], Counter())[one.outcome] += 1
        made = f"{one.resources:>4} resources {one.items:>3} items {one.left_out:>3} left" if one.outcome != "refused" else ""
        print(f"{one.outcome:<13} {one.seconds:5.2f}s {made:<34} {shown}: {one.why[:160]}")
    for kind, outcomes in totals.items():
        listed = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        print(f"{kind:<14} {sum(outcomes.values()):>4} files: {listed}")


if __name__ == "__main__":
    main(sys.argv[1:])
