"""The table of who can reach whom: text in 80 columns, and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from asever.model.matrix import Cell, Matrix, Reach
from asever.report.flows import region_json, region_text
from asever.report.json import Json, with_list
from asever.report.lines import BLANK, NARROW, Line, Piece, Style, drawn, line, shortened
from asever.report.page import Page, listed

_SHORT = {Reach.ALL: "all", Reach.SOME: "some", Reach.NONE: "none", Reach.UNKNOWN: "?"}
_STYLES = {Reach.ALL: Style.GOOD, Reach.SOME: Style.UNSURE, Reach.NONE: Style.PLAIN, Reach.UNKNOWN: Style.BAD}
_CELL = 6
_LABEL = 36
_COLUMNS = (NARROW - _LABEL) // _CELL
_MOST_PARTS = 6
_MOST_COLUMNS = 120


def render_matrix(matrix: Matrix, *, color: bool = False) -> str:
    """The table, what arrives where that is a part, and how much of it is proved."""
    page = Page(width=NARROW)
    lines: list[Line] = [
        *page.paragraph(
            f"Who can reach whom on {listed(list(dict.fromkeys(one.name for one in matrix.services)))}", style=Style.STRONG
        ),
        *page.paragraph("rows call, columns answer; all: every flow arrives and its reply returns; none: no packet arrives"),
        BLANK,
    ]
    numbers = {title: number for number, title in enumerate(dict.fromkeys((*matrix.rows, *matrix.columns)), start=1)}
    if len(matrix.columns) <= _MOST_COLUMNS:
        for at in range(0, len(matrix.columns), _COLUMNS):
            lines += [*_table(matrix, range(at, min(at + _COLUMNS, len(matrix.columns))), numbers), BLANK]
    else:
        lines += [*_summed(matrix), BLANK]
    for title, others in matrix.alike.items():
        lines += page.paragraph(f"{title} (+{len(others)}) stands for {', '.join((title, *others))}: nothing tells them apart")
    if matrix.alike:
        lines.append(BLANK)
    for cell in matrix.told.values():
        lines += _below(cell, page)
    lines += page.paragraph(_summary(matrix))
    return drawn(lines, color=color)


def _table(matrix: Matrix, columns: Sequence[int], numbers: Mapping[str, int]) -> Iterator[Line]:
    yield line(" " * _LABEL, *(f"{numbers[matrix.columns[column]]:>{_CELL}}" for column in columns))
    width = len(str(len(numbers)))
    for row, title in enumerate(matrix.rows):
        yield line(
            _label(matrix, title, f"{numbers[title]:>{width}}", _LABEL),
            *(_cell(matrix.cell(row, column)) for column in columns),
        )
    for column in columns:
        title = matrix.columns[column]
        if title not in matrix.rows:
            yield line(f"{numbers[title]:>{width}}  {title} (answers only)")


def _label(matrix: Matrix, title: str, number: str, width: int) -> str:
    count = f" (+{len(matrix.alike[title])})" if title in matrix.alike else ""
    return f"{number}  {shortened(title, width - len(number) - len(count) - 2)}{count}".ljust(width)


def _cell(cell: Cell | None) -> Piece:
    if cell is None:
        return Piece(f"{'-':>{_CELL}}", Style.FAINT)
    return Piece(f"{_SHORT[cell.reach] + ('*' if cell.hinges else ''):>{_CELL}}", _STYLES[cell.reach])


def _summed(matrix: Matrix) -> Iterator[Line]:
    """A table that is too wide to read: how many ends each one reaches, and how many reach it."""
    calls = dict(zip(matrix.rows, map(Counter, matrix.reaches), strict=True))
    answers = dict(zip(matrix.columns, map(Counter, zip(*matrix.reaches, strict=True)), strict=True))
    kinds = (Reach.ALL, Reach.SOME, Reach.NONE, Reach.UNKNOWN)
    titles = dict.fromkeys((*matrix.rows, *matrix.columns))
    heads = "".join(f"{_SHORT[kind]:>{_CELL}}" for kind in kinds)
    label = NARROW - 2 * len(heads)
    yield line(" " * label, f"{'calls':^{len(heads)}}", f"{'is called':^{len(heads)}}")
    yield line(" " * label, heads, heads)
    width = len(str(len(titles)))
    for number, title in enumerate(titles, start=1):
        pieces = [
            Piece(f"{counts[kind] if counts is not None else '-':>{_CELL}}", _STYLES[kind])
            for counts in (calls.get(title), answers.get(title))
            for kind in kinds
        ]
        yield line(_label(matrix, title, f"{number:>{width}}", label), *pieces)
    yield BLANK
    yield line(f"{len(matrix.columns)} columns are too many to show; --format json has every cell")


def _below(cell: Cell, page: Page) -> Iterator[Line]:
    """What of a cell arrives, and what it hangs on."""
    if cell.parts is None and not cell.hinges and not cell.reasons:
        return
    yield line(Piece(f"{cell.origin} -> {cell.target}", Style.STRONG))
    texts = [
        region_text(region, part.whole) + ("" if part.returns else " (arrives, but its reply is lost)")
        for part in cell.parts or ()
        for region in part.regions
    ]
    for text in texts[:_MOST_PARTS]:
        yield from page.paragraph(text, indent=4)
    if len(texts) > _MOST_PARTS:
        yield from page.paragraph(f"and {len(texts) - _MOST_PARTS} more (--format json has all)", indent=4)
    for hinge in cell.hinges:
        values = listed([f"{reach.value} with {value}" for value, reach in hinge.readings.items()])
        yield from page.paragraph(f"* hangs on {hinge.assumption}: {values}", indent=2)
    for reason in cell.reasons:
        yield from page.paragraph(f"? {reason}", indent=2)
    yield BLANK


def _summary(matrix: Matrix) -> str:
    counts = matrix.counts
    number = sum(counts.values())
    parts = [f"{counts[reach]} {reach.value}" for reach in Reach if reach in counts]
    if matrix.proved == number:
        how = "all confirmed by Z3"
    else:
        how = f"{matrix.proved} of them confirmed by Z3 (a sample, --seed {matrix.seed})"
    return f"{number} cells: {', '.join(parts) or 'none'}; decided by exact sets, {how}"


def matrix_text(matrix: Matrix, *, version: str) -> str:
    """The table for machines, a cell a line: there may be millions. `parts` is absent where it was not computed."""
    before: Json = {
        "asever": version,
        "services": [one.name for one in matrix.services],
        "rows": list(matrix.rows),
        "columns": list(matrix.columns),
        "alike": {title: list(others) for title, others in matrix.alike.items()},
        "seed": matrix.seed,
        "confirmed": matrix.proved,
    }
    return with_list(before, "cells", (f"    {json.dumps(_cell_json(one), ensure_ascii=False)}" for one in matrix.cells))


def _cell_json(cell: Cell) -> Json:
    document: Json = {"origin": cell.origin, "target": cell.target, "reach": cell.reach.value, "confirmed": cell.proved}
    if cell.parts is not None:
        document["parts"] = [
            {"from": part.origin, "returns": part.returns, "arrives": region_json(region)}
            for part in cell.parts
            for region in part.regions
        ]
    if cell.hinges:
        document["assumptions"] = {
            one.assumption: {value: reach.value for value, reach in one.readings.items()} for one in cell.hinges
        }
    if cell.reasons:
        document["reasons"] = list(cell.reasons)
    return document
