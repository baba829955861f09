"""What a claim covers: the question that both readings answer.

A claim speaks of endpoints; a question speaks of packets. Each scope is one origin with the packets that it sends, and the
sites where they count as arrived. docs/language.md has the table of which addresses each endpoint stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from asever.azure.assumptions import ASSUMPTIONS, GUEST_FORWARDING, MANAGEMENT_ADDRESSES
from asever.azure.called import TCP_ONLY, Called, Targets, Traffic, merged
from asever.azure.callers import Caller, Callers
from asever.azure.endpoints import endpoints, title
from asever.azure.filters import group_filter
from asever.azure.inventory import Inventory, inventory, same_region, singles
from asever.azure.platform import INTERNET_BASE
from asever.azure.tags import canonical_tag, known_tag, view
from asever.model.addresses import ALL_V4, ALL_V6
from asever.model.claims import (
    Endpoint,
    EndpointKind,
    GroupHasNoDeadRules,
    GroupPermitsNoMore,
    GroupsEqual,
    Reachability,
    Service,
    Verb,
)
from asever.model.effective import (
    ALWAYS,
    ANYWHERE,
    AddressMatch,
    Condition,
    EffectiveNetwork,
    FilterContext,
    FilterQuestion,
    FilterRelation,
    FlowQuestion,
    Packets,
    Quantifier,
    Question,
    Scope,
    SiteKind,
    Success,
    may_exist,
)
from asever.model.identity import Same
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.packets import ANY_PORT, outside
from asever.model.things import AddressTerm, Direction, Network, TermKind
from asever.record import record, replace

_MANAGEMENT_PORTS = NumberSet.span(454, 455)
_USUAL_PORTS = (443, 80, 22)
_MOST_PLACES = 3
_ANSWERS_ONLY = (EndpointKind.PRIVATE_ENDPOINT, EndpointKind.PLATFORM_SERVICE)
_QUANTIFIERS = {
    Verb.REACHES: Quantifier.ALL_ARRIVE,
    Verb.CAN_REACH: Quantifier.SOME_ARRIVES,
    Verb.NEVER_REACHES: Quantifier.NONE_ARRIVES,
    Verb.ONLY: Quantifier.NONE_ARRIVES,
}

GroupClaim = GroupsEqual | GroupPermitsNoMore | GroupHasNoDeadRules


@record(kw_only=False)
class Unanswerable:
    """There is no question to ask. `vacuous`: the claim covers nothing; else `reasons` say what is not known."""

    vacuous: bool
    reasons: tuple[str, ...]


def question(
    network: Network,
    tables: EffectiveNetwork,
    claim: Reachability | GroupClaim,
    readings: Mapping[str, str],
) -> Question | Unanswerable:
    """What a claim asks of the effective tables; `readings` are the assumptions whose value the user chose."""
    fixed = fixed_readings(tables, readings)
    if isinstance(claim, Reachability):
        if claim.verb is Verb.CAN_REACH:
            # What nobody can see from outside is possible (azure-network-semantics 10.2).
            fixed.setdefault(GUEST_FORWARDING.name, GUEST_FORWARDING.values[0][0])
        return _Coverage(inventory(network), tables, claim, fixed).question()
    return _filter_question(network, claim, fixed)


def fixed_readings(tables: EffectiveNetwork, readings: Mapping[str, str]) -> dict[str, str]:
    """The readings that a question takes as given: granted assumptions at their first value, and those the user chose."""
    return {**_granted(Same(tables)), **readings}


@lru_cache(maxsize=4)
def _granted(tables: Same[EffectiveNetwork]) -> Mapping[str, str]:
    known = tables.value.assumptions
    return {name: one.values[0][0] for name, one in ASSUMPTIONS.items() if one.granted and name in known}


# -- Reachability -------------------------------------------------------------------------------------------------------


class _Coverage:
    """The packets that one claim covers."""

    def __init__(self, known: Inventory, tables: EffectiveNetwork, claim: Reachability, fixed: Mapping[str, str]) -> None:
        self.known = known
        self.tables = tables
        self.claim = claim
        self.fixed = fixed
        self.ends = endpoints(known, tables)
        self.callers = Callers(self.ends)
        self.targets = Targets(self.ends)
        self.traffic = merged(tuple((one.protocol, one.port) for one in claim.services))
        self.quantifier = _QUANTIFIERS[claim.verb]

    def question(self) -> FlowQuestion | Unanswerable:
        scopes = tuple(self._scopes())
        if not any(may_exist(scope.condition, self.fixed) for scope in scopes):
            return Unanswerable(vacuous=True, reasons=(self._why_nothing(),))
        return FlowQuestion(quantifier=self.quantifier, scopes=scopes, success=self._success(), fixed=self.fixed)

    # -- Who calls ------------------------------------------------------------------------------------------------------

    def _callers(self) -> Iterator[Caller]:
        claim = self.claim
        if claim.verb is Verb.ONLY:
            out = self.callers.left_out(claim.subjects)
            callers = self.callers.without(self._everyone_else(), out)
        else:
            what_if = self.quantifier is Quantifier.NONE_ARRIVES
            called = self.ends.called_sites(claim.target, sorted(self.known.network.vnets))
            every = (self.callers.callers(one, called, what_if=what_if) for one in claim.subjects)
            callers = (caller for each in every for caller in each)
        return self.callers.without(callers, self.callers.left_out(claim.excepted)) if claim.excepted else callers

    def _everyone_else(self) -> Iterator[Caller]:
        """Every origin but the target's own machines (docs/decisions/011)."""
        target = self.claim.target
        own = {site.name: site for site in self.ends.called_sites(target)}
        for caller in self.callers.everyone():
            if caller.site.name not in own or caller.condition != ALWAYS:
                yield caller
            elif caller.site.kind is SiteKind.UNLISTED and target.kind is EndpointKind.ADDRESSES:
                # The machine at a called address is one of many that the file does not list.
                others = caller.sources - target.addresses
                if others:
                    yield Caller(site=caller.site, sources=others, title=caller.title)

    # -- Scopes ---------------------------------------------------------------------------------------------------------

    def _scopes(self) -> Iterator[Scope]:
        every = self.quantifier is not Quantifier.ALL_ARRIVE
        for caller in self._callers():
            if self._is_target_itself(caller):
                continue
            for called in self._called(caller, every=every):
                for who, what in self._without_management(self._no_service(caller, called), self._narrowed(caller, called)):
                    yield from self._scopes_of(who, what)

    def _called(self, caller: Caller, *, every: bool) -> Iterator[Called]:
        return self.targets.called(self.claim.target, caller, self.traffic, every=every)

    def _is_target_itself(self, caller: Caller) -> bool:
        """A machine's packets to itself never leave it; a range that holds the called environment means the others."""
        target = self.claim.target
        if caller.site.name != target.name or target.kind not in (EndpointKind.MACHINE, EndpointKind.ENVIRONMENT):
            return False
        if target.kind is EndpointKind.MACHINE:
            return True
        return all(one.kind in (EndpointKind.SUBNET, EndpointKind.VNET) for one in self.claim.subjects)

    def _narrowed(self, caller: Caller, called: Called) -> Called:
        """Without what the caller cannot mean: itself, and from the Internet what is not public, if anything is.

        A frontend leads to others too, and whoever calls a load balancer means whichever machine it is handed to.
        """
        addresses, sites = called.addresses, called.sites
        balanced = self.claim.target.kind is EndpointKind.LOAD_BALANCER
        if caller.site.kind is SiteKind.MACHINE and caller.site.name in sites and not balanced:
            own = self.ends.other_addresses(caller.site) - self.ends.frontends(caller.site.name)
            addresses -= caller.site.addresses | own
            sites -= {caller.site.name}
        if caller.site.kind is SiteKind.INTERNET:
            addresses = addresses & INTERNET_BASE or addresses
        if addresses == called.addresses and sites == called.sites:
            return called
        return replace(called, addresses=addresses, sites=sites)

    def _without_management(self, caller: Caller, called: Called) -> Iterator[tuple[Caller, Called]]:
        """`only` leaves out how Azure manages an environment: its addresses on 454 and 455 (docs/decisions/011)."""
        traffic = called.traffic
        management = traffic.target_port & _MANAGEMENT_PORTS if traffic.protocol.overlaps(TCP_ONLY) else EMPTY
        manages = self.claim.verb is Verb.ONLY and self.claim.target.kind is EndpointKind.ENVIRONMENT and management
        if not manages or caller.site.kind is not SiteKind.INTERNET or not caller.sources.overlaps(self._management()):
            yield caller, called
            return
        rest = traffic.target_port - management
        if rest:
            yield caller, replace(called, traffic=Traffic.with_ports(traffic.protocol, rest))
        if traffic.protocol != TCP_ONLY:
            yield caller, replace(called, traffic=Traffic.with_ports(traffic.protocol - TCP_ONLY, management))
        strangers = caller.sources - self._management()
        if strangers:
            yield replace(caller, sources=strangers), replace(called, traffic=Traffic.with_ports(TCP_ONLY, management))

    def _management(self) -> NumberSet:
        if self.fixed.get(MANAGEMENT_ADDRESSES.name) == MANAGEMENT_ADDRESSES.values[1][0]:
            return self.ends.internet.addresses
        return self.ends.management()

    def _scopes_of(self, caller: Caller, called: Called) -> Iterator[Scope]:
        for family in (ALL_V4, ALL_V6):
            # No packet goes from one family to the other.
            source, target = caller.sources & family, called.addresses & family
            if not source or not target:
                continue
            packets = Packets(
                protocol=called.traffic.protocol,
                source=source,
                source_port=called.traffic.source_port,
                target=target,
                target_port=called.traffic.target_port,
                source_tags=caller.tags,
                target_tags=called.tags,
            )
            # A call to an address that nobody has arrives nowhere, and is covered all the same.
            if not packets.is_empty() and (called.sites or self.claim.target.kind is EndpointKind.ADDRESSES):
                yield Scope(
                    origin=caller.site.name,
                    packets=packets,
                    arrives_at=called.sites,
                    subject=caller.title,
                    target=title(self.claim.target),
                    internet_regional=self._regional(caller, called),
                    partial_source=caller.partial,
                    partial_target=called.partial,
                    preferred_ports=_preferred(self.claim.services, called.traffic),
                    condition=caller.condition | called.condition | self._asked_in(),
                )

    def _asked_in(self) -> Condition:
        return ALWAYS if self.claim.asked_in is None else frozenset({self.claim.asked_in})

    def _no_service(self, caller: Caller, called: Called) -> Caller:
        """A client on the Internet is not one of the services for which the called subnets have service endpoints.

        They answer and call nobody, so availability is not about them; a security claim covers them all the same.
        """
        if self.quantifier is Quantifier.NONE_ARRIVES or caller.site.kind is not SiteKind.INTERNET or caller.partial:
            return caller
        subnets = {self.tables.sites[name].subnet for name in called.sites} - {None}
        services = {one for name in subnets for one in self.known.network.subnets[name or ""].service_endpoints}
        if not services:
            return caller
        contents = {one: known_tag(self.known, one) for one in services}
        unknown = frozenset(outside(one) for one, addresses in contents.items() if addresses is None)
        # Who names an address of the service means it.
        whole = caller.sources == caller.site.addresses
        theirs = union(addresses for addresses in contents.values() if addresses is not None) if whole else EMPTY
        return replace(caller, sources=caller.sources - theirs, tags=caller.tags | unknown)

    def _regional(self, caller: Caller, called: Called) -> bool | None:
        """Whether a path over the Internet hop stays in the region (ase-network-semantics 4.2, 8)."""
        network, target = self.known.network, self.claim.target
        outside = (SiteKind.INTERNET, SiteKind.ON_PREMISES)
        if target.kind is EndpointKind.TAG and caller.site.vnet is not None:
            region, own = target.name.partition(".")[2], network.vnets[caller.site.vnet].region
            if region and own:
                return region.casefold() == own.casefold()
            if canonical_tag(target.name) != "Internet":
                return None
        sites = [self.tables.sites[name] for name in sorted(called.sites)]
        if target.kind is EndpointKind.ADDRESSES and all(site.kind is SiteKind.INTERNET for site in sites):
            return None if caller.site.kind not in outside else False
        if caller.site.kind in outside or any(site.kind in outside for site in sites):
            return False
        if caller.site.vnet is None or any(site.vnet is None for site in sites):
            return None
        here = network.vnets[caller.site.vnet]
        answers = {same_region(here, network.vnets[site.vnet]) for site in sites if site.vnet is not None}
        environments = all(site.kind is SiteKind.ENVIRONMENT for site in (caller.site, *sites))
        if answers == {True}:
            return True if environments else None
        return False if answers == {False} else None

    # -- Success --------------------------------------------------------------------------------------------------------

    def _success(self) -> Success:
        claim = self.claim
        return Success(
            seen_as=self._seen_as(claim.seen_as) if claim.seen_as else ANYWHERE,
            via=frozenset(one.name for one in claim.via),
            not_via=frozenset(one.name for one in claim.not_via),
            within_region=claim.within_region,
        )

    def _seen_as(self, terms: tuple[AddressTerm, ...]) -> AddressMatch:
        """What `as` demands of the source; a tag whose content is not known matches what is known to lie in it."""
        known, unknown = [], set()
        for term in terms:
            match term.kind:
                case TermKind.ADDRESSES:
                    known.append(term.addresses)
                case TermKind.ASG:
                    known.append(self.known.group_members.get(term.text, EMPTY))
                case TermKind.TAG:
                    addresses = self._seen_tag(term.text)
                    if addresses is None:
                        unknown.add(_tag_name(self.known, term.text))
                    else:
                        known.append(addresses)
        return AddressMatch(
            addresses=union(known), unknown_tags=frozenset(unknown), text=", ".join(term.text for term in terms)
        )

    def _seen_tag(self, text: str) -> NumberSet | None:
        match canonical_tag(text):
            case "Internet":
                return INTERNET_BASE
            case "VirtualNetwork":
                # The tag differs from subnet to subnet: it is that of the target's, if the target stands in one.
                subnets = {site.subnet for site in self.ends.called_sites(self.claim.target)}
                sets = {view(self.known, self.known.network.subnets[one]).vnet for one in subnets if one is not None}
                return sets.pop() if len(sets) == 1 else None
            case _:
                return known_tag(self.known, text)

    # -- Nothing is covered ---------------------------------------------------------------------------------------------

    def _why_nothing(self) -> str:
        claim = self.claim
        subjects = ", ".join(title(one) for one in claim.subjects)
        target = title(claim.target)
        if not self.traffic:
            return "the protocols that the check names have no ports"
        callers = list(self._callers())
        if claim.excepted and self._leaves_nothing(callers):
            return f"`except from` leaves nothing of {subjects}"
        if not callers:
            return self._nobody_calls(subjects)
        if all(self._is_target_itself(caller) for caller in callers):
            return f"what {target} sends to itself never leaves it"
        every = claim.verb is not Verb.REACHES
        if not any(called.addresses for caller in callers for called in self._called(caller, every=every)):
            return f"nobody is in {target}"
        return f"{subjects} and {target} have no address family in common"

    def _leaves_nothing(self, callers: Sequence[Caller]) -> bool:
        """Whether there would be callers, or flows, without the exceptions."""
        claim = self.claim
        bare = Reachability(verb=claim.verb, subjects=claim.subjects, target=claim.target, services=claim.services)
        plain = _Coverage(self.known, self.tables, bare, self.fixed)
        return isinstance(plain.question(), FlowQuestion) or (not callers and any(plain._callers()))

    def _nobody_calls(self, subjects: str) -> str:
        claim = self.claim
        if claim.verb is Verb.ONLY:
            return f"besides {subjects} and {title(claim.target)} nobody is left who could call"
        if any(canonical_tag(one.name) == "AzureLoadBalancer" for one in claim.subjects):
            return f"AzureLoadBalancer probes what is in a virtual network, and {title(claim.target)} is not"
        if all(one.kind in _ANSWERS_ONLY for one in claim.subjects):
            return f"{subjects} answers, and starts no connection"
        if all(self._is_balanced(one) for one in claim.subjects):
            return f"{subjects} starts no calls: the machines behind it do"
        if all(_is_address(one) for one in claim.subjects):
            return f"nobody in the file has the address {subjects}, and it is not public"
        return f"nobody is in {subjects}"

    def _is_balanced(self, endpoint: Endpoint) -> bool:
        """Whether it is a load balancer, or the frontend of one."""
        fronts = singles(one.frontend for one in self.known.network.load_balancers.values())
        return endpoint.kind is EndpointKind.LOAD_BALANCER or (_is_address(endpoint) and endpoint.addresses <= fronts)


