"""What Azure makes of the declared network: effective rules, routes, translations and arrivals, each row with its origin.

This is where the two readings meet. `asever.azure` fills these tables with the facts; `asever.evaluate` moves one packet
through them and `asever.solve` all packets at once, sharing no code. Every table is read in order: **the first row that
matches decides**. A row with a `condition` exists only in the readings of the named assumptions that it states.

The journey of a packet, stage by stage (azure-network-semantics section 1, ase-network-semantics section 8):

1. `Site.exempt`: a platform service that filters and routes do not touch; the packet is delivered to the platform.
2. `Site.outbound`: every filter must let it pass; they see the packet before any translation.
3. `Site.routes`: the first row that contains the destination; it hands the packet to a fabric, to a device (choice
   "recipient"), or drops it.
4. `Site.translations`: the first row for that fabric (`TO_DEVICE` for a device) rewrites the source (choice "egress"). Then
   `Route.filters` must let it pass: a peering sees what leaves the sender.
5. `Fabric.arrivals`: the first row for the destination; it may hand on to another fabric with another source (choice
   "relay"), or to a site, rewriting destination (choice "instance" or "recipient") and port.
6. `Arrival.probes`: the health probe of each port must pass the site's inbound filters, or nothing is handed to it.
7. `Site.inbound` of the receiving site: every filter must let it pass; they see the packet after every translation.
8. A device (`Site.forwarding`) that was handed a packet which is not its own sends it on: `Forwarding.redirects`, then
   `Forwarding.filters`, then stages 2 to 7 again as a sender. A device that meets the same packet twice loses it.
9. The reply: hop by hop back the same way. Whoever it comes from routes it by its own table, and it must come to whoever
   sent the packet there, since devices and translations know the connections that they have seen and no others.

A choice that comes up again on one way is numbered (`choice_name`): "egress", "egress 2".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from asever.model.addresses import ALL_ADDRESSES
from asever.model.identity import Same
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, outside
from asever.model.things import Direction
from asever.record import field, record
from asever.source import Span

Condition = frozenset[tuple[str, str]]
"""Pairs (assumption, value); a row with this condition exists in the readings that agree with every pair."""

ALWAYS: Condition = frozenset()

TO_DEVICE = "a device"
"""What stands for a fabric in the translations of packets that a route hands to a device."""

MOST_DEVICES = 8
"""How many devices may forward one packet before it counts as lost; a real path has one or two."""


def exists_in(condition: Condition, readings: Mapping[str, str]) -> bool:
    """Whether a row with this condition exists in these readings, which name every assumption that it mentions."""
    return not condition or all(readings[name] == value for name, value in condition)


def may_exist(condition: Condition, fixed: Mapping[str, str]) -> bool:
    """Whether something with this condition exists in some of the readings that agree with `fixed`."""
    return not condition or all(fixed.get(name, value) == value for name, value in condition)


@record(kw_only=False)
class Origin:
    """Who wrote a row: a span of the program, or Azure itself (then `span` is the thing that made Azure write it, if any)."""

    span: Span | None = None
    azure: str | None = None
    parts: Mapping[str, Span] = field(default_factory=dict, compare=False, hash=False)


@record
class AddressMatch:
    """What one side of a rule matches. `text` is the rule's own wording.

    An address matches **surely** when it is in `addresses` or the packet is known to lie in one of `unknown_tags`. It
    matches **perhaps** when there are unknown tags that it is not known to be outside of, and the address is in
    `EffectiveNetwork.tag_space`. Else it does not match. `spaces` says where those unknown tags lie that lie elsewhere: values
    that only a deployment knows, and addresses that stand for unknown ones.
    """

    addresses: NumberSet = ALL_ADDRESSES
    unknown_tags: frozenset[str] = frozenset()
    text: str = "*"
    spaces: tuple[tuple[str, NumberSet], ...] = ()

    def space(self, tag: str, tag_space: NumberSet) -> NumberSet:
        """Where an unknown tag may lie; `tag_space` is where service tags do."""
        return next((space for name, space in self.spaces if name == tag), tag_space)

    def open_tags(self, known: frozenset[str]) -> frozenset[str]:
        """The unknown tags that an address may lie in; `known` are its tags. Outside Storage is outside Storage.WestEurope."""
        if not self.unknown_tags:  # as most
            return self.unknown_tags
        return frozenset(tag for tag in self.unknown_tags if known.isdisjoint((outside(tag), outside(tag.partition(".")[0]))))


ANYWHERE = AddressMatch()


class Action(Enum):
    """What a filter row does: let pass, drop, or let pass and skip every later filter at the same place (admin rules)."""

    ALLOW = "allow"
    DENY = "deny"
    ALWAYS_ALLOW = "always-allow"


@record
class FilterRow:
    """One effective rule. A rule that ranges over protocols with and without ports is two rows of one name and priority."""

    priority: int
    name: str
    action: Action
    protocol: NumberSet = ANY_PROTOCOL
    source: AddressMatch = ANYWHERE
    source_port: NumberSet = ANY_PORT
    target: AddressMatch = ANYWHERE
    target_port: NumberSet = ANY_PORT
    condition: Condition = ALWAYS
    origin: Origin = field(default=Origin(), compare=False)


def unknown_rule(row: FilterRow, resource: str) -> str:
    """Why nobody can say whether a row with unknown tags matches."""
    doubted = {name for match in (row.source, row.target) for name, _ in match.spaces}
    names = row.source.unknown_tags | row.target.unknown_tags
    tags = ", ".join(sorted(names - doubted))
    parts = [f"names {tags}, whose addresses are not known"] if tags else []
    parts += [f"depends on {name}, which is not known" for name in sorted(doubted & names)]
    return f"rule {row.priority} of {resource} {' and '.join(parts)}"


class FilterKind(Enum):
    """What kind of filter decides."""

    NSG = "nsg"
    ADMIN = "admin-rules"
    FIREWALL = "firewall"
    SETTING = "setting"  # of the resource at `Filter.place`: a flag that keeps packets out
    PLATFORM = "platform"

    @property
    def has_rules(self) -> bool:
        """Whether somebody wrote its rows as rules with priorities."""
        return self in (FilterKind.NSG, FilterKind.ADMIN, FilterKind.FIREWALL)


class _RowsLater:
    """A filter may get its rows when somebody first asks for them: of a thousand NSGs a check meets two."""

    __slots__ = ("_make_rows",)
    _make_rows: Callable[[], tuple[FilterRow, ...]]

    def __getattr__(self, name: str) -> tuple[FilterRow, ...]:
        if name != "rows":
            raise AttributeError(f"a {type(self).__name__} has no {name!r}")
        rows = self._make_rows()
        _ROWS.__set__(self, rows)
        _MAKE_ROWS.__delete__(self)
        return rows


@record
class Filter(_RowsLater):
    """Rows in order of decision; `otherwise` decides a packet that no row matches. `place` is e.g. `subnet corp/back-end`."""

    resource: str
    kind: FilterKind
    direction: Direction
    place: str
    rows: tuple[FilterRow, ...]
    otherwise: Action = Action.DENY
    span: Span | None = field(default=None, compare=False)


def rows_so_far(one: Filter) -> tuple[FilterRow, ...] | None:
    """The rows of a filter if somebody has asked for them."""
    try:
        rows: tuple[FilterRow, ...] = _ROWS.__get__(one)
    except AttributeError:
        return None
    return rows


_ROWS: Final[Any] = vars(Filter)["rows"]  # what sets the field, past the guard of frozen records
_MAKE_ROWS: Final[Any] = vars(_RowsLater)["_make_rows"]


def rows_later(one: Filter, make: Callable[[], tuple[FilterRow, ...]]) -> Filter:
    """A filter that nobody else has seen yet, with the rows that this makes, once, when they are first read."""
    _MAKE_ROWS.__set__(one, make)
    _ROWS.__delete__(one)
    return one


class HopKind(Enum):
    """The effective next hop type, in Azure's spelling."""

    VNET_LOCAL = "VnetLocal"
    PEERING = "VNetPeering"
    GLOBAL_PEERING = "VNetGlobalPeering"
    INTERNET = "Internet"
    GATEWAY = "VirtualNetworkGateway"
    APPLIANCE = "VirtualAppliance"
    SERVICE_ENDPOINT = "VirtualNetworkServiceEndpoint"
    PRIVATE_ENDPOINT = "InterfaceEndpoint"
    NONE = "None"


