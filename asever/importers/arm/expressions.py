"""Template expressions (`[concat(parameters('x'), '-nsg')]`) as trees. What they mean is `asever.importers.arm.evaluator`'s."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

LONGEST: Final = 1_000_000
"""Letters of the longest expression; Resource Manager itself stops at 24,576."""

DEEPEST: Final = 60
"""How many calls may stand inside each other; Bicep's generated expressions have a dozen."""


class Literal(NamedTuple):
    """A text or number as written."""

    value: str | int | float


class Call(NamedTuple):
    """A function, with its namespace where it has one (`__bicep.cidr`), and its arguments."""

    name: str
    arguments: tuple[Expression, ...]


class Access(NamedTuple):
    """Members and items of a value: `base.a[0].b`."""

    base: Expression
    steps: tuple[Expression, ...]


Expression = Literal | Call | Access


class ExpressionError(Exception):
    """The text is no expression; `at` is the offset in it, and the message says what is wrong there."""

    def __init__(self, message: str, at: int) -> None:
        self.at = at
        super().__init__(message)


_TOKEN: Final = re.compile(
    r"\s*+(?:(?P<text>'[^']*+(?:''[^']*+)*+')|(?P<number>[-+]?\d++(?:\.\d++)?(?:[eE][-+]?\d++)?)"
    r"|(?P<name>[A-Za-z_$][\w$]*+)|(?P<mark>[()\[\].,?]))"
)
_SPACE: Final = re.compile(r"\s*+")


def is_expression(text: str) -> bool:
    """Whether Azure computes a text: it stands in brackets, and the first is not doubled."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


class Parsed(NamedTuple):
    """The tree of an expression, and of how many words and marks the text was."""

    tree: Expression
    tokens: int


def parse(text: str) -> Parsed:
    """The tree of an expression in its brackets."""
    if len(text) > LONGEST:
        raise ExpressionError(f"it is longer than {LONGEST:,} letters", 0)
    reading = _Reading(text[:-1])
    tree = reading.expression(0)
    reading.end()
    return Parsed(tree, reading.tokens)


class _Reading:
    """One walk over the tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 1
        self.tokens = 0
        self._next: re.Match[str] | None = None
        self._next_at = 0  # where the token begins that was looked at last

    def expression(self, depth: int) -> Expression:
        if depth > DEEPEST:
            self._wrong("calls stand inside each other too deeply")
        base = self._base(depth)
        steps: list[Expression] = []
        while True:
            if self._mark("."):
                self._mark("?")
                steps.append(Literal(self._name()))
            elif self._mark("["):
                self._mark("?")
                steps.append(self.expression(depth + 1))
                self._expect("]")
            else:
                return Access(base, tuple(steps)) if steps else base

    def _base(self, depth: int) -> Expression:
        found = self._token()
        kind = found.lastgroup if found is not None else None
        if found is None or kind == "mark":
            self._wrong("a call, a text or a number should stand here")
        self.at = found.end()
        if kind == "text":
            return Literal(found["text"][1:-1].replace("''", "'"))
        if kind == "number":
            return Literal(_number(found["number"]))
        names = [found["name"]]
        while self._mark("."):
            names.append(self._name())
        name = ".".join(names)
        if not self._mark("("):
            self._wrong(f"`{name}` is no call: a function's name is followed by `(`")
        return Call(name, self._arguments(depth))

    def _arguments(self, depth: int) -> tuple[Expression, ...]:
        if self._mark(")"):
            return ()
        arguments = [self.expression(depth + 1)]
        while self._mark(","):
            arguments.append(self.expression(depth + 1))
        self._expect(")")
        return tuple(arguments)

    def end(self) -> None:
        """Nothing may follow."""
        if _SPACE.fullmatch(self.text, self.at) is None:
            self._wrong("the expression is complete, and something follows it")

    def _token(self) -> re.Match[str] | None:
        """The next word or mark; many look at it before one takes it."""
        if self._next_at != self.at:
            self._next, self._next_at = _TOKEN.match(self.text, self.at), self.at
            self.tokens += 1
        return self._next

    def _mark(self, mark: str) -> bool:
        found = self._token()
        if found is None or found["mark"] != mark:
            return False
        self.at = found.end()
        return True

    def _name(self) -> str:
        found = self._token()
        if found is None or found["name"] is None:
            self._wrong("a name should stand after the dot")
        self.at = found.end()
        return str(found["name"])

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            self._wrong(f"`{mark}` is missing here")

    def _wrong(self, message: str) -> NoReturn:
        found = _SPACE.match(self.text, self.at)
        raise ExpressionError(message, self.at if found is None else found.end())


def _number(text: str) -> int | float:
    if text.lstrip("+-").isdecimal() and len(text) < LONGEST_NUMBER:
        return int(text)
    return float(text)


LONGEST_NUMBER: Final = 300
