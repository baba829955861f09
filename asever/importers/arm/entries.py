"""The resources of a template: its loops and conditions, its children, and the deployments inside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from asever.importers.arm import linked, targets
from asever.importers.arm.evaluator import (
    Deployment,
    Frame,
    Given,
    Part,
    Referred,
    Run,
    copies,
    copy_count,
    evaluate,
    in_loop,
    mistake,
    part,
)
from asever.importers.arm.functions.kinds import boolean
from asever.importers.arm.mistakes import CircleError, FailureError
from asever.importers.arm.symbols import call_of, joined, text_of
from asever.importers.arm.targets import Target
from asever.importers.resources import Resource
from asever.importers.tree import Members, Plain, Symbol, Value

DEPLOYMENTS: Final = "microsoft.resources/deployments"
GROUPS: Final = "microsoft.resources/resourcegroups"

DEEPEST: Final = 20
"""How many deployments may stand inside each other."""

COST: Final = 20
"""Steps that a resource counts for, apart from its values."""

DEPLOYMENT: Final = 200
"""Steps that a deployment counts for beside that: it has parameters, variables and names of its own."""

# What says how a resource is made, not what it is.
_NOT_OF_THE_RESOURCE: Final = {
    "dependson",
    "copy",
    "condition",
    "resources",
    "comments",
    "metadata",
    "existing",
    "type",
    "name",
}


class Entry:
    """One resource that a template makes, once for each turn of its loop. Its properties are computed when asked for."""

    def __init__(
        self, frame: Frame, raw: Value, kind: str, name: Plain, target: Target, base: Plain, doubt: Symbol | None
    ) -> None:
        self.frame = frame
        self.raw = raw
        self.kind = kind
        self.name = name
        self.target = target
        self.base = base
        self.doubt = doubt
        existing = raw.get("existing")
        self.existing = existing is not None and existing.plain is True
        self.id = text_of(_id(kind, name, base, target))
        self.nested: Deployment | None = None
        self.inside: list[Entry] | None = None

        self.plain: Plain | None = None
        self._asked: set[str] = set()

    def answer(self, step: Plain, name: str, *, full: bool) -> Plain | None:
        """A member of the properties, or of the whole with `full`; None where the template is silent.

        A template may keep what a resource had before (`"addressPrefix": "[reference(subnet).addressPrefix]"`): asked for what
        is being computed, it is silent.
        """
        if not isinstance(step, str) or step.casefold() in self._asked:
            return None
        self._asked.add(step.casefold())
        try:
            return self._whole(step, name) if full else self._member(step, name)
        except CircleError:
            return None
        finally:
            self._asked.remove(step.casefold())

    def _whole(self, step: str, name: str) -> Plain | None:
        if step.casefold() == "properties":
            return Referred(name=name, resource=self)
        self.frame.deployment.run.search(self.raw.plain, step, self.raw.span)
        found = self.raw.get(step)
        return None if found is None else part(evaluate(self.frame, found).plain, name)

    def _member(self, step: str, name: str) -> Plain | None:
        if step.casefold() == "outputs" and self.nested is not None:
            entries_of(self)
            return Referred(name=name, resource=_Outputs(self.nested, self.output_frame()))
        properties = self.raw.get("properties")
        if properties is None:
            return None
        if isinstance(properties.plain, Mapping) and properties.get("copy") is None:
            self.frame.deployment.run.search(properties.plain, step, properties.span)
            found = properties.get(step)
            return None if found is None else part(evaluate(self.frame, found).plain, name)
        return Part(evaluate(self.frame, properties).plain).answer(step, name, full=False)

    def output_frame(self) -> Frame:
        """What the expressions of the template inside it see."""
        return self.frame if self.nested is None or _is_outer(self) else self.nested.frame


class _Outputs:
    """The outputs of a deployment, as `reference(…).outputs` asks for them."""

    plain: Plain | None = None

    def __init__(self, deployment: Deployment, frame: Frame) -> None:
        self.deployment, self.frame = deployment, frame

    def answer(self, step: Plain, name: str, *, full: bool) -> Plain | None:  # noqa: ARG002 - as every resource answers
        """One output: an object with its value."""
        found = self.deployment.outputs.get(step.casefold()) if isinstance(step, str) else None
        if found is None:
            return None
        return self.deployment.once("output", found[0], found[1].span, lambda: _output(self.frame, found[1], name))


def _output(frame: Frame, declared: Value, name: str) -> Plain:
    loop, value = declared.get("copy"), declared.get("value")
    if loop is not None:
        return {"value": copies(frame, loop)}
    return {"value": evaluate(frame, value)} if value is not None else Symbol(name=name)


def _id(kind: str, name: Plain, base: Plain, target: Target) -> Plain:
    if kind.casefold() == GROUPS:
        return targets.group_id(target.subscription, name)
    return targets.resource_id(base, kind, targets.names_of(name))


# -- What a template makes -----------------------------------------------------------------------------------------------------


def expand(frame: Frame, template: Value, target: Target, doubt: Symbol | None) -> list[Entry]:
    """Every resource of a template with its children, in the order in which they are written; deployments as one each."""
    found: list[Entry] = []
    for symbolic, raw in _written(template.get("resources")):
        made = list(_copies(frame, raw, target, doubt, None))
        if symbolic is not None:
            frame.deployment.symbolic[symbolic] = [entry for entry in made if entry.raw is raw]
        found.extend(made)
    return found


def with_inside(entries: list[Entry]) -> Iterator[Entry]:
    """Resources in order, those that deployments make in their places."""
    for entry in entries:
        if entry.nested is None:
            yield entry
        else:
            yield from with_inside(entries_of(entry))


def entries_of(entry: Entry) -> list[Entry]:
    """The resources that a deployment makes, expanded when first asked for."""
    if entry.inside is None and entry.nested is not None:
        entry.inside = []  # who asks meanwhile finds what is known so far
        entry.inside = expand(entry.output_frame(), entry.nested.template, entry.nested.target, entry.doubt)
    return entry.inside or []


def _written(section: Value | None) -> Iterator[tuple[str | None, Value]]:
    """The resources of a section: a list, or an object that gives each a symbolic name."""
    if section is None:
        return
    if isinstance(section.plain, Mapping):
        yield from section.plain.items()
    else:
        yield from ((None, raw) for raw in section.items)


def _copies(frame: Frame, raw: Value, target: Target, doubt: Symbol | None, parent: Entry | None) -> Iterator[Entry]:
    loop = raw.get("copy")
    if loop is None or not isinstance(loop.plain, Mapping):
        yield from _one(frame, raw, target, doubt, parent)
        return
    declared, count = loop.get("name"), loop.get("count")
    name = text_of(evaluate(frame, declared).plain) if declared is not None else ""
    many = evaluate(frame, count).plain if count is not None else None
    if isinstance(many, Symbol):
        # How many there are is not known: one stands for them, in doubt.
        turn = in_loop(frame, name, Symbol(name=f"copyIndex({name})"), of_resource=True)
        yield from _one(turn, raw, target, _both(doubt, call_of("greater", (many, 0))), parent)
        return
    for index in range(copy_count(many, (count or loop).span)):
        yield from _one(in_loop(frame, name, index, of_resource=True), raw, target, doubt, parent)


def _one(frame: Frame, raw: Value, target: Target, doubt: Symbol | None, parent: Entry | None) -> Iterator[Entry]:
    run = frame.deployment.run
    run.budget.spend(COST, raw.span)
    condition = _condition(frame, raw)
    doubt = _both(doubt, condition) if isinstance(condition, Symbol) else doubt
    if condition is False and raw.get("resources") is None:
        return
    entry = _entry(frame, raw, target, doubt, parent)
    if entry is None:
        return
    if condition is not False:
        _register(entry)
        yield entry
    # A condition does not reach the children: Azure wants it written at each.
    for _, child in _written(raw.get("resources")):
        yield from _copies(frame, child, entry.target, doubt, entry)


def _condition(frame: Frame, raw: Value) -> bool | Symbol:
    condition = raw.get("condition")
    if condition is None:
        return True
    value = evaluate(frame, condition).plain
    if isinstance(value, Symbol):
        return value
    try:
        return boolean(value)
    except FailureError as failure:
        raise mistake(f"the condition of a resource is wrong: {failure}", condition.span, "write true or false") from None


def _both(one: Symbol | None, other: Symbol) -> Symbol:
    return other if one is None or one == other else call_of("and", (one, other))


def _entry(frame: Frame, raw: Value, target: Target, doubt: Symbol | None, parent: Entry | None) -> Entry | None:
    kind, name = raw.get("type"), raw.get("name")
    if kind is None or name is None:
        frame.deployment.run.note("resource", "it has no type or no name", raw.span)
        return None
    own_kind, own_name = text_of(evaluate(frame, kind).plain).strip("/"), evaluate(frame, name).plain
    if parent is not None and not _is_whole(own_kind):
        own_kind = f"{parent.kind}/{own_kind}"
        own_name = joined(parent.name, "/", own_name)
    elif parent is not None and len(targets.names_of(own_name)) < own_kind.count("/"):
        own_name = joined(parent.name, "/", own_name)
    # The names and the type of a child are those of all that it stands in.
    frame.deployment.run.budget.spend(COST * own_kind.count("/", own_kind.find("/") + 1), raw.span)
    target = _target(frame, raw, target, own_kind)
    base = _base(frame, raw, target, parent)
    entry = Entry(frame, raw, own_kind, own_name, target, base, doubt)
    if own_kind.casefold() == DEPLOYMENTS and not entry.existing:
        entry.nested = _nested(entry)
    return entry


def _is_whole(kind: str) -> bool:
    """Whether a type has its provider (`Microsoft.Network/…`), rather than only the part below its parent's."""
    return "." in kind.partition("/")[0] and "/" in kind


