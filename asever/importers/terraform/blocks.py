"""Takes a plan or a state apart: every resource instance with its values, and the configuration that it was made by.

Three files have the same resources: `terraform show -json PLAN` has them under `planned_values` (data sources under
`prior_state`), `terraform show -json` of a state under `values`, and `terraform.tfstate` itself under `resources`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from asever.importers.tree import Value
from asever.record import field, record
from asever.source import Span

Path = tuple[tuple[str, str | None], ...]
"""A module instance: the name of each call from the root, with its index if it has one."""

_STEP = re.compile(r'module\.([\w-]+)(\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.')
NOTHING = Value(plain={})


@record
class Block:
    """One instance of a resource or of a data source.

    `index` is its place in a `count` or its key in a `for_each`, as addresses write it. `values` are what the file knows;
    `unknown` marks what only applying tells, member by member; `written` are the expressions of the configuration.
    """

    address: str
    module: Path
    type: str
    name: str
    index: str | None
    data: bool
    provider: str
    values: Value
    unknown: Value | None
    written: Value
    each: Value
    span: Span | None = field(default=None, compare=False)


def is_terraform(value: Value) -> bool:
    """Whether a file is a plan or a state of Terraform's."""
    if value.get("format_version") is not None:
        return any(value.get(name) is not None for name in ("planned_values", "values", "terraform_version"))
    return _is_state_file(value)


def _is_state_file(value: Value) -> bool:
    return value.get("terraform_version") is not None and value.get("lineage") is not None


def blocks(value: Value) -> tuple[Block, ...]:
    """Every instance in the file, in order, each address once."""
    if _is_state_file(value):
        return tuple(_of_state_file(value))
    changes = {_text(one, "address"): one.at("change", "after_unknown") for one in _list(value, "resource_changes")}
    root = value.at("planned_values", "root_module") or value.at("values", "root_module")
    written = value.at("configuration", "root_module") or NOTHING
    found = {one.address: one for one in _of_module(root, written, (), changes)}
    for one in _of_module(value.at("prior_state", "values", "root_module"), written, (), changes):
        if one.data:
            found.setdefault(one.address, one)
    return tuple(found.values())


def _of_module(module: Value | None, written: Value, path: Path, changes: Mapping[str, Value | None]) -> Iterator[Block]:
    if module is None:
        return
    known = {(_text(one, "mode"), _text(one, "type"), _text(one, "name")): one for one in _list(written, "resources")}
    for one in _list(module, "resources"):
        address, kind, name = _text(one, "address"), _text(one, "type"), _text(one, "name")
        if not address or not kind or not name:
            continue
        index = one.get("index")
        config = known.get((_text(one, "mode"), kind, name)) or NOTHING
        yield Block(
            address=address,
            module=path,
            type=kind,
            name=name,
            index=None if index is None else _index(index),
            data=_text(one, "mode") == "data",
            provider=_text(one, "provider_name"),
            values=one.get("values") or NOTHING,
            unknown=changes.get(address),
            written=config.get("expressions") or NOTHING,
            each=config.get("for_each_expression") or NOTHING,
            span=_place(one),
        )
    for child in _list(module, "child_modules"):
        inside = module_path(_text(child, "address"))
        if inside:
            yield from _of_module(child, called(written, inside[-1][0]), inside, changes)


def called(written: Value, name: str) -> Value:
    """The configuration of the module that a call names."""
    calls = written.get("module_calls")
    return (calls.at(name, "module") if calls is not None else None) or NOTHING


def module_path(address: str) -> Path:
    """The calls in the address of a module instance."""
    return tuple((name, index[1:-1] if index else None) for name, index in _STEP.findall(f"{address}."))


def _of_state_file(value: Value) -> Iterator[Block]:
    for one in _list(value, "resources"):
        kind, name, module = _text(one, "type"), _text(one, "name"), _text(one, "module")
        data = _text(one, "mode") == "data"
        provider = re.search(r'"([^"]*)"', _text(one, "provider"))
        for instance in _list(one, "instances"):
            index = instance.get("index_key")
            key = None if index is None else _index(index)
            whole = ".".join(part for part in (module, "data" if data else "", kind, name) if part)
            yield Block(
                address=whole if key is None else f"{whole}[{key}]",
                module=module_path(module),
                type=kind,
                name=name,
                index=key,
                data=data,
                provider=provider[1] if provider is not None else "",
                values=instance.get("attributes") or NOTHING,
                unknown=None,
                written=NOTHING,
                each=NOTHING,
                span=_place(one),
            )


def _index(value: Value) -> str:
    return f'"{value.text}"' if value.text is not None else str(value.plain)


def _place(one: Value) -> Span | None:
    """Where a resource is written: its name, else its address."""
    name = one.at("values", "name") or one.get("address") or one.get("name")
    return (name.span if name is not None else None) or one.span


def _list(value: Value, name: str) -> tuple[Value, ...]:
    found = value.get(name)
    return found.items if found is not None else ()


def _text(value: Value, name: str) -> str:
    found = value.get(name)
    return (found.text or "") if found is not None else ""
