"""Checks as claims: endpoints, services and modifiers resolved, packs applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from asever.diagnostics import Label
from asever.model import claims, things
from asever.model.claims import EndpointKind
from asever.model.things import AddressTerm
from asever.record import replace
from asever.semantics.names import Resolved, describe, kinds_in_words
from asever.semantics.packs import Argument, expand, parts_used, references
from asever.semantics.problems import plural
from asever.semantics.services import Services
from asever.semantics.terms import Terms
from asever.source import Span
from asever.syntax import nodes
from asever.syntax.printer import claim_text

_ENDPOINTS: Mapping[str, EndpointKind] = {
    "ase": EndpointKind.ENVIRONMENT,
    "vm": EndpointKind.MACHINE,
    "subnet": EndpointKind.SUBNET,
    "vnet": EndpointKind.VNET,
    "on-premises": EndpointKind.ON_PREMISES,
    "load-balancer": EndpointKind.LOAD_BALANCER,
    "private-endpoint": EndpointKind.PRIVATE_ENDPOINT,
    "platform-service": EndpointKind.PLATFORM_SERVICE,
    "firewall": EndpointKind.FIREWALL,
}
_ON_THE_WAY: Mapping[str, EndpointKind] = {
    "firewall": EndpointKind.FIREWALL,
    "vm": EndpointKind.MACHINE,
    "gateway": EndpointKind.GATEWAY,
    "load-balancer": EndpointKind.LOAD_BALANCER,
}
_PROBE_OF_VERSION_1 = ("ase-v1-probe-required", "yes")
_TAGS = {"Internet": EndpointKind.INTERNET, "AzureManagement": EndpointKind.MANAGEMENT}
_VERBS = {
    "reaches": claims.Verb.REACHES,
    "can reach": claims.Verb.CAN_REACH,
    "never reaches": claims.Verb.NEVER_REACHES,
    "only": claims.Verb.ONLY,
}


def _in_doubt(requirement: claims.Check, version: int) -> claims.Check:
    """A requirement of health; one that is in doubt is asked in one reading only (version 1: ase-network-semantics 12)."""
    claim = requirement.claim
    if version != 1 or not isinstance(claim, claims.Reachability):
        return requirement
    probes = any(one.kind is EndpointKind.TAG and one.name == "AzureLoadBalancer" for one in claim.subjects)
    return replace(requirement, claim=replace(claim, asked_in=_PROBE_OF_VERSION_1)) if probes else requirement


class _Modifiers:
    """What the modifiers of a check say together; `whole` while nothing of them was wrong."""

    def __init__(self) -> None:
        self.seen_as: tuple[AddressTerm, ...] = ()
        self.via: list[claims.Endpoint] = []
        self.not_via: list[claims.Endpoint] = []
        self.within_region = False
        self.excepted: list[claims.Endpoint] = []
        self.whole = True


class CheckReader:
    """Reads checks once everything else is known. `health` holds the shipped health packs by version."""

    def __init__(
        self, terms: Terms, services: Services, packs: Mapping[str, nodes.Pack], health: Mapping[int, nodes.Pack]
    ) -> None:
        self.problems = terms.problems
        self.names = terms.names
        self.made = terms.made
        self.terms = terms
        self.services = services
        self.packs = packs
        self.health = health

    # -- Packs ----------------------------------------------------------------------------------------------------------

    def pack(self, node: nodes.Pack) -> None:
        """What is wrong with a pack wherever it is applied: its parameters, and names that nothing defines."""
        first: dict[str, nodes.Name] = {}
        for one in node.parameters:
            other = first.setdefault(one.text, one)
            if other is not one:
                self.problems.error(
                    "defined-twice",
                    f"pack `{node.name.text}` has two parameters called `{one.text}`",
                    one.span,
                    "the second one",
                    secondary=(Label(other.span, "the first one is here"),),
                )
        for ref, is_service in references(node):
            if is_service:
                self.names.service(ref)
            elif not self.names.stands_for_something(ref):
                self.names.not_a_thing(ref)

    def applied(self, node: nodes.Apply) -> Iterator[claims.Check]:
        """The checks of an applied pack."""
        symbol = self.names.pack(node.pack)
        known = [self._argument(one) for one in node.arguments]
        pack = self.packs.get(symbol.name) if symbol is not None else None
        if pack is None:
            return
        if len(pack.parameters) != len(node.arguments):
            takes = ", ".join(one.text for one in pack.parameters) or "nothing"
            self.problems.error(
                "wrong-arguments",
                f"pack `{pack.name.text}` takes {plural(len(pack.parameters), 'argument')}, not {len(node.arguments)}",
                node.span,
                f"{len(node.arguments)} given",
                secondary=(Label(pack.name.span, f"takes {takes}"),),
            )
            return
        if all(known) and self._parts_exist(pack, node):
            arguments = {one.text: value for one, value in zip(pack.parameters, node.arguments, strict=True)}
            for check in expand(pack, arguments, node.span):
                yield from self.check(check)

    def _parts_exist(self, pack: nodes.Pack, node: nodes.Apply) -> bool:
        """Whether the pack asks for parts (`env.vip`) of things only: an address has none."""
        addresses = {
            one.text: value
            for one, value in zip(pack.parameters, node.arguments, strict=True)
            if isinstance(value, nodes.Addresses)
        }
        used = [(ref, addresses[base]) for ref, base in parts_used(pack) if base in addresses]
        for ref, value in used:
            self.problems.error(
                "wrong-kind",
                f"`{value.text}` is an address, and the pack needs its `{ref.text}`",
                value.span,
                "an address",
                secondary=(Label(ref.span, "used here"),),
            )
        return not used

    def _argument(self, one: Argument) -> bool:
        """Whether an argument stands for something, whatever the pack does with it."""
        if isinstance(one, nodes.Addresses):
            return bool(one.value)
        if self.names.stands_for_something(one):
            return True
        self.names.not_a_thing(one)
        return False

    # -- Checks ---------------------------------------------------------------------------------------------------------

    def check(self, node: nodes.Check) -> Iterator[claims.Check]:
        """The check, or none if something is wrong with it. One without a name is called by its text."""
        claim = self._claim(node)
        if claim is not None:
            text = claim_text(node)
            name = node.name.text if node.name is not None else text
            yield claims.Check(name=name, text=text, claim=claim, expect_violated=node.expect_violated, span=node.span)

    def _claim(self, node: nodes.Check) -> claims.Claim | None:
        written = node.claim
        if isinstance(written, nodes.Reach):
            return self._reachability(node, written)
        self._nothing_after(node)
        match written:
            case nodes.IsHealthy():
                return self._healthy(node, written)
            case nodes.HasNoDeadRules():
                group = self._group(written.kind, written.subject)
                return claims.GroupHasNoDeadRules(group=group) if group is not None else None
            case nodes.Equals() | nodes.PermitsNoMore():
                left = self._group(written.left_kind, written.left)
                right = self._group(written.right_kind, written.right)
                if left is None or right is None:
                    return None
                made = claims.GroupsEqual if isinstance(written, nodes.Equals) else claims.GroupPermitsNoMore
                return made(left=left, right=right)

    def _nothing_after(self, node: nodes.Check) -> None:
        if node.services:
            self.problems.error(
                "unexpected-on", "only a check about reaching takes `on`", node.services[0].span, "not in this check"
            )
        if node.modifiers:
            self.problems.error(
                "unexpected-modifier",
                "only a check about reaching takes modifiers",
                node.modifiers[0].span,
                "not in this check",
            )

    def _group(self, kind: nodes.Name, ref: nodes.Ref | nodes.Addresses) -> str | None:
        if kind.text != "nsg":
            self.problems.error("expected-nsg", f"this check is about nsgs, not about `{kind.text}`", kind.span, "write `nsg`")
        if isinstance(ref, nodes.Addresses):  # the argument of a pack
            self.problems.error("wrong-kind", f"`{ref.text}` is an address, where an nsg is needed", ref.span, "an address")
            return None
        symbol = self.names.thing(ref, ("nsg",))
        return symbol.name if symbol is not None else None

    def _healthy(self, node: nodes.Check, written: nodes.IsHealthy) -> claims.Healthy | None:
        subject: nodes.Ref | nodes.Addresses = written.subject
        if isinstance(subject, nodes.Addresses):  # the argument of a pack
            self.problems.error(
                "wrong-kind", f"`{subject.text}` is an address, where an ase is needed", subject.span, "an address"
            )
            return None
        symbol = self.names.thing(subject, ("ase",))
        thing = self.made.get(symbol.name) if symbol is not None else None
        if not isinstance(thing, things.Environment):
            return None
        pack = self.health.get(thing.version)
        if pack is None:
            self.problems.error("no-health-pack", f"the library has no health pack for version {thing.version}", node.span)
            return None
        arguments: dict[str, Argument] = {pack.parameters[0].text: subject}
        found = (one for check in expand(pack, arguments, node.span) for one in self.check(check))
        return claims.Healthy(environment=thing.name, requirements=tuple(_in_doubt(one, thing.version) for one in found))

    def _reachability(self, node: nodes.Check, written: nodes.Reach) -> claims.Reachability | None:
        subjects = tuple(one for each in written.subjects if (one := self.endpoint(each)) is not None)
        target = self.endpoint(written.target)
        services = self.services.read(node.services) if node.services else claims.ANY_SERVICE
        modifiers = self._modifiers(node.modifiers)
        if target is None or len(subjects) < len(written.subjects) or not services or not modifiers.whole:
            return None
        return claims.Reachability(
            verb=_VERBS[written.verb],
            subjects=subjects,
            target=target,
            services=services,
            seen_as=modifiers.seen_as,
            via=tuple(modifiers.via),
            not_via=tuple(modifiers.not_via),
            within_region=modifiers.within_region,
            excepted=tuple(modifiers.excepted),
        )

    # -- Modifiers ------------------------------------------------------------------------------------------------------

    def _modifiers(self, written: Iterable[nodes.Modifier]) -> _Modifiers:
        result = _Modifiers()
        first: dict[str, Span] = {}
        for one in written:
            match one:
                case nodes.As():
                    self._once("as", one.span, first)
                    terms = self.terms.read(one.addresses)
                    result.seen_as += terms
                    result.whole &= len(terms) == len(one.addresses)
                case nodes.WithinRegion():
                    self._once("within region", one.span, first)
                    result.within_region = True
                case nodes.Via():
                    passes = self._passed(one.resource)
                    result.whole &= passes is not None
                    if passes is not None:
                        (result.not_via if one.negated else result.via).append(passes)
                case nodes.ExceptFrom():
                    found = [self.endpoint(each) for each in one.endpoints]
                    result.whole &= None not in found
                    result.excepted.extend(each for each in found if each is not None)
        return result

    def _once(self, words: str, span: Span, first: dict[str, Span]) -> None:
        before = first.setdefault(words, span)
        if before is not span:
            self.problems.error(
                "given-twice",
                f"a check takes one `{words}`",
                span,
                "the second one",
                secondary=(Label(before, "the first one is here"),),
                help="write several addresses after one `as`, with commas" if words == "as" else None,
            )

    def _passed(self, one: nodes.Ref | nodes.Addresses) -> claims.Endpoint | None:
        """What a path may pass: a firewall, an appliance (a vm or the load balancer before several), a gateway."""
        if isinstance(one, nodes.Addresses):
            self.problems.error(
                "wrong-kind", f"`{one.text}` is an address, where a thing to pass is needed", one.span, "an address"
            )
            return None
        resolved = self.names.reference(one, "firewall, vm or gateway")
        if resolved is None:
            return None
        kind = _ON_THE_WAY.get(resolved.symbol.kind)
        if kind is None or resolved.part is not None:
            self.names.wrong_kind(one, resolved.symbol, kinds_in_words(_ON_THE_WAY))
            return None
        return claims.Endpoint(kind=kind, name=resolved.symbol.name, span=one.span)

    # -- Endpoints ------------------------------------------------------------------------------------------------------

    def endpoint(self, one: nodes.Ref | nodes.Addresses) -> claims.Endpoint | None:
        """What stands at an end of a flow; otherwise a diagnostic and None."""
        if isinstance(one, nodes.Addresses):
            if not one.value:
                return None
            self.terms.named(one.value)
            return claims.Endpoint(kind=EndpointKind.ADDRESSES, name=one.text, addresses=one.value, span=one.span)
        resolved = self.names.reference(one, "thing or tag")
        return self._endpoint(one, resolved) if resolved is not None else None

    def _endpoint(self, one: nodes.Ref, resolved: Resolved) -> claims.Endpoint | None:
        symbol = resolved.symbol
        if symbol.name in self.terms.open_tags:
            self.terms.problems.error(
                "open-tag-endpoint",
                f"nobody knows the addresses of `{one.text}`",
                one.span,
                "it may be any address",
                secondary=(Label(symbol.span, "declared here without addresses"),),
                help=f"give them: --set {one.text}=ADDRESSES",
            )
            return None
        if symbol.kind == "tag":
            return claims.Endpoint(kind=_TAGS.get(symbol.name, EndpointKind.TAG), name=symbol.name, span=one.span)
        thing = self.made.get(symbol.name)
        if resolved.part == "subnet" and getattr(thing, "subnet", None):
            return claims.Endpoint(kind=EndpointKind.SUBNET, name=str(getattr(thing, "subnet", "")), span=one.span)
        if resolved.part is not None:
            numbers = self.terms.addresses(one, resolved)
            return (
                claims.Endpoint(kind=EndpointKind.ADDRESSES, name=one.text, addresses=numbers, span=one.span)
                if numbers
                else None
            )
        kind = _ENDPOINTS.get(symbol.kind)
        if kind is None:
            self.problems.error(
                "not-an-endpoint",
                f"{describe(symbol.kind)} neither sends nor receives packets",
                one.span,
                f"`{one.text}` is {describe(symbol.kind)}",
                secondary=(Label(symbol.span, "declared here"),),
                help=f"the claims about nsgs are `nsg {one.text} equals nsg …`, `permits no more than` and `has no dead rules`"
                if symbol.kind == "nsg"
                else None,
            )
            return None
        return claims.Endpoint(kind=kind, name=symbol.name, span=one.span) if thing is not None else None