def _is_address(endpoint: Endpoint) -> bool:
    return endpoint.kind is EndpointKind.ADDRESSES


def _tag_name(known: Inventory, text: str) -> str:
    """`one.vip` is no service tag, whatever the environment is called."""
    return text if text.rpartition(".")[0] in known.network.environments else canonical_tag(text)


def _preferred(services: Iterable[Service], traffic: Traffic) -> tuple[int, ...]:
    """Ports that look like real traffic: the named services' first ports, then their other ports, then usual ones."""
    wanted = [one.port for one in services if one.port != ANY_PORT]
    firsts = [port.first for port in wanted if port]
    others = [low for port in wanted for low, _ in port.ranges]
    found = dict.fromkeys(port for port in (*firsts, *others, *_USUAL_PORTS) if port in traffic.target_port)
    return tuple(found)[:8]


# -- Claims about NSGs --------------------------------------------------------------------------------------------------


def _filter_question(network: Network, claim: GroupClaim, fixed: Mapping[str, str]) -> FilterQuestion | Unanswerable:
    match claim:
        case GroupsEqual():
            return _compared(network, FilterRelation.EQUAL, claim.left, claim.right, fixed)
        case GroupPermitsNoMore():
            return _compared(network, FilterRelation.NO_MORE, claim.left, claim.right, fixed)
        case GroupHasNoDeadRules():
            if not (network.groups[claim.group].inbound or network.groups[claim.group].outbound):
                return Unanswerable(vacuous=True, reasons=(f"nsg {claim.group} has no rule of its own",))
            return _compared(network, FilterRelation.NO_DEAD_ROWS, claim.group, None, fixed)