def _target(frame: Frame, raw: Value, target: Target, kind: str) -> Target:
    """Where a resource goes, if it says so itself: deployments may, and what only is referred to."""
    existing = raw.get("existing")
    if kind.casefold() != DEPLOYMENTS and (existing is None or existing.plain is not True):
        return target
    subscription, group = raw.get("subscriptionId"), raw.get("resourceGroup")
    if group is not None:
        own = evaluate(frame, subscription).plain if subscription is not None else target.subscription
        return Target(subscription=own, group=evaluate(frame, group).plain, management_group=target.management_group)
    if subscription is not None:
        return Target(
            level="subscription", subscription=evaluate(frame, subscription).plain, management_group=target.management_group
        )
    return target


def _base(frame: Frame, raw: Value, target: Target, parent: Entry | None) -> Plain:
    """What the id of a resource begins with: its target, or the resource that it extends."""
    scope = raw.get("scope")
    if scope is None:
        return parent.base if parent is not None else target.prefix
    made = evaluate(frame, scope).plain
    spelled = text_of(made)
    if spelled.startswith("/"):
        return "" if spelled == "/" else made
    return joined(target.prefix, "/providers/", made)


def _register(entry: Entry) -> None:
    deployment = entry.frame.deployment
    deployment.run.by_id.setdefault(entry.id.casefold(), []).append(entry)
    deployment.by_name.setdefault(text_of(entry.name).casefold(), []).append(entry)