@record
class Recipient:
    """One of several sites that a row may hand a packet to; the choice "recipient" is its address.

    `resource` names what made the choice (a load balancer), for `via`. `probes` are ports whose health probe must pass.
    """

    address: int
    site: str
    probes: tuple[int, ...] = ()
    resource: str = ""


@record
class Route:
    """One active effective route: to a fabric, to one of `recipients` (devices, unchanged), or to nowhere.

    `unmodelled` names a construct that this version cannot follow: whatever takes the route is unknown.
    `tag`: the route is for the members of a service tag of unknown content, and `destinations` says where they may lie. A
    packet that is known to be in the tag takes it, one known to be outside does not, of any other nobody knows (choice
    "member": 1 takes it).
    `regional`: True stays in the region, False leaves it; None depends on who calls whom (`Scope.internet_regional`).
    `text` reads like `0.0.0.0/0 -> Internet (system route)`; `resource` is the route table or gateway that brought it.
    """

    destinations: NumberSet
    hop: HopKind
    fabric: str | None
    text: str
    recipients: tuple[Recipient, ...] = ()
    filters: tuple[Filter, ...] = ()
    tag: str | None = None
    resource: str = ""
    regional: bool | None = True
    unmodelled: str | None = None
    condition: Condition = ALWAYS
    origin: Origin = field(default=Origin(), compare=False)

    def is_for(self, known: frozenset[str]) -> bool | None:
        """Whether it is for a destination of which these tags are known; None is not known."""
        if self.tag is None or self.tag in known:
            return True
        return False if known & {outside(self.tag), outside(self.tag.partition(".")[0])} else None


