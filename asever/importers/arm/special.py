"""Template functions that look at the template, its target or its loops, or that choose what is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cmp_to_key
from typing import Final

from asever.importers.arm import targets
from asever.importers.arm.evaluator import TURN, Frame, Made, Part, Referred, Run, Special, step_of, symbolic, value_of
from asever.importers.arm.expressions import Call, Expression, Literal
from asever.importers.arm.functions import collections, logic
from asever.importers.arm.functions.kinds import array, boolean, integer, members, text
from asever.importers.arm.mistakes import FailureError
from asever.importers.arm.symbols import Mixed, call_of, text_of
from asever.importers.tree import Plain, Symbol, Value
from asever.source import Span

Arguments = tuple[Expression, ...]

# -- The template's own values -----------------------------------------------------------------------------------------------


def _parameters(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    name = value_of(frame, arguments[0], span)
    if isinstance(name, Symbol):
        return call_of("parameters", (name,))
    if frame.arguments is not None:
        found = frame.arguments.get(text(name).casefold())
        if found is None:
            raise FailureError(f"the function has no parameter `{name}`")
        return found.plain
    return frame.deployment.parameter(text(name), span)


def _variables(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    name = value_of(frame, arguments[0], span)
    return call_of("variables", (name,)) if isinstance(name, Symbol) else frame.deployment.variable(text(name), span)


def _copy_index(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    values = [value_of(frame, argument, span) for argument in arguments]
    named = bool(values) and isinstance(values[0], str)
    wanted = str(values[0]).casefold() if named else ""
    loops = [index for name, index in frame.loops if name == wanted]
    if not named and not loops:
        loops = [index for _, index in frame.loops]
    if not loops:
        raise FailureError("there is no such copy loop around it")
    offset = values[-1] if values and not isinstance(values[-1], str) else 0
    if isinstance(loops[-1], Symbol) or isinstance(offset, Symbol):
        return call_of("add", (loops[-1], offset)) if offset != 0 else loops[-1]
    return integer(loops[-1]) + integer(offset)


def _lambda_variables(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    name = text(value_of(frame, arguments[0], span))
    found = (frame.lambdas or {}).get(name.casefold())
    if found is None:
        raise FailureError(f"no lambda around it has the variable `{name}`")
    return found.plain


# -- Choices -------------------------------------------------------------------------------------------------------------------


def _if(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    condition = value_of(frame, arguments[0], span)
    if not isinstance(condition, Symbol):
        return value_of(frame, arguments[1 if boolean(condition) else 2], span)
    then, otherwise = value_of(frame, arguments[1], span), value_of(frame, arguments[2], span)
    budget = frame.deployment.run.budget
    budget.spend(budget.size(then) + budget.size(otherwise), span)
    return then if logic.same(then, otherwise) else call_of("if", (condition, then, otherwise))


def _and(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    return _all(frame, "and", arguments, span, decides=False)


def _or(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    return _all(frame, "or", arguments, span, decides=True)


def _all(frame: Frame, name: str, arguments: Arguments, span: Span | None, *, decides: bool) -> Plain:
    """One known value may decide; of the others, only the symbols matter."""
    symbols: list[Plain] = []
    for argument in arguments:
        value = value_of(frame, argument, span)
        if isinstance(value, Symbol):
            symbols.append(value)
        elif boolean(value) is decides:
            return decides
    if len(symbols) > 1:
        return call_of(name, symbols)
    return symbols[0] if symbols else not decides


def _coalesce(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    values: list[Plain] = []
    for argument in arguments:
        value = value_of(frame, argument, span)
        if value is None:
            continue
        values.append(value)
        if not isinstance(value, Symbol) or isinstance(value, Mixed):
            break
    if not values:
        return None
    return values[0] if len(values) == 1 else symbolic(frame, "coalesce", values, span)


def _try_get(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    value, *steps = (value_of(frame, argument, span) for argument in arguments)
    for step in steps:
        if value is None:
            return None
        frame.deployment.run.search(value, step, span)
        if isinstance(value, Symbol) or isinstance(step, Symbol):
            value = step_of(frame, value, step, span)
        else:
            value = collections.try_get(value, step)
    return value


def _fail(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    raise FailureError(f"the template fails on purpose: {text_of(value_of(frame, arguments[0], span))}")


# -- Lambdas -------------------------------------------------------------------------------------------------------------------


class _Lambda:
    """A function written where it is used: its variables, and what is computed with them."""

    def __init__(self, frame: Frame, written: Expression, span: Span | None) -> None:
        if not isinstance(written, Call) or written.name.casefold() != "lambda" or not written.arguments:
            raise FailureError("a lambda was expected")
        self.names = [str(one.value).casefold() for one in written.arguments[:-1] if isinstance(one, Literal)]
        self.frame, self.body, self.span = frame, written.arguments[-1], span

    def __call__(self, *values: Value) -> Plain:
        """What it gives for some values; it may leave out the last of them."""
        self.frame.deployment.run.budget.spend(TURN, self.span)
        bound = {**(self.frame.lambdas or {}), **dict(zip(self.names, values, strict=False))}
        frame = Frame(deployment=self.frame.deployment, loops=self.frame.loops, lambdas=bound, arguments=self.frame.arguments)
        return value_of(frame, self.body, self.span)


def _map(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    items = value_of(frame, arguments[0], span)
    if isinstance(items, Symbol):
        return _unknown("map", items, arguments)
    change = _Lambda(frame, arguments[1], span)
    return tuple(Value(plain=change(item, _index(index))) for index, item in enumerate(array(items)))


def _filter(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    items = value_of(frame, arguments[0], span)
    if isinstance(items, Symbol):
        return _unknown("filter", items, arguments)
    keeps = _Lambda(frame, arguments[1], span)
    kept: list[Value] = []
    for index, item in enumerate(array(items)):
        answer = keeps(item, _index(index))
        if isinstance(answer, Symbol):
            return call_of("filter", (items, answer))
        if boolean(answer):
            kept.append(item)
    return tuple(kept)


def _reduce(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    items, start = value_of(frame, arguments[0], span), value_of(frame, arguments[1], span)
    if isinstance(items, Symbol):
        return _unknown("reduce", items, arguments)
    combine = _Lambda(frame, arguments[2], span)
    for index, item in enumerate(array(items)):
        start = combine(Value(plain=start), item, _index(index))
    return start


def _sort(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    items = value_of(frame, arguments[0], span)
    if isinstance(items, Symbol):
        return _unknown("sort", items, arguments)
    before = _Lambda(frame, arguments[1], span)

    def compare(one: Value, other: Value) -> int:
        return -1 if boolean(before(one, other)) else int(boolean(before(other, one)))

    return tuple(sorted(array(items), key=cmp_to_key(compare)))


def _pairs(frame: Frame, arguments: Arguments, span: Span | None, items: Plain) -> Iterator[tuple[Plain, Value]]:
    key = _Lambda(frame, arguments[1], span)
    value = _Lambda(frame, arguments[2], span) if len(arguments) > 2 else None
    for item in array(items):
        yield key(item), item if value is None else Value(plain=value(item))


def _to_object(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    items = value_of(frame, arguments[0], span)
    if isinstance(items, Symbol):
        return _unknown("toObject", items, arguments)
    return {text_of(key): value for key, value in _pairs(frame, arguments, span, items)}


def _group_by(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    items = value_of(frame, arguments[0], span)
    if isinstance(items, Symbol):
        return _unknown("groupBy", items, arguments)
    groups: dict[str, list[Value]] = {}
    for key, value in _pairs(frame, arguments, span, items):
        groups.setdefault(text_of(key), []).append(value)
    return {key: Value(plain=tuple(group)) for key, group in groups.items()}


def _map_values(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    value = value_of(frame, arguments[0], span)
    if isinstance(value, Symbol):
        return _unknown("mapValues", value, arguments)
    change = _Lambda(frame, arguments[1], span)
    return {name: Value(plain=change(member)) for name, member in members(value).items()}


def _index(index: int) -> Value:
    return Value(plain=index)


def _unknown(name: str, items: Symbol, arguments: Arguments) -> Symbol:
    """The result over an unknown array; what is done with each item tells it from others."""
    return call_of(name, (items, *(_spelled(one) for one in arguments[1:])))


def _spelled(tree: Expression) -> Symbol:
    match tree:
        case Literal(value):
            return Symbol(name=repr(value))
        case Call(name, arguments):
            return call_of(name, map(_spelled, arguments))
        case _:
            return call_of("member", (_spelled(tree.base), *map(_spelled, tree.steps)))


# -- Resources -----------------------------------------------------------------------------------------------------------------


class _AnyOf:
    """The resources that a reference may mean: all that a template makes with one id, and the object inside of its parent."""

    def __init__(self, found: Sequence[Made], run: Run, id_: str) -> None:
        ids = dict.fromkeys((id_.casefold(), *(one.id.casefold() for one in found)))
        run.budget.spend(sum(len(run.by_id.get(key, ())) for key in ids), None)
        others = [one for key in ids for one in run.by_id.get(key, ()) if one not in found]
        self.found = (*found, *others)
        self.run = run
        self.ids = tuple(ids)
        self.plain: Plain | None = None

    def answer(self, step: Plain, name: str, *, full: bool) -> Plain | None:
        """What the first of them says that says anything. In doubt whether it is made, it may have been otherwise before."""
        for one in self.found:
            if one.doubt is None or step == "outputs":
                said = one.answer(step, name, full=full)
                if said is not None:
                    return said
        return None if full or self.found else self._inside_parent(step, name)

    def _inside_parent(self, step: Plain, name: str) -> Plain | None:
        """A subnet, say, that its network spells among its `subnets`."""
        for key in self.ids:
            parent, slash, own = key.rpartition("/")
            parent, _, kind = parent.rpartition("/")
            for one in self.run.by_id.get(parent, ()) if slash else ():
                listed = one.answer(kind, name, full=False) if one.doubt is None else None
                inside = listed.resource.plain if isinstance(listed, Referred) and listed.resource is not None else None
                self.run.budget.spend(len(inside) if isinstance(inside, tuple) else 0, None)
                for item in inside if isinstance(inside, tuple) else ():
                    properties, called = item.get("properties"), item.get("name")
                    if properties is not None and called is not None and text_of(called.plain).casefold() == own:
                        return Part(properties.plain).answer(step, name, full=False)
        return None


def _reference(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    values = [value_of(frame, argument, span) for argument in arguments]
    name = f"reference({_called(values[0])})"
    deployment, key = frame.deployment, text_of(values[0])
    full = len(values) > 2 and text_of(values[2]).casefold() == "full"
    setting = deployment.run.setting(name)
    if setting is not None:
        return setting
    known = _symbolic(deployment.symbolic, key) or deployment.by_name.get(key.casefold(), [])
    return Referred(name=name, resource=_AnyOf(known if len(known) == 1 else (), deployment.run, key), full=full)


def _symbolic(symbolic: Mapping[str, list[Made]], key: str) -> list[Made]:
    """The resource of a symbolic name (`vnet`, or `vnets[2]` of a loop)."""
    name, bracket, index = key.partition("[")
    known = symbolic.get(name, [])
    if not bracket:
        return known
    place = index.rstrip("]")
    return known[int(place) :][:1] if place.isdecimal() and len(place) < 5 else []


def _references(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    values = [value_of(frame, argument, span) for argument in arguments]
    key, run = text_of(values[0]), frame.deployment.run
    known = frame.deployment.symbolic.get(key)
    if known is None:
        return symbolic(frame, "references", values, span)
    full = len(values) > 1 and text_of(values[-1]).casefold() == "full"
    made = [(f"reference({key}[{index}])", _AnyOf([one], run, one.id)) for index, one in enumerate(known)]
    return tuple(Value(plain=Referred(name=name, resource=resource, full=full)) for name, resource in made)


def _called(plain: Plain) -> str:
    """What a resource is called in the name of a symbol: its own name, without the way to it."""
    return text_of(plain).rsplit("/", 1)[-1]


def _evaluated(frame: Frame, arguments: Arguments, span: Span | None) -> tuple[Plain, ...]:
    return tuple(value_of(frame, argument, span) for argument in arguments)


def _resource_id(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    before, kind, names = targets.called_with(_evaluated(frame, arguments, span))
    target = frame.deployment.target
    match before:
        case (subscription, group):
            return targets.resource_id(targets.group_id(subscription, group), kind, names)
        case (one,) if target.level == "group":
            return targets.resource_id(targets.group_id(target.subscription, one), kind, names)
        case (one,):
            return targets.resource_id(targets.subscription_id(one), kind, names)
        case _:
            return targets.resource_id(target.prefix, kind, names)


def _subscription_resource_id(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    before, kind, names = targets.called_with(_evaluated(frame, arguments, span))
    subscription = before[0] if before else frame.deployment.target.subscription
    return targets.resource_id(targets.subscription_id(subscription), kind, names)


def _tenant_resource_id(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    _, kind, names = targets.called_with(_evaluated(frame, arguments, span))
    return targets.resource_id("", kind, names)


def _management_group_resource_id(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    before, kind, names = targets.called_with(_evaluated(frame, arguments, span))
    group = before[0] if before else frame.deployment.target.management_group
    return targets.resource_id(targets.management_group_id(group), kind, names)


def _extension_resource_id(frame: Frame, arguments: Arguments, span: Span | None) -> Plain:
    base, *others = _evaluated(frame, arguments, span)
    _, kind, names = targets.called_with(tuple(others))
    return targets.resource_id(base, kind, names)


# -- Where it is deployed ------------------------------------------------------------------------------------------


def _object(**parts: Plain) -> Mapping[str, Value]:
    return {name: Value(plain=part) for name, part in parts.items()}


def _resource_group(frame: Frame, _: Arguments, __: Span | None) -> Plain:
    target, symbol = frame.deployment.target, frame.deployment.run.symbol
    return _object(
        id=targets.group_id(target.subscription, target.group),
        name=target.group,
        type="Microsoft.Resources/resourceGroups",
        location=symbol("resourceGroup().location"),
        managedBy=symbol("resourceGroup().managedBy"),
        tags=symbol("resourceGroup().tags"),
        properties=_object(provisioningState="Succeeded"),
    )


def _subscription(frame: Frame, _: Arguments, __: Span | None) -> Plain:
    target, symbol = frame.deployment.target, frame.deployment.run.symbol
    return _object(
        id=targets.subscription_id(target.subscription),
        subscriptionId=target.subscription,
        tenantId=symbol("tenant().tenantId"),
        displayName=symbol("subscription().displayName"),
    )


def _tenant(frame: Frame, _: Arguments, __: Span | None) -> Plain:
    symbol = frame.deployment.run.symbol
    names = ("tenantId", "displayName", "countryCode", "country", "defaultDomain")
    return _object(**{name: symbol(f"tenant().{name}") for name in names})


def _management_group(frame: Frame, _: Arguments, __: Span | None) -> Plain:
    group = frame.deployment.target.management_group
    return _object(
        id=targets.management_group_id(group),
        name=group,
        type="/providers/Microsoft.Management/managementGroups",
        properties=frame.deployment.run.symbol("managementGroup().properties"),
    )


def _deployment(frame: Frame, _: Arguments, __: Span | None) -> Plain:
    deployment = frame.deployment
    symbol = deployment.run.symbol
    link = _object(uri=symbol("deployment().properties.templateLink.uri"), id=symbol("deployment().properties.templateLink.id"))
    return _object(
        name=deployment.name,
        id=targets.resource_id(deployment.target.prefix, "Microsoft.Resources/deployments", (deployment.name,)),
        location=symbol("deployment().location"),
        properties=_object(
            templateLink=link,
            template=_object(contentVersion="1.0.0.0"),
            mode="Incremental",
            provisioningState="Accepted",
            parameters=symbol("deployment().properties.parameters"),
        ),
    )


def _environment(_: Frame, __: Arguments, ___: Span | None) -> Plain:
    """Azure's public cloud: what the model describes is said of it."""
    return _object(
        name="AzureCloud",
        gallery="https://gallery.azure.com/",
        graph="https://graph.windows.net/",
        portal="https://portal.azure.com",
        graphAudience="https://graph.windows.net/",
        activeDirectoryDataLake="https://datalake.azure.net/",
        batch="https://batch.core.windows.net/",
        media="https://rest.media.azure.net",
        sqlManagement="https://management.core.windows.net:8443/",
        vmImageAliasDoc="https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
        resourceManager="https://management.azure.com/",
        authentication=_object(
            loginEndpoint="https://login.microsoftonline.com/",
            audiences=(Value(plain="https://management.core.windows.net/"), Value(plain="https://management.azure.com/")),
            tenant="common",
            identityProvider="AAD",
        ),
        suffixes=_object(
            acrLoginServer=".azurecr.io",
            azureDatalakeAnalyticsCatalogAndJob="azuredatalakeanalytics.net",
            azureDatalakeStoreFileSystem="azuredatalakestore.net",
            azureFrontDoorEndpointSuffix="azurefd.net",
            keyvaultDns=".vault.azure.net",
            sqlServerHostname=".database.windows.net",
            storage="core.windows.net",
        ),
    )


