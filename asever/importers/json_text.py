"""JSON text as a tree of values with places; whatever is wrong with it is a diagnostic, never an exception.

It reads what Azure's own tools read: a byte-order mark, comments, texts over several lines, a comma before a closing bracket.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Mapping
from json import JSONDecodeError, JSONDecoder
from math import isinf
from typing import Final, NoReturn

from asever.diagnostics import Diagnostic, Edit, Label, nearest
from asever.importers.budget import Budget, too_large
from asever.importers.tree import Members, Plain, Value
from asever.source import SourceFile, Span

LARGEST: Final = 16_000_000
"""Bytes of the largest file that is read. Azure takes templates of 4 MB; its list of service tags has about as much."""

COST: Final = 2
"""Steps that a value counts for."""

DEEPEST: Final = 100
"""How many brackets may stand inside each other. Resource Manager reads 64; what nests deeper was made to break readers."""

WIDEST: Final = 100_000
"""Members of the largest object that is read."""

LONGEST_NUMBER: Final = 300
"""Digits of the longest number: beyond that even a real number of double precision has no value."""

_ESCAPES: Final = JSONDecoder(strict=False)
_LITERALS: Final[dict[str, Plain]] = {"true": True, "false": False, "null": None}

# White space and comments. Possessive, so that no text makes the reader try it in many ways.
_GAP: Final = r"(?:\s++|//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)*+"
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# What a value begins with: a text, an opening bracket, a number or a word.
_VALUE: Final = re.compile(rf"{_GAP}(?:({_STRING})|([{{\[])|([-+.\w]++))", re.DOTALL)
# The name of a member with its colon, or the bracket that closes the object.
_NAME: Final = re.compile(rf"{_GAP}(?:({_STRING}){_GAP}:|(\}}))", re.DOTALL)
_AFTER: Final = re.compile(rf"{_GAP}([,}}\]])")
_CLOSE: Final = re.compile(rf"{_GAP}\]")
_SPACE: Final = re.compile(_GAP)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
# An escape, of a character beyond the first plane the pair of them.
_ESCAPE: Final = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.", re.DOTALL)
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def source_file(name: str, data: bytes, at: Span | None = None) -> SourceFile | Diagnostic:
    """A file as a text, in UTF-8 or in UTF-16 with its mark, with line ends of one kind. `at` is where it was imported."""
    place = Label(at, "imported here") if at is not None else None
    if len(data) > LARGEST:
        return Diagnostic(
            code="json-too-large",
            message=f"`{name}` is larger than {LARGEST // 1_000_000} MB",
            primary=place,
            help="import the part that describes the network",
        )
    encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8"
    try:
        text = data.removeprefix(BOM_UTF8).decode(encoding)
    except UnicodeDecodeError:
        message = f"`{name}` is not a text in UTF-8"
        return Diagnostic(code="not-json", message=message, primary=place, help="save the file in UTF-8")
    text = text.removeprefix("\ufeff")
    return SourceFile(name, text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)


def parse(file: SourceFile, budget: Budget | None = None) -> Value | Diagnostic:
    """The value that the text of a file is. What that takes is counted in the budget of the imports, or in one of its own."""
    return _parsed(file, budget or Budget(), _Reading.value)


def parse_from(file: SourceFile, start: int, budget: Budget) -> Value | Diagnostic:
    """The value that begins at a place in the text of a file; what follows it is not looked at."""
    return _parsed(file, budget, lambda reading: reading.part(start))


def _parsed(file: SourceFile, budget: Budget, read: Callable[[_Reading], Value]) -> Value | Diagnostic:
    reading = _Reading(file, budget.left // COST)
    try:
        return read(reading)
    except _WrongTextError as wrong:
        return wrong.diagnostic
    finally:
        budget.read(COST * reading.count)


def parse_inside(text: Value, budget: Budget) -> Value | Diagnostic:
    """The value that a text inside a file is: recorders keep answers so. Its parts stand where they do in the text's quotes."""
    span = text.span
    inner = SourceFile(span.file.name if span is not None else "text", text.text or "")
    found = parse(inner, budget)
    if isinstance(found, Diagnostic) or span is None:
        return found
    return _moved(found, span, _Escapes(span))


class _Escapes:
    """Where the characters of a text stand between its quotes, in which some are written as escapes."""

    def __init__(self, quoted: Span) -> None:
        self.first = quoted.start + 1
        self.read: list[int] = [0]
        self.written: list[int] = [0]
        for found in _ESCAPE.finditer(quoted.text, 1, len(quoted.text) - 1):
            read = self.read[-1] + found.start() - 1 - self.written[-1]
            self.read.append(read + 1)
            self.written.append(found.end() - 1)

    def at(self, offset: int) -> int:
        """The offset in the file of an offset in the text."""
        index = bisect_right(self.read, offset) - 1
        return self.first + self.written[index] + offset - self.read[index]


