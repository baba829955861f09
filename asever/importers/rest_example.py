"""Examples of the REST API's documentation: a request with its answers, of which the body of one is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.importers import azure_json, effective
from asever.importers.resources import Resource
from asever.importers.tree import Value

_ANSWERS = ("200", "201", "202")


def is_example(value: Value) -> bool:
    """Whether a file is an example: the parameters of a request, and answers by their status."""
    parameters, answers = value.get("parameters"), value.get("responses")
    return parameters is not None and answers is not None and isinstance(answers.plain, Mapping)


def resources(value: Value, name: str) -> tuple[Resource, ...]:
    """The resources of the first answer that has some, else of what is sent; `name` is what a route table is called."""
    answers = (value.at("responses", status, "body") for status in _ANSWERS)
    found = (_answered(one, name) for one in answers if one is not None)
    return next((each for each in found if each), ()) or tuple(_sent(value.get("parameters") or value))


def _answered(body: Value, name: str) -> tuple[Resource, ...]:
    return effective.resources(body, name) or azure_json.resources(body)


def _sent(parameters: Value) -> Iterator[Resource]:
    """What a request makes: its names stand among the parameters, each called after the type that it is the name of."""
    members = parameters.plain if isinstance(parameters.plain, Mapping) else {}
    for body in members.values():
        kind = azure_json.kind_of(body)
        levels = kind.split("/")[1:] if kind is not None else []
        names = [name for level in levels if (name := _name_of(level, members)) is not None]
        if kind is not None and names and len(names) == len(levels):
            nested, location = body.get("properties"), body.get("location")
            yield Resource(
                kind=kind,
                name="/".join(names),
                location=location.text if location is not None else None,
                properties=nested if nested is not None and isinstance(nested.plain, Mapping) else body,
                body=body,
                span=body.span,
            )


def _name_of(level: str, members: Mapping[str, Value]) -> str | None:
    """The name of one level of a type: `virtualNetworkName` of `virtualNetworks`."""
    for key, value in members.items():
        called = key.casefold().removesuffix("name")
        if called and called != key.casefold() and level.casefold().startswith(called):
            return value.text
    return None
