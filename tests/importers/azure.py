"""Resources of Azure's in a few words, as `az` prints them, and programs that import them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from asever.diagnostics import Diagnostic
from asever.model.program import Program
from asever.pipeline import Options, run
from asever.semantics.loading import load_program

GROUP = "/subscriptions/s/resourceGroups/rg/providers/"


def identity(kind: str, name: str) -> str:
    """The id of a resource: `identity("Microsoft.Network/virtualNetworks/subnets", "corp/apps")`."""
    provider, *kinds = kind.split("/")
    return GROUP + provider + "".join(f"/{one}/{each}" for one, each in zip(kinds, name.split("/"), strict=True))


def resource(kind: str, name: str, properties: dict[str, Any], /, **more: Any) -> dict[str, Any]:
    return {"id": identity(kind, name), "name": name.rpartition("/")[2], "type": kind, "properties": properties, **more}


def nsg(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return resource("Microsoft.Network/networkSecurityGroups", name, {"securityRules": list(rules)})


def rule(name: str, priority: int, access: str = "Allow", direction: str = "Inbound", **fields: Any) -> dict[str, Any]:
    given = {
        "priority": priority,
        "access": access,
        "direction": direction,
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "destinationPortRange": "443",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
    }
    return {"name": name, "properties": given | fields}


def reference(kind: str, name: str) -> dict[str, str]:
    return {"id": identity(kind, name)}


def subnet(name: str, prefix: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "properties": {"addressPrefix": prefix, **fields}}


def vnet(name: str, *subnets: dict[str, Any], space: str = "10.0.0.0/16", **fields: Any) -> dict[str, Any]:
    content = {"addressSpace": {"addressPrefixes": [space]}, "subnets": list(subnets), **fields}
    return resource("Microsoft.Network/virtualNetworks", name, content)


def nic(name: str, home: str, address: str | None = "10.0.1.4", **fields: Any) -> dict[str, Any]:
    configuration: dict[str, Any] = {"subnet": reference("Microsoft.Network/virtualNetworks/subnets", home)}
    if address is not None:
        configuration["privateIPAddress"] = address
    configuration |= fields.pop("configuration", {})
    content = {"ipConfigurations": [{"name": "c", "properties": configuration}], **fields}
    return resource("Microsoft.Network/networkInterfaces", name, content)


def template(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An ARM template of these resources, without their ids."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{"apiVersion": "2023-04-01", **{k: v for k, v in one.items() if k != "id"}} for one in resources],
        **more,
    }


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return path


def loaded(folder: Path, text: str, **settings: str) -> tuple[Program | None, list[Diagnostic]]:
    program, diagnostics = load_program(folder / "spec.asev", text=text, settings=settings)
    return program, list(diagnostics)


def imported(folder: Path, *contents: Any, text: str = "", **settings: str) -> Program:
    """A program that imports these contents, each from a file of its own, and says `text` besides."""
    lines = []
    for index, content in enumerate(contents):
        write(folder, f"f{index}.json", content)
        lines.append(f'import "f{index}.json"')
    program, diagnostics = loaded(folder, "\n".join(lines) + "\n" + text, **settings)
    assert program is not None, [f"{one.primary.span if one.primary else ''} {one.message}" for one in diagnostics]
    return program


def verdicts(program: Program) -> list[str]:
    return [finding.verdict.value for finding in run(program, Options()).results]