@record
class SourceTranslation:
    """Source translation of packets from `sources` that a site hands to `fabric`. No matching row leaves the source as it is.

    `becomes` are the addresses that it may carry afterwards (one of them is chosen: choice "egress"); empty means that it
    keeps its address. `tags` are unknown tags that the new address is known to lie in. `unknown` is set when the address is
    one of `becomes` but nobody can say which (default outbound access, a VIP that the program does not give), with the reason:
    a verdict must then be the same for every one of them. `drops` is the reason when the packet cannot leave at all.
    `unmodelled` as in `Route`. `fact` is a word for `asever help`.
    """

    fabric: str
    sources: NumberSet = ALL_ADDRESSES
    destinations: NumberSet = ALL_ADDRESSES
    protocol: NumberSet = ANY_PROTOCOL
    becomes: NumberSet = NumberSet()
    tags: frozenset[str] = frozenset()
    unknown: str | None = None
    because: str = ""
    fact: str | None = None
    resource: str = ""
    drops: str | None = None
    unmodelled: str | None = None
    condition: Condition = ALWAYS
    origin: Origin = field(default=Origin(), compare=False)


@record
class Arrival:
    """What becomes of a packet to `called` on these ports in a fabric.

    Exactly one of these: `site` (it is handed to that site), `recipients` (to one of those sites), `continues` (it goes on in
    that fabric), `drops` (why it is lost).

    * `recipients`: the destination becomes the chosen one's address unless `keeps_target`. `hairpins` off: it is lost when
      its source is an address of the chosen one.
    * `forwards`: the site is a device that redirects what is sent to this address, or loses it.
    * `guards`: filters after the site's own inbound ones.
    * `instances`: the addresses it may be handed to (choice "instance"); empty keeps the destination address.
    * `port`: the destination port it is handed to; None keeps it.
    * `source_becomes`: with `continues`, the source it carries on (choice "relay"); empty keeps the source.
    * `callers`: the row is for these origin sites only; None is everyone.
    * `probes`: ports whose health probe from 168.63.129.16 must pass the inbound filters of `site` at the chosen instance.
    * `doubt`: why it may not arrive although the row says so; a flow with a doubt is never surely delivered.
    """

    called: NumberSet
    protocol: NumberSet = ANY_PROTOCOL
    called_port: NumberSet = ANY_PORT
    callers: frozenset[str] | None = None
    site: str | None = None
    recipients: tuple[Recipient, ...] = ()
    keeps_target: bool = False
    hairpins: bool = True
    forwards: bool = False
    guards: tuple[Filter, ...] = ()
    instances: NumberSet = NumberSet()
    port: int | None = None
    continues: str | None = None
    source_becomes: NumberSet = NumberSet()
    drops: str | None = None
    probes: tuple[int, ...] = ()
    doubt: str | None = None
    because: str = ""
    fact: str | None = None
    resource: str = ""
    condition: Condition = ALWAYS
    origin: Origin = field(default=Origin(), compare=False)


