"""What one import makes: items with remarks, names, symbols, and what had to be left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

from asever.importers.budget import Budget
from asever.importers.network import words
from asever.importers.network.book import Book, last, reference_text
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.model.azure_tags import is_azure_tag
from asever.record import record
from asever.source import SourceFile, Span
from asever.syntax import nodes

COST: Final = 25
"""Steps that a resource counts for while it becomes a part of the network."""

KINDS: dict[str, str] = {
    "microsoft.network/virtualnetworks": "vnet",
    "microsoft.network/networksecuritygroups": "nsg",
    "microsoft.network/applicationsecuritygroups": "asg",
    "microsoft.network/routetables": "route-table",
    "microsoft.network/networkinterfaces": "vm",
    "microsoft.compute/virtualmachinescalesets": "vm",
    "microsoft.network/loadbalancers": "load-balancer",
    "microsoft.network/natgateways": "nat-gateway",
    "microsoft.network/azurefirewalls": "firewall",
    "microsoft.network/privateendpoints": "private-endpoint",
    "microsoft.network/virtualnetworkgateways": "gateway",
    "microsoft.network/localnetworkgateways": "on-premises",
    "microsoft.web/hostingenvironments": "ase",
    "microsoft.network/networkmanagers/securityadminconfigurations/rulecollections": "admin-rules",
}
"""Types of Azure's that become a declaration, and its kind. A NIC is a machine: the language has one NIC for each."""


_NAMED_ANYWAY = ("vnet", "nsg", "asg", "route-table", "nat-gateway", "on-premises")
"""Kinds that become declarations although a file only refers to them: something else stands in them or hangs on them."""


@record
class Remark:
    """Something that a reader of the written file should know; it stands before the node whose span it has."""

    span: Span
    text: str


@record
class LeftOut:
    """A resource that is in the file and not in the network, or not all of it, and why."""

    kind: str
    name: str
    why: str
    span: Span


@record
class Part:
    """The resources of one import; `prefix` is what their names begin with in the program (`prod.`).

    `made` is of a template: what it names and does not make is elsewhere, and its names are its own. What Azure printed is a
    part of one whole instead, in however many files.
    """

    file: SourceFile
    resources: tuple[Resource, ...]
    prefix: str = ""
    made: bool = False


