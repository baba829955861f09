"""Effective security rules: what Azure prints of a rule against the rows of our filter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from asever.azure.tags import canonical_tag
from asever.model.addresses import ALL_V4, prefixes
from asever.model.effective import Action, AddressMatch, Filter, FilterRow, exists_in
from asever.model.numbers import NumberSet, union
from asever.model.packets import ANY_PROTOCOL, PROTOCOLS_WITH_PORTS
from asever.model.things import TermKind
from asever.record import record
from tests.recorded.fields import address_term, port_set, prefix, protocol_set, several
from tests.recorded.sessions import Body

# What the tag Internet is in our tables is what Azure printed in 2017 (azure-network-semantics 3.2). Later answers print it
# otherwise, by region and time: without some public ranges, and with parts of 25.0.0.0/8, which the 2017 answer leaves out as a
# whole. An answer that differs in other addresses than these is news.
INTERNET_MOVES = union(
    map(
        prefix,
        (
            *("4.128.0.0/12", "13.96.0.0/13", "20.35.252.0/22", "20.128.0.0/16", "20.130.0.0/16", "20.144.0.0/14"),
            *("20.176.0.0/13", "21.0.0.0/8", "22.0.0.0/8", "23.103.0.0/18", "25.0.0.0/8", "40.66.128.0/17", "40.108.0.0/17"),
            *("40.109.0.0/16", "52.132.0.0/14", "52.145.0.0/16", "68.18.0.0/15", "104.146.0.0/17", "104.147.0.0/16"),
            *("104.212.36.0/22", "104.212.52.0/22", "129.75.0.0/16", "134.177.0.0/16", "138.196.0.0/16", "141.251.0.0/16"),
            *("146.147.0.0/16", "157.59.0.0/16", "192.32.0.0/16", "192.100.102.0/23"),
        ),
    )
)

# Newer answers add fe80::1234:5678:9abc, where probes over IPv6 come from (azure-network-semantics 3.3). No packet of the model
# has a link-local address, so no verdict hangs on it.
LINK_LOCAL = prefix("fe80::/10")

_OLD_DENY_ALL = {"defaultinbounddenyall": "denyallinbound", "defaultoutbounddenyall": "denyalloutbound"}


def rule_name(text: str) -> tuple[bool | None, str]:
    """Whether Azure's name is that of a default rule (None: it does not say), and the rule's own name in lower case.

    `securityRules/x` and `UserRule_x` are rules of the user, `defaultSecurityRules/x`, `DefaultRule_x`,
    `DefaultInboundDenyAll` and `DefaultOutboundDenyAll` are Azure's (azure-network-semantics 11.1, 11.3).
    """
    kind, slash, name = text.casefold().rpartition("/")
    default = kind.rpartition("/")[2].startswith("default") if slash else None
    if name in _OLD_DENY_ALL:
        return True, _OLD_DENY_ALL[name]
    for start, says in (("userrule_", False), ("defaultrule_", True)):
        if name.startswith(start):
            return says, name.removeprefix(start)
    return default, name


def same_name(ours: FilterRow, azure: str) -> bool:
    """Whether a row is the rule that Azure names."""
    default, name = rule_name(azure)
    return ours.name.casefold() == name and default in (None, ours.origin.azure is not None)


@record
class Side:
    """One side of a rule as written: tags, and the IPv4 addresses of what are no tags."""

    tags: frozenset[str]
    literal: NumberSet


@record
class Rule:
    """An effective rule, whoever says it. `expanded` is None where Azure does not print it."""

    name: str
    action: Action
    protocol: NumberSet
    source_port: NumberSet
    target_port: NumberSet
    source: Side
    target: Side
    expanded_source: NumberSet | None = None
    expanded_target: NumberSet | None = None


Key = tuple[str, int, str]
"""Direction, priority and name."""


def side_of(texts: Iterable[str]) -> Side:
    """Tags and addresses of a list. Effective views print `*` as 0.0.0.0/0, so only IPv4 is compared."""
    terms = [address_term(text) for text in texts]
    return Side(
        tags=frozenset(canonical_tag(one.text) for one in terms if one.kind is TermKind.TAG),
        literal=union(one.addresses for one in terms) & ALL_V4,
    )


def azure_rule(content: Body, tags: Mapping[str, list[str]]) -> tuple[Key, Rule]:
    """A rule as Azure prints it; `tags` is the answer's `tagMap`."""

    def side(which: str) -> tuple[Side, NumberSet | None]:
        written = side_of(several(content, f"{which}addressprefix", f"{which}addressprefixes"))
        printed = content.get(f"expanded{which}addressprefix") or []
        for tag in () if printed else written.tags:
            printed = [*printed, *tags.get(tag.casefold(), ())]
        return written, union(map(prefix, printed)) if printed else None

    def ports(which: str) -> NumberSet:
        return port_set(several(content, f"{which}portrange", f"{which}portranges"))

    source, expanded_source = side("source")
    target, expanded_target = side("destination")
    key = (content["direction"].casefold(), int(content["priority"]), rule_name(content["name"])[1])
    rule = Rule(
        name=content["name"],
        action=Action(content["access"].casefold()),
        protocol=protocol_set(content["protocol"]),
        source_port=ports("source"),
        target_port=ports("destination"),
        source=source,
        target=target,
        expanded_source=expanded_source,
        expanded_target=expanded_target,
    )
    return key, rule