@record
class Fabric:
    """A medium that carries packets to destinations: the Internet, one virtual network, what is behind one gateway.

    `otherwise` says why a packet to an address that no row has is lost there. `returns`: replies to what came through it come
    back by themselves, whatever the routes of the receiving site are (service endpoints).
    """

    name: str
    arrivals: tuple[Arrival, ...]
    otherwise: str
    returns: bool = False


@record
class Redirect:
    """Destination translation by a device: packets from `source` to `target` go on to `becomes`, on `port` if that is set.

    `filters` must let the packet pass with its new destination, instead of those of the device. `source_becomes` (choice
    "relay") is the source it carries from there on; empty keeps it.
    """

    protocol: NumberSet
    source: NumberSet
    target: NumberSet
    target_port: NumberSet
    becomes: int
    port: int | None = None
    source_becomes: NumberSet = NumberSet()
    filters: tuple[Filter, ...] = ()
    name: str = ""
    resource: str = ""
    because: str = ""
    fact: str | None = None
    condition: Condition = ALWAYS
    origin: Origin = field(default=Origin(), compare=False)


@record
class Forwarding:
    """What a device does with packets that are not its own.

    The first of `redirects` rewrites the destination; a packet that none takes must pass all of `filters`, and if it comes from
    one of `translated` it carries one of `source_becomes` (choice "egress") from there on. Then the device sends it on: its own
    outbound filters see that source. What is sent to an address of its own and that no redirect takes is lost, for the reason
    `otherwise`.
    """

    redirects: tuple[Redirect, ...] = ()
    filters: tuple[Filter, ...] = ()
    translated: NumberSet = NumberSet()
    source_becomes: NumberSet = NumberSet()
    otherwise: str = "nothing there takes it"


class SiteKind(Enum):
    """What stands at a site."""

    ENVIRONMENT = "ase"  # the instances of one App Service Environment
    MACHINE = "vm"
    FIREWALL = "firewall"
    UNLISTED = "other machines"  # whatever else may stand in a subnet
    ON_PREMISES = "on-premises"
    INTERNET = "Internet"
    PLATFORM = "platform"
    SERVICE = "service"  # a platform service behind a private endpoint


@record
class Exemption:
    """Traffic to the platform that no filter and no route touches (azure-network-semantics section 3.4)."""

    targets: NumberSet
    protocol: NumberSet
    target_port: NumberSet
    because: str


@record
class Site:
    """A place where packets start and end, and where one set of tables applies to all of them.

    `name` is unique (`one`, `sql`, `corp/data`, `Internet`); `title` is for people (`ase one`, `other machines of subnet
    corp/data`). `thing` is the declared resource behind it. `home` is the fabric in which its own addresses live. Only what
    has `forwarding` forwards.
    """

    name: str
    title: str
    kind: SiteKind
    thing: str
    addresses: NumberSet
    home: str
    vnet: str | None = None
    subnet: str | None = None
    exempt: tuple[Exemption, ...] = ()
    outbound: tuple[Filter, ...] = ()
    inbound: tuple[Filter, ...] = ()
    routes: tuple[Route, ...] = ()
    translations: tuple[SourceTranslation, ...] = ()
    forwarding: Forwarding | None = None
    span: Span | None = field(default=None, compare=False)


def platform_site(vnet: str) -> str:
    """The name of the platform's site as a vnet sees it; every table of sites calls it so."""
    return f"platform of {vnet}"


@record
class EffectiveNetwork:
    """The tables of the whole network.

    `assumptions` maps each named assumption that a row may mention to its values, the recommended one first. `tag_space` is
    where a service tag of unknown content may lie. `probe_source` is the address that health probes come from.
    `names` maps single addresses to how the program calls them (`192.23.1.2` is `one.vip`), for readable output and so that
    counterexamples prefer them.
    """

    sites: Mapping[str, Site]
    fabrics: Mapping[str, Fabric]
    assumptions: Mapping[str, tuple[str, ...]]
    tag_space: NumberSet
    probe_source: int
    names: Mapping[int, str] = field(default_factory=dict)


def recommended(network: EffectiveNetwork) -> Mapping[str, str]:
    """The recommended reading of every assumption."""
    return _recommended(Same(network))


@lru_cache(maxsize=4)
def _recommended(network: Same[EffectiveNetwork]) -> Mapping[str, str]:
    return {name: values[0] for name, values in network.value.assumptions.items()}


