"""Names of the whole program: what is defined where, and what a reference stands for; order does not matter.

There is one scope. A file imported `as prod` defines its names as `prod.NAME`, and a reference in it looks for `prod.NAME`
first. The file that a reference was written in says which prefix that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asever.diagnostics import Edit, Label
from asever.model.azure_tags import BASE_TAGS, COMPUTED, canonical_tag, is_azure_tag
from asever.record import record
from asever.semantics.problems import Problems, closest, listed
from asever.source import Span
from asever.syntax.nodes import Addresses, Name, Ref
from asever.syntax.words import is_bare

PARTS: Mapping[str, tuple[str, ...]] = {
    "vnet": ("dns",),
    "ase": ("vip", "ilb", "outbound", "ip-ssl", "subnet", "dns"),
    "vm": ("ip", "public-ip", "subnet", "dns"),
    "unmodelled": ("ip", "public-ip", "subnet", "dns"),
    "firewall": ("ip", "public-ip", "subnet"),
    "private-endpoint": ("ip", "subnet"),
    "platform-service": ("address",),
    "load-balancer": ("frontend", "subnet"),
    "nat-gateway": ("public-ip",),
}
"""What may follow a thing's name after a dot, by kind."""

_TITLES = {
    "ase": "an ase",
    "asg": "an asg",
    "nsg": "an nsg",
    "admin-rules": "a set of admin-rules",
    "on-premises": "an on-premises network",
}


def describe(kind: str) -> str:
    """A kind with its article."""
    return _TITLES.get(kind, f"a {kind}")


def kinds_in_words(kinds: Iterable[str], *, article: bool = True) -> str:
    """Several kinds: `a vm, a firewall or a gateway`."""
    named = [describe(kind) for kind in kinds]
    if not article:
        named = [one.split(" ", 1)[1] for one in named]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"


_ANY_THING = ("thing or tag", "thing, tag or asg")


def _near(name: str, known: Mapping[str, Symbol]) -> tuple[str, Symbol | None] | None:
    """The nearest of some names as it has to be written, and what it stands for."""
    meant = closest(name, {one: symbol.span for one, symbol in known.items()})
    if meant is None:
        return None
    return _spelled(meant), known[meant]


def _spelled(name: str) -> str:
    """A full name as it has to be written: in quotes where it is no bare name."""
    return "/".join(one if is_bare(one) else f'"{one}"' for one in name.split("/"))


@record
class Symbol:
    """A defined name: its kind, full name, and where it stands."""

    kind: str
    name: str
    span: Span
    whole: Span | None = None  # the declaration


@record
class Resolved:
    """What a reference stands for: a thing, a part of one (the word after the dot), or a tag."""

    symbol: Symbol
    part: str | None = None


@record
class Excuses:
    """Names that could not be read: what broken items may define, and what imports that failed may bring.

    A reference to one of them is no second error.
    """

    names: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()  # the prefixes of imports that failed
    broken: tuple[Span, ...] = ()  # where the parser found something wrong

    @property
    def is_empty(self) -> bool:
        """Whether everything could be read."""
        return not (self.names or self.imports or self.broken)

    def damaged(self, span: Span) -> bool:
        """Whether something inside a span could not be read."""
        return any(one.file is span.file and span.start <= one.start <= span.end for one in self.broken)

    def may_be_imported(self, text: str, prefixes: Iterable[str]) -> bool:
        """Whether a failed import may bring a name."""
        return bool(self.imports) and any((prefix + text).startswith(tuple(self.imports)) for prefix in prefixes)


