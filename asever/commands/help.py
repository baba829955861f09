"""`asever help [WORD]`: what a diagnostic, an assumption or a fact of Azure means, with its source."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from asever.azure.assumptions import ASSUMPTIONS
from asever.catalogue.every import ENTRIES
from asever.commands.console import Status, UsageError, wants_color
from asever.report.catalogue import render_assumptions, render_entry, render_words


def run(arguments: Namespace) -> int:
    """Prints an entry of the catalogue, the usage of a command, or the list of all words.

    `arguments.usages()` maps each command to what makes the text of its usage.
    """
    commands: Mapping[str, Callable[[], str]] = arguments.usages()
    color = wants_color(arguments.color, sys.stdout)
    word = arguments.word
    if word is None:
        sys.stdout.write(render_words(ENTRIES.values(), ASSUMPTIONS, color=color))
        return Status.MET
    if word in commands:
        sys.stdout.write(commands[word]())
        return Status.MET
    word = word.lower()
    if word not in ENTRIES and word not in ASSUMPTIONS:
        raise UsageError(
            f"there is nothing about `{arguments.word}`", advice=_advice(word, [*ENTRIES, *ASSUMPTIONS, *commands])
        )
    if word in ENTRIES:
        sys.stdout.write(render_entry(ENTRIES[word], color=color))
    if word in ASSUMPTIONS:
        one = ASSUMPTIONS[word]
        named = word not in ENTRIES
        sys.stdout.write("" if named else "\n")
        sys.stdout.write(render_assumptions([(one.name, one.question, one.values, one.granted, "")], color=color, named=named))
    return Status.MET


def _advice(word: str, known: list[str]) -> str:
    """The nearest words: close spellings, and words that contain this one."""
    containing = [one for one in known if word in one]
    near = list(dict.fromkeys([*get_close_matches(word, known, n=3, cutoff=0.6), *containing[:5]]))
    return f"did you mean {' or '.join(f'`{one}`' for one in near)}?" if near else "`asever help` lists every word"
