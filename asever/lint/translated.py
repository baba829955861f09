"""Rules that name an address which their NSG never sees, since Azure translates it before or after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.azure.effective import effective
from asever.azure.questions import question
from asever.diagnostics import Diagnostic, Edit
from asever.lint.books import Book, own_addresses, rule_words
from asever.lint.warnings import warning
from asever.model.addresses import ALL_ADDRESSES
from asever.model.answers import Proved, Shown
from asever.model.claims import Endpoint, EndpointKind, Reachability, Service, Verb
from asever.model.effective import EffectiveNetwork, FilterKind, FlowQuestion, Quantifier, SiteKind
from asever.model.numbers import NumberSet, union
from asever.model.packets import ANY_PORT, ANY_PROTOCOL
from asever.model.rule_keys import RuleKey
from asever.model.things import AddressTerm, DeclaredRule, Direction, Environment, Network, SecurityGroup, TermKind
from asever.record import replace
from asever.solve.answer import Depth, answer

# -- The machines' own side ---------------------------------------------------------------------------------------------


def unseen_terms(network: Network, tables: EffectiveNetwork, book: Book) -> Iterator[tuple[RuleKey, AddressTerm, Diagnostic]]:
    """Members of rules' lists that no packet carries where the NSG stands: a destination inbound, a source outbound."""
    if book.kind is not FilterKind.NSG:
        return
    seen = own_addresses(network, tables, book)
    inbound = book.direction is Direction.INBOUND
    empty = _space(network) - union(prefix for one in network.subnets.values() for prefix in one.prefixes)
    for key, rule in book.rules.items():
        for term in rule.targets if inbound else rule.sources:
            known = term.kind is TermKind.ADDRESSES and term.span is not None and term.addresses
            # Where no subnet is, `rule-for-nobody` says so.
            if known and not term.addresses.overlaps(seen) and not term.addresses <= empty:
                yield key, term, _unseen(network, tables, book, rule, term)


def _space(network: Network) -> NumberSet:
    return union(one.address for one in network.vnets.values())


def _unseen(network: Network, tables: EffectiveNetwork, book: Book, rule: DeclaredRule, term: AddressTerm) -> Diagnostic:
    inbound = book.direction is Direction.INBOUND
    span = term.span
    assert span is not None  # noqa: S101 - the caller looks
    side = "destination" if inbound else "source"
    code, notes = "never-matching-rule", []
    owner = _translated_owner(network, tables, term.addresses)
    place = _where(book)
    if owner is not None:
        code = "rule-targets-vip" if inbound else "rule-from-vip"
        when = "rewrites the destination before" if inbound else "rewrites the source after"
        notes = [f"Azure {when} the NSG decides, so the NSG sees the private address (asever help {_FACTS[inbound]})"]
    environment = network.environments.get(owner or "")
    home = environment.subnet if environment is not None else None
    home = home if home is not None and any(site.subnet == home for site in book.sites) else None
    return warning(
        code,
        f"{rule_words(rule)} of {book.title} matches nothing with {side} {term.text}: no packet carries it there",
        span,
        f"no {'inbound' if inbound else 'outbound'} packet at {place} has this {side}",
        notes=notes,
        advice=f"name the private side: `{home}`" if home else "name the private addresses, or `*` for all that stand there",
        edit=Edit(span, home) if home else None,
    )


_FACTS = {True: "translation-before-inbound-rules", False: "calls-leave-by-the-vip"}


def _where(book: Book) -> str:
    subnets = list(dict.fromkeys(site.subnet for site in book.sites if site.subnet is not None))
    return f"subnet {subnets[0]}" if len(subnets) == 1 else f"the {len(subnets)} subnets where it stands"


def _translated_owner(network: Network, tables: EffectiveNetwork, addresses: NumberSet) -> str | None:
    """The first resource whose public or internal frontend address is among these."""
    for one in network.environments.values():
        fronts = [each for each in (one.vip, one.ilb) if each is not None] + [each.address for each in one.ip_ssl]
        if any(each in addresses for each in (*fronts, *_placeholders(tables, one))) or one.outbound.overlaps(addresses):
            return one.name
    for machine in network.machines.values():
        if machine.public_ip is not None and machine.public_ip in addresses:
            return machine.name
    for balancer in network.load_balancers.values():
        if balancer.frontend in addresses:
            return balancer.name
    return None


def _placeholders(tables: EffectiveNetwork, one: Environment) -> list[int]:
    return [address for address, name in tables.names.items() if name == f"the VIP of {one.name} (not in the file)"]


def unowned_translations(network: Network, tables: EffectiveNetwork) -> Iterator[Diagnostic]:
    """DNAT rules of firewalls for addresses that the firewall does not have (azure-network-semantics 10.1)."""
    for one in network.firewalls.values():
        forwarding = tables.sites[one.name].forwarding
        rows = forwarding.redirects if forwarding is not None else ()
        for rule in one.rules:
            own = [row for row in rows if row.origin.span == rule.span]
            if not own or any(row.target for row in own):
                continue
            span = rule.parts.get("target", rule.span)
            if span is not None:
                yield warning(
                    "never-matching-rule",
                    f"{rule_words(rule)} of firewall `{one.name}` translates nothing: it is not called at {span.text}",
                    span,
                    "none of the firewall's addresses",
                    notes=("a DNAT rule is for the public or the private address of its firewall",),
                    advice="name an address of the firewall",
                )


