"""Azure Firewalls with the rules that they hold or that their policies give them, on layer 4 (azure-network-semantics 10)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from asever.importers.network import words
from asever.importers.network.book import last
from asever.importers.network.groups import protocol_word, term
from asever.importers.network.machines import private_address, public_ip
from asever.importers.network.sheet import Making, called, refers
from asever.importers.network.words import prop
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.record import record, replace
from asever.source import Span
from asever.syntax import nodes

FIREWALL = "Microsoft.Network/azureFirewalls"
_POLICY = "Microsoft.Network/firewallPolicies"
_LOWEST, _HIGHEST = 100, 65000

_PACKETS = ("destinationPorts", "protocols", "ipProtocols")
"""The fields of a rule that say, beside addresses, which packets it is for."""


@record
class _Collection:
    """Rules of one kind that share what they do. `order` says where they stand; `kind` is network, nat or application."""

    order: tuple[int, int, int]
    kind: str
    name: str
    action: str
    rules: tuple[Value, ...]
    span: Span


def firewalls(to: Making) -> None:
    """Every firewall in a virtual network."""
    for one in to.book.of_kind(FIREWALL):
        configurations = prop(one.properties, "ipConfigurations")
        every = configurations.items if configurations is not None else ()
        subnet = next((found for each in every if refers(found := prop(each, "subnet"))), None)
        if subnet is None:
            to.leave_out(one, "it stands in no subnet of the file: a firewall in a virtual hub is not modelled yet")
            continue
        at = to.place(subnet, one)
        collections = sorted(_collections(to, one), key=lambda each: (each.kind == "application", each.order))
        rules = tuple(rule for number, each in _numbered(collections) for rule in _rules(to, one, each, number))
        to.add(
            "firewall",
            one,
            [
                words.attribute("subnet", at, words.ref(to.home(subnet, one), at)),
                words.attribute("ip", at, private_address(to, one, every[0])),
                public_ip(to, one, every),
                _snat(to, one),
                *rules,
            ],
        )


def _numbered(collections: list[_Collection]) -> Iterator[tuple[int, _Collection]]:
    """Each collection with the priority of its rules: its own where that keeps the order, else one after the other."""
    own = [each.order[2] for each in collections]
    kept = all(low < high for low, high in pairwise(own)) and all(_LOWEST <= one <= _HIGHEST for one in own)
    for index, each in enumerate(collections):
        yield each.order[2] if kept else _LOWEST + index * 10, each


def _snat(to: Making, one: Resource) -> nodes.Attribute | None:
    """Private ranges of 0.0.0.0/0 translate nothing, of 255.255.255.255/32 everything (azure-network-semantics 10.1)."""
    policy = to.book.find(prop(one.properties, "firewallPolicy"), _POLICY)
    ranges = prop(policy.properties, "snat", "privateRanges") if policy is not None else None
    if ranges is None:
        ranges = prop(one.properties, "additionalProperties", "Network.SNAT.PrivateRanges")
    if ranges is None:
        return None
    at = to.place(ranges, one)
    texts = {text.strip() for each in (ranges.items or (ranges,)) for text in (each.text or "").split(",")}
    if "0.0.0.0/0" in texts:
        return words.attribute("snat", at, words.ref("never", at))
    if texts == {"255.255.255.255/32"}:
        return words.attribute("snat", at, words.ref("always", at))
    if not any(text.casefold() == "ianaprivateranges" for text in texts):
        to.leave_out(one, f"its private ranges: {', '.join(sorted(texts))}", at)
    return None


# -- Collections --------------------------------------------------------------------------------------------------------


def _collections(to: Making, one: Resource) -> Iterator[_Collection]:
    for kind, field in (
        ("network", "networkRuleCollections"),
        ("nat", "natRuleCollections"),
        ("application", "applicationRuleCollections"),
    ):
        for each in to.members(one, one.properties, field):
            yield from _collection(to, one, each, kind, (0, 0))
    reference = prop(one.properties, "firewallPolicy")
    if not refers(reference):
        return
    policy = to.book.find(reference, _POLICY)
    if policy is None:
        yield _unknown(to, one, f"policy {called(reference)}", to.place(reference, one))
        return
    above = prop(policy.properties, "basePolicy")
    base = to.book.find(above, _POLICY)
    if base is None and refers(above):
        yield _unknown(to, one, f"policy {called(above)}", to.place(above, one))
    # The rules of the parent policy stand before those of the policy (azure-network-semantics 10.1).
    for depth, holder in enumerate((base, policy)):
        for group in to.book.children(holder, "ruleCollectionGroups") if holder is not None else ():
            if group.existing and prop(group.properties, "ruleCollections") is None:
                yield _unknown(to, one, f"rule collection group {group.name}", to.at(group))
                continue
            priority = words.whole(prop(group.properties, "priority")) or 0
            for each in to.members(one, group.properties, "ruleCollections"):
                typed = prop(each, "ruleCollectionType")
                nat = typed is not None and "nat" in (typed.text or "").casefold()
                yield from _collection(to, group, each, "nat" if nat else "filter", (depth, priority))


def _unknown(to: Making, one: Resource, what: str, at: Span) -> _Collection:
    """What stands for rules that are not in the file: they may allow or deny anything."""
    to.leave_out(one, f"the rules of {what}, which is not in the file", at)
    return _Collection(order=(0, 0, 100), kind="unknown", name=last(what), action="allow", rules=(), span=at)


def _collection(to: Making, one: Resource, each: Value, kind: str, before: tuple[int, int]) -> Iterator[_Collection]:
    action = prop(each, "action", "type") or prop(each, "action")
    priority = words.whole(prop(each, "priority"))
    span = each.span or to.at(one)
    given = each.get("name")
    text = (action.text or "").casefold() if action is not None else ""
    if priority is None or text not in ("allow", "deny", "dnat", "snat"):
        called_ = given.text if given is not None else ""
        to.refuse(one, f"rule collection {called_} of {one.name} has no priority or action that Azure knows", span)
        return
    by_kind: dict[str, list[Value]] = {}
    for rule in to.members(one, each, "rules"):
        typed = prop(rule, "ruleType")
        of = (typed.text or "").casefold().removesuffix("rule") if typed is not None else kind
        by_kind.setdefault("network" if of == "filter" else of, []).append(rule)
    for own, of_kind in by_kind.items():
        yield _Collection(
            order=(*before, priority),
            kind=own,
            name=given.text or "" if given is not None else "",
            action="dnat" if own == "nat" else text,
            rules=tuple(of_kind),
            span=span,
        )


# -- Rules --------------------------------------------------------------------------------------------------------------


def _has_public_address(one: Resource) -> bool:
    configurations = prop(one.properties, "ipConfigurations")
    return any(refers(prop(each, "publicIPAddress")) for each in (configurations.items if configurations is not None else ()))


def _rules(to: Making, one: Resource, collection: _Collection, priority: int) -> Iterator[nodes.Rule]:
    if collection.kind == "unknown":
        for number, action in enumerate(("allow", "deny")):
            tag = to.tag(f"what rules of {collection.name} {action}", collection.span)
            every = (words.every_address(collection.span),)
            yield _rule(replace(collection, action=action), priority + number, "what nobody knows", "any", (tag,), every, ())
    for each in collection.rules:
        span, called_ = each.span or collection.span, each.get("name")
        name = called_.text or "" if called_ is not None else ""
        sources = tuple(_addresses(to, one, each, "source"))
        if collection.kind == "application":
            yield from _application_rule(to, one, collection, priority, each, sources)
            continue
        targets = tuple(_addresses(to, one, each, "destination"))
        if collection.kind == "nat" and any(isinstance(target, nodes.Ref) for target in targets):
            if not _has_public_address(one):
                to.leave_out(one, f"rule {name}: the address that it is for is not known", span)
                continue
            # What is translated is sent to the firewall (azure-network-semantics 10.1).
            to.remark(
                span, f"DNAT rule {name}: which address it is for is not known; it is taken for the firewall's public one"
            )
            targets = (words.part(to.name(one), "public-ip", span),)
        ports = tuple(
            port
            for value in to.members(one, each, "destinationPorts")
            for port in words.ports(value.text or str(value.plain), span)
            if port
        )
        ports = () if any(port.any for port in ports) else ports
        doubts = [symbol.name for field in _PACKETS if (value := prop(each, field)) is not None for symbol in value.symbols()]
        if doubts:
            # Which packets it is for nobody knows, so it may be for every one of these addresses.
            sources = tuple(to.tag(symbol, span) for symbol in dict.fromkeys(doubts))
        listed = [*to.members(one, each, "protocols"), *to.members(one, each, "ipProtocols")]
        protocols = list(dict.fromkeys(protocol_word(value) or "any" for value in listed)) or ["any"]
        translated = prop(each, "translatedAddress")
        to_address = words.addresses(translated.text, span) if translated is not None and translated.text else None
        if collection.kind == "nat" and to_address is None:
            to.leave_out(one, f"rule {name}: what it translates to is not known", span)
            continue
        back = words.whole(prop(each, "translatedPort"))
        for protocol in ["any"] if "any" in protocols else protocols:
            rule = _rule(collection, priority, name, protocol, sources, targets, ports, span)
            if collection.kind == "nat":
                yield nodes.Rule(
                    **{field: getattr(rule, field) for field in _RULE_FIELDS},
                    translated=to_address,
                    translated_port=words.number(back, span) if back is not None else None,
                )
            else:
                yield rule


_RULE_FIELDS = ("span", "priority", "name", "access", "protocol", "sources", "source_ports", "targets", "target_ports")


def _rule(
    collection: _Collection,
    priority: int,
    name: str,
    protocol: str,
    sources: tuple[nodes.Addresses | nodes.Ref, ...],
    targets: tuple[nodes.Addresses | nodes.Ref, ...],
    ports: tuple[nodes.Ports, ...],
    span: Span | None = None,
) -> nodes.Rule:
    at = span or collection.span
    return nodes.Rule(
        span=at,
        priority=words.number(priority, at),
        name=words.label(name, at),
        access=words.word(collection.action, at),
        protocol=words.word(protocol, at),
        sources=sources or (words.every_address(at),),
        source_ports=(),
        targets=targets or (words.every_address(at),),
        target_ports=ports,
    )


def _application_rule(
    to: Making,
    one: Resource,
    collection: _Collection,
    priority: int,
    each: Value,
    sources: tuple[nodes.Addresses | nodes.Ref, ...],
) -> Iterator[nodes.Rule]:
    """A rule for names: which addresses these have nobody knows, so it is for perhaps every address."""
    span, named = each.span or collection.span, each.get("name")
    name = named.text or "" if named is not None else ""
    fields = ("targetFqdns", "fqdnTags", "targetUrls", "webCategories")
    wanted = [value.text for field in fields for value in to.members(one, each, field) if value.text]
    to.leave_out(one, f"application rule {name} looks at names: which addresses they have is not known", span)
    ports = tuple(
        words.number(port, span) for value in to.members(one, each, "protocols") if (port := words.whole(prop(value, "port")))
    )
    targets = tuple(to.tag(f"name {text}", span) for text in wanted) or (to.tag(f"names of rule {name}", span),)
    yield _rule(collection, priority, name, "tcp", sources, targets, ports, span)


def _addresses(to: Making, one: Resource, rule: Value, side: str) -> Iterator[nodes.Addresses | nodes.Ref]:
    for value in (*to.members(one, rule, f"{side}Addresses"), *to.members(one, rule, f"{side}ServiceTags")):
        at = to.place(value, one)
        if value.symbol is not None:
            yield to.tag(value.symbol.name, at)
        else:
            yield from (term(to, text.strip(), at) for text in (value.text or "").split(",") if text.strip())
    for reference in to.members(one, rule, f"{side}IpGroups"):
        group = to.book.find(reference, "Microsoft.Network/ipGroups")
        at = to.place(reference, one)
        if group is None:
            yield to.tag(f"ip group {last(called(reference))}", at)
            continue
        for value in to.members(one, group.properties, "ipAddresses"):
            yield (
                to.tag(value.symbol.name, at)
                if value.symbol is not None
                else term(to, value.text or "", to.place(value, group))
            )
    for value in to.members(one, rule, f"{side}Fqdns"):
        yield to.tag(f"name {value.text}", to.place(value, one))
    for field in (f"{side}Addresses", f"{side}IpGroups"):
        whole = prop(rule, field)
        if whole is not None and whole.symbol is not None:
            yield to.tag(whole.symbol.name, to.place(whole, one))
