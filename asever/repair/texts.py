"""Edits on texts: applied together, and carried over from an edited text to the one that was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.diagnostics import Edit
from asever.model.repairs import Hunk
from asever.source import SourceFile, Span


def applied(file: SourceFile, edits: Iterable[Edit]) -> str:
    """The text of a file with those edits that are on it; edits at one place follow each other in their order."""
    parts: list[str] = []
    at = 0
    for one in _on(file, edits):
        parts += [file.text[at : one.span.start], one.replacement]
        at = one.span.end
    return "".join((*parts, file.text[at:]))


def rebased(edit: Edit, files: Mapping[str, SourceFile], earlier: Sequence[Edit]) -> Edit | None:
    """An edit of the text that `earlier` made, as one of the text as it was read; None where it touches what they wrote."""
    file = files[edit.span.file.name]
    start, end = edit.span.start, edit.span.end
    shift = 0
    for one in _on(file, earlier):
        begin = one.span.start + shift
        finish = begin + len(one.replacement)
        if end <= begin and not start == end == finish:
            break
        if start < finish:
            return None
        shift += len(one.replacement) - (one.span.end - one.span.start)
    return Edit(Span(file, start - shift, end - shift), edit.replacement)


def hunks(files: Iterable[SourceFile], edits: Sequence[Edit]) -> tuple[Hunk, ...]:
    """The edits as lines before and after, in the order of the files and their lines."""
    return tuple(hunk for file in files for group in _groups(file, edits) for hunk in _hunk(file, group))


def _groups(file: SourceFile, edits: Sequence[Edit]) -> list[list[Edit]]:
    """Edits that share lines, together."""
    groups: list[list[Edit]] = []
    for one in _on(file, edits):
        if groups and file.position(one.span.start)[0] <= file.position(groups[-1][-1].span.end)[0]:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _hunk(file: SourceFile, group: Sequence[Edit]) -> Iterator[Hunk]:
    first, last = file.position(group[0].span.start)[0], file.position(max(one.span.end for one in group))[0]
    old = [file.line(number) for number in range(first, last + 1)]
    after = applied(file, group)
    grown = after.count("\n") - file.text.count("\n")
    new = after.split("\n")[first - 1 : last + grown]
    while old and new and old[0] == new[0]:
        old, new, first = old[1:], new[1:], first + 1
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    if old or new:
        yield Hunk(file=file.name, line=first, old=tuple(old), new=tuple(new))


def _on(file: SourceFile, edits: Iterable[Edit]) -> list[Edit]:
    mine = [one for one in edits if one.span.file.name == file.name]
    return sorted(mine, key=lambda one: (one.span.start, one.span.end))
