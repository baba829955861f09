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
from asever.importers.terraform.types import POINTERS, TYPES
from asever.importers.tree import Members, Plain, Symbol, Value
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
    """Resources of other providers, counted; those of the one that takes any resource of Azure's, each with its type."""
    for one in every:
        if one.type.startswith("azapi_") and not one.data:
            made = one.values.get("type")
            kind = (made.text or "") if made is not None else ""
            yield one.address, f"resources of the azapi provider are not read: {kind.partition('@')[0] or one.type}", one.span
    apart = ("azurerm_", "azapi_")
    others = Counter(one.type.partition("_")[0] for one in every if not one.type.startswith(apart) and not one.data)
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
        links = [one for one in every if one.type in _LINKS]
        adrift = [one for one in links if not self._link(one)]
        for one in adrift:
            self._perhaps(one)
        self._put_inside()

    # -- Associations ---------------------------------------------------------------------------------------------------

    def _link(self, one: Block) -> bool:
        """Says of the subject what an association says; whether it could."""
        subject, apply = _LINKS[one.type]
        values = self.known.values(one)
        reference = values.get(subject)
        draft = self._by_id.get((reference.text or "").casefold()) if reference is not None else None
        if draft is not None:
            apply(draft, values)
        return draft is not None

    def _perhaps(self, one: Block) -> None:
        """An association of something that nobody knows: whatever it may belong to has what nobody knows."""
        subject, _ = _LINKS[one.type]
        reference = self.known.values(one).get(subject)
        symbol = reference.symbol if reference is not None else None
        which = symbol.name if symbol is not None else (reference.text if reference is not None else None) or "unknown"
        self.left.append((one.address, f"what it belongs to is not in the file: {which}", one.span))
        if symbol is None:
            return  # it is elsewhere
        field = _ATTACHES.get(one.type)
        if field is not None:
            open_ = Value(plain={"id": Value(plain=Symbol(name=f"{one.address}.{subject}"), span=one.span)}, span=one.span)
            for draft in self._candidates(one, subject):
                draft.content.setdefault(field, open_)
        if one.type == _MEMBERSHIP:
            # Who is a member nobody knows, so rules that name the group are for perhaps everybody.
            groups = {each.address for each in self.known.perhaps(one, "application_security_group_id")}
            for address, draft in list(self.drafts.items()):
                if draft.block.type == "azurerm_application_security_group" and (not groups or address in groups):
                    del self.drafts[address]

    def _candidates(self, one: Block, attribute: str) -> Iterator[_Draft]:
        """What an attribute may name: what its expression refers to, or else everything of its types."""
        meant = {each.address for each in self.known.perhaps(one, attribute)}
        for address, draft in self.drafts.items():
            if draft.block.type in POINTERS.get(attribute, ()) and (not meant or address in meant):
                yield draft

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
                if parent is None and kind.parent is not None and draft.block.type in _APART:
                    self._adrift(draft, kind.parent)
                continue
            del self.drafts[draft.block.address]
            if parent is None:
                text = self.known.text(draft.block, kind.parent or "") or "unknown"
                self.left.append((draft.block.address, f"what it is a part of is not in the file: {text}", draft.block.span))
            else:
                parent.append(kind.inside, self._part(draft))
        for (address, field), apart in names.items():
            content = self.drafts[address].content
            if field in content and content[field].symbol is None:
                kept = tuple(one for one in content[field].items if _name(one).casefold() not in apart)
                content[field] = Value(plain=kept, span=content[field].span)

    def _adrift(self, draft: _Draft, attribute: str) -> None:
        """A rule, a route or a subnet of something that nobody knows: all of what it may belong to are not known."""
        if self.known.text(draft.block, attribute) is not None:
            return  # it is elsewhere
        field = _APART[draft.block.type]
        unknown = Value(plain=Symbol(name=f"{draft.block.address}.{attribute}"), span=draft.block.span)
        every = list(self._candidates(draft.block, attribute))
        for one in every:
            one.content[field] = unknown
        if draft.block.type == "azurerm_subnet":
            # It stands in a network of its own here, which may be one of those, so it must not have their addresses.
            draft.content = {name: one for name, one in draft.content.items() if not name.startswith("addressPrefix")}
        elif every:
            del self.drafts[draft.block.address]

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


def _name_servers(draft: _Draft, values: Value) -> None:
    found = values.get("dns_servers")
    if found is not None:
        draft.content["dhcpOptions"] = Value(plain={"dnsServers": found}, span=found.span)


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
_MEMBERSHIP = "azurerm_network_interface_application_security_group_association"
_ATTACHES: Mapping[str, str] = {
    "azurerm_subnet_network_security_group_association": "networkSecurityGroup",
    "azurerm_subnet_route_table_association": "routeTable",
    "azurerm_network_interface_security_group_association": "networkSecurityGroup",
}
"""The reference that an association sets, where a check may hang on it."""

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
    _MEMBERSHIP: (
        _NIC,
        _configures("applicationSecurityGroups", "application_security_group_id"),
    ),
    "azurerm_network_interface_backend_address_pool_association": (
        _NIC,
        _configures("loadBalancerBackendAddressPools", "backend_address_pool_id"),
    ),
    "azurerm_network_interface_nat_rule_association": (_NIC, _configures("loadBalancerInboundNatRules", "nat_rule_id")),
    "azurerm_virtual_network_dns_servers": ("virtual_network_id", _name_servers),
    "azurerm_nat_gateway_public_ip_association": ("nat_gateway_id", _adds("publicIpAddresses", "public_ip_address_id")),
    "azurerm_nat_gateway_public_ip_prefix_association": ("nat_gateway_id", _adds("publicIpPrefixes", "public_ip_prefix_id")),
    "azurerm_lb_backend_address_pool_address": ("backend_address_pool_id", _pool_address),
    "azurerm_ip_group_cidr": ("ip_group_id", _cidr),
}
"""For each association what it belongs to, and what it says of that."""
