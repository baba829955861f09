"""An edit inside a long list of rules: the rules around it are parsed, those of the rest of the list are the same nodes.

Each rule of a long list is in an excerpt of its own (`asever.source.Excerpt`), cut from that of the item, and moves with it.

What is parsed begins with the rule before the edit, which has to be the first of its line, and ends with the rule behind it; at
an end of the list, with that end. A token lies in one line, comments have ended before a rule begins, and no rule goes
on with the number that another begins with: so the rules of the whole list are those of its parts. That the part behind the
edit begins where it began is known when the rule behind the edit comes out as it was.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TypeGuard

from asever.source import Excerpt, SourceFile, Span
from asever.syntax import nodes
from asever.syntax.parser import sound_item
from asever.syntax.stored import restored, stored

_Inner = nodes.Attribute | nodes.Rules | nodes.Rule | nodes.Route | nodes.PortMap

LONG = 24
"""So many rules make a list long."""

_ITEM = "nsg one {"
_LIST = f"{_ITEM} inbound {{\n"


def placed(item: nodes.Item, excerpt: Excerpt) -> nodes.Item:
    """An item whose text is that of the excerpt, with its places there, and the rules of its long lists apart."""
    shift = -item.span.start
    if isinstance(item, nodes.Declaration) and item.body is not None and any(map(_is_long, item.body.items)):
        return _declaration(item, excerpt, item.body, [_apart(one, excerpt, shift) for one in item.body.items], shift)
    moved: nodes.Item = restored(stored(item), excerpt, 0)
    return moved


def spliced(item: nodes.Item, excerpt: Excerpt, same_before: int, same_behind: int) -> nodes.Item | None:
    """The item after an edit inside one of its long lists; None if it is not surely that.

    `excerpt` is the text of the item now, and `item` what `placed` or this made of the text before; so many letters at either
    end are the same. Rules that are as they were stand in the new text from now on.
    """
    if not isinstance(item, nodes.Declaration) or item.body is None:
        return None
    low, high, shift = same_before, item.span.end - same_behind, len(excerpt.text) - item.span.end
    items: list[_Inner] = list(item.body.items)
    number, one = next(((at, one) for at, one in enumerate(items) if _surrounds(one, low, high)), (0, None))
    found = None if one is None else _edited(one, excerpt, low, high, shift)
    if found is None:
        return None
    before, behind = items[:number], items[number + 1 :]
    items = [
        *(_again(each, excerpt, 0) for each in before),
        found,
        *(_again(each, excerpt, shift) for each in behind),
    ]
    return _declaration(item, excerpt, item.body, items, 0)


# -- The list that was edited -------------------------------------------------------------------------------------------


def _surrounds(one: nodes.Node, low: int, high: int) -> TypeGuard[nodes.Rules]:
    """Whether what differs lies between the word and the closing brace of a list whose rules are apart."""
    return _is_apart(one) and one.span.start + len(one.direction or "") < low and high < one.span.end


def _edited(one: nodes.Rules, excerpt: Excerpt, low: int, high: int, shift: int) -> nodes.Rules | None:
    """The list after an edit of what stood between two offsets of the item; what is behind them has been shifted."""
    rules, places = one.rules, list(map(_place, one.rules))
    first = bisect_left(places, low, key=_end) - 1
    while first >= 0 and not _begins_line(excerpt.text, places[first].start):
        first -= 1
    last = bisect_right(places, high, key=_start)
    begin = places[first].start if first >= 0 else one.span.start
    end = (_end(places[last]) if last < len(rules) else one.span.end) + shift
    head, tail = (_LIST if first >= 0 else _ITEM), ("\n}}" if last < len(rules) else "\n}")
    text = SourceFile("", f"{head}{excerpt.text[begin:end]}{tail}")
    fresh = _only_list(sound_item(text, 0, len(text.text)))
    if fresh is None or (first < 0 and fresh.direction != one.direction):
        return None
    closes = fresh.span if last == len(rules) else fresh.rules[-1].span if fresh.rules else None
    if closes is None or closes.end != len(text.text) - len(tail) or (last < len(rules) and closes.text != places[last].text):
        return None
    left: dict[str, list[nodes.Rule]] = {}
    for rule in rules[max(first, 0) : last + 1]:
        left.setdefault(_place(rule).text, []).append(rule)
    found: list[nodes.Rule] = []
    for rule in fresh.rules:
        same = left.get(rule.span.text)
        start = begin + rule.span.start - len(head)
        if same:
            _place(same[0]).move(excerpt, start)
            found.append(same.pop(0))
        else:
            found.append(_own(rule, excerpt, start))
    before, behind = rules[: max(first, 0)], rules[last + 1 :]
    _move(before, excerpt, 0)
    _move(behind, excerpt, shift)
    span = Span(excerpt, one.span.start, one.span.end + shift)
    return nodes.Rules(span=span, direction=one.direction, rules=(*before, *found, *behind))


def _begins_line(text: str, offset: int) -> bool:
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()


def _only_list(item: nodes.Item | None) -> nodes.Rules | None:
    """The list of rules that is all of an item."""
    items = item.body.items if isinstance(item, nodes.Declaration) and item.body is not None else ()
    return items[0] if len(items) == 1 and isinstance(items[0], nodes.Rules) else None


# -- Places -------------------------------------------------------------------------------------------------------------


def _is_long(one: nodes.Node) -> TypeGuard[nodes.Rules]:
    return isinstance(one, nodes.Rules) and len(one.rules) >= LONG


def _is_apart(one: nodes.Node) -> TypeGuard[nodes.Rules]:
    return isinstance(one, nodes.Rules) and bool(one.rules) and one.rules[0].span.file is not one.span.file


def _place(rule: nodes.Rule) -> Excerpt:
    """The excerpt that a rule of a long list has to itself."""
    file = rule.span.file
    assert isinstance(file, Excerpt)  # noqa: S101 - that is what it means to be apart
    return file


def _start(one: Excerpt) -> int:
    return one.start


def _end(one: Excerpt) -> int:
    return one.start + len(one.text)


def _own(rule: nodes.Rule, excerpt: Excerpt, start: int) -> nodes.Rule:
    """The rule in an excerpt of its own, which stands there in that of the item."""
    own = Excerpt(excerpt, start, start + rule.span.end - rule.span.start)
    made: nodes.Rule = restored(stored(rule), own, 0)
    return made


def _move(rules: Sequence[nodes.Rule], excerpt: Excerpt, shift: int) -> None:
    for one in map(_place, rules):
        one.move(excerpt, one.start + shift)


def _declaration(
    node: nodes.Declaration, excerpt: Excerpt, body: nodes.Body, items: Sequence[_Inner], shift: int
) -> nodes.Declaration:
    """The declaration with these things in its body; what stands before them is shifted."""
    end = len(excerpt.text)
    return nodes.Declaration(
        span=Span(excerpt, 0, end),
        kind=restored(stored(node.kind, 0), excerpt, shift),
        name=restored(stored(node.name, 0), excerpt, shift),
        body=nodes.Body(span=Span(excerpt, body.span.start + shift, end), items=tuple(items)),
    )


def _apart(one: _Inner, excerpt: Excerpt, shift: int) -> _Inner:
    """Something in the body of a declaration, shifted; the rules of a long list get excerpts of their own."""
    if not _is_long(one):
        return _shifted(one, excerpt, shift)
    rules = tuple(_own(rule, excerpt, rule.span.start + shift) for rule in one.rules)
    return nodes.Rules(span=_span(one, excerpt, shift), direction=one.direction, rules=rules)


def _again(one: _Inner, excerpt: Excerpt, shift: int) -> _Inner:
    """Something in the body of a declaration, shifted; rules that are apart move."""
    if not _is_apart(one):
        return _shifted(one, excerpt, shift)
    _move(one.rules, excerpt, shift)
    return nodes.Rules(span=_span(one, excerpt, shift), direction=one.direction, rules=one.rules)


def _shifted(one: _Inner, excerpt: Excerpt, shift: int) -> _Inner:
    moved: _Inner = restored(stored(one, 0), excerpt, shift)
    return moved


def _span(one: nodes.Node, excerpt: Excerpt, shift: int) -> Span:
    return Span(excerpt, one.span.start + shift, one.span.end + shift)
