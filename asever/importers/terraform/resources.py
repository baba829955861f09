"""The resources of a plan or a state: blocks in the shape of ARM, with what associations say put where ARM has it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from asever.importers.budget import Budget
from asever.importers.resources import Resource
from asever.importers.terraform.blocks import NOTHING, Block, blocks
from asever.importers.terraform.identities import Identities
from asever.importers.terraform.references import References
from asever.importers.terraform.shapes import joined, properties
from asever.importers.terraform.types import TYPES
from asever.importers.tree import Members, Plain, Value
from asever.record import record
from asever.source import Span

COST: Final = 70
"""Steps that a resource counts for, apart from its values."""

_SILENT = frozenset({"azurerm_resource_group", "azurerm_network_manager_deployment"})
"""Types that hold other resources, or put them into effect, and are nothing in the network themselves."""

_NO_PLACE = ("_virtual_network_rule", "_network_rules", "azurerm_role_assignment", "azurerm_management_lock")
"""Types that name a subnet because it is let in or watched, not because something stands in it."""

_ACCESS_LISTS = frozenset(
    {
        *("network_rules", "network_acls", "network_rule_set", "network_rulesets", "virtual_network_rule"),
        *("ip_restriction", "scm_ip_restriction", "site_config"),
    }
)
_APART: Mapping[str, str] = {
    "azurerm_subnet": "subnets",
    "azurerm_network_security_rule": "securityRules",
    "azurerm_route": "routes",
}
"""Children that a state shows inside their parents as well."""


@record
class Told:
    """What a file holds. `left` are things that it names and does not tell, each with the reason."""

    resources: tuple[Resource, ...] = ()
    left: tuple[tuple[str, str, Span | None], ...] = ()
    used: frozenset[str] = frozenset()


class _Draft:
    """One resource while it is put together."""

    def __init__(self, block: Block, identity: str, content: Mapping[str, Value]) -> None:
        self.block = block
        self.identity = identity
        self.content = dict(content)

    def append(self, name: str, *values: Value) -> None:
        """Adds to a list."""
        self.content[name] = joined(self.content.get(name), Value(plain=values, span=values[0].span if values else None))


def told(value: Value, settings: Mapping[str, str], budget: Budget) -> Told:
    """The resources of a plan or a state. `settings` are values for symbols, by name.

    Raises:
        MistakeError: the budget of the imports is spent.
        RecursionError: modules refer to each other too deeply.

    """
    every = blocks(value)
    budget.spend(COST * len(every), value.span)
    azure = [one for one in every if one.type.startswith("azurerm_")]
    known = Identities(azure, References(every, value.at("configuration", "root_module") or NOTHING, budget), settings)
    made = _Work(known, [one for one in azure if one.type not in _SILENT])
    return Told(
        resources=tuple(made.resources()),
        left=(*made.left, *_elsewhere(every)),
        used=frozenset(known.used),
    )


def _elsewhere(every: Iterable[Block]) -> Iterator[tuple[str, str, Span | None]]:
    """Resources of other providers, counted."""
    others = Counter(one.type.partition("_")[0] for one in every if not one.type.startswith("azurerm_") and not one.data)
    if others:
        listed = ", ".join(f"{count} of {name}" for name, count in sorted(others.items()))
        yield f"resources of other providers ({listed})", "they are no part of an Azure network", None


class _Work:
    """Puts all resources of a file together."""

    def __init__(self, known: Identities, every: list[Block]) -> None:
        self.known = known
        self.left: list[tuple[str, str, Span | None]] = []
        self.drafts: dict[str, _Draft] = {}
        self._by_id: dict[str, _Draft] = {}
        for one in every:
            if one.type in TYPES:
                shaped = properties(known.values(one), TYPES[one.type].shape)
                draft = _Draft(one, known.id(one), shaped.plain if isinstance(shaped.plain, dict) else {})
                self.drafts[one.address] = draft
                self._by_id.setdefault(draft.identity.casefold(), draft)
        self.others = [one for one in every if one.type not in TYPES and one.type not in _LINKS]
        for one in every:
            if one.type in _LINKS:
                self._link(one)
        self._put_inside()

    # -- Associations ---------------------------------------------------------------------------------------------------

    def _link(self, one: Block) -> None:
        subject, apply = _LINKS[one.type]
        values = self.known.values(one)
        reference = values.get(subject)
        draft = self._by_id.get((reference.text or "").casefold()) if reference is not None else None
        if draft is None:
            which = reference.symbol.name if reference is not None and reference.symbol is not None else None
            which = which or (reference.text if reference is not None else None) or "unknown"
            self.left.append((one.address, f"what it belongs to is not in the file: {which}", one.span))
            return
        apply(draft, values)

    def _put_inside(self) -> None:
        """Parts that ARM writes inside their parents are put there; what a state shows twice is taken once."""
        names: dict[tuple[str, str], set[str]] = defaultdict(set)
        for draft in list(self.drafts.values()):
            kind = TYPES[draft.block.type]
            above = self.known.parent(draft.block) if kind.parent is not None else None
            parent = self.drafts.get(above.address) if above is not None else None
            if draft.block.type in _APART and parent is not None:
                names[parent.block.address, _APART[draft.block.type]].add(self.known.name(draft.block).casefold())
            if kind.inside is None:
                continue
            del self.drafts[draft.block.address]
            if parent is None:
                text = self.known.text(draft.block, kind.parent or "") or "unknown"
                self.left.append((draft.block.address, f"what it is a part of is not in the file: {text}", draft.block.span))
            else:
                parent.append(kind.inside, self._part(draft))
        for (address, field), apart in names.items():
            content = self.drafts[address].content
            if field in content:
                kept = tuple(one for one in content[field].items if _name(one).casefold() not in apart)
                content[field] = Value(plain=kept, span=content[field].span)

    def _part(self, draft: _Draft) -> Value:
        span = draft.block.span
        members = {
            "name": Value(plain=self.known.name(draft.block), span=span),
            "id": Value(plain=draft.identity, span=span),
            "properties": Value(plain=draft.content, span=span),
        }
        return Value(plain=members, span=span)

    # -- Resources ------------------------------------------------------------------------------------------------------

    def resources(self) -> Iterator[Resource]:
        """Everything in order: what the model knows, and what it does not."""
        for draft in self.drafts.values():
            yield self._resource(draft.block, draft.content)
            if draft.block.data and draft.block.type == "azurerm_virtual_network":
                what = f"the peerings of {draft.block.address}, and its subnets but those that are named"
                self.left.append((what, "a data source does not tell them", draft.block.span))
        for one in self.others:
            values = self.known.values(one)
            plain = values.plain if isinstance(values.plain, dict) else {}
            hidden = one.type.endswith(_NO_PLACE)
            known = {} if hidden else {name: _certain(v) for name, v in plain.items() if name not in _ACCESS_LISTS | {"id"}}
            yield self._resource(one, known)

    def _resource(self, block: Block, content: Mapping[str, Value]) -> Resource:
        values, kind = self.known.values(block), self.known.kind(block)
        identity = self.known.id(block)
        location = values.get("location")
        body = Members(properties=Value(plain=Members(content), span=block.span))
        body |= dict(_body(block, values))
        return Resource(
            kind=kind,
            name=self._path(block, kind, identity),
            id=identity,
            location=location.text if location is not None else None,
            properties=body["properties"],
            body=Value(plain=body, span=block.span),
            existing=block.data and block.type not in TYPES,
            span=block.span,
        )

    def _path(self, block: Block, kind: str, identity: str) -> str:
        """The names of the parents before its own, as the id has them."""
        depth = kind.count("/")
        pieces = identity.strip("/").split("/")
        if depth <= 1 or len(pieces) < 2 * depth:
            return self.known.name(block)
        return "/".join([*pieces[-2 * depth + 1 :: 2][:-1], self.known.name(block)])


def _certain(value: Value) -> Value:
    """A value of a type that the model does not know, without what only applying tells: only subnets are looked for in it."""
    if isinstance(value.plain, Mapping):
        return Value(plain={name: _certain(one) for name, one in value.plain.items()}, span=value.span)
    if isinstance(value.plain, tuple):
        return Value(plain=tuple(_certain(one) for one in value.plain), span=value.span)
    return Value(plain=None, span=value.span) if value.symbol is not None else value


def _body(block: Block, values: Value) -> Iterator[tuple[str, Value]]:
    """What ARM has beside the properties."""
    location, sku = values.get("location"), values.get("sku")
    if location is not None and location.plain is not None:
        yield "location", location
    if sku is not None and sku.plain is not None:
        yield "sku", Value(plain={"name": sku}, span=sku.span)
    version = {"azurerm_app_service_environment": "ASEV2", "azurerm_app_service_environment_v3": "ASEV3"}.get(block.type)
    if version is not None:
        yield "kind", Value(plain=version, span=block.span)


def _name(value: Value) -> str:
    found = value.get("name")
    return (found.text or "") if found is not None else ""


# -- Associations -------------------------------------------------------------------------------------------------------

_Apply = Callable[[_Draft, Value], None]


def _reference(values: Value, attribute: str) -> Value:
    found = values.get(attribute) or Value(plain="")
    return Value(plain={"id": found}, span=found.span)


def _sets(name: str, attribute: str) -> _Apply:
    """One reference of the subject."""

    def apply(draft: _Draft, values: Value) -> None:
        draft.content[name] = _reference(values, attribute)

    return apply


def _adds(name: str, attribute: str) -> _Apply:
    """One more reference in a list of the subject."""
    return lambda draft, values: draft.append(name, _reference(values, attribute))


def _configures(name: str, attribute: str) -> _Apply:
    """One more reference in a list of an IP configuration; of all where the association names none."""

    def apply(draft: _Draft, values: Value) -> None:
        wanted = values.get("ip_configuration_name")
        listed = draft.content.get("ipConfigurations") or NOTHING
        items = tuple(
            _with(one, name, _reference(values, attribute)) if wanted is None or wanted.text == _name(one) else one
            for one in listed.items
        )
        draft.content["ipConfigurations"] = Value(plain=items, span=listed.span)

    return apply


def _with(configuration: Value, name: str, reference: Value) -> Value:
    inner = configuration.get("properties") or NOTHING
    content: dict[str, Value] = dict(inner.plain) if isinstance(inner.plain, dict) else {}
    content[name] = joined(content.get(name), Value(plain=(reference,), span=reference.span))
    members: dict[str, Value] = dict(configuration.plain) if isinstance(configuration.plain, dict) else {}
    plain: Plain = {**members, "properties": Value(plain=content, span=inner.span)}
    return Value(plain=plain, span=configuration.span)


def _pool_address(draft: _Draft, values: Value) -> None:
    address = values.get("ip_address")
    if address is not None:
        content = Value(plain={"ipAddress": address}, span=address.span)
        draft.append("loadBalancerBackendAddresses", Value(plain={"properties": content}, span=address.span))


def _cidr(draft: _Draft, values: Value) -> None:
    found = values.get("cidr")
    if found is not None:
        draft.append("ipAddresses", found)


_NIC = "network_interface_id"
_LINKS: Mapping[str, tuple[str, _Apply]] = {
    "azurerm_subnet_network_security_group_association": (
        "subnet_id",
        _sets("networkSecurityGroup", "network_security_group_id"),
    ),
    "azurerm_subnet_route_table_association": ("subnet_id", _sets("routeTable", "route_table_id")),
    "azurerm_subnet_nat_gateway_association": ("subnet_id", _sets("natGateway", "nat_gateway_id")),
    "azurerm_network_interface_security_group_association": (
        _NIC,
        _sets("networkSecurityGroup", "network_security_group_id"),
    ),
    "azurerm_network_interface_application_security_group_association": (
        _NIC,
        _configures("applicationSecurityGroups", "application_security_group_id"),
    ),
    "azurerm_network_interface_backend_address_pool_association": (
        _NIC,
        _configures("loadBalancerBackendAddressPools", "backend_address_pool_id"),
    ),
    "azurerm_network_interface_nat_rule_association": (_NIC, _configures("loadBalancerInboundNatRules", "nat_rule_id")),
    "azurerm_nat_gateway_public_ip_association": ("nat_gateway_id", _adds("publicIpAddresses", "public_ip_address_id")),
    "azurerm_nat_gateway_public_ip_prefix_association": ("nat_gateway_id", _adds("publicIpPrefixes", "public_ip_prefix_id")),
    "azurerm_lb_backend_address_pool_address": ("backend_address_pool_id", _pool_address),
    "azurerm_ip_group_cidr": ("ip_group_id", _cidr),
}
"""For each association what it belongs to, and what it says of that."""
