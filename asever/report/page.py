"""What every part of a text report shares: the words it uses, its width, and the small shapes of its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asever.model.answers import Dependence
from asever.record import field, record, replace
from asever.report.lines import WIDTH, Line, Piece, Style, indented, line, wrapped
from asever.report.quote import Mark, quote
from asever.report.rules import RuleLines, rule_lines
from asever.report.words import Vocabulary
from asever.source import Span


@record
class Page:
    """A column of text of some width, whether it shall tell all the evidence, and who draws the rules that are listed."""

    words: Vocabulary = field(default_factory=Vocabulary)
    width: int = WIDTH
    evidence: bool = False
    of_rule: RuleLines = rule_lines

    def narrower(self, by: int) -> Page:
        """The same page with less room, for what is indented."""
        return replace(self, width=self.width - by)

    def paragraph(self, text: str, indent: int = 0, style: Style = Style.PLAIN) -> list[Line]:
        """Wrapped text, all of it indented."""
        return [line(Piece(one, style)) for one in wrapped(text, first=" " * indent, width=self.width)]

    def remark(self, word: str, text: str) -> list[Line]:
        """`  word: text`, wrapped under the text."""
        head = f"  {word}: "
        lines = wrapped(text, first=head, width=self.width)
        return [line(Piece(head, Style.STRONG), lines[0][len(head) :]), *(line(one) for one in lines[1:])]

    def quoted(self, marks: Sequence[Mark]) -> Iterator[Line]:
        """Lines of the source under a remark."""
        return indented(quote(marks, width=self.width - 4), 4) if marks else iter(())


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def dependence_text(one: Dependence) -> str:
    """What an answer rests on, and what it would be otherwise."""
    question = f" ({one.question})" if one.question else ""
    return (
        f"this answer takes {one.name}={one.value}{question}. With {one.name}={one.alternative} it would be "
        f"{one.otherwise.value.upper()} (asever help {one.name}; --assume {one.name}={one.alternative})"
    )


def head_of(span: Span) -> Span:
    """A declaration's span down to its opening brace: underlining all of it would say nothing."""
    head = span.text[:200].split("{", 1)[0].split("\n", 1)[0].rstrip()
    return Span(span.file, span.start, span.start + max(len(head), 1), span.parent)
