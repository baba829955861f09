"""Quick lexing for lark, for texts that most likely have no mistake: twice as many rules a second as lark's own lexer.

It makes one match a token, not one for the token and one for the blank before it, and counts no lines, which nobody asks for.
Messages about mistakes come from lark as it is (`asever.syntax.parser`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from lark import Token
from lark.lexer import BasicLexer


class QuickLexer(BasicLexer):
    """lark's basic lexer, for a grammar that ignores blanks and whose keywords are words that stand for themselves."""

    def lex(self, state: Any, parser_state: Any) -> Iterator[Token]:  # noqa: ANN401 - lark's
        """The tokens of a text; raises what lark raises for a character that no token begins with."""
        keywords, ignored, new = self._keywords, frozenset(map(str, self.ignore_types)), str.__new__
        text, at, token = state.text.text, state.text.start, None
        for match in self._tokens.finditer(text, at, state.text.end):
            if match.start() != at:
                break
            kind: Any = match.lastgroup
            start, at = match.span(kind)
            if kind in ignored:
                continue
            value = text[start:at]
            token = new(Token, value)
            token.type = keywords[kind].get(value, kind) if kind in keywords else kind
            token.value = value
            token.start_pos, token.end_pos = start, at
            yield token
        if token is not None:  # lark's token for the end of the text borrows its place
            token.line = token.column = token.end_line = token.end_column = 0
        state.line_ctr.char_pos = at
        yield from super().lex(state, parser_state)  # nothing but blanks, or the mistake

    @cached_property
    def _tokens(self) -> re.Pattern[str]:
        terminals = "|".join(f"(?P<{one.name}>{one.pattern.to_regexp()})" for one in self.scanner.terminals)
        return re.compile(rf"\s*(?:{terminals})", self.g_regex_flags)

    @cached_property
    def _keywords(self) -> dict[str, dict[str, str]]:
        """For each kind of token that keywords look like, the kinds of these by their text."""
        _ = self.scanner  # making it makes the callbacks
        return {
            str(kind): {one.pattern.value: str(one.name) for one in unless.scanner.terminals}
            for kind, unless in self.callback.items()
            if hasattr(unless, "scanner")
        }
