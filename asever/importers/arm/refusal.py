"""Files that look like templates and are none: each is named as what it is."""

from __future__ import annotations

from collections.abc import Mapping

from asever.diagnostics import Diagnostic, Label
from asever.importers.tree import Value


def refusal(value: Value) -> Diagnostic | None:
    """Why a value is no template; None where it is one."""
    what = _other(value)
    if what is None:
        return None
    name = value.span.file.name if value.span is not None else "the file"
    kind, advice = what
    label = Label(value.span, "not a template") if value.span is not None else None
    return Diagnostic(code="not-a-template", message=f"`{name}` is {kind}, not an ARM template", primary=label, help=advice)


def _other(value: Value) -> tuple[str, str] | None:
    if not isinstance(value.plain, Mapping):
        return "a list or a single value", "import the file that has `resources`"
    schema = ((value.get("$schema") or value).text or "").lower()
    handler = (value.get("handler") or value).text or ""
    parameters = value.get("parameters")
    if "createuidefinition" in schema or handler.lower().startswith("microsoft.azure.createuidef"):
        return "a definition of a page in Azure's portal", "import the template that the page belongs to"
    if parameters is not None and (parameters.get("buildingBlocks") is not None or _is_settings(parameters)):
        return "a settings file of the template building blocks (azbb)", "import the template that azbb makes of it"
    if value.get("resources") is not None and (value.get("resources") or value).text is None:
        return None
    if "deploymentparameters" in schema or (parameters is not None and "deploymenttemplate" not in schema):
        return "a parameter file", "import the template, and give this file after `with`"
    if "deploymenttemplate" in schema:
        return "a template without `resources`", "import the template that makes the resources"
    return "JSON without `resources`", "import an ARM template, a resource as Azure prints it, or a Terraform plan"


def _is_settings(parameters: Value) -> bool:
    """Whether the parameters are whole resources: `virtualNetworkSettings`, `networkSecurityGroupsSettings`."""
    names = parameters.plain if isinstance(parameters.plain, Mapping) else {}
    return any(
        name.endswith("Settings") and one.at("value") is not None and one.get("type") is None for name, one in names.items()
    )
