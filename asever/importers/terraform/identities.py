"""Names and ids of resources before anybody has made them, and the values that other resources take from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asever.importers.network.words import address_text
from asever.importers.terraform.blocks import NOTHING, Block
from asever.importers.terraform.references import Meant, References, Target
from asever.importers.terraform.types import OTHERS, POINTERS, TYPES
from asever.importers.tree import Symbol, Value
from asever.model.addresses import parse_addresses
from asever.model.numbers import NumberSet, union
from asever.source import Span

_ADDRESSES = frozenset(
    {
        *("next_hop_in_ip_address", "source_address_prefix", "destination_address_prefix"),
        *("destination_address", "translated_address", "ip_address"),
    }
)
"""Attributes that take the address of another resource."""

_UNSURE = Value(plain={"references": Value(plain=())})
"""The expression of a block of which nobody knows which written block it is: a plan leaves `dynamic` blocks out."""


class Identities:
    """The values of every block, with what only applying tells as a reference to another block, or as a symbol.

    `settings` are values of the user for symbols, by name; `used` are the names of those that were asked for.
    """

    def __init__(self, blocks: Iterable[Block], references: References, settings: Mapping[str, str]) -> None:
        self.references = references
        self.used: set[str] = set()
        self._settings = {name.casefold(): text for name, text in settings.items()}
        self._ids: dict[str, str] = {}
        self._values: dict[str, Value] = {}
        self._by_name: dict[tuple[str, str, str], Block] = {}
        self._by_id: dict[str, Block] = {}
        self._owners: dict[str, str] = {}
        self._twins: set[tuple[str, str, str]] = set()
        for one in blocks:
            key = (one.type, self.group(one).casefold(), self.name(one).casefold())
            if self._by_name.setdefault(key, one) is not one:
                self._twins.add(key)
            known = one.values.get("id")
            if known is not None and known.text:
                self._by_id.setdefault(known.text.casefold(), one)

    # -- Names and ids --------------------------------------------------------------------------------------------------

    def name(self, block: Block) -> str:
        """The name of a resource in Azure; its address in the configuration, where only applying tells it."""
        found = block.values.get("name")
        return (found.text if found is not None else None) or block.address.replace("/", "-")

    def id(self, block: Block) -> str:
        """The id of a resource; of one that is not made yet the id that its type, its group and its name give it."""
        if block.address not in self._ids:
            known = block.values.get("id")
            self._ids[block.address] = f"/{block.address}"  # what a circle sees
            text = known.text if known is not None else None
            self._ids[block.address] = text or self._own(block, self._made_id(block))
        return self._ids[block.address]

    def _own(self, block: Block, identity: str) -> str:
        """An id that no other resource has: one of the same group and name is in another subscription."""
        owner = self._owners.setdefault(identity.casefold(), block.address)
        same = owner == block.address or block.data
        return identity if same else identity.replace("/subscriptions/-/", f"/subscriptions/{block.address}/", 1)

    def _made_id(self, block: Block) -> str:
        kind = self.kind(block)
        provider, *types = kind.split("/")
        named = TYPES.get(block.type)
        if named is not None and named.parent is not None:
            above = self.parent_id(block)
            if above is not None:
                return f"{above}/{types[-1]}/{self.name(block)}"
        group = self.group(block)
        above = f"{{{block.address}.{named.parent}}}" if named is not None and named.parent is not None else "-"
        names = [*([above] * (len(types) - 1)), self.name(block)]
        tail = "/".join(f"{each}/{name}" for each, name in zip(types, names, strict=True))
        return f"/subscriptions/-/resourceGroups/{group}/providers/{provider}/{tail}"

    def kind(self, block: Block) -> str:
        """The type in ARM; of a type that nobody has heard of, that of the provider."""
        known = TYPES.get(block.type)
        return known.kind if known is not None else OTHERS.get(block.type, f"Terraform/{block.type}")

    def group(self, block: Block) -> str:
        """The resource group."""
        found = self.text(block, "resource_group_name")
        return found or "-"

    def parent(self, block: Block) -> Block | None:
        """The block of the parent, where the file has it."""
        named = TYPES.get(block.type)
        if named is None or named.parent is None or named.above is None:
            return None
        target = self.target(block, named.parent)
        if target is not None:
            return target
        if self.text(block, named.parent) is None and block.type == "azurerm_subnet":
            return self._around(block, named.parent)
        text = self.text(block, named.parent) or ""
        if named.parent.endswith("_id"):
            found = self._by_id.get(text.casefold())
            return found if found is not None and found.type == named.above else None
        # A data source may name the parent as well: it is the same one.
        key = (named.above, self.group(block).casefold(), text.casefold())
        meant = self.perhaps(block, named.parent) if key in self._twins else ()
        return meant[0] if len(meant) == 1 else self._by_name.get(key)

    def _around(self, block: Block, attribute: str) -> Block | None:
        """The only network that a subnet may be in whose addresses hold the subnet's."""
        prefixes = _prefixes(block.values, ("address_prefix", "address_prefixes"))
        every = self.perhaps(block, attribute) or [
            one for (kind, _, _), one in self._by_name.items() if kind == "azurerm_virtual_network"
        ]
        holding = [one for one in every if prefixes and prefixes <= _prefixes(one.values, ("address_space",))]
        return holding[0] if len(holding) == 1 else None

    def perhaps(self, block: Block, attribute: str) -> tuple[Block, ...]:
        """The blocks of which an attribute may name one: what its expression refers to; none where that is not all."""
        meant = self._meant(block, block.written.get(attribute), attribute)
        return () if meant.more else tuple(one.block for one in meant.targets)

    def parent_id(self, block: Block) -> str | None:
        """The id of the parent, whether the file has the parent or only names it."""
        above = self.parent(block)
        if above is not None:
            return self.id(above)
        named = TYPES[block.type]
        text = self.text(block, named.parent) if named.parent is not None else None
        if text is None or named.parent is None:
            return None
        if named.parent.endswith("_id"):
            return text
        path = named.kind.rpartition("/")[0]
        return f"/subscriptions/-/resourceGroups/{self.group(block)}/providers/{path}/{text}"

    # -- Values ---------------------------------------------------------------------------------------------------------

    def values(self, block: Block) -> Value:
        """All values of a block."""
        if block.address not in self._values:
            found = self._complete(block, block.values, block.unknown, block.written, "", "")
            self._values[block.address] = found if found is not None else block.values
        return self._values[block.address]

    def text(self, block: Block, attribute: str) -> str | None:
        """A value that is a text; None where nobody knows it."""
        known = block.values.get(attribute)
        if known is not None and known.text:
            return known.text
        found = self._unknown(block, block.written.get(attribute), attribute, attribute) if _marked(block, attribute) else None
        return found.text if found is not None else None

    def target(self, block: Block, attribute: str) -> Block | None:
        """The block that an attribute names, where only applying tells its value."""
        if not _marked(block, attribute):
            return None
        meant = self._meant(block, block.written.get(attribute), attribute)
        return meant.targets[0].block if len(meant.targets) == 1 and not meant.more else None

    def _complete(
        self, block: Block, known: Value | None, unknown: Value | None, written: Value | None, path: str, attribute: str
    ) -> Value | None:
        """A value with what is marked as unknown put in its place."""
        if unknown is None:
            return known
        if unknown.plain is True:
            # What nobody wrote the provider fills in: ids, addresses of Azure's choice, lists of parts that stand apart.
            return self._unknown(block, written, path, attribute) if written is not None else None
        if isinstance(unknown.plain, Mapping):
            members = dict(known.plain) if known is not None and isinstance(known.plain, Mapping) else {}
            for name, mark in unknown.plain.items():
                below = f"{path}.{name}" if path else name
                one = self._complete(block, members.get(name), mark, _part(written, name), below, name)
                if one is not None:
                    members[name] = one
            return Value(plain=members, span=known.span if known is not None else block.span)
        if isinstance(unknown.plain, tuple) and any(_holds(mark) for mark in unknown.plain):
            return self._complete_list(block, known, unknown.plain, written, path, attribute)
        return known

    def _complete_list(
        self, block: Block, known: Value | None, marks: tuple[Value, ...], written: Value | None, path: str, attribute: str
    ) -> Value:
        items = list(known.items) if known is not None else []
        missing = [index for index, mark in enumerate(marks) if mark.plain is True]
        targets = self._ids_of(block, written, attribute) if missing else ()
        given = dict(zip(missing, targets, strict=True)) if len(targets) == len(missing) else {}
        made: list[Value] = []
        for index, mark in enumerate(marks):
            item = items[index] if index < len(items) else None
            found = given.get(index) or self._complete(
                block, item, mark, _block_of(written, item, len(marks)), f"{path}[{index}]", attribute
            )
            if found is not None:
                made.append(found)
        return Value(plain=(*made, *items[len(marks) :]), span=known.span if known is not None else block.span)

    def _unknown(self, block: Block, written: Value | None, path: str, attribute: str) -> Value | None:
        """What stands for a value that only applying tells: the id or name that it must be, else a symbol."""
        span = (written.span if written is not None else None) or block.span
        meant = self._meant(block, written, attribute)
        if attribute.endswith(("_ids", "_groups")) and meant.targets and not meant.more:
            return Value(plain=tuple(Value(plain=self.id(one.block), span=span) for one in meant.targets), span=span)
        if len(meant.targets) == 1 and not meant.more:
            one = meant.targets[0]
            if _is(one, "id", attribute):
                return Value(plain=self.id(one.block), span=span)
            if _is(one, "name", attribute):
                return Value(plain=self.name(one.block), span=span)
            if attribute in _ADDRESSES and one.attribute is not None:
                address = self._address(one, span)
                if address is not None:
                    return address
        name = f"{block.address}.{path}"
        given = self._settings.get(name.casefold())
        if given is not None:
            self.used.add(name.casefold())
            return Value(plain=given, span=span)
        return Value(plain=Symbol(name=name), span=span)

    def _address(self, one: Target, span: Span | None) -> Value | None:
        """The private address of another resource: as its only configuration has it, or as that of a firewall."""
        if not (one.attribute or "").endswith("private_ip_address"):
            return None
        for field in ("ip_configuration", "frontend_ip_configuration"):
            configurations = (one.block.values.get(field) or NOTHING).items
            known = configurations[0].get("private_ip_address") if len(configurations) == 1 else None
            if known is not None and known.text:
                return Value(plain=known.text, span=span)
        if one.block.type == "azurerm_firewall":
            return Value(plain=Symbol(name=f"privateIPAddress of firewall {self.name(one.block)}"), span=span)
        return None

    def _ids_of(self, block: Block, written: Value | None, attribute: str) -> tuple[Value, ...]:
        meant = self._meant(block, written, attribute)
        span = (written.span if written is not None else None) or block.span
        if meant.more or not attribute.endswith(("_ids", "_groups")):
            return ()
        return tuple(Value(plain=self.id(one.block), span=span) for one in meant.targets)

    def _meant(self, block: Block, written: Value | None, attribute: str) -> Meant:
        """The resources that an attribute may name; others that its expression refers to only decide which."""
        found = self.references.meant(block, written)
        types = POINTERS.get(attribute)
        if types is None:
            return found if attribute.endswith("_id") or attribute in _ADDRESSES else Meant(more=True)
        # A network is no peer of itself.
        own = self.parent(block) if attribute == "remote_virtual_network_id" else None
        targets = tuple(one for one in found.targets if one.block.type in types and one.block is not own)
        return Meant(targets=targets, more=found.more)