def _compared(
    network: Network, relation: FilterRelation, left: str, right: str | None, fixed: Mapping[str, str]
) -> FilterQuestion:
    return FilterQuestion(relation=relation, contexts=tuple(_contexts(network, left, right)), fixed=fixed)


def _contexts(network: Network, left: str, right: str | None) -> Iterator[FilterContext]:
    """Every place where one of the two NSGs stands, in both directions; places where they mean the same count once.

    What a tag such as VirtualNetwork holds depends on the place, so two NSGs may be equal at one place and not at another.
    """
    groups = [network.groups[name] for name in (left, right) if name is not None]
    for direction in Direction:
        own = [group.inbound if direction is Direction.INBOUND else group.outbound for group in groups]
        if not any(own):
            continue  # Azure's default rules on both sides
        found: dict[tuple[object, object], list[FilterContext]] = {}
        for place, subnet in _places(network, {left, right}):
            first = group_filter(network, left, direction, subnet, place)
            second = None if right is None else group_filter(network, right, direction, subnet, place)
            key = (first.rows, None if second is None else second.rows)
            found.setdefault(key, []).append(FilterContext(where=place, left=first, right=second))
        for alike in found.values():
            more = f" and {len(alike) - _MOST_PLACES} more" if len(alike) > _MOST_PLACES else ""
            yield replace(alike[0], where=", ".join(one.where for one in alike[:_MOST_PLACES]) + more)


def _places(network: Network, groups: set[str | None]) -> tuple[tuple[str, str | None], ...]:
    at_subnets = [(f"subnet {one.name}", one.name) for one in network.subnets.values() if one.nsg in groups and one.nsg]
    at_nics = [(f"nic of {one.name}", one.subnet) for one in network.machines.values() if one.nsg in groups and one.nsg]
    return (*at_subnets, *at_nics) or (("attached nowhere", None),)
