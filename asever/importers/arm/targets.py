"""Where a deployment puts its resources, and the resource ids that follow."""

from __future__ import annotations

from typing import Final

from asever.importers.arm.mistakes import FailureError
from asever.importers.arm.symbols import joined, pieces, text_of
from asever.importers.tree import Plain, Symbol
from asever.record import record

SUBSCRIPTION: Final = Symbol(name="subscription().subscriptionId")
GROUP: Final = Symbol(name="resourceGroup().name")
MANAGEMENT_GROUP: Final = Symbol(name="managementGroup().name")

_LEVELS: Final = {
    "subscriptiondeploymenttemplate": "subscription",
    "managementgroupdeploymenttemplate": "managementGroup",
    "tenantdeploymenttemplate": "tenant",
}


@record
class Target:
    """A resource group, subscription, management group or the tenant; which one is often known only at deployment."""

    level: str = "group"
    subscription: Plain = SUBSCRIPTION
    group: Plain = GROUP
    management_group: Plain = MANAGEMENT_GROUP

    @property
    def prefix(self) -> Plain:
        """What the ids of its resources begin with."""
        match self.level:
            case "group":
                return group_id(self.subscription, self.group)
            case "subscription":
                return subscription_id(self.subscription)
            case "managementGroup":
                return management_group_id(self.management_group)
            case _:
                return ""


def level_of(schema: str) -> str:
    """What kind of target a template is for, by its `$schema`."""
    lower = schema.lower()
    return next((level for word, level in _LEVELS.items() if word in lower), "group")


def subscription_id(subscription: Plain) -> Plain:
    """The id of a subscription."""
    return joined("/subscriptions/", subscription)


def group_id(subscription: Plain, group: Plain) -> Plain:
    """The id of a resource group."""
    return joined("/subscriptions/", subscription, "/resourceGroups/", group)


def management_group_id(group: Plain) -> Plain:
    """The id of a management group."""
    return joined("/providers/Microsoft.Management/managementGroups/", group)


def resource_id(prefix: Plain, kind: str, names: tuple[Plain, ...]) -> Plain:
    """The id of a resource: each part of its type with the name that belongs to it."""
    provider, *types = kind.split("/")
    parts: list[Plain] = [prefix, "/providers/", provider]
    for index in range(max(len(types), len(names))):
        parts.extend(("/", types[index]) if index < len(types) else ())
        parts.extend(("/", names[index]) if index < len(names) else ())
    return joined(*parts)


def names_of(name: Plain) -> tuple[Plain, ...]:
    """The names of a resource and its parents (`vnet/subnet`)."""
    return tuple(pieces(name, "/"))


def is_type(plain: Plain) -> bool:
    """Whether an argument is a type (`Microsoft.Network/virtualNetworks`), not the name of a group or a subscription."""
    return isinstance(plain, str) and "/" in plain and not plain.startswith("/")


def called_with(arguments: tuple[Plain, ...]) -> tuple[tuple[Plain, ...], str, tuple[Plain, ...]]:
    """The arguments of `resourceId` and its sisters: what stands before the type, the type, and the names."""
    for index, argument in enumerate(arguments[:3]):
        if is_type(argument):
            kind, names = text_of(argument).strip("/"), arguments[index + 1 :]
            if len(names) != kind.count("/"):
                raise FailureError(f"`{kind}` needs {kind.count('/')} names, not {len(names)}")
            return arguments[:index], kind, names
    raise FailureError("no argument is a resource type")
