# ruff: noqa: INP001 - a script, not a package
"""Writes what the documentation does not say by hand: `python docs/generate.py`, and with `--check` only compares.

* `docs/diagnostics.md` comes from `asever.catalogue`.
* In `README.md` and the other pages, a block that starts with `$ asever …` is followed by what the command really prints, and
  a block under `<!-- file: PATH -->` is that file.
* The tables of assumptions in `docs/semantics/azure.md` come from `asever.azure.assumptions`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/commands.md", "docs/tutorial.md", "docs/semantics/azure.md")

INTRODUCTION = """\
# Diagnostics and facts

<!-- Written by docs/generate.py from asever.catalogue; edit the catalogue. -->

Every error and warning has a code, which is a word. `asever help CODE` prints the same text in the terminal.
"""

_CONSOLE = re.compile(r"^```console\n\$ asever (?P<command>[^\n]*)\n(?P<output>.*?)^```$", re.MULTILINE | re.DOTALL)
_ASSUMPTIONS = re.compile(r"^<!-- assumptions: (?P<kind>open|granted) -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^<!-- file: (?P<path>\S+) -->\n\n```asev\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def diagnostics_page() -> str:
    """The page of all codes and facts, in the order of the catalogue."""
    from asever.catalogue.entries import Entry  # noqa: PLC0415 - a checkout need not be installed to read pages
    from asever.catalogue.every import ENTRIES, FACTS  # noqa: PLC0415

    def chapter(title: str, entries: Iterable[Entry]) -> list[str]:
        return ["", f"## {title}", *(line for entry in entries for line in section(entry))]

    def section(entry: Entry) -> list[str]:
        lines = ["", f"### {entry.code}", "", f"**{entry.title}**", "", entry.explanation.strip()]
        for words, text in (("Wrong:", entry.wrong), ("Right:", entry.right)):
            if text:
                lines += ["", words, "", "```asev", text.strip("\n"), "```"]
        if entry.source:
            lines += ["", f"Source: {entry.source}"]
        return lines

    return "\n".join(
        [
            INTRODUCTION.rstrip(),
            *chapter("Errors and warnings", (entry for entry in ENTRIES.values() if entry not in FACTS)),
            *chapter("Facts of Azure", FACTS),
            "",
        ]
    )


def printed(command: str) -> str:
    """What `asever` prints for these arguments, diagnostics included, at the root of the checkout."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
    run = subprocess.run(  # noqa: S603 - the commands are those of our own pages
        [sys.executable, "-m", "asever", *command.split()],
        cwd=ROOT,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return "\n".join(line.rstrip() for line in run.stdout.strip("\n").splitlines()) + "\n"


def assumptions_table(*, granted: bool) -> str:
    """The open or the granted assumptions as a table, the recommended reading of each in bold."""
    from asever.azure.assumptions import ASSUMPTIONS  # noqa: PLC0415 - as above

    lines = ["| name | the question | readings | sources |", "|---|---|---|---|"]
    for one in ASSUMPTIONS.values():
        if one.granted is granted:
            (first, first_meaning), *others = one.values
            readings = "<br>".join([f"**{first}**: {first_meaning}", *(f"{value}: {meaning}" for value, meaning in others)])
            sources = re.sub(r"\b(ase|azure)-network-semantics\b", r"[\1.md](\1.md)", "; ".join(one.sources))
            lines.append(f"| `{one.name}` | {one.question} | {readings} | {sources} |")
    return "\n".join(lines)


def refreshed(page: str) -> str:
    """A page with the files, the outputs and the tables as they are now."""

    def shown(block: re.Match[str]) -> str:
        text = (ROOT / block["path"]).read_text(encoding="utf-8")
        return f"<!-- file: {block['path']} -->\n\n```asev\n{text}```"

    def run(block: re.Match[str]) -> str:
        return f"```console\n$ asever {block['command']}\n{printed(block['command'])}```"

    def assumed(block: re.Match[str]) -> str:
        kind = block["kind"]
        return f"<!-- assumptions: {kind} -->\n\n{assumptions_table(granted=kind == 'granted')}\n\n<!-- end -->"

    return _CONSOLE.sub(run, _FILE.sub(shown, _ASSUMPTIONS.sub(assumed, page)))


def pages() -> Mapping[Path, str]:
    """Every written page and what it should say."""
    written = {ROOT / page: refreshed((ROOT / page).read_text(encoding="utf-8")) for page in PAGES}
    return {**written, ROOT / "docs" / "diagnostics.md": diagnostics_page()}


def main() -> int:
    """Writes the pages; with `--check` writes nothing and returns 1 when one is stale."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        sys.stderr.writelines(f"{path.relative_to(ROOT)} is stale: run `make docs`\n" for path in stale)
        return 1 if stale else 0
    for path, text in pages().items():
        if path in stale:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
