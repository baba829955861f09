"""The tree of a source text: one frozen dataclass per rule of `grammar/asever.lark`.

Spans never take part in equality, so two texts that mean the same have equal trees. Importers build the same nodes.
"""

from __future__ import annotations

from typing import Any

from asever.model.numbers import NumberSet
from asever.record import field, has_field, record
from asever.source import SourceFile, Span


class _Later:
    """A node that was kept between runs gets its fields when somebody asks for one (asever.syntax.stored).

    Reading ten thousand rules again is a matter of milliseconds this way, and most spans are never asked for.
    """

    __slots__ = ("_later",)
    _later: tuple[Any, ...]  # what sets the fields, and what it needs for that

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any field
        if not has_field(self, name):
            raise AttributeError(f"a {type(self).__name__} has no {name!r}")
        fill, data, file, base = self._later
        fill(self, name, data, file, base)
        return object.__getattribute__(self, name)


@record
class Node(_Later):
    """Anything with a place in a text."""

    span: Span = field(compare=False, repr=False)


# -- Words and values ---------------------------------------------------------------------------------------------------


@record
class Name(Node):
    """A name, bare or quoted; the two are equal. Dots of a bare name stay inside `text` (`Storage.WestEurope`, `one.vip`)."""

    text: str
    quoted: bool = field(default=False, compare=False)


@record
class Ref(Node):
    """A reference: `corp/back-end` has two names, `one.vip` one. A quoted name may be followed by `.word`."""

    names: tuple[Name, ...]

    @property
    def text(self) -> str:
        """The names joined by `/`, without quotes."""
        return "/".join(name.text for name in self.names)


@record
class Addresses(Node):
    """An address, a prefix, a range or `*`. `text` is canonical."""

    text: str
    value: NumberSet = field(repr=False)


@record
class Ports(Node):
    """A port, a port range or `*` where ports stand; elsewhere a whole number (`instances 4`)."""

    low: int
    high: int
    any: bool = False


Value = Ref | Addresses | Ports

# -- Declarations -------------------------------------------------------------------------------------------------------


@record
class Rule(Node):
    """`PRIORITY ["name"] ACCESS PROTOCOL from … [port …] to … [port …] [-> ADDRESS [port N]]`. Words are not judged here."""

    priority: Ports
    name: Name | None
    access: Name
    protocol: Name
    sources: tuple[Addresses | Ref, ...]
    source_ports: tuple[Ports, ...]
    targets: tuple[Addresses | Ref, ...]
    target_ports: tuple[Ports, ...]
    translated: Addresses | Ref | None = None
    translated_port: Ports | None = None


@record
class Rules(Node):
    """`inbound { … }` or `outbound { … }`; also the bare rules of a firewall, with direction None."""

    direction: str | None
    rules: tuple[Rule, ...]


@record
class Route(Node):
    """`route ["name"] PREFIX-or-TAG -> HOP [ADDRESS]`."""

    name: Name | None
    destination: Addresses | Ref
    hop: Name
    appliance: Addresses | Ref | None


@record
class PortMap(Node):
    """`rule PROTO PORT -> PORT` of a load balancer."""

    protocol: Name
    front: Ports
    back: Ports


@record
class Attribute(Node):
    """`WORD VALUE, …  [{ … }]`: an attribute, or a block inside a body such as `subnet NAME { … }` and `peer NAME { … }`."""

    word: Name
    values: tuple[Value, ...]
    body: Body | None = None


@record
class Body(Node):
    """What stands between the braces of a declaration, in the order written."""

    items: tuple[Attribute | Rules | Rule | Route | PortMap, ...]


@record
class Declaration(Node):
    """`KIND NAME { … }`; `asg NAME` has no body."""

    kind: Name
    name: Name
    body: Body | None = None


@record
class Import(Node):
    """`import "path" [as NAME] [with "parameters"]`."""

    path: Name
    alias: Name | None = None
    parameters: Name | None = None


@record
class ProtocolPorts(Node):
    """`tcp 80, 443` in a service or after `on`: a protocol and the ports that belong to it; no ports means every port."""

    protocol: Name
    ports: tuple[Ports, ...]


@record
class Service(Node):
    """`service NAME = …`; members are protocol-and-ports or other services' names."""

    name: Name
    members: tuple[ProtocolPorts | Ref, ...]


@record
class Tag(Node):
    """`tag NAME = ADDRS`; without addresses nobody knows them."""

    name: Name
    addresses: tuple[Addresses | Ref, ...]


# -- Checks -------------------------------------------------------------------------------------------------------------


@record
class Reach(Node):
    """`A reaches B`, `A can reach B`, `A never reaches B` and `only A, C reach B`.

    `verb` is one of these four beginnings: `reaches`, `can reach`, `never reaches`, `only`.
    """

    verb: str
    subjects: tuple[Ref | Addresses, ...]
    target: Ref | Addresses


@record
class IsHealthy(Node):
    """`A is healthy`."""

    subject: Ref


@record
class Equals(Node):
    """`nsg X equals nsg Y`. The kinds are words as written."""

    left_kind: Name
    left: Ref
    right_kind: Name
    right: Ref


@record
class PermitsNoMore(Node):
    """`nsg X permits no more than nsg Y`."""

    left_kind: Name
    left: Ref
    right_kind: Name
    right: Ref


@record
class HasNoDeadRules(Node):
    """`nsg X has no dead rules`."""

    kind: Name
    subject: Ref


ClaimNode = Reach | IsHealthy | Equals | PermitsNoMore | HasNoDeadRules


@record
class As(Node):
    """`as ADDRS`."""

    addresses: tuple[Addresses | Ref, ...]


@record
class Via(Node):
    """`via R` and `not via R`."""

    resource: Ref
    negated: bool


@record
class WithinRegion(Node):
    """`within region`."""


@record
class ExceptFrom(Node):
    """`except from X, …`."""

    endpoints: tuple[Ref | Addresses, ...]


Modifier = As | Via | WithinRegion | ExceptFrom


@record
class Check(Node):
    """`check ["name"] CLAIM [on …] MODIFIER* [expect violated]`."""

    name: Name | None
    claim: ClaimNode
    services: tuple[ProtocolPorts | Ref, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    expect_violated: bool = False


@record
class Pack(Node):
    """`pack NAME(a, b) { check … }`."""

    name: Name
    parameters: tuple[Name, ...]
    checks: tuple[Check, ...]


@record
class Apply(Node):
    """`apply NAME(X, Y)`."""

    pack: Name
    arguments: tuple[Ref | Addresses, ...]


Item = Import | Declaration | Service | Tag | Pack | Apply | Check


@record
class Comment(Node):
    """One comment with its delimiters; comments are not part of the tree, the formatter attaches them by position."""

    text: str


@record
class FileNode:
    """All items of one file in order."""

    file: SourceFile = field(compare=False)
    items: tuple[Item, ...]