def _moved(value: Value, quoted: Span, escapes: _Escapes) -> Value:
    plain = value.plain
    if isinstance(plain, Mapping):
        plain = {name: _moved(one, quoted, escapes) for name, one in plain.items()}
    elif isinstance(plain, tuple):
        plain = tuple(_moved(one, quoted, escapes) for one in plain)
    at = value.span
    return Value(plain=plain, span=Span(quoted.file, escapes.at(at.start), escapes.at(at.end)) if at is not None else None)


class _WrongTextError(Exception):
    """The text is no JSON; carries what is said about it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


class _Reading:
    """One walk over a text. Nesting is limited (`DEEPEST`), so that it may follow the brackets by recursion."""

    def __init__(self, file: SourceFile, most: int) -> None:
        self.file = file
        self.text = file.text
        self.depth = 0
        self.most = most
        self.count = 0

    def part(self, start: int) -> Value:
        """The value that begins at a place."""
        return self._value(start)[0]

    def value(self) -> Value:
        """The value that the whole text is."""
        value, at = self._value(0)
        at = self._skip(at)
        if at < len(self.text):
            self._wrong(
                at, at + 1, "the value is complete, and something follows it", "a file holds one value; remove the rest"
            )
        return value

    def _value(self, at: int) -> tuple[Value, int]:
        found = _VALUE.match(self.text, at)
        if found is None:
            self._no_value(at)
        kind = found.lastindex
        end = found.end()
        self.count += 1
        if self.count > self.most:
            raise _WrongTextError(too_large(Span(self.file, end - 1, end)))
        if kind == 1:
            start = found.start(1)
            return Value(plain=self._string(found[1], start), span=Span(self.file, start, end)), end
        if kind == 3:
            return self._word(found[3], end), end
        start = end - 1
        if self.depth >= DEEPEST:
            self._too_deep(start)
        self.depth += 1
        plain: Plain
        plain, end = self._object(end, start) if found[2] == "{" else self._array(end, start)
        self.depth -= 1
        return Value(plain=plain, span=Span(self.file, start, end)), end

    def _array(self, at: int, opened: int) -> tuple[tuple[Value, ...], int]:
        items: list[Value] = []
        text, close_at, after = self.text, _CLOSE.match, _AFTER.match
        while True:
            closed = close_at(text, at)
            if closed is not None:
                return tuple(items), closed.end()
            value, at = self._value(at)
            items.append(value)
            found = after(text, at)
            if found is None or found[1] == "}":
                self._not_separated(at, opened)
            at = found.end()
            if found[1] == "]":
                return tuple(items), at

    def _object(self, at: int, opened: int) -> tuple[Members, int]:
        members = Members()
        text, name_at, after = self.text, _NAME.match, _AFTER.match
        while True:
            found = name_at(text, at)
            if found is None:
                self._no_name(at, opened)
            if found.lastindex == 2:
                return members, found.end()
            start, end = found.span(1)
            name = self._string(found[1], start)
            if name in members:
                self._twice(name, start, end, members)
            if len(members) >= WIDEST:
                self._too_wide(opened)
            members[name], at = self._value(found.end())
            found = after(text, at)
            if found is None or found[1] == "]":
                self._not_separated(at, opened)
            at = found.end()
            if found[1] == "}":
                return members, at

    # -- Single values ------------------------------------------------------------------------------------------------

    def _string(self, quoted: str, start: int) -> str:
        """The text in quotes; Azure's tools take line ends in it as they are."""
        if "\\" not in quoted:
            return quoted[1:-1]
        try:
            text = str(_ESCAPES.decode(quoted))
        except JSONDecodeError as problem:
            at = start + problem.pos
            self._wrong(at, at + 2, "this is no escape of JSON", "write a backslash twice: `\\\\`")
        # A half of a pair is no character, and could not be shown.
        return _LONE_SURROGATE.sub("\ufffd", text)

    def _word(self, word: str, end: int) -> Value:
        start = end - len(word)
        span = Span(self.file, start, end)
        if word in _LITERALS:
            return Value(plain=_LITERALS[word], span=span)
        number = _NUMBER.fullmatch(word)
        if number is None:
            self._no_word(word, start, end)
        if number[1] is None and number[2] is None:
            if len(word) > LONGEST_NUMBER:
                self._wrong(start, end, "no number is this long", "write a text in quotes")
            return Value(plain=int(word), span=span)
        real = float(word)
        if isinf(real):
            self._wrong(start, end, "no number is this large", "write a text in quotes")
        return Value(plain=real, span=span)

    # -- What is wrong ------------------------------------------------------------------------------------------------

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return at if found is None else found.end()

    def _wrong(
        self,
        start: int,
        end: int,
        label: str,
        help: str,  # noqa: A002 - the field's name
        *,
        other: tuple[Label, ...] = (),
        edits: tuple[Edit, ...] = (),
    ) -> NoReturn:
        last = len(self.text)
        span = Span(self.file, min(start, last), min(max(end, start + 1), last))
        message = f"`{self.file.name}` is not JSON: {label}"
        raise _WrongTextError(
            Diagnostic(code="not-json", message=message, primary=Label(span, label), secondary=other, help=help, edits=edits)
        )

    def _no_value(self, at: int) -> NoReturn:
        at = self._skip(at)
        rest = self.text[at : at + 2]
        if not rest:
            label = "the file is empty" if not self.text.strip() else "the file ends where a value should stand"
            self._wrong(at, at, label, "save the whole file again")
        if rest == "/*":
            self._wrong(at, at + 2, "this comment never ends", "end it with `*/`")
        if rest[0] == '"':
            self._wrong(at, at + 1, "this text never ends", "close it with a straight double quote")
        if rest[0] in "'\u2018\u2019\u201c\u201d":
            self._wrong(at, at + 1, "a text stands in straight double quotes", 'write `"`')
        if rest[0] == "<":
            self._wrong(at, at + 1, "this is markup, not JSON", "save the file itself, not the page that shows it")
        self._wrong(at, at + 1, "a value should stand here", "write a text, a number, `true`, `false`, `null`, `[` or `{`")

    def _no_word(self, word: str, start: int, end: int) -> NoReturn:
        meant = nearest(word, _LITERALS)
        if meant is not None:
            edits = (Edit(Span(self.file, start, end), meant),)
            self._wrong(start, end, "this is no word of JSON", f"did you mean `{meant}`?", edits=edits)
        if word[0] in "+-.0123456789":
            self._wrong(start, end, "this is no number of JSON", "write it in decimal digits, or as a text in quotes")
        self._wrong(start, end, "this is no word of JSON", f'write a text in quotes: `"{word}"`')

    def _no_name(self, at: int, opened: int) -> NoReturn:
        at = self._skip(at)
        if at >= len(self.text):
            self._unclosed(opened)
        name = re.compile(_STRING, re.DOTALL).match(self.text, at)
        if name is not None:
            behind = self._skip(name.end())
            self._wrong(behind, behind + 1, "a colon is missing after this name", "write `:` between a name and its value")
        if self.text[at] in '"/':
            self._no_value(at)
        self._wrong(at, at + 1, "the name of a member should stand here", "write a name in double quotes, or `}`")

    def _not_separated(self, at: int, opened: int) -> NoReturn:
        at = self._skip(at)
        if at >= len(self.text):
            self._unclosed(opened)
        if self.text.startswith("/*", at):
            self._no_value(at)
        bracket, closing = self.text[opened], "}" if self.text[opened] == "{" else "]"
        other = (Label(Span(self.file, opened, opened + 1), "opened here"),)
        if self.text[at] in "}]":
            self._wrong(at, at + 1, f"this does not close `{bracket}`", f"write `{closing}` here, or remove it", other=other)
        self._wrong(at, at + 1, "a comma is missing before this", f"write `,` between two values, or `{closing}`", other=other)

    def _unclosed(self, opened: int) -> NoReturn:
        self._wrong(opened, opened + 1, "this bracket is never closed", "the file may be cut off: save it again")

    def _twice(self, name: str, start: int, end: int, members: dict[str, Value]) -> NoReturn:
        earlier = members[name].span
        raise _WrongTextError(
            Diagnostic(
                code="json-name-twice",
                message=f"`{name}` stands twice in one object",
                primary=Label(Span(self.file, start, end), "again"),
                secondary=(Label(earlier, "its first value"),) if earlier is not None else (),
                help="keep one of them: tools do not agree which one counts",
            )
        )

    def _too_wide(self, opened: int) -> NoReturn:
        message = f"`{self.file.name}` has an object of more than {WIDEST:,} members"
        label = Label(Span(self.file, opened, opened + 1), "this object")
        help_ = "import the part that describes the network"
        raise _WrongTextError(Diagnostic(code="json-too-large", message=message, primary=label, help=help_))

    def _too_deep(self, start: int) -> NoReturn:
        message = f"`{self.file.name}` nests brackets more than {DEEPEST} deep"
        label = Label(Span(self.file, start, start + 1), "one bracket too many")
        raise _WrongTextError(Diagnostic(code="json-too-deep", message=message, primary=label, help="no file of Azure's does"))
