"""One ARM template with its parameters: the resources that it makes, and what could not be told."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from asever.diagnostics import Diagnostic, Label
from asever.importers.arm import targets
from asever.importers.arm.entries import Entry, expand, resource, with_inside
from asever.importers.arm.evaluator import Deployment, Given, Note, Run
from asever.importers.arm.mistakes import MistakeError
from asever.importers.arm.refusal import refusal
from asever.importers.arm.special import SPECIAL
from asever.importers.budget import Budget
from asever.importers.resources import Resource
from asever.importers.tree import Symbol, Value
from asever.record import record

FRAMES: Final = 3_000
"""Calls that may stand inside each other during an evaluation."""


@record
class Evaluated:
    """What a template makes.

    `symbols` are the names of what only a deployment knows and a resource depends on, in order. `notes` are what the files do
    not tell, each with the reason: linked templates that are not there, functions that are not known. With `problems` there is
    an error in the template, and `resources` are not all. `unused` are settings of the user that nothing asked for.
    """

    resources: tuple[Resource, ...] = ()
    symbols: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    unused: tuple[str, ...] = ()


def evaluate(
    template: Value,
    parameters: Value | None,
    set_values: Mapping[str, str],
    folder: Path,
    *,
    target: targets.Target | None = None,
    budget: Budget | None = None,
) -> Evaluated:
    """The resources of a template. `parameters` is a parameter file; `set_values` are texts for parameters and symbols by name.

    `folder` is where the template lies: linked templates are read there and below, nowhere else. `target` is what it is
    deployed into, where that is known. `budget` is what is left of the steps that all imports of a program may take.
    """
    refused = refusal(template)
    if refused is not None:
        return Evaluated(problems=(refused,))
    run = Run(set_values, SPECIAL, folder, budget or Budget())
    into = target or targets.Target(level=targets.level_of((template.get("$schema") or template).text or ""))
    given = _given(parameters)
    name = Symbol(name="deployment().name")
    problems: list[Diagnostic] = []
    made: list[Resource] = []
    symbols: tuple[str, ...] = ()
    try:
        with _deep_stack():
            top = Deployment(run, template, name, into, given, folder=folder)
            for entry in _expanded(top):
                try:
                    made.append(resource(entry))
                except MistakeError as wrong:
                    problems.append(wrong.diagnostic)
                    if wrong.diagnostic.code == "template-too-large":
                        break
            symbols = tuple(dict.fromkeys(_symbols(made)))
    except MistakeError as wrong:
        problems.append(wrong.diagnostic)
    except RecursionError:
        problems.append(_too_deep(template))
    return Evaluated(
        resources=tuple(made),
        symbols=symbols,
        notes=tuple(run.notes),
        problems=tuple(dict.fromkeys(problems)),
        unused=tuple(name for name in set_values if name.casefold() not in run.used),
    )


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Room for definitions that use each other: a module's output that comes from an inner module's takes thirty calls each."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _expanded(top: Deployment) -> list[Entry]:
    return list(with_inside(expand(top.frame, top.template, top.target, None)))


def _given(parameters: Value | None) -> dict[str, Given]:
    """The values of a parameter file, or of the bare `parameters` of one."""
    section = (parameters.get("parameters") or parameters) if parameters is not None else None
    if section is None or not isinstance(section.plain, Mapping):
        return {}
    return {name.casefold(): Given(value=value, frame=None) for name, value in section.plain.items()}


def _symbols(resources: Iterable[Resource]) -> Iterator[str]:
    for one in resources:
        if one.doubt is not None:
            yield one.doubt
        yield from (symbol.name for symbol in one.body.symbols())


def _too_deep(template: Value) -> Diagnostic:
    return Diagnostic(
        code="template-too-large",
        message="the definitions of the template lean on each other too deeply",
        primary=Label(template.span, "in this template") if template.span is not None else None,
        help="import a template of a part of the network",
    )