class Names:
    """All names of a program, by what they may stand for: things and tags, services, packs.

    `homes` is the prefix of each file, by the file's name. `sealed` are the files of the library: their `Sql` is Azure's,
    whatever the program calls Sql.
    """

    def __init__(
        self,
        problems: Problems,
        homes: Mapping[str, str] | None = None,
        excuses: Excuses | None = None,
        sealed: frozenset[str] = frozenset(),
    ) -> None:
        self.problems = problems
        self.homes = homes or {}
        self.excuses = excuses or Excuses()
        self.sealed = sealed
        self.things: dict[str, Symbol] = {}
        self.services: dict[str, Symbol] = {}
        self.packs: dict[str, Symbol] = {}
        self.excused: set[str] = set()  # names of declarations of an unknown kind
        self._tags: dict[str, Symbol] = {}  # service tags compare without regard to letter case

    def prefix(self, span: Span) -> str:
        """What the names of the file of a span begin with."""
        return self.homes.get(span.file.name, "")

    # -- Definitions ----------------------------------------------------------------------------------------------------

    def define(self, table: dict[str, Symbol], symbol: Symbol, alias: str | None = None) -> bool:
        """Adds a name, under another name with `alias`; a second definition is an error that shows both places."""
        name = alias or symbol.name
        first = table.get(name)
        if first is None:
            table[name] = symbol
            if symbol.kind == "tag":
                self._tags.setdefault(name.casefold(), symbol)
            return True
        if first is not symbol:
            kind = describe(first.kind)
            other = "" if first.kind == symbol.kind else f", as {kind} and as {describe(symbol.kind)}"
            self.problems.error(
                "defined-twice",
                f"`{name}` is defined twice{other}",
                symbol.span,
                "the second definition",
                secondary=(Label(first.span, "the first one is here"),),
                help="give one of them another name",
            )
        return False

    # -- References -----------------------------------------------------------------------------------------------------

    def thing(self, ref: Ref, kinds: tuple[str, ...]) -> Symbol | None:
        """The thing of one of these kinds that a name stands for; otherwise a diagnostic and None."""
        found = self._lookup(self.things, ref)
        if found is not None and found.kind in kinds:
            return found
        if found is not None:
            self.wrong_kind(ref, found, kinds_in_words(kinds))
            return None
        # Past so many errors none is shown, and nothing needs to be near (names of a large file are many).
        known = {} if self.problems.full else {name: one for name, one in self.things.items() if one.kind in kinds}
        self._unknown(kinds_in_words(kinds, article=False), ref, known)
        return None

    def service(self, ref: Ref) -> Symbol | None:
        """The service that a name stands for; otherwise a diagnostic and None."""
        found = self._lookup(self.services, ref)
        if found is not None:
            return found
        other = self._lookup(self.things, ref)
        if other is not None:
            self.wrong_kind(ref, other, "a service or a protocol")
            return None
        hint = None if self.services else 'services such as `https` come with `import "std/services"`'
        self._unknown("service", ref, self.services, hint)
        return None

    def pack(self, name: Name) -> Symbol | None:
        """The pack that a name stands for; otherwise a diagnostic and None."""
        ref = Ref(span=name.span, names=(name,))
        found = self._lookup(self.packs, ref)
        if found is None:
            self._unknown("pack", ref, self.packs)
        return found

    def reference(self, ref: Ref, what: str) -> Resolved | None:
        """The thing, part of a thing, or tag that a reference stands for; otherwise a diagnostic about `what` and None."""
        found = self.find(ref)
        if found is None and not self._wrong_part(ref):
            service = self._lookup(self.services, ref)
            if service is not None:
                self.wrong_kind(ref, service, f"a {what}")
            else:
                self._unknown(what, ref, self.things)
        return found

    def find(self, ref: Ref) -> Resolved | None:
        """What a reference stands for, Azure's own tags included; None without a diagnostic when it stands for nothing."""
        found = self._lookup(self.things, ref)
        if found is not None and (found.kind == "tag" or ref.names[0].span.file.name not in self.sealed):
            return Resolved(symbol=found)
        owner, part = self._owner(ref)
        if owner is not None and part in PARTS.get(owner.kind, ()):
            return Resolved(symbol=owner, part=part)
        text = ref.text
        tag = next((self._tags[key] for key in self._spellings(text.casefold(), ref) if key in self._tags), None)
        if tag is not None:
            return Resolved(symbol=tag)
        if is_azure_tag(text):
            return Resolved(symbol=Symbol(kind="tag", name=canonical_tag(text), span=ref.span))
        return None

    def named(self, name: Name, table: Mapping[str, Symbol]) -> Symbol | None:
        """What a single name stands for in one of the tables; None without a diagnostic when it stands for nothing."""
        return self._lookup(table, Ref(span=name.span, names=(name,)))

    def stands_for_something(self, ref: Ref) -> bool:
        """Whether a name is known at all, as whatever."""
        return self.find(ref) is not None or any(self._lookup(table, ref) for table in (self.services, self.packs))

    # -- What is wrong --------------------------------------------------------------------------------------------------

    def wrong_kind(self, ref: Ref | Addresses, found: Symbol, wanted: str) -> None:
        """Says that a name stands for a thing of another kind than is needed."""
        self.problems.error(
            "wrong-kind",
            f"`{ref.text}` is {describe(found.kind)}, where {wanted} is needed",
            ref.span,
            describe(found.kind),
            secondary=(Label(found.span, "defined here"),) if found.span != ref.span else (),
        )

    def not_a_thing(self, ref: Ref) -> None:
        """Says that a name is known nowhere."""
        if not self._wrong_part(ref):
            self._unknown("thing or tag", ref, self.things)

    def _wrong_part(self, ref: Ref) -> bool:
        owner, part = self._owner(ref)
        if owner is None or part is None:
            return False
        base = ref.text.rpartition(".")[0]
        parts = PARTS.get(owner.kind, ())
        self.problems.unknown(
            "unknown-part",
            f"{describe(owner.kind)} has no `{part}`",
            ref.span,
            f"`{base}` is {describe(owner.kind)}",
            {f"{base}.{one}": None for one in parts},
            ref.text,
            hint=f"it has {listed(parts, 'and')}" if parts else None,
        )
        return True

    def _unknown(self, what: str, ref: Ref, known: Mapping[str, Symbol], hint: str | None = None) -> None:
        """A name that nothing defines, with the nearest one that something does."""
        if self._excused(ref):
            return
        if self.problems.full:
            self.problems.error("unknown-name", f"there is no {what} called `{ref.text}`", ref.span)
            return
        vnet, _, inner = ref.text.rpartition("/")
        owner = self._lookup_text(self.things, vnet, ref) if what in ("subnet", *_ANY_THING) else None
        if owner is not None and owner.kind == "vnet":
            # Inside one vnet the names are those of its subnets.
            inside = {name.rpartition("/")[2]: one for name, one in self.things.items() if name.startswith(f"{owner.name}/")}
            where = f"there is no subnet called `{inner}` in vnet `{vnet}`"
            near = _near(inner, inside)
            edit = f"{vnet}/{near[0]}" if near is not None else ""
        else:
            where, near = self._anywhere(what, ref.text, known)
            edit = near[0] if near is not None else ""
        if near is None and self.excuses.may_be_imported(ref.text, self._prefixes(ref)):
            return
        is_bare = near is not None and near[0].endswith(f"/{_spelled(ref.text)}")
        symbol = near[1] if near is not None else None
        self.problems.error(
            "unknown-name",
            where,
            ref.span,
            "not defined in this program",
            secondary=(Label(symbol.span, "the nearest name is here"),) if symbol is not None else (),
            notes=("a subnet is named with its vnet",) if is_bare else (),
            help=f"did you mean `{near[0]}`?" if near is not None else hint,
            edits=(Edit(ref.span, edit),) if near is not None else (),
        )

    def _excused(self, ref: Ref) -> bool:
        """Whether a name may be defined where something could not be read."""
        text = ref.text
        bases = {text, text.split("/", 1)[0], text.rpartition(".")[0]}
        if not bases.isdisjoint(self.excuses.names) or not bases.isdisjoint(self.excused):
            return True
        owner = self._lookup_text(self.things, text.rpartition("/")[0], ref)
        return owner is not None and owner.whole is not None and self.excuses.damaged(owner.whole)

    def _anywhere(self, what: str, text: str, known: Mapping[str, Symbol]) -> tuple[str, tuple[str, Symbol | None] | None]:
        """What to say of an unknown name, and what was meant: a bare subnet, a similar name, or a tag of Azure's."""
        where = f"there is no {what} called `{text}`"
        bare = next((name for name in known if name.endswith(f"/{text}")), None)
        near = (_spelled(bare), known[bare]) if bare is not None else _near(text, known)
        base, dot, part = text.rpartition(".")
        if near is None and dot and any(part in parts for parts in PARTS.values()):
            where = f"there is no {what} called `{base}`"
            found = _near(base, known)
            near = (f"{found[0]}.{part}", found[1]) if found is not None else None
        if near is None and what in _ANY_THING:
            name, dot, region = text.partition(".")
            tag = closest(name, dict.fromkeys((*COMPUTED, *BASE_TAGS)))
            near = (f"{tag}{dot}{region}", None) if tag is not None else None
        return where, near

    # -- Looking up -----------------------------------------------------------------------------------------------------

    def _owner(self, ref: Ref) -> tuple[Symbol | None, str | None]:
        base, dot, part = ref.text.rpartition(".")
        return (self._lookup_text(self.things, base, ref), part) if dot else (None, None)

    def _lookup(self, table: Mapping[str, Symbol], ref: Ref) -> Symbol | None:
        return self._lookup_text(table, ref.text, ref)

    def _lookup_text(self, table: Mapping[str, Symbol], text: str, ref: Ref) -> Symbol | None:
        return next((table[name] for name in self._spellings(text, ref) if name in table), None)

    def _spellings(self, text: str, ref: Ref) -> Iterable[str]:
        return (prefix + text for prefix in self._prefixes(ref))

    def _prefixes(self, ref: Ref) -> Iterable[str]:
        """The prefixes under which a name of this file is looked for, the innermost first: `a.b.`, `a.`, none."""
        # An argument of a pack keeps the place where it was written in its names.
        prefix = self.prefix(ref.names[0].span)
        while prefix:
            yield prefix
            prefix = prefix[: prefix[:-1].rfind(".") + 1]
        yield ""