def _new_guid(frame: Frame, _: Arguments, __: Span | None) -> Plain:
    return frame.deployment.run.fresh("newGuid")


_MANY: Final = 1_000
SPECIAL: Final[Mapping[str, Special]] = {
    "parameters": Special(call=_parameters, least=1, most=1),
    "variables": Special(call=_variables, least=1, most=1),
    "copyindex": Special(call=_copy_index, most=2),
    "lambdavariables": Special(call=_lambda_variables, least=1, most=1),
    "if": Special(call=_if, least=3, most=3),
    "and": Special(call=_and, least=1, most=_MANY),
    "or": Special(call=_or, least=1, most=_MANY),
    "coalesce": Special(call=_coalesce, least=1, most=_MANY),
    "tryget": Special(call=_try_get, least=2, most=_MANY),
    "fail": Special(call=_fail, least=1, most=1),
    "map": Special(call=_map, least=2, most=2),
    "filter": Special(call=_filter, least=2, most=2),
    "reduce": Special(call=_reduce, least=3, most=3),
    "sort": Special(call=_sort, least=2, most=2),
    "toobject": Special(call=_to_object, least=2, most=3),
    "groupby": Special(call=_group_by, least=2, most=3),
    "mapvalues": Special(call=_map_values, least=2, most=2),
    "reference": Special(call=_reference, least=1, most=3),
    "references": Special(call=_references, least=1, most=3),
    "resourceid": Special(call=_resource_id, least=2, most=_MANY),
    "subscriptionresourceid": Special(call=_subscription_resource_id, least=2, most=_MANY),
    "tenantresourceid": Special(call=_tenant_resource_id, least=2, most=_MANY),
    "managementgroupresourceid": Special(call=_management_group_resource_id, least=2, most=_MANY),
    "extensionresourceid": Special(call=_extension_resource_id, least=3, most=_MANY),
    "resourcegroup": Special(call=_resource_group),
    "subscription": Special(call=_subscription),
    "tenant": Special(call=_tenant),
    "managementgroup": Special(call=_management_group),
    "deployment": Special(call=_deployment),
    "environment": Special(call=_environment),
    "newguid": Special(call=_new_guid),
}
