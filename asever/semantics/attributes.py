"""Reads the body of a declaration by the schema: unknown, missing, repeated and ill-formed attributes are errors here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from asever.diagnostics import Edit, Label
from asever.model.addresses import is_v6, prefixes
from asever.model.numbers import EMPTY, NumberSet
from asever.record import field, record
from asever.semantics.names import Excuses, kinds_in_words
from asever.semantics.problems import Problems, closest, listed
from asever.semantics.schema import SCHEMA, Attr, Kind, Takes
from asever.semantics.unknowns import Unknowns
from asever.source import Span, join
from asever.syntax import nodes

_Item = TypeVar("_Item", bound=nodes.Node)


@record
class Reader:
    """What reading needs besides the body; `named` is told every address that the text writes."""

    problems: Problems
    excuses: Excuses
    named: Callable[[NumberSet], None]
    unknowns: Unknowns = field(default_factory=Unknowns)


class Values:
    """The items of one body that the schema admits. A getter returns None or nothing for what is absent or wrong.

    `what` is the thing as messages call it: "ase `one`". `parts` are the spans of the values, for later messages; `inside` are
    the addresses of the network around it.
    """

    def __init__(self, reader: Reader, kind: str, what: str, inside: NumberSet = EMPTY) -> None:
        self.inside = inside
        self.reader = reader
        self.kind = kind
        self.what = what
        self.found: dict[str, list[nodes.Attribute]] = {}
        self.rules: dict[str, nodes.Rules] = {}
        self.bare: list[nodes.Rule] = []
        self.routes: list[nodes.Route] = []
        self.mappings: list[nodes.PortMap] = []
        self.parts: dict[str, Span] = {}

    # -- Getters --------------------------------------------------------------------------------------------------------

    def address(self, word: str) -> int | None:
        """The one address of an attribute."""
        value = self._one(word)
        return self._single(word, value) if value is not None else None

    def single_addresses(self, word: str) -> tuple[int, ...]:
        """The addresses of an attribute that takes no prefixes."""
        found = (self._single(word, value) for value in self.all(word))
        return tuple(one for one in found if one is not None)

    def addresses(self, word: str) -> tuple[NumberSet, ...]:
        """The addresses of an attribute: each a single address, a prefix or a range."""
        return tuple(numbers for numbers, _ in self._sets(word))

    def prefixes(self, word: str) -> tuple[NumberSet, ...]:
        """The prefixes of an attribute, each apart."""
        return tuple(numbers for numbers, value in self._sets(word) if self.is_prefix(word, numbers, value))

    def word(self, word: str) -> str | None:
        """The word of an attribute, one of those that the schema admits."""
        value = self._one(word)
        if value is None:
            return None
        admitted = self._attr(word).words
        text = plain_word(value)
        if text is not None and (not admitted or text in admitted):
            return text
        if not admitted:
            self.wrong(word, value)
            return None
        written = value.span.text
        meant = next((one for one in admitted if one.casefold() in (written.casefold(), f"v{written}")), None)
        meant = meant or closest(written, dict.fromkeys(admitted))
        self.reader.problems.error(
            "unknown-word",
            f"`{word}` is {listed(admitted)}, not `{written}`",
            value.span,
            "not one of them",
            help=f"did you mean `{meant}`?" if meant else None,
            edits=(Edit(value.span, meant),) if meant else (),
        )
        return None

    def words(self, word: str) -> tuple[str, ...]:
        """The words of an attribute."""
        result = []
        for value in self.all(word):
            text = plain_word(value)
            if text is None:
                self.wrong(word, value)
            else:
                result.append(text)
        return tuple(result)

    def switch(self, word: str, *, default: bool) -> bool:
        """`on` or `off`."""
        value = self._one(word)
        if value is None:
            return default
        text = plain_word(value)
        if text not in ("on", "off"):
            self.wrong(word, value)
            return default
        return text == "on"

    def number(self, word: str) -> int | None:
        """A whole number within the bounds of the schema."""
        value = self._one(word)
        if value is None:
            return None
        if not isinstance(value, nodes.Ports) or value.any or value.low != value.high:
            self.wrong(word, value)
            return None
        one = self._attr(word)
        if not one.low <= value.low <= one.high:
            self.reader.problems.error(
                "out-of-range",
                f"`{word}` is a number from {one.low} to {one.high}, not {value.low}",
                value.span,
                "out of range",
            )
            return None
        return value.low

    def ref(self, word: str) -> nodes.Ref | None:
        """The one name of an attribute."""
        value = self._one(word)
        if value is None or isinstance(value, nodes.Ref):
            return value
        self.wrong(word, value)
        return None

    def refs(self, word: str) -> tuple[nodes.Ref, ...]:
        """The names of an attribute."""
        for value in self.all(word):
            if not isinstance(value, nodes.Ref):
                self.wrong(word, value)
        return tuple(value for value in self.all(word) if isinstance(value, nodes.Ref))

    def blocks(self, word: str) -> tuple[nodes.Attribute, ...]:
        """The blocks inside the body that begin with a word."""
        return tuple(self.found.get(word, ()))

    def all(self, word: str) -> tuple[nodes.Value, ...]:
        """All values of an attribute."""
        return tuple(value for one in self.found.get(word, ()) for value in one.values)

    # -- What is wrong --------------------------------------------------------------------------------------------------

    def wrong(self, word: str, value: nodes.Value, wants: str | None = None) -> None:
        """Says that a value is not what its attribute takes."""
        one = self._attr(word)
        wants = wants or _wants(one)
        self.reader.problems.error(
            "wrong-value", f"`{word}` takes {wants}, not `{value.span.text}`", value.span, f"{wants} is needed here"
        )

    def is_prefix(self, word: str, numbers: NumberSet, value: nodes.Value) -> bool:
        """Whether the value is one prefix; otherwise a diagnostic says so."""
        if is_unknown(value):
            return True
        whole = isinstance(value, nodes.Addresses) and value.text == "*"
        if not whole and len(prefixes(numbers)) == 1:
            return True
        first = "0.0.0.0/0" if whole else ", ".join(prefixes(numbers)[:4])
        self.reader.problems.error(
            "wrong-value",
            f"`{word}` takes prefixes, not `{value.span.text}`",
            value.span,
            "this is every address" if whole else "a range",
            help=f"write {first}",
        )
        return False

    # -- Values ---------------------------------------------------------------------------------------------------------

    def _attr(self, word: str) -> Attr:
        return SCHEMA[self.kind].attributes[word]

    def _one(self, word: str) -> nodes.Value | None:
        values = self.all(word)
        if len(values) > 1:
            self.reader.problems.error("one-value", f"`{word}` takes one value", values[1].span, "the second value")
        return values[0] if values else None

    def _single(self, word: str, value: nodes.Value) -> int | None:
        if is_unknown(value) and word in MAY_BE_UNKNOWN:
            return self.reader.unknowns.mark()
        if not isinstance(value, nodes.Addresses):
            self.wrong(word, value, "one address")
        elif value.value.size == 1:
            self.reader.named(value.value)
            return value.value.first
        elif value.value:  # an address that could not be read is an error already
            self.wrong(word, value, "one address")
        return None

    def _unknown_set(self, word: str) -> NumberSet:
        if word != "address":
            return NumberSet.single(self.reader.unknowns.mark())
        return self.reader.unknowns.prefix(self.what, self.inside)

    def _sets(self, word: str) -> Iterator[tuple[NumberSet, nodes.Value]]:
        for value in self.all(word):
            if is_unknown(value) and word in MAY_BE_UNKNOWN:
                yield self._unknown_set(word), value
            elif not isinstance(value, nodes.Addresses):
                self.wrong(word, value)
            elif value.value:
                self.reader.named(value.value)
                yield value.value, value


MAY_BE_UNKNOWN = frozenset({"ip", "public-ip", "frontend", "ilb", "address"})
"""Attributes that may be `unknown`: addresses that Azure gives out."""


def is_unknown(value: nodes.Value) -> bool:
    """Whether a value is the word `unknown`."""
    return isinstance(value, nodes.Ref) and value.text == "unknown" and not value.names[0].quoted


def _wants(one: Attr) -> str:
    if one.of:
        return f"the name of {kinds_in_words(one.of)}"
    return one.takes.value


def plain_word(value: nodes.Value) -> str | None:
    """The text of a value that is a single name."""
    return value.text if isinstance(value, nodes.Ref) and len(value.names) == 1 else None


def family(numbers: NumberSet) -> str:
    """`IPv4` or `IPv6`, by the first address."""
    return "IPv6" if is_v6(numbers.first) else "IPv4"


# -- Sorting ------------------------------------------------------------------------------------------------------------


def read(reader: Reader, kind: str, what: str, body: nodes.Body | None, at: Span, inside: NumberSet = EMPTY) -> Values:
    """The items of a body by kind and attribute. `at` is the name of the thing, where missing attributes are reported."""
    schema = SCHEMA[kind]
    values = Values(reader, kind, what, inside)
    meant: set[str] = set()
    for one in body.items if body is not None else ():
        match one:
            case nodes.Attribute():
                _attribute(values, schema, one, meant)
            case nodes.Rules():
                _rules(values, schema, one)
            case nodes.Route():
                hint = "routes stand in a `route-table`"
                _admit(values, one, values.routes, "unexpected-route", admitted=schema.routes, hint=hint)
            case nodes.PortMap():
                hint = "these stand in a `load-balancer`"
                _admit(values, one, values.mappings, "unexpected-rules", admitted=schema.mappings, hint=hint)
            case _:  # a rule on its own
                hint = "rules stand in `inbound { … }` or `outbound { … }`"
                _admit(values, one, values.bare, "unexpected-rules", admitted=schema.bare_rules, hint=hint)
    span = body.span if body is not None else at
    for word in schema.required:
        # What was misspelt, or could not be read, is one error and not two.
        if word not in values.found and word not in meant and not reader.excuses.damaged(span):
            choices = f" ({listed(schema.attributes[word].words)})" if schema.attributes[word].words else ""
            article = "an" if word[0] in "aeiou" else "a"
            message = f"{what} needs {article} `{word}`{choices}"
            reader.problems.error("missing-attribute", message, at, f"no `{word}` here")
    return values


def _admit(values: Values, one: _Item, into: list[_Item], code: str, *, admitted: bool, hint: str) -> None:
    if admitted:
        into.append(one)
    else:
        noun = "routes" if code == "unexpected-route" else "rules here"
        values.reader.problems.error(code, f"{values.what} takes no {noun}", one.span, "not here", help=hint)


def _rules(values: Values, schema: Kind, one: nodes.Rules) -> None:
    if one.direction is None and schema.bare_rules:
        values.bare.extend(one.rules)
        return
    if one.direction is None or not schema.directions:
        takes = "its rules stand in it without `inbound` or `outbound`" if schema.bare_rules else "rules stand in an `nsg`"
        values.reader.problems.error("unexpected-rules", f"{values.what} takes no rules here", one.span, "not here", help=takes)
        return
    first = values.rules.get(one.direction)
    if first is None:
        values.rules[one.direction] = one
    else:
        values.reader.problems.error(
            "given-twice",
            f"{values.what} has two `{one.direction}` blocks",
            _head(one.span, one.direction),
            "the second one",
            secondary=(Label(_head(first.span, one.direction), "the first one is here"),),
            help="put all rules of one direction into one block",
        )


def _head(span: Span, word: str) -> Span:
    return Span(span.file, span.start, span.start + len(word), span.parent)


def _attribute(values: Values, schema: Kind, one: nodes.Attribute, meant: set[str]) -> None:
    problems, word = values.reader.problems, one.word.text
    attribute = schema.attributes.get(word)
    if attribute is None:
        near = closest(word, dict.fromkeys(schema.attributes))
        if near is not None:
            meant.add(near)
        problems.unknown(
            "unknown-attribute",
            f"{values.what} has no attribute `{word}`",
            one.word.span,
            "not an attribute of it",
            dict.fromkeys(schema.attributes),
            word,
            hint=f"it takes {listed(tuple(schema.attributes), 'and')}" if schema.attributes else "it takes no attributes",
        )
        return
    first = values.found.get(word)
    if first is not None and not attribute.many:
        problems.error(
            "given-twice",
            f"{values.what} has two `{word}` attributes",
            one.word.span,
            "the second one",
            secondary=(Label(first[0].word.span, "the first one is here"),),
        )
        return
    values.found.setdefault(word, []).append(one)
    if attribute.takes is not Takes.BLOCK and one.body is not None and not values.reader.excuses.damaged(one.span):
        problems.error("unexpected-block", f"`{word}` takes no block", one.body.span, f"`{word}` takes {_wants(attribute)}")
    if not one.values:
        problems.error("wrong-value", f"`{word}` needs {_wants(attribute)}", one.word.span, "nothing after it")
    elif word not in values.parts:
        values.parts[word] = join(one.values[0].span, one.values[-1].span)
