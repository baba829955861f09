"""Proves that sets of headers are exactly what they are said to be: everything in them fares so, nothing outside does.

A header fares so *for some* choice, so the proof needs to be told which: a witness names choices and readings, and what is
left to Z3 has no quantifier in it. The sets come from `asever.exact`, which uses no solver.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from asever.model.effective import (
    EffectiveNetwork,
    Filter,
    FilterContext,
    FilterQuestion,
    FilterRelation,
    FlowQuestion,
    Scope,
)
from asever.model.numbers import NumberSet
from asever.model.regions import FIELDS, Region
from asever.record import record, replace
from asever.solve.blocks import Block, blocks
from asever.solve.clauses import text_of
from asever.solve.encode import Encoding, ScopeText, encode
from asever.solve.groups import EVERY_PACKET, compare
from asever.solve.queries import queries, somewhere
from asever.solve.rows import Rows
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, conjunction, disjunction, negation


@record
class Shown:
    """Headers of a scope, and choices and readings with which each of them surely fares as is said."""

    scope: Scope
    headers: Sequence[Region]
    choices: Mapping[str, int]
    readings: Mapping[str, str]


@record
class Claimed:
    """A set of headers over some scopes: all of `regions` fare so, of what is outside only `open` perhaps does, `rest` not."""

    scopes: Sequence[Scope]
    regions: Sequence[Region]
    open: Sequence[Region]
    shown: Sequence[Shown]
    rest: Sequence[Region] | None = None


def disagreement(
    network: EffectiveNetwork, question: FlowQuestion, claims: Sequence[Claimed], *, seconds: float | None
) -> str | None:
    """What of the claims is wrong according to Z3, None when they are proved. Raises `TimeOut` when they are neither in time.

    The headers are those that decide the question: the lost ones of `reaches`, the delivered ones of the others.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    regions = [region for one in claims for listed in (one.regions, one.open, one.rest or ()) for region in listed]
    regions += [region for one in claims for shown in one.shown for region in shown.headers]
    return next(filter(None, (_in_block(network, question, claims, one, deadline) for one in blocks(regions))), None)


def _in_block(
    network: EffectiveNetwork, question: FlowQuestion, claims: Sequence[Claimed], block: Block | None, deadline: float | None
) -> str | None:
    """What is wrong with the packets of a block."""
    if block is not None:
        scopes = {id(one): part for one in question.scopes if (part := _scope_within(one, block)) is not None}
        question = replace(question, scopes=tuple(scopes.values()))
        claims = [_claim_within(one, block, scopes) for one in claims]
    encoding = encode(network, question)
    goals = [goal for claim in claims for goal in _goals(encoding, question, claim)]
    return next((what for formula, what in goals if formula != FALSE and _possible(encoding.terms, formula, deadline)), None)


def _possible(terms: Terms, formula: str, deadline: float | None) -> bool:
    """Whether a formula can be true; a text for each says every formula in one direction only."""
    return Session(text_of(terms, [formula]), deadline).satisfiable([])


def _scope_within(scope: Scope, block: Block) -> Scope | None:
    """The part of a scope in a block; None where that is nothing."""
    name = FIELDS[block.number]
    here = getattr(scope.packets, name)
    found = here & block.numbers
    if found == here:
        return scope
    return replace(scope, packets=replace(scope.packets, **{name: found})) if found else None


def _claim_within(claim: Claimed, block: Block, scopes: Mapping[int, Scope]) -> Claimed:
    """The part of a claim in a block."""
    return Claimed(
        scopes=[scopes[id(one)] for one in claim.scopes if id(one) in scopes],
        regions=block.within(claim.regions),
        open=block.within(claim.open),
        shown=[
            replace(one, scope=scopes[id(one.scope)], headers=block.within(one.headers))
            for one in claim.shown
            if id(one.scope) in scopes
        ],
        rest=None if claim.rest is None else block.within(claim.rest),
    )


def _goals(encoding: Encoding, question: FlowQuestion, claim: Claimed) -> Iterator[tuple[str, str]]:
    """Formulas that must all be unsatisfiable, each with what is wrong if it is not."""
    terms, picks = encoding.terms, queries(question.quantifier)
    texts = {id(one.scope): one for one in encoding.scopes}
    inside = holds(terms, claim.regions)
    domains: list[str] = []
    for scope in claim.scopes:
        text = texts.get(id(scope))
        if text is not None:
            domains.append(text.domain)
            missed = (somewhere(text, picks.open), negation(inside), negation(holds(terms, claim.open)))
            yield conjunction(missed), f"a flow from {scope.subject} to {scope.target} is missing"
    unshown = (inside, *(negation(holds(terms, one.headers)) for one in claim.shown))
    yield conjunction(unshown), "a packet is listed without a choice that shows why"
    if claim.rest is not None:
        yield from _rest(terms, claim, domains)
    for one in claim.shown:
        yield (
            _otherwise(encoding, texts[id(one.scope)], somewhere(texts[id(one.scope)], picks.otherwise), one),
            (f"a flow from {one.scope.subject} to {one.scope.target} is listed that may fare otherwise"),
        )


