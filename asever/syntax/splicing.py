"""An edit inside a long list of rules: the rules around it are parsed, those of the rest of the list are the same nodes.

Each rule of a long list is in an excerpt of its own (`asever.source.Excerpt`), cut from that of the item, and moves with it.
Where edits are only tried (`with_edit`), nothing moves.

What is parsed begins with the rule before the edit, which has to be the first of its line, and ends with the rule behind it; at
an end of the list, with that end. A token lies in one line, comments have ended before a rule begins, and no rule goes
on with the number that another begins with: so the rules of the whole list are those of its parts. That the part behind the
edit begins where it began is known when the rule behind the edit comes out as it was.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import TypeGuard

from asever.record import record
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
    number, one = next(((at, one) for at, one in enumerate(items) if _is_apart(one) and _surrounds(one, low, high)), (0, None))
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


def with_edit(tree: nodes.FileNode, file: SourceFile) -> nodes.FileNode | None:
    """The tree of a file whose text differs from that of a tree inside one long list of rules; None if it is not surely that.

    What is the same in both is the same nodes, which stay where they are: their places are those in the text of the tree.
    """
    before, text = tree.file.text, file.text
    if text == before:
        return nodes.FileNode(file=file, items=tree.items)
    same_before, same_behind = alike_ends(before, text)
    low, high, shift = same_before, len(before) - same_behind, len(text) - len(before)
    number = bisect_left(tree.items, low, key=_start_of) - 1
    item = tree.items[number] if number >= 0 else None
    if not isinstance(item, nodes.Declaration) or item.body is None:
        return None
    items: list[_Inner] = list(item.body.items)
    at, one = next(((at, one) for at, one in enumerate(items) if _is_long(one) and _surrounds(one, low, high)), (0, None))
    found = None if one is None else _between(one, text, low, high, shift, _span_of)
    if one is None or found is None:
        return None
    fresh = (_restored(rule, file, start) if is_new else rule for rule, start, is_new in found.rules)
    span = Span(file, one.span.start, one.span.end + shift)
    items[at] = nodes.Rules(
        span=span, direction=one.direction, rules=(*one.rules[: found.first], *fresh, *one.rules[found.end :])
    )
    body = nodes.Body(span=Span(file, item.body.span.start, item.body.span.end + shift), items=tuple(items))
    whole = Span(file, item.span.start, item.span.end + shift)
    edited = nodes.Declaration(span=whole, kind=item.kind, name=item.name, body=body)
    return nodes.FileNode(file=file, items=(*tree.items[:number], edited, *tree.items[number + 1 :]))


def alike_ends(one: str, other: str) -> tuple[int, int]:
    """How many letters two texts have in common at the beginning, and how many of the others at the end."""
    before = _alike(one, other)
    return before, min(_alike(one[::-1], other[::-1]), min(len(one), len(other)) - before)


def _alike(one: str, other: str) -> int:
    """How many letters two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# -- The list that was edited -------------------------------------------------------------------------------------------


@record
class _Between:
    """What an edit made of the rules of a list from `first` up to `end`: each rule, where it starts, and whether it is new."""

    first: int
    end: int
    rules: Sequence[tuple[nodes.Rule, int, bool]]


def _surrounds(one: nodes.Rules, low: int, high: int) -> bool:
    """Whether what differs lies between the word and the closing brace of a list."""
    return one.span.start + len(one.direction or "") < low and high < one.span.end


def _between(
    one: nodes.Rules, text: str, low: int, high: int, shift: int, place: Callable[[nodes.Rule], tuple[int, int]]
) -> _Between | None:
    """What became of the rules around an edit of what stood between two offsets; what is behind them has been shifted.

    `text` is that after the edit, and `place` where a rule stood before.
    """
    rules = one.rules
    first = bisect_left(rules, low, key=lambda rule: place(rule)[1]) - 1
    while first >= 0 and not _begins_line(text, place(rules[first])[0]):
        first -= 1
    last = bisect_right(rules, high, key=lambda rule: place(rule)[0])
    begin = place(rules[first])[0] if first >= 0 else one.span.start
    end = (place(rules[last])[1] if last < len(rules) else one.span.end) + shift
    head, tail = (_LIST if first >= 0 else _ITEM), ("\n}}" if last < len(rules) else "\n}")
    source = SourceFile("", f"{head}{text[begin:end]}{tail}")
    fresh = _only_list(sound_item(source, 0, len(source.text)))
    if fresh is None or (first < 0 and fresh.direction != one.direction):
        return None
    closes = fresh.span if last == len(rules) else fresh.rules[-1].span if fresh.rules else None
    if closes is None or closes.end != len(source.text) - len(tail):
        return None
    if last < len(rules) and closes.text != rules[last].span.text:
        return None
    first = max(first, 0)
    left: dict[str, list[nodes.Rule]] = {}
    for rule in rules[first : last + 1]:
        left.setdefault(rule.span.text, []).append(rule)
    found: list[tuple[nodes.Rule, int, bool]] = []
    for rule in fresh.rules:
        same, start = left.get(rule.span.text), begin + rule.span.start - len(head)
        found.append((same.pop(0), start, False) if same else (rule, start, True))
    return _Between(first=first, end=last + 1, rules=found)


def _edited(one: nodes.Rules, excerpt: Excerpt, low: int, high: int, shift: int) -> nodes.Rules | None:
    """The list, whose rules are apart, after an edit of what stood between two offsets of the item."""
    found = _between(one, excerpt.text, low, high, shift, _place_of)
    if found is None:
        return None
    rules: list[nodes.Rule] = []
    for rule, start, is_new in found.rules:
        if not is_new:
            _place(rule).move(excerpt, start)
        rules.append(_own(rule, excerpt, start) if is_new else rule)
    before, behind = one.rules[: found.first], one.rules[found.end :]
    _move(before, excerpt, 0)
    _move(behind, excerpt, shift)
    span = Span(excerpt, one.span.start, one.span.end + shift)
    return nodes.Rules(span=span, direction=one.direction, rules=(*before, *rules, *behind))


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


def _place_of(rule: nodes.Rule) -> tuple[int, int]:
    """Where a rule of a long list starts and ends in the item."""
    one = _place(rule)
    return one.start, one.start + len(one.text)


def _span_of(node: nodes.Node) -> tuple[int, int]:
    return node.span.start, node.span.end


def _start_of(node: nodes.Node) -> int:
    return node.span.start


def _own(rule: nodes.Rule, excerpt: Excerpt, start: int) -> nodes.Rule:
    """The rule in an excerpt of its own, which stands there in that of the item."""
    return _restored(rule, Excerpt(excerpt, start, start + rule.span.end - rule.span.start), 0)


def _restored(rule: nodes.Rule, file: SourceFile, start: int) -> nodes.Rule:
    made: nodes.Rule = restored(stored(rule), file, start)
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