def _prefixes(values: Value, attributes: Iterable[str]) -> NumberSet:
    """The addresses of attributes that hold prefixes, as far as they are known."""
    found = (values.get(name) for name in attributes)
    texts = [one.text for value in found if value is not None for one in (value.items or (value,)) if one.text]
    known = (address_text(text) for text in texts)
    return union(parse_addresses(text) for text in known if text is not None)


def _is(target: Target, what: str, attribute: str) -> bool:
    """Whether a reference means the id (or the name) of a resource; before Terraform 1 it did not say what it means."""
    return target.attribute == what or (target.attribute is None and attribute.endswith((f"_{what}", "security_group")))


def _marked(block: Block, attribute: str) -> bool:
    mark = block.unknown.get(attribute) if block.unknown is not None else None
    return mark is not None and mark.plain is True


def _holds(mark: Value) -> bool:
    """Whether anything is marked."""
    if isinstance(mark.plain, Mapping):
        return any(_holds(one) for one in mark.plain.values())
    return any(_holds(one) for one in mark.items) if isinstance(mark.plain, tuple) else mark.plain is True


def _part(written: Value | None, name: str) -> Value | None:
    """The expression of a member; a whole that is one expression stands for each of its members."""
    if written is None or written.get("references") is not None:
        return written
    return written.get(name)


def _block_of(written: Value | None, item: Value | None, count: int) -> Value:
    """Which written block became an item: sets lose their order, so only a single one or one of the same name is sure."""
    if written is None:
        return _UNSURE
    if not isinstance(written.plain, tuple):
        return written
    if len(written.items) == 1 and count == 1:
        return written.items[0]
    name = item.get("name") if item is not None else None
    if name is None or name.text is None:
        return _UNSURE
    same = [one for one in written.items if (one.at("name", "constant_value") or Value(plain=None)).text == name.text]
    return same[0] if len(same) == 1 else _UNSURE