def _rest(terms: Terms, claim: Claimed, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
    """That `rest` is what the other two sets leave of the scopes."""
    rest, others = holds(terms, claim.rest or ()), holds(terms, (*claim.regions, *claim.open))
    yield conjunction((rest, others)), "a packet is listed twice"
    yield conjunction((rest, negation(disjunction(domains)))), "a packet is listed that the check does not cover"
    yield conjunction((disjunction(domains), negation(rest), negation(others))), "a packet is listed nowhere"


def _otherwise(encoding: Encoding, text: ScopeText, otherwise: str, one: Shown) -> str:
    """That a header that is shown may fare otherwise after all."""
    terms = encoding.terms
    made = {name for branch in text.branches for name in branch.path.region}
    choices = (
        conjunction((terms.at_least(name, number), negation(terms.at_least(name, number + 1))))
        for name, number in sorted(one.choices.items())
        if name in made
    )
    readings = (
        encoding.rows.reading(name, value) for name, value in sorted(one.readings.items()) if name in encoding.rows.open
    )
    return conjunction((otherwise, holds(terms, one.headers), *choices, *readings))


def holds(terms: Terms, regions: Sequence[Region], names: Sequence[str] = FIELDS) -> str:
    """That a packet lies in one of the regions."""
    return terms.named(
        disjunction(
            conjunction(terms.inside(name, numbers) for name, numbers in zip(names, region, strict=True)) for region in regions
        ),
        "regions",
    )


# -- Filters ------------------------------------------------------------------------------------------------------------


def filters_disagree(
    network: EffectiveNetwork,
    question: FilterQuestion,
    pair: tuple[Filter, Filter],
    names: Sequence[str],
    regions: Sequence[Region],
    *,
    seconds: float | None,
) -> str | None:
    """What is wrong with the claim that `regions` are what the first filter lets pass and the second drops; None if nothing.

    `names` are those of the dimensions: header fields, `reading X`, and `source in Sql`, which is 1 for addresses in the tag.
    Raises `TimeOut` when Z3 finds no answer in time.
    """
    left, right = pair
    context = FilterContext(where="", left=left, right=right)
    asks = FilterQuestion(relation=FilterRelation.NO_MORE, contexts=(context,), fixed=question.fixed)
    deadline = None if seconds is None else time.monotonic() + seconds
    wrong = (_filters_in_block(network, asks, names, regions, one, deadline) for one in blocks(regions))
    return next(filter(None, wrong), None)


def _filters_in_block(
    network: EffectiveNetwork,
    asks: FilterQuestion,
    names: Sequence[str],
    regions: Sequence[Region],
    block: Block | None,
    deadline: float | None,
) -> str | None:
    """What is wrong with the packets of a block."""
    hull = EVERY_PACKET
    if block is not None:
        field = FIELDS[block.number]
        hull = {**hull, field: hull[field] & block.numbers}
        regions = block.within(regions)
    comparison = compare(network, asks, asks.contexts[0], hull)
    terms, rows = comparison.terms, comparison.rows
    listed = disjunction(
        conjunction(
            terms.inside(name, numbers) if name in FIELDS else _fact(network, rows, terms, name, numbers)
            for name, numbers in zip(names, region, strict=True)
        )
        for region in regions
    )
    goals = [
        (conjunction((comparison.perhaps, negation(listed))), "a packet on which the filters differ is missing"),
        (conjunction((listed, negation(comparison.perhaps))), "a packet is listed on which the filters do not differ"),
    ]
    return next((what for formula, what in goals if formula != FALSE and _possible(terms, formula, deadline)), None)


def _fact(network: EffectiveNetwork, rows: Rows, terms: Terms, name: str, numbers: NumberSet) -> str:
    """What a dimension that is no header field says: a reading, or membership in a tag."""
    if name.startswith("reading "):
        values = network.assumptions[name.removeprefix("reading ")]
        return disjunction(rows.reading(name.removeprefix("reading "), values[number]) for number in numbers)
    literal = terms.boolean(name)
    return disjunction(literal if number else negation(literal) for number in numbers) if numbers.size == 1 else TRUE
