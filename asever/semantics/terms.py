"""Address terms: what stands in a rule, a tag, or after `as`. Every thing has to be declared before terms are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from asever.diagnostics import Label
from asever.model import things
from asever.model.addresses import parse_prefix
from asever.model.numbers import EMPTY, NumberSet, union
from asever.model.things import AddressTerm, TermKind
from asever.record import maker
from asever.semantics.names import PARTS, Names, Resolved, describe
from asever.semantics.order import in_order
from asever.semantics.problems import Problems
from asever.source import Span
from asever.syntax import nodes

Written = nodes.Addresses | nodes.Ref

_new_term = maker(AddressTerm)  # a large network has very many

AZURE_DNS = parse_prefix("168.63.129.16/32")
"""What a vnet without name servers of its own asks (azure-network-semantics 3.4)."""


class Terms:
    """Reads address terms. `made` are the things so far, `named` is told every address that is written.

    `open_tags` are the tags whose addresses nobody knows.
    """

    def __init__(
        self, problems: Problems, names: Names, made: Mapping[str, things.Thing], named: Callable[[NumberSet], None]
    ) -> None:
        self.problems = problems
        self.names = names
        self.made = made
        self.named = named
        self.open_tags: frozenset[str] = frozenset()

    def read(self, written: Iterable[Written]) -> tuple[AddressTerm, ...]:
        """The terms of a list; what is wrong is left out."""
        return tuple([one for one in map(self.term, written) if one is not None])

    def term(self, one: Written) -> AddressTerm | None:
        """One term. A VIP that the file does not give is a tag of unknown content, called `one.vip`."""
        if isinstance(one, nodes.Addresses):
            numbers = one.value
            self.named(numbers)
            return (
                AddressTerm(kind=TermKind.ADDRESSES, text=one.text, addresses=numbers, span=one.span)
                if numbers.ranges
                else None
            )
        resolved = self.names.reference(one, "thing, tag or asg")
        if resolved is None:
            return None
        symbol = resolved.symbol
        if symbol.kind == "tag":
            return AddressTerm(kind=TermKind.TAG, text=symbol.name, span=one.span)
        if symbol.kind == "asg":
            return AddressTerm(kind=TermKind.ASG, text=symbol.name, span=one.span)
        unknown = self.unknown_vip(resolved)
        if unknown is not None:
            return AddressTerm(kind=TermKind.TAG, text=unknown, span=one.span)
        found = self.addresses(one, resolved)
        return AddressTerm(kind=TermKind.ADDRESSES, text=one.text, addresses=found, span=one.span) if found else None

    def single(self, one: Written, what: str) -> int | None:
        """The one address that a term stands for; `what` says in a message where it stands."""
        term = self.term(one)
        if term is None:
            return None
        if term.addresses.size != 1:
            self.problems.error(
                "wrong-value", f"{what} is one address, not `{one.text}`", one.span, "one address is needed here"
            )
            return None
        return term.addresses.first

    def unknown_vip(self, resolved: Resolved) -> str | None:
        """The name of what an environment calls out by, if the file does not give it."""
        thing = self.made.get(resolved.symbol.name)
        if not isinstance(thing, things.Environment) or resolved.part not in ("vip", "outbound"):
            return None
        if addresses_of(self.made, thing, resolved.part) is not None:
            return None
        # Versions 1 and 2 call out by their VIP (ase-network-semantics section 1).
        return f"{thing.name}.{'outbound' if resolved.part == 'outbound' and thing.version == 3 else 'vip'}"

    def addresses(self, one: nodes.Ref, resolved: Resolved) -> NumberSet | None:
        """The addresses that a reference to a thing stands for; otherwise a diagnostic and None."""
        symbol, part = resolved.symbol, resolved.part
        thing = self.made.get(symbol.name)
        if thing is None:
            return None  # it has errors of its own
        numbers = addresses_of(self.made, thing, part)
        if numbers:
            return numbers
        if part == "dns":
            self.problems.error(
                "no-such-address",
                f"nobody knows the name servers of {symbol.kind} `{symbol.name}`",
                one.span,
                "its network says `dns unknown`",
                secondary=(Label(symbol.span, "declared here"),),
            )
        elif part is not None and not (part == "subnet" and getattr(thing, "subnet", None) is not None):
            self.problems.error(
                "no-such-address",
                f"{symbol.kind} `{symbol.name}` has no `{part}`",
                one.span,
                "nothing to refer to",
                secondary=(Label(symbol.span, f"declared here without `{part}`"),),
            )
        elif part is None:
            parts = PARTS.get(symbol.kind, ())
            self.problems.error(
                "no-addresses",
                f"`{one.text}` is {describe(symbol.kind)}, which stands for no addresses",
                one.span,
                "an address is needed here",
                secondary=(Label(symbol.span, "declared here"),),
                help=f"name one of its addresses, for example `{one.text}.{parts[0]}`" if parts else None,
            )
        return None

    # -- Tags -----------------------------------------------------------------------------------------------------------

    def read_tags(self, tags: Mapping[str, nodes.Tag]) -> Mapping[str, NumberSet]:
        """The addresses of the program's own tags, which may name each other."""
        known: dict[str, NumberSet] = {}

        def inner(one: Written) -> str | None:
            found = self.names.find(one) if isinstance(one, nodes.Ref) else None
            return found.symbol.name if found is not None and found.symbol.name in tags else None

        def uses(name: str) -> list[tuple[str, Span]]:
            found = ((inner(one), one.span) for one in tags[name].addresses)
            return [(other, place) for other, place in found if other is not None]

        def closes(chain: Sequence[str], place: Span) -> None:
            message = f"tag `{chain[0]}` contains itself: {' -> '.join(chain)}"
            self.problems.error("tag-cycle", message, place, "this closes the circle")

        for name in in_order(tags, uses, closes):
            members = []
            for one in tags[name].addresses:
                other = inner(one)
                members.append(known.get(other, EMPTY) if other is not None else self._member(name, one))
            known[name] = union(members)
        return known

    def _member(self, tag: str, one: Written) -> NumberSet:
        term = self.term(one)
        if term is None:
            return EMPTY
        if term.kind is TermKind.ADDRESSES:
            return term.addresses
        self.problems.error(
            "wrong-value",
            f"tag `{tag}` takes addresses, and those of `{one.text}` are not in this program",
            one.span,
            "an asg" if term.kind is TermKind.ASG else "the program does not give them",
        )
        return EMPTY


