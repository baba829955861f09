"""What the tests of ARM templates share: a template from parts, and its values without places."""

import json
from pathlib import Path

from asever.importers.arm.template import evaluate
from asever.importers.json_text import parse
from asever.importers.tree import Symbol
from asever.source import SourceFile

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
INNER = {"expressionEvaluationOptions": {"scope": "inner"}}


def template(*resources, **parts):
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", **parts, "resources": list(resources)}


def nsg(name="web", **properties):
    return {
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": "2023-09-01",
        "name": name,
        "properties": properties,
    }


def deployment(name, inner, options=None, **properties):
    given = {"mode": "Incremental", "template": inner, **(options or {}), **properties}
    return {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": name, "properties": given}


def evaluated(content, parameters=None, folder=Path("/nowhere"), **settings):
    given = None if parameters is None else parse(SourceFile("p.json", json.dumps(parameters)))
    return evaluate(parse(SourceFile("main.json", json.dumps(content))), given, settings, folder)


def plain(value):
    match value.plain:
        case tuple() as items:
            return [plain(item) for item in items]
        case Symbol() as symbol:
            return f"<{symbol.name}>"
        case None | bool() | int() | float() | str() as one:
            return one
        case members:
            return {name: plain(member) for name, member in members.items()}


def value_of(expression, **parts):
    """What an expression is as a property of a resource."""
    result = evaluated(template(nsg(it=expression), **parts))
    assert result.problems == ()
    return plain(result.resources[0].properties.get("it"))


def names(result):
    assert result.problems == ()
    return [one.name for one in result.resources]
