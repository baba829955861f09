"""From what the parser stumbled over to the message that a person needs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lark.exceptions import UnexpectedInput, UnexpectedToken

from asever.diagnostics import Diagnostic, Edit, Label, nearest
from asever.source import SourceFile, Span
from asever.syntax.items import STARTERS, no_item

RULE_FORM = 'a rule reads\nPRIORITY ["name"] allow|deny PROTOCOL from WHERE [port PORTS] to WHERE [port PORTS]'
CHECK_FORM = 'a check reads\ncheck ["name"] SUBJECT reaches|can reach|never reaches OBJECT [on SERVICE, …]'
APPLIANCE = "write `route PREFIX -> appliance ADDRESS`"
COMPARISON = "write `nsg X equals nsg Y` or `nsg X permits no more than nsg Y`"
_VERBS = frozenset({"REACHES", "CAN", "NEVER", "IS"})
# What the parser waits for -> code, message, help. The first whose terminal is awaited is said.
_AWAITED: tuple[tuple[str, str, str, str | None], ...] = (
    ("FROM", "expected-from", "a rule needs `from` after its protocol", RULE_FORM),
    ("TO", "expected-to", "a rule needs `to` and where it leads after its sources", RULE_FORM),
    (
        "ARROW",
        "expected-arrow",
        "`->` is missing here",
        'a route reads\nroute ["name"] PREFIX -> internet|vnet-local|gateway|none',
    ),
    ("EQUAL", "expected-equals", "`=` is missing here", None),
    ("VIOLATED", "expected-violated", "`violated` is missing after `expect`", "write `expect violated`"),
    ("HEALTHY", "expected-healthy", "`healthy` is missing after `is`", "write `is healthy`"),
    ("MORE", "expected-more", "this reads `permits no more than`", "write `nsg X permits no more than nsg Y`"),
    ("THAN", "expected-more", "this reads `permits no more than`", "write `nsg X permits no more than nsg Y`"),
    ("DEAD", "expected-dead-rules", "this reads `has no dead rules`", "write `nsg X has no dead rules`"),
    ("RULES", "expected-dead-rules", "this reads `has no dead rules`", "write `nsg X has no dead rules`"),
    ("REGION", "expected-region", "this reads `within region`", "write `within region`"),
    ("LPAR", "expected-bracket", "`(` is missing here", None),
)
_KEYWORDS = {
    name: name.lower()
    for name in (
        "FROM", "TO", "PORT", "ON", "AS", "VIA", "NOT", "WITHIN", "REGION", "EXCEPT", "EXPECT", "VIOLATED", "REACHES", "CAN",
        "REACH", "NEVER", "ONLY", "IS", "HEALTHY", "EQUALS", "PERMITS", "NO", "MORE", "THAN", "HAS", "DEAD", "RULES", "WITH",
        "INBOUND", "OUTBOUND", "ROUTE", "RULE", "CHECK",
    )
}  # fmt: skip


def describe(file: SourceFile, base: int, text: str, offset: int, problem: UnexpectedInput) -> Diagnostic:
    """The diagnostic for the first thing in `text` (at `base` in the file) that the grammar does not admit."""
    awaited = _awaited(problem)
    if isinstance(problem, UnexpectedToken) and problem.token.type == "$END":
        offset = len(text)
    start, end = _word_at(text, offset)
    found = text[start:end]
    limit = len(file.text)
    span = Span(file, min(base + start, limit), min(base + end, limit))
    if start >= len(text) or not found:
        return _at_the_end(file, base, text, awaited)
    if found.startswith('"') and not (len(found) > 1 and found.endswith('"')):
        return _say("unclosed-string", "this text in quotes never ends", span, 'no `"` on this line closes it')
    before = text[:start].rstrip()
    complete = awaited & {"NAME", "RBRACE", "$END"}
    if "\n" in text[len(before) : start] and not complete and before and before[-1] not in "{}":
        # The mistake is what the line before lacks, not what this one begins with.
        return _at_the_end(file, base, text[:start], awaited)
    first = re.match(r"\s*([A-Za-z][A-Za-z0-9_.-]*)", text)
    if first is not None and first[1] not in STARTERS:
        return no_item(Span(file, base + first.start(1), base + first.end(1)))
    keyword = nearest(found, [_KEYWORDS[one] for one in awaited if one in _KEYWORDS])
    label = f"did you mean `{keyword}`?" if keyword else ""
    edits = (Edit(span, keyword),) if keyword else ()
    if keyword and keyword.upper() not in {one for one, *_ in _AWAITED} and not (awaited & _VERBS and "NAME" not in awaited):
        return _say("unknown-keyword", f"`{found}` cannot stand here", span, label, edits=edits)
    if before.endswith("appliance") and "ADDRESS" in awaited:
        return _say("missing-appliance", "a route to an appliance needs its address", span, f"instead of `{found}`", APPLIANCE)
    if _compares(before):
        return _say("expected-nsg", "two nsgs are compared", span, f"instead of `{found}`", COMPARISON)
    if {"EQUALS", "PERMITS", "HAS"} <= awaited and "NAME" not in awaited:
        return _two_words(text, start, span)
    if before.endswith(",") and "NAME" in awaited:
        return _say("unfinished-list", "a list has a value after every comma", span, f"`{found}` is not one")
    for terminal, code, message, help_text in _AWAITED:
        if terminal in awaited and "NAME" not in awaited:
            return _say(code, message, span, label or f"instead of `{found}`", help_text, edits)
    if "NAME" not in awaited and awaited & (_VERBS | {"REACH"}):
        return _say(
            "expected-verb", "a check needs a verb after its subject", span, label or f"`{found}` is not one", CHECK_FORM, edits
        )
    if "COMMA" in awaited and found[0].isalnum() and "RBRACE" in awaited and "NAME" not in awaited:
        return _say("unexpected-word", f"`{found}` cannot stand here", span, f"{_in_words(awaited)} is awaited")
    return _say("unexpected", f"`{found}` cannot stand here", span, f"{_in_words(awaited)} is awaited", _why(found))


def _compares(before: str) -> bool:
    """Whether the text breaks off after `equals` or `than`, or one word later."""
    return any(word in ("equals", "than") for word in before.split()[-2:])


def _two_words(text: str, start: int, span: Span) -> Diagnostic:
    """Two names after each other in a check: the verb is wrong, or a name has a space in it."""
    words = text[:start].split()
    middle = words[-1] if words else ""
    meant = nearest(middle, ["reaches", "can", "never", "is", "equals", "permits", "has"])
    label = f"`{middle}` before it is no verb" + (f"; did you mean `{meant}`?" if meant else "")
    return _say(
        "expected-verb",
        "a check needs a verb after its subject",
        span,
        label,
        CHECK_FORM + "\na name with a space stands in quotes",
    )


def _why(found: str) -> str | None:
    if found == ",":
        return "a list has a value after every comma"
    if found[0].isdigit():
        return "a name that starts with a digit stands in quotes"
    if found[0] in "'“”\u2018\u2019":
        return 'texts stand in straight double quotes: "like this"'
    return None


def _at_the_end(file: SourceFile, base: int, text: str, awaited: frozenset[str]) -> Diagnostic:
    end = base + len(text.rstrip())
    limit = len(file.text)
    span = Span(file, min(max(end - 1, 0), limit), min(end, limit))
    if _compares(text):
        return _say("expected-nsg", "two nsgs are compared", span, "the text ends here", COMPARISON)
    if text.rstrip().endswith(","):
        return _say("unfinished-list", "a list has a value after every comma", span, "nothing comes after this")
    for terminal, code, message, help_text in _AWAITED:
        if terminal in awaited and "NAME" not in awaited:
            return _say(code, message, span, "the text ends here", help_text)
    if "NAME" not in awaited and awaited & (_VERBS | {"REACH"}):
        return _say("expected-verb", "a check needs a verb after its subject", span, "the text ends here", CHECK_FORM)
    return _say("unfinished", "something is missing at the end", span, f"{_in_words(awaited)} is awaited")


def _say(
    code: str,
    message: str,
    span: Span,
    label: str = "",
    help: str | None = None,  # noqa: A002 - the field's name
    edits: tuple[Edit, ...] = (),
) -> Diagnostic:
    return Diagnostic(code=code, message=message, primary=Label(span, label), help=help, edits=edits)


def _awaited(problem: UnexpectedInput) -> frozenset[str]:
    if isinstance(problem, UnexpectedToken):
        return frozenset(problem.accepts or problem.expected)
    return frozenset(getattr(problem, "allowed", None) or ())


def _word_at(text: str, offset: int) -> tuple[int, int]:
    start = offset
    while start < len(text) and text[start].isspace():
        start += 1
    end = start
    if end < len(text) and text[end] == '"':
        closing = text.find('"', end + 1)
        line_end = text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end
        return start, (closing + 1 if 0 <= closing < line_end else line_end)
    while end < len(text) and (text[end].isalnum() or text[end] in "-_./:"):
        end += 1
    return start, max(end, min(start + 1, len(text)))


def _in_words(awaited: Iterable[str]) -> str:
    """A set of terminals as a person would list them."""
    names = set(awaited)
    words = []
    if names & {"NAME", "STRING"}:
        words.append("a name")
    if "ADDRESS" in names:
        words.append("an address")
    if names & {"INT", "PORT_RANGE"}:
        words.append("a number")
    signs = {"LBRACE": "`{`", "RBRACE": "`}`", "LPAR": "`(`", "RPAR": "`)`", "COMMA": "`,`", "STAR": "`*`", "ARROW": "`->`"}
    words.extend(text for name, text in signs.items() if name in names)
    if "NAME" not in names:
        words.extend(f"`{_KEYWORDS[name]}`" for name in sorted(names) if name in _KEYWORDS)
    if "$END" in names:
        words.append("the end")
    if not words:
        return "something else"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