# -- Environments that call each other ----------------------------------------------------------------------------------


def foreign_ranges(network: Network, book: Book, fixed: Mapping[str, str], opened: Opened) -> Iterator[Diagnostic]:
    """Inbound rules before one environment that name the subnet of another, whose calls come from elsewhere.

    Proved with every NSG open: no call of the other environment that the rule is for arrives from an address it names.
    """
    if book.kind is not FilterKind.NSG or book.direction is not Direction.INBOUND:
        return
    here = [network.environments[site.name] for site in book.sites if site.kind is SiteKind.ENVIRONMENT]
    others = [one for one in network.environments.values() if one not in here]
    for rule in book.rules.values():
        for term in rule.sources if rule.access == "allow" else ():
            for caller in others:
                if (
                    here
                    and _is_about(network, term, caller)
                    and not any(opened.may_carry(caller, one, rule, term, fixed) for one in here)
                ):
                    yield _foreign(book, rule, term, caller, here, fixed, opened)


def _is_about(network: Network, term: AddressTerm, one: Environment) -> bool:
    """Whether a term names the subnet of an environment, or a part of it."""
    prefixes = union(network.subnets[one.subnet].prefixes)
    return term.kind is TermKind.ADDRESSES and term.span is not None and bool(term.addresses) and term.addresses <= prefixes


def _foreign(
    book: Book,
    rule: DeclaredRule,
    term: AddressTerm,
    caller: Environment,
    here: list[Environment],
    fixed: Mapping[str, str],
    opened: Opened,
) -> Diagnostic:
    span = term.span
    assert span is not None  # noqa: S101 - `_is_about` looks
    vip = f"{caller.name}.vip"
    name = AddressTerm(kind=TermKind.ADDRESSES, text=vip, addresses=opened.vip(caller))
    helps = bool(name.addresses) and all(opened.may_carry(caller, one, rule, name, fixed, shown=True) for one in here)
    called = " and ".join(f"ase {one.name}" for one in here)
    return warning(
        "environment-by-cidr",
        f"{rule_words(rule)} of {book.title} matches no call of ase {caller.name}: none comes from {term.text}",
        span,
        f"no call of ase {caller.name} to {called} carries this source",
        notes=(f"a call of one environment to another over the Internet carries its VIP, here {vip}",) if helps else (),
        advice=f"write `{vip}` for {term.text}" if helps else None,
        edit=Edit(span, vip) if helps else None,
    )


class Opened:
    """The network with every NSG open and without admin rules: what could come to a place if nothing kept it out."""

    def __init__(self, network: Network) -> None:
        self._network = _opened(network)
        self._made: EffectiveNetwork | None = None

    @property
    def _tables(self) -> EffectiveNetwork:
        if self._made is None:
            self._made = effective(self._network)
        return self._made

    def vip(self, one: Environment) -> NumberSet:
        """The VIP of an environment; empty where it has none."""
        if one.vip is not None:
            return NumberSet.single(one.vip)
        return NumberSet.of((each, each) for each in _placeholders(self._tables, one))

    def may_carry(
        self,
        caller: Environment,
        called: Environment,
        rule: DeclaredRule,
        term: AddressTerm,
        fixed: Mapping[str, str],
        *,
        shown: bool = False,
    ) -> bool:
        """Whether a call of one environment to another, of a rule's kind, perhaps carries a source; with `shown`, surely."""
        claim = Reachability(
            verb=Verb.CAN_REACH if shown else Verb.REACHES,  # as callers call it; `never reaches` covers every address of it
            subjects=(Endpoint(kind=EndpointKind.ENVIRONMENT, name=caller.name),),
            target=Endpoint(kind=EndpointKind.ENVIRONMENT, name=called.name),
            services=(Service(name="what the rule is for", protocol=rule.protocol, port=rule.target_port),),
            seen_as=(term,),
        )
        asks = question(self._network, self._tables, claim, fixed)
        if not isinstance(asks, FlowQuestion):
            return True
        asks = asks if shown else replace(asks, quantifier=Quantifier.NONE_ARRIVES)
        found = answer(self._tables, asks, seconds=_SECONDS, core=Depth.NOTHING)
        return isinstance(found, Shown) if shown else not isinstance(found, Proved)


_SECONDS = 10


def _opened(network: Network) -> Network:
    everything = AddressTerm(kind=TermKind.ADDRESSES, text="*", addresses=ALL_ADDRESSES)
    rule = DeclaredRule(
        priority=100,
        name="everything",
        access="allow",
        protocol=ANY_PROTOCOL,
        any_protocol=True,
        sources=(everything,),
        source_port=ANY_PORT,
        targets=(everything,),
        target_port=ANY_PORT,
    )
    groups = {name: SecurityGroup(name=name, inbound=(rule,), outbound=(rule,)) for name in network.groups}
    return replace(network, groups=groups, admin_rules={})