@record
class Sheet:
    """What became of one part."""

    items: tuple[nodes.Item, ...]
    remarks: tuple[Remark, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    refused: tuple[LeftOut, ...] = ()


_NOWHERE = "network that nobody knows"

BodyItem = nodes.Attribute | nodes.Rules | nodes.Rule | nodes.Route | nodes.PortMap
_Placed = TypeVar("_Placed", nodes.Declaration, Remark, LeftOut)


class StandInVnet:
    """A virtual network that the file only names, while it is made."""

    def __init__(self, span: Span, *, anywhere: bool) -> None:
        self.span = span
        self.anywhere = anywhere
        self.space: dict[str | None, Value] = {}
        self.peers: list[str] = []


class Making:
    """All imports of a program while they become items. Families of resources ask it for names and tell it what they made.

    References lead from one part to another: `az` prints each kind of resource into a file of its own.
    """

    def __init__(self, parts: Sequence[Part], budget: Budget) -> None:
        self.parts = parts
        self.budget = budget
        self.start = Span(parts[0].file, 0, 0)
        self.items: list[nodes.Declaration] = []
        self.remarks: list[Remark] = []
        self.left_out: list[LeftOut] = []
        self.refused: list[LeftOut] = []
        self.missing: list[tuple[str, str, Span]] = []
        self.vnets: dict[str, StandInVnet] = {}
        self.extra_subnets: dict[str, dict[str, tuple[str, Span]]] = {}
        self.tags: dict[tuple[int, str], nodes.Tag] = {}
        self._parts: dict[tuple[int, str], str] = {}
        self._stand_ins: dict[tuple[str, str], str] = {}
        self._home = {
            id(_span_of(one, part).file): index for index, part in reversed([*enumerate(parts)]) for one in part.resources
        }
        self._home |= {id(part.file): index for index, part in reversed([*enumerate(parts)])}
        # Children are counted once they are found; those that stand apart before anything is made of them.
        apart = sum(len(part.resources) for part in parts)
        self.budget.spend(COST * apart, None)
        self.book = self._shelved()
        self.budget.spend(COST * max(len(self.book.resources) - apart, 0), None)
        self._names: dict[int, str] = {}
        self._taken: set[tuple[str, str]] = set()
        self._tried: Counter[tuple[str, str, str]] = Counter()
        self._name_all()

    def _shelved(self) -> Book:
        """A shelf for each template, and one for everything that Azure printed."""
        apart = [index for index, part in enumerate(self.parts) if part.made]
        printed = [one for part in self.parts if not part.made for one in part.resources]
        number = {index: place for place, index in enumerate(apart, start=1)}
        shelves = [printed, *(self.parts[index].resources for index in apart)]
        return Book(shelves, lambda span: number.get(self.part_of(span), 0))

    def is_made(self, one: Resource) -> bool:
        """Whether a resource comes from a template, which holds what it makes and nothing else."""
        return self.parts[self.part_of(self.at(one))].made

    def each(self, kind: str, *, existing: bool = False) -> Iterator[Resource]:
        """The resources of a type, looked through for one of many others: each look is a step."""
        found = tuple(self.book.of_kind(kind, existing=existing))
        self.budget.spend(len(found), None)
        return iter(found)

    # -- Places ---------------------------------------------------------------------------------------------------------

    def at(self, one: Resource) -> Span:
        """Where a resource is written."""
        return one.span or self.start

    def part_of(self, span: Span) -> int:
        """Which part something belongs to, by the file that it is written in."""
        return self._home.get(id(span.file), 0)

    def _full(self, name: str, span: Span) -> str:
        return self.parts[self.part_of(span)].prefix + name

    def place(self, value: Value | None, one: Resource) -> Span:
        """Where a value is written; the resource where it has no place of its own."""
        return (value.span if value is not None else None) or self.at(one)

    # -- Names ----------------------------------------------------------------------------------------------------------

    def _name_all(self) -> None:
        """Every declared thing gets its own name; where two kinds share one, the later is called after its kind too."""
        same: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
        owners = self._owners()
        texts: dict[int, str] = {}
        for one in self.book.resources:
            kind = KINDS.get(one.kind.casefold())
            if kind is not None and (kind in _NAMED_ANYWAY or not one.existing):
                texts[id(one)] = _clean(last(owners.get(id(one), one).name), self.at(one))
                same[self.parts[self.part_of(self.at(one))].prefix, kind, texts[id(one)].casefold()].append(one)
        for (_, kind, _), twins in same.items():
            for one in twins:
                text = texts[id(one)]
                wanted = text if len(twins) == 1 else f"{_group(one)}.{text}"
                given = self.free(wanted, kind, self.at(one))
                self._names[id(one)] = given
                if given != text:
                    why = "another resource has this name" if not is_azure_tag(text) else "this is the name of a service tag"
                    self.remark(self.at(one), f"{text}: called {given} here, since {why}")

    def _owners(self) -> dict[int, Resource]:
        """The virtual machine of each interface that is its only one: people call the interface by the machine."""
        found: dict[int, Resource] = {}
        for machine in self.book.of_kind("Microsoft.Compute/virtualMachines"):
            interfaces = words.prop(machine.properties, "networkProfile", "networkInterfaces")
            nics = [
                self.book.find(one, "Microsoft.Network/networkInterfaces") for one in (interfaces.items if interfaces else ())
            ]
            if len(nics) == 1 and nics[0] is not None:
                found[id(nics[0])] = machine
        return found

    def free(self, wanted: str, kind: str, span: Span) -> str:
        """A name that nothing else of the part has; with the kind behind it, and a number, where it is taken."""
        part = self.parts[self.part_of(span)].prefix
        key = (part, kind, wanted.casefold())
        while True:
            number = self._tried[key] = self._tried[key] + 1
            text = wanted if number == 1 else f"{wanted}-{kind}" if number == 2 else f"{wanted}-{kind}-{number - 1}"
            if (part, text.casefold()) not in self._taken and not is_azure_tag(text):
                self._taken.add((part, text.casefold()))
                return text

    def part_name(self, one: Resource, wanted: str, kind: str) -> str:
        """The name of a further thing that one resource becomes, the same each time it is asked for."""
        key = (id(one), wanted)
        if key not in self._parts:
            self._parts[key] = self.free(_clean(wanted, self.at(one)), kind, self.at(one))
        return self._full(self._parts[key], self.at(one))

    def device(self, value: Value | None) -> nodes.Ref | None:
        """The firewall whose private address a symbol stands for, as a reference to it."""
        symbol = value.symbol if value is not None else None
        if symbol is None or value is None or "privateipaddress" not in symbol.name.casefold():
            return None
        every = list(self.each("Microsoft.Network/azureFirewalls"))
        named = [one for one in every if last(one.name).casefold() in symbol.name.casefold()]
        if len(named) != 1 or "firewall" not in symbol.name.casefold():
            return None
        span = self.place(value, named[0])
        return words.part(self.name(named[0]), "ip", span)

    def name(self, one: Resource) -> str:
        """The full name of a resource in the program; a subnet's is `VNET/SUBNET`."""
        if one.kind.casefold() == "microsoft.network/virtualnetworks/subnets":
            parent = self.book.parent(one)
            vnet = self.name(parent) if parent is not None else _clean(one.name.rpartition("/")[0], self.at(one))
            return f"{vnet}/{_clean(last(one.name), self.at(one))}"
        return self._full(self._names.get(id(one)) or _clean(last(one.name), self.at(one)), self.at(one))

    # -- What is made ---------------------------------------------------------------------------------------------------

    def add(self, kind: str, one: Resource, items: Iterable[BodyItem | None]) -> None:
        """One declaration with the name of its resource."""
        self.declare(kind, self.name(one), self.at(one), items)

    def declare(self, kind: str, name: str, span: Span, items: Iterable[BodyItem | None]) -> None:
        """One declaration, by its full name."""
        own = words.name(name.removeprefix(self.parts[self.part_of(span)].prefix), span)
        body = nodes.Body(span=span, items=tuple(item for item in items if item is not None)) if kind != "asg" else None
        self.items.append(nodes.Declaration(span=span, kind=words.word(kind, span), name=own, body=body))

    def remark(self, span: Span, text: str) -> None:
        """Something that a reader of the written file should know."""
        self.remarks.append(Remark(span=span, text=" ".join(text.split())))

    def elsewhere(self, one: Resource, field: str) -> str | None:
        """Why the children of a resource are not known: the template only refers to it. None where the file has them."""
        if not one.existing or words.prop(one.properties, field) is not None:
            return None
        if self.is_made(one):
            return f"{last(one.name)} is not in this template"
        self.leave_out(one, f"its other {field}, if it has any: the file has these only")
        return None

    def leave_out(self, one: Resource, why: str, span: Span | None = None) -> None:
        """Something of a resource that the network does not have."""
        self.left_out.append(LeftOut(kind=one.kind, name=one.name, why=why, span=span or self.at(one)))

    # -- Values ---------------------------------------------------------------------------------------------------------

    def tag(self, text: str, span: Span) -> nodes.Ref:
        """A tag of Azure's, or a name whose addresses nobody knows, which is declared as a tag without content."""
        called = words.name(text, span)
        if not is_azure_tag(text):
            self.tags.setdefault((self.part_of(span), called.text.casefold()), nodes.Tag(span=span, name=called, addresses=()))
        return nodes.Ref(span=span, names=(called,))

    def subnet(self, reference: Value | None) -> Resource | None:
        """The subnet that a reference means."""
        return self.book.find(reference, "Microsoft.Network/virtualNetworks/subnets")

    def members(self, one: Resource, value: Value | None, field: str) -> tuple[Value, ...]:
        """The members of a list; a list, or a member, that is known only at deployment is told."""
        found = words.prop(value, field)
        if found is None:
            return ()
        if found.symbol is not None:
            self.leave_out(one, f"its {field} are not known: {found.symbol.name}", found.span)
        for each in found.items:
            if each.symbol is not None:
                self.leave_out(one, f"one of its {field} is not known: {each.symbol.name}", each.span)
        return tuple(each for each in found.items if each.symbol is None)

    def reference(self, word: str, reference: Value | None, kind: str, one: Resource) -> nodes.Attribute | None:
        """An attribute that names another resource; what the file does not have is told."""
        if not refers(reference):
            return None
        span = self.place(reference, one)
        found = self.book.find(reference, kind)
        if found is None:
            self.leave_out(one, f"its {word} is not in the file: {called(reference)}", span)
            return None
        return words.attribute(word, span, words.ref(self.name(found), span))

    def boolean(self, one: Resource, word: str, value: Value | None) -> bool | None:
        """A truth value; one that is known only at deployment is told."""
        if value is not None and value.symbol is not None:
            self.leave_out(one, f"{word} is not known: {value.symbol.name}", value.span)
        return words.boolean(value)

    def switch(self, one: Resource, word: str, value: Value | None, *, default: bool | None) -> nodes.Attribute | None:
        """A switch, written only where it is not what it is without being written; always where `default` is None."""
        known = self.boolean(one, word, value)
        if known is None or known is default:
            return None
        place = self.place(value, one)
        return words.attribute(word, place, words.ref("on" if known else "off", place))

    def refuse(self, one: Resource, message: str, span: Span) -> None:
        """Something that Azure would refuse as well."""
        self.refused.append(LeftOut(kind=one.kind, name=one.name, why=message, span=span))

    # -- What the file only names ---------------------------------------------------------------------------------------

    def group(self, reference: Value | None, one: Resource) -> nodes.Attribute | None:
        """The NSG of a subnet or a NIC; one that is not in the file has rules that nobody knows."""
        return self._attached("nsg", reference, "Microsoft.Network/networkSecurityGroups", one)

    def table(self, reference: Value | None, one: Resource) -> nodes.Attribute | None:
        """The route table of a subnet; one that is not in the file has routes that nobody knows."""
        return self._attached("route-table", reference, "Microsoft.Network/routeTables", one)

    def _attached(self, word: str, reference: Value | None, kind: str, one: Resource) -> nodes.Attribute | None:
        if not refers(reference):
            return None
        span = self.place(reference, one)
        found = self.book.find(reference, kind)
        if found is not None:
            return words.attribute(word, span, words.ref(self.name(found), span))
        return words.attribute(word, span, words.ref(self.stand_in(word, called(reference), span), span))

    def stand_in(self, kind: str, text: str, span: Span) -> str:
        """A group or table that the file only names: it is declared once, with content that nobody knows."""
        key = (kind, text.casefold())
        if key not in self._stand_ins:
            own = self.free(_clean(last(text), span), kind, span)
            name = self._stand_ins[key] = self._full(own, span)
            self.remark(span, f"{name} is not in the file: {text}")
            self.missing.append((kind, name, span))
        return self._stand_ins[key]

    def home(self, reference: Value | None, one: Resource) -> str:
        """The full name of the subnet that something stands in; nobody knows the addresses of one that the file only names."""
        found = self.subnet(reference)
        if found is not None and self.book.parent(found) is not None:
            return self.name(found)
        span = self.place(reference, one)
        text = reference_text(reference)
        pieces = (text or "").strip("/").split("/")
        # What stands in subnets that nobody knows shares one network: nobody knows what is on these subnets either.
        anywhere = len(pieces) < 3
        vnet, inner_name = (_NOWHERE, called(reference)) if anywhere else (pieces[-3], pieces[-1])
        known = self.book.at("Microsoft.Network/virtualNetworks", vnet, span)
        name = self.name(known) if known is not None else self.stand_in_vnet(vnet, span, anywhere=anywhere)
        subnets = self.extra_subnets.setdefault(name, {})
        spelled = _clean(inner_name, span)
        key = spelled.casefold()
        if key not in subnets:
            subnets[key] = (spelled, span)
            self.remark(span, f"the addresses of subnet {spelled} of {name} are not in the file")
        return f"{name}/{subnets[key][0]}"

    def knows_addresses(self, reference: Value | None) -> bool:
        """Whether the file has the addresses of a subnet that something stands in."""
        found = self.subnet(reference)
        if found is None or self.book.parent(found) is None:
            return False
        written = words.several(found.properties, "addressPrefix", "addressPrefixes")
        return any(words.prefix(value.text or "", self.at(found)) is not None for value in written)

    def stand_in_vnet(
        self, text: str, span: Span, space: tuple[Value, ...] = (), peer: str | None = None, *, anywhere: bool = False
    ) -> str:
        """A virtual network that the file only names, with the address space that the file tells of it, if any.

        `anywhere` says that not even its name is known: it may be one of the file, or connected with one.
        """
        key = ("vnet", last(text).casefold())
        if key not in self._stand_ins:
            self._stand_ins[key] = self._full(self.free(_clean(last(text), span), "vnet", span), span)
            self.remark(span, f"virtual network {last(text)} is not in the file")
        name = self._stand_ins[key]
        found = self.vnets.setdefault(name, StandInVnet(span=span, anywhere=anywhere))
        for each in space:
            found.space.setdefault(each.text, each)
        if peer is not None:
            found.peers.append(peer)
        return name

    def sheets(self) -> tuple[Sheet, ...]:
        """Everything made, part by part, tags first."""
        for one in self.book.resources:
            if one.doubt is not None and id(one) in self._names:
                self.leave_out(one, f"it is taken to exist, which is not known: {one.doubt}")
        tags: dict[int, list[nodes.Item]] = defaultdict(list)
        for (part, _), tag in self.tags.items():
            tags[part].append(tag)
        items, remarks = self._by_part(self.items), self._by_part(self.remarks)
        left_out, refused = self._by_part(self.left_out), self._by_part(self.refused)
        return tuple(
            Sheet(
                items=(*tags[index], *items[index]),
                remarks=tuple(remarks[index]),
                left_out=tuple(left_out[index]),
                refused=tuple(refused[index]),
            )
            for index, _ in enumerate(self.parts)
        )

    def _by_part(self, every: Iterable[_Placed]) -> defaultdict[int, list[_Placed]]:
        found: defaultdict[int, list[_Placed]] = defaultdict(list)
        for one in every:
            found[self.part_of(one.span)].append(one)
        return found


def _span_of(one: Resource, part: Part) -> Span:
    return one.span or Span(part.file, 0, 0)


def _clean(text: str, span: Span) -> str:
    return words.name(text, span).text


def _group(one: Resource) -> str:
    pieces = (one.id or "").split("/")
    lower = [piece.casefold() for piece in pieces]
    return pieces[lower.index("resourcegroups") + 1] if "resourcegroups" in lower[:-1] else "other"


def refers(reference: Value | None) -> bool:
    """Whether a reference says anything: templates write `null` and empty objects where there is nothing."""
    if reference is None or reference.plain in (None, "", {}):
        return False
    return reference.symbol is not None or bool(reference_text(reference)) or _symbol_of(reference) is not None


def called(reference: Value | None) -> str:
    """What a reference says, for people: its id, or the symbol that stands for it."""
    symbol = _symbol_of(reference)
    return symbol if symbol is not None else reference_text(reference) or "unknown"


def _symbol_of(reference: Value | None) -> str | None:
    if reference is None:
        return None
    if reference.symbol is not None:
        return reference.symbol.name
    inner_id = reference.get("id")
    return inner_id.symbol.name if inner_id is not None and inner_id.symbol is not None else None
