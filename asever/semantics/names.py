"""Names of the whole program: what is defined where, and what a reference stands for; order does not matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asever.diagnostics import Diagnostic, Diagnostics, Edit, Label, nearest
from asever.semantics.azure_tags import canonical_tag, is_azure_tag
from asever.source import Span
from asever.syntax.nodes import Name, Ref

# What may follow a thing's name after a dot, by kind.
PARTS: Mapping[str, tuple[str, ...]] = {
    "ase": ("vip", "ilb", "outbound", "ip-ssl", "subnet"),
    "vm": ("ip", "public-ip", "subnet"),
    "firewall": ("ip", "public-ip", "subnet"),
    "private-endpoint": ("ip", "subnet"),
    "load-balancer": ("frontend", "subnet"),
    "nat-gateway": ("public-ip",),
}
ARTICLES = {"ase": "an", "asg": "an", "nsg": "an", "admin-rules": "a set of", "on-premises": "an"}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A defined name: its kind, full name, and where it stands."""

    kind: str
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a reference stands for: a thing or a part of one (`part` is the word after the dot), or a tag."""

    symbol: Symbol
    part: str | None = None


@dataclass
class Names:
    """All names of a program, by namespace: things and tags, services, packs."""

    diagnostics: Diagnostics
    things: dict[str, Symbol] = field(default_factory=dict)
    services: dict[str, Symbol] = field(default_factory=dict)
    packs: dict[str, Symbol] = field(default_factory=dict)

    def define(self, table: dict[str, Symbol], symbol: Symbol) -> bool:
        """Adds a name; a second definition is an error that shows both places."""
        first = table.get(symbol.name)
        if first is None:
            table[symbol.name] = symbol
            return True
        self.diagnostics.add(
            Diagnostic(
                code="defined-twice",
                message=f"`{symbol.name}` is defined twice",
                primary=Label(symbol.span, "the second definition"),
                secondary=(Label(first.span, "the first one is here"),),
                help="give one of them another name",
            )
        )
        return False

    def thing(self, text: str, span: Span, kinds: Iterable[str], prefix: str) -> Symbol | None:
        """The thing of one of these kinds that a name stands for; otherwise a diagnostic and None."""
        wanted = tuple(kinds)
        found = self._lookup(self.things, text, prefix)
        if found is not None and found.kind in wanted:
            return found
        if found is not None:
            self.diagnostics.add(
                Diagnostic(
                    code="wrong-kind",
                    message=f"`{text}` is {describe(found.kind)}, where {_choices(wanted)} is needed",
                    primary=Label(span, f"{describe(found.kind)}"),
                    secondary=(Label(found.span, "defined here"),),
                )
            )
            return None
        known = {name: symbol.span for name, symbol in self.things.items() if symbol.kind in wanted}
        self.diagnostics.add(unknown_name(_choices(wanted, article=False), text, span, known))
        return None

    def service(self, ref: Ref, prefix: str) -> Symbol | None:
        """The service that a name stands for."""
        found = self._lookup(self.services, ref.text, prefix)
        if found is None:
            known = {name: symbol.span for name, symbol in self.services.items()}
            hint = None if known else 'services such as `https` come from `import "std/services"`'
            self.diagnostics.add(unknown_name("service", ref.text, ref.span, known, hint))
        return found

    def pack(self, name: Name, prefix: str) -> Symbol | None:
        """The pack that a name stands for."""
        found = self._lookup(self.packs, name.text, prefix)
        if found is None:
            self.diagnostics.add(
                unknown_name("pack", name.text, name.span, {one: symbol.span for one, symbol in self.packs.items()})
            )
        return found

    def reference(self, ref: Ref, prefix: str) -> Resolved | None:
        """What a reference stands for, tags of Azure included; None when nothing, without a diagnostic."""
        text = ref.text
        found = self._lookup(self.things, text, prefix)
        if found is not None:
            return Resolved(found)
        base, dot, part = text.rpartition(".")
        if dot:
            owner = self._lookup(self.things, base, prefix)
            if owner is not None and part in PARTS.get(owner.kind, ()):
                return Resolved(owner, part)
        for name, symbol in self.things.items():
            if symbol.kind == "tag" and name.lower() == text.lower():
                return Resolved(symbol)
        if is_azure_tag(text):
            return Resolved(Symbol("tag", canonical_tag(text), ref.span))
        return None

    def unknown_reference(self, ref: Ref, what: str) -> Diagnostic:
        """The diagnostic for a reference that stands for nothing."""
        base, dot, part = ref.text.rpartition(".")
        owner = self.things.get(base) if dot else None
        if owner is not None:
            parts = PARTS.get(owner.kind, ())
            meant = nearest(part, parts)
            return Diagnostic(
                code="unknown-part",
                message=f"{describe(owner.kind)} has no `{part}`",
                primary=Label(ref.span, f"`{owner.name}` is {describe(owner.kind)}"),
                secondary=(Label(owner.span, "defined here"),),
                help=f"did you mean `{base}.{meant}`?" if meant else (f"it has {_list(parts)}" if parts else None),
            )
        known = {name: symbol.span for name, symbol in self.things.items()}
        inner = [name for name in known if name.endswith("/" + ref.text)]
        hint = f"a subnet is named with its vnet: `{inner[0]}`" if inner else None
        return unknown_name(what, ref.text, ref.span, known, hint)

    @staticmethod
    def _lookup(table: Mapping[str, Symbol], text: str, prefix: str) -> Symbol | None:
        return (table.get(prefix + text) if prefix else None) or table.get(text)


def unknown_name(kind: str, name: str, used_at: Span, known: Mapping[str, Span], hint: str | None = None) -> Diagnostic:
    """A name that nothing defines, with the nearest one that something does."""
    meant = nearest(name, known)
    return Diagnostic(
        code="unknown-name",
        message=f"there is no {kind} called `{name}`",
        primary=Label(used_at, "not defined in this program"),
        secondary=(Label(known[meant], "the nearest name is here"),) if meant else (),
        help=hint or (f"did you mean `{meant}`?" if meant else None),
        edits=(Edit(used_at, meant),) if meant and not hint else (),
    )


def describe(kind: str) -> str:
    """A kind with its article."""
    return f"{ARTICLES.get(kind, 'a')} {kind}"


def _choices(kinds: tuple[str, ...], *, article: bool = True) -> str:
    named = [describe(kind) if article else kind for kind in kinds]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"


def _list(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
