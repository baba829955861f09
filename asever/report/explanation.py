"""`asever explain` as text: the finding, then exactly which packets it is about, what stands behind it, and the readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asever.model.answers import Finding, NearMiss, Verdict
from asever.model.claims import Reachability, Verb
from asever.model.explanations import Explanation, Group, InReading, RuleTraffic, Traffic
from asever.model.program import Program
from asever.report.findings import finding_lines
from asever.report.lines import BLANK, NARROW, WIDTH, Line, Piece, Style, drawn, line, wrapped
from asever.report.page import Page
from asever.report.regions import region_text
from asever.report.steps import rule_title
from asever.report.why import blocker_text
from asever.report.words import Vocabulary, packets, place

# A person reads so many parts of a set; JSON has them all.
_MOST = 20
_FARES = {"lost": "lost", "delivered": "delivered", "open": "open: nobody can say"}
_WANTS_LESS = {Verb.NEVER_REACHES, Verb.ONLY}


def render_explanation(
    found: Explanation, program: Program, names: Mapping[int, str], *, color: bool = False, width: int = WIDTH
) -> str:
    """The explanation as a page of text."""
    page = Page(words=Vocabulary(names, program.network), width=max(width, NARROW), evidence=True)
    return drawn(explanation_lines(found, page), color=color)


def explanation_lines(found: Explanation, page: Page) -> list[Line]:
    """All there is to say."""
    lines = [*finding_lines(found.finding, page), *_sections(found, page)]
    for one in found.requirements:
        sections = list(_sections(one, page))
        if sections:
            name = one.finding.check.name or one.finding.check.text
            lines += [BLANK, line(Piece(f"  {name}", Style.STRONG)), *sections]
    return lines


def _sections(found: Explanation, page: Page) -> Iterator[Line]:
    for traffic in found.traffic:
        yield from _traffic(traffic, found.finding, page)
    for difference in found.differences:
        yield from _difference(difference, page)
    if found.proved and (found.traffic or found.differences):
        yield BLANK
        yield from page.remark("proved", "every packet listed fares so, and no other packet of the check does")
    if found.problem:
        yield BLANK
        yield from page.remark("not proved" if found.traffic or found.differences else "no list", found.problem)
    yield from _behind(found, page)
    yield from _readings(found.readings, page)


# -- Sets ---------------------------------------------------------------------------------------------------------------


def _traffic(traffic: Traffic, finding: Finding, page: Page) -> Iterator[Line]:
    yield BLANK
    yield from page.paragraph(_headline(traffic, finding), 2, Style.STRONG)
    shown = [one for one in traffic.groups if one.count]
    for group in shown:
        if len(shown) > 1:
            yield from page.paragraph(f"from {group.subject} to {group.target}: {_share(group)}", 4)
        yield from _rectangles(
            [
                region_text(
                    one,
                    page.words,
                    within=group.within,
                    ends=(group.subject, group.target),
                    tags=(group.source_tags, group.target_tags),
                )
                for one in group.rectangles
            ],
            page,
            indent=6 if len(shown) > 1 else 4,
        )


def _headline(traffic: Traffic, finding: Finding) -> str:
    """`What is lost: 3,000 of the 7,000 packets that the check covers`."""
    claim = finding.check.claim
    forbids = isinstance(claim, Reachability) and claim.verb in _WANTS_LESS
    word = {
        "lost": "is not delivered" if forbids else "fails",
        "delivered": "is delivered although the check forbids it" if forbids else "succeeds",
        "open": "is open, since nobody can say",
    }[traffic.fares]
    if traffic.fares == "delivered" and forbids and finding.verdict is not Verdict.VIOLATED:
        word = "is delivered"
    bound = "at most " if any(one.bound for one in traffic.groups if one.count) else ""
    taken = ", ".join(f"{name}={value}" for name, value in sorted(traffic.readings.items()))
    reading = f" with {taken}" if taken else ""
    if traffic.count == traffic.covered:
        return f"What {word}{reading}: all of it, {bound}{packets(traffic.count)}"
    return f"What {word}{reading}: {bound}{traffic.count:,} of the {packets(traffic.covered)} that the check covers"


def _share(group: Group) -> str:
    bound = "at most " if group.bound else ""
    if group.count == group.covered:
        return f"all of it, {bound}{packets(group.count)}"
    return f"{bound}{group.count:,} of {packets(group.covered)}"


def _rectangles(texts: Sequence[str], page: Page, *, indent: int) -> Iterator[Line]:
    for text in texts[:_MOST]:
        yield from _item(text, page, indent)
    if len(texts) > _MOST:
        yield from page.paragraph(f"and {len(texts) - _MOST} more such parts (--format json has them all)", indent)


def _item(text: str, page: Page, indent: int) -> Iterator[Line]:
    head = f"{'':{indent}}- "
    yield from (line(one) for one in wrapped(text, first=head, width=page.width))


def _difference(one: RuleTraffic, page: Page) -> Iterator[Line]:
    yield BLANK
    bound = "at most " if any(where for _, where in one.rectangles) else ""
    title = f"What nsg {one.left} lets pass and nsg {one.right} drops ({one.where}): {bound}{packets(one.count)}"
    yield from page.paragraph(title, 2, Style.STRONG)
    texts = [
        f"{region_text(region, page.words)}{', where ' + ' and '.join(where) if where else ''}"
        for region, where in one.rectangles
    ]
    yield from _rectangles(texts, page, indent=4)


# -- Behind it ----------------------------------------------------------------------------------------------------------


def _behind(found: Explanation, page: Page) -> Iterator[Line]:
    if not found.blockers:
        return
    flows = "one such flow walked to the end"
    if found.walked > 1:
        flows = f"{found.walked:,} such flows walked to the end, one for each part of the set"
    what = "What lets them pass" if found.lets_in else "Every setting that stops them"
    yield BLANK
    yield from page.paragraph(f"{what} ({flows}):", 2, Style.STRONG)
    for one in found.blockers:
        yield from _item(blocker_text(one, page.words), page, 4)
    if found.near_misses:
        yield BLANK
        yield from page.paragraph("Rules that would nearly let them pass:", 2, Style.STRONG)
    for miss in found.near_misses:
        yield from _item(_miss(miss), page, 4)


def _miss(one: NearMiss) -> str:
    where = f" ({place(one.location)})" if one.location else ""
    because = f", because {one.because}" if one.because else ""
    rule = f"{one.kind} {one.resource}, {rule_title(one.priority, one.rule)}{where}"
    return f"{rule} wants {one.field} {one.wants}, the packet carries {one.sees}{because}"


def _readings(readings: Sequence[InReading], page: Page) -> Iterator[Line]:
    if not readings:
        return
    yield BLANK
    yield from page.paragraph("What each reading of the assumptions gives:", 2, Style.STRONG)
    for one in readings:
        taken = ", ".join(f"{name}={value}" for name, value in one.readings.items())
        counts = [
            f"{number:,} {_FARES[word].partition(':')[0]}"
            for word, number in (("lost", one.lost), ("delivered", one.delivered), ("open", one.open))
            if number
        ]
        yield from _item(f"{taken}: {_VERDICTS[one.verdict]} ({', '.join(counts)})", page, 4)


_VERDICTS = {one: one.value.upper() for one in Verdict}
