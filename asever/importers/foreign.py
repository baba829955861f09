"""One foreign file as resources: what it is, by what stands in it, and who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from asever.diagnostics import Diagnostic, Label
from asever.importers import azure_json, effective, json_text, recording, rest_example
from asever.importers.arm import template
from asever.importers.arm.mistakes import MistakeError
from asever.importers.arm.refusal import refusal
from asever.importers.budget import Budget, too_large
from asever.importers.resources import Resource
from asever.importers.terraform.blocks import is_terraform
from asever.importers.terraform.resources import told
from asever.importers.tree import Value
from asever.record import record
from asever.source import SourceFile, Span


@record
class Left:
    """Something that a file names and does not tell, with the reason."""

    what: str
    why: str
    span: Span | None = None


@record
class Foreign:
    """A foreign file as read. With `problems` it was refused.

    `made` says that it is a template. `unused` are settings that nothing in it asked for.
    """

    file: SourceFile
    resources: tuple[Resource, ...] = ()
    symbols: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    made: bool = False
    unused: tuple[str, ...] = ()


def read(
    file: SourceFile,
    parameters: SourceFile | None,
    settings: Mapping[str, str],
    folder: Path,
    *,
    budget: Budget | None = None,
) -> Foreign:
    """The resources of a file. `settings` are values that the user gives for parameters and symbols, by name.

    All files of a program share one `budget`; a file without one has its own.
    """
    budget = budget or Budget()
    budget.place = Span(file, 0, min(1, len(file.text)))
    value = json_text.parse(file, budget)
    if isinstance(value, Diagnostic):
        return Foreign(file=file, problems=(value,), unused=tuple(settings))
    given = json_text.parse(parameters, budget) if parameters is not None else None
    if isinstance(given, Diagnostic):
        return Foreign(file=file, problems=(given,), unused=tuple(settings))
    match _what(value):
        case "terraform":
            return _terraform(file, value, settings, budget)
        case "template":
            return _template(file, value, given, settings, folder, budget)
        case "recording":
            return _recording(file, value, settings, folder, budget)
        case "example":
            found = rest_example.resources(value, Path(file.name).stem)
            if found:
                return Foreign(file=file, resources=found, unused=tuple(settings))
        case "answer":
            found = effective.resources(value, Path(file.name).stem) or azure_json.resources(value)
            if found:
                return Foreign(file=file, resources=found, unused=tuple(settings))
        case _:
            pass
    return Foreign(file=file, problems=(_refused(file, value),), unused=tuple(settings))


def _what(value: Value) -> str:
    """What a file is: a plan or a state of Terraform's, a template, a recording, an answer of Azure's, or something else."""
    if isinstance(value.plain, tuple):
        return "answer"
    if not isinstance(value.plain, Mapping):
        return "other"
    if is_terraform(value):
        return "terraform"
    if recording.is_recording(value):
        return "recording"
    if rest_example.is_example(value):
        return "example"
    if refusal(value) is None:
        return "template"
    schema = (value.get("$schema") or value).text
    return "other" if schema is not None or value.get("parameters") is not None else "answer"


def _template(
    file: SourceFile, value: Value, given: Value | None, settings: Mapping[str, str], folder: Path, budget: Budget
) -> Foreign:
    found = template.evaluate(value, given, settings, folder, budget=budget)
    left = tuple(Left(what=one.what, why=one.why, span=one.span) for one in found.notes)
    return Foreign(
        file=file,
        resources=found.resources,
        symbols=found.symbols,
        left=left,
        problems=found.problems,
        made=True,
        unused=found.unused,
    )


def _terraform(file: SourceFile, value: Value, settings: Mapping[str, str], budget: Budget) -> Foreign:
    try:
        found = told(value, settings, budget)
    except MistakeError as wrong:
        return Foreign(file=file, problems=(wrong.diagnostic,), unused=tuple(settings))
    except RecursionError:
        return Foreign(file=file, problems=(_leans(file),), unused=tuple(settings))
    if not found.resources:
        return Foreign(file=file, problems=(_no_azure(file),), unused=tuple(settings))
    symbols = (symbol.name for one in found.resources for symbol in one.properties.symbols())
    return Foreign(
        file=file,
        resources=found.resources,
        symbols=tuple(dict.fromkeys(symbols)),
        left=tuple(Left(what=what, why=why, span=span) for what, why, span in found.left),
        unused=tuple(name for name in settings if name.casefold() not in found.used),
    )


def _recording(file: SourceFile, value: Value, settings: Mapping[str, str], folder: Path, budget: Budget) -> Foreign:
    found = recording.read(value, Path(file.name).stem, settings, folder, budget)
    if budget.spent:
        return Foreign(file=file, problems=(too_large(budget.place),), unused=tuple(settings))
    if found.full or not found.resources:
        problem = _too_many(file) if found.full else _no_resource(file, found.count)
        return Foreign(file=file, problems=(problem,), unused=tuple(settings))
    return Foreign(
        file=file,
        resources=found.resources,
        symbols=found.symbols,
        left=tuple(Left(what=what, why=why, span=span) for what, why, span in found.left),
        unused=found.unused,
    )


def _too_many(file: SourceFile) -> Diagnostic:
    return Diagnostic(
        code="json-too-large",
        message=f"`{file.name}` is a recorded session that shows more than {recording.MOST:,} resources",
        primary=Label(Span(file, 0, min(1, len(file.text))), "in this session"),
        help="import a session of a part of the network",
    )


def _no_resource(file: SourceFile, count: int) -> Diagnostic:
    requests = "one request" if count == 1 else f"{count} requests"
    return Diagnostic(
        code="not-a-network",
        message=f"`{file.name}` is a recorded session of {requests} that shows no resource of a network",
        primary=Label(Span(file, 0, min(1, len(file.text))), "not imported"),
        help="import a session that makes or reads the network",
    )


def _leans(file: SourceFile) -> Diagnostic:
    return Diagnostic(
        code="template-too-large",
        message=f"the modules of `{file.name}` refer to each other too deeply",
        primary=Label(Span(file, 0, min(1, len(file.text))), "in this plan"),
        help="import a plan of a part of the network",
    )


def _no_azure(file: SourceFile) -> Diagnostic:
    return Diagnostic(
        code="not-a-network",
        message=f"`{file.name}` is a plan or a state of Terraform's without a resource of the azurerm provider",
        primary=Label(Span(file, 0, min(1, len(file.text))), "not imported"),
        help="import the one that makes the network",
    )


def _refused(file: SourceFile, value: Value) -> Diagnostic:
    """Says in one sentence what a file is that cannot be imported."""
    what, advice = _described(value)
    if what is None:
        found = refusal(value)
        if found is not None:
            return found
    label = Label(Span(file, 0, min(1, len(file.text))), "not imported")
    return Diagnostic(code="not-a-network", message=f"`{file.name}` {what}", primary=label, help=advice)


def _described(value: Value) -> tuple[str | None, str | None]:
    usual = "import a template, a Terraform plan, or what `az network … show` prints"
    if isinstance(value.plain, tuple):
        return ("is an empty list" if not value.plain else "is a list of something else than Azure's resources"), usual
    if not isinstance(value.plain, Mapping):
        return "holds a single value", usual
    if not value.plain:
        return "is an empty object", usual
    if value.get("value") is not None and not (value.get("value") or value).items:
        return "is an empty list", usual
    if rest_example.is_example(value):
        return "is an example of the REST API's documentation that holds no resource of a network", usual
    if value.get("networkInterfaces") is not None:
        return "is a security group view in which no NSG has a rule of its own", usual
    names = {name.casefold() for name in value.plain}
    if "expandedsourceaddressprefix" in names or ("nexthoptype" in names and "source" in names):
        return "is one line of an answer about effective rules or routes", "import the whole answer"
    if value.get("$schema") is not None or value.get("parameters") is not None:
        return None, None
    return "is no resource of Azure's: it has no type and no id", usual