# -- Deployments inside --------------------------------------------------------------------------------------------------------


def _is_outer(entry: Entry) -> bool:
    """Whether expressions in the template inside see the template around it, as they do unless it says otherwise."""
    properties = entry.raw.get("properties")
    if properties is None or properties.get("template") is None:
        return False
    scope = properties.at("expressionEvaluationOptions", "scope")
    return scope is None or text_of(evaluate(entry.frame, scope).plain).casefold() != "inner"


def _nested(entry: Entry) -> Deployment | None:
    frame, properties = entry.frame, entry.raw.get("properties")
    deployment = frame.deployment
    if properties is None:
        return None
    if deployment.depth >= DEEPEST:
        raise mistake(
            f"deployments stand more than {DEEPEST} deep inside each other", entry.raw.span, "import the inner one alone"
        )
    deployment.run.budget.spend(DEPLOYMENT, entry.raw.span)
    found = _template(frame, properties)
    if found is None:
        return None
    template, folder = found
    level = targets.level_of((template.get("$schema") or template).text or "")
    says_where = entry.raw.get("resourceGroup") is not None
    target = entry.target if says_where or level == "group" else _at_level(entry.target, level)
    return Deployment(
        deployment.run, template, entry.name, target, _given(frame, properties), folder=folder, depth=deployment.depth + 1
    )


