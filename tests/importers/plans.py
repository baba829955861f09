"""Writes Terraform plans in JSON as Terraform does, from a few words about each resource."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def block(address: str, values: Json, unknown: Json | None = None, written: Json | None = None) -> Json:
    """One instance: what is known, what applying tells, and the references of its configuration by attribute."""
    return {"address": address, "values": values, "unknown": unknown or {}, "written": written or {}}


def refers(*references: str) -> Json:
    """An expression as a plan has it: each reference, and its own beginning."""
    texts = [text for one in references for text in (one, one.rpartition(".")[0]) if text.count(".") or text == one]
    return {"references": texts}


def plan(*blocks: Json, calls: Mapping[str, Json] | None = None, outputs: Mapping[str, Json] | None = None) -> str:
    """A plan. `calls` are the expressions that modules are called with, `outputs` those that they give back, by module."""
    known: Json = {"resources": []}
    written: Json = {"resources": []}
    for one in blocks:
        steps = re.findall(r'module\.([\w-]+)((?:\["[^"]*"\]|\[\d+\])?)\.', one["address"])
        here, there, prefix = known, written, ""
        for name, index in steps:
            prefix += f"module.{name}{index}"
            children = here.setdefault("child_modules", [])
            found = next((child for child in children if child["address"] == prefix), None)
            if found is None:
                found = {"address": prefix, "resources": []}
                children.append(found)
            call = there.setdefault("module_calls", {}).setdefault(name, {"module": {"resources": []}})
            call["expressions"] = dict((calls or {}).get(name, {}))
            call["module"]["outputs"] = {key: {"expression": each} for key, each in (outputs or {}).get(name, {}).items()}
            here, there, prefix = found, call["module"], f"{prefix}."
        _add(one, here, there)
    changes = [{"address": one["address"], "change": {"after_unknown": one["unknown"]}} for one in blocks]
    whole = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": known},
        "resource_changes": changes,
        "configuration": {"root_module": written},
    }
    return json.dumps(whole, indent=1)


def _add(one: Json, known: Json, written: Json) -> None:
    found = re.fullmatch(r'(?:.*\.)?(data\.)?(\w+)\.([\w-]+)(?:\[("?)([^"\]]*)"?\])?', one["address"])
    assert found is not None, one["address"]
    mode = "data" if found[1] else "managed"
    own = {"mode": mode, "type": found[2], "name": found[3]}
    index: Json = {} if found[5] is None else {"index": found[5] if found[4] else int(found[5])}
    known["resources"].append({"address": one["address"], **own, **index, "values": one["values"]})
    if all((each["type"], each["name"]) != (found[2], found[3]) for each in written["resources"]):
        written["resources"].append({**own, "expressions": one["written"]})