def our_rules(one: Filter, readings: Mapping[str, str]) -> dict[Key, Rule]:
    """The rows of a filter as rules: what was split by protocol for its ports is one rule again."""
    rows: dict[Key, list[FilterRow]] = defaultdict(list)
    for row in one.rows:
        if exists_in(row.condition, readings):
            rows[one.direction.value, row.priority, row.name.casefold()].append(row)
    return {key: _rule(parts) for key, parts in rows.items()}


def _rule(rows: list[FilterRow]) -> Rule:
    first = next((row for row in rows if row.protocol.overlaps(PROTOCOLS_WITH_PORTS)), rows[0])
    return Rule(
        name=first.name,
        action=first.action,
        protocol=union(row.protocol for row in rows),
        source_port=first.source_port,
        target_port=first.target_port,
        source=_our_side(first.source),
        target=_our_side(first.target),
        expanded_source=first.source.addresses,
        expanded_target=first.target.addresses,
    )


def _our_side(match: AddressMatch) -> Side:
    return side_of(part.strip() for part in match.text.split(",") if part.strip())


def differences(azure: Rule, ours: Rule) -> tuple[list[str], list[str]]:
    """What is different, and what is different and explained."""
    wrong: list[str] = []
    explained: list[str] = []
    if azure.action is not ours.action:
        wrong.append(f"{azure.name}: Azure says {azure.action.value}")
    if azure.protocol != ours.protocol & ANY_PROTOCOL:
        wrong.append(f"{azure.name}: another protocol")
    for what, theirs, mine in (
        ("source ports", azure.source_port, ours.source_port),
        ("ports", azure.target_port, ours.target_port),
        ("source", azure.source, ours.source),
        ("destination", azure.target, ours.target),
    ):
        if theirs != mine:
            wrong.append(f"{azure.name}: another {what}")
    for side, theirs, mine in (
        (azure.source, azure.expanded_source, ours.expanded_source),
        (azure.target, azure.expanded_target, ours.expanded_target),
    ):
        if theirs is None or mine is None:
            continue
        moved, text = expansion_difference(side.tags, theirs, mine)
        if text:
            (explained if moved else wrong).append(text if moved else f"{azure.name}: {text}")
    return wrong, explained


def expansion_difference(tags: frozenset[str], azure: NumberSet, ours: NumberSet) -> tuple[bool, str]:
    """How the expansions of tags differ, and whether a fact explains it; no text where they do not.

    Azure prints no IPv6 of the tag Internet.
    """
    if "Internet" in tags:
        azure, ours = azure & ALL_V4, ours & ALL_V4
    more, less = azure - ours, ours - azure
    if "Internet" in tags and more | less and more | less <= INTERNET_MOVES:
        parts = [f"lacks {less.size:,} addresses"] * bool(less) + [f"has {more.size:,} more, of 25.0.0.0/8"] * bool(more)
        return True, f"Internet {' and '.join(parts)}"
    if "AzureLoadBalancer" in tags and more and not less and more <= LINK_LOCAL:
        return True, f"AzureLoadBalancer has {_some(prefixes(more))} too, for probes over IPv6"
    parts = [f"Azure has {_some(prefixes(more))} more"] * bool(more) + [f"Azure lacks {_some(prefixes(less))}"] * bool(less)
    return False, f"{', '.join(sorted(tags))}: {', '.join(parts)}" if parts else ""


def _some(texts: tuple[str, ...]) -> str:
    return ", ".join(texts[:4]) + (f" and {len(texts) - 4} more prefixes" if len(texts) > 4 else "")


def compare_rules(azure: Iterable[tuple[Key, Rule]], ours: Mapping[Key, Rule], *, doubled: bool) -> tuple[list[str], list[str]]:
    """Two rule lists as sets. Azure prints `DefaultInboundDenyAll` beside `DenyAllInBound`: the same rule (11.1)."""
    wrong: list[str] = []
    explained: list[str] = []
    seen: set[Key] = set()
    for key, rule in azure:
        mine = ours.get(key)
        if mine is None:
            wrong.append(f"we have no {rule.name}")
            continue
        if key in seen and not doubled and rule_name(rule.name)[1] not in _OLD_DENY_ALL.values():
            wrong.append(f"Azure prints {rule.name} twice")
        seen.add(key)
        more_wrong, more_explained = differences(rule, mine)
        wrong += more_wrong
        explained += more_explained
    wrong += [f"Azure does not print {ours[key].name}" for key in ours if key not in seen]
    return wrong, list(dict.fromkeys(explained))