def addresses_of(every: Mapping[str, things.Thing], thing: things.Thing, part: str | None) -> NumberSet | None:
    """The addresses that a thing, or a part of it, stands for; None when it stands for none."""
    single: int | None = None
    match thing, part:
        case things.Subnet(), None:
            return union(thing.prefixes)
        case ((things.Vnet() | things.OnPremises()), None):
            return thing.address
        case things.Machine(), (None | "ip"):
            return NumberSet.of((one, one) for one in thing.addresses)
        case things.Environment(), "outbound":
            if thing.version == 3:
                return thing.outbound or None
            return thing.outbound | NumberSet.single(thing.vip) if thing.vip is not None else None
        case things.Environment(), "ip-ssl":
            return NumberSet.of((one.address, one.address) for one in thing.ip_ssl) or None
        case things.Environment(), "vip":
            single = thing.vip
        case things.Environment(), "ilb":
            single = thing.ilb
        case ((things.Machine() | things.Firewall()), "public-ip"):
            single = thing.public_ip
        case things.NatGateway(), (None | "public-ip"):
            return thing.public_ip
        case ((things.Firewall() | things.PrivateEndpoint()), (None | "ip")):
            single = thing.address
        case things.PlatformService(), (None | "address"):
            single = thing.address
        case things.LoadBalancer(), (None | "frontend"):
            single = thing.frontend
        case _, "dns":
            return _name_servers(every, thing)
        case _, "subnet":
            subnet = every.get(str(getattr(thing, "subnet", "")))
            return union(subnet.prefixes) if isinstance(subnet, things.Subnet) else None
    return NumberSet.single(single) if single is not None else None


def _name_servers(every: Mapping[str, things.Thing], thing: things.Thing) -> NumberSet | None:
    """The name servers of the vnet that a thing is, or stands in: its own, or Azure's (ase-network-semantics 6.5).

    None where nobody knows them.
    """
    subnet = every.get(str(getattr(thing, "subnet", "")))
    vnet = every.get(subnet.vnet) if isinstance(subnet, things.Subnet) else thing
    if not isinstance(vnet, things.Vnet) or vnet.dns is None:
        return None
    return vnet.dns or AZURE_DNS