def parts_of(network: EffectiveNetwork) -> Iterator[Filter | Route | SourceTranslation | Arrival | Redirect]:
    """Every filter and every row of the tables that is not a filter's, in an order that only they decide; each once."""
    seen: set[int] = set()
    for one in _all_parts(network):
        if id(one) not in seen:
            seen.add(id(one))
            yield one


def _all_parts(network: EffectiveNetwork) -> Iterator[Filter | Route | SourceTranslation | Arrival | Redirect]:
    for site in network.sites.values():
        yield from site.outbound
        yield from site.inbound
        yield from site.translations
        for route in site.routes:
            yield route
            yield from route.filters
        if site.forwarding is not None:
            yield from site.forwarding.filters
            for redirect in site.forwarding.redirects:
                yield redirect
                yield from redirect.filters
    for fabric in network.fabrics.values():
        for arrival in fabric.arrivals:
            yield arrival
            yield from arrival.guards


@record
class Packets:
    """A product set of packets; protocols without ports have port 0 in both port sets. Tags as in `Packet`."""

    protocol: NumberSet
    source: NumberSet
    source_port: NumberSet
    target: NumberSet
    target_port: NumberSet
    source_tags: frozenset[str] = frozenset()
    target_tags: frozenset[str] = frozenset()

    def is_empty(self) -> bool:
        """Whether no packet is in it."""
        return not all((self.protocol, self.source, self.source_port, self.target, self.target_port))


@record
class Scope:
    """A part of what a claim covers: packets that leave `origin`, and the sites where they count as arrived.

    `subject` and `target` are the endpoints' names for people. `arrives_as` restricts the destination address at arrival
    (a claim about `10.0.3.0/24` is about these addresses). `internet_regional` says whether a path of this scope
    over the Internet hop stays in the region; None is not documented. `partial` marks a scope whose members are an unknown
    part of `packets` (an address of a service tag whose prefixes are not known), with the name of that tag, and which field.
    `preferred_ports` are target ports to prefer in a counterexample, best first.
    """

    origin: str
    packets: Packets
    arrives_at: frozenset[str]
    arrives_as: NumberSet = ALL_ADDRESSES
    subject: str = ""
    target: str = ""
    internet_regional: bool | None = None
    partial_source: str | None = None
    partial_target: str | None = None
    preferred_ports: tuple[int, ...] = ()
    condition: Condition = ALWAYS


@record
class Success:
    """What a delivered flow must satisfy besides being delivered.

    `via` and `not_via` name resources of the path (`Route.resource`, `Filter.resource`, `Site.thing`).
    """

    seen_as: AddressMatch = ANYWHERE
    via: frozenset[str] = frozenset()
    not_via: frozenset[str] = frozenset()
    within_region: bool = False


class Quantifier(Enum):
    """What must be true of the flows in scope."""

    ALL_ARRIVE = "all arrive"  # reaches: every flow succeeds, and its reply returns
    SOME_ARRIVES = "some arrives"  # can reach: in each reading some flow succeeds, and its reply returns
    NONE_ARRIVES = "none arrives"  # never reaches, only: no packet is delivered (its reply is of no interest)


@record
class FlowQuestion:
    """A reachability claim, ready for either reading.

    `fixed` are the readings taken for granted (platform addresses) or chosen with `--assume`; every other assumption of the
    network is open: an availability or security claim holds only if it holds in each of its readings.
    """

    quantifier: Quantifier
    scopes: tuple[Scope, ...]
    success: Success = Success()
    fixed: Mapping[str, str] = field(default_factory=dict)


@record
class FilterContext:
    """One place to compare filters at: `where` for people (`subnet corp/back-end`, or `attached nowhere`)."""

    where: str
    left: Filter
    right: Filter | None = None


class FilterRelation(Enum):
    """What is claimed of filters."""

    EQUAL = "equals"
    NO_MORE = "permits no more than"
    NO_DEAD_ROWS = "has no dead rules"


@record
class FilterQuestion:
    """A claim about NSGs: the relation must hold in every context (for dead rules: a rule must decide in some context)."""

    relation: FilterRelation
    contexts: tuple[FilterContext, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)


Question = FlowQuestion | FilterQuestion


def conditions_of(rows: Iterable[Condition]) -> frozenset[str]:
    """The names of the assumptions that these conditions mention."""
    return frozenset(name for condition in rows for name, _ in condition)
