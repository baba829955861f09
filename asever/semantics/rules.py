"""Rules of NSGs, admin rules and firewalls, with Azure's demands on one rule and on a list of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter

from asever.diagnostics import Label
from asever.model.addresses import ALL_V4
from asever.model.numbers import NumberSet, Range
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOL_NUMBERS
from asever.model.things import AddressTerm, DeclaredRule
from asever.record import maker, record
from asever.semantics.problems import Problems, listed
from asever.semantics.terms import Terms
from asever.source import Span, join
from asever.syntax import nodes

PROTOCOLS = (*PROTOCOL_NUMBERS, "any")


@record
class Book:
    """What a kind of rule list admits. `together` says whether two rules may share a priority, by their accesses."""

    access: tuple[str, ...]
    lowest: int
    highest: int
    together: Callable[[str, str], bool] = lambda _, __: False


def _in_one_collection(first: str, second: str) -> bool:
    # A firewall gives priorities to collections: the rules of one collection share their priority and what they do, and
    # DNAT rules are apart from the others (azure-network-semantics 10).
    return first == second or "dnat" in (first, second)


GROUP = Book(access=("allow", "deny"), lowest=100, highest=4096)  # azure-network-semantics 2.1
ADMIN = Book(access=("allow", "deny", "always-allow"), lowest=1, highest=4096)  # azure-network-semantics 4
# azure-network-semantics 10
FIREWALL = Book(access=("allow", "deny", "dnat"), lowest=100, highest=65000, together=_in_one_collection)


class RuleReader:
    """Reads lists of rules. `known` are rules that need not be read again, by where they stand."""

    def __init__(self, problems: Problems, terms: Terms) -> None:
        self.problems = problems
        self.terms = terms
        self.known: Mapping[Span, DeclaredRule] = {}

    def read(self, written: Sequence[nodes.Rule], book: Book, where: str) -> tuple[DeclaredRule, ...]:
        """The rules of one list, ascending by priority. `where` names it: "inbound rules of `data-tier`"."""
        self._priorities(written, book, where)
        known = self.known
        built = [(known.get(one.span) if known else None) or self._rule(one, book) for one in written]
        return tuple(sorted([one for one in built if one is not None], key=attrgetter("priority")))

    def _priorities(self, written: Sequence[nodes.Rule], book: Book, where: str) -> None:
        taken: dict[int, nodes.Rule] = {}
        for one in written:
            priority = one.priority.low
            if not book.lowest <= priority <= book.highest:
                self.problems.error(
                    "priority-out-of-range",
                    f"a priority is a number from {book.lowest} to {book.highest}, not {priority}",
                    one.priority.span,
                    "out of range",
                )
            first = taken.setdefault(priority, one)
            if first is not one and not book.together(first.access.text.lower(), one.access.text.lower()):
                self.problems.error(
                    "duplicate-priority",
                    f"two {where} have priority {priority}",
                    one.priority.span,
                    "the second one",
                    secondary=(Label(first.priority.span, "the first one is here"),),
                    notes=("Azure decides by the lowest priority that matches, so it refuses two rules with the same one",),
                )

    def _rule(self, one: nodes.Rule, book: Book) -> DeclaredRule | None:
        access: str | None = one.access.text
        if access not in book.access:
            access = known_word(self.problems, one.access, book.access, "a rule says", "unknown-access")
        protocol: str | None = one.protocol.text
        if protocol not in _NUMBERS_OF:
            protocol = known_word(self.problems, one.protocol, PROTOCOLS, "the protocol of a rule is", "unknown-protocol")
        sources, targets = self.terms.read(one.sources), self.terms.read(one.targets)
        self._one_family(one, (*sources, *targets))
        translated = self._translated(one, access) if access == "dnat" or one.translated is not None else None
        if access is None or protocol is None or not sources or not targets:
            return None
        return _new_rule(
            priority=one.priority.low,
            name=one.name.text if one.name is not None else f"rule {one.priority.low}",
            access=access,
            protocol=_NUMBERS_OF[protocol],
            any_protocol=protocol == "any",
            sources=sources,
            source_port=ports(one.source_ports),
            targets=targets,
            target_port=ports(one.target_ports),
            translated=translated,
            translated_port=one.translated_port.low if one.translated_port is not None else None,
            span=one.span,
            parts=_Parts(one),
        )

    def _one_family(self, one: nodes.Rule, terms: Sequence[AddressTerm]) -> None:
        # IPv4 and IPv6 prefixes cannot be mixed in one rule (azure-network-semantics 2.4). What holds both, `*` or a subnet
        # with two prefixes, goes with either.
        families = [_family(term.addresses.ranges) for term in terms]
        if 4 not in families or 6 not in families:
            return
        four, six = (next(term for term, its in zip(terms, families, strict=True) if its == each) for each in (4, 6))
        if four.span is not None and six.span is not None:
            self.problems.error(
                "mixed-families",
                f"rule {one.priority.low} mixes IPv4 and IPv6 addresses",
                six.span,
                "IPv6",
                secondary=(Label(four.span, "IPv4"),),
                notes=("Azure refuses both in one rule",),
                help="write two rules",
            )

    def _translated(self, one: nodes.Rule, access: str | None) -> int | None:
        if one.translated is None:
            if access == "dnat":
                self.problems.error(
                    "missing-translation", "a dnat rule needs `-> ADDRESS`", one.access.span, "translates to nothing"
                )
            return None
        if access not in (None, "dnat"):
            self.problems.error(
                "unexpected-translation",
                "only a `dnat` rule translates",
                one.translated.span,
                f"an `{access}` rule lets packets be as they are" if access == "allow" else "not here",
            )
            return None
        return self.terms.single(one.translated, "what a dnat rule translates to")


_new_rule = maker(DeclaredRule)  # a large network has very many


@lru_cache(maxsize=1 << 14)
def _family(ranges: tuple[Range, ...]) -> int | None:
    """4 or 6, if all of some addresses are of that version of IP, and there are some."""
    numbers = NumberSet(ranges)
    return None if not ranges else 4 if numbers <= ALL_V4 else None if numbers.overlaps(ALL_V4) else 6


class _Parts(Mapping[str, Span]):
    """Where the parts of a rule stand: found when somebody asks, since most rules are never shown."""

    __slots__ = ("_found", "_rule")

    def __init__(self, rule: nodes.Rule) -> None:
        self._rule = rule
        self._found: Mapping[str, Span] | None = None

    def _all(self) -> Mapping[str, Span]:
        if self._found is None:
            self._found = _parts(self._rule)
        return self._found

    def __getitem__(self, name: str) -> Span:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def _parts(one: nodes.Rule) -> Mapping[str, Span]:
    parts = {
        "priority": one.priority.span,
        "access": one.access.span,
        "protocol": one.protocol.span,
        "source": join(one.sources[0].span, one.sources[-1].span),
        "target": join(one.targets[0].span, one.targets[-1].span),
    }
    if one.source_ports:
        parts["source_port"] = join(one.source_ports[0].span, one.source_ports[-1].span)
    if one.target_ports:
        parts["target_port"] = join(one.target_ports[0].span, one.target_ports[-1].span)
    return parts


# -- Words and ports ----------------------------------------------------------------------------------------------------

# What people write who know other tools.
_OTHER_WORDS = {
    "permit": "allow",
    "accept": "allow",
    "pass": "allow",
    "drop": "deny",
    "block": "deny",
    "reject": "deny",
    "all": "any",
    "ip": "any",
}


def known_word(problems: Problems, name: nodes.Name, admitted: tuple[str, ...], says: str, code: str) -> str | None:
    """The word, in any letter case as in Azure, if it is one of `admitted`; otherwise a diagnostic and None.

    `says` begins the message: "a rule says".
    """
    lower = name.text.lower()
    if lower in admitted:
        return lower
    usual = _OTHER_WORDS.get(lower)
    problems.unknown(
        code,
        f"{says} {listed(admitted)}, not `{name.text}`",
        name.span,
        "not one of them",
        dict.fromkeys(admitted),
        usual if usual in admitted else name.text,
    )
    return None


_NUMBERS_OF = {"any": ANY_PROTOCOL, **{word: NumberSet.single(number) for word, number in PROTOCOL_NUMBERS.items()}}


def protocol_numbers(word: str) -> NumberSet:
    """The protocols that a protocol's word stands for."""
    return _NUMBERS_OF[word]


def ports(written: Sequence[nodes.Ports]) -> NumberSet:
    """The ports of a list; every port without one."""
    if not written or any(one.any for one in written):
        return ANY_PORT
    return _port_set(tuple([(one.low, one.high) for one in written]))


@lru_cache(maxsize=4096)
def _port_set(ranges: tuple[Range, ...]) -> NumberSet:
    return NumberSet.of(ranges)