def _at_level(target: Target, level: str) -> Target:
    return Target(level=level, subscription=target.subscription, group=target.group, management_group=target.management_group)


def _template(frame: Frame, properties: Value) -> tuple[Value, Path] | None:
    deployment = frame.deployment
    template, link = properties.get("template"), properties.get("templateLink")
    if template is not None:
        whole = evaluate(frame, template) if template.text is not None else template
        return (whole, deployment.folder) if isinstance(whole.plain, Mapping) else None
    return linked.read(deployment.run, deployment.folder, evaluate(frame, link)) if link is not None else None


def _given(frame: Frame, properties: Value) -> dict[str, Given]:
    parameters, link = properties.get("parameters"), properties.get("parametersLink")
    literal = False
    if parameters is None and link is not None:
        found = linked.read(frame.deployment.run, frame.deployment.folder, evaluate(frame, link))
        parameters, literal = (found[0].get("parameters"), True) if found is not None else (None, False)
    if parameters is not None and parameters.text is not None:
        parameters, literal = evaluate(frame, parameters), True
    if parameters is None or not isinstance(parameters.plain, Mapping):
        return {}
    return {name.casefold(): Given(value=value, frame=None if literal else frame) for name, value in parameters.plain.items()}


# -- What they are in the end --------------------------------------------------------------------------------------------------


def resource(entry: Entry) -> Resource:
    """A resource with everything computed."""
    run = entry.frame.deployment.run
    body = finished(run, evaluate(entry.frame, _of_the_resource(entry)), "")
    location = body.get("location")
    return Resource(
        kind=entry.kind,
        name=text_of(entry.name),
        id=entry.id,
        location=text_of(location.plain) if location is not None else None,
        properties=body.get("properties") or Value(plain={}, span=entry.raw.span),
        body=body,
        existing=entry.existing,
        doubt=entry.doubt.name if entry.doubt is not None else None,
        span=entry.raw.span,
    )


def _of_the_resource(entry: Entry) -> Value:
    plain = entry.raw.plain if isinstance(entry.raw.plain, Mapping) else {}
    kept = {name: value for name, value in plain.items() if name.casefold() not in _NOT_OF_THE_RESOURCE}
    if entry.kind.casefold() == DEPLOYMENTS:
        kept.pop("properties", None)
    return Value(plain=kept, span=entry.raw.span)


_NAMES: Final = {"name", "location"}
"""Members whose text only has to be equal where it is equal in Azure; a resource id is known by its first letter."""


def finished(run: Run, value: Value, member: str) -> Value:
    """A value for those who read resources: names and ids that hold a symbol are texts, everything has a place."""
    plain = value.plain
    if isinstance(plain, Symbol):
        spelled = text_of(plain)
        if member in _NAMES or spelled.startswith("/"):
            return Value(plain=spelled, span=value.span)
        return Value(plain=Symbol(name=plain.name), span=value.span)
    if isinstance(plain, tuple):
        run.budget.spend(_work(plain), value.span)
        items = tuple(finished(run, _placed(item, value), "") for item in plain)
        return value if all(new is old for new, old in zip(items, plain, strict=True)) else Value(plain=items, span=value.span)
    if isinstance(plain, Mapping):
        run.budget.spend(_work(plain.values()), value.span)
        made = Members((name, finished(run, _placed(inner, value), name.casefold())) for name, inner in plain.items())
        return value if all(made[name] is inner for name, inner in plain.items()) else Value(plain=made, span=value.span)
    return value


def _work(inner: Collection[Value]) -> int:
    """A step for each value, and one more for what was computed and gets a place."""
    return len(inner) + sum(one.span is None for one in inner)


def _placed(value: Value, around: Value) -> Value:
    return value if value.span is not None or around.span is None else Value(plain=value.plain, span=around.span)
